"""One table method on two frames: what every public function of this folder calls."""

from __future__ import annotations

from inspect import signature
from typing import Any

from simdrift.metrics import thresholds as rules
from simdrift.metrics.drift.multivariate.sample import TablePair, TableSample
from simdrift.metrics.drift.run import result_of
from simdrift.metrics.registry import checked_params
from simdrift.metrics.registry import method as registered
from simdrift.metrics.state import CurrentColumn, ReferenceColumn
from simdrift.metrics.thresholds import DEFAULT_ALPHA
from simdrift.metrics.values import DriftResult


def run(
    name: str,
    reference: object,
    current: object,
    params: dict[str, Any],
    threshold: float | None = None,
    *,
    alpha: float = DEFAULT_ALPHA,
    threads: int | None = None,
) -> DriftResult:
    """The registered table method of that name on two frames, as a `DriftResult`; parameters
    that are the defaults are not told."""
    from simdrift.columns import as_table

    spec = registered(name)
    defaults = signature(spec.function).parameters
    told = {key: value for key, value in params.items() if value != defaults[key].default}
    checked = checked_params(spec, params)
    threads = rules.checked_threads(threads)
    left, right = as_table(reference).columns, as_table(current).columns
    pair = TablePair(
        TableSample.of({k: ReferenceColumn(k, c, threads=threads) for k, c in left.items()}),
        TableSample.of({k: CurrentColumn(k, c, threads=threads) for k, c in right.items()}),
        threads=threads,
    )
    return result_of(spec, pair, checked, told, threshold, alpha)
