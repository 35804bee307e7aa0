"""Drift of categories: tests on the 2 x K table of their counts."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from simdrift.metrics.drift.cells import DEFAULT_BINS, Counts, crowded
from simdrift.metrics.drift.run import run
from simdrift.metrics.laws.special import chi2_log_sf, chi2_sf
from simdrift.metrics.registry import drift_method
from simdrift.metrics.state import CATEGORICAL, ColumnPair
from simdrift.metrics.thresholds import DEFAULT_ALPHA
from simdrift.metrics.values import DEGENERATE, DriftResult, Outcome


def checked_yates(yates: bool) -> bool:
    """True or False, else TypeError."""
    if not isinstance(yates, bool):
        raise TypeError(f"yates: expected True or False, found {yates!r}")
    return yates


@drift_method("chi_square", kinds=(CATEGORICAL,), rule="test", params={"yates": checked_yates})
def measure_chi_square(pair: ColumnPair, *, yates: bool = False) -> Outcome:
    """Pearson's chi-square of the 2 x K contingency table; effect size Cramer's V."""
    if (refused := crowded(pair)) is not None:
        return refused
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


def chi_square(
    reference: object,
    current: object,
    *,
    yates: bool = False,
    alpha: float = DEFAULT_ALPHA,
    threads: int | None = None,
) -> DriftResult:
    """Pearson's chi-square of the 2 x K table of category counts, df = K - 1; effect size
    Cramer's V. `yates` takes Yates' correction where K = 2. One category in both samples:
    status 'degenerate', p = 1. Equals `scipy.stats.chi2_contingency`.

    >>> from simdrift.metrics import drift
    >>> result = drift.chi_square(["a"] * 10 + ["b"] * 20, ["a"] * 20 + ["b"] * 10)
    >>> round(result.value, 6), round(result.p_value, 6)
    (6.666667, 0.009823)
    """
    params = {"yates": yates} if yates is not False else {}
    return run(
        "chi_square", reference, current, params, alpha=alpha, kind=CATEGORICAL, threads=threads
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
