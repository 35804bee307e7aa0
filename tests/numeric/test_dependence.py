"""Rows of one cluster, and rows next to each other in time, are worth fewer independent ones."""

from __future__ import annotations

import numpy as np
import pytest

import simdrift as sd
from simdrift.metrics import dependence, drift

Rows = drift.Rows
LAWS = [(0.5, 600, 30), (0.9, 2000, 200), (0.98, 3000, 600)]
"""Coefficient of AR(1), rows of a side, length of a block."""


def autoregressive(rng, phi, n, columns=1):
    """AR(1) with variance 1, from its stationary law."""
    noise = rng.normal(size=(n, columns)) * np.sqrt(1 - phi * phi)
    rows = np.empty((n, columns))
    rows[0] = rng.normal(size=columns)
    for t in range(1, n):
        rows[t] = phi * rows[t - 1] + noise[t]
    return rows


def clustered(rng, clusters, size=10, share=0.8, columns=1):
    """`share` of the variance is between clusters."""
    own = np.repeat(rng.normal(size=(clusters, columns)), size, axis=0)
    rest = rng.normal(size=(clusters * size, columns))
    return np.sqrt(share) * own + np.sqrt(1 - share) * rest


def p_values(name, x, y, sides):
    """Of each column of two arrays."""
    found = (getattr(drift, name)(a, b, weights=sides) for a, b in zip(x.T, y.T, strict=True))
    return np.array([result.p_value for result in found])


def frame(rows):
    return {f"x{i}": column for i, column in enumerate(rows.T)}


@pytest.mark.parametrize(("phi", "n", "block"), LAWS)
def test_windows_of_a_process_in_time_keep_their_level(phi, n, block):
    rng = np.random.default_rng([1, n])
    sides = [Rows(block=block)] * 2
    x, y = autoregressive(rng, phi, n, 60), autoregressive(rng, phi, n, 60)
    for name in ("ks", "t_test", "mann_whitney", "psi", "levene"):
        p = p_values(name, x, y, sides)
        assert np.count_nonzero(p <= 0.05) <= 8, name  # of 60: 3, and three deviations
    naive = p_values("t_test", x, y, None)
    assert np.count_nonzero(naive <= 0.05) >= 9  # what is wrong with taking rows as independent


@pytest.mark.parametrize("clusters", [15, 100])
def test_clusters_of_ten_rows_keep_their_level(clusters):
    rng = np.random.default_rng([2, clusters])
    users = np.repeat(np.arange(clusters), 10)
    sides = [Rows(cluster=users)] * 2
    x, y = clustered(rng, clusters, columns=80), clustered(rng, clusters, columns=80)
    for name in ("ks", "t_test", "psi", "epps_singleton", "quantile_shift", "anderson_darling"):
        p = p_values(name, x, y, sides)
        assert np.count_nonzero(p <= 0.05) <= 10, name


def test_a_drift_of_clusters_is_seen():
    rng = np.random.default_rng(3)
    users = np.repeat(np.arange(200), 10)
    x, y = clustered(rng, 200)[:, 0], clustered(rng, 200)[:, 0] + 0.6
    for name in ("ks", "t_test", "psi"):
        assert getattr(drift, name)(x, y, weights=[Rows(cluster=users)] * 2).alert, name


def test_compare_of_clusters_and_of_blocks_does_not_cry():
    rng = np.random.default_rng(4)
    users = np.repeat(np.arange(60), 10)
    alerts = dict.fromkeys(("plain", "cluster", "block"), 0)
    for _ in range(12):
        a, b = (frame(clustered(rng, 60, columns=10)) | {"user": users} for _ in range(2))
        a["k"], b["k"] = (np.repeat(rng.choice(["a", "b", "c"], 60), 10) for _ in range(2))
        columns = [name for name in a if name != "user"]
        for key, how in (("plain", {}), ("cluster", {"cluster": "user"}), ("block", {"block": 10})):
            report = sd.compare(a, b, columns=columns, **how)
            alerts[key] += any(r.alert for r in report.results if r.column)
    assert alerts["plain"] >= 10
    assert max(alerts["cluster"], alerts["block"]) <= 3


def test_windows_and_a_saved_reference_take_clusters(tmp_path):
    """One path: of a window the same as of its rows alone."""
    rng = np.random.default_rng(5)
    users, reference = np.repeat(np.arange(40), 10), clustered(rng, 40)[:, 0]
    days = np.arange("2024-01-01", "2024-01-04", dtype="datetime64[D]").astype("datetime64[s]")
    rows = [clustered(rng, 40)[:, 0] for _ in days]
    spec = sd.Spec(monitor="m", dataset="d", methods={"numeric": ["ks", "psi"]},
                   columns=sd.Columns(timestamp="t", cluster="user"))  # fmt: skip
    fitted = sd.Reference.fit({"t": days[:1].repeat(400), "user": users, "x": reference}, spec=spec)
    fitted.save(tmp_path / "reference.npz")
    data = {"t": days.repeat(400), "user": np.tile(users, 3), "x": np.concatenate(rows)}
    for prepared in (fitted, sd.Reference.load(tmp_path / "reference.npz")):
        found = [r.value for r in sd.monitor(spec, data, reference=prepared)
                 if r.metric == "drift.psi"]  # fmt: skip
        sides = [Rows(cluster=users)] * 2
        expected = [drift.psi(reference, own, weights=sides).value for own in rows]
        assert found == pytest.approx(expected, rel=1e-12)


def test_independent_rows_and_clusters_of_one_are_worth_themselves():
    assert dependence.of_numbers(np.arange(9.0), np.ones(9), np.arange(9)) == 1.0
    codes = np.array([0, 1, 0, 1, 1])
    assert dependence.of_categories(codes, np.ones(5), np.arange(5)) == 1.0


def test_the_design_effect_of_copies_is_their_number():
    """Each row four times: by definition 4, but for Student's quantile of 199 clusters."""
    rng = np.random.default_rng(6)
    values, codes = np.repeat(rng.normal(size=200), 4), np.repeat(rng.integers(0, 3, 200), 4)
    clusters, ones = np.repeat(np.arange(200), 4), np.ones(800)
    student = (1.971956544249395 / 1.959963984540054) ** 2  # t(199) and normal, 97.5 %
    expected = pytest.approx(4 * 200 / 199 * student, rel=1e-9)
    assert dependence.of_numbers(values, ones, clusters) == expected
    assert dependence.of_categories(codes, ones, clusters) == expected


def test_arguments_are_refused_by_name():
    with pytest.raises(ValueError, match="cluster or block"):
        Rows(cluster=[1, 2], block=2)
    for block, error in ((0, ValueError), (2.5, TypeError), (True, TypeError)):
        with pytest.raises(error, match="block: expected"):
            Rows(block=block)
    with pytest.raises(ValueError, match="expected 3 weights"):
        drift.ks([1.0, 2, 3], [1.0, 2], weights=(Rows(cluster=[1, 2]), None))
    with pytest.raises(sd.SpecError, match="cluster"):
        sd.compare({"x": [1.0]}, {"x": [1.0]}, cluster="nobody")
