"""The special functions behind p-values: scipy.special where it is right, imported when the
first p-value is wanted (0.3 s), and logarithms of tails that underflow."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from simdrift._types import Floats
from simdrift.metrics.numbers import Numbers

TINY = 1e-290
"""Below this a p-value is near the end of float64; its log comes from a formula of its own."""


@cache
def special() -> Any:
    """The module scipy.special."""
    import scipy.special

    return scipy.special


def chi2_sf(x: float, df: float) -> float:
    """P(X >= x) of the chi-square law with df degrees of freedom."""
    return float(special().chdtrc(df, x))


@cache
def chi2_quantile(level: float, df: float) -> float:
    """The level-quantile of the chi-square law: what stays below it without drift."""
    return float(special().chdtri(df, 1.0 - level))


def chi2_log_sf(x: float, df: float) -> float:
    """log P(X >= x); beyond float64's range by the continued fraction of the upper
    incomplete gamma function (Abramowitz & Stegun 6.5.31, Lentz's evaluation)."""
    p = chi2_sf(x, df)
    if p > TINY:
        return math.log(p)
    return _log_upper_gamma(0.5 * df, 0.5 * x)


def _log_upper_gamma(a: float, z: float) -> float:
    """log Q(a, z) for z far above a."""
    b = z + 1.0 - a
    c, d = 1e300, 1.0 / b
    h = d
    for i in range(1, 10_000):
        an = -i * (i - a)
        b += 2.0
        d = 1.0 / (an * d + b)
        c = b + an / c
        h *= d * c
        if abs(d * c - 1.0) < 1e-16:
            break
    return a * math.log(z) - z - math.lgamma(a) + math.log(h)


def normal_sf(z: float) -> float:
    """P(Z >= z) of the standard normal law."""
    return float(special().ndtr(-z))


def normal_log_sf(z: float) -> float:
    """log P(Z >= z), right for any z."""
    return float(special().log_ndtr(-z))


def normal_two_sided_p(z: float) -> float:
    """P(|Z| >= |z|) of the standard normal law."""
    return math.erfc(abs(z) / math.sqrt(2.0))


def normal_two_sided_log_p(z: float) -> float:
    """log P(|Z| >= |z|), right for any z."""
    return math.log(2.0) + normal_log_sf(abs(z))


def normal_two_sided_ps(z: Numbers) -> Numbers:
    """`normal_two_sided_p` of each, to the bit: by the same function of C's library."""
    if not isinstance(z, np.ndarray):
        return normal_two_sided_p(z)
    return np.array(list(map(math.erfc, (np.abs(z) / math.sqrt(2.0)).tolist())), float)


def normal_two_sided_log_ps(z: Floats) -> Floats:
    """`normal_two_sided_log_p` of each, to the bit."""
    return np.asarray(math.log(2.0) + special().log_ndtr(-np.abs(z)))


NORMAL_975 = 1.959963984540054
"""0.975-quantile of the standard normal law: 95 % intervals."""
NORMAL_95 = 1.6448536269514722
"""0.95-quantile of the standard normal law: what stays below it without drift."""


def exp_p(log_p: float) -> float:
    """The p-value of a logarithm; 0 below float64's range."""
    return math.exp(log_p) if log_p > -745.0 else 0.0


def student_two_sided_p(t: float, df: float) -> float:
    """P(|T| >= |t|) of Student's law."""
    return min(1.0, 2.0 * float(special().stdtr(df, -abs(t))))


def student_two_sided_log_p(t: float, df: float) -> float:
    """log P(|T| >= |t|) of Student's law, right for any t."""
    p = student_two_sided_p(t, df)
    if p > TINY:
        return math.log(p)
    log_x = -math.log1p(t * t / df)
    return _log_beta_tail(0.5 * df, 0.5, log_x)


def f_sf(x: float, d1: float, d2: float) -> float:
    """P(X >= x) of Fisher's F law."""
    return float(special().fdtrc(d1, d2, x))


def f_log_sf(x: float, d1: float, d2: float) -> float:
    """log P(X >= x) of Fisher's F law, right for any x."""
    p = f_sf(x, d1, d2)
    if p > TINY:
        return math.log(p)
    return _log_beta_tail(0.5 * d2, 0.5 * d1, -math.log1p(d1 * x / d2))


def _log_beta_tail(a: float, b: float, log_x: float) -> float:
    """log I_x(a, b) for x far below a / (a + b), by the continued fraction (Abramowitz &
    Stegun 26.5.8, Lentz's evaluation)."""
    x = math.exp(log_x)
    c, d = 1.0, 1.0 / max(1.0 - (a + b) * x / (a + 1.0), 1e-300)
    h = d
    for i in range(1, 10_000):
        even = i * (b - i) * x / ((a + 2 * i - 1) * (a + 2 * i))
        odd = -(a + i) * (a + b + i) * x / ((a + 2 * i) * (a + 2 * i + 1))
        before = h
        for term in (even, odd):
            d = 1.0 / (1.0 + term * d)
            c = 1.0 + term / c
            h *= d * c
        if abs(h / before - 1.0) < 1e-15:
            break
    log_front = a * log_x + b * math.log1p(-x) - math.log(a) - float(special().betaln(a, b))
    return log_front + math.log(h)
