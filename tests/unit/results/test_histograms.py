"""Blocks of counts are the same histograms as rows, in the order of the windows."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
import synth
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simdrift.results import Histogram, Results
from simdrift.results.histograms import HistogramBlock, Histograms

ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))
COUNTS = np.array([[1.0, 2.0], [3.0, 4.0]])
NUMBERS = HistogramBlock((ONE, TWO), "", "x", (0.5,), None, np.array([9.0, 8.0]), COUNTS)
LABELS = HistogramBlock(
    (ONE, TWO), "", "k", None, (("a",), ("a", "b")), np.array([[5.0, 0.0], [5.0, 6.0]]), COUNTS
)
ROWS = (
    Histogram(ONE, "", "x", (0.5,), None, (9.0, 8.0), (1.0, 2.0)),
    Histogram(ONE, "", "k", None, ("a",), (5.0,), (1.0,)),
    Histogram(TWO, "", "x", (0.5,), None, (9.0, 8.0), (3.0, 4.0)),
    Histogram(TWO, "", "k", None, ("a", "b"), (5.0, 6.0), (3.0, 4.0)),
)


def test_blocks_are_histograms_window_by_window():
    found = Histograms([NUMBERS, LABELS])
    assert found == ROWS
    assert tuple(found) == ROWS
    assert found == list(ROWS)
    assert found != ROWS[:3]
    assert (len(found), found[1], found[-1]) == (4, ROWS[1], ROWS[3])
    assert NUMBERS.histogram(1) == ROWS[2]
    assert hash(found) == hash(Histograms(ROWS))


def test_windows_come_in_the_order_of_the_runs():
    found = Histograms([NUMBERS, LABELS], [TWO, ONE])
    assert found == (*ROWS[2:], *ROWS[:2])


def test_a_column_may_lack_windows_that_others_have():
    late = HistogramBlock((TWO,), "", "late", (0.5,), None, np.array([9.0, 8.0]), COUNTS[:1])
    found = Histograms([late, NUMBERS], [ONE, TWO])
    assert [(h.run_id, h.column) for h in found] == [(ONE, "x"), (TWO, "late"), (TWO, "x")]


def test_rows_come_before_blocks_as_they_were_given():
    row = Histogram(THREE, "", "x", (0.5,), None, (), (1.0, 1.0))
    assert Histograms([NUMBERS, row, LABELS]) == (row, *ROWS)


def test_a_sum_has_what_both_have_once():
    numbers, labels = Histograms([NUMBERS]), Histograms([LABELS])
    assert numbers + labels == (ROWS[0], ROWS[2], ROWS[1], ROWS[3])
    assert numbers + numbers == numbers
    assert numbers + Histograms() == numbers == Histograms() + numbers
    other = Histograms([NUMBERS]).with_run_ids({ONE: THREE, TWO: UUID(int=4)})
    assert numbers + other == (*numbers, *other)
    assert [h.run_id for h in other] == [THREE, UUID(int=4)]


def test_a_selection_keeps_the_named_runs_of_each_column():
    found = Histograms([NUMBERS, LABELS]).of({("", "x"): {TWO}, ("", "k"): {ONE}})
    assert found == (ROWS[1], ROWS[2])
    assert Histograms([NUMBERS]).of({}) == ()
    assert [len(windows) for _, windows in found.parts()] == [1, 1]


def test_results_with_blocks_equal_results_with_rows():
    run = synth.run_of()
    row = synth.row_of(run, "x", "drift.ks", 0.5)
    block = HistogramBlock((run.run_id,), "", "x", (0.5,), None, np.array([9.0, 8.0]), COUNTS[:1])
    results = Results([row], [run], [block])
    assert results == Results([row], [run], list(Histograms([block])))
    assert Results.from_json(results.to_json()) == results
    assert results.filter(column="x").histograms == results.histograms
    assert len(results.filter(column="y").histograms) == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"current": COUNTS[:1]}, "expected current counts of 2 windows"),
        ({"current": COUNTS[0]}, "expected current counts of 2 windows"),
        ({"reference": COUNTS[:1]}, "expected reference counts of one or 2 windows"),
        ({"labels": (("a",),), "edges": None}, "expected labels of 2 windows, found 1"),
    ],
)
def test_a_block_that_does_not_fit_is_refused_by_name(changes, message):
    fields = ("run_ids", "segment", "column", "edges", "labels", "reference", "current")
    values = {name: getattr(NUMBERS, name) for name in fields}
    with pytest.raises(ValueError, match=f"'x': {message}"):
        HistogramBlock(**{**values, **changes})


@given(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=4))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_selection_of_windows_is_that_of_the_rows(chosen):
    runs = (ONE, TWO, THREE)
    counts = np.arange(6.0).reshape(3, 2)
    blocks = [
        HistogramBlock(runs, "", f"c{number}", None, ("a", "b"), counts, counts + number)
        for number in range(len(chosen))
    ]
    wanted = {
        ("", f"c{number}"): {run for run, there in zip(runs, mask, strict=True) if there}
        for number, mask in enumerate(chosen)
    }
    whole = Histograms(blocks)
    assert whole.of(wanted) == [h for h in whole if h.run_id in wanted["", h.column]]
