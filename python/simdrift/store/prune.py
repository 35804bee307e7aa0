"""Retention: what lies further back than wanted goes, and what belongs to nothing any more."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from psycopg import errors

from simdrift._errors import StoreError

from .locks import lock_all
from .partition import drop_before, is_partitioned
from .session import Connection

_UNITS: Final = {"h": "hours", "d": "days", "w": "weeks"}

# Table, and the time that decides; runs go by the end of their window as their values do.
_AGED: Final = (
    ("values", "metric_value", "ts"),
    ("histograms", "histogram", "ts"),
    ("runs", "run", "window_end"),
    ("events", "event", "ts"),
)
_UNUSED_SERIES: Final = b"""
delete from simdrift.series s
where
    not exists (select from simdrift.metric_value v where v.series_id = s.series_id)
    and not exists (select from simdrift.histogram h where h.series_id = s.series_id)
"""


class Pruned(NamedTuple):
    """What was deleted."""

    before: datetime
    values: int
    histograms: int
    runs: int
    events: int
    series: int


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
        span = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if span <= timedelta(0):
        raise ValueError(f"keep: expected more than nothing, found {keep!r}")
    return span


def prune(connection: Connection, keep: timedelta) -> Pruned:
    """Deletes what ended more than `keep` before now; no writer works meanwhile.

    StoreError where this user may not delete.
    """
    try:
        return _prune(connection, datetime.now(UTC) - keep)
    except errors.InsufficientPrivilege as error:
        raise StoreError(
            f"{connection.info.user!r} may not delete ({error.diag.message_primary}): prune as "
            "simdrift_owner or a member of it"
        ) from None


def _prune(connection: Connection, before: datetime) -> Pruned:
    lock_all(connection)
    months = drop_before(connection, before) if is_partitioned(connection) else 0
    deleted = {}
    for name, table, column in _AGED:
        statement = f"delete from simdrift.{table} where {column} < %s".encode()
        deleted[name] = connection.execute(statement, (before,)).rowcount
    deleted["values"] += months
    deleted["series"] = connection.execute(_UNUSED_SERIES).rowcount
    return Pruned(before, **deleted)
