"""Drift of categories: tests on the 2 x K table of their counts."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric, Param
from simdrift.metrics.columns import CATEGORICAL, Counts
from simdrift.metrics.drift.cells import (
    DEFAULT_BINS,
    Tables,
    by_table,
)
from simdrift.metrics.drift.run import Weights, run
from simdrift.metrics.drift.table_laws import CHI_SQUARE, G, NullLaw, Statistic
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.outcomes import Outcomes, all_true, elementwise
from simdrift.metrics.over_groups import over_groups
from simdrift.metrics.registry import drift_method
from simdrift.metrics.thresholds import DEFAULT_ALPHA
from simdrift.metrics.values import DEGENERATE, DriftResult, Outcome, Size

__all__ = [
    "chi_square",
    "g_test",
]

Rows = NDArray[np.int64]

CORRECTED = "Cramer's V corrected for bias"


def checked_yates(yates: bool) -> bool:
    """True or False, else TypeError."""
    if not isinstance(yates, bool):
        raise TypeError(f"yates: expected True or False, found {yates!r}")
    return yates


def checked_corrected(corrected: bool) -> bool:
    """True or False, else TypeError."""
    if not isinstance(corrected, bool):
        raise TypeError(f"corrected: expected True or False, found {corrected!r}")
    return corrected


@drift_method(
    Metric(
        name="drift.chi_square",
        title="chi-square",
        group="categories",
        formula="Pearson's chi-square of the 2 x K table, no Yates unless asked",
        p_value="chi2(K - 1); by moments where categories are rare, see below",
        effect_size="Cramer's V; corrected for bias (Bergsma 2013) with `corrected`",
        source="Pearson 1900; scipy.stats.chi2_contingency",
        better="lower",
        bounds=(0.0, None),
        rule="test",
        kinds=(CATEGORICAL,),
        params=(
            Param("yates", False, "Yates' continuity correction of a 2 x 2 table", checked_yates),
            Param("corrected", False, CORRECTED, checked_corrected),
        ),
        statuses=("degenerate",),
    )
)
@over_groups
def measure_chi_square(
    pair: GroupedPair, *, yates: bool = False, corrected: bool = False
) -> Outcomes:
    """Pearson's chi-square of the 2 x K contingency table; effect size Cramer's V."""

    def measured(tables: Tables) -> Outcomes:
        value = chi_squares(tables, yates and tables.bins == 2)
        return _tested(tables, value, CHI_SQUARE, corrected, is_usual=yates)

    return by_table(pair, DEFAULT_BINS, measured)


def _tested(
    tables: Tables, value: Floats, statistic: Statistic, corrected: bool, *, is_usual: bool = False
) -> Outcomes:
    """The outcomes of a statistic that follows chi2(categories - 1) where categories expect many
    rows; `is_usual`: everywhere."""
    if tables.bins < 2:
        sizes = zip(tables.n.tolist(), tables.m.tolist(), strict=True)
        return Outcomes.stacked([one_category(*rows) for rows in sizes])
    law = NullLaw(tables, statistic, np.ones(len(tables)), is_usual=is_usual)
    return Outcomes(
        value,
        np.zeros(len(value), np.uint8),
        p_value=law.p_values(value),
        effect_size=corrected_v(tables) if corrected else cramers_v(tables),
        n_reference=tables.n,
        n_current=tables.m,
        log_p=lambda: law.log_p_values(value),
    )


def chi_squares(tables: Tables, yates: bool = False) -> Floats:
    """sum (observed - expected)^2 / expected of each table. Both rows of a column deviate by the
    same |c m - d n| / (n + m); Yates takes up to 1/2 off it."""
    n, m = tables.n.astype(float), tables.m.astype(float)
    rows = n + m
    deviation = np.abs(tables.c * m[:, np.newaxis] - tables.d * n[:, np.newaxis])
    deviation /= rows[:, np.newaxis]
    if yates:
        deviation -= np.minimum(0.5, deviation)
    total = np.add.reduce(deviation**2 / tables.both, axis=1)
    squares = elementwise(_squared, rows)  # the last bit of weighted rows
    return np.asarray(total * squares / (n * m))


def _squared(rows: float) -> float:
    """The square, infinite where it is too large for a float: then the status is `overflow`."""
    try:
        return math.pow(rows, 2.0)
    except OverflowError:
        return math.inf


def cramers_v(tables: Tables) -> Floats | None:
    """sqrt(chi2 / rows) of each 2 x K table, in [0, 1]; None for a single category."""
    if tables.bins < 2:
        return None
    rows = (tables.n + tables.m).astype(float)
    return np.asarray(np.sqrt(np.minimum(1.0, chi_squares(tables) / rows)))


def corrected_v(tables: Tables) -> Floats | None:
    """Cramer's V less what chance adds to it (Bergsma 2013); None for a single category."""
    if tables.bins < 2:
        return None
    rows = (tables.n + tables.m).astype(float)
    return elementwise(_corrected_v, chi_squares(tables), rows, tables.bins)


def _corrected_v(chi_square: float, rows: float, cells: int) -> float:
    square = max(0.0, chi_square / rows - (cells - 1.0) / (rows - 1.0))
    columns = cells - (cells - 1.0) ** 2 / (rows - 1.0)
    sides = 2.0 - 1.0 / (rows - 1.0)
    least = min(columns, sides) - 1.0
    return math.sqrt(min(1.0, square / least)) if least > 0.0 else 0.0


def one_category(n: Size, m: Size) -> Outcome:
    return Outcome(
        None,
        DEGENERATE,
        p_value=1.0,
        n_reference=n,
        n_current=m,
        log_p=lambda: 0.0,
        reason="one category in both",
    )


def chi_square(
    reference: object,
    current: object,
    *,
    yates: bool = False,
    corrected: bool = False,
    alpha: float = DEFAULT_ALPHA,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Pearson's chi-square of the 2 x K table of category counts, df = K - 1; effect size
    Cramer's V, `corrected` for bias (Bergsma 2013) on request. `yates` takes Yates' correction
    where K = 2. One category in both samples: status 'degenerate', p = 1. Equals
    `scipy.stats.chi2_contingency`; where categories are rare, the p-value is that of exchanges of
    rows between the samples instead.

    >>> from simdrift.metrics import drift
    >>> result = drift.chi_square(["a"] * 10 + ["b"] * 20, ["a"] * 20 + ["b"] * 10)
    >>> round(result.value, 6), round(result.p_value, 6)
    (6.666667, 0.009823)
    """
    given = {"yates": yates, "corrected": corrected}
    params = {name: value for name, value in given.items() if value is not False}
    return run(
        "chi_square",
        reference,
        current,
        params,
        alpha=alpha,
        kind=CATEGORICAL,
        weights=weights,
        threads=threads,
    )


@drift_method(
    Metric(
        name="drift.g_test",
        title="G",
        group="categories",
        formula="2 sum O ln(O / E) of the 2 x K table",
        p_value="chi2(K - 1); by moments where categories are rare, see below",
        effect_size="Cramer's V, corrected for bias unless `corrected=False`",
        source='Wilks 1938; scipy.stats.chi2_contingency(lambda_="log-likelihood")',
        better="lower",
        bounds=(0.0, None),
        rule="test",
        kinds=(CATEGORICAL,),
        params=(Param("corrected", True, CORRECTED, checked_corrected),),
        statuses=("degenerate",),
    )
)
@over_groups
def measure_g_test(pair: GroupedPair, *, corrected: bool = True) -> Outcomes:
    """G = 2 sum observed ln(observed / expected) of the 2 x K table; corrected Cramer's V."""

    def measured(tables: Tables) -> Outcomes:
        return _tested(tables, _g_values(tables), G, corrected)

    return by_table(pair, DEFAULT_BINS, measured)


def _g_values(tables: Tables) -> Floats:
    """G of each table."""
    c, d, both = tables.c, tables.d, tables.both
    full = np.logical_and.reduce(np.minimum(c, d) > 0, axis=1)
    value, rows = np.zeros(len(tables)), tables.n + tables.m
    for side, own in ((c, tables.n), (d, tables.m)):
        expected = (both * (own / rows)[:, np.newaxis])[full]
        value[full] += 2.0 * np.add.reduce(side[full] * np.log(side[full] / expected), axis=1)
    for place in () if all_true(full) else np.flatnonzero(~full).tolist():
        value[place] = _g_value(c[place], d[place])
    return np.asarray(np.maximum(0.0, value))


def _g_value(c: Counts, d: Counts) -> float:
    """G of one table with empty cells."""
    n, m, value = c.sum().item(), d.sum().item(), 0.0
    for side, rows in ((c, n), (d, m)):
        held = side > 0
        expected = (c + d)[held] * (rows / (n + m))
        value += 2.0 * float(np.sum(side[held] * np.log(side[held] / expected)))
    return value


def g_test(
    reference: object,
    current: object,
    *,
    corrected: bool = True,
    alpha: float = DEFAULT_ALPHA,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """G statistic (log-likelihood ratio) of the 2 x K table of category counts, df = K - 1;
    effect size: Cramer's V, `corrected` for bias (Bergsma 2013). One category in both samples:
    status 'degenerate', p = 1. Equals `scipy.stats.chi2_contingency(lambda_='log-likelihood',
    correction=False)`; where categories are rare, the p-value is that of exchanges of rows between
    the samples instead.

    >>> from simdrift.metrics import drift
    >>> result = drift.g_test(["a"] * 100 + ["b"] * 200, ["a"] * 120 + ["b"] * 180)
    >>> round(result.value, 6), round(result.p_value, 6)
    (2.873813, 0.090031)
    """
    params = {"corrected": corrected} if corrected is not True else {}
    return run(
        "g_test",
        reference,
        current,
        params,
        alpha=alpha,
        kind=CATEGORICAL,
        weights=weights,
        threads=threads,
    )
