"""Rows that hang together: how many independent ones they are worth.

Laws of tests count rows as independent. Rows of one cluster (a user, a machine), or next to each
other in time, say less: the mean over n of them varies as one over n / d, d the design effect
(Kish, Survey Sampling, 1965). It is estimated of each column and side from the sums over clusters
of the column's ranks (of categories: of the indicators of all of them, Rao and Scott 1981), and
made larger where clusters are few: the normal quantile is that of Student's law then.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.metrics.nulls import special

Codes = NDArray[np.int64]
"""The cluster of each row, from 0 on."""


def blocks(rows: int, length: int) -> Codes:
    """Clusters of so many rows each, one after the other.

    >>> blocks(5, 2).tolist()
    [0, 0, 1, 1, 2]
    """
    return np.arange(rows, dtype=np.int64) // length


def of_numbers(values: Floats, weights: Floats, clusters: Codes) -> float:
    """The design effect of numbers: of their ranks."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - 0.5 * count)[place]
    share = weights / weights.sum() if len(weights) else weights
    centred = weights * (ranks - share @ ranks)
    sums = np.bincount(clusters, centred)
    return _effect(float(sums @ sums), float(centred @ centred), clusters)


def of_categories(codes: Codes, weights: Floats, clusters: Codes) -> float:
    """The design effect of categories: the mean one of their indicators, by variance."""
    shares = np.bincount(codes, weights) / weights.sum() if len(codes) else np.zeros(1)
    squares = float(shares @ shares)
    sizes = np.bincount(clusters, weights)
    pairs, place = np.unique(clusters * len(shares) + codes, return_inverse=True)
    sums = np.bincount(place, weights)
    cluster, category = np.divmod(pairs, len(shares))
    mixed = float((sums * sizes[cluster]) @ shares[category])
    between = float(sums @ sums) - 2.0 * mixed + squares * float(sizes @ sizes)
    alone = np.square(weights) @ (1.0 - 2.0 * shares[codes] + squares)
    return _effect(between, float(alone), clusters)


def _effect(between: float, alone: float, clusters: Codes) -> float:
    """Squares of the sums over clusters against those of rows, at least 1."""
    count, rows = int(np.count_nonzero(np.bincount(clusters))), len(clusters)
    if count < 2:
        return float(max(rows, 1))
    if not alone > 0.0:
        return 1.0
    effect = max(1.0, count / (count - 1) * between / alone)
    if count == rows:
        return 1.0
    quantile = float(special.special().stdtrit(count - 1, 0.975))
    return float(min(rows, effect * (quantile / special.NORMAL_975) ** 2))
