"""Calls over groups of rows: each value has the bits of the call of the sliced column."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from simdrift import _core
from simdrift._core import Categories, Column, Prepared
from simdrift._errors import UnsupportedColumn

SEED = 20261130
ROWS = 3_000
STATUSES = ["ok", "empty", "all_null", "too_few_rows", "constant", "degenerate"]
STATUSES += ["not_applicable", "missing_column", "new_column", "type_changed", "overflow"]
Q = [0.0, 0.1, 0.5, 0.9, 1.0]
EDGES = np.array([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0])


def arrow(array: Any) -> Column:
    [(_, _, column)] = _core.columns_from_arrow(array)
    assert isinstance(column, Column)
    return column


def floats(rng: np.random.Generator, n: int = ROWS) -> np.ndarray:
    values = rng.normal(size=n)
    values[rng.random(n) < 0.05] = np.nan
    values[rng.random(n) < 0.01] = np.inf
    values[rng.random(n) < 0.01] = -np.inf
    values[rng.random(n) < 0.02] = -0.0
    values[rng.random(n) < 0.1] = 1.0
    return values


def with_nulls(values: np.ndarray, rng: np.random.Generator, chunks: int = 3) -> pa.ChunkedArray:
    """An Arrow array whose chunks begin in the middle of a byte of their bitmaps."""
    whole = pa.array(values, mask=rng.random(len(values)) < 0.1)
    cuts = [0, *sorted(rng.integers(0, len(values), chunks - 1).tolist()), len(values)]
    return pa.chunked_array([whole[a:b] for a, b in pairwise(cuts)])


def numbers() -> dict[str, Callable[[np.random.Generator], Column]]:
    big = 2**60
    return {
        "float64": lambda rng: Column.from_numpy(floats(rng)),
        "float64 of finite values": lambda rng: Column.from_numpy(rng.normal(size=ROWS)),
        "float64 with ties": lambda rng: Column.from_numpy(rng.integers(0, 9, ROWS) / 2.0),
        "float64 with nulls": lambda rng: arrow(with_nulls(floats(rng), rng)),
        "float64 backwards": lambda rng: Column.from_numpy(floats(rng)[::-1]),
        "float64 masked": lambda rng: Column.from_numpy(floats(rng), rng.random(ROWS) < 0.2),
        "float32": lambda rng: Column.from_numpy(floats(rng).astype(np.float32)),
        "wide floats": lambda rng: Column.from_numpy(
            rng.normal(size=ROWS) * 10.0 ** rng.integers(-300, 300, ROWS)
        ),
        "int64": lambda rng: Column.from_numpy(rng.integers(-50, 50, ROWS)),
        "int64 beyond 2**53": lambda rng: Column.from_numpy(rng.integers(-big, big, ROWS)),
        "int64 near each other": lambda rng: Column.from_numpy(big + rng.integers(0, 99, ROWS)),
        "uint64": lambda rng: Column.from_numpy(
            rng.integers(0, 2**64, ROWS, np.uint64, endpoint=False)
        ),
        "int8 with nulls": lambda rng: arrow(
            with_nulls(rng.integers(-9, 9, ROWS).astype(np.int8), rng)
        ),
        "bool": lambda rng: Column.from_numpy(rng.random(ROWS) < 0.3),
        "bool with nulls": lambda rng: arrow(with_nulls(rng.random(ROWS) < 0.3, rng)),
        "timestamps": lambda rng: Column.from_numpy(times(rng)),
        "dictionary of numbers": lambda rng: arrow(
            with_nulls(rng.integers(0, 20, ROWS) / 4.0, rng).dictionary_encode()
        ),
        "null": lambda rng: arrow(pa.nulls(ROWS)),
    }


def texts() -> dict[str, Callable[[np.random.Generator], Column]]:
    labels = np.array(["", " ", "a", "bc", "déjà vu", "a longer text than sixteen bytes", "é" * 9])
    return {
        "text": lambda rng: arrow(with_nulls(rng.choice(labels, ROWS), rng)),
        "text of many labels": lambda rng: arrow(
            with_nulls(rng.integers(0, 1_000, ROWS).astype(str), rng)
        ),
        "dictionary": lambda rng: arrow(
            with_nulls(rng.choice(labels, ROWS), rng).dictionary_encode()
        ),
    }


def times(rng: np.random.Generator) -> np.ndarray:
    values = (1_700_000_000_000_000 + rng.integers(0, 10**12, ROWS)).astype("M8[us]")
    values[rng.random(ROWS) < 0.05] = np.datetime64("NaT")
    return values


COLUMNS = numbers() | texts()


def column_of(name: str) -> Column:
    return COLUMNS[name](np.random.default_rng(SEED))


def groups_of(rows: int, seed: int = SEED) -> tuple[np.ndarray, np.ndarray]:
    """Windows one after another, overlapping, empty ones, single rows, and the whole."""
    rng = np.random.default_rng(seed)
    cuts = np.sort(rng.integers(0, rows + 1, 12))
    starts = [*cuts[:-1], 0, rows, 7, 0, 3, 0, 100, 1]
    stops = [*cuts[1:], rows, rows, 7, 0, 4, 1, 1_300, 2]
    for start in range(0, rows - 900, 450):
        starts.append(start)
        stops.append(start + 900)
    return np.array(starts, np.int64), np.array(stops, np.int64)


def slices(column: Column, starts: np.ndarray, stops: np.ndarray) -> list[Column]:
    return [column.slice(int(a), int(b)) for a, b in zip(starts, stops, strict=True)]


def same(found: Any, expected: Any) -> bool:
    """Equal to the bit: NaN is NaN, -0.0 is not 0.0."""
    if isinstance(expected, str):
        if isinstance(found, str):
            return found == expected
        return STATUSES[int(found)] == expected
    if isinstance(expected, float) or (isinstance(expected, int) and isinstance(found, float)):
        expected = float(expected)
        if math.isnan(expected):
            return math.isnan(found)
        return found == expected and math.copysign(1, found) == math.copysign(1, expected)
    return found == expected


def assert_rows(found: dict[str, Any], expected: list[dict[str, Any]]) -> None:
    assert set(found) == set(expected[0])
    for name, array in found.items():
        assert len(array) == len(expected)
        values = array.tolist()
        wrong = [
            (i, values[i], row[name])
            for i, row in enumerate(expected)
            if not same(values[i], row[name])
        ]
        assert wrong == [], name


@pytest.mark.parametrize("name", numbers())
def test_profiles_of_groups_are_those_of_the_slices(name):
    column = column_of(name)
    starts, stops = groups_of(len(column))
    expected = [_core.profile(rows) for rows in slices(column, starts, stops)]
    assert_rows(_core.profile_groups(column, starts, stops), expected)


@pytest.mark.parametrize("name", texts())
def test_text_profiles_of_groups_are_those_of_the_slices(name):
    column = column_of(name)
    starts, stops = groups_of(len(column))
    expected = [_core.profile_text(rows) for rows in slices(column, starts, stops)]
    assert_rows(_core.text_profile_groups(column, starts, stops), expected)


@pytest.mark.parametrize("name", numbers())
def test_missing_rows_of_numbers_are_nulls_and_nan(name):
    column = column_of(name)
    starts, stops = groups_of(len(column))
    expected = [_core.profile(rows) for rows in slices(column, starts, stops)]
    found = _core.missing_groups(column, starts, stops)
    assert found.tolist() == [row["nulls"] + row["nan"] for row in expected]


@pytest.mark.parametrize("name", texts())
def test_missing_rows_of_text_are_nulls(name):
    column = column_of(name)
    starts, stops = groups_of(len(column))
    expected = [rows.to_text().count(None) for rows in slices(column, starts, stops)]
    assert _core.missing_groups(column, starts, stops).tolist() == expected


def test_nan_and_null_values_of_a_dictionary_are_missing():
    values = pa.DictionaryArray.from_arrays(
        pa.array([0, 1, 2, None, 1]), pa.array([1.0, np.nan, None])
    )
    found = _core.missing_groups(arrow(values), np.array([0, 1, 0]), np.array([5, 3, 1]))
    assert found.tolist() == [4, 2, 0]


@pytest.mark.parametrize("name", COLUMNS)
def test_distinct_values_of_groups_are_those_of_the_slices(name):
    column = column_of(name)
    starts, stops = groups_of(len(column))
    counts, errors = _core.distinct_groups(column, starts, stops)
    expected = [_core.distinct(rows) for rows in slices(column, starts, stops)]
    assert list(zip(counts.tolist(), errors.tolist(), strict=True)) == expected


def test_groups_of_many_distinct_values_have_the_error_of_an_estimate():
    column = Column.from_numpy(np.arange(30_000))
    starts, stops = np.array([0, 0]), np.array([30_000, 4_096])
    counts, errors = _core.distinct_groups(column, starts, stops)
    assert counts[1] == 4_096
    assert errors.tolist() == [_core.distinct(column)[1], 0.0]
    assert counts[0] == _core.distinct(column)[0]


@pytest.mark.parametrize("name", numbers())
def test_quantiles_of_groups_are_those_of_the_slices(name):
    column = column_of(name)
    starts, stops = groups_of(len(column))
    found = _core.quantiles_groups(column, starts, stops, Q)
    expected = [_core.quantiles(rows, Q) for rows in slices(column, starts, stops)]
    assert found.shape == (len(starts), len(Q))
    np.testing.assert_array_equal(found.view(np.int64), np.array(expected).view(np.int64))


@pytest.mark.parametrize("name", numbers())
def test_deviations_of_groups_are_those_of_the_slices(name):
    column = column_of(name)
    starts, stops = groups_of(len(column))
    centers = np.linspace(-1.0, 2.0, len(starts))
    centers[3] = np.nan
    rows = list(zip(slices(column, starts, stops), centers.tolist(), strict=True))
    found = _core.median_deviation_groups(column, starts, stops, centers)
    np.testing.assert_array_equal(found, [_core.median_deviation(s, c) for s, c in rows])
    expected = [_core.deviation_profile(s, c) for s, c in rows]
    assert_rows(_core.deviation_profile_groups(column, starts, stops, centers), expected)


@pytest.mark.parametrize("name", numbers())
def test_the_order_of_groups_tells_what_the_calls_of_the_slices_do(name):
    column = column_of(name)
    starts, stops = groups_of(len(column))
    q = np.append(Q, 0.5)
    found = _core.order_groups(column, starts, stops, q)
    np.testing.assert_array_equal(found[:, 4:], _core.quantiles_groups(column, starts, stops, q))
    for rows, (deviation, top, top_rows, distinct, *quantiles) in zip(
        slices(column, starts, stops), found.tolist(), strict=True
    ):
        centre = quantiles[-1]
        expected = _core.median_deviation(rows, centre) if math.isfinite(centre) else math.nan
        np.testing.assert_equal(deviation, expected)
        assert distinct == _core.distinct(rows)[0]
        value, count = _core.top_values(rows, 1)
        np.testing.assert_equal(
            (top, top_rows), (value[0], count[0]) if value.size else (math.nan, 0)
        )


def _ordered_cases() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    n = 20_000
    x = rng.normal(size=n)
    special = x.copy()
    special[::7], special[:40], special[40:60] = np.nan, np.inf, -np.inf
    return {
        "all different": x,
        "one value of 2 %": np.where(rng.random(n) < 0.02, 7.0, x),
        "one value of 0.5 %": np.where(np.arange(n) < n // 200, 7.0, x),
        "few": x.round(1),
        "missing and infinite": special,
        "zeros of both signs": np.where(x > 0, 0.0, -0.0),
        "far apart": rng.choice([-1.7e308, 1.7e308, 1.0, 2.0], n),
        "whole numbers": rng.integers(-300, 300, n),
        "whole numbers, wide": rng.integers(0, 1 << 40, n),
        "beyond 2^53": rng.integers(-(2**62), 2**62, n),
    }


@pytest.mark.parametrize("name", _ordered_cases())
def test_the_order_of_many_rows_is_that_of_numpy(name):
    values = _ordered_cases()[name]
    n, q = len(values), np.array([0.01, 0.3, 0.5, 0.99])
    found = _core.order_groups(Column.from_numpy(values), np.array([0]), np.array([n]), q)[0]
    valid = values[~np.isnan(values)] if values.dtype.kind == "f" else values
    unique, counts = np.unique(valid, return_counts=True)
    assert found[3] == len(unique)
    top = int(np.argmax(counts))
    is_named = len(unique) <= 4096 or counts[top] * 100 >= len(valid)
    expected = (float(unique[top]) + 0.0, counts[top]) if is_named else (math.nan, 0)
    np.testing.assert_equal((found[1], found[2]), expected)
    np.testing.assert_array_equal(found[4:], np.quantile(valid.astype(float), q))
    with np.errstate(over="ignore"):
        distances = np.abs(valid[np.isfinite(valid)] - np.quantile(valid.astype(float), 0.5))
    np.testing.assert_equal(found[0], np.quantile(distances[np.isfinite(distances)], 0.5))


@pytest.mark.parametrize("edges", [EDGES, np.linspace(-3, 3, 200), np.empty(0)])
@pytest.mark.parametrize("name", numbers())
def test_histograms_of_groups_are_those_of_the_slices(name, edges):
    column = column_of(name)
    starts, stops = groups_of(len(column))
    found = _core.histogram_groups(column, starts, stops, edges)
    expected = [_core.histogram(rows, edges) for rows in slices(column, starts, stops)]
    np.testing.assert_array_equal(found, np.array(expected))


# --- a reference ------------------------------------------------------------------------


MORE = {"histogram", "quantiles", "current_quantiles", "tied", "ends"}


def without_more(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in MORE}


def two_sample_rows(found: dict[str, Any]) -> dict[str, Any]:
    """As two_sample says it: one numerator."""
    rows = {name: array for name, array in found.items() if name not in MORE}
    high = rows.pop("ks_numerator_high").tolist()
    low = rows.pop("ks_numerator_low").tolist()
    numerators = [h * 2**64 + w for h, w in zip(high, low, strict=True)]
    return rows | {"ks_numerator": np.array(numerators, object)}


def reference_for(name: str) -> Column:
    return COLUMNS[name](np.random.default_rng(SEED + 1))


@pytest.mark.parametrize("prepared", [False, True])
@pytest.mark.parametrize("name", numbers())
def test_two_samples_of_groups_are_those_of_the_slices(name, prepared):
    column, reference = column_of(name), reference_for(name)
    starts, stops = groups_of(len(column))
    against = Prepared(reference) if prepared else reference
    found = _core.two_sample_groups(against, column, starts, stops, edges=EDGES)
    expected = [_core.two_sample(against, rows) for rows in slices(column, starts, stops)]
    assert_rows(two_sample_rows(found), [without_more(row) for row in expected])
    np.testing.assert_array_equal(
        found["histogram"], _core.histogram_groups(column, starts, stops, EDGES)
    )


@pytest.mark.parametrize(("ks", "wasserstein"), [(True, False), (False, True)])
def test_two_samples_of_groups_compute_what_is_asked_for(ks, wasserstein):
    column = column_of("float64 of finite values")
    starts, stops = groups_of(len(column))
    against = Prepared(reference_for("float64 of finite values"))
    found = _core.two_sample_groups(against, column, starts, stops, ks, wasserstein)
    assert found["histogram"] is None
    expected = [
        _core.two_sample(against, rows, ks, wasserstein) for rows in slices(column, starts, stops)
    ]
    assert_rows(two_sample_rows(found), [without_more(row) for row in expected])


@pytest.mark.parametrize("name", [n for n in numbers() if n != "null"])
@pytest.mark.parametrize("rows", [300, 70_000])
def test_a_prepared_reference_of_another_size_gives_the_same_bits(name, rows):
    """The current column is many times as long, so that the reference's table is too fine."""
    rng = np.random.default_rng(SEED)
    column = column_of(name)
    current = column.take(rng.integers(0, len(column), 600_000))
    reference = column.take(rng.integers(0, len(column), rows))
    for ks, wasserstein in ((True, True), (True, False), (False, True)):
        found = _core.two_sample(Prepared(reference), current, ks, wasserstein)
        expected = _core.two_sample(reference, current, ks, wasserstein)
        bounds = {*MORE, "most_tied"}  # each table has its own
        assert all(same(found[key], expected[key]) for key in expected.keys() - bounds)


@pytest.mark.parametrize("prepared", [False, True])
def test_integers_beyond_floats_against_a_reference_of_small_ones(prepared):
    column = column_of("int64 beyond 2**53")
    reference = column_of("int64")
    starts, stops = groups_of(len(column))
    against = Prepared(reference) if prepared else reference
    found = _core.two_sample_groups(against, column, starts, stops)
    expected = [_core.two_sample(against, rows) for rows in slices(column, starts, stops)]
    assert_rows(two_sample_rows(found), [without_more(row) for row in expected])


def test_text_against_numbers_has_a_status_and_no_counts():
    column = column_of("text")
    starts, stops = np.array([0, 5]), np.array([100, 5])
    found = _core.two_sample_groups(column_of("int64"), column, starts, stops, edges=EDGES)
    assert [STATUSES[code] for code in found["status"]] == ["type_changed"] * 2
    assert not found["histogram"].any()


@pytest.mark.parametrize("prepared", [False, True])
@pytest.mark.parametrize("name", numbers())
def test_rank_statistics_of_groups_are_those_of_the_slices(name, prepared):
    column, reference = column_of(name), reference_for(name).slice(0, 700)
    starts, stops = groups_of(len(column))
    against = Prepared(reference) if prepared else reference
    expected = [_core.rank_statistics(against, rows) for rows in slices(column, starts, stops)]
    found = _core.rank_statistics_groups(against, column, starts, stops)
    assert_rows(found, expected)
    assert found["u2"].dtype == object
    whole = _core.rank_statistics_groups(against, column, starts, stops, sums=False)
    without = {"anderson_darling": math.nan, "energy": math.nan}
    assert_rows(whole, [{**row, **without} for row in expected])


def test_pair_profiles_of_groups_are_those_of_the_slices():
    x, y = column_of("float64 with nulls"), column_of("int64")
    starts, stops = groups_of(len(x))
    expected = [
        _core.pair_profile(a, b)
        for a, b in zip(slices(x, starts, stops), slices(y, starts, stops), strict=True)
    ]
    assert_rows(_core.pair_profile_groups(x, y, starts, stops), expected)
    with pytest.raises(ValueError, match="equal length, found 3000 and 10 rows"):
        _core.pair_profile_groups(x, y.slice(0, 10), starts, stops)


def test_exact_p_values_of_groups_are_the_single_ones():
    rng = np.random.default_rng(SEED)
    n, m = rng.integers(1, 80, 50), rng.integers(1, 80, 50)
    numerators = (rng.random(50) * n * m).astype(np.int64)
    found = _core.ks_exact_p_groups(n, m, np.zeros(50, np.int64), numerators.astype(np.uint64))
    expected = [
        _core.ks_exact_p(int(a), int(b), int(k)) for a, b, k in zip(n, m, numerators, strict=True)
    ]
    assert found.tolist() == expected
    with pytest.raises(ValueError, match="m: expected 50 values, as many as n, found 49"):
        _core.ks_exact_p_groups(n, m[1:], n, numerators.astype(np.uint64))


# --- categories -------------------------------------------------------------------------


@pytest.mark.parametrize("known", [(), ("a", "true", "never seen", "5")])
@pytest.mark.parametrize("name", COLUMNS)
def test_category_counts_of_groups_are_those_of_the_slices(name, known):
    column = column_of(name)
    starts, stops = (every[::2] for every in groups_of(len(column)))
    table = Categories(known)
    counts, nulls, first = table.count_groups(column, starts, stops)
    assert not table.overflow
    assert counts.shape == (len(starts), len(table))
    assert first.shape == (len(starts), len(table) - len(known))
    for i, rows in enumerate(slices(column, starts, stops)):
        own, alone = Categories(table.labels), Categories()
        expected, missing = own.count(rows)
        assert len(own) == len(table)
        np.testing.assert_array_equal(counts[i], expected)
        assert nulls[i] == missing
        codes = own.encode(rows)
        firsts = np.full(len(table) + 1, -1)  # the last one is of null rows
        firsts[codes[::-1]] = np.arange(len(rows))[::-1]  # the last write is the first row
        np.testing.assert_array_equal(first[i], firsts[len(known) : -1])
        alone.count(rows)
        assert set(alone.labels) == {table.labels[k] for k in np.flatnonzero(counts[i])}


def test_rows_that_are_in_no_group_add_no_category():
    column = arrow(pa.array(["out", "b", "a", "out too", "c", "a", "last"]))
    table = Categories(["a"])
    counts, nulls, first = table.count_groups(column, np.array([4, 1]), np.array([6, 3]))
    assert table.labels == ["a", "b", "c"]
    assert counts.tolist() == [[1, 0, 1], [1, 1, 0]]
    assert nulls.tolist() == [0, 0]
    assert first.tolist() == [[-1, 0], [0, -1]]


def test_more_categories_than_the_maximum_overflow():
    column = arrow(pa.array(["a", "b", "c", "a"]))
    table = Categories(maximum=2)
    counts, nulls, first = table.count_groups(column, np.array([0, 2]), np.array([2, 4]))
    assert table.overflow
    assert (counts.shape, nulls.shape, first.shape) == ((2, 0), (2,), (2, 0))
    table.count_groups(column, np.array([0]), np.array([1]))
    assert not table.overflow


# --- every call -------------------------------------------------------------------------

NONE = np.empty(0, np.int64)


def calls() -> dict[str, Callable[..., Any]]:
    reference = Prepared(Column.from_numpy(np.arange(50.0)))
    return {
        "profile": _core.profile_groups,
        "missing": _core.missing_groups,
        "distinct": _core.distinct_groups,
        "quantiles": lambda c, a, b, **k: _core.quantiles_groups(c, a, b, Q, **k),
        "median": lambda c, a, b, **k: _core.median_deviation_groups(c, a, b, zeros(a), **k),
        "deviations": lambda c, a, b, **k: _core.deviation_profile_groups(c, a, b, zeros(a), **k),
        "order": lambda c, a, b, **k: _core.order_groups(c, a, b, Q, **k),
        "histogram": lambda c, a, b, **k: _core.histogram_groups(c, a, b, EDGES, **k),
        "two_sample": lambda c, a, b, **k: _core.two_sample_groups(reference, c, a, b, **k),
        "ranks": lambda c, a, b, **k: _core.rank_statistics_groups(reference, c, a, b, **k),
        "pairs": lambda c, a, b, **k: _core.pair_profile_groups(c, c, a, b, **k),
        "sums": lambda c, a, b, **k: _core.sums_by_code_groups(c, c, c, a, b, 3, 3, **k),
        "roc": lambda c, a, b, **k: _core.roc_groups(c, c, a, b, **k),
        "roc pairs": lambda c, a, b, **k: _core.roc_pair_groups(c, c, c, a, b, **k),
        "roc resamples": lambda c, a, b, **k: _core.roc_bootstrap_groups(c, c, a, b, 2, 0, **k),
        "mean resamples": lambda c, a, b, **k: _core.mean_bootstrap_groups(c, a, b, 2, 0, **k),
        "categories": lambda c, a, b, **k: Categories().count_groups(c, a, b, **k),
    }


def zeros(like: Any) -> np.ndarray:
    return np.zeros(len(like))


def first_array(result: Any) -> np.ndarray:
    if isinstance(result, dict):
        return next(iter(result.values()))
    return result[0] if isinstance(result, tuple) else result


@pytest.mark.parametrize("name", calls())
def test_no_groups_give_empty_arrays(name):
    assert len(first_array(calls()[name](Column.from_numpy(np.arange(9.0)), NONE, NONE))) == 0


@pytest.mark.parametrize("name", calls())
@pytest.mark.parametrize(
    ("starts", "stops", "found"),
    [
        ([0, 5], [9, 3], "found 5 and 3 .group 1."),
        ([-1], [3], "found -1 and 3 .group 0."),
        ([0, 0, 4], [1, 2, 10], "found 4 and 10 .group 2."),
    ],
)
def test_groups_that_do_not_lie_within_the_column_are_refused(name, starts, stops, found):
    column = Column.from_numpy(np.arange(9.0))
    expected = "expected 0 <= start <= stop <= 9, " + found
    with pytest.raises(ValueError, match=expected):
        calls()[name](column, np.array(starts), np.array(stops))


@pytest.mark.parametrize("name", calls())
def test_starts_and_stops_must_be_as_many(name):
    with pytest.raises(ValueError, match="stops: expected 2 values, one for each start, found 1"):
        calls()[name](Column.from_numpy(np.arange(9.0)), np.array([0, 1]), np.array([3]))


@pytest.mark.parametrize(
    "name", ["profile", "quantiles", "median", "deviations", "order", "histogram", "pairs"]
)
def test_numbers_are_wanted_where_the_single_call_wants_them(name):
    text = arrow(pa.array(["a", "b"]))
    with pytest.raises(UnsupportedColumn, match="expected a column of numbers"):
        calls()[name](text, np.array([0]), np.array([2]))


def test_quantiles_and_deviations_of_a_column_of_text_are_refused():
    text = arrow(pa.array(["a", "b"]))
    with pytest.raises(UnsupportedColumn, match="expected a column of numbers"):
        _core.quantiles(text, [0.5])
    with pytest.raises(UnsupportedColumn, match="expected a column of numbers"):
        _core.median_deviation(text, 0.0)


@pytest.mark.parametrize("name", calls())
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_change_no_bit(name, threads):
    column = Column.from_numpy(floats(np.random.default_rng(SEED), 300_000))
    starts = np.array([*range(0, 290_000, 7_000), 0, 1])
    stops = np.array([*range(9_000, 299_000, 7_000), 300_000, 300_000])
    found = calls()[name](column, starts, stops, threads=threads)
    expected = calls()[name](column, starts, stops)
    if isinstance(expected, dict):
        expected, found = list(expected.values()), list(found.values())
    np.testing.assert_equal(found, expected)


@pytest.mark.parametrize("name", calls())
def test_progress_may_stop_a_call_over_groups(name):
    def progress(done: int, total: int) -> None:
        raise KeyboardInterrupt

    column = Column.from_numpy(np.random.default_rng(SEED).integers(0, 50, 200_000) / 4.0)
    starts = np.tile(np.arange(0, 190_000, 1_000), 400)  # some seconds of work
    with pytest.raises(KeyboardInterrupt):
        calls()[name](column, starts, starts + 9_000, progress=progress)


@pytest.mark.parametrize("name", calls())
def test_calls_over_groups_leave_no_references(name):
    column = Column.from_numpy(np.arange(50.0))
    starts, stops, bad = np.array([0, 10]), np.array([50, 20]), np.array([0, 51])
    watched = [column, starts, stops, bad, "rows", np.dtype("i8")]
    call = calls()[name]
    call(column, starts, stops)
    before = [sys.getrefcount(thing) for thing in watched]
    for _ in range(100):
        call(column, starts, stops)
        with pytest.raises(ValueError, match="expected"):
            call(column, starts, bad)
    after = [sys.getrefcount(thing) for thing in watched]
    assert all(abs(b - a) < 20 for a, b in zip(before, after, strict=True)), (before, after)


def test_groups_that_a_progress_callback_changes_are_those_of_the_call():
    rows, size = 1_000_000, 10_000
    column = Column.from_numpy(np.random.default_rng(SEED).normal(size=rows))
    starts = np.tile(np.arange(0, rows, size), 20)  # work enough for progress to be called
    stops = starts + size
    expected = _core.quantiles_groups(column, starts, stops, [0.5])
    calls = []

    def spoil(*share):
        calls.append(share)
        starts[:] = 2**40
        stops[:] = 2**41

    medians = _core.quantiles_groups(column, starts, stops, [0.5], 1, spoil)
    assert calls != []
    assert np.array_equal(medians, expected)
