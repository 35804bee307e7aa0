"""Sampling errors: how far a value of so many rows lies from that of infinitely many, by the spread
of the reference's rows, whose targets are known. Definitions as in NannyML.

A score is taken as the mean of what each row that matters to it adds: with n rows, a share f of
which matter, and a standard deviation s of them it has the error s / sqrt(n f). Over labels: the
root of the summed squares over their number. Average precision: the spread of 50 resamples.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simdrift._types import Floats
from simdrift.metrics.estimate.expected import Expected, share
from simdrift.metrics.estimate.ranking import ranked

RESAMPLES, MOST_RESAMPLED = 50, 50_000
SEED = 0
OF_MANY_LABELS = 1.2
"""NannyML's factor for the ROC AUC of several labels, found by its simulations."""

Error = Callable[[Floats], Floats]
"""The error of groups of so many rows."""


def _by_rows(variance: Floats, part: Floats, factor: float = 1.0) -> Error:
    """Of each label: the variance of the rows that matter, and their share of all."""
    labels = len(variance)

    def error(n: Floats) -> Floats:
        with np.errstate(all="ignore"):
            total = np.sum(variance / part)
            return factor * np.sqrt(total / n) / labels

    return error


def _of_flags(hits: Floats, relevant: Floats, n: float, factor: Floats | float = 1.0) -> Error:
    """Rows that matter add 1 or 0: as many hits of as many."""
    mean = share(hits, relevant)
    return _by_rows(mean * (1.0 - mean) * np.square(factor), relevant / n)


def _counts(e: Expected) -> tuple[Floats, Floats, Floats, Floats, float]:
    """TP, FP, FN, TN by label, and rows, of the reference as one group."""
    tp, fp = e.true_positives[0], e.false_positives[0]
    return tp, fp, e.false_negatives[0], e.true_negatives[0], float(e.n[0])


def f1(e: Expected) -> Error:
    """Of rows that are of the label or predicted as it."""
    tp, fp, fn, _, n = _counts(e)
    relevant = tp + fp + fn
    if len(tp) > 1:
        return _of_flags(tp, relevant, n)
    return _of_flags(tp, relevant, n, share(relevant, tp + 0.5 * (fp + fn)))


def precision(e: Expected) -> Error:
    """Of rows that are predicted as the label."""
    tp, fp, _, _, n = _counts(e)
    return _of_flags(tp, tp + fp, n)


def recall(e: Expected) -> Error:
    """Of rows of the label."""
    tp, _, fn, _, n = _counts(e)
    return _of_flags(tp, tp + fn, n)


def specificity(e: Expected) -> Error:
    """Of rows of other labels."""
    _, fp, _, tn, n = _counts(e)
    return _of_flags(tn, tn + fp, n)


def accuracy(e: Expected) -> Error:
    """Of all rows."""
    tp, _, _, tn, n = _counts(e)
    right = tp[0] + tn[0] if len(tp) == 1 else np.sum(tp)
    return _of_flags(np.array([right]), np.array([n]), n)


def count(rows: float, n: float) -> Error:
    """Of a number of rows."""
    part = rows / n if n else np.nan
    return lambda groups: np.sqrt(part * (1.0 - part) * groups)


def roc_auc(e: Expected) -> Error:
    """Of the rarer rows (of the label, or of others): the share of the other ones that they are
    ranked above."""
    found = [_placements(e.p[k][e.takes_part], e.rows.scores[k][e.takes_part]) for k in _each(e)]
    variance, part = np.array(found, float).T
    return _by_rows(variance, part, OF_MANY_LABELS if len(found) > 1 else 1.0)


def _each(e: Expected) -> range:
    return range(len(e.p))


def _placements(targets: Floats, scores: Floats) -> tuple[float, float]:
    """Variance of the placements of the rarer rows among the others, and their share."""
    if not len(targets):
        return np.nan, np.nan
    if targets.mean() > 0.5:
        targets, scores = 1.0 - targets, -scores
    mine, others = scores[targets == 1.0], np.sort(scores[targets != 1.0])
    if not len(mine) or not len(others):
        return np.nan, np.nan
    below = np.searchsorted(others, mine, "left") + np.searchsorted(others, mine, "right")
    return float(np.var(below / (2.0 * len(others)))), len(mine) / len(targets)


def average_precision(e: Expected) -> Error:
    """The spread of resamples of half the rows, scaled by the root of their number."""
    found = [_resampled(e.p[k][e.takes_part], e.rows.scores[k][e.takes_part]) for k in _each(e)]
    variance, size = np.array(found, float).T

    def error(n: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return np.asarray(np.sqrt(np.mean(variance * size) / n))

    return error


def _resampled(targets: Floats, scores: Floats) -> tuple[float, float]:
    size = min(len(targets) // 2, MOST_RESAMPLED)
    if size == 0:
        return np.nan, np.nan
    random = np.random.default_rng(SEED)
    draws = (random.integers(0, len(targets), size) for _ in range(RESAMPLES))
    values = np.array([ranked(targets[rows], scores[rows]).stepwise for rows in draws])
    return float(np.nanvar(values)) if np.isfinite(values).any() else np.nan, float(size)
