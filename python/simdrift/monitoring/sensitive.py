"""Bias by the columns whose role is 'sensitive': which rows of a monitor there are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from simdrift.catalogue.statuses import CODES
from simdrift.columns import Table
from simdrift.metrics.decide import Decided
from simdrift.metrics.fairness.rows import fairness_rows
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.performance.predictions import Predictions
from simdrift.monitoring.roles import Roles

USUAL: Final = (
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equalized_odds_difference",
    "equalized_odds_ratio",
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
)
"""What 'auto', and a list of metrics of performance, have of a model of two labels."""
_USUAL_TASKS: Final = {"regression": ("mae_difference", "mae_ratio", "mae")}
MOST_PAIRS: Final = 3
_LOST: Final = CODES["all_null"]
_NO_LABELS: Final = CODES["no_labels"]


def sensitive_rows(
    predictions: Predictions,
    table: Table,
    groups: Groups,
    roles: Roles,
    wanted: Literal["auto", "all"] | Sequence[str],
    task: str,
) -> list[Decided]:
    """The `fairness.*` rows of each sensitive column; of 'all' every metric, and the first few
    pairs of columns too."""
    names = [name for name in roles.model.sensitive if name in table.columns]
    if not names or task == "ranking":
        return []
    columns = {
        name: ColumnGroups(name, table.columns[name], groups, threads=predictions.threads)
        for name in names
    }
    everything = wanted == "all"
    pairs = list(combinations(names, 2))[:MOST_PAIRS] if everything else []
    metrics = None if everything else _USUAL_TASKS.get(task, USUAL)
    return fairness_rows(predictions, columns, metrics, intersections=pairs)


def without_labels(row: Decided, without: NDArray[np.bool_]) -> Decided:
    """The row with the status 'no_labels' where its rows only lack their labels."""
    own = row.outcomes
    lost = without & (own.status == _LOST)
    own.status = np.where(lost, _NO_LABELS, own.status).astype(np.uint8)
    return row
