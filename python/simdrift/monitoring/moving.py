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

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from simdrift._errors import SpecError
from simdrift._types import Progress
from simdrift.catalogue.statuses import CODES
from simdrift.columns import Table
from simdrift.metrics.count_tables import BinCounts, joined_counts
from simdrift.metrics.custom import rows_of, values_of
from simdrift.metrics.decide import Decided
from simdrift.metrics.drift.table.sample import TablePair, TableSample
from simdrift.metrics.groups import Groups
from simdrift.metrics.measure import (
    Measured,
    Verdict,
    measure_columns,
    measure_tables,
)
from simdrift.metrics.names import ColumnKey, by_text
from simdrift.metrics.outcomes import Outcomes, Rows
from simdrift.metrics.plan import DriftPlan
from simdrift.metrics.quality import rows_against
from simdrift.metrics.values import Outcome
from simdrift.monitoring.check_windows import add_check_rows
from simdrift.monitoring.digests import DataDigest
from simdrift.monitoring.identity import identity_of
from simdrift.monitoring.model import Model
from simdrift.monitoring.reference import plan_of, references, scores_of
from simdrift.monitoring.report import blocks_of
from simdrift.monitoring.roles import Roles
from simdrift.monitoring.rows import reasons_of, table_of
from simdrift.monitoring.segments import found_segments, rows_by_segment
from simdrift.monitoring.service_log import add_log_rows
from simdrift.monitoring.spec import ReferenceSpec, Spec
from simdrift.monitoring.structure import DataChecks, Part, digest_with
from simdrift.monitoring.window import (
    WHOLE,
    Limits,
    MeasuredSegment,
    SegmentData,
    columns_of,
    counts_of,
    rows_of_windows,
)
from simdrift.monitoring.windows import Window
from simdrift.results import Results, Run
from simdrift.results.histograms import HistogramBlock

Range = tuple[int, int]
"""Rows [first, stop)."""


class _Plan(NamedTuple):
    """What is computed of every window, chosen by the first that has a reference."""

    drift: DriftPlan
    limits: Limits


class _Segment(NamedTuple):
    """One segment's rows, or all: `rows` are their numbers in the whole table, None for all."""

    text: str
    table: Table
    rows: Rows | None
    own: tuple[str, ...] = ()

    def ranges(self, ranges: Sequence[Range]) -> list[Range]:
        """Ranges of rows of the whole table as ranges of this segment's rows."""
        if self.rows is None:
            return list(ranges)
        return [
            (int(low), int(high)) for low, high in np.searchsorted(self.rows, ranges).reshape(-1, 2)
        ]


def earlier(windows: Sequence[Window], moving: ReferenceSpec, zone: ZoneInfo) -> list[list[Range]]:
    """The rows that each window is compared with, as ranges that ascend and don't touch."""
    queues: dict[int, list[Window]] = {}

    def queue(window: Window) -> list[Window]:
        by_day = moving.moving == "same_weekday"
        key = window.start.astimezone(zone).weekday() if by_day else 0
        return queues.setdefault(key, [])

    found = []
    for window in windows:
        own = queue(window)
        count = bisect_right(own, window.start, key=lambda one: one.end)
        least = 0 if moving.moving == "growing" else max(0, count - (moving.windows or 1))
        found.append(_joined_ranges(own[least:count]))
        if window.rows:
            own.append(window)
    return found


def _joined_ranges(windows: Sequence[Window]) -> list[Range]:
    """The rows of windows that ascend."""
    ranges: list[Range] = []
    for window in windows:
        if ranges and window.first <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], window.stop))
        else:
            ranges.append((window.first, window.stop))
    return ranges


def _rows_of(table: Table, ranges: Sequence[Range]) -> Table:
    """The rows of the ranges; no copy where they are one."""
    if len(ranges) < 2:
        return table.slice(*(ranges[0] if ranges else (0, 0)))
    return table.take(np.concatenate([np.arange(*own) for own in ranges]))


class MovingMonitor:
    """The windows of one call, each against the windows before it. The drift of a window is
    measured against a reference of its own; everything else is measured of all windows at once."""

    def __init__(
        self, spec: Spec, roles: Roles, table: Table, threads: int | None, checks: DataChecks
    ) -> None:
        assert spec.reference is not None
        self.spec, self.roles, self.table, self.checks = spec, roles, table, checks
        self.moving, self.zone = spec.reference, ZoneInfo(spec.timezone)
        self.threads = threads or spec.threads
        self.fingerprint = DataDigest(self.threads)
        self.spec_digest = digest_with(spec.digest, checks.schema, checks.checks)
        segments = found_segments(table, spec.segments, self.threads)
        rows = rows_by_segment(table, segments, self.threads)
        self.segments = [_Segment(WHOLE, table, None)]
        for key in segments:
            own = rows[key.text]
            self.segments.append(_Segment(key.text, table.take(own), own, key.columns))

    def run(self, every: Sequence[Window], wanted: Sequence[Window], progress: Progress) -> Results:
        """The wanted windows, in order; `every` window may be a reference."""
        started = datetime.now(UTC)
        ranges = earlier(every, self.moving, self.zone)
        plan = self._plan(ranges)
        kept = {(window.start, window.end) for window in wanted}
        chosen = [
            (window, own)
            for window, own in zip(every, ranges, strict=True)
            if (window.start, window.end) in kept
        ]
        if not chosen:
            return Results(timezone=self.spec.timezone)
        windows, before = [window for window, _ in chosen], [own for _, own in chosen]
        measured = [
            _SegmentWindows(self, plan, segment, windows, before) for segment in self.segments
        ]
        for place in range(len(windows)):
            for own in measured:
                own.measure(place)
            if progress is not None:
                progress(place + 1, len(windows))
        rows = rows_of_windows(
            [own.measured() for own in measured],
            self.roles,
            self.spec.metrics,
            plan.drift,
            plan.limits,
        )
        without_reference(rows, np.array([not own for own in before]))
        parts = [own.part for own in measured]
        add_log_rows(rows, parts, windows, self.spec, self.roles, plan.limits, self.threads)
        rows[WHOLE] += self.checks.rows(windows, {})
        if self.checks.checks:
            add_check_rows(rows, self.checks, [own.checked for own in measured], windows)
        runs = self._runs(windows, before, started)
        return Results.from_table(
            table_of(runs, rows),
            runs,
            measured[0].histograms(runs),
            timezone=self.spec.timezone,
            reasons=reasons_of(runs, rows),
            types=by_text(self.table.among(self.roles.watched).types),
        )

    def _plan(self, ranges: Sequence[list[Range]]) -> _Plan:
        """Methods by the first window that has a reference; by all rows where none has."""
        first = next((own for own in ranges if own), None)
        table = self.table if first is None else _rows_of(self.table, first)
        columns = references(table, self.roles, self.threads)
        return _Plan(*plan_of(self.spec, columns, threads=self.threads))

    def _runs(
        self, windows: Sequence[Window], before: Sequence[list[Range]], started: datetime
    ) -> list[Run]:
        names = [*self.roles.with_weight(self.roles.watched), *self.checks.columns]
        held = self.table.among(dict.fromkeys(names))
        one = [own[0] if own else (0, 0) for own in before]
        of_reference = self.fingerprint.of_groups(held, _groups(one))
        for place, own in enumerate(before):
            if len(own) > 1:
                of_reference[place] = self.fingerprint(_rows_of(held, own))
        of_data = self.fingerprint.of_groups(held, _groups([(w.first, w.stop) for w in windows]))
        return [
            identity_of(
                self.spec,
                window,
                spec_digest=self.spec_digest,
                data_digest=data,
                reference_digest=reference,
            ).run(window.rows, started)
            for window, data, reference in zip(windows, of_data, of_reference, strict=True)
        ]


class _SegmentWindows:
    """The windows of one segment, measured one after the other."""

    def __init__(
        self,
        monitor: MovingMonitor,
        plan: _Plan,
        segment: _Segment,
        windows: Sequence[Window],
        before: Sequence[list[Range]],
    ) -> None:
        self._monitor, self._plan, self._segment = monitor, plan, segment
        self._groups = _groups(segment.ranges([(w.first, w.stop) for w in windows]))
        self._before = [segment.ranges(own) for own in before]
        data = SegmentData(segment.text, {}, segment.table, self._groups, own=segment.own)
        self.columns = columns_of(data, monitor.roles, plan.drift.threads)
        self._measured: list[list[Measured]] = []
        self._custom: list[list[Decided]] = []
        self._scores: list[list[Decided]] = []
        self._against: list[list[Decided]] = []
        self._rows_before: list[int] = []
        self._counts: list[dict[str, BinCounts | None]] = []

    @property
    def part(self) -> tuple[str, Table, Groups]:
        """The segment's name, its rows, and which are whose window's."""
        return self._segment.text, self._segment.table, self._groups

    @property
    def checked(self) -> Part:
        """The segment's rows as checks read them, and what its windows are compared with."""
        segment, data = self._segment, self._monitor.checks.checked
        assert data is not None
        bounds = zip(self._groups.starts.tolist(), self._groups.ends(0).tolist(), strict=True)
        own = data if segment.rows is None else data.take(segment.rows)

        def reference_of(place: int) -> Table | None:
            ranges = self._before[place]
            return _rows_of(own, ranges) if ranges else None

        return Part(segment.text, own, list(bounds), reference_of)

    def measure(self, place: int) -> None:
        """The drift of the next window, and its histograms where it is of all rows."""
        monitor, (plan, limits) = self._monitor, self._plan
        table = _rows_of(self._segment.table, self._before[place])
        before = references(table, monitor.roles, monitor.threads)
        for name in self._segment.own:
            before.pop(name, None)
        now = {name: column.alone(place) for name, column in self.columns.compared.items()}
        measured, pairs = measure_columns(before, now, plan, 1)
        whole = self._segment.text == WHOLE
        if whole and plan.table:
            columns = {name: column.each[0] for name, column in now.items()}
            samples = TableSample.of(before), TableSample.of(columns)
            measured += measure_tables([TablePair(*samples, threads=plan.threads)], plan)
        self._measured.append(measured)
        self._against.append(rows_against(pairs, monitor.spec.metrics.quality))
        self._scores.append(scores_of(table, monitor.roles, monitor.spec, monitor.threads).rows)
        self._rows_before.append(max((column.rows for column in before.values()), default=0))
        if wanted := monitor.spec.metrics.custom:
            group, of_reference = self._groups.alone(place), values_of(table, wanted)
            self._custom.append(rows_of(self._segment.table, group, wanted, of_reference, limits))
        if whole:
            self._counts.append(
                {name: counts_of(pair, monitor.threads) for name, pair in pairs.items()}
            )

    def measured(self) -> MeasuredSegment:
        """All windows as one."""
        own = self._monitor
        model = Model(self._segment.table, self._groups, own.roles, own.threads, waits=True)
        return MeasuredSegment(
            self._segment.text,
            self.columns,
            _stacked(self._measured),
            np.array(self._rows_before, np.int64),
            [_stacked_custom(rows) for rows in zip(*self._custom, strict=True)],
            model.performance(self._monitor.spec.metrics.performance),
            _stacked_scores(self._scores),
            model.fairness(),
            against=_stacked_scores(self._against),
        )

    def histograms(self, runs: Sequence[Run]) -> list[HistogramBlock]:
        """Those of every column that has one in some window."""
        names = dict.fromkeys(name for own in self._counts for name in own)
        counts = {name: joined_counts([own.get(name) for own in self._counts]) for name in names}
        return blocks_of(counts, runs)


def _groups(ranges: Sequence[Range]) -> Groups:
    bounds = np.array(ranges, np.int64).reshape(-1, 2)
    return Groups(np.ascontiguousarray(bounds[:, 0]), np.ascontiguousarray(bounds[:, 1]))


def _stacked(windows: Sequence[Sequence[Measured]]) -> list[Measured]:
    """What was measured of each window alone as arrays of all, column after column; a row that
    some windows don't have is absent there."""
    found: dict[tuple[ColumnKey, str, str, bool, int], dict[int, Measured]] = {}
    for place, rows in enumerate(windows):
        seen: Counter[tuple[ColumnKey, str, str, bool]] = Counter()
        for row in rows:
            key = (row.column, row.spec.name, row.params, row.informational)
            found.setdefault((*key, seen[key]), {})[place] = row
            seen[key] += 1
    by_column: dict[ColumnKey, list[Measured]] = {}
    for (column, *_), own in found.items():
        by_column.setdefault(column, []).append(_over_windows(own, len(windows)))
    return [row for rows in by_column.values() for row in rows]


def _over_windows(rows: Mapping[int, Measured], windows: int) -> Measured:
    first = next(iter(rows.values()))
    absent = Outcomes.stacked([Outcome(None)])
    own = [rows.get(place) for place in range(windows)]
    present = np.array([row is None or row.present is None or row.present[0] for row in own])
    present &= np.array([row is not None for row in own])
    verdict = None
    if first.verdict is not None:
        alerts = [-1 if row is None or row.verdict is None else row.verdict.alert[0] for row in own]
        verdict = Verdict(first.verdict.threshold, np.array(alerts, np.int8))
    return first._replace(
        outcomes=Outcomes.joined([absent if row is None else row.outcomes for row in own]),
        verdict=verdict,
        present=None if present.all() else present,
    )


def _stacked_custom(rows: Sequence[Decided]) -> Decided:
    """One of the user's metrics over windows, each of which has a limit of its own."""
    judged = [row.alert is not None for row in rows]
    outcomes = Outcomes.joined([row.outcomes for row in rows])
    if not any(judged):
        return rows[0]._replace(outcomes=outcomes)
    limits = [np.nan if row.threshold is None else row.threshold for row in rows]
    alerts = [-1 if row.alert is None else row.alert[0] for row in rows]
    return rows[0]._replace(
        outcomes=outcomes, threshold=np.array(limits, float), alert=np.array(alerts, np.int8)
    )


def _stacked_scores(windows: Sequence[Sequence[Decided]]) -> list[Decided]:
    """The rows of each window's reference as arrays of all windows."""
    found: dict[tuple[ColumnKey, str, str], dict[int, Decided]] = {}
    for place, rows in enumerate(windows):
        for row in rows:
            found.setdefault((row.column, row.metric, row.params), {})[place] = row
    absent = Outcomes.stacked([Outcome(None)])
    stacked = []
    for (column, metric, params), own in found.items():
        parts = [own[p].outcomes if p in own else absent for p in range(len(windows))]
        stacked.append(Decided(column, metric, params, Outcomes.joined(parts)))
    return stacked


def without_reference(rows: Mapping[str, Sequence[Decided]], alone: NDArray[np.bool_]) -> None:
    """Drift has the status 'no_reference' in the windows that have no reference rows."""
    empty, none = CODES["empty"], CODES["no_reference"]
    for row in (row for own in rows.values() for row in own):
        if row.metric.startswith("drift."):
            status = row.outcomes.status
            drift = alone & ((status == empty) | (status == CODES["not_applicable"]))
            row.outcomes.status = np.where(drift, none, status).astype(np.uint8)


def check_moving(spec: Spec, reference: object | None) -> None:
    """SpecError for a reference in addition to one that moves."""
    if reference is not None:
        moving = spec.reference.moving if spec.reference is not None else None
        raise SpecError(
            f"'reference.moving': the spec says {moving!r}; expected no other reference, found "
            f"{type(reference).__name__}: leave the argument out"
        )
