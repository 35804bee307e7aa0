"""Decided metrics of windows to one table of result rows: arrays to arrays, nothing a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdrift.catalogue.statuses import STATUSES
from simdrift.metrics.decide import Decided
from simdrift.metrics.outcomes import ABSENT_ROWS
from simdrift.results.rows import Run
from simdrift.results.table import Head, ResultTable

_STATUS_NAMES = tuple(status.name for status in STATUSES)


class _Dictionary:
    """Texts by place, each once."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}

    def code(self, text: str) -> int:
        """The place of a text, which is added where it is new."""
        return self.places.setdefault(text, len(self.places))


def table_of(runs: Sequence[Run], rows: Mapping[str, Sequence[Decided]]) -> ResultTable:
    """The rows of every window: window after window, in each the segments, in each their rows."""
    listed = [(segment, row) for segment, own in rows.items() for row in own]
    windows, series = len(runs), len(listed)
    segment, column, metric, params = (_Dictionary() for _ in range(4))
    names = np.array(
        [
            (segment.code(of), column.code(r.column), metric.code(r.metric), params.code(r.params))
            for of, r in listed
        ],
        np.int32,
    ).reshape(series, 4)
    numbers = {name: np.full((series, windows), np.nan) for name in _REALS}
    counts = {name: np.full((series, windows), ABSENT_ROWS, np.int64) for name in _COUNTS}
    alert = np.full((series, windows), -1, np.int8)
    status = np.zeros((series, windows), np.int32)
    present = np.ones((series, windows), bool)
    for place, (_, row) in enumerate(listed):
        _fill(place, row, numbers, counts)
        status[place] = row.outcomes.status
        if row.alert is not None:
            alert[place] = row.alert
        if row.present is not None:
            present[place] = row.present
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
        segments=tuple(segment.places),
        segment=repeated(names[:, 0]),
        columns=tuple(column.places),
        column=repeated(names[:, 1]),
        metrics=tuple(metric.places),
        metric=repeated(names[:, 2]),
        params=tuple(params.places),
        param=repeated(names[:, 3]),
        statuses=_STATUS_NAMES,
        status=flat(status),
        alert=flat(alert),
        **{name: flat(array) for name, array in (*numbers.items(), *counts.items())},
    )


_REALS = (
    *("value", "ci_low", "ci_high", "p_value", "q_value", "effect_size", "threshold"),
    "null_quantile",
)
_OF_OUTCOMES = ("value", "ci_low", "ci_high", "p_value", "effect_size", "null_quantile")
_COUNTS = ("n_reference", "n_current")


def _fill(
    place: int,
    row: Decided,
    numbers: Mapping[str, NDArray[np.float64]],
    counts: Mapping[str, NDArray[np.int64]],
) -> None:
    """One metric's arrays into the tables of all."""
    outcomes = row.outcomes
    for name in _OF_OUTCOMES:
        array = getattr(outcomes, name)
        if array is not None:
            numbers[name][place] = array
    if row.q_value is not None:
        numbers["q_value"][place] = row.q_value
    if row.threshold is not None:
        numbers["threshold"][place] = row.threshold
    for name in _COUNTS:
        counts[name][place] = getattr(outcomes, name)


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
