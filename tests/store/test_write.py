"""The write contract: all of it or nothing, and the same again changes nothing."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from store_servers import (
    DAY,
    STARTED,
    expected_rows,
    make_results,
    make_row,
    make_run,
    visible_rows,
)

from simdrift import Columns, Metrics, Spec, monitor
from simdrift.results.collection import Results
from simdrift.results.rows import Histogram
from simdrift.store.store import WriteSummary

PLACES = """
select 'value', ctid::text, xmin::text from simdrift.metric_value
union all select 'histogram', ctid::text, xmin::text from simdrift.histogram
union all select 'reason', ctid::text, xmin::text from simdrift.reason
union all select 'run', ctid::text, xmin::text from simdrift.run
union all select 'series', ctid::text, xmin::text from simdrift.series
order by 1, 2
"""


class Bag:
    """What encode reads of results, without what `Results` cleans."""

    def __init__(self, rows, runs, histograms=()):
        self.rows, self.runs, self.histograms = rows, runs, histograms


def test_a_write_shows_every_row_as_it_was_given(store, sql):
    results = make_results(days=3)
    summary = store.write(results)
    assert summary == WriteSummary(27, 0, 3, 0, None)
    assert visible_rows(sql.connection) == expected_rows(results)
    found = store.read()
    assert set(found.rows) == set(results.rows)
    assert found.runs == results.runs
    assert set(found.histograms) == set(results.histograms)


def test_every_field_of_a_row_comes_back(store):
    run = make_run()
    row = make_row(
        run,
        "x ~ y",
        "drift.t",
        1 / 3,
        segment="carrier=AA & origin=JFK",
        ci_low=-1e-300,
        ci_high=1.7e308,
        p_value=5e-324,
        q_value=0.05,
        effect_size=-2.5,
        threshold=0.1,
        alert=True,
        null_quantile=0.02,
        n_reference=2**53 + 1,
        n_current=0,
        params="bins=10",
    )
    store.write(Results([row], [run]))
    assert store.read().rows == (row,)
    assert store.read().runs == (run,)


def test_names_that_look_like_others_keep_their_rows(store, sql):
    hours = np.datetime64("2024-03-01T00", "s") + np.arange(96).astype("timedelta64[h]")
    x = np.arange(96.0) % 24
    hidden = np.where(np.arange(96) % 2 == 0, x, np.nan)
    data = {"t": hours, "": hidden, "(no name)": x, "a": x, "b": hidden, "a ~ b": x}
    spec = Spec(
        monitor="names",
        columns=Columns(timestamp="t"),
        reference="previous",
        metrics=Metrics(correlations="numeric"),
    )
    results = monitor(spec, data)
    assert {"", "(no name)", '"(no name)"', "a ~ b"} < set(results.table.columns)
    assert store.write(results).rows_written == len(results)
    found = store.read()
    assert set(found.rows) == set(results.rows)
    assert set(found.histograms) == set(results.histograms)


def test_the_same_results_again_touch_no_row(store, sql):
    store.write(make_results(days=3))
    before = sql(PLACES)
    again = store.write(make_results(days=3))
    assert again == WriteSummary(0, 27, 0, 3, None)
    assert sql(PLACES) == before
    sql("create extension if not exists pgstattuple")
    dead = sql(
        "select sum((pgstattuple(oid)).dead_tuple_count)"
        " from pg_class where relnamespace = 'simdrift'::regnamespace and relkind = 'r'"
        " and relname <> 'migration'"
    )
    assert dead == [(0,)]


def test_the_same_results_again_use_up_no_series_numbers(store, sql):
    store.write(make_results())
    store.write(make_results(digest="other", started=STARTED + DAY))
    numbers = sql("select max(series_id), count(*) from simdrift.series")
    assert numbers == [(12, 12)]


def test_new_windows_go_beside_those_that_are_there(store, sql):
    store.write(make_results(days=2))
    assert store.write(make_results(days=3))[:4] == (9, 18, 1, 2)
    assert visible_rows(sql.connection) == expected_rows(make_results(days=3))


def test_windows_of_different_grain_that_end_together_do_not_meet(store, sql):
    daily = make_results(days=7)
    week = make_run(0, window_end=make_run(6).window_end, grain="7d")
    weekly = Results([make_row(week, "column 0", value=9.0)], [week])
    store.write(daily)
    store.write(weekly)
    assert visible_rows(sql.connection) == expected_rows(daily, weekly)


def test_monitors_do_not_meet(store, sql):
    one = make_results(monitor="one")
    two = make_results(monitor="two", seed=2)
    store.write(one)
    store.write(two)
    assert visible_rows(sql.connection) == expected_rows(one, two)


# -- runs over the same window


def test_a_newer_run_replaces_what_is_shown(store, sql):
    old = make_results(columns=3)
    new = make_results(columns=2, digest="late data", seed=2, started=STARTED + DAY)
    store.write(old)
    store.write(new)
    assert visible_rows(sql.connection) == expected_rows(new)


def test_an_old_run_replayed_after_a_newer_one_changes_nothing_shown(store, sql):
    old = make_results(columns=3)
    new = make_results(columns=2, digest="late data", seed=2, started=STARTED + DAY)
    store.write(new)
    store.write(old)
    assert visible_rows(sql.connection) == expected_rows(new)
    before = sql(PLACES)
    store.write(old)
    assert sql(PLACES) == before


def test_a_superseded_run_computed_again_is_current_again(store, sql):
    store.write(make_results(columns=3))
    store.write(make_results(columns=2, digest="late", seed=2, started=STARTED + DAY))
    revived = make_results(columns=3, started=STARTED + 2 * DAY)
    store.write(revived)
    assert visible_rows(sql.connection) == expected_rows(revived)
    assert store.read().runs == revived.runs
    assert store.verify() == ()


def test_the_current_run_written_with_a_later_start_keeps_its_start(store):
    store.write(make_results())
    store.write(make_results(started=STARTED + DAY))
    assert {run.started_at for run in store.read().runs} == {STARTED}


def test_runs_that_start_together_have_one_winner_whatever_the_order(store, sql, server):
    one, two = make_results(digest="one", seed=1), make_results(digest="two", seed=2)
    store.write(one)
    store.write(two)
    shown = visible_rows(sql.connection)
    winners = {max(pair, key=str) for pair in zip(ids(one), ids(two), strict=True)}
    assert {row[0] for row in shown} == winners
    assert len(shown) == len(one)


def ids(results):
    return [run.run_id for run in results.runs]


def test_two_runs_of_one_window_in_one_batch_end_as_if_one_after_the_other(store, sql):
    old = make_results(columns=3)
    new = make_results(columns=2, digest="late", seed=2, started=STARTED + DAY)
    store.write(new + old)
    assert visible_rows(sql.connection) == expected_rows(new)
    assert sql("select count(*) from simdrift.run") == [(4,)]


def test_an_equal_row_twice_is_one_row(store, sql):
    run = make_run()
    store.write(Bag([make_row(run), make_row(run)], [run]))
    assert sql("select value from simdrift.metric_value") == [(0.25,)]


def test_two_values_of_one_series_in_one_run_are_refused_by_name(store, sql):
    run = make_run()
    rows = [make_row(run, "x", value=0.25), make_row(run, "x", value=0.5)]
    with pytest.raises(ValueError, match=r"two different values.*'x', 'drift.ks'.*0.25 and 0.5"):
        store.write(Bag(rows, [run]))
    assert store.spool.pending() == []


def test_new_replacing_and_unchanged_windows_go_together(store, sql):
    store.write(make_results(days=2))
    late = make_results(days=3, digest="late", seed=2, started=STARTED + DAY)
    wanted = late.runs[1:]
    mixed = Results(
        [row for row in late if row.run_id in {run.run_id for run in wanted}],
        wanted,
        [cells for cells in late.histograms if cells.run_id != late.runs[0].run_id],
    )
    first = make_results(days=1)
    assert store.write(mixed + first)[:4] == (18, 9, 2, 1)
    assert visible_rows(sql.connection) == expected_rows(mixed, first)


def test_values_whose_run_somebody_deleted_are_written_over(store, sql):
    store.write(make_results(days=2))
    sql("delete from simdrift.run")
    sql("update simdrift.metric_value set value = 7 where value is not null")
    results = make_results(days=3)
    assert store.write(results)[:4] == (21, 6, 3, 0)
    assert visible_rows(sql.connection) == expected_rows(results)
    assert store.verify() == ()


def test_many_patterns_of_nulls_come_back_as_they_were(store):
    import itertools

    run = make_run()
    names = ("value", "ci_low", "p_value", "threshold", "alert", "n_current")
    given = (0.5, -1.0, 0.25, 0.1, False, 7)
    rows = []
    for number, pattern in enumerate(itertools.product((True, False), repeat=len(names))):
        row = make_row(run, f"column {number}")
        kept = {
            name: one if on else None for name, one, on in zip(names, given, pattern, strict=True)
        }
        status = "ok" if kept["value"] is not None else f"status {number}"
        rows.append(row._replace(status=status, **kept))
    store.write(Results(rows, [run]))
    assert set(store.read().rows) == set(rows)
    assert store.verify() == ()


# -- what is not a number, not text, not in time


@pytest.mark.parametrize(
    ("value", "status"),
    [(float("nan"), "degenerate"), (float("inf"), "overflow"), (-float("inf"), "overflow")],
)
def test_what_is_no_number_becomes_null_and_a_status(store, sql, value, status):
    run = make_run()
    row = make_row(run, value=value, ci_low=-float("inf"), p_value=float("nan"), threshold=0.1)
    store.write(Bag([row], [run]))
    found = sql("select value, ci_low, p_value, threshold, status from simdrift.metric_value")
    assert found == [(None, None, None, 0.1, status)]


def test_a_null_value_keeps_the_status_it_came_with(store, sql):
    run = make_run()
    store.write(Bag([make_row(run, value=float("nan"), status="constant")], [run]))
    assert sql("select value, status from simdrift.metric_value") == [(None, "constant")]


def test_numbers_that_are_no_numbers_in_a_histogram_become_null(store, sql):
    run = make_run()
    cells = Histogram(
        run.run_id, "", "x", (float("-inf"), 0.5, float("inf")), None, (1, 2, 3, 4), (float("nan"),)
    )
    store.write(Bag([], [run], [cells]))
    found = sql("select edges, reference, current from simdrift.histogram")
    assert found == [([None, 0.5, None], [1, 2, 3, 4], [None])]


HOSTILE = [
    "a\tb",
    "a\\b",
    "a\nb\r",
    '"quoted", {braces}',
    "\\N",
    "NULL",
    "caf\u00e9 \U0001f600",
    "",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_any_printable_name_comes_back_as_it_was(store, name):
    run = make_run()
    cells = Histogram(run.run_id, name, name, None, (name, "other"), (1.0, 2.0), (3.0, 4.0))
    row = make_row(run, name, value=1.0, segment=name, params=name)
    store.write(Results([row], [run], [cells]))
    found = store.read()
    assert found.rows == (row,)
    assert found.histograms == (cells,)


@pytest.mark.parametrize(("name", "shown"), [("a\0b", r"a\x00b"), ("a\udc80b", r"a\udc80b")])
def test_what_postgres_cannot_store_is_spelled_out(store, sql, name, shown):
    run = make_run(dataset=name, model=name, spec_digest=name)
    cells = Histogram(run.run_id, "", name, None, (name,), (1.0,), (1.0,))
    store.write(Bag([make_row(run, name, status="ok", segment=name)], [run], [cells]))
    assert sql("select dataset, column_name, segment from simdrift.dashboard_result") == [
        (shown, shown, shown)
    ]
    assert sql("select labels from simdrift.histogram") == [([shown],)]


def test_names_that_are_shown_alike_stay_two_series(store, sql):
    run = make_run()
    store.write(Bag([make_row(run, "a\0b", value=1.0), make_row(run, r"a\x00b", value=2.0)], [run]))
    assert sql("select value from simdrift.metric_value order by 1") == [(1.0,), (2.0,)]


def test_a_segment_longer_than_a_btree_row_is_stored(store):
    run = make_run()
    row = make_row(run, "c" * 5000, "m" * 5000, segment="s" * 20000)
    store.write(Results([row], [run]))
    assert store.read().rows == (row,)


def test_results_without_a_window_say_to_pass_one(store):
    run = make_run(window_start=None, window_end=None, grain="all")
    with pytest.raises(ValueError, match=r"pass window=\(start, end\)"):
        store.write(Results([make_row(run)], [run]))
    assert store.spool.pending() == []


def test_rows_without_their_run_are_refused(store):
    run = make_run()
    with pytest.raises(ValueError, match="not among the runs"):
        store.write(Results([make_row(run)], []))


def test_a_row_that_disagrees_with_its_run_is_refused(store):
    run = make_run()
    row = make_row(run)._replace(dataset="trains")
    with pytest.raises(ValueError, match=r"trains.*flights"):
        store.write(Results([row], [run]))


def test_times_without_a_zone_are_refused(store):
    run = make_run()._replace(started_at=datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="zone"):
        store.write(Bag([], [run]))


def test_a_window_is_one_instant_whatever_its_zone(store, sql):
    from datetime import timezone

    new_york = timezone(timedelta(hours=-5))
    start = datetime(2013, 2, 8, tzinfo=new_york)
    run = make_run(window_start=start, window_end=start + DAY)
    store.write(Results([make_row(run)], [run]))
    assert sql("select ts from simdrift.metric_value") == [(datetime(2013, 2, 9, 5, tzinfo=UTC),)]


def test_nothing_to_write_is_nothing_written(store):
    assert store.write(Results()) == WriteSummary(0, 0, 0, 0, None)


def test_a_run_without_rows_is_a_run(store):
    store.write(Results([], [make_run()]))
    assert store.status().current_runs == 1


def test_a_changed_value_is_found_by_verify(store, sql):
    results = make_results()
    store.write(results)
    assert store.verify() == ()
    sql(
        "update simdrift.metric_value set value = value + 1e-9 where (series_id, ts) ="
        " (select series_id, ts from simdrift.metric_value where value is not null limit 1)"
    )
    assert len(store.verify()) == 1


def test_a_missing_value_is_found_by_verify(store, sql):
    store.write(make_results(days=1))
    sql("delete from simdrift.metric_value where status <> 'ok'")
    assert store.verify() == (make_run().run_id,)


def test_of_windows_that_end_together_the_one_computed_last_is_shown_whole(store, sql):
    """They share their values' places; whichever way round they come."""
    long = make_results(days=1, columns=3)
    run = make_run(0, window_start=long.runs[0].window_start - 6 * DAY, started=STARTED + DAY)
    short = Results([make_row(run, "column 0", value=9.0)], [run])
    for first, second in ((long, short), (short, long)):
        store.write(first)
        store.write(second)
        assert visible_rows(sql.connection) == expected_rows(short)
        assert store.read().runs == short.runs
        assert store.verify() == ()
        sql("truncate simdrift.run, simdrift.metric_value, simdrift.histogram, simdrift.reason")


def test_rows_that_come_in_any_order_are_stored_alike(store, sql):
    import random

    results = make_results(days=20, columns=4)
    rows = list(results.rows)
    random.Random(5).shuffle(rows)
    why = results.reasons_by_run
    store.write(Results(rows, results.runs, results.histograms, reasons=why))
    assert visible_rows(sql.connection) == expected_rows(results)
    assert store.write(results)[:4] == (0, len(results), 0, 20)
    assert store.verify() == ()


def test_values_of_a_series_lie_together(store, sql):
    """A write of many windows goes in the order of the table's key: panels read series."""
    store.write(make_results(days=30, columns=2))
    kept = sql(
        "select series_id, ts from simdrift.metric_value where value is not null order by ctid"
    )
    # Rows of one pattern of nulls go together: first one half, then the other.
    assert sorted(kept[:60]) == kept[:60]
    assert sorted(kept[60:]) == kept[60:]


def test_a_window_that_ran_again_shows_the_reasons_of_its_new_run_alone(store):
    first, second = make_run(), make_run(digest="late", started=STARTED + DAY)
    key = ("", "x", "drift.psi")
    again = first._replace(started_at=STARTED + 2 * DAY, finished_at=STARTED + 2 * DAY)
    for run, reasons in ((first, {key: "3 rows"}), (second, {}), (again, {key: "3 rows"})):
        row = make_row(run, metric="drift.psi", value=None, status="too_few_rows")
        store.write(Results([row], [run], reasons=reasons))
        assert store.read().reasons == ({} if run is second else {key: "3 rows"})


def test_rows_that_differ_in_parameters_share_the_reason_of_their_metric(store, sql):
    run = make_run()
    rows = [make_row(run, metric="quality.quantile", params=f"q={q}") for q in (0.05, 0.95)]
    reason = "expected numbers,\tfound text\\n"
    store.write(Results(rows, [run], reasons={("", "x", "quality.quantile"): reason}))
    assert sql("select reason from simdrift.dashboard_result") == [(reason,), (reason,)]
