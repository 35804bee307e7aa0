"""One result row, one run, one histogram: the same names in Python, SQL, JSON and Grafana.

Rows are NamedTuples, not frozen dataclasses: a month of windows makes tens of thousands of
them, they are built some five times faster, and go to COPY and to columns as they are.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Result(NamedTuple):
    """One metric of one column in one window. `value` is None exactly where `status` is not
    'ok'.

    >>> from uuid import NAMESPACE_DNS, uuid5
    >>> row = Result(uuid5(NAMESPACE_DNS, "run"), "flights", "", "", None, None, "all", "",
    ...              "air_time", "quality.missing_share", 0.25)
    >>> row.metric, row.value, row.status
    ('quality.missing_share', 0.25, 'ok')
    """

    run_id: UUID
    dataset: str
    model: str
    model_version: str
    window_start: datetime | None
    window_end: datetime | None
    grain: str
    segment: str
    column: str
    metric: str
    value: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None
    q_value: float | None = None
    effect_size: float | None = None
    threshold: float | None = None
    alert: bool | None = None
    status: str = "ok"
    null_quantile: float | None = None
    n_reference: int | None = None
    n_current: int | None = None
    params: str = ""


class Run(NamedTuple):
    """One computed window of one monitor. `run_id` is a UUIDv5 of the identity fields and the
    digests, so the same work has the same id (`simdrift.results.identity`)."""

    run_id: UUID
    monitor: str
    dataset: str
    model: str
    model_version: str
    grain: str
    window_start: datetime | None
    window_end: datetime | None
    started_at: datetime
    finished_at: datetime
    rows: int
    library_version: str
    spec_digest: str
    data_digest: str
    reference_digest: str


class Histogram(NamedTuple):
    """Counts of reference and current over the same cells: numeric ones have `edges`
    (len(counts) - 1 of them: the outer cells are open), categorical ones `labels`."""

    run_id: UUID
    segment: str
    column: str
    edges: tuple[float, ...] | None
    labels: tuple[str, ...] | None
    reference: tuple[float, ...]
    current: tuple[float, ...]
