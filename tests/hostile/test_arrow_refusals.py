"""Broken Arrow arrays, handed over through capsules: each is refused with its column, the rule
and the row; the twin that keeps the rule passes; the other column of the table is still there.

pyarrow makes a sound batch and exports it as C structs; a copy of these, whose release does
nothing, is broken in one place. What is broken in a buffer is broken by building it so.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from simdrift import InvalidColumn, UnsupportedColumn
from simdrift._core import Column, columns_from_arrow

sys.path.insert(0, str(Path(__file__).parent))
from arrow_structs import RELEASE, ArrowArray, ArrowSchema, Exporter

MANY = 2**63 - 2
OTHER = [1.5, 2.5, 3.5, 4.5]


@pytest.fixture
def read():
    """Reads a table of the array and of a sound column, broken by `damage` before."""
    exporters = []

    def call(
        array: pa.Array, damage: Callable[[ArrowSchema, ArrowArray], None] = lambda s, a: None
    ) -> tuple[str, Any]:
        batch = pa.RecordBatch.from_arrays([array, pa.array(OTHER[: len(array)])], ["tip", "x"])
        exporter = Exporter(batch)
        exporters.append(exporter)
        damage(exporter.schema.children[0].contents, exporter.array.children[0].contents)
        tip, other = columns_from_arrow(exporter)
        assert other[0] == "x"
        assert other[2].to_float64().tolist() == OTHER[: len(array)]
        assert tip[0] == "tip"
        return tip[1], tip[2]

    yield call
    exporters.clear()


def ints(*values: int | None) -> pa.Array:
    return pa.array(values, pa.int32())


def text(offsets: np.ndarray, data: bytes, kind: pa.DataType, valid: bytes | None = None):
    """Text over the memory of `offsets`."""
    bitmap = None if valid is None else pa.py_buffer(valid)
    buffers = [bitmap, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(kind, len(offsets) - 1, buffers)


def writing(memory: np.ndarray, values: list[int]) -> Callable[[ArrowSchema, ArrowArray], None]:
    def damage(schema: ArrowSchema, array: ArrowArray) -> None:
        memory[:] = values

    return damage


def setting(**fields: int) -> Callable[[ArrowSchema, ArrowArray], None]:
    def damage(schema: ArrowSchema, array: ArrowArray) -> None:
        for name, value in fields.items():
            setattr(array, name, value)

    return damage


def without_buffer(i: int) -> Callable[[ArrowSchema, ArrowArray], None]:
    def damage(schema: ArrowSchema, array: ArrowArray) -> None:
        array.buffers[i] = None

    return damage


def released(schema: ArrowSchema, array: ArrowArray) -> None:
    array.release = RELEASE()


def without_dictionary(schema: ArrowSchema, array: ArrowArray) -> None:
    array.dictionary = None


def in_dictionary(damage: Callable[[ArrowSchema, ArrowArray], None]):
    return lambda schema, array: damage(schema.dictionary.contents, array.dictionary.contents)


WORDS = pa.array(["a", "bc", None, "a string of more than twelve bytes"])
CODES = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 1], pa.int16()), pa.array(["a", "b"]))

STRUCTS = [
    (ints(1, 2), setting(null_count=-2), "null_count of -1 to the length, found -2 (chunk 0)"),
    (ints(1, 2), setting(null_count=3), "null_count of -1 to the length, found 3 (chunk 0)"),
    (
        ints(1, None),
        setting(null_count=2),
        "null_count of 1 as in the bitmap, found 2 (chunk 0)",
    ),
    (
        ints(1, None),
        setting(null_count=0),
        "null_count of 1 as in the bitmap, found 0 (chunk 0)",
    ),
    (ints(1, None), without_buffer(0), "validity buffer for the nulls, or a null_count of 0"),
    (ints(1, 2), without_buffer(1), "a buffer of values, found none (chunk 0)"),
    (ints(1, 2), setting(buffers=None), "a list of buffers, found none (chunk 0)"),
    (ints(1, 2), setting(n_buffers=1), "2 buffers, found 1 (chunk 0)"),
    (ints(1, 2), setting(n_buffers=3), "2 buffers, found 3 (chunk 0)"),
    (ints(1, 2), setting(n_children=1), "no children, found 1 (chunk 0)"),
    (ints(1, 2), released, "an array, found one already released (chunk 0)"),
    (WORDS, without_buffer(1), "a buffer of values, found none (chunk 0)"),
    (WORDS, without_buffer(2), "a buffer of characters, found none (chunk 0)"),
    (WORDS.cast(pa.large_string()), without_buffer(2), "a buffer of characters, found none"),
    (WORDS.cast(pa.string_view()), without_buffer(2), "a buffer of characters, found none"),
    (WORDS.cast(pa.string_view()), without_buffer(3), "the data buffers' sizes, found none"),
    (WORDS.cast(pa.string_view()), setting(n_buffers=2), "at least 3 buffers for string_view"),
    (CODES, without_dictionary, "a dictionary, found none (chunk 0)"),
    (CODES, in_dictionary(released), "dictionary: expected an array, found one already released"),
    (CODES, in_dictionary(setting(length=-1)), "dictionary: expected a length of 0 to 2^58"),
    (CODES, in_dictionary(setting(length=1)), "index below 1, found 1 (chunk 0, row 1)"),
    (CODES, in_dictionary(setting(n_buffers=2)), "dictionary: expected 3 buffers for text"),
    (pa.nulls(2), setting(n_buffers=2), "0 buffers for null, found 2 (chunk 0)"),
]


@pytest.mark.parametrize(("array", "damage", "message"), STRUCTS, ids=[c[2] for c in STRUCTS])
def test_a_struct_that_breaks_a_rule_is_refused_and_its_twin_is_not(read, array, damage, message):
    type_name, problem = read(array, damage)
    assert isinstance(problem, InvalidColumn)
    assert str(problem).startswith("column 'tip': ")
    assert message in str(problem)
    twin_name, twin = read(array)
    assert isinstance(twin, Column)
    assert twin_name == type_name
    assert len(twin) == len(array)
    assert twin.null_count == array.null_count


PAIRS = pa.array([{"a": 1}, None], pa.struct([("a", pa.int8())]))
TWINS = pa.array([[1, 2], None], pa.list_(pa.int8(), 2))
NESTED = [
    (PAIRS, {"length": 1}, "children with rows for all of its own, found 1 (chunk 0)"),
    (PAIRS, {"length": -1}, "children with rows for all of its own, found -1 (chunk 0)"),
    (TWINS, {"length": 3}, "children with rows for all of its own, found 3 (chunk 0)"),
]


@pytest.mark.parametrize(("array", "fields", "message"), NESTED)
def test_the_bitmap_of_a_nested_column_is_no_longer_than_its_children(read, array, fields, message):
    """A bitmap's size is nowhere said, and that of a nested column tells its missing rows."""

    def shortened(schema: ArrowSchema, array: ArrowArray) -> None:
        setting(**fields)(schema, array.children[0].contents)

    _, problem = read(array, shortened)
    assert isinstance(problem, InvalidColumn)
    assert str(problem) == "column 'tip': expected " + message
    _, problem = read(array)
    assert isinstance(problem, UnsupportedColumn)
    assert problem.present.null_count == 1


@pytest.mark.parametrize("rows", [2**20, 2**40, 2**57])
def test_a_nested_column_of_more_rows_than_its_children_is_refused(rows):
    exporter = Exporter(pa.RecordBatch.from_arrays([PAIRS], ["tip"]))
    exporter.array.length = exporter.array.children[0].contents.length = rows
    exporter.array.children[0].contents.null_count = -1
    ((_, _, problem),) = columns_from_arrow(exporter)
    assert isinstance(problem, InvalidColumn)
    assert "children with rows for all of its own, found 2" in str(problem)


@pytest.mark.parametrize(
    "fields", [{"length": -1}, {"length": 1}, {"offset": -1}, {"offset": MANY}]
)
def test_a_child_that_can_not_hold_the_rows_of_its_table_is_refused(read, fields):
    _, problem = read(ints(1, 2), setting(**fields))
    assert isinstance(problem, InvalidColumn)
    assert str(problem).startswith("column 'tip': expected an array of at least 2 rows")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"length": -1}, "a length of 0 to 2^58, found -1 (chunk 0)"),
        ({"length": MANY}, f"a length of 0 to 2^58, found {MANY} (chunk 0)"),
        ({"offset": -1}, "an offset of 0 to 2^58 less the length, found -1 (chunk 0)"),
        ({"offset": MANY}, f"an offset of 0 to 2^58 less the length, found {MANY} (chunk 0)"),
    ],
)
def test_lengths_and_offsets_out_of_range_are_refused(fields, message):
    batch = pa.RecordBatch.from_arrays([ints(1, 2)], ["tip"])
    for is_broken in (True, False):
        exporter = Exporter(batch)
        exporter.schema = exporter.schema.children[0].contents
        exporter.array = exporter.array.children[0].contents
        if is_broken:
            setting(**fields)(exporter.schema, exporter.array)
        ((_, _, column),) = columns_from_arrow(exporter)
        if is_broken:
            assert isinstance(column, InvalidColumn)
            assert str(column) == "column '': expected " + message
        else:
            assert column.to_float64().tolist() == [1.0, 2.0]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()], ids=str)
@pytest.mark.parametrize(
    ("offsets", "message"),
    [
        ([0, 5, 2], "expected offsets that do not fall below 5, found 2 (chunk 0, row 1)"),
        ([0, -1, 2], "expected offsets that do not fall below 0, found -1 (chunk 0, row 0)"),
        ([-3, 0, 2], "expected a first offset of at least 0, found -3 (chunk 0, row 0)"),
        ([0, 2, -2], "expected offsets that do not fall below 2, found -2 (chunk 0, row 1)"),
    ],
)
def test_offsets_that_fall_or_are_negative_are_refused(read, kind, offsets, message):
    memory = np.array([0, 2, 5], np.int32 if kind == pa.string() else np.int64)
    array = text(memory, b"abcde", kind)
    _, twin = read(array)
    assert twin.to_text() == ["ab", "cde"]
    _, problem = read(array, writing(memory, offsets))
    assert isinstance(problem, InvalidColumn)
    assert str(problem) == "column 'tip': " + message


def test_a_falling_offset_is_refused_in_a_row_that_is_null_too(read):
    _, problem = read(text(np.array([0, 5, 2], np.int32), b"abcde", pa.string(), valid=b"\x01"))
    assert isinstance(problem, InvalidColumn)
    assert "(chunk 0, row 1)" in str(problem)


@pytest.mark.parametrize(
    "kind",
    [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)],
)
def test_indices_out_of_a_dictionary_are_refused(read, kind):
    bits = np.iinfo(kind)
    wrong = [2, int(bits.max)] + ([-1, int(bits.min)] if bits.min < 0 else [])
    for index in wrong:
        codes = pa.array(np.array([0, 1, index], kind))
        array = pa.DictionaryArray.from_arrays(codes, pa.array(["a", "b"]), safe=False)
        _, problem = read(array)
        assert isinstance(problem, InvalidColumn)
        assert str(problem) == (
            f"column 'tip': expected a dictionary index below 2, found {index} (chunk 0, row 2)"
        )
        mask = np.array([False, False, True])
        null = pa.DictionaryArray.from_arrays(
            pa.array(np.array([0, 1, index], kind), mask=mask), pa.array(["a", "b"]), safe=False
        )
        _, twin = read(null)
        assert twin.to_text() == ["a", "b", None]


LONG = b"a string of more than twelve bytes"


def string_view(size: int, prefix: bytes, buffer: int, offset: int, valid: bool = True):
    views = np.zeros(2, [("size", "i4"), ("prefix", "S4"), ("buffer", "i4"), ("offset", "i4")])
    views[0] = (2, b"ok", 0, 0)
    views[1] = (size, prefix, buffer, offset)
    bitmap = None if valid else pa.py_buffer(b"\x01")
    return pa.Array.from_buffers(
        pa.string_view(), 2, [bitmap, pa.py_buffer(views.tobytes()), pa.py_buffer(LONG)]
    )


@pytest.mark.parametrize(
    ("view", "message"),
    [
        ((-1, b"a st", 0, 0), "a string view's size of at least 0, found -1"),
        ((20, b"a st", 1, 0), "a buffer index below 1, found 1"),
        ((20, b"a st", -7, 0), "a buffer index below 1, found -7"),
        ((35, b"a st", 0, 0), "a string that ends within its buffer's size of 34, found 35"),
        ((20, b"a st", 0, 15), "a string that ends within its buffer's size of 34, found 35"),
        ((20, b"a st", 0, -1), "a string that ends within its buffer's size of 34, found -1"),
        (
            (20, b"b st", 0, 0),
            "a prefix equal to the first bytes of the string at 0, found others in buffer 0",
        ),
    ],
)
def test_bad_string_views_are_refused(read, view, message):
    _, problem = read(string_view(*view))
    assert isinstance(problem, InvalidColumn)
    assert str(problem) == f"column 'tip': expected {message} (chunk 0, row 1)"
    _, hidden = read(string_view(*view, valid=False))
    assert hidden.to_text() == ["ok", None]
    _, twin = read(string_view(34, b"a st", 0, 0))
    assert twin.to_text() == ["ok", LONG.decode()]


def formatted(format: bytes) -> Callable[[ArrowSchema, ArrowArray], None]:
    def damage(schema: ArrowSchema, array: ArrowArray) -> None:
        schema.format = format

    return damage


@pytest.mark.parametrize("format", [b"", b"x", b"ts", b"tss", b"tsu", b"w:", b"d:3", b"ii", b"+"])
def test_malformed_and_truncated_formats_are_refused(read, format):
    _, problem = read(ints(1, 2), formatted(format))
    assert isinstance(problem, InvalidColumn)
    assert str(problem) == (
        f"column 'tip': expected a format of the Arrow C data interface, found '{format.decode()}'"
    )


NAMED = [
    (pa.binary(), "binary"),
    (pa.large_binary(), "large_binary"),
    (pa.binary_view(), "binary_view"),
    (pa.binary(3), "fixed_size_binary[3]"),
    (pa.list_(pa.int64()), "list<int64>"),
    (pa.large_list(pa.string()), "large_list<utf8>"),
    (pa.list_(pa.int8(), 2), "fixed_size_list<int8>[2]"),
    (pa.list_view(pa.int8()), "list_view<int8>"),
    (pa.large_list_view(pa.int8()), "large_list_view<int8>"),
    (
        pa.struct([("a", pa.int8()), ("b", pa.list_(pa.date32()))]),
        "struct<a: int8, b: list<date32>>",
    ),
    (pa.map_(pa.string(), pa.int8()), "map<utf8, int8>"),
    (pa.month_day_nano_interval(), "month_day_nano_interval"),
    (pa.run_end_encoded(pa.int32(), pa.float64()), "run_end_encoded<int32, float64>"),
    (pa.dense_union([pa.field("a", pa.int8())]), "dense_union<a: int8>"),
    (pa.sparse_union([pa.field("a", pa.int8())]), "sparse_union<a: int8>"),
    (pa.uuid(), "extension<arrow.uuid>"),
    (pa.bool8(), "extension<arrow.bool8>"),
    (pa.json_(), "extension<arrow.json>"),
    (pa.dictionary(pa.int8(), pa.binary()), "dictionary<int8, binary>"),
]


@pytest.mark.parametrize(("kind", "name"), NAMED, ids=[n for _, n in NAMED])
def test_types_that_are_not_computed_on_are_refused_by_name(kind, name):
    schema = pa.schema([("tip", kind), ("x", pa.int8())])
    stream = pa.RecordBatchReader.from_batches(schema, [])
    (_, type_name, problem), (_, _, other) = columns_from_arrow(stream)
    assert isinstance(problem, UnsupportedColumn)
    assert str(problem) == (
        "column 'tip': expected booleans, numbers, times, text or a dictionary of those, found "
        + name
    )
    assert type_name == name
    assert isinstance(other, Column)


def test_an_extension_type_is_not_read_as_its_storage():
    class Fare(pa.ExtensionType):
        def __init__(self) -> None:
            super().__init__(pa.float64(), "simdrift.test.fare")

        def __arrow_ext_serialize__(self) -> bytes:
            return b""

        @classmethod
        def __arrow_ext_deserialize__(cls, storage_type: pa.DataType, serialized: bytes) -> "Fare":
            return cls()

    array = pa.ExtensionArray.from_storage(Fare(), pa.array([1.0, 2.0]))
    ((_, name, problem),) = columns_from_arrow(array)
    assert isinstance(problem, UnsupportedColumn)
    assert name == "extension<simdrift.test.fare>"
    ((_, _, storage),) = columns_from_arrow(array.storage)
    assert storage.to_float64().tolist() == [1.0, 2.0]


def test_the_broken_chunk_of_many_is_named():
    good = pa.record_batch({"tip": pa.array(["a", "b"])})
    bad = pa.record_batch({"tip": text(np.array([0, 5, 2], np.int32), b"abcde", pa.string())})
    reader = pa.RecordBatchReader.from_batches(good.schema, [good, good, bad])
    ((_, _, problem),) = columns_from_arrow(reader)
    assert str(problem).endswith("below 5, found 2 (chunk 2, row 1)")


def test_invalid_utf8_is_counted_and_not_refused(read):
    _, column = read(text(np.array([0, 2, 3], np.int32), b"ok\xff", pa.string()))
    assert column.to_text() == ["ok", "\N{REPLACEMENT CHARACTER}"]
