"""`ProfilePair`: the profiles of two tables side by side."""

from __future__ import annotations

from functools import cached_property
from html import escape
from typing import NamedTuple

from simdrift.drawing.labels import count, percent
from simdrift.reports import terminal
from simdrift.reports.profile import ProfileLine, ProfileReport
from simdrift.results.text import counted

_SHOWN = ("min", "quantile q=0.5", "max", "mean", "std")


class ColumnPair(NamedTuple):
    """A column's line in either profile; None where that table has no such column."""

    column: str
    left: ProfileLine | None
    right: ProfileLine | None


class ProfilePair:
    """Two profiles, `left` and `right`, and their columns side by side, those of the left first.

    >>> from simdrift.results import Results
    >>> one = ProfileReport(Results([]))
    >>> ProfilePair(one, one).columns
    []
    """

    def __init__(self, left: ProfileReport, right: ProfileReport) -> None:
        self.left, self.right = left, right

    @cached_property
    def columns(self) -> list[ColumnPair]:
        """Every column of either table."""
        left, right = ({line.column: line for line in one.columns} for one in self.sides)
        names = dict.fromkeys([*left, *right])
        return [ColumnPair(name, left.get(name), right.get(name)) for name in names]

    @property
    def sides(self) -> tuple[ProfileReport, ProfileReport]:
        """Both profiles."""
        return self.left, self.right

    def table(self, *, width: int | None = None) -> str:
        """A line a column and table as text, at most `width` cells wide."""
        rows = [
            _row(pair.column if side == "a" else "", side, line)
            for pair in self.columns
            for side, line in (("a", pair.left), ("b", pair.right))
        ]
        heads = [
            f"{name}: {count(one.rows)} rows, {counted(len(one.columns), 'column')}"
            + ("" if one.missing_share is None else f", {percent(one.missing_share)} missing")
            for name, one in zip("ab", self.sides, strict=True)
        ]
        head = "\n".join(heads)
        return f"{head}\n\n{terminal.table(_HEADINGS, rows, cells=width)}" if rows else head

    def __repr__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.table())}</pre>"


_HEADINGS = (
    terminal.Heading("column", least=14),
    terminal.Heading("in", least=2),
    terminal.Heading("type", least=6, rank=1),
    terminal.Heading("missing", right=True),
    terminal.Heading("distinct", right=True),
    terminal.Heading("min", right=True),
    terminal.Heading("median", right=True),
    terminal.Heading("max", right=True),
    terminal.Heading("mean", right=True),
    terminal.Heading("std", right=True, rank=2),
)


def _row(name: str, side: str, line: ProfileLine | None) -> tuple[str, ...]:
    if line is None:
        return (name, side, "not there", *[""] * (2 + len(_SHOWN)))
    return (
        name,
        side,
        line.type or "–",
        percent(line.value("missing_share")),
        count(line.value("distinct")),
        *(line.text(shown) for shown in _SHOWN),
    )
