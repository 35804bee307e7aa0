"""`Report`: what `sd.compare`, `Reference.compare` and a monitor's page give to people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING

from simdrift.drawing.labels import span_label
from simdrift.reports import terminal
from simdrift.reports.model import Confusion, Curve, ModelLine, confusion_of, model_lines
from simdrift.reports.performance import PerformanceChange, changes_in
from simdrift.reports.relabel import Owner, Window, relabelled
from simdrift.reports.summary import (
    ColumnLine,
    Summary,
    column_lines,
    headline,
    is_score,
    summarise,
    table_lines,
)
from simdrift.results.collection import Results
from simdrift.results.files import write_text
from simdrift.results.zones import zone_of

if TYPE_CHECKING:
    from simdrift.reports.explain import Direction, Explanation
    from simdrift.results.rows import Result
    from simdrift.store import WriteSummary


class Report:
    """A table in the terminal, a page in the notebook, rows for everything else.

    `types` names the columns' types (default: those of the results), `reference_types` those of
    the reference, `roles` their roles ('prediction', 'target', ...; without them a column whose
    name begins with 'predict' is a prediction), `title` heads the page; all are for showing only.
    `directions` gives what says in words how a column changed (default: from the histograms);
    `digests` those of the current data and of the reference, taken only when the report is
    written: to hash every row takes as long as to compare them. `performance` and `curves` are of
    a model; of many windows it is shown in the one that begins at `model_window` (default: the
    newest in which it has scores), `every_segment`: with all segments, else those that alert.
    `names`: of the reference and of the current data.

    >>> from uuid import UUID
    >>> from simdrift.results import Result, Results
    >>> row = Result(UUID(int=1), "", "", "", None, None, "all", "", "delay", "drift.psi", 0.5,
    ...              threshold=0.2, alert=True)
    >>> report = Report(Results([row]))
    >>> report.summary.drifted_columns
    ('delay',)
    """

    def __init__(
        self,
        results: Results,
        *,
        title: str = "",
        types: Mapping[str, str] | None = None,
        reference_types: Mapping[str, str] | None = None,
        roles: Mapping[str, str] | None = None,
        directions: Callable[[], Direction] | None = None,
        digests: Callable[[], tuple[str, str]] | None = None,
        performance: Sequence[PerformanceChange] | None = None,
        curves: Callable[[], Sequence[Curve]] | None = None,
        names: tuple[str, str] = ("", ""),
        model_window: datetime | None = None,
        every_segment: bool = False,
    ) -> None:
        self._model_window, self._every_segment = model_window, every_segment
        self._performance = performance
        self._curves = curves
        self.names = names
        """What the reference and the current data are called."""
        self._direction_source = directions
        self._digests = digests
        self._results = results
        self._title = title
        self._types = dict(results.types if types is None else types)
        self._reference_types = dict(reference_types or {})
        self._roles = dict(_guessed_roles(results) if roles is None else roles)

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
        """One line a column and segment, with its verdict and why, the worst first."""
        return column_lines(self._results, self._types, self._reference_types)

    @cached_property
    def predicted(self) -> list[ColumnLine]:
        """The lines of prediction, scores and target, where the target was compared: whether it
        changed as what is said of it did."""
        of_model = ("prediction", "score", "target")
        lines = [line for line in self.columns if self._roles.get(line.column) in of_model]
        compared = any(self._roles.get(line.column) == "target" for line in lines)
        return lines if compared else []

    @property
    def features(self) -> list[ColumnLine]:
        """The lines of all other columns."""
        names = {line.column for line in self.predicted}
        return [line for line in self.columns if line.column not in names]

    @cached_property
    def whole_table(self) -> list[ColumnLine]:
        """One line a metric of the whole table that a rule applies to, the worst first."""
        return table_lines(self._results)

    @cached_property
    def performance(self) -> tuple[PerformanceChange, ...]:
        """The model's scores of the reference and of the current rows, with their changes; none
        where there is no prediction and target on both sides. Of many windows those of one."""
        if self._performance is not None:
            return tuple(self._performance)
        return changes_in(self._scores)

    @cached_property
    def model(self) -> list[ModelLine]:
        """The model's scores with their verdicts, of all rows and of segments that alert. Of many
        windows those of one, `model_window`."""
        return model_lines(
            self._scores,
            self.performance,
            self._results.reasons,
            every_segment=self._every_segment,
        )

    @property
    def model_window(self) -> str:
        """The window that `model` is of, in words; '' where there is one, or none."""
        first = next(iter(self._scores), None)
        if first is None or self._is_one or first.window_start is None:
            return ""
        zone = zone_of(self._results.timezone)
        return span_label(first.window_start, first.window_end, zone)

    @cached_property
    def confusion(self) -> Confusion | None:
        """Rows by label and predicted label, of a classification in one window."""
        return confusion_of(self._scores)

    @cached_property
    def curves(self) -> tuple[Curve, ...]:
        """ROC, precision by recall and calibration of a model that gives one score, where the rows
        are at hand."""
        return () if self._curves is None else tuple(self._curves())

    @cached_property
    def _scores(self) -> list[Result]:
        """The rows of the model's performance in one window."""
        table = self._results.table
        rows = list(self._results.rows_of(table.having("metric", is_score)))
        if self._is_one or not rows:
            return rows
        starts = {row.window_start for row in rows if row.value is not None and not row.segment}
        known = {start for start in starts if start is not None}
        chosen = self._model_window or max(known, default=None)
        if chosen is None:
            chosen = max(row.window_start for row in rows if row.window_start is not None)
        return [row for row in rows if row.window_start == chosen]

    @cached_property
    def _is_one(self) -> bool:
        """Whether all rows are of one window."""
        return len(self._results.table.in_use("head")) == 1

    @property
    def whole_table_without_model(self) -> list[ColumnLine]:
        """`whole_table` without what `model` shows; of many windows `model` shows only one."""
        shown = bool(self.model) and self._is_one
        return [x for x in self.whole_table if not (shown and is_score(x.worst.metric))]

    @property
    def alerting(self) -> list[ColumnLine]:
        """All that alerts: the lines of columns and segments, then of the whole table."""
        return [line for line in (*self.columns, *self.whole_table) if line.alerts]

    @property
    def verdict(self) -> str:
        """The verdict on the whole in one sentence."""
        return headline(self.summary)

    @cached_property
    def summary(self) -> Summary:
        """Drifted columns, shares, rows and windows in numbers; a column that alerts for whatever
        reason is a drifted one."""
        targets = {name for name, role in self._roles.items() if role == "target"}
        return summarise(self._results, self.columns, targets)

    def explain(self, importances: Mapping[str, float] | None = None) -> Explanation:
        """Which columns and segments stand behind the drift, and in which direction.

        `importances`: a weight a column, of the model (default: all alike); a column left out has
        none. ValueError where one
        is no column that was compared.
        """
        from simdrift.reports.explain import explain

        return explain(self._results, self.columns, self._roles, importances, self._directions())

    def _directions(self) -> Direction:
        """What says in words how a column changed."""
        if self._direction_source is not None:
            return self._direction_source()
        from simdrift.reports.explain import drawn_direction

        return drawn_direction(self._results.histograms)

    def table(self, *, width: int | None = None, colour: bool | None = None) -> str:
        """Verdict and table as text, at most `width` cells wide (default: the terminal's, at most
        100), coloured where `colour` (default: never)."""
        parts = [terminal.summary_text(self.summary, self._results, self.names, cells=width)]
        if self.model:
            title = " of ".join(filter(None, ("Model performance", self.model_window)))
            parts.append(f"{title}\n\n{terminal.model_table(self.model, cells=width)}")
        if self.confusion is not None:
            body = terminal.confusion_text(self.confusion, cells=width)
            parts.append(f"Confusion\n\n{body}")
        if self.features:
            parts.append(terminal.report_table(self.features, cells=width, colour=bool(colour)))
        if self.predicted:
            body = terminal.report_table(self.predicted, cells=width, colour=bool(colour))
            parts.append(f"Prediction and target\n\n{body}")
        whole = self.whole_table_without_model
        if any(line.worst.metric != "drift.dataset" for line in whole):
            body = terminal.report_table(whole, cells=width, colour=bool(colour))
            parts.append(f"Whole table\n\n{body}")
        if self.summary.windows > 1:
            lines = self.columns + self.whole_table
            alerts = terminal.newest_alerts(lines, self._results, cells=width)
            parts += [f"Newest alerts\n\n{alerts}"] if alerts else []
        return "\n\n".join(parts)

    def __repr__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        from simdrift.reports.html import report_fragment

        return report_fragment(self)

    def to_html(self) -> str:
        """One self-contained page; nothing is loaded from anywhere."""
        from simdrift.reports.html import report_page

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
    ) -> WriteSummary:
        """Write to Postgres: `dsn`, else SIMDRIFT_DSN, else the embedded server.

        The results get the identity given here. Without a time column they have no window:
        then `window=(start, end)`, two times with zones, says which data's time they are of, else
        ValueError. Writing the same again changes nothing. Returns what the store reports.
        """
        from simdrift.store import Store

        owner = Owner(monitor, dataset, model, model_version)
        relabelled_results = relabelled(self._identified(), owner, window)
        with Store(dsn) as store:
            return store.write(relabelled_results)

    def _identified(self) -> Results:
        """The results, their run with the digests of what was compared."""
        if self._digests is None:
            return self._results
        data, reference = self._digests()
        results = self._results
        runs = [run._replace(data_digest=data, reference_digest=reference) for run in results.runs]
        return Results(results, runs, results.histograms, timezone=results.timezone)


def _guessed_roles(results: Results) -> dict[str, str]:
    names = results.table.in_use("column")
    return {name: "prediction" for name in names if name.lower().startswith("predict")}
