"""Drift of the share of missing rows (null or NaN), of any column."""

from __future__ import annotations

import math

import numpy as np

from simdrift import _core
from simdrift._types import Floats
from simdrift.catalogue.metric import Metric
from simdrift.metrics.columns import CATEGORICAL, NULL, NUMERIC, TEMPORAL
from simdrift.metrics.drift.run import Weights, run
from simdrift.metrics.grouped import GroupedPair
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
    where,
)
from simdrift.metrics.outcomes import Outcomes, Sizes, any_true, elementwise
from simdrift.metrics.over_groups import over_groups
from simdrift.metrics.pair_stack import PairStack, over_columns
from simdrift.metrics.registry import drift_method
from simdrift.metrics.values import DriftResult

__all__ = ["missing_share"]

THRESHOLD = 0.1
"""Of Cohen's h, where no other is given."""
FEW_ROWS = 5
"""Rows that a cell of the 2 x 2 table expects, for the z-test to serve."""


@drift_method(
    Metric(
        name="drift.missing_share",
        title="change of missing share",
        group="any column",
        formula="share of missing rows in current minus in reference, Newcombe's 95 % interval",
        p_value="two-proportion z-test, pooled; Fisher's where fewer than 5 rows are expected",
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
@over_columns(lambda pair: bool(len(pair.missing_of()[0])) and pair.reference.missing >= 0)
def measure_missing_share(pair: GroupedPair | PairStack) -> Outcomes:
    """Current share minus reference share of missing rows; two-proportion z-test (pooled),
    Newcombe's 95 % interval, effect size Cohen's h, whose threshold is the default. Where no row is
    missing on either side, or every row, the difference is 0 and so nothing speaks against no
    drift: p = 1."""
    a, n = pair.reference.missing_of()
    outcomes = share_differences(a, n, *pair.missing_of())
    outcomes.practical = _difference_of(a / n, outcomes.value)
    return outcomes


def _difference_of(share: Numbers, change: Floats) -> Floats:
    """The change of a share, up or down as `change` is, whose Cohen's h is THRESHOLD; all of the
    share where there is less."""
    angle = each(math.asin, root(share))
    up, down = angle + 0.5 * THRESHOLD, angle - 0.5 * THRESHOLD
    more = each(math.sin, at_most(0.5 * math.pi, up)) ** 2 - share
    less = share - each(math.sin, at_least(0.0, down)) ** 2
    number = number_or_array(change)
    return as_array(where(number < 0.0, less, more))


def share_differences(a: Numbers, n: Numbers, b: Sizes, m: Sizes) -> Outcomes:
    """b / m - a / n of one reference against each group: Newcombe's 95 % interval from both score
    intervals (1998, method 10), the pooled z-test (Fisher's where `fisher_log_p` has one), and
    Cohen's h."""
    b, m = number_or_array(b), number_or_array(m)
    p, q = a / n, b / m
    difference, pooled = q - p, (a + b) / (n + m)
    standard_error = root(pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m))
    z = quotient(difference, standard_error, 0.0)
    p_low, p_high = wilson(p, n)
    q_low, q_high = wilson(q, m)
    effect = 2.0 * (each(math.asin, root(q)) - each(math.asin, root(p)))
    value, fisher = as_array(difference), fisher_log_p(a, n, as_array(b), as_array(m))
    return Outcomes(
        value,
        np.zeros(len(value), np.uint8),
        p_value=_share_ps(z, fisher),
        effect_size=as_array(effect),
        ci_low=as_array(difference - each(math.hypot, q - q_low, p_high - p)),
        ci_high=as_array(difference + each(math.hypot, q_high - q, p - p_low)),
        n_reference=as_array(n),
        n_current=as_array(m),
        log_p=lambda: _share_logs(z, fisher),
    )


def fisher_log_p(a: Numbers, n: Numbers, b: Sizes, m: Sizes) -> Floats | None:
    """log of Fisher's two-sided p-value of a of n rows against b of m in each group, where one of
    the four cells expects fewer than FEW_ROWS; NaN elsewhere, None where all cells expect them.
    Effective rows are rounded."""
    if not _any(a) and not _any(b):  # as a rule: nothing is missing
        return None
    before, now = np.maximum(n, 0.0), np.asarray(m, float)
    rows, total = np.asarray(a + np.asarray(b), float), before + now
    least = np.minimum(rows, total - rows) * np.minimum(before, now) / np.maximum(total, 1.0)
    few = (least < FEW_ROWS) & (rows > 0.0) & (rows < total)
    if not any_true(few):
        return None
    a, n, b, m = (
        np.rint(np.broadcast_to(side, few.shape)[few]).astype(np.int64) for side in (a, n, b, m)
    )
    logs = np.full(few.shape, np.nan)
    logs[few] = _core.fisher_log_p(a, n, a + b, n + m)
    return logs


def _any(rows: Numbers) -> bool:
    return bool(rows.any() if isinstance(rows, np.ndarray) else rows)


def _share_ps(z: Numbers, fisher: Floats | None) -> Floats:
    """p-values of z, or Fisher's where these are."""
    p = as_array(normal_two_sided_ps(z))
    if fisher is None:
        return p
    return np.where(np.isnan(fisher), p, elementwise(exp_p, np.nan_to_num(fisher)))


def _share_logs(z: Numbers, fisher: Floats | None) -> Floats:
    logs = normal_two_sided_log_ps(as_array(z))
    return logs if fisher is None else np.where(np.isnan(fisher), logs, fisher)


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
    Newcombe's 95 % interval; p-value of the pooled two-proportion z-test (of Fisher's where fewer
    than 5 rows are expected), effect size Cohen's h. The default threshold is the change whose h
    is 0.1, from 0 to 0.25 %, from 1 to 2.2 %, from 10 to 13.2 %; one that is given is of the change
    itself.

    >>> from simdrift.metrics import drift
    >>> drift.missing_share([1.0, None, 3.0, 4.0], [None, None, 3.0, None]).value
    0.5
    """
    return run("missing_share", reference, current, {}, threshold, weights=weights, threads=threads)
