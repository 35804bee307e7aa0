"""Drift of counts: categories as they are, numbers over cells cut by the reference.

A distance of two samples of one law is never 0. It is its own effect size. With c_i, d_i rows in
cell i of B, and p, q the shares, the null distribution follows from
sum (p-q)^2/p ~ (1/n + 1/m) chi2(B-1):
PSI / (1/n + 1/m) ~ chi2(B-1), and JSD (base 2) ~ (1/n + 1/m) / (8 ln 2) chi2(B-1), KL ~ half,
the squared Hellinger distance ~ an eighth of PSI: the first terms of their expansions about
p = q. Where cells expect few rows that is poor: then the mean and the variance of the statistic
under random exchanges of rows (hypergeometric, seeded) give the chi-square law its scale and
its degrees of freedom.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric
from simdrift.metrics.columns import CATEGORICAL, COUNTABLE, Bins, Counts
from simdrift.metrics.drift.categorical import chi_squares, cramers_v
from simdrift.metrics.drift.cells import (
    BINS,
    DEFAULT_BINS,
    DEFAULT_SMOOTHING,
    SMOOTHING,
    Cut,
    Tables,
    by_table,
    whole_rows,
)
from simdrift.metrics.drift.run import Weights, run
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.nulls import hypergeometric
from simdrift.metrics.nulls.special import (
    NORMAL_95,
    chi2_log_sf,
    chi2_quantile,
    exp_p,
    normal_two_sided_log_ps,
    special,
)
from simdrift.metrics.outcomes import (
    OVERFLOW_CODE,
    Outcomes,
    all_true,
    any_true,
    elementwise,
    known_where,
)
from simdrift.metrics.over_groups import over_groups
from simdrift.metrics.registry import drift_method
from simdrift.metrics.values import NULL_LEVEL, DriftResult

__all__ = ["hellinger", "jensen_shannon", "kl", "l_infinity", "psi", "total_variation"]

EXPECTED_ROWS = 5
"""Rows that each cell of the smaller side expects, for the expansions to serve."""
MOST_CELLS = 2_000
"""Of more cells no rows are exchanged: they cost a draw each."""
EXCHANGES, EXCHANGE_SEED = 100, 7
MOST_SIMULATED, SIMULATIONS = 64, 400


Statistic = Callable[[Tables], Floats]
"""The statistic of each table."""


def _smoothed(tables: Tables, smoothing: float) -> tuple[Floats, Floats]:
    """Shares of both sides after `smoothing` rows more a bin."""
    if smoothing == 0.0:
        return tables.shares
    n, m = (rows + smoothing * tables.bins for rows in (tables.n, tables.m))
    p, q = (tables.c + smoothing) / n[:, np.newaxis], (tables.d + smoothing) / m[:, np.newaxis]
    return p, q


def _psi(smoothing: float, tables: Tables) -> Floats:
    p, q = _smoothed(tables, smoothing)
    return np.asarray(np.add.reduce((q - p) * np.log(q / p), axis=1))


def _kl(smoothing: float, tables: Tables) -> Floats:
    p, q = _smoothed(tables, smoothing)
    terms = np.where(p > 0.0, p * np.log(p / q), 0.0)
    return np.asarray(np.maximum(np.add.reduce(terms, axis=1), 0.0))


def _divergence(tables: Tables) -> Floats:
    """Jensen-Shannon divergence in bits, within [0, 1]."""
    p, q = tables.shares
    middle, total = 0.5 * (p + q), np.zeros(len(p))
    for side in (p, q):
        terms = np.where(side > 0.0, side * np.log2(side / middle), 0.0)
        total = total + np.add.reduce(terms, axis=1)
    return _within_1(0.5 * total)


def _hellinger(tables: Tables) -> Floats:
    """1 - sum sqrt(p q); near 0 as half the sum of (sqrt p - sqrt q)^2, which cancels nothing."""
    p, q = tables.shares
    shared = np.add.reduce(np.sqrt(p * q), axis=1)
    near = 0.5 * np.add.reduce((np.sqrt(p) - np.sqrt(q)) ** 2, axis=1)
    return _within_1(np.where(shared < 0.5, 1.0 - shared, near))


def _within_1(value: Floats) -> Floats:
    """Without what rounding leaves outside of [0, 1]."""
    return np.asarray(np.minimum(np.maximum(value, 0.0), 1.0))


@drift_method(
    Metric(
        name="drift.psi",
        title="PSI",
        group="bins",
        formula="sum (p - q) ln(p / q) over bins, 0.5 rows added to each bin of both sides",
        p_value="PSI / (1/n + 1/m) ~ chi2(B - 1)",
        effect_size="the value",
        source="Siddiqi 2006; Yurdakul 2018 (its law)",
        unit="nats",
        better="lower",
        bounds=(0.0, None),
        rule="distance",
        threshold=0.2,
        kinds=COUNTABLE,
        params=(BINS, SMOOTHING),
    )
)
@over_groups
def measure_psi(
    pair: GroupedPair, *, bins: Bins = DEFAULT_BINS, smoothing: float = DEFAULT_SMOOTHING
) -> Outcomes:
    """Population stability index sum (p-q) ln(p/q), in nats."""
    statistic = partial(_psi, smoothing)
    return by_table(pair, bins, lambda tables: _calibrated(statistic, tables, 1.0))


def _rooted(statistic: Statistic, tables: Tables, part: float) -> Outcomes:
    """The outcomes of a distance whose square is the statistic."""
    outcomes = _calibrated(statistic, tables, part)
    outcomes.value = outcomes.effect_size = np.sqrt(outcomes.value)
    assert outcomes.null_quantile is not None
    outcomes.null_quantile = np.sqrt(outcomes.null_quantile)
    return outcomes


def psi(
    reference: object,
    current: object,
    *,
    bins: Cut = DEFAULT_BINS,
    smoothing: float = DEFAULT_SMOOTHING,
    threshold: float | None = None,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Population stability index sum (p-q) ln(p/q) >= 0, of numbers over `bins` cells of equal
    count in the reference (or cells of equal width: 'equal_width', 'sturges', 'doane', 'fd'; or
    given cut points; the outer cells are open), of categories over themselves; default
    threshold 0.2.

    `smoothing` rows are added to each cell before shares are taken. `null_quantile` is what
    samples without drift stay below in 95 of 100 samples of these sizes.

    >>> from simdrift.metrics import drift
    >>> round(drift.psi(["a"] * 50 + ["b"] * 50, ["a"] * 80 + ["b"] * 20, smoothing=0).value, 6)
    0.415888
    """
    params: dict[str, Any] = {"bins": bins}
    if smoothing != DEFAULT_SMOOTHING:
        params["smoothing"] = smoothing
    return run("psi", reference, current, params, threshold, weights=weights, threads=threads)


@drift_method(
    Metric(
        name="drift.jensen_shannon",
        title="Jensen-Shannon distance",
        group="bins",
        formula="Jensen-Shannon distance, base 2",
        p_value="JSD / ((1/n + 1/m) / (8 ln 2)) ~ chi2(B - 1), JSD the squared distance",
        effect_size="the value; Cramer's V of categories",
        source="Lin 1991; scipy.spatial.distance.jensenshannon(base=2)",
        better="lower",
        bounds=(0.0, 1.0),
        rule="distance",
        threshold=0.1,
        kinds=COUNTABLE,
        params=(BINS,),
        decides=True,
    )
)
@over_groups
def measure_jensen_shannon(pair: GroupedPair, *, bins: Bins = DEFAULT_BINS) -> Outcomes:
    """Jensen-Shannon distance, base 2, in [0, 1]; for categories with Cramer's V."""

    def measured(tables: Tables) -> Outcomes:
        outcomes = _rooted(_divergence, tables, 8.0 * math.log(2.0))
        if pair.kind == CATEGORICAL:
            outcomes.effect_size = cramers_v(tables)
        return outcomes

    return by_table(pair, bins, measured)


def jensen_shannon(
    reference: object,
    current: object,
    *,
    bins: Cut = DEFAULT_BINS,
    threshold: float | None = None,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Jensen-Shannon distance (base 2, in [0, 1]) over the cells of `psi`, unsmoothed; default
    threshold 0.1. Effect size of categories: Cramer's V. Equals
    `scipy.spatial.distance.jensenshannon(..., base=2)` on the shares.

    >>> from simdrift.metrics import drift
    >>> drift.jensen_shannon(["a", "a", "b"], ["c", "c", "d"]).value
    1.0
    """
    return run(
        "jensen_shannon",
        reference,
        current,
        {"bins": bins},
        threshold,
        weights=weights,
        threads=threads,
    )


@drift_method(
    Metric(
        name="drift.kl",
        title="KL divergence",
        group="bins",
        formula="sum p ln(p / q), smoothed as PSI",
        p_value="2 KL / (1/n + 1/m) ~ chi2(B - 1)",
        effect_size="the value",
        source="Kullback and Leibler 1951; scipy.stats.entropy",
        unit="nats",
        better="lower",
        bounds=(0.0, None),
        rule="distance",
        threshold=0.1,
        kinds=COUNTABLE,
        params=(BINS, SMOOTHING),
    )
)
@over_groups
def measure_kl(
    pair: GroupedPair, *, bins: Bins = DEFAULT_BINS, smoothing: float = DEFAULT_SMOOTHING
) -> Outcomes:
    """Kullback-Leibler divergence of the reference from the current sample, in nats."""
    statistic = partial(_kl, smoothing)
    return by_table(pair, bins, lambda tables: _calibrated(statistic, tables, 2.0))


def kl(
    reference: object,
    current: object,
    *,
    bins: Cut = DEFAULT_BINS,
    smoothing: float = DEFAULT_SMOOTHING,
    threshold: float | None = None,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Kullback-Leibler divergence KL(reference || current) = sum p ln(p/q) >= 0, in nats, over
    the cells and with the smoothing of `psi`; default threshold 0.1. Unsmoothed it equals
    `scipy.stats.entropy(p, q)`.

    >>> from simdrift.metrics import drift
    >>> round(drift.kl(["a"] * 50 + ["b"] * 50, ["a"] * 80 + ["b"] * 20, smoothing=0).value, 6)
    0.223144
    """
    params: dict[str, Any] = {"bins": bins}
    if smoothing != DEFAULT_SMOOTHING:
        params["smoothing"] = smoothing
    return run("kl", reference, current, params, threshold, weights=weights, threads=threads)


@drift_method(
    Metric(
        name="drift.hellinger",
        title="Hellinger distance",
        group="bins",
        formula="sqrt(1 - sum sqrt(p q))",
        p_value="8 H^2 / (1/n + 1/m) ~ chi2(B - 1)",
        effect_size="the value",
        source="textbook",
        better="lower",
        bounds=(0.0, 1.0),
        rule="distance",
        threshold=0.1,
        kinds=COUNTABLE,
        params=(BINS,),
    )
)
@over_groups
def measure_hellinger(pair: GroupedPair, *, bins: Bins = DEFAULT_BINS) -> Outcomes:
    """sqrt(1 - sum sqrt(p q))."""
    return by_table(pair, bins, lambda tables: _rooted(_hellinger, tables, 8.0))


def hellinger(
    reference: object,
    current: object,
    *,
    bins: Cut = DEFAULT_BINS,
    threshold: float | None = None,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Hellinger distance sqrt(1 - sum sqrt(p q)) in [0, 1] over the cells of `psi`, unsmoothed;
    default threshold 0.1.

    >>> from simdrift.metrics import drift
    >>> drift.hellinger(["a", "a", "b"], ["c", "c", "d"]).value
    1.0
    """
    return run(
        "hellinger", reference, current, {"bins": bins}, threshold, weights=weights, threads=threads
    )


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
    outcomes = _unchanged(_within_1(0.5 * np.add.reduce(np.abs(p - q), axis=1)), tables)
    if tables.bins < 2:
        return outcomes
    x, df = chi_squares(tables), np.full(len(tables), float(tables.bins - 1))
    for place in _sparse_places(tables):
        scale, df[place] = _exchanged(_equal_chi_squares, 1.0, float(df[place]), tables, place)
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
    sparse = _sparse(tables) if tables.bins <= MOST_CELLS else np.zeros(change.shape, bool)
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


def _sparse(tables: Tables) -> NDArray[np.bool_]:
    """The bins of (tables, bins) that expect less than EXPECTED_ROWS of the smaller side, or all
    others together do: of two bins both are sparse, or none is."""
    n, m = tables.n.astype(float), tables.m.astype(float)
    total, smaller = (n + m)[:, np.newaxis], np.minimum(n, m)[:, np.newaxis]
    rows = np.minimum(tables.both, total - tables.both)
    return np.asarray(rows * smaller < EXPECTED_ROWS * total)


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


def _calibrated(statistic: Statistic, tables: Tables, part: float) -> Outcomes:
    """The outcomes of a statistic that, in (1/n + 1/m) / `part`, follows chi2(bins - 1) under no
    drift."""
    rows, bins, value = len(tables), tables.bins, statistic(tables)
    finite, status = np.isfinite(value), np.zeros(rows, np.uint8)
    outcomes = Outcomes(value, status, n_reference=tables.n, n_current=tables.m)
    if not all_true(finite):
        status[~finite] = OVERFLOW_CODE
        outcomes.value = value = np.where(finite, value, np.nan)
        outcomes.reasons = dict.fromkeys(np.flatnonzero(~finite).tolist(), "an empty cell")
    outcomes.effect_size = value
    if bins < 2:
        outcomes.p_value, outcomes.null_quantile = np.ones(rows), np.zeros(rows)
        return outcomes
    scale, df = tables.inverse_sizes / part, np.full(rows, float(bins - 1))
    quantile = np.full(rows, _usual_quantile(bins))
    for place in _sparse_places(tables):
        if finite[place]:
            usual = float(scale[place]), float(df[place])
            scale[place], df[place] = _exchanged(statistic, *usual, tables, place)
            quantile[place] = chi2_quantile(NULL_LEVEL, float(df[place]))
    x = value / scale
    outcomes.p_value = np.asarray(special().chdtrc(df, x))
    outcomes.null_quantile = known_where(finite, scale * quantile)
    outcomes.log_p = lambda: elementwise(chi2_log_sf, x, df)
    return outcomes


@lru_cache(maxsize=256)
def _usual_quantile(bins: int) -> float:
    """What chi2(bins - 1) stays below in 95 of 100 cases."""
    return chi2_quantile(NULL_LEVEL, float(bins - 1))


def _sparse_places(tables: Tables) -> list[int]:
    """The tables in which a bin expects few rows (`_sparse`)."""
    if tables.bins > MOST_CELLS:
        return []
    sparse = _sparse(tables)
    return np.flatnonzero(sparse.any(axis=1)).tolist() if any_true(sparse) else []


def _exchanged(
    statistic: Statistic, scale: float, df: float, tables: Tables, place: int
) -> tuple[float, float]:
    """Scale and degrees of freedom of the chi-square law with the mean and the variance of
    the statistic under EXCHANGES random exchanges of rows (Satterthwaite)."""
    rng = np.random.default_rng(EXCHANGE_SEED)
    c, d = whole_rows(tables.c[place]), whole_rows(tables.d[place])
    drawn = rng.multivariate_hypergeometric(c + d, int(c.sum()), EXCHANGES, method="marginals")
    null = statistic(Tables(drawn, (c + d) - drawn))
    mean, variance = float(null.mean()), float(null.var(ddof=1))
    if not (0.0 < mean < math.inf and 0.0 < variance < math.inf):
        return scale, df
    return variance / (2.0 * mean), 2.0 * mean * mean / variance
