"""What a person wants to know first: columns with their verdicts, windows, counts of alerts."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from statistics import median
from typing import NamedTuple

import numpy as np

from simdrift.metrics import registry
from simdrift.results.collection import Results
from simdrift.results.histograms import Histograms
from simdrift.results.numbers import drawable
from simdrift.results.rows import Result
from simdrift.results.table import ABSENT, Head, ResultTable

MISSING = "drift.missing_share"
MISSING_SHARE = "quality.missing_share"
DATASET = "drift.dataset"
SMALLEST_P = 1e-300
FARTHEST = 1e6  # of the distances to a threshold that are told apart

_Place = tuple[str, str]  # column and segment


class Step(NamedTuple):
    """One window of a line: how far to the threshold, and whether the rule alerts."""

    window_start: datetime | None
    ratio: float | None
    alert: bool | None


class ColumnLine(NamedTuple):
    """One column and method (in one segment) over the windows at hand; with one window `worst` is
    its row."""

    column: str
    segment: str
    type: str
    worst: Result  # the row that decides, of the window where it is largest
    p_row: Result | None  # the row of the test that has the p-value
    missing_share: float | None
    missing: Result | None  # the largest row of drift.missing_share
    windows: int
    alerts: int  # windows in which the deciding row alerts
    steps: tuple[Step, ...]


class Summary(NamedTuple):
    """The whole in numbers. Shares are of columns with a drift metric; over many windows they
    are those of the median window."""

    columns: int
    compared: int  # columns with a value; the others have a status that says why not
    drifted_columns: tuple[str, ...]
    drifted_share: float | None
    drifted_share_threshold: float | None
    dataset_drift: bool | None
    rows_reference: int | None
    rows_current: int | None
    missing_share: float | None
    windows: int
    windows_drifted: int
    windows_alerting: int
    alerts: int
    judged: int  # rows that a rule applies to
    window_start: datetime | None
    window_end: datetime | None


def ratio(row: Result) -> float | None:
    """How far the row is on its way to its threshold: 1 is the threshold, more is past it.

    value / threshold, or log(p) / log(threshold) where the threshold is compared with a p-value.
    """
    if row.value is None or not row.threshold:
        return None
    if not on_p_value(row):
        return _bounded(abs(row.value / row.threshold))
    p_value = row.q_value if row.q_value is not None else row.p_value
    if p_value is None or not 0 < row.threshold < 1:
        return None
    return _bounded(math.log(min(max(p_value, SMALLEST_P), 1.0)) / math.log(row.threshold))


def _bounded(distance: float) -> float | None:
    return min(distance, FARTHEST) if distance == distance else None


def on_p_value(row: Result) -> bool:
    """Whether the threshold is compared with the (corrected) p-value and not the value."""
    record = registry.record(row.metric)
    return record is not None and record.rule == "test"


def is_column_drift(row: Result) -> bool:
    """A drift metric of one column, missing share aside."""
    return row.metric.startswith("drift.") and row.metric != MISSING and row.column != ""


def severity(row: Result) -> tuple[bool, float]:
    """Sort key: alerts first, then by distance to the threshold."""
    distance = ratio(row)
    if distance is None:
        distance = row.value if row.value is not None and row.status == "ok" else -1.0
        distance = min(distance, 0.0)
    return row.alert is True, distance


def column_lines(results: Results, types: Mapping[str, str]) -> list[ColumnLine]:
    """One line a column, segment and deciding method, the worst first."""
    table = results.table
    drift: dict[_Place, list[Result]] = defaultdict(list)
    missing: dict[_Place, list[Result]] = defaultdict(list)
    shares: dict[_Place, list[float]] = defaultdict(list)
    for row in results.rows_of(table.having("metric", _tells_of_drift)):
        place = (row.column, row.segment)
        if is_column_drift(row):
            drift[place].append(row)
        elif row.metric == MISSING:
            missing[place].append(row)
        elif row.metric == MISSING_SHARE and drawable(row.value):
            shares[place].append(row.value or 0.0)
    for place in missing.keys() - drift.keys():
        drift[place] = missing[place]
    guessed = {**guess_types(results.histograms), **types}
    lines = [
        _line(deciding, rows, missing.get(place, []), shares.get(place, []), guessed)
        for place, rows in drift.items()
        for deciding in _deciding(rows)
    ]
    return sorted(lines, key=_by_severity)


def _tells_of_drift(metric: str) -> bool:
    return metric.startswith("drift.") or metric == MISSING_SHARE


def _by_severity(line: ColumnLine) -> tuple[float, float, str]:
    return -line.alerts, -severity(line.worst)[1], line.column


def _line(
    deciding: list[Result],
    rows: list[Result],
    missing: list[Result],
    shares: list[float],
    types: Mapping[str, str],
) -> ColumnLine:
    worst = max(deciding, key=severity)
    tested = [row for row in rows if row.run_id == worst.run_id and row.p_value is not None]
    return ColumnLine(
        column=worst.column,
        segment=worst.segment,
        type=types.get(worst.column, ""),
        worst=worst,
        p_row=worst if worst.p_value is not None else (tested[0] if tested else None),
        missing_share=median(shares) if shares else None,
        missing=max(missing, key=severity) if missing else None,
        windows=len(deciding),
        alerts=sum(row.alert is True for row in deciding),
        steps=tuple(Step(row.window_start, ratio(row), row.alert) for row in deciding),
    )


def _deciding(rows: list[Result]) -> list[list[Result]]:
    """The column's rows by method, of those that a rule applies to; else of the first."""
    methods: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for row in rows:
        methods[row.metric, row.params].append(row)
    judged = [group for group in methods.values() if any(r.alert is not None for r in group)]
    return judged or [next(iter(methods.values()))]


def guess_types(histograms: Histograms) -> dict[str, str]:
    """'number' or 'category' by what the column's histogram has."""
    return {
        column: "number" if histogram.edges is not None else "category"
        for (_, column), histogram in histograms.newest().items()
    }


def summarise(results: Results, lines: list[ColumnLine] | None = None) -> Summary:
    """The whole in numbers."""
    lines = column_lines(results, {}) if lines is None else lines
    table = results.table
    whole_table = table.having("segment", {""}) & table.having("metric", {DATASET})
    dataset = results.rows_of(whole_table)
    whole = [line for line in lines if line.segment == ""] or lines
    heads = table.in_use("head")
    alerting = _windows(table.take(table.alert == 1).in_use("head"))
    drifted = tuple(dict.fromkeys(line.column for line in whole if line.alerts))
    return Summary(
        columns=len({line.column for line in whole}),
        compared=len({line.column for line in whole if line.worst.value is not None}),
        drifted_columns=drifted,
        drifted_share=_drifted_share(dataset, drifted, whole),
        drifted_share_threshold=next((r.threshold for r in dataset if r.threshold), None),
        dataset_drift=_any_alert(dataset),
        rows_reference=max(table.n_reference[table.n_reference >= 0].tolist(), default=None),
        rows_current=_rows_current(results),
        missing_share=_median_missing(table),
        windows=len(_windows(heads)),
        windows_drifted=len({r.window_start for r in dataset if r.alert is True}),
        windows_alerting=len(alerting),
        alerts=int(np.count_nonzero(table.alert == 1)),
        judged=int(np.count_nonzero(table.alert != ABSENT)),
        window_start=min((h.window_start for h in heads if h.window_start), default=None),
        window_end=max((h.window_end for h in heads if h.window_end), default=None),
    )


def _windows(heads: Iterable[Head]) -> set[tuple[str, datetime | None]]:
    return {(head.grain, head.window_start) for head in heads}


def _drifted_share(
    dataset: list[Result], drifted: tuple[str, ...], lines: list[ColumnLine]
) -> float | None:
    shares = [row.value for row in dataset if row.value is not None and drawable(row.value)]
    if shares:
        return median(shares)
    return len(drifted) / len({line.column for line in lines}) if lines else None


def _any_alert(rows: list[Result]) -> bool | None:
    judged = [row.alert for row in rows if row.alert is not None]
    return any(judged) if judged else None


def _median_missing(table: ResultTable) -> float | None:
    """The missing share of the whole table, that of the median window."""
    whole = table.having("metric", {MISSING_SHARE})
    whole &= table.having("column", {""}) & table.having("segment", {""})
    values = [value for value in table.value[whole].tolist() if drawable(value) and value == value]
    return median(values) if values else None


def _rows_current(results: Results) -> int | None:
    """Rows of all windows: from the runs, else the largest n of each window."""
    if results.runs:
        return sum(run.rows for run in results.runs)
    largest: dict[object, int] = {}
    for row in results:
        if row.n_current is not None:
            window = (row.grain, row.window_start)
            largest[window] = max(largest.get(window, 0), row.n_current)
    return sum(largest.values()) if largest else None
