"""P-values of the Kolmogorov-Smirnov statistic D of two samples of n and m rows.

Exact: lattice paths, in the core. Else the law of the one-sample statistic at the rounded
effective size n*m/(n+m), as SciPy's `ks_2samp(method='asymp')`; the core computes it
(`csrc/metrics/drift/ks_limit.c`), p-values and logarithms of any size.
"""

from __future__ import annotations

import numpy as np

from simdrift import _core
from simdrift._types import Floats
from simdrift.metrics.outcomes import Sizes


def two_sample_sizes(n: Sizes, m: Sizes) -> Floats:
    """The effective one-sample sizes, rounded as NumPy rounds (SciPy's `asymp`)."""
    larger, smaller = np.maximum(n, m).astype(float), np.minimum(n, m).astype(float)
    return np.asarray(np.round(larger * smaller / (larger + smaller)))


def limit_sf(n: Sizes, m: Sizes, d: Floats, threads: int | None = None) -> Floats:
    """P(D >= d) of each by the corrected limit law."""
    return _core.ks_limit_p(two_sample_sizes(n, m), d, False, threads=threads)


def limit_log_sf(n: Sizes, m: Sizes, d: Floats, threads: int | None = None) -> Floats:
    """log P(D >= d) of each by the corrected limit law, also where the probability is below
    float64's range."""
    return _core.ks_limit_p(two_sample_sizes(n, m), d, True, threads=threads)


def log_limit(n: float, m: float, d: float) -> float:
    """log P(D >= d) of n and m rows, which may differ."""
    return float(limit_log_sf(np.array([n]), np.array([m]), np.array([d]))[0])
