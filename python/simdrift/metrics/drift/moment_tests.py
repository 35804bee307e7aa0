"""Drift of where numbers lie and how far they spread: tests of means, variances, quantiles.

Only finite rows take part; the tests of mean and variance assume nothing of the rows but
finite moments (Welch), or normal ones (the F test of `std_ratio`). Effect sizes and changes
are of the current sample against the reference: positive where it is larger.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdrift.catalogue.metric import Metric, Param
from simdrift.metrics.columns import NUMERIC, ColumnState
from simdrift.metrics.drift.checks import SEED, checked_resamples
from simdrift.metrics.drift.run import Weights, run
from simdrift.metrics.nulls import special
from simdrift.metrics.pair import ColumnPair
from simdrift.metrics.registry import drift_method
from simdrift.metrics.thresholds import DEFAULT_ALPHA
from simdrift.metrics.values import (
    CONSTANT,
    DEGENERATE,
    OK,
    OVERFLOW,
    TOO_FEW_ROWS,
    DriftResult,
    Outcome,
    Size,
)

__all__ = ["epps_singleton", "levene", "mean_shift", "quantile_shift", "std_ratio", "t_test"]

LEVEL = 0.975
"""Upper end of the intervals: 95 %."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
SINGLETON_POINT = 0.4  # and twice as much
SINGLETON_ROWS = 5
SINGLETON_SMALL = 25
"""Below so many rows on both sides W2 is corrected (Epps and Singleton 1986)."""


def _moments(side: ColumnState) -> tuple[Size, float, float, str]:
    """Finite rows, mean, variance (ddof 1; 0 of a constant), and the status of both."""
    found: Mapping[str, Any] = side.profile
    n = found["finite"]
    if n < 2:
        return n, math.nan, math.nan, TOO_FEW_ROWS
    status = found["variance_status"]
    if status == CONSTANT:
        return n, float(found["mean"]), 0.0, OK
    mean, variance = float(found["mean"]), float(found["variance"])
    fine = math.isfinite(mean) and math.isfinite(variance)
    return n, mean, variance, status if status != OK else OK if fine else OVERFLOW


def _both(
    pair: ColumnPair,
) -> tuple[Outcome | None, tuple[Size, float, float, Size, float, float]]:
    """An outcome where a side has no mean or variance; else (n, mean, variance) of both."""
    n, mean, variance, left = _moments(pair.reference)
    m, other, spread, right = _moments(pair.current)
    status = left if left != OK else right
    refused = None if status == OK else Outcome(None, status, n_reference=n, n_current=m)
    return refused, (n, mean, variance, m, other, spread)


def _welch(n: Size, vx: float, m: Size, vy: float) -> tuple[float, float]:
    """Standard error of the difference of means, and Welch's degrees of freedom."""
    a, b = vx / n, vy / m
    square = a + b
    if square == 0.0:
        return 0.0, math.inf
    a, b = a / square, b / square
    return math.sqrt(square), 1.0 / (a * a / (n - 1) + b * b / (m - 1))


def hedges_g(n: float, mean: float, vx: float, m: float, other: float, vy: float) -> float | None:
    """(mean of y - mean of x) / pooled sd, corrected for small samples (Hedges 1981)."""
    df = n + m - 2
    pooled = math.sqrt(((n - 1) * vx + (m - 1) * vy) / df)
    if pooled == 0.0:
        return None
    return (other - mean) / pooled * (1.0 - 3.0 / (4.0 * df - 1.0))


@drift_method(
    Metric(
        name="drift.t_test",
        title="Welch's t",
        group="location and spread",
        formula="Welch's t of reference against current",
        p_value="Student",
        effect_size="Hedges' g",
        source="Welch 1947; scipy.stats.ttest_ind(equal_var=False)",
        better="zero",
        rule="test",
        kinds=(NUMERIC,),
        statuses=("too_few_rows", "degenerate"),
    )
)
def measure_t_test(pair: ColumnPair) -> Outcome:
    """Welch's t of reference against current; effect size Hedges' g."""
    refused, (n, mean, vx, m, other, vy) = _both(pair)
    if refused is not None:
        return refused
    error, df = _welch(n, vx, m, vy)
    if error == 0.0:
        return Outcome(None, DEGENERATE, n_reference=n, n_current=m, reason="no row varies")
    t = (mean - other) / error
    return Outcome(
        t,
        p_value=special.student_two_sided_p(t, df),
        effect_size=hedges_g(n, mean, vx, m, other, vy),
        n_reference=n,
        n_current=m,
        log_p=partial(special.student_two_sided_log_p, t, df),
    )


def t_test(
    reference: object,
    current: object,
    *,
    alpha: float = DEFAULT_ALPHA,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Welch's t of the means of two samples with unequal variances; effect size Hedges' g,
    positive where the current mean is larger (t is then negative). Equals
    `scipy.stats.ttest_ind(reference, current, equal_var=False)`.

    Alerts where p <= alpha. Two constant samples: status 'degenerate'.

    >>> from simdrift.metrics import drift
    >>> result = drift.t_test([1.0, 2.0, 3.0], [2.0, 4.0, 6.0, 8.0])
    >>> round(result.value, 6), round(result.p_value, 6)
    (-2.12132, 0.099913)
    """
    return run("t_test", reference, current, {}, alpha=alpha, weights=weights, threads=threads)


@drift_method(
    Metric(
        name="drift.mean_shift",
        title="change of the mean",
        group="location and spread",
        formula="mean(y) - mean(x), Welch's 95 % interval",
        p_value="Student",
        effect_size="Hedges' g",
        source="Welch 1947; scipy.stats.ttest_ind(equal_var=False)",
        unit="column",
        better="zero",
        rule="test",
        kinds=(NUMERIC,),
        statuses=("too_few_rows",),
    )
)
def measure_mean_shift(pair: ColumnPair) -> Outcome:
    """Current mean less reference mean with Welch's interval; effect size Hedges' g."""
    refused, (n, mean, vx, m, other, vy) = _both(pair)
    if refused is not None:
        return refused
    shift = other - mean
    error, df = _welch(n, vx, m, vy)
    if error == 0.0:
        p = 1.0 if shift == 0.0 else 0.0
        return Outcome(shift, OK, p, None, shift, shift, n_reference=n, n_current=m)
    reach = error * special.student_quantile(LEVEL, df)
    return Outcome(
        shift,
        p_value=special.student_two_sided_p(shift / error, df),
        effect_size=hedges_g(n, mean, vx, m, other, vy),
        ci_low=shift - reach,
        ci_high=shift + reach,
        n_reference=n,
        n_current=m,
        log_p=partial(special.student_two_sided_log_p, shift / error, df),
    )


def mean_shift(
    reference: object,
    current: object,
    *,
    alpha: float = DEFAULT_ALPHA,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Current mean less reference mean, in the column's unit, with Welch's 95 % interval and
    p-value; effect size Hedges' g. Alerts where p <= alpha.

    >>> from simdrift.metrics import drift
    >>> result = drift.mean_shift([1.0, 2.0, 3.0], [2.0, 4.0, 6.0, 8.0])
    >>> result.value, round(result.ci_low, 4), round(result.ci_high, 4)
    (3.0, -0.898, 6.898)
    """
    return run("mean_shift", reference, current, {}, alpha=alpha, weights=weights, threads=threads)


@drift_method(
    Metric(
        name="drift.std_ratio",
        title="ratio of the standard deviations",
        group="location and spread",
        formula="sd(y) / sd(x), interval of the F law",
        p_value="F, two-sided",
        effect_size="its logarithm",
        source="textbook: the F test of two variances",
        bounds=(0.0, None),
        rule="test",
        kinds=(NUMERIC,),
        statuses=("too_few_rows", "constant", "degenerate"),
    )
)
def measure_std_ratio(pair: ColumnPair) -> Outcome:
    """Current sd over reference sd with the F law's interval; effect size its logarithm."""
    refused, (n, _, vx, m, _, vy) = _both(pair)
    if refused is not None:
        return refused
    if vx == 0.0 or vy == 0.0:
        status = DEGENERATE if vx == vy else CONSTANT
        return Outcome(None, status, n_reference=n, n_current=m)
    f = vy / vx
    if not 0.0 < f < math.inf:
        return Outcome(None, OVERFLOW, n_reference=n, n_current=m)
    upper, lower = special.f_sf(f, m - 1, n - 1), special.f_sf(1.0 / f, n - 1, m - 1)
    side = (f, m - 1, n - 1) if upper < lower else (1.0 / f, n - 1, m - 1)
    return Outcome(
        math.sqrt(f),
        p_value=min(1.0, 2.0 * min(upper, lower)),
        effect_size=0.5 * math.log(f),
        ci_low=math.sqrt(f / special.f_quantile(LEVEL, m - 1, n - 1)),
        ci_high=math.sqrt(f * special.f_quantile(LEVEL, n - 1, m - 1)),
        n_reference=n,
        n_current=m,
        log_p=lambda: min(0.0, math.log(2.0) + special.f_log_sf(*side)),
    )


def std_ratio(
    reference: object,
    current: object,
    *,
    alpha: float = DEFAULT_ALPHA,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Current standard deviation over the reference's, with the F test's 95 % interval and
    two-sided p-value; effect size: its natural logarithm. Alerts where p <= alpha.

    The F test holds for normal rows; `levene` does for others. A constant sample has none:
    status 'constant', or 'degenerate' where both are.

    >>> from simdrift.metrics import drift
    >>> drift.std_ratio([1.0, 2.0, 3.0], [2.0, 4.0, 6.0]).value
    2.0
    """
    return run("std_ratio", reference, current, {}, alpha=alpha, weights=weights, threads=threads)


@drift_method(
    Metric(
        name="drift.levene",
        title="Brown-Forsythe W",
        group="location and spread",
        formula="W about the medians",
        p_value="F(1, N - 2)",
        effect_size="log sd(y)/sd(x)",
        source='Brown and Forsythe 1974; scipy.stats.levene(center="median")',
        better="lower",
        bounds=(0.0, None),
        rule="test",
        kinds=(NUMERIC,),
        statuses=("too_few_rows", "degenerate"),
    )
)
def measure_levene(pair: ColumnPair) -> Outcome:
    """Brown and Forsythe's W: an analysis of variance of distances from each median."""
    refused, (n, _, vx, m, _, vy) = _both(pair)
    if refused is not None:
        return refused
    x, y = pair.reference.deviations, pair.current.deviations
    total = n + m
    middle = (n * x["mean"] + m * y["mean"]) / total
    between = n * (x["mean"] - middle) ** 2 + m * (y["mean"] - middle) ** 2
    within = (n - 1) * x["variance"] + (m - 1) * y["variance"]
    if not math.isfinite(between + within):
        return Outcome(None, OVERFLOW, n_reference=n, n_current=m)
    if within == 0.0:
        return Outcome(None, DEGENERATE, n_reference=n, n_current=m, reason="no distance varies")
    value = (total - 2) * between / within
    return Outcome(
        value,
        p_value=special.f_sf(value, 1, total - 2),
        effect_size=0.5 * math.log(vy / vx) if vx > 0.0 and vy > 0.0 else None,
        n_reference=n,
        n_current=m,
        log_p=partial(special.f_log_sf, value, 1, total - 2),
    )


def levene(
    reference: object,
    current: object,
    *,
    alpha: float = DEFAULT_ALPHA,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Levene's W about the medians (Brown and Forsythe 1974): whether two samples spread
    equally, whatever their law; effect size: log of the ratio of standard deviations. Equals
    `scipy.stats.levene`. Alerts where p <= alpha.

    >>> from simdrift.metrics import drift
    >>> round(drift.levene([1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 9.0]).value, 6)
    2.419355
    """
    return run("levene", reference, current, {}, alpha=alpha, weights=weights, threads=threads)


@drift_method(
    Metric(
        name="drift.epps_singleton",
        title="Epps-Singleton W²",
        group="location and spread",
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


@drift_method(
    Metric(
        name="drift.quantile_shift",
        title="largest change of a quantile",
        group="location and spread",
        formula=(
            "largest change of the 5, 25, 50, 75, 95 % quantiles in IQR(x), signed, with "
            "interval from order statistics or a bootstrap"
        ),
        p_value=(
            "of the order statistics, or of the shares of rows beyond the quantiles where "
            "they say less; Bonferroni, errs upwards"
        ),
        effect_size="change of the median",
        source="textbook: intervals of quantiles by order statistics",
        unit="IQR",
        better="zero",
        rule="distance",
        threshold=0.25,
        kinds=(NUMERIC,),
        params=(
            Param(
                "bootstrap", 0, "resamples for the interval; 0: order statistics", checked_resamples
            ),
            SEED,
        ),
        statuses=("too_few_rows", "degenerate"),
    )
)
def measure_quantile_shift(pair: ColumnPair, *, bootstrap: int = 0, seed: int = 0) -> Outcome:
    """The largest change of the 5, 25, 50, 75 and 95 % quantiles in quartile ranges of the
    reference, signed; interval from the order statistics around each quantile, or from
    resampled rows."""
    n, m = pair.reference.valid, pair.current.valid
    if min(n, m) < 2:
        return Outcome(None, TOO_FEW_ROWS, n_reference=n, n_current=m)
    low, x, high = _order_interval(pair.reference, n)
    below, y, above = _order_interval(pair.current, m)
    iqr = float(x[3] - x[1])
    if not 0.0 < iqr < math.inf:
        status = DEGENERATE if iqr == 0.0 else OVERFLOW
        return Outcome(None, status, n_reference=n, n_current=m, reason="no quartile range")
    shift = (y - x) / iqr
    left = shift - np.hypot(y - below, high - x) / iqr
    right = shift + np.hypot(above - y, x - low) / iqr
    known = np.isfinite(shift)
    if not known.any():
        return Outcome(None, OVERFLOW, n_reference=n, n_current=m, reason="no finite quantile")
    at = int(np.argmax(np.where(known, np.abs(shift), -1.0)))
    # towards 0: with ties an interval may end at the quantile on its other side
    reach = np.where(shift > 0.0, shift - left, right - shift) / special.NORMAL_975
    z = np.where(known & (shift != 0.0), np.abs(shift) / reach, 0.0)
    z = np.minimum(z, _between(pair, x, y, n, m))
    strongest = float(np.max(z[~np.isnan(z)], initial=0.0))
    ends = float(left[at]), float(right[at])
    if bootstrap:
        ends = _resampled_interval(pair, at, bootstrap, np.random.default_rng(seed))
    return Outcome(
        float(shift[at]),
        p_value=min(1.0, len(QUANTILES) * special.normal_two_sided_p(strongest)),
        effect_size=float(shift[2]),
        ci_low=ends[0],
        ci_high=ends[1],
        n_reference=n,
        n_current=m,
        log_p=partial(_any_quantile_log_p, strongest),
    )


def _between(pair: ColumnPair, x: Any, y: Any, n: Size, m: Size) -> NDArray[np.float64]:
    """What the shares of rows say of each change of a quantile, in standard deviations: of a
    shift up the reference has more rows at or below its own quantile, and below the current
    one, than the current sample has; the larger of both. Few rows bound a quantile badly, counts
    are right of them. Infinity where a quantile is infinite."""
    low, high, up = np.minimum(x, y), np.maximum(x, y), np.sign(y - x)
    ends = np.concatenate([np.nextafter(low, np.inf), high])
    known = np.isfinite(ends)
    cuts = np.unique(ends[known])
    below = [np.cumsum(side.count_cells(cuts))[:-1] for side in (pair.reference, pair.current)]
    f, g = below[0] / n, below[1] / m
    h = (below[0] + below[1]) / (n + m)
    spread = np.sqrt(h * (1.0 - h) * (1.0 / n + 1.0 / m))
    deviations = np.full(len(ends), np.inf)
    found = np.divide(f - g, spread, out=np.zeros(len(cuts)), where=spread > 0.0)
    deviations[known] = np.tile(up, 2)[known] * found[np.searchsorted(cuts, ends[known])]
    return np.asarray(np.max(deviations.reshape(2, -1), axis=0, initial=0.0))


def _any_quantile_log_p(z: float) -> float:
    """Bonferroni over the quantiles."""
    return min(0.0, math.log(len(QUANTILES)) + special.normal_two_sided_log_p(z))


def _order_interval(side: ColumnState, n: Size) -> tuple[Any, Any, Any]:
    """Lower ends, quantiles and upper ends: the order statistics between which a quantile
    lies in 95 of 100 samples (normal approximation of the binomial law)."""
    q = np.array(QUANTILES)
    reach = special.NORMAL_975 * np.sqrt(q * (1.0 - q) / n)
    low, high = q - reach, q + reach
    found = np.asarray(side.quantiles(np.clip([*low, *q, *high], 0.0, 1.0).tolist()))
    below, above = found[:5], found[10:]
    # no row bounds a quantile that so few rows lie beyond
    below[low < 0.0], above[high > 1.0] = -np.inf, np.inf
    return below, found[5:10], above


def _resampled_interval(
    pair: ColumnPair, at: int, resamples: int, rng: np.random.Generator
) -> tuple[float, float]:
    """95 % percentile interval of the change of one quantile, rows of both sides drawn with
    replacement."""
    x = resampled_quantiles(pair.reference, resamples, rng)
    y = resampled_quantiles(pair.current, resamples, rng)
    change = (y[:, at] - x[:, at]) / (x[:, 3] - x[:, 1])
    change = change[np.isfinite(change)]
    if len(change) == 0:
        return math.nan, math.nan
    low, high = np.quantile(change, [1.0 - LEVEL, LEVEL])
    return float(low), float(high)


def resampled_quantiles(
    side: ColumnState, resamples: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """The quantiles of each of so many samples of the side's rows, drawn with replacement
    (resamples x quantiles). Row j of a sorted resample is row ceil(n U) of the sorted side, U
    the j-th of n sorted uniform numbers: a ratio of sums of exponential ones. So five quantiles
    take eleven gamma variates, whatever n."""
    n = max(1, round(side.valid))
    place = (n - 1) * np.array(QUANTILES)
    below = np.floor(place).astype(np.int64)
    ranks = np.unique(np.concatenate([below, np.minimum(below + 1, n - 1)])) + 1
    steps = np.diff(ranks, prepend=0, append=n + 1)
    sums = np.cumsum(rng.gamma(steps, size=(resamples, len(steps))), axis=1)
    chosen = np.ceil(n * (sums[:, :-1] / sums[:, -1:])).clip(1, n) - 1
    level = chosen.ravel() / max(n - 1, 1)
    rows = side.quantiles_at(level).reshape(chosen.shape)
    first = np.searchsorted(ranks, below + 1)
    second = np.searchsorted(ranks, np.minimum(below + 1, n - 1) + 1)
    return np.asarray(rows[:, first] + (place - below) * (rows[:, second] - rows[:, first]))


def quantile_shift(
    reference: object,
    current: object,
    *,
    bootstrap: int = 0,
    seed: int = 0,
    threshold: float | None = None,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """The largest change of the 5, 25, 50, 75 and 95 % quantiles, in quartile ranges (IQR) of
    the reference: 0.3 is up by 0.3 IQR. Effect size: the median's change.

    Interval and p-value (Bonferroni over the five) from order statistics, or from the shares of
    rows beyond the quantiles where they say less: no law is assumed; the p-value errs upwards.
    `bootstrap`: so many resamples of both sides (seeded) give the interval
    instead, the quartile range resampled too. Default threshold 0.25. A reference without a
    quartile range: status 'degenerate'.

    >>> import numpy as np
    >>> from simdrift.metrics import drift
    >>> drift.quantile_shift(np.arange(101.0), np.arange(101.0) + 10.0).value
    0.2
    """
    params = {"bootstrap": bootstrap, "seed": seed} if bootstrap or seed else {}
    return run(
        "quantile_shift", reference, current, params, threshold, weights=weights, threads=threads
    )
