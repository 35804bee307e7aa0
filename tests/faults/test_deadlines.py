"""A deadline holds for every wait: what was being written lies in the spool then."""

import fcntl
import os
import signal
import socket
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from store_servers import (
    DAY,
    FIRST_DAY,
    admin,
    expected_rows,
    make_results,
    new_database,
    running_server,
    target_of,
    visible_rows,
)

from simdrift import _errors
from simdrift.store.dsn import embedded
from simdrift.store.embedded import EmbeddedServer
from simdrift.store.store import Store

DEADLINE = 1.0
PATIENCE = 60.0
"""Seconds after which a wait counts as endless on a machine however busy; the slow tests ask for
the deadline and one second more."""


@contextmanager
def over_in(seconds=PATIENCE):
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


@pytest.fixture(scope="module")
def server_and_database():
    """A server of these tests' own: they stop it."""
    with running_server("package") as server:
        yield server, new_database(server)


@contextmanager
def stopped(pids):
    """Processes that do not run, though they are there; one may have ended by itself."""

    def send(number):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    send(signal.SIGSTOP)
    try:
        yield
    finally:
        send(signal.SIGCONT)


def processes(server):
    """The postmaster and all its children."""
    postmaster = server.status().pid
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return [postmaster, *map(int, children)]


CALLS = {
    "write": lambda store: store.write(make_results(monitor="stopped")),
    "read": lambda store: store.read(),
    "newest": lambda store: store.newest(),
    "status": lambda store: store.status(),
    "verify": lambda store: store.verify(),
    "annotate": lambda store: store.annotate(FIRST_DAY, "flights", "outage", "text"),
    "prune": lambda store: store.prune(400 * DAY),
    "migrate": lambda store: store.migrate(),
}


@pytest.mark.parametrize("connected", [False, True])
@pytest.mark.parametrize("call", CALLS)
def test_a_server_that_does_not_answer_ends_every_call(
    server, database, tmp_path, store, call, connected
):
    with Store(store.target, spool=tmp_path / "own", deadline=DEADLINE) as own:
        if connected:
            own.write(make_results())
        with stopped(processes(server)), over_in(), pytest.raises(_errors.StoreUnreachable):
            CALLS[call](own)
        assert len(own.spool.pending()) == (call == "write")
    with Store(store.target, spool=own.spool.folder) as patient:
        assert patient.flush().rows_written == (18 if call == "write" else 0)


@pytest.mark.slow
@pytest.mark.parametrize("connected", [False, True])
@pytest.mark.parametrize("call", CALLS)
def test_a_server_that_does_not_answer_ends_every_call_a_second_after_the_deadline(
    server, database, tmp_path, store, call, connected
):
    for deadline in (0.3, 1.0, 3.0):
        with Store(store.target, spool=tmp_path / f"{deadline}") as own:
            if connected:
                own.write(make_results())
            own._session.deadline = deadline
            unreachable = pytest.raises(_errors.StoreUnreachable)
            with stopped(processes(server)), over_in(deadline + 1), unreachable:
                CALLS[call](own)


def test_a_flush_ends_too_and_leaves_its_batches(server, database, store, tmp_path):
    with Store(store.target, spool=tmp_path / "own", deadline=DEADLINE) as own:
        with stopped(processes(server)), pytest.raises(_errors.StoreUnreachable):
            own.write(make_results())
        with stopped(processes(server)), over_in(), pytest.raises(_errors.StoreUnreachable):
            own.flush()
        assert len(own.spool.pending()) == 1
    with Store(store.target, spool=own.spool.folder) as patient:
        assert patient.flush().batches == 1


def test_a_backend_that_does_not_answer_is_left_for_another(server, database, store, tmp_path):
    """Only the connection is dead: half the deadline is left for a new one."""
    with Store(store.target, spool=tmp_path / "own", deadline=2.0) as own:
        own.write(make_results(monitor="before"))
        pid = own._session._idle[0].info.backend_pid
        with stopped([pid]):
            own.write(make_results())
        assert own._session._idle[0].info.backend_pid != pid
    with admin(server, database) as connection:
        shown = visible_rows(connection)
    assert shown == expected_rows(make_results(), make_results(monitor="before"))


LOCKS = {
    "all writers'": "begin; lock table simdrift.stream in exclusive mode",
    "a table": "begin; lock table simdrift.run in access exclusive mode",
    "a row": "begin; update simdrift.run set rows = rows",
}


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
def test_a_lock_that_another_holds_is_waited_for_until_the_deadline(
    server, database, store, tmp_path, lock
):
    store.write(make_results())
    newer = make_results(digest="late data", started=FIRST_DAY + 5000 * DAY)
    own = Store(store.target, spool=tmp_path / "own", deadline=DEADLINE)
    with admin(server, database) as other:
        other.execute(lock)
        with over_in(), pytest.raises(_errors.StoreUnreachable, match="simdrift flush"):
            own.write(newer)
    with Store(store.target, spool=own.spool.folder) as patient:
        assert patient.flush().rows_written == 18


def test_a_lock_that_is_given_back_in_time_costs_its_wait(server, database, store):
    with admin(server, database) as other:
        other.execute(LOCKS["all writers'"])
        later = threading.Timer(0.5, other.execute, ["rollback"])
        later.start()
        assert store.write(make_results()).rows_written == 18
        later.join()


# -- connecting


@contextmanager
def listener(backlog=8):
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=backlog) as sock:
        yield sock.getsockname()[1]


@contextmanager
def full_listener():
    """A port that takes no more connections and does not refuse them either."""
    with listener(backlog=0) as port:
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        yield port
        for one in waiting:
            one.close()


@pytest.mark.parametrize("port", [listener, full_listener])
def test_a_host_that_does_not_answer_ends_connecting(tmp_path, port):
    with port() as number:
        dsn = f"postgresql://u@127.0.0.1:{number}/m?sslmode=prefer"
        store = Store(dsn, spool=tmp_path, deadline=DEADLINE)
        with over_in(), pytest.raises(_errors.StoreUnreachable, match="deadline"):
            store.write(make_results())
    assert len(store.spool.pending()) == 1


def test_a_host_that_does_not_answer_leaves_time_for_the_next(server, database, tmp_path, proxy):
    with full_listener() as port:
        target = target_of(
            server,
            database,
            host="127.0.0.1,127.0.0.1",
            port=f"{port},{proxy.port}",
            sslmode="disable",
            gssencmode="disable",
        )
        with Store(target, spool=tmp_path, deadline=4) as store:
            assert store.write(make_results()).rows_written == 18


def test_a_resolver_that_does_not_answer_ends_connecting(monkeypatch, tmp_path):
    """A resolver cannot be stopped here: something else stands in for its function."""
    given_up = threading.Event()

    def silent(*_, **__):
        given_up.wait(60)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    store = Store("host=db.example.com user=u", spool=tmp_path, deadline=DEADLINE)
    with over_in(), pytest.raises(_errors.StoreUnreachable, match=r"db\.example\.com"):
        store.write(make_results())
    given_up.set()
    assert len(store.spool.pending()) == 1


def test_a_name_that_does_not_exist_is_said(tmp_path):
    store = Store("host=no.such.name.invalid user=u", spool=tmp_path, deadline=0.2)
    with pytest.raises(_errors.StoreUnreachable, match=r"no\.such\.name\.invalid"):
        store.write(make_results())


def test_an_embedded_server_that_is_slow_to_start_ends_connecting(tmp_path):
    """Another process is at it: it holds the lock of the server's folder."""
    folder = tmp_path / "server"
    folder.mkdir()
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        slow = embedded(EmbeddedServer(folder, binaries=tmp_path / "none"))
        store = Store(slow, spool=tmp_path / "spool", deadline=DEADLINE)
        with over_in(), pytest.raises(_errors.StoreUnreachable, match="still starting"):
            store.write(make_results())
    assert len(store.spool.pending()) == 1
