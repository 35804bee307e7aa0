"""Every way to break a table's structs, for every type: all refused with field, rule and place;
the same table unbroken is read each time."""

import ctypes
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from simdrift import InvalidColumn, UnsupportedColumn
from simdrift._core import Column, columns_from_arrow

sys.path.insert(0, str(Path(__file__).parent))
from arrow_structs import RELEASE, Exporter

LEAST, MOST, BEYOND = -(2**63), 2**63 - 1, 2**58 + 1
INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
UNITS = ["s", "ms", "us", "ns"]
KINDS: list[pa.DataType] = [
    *(getattr(pa, name)() for name in INTEGERS),
    *(pa.float16(), pa.float32(), pa.float64(), pa.bool_(), pa.date32(), pa.date64()),
    *(pa.timestamp(unit) for unit in UNITS),
    *(pa.timestamp(unit, "UTC") for unit in UNITS),
    *(pa.duration(unit) for unit in UNITS),
    *(pa.string(), pa.large_string(), pa.string_view()),
    *(pa.dictionary(getattr(pa, name)(), pa.string()) for name in INTEGERS),
    *(pa.dictionary(pa.int16(), kind) for kind in (pa.int64(), pa.float64(), pa.large_string())),
]
ROWS = 4


def array_of(kind: pa.DataType) -> pa.Array:
    """Four rows, the third null."""
    if pa.types.is_dictionary(kind):
        values = pa.array([7, 8]) if kind.value_type != pa.float64() else pa.array([0.5, 1.5])
        values = values.cast(kind.value_type)
        return pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 1], kind.index_type), values)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view():
        return pa.array(["a", "bc", None, "more than twelve bytes"]).cast(kind)
    if kind == pa.bool_():
        return pa.array([True, False, None, True])
    if pa.types.is_floating(kind):
        return pa.array([1.0, 2.0, None, 4.0]).cast(kind)
    if pa.types.is_integer(kind):
        return pa.array([1, 2, None, 4], kind)
    days = kind in (pa.date32(), pa.date64())
    return (
        pa.array([0, 1, None, 3], pa.int32() if kind == pa.date32() else pa.int64())
        .cast(kind if not days or kind == pa.date32() else pa.timestamp("ms"))
        .cast(kind, safe=False)
    )


Break = Callable[[Exporter], None]


def child(**fields: Any) -> Break:
    return lambda e: [setattr(e.array.children[0].contents, *f) for f in fields.items()]  # type: ignore[return-value]


def field(**fields: Any) -> Break:
    return lambda e: [setattr(e.schema.children[0].contents, *f) for f in fields.items()]  # type: ignore[return-value]


def chunk(**fields: Any) -> Break:
    return lambda e: [setattr(e.array, *f) for f in fields.items()]  # type: ignore[return-value]


def schema(**fields: Any) -> Break:
    return lambda e: [setattr(e.schema, *f) for f in fields.items()]  # type: ignore[return-value]


def without_buffer(i: int) -> Break:
    def damage(exporter: Exporter) -> None:
        exporter.array.children[0].contents.buffers[i] = None

    return damage


def another_buffer(exporter: Exporter) -> None:
    array = exporter.array.children[0].contents
    if array.n_buffers > 3 or exporter.schema.children[0].contents.format == b"vu":
        array.n_buffers = 2  # a string view's may be any number from 3 on
    else:
        array.n_buffers += 1


def with_dictionary(exporter: Exporter) -> None:
    """One too many, or none where there was one."""
    array = exporter.array.children[0].contents
    array.dictionary = None if array.dictionary else exporter.array.children[1]


def without_child(exporter: Exporter) -> None:
    exporter.array.children[0] = None


def junk_behind_format(exporter: Exporter) -> None:
    exporter.schema.children[0].contents.format = b"i!"


def metadata(*numbers: int) -> Break:
    def damage(exporter: Exporter) -> None:
        block = (ctypes.c_int32 * 8)(*numbers)
        exporter.kept.append(block)
        exporter.schema.children[0].contents.metadata = ctypes.addressof(block)

    return damage


def bitmap(bits: int, **fields: int) -> Break:
    """A validity bitmap of one byte for the struct."""

    def damage(exporter: Exporter) -> None:
        block = (ctypes.c_uint8 * 1)(bits)
        buffers = (ctypes.c_void_p * 1)(ctypes.addressof(block))
        exporter.kept += [block, buffers]
        exporter.array.buffers = buffers
        chunk(**fields)(exporter)

    return damage


COLUMN: dict[str, Break] = {
    **{f"length {n}": child(length=n) for n in (-1, LEAST, 1, ROWS - 1, BEYOND, MOST)},
    **{f"offset {n}": child(offset=n) for n in (-1, LEAST, BEYOND, MOST, MOST - ROWS)},
    **{f"null_count {n}": child(null_count=n) for n in (-2, LEAST, ROWS + 1, MOST, 0, 2, 4)},
    **{f"n_buffers {n}": child(n_buffers=n) for n in (0, 1, -1, LEAST, MOST)},
    "another buffer": another_buffer,
    **{f"n_children {n}": child(n_children=n) for n in (1, -1, LEAST, MOST)},
    "no buffers": child(buffers=None),
    "no validity": without_buffer(0),
    "no values": without_buffer(1),
    "released": child(release=RELEASE()),
    "dictionary": with_dictionary,
    "no child": without_child,
    "schema released": field(release=RELEASE()),
    "no format": field(format=None),
    **{f"format {f!r}": field(format=f) for f in (b"", b"x", b"ts", b"ii", b"w:", b"+")},
    "junk behind format": junk_behind_format,
    **{f"schema n_children {n}": field(n_children=n) for n in (1, -1, MOST)},
    **{f"metadata of {n} pairs": metadata(n) for n in (-1, 2**16 + 1, 2**31 - 1)},
    **{f"metadata with a key of {n} bytes": metadata(1, n) for n in (-1, 2**31 - 1)},
    **{f"metadata with a value of {n} bytes": metadata(1, 0, n) for n in (-1, 2**31 - 1)},
}
TABLE: dict[str, Break] = {
    **{f"table length {n}": chunk(length=n) for n in (-1, LEAST)},
    **{f"table offset {n}": chunk(offset=n) for n in (-1, LEAST, MOST)},
    **{f"table null_count {n}": chunk(null_count=n) for n in (-2, 1, 5, MOST)},
    **{f"table n_buffers {n}": chunk(n_buffers=n) for n in (0, 2, -1, MOST)},
    **{f"table n_children {n}": chunk(n_children=n) for n in (0, 1, 3, -1, LEAST, MOST)},
    "table without children": chunk(children=None),
    **{
        f"bitmap, length {n}": bitmap(15, length=n, null_count=-1) for n in (5, 2**20, 2**40, 2**62)
    },
    **{f"bitmap, offset {n}": bitmap(15, offset=n, null_count=-1) for n in (1, 2**40)},
    **{f"bitmap, null_count {n}": bitmap(5, null_count=n) for n in (0, 1, 3)},
    **{f"table schema n_children {n}": schema(n_children=n) for n in (-1, LEAST, MOST)},
    "table schema without children": schema(children=None),
}


def exporter_of(kind: pa.DataType) -> Exporter:
    columns = [array_of(kind), pa.array([1.5] * ROWS)]
    return Exporter(pa.RecordBatch.from_arrays(columns, ["tip", "x"]))


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_what_breaks_a_column_is_refused_with_its_name_and_the_rule(kind):
    for name, damage in COLUMN.items():
        exporter = exporter_of(kind)
        (_, _, twin), _ = columns_from_arrow(exporter_of(kind))
        assert isinstance(twin, Column)
        assert (len(twin), twin.null_count) == (ROWS, 1)
        damage(exporter)
        (column, _, problem), (_, _, other) = columns_from_arrow(exporter)
        assert isinstance(problem, InvalidColumn), name
        assert not isinstance(problem, UnsupportedColumn)
        assert column == "tip"
        assert re.fullmatch(r"column 'tip': (dictionary: )?expected .+, found .+", str(problem)), (
            name
        )
        assert other.to_float64().tolist() == [1.5] * ROWS


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_what_breaks_a_table_is_refused_with_its_chunk_and_the_rule(kind):
    for name, damage in TABLE.items():
        exporter = exporter_of(kind)
        damage(exporter)
        with pytest.raises(InvalidColumn, match=r"^table: (chunk 0: )?expected "):
            pytest.fail(f"{name}: {columns_from_arrow(exporter)}")
        (_, _, twin), _ = columns_from_arrow(exporter_of(kind))
        assert (len(twin), twin.null_count) == (ROWS, 1)


def test_there_are_as_many_cases_as_promised():
    assert len(COLUMN) + len(TABLE) >= 40
    assert (len(COLUMN) + len(TABLE)) * len(KINDS) >= 1500
