"""Drift of counts as a change of shares: half the sum of |p - q|, and the largest |p - q|."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Floats
from simdrift.catalogue.metric import Metric
from simdrift.metrics.columns import COUNTABLE, Bins
from simdrift.metrics.drift.categorical import chi_squares
from simdrift.metrics.drift.cells import BINS, DEFAULT_BINS, Cut, Tables, by_table
from simdrift.metrics.drift.run import Weights, run
from simdrift.metrics.drift.table_laws import (
    CHI_SQUARE,
    VARIATION,
    NullLaw,
    rough_places,
    sparse_cells,
    within_1,
)
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.nulls.special import (
    NORMAL_95,
    NORMAL_975,
    exp_p,
    normal_two_sided_log_ps,
    special,
)
from simdrift.metrics.outcomes import Outcomes, elementwise
from simdrift.metrics.over_groups import over_groups
from simdrift.metrics.registry import drift_method
from simdrift.metrics.values import NULL_LEVEL, DriftResult

__all__ = ["l_infinity", "total_variation"]

MOST_SIMULATED, SIMULATIONS, SEED = 64, 2_000, 7


@drift_method(
    Metric(
        name="drift.total_variation",
        title="total variation distance",
        group="bins",
        formula="half the sum of |p - q|",
        p_value="of chi-square on the same bins",
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
    """Half the sum of |p - q|; p-value of the chi-square test on the same cells."""
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
    value, law = chi_squares(tables), NullLaw(tables, CHI_SQUARE, np.ones(len(tables)))
    outcomes.p_value = law.p_values(value)
    outcomes.null_quantile = _null_quantiles(tables)
    outcomes.log_p = lambda: law.log_p_values(value)
    return outcomes


def _null_quantiles(tables: Tables) -> Floats:
    """0.95-quantile of half the sum of |p - q|: by moments where bins expect few rows."""
    if not len(places := rough_places(tables, VARIATION)):
        return _normal_null_quantiles(tables)
    smooth = np.setdiff1d(np.arange(len(tables)), places)
    found = NullLaw(tables, VARIATION, np.ones(len(tables))).quantile
    if len(smooth):
        found[smooth] = _normal_null_quantiles(Tables(tables.c[smooth], tables.d[smooth]))
    return found


def _normal_null_quantiles(tables: Tables) -> Floats:
    """0.95-quantile of half the sum of |p - q| where the shares are normal: simulated by the
    covariance of the multinomial law up to MOST_SIMULATED bins, else by its mean and sd."""
    total = np.add.reduce(tables.both, axis=1, keepdims=True)  # the last bit of weighted rows
    pooled = tables.both / np.asarray(total, float)
    scale = np.sqrt(pooled * tables.inverse_sizes[:, np.newaxis])
    if tables.bins == 2:  # |p - q| of either
        return np.asarray(NORMAL_975 * (scale * np.sqrt(1.0 - pooled))[:, 0])
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
    normals = np.random.default_rng(SEED).normal(size=(SIMULATIONS, bins))
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
    the chi-square test on the same cells.

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
            "less than 20 rows), Bonferroni"
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
    sparse = sparse_cells(tables)
    z = np.max(np.where(sparse, 0.0, change / deviation), axis=1, initial=0.0)
    outcomes.null_quantile = half_width * np.maximum.reduce(deviation, axis=1)
    logs = normal_two_sided_log_ps(z)
    if len(places := np.flatnonzero(np.logical_or.reduce(sparse, axis=1))):
        own = Tables(tables.c[places], tables.d[places])
        logs[places] = np.minimum(logs[places], _fisher_log_p(own, sparse[places], tables.threads))
        outcomes.null_quantile[places] = _binomial_quantiles(own, tests)
    logs = np.minimum(0.0, math.log(tests) + logs)
    outcomes.p_value = elementwise(exp_p, logs)
    outcomes.log_p = lambda: logs
    return outcomes


def _fisher_log_p(tables: Tables, cells: NDArray[np.bool_], threads: int | None) -> Floats:
    """log of the smallest p-value of Fisher's exact test of one of the cells of each table against
    all others."""
    c, d = (np.rint(side).astype(np.int64) for side in (tables.c, tables.d))
    n, total = (np.add.reduce(side, axis=1) for side in (c, c + d))
    place, cell = np.nonzero(cells)
    a, b = c[place, cell], d[place, cell]
    logs = _core.fisher_log_p(a, n[place], a + b, total[place], threads=threads)
    least = np.zeros(len(tables))
    np.minimum.at(least, place, logs)
    return least


def _binomial_quantiles(tables: Tables, tests: int) -> Floats:
    """What the largest |p - q| stays at or below: the largest of its bound in each bin, in which
    the smaller side's rows are binomial; Bonferroni."""
    n, m = (side.astype(float)[:, np.newaxis] for side in (tables.n, tables.m))
    smaller, larger = np.minimum(n, m), np.maximum(n, m)
    rows = tables.both.astype(float)
    share = np.broadcast_to(smaller / (n + m), rows.shape)
    tail = 0.5 * (1.0 - NULL_LEVEL) / tests
    bounds = []
    for level in (tail, 1.0 - tail):
        k = np.ceil(np.nan_to_num(special().bdtrik(level, rows, share)))
        k = np.clip(k, 0.0, np.minimum(rows, smaller))
        bounds.append(np.abs(k / smaller - (rows - k) / larger))
    return np.asarray(np.maximum.reduce(np.maximum(*bounds), axis=1))


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
    all cells (Fisher's exact ones where a cell, or all others together, expect less than 20
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
