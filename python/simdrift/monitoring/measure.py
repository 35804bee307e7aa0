"""One window: every value of its rows against the reference, and the pictures beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from simdrift._types import Progress
from simdrift.metrics import performance, quality, side_by_side
from simdrift.metrics.columns import ColumnState, CurrentColumn, ReferenceColumn
from simdrift.metrics.compare import DriftPlan, decide, measure_columns, measure_table, table_rows
from simdrift.metrics.drift.table.sample import TablePair, TableSample
from simdrift.metrics.evaluate import attempt, row_of
from simdrift.metrics.pair import Cells
from simdrift.metrics.values import ALL_NULL, EMPTY, NOT_APPLICABLE, MetricValue, Outcome, cleaned
from simdrift.metrics.weighted import WeightedCurrent, WeightedReference, pair_of
from simdrift.metrics.weights import RowWeights
from simdrift.monitoring.frames import row_weights
from simdrift.monitoring.roles import Roles
from simdrift.monitoring.segments import WHOLE, Part
from simdrift.monitoring.spec import Metrics
from simdrift.results.rows import Histogram

Held = Mapping[str, Any]  # columns of the core by name; one that was refused is its exception
Limits = Mapping[tuple[str, str], float]  # by (column, metric); column '' is any
Thresholds = Mapping[str, float | Mapping[str, float]]


def split_thresholds(
    thresholds: Thresholds,
) -> tuple[dict[str | tuple[str, str], float], dict[tuple[str, str], float]]:
    """What is held against drift, as the drift plan takes it, and against everything else."""
    drift: dict[str | tuple[str, str], float] = {}
    other: dict[tuple[str, str], float] = {}
    for key, limit in thresholds.items():
        column, limits = (key, limit) if isinstance(limit, Mapping) else ("", {key: limit})
        for name, number in limits.items():
            family, _, short = name.partition(".")
            if family == "drift":
                drift[(column, short) if column else short] = number
            else:
                other[column, name] = number
    return drift, other


def states(
    columns: Held, names: Iterable[str], kinds: Mapping[str, str], threads: int | None
) -> dict[str, CurrentColumn]:
    """The columns of a window that are there, ready to be measured."""
    return {
        name: CurrentColumn(name, columns[name], kind=kinds.get(name), threads=threads)
        for name in names
        if name in columns
    }


def references(columns: Held, roles: Roles, threads: int | None) -> dict[str, ReferenceColumn]:
    """The compared columns of a reference that are there, with the rows' weights."""
    weights = row_weights(columns, roles.weight)
    return {
        name: _reference(name, columns[name], weights, kind=roles.kinds.get(name), threads=threads)
        for name in roles.compared
        if name in columns
    }


def _reference(
    name: str, column: Any, weights: RowWeights | None, **options: Any
) -> ReferenceColumn:
    if weights is None:
        return ReferenceColumn(name, column, **options)
    return WeightedReference(name, column, weights, **options)


def weighed(
    current: Mapping[str, CurrentColumn], columns: Held, roles: Roles
) -> dict[str, CurrentColumn] | None:
    """The compared columns with the rows' weights; None where every row counts alike."""
    weights = row_weights(columns, roles.weight)
    if weights is None:
        return None
    return {
        name: WeightedCurrent.of(current[name], weights)
        for name in roles.compared
        if name in current
    }


def window_values(
    parts: Sequence[Part],
    roles: Roles,
    metrics: Metrics,
    plan: DriftPlan,
    limits: Limits,
    progress: Progress = None,
) -> dict[str, list[MetricValue]]:
    """By segment: drift of the compared columns, then quality and performance of all that are
    watched. The tests of all segments are one family."""
    measured, held = [], []
    for part in parts:
        compared = {n: part.compared[n] for n in roles.compared if n in part.compared}
        held.append(compared)
        heard = progress if part.segment == WHOLE else None
        tested = measure_columns(part.reference, compared, plan, heard)
        if part.sample is not None:
            sample = TableSample.of(compared)
            tested += measure_table(TablePair(part.sample, sample, threads=plan.threads), plan)
        measured.append(tested)
    values = {}
    for part, compared, rows in zip(parts, held, decide(measured, plan), strict=True):
        current = part.current
        watched = {name: current[name] for name in roles.watched if name in current}
        extra = _quality(watched, metrics) + _performance(current, roles, metrics)
        values[part.segment] = [
            *rows,
            *table_rows(rows, part.reference, compared, plan),
            *(_judged(value, limits) for value in extra),
        ]
    return values


def _quality(watched: Mapping[str, CurrentColumn], metrics: Metrics) -> list[MetricValue]:
    statistics = metrics.quality
    values = [
        value
        for value in quality.table_rows(watched)
        if value.metric.removeprefix("quality.") in statistics
    ]
    for column in watched.values():
        values += quality.column_rows(column, [n for n in statistics if n != "rows"])
        shares = metrics.quantiles.get(column.name, metrics.quantiles.get("*", ()))
        values += quantile_values(column, shares)
    return values + _correlations(watched, metrics)


def quantile_values(column: ColumnState, shares: Sequence[float]) -> list[MetricValue]:
    """`quality.quantile` at these shares; nothing for a column that has no order."""
    if not shares or column.broken is not None or column.kind not in ("numeric", "temporal"):
        return []
    found = attempt("quality.quantile", column.name, lambda: _quantiles(column, shares))
    if isinstance(found, Outcome):
        found = [found] * len(shares)
    return [
        row_of(
            column.name,
            "quality.quantile",
            cleaned(outcome)._replace(n_current=column.rows),
            f"q={share:g}",
        )
        for share, outcome in zip(shares, found, strict=True)
    ]


def _quantiles(column: ColumnState, shares: Sequence[float]) -> list[Outcome]:
    if column.valid == 0:
        return [Outcome(None, EMPTY if column.rows == 0 else ALL_NULL)] * len(shares)
    return [Outcome(float(value)) for value in column.quantiles(shares) * column.unit_seconds]


def _correlations(watched: Mapping[str, CurrentColumn], metrics: Metrics) -> list[MetricValue]:
    pairs = metrics.correlations
    if pairs == "numeric":
        return quality.correlation_rows([c for c in watched.values() if c.kind == "numeric"])
    return [
        quality.correlation_row(watched[a], watched[b])
        for a, b in pairs
        if a in watched and b in watched
    ]


def _performance(
    current: Mapping[str, CurrentColumn], roles: Roles, metrics: Metrics
) -> list[MetricValue]:
    """Of prediction against target, where both are there."""
    target, prediction = (current.get(name or "") for name in (roles.target, roles.prediction))
    if target is None or prediction is None or not metrics.performance:
        return []
    if target.broken is not None or prediction.broken is not None:
        return [
            MetricValue("", f"performance.{name}", None, status=NOT_APPLICABLE)
            for name in metrics.performance
        ]
    return performance.rows(
        target.column, prediction.column, metrics.performance, threads=target.threads
    )


def _judged(value: MetricValue, limits: Limits) -> MetricValue:
    """With threshold and alert where a limit is set: it alerts above it."""
    limit = limits.get((value.column, value.metric), limits.get(("", value.metric)))
    if limit is None:
        return value
    alert = None if value.value is None else value.value > limit
    return value._replace(threshold=limit, alert=alert)


def histograms(
    run_id: UUID,
    reference: Mapping[str, ReferenceColumn],
    current: Mapping[str, CurrentColumn],
    threads: int | None,
) -> list[Histogram]:
    """Reference and current over the same cells, of each column that can be drawn."""
    both = [name for name in reference if name in current]
    rows = max((current[name].rows for name in both if not current[name].is_counted), default=0)
    drawn = side_by_side.each(
        lambda name, on: _cells(reference[name], current[name], on),
        both,
        rows=rows,
        threads=threads,
    )
    return [
        Histogram(run_id, "", name, *cells)
        for name, cells in zip(both, drawn, strict=True)
        if cells is not None
    ]


def _cells(reference: ReferenceColumn, current: CurrentColumn, threads: int | None) -> Cells | None:
    with reference.on(threads), current.on(threads):
        return pair_of(reference, current, threads=threads).histogram()
