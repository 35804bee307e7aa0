"""References that move: each window is compared with windows before it.

| `reference.moving` | the rows that a window is compared with |
|---|---|
| 'previous' | the newest window before it |
| 'rolling' | the `windows` newest windows before it |
| 'same_weekday' | the `windows` newest windows before it that begin on its weekday |
| 'growing' | all windows before it |

A window is before another where it has rows and ends no later than the other begins, so sliding
windows are never compared with their own rows. A window without such a reference has the status
'no_reference'. Every window has the values of a fixed reference of those rows; the methods are
chosen once, by the first window that has a reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from simdrift._errors import SpecError
from simdrift._types import Progress
from simdrift.catalogue.statuses import CODES
from simdrift.columns import Table
from simdrift.metrics.custom import values_of
from simdrift.metrics.decide import Decided
from simdrift.metrics.drift.table.sample import TableSample
from simdrift.metrics.grouped import Groups
from simdrift.metrics.outcomes import Rows
from simdrift.metrics.plan import DriftPlan
from simdrift.monitoring.digests import DataDigest
from simdrift.monitoring.identity import identity_of
from simdrift.monitoring.reference import plan_of, references
from simdrift.monitoring.report import results_of
from simdrift.monitoring.roles import Roles
from simdrift.monitoring.segments import found_segments, rows_by_segment
from simdrift.monitoring.spec import ReferenceSpec, Spec
from simdrift.monitoring.window import (
    WHOLE,
    Limits,
    SegmentData,
    WindowValues,
    measure_windows,
)
from simdrift.monitoring.windows import Window
from simdrift.results import Results, Run
from simdrift.results.table import ResultTable


class _Plan(NamedTuple):
    """What is computed of every window, chosen by the first that has a reference."""

    drift: DriftPlan
    limits: Limits


def earlier(windows: Sequence[Window], place: int, moving: ReferenceSpec, zone: ZoneInfo) -> Rows:
    """The rows that the window at `place` is compared with, ascending."""
    window = windows[place]
    before = [w for w in windows[:place] if w.rows and w.end <= window.start]
    if moving.moving == "same_weekday":
        weekday = window.start.astimezone(zone).weekday()
        before = [w for w in before if w.start.astimezone(zone).weekday() == weekday]
    if moving.moving != "growing":
        before = before[-(moving.windows or 1) :]
    if not before:
        return np.zeros(0, np.int64)
    return np.unique(np.concatenate([np.arange(w.first, w.stop) for w in before]))


class MovingMonitor:
    """The windows of one call, each against the windows before it."""

    def __init__(self, spec: Spec, roles: Roles, table: Table, threads: int | None) -> None:
        assert spec.reference is not None
        self.spec, self.roles, self.table = spec, roles, table
        self.moving, self.zone = spec.reference, ZoneInfo(spec.timezone)
        self.threads = threads or spec.threads
        self.fingerprint = DataDigest(self.threads)
        self.spec_digest = spec.digest
        self.segments = found_segments(table, spec.segments, self.threads)
        self.segment_rows = rows_by_segment(table, self.segments, self.threads)
        self.plan: _Plan | None = None

    def run(self, every: Sequence[Window], wanted: Sequence[Window], progress: Progress) -> Results:
        """The wanted windows, in order; `every` window may be a reference."""
        self.plan = self._first_plan(every)
        kept = {(window.start, window.end) for window in wanted}
        results = []
        for place, window in enumerate(every):
            if (window.start, window.end) in kept:
                results.append(self._window(window, earlier(every, place, self.moving, self.zone)))
                if progress is not None:
                    progress(len(results), len(wanted))
        return joined(results, self.spec.timezone)

    def _first_plan(self, every: Sequence[Window]) -> _Plan:
        """Methods by the first window that has a reference; by all rows where none has."""
        found = (earlier(every, place, self.moving, self.zone) for place in range(len(every)))
        rows = next((own for own in found if len(own)), None)
        table = self.table if rows is None else self.table.take(rows)
        columns = references(table, self.roles, self.threads)
        return _Plan(*plan_of(self.spec, columns, threads=self.threads))

    def _window(self, window: Window, rows: Rows) -> Results:
        assert self.plan is not None
        started = datetime.now(UTC)
        values = measure_windows(
            list(self._data(window, rows)),
            self.roles,
            self.spec.metrics,
            self.plan.drift,
            self.plan.limits,
        )
        if not len(rows):
            values = without_reference(values)
        return results_of([self._run(window, rows, started)], values, threads=self.threads)

    def _data(self, window: Window, rows: Rows) -> Iterator[SegmentData]:
        """All rows of the window, then its segments, each beside the reference's own."""
        assert self.plan is not None
        current = np.arange(window.first, window.stop)
        wanted, reference = self.spec.metrics.custom, self.table.take(rows)
        before = references(reference, self.roles, self.threads)
        sample = TableSample.of(before) if self.plan.drift.table else None
        groups = _groups(window)
        own_values = values_of(reference, wanted)
        yield SegmentData(WHOLE, before, self.table, groups, sample, own_values)
        for segment in self.segments:
            own = self.segment_rows[segment.text]
            reference = self.table.take(np.intersect1d(own, rows))
            before = references(reference, self.roles, self.threads)
            now = self.table.take(np.intersect1d(own, current))
            yield SegmentData(
                segment.text, before, now, Groups.whole(), custom=values_of(reference, wanted)
            )

    def _run(self, window: Window, rows: Rows, started: datetime) -> Run:
        watched = self.table.among(self.roles.with_weight(self.roles.watched))
        identity = identity_of(
            self.spec,
            window,
            spec_digest=self.spec_digest,
            data_digest=self.fingerprint.of_groups(watched, _groups(window))[0],
            reference_digest=self.fingerprint(watched.take(rows)),
        )
        return identity.run(window.rows, started)


def _groups(window: Window) -> Groups:
    """The rows of one window."""
    return Groups(np.array([window.first]), np.array([window.stop]))


def without_reference(values: WindowValues) -> WindowValues:
    """The values of a window that has no reference rows: drift has the status 'no_reference'."""
    empty, none = CODES["empty"], CODES["no_reference"]

    def marked(row: Decided) -> Decided:
        if row.metric.startswith("drift."):
            status = row.outcomes.status
            drift = (status == empty) | (status == CODES["not_applicable"])
            row.outcomes.status = np.where(drift, none, status).astype(np.uint8)
        return row

    return WindowValues(
        {segment: [marked(row) for row in rows] for segment, rows in values.rows.items()},
        values.pairs,
    )


def joined(results: Sequence[Results], timezone: str) -> Results:
    """The results of windows as one."""
    if not results:
        return Results(timezone=timezone)
    return Results.from_table(
        ResultTable.concat([one.table for one in results]),
        [run for one in results for run in one.runs],
        [histogram for one in results for histogram in one.histograms],
        timezone=timezone,
    )


def check_moving(spec: Spec, reference: object | None) -> None:
    """SpecError for a reference beside one that moves."""
    if reference is not None:
        moving = spec.reference.moving if spec.reference is not None else None
        raise SpecError(
            f"'reference.moving': the spec says {moving!r}; expected no other reference, found "
            f"{type(reference).__name__}: leave the argument out"
        )
