"""The limit law of Kolmogorov and Smirnov's D of two samples with many ties.

B = sqrt(n m / N) (F - G), N = n + m, is a Brownian bridge in the share of the pooled rows that
have been passed. Where single values hold much of the rows it is seen only at the ends of these,
so that D is smaller than of different values. With c = sqrt(n m / N) d, r(x) the probability
that a bridge at x has yet to leave (-c, c), and y its place one step of length h further on,

    r(x) = P(y outside) + integral over y inside of density(y) (cross + (1 - cross) r'(y)),

backwards from 0 at the end. `cross` is 0 for the step of one value, and of a stretch of many the
chance that a bridge between x and y leaves (-c, c) on its way: images of the reflection
principle. All terms are positive. A stretch whose values hold a share s each is seen on a grid:
its bounds are moved out by 0.5826 sqrt(s) (Chernoff 1965; Broadie, Glasserman and Kou, Math.
Finance 7, 1997). At the ends of a step the places are whole numbers, N / sqrt(n m N) apart: the
integral ends half a place beyond the last.
"""

from __future__ import annotations

import math
from functools import cache, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.metrics.nulls.kolmogorov import shift
from simdrift.metrics.nulls.special import TINY, normal_two_sided_log_p, special

LEVELS = (
    *(2.0**-k for k in range(20, 5, -1)),
    *(i / 32.0 for i in range(1, 32)),
    *(1.0 - 2.0**-k for k in range(6, 21)),
)
"""Quantiles whose values are looked at: evenly spaced, and closer at both ends."""
MATTER = 0.008
"""The law is that of different values unless one value holds this share of the rows."""
LARGE = 0.04
"""A value with this share of the rows is a step of its own."""
NEGLIGIBLE = 0.002
"""Where so few rows are in no known value, the law is counted."""
GRID = 0.5826
FEWEST_NODES, MOST_NODES = 32, 96
IMAGES = 3
LOST = 40.0
"""exp(-40) of a number is below its last bit."""


@cache
def _nodes(count: int) -> tuple[Floats, Floats]:
    points, weights = np.polynomial.legendre.leggauss(count)
    return points, weights


class Steps(NamedTuple):
    """What B is seen over: each step's share of the rows, whether it is of one value, and the mean
    share of a value in those that are not."""

    lengths: Floats
    single: NDArray[np.bool_]
    ties: Floats


def steps_of(shares: Floats) -> Steps:
    """Steps out of the shares of cells, the odd ones of one value each. The values of a column's
    quantiles are drawn in proportion to their rows: the mean of their shares is that of a row's
    value."""
    found: list[tuple[float, bool, float]] = []
    rest = 0.0
    small: list[float] = []
    for place, share in enumerate([*shares.tolist(), 1.0]):
        is_value = place % 2 == 1 and share > 0.0
        if is_value and share < LARGE:
            small.append(share)
        if not is_value or share < LARGE:
            rest += share
            continue
        if rest > 0.0:
            found.append((rest, False, min(sum(small) / len(small), rest) if small else 0.0))
        found.append((share, True, 0.0))
        rest, small = 0.0, []
    lengths, single, ties = (np.array(own) for own in zip(*found[:-1], strict=True))
    return Steps(lengths / lengths.sum(), single, ties)


def sf(d: float, n: float, m: float, shares: Floats, *, whole: bool = True) -> float:
    """P(D >= d) of samples whose pooled rows have these shares in cells, the odd ones of one value
    each; `whole`: D n m is a whole number, as it is without weights."""
    scale = math.sqrt(n * m / (n + m))
    bound = scale * d
    inner = bound - 0.5 / scale if whole else bound
    passed = bound + scale * (shift(int(n), int(m)) if whole else 0.0)
    if inner <= 0.0:
        return 1.0
    steps = steps_of(shares)
    ends = np.cumsum(steps.lengths)
    ends[-1] = 1.0
    left = (1.0 - ends) / (1.0 - np.concatenate([[0.0], ends[:-1]]))
    widths = np.sqrt(steps.lengths * left)
    least = float(widths[:-1].min(initial=inner))
    points, weights = _nodes(int(min(max(6.0 * inner / least, FEWEST_NODES), MOST_NODES)))
    y, weights = inner * points, inner * weights
    ahead = np.zeros(len(y))
    for k in range(len(left) - 1, -1, -1):
        x = y[len(y) // 2 :] if k else np.zeros(1)  # r(-x) = r(x)
        step = float(steps.lengths[k])
        barrier = passed + GRID * math.sqrt(float(steps.ties[k]))
        cross = 0.0 if steps.single[k] else partial(_cross, x, step=step, bound=barrier)
        if k == len(left) - 1:
            own = cross(np.zeros(1))[:, 0] if callable(cross) else np.zeros(len(x))
            ahead = _mirrored(own, len(y)) if k else own
            continue
        leaves = cross(y) if callable(cross) else 0.0
        z = (y - (left[k] * x)[:, np.newaxis]) / widths[k]
        density = np.exp(-0.5 * z * z) * (weights / (widths[k] * math.sqrt(2.0 * math.pi)))
        own = _outside(left[k] * x, widths[k], inner) + np.sum(
            density * (leaves + (1.0 - leaves) * ahead), axis=1
        )
        ahead = _mirrored(own, len(y)) if k else own
    return float(min(1.0, max(0.0, ahead[0])))


def _mirrored(upper: Floats, count: int) -> Floats:
    """An even function at all nodes, from its values at the upper half of them."""
    return np.concatenate([upper[::-1][: count - len(upper)], upper])


def _outside(mean: Floats, width: float, inner: float) -> Floats:
    """P(a normal number lies outside of (-inner, inner))."""
    ndtr = special().ndtr
    return np.asarray(ndtr((mean - inner) / width) + ndtr((-inner - mean) / width))


def _cross(x: Floats, y: Floats, step: float, bound: float) -> Floats:
    """P(a bridge of this length from x to y leaves (-bound, bound)), of all x and y."""
    a, b = x[:, np.newaxis], y[np.newaxis, :]
    total = np.zeros((len(x), len(y)))
    # each further pair of images is at most exp(-8 bound^2 / step) of the first
    images = 1 if 8.0 * bound * bound > LOST * step else IMAGES
    for k in range(images):
        odd, even = (2 * k + 1) * bound, (2 * k + 2) * bound
        total += np.exp(np.minimum(-2.0 * (odd - a) * (odd - b) / step, 0.0))
        total += np.exp(np.minimum(-2.0 * (odd + a) * (odd + b) / step, 0.0))
        total -= np.exp(-2.0 * even * (even + (b - a)) / step)
        total -= np.exp(-2.0 * even * (even - (b - a)) / step)
    return np.clip(total, 0.0, 1.0)


def log_sf(d: float, n: float, m: float, shares: Floats) -> float:
    """The logarithm of `sf` of rows with weights; below float64's range that of the normal law
    where the bridge is widest."""
    p = sf(d, n, m, shares, whole=False)
    if p > TINY:
        return math.log(p)
    ends = np.cumsum(steps_of(shares).lengths)[:-1]
    widest = math.sqrt(float(np.max(ends * (1.0 - ends), initial=0.0)) or 0.25)
    return min(0.0, normal_two_sided_log_p(math.sqrt(n * m / (n + m)) * d / widest))
