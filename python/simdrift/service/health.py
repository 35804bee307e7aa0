"""`health`: the metrics of a request log by window and segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from simdrift._errors import SpecError
from simdrift._types import Progress
from simdrift.monitoring.entry import monitor
from simdrift.monitoring.spec import Columns, Metrics, Spec
from simdrift.monitoring.spec_errors import found
from simdrift.monitoring.spec_parts import SERVICE_ROLES, ServiceSpec
from simdrift.results import Results

ROLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "timestamp": "time",
        "latency": "latency_ms",
        "status": "status",
        "memory": "memory",
        "heartbeat": "heartbeat",
    }
)
"""The columns of a log that a `Recorder` writes."""
_KNOWN: Final = ("timestamp", *SERVICE_ROLES)


def health(
    log: object,
    roles: Mapping[str, str] | None = None,
    *,
    window: str = "1h",
    segments: str | Sequence[str | Sequence[str]] = (),
    timezone: str = "UTC",
    start: datetime | date | str | None = None,
    end: datetime | date | str | None = None,
    thresholds: Mapping[str, float] | None = None,
    latency_unit: str = "ms",
    failed_from: int = 500,
    failed: Sequence[str] | None = None,
    apdex_target: float = 500.0,
    slot: int = 60,
    monitor_name: str = "service",
    dataset: str = "",
    model: str = "",
    model_version: str = "",
    progress: Progress = None,
    threads: int | None = None,
) -> Results:
    """The rows `service.*` of a request log, by window and segment; windows without a request
    between others are there, too: their rate and uptime are 0.

    `log`: a frame or files, as `compare` takes them. `roles`: the log's columns: "timestamp", and
    any of "latency" (a duration, or a number of `latency_unit`), "status" (an HTTP status, true or
    false, or text), "memory" (bytes), "heartbeat" (true where a row is no request); by default
    those of a `Recorder`. A number from `failed_from` on, false, or one of the texts `failed` is a
    failed request. `apdex_target`: milliseconds; `slot`: seconds that a request shows to be up.
    `thresholds`: from which value on a metric alerts, as {"service.error_ratio": 0.01}. `start`,
    `end`: from when to when the log is whole; else from its first row to its last. The rest as in
    a `Spec`. SpecError for an argument that can't be used; data never raise.

    >>> import numpy as np
    >>> seconds = np.datetime64("2024-01-01T08:00:00", "s") + np.arange(120).astype("m8[s]")
    >>> log = {"t": seconds, "ms": np.arange(120.0), "code": np.repeat([200, 503], [114, 6])}
    >>> results = health(log, {"timestamp": "t", "latency": "ms", "status": "code"})
    >>> [(r.metric, r.value) for r in results if r.metric in ("service.latency_p50",
    ...                                                       "service.error_ratio")]
    [('service.latency_p50', 59.5), ('service.error_ratio', 0.05)]
    """
    service: dict[str, Any] = {
        "latency_unit": latency_unit, "failed_from": failed_from, "apdex_target": apdex_target,
        "slot": slot,
    }  # fmt: skip
    if failed is not None:
        service["failed"] = failed
    spec = Spec(
        monitor=monitor_name,
        dataset=dataset,
        model=model,
        model_version=model_version,
        columns=Columns(**_checked(ROLES if roles is None else roles), features=()),
        segments=segments,
        window=window,
        timezone=timezone,
        start=start,
        end=end,
        metrics=Metrics(quality=()),
        thresholds=dict(thresholds or {}),
        service=ServiceSpec(**service),
    )
    return monitor(spec, log, progress=progress, threads=threads)


def _checked(roles: object) -> dict[str, str]:
    """The roles; SpecError for one that a log does not have, or without a time."""
    if not isinstance(roles, Mapping):
        raise SpecError(
            "roles: expected a dict such as {'timestamp': 'time', 'latency': 'ms'}, found "
            f"{found(roles)}"
        )
    for name in roles:
        if name not in _KNOWN:
            raise SpecError(f"roles: expected some of {', '.join(_KNOWN)}, found {name!r}")
    if roles.get("timestamp") is None:
        raise SpecError("roles: 'timestamp' is missing: expected the column of a request's time")
    if len(roles) == 1:
        raise SpecError(
            f"roles: expected one of {', '.join(SERVICE_ROLES)} beside 'timestamp', found none"
        )
    return dict(roles)
