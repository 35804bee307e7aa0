"""Segments: every number is that of the segment's own rows, on both sides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats

import simdrift as sd
from simdrift._errors import SpecError
from simdrift.columns import as_table
from simdrift.monitoring import Columns, Metrics, Reference, ReferenceSpec, Spec, monitor
from simdrift.monitoring.segments import LEAST_ROWS, found_segments, rows_by_segment


def made(spec: Spec, **changes: Any) -> Spec:
    values = {**spec.model_dump(), **changes}
    return Spec(**values)


@pytest.fixture(scope="module")
def segmented(spec: Spec) -> Spec:
    stretch = ReferenceSpec(start="2020-03-01", end="2020-03-11")
    later = {"reference": stretch, "start": "2020-03-11", "window": "7d"}
    return made(spec, segments=["c", ["c", "k"]], **later)


@pytest.fixture(scope="module")
def frame(table: pa.Table) -> pd.DataFrame:
    found = table.to_pandas()
    found["day"] = found["t"].dt.tz_convert("America/New_York").dt.date
    return found


def test_a_segment_is_compared_with_its_own_rows_of_the_reference(
    table: pa.Table, frame: pd.DataFrame, segmented: Spec
) -> None:
    results = monitor(segmented, table)
    first = results.runs[0]
    assert first.window_start is not None
    days = frame["t"].dt.tz_convert("America/New_York")
    before = frame[days < "2020-03-11"]
    now = frame[(days >= first.window_start) & (days < first.window_end)]
    for segment, rows, others in (
        ("c=ü", before[before["c"] == "ü"], now[now["c"] == "ü"]),
        (
            "c=a & k=3",
            before[(before["c"] == "a") & (before["k"] == 3)],
            now[(now["c"] == "a") & (now["k"] == 3)],
        ),
    ):
        found = results.filter(segment=segment)
        drift = [r for r in found if r.run_id == first.run_id and r.metric == "drift.ks"]
        (ks,) = [r for r in drift if r.column == "x"]
        expected = stats.ks_2samp(rows["x"].dropna(), others["x"].dropna())
        assert ks.value == pytest.approx(expected.statistic, rel=1e-12)
        assert (ks.n_reference, ks.n_current) == (rows["x"].count(), others["x"].count())
        error = (others["p"] - others["y"]).dropna()
        (mae,) = [r for r in found if r.run_id == first.run_id and r.metric == "performance.mae"]
        assert mae.value == pytest.approx(error.abs().mean(), rel=1e-9)


def test_the_tests_of_all_segments_of_a_window_are_one_family(
    table: pa.Table, segmented: Spec
) -> None:
    results = monitor(made(segmented, correction="bonferroni"), table)
    run = results.runs[0].run_id
    tests = [
        r for r in results if r.run_id == run and r.p_value is not None and r.metric == "drift.ks"
    ]
    family = [
        r
        for r in results
        if r.run_id == run
        and r.p_value is not None
        and r.metric.startswith("drift.")
        and r.metric != "drift.missing_share"
    ]
    assert len({r.segment for r in tests}) > 5
    for test in tests:
        assert test.q_value == pytest.approx(min(1.0, (test.p_value or 0.0) * len(family)))


def test_a_saved_reference_keeps_its_segments(
    table: pa.Table, segmented: Spec, tmp_path: Path
) -> None:
    reference = Reference.fit(table.slice(0, 3000), spec=segmented)
    reference.save(tmp_path / "reference.sdr")
    loaded = Reference.load(tmp_path / "reference.sdr")
    assert loaded.digest == reference.digest
    batch = table.slice(3000, 2000)
    fresh, again = (side.compare(batch).results for side in (reference, loaded))
    assert len({row.segment for row in fresh}) > 5
    assert [row[7:] for row in fresh] == [row[7:] for row in again]


def test_a_segment_without_rows_in_a_window_is_empty(table: pa.Table, segmented: Spec) -> None:
    reference = Reference.fit(table, spec=segmented)
    frame = table.to_pandas()
    report = reference.compare(frame[frame["c"] != "b"])
    rows = report.results.filter(segment="c=b", metric="drift.ks")
    assert {row.status for row in rows} == {"empty"}
    assert report.results.filter(segment="c=a", metric="drift.ks")[0].status == "ok"


def test_values_with_few_reference_rows_are_no_segments() -> None:
    labels = ["often"] * LEAST_ROWS + ["seldom"] * (LEAST_ROWS - 1)
    frame = as_table({"k": labels})
    (segment,) = found_segments(frame, [("k",)], None)
    assert segment.text == "k=often"
    rows = rows_by_segment(frame, [segment], None)
    assert np.array_equal(rows["k=often"], np.arange(LEAST_ROWS))


def test_rows_whose_value_is_missing_are_in_no_segment() -> None:
    labels = [None, "a"] * LEAST_ROWS
    frame = as_table({"k": labels, "v": labels})
    segments = found_segments(frame, [("k",), ("k", "v")], None)
    assert [segment.text for segment in segments] == ["k=a", "k=a & v=a"]
    rows = rows_by_segment(frame, segments, None)
    assert all(np.array_equal(own, np.arange(1, 2 * LEAST_ROWS, 2)) for own in rows.values())


def test_compare_takes_segments() -> None:
    rng = np.random.default_rng(5)
    zone = np.repeat(["north", "south"], 1000)
    x = rng.normal(size=2000)
    moved = x + 2.0 * (zone == "south")
    report = sd.compare({"x": x, "zone": zone}, {"x": moved, "zone": zone}, segments=["zone"])
    found = report.results.filter(metric="drift.ks", column="x")
    assert {row.segment for row in found} == {"", "zone=north", "zone=south"}
    north, south = (
        report.results.filter(metric="drift.ks", column="x", segment=f"zone={name}")[0].value
        for name in ("north", "south")
    )
    assert north == 0.0
    assert south == pytest.approx(stats.ks_2samp(x[1000:], moved[1000:]).statistic)


def test_segments_that_the_reference_lacks_are_refused(table: pa.Table, spec: Spec) -> None:
    reference = Reference.fit(table, spec=spec)
    with pytest.raises(SpecError, match="'segments': the spec has c, the reference none"):
        monitor(made(spec, segments=["c"]), table, reference)


def test_a_segment_column_that_does_not_exist_is_told() -> None:
    spec = Spec(
        monitor="m",
        dataset="d",
        columns=Columns(timestamp="t"),
        reference=ReferenceSpec(start="2024-01-01"),
        metrics=Metrics(),
        segments=["zoen"],
    )
    times = np.arange("2024-01-01", "2024-01-03", dtype="datetime64[h]").astype("datetime64[s]")
    with pytest.raises(SpecError, match="'segments': the data have no column 'zoen'"):
        monitor(spec, {"t": times, "zone": np.arange(len(times)) % 2})
