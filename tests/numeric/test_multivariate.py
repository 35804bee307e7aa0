"""Multivariate drift against independent computations of the same definitions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from simdrift.metrics import drift
from simdrift.metrics.drift.table.correlation import permuted_changes
from simdrift.metrics.drift.table.domain import auc, fit_logistic
from simdrift.metrics.drift.table.mmd import median_gamma, quadratic
from simdrift.metrics.drift.table.pca import principal_components

TABLE_METHODS = (
    drift.correlation,
    drift.pca_reconstruction,
    drift.domain_classifier,
    drift.mmd,
)


def table(rng, rows, width=4, mix=None):
    values = rng.normal(size=(rows, width)) @ (np.eye(width) if mix is None else mix)
    return {f"c{place}": values[:, place] for place in range(width)}


@pytest.fixture
def rng():
    return np.random.default_rng(20241124)


def test_correlation_is_the_largest_change_of_numpys_matrix(rng):
    x, y = table(rng, 500), table(rng, 300, mix=rng.normal(size=(4, 4)))
    change = np.corrcoef(list(y.values())) - np.corrcoef(list(x.values()))
    assert drift.correlation(x, y).value == pytest.approx(np.abs(change).max(), rel=1e-12)
    frobenius = drift.correlation(x, y, norm="frobenius")
    assert frobenius.value == pytest.approx(np.linalg.norm(change), rel=1e-12)
    assert frobenius.effect_size == pytest.approx(np.abs(change).max(), rel=1e-12)


def test_correlation_leaves_out_rows_in_which_a_number_is_missing(rng):
    x = table(rng, 400, 2)
    holes = {"c0": np.append(x["c0"], [np.nan, 5.0]), "c1": np.append(x["c1"], [1.0, np.nan])}
    assert drift.correlation(holes, x).value == pytest.approx(0.0, abs=1e-12)
    assert drift.correlation(holes, x).n_reference == 400


def test_permuted_correlations_are_those_of_permuted_rows(rng):
    x, y = (np.array(list(table(rng, rows, 3).values())).T for rows in (40, 25))
    found = permuted_changes(x, y, "max", 3, np.random.default_rng(7))
    pooled, drawn = np.concatenate([x, y]), np.random.default_rng(7)
    for value in found:
        part = drawn.choice(65, 25, replace=False)
        rest = np.setdiff1d(np.arange(65), part)
        change = np.corrcoef(pooled[part].T) - np.corrcoef(pooled[rest].T)
        assert value == pytest.approx(np.abs(change).max(), rel=1e-9)


def test_reconstruction_error_is_that_of_a_singular_value_decomposition(rng):
    mix = rng.normal(size=(4, 4))
    x, y = table(rng, 600, mix=mix), table(rng, 300, mix=rng.normal(size=(4, 4)))
    left, right = (np.array(list(side.values())).T for side in (x, y))
    mean, spread = left.mean(axis=0), left.std(axis=0, ddof=1)
    left, right = (left - mean) / spread, (right - mean) / spread
    fit = left[0::2] - left[0::2].mean(axis=0)
    _, singular, rows = np.linalg.svd(fit, full_matrices=False)
    kept = int(np.argmax(np.cumsum(singular**2) / np.sum(singular**2) >= 0.65)) + 1
    rest = np.eye(4) - rows[:kept].T @ rows[:kept]
    before, after = (np.linalg.norm(side @ rest, axis=1) for side in (left[1::2], right))
    found = drift.pca_reconstruction(x, y)
    assert found.value == pytest.approx(after.mean() / before.mean() - 1.0, rel=1e-9)
    z = (after.mean() - before.mean()) / np.hypot(stats.sem(before), stats.sem(after))
    assert found.p_value == pytest.approx(2.0 * stats.norm.sf(abs(z)), rel=1e-9)


def test_components_hold_the_share_of_variance_asked_for():
    x = np.diag([10.0, 3.0, 1.0, 0.1])
    assert principal_components(np.concatenate([x, -x]), 0.65).shape == (4, 1)
    assert principal_components(np.concatenate([x, -x]), 0.95).shape == (4, 2)
    assert principal_components(np.concatenate([x, -x]), 1.0).shape == (4, 4)


def test_auc_is_the_share_of_pairs_in_order(rng):
    scores = np.round(rng.normal(size=200), 1)
    label = rng.random(200) < 0.3
    ours, theirs = scores[label][:, None], scores[~label]
    brute = np.mean((ours > theirs) + 0.5 * (ours == theirs))
    found, deviation = auc(label, scores)
    assert found == pytest.approx(brute, rel=1e-12)
    n, m = int(label.sum()), int((~label).sum())
    assert deviation == pytest.approx(np.sqrt((n + m + 1) / (12 * n * m)), rel=1e-12)


def test_logistic_weights_are_where_the_penalised_likelihood_is_flat(rng):
    rows = rng.normal(size=(300, 5))
    label = (rows[:, 0] + rng.normal(size=300) > 0).astype(float)
    weights = fit_logistic(rows, label)
    share = 1.0 / (1.0 + np.exp(-rows @ weights))
    assert np.abs(rows.T @ (label - share) - weights).max() < 1e-6


def test_a_classifier_sees_what_no_single_column_shows(rng):
    a, noise = rng.normal(size=(2, 2000))
    x = {"a": a, "b": 0.9 * a + 0.4 * noise}
    y = {"a": a[:1000], "b": -0.9 * a[:1000] + 0.4 * noise[:1000]}
    found = drift.domain_classifier(x, y)
    assert found.value > 0.9
    assert found.alert
    assert found.p_value < 1e-10


def test_a_classifier_sees_categories_and_missing_values(rng):
    labels = np.array(["a", "b"], object)
    x = {"k": labels[rng.integers(2, size=500)], "v": rng.normal(size=500)}
    y = {"k": np.where(rng.random(500) < 0.9, "new", x["k"]), "v": x["v"]}
    z = {"k": x["k"], "v": np.where(rng.random(500) < 0.9, np.nan, x["v"])}
    assert drift.domain_classifier(x, y).value > 0.9
    assert drift.domain_classifier(x, z).value > 0.9


@pytest.mark.parametrize("method", TABLE_METHODS)
def test_alerts_stay_within_the_level_where_nothing_drifts(method):
    rng, count = np.random.default_rng(3), 60
    mix = rng.normal(size=(4, 4))
    found = [method(table(rng, 300, mix=mix), table(rng, 200, mix=mix)) for _ in range(count)]
    low = sum(result.p_value <= 0.05 for result in found)
    assert stats.binomtest(low, count, 0.05, alternative="greater").pvalue > 1e-3
    beyond = sum(result.value > result.null_quantile for result in found)
    assert stats.binomtest(beyond, count, 0.05, alternative="greater").pvalue > 1e-3


@pytest.mark.parametrize("method", TABLE_METHODS)
def test_the_same_seed_gives_the_same_numbers_on_any_number_of_threads(method, rng):
    x, y = table(rng, 20_000), table(rng, 15_000)
    assert method(x, y, threads=1) == method(x, y, threads=3) == method(x, y)


@pytest.mark.parametrize("method", TABLE_METHODS)
@pytest.mark.parametrize(
    ("current", "status"),
    [
        ({"c0": [], "c1": []}, "empty"),
        ({"c0": [1.0, 2.0]}, "missing_column"),
        ({"c0": [1.0, 2.0], "c1": ["a", "b"]}, "type_changed"),
        ({"c0": [1.0, 2.0], "c1": [3.0, 4.0]}, "too_few_rows"),
    ],
)
def test_tables_that_can_not_be_compared_have_a_status(method, current, status, rng):
    found = method(table(rng, 100, 2), current)
    assert (found.value, found.status) == (None, status)


def test_the_reason_names_the_columns_that_changed(rng):
    x = table(rng, 50, 2)
    assert drift.correlation(x, {"c0": x["c0"], "c1": ["a"] * 50}).reason.endswith("reference: c1")
    assert drift.correlation(x, {"c0": x["c0"]}).reason.endswith("reference: c1")


def kernel_sums(x, y, gamma):
    """By the definition, from the whole kernel matrix."""
    rows = np.concatenate([x, y])
    distances = np.sum((rows[:, None, :] - rows) ** 2, axis=2)
    k, n, m = np.exp(-gamma * distances), len(x), len(y)
    np.fill_diagonal(k, 0.0)
    inside = k[:n, :n].sum() / (n * (n - 1)) + k[n:, n:].sum() / (m * (m - 1))
    return inside - 2.0 * k[:n, n:].mean()


def test_mmd_is_the_unbiased_sum_over_all_pairs(rng):
    x, y = rng.normal(size=(300, 3)), rng.normal(0.2, 1.0, (270, 3))
    value, null = quadratic(x, y, 0.3, 5, np.random.default_rng(2))
    assert value == pytest.approx(kernel_sums(x, y, 0.3), rel=1e-9)
    pooled, drawn = np.concatenate([x, y]), np.random.default_rng(2)
    for found in null:
        order = drawn.permutation(570)
        expected = kernel_sums(pooled[order[:300]], pooled[order[300:]], 0.3)
        assert found == pytest.approx(expected, rel=1e-7, abs=1e-12)
    distances = np.sqrt(np.sum((pooled[:, None, :] - pooled) ** 2, axis=2))
    middle = np.median(distances[np.triu_indices(570, 1)])
    assert median_gamma(x, y) == pytest.approx(0.5 / middle**2, rel=1e-9)


def test_linear_mmd_is_the_mean_over_disjoint_pairs(rng):
    x, y = table(rng, 400, 2), table(rng, 301, 2)
    a, b = (np.array(list(side.values())).T for side in (x, y))
    mean, spread = a.mean(axis=0), a.std(axis=0, ddof=1)
    a, b = (a - mean) / spread, (b - mean) / spread
    gamma, terms = median_gamma(a, b), []
    for i in range(0, 300, 2):

        def k(u, v):
            return np.exp(-gamma * np.sum((u - v) ** 2))

        terms.append(k(a[i], a[i + 1]) + k(b[i], b[i + 1]) - k(a[i], b[i + 1]) - k(a[i + 1], b[i]))
    found = drift.mmd(x, y, estimator="linear")
    assert found.value == pytest.approx(np.mean(terms), rel=1e-9)
    z = np.mean(terms) / stats.sem(terms)
    assert found.p_value == pytest.approx(stats.norm.sf(z), rel=1e-8)


def test_mmd_sees_what_no_single_column_shows(rng):
    a, noise = rng.normal(size=(2, 1500))
    x, y = {"a": a, "b": a + 0.5 * noise}, {"a": a, "b": -a + 0.5 * noise}
    assert drift.mmd(x, y).p_value == pytest.approx(1 / 200)
    assert drift.mmd(x, y, estimator="linear").p_value < 1e-6


def test_a_table_without_numbers_has_no_correlations():
    text = {"k": ["a", "b"] * 50}
    assert drift.correlation(text, text).status == "not_applicable"
    assert drift.pca_reconstruction(text, text).status == "not_applicable"
    assert drift.mmd(text, text).status == "not_applicable"
    assert drift.domain_classifier(text, text).status == "ok"


@pytest.mark.parametrize(
    ("method", "wrong"),
    [
        (drift.correlation, {"norm": "l1"}),
        (drift.correlation, {"permutations": -1}),
        (drift.pca_reconstruction, {"variance": 0.0}),
        (drift.domain_classifier, {"folds": 1}),
        (drift.domain_classifier, {"seed": -1}),
        (drift.mmd, {"estimator": "cubic"}),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(method, wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))}: expected"):
        method({"a": [1.0]}, {"a": [1.0]}, **wrong)


def test_mmd_tells_its_progress_and_can_be_stopped_by_it():
    rng = np.random.default_rng(1)
    x, y = ({"a": rng.normal(size=2000), "b": rng.normal(size=2000)} for _ in range(2))
    seen = []
    found = drift.mmd(
        x, y, permutations=800, progress=lambda done, total: seen.append((done, total))
    )
    assert found == drift.mmd(x, y, permutations=800)
    assert seen
    assert all(0 <= done <= total for done, total in seen)

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drift.mmd(x, y, permutations=800, progress=stop)
    with pytest.raises(TypeError, match="progress"):
        drift.mmd(x, y, progress=3)
