"""Flows: one run of a monitor, and a backfill interval by interval."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from prefect import flow, get_run_logger
from prefect.artifacts import create_progress_artifact, update_progress_artifact

from simdrift._errors import SimdriftError
from simdrift.integrations import work
from simdrift.integrations.prefect.tasks import compute_windows, publish_artifacts, write_results


class AlertsFound(SimdriftError):
    """A monitor alerts and the flow was asked to fail then; everything is stored."""


@flow(name="simdrift monitor", persist_result=False)
def monitor_flow(
    spec: str,
    store: str | None = None,
    after: datetime | None = None,
    until: datetime | None = None,
    threads: int | None = None,
    fail_on_alert: bool = False,
) -> dict[str, Any]:
    """Computes the windows of the monitor in the file `spec`, stores them, publishes artifacts.

    `store`: the name of a saved SimdriftStore block; None: SIMDRIFT_DSN, else the embedded
    server. Returns the run in plain values. AlertsFound where something alerts, or no window has
    rows, and `fail_on_alert`, after everything is stored and published.
    """
    computed = compute_windows(spec, after=after, until=until, threads=threads)
    summary = write_results(computed, store)
    publish_artifacts(computed, summary)
    if fail_on_alert and summary.alarm:
        raise AlertsFound(f"{summary.alarm}; all of it is stored")
    return summary.as_dict()


@flow(name="simdrift backfill", persist_result=False)
def backfill_flow(
    spec: str,
    start: datetime,
    end: datetime,
    store: str | None = None,
    days: int = 30,
    threads: int | None = None,
) -> list[dict[str, Any]]:
    """Computes and stores the windows that end after `start` and not after `end`, some `days` at
    a time, each interval committed before the next begins.

    Windows that are stored already do not change: a backfill that was stopped is started again.
    Returns the stretches in plain values.
    """
    first, last = work.timestamp(start), work.timestamp(end)
    assert first is not None
    assert last is not None
    parts = list(work.stretches(first, last, days))
    progress = create_progress_artifact(0.0, description=f"backfill of {spec}")
    done = []
    for number, (after, until) in enumerate(parts, 1):
        computed = compute_windows(spec, after=after, until=until, threads=threads)
        done.append(write_results(computed, store))
        update_progress_artifact(progress, 100.0 * number / len(parts))
        get_run_logger().info("%s to %s: %d windows", after, until, done[-1].windows)
    return [summary.as_dict() for summary in done]
