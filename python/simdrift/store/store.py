"""`Store`: a database of results, and the spool before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self, TypeVar
from uuid import UUID

from simdrift._errors import StoreError, StoreNotMigrated
from simdrift.results.collection import Results
from simdrift.results.conditions import stored_metrics
from simdrift.store import read as reading
from simdrift.store import spool as spooling
from simdrift.store.batch import Batch
from simdrift.store.connection import Connection
from simdrift.store.dsn import Dsn, Target, resolve
from simdrift.store.encode import HasResults, batch_from_results, visible
from simdrift.store.events import differences, event_row, events_of_schema
from simdrift.store.migrate import Migrated, migrate
from simdrift.store.prune import Pruned, parse_keep, prune
from simdrift.store.read import Inventory, Monitored, Texts
from simdrift.store.session import DEADLINE, DataRefused, Session
from simdrift.store.spool import CorruptSpool, Spool
from simdrift.store.stamp import Stamp
from simdrift.store.write import NOTHING, Counts, write_batch

T = TypeVar("T")

_READING: Final = 60.0  # seconds for one statement
_HOUR: Final = 3600.0


class WriteSummary(NamedTuple):
    """What a write changed, what was already there, and what is not shown because a later run has
    its window; `spool_path` is None once the server has confirmed."""

    rows_written: int
    rows_unchanged: int
    runs_written: int
    runs_unchanged: int
    spool_path: Path | None = None
    rows_superseded: int = 0
    superseded: tuple[str, ...] = ()
    """Windows, by name, whose run in these results is not shown: a later one has them."""
    replaced: tuple[str, ...] = ()
    """Windows, by name, that showed another run before."""

    @classmethod
    def of(cls, counts: Counts) -> Self:
        """The summary of a write that was confirmed."""
        return cls(*counts[:4], None, *counts[4:])

    def __str__(self) -> str:
        said = (
            f"{self.rows_written:,} rows and {self.runs_written:,} runs written, "
            f"{self.rows_unchanged:,} and {self.runs_unchanged:,} already there"
        )
        return "; ".join((said, *self.notes()))

    def notes(self) -> tuple[str, ...]:
        """In words, what was replaced and what is not shown, with the names of the windows."""
        notes = []
        if self.replaced:
            notes.append(f"replaced what was shown of {_listed(self.replaced)}")
        if self.superseded:
            notes.append(
                f"{self.rows_superseded:,} rows superseded by a later run of "
                f"{_listed(self.superseded)}"
            )
        return tuple(notes)


_NAMED: Final = 3  # windows; of more, the number is said


def _listed(windows: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(windows) - _NAMED
    named = ", ".join(windows[:_NAMED])
    return f"{named} and {more:,} more windows" if more > 0 else named


class FlushSummary(NamedTuple):
    """What a flush did; `set_aside` could not be read, `refused` could not be stored,
    `elsewhere` were meant for another store, and of the windows `superseded`, by name, a later
    run is shown."""

    batches: int
    rows_written: int
    runs_written: int
    set_aside: tuple[Path, ...] = ()
    refused: tuple[Path, ...] = ()
    elsewhere: tuple[Path, ...] = ()
    superseded: tuple[str, ...] = ()

    def plus(self, other: FlushSummary) -> FlushSummary:
        """Both together."""
        pairs: Iterator[tuple[Any, Any]] = zip(self, other, strict=True)
        return FlushSummary(*(mine + its for mine, its in pairs))


class Benchmark(NamedTuple):
    """One measured task: `rows` in `seconds`, and the same by `baseline` in `baseline_seconds`."""

    ts: datetime
    machine: str
    library_version: str
    isa: str
    threads: int
    task: str
    rows: int
    seconds: float
    baseline: str = ""
    baseline_seconds: float | None = None


class Store:
    """A store of results: the argument's database, SIMDRIFT_DSN's, or the embedded server.

    Every write goes to the spool (`spool`, else SIMDRIFT_SPOOL, else the XDG state folder)
    first, is tried until `deadline` seconds have passed, and leaves the spool when the server
    has confirmed it. Writing the same results again changes nothing. StoreError and its kinds
    say what happened and what to do; where results were at stake, they name the spool file.

    Threads may share a Store: their calls come one after the other. A forked child may use the
    one it inherits: it gets a connection of its own, and closing it leaves the parent's alone. So
    may a process that a Store is pickled for, which must find the password itself, as libpq does. A
    call that is interrupted, wherever it is, leaves the Store as good as new.

        with Store() as store:
            store.migrate()
            store.write(results)
    """

    def __init__(
        self,
        dsn: str | Dsn | Target | None = None,
        *,
        spool: str | PathLike[str] | None = None,
        deadline: float = DEADLINE,
    ) -> None:
        self.target = dsn if isinstance(dsn, Target) else resolve(dsn)
        self.spool = Spool(None if spool is None else Path(spool).absolute())
        self._session = Session(self.target, deadline=deadline)

    def __repr__(self) -> str:
        return f"Store({self.target.label!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection; an embedded server stays up."""
        self._session.close()

    def migrate(self, *, partition_by_month: bool = False) -> Migrated:
        """Brings the schema up to date; twice does nothing.

        `partition_by_month` puts the values into monthly partitions, for good: for stores of
        hundreds of millions of values, whose retention then drops months.
        """
        return migrate(self._session, partition_by_month=partition_by_month)

    def write(self, results: HasResults) -> WriteSummary:
        """Stores results; ValueError where they have no window in time.

        An embedded store is migrated where it isn't yet.
        """
        end, stamp = self._session.end(), Stamp.now()
        batch = batch_from_results(results)
        if not batch.runs:
            return WriteSummary.of(NOTHING)
        with ExitStack() as stack:
            path, problem = None, None
            try:
                path = stack.enter_context(self.spool.kept(batch, self.target.label, stamp))
            except OSError as error:
                problem = error
            try:
                counts = self._send(batch, stamp, end)
                self._add_events(batch)
            except StoreError as error:
                raise type(error)(f"{error}; {_whereabouts(path, problem)}") from error
            if path is not None:
                self.spool.confirm(path)
        return WriteSummary.of(counts)

    def flush(self, *, adopt: bool = False, deadline: float | None = None) -> FlushSummary:
        """Writes the batches that wait in the spool, oldest first.

        What can't be read is set aside as NAME.corrupt and what the server refuses as data as
        NAME.refused; the rest goes on. Batches meant for another store stay, unless `adopt`
        takes them into this one. Each batch has `deadline` seconds of its own, else as many as
        this Store has for a call.
        """
        self.spool.remove_leftovers()
        done = FlushSummary(0, 0, 0)
        for path in self.spool.pending():
            with self.spool.claimed(path) as ours:
                if ours:
                    done = done.plus(self._replay(path, adopt, deadline))
        return done

    def _replay(self, path: Path, adopt: bool, deadline: float | None) -> FlushSummary:
        """Writes one batch of the spool, whose file is locked by this process."""
        nothing = FlushSummary(0, 0, 0)
        try:
            spooled = spooling.read(path)
        except CorruptSpool:
            return nothing._replace(set_aside=(self.spool.set_aside(path),))
        if spooled.target != self.target.label and not adopt:
            return nothing._replace(elsewhere=(path,))
        try:
            counts = self._send(spooled.batch, spooled.stamp, self._session.end(deadline))
            self._add_events(spooled.batch)
        except DataRefused:
            return nothing._replace(refused=(self.spool.set_aside(path, spooling.REFUSED),))
        self.spool.confirm(path)
        return FlushSummary(
            1, counts.rows_written, counts.runs_written, superseded=counts.superseded
        )

    def read(
        self,
        *,
        monitor: Texts = None,
        dataset: Texts = None,
        model: Texts = None,
        segment: Texts = None,
        column: Texts = None,
        metric: Texts = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Results:
        """Rows of current runs that match every condition (a text or several), and whose windows
        overlap [start, end); with their runs and histograms. A metric is named whole ('drift.ks')
        or short ('ks', of any family); InputError for a short name that does not exist."""
        wanted = {
            "monitor": monitor,
            "dataset": dataset,
            "model": model,
            "segment": segment,
            "column": column,
            "metric": None if metric is None else stored_metrics(metric),
        }
        return self._session.transaction(
            lambda connection: reading.read_results(connection, wanted, start, end),
            statement_seconds=_READING,
        )

    def newest(self) -> Results:
        """Rows and runs of the newest window of every monitor, model, version and grain."""
        return self._session.transaction(reading.newest_results, statement_seconds=_READING)

    def inspect(self, work: Callable[[Connection], T]) -> T:
        """`work(connection)` in a transaction of its own, for queries of the caller's; again
        where the connection breaks."""
        return self._session.transaction(work, statement_seconds=_READING)

    def status(self) -> Inventory:
        """What is in the store, and what waits in the spool."""
        pending = self.spool.pending()
        return self._session.transaction(
            lambda connection: reading.inventory(connection, pending), statement_seconds=_READING
        )

    def monitors(self) -> tuple[Monitored, ...]:
        """A line a monitor: its windows, the newest one and its alerts, the last run."""
        return self.inspect(reading.monitors)

    def verify(self) -> tuple[UUID, ...]:
        """Current runs whose values are not as many as, or not those that, were written."""
        return self._session.transaction(reading.damaged_runs, statement_seconds=_HOUR)

    def annotate(self, ts: datetime, dataset: str, kind: str, text: str) -> None:
        """Adds an event that dashboards show at its time; the same event again is one event."""
        row = event_row(ts, dataset, kind, text)
        self._session.transaction(lambda connection: _insert(connection, "event", [row]))

    def write_benchmarks(self, measured: Sequence[Benchmark]) -> None:
        """Adds measurements of this library itself; the same again are not added."""
        if measured:
            rows = [
                one._replace(machine=visible(one.machine), task=visible(one.task))
                for one in measured
            ]
            self._session.transaction(lambda connection: _insert(connection, "bench_result", rows))

    def prune(self, keep: str | timedelta, *, dry_run: bool = False) -> Pruned:
        """Deletes results whose windows ended longer ago than `keep` ('400d'); needs the rights
        of simdrift_owner. `dry_run` says what would go and what would stay, and deletes nothing."""
        span = parse_keep(keep)
        return self._session.transaction(
            lambda connection: prune(connection, span, dry_run=dry_run), statement_seconds=_HOUR
        )

    def copy_to(self, dsn: str | Target) -> WriteSummary:
        """Copies every run into another store, which is migrated first; twice changes nothing."""
        with Store(dsn, spool=self.spool.folder, deadline=self._session.deadline) as other:
            other.migrate()
            return self._session.transaction(
                lambda connection: WriteSummary.of(_copy(connection, other._session)),
                statement_seconds=_HOUR,
            )

    def _add_events(self, batch: Batch) -> None:
        """Adds the changes of schema of a batch that is written, as `annotate` would."""
        if any(differences(batch)):
            self._session.transaction(partial(_add_events_of, batch=batch))

    def _send(self, batch: Batch, stamp: Stamp, end: float) -> Counts:
        end = max(end, self._session.end(0))  # there is always time for one try
        try:
            return write_batch(self._session, batch, stamp, end)
        except StoreNotMigrated:
            if self.target.server is None:
                raise
        self.migrate()
        return write_batch(self._session, batch, stamp, max(end, self._session.end(0)))


def _add_events_of(connection: Connection, batch: Batch) -> None:
    rows = events_of_schema(connection, batch)
    if rows:
        _insert(connection, "event", rows)


def _whereabouts(path: Path | None, problem: OSError | None) -> str:
    if path is None:
        return f"and the spool could not be written ({problem}): the results are not stored"
    return f"the results are in the spool at {path}: run `simdrift flush` once that is mended"


def _copy(source: Connection, target: Session) -> Counts:
    total, stamp = NOTHING, reading.stamp_of_server(source)
    for batch in reading.stored_batches(source):
        total = total.plus(write_batch(target, batch, stamp))
    for table in ("event", "bench_result"):
        rows = source.execute(f"select * from simdrift.{table}".encode()).fetchall()
        if rows:
            target.transaction(partial(_insert, table=table, rows=rows))
    return total


def _insert(connection: Connection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    marks = ", ".join(["%s"] * len(rows[0]))
    statement = f"insert into simdrift.{table} values ({marks}) on conflict do nothing"
    with connection.cursor() as cursor:
        cursor.executemany(statement.encode(), rows)
