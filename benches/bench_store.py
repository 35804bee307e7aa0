"""The store: a first write and the same again against a bare COPY of the same rows into a table
with the same indexes, and the panels of the dashboards on four million values.

A database of its own on SIMDRIFT_DSN's server (which must let us create one), else the embedded.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg.conninfo import make_conninfo

from markdown import table as markdown_table
from measured import note
from simdrift.dashboards.catalogue import dashboards
from simdrift.dashboards.macros import expand
from simdrift.results import Result, Results, Run
from simdrift.results.identity import identified
from simdrift.store import Store

ROWS, QUICK_ROWS = 100_000, 10_000
VALUES, QUICK_VALUES = 4_000_000, 400_000
ROUNDS = 7
A_DATASET = 384  # series with values
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
A_WINDOW = 1_000  # values
COLUMNS = (
    "ts", "value", "ci_low", "ci_high", "p_value", "q_value", "effect_size", "null_quantile",
    "threshold", "n_reference", "n_current", "run_id", "series_id", "alert", "status",
)  # fmt: skip


@contextmanager
def database() -> Iterator[str]:
    """The DSN of a fresh database, dropped afterwards."""
    name = f"simdrift_bench_{os.getpid()}"
    target = Store().target
    with target.connect() as admin:
        admin.execute(f"create database {name}")
        dsn = make_conninfo(admin.info.dsn, dbname=name, password=admin.info.password)
    try:
        yield dsn
    finally:
        with target.connect() as admin:
            admin.execute(f"drop database {name} with (force)")


def results(rows: int, dataset: str) -> Results:
    """`rows` values of a hundred columns, a thousand a window; names are one object each, as
    a monitor's are."""
    names = [(f"column {number // 10}", f"drift.m{number % 10}") for number in range(A_WINDOW)]
    runs, made = [], []
    for day in range(rows // A_WINDOW):
        start = FIRST + day * DAY
        run = identified(
            Run(None, "bench", dataset, "m", "1", "1d", start, start + DAY, FIRST, FIRST, 1000,
                "0.1.0", "s", "d", "r")
        )  # fmt: skip
        runs.append(run)
        for number, (column, metric) in enumerate(names):
            made.append(
                Result(run.run_id, dataset, "m", "1", start, start + DAY, "1d", "",
                       column, metric, number * 0.001 + day,
                       p_value=0.5, q_value=0.6, threshold=0.1, alert=False, null_quantile=0.05,
                       n_reference=1000, n_current=1000)
            )  # fmt: skip
    return Results(made, runs)


def table(quick: bool) -> str:
    with database() as dsn:
        return writes(dsn, QUICK_ROWS if quick else ROWS, 3 if quick else ROUNDS)


# The order in which results come, window by window, and that of the table's key.
ORDERS = {"copy": "v.ts, v.series_id", "sorted": "v.series_id, v.ts"}


def writes(dsn: str, rows: int, rounds: int) -> str:
    """Medians over rounds of seconds, and of the rounds' own ratios."""
    found: dict[str, list[float]] = {"copy": [], "sorted": [], "first": [], "again": []}
    with tempfile.TemporaryDirectory() as spool, Store(dsn, spool=spool) as store:
        store.migrate()
        with psycopg.connect(dsn, autocommit=True) as connection:
            for name in ORDERS:
                connection.execute(
                    f"create table bare_{name} (like simdrift.metric_value including all)"
                )
            for number in range(rounds + 1):
                for name, seconds in one_round(connection, store, rows, f"data {number}").items():
                    if number:
                        found[name].append(seconds)
            dead = connection.execute(
                "select sum(n_dead_tup), sum(n_tup_upd) from pg_stat_user_tables"
                " where schemaname = 'simdrift'"
            ).fetchone()
    note("store, first write", rows, statistics.median(found["first"]), baseline="COPY",
         baseline_seconds=statistics.median(found["copy"]))  # fmt: skip
    words = {
        "copy": "bare COPY into a table with the same indexes, in the order of the results",
        "sorted": "the same, rows sorted by the table's key before the clock starts",
        "first": "first write, spool and commit included",
        "again": f"the same again ({dead[0]} dead rows, {dead[1]} updates in all)",
    }
    lines = [
        [
            words[name],
            f"{statistics.median(found[name]) * 1e3:.0f} ms",
            *(f"{ratio(found[name], found[base]):.2f}x" for base in ORDERS),
        ]
        for name in words
    ]
    heads = [f"{rows:,} rows", "median", "of the COPY", "of the sorted COPY"]
    return markdown_table(heads, lines)


def one_round(
    connection: psycopg.Connection, store: Store, rows: int, dataset: str
) -> dict[str, float]:
    """Seconds of each: a dataset's results written, copied twice, written again."""
    made = results(rows, dataset)
    seconds = {"first": timed(lambda: store.write(made))}
    for name, order in ORDERS.items():
        seconds[name] = copied(connection, dataset, order, f"bare_{name}")
    return seconds | {"again": timed(lambda: store.write(made))}


def ratio(seconds: list[float], base: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(seconds, base, strict=True))


def timed(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def copied(connection: psycopg.Connection, dataset: str, order: str, table: str) -> float:
    """Seconds of a text COPY of the stored rows of a dataset, in an order, committed."""
    with connection.cursor() as cursor:
        query = (
            f"copy (select {', '.join('v.' + name for name in COLUMNS)} from"
            " simdrift.metric_value v join simdrift.series s using (series_id)"
            f" where s.dataset = '{dataset}' order by {order}) to stdout"
        )
        with cursor.copy(query) as copy:
            rows = b"".join(bytes(piece) for piece in copy)
        start = time.perf_counter()
        with cursor.copy(f"copy {table} ({', '.join(COLUMNS)}) from stdin") as copy:
            copy.write(rows)
        return time.perf_counter() - start


# Of each of ten datasets: 18 metrics of 20 columns, what the table has, and five segments.
FILL = """
insert into simdrift.series (series_key, monitor, dataset, model, model_version, segment,
    column_name, metric, grain)
select gen_random_uuid(), 'bench', 'data ' || d, 'm', '1', kind.segment, kind.column_name,
    kind.metric, '1d'
from generate_series(0, 9) as d
cross join (
    select '' as segment, 'column ' || c as column_name, m as metric
    from generate_series(0, 19) as c, unnest(array['drift.wasserstein_normed', 'drift.ks',
        'drift.missing_share', 'drift.new_categories', 'quality.mean', 'quality.missing_share',
        'quality.min', 'quality.max', 'quality.std', 'quality.zeros', 'quality.distinct',
        'quality.sum', 'quality.iqr', 'quality.out_of_range', 'quality.skewness',
        'quality.kurtosis', 'quality.negatives', 'quality.top_share']) as m
    union all
    select '', '', m from unnest(array['drift.dataset', 'quality.rows', 'quality.missing_share',
        'performance.mae', 'performance.rmse', 'service.latency_p50', 'service.latency_p99',
        'service.request_rate', 'service.error_ratio', 'service.uptime_ratio',
        'service.memory_mean', 'service.apdex']) as m
    union all
    select '', 'group', m from unnest(array['fairness.demographic_parity_difference',
        'fairness.equalized_odds_ratio']) as m
    union all
    select 'zone=' || z, '', m
    from generate_series(0, 4) as z, unnest(array['quality.rows', 'performance.mae']) as m
    union all
    select '', 'column ' || c, 'histogram' from generate_series(0, 19) as c
) as kind;
insert into simdrift.run (run_id, stream_key, window_start, window_end, started_at, finished_at,
    rows, results, checksum, monitor, dataset, model, model_version, grain, library_version,
    spec_digest, data_digest, reference_digest)
select gen_random_uuid(), md5('data ' || d)::uuid, t, t + interval '1 day', t, t, 1000, 384, '',
    'bench', 'data ' || d, 'm', '1', '1d', '0.1.0', '', '', ''
from generate_series(0, 9) as d,
    generate_series(timestamptz '2020-01-01 00:00+00', timestamptz '2020-01-01 00:00+00'
        + (%(windows)s - 1) * interval '1 day', interval '1 day') as t;
insert into simdrift.metric_value (ts, value, threshold, null_quantile, p_value, q_value, run_id,
    series_id, alert, status)
select r.window_end, 0.1 + 0.05 * sin(s.series_id + extract(epoch from r.window_end) / 86400),
    0.1, 0.05, 0.5, 0.5, r.run_id, s.series_id,
    case when s.metric = 'drift.wasserstein_normed' then hashint4(s.series_id) %% 4 = 0 end, 'ok'
from simdrift.run as r join simdrift.series as s using (dataset)
where s.metric <> 'histogram';
insert into simdrift.histogram (ts, run_id, series_id, edges, reference, current)
select r.window_end, r.run_id, s.series_id, array[0, 1, 2], array[1, 2, 3, 4], array[4, 3, 2, 1]
from simdrift.run as r join simdrift.series as s using (dataset)
where s.metric = 'histogram'
"""


def panel_table(quick: bool) -> str:
    """Each panel and choice of the dashboards on the last 90 days of one dataset, warm, as the
    reader, the slowest first."""
    values = QUICK_VALUES if quick else VALUES
    with database() as dsn:
        with Store(dsn) as store:
            store.migrate()
        with psycopg.connect(dsn, autocommit=True) as connection:
            windows = values // (10 * A_DATASET)
            for statement in FILL.split(";"):
                connection.execute(statement % {"windows": windows} if "%(" in statement
                                   else statement.replace("%%", "%"))  # fmt: skip
            connection.execute("vacuum analyze")
            count = connection.execute("select count(*) from simdrift.metric_value").fetchone()
            connection.execute("set role simdrift_reader")
            end = FIRST + windows * DAY
            lines = [line for one in dashboards for line in panels(connection, one, end)]
            lines.sort(key=lambda line: -float(line[-1].split()[0]))
    return markdown_table(
        [f"panel, on {count[0]:,} values", "rows", "warm, best of 15", "median"], lines
    )


def panels(connection: psycopg.Connection, one, end: datetime) -> Iterator[list[str]]:
    chosen = {"dataset": "data 3", "model": ["m"], "grain": "1d", "segment": "(all rows)",
              "column": "column 5", "metric": "drift.wasserstein_normed"}  # fmt: skip
    if one.uid == "simdrift-performance":
        chosen["metric"] = "performance.mae"
    queries = [(f"{panel.title} ({panel.kind})", panel.sql) for panel in one.panels]
    queries += [(f"choice of {variable.label}", variable.sql) for variable in one.variables]
    for name, query in queries:
        sql = expand(query, chosen, end - 90 * DAY, end)
        seconds = []
        for _ in range(16):
            start = time.perf_counter()
            rows = connection.execute(sql.encode()).fetchall()
            seconds.append(time.perf_counter() - start)
        if rows:
            title = f"{one.title.partition(' / ')[2]}: {name}"
            warm = seconds[1:]
            times = (f"{taken * 1e3:.1f} ms" for taken in (min(warm), statistics.median(warm)))
            yield [title, f"{len(rows)}", *times]
