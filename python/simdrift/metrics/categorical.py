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
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simdrift.metrics.registry import drift_method
from simdrift.metrics.special import chi2_log_sf, chi2_quantile, chi2_sf
from simdrift.metrics.state import (
    CATEGORICAL,
    HIGH_CARDINALITY,
    NUMERIC,
    TEMPORAL,
    Bins,
    ColumnPair,
)
from simdrift.metrics.values import DEGENERATE, NOT_APPLICABLE, OVERFLOW, Outcome

COUNTABLE = (NUMERIC, CATEGORICAL, TEMPORAL)
CHANCE_LEVEL = 0.95
"""`null_quantile` is this quantile of what chance alone gives."""
DEFAULT_BINS = 10
DEFAULT_SMOOTHING = 0.5
"""Rows added to each cell (Jeffreys), so that an empty one does not make PSI infinite."""
TOO_MANY = f"more than {HIGH_CARDINALITY} categories"

Counts = NDArray[np.int64]


def checked_bins(bins: int | Sequence[float]) -> Bins:
    """A number of cells >= 2, or cut points that ascend; else TypeError or ValueError."""
    if isinstance(bins, (bool, str)):
        raise TypeError(f"bins: expected an int or ascending cut points, found {bins!r}")
    if isinstance(bins, int):
        if not 2 <= bins <= 10_000:
            raise ValueError(f"bins: expected 2 to 10000, found {bins}")
        return bins
    cuts = tuple(float(edge) for edge in bins)
    if not cuts or not all(a < b for a, b in pairwise(cuts)):
        raise ValueError(f"bins: expected at least one cut point, ascending, found {cuts!r}")
    return cuts


def checked_smoothing(smoothing: float) -> float:
    """A number of rows >= 0, else TypeError or ValueError."""
    if isinstance(smoothing, bool) or not isinstance(smoothing, (int, float)):
        raise TypeError(f"smoothing: expected a number, found {smoothing!r}")
    if not 0.0 <= smoothing < math.inf:
        raise ValueError(f"smoothing: expected a number >= 0, found {smoothing!r}")
    return float(smoothing)


def checked_yates(yates: bool) -> bool:
    """True or False, else TypeError."""
    if not isinstance(yates, bool):
        raise TypeError(f"yates: expected True or False, found {yates!r}")
    return yates


def _crowded(pair: ColumnPair) -> Outcome | None:
    if pair.kind == CATEGORICAL and pair.high_cardinality:
        n, m = pair.reference.valid, pair.current.valid
        return Outcome(None, NOT_APPLICABLE, n_reference=n, n_current=m, reason=TOO_MANY)
    return None


@drift_method(
    "psi",
    kinds=COUNTABLE,
    rule="distance",
    threshold=0.2,
    params={"bins": checked_bins, "smoothing": checked_smoothing},
)
def psi(
    pair: ColumnPair, *, bins: Bins = DEFAULT_BINS, smoothing: float = DEFAULT_SMOOTHING
) -> Outcome:
    """Population stability index sum (p-q) ln(p/q), in nats."""
    if (crowded := _crowded(pair)) is not None:
        return crowded
    c, d = pair.cell_counts(bins)
    n, m, cells = int(c.sum()), int(d.sum()), len(c)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = (c + smoothing) / (n + smoothing * cells)
        q = (d + smoothing) / (m + smoothing * cells)
        value = float(np.sum((q - p) * np.log(q / p)))
    return _calibrated(value, value, 1.0 / n + 1.0 / m, cells - 1, n, m)


@drift_method(
    "jensen_shannon", kinds=COUNTABLE, rule="distance", threshold=0.1, params={"bins": checked_bins}
)
def jensen_shannon(pair: ColumnPair, *, bins: Bins = DEFAULT_BINS) -> Outcome:
    """Jensen-Shannon distance, base 2, in [0, 1]; for categories beside Cramer's V."""
    if (crowded := _crowded(pair)) is not None:
        return crowded
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


@drift_method("chi_square", kinds=(CATEGORICAL,), rule="test", params={"yates": checked_yates})
def chi_square(pair: ColumnPair, *, yates: bool = False) -> Outcome:
    """Pearson's chi-square of the 2 x K contingency table; effect size Cramer's V."""
    if (crowded := _crowded(pair)) is not None:
        return crowded
    c, d = pair.cell_counts(DEFAULT_BINS)
    n, m, df = int(c.sum()), int(d.sum()), len(c) - 1
    if df < 1:
        return Outcome(
            None,
            DEGENERATE,
            p_value=1.0,
            n_reference=n,
            n_current=m,
            log_p=lambda: 0.0,
            reason="one category in both",
        )
    value = _chi_square(c, d, yates and df == 1)
    return Outcome(
        value,
        p_value=chi2_sf(value, df),
        effect_size=cramers_v(c, d),
        n_reference=n,
        n_current=m,
        log_p=partial(chi2_log_sf, value, df),
    )


def _chi_square(c: Counts, d: Counts, yates: bool) -> float:
    """sum (observed - expected)^2 / expected. Both rows of a column deviate by the same
    |c m - d n| / (n + m); Yates takes up to 1/2 off it."""
    n, m = float(c.sum()), float(d.sum())
    deviation = np.abs(c * m - d * n) / (n + m)
    if yates:
        deviation -= np.minimum(0.5, deviation)
    return float(np.sum(deviation**2 / (c + d)) * (n + m) ** 2 / (n * m))


def cramers_v(c: Counts, d: Counts) -> float | None:
    """sqrt(chi2 / rows) of the 2 x K table, in [0, 1]; None for a single category."""
    if len(c) < 2:
        return None
    return math.sqrt(min(1.0, _chi_square(c, d, False) / float(c.sum() + d.sum())))
