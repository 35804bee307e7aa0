"""`sd.outliers`: rules against NumPy and SciPy, the worst rows, distances of several columns."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats

import simdrift as sd


@pytest.fixture(scope="module")
def x():
    x = np.random.default_rng(4).normal(10.0, 2.0, 3000)
    x[[5, 700, 2999]] = 40.0, -30.0, np.nan
    return x


def _fences(method, known):
    low, high = np.quantile(known, [0.25, 0.75])
    if method == "iqr":
        return low - 1.5 * (high - low), high + 1.5 * (high - low)
    if method == "zscore":
        return known.mean() - 3 * known.std(ddof=1), known.mean() + 3 * known.std(ddof=1)
    if method == "mad":
        mad = scipy.stats.median_abs_deviation(known, scale="normal")
        return np.median(known) - 3.5 * mad, np.median(known) + 3.5 * mad
    return tuple(np.quantile(known, [0.01, 0.99]))


@pytest.mark.parametrize("method", ["iqr", "zscore", "mad", "percentile"])
def test_outliers_lie_beyond_the_fences(x, method):
    known = x[~np.isnan(x)]
    low, high = _fences(method, known)
    found = sd.outliers({"x": x}, method=method)
    (row,) = found
    assert (row.low, row.high) == (pytest.approx(low, rel=1e-12), pytest.approx(high, rel=1e-12))
    assert row.outliers == np.count_nonzero((known < low) | (known > high))
    assert (row.rows, row.share) == (2999, row.outliers / 2999)
    assert [one.row for one in found.worst[:2]] == [700, 5]
    assert len(found.worst) == min(10, row.outliers)


def test_the_fences_are_those_of_the_reference():
    found = sd.outliers({"x": np.arange(50.0, 150.0)}, {"x": np.arange(101.0)}, method="percentile")
    assert (found[0].low, found[0].high, found[0].outliers) == (1.0, 99.0, 50)


def test_the_worst_rows_have_their_ids_and_are_as_many_as_asked_for(x):
    ids = [f"order {i}" for i in range(len(x))]
    found = sd.outliers(pd.DataFrame({"x": x, "id": ids}), top=1, ids="id")
    assert [(one.id, one.value) for one in found.worst] == [("order 700", -30.0)]
    found = sd.outliers(pd.DataFrame({"x": x, "id": np.arange(len(x))}), top=1, ids="id")
    assert [one.column for one in found] == ["x"]
    assert found.worst[0].id == 700


def test_distances_of_several_columns_are_those_of_the_inverse_covariance():
    rng = np.random.default_rng(7)
    mix = rng.normal(size=(3, 3))
    before, now = rng.normal(size=(400, 3)) @ mix, rng.normal(size=(200, 3)) @ mix + 0.5
    now[3] = np.nan
    names = ["a", "b", "c"]
    found = sd.outliers(
        pd.DataFrame(now, columns=names), pd.DataFrame(before, columns=names),
        method="mahalanobis", limit=0.5, top=200,
    )  # fmt: skip
    d = now - before.mean(axis=0)
    squared = np.einsum("ij,jk,ik->i", d, np.linalg.inv(np.cov(before.T)), d)
    p = scipy.stats.chi2.sf(squared, 3)
    assert found[0].rows == 199
    assert found[0].outliers == np.count_nonzero(p < 0.5)
    assert len(found.worst) == found[0].outliers
    for one in found.worst:
        assert one.distance == pytest.approx(squared[one.row], rel=1e-9)
        assert one.p_value == pytest.approx(p[one.row], rel=1e-9)


def test_a_singular_covariance_names_the_column():
    x = np.random.default_rng(1).normal(size=50)
    (row,) = sd.outliers({"x": x, "y": 2 * x + 1, "z": x**2}, method="mahalanobis")
    assert row.status == "constant"
    assert "column 'y' is constant or follows from the columns before it" in row.reason


@pytest.mark.parametrize(
    ("now", "before", "status"),
    [
        (np.zeros(0), np.arange(9.0), "empty"),
        (np.full(3, np.nan), np.arange(9.0), "all_null"),
        (np.arange(3.0), np.full(9, np.nan), "all_null"),
        (np.arange(3.0), np.full(9, 5.0), "constant"),
        (["a", "b"], np.arange(9.0), "not_applicable"),
    ],
)
@pytest.mark.parametrize("method", ["iqr", "zscore", "mad", "percentile"])
def test_a_column_without_outliers_says_why(now, before, status, method):
    (row,) = sd.outliers({"x": now}, {"x": before}, method=method, columns="x")
    assert (row.status, row.share) == (status, None)


def test_a_column_that_the_reference_lacks_is_new():
    assert sd.outliers({"x": np.arange(3.0)}, {"y": np.arange(3.0)})[0].status == "new_column"


def test_integers_beyond_2_to_the_53_keep_their_distance():
    x = 2**60 + np.append(np.arange(100), 10**6)
    found = sd.outliers({"x": x})
    assert (found[0].outliers, found.worst[0].row) == (1, 100)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "magic"}, "method: expected one of iqr, zscore, mad, percentile, mahalanobis"),
        ({"limit": -1.0}, "limit: expected a number above 0"),
        ({"method": "percentile", "limit": 0.5}, "below 0.5, found 0.5"),
        ({"columns": ["y"]}, "columns: "),
        ({"ids": "y"}, "ids: "),
        ({"top": -1}, "top: expected a number of rows"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(sd.SpecError, match=message):
        sd.outliers({"x": np.arange(9.0)}, **arguments)
