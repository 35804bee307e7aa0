"""Tests of ranks, means, spreads and quantiles against SciPy, on any rows."""

from __future__ import annotations

import inspect
import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from simdrift.metrics import drift, registry

SIZES = [(12, 15), (60, 45), (800, 500)]


def samples(n, m, decimals=None, seed=0, shift=0.2):
    rng = np.random.default_rng([seed, n, m])
    x, y = rng.normal(size=n), rng.normal(shift, 1.2, m)
    return (x, y) if decimals is None else (x.round(decimals), y.round(decimals))


@pytest.mark.parametrize(("n", "m"), SIZES)
def test_cramer_von_mises_is_scipys_without_ties(n, m):
    x, y = samples(n, m)
    expected, found = stats.cramervonmises_2samp(x, y), drift.cramer_von_mises(x, y)
    assert found.value == pytest.approx(expected.statistic, rel=1e-10)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-8)
    assert found.log_p_value == pytest.approx(np.log(expected.pvalue), rel=1e-8)


def mises_by_definition(x, y):
    """T from both distribution functions at the middle of each step."""
    x, y, pooled = np.sort(x), np.sort(y), np.concatenate([x, y])
    f, g = (
        (np.searchsorted(side, pooled, "left") + np.searchsorted(side, pooled, "right"))
        / (2 * len(side))
        for side in (x, y)
    )
    total = len(pooled)
    return len(x) * len(y) / total * np.mean((f - g) ** 2) + 1 / (4 * total)


@pytest.mark.parametrize("decimals", [None, 1, 0])
@pytest.mark.parametrize(("n", "m"), [*SIZES, (2000, 30)])
def test_cramer_von_mises_takes_ties_at_the_middle_of_their_step(n, m, decimals):
    x, y = samples(n, m, decimals)
    expected, found = mises_by_definition(x, y), drift.cramer_von_mises(x, y)
    assert found.value == pytest.approx(expected, rel=1e-11)
    mean = (expected - 0.25 / (n + m)) * (n + m) / (n * m)  # of (F - G)^2
    assert found.effect_size == pytest.approx(mean, rel=1e-11)
    assert drift.cramer_von_mises(x, x).effect_size == 0.0


@pytest.mark.parametrize(("n", "m"), [(2000, 20), (400, 300), (300, 400), (18, 7)])
def test_cramer_von_mises_of_one_law_with_ties_does_not_alert(n, m):
    rng = np.random.default_rng([8, n])
    p = [
        drift.cramer_von_mises(rng.integers(0, 5, n), rng.integers(0, 5, m)).p_value
        for _ in range(200)
    ]
    assert np.mean(np.array(p) <= 0.05) < 0.1


@pytest.mark.parametrize("decimals", [None, 1, 2])
@pytest.mark.parametrize(("n", "m"), SIZES)
def test_anderson_darling_is_scipys_within_its_table(n, m, decimals):
    x, y = samples(n, m, decimals, shift=0.1 + 2.0 / np.sqrt(n))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = stats.anderson_ksamp([x, y], midrank=True)
    found = drift.anderson_darling(x, y)
    assert found.value == pytest.approx(expected.statistic, rel=1e-10)
    if 0.002 < expected.pvalue < 0.2 and decimals != 1:  # SciPy interpolates between six values
        assert found.p_value == pytest.approx(expected.pvalue, rel=0.1)


def test_anderson_darling_of_large_samples_has_scholz_and_stephens_variance():
    x, y = samples(150_000, 120_000, shift=0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = stats.anderson_ksamp([x, y], midrank=True)
    assert drift.anderson_darling(x, y).value == pytest.approx(expected.statistic, rel=1e-6)


def test_anderson_darling_p_values_are_those_of_permutations():
    rng = np.random.default_rng(4)
    x, y = samples(40, 30, shift=0.5)
    pooled = np.concatenate([x, y])
    found = drift.anderson_darling(x, y)
    null = []
    for _ in range(2000):
        mixed = rng.permutation(pooled)
        null.append(drift.anderson_darling(mixed[:40], mixed[40:]).value)
    p = np.mean(np.array(null) >= found.value)
    assert found.p_value == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / 2000) + 0.004)


@pytest.mark.parametrize("decimals", [None, 1])
@pytest.mark.parametrize(("n", "m"), SIZES)
def test_mann_whitney_is_scipys(n, m, decimals):
    x, y = samples(n, m, decimals)
    exact = n * m <= 5000 and decimals is None
    expected = stats.mannwhitneyu(x, y, method="exact" if exact else "asymptotic")
    found = drift.mann_whitney(x, y)
    assert found.value == expected.statistic
    right = 1e-10
    if decimals is None and n * m > 2500:  # the saddle point; SciPy's limit law is further off
        right = 1e-3 if exact else 0.02
    assert found.p_value == pytest.approx(expected.pvalue, rel=right)
    auc = np.mean((x[:, None] < y) + 0.5 * (x[:, None] == y))
    assert found.effect_size == pytest.approx(2 * auc - 1, rel=1e-12)


def test_kuiper_is_the_sum_of_both_one_sided_distances():
    x, y = samples(300, 200, 1)
    plus = stats.ks_2samp(x, y, alternative="less", method="asymp").statistic
    minus = stats.ks_2samp(x, y, alternative="greater", method="asymp").statistic
    assert drift.kuiper(x, y).value == pytest.approx(plus + minus, rel=1e-12)


def test_energy_is_scipys_and_knows_times():
    x, y = samples(3000, 2000)
    assert drift.energy(x, y).value == pytest.approx(stats.energy_distance(x, y), rel=1e-12)
    days = [np.array(side, "datetime64[D]") for side in ([0, 8], [0, 3, 8])]
    expected = stats.energy_distance([0.0, 8 * 86400.0], [0.0, 3 * 86400.0, 8 * 86400.0])
    found = drift.energy(*(side.astype("datetime64[s]") for side in days))
    assert found.value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("n", "m"), [(3, 4), *SIZES])
def test_t_test_and_mean_shift_are_welchs(n, m):
    x, y = samples(n, m)
    expected, found = stats.ttest_ind(x, y, equal_var=False), drift.t_test(x, y)
    assert found.value == pytest.approx(expected.statistic, rel=1e-10)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-10)
    shift, interval = drift.mean_shift(x, y), expected.confidence_interval()
    assert shift.value == pytest.approx(y.mean() - x.mean(), rel=1e-10)
    assert (-shift.ci_high, -shift.ci_low) == pytest.approx(tuple(interval), rel=1e-9)
    pooled = ((n - 1) * x.var(ddof=1) + (m - 1) * y.var(ddof=1)) / (n + m - 2)
    g = (y.mean() - x.mean()) / np.sqrt(pooled) * (1 - 3 / (4 * (n + m - 2) - 1))
    assert found.effect_size == shift.effect_size == pytest.approx(g, rel=1e-10)


@pytest.mark.parametrize(("n", "m"), [(3, 4), *SIZES])
def test_levene_is_scipys(n, m):
    x, y = samples(n, m)
    x[1], y[2] = 1e3, -1e3
    expected, found = stats.levene(x, y), drift.levene(x, y)
    assert found.value == pytest.approx(expected.statistic, rel=1e-9)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)


def test_std_ratio_is_the_f_test():
    x, y = samples(60, 45)
    f = y.var(ddof=1) / x.var(ddof=1)
    law = stats.f(44, 59)
    found = drift.std_ratio(x, y)
    assert found.value == pytest.approx(np.sqrt(f), rel=1e-12)
    assert found.p_value == pytest.approx(2 * min(law.sf(f), law.cdf(f)), rel=1e-10)
    interval = np.sqrt([f / law.ppf(0.975), f / law.ppf(0.025)])
    assert (found.ci_low, found.ci_high) == pytest.approx(tuple(interval), rel=1e-9)


@pytest.mark.parametrize(("n", "m"), [*SIZES, (300, 300)])
def test_epps_singleton_is_scipys(n, m):
    x, y = samples(n, m)
    expected, found = stats.epps_singleton_2samp(x, y), drift.epps_singleton(x, y)
    assert found.value == pytest.approx(expected.statistic, rel=1e-8)
    if min(n, m) < 25:
        assert found.p_value == pytest.approx(by_hotelling(x, y), rel=1e-7)
        return
    assert found.p_value >= expected.pvalue * (1 - 1e-8)
    weight = expected.statistic * min(1.0, by_shared_rows(x, y) / by_own_rows(x, y))
    assert found.p_value == pytest.approx(stats.chi2.sf(weight, 4), rel=1e-7)
    if n == m:
        assert found.p_value == pytest.approx(expected.pvalue, rel=1e-8)


def waves(x, y):
    """What Epps and Singleton's statistic is made of: 4 functions of the rows of each side."""
    scale = stats.iqr(np.concatenate([x, y])) / 2
    t = np.array([0.4, 0.8])[:, None]
    return [np.concatenate([np.cos(t * side / scale), np.sin(t * side / scale)]) for side in (x, y)]


def length(x, y, covariance):
    gap = x.mean(axis=1) - y.mean(axis=1)
    return gap @ np.linalg.solve(covariance, gap)


def by_own_rows(x, y):
    """Each side's covariance from its own rows, as Epps and Singleton have it."""
    x, y = waves(x, y)
    own = np.cov(x, bias=True) / x.shape[1] + np.cov(y, bias=True) / y.shape[1]
    return length(x, y, own)


def by_hotelling(x, y):
    """The larger tail of Hotelling's laws of one covariance and of two (Nel, van der Merwe)."""
    x, y = waves(x, y)
    n, m = x.shape[1], y.shape[1]
    sx, sy = np.cov(x) / n, np.cov(y) / m
    pooled = ((n - 1) * np.cov(x) + (m - 1) * np.cov(y)) / (n + m - 2) * (1 / n + 1 / m)

    def spread(s):
        return np.trace(s @ s) + np.trace(s) ** 2

    freedom = spread(sx + sy) / (spread(sx) / (n - 1) + spread(sy) / (m - 1))
    return max(
        stats.f.sf(length(x, y, s) * (k - 3) / (4 * k), 4, k - 3)
        for s, k in ((sx + sy, freedom), (pooled, n + m - 2))
    )


def by_shared_rows(x, y):
    """One covariance, about each side's mean, from the rows of both."""
    x, y = waves(x, y)
    centred = np.concatenate([side - side.mean(axis=1, keepdims=True) for side in (x, y)], axis=1)
    shared = centred @ centred.T / centred.shape[1]
    return length(x, y, shared * (1 / x.shape[1] + 1 / y.shape[1]))


def test_quantile_shift_is_the_largest_change_in_quartile_ranges():
    x, y = samples(900, 700)
    q = [0.05, 0.25, 0.5, 0.75, 0.95]
    before, now = np.quantile(x, q), np.quantile(y, q)
    change = (now - before) / (before[3] - before[1])
    found = drift.quantile_shift(x, y)
    assert found.value == pytest.approx(change[np.argmax(np.abs(change))], rel=1e-12)
    assert found.effect_size == pytest.approx(change[2], rel=1e-12)
    assert found.ci_low < found.value < found.ci_high


def test_quantile_shift_intervals_hold_the_shift_of_the_law():
    rng, held = np.random.default_rng(11), 0
    for _ in range(300):
        x, y = rng.normal(size=400), rng.normal(0.0, 2.0, 300)
        found = drift.quantile_shift(x, y)
        truth = np.sign(found.value) * (stats.norm.ppf(0.95)) / (2 * stats.norm.ppf(0.75))
        held += found.ci_low <= truth <= found.ci_high
    assert held >= 270


def test_quantile_shift_is_bootstrapped_on_request():
    x, y = samples(501, 300)
    found = drift.quantile_shift(x, y, bootstrap=4_000, seed=5)
    assert found.value == drift.quantile_shift(x, y).value
    rng, q = np.random.default_rng(6), [0.05, 0.25, 0.5, 0.75, 0.95]
    before = np.quantile(x[rng.integers(0, 501, (4_000, 501))], q, axis=1)
    now = np.quantile(y[rng.integers(0, 300, (4_000, 300))], q, axis=1)
    change = (now - before) / (before[3] - before[1])
    at = np.argmax(np.abs(np.quantile(y, q) - np.quantile(x, q)))
    low, high = np.quantile(change[at], [0.025, 0.975])
    width = high - low
    assert found.ci_low == pytest.approx(low, abs=0.06 * width)
    assert found.ci_high == pytest.approx(high, abs=0.06 * width)
    assert found == drift.quantile_shift(x, y, bootstrap=4_000, seed=5)
    assert found.params == "bootstrap=4000,seed=5"
    with pytest.raises(ValueError, match="bootstrap: expected 0 to"):
        drift.quantile_shift(x, y, bootstrap=-1)


def test_resampled_quantiles_have_the_law_of_resampled_rows():
    from simdrift import _core
    from simdrift.metrics.columns import CurrentColumn
    from simdrift.metrics.drift.quantiles import QUANTILES, resampled_quantiles

    x = np.random.default_rng(1).exponential(size=37)
    side = CurrentColumn("x", _core.Column.from_numpy(x))
    found = resampled_quantiles(side, 3_000, np.random.default_rng(2))
    drawn = x[np.random.default_rng(3).integers(0, 37, (3_000, 37))]
    expected = np.quantile(drawn, QUANTILES, axis=1).T
    for place in range(len(QUANTILES)):
        assert stats.ks_2samp(found[:, place], expected[:, place]).pvalue > 1e-3
    # and together: the quartile range
    ranges = (side[:, 3] - side[:, 1] for side in (found, expected))
    assert stats.ks_2samp(*ranges).pvalue > 1e-3


@pytest.mark.parametrize("name", registry.methods("numeric"))
def test_the_logarithm_is_that_of_the_p_value(name):
    x, y = samples(120, 90)
    found = getattr(drift, name)(x, y)
    if found.p_value is None:
        assert found.log_p_value is None
    else:
        assert found.log_p_value == pytest.approx(np.log(found.p_value), rel=1e-9, abs=1e-12)
    if "permutations" in registry.method(name).params:
        permuted = getattr(drift, name)(x, y, permutations=99)
        assert permuted.log_p_value == pytest.approx(np.log(permuted.p_value))


@pytest.mark.parametrize("method", [drift.wasserstein, drift.wasserstein_normed, drift.energy])
def test_permutations_tell_what_chance_gives(method):
    x, y = samples(400, 300, shift=0.0)
    calm = method(x, x[::-1][:300], permutations=199)
    assert calm.p_value > 0.05
    drifted = method(x, y + 1.0, permutations=199)
    assert drifted.p_value == pytest.approx(1 / 200)
    assert drifted.null_quantile < drifted.value
    assert method(x, y, permutations=99, seed=3) == method(x, y, permutations=99, seed=3)
    # of few values the cells are the values: the law of SciPy's permutation test
    few, other = x.round(0), y.round(0)
    distance = stats.energy_distance if method is drift.energy else stats.wasserstein_distance
    keywords = inspect.signature(stats.permutation_test).parameters  # SciPy 1.15 has renamed it
    expected = stats.permutation_test(
        (few, other),
        distance,
        n_resamples=999,
        alternative="greater",
        **{"rng" if "rng" in keywords else "random_state": np.random.default_rng(1)},
    )
    found = method(few, other, permutations=999)
    assert found.p_value == pytest.approx(expected.pvalue, abs=0.07)


rows = st.lists(
    st.floats(-100, 100).map(lambda v: round(v, 1)) | st.sampled_from([np.nan, np.inf, -np.inf]),
    min_size=2,
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(rows, rows)
def test_rank_tests_take_ties_infinities_and_missing_rows(x, y):
    x, y = np.array(x), np.array(y)
    a, b = x[~np.isnan(x)], y[~np.isnan(y)]
    assume(min(len(a), len(b)) > 1)
    found = drift.mann_whitney(x, y)
    ranks = stats.rankdata(np.concatenate([a, b]))  # SciPy 1.13 takes no infinities
    u = stats.mannwhitneyu(ranks[: len(a)], ranks[len(a) :], method="asymptotic").statistic
    assert found.value == u
    expected = mises_by_definition(a, b)
    assert drift.cramer_von_mises(x, y).value == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", ["t_test", "mean_shift", "std_ratio", "levene", "epps_singleton"])
def test_tests_of_moments_read_finite_rows(name):
    method = getattr(drift, name)
    x, y = samples(60, 45)
    dirty = np.append(x, [np.nan, np.inf, -np.inf, np.inf])
    clean, found = method(x, y), method(dirty, y)
    if found.status == "ok":
        assert found.value == pytest.approx(clean.value, rel=1e-9)
        assert found.n_reference == 60
    else:
        assert found.status in ("overflow", "degenerate")


@pytest.mark.parametrize("name", registry.methods("numeric"))
def test_prepared_references_give_the_same(name, tmp_path):
    from simdrift import _core
    from simdrift.metrics.columns import CurrentColumn, ReferenceColumn
    from simdrift.metrics.grouped import GroupedPair
    from simdrift.metrics.groups import ColumnGroups
    from simdrift.metrics.over_groups import evaluate

    x, y = samples(500, 300, 1)
    spec = registry.method(name)
    results = []
    for prepare in (False, True):
        reference = ReferenceColumn("x", _core.Column.from_numpy(x))
        if prepare:
            reference = ReferenceColumn.from_state(reference.prepare().to_state())
        current = ColumnGroups.of(CurrentColumn("x", _core.Column.from_numpy(y)))
        outcomes = evaluate(spec, GroupedPair(reference, current), {})
        results.append(outcomes.at(0)._replace(log_p=None))
    fresh, restored = results
    assert fresh.status == "ok"
    for one, other in zip(fresh, restored, strict=True):
        assert one == other or one == pytest.approx(other, rel=1e-12)


LAWS = {
    "normal": lambda rng, rows: rng.normal(size=rows),
    "uniform": lambda rng, rows: rng.random(rows),
    "exponential": lambda rng, rows: rng.exponential(size=rows),
    "whole": lambda rng, rows: rng.integers(0, 30, rows).astype(float),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("method", [drift.wasserstein, drift.wasserstein_normed, drift.energy])
def test_chance_of_a_distance_is_about_what_samples_of_one_law_give(method, law):
    rng = np.random.default_rng([12, len(law)])
    values, quantiles = [], []
    for _ in range(300):
        found = method(LAWS[law](rng, 600), LAWS[law](rng, 400))
        values.append(found.value)
        quantiles.append(found.null_quantile)
    assert np.mean(quantiles) == pytest.approx(np.quantile(values, 0.95), rel=0.15)
    assert 0.02 <= np.mean(np.array(values) > quantiles) <= 0.12
