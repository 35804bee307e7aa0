"""Changes where reference and current rows are the same ones, scored by two models: what names a
row says which belong together, so that the rows' own difficulty takes no part.

ROC AUC: DeLong's test of two correlated curves (DeLong et al. 1988). Means over rows: Student's
test of the rows' differences.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simdrift._core import Column
from simdrift.columns import Table
from simdrift.metrics import performance
from simdrift.metrics.evaluate import attempt
from simdrift.metrics.groups import Groups
from simdrift.metrics.nulls.special import special
from simdrift.metrics.performance.changes import PValues
from simdrift.metrics.performance.predictions import NUMBERS, ONE_SCORE, Lacking, Predictions
from simdrift.metrics.row_losses import losses_of
from simdrift.monitoring.late_labels import matched
from simdrift.monitoring.model import Known, Model
from simdrift.monitoring.roles import Roles

_MEANS: Final = ("mae", "mse", "accuracy", "log_loss", "brier")
FEWEST: Final = 2


def paired_changes(
    now: Table, before: Table, key: str | None, roles: Roles, known: Known, threads: int | None
) -> PValues:
    """p-values of no change by metric; none where the rows are not the same, have weights, or have
    other targets."""
    found = None if roles.is_weighted else _same_rows(now, before, key, roles)
    if found is None:
        return {}
    sides = [
        Model(table, Groups.whole(), roles, threads, known).predictions for table in (now, found)
    ]
    if sides[0] is None or sides[1] is None:
        return {}
    ways: dict[str, Callable[[], float | None]] = {
        name: partial(_of_mean, sides[0], sides[1], name) for name in _MEANS
    }
    ways["roc_auc"] = partial(_of_auc, sides[0], sides[1])
    found_p = {name: attempt(name, "", compute) for name, compute in ways.items()}
    return {
        (f"performance.{name}", ""): np.array([p])
        for name, p in found_p.items()
        if isinstance(p, float)
    }


def _same_rows(now: Table, before: Table, key: str | None, roles: Roles) -> Table | None:
    """The reference's rows in the order of the current ones; None where they are not the same."""
    names = (key, roles.target)
    if key is None or now.length != before.length or not now.length:
        return None
    if any(name not in side.computed for side in (now, before) for name in names):
        return None
    rows = matched(now.computed[key], before.computed[key])
    if (rows < 0).any() or len(np.unique(rows)) < len(rows):
        return None
    ordered = before.take(rows)
    target = str(roles.target)
    left, right = (_values(side.computed[target]) for side in (now, ordered))
    return ordered if np.array_equal(left, right) else None


def _values(column: Column) -> NDArray[Any]:
    """The rows, comparable: NaN and null are -inf."""
    if column.value_kind in NUMBERS:
        return np.nan_to_num(column.to_float64(), nan=-np.inf)
    return np.array(column.to_text(), object)


def _of_mean(now: Predictions, before: Predictions, name: str) -> float | None:
    """Student's p-value of the rows' differences."""
    left, right = losses_of(now, name), losses_of(before, name)
    if isinstance(left, Lacking) or isinstance(right, Lacking):
        return None
    difference = left.values - right.values
    difference = difference[np.isfinite(difference)]
    if len(difference) < FEWEST:
        return None
    mean, error = difference.mean(), difference.std(ddof=1) / np.sqrt(len(difference))
    if error == 0.0:
        return 1.0 if mean == 0.0 else None
    return float(2.0 * special().stdtr(len(difference) - 1.0, -abs(mean) / error))


def _of_auc(now: Predictions, before: Predictions) -> float | None:
    """DeLong's p-value, where both have one score."""
    scores = [side.scores.get(ONE_SCORE) for side in (now, before)]
    target = now.target
    if target is None or any(own is None or own.whole.refused for own in scores):
        return None
    columns = [own.whole.column for own in scores if own is not None]
    settings = now.settings
    return performance.delong(
        target.whole.column, *columns, pos_label=settings.positive, threads=now.threads
    ).p_value
