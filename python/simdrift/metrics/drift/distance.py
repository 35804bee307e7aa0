"""Drift of numbers as a distance between their distributions, in their own unit."""

from __future__ import annotations

from typing import Any

from simdrift.metrics.drift.run import run
from simdrift.metrics.registry import drift_method
from simdrift.metrics.state import ORDERED, ColumnPair
from simdrift.metrics.values import (
    CONSTANT,
    DEGENERATE,
    OK,
    TOO_FEW_ROWS,
    DriftResult,
    Outcome,
)


@drift_method("wasserstein", kinds=ORDERED, rule="distance", needs_values=False)
def measure_wasserstein(pair: ColumnPair) -> Outcome:
    """W1 = integral |F - G|, in the column's unit (temporal: seconds), of the finite rows."""
    found = pair.two_sample
    value, status = _w1(pair, found)
    n, m = found["wasserstein_n"], found["wasserstein_m"]
    return Outcome(value, status, n_reference=n, n_current=m)


def wasserstein(
    reference: object,
    current: object,
    *,
    threshold: float | None = None,
    threads: int | None = None,
) -> DriftResult:
    """Wasserstein-1 (earth mover's) distance of two numeric samples, in their unit; temporal
    columns in seconds. Only finite rows take part. Equals
    `scipy.stats.wasserstein_distance`.

    >>> from simdrift.metrics import drift
    >>> drift.wasserstein([0.0, 1.0, 3.0], [5.0, 6.0, 8.0]).value
    5.0
    """
    return run("wasserstein", reference, current, {}, threshold, threads=threads)


@drift_method(
    "wasserstein_normed", kinds=ORDERED, rule="distance", threshold=0.1, needs_values=False
)
def measure_wasserstein_normed(pair: ColumnPair) -> Outcome:
    """W1 in standard deviations (ddof 1) of the reference."""
    found = pair.two_sample
    value, status = _w1(pair, found)
    if status == OK:
        status = pair.reference.profile["variance_status"]
        std = pair.reference.profile["std"] * pair.reference.unit_seconds
        if status in (OK, CONSTANT) and std == 0.0:
            status = DEGENERATE if value == 0.0 else CONSTANT
        value = value / std if status == OK and value is not None else None
    n, m = found["wasserstein_n"], found["wasserstein_m"]
    return Outcome(value, status, n_reference=n, n_current=m)


def wasserstein_normed(
    reference: object,
    current: object,
    *,
    threshold: float | None = None,
    threads: int | None = None,
) -> DriftResult:
    """Wasserstein-1 distance in standard deviations (ddof 1) of the reference; default
    threshold 0.1. A constant reference has none: status 'constant', or 'degenerate' where the
    current sample is the same constant.

    >>> from simdrift.metrics import drift
    >>> drift.wasserstein_normed([0.0, 1.0, 2.0], [0.5, 1.5, 2.5]).value
    0.5
    """
    return run("wasserstein_normed", reference, current, {}, threshold, threads=threads)


def _w1(pair: ColumnPair, found: Any) -> tuple[float | None, str]:
    status = found["wasserstein_status"] if found["status"] == OK else found["status"]
    if status == OK and min(found["wasserstein_n"], found["wasserstein_m"]) == 0:
        status = TOO_FEW_ROWS
    if status != OK:
        return None, status
    return found["wasserstein"] * pair.reference.unit_seconds, OK
