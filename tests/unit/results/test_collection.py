"""`Results` is an immutable sequence whose conversions lose nothing."""

from __future__ import annotations

import builtins
import json
import math
import operator
import re
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
import synth
from hypothesis import HealthCheck, given, settings
from strategies import RESULTS, ROW, TEXT

from simdrift._errors import InputError
from simdrift.results import Histogram, Result, Results, Run

RUN = synth.run_of(window_start=datetime(2013, 2, 8, tzinfo=ZoneInfo("America/New_York")))
ROWS = [
    synth.row_of(RUN, "a", "drift.ks", 0.5, alert=True, n_reference=10),
    synth.row_of(RUN, "b", "drift.psi", None, status="all_null"),
    synth.row_of(RUN, "a", "quality.rows", 3.0, alert=False),
]
OTHER = synth.run_of(dataset="other")


def test_is_a_sequence_of_its_rows():
    results = Results(ROWS, [RUN])
    assert len(results) == 3
    assert [row.column for row in results] == ["a", "b", "a"]
    assert results[0].metric == "drift.ks"
    assert results[-1].metric == "quality.rows"
    assert isinstance(results[1:], Results)
    assert [row.column for row in results[1:]] == ["b", "a"]
    assert results[1] in results
    with pytest.raises(IndexError):
        results[3]


def test_cannot_be_changed():
    results = Results(ROWS)
    with pytest.raises(AttributeError):
        results.rows = ()
    with pytest.raises(TypeError):
        results[0] = ROWS[1]
    with pytest.raises(AttributeError):
        results.anything = 1


def test_sum_joins_rows_and_keeps_shared_runs_once():
    one, two = Results(ROWS[:1], [RUN]), Results(ROWS[1:], [RUN, OTHER])
    both = one + two
    assert both.rows == Results(ROWS).rows
    assert len(both.runs) == 2
    with pytest.raises(TypeError):
        operator.add(one, [1])


def test_equality_is_of_rows_runs_and_histograms():
    histogram = Histogram(RUN.run_id, "", "a", (1.0,), None, (1.0, 2.0), (3.0, 4.0))
    assert Results(ROWS, [RUN]) == Results(ROWS, [RUN])
    assert Results(ROWS, [RUN]) != Results(ROWS)
    assert Results(ROWS, [RUN], [histogram]) != Results(ROWS, [RUN])
    assert Results(ROWS) != ROWS
    assert hash(Results(ROWS, [RUN])) == hash(Results(ROWS, [RUN]))


def test_filter_keeps_rows_that_match_every_condition():
    results = Results(ROWS, [RUN, OTHER])
    assert [row.metric for row in results.filter(column="a")] == ["drift.ks", "quality.rows"]
    assert [row.metric for row in results.filter(column="a", alert=True)] == ["drift.ks"]
    assert [row.metric for row in results.filter(alert=None)] == ["drift.psi"]
    assert [row.metric for row in results.filter(alert=False)] == ["quality.rows"]
    assert [row.column for row in results.filter(status="all_null")] == ["b"]
    assert len(results.filter(metric=["drift.ks", "drift.psi"])) == 2
    assert len(results.filter(segment="origin=JFK")) == 0
    assert len(results.filter()) == 3


def test_filter_drops_runs_and_histograms_of_rows_that_are_gone():
    histograms = [
        Histogram(RUN.run_id, "", name, None, ("x",), (1.0,), (1.0,)) for name in ("a", "b")
    ]
    kept = Results(ROWS, [RUN, OTHER], histograms).filter(column="a")
    assert [run.run_id for run in kept.runs] == [RUN.run_id]
    assert [histogram.column for histogram in kept.histograms] == ["a"]


def test_window_times_are_kept_in_utc():
    results = Results(ROWS, [RUN])
    expected = datetime(2013, 2, 8, 5, tzinfo=UTC)
    assert results[0].window_start == expected
    assert results[0].window_start.tzinfo is UTC
    assert results.runs[0].window_start.tzinfo is UTC


def test_a_window_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="expected a window time with a zone, found 2013-02-08"):
        Results([ROWS[0]._replace(window_start=datetime(2013, 2, 8))])


AT_THE_END = datetime.fromisoformat("9999-12-31T23:30:00-09:00")
AT_THE_BEGINNING = datetime.fromisoformat("0001-01-01T00:30:00+14:00")


@pytest.mark.parametrize("time", [AT_THE_END, AT_THE_BEGINNING])
@pytest.mark.parametrize("name", ["window_start", "window_end", "started_at", "finished_at"])
def test_a_time_that_utc_has_no_year_for_is_refused_by_name(time, name):
    message = re.escape(f"expected a time in the years 1 to 9999 of UTC, found {time.isoformat()}")
    with pytest.raises(InputError, match=message):
        Results([], [RUN._replace(**{name: time})])
    if name.startswith("window"):
        with pytest.raises(InputError, match=message):
            Results([ROWS[0]._replace(**{name: time})])
    document = Results(ROWS, [RUN]).to_dict()
    for key in ("rows", "runs"):
        changed = json.loads(json.dumps(document))
        changed[key][0][name] = time.isoformat()
        if key == "runs" or name.startswith("window"):
            with pytest.raises(InputError, match=rf"{key}\[0\].{name}: {message}"):
                Results.from_json(changed)


HALVES = "\ud83d" + "\ude00"  # of U+1F600, side by side


def test_halves_of_a_surrogate_pair_side_by_side_stay_two_in_json():
    names = [HALVES, "\U0001f600", f"a{HALVES}{HALVES}b", "\ude00\ud83d", "\ud83d"]
    rows = [ROWS[0]._replace(column=name, segment=name, params=name) for name in names]
    runs = [synth.run_of(dataset=name) for name in names]
    histograms = [
        Histogram(runs[0].run_id, name, name, None, tuple(names), (1.0,) * 5, (2.0,) * 5)
        for name in names
    ]
    results = Results(rows, runs, histograms)
    assert Results.from_json(results.to_json()) == results
    assert Results.from_json(results.to_dict()) == results
    assert results.to_dict()["rows"][0]["column"] == ["\ud83d", "\ude00"]
    assert results.to_dict()["rows"][1]["column"] == "\U0001f600"
    assert results.to_json().isascii()


def test_nan_becomes_none_and_its_status_says_so():
    row = ROWS[0]._replace(value=math.nan, p_value=math.nan, ci_low=1.0)
    (clean,) = Results([row])
    assert clean.value is None
    assert clean.p_value is None
    assert clean.ci_low == 1.0
    assert clean.status == "degenerate"
    assert Results([ROWS[1]._replace(value=math.nan)])[0].status == "all_null"


@given(RESULTS)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_json_round_trip_is_exact(results):
    text = results.to_json()
    assert text.isascii()
    again = Results.from_json(text)
    assert again == results
    assert again.timezone == results.timezone
    assert Results.from_json(results.to_dict()) == results
    assert Results.from_json(text.encode()).to_json() == text


def test_json_has_the_documented_shape():
    histogram = Histogram(RUN.run_id, "", "a", (1.0, math.inf), None, (1.0, 2.0), (3.0, 4.0))
    document = json.loads(
        Results(ROWS[:1], [RUN], [histogram], timezone="America/New_York").to_json()
    )
    assert document["format"] == "simdrift.results"
    assert document["version"] == 1
    assert document["timezone"] == "America/New_York"
    assert list(document["rows"][0]) == list(Result._fields)
    assert list(document["runs"][0]) == list(Run._fields)
    assert document["rows"][0]["window_start"] == "2013-02-08T05:00:00Z"
    assert document["rows"][0]["p_value"] is None
    assert document["rows"][0]["run_id"] == str(RUN.run_id)
    assert document["histograms"][0]["edges"] == [1.0, "Infinity"]


def _document(**changes: object) -> dict[str, object]:
    return {**Results(ROWS, [RUN]).to_dict(), **changes}


def _row(**changes: object) -> dict[str, object]:
    return _document(rows=[{**Results(ROWS).to_dict()["rows"][0], **changes}])


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "expected a JSON document of results"),
        ("[" * 100_000, "expected a JSON document of results"),
        ("[]", "expected a JSON object, found list"),
        ("{}", "expected a document of format 'simdrift.results', found None"),
        (_document(version=2), "expected version 1 of simdrift.results, found 2"),
        (_document(rows={}), "rows: expected a list, found dict"),
        (_document(rows=[1]), r"rows\[0\]: expected an object, found int"),
        (_document(timezone=1), "timezone: expected text, found 1"),
        (_document(timezone="../UTC"), "timezone: expected an IANA zone .* found '../UTC'"),
        (_document(rows=[{"column": "a"}]), r"rows\[0\]: .*missing .* 'run_id'"),
        (_row(run_id="x"), r"rows\[0\].run_id: badly formed"),
        (_row(value="much"), r"rows\[0\].value: expected a number, found 'much'"),
        (_row(value=True), r"rows\[0\].value: expected a number, found True"),
        (_row(alert=1), r"rows\[0\].alert: expected true or false, found 1"),
        (_row(n_current=1.5), r"rows\[0\].n_current: expected an integer, found 1.5"),
        (_row(window_end="yesterday"), r"rows\[0\].window_end: Invalid isoformat"),
        (_row(window_end="2013-02-08"), r"rows\[0\].window_end: expected a time with a zone"),
        (_document(histograms=[{"reference": 1}]), r"histograms\[0\].reference: expected a list"),
    ],
)
def test_a_document_that_is_none_says_what_is_wrong_and_where(document, message):
    with pytest.raises(InputError, match=message):
        Results.from_json(document)


def test_arrow_columns_are_typed_and_null_where_absent():
    table = Results(ROWS).to_arrow()
    assert table.column_names == list(Result._fields)
    assert table.schema.field("window_start").type == pa.timestamp("us", "UTC")
    assert table.schema.field("value").type == pa.float64()
    assert table.schema.field("alert").type == pa.bool_()
    assert table.schema.field("n_reference").type == pa.int64()
    assert table["value"].to_pylist() == [0.5, None, 3.0]
    assert table["value"].null_count == 1
    assert table["alert"].to_pylist() == [True, None, False]
    assert table["n_reference"].to_pylist() == [10, None, None]
    assert table["run_id"].to_pylist() == [str(RUN.run_id)] * 3
    assert table["window_start"][0].as_py() == datetime(2013, 2, 8, 5, tzinfo=UTC)


@pytest.mark.parametrize("rows", [[], ROWS], ids=["empty", "rows"])
def test_empty_results_give_the_same_types(rows):
    results, full = Results(rows), Results(ROWS)
    assert results.to_arrow().schema == full.to_arrow().schema
    assert dict(results.to_pandas().dtypes) == dict(full.to_pandas().dtypes)
    assert results.to_polars().schema == full.to_polars().schema
    assert len(results.to_pandas()) == len(results.to_polars()) == len(rows)


def test_pandas_columns_are_nullable_where_numbers_can_not_be():
    frame = Results(ROWS).to_pandas()
    assert str(frame.dtypes["alert"]) == "boolean"
    assert str(frame.dtypes["n_current"]) == "Int64"
    assert str(frame.dtypes["value"]) == "float64"
    assert str(frame.dtypes["window_start"]) == "datetime64[us, UTC]"
    assert frame["value"].isna().tolist() == [False, True, False]


def test_polars_has_null_and_no_nan():
    frame = Results(ROWS).to_polars()
    assert frame["value"].null_count() == 1
    assert frame["value"].is_nan().sum() == 0
    assert frame["alert"].to_list() == [True, None, False]


@given(ROW)
@settings(max_examples=60)
def test_arrow_holds_any_row(row):
    (found,) = Results([row]).to_arrow().to_pylist()
    assert found["value"] == row.value
    assert found["n_current"] == row.n_current
    assert found["window_start"] == Results([row])[0].window_start


@given(TEXT)
def test_arrow_escapes_only_lone_surrogates(text):
    (found,) = Results([ROWS[0]._replace(column=text)]).to_arrow()["column"].to_pylist()
    lone = any("\ud800" <= character <= "\udfff" for character in text)
    assert (found == text) == (not lone)
    assert "\\ud" in found or not lone


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_an_absent_library_is_named_with_the_command(library, monkeypatch):
    real = builtins.__import__

    def refuse(name, *arguments, **options):
        if name.partition(".")[0] == library:
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.delitem(sys.modules, library, raising=False)
    monkeypatch.setattr(builtins, "__import__", refuse)
    monkeypatch.setattr("importlib.import_module", refuse)
    with pytest.raises(ImportError, match=f"pip install {library}"):
        getattr(Results(ROWS), f"to_{library}")()


def test_repr_counts_and_html_shows_rows():
    results = Results(ROWS, [RUN])
    assert repr(results) == "Results(3 rows: 2 columns, 1 window, 1 alert)"
    html = results._repr_html_()
    assert "drift.ks" in html
    assert "all missing" in html
    assert Results(ROWS * 20)._repr_html_().count("<tr>") == 21


def test_save_json_is_read_back(tmp_path):
    path = tmp_path / "results.json"
    Results(ROWS, [RUN]).save_json(path)
    assert Results.from_json(path.read_text()) == Results(ROWS, [RUN])


def test_reasons_stay_with_their_rows_through_filters_sums_and_json() -> None:
    def results(column: str, text: str) -> Results:
        row = synth.row_of(RUN, column, "drift.ks", None, status="type_changed")
        return Results([row], reasons={("", column, "drift.ks"): text})

    both = results("x", "reference is float64, current is utf8") + results("y", "odd \udc80")
    assert both.reason("x") == "reference is float64, current is utf8"
    assert both.filter(column="y").reasons == {("", "y", "drift.ks"): "odd \udc80"}
    assert both.reason("z") == both.filter(column="y").reason("x") == ""
    assert Results.from_json(both.to_json()).reasons == both.reasons
    assert "reasons" not in Results(both.rows).to_dict()


@pytest.mark.parametrize("reasons", [{}, [["", "x"]], [["", "x", "drift.ks", 1]]])
def test_reasons_that_are_no_texts_are_refused(reasons: object) -> None:
    with pytest.raises(InputError, match="reasons"):
        Results.from_json({"format": "simdrift.results", "version": 1, "reasons": reasons})
