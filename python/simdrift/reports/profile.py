"""`ProfileReport`: the quality metrics of one table, a line a column."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from os import PathLike
from typing import NamedTuple

from simdrift.drawing.labels import (
    DAY_SECONDS,
    count,
    date_text,
    metric_words,
    number,
    percent,
    status_words,
)
from simdrift.metrics import registry
from simdrift.reports import terminal
from simdrift.reports.distributions import zone_of_type
from simdrift.reports.summary import guess_types
from simdrift.results.collection import Results
from simdrift.results.files import write_text
from simdrift.results.text import counted

_TIMES = ("timestamp", "date")
_AMOUNTS = ("duration", "time32", "time64")
_SPREADS = ("std", "iqr", "mad")
_COUNTED = ("rows", "values", "code points")


class ProfileLine(NamedTuple):
    """One column: its type and its metrics ('rows', 'missing_share', 'quantile q=0.5', ...)."""

    column: str
    type: str
    values: Mapping[str, float | None]
    statuses: Mapping[str, str]
    why: str = ""
    """Why its values were not computed on, in words."""

    def value(self, name: str) -> float | None:
        """A metric's value, None where it is absent."""
        return self.values.get(name)

    def text(self, name: str, digits: int = 3, *, minutes: bool = False) -> str:
        """A value as people read it: of a time column as a date of its zone, its spread in days;
        an amount of time in seconds."""
        value = self.value(name)
        if value is None or not self.type.startswith((*_TIMES, *_AMOUNTS)):
            return number(value, digits)
        if self.type.startswith(_AMOUNTS):
            return f"{number(value, digits)} s"
        if name in _SPREADS:
            return f"{number(value / DAY_SECONDS, digits)} d"
        minutes = minutes and self.type.startswith("timestamp")
        return date_text(value, minutes=minutes, zone=zone_of_type(self.type))

    def facts(self) -> list[tuple[str, str]]:
        """Every metric that says something of the column, by its title: counts, shares and
        values; what has none with the reason."""
        none = ("zeros", "negatives", "sum", "variance") if self.type.startswith(_TIMES) else ()
        return [(_title(name), self._fact(name)) for name in self.values if name not in none]

    def _fact(self, name: str) -> str:
        """A value with its unit, or why there is none."""
        value, status = self.values[name], self.statuses.get(name, "ok")
        if value is None:
            return status_words(status)
        record = registry.record(f"quality.{name.split(' ')[0]}")
        unit = "" if record is None else record.unit
        if unit == "share":
            return percent(value)
        if unit in _COUNTED:
            return (
                count(value) if abs(value) < 2.0**63 and value == int(value) else number(value, 4)
            )
        if unit == "column":
            return self.text(name, 6, minutes=True)
        return number(value, 4)


def _title(name: str) -> str:
    metric, _, params = name.partition(" ")
    return metric_words(f"quality.{metric}", params)


class ProfileReport:
    """A profile's rows as a table in the terminal and a page in the notebook.

    `types` names the columns' types; `title` heads the page. Histograms of the results have
    empty `reference` counts: they are of one table alone.

    >>> from uuid import UUID
    >>> from simdrift.results import Result, Results
    >>> row = Result(UUID(int=1), "", "", "", None, None, "all", "", "delay", "quality.mean", 1.5)
    >>> ProfileReport(Results([row])).columns[0].value("mean")
    1.5
    """

    def __init__(
        self, results: Results, *, title: str = "", types: Mapping[str, str] | None = None
    ) -> None:
        self._results = results
        self._title = title
        self._types = dict(types or {})

    @property
    def results(self) -> Results:
        """The rows `quality.*`, with histograms."""
        return self._results

    @property
    def title(self) -> str:
        """What heads the page."""
        return self._title

    @cached_property
    def columns(self) -> list[ProfileLine]:
        """One line a column, in the order of the rows."""
        types = {**guess_types(self._results.histograms), **self._types}
        values: dict[str, dict[str, float | None]] = {}
        statuses: dict[str, dict[str, str]] = {}
        for row in self._results:
            if row.column and row.metric.startswith("quality.") and not row.segment:
                name = row.metric.removeprefix("quality.")
                name = f"{name} {row.params}" if name == "quantile" else name
                values.setdefault(row.column, {})[name] = row.value
                statuses.setdefault(row.column, {})[name] = row.status
        why: dict[str, str] = {}
        for (_, column, _), text in self._results.reasons.items():
            why.setdefault(column, text)
        return [
            ProfileLine(name, types.get(name, ""), found, statuses[name], why.get(name, ""))
            for name, found in values.items()
        ]

    @property
    def rows(self) -> int | None:
        """Rows of the table."""
        whole = self._table_value("quality.rows")
        counted = [n for line in self.columns if (n := line.value("rows")) is not None]
        rows = whole if whole is not None else max(counted, default=None)
        return None if rows is None or not abs(rows) < float("inf") else int(rows)

    @property
    def missing_share(self) -> float | None:
        """Missing cells of all cells."""
        return self._table_value("quality.missing_share")

    def _table_value(self, metric: str) -> float | None:
        found = (r.value for r in self._results if not r.column and r.metric == metric)
        return next(found, None)

    def table(self, *, width: int | None = None) -> str:
        """The lines as text, at most `width` cells wide (default: the terminal's, at most 100)."""
        noun = "row" if self.rows == 1 else "rows"
        head = f"{count(self.rows)} {noun}, {counted(len(self.columns), 'column')}"
        if self.missing_share is not None:
            head += f", {percent(self.missing_share)} of the cells missing"
        body = terminal.table(_HEADINGS, [_row(line) for line in self.columns], cells=width)
        return f"{head}\n\n{body}" if self.columns else head

    def __repr__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        from simdrift.reports.html import profile_fragment

        return profile_fragment(self)

    def to_html(self) -> str:
        """One self-contained page."""
        from simdrift.reports.html import profile_page

        return profile_page(self)

    def save_html(self, path: str | PathLike[str]) -> None:
        """Write the page to a file, whole or not at all."""
        write_text(path, self.to_html())

    def save_json(self, path: str | PathLike[str]) -> None:
        """Write the results as JSON (`Results.from_json` reads it), whole or not at all."""
        self._results.save_json(path)


_HEADINGS = (
    terminal.Heading("column", least=14),
    terminal.Heading("type", least=6, rank=1),
    terminal.Heading("missing", right=True),
    terminal.Heading("distinct", right=True),
    terminal.Heading("min", right=True),
    terminal.Heading("5 %", right=True, rank=3),
    terminal.Heading("median", right=True),
    terminal.Heading("95 %", right=True, rank=2),
    terminal.Heading("max", right=True),
    terminal.Heading("mean", right=True),
    terminal.Heading("std", right=True),
)
_SHOWN = ("min", "quantile q=0.05", "quantile q=0.5", "quantile q=0.95", "max", "mean", "std")


def _row(line: ProfileLine) -> tuple[str, ...]:
    return (
        line.column,
        line.type or "–",
        percent(line.value("missing_share")),
        count(line.value("distinct")),
        *(line.text(name) for name in _SHOWN),
    )
