"""Where a time lies between the first and the last window, and the marks of the axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

MOST_MARKS = 13
LAST_MARK = 0.94  # the text of a later one would leave the drawing


class Mark(NamedTuple):
    """A mark of the axis: its place as a share of the width, and its text."""

    x: float
    label: str


class Timeline(NamedTuple):
    """Start of the first window, end of the last one, and the zone of the marks."""

    start: datetime
    end: datetime
    zone: tzinfo

    def share(self, time: datetime) -> float:
        """The place of a time: 0 is the start, 1 the end."""
        length = (self.end - self.start).total_seconds()
        return (time - self.start).total_seconds() / length if length > 0 else 0.0

    def marks(self) -> list[Mark]:
        """At most thirteen marks on round times."""
        times, pattern = _round_times(self.start, self.end, self.zone)
        marks = [(time, self.share(time)) for time in times]
        inside = [(time, x) for time, x in marks if 0 <= x < LAST_MARK]
        return [Mark(x, _label(time, pattern)) for time, x in inside]


def _label(time: datetime, pattern: str) -> str:
    """A mark's text; the year stands for January."""
    return time.strftime("%Y" if pattern == "%b" and time.month == 1 else pattern)


def _round_times(start: datetime, end: datetime, zone: tzinfo) -> tuple[Sequence[datetime], str]:
    days = (end - start) / timedelta(days=1)
    first = start.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    if days <= 2.5:
        hours = max(1, round(days * 24 / MOST_MARKS + 0.5))
        return list(_steps(first, end, timedelta(hours=hours))), "%H:%M"
    midnight = first.replace(hour=0)
    if days <= 75:
        step = max(1, round(days / MOST_MARKS + 0.5))
        return list(_steps(midnight, end, timedelta(days=step))), "%-d %b"
    months = max(1, round(days / 30.4 / MOST_MARKS + 0.5)) if days > 400 else 1
    if months <= 6:
        return list(_months(midnight, end, months)), "%b"
    years = max(1, round(days / 365.25 / MOST_MARKS + 0.5))
    return list(_months(midnight.replace(month=1), end, 12 * years)), "%Y"


def _steps(first: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    time = first
    while time < end:
        yield time
        time += step  # wall-clock arithmetic: local midnights stay midnights


def _months(first: datetime, end: datetime, step: int) -> Iterator[datetime]:
    time = first.replace(day=1)
    while time < end:
        yield time
        place = time.month - 1 + step
        time = time.replace(year=time.year + place // 12, month=place % 12 + 1)
