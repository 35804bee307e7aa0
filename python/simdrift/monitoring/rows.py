"""Decided metrics of windows to one table of result rows: arrays to arrays, nothing a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from simdrift.catalogue.statuses import STATUSES
from simdrift.metrics.decide import Decided
from simdrift.metrics.names import column_text
from simdrift.metrics.outcomes import ABSENT_ROWS
from simdrift.results.rows import Run
from simdrift.results.table import Head, ResultTable

_STATUS_NAMES = tuple(status.name for status in STATUSES)


def table_of(runs: Sequence[Run], rows: Mapping[str, Sequence[Decided]]) -> ResultTable:
    """The rows of every window: window after window, in each the segments, in each their rows."""
    listed = [(segment, row) for segment, own in rows.items() for row in own]
    windows, series = len(runs), len(listed)
    segment: dict[str, int] = {}
    column, metric, params = segment.copy(), segment.copy(), segment.copy()
    names = np.array(
        [
            (
                segment.setdefault(of, len(segment)),
                column.setdefault(column_text(row.column), len(column)),
                metric.setdefault(row.metric, len(metric)),
                params.setdefault(row.params, len(params)),
            )
            for of, row in listed
        ],
        np.int32,
    ).reshape(series, 4)
    outcomes = [row.outcomes for _, row in listed]
    numbers = {
        name: _stacked([getattr(own, name) for own in outcomes], windows, np.nan, np.float64)
        for name in _OF_OUTCOMES
    }
    for name in _OF_ROWS:
        given = [getattr(row, name) for _, row in listed]
        numbers[name] = _stacked(given, windows, np.nan, np.float64)
    counts = {
        name: _stacked([getattr(own, name) for own in outcomes], windows, ABSENT_ROWS, np.int64)
        for name in _COUNTS
    }
    alert = _stacked([row.alert for _, row in listed], windows, -1, np.int8)
    status = _stacked([own.status for own in outcomes], windows, 0, np.int32)
    present = _stacked([row.present for _, row in listed], windows, True, np.bool_)
    kept = None if present.all() else present.T.ravel()

    def flat(array: NDArray[Any]) -> NDArray[Any]:
        one = np.ascontiguousarray(array.T).ravel()
        return one if kept is None else one[kept]

    def repeated(codes: NDArray[np.int32]) -> NDArray[np.int32]:
        one = np.tile(codes, windows)
        return one if kept is None else one[kept]

    heads = np.repeat(np.arange(windows, dtype=np.int32), series)
    return ResultTable(
        heads=tuple(_head(run) for run in runs),
        head=heads if kept is None else heads[kept],
        segments=tuple(segment),
        segment=repeated(names[:, 0]),
        columns=tuple(column),
        column=repeated(names[:, 1]),
        metrics=tuple(metric),
        metric=repeated(names[:, 2]),
        params=tuple(params),
        param=repeated(names[:, 3]),
        statuses=_STATUS_NAMES,
        status=flat(status),
        alert=flat(alert),
        **{name: flat(array) for name, array in (*numbers.items(), *counts.items())},
    )


def reasons_of(
    runs: Sequence[Run], rows: Mapping[str, Sequence[Decided]]
) -> dict[tuple[str, str, str], dict[UUID, str]]:
    """Why a metric has no value, by (segment, column, metric) and run, oldest first."""
    ids = [run.run_id for run in runs]
    found: dict[tuple[str, str, str], dict[UUID, str]] = {}
    for segment, own in rows.items():
        for row in own:
            key = segment, column_text(row.column), row.metric
            for place, reason in sorted(row.outcomes.reasons.items()):
                if reason:
                    found.setdefault(key, {})[ids[place]] = reason
    return found


_OF_OUTCOMES = ("value", "ci_low", "ci_high", "p_value", "effect_size", "null_quantile")
_OF_ROWS = ("q_value", "threshold")
_COUNTS = ("n_reference", "n_current")


def _stacked(
    given: Sequence[NDArray[Any] | float | None], windows: int, absent: float, dtype: type[Any]
) -> NDArray[Any]:
    """(rows, windows) of an array, or a number, a row; None is absent in every window."""
    if windows == 1:
        return _of_one_window(given, absent, dtype)[:, np.newaxis]
    stacked = np.full((len(given), windows), absent, dtype)
    for place, own in enumerate(given):
        if own is not None:
            stacked[place] = own
    return stacked


def _of_one_window(
    given: Sequence[NDArray[Any] | float | None], absent: float, dtype: type[Any]
) -> NDArray[Any]:
    """(rows,) of an array of one entry, or a number, a row: thousands of columns have that many
    rows, so that they are joined and not read one by one."""
    known = [own for own in given if own is not None]
    try:
        joined = np.concatenate(known) if known else np.zeros(0, dtype)
    except ValueError:  # numbers among them
        joined = np.array([np.asarray(own).item() for own in known], dtype)
    if len(known) == len(given):
        return joined.astype(dtype, copy=False)
    found = np.full(len(given), absent, dtype)
    found[[own is not None for own in given]] = joined
    return found


def _head(run: Run) -> Head:
    return Head(
        run.run_id,
        run.dataset,
        run.model,
        run.model_version,
        run.window_start,
        run.window_end,
        run.grain,
    )
