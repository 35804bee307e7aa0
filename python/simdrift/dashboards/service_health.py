"""Service health: latency, requests, errors, uptime, memory of the service that predicts."""

from __future__ import annotations

from simdrift.dashboards.panels import Dashboard, Panel, Step, Unit
from simdrift.dashboards.sql import CHOSEN, DATASET, EVENTS, GRAIN, MODEL, MODELS, SEGMENT, SEGMENTS

_LOG = "Monitor a request log: `simdrift.service.health`, or a `simdrift.service.Recorder`."


def _service(title: str, description: str, unit: Unit, names: tuple[str, ...]) -> Panel:
    listed = ", ".join(f"'service.{name}'" for name in names)
    return Panel(
        title,
        description,
        "lines",
        unit,
        f"""select d.ts as time,
    concat_ws(' ', substr(d.metric, length('service.') + 1), {MODEL}) as metric, d.value
from simdrift.dashboard_result as d
where {CHOSEN}
    and d.metric in ({listed}) and {SEGMENT}
order by 1, 2""",
        12,
        8,
        _LOG,
        tuple(f"service.{name}" for name in names),
        (Step(None, "blue"),),
    )


dashboard = Dashboard(
    uid="simdrift-service-health",
    title="simdrift / Service health",
    description="Latency, requests, errors, uptime and memory of a request log.",
    variables=(DATASET, MODELS, GRAIN, SEGMENTS),
    annotations=EVENTS,
    panels=(
        _service(
            "Latency",
            "Quantiles of the time to answer, in milliseconds.",
            "ms",
            ("latency_p50", "latency_p90", "latency_p95", "latency_p99", "latency_max"),
        ),
        _service("Requests", "Requests a second, by window.", "reqps", ("request_rate",)),
        _service(
            "Errors", "Share of requests that failed, by window.", "percentunit", ("error_ratio",)
        ),
        _service(
            "Uptime",
            "Share of the windows with an answered request or a heartbeat.",
            "percentunit",
            ("uptime_ratio",),
        ),
        _service(
            "Memory", "Mean and largest resident memory.", "bytes", ("memory_mean", "memory_max")
        ),
        _service("Apdex", "Satisfied plus half of tolerated, of all requests.", "none", ("apdex",)),
    ),
)
