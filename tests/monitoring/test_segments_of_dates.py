"""Segments of dates are labelled as dates, and not compared with themselves."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import simdrift as sd
from simdrift.monitoring import Columns, Reference, ReferenceSpec, Spec, monitor

N = 480
DAYS = np.repeat(np.array(["2024-01-01", "2024-01-02"], "datetime64[us]"), N // 2)
KINDS = {
    "microseconds": pa.array(DAYS),
    "date32": pa.array(DAYS.astype("datetime64[D]")),
    "nanoseconds": pa.array(DAYS.astype("datetime64[ns]")),
    "Berlin": pa.array(DAYS - np.timedelta64(1, "h")).cast(pa.timestamp("us", "Europe/Berlin")),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_segment_of_dates_is_named_by_its_date(kind: str) -> None:
    table = pa.table({"day": KINDS[kind], "x": np.arange(float(N)) % 7})
    spec = Spec(monitor="m", window="all", segments=["day"])
    for results in (
        sd.compare(table, table, segments=["day"]).results,
        sd.compare(table, {"day": DAYS, "x": np.arange(float(N)) % 7}, segments=["day"]).results,
        Reference.fit(table, spec=spec).compare(table).results,
    ):
        segments = {row.segment for row in results}
        assert segments == {"", "day=2024-01-01", "day=2024-01-02"}
        inside = results.filter(segment="day=2024-01-01")
        drift = {row.column for row in inside if row.metric.startswith("drift.")}
        assert drift == {"", "x"}
        assert {row.n_current for row in inside if row.metric == "drift.ks"} == {N // 2}


@pytest.mark.parametrize("moving", [False, True])
def test_a_segment_of_a_monitor_is_not_compared_with_itself(moving: bool) -> None:
    hours = np.datetime64("2024-01-01T00", "us") + np.arange(N).astype("m8[h]")
    table = {"t": hours, "x": np.arange(float(N)) % 7, "k": ["a", "b"] * (N // 2)}
    reference = ReferenceSpec(moving="previous") if moving else ReferenceSpec(end="2024-01-11")
    spec = Spec(
        monitor="m",
        columns=Columns(timestamp="t"),
        segments=["k"],
        reference=reference,
        window="10d",
    )
    results = monitor(spec, table)
    for segment, expected in (("", {"", "x", "k"}), ("k=a", {"", "x"})):
        rows = results.filter(segment=segment)
        assert {r.column for r in rows if r.metric.startswith("drift.")} == expected
