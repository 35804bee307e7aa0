"""Engine throughput: how fast simdrift itself is, in runs and in its benchmarks."""

from __future__ import annotations

from simdrift.dashboards.panels import Dashboard, Panel
from simdrift.dashboards.sql import DATASET

_BENCH = "No measurement yet. Store what the benchmarks measure: `simdrift bench --store`."
_RUN = "No window yet. Run `simdrift run monitor.toml` with a window that ends in the chosen time."

dashboard = Dashboard(
    uid="simdrift-throughput",
    title="simdrift / Engine throughput",
    description="Rows a second of runs and benchmarks, and speed against baselines.",
    variables=(DATASET,),
    annotations=None,
    panels=(
        Panel(
            "Rows a second by task",
            "Of the benchmarks, one line a task, ISA and number of threads.",
            "lines",
            "rowsps",
            """select b.ts as time, concat_ws(' ', b.task, b.isa, b.threads || 't') as metric,
    b.rows_per_second as value
from simdrift.dashboard_bench as b
where $__timeFilter(b.ts)
order by 1, 2""",
            12,
            9,
            _BENCH,
        ),
        Panel(
            "Times as fast as the baseline",
            "Of the benchmarks, against the peer or loop that each is compared with.",
            "lines",
            "x",
            """select b.ts as time, concat_ws(' ', b.task, 'against', b.baseline, b.isa) as metric,
    b.speed_up as value
from simdrift.dashboard_bench as b
where $__timeFilter(b.ts) and b.speed_up is not null
order by 1, 2""",
            12,
            9,
            _BENCH,
        ),
        Panel(
            "Rows a second of runs",
            "Rows of a window over the time that its computation took, the store not included.",
            "lines",
            "rowsps",
            """select d.window_end as time, d.monitor as metric,
    d.rows / nullif(extract(epoch from d.finished_at - d.started_at), 0)::float8 as value
from simdrift.dashboard_run as d
where $__timeFilter(d.window_end) and d.dataset = ${dataset:sqlstring}
order by 1, 2""",
            12,
            8,
            _RUN,
        ),
        Panel(
            "Seconds of runs",
            "From the start of a window's computation to its end.",
            "bars",
            "s",
            """select d.window_end as time, d.monitor as metric,
    extract(epoch from d.finished_at - d.started_at)::float8 as value
from simdrift.dashboard_run as d
where $__timeFilter(d.window_end) and d.dataset = ${dataset:sqlstring}
order by 1, 2""",
            12,
            8,
            _RUN,
        ),
        Panel(
            "Newest benchmarks",
            "The last measurement of each task on each machine.",
            "table",
            "none",
            """select distinct on (b.machine, b.task, b.isa, b.threads)
    b.task, b.isa, b.threads, b.rows, b.seconds, b.rows_per_second as "rows a second",
    b.baseline, b.speed_up as "times as fast", b.library_version as version, b.machine,
    b.ts as time
from simdrift.dashboard_bench as b
where $__timeFilter(b.ts)
order by b.machine, b.task, b.isa, b.threads, b.ts desc
limit 200""",
            24,
            9,
            _BENCH,
        ),
    ),
)
