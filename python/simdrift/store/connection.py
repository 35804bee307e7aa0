"""A connection that no wait outlasts, and that belongs to the process that opened it.

psycopg waits for the server in one place, `Connection.wait`; here that place knows when to give up.
Names are resolved in a thread, for a resolver cannot be stopped, and hosts are tried one by one,
so that one that swallows packets leaves time for the next.

A forked child inherits the socket. It closes its copy without a word to the server, and
neither `close` nor garbage collection in the child reaches the session of its parent.
"""

from __future__ import annotations

import math
import os
import random
import select
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any, Final, TypeVar, cast

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo

Parameters = dict[str, str | int]
T = TypeVar("T")

SLICE: Final = 0.1
"""Seconds that a wait takes at most before Python code runs: what another thread raises in this
one is raised then."""

_CONNECT_TIMEOUT: Final = 5.0  # seconds for one address, where the DSN says nothing else
_EVENTS: Final = {
    EVENT_READ: select.POLLIN,
    EVENT_WRITE: select.POLLOUT,
    EVENT_READ | EVENT_WRITE: select.POLLIN | select.POLLOUT,
}
_FAILED: Final = select.POLLERR | select.POLLHUP


class NoReply(psycopg.OperationalError):
    """The server did not answer in time; whether it did what it was asked is not known."""


class Connection(psycopg.Connection[Any]):
    """A connection whose waits end at `end`, in seconds of time.monotonic().

    Where `check` is set it is called after every `check_every` seconds of silence, and raises
    where nothing is to be expected any more.
    """

    end: float = math.inf
    check: Callable[[Connection], None] | None = None
    check_every: float = math.inf

    def __init__(self, pgconn: pq.abc.PGconn, **options: Any) -> None:
        super().__init__(pgconn, **options)
        self._process = os.getpid()
        _live.add(self)

    def __del__(self, *_: object) -> None:
        """Warns of nothing: a connection that an interrupt tore out of its caller's hands ends
        here, and libpq closes its socket."""

    def close(self) -> None:
        """Closes the connection, in the process that opened it; elsewhere it is only left alone."""
        if os.getpid() == self._process:
            super().close()

    def wait(self, gen: Any, *_: object, **__: object) -> Any:
        """What `gen`, a generator of psycopg's, returns; NoReply at `end`.

        Whatever else than a server's error ends the wait closes the connection: nobody knows
        what the next answer on it would be to.
        """
        poll = select.poll()
        heard = time.monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = _ready(poll, self.pgconn.socket, wanted, self.end)
                if ready:
                    wanted = gen.send(ready)
                    heard = time.monotonic()
                elif self.check is not None and time.monotonic() - heard > self.check_every:
                    self.check(self)
                    heard = time.monotonic()
        except StopIteration as done:
            return done.value
        except BaseException as error:
            if getattr(error, "sqlstate", None) is None:
                self.close()
            raise


_live: weakref.WeakSet[Connection] = weakref.WeakSet()


def _leave_to_the_parent() -> None:
    """Closes a forked child's copies of the sockets. A copy that stayed open would keep the
    session of a parent that dies alive in the server."""
    for connection in list(_live):
        with suppress(OSError, psycopg.Error):
            os.close(connection.pgconn.socket)
    _live.clear()


os.register_at_fork(after_in_child=_leave_to_the_parent)


def _ready(poll: select.poll, fileno: int, wanted: int, end: float) -> int:
    """Which of the wanted events are there, 0 after a slice without any; NoReply at `end`."""
    left = end - time.monotonic()
    if left <= 0:
        raise NoReply("no reply within the deadline")
    poll.register(fileno, _EVENTS[wanted])
    found = poll.poll(1000 * min(left, SLICE))
    if not found:
        return 0
    events = found[0][1]
    if events & select.POLLNVAL:
        raise psycopg.OperationalError("the connection's socket was closed")
    if events & _FAILED:
        return wanted
    readable = EVENT_READ if events & select.POLLIN else 0
    return readable | (EVENT_WRITE if events & select.POLLOUT else 0)


# -- connecting


def connect(parameters: Parameters, end: float = math.inf) -> Connection:
    """A new connection in autocommit to the first of its hosts that takes it, by `end`.

    psycopg.OperationalError as libpq words it; NoReply where the time ran out.
    """
    attempts = list(_attempts(parameters, end))
    problems = []
    for number, attempt in enumerate(attempts):
        left = end - time.monotonic()
        share = min(_connect_timeout(parameters), left / (len(attempts) - number))
        try:
            connection = _opened(attempt, time.monotonic() + share)
            connection.end = end
            return connection
        except psycopg.OperationalError as error:
            problems.append(error)
    raise max(problems, key=lambda problem: "FATAL:" in str(problem))  # a server's own words first


def _connect_timeout(parameters: Parameters) -> float:
    with suppress(ValueError):
        given = float(parameters.get("connect_timeout", _CONNECT_TIMEOUT))
        return given if given > 0 else math.inf
    return _CONNECT_TIMEOUT  # libpq says what is wrong with it


def _opened(parameters: Parameters, end: float) -> Connection:
    # In no variable of this frame: the text holds the password.
    pgconn = pq.PGconn.connect_start(make_conninfo("", **parameters).encode())
    poll = select.poll()
    while pgconn.status != pq.ConnStatus.BAD:
        status = pgconn.connect_poll()
        if status == pq.PollingStatus.OK:
            return _in_autocommit(pgconn)
        if status == pq.PollingStatus.FAILED:
            break
        reading = status == pq.PollingStatus.READING
        _await_socket(poll, pgconn.socket, EVENT_READ if reading else EVENT_WRITE, end)
    said = pgconn.error_message.decode("utf-8", "replace").strip()
    pgconn.finish()
    raise psycopg.OperationalError(f"connection failed: {said}")


def _await_socket(poll: select.poll, fileno: int, wanted: int, end: float) -> None:
    try:
        while not _ready(poll, fileno, wanted, end):
            pass
        poll.unregister(fileno)  # the next address has another socket
    except NoReply:
        raise NoReply("no connection within the deadline") from None


def _in_autocommit(pgconn: pq.abc.PGconn) -> Connection:
    pgconn.nonblocking = 1
    connection = Connection(pgconn)
    connection.autocommit = True
    # Named prepared statements would break behind a pooler that changes servers.
    connection.prepare_threshold = None
    return connection


# -- hosts and addresses


def _attempts(parameters: Parameters, end: float) -> Iterator[Parameters]:
    """The parameters once for each address, in the order in which libpq would try them."""
    single = [one for host in _hosts(parameters) for one in _addressed(host, end)]
    if _given(parameters, "load_balance_hosts") == "random":
        random.shuffle(single)
    if _given(parameters, "target_session_attrs") == "prefer-standby":
        yield from (_changed(one, target_session_attrs="standby") for one in single)
        single = [_changed(one, target_session_attrs="any") for one in single]
    yield from single


def _changed(parameters: Parameters, **changes: str) -> Parameters:
    """A copy of the parameters' own kind, whose repr hides what theirs hides."""
    copy = type(parameters)(parameters)
    copy.update(changes)
    return copy


def _hosts(parameters: Parameters) -> list[Parameters]:
    """The parameters once for each host that they list; as they are where the lists disagree,
    which libpq refuses in its own words, or where a service names the host."""
    if parameters.get("service"):
        return [parameters]
    lists = {
        name: text.split(",")
        for name in ("host", "hostaddr", "port")
        if (text := _given(parameters, name))
    }
    count = max((len(items) for items in lists.values()), default=1)
    if any(len(items) not in (1, count) for items in lists.values()):
        return [parameters]
    return [
        _changed(
            parameters,
            **{name: items[place if len(items) > 1 else 0] for name, items in lists.items()},
        )
        for place in range(count)
    ]


def _given(parameters: Parameters, name: str) -> str:
    """A parameter, else what libpq takes from its variables or from the service of PGSERVICE."""
    default = {option.keyword: option.val for option in pq.Conninfo.get_defaults()}
    return str(parameters.get(name) or (default.get(name.encode()) or b"").decode())


def _addressed(parameters: Parameters, end: float) -> list[Parameters]:
    host = str(parameters.get("host", ""))
    if not host or host[0] in "/@" or parameters.get("hostaddr") or _is_address(host):
        return [parameters]
    end = min(end, time.monotonic() + _connect_timeout(parameters))
    return [_changed(parameters, hostaddr=address) for address in _resolved(host, end)]


def _is_address(host: str) -> bool:
    with suppress(ValueError):
        ip_address(host.partition("%")[0])
        return True
    return False


def _resolved(host: str, end: float) -> list[str]:
    """The addresses of a name; OperationalError where it has none or nobody says by `end`."""

    def ask() -> list[str]:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return [str(entry[4][0]) for entry in found]

    try:
        return bounded(ask, end, f"no answer in time to what the address of host {host!r} is")
    except (OSError, UnicodeError) as error:
        raise psycopg.OperationalError(f"cannot resolve host {host!r}: {error}") from None


def bounded(work: Callable[[], T], end: float, complaint: str) -> T:
    """What `work()` gives or raises, in a thread that is left alone at `end`; NoReply then."""
    answers: SimpleQueue[tuple[T, None] | tuple[None, Exception]] = SimpleQueue()

    def answer() -> None:
        try:
            answers.put((work(), None))
        except Exception as error:
            answers.put((None, error))

    try:
        threading.Thread(target=answer, name="simdrift-store", daemon=True).start()
    except RuntimeError:  # no more threads: it takes as long as it takes
        answer()
    while (left := end - time.monotonic()) > 0:
        with suppress(Empty):
            result, error = answers.get(timeout=min(left, SLICE))
            if error is not None:
                raise error
            return cast(T, result)
    raise NoReply(complaint)
