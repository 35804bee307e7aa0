"""Tables of windows and of what stands out."""

from __future__ import annotations

import synth

from simdrift.drawing.text import width
from simdrift.reports import ProfileReport, stand_out, terminal


def test_runs_table_has_a_line_per_window_in_order():
    text = terminal.runs_table(synth.monitor(8, storm=(3,)), cells=90).splitlines()
    assert text[0].split()[:5] == ["window", "rows", "drifted", "missing", "alerts"]
    assert [line.split()[0] for line in text[2:]] == [f"2013-01-0{day}" for day in range(1, 9)]
    assert "38 %" in text[5]
    assert max(map(width, text)) <= 90


def test_stand_out_table_has_a_sentence_per_line():
    found = stand_out(synth.monitor(60))
    text = terminal.stand_out_table(found, cells=100).splitlines()
    assert len(text) == len(found)
    assert text[0] == found[0].sentence
    assert max(map(width, terminal.stand_out_table(found, cells=30).splitlines())) <= 30


def test_a_table_with_room_for_nothing_is_still_a_table():
    text = terminal.table([terminal.Heading("name", least=9)], [["x" * 50]], cells=4)
    assert text.splitlines()[2] == "xx…x"


def test_columns_of_the_highest_rank_are_left_out_first():
    headings = [
        terminal.Heading("name", least=4),
        terminal.Heading("one", rank=1),
        terminal.Heading("two", rank=2),
    ]
    rows = [["x" * 8, "y" * 8, "z" * 8]]
    titles = {
        cells: terminal.table(headings, rows, cells=cells).splitlines()[0].split()
        for cells in (28, 24, 16, 9)
    }
    assert titles == {28: ["name", "one", "two"], 24: ["name", "one", "two"],
                      16: ["name", "one"], 9: ["name"]}  # fmt: skip


def test_numbers_are_never_cut():
    headings = [
        terminal.Heading("name", least=4),
        terminal.Heading("size", right=True),
        terminal.Heading("count", right=True),
    ]
    rows = [["a_long_name", "4.48e+11", "1,233,000"]]
    shown = {cells: terminal.table(headings, rows, cells=cells).split() for cells in (25, 24, 15)}
    assert shown[25][-3:] == ["a_…e", "4.48e+11", "1,233,000"]
    assert shown[24][-2:] == ["a_long_name", "4.48e+11"]
    assert shown[15][-2:] == ["a_l…e", "4.48e+11"]


def test_no_colour_without_a_terminal_or_where_it_is_not_wanted(monkeypatch):
    assert terminal.wants_colour() is False
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert terminal.wants_colour() is True
    monkeypatch.setenv("NO_COLOR", "")
    assert terminal.wants_colour() is False


def test_profile_table_has_a_line_per_column():
    report = ProfileReport(synth.profile(), types={"dep_delay": "int64"})
    text = repr(report).splitlines()
    assert text[0] == "1,000 rows, 3 columns, 10 % of the cells missing"
    assert text[4].split() == [
        "dep_delay", "int64", "2", "%", "120", "3.25", "1.5", "15", "28.5", "3.25", "3.25", "3.25",
    ]  # fmt: skip
    assert text[6].split()[:4] == ["nothing", "–", "100", "%"]
    assert report.rows == 1000
    assert report.columns[0].value("quantile q=0.5") == 15.0
    assert report.columns[2].statuses["mean"] == "all_null"
