"""32 writers at once, processes and threads, of the same run and of different ones: the final
state is exact, and no two of them ever wait for each other."""

import threading
import time

import pytest
from store_servers import (
    DAY,
    STARTED,
    admin,
    expected_rows,
    in_processes,
    make_results,
    visible_rows,
)

from simdrift.store.spool import Spool
from simdrift.store.store import Store

WRITERS = 32
SAME = make_results(days=2, columns=2, monitor="same")
ROUNDS = [pytest.param(0, id="once"), pytest.param(60, id="60 s", marks=pytest.mark.slow)]


def competitor(number):
    """One of 32 runs over the same windows; the later they began, the fewer columns they have."""
    return make_results(
        days=2,
        columns=4 - number % 3,
        seed=number,
        monitor="competitors",
        digest=str(number),
        started=STARTED + number * DAY,
    )


def own(number):
    return make_results(days=2, columns=2, seed=number, monitor=f"own {number}")


def write_for(seconds, store, number):
    """Writes everything once, and again until the time is over."""
    end = time.monotonic() + seconds
    while True:
        for results in (SAME, competitor(number), own(number)):
            store.write(results)
        if time.monotonic() >= end:
            return


def check(server, database, folder):
    everything = expected_rows(SAME, competitor(WRITERS - 1), *map(own, range(WRITERS)))
    with admin(server, database) as connection:
        assert visible_rows(connection) == everything
        runs = connection.execute("select count(*), count(distinct run_id) from simdrift.run")
        assert runs.fetchone() == (2 + 2 * WRITERS + 2 * WRITERS,) * 2
        dead = connection.execute(
            "select deadlocks from pg_stat_database where datname = %s", (database,)
        ).fetchone()
    assert dead == (0,)
    assert Spool(folder).pending() == []


@pytest.mark.parametrize("seconds", ROUNDS)
def test_processes_that_write_the_same_and_different_runs_end_exactly(
    server, database, store, seconds
):
    def work(number):
        with Store(store.target, spool=store.spool.folder, deadline=120) as mine:
            write_for(seconds, mine, number)

    assert in_processes(WRITERS, work) == [None] * WRITERS
    check(server, database, store.spool.folder)
    assert store.verify() == ()


def in_threads(work):
    """What went wrong in 32 threads."""
    problems = []

    def noted(number):
        try:
            work(number)
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=noted, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems


@pytest.mark.parametrize("seconds", ROUNDS)
@pytest.mark.parametrize("shared", [True, False], ids=["one store", "a store each"])
def test_threads_that_write_the_same_and_different_runs_end_exactly(
    server, database, store, shared, seconds
):
    one = Store(store.target, spool=store.spool.folder, deadline=120)

    def work(number):
        with Store(store.target, spool=store.spool.folder, deadline=120) as mine:
            write_for(seconds, one if shared else mine, number)

    assert in_threads(work) == []
    check(server, database, store.spool.folder)
    assert store.verify() == ()
