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
The sums are the core's (`csrc/metrics/drift/exchanges.c`). Everything has a row a group.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Floats
from simdrift.metrics.nulls.special import TINY, chi2_log_sf, special
from simdrift.metrics.outcomes import any_true
from simdrift.metrics.values import NULL_LEVEL

_TAIL = (3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.02, 0.05)
_MIDDLE = (0.1, 0.15, 0.25, 0.35, 0.45, 0.5, 0.55, 0.65, 0.75, 0.85, 0.9)
_ROWS_BELOW = 8
"""Beyond a level lie so many rows at least: the ends are known row by row."""

_MOST_STEPS = 24
"""Halvings of the interval in which a null quantile lies."""


def levels(rows: float) -> Floats:
    """The levels of the quantiles that are read of the larger side: a run of `LEVELS`."""
    beyond = sum(level * rows < _ROWS_BELOW for level in _TAIL)
    return LEVELS[beyond : len(LEVELS) - beyond]


LEVELS = np.array([*_TAIL, *_MIDDLE, *(1.0 - level for level in reversed(_TAIL))])
LEVELS.flags.writeable = False
_TAIL_LEVELS = np.array(_TAIL)


def levels_beyond(rows: Floats) -> NDArray[np.int64]:
    """How many of `LEVELS` each of these numbers of rows lacks at either end."""
    few = _TAIL_LEVELS * rows[:, np.newaxis] < _ROWS_BELOW
    return np.asarray(few.sum(axis=1))


def tied(values: Floats) -> NDArray[np.bool_]:
    """Which of ascending quantiles are of a value that holds the rows of several levels."""
    same = values[1:] == values[:-1]
    found = np.zeros(len(values), bool)
    if any_true(same):
        found[:-1] |= same
        found[1:] |= same
    return found


def quartiles(values: Floats) -> Floats:
    """Those of the quantiles of some `levels`, the last axis; they become the first."""
    middle = values.shape[-1] // 2
    apart = _MIDDLE.index(0.5) - _MIDDLE.index(0.25)
    return values.T[[middle - apart, middle, middle + apart]]


class Middle(NamedTuple):
    """Quantiles of the larger side, (1, L) or (groups, L): values, and the pooled shares of rows
    below each and up to it, which differ where the value holds many rows."""

    values: Floats
    below: Floats
    upto: Floats


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

    def log_p_values(self, value: Floats, p: Floats) -> Floats:
        """The natural logarithm of `p_values`, where it underflows that of the Pearson III law."""
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


def law_of(
    reference: Floats,
    current: Floats,
    middle: Middle,
    n: NDArray[Any],
    m: NDArray[Any],
    threads: int | None = None,
) -> Law:
    """The law of W1 of both sides' extremes (`_core.extremes_groups`), (1 or groups, E) and
    (groups, E), and the larger side's middle; `n`, `m`: rows of both sides in each group."""
    levels = middle.values.shape[-1]
    if len(middle.values) == len(middle.below) == 1:
        parts = np.concatenate(middle)[np.newaxis]
    else:
        parts = np.stack(np.broadcast_arrays(*middle), axis=1)

    def laws(places: slice | NDArray[np.intp], *, jumps: bool) -> Mapping[str, NDArray[Any]]:
        own = parts if len(parts) == 1 else parts[places]
        before = reference if len(reference) == 1 else reference[places]
        return _core.exchange_laws(
            before.ravel(), current[places].ravel(), own.ravel(), n[places], m[places],
            levels, jumps, threads=threads,
        )  # fmt: skip

    n, m = n.astype(float), m.astype(float)
    found = laws(slice(None), jumps=False)
    jumping = np.flatnonzero(found["has_jumps"])
    jumps = _jumps(jumping, laws(jumping, jumps=True)) if len(jumping) else None
    return Law(
        found["unit"],
        found["mean"],
        found["std"],
        found["skewness"],
        found["half_step"],
        _log_least(n, m),
        jumps,
    )


def _jumps(places: NDArray[np.intp], found: Mapping[str, NDArray[Any]]) -> Jumps:
    """Of the groups in which they matter."""
    sizes, rows = np.split(found["jumps"], 2, axis=1)
    share = found["share"][:, np.newaxis]
    mean, std, skewness = found["jump_mean"], found["jump_std"], found["jump_skewness"]
    return Jumps(places, mean, std, skewness, sizes, rows, share)


def _log_least(n: Floats, m: Floats) -> Floats:
    """log of 1 / C(n + m, n)."""
    gammaln = special().gammaln
    return np.asarray(gammaln(n + 1.0) + gammaln(m + 1.0) - gammaln(n + m + 1.0))
