"""Methods on counts of categories and of cells, against SciPy and by hand."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy import stats

from simdrift.metrics import drift
from simdrift.metrics.nulls import hypergeometric

TABLES = [([30, 20, 50], [45, 30, 25]), ([5, 0, 9, 7], [3, 4, 8, 0]), ([400, 600], [450, 520])]


def rows(counts):
    return np.repeat([f"k{place}" for place in range(len(counts))], counts)


def both(table):
    return rows(table[0]), rows(table[1])


@pytest.mark.parametrize("table", TABLES)
def test_g_test_is_scipys(table):
    expected = stats.chi2_contingency(table, lambda_="log-likelihood", correction=False)
    found = drift.g_test(*both(table))
    assert found.value == pytest.approx(expected.statistic, rel=1e-12)
    if np.min(table) > 5:  # the law of sparse tables: test_table_laws.py
        assert found.p_value == pytest.approx(expected.pvalue, rel=1e-10)
        assert found.log_p_value == pytest.approx(np.log(expected.pvalue), rel=1e-10)


@pytest.mark.parametrize("table", TABLES)
def test_corrected_v_is_bergsmas(table):
    x, total = np.array(table), np.sum(table)
    phi = stats.chi2_contingency(x, correction=False).statistic / total
    k = x.shape[1]
    phi = max(0.0, phi - (k - 1) * (2 - 1) / (total - 1))
    least = min(k - (k - 1) ** 2 / (total - 1), 2 - 1 / (total - 1)) - 1
    assert drift.g_test(*both(table)).effect_size == pytest.approx(np.sqrt(phi / least), rel=1e-12)


@pytest.mark.parametrize(
    ("a", "b"),
    [([8, 2], [1, 5]), ([30, 5], [20, 17]), ([3, 0], [0, 4]), ([1000, 40], [900, 90])],
)
def test_fisher_exact_is_scipys(a, b):
    found = drift.fisher_exact(rows(a), rows(b))
    assert found.p_value == pytest.approx(stats.fisher_exact([a, b]).pvalue, rel=1e-10)
    if 0 not in (*a, *b):
        assert found.value == pytest.approx(stats.fisher_exact([a, b]).statistic, rel=1e-12)


def test_fisher_exact_is_right_far_out():
    with mpmath.workdps(50):
        a, n, k, total = 200, 1000, 1100, 2000  # 900 of the other side's 1000

        def weight(i):
            return mpmath.binomial(k, i) * mpmath.binomial(total - k, n - i)

        mine = weight(a)
        support = range(max(0, n + k - total), min(n, k) + 1)
        weights = [weight(i) for i in support]
        expected = sum(w for w in weights if w <= mine * (1 + mpmath.mpf(10) ** -20)) / sum(weights)
        found = hypergeometric.two_sided_log_p(a, n, k, total)
        assert abs(mpmath.exp(mpmath.mpf(found)) / expected - 1) < 1e-10
        assert expected < 1e-200


def test_z_test_is_the_pooled_test_of_two_shares():
    x, y = np.repeat([False, True], [300, 100]), np.repeat([False, True], [200, 110])
    p, q, pooled = 100 / 400, 110 / 310, 210 / 710
    z = (q - p) / np.sqrt(pooled * (1 - pooled) * (1 / 400 + 1 / 310))
    found = drift.z_test(x, y)
    assert found.value == pytest.approx(q - p, rel=1e-12)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-12)
    assert found.ci_low < found.value < found.ci_high


@pytest.mark.parametrize("name", ["fisher_exact", "z_test"])
def test_tests_of_two_categories_say_so(name):
    method = getattr(drift, name)
    assert method(["a"] * 5, ["a"] * 3).status == "degenerate"
    assert method(["a"] * 5, ["a"] * 3).p_value == 1.0
    assert method(["a", "b", "c"], ["a", "b"]).status == "not_applicable"


@pytest.mark.parametrize("table", TABLES)
def test_distances_of_shares_are_their_definitions(table):
    x, y = both(table)
    p, q = (np.array(side) / np.sum(side) for side in table)
    assert drift.hellinger(x, y).value == pytest.approx(
        np.sqrt(1 - np.sum(np.sqrt(p * q))), rel=1e-12
    )
    assert drift.total_variation(x, y).value == pytest.approx(0.5 * np.abs(p - q).sum(), rel=1e-12)
    assert drift.l_infinity(x, y).value == pytest.approx(np.abs(p - q).max(), rel=1e-12)
    kept = [(np.array(side) + 0.5) / (np.sum(side) + 0.5 * len(side)) for side in table]
    assert drift.kl(x, y).value == pytest.approx(stats.entropy(*kept), rel=1e-12)
    if (p > 0).all() and (q > 0).all():
        assert drift.kl(x, y, smoothing=0).value == pytest.approx(stats.entropy(p, q), rel=1e-12)


@pytest.mark.parametrize("name", ["hellinger", "kl", "total_variation", "l_infinity"])
def test_distances_of_one_sample_to_itself_are_0(name):
    x = np.random.default_rng(1).normal(size=500)
    found = getattr(drift, name)(x, x)
    assert found.value == pytest.approx(0.0, abs=1e-12)
    assert found.p_value == pytest.approx(1.0)
    assert found.alert is False


@pytest.mark.parametrize(
    "name", ["psi", "jensen_shannon", "kl", "hellinger", "total_variation", "l_infinity"]
)
@pytest.mark.parametrize("cells", [10, 60])
def test_chance_exceeds_its_quantile_as_often_as_it_says(name, cells):
    rng, beyond, count = np.random.default_rng([2, cells]), 0, 200
    shares = rng.dirichlet(np.ones(cells) * (5.0 if cells == 10 else 0.7))
    for _ in range(count):
        x, y = (rows(rng.multinomial(size, shares)) for size in (600, 400))
        found = getattr(drift, name)(x, y)
        beyond += found.value > found.null_quantile
    # the expansions are asymptotic, L-infinity's bound conservative: at most a tenth
    assert stats.binomtest(beyond, count, 0.10, alternative="greater").pvalue > 1e-3


def test_new_and_vanished_categories_are_told_by_their_mass():
    x, y = ["a"] * 6 + ["b"] * 2 + ["old"] * 2, ["a"] * 5 + ["b"] * 2 + ["new", "newer", "new"]
    new, vanished = drift.new_categories(x, y), drift.vanished_categories(x, y)
    assert (new.value, new.effect_size) == (0.3, 2.0)
    assert (vanished.value, vanished.effect_size) == (0.2, 1.0)
    assert (new.alert, vanished.alert) == (False, False)  # of ten rows that is chance
    assert drift.new_categories(x * 10, y * 10).alert is True
    assert drift.vanished_categories(x * 10, y * 10).alert is True
    assert drift.new_categories(x, x).alert is False


def test_chance_of_one_row_in_an_unseen_category_is_its_share_of_rows():
    x, y = ["a"] * 7 + ["b"] * 5, ["a"] * 4 + ["b"] * 3 + ["new"]
    found = drift.new_categories(x, y)
    assert found.p_value == pytest.approx(8 / 20, rel=1e-4)  # the others are hardly missed
    assert found.log_p_value == pytest.approx(np.log(found.p_value), rel=1e-12)


@pytest.mark.parametrize(("n", "m", "labels"), [(300, 200, 150), (2_000, 500, 700), (90, 400, 60)])
def test_unseen_categories_are_those_of_random_exchanges_of_rows(n, m, labels):
    rng = np.random.default_rng([n, m])
    shares = 1.0 / np.arange(1, labels + 1)
    pooled = rng.choice(labels, n + m, p=shares / shares.sum())
    null = []
    for _ in range(2_000):
        pooled = rng.permutation(pooled)
        null.append(np.count_nonzero(~np.isin(pooled[n:], pooled[:n])))
    null = np.sort(null)
    names = np.array([f"k{i}" for i in range(labels)])
    for rows in (pooled, rng.permutation(pooled)):
        found = drift.new_categories(names[rows[:n]], names[rows[n:]])
        share = np.mean(null >= round(found.value * m))
        assert found.p_value == pytest.approx(share, abs=0.05)
    most = np.quantile(null, 0.95)  # the law of sums that do not compete spreads a little more
    assert most - 2.0 <= found.null_quantile * m <= 1.08 * most + 2.0


def test_a_category_far_beyond_chance_has_the_least_p_value_there_is():
    many, few = ["a"] * 6_000, ["a"] * 1_000 + ["new"] * 5_000
    assert drift.new_categories(many, few).log_p_value < -600.0
    rare = [f"k{i}" for i in range(5_000)]
    calm = drift.new_categories(rare, rare[:100] + [f"new{i}" for i in range(4_900)])
    assert calm.p_value > 0.05  # every row is of a category of its own
    assert calm.alert is False


def test_rare_categories_alert_no_more_often_than_the_level_where_nothing_drifts():
    rng, count = np.random.default_rng(8), 200
    names = np.array([f"k{i}" for i in range(400)])
    shares = 1.0 / np.arange(1, 401)
    shares /= shares.sum()
    for method in (drift.new_categories, drift.vanished_categories):
        found = [
            method(*(names[rng.choice(400, rows, p=shares)] for rows in (500, 400)))
            for _ in range(count)
        ]
        assert sum(result.value > 0.01 for result in found) > count // 2
        alerts = sum(bool(result.alert) for result in found)
        assert stats.binomtest(alerts, count, 0.05, alternative="greater").pvalue > 1e-3


@pytest.mark.parametrize("rule", ["sturges", "doane", "fd"])
def test_rules_of_equal_width_are_numpys(rule):
    from simdrift import _core
    from simdrift.metrics.columns import ReferenceColumn

    x = np.random.default_rng(3).lognormal(size=3000)
    expected = np.histogram_bin_edges(x, rule)
    column = ReferenceColumn("x", _core.Column.from_numpy(x))
    cuts, counts = column.cells(rule)
    assert cuts[:-1] == pytest.approx(expected[:-1], rel=1e-12)
    assert counts[1:-1].tolist() == np.histogram(x, expected)[0].tolist()
    assert (counts[0], counts[-1]) == (0, 0)
    again = ReferenceColumn.from_state(column.prepare().to_state())
    assert again.cells(rule)[0].tolist() == cuts.tolist()


def test_what_lies_outside_of_the_reference_has_cells_of_its_own():
    x = np.linspace(0.0, 1.0, 1001)
    found = drift.psi(x, x + 2.0, bins="equal_width")
    assert found.value > 5.0
    assert drift.total_variation(x, x + 2.0, bins="equal_width").value == 1.0
    assert "bins=equal_width" in found.params


@pytest.mark.parametrize(
    ("bins", "error"), [("scott", ValueError), (1, ValueError), (2.5, TypeError)]
)
def test_bins_are_checked(bins, error):
    with pytest.raises(error, match="bins: expected"):
        drift.psi([1.0, 2.0], [1.0, 2.0], bins=bins)


def test_l_infinity_of_two_sparse_categories_is_fishers_test():
    x, y = np.repeat([0, 1], [990, 10]), np.repeat([0, 1], [9, 1])
    expected = stats.fisher_exact([[990, 10], [9, 1]]).pvalue
    assert drift.l_infinity(x == 1, y == 1).p_value == pytest.approx(expected, rel=1e-9)


def test_total_variation_of_sparse_cells_alerts_by_chance_as_often_as_it_says():
    rng, count = np.random.default_rng(12), 400
    shares = [0.99, 0.005, 0.005]
    pairs = [
        [rng.choice(3, rows, p=shares).astype(str) for rows in (1000, 100)] for _ in range(count)
    ]
    p = np.array([drift.total_variation(x, y).p_value for x, y in pairs])
    c, d = (
        np.array([np.bincount(own[k].astype(int), minlength=3) for own in pairs]) for k in (0, 1)
    )
    chi = np.sum((c - 10 * d) ** 2 / (10 * np.maximum(1, c + d)), axis=1)
    plain = stats.chi2.sf(chi, np.count_nonzero(c + d, axis=1) - 1)
    assert np.mean(plain <= 0.01) > 0.025  # one or two rows are no chi-square
    for level in (0.01, 0.05):
        low = int(np.count_nonzero(p <= level))
        assert stats.binomtest(low, count, 1.3 * level, alternative="greater").pvalue > 1e-3
