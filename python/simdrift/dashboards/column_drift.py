"""Column drift: one column's score with its threshold and null quantile, all columns over time,
reference against current."""

from __future__ import annotations

from simdrift.dashboards.panels import GOOD_TO_BAD, Dashboard, Panel
from simdrift.dashboards.sql import (
    CHOSEN,
    COLUMN,
    COLUMN_DRIFT,
    COLUMNS,
    DATASET,
    DISTANCE,
    DRIFT_METRIC,
    EVENTS,
    GRAIN,
    MODEL,
    MODELS,
    SEGMENT,
    SEGMENTS,
)

_COMPARE = "Give the spec the column: [columns] features = [...], and a reference."
_METRIC = "d.metric = ${metric:sqlstring}"

HISTOGRAM = f"""select
    case
        when d.labels is not null then d.labels[cell.place]
        when cell.place = 1 then '< ' || round(d.edges[1]::numeric, 3)::float8
        when cell.place > cardinality(d.edges)
            then '>= ' || round(d.edges[cardinality(d.edges)]::numeric, 3)::float8
        else round(d.edges[cell.place - 1]::numeric, 3)::float8
            || ' to ' || round(d.edges[cell.place]::numeric, 3)::float8
    end as cell,
    cell.reference / nullif((select sum(one) from unnest(d.reference) as one), 0) as reference,
    cell.current / nullif((select sum(one) from unnest(d.current) as one), 0) as current
from (
    select d.* from simdrift.dashboard_histogram as d
    where {CHOSEN}
        and {COLUMN} and {SEGMENT}
    order by d.ts desc limit 1
) as d
cross join lateral unnest(d.reference, d.current) with ordinality
    as cell (reference, current, place)
order by cell.place"""

dashboard = Dashboard(
    uid="simdrift-column-drift",
    title="simdrift / Column drift",
    description="How far each column is from its reference, by window, and where.",
    variables=(DATASET, MODELS, GRAIN, SEGMENTS, COLUMNS, DRIFT_METRIC),
    annotations=EVENTS,
    panels=(
        Panel(
            "Score of the chosen column",
            "The metric by window, its threshold, and its null quantile: without drift, 95 % of "
            "windows of these sizes stay below it.",
            "lines",
            "none",
            f"""select d.ts as time, {MODEL} as metric, d.value, d.threshold,
    d.null_quantile as "null quantile"
from simdrift.dashboard_result as d
where {CHOSEN}
    and {_METRIC} and {COLUMN} and {SEGMENT}
order by 1, 2""",
            16,
            9,
            _COMPARE,
            ("drift.*",),
            dashed=("threshold", "null quantile"),
        ),
        Panel(
            "Reference and newest window",
            "Shares of rows over the same cells; the outer cells are open.",
            "histogram",
            "percentunit",
            HISTOGRAM,
            8,
            9,
            "No histogram yet. They come with every comparison: " + _COMPARE,
        ),
        Panel(
            "Columns by window",
            "How far each column is on the way to its threshold: 1 is the threshold. What is "
            "past it, but explained by chance, stays at 0.99.",
            "heat",
            "x",
            f"""select d.ts as time, d.column_name as metric,
    max(case when d.alert then {DISTANCE} else least({DISTANCE}, 0.99) end) as value
from simdrift.dashboard_result as d
where {CHOSEN}
    and {COLUMN_DRIFT}
    and {SEGMENT}
    and d.alert is not null
group by d.ts, d.column_name
order by 1, 2""",
            24,
            11,
            _COMPARE,
            ("drift.*",),
            GOOD_TO_BAD,
        ),
        Panel(
            "p-value of the chosen column",
            "Raw, and corrected over the columns and segments of the window (q). Metrics without "
            "a null law have none: choose a test, such as drift.ks.",
            "lines",
            "none",
            f"""select d.ts as time, d.metric, d.p_value as p, d.q_value as q
from simdrift.dashboard_result as d
where {CHOSEN}
    and d.metric like 'drift.%' and d.metric <> 'drift.missing_share'
    and {COLUMN} and {SEGMENT}
    and d.p_value is not null
order by 1, 2""",
            12,
            8,
            'Switch a test on with methods = ["ks"] in the spec.',
            ("drift.*",),
        ),
        Panel(
            "Mean and quantiles of the chosen column",
            "Of the current rows of each window, in the column's unit.",
            "lines",
            "none",
            f"""select d.ts as time,
    concat_ws(' ', split_part(d.metric, '.', 2), nullif(d.params, '')) as metric, d.value
from simdrift.dashboard_result as d
where {CHOSEN}
    and d.metric in ('quality.mean', 'quality.quantile') and {COLUMN} and {SEGMENT}
order by 1, 2""",
            12,
            8,
            'Switch it on with [metrics] quality = ["mean"], [metrics.quantiles] in the spec.',
            ("quality.mean", "quality.quantile"),
        ),
        Panel(
            "All columns in the newest window",
            "Every drift metric of every column with what it was compared with.",
            "table",
            "none",
            f"""select d.column_name as "column", d.metric, d.params, d.value, d.threshold,
    d.null_quantile as "null quantile", d.p_value as p, d.q_value as q, d.effect_size as effect,
    d.alert::text as alert, d.status, d.reason
from simdrift.dashboard_result as d
where {CHOSEN}
    and d.ts = (
        select max(r.window_end) from simdrift.dashboard_run as r
        where r.dataset = ${{dataset:sqlstring}} and r.grain = ${{grain:sqlstring}}
            and $__timeFilter(r.window_end)
    )
    and d.metric like 'drift.%' and d.column_name <> '' and {SEGMENT}
order by d.alert desc nulls last, {DISTANCE} desc nulls last, 1, 2, 3
limit 500""",
            24,
            10,
            _COMPARE,
            ("drift.*",),
        ),
    ),
)
