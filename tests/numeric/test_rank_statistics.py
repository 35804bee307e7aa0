"""Rank statistics of the core against sums over all pairs and ranks, and against SciPy."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.stats._morestats import _anderson_ksamp_midrank

from simdrift import _core
from simdrift._errors import UnsupportedColumn

COLUMN = _core.Column.from_numpy


def found(x, y, **options):
    return _core.rank_statistics(COLUMN(np.asarray(x)), COLUMN(np.asarray(y)), **options)


def cubes(counts):
    return int(sum(int(t) ** 3 - int(t) for t in counts))


def brute(x, y):
    """All of it by definition, in exact arithmetic where the answer is a whole number."""
    x, y = np.sort(x), np.sort(y)
    n, m = len(x), len(y)
    pooled, counts = np.unique(np.concatenate([x, y]), return_counts=True)
    ranks = stats.rankdata(np.concatenate([x, y]))
    rx, ry = ranks[:n], ranks[n:]
    cvm = n * sum(Fraction(2 * float(r) - 2 * i) ** 2 for i, r in enumerate(rx, 1))
    cvm += m * sum(Fraction(2 * float(s) - 2 * j) ** 2 for j, s in enumerate(ry, 1))
    below = np.searchsorted(x, pooled, "right") * m - np.searchsorted(y, pooled, "right") * n
    return {
        "n": n,
        "m": m,
        "distinct": len(pooled),
        "ties": cubes(counts),
        "ties_x": cubes(np.unique(x, return_counts=True)[1]),
        "ties_y": cubes(np.unique(y, return_counts=True)[1]),
        "u2": int(2 * np.sum(x[:, None] < y) + np.sum(x[:, None] == y)),
        "plus": max(0, int(below.max())),
        "minus": max(0, int((-below).max())),
        "cramer_von_mises": int(cvm),
    }


values = st.floats(-1e3, 1e3).map(lambda v: round(v, 1)) | st.sampled_from(
    [np.inf, -np.inf, 0.0, -0.0, 1e300]
)
samples = st.lists(values, min_size=1, max_size=40)


@settings(max_examples=200, deadline=None)
@given(samples, samples)
def test_whole_numbers_are_those_of_all_pairs(x, y):
    result = found(np.array(x), np.array(y))
    for name, value in brute(np.array(x), np.array(y)).items():
        assert result[name] == value, name


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20),
)
def test_integers_beyond_float64_are_told_apart(x, y):
    x, y = np.array(x, np.int64), np.array(y, np.int64)
    result, expected = found(x, y), brute(x, y)
    assert {name: result[name] for name in expected} == expected


@pytest.mark.parametrize("decimals", [None, 1, 0])
def test_sums_are_scipys(decimals):
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=3000), rng.normal(0.1, 1.1, 2000)
    if decimals is not None:
        x, y = x.round(decimals), y.round(decimals)
    result = found(x, y)
    n, m = len(x), len(y)
    distinct = np.unique(np.concatenate([x, y]))
    expected = _anderson_ksamp_midrank(
        [np.sort(x), np.sort(y)],
        np.sort(np.concatenate([x, y])),
        distinct,
        2,
        np.array([n, m]),
        n + m,
    )
    ours = result["anderson_darling"] * (1 / n + 1 / m) * (n + m - 1) / (n + m)
    assert ours == pytest.approx(expected, rel=1e-11)
    distance = stats.energy_distance(x, y)
    assert np.sqrt(2 * result["energy"]) == pytest.approx(distance, rel=1e-11)
    u = stats.mannwhitneyu(x, y).statistic  # pairs in which x is larger
    assert n * m - result["u2"] / 2 == u
    cvm = stats.cramervonmises_2samp(x, y, method="asymptotic").statistic
    ours = result["cramer_von_mises"] / 4 / (n * m * (n + m)) - (4 * n * m - 1) / (6 * (n + m))
    assert ours == pytest.approx(cvm, rel=1e-9)


def test_sums_are_those_of_exact_arithmetic():
    rng = np.random.default_rng(6)
    x, y = np.sort(rng.normal(size=120).round(2)), np.sort(rng.normal(0.3, 1.0, 90).round(2))
    n, m, total = 120, 90, 210
    pooled = np.unique(np.concatenate([x, y]))
    darling = energy = Fraction(0)
    for place, value in enumerate(pooled):
        tx, ty = int(np.sum(x == value)), int(np.sum(y == value))
        t, below = tx + ty, int(np.sum(x < value))
        b = Fraction(below + int(np.sum(y < value))) + Fraction(t, 2)
        d = total * (below + Fraction(tx, 2)) - n * b
        darling += Fraction(t, total) * d * d / (b * (total - b) - Fraction(total * t, 4))
        if place + 1 < len(pooled):
            f = Fraction(below + tx, n) - Fraction(int(np.sum(y <= value)), m)
            energy += f * f * (Fraction(float(pooled[place + 1])) - Fraction(float(value)))
    result = found(x, y)
    assert result["anderson_darling"] == pytest.approx(float(darling), rel=1e-13)
    assert result["energy"] == pytest.approx(float(energy), rel=1e-13)


def definition(x, y):
    """Value by value, in Python's integers; the two sums by math.fsum of float64 terms."""
    x, y = np.sort(x), np.sort(y)
    n, m, total = len(x), len(y), len(x) + len(y)
    pooled, counts = np.unique(np.concatenate([x, y]), return_counts=True)
    ends = np.searchsorted(x, pooled, "right"), np.searchsorted(y, pooled, "right")
    i = j = u2 = cvm = ties = plus = minus = 0
    darling, energy = [], []
    for k, (t, p, q) in enumerate(zip(*(a.tolist() for a in (counts, *ends)), strict=True)):
        tx, ty = p - i, q - j
        u2 += ty * (2 * i + tx)
        ties += t**3 - t
        # 4 sum over the rows k of the value of (mean rank - place k)^2, both sides
        cvm += n * (tx * (2 * j + ty) ** 2 + (tx**3 - tx) // 3)
        cvm += m * (ty * (2 * i + tx) ** 2 + (ty**3 - ty) // 3)
        b, d = 2 * (i + j) + t, total * (2 * i + tx) - n * (2 * (i + j) + t)
        if t < total:
            darling.append(t / total * (d * d / (b * (2 * total - b) - total * t)))
        i, j = p, q
        a = i * m - j * n
        plus, minus = max(plus, a), max(minus, -a)
        if k + 1 < len(pooled) and np.isfinite(pooled[k : k + 2]).all():
            infinite = np.sum(x == -np.inf), np.sum(y == -np.inf)
            sizes = int(np.isfinite(x).sum()), int(np.isfinite(y).sum())
            f = (i - infinite[0]) / sizes[0] - (j - infinite[1]) / sizes[1]
            energy.append(f * f * (pooled[k + 1] - pooled[k]))
    whole = {
        "n": n, "m": m, "distinct": len(pooled), "ties": ties, "u2": u2, "plus": plus,
        "minus": minus, "cramer_von_mises": cvm,
    }  # fmt: skip
    return whole, math.fsum(darling), math.fsum(energy)


def draw(kind, rows, shift, rng):
    values = rng.normal(shift, 1.0, rows)
    if kind == "float32":
        return values.astype(np.float32).astype(float)
    if kind == "two decimals":
        return values.round(2)
    if kind == "mostly one value":
        return np.where(rng.random(rows) < 0.99, 0.5, values)
    if kind == "infinities":
        values[: rows // 10] = np.inf
        values[rows // 10 : rows // 5] = -np.inf
    return values


@pytest.mark.parametrize(
    "kind", ["distinct", "float32", "two decimals", "mostly one value", "infinities"]
)
@pytest.mark.parametrize(
    ("n", "m", "shift"),
    [(1, 1, 0.0), (511, 512, 0.0), (512, 512, 0.1), (3000, 1025, 0.0), (40, 5000, 9.0),
     (5000, 40, 9.0), (20_000, 21_000, 0.2)],
)  # fmt: skip
def test_blocks_and_strips_of_ranks_are_no_seams(kind, n, m, shift):
    rng = np.random.default_rng(n + m)
    x, y = draw(kind, n, 0.0, rng), draw(kind, m, shift, rng)
    whole, darling, energy = definition(x, y)
    config = _core.show_config()
    try:
        for isa in config["isas"]:
            _core._isa_force(isa)
            result = found(x, y)
            assert {name: result[name] for name in whole} == whole
            if whole["distinct"] > 1:
                assert result["anderson_darling"] == pytest.approx(darling, rel=1e-13)
            if result["finite_n"] > 0 and result["finite_m"] > 0:
                assert result["energy"] == pytest.approx(energy, rel=1e-12, abs=1e-300)
    finally:
        _core._isa_force(config["isa"])


def test_infinities_are_ranked_and_left_out_of_the_integral():
    x, y = np.array([-np.inf, 1.0, 2.0, np.inf]), np.array([0.0, 1.5, np.inf, np.nan])
    result = found(x, y)
    assert (result["n"], result["m"]) == (4, 3)
    assert (result["finite_n"], result["finite_m"]) == (2, 2)
    assert np.sqrt(2 * result["energy"]) == pytest.approx(
        stats.energy_distance([1.0, 2.0], [0.0, 1.5]), rel=1e-14
    )


def test_one_value_has_no_anderson_darling():
    result = found(np.ones(5), np.ones(3))
    assert np.isnan(result["anderson_darling"])
    assert (result["energy"], result["u2"], result["distinct"]) == (0.0, 15, 1)


@pytest.mark.parametrize(
    ("x", "y", "status"),
    [([], [1.0], "empty"), ([np.nan], [1.0], "all_null"), ([1.0], [np.nan], "all_null")],
)
def test_samples_without_rows_have_a_status(x, y, status):
    assert found(np.array(x, float), np.array(y, float))["status"] == status


@pytest.mark.parametrize("kind", [np.float64, np.int64])
def test_no_order_no_isa_no_threads_and_no_preparing_change_a_bit(kind):
    rng = np.random.default_rng(7)
    scale = 2**60 if kind is np.int64 else 1.0
    x, y = ((rng.normal(size=rows) * scale).astype(kind) for rows in (190_000, 150_000))
    expected = repr(found(x, y))
    config = _core.show_config()
    try:
        for isa in config["isas"]:
            _core._isa_force(isa)
            for threads in (1, 2, 3, 7):
                assert repr(found(rng.permutation(x), y, threads=threads)) == expected
    finally:
        _core._isa_force(config["isa"])
    assert repr(_core.rank_statistics(_core.Prepared(COLUMN(x)), COLUMN(y))) == expected


def test_deviations_are_numpys_on_any_number_of_threads():
    rng = np.random.default_rng(8)
    x = rng.normal(1e6, 1.0, 100_000)
    x[::9] = np.nan
    x[5] = np.inf
    z = np.abs(x[np.isfinite(x)] - 1e6)
    first = _core.deviation_profile(COLUMN(x), 1e6)
    assert first["n"] == len(z)
    assert first["mean"] == pytest.approx(z.mean(), rel=1e-14)
    assert first["variance"] == pytest.approx(z.var(ddof=1), rel=1e-12)
    for threads in (1, 3, 7):
        assert _core.deviation_profile(COLUMN(x), 1e6, threads=threads) == first


CHARACTERISTIC_ROWS = {
    "normal": lambda r: r.normal(size=50_000),
    "cauchy": lambda r: r.standard_cauchy(50_000),
    "far from zero": lambda r: 3e5 + r.normal(size=50_000),
    "angles of any size": lambda r: r.normal(size=50_000) * 10.0 ** r.uniform(-3, 12, 50_000),
}


@pytest.mark.parametrize("law", CHARACTERISTIC_ROWS)
def test_characteristics_are_numpys_on_any_isa_and_number_of_threads(law):
    x, t, scale = CHARACTERISTIC_ROWS[law](np.random.default_rng(9)), 0.4, 1.7
    x[::50], x[7], x[8] = np.nan, np.inf, -np.inf
    z = t * (x[np.isfinite(x)] / scale)
    g = np.array([np.cos(z), np.cos(2 * z), np.sin(z), np.sin(2 * z)])
    n, means, covariance = _core.characteristic(COLUMN(x), t, scale, threads=1)
    assert n == len(z)
    np.testing.assert_allclose(means, g.mean(axis=1), rtol=0, atol=1e-14)
    np.testing.assert_allclose(covariance.reshape(4, 4), np.cov(g, bias=True), rtol=0, atol=1e-14)
    config = _core.show_config()
    try:
        for isa in config["isas"]:
            _core._isa_force(isa)
            for threads in (1, 2, 7):
                again = _core.characteristic(COLUMN(x), t, scale, threads=threads)
                assert again[1].tobytes() == means.tobytes()
                assert again[2].tobytes() == covariance.tobytes()
    finally:
        _core._isa_force(config["isa"])


def test_the_order_of_rows_changes_no_bit_of_a_characteristic():
    rng = np.random.default_rng(10)
    x = rng.normal(size=30_000)
    first, second = (_core.characteristic(COLUMN(rows), 0.4, 1.3) for rows in (x, np.sort(x)))
    assert first[1].tobytes() + first[2].tobytes() == second[1].tobytes() + second[2].tobytes()


@pytest.mark.parametrize(
    ("t", "scale", "message"),
    [
        (1.5, 1.0, "point: expected a number from -1 to 1, found 1.5"),
        (np.nan, 1.0, "point: expected a number from -1 to 1, found"),
        (1.0, 0.0, "scale: expected a number above 0, found 0"),
        (1.0, np.nan, "scale: expected a number above 0, found"),
    ],
)
def test_points_and_scales_are_checked(t, scale, message):
    with pytest.raises(ValueError, match=message):
        _core.characteristic(COLUMN(np.ones(3)), t, scale)


def test_columns_sorted_together_give_the_ranks_of_the_columns():
    rng = np.random.default_rng(12)
    big = np.iinfo(np.int64).max
    pairs = [
        (rng.normal(size=3000).round(1), rng.normal(size=2000).round(1)),
        (rng.integers(big - 50, big, 400), rng.integers(big - 50, big, 300)),
        (rng.integers(-big, big, 400), rng.integers(-big, big, 300)),
        (rng.integers(2**60, 2**60 + 99, 300), rng.integers(2**60, 2**60 + 99, 90, np.uint64)),
        (np.array([np.nan, 1.0, -np.inf]), np.array([np.inf, 1.0])),
    ]
    for x, y in pairs:
        x, y = COLUMN(x), COLUMN(y)
        expected = repr(_core.rank_statistics(x, y))
        assert repr(_core.rank_statistics(*_core.sort_both(x, y, threads=2))) == expected
        assert repr(_core.rank_statistics(_core.Prepared(x), y)) == expected


def test_only_samples_of_one_domain_are_ranked_together():
    whole, decimal = np.array([2**60 + 1, 2**60]), np.array([1.0, 2.0])
    apart = _core.Prepared(COLUMN(whole)), _core.Prepared(COLUMN(decimal))
    with pytest.raises(ValueError, match="expected samples that were sorted together"):
        _core.rank_statistics(*apart)
    [(_, _, text)] = _core.columns_from_arrow(pa.array(["a"]))
    with pytest.raises(UnsupportedColumn, match="expected numbers or times"):
        _core.sort_both(COLUMN(decimal), text)
