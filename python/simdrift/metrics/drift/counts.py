"""Drift of counts: categories as they are, numbers over cells cut by the reference.

A distance of two samples of one law is never 0. With c_i, d_i rows in cell i of B, and p, q
the shares, what chance alone gives follows from sum (p-q)^2/p ~ (1/n + 1/m) chi2(B-1):
PSI / (1/n + 1/m) ~ chi2(B-1), and JSD (base 2) ~ (1/n + 1/m) / (8 ln 2) chi2(B-1), the first
terms of their expansions about p = q.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdrift.metrics.drift.cells import DEFAULT_BINS, checked_bins, checked_smoothing, crowded
from simdrift.metrics.drift.contingency import cramers_v
from simdrift.metrics.drift.run import run
from simdrift.metrics.laws.special import chi2_log_sf, chi2_quantile, chi2_sf
from simdrift.metrics.registry import drift_method
from simdrift.metrics.state import CATEGORICAL, COUNTABLE, Bins, ColumnPair
from simdrift.metrics.values import OVERFLOW, DriftResult, Outcome

CHANCE_LEVEL = 0.95
"""`null_quantile` is this quantile of what chance alone gives."""
DEFAULT_SMOOTHING = 0.5
"""Rows added to each cell (Jeffreys), so that an empty one does not make PSI infinite."""


@drift_method(
    "psi",
    kinds=COUNTABLE,
    rule="distance",
    threshold=0.2,
    params={"bins": checked_bins, "smoothing": checked_smoothing},
)
def measure_psi(
    pair: ColumnPair, *, bins: Bins = DEFAULT_BINS, smoothing: float = DEFAULT_SMOOTHING
) -> Outcome:
    """Population stability index sum (p-q) ln(p/q), in nats."""
    if (refused := crowded(pair)) is not None:
        return refused
    c, d = pair.cell_counts(bins)
    n, m, cells = int(c.sum()), int(d.sum()), len(c)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = (c + smoothing) / (n + smoothing * cells)
        q = (d + smoothing) / (m + smoothing * cells)
        value = float(np.sum((q - p) * np.log(q / p)))
    return _calibrated(value, value, 1.0 / n + 1.0 / m, cells - 1, n, m)


def psi(
    reference: object,
    current: object,
    *,
    bins: int | Sequence[float] = DEFAULT_BINS,
    smoothing: float = DEFAULT_SMOOTHING,
    threshold: float | None = None,
    threads: int | None = None,
) -> DriftResult:
    """Population stability index sum (p-q) ln(p/q) >= 0, of numbers over `bins` cells of equal
    count in the reference (or given cut points; the outer cells are open), of categories over
    themselves; default threshold 0.2.

    `smoothing` rows are added to each cell before shares are taken. `null_quantile` is what
    chance alone stays below in 95 of 100 samples of these sizes.

    >>> from simdrift.metrics import drift
    >>> round(drift.psi(["a"] * 50 + ["b"] * 50, ["a"] * 80 + ["b"] * 20, smoothing=0).value, 6)
    0.415888
    """
    params: dict[str, Any] = {"bins": bins}
    if smoothing != DEFAULT_SMOOTHING:
        params["smoothing"] = smoothing
    return run("psi", reference, current, params, threshold, threads=threads)


@drift_method(
    "jensen_shannon", kinds=COUNTABLE, rule="distance", threshold=0.1, params={"bins": checked_bins}
)
def measure_jensen_shannon(pair: ColumnPair, *, bins: Bins = DEFAULT_BINS) -> Outcome:
    """Jensen-Shannon distance, base 2, in [0, 1]; for categories beside Cramer's V."""
    if (refused := crowded(pair)) is not None:
        return refused
    c, d = pair.cell_counts(bins)
    n, m = int(c.sum()), int(d.sum())
    divergence = _divergence(c / n, d / m)
    scale = (1.0 / n + 1.0 / m) / (8.0 * math.log(2.0))
    outcome = _calibrated(math.sqrt(divergence), divergence, scale, len(c) - 1, n, m)
    chance = outcome.null_quantile
    if chance is not None:
        outcome = outcome._replace(null_quantile=math.sqrt(chance))
    if pair.kind == CATEGORICAL:
        outcome = outcome._replace(effect_size=cramers_v(c, d))
    return outcome


def jensen_shannon(
    reference: object,
    current: object,
    *,
    bins: int | Sequence[float] = DEFAULT_BINS,
    threshold: float | None = None,
    threads: int | None = None,
) -> DriftResult:
    """Jensen-Shannon distance (base 2, in [0, 1]) over the cells of `psi`, unsmoothed; default
    threshold 0.1. Effect size of categories: Cramer's V. Equals
    `scipy.spatial.distance.jensenshannon(..., base=2)` on the shares.

    >>> from simdrift.metrics import drift
    >>> drift.jensen_shannon(["a", "a", "b"], ["c", "c", "d"]).value
    1.0
    """
    return run("jensen_shannon", reference, current, {"bins": bins}, threshold, threads=threads)


def _divergence(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Jensen-Shannon divergence in bits, within [0, 1]."""
    middle = 0.5 * (p + q)
    total = 0.0
    for side in (p, q):
        held = side > 0
        total += float(np.sum(side[held] * np.log2(side[held] / middle[held])))
    return min(1.0, max(0.0, 0.5 * total))


def _calibrated(value: float, statistic: float, scale: float, df: int, n: int, m: int) -> Outcome:
    """The outcome where statistic / scale follows chi2(df) under no drift."""
    if df < 1:
        return Outcome(value, p_value=1.0, null_quantile=0.0, n_reference=n, n_current=m)
    x = statistic / scale
    if not math.isfinite(x):
        return Outcome(None, OVERFLOW, n_reference=n, n_current=m, reason="an empty cell")
    return Outcome(
        value,
        p_value=chi2_sf(x, df),
        null_quantile=scale * chi2_quantile(CHANCE_LEVEL, df),
        n_reference=n,
        n_current=m,
        log_p=partial(chi2_log_sf, x, df),
    )
