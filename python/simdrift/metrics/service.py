"""Service health: what a log of requests says of the service that answered them.

A row of the log is a request, or a heartbeat: a sign of life that is no request. A request has
failed as its status says; its latency is in milliseconds, and one that is negative, NaN or missing
is left out of quantiles and counted by `service.latency_invalid_share`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._core import Column
from simdrift._types import Floats
from simdrift.catalogue.metric import Metric
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.cached import cached
from simdrift.metrics.decide import Decided
from simdrift.metrics.evaluate import attempt
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.nulls.special import special
from simdrift.metrics.outcomes import OK_CODE, Codes, Outcomes, Rows
from simdrift.metrics.performance.counts import wilson
from simdrift.metrics.registry import functions, measures
from simdrift.metrics.values import EMPTY, NOT_APPLICABLE, Outcome

Mask = NDArray[np.bool_]

PER_SECOND: Final = 1_000_000
"""Times are microseconds."""
TOLERATED: Final = 4.0
"""A request is tolerated up to so many times the target of Apdex."""
QUANTILES: Final = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, eq=False)
class Requests:
    """The rows of a log over groups of them, one group a window. Arrays are by row, None where the
    log has none; `begin` and `end` are by group: what part of the window the log covers."""

    groups: Groups
    times: NDArray[np.int64]
    """Of rows, UTC, microseconds since 1970."""
    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    latency: Floats | None = None
    """Milliseconds, NaN where there is none."""
    failed: Mask | None = None
    unknown: Mask | None = None
    """Rows whose status is missing: neither answered nor failed."""
    memory: Floats | None = None
    """Bytes, NaN where there are none."""
    heartbeat: Mask | None = None
    target: float = 500.0
    """Of Apdex: up to how many milliseconds a user is satisfied."""
    slot: int = 60 * PER_SECOND
    """The stretch of time that one answered request or heartbeat shows to be up."""
    lacking: Mapping[str, str] = field(default_factory=dict)
    """Why a role that is named gives nothing, by role."""
    threads: int | None = None

    def __len__(self) -> int:
        return len(self.groups)

    @cached
    def is_request(self) -> Mask:
        """(n,) rows that are requests."""
        return np.ones(len(self.times), bool) if self.heartbeat is None else ~self.heartbeat

    @cached
    def requests(self) -> Rows:
        """(G,) requests."""
        return self.count(self.is_request)

    @cached
    def is_judged(self) -> Mask:
        """(n,) requests whose status is known."""
        return self.is_request if self.unknown is None else self.is_request & ~self.unknown

    @cached
    def has_failed(self) -> Mask:
        """(n,) requests that have failed."""
        if self.failed is None:
            return np.zeros(len(self.times), bool)
        return self.is_judged & self.failed

    @cached
    def valid_latency(self) -> Floats:
        """(n,) latencies of requests, NaN where one is no finite number of 0 or more."""
        assert self.latency is not None
        known = self.is_request & np.isfinite(self.latency) & (self.latency >= 0.0)
        return np.where(known, self.latency, np.nan)

    @cached
    def latencies(self) -> ColumnGroups:
        """The valid latencies over the groups."""
        return self._column("latency", self.valid_latency)

    @cached
    def memories(self) -> ColumnGroups:
        """The known sizes of memory over the groups."""
        assert self.memory is not None
        known = np.isfinite(self.memory) & (self.memory >= 0.0)
        return self._column("memory", np.where(known, self.memory, np.nan))

    def _column(self, name: str, values: Floats) -> ColumnGroups:
        return ColumnGroups(name, Column.from_numpy(values), self.groups, threads=self.threads)

    def count(self, rows: Mask) -> Rows:
        """(G,) how many of these rows each group has."""
        before = np.concatenate([[0], np.cumsum(rows)])
        stops = self.groups.ends(len(rows))
        return np.asarray(before[stops] - before[self.groups.starts], np.int64)

    @cached
    def seconds(self) -> Floats:
        """(G,) seconds of each group's window that the log covers."""
        return np.asarray((self.end - self.begin) / PER_SECOND)

    @cached
    def slots(self) -> tuple[Rows, Rows]:
        """(G,) slots of time that the log covers, and those with an answered request or a
        heartbeat."""
        first, last = self.begin // self.slot, -(-self.end // self.slot)
        covered = np.maximum(last - first, 0)
        alive = self.is_judged & ~self.has_failed
        if self.heartbeat is not None:
            alive = alive | self.heartbeat
        if not len(first):
            return covered, covered
        up = np.unique(self.times[alive] // self.slot)
        met = np.searchsorted(up, last) - np.searchsorted(up, first)
        return covered, np.where(covered > 0, met, 0)


class Value(NamedTuple):
    """One metric in each group: value, the groups that have one, rows that take part, and the
    ends of an interval."""

    value: Floats
    known: Mask
    rows: Rows
    ends: tuple[Floats, Floats] | None = None


Measure = Callable[[Requests], "dict[str, Value] | str"]
"""Values by short name, or which role is missing."""


def _record(name: str, title: str, formula: str, **rest: Any) -> Metric:
    rest = {
        "better": "lower", "bounds": (0.0, None), "statuses": ("empty",), "source": "textbook",
        **rest,
    }  # fmt: skip
    return Metric(
        name=f"service.{name}", title=title, group="requests", formula=formula,
        kinds=("table",), needs_values=False, weights=False, **rest,
    )  # fmt: skip


def _latency_record(name: str, share: float) -> Metric:
    return _record(
        f"latency_{name}",
        f"latency, {share:.0%} quantile",
        f"{share:.0%} quantile of the latency, type 7, of requests with a latency of 0 or more",
        unit="ms",
        source="Hyndman and Fan 1996; numpy.quantile",
        watched=name in ("p50", "p99"),
    )


@measures(
    *(_latency_record(name, share) for name, share in QUANTILES.items()),
    _record("latency_max", "largest latency", "largest latency of a request", unit="ms"),
)
def _latency(log: Requests) -> dict[str, Value] | str:
    if log.latency is None:
        return "latency"
    column, rows = log.latencies, log.latencies.valid
    own = column.quantiles([*QUANTILES.values(), 1.0])
    names = [*(f"latency_{name}" for name in QUANTILES), "latency_max"]
    return {name: Value(own[:, place], rows > 0, rows) for place, name in enumerate(names)}


@measures(
    _record(
        "latency_invalid_share",
        "share of requests without a latency",
        "requests whose latency is missing, NaN, infinite or negative, over all requests",
        unit="share",
        bounds=(0.0, 1.0),
    )
)
def _invalid(log: Requests) -> dict[str, Value] | str:
    if log.latency is None:
        return "latency"
    lost = log.requests - log.latencies.valid
    return {"latency_invalid_share": _share(lost, log.requests)}


@measures(
    _record(
        "request_rate",
        "requests a second",
        "requests over the seconds of the window that the log covers, with the exact interval of a "
        "Poisson count",
        unit="requests/s",
        better="",
        source="Garwood 1936",
        statuses=("degenerate",),
        watched=True,
        leads=True,
    )
)
def _rate(log: Requests) -> dict[str, Value] | str:
    n, seconds = log.requests, log.seconds
    known = seconds > 0.0
    divisor = np.where(known, seconds, np.nan)
    gammaincinv = special().gammaincinv
    low = np.where(n > 0, gammaincinv(np.maximum(n, 1), 0.025), 0.0)
    ends = low / divisor, gammaincinv(n + 1, 0.975) / divisor
    return {"request_rate": Value(n / divisor, known, n, ends)}


@measures(
    _record(
        "error_ratio",
        "share of failed requests",
        "failed requests over those whose status is known, with Wilson's interval",
        unit="share",
        bounds=(0.0, 1.0),
        source="Wilson 1927",
        watched=True,
        leads=True,
    )
)
def _errors(log: Requests) -> dict[str, Value] | str:
    if log.failed is None:
        return "status"
    return {"error_ratio": _share(log.count(log.has_failed), log.count(log.is_judged))}


@measures(
    _record(
        "uptime_ratio",
        "share of time up",
        "slots of time (by default minutes) with an answered request or a heartbeat, over those "
        "of the window that the log covers",
        unit="share",
        better="higher",
        bounds=(0.0, 1.0),
        statuses=("degenerate",),
        watched=True,
    )
)
def _uptime(log: Requests) -> dict[str, Value] | str:
    covered, up = log.slots
    known = covered > 0
    return {"uptime_ratio": Value(up / np.where(known, covered, 1), known, log.requests)}


@measures(
    _record("memory_mean", "mean memory", "mean of the memory of rows that have it", unit="bytes"),
    _record("memory_max", "largest memory", "largest memory of a row", unit="bytes"),
)
def _memory(log: Requests) -> dict[str, Value] | str:
    if log.memory is None:
        return "memory"
    profile, rows = log.memories.profile, log.memories.valid
    return {
        f"memory_{name}": Value(np.asarray(profile[name], float), rows > 0, rows)
        for name in ("mean", "max")
    }


@measures(
    _record(
        "apdex",
        "Apdex",
        "(satisfied + tolerated / 2) / requests: answered within the target, or within 4 times it",
        better="higher",
        bounds=(0.0, 1.0),
        source="Apdex Alliance 2007",
    )
)
def _apdex(log: Requests) -> dict[str, Value] | str:
    if log.latency is None:
        return "latency"
    latency, fine = log.valid_latency, ~log.has_failed
    with np.errstate(invalid="ignore"):  # NaN is neither
        satisfied = log.count(fine & (latency <= log.target))
        tolerated = log.count(fine & (latency <= TOLERATED * log.target)) - satisfied
    judged = log.count(~np.isnan(latency) | log.has_failed)
    value = (satisfied + tolerated / 2) / np.maximum(judged, 1)
    return {"apdex": Value(value, judged > 0, judged)}


def _share(part: Rows, whole: Rows) -> Value:
    """A share with Wilson's interval."""
    known = whole > 0
    share = part / np.where(known, whole, 1)
    return Value(share, known, whole, wilson(share, whole.astype(float)))


def service_rows(log: Requests) -> list[Decided]:
    """The `service.*` rows of each group: of what the log has, and of roles that give nothing why.
    A role that is not named has no rows."""
    rows: list[Decided] = []
    for function, records in functions("service").items():
        found = attempt(records[0].name, "", partial(function, log))
        if isinstance(found, Outcome):
            rows += [Decided(None, r.name, "", Outcomes.uniform(found, len(log))) for r in records]
        elif isinstance(found, str):
            rows += _without(records, log, found)
        else:
            rows += [Decided(None, r.name, "", _outcomes(found[r.short], r)) for r in records]
    return rows


def _without(records: tuple[Metric, ...], log: Requests, role: str) -> list[Decided]:
    """Rows that say why a named role gives nothing."""
    if role not in log.lacking:
        return []
    lost = Outcome(None, NOT_APPLICABLE, reason=log.lacking[role])
    return [Decided(None, r.name, "", Outcomes.uniform(lost, len(log))) for r in records]


def _outcomes(own: Value, record: Metric) -> Outcomes:
    absent = CODES[EMPTY if "empty" in record.statuses else "degenerate"]
    status: Codes = np.where(own.known, OK_CODE, absent).astype(np.uint8)
    found = Outcomes(np.where(own.known, own.value, np.nan), status, n_current=own.rows)
    if own.ends is not None:
        found.ci_low, found.ci_high = (np.where(own.known, end, np.nan) for end in own.ends)
    return found.cleaned()
