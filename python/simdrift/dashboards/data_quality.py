"""Data quality: what is missing, new or out of range, changes of schema, outages."""

from __future__ import annotations

from simdrift.dashboards.panels import Dashboard, Panel, Step
from simdrift.dashboards.sql import (
    CHOSEN,
    COLUMN,
    COLUMNS,
    DATASET,
    EVENTS,
    GRAIN,
    MODEL,
    MODELS,
    SEGMENT,
    SEGMENTS,
    STREAM,
)

_MISSING = 'Switch it on with [metrics] quality = ["missing_share"] in the spec.'
_STATISTICS = 'Switch it on with [metrics] quality = ["min", "mean", "max"] in the spec.'
_RANGE = 'Switch it on with [metrics] quality = ["out_of_range"] in the spec.'

dashboard = Dashboard(
    uid="simdrift-data-quality",
    title="simdrift / Data quality",
    description="Missing values, new categories, ranges, changes of schema, outages.",
    variables=(DATASET, MODELS, GRAIN, SEGMENTS, COLUMNS),
    annotations=EVENTS,
    panels=(
        Panel(
            "Missing share",
            "Of all cells, and of the chosen column: null or NaN.",
            "lines",
            "percentunit",
            f"""select d.ts as time, coalesce(nullif(d.column_name, ''), 'all cells') as metric,
    d.value
from simdrift.dashboard_result as d
where {CHOSEN}
    and d.metric = 'quality.missing_share'
    and d.column_name in ('', ${{column:sqlstring}}) and {SEGMENT}
order by 1, 2""",
            12,
            8,
            _MISSING,
            ("quality.missing_share",),
        ),
        Panel(
            "Range of the chosen column",
            "Smallest and largest value, mean and quantiles of each window, in the column's unit.",
            "lines",
            "none",
            f"""select d.ts as time,
    concat_ws(' ', split_part(d.metric, '.', 2), nullif(d.params, '')) as metric, d.value
from simdrift.dashboard_result as d
where {CHOSEN}
    and d.metric in ('quality.min', 'quality.max', 'quality.mean', 'quality.quantile')
    and {COLUMN} and {SEGMENT}
order by 1, 2""",
            12,
            8,
            _STATISTICS,
            ("quality.min", "quality.max", "quality.mean", "quality.quantile"),
        ),
        Panel(
            "Missing share by column",
            "Columns over windows.",
            "heat",
            "percentunit",
            f"""select d.ts as time, d.column_name as metric, d.value
from simdrift.dashboard_result as d
where {CHOSEN}
    and d.metric = 'quality.missing_share' and d.column_name <> '' and {SEGMENT}
order by 1, 2""",
            24,
            10,
            _MISSING,
            ("quality.missing_share",),
            (Step(None, "green"), Step(0.02, "yellow"), Step(0.1, "orange"), Step(0.5, "red")),
        ),
        Panel(
            "New categories",
            "Share of rows in categories that the reference does not have.",
            "lines",
            "percentunit",
            f"""select d.ts as time, d.column_name as metric, d.value
from simdrift.dashboard_result as d
where {CHOSEN}
    and d.metric = 'drift.new_categories' and {SEGMENT}
order by 1, 2""",
            12,
            8,
            'Switch it on with methods = {categorical = ["jensen_shannon", "new_categories"]}.',
            ("drift.new_categories",),
        ),
        Panel(
            "Out of range",
            "Share of rows outside the reference's smallest and largest value.",
            "lines",
            "percentunit",
            f"""select d.ts as time, d.column_name as metric, d.value
from simdrift.dashboard_result as d
where {CHOSEN}
    and d.metric = 'quality.out_of_range' and {SEGMENT}
order by 1, 2""",
            12,
            8,
            _RANGE,
            ("quality.out_of_range",),
        ),
        Panel(
            "Changes of schema",
            "Columns that came, went or changed their type against the reference.",
            "table",
            "none",
            f"""select d.ts as time, d.column_name as "column", d.status as change, d.reason
from simdrift.dashboard_result as d
where {CHOSEN}
    and d.status in ('missing_column', 'new_column', 'type_changed')
union
select e.ts, '', e.text, null
from simdrift.dashboard_event as e
where $__timeFilter(e.ts) and e.dataset = ${{dataset:sqlstring}} and e.kind = 'schema'
order by time desc, "column", change
limit 100""",
            12,
            8,
            "None in the chosen time: every column is as in the reference.",
        ),
        Panel(
            "Outages",
            "Windows without a row, and times that no window covers.",
            "table",
            "none",
            f"""select gone.first as "from", gone.last as "to", gone.what
from (
    select d.window_end as first,
        lead(d.window_start) over (
            partition by d.monitor, d.model, d.model_version order by d.window_start
        ) as last, 'no window' as what
    from simdrift.dashboard_run as d
    where {STREAM}
        and $__timeFilter(d.window_end)
    union all
    select d.window_start, d.window_end, 'no rows'
    from simdrift.dashboard_run as d
    where {STREAM}
        and $__timeFilter(d.window_end)
        and d.rows = 0
) as gone
where gone.first < gone.last
order by gone.first desc, gone.last, gone.what
limit 100""",
            12,
            8,
            "None in the chosen time: windows follow each other without a gap.",
        ),
        Panel(
            "Statistics of the chosen column",
            "Every quality metric of the newest window that has one.",
            "table",
            "none",
            f"""select distinct on (d.metric, d.params)
    d.metric, d.params, d.value, d.ci_low, d.ci_high, d.status, d.reason, d.ts as time,
    {MODEL} as model
from simdrift.dashboard_result as d
where {CHOSEN}
    and d.metric like 'quality.%' and {COLUMN} and {SEGMENT}
order by d.metric, d.params, d.ts desc, d.series_id
limit 100""",
            24,
            8,
            _STATISTICS,
            ("quality.*",),
        ),
    ),
)
