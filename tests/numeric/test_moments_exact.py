"""Mean and variance of 10,000 ill-conditioned sets against exact rationals.

Shifted sets (mean over standard deviation up to 1e12) and sets that differ in their last places
only have a mean within 2 ULP; every variance is within 4. Where terms of many magnitudes cancel,
the mean is right to a rounding of the mean of |x|: its relative error is then the condition of
the sum.
"""

from __future__ import annotations

from fractions import Fraction
from math import ldexp

import numpy as np
import pytest

from simdrift import _core

SETS, SHIFT = 10_000, 160
"""How many; every value is a whole number of 2^-SHIFT."""
KINDS = ("shifted", "of many magnitudes", "that cancel", "of last places")


def _values(rng: np.random.Generator, kind: str) -> np.ndarray:
    n = int(rng.integers(2, 33))
    x = rng.normal(size=n)
    if kind == "shifted":
        return 10.0 ** rng.integers(2, 13) + x
    if kind == "of many magnitudes":
        return x * 2.0 ** rng.integers(-40, 41, n)
    if kind == "that cancel":
        return np.concatenate([x, -x * (1 + 2.0**-45)]) * 2.0 ** rng.integers(-20, 20)
    return 1.0 + rng.integers(0, 4, n) * 2.0**-50


def _exact(values: np.ndarray) -> tuple[Fraction, Fraction]:
    whole = [int(ldexp(value, SHIFT)) for value in values.tolist()]
    n, total = len(whole), sum(whole)
    squares = n * sum(value * value for value in whole) - total * total
    return Fraction(total, n << SHIFT), Fraction(squares, n * (n - 1) << 2 * SHIFT)


def _ulps(found: float, exact: Fraction) -> float:
    return float(abs(Fraction(found) - exact) / Fraction(float(np.spacing(abs(float(exact))))))


@pytest.mark.parametrize("kind", KINDS)
def test_moments_of_ill_conditioned_sets_are_those_of_exact_rationals(kind):
    rng = np.random.default_rng(KINDS.index(kind))
    sets = [_values(rng, kind) for _ in range(SETS // len(KINDS))]
    stops = np.cumsum([len(one) for one in sets])
    starts = np.concatenate([[0], stops[:-1]])
    found = _core.profile_groups(_core.Column.from_numpy(np.concatenate(sets)), starts, stops)
    for place, values in enumerate(sets):
        mean, variance = _exact(values)
        error = abs(Fraction(float(found["mean"][place])) - mean)
        if kind in ("shifted", "of last places"):
            assert _ulps(float(found["mean"][place]), mean) <= 2.0
        assert error <= Fraction(float(np.abs(values).mean())) / 2**51
        assert _ulps(float(found["variance"][place]), variance) <= 4.0
