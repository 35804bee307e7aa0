"""One batch, one transaction: all of it or nothing, and the same again changes nothing.

Under an advisory lock for each stream (monitor, dataset, model, version, grain), so that two
writers of one window come one after the other:

1. Runs that are their window's current ones already are left out; with none left, that is all.
2. COPY into temporary tables, then series that are new.
3. Values and histograms: INSERT ... ON CONFLICT DO UPDATE, only where something is distinct (a
   dead row costs space and a vacuum) and the stored row's run does not come later in the order
   (started_at, finished_at, run_id).
4. The run rows, last. A superseded run that was computed again gets its new times and is
   current again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import sql

from .batch import COUNTS, FIELDS, FLOATS, Batch, Cells, Series, StoredRun
from .migrate import LOCK, require_migrated
from .session import Connection, Session


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
    _lock_streams(connection, batch.runs)
    states = _states(connection, batch.runs)
    fresh = batch.only(state.number for state in states if not state.current)
    if not fresh.runs:
        return Counts(0, len(batch.values), 0, len(batch.runs))
    contested = [state.contested for state in states if not state.current]
    _stage(connection, fresh, contested)
    rows, runs = _merge(connection, fresh, any(contested))
    return Counts(rows, len(batch.values) - rows, runs, len(batch.runs) - runs)


def _lock_streams(connection: Connection, runs: Iterable[StoredRun]) -> None:
    """One lock a stream, in order, until the transaction ends; migrate and prune exclude all."""
    streams = sorted({_lock_number(run.stream_key) for run in runs})
    connection.execute("select pg_advisory_xact_lock_shared(%s)", (LOCK,))
    connection.execute("select pg_advisory_xact_lock(n) from unnest(%s::bigint[]) n", (streams,))


def _lock_number(stream_key: str) -> int:
    return int.from_bytes(UUID(stream_key).bytes[:8], "big", signed=True)


class _State(NamedTuple):
    number: int
    current: bool
    contested: bool


# The run is its window's current one; a later run has values at the same window end.
_STATES: Final = """
select
    b.place - 1,
    exists (select from simdrift.dashboard_run c where c.run_id = b.run_id),
    exists (
        select from simdrift.run o
        where
            o.stream_key = b.stream_key
            and o.window_end = b.window_end
            and o.run_id <> b.run_id
            and (o.started_at, o.finished_at, o.run_id)
            > (b.started_at, b.finished_at, b.run_id)
    )
from
    unnest(
        %s::uuid[], %s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[]
    ) with ordinality as b (run_id, stream_key, window_end, started_at, finished_at, place)
"""


def _states(connection: Connection, runs: Sequence[StoredRun]) -> list[_State]:
    names = ("run_id", "stream_key", "window_end", "started_at", "finished_at")
    columns = [[getattr(run, name) for run in runs] for name in names]
    return [_State(*row) for row in connection.execute(_STATES, columns).fetchall()]


# -- staging: temporary tables, filled by COPY

_RUN_TYPES: Final = {
    "run_id": "uuid",
    "stream_key": "uuid",
    "window_start": "timestamptz",
    "window_end": "timestamptz",
    "started_at": "timestamptz",
    "finished_at": "timestamptz",
    "rows": "int8",
    "results": "int8",
}
_CELL_TYPES: Final = {
    "edges": "float8[]",
    "labels": "text[]",
    "reference": "float8[]",
    "current": "float8[]",
}
_VALUE, _RUN, _SERIES, _CELLS = (
    f"pg_temp.simdrift_{name}" for name in ("value", "run", "series", "histogram")
)


def _table(name: str, columns: Iterable[tuple[str, str]]) -> str:
    listed = ", ".join(f"{column} {kind}" for column, kind in columns)
    return f"create temporary table {name.removeprefix('pg_temp.')} ({listed}) on commit drop;"


_TABLES: Final = "\n".join(
    (
        _table(_VALUE, FIELDS),
        _table(
            _RUN,
            [("run_no", "int4"), ("contested", "bool")]
            + [(name, _RUN_TYPES.get(name, "text")) for name in StoredRun._fields],
        ),
        _table(
            _SERIES,
            [("series_no", "int4"), ("series_key", "uuid")]
            + [(name, "text") for name in Series._fields[1:]],
        ),
        _table(_CELLS, [(name, _CELL_TYPES.get(name, "int4")) for name in Cells._fields]),
    )
)

# https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format" and "Text Format"
_BINARY_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_BINARY_END: Final = b"\xff\xff"
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_PIECE: Final = 1 << 20  # bytes between two looks at signals


def _stage(connection: Connection, batch: Batch, contested: Sequence[bool]) -> None:
    connection.execute(_TABLES.encode())
    runs = zip(range(len(batch.runs)), contested, batch.runs, strict=True)
    _copy(connection, f"{_RUN}", _text((number, late, *run) for number, late, run in runs))
    used = set(batch.values["series_no"].tolist())
    used.update(cells.series_no for cells in batch.histograms)
    _copy(connection, _SERIES, _text((number, *batch.series[number]) for number in sorted(used)))
    if len(batch.values):
        _copy(connection, f"{_VALUE}", _binary(batch), " (format binary)")
    if batch.histograms:
        _copy(connection, _CELLS, _text(batch.histograms))


def _copy(
    connection: Connection, table: str, pieces: Iterable[bytes | memoryview], form: str = ""
) -> None:
    command = f"copy {table} from stdin{form}"
    with connection.cursor() as cursor, cursor.copy(command.encode()) as copy:
        for piece in pieces:
            copy.write(piece)


def _text(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    lines = []
    for row in rows:
        fields = [r"\N" if field is None else str(field).translate(_ESCAPES) for field in row]
        lines.append("\t".join(fields))
    if lines:
        yield ("\n".join(lines) + "\n").encode()


def _binary(batch: Batch) -> Iterator[bytes | memoryview]:
    yield _BINARY_HEAD
    records = memoryview(batch.values.tobytes())
    for start in range(0, len(records), _PIECE):
        yield records[start : start + _PIECE]
    yield _BINARY_END


# -- merging: from the temporary tables into ours

_MERGE_SERIES: Final = f"""
insert into simdrift.series ({", ".join(Series._fields)})
select {", ".join(f"n.{name}" for name in Series._fields)}
from {_SERIES} n
where not exists (select from simdrift.series s where s.series_key = n.series_key)
on conflict (series_key) do nothing;
"""  # without the where, every write would use up numbers of series_id

_NUMBERS: Final = (*FLOATS, *COUNTS, "alert", "status")
_TAKEN: Final = ", ".join(
    [
        *(f"nullif(v.{name}, 'NaN')" for name in FLOATS),
        *(f"nullif(v.{name}, -1)" for name in COUNTS),
        "nullif(v.alert, -1)::int4::bool",
        "({statuses})[v.status_no + 1]",
    ]
)

# The stored row's run comes later than the one being written.
_LATER: Final = f"""
    and not exists (
        select
        from simdrift.run o
        inner join {_RUN} n on n.run_id = excluded.run_id
        where
            o.run_id = stored.run_id
            and o.run_id <> n.run_id
            and (o.started_at, o.finished_at, o.run_id)
            > (n.started_at, n.finished_at, n.run_id)
    )
"""


def _upsert(table: str, staged: str, columns: Sequence[str], taken: str, *, contested: bool) -> str:
    """INSERT ... ON CONFLICT for the contested or the other runs; `taken` are the columns'
    expressions over the staged row v."""
    names = ("run_id", *columns)
    stored, given, updates = (
        ", ".join(form.format(name) for name in names)
        for form in ("stored.{0}", "excluded.{0}", "{0} = excluded.{0}")
    )
    return f"""
insert into simdrift.{table} as stored (series_id, ts, {", ".join(names)})
select s.series_id, r.window_end, r.run_id, {taken}
from {staged} v
inner join {_RUN} r on r.run_no = v.run_no
inner join {_SERIES} n on n.series_no = v.series_no
inner join simdrift.series s on s.series_key = n.series_key
where {"" if contested else "not "}r.contested
on conflict (series_id, ts) do update set {updates}
where ({stored}) is distinct from ({given})
{_LATER if contested else ""};
"""


_RUN_COLUMNS: Final = ", ".join(StoredRun._fields)
_RENEWED: Final = ", ".join(
    f"{name} = excluded.{name}"
    for name in ("started_at", "finished_at", "rows", "results", "checksum", "library_version")
)
_MERGE_RUNS: Final = f"""
insert into simdrift.run as stored ({_RUN_COLUMNS})
select {_RUN_COLUMNS} from {_RUN}
on conflict (run_id) do update set {_RENEWED}
where (excluded.started_at, excluded.finished_at) > (stored.started_at, stored.finished_at);
"""


def _merge(connection: Connection, batch: Batch, contested: bool) -> tuple[int, int]:
    """Rows and runs that were inserted or changed; one round trip."""
    cells = ", ".join(f"v.{name}" for name in _CELL_TYPES)
    steps = [_MERGE_SERIES]
    for late in (False, True) if contested else (False,):
        steps.append(_upsert("histogram", _CELLS, tuple(_CELL_TYPES), cells, contested=late))
        steps.append(_upsert("metric_value", _VALUE, _NUMBERS, _TAKEN, contested=late))
    script = sql.SQL("".join((*steps, _MERGE_RUNS)))
    statuses = sql.SQL("array[{}]::text[]").format(sql.SQL(", ").join(batch.statuses))
    cursor = connection.execute(script.format(statuses=statuses))
    affected = [cursor.rowcount]
    while cursor.nextset():
        affected.append(cursor.rowcount)
    return sum(affected[2:-1:2]), affected[-1]
