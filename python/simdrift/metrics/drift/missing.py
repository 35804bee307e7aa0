"""Drift of the share of missing rows (null or NaN), of any column."""

from __future__ import annotations

import math

import numpy as np

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric
from simdrift.metrics.columns import CATEGORICAL, NULL, NUMERIC, TEMPORAL
from simdrift.metrics.drift.run import Weights, run
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.nulls import hypergeometric
from simdrift.metrics.nulls.special import (
    NORMAL_975,
    exp_p,
    normal_two_sided_log_ps,
    normal_two_sided_ps,
)
from simdrift.metrics.numbers import (
    Numbers,
    as_array,
    at_least,
    at_most,
    each,
    number_or_array,
    quotient,
    root,
)
from simdrift.metrics.outcomes import Outcomes, Sizes, absent, any_true
from simdrift.metrics.over_groups import over_groups
from simdrift.metrics.registry import drift_method
from simdrift.metrics.values import DriftResult, Size

__all__ = ["missing_share"]

THRESHOLD = 0.1
"""Of Cohen's h, where no other is given."""
FEW_EXPECTED = 20
"""Rows expected in a cell of the 2 x 2 table below which Fisher's test is taken."""


@drift_method(
    Metric(
        name="drift.missing_share",
        title="change of missing share",
        group="any column",
        formula="share of missing rows in current minus in reference, Newcombe's 95 % interval",
        p_value="two-proportion z-test, pooled; Fisher's where few rows are missing",
        effect_size="Cohen's h",
        source="Newcombe 1998; Cohen 1988",
        unit="share change",
        better="zero",
        bounds=(-1.0, 1.0),
        rule="distance",
        effect_threshold=THRESHOLD,
        kinds=(NUMERIC, CATEGORICAL, TEMPORAL, NULL),
        needs_values=False,
    )
)
@over_groups
def measure_missing_share(pair: GroupedPair) -> Outcomes:
    """Current share minus reference share of missing rows; two-proportion z-test (pooled),
    Newcombe's 95 % interval, effect size Cohen's h, whose threshold is the default. Where no row is
    missing on either side, or every row, the difference is 0 and so nothing speaks against no
    drift: p = 1."""
    a, n = pair.reference.missing_of()
    b, m = pair.missing_of()
    outcomes = share_differences(a, n, b, m)
    outcomes.practical = _difference_of(a / n, outcomes.value)
    return outcomes if pair.is_weighted else _with_exact(outcomes, int(a), int(n), b, m)


def _difference_of(share: float, change: Floats) -> Floats:
    """The change of a share, up or down as `change` is, whose Cohen's h is THRESHOLD; all of the
    share where there is less."""
    angle = math.asin(math.sqrt(share))
    up, down = angle + 0.5 * THRESHOLD, angle - 0.5 * THRESHOLD
    more = math.sin(min(up, 0.5 * math.pi)) ** 2 - share
    less = share - math.sin(max(down, 0.0)) ** 2
    return np.where(change < 0.0, less, more)


def _with_exact(outcomes: Outcomes, a: int, n: int, b: Sizes, m: Sizes) -> Outcomes:
    """With Fisher's p-values where few missing rows, or few that are not, are expected."""
    counts = zip(
        *(np.broadcast_to(side, (len(outcomes),)).tolist() for side in (b, m)), strict=True
    )
    exact = absent(len(outcomes))
    for place, (own, rows) in enumerate(counts):
        k, total = a + int(own), n + int(rows)
        if min(k, total - k) > 0 and min(n, rows) * min(k, total - k) < FEW_EXPECTED * total:
            exact[place] = hypergeometric.two_sided_log_p(a, n, k, total)
    known, p, log_p = ~np.isnan(exact), outcomes.p_value, outcomes.log_p
    if any_true(known) and p is not None and log_p is not None:
        outcomes.p_value = p.copy()
        outcomes.p_value[known] = [exp_p(log) for log in exact[known].tolist()]
        outcomes.log_p = lambda: np.where(known, exact, log_p())
    return outcomes


def share_differences(a: Size, n: Size, b: Sizes, m: Sizes) -> Outcomes:
    """b / m - a / n of one reference against each group: Newcombe's 95 % interval from both score
    intervals (1998, method 10), the pooled z-test and Cohen's h."""
    b, m = number_or_array(b), number_or_array(m)
    p, q = a / n, b / m
    difference, pooled = q - p, (a + b) / (n + m)
    standard_error = root(pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m))
    z = quotient(difference, standard_error, 0.0)
    p_low, p_high = wilson(p, n)
    q_low, q_high = wilson(q, m)
    effect = 2.0 * (each(math.asin, root(q)) - math.asin(math.sqrt(p)))
    value = as_array(difference)
    return Outcomes(
        value,
        np.zeros(len(value), np.uint8),
        p_value=as_array(normal_two_sided_ps(z)),
        effect_size=as_array(effect),
        ci_low=as_array(difference - each(math.hypot, q - q_low, p_high - p)),
        ci_high=as_array(difference + each(math.hypot, q_high - q, p - p_low)),
        n_reference=np.array([n]),
        n_current=as_array(m),
        log_p=lambda: normal_two_sided_log_ps(as_array(z)),
    )


def wilson(share: Numbers, rows: Numbers) -> tuple[Numbers, Numbers]:
    """Wilson's 95 % score intervals of shares of so many rows."""
    z2 = NORMAL_975**2
    centre = share + z2 / (2 * rows)
    half = NORMAL_975 * root(share * (1 - share) / rows + z2 / (4 * rows * rows))
    scale = 1.0 + z2 / rows
    return at_least(0.0, (centre - half) / scale), at_most(1.0, (centre + half) / scale)


def missing_share(
    reference: object,
    current: object,
    *,
    threshold: float | None = None,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Current share minus reference share of missing rows (null or NaN), in [-1, 1], with
    Newcombe's 95 % interval; p-value of the pooled two-proportion z-test (Fisher's where few rows
    are missing), effect size Cohen's h. The default threshold is the change whose h is 0.1, from 0
    to 0.25 %, from 1 to 2.2 %, from 10 to 13.2 %; one that is given is of the change itself.

    >>> from simdrift.metrics import drift
    >>> drift.missing_share([1.0, None, 3.0, 4.0], [None, None, 3.0, None]).value
    0.5
    """
    return run("missing_share", reference, current, {}, threshold, weights=weights, threads=threads)
