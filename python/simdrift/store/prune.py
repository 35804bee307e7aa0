"""Retention: what lies further back than wanted goes, and what belongs to nothing any more."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from psycopg import errors

from simdrift._errors import StoreError
from simdrift.store.connection import Connection
from simdrift.store.locks import lock_all
from simdrift.store.partition import drop_before, is_partitioned

_DIGITS: Final = 20  # of a span; int() refuses thousands, and timedelta most of these
_UNITS: Final = {"h": "hours", "d": "days", "w": "weeks"}

# In the order of `Pruned`, which counts no reasons: a table, and the time that decides; runs go by
# the end of their window as their values do.
_AGED: Final = (
    ("metric_value", "ts"),
    ("histogram", "ts"),
    ("reason", "ts"),
    ("run", "window_end"),
    ("event", "ts"),
)
_UNUSED_SERIES: Final = b"""
delete from simdrift.series s
where
    not exists (select from simdrift.metric_value v where v.series_id = s.series_id)
    and not exists (select from simdrift.histogram h where h.series_id = s.series_id)
"""
_SERIES_LEFT_ALONE: Final = b"""
select count(*) from simdrift.series s
where
    not exists (
        select from simdrift.metric_value v where v.series_id = s.series_id and v.ts >= %s
    )
    and not exists (
        select from simdrift.histogram h where h.series_id = s.series_id and h.ts >= %s
    )
"""


class Pruned(NamedTuple):
    """What was deleted, or would be (`dry_run`), and what of values and runs stays."""

    before: datetime
    values: int
    histograms: int
    runs: int
    events: int
    series: int
    values_kept: int = 0
    runs_kept: int = 0
    dry_run: bool = False

    def __str__(self) -> str:
        done = "would be deleted" if self.dry_run else "deleted"
        return (
            f"before {self.before:%Y-%m-%d %H:%M} UTC: {self.values:,} values, "
            f"{self.histograms:,} histograms, {self.runs:,} runs, {self.events:,} events and "
            f"{self.series:,} series {done}; {self.values_kept:,} values and {self.runs_kept:,} "
            "runs stay"
        )


def parse_keep(keep: str | timedelta) -> timedelta:
    """A span of time: '400d', '12w', '48h'; ValueError for anything else.

    >>> parse_keep("400d")
    datetime.timedelta(days=400)
    """
    if isinstance(keep, timedelta):
        span = keep
    else:
        match = re.fullmatch(r"(\d+)\s*([hdw])", keep.strip())
        if match is None:
            raise ValueError(
                f"keep: expected a span such as '400d', '12w' or '48h', found {keep!r}"
            )
        span = _span(int(match[1][:_DIGITS]), _UNITS[match[2]])
    if span <= timedelta(0):
        raise ValueError(f"keep: expected more than nothing, found {keep!r}")
    return span


def _span(count: int, unit: str) -> timedelta:
    """So many units; what no calendar holds is as long as can be."""
    try:
        return timedelta(**{unit: count})
    except OverflowError:
        return timedelta.max


def prune(connection: Connection, keep: timedelta, *, dry_run: bool = False) -> Pruned:
    """Deletes what ended more than `keep` before now; no writer works meanwhile. `dry_run` only
    counts it, and keeps nobody waiting.

    StoreError where this user may not delete.
    """
    before = _before(keep)
    if dry_run:
        return _counted(connection, before)
    try:
        return _prune(connection, before)
    except errors.InsufficientPrivilege as error:
        raise StoreError(
            f"{connection.info.user!r} may not delete ({error.diag.message_primary}): prune as "
            "simdrift_owner or a member of it"
        ) from None


def _before(keep: timedelta) -> datetime:
    """The time before which things go: the calendar's first where `keep` reaches back further."""
    try:
        return datetime.now(UTC) - keep
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def _counted(connection: Connection, before: datetime) -> Pruned:
    values, histograms, _, runs, events = (
        _count(connection, table, f"{column} < %s", before) for table, column in _AGED
    )
    row = connection.execute(_SERIES_LEFT_ALONE, (before, before)).fetchone()
    series = 0 if row is None else int(row[0])
    kept = _kept(connection, before)
    return Pruned(before, values, histograms, runs, events, series, *kept, dry_run=True)


def _kept(connection: Connection, before: datetime) -> tuple[int, int]:
    """Values and runs that are not older."""
    values = _count(connection, "metric_value", "ts >= %s", before)
    return values, _count(connection, "run", "window_end >= %s", before)


def _count(connection: Connection, table: str, condition: str, before: datetime) -> int:
    statement = f"select count(*) from simdrift.{table} where {condition}".encode()
    row = connection.execute(statement, (before,)).fetchone()
    return 0 if row is None else int(row[0])


def _prune(connection: Connection, before: datetime) -> Pruned:
    lock_all(connection)
    months = drop_before(connection, before) if is_partitioned(connection) else 0
    values, histograms, _, runs, events = (
        connection.execute(
            f"delete from simdrift.{table} where {column} < %s".encode(), (before,)
        ).rowcount
        for table, column in _AGED
    )
    series = connection.execute(_UNUSED_SERIES).rowcount
    kept = _kept(connection, before)
    return Pruned(before, values + months, histograms, runs, events, series, *kept)
