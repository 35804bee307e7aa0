"""Service health: what a recorder adds to a request, beside prometheus_client's timer of one, and a
log of requests beside pandas. Both give the same numbers, which is checked first."""

from __future__ import annotations

import tempfile
from typing import Any

import numpy as np
import pandas as pd
from prometheus_client import CollectorRegistry, Counter, Histogram

import simdrift as sd
from markdown import table as markdown_table
from simdrift.benchmark.timing import interleaved, median, ratio

REQUESTS, ROWS, HOURS = 20_000, 1_000_000, 240
GOAL = 2.0
"""Microseconds a request."""


def table(quick: bool) -> str:
    return markdown_table(
        ["service", "median", "goal", "met", "against"],
        [_recorder(REQUESTS // 10 if quick else REQUESTS), _health(ROWS // 10 if quick else ROWS)],
    )


def _recorder(requests: int) -> list[str]:
    registry = CollectorRegistry()
    timer = Histogram("latency", "of a request", registry=registry)
    answers = Counter("answers", "by status", ["status"], registry=registry)
    with tempfile.TemporaryDirectory() as folder:
        recorder = sd.service.Recorder(folder, every=None)

        def recorded() -> None:
            for _ in range(requests):
                with recorder.request("/predict") as request:
                    request.status = 200

        def peer() -> None:
            for _ in range(requests):
                with timer.time():
                    pass
                answers.labels("200").inc()

        def alone() -> None:
            for _ in range(requests):
                pass

        seconds = interleaved({"ours": recorded, "peer": peer, "alone": alone}, 7)
        recorder.close()
        rows = sum(run.rows for run in sd.service.health(folder, window="1d").runs)
        assert rows + recorder.lost == requests * 8  # one round is not counted
    own = (median(seconds, "ours") - median(seconds, "alone")) / requests * 1e6
    return [
        "a request through a Recorder, above the loop", f"{own:.2f} us", f"{GOAL:g} us",
        "yes" if own <= GOAL else "no",
        f"prometheus_client's Histogram and Counter {ratio(seconds, 'peer', 'ours'):.1f}x",
    ]  # fmt: skip


def _health(rows: int) -> list[str]:
    rng = np.random.default_rng(0)
    seconds = np.arange(rows) * (HOURS * 3600) // rows
    log: dict[str, Any] = {
        "time": np.datetime64("2024-01-01", "s") + seconds.astype("timedelta64[s]"),
        "ms": rng.lognormal(4.0, 1.0, rows),
        "code": rng.choice(np.array([200, 404, 503]), rows),
    }
    frame = pd.DataFrame(log)
    roles = {"timestamp": "time", "latency": "ms", "status": "code"}

    def peer() -> pd.DataFrame:
        by_hour = frame.groupby(frame.time.dt.floor("h"))
        found = by_hour.ms.quantile([0.5, 0.9, 0.95, 0.99, 1.0]).unstack()
        found["errors"] = (frame.code >= 500).groupby(frame.time.dt.floor("h")).mean()
        return found

    ours, theirs = sd.service.health(log, roles), peer()
    for name, column in (("latency_p99", 0.99), ("latency_max", 1.0), ("error_ratio", "errors")):
        values = [row.value for row in ours.filter(metric=f"service.{name}")]
        assert np.allclose(values, theirs[column], rtol=1e-12)
    taken = interleaved({"ours": lambda: sd.service.health(log, roles), "peer": peer}, 5)
    return [
        f"a log of {rows:,} requests, {HOURS} hours, 10 metrics", f"{median(taken, 'ours'):.3f} s",
        "", "", f"pandas' groupby, 6 of them {ratio(taken, 'peer', 'ours'):.1f}x",
    ]  # fmt: skip
