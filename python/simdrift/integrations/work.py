"""What a scheduled run does, whoever schedules it: compute a interval of windows, store, sum up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from os import PathLike
from typing import TYPE_CHECKING, Any

from simdrift._types import Progress
from simdrift.monitoring.files import run_files
from simdrift.monitoring.roles import named_roles
from simdrift.monitoring.spec import Spec
from simdrift.reports import Report
from simdrift.reports.summary import ColumnLine
from simdrift.results import Results

if TYPE_CHECKING:
    from simdrift.store import Store, WriteSummary

WORST_COLUMNS = 10
Timestamp = datetime | str | None


@dataclass(frozen=True)
class Computed:
    """The results of a run and the spec that they are of."""

    spec: Spec
    results: Results

    @property
    def report(self) -> Report:
        """The same for people."""
        spec = self.spec
        return Report(self.results, title=spec.monitor, roles=named_roles(spec.columns))


@dataclass(frozen=True)
class Summary:
    """A run in plain values: what an XCom, a log line or a condition of a flow needs."""

    monitor: str
    dataset: str
    model: str
    windows: int
    rows: int
    values: int
    alerts: int
    first: str | None
    """Start of the first window, ISO 8601."""
    last: str | None
    """End of the last window, ISO 8601."""
    drifted_share: float | None
    """Share of drifted columns in the median window."""
    worst_columns: tuple[str, ...]
    """Columns that alert, those that do so most first."""
    verdict: str = ""
    """The verdict on the whole in one sentence."""
    reasons: tuple[str, ...] = ()
    """What alerts and why, the worst first: columns, then metrics of the whole table."""
    written: int = 0
    """Values that the store did not have."""
    unchanged: int = 0
    """Values that the store had already."""
    superseded: int = 0
    """Values that are not shown, because a later run has their windows."""
    notes: tuple[str, ...] = ()
    """What was replaced and what superseded, with the windows' names, as the store says it."""

    def as_dict(self) -> dict[str, Any]:
        """The fields as JSON knows them."""
        fields = asdict(self).items()
        return {name: list(value) if isinstance(value, tuple) else value for name, value in fields}

    @property
    def alarm(self) -> str | None:
        """Why a run that is to fail on alerts fails; None where it does not."""
        if self.windows == 0:
            return f"{self.monitor}: expected a window with rows, found none: are the data there?"
        if self.alerts == 0:
            return None
        reasons = "; ".join(self.reasons) or "see the rows"
        return f"{self.monitor}: expected no alert, found {self.alerts}: {reasons}"

    def stored(self) -> str:
        """What the store made of the values, in a line."""
        counts = f"{self.written:,} values stored, {self.unchanged:,} already there"
        return "; ".join((counts, *self.notes))


def timestamp(time: Timestamp) -> datetime | None:
    """A time with a zone: texts are ISO 8601, without a zone UTC is meant; '' and 'None' (what a
    template makes of nothing) are none. ValueError for another text.

    >>> timestamp("2013-02-08").isoformat(), timestamp("")
    ('2013-02-08T00:00:00+00:00', None)
    """
    if time is None or time in ("", "None"):
        return None
    found = datetime.fromisoformat(time) if isinstance(time, str) else time
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def compute(
    spec: str | PathLike[str] | Spec,
    *,
    after: Timestamp = None,
    until: Timestamp = None,
    threads: int | None = None,
    progress: Progress = None,
) -> Computed:
    """The windows of a monitor that end after the one time and not after the other."""
    read = spec if isinstance(spec, Spec) else Spec.from_toml(str(spec))
    between = (timestamp(after), timestamp(until))
    results = run_files(read, between=between, threads=threads, progress=progress)
    return Computed(read, results)


def store_results(computed: Computed, store: Store) -> Summary:
    """Writes the results; StoreError says where they wait if the store did not take them."""
    return summarise(computed, store.write(computed.results))


def summarise(computed: Computed, done: WriteSummary | None = None) -> Summary:
    """The run in plain values, and what the store made of it where it was written."""
    spec, results, report = computed.spec, computed.results, computed.report
    found = report.summary
    return Summary(
        monitor=spec.monitor,
        dataset=spec.dataset,
        model=spec.model,
        windows=len(results.runs),
        rows=sum(run.rows for run in results.runs),
        values=len(results),
        alerts=found.alerts,
        first=None if found.window_start is None else found.window_start.isoformat(),
        last=None if found.window_end is None else found.window_end.isoformat(),
        drifted_share=found.drifted_share,
        worst_columns=found.drifted_columns[:WORST_COLUMNS],
        verdict=report.verdict,
        reasons=tuple(map(_reason, report.alerting[:WORST_COLUMNS])),
        written=done.rows_written if done else 0,
        unchanged=done.rows_unchanged if done else 0,
        superseded=done.rows_superseded if done else 0,
        notes=done.notes() if done else (),
    )


def stretches(start: datetime, end: datetime, days: int) -> Iterator[tuple[datetime, datetime]]:
    """(start, end] cut into stretches of at most `days` days.

    >>> day = datetime(2013, 1, 1, tzinfo=UTC)
    >>> [(a.day, b.day) for a, b in stretches(day, day + timedelta(days=5), 2)]
    [(1, 3), (3, 5), (5, 6)]
    """
    if days < 1:
        raise ValueError(f"days: expected 1 or more, found {days}")
    if start >= end:
        raise ValueError(f"start: expected a time before the end, {end}, found {start}")
    while start < end:
        after = min(start + timedelta(days=days), end)
        yield start, after
        start = after


def _reason(line: ColumnLine) -> str:
    """What alerts and why: 'dep_delay: missing 2 % → 51 %'; of several windows, how many."""
    where = f" [{line.segment}]" if line.segment else ""
    often = f" ({line.word} windows)" if line.windows > 1 else ""
    return f"{line.name}{where}: {line.why}{often}"


def column_table(computed: Computed) -> list[dict[str, Any]]:
    """One line a column, and a metric of the whole table, for people: its verdict and why, method,
    largest value, threshold, alerts, windows."""
    report = computed.report
    return [
        {
            "column": line.name,
            "segment": line.segment,
            "verdict": line.word,
            "why": line.why,
            "metric": line.worst.metric,
            "largest": line.worst.value,
            "threshold": line.worst.threshold,
            "alerts": line.alerts,
            "windows": line.windows,
        }
        for line in (*report.columns, *report.whole_table)
    ]


def markdown(summary: Summary) -> str:
    """A few lines of Markdown."""
    share = "" if summary.drifted_share is None else f", {summary.drifted_share:.0%} of columns"
    worst = [f"- {text}" for text in summary.reasons] or ["- nothing alerts"]
    return "\n".join(
        (
            f"# {summary.monitor}: {summary.alerts:,} alerts",
            "",
            f"{summary.verdict}.",
            "",
            f"{summary.windows:,} windows of `{summary.dataset}`, {summary.first} to "
            f"{summary.last}, {summary.rows:,} rows{share} in the median window.",
            "",
            *worst,
            "",
            f"{summary.stored()}.",
        )
    )
