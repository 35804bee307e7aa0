"""What `simdrift demo` does and says: data, windows, report, store, findings."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

from simdrift._errors import InputError
from simdrift._types import Progress
from simdrift.reports import Report, StandOut, stand_out
from simdrift.reports.ranking import MIN_SCORE
from simdrift.results import Result, Results, Run

if TYPE_CHECKING:
    from simdrift.store import Store, WriteSummary

Say = Callable[[str], object]

# Metric, column, what it is called: the questions that the demo answers, in this order.
FLIGHT_QUESTIONS = (
    ("quality.missing_share", "", "share of missing cells"),
    ("quality.mean", "arr_delay", "mean arrival delay (minutes)"),
    ("drift.dataset", "", "share of drifted columns"),
    ("performance.mae", "", "mean absolute error of the prediction (minutes)"),
)
LATE_QUESTIONS = (
    ("performance.roc_auc", "", "ROC AUC: does the model rank late flights above others?"),
    ("performance.log_loss", "", "log loss: are its probabilities right?"),
)
TAXI_QUESTIONS = (
    ("drift.dataset", "", "share of drifted columns"),
    ("quality.missing_share", "", "share of missing cells"),
    ("quality.quantile", "fare_amount", "median fare (dollars)"),
    ("performance.mae", "", "mean absolute error of the prediction (minutes)"),
)
ONLY_HIGH = ("drift.dataset", "quality.missing_share")  # a day with less of it is no news
DAYS_SHOWN = 3
REASONS_SHOWN = 3
PORT = 54320
Questions = tuple[tuple[str, str, str], ...]
Monitored = tuple[Results, Questions]
"""What a monitor found, and what is asked of it."""


class Day(NamedTuple):
    """A day that stands out in one metric, and the columns that say why."""

    found: StandOut
    reasons: tuple[str, ...]


@contextmanager
def timed(times: dict[str, float], name: str) -> Iterator[None]:
    """Seconds of a step, into `times`."""
    began = time.perf_counter()
    yield
    times[name] = time.perf_counter() - began


def run(
    *,
    taxi: tuple[Path, Path] | None,
    out: Path,
    dsn: str | None,
    threads: int | None,
    progress: Progress,
    say: Say,
) -> Results:
    """The whole demonstration; returns what its first monitor stored."""
    from simdrift.store import Store

    _make(out)
    times: dict[str, float] = {}
    with Store(dsn) as store:
        if store.target.server is not None:
            with timed(times, "server"):
                store.migrate()
        monitored: dict[str, Monitored]
        if taxi:
            monitored = {"taxi": (_taxi(taxi, times, threads, progress, say), TAXI_QUESTIONS)}
        else:
            monitored = _flights(times, threads, progress, say)
        with timed(times, "store"):
            summaries = [store.write(results) for results, _ in monitored.values()]
        for summary in summaries:
            say(f"{store.target.label}: {stored_words(summary)}")
        if not taxi:
            with timed(times, "serve"):
                _serve(store, say)
        say("  ".join(f"{name} {seconds:.2f} s" for name, seconds in times.items()))
        for name, (results, questions) in monitored.items():
            page = _page(results, name, out)
            for line in story(results, questions):
                say(line)
            say(f"\nReport: {page}")
        first = next(iter(monitored.values()))[0]
        for line in grafana_lines(first, store):
            say(line)
    return first


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{out}: expected a folder for the page, found {(error.strerror or '').lower()}: "
            "choose another by --out"
        ) from None
    if not os.access(out, os.W_OK | os.X_OK):
        raise InputError(
            f"you may not write the page into {out.resolve()}: choose another by --out"
        )


def command() -> str:
    """What to type for `simdrift`: its path where it is not on PATH (`make demo`)."""
    this = Path(sys.argv[0])
    if this.name != "simdrift" or not this.is_file():
        return "simdrift"
    found = shutil.which("simdrift")
    if found is not None and Path(found).resolve() == this.resolve():
        return "simdrift"
    return os.fspath(this)


def stored_words(summary: WriteSummary) -> str:
    """What a write did, in a few words."""
    if summary.superseded:
        return str(summary)
    if not summary.rows_written and not summary.runs_written:
        return f"nothing changed, all {summary.rows_unchanged:,} values were there"
    return f"{summary.rows_written:,} values of {summary.runs_written:,} windows stored"


def _flights(
    times: dict[str, float], threads: int | None, progress: Progress, say: Say
) -> dict[str, Monitored]:
    """What both monitors of the flights found: of the delay, and of who is late."""
    from simdrift.demo import flights
    from simdrift.monitoring import monitor

    with timed(times, "data and models"):
        table = flights.flights()
    say(f"{table.num_rows:,} flights from New York in 2013; January is the reference")
    with timed(times, "compute"):
        delay = monitor(flights.spec(), table, progress=progress, threads=threads)
        late = monitor(flights.late_spec(), table, progress=progress, threads=threads)
    _extent(delay, say)
    say(f"the classifier of late flights, by carrier and airport, too: {len(late):,} values")
    return {"flights": (delay, FLIGHT_QUESTIONS), "late-flights": (late, LATE_QUESTIONS)}


def _serve(store: Store, say: Say) -> None:
    """Predictions over HTTP on this machine, and how the service was while it gave them."""
    from simdrift.demo import flights, served

    table = flights.raw_flights()
    asked = flights.asked_about(table, served.REQUESTS)
    answered = served.serve(flights.delay_model(table), asked, store)
    said = ", ".join(f"{count} x {status}" for status, count in answered.statuses.items())
    say(
        f"{answered.requests} predictions served over HTTP on 127.0.0.1 ({said}): the dashboard "
        f"Service health shows them, dataset {served.DATASET!r}"
    )


def _taxi(
    paths: tuple[Path, Path],
    times: dict[str, float],
    threads: int | None,
    progress: Progress,
    say: Say,
) -> Results:
    from simdrift.demo import taxi
    from simdrift.monitoring import monitor

    with timed(times, "data and model"):
        trips = taxi.trips(*paths)
    say(
        f"{trips.reference.num_rows:,} and {trips.current.num_rows:,} trips of "
        f"{trips.spec.dataset}; the first file is the reference"
    )
    with timed(times, "compute"):
        results = monitor(
            trips.spec, trips.current, trips.reference, progress=progress, threads=threads
        )
    _extent(results, say)
    return results


def _extent(results: Results, say: Say) -> None:
    rows = sum(run.rows for run in results.runs)
    say(f"{len(results.runs)} daily windows, {rows:,} rows, {len(results):,} values")


def _page(results: Results, name: str, out: Path) -> Path:
    path = (out / f"{name}.html").resolve()
    Report(results, title=f"{results.runs[0].dataset}: {results.runs[0].model}").save_html(path)
    return path


def days(results: Results, metric: str, column: str, *, top: int = DAYS_SHOWN) -> list[Day]:
    """The days farthest from the others in one metric, farthest first, with reasons."""
    chosen = results.filter(metric=metric, column=column)
    if metric == "quality.quantile":
        chosen = Results([r for r in chosen if r.params == "q=0.5"], timezone=results.timezone)
    most = len(results.runs) if metric in ONLY_HIGH else top
    found = stand_out(chosen, metric, columns=[column], top=most, minimum=0.0)
    if metric in ONLY_HIGH:
        found = [one for one in found if one.score > 0.0][:top]
    return [Day(one, _reasons(results, one)) for one in found]


def _reasons(results: Results, found: StandOut) -> tuple[str, ...]:
    """What says why: the columns that are missing, that drifted, or whose means stand out."""
    today = [row for row in results if row.window_start == found.window_start and row.column]
    if found.metric == "quality.missing_share":
        return _missing(today)
    if found.metric == "drift.dataset":
        return _drifted(today)
    return _unusual_means(results, found)


def _missing(today: list[Result]) -> tuple[str, ...]:
    shares = {
        row.column: row.value
        for row in today
        if row.metric == "quality.missing_share" and row.value is not None
    }
    worst = sorted(shares, key=lambda name: -shares[name])[:REASONS_SHOWN]
    return tuple(f"{name} {shares[name]:.0%}" for name in worst)


def _drifted(today: list[Result]) -> tuple[str, ...]:
    """By how far their drift lies above its threshold."""
    drifted = [row for row in today if row.alert and row.threshold and row.value is not None]
    drifted.sort(key=lambda row: -abs(row.value or 0.0) / (row.threshold or 1.0))
    return tuple(dict.fromkeys(row.column for row in drifted))[:REASONS_SHOWN]


def _unusual_means(results: Results, found: StandOut) -> tuple[str, ...]:
    """Other columns whose means are far from those of other days, the farthest first."""
    everywhere = stand_out(results, "quality.mean", top=len(results.runs))
    there = [
        one
        for one in everywhere
        if one.window_start == found.window_start and one.column != found.column
    ]
    return tuple(f"mean {one.column} {one.value:.1f}" for one in there[:REASONS_SHOWN])


def story(results: Results, questions: Questions) -> Iterator[str]:
    """What stands out, in lines for a terminal."""
    zone = ZoneInfo(results.timezone)
    yield "\nDays that stand out (z: distance from the median day in robust standard deviations)"
    for metric, column, words in questions:
        found = days(results, metric, column)
        far = any(abs(day.found.score) >= MIN_SCORE for day in found)
        yield f"\n  {words}" + ("" if far else ": no day does; the farthest")
        for day in found:
            one = day.found
            date = one.window_start.astimezone(zone) if one.window_start else None
            why = f"   {', '.join(day.reasons)}" if day.reasons else ""
            yield (
                f"    {date:%a %d %b %Y}   {one.value:8.3f}   z {one.score:+7.1f}"
                f"   (median {one.median:.3f}){why}"
            )


def grafana_lines(results: Results, store: Store) -> Iterator[str]:
    """How to look at the results: pages without Grafana, the dashboards in a Grafana."""
    run, simdrift = results.runs[0], command()
    last = max(run.window_end for run in results.runs if run.window_end)
    yield "\nDashboards"
    yield f"  as pages          {simdrift} dashboard --html dashboards   (needs nothing else)"
    yield f"  in Grafana        {simdrift} grafana export monitoring"
    yield "                    then, in that folder: docker compose up -d"
    if store.target.server is None:
        yield f"  in your Grafana   data source uid simdrift, PostgreSQL, {store.target.label},"
        yield f"                    user simdrift_reader; then {simdrift} grafana push URL"
    else:
        yield f"  in your Grafana   {simdrift} store serve --port {PORT}   (shows a password)"
        yield f"                    {simdrift} grafana push URL --postgres 127.0.0.1:{PORT} \\"
        yield "                        --sslmode disable"
    yield f"  time range        {run.window_start:%Y-%m-%d} to {last:%Y-%m-%d}"
    yield f"  link              {link(run, last)}"


def link(run: Run, end: datetime) -> str:
    """The overview in the Grafana of the compose folder, with dataset and time range chosen."""
    start = run.window_start or end
    first, last = (round(bound.timestamp() * 1000) for bound in (start, end))
    return (
        f"http://127.0.0.1:3000/d/simdrift-overview?from={first}&to={last}"
        f"&var-dataset={quote(run.dataset, safe='')}"
    )
