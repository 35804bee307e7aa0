"""Values of one window to rows, a run and a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple, Self

from simdrift.metrics.columns import CATEGORICAL, ColumnState, CurrentColumn, ReferenceColumn
from simdrift.metrics.pair import ColumnPair
from simdrift.metrics.values import MetricValue
from simdrift.metrics.weighted import pair_of
from simdrift.monitoring import measure
from simdrift.monitoring.roles import Roles
from simdrift.monitoring.spec import Spec
from simdrift.reports import Report
from simdrift.reports.explain import Direction, label_text, shift_text
from simdrift.results import Results
from simdrift.results.identity import run_id
from simdrift.results.rows import Result, Run


@cache
def library_version() -> str:
    """The version of the installed package."""
    from simdrift import _core

    return str(_core.show_config()["version"])


class Identity(NamedTuple):
    """What makes a run the run it is."""

    monitor: str = ""
    dataset: str = ""
    model: str = ""
    model_version: str = ""
    grain: str = "all"
    window_start: datetime | None = None
    window_end: datetime | None = None
    spec_digest: str = ""
    data_digest: str = ""
    reference_digest: str = ""

    @classmethod
    def of(
        cls, spec: Spec, spec_digest: str, data_digest: str = "", reference_digest: str = ""
    ) -> Self:
        """Of a comparison without windows."""
        return cls(
            monitor=spec.monitor,
            dataset=spec.dataset,
            model=spec.model,
            model_version=spec.model_version,
            spec_digest=spec_digest,
            data_digest=data_digest,
            reference_digest=reference_digest,
        )

    def run(self, rows: int, started: datetime) -> Run:
        """The run of this identity, finished now."""
        return Run(
            run_id=run_id(**self._asdict()),
            monitor=self.monitor,
            dataset=self.dataset,
            model=self.model,
            model_version=self.model_version,
            grain=self.grain,
            window_start=self.window_start,
            window_end=self.window_end,
            started_at=started,
            finished_at=datetime.now(UTC),
            rows=rows,
            library_version=library_version(),
            spec_digest=self.spec_digest,
            data_digest=self.data_digest,
            reference_digest=self.reference_digest,
        )


def rows_of(run: Run, values: Mapping[str, Iterable[MetricValue]]) -> list[Result]:
    """The result rows of a run, from the values of each segment."""
    head = (
        run.run_id,
        run.dataset,
        run.model,
        run.model_version,
        run.window_start,
        run.window_end,
        run.grain,
    )
    return [
        Result._make((*head, segment, *value)) for segment, own in values.items() for value in own
    ]


class ComparedReport(Report):
    """A report that keeps the columns it compared, and so knows directions exactly."""

    def __init__(
        self,
        report: Report,
        reference: Mapping[str, ReferenceColumn],
        current: Mapping[str, CurrentColumn],
    ) -> None:
        super().__init__(report.results, title=report.title, types=report.types, roles=report.roles)
        self._compared = reference, current

    def _directions(self) -> Direction:
        reference, current = self._compared

        def direction(column: str) -> str:
            if column not in reference or column not in current:
                return ""
            return direction_of(pair_of(reference[column], current[column]))

        return direction


def direction_of(pair: ColumnPair) -> str:
    """How the current column differs from the reference, in words; '' where nothing says."""
    if pair.status is not None:
        return ""
    if pair.kind == CATEGORICAL:
        labels, c, d = pair.category_counts
        if not labels:
            return ""
        return label_text(labels, (c / c.sum()).tolist(), (d / d.sum()).tolist())
    x, y = (side.quantiles([0.25, 0.5, 0.75]).tolist() for side in (pair.reference, pair.current))
    width = x[2] - x[0]
    return shift_text((y[1] - x[1]) / width, (y[2] - y[0]) / width) if width > 0.0 else ""


class Comparison(ComparedReport):
    """A report whose data are given their digests only when it is written: to hash every row
    would take as long as to compare them."""

    def __init__(self, report: ComparedReport, digests: Callable[[], tuple[str, str]]) -> None:
        super().__init__(report, *report._compared)
        self._digests = digests

    def write(self, dsn: str | None = None, **whose: Any) -> Any:
        """Write to Postgres as `Report.write` does."""
        data, reference = self._digests()
        results = self._results
        runs = [run._replace(data_digest=data, reference_digest=reference) for run in results.runs]
        self._results = Results(results, runs, results.histograms, timezone=results.timezone)
        return super().write(dsn, **whose)


def report_of(
    reference: Mapping[str, ReferenceColumn],
    current: Mapping[str, CurrentColumn],
    values: Mapping[str, Iterable[MetricValue]],
    identity: Identity,
    roles: Roles,
    started: datetime,
    threads: int | None,
    weighed: Mapping[str, CurrentColumn] | None = None,
) -> ComparedReport:
    """The report of one comparison, with a histogram of every column that has one. `weighed`:
    the current columns with weights, where rows have any."""
    rows = max((column.rows for column in current.values()), default=0)
    run = identity.run(rows, started)
    compared = current if weighed is None else weighed
    pictures = measure.histograms(run.run_id, reference, compared, threads)
    results = Results(rows_of(run, values), [run], pictures)
    columns: dict[str, ColumnState] = {**reference, **current}
    types = {name: column.type for name, column in columns.items()}
    report = Report(results, types=types, roles=roles.by_column)
    return ComparedReport(report, reference, compared)
