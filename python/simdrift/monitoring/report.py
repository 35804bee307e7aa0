"""Values of windows to rows, runs, histograms and a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import compress

from simdrift.metrics.columns import CATEGORICAL
from simdrift.metrics.count_tables import BinCounts
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.names import by_text, column_text
from simdrift.metrics.pair import ColumnPair
from simdrift.monitoring import window as windows
from simdrift.monitoring.identity import Identity
from simdrift.monitoring.roles import Roles
from simdrift.monitoring.rows import reasons_of, table_of
from simdrift.monitoring.window import WHOLE, WindowValues
from simdrift.reports import Report
from simdrift.reports.explain import Direction, label_text, shift_text
from simdrift.reports.model import Curve, WorstLine
from simdrift.reports.performance import PerformanceChange
from simdrift.results import Results
from simdrift.results.histograms import HistogramBlock
from simdrift.results.rows import Run


def results_of(
    runs: Sequence[Run],
    values: WindowValues,
    *,
    threads: int | None = None,
    timezone: str = "UTC",
    types: Mapping[str, str] | None = None,
) -> Results:
    """The results of windows, one run each, with a histogram of every column that has one; `types`
    are those of the columns."""
    drawn = windows.histograms(values.pairs, threads)
    blocks = blocks_of(drawn, runs)
    table, reasons = table_of(runs, values.rows), reasons_of(runs, values.rows)
    named = by_text(types or {})
    return Results.from_table(table, runs, blocks, timezone=timezone, reasons=reasons, types=named)


def blocks_of(drawn: Mapping[str, BinCounts | None], runs: Sequence[Run]) -> list[HistogramBlock]:
    """The histograms of each column in the windows that have one."""
    every = tuple(run.run_id for run in runs)
    return [
        HistogramBlock(
            every if own.present.all() else tuple(compress(every, own.present.tolist())),
            WHOLE,
            column_text(name),
            own.edges,
            own.labels,
            own.reference,
            own.current,
        )
        for name, own in drawn.items()
        if own is not None
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
    reference_types: Mapping[str, str] | None = None,
    performance: Sequence[PerformanceChange] | None = None,
    curves: Callable[[], Sequence[Curve]] | None = None,
    worst: Callable[[], Sequence[WorstLine]] | None = None,
) -> Report:
    """The report of one window."""
    runs = [identity.run(rows, started)]
    return Report(
        results_of(runs, values, threads=threads, types=types),
        reference_types=by_text(reference_types or {}),
        roles=by_text(roles.by_column),
        directions=lambda: _directions(by_text(values.pairs)),
        digests=digests,
        performance=performance,
        curves=curves,
        worst=worst,
    )


def _directions(pairs: Mapping[str, GroupedPair]) -> Direction:
    def direction(column: str) -> str:
        return direction_of(pairs[column].pairs[0]) if column in pairs else ""

    return direction
