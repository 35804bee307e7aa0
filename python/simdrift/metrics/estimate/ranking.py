"""Expected ROC AUC and average precision of rows that come true with a given probability.

With probabilities of 0 and 1, which are targets, they are the scores themselves. Rows with one
score are one step of the ROC curve, and have their mean probability: no order of rows matters.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simdrift._types import Floats


class Ranked(NamedTuple):
    """`average_precision` takes one row after another, as NannyML does; `stepwise` a score after
    another, as scikit-learn does. NaN where nothing, or everything, is expected to come true."""

    roc_auc: float
    average_precision: float
    stepwise: float


def ranked(p: Floats, scores: Floats) -> Ranked:
    """Of rows that come true with probability p, by descending score; no NaN.

    >>> ranked(np.array([1.0, 0.0, 1.0]), np.array([0.9, 0.5, 0.1]))
    Ranked(roc_auc=0.5, average_precision=0.8333333333333333, stepwise=0.8333333333333333)
    """
    rows = len(p)
    if not rows:
        return Ranked(np.nan, np.nan, np.nan)
    order = np.argsort(-scores, kind="stable")
    sorted_p, sorted_scores = p[order], scores[order]
    starts = np.flatnonzero(np.concatenate([[True], sorted_scores[1:] != sorted_scores[:-1]]))
    counts = np.diff(np.append(starts, rows))
    hits = np.add.reduceat(sorted_p, starts)
    hits_after = np.cumsum(hits)
    total = hits_after[-1]
    misses = counts - hits
    with np.errstate(all="ignore"):
        area = np.sum(misses * (hits_after - 0.5 * hits))
        auc = area / (total * (rows - total))
        means = np.repeat(hits / counts, counts)
        by_row = np.sum(means * np.cumsum(means) / np.arange(1, rows + 1)) / total
        by_score = np.sum(hits * hits_after / np.cumsum(counts)) / total
    return Ranked(float(auc), float(by_row), float(by_score))
