"""P-values of Kuiper's statistic V = D+ + D- of two samples.

The limit law of sqrt(N) V, N = n m / (n + m) (Kuiper 1960):

    P(> z) = 2 sum_j (4 j^2 z^2 - 1) exp(-2 j^2 z^2)
           = 1 - 2 sqrt(pi/2) / z sum_j (pi j / z)^2 exp(-(pi j)^2 / (2 z^2)),

the second by Poisson's formula, for small z. Samples of n and m rows: A = i m - j n passes both of
its bounds by the mean overshoot rho of its walk, and V n m is a multiple of h = gcd(n, m), half of
which lies before it: z = sqrt(N) (V + (2 rho - h / 2) / (n m)) (`kolmogorov.shift`). With weights
there is no such multiple: z = (sqrt(N) + 0.155 + 0.24 / sqrt(N)) V (Stephens 1970).
"""

from __future__ import annotations

import math

from simdrift.metrics.nulls.kolmogorov import shift

SWITCH = 1.1
TERMS = 12


def log_sf(z: float) -> float:
    """log P(> z) of the limit law."""
    if z <= 0.0:
        return 0.0
    if z < SWITCH:
        return math.log1p(-_cdf(z))
    first = -2.0 * z * z
    total = 0.0
    for j in range(1, TERMS):
        square = j * j
        total += (4.0 * square * z * z - 1.0) * math.exp(first * (square - 1))
    return min(0.0, math.log(2.0 * total) + first)


def _cdf(z: float) -> float:
    total = 0.0
    for j in range(1, TERMS):
        square = (math.pi * j / z) ** 2
        total += square * math.exp(-0.5 * square)
    return min(1.0 - 1e-16, math.sqrt(2.0 * math.pi) / z * total)


def log_p(n: float, m: float, v: float, *, whole: bool = True) -> float:
    """log of the p-value of V of n and m rows; `whole`: they are rows, without weights."""
    root = math.sqrt(n * m / (n + m))
    if not whole:
        return log_sf((root + 0.155 + 0.24 / root) * v)
    step = math.gcd(int(n), int(m)) / (n * m)
    return log_sf(root * (v + 2.0 * shift(int(n), int(m)) + 0.5 * step))
