"""The limit law of Kolmogorov and Smirnov's D of two samples with many ties.

A Brownian bridge that is seen only at the ends of values with many rows: the core's recursion
(`csrc/metrics/drift/ks_steps.c`), one call for all groups. At the ends of a step the places are
whole numbers, N / sqrt(n m N) apart, N = n + m: the integral ends half a place beyond the last.
Everything has a row a group.
"""

from __future__ import annotations

import math

import numpy as np

from simdrift import _core
from simdrift._types import Floats
from simdrift.metrics.nulls.kolmogorov import shift
from simdrift.metrics.nulls.special import TINY, normal_two_sided_log_p
from simdrift.metrics.outcomes import any_true, elementwise

LEVELS = (
    *(2.0**-k for k in range(20, 5, -1)),
    *(i / 32.0 for i in range(1, 32)),
    *(1.0 - 2.0**-k for k in range(6, 21)),
)
"""Quantiles whose values are looked at: evenly spaced, and closer at both ends."""
MATTER = 0.008
"""The law is that of different values unless one value holds this share of the rows."""
LARGE = 0.04
"""A value with this share of the rows is a step of its own (`SDR_KS_STEPS_LARGE`)."""
NEGLIGIBLE = 0.002
"""Where so few rows are in no known value, the law is counted."""


def sf(d: Floats, n: Floats, m: Floats, shares: Floats, threads: int | None = None) -> Floats:
    """P(D >= d) of samples whose pooled rows have these shares (groups, cells), the odd cells of
    one value each."""
    scale = np.sqrt(n * m / (n + m))
    moved = elementwise(lambda x, y: shift(int(x), int(y)), n, m)
    bound = scale * d
    return _laws(bound - 0.5 / scale, bound + scale * moved, shares, threads)["p"]


def log_sf(d: Floats, n: Floats, m: Floats, shares: Floats, threads: int | None = None) -> Floats:
    """The logarithm of `sf` of rows with weights, where D n m is no whole number; below float64's
    range that of the normal law where the bridge is widest."""
    bound = np.sqrt(n * m / (n + m)) * d
    found = _laws(bound, bound, shares, threads)
    deep = found["p"] <= TINY
    logs = elementwise(math.log, np.where(deep, 1.0, found["p"]))
    if any_true(deep):
        widest = np.sqrt(np.where(found["variance"] > 0.0, found["variance"], 0.25))
        logs[deep] = elementwise(normal_two_sided_log_p, (bound / widest)[deep])
    return np.minimum(logs, 0.0)


def _laws(inner: Floats, passed: Floats, shares: Floats, threads: int | None) -> _core.KsStepsDict:
    return _core.ks_steps_p(shares.ravel(), inner, passed, shares.shape[1], threads=threads)
