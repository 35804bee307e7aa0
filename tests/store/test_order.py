"""Which run of a window is shown does not depend on the clocks of hosts."""

import json
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from store_servers import (
    DAY,
    STARTED,
    admin,
    expected_rows,
    make_results,
    make_row,
    make_run,
    target_of,
    visible_rows,
)

from simdrift import _errors
from simdrift.results.collection import Results
from simdrift.results.rows import Histogram
from simdrift.store import migrate as migrating
from simdrift.store.encode import batch_from_results
from simdrift.store.stamp import Stamp, times_by_server
from simdrift.store.store import Store
from simdrift.store.write import write_batch

SECOND = timedelta(seconds=1)
YEAR = timedelta(days=365)
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def write_from(store, results, ahead, *, age=timedelta()):
    """Writes as a host would whose clock is `ahead`; the batch lay in its spool for `age`."""
    now = Stamp.now()
    stamp = Stamp(now.clock + ahead - age, now.uptime - age.total_seconds(), now.boot)
    return write_batch(store._session, batch_from_results(results), stamp)


def run_at(moment, digest, columns=3):
    """Results of a run that began at that moment of its host's clock."""
    return make_results(columns=columns, seed=hash(digest) % 97, digest=digest, started=moment)


def test_a_run_of_a_clock_that_is_ahead_does_not_hide_the_next(store, sql):
    for ahead in (10 * YEAR, 5 * SECOND, -10 * YEAR):
        now = datetime.now(UTC)
        skewed = run_at(now + ahead, f"skewed {ahead}")
        assert write_from(store, skewed, ahead).superseded == ()
        assert visible_rows(sql.connection) == expected_rows(skewed)
        right = run_at(datetime.now(UTC), f"right {ahead}", columns=2)
        assert store.write(right).superseded == ()
        assert visible_rows(sql.connection) == expected_rows(right)


def test_a_run_of_a_clock_that_is_behind_does_not_hide_behind_an_earlier_one(store, sql):
    first = run_at(datetime.now(UTC), "first")
    store.write(first)
    behind = run_at(datetime.now(UTC) - 30 * SECOND, "behind")
    write_from(store, behind, -30 * SECOND)
    assert visible_rows(sql.connection) == expected_rows(behind)


def test_a_run_that_is_stamped_in_the_future_began_by_now(store, sql):
    """Its host's clock was ahead while it ran and is right when it is written."""
    future = run_at(datetime.now(UTC) + 10 * YEAR, "future")
    store.write(future)
    right = run_at(datetime.now(UTC), "right")
    assert store.write(right).rows_superseded == 0
    assert visible_rows(sql.connection) == expected_rows(right)
    assert sql("select count(*) from simdrift.run where began_at > now()") == [(0,)]


def test_a_spooled_run_of_a_skewed_clock_is_replayed_where_it_belongs(store, sql):
    """Spooled an hour ago by a clock ten years ahead, before what was written since."""
    newer = run_at(datetime.now(UTC) - 60 * SECOND, "newer")
    store.write(newer)
    hour = 3600 * SECOND
    old = run_at(datetime.now(UTC) + 10 * YEAR - hour, "old")
    done = write_from(store, old, 10 * YEAR, age=hour)
    assert len(done.superseded) == 2
    assert visible_rows(sql.connection) == expected_rows(newer)


def test_a_spooled_run_that_is_newer_than_what_was_written_before_it_is_shown(store, sql):
    hour = 3600 * SECOND
    store.write(run_at(datetime.now(UTC) - 2 * hour, "older"))
    spooled = run_at(datetime.now(UTC) - 10 * YEAR - hour, "spooled")
    write_from(store, spooled, -10 * YEAR, age=hour)
    assert visible_rows(sql.connection) == expected_rows(spooled)


def test_runs_of_hosts_whose_clocks_agree_keep_their_own_times(store, sql):
    store.write(run_at(STARTED, "d"))
    assert sql("select distinct began_at = started_at from simdrift.run") == [(True,)]


def test_a_flush_orders_by_the_stamp_in_the_file(store, sql):
    newer = run_at(datetime.now(UTC), "newer")
    store.write(newer)
    old = batch_from_results(run_at(datetime.now(UTC) + 10 * YEAR - 3600 * SECOND, "old"))
    now = Stamp.now()
    stamp = Stamp(now.clock + 10 * YEAR - 3600 * SECOND, now.uptime - 3600, now.boot)
    with store.spool.kept(old, store.target.label, stamp):
        pass
    done = store.flush()
    assert (done.batches, len(done.superseded)) == (1, 2)
    assert visible_rows(sql.connection) == expected_rows(newer)


def test_a_spool_file_of_an_earlier_version_has_a_time_and_no_more(store, sql):
    import hashlib

    with store.spool.kept(batch_from_results(run_at(STARTED, "d")), store.target.label) as path:
        pass
    _, envelope, body = path.read_bytes().split(b"\n", 2)
    old = json.loads(envelope)
    del old["uptime"], old["boot"]
    content = json.dumps(old).encode() + b"\n" + body
    digest = hashlib.sha256(content).hexdigest()
    path.write_bytes(f"simdrift-spool 1 {digest} {len(content)}\n".encode() + content)
    assert store.flush().batches == 1
    assert visible_rows(sql.connection) == expected_rows(run_at(STARTED, "d"))


def test_copies_keep_the_order_and_not_the_clocks(store, server, database, tmp_path):
    from store_servers import drop_database, new_database

    skewed = run_at(datetime.now(UTC) + 10 * YEAR, "skewed")
    write_from(store, skewed, 10 * YEAR)
    right = run_at(datetime.now(UTC), "right")
    store.write(right)
    other = new_database(server)
    try:
        store.copy_to(target_of(server, other))
        with Store(target_of(server, other), spool=tmp_path) as copied:
            assert set(copied.read().rows) == set(right.rows)
            assert copied.verify() == ()
            newest = run_at(datetime.now(UTC), "newest")
            copied.write(newest)
            assert set(copied.read().rows) == set(newest.rows)
    finally:
        drop_database(server, other)


# -- what the stamp says


def test_clocks_that_agree_within_the_way_of_the_answer_move_nothing():
    times = [NOW - DAY, NOW - SECOND]
    assert times_by_server(times, NOW - SECOND, NOW, NOW + SECOND) == times


def test_times_are_moved_by_what_the_clock_is_ahead():
    ahead = NOW + 5 * SECOND
    assert times_by_server([ahead - DAY, ahead], ahead, NOW, ahead) == [NOW - DAY, NOW]


def test_no_time_is_later_than_the_servers_nor_outside_what_a_date_holds():
    end = datetime.max.replace(tzinfo=UTC)
    found = times_by_server([NOW + SECOND, end, datetime.min.replace(tzinfo=UTC)], end, NOW, end)
    assert found == [datetime(1, 1, 2, tzinfo=UTC), NOW, datetime(1, 1, 2, tzinfo=UTC)]


def test_a_clock_that_was_set_since_is_read_as_it_was():
    now = Stamp.now()
    stamp = Stamp(now.clock + 10 * YEAR, now.uptime, now.boot)
    assert SECOND > stamp.clock_now() - now.clock - 10 * YEAR >= timedelta()


def test_after_a_restart_the_clock_stands_in_for_itself():
    now = Stamp.now()
    later = Stamp(now.clock - DAY, 5.0, "another").clock_now()
    assert SECOND > later - now.clock >= timedelta()


def test_a_stamp_from_before_a_restart_that_is_in_the_future_is_as_old_as_this_run():
    now = Stamp.now()
    stamp = Stamp(now.clock + YEAR, 5.0, "another")
    assert stamp.clock_now() - stamp.clock >= timedelta(seconds=now.uptime)


# -- what failed for a cause that may pass


def results_with(status, value=0.5, *, params="", started=STARTED, **more):
    """One run of the same identity: a row that may have failed, and one that has not."""
    run = make_run(started=started)
    failed = make_row(
        run, "x", value=None if status != "ok" else value, status=status, params=params, **more
    )
    counts = (1.0, 2.0, 3.0)
    histogram = Histogram(run.run_id, "", "y", (0.0, 1.0), None, counts, counts)
    return Results([failed, make_row(run, "y", value=1.0)], [run], [histogram])


def test_a_run_with_failed_values_is_replaced_by_the_next_of_its_identity(store, sql):
    store.write(results_with("error"))
    again = results_with("ok", started=STARTED + DAY)
    done = store.write(again)
    assert (done.rows_written, done.rows_unchanged, done.runs_written) == (1, 1, 1)
    assert done.replaced == ("nightly flights linear 1 1d 2013-01-01 to 2013-01-02",)
    assert visible_rows(sql.connection) == expected_rows(again)
    assert store.read().runs == again.runs
    assert store.verify() == ()
    assert store.write(again)[:4] == (0, 2, 0, 1)


def test_values_that_failed_under_other_parameters_are_gone_with_their_run(store, sql):
    store.write(results_with("error"))
    again = results_with("ok", params="bins=10", started=STARTED + DAY)
    store.write(again)
    assert visible_rows(sql.connection) == expected_rows(again)
    assert set(store.read().rows) == set(again.rows)
    assert store.verify() == ()


def test_values_that_fail_later_do_not_replace_those_that_are_there(store, sql):
    good = results_with("ok")
    store.write(good)
    done = store.write(results_with("error", started=STARTED + DAY))
    assert done[:4] == (0, 2, 0, 1)
    assert visible_rows(sql.connection) == expected_rows(good)


def test_a_batch_that_lay_in_the_spool_replaces_values_that_failed(store, sql):
    """Of the same inputs: computed before, without the failure."""
    store.write(results_with("error", started=STARTED + DAY))
    good = results_with("ok", started=STARTED)
    store.write(good)
    assert visible_rows(sql.connection) == expected_rows(good)
    assert store.verify() == ()


def test_the_writers_rights_are_enough_to_replace_what_failed(store, server, database, tmp_path):
    writer = target_of(server, database, user="simdrift_writer")
    with Store(writer, spool=tmp_path, deadline=5) as own:
        own.write(results_with("error"))
        again = results_with("ok", params="bins=10", started=STARTED + DAY)
        own.write(again)
    assert set(store.read().rows) == set(again.rows)


# -- in words


def test_a_summary_names_what_was_superseded_and_what_was_replaced(store):
    old = make_results(columns=1, days=1, digest="old")
    new = make_results(columns=1, days=1, digest="new", started=STARTED + DAY)
    name = "nightly flights linear 1 1d 2013-01-01 to 2013-01-02"
    assert str(store.write(old)) == "3 rows and 1 runs written, 0 and 0 already there"
    assert str(store.write(new)) == (
        f"3 rows and 1 runs written, 0 and 0 already there; replaced what was shown of {name}"
    )
    assert str(store.write(new)) == "0 rows and 0 runs written, 3 and 1 already there"
    older = make_results(columns=1, days=1, digest="older", started=STARTED - DAY)
    assert str(store.write(older)) == (
        "0 rows and 1 runs written, 0 and 0 already there; "
        f"3 rows superseded by a later run of {name}"
    )


def test_of_many_windows_the_first_are_named(store):
    store.write(make_results(days=30, columns=1))
    done = store.write(make_results(days=30, columns=1, digest="new", started=STARTED + DAY))
    assert len(done.replaced) == 30
    assert str(done).endswith("2013-01-03 to 2013-01-04 and 27 more windows")


def test_times_that_no_date_of_utc_holds_are_refused_by_name(store):
    west = timezone(timedelta(hours=-5))
    run = make_run()._replace(started_at=datetime(9999, 12, 31, 23, tzinfo=west))
    with pytest.raises(ValueError, match=r"run .*expected times in the years 1 to 9999"):
        store.write(SimpleNamespace(rows=[make_row(run)], runs=[run], histograms=[]))


# -- stores of before


def test_an_older_stores_runs_of_the_future_hide_nothing_after_migrate(
    server, bare_database, tmp_path
):
    with Store(target_of(server, bare_database), spool=tmp_path, deadline=5) as store:
        store.migrate()
        future = run_at(datetime.now(UTC), "future")
        store.write(future)
        store.write(results_with("error"))
        with admin(server, bare_database) as connection:
            for statement in (
                "update simdrift.run set started_at = '2060-01-01' where data_digest = 'future'",
                "alter table simdrift.run drop column began_at, drop column errors",
                "drop table simdrift.stream",
                "drop table simdrift.reason cascade",
                "delete from simdrift.migration where version > 30",
            ):
                connection.execute(statement)
            old = next(file for file in migrating.sql_files("0") if file.version == 25).statement
            connection.execute(old.replace("create function", "create or replace function"))
        with pytest.raises(_errors.StoreNotMigrated):
            store.write(future)
        assert store.migrate().applied[0] == "0031-run-began.sql"
        with admin(server, bare_database) as connection:
            assert connection.execute(
                "select sum(errors) from simdrift.run where data_digest = 'd'"
            ).fetchone() == (1,)
        right = run_at(datetime.now(UTC), "right")
        store.write(right)
        shown = {row for row in store.read().rows if row.run_id in {r.run_id for r in right.runs}}
        assert shown == set(right.rows)
        assert store.verify() == ()
