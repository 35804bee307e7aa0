"""Which library the data came from, and the way that suits it.

pandas goes column by column, since its own Arrow stream fails as a whole when one column does;
whatever else has an Arrow capsule goes to the core as it is; NumPy arrays and sequences are
read by the NumPy C API. Libraries are told by the names of their classes' modules, so none is
imported that did not bring the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from simdrift._core import Column, columns_from_arrow
from simdrift._errors import InvalidColumn, UnsupportedColumn
from simdrift.columns import arrays, pandas_frame
from simdrift.columns.paths import are_paths
from simdrift.columns.source import Source, unnamed_levels
from simdrift.columns.table import Refused, Table, refuse_repeated, table_of
from simdrift.columns.times import in_seconds

_ACCEPTED = (
    "a DataFrame (pandas, Polars), an Arrow table or stream, a DuckDB relation, a dict of "
    "arrays, a NumPy array, or paths of Parquet, Arrow or CSV files"
)


def as_table(
    data: object,
    *,
    name: str = "data",
    argument: str | None = None,
    columns: Iterable[str] | None = None,
) -> Table:
    """Any frame, dict of arrays, Arrow object or Parquet path as a Table; `columns` keeps only
    these (of a file, reads only these). `argument`, or else `name`, stands in messages.

    A column that can't be one is `Refused` in its place. A single array or series is a table of
    one column, of its own name or else of the table's. TypeError: no table;
    InputError: a file, repeated names, columns of different lengths.

    >>> import numpy as np
    >>> as_table({"fare": np.array([7.5, 12.0]), "city": ["Rome", "Bonn"]}).types
    {'fare': 'float64', 'city': 'large_utf8'}
    """
    label = argument or name
    if are_paths(data):
        return Source(data).table(columns)
    if isinstance(data, (Source, Frame)):
        return data.table(columns)
    if _is_from(data, "pandas", "DataFrame"):
        return Frame(data, label).table(columns)
    table = data if isinstance(data, Table) else _table(data, name, label)
    if columns is not None:
        return table.select(columns)
    levels = _unnamed_levels(data)
    return table.among(name for name in table.names if name not in levels) if levels else table


def _unnamed_levels(data: object) -> frozenset[str]:
    """Of an Arrow table that pandas' index was written into, the levels without a name."""
    return unnamed_levels(getattr(data, "schema", None)) if _is_from(data, "pyarrow", "Table",
        "RecordBatch", "RecordBatchReader") else frozenset()  # fmt: skip


class Frame:
    """A pandas frame: only the columns asked for are converted."""

    def __init__(self, frame: Any, label: str) -> None:
        self.names = tuple(str(column) for column in frame.columns)
        refuse_repeated(self.names, label)
        self.hidden: frozenset[str] = frozenset()
        self._frame, self._label = frame, label

    def table(self, columns: Iterable[str] | None) -> Table:
        """These columns."""
        wanted = self.names if columns is None else tuple(columns)
        known = [name for name in wanted if name in self.names]
        some = pandas_frame.columns_of_frame(self._frame, known)
        return table_of(list(some), self._label, len(self._frame)).select(wanted)


def opened(data: object, *, argument: str | None = None) -> Source | Table | Frame:
    """Data whose columns are known, and read by `as_table`: files are opened, a pandas frame is
    converted column by column, anything else is a table at once."""
    if isinstance(data, (Source, Table, Frame)):
        return data
    if are_paths(data):
        return Source(data)
    if _is_from(data, "pandas", "DataFrame"):
        return Frame(data, argument or "data")
    return as_table(data, argument=argument)


def as_column(data: object, name: str = "data") -> Column:
    """One array, series, Arrow array or sequence of numbers or of text as a Column.

    UnsupportedColumn, InvalidColumn: refused; ValueError: not one dimension; TypeError: no
    column at all.

    >>> as_column([1.5, None, 2.0]).null_count
    1
    >>> as_column(["a", "b"]).type
    'large_utf8'
    """
    return in_seconds(_as_column(data, name))


def _as_column(data: object, name: str) -> Column:
    if isinstance(data, Column):
        return data
    if isinstance(data, np.ndarray):
        return arrays.column_of_array(data, name)
    if _is_from(data, "pandas", "Series", "Index"):
        return pandas_frame.column_of_series(data, name)
    if _is_from(data, "pandas", "ExtensionArray"):
        return pandas_frame.column_of_extension_array(data, name)
    if _is_from(data, "pandas", "DataFrame") or _is_from(data, "polars", "DataFrame"):
        raise TypeError(f"{name}: expected one column, found a frame: choose a column of it")
    if _has_capsule(data):
        return arrays.column_of_arrow(data, name)
    if isinstance(data, (str, bytes, Mapping, set, frozenset)) or not _is_array_like(data):
        raise TypeError(
            f"{name}: expected an array, a series or a sequence, found {_class_name(data)}"
        )
    return arrays.column_of_sequence(data, name)


def _table(data: object, name: str, label: str) -> Table:
    """The table; `name`: of a single column without one, `label`: in messages."""
    if _is_from(data, "polars", "LazyFrame"):
        raise TypeError(f"{label}: expected a frame with rows, found a LazyFrame: .collect() it")
    if _is_from(data, "pandas", "Series", "Index"):
        return table_of(list(_mapped({_name_of(data, name): data})), label)
    if isinstance(data, Mapping):
        return table_of(list(_mapped(data)), label)
    if isinstance(data, np.ndarray):
        return table_of(list(arrays.columns_of_array(data, name, label)), label, data.shape[0])
    if _has_capsule(data):
        return _arrow_table(data, name, label)
    if hasattr(data, "__dataframe__"):
        return _interchange_table(data, name, label)
    raise TypeError(f"{label}: expected {_ACCEPTED}; found {_class_name(data)}")


def _arrow_table(data: Any, name: str, label: str) -> Table:
    entries = columns_from_arrow(data)
    if len(entries) == 1 and entries[0][0] == "" and not hasattr(data, "schema"):
        entries = [(_name_of(data, name), *entries[0][1:])]
    columns = [
        (own, column if isinstance(column, Column) else Refused.by(column, own, type))
        for own, type, column in entries
    ]
    return table_of(columns, label)


def _interchange_table(data: object, name: str, label: str) -> Table:
    """Frames that only have the older `__dataframe__` protocol."""
    from pyarrow.interchange import from_dataframe

    return _arrow_table(from_dataframe(data), name, label)


def _mapped(data: Mapping[object, object]) -> Iterator[tuple[str, Column | Refused]]:
    for key, values in data.items():
        name = str(key)
        try:
            yield name, as_column(values, name)
        except (UnsupportedColumn, InvalidColumn) as error:
            given = getattr(values, "dtype", getattr(values, "type", type(values).__name__))
            type_name = str(given)
            yield name, Refused.by(error, name, type_name)


def _name_of(series: object, otherwise: str) -> str:
    """The name of a series, where it has one."""
    name = getattr(series, "name", None)
    return otherwise if name is None or name == "" else str(name)


def _is_from(data: object, library: str, *names: str) -> bool:
    """Whether its class, or one that it inherits from, is one of a library's."""
    return any(
        cls.__name__ in names and cls.__module__.split(".", 1)[0] == library
        for cls in type(data).__mro__
    )


def _has_capsule(data: object) -> bool:
    return hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__")


def _is_array_like(data: object) -> bool:
    return hasattr(data, "__array__") or (hasattr(data, "__len__") and hasattr(data, "__getitem__"))


def _class_name(data: object) -> str:
    return f"{type(data).__module__}.{type(data).__qualname__}".removeprefix("builtins.")
