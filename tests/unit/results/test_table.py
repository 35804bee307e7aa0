"""`ResultTable` holds rows as columns and gives the same rows back."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import synth
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import ROW

from simdrift.results import Result, Results
from simdrift.results.table import ResultTable

RUN = synth.run_of(window_start=datetime(2013, 2, 8, tzinfo=UTC))
ROWS = [
    synth.row_of(RUN, "a", "drift.ks", 0.5, alert=True, n_reference=10),
    synth.row_of(RUN, "b", "drift.psi", None, status="all_null"),
    synth.row_of(RUN, "a", "quality.rows", 3.0, alert=False, params="q=1"),
]
A_FEW = st.lists(ROW, max_size=4)
some = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(A_FEW)
@some
def test_rows_come_back_as_they_went_in(rows):
    table = ResultTable.from_rows(rows)
    assert len(table) == len(rows)
    assert list(table) == rows
    assert [table.row(index) for index in range(len(rows))] == rows


@given(A_FEW)
@some
def test_values_come_back_as_pythons_own_types(rows):
    kinds = {float, int, bool, str, type(None), datetime, type(RUN.run_id)}
    assert {type(value) for row in ResultTable.from_rows(rows) for value in row} <= kinds


@given(A_FEW, st.data())
@some
def test_take_gives_the_rows_of_a_mask_a_slice_and_places(rows, data):
    table = ResultTable.from_rows(rows)
    mask = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    kept = [row for row, there in zip(rows, mask, strict=True) if there]
    assert list(table.take(np.array(mask, bool))) == kept
    assert list(table.take(np.flatnonzero(mask))) == kept
    bounds = data.draw(st.slices(len(rows)))
    assert list(table.take(bounds)) == rows[bounds]


@given(st.lists(A_FEW, max_size=4))
@some
def test_concat_is_the_rows_one_after_the_other(lists):
    tables = [ResultTable.from_rows(rows) for rows in lists]
    together = [row for rows in lists for row in rows]
    whole = ResultTable.concat(tables)
    assert list(whole) == together
    assert whole == ResultTable.from_rows(together)
    assert len(set(whole.heads)) == len(whole.heads)


@given(A_FEW)
@some
def test_a_compacted_table_has_only_the_texts_and_heads_of_its_rows(rows):
    table = ResultTable.concat([ResultTable.from_rows(ROWS), ResultTable.from_rows(rows)])
    small = table.take(slice(len(ROWS), None)).compacted()
    assert list(small) == rows
    assert set(small.columns) == {row.column for row in rows}
    assert {head.run_id for head in small.heads} == {row.run_id for row in rows}


@given(A_FEW, A_FEW)
@some
def test_tables_are_equal_where_their_rows_are(one, two):
    assert (ResultTable.from_rows(one) == ResultTable.from_rows(two)) == (one == two)


@given(A_FEW)
@some
def test_equality_and_hash_do_not_depend_on_the_dictionaries(rows):
    table = ResultTable.from_rows(rows)
    around = ResultTable.concat([ResultTable.from_rows(ROWS), table]).take(slice(len(ROWS), None))
    assert around == table
    assert hash(around) == hash(table)


def test_a_changed_field_makes_tables_unequal():
    table = ResultTable.from_rows(ROWS)
    changes = {"value": 1.0, "alert": None, "n_current": 7, "segment": "s", "run_id": None}
    for name, value in changes.items():
        other = [ROWS[0]._replace(**{name: value}), *ROWS[1:]]
        assert ResultTable.from_rows(other) != table, name
    assert table != ROWS


def test_negative_zero_equals_zero_as_in_rows():
    one, two = (ResultTable.from_rows([ROWS[0]._replace(value=v)]) for v in (0.0, -0.0))
    assert one == two
    assert hash(one) == hash(two)


def test_what_is_absent_has_its_code():
    table = ResultTable.from_rows(ROWS)
    assert table.alert.tolist() == [1, -1, 0]
    assert table.n_reference.tolist() == [10, -1, -1]
    assert np.isnan(table.value).tolist() == [False, True, False]
    assert table.columns == ("a", "b")
    assert table.column.tolist() == [0, 1, 0]
    assert len(table.heads) == 1


def test_a_row_out_of_range_is_an_index_error():
    table = ResultTable.from_rows(ROWS)
    assert table.row(-1) == ROWS[2]
    with pytest.raises(IndexError):
        table.row(3)


def test_arrays_that_do_not_fit_are_refused_by_name():
    table = ResultTable.from_rows(ROWS)
    with pytest.raises(ValueError, match=r"p_value: expected 3 float64, found .* shape \(2,\)"):
        replace(table, p_value=np.zeros(2))
    with pytest.raises(ValueError, match="metric: expected 3 int32, found an array of int64"):
        replace(table, metric=np.zeros(3, np.int64))
    with pytest.raises(ValueError, match="columns: expected every text once"):
        replace(table, columns=("a", "a"))
    with pytest.raises(ValueError, match="expected 1 heads, found 0"):
        table.with_heads([])


def test_a_count_beyond_64_bits_is_refused_by_name():
    with pytest.raises(ValueError, match="n_current: expected integers of 64 bits"):
        ResultTable.from_rows([ROWS[0]._replace(n_current=2**63)])


def test_results_of_a_table_are_those_of_its_rows():
    results = Results.from_table(ResultTable.from_rows(ROWS), [RUN], timezone="Europe/Berlin")
    assert results == Results(ROWS, [RUN])
    assert results.rows == tuple(ROWS)
    assert results.timezone == "Europe/Berlin"
    with pytest.raises(ValueError, match="expected an IANA zone"):
        Results.from_table(results.table, timezone="Mars")


def test_results_of_a_table_have_times_in_utc_and_a_status_where_ok_has_no_value():
    table = ResultTable.from_rows(ROWS)
    local = datetime(2013, 2, 8, tzinfo=ZoneInfo("America/New_York"))
    heads = [head._replace(window_start=local) for head in table.heads]
    value = np.array([math.nan, math.nan, 3.0])
    results = Results.from_table(replace(table.with_heads(heads), value=value))
    assert [row.status for row in results] == ["degenerate", "all_null", "ok"]
    assert results[0].window_start == datetime(2013, 2, 8, 5, tzinfo=UTC)
    assert results[0].window_start.tzinfo is UTC
    naive = [head._replace(window_start=datetime(2013, 2, 8)) for head in table.heads]
    with pytest.raises(ValueError, match="expected a window time with a zone"):
        Results.from_table(table.with_heads(naive))


def test_columns_of_the_row_are_all_there():
    assert list(ResultTable.from_rows(ROWS).values()) == list(Result._fields)
