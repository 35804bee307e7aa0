"""P-values of Mann and Whitney's U, two-sided: counted for small samples without ties, else
normal with the variance of ties and a correction for continuity, as SciPy's."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from simdrift.metrics.nulls.special import normal_two_sided_log_p

EXACT_PAIRS = 2_500
"""n m up to which orders are counted: below 20 ms."""


def log_p(u2: float, n: float, m: float, ties: float, *, counted: bool = True) -> float:
    """log of the p-value; `u2` is 2 U, `ties` the sum of t^3 - t. Small samples are counted,
    unless not `counted`."""
    larger = max(u2, 2 * n * m - u2)
    if counted and ties == 0 and n * m <= EXACT_PAIRS:
        counts = _law(int(min(n, m)), int(max(n, m)))
        tail = float(counts[int(larger) // 2 :].sum() / counts.sum())
        return min(0.0, math.log(2.0 * tail))
    rows = n + m
    variance = n * m / 12.0 * (rows + 1 - ties / (rows * (rows - 1.0)))
    if variance <= 0.0:
        return 0.0
    z = (0.5 * larger - 0.5 * n * m - 0.5) / math.sqrt(variance)
    return normal_two_sided_log_p(z) if z > 0.0 else 0.0


@cache
def _law(n: int, m: int) -> NDArray[np.float64]:
    """How many orders of n and m different values have U = 0, ..., n m: the largest value is
    an x, above all y, or a y."""
    row = [np.ones(1) for _ in range(m + 1)]
    for i in range(1, n + 1):
        new = [np.ones(1)]
        for j in range(1, m + 1):
            counts = np.zeros(i * j + 1)
            counts[j:] += row[j]
            counts[: new[j - 1].size] += new[j - 1]
            new.append(counts)
        row = new
    return row[m]
