"""The worst segments of a report: where the model is worse than elsewhere."""

from __future__ import annotations

from typing import Final

from simdrift.columns import Table
from simdrift.metrics.evaluate import attempt
from simdrift.metrics.values import Outcome
from simdrift.monitoring.model import is_model, task_of
from simdrift.monitoring.roles import Roles
from simdrift.monitoring.spec import Columns
from simdrift.monitoring.worst_segments import WorstSegments, worst_segments
from simdrift.reports.model import WorstLine, worst_line

MOST: Final = 5


def worst_of(
    current: Table, columns: Columns, roles: Roles, threads: int | None = None
) -> tuple[WorstLine, ...]:
    """The worst five; none of a ranking, or where the rows lack a column of the model. The metric
    is MAE, the share of errors, or of scores alone their log loss."""
    if not is_model(roles):
        return ()
    task = task_of(current, roles)
    if task == "ranking":
        return ()
    of_labels = "log_loss" if roles.prediction is None else "error_rate"
    metric = "mae" if task == "regression" else of_labels

    def compute() -> WorstSegments:
        return worst_segments(current, columns, metric=metric, top=MOST, threads=threads)

    found = attempt("worst segments", str(roles.target), compute)
    if isinstance(found, Outcome):
        return ()
    return tuple(
        worst_line(
            metric,
            one.segment,
            one.rows,
            one.value,
            one.difference,
            (one.ci_low, one.ci_high),
            one.q_value,
            one.share_of_error,
        )
        for one in found
    )
