"""Reading back, the inventory, retention, events, copies."""

from datetime import UTC, datetime, timedelta

import pytest
from store_servers import (
    DAY,
    FIRST_DAY,
    STARTED,
    drop_database,
    expected_rows,
    make_results,
    make_row,
    make_run,
    new_database,
    target_of,
    visible_rows,
)

from simdrift.results.collection import Results
from simdrift.store.store import Store


def test_read_takes_one_or_several_texts(store):
    store.write(make_results(columns=3))
    assert {row.column for row in store.read(column="column 1")} == {"column 1"}
    found = store.read(column=["column 0", "column 2"], metric="drift.ks")
    assert {(row.column, row.metric) for row in found} == {
        ("column 0", "drift.ks"),
        ("column 2", "drift.ks"),
    }
    assert len(store.read(dataset="other")) == 0
    assert len(store.read(monitor="nightly", model="linear", segment="")) == len(store.read())


def test_read_takes_windows_that_overlap_the_time_asked_for(store):
    store.write(make_results(days=5))
    found = store.read(start=FIRST_DAY + 1.5 * DAY, end=FIRST_DAY + 3 * DAY)
    assert {row.window_start for row in found} == {FIRST_DAY + DAY, FIRST_DAY + 2 * DAY}
    assert {run.window_start for run in found.runs} == {FIRST_DAY + DAY, FIRST_DAY + 2 * DAY}


def test_read_gives_the_histograms_of_its_rows_alone(store):
    results = make_results(days=2, columns=3)
    store.write(results)
    found = store.read(column="column 1")
    assert set(found.histograms) == {h for h in results.histograms if h.column == "column 1"}


def test_status_counts_what_is_there(store, tmp_path):
    store.write(make_results(days=3, columns=2))
    store.write(make_results(days=1, columns=2, digest="late", started=STARTED + DAY))
    found = store.status()
    assert (found.runs, found.current_runs, found.series) == (4, 3, 8)
    assert (found.values, found.histograms) == (18, 6)
    assert (found.first, found.last) == (FIRST_DAY, FIRST_DAY + 3 * DAY)
    assert found.datasets == ["flights"]
    assert found.pending == ()
    assert found.size > 0


def test_status_of_an_empty_store_is_zeros(store):
    found = store.status()
    assert (found.runs, found.series, found.values, found.first, found.datasets) == (
        0,
        0,
        0,
        None,
        [],
    )


def aged(days, age):
    """Results whose windows ended `age` days ago and later."""
    start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - age * DAY
    rows, runs = [], []
    for day in range(days):
        begin = start + (day - 1) * DAY
        run = make_run(window_start=begin, window_end=begin + DAY)
        runs.append(run)
        rows += [make_row(run, value=float(day)), make_row(run, f"only {age}", value=1.0)]
    return Results(rows, runs)


def test_prune_deletes_what_is_older_and_nothing_else(store, sql):
    old, new = aged(2, age=500), aged(2, age=3)
    store.write(old)
    store.write(new)
    store.annotate(datetime(2013, 1, 1, tzinfo=UTC), "flights", "outage", "long ago")
    done = store.prune("400d")
    assert (done.values, done.runs, done.events, done.series) == (4, 2, 1, 1)
    assert visible_rows(sql.connection) == expected_rows(new)
    assert store.prune(timedelta(days=400))[1:6] == (0, 0, 0, 0, 0)


def test_a_dry_run_says_what_would_go_and_stay_and_deletes_nothing(store, sql):
    store.write(make_results())
    store.write(aged(2, age=3))
    foretold = store.prune("400d", dry_run=True)
    assert foretold[1:] == (18, 6, 2, 0, 12, 4, 2, True)
    assert "12 series would be deleted; 4 values and 2 runs stay" in str(foretold)
    assert sql("select count(*) from simdrift.metric_value") == [(22,)]
    assert store.prune("400d")[1:] == (18, 6, 2, 0, 12, 4, 2, False)
    assert sql("select count(*) from simdrift.metric_value") == [(4,)]


@pytest.mark.parametrize("keep", ["999999d", "99999999999999999999999999999w"])
def test_what_is_kept_for_longer_than_the_calendar_has_stays(store, keep):
    store.write(make_results())
    assert store.prune(keep)[1:] == (0, 0, 0, 0, 0, 18, 2, False)
    assert store.prune(keep, dry_run=True).values == 0


@pytest.mark.parametrize("keep", ["", "400", "d", "-3d", "0d", "1y", "4.5d"])
def test_prune_refuses_what_is_no_span(store, keep):
    with pytest.raises(ValueError, match="keep"):
        store.prune(keep)


def test_an_event_is_there_once(store, sql):
    for _ in range(2):
        store.annotate(FIRST_DAY, "flights", "deployment", "model 2")
    assert sql("select ts, dataset, kind, text from simdrift.dashboard_event") == [
        (FIRST_DAY, "flights", "deployment", "model 2")
    ]


@pytest.fixture
def other(server, tmp_path):
    """A second store, whose database has no schema yet."""
    name = new_database(server, "template1")
    with Store(target_of(server, name), spool=tmp_path / "spool") as opened:
        yield opened
    drop_database(server, name)


def test_a_copy_shows_the_same_and_twice_changes_nothing(store, other):
    store.write(make_results(days=3, columns=3))
    store.write(make_results(days=2, columns=2, digest="late", seed=2, started=STARTED + DAY))
    store.annotate(FIRST_DAY, "flights", "deployment", "model 2")
    first = store.copy_to(other.target)
    assert first.runs_written == 5
    mine, copied = store.read(), other.read()
    assert mine == copied
    assert other.verify() == ()
    again = store.copy_to(other.target)
    assert (again.rows_written, again.runs_written) == (0, 0)
    assert store.status()._replace(size=0) == other.status()._replace(size=0)


def test_a_copy_keeps_names_that_are_shown_alike_apart(store, other):
    run = make_run()
    rows = [make_row(run, "a\0b", value=1.0), make_row(run, r"a\x00b", value=2.0)]
    store.write(Results(rows, [run]))
    store.copy_to(other.target)
    assert sorted(row.value for row in other.read()) == [1.0, 2.0]
