"""The ring buffer of a recorder, and a request that is being answered.

Both readings of a clock and the append are atomic in CPython: threads and coroutines share a ring
without a lock.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections import deque
from types import TracebackType
from typing import Final, NamedTuple, Self

FAILED: Final = 500
"""The status of a request that ended by an exception."""
CLOSED: Final = 499
"""The status of a request whose client went away before an answer began, as nginx logs it."""

_SAMPLED_EVERY: Final = 1_000_000_000  # nanoseconds between two readings of the memory
_STATM: Final = "/proc/self/statm"
_GONE: Final = (asyncio.CancelledError, GeneratorExit)
Row = tuple[int, int, float | None, int | None, str, int | None]
"""The fields of an `Entry`: a plain tuple is made twice as fast."""


class Entry(NamedTuple):
    """A row of the log: latency None of a heartbeat."""

    number: int
    time: int
    """When it was answered, nanoseconds since 1970."""
    latency: float | None
    """Milliseconds."""
    status: int | None
    path: str
    memory: int | None


class Ring:
    """The newest requests, up to a number of them."""

    def __init__(self, capacity: int) -> None:
        self.entries: deque[Row] = deque(maxlen=capacity)
        self.numbers = itertools.count()
        self.memory: int | None = None
        self.sample_at = 0

    def append(self, latency: float | None, status: int | None, path: str) -> None:
        """A row, of this moment."""
        now = time.perf_counter_ns()
        if now >= self.sample_at:
            self.sample(now)
        self.entries.append(
            (next(self.numbers), time.time_ns(), latency, status, path, self.memory)
        )

    def sample(self, now: int) -> None:
        """Reads the memory, which stands for a second."""
        self.sample_at = now + _SAMPLED_EVERY
        self.memory = resident_memory()

    def take(self) -> list[Row]:
        """What is there, taken out."""
        taken = []
        for _ in range(len(self.entries)):
            try:
                taken.append(self.entries.popleft())
            except IndexError:  # others append, and replace the oldest
                break
        return taken


class Request:
    """A request while it is answered: `status` is what was answered, by default 200, and 500 where
    an exception ends it."""

    __slots__ = ("_began", "_ring", "path", "status")

    def __init__(self, ring: Ring, path: str) -> None:
        self._ring = ring
        self.path = path
        self.status: int | None = None

    def __enter__(self) -> Self:
        self._began = time.perf_counter_ns()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        now = time.perf_counter_ns()
        status = self.status
        if kind is not None and issubclass(kind, _GONE):
            status = CLOSED if status is None else status
        elif kind is not None:
            status = FAILED
        elif status is None:
            status = 200
        ring = self._ring
        if now >= ring.sample_at:
            ring.sample(now)
        latency = (now - self._began) * 1e-6
        ring.entries.append(
            (next(ring.numbers), time.time_ns(), latency, status, self.path, ring.memory)
        )


def resident_memory() -> int | None:
    """Bytes of this process that are in memory; None where the system does not say so."""
    try:
        with open(_STATM, "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None
