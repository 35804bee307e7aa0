"""`Recorder`: what a service writes of its own requests, cheap enough for every one of them.

A request costs two readings of a clock and one append to a ring buffer: both are atomic in
CPython, so threads and coroutines share a recorder without a lock. What does not fit into the
buffer before the next flush replaces the oldest requests and is counted in `lost`. In a forked
child the buffer is empty: what it held is the parent's to write.
"""

from __future__ import annotations

import asyncio
import atexit
import itertools
import logging
import os
import socket
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from simdrift._errors import InputError, SimdriftError
from simdrift.monitoring.windows import Rule
from simdrift.results.files import replacing
from simdrift.service import middleware
from simdrift.service.health import health

if TYPE_CHECKING:
    import pyarrow

    from simdrift.store import Store

CAPACITY: Final = 65_536
FAILED: Final = 500
"""The status of a request that ended by an exception."""
CLOSED: Final = 499
"""The status of a request whose client went away, as nginx logs it."""

_SAMPLED_EVERY: Final = 1_000_000_000  # nanoseconds between two readings of the memory
_STATM: Final = "/proc/self/statm"
log = logging.getLogger("simdrift")


class Entry(NamedTuple):
    """A row of the log: latency None of a heartbeat."""

    number: int
    time: int
    """Nanoseconds since 1970."""
    latency: float | None
    """Milliseconds."""
    status: int | None
    path: str
    memory: int | None


class Request:
    """A request while it is answered: `status` is what was answered, by default 200, and 500 where
    an exception ends it."""

    __slots__ = ("_began", "_recorder", "_time", "path", "status")

    def __init__(self, recorder: Recorder, path: str) -> None:
        self._recorder = recorder
        self.path = path
        self.status: int | None = None

    def __enter__(self) -> Self:
        self._time = time.time_ns()
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
        if kind is not None:
            status = CLOSED if issubclass(kind, _GONE) else FAILED
        elif status is None:
            status = 200
        recorder = self._recorder
        if now >= recorder._sample_at:
            recorder._sample(now)
        recorder._entries.append(
            (next(recorder._numbers), self._time, (now - self._began) * 1e-6, status, self.path,
             recorder._memory)
        )  # fmt: skip


_GONE: Final = (asyncio.CancelledError, GeneratorExit)


class Recorder:
    """Records the requests of a service: time, latency, status, path and memory.

    `to`: a folder, into which each flush writes a Parquet file of its own (many processes may
    share it), or a `Store`, into which the metrics of every `window` go when it is over (one
    process a `dataset` and `model`). It flushes every `every` seconds (None: only when asked to),
    in a thread of its own, when it is closed, and when the program ends. `capacity`: requests that
    are kept between two flushes. Safe under threads, coroutines and fork.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> with Recorder(folder.name, every=None) as recorder:
    ...     for _ in range(3):
    ...         with recorder.request("/predict") as request:
    ...             request.status = 200
    >>> results = health(folder.name)
    >>> [row.value for row in results.filter(metric="service.error_ratio")]
    [0.0]
    >>> folder.cleanup()
    """

    def __init__(
        self,
        to: str | os.PathLike[str] | Store,
        *,
        capacity: int = CAPACITY,
        every: float | None = 60.0,
        window: str = "1h",
        dataset: str = "",
        model: str = "",
        model_version: str = "",
        **settings: Any,
    ) -> None:
        if not isinstance(capacity, int) or capacity < 1:
            raise ValueError(f"capacity: expected a number of requests, found {capacity!r}")
        if every is not None and not every > 0:
            raise ValueError(f"every: expected seconds above 0, or None, found {every!r}")
        self.folder: Path | None = None
        self.store: Store | None = None
        if isinstance(to, str | os.PathLike):
            self.folder = _made(Path(to))
        else:
            self.store = to
        self.every, self.capacity = every, capacity
        self._step = timedelta(microseconds=_step(window))
        self._health = {
            "window": window, "dataset": dataset, "model": model, "model_version": model_version,
            **settings,
        }  # fmt: skip
        self._closed = False
        self._fresh()
        _RECORDERS.add(self)

    def _fresh(self) -> None:
        """Begins empty, in this process."""
        self._entries: deque[tuple[Any, ...]] = deque(maxlen=self.capacity)
        self._numbers = itertools.count()
        self._highest, self._taken = -1, 0
        self._kept: list[tuple[Any, ...]] = []
        self._dropped = 0
        self._lock = threading.RLock()
        self._memory: int | None = None
        self._sample_at = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        if self.every is not None and not self._closed:
            self._thread = threading.Thread(
                target=_flush_often, args=(weakref.ref(self), self._stop, self.every), daemon=True,
                name="simdrift-recorder",
            )  # fmt: skip
            self._thread.start()

    # -- what a service calls

    def request(self, path: str = "") -> Request:
        """A context in which a request is answered; it is recorded at its end."""
        return Request(self, path)

    def record(self, latency_ms: float, status: int = 200, path: str = "") -> None:
        """Records a request that has just been answered in so many milliseconds."""
        began = time.time_ns() - int(max(latency_ms, 0.0) * 1e6)
        self._append(began, latency_ms, status, path)

    def heartbeat(self) -> None:
        """Records a sign of life that is no request."""
        self._append(time.time_ns(), None, None, "")

    def asgi(self, app: Any, *, path: Callable[[Any], str] | None = None) -> Any:
        """The ASGI application with its HTTP requests recorded; `path(scope)`: how one is named,
        by default its route where the framework says it, else its path."""
        return middleware.asgi(self, app, path)

    def wsgi(self, app: Any, *, path: Callable[[Any], str] | None = None) -> Any:
        """The WSGI application with its requests recorded, each until its answer is closed;
        `path(environ)`: how one is named, by default its path."""
        return middleware.wsgi(self, app, path)

    def _append(self, at: int, latency: float | None, status: int | None, path: str) -> None:
        now = time.perf_counter_ns()
        if now >= self._sample_at:
            self._sample(now)
        self._entries.append((next(self._numbers), at, latency, status, path, self._memory))

    def _sample(self, now: int) -> None:
        self._sample_at = now + _SAMPLED_EVERY
        self._memory = resident_memory()

    # -- what becomes of it

    @property
    def lost(self) -> int:
        """Requests that were replaced before a flush came, or that could not be written."""
        with self._lock:
            self._take()
            return self._highest + 1 - self._taken + self._dropped

    def flush(self) -> int:
        """Writes what is recorded: rows of a Parquet file, or the windows that are over; how many
        requests were written. What can't be written is kept for the next time, up to `capacity`
        requests, and the error raised."""
        with self._lock:
            self._take()
            return self._written(None if self.store is None else self._open_from())

    def close(self) -> None:
        """Writes all that is recorded, the window that is not over included."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._stop.set()
            self._take()
            self._written(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self) -> None:
        """Moves what is in the buffer to what is kept."""
        entries, taken = self._entries, []
        for _ in range(len(entries)):
            try:
                taken.append(entries.popleft())
            except IndexError:
                break
        self._taken += len(taken)
        self._highest = max([self._highest, *(entry[0] for entry in taken)])
        self._kept += taken
        if len(self._kept) > self.capacity:
            beyond = len(self._kept) - self.capacity
            self._dropped += beyond
            del self._kept[:beyond]

    def _open_from(self) -> int:
        """When the window that is not over began, in nanoseconds since 1970."""
        now = datetime.now(UTC)
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        begun = day + (now - day) // self._step * self._step if self._step else day
        return int(begun.timestamp()) * 1_000_000_000

    def _written(self, until: int | None) -> int:
        """Writes the kept entries, those before a time where one is given."""
        own = [entry for entry in self._kept if until is None or entry[1] < until]
        if not own:
            return 0
        if self.folder is not None:
            self._write_file(own)
        elif self.store is not None:
            self.store.write(health(table_of(own), **self._health))
        self._kept = [] if until is None else [e for e in self._kept if e[1] >= until]
        return len(own)

    def _write_file(self, entries: list[tuple[Any, ...]]) -> None:
        import pyarrow.parquet as parquet

        assert self.folder is not None
        name = f"requests-{socket.gethostname()}-{os.getpid()}-{time.time_ns()}.parquet"
        with replacing(self.folder / name) as file:
            parquet.write_table(table_of(entries), file, compression="zstd")


def table_of(entries: list[tuple[Any, ...]]) -> pyarrow.Table:
    """Entries as the log that `health` reads."""
    import pyarrow as pa

    rows = [Entry(*entry) for entry in entries]
    times = pa.array([row.time // 1_000 for row in rows], pa.int64())
    return pa.table(
        {
            "time": times.cast(pa.timestamp("us", tz="UTC")),
            "latency_ms": pa.array([row.latency for row in rows], pa.float64()),
            "status": pa.array([row.status for row in rows], pa.int32()),
            "path": pa.array([row.path for row in rows], pa.string()).dictionary_encode(),
            "memory": pa.array([row.memory for row in rows], pa.int64()),
            "heartbeat": pa.array([row.latency is None for row in rows], pa.bool_()),
        }
    )


def resident_memory() -> int | None:
    """Bytes of this process that are in memory; None where the system does not say so."""
    try:
        with open(_STATM, "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder}: expected a folder for request logs, found {(error.strerror or '').lower()}"
        ) from None
    return folder


def _step(window: str) -> int:
    """The microseconds of a window; ValueError for one that is none, or that overlaps others."""
    try:
        rule = Rule.parse(window)
    except ValueError as error:
        raise ValueError(f"window: expected {error}, found {window!r}") from None
    if rule.step == 0 or rule.span != 1 or rule.step > 86_400_000_000:
        raise ValueError(
            f"window: expected one of a day at most that overlaps no other, such as '1h', found "
            f"{window!r}"
        )
    return rule.step


def _flush_often(
    recorder: weakref.ref[Recorder], stop: threading.Event, seconds: float
) -> None:
    """Flushes until told to stop, or until nobody has the recorder any more."""
    while not stop.wait(seconds):
        own = recorder()
        if own is None:
            return
        try:
            own.flush()
        except (OSError, SimdriftError) as error:
            log.warning("requests are kept, not written: %s", error)
        del own


_RECORDERS: weakref.WeakSet[Recorder] = weakref.WeakSet()


def _begin_in_child() -> None:
    for recorder in list(_RECORDERS):
        recorder._fresh()


@atexit.register
def _close_all() -> None:
    for recorder in list(_RECORDERS):
        try:
            recorder.close()
        except (OSError, SimdriftError) as error:
            log.warning("requests are lost, the program ends: %s", error)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_child)
