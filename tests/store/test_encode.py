"""A batch is what the rows say, record by record, whatever the columns' dictionaries."""

from __future__ import annotations

import hashlib
import random

import numpy as np
import pytest
from store_servers import DAY, STARTED, make_results, make_row, make_run

from simdrift.results import Results
from simdrift.results.identity import series_key
from simdrift.results.table import ResultTable
from simdrift.store.batch import COUNTS, FLOATS
from simdrift.store.encode import batch_from_results


def shuffled(results: Results, seed: int) -> Results:
    """The rows in another order."""
    rows = list(results)
    random.Random(seed).shuffle(rows)
    return Results(rows, results.runs, results.histograms)


@pytest.mark.parametrize("seed", range(3))
def test_records_say_what_the_rows_say_in_their_order(seed):
    results = shuffled(make_results(days=4), seed)
    batch = batch_from_results(results)
    for record, row in zip(batch.values, results, strict=True):
        run, series = batch.runs[record["run_no"]], batch.series[record["series_no"]]
        assert run.run_id == str(row.run_id)
        assert series[5:9] == (row.segment, row.column, row.metric, row.params)
        assert batch.statuses[record["status_no"]] == row.status
        assert record["alert"] == {None: -1, False: 0, True: 1}[row.alert]
        found = [None if np.isnan(record[name]) else record[name] for name in FLOATS]
        assert found == [getattr(row, name) for name in FLOATS]
        counts = [None if record[name] == -1 else record[name] for name in COUNTS]
        assert counts == [getattr(row, name) for name in COUNTS]


@pytest.mark.parametrize("seed", range(3))
def test_series_are_numbered_in_the_order_of_their_first_row(seed):
    results = shuffled(make_results(days=2), seed)
    run = results.runs[0]
    names = dict.fromkeys((row.segment, row.column, row.metric, row.params) for row in results)
    whose = (run.monitor, run.dataset, run.model, run.model_version)
    keys = [str(series_key(*whose, *name, run.grain)) for name in names]
    batch = batch_from_results(results)
    assert [series.series_key for series in batch.series][: len(keys)] == keys
    assert {series.metric for series in batch.series[len(keys) :]} == {"histogram"}


def test_the_dictionaries_of_the_columns_change_no_byte():
    results = make_results(days=3)
    other = ResultTable.from_rows(list(shuffled(make_results(days=2, columns=9, seed=5), 1)))
    after = ResultTable.concat([other, results.table]).take(slice(len(other), None))
    assert after.columns != results.table.columns
    why = results.reasons_by_run
    again = Results.from_table(after, results.runs, results.histograms, reasons=why)
    assert batch_from_results(again).to_bytes() == batch_from_results(results).to_bytes()


def test_the_bytes_of_a_batch_are_those_of_the_first_version():
    made = make_results(days=3)
    content = batch_from_results(Results(list(made), made.runs, made.histograms)).to_bytes()
    assert (
        hashlib.sha256(content).hexdigest()
        == "38434ab5f368609dd44c93527708fb9215d7631ac078d19151abbbbe7db39dc7"
    )


def test_a_row_that_contradicts_its_run_is_refused_wherever_it_stands():
    run = make_run()
    late = make_row(run, "y", value=0.5)._replace(window_end=STARTED + 9 * DAY)
    with pytest.raises(ValueError, match=r"a row of run .* its run says"):
        batch_from_results(Results([make_row(run, "x", value=0.25), late], [run]))
