"""pandas, column by column: one bad column costs only itself.

NumPy-backed columns are read where they lie, nullable ones by their values and their byte
mask; text, categories and Arrow-backed columns by their Arrow arrays. pandas itself is never
imported here: the frame brings it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from simdrift._core import Column
from simdrift._errors import InvalidColumn, UnsupportedColumn
from simdrift.columns.arrays import column_of_array, column_of_arrow
from simdrift.columns.table import Entry


def frame_entries(frame: Any) -> Iterator[Entry]:
    """(name, type, column) of each column of a DataFrame; names as text."""
    for label, series in frame.items():
        name = str(label)
        try:
            column = column_of_series(series, name)
            yield name, column.type, column
        except (UnsupportedColumn, InvalidColumn) as error:
            yield name, str(series.dtype), error


def column_of_series(series: Any, name: str) -> Column:
    """One Series or Index as a column; raises UnsupportedColumn or InvalidColumn."""
    values = series.array
    dtype = series.dtype
    if isinstance(dtype, np.dtype):
        return column_of_array(np.asarray(values), name)
    zone = getattr(dtype, "tz", None)
    if zone is not None and hasattr(dtype, "unit") and hasattr(values, "_ndarray"):
        return Column.from_numpy(values._ndarray, type=f"timestamp[{dtype.unit}, {zone}]")
    if _is_masked(values):
        return Column.from_numpy(values._data, values._mask)
    return _column_of_extension(values, name)


def _is_masked(values: Any) -> bool:
    """Whether it is a nullable array (Int64, Float32, boolean): values and a byte mask."""
    data, mask = getattr(values, "_data", None), getattr(values, "_mask", None)
    return (
        isinstance(data, np.ndarray)
        and isinstance(mask, np.ndarray)
        and mask.dtype == np.bool_
        and data.shape == mask.shape
    )


def _column_of_extension(values: Any, name: str) -> Column:
    """Text, categories, Arrow-backed and other extension arrays, by way of Arrow."""
    import pyarrow as pa

    if str(values.dtype).startswith("Sparse"):
        return column_of_array(np.asarray(values), name)
    try:
        array = pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, NotImplementedError) as error:
        raise UnsupportedColumn(
            f"column {name!r}: expected a type that Arrow has, found {values.dtype}: {error}"
        ) from None
    return column_of_arrow(array, name)
