"""Values of windows to rows, runs, histograms and a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple, Self

from simdrift.metrics.columns import CATEGORICAL
from simdrift.metrics.decide import Decided
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.pair import ColumnPair
from simdrift.monitoring import window as windows
from simdrift.monitoring.roles import Roles
from simdrift.monitoring.spec import Spec
from simdrift.monitoring.window import WindowValues
from simdrift.reports import Report
from simdrift.reports.explain import Direction, label_text, shift_text
from simdrift.results import Results
from simdrift.results.identity import run_id
from simdrift.results.rows import Histogram, Result, Run


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


def results_of(
    runs: Sequence[Run],
    values: WindowValues,
    *,
    threads: int | None = None,
    timezone: str = "UTC",
) -> Results:
    """The results of windows, one run each, with a histogram of every column that has one."""
    cells = windows.histograms(values.pairs, threads)
    drawn = [
        Histogram(run.run_id, "", name, *one)
        for place, run in enumerate(runs)
        for name, own in cells.items()
        if (one := own[place]) is not None
    ]
    rows = [row for place, run in enumerate(runs) for row in _rows(run, values.rows, place)]
    return Results(rows, runs, drawn, timezone=timezone)


def _rows(run: Run, values: Mapping[str, Sequence[Decided]], place: int) -> list[Result]:
    """The result rows of one window."""
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
        Result._make((*head, segment, *row.at(place)))
        for segment, own in values.items()
        for row in own
        if row.present is None or row.present[place]
    ]


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


def report_of(
    values: WindowValues,
    identity: Identity,
    roles: Roles,
    types: Mapping[str, str],
    rows: int,
    started: datetime,
    threads: int | None,
    digests: Callable[[], tuple[str, str]] | None = None,
) -> Report:
    """The report of one window."""
    results = results_of([identity.run(rows, started)], values, threads=threads)
    return Report(
        results,
        types=types,
        roles=roles.by_column,
        directions=lambda: _directions(values.pairs),
        digests=digests,
    )


def _directions(pairs: Mapping[str, GroupedPair]) -> Direction:
    def direction(column: str) -> str:
        return direction_of(pairs[column].pairs[0]) if column in pairs else ""

    return direction
