"""NumPy arrays as columns: every layout is read as NumPy itself reads it, where it lies."""

import datetime as dt
import decimal
import sys
import weakref

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from simdrift import InputError, InvalidColumn, UnsupportedColumn
from simdrift._core import Column, profile
from simdrift.columns import Refused, as_column, as_table

INTEGERS = [f"{sign}{size}" for sign in "iu" for size in (1, 2, 4, 8)]
FLOATS = ["f2", "f4", "f8"]
TIMES = [f"{kind}8[{unit}]" for kind in "mM" for unit in ("s", "ms", "us", "ns")]
NAMES = {"i": "int", "u": "uint", "f": "float", "M": "timestamp", "m": "duration"}


def pointer(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def as_numpy_reads(array: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """float64 by NumPy's own conversion, null as NaN."""
    times = array.dtype.kind in "mM"
    values = (array.astype(array.dtype.newbyteorder("=")).view("i8") if times else array).astype(
        float
    )
    if times:
        values = np.where(np.isnat(array), np.nan, values)
    return values if mask is None else np.where(mask, np.nan, values)


@st.composite
def layouts(draw):
    """An array at any offset, stride and byte order inside of a larger buffer, and a mask."""
    dtype = np.dtype(draw(st.sampled_from(["?", *INTEGERS, *FLOATS, *TIMES])))
    dtype = dtype.newbyteorder(draw(st.sampled_from("<>")))
    values = draw(hnp.arrays(dtype, draw(st.integers(0, 40)), elements=_elements(dtype)))
    step = draw(st.sampled_from([1, 2, 3, -1, -2]))
    gap = abs(step) * dtype.itemsize + draw(st.sampled_from([0, 0, 1, 5]))
    start = draw(st.integers(0, 9))
    buffer = bytearray(start + max(len(values), 1) * gap + dtype.itemsize)
    strided = np.ndarray(len(values), dtype, buffer, start, (gap,))
    strided[:] = values
    if step < 0:
        strided = strided[::-1]
    if draw(st.booleans()):
        strided.flags.writeable = False
    mask = draw(st.none() | hnp.arrays(bool, 2 * len(values)).map(lambda m: m[::2]))
    return strided, mask


def _elements(dtype: np.dtype) -> st.SearchStrategy | None:
    if dtype.kind in "mM":  # any int64, the lowest of which is NaT
        return st.integers(-(2**63), 2**63 - 1).map(
            lambda i: np.array(i, "i8").view(dtype.newbyteorder("="))[()]
        )
    return None


@settings(max_examples=400, deadline=None)
@given(layouts())
def test_any_dtype_stride_byte_order_offset_and_mask_reads_as_numpy_reads_it(layout):
    array, mask = layout
    before = array.tobytes()
    column = Column.from_numpy(array, mask)
    np.testing.assert_array_equal(column.to_float64(), as_numpy_reads(array, mask))
    assert column.null_count == (np.zeros(len(array), bool) if mask is None else mask).sum() + (
        np.isnat(array if mask is None else array[~mask]).sum() if array.dtype.kind in "mM" else 0
    )
    assert len(column) == len(array)
    assert array.tobytes() == before


@settings(max_examples=200, deadline=None)
@given(layouts())
def test_integers_and_times_come_back_exactly(layout):
    array, mask = layout
    column = Column.from_numpy(array, mask)
    if array.dtype.kind not in "iumM":
        with pytest.raises(TypeError, match="expected integers or times"):
            column.to_int64()
        return
    values, valid = column.to_int64()
    null = np.zeros(len(array), bool) if mask is None else mask
    if array.dtype.kind in "mM":
        null = null | np.isnat(array)
    np.testing.assert_array_equal(valid, ~null)
    native = array.astype(array.dtype.newbyteorder("="))
    expected = native.view("i8") if array.dtype.kind in "mM" else native
    assert values.dtype == (np.uint64 if array.dtype.str[1:] == "u8" else np.int64)
    np.testing.assert_array_equal(values[valid], expected[valid])


@settings(max_examples=150, deadline=None)
@given(layouts(), st.data())
def test_slices_and_takes_are_those_of_numpy(layout, data):
    array, mask = layout
    start = data.draw(st.integers(0, len(array)))
    stop = data.draw(st.integers(start, len(array)))
    column, expected = Column.from_numpy(array, mask), as_numpy_reads(array, mask)
    np.testing.assert_array_equal(column.slice(start, stop).to_float64(), expected[start:stop])
    rows = data.draw(st.lists(st.integers(0, len(array) - 1), max_size=20)) if len(array) else []
    taken = column.take(np.array(rows, np.int64))
    np.testing.assert_array_equal(taken.to_float64(), expected[rows])
    assert taken.type == column.type


@pytest.mark.parametrize("dtype", INTEGERS + FLOATS + TIMES)
def test_the_type_is_named_as_arrow_names_it(dtype):
    name = NAMES[dtype[0]]
    unit = dtype.partition("[")[2].rstrip("]")
    column = Column.from_numpy(np.zeros(3, dtype))
    assert column.type == (f"{name}[{unit}]" if unit else f"{name}{8 * int(dtype[1:])}")
    assert column.unit == (unit or None)


def test_bool_is_boolean():
    column = Column.from_numpy(np.array([True, False, True]))
    assert (column.type, column.kind, column.value_kind) == ("bool", "boolean", "boolean")


def test_uint64_beyond_int64_keeps_every_bit():
    array = np.array([2**64 - 1, 2**63, 0, 2**63 + 1], np.uint64)
    values, valid = Column.from_numpy(array).to_int64()
    assert values.tolist() == [2**64 - 1, 2**63, 0, 2**63 + 1]
    assert valid.all()


@pytest.mark.parametrize("unit", ["D", "h", "m", "W", "M", "Y", "25s"])
def test_datetimes_in_other_units_are_read_as_seconds(unit):
    array = np.array(["1970-01-01", "2013-02-08", "NaT"], f"M8[{unit}]")
    column = Column.from_numpy(array)
    assert column.type == "timestamp[s]"
    values, valid = column.to_int64()
    assert valid.tolist() == [True, True, False]
    np.testing.assert_array_equal(values[:2].view("M8[s]"), array[:2])


def test_datetimes_that_overflow_in_seconds_are_refused():
    array = np.array([2**62], "M8[D]")
    with pytest.raises(UnsupportedColumn, match=r"found dtype datetime64\[D\]"):
        Column.from_numpy(array)


@pytest.mark.parametrize("dtype", ["c8", "c16", "S3", "V4", "g"])
def test_other_dtypes_are_unsupported_by_name(dtype):
    array = np.zeros(2, dtype)
    with pytest.raises(UnsupportedColumn, match="expected an array of booleans"):
        Column.from_numpy(array)
    with pytest.raises(UnsupportedColumn, match="column 'tip'"):
        as_column(array, "tip")


@pytest.mark.parametrize("shape", [(), (2, 2), (1, 1, 1)])
def test_other_than_one_dimension_is_refused(shape):
    with pytest.raises(ValueError, match=f"expected 1 dimension, found {len(shape)}"):
        Column.from_numpy(np.zeros(shape))


@pytest.mark.parametrize("mask", [np.zeros(2, bool), np.zeros((3, 1), bool)])
def test_a_mask_of_another_shape_is_refused(mask):
    with pytest.raises(ValueError, match="mask: expected"):
        Column.from_numpy(np.zeros(3), mask)


def test_a_mask_of_another_dtype_is_refused():
    with pytest.raises(TypeError, match="mask: expected an array of bool"):
        Column.from_numpy(np.zeros(3), np.zeros(3, np.uint8))


def test_a_list_is_no_array():
    with pytest.raises(TypeError, match=r"expected numpy.ndarray, found <class 'list'>"):
        Column.from_numpy([1.0])


# --- memory -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "array",
    [
        np.arange(9.0),
        np.arange(9.0)[::-2],
        np.arange(9)[1:],
        np.arange(9.0).astype(">f8"),
        np.arange(18.0)[::2],
    ],
)
def test_an_array_is_read_where_it_lies(array):
    assert Column.from_numpy(array)._data_pointers == [pointer(array)]


def test_a_slice_is_read_where_it_lies():
    array = np.arange(100.0)
    assert Column.from_numpy(array).slice(10, 20)._data_pointers == [pointer(array) + 80]


def test_a_stride_of_zero_repeats_one_value_for_any_number_of_rows():
    column = Column.from_numpy(np.broadcast_to(np.float32(2.5), 1_000_000))
    assert len(column) == 1_000_000
    assert profile(column)["sum"] == 2_500_000.0


def test_an_array_lives_as_long_as_a_column_or_slice_over_it_and_no_longer():
    array = np.arange(1000.0)
    alive = weakref.ref(array)
    part = Column.from_numpy(array).slice(500, 510).slice(2, 4)
    del array
    assert alive() is not None
    assert part.to_float64().tolist() == [502.0, 503.0]
    del part
    assert alive() is None


def test_a_mask_lives_as_long_as_its_column():
    mask = np.zeros(10, bool)
    alive = weakref.ref(mask)
    column = Column.from_numpy(np.zeros(10), mask)
    del mask
    assert alive() is not None
    del column
    assert alive() is None


def test_chains_of_slices_stay_flat():
    array = np.arange(10.0)
    count = sys.getrefcount(array)
    column = Column.from_numpy(array)
    for _ in range(10_000):
        column = column.slice(0, len(column))
    assert sys.getrefcount(array) == count + 1
    del column
    assert sys.getrefcount(array) == count


def test_refused_arrays_leave_no_reference():
    array, mask = np.zeros(3, "c16"), np.zeros(2, bool)
    counts = sys.getrefcount(array), sys.getrefcount(mask)
    for _ in range(100):
        with pytest.raises(UnsupportedColumn):
            Column.from_numpy(array)
        with pytest.raises(ValueError, match="mask"):
            Column.from_numpy(np.zeros(3), mask)
    assert (sys.getrefcount(array), sys.getrefcount(mask)) == counts


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (0, 4), (3, 2), (2**62, 2**62 + 1)])
def test_slices_outside_of_the_column_are_refused(start, stop):
    with pytest.raises(ValueError, match="expected"):
        Column.from_numpy(np.zeros(3)).slice(start, stop)


@pytest.mark.parametrize("rows", [[3], [-1], [0, 2**62]])
def test_takes_outside_of_the_column_are_refused(rows):
    with pytest.raises(ValueError, match="expected"):
        Column.from_numpy(np.zeros(3)).take(rows)


def test_a_boolean_mask_is_no_list_of_rows():
    with pytest.raises(TypeError, match="found booleans"):
        Column.from_numpy(np.zeros(3)).take(np.array([True, False, True]))


# --- as_column, as_table ------------------------------------------------------------------


def test_masked_arrays_are_null_where_masked():
    array = np.ma.masked_array([1.0, 2.0, 3.0], [False, True, False])
    np.testing.assert_array_equal(as_column(array).to_float64(), [1.0, np.nan, 3.0])
    assert as_column(np.ma.masked_array([1.0, 2.0])).null_count == 0


def test_masked_text_is_null_where_masked():
    array = np.ma.masked_array(["a", "b", "c"], [False, True, False])
    assert as_column(array).to_text() == ["a", None, "c"]


@pytest.mark.parametrize(
    ("values", "kind", "read"),
    [
        ([1, 2, 3], "integer", [1.0, 2.0, 3.0]),
        ((1.5, 2.5), "float", [1.5, 2.5]),
        ([True, False], "boolean", [1.0, 0.0]),
        ([1, None, 3], "integer", [1.0, np.nan, 3.0]),
        ([1.5, None], "float", [1.5, np.nan]),
        ([], "float", []),
        (range(3), "integer", [0.0, 1.0, 2.0]),
        ([None, None], "null", [np.nan, np.nan]),
        ([True, None], "boolean", [1.0, np.nan]),
        ([np.float32(1.5), np.float32(2.5)], "float", [1.5, 2.5]),
        ([np.int64(1), None, 2], "integer", [1.0, np.nan, 2.0]),
        ([True, 2, 0.5], "float", [1.0, 2.0, 0.5]),
    ],
)
def test_lists_of_numbers_are_columns(values, kind, read):
    column = as_column(values)
    assert column.kind == kind
    np.testing.assert_array_equal(column.to_float64(), read)


@pytest.mark.parametrize(
    "values",
    [
        ["a", "", None, "é😀"],
        np.array(["a", "", None, "é😀"], object),
        np.array(["a", "", float("nan"), "é😀"], object),
    ],
)
def test_lists_and_objects_of_str_are_text(values):
    column = as_column(values)
    assert (column.kind, column.type) == ("text", "large_utf8")
    assert column.to_text() == ["a", "", None, "é😀"]


@pytest.mark.parametrize("dtype", ["U4", np.dtypes.StringDType()])
def test_numpy_strings_are_text(dtype):
    assert as_column(np.array(["ab", "", "é"], dtype)).to_text() == ["ab", "", "é"]


@pytest.mark.parametrize(
    "values", [[b"\xff", "a"], [2**70, 1], [object()], [[1], [2, 3]], [{}], [[1], "a"]]
)
def test_bytes_objects_and_nested_lists_are_unsupported_by_name(values):
    with pytest.raises(UnsupportedColumn, match="column 'tip'"):
        as_column(values, "tip")


@pytest.mark.parametrize("data", [None, 3.5, "text", b"bytes", {"a": 1}, {1, 2}, object()])
def test_what_is_no_column_is_a_type_error_that_says_what_is(data):
    with pytest.raises(TypeError, match="tip: expected an array, a series or a sequence"):
        as_column(data, "tip")


def test_a_dict_of_arrays_is_a_table():
    x = np.arange(3.0)
    table = as_table({"x": x, 7: ["a", "b", "c"]})
    assert (table.names, table.length, len(table)) == (("x", "7"), 3, 3)
    assert table.types == {"x": "float64", "7": "large_utf8"}
    assert table.columns["x"]._data_pointers == [pointer(x)]


def test_dates_and_decimals_in_lists_are_what_arrow_makes_of_them():
    assert as_column([dt.date(2013, 2, 8), None]).type == "date32"
    assert as_column([dt.datetime(2013, 2, 8), None]).type == "timestamp[us]"
    column = as_column([decimal.Decimal("1.5"), None])
    assert (column.type, column.kind, column.null_count) == ("decimal128(2, 1)", "float", 1)


def test_text_that_is_no_unicode_is_refused():
    with pytest.raises(InvalidColumn, match=r"column 'tip': .*surrogates not allowed"):
        as_column(["a", "\ud800"], "tip")


def test_a_frame_with_only_the_older_protocol_is_a_table():
    class Old:
        def __dataframe__(self, **options: object) -> object:
            return pa.table({"x": [1, 2], "s": ["a", "b"]}).__dataframe__(**options)

    table = as_table(Old())
    assert (table.names, table.length) == (("x", "s"), 2)


def test_fields_of_a_structured_array_are_columns_where_they_lie():
    records = np.array([(1, 2.5), (3, 4.5)], [("a", "i2"), ("b", "f8")])
    table = as_table(records)
    assert table.names == ("a", "b")
    assert table.columns["b"]._data_pointers == [pointer(records) + 2]
    assert table.columns["b"].to_float64().tolist() == [2.5, 4.5]


def test_columns_of_a_2d_array_are_columns_where_they_lie():
    matrix = np.arange(6.0).reshape(3, 2)
    table = as_table(matrix)
    assert (table.names, table.length) == (("0", "1"), 3)
    assert table.columns["1"]._data_pointers == [pointer(matrix) + 8]
    assert table.columns["1"].to_float64().tolist() == [1.0, 3.0, 5.0]


def test_a_1d_array_is_a_table_of_one_column():
    assert as_table(np.zeros(3), name="fare").names == ("fare",)


def test_columns_of_unequal_length_are_refused_by_name():
    with pytest.raises(InputError, match=r"data: .* found 2 rows in 'a' and 3 in 'b'"):
        as_table({"a": [1, 2], "b": [1, 2, 3]})


def test_a_bad_column_costs_only_itself():
    table = as_table({"a": np.zeros(3), "b": np.zeros(3, complex), "c": [["x"], 1, None]})
    refused = table.columns["b"]
    assert isinstance(refused, Refused)
    assert (refused.name, refused.type, refused.status) == ("b", "complex128", "not_applicable")
    assert "found dtype complex128" in refused.message
    assert table.columns["c"].status == "not_applicable"
    assert table.columns["a"].to_float64().tolist() == [0.0, 0.0, 0.0]
    assert table.length == 3


@pytest.mark.parametrize("data", [None, 3, object(), [1, 2]])
def test_what_is_no_table_is_a_type_error_that_says_what_is(data):
    with pytest.raises(TypeError, match="expected a DataFrame"):
        as_table(data)


def test_a_table_of_no_columns_has_no_rows():
    table = as_table({})
    assert (table.names, table.length) == ((), 0)


def test_tables_slice_take_and_select_all_columns_at_once():
    table = as_table({"x": np.arange(5.0), "bad": np.zeros(5, complex), "y": list("abcde")})
    part = table.slice(1, 4).take([2, 0])
    assert part.length == 2
    assert part.columns["x"].to_float64().tolist() == [3.0, 1.0]
    assert part.columns["y"].to_text() == ["d", "b"]
    assert part.columns["bad"].status == "not_applicable"
    assert table.select(["y", "x"]).names == ("y", "x")


def test_selecting_what_is_not_there_names_it():
    with pytest.raises(InputError, match=r"among x; found none named z"):
        as_table({"x": [1.0]}).select(["x", "z"])
    with pytest.raises(InputError, match="found none named z"):
        as_table({"x": [1.0]}, columns=["z"])


def test_a_table_is_its_own_table():
    table = as_table({"x": [1.0]})
    assert as_table(table) is table
