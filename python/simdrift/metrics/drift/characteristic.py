"""Drift of the characteristic function: the test of Epps and Singleton.

Only finite rows take part.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric
from simdrift.metrics.columns import NUMERIC
from simdrift.metrics.drift.moment_tests import INFINITE
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
"""Below so many rows on both sides W2 is corrected (Epps and Singleton 1986), and on either side
p-values are of an F law."""
NORMAL_QUARTILE = 0.6744897501960817
NOISE = 1e-13
"""Eigenvalues of a covariance of cosines, of absolute error 1e-15, below this are 0."""
OUTSIDE = 1e-9
"""So far the means of cosines lie apart where no row varies, and the covariance has no range: more
than the rounding of its eigenvectors."""


@drift_method(
    Metric(
        name="drift.epps_singleton",
        title="Epps-Singleton W²",
        group="location and scale",
        formula="W2 of the characteristic functions at t = 0.4, 0.8",
        p_value=(
            "chi2(rank), a limit: near 0.05 within a fifth at 90 rows; of sides that differ "
            "in size, of W2 or, where that is less, of the same form with one covariance "
            "of all rows; Hotelling's F below 25 rows a side"
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
    scale = _scale(pair, n, m)
    if not 0.0 < scale < math.inf:
        status = DEGENERATE if scale == 0.0 else OVERFLOW
        return Outcome(None, status, n_reference=n, n_current=m, reason="no row varies")
    (_, gx, cx), (_, gy, cy) = (side.characteristic(SINGLETON_POINT, scale) for side in pair.near)
    sides = Sides(n, m, gx - gy, cx.reshape(4, 4), cy.reshape(4, 4))
    value, p, log_p = sides.infinite if sides.is_apart else sides.decided()
    return Outcome(
        value,
        p_value=p,
        effect_size=math.sqrt(value * (n + m) / (n * m)) if value < INFINITE else None,
        n_reference=n,
        n_current=m,
        log_p=log_p,
    )


def _scale(pair: ColumnPair, n: Size, m: Size) -> float:
    """Half the quartile range of both samples' rows; where more than half of them are one value,
    what it is of normal rows of their standard deviation."""
    low, high = pair.pooled_quantiles([0.25, 0.75])
    if high > low:
        return 0.5 * float(high) - 0.5 * float(low)
    x, y = pair.reference.profile, pair.current.profile
    shift = (y["mean"] - x["mean"]) + (y["mean_low"] - x["mean_low"])
    within = (n * _std(x) ** 2 + m * _std(y) ** 2) / (n + m)
    return NORMAL_QUARTILE * math.sqrt(within + n * m / (n + m) ** 2 * shift**2)


def _std(profile: Mapping[str, Any]) -> float:
    """The standard deviation; 0 of a constant."""
    std = profile["std"]
    return float(std) if std == std else 0.0


class Sides(NamedTuple):
    """Rows of both sides, the difference of the means of the four functions, and the covariance
    of the functions on each side."""

    n: Size
    m: Size
    difference: Floats
    cx: Floats
    cy: Floats

    @property
    def _noise(self) -> float:
        """What the rounding of cosines leaves of an eigenvalue of `cx / n + cy / m` that is 0."""
        return float(NOISE * (1.0 / self.n + 1.0 / self.m))

    def form(self, covariance: Floats) -> tuple[float, int, float]:
        """The squared Mahalanobis length of the difference within the range of a covariance, the
        rank of that, and the length of what lies outside of it."""
        values, vectors = np.linalg.eigh(covariance)
        part, used = vectors.T @ self.difference, values > self._noise
        outside = float(np.linalg.norm(part[~used]))
        return float(np.sum(part[used] ** 2 / values[used])), int(np.count_nonzero(used)), outside

    @property
    def is_apart(self) -> bool:
        """Whether the samples differ where neither of them varies: W2 is infinite."""
        return self.form(self.cx / self.n + self.cy / self.m)[2] > OUTSIDE

    @property
    def infinite(self) -> tuple[float, float, None]:
        return INFINITE, 0.0, None

    def decided(self) -> tuple[float, float, Callable[[], float]]:
        """W2, its p-value and how to compute the logarithm of that."""
        n, m = self.n, self.m
        value, rank, _ = self.form(self.cx / n + self.cy / m)
        if rank == 0:  # the same constant, but for rows that no cosine tells apart
            return 0.0, 1.0, lambda: 0.0
        if min(n, m) < SINGLETON_SMALL:
            return value / self._correction, *self._small()
        weight, rank = self._least(value, rank)
        log_p = partial(special.chi2_log_sf, weight, rank)
        return value, special.chi2_sf(weight, rank), log_p

    @property
    def _correction(self) -> float:
        """Epps and Singleton's of W2, where both sides are small."""
        n, m = self.n, self.m
        if max(n, m) >= SINGLETON_SMALL:
            return 1.0
        return float(1.0 + (n + m) ** -0.45 + 10.1 * (n**-1.7 + m**-1.7))

    def _least(self, value: float, rank: int) -> tuple[float, int]:
        """What the chi-square law is asked about.

        W2 takes each side's covariance from its own rows. The few rows of a small side that happen
        to lie close together then weigh as if they could lie nowhere else: of one law, a thousand
        rows against ten have p < 0.01 three times in four. Where the covariance of both sides'
        rows makes less of the difference, that counts; of equal sizes the two are one."""
        if self.n == self.m:
            return value, rank
        shared, other, _ = self.form(self.cx / self.m + self.cy / self.n)
        return (shared, max(rank, other)) if shared < value else (value, rank)

    def _small(self) -> tuple[float, Callable[[], float]]:
        """p-value and logarithm by Hotelling's F law where a side has few rows: the larger of that
        of one covariance of all rows and that of a covariance of each side, at Welch's degrees of
        freedom (Nel and van der Merwe 1986)."""
        n, m = self.n, self.m
        sx, sy = self.cx / (n - 1), self.cy / (m - 1)
        pooled = (n * self.cx + m * self.cy) / (n + m - 2) * (1.0 / n + 1.0 / m)
        degrees = _spread(sx + sy) / (_spread(sx) / (n - 1) + _spread(sy) / (m - 1))
        laws = [
            _hotelling(*self.form(sx + sy)[:2], degrees),
            _hotelling(*self.form(pooled)[:2], n + m - 2),
        ]
        return max(laws, key=lambda law: law[0])


def _spread(covariance: Floats) -> float:
    return float(np.trace(covariance @ covariance) + np.trace(covariance) ** 2)


def _hotelling(square: float, rank: int, degrees: float) -> tuple[float, Callable[[], float]]:
    """Tail of a squared Mahalanobis length whose covariance has so many degrees of freedom, and
    its logarithm; 1 where those are too few."""
    rest = degrees - rank + 1.0
    if rank == 0 or not rest > 0.0:
        return 1.0, lambda: 0.0
    f = square * rest / (rank * degrees)
    return float(special.special().fdtrc(rank, rest, f)), partial(special.f_log_sf, f, rank, rest)


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
    The value equals `scipy.stats.epps_singleton_2samp`'s, but where few different values leave
    the covariance without an inverse: then it is of the directions in which rows vary, and the
    largest float64, with p = 0, where the samples differ in another (two different constants).

    The p-value is chi2's with as many degrees of freedom as directions, 4 but of few values: a
    limit, near 0.05 within a fifth at 90 rows a side. Samples of one size have SciPy's; of others
    one that is no smaller: of W2 or, where that is less, of the same form with one covariance of
    both sides' rows. With less than 25 rows on a side it is Hotelling's F law's. The scale is half
    the quartile range; 0.674 standard deviations where that is 0. Alerts where p <= alpha.

    >>> from simdrift.metrics import drift
    >>> result = drift.epps_singleton([1.0, 2.0, 3.0, 4.0, 6.0], [5.0, 6.0, 7.0, 9.0, 9.5])
    >>> round(result.value, 4), round(result.p_value, 4)
    (6.32, 0.3099)
    """
    return run(
        "epps_singleton", reference, current, {}, alpha=alpha, weights=weights, threads=threads
    )
