"""One table method on two frames: what every public function of this folder calls."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any

from simdrift._core import Column
from simdrift._types import Progress
from simdrift.metrics.checks import checked_threads
from simdrift.metrics.columns import ColumnState, CurrentColumn, ReferenceColumn
from simdrift.metrics.drift.run import Weights, result_of
from simdrift.metrics.drift.table.sample import TablePair, TableSample
from simdrift.metrics.registry import checked_params
from simdrift.metrics.registry import method as registered
from simdrift.metrics.thresholds import DEFAULT_ALPHA
from simdrift.metrics.values import DriftResult
from simdrift.metrics.weights import both_sides


def run(
    name: str,
    reference: object,
    current: object,
    params: dict[str, Any],
    threshold: float | None = None,
    *,
    alpha: float = DEFAULT_ALPHA,
    weights: Weights = None,
    threads: int | None = None,
    progress: Progress = None,
) -> DriftResult:
    """The registered table method of that name on two frames, as a `DriftResult`; parameters
    that are the defaults are not shown."""
    from simdrift.columns import as_table

    if progress is not None and not callable(progress):
        raise TypeError(f"progress: expected a callable (done, total) or None, found {progress!r}")
    spec = registered(name)
    defaults = signature(spec.function).parameters
    shown = {key: value for key, value in params.items() if value != defaults[key].default}
    checked = checked_params(spec, params)
    threads = checked_threads(threads)
    left, right = as_table(reference).columns, as_table(current).columns
    x: dict[str, ColumnState] = {}
    y: dict[str, ColumnState] = {}
    sides = both_sides(weights, (_rows(left), _rows(right)))
    before, now = (None, None) if sides is None else sides
    for name, column in left.items():
        x[name] = ReferenceColumn(name, column, before, threads=threads)
    for name, column in right.items():
        y[name] = CurrentColumn(name, column, now, threads=threads)
    pair = TablePair(TableSample.of(x), TableSample.of(y), threads=threads, progress=progress)
    return result_of(spec, pair, checked, shown, threshold, alpha)


def _rows(columns: Mapping[str, Any]) -> int | None:
    """Rows of a table; None where no column can be read."""
    return next((len(c) for c in columns.values() if isinstance(c, Column)), None)
