"""Polars frames and series, by their Arrow streams."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from simdrift.columns import as_column, as_table


@pytest.fixture
def frame() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "f": [1.5, None, float("nan")],
            "i": pl.Series([1, 2, None], dtype=pl.Int16),
            "s": ["a", None, "a text of more than twelve bytes"],
            "c": pl.Series(["u", "v", None], dtype=pl.Categorical),
            "e": pl.Series(["u", "v", None], dtype=pl.Enum(["v", "u"])),
            "b": [True, None, False],
            "t": [dt.datetime(2013, 2, 8, tzinfo=dt.UTC), None, None],
            "d": [dt.date(2013, 2, 8), None, None],
            "l": [[1], [2], []],
        }
    )


def test_every_kind_of_column_is_read(frame):
    table = as_table(frame)
    kinds = {n: c.kind for n, c in table.columns.items() if n != "l"}
    assert kinds == {
        "f": "float", "i": "integer", "s": "text", "c": "category", "e": "category",
        "b": "boolean", "t": "temporal", "d": "temporal",
    }  # fmt: skip
    assert table.columns["l"].status == "not_applicable"
    assert table.length == 3


def test_values_are_those_of_polars(frame):
    columns = as_table(frame).columns
    np.testing.assert_array_equal(columns["f"].to_float64(), [1.5, np.nan, np.nan])
    assert columns["f"].null_count == 1
    for name in ("s", "c", "e"):
        assert columns[name].to_text() == frame[name].cast(pl.String).to_list()
    assert columns["t"].type == "timestamp[us, UTC]"
    assert columns["d"].to_int64()[0][0] == 15_744


def test_frames_of_many_chunks_are_one_table(frame):
    table = as_table(pl.concat([frame, frame.tail(1), frame], rechunk=False))
    assert table.length == 7
    assert table.columns["c"].to_text() == ["u", "v", None, None, "u", "v", None]


def test_slices_of_frames_are_read(frame):
    assert as_table(frame[1:]).columns["s"].to_text() == frame["s"].to_list()[1:]


def test_numbers_are_read_where_they_lie():
    series = pl.Series("x", np.arange(1000.0))
    address = series.to_numpy(allow_copy=False).__array_interface__["data"][0]
    assert as_column(series)._data_pointers == [address]
    assert as_table(pl.DataFrame({"x": series})).columns["x"]._data_pointers == [address]


def test_a_column_outlives_its_frame():
    column = as_table(pl.DataFrame({"s": ["a text of more than twelve bytes"] * 9})).columns["s"]
    assert column.slice(8, 9).to_text() == ["a text of more than twelve bytes"]


def test_a_series_is_a_column_and_a_table_of_one():
    assert as_column(pl.Series("fare", [1, None])).null_count == 1
    assert as_table(pl.Series("fare", [1.0])).names == ("fare",)


def test_a_lazy_frame_says_collect(frame):
    with pytest.raises(TypeError, match=r"found a LazyFrame: \.collect\(\) it"):
        as_table(frame.lazy())


def test_a_frame_is_no_column(frame):
    with pytest.raises(TypeError, match="expected one column, found a frame"):
        as_column(frame)
