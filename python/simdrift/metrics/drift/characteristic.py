"""Drift of the characteristic function: the test of Epps and Singleton.

Only finite rows take part.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from simdrift.catalogue.metric import Metric
from simdrift.metrics.columns import NUMERIC
from simdrift.metrics.drift.run import Weights, run
from simdrift.metrics.nulls import special
from simdrift.metrics.pair import ColumnPair
from simdrift.metrics.registry import drift_method
from simdrift.metrics.thresholds import DEFAULT_ALPHA
from simdrift.metrics.values import (
    DEGENERATE,
    OVERFLOW,
    TOO_FEW_ROWS,
    DriftResult,
    Outcome,
    Size,
)

__all__ = ["epps_singleton"]

SINGLETON_POINT = 0.4  # and twice as much
SINGLETON_ROWS = 5
SINGLETON_SMALL = 25
"""Below so many rows on both sides W2 is corrected (Epps and Singleton 1986)."""


@drift_method(
    Metric(
        name="drift.epps_singleton",
        title="Epps-Singleton W²",
        group="location and scale",
        formula="W2 of the characteristic functions at t = 0.4, 0.8",
        p_value=(
            "chi2(4), a limit: near 0.05 within a fifth at 90 rows; of sides that differ "
            "in size, of W2 or, where that is less, of the same form with one covariance "
            "of all rows"
        ),
        effect_size="sqrt(W2 (n + m) / (n m)): Mahalanobis distance",
        source="Epps and Singleton 1986; scipy.stats.epps_singleton_2samp",
        better="lower",
        bounds=(0.0, None),
        rule="test",
        kinds=(NUMERIC,),
        statuses=("too_few_rows", "degenerate"),
    )
)
def measure_epps_singleton(pair: ColumnPair) -> Outcome:
    """W2 at t = 0.4 and 0.8 in semi-quartile ranges of both samples; chi2(4)."""
    n, m = (side.profile["finite"] for side in (pair.reference, pair.current))
    if min(n, m) < SINGLETON_ROWS:
        return Outcome(None, TOO_FEW_ROWS, n_reference=n, n_current=m)
    low, high = pair.pooled_quantiles([0.25, 0.75])
    scale = 0.5 * (high - low)
    if not 0.0 < scale < math.inf:
        status = DEGENERATE if scale == 0.0 else OVERFLOW
        return Outcome(None, status, n_reference=n, n_current=m, reason="no quartile range")
    value, rank, weight = _singleton(pair, scale, n, m)
    return Outcome(
        value,
        p_value=special.chi2_sf(weight, rank),
        effect_size=math.sqrt(value * (n + m) / (n * m)),
        n_reference=n,
        n_current=m,
        log_p=partial(special.chi2_log_sf, weight, rank),
    )


def _singleton(pair: ColumnPair, scale: float, n: Size, m: Size) -> tuple[float, int, float]:
    """W2, the rank of its covariance, and what the chi-square law is asked about: W2, or less.

    W2 takes each side's covariance from its own rows. The few rows of a small side that happen
    to lie close together then weigh as if they could lie nowhere else: of one law, a thousand
    rows against ten have p < 0.01 three times in four. Where the covariance of both sides'
    rows makes less of the difference, that counts; of equal sizes the two are one."""
    total = n + m
    (_, gx, cx), (_, gy, cy) = (
        side.characteristic(SINGLETON_POINT, scale) for side in (pair.reference, pair.current)
    )
    difference = gx - gy

    def form(flat: NDArray[np.float64]) -> tuple[float, int]:
        inverse = np.linalg.pinv(flat.reshape(4, 4))
        value = total * float(difference @ inverse @ difference)
        return value, max(1, int(np.linalg.matrix_rank(inverse)))

    value, rank = form(total / n * cx + total / m * cy)
    shared, other = (value, rank) if n == m else form(total / m * cx + total / n * cy)
    if shared < value:
        rank = max(rank, other)
    if max(n, m) < SINGLETON_SMALL:
        small = 1.0 + total**-0.45 + 10.1 * (n**-1.7 + m**-1.7)
        value, shared = value / small, shared / small
    value = max(value, 0.0)
    return value, rank, max(min(value, shared), 0.0)


def epps_singleton(
    reference: object,
    current: object,
    *,
    alpha: float = DEFAULT_ALPHA,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Epps-Singleton W2: whether the characteristic functions of two samples agree at
    t = 0.4 and 0.8; unlike Kolmogorov-Smirnov also for discrete rows. From 5 rows a side. Effect
    size: sqrt(W2 (n + m) / (n m)), the Mahalanobis distance of the two functions there.
    The value equals `scipy.stats.epps_singleton_2samp`'s.

    The p-value is chi2(4)'s, a limit: near 0.05 within a fifth at 90 rows a side. Samples of one
    size have SciPy's; of others one that is no smaller: of W2 or, where that is less, of the same
    form with one covariance of both sides' rows. Alerts where p <= alpha.

    >>> from simdrift.metrics import drift
    >>> result = drift.epps_singleton([1.0, 2.0, 3.0, 4.0, 6.0], [5.0, 6.0, 7.0, 9.0, 9.5])
    >>> round(result.value, 4), round(result.p_value, 4)
    (6.32, 0.1765)
    """
    return run(
        "epps_singleton", reference, current, {}, alpha=alpha, weights=weights, threads=threads
    )
