"""`Recorder`: what a service writes of its own requests, cheap enough for every one of them.

A request costs readings of a clock and one append to a ring buffer. What does not fit into the
buffer before the next flush replaces the oldest requests and is counted in `lost`. In a forked
child the buffer is empty: what it held is the parent's to write.
"""

from __future__ import annotations

import atexit
import logging
import os
import socket
import threading
import time
import weakref
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self
from zoneinfo import ZoneInfo

from simdrift._errors import InputError, SimdriftError
from simdrift.monitoring.windows import Rule
from simdrift.results.files import replacing
from simdrift.service import middleware
from simdrift.service.health import health
from simdrift.service.ring import Entry, Request, Ring, Row

if TYPE_CHECKING:
    import pyarrow

    from simdrift.store import Store

CAPACITY: Final = 65_536
log = logging.getLogger("simdrift")


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
        self._zone = ZoneInfo(settings.get("timezone", "UTC"))
        self._since = datetime.now(UTC)
        self._health = {
            "window": window, "dataset": dataset, "model": model, "model_version": model_version,
            **settings,
        }  # fmt: skip
        self._closed = False
        self._fresh()
        _RECORDERS.add(self)

    def _fresh(self) -> None:
        """Begins empty, in this process."""
        self._ring = Ring(self.capacity)
        self._highest, self._taken = -1, 0
        self._kept: list[Row] = []
        self._dropped = 0
        self._lock = threading.RLock()
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
        return Request(self._ring, path)

    def record(self, latency_ms: float, status: int = 200, path: str = "") -> None:
        """Records a request that has just been answered in so many milliseconds."""
        self._ring.append(latency_ms, status, path)

    def heartbeat(self) -> None:
        """Records a sign of life that is no request."""
        self._ring.append(None, None, "")

    def asgi(self, app: Any, *, path: Callable[[Any], str] | None = None) -> Any:
        """The ASGI application with its HTTP requests recorded; `path(scope)`: how one is named,
        by default its route where the framework says it, else its path."""
        return middleware.asgi(self.request, app, path)

    def wsgi(self, app: Any, *, path: Callable[[Any], str] | None = None) -> Any:
        """The WSGI application with its requests recorded, each until its answer is closed;
        `path(environ)`: how one is named, by default its path."""
        return middleware.wsgi(self.request, app, path)

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
            return self._written(datetime.now(UTC) if self.store is None else self._open_from())

    def close(self) -> None:
        """Writes all that is recorded, the window that is not over included."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._stop.set()
            self._take()
            self._written(datetime.now(UTC))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self) -> None:
        """Moves what is in the buffer to what is kept."""
        taken = self._ring.take()
        self._taken += len(taken)
        self._highest = max([self._highest, *(entry[0] for entry in taken)])
        self._kept += taken
        if len(self._kept) > self.capacity:
            beyond = len(self._kept) - self.capacity
            self._dropped += beyond
            del self._kept[:beyond]

    def _open_from(self) -> datetime:
        """When the window that is not over began."""
        now = datetime.now(self._zone)
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        wall = (now.replace(tzinfo=None) - day.replace(tzinfo=None)) // self._step * self._step
        return (day + wall).astimezone(UTC)

    def _written(self, until: datetime) -> int:
        """Writes the kept entries: all into a file, or into the store those before a time."""
        if self.store is None:
            own, rest = self._kept, []
            if own:
                self._write_file(own)
        elif until <= self._since:
            return 0
        else:
            limit = int(until.timestamp() * 1e9)
            own = [entry for entry in self._kept if entry[1] < limit]
            rest = [entry for entry in self._kept if entry[1] >= limit]
            first = int(self._since.timestamp() * 1e9)  # a clock may have gone backwards since
            there = [(row[0], max(row[1], first), *row[2:]) for row in own]
            results = health(table_of(there), start=self._since, end=until, **self._health)
            self.store.write(results)
            self._since = until
        self._kept = rest
        return len(own)

    def _write_file(self, entries: list[Row]) -> None:
        import pyarrow.parquet as parquet

        assert self.folder is not None
        name = f"requests-{socket.gethostname()}-{os.getpid()}-{time.time_ns()}.parquet"
        with replacing(self.folder / name) as file:
            parquet.write_table(table_of(entries), file, compression="zstd")


def table_of(entries: list[Row]) -> pyarrow.Table:
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


def _flush_often(recorder: weakref.ref[Recorder], stop: threading.Event, seconds: float) -> None:
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
