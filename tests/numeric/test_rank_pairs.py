"""Dense ranks, Spearman's rho, Kendall's tau-b and sums of products in the core: against NumPy
and SciPy, with ties, gaps, infinities and integers beyond 2^53."""

import numpy as np
import pytest
import scipy.stats

from simdrift import _core
from simdrift.columns import as_column


def _ranks(values):
    return _core.dense_ranks(as_column(values, name="x"), 0, len(values))


CONTENTS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "ties": lambda rng, n: rng.integers(0, 10, n).astype(float),
    "far from zero": lambda rng, n: 1e16 + rng.integers(0, 99, n) * 2.0,
    "two ends": lambda rng, n: np.where(rng.random(n) < 0.01, 1e300, 1 + rng.random(n) * 1e-14),
    "special": lambda rng, n: rng.choice([np.inf, -np.inf, 0.0, -0.0, 5e-324, np.nan], n),
    "integers": lambda rng, n: rng.integers(2**62, 2**62 + 50, n),
    "unsigned": lambda rng, n: rng.integers(2**63, 2**63 + 50, n, dtype=np.uint64),
}


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("n", [1, 2, 33, 5000])
def test_dense_ranks_are_numpys(content, n):
    x = CONTENTS[content](np.random.default_rng(n), n)
    ranks, levels = _ranks(x)
    known = ~np.isnan(x) if x.dtype.kind == "f" else np.ones(n, bool)
    distinct, inverse = np.unique(x[known], return_inverse=True)
    assert levels == len(distinct)
    assert ranks[known].tolist() == inverse.tolist()
    assert (ranks[~known] == -1).all()


def test_ranks_of_a_range_are_those_of_its_rows():
    x = as_column(np.array([5.0, 1.0, 9.0, 1.0]), name="x")
    assert _core.dense_ranks(x, 1, 4)[0].tolist() == [0, 1, 0]
    with pytest.raises(ValueError, match="expected a range of the 4 rows"):
        _core.dense_ranks(x, 1, 5)


@pytest.mark.parametrize("n", [3, 40, 2000])
@pytest.mark.parametrize("levels", [2, 7, 10**6])
def test_rho_and_tau_are_scipys(n, levels):
    rng = np.random.default_rng(n + levels)
    x, y = rng.normal(size=n), rng.integers(0, levels, n).astype(float)
    x[rng.random(n) < 0.1] = np.nan
    y[:2] = 0, 1
    x[:2] = 0, 1
    known = ~np.isnan(x)
    found = _core.rank_pair(_ranks(x)[0], _ranks(y)[0], kendall=True)
    assert found["n"] == known.sum()
    rho, tau = (f(x[known], y[known])[0] for f in (scipy.stats.spearmanr, scipy.stats.kendalltau))
    assert (found["spearman"], found["kendall"]) == (
        pytest.approx(rho, abs=1e-13), pytest.approx(tau, abs=1e-13))  # fmt: skip


def test_a_pair_that_has_no_correlation_says_why():
    found = _core.rank_pair(np.array([0, 0, 0], np.int32), np.arange(3, dtype=np.int32), True)
    assert (found["spearman_status"], found["kendall_status"]) == ("constant", "constant")
    found = _core.rank_pair(np.array([0, -1], np.int32), np.array([0, 1], np.int32), True)
    assert (found["spearman_status"], found["kendall_status"]) == ("too_few_rows", "too_few_rows")
    with pytest.raises(ValueError, match="expected 2 ranks, as x has, found 1"):
        _core.rank_pair(np.zeros(2, np.int32), np.zeros(1, np.int32))


@pytest.mark.parametrize(("rows", "columns"), [(0, 2), (7, 1), (513, 13), (70_000, 5)])
def test_sums_of_products_are_numpys_with_gaps_pair_by_pair(rows, columns):
    rng = np.random.default_rng(rows)
    x = rng.normal(3.0, 10.0, (rows, columns))
    x[rng.random(x.shape) < 0.05] = np.nan
    x[:, 0] = rng.normal(size=rows)  # one without gaps
    known = np.isfinite(x)
    d, m = np.where(known, (x - 3.0) * 0.25, 0.0), known.astype(float)
    columns_of = [as_column(np.ascontiguousarray(column), name="x") for column in x.T]
    center, scale = np.full(columns, 3.0), np.full(columns, 0.25)
    n, sums, squares, products = _core.product_sums(columns_of, center, scale, 0, rows)
    assert n.tolist() == (m.T @ m).tolist()
    upper = np.triu_indices(columns)
    np.testing.assert_allclose(sums, d.T @ m, atol=1e-9)
    np.testing.assert_allclose(squares, (d * d).T @ m, rtol=1e-11)
    np.testing.assert_allclose(products[upper], (d.T @ d)[upper], atol=1e-9)


def test_sums_of_products_have_the_same_bits_on_any_number_of_threads():
    x = [as_column(np.random.default_rng(s).normal(size=200_000), name="x") for s in range(3)]
    one, two = (
        _core.product_sums(x, np.zeros(3), np.ones(3), 0, 200_000, threads=n) for n in (1, 2)
    )
    assert one[3][np.triu_indices(3)].tobytes() == two[3][np.triu_indices(3)].tobytes()
