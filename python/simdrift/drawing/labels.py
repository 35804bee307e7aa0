"""Numbers, windows and metrics as people read them."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

from simdrift.catalogue.metric import Metric
from simdrift.catalogue.statuses import TITLES
from simdrift.drawing.text import shorten
from simdrift.results.numbers import drawable, quantile_of


def _record(metric: str) -> Metric | None:
    """What is known of the metric; None of one that another writer stored."""
    from simdrift.metrics.registry import record  # loads every metric, and NumPy

    return record(metric)


def metric_words(metric: str, params: str = "") -> str:
    """A metric's name for people.

    >>> metric_words("quality.missing_share"), metric_words("quality.quantile", "q=0.5")
    ('missing share', 'median')
    """
    if metric == "quality.quantile":
        return quantile_words(params)
    if (record := _record(metric)) is not None:
        of = f" ({params})" if params and metric.startswith("performance.") else ""
        return record.title + of
    return shorten(metric.rpartition(".")[2].replace("_", " ") or metric)


def quantile_words(params: str) -> str:
    """'q=0.95' as '95 % quantile', 'q=0.5' as 'median'."""
    share = quantile_of(params)
    if share is None:
        return "quantile"
    return "median" if share == 0.5 else f"{100 * share:g} % quantile"


def status_words(status: str) -> str:
    """A status for people."""
    return TITLES.get(status) or shorten(status.replace("_", " "))


DAY_SECONDS = 86_400


def date_text(seconds: float, *, minutes: bool = False, zone: tzinfo = UTC) -> str:
    """Seconds since 1970 as a date of the zone, or date and minutes; as a number where no calendar
    reaches."""
    try:
        time = datetime.fromtimestamp(seconds, zone)
        return f"{time:%Y-%m-%d %H:%M}" if minutes else f"{time:%Y-%m-%d}"
    except (ValueError, OverflowError, OSError):
        return number(seconds)


class Series(Protocol):
    """What names a series."""

    @property
    def column(self) -> str: ...
    @property
    def segment(self) -> str: ...
    @property
    def metric(self) -> str: ...
    @property
    def params(self) -> str: ...


def series_words(key: Series) -> str:
    """Metric, column and segment of a series in a few words: 'mean of arr_delay'."""
    words = metric_words(key.metric, key.params)
    if key.column:
        words += f" of {shorten(key.column)}"
    return f"{words} where {shorten(key.segment)}" if key.segment else words


LONG = 1e9
"""From here on a number is written with an exponent, so that nobody has to cut it."""


def number(value: float | None, digits: int = 3) -> str:
    """A number with about `digits` significant digits: thousands separated, no trailing noise.

    >>> number(0.012345), number(27004.0), number(1.5e-9), number(None), number(-12.0)
    ('0.0123', '27,004', '1.5e-09', '–', '-12')
    """
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    size = abs(value)
    if size >= LONG or 0 < size < 1e-4:
        return f"{value:.{digits}g}"
    if size >= 10 ** (digits - 1) or size == int(size):
        return f"{value + 0.0:,.0f}"  # + 0.0: no minus before a zero
    return f"{value:#.{digits}g}".rstrip("0").rstrip(".")


MOST_COUNTED = 1e15


def count(value: float | None) -> str:
    """A count with thousands separators, '–' where it is not known."""
    if value is None or not abs(value) < MOST_COUNTED:
        return number(value)
    return f"{value:,.0f}"


def counted(many: int, noun: str) -> str:
    """'1 window', '2 windows'."""
    return f"{many:,} {noun}{'' if many == 1 else 's'}"


def percent(share: float | None) -> str:
    """A share as percent: one decimal below 10 %, two below 1 %.

    >>> percent(0.2), percent(0.0312), percent(1e-7)
    ('20 %', '3.1 %', '<0.01 %')
    """
    if share is None or not drawable(share):
        return number(share)
    value = 100 * share
    if abs(value) >= 1e6:
        return f"{number(value)} %"
    if 0 < abs(value) < 0.01:
        return "<0.01 %"
    places = 0 if abs(value) >= 10 or value == 0 else 1 if abs(value) >= 1 else 2
    text = f"{value:.{places}f}"
    return f"{text.rstrip('0').rstrip('.') if places else text} %"


def unbroken_percent(share: float | None) -> str:
    """`percent` with a space at which no browser breaks the line."""
    return percent(share).replace(" ", "\u00a0")


def p_text(value: float | None) -> str:
    """A p-value: three digits, '<1e-300' where it underflowed."""
    if value is None:
        return "–"
    if value <= 0:
        return "<1e-300"
    return f"{value:.3f}" if value >= 0.001 else f"{value:.1e}"


_SHARES = ("share", "share change")


def metric_text(metric: str) -> Callable[[float | None], str]:
    """How a page writes a metric's values: shares as percent, others as numbers."""
    record = _record(metric)
    share = metric.endswith("_share") if record is None else record.unit in _SHARES
    return unbroken_percent if share else number


def plain_text(metric: str) -> Callable[[float | None], str]:
    """How a terminal or a sentence writes a metric's values."""
    return percent if metric_text(metric) is unbroken_percent else number


class Windowed(Protocol):
    """What has a window."""

    @property
    def window_start(self) -> datetime | None: ...
    @property
    def window_end(self) -> datetime | None: ...


def window_label(row: Windowed, zone: tzinfo) -> str:
    """The window's start in the zone: a date where it is midnight, else date and time."""
    return "all" if row.window_start is None else time_label(row.window_start, zone)


def time_label(time: datetime, zone: tzinfo) -> str:
    """A time in the zone: a date where it is midnight, else date and time."""
    local = time.astimezone(zone)
    midnight = local.hour == local.minute == local.second == 0
    return f"{local:%Y-%m-%d}" if midnight else f"{local:%Y-%m-%d %H:%M}"


def span_label(start: datetime | None, end: datetime | None, zone: tzinfo) -> str:
    """A half-open window as 'first to last': whole days are named by their first and last day."""
    if start is None or end is None:
        return "all rows"
    first, last = time_label(start, zone), time_label(end, zone)
    if len(first) == len(last) == 10:
        last = time_label(end - timedelta(seconds=1), zone)[:10]
    return first if first == last else f"{first} to {last}"
