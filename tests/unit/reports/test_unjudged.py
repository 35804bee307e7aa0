"""Why a column has no verdict, which test gave one, and which windows are not there: every view
says it, of one comparison and of a monitor."""

from __future__ import annotations

import json
import re
from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from page import parsed

import simdrift as sd
from simdrift.reports import Report
from simdrift.reports.summary import Gap
from simdrift.reports.verdict import other_test
from simdrift.results import Result, Results

HOURS = 240
LISTS = "expected booleans, numbers, times, text or a dictionary of those, found list<int64>"
DATES = "dates are compared where a method is named for them"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Ten days: numbers, dates, and a column of lists, which nothing is computed on."""
    rng = np.random.default_rng(18)
    return pd.DataFrame(
        {
            "t": pd.date_range("2024-01-01", periods=HOURS, freq="h"),
            "x": rng.normal(size=HOURS),
            "day": pd.date_range("2020-01-01", periods=HOURS, freq="D"),
            "nested": [[1]] * HOURS,
        }
    )


def monitored(frame: pd.DataFrame, **more: object) -> Results:
    reference = {"start": "2024-01-01", "end": "2024-01-04"}
    spec = sd.Spec(monitor="m", columns={"timestamp": "t"}, reference=reference, **more)
    return sd.monitor(spec, frame)


@pytest.fixture(scope="module", params=["compare", "prepared", "monitor", "moving", "json"])
def report(request, frame) -> Report:
    names = ["x", "day", "nested"]
    if request.param == "compare":
        return sd.compare(frame[names], frame[names])
    if request.param == "prepared":
        return sd.Reference.fit(frame[names]).compare(frame[names])
    if request.param == "moving":
        spec = sd.Spec(monitor="m", columns={"timestamp": "t"}, reference={"moving": "previous"})
        return Report(sd.monitor(spec, frame))
    results = monitored(frame, start="2024-01-04")
    return Report(Results.from_json(results.to_json()) if request.param == "json" else results)


def test_a_column_of_a_type_that_is_not_compared_says_which(report):
    line = next(line for line in report.columns if line.column == "nested")
    assert line.unjudged == (*["of a type that is not compared"] * 2, LISTS)
    assert "1 of a type that is not compared" in report.verdict


def test_types_are_known_wherever_the_frames_were(report):
    lines = {line.column: line for line in report.columns}
    assert {name: line.kind for name, line in lines.items()} == {
        "x": "number",
        "day": "date",
        "nested": "list",
    }
    assert lines["day"].unjudged.why == DATES


def test_print_and_pages_say_why(report):
    text = " ".join(report.table(width=100).split())
    (table,) = parsed(report.to_html()).all("table", "columns")
    for why in (LISTS, DATES):
        assert why in text
        assert why in table.text
    assert LISTS in parsed(report._repr_html_()).text


def test_json_has_reasons_and_types(frame):
    document = json.loads(sd.compare(frame[["nested"]], frame[["nested"]]).results.to_json())
    assert document["reasons"] == [
        ["", "nested", "drift.missing_share", f"column 'nested': {LISTS}"]
    ]
    assert document["types"] == [["nested", "list<int64>"]]


def test_types_follow_the_rows(frame):
    results = sd.compare(frame[["x", "day"]], frame[["x", "day"]]).results
    assert set(results.types) == {"x", "day"}
    assert set(results.filter(column="x").types) == {"x"}
    assert set((results.filter(column="x") + results.filter(column="day")).types) == {"x", "day"}


def test_a_window_without_rows_is_no_drift_of_the_whole(frame):
    gone = frame[(frame.t < "2024-01-06") | (frame.t >= "2024-01-08")]
    report = Report(monitored(gone, start="2024-01-04", end="2024-01-11"))
    assert report.verdict.startswith(
        "0 of 7 windows drift as a whole, 2 have an alert, 2 without rows"
    )
    newest = report.table().split("Newest alerts")[1].split("\n")
    assert [line for line in newest if line] == ["2024-01-07: no rows", "2024-01-06: no rows"]


def without(results: Results, *days: int) -> Results:
    """The results of nights on which nobody ran the monitor for some days."""
    kept = [row for row in results if row.window_start.day not in days]
    runs = [run for run in results.runs if run.window_start.day not in days]
    return Results(kept, runs, results.histograms)


def test_windows_that_nobody_ran_are_missing_between_the_others(frame):
    results = monitored(frame, start="2024-01-02", end="2024-01-11")
    assert Report(results).summary.gaps == ()
    report = Report(without(results, 4, 5, 8))
    days = [(gap.start.day, gap.end.day, gap.windows) for gap in report.summary.gaps]
    assert days == [(4, 6, 2), (8, 9, 1)]
    assert ", 3 missing between them" in report.verdict
    assert "no windows: 2024-01-04 to 2024-01-05, 2024-01-08\n" in report.table()
    assert ", 3 missing between them" in parsed(report.to_html()).text


def test_months_and_clock_changes_leave_no_gap():
    def starts(*times: str) -> tuple[Gap, ...]:
        rows = [
            Result(*[None] * 1, "d", "", "", start, end, "g", "", "x", "drift.psi", 0.1)
            for start, end in zip(
                map(utc, times), map(utc, (*times[1:], "2025-01-01")), strict=True
            )
        ]
        return Report(Results(rows)).summary.gaps

    def utc(text: str) -> datetime:
        return pd.Timestamp(text, tz="UTC").to_pydatetime()

    assert starts("2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01", "2024-05-01") == ()
    assert (
        starts("2024-03-09 05:00", "2024-03-10 05:00", "2024-03-11 04:00", "2024-03-12 04:00") == ()
    )
    (gap,) = starts("2024-01-01", "2024-02-01", "2024-03-01", "2024-05-01", "2024-06-01")
    assert gap.windows == 1


def test_a_distance_that_another_test_found_beyond_chance_says_so():
    a = np.r_[np.zeros(99_980), np.ones(20)]
    b = np.r_[np.zeros(99_800), np.ones(200)]
    report = sd.compare({"x": a}, {"x": b}, thresholds={"drift.wasserstein_normed": 0.01})
    (line,) = report.columns
    assert line.alerts == 1
    row = line.worst._replace(p_value=0.4, q_value=0.01)
    test = line.rows[0]._replace(metric="drift.ks", p_value=0.005, q_value=0.02, threshold=0.05)
    words = "beyond chance by ks: q 0.010, own p 0.40"
    assert other_test(row, [row, test]) == words
    assert other_test(row._replace(p_value=0.03), [row, test]) == ""
    assert other_test(row._replace(q_value=0.4), [row, test]) == ""
    shown = Report(Results([row, test]))
    assert words in shown.table()
    assert words in repr(shown.explain())
    assert re.search(words, parsed(shown.to_html()).text)
