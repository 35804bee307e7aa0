"""Rows and columns of whole tables, the shape of columns, and frequent values of any number of
distinct ones: against pandas and counting by hand."""

import numpy as np
import pandas as pd
import pytest

import simdrift as sd
from simdrift.columns import as_column
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.quality import column_statistics, table_statistics
from simdrift.metrics.quality.tables import key_statistics

GROUPS = Groups(np.array([0, 2, 6]), np.array([8, 6, 6]))


def _groups(frame, groups=GROUPS):
    return {name: ColumnGroups(name, as_column(frame[name], name=name), groups) for name in frame}


def _rows(decided):
    return {row.metric.removeprefix("quality."): row.outcomes for row in decided}


FRAME = pd.DataFrame({
    "a": [1.0, 1.0, 2.0, np.nan, 2.0, np.nan, 3.0, 2.0],
    "b": ["x", "x", "y", None, "y", None, "", "z"],
    "same": [1.0, 1.0, 2.0, np.nan, 2.0, np.nan, 3.0, 2.0],
    "empty": np.full(8, np.nan),
    "one": [np.nan, 5.0, 5.0, np.nan, 5.0, np.nan, 5.0, 5.0],
})  # fmt: skip


def test_rows_of_a_table_are_counted_in_each_group():
    found = _rows(table_statistics(_groups(FRAME), 3))
    parts = [FRAME.iloc[0:8], FRAME.iloc[2:6], FRAME.iloc[6:6]]
    assert found["duplicate_rows"].value.tolist() == [p.duplicated().sum() for p in parts]
    assert found["empty_rows"].value.tolist() == [2.0, 2.0, 0.0]
    np.testing.assert_equal(found["duplicate_share"].value, [0.25, 0.5, np.nan])
    assert found["duplicate_share"].at(2).status == "empty"


def test_columns_of_a_table_are_counted_in_each_group():
    found = _rows(table_statistics(_groups(FRAME), 3))
    # of rows 2 to 6: a and same are the constant 2, one the constant 5
    np.testing.assert_equal(found["empty_columns"].value, [1.0, 1.0, np.nan])
    np.testing.assert_equal(found["constant_columns"].value, [1.0, 4.0, np.nan])
    np.testing.assert_equal(found["duplicate_columns"].value, [1.0, 1.0, np.nan])


def test_almost_equal_columns_are_told_from_equal_ones():
    x = np.random.default_rng(1).normal(size=2000)
    nearly, less = x.copy(), x.copy()
    nearly[:20], less[:21] = 0.0, 0.0
    frame = {"x": x, "copy": x, "nearly": nearly, "less": less, "whole": np.arange(2000)}
    found = {row.metric: row.value for row in sd.profile(frame).results if row.column == ""}
    assert found["quality.duplicate_columns"] == 1.0
    assert found["quality.almost_duplicate_columns"] == 2.0  # less: to nearly


def test_only_what_is_asked_for_is_computed():
    found = _rows(table_statistics(_groups(FRAME), 3, ["empty_rows"]))
    assert list(found) == ["empty_rows"]


def test_a_key_that_repeats_or_is_missing_is_counted():
    key = ColumnGroups("id", as_column([1, 2, 2, None, None, 3], name="id"), Groups.whole())
    found = _rows(key_statistics([key]))
    assert found["key_duplicates"].value.tolist() == [1.0]
    assert found["key_missing"].value.tolist() == [2.0]
    other = ColumnGroups("n", as_column([1, 1, 2, 1, 1, None], name="n"), Groups.whole())
    found = _rows(key_statistics([key, other]))
    assert found["key_duplicates"].value.tolist() == [1.0]  # (None, 1) twice
    assert found["key_missing"].value.tolist() == [3.0]


def _column(values):
    column = ColumnGroups("x", as_column(values, name="x"), Groups.whole())
    return {name: one.at(0) for name, one in _rows(column_statistics(column)).items()}


@pytest.mark.parametrize(
    ("values", "constant", "almost", "unique"),
    [
        ([5, 5, None, 5], 1, 1, 0),
        ([5, None], 1, 1, 1),
        ([1, 2, 3, None, None], 0, 0, 1),
        (["a", "a", "b"], 0, 0, 0),
        (["b"] * 99 + ["a"], 0, 1, 0),
        (["b"] * 98 + ["a", "c"], 0, 0, 0),
        (np.arange(50_000), 0, 0, 1),
        (np.append(np.arange(50_000), 7), 0, 0, 0),
        ([f"{i}" for i in range(20_000)], 0, 0, 1),
        ([f"{i}" for i in range(20_000)] + ["7"], 0, 0, 0),
    ],
)
def test_sameness_of_values(values, constant, almost, unique):
    found = _column(values)
    names = ("constant", "almost_constant", "unique")
    assert [found[name].value for name in names] == [constant, almost, unique]


@pytest.mark.parametrize(
    ("values", "value", "status"),
    [
        ([1.0, 1.0, np.nan, 2.0], 1.0, "ok"),
        ([3.0, 2.0, 2.0], -1.0, "ok"),
        ([1.0, 3.0, 2.0], 0.0, "ok"),
        ([4.0, 4.0], None, "constant"),
        ([np.nan], None, "all_null"),
    ],
)
def test_a_column_is_monotone_over_rows_that_are_not_missing(values, value, status):
    row = _column(np.array(values))["monotone"]
    assert (row.value, row.status) == (value, status)


def test_gaps_are_days_without_rows_between_the_first_and_the_last():
    times = np.array(["2024-02-27T23:00", "2024-03-01", "2024-03-05", "NaT"], "datetime64[ns]")
    assert _column(times)["gaps"].value == 2 + 3  # 28, 29 February; 2 to 4 March
    assert _column(times[:1])["gaps"].value == 0.0
    assert _column(times[3:])["gaps"].status == "all_null"


@pytest.mark.parametrize("share", [0.011, 0.05])
def test_a_value_with_one_part_in_a_hundred_is_found_among_any_number_of_values(share):
    rng = np.random.default_rng(3)
    n = 60_000
    heavy = np.arange(n) < share * n
    rng.shuffle(heavy)
    x = np.where(heavy, 7.25, rng.normal(size=n))
    assert (_column(x)["mode"].value, _column(x)["top_share"].value) == (7.25, heavy.mean())
    text = [None if i % 2 else "heavy" if h else f"u{i}" for i, h in enumerate(heavy)]
    assert _column(text)["top_share"].value == heavy[::2].mean()


def test_a_rare_value_among_many_is_not_looked_for():
    assert _column([f"{i}" for i in range(20_000)])["top_share"].status == "not_applicable"
