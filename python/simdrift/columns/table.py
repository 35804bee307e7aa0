"""A table of columns, and what stands in the place of a column that can't be one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simdrift._core import Column
from simdrift._errors import InputError, InvalidColumn, UnsupportedColumn

Broken = InvalidColumn | UnsupportedColumn
Entry = tuple[str, str, Column | Broken]
"""Name, type, and the column or the error that says why it is none."""


@dataclass(frozen=True)
class ColumnProblem:
    """A column that is not computed on. It costs its own rows and nothing else.

    >>> from simdrift.columns import as_table
    >>> as_table({"tags": [["a"], ["b", "c"]]}).columns["tags"].status
    'not_applicable'
    """

    name: str
    type: str
    status: Literal["not_applicable", "error"]
    message: str

    @property
    def error(self) -> Broken:
        """The exception for whoever wants to raise it."""
        kind = UnsupportedColumn if self.status == "not_applicable" else InvalidColumn
        return kind(self.message)


@dataclass(frozen=True)
class Table:
    """Columns of equal length by name, in order. Immutable; borrows from the data it was made
    of and keeps them alive.

    >>> import numpy as np
    >>> from simdrift.columns import as_table
    >>> table = as_table({"x": np.arange(5.0), "y": ["a", "b", "a", "b", None]})
    >>> table.names, table.types["x"], table.length
    (('x', 'y'), 'float64', 5)
    >>> table.slice(1, 3).columns["y"].to_text()
    ['b', 'a']
    """

    names: tuple[str, ...]
    columns: dict[str, Column | ColumnProblem] = field(repr=False)
    types: dict[str, str]
    length: int

    def __len__(self) -> int:
        return self.length

    def slice(self, start: int, stop: int) -> Table:
        """Rows [start, stop), without a copy; ValueError outside of the table."""
        return self._with(
            {n: _slice(c, start, stop) for n, c in self.columns.items()}, stop - start
        )

    def take(self, order: Sequence[int] | NDArray[np.integer]) -> Table:
        """Rows by index, copied (text stays where it is); ValueError outside of the table."""
        rows = np.ascontiguousarray(order, np.int64)
        return self._with({n: _take(c, rows) for n, c in self.columns.items()}, len(rows))

    def select(self, names: Iterable[str]) -> Table:
        """Some of the columns, in the order asked for; InputError names those that are not
        there."""
        wanted = tuple(names)
        missing = [name for name in wanted if name not in self.columns]
        if missing:
            raise InputError(
                f"expected columns among {', '.join(self.names)}; "
                f"found none named {', '.join(missing)}"
            )
        return Table(
            wanted,
            {name: self.columns[name] for name in wanted},
            {name: self.types[name] for name in wanted},
            self.length,
        )

    def _with(self, columns: dict[str, Column | ColumnProblem], length: int) -> Table:
        return Table(self.names, columns, self.types, length)


def table_of(entries: Sequence[Entry], name: str, length: int | None = None) -> Table:
    """A table of entries; `length` where the source knows it (all columns may be problems).
    InputError: a name twice, or columns of different lengths."""
    refuse_repeated([entry[0] for entry in entries], name)
    columns = {n: as_problem(n, t, c) for n, t, c in entries}
    types = {n: t for n, t, _ in entries}
    lengths = {n: len(c) for n, c in columns.items() if isinstance(c, Column)}
    first = next(iter(lengths.values()), 0) if length is None else length
    for other, rows in lengths.items():
        if rows != first:
            raise InputError(
                f"{name}: expected columns of equal length, found {first} rows in "
                f"{next(iter(lengths))!r} and {rows} in {other!r}"
            )
    return Table(tuple(columns), columns, types, first)


def as_problem(name: str, kind: str, column: Column | Broken) -> Column | ColumnProblem:
    """The column, or its error as a problem."""
    if isinstance(column, Column):
        return column
    status: Literal["not_applicable", "error"] = (
        "not_applicable" if isinstance(column, UnsupportedColumn) else "error"
    )
    return ColumnProblem(name, kind, status, str(column))


def refuse_repeated(names: Sequence[str], table: str) -> None:
    """InputError that lists the names that come twice."""
    if len(set(names)) == len(names):
        return
    repeated = sorted({name for name in names if names.count(name) > 1})
    raise InputError(
        f"{table}: expected every column once, found more than one named "
        f"{', '.join(map(repr, repeated))}; rename or drop the others"
    )


def _slice(column: Column | ColumnProblem, start: int, stop: int) -> Column | ColumnProblem:
    return column.slice(start, stop) if isinstance(column, Column) else column


def _take(column: Column | ColumnProblem, rows: NDArray[np.int64]) -> Column | ColumnProblem:
    return column.take(rows) if isinstance(column, Column) else column
