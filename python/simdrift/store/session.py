"""The connection of a Store, made again when it breaks, and what errors of it mean.

Whatever is run must be safe to run again: after a lost connection nobody knows whether the
commit happened.

A connection is kept for the next call only when the server has confirmed a commit on it and
nothing is open. Whoever works with it has taken it out of the session, so no two calls can share
it; any exception, be it raised by a signal's handler between two instructions, leaves it behind
closed. Calls of several threads come one after the other.
"""

from __future__ import annotations

import math
import os
import random
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

import psycopg
from psycopg.pq import TransactionStatus

from simdrift._errors import InputError, StoreError, StoreNotMigrated, StoreUnreachable
from simdrift.store.connection import SLICE, Connection, NoReply
from simdrift.store.dsn import Target
from simdrift.store.turns import Line, Turn

T = TypeVar("T")

DEADLINE: Final = 30.0  # seconds of retries before the server counts as unreachable

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
_LEAST: Final = 0.5  # seconds that the first try has, however short the deadline

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_TRANSIENT: Final = {
    "25P03",  # idle in transaction too long: the client was held up
    "40001",  # serialization failure
    "40P01",  # deadlock
    "53300",  # too many connections
    "55P03",  # lock timeout
    "57P01",  # the server is stopped, or pg_terminate_backend
    "57P02",  # the server crashed
    "57P03",  # the server is starting
}
_SCHEMA_ABSENT: Final = ("3F000", "42P01")
# Data exception, one value twice, integrity constraint violation, program limit exceeded
_DATA: Final = ("22", "21", "23", "54")

# A refused connection has no SQLSTATE, only words. What the server says FATAL to is final but
# for these, and so is a certificate.
_PASSING: Final = (
    "starting up",
    "shutting down",
    "recovery",
    "too many",
    "not yet accepting",
    "terminating connection",
    "remaining connection slots",
)
_FINAL: Final = ("FATAL:", "certificate", "does not support SSL", "no password supplied")

_LOCK_SECONDS: Final = 10.0
_BEGIN: Final = """
begin;
set local statement_timeout = {statement};
set local lock_timeout = {lock};
set local idle_in_transaction_session_timeout = '60s';
set local search_path = pg_catalog;
set local timezone = 'UTC';
set local client_min_messages = warning;
"""
"""Settings of every transaction, rather than of the session: a pooler would hand a session's
settings to somebody else."""

_STATE: Final = "select state from pg_stat_activity where pid = %s"
_FULL: Final = ("too many", "remaining connection slots")


class DataRefused(StoreError):
    """The server will never take these data, whatever is done."""


class Session:
    """A connection to a target, made when first needed and again when it broke.

    Threads may share it: their calls come one after the other, the wait for the others being
    part of each call's deadline. In a forked child it opens a connection of the child's own, and
    so does a copy, in this process or, without the password, in one that it is pickled for.
    """

    def __init__(self, target: Target, *, deadline: float = DEADLINE) -> None:
        self.target = target
        self.deadline = _checked(deadline)
        self._forget()

    def __getstate__(self) -> tuple[Target, float]:
        return self.target, self.deadline

    def __setstate__(self, state: tuple[Target, float]) -> None:
        self.target, self.deadline = state
        self._forget()

    def _forget(self) -> None:
        self._process = os.getpid()
        self._line = Line()
        self._idle: deque[Connection] = deque(maxlen=1)  # the connection while nobody uses it

    def close(self) -> None:
        """Closes the connection; one that another thread is using stays until that call ends."""
        if self._process != os.getpid():
            self._forget()
        while (connection := self._kept()) is not None:
            connection.close()

    def __del__(self) -> None:
        # A notebook's Store is rarely closed.
        with suppress(AttributeError):  # its __init__ was interrupted
            self.close()

    def end(self, deadline: float | None = None) -> float:
        """When a call that begins now is over, in seconds of time.monotonic()."""
        seconds = self.deadline if deadline is None else _checked(deadline)
        return time.monotonic() + max(seconds, _LEAST)

    def run(self, work: Callable[[Connection], T], *, end: float | None = None) -> T:
        """`work(connection)`, again after what passes by itself, until `end` or the deadline.

        StoreUnreachable after it, StoreNotMigrated where the schema is absent, StoreError for
        everything that trying again does not fix.
        """
        if self._process != os.getpid():
            self._forget()
        end = self.end() if end is None else end
        line, turn = self._line, Turn()
        try:
            if not line.wait(turn, end):
                raise StoreUnreachable(
                    f"other threads have kept this Store ({self.target.label}) busy for "
                    f"{self.deadline:g} s: raise its deadline, or give each thread its own"
                )
            return self._tried(work, end)
        finally:
            line.leave(turn)

    def _tried(self, work: Callable[[Connection], T], end: float) -> T:
        pause = _FIRST_PAUSE
        problem: StoreError | None = None
        while True:
            try:
                return self._once(work, end)
            except StoreUnreachable as error:  # the embedded server was killed while starting
                problem = error
            except psycopg.Error as error:
                if problem is None or not isinstance(error, NoReply):  # what was said says more
                    problem = self._judged(error)
            if not isinstance(problem, StoreUnreachable) or time.monotonic() + pause > end:
                raise problem from None
            _sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _once(self, work: Callable[[Connection], T], end: float) -> T:
        connection = self._kept() or self.target.connect(end)
        connection.end = end
        try:
            result = work(connection)
        except BaseException:
            connection.close()
            raise
        connection.check = None
        self._idle.append(connection)
        return result

    def _kept(self) -> Connection | None:
        """Takes the connection out of the session, where there is one in which nothing is open."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if connection.pgconn.transaction_status == TransactionStatus.IDLE:
                return connection
            connection.close()

    def transaction(
        self,
        work: Callable[[Connection], T],
        *,
        statement_seconds: float | None = None,
        end: float | None = None,
    ) -> T:
        """`work(connection)` in one transaction, with timeouts set, that the server has confirmed.

        By default all of it ends with the deadline. With `statement_seconds` a statement may
        take that long, for as long as the server shows that it is at work. In both cases a
        connection that an answer was lost on is given up when half the deadline has passed in
        silence, and the rest is left for another try.
        """
        end = self.end() if end is None else end

        def transacted(connection: Connection) -> T:
            self._begin(connection, statement_seconds, end)
            result = work(connection)
            if statement_seconds is not None:
                connection.end = max(end, self.end())
            _commit(connection)
            return result

        return self.run(transacted, end=end)

    def _begin(self, connection: Connection, statement_seconds: float | None, end: float) -> None:
        left = max(end - time.monotonic(), 0.001)
        # The server gives up after this side has: a statement of nobody's ends.
        statement = left + 1 if statement_seconds is None else statement_seconds
        settings = _BEGIN.format(
            statement=_milliseconds(statement), lock=_milliseconds(min(left, _LOCK_SECONDS))
        )
        connection.check, connection.check_every = self._check_work, self._half()
        connection.execute(settings.encode())
        if statement_seconds is not None:
            connection.end = math.inf

    def _half(self) -> float:
        return max(self.deadline / 2, _LEAST)

    def _check_work(self, connection: Connection) -> None:
        """NoReply, or what connecting raises, where the server does not show that it is still at
        work for `connection`."""
        try:
            end = min(time.monotonic() + self._half(), connection.end)
            with self.target.connect(end) as other:
                found = other.execute(_STATE, (connection.info.backend_pid,)).fetchone()
        except psycopg.OperationalError as error:
            if any(word in str(error) for word in _FULL):
                return  # it answers
            raise
        if found is not None and found[0] is not None and found[0] != "active":
            raise NoReply("the server's answer did not arrive")

    def _judged(self, error: psycopg.Error) -> StoreError:
        said = self.target.redact(_said(error))
        label = self.target.label
        if error.sqlstate in _SCHEMA_ABSENT:
            return StoreNotMigrated(f"no simdrift schema in {label}: run `simdrift migrate`")
        if is_transient(error):
            return StoreUnreachable(f"no answer from the store ({label}): {said}")
        if error.sqlstate is not None and error.sqlstate[:2] in _DATA:
            return DataRefused(f"the store ({label}) cannot hold this: {said}")
        if "certificate" in said:
            said += "; to go without verification put sslmode=require into the DSN"
        return StoreError(f"the store ({label}) refused: {said}")


def _checked(deadline: float) -> float:
    if not deadline >= 0:
        raise InputError(f"deadline: expected seconds, 0 or more, found {deadline!r}")
    return deadline


def _said(error: psycopg.Error) -> str:
    """The words of an error in one line, without the context: statements of ours."""
    diag = error.diag
    words = (diag.message_primary, diag.message_detail, diag.message_hint)
    text = "\n".join(filter(None, words)) or str(error)
    return " / ".join(line.strip() for line in text.splitlines() if line.strip())


def _sleep(seconds: float) -> None:
    """Sleeps in slices: what another thread raises in this one is raised within one."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, SLICE))


def _milliseconds(seconds: float) -> int:
    return max(1, int(min(1000 * seconds, 2**31 - 1)))


def _commit(connection: Connection) -> None:
    """Commits; OperationalError where the server does not say that it did."""
    said = connection.execute("COMMIT").statusmessage
    status = TransactionStatus(connection.pgconn.transaction_status)
    if said != "COMMIT" or status != TransactionStatus.IDLE:
        raise psycopg.OperationalError(
            f"expected the server to confirm a commit, found {said} in state {status.name}"
        )


def is_transient(error: psycopg.Error) -> bool:
    """Whether the same may succeed later: the server is away, busy, or another won a race."""
    if error.sqlstate is not None:
        return error.sqlstate.startswith("08") or error.sqlstate in _TRANSIENT
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    said = str(error)
    return not any(word in said for word in _FINAL) or any(word in said for word in _PASSING)
