"""Drift of where numbers lie and how far they spread: tests of means, variances, quantiles.

Only finite rows take part; the tests of mean and variance assume nothing of the rows but
finite moments (Welch), or normal ones (the F test of `std_ratio`). Effect sizes and changes
are of the current sample against the reference: positive where it is larger.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric, Param
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.columns import NUMERIC, ColumnState
from simdrift.metrics.drift.checks import SEED, checked_resamples
from simdrift.metrics.drift.run import Weights, run
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.nulls import special
from simdrift.metrics.numbers import as_array, at_most, number_or_array, where
from simdrift.metrics.outcomes import (
    OK_CODE,
    OVERFLOW_CODE,
    Codes,
    Outcomes,
    all_finite,
    all_ok,
    any_true,
    elementwise_at,
    reasons_at,
    status_codes,
)
from simdrift.metrics.over_groups import over_groups
from simdrift.metrics.pair import ColumnPair
from simdrift.metrics.registry import drift_method
from simdrift.metrics.thresholds import DEFAULT_ALPHA
from simdrift.metrics.values import (
    CONSTANT,
    DEGENERATE,
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


class Moments(NamedTuple):
    """Finite rows, mean and variance (ddof 1; 0 of a constant) of the reference (x) and of each
    group (y); the status of all of them."""

    n: Any
    mean_x: Floats
    variance_x: Floats
    m: Any
    mean_y: Floats
    variance_y: Floats
    status: Codes

    @property
    def known(self) -> NDArray[np.bool_]:
        return np.asarray(self.status == OK_CODE)

    @property
    def numbers(self) -> Self:
        """Of one group NumPy's numbers in place of arrays; they divide by 0 as arrays do."""
        return self if len(self.status) > 1 else type(self)(*(field[0] for field in self))

    def outcomes(self, value: Floats, status: Codes, **fields: Any) -> Outcomes:
        """With the finite rows of both sides; fields are absent where there is no value."""
        if not all_ok(status):
            known = status == OK_CODE
            for name in ("p_value", "effect_size", "ci_low", "ci_high"):
                if name in fields:
                    fields[name] = np.where(known, fields[name], np.nan)
            value = np.where(known, value, np.nan)
        return Outcomes(value, status, n_reference=self.n, n_current=self.m, **fields)


def _side(profile: Mapping[str, NDArray[Any]]) -> tuple[Floats, Floats, Codes]:
    """Mean, variance and the status of both."""
    mean, variance, status = profile["mean"], profile["variance"], profile["variance_status"]
    few = profile["finite"] < 2
    if all_ok(status) and all_finite(mean + variance) and not any_true(few):
        return mean, variance, status
    constant = status == CODES[CONSTANT]
    variance = np.where(constant, 0.0, variance)
    fine = (np.isfinite(mean) & np.isfinite(variance)) | constant
    code = np.where(constant, OK_CODE, np.where((status == OK_CODE) & ~fine, OVERFLOW_CODE, status))
    return mean, variance, np.where(few, CODES[TOO_FEW_ROWS], code).astype(np.uint8)


def _moments(pair: GroupedPair) -> Moments:
    """The moments of both sides; a status of the reference counts before one of a group."""
    reference, current = pair.reference_profile, pair.profile
    mean_x, variance_x, left = _side(reference)
    mean_y, variance_y, right = _side(current)
    status = right
    if not all_ok(left):
        status = np.where(left != OK_CODE, left, right).astype(np.uint8)
    rows = reference["finite"], current["finite"]
    return Moments(rows[0], mean_x, variance_x, rows[1], mean_y, variance_y, status)


def _welch(moments: Moments) -> tuple[Floats, Floats]:
    """Standard error of the difference of means, and Welch's degrees of freedom."""
    of = moments.numbers
    a, b = of.variance_x / of.n, of.variance_y / of.m
    square = a + b
    a, b = a / square, b / square
    df = 1.0 / (a * a / (of.n - 1) + b * b / (of.m - 1))
    return as_array(np.sqrt(square)), as_array(where(square == 0.0, np.inf, df))


def _hedges_g(moments: Moments) -> Floats:
    """(mean of y - mean of x) / pooled sd, corrected for small samples (Hedges 1981)."""
    of = moments.numbers
    df = of.n + of.m - 2
    pooled = np.sqrt(((of.n - 1) * of.variance_x + (of.m - 1) * of.variance_y) / df)
    g = (of.mean_y - of.mean_x) / pooled * (1.0 - 3.0 / (4.0 * df - 1.0))
    return as_array(where(pooled != 0.0, g, np.nan))


def _student_ps(t: Floats, df: Floats) -> Floats:
    """`special.student_two_sided_p` of each group."""
    tail = special.special().stdtr(number_or_array(df), -abs(number_or_array(t)))
    return as_array(at_most(1.0, 2.0 * tail))


@drift_method(
    Metric(
        name="drift.t_test",
        title="Welch's t",
        group="location and scale",
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
@over_groups
def measure_t_test(pair: GroupedPair) -> Outcomes:
    """Welch's t of reference against current; effect size Hedges' g."""
    of = _moments(pair)
    error, df = _welch(of)
    still = of.known & (error == 0.0)
    status = status_codes((still, DEGENERATE), otherwise=of.status)
    t, known = (of.mean_x - of.mean_y) / error, status == OK_CODE
    return of.outcomes(
        t,
        status,
        p_value=_student_ps(t, df),
        effect_size=_hedges_g(of),
        log_p=lambda: elementwise_at(known, special.student_two_sided_log_p, t, df),
        reasons=reasons_at(still, "no row varies"),
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
        group="location and scale",
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
@over_groups
def measure_mean_shift(pair: GroupedPair) -> Outcomes:
    """Current mean less reference mean with Welch's interval; effect size Hedges' g."""
    of = _moments(pair)
    shift = of.mean_y - of.mean_x
    error, df = _welch(of)
    still, t = error == 0.0, shift / error
    half_width, p, effect = (
        error * special.special().stdtrit(df, LEVEL),
        _student_ps(t, df),
        _hedges_g(of),
    )
    if any_true(still):
        t = np.where(still, np.where(shift == 0.0, 0.0, np.inf), t)
        half_width, p = np.where(still, 0.0, half_width), np.where(still, shift == 0.0, p)
        effect = np.where(still, np.nan, effect)
    return of.outcomes(
        shift,
        of.status,
        p_value=p,
        effect_size=effect,
        ci_low=shift - half_width,
        ci_high=shift + half_width,
        log_p=lambda: _shift_logs(of.known, still, t, df),
    )


def _shift_logs(
    known: NDArray[np.bool_], still: NDArray[np.bool_], t: Floats, df: Floats
) -> Floats:
    """Logarithms of the p-values; where no row varies p is 1, or 0 without a logarithm."""
    logs = elementwise_at(known & ~still, special.student_two_sided_log_p, t, df)
    return np.where(known & still & (t == 0.0), 0.0, logs) if any_true(still) else logs


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
        group="location and scale",
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
@over_groups
def measure_std_ratio(pair: GroupedPair) -> Outcomes:
    """Current sd over reference sd with the F law's interval; effect size its logarithm."""
    of = _moments(pair)
    vx, vy, d1, d2 = of.variance_x, of.variance_y, of.m - 1, of.n - 1
    f, no_spread = vy / vx, (vx == 0.0) | (vy == 0.0)
    beyond = ~((f > 0.0) & (f < np.inf))
    rules = ((no_spread & (vx == vy), DEGENERATE), (no_spread, CONSTANT), (beyond, OVERFLOW))
    status = status_codes(*rules, otherwise=of.status)
    known, law = status == OK_CODE, special.special()
    upper, lower = law.fdtrc(d1, d2, f), law.fdtrc(d2, d1, 1.0 / f)
    sides = [np.where(upper < lower, *both) for both in ((f, 1.0 / f), (d1, d2), (d2, d1))]
    return of.outcomes(
        np.sqrt(f),
        status,
        p_value=np.minimum(1.0, 2.0 * np.minimum(upper, lower)),
        effect_size=0.5 * elementwise_at(known, math.log, f),
        ci_low=np.sqrt(f / law.fdtri(d1, d2, LEVEL)),
        ci_high=np.sqrt(f * law.fdtri(d2, d1, LEVEL)),
        log_p=lambda: np.minimum(
            0.0, math.log(2.0) + elementwise_at(known, special.f_log_sf, *sides)
        ),
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
        group="location and scale",
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
@over_groups
def measure_levene(pair: GroupedPair) -> Outcomes:
    """Brown and Forsythe's W: an analysis of variance of distances from each median."""
    of = _moments(pair)
    if not any_true(of.known):
        return of.outcomes(of.mean_y, of.status)
    n, m, x, y = of.n, of.m, pair.reference.deviations, pair.deviations(of.known)
    total = n + m
    middle = (n * x["mean"] + m * y["mean"]) / total
    between = n * (x["mean"] - middle) ** 2 + m * (y["mean"] - middle) ** 2
    within = (n - 1) * x["variance"] + (m - 1) * y["variance"]
    beyond, still = ~np.isfinite(between + within), within == 0.0
    status = status_codes((beyond, OVERFLOW), (still, DEGENERATE), otherwise=of.status)
    known, value = status == OK_CODE, (total - 2) * between / within
    ratio = of.variance_y / of.variance_x
    varies = known & (of.variance_x > 0.0) & (of.variance_y > 0.0)
    still = still & (status == CODES[DEGENERATE])
    return of.outcomes(
        value,
        status,
        p_value=special.special().fdtrc(1, total - 2, value),
        effect_size=0.5 * elementwise_at(varies, math.log, ratio),
        log_p=lambda: elementwise_at(known, special.f_log_sf, value, 1, total - 2),
        reasons=reasons_at(still, "no distance varies"),
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


@drift_method(
    Metric(
        name="drift.quantile_shift",
        title="largest change of a quantile",
        group="location and scale",
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
@over_groups
def measure_quantile_shift(pair: GroupedPair, *, bootstrap: int = 0, seed: int = 0) -> Outcomes:
    """The largest change of the 5, 25, 50, 75 and 95 % quantiles in quartile ranges of the
    reference, signed; interval from the order statistics around each quantile, or from
    resampled rows."""
    n, m = pair.reference.valid, pair.valid
    few = np.minimum(n, m) < 2
    whole = Outcomes.refused(
        np.full(len(pair), CODES[TOO_FEW_ROWS], np.uint8), np.full(len(pair), n), m
    )
    places = np.flatnonzero(~few)
    if not len(places):
        return whole
    low, x, high = _order_interval(pair.reference.quantiles, n)
    iqr = float(x[3] - x[1])
    if not 0.0 < iqr < math.inf:
        whole.status[places] = CODES[DEGENERATE if iqr == 0.0 else OVERFLOW]
        whole.reasons = dict.fromkeys(places.tolist(), "no quartile range")
        return whole
    found = _shifts(pair, places, (low, x, high), iqr)
    if bootstrap:
        ends = [
            _resampled_interval(pair.pairs[place], at, bootstrap, np.random.default_rng(seed))
            if status == OK_CODE
            else (math.nan, math.nan)
            for place, at, status in zip(
                places.tolist(), found.largest.tolist(), found.outcomes.status, strict=True
            )
        ]
        found.outcomes.ci_low, found.outcomes.ci_high = np.array(ends).T
    return whole.filled([(places, found.outcomes)])


def _shifts(
    pair: GroupedPair, places: NDArray[np.intp], ends: tuple[Floats, Floats, Floats], iqr: float
) -> _Shifts:
    """The changes of groups, in quartile ranges, and which of the quantiles changes most."""
    n, m = pair.reference.valid, pair.valid[places]
    low, x, high = ends
    below, y, above = _order_intervals(pair, places, m)
    shift = (y - x) / iqr
    left = shift - np.hypot(y - below, high - x) / iqr
    right = shift + np.hypot(above - y, x - low) / iqr
    known = np.isfinite(shift)
    lost = np.asarray(~known.any(axis=1))
    at = np.argmax(np.where(known, np.abs(shift), -1.0), axis=1)
    # towards 0: with ties an interval may end at the quantile on its other side
    half_width = np.where(shift > 0.0, shift - left, right - shift) / special.NORMAL_975
    z = np.where(known & (shift != 0.0), np.abs(shift) / half_width, 0.0)
    z = np.minimum(z, _between(pair, places, x, y))
    strongest = np.max(np.where(np.isnan(z), 0.0, z), axis=1, initial=0.0)
    rows, valued = np.arange(len(places)), ~lost
    status = status_codes((lost, OVERFLOW), otherwise=np.full(len(places), OK_CODE, np.uint8))
    p = len(QUANTILES) * special.normal_two_sided_ps(strongest)
    outcomes = Outcomes(
        np.where(lost, np.nan, shift[rows, at]),
        status,
        np.where(lost, np.nan, np.minimum(1.0, p)),
        np.where(lost, np.nan, shift[:, 2]),
        np.where(lost, np.nan, left[rows, at]),
        np.where(lost, np.nan, right[rows, at]),
        n_reference=np.array([n]),
        n_current=m,
        log_p=lambda: np.where(valued, _any_quantile_log_ps(strongest), np.nan),
        reasons=dict.fromkeys(np.flatnonzero(lost).tolist(), "no finite quantile"),
    )
    return _Shifts(outcomes, at)


class _Shifts(NamedTuple):
    """Outcomes, and the place in QUANTILES of the largest change of each group."""

    outcomes: Outcomes
    largest: NDArray[np.intp]


def _between(pair: GroupedPair, places: NDArray[np.intp], x: Floats, y: Floats) -> Floats:
    """What the shares of rows say of each change of a quantile, in standard deviations: of a
    shift up the reference has more rows at or below its own quantile, and below the current
    one, than the current sample has; the larger of both. Few rows bound a quantile badly, counts
    are right of them. Infinity where a quantile is infinite."""
    n, m = pair.reference.valid, np.asarray(pair.valid[places])[:, np.newaxis]
    low, high, up = np.minimum(x, y), np.maximum(x, y), np.sign(y - x)
    ends = np.concatenate([np.nextafter(low, np.inf), high], axis=1)
    known = np.isfinite(ends)
    before, after = pair.rows_below(places, ends)
    f, g = before / n, after / m
    h = (before + after) / (n + m)
    standard_error = np.sqrt(h * (1.0 - h) * (1.0 / n + 1.0 / m))
    found = np.divide(
        f - g, standard_error, out=np.zeros_like(standard_error), where=standard_error > 0.0
    )
    deviations = np.where(known, np.tile(up, 2) * found, np.inf)
    return np.asarray(np.max(deviations.reshape(len(ends), 2, -1), axis=1, initial=0.0))


def _any_quantile_log_ps(z: Floats) -> Floats:
    """Bonferroni over the quantiles."""
    logs = math.log(len(QUANTILES)) + special.normal_two_sided_log_ps(z)
    return np.asarray(np.minimum(0.0, logs))


def _order_interval(
    quantiles: Callable[[list[float]], Floats], n: Size
) -> tuple[Floats, Floats, Floats]:
    """Lower ends, quantiles and upper ends: the order statistics between which a quantile
    lies in 95 of 100 samples (normal approximation of the binomial law). Of a function that
    gives quantiles, along its last axis."""
    q = np.array(QUANTILES)
    half_width = special.NORMAL_975 * np.sqrt(q * (1.0 - q) / n)
    low, high = q - half_width, q + half_width
    found = np.array(quantiles(np.clip([*low, *q, *high], 0.0, 1.0).tolist()))
    below, above = found[..., :5], found[..., 10:]
    # no row bounds a quantile that so few rows lie beyond
    below[..., low < 0.0], above[..., high > 1.0] = -np.inf, np.inf
    return below, found[..., 5:10], above


def _order_intervals(
    pair: GroupedPair, places: NDArray[np.intp], rows: NDArray[Any]
) -> tuple[Floats, Floats, Floats]:
    """`_order_interval` of groups: those with as many rows share the levels."""
    ends = np.empty((3, len(places), len(QUANTILES)))
    for size in np.unique(rows).tolist():
        own = np.flatnonzero(rows == size)
        ends[:, own] = _order_interval(partial(pair.quantiles, places[own]), size)
    return ends[0], ends[1], ends[2]


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
