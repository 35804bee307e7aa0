"""Scores against those of a constant: the mean of the target, its median, its most frequent label,
or the shares of its labels, taken of the rows of each group itself.

A score alerts where its whole interval is worse than what the constant would have: the model knows
less than nothing. Where all targets are equal no constant can be beaten, and none is compared with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np

from simdrift._types import Floats
from simdrift.metrics import registry
from simdrift.metrics.decide import Decided
from simdrift.metrics.evaluate import attempt
from simdrift.metrics.nulls.special import NORMAL_975
from simdrift.metrics.numbers import as_array
from simdrift.metrics.outcomes import Outcomes
from simdrift.metrics.performance.labels import Labels
from simdrift.metrics.performance.predictions import Lacking, Predictions
from simdrift.metrics.performance.target_pair import TargetPair
from simdrift.metrics.values import Outcome

_FIXED: Final = {
    "mcc": 0.0,
    "cohen_kappa": 0.0,
    "roc_auc": 0.5,
    "r2": 0.0,
    "explained_variance": 0.0,
}
_OF_NUMBERS: Final = ("rmse", "mse")
_OF_MEDIAN: Final = ("mae",)
_OF_LABELS: Final = ("accuracy", "balanced_accuracy", "log_loss", "average_precision", "brier")


def against_constants(rows: Sequence[Decided], predictions: Predictions) -> list[Decided]:
    """The rows; those that are worse than a constant's alert, with its score as threshold."""
    names = {row.metric.removeprefix("performance.") for row in rows}
    known: dict[str, Floats] = {
        name: np.full(len(predictions), value) for name, value in _FIXED.items() if name in names
    }
    ways = ((_OF_LABELS, _of_labels), (_OF_NUMBERS, _of_mean), (_OF_MEDIAN, _of_median))
    for wanted, compute in ways:
        if names.intersection(wanted):
            found = attempt("constants", "", partial(compute, predictions))
            known |= {} if isinstance(found, Outcome) else found
    return [_marked(row, known) for row in rows]


def _of_labels(predictions: Predictions) -> dict[str, Floats]:
    """What constants score by the shares of the target's labels."""
    labels = predictions.subject(Labels)
    if isinstance(labels, Lacking) or not labels.size:
        return {}
    shares = labels.counts.targets / labels.counts.total[:, np.newaxis]
    logs = np.where(shares > 0.0, np.log(np.where(shares > 0.0, shares, 1.0)), 0.0)
    found = {
        "accuracy": shares.max(axis=1),
        "balanced_accuracy": 1.0 / (shares > 0.0).sum(axis=1),
        "log_loss": -(shares * logs).sum(axis=1),
    }
    if labels.positive is not None and labels.size == 2:
        positive = shares[:, labels.positive]
        found |= {"average_precision": positive, "brier": positive * (1.0 - positive)}
    varied = (shares > 0.0).sum(axis=1) > 1
    return {name: np.where(varied, own, np.nan) for name, own in found.items()}


def _of_mean(predictions: Predictions) -> dict[str, Floats]:
    """What the mean of the target scores: its variance, and the root of it."""
    pair = predictions.subject(TargetPair)
    if isinstance(pair, Lacking):
        return {}
    sums = pair.sums
    variance = as_array(sums["m2_x"]) / as_array(sums["weight"])
    variance = np.where(variance > 0.0, variance, np.nan)
    return {"mse": variance, "rmse": np.sqrt(variance)}


def _of_median(predictions: Predictions) -> dict[str, Floats]:
    """What the median of the target scores, over the rows that take part in the MAE."""
    pair = predictions.subject(TargetPair)
    target, prediction = predictions.target, predictions.prediction
    if isinstance(pair, Lacking) or target is None or prediction is None:
        return {}
    y, known = target.whole.column.to_float64(), prediction.whole.column.to_float64()
    weights = None if predictions.weights is None else predictions.weights.values
    found = np.full(len(predictions), np.nan)
    takes_part = np.isfinite(y) & np.isfinite(known)
    for place, (start, stop) in enumerate(zip(target.groups.starts, target.stops, strict=True)):
        kept = takes_part[start:stop]
        own = y[start:stop] if kept.all() else y[start:stop][kept]
        of_rows = None if weights is None else weights[start:stop][kept]
        found[place] = _absolute_deviation(own, of_rows)
    return {"mae": np.where(found > 0.0, found, np.nan)}


def _absolute_deviation(values: Floats, weights: Floats | None) -> float:
    """Mean absolute distance from the median; NaN without values."""
    if weights is None:
        return float(np.abs(values - np.median(values)).mean()) if len(values) else np.nan
    total = weights.sum()
    if total == 0.0:
        return np.nan
    order = np.argsort(values, kind="stable")
    place = np.searchsorted(np.cumsum(weights[order]), 0.5 * total)
    median = values[order][min(int(place), len(values) - 1)]
    return float((weights * np.abs(values - median)).sum() / total)


def _marked(row: Decided, known: Mapping[str, Floats]) -> Decided:
    constant = known.get(row.metric.removeprefix("performance."))
    record = registry.record(row.metric)
    ends = _ends(row.outcomes)
    if constant is None or record is None or ends is None or row.params:
        return row
    worse = ends[1] < constant if record.better == "higher" else ends[0] > constant
    if not worse.any():
        return row
    threshold = np.where(worse, constant, np.nan)
    return row._replace(threshold=threshold, alert=np.where(worse, 1, -1).astype(np.int8))


def _ends(own: Outcomes) -> tuple[Floats, Floats] | None:
    if own.ci_low is not None and own.ci_high is not None:
        return own.ci_low, own.ci_high
    if own.standard_error is None:
        return None
    half = NORMAL_975 * own.standard_error
    return own.value - half, own.value + half


def kept(marked: Sequence[Decided], changed: Sequence[Decided]) -> list[Decided]:
    """The rows with their changes, and the alerts that they had before them."""
    return [_both(*pair) for pair in zip(marked, changed, strict=True)]


def _both(marked: Decided, changed: Decided) -> Decided:
    if marked.alert is None or marked.threshold is None:
        return changed
    if changed.alert is None:
        return changed._replace(alert=marked.alert, threshold=marked.threshold)
    worse = marked.alert == 1
    threshold = np.nan if changed.threshold is None else changed.threshold
    return changed._replace(
        alert=np.where(worse, np.int8(1), changed.alert),
        threshold=np.where(worse, marked.threshold, threshold),
    )
