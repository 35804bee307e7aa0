"""P-values of Cramer and von Mises' T and Anderson and Darling's A2 of samples with many ties.

Where single values hold much of the rows the limit is no longer that of continuous laws: the
Brownian bridge is seen only at the middle of each step, M_j = (B(e_(j-1)) + B(e_j)) / 2, with
e_j the shares up to step j of size h_j. T is then sum h_j M_j^2, A2 the sum of h_j M_j^2 /
var M_j: quadratic forms of normal numbers, sums of lambda_i chi2(1) with the eigenvalues of
their covariance. With K the logarithm of its moment generating function, the tail is

    P(S > x) = 1 / (2 pi i) integral of exp(K(s) - s x) / s ds

upwards through a point between 0 and 1 / (2 lambda_1); through one below 0 it is P(S > x) - 1. The
point is the saddle, where nothing cancels, the path a parabola that bends to where the integrand
falls fastest, so that the trapezoidal rule is right to rounding (Weideman and Trefethen, Math.
Comp. 76, 2007); the factor at the saddle comes out: the logarithm is as good as the tail.
"""

from __future__ import annotations

import math

import numpy as np

from simdrift._types import Floats

CELLS = 64
"""Steps that the law is computed over; rows between large ones are gathered."""
MATTER = 1e-3
"""sum h^3 from which on ties matter: one value with 10 % of the rows, or thirty with 3 %."""
NEGLIGIBLE = 1e-9
POINTS, MOST_POINTS = 20, 20_000
"""Of the path: of the width of the integrand at the saddle; at most."""
NEGLIGIBLE_LOG = 45.0


def _covariance(shares: Floats) -> Floats:
    """Of the bridge at the middle of each step."""
    ends = np.cumsum(shares)
    ends[-1] = 1.0
    starts = np.concatenate([[0.0], ends[:-1]])
    total = np.zeros((len(shares), len(shares)))
    for s in (starts, ends):
        for t in (starts, ends):
            total += np.minimum(s[:, None], t) - s[:, None] * t
    return 0.25 * total


def _weights(shares: Floats, form: Floats) -> Floats:
    """The eigenvalues of sum form_j M_j^2 that count, the largest first."""
    root = np.sqrt(form)
    values = np.linalg.eigvalsh(root[:, None] * _covariance(shares) * root)[::-1]
    return np.asarray(values[values > NEGLIGIBLE * max(float(values[0]), 0.0)])


def mises_weights(shares: Floats) -> Floats:
    """Of T."""
    return _weights(shares, shares)


def darling_weights(shares: Floats) -> Floats:
    """Of A2; they add up to 1."""
    return _weights(shares, shares / np.maximum(np.diag(_covariance(shares)), 1e-300))


def log_sf(x: float, weights: Floats) -> float:
    """log P(sum of weights chi2(1) > x); `weights`: above 0, the largest first."""
    if x <= 0.0 or len(weights) == 0:
        return 0.0
    first = 0.5 / float(weights[0])
    s = _saddle_point(x, weights)
    least = min(0.5 / math.sqrt(2.0 * float(np.sum(weights**2))), 0.5 * first)
    s = s if abs(s) > least else math.copysign(least, s)
    centre, rest = first - s, 1.0 - 2.0 * weights * s
    width = 0.5 / (centre * math.sqrt(2.0 * float(np.sum((weights / rest) ** 2))))
    step = width / POINTS
    bound = min(math.sqrt(NEGLIGIBLE_LOG / (x * centre)), MOST_POINTS * step)
    u = np.arange(0.5 * step, bound + step, step)  # the other half is the conjugate
    root = 1.0 + 1j * u
    z = centre * root**2
    factors = 1.0 + (2.0 * weights / rest)[:, None] * (z - centre)
    density = np.exp(x * (z - centre) - 0.5 * np.log(factors).sum(axis=0)) / (first - z)
    total = float(np.sum((density * 2.0 * centre * root).real)) * step / math.pi
    scale = -0.5 * float(np.sum(np.log(rest))) - s * x
    if s < 0.0:
        return min(0.0, math.log1p(max(total * math.exp(scale), -1.0 + 1e-16)))
    return min(0.0, math.log(max(total, 5e-324)) + scale)


def _saddle_point(x: float, weights: Floats) -> float:
    """The s with sum of weights / (1 - 2 weights s) = x, by bisection: the sum grows with s."""
    high = 0.5 / float(weights[0])
    low = -0.5 * len(weights) / x  # there each term is below x / len
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if float(np.sum(weights / (1.0 - 2.0 * weights * middle))) < x:
            low = middle
        else:
            high = middle
    return low
