"""From what people hand in to columns of the core, and what windows need of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simdrift._core import Categories, Column, columns_from_arrow
from simdrift._errors import InputError, InvalidColumn, UnsupportedColumn
from simdrift.metrics.weights import RowWeights, checked_weights

if TYPE_CHECKING:
    import pyarrow as pa

NUMBERS = ("integer", "float", "boolean")
Broken = InvalidColumn | UnsupportedColumn
Frame = Mapping[str, Column | Broken]
MOST_LABELS = 1_000_000  # above that many a text column stays text


def frame_of(data: object, argument: str = "data") -> dict[str, Column | Broken]:
    """The columns of anything that `simdrift.compare` takes; no copy where none is needed.
    `argument`: which one it is, for messages."""
    from simdrift.columns import as_table

    try:
        table = as_table(data)
    except (TypeError, InputError) as error:
        text = str(error)
        if not text.startswith("data:"):
            raise
        raise type(error)(f"{argument}:{text.removeprefix('data:')}") from None
    return {
        name: column if isinstance(column, Column) else column.error
        for name, column in table.columns.items()
    }


def row_weights(frame: Frame, name: str | None) -> RowWeights | None:
    """The weights in the column of that name; None without one. InputError where they can't be
    weights: a row without a finite number >= 0."""
    if name is None:
        return None
    column = frame.get(name)
    if not isinstance(column, Column) or column.value_kind not in NUMBERS:
        found = "no such column" if column is None else getattr(column, "type", column)
        raise InputError(f"'columns.weight': expected numbers in {name!r}, found {found}")
    try:
        return checked_weights(column.to_float64(), len(column), f"the weights in {name!r}")
    except ValueError as error:
        raise InputError(str(error)) from None


def sliced(frame: Frame, first: int, stop: int) -> dict[str, Column | Broken]:
    """Rows [first, stop) of every column."""
    return {
        name: column.slice(first, stop) if isinstance(column, Column) else column
        for name, column in frame.items()
    }


def taken(frame: Frame, order: NDArray[np.int64] | None) -> Frame:
    """Rows in another order; the frame itself where there is none."""
    if order is None:
        return frame
    return {
        name: column.take(order) if isinstance(column, Column) else column
        for name, column in frame.items()
    }


def encoded(frame: Frame, threads: int | None = None) -> dict[str, Column | Broken]:
    """The frame with its texts as dictionaries, so that no window reads a text again."""
    return {
        name: _encoded(column, threads)
        if isinstance(column, Column) and column.kind == "text"
        else column
        for name, column in frame.items()
    }


def _encoded(column: Column, threads: int | None) -> Column:
    """The text column as a dictionary. From buffers: `pyarrow.array` would import pandas."""
    import pyarrow as pa

    table = Categories(maximum=MOST_LABELS)
    codes = table.encode(column, threads=threads)
    if table.overflow:
        return column
    valid = pa.py_buffer(np.packbits(codes >= 0, bitorder="little"))
    values = pa.py_buffer(np.maximum(codes, 0))
    indices = pa.Array.from_buffers(pa.int32(), len(codes), [valid, values])
    made: Any = columns_from_arrow(pa.DictionaryArray.from_arrays(indices, _texts(table.labels)))
    return made[0][2] if isinstance(made[0][2], Column) else column


def _texts(labels: Sequence[str]) -> pa.Array:
    """An Arrow array of texts."""
    import pyarrow as pa

    encoded = [label.encode("utf-8", "surrogatepass") for label in labels]
    offsets = np.cumsum([0, *(len(label) for label in encoded)], dtype=np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.large_utf8(), len(encoded), buffers)
