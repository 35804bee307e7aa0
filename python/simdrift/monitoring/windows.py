"""Rows to windows: half-open stretches of local time, as UTC instants.

A window begins where the clock of the time zone shows a multiple of its length: midnight for
days, every N-th hour for hours. So a day of a clock change has 23 or 25 hours, an hour that the
clock shows twice is one window of two hours, and an hour that it skips is none. Windows of
several days count from `start` where given, else from Monday, 5 January 1970.

A rolling rule ('7d/1d') has a window of the last 7 days at the end of every day; the first ends
when 7 days have passed since `start`, or since the day of the first row.

Times without a zone are read as local ones; one that the clock shows twice is the earlier, one
that it never shows is as late after the change as it is after the hour it would belong to.
Everything is in int64 microseconds; only borders, never rows, pass through Python.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from simdrift._errors import InputError
from simdrift.results.zones import in_zone

Unit = Literal["s", "ms", "us", "ns"]
Instants = NDArray[np.int64]

MINUTE = 60_000_000  # microseconds
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_UNITS = {"d": DAY, "h": HOUR, "m": MINUTE}
MONDAY = 4  # 5 January 1970 in days since the epoch
EPOCH = datetime(1970, 1, 1)
PER_SECOND: dict[str, int] = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
# Rows beyond these years are outside of every window: Python's calendar ends there.
FIRST_YEAR = int((datetime(2, 1, 1) - EPOCH).total_seconds())
LAST_YEAR = int((datetime(9998, 1, 1) - EPOCH).total_seconds())


@dataclass(frozen=True, slots=True)
class Rule:
    """How time is cut: `grain` is its text in every result row."""

    grain: str
    step: int  # microseconds of local clock; 0: everything is one window
    span: int = 1  # steps that a window is long

    @staticmethod
    def parse(text: str) -> Rule:
        """'1d', '7d', '1h', '15m', '7d/1d' or 'all'; else a ValueError says what is expected."""
        if text == "all":
            return Rule("all", 0)
        length, rolling, every = text.partition("/")
        step = _step(every if rolling else length)
        size = _length(length)
        if step is None or size is None:
            raise ValueError(
                "'all', a number of days, hours or minutes such as '1d', '6h' or '15m', or a "
                "rolling window such as '7d/1d'"
            )
        if size % step or (rolling and size == step):
            raise ValueError("a rolling window that is several of its steps long, as '7d/1d' is")
        return Rule(text, step, size // step)


def _length(text: str) -> int | None:
    """Microseconds of '7d', '6h' or '15m'."""
    match = re.fullmatch(r"([1-9]\d{0,3})([dhm])", text)
    return None if match is None else int(match[1]) * _UNITS[match[2]]


def _step(text: str) -> int | None:
    """The length of a window, or of what a rolling one moves by."""
    step = _length(text)
    if step is not None and text[-1] == "h" and DAY % step:
        raise ValueError("hours that divide a day: 1h, 2h, 3h, 4h, 6h, 8h, 12h or 24h")
    if step is not None and text[-1] == "m" and HOUR % step:
        raise ValueError("minutes that divide an hour: 1m, 5m, 10m, 15m, 20m, 30m, ...")
    return step


@dataclass(frozen=True, slots=True)
class Window:
    """Rows [first, stop) of the ordered table, of the time [start, end) in UTC."""

    start: datetime
    end: datetime
    first: int
    stop: int

    @property
    def rows(self) -> int:
        """How many rows it holds."""
        return self.stop - self.first


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows of a table. `order`: row numbers to take first, None where the table is in
    order as it is."""

    windows: tuple[Window, ...]
    order: NDArray[np.int64] | None
    outside: int  # rows before start, from end on, or beyond the calendar
    untimed: int  # rows without a time


@dataclass(frozen=True, slots=True)
class _Borders:
    wall: Instants  # what the local clock shows
    utc: Instants  # strictly increasing


def assign(
    times: Instants,
    valid: NDArray[np.bool_],
    unit: Unit,
    *,
    aware: bool,
    rule: Rule,
    timezone: ZoneInfo,
    start: datetime | date | None = None,
    end: datetime | date | None = None,
    between: bool = False,
) -> Windows:
    """The windows of rows with these times; empty ones only between a given start and end, or
    with `between` between windows with rows, too.

    `times`: (n,) int64 since 1970 in `unit`, UTC where `aware`, else local time; `valid`: (n,)
    bool, False where a row has no time. `start` and `end` without a zone are local.

    >>> days = np.arange(4) * 43_200  # two days, two rows each
    >>> found = assign(days, np.ones(4, bool), "s", aware=True, rule=Rule.parse("1d"),
    ...                timezone=ZoneInfo("UTC"))
    >>> [(w.start.day, w.rows) for w in found.windows]
    [(1, 2), (2, 2)]
    """
    first, last = _bound(start, timezone), _bound(end, timezone)
    which = 0 if aware else 1
    low, high = (None if bound is None else bound[which] for bound in (first, last))
    timed = int(np.count_nonzero(valid))
    rows: _Rows | _Ascending
    if timed == valid.size and bool((times[1:] >= times[:-1]).all()):
        rows = _Ascending(times, unit, low, high)
    else:
        rows = _Rows(times, valid, unit, low, high)
    outside, untimed = timed - rows.count, int(valid.size - timed)
    borders = _borders(rows, aware, rule, timezone, first, last, between)
    if borders is None:
        return Windows((), None, outside, untimed)
    offsets, order = rows.cut(borders.utc if aware else borders.wall)
    filled = np.diff(offsets) > 0
    earliest = 0 if start is not None else int(np.argmax(filled))
    windows, instants = [], _Instants()
    for last_step in _wanted(filled, start is not None, end is not None, between).tolist():
        opening = _opening(borders, rule, timezone, earliest, last_step)
        if opening is not None:
            begin, row = opening[0], int(offsets[opening[1]])
            ends = instants[begin], instants[int(borders.utc[last_step + 1])]
            windows.append(Window(*ends, row, int(offsets[last_step + 1])))
    return Windows(tuple(windows), order, outside, untimed)


def whole_until(
    now: datetime, rule: Rule, timezone: ZoneInfo, start: datetime | date | None = None
) -> datetime:
    """When the last window ends that is over `now`.

    >>> whole_until(datetime(2024, 1, 2, 15, tzinfo=UTC), Rule.parse("6h"), ZoneInfo("UTC")).hour
    12
    """
    first, here = _bound(start, timezone), _bound(now, timezone)
    assert here is not None
    origin = MONDAY * DAY if first is None else _floor(first[1], DAY)
    return instant(_to_utc(origin + _floor(here[1] - origin, rule.step), timezone))


def _opening(
    borders: _Borders, rule: Rule, timezone: ZoneInfo, earliest: int, last: int
) -> tuple[int, int] | None:
    """When the window begins that ends with step `last`, and the number of its first border from
    then on; None for a rolling one that would begin before the earliest border."""
    if rule.span == 1:
        return int(borders.utc[last]), last
    wall = int(borders.wall[last + 1]) - rule.span * rule.step
    if wall < borders.wall[earliest]:
        return None
    return _to_utc(wall, timezone), int(np.searchsorted(borders.wall, wall))


class _Rows:
    """Times of rows in microseconds (rounded down), those that lie in the calendar and from
    `low` on, before `high`."""

    def __init__(
        self,
        times: Instants,
        valid: NDArray[np.bool_],
        unit: Unit,
        low: int | None,
        high: int | None,
    ) -> None:
        scale = PER_SECOND[unit]
        inside = valid & (times >= FIRST_YEAR * scale) & (times < LAST_YEAR * scale)
        safe = times if inside.all() else np.where(inside, times, 0)
        coarse = scale > 1_000_000
        micro = safe // (scale // 1_000_000) if coarse else safe * (1_000_000 // scale)
        if low is not None:
            inside &= micro >= low
        if high is not None:
            inside &= micro < high
        self._micro, self._inside = micro, inside
        self._known = micro[inside]
        self.count = int(self._known.size)

    @property
    def ends(self) -> tuple[int, int]:
        """The earliest and the latest time."""
        return int(self._known.min()), int(self._known.max())

    def days(self) -> Instants:
        """The days that have rows, ascending, since 1970."""
        return np.unique(self._known // DAY)

    def cut(self, keys: Instants) -> tuple[Instants, NDArray[np.int64] | None]:
        """Row offsets of the windows between `keys`, and the order in which they hold."""
        n = keys.size - 1
        index = np.searchsorted(keys, self._micro, side="right") - 1
        index = np.where(self._inside, index, n).astype(np.uint16 if n < 65_535 else np.int64)
        counts = np.bincount(index, minlength=n + 1)[:n]
        offsets = np.concatenate([[0], np.cumsum(counts)])
        if self.count == self._inside.size and bool((index[1:] >= index[:-1]).all()):
            return offsets, None
        order = np.argsort(index, kind="stable")[: int(offsets[-1])]
        return offsets, order.astype(np.int64)


class _Ascending:
    """The same of rows in the order of their times, none of which is missing: a search for each
    border instead of work for each row."""

    def __init__(self, times: Instants, unit: Unit, low: int | None, high: int | None) -> None:
        self._times, self._per_second = times, PER_SECOND[unit]
        begin = FIRST_YEAR * 1_000_000 if low is None else max(low, FIRST_YEAR * 1_000_000)
        end = LAST_YEAR * 1_000_000 if high is None else min(high, LAST_YEAR * 1_000_000)
        self._first, stop = self._before(np.array([begin, end], np.int64)).tolist()
        self._stop = max(self._first, stop)
        self.count = self._stop - self._first

    def _before(self, keys: Instants) -> Instants:
        """How many rows are before each time in microseconds."""
        scale = self._per_second
        if scale <= 1_000_000:
            per_unit = 1_000_000 // scale
            return np.searchsorted(self._times, -(-keys // per_unit))
        per_micro, most = scale // 1_000_000, np.iinfo(np.int64).max
        in_range = np.abs(keys) <= most // per_micro
        found = np.searchsorted(self._times, np.where(in_range, keys, 0) * per_micro)
        return np.where(in_range, found, np.where(keys > 0, self._times.size, 0))

    def _micro(self, row: int) -> int:
        return int(self._times[row]) * 1_000_000 // self._per_second

    @property
    def ends(self) -> tuple[int, int]:
        """The earliest and the latest time."""
        return self._micro(self._first), self._micro(self._stop - 1)

    def days(self) -> Instants:
        """The days that have rows, ascending, since 1970."""
        if not self.count:
            return np.empty(0, np.int64)
        low, high = (end // DAY for end in self.ends)
        if high - low > self.count:  # fewer rows than days
            times = self._times[self._first : self._stop]
            return np.unique(times // (self._per_second * 86_400))
        every = np.arange(low, high + 2)
        return every[:-1][np.diff(self._before(every * DAY)) > 0]

    def cut(self, keys: Instants) -> tuple[Instants, NDArray[np.int64] | None]:
        """Row offsets of the windows between `keys`, and the order in which they hold."""
        offsets = self._before(keys)
        if self.count == self._times.size:
            return offsets, None
        within = np.clip(offsets, self._first, self._stop)
        order = np.arange(within[0], within[-1], dtype=np.int64)
        return within - within[0], order


def _bound(value: datetime | date | None, timezone: ZoneInfo) -> tuple[int, int] | None:
    """(UTC, local clock) microseconds of a given start or end."""
    if value is None:
        return None
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if value.tzinfo is not None:
        clocks = (in_zone(value, zone).replace(tzinfo=None) for zone in (UTC, timezone))
        utc, wall = map(_count, clocks)
        return utc, wall
    wall_count = _count(value)
    return _to_utc(wall_count, timezone), wall_count


def _count(naive: datetime) -> int:
    return (naive - EPOCH) // timedelta(microseconds=1)


def _to_utc(wall: int, timezone: ZoneInfo) -> int:
    """The instant at which the local clock first shows `wall`, or jumps over it."""
    naive = _time(wall)
    if timezone.key == "UTC":
        return wall
    early = wall - _offset(naive.replace(tzinfo=timezone))
    late = wall - _offset(naive.replace(tzinfo=timezone, fold=1))
    if late >= early:  # shown once, or twice: the first
        return early
    return _jump(late, early, timezone)


def _jump(low: int, high: int, timezone: ZoneInfo) -> int:
    """The instant in (low, high] at which the offset of the zone changes."""
    before = _offset_at(low, timezone)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_at(middle, timezone) == before:
            low = middle
        else:
            high = middle
    return high


def _offset(local: datetime) -> int:
    offset = local.utcoffset()
    return 0 if offset is None else offset // timedelta(microseconds=1)


def _offset_at(utc: int, timezone: ZoneInfo) -> int:
    return _offset(instant(utc).astimezone(timezone))


def instant_of(value: datetime | date, timezone: ZoneInfo) -> datetime:
    """UTC datetime of a date or time; local where it has no zone."""
    bound = _bound(value, timezone)
    return instant(bound[0] if bound else 0)


def instant(utc: int) -> datetime:
    """UTC datetime of microseconds since 1970."""
    return _time(int(utc)).replace(tzinfo=UTC)


def _time(micro: int) -> datetime:
    """A clock's time, microseconds after 1970 began on it; InputError where no year holds it."""
    try:
        return EPOCH + timedelta(microseconds=micro)
    except OverflowError:
        raise InputError(
            "expected windows in the years 1 to 9999, found one beyond: move start or end of the "
            "spec"
        ) from None


class _Instants(dict[int, datetime]):
    """UTC datetimes of microseconds since 1970, each made once."""

    def __missing__(self, utc: int) -> datetime:
        made = self[utc] = instant(utc)
        return made


def _borders(
    rows: _Rows | _Ascending,
    aware: bool,
    rule: Rule,
    timezone: ZoneInfo,
    first: tuple[int, int] | None,
    last: tuple[int, int] | None,
    between: bool,
) -> _Borders | None:
    """Every border that a row or a given start or end can need; None: no window at all."""
    days = _days(rows, aware, first, last)
    if between and days.size:
        days = np.arange(days[0], days[-1] + 1)
    if days.size == 0:
        return None
    origin = MONDAY * DAY if first is None else _floor(first[1], DAY)
    walls = _walls(days, rule, origin)
    utc = np.array([_to_utc(int(wall), timezone) for wall in walls], np.int64)
    walls, utc = _clip(walls, utc, first, last)
    utc, kept = np.unique(utc, return_index=True)
    if utc.size < 2:
        return None
    if rule.step == 0:
        ends = [0, -1] if first or last else _tight(rows, utc if aware else walls[kept])
        return _Borders(walls[kept][ends], utc[ends])
    return _Borders(walls[kept], utc)


def _tight(rows: _Rows | _Ascending, keys: Instants) -> list[int]:
    """Positions of the last border before the first row and of the first after the last."""
    low, high = np.searchsorted(keys, rows.ends, side="right")
    return [int(low) - 1, int(high)]


def _days(
    rows: _Rows | _Ascending,
    aware: bool,
    first: tuple[int, int] | None,
    last: tuple[int, int] | None,
) -> Instants:
    """Local days (since 1970) that may matter: around every row, or all between the bounds."""
    margin = np.arange(-1, 2) if aware else np.zeros(1, np.int64)
    if first is None and last is None:
        return np.unique(rows.days()[:, None] + margin)
    ends = [bound[1] // DAY for bound in (first, last) if bound is not None]
    if rows.count:
        earliest, latest = rows.ends
        ends += [earliest // DAY + int(margin[0]), latest // DAY + int(margin[-1])]
    low = min(ends) if first is None else first[1] // DAY
    high = max(ends) if last is None else last[1] // DAY
    if rows.count == 0 and (first is None or last is None):
        return np.empty(0, np.int64)
    return np.arange(low, high + 1)


def _floor(value: int, step: int) -> int:
    return value // step * step


def _walls(days: Instants, rule: Rule, origin: int) -> Instants:
    """Local clock readings at which windows begin or end, increasing."""
    step = rule.step or DAY
    if step < DAY:
        starts = (days[:, None] * DAY + np.arange(0, DAY, step)).ravel()
    else:
        starts = np.unique(origin + (days * DAY - origin) // step * step)
    return np.union1d(starts, starts + step)


def _clip(
    walls: Instants, utc: Instants, first: tuple[int, int] | None, last: tuple[int, int] | None
) -> tuple[Instants, Instants]:
    """Borders between start and end, both of them borders too."""
    for bound, side in ((first, 1), (last, -1)):
        if bound is None:
            continue
        kept = (utc - bound[0]) * side > 0
        at = 0 if side > 0 else int(np.count_nonzero(kept))
        walls = np.insert(walls[kept], at, bound[1])
        utc = np.insert(utc[kept], at, bound[0])
    return walls, utc


def _wanted(
    filled: NDArray[np.bool_], has_start: bool, has_end: bool, between: bool
) -> NDArray[np.intp]:
    """Numbers of the windows to compute: empty ones only towards a given start or end, or where
    `between` windows with rows."""
    with_rows = np.flatnonzero(filled)
    if with_rows.size == 0 and not (has_start and has_end):
        return with_rows
    if not (has_start or has_end or between):
        return with_rows
    first = 0 if has_start else int(with_rows[0])
    stop = filled.size if has_end else int(with_rows[-1]) + 1
    return np.arange(first, stop)
