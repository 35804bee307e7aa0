"""The null distribution of Wasserstein-1: rows of both samples exchanged at random.

Given the pooled sample, W1 = sum of |D| times the gap to the next value, D = F - G after each
value. Of exchanged rows the number of the reference's rows among the lowest k of N = n + m is
hypergeometric, so E |D| and var |D| are known at every k, in the middle and at the last row of a
tail. With u = k / (N - k) the correlation of D at j < k is r = sqrt(u_j / u_k), and that of |D|

    0.876 r^2 + 0.124 r^6   where D is near normal (arcsine law of two normal |D|),
    r                       where a row of the smaller side is rare below k (Poisson),

powers of u, so that the double sums over pairs of gaps are cumulative sums. Mean, variance and
third cumulant give a Pearson III law. Where single rows of the tails hold much of the variance
(a heavy tail and sides that differ in size), it is that of the other rows, and the tail's rows
are on the smaller side one at a time. No draws: the same samples give the same number.

The pooled sample is known by the `SDR_EXTREMES` rows at each end of both sides, and between them
by quantiles of the larger side; where single values hold many rows, those of both are counted.
Everything has a row a group.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.metrics.nulls.special import TINY, chi2_log_sf, special
from simdrift.metrics.values import NULL_LEVEL

_TAIL = (3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.02, 0.05)
_MIDDLE = (0.1, 0.15, 0.25, 0.35, 0.45, 0.5, 0.55, 0.65, 0.75, 0.85, 0.9)
_ROWS_BELOW = 8
"""Beyond a level lie so many rows at least: the ends are known row by row."""

_RARE = 0.5
"""Expected rows of the smaller side below which one of them makes a jump."""
_JUMPS_MATTER = 0.1
"""Share of the variance from which jumps are a part of their own of the law."""
_MOST_STEPS = 24
"""Halvings of the interval in which a null quantile lies."""


def levels(rows: float) -> Floats:
    """The levels of the quantiles that are read of the larger side."""
    tail = [level for level in _TAIL if level * rows >= _ROWS_BELOW]
    return np.array([*tail, *_MIDDLE, *(1.0 - level for level in reversed(tail))])


LEVELS = levels(math.inf)
"""All of them; `levels` of some rows are a run of these."""


def tied(values: Floats) -> NDArray[np.bool_]:
    """Which of ascending quantiles are of a value that holds the rows of several levels."""
    same = values[1:] == values[:-1]
    found: NDArray[np.bool_] = np.append(same, False) | np.append(False, same)
    return found


class Middle(NamedTuple):
    """Quantiles of the larger side, (1, L) or (groups, L): values, and the pooled shares of rows
    below each and up to it, which differ where the value holds many rows."""

    values: Floats
    below: Floats
    upto: Floats


class Gaps(NamedTuple):
    """Gaps of the pooled sample, (groups, P): widths, and how many rows lie below each; `n`,
    `m`: (groups, 1)."""

    widths: Floats
    rows: Floats
    n: Floats
    m: Floats


def gaps(
    reference: Floats, current: Floats, middle: Middle, n: NDArray[Any], m: NDArray[Any]
) -> Gaps:
    """Of both sides' extremes (`_core.extremes_groups`) and the larger side's middle; `n`, `m`:
    rows of both sides in each group."""
    groups, ends = len(current), current.shape[1] // 2
    n, m = (np.broadcast_to(rows, (groups,)).astype(float)[:, np.newaxis] for rows in (n, m))
    total, half = n + m, (n + m) // 2
    both = np.concatenate([np.broadcast_to(reference, current.shape), current], axis=1)
    pooled = both.reshape(groups, 2, 2, ends)
    low = np.sort(pooled[:, :, 0].reshape(groups, -1), axis=1)[:, :ends]
    high = np.sort(pooled[:, :, 1].reshape(groups, -1), axis=1)[:, ends:]
    rank_low = np.broadcast_to(np.arange(1.0, ends), (groups, ends - 1))
    rank_high = total - np.arange(ends - 1.0, 0.0, -1.0)
    with np.errstate(invalid="ignore"):
        width_low = np.where(rank_low <= half, np.diff(low, axis=1), 0.0)
        width_high = np.where(rank_high > half, np.diff(high, axis=1), 0.0)
    inner = _between(low[:, -1:], high[:, :1], middle, ends / total)
    is_wide = total > 2 * ends
    widths = np.concatenate([width_low, np.where(is_wide, inner[0], 0.0), width_high], axis=1)
    rows = np.concatenate([rank_low, inner[1] * total, rank_high], axis=1)
    return Gaps(np.maximum(widths, 0.0), np.clip(rows, 0.5, total - 0.5), n, m)


def _between(low: Floats, high: Floats, middle: Middle, end: Floats) -> tuple[Floats, Floats]:
    """Widths and shares of rows below, between the innermost known row of each end; `end`: the
    share of rows beyond it."""
    groups = len(low)
    values, below, upto = (np.broadcast_to(a, (groups, a.shape[1])) for a in middle)
    points = np.clip(values, low, np.maximum(low, high))
    borders = np.concatenate([low, points, np.maximum(low, high)], axis=1)
    with np.errstate(invalid="ignore"):
        widths = np.diff(borders, axis=1)
    after = np.clip(np.concatenate([end, upto], axis=1), end, 1.0 - end)
    before = np.clip(np.concatenate([below, 1.0 - end], axis=1), end, 1.0 - end)
    odds = np.sqrt(after / (1.0 - after) * (before / (1.0 - before)))
    return np.where(np.isfinite(widths), widths, 0.0), odds / (1.0 + odds)


class Law(NamedTuple):
    """W1 of exchanged rows, (groups,) each: mean, standard deviation and skewness; `jumps` of
    the tails' rows, where they matter, beside the law of the others; `half_step`: half of what a
    row moves W1 by where few gaps have a say, as D is a whole number of steps; `log_least`: the
    logarithm of one exchange's chance. All in `unit`, a power of two, so that cubes neither
    overflow nor vanish."""

    unit: Floats
    mean: Floats
    std: Floats
    skewness: Floats
    half_step: Floats
    log_least: Floats
    jumps: Jumps | None

    def p_values(self, value: Floats) -> Floats:
        """P(W1 >= value)."""
        value = value / self.unit
        least = value - self.half_step
        p = _upper(least, self.mean, self.std, self.skewness)
        if self.jumps is not None:
            places = self.jumps.places
            p[places] = self.jumps.upper(least[places])
        return np.asarray(np.where(value > 0.0, np.maximum(p, np.exp(self.log_least)), 1.0))

    def log_p_values(self, value: Floats) -> Floats:
        """Its natural logarithm, where it underflows that of the Pearson III law."""
        p = self.p_values(value)
        with np.errstate(divide="ignore"):
            logs = np.log(p)
        for place in np.flatnonzero((p < TINY) & (self.std > 0.0)).tolist():
            s = float(self.skewness[place])
            least = value[place] / self.unit[place] - self.half_step[place]
            z = float((least - self.mean[place]) / self.std[place])
            logs[place] = chi2_log_sf(4.0 / s * (z + 2.0 / s), 8.0 / s**2)
        return np.asarray(np.maximum(logs, self.log_least))

    def null_quantile(self) -> Floats:
        """What stays below it without drift in 95 of 100 samples."""
        s = self.skewness
        chi2 = special().chdtri(8.0 / s**2, 1.0 - NULL_LEVEL)
        quantile = self.mean + self.std * (0.25 * s * chi2 - 2.0 / s)
        if self.jumps is not None:
            quantile[self.jumps.places] = self.jumps.quantile(quantile[self.jumps.places])
        return np.asarray((quantile + self.half_step) * self.unit)


class Jumps(NamedTuple):
    """Groups (`places`) in which rows of the tails make jumps: the law of the other rows, and
    (places, P) jumps with how many rows make each; `share`: of the smaller side."""

    places: NDArray[np.intp]
    mean: Floats
    std: Floats
    skewness: Floats
    sizes: Floats
    rows: Floats
    share: Floats

    def upper(self, value: Floats) -> Floats:
        """P(W1 >= value): no jump reaches it, one at a time."""
        column = value[:, np.newaxis]
        law = (self.mean[:, np.newaxis], self.std[:, np.newaxis], self.skewness[:, np.newaxis])
        alone = _upper(column, *law)
        reached = np.maximum(_upper(column - self.sizes, *law) - alone, 0.0)
        chance = np.sum(self.rows * np.log1p(-self.share * reached), axis=1)
        return np.asarray(-np.expm1(np.log1p(-np.minimum(alone[:, 0], 1.0 - 1e-16)) + chance))

    def quantile(self, start: Floats) -> Floats:
        """Where `upper` is 1 - NULL_LEVEL."""
        low = np.minimum(self.mean, start)
        high = np.maximum(start, self.mean + 4.0 * self.std) + self.sizes.max(axis=1)
        for _ in range(_MOST_STEPS):
            middle = 0.5 * (low + high)
            beyond = self.upper(middle) > 1.0 - NULL_LEVEL
            low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
        return np.asarray(0.5 * (low + high))


def _upper(value: Floats, mean: Floats, std: Floats, skewness: Floats) -> Floats:
    """P(X >= value) of the Pearson III law; of a constant whether it reaches the value."""
    with np.errstate(all="ignore"):
        z = (value - mean) / std
        chi2 = 4.0 / skewness * (z + 2.0 / skewness)
        p = special().chdtrc(8.0 / skewness**2, np.maximum(chi2, 0.0))
        beyond = value > mean * (1.0 + 1e-9)
    return np.asarray(np.where(std > 0.0, p, np.where(beyond, 0.0, 1.0)))


def law_of(gaps: Gaps) -> Law:
    """The law of W1 over these gaps."""
    k, n, m = gaps.rows, gaps.n, gaps.m
    unit = np.ldexp(1.0, np.frexp(gaps.widths.max(axis=1, initial=0.0))[1] - 1)
    widths = gaps.widths / unit[:, np.newaxis]
    total, smaller = n + m, np.minimum(n, m)
    share = smaller / total
    near = np.minimum(k, total - k)
    rare = near * share  # expected rows of the smaller side beyond the gap
    scale = total / (n * m)
    variance = k * (total - k) * (n * m / total**2) / np.maximum(total - 1.0, 1.0)
    none = np.maximum(1.0 - smaller / (total - 0.5 * (near - 1.0)), 0.0) ** near
    deviation = np.where(
        rare < 1.0, 2.0 * rare * none, math.sqrt(2.0 / math.pi) * np.sqrt(variance)
    )
    own = np.sqrt(np.maximum(variance - deviation**2, 0.0))
    weight, poisson = widths * scale, np.exp(-rare)
    odds = k / (total - k)
    mean = np.sum(weight * deviation, axis=1)
    normal_part = weight * own * np.sqrt(1.0 - poisson)
    by_normal = 0.876 * _pairs(normal_part, odds) + 0.124 * _pairs(normal_part, odds**3)
    by_poisson = _pairs(weight * own * np.sqrt(poisson), np.sqrt(odds))
    third = rare + 2.0 * rare**3 * none - 3.0 * deviation * rare + 2.0 * deviation**3
    third = np.where(rare < 1.0, np.maximum(third, 0.0), 0.218 * rare**1.5)
    with np.errstate(invalid="ignore", divide="ignore"):
        effect = np.where(rare > 0.0, np.cbrt(third * poisson / rare), 1.0)
    rows = _rows_at(k, total)
    odd = share * (1.0 - share) * (1.0 - 2.0 * share)
    skewed = np.sum(odd * rows * _beyond(weight * effect, k, total) ** 3, axis=1)
    body = _body_third(by_normal, mean)
    spread = by_normal + by_poisson
    std = np.sqrt(spread)
    skewness = _skewness(body + skewed, std)
    jumps = _jumps(
        (mean, spread, body), weight * np.maximum(1.0 - rare / _RARE, 0.0), k, rows, total, share
    )
    half_step = _half_step(weight, own)
    return Law(unit, mean, std, skewness, half_step, _log_least(n[:, 0], m[:, 0]), jumps)


def _log_least(n: Floats, m: Floats) -> Floats:
    """log of 1 / C(n + m, n)."""
    gammaln = special().gammaln
    return np.asarray(gammaln(n + 1.0) + gammaln(m + 1.0) - gammaln(n + m + 1.0))


def _half_step(weight: Floats, own: Floats) -> Floats:
    parts = weight * own
    together = np.sum(parts, axis=1, keepdims=True)
    shares = np.divide(parts, together, out=np.zeros_like(parts), where=together > 0.0)
    return np.asarray(0.5 * np.sum(weight * shares**3, axis=1))


def _pairs(a: Floats, power: Floats) -> Floats:
    """Sum of a_j a_k power_j / power_k over all pairs, the lower one above the line."""
    sums = np.cumsum(a * power, axis=1)
    return np.asarray(2.0 * np.sum(a / power * sums, axis=1) - np.sum(a * a, axis=1))


def _rows_at(k: Floats, total: Floats) -> Floats:
    """Rows between a gap and the next one outwards."""
    upwards = np.diff(k, axis=1, append=total)
    downwards = np.diff(k, axis=1, prepend=0.0)
    return np.asarray(np.maximum(np.where(k > 0.5 * total, upwards, downwards), 0.0))


def _beyond(weight: Floats, k: Floats, total: Floats) -> Floats:
    """What a row beyond each gap moves W1 by: the weights of the gaps inwards of it."""
    is_upper = k > 0.5 * total
    upper = np.cumsum(np.where(is_upper, weight, 0.0), axis=1)
    lower = np.cumsum(np.where(is_upper, 0.0, weight)[:, ::-1], axis=1)[:, ::-1]
    return np.where(is_upper, upper, lower)


def _body_third(variance: Floats, mean: Floats) -> Floats:
    """Third cumulant of the normal part: by simulation the skewness is 3.2 times the coefficient
    of variation where many gaps act alone, and 1 (of |Z|) to 1.15 (of the bridge) elsewhere."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(mean > 0.0, np.sqrt(variance) / mean, 0.0)
    most = 1.15 - 0.4 * np.clip(ratio - 0.35, 0.0, 0.4)
    return np.asarray(np.minimum(3.2 * ratio, most) * variance**1.5)


def _skewness(third: Floats, std: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.clip(np.where(std > 0.0, third / std**3, 1.0), 0.2, 20.0))


def _jumps(
    rest: tuple[Floats, Floats, Floats],
    weight: Floats,
    k: Floats,
    rows: Floats,
    total: Floats,
    share: Floats,
) -> Jumps | None:
    """Of the groups in which they matter; `rest`: mean, variance and the normal part's third
    cumulant of W1."""
    sizes = _beyond(weight, k, total) * (weight > 0.0)
    chance = share * (1.0 - share) * rows
    spread = np.sum(chance * sizes**2, axis=1)
    mean, variance, third = rest
    places = np.flatnonzero(spread > _JUMPS_MATTER * variance)
    if not len(places):
        return None
    sizes, rows, share = sizes[places], rows[places], share[places]
    left = np.sqrt(np.maximum(variance[places] - spread[places], 0.01 * variance[places]))
    return Jumps(
        places,
        mean[places] - np.sum(share * rows * sizes, axis=1),
        left,
        np.clip(_skewness(third[places], left), 0.2, 2.0),
        sizes,
        rows,
        share,
    )
