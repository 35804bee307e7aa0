"""Calibration of scores: isotonic regression on rows whose target is known, where it helps.

As in NannyML: the scores are calibrated only where that lowers the expected calibration error of
rows that the regression has not seen: ten splits, a tenth of each label's rows held out in each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Floats
from simdrift.metrics.estimate.ranking import ranked

SPLITS, BINS = 10, 10
HELD_OUT = 0.1
PERFECT = 0.999
"""From this ROC AUC on nothing is calibrated."""
SEED = 0


@dataclass(frozen=True)
class Calibrator:
    """A nondecreasing function of the score: linear between the scores of the rows that it was
    fitted on, constant beyond them. Without points: the score itself."""

    scores: Floats | None = None
    values: Floats | None = None

    @classmethod
    def fitted(cls, scores: Floats, targets: Floats) -> Self:
        """Isotonic regression of targets of 0 and 1; rows with one score count as their mean.

        >>> fitted = Calibrator.fitted(np.array([0.1, 0.2, 0.3]), np.array([0.0, 1.0, 0.0]))
        >>> fitted(np.array([0.0, 0.15, 0.9])).round(6).tolist()
        [0.0, 0.25, 0.5]
        """
        distinct, places = np.unique(scores, return_inverse=True)
        return cls._of_places(distinct, places, targets)

    @classmethod
    def _of_places(cls, distinct: Floats, places: NDArray[np.intp], targets: Floats) -> Self:
        rows = np.bincount(places, minlength=len(distinct)).astype(float)
        sums = np.bincount(places, targets, minlength=len(distinct))
        used = rows > 0.0
        means = sums[used] / rows[used]
        return cls(distinct[used], _core.isotonic(means, rows[used]))

    def __call__(self, scores: Floats) -> Floats:
        """The calibrated scores; NaN stays NaN."""
        if self.scores is None or self.values is None:
            return scores
        return np.interp(scores, self.scores, self.values)


def calibrator_of(scores: Floats, targets: Floats) -> Calibrator:
    """Fitted on all rows where that lowers the calibration error, else the scores themselves."""
    if not needs_calibration(scores, targets):
        return Calibrator()
    return Calibrator.fitted(scores, targets)


def needs_calibration(scores: Floats, targets: Floats, *, seed: int = SEED) -> bool:
    """Whether the calibrated scores of held out rows are nearer to their targets. Not of one label
    alone, of a perfect ranking, and of too few rows to tell."""
    positives = np.flatnonzero(targets == 1.0)
    negatives = np.flatnonzero(targets != 1.0)
    if not len(positives) or not len(negatives) or ranked(targets, scores).roc_auc > PERFECT:
        return False
    random = np.random.default_rng(seed)
    distinct, places = np.unique(scores, return_inverse=True)
    before, after, came_true = [], [], []
    for _ in range(SPLITS):
        held = np.concatenate([_some(random, positives), _some(random, negatives)])
        rest = np.ones(len(scores), bool)
        rest[held] = False
        fitted = Calibrator._of_places(distinct, places[rest], targets[rest])
        before.append(scores[held])
        after.append(fitted(scores[held]))
        came_true.append(targets[held])
    known = np.concatenate(came_true)
    if len(known) < 4:
        return False
    errors = (calibration_error(np.concatenate(side), known) for side in (before, after))
    return next(errors) > next(errors)


def _some(random: np.random.Generator, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    return random.permutation(rows)[: round(HELD_OUT * len(rows))]


def calibration_error(scores: Floats, targets: Floats, bins: int = BINS) -> float:
    """Expected calibration error over bins of equally many rows in the order of the scores."""
    bins = min(bins, len(scores) // 2)
    order = np.argsort(scores, kind="stable")
    width = len(scores) // bins
    starts = np.arange(bins) * width
    gaps = np.add.reduceat(scores[order] - targets[order], starts)
    return float(np.sum(np.abs(gaps)) / len(scores))
