"""The options that make a command fail where something alerts or rows are missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

if TYPE_CHECKING:
    from simdrift.reports import Report

F = TypeVar("F", bound=Callable[..., Any])
Failure = Literal["alert", "no rows"] | None
SCOPES = (
    *("any", "dataset", "column", "drift", "quality", "pipelines", "performance", "fairness"),
    *("estimated", "service", "schema", "check", "custom"),
)
NAMES = ("fail_on_alert", "fail_on", "newest", "require_rows")


def with_fails(command: F) -> F:
    """Adds the options that `failure` takes."""
    options = (
        click.option(
            "--fail-on-alert",
            is_flag=True,
            help="Exit with 1 where something alerts, with 4 where there are no rows.",
        ),
        click.option(
            "--fail-on",
            type=click.Choice(tuple(SCOPES)),
            multiple=True,
            help="The same for some alerts, and may be given again: any; of the whole dataset; of "
            "a column; or of one kind of metric (docs/exit-codes.md).",
        ),
        click.option("--newest", is_flag=True, help="Of the newest window alone."),
        click.option(
            "--require-rows", is_flag=True, help="Exit with 4 where a window has no rows."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def failure(
    report: Report,
    *,
    fail_on_alert: bool,
    fail_on: Sequence[str],
    newest: bool,
    require_rows: bool,
) -> Failure:
    """Why the command is to fail, of what was asked for."""
    scopes = [*fail_on, *(("any",) if fail_on_alert else ())]
    shown = newest_of(report) if newest else report
    if any(_alerts(shown, scope) for scope in scopes):
        return "alert"
    rows = [run.rows for run in shown.results.runs]
    if (scopes and not any(rows)) or (require_rows and not (rows and all(rows))):
        return "no rows"
    return None


def newest_of(report: Report) -> Report:
    """The report of the windows that end last."""
    from simdrift.reports import Report
    from simdrift.results import Results

    results = report.results
    last = max((run.window_end for run in results.runs if run.window_end), default=None)
    if last is None:
        return report
    runs = [run for run in results.runs if run.window_end == last]
    rows = [row for row in results if row.window_end == last]
    kept = Results(rows, runs, timezone=results.timezone)
    return Report(kept, title=report.title, types=report.types, roles=report.roles)


def _alerts(report: Report, scope: str) -> bool:
    if scope == "any":
        return bool(report.alerting)
    if scope == "column":
        return any(line.alerts for line in report.columns)
    alerting = [row for row in report.results if row.alert]
    if scope == "dataset":
        return any(not row.column and not row.segment for row in alerting)
    return any(_family(row.metric) == scope for row in alerting)


def _family(metric: str) -> str:
    """The choice of --fail-on that a metric belongs to."""
    from simdrift.metrics.pipelines import NAMES as OF_PIPELINES

    family, _, name = metric.partition(".")
    return "pipelines" if family == "quality" and name in OF_PIPELINES else family
