"""Drift of counts: categories as they are, numbers over cells cut by the reference.

A distance of two samples of one law is never 0. It is its own effect size. With c_i, d_i rows in
cell i of B, and p, q the shares, the null distribution follows from
sum (p-q)^2/p ~ (1/n + 1/m) chi2(B-1):
PSI / (1/n + 1/m) ~ chi2(B-1), and JSD (base 2) ~ (1/n + 1/m) / (8 ln 2) chi2(B-1), KL ~ half,
the squared Hellinger distance ~ an eighth of PSI: the first terms of their expansions about
p = q. Where cells expect few rows that is poor, and `table_laws` has a law by moments.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric
from simdrift.metrics.columns import CATEGORICAL, COUNTABLE, Bins
from simdrift.metrics.drift.categorical import cramers_v
from simdrift.metrics.drift.cells import (
    BINS,
    DEFAULT_BINS,
    DEFAULT_SMOOTHING,
    SMOOTHING,
    Cut,
    Tables,
    by_table,
)
from simdrift.metrics.drift.run import Weights, run
from simdrift.metrics.drift.table_laws import (
    HELLINGER,
    JENSEN_SHANNON,
    NullLaw,
    Statistic,
    kl_of,
    psi_of,
    within_1,
)
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.outcomes import (
    OVERFLOW_CODE,
    Outcomes,
    all_true,
    known_where,
)
from simdrift.metrics.over_groups import over_groups
from simdrift.metrics.registry import drift_method
from simdrift.metrics.values import DriftResult

__all__ = ["hellinger", "jensen_shannon", "kl", "psi"]


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
    return within_1(0.5 * total)


def _hellinger(tables: Tables) -> Floats:
    """1 - sum sqrt(p q); near 0 as half the sum of (sqrt p - sqrt q)^2, which cancels nothing."""
    p, q = tables.shares
    shared = np.add.reduce(np.sqrt(p * q), axis=1)
    near = 0.5 * np.add.reduce((np.sqrt(p) - np.sqrt(q)) ** 2, axis=1)
    return within_1(np.where(shared < 0.5, 1.0 - shared, near))


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
    law = psi_of(smoothing)
    return by_table(pair, bins, lambda own: _calibrated(_psi(smoothing, own), law, own, 1.0))


def _rooted(value: Floats, statistic: Statistic, tables: Tables, part: float) -> Outcomes:
    """The outcomes of a distance whose square is the statistic."""
    outcomes = _calibrated(value, statistic, tables, part)
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
    )
)
@over_groups
def measure_jensen_shannon(pair: GroupedPair, *, bins: Bins = DEFAULT_BINS) -> Outcomes:
    """Jensen-Shannon distance, base 2, in [0, 1]; for categories with Cramer's V."""

    def measured(tables: Tables) -> Outcomes:
        outcomes = _rooted(_divergence(tables), JENSEN_SHANNON, tables, 8.0 * math.log(2.0))
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
    law = kl_of(smoothing)
    return by_table(pair, bins, lambda own: _calibrated(_kl(smoothing, own), law, own, 2.0))


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
    return by_table(pair, bins, lambda own: _rooted(_hellinger(own), HELLINGER, own, 8.0))


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


def _calibrated(value: Floats, statistic: Statistic, tables: Tables, part: float) -> Outcomes:
    """The outcomes of a statistic that, in (1/n + 1/m) / `part`, follows chi2(bins - 1) under no
    drift where bins expect many rows."""
    rows, bins = len(tables), tables.bins
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
    law = NullLaw(tables, statistic, tables.inverse_sizes / part)
    outcomes.p_value = law.p_values(value)
    outcomes.null_quantile = known_where(finite, law.quantile)
    outcomes.log_p = lambda: law.log_p_values(value)
    return outcomes
