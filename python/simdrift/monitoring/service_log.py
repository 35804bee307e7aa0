"""A request log over windows: its columns as `metrics.service` takes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simdrift.columns import Refused, Table
from simdrift.metrics.decide import Decided
from simdrift.metrics.groups import Groups
from simdrift.metrics.service import Mask, Requests, service_rows
from simdrift.monitoring.roles import NUMBERS, Roles
from simdrift.monitoring.spec import Spec
from simdrift.monitoring.spec_parts import SERVICE_ROLES
from simdrift.monitoring.window import Limits, judged
from simdrift.monitoring.windows import DAY, PER_SECOND, Window

Instants = NDArray[np.int64]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS: Final = {"s": 1_000.0, "ms": 1.0, "us": 1e-3, "ns": 1e-6}
_NUMBERS: Final = ("integer", "float")


def has_log(spec: Spec) -> bool:
    """Whether a role of a request log is named."""
    return any(getattr(spec.columns, role) is not None for role in SERVICE_ROLES)


def is_log(spec: Spec) -> bool:
    """Whether the data are a request log of which nothing is compared: it needs no reference, and
    its segments are those of its own rows."""
    own = spec.columns
    scored = own.target or own.prediction or own.score
    return has_log(spec) and spec.reference is None and own.features == () and not scored


def add_log_rows(
    rows: dict[str, list[Decided]],
    segments: Sequence[tuple[str, Table, Groups]],
    windows: Sequence[Window],
    spec: Spec,
    roles: Roles,
    limits: Limits,
    threads: int | None,
) -> None:
    """Adds the `service.*` rows of each window to those of each segment, of which the first is of
    all rows; where nothing else is watched, takes away those of the whole comparison."""
    if not roles.service or not windows:
        return
    _, whole, groups = segments[0]
    first, stop = int(groups.starts.min()), int(groups.ends(len(whole)).max())
    covered = _covered_by(whole.slice(first, stop), windows, spec)
    for text, table, own in segments:
        found = service_rows(_requests(table, own, covered, spec, roles, threads))
        before = [] if is_log(spec) else rows[text]
        rows[text] = [*before, *(judged(row, limits) for row in found)]


def _requests(
    table: Table,
    groups: Groups,
    covered: tuple[Instants, Instants],
    spec: Spec,
    roles: Roles,
    threads: int | None,
) -> Requests:
    reader = _Reader(table, roles, spec)
    return Requests(
        groups,
        instants_of(table, spec),
        begin=covered[0],
        end=covered[1],
        latency=reader.latency(),
        **reader.statuses(),
        memory=reader.numbers("memory"),
        heartbeat=reader.truths("heartbeat"),
        target=spec.service.apdex_target,
        slot=spec.service.slot * PER_SECOND["us"],
        lacking=reader.lacking,
        threads=threads,
    )


def _covered_by(table: Table, windows: Sequence[Window], spec: Spec) -> tuple[Instants, Instants]:
    """From when to when the log covers each window: all of it, but for what lies before the first
    row and behind the last, in whole slots, unless the spec's 'start' or 'end' says when the log
    begins or ends."""
    begin, end = (
        np.array([_microseconds(getattr(window, name)) for window in windows], np.int64)
        for name in ("start", "end")
    )
    times, slot = instants_of(table, spec), spec.service.slot * PER_SECOND["us"]
    if len(times):
        if spec.start is None:
            begin = np.maximum(begin, times.min() // slot * slot)
        if spec.end is None:
            end = np.minimum(end, (times.max() // slot + 1) * slot)
    return begin, np.maximum(begin, end)


def _microseconds(time: datetime) -> int:
    whole = time - _EPOCH
    return (whole.days * 86_400 + whole.seconds) * PER_SECOND["us"] + whole.microseconds


def instants_of(table: Table, spec: Spec) -> Instants:
    """The rows' times in UTC, microseconds since 1970, rounded down; a time without a zone is of
    the spec's. The rows have been cut to windows, so each has one."""
    column: Any = table.columns[str(spec.columns.timestamp)]
    times, _ = column.to_int64()
    if column.type.startswith("date32"):
        return np.asarray(times.astype(np.int64) * DAY)
    per_second = PER_SECOND[column.unit or "s"]
    micro = times // (per_second // 10**6) if per_second > 10**6 else times * (10**6 // per_second)
    micro = np.asarray(micro, np.int64)
    return micro if "," in column.type else _of_zone(micro, spec.timezone)


def _of_zone(local: Instants, zone: str) -> Instants:
    """Local times as instants: one that the clock shows twice is the earlier."""
    if zone == "UTC":
        return local
    import pyarrow as pa
    import pyarrow.compute as pc

    naive = pa.array(local.view("datetime64[us]"))
    aware = pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="latest")
    return np.asarray(aware.cast(pa.int64()))


class _Reader:
    """The columns of a log as arrays; a role whose column can't be used is None, and `lacking`
    says why."""

    def __init__(self, table: Table, roles: Roles, spec: Spec) -> None:
        self.table, self.named, self.spec = table, roles.service, spec
        self.lacking: dict[str, str] = {}

    def _column(self, role: str, kinds: Sequence[str], expected: str) -> Any:
        name = self.named.get(role)
        if name is None:
            return None
        column = self.table.columns.get(name)
        if column is None:
            self.lacking[role] = f"'columns.{role}': the rows have no column {name!r}"
        elif isinstance(column, Refused):
            self.lacking[role] = column.message
        elif column.value_kind not in kinds:
            self.lacking[role] = (
                f"'columns.{role}': expected {expected}, found {name!r} of type {column.type}"
            )
        else:
            return column
        return None

    def numbers(self, role: str) -> NDArray[np.float64] | None:
        """A column of numbers, missing ones as NaN."""
        column = self._column(role, _NUMBERS, "numbers")
        return None if column is None else column.to_float64()

    def latency(self) -> NDArray[np.float64] | None:
        """Milliseconds."""
        column = self._column("latency", _NUMBERS, "durations or numbers")
        if column is None:
            return None
        is_duration = column.type.startswith("duration")  # which are in seconds by now
        unit = "s" if is_duration else self.spec.service.latency_unit
        return np.asarray(column.to_float64() * _MILLISECONDS[unit])

    def truths(self, role: str) -> Mask | None:
        """A column of true and false, 1 and 0; a missing one is false."""
        column = self._column(role, NUMBERS, "true and false")
        return None if column is None else np.nan_to_num(column.to_float64()) != 0.0

    def statuses(self) -> dict[str, Mask | None]:
        """Which rows have failed, and of which that is not known."""
        column = self._column("status", (*NUMBERS, "text"), "numbers, true and false, or texts")
        if column is None:
            return {"failed": None, "unknown": None}
        if column.value_kind == "text":
            return self._texts(column.to_text())
        values = column.to_float64()
        bound = self.spec.service.failed_from
        failed = values == 0.0 if column.value_kind == "boolean" else values >= bound
        return {"failed": failed, "unknown": np.isnan(values)}

    def _texts(self, texts: list[str | None]) -> dict[str, Mask | None]:
        known = {text: self._has_failed(text) for text in set(texts) if text is not None}
        failed = np.array([text is not None and known[text] for text in texts], np.bool_)
        return {"failed": failed, "unknown": np.array([t is None for t in texts], np.bool_)}

    def _has_failed(self, text: str) -> bool:
        """'503', or one of the texts that mean so."""
        if text.strip().isdecimal():
            return int(text) >= self.spec.service.failed_from
        return text.strip().lower() in {one.lower() for one in self.spec.service.failed}
