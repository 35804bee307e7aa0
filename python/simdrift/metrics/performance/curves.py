"""Curves of a score against a target of two labels: ROC, precision and recall, gain, lift.

Each point is a threshold: the rows that score as high or higher are taken for positives. Over the
rows whose target is one of the two labels and whose score is there. Points are from the largest
score on; a curve without rows is empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Floats
from simdrift.metrics.performance.predictions import Lacking
from simdrift.metrics.performance.roc import ScoreRanks
from simdrift.metrics.performance.score_arrays import score_predictions

__all__ = [
    "GainCurve",
    "LiftCurve",
    "PrecisionRecallCurve",
    "RocCurve",
    "gain_curve",
    "lift_curve",
    "precision_recall_curve",
    "roc_curve",
]


@dataclass(frozen=True)
class RocCurve:
    """Share of the negatives and of the positives that score at least the threshold, from (0, 0) at
    infinity on."""

    fpr: Floats
    tpr: Floats
    thresholds: Floats


@dataclass(frozen=True)
class PrecisionRecallCurve:
    """Precision and recall at each threshold, ascending, and (1, 0) behind the last."""

    precision: Floats
    recall: Floats
    thresholds: Floats


@dataclass(frozen=True)
class GainCurve:
    """Of the rows from each threshold on: their share of all rows, and of all positives; from
    (0, 0) at infinity on."""

    share: Floats
    gain: Floats
    thresholds: Floats


@dataclass(frozen=True)
class LiftCurve:
    """Of the rows from each threshold on: their share of all rows, and how often the share of
    positives among all rows that among them is."""

    share: Floats
    lift: Floats
    thresholds: Floats


class _Counts(NamedTuple):
    """Weights of positives and negatives that score at least each threshold, descending."""

    positives: Floats
    negatives: Floats
    thresholds: Floats

    @property
    def of_all(self) -> tuple[float, float]:
        """The positives and the negatives of all rows."""
        if not len(self.thresholds):
            return 0.0, 0.0
        return float(self.positives[-1]), float(self.negatives[-1])

    def at(self, kept: NDArray[np.bool_]) -> _Counts:
        return _Counts(*(own[kept] for own in self))


def _counts(
    target: object, score: object, pos_label: Any, sample_weight: object, threads: int | None
) -> _Counts:
    """Empty where the columns hold no two labels, or no scores."""
    made = score_predictions(target, score, sample_weight, None, pos_label, threads)
    if len(made.scores) > 2:
        found = f"scores of {len(made.scores)} labels"
        raise ValueError(f"score: expected those of one label of two, found {found}")
    subject = made.subject(ScoreRanks)
    if isinstance(subject, Lacking):
        return _Counts(*(np.zeros(0) for _ in range(3)))
    thresholds, positives, negatives = _core.rank_curve(
        subject.target,
        subject.first.whole.column,
        subject.binary,
        subject.weights,
        threads=threads,
    )
    return _Counts(positives, negatives, thresholds)


def _from_nothing(values: Floats, first: float = 0.0) -> Floats:
    """The point before the largest score; none without rows."""
    return np.concatenate([[first], values]) if len(values) else values


def _share(part: Floats, whole: float) -> Floats:
    """NaN of nothing."""
    return part / whole if whole > 0.0 else np.full(len(part), np.nan)


def _corners(counts: _Counts) -> NDArray[np.bool_]:
    """All points but those in line with, and as far from, both neighbours."""
    bends = (np.diff(counts.negatives, 2) != 0.0) | (np.diff(counts.positives, 2) != 0.0)
    return np.concatenate([[True], bends, [True]])


def _ends_of_recall(counts: _Counts) -> NDArray[np.bool_]:
    """The first and the last point of each recall."""
    steps = np.diff(counts.positives) != 0.0
    return np.concatenate([[True], steps[:-1] | steps[1:], [True]])


def roc_curve(
    target: object,
    score: object,
    *,
    pos_label: Any = None,
    sample_weight: object = None,
    drop_intermediate: bool = True,
    threads: int | None = None,
) -> RocCurve:
    """The ROC curve: `drop_intermediate` leaves out points in line with both neighbours. NaN where
    the target has no positive, or no negative. Equals `sklearn.metrics.roc_curve`.

    >>> from simdrift.metrics import performance
    >>> curve = performance.roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> curve.fpr.tolist(), curve.tpr.tolist()
    ([0.0, 0.0, 0.5, 0.5, 1.0], [0.0, 0.5, 0.5, 1.0, 1.0])
    """
    counts = _counts(target, score, pos_label, sample_weight, threads)
    p, n = counts.of_all
    if drop_intermediate and len(counts.thresholds) > 2:
        counts = counts.at(_corners(counts))
    return RocCurve(
        _share(_from_nothing(counts.negatives), n),
        _share(_from_nothing(counts.positives), p),
        _from_nothing(counts.thresholds, np.inf),
    )


def precision_recall_curve(
    target: object,
    score: object,
    *,
    pos_label: Any = None,
    sample_weight: object = None,
    drop_intermediate: bool = False,
    threads: int | None = None,
) -> PrecisionRecallCurve:
    """Precision and recall at each threshold: `drop_intermediate` leaves out points between others
    with the same recall. Recall is NaN where the target has no positive. Equals
    `sklearn.metrics.precision_recall_curve`.

    >>> from simdrift.metrics import performance
    >>> curve = performance.precision_recall_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> curve.recall.tolist(), curve.thresholds.tolist()
    ([1.0, 1.0, 0.5, 0.5, 0.0], [0.1, 0.35, 0.4, 0.8])
    """
    counts = _counts(target, score, pos_label, sample_weight, threads)
    p, _ = counts.of_all
    if drop_intermediate and len(counts.thresholds) > 2:
        counts = counts.at(_ends_of_recall(counts))
    precision = counts.positives / (counts.positives + counts.negatives)
    recall = _share(counts.positives, p)
    if len(precision):
        precision = np.concatenate([precision[::-1], [1.0]])
        recall = np.concatenate([recall[::-1], [0.0]])
    return PrecisionRecallCurve(precision, recall, counts.thresholds[::-1].copy())


def gain_curve(
    target: object,
    score: object,
    *,
    pos_label: Any = None,
    sample_weight: object = None,
    threads: int | None = None,
) -> GainCurve:
    """Cumulative gain: which share of the positives is among the share of rows that score highest.

    >>> from simdrift.metrics import performance
    >>> curve = performance.gain_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> curve.share.tolist(), curve.gain.tolist()
    ([0.0, 0.25, 0.5, 0.75, 1.0], [0.0, 0.5, 0.5, 1.0, 1.0])
    """
    counts = _counts(target, score, pos_label, sample_weight, threads)
    p, n = counts.of_all
    return GainCurve(
        _share(_from_nothing(counts.positives + counts.negatives), p + n),
        _share(_from_nothing(counts.positives), p),
        _from_nothing(counts.thresholds, np.inf),
    )


def lift_curve(
    target: object,
    score: object,
    *,
    pos_label: Any = None,
    sample_weight: object = None,
    threads: int | None = None,
) -> LiftCurve:
    """Lift: the share of positives among the rows that score highest, over that among all rows.

    >>> from simdrift.metrics import performance
    >>> curve = performance.lift_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> curve.share.tolist(), [round(lift, 3) for lift in curve.lift.tolist()]
    ([0.25, 0.5, 0.75, 1.0], [2.0, 1.0, 1.333, 1.0])
    """
    counts = _counts(target, score, pos_label, sample_weight, threads)
    p, n = counts.of_all
    share = _share(counts.positives + counts.negatives, p + n)
    return LiftCurve(share, _share(counts.positives, p) / share, counts.thresholds)
