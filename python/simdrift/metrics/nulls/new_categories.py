"""The null distribution of rows in categories that the other sample does not have.

Of a category with t rows in both samples together, random exchanges of rows leave none in a
sample of n of all N rows with probability q = C(N - t, n) / C(N, n). Rows in unseen categories
are then about a sum of t with probability q, each on its own: categories compete for rows, so
the true sum spreads a little less, and the p-value errs upwards.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.metrics.nulls.special import NORMAL_95, special
from simdrift.metrics.values import NULL_LEVEL

MOST_ROWS = 4_096
"""Up to so many rows the law is added up; beyond, Chernoff's bound and the normal law."""
NEVER = 1e-300
STEPS = 60


def unseen_shares(sizes: NDArray[np.int64], rows: int, total: int) -> Floats:
    """q of categories of these sizes, for a sample of `rows` of `total`."""
    log = special().gammaln
    rest = float(total - rows)
    t = sizes.astype(float)
    there = t <= rest
    t = np.where(there, t, 0.0)
    logs = (log(rest + 1.0) - log(rest - t + 1.0)) - (log(total + 1.0) - log(total - t + 1.0))
    return np.where(there, np.exp(np.minimum(logs, 0.0)), 0.0)


def unseen_log_p(sizes: NDArray[np.int64], rows: int, total: int, seen: int) -> float:
    """log P(at least `seen` rows lie in categories that the sample of `rows` has none of); not
    below that of NEVER."""
    if seen <= 0:
        return 0.0
    q = unseen_shares(sizes, rows, total)
    sizes, q = sizes[q > NEVER], q[q > NEVER]
    if int(sizes.sum()) < seen:
        return math.log(NEVER)
    if seen > MOST_ROWS:
        return _chernoff(sizes.astype(float), q, float(seen))
    law, beyond = np.zeros(seen), 0.0
    law[0] = 1.0
    for t, probability in zip(np.minimum(sizes, seen).tolist(), q.tolist(), strict=True):
        beyond += probability * float(law[seen - t :].sum())
        moved = probability * law[: seen - t]
        law *= 1.0 - probability
        law[t:] += moved
    return math.log(min(1.0, max(beyond, NEVER)))


def _chernoff(t: Floats, q: Floats, seen: float) -> float:
    """min over a >= 0 of log E exp(a (sum - seen)), by bisection of its derivative."""
    low, high = 0.0, 700.0 / float(t.max())
    for _ in range(STEPS):
        a = 0.5 * (low + high)
        raised = q * np.exp(a * t)
        slope = float(np.sum(t * raised / (1.0 - q + raised))) - seen
        low, high = (a, high) if slope < 0.0 else (low, a)
    return max(math.log(NEVER), min(0.0, float(np.log1p(q * np.expm1(low * t)).sum()) - low * seen))


def unseen_quantile(sizes: NDArray[np.int64], rows: int, total: int) -> float:
    """Rows in unseen categories that chance stays at or below in 95 of 100 samples."""
    q = unseen_shares(sizes, rows, total)
    t = sizes.astype(float)
    mean, deviation = float(np.sum(t * q)), math.sqrt(float(np.sum(t * t * q * (1.0 - q))))
    most = mean + 8.0 * deviation
    if most > MOST_ROWS:
        return mean + NORMAL_95 * deviation
    law = np.zeros(math.ceil(most) + 2)
    law[0] = 1.0
    for size, probability in zip(sizes.tolist(), q.tolist(), strict=True):
        if probability < NEVER or size >= len(law):
            continue
        moved = probability * law[: len(law) - size]
        law *= 1.0 - probability
        law[size:] += moved
    return float(np.searchsorted(np.cumsum(law), NULL_LEVEL))
