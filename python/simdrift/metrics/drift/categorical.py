"""Drift of categories: tests on the 2 x K table of their counts."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric, Param
from simdrift.metrics.columns import CATEGORICAL, Counts
from simdrift.metrics.drift.cells import (
    DEFAULT_BINS,
    TOO_MANY,
    Tables,
    by_table,
    too_many_categories,
)
from simdrift.metrics.drift.missing import share_differences
from simdrift.metrics.drift.run import Weights, run
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.nulls import hypergeometric
from simdrift.metrics.nulls.new_categories import unseen_log_p, unseen_quantile
from simdrift.metrics.nulls.special import chi2_log_sf, exp_p, special
from simdrift.metrics.outcomes import OK_CODE, Outcomes, all_true, elementwise
from simdrift.metrics.over_groups import over_groups
from simdrift.metrics.pair import ColumnPair
from simdrift.metrics.registry import drift_method
from simdrift.metrics.thresholds import DEFAULT_ALPHA
from simdrift.metrics.values import DEGENERATE, NOT_APPLICABLE, DriftResult, Outcome, Size

__all__ = [
    "chi_square",
    "fisher_exact",
    "g_test",
    "new_categories",
    "vanished_categories",
    "z_test",
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
        p_value="chi2(K - 1)",
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
        return _tested(tables, value, corrected)

    return by_table(pair, DEFAULT_BINS, measured)


def _tested(tables: Tables, value: Floats, corrected: bool) -> Outcomes:
    """The outcomes of a statistic that follows chi2(categories - 1)."""
    if tables.bins < 2:
        sizes = zip(tables.n.tolist(), tables.m.tolist(), strict=True)
        return Outcomes.stacked([_one_category(*rows) for rows in sizes])
    df = float(tables.bins - 1)
    return Outcomes(
        value,
        np.zeros(len(value), np.uint8),
        p_value=special().chdtrc(df, value),
        effect_size=corrected_v(tables) if corrected else cramers_v(tables),
        n_reference=tables.n,
        n_current=tables.m,
        log_p=lambda: elementwise(chi2_log_sf, value, df),
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
    squares = elementwise(math.pow, rows, 2.0)  # the last bit of weighted rows
    return np.asarray(total * squares / (n * m))


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


def _one_category(n: Size, m: Size) -> Outcome:
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
    `scipy.stats.chi2_contingency`.

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
        p_value="chi2(K - 1)",
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
        return _tested(tables, _g_values(tables), corrected)

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
    correction=False)`.

    >>> from simdrift.metrics import drift
    >>> result = drift.g_test(["a"] * 10 + ["b"] * 20, ["a"] * 20 + ["b"] * 10)
    >>> round(result.value, 6), round(result.p_value, 6)
    (6.795961, 0.009136)
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


Two = tuple[Size, Size, Size, Size]
"""(a, n, b, m): rows of the category that sorts last, and all rows, of the reference and of the
current sample."""


def _two_categories(pair: GroupedPair, measure: Callable[[Two], Outcome]) -> Outcomes:
    """What `measure` gives of each group whose table is 2 x 2."""
    found = pair.categories
    if found is None:
        own = [
            _two_of(one, measure) if code == OK_CODE else Outcome(None, NOT_APPLICABLE)
            for one, code in zip(pair.pairs, pair.codes, strict=True)
        ]
        return Outcomes.stacked(own)
    ranks = np.empty(len(found.labels), np.int64)
    ranks[sorted(range(len(ranks)), key=found.labels.__getitem__)] = np.arange(len(ranks))
    used = (found.reference + found.current) > 0
    last = np.argmax(np.where(used, ranks, -1), axis=1).tolist()
    n, rows, counts = int(found.reference.sum()), found.current.sum(axis=1).tolist(), used.sum(1)
    outcomes = []
    for place, (at, m, count) in enumerate(zip(last, rows, counts.tolist(), strict=True)):
        two = found.reference[at].item(), n, found.current[place, at].item(), m
        outcomes.append(_measured_two(count, two, measure) if m else Outcome(None, NOT_APPLICABLE))
    return Outcomes.stacked(outcomes)


def _two_of(pair: ColumnPair, measure: Callable[[Two], Outcome]) -> Outcome:
    """Of one group."""
    if (refused := too_many_categories(pair)) is not None:
        return refused
    labels, c, d = pair.category_counts
    used = [place for place in range(len(labels)) if c[place] + d[place] > 0]
    last = max(used, key=lambda place: labels[place])
    two = c[last].item(), c.sum().item(), d[last].item(), d.sum().item()
    return _measured_two(len(used), two, measure)


def _measured_two(count: int, two: Two, measure: Callable[[Two], Outcome]) -> Outcome:
    """Where there are two categories; else why not."""
    _, n, _, m = two
    if count == 1:
        return _one_category(n, m)
    if count != 2:
        reason = f"for two categories; there are {count}"
        return Outcome(None, NOT_APPLICABLE, n_reference=n, n_current=m, reason=reason)
    return measure(two)


@drift_method(
    Metric(
        name="drift.fisher_exact",
        title="odds ratio",
        group="categories",
        formula=(
            "odds ratio of the category that sorts last (half a row more a cell where one is empty)"
        ),
        p_value="all tables no likelier",
        effect_size="Cramer's V, `corrected` on request",
        source="Fisher 1935; scipy.stats.fisher_exact",
        bounds=(0.0, None),
        rule="test",
        kinds=(CATEGORICAL,),
        params=(Param("corrected", False, CORRECTED, checked_corrected),),
        weights=False,
        statuses=("degenerate",),
    )
)
@over_groups
def measure_fisher_exact(pair: GroupedPair, *, corrected: bool = False) -> Outcomes:
    """Odds ratio of the 2 x 2 table; two-sided p-value of all tables no likelier."""
    return _two_categories(pair, partial(_fisher, corrected))


def _fisher(corrected: bool, two: Two) -> Outcome:
    a, n, b, m = two
    odds = b * (n - a), a * (m - b)
    if 0 in odds:  # Haldane and Anscombe: half a row more in each cell
        value = (b + 0.5) * (n - a + 0.5) / ((a + 0.5) * (m - b + 0.5))
    else:
        value = odds[0] / odds[1]
    log_p = hypergeometric.two_sided_log_p(a, n, a + b, n + m)
    tables = Tables(np.array([[a, n - a]]), np.array([[b, m - b]]))
    effect = corrected_v(tables) if corrected else cramers_v(tables)
    assert effect is not None
    return Outcome(
        value,
        p_value=exp_p(log_p),
        effect_size=float(effect[0]),
        n_reference=n,
        n_current=m,
        log_p=lambda: log_p,
    )


def fisher_exact(
    reference: object,
    current: object,
    *,
    corrected: bool = False,
    alpha: float = DEFAULT_ALPHA,
    threads: int | None = None,
) -> DriftResult:
    """Fisher's exact test of two categories: the odds of the one that sorts last in the current
    sample over those in the reference (with half a row more in each cell where one is empty);
    effect size Cramer's V, `corrected` on request. The p-value equals
    `scipy.stats.fisher_exact`'s, two-sided.

    One category in both samples: status 'degenerate'; more than two: 'not_applicable'.

    >>> from simdrift.metrics import drift
    >>> result = drift.fisher_exact([0] * 8 + [1] * 2, [0] * 1 + [1] * 5)
    >>> result.value, round(result.p_value, 6)
    (20.0, 0.034965)
    """
    params = {"corrected": corrected} if corrected is not False else {}
    return run(
        "fisher_exact", reference, current, params, alpha=alpha, kind=CATEGORICAL, threads=threads
    )


@drift_method(
    Metric(
        name="drift.z_test",
        title="change of a share",
        group="categories",
        formula="change of the share of the category that sorts last, Newcombe's 95 % interval",
        p_value="pooled z",
        effect_size="Cohen's h",
        source="Newcombe 1998; Cohen 1988",
        unit="share change",
        better="zero",
        bounds=(-1.0, 1.0),
        rule="test",
        kinds=(CATEGORICAL,),
        statuses=("degenerate",),
    )
)
@over_groups
def measure_z_test(pair: GroupedPair) -> Outcomes:
    """Difference of the shares of the category that sorts last; pooled z-test."""
    return _two_categories(pair, _share_change)


def _share_change(two: Two) -> Outcome:
    a, n, b, m = two
    return share_differences(a, n, np.array([b]), np.array([m])).at(0)


def z_test(
    reference: object,
    current: object,
    *,
    alpha: float = DEFAULT_ALPHA,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Current share less reference share of the category that sorts last (True, 1, 'yes'), in
    [-1, 1], with Newcombe's 95 % interval; p-value of the pooled two-proportion z-test, effect
    size Cohen's h. Alerts where p <= alpha.

    One category in both samples: status 'degenerate'; more than two: 'not_applicable'.

    >>> from simdrift.metrics import drift
    >>> result = drift.z_test([False] * 30 + [True] * 10, [False] * 20 + [True] * 20)
    >>> result.value, round(result.p_value, 6)
    (0.25, 0.020921)
    """
    return run(
        "z_test",
        reference,
        current,
        {},
        alpha=alpha,
        kind=CATEGORICAL,
        weights=weights,
        threads=threads,
    )


def _one_sided(pair: GroupedPair, *, new: bool) -> Outcomes:
    """The share of rows in categories that the other sample has none of: `new` ones, or vanished;
    p-value and null quantile of random exchanges of rows; effect size: how many categories."""
    return Outcomes.stacked([_one_sided_of(pair, place, new=new) for place in range(len(pair))])


def _one_sided_of(pair: GroupedPair, place: int, *, new: bool) -> Outcome:
    if pair.codes[place] != OK_CODE:
        return Outcome(None, NOT_APPLICABLE)
    sides = pair.category_rows(place)  # chance is of rows, whatever they weigh
    if sides is None:
        sizes = pair.reference.valid, np.asarray(pair.valid)[place].item()
        return Outcome(None, NOT_APPLICABLE, None, None, None, None, None, *sizes, reason=TOO_MANY)
    c, d = sides
    there, gone = (d, c) if new else (c, d)
    weighed: Counts = there
    if pair.is_weighted:
        _, before, after = pair.pairs[place].category_counts
        weighed = after if new else before
    rows, others, share = int(there.sum()), int(gone.sum()), _share_alone(weighed, gone)
    alone = (gone == 0) & (there > 0)
    found, sizes_of_both = int(there[alone].sum()), there + gone
    log_p = unseen_log_p(sizes_of_both, others, rows + others, found)
    return Outcome(
        share,
        p_value=exp_p(log_p),
        effect_size=float(alone.sum()),
        null_quantile=unseen_quantile(sizes_of_both, others, rows + others) / rows,
        n_reference=int(c.sum()),
        n_current=int(d.sum()),
        log_p=lambda: log_p,
    )


def _share_alone(there: Counts, gone: Counts) -> float:
    """The share of `there` in categories that `gone` has none of."""
    return float(there[gone == 0].sum()) / float(there.sum())


@drift_method(
    Metric(
        name="drift.new_categories",
        title="share of new categories",
        group="categories",
        formula="share of current rows in categories that the reference lacks",
        p_value="of exchanges of rows: rare categories are missed by chance",
        effect_size="how many categories",
        source="textbook: permutation test",
        unit="share",
        better="lower",
        bounds=(0.0, 1.0),
        rule="distance",
        threshold=0.01,
        kinds=(CATEGORICAL,),
    )
)
@over_groups
def measure_new_categories(pair: GroupedPair) -> Outcomes:
    """Share of current rows in categories that the reference does not have."""
    return _one_sided(pair, new=True)


def new_categories(
    reference: object,
    current: object,
    *,
    threshold: float | None = None,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Share of current rows in categories that the reference does not have; effect size: how
    many there are. Default threshold 0.01.

    Rare categories are missed by chance: p-value and `null_quantile` say how much of that
    random exchanges of rows between the samples give.

    >>> from simdrift.metrics import drift
    >>> drift.new_categories(["a", "b", "b"], ["a", "b", "c", "d"]).value
    0.5
    """
    return run(
        "new_categories",
        reference,
        current,
        {},
        threshold,
        kind=CATEGORICAL,
        weights=weights,
        threads=threads,
    )


@drift_method(
    Metric(
        name="drift.vanished_categories",
        title="share of vanished categories",
        group="categories",
        formula="share of reference rows in categories that the current data lack",
        p_value="of exchanges of rows: rare categories are missed by chance",
        effect_size="how many categories",
        source="textbook: permutation test",
        unit="share",
        better="lower",
        bounds=(0.0, 1.0),
        rule="distance",
        threshold=0.01,
        kinds=(CATEGORICAL,),
    )
)
@over_groups
def measure_vanished_categories(pair: GroupedPair) -> Outcomes:
    """Share of reference rows in categories that the current sample does not have."""
    return _one_sided(pair, new=False)


def vanished_categories(
    reference: object,
    current: object,
    *,
    threshold: float | None = None,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Share of reference rows in categories that the current sample does not have; effect
    size: how many there are. Default threshold 0.01; p-value and `null_quantile` as in
    `new_categories`.

    >>> from simdrift.metrics import drift
    >>> drift.vanished_categories(["a", "b", "b", "e"], ["a", "a", "b"]).value
    0.25
    """
    return run(
        "vanished_categories",
        reference,
        current,
        {},
        threshold,
        kind=CATEGORICAL,
        weights=weights,
        threads=threads,
    )
