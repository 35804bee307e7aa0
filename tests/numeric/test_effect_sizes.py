"""Beside every p-value an effect size that does not grow with the rows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

import simdrift as sd
from simdrift.metrics import drift, registry
from simdrift.metrics.drift.characteristic import SINGLETON_POINT


def samples(n, m, seed=0):
    rng = np.random.default_rng([seed, n, m])
    return rng.normal(size=n), rng.normal(0.5, 1.3, m)


def frame(x, seed=0):
    rng = np.random.default_rng(seed)
    return {"a": x, "b": x + rng.normal(size=len(x)), "c": rng.normal(size=len(x))}


def both(name, n, m):
    """Two samples of what the method is for."""
    kinds = registry.method(name).kinds
    x, y = samples(n, m)
    if "table" in kinds:
        return frame(x, 1), frame(y, 2)
    return (x, y) if "numeric" in kinds else (x > 0.3, y > 0.3)


@pytest.mark.parametrize("name", registry.methods())
def test_every_p_value_has_an_effect_size_beside_it(name):
    found = getattr(drift, name)(*both(name, 400, 300))
    assert found.status == "ok"
    assert (found.p_value is None) or (found.effect_size is not None)
    if "permutations" in registry.method(name).params:
        found = getattr(drift, name)(*both(name, 400, 300), permutations=19)
        assert found.p_value is not None
        assert found.effect_size is not None


COUNTS = ("new_categories", "vanished_categories")


@pytest.mark.parametrize("name", [n for n in registry.methods() if n not in COUNTS])
def test_effect_sizes_do_not_grow_with_the_rows(name):
    params = {"permutations": 9} if name in ("wasserstein", "wasserstein_normed", "energy") else {}
    few, many = (
        getattr(drift, name)(*both(name, rows, rows // 2), **params).effect_size
        for rows in (1000, 3000)
    )
    rough = "table" in registry.method(name).kinds  # of some hundred rows
    assert many == pytest.approx(few, rel=0.35, abs=0.15 if rough else 0.06)


@pytest.mark.parametrize("decimals", [None, 1])
def test_anderson_darlings_is_the_mean_weighted_square(decimals):
    x, y = samples(300, 200)
    if decimals is not None:
        x, y = x.round(decimals), y.round(decimals)
    pooled = np.concatenate([x, y])

    def middle(side):
        side = np.sort(side)
        ends = np.searchsorted(side, pooled, "left") + np.searchsorted(side, pooled, "right")
        return ends / (2 * len(side))

    h = middle(pooled)
    share = np.array([np.mean(pooled == value) for value in pooled])
    expected = np.mean((middle(x) - middle(y)) ** 2 / (h * (1 - h) - share / 4))
    assert drift.anderson_darling(x, y).effect_size == pytest.approx(expected, rel=1e-9)


def test_epps_singletons_is_a_mahalanobis_distance():
    x, y = samples(5000, 5000)
    found = drift.epps_singleton(x, y)
    scale = stats.iqr(np.concatenate([x, y])) / 2
    t = np.array([SINGLETON_POINT, 2 * SINGLETON_POINT])[:, None]
    gx, gy = (np.concatenate([np.cos(t * s / scale), np.sin(t * s / scale)]) for s in (x, y))
    gap = gx.mean(axis=1) - gy.mean(axis=1)
    pooled = 0.5 * (np.cov(gx, bias=True) + np.cov(gy, bias=True))
    expected = math.sqrt(gap @ np.linalg.solve(pooled, gap))
    assert found.effect_size == pytest.approx(expected, rel=1e-6)


def test_mmds_is_its_root():
    x, y = both("mmd", 600, 500)
    for estimator in ("quadratic", "linear"):
        found = drift.mmd(x, y, estimator=estimator)
        assert found.effect_size == pytest.approx(math.sqrt(max(found.value, 0.0)))
    assert drift.mmd(x, x).effect_size == 0.0


def test_permuted_distances_are_told_in_deviations_of_the_reference():
    x, y = samples(300, 200)
    std = np.std(x, ddof=1)
    w1 = stats.wasserstein_distance(x, y)
    for name in ("wasserstein", "wasserstein_normed"):
        found = getattr(drift, name)(x, y, permutations=19)
        assert found.effect_size == pytest.approx(w1 / std, rel=1e-10)
    energy = drift.energy(x, y, permutations=19).effect_size
    assert energy == pytest.approx(stats.energy_distance(x, y) / math.sqrt(std), rel=1e-10)


def bergsma(table):
    """Cramer's V corrected for bias, step by step (Bergsma 2013)."""
    table = np.asarray(table, float)
    n, (r, k) = table.sum(), table.shape
    phi = stats.chi2_contingency(table, correction=False)[0] / n
    phi = max(0.0, phi - (k - 1) * (r - 1) / (n - 1))
    r, k = r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)
    return math.sqrt(phi / min(k - 1, r - 1))


@pytest.mark.parametrize("name", ["chi_square", "g_test", "fisher_exact"])
@pytest.mark.parametrize("k", [2, 5])
def test_cramers_v_is_corrected_for_bias_where_asked(name, k):
    rng = np.random.default_rng(k)
    x, y = rng.integers(0, k, 90), rng.integers(0, k, 70) * rng.integers(0, 2, 70)
    table = [np.bincount(side, minlength=k) for side in (x, y)]
    method = getattr(drift, name)
    if name == "fisher_exact" and k > 2:
        assert method(x, y, corrected=True).status == "not_applicable"
        return
    plain, corrected = method(x, y, corrected=False), method(x, y, corrected=True)
    expected = stats.contingency.association(table, method="cramer")
    assert plain.effect_size == pytest.approx(expected, rel=1e-12)
    assert corrected.effect_size == pytest.approx(bergsma(table), rel=1e-12)
    assert (plain.value, plain.p_value) == (corrected.value, corrected.p_value)
    with pytest.raises(TypeError, match="corrected: expected True or False, found 1"):
        method(x, y, corrected=1)


def test_compare_takes_the_correction_and_tells_it():
    rng = np.random.default_rng(3)
    before, now = {"c": rng.integers(0, 4, 500)}, {"c": rng.integers(0, 4, 400)}
    report = sd.compare(
        before,
        now,
        roles={"categorical": ["c"]},
        methods=[("chi_square", {"corrected": True})],
    )
    [row] = report.results.filter(metric="drift.chi_square")
    table = [np.bincount(side["c"], minlength=4) for side in (before, now)]
    assert row.params == "corrected=True"
    assert row.effect_size == pytest.approx(bergsma(table), rel=1e-12)
