"""Result rows of columns without frames and windows: one group of all rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from simdrift.metrics.columns import ColumnState, CurrentColumn, ReferenceColumn
from simdrift.metrics.decide import dataset_drift, decide
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.measure import Progress, measure_columns
from simdrift.metrics.plan import DriftPlan
from simdrift.metrics.quality import column_statistics, correlation, table_statistics
from simdrift.metrics.values import MetricValue


def compare_columns(
    reference: Mapping[str, ReferenceColumn],
    current: Mapping[str, CurrentColumn],
    plan: DriftPlan,
    progress: Progress = None,
) -> list[MetricValue]:
    """The rows of one window without segments: every column, then the table's own."""
    groups = {name: ColumnGroups.of(column) for name, column in current.items()}
    measured, _ = measure_columns(reference, groups, plan, 1, progress)
    rows = decide([measured], plan)[0]
    share = plan.thresholds.get("dataset", plan.drift_share)
    sizes = [
        max((column.rows for column in side.values()), default=0) for side in (reference, current)
    ]
    rows += dataset_drift(rows, share, sizes[0], np.array([sizes[1]]))
    return [row.at(0) for row in rows if row.present is None or row.present[0]]


def column_rows(column: ColumnState, statistics: Iterable[str] | None = None) -> list[MetricValue]:
    """The `quality.*` rows of a column."""
    return [row.at(0) for row in column_statistics(ColumnGroups.of(column), statistics)]


def table_rows(columns: Mapping[str, ColumnState]) -> list[MetricValue]:
    """The `quality.*` rows of a table."""
    groups = {name: ColumnGroups.of(column) for name, column in columns.items()}
    return [row.at(0) for row in table_statistics(groups, 1)]


def correlation_row(a: ColumnState, b: ColumnState) -> MetricValue:
    """The `quality.correlation` row of two columns."""
    return correlation(ColumnGroups.of(a), ColumnGroups.of(b)).at(0)
