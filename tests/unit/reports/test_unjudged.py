"""Why a column has no verdict, which test gave one, and which windows are not there: every view
says it, of one comparison and of a monitor."""

from __future__ import annotations

import json
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest
import synth
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
        "nested": "mixed",  # as pandas has it: of objects
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
    assert document["types"] == [["nested", "object"]]


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


def gaps(*times: str) -> tuple[Gap, ...]:
    """The gaps of windows that begin then, each until the next one."""
    starts = [pd.Timestamp(text, tz="UTC").to_pydatetime() for text in times]
    windows = zip(starts, [*starts[1:], starts[-1] + (starts[-1] - starts[-2])], strict=True)
    rows = [
        Result(uuid4(), "d", "", "", start, end, "1d", "", "x", "drift.psi", 0.1)
        for start, end in windows
    ]
    return Report(Results(rows)).summary.gaps


def test_months_and_clock_changes_leave_no_gap():
    months = [f"2024-{month:02}-01" for month in range(1, 8)]
    assert gaps(*months) == ()
    assert (
        gaps("2024-03-09 05:00", "2024-03-10 05:00", "2024-03-11 04:00", "2024-03-12 04:00") == ()
    )
    (gap,) = gaps(*months[:3], *months[4:])
    assert (gap.end.month, gap.windows) == (5, 1)


def test_a_distance_that_another_test_found_beyond_chance_says_so():
    run = synth.run_of()
    row = synth.row_of(
        run, "x", "drift.psi", 0.3, p_value=0.4, q_value=0.01, threshold=0.2, alert=True
    )
    test = synth.row_of(run, "x", "drift.ks", 0.1, p_value=0.005, q_value=0.02, threshold=0.05)
    words = "beyond chance by ks: q 0.010, own p 0.400"
    assert other_test(row, [row, test]) == words
    assert other_test(row._replace(p_value=0.03), [row, test]) == ""  # its own would do
    assert other_test(row._replace(q_value=0.4), [row, test]) == ""
    report = Report(Results([row, test], [run]))
    assert report.columns[0].reasons == (f"psi 0.3 > 0.2 ({words})",)
    assert words in report.table()
    assert words in repr(report.explain())
    assert words in parsed(report.to_html()).text


def test_the_page_lists_the_windows_that_are_missing():
    whole = synth.monitor(10)
    starts = sorted({run.window_start for run in whole.runs})
    report = Report(Results([row for row in whole if row.window_start not in starts[3:5]]))
    (shown,) = parsed(report.to_html()).all("ul", "gaps")
    (gap,) = (one.text for one in shown.all("li"))
    assert gap.startswith(f"{starts[3]:%Y-%m-%d}")
    assert gap.endswith("2 windows")
    assert not parsed(Report(whole).to_html()).all("ul", "gaps")


def test_explain_names_the_columns_that_were_not_judged_and_why():
    before = pd.DataFrame({"x": [1.0, 2.0] * 50, "tags": [[1]] * 100, "none": [None] * 100})
    explanation = sd.compare(before, before).explain()
    said = "no row has a value on either side"
    assert dict(explanation.unjudged) == {"tags": LISTS, "none": said}
    assert "none: no row has a value on either side" in repr(explanation)
