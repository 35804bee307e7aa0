"""`sd.correlations`: against pandas and SciPy, with ties and gaps, and what has none."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats

import simdrift as sd


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    n = 1500
    frame = pd.DataFrame({
        "a": rng.normal(size=n),
        "ties": rng.integers(0, 9, n),
        "far": 1e8 + rng.normal(size=n),
        "gaps": rng.normal(size=n),
        "text": rng.choice(["x", "y", "z"], n),
    })  # fmt: skip
    frame.loc[rng.random(n) < 0.2, "gaps"] = np.nan
    frame["both"] = frame["gaps"] * 2 + frame["a"]
    frame["flag"] = frame["a"] > 0
    frame["category"] = pd.Categorical(np.where(frame["a"] > 0.5, "p", rng.choice(["q", "r"], n)))
    return frame


@pytest.mark.parametrize("method", ["pearson", "spearman", "kendall"])
def test_correlations_of_numbers_are_those_of_pandas(frame, method):
    found = sd.correlations(frame, method)
    assert found.columns == ("a", "ties", "far", "gaps", "both", "flag")
    near = frame.assign(far=frame["far"] - 1e8)  # exact; pandas loses half of the digits there
    expected = near[list(found.columns)].astype(float).corr(method).to_numpy()
    np.testing.assert_allclose(found.matrix, expected, atol=1e-12)
    rows = {(row.a, row.b): row.rows for row in found}
    assert rows["a", "gaps"] == frame["gaps"].notna().sum()


def test_cramers_v_is_scipys(frame):
    found = sd.correlations(frame, "cramers_v")
    assert {row.a for row in found} | {row.b for row in found} == {"text", "flag", "category"}
    for row in found:
        cells = pd.crosstab(frame[row.a], frame[row.b]).to_numpy()
        expected = scipy.stats.contingency.association(cells, method="cramer")
        assert row.value == pytest.approx(expected, rel=1e-12)


def test_pairs_are_listed_from_the_strongest(frame):
    sizes = [abs(row.value) for row in sd.correlations(frame, "pearson")]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("method", ["pearson", "spearman", "kendall", "cramers_v"])
def test_a_pair_that_has_none_says_why(method):
    data = {"k": np.full(9, 2.0), "x": np.arange(9.0), "none": np.full(9, np.nan)}
    if method == "cramers_v":
        data = {"k": ["a"] * 9, "x": list("abcdefghi"), "none": ["a"] + [None] * 8}
    found = {frozenset((row.a, row.b)): row for row in sd.correlations(data, method)}
    assert found[frozenset("kx")].status == "constant"
    assert found[frozenset(("x", "none"))].value is None
    assert np.isnan(sd.correlations(data, method).matrix[0, 1])


def test_values_whose_squares_overflow_have_a_correlation():
    x = np.random.default_rng(2).normal(size=50)
    (row,) = sd.correlations({"x": x, "y": x * 1e200})
    assert row.value == pytest.approx(1.0, abs=1e-12)


def test_a_column_that_is_constant_where_the_other_is_there_is_constant():
    x = np.array([0.1] * 5 + [3.0, 4.0])
    y = np.array([1.0, 2.0, 3.0, 4.0, 5.0, np.nan, np.nan])
    (row,) = sd.correlations({"x": x, "y": y})
    assert (row.value, row.status, row.rows) == (None, "constant", 5)


def test_a_named_column_of_another_kind_is_listed_with_a_status():
    (row,) = sd.correlations({"x": np.arange(3.0), "t": ["a", "b", "c"]}, columns=["x", "t"])
    assert (row.value, row.status) == (None, "not_applicable")


def test_wrong_arguments_are_refused():
    with pytest.raises(sd.SpecError, match=r"method: expected one of pearson, .* found 'tau'"):
        sd.correlations({"x": np.arange(3.0)}, "tau")
    with pytest.raises(sd.SpecError, match="columns: "):
        sd.correlations({"x": np.arange(3.0)}, columns=["y"])


@pytest.mark.parametrize("data", [{}, {"x": np.zeros(0), "y": np.zeros(0)}, {"x": np.arange(2.0)}])
def test_little_data_give_no_exception(data):
    for method in ("pearson", "spearman", "kendall", "cramers_v"):
        assert all(row.value is None for row in sd.correlations(data, method))
