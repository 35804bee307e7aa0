"""Null laws of sparse tables against all tables with their margins, and against SciPy."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from simdrift import _core
from simdrift.metrics import drift
from simdrift.metrics.drift import table_laws as laws
from simdrift.metrics.drift.cells import Tables
from simdrift.metrics.nulls import hypergeometric

SMOOTHING = 0.5


def entropies(weights, above, below):
    return sum(w * math.log(a / b) for w, a, b in zip(weights, above, below, strict=True) if w > 0)


def expected_rows(c, d):
    return [(c + d) * side.sum() / (c.sum() + d.sum()) for side in (c, d)]


def chi_square(c, d):
    return sum(
        float(np.sum((side - e) ** 2 / e))
        for side, e in zip((c, d), expected_rows(c, d), strict=True)
    )


def g(c, d):
    return 2.0 * sum(
        entropies(side, side, e) for side, e in zip((c, d), expected_rows(c, d), strict=True)
    )


def jensen_shannon(c, d):
    p, q = c / c.sum(), d / d.sum()
    return 0.5 * (entropies(p, 2 * p, p + q) + entropies(q, 2 * q, p + q)) / math.log(2.0)


def hellinger(c, d):
    return 1.0 - float(np.sum(np.sqrt(c / c.sum() * d / d.sum())))


def smoothed(side):
    return (side + SMOOTHING) / (side.sum() + SMOOTHING * len(side))


def psi(c, d):
    p, q = smoothed(c), smoothed(d)
    return float(np.sum((q - p) * np.log(q / p)))


def kl(c, d):
    return stats.entropy(smoothed(c), smoothed(d))


def variation(c, d):
    return 0.5 * float(np.abs(c / c.sum() - d / d.sum()).sum())


STATISTICS = [chi_square, g, jensen_shannon, hellinger, psi, kl, variation]
"""In the order of counts.h."""


def law_of(rows, current, observed, code, most=0, enough=1):
    found = _core.count_laws(
        np.array(rows), np.array([current]), np.array([observed]), code, SMOOTHING, most, enough
    )
    return {name: array[0] for name, array in found.items()}


def all_tables(rows, current):
    """(rows of the current side in each cell, probability) of every table with these margins."""
    cells = itertools.product(*(range(min(r, current) + 1) for r in rows))
    tables = [np.array(d) for d in cells if sum(d) == current]
    ways = [math.prod(map(math.comb, rows, d.tolist())) for d in tables]
    return tables, np.array(ways) / math.comb(sum(rows), current)


@pytest.mark.parametrize("code", range(len(STATISTICS)))
@pytest.mark.parametrize(
    ("rows", "current", "slack"),
    [([4, 3, 3, 2], 5, 0.03), ([1, 1, 1, 2, 5, 8], 14, 0.05), ([6, 5, 5, 5, 2, 1], 9, 0.03)],
)
def test_moments_are_those_over_all_tables(rows, current, slack, code):
    tables, chance = all_tables(rows, current)
    values = np.array([STATISTICS[code](np.array(rows) - d, d) for d in tables])
    mean = float(values @ chance)
    found = law_of(rows, current, math.nan, code)
    assert found["mean"] == pytest.approx(mean, rel=1e-12)
    assert found["variance"] == pytest.approx(float((values - mean) ** 2 @ chance), rel=slack)
    assert found["third"] == pytest.approx(float((values - mean) ** 3 @ chance), rel=4 * slack)
    assert math.isnan(found["p_value"])


@pytest.mark.parametrize("code", range(len(STATISTICS)))
@pytest.mark.parametrize("current", [3, 16])
def test_exchanges_draw_every_table_as_often_as_its_chance(current, code):
    """Three rows are drawn one by one, of sixteen the three of the other side; with many cells the
    binomial numbers of cells come first."""
    rows, count = [4, 3, 3, 2, 2, 2, 1, 1, 1], 20_000
    tables, chance = all_tables(rows, current)
    values = np.array([STATISTICS[code](np.array(rows) - d, d) for d in tables])
    for observed in np.quantile(values, [0.3, 0.9]):
        p = float(chance[values >= observed * (1.0 - 1e-10)].sum())
        found = law_of(rows, current, observed, code, count, count)
        assert found["exchanges"] == count
        assert abs(found["p_value"] - p) < 5.0 * math.sqrt(p * (1.0 - p) / count) + 1.0 / count


def test_exchanges_of_many_rows_are_numpys():
    rows, current = np.array([900, 700, 80, 30, 9, 3, 3, 1]), 800
    drawn = np.random.default_rng(3).multivariate_hypergeometric(
        rows, current, size=40_000, method="marginals"
    )
    n, m = rows.sum() - current, current
    values = (((rows - drawn) * m - drawn * n) ** 2 / (rows * n * m)).sum(axis=1)
    found = law_of(rows, current, float(np.quantile(values, 0.95)), 0, 40_000, 40_000)
    assert found["p_value"] == pytest.approx(0.05, abs=0.008)
    assert found["mean"] == pytest.approx(values.mean(), rel=0.03)
    assert found["variance"] == pytest.approx(values.var(), rel=0.1)


def test_exchanges_end_once_enough_reach_the_observed_value():
    found = law_of([5] * 30, 60, 25.0, 0, 5_000, 40)
    assert found["p_value"] == 40 / found["exchanges"]
    assert law_of([5] * 30, 60, 1e9, 0, 99, 40)["p_value"] == 1 / 100


@pytest.mark.parametrize("code", range(len(STATISTICS)))
def test_two_cells_are_counted(code):
    tables, chance = all_tables([3, 9], 5)
    values = np.array([STATISTICS[code](np.array([3, 9]) - d, d) for d in tables])
    mean = float(values @ chance)
    for observed in values:
        found = law_of([3, 9], 5, observed, code, 1, 1)
        p = float(chance[values >= observed * (1.0 - 1e-10)].sum())
        assert found["p_value"] == pytest.approx(p, rel=1e-12)
        assert found["variance"] == pytest.approx(float((values - mean) ** 2 @ chance), rel=1e-12)
        assert found["exchanges"] == 0


def labels(counts):
    return np.repeat([f"k{place}" for place in range(len(counts))], counts)


def test_chi_square_of_a_sparse_table_is_scipys_permutation_test():
    x, y = labels([9, 6, 4, 3, 2, 1, 1, 1, 0, 0]), labels([2, 3, 1, 4, 0, 2, 0, 1, 4, 2])
    codes = [np.unique(np.concatenate([x, y]), return_inverse=True)[1][part] for part in
             (slice(len(x)), slice(len(x), None))]  # fmt: skip

    def statistic(a, b):
        counts = [np.bincount(side.astype(int), minlength=10) for side in (a, b)]
        return chi_square(*counts)

    expected = stats.permutation_test(
        codes, statistic, n_resamples=999, alternative="greater",
        rng=np.random.default_rng(5), permutation_type="independent",
    ).pvalue  # fmt: skip
    assert drift.chi_square(x, y).p_value == pytest.approx(expected, abs=0.03)
    assert drift.total_variation(x, y).p_value == drift.chi_square(x, y).p_value


@pytest.mark.parametrize(
    "statistic", [laws.CHI_SQUARE, laws.G, laws.JENSEN_SHANNON, laws.HELLINGER]
)
@pytest.mark.parametrize("cells", [3, 10, 200])
def test_laws_meet_where_one_takes_the_others_place(statistic, cells):
    least = statistic.few_rows if cells <= laws.SOME_CELLS else laws.FEW_ROWS
    expected = max(least, cells / (statistic.most_rough * math.sqrt(cells - 1.0)))
    side = np.full((1, cells), math.ceil(expected))
    tables = Tables(side, side)
    scale = {0: 1.0, 1: 1.0, 2: 1 / (8 * math.log(2.0)), 3: 1 / 8}[statistic.code]
    scale *= 1.0 if statistic.code < 2 else tables.inverse_sizes.item()
    assert len(laws.rough_places(tables, statistic)) == 0
    usual = laws.NullLaw(tables, statistic, np.array([scale]))
    moments = laws.NullLaw(tables, statistic._replace(most_rough=0.0), np.array([scale]))
    for level in (0.2, 0.05, 0.01, 0.001):
        value = np.array([scale * stats.chi2.isf(level, cells - 1)])
        assert usual.p_values(value) == pytest.approx(level, rel=1e-9)
        assert moments.p_values(value) == pytest.approx(level, rel=0.12 if level > 0.01 else 0.35)


@pytest.mark.parametrize(
    "name", ["chi_square", "g_test", "jensen_shannon", "psi", "kl", "hellinger", "total_variation"]
)
def test_thousands_of_rare_categories_alert_where_they_drift_and_only_there(name):
    rng, shares = np.random.default_rng(9), 1.0 / np.arange(1, 5_001)
    before, now, moved = (
        rng.choice(5_000, 20_000, p=own / own.sum()).astype(str)
        for own in (shares, shares, np.where(np.arange(5_000) % 7 == 3, 2.0 * shares, shares))
    )
    method = getattr(drift, name)
    assert 0.01 < method(before, now).p_value < 0.99
    assert method(before, moved).p_value < 1e-6


def test_a_statistic_that_no_exchange_changes_has_p_1():
    x, y = labels([1, 0, 1, 0, 1, 0]), labels([0, 1, 0, 1, 0, 1])
    for name in ("chi_square", "g_test", "jensen_shannon", "hellinger", "total_variation"):
        found = getattr(drift, name)(x, y)
        assert (found.p_value, found.log_p_value) == (1.0, 0.0)


@pytest.mark.parametrize(("a", "n", "b", "m"), [(0, 5, 3, 9), (10, 990, 1, 9), (3, 60_000, 40, 70)])
def test_fishers_p_of_many_tables_is_scipys(a, n, b, m):
    found = _core.fisher_log_p(*(np.array([x]) for x in (a, n, a + b, n + m)))
    expected = stats.fisher_exact([[a, n - a], [b, m - b]]).pvalue
    assert found[0] == pytest.approx(math.log(expected), rel=1e-9)


def test_fishers_p_is_right_far_out():
    found = _core.fisher_log_p(*(np.array([x]) for x in (0, 50_000, 5_000, 100_000)))
    assert found[0] == pytest.approx(hypergeometric.two_sided_log_p(0, 50_000, 5_000, 100_000))
    assert found[0] < -3_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2], [3], [1.0], 0, 0.5, 0, 1), "current: expected 1 to 2 rows, found 3"),
        (([1, -2], [1], [1.0], 0, 0.5, 0, 1), "rows: expected counts >= 0"),
        (([1, 2], [1], [1.0], 7, 0.5, 0, 1), "statistic: expected 0 to 6, found 7"),
        (([1, 2], [1], [1.0], 4, -1.0, 0, 1), "smoothing: expected a number >= 0"),
        (([1, 2], [1], [1.0], 0, 0.5, 0, 0), "enough from 1 on"),
        (([1, 2, 3], [1, 1], [1.0, 1.0], 0, 0.5, 0, 1), "rows: expected a multiple of 2"),
        (([1, 2], [1], [1.0, 2.0], 0, 0.5, 0, 1), "observed: expected 1 values"),
    ],
)
def test_tables_that_are_none_are_refused(arguments, message):
    rows, current, observed, *rest = arguments
    with pytest.raises(ValueError, match=message):
        _core.count_laws(np.array(rows), np.array(current), np.array(observed), *rest)


def test_fisher_tables_that_are_none_are_refused():
    with pytest.raises(ValueError, match="a 2 x 2 table of rows, found 4 of 5 among 3 of 9"):
        _core.fisher_log_p(*(np.array([x]) for x in (4, 5, 3, 9)))
