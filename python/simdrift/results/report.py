"""`Report`: what `sd.compare`, `Reference.compare` and a monitor's page give to people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from os import PathLike
from typing import Any

from . import terminal
from .collection import Results, in_utc
from .files import write_text
from .identity import identified
from .rows import Run
from .summary import ColumnLine, Summary, column_lines, summarise

Window = tuple[datetime, datetime]


class Report:
    """A table in the terminal, a page in the notebook, rows for everything else.

    `types` names the columns' types, `roles` their roles ('prediction', 'target', ...), `title`
    heads the page; all are for showing only.
    """

    def __init__(
        self,
        results: Results,
        *,
        title: str = "",
        types: Mapping[str, str] | None = None,
        roles: Mapping[str, str] | None = None,
    ) -> None:
        self._results = results
        self._title = title
        self._types = dict(types or {})
        self._roles = dict(roles or {})

    @property
    def results(self) -> Results:
        """The rows, with runs and histograms."""
        return self._results

    @property
    def title(self) -> str:
        """What heads the page."""
        return self._title

    @property
    def types(self) -> dict[str, str]:
        """Types by column."""
        return dict(self._types)

    @property
    def roles(self) -> dict[str, str]:
        """Roles by column."""
        return dict(self._roles)

    @cached_property
    def columns(self) -> list[ColumnLine]:
        """One line a column, the worst first."""
        return column_lines(self._results, self._types)

    @cached_property
    def summary(self) -> Summary:
        """Drifted columns, shares, rows and windows in numbers."""
        return summarise(self._results, self.columns)

    def table(self, *, width: int | None = None, colour: bool | None = None) -> str:
        """Verdict and table as text, at most `width` cells wide (default: the terminal's, at most
        100), coloured where `colour` (default: never)."""
        head = terminal.summary_text(self.summary, self._results)
        if not self.columns:
            return head
        body = terminal.report_table(self.columns, cells=width, colour=bool(colour))
        return f"{head}\n\n{body}"

    def __repr__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        from .html import report_fragment

        return report_fragment(self)

    def to_html(self) -> str:
        """One self-contained page: no script, nothing loaded from anywhere."""
        from .html import report_page

        return report_page(self)

    def save_html(self, path: str | PathLike[str]) -> None:
        """Write the page to a file, whole or not at all."""
        write_text(path, self.to_html())

    def save_json(self, path: str | PathLike[str]) -> None:
        """Write the results as JSON (`Results.from_json` reads it), whole or not at all."""
        self._results.save_json(path)

    def write(
        self,
        dsn: str | None = None,
        *,
        dataset: str,
        monitor: str = "",
        model: str = "",
        model_version: str = "",
        window: Window | None = None,
    ) -> Any:
        """Write to Postgres: `dsn`, else SIMDRIFT_DSN, else the embedded server.

        The results get the identity given here. Without a time column they have no window:
        then `window=(start, end)`, two times with zones, says which data's time they are of, else
        ValueError. Writing the same again changes nothing. Returns what the store reports.
        """
        from simdrift.store import Store

        whose = {
            "monitor": monitor,
            "dataset": dataset,
            "model": model,
            "model_version": model_version,
        }
        return Store(dsn).write(relabelled(self._results, whose, window))


def relabelled(results: Results, whose: Mapping[str, str], window: Window | None) -> Results:
    """The results under another owner and, where given, window, with the run ids that follow."""
    times = _window_times(results, window)
    runs = {
        run.run_id: identified(run._replace(**whose, **_times_of(run, times)))
        for run in results.runs
    }
    owner = {name: text for name, text in whose.items() if name != "monitor"}
    unknown = {row.run_id for row in results} - runs.keys()
    if unknown:
        raise ValueError(f"expected a run for every row, found none for {len(unknown)} run ids")
    return Results(
        (
            row._replace(run_id=runs[row.run_id].run_id, **owner, **times)
            for row in results
        ),
        runs.values(),
        (h._replace(run_id=runs[h.run_id].run_id) for h in results.histograms),
        timezone=results.timezone,
    )


def _times_of(run: Run, times: Mapping[str, datetime]) -> Mapping[str, Any]:
    return times


def _window_times(results: Results, window: Window | None) -> dict[str, Any]:
    if window is None:
        if any(row.window_start is None or row.window_end is None for row in results):
            raise ValueError(
                "these results have no window, so the store can't say when the data are of: "
                "pass window=(start, end), two times with zones, or compare with a time column"
            )
        return {}
    start, end = (in_utc(time) for time in window)
    if start is None or end is None or not start < end:
        raise ValueError(f"expected window=(start, end) with start < end, found {window!r}")
    if len({(row.window_start, row.window_end) for row in results}) > 1:
        raise ValueError("these results have many windows: window=(start, end) can't name them")
    return {"window_start": start, "window_end": end}
