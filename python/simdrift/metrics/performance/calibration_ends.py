"""Intervals of calibration errors, which chance alone makes larger than they are.

The gap of a bin is measured with an error, so that |gap| is above zero of a calibrated model too,
and the more so the fewer rows there are: resamples about the measured gaps would add that error a
second time. So a test is inverted: the true gaps are taken as c times the measured ones, and an end
of the interval is the error at the c at which the measured one is at the 2.5 % or 97.5 % point. Of
the mean gap that law is normal, with the moments of folded normal laws (Leone, Nelson and
Nottingham 1961); of the largest gap it is the product of the bins' laws.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simdrift._types import Floats
from simdrift.metrics.nulls.special import NORMAL_975, special

HALVINGS = 8
MOST = 0.984375
"""Scales c = t / (1 - t) are searched up to this t, 63 times the measured gaps."""
FARTHEST = 37.0
"""Normal quantiles are held within this distance from 0: beyond, a double's P is 0."""

Law = Callable[[Floats], Floats]
"""The normal quantile of P(a measured value <= this one) at a scale."""


def gap_errors(size: Floats, share: Floats) -> Floats:
    """(G, B) standard errors of the shares of so many rows, of which half a row more came true and
    half a row more did not: no bin of few rows is certain. 0 of an empty bin."""
    smooth = (share * size + 0.5) / (size + 1.0)
    with np.errstate(all="ignore"):
        return np.asarray(np.where(size > 0.0, np.sqrt(smooth * (1.0 - smooth) / size), 0.0))


def ends_of_mean(gaps: Floats, errors: Floats, shares: Floats) -> tuple[Floats, Floats, Floats]:
    """(low, high, standard error) of the sum of share x |gap| over the bins of each group."""
    value = (shares * gaps).sum(axis=-1)

    def below(scale: Floats) -> Floats:
        mean, variance = _folded(scale[..., np.newaxis] * gaps, errors)
        at, width = (shares * mean).sum(axis=-1), np.sqrt((shares**2 * variance).sum(axis=-1))
        z = np.divide(value - at, width, out=np.zeros_like(width), where=width > 0.0)
        return np.asarray(z)

    error = np.sqrt((shares**2 * _folded(gaps, errors)[1]).sum(axis=-1))
    return (*_inverted(value, below, (shares * errors).sum(axis=-1)), error)


def ends_of_largest(gaps: Floats, errors: Floats) -> tuple[Floats, Floats, Floats]:
    """(low, high, standard error) of the largest gap of each group."""
    value = gaps.max(axis=-1, initial=0.0)
    at = value[..., np.newaxis]

    def below(scale: Floats) -> Floats:
        true = scale[..., np.newaxis] * gaps
        with np.errstate(all="ignore"):
            inside = special().ndtr((at - true) / errors) - special().ndtr((-at - true) / errors)
        share = np.prod(np.where(errors > 0.0, inside, true <= at), axis=-1)
        return np.asarray(special().ndtri(share))

    low, high = _inverted(value, below, errors.max(axis=-1, initial=0.0))
    return low, high, (high - low) / (2.0 * NORMAL_975)


def _folded(gap: Floats, error: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of |N(gap, error)|."""
    with np.errstate(all="ignore"):
        ratio = np.where(error > 0.0, gap / error, np.inf)
    density = np.exp(-0.5 * np.minimum(ratio, 40.0) ** 2) * np.sqrt(2.0 / np.pi)
    mean = error * density + gap * (1.0 - 2.0 * special().ndtr(-ratio))
    return mean, np.maximum(gap * gap + error * error - mean * mean, 0.0)


def _inverted(value: Floats, below: Law, noise: Floats) -> tuple[Floats, Floats]:
    """The ends of the value: `below` falls as the scale grows. Of a value of 0, whose multiples are
    0, the upper end is that of noise."""
    level = np.array([NORMAL_975, -NORMAL_975])[:, np.newaxis]
    low, high = np.zeros((2, len(value))), np.full((2, len(value)), MOST)
    upper, lower = below(_scale(low)), below(_scale(high))
    from_zero = upper > level
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        at = below(_scale(middle))
        is_above = at > level
        low, upper = np.where(is_above, middle, low), np.where(is_above, at, upper)
        high, lower = np.where(is_above, high, middle), np.where(is_above, lower, at)
    upper, lower = (np.clip(own, -FARTHEST, FARTHEST) for own in (upper, lower))
    steep = upper > lower
    part = np.divide(upper - level, upper - lower, out=np.zeros_like(upper), where=steep)
    found = _scale(low + np.clip(part, 0.0, 1.0) * (high - low))
    first, last = value * np.where(from_zero, found, 0.0)
    return first, np.where(value == 0.0, NORMAL_975 * noise, np.maximum(last, value))


def _scale(t: Floats) -> Floats:
    return t / (1.0 - t)
