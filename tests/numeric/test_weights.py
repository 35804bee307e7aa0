"""Row weights: every drift method of weighted rows against independent definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.spatial import distance

from simdrift import _core
from simdrift.metrics import drift, registry
from simdrift.metrics.weighted import WeightedValues
from simdrift.metrics.weights import RowWeights

NUMERIC = (
    "ks", "kuiper", "cramer_von_mises", "anderson_darling", "mann_whitney", "t_test", "mean_shift",
    "std_ratio", "levene", "epps_singleton", "quantile_shift", "wasserstein",
    "wasserstein_normed", "energy", "psi", "kl", "jensen_shannon", "hellinger",
    "total_variation", "l_infinity", "missing_share",
)  # fmt: skip
CATEGORICAL = (
    "chi_square", "g_test", "z_test", "psi", "kl", "jensen_shannon", "hellinger",
    "total_variation", "l_infinity", "new_categories", "vanished_categories", "missing_share",
)  # fmt: skip
FIELDS = ("value", "p_value", "log_p_value", "effect_size", "ci_low", "ci_high", "null_quantile")


def samples(seed=0, n=400, m=300, decimals=None):
    rng = np.random.default_rng([seed, n, m])
    x, y = rng.normal(size=n), rng.normal(0.2, 1.2, m)
    if decimals is not None:
        x, y = x.round(decimals), y.round(decimals)
    return x, y, rng.gamma(2.0, size=n), rng.gamma(0.7, size=m)


def labels(seed=0, n=500, m=300, k=4):
    rng = np.random.default_rng([9, seed])
    names = np.array(list("abcdefgh"[:k]))
    c, d = names[rng.integers(0, k, n)], names[rng.integers(0, k, m) * rng.integers(0, 2, m)]
    return c, d, rng.gamma(2.0, size=n), rng.gamma(0.7, size=m)


def kish(w):
    return w.sum() ** 2 / np.square(w).sum()


def cdf(x, w, at, side="right"):
    order = np.argsort(x)
    total = np.concatenate([[0.0], np.cumsum(w[order])])
    return total[np.searchsorted(x[order], at, side)] / w.sum()


def middle(x, w, at):
    return 0.5 * (cdf(x, w, at, "left") + cdf(x, w, at))


@pytest.mark.parametrize("decimals", [None, 1, 0])
def test_distances_are_scipys(decimals):
    x, y, u, v = samples(decimals=decimals)
    found = drift.wasserstein(x, y, weights=(u, v))
    assert found.value == pytest.approx(stats.wasserstein_distance(x, y, u, v), rel=1e-12)
    assert (found.n_reference, found.n_current) == (400, 300)
    energy = drift.energy(x, y, weights=(u, v)).value
    assert energy == pytest.approx(stats.energy_distance(x, y, u, v), rel=1e-12)
    mean = np.average(x, weights=u)
    variance = np.average((x - mean) ** 2, weights=u) * kish(u) / (kish(u) - 1)
    normed = drift.wasserstein_normed(x, y, weights=(u, v)).value
    assert normed == pytest.approx(found.value / math.sqrt(variance), rel=1e-12)


@pytest.mark.parametrize("decimals", [None, 1, 0])
def test_rank_statistics_are_those_of_the_weighted_distributions(decimals):
    x, y, u, v = samples(1, decimals=decimals)
    n, m, at = kish(u), kish(v), np.unique(np.concatenate([x, y]))
    difference = cdf(x, u, at) - cdf(y, v, at)
    weights = (u, v)
    ks = drift.ks(x, y, weights=weights)
    assert ks.value == pytest.approx(np.abs(difference).max(), rel=1e-12)
    continuous = stats.kstwo.sf(ks.value, round(n * m / (n + m)))
    if decimals is None:
        assert ks.p_value == pytest.approx(continuous, rel=1e-9)
    else:  # many rows share a value
        assert 0.3 < ks.p_value < 0.95 * continuous
    kuiper = drift.kuiper(x, y, weights=weights).value
    assert kuiper == pytest.approx(difference.max() - difference.min(), rel=1e-12)
    auc = np.sum(v * middle(x, u, y)) / v.sum()
    whitney = drift.mann_whitney(x, y, weights=weights)
    assert whitney.effect_size == pytest.approx(2 * auc - 1, rel=1e-10)
    assert whitney.value == pytest.approx((1 - auc) * n * m, rel=1e-10)
    h = np.array(
        [(n * u[x == z].sum() / u.sum() + m * v[y == z].sum() / v.sum()) / (n + m) for z in at]
    )
    gap = middle(x, u, at) - middle(y, v, at)
    mises = n * m / (n + m) * np.sum(h * gap**2) + 0.25 / (n + m)
    assert drift.cramer_von_mises(x, y, weights=weights).value == pytest.approx(mises, rel=1e-10)
    below = np.cumsum(h) - 0.5 * h
    core = np.sum(h * gap**2 / (4 * below * (1 - below) - h)) * 4 * (n * m / (n + m)) ** 2
    a2 = core * (1 / n + 1 / m) * (n + m - 1) / (n + m)
    darling = drift.anderson_darling(x, y, weights=weights)
    unweighted = drift.anderson_darling(x[: round(n)], y[: round(m)])
    assert darling.status == unweighted.status == "ok"
    assert darling.value == pytest.approx((a2 - 1) / _darling_sd(round(n), round(m)), rel=1e-9)


def _darling_sd(n, m):
    from simdrift.metrics.nulls.quadratic import _darling_variance

    return math.sqrt(_darling_variance(n, m))


@pytest.mark.parametrize("name", NUMERIC)
def test_whole_weights_give_the_value_of_repeated_rows(name):
    """Values are of the distribution; what depends on the number of rows is not compared."""
    x, y, _, _ = samples(2, 60, 50, decimals=1)
    rng = np.random.default_rng(4)
    u, v = rng.integers(1, 4, 60), rng.integers(0, 4, 50)
    weighted = getattr(drift, name)(x, y, weights=(u, v))
    repeated = getattr(drift, name)(np.repeat(x, u), np.repeat(y, v))
    assert weighted.status == repeated.status == "ok"
    assert (weighted.n_reference, weighted.n_current) == (60, np.count_nonzero(v))
    distances = ("ks", "kuiper", "wasserstein", "energy", "mean_shift", "missing_share")
    if name in distances:
        assert weighted.value == pytest.approx(repeated.value, rel=1e-12, abs=1e-15)
    if name == "mann_whitney":
        assert weighted.effect_size == pytest.approx(repeated.effect_size, rel=1e-12)


@pytest.mark.parametrize("name", CATEGORICAL)
def test_shares_of_categories_are_of_weights(name):
    c, d, u, v = labels(k=2 if name == "z_test" else 4)
    p, q = (
        np.array([w[s == label].sum() / w.sum() for label in "abcd"]) for s, w in ((c, u), (d, v))
    )
    n, m, keep = kish(u), kish(v), (p + q) > 0
    p, q = p[keep], q[keep]
    table = np.array([n * p, m * q])
    smooth = [(side + 0.5) / (side + 0.5).sum() for side in table]
    expected = {
        "chi_square": lambda: stats.chi2_contingency(table, correction=False)[0],
        "g_test": lambda: stats.chi2_contingency(table, correction=False, lambda_="log-likelihood")[
            0
        ],
        "z_test": lambda: q[-1] - p[-1],
        "psi": lambda: np.sum((smooth[0] - smooth[1]) * np.log(smooth[0] / smooth[1])),
        "kl": lambda: stats.entropy(*smooth),
        "jensen_shannon": lambda: distance.jensenshannon(p, q, base=2),
        "hellinger": lambda: math.sqrt(1 - np.sqrt(p * q).sum()),
        "total_variation": lambda: 0.5 * np.abs(p - q).sum(),
        "l_infinity": lambda: np.abs(p - q).max(),
        "new_categories": lambda: 0.0,
        "vanished_categories": lambda: 0.0,
        "missing_share": lambda: 0.0,
    }[name]()
    found = getattr(drift, name)(c, d, weights=(u, v))
    assert found.value == pytest.approx(expected, rel=1e-10, abs=1e-15)
    if name == "chi_square":
        assert found.p_value == pytest.approx(
            stats.chi2_contingency(table, correction=False)[1], rel=1e-9
        )
    assert (found.n_reference, found.n_current) == (500, 300)


def test_new_and_missing_shares_are_of_weights():
    new = drift.new_categories(["a", "b"], ["a", "c", "b"], weights=(None, [1.0, 6.0, 1.0]))
    assert new.value == 0.75
    gone = drift.vanished_categories(["a", "b", "c"], ["a"], weights=([2.0, 1.0, 1.0], None))
    assert gone.value == 0.5
    missing = drift.missing_share(
        [1.0, None], [None, 2.0, 3.0], weights=([1.0, 3.0], [2.0, 1.0, 1.0])
    )
    assert missing.value == pytest.approx(0.5 - 0.75)
    text = drift.missing_share(["a", None], ["a", "b", None], weights=(None, [1.0, 1.0, 2.0]))
    assert text.value == pytest.approx(0.0)


def test_tests_of_moments_take_effective_sizes():
    x, y, u, v = samples(3)
    n, m = kish(u), kish(v)
    means = np.average(x, weights=u), np.average(y, weights=v)
    vx = np.average((x - means[0]) ** 2, weights=u) * n / (n - 1)
    vy = np.average((y - means[1]) ** 2, weights=v) * m / (m - 1)
    expected = stats.ttest_ind_from_stats(
        means[0], math.sqrt(vx), n, means[1], math.sqrt(vy), m, equal_var=False
    )
    found = drift.t_test(x, y, weights=(u, v))
    assert found.value == pytest.approx(expected.statistic, rel=1e-10)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    shift = drift.mean_shift(x, y, weights=(u, v))
    assert shift.value == pytest.approx(means[1] - means[0], rel=1e-12)
    assert shift.ci_low < shift.value < shift.ci_high
    ratio = drift.std_ratio(x, y, weights=(u, v))
    assert ratio.value == pytest.approx(math.sqrt(vy / vx), rel=1e-10)
    assert ratio.p_value == pytest.approx(2 * stats.f.sf(vy / vx, m - 1, n - 1), rel=1e-8)


def akinshin(x, w, p):
    """Type 7 of Weighted quantile estimators, row by row."""
    order = np.argsort(x, kind="stable")
    x, w = x[order], w[order]
    n = kish(w)
    t = np.concatenate([[0.0], np.cumsum(w / w.sum())])
    steps = np.clip(n * t - p * (n - 1), 0.0, 1.0)
    return float(np.sum(np.diff(steps) * x))


@pytest.mark.parametrize("decimals", [None, 1])
def test_quantiles_are_akinshins(decimals):
    x, _, u, _ = samples(5, decimals=decimals)
    mass = WeightedValues(*_core.weighted_sort(x, u))
    levels = [0.0, 0.01, 0.05, 0.25, 0.5, 0.77, 0.95, 1.0]
    expected = [akinshin(x, u, level) for level in levels]
    assert mass.quantiles(levels) == pytest.approx(expected, rel=1e-9, abs=1e-12)
    equal = WeightedValues(*_core.weighted_sort(x, np.full(len(x), 0.3)))
    assert equal.quantiles(levels) == pytest.approx(np.quantile(x, levels), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", [*NUMERIC, *CATEGORICAL])
def test_equal_weights_are_no_weights(name):
    x, y = samples(6, decimals=1)[:2] if name in NUMERIC else labels(k=2)[:2]
    method = getattr(drift, name)
    for weights in [(np.full(len(x), 2.5), None), (None, None), (None, np.full(len(y), 7))]:
        assert method(x, y, weights=weights) == method(x, y)


@pytest.mark.parametrize("name", NUMERIC)
def test_nearly_equal_weights_give_nearly_what_none_give(name):
    """The weighted way to the unweighted result: limit laws, so only large samples."""
    x, y = samples(7, 6000, 5000, decimals=2)[:2]
    u = np.ones(6000)
    u[0] = 1.0 + 1e-9
    plain, found = (getattr(drift, name)(x, y, weights=w) for w in (None, (u, None)))
    for field in FIELDS:
        a, b = getattr(plain, field), getattr(found, field)
        assert (a is None) == (b is None), field
        if a is not None:
            # kuiper knows the lattice of whole rows, the distances of whole ranges extreme ones
            of_rows = ("kuiper", "wasserstein", "wasserstein_normed", "energy")
            right = 2e-3 if name not in of_rows else 5e-3
            from_law = "p_value" in field or (field == "null_quantile" and right > 2e-3)
            assert b == pytest.approx(a, rel=right if from_law else 1e-6), field
    assert (plain.n_reference, plain.n_current) == (found.n_reference, found.n_current)


@pytest.mark.parametrize("name", [*NUMERIC, *CATEGORICAL])
@pytest.mark.parametrize("scale", [1e-200, 3.0, 1e200])
def test_only_ratios_of_weights_matter(name, scale):
    x, y, u, v = samples(8) if name in NUMERIC else labels(k=2)
    first = getattr(drift, name)(x, y, weights=(u, v))
    second = getattr(drift, name)(x, y, weights=(u * scale, v * scale))
    for field in FIELDS:
        a, b = getattr(first, field), getattr(second, field)
        assert (a is None) == (b is None)
        if a is not None:
            assert b == pytest.approx(a, rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("name", [*NUMERIC, *CATEGORICAL])
def test_a_weight_of_0_is_a_row_that_is_not_there(name):
    x, y, u, v = samples(9, decimals=1) if name in NUMERIC else labels(k=2)
    u[::3] = 0.0
    v[1::4] = 0.0
    found = getattr(drift, name)(x, y, weights=(u, v))
    assert found == getattr(drift, name)(x[u > 0], y[v > 0], weights=(u[u > 0], v[v > 0]))


@pytest.mark.parametrize("name", [*NUMERIC, *CATEGORICAL])
def test_no_weight_at_all_is_an_empty_sample(name):
    x, y, u, v = samples(10) if name in NUMERIC else labels(k=2)
    assert getattr(drift, name)(x, y, weights=(u, v * 0.0)).status == "empty"


HOSTILE = {
    "empty": [],
    "one": [1.0],
    "two equal": [2.0, 2.0],
    "nan": [math.nan, math.nan, math.nan],
    "inf": [math.inf] * 4,
    "mixed inf": [-math.inf, 0.0, 1.0, math.inf],
    "huge": [1e300, -1e300, 1e308, 0.0],
    "tiny": [5e-324, 0.0, -0.0, 1e-310],
    "constant": [3.0] * 20,
    "few": [0.0, 1.0] * 10,
    "none": [None, 1.0, None, 2.0, 3.0],
    "texts": ["a", "b", None, "a"],
    "booleans": [True, False, True],
}


@pytest.mark.parametrize("name", sorted(set(NUMERIC) | set(CATEGORICAL)))
def test_data_never_raise(name):
    rng = np.random.default_rng(11)
    for x in HOSTILE.values():
        for y in HOSTILE.values():
            u, v = rng.gamma(0.5, size=len(x)), rng.gamma(0.5, size=len(y))
            found = getattr(drift, name)(x, y, weights=(u, v))
            assert found.status != "error", found.reason
            assert (found.value is None) == (found.status != "ok")
            assert found.value is None or math.isfinite(found.value)


@pytest.mark.parametrize(
    ("weights", "error", "words"),
    [
        ([1.0, 2.0, 3.0], TypeError, "two array-likes.*found 3 of them"),
        (np.ones(3), TypeError, "found ndarray"),
        ("w", TypeError, "found str"),
        (([1.0, 2.0], None), ValueError, "weights of the reference: expected 3 weights.*found 2"),
        (([1.0, -2.0, 1.0], None), ValueError, "reference.*found -2.0 in row 1"),
        ((None, [1.0, math.nan]), ValueError, "current.*found none in row 1"),
        ((None, [math.inf, 1.0]), ValueError, "current.*found inf in row 0"),
        ((None, ["a", "b"]), TypeError, "current: expected numbers, found"),
    ],
)
def test_weights_that_can_not_be_are_refused_by_name(weights, error, words):
    for method in (drift.ks, drift.chi_square):
        with pytest.raises(error, match=words):
            method([1.0, 2.0, 3.0], [1.0, 2.0], weights=weights)


def test_what_has_no_meaning_for_weights_is_refused_by_name():
    with pytest.raises(ValueError, match="no exact p-value of weighted rows"):
        drift.ks([1.0, 2.0], [1.0], method="exact", weights=([1.0, 2.0], None))
    without = [name for name in registry.methods() if not registry.method(name).weights]
    assert "fisher_exact" in without
    assert "weights" not in drift.fisher_exact.__kwdefaults__


def test_temporal_columns_have_weights_too():
    x = np.array(["2024-01-01", "2024-01-02", "2024-01-05"], "datetime64[s]")
    found = drift.wasserstein(x, x + np.timedelta64(60, "s"), weights=([1, 2, 3], [1, 2, 3]))
    assert found.value == pytest.approx(60.0)


def test_p_values_are_about_uniform_where_weights_say_nothing_of_values():
    rng = np.random.default_rng(12)
    for name in ("ks", "anderson_darling", "mann_whitney", "t_test", "psi", "cramer_von_mises"):
        p = np.array(
            [
                getattr(drift, name)(
                    rng.normal(size=300),
                    rng.normal(size=200),
                    weights=(rng.gamma(1.0, size=300), rng.gamma(2.0, size=200)),
                ).p_value
                for _ in range(500)
            ]
        )
        assert stats.kstest(p, "uniform").statistic < 0.09, name


def test_sums_of_the_core_are_refused_without_rows():
    weights = RowWeights(np.array([1.0, 2.0]))
    assert weights.size == pytest.approx(9 / 5)
    with pytest.raises(ValueError, match="expected two samples"):
        _core.weighted_statistics([], [], 0.0, [1.0], [1.0], 1.0)
    with pytest.raises(ValueError, match=r"weights\[1\] is -1"):
        _core.weighted_sort([1.0, 2.0], [1.0, -1.0])
    with pytest.raises(ValueError, match="expected 2, one a row, found 1"):
        _core.weighted_sort([1.0, 2.0], [1.0])
