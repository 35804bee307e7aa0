"""One connection that is made again when it breaks, and what errors of it mean.

Whatever is run must be safe to run again: after a lost connection nobody knows whether the
commit happened.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

import psycopg

from simdrift._errors import StoreError, StoreNotMigrated, StoreUnreachable

from .dsn import Target

Connection = psycopg.Connection[Any]
T = TypeVar("T")

DEADLINE: Final = 30.0  # seconds of retries before the server counts as unreachable

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0

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
_DATA: Final = ("22", "23")  # data exception, integrity constraint violation

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

SETTINGS: Final = """
set local statement_timeout = '{statement}';
set local lock_timeout = '10s';
set local idle_in_transaction_session_timeout = '60s';
set local search_path = pg_catalog;
set local timezone = 'UTC';
set local client_min_messages = warning;
"""
"""Of every transaction, rather than of the session: a pooler would hand a session's settings to
somebody else."""


class DataRefused(StoreError):
    """The server will never take these data, whatever is done."""


class Session:
    """A connection to a target, made when first needed and again when it broke."""

    def __init__(self, target: Target, *, deadline: float = DEADLINE) -> None:
        self.target = target
        self._deadline = deadline
        self._connection: Connection | None = None

    def close(self) -> None:
        """Closes the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        # A notebook's Store is rarely closed; a connection of its own would warn of that.
        self.close()

    def run(self, work: Callable[[Connection], T]) -> T:
        """`work(connection)`, again after what passes by itself, until the deadline.

        StoreUnreachable after it, StoreNotMigrated where the schema is absent, StoreError for
        everything that trying again does not mend.
        """
        end = time.monotonic() + self._deadline
        pause = _FIRST_PAUSE
        while True:
            try:
                return work(self._connected())
            except StoreUnreachable as error:  # the embedded server was killed while starting
                problem: StoreError = error
            except psycopg.Error as error:
                problem = self._judged(error)
                self._drop_broken()
            if not isinstance(problem, StoreUnreachable) or time.monotonic() + pause > end:
                raise problem from None
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, _LONGEST_PAUSE)

    def transaction(self, work: Callable[[Connection], T], *, statement_timeout: str = "60s") -> T:
        """`work(connection)` in one transaction with timeouts set."""

        def transacted(connection: Connection) -> T:
            with connection.transaction():
                connection.execute(SETTINGS.format(statement=statement_timeout).encode())
                return work(connection)

        return self.run(transacted)

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self.target.connect()
        return self._connection

    def _drop_broken(self) -> None:
        if self._connection is not None and (self._connection.broken or self._connection.closed):
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None

    def _judged(self, error: psycopg.Error) -> StoreError:
        said = " / ".join(line.strip() for line in str(error).splitlines() if line.strip())
        said = self.target.redact(said)
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


def is_transient(error: psycopg.Error) -> bool:
    """Whether the same may succeed later: the server is away, busy, or another won a race."""
    if error.sqlstate is not None:
        return error.sqlstate.startswith("08") or error.sqlstate in _TRANSIENT
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    said = str(error)
    return not any(word in said for word in _FINAL) or any(word in said for word in _PASSING)
