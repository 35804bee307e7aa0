"""Arrow by its C interfaces: every flat type at any offset, one owner, one release, refusals."""

import datetime as dt
import gc
import threading

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simdrift import InputError, InvalidColumn, UnsupportedColumn
from simdrift._core import Column, columns_from_arrow
from simdrift.columns import Refused, as_column, as_table

NUMBERS = [pa.bool_(), *(getattr(pa, f"{u}int{b}")() for u in ("", "u") for b in (8, 16, 32, 64))]
NUMBERS += [pa.float16(), pa.float32(), pa.float64()]
TEXTS = [pa.string(), pa.large_string(), pa.string_view()]


def single(data: object) -> Column:
    [(name, _, column)] = columns_from_arrow(data)
    assert name == ""
    if isinstance(column, Exception):
        raise column
    return column


def as_floats(values: list) -> np.ndarray:
    return np.array([np.nan if v is None else float(v) for v in values])


def elements(kind: pa.DataType) -> st.SearchStrategy:
    if pa.types.is_boolean(kind):
        return st.booleans()
    if pa.types.is_floating(kind):
        return st.floats(width=kind.bit_width)
    low = -(2 ** (kind.bit_width - 1)) if pa.types.is_signed_integer(kind) else 0
    return st.integers(low, low + 2**kind.bit_width - 1)


@st.composite
def cut_arrays(draw, kinds, values=elements):
    """An array with nulls, cut out of a longer one: offsets that are no multiple of 8."""
    kind = draw(st.sampled_from(kinds))
    items = draw(st.lists(st.none() | values(kind), max_size=40))
    start = draw(st.integers(0, len(items)))
    stop = draw(st.integers(start, len(items)))
    array = pa.array(items, kind) if not pa.types.is_float16(kind) else _halves(items)
    return array[start:stop], items[start:stop]


def _halves(items: list) -> pa.Array:
    plain = np.array([0 if v is None else v for v in items], np.float16)
    return pa.array(plain, mask=np.array([v is None for v in items], bool))


@settings(max_examples=300, deadline=None)
@given(cut_arrays(NUMBERS))
def test_numbers_at_any_offset_are_read_as_arrow_reads_them(made):
    array, items = made
    column = single(array)
    np.testing.assert_array_equal(column.to_float64(), as_floats(items))
    assert column.null_count == array.null_count
    if column.kind == "integer":
        values, valid = column.to_int64()
        assert [int(v) if ok else None for v, ok in zip(values, valid, strict=True)] == items


@settings(max_examples=200, deadline=None)
@given(cut_arrays(TEXTS, lambda _: st.text(max_size=20)), st.data())
def test_text_at_any_offset_is_read_as_arrow_reads_it(made, data):
    array, items = made
    column = single(array)
    assert column.kind == "text"
    assert column.to_text() == items
    rows = data.draw(st.lists(st.integers(0, len(items) - 1), max_size=9)) if items else []
    assert column.take(np.array(rows, np.int64)).to_text() == [items[i] for i in rows]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_dictionaries_of_any_index_type_are_read_as_arrow_reads_them(data):
    index = data.draw(st.sampled_from([k for k in NUMBERS if pa.types.is_integer(k)]))
    kind = data.draw(st.sampled_from(TEXTS))
    labels = data.draw(st.lists(st.text(max_size=15), min_size=1, max_size=9, unique=True))
    codes = data.draw(st.lists(st.none() | st.integers(0, len(labels) - 1), max_size=40))
    array = pa.DictionaryArray.from_arrays(pa.array(codes, index), pa.array(labels, kind))
    start = data.draw(st.integers(0, len(codes)))
    column = single(array[start:])
    assert (column.kind, column.value_kind) == ("category", "text")
    assert column.to_text() == [None if c is None else labels[c] for c in codes[start:]]


def test_a_dictionary_of_numbers_gives_its_values():
    array = pa.DictionaryArray.from_arrays(pa.array([1, None, 0], pa.int8()), pa.array([2.5, 7.0]))
    column = single(array)
    assert (column.kind, column.value_kind) == ("category", "float")
    np.testing.assert_array_equal(column.to_float64(), [7.0, np.nan, 2.5])


@pytest.mark.parametrize(
    ("kind", "value", "number", "name"),
    [
        (pa.date32(), dt.date(1970, 1, 3), 2, "date32"),
        (pa.date64(), dt.date(1970, 1, 2), 86_400_000, "date64"),
        (pa.timestamp("s"), dt.datetime(1970, 1, 2), 86_400, "timestamp[s]"),
        (
            pa.timestamp("us", "UTC"),
            dt.datetime(1970, 1, 2, tzinfo=dt.UTC),
            86_400_000_000,
            "timestamp[us, UTC]",
        ),
        (pa.duration("ms"), dt.timedelta(seconds=3), 3_000, "duration[ms]"),
    ],
)
def test_times_keep_their_unit_and_are_named(kind, value, number, name):
    column = single(pa.array([value, None], kind))
    values, valid = column.to_int64()
    assert (values[0], valid.tolist()) == (number, [True, False])
    assert (column.kind, column.type) == ("temporal", name)


def test_nulls_are_a_column_of_nulls():
    column = single(pa.nulls(3))
    assert (column.kind, column.null_count, len(column)) == ("null", 3, 3)
    assert np.isnan(column.to_float64()).all()


@pytest.mark.parametrize(
    "kind",
    [
        *NUMBERS,
        *TEXTS,
        pa.date32(),
        pa.timestamp("us"),
        pa.dictionary(pa.int8(), pa.string()),
        pa.null(),
    ],
)
def test_empty_columns_and_columns_without_chunks_are_valid(kind):
    for data in (pa.array([], kind), pa.chunked_array([], kind), pa.chunked_array([[]], kind)):
        assert len(single(data)) == 0
    table = as_table(pa.schema([("a", kind)]).empty_table())
    assert (table.length, len(table.columns["a"])) == (0, 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.none() | st.integers(-5, 5), max_size=20), max_size=6))
def test_chunks_are_one_column_in_order(chunks):
    column = single(pa.chunked_array([pa.array(c, pa.int16()) for c in chunks], pa.int16()))
    np.testing.assert_array_equal(
        column.to_float64(), as_floats([v for chunk in chunks for v in chunk])
    )


# --- tables -------------------------------------------------------------------------------


def test_a_table_gives_its_fields_in_order():
    data = pa.table({"x": [1, None], "s": ["a", "b"], "t": [[1], [2]]})
    for form in (
        data,
        data.to_batches()[0],
        pa.RecordBatchReader.from_batches(data.schema, data.to_batches()),
    ):
        table = as_table(form)
        assert table.names == ("x", "s", "t")
        assert table.columns["s"].to_text() == ["a", "b"]
        assert table.columns["t"].status == "not_applicable"
        assert table.length == 2


def test_a_table_cut_out_of_a_table_gives_the_rows_that_are_left():
    data = pa.table({"x": list(range(20)), "s": [f"r{i}" for i in range(20)]}).slice(3, 9)
    table = as_table(data)
    assert table.columns["x"].to_float64().tolist() == [float(i) for i in range(3, 12)]
    assert table.columns["s"].to_text()[0] == "r3"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_rows_that_are_null_in_a_struct_are_null_in_its_children(data):
    n = data.draw(st.integers(0, 30))
    gone = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    numbers = data.draw(st.lists(st.none() | st.integers(0, 9), min_size=n, max_size=n))
    words = data.draw(st.lists(st.none() | st.text(max_size=14), min_size=n, max_size=n))
    kind = data.draw(st.sampled_from(TEXTS))
    codes = pa.array([w or "" for w in words], pa.string()).dictionary_encode()
    children = [pa.array(numbers, pa.int32()), pa.array(words, kind), codes, pa.nulls(n)]
    whole = pa.StructArray.from_arrays(children, list("nwcz"), mask=pa.array(gone, pa.bool_()))
    start = data.draw(st.integers(0, n))
    stop = data.draw(st.integers(start, n))
    table = as_table(whole[start:stop])
    kept = range(start, stop)
    np.testing.assert_array_equal(
        table.columns["n"].to_float64(), as_floats([None if gone[i] else numbers[i] for i in kept])
    )
    assert table.columns["w"].to_text() == [None if gone[i] else words[i] for i in kept]
    assert table.columns["c"].to_text() == [None if gone[i] else words[i] or "" for i in kept]
    assert table.columns["z"].null_count == stop - start


def test_names_that_come_twice_are_refused():
    data = pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array([3])], ["a", "b", "a"])
    with pytest.raises(InputError, match="more than one named 'a'"):
        as_table(data)


def test_a_chunked_array_is_a_table_of_one_column():
    assert as_table(pa.chunked_array([[1, 2]]), name="fare").names == ("fare",)


def test_a_table_is_no_column():
    with pytest.raises(UnsupportedColumn, match="'fare': expected one column, found a table or"):
        as_column(pa.table({"a": [1], "b": [2]}), "fare")


@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.int8()),
        pa.struct([("a", pa.int8())]),
        pa.binary(),
        pa.map_(pa.string(), pa.int8()),
        pa.list_(pa.int8(), 2),
        pa.binary(4),
        pa.month_day_nano_interval(),
        *([pa.uuid()] if hasattr(pa, "uuid") else []),  # from pyarrow 18
    ],
    ids=str,
)
def test_other_types_are_not_applicable_and_cost_only_themselves(kind):
    table = as_table(pa.table({"odd": pa.array([None, None], kind), "x": [1, 2]}))
    refused = table.columns["odd"]
    assert isinstance(refused, Refused)
    assert refused.status == "not_applicable"
    assert refused.message.startswith("column 'odd': ")
    assert refused.type
    assert table.columns["x"].to_float64().tolist() == [1.0, 2.0]


def test_an_extension_type_over_a_struct_is_not_read_as_a_table_of_its_storage():
    class Point(pa.ExtensionType):
        def __init__(self) -> None:
            super().__init__(pa.struct([("x", pa.int8()), ("y", pa.int8())]), "test.point")

        def __arrow_ext_serialize__(self) -> bytes:
            return b""

        @classmethod
        def __arrow_ext_deserialize__(cls, storage: pa.DataType, text: bytes) -> "Point":
            return cls()

    storage = pa.array([{"x": 1, "y": 2}], Point().storage_type)
    points = pa.ExtensionArray.from_storage(Point(), storage)
    assert as_table(storage).names == ("x", "y")
    assert as_table(points, name="p").columns["p"].status == "not_applicable"


# --- broken arrays ------------------------------------------------------------------------


def broken_text() -> pa.Array:
    offsets = pa.py_buffer(np.array([0, 5, 2], np.int32))
    return pa.Array.from_buffers(pa.string(), 2, [None, offsets, pa.py_buffer(b"abcde")])


def broken_dictionary() -> pa.Array:
    codes = pa.array([0, 7], pa.int8())
    return pa.DictionaryArray.from_arrays(codes, pa.array(["a"]), safe=False)


def broken_null_count() -> pa.Array:
    validity = pa.py_buffer(b"\x01")
    return pa.Array.from_buffers(pa.int8(), 2, [validity, pa.py_buffer(b"\x01\x02")], null_count=2)


@pytest.mark.parametrize("broken", [broken_text, broken_dictionary, broken_null_count])
def test_a_broken_array_is_refused_by_name_and_costs_only_itself(broken):
    batch = pa.RecordBatch.from_arrays([broken(), pa.array([1, 2])], ["tip", "x"])
    table = as_table(batch)
    refused = table.columns["tip"]
    assert isinstance(refused, Refused)
    assert refused.status == "error"
    assert refused.message.startswith("column 'tip': ")
    assert table.columns["x"].to_float64().tolist() == [1.0, 2.0]
    with pytest.raises(InvalidColumn, match="column 'tip'"):
        as_column(broken(), "tip")


def test_a_stream_that_fails_half_way_raises_with_its_message():
    def batches():
        yield pa.record_batch({"x": [1, 2]})
        raise OSError("the disk is gone")

    schema = pa.schema([("x", pa.int64())])
    gc.collect()
    before = pa.total_allocated_bytes()
    with pytest.raises(InvalidColumn, match=r"the Arrow stream failed: .*the disk is gone"):
        columns_from_arrow(pa.RecordBatchReader.from_batches(schema, batches()))
    gc.collect()
    assert pa.total_allocated_bytes() == before


class Offers:
    """An object that hands out what it was given."""

    def __init__(self, stream: object = None, array: object = None) -> None:
        if stream is not None:
            self.__arrow_c_stream__ = lambda: stream
        if array is not None:
            self.__arrow_c_array__ = lambda: array


@pytest.mark.parametrize(
    "data",
    [
        Offers(stream=3),
        Offers(stream=pa.int8().__arrow_c_schema__()),
        Offers(array=3),
        Offers(array=(1, 2)),
        Offers(array=tuple(reversed(pa.array([1]).__arrow_c_array__()))),
    ],
)
def test_capsules_of_another_name_are_refused(data):
    with pytest.raises(TypeError, match=r"expected a (capsule named|tuple of two capsules)"):
        columns_from_arrow(data)


def test_capsules_that_were_used_before_are_refused():
    stream = pa.table({"x": [1]}).__arrow_c_stream__()
    columns_from_arrow(Offers(stream=stream))
    with pytest.raises(InvalidColumn, match="already released"):
        columns_from_arrow(Offers(stream=stream))
    pair = pa.array([1]).__arrow_c_array__()
    columns_from_arrow(Offers(array=pair))
    with pytest.raises(InvalidColumn, match="already released"):
        columns_from_arrow(Offers(array=pair))


def test_an_error_of_the_protocol_itself_is_raised_as_it_is():
    class Failing:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            raise LookupError("not today")

    with pytest.raises(LookupError, match="not today"):
        columns_from_arrow(Failing())


def test_an_object_without_arrow_is_a_type_error():
    with pytest.raises(TypeError, match="expected an object with __arrow_c_stream__"):
        columns_from_arrow([1, 2])


# --- memory -------------------------------------------------------------------------------


def test_nothing_is_copied():
    array = pa.array(np.arange(1000.0))
    address = array.buffers()[1].address
    assert single(array)._data_pointers == [address]
    assert single(array[10:])._data_pointers == [address + 80]
    table = as_table(pa.table({"x": array[8:], "s": ["a"] * 992}))
    assert table.columns["x"]._data_pointers == [address + 64]
    assert table.slice(2, 4).columns["x"]._data_pointers == [address + 80]


def test_memory_is_released_once_when_the_last_column_over_it_dies():
    gc.collect()
    before = pa.total_allocated_bytes()
    data = pa.table({"x": pa.array(range(50_000)), "s": pa.array(["text"] * 50_000)})
    held = pa.total_allocated_bytes() - before
    table = as_table(data)
    del data
    gc.collect()
    part = table.columns["x"].slice(10, 12)
    del table
    gc.collect()
    assert pa.total_allocated_bytes() - before >= held * 0.9
    assert part.to_float64().tolist() == [10.0, 11.0]
    del part
    gc.collect()
    assert pa.total_allocated_bytes() == before


def test_a_category_outlives_the_column_that_it_was_cut_from():
    data = pa.array([f"label {i % 7}" for i in range(5_000)]).dictionary_encode()
    part = single(data).slice(4_000, 4_003).take([2, 0])
    del data
    gc.collect()
    assert part.to_text() == ["label 5", "label 3"]


def test_text_outlives_the_chain_of_columns_that_it_was_taken_from():
    texts = [f"a text that is longer than twelve bytes {i}" for i in range(100)]
    column = single(pa.array(texts, pa.string_view()))
    for _ in range(5):
        column = column.take(np.arange(len(column) - 1, 0, -1)).slice(0, len(column) - 1)
    gc.collect()
    expected = texts
    for _ in range(5):
        expected = expected[:0:-1]
    assert column.to_text() == expected


def test_columns_may_die_in_any_thread():
    gc.collect()
    before = pa.total_allocated_bytes()

    def work() -> None:
        for _ in range(50):
            table = as_table(pa.table({"x": range(100), "s": ["a"] * 100}))
            kept.append(table.columns["x"].slice(1, 3))

    kept: list[Column] = []
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    killer = threading.Thread(target=kept.clear)
    killer.start()
    killer.join()
    gc.collect()
    assert pa.total_allocated_bytes() == before


def test_reading_many_tables_leaves_no_memory_behind():
    data = pa.table({"x": range(1000), "s": ["ab"] * 1000, "l": [[1]] * 1000}).combine_chunks()
    batch = pa.RecordBatch.from_arrays([broken_text()], ["bad"])
    gc.collect()
    before = pa.total_allocated_bytes()
    for _ in range(300):
        as_table(data)
        as_table(batch)
    gc.collect()
    assert pa.total_allocated_bytes() == before


def test_unsupported_columns_are_told_by_their_class():
    [(name, kind, error)] = columns_from_arrow(pa.table({"l": [[1]]}))
    assert (name, isinstance(error, UnsupportedColumn)) == ("l", True)
    assert kind
