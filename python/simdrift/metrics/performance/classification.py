"""Classification on arrays of labels: `simdrift.performance.accuracy` and its like, with the names
and arguments of scikit-learn.

Labels are of any type (`labels.py`). A share of nothing has no value and the status 'degenerate',
where scikit-learn warns and gives 0; `zero_division` gives it a value, and is what it counts as in
a mean over labels, 0 by default. `average` is by default 'binary' of two labels, or where
`pos_label` names the positive one, else 'macro'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdrift.metrics.performance.counts import ratio
from simdrift.metrics.performance.label_scores import ONLY
from simdrift.metrics.performance.labels import Labels
from simdrift.metrics.performance.predictions import Lacking, Predictions, Settings, arrays
from simdrift.metrics.performance.score_arrays import score_predictions
from simdrift.metrics.performance.scoring import PerformanceResult, result
from simdrift.metrics.values import OK

__all__ = [
    "ConfusionMatrix",
    "accuracy",
    "balanced_accuracy",
    "cohen_kappa",
    "confusion_matrix",
    "f1",
    "false_negatives",
    "false_positives",
    "fbeta",
    "jaccard",
    "mcc",
    "precision",
    "recall",
    "specificity",
    "top_k_accuracy",
    "true_negatives",
    "true_positives",
]

AVERAGES = ("binary", "macro", "micro", "weighted")
KAPPA_WEIGHTS = (None, "linear", "quadratic")


def _predictions(
    target: object,
    prediction: object,
    labels: Sequence[Any] | None,
    pos_label: Any,
    sample_weight: object,
    threads: int | None,
) -> Predictions:
    return arrays(
        target=target,
        prediction=prediction,
        sample_weight=sample_weight,
        settings=Settings(labels=_checked_labels(labels), positive=pos_label),
        threads=threads,
    )


def _checked_labels(labels: Sequence[Any] | None) -> tuple[Any, ...] | None:
    if labels is None:
        return None
    if isinstance(labels, str) or not len(labels):
        raise ValueError(f"labels: expected a sequence of labels, found {labels!r}")
    return tuple(labels)


def _checked_average(average: str | None) -> str:
    if average is not None and average not in AVERAGES:
        names = ", ".join(map(repr, AVERAGES))
        raise ValueError(f"average: expected one of {names}, or None, found {average!r}")
    return ONLY if average is None else average


def _checked_number(name: str, value: Any, least: float = -np.inf) -> Any:
    if value is None:
        return None
    if isinstance(value, (str, bool)) or not isinstance(value, (int, float, np.number)):
        raise TypeError(f"{name}: expected a number, found {value!r}")
    if value < least:
        raise ValueError(f"{name}: expected at least {least:g}, found {value!r}")
    return float(value)


def accuracy(
    target: object,
    prediction: object,
    *,
    labels: Sequence[Any] | None = None,
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Share of rows whose predicted label is the target's. Equals
    `sklearn.metrics.accuracy_score` on the rows that take part.

    >>> from simdrift.metrics import performance
    >>> performance.accuracy(["cat", "dog", "cat", "dog"], ["cat", "dog", "dog", "dog"]).value
    0.75
    """
    return result(
        "accuracy", _predictions(target, prediction, labels, None, sample_weight, threads)
    )


def balanced_accuracy(
    target: object,
    prediction: object,
    *,
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Mean of the recall of the labels that the target has. Equals
    `sklearn.metrics.balanced_accuracy_score`.

    >>> from simdrift.metrics import performance
    >>> performance.balanced_accuracy([1, 1, 1, 0], [1, 1, 1, 1]).value
    0.5
    """
    predictions = _predictions(target, prediction, None, None, sample_weight, threads)
    return result("balanced_accuracy", predictions)


def precision(
    target: object,
    prediction: object,
    *,
    labels: Sequence[Any] | None = None,
    pos_label: Any = None,
    average: str | None = None,
    sample_weight: object = None,
    zero_division: float | None = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Right ones among the rows that are predicted to have the label. Equals
    `sklearn.metrics.precision_score`.

    >>> from simdrift.metrics import performance
    >>> performance.precision([1, 0, 0, 1], [1, 1, 0, 1]).value
    0.6666666666666666
    """
    return result(
        "precision",
        _predictions(target, prediction, labels, pos_label, sample_weight, threads),
        average=_checked_average(average),
        zero_division=_checked_number("zero_division", zero_division),
    )


def recall(
    target: object,
    prediction: object,
    *,
    labels: Sequence[Any] | None = None,
    pos_label: Any = None,
    average: str | None = None,
    sample_weight: object = None,
    zero_division: float | None = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Right ones among the rows of the label. Equals `sklearn.metrics.recall_score`.

    >>> from simdrift.metrics import performance
    >>> performance.recall([1, 0, 0, 1], [1, 1, 0, 0]).value
    0.5
    """
    return result(
        "recall",
        _predictions(target, prediction, labels, pos_label, sample_weight, threads),
        average=_checked_average(average),
        zero_division=_checked_number("zero_division", zero_division),
    )


def specificity(
    target: object,
    prediction: object,
    *,
    labels: Sequence[Any] | None = None,
    pos_label: Any = None,
    average: str | None = None,
    sample_weight: object = None,
    zero_division: float | None = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Rows that are not predicted to have the label among those that do not have it: the recall
    of all other labels.

    >>> from simdrift.metrics import performance
    >>> performance.specificity([1, 0, 0, 1], [1, 1, 0, 0]).value
    0.5
    """
    return result(
        "specificity",
        _predictions(target, prediction, labels, pos_label, sample_weight, threads),
        average=_checked_average(average),
        zero_division=_checked_number("zero_division", zero_division),
    )


def f1(
    target: object,
    prediction: object,
    *,
    labels: Sequence[Any] | None = None,
    pos_label: Any = None,
    average: str | None = None,
    sample_weight: object = None,
    zero_division: float | None = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Harmonic mean of precision and recall. Equals `sklearn.metrics.f1_score`.

    >>> from simdrift.metrics import performance
    >>> performance.f1([1, 0, 0, 1], [1, 1, 0, 1]).value
    0.8
    """
    return result(
        "f1",
        _predictions(target, prediction, labels, pos_label, sample_weight, threads),
        average=_checked_average(average),
        zero_division=_checked_number("zero_division", zero_division),
    )


def fbeta(
    target: object,
    prediction: object,
    *,
    beta: float = 2.0,
    labels: Sequence[Any] | None = None,
    pos_label: Any = None,
    average: str | None = None,
    sample_weight: object = None,
    zero_division: float | None = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Mean of precision and recall in which recall counts beta times as much. Equals
    `sklearn.metrics.fbeta_score`.

    >>> from simdrift.metrics import performance
    >>> performance.fbeta([1, 0, 0, 1], [1, 1, 0, 1], beta=0.5).value
    0.7142857142857143
    """
    return result(
        "fbeta",
        _predictions(target, prediction, labels, pos_label, sample_weight, threads),
        beta=_checked_number("beta", beta, 0.0),
        average=_checked_average(average),
        zero_division=_checked_number("zero_division", zero_division),
    )


def jaccard(
    target: object,
    prediction: object,
    *,
    labels: Sequence[Any] | None = None,
    pos_label: Any = None,
    average: str | None = None,
    sample_weight: object = None,
    zero_division: float | None = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Right ones among the rows that have the label or are predicted to. Equals
    `sklearn.metrics.jaccard_score`.

    >>> from simdrift.metrics import performance
    >>> performance.jaccard([1, 0, 0, 1], [1, 1, 0, 1]).value
    0.6666666666666666
    """
    return result(
        "jaccard",
        _predictions(target, prediction, labels, pos_label, sample_weight, threads),
        average=_checked_average(average),
        zero_division=_checked_number("zero_division", zero_division),
    )


def mcc(
    target: object,
    prediction: object,
    *,
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Matthews correlation coefficient, of any number of labels; status 'degenerate' where
    target or prediction has one label only, of which scikit-learn says 0. Else equals
    `sklearn.metrics.matthews_corrcoef`.

    >>> from simdrift.metrics import performance
    >>> performance.mcc([1, 1, 1, 0], [1, 0, 1, 1]).value
    -0.3333333333333333
    """
    return result("mcc", _predictions(target, prediction, None, None, sample_weight, threads))


def cohen_kappa(
    target: object,
    prediction: object,
    *,
    labels: Sequence[Any] | None = None,
    weights: str | None = None,
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Cohen's kappa. `weights`: None, 'linear' or 'quadratic' in how far two labels are apart
    in the table of labels. Equals `sklearn.metrics.cohen_kappa_score`; status 'degenerate'
    where both have the same single label.

    >>> from simdrift.metrics import performance
    >>> performance.cohen_kappa([1, 1, 0, 0], [1, 0, 0, 0]).value
    0.5
    """
    if weights not in KAPPA_WEIGHTS:
        raise ValueError(f"weights: expected None, 'linear' or 'quadratic', found {weights!r}")
    predictions = _predictions(target, prediction, labels, None, sample_weight, threads)
    return result("cohen_kappa", predictions, weights=weights)


def top_k_accuracy(
    target: object,
    score: object,
    *,
    k: int = 2,
    labels: Sequence[Any] | None = None,
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Share of rows whose target is among the k labels with the largest scores. `score`: an
    array (n, K) with a column a label, in the order of `labels` (default: those of the target,
    sorted), or a mapping from label to column. Of equal scores the later label is the larger
    one, as in `sklearn.metrics.top_k_accuracy_score`, which it equals.

    >>> from simdrift.metrics import performance
    >>> scores = [[0.5, 0.2, 0.3], [0.1, 0.6, 0.3], [0.2, 0.5, 0.3]]
    >>> performance.top_k_accuracy([0, 1, 2], np.array(scores), k=2).value
    1.0
    """
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)):
        raise TypeError(f"k: expected a whole number, found {k!r}")
    if k < 1:
        raise ValueError(f"k: expected 1 or more, found {k!r}")
    predictions = score_predictions(
        target, score, sample_weight, _checked_labels(labels), None, threads
    )
    return result("top_k_accuracy", predictions, k=int(k))


def true_positives(
    target: object,
    prediction: object,
    *,
    labels: Sequence[Any] | None = None,
    pos_label: Any = None,
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Rows of the positive label that are predicted to have it, or the sum of their weights.

    >>> from simdrift.metrics import performance
    >>> performance.true_positives([1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 0, 0]).value
    3.0
    """
    predictions = _predictions(target, prediction, labels, pos_label, sample_weight, threads)
    return result("true_positives", predictions)


def false_positives(
    target: object,
    prediction: object,
    *,
    labels: Sequence[Any] | None = None,
    pos_label: Any = None,
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Rows of the negative label that are predicted positive, or the sum of their weights.

    >>> from simdrift.metrics import performance
    >>> performance.false_positives([1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 0, 0]).value
    1.0
    """
    predictions = _predictions(target, prediction, labels, pos_label, sample_weight, threads)
    return result("false_positives", predictions)


def false_negatives(
    target: object,
    prediction: object,
    *,
    labels: Sequence[Any] | None = None,
    pos_label: Any = None,
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Rows of the positive label that are predicted negative, or the sum of their weights.

    >>> from simdrift.metrics import performance
    >>> performance.false_negatives([1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 0, 0]).value
    0.0
    """
    predictions = _predictions(target, prediction, labels, pos_label, sample_weight, threads)
    return result("false_negatives", predictions)


def true_negatives(
    target: object,
    prediction: object,
    *,
    labels: Sequence[Any] | None = None,
    pos_label: Any = None,
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Rows of the negative label that are predicted to have it, or the sum of their weights.

    >>> from simdrift.metrics import performance
    >>> performance.true_negatives([1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 0, 0]).value
    2.0
    """
    predictions = _predictions(target, prediction, labels, pos_label, sample_weight, threads)
    return result("true_negatives", predictions)


@dataclass(frozen=True)
class ConfusionMatrix:
    """How often each pair of labels occurs: `counts` has a row a label of the target and a
    column a label of the prediction, or shares of them; `n` rows took part."""

    labels: tuple[Any, ...]
    counts: NDArray[Any]
    status: str = OK
    n: int = 0
    reason: str = ""


def confusion_matrix(
    target: object,
    prediction: object,
    *,
    labels: Sequence[Any] | None = None,
    sample_weight: object = None,
    normalize: str | None = None,
    threads: int | None = None,
) -> ConfusionMatrix:
    """Rows of each pair of target and predicted label, or sums of their weights. `normalize`:
    'true' for shares of the rows of a target's label, 'pred' of a predicted one, 'all' of all
    rows. Labels that occur and are not among `labels` follow behind those. Equals
    `sklearn.metrics.confusion_matrix`.

    >>> from simdrift.metrics import performance
    >>> found = performance.confusion_matrix(["cat", "dog", "cat"], ["cat", "cat", "dog"])
    >>> found.labels, found.counts.tolist()
    (('cat', 'dog'), [[1, 1], [1, 0]])
    """
    if normalize not in (None, "true", "pred", "all"):
        raise ValueError(f"normalize: expected None, 'true', 'pred' or 'all', found {normalize!r}")
    predictions = _predictions(target, prediction, labels, None, sample_weight, threads)
    subject = predictions.subject(Labels)
    if isinstance(subject, Lacking):
        return ConfusionMatrix((), np.zeros((0, 0)), subject.status, 0, subject.reason)
    counts = subject.tables[0]
    if normalize is not None:
        axis = {"true": 1, "pred": 0, "all": None}[normalize]
        sums = counts.sum(axis=axis, keepdims=True, dtype=float)
        counts = np.nan_to_num(ratio(counts.astype(float), np.broadcast_to(sums, counts.shape)))
    return ConfusionMatrix(subject.labels, counts, n=int(subject.n[0]))
