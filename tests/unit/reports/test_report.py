"""A report's table, numbers and way into the store."""

from __future__ import annotations

import re
import sys
import types
import unicodedata
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import synth

import simdrift as sd
from simdrift.drawing.text import width
from simdrift.reports import Report
from simdrift.results import Results
from simdrift.results.identity import run_id

START = datetime(2013, 2, 8, 5, tzinfo=UTC)
WINDOW = (START, START + timedelta(days=1))


def lines(report: Report, cells: int | None = None) -> list[str]:
    return report.table(width=cells).splitlines()


def report_of(*rows: tuple[str, str, float | None, dict[str, object]]) -> Report:
    """A report of (column, metric, value, more) in one run without a window."""
    run = synth.run_of(dataset="")
    return Report(Results([synth.row_of(run, c, m, v, **more) for c, m, v, more in rows], [run]))


@pytest.fixture(autouse=True)
def _a_terminal_of_100_cells(monkeypatch):
    """Tables fit their terminal, so these tests bring one; a runner may have set another."""
    monkeypatch.setenv("COLUMNS", "100")


DRIFTED = ("drifted", "drift.psi", 0.5, {"threshold": 0.2, "alert": True})
QUIET = ("quiet", "drift.psi", 0.05, {"threshold": 0.2, "alert": False})
WORSE = ("worse", "drift.psi", 2.5, {"threshold": 0.2, "alert": True})
EMPTY = ("empty", "drift.psi", None, {"status": "all_null"})


def test_table_has_a_line_per_column_the_worst_first():
    text = lines(report_of(QUIET, EMPTY, DRIFTED, WORSE))
    assert text[0] == "2 of 3 columns drifted; 1 not judged: 1 empty"
    assert [line.split()[0] for line in text[5:9]] == ["worse", "drifted", "quiet", "empty"]
    assert text[9:] == ["  └ no row has a value on either side"]


def test_a_distance_stands_against_its_threshold_and_its_own_chance():
    report = report_of(
        ("a", "drift.wasserstein_normed", 0.25,
         {"threshold": 0.1, "alert": True, "null_quantile": 0.031}),
        ("a", "drift.ks", 0.125, {"p_value": 0.001, "q_value": 0.0042}),
        ("a", "quality.missing_share", 0.031, {}),
    )  # fmt: skip
    heads, _, line = lines(Report(report.results, types={"a": "float64"}))[3:]
    assert heads.split() == [
        "column", "type", "verdict", "decided", "by", "value", "limit", "chance", "missing",
    ]  # fmt: skip
    assert line.split() == [
        "a", "number", "DRIFT", "wasserstein_normed", "0.25", "0.1", "0.031", "3.1", "%",
    ]  # fmt: skip


@pytest.mark.parametrize(("more", "text"), [({"q_value": 0.02}, "q 0.020"), ({}, "p 0.010")])
def test_a_test_shows_q_against_alpha_and_its_statistic_beside_it(more, text):
    fields = {"p_value": 0.01, "threshold": 0.05, "alert": True, **more}
    (line,) = lines(report_of(("a", "drift.ks", 0.125, fields)))[5:]
    assert line.split() == ["a", "–", "DRIFT", "ks", "0.125", *text.split(), "0.05", "–", "–"]


def test_names_fill_the_width_and_segments_are_kept():
    name, segment = "payments_" * 6 + "total", "carrier=" + "A" * 20
    run = synth.run_of(dataset="")
    row = synth.row_of(run, name, "drift.psi", 0.5, threshold=0.2, alert=True)
    report = Report(Results([row, row._replace(segment=segment)], [run]))
    whole, part = lines(report, 110)[5:]
    assert segment in part
    assert whole.startswith("payments_payme…")
    assert re.match(r"\S+…\S*total ", part)
    assert max(map(width, lines(report, 110))) == 110


@pytest.mark.parametrize("cells", [100, 90, 80])
def test_table_fits_its_width(cells, hostile_names):
    report = Report(synth.comparison(hostile_names))
    assert max(width(line) for line in lines(report, cells)) <= cells
    assert max(width(line) for line in repr(report).splitlines()) <= 100


def test_table_of_hostile_names_has_no_control_character(hostile_names):
    text = repr(Report(synth.comparison(hostile_names)))
    text.encode("utf-8")
    seen = {unicodedata.category(character) for character in text if character != "\n"}
    assert seen.isdisjoint({"Cc", "Cs", "Zl", "Zp"})


def test_repr_is_plain_and_colour_is_asked_for():
    report = report_of(DRIFTED)
    assert "\x1b" not in repr(report)
    assert "\x1b[31mDRIFT" in report.table(colour=True)


def test_nothing_compared_is_said():
    assert repr(Report(Results())).startswith("No column was compared")
    assert Report(Results()).summary.drifted_share is None


def test_summary_of_one_comparison():
    report = report_of(
        DRIFTED,
        QUIET,
        ("quiet", "drift.missing_share", 0.3, {"threshold": 0.05, "alert": True}),
        ("", "drift.dataset", 0.5, {"threshold": 0.5, "alert": True, "n_reference": 27_004}),
        ("", "quality.missing_share", 0.125, {}),
    )
    summary = report.summary
    assert summary.columns == 2
    assert summary.drifted_columns == ("quiet", "drifted")
    assert summary.drifted_share == 1.0
    assert summary.drifted_share_threshold == 0.5
    assert summary.dataset_drift is True
    assert summary.rows_reference == 27_004
    assert summary.rows_current == 100
    assert summary.missing_share == 0.125
    assert summary.windows == 1
    assert summary.alerts == 3
    assert summary.judged == 4


def test_summary_of_many_windows_is_of_the_median_window():
    summary = Report(synth.monitor(60)).summary
    assert summary.windows == 60
    assert summary.window_start == datetime(2013, 1, 1, 5, tzinfo=UTC)
    assert summary.window_end == datetime(2013, 3, 2, 5, tzinfo=UTC)
    assert 0.005 < summary.missing_share < 0.02
    assert 1 <= summary.windows_drifted < 10
    assert summary.windows_drifted <= summary.windows_alerting <= 60


def test_a_column_has_one_line_whatever_decides():
    report = report_of(
        ("a", "drift.ks", 0.01, {"threshold": 0.05, "alert": False, "p_value": 0.5}),
        ("a", "drift.psi", 0.5, {"threshold": 0.2, "alert": True}),
    )
    (line,) = report.columns
    assert line.worst.metric == "drift.psi"
    assert [row.metric for row in line.rows] == ["drift.psi", "drift.ks"]


def test_a_test_is_on_its_way_by_its_p_value():
    more = {"threshold": 0.05, "alert": True, "p_value": 0.001, "q_value": 0.05**2}
    (line,) = report_of(("a", "drift.ks", 0.9, more)).columns
    assert line.steps[0].ratio == pytest.approx(2.0)


def test_a_correlation_of_two_columns_is_no_column():
    assert report_of(("a ~ b", "quality.correlation", 0.9, {})).columns == []


class FakeStore:
    """Stands where the store stands; keeps what it is given."""

    written: list[tuple[str | None, Results]]

    def __init__(self, dsn: str | None = None) -> None:
        self.dsn = dsn

    def __enter__(self) -> FakeStore:
        return self

    def __exit__(self, *_error: object) -> None:
        self.written.append((self.dsn, None))

    def write(self, results: Results) -> str:
        self.written.append((self.dsn, results))
        return "summary"


@pytest.fixture
def store(monkeypatch):
    module = types.ModuleType("simdrift.store")
    module.Store = FakeStore
    FakeStore.written = []
    monkeypatch.setitem(sys.modules, "simdrift.store", module)
    return FakeStore


def test_write_gives_rows_runs_and_histograms_their_new_identity(store):
    report = Report(synth.comparison())
    answer = report.write("dsn", dataset="flights", monitor="m", model="delay", window=WINDOW)
    assert answer == "summary"
    (dsn, results), closed = store.written
    assert dsn == "dsn"
    assert closed == ("dsn", None)
    (run,) = results.runs
    assert run.run_id == run_id(
        monitor="m", dataset="flights", model="delay", grain="all", window_start=WINDOW[0],
        window_end=WINDOW[1], spec_digest="s", data_digest="d", reference_digest="r",
    )  # fmt: skip
    assert {row.run_id for row in results} == {run.run_id}
    assert {h.run_id for h in results.histograms} == {run.run_id}
    assert {row.dataset for row in results} == {"flights"}
    assert {(row.window_start, row.window_end) for row in results} == {WINDOW}
    assert [row.value for row in results] == [row.value for row in report.results]


def test_write_of_the_same_comparison_has_the_same_id(store):
    for _ in range(2):
        Report(synth.comparison()).write(dataset="flights", window=WINDOW)
    first, second = (results.runs[0].run_id for _, results in store.written if results)
    assert first == second


def test_write_without_a_window_says_to_pass_one(store):
    with pytest.raises(ValueError, match=r"pass window=\(start, end\)"):
        Report(synth.comparison()).write(dataset="flights")
    assert store.written == []


def test_write_keeps_windows_that_are_there(store):
    report = Report(synth.monitor(6))
    report.write(dataset="other")
    results = store.written[0][1]
    assert [run.window_start for run in results.runs] == [
        run.window_start for run in report.results.runs
    ]
    assert len({run.run_id for run in results.runs}) == 6
    assert {row.run_id for row in results} == {run.run_id for run in results.runs}


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ((WINDOW[1], WINDOW[0]), "expected .* start < end"),
        ((WINDOW[0], WINDOW[0]), "expected .* start < end"),
        ((None, WINDOW[1]), "expected .* start < end"),
        ((datetime(2013, 2, 8), datetime(2013, 2, 9)), "with a zone"),
    ],
)
def test_write_refuses_a_window_that_is_none(store, window, message):
    with pytest.raises(ValueError, match=message):
        Report(synth.comparison()).write(dataset="flights", window=window)
    assert store.written == []


def test_write_refuses_one_window_for_many(store):
    with pytest.raises(ValueError, match="6 windows of their own"):
        Report(synth.monitor(6)).write(dataset="flights", window=WINDOW)


def test_write_refuses_rows_without_a_run(store):
    rows = synth.comparison().rows
    with pytest.raises(ValueError, match="expected a run for every row"):
        Report(Results(rows)).write(dataset="flights", window=WINDOW)


def test_save_json_is_the_results(tmp_path):
    report = Report(synth.comparison())
    report.save_json(tmp_path / "r.json")
    assert Results.from_json((tmp_path / "r.json").read_bytes()) == report.results


@pytest.mark.parametrize(
    ("current", "verdict"),
    [
        ({"x": 0, "y": 0}, "No drift in 2 columns"),
        ({"x": 9, "y": 0}, "1 of 2 columns drifted"),
        ({"x": 0, "y": None}, "1 of 2 columns drifted"),
        ({"x": 0}, "1 of 2 columns drifted"),
        ({"x": 0, "y": 0, "z": 0}, "No drift in 2 columns; 1 not judged: 1 new"),
        ({"z": 0}, "2 of 2 columns drifted; 1 not judged: 1 new"),
    ],
    ids=str,
)
def test_the_verdict_counts_lost_columns_and_tells_new_ones_apart(current, verdict):
    x = np.random.default_rng(31).normal(size=500)
    frame = {name: x * np.nan if shift is None else x + shift for name, shift in current.items()}
    report = sd.compare({"x": x, "y": x}, frame)
    assert repr(report).splitlines()[0] == verdict
    assert f">{verdict}</p>" in report.to_html()
