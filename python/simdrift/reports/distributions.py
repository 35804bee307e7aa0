"""A column's distribution as a small drawing: reference and current over the same cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, timedelta, timezone, tzinfo
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from simdrift.drawing import svg
from simdrift.drawing.labels import DAY_SECONDS, date_text, number, unbroken_percent
from simdrift.drawing.text import shorten
from simdrift.results.histograms import Histograms
from simdrift.results.numbers import LARGEST, drawable
from simdrift.results.rows import Histogram
from simdrift.results.zones import zone_of

if TYPE_CHECKING:
    from simdrift.reports.profile import ProfileLine

MOST_BARS = 12


class HistogramChart(NamedTuple):
    """A histogram with its axis and the cell that changed most."""

    drawing: Markup
    left: str
    right: str
    change: str
    bars: tuple[tuple[str, float], ...] = ()
    """Of one table's categories: each with its share."""


def histogram_charts(
    histograms: Iterable[Histogram], types: Mapping[str, str]
) -> dict[tuple[str, str], HistogramChart]:
    """One drawing a column and segment; the windows' counts are added up where the cells are
    the same. Histograms whose counts don't fit their cells are left out. `types` by column: cells
    of times are labelled by dates."""
    groups: dict[tuple[str, str], list[Histogram]] = {}
    for histogram in _added_up(histograms):
        if _is_sound(histogram):
            groups.setdefault((histogram.column, histogram.segment), []).append(histogram)
    return {
        key: made
        for key, group in groups.items()
        if (made := _histogram_chart(_pooled(group), types.get(key[0], ""))) is not None
    }


def _added_up(histograms: Iterable[Histogram]) -> Iterator[Histogram]:
    """The histograms; those of a block whose windows share their cells as one, if all its counts
    are counts."""
    if not isinstance(histograms, Histograms):
        yield from histograms
        return
    for part in histograms.parts():
        if isinstance(part, Histogram):
            yield part
            continue
        block, windows = part
        last, counts = block.histogram(int(windows[-1])), block.current[windows]
        if block.shares_bins and ((counts >= 0) & (counts < LARGEST)).all():
            yield last._replace(current=tuple(counts.sum(axis=0).tolist()))
        else:
            yield from map(block.maker(), windows.tolist())


def _pooled(group: Sequence[Histogram]) -> Histogram:
    """One histogram of all: cells of edges must agree (else the last one), labels are united."""
    last = group[-1]
    if last.edges is not None:
        same = [h for h in group if h.edges == last.edges]
        current = tuple(map(sum, zip(*(h.current for h in same), strict=True)))
        return last._replace(current=current)
    reference: dict[str, float] = {}
    total: dict[str, float] = {}
    for histogram in (one for one in group if one.edges is None):
        labels = histogram.labels or ()
        reference.update(zip(labels, histogram.reference, strict=False))
        for label, value in zip(labels, histogram.current, strict=True):
            total[label] = total.get(label, 0.0) + value
    known = tuple(reference.get(label, 0.0) for label in total) if reference else ()
    return last._replace(labels=tuple(total), reference=known, current=tuple(total.values()))


def _is_sound(histogram: Histogram) -> bool:
    """Whether the counts are as many as the cells, and counts."""
    edges, labels = histogram.edges, histogram.labels or ()
    cells = len(labels) if edges is None else len(edges) + 1
    counts = (*histogram.reference, *histogram.current)
    return (
        len(histogram.current) == cells
        and len(histogram.reference) in (0, cells)
        and all(0 <= one < LARGEST for one in counts)
    )


def _histogram_chart(histogram: Histogram, kind: str) -> HistogramChart | None:
    labels = _cell_labels(histogram, kind)
    current = _shares(histogram.current)
    reference = _shares(histogram.reference) or [0.0] * len(current)
    cells = list(zip(labels, reference, current, strict=False))
    if not cells:
        return None
    if histogram.labels is not None:
        cells = _largest(cells)
    name = shorten(histogram.column, 40)
    left, right = _ends(histogram, kind, cells)
    if not histogram.reference:
        alone = [svg.Bar(None, c, f"{label}: {unbroken_percent(c)}") for label, _, c in cells]
        listed = () if histogram.labels is None else tuple((label, c) for label, _, c in cells)
        return HistogramChart(svg.histogram(alone, name, "shares of rows"), left, right, "", listed)
    bars = [
        svg.Bar(r, c, f"{label}: {unbroken_percent(r)} → {unbroken_percent(c)}")
        for label, r, c in cells
    ]
    most = max(cells, key=lambda cell: abs(cell[2] - cell[1]))
    change = (
        f"{most[0]}: {unbroken_percent(most[1])} → {unbroken_percent(most[2])}"
        if most[1] != most[2]
        else ""
    )
    drawing = svg.histogram(bars, f"{name}: reference and current", f"largest change {change}")
    return HistogramChart(drawing, left, right, change)


def _largest(cells: list[tuple[str, float, float]]) -> list[tuple[str, float, float]]:
    """The largest categories, the rest together."""
    ordered = sorted(cells, key=lambda cell: -max(cell[1], cell[2]))
    if len(ordered) <= MOST_BARS:
        return ordered
    kept, rest = ordered[: MOST_BARS - 1], ordered[MOST_BARS - 1 :]
    words = f"{len(rest)} others"
    return [*kept, (words, sum(c[1] for c in rest), sum(c[2] for c in rest))]


def _shares(counts: Sequence[float]) -> list[float]:
    total = sum(counts)
    return [value / total if total else 0.0 for value in counts]


def _cell_labels(histogram: Histogram, kind: str) -> list[str]:
    if histogram.labels is not None:
        return [shorten(label, 30) for label in histogram.labels]
    if not histogram.edges:
        return ["all"]
    edges = _edge_labels(histogram.edges, kind)
    inner = [f"{a} to {b}" for a, b in pairwise(edges)]
    return [f"below {edges[0]}", *inner, f"from {edges[-1]}"]


def _edge_labels(edges: Sequence[float], kind: str) -> list[str]:
    """Edges as dates where they are times, else with as few digits as tell them apart."""
    per_second = _counts_per_second(kind)
    if per_second is not None:
        seconds = [edge / per_second for edge in edges]
        if not kind.startswith(_AMOUNTS):
            return _time_labels(seconds, zone_of_type(kind))
        return [f"{text} s" for text in _number_labels(seconds)]
    return _number_labels(edges)


def _number_labels(edges: Sequence[float]) -> list[str]:
    for digits in (3, 4, 6, 9):
        texts = [number(edge, digits) for edge in edges]
        if len(set(texts)) == len(texts):
            return texts
    return [repr(edge) for edge in edges]


def _time_labels(edges: Sequence[float], zone: tzinfo) -> list[str]:
    """Dates; with the time of the day where several lie in one."""
    texts = [date_text(edge, zone=zone) for edge in edges]
    if len(set(texts)) == len(texts):
        return texts
    return [date_text(edge, minutes=True, zone=zone) for edge in edges]


_AMOUNTS = ("duration[", "time32[", "time64[")
_UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}


def _counts_per_second(kind: str) -> float | None:
    """Of a type of times or amounts of time: how many of its counts are a second; None of any
    other."""
    if kind.startswith("date32"):
        return 1.0 / DAY_SECONDS
    if kind.startswith("date64"):
        return _UNITS["ms"]
    if kind.startswith(("timestamp[", *_AMOUNTS)):
        return _UNITS.get(re.split(r"[\[\],]", kind)[1])
    return None


def zone_of_type(kind: str) -> tzinfo:
    """The zone of a type of times, UTC where it has none.

    >>> str(zone_of_type("timestamp[us, Europe/Berlin]")), str(zone_of_type("timestamp[s, -05:30]"))
    ('Europe/Berlin', 'UTC-05:30')
    """
    named = re.fullmatch(r"timestamp\[\w+, (.+)\]", kind)
    try:
        return UTC if named is None else zone_of(named[1])
    except ValueError:  # an offset such as +01:00, or a zone that this machine does not know
        return _offset(named[1] if named else "")


def _offset(text: str) -> tzinfo:
    found = re.fullmatch(r"([+-])(\d\d):?(\d\d)", text)
    if found is None or int(found[2]) > 23:
        return UTC
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(ahead if found[1] == "+" else -ahead)


def _ends(
    histogram: Histogram, kind: str, cells: Sequence[tuple[str, float, float]]
) -> tuple[str, str]:
    if histogram.edges:
        texts = _edge_labels(histogram.edges, kind)
        return texts[0], texts[-1]
    return cells[0][0], cells[-1][0] if len(cells) > 1 else ""


BOX = (0.05, 0.25, 0.5, 0.75, 0.95)


def quantile_chart(line: ProfileLine) -> HistogramChart | None:
    """A box plot where there are quantiles but no histogram; None where there are none."""
    found = [line.value(f"quantile q={q:g}") for q in BOX]
    marks = [value for value in found if value is not None and drawable(value)]
    if len(marks) < len(BOX) or marks[-1] <= marks[0]:
        return None
    places = [(mark - marks[0]) / (marks[-1] - marks[0]) for mark in marks]
    words = f"5 % to 95 % with quartiles and median of {shorten(line.column, 40)}"
    left, right = (line.text(f"quantile q={q:g}") for q in (BOX[0], BOX[-1]))
    return HistogramChart(svg.box(places, words, "from quantiles"), left, right, "")
