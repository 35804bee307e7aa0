"""One batch, one transaction: all of it or nothing, and the same again changes nothing.

Under a lock for each stream (monitor, dataset, model, version, grain), so that two
writers of one window come one after the other:

1. Runs that are their window's current ones already are left out; with none left, that is all.
2. Series that are new are added.
3. Runs whose windows nobody has written yet are copied straight into the tables.
4. Other runs are copied into temporary tables and merged: INSERT ... ON CONFLICT DO UPDATE, only
   where something is distinct (a dead row costs space and a vacuum) and the stored row's run
   does not come later in the order (started_at, finished_at, run_id).
5. The run rows come last. A superseded run that was computed again gets its new times and is
   current again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from psycopg import errors

from .batch import Batch, Series, StoredRun
from .copying import (
    HISTOGRAM_COLUMNS,
    RUN_COLUMNS,
    VALUE_COLUMNS,
    histograms_text,
    runs_text,
    values_binary,
)
from .locks import lock_streams
from .migrate import require_migrated
from .session import Connection, Session

SeriesIds = npt.NDArray[np.int32]


class Counts(NamedTuple):
    """What a write changed and what was there already."""

    rows_written: int
    rows_unchanged: int
    runs_written: int
    runs_unchanged: int

    def plus(self, other: Counts) -> Counts:
        """Both together."""
        return Counts(*(mine + its for mine, its in zip(self, other, strict=True)))


NOTHING: Final = Counts(0, 0, 0, 0)


def write_batch(session: Session, batch: Batch) -> Counts:
    """Writes a batch in one transaction, again after what passes by itself.

    Errors as `Session.run`; StoreNotMigrated where the schema is older than this library.
    """
    if not batch.runs:
        return NOTHING
    return session.transaction(lambda connection: _write(connection, batch, session.target.label))


def _write(connection: Connection, batch: Batch, label: str) -> Counts:
    version = connection.execute("select max(version) from simdrift.migration").fetchone()
    require_migrated(version[0] if version else None, label)
    lock_streams(connection, (run.stream_key for run in batch.runs))
    states = _states(connection, batch.runs)
    new = batch.only(state.number for state in states if state.new)
    again = batch.only(state.number for state in states if not (state.new or state.current))
    series_ids = _series_ids(connection, batch, new, again)
    if new.runs and not _copied(connection, new, series_ids):
        again = batch.only(state.number for state in states if not state.current)
        new = batch.only(())
    rows, runs = len(new.values), len(new.runs)
    if again.runs:
        merged_rows, merged_runs = _merge(connection, again, series_ids)
        rows, runs = rows + merged_rows, runs + merged_runs
    return Counts(rows, len(batch.values) - rows, runs, len(batch.runs) - runs)


class _State(NamedTuple):
    """Of a run of the batch: it is its window's current one; no run has its window's end."""

    number: int
    current: bool
    new: bool


_STATES: Final = """
select
    b.place - 1,
    exists (select from simdrift.dashboard_run c where c.run_id = b.run_id),
    not exists (
        select from simdrift.run o
        where o.stream_key = b.stream_key and o.window_end = b.window_end
    )
from
    unnest(%s::uuid[], %s::uuid[], %s::timestamptz[])
        with ordinality as b (run_id, stream_key, window_end, place)
"""


def _states(connection: Connection, runs: Sequence[StoredRun]) -> list[_State]:
    names = ("run_id", "stream_key", "window_end")
    columns = [[getattr(run, name) for run in runs] for name in names]
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
    try:
        with connection.transaction():
            _copy_parts(connection, batch, series_ids, "simdrift.")
            _copy(connection, "simdrift.run", RUN_COLUMNS, runs_text(batch))
    except errors.UniqueViolation:
        return False
    return True


def _copy_parts(connection: Connection, batch: Batch, series_ids: SeriesIds, into: str) -> None:
    if len(batch.values):
        rows = values_binary(batch, series_ids)
        _copy(connection, f"{into}metric_value", VALUE_COLUMNS, rows, " (format binary)")
    if batch.histograms:
        cells = histograms_text(batch, series_ids)
        _copy(connection, f"{into}histogram", HISTOGRAM_COLUMNS, cells)


def _copy(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    pieces: Iterator[bytes],
    form: str = "",
) -> None:
    command = f"copy {table} ({', '.join(columns)}) from stdin{form}"
    with connection.cursor() as cursor, cursor.copy(command.encode()) as copy:
        for piece in pieces:
            copy.write(piece)


# -- by way of temporary tables

_STAGED: Final = "pg_temp.simdrift_"
_TABLES: Final = "\n".join(
    f"create temporary table simdrift_{name} (like simdrift.{name} including defaults)"
    " on commit drop;"
    for name in ("metric_value", "histogram", "run")
)

# `o` comes later than the run `n` that is being written.
_LATER: Final = """
    o.run_id <> n.run_id
    and (o.started_at, o.finished_at, o.run_id) > (n.started_at, n.finished_at, n.run_id)
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


def _merge(connection: Connection, batch: Batch, series_ids: SeriesIds) -> tuple[int, int]:
    """Rows and runs that were inserted or changed."""
    connection.execute(_TABLES.encode())
    _copy(connection, f"{_STAGED}run", RUN_COLUMNS, runs_text(batch))
    _copy_parts(connection, batch, series_ids, _STAGED)
    later = connection.execute(_ANY_LATER.encode()).fetchone()
    condition = _STORED_IS_NOT_LATER if later and later[0] else ""
    connection.execute(_upsert("histogram", HISTOGRAM_COLUMNS, condition).encode())
    rows = connection.execute(_upsert("metric_value", VALUE_COLUMNS, condition).encode())
    runs = connection.execute(_MERGE_RUNS.encode())
    return rows.rowcount, runs.rowcount


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


_RUNS: Final = ", ".join(RUN_COLUMNS)
_RENEWED: Final = ", ".join(
    f"{name} = excluded.{name}"
    for name in ("started_at", "finished_at", "rows", "results", "checksum", "library_version")
)
_MERGE_RUNS: Final = f"""
insert into simdrift.run as stored ({_RUNS})
select {_RUNS} from {_STAGED}run
on conflict (run_id) do update set {_RENEWED}
where (excluded.started_at, excluded.finished_at) > (stored.started_at, stored.finished_at)
"""
