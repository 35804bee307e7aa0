"""One metric on one column over groups: a value or a status in each, whatever the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from simdrift.catalogue.statuses import CODES
from simdrift.metrics.evaluate import attempt
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.outcomes import OK_CODE, Outcomes, all_ok, any_true
from simdrift.metrics.pair_stack import PairStack, apart
from simdrift.metrics.registry import DriftMethod
from simdrift.metrics.registry import evaluate as evaluate_one
from simdrift.metrics.values import Outcome

Measure = TypeVar("Measure", bound=Callable[..., Any])


def over_groups(function: Measure) -> Measure:
    """Marks a measure that takes a `GroupedPair` and gives `Outcomes`: one call for all groups."""
    function.over_groups = True  # type: ignore[attr-defined]
    return function


def evaluate(spec: DriftMethod, pair: GroupedPair, params: Mapping[str, Any]) -> Outcomes:
    """The metric on the pair. An unexpected exception costs this metric of this column."""
    if not getattr(spec.function, "over_groups", False):
        return Outcomes.stacked([evaluate_one(spec, one, dict(params)) for one in pair.pairs])
    outcomes = attempt(spec.metric, pair.name, lambda: _evaluated(spec, pair, params))
    return Outcomes.uniform(outcomes, len(pair)) if isinstance(outcomes, Outcome) else outcomes


def evaluate_columns(
    spec: DriftMethod, pairs: Sequence[GroupedPair], params: Mapping[str, Any]
) -> list[Outcomes]:
    """The metric on pairs that are stackable, in one call. Where that fails, each is evaluated
    alone: an unexpected exception costs this metric of the columns that raise it."""
    outcomes = attempt(
        spec.metric,
        "",
        lambda: apart(spec.function(PairStack(pairs), **params).cleaned()),
        logged=False,
    )
    if isinstance(outcomes, Outcome):
        return [evaluate(spec, pair, params) for pair in pairs]
    return outcomes


def _evaluated(spec: DriftMethod, pair: GroupedPair, params: Mapping[str, Any]) -> Outcomes:
    codes, function = pair.codes if spec.needs_values else pair.shape_codes, spec.function
    if pair.kind not in spec.kinds:
        other = CODES["all_null" if pair.kind == "null" else "not_applicable"]
        codes = np.where(codes == OK_CODE, other, codes).astype(np.uint8)
    if all_ok(codes):
        return pair.reported(function(pair, **params)).cleaned()
    refused = _refused(spec, pair, codes)
    active = codes == OK_CODE
    if not any_true(active):
        return refused
    return pair.reported(function(pair, **params)).cleaned().where(active, refused)


def _refused(spec: DriftMethod, pair: GroupedPair, codes: Any) -> Outcomes:
    """Statuses alone, with the rows of both sides and the reason of each."""
    rows = np.broadcast_to(np.array([pair.reference.rows]), (len(pair),))
    reasons = {code: pair.reason(spec.kinds, _NAMES[code]) for code in np.unique(codes).tolist()}
    refused = Outcomes.refused(codes, rows, pair.rows)
    refused.reasons = {
        place: reason for place, code in enumerate(codes.tolist()) if (reason := reasons[code])
    }
    return refused


_NAMES = {code: name for name, code in CODES.items()}
