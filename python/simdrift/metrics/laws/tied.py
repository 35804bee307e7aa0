"""P-values of Cramer and von Mises' T and Anderson and Darling's A2 of samples with many ties.

Where single values hold much of the rows the limit is no longer that of continuous laws: the
Brownian bridge is seen only at the middle of each step, M_j = (B(e_(j-1)) + B(e_j)) / 2, with
e_j the shares up to step j of size h_j. T is then sum h_j M_j^2, A2 the sum of h_j M_j^2 /
var M_j: quadratic forms of normal numbers, sums of lambda_i chi2(1) with the eigenvalues of
their covariance. The tail is Lugannani and Rice's saddle-point approximation (Kuonen, Biometrika
86, 1999): within a percent or so at any size of p.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simdrift.metrics.laws.special import chi2_log_sf, normal_log_sf

CELLS = 64
"""Steps that the law is computed over; rows between large ones are gathered."""
MATTER = 1e-3
"""sum h^3 from which on ties matter: one value with 10 % of the rows, or thirty with 3 %."""
NEGLIGIBLE = 1e-9
NEAR = 1e-3
"""So near to the mean, in the normal's deviations, two points beside it are averaged."""

Floats = NDArray[np.float64]


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
    """log P(sum of weights chi2(1) > x)."""
    if x <= 0.0 or len(weights) == 0:
        return 0.0
    if len(weights) == 1:
        return chi2_log_sf(x / float(weights[0]), 1)
    mean = float(weights.sum())
    step = NEAR * math.sqrt(2.0 * float(np.sum(weights**2)))
    if abs(x - mean) < step:
        return 0.5 * (_saddle(mean - step, weights) + _saddle(mean + step, weights))
    return min(0.0, _saddle(x, weights))


def _saddle(x: float, weights: Floats) -> float:
    s = _saddle_point(x, weights)
    rest = 1.0 - 2.0 * weights * s
    w = math.copysign(math.sqrt(max(2.0 * s * x + float(np.sum(np.log(rest))), 0.0)), s)
    v = s * math.sqrt(2.0 * float(np.sum((weights / rest) ** 2)))
    return normal_log_sf(w + math.log(v / w) / w)


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
