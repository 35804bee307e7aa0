"""The null distribution of a distance of two samples of one law F, by its limit.

sqrt(n m / (n + m)) (F_n - G_m) tends to a Brownian bridge at F, so that W1 under no drift is
about sqrt(1/n + 1/m) times the integral of |B(F(t))| dt. The bridge is simulated at cut points
between the 1 and the 99 % quantile of the reference; what lies beyond is left out, so the
quantile is somewhat low for heavy tails. Seeded: the same numbers in every run.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.metrics.values import NULL_LEVEL

PATHS, SEED, MOST_CUTS = 500, 11, 64


@cache
def _normals() -> Floats:
    """(MOST_CUTS + 1, PATHS): paths lie side by side, so that a step of all is one operation."""
    drawn = np.random.default_rng(SEED).normal(size=(PATHS, MOST_CUTS + 1))
    return np.ascontiguousarray(drawn.T)


def paths(shares: Floats) -> Floats:
    """(cuts, PATHS) values of bridges at these shares, ascending in (0, 1)."""
    steps = np.diff(shares, prepend=0.0, append=1.0)
    walk = _normals()[: len(steps)] * np.sqrt(steps)[:, np.newaxis]
    np.cumsum(walk, axis=0, out=walk)
    walk[:-1] -= shares[:, np.newaxis] * walk[-1]
    return np.asarray(walk[:-1])


def integral_quantile(cuts: Floats, counts: NDArray[Any], *, squared: bool = False) -> float | None:
    """0.95-quantile of the integral of |B(F)| (or of its square); `counts` are the reference's
    rows below, between and above the cuts. None for less than two cuts. The integral of
    |F_n - G_m| is sqrt(1/n + 1/m) times this one (its square's: 1/n + 1/m times)."""
    if not 2 <= len(cuts) <= MOST_CUTS or not counts.sum():
        return None
    heights = paths(np.cumsum(counts)[:-1] / counts.sum())
    np.abs(heights, out=heights)
    if squared:
        heights **= 2
    means = 0.5 * (heights[1:] + heights[:-1])
    return _quantile(np.ascontiguousarray(means.T) @ np.diff(cuts), NULL_LEVEL)


def _quantile(values: Floats, share: float) -> float:
    """`numpy.quantile`, whose checks take ten times as long as the rest here."""
    place = share * (len(values) - 1)
    first = int(place)
    lower, upper = np.partition(values, (first, first + 1))[first : first + 2]
    return float(lower + (upper - lower) * (place - first))
