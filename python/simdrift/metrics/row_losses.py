"""Metrics that are means of something a row has: what can be searched by segment in one pass.

A metric is sum of weight x value over sum of weight, of the rows that take part: accuracy is the
mean of 'right', recall that of 'right' over the rows whose target is positive, F1 that of 'right'
with weight 2 where both are positive and 1 where one is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.metrics.fairness.coding import Decisions, decisions_of
from simdrift.metrics.performance.predictions import NUMBERS, ONE_SCORE, Lacking, Predictions
from simdrift.metrics.registry import unknown
from simdrift.metrics.values import NOT_APPLICABLE

SMALLEST = float(np.finfo(float).eps)
"""Probabilities are at least so far from 0 and 1, as in scikit-learn's log loss."""


class RowLosses(NamedTuple):
    """Values by row, NaN where a row takes no part, and how much each counts (None: alike).
    `of`: the metric from a mean of them. Where higher is better, a row lacks 1 - value."""

    values: Floats
    counts: Floats | None = None
    higher: bool = False
    of: Callable[[Floats], Floats] = np.asarray

    def lacking(self, total: Floats, weight: Floats) -> Floats:
        """What is lost in some rows, from the sums of weight x value and of weight."""
        return weight - total if self.higher else total


def losses_of(predictions: Predictions, metric: str) -> RowLosses | Lacking:
    """The values by row of a metric, with or without 'performance.'; what it lacks. ValueError for
    a name that is not one of `METRICS`."""
    name = metric.removeprefix("performance.")
    if name in _OF_NUMBERS:
        return _of_numbers(predictions, _OF_NUMBERS[name])
    if name in _OF_DECISIONS:
        decisions = decisions_of(predictions)
        if isinstance(decisions, Lacking):
            return decisions
        return _of_decisions(decisions, name)
    if name in _OF_SCORES:
        return _of_scores(predictions, _OF_SCORES[name])
    raise ValueError(unknown("metric that is a mean over rows", name, METRICS))


# --- numbers ---


def _squared(error: Floats, _: Floats) -> Floats:
    return error * error


def _of_numbers(predictions: Predictions, how: _Amount) -> RowLosses | Lacking:
    sides = []
    for role, column in (("target", predictions.target), ("prediction", predictions.prediction)):
        if column is None:
            return Lacking.role(role)
        if column.whole.refused is not None:
            return Lacking.refused(column)
        if column.whole.value_kind not in NUMBERS:
            text = f"{role}: expected numbers, found {column.whole.type}"
            return Lacking(NOT_APPLICABLE, text, None)
        sides.append(column.whole.column.to_float64())
    target, prediction = sides
    known = np.isfinite(target) & np.isfinite(prediction)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        loss = how.loss(prediction - target, target)
    return RowLosses(np.where(known, loss, np.nan), of=how.of)


class _Amount(NamedTuple):
    """A loss of an error and its target, and the metric of a mean of it."""

    loss: Callable[[Floats, Floats], Floats]
    of: Callable[[Floats], Floats] = np.asarray


_OF_NUMBERS: Mapping[str, _Amount] = {
    "mae": _Amount(lambda error, _: np.abs(error)),
    "mse": _Amount(_squared),
    "rmse": _Amount(_squared, np.sqrt),
    "mape": _Amount(lambda error, target: np.where(target == 0.0, np.nan, np.abs(error / target))),
}


# --- labels ---

Rows = NDArray[np.bool_]


class _Decided(NamedTuple):
    """Which rows take part, of target and prediction (1, 0, -1 missing), and what is right."""

    part: Callable[[Rows, Rows], Rows]
    """Of whether target and prediction are positive."""
    higher: bool = True
    counts_both_twice: bool = False


_OF_DECISIONS: Mapping[str, _Decided] = {
    "accuracy": _Decided(lambda target, _: np.ones_like(target)),
    "error_rate": _Decided(lambda target, _: np.ones_like(target), higher=False),
    "precision": _Decided(lambda _, prediction: prediction),
    "recall": _Decided(lambda target, _: target),
    "specificity": _Decided(lambda target, _: ~target),
    "false_positive_rate": _Decided(lambda target, _: ~target, higher=False),
    "false_negative_rate": _Decided(lambda target, _: target, higher=False),
    "jaccard": _Decided(lambda target, prediction: target | prediction),
    "f1": _Decided(lambda target, prediction: target | prediction, counts_both_twice=True),
}
_OF_ANY_LABELS = frozenset({"accuracy", "error_rate"})


def _of_decisions(decisions: Decisions, name: str) -> RowLosses | Lacking:
    if not decisions.binary and name not in _OF_ANY_LABELS:
        text = "more than two labels, and none that is positive: give the role 'positive'"
        return Lacking(NOT_APPLICABLE, text, None)
    how = _OF_DECISIONS[name]
    target, prediction = decisions.target == 1, decisions.prediction == 1
    part = (decisions.right >= 0) & how.part(target, prediction)
    right = decisions.right == 1
    values = np.where(part, right if how.higher else ~right, np.nan)
    counts = np.where(target & prediction, 2.0, 1.0) if how.counts_both_twice else None
    return RowLosses(values, counts, how.higher)


# --- probabilities ---


def _log_loss(target: Rows, p: Floats) -> Floats:
    return np.asarray(-np.log(np.clip(np.where(target, p, 1.0 - p), SMALLEST, 1.0 - SMALLEST)))


def _brier(target: Rows, p: Floats) -> Floats:
    return (p - target) ** 2


_OF_SCORES: Mapping[str, Callable[[Rows, Floats], Floats]] = {
    "log_loss": _log_loss,
    "brier": _brier,
}


def _of_scores(
    predictions: Predictions, loss: Callable[[Rows, Floats], Floats]
) -> RowLosses | Lacking:
    score = predictions.scores.get(ONE_SCORE)
    if score is None:
        return Lacking.role("score")
    if score.whole.refused is not None or score.whole.value_kind not in NUMBERS:
        return Lacking(NOT_APPLICABLE, f"score: expected numbers, found {score.whole.type}", None)
    if predictions.target is None:
        return Lacking.role("target")
    of_score = Predictions(
        target=predictions.target, scores={ONE_SCORE: score}, settings=predictions.settings
    )
    decisions = decisions_of(of_score)
    if isinstance(decisions, Lacking):
        return decisions
    if not decisions.binary:
        return Lacking(NOT_APPLICABLE, "more than two labels: one score is of two", None)
    p = score.whole.column.to_float64()
    known = (decisions.target >= 0) & (p >= 0.0) & (p <= 1.0)
    with np.errstate(invalid="ignore"):
        return RowLosses(np.where(known, loss(decisions.target == 1, p), np.nan))


METRICS = (*_OF_NUMBERS, *_OF_DECISIONS, *_OF_SCORES)
"""Names of all of them."""
