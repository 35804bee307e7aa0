"""A server or a writer that is killed, and many writers at once: the final state is exact."""

import os
import random
import signal
import sys
import threading
import time
from itertools import chain, count

import pytest
from store_servers import (
    DAY,
    STARTED,
    admin,
    expected_rows,
    forked,
    in_processes,
    make_results,
    new_database,
    running_server,
    visible_rows,
)

from simdrift import _errors
from simdrift.results.collection import Results
from simdrift.store.dsn import embedded
from simdrift.store.spool import Spool
from simdrift.store.store import Store

WRITERS = 32


@pytest.fixture(scope="module", params=["package", pytest.param("debian", marks=pytest.mark.slow)])
def server_and_database(request):
    """A server of these tests' own: they kill it."""
    with running_server(request.param) as server:
        yield server, new_database(server)


def shown(server, database):
    with admin(server, database) as connection:
        return visible_rows(connection)


def kill(server):
    """SIGKILL to the postmaster: what it was doing is lost, its children follow it."""
    found = server.status()
    if found.running:
        os.kill(found.pid, signal.SIGKILL)


# -- the server


def test_a_server_that_is_down_leaves_the_results_in_the_spool(server, database, store):
    results = make_results()
    server.stop()
    quick = Store(store.target, spool=store.spool.folder, deadline=0.3)
    with pytest.raises(_errors.StoreUnreachable, match=r"spool at .*simdrift flush"):
        quick.write(results)
    server.start()
    assert quick.flush().rows_written == len(results)
    assert shown(server, database) == expected_rows(results)


def test_a_server_that_comes_back_in_time_gets_the_write(server, database, store):
    results = make_results()
    server.stop()
    later = threading.Timer(0.5, server.start)
    later.start()
    store.write(results)
    later.join()
    assert shown(server, database) == expected_rows(results)


def test_backends_terminated_while_writing_cost_a_retry_and_nothing_else(server, database, store):
    rng = random.Random(3)
    stop = threading.Event()
    killed = []

    def terminator():
        with admin(server) as connection:
            # Ever more slowly: on a busy machine a write may take longer than the first pauses.
            while not stop.wait(rng.uniform(0.03, 0.15) * (1 + len(killed) / 4)):
                killed.extend(
                    connection.execute(
                        "select pg_terminate_backend(pid) from pg_stat_activity"
                        " where datname = %s and application_name = 'simdrift'",
                        (database,),
                    ).fetchall()
                )

    thread = threading.Thread(target=terminator)
    thread.start()
    written = {}
    number = 0
    while len(killed) < 4 or number < 20:
        monitor = f"m{number % 10}"
        results = make_results(days=2, seed=number, monitor=monitor, digest=str(number))
        store.write(at(results, number))
        written[monitor] = results
        number += 1
    stop.set()
    thread.join()
    assert store.verify() == ()
    assert shown(server, database) == expected_rows(*written.values())
    assert store.spool.pending() == []


def at(results, number):
    """The results of runs that started that many days later."""
    runs = [run._replace(started_at=STARTED + number * DAY) for run in results.runs]
    reasons = results.reasons_by_run
    return Results(results.rows, runs, results.histograms, reasons=reasons)


@pytest.mark.parametrize("kills", [4, pytest.param(40, marks=pytest.mark.slow)])
def test_an_embedded_server_killed_while_writing_is_brought_back_by_the_writer(
    server, tmp_path, kills
):
    rng = random.Random(kills)
    written = []
    stop = threading.Event()

    def killer():
        for _ in range(kills):
            time.sleep(rng.uniform(0.05, 0.25))
            kill(server)
        stop.set()

    with Store(embedded(server), spool=tmp_path / "spool") as store:
        store.migrate()
        thread = threading.Thread(target=killer)
        thread.start()
        while not stop.is_set() or not written:
            number = len(written)
            results = make_results(days=2, columns=2, seed=number, monitor=f"m{number}")
            store.write(results)
            written.append(results)
        thread.join()
        wait_until_settled(server)
        assert store.verify() == ()
        assert shown(server, "simdrift") == expected_rows(*written)
        assert store.spool.pending() == []
    with admin(server) as connection:
        connection.execute("drop schema simdrift cascade")


def wait_until_settled(server):
    """The last kill may still be at work."""
    time.sleep(0.1)
    server.start()


# -- the writer


@pytest.mark.parametrize("rounds", [6, pytest.param(60, marks=pytest.mark.slow)])
def test_a_writer_killed_at_any_point_loses_nothing_that_was_spooled(
    server, database, store, rounds
):
    rng = random.Random(rounds)

    def write_on(pipe):
        with Store(store.target, spool=store.spool.folder) as own:
            for number in range(10_000):
                own.write(batch(number))
                os.write(pipe, b".")

    most = 0
    for _ in range(rounds):
        writer, pipe = forked(write_on)
        time.sleep(rng.uniform(0.02, 0.3))
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
        with os.fdopen(pipe) as file:
            confirmed = len(file.read())
        waiting = len(store.spool.pending())
        assert waiting <= 1
        store.flush()
        most = max(most, confirmed + waiting)
        begun = [batch(number) for number in range(most + 1)]
        state = shown(server, database)
        # One more may have been confirmed without the writer having said so.
        assert state in (expected_rows(*begun[:-1]), expected_rows(*begun))
        most = max(most, len({row[0] for row in state}) // 2)
    assert store.verify() == ()
    assert list(store.spool.folder.iterdir()) == []


def batch(number):
    """Of a number or a name: of its own monitor."""
    return make_results(days=2, columns=4, seed=number, monitor=f"m{number}")


def dies_at(store, results, call):
    """A write in a process that is killed before its C call number `call` (0: never); how many
    there were, where it lived."""

    def work(pipe):
        calls = 0

        def die(_frame, event, _function):
            nonlocal calls
            calls += event == "c_call"
            if calls == call and call:
                os.kill(os.getpid(), signal.SIGKILL)

        with Store(store.target, spool=store.spool.folder) as own:
            sys.setprofile(die)
            own.write(results)
            sys.setprofile(None)
        os.write(pipe, str(calls).encode())

    writer, pipe = forked(work)
    os.waitpid(writer, 0)
    with os.fdopen(pipe) as file:
        return int(file.read() or 0)


@pytest.mark.parametrize("points", [12, pytest.param(200, marks=pytest.mark.slow)])
def test_a_writer_killed_between_any_two_calls_has_stored_all_or_nothing(
    server, database, store, points
):
    """From encoding by way of spool, fsync, rename, COPY and COMMIT to the file's removal."""
    store.write(batch("warm"))  # what is imported at the first write is not counted
    calls = dies_at(store, batch("whole"), 0)
    assert calls > points
    expected = [batch("warm"), batch("whole")]
    killed = spooled = stored = 0
    # The end call by call, until one lives: how often it waits for the server differs.
    for call in chain(range(1, calls - points, calls // points), count(calls - points)):
        results = batch(f"call {call}")
        lived = dies_at(store, results, call)
        before, after = expected_rows(*expected), expected_rows(*expected, results)
        state, waiting = shown(server, database), store.spool.pending()
        assert state == after or (state == before and not lived)
        assert len(waiting) <= (0 if lived else 1)
        store.flush()
        assert shown(server, database) == (after if waiting or state == after else before)
        store.write(results)
        assert shown(server, database) == after
        assert list(store.spool.folder.iterdir()) == []
        expected.append(results)
        killed += not lived
        spooled += bool(waiting)
        stored += state == after and not lived
        if lived:
            break
    assert store.verify() == ()
    # The points lie before and after the spool file, before and after the commit.
    assert stored > 0
    assert 0 < spooled < killed


# -- many at once


def test_writers_of_the_same_runs_store_them_once(server, database, store):
    results = make_results(days=3)

    def work(number):
        with Store(store.target, spool=store.spool.folder) as own:
            own.write(results)

    assert in_processes(WRITERS, work) == [None] * WRITERS
    assert shown(server, database) == expected_rows(results)
    with admin(server, database) as connection:
        counts = [
            connection.execute(f"select count(*) from simdrift.{table}").fetchone()[0]
            for table in ("run", "metric_value", "histogram", "series")
        ]
    assert counts == [3, 27, 9, 12]
    assert store.verify() == ()
    assert Spool(store.spool.folder).pending() == []


def competitor(number):
    return make_results(
        days=3,
        columns=2 + number % 3,
        seed=number,
        digest=str(number),
        started=STARTED + number * DAY,
    )


def test_writers_of_different_runs_over_the_same_windows_leave_the_latest(server, database, store):
    def work(number):
        with Store(store.target, spool=store.spool.folder) as own:
            own.write(competitor(number))

    assert in_processes(WRITERS, work) == [None] * WRITERS
    assert shown(server, database) == expected_rows(competitor(WRITERS - 1))
    assert store.verify() == ()


def test_writers_of_different_monitors_do_not_disturb_each_other(server, database, store):
    def own(number):
        return make_results(days=2, seed=number, monitor=f"m{number}")

    def work(number):
        with Store(store.target, spool=store.spool.folder) as mine:
            mine.write(own(number))
            mine.write(own(number))

    assert in_processes(WRITERS, work) == [None] * WRITERS
    assert shown(server, database) == expected_rows(*map(own, range(WRITERS)))
    assert store.verify() == ()


def test_a_flush_beside_writers_takes_nothing_from_them(server, database, store):
    def work(number):
        with Store(store.target, spool=store.spool.folder) as own:
            for turn in range(3):
                own.write(make_results(days=1, seed=turn, monitor=f"m{number} {turn}"))
                own.flush()

    assert in_processes(8, work) == [None] * 8
    expected = [
        make_results(days=1, seed=turn, monitor=f"m{number} {turn}")
        for number in range(8)
        for turn in range(3)
    ]
    assert shown(server, database) == expected_rows(*expected)
    assert Spool(store.spool.folder).pending() == []
