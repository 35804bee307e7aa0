"""Windows, segments and prepared references: what each costs, against its goal. Values are checked
first: windows of all of a run equal `Reference.compare` of their rows alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow.parquet as parquet

import bench_monitor
import simdrift as sd
from bench_results import copy_bytes
from markdown import table as markdown_table
from simdrift.benchmark.timing import interleaved, median
from simdrift.demo import flights

SECONDS_A_DAY = 86_400
ROWS, COLUMNS, DAYS = 1_000_000, 20, 1_000
FIELDS = ("column", "metric", "params", "value", "p_value", "status")


def frame(rows: int, days: int, segments: int = 0) -> dict[str, Any]:
    """Normal columns and a time that spreads over so many days."""
    rng = np.random.default_rng(days)
    data: dict[str, Any] = {f"c{i}": rng.normal(size=rows) for i in range(COLUMNS)}
    seconds = np.arange(rows) * (days * SECONDS_A_DAY) // rows
    data["t"] = np.datetime64("2020-01-01", "s") + seconds.astype("timedelta64[s]")
    if segments:
        data["segment"] = np.array([f"s{i}" for i in range(segments)])[np.arange(rows) % segments]
    return data


def spec_of(window: str, segmented: bool = False) -> sd.Spec:
    columns = sd.Columns(timestamp="t", ignore=("segment",) if segmented else ())
    end = {"start": "2020-01-01", "end": "2030-01-01"} if window == "all" else {}
    return sd.Spec(
        monitor="bench", columns=columns, window=window,
        segments=("segment",) if segmented else (), **end,
    )  # fmt: skip


def check(data: dict[str, Any], results: sd.Results, reference: sd.Reference) -> None:
    """Three windows, each beside the comparison of its rows alone."""
    days = data["t"].astype("datetime64[D]")
    for run in results.runs[:: max(1, len(results.runs) // 3)]:
        kept = days == np.datetime64(run.window_start.date())
        alone = reference.compare({name: values[kept] for name, values in data.items()})
        found = [r for r in results if r.run_id == run.run_id]
        pairs = [[tuple(getattr(r, f) for f in FIELDS) for r in rows if r.metric == "drift.ks"]
                 for rows in (found, alone.results)]  # fmt: skip
        assert pairs[0] == pairs[1], run


class Line:
    """A row of the table: how long something takes, and the most that it may, where that is set."""

    def __init__(self, what: str, seconds: float, goal: float | None, note: str = "") -> None:
        met = ["", ""] if goal is None else [text_of(goal), "yes" if seconds <= goal else "no"]
        self.cells = [what, text_of(seconds), *met, note]


def text_of(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 0.1 else f"{seconds * 1e3:.2f} ms"


def table(quick: bool) -> str:
    parts: list[Callable[[bool], list[Line]]] = [
        flight_days, days, many_rows, segments, moving, prepared, wide, encoded,
    ]  # fmt: skip
    lines = [line.cells for part in parts for line in part(quick)]
    return markdown_table(["work", "median", "goal", "met", ""], lines)


def flight_days(quick: bool) -> list[Line]:
    """The demo's monitor: 334 days of flights against January."""
    if not (flights.cache_folder() / flights.CACHE_NAME).is_file():
        return []
    rows = flights.flights()
    month = np.asarray(rows["month"])
    reference = sd.Reference.fit(rows.filter(month == 1), spec=flights.spec())
    later = rows.filter(month > 1)
    values = len(sd.monitor(flights.spec(), later, reference))
    run = {"days": lambda: sd.monitor(flights.spec(), later, reference)}
    seconds = interleaved(run, 1 if quick else 5)
    return [Line(f"flights demo, 334 windows, {values:,} values", median(seconds, "days"), 0.15)]


def days(quick: bool) -> list[Line]:
    """Many windows beside one of the same rows: of a thousand, a hundred and ten rows."""
    windows, rounds = (DAYS // 20, 1) if quick else (DAYS, 5)
    return [days_of(rows * windows, windows, rounds) for rows in (1_000, 100, 10)]


def days_of(rows: int, windows: int, rounds: int) -> Line:
    data = frame(rows, windows)
    first = {name: values[: rows // 5] for name, values in data.items()}
    one = sd.Reference.fit(first, spec=spec_of("all"))
    many = sd.Reference.fit(first, spec=spec_of("1d"))
    results = sd.monitor(spec_of("1d"), data, many)
    check(data, results, many)
    seconds = interleaved(
        {
            "one": lambda: sd.monitor(spec_of("all"), data, one),
            "many": lambda: sd.monitor(spec_of("1d"), data, many),
        },
        rounds,
    )
    alone, values = median(seconds, "one"), len(results)
    above = (median(seconds, "many") - alone) / values * 1e6
    return Line(
        f"{rows:,} x {COLUMNS}, {windows:,} daily windows, {values:,} values",
        median(seconds, "many"),
        1.5 * alone + 1.5e-6 * values,
        f"one window {text_of(alone)}, {above:.1f} us a value above it",
    )


def many_rows(quick: bool) -> list[Line]:
    """Windows of so many rows that what is made once a window does not count."""
    rows, windows = (ROWS // 10, DAYS // 50) if quick else (10 * ROWS, DAYS)
    data = frame(rows, windows)
    first = {name: values[: rows // 50] for name, values in data.items()}
    one = sd.Reference.fit(first, spec=spec_of("all"))
    many = sd.Reference.fit(first, spec=spec_of("1d"))
    seconds = interleaved(
        {
            "one": lambda: sd.monitor(spec_of("all"), data, one),
            "many": lambda: sd.monitor(spec_of("1d"), data, many),
        },
        1 if quick else 2,
    )
    what = f"{rows:,} x {COLUMNS}, {windows:,} daily windows, reference of {rows // 50:,}"
    alone = median(seconds, "one")
    note = f"one window {text_of(alone)}"
    return [Line(what, median(seconds, "many"), 1.5 * alone, note)]


def segments(quick: bool) -> list[Line]:
    """Windows of eight segments beside windows of all rows."""
    rows, windows = (ROWS // 20, DAYS // 20) if quick else (ROWS, DAYS)
    rounds = 1 if quick else 3
    return [
        split(rows, 10, rounds),
        split(rows // 10, windows, rounds),
    ]


def split(rows: int, windows: int, rounds: int) -> Line:
    data = frame(rows, windows, segments=8)
    plain = {name: values for name, values in data.items() if name != "segment"}
    part = {name: values[: rows // 5] for name, values in data.items()}
    by_segment = sd.Reference.fit(part, spec=spec_of("1d", segmented=True))
    whole = sd.Reference.fit(part, spec=spec_of("1d"))
    seconds = interleaved(
        {
            "whole": lambda: sd.monitor(spec_of("1d"), plain, whole),
            "split": lambda: sd.monitor(spec_of("1d", segmented=True), data, by_segment),
        },
        rounds,
    )
    what = f"{rows:,} x {COLUMNS}, 8 segments x {windows:,} days"
    alone = median(seconds, "whole")
    return Line(what, median(seconds, "split"), 2.0 * alone, f"without segments {text_of(alone)}")


def moving(quick: bool) -> list[Line]:
    """Each day against the day before it, beside a fixed reference."""
    windows = DAYS // 50 if quick else DAYS // 5
    data = frame(500 * windows, windows)
    day = {name: values[:500] for name, values in data.items()}
    fixed = sd.Reference.fit(day, spec=spec_of("1d"))
    before = sd.Spec(
        monitor="bench", columns=sd.Columns(timestamp="t"), window="1d",
        reference=sd.ReferenceSpec(moving="previous"),
    )  # fmt: skip
    seconds = interleaved(
        {
            "fixed": lambda: sd.monitor(spec_of("1d"), data, fixed),
            "before": lambda: sd.monitor(before, data),
        },
        1 if quick else 3,
    )
    alone = median(seconds, "fixed")
    what = f"{windows:,} days x {COLUMNS} of 500 rows, each against the day before"
    note = f"a fixed reference {text_of(alone)}"
    return [Line(what, median(seconds, "before"), None, note)]


def prepared(quick: bool) -> list[Line]:
    """One comparison with a prepared reference: of many rows, and of a day of taxis."""
    rows = ROWS if quick else 10 * ROWS
    rng = np.random.default_rng(1)
    reference = sd.Reference.fit({"x": rng.normal(size=200_000)})
    current = {"x": rng.normal(0.01, size=rows)}
    seconds = interleaved({"one": lambda: reference.compare(current)}, 3 if quick else 15)
    what = f"{rows:,} rows against a prepared reference of 200,000"
    lines = [Line(what, median(seconds, "one"), 0.015)]
    files = [bench_monitor.FOLDER / name for name in bench_monitor.MONTHS]
    return [*lines, *taxi_day(quick)] if all(path.is_file() for path in files) else lines


def taxi_day(quick: bool) -> list[Line]:
    """2,500 trips with five columns."""
    columns = list(bench_monitor.SEVEN[:5])
    january, february = (
        parquet.read_table(bench_monitor.FOLDER / name, columns=columns)
        for name in bench_monitor.MONTHS
    )
    day, reference = february.slice(20_000, 2_500).combine_chunks(), sd.Reference.fit(january)
    seconds = interleaved({"day": lambda: reference.compare(day)}, 10 if quick else 100)
    what = f"a day of taxis (2,500 x {len(columns)}) against a prepared January"
    return [Line(what, median(seconds, "day"), 0.5e-3)]


def wide(quick: bool) -> list[Line]:
    """A table of many short columns."""
    columns = 100 if quick else 1_000
    rng = np.random.default_rng(2)
    sides = [{f"c{i}": rng.normal(size=500) for i in range(columns)} for _ in range(2)]
    seconds = interleaved({"compare": lambda: sd.compare(*sides)}, 3 if quick else 15)
    return [Line(f"{columns:,} columns x 500 rows, compare", median(seconds, "compare"), 0.025)]


def encoded(quick: bool) -> list[Line]:
    """Results to the bytes that COPY takes."""
    windows = DAYS // 10 if quick else DAYS
    data = frame(20 * windows, windows)
    first = {name: values[: 4 * windows] for name, values in data.items()}
    results = sd.monitor(spec_of("1d"), data, sd.Reference.fit(first, spec=spec_of("1d")))
    seconds = interleaved({"copy": lambda: copy_bytes(results)}, 3 if quick else 15)
    what = f"{len(results):,} values to COPY bytes"
    return [Line(what, median(seconds, "copy"), 1e-6 * len(results))]
