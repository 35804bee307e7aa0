"""Drift of counts as a change of shares: half the sum of |p - q|, and the largest |p - q|."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric
from simdrift.metrics.columns import COUNTABLE, Bins, Counts
from simdrift.metrics.drift.categorical import chi_squares
from simdrift.metrics.drift.cells import BINS, DEFAULT_BINS, Cut, Tables, by_table, whole_rows
from simdrift.metrics.drift.run import Weights, run
from simdrift.metrics.drift.sparse_tables import (
    EXCHANGE_SEED,
    MOST_CELLS,
    exchanged,
    sparse_bins,
    sparse_places,
    within_1,
)
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.nulls import hypergeometric
from simdrift.metrics.nulls.special import (
    NORMAL_95,
    chi2_log_sf,
    exp_p,
    normal_two_sided_log_ps,
    special,
)
from simdrift.metrics.outcomes import Outcomes, any_true, elementwise
from simdrift.metrics.over_groups import over_groups
from simdrift.metrics.registry import drift_method
from simdrift.metrics.values import NULL_LEVEL, DriftResult

__all__ = ["l_infinity", "total_variation"]

MOST_SIMULATED, SIMULATIONS = 64, 400


@drift_method(
    Metric(
        name="drift.total_variation",
        title="total variation distance",
        group="bins",
        formula="half the sum of |p - q|",
        p_value="of chi-square on the same bins, see below where they are sparse",
        effect_size="the value",
        source="textbook",
        unit="share",
        better="lower",
        bounds=(0.0, 1.0),
        rule="distance",
        threshold=0.1,
        kinds=COUNTABLE,
        params=(BINS,),
    )
)
@over_groups
def measure_total_variation(pair: GroupedPair, *, bins: Bins = DEFAULT_BINS) -> Outcomes:
    """Half the sum of |p - q|; p-value of the chi-square test on the same cells,
    its law by exchanges of rows where they are sparse."""
    return by_table(pair, bins, _total_variations)


def _unchanged(value: Floats, tables: Tables) -> Outcomes:
    """The outcomes of a distance that is its own effect size; p is 1 of a single bin."""
    rows = len(value)
    return Outcomes(
        value,
        np.zeros(rows, np.uint8),
        p_value=np.ones(rows),
        effect_size=value,
        null_quantile=np.zeros(rows),
        n_reference=tables.n,
        n_current=tables.m,
    )


def _total_variations(tables: Tables) -> Outcomes:
    p, q = tables.shares
    outcomes = _unchanged(within_1(0.5 * np.add.reduce(np.abs(p - q), axis=1)), tables)
    if tables.bins < 2:
        return outcomes
    x, df = chi_squares(tables), np.full(len(tables), float(tables.bins - 1))
    for place in sparse_places(tables):
        scale, df[place] = exchanged(_equal_chi_squares, 1.0, float(df[place]), tables, place)
        x[place] /= scale
    outcomes.p_value = np.asarray(special().chdtrc(df, x))
    outcomes.null_quantile = _normal_null_quantiles(tables)
    outcomes.log_p = lambda: elementwise(chi2_log_sf, x, df)
    return outcomes


def _equal_chi_squares(tables: Tables) -> Floats:
    """Chi-square of each table; all have the same rows in a bin and on a side."""
    n, m = float(tables.n[0]), float(tables.m[0])
    squares = (tables.c * m - tables.d * n) ** 2 / tables.both
    return np.asarray(np.add.reduce(squares, axis=1) / (n * m))


def _normal_null_quantiles(tables: Tables) -> Floats:
    """0.95-quantile of half the sum of |p - q| where the shares are normal: simulated by the
    covariance of the multinomial law up to MOST_SIMULATED bins, else by its mean and sd."""
    total = np.add.reduce(tables.both, axis=1, keepdims=True)  # the last bit of weighted rows
    pooled = tables.both / np.asarray(total, float)
    scale = np.sqrt(pooled * tables.inverse_sizes[:, np.newaxis])
    if tables.bins <= MOST_SIMULATED:
        normals = _normals(tables.bins)
        return np.array(
            [_simulated(normals * own, p) for own, p in zip(scale, pooled, strict=True)], float
        )
    sd = scale * np.sqrt(1.0 - pooled)
    mean = 0.5 * sd.sum(axis=1) * math.sqrt(2.0 / math.pi)
    variance = 0.25 * (sd**2).sum(axis=1) * (1.0 - 2.0 / math.pi)
    return np.asarray(mean + NORMAL_95 * np.sqrt(variance))


@lru_cache(maxsize=16)
def _normals(bins: int) -> Floats:
    """(SIMULATIONS, bins) normal numbers, the same at each call."""
    normals = np.random.default_rng(EXCHANGE_SEED).normal(size=(SIMULATIONS, bins))
    normals.flags.writeable = False
    return normals


def _simulated(drawn: Floats, pooled: Floats) -> float:
    """The quantile of half the sum of |p - q| of drawn shares."""
    drawn -= drawn.sum(axis=1, keepdims=True) * pooled
    return float(np.quantile(0.5 * np.abs(drawn).sum(axis=1), NULL_LEVEL))


def total_variation(
    reference: object,
    current: object,
    *,
    bins: Cut = DEFAULT_BINS,
    threshold: float | None = None,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Total variation distance 0.5 sum |p - q| in [0, 1] over the cells of `psi`, unsmoothed:
    the share of rows that would have to move; default threshold 0.1. The p-value is that of
    the chi-square test on the same cells; where they expect fewer than 5 rows, of random
    exchanges of rows.

    >>> from simdrift.metrics import drift
    >>> drift.total_variation(["a", "a", "b", "b"], ["a", "b", "b", "b"]).value
    0.25
    """
    return run(
        "total_variation",
        reference,
        current,
        {"bins": bins},
        threshold,
        weights=weights,
        threads=threads,
    )


@drift_method(
    Metric(
        name="drift.l_infinity",
        title="largest change of a share",
        group="bins",
        formula="max |p - q|",
        p_value=(
            "z-tests of all bins (Fisher's where a bin, or all others together, expect "
            "less than 5 rows), Bonferroni"
        ),
        effect_size="the value",
        source="textbook",
        unit="share",
        better="lower",
        bounds=(0.0, 1.0),
        rule="distance",
        threshold=0.1,
        kinds=COUNTABLE,
        params=(BINS,),
    )
)
@over_groups
def measure_l_infinity(pair: GroupedPair, *, bins: Bins = DEFAULT_BINS) -> Outcomes:
    """The largest |p - q| of a cell; z-tests of all cells, Bonferroni."""
    return by_table(pair, bins, _largest_changes)


def _largest_changes(tables: Tables) -> Outcomes:
    p, q = tables.shares
    change = np.abs(p - q)
    outcomes = _unchanged(np.maximum.reduce(change, axis=1), tables)
    if tables.bins < 2:
        return outcomes
    pooled = tables.both / (tables.n + tables.m)[:, np.newaxis]
    deviation = np.sqrt(pooled * (1.0 - pooled) * tables.inverse_sizes[:, np.newaxis])
    tests = 1 if tables.bins == 2 else tables.bins
    half_width = -float(special().ndtri(0.5 * (1.0 - NULL_LEVEL) / tests))
    sparse = sparse_bins(tables) if tables.bins <= MOST_CELLS else np.zeros(change.shape, bool)
    z = np.max(np.where(sparse, 0.0, change / deviation), axis=1, initial=0.0)
    logs = normal_two_sided_log_ps(z)
    if any_true(sparse):
        for place in np.flatnonzero(sparse.any(axis=1)).tolist():
            fisher = _fisher_log_p(tables.c[place], tables.d[place], sparse[place])
            logs[place] = min(logs[place], fisher)
    logs = np.minimum(0.0, math.log(tests) + logs)
    outcomes.p_value = elementwise(exp_p, logs)
    outcomes.null_quantile = half_width * np.maximum.reduce(deviation, axis=1)
    outcomes.log_p = lambda: logs
    return outcomes


def _fisher_log_p(c: Counts, d: Counts, cells: NDArray[np.bool_]) -> float:
    """log of the smallest p-value of Fisher's exact test of one of the cells against all
    others; 0 without cells."""
    c, d = whole_rows(c), whole_rows(d)
    n, total = int(c.sum()), int(c.sum() + d.sum())
    tables = set(zip(c[cells].tolist(), d[cells].tolist(), strict=True))
    tails = (hypergeometric.two_sided_log_p(a, n, a + b, total) for a, b in tables)
    return min(tails, default=0.0)


def l_infinity(
    reference: object,
    current: object,
    *,
    bins: Cut = DEFAULT_BINS,
    threshold: float | None = None,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """The largest difference |p - q| of the share of a cell, in [0, 1], over the cells of
    `psi`, unsmoothed; default threshold 0.1. The p-value is that of two-proportion z-tests of
    all cells (Fisher's exact ones where a cell, or all others together, expect less than 5
    rows), corrected by Bonferroni.

    >>> from simdrift.metrics import drift
    >>> drift.l_infinity(["a", "a", "b", "b"], ["a", "b", "b", "b"]).value
    0.25
    """
    return run(
        "l_infinity",
        reference,
        current,
        {"bins": bins},
        threshold,
        weights=weights,
        threads=threads,
    )
