"""pandas, column by column: one bad column costs only itself.

NumPy-backed columns are read where they lie, nullable ones by their values and their byte
mask; text, categories and Arrow-backed columns by their Arrow arrays. pandas itself is never
imported here: the frame brings it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from simdrift._core import Column
from simdrift._errors import InvalidColumn, UnsupportedColumn
from simdrift.columns.arrays import column_of_array, column_of_arrow
from simdrift.columns.labels import MIXED, dictionary_column
from simdrift.columns.objects import column_of_labels, label_of
from simdrift.columns.table import Refused

_LABELLED = ("interval", "period")


def columns_of_frame(frame: Any, names: Iterable[str]) -> Iterator[tuple[str, Column | Refused]]:
    """Some columns of a DataFrame with their names, which are text."""
    places = {str(label): place for place, label in enumerate(frame.columns)}
    for name in names:
        series = frame.iloc[:, places[name]]
        try:
            yield name, column_of_series(series, name)
        except (UnsupportedColumn, InvalidColumn) as error:
            yield name, Refused.by(error, name, str(series.dtype))


def column_of_series(series: Any, name: str) -> Column:
    """One Series or Index as a column; raises UnsupportedColumn or InvalidColumn."""
    return _column_of_values(series.array, series.dtype, name)


def column_of_extension_array(values: Any, name: str) -> Column:
    """What stands behind a Series (a Categorical, a nullable array, ...), as a column."""
    if type(values).__name__ == "NumpyExtensionArray":
        return column_of_array(np.asarray(values), name)
    return _column_of_values(values, values.dtype, name)


def _column_of_values(values: Any, dtype: Any, name: str) -> Column:
    if isinstance(dtype, np.dtype):
        return column_of_array(np.asarray(values), name)
    zone = getattr(dtype, "tz", None)
    if zone is not None and hasattr(dtype, "unit") and hasattr(values, "_ndarray"):
        return Column.from_numpy(values._ndarray, type=f"timestamp[{dtype.unit}, {zone}]")
    if _is_masked(values):
        return Column.from_numpy(values._data, values._mask)
    if dtype.name == "category":
        return _column_of_categories(values, name)
    return _column_of_extension(values, name)


def _column_of_categories(values: Any, name: str) -> Column:
    """A Categorical: its codes where they lie, -1 as null, its categories by Arrow."""
    import pyarrow as pa

    codes, categories = np.ascontiguousarray(values.codes), values.categories
    labels = _labels_of(categories)
    if labels is not None:
        return dictionary_column(codes, labels, type=f"dictionary<{codes.dtype}, {MIXED}>")
    there = codes >= 0
    valid = None if there.all() else pa.array(there).buffers()[1]
    indices = pa.Array.from_buffers(
        pa.from_numpy_dtype(codes.dtype), len(codes), [valid, pa.py_buffer(codes)]
    )
    dictionary = pa.DictionaryArray.from_arrays(
        indices, _arrow_of(categories, name), ordered=values.ordered, safe=False
    )
    return column_of_arrow(dictionary, name)


def _labels_of(categories: Any) -> list[str] | None:
    """The labels of categories that are no text, numbers or booleans: intervals, periods, dates,
    or values of several kinds. None of those that Arrow has."""
    if _is_labelled(categories.dtype) or categories.dtype.kind in "Mm":
        return [label_of(one) for one in categories]
    if categories.dtype != np.dtype(object) or all(isinstance(one, str) for one in categories):
        return None
    return [label_of(one) for one in categories]


def _is_labelled(dtype: Any) -> bool:
    """Whether values of this pandas type are compared by their labels."""
    return str(dtype).startswith(_LABELLED)


def _is_masked(values: Any) -> bool:
    """Whether it is a nullable array (Int64, Float32, boolean): values and a byte mask."""
    mask = getattr(values, "_mask", None)
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
        return False
    data = getattr(values, "_data", None)  # asked of texts, pandas 2 warns
    return isinstance(data, np.ndarray) and data.shape == mask.shape


def _column_of_extension(values: Any, name: str) -> Column:
    """Text, Arrow-backed and other extension arrays, by way of Arrow."""
    if str(values.dtype).startswith("Sparse"):
        return column_of_array(np.asarray(values), name)
    if _is_labelled(values.dtype):
        return column_of_labels(values.tolist())
    return column_of_arrow(_arrow_of(values, name), name)


def _arrow_of(values: Any, name: str) -> Any:
    """An extension array or an index as an Arrow array; UnsupportedColumn where there is none."""
    import pyarrow as pa

    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, NotImplementedError) as error:
        raise UnsupportedColumn(
            f"column {name!r}: expected a type that Arrow has, found {values.dtype}: {error}"
        ) from None
