"""Rows of results: from arrays, to rows, frames and the bytes that COPY takes; microseconds a
value. A thousand windows of eighty-three values each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bench_store import DAY, FIRST
from markdown import table as markdown_table
from measured import note
from simdrift.benchmark.timing import interleaved, median
from simdrift.results import Results, Run
from simdrift.results.identity import identified
from simdrift.results.table import Head, ResultTable
from simdrift.store.copying import values_binary
from simdrift.store.encode import batch_from_results

WINDOWS, QUICK_WINDOWS = 1_000, 100
COLUMNS = 20
METRICS = 4
TABLE_METRICS = 3
A_WINDOW = COLUMNS * METRICS + TABLE_METRICS


def table(quick: bool) -> str:
    windows = QUICK_WINDOWS if quick else WINDOWS
    runs, rows = columns(windows)
    results = Results.from_table(rows, runs)
    found = results.rows
    check(results)
    lines: dict[str, Callable[[], Any]] = {
        "results from arrays": lambda: Results.from_table(rows, runs),
        "results from rows": lambda: Results(found, runs),
        "arrays to rows": rows.rows,
        "filter by column and metric": lambda: results.filter(column="x3", metric="drift.m1"),
        "to_arrow": results.to_arrow,
        "to_pandas": results.to_pandas,
        "to JSON": results.to_json,
        "rows of results to COPY bytes": lambda: copy_bytes(results),
    }
    seconds = interleaved(lines, 3 if quick else 15)
    for name in lines:
        note(f"results, {name}", len(results), median(seconds, name))
    head = [f"{len(results):,} values of {windows:,} windows", "median", "us a value"]
    return markdown_table(head, [line(name, median(seconds, name), len(results)) for name in lines])


def line(name: str, seconds: float, values: int) -> list[str]:
    return [name, f"{seconds * 1e3:.1f} ms", f"{seconds / values * 1e6:.2f}"]


def columns(windows: int) -> tuple[list[Run], ResultTable]:
    """Runs of days, and their values as arrays."""
    runs = [
        identified(
            Run(None, "bench", "data", "m", "1", "1d", FIRST + day * DAY, FIRST + (day + 1) * DAY,
                FIRST, FIRST, 1000, "0.1.0", "s", "d", "r")
        )
        for day in range(windows)
    ]  # fmt: skip
    heads = [
        Head(run.run_id, run.dataset, run.model, run.model_version, run.window_start,
             run.window_end, run.grain)
        for run in runs
    ]  # fmt: skip
    size = windows * A_WINDOW
    place = np.tile(np.arange(A_WINDOW, dtype=np.int32), windows)
    of_table = place >= COLUMNS * METRICS
    metric = np.where(of_table, METRICS + place - COLUMNS * METRICS, place % METRICS)
    judged = metric == 0
    absent = np.full(size, np.nan)
    none = np.zeros(size, dtype=np.int32)
    return runs, ResultTable(
        heads=tuple(heads),
        head=np.repeat(np.arange(windows, dtype=np.int32), A_WINDOW),
        segments=("",),
        segment=none,
        columns=(*(f"x{number}" for number in range(COLUMNS)), ""),
        column=np.where(of_table, COLUMNS, place // METRICS).astype(np.int32),
        metrics=tuple(f"drift.m{number}" for number in range(METRICS + TABLE_METRICS)),
        metric=metric.astype(np.int32),
        params=("", "q=0.5"),
        param=(metric == 3).astype(np.int32),
        statuses=("ok", "constant"),
        status=(place % 17 == 5).astype(np.int32),
        value=np.where(place % 17 == 5, np.nan, np.arange(size) * 0.001),
        ci_low=absent,
        ci_high=absent,
        p_value=np.where(judged, 0.5, np.nan),
        q_value=np.where(judged, 0.6, np.nan),
        effect_size=absent,
        threshold=np.where(judged, 0.1, np.nan),
        null_quantile=np.where(judged, 0.05, np.nan),
        alert=np.where(judged, place % 5 == 0, -1).astype(np.int8),
        n_reference=np.where(judged, 1000, -1),
        n_current=np.full(size, 1000),
    )


def copy_bytes(results: Results) -> list[bytes]:
    batch = batch_from_results(results)
    return list(values_binary(batch, np.arange(len(batch.series), dtype=np.int32)))


def check(results: Results) -> None:
    """Arrays, rows and frames say the same."""
    assert Results(results.rows, results.runs) == results
    assert results.to_arrow()["value"].to_pylist() == [row.value for row in results]
    assert copy_bytes(Results(results.rows, results.runs)) == copy_bytes(results)
