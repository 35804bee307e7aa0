"""`monitor`: windows times columns against a fixed reference, in one go."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from simdrift._errors import InputError, SpecError
from simdrift._types import Progress
from simdrift.columns import Frame, Refused, Source, Table, as_table, opened
from simdrift.columns.values import Values
from simdrift.metrics.groups import Groups
from simdrift.metrics.pipelines import MOST_BEFORE
from simdrift.monitoring.check_windows import add_check_rows
from simdrift.monitoring.digests import DataDigest
from simdrift.monitoring.identity import identity_of
from simdrift.monitoring.late_labels import label_source, names_with_labels, with_labels
from simdrift.monitoring.moving import MovingMonitor, check_moving
from simdrift.monitoring.pipelines import Pipeline, earlier_windows
from simdrift.monitoring.reference import Reference, needed, plan_of, types_of
from simdrift.monitoring.report import results_of
from simdrift.monitoring.roles import (
    Roles,
    check_names,
    check_watched,
    no_column,
    roles_of,
    segment_columns,
)
from simdrift.monitoring.segments import rows_by_segment
from simdrift.monitoring.service_log import add_log_rows, has_log, is_log
from simdrift.monitoring.spec import Spec
from simdrift.monitoring.structure import DataChecks, Part, digest_with, schema_of
from simdrift.monitoring.window import WHOLE, SegmentData, measure_windows
from simdrift.monitoring.windows import Rule, Unit, Window, Windows, assign, instant_of, whole_until
from simdrift.results import Results, Run

Data = Source | Table | Frame
Between = tuple[datetime | None, datetime | None]
SECONDS_PER_DAY = 86_400
log = logging.getLogger("simdrift")


def monitor(
    spec: Spec,
    data: object,
    reference: object | None = None,
    *,
    labels: object | None = None,
    between: Between | None = None,
    progress: Progress = None,
    threads: int | None = None,
    history: Any = None,
    now: datetime | None = None,
) -> Results:
    """Every window of the data against the reference; `entry.monitor` says what is what."""
    source, late = opened(data), label_source(spec, labels)
    added = names_with_labels(spec, late)
    if spec.reference is not None and spec.reference.moving is not None:
        check_moving(spec, reference)
        check_names(spec, _with_later(spec, [*source.names, *source.hidden, *added]))
        table = with_labels(spec, as_table(source, columns=needed(spec, source)), late)
        return _moving(spec, table, source.names, between, progress, threads, history, now)
    left = _reference_source(spec, source, reference)
    known = left.columns if isinstance(left, Reference) else (*left.names, *left.hidden)
    there = [*dict.fromkeys([*source.names, *source.hidden, *known, *added])]
    check_names(spec, _with_later(spec, there))
    table = with_labels(spec, as_table(source, columns=needed(spec, source)), late)
    before = table if left is source else _rows_before(spec, left)
    names = list(dict.fromkeys([*table.names, *before.columns]))
    found = _with_lost(spec, table, _windows(spec, table), now)
    every = found.windows
    _tell(spec, table, found, holds_reference=before is table)
    if between is not None:
        found = _ending(found, between)
    if isinstance(before, Reference):
        prepared = before
    else:
        prepared = Reference.of_table(_interval(spec, before), spec, threads=threads)
    roles = roles_of(spec.columns, names, spec.methods)
    check_watched(spec, roles)
    _check_reference(spec, roles, prepared)
    roles.row_weights(table)  # refused before any window is computed
    ordered = _ordered(spec, roles, table, found, threads)
    rows = None if isinstance(before, Reference) else _interval(spec, before)
    checks = _checks(spec, table, rows, source.names, found, ordered, every, history, now)
    return _Monitor(spec, roles, prepared, ordered, threads, checks, rows).run(found, progress)


def _with_later(spec: Spec, names: list[str]) -> list[str]:
    """The names, and that of a target that nobody has yet: its windows wait for labels."""
    target = spec.columns.target
    if target is None or target in names or not (spec.columns.prediction or spec.columns.score):
        return names
    log.warning("'columns.target': %s; windows wait for labels", no_column(target, names))
    return [*names, target]


def _moving(
    spec: Spec,
    table: Table,
    given: Iterable[str],
    between: Between | None,
    progress: Progress,
    threads: int | None,
    history: Any,
    now: datetime | None,
) -> Results:
    """Every window against the windows before it; `given`: the columns of the data."""
    names = table.names
    found = _with_lost(spec, table, _windows(spec, table), now)
    _tell(spec, table, found, holds_reference=False)
    wanted = found if between is None else _ending(found, between)
    roles = roles_of(spec.columns, names, spec.methods)
    check_watched(spec, roles)
    roles.row_weights(table)  # refused before any window is computed
    ordered = _ordered(spec, roles, table, found, threads)
    checks = _checks(spec, table, None, given, found, ordered, found.windows, history, now)
    monitor = MovingMonitor(spec, roles, ordered, threads, checks)
    return monitor.run(found.windows, wanted.windows, progress)


def _ordered(spec: Spec, roles: Roles, table: Table, found: Windows, threads: int | None) -> Table:
    """The columns that windows need, window after window, with texts as dictionaries."""
    names = dict.fromkeys([*roles.with_weight(roles.watched), *segment_columns(spec)])
    if spec.schema is not None:  # they are part of what a run is of
        names |= dict.fromkeys(name for name in table.names if name != roles.timestamp)
    if spec.checks:
        from simdrift.monitoring.spec_checks import checks_of

        of_checks = (name for one in checks_of(spec.checks) for name in one.columns)
        names |= dict.fromkeys(name for name in of_checks if name != roles.timestamp)
    kept = table.among(names)
    return (kept if found.order is None else kept.take(found.order)).encoded(threads)


def _checks(
    spec: Spec,
    table: Table,
    reference: Table | None,
    names: Iterable[str],
    found: Windows,
    ordered: Table,
    every: Sequence[Window],
    history: Any,
    now: datetime | None,
) -> DataChecks:
    """What is checked of the data themselves, window by window; `names`: the columns that they
    came with, `every`: all their windows, `ordered`: the rows of those."""
    schema, pipeline = schema_of(spec.schema, reference), None

    def taken(own: Table) -> Table:
        return own if found.order is None else own.take(found.order)

    if spec.metrics.pipelines:
        column = taken(table.among([str(spec.columns.timestamp)])).computed
        times = Values(next(iter(column.values()))) if column else None
        earlier = earlier_windows(history, spec, every[0].start) if every else []
        rule, zone = Rule.parse(spec.window), ZoneInfo(spec.timezone)
        names_of = spec.metrics.pipelines
        pipeline = Pipeline(names_of, rule, zone, ordered, times, every, earlier)
    own = table if schema is None else taken(table.among(names)).encoded()
    found_checks = DataChecks(schema, own, pipeline)
    if not spec.checks:
        return found_checks
    from simdrift.monitoring.spec_checks import checks_of

    roles = {role: getattr(spec.columns, role) for role in ("target", "prediction", "score")}
    return found_checks._replace(
        checks=checks_of(spec.checks),
        checked=taken(table).encoded(),
        roles={role: name for role, name in roles.items() if name is not None},
        now=now or datetime.now(UTC),
    )


def _ending(found: Windows, between: Between) -> Windows:
    """The windows that end after the first time and not after the second."""
    after, until = between
    for time in between:
        if time is not None and time.tzinfo is None:
            raise ValueError(f"between: expected times with a zone, found {time.isoformat()}")
    kept = [
        window
        for window in found.windows
        if (after is None or window.end > after) and (until is None or window.end <= until)
    ]
    return replace(found, windows=tuple(kept))


def _tell(spec: Spec, table: Table, found: Windows, *, holds_reference: bool) -> None:
    """That there are rows which no window holds, those of the reference aside."""
    reference = _reference_outside(spec, table) if holds_reference and found.outside else 0
    if found.outside > reference:
        of_reference = " and of the reference" if reference else ""
        log.info(
            "%s rows lie outside of %s to %s%s",
            f"{found.outside - reference:,}",
            spec.start or "the first row",
            spec.end or "the last",
            of_reference,
        )
    if found.untimed:
        log.info("%s rows have no time", f"{found.untimed:,}")


def _reference_outside(spec: Spec, table: Table) -> int:
    """Rows of the data that are the reference's and in no window."""
    interval = spec.reference
    if interval is None or spec.columns.timestamp is None:
        return 0
    zone = ZoneInfo(spec.timezone)
    bounds = [
        None if timestamp is None else instant_of(timestamp, zone)
        for timestamp in (interval.start, interval.end, spec.start, spec.end)
    ]
    begin, stop, first, last = bounds
    rows = _rows_between(spec, table, begin, stop)
    starts = [timestamp for timestamp in (begin, first) if timestamp is not None]
    ends = [timestamp for timestamp in (stop, last) if timestamp is not None]
    both = max(starts, default=None), min(ends, default=None)
    return rows - _rows_between(spec, table, *both)


def _rows_between(spec: Spec, table: Table, start: datetime | None, end: datetime | None) -> int:
    """Rows of the time [start, end)."""
    if start is not None and end is not None and start >= end:
        return 0
    return sum(
        window.rows for window in _assign(spec, table, Rule.parse("all"), start, end).windows
    )


def _check_reference(spec: Spec, roles: Roles, reference: Reference) -> None:
    """SpecError where a reference was fitted with another reading of a column, or without the
    segments that are asked for."""
    if set(spec.segments) - set(reference.spec.segments):
        asked, there = (
            "; ".join(" & ".join(names) for names in own) or "none"
            for own in (spec.segments, reference.spec.segments)
        )
        raise SpecError(
            f"'segments': the spec has {asked}, the reference {there}: fit the reference with "
            "this spec"
        )
    own, others = roles.of_rows, reference.roles.of_rows
    for role, here, known in zip(("weight", "cluster", "block"), own, others, strict=True):
        if here != known:
            raise SpecError(
                f"'columns.{role}': the spec has {here!r}, the reference {known!r}: fit the "
                "reference with this spec"
            )
    for name, kind in roles.kinds.items():
        column = reference.columns.get(name)
        if column is not None and column.refused is None and column.kind != kind:
            raise SpecError(
                f"column {name!r} is {kind} in the spec, but {column.kind} in the reference: fit "
                "the reference with this spec"
            )


class _Monitor:
    """What all windows of one call share."""

    def __init__(
        self,
        spec: Spec,
        roles: Roles,
        reference: Reference,
        table: Table,
        threads: int | None,
        checks: DataChecks,
        rows: Table | None = None,
    ) -> None:
        self.rows = rows
        self.spec, self.roles, self.checks = spec, roles, checks
        self.table, self.threads = table, threads or spec.threads
        self.fingerprint = DataDigest(self.threads)
        self.spec_digest = digest_with(spec.digest, checks.schema, checks.checks)
        self.reference_digest = reference.digest
        self.reference = reference
        self.before = {
            name: reference.columns[name] for name in roles.compared if name in reference.columns
        }
        recorded = reference.plan.record() if spec.methods == "auto" else None
        self.plan, self.limits = plan_of(spec, self.before, recorded=recorded, threads=threads)

    def run(self, found: Windows, progress: Progress) -> Results:
        """All windows, in order."""
        if not found.windows:
            return Results(timezone=self.spec.timezone)
        started = datetime.now(UTC)
        groups = Groups(
            np.array([window.first for window in found.windows], np.int64),
            np.array([window.stop for window in found.windows], np.int64),
        )
        data = [
            SegmentData(
                WHOLE,
                self.before,
                self.table,
                groups,
                self.reference.sample,
                self.reference.custom_of(WHOLE),
                performance=self.reference.performance_of(WHOLE),
                known=self.reference.known,
            ),
            *self._segments(groups),
        ]
        values = measure_windows(
            data, self.roles, self.spec.metrics, self.plan, self.limits, progress, waits=True
        )
        parts = [(own.segment, own.table, own.groups) for own in data]
        add_log_rows(
            values.rows, parts, found.windows, self.spec, self.roles, self.limits, self.threads
        )
        values.rows[WHOLE] += self.checks.rows(found.windows, self.before)
        if self.checks.checks:
            parts_of_checks = self._checked([own.groups for own in data])
            add_check_rows(values.rows, self.checks, parts_of_checks, found.windows)
        digests = self.fingerprint.of_groups(self.table, groups)
        runs = [self._run(*one, started) for one in zip(found.windows, digests, strict=True)]
        types = types_of(self.before, self.table, self.roles)
        zone = self.spec.timezone
        return results_of(runs, values, threads=self.threads, timezone=zone, types=types)

    def _checked(self, groups: Sequence[Groups]) -> list[Part]:
        """All rows and each segment's as checks read them, with the reference's own."""
        table, before = self.checks.checked, self.rows
        assert table is not None
        keys = [key for key in self.reference.segments if key.columns in self.spec.segments]
        rows = rows_by_segment(table, keys, self.threads)
        others = {} if before is None else rows_by_segment(before, keys, self.threads)
        tables = {WHOLE: table} | {key.text: table.take(rows[key.text]) for key in keys}
        references = {WHOLE: before}
        references |= {text: before and before.take(own) for text, own in others.items()}
        return [
            Part(
                text,
                own,
                list(zip(of.starts.tolist(), of.ends(0).tolist(), strict=True)),
                partial(_same, references.get(text)),
            )
            for (text, own), of in zip(tables.items(), groups, strict=True)
        ]

    def _segments(self, groups: Groups) -> list[SegmentData]:
        """The windows of each segment that is asked for, with the reference's own."""
        asked = {
            key: own
            for key, own in self.reference.segments.items()
            if key.columns in self.spec.segments
        }
        watched = self.table.among(self.roles.with_weight(self.roles.watched))
        rows = rows_by_segment(self.table, list(asked), self.threads)
        stops = groups.ends(0)
        return [
            SegmentData(
                key.text,
                {name: column for name, column in own.items() if name in self.roles.compared},
                watched.take(rows[key.text]),
                Groups(
                    np.searchsorted(rows[key.text], groups.starts),
                    np.searchsorted(rows[key.text], stops),
                ),
                custom=self.reference.custom_of(key.text),
                own=key.columns,
                performance=self.reference.performance_of(key.text),
                known=self.reference.known,
            )
            for key, own in asked.items()
        ]

    def _run(self, window: Window, data_digest: str, started: datetime) -> Run:
        """One window's run."""
        identity = identity_of(
            self.spec,
            window,
            spec_digest=self.spec_digest,
            data_digest=data_digest,
            reference_digest=self.reference_digest,
        )
        return identity.run(window.rows, started)


def _same(table: Table | None, place: int) -> Table | None:
    """The fixed reference of every window."""
    return table


def _reference_source(spec: Spec, source: Data, reference: object | None) -> Data | Reference:
    """The reference: the given one, or the data that hold it."""
    if isinstance(reference, Reference):
        return reference
    if reference is not None:
        return opened(reference, argument="reference")
    if is_log(spec):
        return source
    if spec.reference is None or (spec.reference.start is None and spec.reference.end is None):
        raise SpecError("'reference' is missing: pass one, or give 'start' and 'end' of its rows")
    return source


def _rows_before(spec: Spec, left: Data | Reference) -> Table | Reference:
    """A reference of its own: a prepared one, or the columns of it that the spec reads."""
    return left if isinstance(left, Reference) else as_table(left, columns=needed(spec, left))


def _interval(spec: Spec, table: Table) -> Table:
    """The rows from the reference's start to its end; all where the spec has neither."""
    interval = spec.reference
    if interval is None or (interval.start is None and interval.end is None):
        return table
    found = _assign(spec, table, Rule.parse("all"), interval.start, interval.end)
    if not found.windows or found.windows[0].rows == 0:
        raise InputError(
            f"the reference has no rows from {interval.start} to {interval.end} "
            f"({spec.timezone}): check 'reference' and {spec.columns.timestamp!r}"
        )
    window = found.windows[0]
    rows = table if found.order is None else table.take(found.order)
    return rows.slice(window.first, window.stop)


def _windows(spec: Spec, table: Table) -> Windows:
    rule = Rule.parse(spec.window)
    if spec.columns.timestamp is not None:
        # A service without a request is a finding, not a window less.
        return _assign(spec, table, rule, spec.start, spec.end, has_log(spec))
    if spec.start is None or spec.end is None:
        raise SpecError(
            "window 'all' without 'columns.timestamp' needs 'start' and 'end': the time that the "
            "data are of"
        )
    start, end = (
        instant_of(timestamp, ZoneInfo(spec.timezone)) for timestamp in (spec.start, spec.end)
    )
    return Windows((Window(start, end, 0, len(table)),), None, 0, 0)


def _with_lost(spec: Spec, table: Table, found: Windows, now: datetime | None) -> Windows:
    """The windows, and where pipelines are watched those without rows that have ended since: none
    where the week before had no rows at that time, either, and, unless `now` is given, none behind
    data that ended more than 28 windows ago, which are history."""
    rule, zone = Rule.parse(spec.window), ZoneInfo(spec.timezone)
    if not spec.metrics.pipelines or spec.end is not None or not rule.step or not found.windows:
        return found
    until, last = whole_until(now or datetime.now(UTC), rule, zone, spec.start), found.windows[-1]
    step = timedelta(microseconds=rule.step)
    if until <= last.end or (now is None and until - last.end > MOST_BEFORE * step):
        return found
    longer = _assign(spec, table, rule, spec.start, until, has_log(spec))
    with_rows = {(one.start, one.end) for one in found.windows}
    first, week = found.windows[0].start, timedelta(days=7)
    there = {one.start.astimezone(zone).replace(tzinfo=None) for one in found.windows if one.rows}

    def is_lost(window: Window) -> bool:
        if rule.step >= week // timedelta(microseconds=1):
            return window.end > last.end
        before = window.start.astimezone(zone).replace(tzinfo=None) - week
        is_known = before >= first.astimezone(zone).replace(tzinfo=None)
        return window.end > last.end and (before in there or not is_known)

    kept = [w for w in longer.windows if (w.start, w.end) in with_rows or is_lost(w)]
    return replace(longer, windows=tuple(kept))


def outline(
    spec: Spec, data: object, reference: object | None = None
) -> tuple[Windows, Table | Reference]:
    """The windows of a monitor and the rows that the first is compared with, all checked as
    `monitor` does it, and nothing computed. Of a reference that moves these are the rows of the
    first window: there is nothing before it."""
    late = label_source(spec, None)
    table = with_labels(spec, as_table(data), late)
    moves = spec.reference is not None and spec.reference.moving is not None
    left: Data | Reference = table if moves else _reference_source(spec, table, reference)
    before = table if left is table else _rows_before(spec, left)
    names = list(dict.fromkeys([*table.names, *before.columns]))
    check_names(spec, _with_later(spec, names))
    roles = roles_of(spec.columns, names, spec.methods)
    check_watched(spec, roles)
    found = _windows(spec, table)
    if isinstance(before, Reference):
        _check_reference(spec, roles, before)
        return found, before
    if not moves:
        return found, _interval(spec, before)
    rows = table if found.order is None else table.take(found.order)
    first = next((window for window in found.windows if window.rows), None)
    return found, rows.slice(0, 0) if first is None else rows.slice(first.first, first.stop)


def _assign(
    spec: Spec,
    table: Table,
    rule: Rule,
    start: datetime | date | None,
    end: datetime | date | None,
    between: bool = False,
) -> Windows:
    """The windows of the frame's time column."""
    name = str(spec.columns.timestamp)
    column = table.columns.get(name)
    if column is None:
        raise InputError(f"'columns.timestamp': {no_column(name, table.names)}")
    if isinstance(column, Refused):
        raise InputError(f"the time column {name!r} can't be read: {column.message}")
    if column.kind != "temporal" or column.type.startswith("duration"):
        raise InputError(
            f"'columns.timestamp': expected a column of times or dates, found {name!r} of type "
            f"{column.type}: convert it first"
        )
    times, valid = column.to_int64()
    unit: Unit = column.unit or "s"
    if column.type.startswith("date32"):
        times, unit = times * SECONDS_PER_DAY, "s"
    return assign(
        times,
        valid,
        unit,
        aware="," in column.type,
        rule=rule,
        timezone=ZoneInfo(spec.timezone),
        start=start,
        end=end,
        between=between,
    )
