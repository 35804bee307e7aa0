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
from simdrift._errors import UnsupportedColumn
from simdrift.columns.objects import column_of_objects, named
from simdrift.columns.table import Refused

_TEXT_OR_OBJECT = "UOT"
_ARE_NUMBERS = frozenset({int, float})
"""Of a list of these NumPy makes what they are."""


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
        problem = UnsupportedColumn(f"column {name!r}: {error}")
        problem.present = _present(array, mask)
        raise problem from None


def _present(array: NDArray[Any], mask: NDArray[np.bool_] | None) -> Column:
    """The rows of an array that is not computed on (complex numbers, records): NaN is missing."""
    with np.errstate(all="ignore"):
        missing = np.isnan(array) if array.dtype.kind == "c" else np.zeros(len(array), bool)
    return Column.from_numpy(np.ones(len(array), bool), missing if mask is None else missing | mask)


def column_of_arrow(data: object, name: str) -> Column:
    """An Arrow array, chunked array or series as a column; raises what refuses it."""
    entries = columns_from_arrow(data)
    if len(entries) != 1 or entries[0][0] != "":
        raise UnsupportedColumn(
            f"column {name!r}: expected one column, found a table or struct of "
            f"{len(entries)}: choose one of it"
        )
    column = named(entries[0][2], name)
    if isinstance(column, Column):
        return column
    raise column from None


def column_of_sequence(values: Sequence[object] | object, name: str) -> Column:
    """A list, tuple, range or whatever NumPy makes an array of: numbers, or text. None is
    null."""
    if isinstance(values, (list, tuple)) and not _ARE_NUMBERS.issuperset(map(type, values)):
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
    if isinstance(array, np.matrix):
        array = np.asarray(array)  # a column of a matrix is a matrix again
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
