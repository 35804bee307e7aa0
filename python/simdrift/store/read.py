"""What the store holds, read back: result rows of current runs, whole batches, an inventory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np
from psycopg import sql

from simdrift.results.collection import Results
from simdrift.results.rows import Histogram, Result, Run
from simdrift.store.batch import (
    ABSENT,
    COUNTS,
    FLOATS,
    RECORD,
    Batch,
    Cells,
    Reason,
    Records,
    Series,
    StoredRun,
    run_checksums,
)
from simdrift.store.connection import Connection
from simdrift.store.stamp import Stamp

Texts = str | Collection[str] | None

RUNS_AT_A_TIME: Final = 200


class Inventory(NamedTuple):
    """What is in a store; times are those of the data, `size` in bytes."""

    server_version: str
    schema_version: int
    runs: int
    current_runs: int
    series: int
    values: int
    histograms: int
    datasets: list[str]
    first: datetime | None
    last: datetime | None
    size: int
    pending: tuple[Path, ...]


class Monitored(NamedTuple):
    """One monitor of a dataset and model: its windows, and its newest one."""

    monitor: str
    dataset: str
    model: str
    model_version: str
    grain: str
    windows: int
    newest: datetime | None
    """When the newest window ended."""
    last_run: datetime
    alerts: int
    """Of the newest window."""


# -- rows for people

_SQL_NAME: Final = {"column": "column_name"}
_ROW: Final = sql.SQL(", ").join(
    sql.SQL("v.") + sql.Identifier(_SQL_NAME.get(name, name))
    for name in (*Result._fields, "reason")
)
_RUN: Final = sql.SQL(", ").join(sql.SQL("v.") + sql.Identifier(name) for name in Run._fields)
_HISTOGRAM: Final = sql.SQL(
    "v.run_id, v.segment, v.column_name, v.edges, v.labels, v.reference, v.current"
)


def read_results(
    connection: Connection,
    wanted: dict[str, Texts],
    start: datetime | None,
    end: datetime | None,
) -> Results:
    """Rows of current runs whose windows overlap [start, end), with runs and histograms."""
    where, values = _conditions(wanted, start, end)
    query = sql.SQL(
        "select {} from simdrift.dashboard_result v where {}"
        " order by v.window_start, v.run_id, v.segment, v.column_name, v.metric, v.params"
    )
    rows, reasons = _rows_and_reasons(connection, query.format(_ROW, where), values)
    runs = _of_runs(connection, "run", _RUN, [row[0] for row in rows])
    found = _of_runs(connection, "histogram", _HISTOGRAM, [row[0] for row in rows])
    columns = {(row[0], row[7], row[8]) for row in rows}
    return Results(
        rows,
        map(Run._make, runs),
        (_histogram(*cells) for cells in found if cells[:3] in columns),
        reasons=reasons,
    )


def _rows_and_reasons(
    connection: Connection, query: sql.Composed, values: Any
) -> tuple[list[Result], dict[tuple[str, str, str], dict[UUID, str]]]:
    """Rows of dashboard_result, whose last column is the reason, and the reasons by row and run."""
    rows = []
    reasons: dict[tuple[str, str, str], dict[UUID, str]] = {}
    for *fields, reason in connection.execute(query, values).fetchall():
        row = Result._make(fields)
        rows.append(row)
        if reason:
            reasons.setdefault((row.segment, row.column, row.metric), {})[row.run_id] = reason
    return rows, reasons


_NEWEST: Final = """
select distinct on (monitor, dataset, model, model_version, grain) run_id
from simdrift.dashboard_run
order by monitor, dataset, model, model_version, grain, window_end desc, window_start
"""
# Series by series, by the key of the values: by time alone the whole store might be read.
_NEWEST_ROWS: Final = sql.SQL("""
select {}
from simdrift.dashboard_run r
inner join simdrift.dashboard_result v
    on (v.monitor, v.dataset, v.model, v.model_version, v.grain)
    = (r.monitor, r.dataset, r.model, r.model_version, r.grain)
    and v.ts = r.window_end and v.run_id = r.run_id
where r.run_id = any(%s)
order by v.run_id, v.segment, v.column_name, v.metric, v.params
""")


def newest_results(connection: Connection) -> Results:
    """Rows and runs of the newest window of every stream."""
    ids = [row[0] for row in connection.execute(_NEWEST.encode()).fetchall()]
    rows, reasons = _rows_and_reasons(connection, _NEWEST_ROWS.format(_ROW), (ids,))
    runs = _of_runs(connection, "run", _RUN, ids)
    return Results(rows, map(Run._make, runs), reasons=reasons)


def _conditions(
    wanted: dict[str, Texts], start: datetime | None, end: datetime | None
) -> tuple[sql.Composable, dict[str, Any]]:
    conditions: list[sql.Composable] = [sql.SQL("true")]
    values: dict[str, Any] = {}
    for name, texts in wanted.items():
        if texts is not None:
            column = sql.Identifier(_SQL_NAME.get(name, name))
            conditions.append(
                sql.SQL("v.{} = any({}::text[])").format(column, sql.Placeholder(name))
            )
            values[name] = [texts] if isinstance(texts, str) else list(texts)
    for time, condition in ((start, "v.ts > %(start)s"), (end, "v.window_start < %(end)s")):
        if time is not None:
            conditions.append(sql.SQL(condition))
    values |= {"start": start, "end": end}
    return sql.SQL(" and ").join(conditions), values


def _of_runs(
    connection: Connection, view: str, columns: sql.Composable, run_ids: Sequence[UUID]
) -> list[tuple[Any, ...]]:
    query = sql.SQL(
        "select {} from simdrift.{} v where v.run_id = any(%s) order by v.window_start, v.run_id"
    ).format(columns, sql.Identifier(f"dashboard_{view}"))
    return connection.execute(query, (list(dict.fromkeys(run_ids)),)).fetchall()


def _histogram(
    run_id: UUID,
    segment: str,
    column: str,
    edges: list[float] | None,
    labels: list[str] | None,
    reference: list[float],
    current: list[float],
) -> Histogram:
    return Histogram(
        run_id,
        segment,
        column,
        None if edges is None else tuple(edges),
        None if labels is None else tuple(labels),
        tuple(reference),
        tuple(current),
    )


# -- batches for another store

_TEXT_OF_TIME: Final = """to_char({}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
_ORDER: Final = "began_at, started_at, finished_at, run_id"
_STORED_RUN: Final = ", ".join(
    _TEXT_OF_TIME.format(name)
    if name.startswith(("window_", "started", "finished"))
    else f"{name}::text"
    if name in ("run_id", "stream_key")
    else name
    for name in StoredRun._fields
)
_STORED_VALUE: Final = ", ".join(("run_id", "series_id", *FLOATS, "alert", "status", *COUNTS))


def stamp_of_server(connection: Connection) -> Stamp:
    """This moment by the clock that the store's runs are ordered by."""
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    return Stamp.now()._replace(clock=row[0])


def stored_batches(connection: Connection, *, current_only: bool = False) -> Iterator[Batch]:
    """Every run with the values and histograms that are still its own, oldest first."""
    ids = connection.execute(
        f"select run_id from simdrift.run where status = any(%s) order by {_ORDER}".encode(),
        (["finished"] if current_only else ["finished", "superseded"],),
    ).fetchall()
    for start in range(0, len(ids), RUNS_AT_A_TIME):
        yield _stored_batch(connection, [row[0] for row in ids[start : start + RUNS_AT_A_TIME]])


def _stored_batch(connection: Connection, ids: Sequence[UUID]) -> Batch:
    given = (list(ids),)
    # Values are kept by series; their window ends find them by the primary key.
    runs = connection.execute(
        f"select {_STORED_RUN}, {_TEXT_OF_TIME.format('began_at')} from simdrift.run"
        f" where run_id = any(%s) order by {_ORDER}".encode(),
        given,
    ).fetchall()
    number = {UUID(row[0]): place for place, row in enumerate(runs)}
    within = "run_id = any(%(ids)s) and ts = any(%(ends)s::timestamptz[])"
    bounds = {"ids": list(ids), "ends": [row[8] for row in runs]}
    values = connection.execute(
        f"select {_STORED_VALUE} from simdrift.metric_value where {within}".encode(), bounds
    ).fetchall()
    cells = connection.execute(
        "select run_id, series_id, edges::text, labels::text, reference::text, current::text"
        f" from simdrift.histogram where {within}".encode(),
        bounds,
    ).fetchall()
    reasons = connection.execute(
        f"select run_id, series_id, reason from simdrift.reason where {within}".encode(), bounds
    ).fetchall()
    used = {row[1] for row in (*values, *cells, *reasons)}
    names = ", ".join(["series_id", "series_key::text", *Series._fields[1:]])
    series = connection.execute(
        f"select {names} from simdrift.series where series_id = any(%s)".encode(), (list(used),)
    ).fetchall()
    series_no = {row[0]: place for place, row in enumerate(series)}
    statuses: dict[str, int] = {"ok": 0}
    return Batch(
        tuple(StoredRun._make(row[:-1]) for row in runs),
        tuple(Series._make(row[1:]) for row in series),
        values=_records(values, number, series_no, statuses),
        statuses=tuple(statuses),
        histograms=tuple(Cells(number[row[0]], series_no[row[1]], *row[2:]) for row in cells),
        began=tuple(row[-1] for row in runs),
        reasons=tuple(Reason(number[row[0]], series_no[row[1]], row[2]) for row in reasons),
    )


def _records(
    rows: Sequence[tuple[Any, ...]],
    run_no: dict[UUID, int],
    series_no: dict[int, int],
    statuses: dict[str, int],
) -> Records:
    made: Records = np.zeros(len(rows), dtype=RECORD)
    if not rows:
        return made
    run_ids, series_ids, *numbers = zip(*rows, strict=True)
    made["run_no"] = [run_no[run_id] for run_id in run_ids]
    made["series_no"] = [series_no[series_id] for series_id in series_ids]
    for name, column in zip(FLOATS, numbers, strict=False):
        made[name] = np.array(column, dtype=np.float64)
    alert, status, *counts = numbers[len(FLOATS) :]
    made["alert"] = [ABSENT if one is None else int(one) for one in alert]
    made["status_no"] = [statuses.setdefault(one, len(statuses)) for one in status]
    for name, column in zip(COUNTS, counts, strict=True):
        made[name] = [ABSENT if one is None else one for one in column]
    return made


def damaged_runs(connection: Connection) -> tuple[UUID, ...]:
    """Current runs whose values are not those that were written: by number and checksum."""
    damaged = []
    for batch in stored_batches(connection, current_only=True):
        keys = [UUID(series.series_key).bytes for series in batch.series]
        found = run_checksums(batch.values, keys, batch.statuses, len(batch.runs))
        for run, (results, checksum) in zip(batch.runs, found, strict=True):
            if (run.results, run.checksum) != (results, checksum):
                damaged.append(UUID(run.run_id))
    return tuple(damaged)


# -- an inventory

_COUNTS: Final = """
select
    current_setting('server_version'),
    (select coalesce(max(version), 0) from simdrift.migration),
    (select count(*) from simdrift.run),
    (select count(*) from simdrift.dashboard_run),
    (select count(*) from simdrift.series),
    (select count(*) from simdrift.metric_value),
    (select count(*) from simdrift.histogram),
    array(select distinct dataset from simdrift.dashboard_run order by dataset),
    (select min(window_start) from simdrift.dashboard_run),
    (select max(window_end) from simdrift.dashboard_run),
    (
        select sum(pg_total_relation_size(c.oid))::bigint
        from pg_class c
        where c.relnamespace = 'simdrift'::regnamespace and c.relkind in ('r', 'p')
    )
"""


def inventory(connection: Connection, pending: Sequence[Path]) -> Inventory:
    """Counts, time span and size."""
    row = connection.execute(_COUNTS).fetchone()
    assert row is not None
    return Inventory._make((*row, tuple(pending)))


_MONITORS: Final = """
select
    r.monitor, r.dataset, r.model, r.model_version, r.grain, r.windows, newest.window_end,
    r.last_run,
    (
        select count(*)
        from simdrift.metric_value as v
        where v.ts = newest.window_end and v.run_id = newest.run_id and v.alert
    )
from (
    select
        monitor, dataset, model, model_version, grain, count(*) as windows,
        max(finished_at) as last_run
    from simdrift.dashboard_run
    group by monitor, dataset, model, model_version, grain
) as r
cross join lateral (
    select n.run_id, n.window_end
    from simdrift.dashboard_run as n
    where
        (n.monitor, n.dataset, n.model, n.model_version, n.grain)
        = (r.monitor, r.dataset, r.model, r.model_version, r.grain)
    order by n.window_end desc, n.window_start
    limit 1
) as newest
order by r.monitor, r.dataset, r.model, r.model_version, r.grain
"""


def monitors(connection: Connection) -> tuple[Monitored, ...]:
    """A line a monitor, dataset, model and length of window."""
    return tuple(map(Monitored._make, connection.execute(_MONITORS.encode()).fetchall()))
