"""One batch, one transaction: all of it or nothing, and the same again changes nothing.

Under a lock for each stream (monitor, dataset, model, version, grain), so that two
writers of one window come one after the other:

0. When the batch's runs began is put into the time of this server's clock (stamp.py).
1. Runs that are their window's current ones already are left out, unless fewer of their values
   failed than of those stored; with none left, that is all.
2. Series that are new are added.
3. Runs whose windows nobody has written yet are copied straight into the tables.
4. Other runs are copied into temporary tables and merged: INSERT ... ON CONFLICT DO UPDATE, only
   where something is distinct (a dead row costs space and a vacuum) and the stored row's run
   does not come later in the order (began_at, started_at, finished_at, run_id).
5. The run rows come last. A superseded run that was computed again gets its new times and is
   current again.
6. What the triggers of `run` made of them is read back: written, or superseded by a later run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from psycopg import errors
from psycopg.copy import LibpqWriter

from simdrift.store.batch import ERROR, Batch, Series, StoredRun
from simdrift.store.connection import Connection
from simdrift.store.copying import (
    HISTOGRAM_COLUMNS,
    REASON_COLUMNS,
    RUN_COLUMNS,
    VALUE_COLUMNS,
    histograms_text,
    reasons_text,
    runs_text,
    values_binary,
)
from simdrift.store.locks import lock_streams
from simdrift.store.migrate import require_migrated
from simdrift.store.session import Session
from simdrift.store.stamp import Stamp, times_by_server

SeriesIds = npt.NDArray[np.int32]


class Counts(NamedTuple):
    """What a write changed, what was there already, and what is not shown because a later run has
    its window; windows by name."""

    rows_written: int
    rows_unchanged: int
    runs_written: int
    runs_unchanged: int
    rows_superseded: int = 0
    superseded: tuple[str, ...] = ()
    """Windows whose run in this batch is not shown."""
    replaced: tuple[str, ...] = ()
    """Windows that showed another run before, or fewer values of this one."""

    def plus(self, other: Counts) -> Counts:
        """Both together."""
        pairs: Iterator[tuple[Any, Any]] = zip(self, other, strict=True)
        return Counts(*(mine + its for mine, its in pairs))


NOTHING: Final = Counts(0, 0, 0, 0)


def write_batch(session: Session, batch: Batch, stamp: Stamp, end: float | None = None) -> Counts:
    """Writes a batch that was stamped when it was made in one transaction, again after what
    passes by itself, until `end` (time.monotonic), else until the session's deadline.

    Errors as `Session.run`; StoreNotMigrated where the schema is older than this library.
    """
    if not batch.runs:
        return NOTHING

    def write(connection: Connection) -> Counts:
        version = connection.execute("select max(version) from simdrift.migration").fetchone()
        require_migrated(version[0] if version else None, session.target.label)
        return _write(connection, replace(batch, began=_began(connection, batch, stamp)))

    return session.transaction(write, end=end)


def _began(connection: Connection, batch: Batch, stamp: Stamp) -> tuple[str, ...]:
    """When each run began by the server's clock. Before any lock is waited for: the answer's way
    is all that makes it inexact."""
    before = stamp.clock_now()
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    times = batch.began or [run.started_at for run in batch.runs]
    began = times_by_server(
        [datetime.fromisoformat(time) for time in times], before, row[0], stamp.clock_now()
    )
    return tuple(time.isoformat() for time in began)


def _write(connection: Connection, batch: Batch) -> Counts:
    lock_streams(connection, (run.stream_key for run in batch.runs))
    states = _states(connection, batch)
    new = batch.only(state.number for state in states if state.new)
    again = batch.only(state.number for state in states if not (state.new or state.current))
    series_ids = _series_ids(connection, batch, new, again)
    if new.runs and not _copied(connection, new, series_ids):
        again = batch.only(state.number for state in states if not state.current)
        new = batch.only(())
    changed = _Changed(_rows_of(new), {run.run_id for run in new.runs})
    if again.runs:
        changed = _merge(connection, again, series_ids, changed)
    return _counts(connection, batch, states, changed)


class _Changed(NamedTuple):
    """Rows that were written of each run, and the runs whose own rows were."""

    rows: dict[str, int]
    runs: set[str]


def _rows_of(batch: Batch) -> dict[str, int]:
    return {run.run_id: rows for run, rows in zip(batch.runs, batch.rows_by_run(), strict=True)}


def _counts(
    connection: Connection, batch: Batch, states: Sequence[_State], changed: _Changed
) -> Counts:
    """What became of the batch, by the words that the triggers of `run` have left."""
    tried = [batch.runs[state.number].run_id for state in states if not state.current]
    current = {row[0] for row in connection.execute(_CURRENT, (tried,)).fetchall()} if tried else ()
    late = {run_id for run_id in tried if run_id not in current}
    names = {run.run_id: window_name(run) for run in batch.runs}
    replacing = {batch.runs[state.number].run_id for state in states if state.occupied}
    kept = {run_id: n - changed.rows.get(run_id, 0) for run_id, n in _rows_of(batch).items()}
    superseded = sum(rows for run_id, rows in kept.items() if run_id in late)
    return Counts(
        sum(changed.rows.values()),
        sum(kept.values()) - superseded,
        len(changed.runs),
        len(batch.runs) - len(changed.runs),
        superseded,
        tuple(name for run_id, name in names.items() if run_id in late),
        tuple(name for run_id, name in names.items() if run_id in replacing and run_id in current),
    )


def window_name(run: StoredRun) -> str:
    """A run's window in a message: whose, from when to when.

    >>> text = "2013-02-08T00:00:00Z", "2013-02-09T00:00:00Z"
    >>> run = StoredRun(*["", "", "nightly", "flights", "", "", "1d", *text], *[""] * 9)
    >>> window_name(run)
    'nightly flights 1d 2013-02-08 to 2013-02-09'
    """
    whose = (run.monitor, run.dataset, run.model, run.model_version, run.grain)
    times = (time.removesuffix("T00:00:00Z") for time in (run.window_start, run.window_end))
    return " ".join((*filter(None, whose), " to ".join(times)))


class _State(NamedTuple):
    """Of a run of the batch: it is its window's current one, with no more errors than it has
    here; no run has its window's end; a current run has its window."""

    number: int
    current: bool
    new: bool
    occupied: bool


_STATES: Final = """
select
    b.place - 1,
    exists (
        select from simdrift.run c
        where c.run_id = b.run_id and c.status = 'finished' and c.errors <= b.errors
    ),
    not exists (
        select from simdrift.run o
        where o.stream_key = b.stream_key and o.window_end = b.window_end
    ),
    exists (
        select from simdrift.run o
        where
            o.stream_key = b.stream_key
            and (o.window_end = b.window_end or o.window_start = b.window_start)
            and o.status = 'finished'
    )
from
    unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::integer[])
        with ordinality as b (run_id, stream_key, window_start, window_end, errors, place)
"""
_CURRENT: Final = """
select run_id::text from simdrift.run where run_id = any(%s::uuid[]) and status = 'finished'
"""


def _states(connection: Connection, batch: Batch) -> list[_State]:
    names = ("run_id", "stream_key", "window_start", "window_end")
    columns: list[list[object]] = [[getattr(run, name) for run in batch.runs] for name in names]
    columns.append([*batch.rows_by_run(ERROR)])
    return [_State(*row) for row in connection.execute(_STATES, columns).fetchall()]


# -- series

_FIND_SERIES: Final = """
select series_key::text, series_id from simdrift.series where series_key = any(%s::uuid[])
"""
_ADD_SERIES: Final = f"""
insert into simdrift.series ({", ".join(Series._fields)})
select * from unnest(%s::uuid[]{", %s::text[]" * (len(Series._fields) - 1)})
returning series_key::text, series_id
"""


def _series_ids(connection: Connection, batch: Batch, *parts: Batch) -> SeriesIds:
    """The identifier of each series that the parts use, by its number; new series are added.

    The stream's lock keeps others from adding the same.
    """
    used = {cells.series_no for part in parts for cells in part.histograms}
    for part in parts:
        used.update(np.unique(part.values["series_no"]).tolist())
    wanted = {batch.series[number].series_key: number for number in sorted(used)}
    found = dict(connection.execute(_FIND_SERIES.encode(), (list(wanted),)).fetchall())
    absent = [batch.series[number] for key, number in wanted.items() if key not in found]
    if absent:
        columns = [list(column) for column in zip(*absent, strict=True)]
        found |= dict(connection.execute(_ADD_SERIES.encode(), columns).fetchall())
    ids = np.zeros(len(batch.series), dtype=np.int32)
    for key, number in wanted.items():
        ids[number] = found[key]
    return ids


# -- straight into the tables


def _copied(connection: Connection, batch: Batch, series_ids: SeriesIds) -> bool:
    """Copies runs whose windows are new; False where a row of theirs is there all the same, left
    by somebody who deleted its run."""
    connection.execute("savepoint copied")
    try:
        _copy_parts(connection, batch, series_ids, "simdrift.")
        _copy(connection, "simdrift.run", RUN_COLUMNS, runs_text(batch))
    except errors.UniqueViolation:
        connection.execute("rollback to savepoint copied")
        return False
    return True


def _copy_parts(connection: Connection, batch: Batch, series_ids: SeriesIds, into: str) -> None:
    if len(batch.values):
        rows = values_binary(batch, series_ids)
        _copy(connection, f"{into}metric_value", VALUE_COLUMNS, rows, " (format binary)")
    if batch.histograms:
        cells = histograms_text(batch, series_ids)
        _copy(connection, f"{into}histogram", HISTOGRAM_COLUMNS, cells)
    if batch.reasons:
        reasons = reasons_text(batch, series_ids)
        _copy(connection, f"{into}reason", REASON_COLUMNS, reasons)


def _copy(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    pieces: Iterator[bytes],
    form: str = "",
) -> None:
    command = f"copy {table} ({', '.join(columns)}) from stdin{form}"
    with connection.cursor() as cursor:
        writer = _Writer(cursor)
        with cursor.copy(command.encode(), writer=writer) as copy:
            for piece in pieces:
                copy.write(piece)


class _Writer(LibpqWriter):
    """Says nothing to the server when an exception ends a COPY, and so waits for no answer that
    could take its place: the session drops the connection."""

    def finish(self, exc: BaseException | None = None) -> None:
        if exc is None:
            super().finish()


# -- by way of temporary tables

_STAGED: Final = "pg_temp.simdrift_"
_TABLES: Final = "\n".join(
    f"create temporary table simdrift_{name} (like simdrift.{name} including defaults)"
    " on commit drop;"
    for name in ("metric_value", "histogram", "reason", "run")
)

# `o` comes later than the run `n` that is being written.
_LATER: Final = """
    o.run_id <> n.run_id
    and (o.began_at, o.started_at, o.finished_at, o.run_id)
    > (n.began_at, n.started_at, n.finished_at, n.run_id)
"""
_ANY_LATER: Final = f"""
select exists (
    select
    from {_STAGED}run n
    inner join simdrift.run o on o.stream_key = n.stream_key and o.window_end = n.window_end
    where {_LATER}
)
"""
_STORED_IS_NOT_LATER: Final = f"""
    and not exists (
        select
        from simdrift.run o
        inner join {_STAGED}run n on n.run_id = excluded.run_id
        where o.run_id = stored.run_id and {_LATER}
    )
"""
_KEY: Final = ("series_id", "ts")


# What an earlier, worse computation of a run has and this one has not (its errors may lie under
# other parameters) belongs to no run any more: the writer may not delete.
_DISOWN: Final = """
update simdrift.{table} as stored
set run_id = '00000000-0000-0000-0000-000000000000'
from {staged}run n
inner join simdrift.run o on o.run_id = n.run_id
where
    o.status = 'finished'
    and o.errors > 0
    and stored.run_id = n.run_id
    and stored.ts = n.window_end
    and not exists (
        select from {staged}{table} s where s.series_id = stored.series_id and s.ts = stored.ts
    )
"""
_FAILED: Final = f"""
update {_STAGED}run as n
set began_at = greatest(n.began_at, o.began_at)
from simdrift.run o
where o.run_id = n.run_id and o.status = 'finished' and o.errors > 0
"""


def _merge(
    connection: Connection, batch: Batch, series_ids: SeriesIds, changed: _Changed
) -> _Changed:
    """`changed`, and the rows and runs that were inserted or changed here."""
    connection.execute(_TABLES.encode())
    _copy(connection, f"{_STAGED}run", RUN_COLUMNS, runs_text(batch))
    _copy_parts(connection, batch, series_ids, _STAGED)
    failed = connection.execute(_FAILED.encode()).rowcount > 0
    later = connection.execute(_ANY_LATER.encode()).fetchone()
    condition = _STORED_IS_NOT_LATER if later and later[0] else ""
    connection.execute(_upsert("histogram", HISTOGRAM_COLUMNS, condition).encode())
    connection.execute(_upsert("reason", REASON_COLUMNS, condition).encode())
    upsert = _upsert("metric_value", VALUE_COLUMNS, condition)
    rows = dict(connection.execute(_BY_RUN.format(upsert).encode()).fetchall())
    if failed:
        for table in ("metric_value", "histogram", "reason"):
            connection.execute(_DISOWN.format(table=table, staged=_STAGED).encode())
    runs = {row[0] for row in connection.execute(_MERGE_RUNS.encode()).fetchall()}
    return _Changed(changed.rows | rows, changed.runs | runs)


def _upsert(table: str, columns: Sequence[str], condition: str) -> str:
    others = [name for name in columns if name not in _KEY]
    stored, given, updates = (
        ", ".join(form.format(name) for name in others)
        for form in ("stored.{0}", "excluded.{0}", "{0} = excluded.{0}")
    )
    listed = ", ".join(columns)
    return f"""
insert into simdrift.{table} as stored ({listed})
select {listed} from {_STAGED}{table}
on conflict (series_id, ts) do update set {updates}
where ({stored}) is distinct from ({given}) {condition}
"""


_BY_RUN: Final = """
with changed as ({} returning stored.run_id)
select run_id::text, count(*) from changed group by run_id
"""
_RUNS: Final = ", ".join(RUN_COLUMNS)
_RENEWED: Final = ", ".join(
    f"{name} = excluded.{name}"
    for name in (
        "began_at",
        "started_at",
        "finished_at",
        "rows",
        "results",
        "checksum",
        "library_version",
        "errors",
    )
)
_MERGE_RUNS: Final = f"""
insert into simdrift.run as stored ({_RUNS})
select {_RUNS} from {_STAGED}run
on conflict (run_id) do update
set {_RENEWED}
where
    (excluded.began_at, excluded.started_at, excluded.finished_at)
    > (stored.began_at, stored.started_at, stored.finished_at)
    or (stored.status = 'finished' and excluded.errors < stored.errors)
returning run_id::text
"""
