"""All columns of a current table against a reference, as one window without segments."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from simdrift._types import Progress
from simdrift.metrics.columns import CurrentColumn, ReferenceColumn
from simdrift.metrics.decide import dataset_drift, decide
from simdrift.metrics.grouped import ColumnGroups
from simdrift.metrics.measure import measure_columns
from simdrift.metrics.plan import DriftPlan
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
