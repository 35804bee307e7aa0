"""One drift method on two arrays: what every public function of this folder calls.

A file here is a family of methods. Each method is two functions side by side: the registered one
measures a `ColumnPair` (for `compare` and `monitor`, too), the public one takes arrays.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simdrift._core import Column
from simdrift._errors import UnsupportedColumn
from simdrift.columns import Refused, as_column
from simdrift.metrics import thresholds as rules
from simdrift.metrics.checks import checked_share, checked_threads
from simdrift.metrics.columns import CATEGORICAL, CurrentColumn, ReferenceColumn
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.outcomes import Outcomes
from simdrift.metrics.over_groups import evaluate
from simdrift.metrics.registry import DriftMethod, check_weighted, checked_params
from simdrift.metrics.registry import evaluate as evaluate_one
from simdrift.metrics.registry import method as registered
from simdrift.metrics.thresholds import DEFAULT_ALPHA
from simdrift.metrics.values import DriftResult, Outcome, finite, params_text
from simdrift.metrics.weights import both_sides

Weights = tuple[object, object] | None
"""Row weights of reference and current, array-likes or None; None: every row counts alike."""


def run(
    name: str,
    reference: object,
    current: object,
    params: dict[str, Any],
    threshold: float | None = None,
    *,
    alpha: float = DEFAULT_ALPHA,
    kind: str | None = None,
    weights: object = None,
    threads: int | None = None,
) -> DriftResult:
    """The registered method of that name on two array-likes, as a `DriftResult`."""
    spec = registered(name)
    params = checked_params(spec, params)
    threads = checked_threads(threads)
    left, right = _given(reference, "reference"), _given(current, "current")
    sides = both_sides(weights, (_rows(left), _rows(right)))
    if weights is not None:
        check_weighted(spec, params)
    before, now = (None, None) if sides is None else sides
    x = ReferenceColumn("reference", left, before, kind=kind, threads=threads)
    y = CurrentColumn("current", right, now, kind=kind, threads=threads)
    pair = GroupedPair(x, ColumnGroups.of(y), reads=(spec.reads,), threads=threads)
    shown = params
    if "bins" in params and pair.kind == CATEGORICAL:
        shown = {name: value for name, value in params.items() if name != "bins"}
    return result_of(spec, pair, params, shown, threshold, alpha)


def result_of(
    spec: DriftMethod,
    pair: Any,
    params: dict[str, Any],
    shown: dict[str, Any],
    threshold: float | None,
    alpha: float,
) -> DriftResult:
    """The method on a pair of columns or tables, held against its threshold. `shown`: the
    parameters that the result names."""
    alpha = checked_share("alpha", alpha)
    overrides = {} if threshold is None else rules.checked_overrides({spec.name: threshold})
    if isinstance(pair, GroupedPair):
        outcomes = evaluate(spec, pair, params)
    else:
        outcomes = Outcomes.stacked([evaluate_one(spec, pair, params)])
    bound = rules.threshold_of(spec, "", overrides, alpha, outcomes.practical)
    bound = bound.item(0) if isinstance(bound, np.ndarray) else bound
    outcome = outcomes.at(0)
    value, p, null_quantile = outcome.value, outcome.p_value, outcome.null_quantile
    return DriftResult.of(
        spec.metric,
        value,
        p,
        _log_p(outcome),
        outcome.effect_size,
        outcome.ci_low,
        outcome.ci_high,
        null_quantile,
        bound,
        rules.alert_of(spec, value, bound, p, alpha, null_quantile),
        outcome.status,
        outcome.n_reference,
        outcome.n_current,
        params_text(shown) if shown else "",
        outcome.reason,
    )


def _log_p(outcome: Outcome) -> float | None:
    """The law's own logarithm; else that of the p-value (of permutations), where it is not 0."""
    if outcome.log_p is not None:
        return finite(outcome.log_p())
    return math.log(outcome.p_value) if outcome.p_value else None


def _rows(given: Column | Refused) -> int | None:
    """None of an array that can't be read."""
    return len(given) if isinstance(given, Column) else None


def _given(data: object, name: str) -> Column | Refused:
    """The array as a column, refused where its type is not computed on."""
    try:
        return as_column(data, name=name)
    except UnsupportedColumn as error:
        given = getattr(data, "dtype", getattr(data, "type", type(data).__name__))
        return Refused.by(error, name, str(given))
