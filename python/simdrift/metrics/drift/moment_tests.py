"""Drift of where numbers lie and how far they spread: tests of means and variances.

Only finite rows take part; the tests of mean and variance assume nothing of the rows but
finite moments (Welch), or normal ones (the F test of `std_ratio`). Effect sizes and changes
are of the current sample against the reference: positive where it is larger.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.columns import NUMERIC
from simdrift.metrics.drift.run import Weights, run
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.nulls import special
from simdrift.metrics.numbers import as_array, at_least, at_most, number_or_array, where
from simdrift.metrics.outcomes import (
    OK_CODE,
    OVERFLOW_CODE,
    Codes,
    Outcomes,
    all_finite,
    all_ok,
    all_true,
    any_true,
    elementwise_at,
    reasons_at,
    status_codes,
)
from simdrift.metrics.over_groups import over_groups
from simdrift.metrics.registry import drift_method
from simdrift.metrics.thresholds import DEFAULT_ALPHA
from simdrift.metrics.values import (
    CONSTANT,
    DEGENERATE,
    OVERFLOW,
    TOO_FEW_ROWS,
    DriftResult,
)

__all__ = ["levene", "mean_shift", "std_ratio", "t_test"]

LEVEL = 0.975
"""Upper end of the intervals: 95 %."""
LEVENE_ROWS = 3
"""Of two rows both lie as far from their median: W has nothing to divide by."""
SMALLEST, LARGEST = 1e-290, 1e290
"""Variances between these are divided by rows, and multiplied, without a loss of digits."""
INFINITE = sys.float_info.max
"""In place of an infinite statistic, as that of two different constants: its p-value is 0."""

ULPS = 4.0 * sys.float_info.epsilon
"""Distances that differ by less, in parts of the values, are equal but for rounding."""

_UNSCALED = np.zeros(1, np.int64)

Profile = Mapping[str, NDArray[Any]]


class Moments(NamedTuple):
    """Finite rows and variance (ddof 1; 0 of a constant) of the reference (x) and of each group
    (y), the mean of y less that of x, and the status of all of them. Shift and variances are in
    units of 2^exponent, and of its square: 0 unless squares would leave float64's range."""

    n: Any
    variance_x: Floats
    m: Any
    variance_y: Floats
    shift: Floats
    status: Codes
    exponent: NDArray[Any]

    @property
    def known(self) -> NDArray[np.bool_]:
        return np.asarray(self.status == OK_CODE)

    @property
    def numbers(self) -> Self:
        """Of one group NumPy's numbers in place of arrays; they divide by 0 as arrays do."""
        return self if len(self.status) > 1 else type(self)(*(field[0] for field in self))

    @property
    def is_scaled(self) -> bool:
        return any_true(self.exponent != 0)

    def outcomes(self, value: Floats, status: Codes, **fields: Any) -> Outcomes:
        """With the finite rows of both sides; fields are absent where there is no value."""
        if not all_ok(status):
            known = status == OK_CODE
            for name in ("p_value", "effect_size", "ci_low", "ci_high"):
                if name in fields:
                    fields[name] = np.where(known, fields[name], np.nan)
            value = np.where(known, value, np.nan)
        return Outcomes(value, status, n_reference=self.n, n_current=self.m, **fields)


def _side(profile: Profile) -> tuple[Floats, Floats, Codes]:
    """Standard deviation and variance (0 of a constant), and the status of both."""
    std, variance, status = profile["std"], profile["variance"], profile["std_status"]
    few = profile["finite"] < 2
    if all_ok(status) and all_finite(profile["mean"] + std) and not any_true(few):
        return std, variance, status
    constant = status == CODES[CONSTANT]
    std, variance = (np.where(constant, 0.0, found) for found in (std, variance))
    fine = (np.isfinite(profile["mean"]) & np.isfinite(std)) | constant
    code = np.where(constant, OK_CODE, np.where((status == OK_CODE) & ~fine, OVERFLOW_CODE, status))
    return std, variance, np.where(few, CODES[TOO_FEW_ROWS], code).astype(np.uint8)


def _moments(pair: GroupedPair) -> Moments:
    """The moments of both sides; a status of the reference counts before one of a group."""
    reference, current = pair.reference_profile, pair.profile
    std_x, variance_x, left = _side(reference)
    std_y, variance_y, right = _side(current)
    status = right
    if not all_ok(left):
        status = np.where(left != OK_CODE, left, right).astype(np.uint8)
    shift = (current["mean"] - reference["mean"]) + (current["mean_low"] - reference["mean_low"])
    rows = reference["finite"], current["finite"]
    whole = variance_x + variance_y
    if len(whole) == 1 and SMALLEST < whole.item() < LARGEST:
        return Moments(rows[0], variance_x, rows[1], variance_y, shift, status, _UNSCALED)
    fits = (std_x + std_y == 0.0) | ((whole > SMALLEST) & (whole < LARGEST)) | (status != OK_CODE)
    if all_true(fits):
        exponent = np.zeros(len(whole), np.int64)
        return Moments(rows[0], variance_x, rows[1], variance_y, shift, status, exponent)
    exponent = np.where(fits, 0, _exponents(std_x, std_y))
    variance_x, variance_y = (
        np.where(fits, variance, np.ldexp(std, -exponent) ** 2)
        for variance, std in ((variance_x, std_x), (variance_y, std_y))
    )
    halves = 0.5 * current["mean"] - 0.5 * reference["mean"]
    rest = 0.5 * current["mean_low"] - 0.5 * reference["mean_low"]
    shift = np.where(fits, shift, np.ldexp(halves + rest, 1 - exponent))
    return Moments(rows[0], variance_x, rows[1], variance_y, shift, status, exponent)


def _exponents(std_x: Floats, std_y: Floats) -> NDArray[Any]:
    """The binary exponent of the larger standard deviation of each group."""
    larger = np.fmax(std_x, std_y)
    return np.frexp(np.where(np.isfinite(larger), larger, 0.0))[1].astype(np.int64)


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
    g = of.shift / pooled * (1.0 - 3.0 / (4.0 * df - 1.0))
    return as_array(where(pooled != 0.0, g, np.nan))


def _or_largest(statistic: Floats) -> Floats:
    """With the largest float64 of the same sign for what is infinite."""
    number = number_or_array(statistic)
    return as_array(at_most(INFINITE, at_least(-INFINITE, number)))


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
    still = (error == 0.0) & (of.shift == 0.0)
    still = still & of.known if any_true(still) else still
    status = status_codes((still, DEGENERATE), otherwise=of.status)
    t = -of.shift / error

    def log_p() -> Floats:
        known = (status == OK_CODE) & (error > 0.0)
        return elementwise_at(known, special.student_two_sided_log_p, t, df)

    return of.outcomes(
        _or_largest(t),
        status,
        p_value=_student_ps(t, df),
        effect_size=_hedges_g(of),
        log_p=log_p,
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

    Alerts where p <= alpha. Two different constants: the largest float64 with p = 0; twice the
    same constant: status 'degenerate'.

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
    shift = of.shift
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
    if of.is_scaled:
        shift, half_width = np.ldexp(shift, of.exponent), np.ldexp(half_width, of.exponent)
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
    few = np.minimum(of.n, of.m) < LEVENE_ROWS
    status = status_codes((few, TOO_FEW_ROWS), otherwise=of.status)
    if not any_true(status == OK_CODE):
        return of.outcomes(of.shift, status)
    between, within = _levene_squares(pair, of)
    beyond, still = ~np.isfinite(between + within), (within == 0.0) & (between == 0.0)
    status = status_codes((beyond, OVERFLOW), (still, DEGENERATE), otherwise=status)
    total, still = of.n + of.m, still & (status == CODES[DEGENERATE])
    value, valued = (total - 2) * between / within, status == OK_CODE
    known, ratio = valued & (within > 0.0), of.variance_y / of.variance_x
    varies = valued & (of.variance_x > 0.0) & (of.variance_y > 0.0)
    return of.outcomes(
        _or_largest(value),
        status,
        p_value=special.special().fdtrc(1, total - 2, value),
        effect_size=0.5 * elementwise_at(varies, math.log, ratio),
        log_p=lambda: elementwise_at(known, special.f_log_sf, value, 1, total - 2),
        reasons=reasons_at(still, "no distance varies"),
    )


def _levene_squares(pair: GroupedPair, of: Moments) -> tuple[Floats, Floats]:
    """Sums of squares of the distances from the medians between the sides and within them, in
    units of 4^exponent; 0 where they are the rounding of the values alone, or of their medians."""
    sides: list[Profile] = [pair.reference.deviations, pair.deviations(of.known)]
    n, m = of.n, of.m
    (x, y), (u, v) = ([side[name] for side in sides] for name in ("mean", "variance"))
    noise = np.fmax(*(ULPS * (abs(side.get("center", 0.0)) + side["mean"]) for side in sides))
    if of.is_scaled:
        x, y, noise = (np.ldexp(length, -of.exponent) for length in (x, y, noise))
        u, v = (
            np.where(of.exponent == 0, square, np.ldexp(side["std"], -of.exponent) ** 2)
            for square, side in zip((u, v), sides, strict=True)
        )
    change = np.where(abs(y - x) <= noise, 0.0, y - x)
    between = n * (m / (n + m) * change) ** 2 + m * (n / (n + m) * change) ** 2
    within = (n - 1) * u + (m - 1) * v
    return between, np.where(within <= (n + m) * noise * noise, 0.0, within)


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
    `scipy.stats.levene`, but where rows lie equally far from their medians but for rounding: those
    distances do not vary. Alerts where p <= alpha. From 3 rows a side.

    >>> from simdrift.metrics import drift
    >>> round(drift.levene([1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 9.0]).value, 6)
    2.419355
    """
    return run("levene", reference, current, {}, alpha=alpha, weights=weights, threads=threads)
