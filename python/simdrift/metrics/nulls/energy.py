"""The null distribution of the squared energy distance: rows of both samples exchanged at random.

Given the pooled sample, T = 2 sum of D^2 times the gap to the next value, D = F - G after each
value. The pooled sample is known as `nulls.transport` knows it: the rows at both ends one by one,
and quantiles between them. With k of N = n + m rows below a gap, u = k / (N - k),

    E D^2 = v = k (N - k) / (n m (N - 1)),    corr(D_j, D_k)^2 = u_j / u_k  for j < k,

so that the mean is exact, and the cumulants of near normal D are traces of the matrix of their
covariances. In a tail D counts rows of the smaller side: the fourth cumulant of the outer one of
two gaps (that of a Poisson count) adds to their covariance, and single rows add to the third.
Mean, variance and third cumulant give a Pearson III law. Everything has a row a group.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.metrics.nulls.special import special
from simdrift.metrics.nulls.transport import Middle
from simdrift.metrics.values import NULL_LEVEL

_CHUNK = 64
"""Groups at a time: their matrices of gaps stay in the cache."""


def null_quantiles(
    reference: Floats, current: Floats, middle: Middle, n: Floats, m: Floats
) -> Floats:
    """What T stays below without drift in 95 of 100 samples: of both sides' extremes, (1, E) and
    (groups, E), the larger side's middle and the rows of both sides in each group."""
    widths, rows = _gaps(reference, current, middle, n + m)
    unit = np.exp2(np.frexp(widths.max(axis=1, initial=0.0))[1].astype(float))
    widths = widths / unit[:, np.newaxis]
    starts = range(0, len(widths), _CHUNK)
    parts = [slice(start, start + _CHUNK) for start in starts]
    found = [_quantiles(widths[part], rows[part], n[part], m[part]) for part in parts]
    return np.asarray(unit * np.concatenate(found))


def _gaps(
    reference: Floats, current: Floats, middle: Middle, total: Floats
) -> tuple[Floats, Floats]:
    """(groups, gaps) widths in ascending order, and how many rows lie below each."""
    groups, known = len(current), current.shape[1] // 2
    both = np.stack(np.broadcast_arrays(reference, current), axis=1)
    low = np.sort(both[:, :, :known].reshape(groups, -1), axis=1)[:, :known]
    high = np.sort(both[:, :, known:].reshape(groups, -1), axis=1)[:, -known:]
    sizes, places = total[:, np.newaxis], np.arange(1.0, known)
    with np.errstate(invalid="ignore"):
        lower = np.where(places <= np.floor(sizes / 2.0), np.diff(low, axis=1), 0.0)
        ranks = sizes - (known - places)
        upper = np.where(ranks > np.floor(sizes / 2.0), np.diff(high, axis=1), 0.0)
        inner, below = _middle(middle, low[:, -1:], high[:, :1], known, sizes)
    widths = np.concatenate([lower, inner, upper], axis=1)
    rows = np.concatenate([np.broadcast_to(places, lower.shape), below, ranks], axis=1)
    widths = np.where(np.isfinite(widths) & (widths > 0.0), widths, 0.0)
    return widths, np.clip(rows, 0.5, sizes - 0.5)


def _middle(
    middle: Middle, low: Floats, high: Floats, known: int, sizes: Floats
) -> tuple[Floats, Floats]:
    """The gaps between the innermost known row of each end; the rows below one are those between
    the shares at both of its ends, by their odds."""
    is_wide = sizes > 2.0 * known
    end = np.where(is_wide, known / sizes, 0.25)
    values, below, upto = (np.broadcast_to(part, (len(low), part.shape[1])) for part in middle)
    points = np.clip(values, low, np.maximum(low, high))
    after = np.clip(np.concatenate([end, upto], axis=1), end, 1.0 - end)
    before = np.clip(np.concatenate([below, 1.0 - end], axis=1), end, 1.0 - end)
    widths = np.diff(np.concatenate([low, points, high], axis=1), axis=1)
    odds = np.sqrt(after / (1.0 - after) * (before / (1.0 - before)))
    return np.where(is_wide, widths, 0.0), odds / (1.0 + odds) * sizes


def _quantiles(widths: Floats, rows: Floats, n: Floats, m: Floats) -> Floats:
    """Of some groups, by three cumulants."""
    total = (n + m)[:, np.newaxis]
    variances = rows * (total - rows) / ((n * m)[:, np.newaxis] * np.maximum(total - 1.0, 1.0))
    weights = 2.0 * widths
    mean = np.sum(weights * variances, axis=1)
    odds = rows / (total - rows)
    own = np.sqrt(weights * variances)
    first, second = odds[:, :, np.newaxis], odds[:, np.newaxis, :]
    shared = np.sqrt(np.minimum(first, second) / np.maximum(first, second))
    matrix = own[:, :, np.newaxis] * own[:, np.newaxis, :] * shared
    squared = matrix @ matrix
    variance = 2.0 * np.trace(squared, axis1=1, axis2=2)
    third = 8.0 * np.sum(squared * matrix, axis=(1, 2))
    share = (np.minimum(n, m) / (n + m))[:, np.newaxis]
    is_low = rows <= 0.5 * total
    near = np.minimum(rows, total - rows)
    variance += _of_rare(weights, variances, near, is_low, share)
    third += _third_of_rare(weights, near, is_low, share, np.minimum(n, m)[:, np.newaxis])
    std = np.sqrt(variance)
    skewness = np.clip(np.where(std > 0.0, third / np.where(std > 0.0, std**3, 1.0), 1.0), 0.2, 20)
    chi2 = special().chdtri(8.0 / skewness**2, 1.0 - NULL_LEVEL)
    return np.asarray(mean + std * (0.25 * skewness * chi2 - 2.0 / skewness))


def _of_rare(
    weights: Floats, variances: Floats, near: Floats, is_low: NDArray[np.bool_], share: Floats
) -> Floats:
    """What the fourth cumulant of counts adds to the variance: of two gaps of one tail that of the
    outer one."""
    spread = share * (1.0 - share)
    excess = np.maximum(1.0 - 6.0 * spread, 0.0) / (near * spread)
    fourth = excess * variances**2
    low, high = np.where(is_low, weights, 0.0), np.where(is_low, 0.0, weights)
    inner_low = np.cumsum(low[:, ::-1], axis=1)[:, ::-1] - low
    inner_high = np.cumsum(high, axis=1) - high
    inner = np.where(is_low, inner_low, inner_high)
    return np.asarray(np.sum(weights * fourth * (weights + 2.0 * inner), axis=1))


def _third_of_rare(
    weights: Floats, near: Floats, is_low: NDArray[np.bool_], share: Floats, smaller: Floats
) -> Floats:
    """What single rows of the smaller side add to the third cumulant: each jumps by the gaps
    inwards of it, as far as it is alone there."""
    jump = weights * np.exp(-near * share) / smaller**2
    low, high = np.where(is_low, jump, 0.0), np.where(is_low, 0.0, jump)
    jumps = np.cumsum(low[:, ::-1], axis=1)[:, ::-1] * is_low + np.cumsum(high, axis=1) * ~is_low
    zero = np.zeros((len(near), 1))
    outwards = np.where(
        is_low,
        near - np.concatenate([zero, near[:, :-1]], axis=1),
        near - np.concatenate([near[:, 1:], zero], axis=1),
    )
    return np.asarray(np.sum(share * np.abs(outwards) * jumps**3, axis=1))
