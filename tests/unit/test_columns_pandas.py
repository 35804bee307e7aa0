"""pandas columns, one by one: each kind by the way that does not copy it."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from simdrift import InputError, UnsupportedColumn
from simdrift.columns import as_column, as_table

STR = pd.StringDtype(na_value=np.nan)  # what pandas 3 calls str


def pointer(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "f": [1.5, np.nan, 3.0],
            "i": [1, 2, 3],
            "b": [True, False, True],
            "t": pd.to_datetime(["2013-02-08", None, "2013-02-09"]),
            "d": pd.to_timedelta(["1s", None, "3s"]),
            "s": pd.array(["a", None, "c"], dtype=STR),
            "c": pd.Categorical(["u", None, "v"]),
            "I": pd.array([1, None, 3], dtype="Int64"),
            "F": pd.array([1.5, None, 3.5], dtype="Float32"),
            "B": pd.array([True, None, False], dtype="boolean"),
            "a": pd.array([1, None, 3], dtype=pd.ArrowDtype(pa.int32())),
            "o": np.array(["x", None, "z"], object),
        }
    )


NULLS = {"f": 0, "i": 0, "b": 0}
KINDS = {
    "f": "float", "i": "integer", "b": "boolean", "t": "temporal", "d": "float", "s": "text",
    "c": "category", "I": "integer", "F": "float", "B": "boolean", "a": "integer", "o": "text",
}  # fmt: skip


def test_every_kind_of_column_is_read(frame):
    table = as_table(frame)
    assert {n: c.kind for n, c in table.columns.items()} == KINDS
    assert {n: c.null_count for n, c in table.columns.items()} == {
        n: NULLS.get(n, 1) for n in KINDS
    }
    assert table.length == 3


def test_values_are_those_of_pandas(frame):
    columns = as_table(frame).columns
    np.testing.assert_array_equal(columns["f"].to_float64(), [1.5, np.nan, 3.0])
    np.testing.assert_array_equal(columns["I"].to_float64(), [1, np.nan, 3])
    np.testing.assert_array_equal(columns["F"].to_float64(), [1.5, np.nan, 3.5])
    np.testing.assert_array_equal(columns["B"].to_float64(), [1, np.nan, 0])
    np.testing.assert_array_equal(columns["a"].to_float64(), [1, np.nan, 3])
    assert columns["s"].to_text() == ["a", None, "c"]
    assert columns["c"].to_text() == ["u", None, "v"]
    assert columns["o"].to_text() == ["x", None, "z"]
    times, valid = columns["t"].to_int64()
    assert (
        times[valid].tolist()
        == frame["t"].dropna().astype(f"M8[{columns['t'].unit}]").astype("int64").tolist()
    )


def test_numpy_backed_and_nullable_columns_are_read_where_they_lie():
    frame = pd.DataFrame(
        {"x": np.arange(9.0), "n": pd.array(range(9), dtype="Int64"), "t": pd.to_datetime(range(9))}
    )
    columns = as_table(frame).columns
    assert columns["x"]._data_pointers == [pointer(frame["x"].to_numpy())]
    assert columns["n"]._data_pointers == [pointer(frame["n"].array._data)]
    assert columns["t"]._data_pointers == [pointer(frame["t"].to_numpy())]


def test_columns_of_one_block_are_read_where_they_lie_in_it():
    matrix = np.arange(12.0).reshape(4, 3)
    frame = pd.DataFrame(matrix, columns=list("abc"), copy=False)
    columns = as_table(frame).columns
    assert columns["b"]._data_pointers == [pointer(frame["b"].to_numpy())]
    assert columns["b"].to_float64().tolist() == [1.0, 4.0, 7.0, 10.0]


def test_text_is_read_where_it_lies():
    series = pd.Series(["one", "two", "three"] * 100, dtype=STR)
    array = pa.array(series.array)
    chunk = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
    assert as_column(series)._data_pointers == [chunk.buffers()[1].address]


def test_time_zones_are_kept_in_the_name_of_the_type_and_not_copied():
    series = pd.Series(pd.date_range("2013-02-08", periods=3, tz="America/New_York", unit="us"))
    column = as_column(series)
    assert column.type == "timestamp[us, America/New_York]"
    assert column.slice(0, 1).type == column.type
    values, _ = column.to_int64()
    assert values[0] == 1_360_299_600 * 10**6
    assert column._data_pointers == [pointer(series.array._ndarray)]


@pytest.mark.parametrize(
    "values", [[1, [], None], [1.5, "b", object()], ["a", b"a", 3.0], [{}, [], 1]]
)
def test_a_mixed_object_column_is_not_applicable_and_costs_only_itself(values):
    table = as_table(pd.DataFrame({"m": pd.Series(values, dtype=object), "x": [1.0, 2.0, 3.0]}))
    refused = table.columns["m"]
    assert (refused.status, refused.type) == ("not_applicable", "object")
    assert refused.message.startswith("column 'm': ")
    assert table.columns["x"].to_float64().tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, None, 3], "integer"),
        ([1.5, None, 2.0], "float"),
        ([True, None, False], "boolean"),
        ([None, None, None], "null"),
    ],
)
def test_objects_of_one_kind_are_of_that_kind(values, kind):
    assert as_column(pd.Series(values, dtype=object)).kind == kind


@pytest.mark.parametrize(
    "values",
    [pd.Series([1 + 2j, 0j, 1j]), pd.Series([[1], [2], [3]])],
    ids=["complex", "list"],
)
def test_types_that_are_not_computed_on_are_not_applicable(values):
    table = as_table(pd.DataFrame({"p": values, "x": [1, 2, 3]}))
    assert table.columns["p"].status == "not_applicable"
    assert table.columns["x"].kind == "integer"
    with pytest.raises(UnsupportedColumn, match="column 'tip'"):
        as_column(values, "tip")


def test_sparse_columns_are_read():
    series = pd.Series(pd.arrays.SparseArray([0.0, 0.0, 2.5]))
    assert as_column(series).to_float64().tolist() == [0.0, 0.0, 2.5]


def test_categories_of_numbers_and_with_many_labels_are_read():
    assert as_column(pd.Series(pd.Categorical([3, None, 1]))).value_kind == "integer"
    labels = [f"label {i}" for i in range(40_000)]
    column = as_column(pd.Series(pd.Categorical(labels)))
    assert column.type.startswith("dictionary<int")
    assert column.to_text() == labels


def test_repeated_names_are_refused_by_name():
    frame = pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"])
    with pytest.raises(InputError, match=r"fares: .* more than one named 'a'"):
        as_table(frame, name="fares")


def test_names_that_are_the_same_as_text_are_refused():
    with pytest.raises(InputError, match="more than one named '1'"):
        as_table(pd.DataFrame([[1, 2]], columns=[1, "1"]))


def test_names_become_text():
    frame = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]))
    assert as_table(frame).names == ("('a', 1)", "('b', 2)")
    assert as_table(pd.DataFrame([[1, 2]])).names == ("0", "1")


def test_series_and_indexes_are_columns_and_tables_of_one():
    series = pd.Series([1.0, 2.0], name="fare")
    assert as_column(series).to_float64().tolist() == [1.0, 2.0]
    assert as_table(series).names == ("fare",)
    assert as_table(pd.Series([1.0])).names == ("data",)
    assert as_column(pd.Index([3, 4])).to_float64().tolist() == [3.0, 4.0]


def test_a_frame_is_no_column():
    with pytest.raises(TypeError, match="tip: expected one column, found a frame"):
        as_column(pd.DataFrame({"a": [1]}), "tip")


def test_subclasses_of_frames_are_frames():
    class Mine(pd.DataFrame):
        pass

    assert as_table(Mine({"a": [1]})).names == ("a",)


def test_frames_without_rows_and_without_columns_are_tables():
    assert as_table(pd.DataFrame({"a": np.zeros(0)})).length == 0
    assert as_table(pd.DataFrame(index=range(3))).names == ()


def test_a_frame_is_not_modified(frame):
    before = frame.copy(deep=True)
    as_table(frame).take([0, 2])
    pd.testing.assert_frame_equal(frame, before)


def test_pandas_is_not_imported_for_other_data():
    code = (
        "import sys, numpy, pyarrow; from simdrift.columns import as_column, as_table;"
        "as_table({'x': numpy.zeros(2), 's': ['a', None]});"
        "as_column([1, None, 2.5]); as_column(numpy.array(['a', None], object));"
        "as_table(pyarrow.Table.from_arrays([pyarrow.nulls(3)], ['x']));"
        "assert 'pandas' not in sys.modules and 'polars' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("rows", [["b", "a", "b"], ["b", None, "a", None], [None, None], [2, 1, 2]])
def test_categories_are_read_by_their_codes_where_they_lie(rows, ordered):
    values = pd.Categorical(rows, ordered=ordered)
    for given in (values, pd.Series(values), pd.CategoricalIndex(values)):
        column = as_column(given)
        assert column.kind == "category"
        held = values if given is values else given.array
        assert column._data_pointers == [pointer(held.codes)]
        assert column.null_count == rows.count(None)
        expected = pa.array(pd.Series(values), from_pandas=True)
        assert column.type == as_column(expected).type
        if column.type.endswith("utf8>"):
            assert column.to_text() == rows


def test_strided_categories_are_read():
    series = pd.Series(pd.Categorical(["b", None, "a", "b", "a"]))[::-2]
    assert as_column(series).to_text() == ["a", "a", "b"]


@pytest.mark.parametrize(
    "values",
    [
        pd.array([1, None, 3], dtype="Int64"),
        pd.array(["a", None], dtype=STR),
        pd.array(np.array([1.5, np.nan])),
        pd.array(pd.to_datetime(["2013-02-08", None])),
    ],
)
def test_what_stands_behind_a_series_is_read_as_the_series(values):
    expected, found = as_column(pd.Series(values)), as_column(values)
    assert (found.type, found.null_count, len(found)) == (
        expected.type,
        expected.null_count,
        len(expected),
    )


@pytest.mark.parametrize(
    ("categories", "labels"),
    [
        ([pd.Interval(0, 1), None], ["(0, 1]", None]),
        ([1, "a", 2.5, "b"], ["1", "a", "2.5", "b"]),
        (
            np.array(["2013-02-08", "2013-02-08T10:30"], "M8[us]"),
            ["2013-02-08", "2013-02-08T10:30:00"],
        ),
        (pd.period_range("2013-01", periods=2, freq="M"), ["2013-01", "2013-02"]),
    ],
)
def test_categories_of_any_kind_are_read_by_their_labels(categories, labels):
    for given in (pd.Categorical(categories), pd.Series(pd.Categorical(categories))):
        assert as_column(given).to_text() == labels
        assert as_column(given).type == "dictionary<int8, mixed>"
