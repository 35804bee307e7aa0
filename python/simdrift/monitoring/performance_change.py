"""The model's performance before and now, of two tables that hold prediction and target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simdrift.columns import Table
from simdrift.metrics.decide import Decided
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.performance.predictions import Predictions
from simdrift.metrics.performance.scoring import performance_rows
from simdrift.monitoring.roles import Roles
from simdrift.reports.performance import PerformanceChange, Score, change_of


def performance_changes(
    reference: Table, current: Table, roles: Roles, metrics: Sequence[str], threads: int | None
) -> tuple[PerformanceChange, ...]:
    """Each metric on both sides with its change, of those that have a value on both; none where
    prediction or target is not there."""
    before, now = (
        {row.metric: _score(row) for row in _rows(table, roles, metrics, threads)}
        for table in (reference, current)
    )
    return tuple(
        change_of(metric, score, now[metric])
        for metric, score in before.items()
        if metric in now and not np.isnan(score.value) and not np.isnan(now[metric].value)
    )


def _rows(table: Table, roles: Roles, metrics: Sequence[str], threads: int | None) -> list[Decided]:
    target, prediction = roles.target, roles.prediction
    if not metrics or target not in table.computed or prediction not in table.computed:
        return []
    left, right = (
        ColumnGroups(name, table.columns[name], Groups.whole(), threads=threads)
        for name in (str(target), str(prediction))
    )
    return performance_rows(Predictions(left, right), metrics)


def _score(row: Decided) -> Score:
    own = row.outcomes
    low, high = (None if end is None else float(end[0]) for end in (own.ci_low, own.ci_high))
    return Score(float(own.value[0]), low, high)
