"""Nothing that rows can hold makes a table or a page fail."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
import synth
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from page import parsed
from strategies import HISTOGRAM, MAYBE_COUNT, MAYBE_REAL, RESULTS, RUN, TEXT

from simdrift.drawing.text import width
from simdrift.reports import ProfileReport, Report, stand_out, terminal
from simdrift.results import Results
from simdrift.results.rows import Histogram, Result

PHASES = [Phase.explicit, Phase.reuse, Phase.generate]  # shrinking would take minutes
METRIC_NAMES = """
    drift.ks drift.psi drift.dataset drift.missing_share quality.quantile quality.missing_share
    quality.mean performance.mae quality.rows
"""
METRICS = st.sampled_from(METRIC_NAMES.split())
COLUMNS = st.sampled_from(["", "a", "b", "a ~ b", "prediction"])
DAYS = st.integers(0, 40).map(lambda day: datetime(2013, 1, 1, tzinfo=UTC) + timedelta(days=day))


@st.composite
def monitored(draw: st.DrawFn) -> Results:
    """Rows of the shape of a monitor, with gaps, odd numbers and colliding windows."""
    runs, rows, histograms = [], [], []
    for start in draw(st.lists(DAYS, min_size=2, max_size=8)):
        run = draw(RUN)._replace(window_start=start, window_end=start + timedelta(days=1))
        runs.append(run)
        for _ in range(draw(st.integers(1, 5))):
            rows.append(draw(row_of(run)))
        histograms.append(draw(HISTOGRAM)._replace(run_id=run.run_id, column="a", segment=""))
    return Results(rows, runs, histograms)


def row_of(run) -> st.SearchStrategy[Result]:
    """Rows of a run that pages look at."""
    return st.builds(
        Result,
        run_id=st.just(run.run_id),
        dataset=TEXT,
        model=TEXT,
        model_version=TEXT,
        window_start=st.just(run.window_start),
        window_end=st.just(run.window_end),
        grain=st.just("1d"),
        segment=st.sampled_from(["", "s"]),
        column=COLUMNS,
        metric=METRICS,
        value=MAYBE_REAL,
        p_value=MAYBE_REAL,
        q_value=MAYBE_REAL,
        effect_size=MAYBE_REAL,
        threshold=MAYBE_REAL,
        null_quantile=MAYBE_REAL,
        alert=st.none() | st.booleans(),
        n_reference=MAYBE_COUNT,
        n_current=MAYBE_COUNT,
        params=st.sampled_from(["", "q=0.5", "q=0.9", "q=x", "bins=10"]),
    )


def check(results: Results) -> None:
    """Every way to show results gives text that can be written, and pages that are well formed."""
    report, profile = Report(results, title="\ud800"), ProfileReport(results)
    for text in (repr(report), repr(profile), repr(results), terminal.runs_table(results)):
        text.encode("utf-8")
        assert max(map(width, text.splitlines())) <= 100
    for html in (report.to_html(), report._repr_html_(), profile.to_html(), results._repr_html_()):
        html.encode("utf-8")
        parsed(html)
        assert "nan" not in html.replace("dominant", "")
    terminal.stand_out_table(stand_out(results)).encode("utf-8")


@given(RESULTS)
@settings(max_examples=40, deadline=None, phases=PHASES)
def test_any_rows_are_shown(results):
    check(results)


@given(monitored())
@settings(max_examples=30, deadline=None, phases=PHASES)
def test_any_monitor_is_shown(results):
    check(results)


@pytest.mark.parametrize("value", [0.0, -0.0, 5e-324, -1e308, 1e308, 1e16 + 2, float("inf")])
def test_extreme_values_are_shown(value):
    results = synth.monitor(12)
    rows = [
        row._replace(value=value if random.Random(place).random() < 0.5 else -value)
        for place, row in enumerate(results)
    ]
    check(Results(rows, results.runs, results.histograms))


def test_windows_of_one_instant_are_shown():
    results = synth.monitor(3)
    start = results[0].window_start
    rows = [row._replace(window_start=start, window_end=start) for row in results]
    check(Results(rows, results.runs))
    second = start + timedelta(seconds=1)
    check(Results([r._replace(window_start=start, window_end=second) for r in results]))


def test_a_histogram_of_nothing_is_shown():
    results = synth.comparison()
    histograms = [
        Histogram(h.run_id, "", h.column, (0.0,), None, (0.0, 0.0), (0.0, 0.0))
        for h in results.histograms
    ]
    check(Results(results.rows, results.runs, histograms))
