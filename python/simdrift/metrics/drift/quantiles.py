"""Drift of quantiles, with intervals that assume no law of the rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric, Param
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.columns import NUMERIC, ColumnState, ReferenceColumn
from simdrift.metrics.drift.checks import SEED, checked_resamples
from simdrift.metrics.drift.run import Weights, run
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.near import check_exact
from simdrift.metrics.nulls import hypergeometric, special
from simdrift.metrics.outcomes import (
    OK_CODE,
    Outcomes,
    status_codes,
)
from simdrift.metrics.over_groups import over_groups
from simdrift.metrics.pair import ColumnPair
from simdrift.metrics.registry import drift_method
from simdrift.metrics.values import (
    DEGENERATE,
    OVERFLOW,
    TOO_FEW_ROWS,
    DriftResult,
    Size,
)

__all__ = ["quantile_shift"]

LEVEL = 0.975
"""Upper end of the intervals: 95 %."""
NORMAL_RANGE = 1.3489795003921634
"""The quartile range of normal rows, in standard deviations."""
FISHER_ROWS = 20
"""Up to so many rows on a side shares have Fisher's law."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


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
            "of the order statistics, or of the shares of rows beyond the quantiles (Fisher's up "
            "to 20 rows a side) where they say less; Bonferroni, errs upwards"
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
    reference = pair.near[0]
    low, x, high = _order_interval(reference.quantiles, n)
    check_exact(x, reference.offset)
    iqr = _range(reference, x)
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


def _range(reference: ReferenceColumn, quantiles: Floats) -> float:
    """The quartile range of the reference; where more than half of its rows are one value, what it
    is of normal rows of its standard deviation."""
    iqr = float(quantiles[3] - quantiles[1])
    if iqr != 0.0:
        return iqr
    std = float(reference.profile["std"])
    return NORMAL_RANGE * std if std == std else 0.0


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
    deviations = np.tile(up, 2) * found
    for place in np.flatnonzero(np.minimum(n, m[:, 0]) <= FISHER_ROWS).tolist():
        deviations[place] = np.where(
            deviations[place] > 0.0, _fisher(before[place], n, after[place], m[place, 0]), 0.0
        )
    deviations = np.where(known, deviations, np.inf)
    return np.asarray(np.max(deviations.reshape(len(ends), 2, -1), axis=1, initial=0.0))


def _fisher(before: NDArray[Any], n: Size, after: NDArray[Any], m: Size) -> Floats:
    """The deviations of the normal law that are as likely as Fisher's test says that shares of few
    rows are."""
    rows, total = round(m), round(n) + round(m)
    logs = [
        hypergeometric.two_sided_log_p(a, rows, min(a + round(b), total), total)
        for a, b in zip((round(a) for a in after.tolist()), before.tolist(), strict=True)
    ]
    return np.asarray(-special.special().ndtri(0.5 * np.exp(logs)))


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
    x, y = (resampled_quantiles(side, resamples, rng) for side in pair.near)
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
