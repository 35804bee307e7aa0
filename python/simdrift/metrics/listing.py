"""Rows of a few fields as a list that shows itself, and makes frames."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

Row = TypeVar("Row", bound=tuple[Any, ...])
MOST_SHOWN = 60


class Listing(Sequence[Row], Generic[Row]):
    """Rows of one NamedTuple; printed, and in a notebook, a table.

    >>> from typing import NamedTuple
    >>> class Point(NamedTuple):
    ...     name: str
    ...     x: float
    >>> print(Listing(Point, [Point("a", 0.25), Point("bb", 3.0)]))
    name  x
    a     0.25
    bb    3
    """

    def __init__(self, kind: type[Row], rows: Iterable[Row], title: str = "") -> None:
        self.kind, self.title = kind, title
        self._rows = tuple(rows)

    @property
    def names(self) -> tuple[str, ...]:
        """The fields of a row."""
        fields: tuple[str, ...] = self.kind._fields  # type: ignore[attr-defined]
        return fields

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        return self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Listing) and self._rows == other._rows

    def __hash__(self) -> int:
        return hash(self._rows)

    def to_dict(self) -> dict[str, list[Any]]:
        """The fields as columns."""
        return {name: [row[at] for row in self._rows] for at, name in enumerate(self.names)}

    def to_arrow(self) -> pyarrow.Table:
        """An Arrow table; texts of a row that are several are joined."""
        import pyarrow as pa

        columns = self.to_dict()
        for name, values in columns.items():
            if any(isinstance(value, tuple) for value in values):
                columns[name] = [" & ".join(map(str, value)) for value in values]
        return pa.table(columns)

    def to_pandas(self) -> pandas.DataFrame:
        """A pandas frame."""
        frame: pandas.DataFrame = self.to_arrow().to_pandas()
        return frame

    def to_polars(self) -> polars.DataFrame:
        """A polars frame."""
        import polars

        found = polars.from_arrow(self.to_arrow())
        assert isinstance(found, polars.DataFrame)
        return found

    def _shown(self) -> list[list[str]]:
        return [[_text(value) for value in row] for row in self._rows[:MOST_SHOWN]]

    def __repr__(self) -> str:
        return f"Listing of {len(self):,} {self.kind.__name__}"

    def __str__(self) -> str:
        table = [list(self.names), *self._shown()]
        widths = [max(len(row[at]) for row in table) for at in range(len(self.names))]
        lines = [
            "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
            for row in table
        ]
        head = [self.title] if self.title else []
        return "\n".join([*head, *lines, *self._more()])

    def _more(self) -> list[str]:
        return [f"and {len(self) - MOST_SHOWN:,} more"] if len(self) > MOST_SHOWN else []

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in self.names)
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>"
            for row in self._shown()
        )
        above = f"<p>{escape(self.title)}</p>" if self.title else ""
        below = "".join(f"<p>{escape(text)}</p>" for text in self._more())
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        return f"{above}{table}{below}"


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
