"""A connection that breaks or freezes at every message of a write: nothing lost, nothing twice."""

import time

import pytest
from store_servers import DAY, STARTED, admin, expected_rows, make_results, visible_rows

from simdrift import _errors

RESULTS = make_results(days=2, columns=2)


def older(monitor):
    """What stood in the same windows before."""
    return make_results(
        days=2, columns=3, seed=7, digest="old", started=STARTED - DAY, monitor=monitor
    )


def messages_of_a_write(proxy, proxied):
    """How many messages a client sends for connecting, a write and leaving."""
    proxy.plan(None)
    with proxied() as store:
        store.write(make_results(days=2, columns=2, monitor="counting"))
    return proxy.messages


def check(store, server, database, monitor, results):
    with admin(server, database) as connection:
        runs = {
            row[0]
            for row in connection.execute(
                "select run_id from simdrift.run where monitor = %s", (monitor,)
            ).fetchall()
        }
        shown = {row for row in visible_rows(connection) if row[0] in runs}
    assert shown == expected_rows(results)
    assert store.spool.pending() == []
    assert store.verify() == ()


@pytest.mark.parametrize("windows", ["new", "written before"])
@pytest.mark.parametrize(
    ("fault", "side", "first", "step"),
    [
        ("reset", "before", 1, 6),
        ("reset", "after", 2, 6),
        ("terminate", "before", 3, 6),
        ("terminate", "after", 5, 6),
        pytest.param("reset", "before", 0, 1, marks=pytest.mark.slow),
        pytest.param("reset", "after", 0, 1, marks=pytest.mark.slow),
        pytest.param("terminate", "before", 0, 1, marks=pytest.mark.slow),
        pytest.param("terminate", "after", 0, 1, marks=pytest.mark.slow),
    ],
)
def test_a_connection_that_breaks_at_any_message_of_a_write_loses_nothing(
    proxy, proxied, store, server, database, windows, fault, side, first, step
):
    if windows == "written before":
        store.write(older("counting"))
    count = messages_of_a_write(proxy, proxied)
    assert count > 10

    def terminate():
        with admin(server) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = %s and application_name = 'simdrift'",
                (database,),
            )

    for at in range(first, count, step):
        monitor = f"{fault} {side} {at}"
        results = make_results(days=2, columns=2, seed=at, monitor=monitor)
        if windows == "written before":
            store.write(older(monitor))
        proxy.plan(at, side, kill=terminate if fault == "terminate" else None)
        with proxied() as broken:
            broken.write(results)
            check(broken, server, database, monitor, results)


def test_an_unknown_commit_is_written_once(proxy, proxied, server, database):
    proxy.plan(b"COMMIT", "after")
    with proxied() as store:
        summary = store.write(RESULTS)
        check(store, server, database, "nightly", RESULTS)
    # The server had it: the second try found everything there.
    assert summary[:4] == (0, len(RESULTS), 0, len(RESULTS.runs))


def test_connections_that_break_every_time_leave_the_batch_in_the_spool(
    proxy, proxied, server, database
):
    proxy.plan(8, times=1000)
    with proxied(deadline=0.5) as store:
        with pytest.raises(_errors.StoreUnreachable, match="simdrift flush"):
            store.write(RESULTS)
        assert len(store.spool.pending()) == 1
        proxy.plan(None)
        assert store.flush().rows_written == len(RESULTS)
        check(store, server, database, "nightly", RESULTS)


def test_several_breaks_in_a_row_are_sat_out(proxy, proxied, server, database):
    proxy.plan(9, times=4)
    with proxied() as store:
        store.write(RESULTS)
        check(store, server, database, "nightly", RESULTS)


# -- cut, reset, frozen, half open: all within the deadline

COMMIT = b"COMMIT"
POINTS = [
    (1, "before"),
    (2, "after"),
    (4, "before"),
    (6, "after"),
    (8, "before"),
    (10, "after"),
    (12, "before"),
    (14, "after"),
    (16, "before"),
    (18, "after"),
    (COMMIT, "before"),
    (COMMIT, "after"),
]
SAMPLE = [(1, "before"), (8, "before"), (COMMIT, "before"), (COMMIT, "after")]


def write_through(fault, point, proxy, proxied, terminate, results, deadline):
    """Writes once through a connection that suffers the fault, and once more by flush where
    that was not confirmed; how long the first took, and whether it was confirmed."""
    at, side = point
    kill = terminate if fault == "terminate" else None
    proxy.plan(at, side, kill=kill, fault="reset" if kill else fault)
    with proxied(deadline=deadline) as store:
        began = time.monotonic()
        try:
            store.write(results)
            confirmed = True
        except _errors.StoreUnreachable:
            confirmed = False
        took = time.monotonic() - began
        assert len(store.spool.pending()) == (0 if confirmed else 1)
        proxy.plan(None)
        with proxied() as healed:
            assert healed.flush().batches == (0 if confirmed else 1)
    return took, confirmed


@pytest.fixture
def terminate(server, database):
    """Ends every connection of a Store to the database."""

    def end():
        with admin(server) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = %s and application_name = 'simdrift'",
                (database,),
            )

    return end


@pytest.mark.parametrize("fault", ["frozen", "half-open"])
def test_a_connection_that_falls_silent_costs_no_more_than_the_deadline(
    proxy, proxied, store, server, database, terminate, fault
):
    for number, point in enumerate(SAMPLE):
        monitor = f"{fault} {number}"
        results = make_results(days=2, columns=2, seed=number, monitor=monitor)
        store.write(older(monitor))
        write_through(fault, point, proxy, proxied, terminate, results, 1.5)
        check(store, server, database, monitor, results)


@pytest.mark.slow
@pytest.mark.parametrize("server_and_database", ["package"], indirect=True, scope="session")
@pytest.mark.parametrize("fault", ["terminate", "reset", "frozen", "half-open"])
def test_300_connections_that_are_lost_at_12_points_lose_nothing_and_end_in_time(
    proxy, proxied, store, server, database, terminate, fault
):
    """With those of the other faults 1,200, of one server."""
    for number in range(300):
        monitor = f"{fault} {number}"
        results = make_results(days=1, columns=2, seed=number, monitor=monitor)
        if number % 2:
            store.write(older(monitor))
        point = POINTS[number % len(POINTS)]
        took, _ = write_through(fault, point, proxy, proxied, terminate, results, 1.0)
        assert took < 2.0
        with admin(server, database) as connection:
            shown = {row for row in visible_rows(connection) if row[0] == results.runs[0].run_id}
        assert shown == expected_rows(results)
    assert store.verify() == ()
