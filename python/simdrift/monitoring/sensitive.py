"""Bias by the columns whose role is 'sensitive': which rows of a monitor there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simdrift.catalogue.statuses import CODES
from simdrift.columns import Table
from simdrift.metrics.decide import Decided
from simdrift.metrics.fairness.rows import fairness_metrics, fairness_rows
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.performance.changes import with_loss
from simdrift.metrics.performance.predictions import Predictions

MOST_PAIRS: Final = 3
"""Pairs of sensitive columns whose combinations are compared: the first ones."""
_LOST: Final = CODES["all_null"]
_NO_LABELS: Final = CODES["no_labels"]


def sensitive_rows(
    predictions: Predictions, table: Table, groups: Groups, names: Sequence[str], task: str
) -> list[Decided]:
    """The `fairness.*` rows of each of these columns, and of the first pairs of them; none of a
    ranking."""
    if task == "ranking":
        return []
    columns = {
        name: ColumnGroups(name, table.columns[name], groups, threads=predictions.threads)
        for name in names
    }
    pairs = list(combinations(names, 2))[:MOST_PAIRS]
    metrics = None
    if any(_is_lost(column) for column in predictions.columns.values()):
        of_numbers = task == "regression"
        metrics = [name for name in fairness_metrics() if name.startswith("mae") == of_numbers]
    return fairness_rows(predictions, columns, metrics, intersections=pairs)


def _is_lost(column: ColumnGroups) -> bool:
    refused = column.whole.refused
    return refused is not None and refused.status == "missing_column"


def gap_changes(rows: Sequence[Decided], before: Sequence[Decided]) -> list[Decided]:
    """The rows with what they are more than the reference's, as the effect size. `before`: of one
    group, or as many, or of none that matches."""
    known = {(row.column, row.metric, row.params): row.outcomes for row in before}
    found = []
    for row in rows:
        old = known.get((row.column, row.metric, row.params))
        if old is not None and len(old) in (1, len(row.outcomes)):
            effect = row.outcomes.value - old.value
            own = replace(row.outcomes, effect_size=effect, n_reference=old.n_current)
            row = with_loss(row._replace(outcomes=own), old)
        found.append(row)
    return found


def without_labels(row: Decided, without: NDArray[np.bool_]) -> Decided:
    """The row with the status 'no_labels' where its rows only lack their labels."""
    own = row.outcomes
    lost = without & (own.status == _LOST)
    own.status = np.where(lost, _NO_LABELS, own.status).astype(np.uint8)
    return row
