"""NumPy arrays, masked arrays and plain sequences as columns.

What NumPy has a numeric dtype for is read where it lies. Text and objects are copied; a
column of values of different kinds is refused by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdrift._core import Column, columns_from_arrow
from simdrift._errors import InvalidColumn, UnsupportedColumn
from simdrift.columns.table import Refused

_TEXT_OR_OBJECT = "UOT"
_NUMBERS = (int, float, np.number, np.bool_)


def column_of_array(
    array: NDArray[Any], name: str, mask: NDArray[np.bool_] | None = None
) -> Column:
    """A 1-D array as a column; ValueError with other dimensions, UnsupportedColumn with a
    dtype that is not computed on."""
    if isinstance(array, np.ma.MaskedArray):
        hidden = np.ma.getmask(array)
        mask = None if hidden is np.ma.nomask else np.asarray(hidden)
        array = np.ma.getdata(array)
    if array.ndim != 1:
        raise ValueError(f"{name}: expected 1 dimension, found {array.ndim}")
    if array.dtype.kind in _TEXT_OR_OBJECT:
        return column_of_objects(array, name, mask)
    try:
        return Column.from_numpy(array, mask)
    except UnsupportedColumn as error:
        raise UnsupportedColumn(f"column {name!r}: {error}") from None


def column_of_objects(values: Any, name: str, mask: NDArray[np.bool_] | None = None) -> Column:
    """Python objects of one kind - text, numbers, booleans, times - of which None is null, and
    NaN too among text. UnsupportedColumn: a mixture, or nothing that is computed on."""
    items = values.tolist() if isinstance(values, np.ndarray) else list(values)
    if mask is not None:
        items = [None if hidden else item for item, hidden in zip(items, mask, strict=True)]
    try:
        if isinstance(_first_value(items), str):
            return Column.from_text(items)
        kinds = set(map(type, items)) - {type(None)}
        if kinds and _are_numbers(kinds):
            return _column_of_numbers(items, fill=False if kinds <= {bool, np.bool_} else 0)
    except UnsupportedColumn as error:
        raise UnsupportedColumn(f"column {name!r}: {error}") from None
    except UnicodeEncodeError as error:
        raise InvalidColumn(f"column {name!r}: expected text, found {error}") from None
    return _column_by_arrow(items, name)


def _are_numbers(kinds: set[type]) -> bool:
    return all(issubclass(kind, _NUMBERS) for kind in kinds)


def _first_value(items: list[Any]) -> object:
    """The first item that is neither None nor NaN."""
    return next(
        (item for item in items if not (item is None or (type(item) is float and item != item))),
        None,
    )


def _column_of_numbers(items: list[Any], fill: int) -> Column:
    mask = np.fromiter((item is None for item in items), bool, len(items))
    array = np.array([fill if item is None else item for item in items])
    if array.dtype.kind not in "iufb":
        raise UnsupportedColumn("expected integers of at most 64 bits")
    return Column.from_numpy(array, mask)


def _column_by_arrow(items: list[Any], name: str) -> Column:
    """Times, scalars of libraries, and what Arrow then refuses."""
    import pyarrow as pa

    try:
        array = pa.array(items, from_pandas=True) if items else pa.nulls(0)
    except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
        raise UnsupportedColumn(
            f"column {name!r}: expected values of one kind (numbers, text, booleans or "
            f"times), found a mixture: {_first_line(error)}"
        ) from None
    return column_of_arrow(array, name)


def column_of_arrow(data: object, name: str) -> Column:
    """An Arrow array, chunked array or series as a column; raises what refuses it."""
    entries = columns_from_arrow(data)
    if len(entries) != 1 or entries[0][0] != "":
        raise UnsupportedColumn(
            f"column {name!r}: expected one column, found a table or struct of "
            f"{len(entries)}: choose one of it"
        )
    column = entries[0][2]
    if isinstance(column, Column):
        return column
    raise type(column)(str(column).replace("column ''", f"column {name!r}", 1)) from None


def column_of_sequence(values: Sequence[object] | object, name: str) -> Column:
    """A list, tuple, range or whatever NumPy makes an array of: numbers, or text. None is
    null."""
    if isinstance(values, (list, tuple)) and not _are_numbers(set(map(type, values))):
        return column_of_objects(values, name)  # ['a', 1] is text to NumPy, a mixture to us
    array = np.asarray(values)
    if array.ndim > 1:
        return column_of_objects(values, name)
    return column_of_array(array, name)


def columns_of_array(
    array: NDArray[Any], name: str, label: str
) -> Iterator[tuple[str, Column | Refused]]:
    """Fields of a structured array, or columns '0', '1', ... of a 2-D one, as views; a 1-D one
    is one column of that name. `label` stands in messages."""
    if array.dtype.names is not None:
        if array.ndim != 1:
            raise ValueError(f"{label}: expected 1 dimension of records, found {array.ndim}")
        parts: Iterator[tuple[str, NDArray[Any]]] = ((n, array[n]) for n in array.dtype.names)
    elif array.ndim == 2:
        parts = ((str(i), array[:, i]) for i in range(array.shape[1]))
    elif array.ndim == 1:
        parts = iter([(name, array)])
    else:
        raise ValueError(f"{label}: expected 1 or 2 dimensions, found {array.ndim}")
    for part_name, part in parts:
        yield part_name, _computed_or_refused(part_name, part)


def _computed_or_refused(name: str, array: NDArray[Any]) -> Column | Refused:
    try:
        return column_of_array(array, name)
    except UnsupportedColumn as error:
        return Refused.by(error, name, str(array.dtype))


def _first_line(error: BaseException) -> str:
    return str(error).split("\n", 1)[0]
