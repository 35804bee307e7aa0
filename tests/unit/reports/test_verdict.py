"""One verdict a column, whoever shows it: a frame with every kind of alert, and all views of it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from frames_of_alerts import N, frames
from page import parsed

import simdrift as sd
from simdrift import cli
from simdrift.integrations import work
from simdrift.monitoring.spec import Spec
from simdrift.reports import Report
from simdrift.results import Results

ALERTS = {
    "gone": "all rows missing",
    "half": "missing 0 % → 50 %",
    "lost": "column lost",
    "retyped": "type changed: number → text",
    "shape": "{method} ",
    "kinds": "{method} ",
    "limited": "missing share 4 % > 1 %",
}
UNJUDGED = {
    "day": "dates are compared where a method is named for them",
    "nothing": "no row has a value on either side",
    "fresh": "new column: the reference has no such column",
}


@pytest.fixture(scope="module")
def report() -> Report:
    return sd.compare(*frames(), thresholds={"limited": {"quality.missing_share": 0.01}})


@pytest.fixture(scope="module")
def lines(report):
    return {line.column: line for line in report.columns}


def alerting(results: Results) -> set[str]:
    """Columns of which a row alerts."""
    return {row.column for row in results if row.alert and row.column}


def test_rows_alert_for_every_kind(report):
    assert alerting(report.results) == set(ALERTS)
    rows = [row for row in report.results if row.alert and row.value is None]
    assert sorted((row.column, row.status) for row in rows) == [
        ("lost", "missing_column"),
        ("retyped", "type_changed"),
    ]


@pytest.mark.parametrize("column", ALERTS)
def test_a_column_that_alerts_says_why(lines, column):
    line = lines[column]
    expected = ALERTS[column].format(method=line.worst.metric.removeprefix("drift."))
    assert line.alerts == 1
    assert line.unjudged is None
    assert line.why.startswith(expected)


@pytest.mark.parametrize("column", UNJUDGED)
def test_a_column_that_is_not_judged_says_why(lines, column):
    assert lines[column].alerts == 0
    assert lines[column].unjudged.why == UNJUDGED[column]


def test_headline_and_summary_count_what_alerts_and_what_was_judged(report):
    assert report.verdict == ("7 of 8 columns drifted; 3 not judged: 1 date, 1 empty, 1 new")
    assert set(report.summary.drifted_columns) == set(ALERTS)
    assert (report.summary.compared, report.summary.columns) == (8, 11)
    assert report.summary.drifted_share == 7 / 8
    share, count = (
        report.results.filter(metric=f"drift.{name}")[0] for name in ("dataset", "dataset_count")
    )
    assert (share.value, share.alert, count.value) == (7 / 8, True, 7)


def test_print_shows_every_reason(report):
    text = " ".join(report.table(width=100).split())
    for line in report.columns:
        assert line.word.upper() in text or not line.alerts
        assert line.worst.value is not None or line.why in text


def test_explain_names_every_column_that_drifted(report):
    text = repr(report.explain())
    for column in set(ALERTS) - {"limited"}:
        assert f"%  {column}: " in text
    assert "gone: all rows missing" in text
    assert "lost: column lost" in text
    assert "quiet" not in text


@pytest.mark.parametrize("view", ["to_html", "_repr_html_"])
def test_pages_show_verdict_and_reasons(report, view):
    html = getattr(report, view)()
    assert report.verdict in html
    page = parsed(html)
    (table,) = page.all("table", "columns")
    shown = {}
    for row in table.all("tr"):
        if row.all("th") and row.all("span", "pill"):
            shown[row.all("bdi")[0].text] = row.all("td", "say")[0].text
    for line in report.columns:
        if line.alerts or line.unjudged:
            assert line.word in shown[line.column]
            assert all(words in shown[line.column] for words in line.reasons)


def test_json_has_the_same_alerts(report):
    again = Results.from_json(report.results.to_json())
    assert alerting(again) == set(ALERTS)
    assert Report(again).summary.drifted_columns == report.summary.drifted_columns


def test_tasks_tell_the_same(report):
    computed = work.Computed(Spec(monitor="m", window="all"), report.results)
    summary = work.summarise(computed)
    assert set(summary.worst_columns) == set(ALERTS)
    assert summary.verdict == Report(report.results).verdict
    assert "lost: column lost" in summary.alarm
    assert "- gone: all rows missing" in work.markdown(summary)
    table = {line["column"]: line for line in work.column_table(computed)}
    assert {name for name, line in table.items() if line["alerts"]} - {
        "share of drifted columns"
    } == set(ALERTS)


@pytest.mark.parametrize("column", [None, *sorted(set(ALERTS) - {"limited"})])
def test_the_command_fails_on_each_of_them(tmp_path, column):
    before, now = frames()
    names = ["quiet", *([] if column is None else [column])]
    before[names].to_parquet(tmp_path / "a.parquet")
    now[[name for name in names if name in now]].to_parquet(tmp_path / "b.parquet")
    files = [str(tmp_path / name) for name in ("a.parquet", "b.parquet")]
    assert cli.run_command(["compare", *files]) == 0
    assert cli.run_command(["compare", *files, "--fail-on-alert"]) == (column is not None)


def test_current_data_without_rows_alert(tmp_path):
    before, now = frames()
    report = sd.compare(before, now.iloc[:0])
    assert report.verdict.startswith("No current rows: none of 11 columns could be judged")
    (row,) = report.results.filter(metric="drift.dataset")
    assert (row.status, row.alert) == ("empty", True)
    assert (
        "no rows"
        in work.summarise(work.Computed(Spec(monitor="m", window="all"), report.results)).alarm
    )
    before[["quiet"]].to_parquet(tmp_path / "a.parquet")
    now[["quiet"]].iloc[:0].to_parquet(tmp_path / "b.parquet")
    files = [str(tmp_path / name) for name in ("a.parquet", "b.parquet")]
    assert cli.run_command(["compare", *files, "--fail-on-alert"]) == 1


def test_nothing_computed_is_an_alarm_of_its_own():
    summary = work.summarise(work.Computed(Spec(monitor="m", window="all"), Results()))
    assert summary.alarm == "m: expected a window with rows, found none: are the data there?"


def test_alerts_of_whole_tables_and_of_segments_are_in_the_headline():
    rng = np.random.default_rng(5)
    x, y, place = rng.normal(size=N), rng.normal(size=N), np.tile(["a", "b", "c"], N // 3)
    before = {"x": x, "y": y, "place": place}
    now = {"x": x, "y": 0.9 * x + 0.436 * y, "place": place}
    report = sd.compare(before, now, methods={"table": "correlation"})
    assert report.summary.drifted_columns == ()
    assert "whole table: largest change of a correlation 0.8" in report.verdict
    assert "largest change of a correlation" in report.table().split("Whole table")[1]
    moved = before | {"x": x + 2.0 * (place == "a")}
    parts = sd.compare(
        before, moved, segments=["place"], thresholds={"drift.wasserstein_normed": 2}
    )
    assert parts.summary.segment_alerts == (("place=a", "x"),)
    assert parts.verdict.endswith("; 1 alert in segments")


def test_a_column_gone_null_alerts_by_evidentlys_convention_too():
    before, now = frames()
    report = sd.compare(before[["quiet", "gone"]], now[["quiet", "gone"]], convention="evidently")
    assert report.summary.drifted_columns == ("gone",)
    assert report.columns[0].reasons == ("all rows missing",)


def test_joined_names_are_names():
    a = pd.DataFrame({"a ~ b": np.arange(100.0), "x": np.arange(100.0)})
    report = sd.compare(a, a.assign(**{"a ~ b": a["a ~ b"] + 300}))
    assert report.verdict == "1 of 2 columns drifted"
    assert report.columns[0].worst.metric != "drift.missing_share"


def test_types_are_in_plain_words_and_json_needs_none():
    report = sd.compare(*frames())
    kinds = {line.column: line.kind for line in report.columns}
    assert (kinds["quiet"], kinds["kinds"], kinds["day"]) == ("number", "text", "date")
    assert json.loads(report.results.to_json())
