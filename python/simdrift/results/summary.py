"""What a person wants to know first: columns with their verdicts, windows, counts of alerts."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from statistics import median
from typing import NamedTuple

from .collection import Results
from .rows import Histogram, Result

PAIR = " ~ "
MISSING = "drift.missing_share"
DATASET = "drift.dataset"
TESTS = frozenset({"drift.ks", "drift.chi_square", "drift.missing_share"})
SMALLEST_P = 1e-300


class ColumnLine(NamedTuple):
    """One column (in one segment) over the windows at hand; with one window `worst` is its row."""

    column: str
    segment: str
    type: str
    worst: Result  # the row that decides, of the window where it is largest
    p_row: Result | None  # the row beside it that has the p-value
    missing_share: float | None
    missing: Result | None  # the largest row of drift.missing_share
    windows: int
    alerts: int  # windows in which the deciding row alerts
    ratios: tuple[tuple[datetime | None, float | None], ...]


class Summary(NamedTuple):
    """The whole in numbers. Shares are of columns with a drift metric; over many windows they
    are those of the median window."""

    columns: int
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
    window_start: datetime | None
    window_end: datetime | None


def ratio(row: Result) -> float | None:
    """How far the row is on its way to its threshold: 1 is the threshold, more is past it.

    value / threshold, or log(p) / log(threshold) where the threshold is held against a p-value.
    """
    if row.value is None or not row.threshold:
        return None
    if not on_p_value(row):
        return abs(row.value) / abs(row.threshold)
    held = row.q_value if row.q_value is not None else row.p_value
    if held is None or not 0 < row.threshold < 1:
        return None
    return math.log(max(held, SMALLEST_P)) / math.log(row.threshold)


def on_p_value(row: Result) -> bool:
    """Whether the threshold is held against the (corrected) p-value and not the value."""
    return row.metric in TESTS


def is_column_drift(row: Result) -> bool:
    """A drift metric of one column, missing share aside."""
    return (
        row.metric.startswith("drift.")
        and row.metric != MISSING
        and row.column != ""
        and PAIR not in row.column
    )


def severity(row: Result) -> tuple[bool, float]:
    """Sort key: alerts first, then by distance to the threshold."""
    distance = ratio(row)
    if distance is None:
        distance = row.value if row.value is not None and row.status == "ok" else -1.0
        distance = min(distance, 0.0)
    return row.alert is True, distance


def column_lines(results: Results, types: Mapping[str, str]) -> list[ColumnLine]:
    """One line a column and segment, the worst first."""
    drift: dict[tuple[str, str], list[Result]] = defaultdict(list)
    missing: dict[tuple[str, str], list[Result]] = defaultdict(list)
    shares: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in results:
        key = (row.column, row.segment)
        if is_column_drift(row):
            drift[key].append(row)
        elif row.metric == MISSING:
            missing[key].append(row)
        elif row.metric == "quality.missing_share" and row.value is not None:
            shares[key].append(row.value)
    for key in missing.keys() - drift.keys():
        drift[key] = missing[key]
    guessed = {**guess_types(results.histograms), **types}
    lines = [
        _line(key, rows, missing.get(key, []), shares.get(key, []), guessed)
        for key, rows in drift.items()
    ]
    return sorted(lines, key=lambda line: (*map(_negative, severity(line.worst)), line.column))


def _negative(value: float) -> float:
    return -value


def _line(
    key: tuple[str, str],
    rows: list[Result],
    missing: list[Result],
    shares: list[float],
    types: Mapping[str, str],
) -> ColumnLine:
    deciding = _deciding(rows)
    worst = max(deciding, key=severity)
    beside = [row for row in rows if row.run_id == worst.run_id and row.p_value is not None]
    return ColumnLine(
        column=key[0],
        segment=key[1],
        type=types.get(key[0], ""),
        worst=worst,
        p_row=worst if worst.p_value is not None else (beside[0] if beside else None),
        missing_share=median(shares) if shares else None,
        missing=max(missing, key=severity) if missing else None,
        windows=len(deciding),
        alerts=sum(row.alert is True for row in deciding),
        ratios=tuple((row.window_start, ratio(row)) for row in deciding),
    )


def _deciding(rows: list[Result]) -> list[Result]:
    """One row a window: of the metric that a rule applies to, else of the first."""
    judged = [row for row in rows if row.alert is not None] or rows
    metric, params = judged[0].metric, judged[0].params
    chosen: dict[object, Result] = {}
    for row in rows:
        if (row.metric, row.params) == (metric, params):
            chosen.setdefault((row.run_id, row.window_start), row)
    return list(chosen.values())


def guess_types(histograms: Iterable[Histogram]) -> dict[str, str]:
    """'number' or 'category' by what the column's histogram has."""
    return {h.column: "number" if h.edges is not None else "category" for h in histograms}


def summarise(results: Results, lines: list[ColumnLine] | None = None) -> Summary:
    """The whole in numbers."""
    lines = column_lines(results, {}) if lines is None else lines
    dataset = [row for row in results if row.metric == DATASET and row.segment == ""]
    whole = [line for line in lines if line.segment == ""] or lines
    windows = {(row.grain, row.window_start) for row in results}
    alerting = {(row.grain, row.window_start) for row in results if row.alert is True}
    drifted = tuple(dict.fromkeys(line.column for line in whole if line.alerts))
    return Summary(
        columns=len({line.column for line in whole}),
        drifted_columns=drifted,
        drifted_share=_drifted_share(dataset, drifted, whole),
        drifted_share_threshold=next((r.threshold for r in dataset if r.threshold), None),
        dataset_drift=_any_alert(dataset),
        rows_reference=_rows(results, "n_reference"),
        rows_current=_rows_current(results),
        missing_share=_median_of(results, "quality.missing_share"),
        windows=len(windows),
        windows_drifted=len({r.window_start for r in dataset if r.alert is True}),
        windows_alerting=len(alerting),
        alerts=sum(row.alert is True for row in results),
        window_start=min((r.window_start for r in results if r.window_start), default=None),
        window_end=max((r.window_end for r in results if r.window_end), default=None),
    )


def _drifted_share(
    dataset: list[Result], drifted: tuple[str, ...], lines: list[ColumnLine]
) -> float | None:
    shares = [row.value for row in dataset if row.value is not None]
    if shares:
        return median(shares)
    return len(drifted) / len({line.column for line in lines}) if lines else None


def _any_alert(rows: list[Result]) -> bool | None:
    judged = [row.alert for row in rows if row.alert is not None]
    return any(judged) if judged else None


def _median_of(results: Results, metric: str) -> float | None:
    values = [
        row.value
        for row in results
        if row.metric == metric and not row.column and not row.segment and row.value is not None
    ]
    return median(values) if values else None


def _rows(results: Results, field: str) -> int | None:
    return max((getattr(r, field) for r in results if getattr(r, field) is not None), default=None)


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
