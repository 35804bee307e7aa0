"""Text columns as dictionaries: each text once, and its number in every row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simdrift._core import Categories, Column, columns_from_arrow

if TYPE_CHECKING:
    import pyarrow as pa

MOST_LABELS = 1_000_000
"""A column of more different texts stays text."""


def as_dictionary(column: Column, threads: int | None = None) -> Column:
    """The text column as a dictionary. From buffers: `pyarrow.array` would import pandas."""
    import pyarrow as pa

    table = Categories(maximum=MOST_LABELS)
    codes = table.encode(column, threads=threads)
    if table.overflow:
        return column
    valid = pa.py_buffer(np.packbits(codes >= 0, bitorder="little"))
    values = pa.py_buffer(np.maximum(codes, 0))
    indices = pa.Array.from_buffers(pa.int32(), len(codes), [valid, values])
    made: Any = columns_from_arrow(pa.DictionaryArray.from_arrays(indices, texts(table.labels)))
    return made[0][2] if isinstance(made[0][2], Column) else column


def texts(labels: Sequence[str]) -> pa.Array:
    """An Arrow array of texts."""
    import pyarrow as pa

    encoded = [label.encode("utf-8", "surrogatepass") for label in labels]
    offsets = np.cumsum([0, *(len(label) for label in encoded)], dtype=np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.large_utf8(), len(encoded), buffers)
