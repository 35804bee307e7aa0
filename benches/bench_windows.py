"""Windows and segments: what many windows cost beside one. Values are checked first: windows that
are drawn at random equal `Reference.compare` of their rows alone."""

from __future__ import annotations

from typing import Any

import numpy as np

import simdrift as sd
from markdown import table as markdown_table
from timing import interleaved, median, ratio

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


def table(quick: bool) -> str:
    rows, days, rounds = (ROWS // 10, DAYS // 10, 2) if quick else (ROWS, DAYS, 5)
    data, split = frame(rows, days), frame(rows // 10, days, segments=8)
    first = {name: values[: rows // 5] for name, values in data.items()}
    part = {name: values[: rows // 50] for name, values in split.items()}
    one = sd.Reference.fit(first, spec=spec_of("all"))
    many = sd.Reference.fit(first, spec=spec_of("1d"))
    segments = sd.Reference.fit(part, spec=spec_of("1d", segmented=True))
    whole = sd.Reference.fit(part, spec=spec_of("1d"))
    results = sd.monitor(spec_of("1d"), data, many)
    check(data, results, many)
    split_plain = {name: values for name, values in split.items() if name != "segment"}
    seconds = interleaved(
        {
            "one": lambda: sd.monitor(spec_of("all"), data, one),
            "many": lambda: sd.monitor(spec_of("1d"), data, many),
            "whole": lambda: sd.monitor(spec_of("1d"), split_plain, whole),
            "segments": lambda: sd.monitor(spec_of("1d", segmented=True), split, segments),
        },
        rounds,
    )
    values = len(results)
    extra = (median(seconds, "many") - median(seconds, "one")) / values * 1e6
    lines = [
        [f"{rows:,} x {COLUMNS}, {days:,} daily windows, {values:,} values",
         f"{median(seconds, 'many'):.2f} s", f"{ratio(seconds, 'many', 'one'):.1f}x one window",
         f"{extra:.1f} us a value above it"],
        [f"{rows // 10:,} x {COLUMNS}, 8 segments x {days:,} days",
         f"{median(seconds, 'segments'):.2f} s",
         f"{ratio(seconds, 'segments', 'whole'):.1f}x without segments", ""],
    ]  # fmt: skip
    return markdown_table(["windows", "median", "against", ""], lines)
