"""The one way from columns to values: every window of every segment against its reference.

`compare` and `Reference.compare` are one window, `monitor` is many; segments are further groups of
rows of the same table. Each column makes the trip once: its pair gives the values of its metrics
and its histograms.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Progress
from simdrift.columns import Table
from simdrift.metrics import custom, quality, registry, side_by_side
from simdrift.metrics.columns import ReferenceColumn
from simdrift.metrics.count_tables import BinCounts
from simdrift.metrics.decide import Decided, dataset_drift, decide
from simdrift.metrics.drift.table.sample import TablePair, TableSample
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.measure import Measured, measure_columns, measure_tables
from simdrift.metrics.names import ColumnKey, column_text
from simdrift.metrics.performance.changes import changed, is_lost
from simdrift.metrics.plan import DriftPlan
from simdrift.metrics.weights import TableWeights
from simdrift.monitoring.constants import kept
from simdrift.monitoring.model import NOTHING_KNOWN, Known, Model
from simdrift.monitoring.roles import Roles
from simdrift.monitoring.sensitive import gaps_changed
from simdrift.monitoring.spec import Metrics

WHOLE = ""
"""The segment of all rows."""
Limits = Mapping[tuple[ColumnKey, str], float]
"""By (column, metric); column None is any."""
Thresholds = Mapping[str, float | Mapping[str, float]]
log = logging.getLogger("simdrift")


class SegmentData(NamedTuple):
    """The windows of one segment, or of all rows: what is compared with what. `sample`: of the
    reference's rows, for metrics of whole tables."""

    segment: str
    reference: Mapping[str, ReferenceColumn]
    table: Table
    groups: Groups
    sample: TableSample | None = None
    custom: Mapping[str, float] = {}
    """The reference's values of the user's own metrics."""
    own: tuple[str, ...] = ()
    """The segment's own columns: all its rows have one value there, so there is no drift."""
    performance: Sequence[Decided] = ()
    """The model's performance on the reference's rows."""
    known: Known = NOTHING_KNOWN
    """What the reference says of the model."""


class WindowValues(NamedTuple):
    """The rows of each segment, and the pairs of all rows' columns by name."""

    rows: dict[str, list[Decided]]
    pairs: dict[str, GroupedPair]


class Columns(NamedTuple):
    """A segment's columns over its windows: as they are, and with the weights of rows; and the
    number of windows."""

    plain: dict[str, ColumnGroups]
    compared: dict[str, ColumnGroups]
    groups: int


def split_thresholds(
    thresholds: Thresholds,
) -> tuple[dict[str | tuple[str, str], float], dict[tuple[ColumnKey, str], float]]:
    """The thresholds of drift, as the drift plan takes them, and those of everything else."""
    drift: dict[str | tuple[str, str], float] = {}
    other: dict[tuple[ColumnKey, str], float] = {}
    for key, limit in thresholds.items():
        column, limits = (key, limit) if isinstance(limit, Mapping) else (None, {key: limit})
        for name, number in limits.items():
            family, _, short = name.partition(".")
            if family == "drift":
                drift[short if column is None else (column, short)] = number
            else:
                other[column, name] = number
    return drift, other


def measure_windows(
    segments: Sequence[SegmentData],
    roles: Roles,
    metrics: Metrics,
    plan: DriftPlan,
    limits: Limits,
    progress: Progress = None,
    *,
    waits: bool = False,
) -> WindowValues:
    """Of each segment: drift of the compared columns, then quality and performance of all that
    are watched. The tests of all segments of a window are one family. The first segment is that
    of all rows. `waits`: a target that is not there comes later."""
    measured: list[MeasuredSegment] = []
    pairs: dict[str, GroupedPair] = {}
    for data in segments:
        own = columns_of(data, roles, plan.threads)
        is_whole = data.segment == WHOLE
        reference = {n: column for n, column in data.reference.items() if n not in data.own}
        found, of_columns = measure_columns(
            reference, own.compared, plan, len(data.groups), progress if is_whole else None
        )
        before = max((column.rows for column in data.reference.values()), default=0)
        of_user = custom.rows_of(data.table, data.groups, metrics.custom, data.custom, limits)
        found += _tables(data, own, plan)
        model = Model(data.table, data.groups, roles, plan.threads, data.known, waits=waits)
        scores, even = model.performance(metrics.performance), model.fairness()
        part = MeasuredSegment(data.segment, own, found, np.array([before]), of_user, scores)
        against = quality.rows_against(of_columns, metrics.quality)
        part = part._replace(fairness=even, against=against)
        measured.append(part._replace(performance_before=data.performance))
        pairs = pairs or of_columns
    return WindowValues(rows_of_windows(measured, roles, metrics, plan, limits), pairs)


class MeasuredSegment(NamedTuple):
    """The drift of one segment over its windows, before it is decided: with the columns, the rows
    of the reference (of each window, or one for all), the user's own metrics, and the model's
    performance now and in the reference (of each window, or one for all)."""

    segment: str
    columns: Columns
    measured: list[Measured]
    rows_before: NDArray[np.int64]
    custom: list[Decided]
    performance: Sequence[Decided] = ()
    performance_before: Sequence[Decided] = ()
    fairness: Sequence[Decided] = ()
    against: Sequence[Decided] = ()
    """Quality against the reference."""


def rows_of_windows(
    segments: Sequence[MeasuredSegment],
    roles: Roles,
    metrics: Metrics,
    plan: DriftPlan,
    limits: Limits,
) -> dict[str, list[Decided]]:
    """The rows of each segment: drift decided, then the table's own, quality, performance and
    the user's own metrics."""
    rows = {}
    decided = decide([segment.measured for segment in segments], plan)
    performance = changed(
        [segment.performance for segment in segments],
        [segment.performance_before for segment in segments],
        alpha=plan.alpha,
        correction=plan.correction,
    )
    gaps = gaps_changed(
        [segment.fairness for segment in segments],
        [segment.performance_before for segment in segments],
        plan.correction,
    )
    against = quality.decided_against(
        [segment.against for segment in segments], alpha=plan.alpha, correction=plan.correction
    )
    for own, values, changes, of_groups, compared in zip(
        segments, decided, performance, gaps, against, strict=True
    ):
        scores = kept(own.performance, changes)
        plain = own.columns.plain
        watched = {name: plain[name] for name in roles.watched if name in plain}
        extra = [*_quality(watched, metrics, own.columns.groups), *compared, *scores]
        extra = [judged(row, limits) for row in extra]
        dataset = _dataset(_without([*values, *extra], roles.target), own, plan)
        even = [judged(row, limits) for row in of_groups]
        rows[own.segment] = [*values, *dataset, *extra, *even, *own.custom]
    return rows


def _without(rows: Sequence[Decided], target: str | None) -> list[Decided]:
    """The rows of all but the target, which is no part of what the data are like."""
    return [row for row in rows if target is None or row.column != target]


def columns_of(data: SegmentData, roles: Roles, threads: int | None) -> Columns:
    """The segment's watched columns over its windows."""

    def grouped(name: str, weights: TableWeights | None = None) -> ColumnGroups:
        return ColumnGroups(
            name,
            data.table.columns[name],
            data.groups,
            kind=roles.kinds.get(name),
            threads=threads,
            weights=weights,
            gap=data.table.gaps.get(name),
        )

    plain = {name: grouped(name) for name in roles.watched if name in data.table.columns}
    names = (name for name in roles.compared if name not in data.own)
    compared = {name: plain[name] for name in names if name in plain}
    if roles.is_weighted:
        weights = roles.table_weights(data.table)
        compared = {name: grouped(name, weights) for name in compared}
    return Columns(plain, compared, len(data.groups))


def _tables(data: SegmentData, own: Columns, plan: DriftPlan) -> list[Measured]:
    """The metrics of whole tables, where any are asked for."""
    if data.sample is None:
        return []
    pairs = []
    for place in range(len(data.groups)):
        columns = {name: column.each[place] for name, column in own.compared.items()}
        pairs.append(TablePair(data.sample, TableSample.of(columns), threads=plan.threads))
    return measure_tables(pairs, plan)


def _dataset(rows: Sequence[Decided], own: MeasuredSegment, plan: DriftPlan) -> list[Decided]:
    share = plan.thresholds.get("dataset", plan.drift_share)
    none = np.zeros((1, own.columns.groups), np.int64)
    now = np.max([*none, *(column.rows for column in own.columns.compared.values())], axis=0)
    return dataset_drift(rows, share, own.rows_before, now)


def _quality(watched: Mapping[str, ColumnGroups], metrics: Metrics, groups: int) -> list[Decided]:
    statistics = metrics.quality
    of_columns = [name for name in statistics if name not in ("rows", *quality.AGAINST)]
    of_each = quality.statistics_of(watched.values(), of_columns)
    rows = quality.table_statistics(watched, groups, statistics)
    for column in watched.values():
        rows += of_each[column.name]
        shares = metrics.quantiles.get(column.name, metrics.quantiles.get("*", ()))
        rows += quality.quantile_statistics(column, shares)
    return rows + _correlations(watched, metrics)


def _correlations(watched: Mapping[str, ColumnGroups], metrics: Metrics) -> list[Decided]:
    pairs = metrics.correlations
    if pairs == "numeric":
        return quality.correlations([c for c in watched.values() if c.kind == "numeric"])
    return [
        quality.correlation(watched[a], watched[b])
        for a, b in pairs
        if a in watched and b in watched
    ]


def judged(row: Decided, limits: Limits) -> Decided:
    """With threshold and alert where a limit is set: it alerts where the value is worse, which is
    below the limit for a metric that is better higher, and above it for all others."""
    column = column_text(row.column) if isinstance(row.column, tuple) else row.column
    limit = limits.get((column, row.metric), limits.get((None, row.metric)))
    if limit is None:  # what is decided already stays so
        return row
    value, record = row.outcomes.value, registry.record(row.metric)
    worse = custom.beyond(value, limit, "higher" if record and record.better == "higher" else "")
    without = -1 if row.alert is None else np.where(is_lost(row), row.alert, -1)
    alert = np.where(np.isnan(value), without, worse).astype(np.int8)
    return row._replace(threshold=limit, alert=alert)


def histograms(
    pairs: Mapping[str, GroupedPair], threads: int | None
) -> dict[str, BinCounts | None]:
    """Reference and current over the same bins in each window, of each column that has them."""
    alone = [pair for pair in pairs.values() if len(pair) == 1 and not pair.has_counts]
    rows = max((pair.current.whole.rows for pair in alone), default=0)
    drawn = side_by_side.each(
        lambda name, on: counts_of(pairs[name], on), list(pairs), rows=rows, threads=threads
    )
    return dict(zip(pairs, drawn, strict=True))


def counts_of(pair: GroupedPair, threads: int | None) -> BinCounts | None:
    """The histograms of a pair; None where they fail, which is logged."""
    try:
        with pair.current.on(threads):
            return pair.histograms()
    except Exception:
        log.exception("histogram of column %r failed", pair.name)
        return None
