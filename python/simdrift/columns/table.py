"""`Table`, the one frame of every room, and `Refused`: what stands in a column's place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from simdrift._core import Column
from simdrift._errors import InputError, InvalidColumn, UnsupportedColumn
from simdrift.columns.dictionary import as_dictionary
from simdrift.columns.times import in_seconds
from simdrift.columns.unify import Gap


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
    status: Literal["not_applicable", "error", "missing_column"]
    message: str
    present: Column | None = field(default=None, compare=False, repr=False)
    """Its rows as booleans, null where one is missing; None where that is not known."""

    @classmethod
    def by(cls, error: InvalidColumn | UnsupportedColumn, name: str, type: str) -> Self:
        """The column that this exception refused."""
        if isinstance(error, UnsupportedColumn):
            return cls(name, type, "not_applicable", str(error), error.present)
        return cls(name, type, "error", str(error))

    def of_rows(self, present: Column | None) -> Refused:
        """The same refusal of other rows."""
        return replace(self, present=present)


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
    gaps: Mapping[str, Gap] = field(default_factory=dict, repr=False, compare=False)
    """Of columns that some files lack, or have as another type: which rows are theirs."""

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

    @property
    def hidden(self) -> frozenset[str]:
        """Columns that nobody means by 'all of them': none, once it is a table."""
        return frozenset()

    @property
    def whole(self) -> dict[str, Column | Refused]:
        """The columns as a reference takes them: one that some rows have as another type is
        refused, one that all rows lack is not there."""
        found: dict[str, Column | Refused] = {}
        for name, column in self.columns.items():
            gap = self.gaps.get(name)
            if gap is not None and gap.is_retyped:
                found[name] = Refused(name, column.type, "not_applicable", gap.reason)
            elif gap is None or not len(gap.marks) or not gap.marks.all():
                found[name] = column
        return found

    def slice(self, start: int, stop: int) -> Table:
        """Rows [start, stop), without a copy; ValueError outside of the table."""
        rows = slice(start, stop)
        return self._rows(lambda column: column.slice(start, stop), stop - start, rows)

    def take(self, order: Sequence[int] | NDArray[np.integer]) -> Table:
        """Rows by index, copied (text stays where it is); ValueError outside of the table."""
        indices = np.ascontiguousarray(order, np.int64)
        return self._rows(lambda column: column.take(indices), len(indices), indices)

    def _rows(self, chosen: Callable[[Column], Column], length: int, places: Any) -> Table:
        """Some of the rows of every column, those of refused ones too where they are known."""
        rows: dict[str, Column | Refused] = {}
        for name, column in self.columns.items():
            if isinstance(column, Column):
                rows[name] = chosen(column)
            elif column.present is not None:
                rows[name] = column.of_rows(chosen(column.present))
        gaps = {name: gap.rows(places) for name, gap in self.gaps.items()}
        return Table({**self.columns, **rows}, length, gaps)

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
        return Table(kept, self.length, self.gaps)

    def encoded(self, threads: int | None = None) -> Table:
        """The table with its texts as dictionaries, so that no window reads a text again."""
        texts = {n: c for n, c in self.computed.items() if c.kind == "text"}
        return self._with({n: as_dictionary(c, threads) for n, c in texts.items()}, self.length)

    def with_column(self, name: str, column: Column) -> Table:
        """The table with one column more, of as many rows."""
        return Table({**self.columns, name: column}, self.length, self.gaps)

    def _with(self, columns: Mapping[str, Column | Refused], length: int) -> Table:
        return Table({**self.columns, **columns}, length, self.gaps)


def table_of(
    columns: Sequence[tuple[str, Column | Refused]], name: str, length: int | None = None
) -> Table:
    """A table of columns; `length` where the source knows it (all of them may be refused).
    InputError, with the table's name: a column's name twice, or columns of different lengths."""
    refuse_repeated([own for own, _ in columns], name)
    table = Table({own: in_seconds(column) for own, column in columns}, 0)
    lengths = {n: rows for n, c in table.columns.items() if (rows := rows_of(c)) is not None}
    first = next(iter(lengths.values()), 0) if length is None else length
    for other, rows in lengths.items():
        if rows != first:
            raise InputError(
                f"{name}: expected columns of equal length, found {first} rows in "
                f"{next(iter(lengths))!r} and {rows} in {other!r}"
            )
    return Table(table.columns, first)


def rows_of(column: Column | Refused) -> int | None:
    """The column's rows; None of a refused one whose rows are not known."""
    if isinstance(column, Column):
        return len(column)
    return None if column.present is None else len(column.present)


def refuse_repeated(names: Sequence[str], table: str) -> None:
    """InputError that lists the names that come twice."""
    if len(set(names)) == len(names):
        return
    repeated = sorted({name for name in names if names.count(name) > 1})
    raise InputError(
        f"{table}: expected every column once, found more than one named "
        f"{', '.join(map(repr, repeated))}; rename or drop the others"
    )
