"""One Store in many hands: threads, forked children, and exceptions at any instruction."""

import copy
import ctypes
import gc
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest
from psycopg.errors import DivisionByZero
from store_servers import PATIENT, admin, expected_rows, forked, make_results, visible_rows

from simdrift import _errors
from simdrift.store.session import Session
from simdrift.store.store import Store

BACKENDS = """
select pid, state from pg_stat_activity
where datname = %s and application_name = 'simdrift' order by pid
"""


def backends(server, database):
    """Process and state of the server's side of every Store."""
    with admin(server) as connection:
        return connection.execute(BACKENDS, (database,)).fetchall()


def settled(server, database):
    """The same when nobody is at work any more."""

    def idle(found):
        return all(state == "idle" for _, state in found)

    return awaited(lambda: backends(server, database), idle)


def awaited(look, wanted, seconds=PATIENT):
    """What look() gives once it is wanted; after `seconds` what it gives then."""
    end = time.monotonic() + seconds
    while not wanted(found := look()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def shown(server, database):
    with admin(server, database) as connection:
        return visible_rows(connection)


def of(monitor, seed=1):
    return make_results(days=1, columns=2, seed=seed, monitor=monitor)


# -- threads


class Interrupted(Exception):
    """What a timer of the caller's raises in the middle of anything."""


def interrupt(thread):
    """Raises Interrupted in a thread at its next instruction."""
    kind = ctypes.py_object(Interrupted)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), kind)


def write_all(store, number, writes, confirmed):
    """Writes in a thread, whatever is thrown into it."""
    turns = iter(range(writes))
    while (turn := next(turns, None)) is not None:
        with suppress(Interrupted, _errors.StoreUnreachable):
            results = of(f"thread {number} write {turn}", seed=turn)
            store.write(results)
            confirmed.append(results)


def disturb(server, database, threads, stop, rng, confirmed):
    """Terminates backends of the database and interrupts threads until told to stop: after every
    few writes that were confirmed, so that a slow machine is not disturbed more often."""
    with admin(server) as connection:
        wanted = 0
        while not stop.wait(rng.uniform(0, 0.03)):
            if len(confirmed) < wanted:
                continue
            wanted = len(confirmed) + rng.randint(2, 10)
            if rng.random() < 0.5:
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = %s and application_name = 'simdrift'",
                    (database,),
                )
            else:
                interrupt(rng.choice(threads))


@pytest.mark.parametrize(
    ("threads", "writes"), [(8, 12), pytest.param(32, 100, marks=pytest.mark.slow)]
)
def test_what_threads_of_one_store_were_confirmed_is_there_once(
    server, database, store, threads, writes, monkeypatch
):
    print("seed", threads)
    # An interrupt may strike outside the write, and then ends its thread.
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    confirmed = []
    shared = Store(store.target, spool=store.spool.folder, deadline=PATIENT)
    workers = [
        threading.Thread(target=write_all, args=(shared, number, writes, confirmed))
        for number in range(threads)
    ]
    stop = threading.Event()
    rng = random.Random(threads)
    fiend = threading.Thread(target=disturb, args=(server, database, workers, stop, rng, confirmed))
    for worker in workers:
        worker.start()
    fiend.start()
    for worker in workers:
        worker.join()
    stop.set()
    fiend.join()
    there = shown(server, database)
    assert len(confirmed) > threads * writes / 2
    assert expected_rows(*confirmed) <= there
    waiting = len(shared.spool.pending())
    assert shared.flush().batches == waiting
    # What was interrupted is there whole or not at all, and nothing is there twice.
    begun = {
        expected
        for number in range(threads)
        for turn in range(writes)
        for expected in [frozenset(expected_rows(of(f"thread {number} write {turn}", turn)))]
    }
    there = shown(server, database)
    parts = [rows & there for rows in begun]
    assert all(part in (rows, frozenset()) for rows, part in zip(begun, parts, strict=True))
    assert sum(map(len, parts)) == len(there)
    assert shared.verify() == ()
    assert len(settled(server, database)) <= 2  # `store` and `shared`
    assert shared.spool.pending() == []


def test_threads_of_one_store_take_turns_on_one_connection(server, database, store):
    confirmed = []
    workers = [
        threading.Thread(target=write_all, args=(store, number, 3, confirmed))
        for number in range(16)
    ]
    most = 0
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers):
        most = max(most, len(backends(server, database)))
    assert len(confirmed) == 48
    assert most == 1
    assert shown(server, database) == expected_rows(*confirmed)


def test_a_thread_waits_for_the_others_no_longer_than_its_deadline(server, database, store):
    session = Session(store.target, deadline=PATIENT)
    inside, leave = threading.Event(), threading.Event()

    def hold(connection):
        inside.set()
        leave.wait(PATIENT)

    holder = threading.Thread(target=session.run, args=(hold,))
    holder.start()
    assert inside.wait(PATIENT)
    session.deadline = 0.5
    with pytest.raises(_errors.StoreUnreachable, match="other threads have kept this Store"):
        session.run(lambda connection: None)
    leave.set()
    holder.join()
    session.deadline = PATIENT
    assert session.run(lambda connection: 7) == 7
    session.close()


def test_a_call_from_a_signals_handler_within_a_call_has_a_connection_of_its_own(store):
    session = store._session

    def outer(connection):
        assert session.run(lambda other: other is connection) is False
        return connection.execute("select 1").fetchone()

    assert session.transaction(outer) == (1,)


# -- the state of the connection, before and after


def test_a_connection_in_which_something_is_open_is_not_used_again(server, database, store):
    store.write(of("before"))
    store._session._idle[0].execute("begin")
    store.write(of("after"))
    assert shown(server, database) == expected_rows(of("before"), of("after"))
    assert [state for _, state in settled(server, database)] == ["idle"]


def test_a_commit_that_rolled_back_is_no_success(store):
    def broken(connection):
        with suppress(DivisionByZero):
            connection.execute("select 1 / 0")

    session = Session(store.target, deadline=PATIENT)
    session.run(lambda connection: None)  # connected, however long that takes
    session.deadline = 1.0
    with pytest.raises(_errors.StoreUnreachable, match="confirm a commit, found ROLLBACK"):
        session.transaction(broken)


# -- forks


def child_result(work):
    """What `work()` gives as text, in a forked child."""

    def report(pipe):
        try:
            said = str(work())
        except BaseException as error:
            said = repr(error)
        os.write(pipe, said.encode())

    child, pipe = forked(report)
    with os.fdopen(pipe) as file:
        said = file.read()
    os.waitpid(child, 0)
    return said


FAREWELLS = {
    "closes it": lambda store: store.close(),
    "collects it": lambda store: (store.__dict__.clear(), gc.collect()),
    "closes its connection": lambda store: store._session._idle[0].close(),
    "writes with it": lambda store: store.write(of("child")),
    "writes with it and closes it": lambda store: (store.write(of("child")), store.close()),
}


@pytest.mark.parametrize("farewell", FAREWELLS.values(), ids=FAREWELLS)
def test_a_forked_child_leaves_its_parents_session_alone(server, database, store, farewell):
    store.write(of("parent"))
    # Asked of the session: a connection that was closed may show among the server's for a while.
    own = store._session._idle[0].info.backend_pid
    assert "Error" not in child_result(lambda: farewell(store))
    store.write(of("parent again"))
    assert (own, "idle") in settled(server, database)
    assert store._session._idle[0].info.backend_pid == own


SCRIPT = """
import os, sys
from simdrift.store.store import Store
store = Store(sys.argv[1], spool=sys.argv[2])
store._session.run(lambda connection: None)
if os.fork() == 0:
    sys.exit(0)  # by way of the interpreter's whole end
os.wait()
print(store._session.run(lambda connection: connection.info.backend_pid) ==
      store._session._idle[0].info.backend_pid)
"""


def test_a_forked_child_that_exits_as_programs_do_ends_nothing(server, database, tmp_path):
    parameters = server.start() | {"dbname": database}
    dsn = " ".join(f"{key}={value}" for key, value in parameters.items())
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, dsn, str(tmp_path)], capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_a_child_keeps_no_session_of_a_dead_parent_alive(server, database, store):
    def parent(pipe):
        with Store(store.target, spool=store.spool.folder) as own:
            own.write(of("parent"))
            if os.fork() == 0:
                time.sleep(PATIENT)
                os._exit(0)
            os.write(pipe, b".")
            os.kill(os.getpid(), signal.SIGKILL)

    child, pipe = forked(parent)
    os.read(pipe, 1)
    os.waitpid(child, 0)
    assert awaited(lambda: backends(server, database), lambda found: not found) == []
    os.close(pipe)


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda store: pickle.loads(pickle.dumps(store))],
    ids=["copy", "deep copy", "pickle"],
)
def test_a_copy_of_a_store_in_use_is_a_store(store, server, database, copied):
    first, second, third = of("first"), of("second"), of("third")
    store.write(first)
    other = copied(store)
    other.write(second)
    other.close()
    del other
    store.write(third)
    assert shown(server, database) == expected_rows(first, second, third)


@pytest.mark.parametrize("children", [4, pytest.param(40, marks=pytest.mark.slow)])
def test_children_forked_while_other_threads_write_write_themselves(
    server, database, store, children
):
    store = Store(store.target, spool=store.spool.folder, deadline=PATIENT)
    confirmed, stop = [], threading.Event()

    def busy():
        turn = 0
        while not stop.is_set():
            results = of(f"busy {turn}")
            store.write(results)
            confirmed.append(results)
            turn += 1

    thread = threading.Thread(target=busy)
    thread.start()
    for number in range(children):
        assert "rows" in child_result(lambda number=number: store.write(of(f"child {number}")))
        confirmed.append(of(f"child {number}"))
    stop.set()
    thread.join()
    assert shown(server, database) == expected_rows(*confirmed)
    assert store.spool.pending() == []


# -- interrupts


def interrupted_write(store, results, at):
    """Writes in this thread and raises Interrupted at instruction number `at` of the store's
    code; how many there were, and whether the write came back."""
    count = 0

    def instruction(frame, event, _):
        nonlocal count
        if event == "opcode":
            count += 1
            if count == at:
                raise Interrupted
        return instruction

    def call(frame, event, _):
        if "simdrift/store" in frame.f_code.co_filename:
            frame.f_trace_opcodes = True
            return instruction
        return None

    sys.settrace(call)
    try:
        store.write(results)
        returned = True
    except Interrupted:
        returned = False
    finally:
        sys.settrace(None)
    return count, returned


@pytest.mark.parametrize("points", [40, pytest.param(400, marks=pytest.mark.slow)])
def test_a_write_that_is_interrupted_at_any_instruction_harms_no_later_one(
    server, database, store, points
):
    store.write(of("warm"))
    count, returned = interrupted_write(store, of("whole"), 0)
    assert returned
    assert count > 1000
    expected = [of("warm"), of("whole")]
    interrupted = 0
    for at in range(1, count, count // points):
        results = of(f"instruction {at}")
        _, returned = interrupted_write(store, results, at)
        interrupted += not returned
        before, after = expected_rows(*expected), expected_rows(*expected, results)
        state, waiting = shown(server, database), len(store.spool.pending())
        assert state == after or (state == before and not returned)
        assert waiting <= (0 if returned else 1)
        store.write(of(f"after {at}"))
        assert store.flush().batches == waiting
        expected.append(of(f"after {at}"))
        if state == after or waiting:
            expected.append(results)
        assert shown(server, database) == expected_rows(*expected)
    assert interrupted > points / 2
    assert [state for _, state in settled(server, database)] == ["idle"]
    assert store.verify() == ()


# A signal that comes while an object is torn down can't be raised: Python prints it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", [KeyboardInterrupt, Interrupted])
@pytest.mark.parametrize("rounds", [15, pytest.param(250, marks=pytest.mark.slow)])
def test_a_storm_of_signals_leaves_nothing_open(server, database, store, rounds, kind):
    rng = random.Random(rounds)
    print("seed", rounds)

    def strike(*_):
        raise kind

    before = signal.signal(signal.SIGALRM, strike)
    confirmed = []
    try:
        for number in range(rounds):
            results = of(f"storm {number}")
            try:
                signal.setitimer(signal.ITIMER_REAL, rng.uniform(0.001, 0.03))
                store.write(results)
                confirmed.append(results)
                signal.setitimer(signal.ITIMER_REAL, 0)
            except kind:
                pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    store.write(of("calm"))
    assert expected_rows(*confirmed, of("calm")) <= shown(server, database)
    assert [state for _, state in settled(server, database)] == ["idle"]
    waiting = len(store.spool.pending())
    assert store.flush().batches == waiting
    assert store.verify() == ()


@pytest.mark.parametrize("deadline", [-1, float("nan")])
def test_a_deadline_that_is_no_span_of_time_is_refused(store, deadline):
    with pytest.raises(ValueError, match="deadline: expected seconds"):
        Store(store.target, deadline=deadline)


def test_a_store_may_wait_for_ever(store):
    endless = Store(store.target, spool=store.spool.folder, deadline=float("inf"))
    assert endless.write(of("patient")).rows_written == 6
    assert len(endless.read()) == 6
