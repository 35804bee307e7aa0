"""`Table`, the one frame of every room, and `Refused`: what stands in a column's place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from simdrift._core import Column
from simdrift._errors import InputError, InvalidColumn, UnsupportedColumn
from simdrift.columns.dictionary import as_dictionary


@dataclass(frozen=True)
class Refused:
    """A column that is not computed on, with the status that its metrics have and why. It costs
    its own rows and nothing else.

    >>> from simdrift.columns import as_table
    >>> as_table({"tags": [["a"], ["b", "c"]]}).columns["tags"].status
    'not_applicable'
    """

    name: str
    type: str
    status: Literal["not_applicable", "error"]
    message: str

    @classmethod
    def by(cls, error: InvalidColumn | UnsupportedColumn, name: str, type: str) -> Self:
        """The column that this exception refused."""
        unsupported = isinstance(error, UnsupportedColumn)
        return cls(name, type, "not_applicable" if unsupported else "error", str(error))


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

    columns: dict[str, Column | Refused] = field(repr=False)
    length: int

    def __len__(self) -> int:
        return self.length

    def __repr__(self) -> str:
        return f"Table({self.types}, length={self.length})"

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(self.columns)

    @property
    def types(self) -> dict[str, str]:
        """The columns' types by name, as their library spells them."""
        return {name: column.type for name, column in self.columns.items()}

    @property
    def computed(self) -> dict[str, Column]:
        """The columns that were not refused."""
        return {n: c for n, c in self.columns.items() if isinstance(c, Column)}

    def slice(self, start: int, stop: int) -> Table:
        """Rows [start, stop), without a copy; ValueError outside of the table."""
        rows = {n: c.slice(start, stop) for n, c in self.computed.items()}
        return self._with(rows, stop - start)

    def take(self, order: Sequence[int] | NDArray[np.integer]) -> Table:
        """Rows by index, copied (text stays where it is); ValueError outside of the table."""
        indices = np.ascontiguousarray(order, np.int64)
        return self._with({n: c.take(indices) for n, c in self.computed.items()}, len(indices))

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
        return self.among(wanted)

    def among(self, names: Iterable[str]) -> Table:
        """Those of the columns named that are there, in the order asked for."""
        kept = {name: self.columns[name] for name in names if name in self.columns}
        return Table(kept, self.length)

    def encoded(self, threads: int | None = None) -> Table:
        """The table with its texts as dictionaries, so that no window reads a text again."""
        texts = {n: c for n, c in self.computed.items() if c.kind == "text"}
        return self._with({n: as_dictionary(c, threads) for n, c in texts.items()}, self.length)

    def with_column(self, name: str, column: Column) -> Table:
        """The table with one column more, of as many rows."""
        return Table({**self.columns, name: column}, self.length)

    def _with(self, columns: dict[str, Column], length: int) -> Table:
        return Table({**self.columns, **columns}, length)


def table_of(
    columns: Sequence[tuple[str, Column | Refused]], name: str, length: int | None = None
) -> Table:
    """A table of columns; `length` where the source knows it (all of them may be refused).
    InputError, with the table's name: a column's name twice, or columns of different lengths."""
    refuse_repeated([own for own, _ in columns], name)
    table = Table(dict(columns), 0)
    lengths = {n: len(c) for n, c in table.computed.items()}
    first = next(iter(lengths.values()), 0) if length is None else length
    for other, rows in lengths.items():
        if rows != first:
            raise InputError(
                f"{name}: expected columns of equal length, found {first} rows in "
                f"{next(iter(lengths))!r} and {rows} in {other!r}"
            )
    return Table(table.columns, first)


def refuse_repeated(names: Sequence[str], table: str) -> None:
    """InputError that lists the names that come twice."""
    if len(set(names)) == len(names):
        return
    repeated = sorted({name for name in names if names.count(name) > 1})
    raise InputError(
        f"{table}: expected every column once, found more than one named "
        f"{', '.join(map(repr, repeated))}; rename or drop the others"
    )
