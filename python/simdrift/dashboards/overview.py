"""Overview: is it fresh, has it drifted, what is worst, how much came in, how well is it doing."""

from __future__ import annotations

from simdrift.dashboards.panels import ANY_IS_BAD, GOOD_TO_BAD, NEUTRAL, Dashboard, Panel, Step
from simdrift.dashboards.scores import relative
from simdrift.dashboards.sql import (
    CHOSEN,
    DATASET,
    DISTANCE,
    EVENTS,
    GRAIN,
    MODEL,
    MODELS,
    SEGMENT,
    SEGMENTS,
    STREAM,
    listed,
    series,
)

_RUN = "No window yet. Run `simdrift run monitor.toml` with a window that ends in the chosen time."
_DRIFT = "Give the spec columns to compare: [columns] features = [...]."
_QUALITY = 'Switch it on with [metrics] quality = ["rows", "missing_share"] in the spec.'
_PERFORMANCE = 'Switch it on with [metrics] performance = ["mae"] and a target in the spec.'


def _newest(metric: str) -> str:
    return f"""select d.ts as time, d.value
from simdrift.dashboard_result as d
where {CHOSEN}
    and d.metric = '{metric}' and d.column_name = '' and {SEGMENT}
order by 1, 2"""


PERFORMANCE_NOW = listed(relative())

dashboard = Dashboard(
    uid="simdrift-overview",
    title="simdrift / Overview",
    description="Freshness, drifted columns, volume, alerts and performance of one dataset.",
    variables=(DATASET, MODELS, GRAIN, SEGMENTS),
    annotations=EVENTS,
    panels=(
        Panel(
            "Freshness",
            "How old the newest window is at the end of the chosen time.",
            "stat",
            "s",
            f"""select extract(epoch from
    least(now(), $__timeTo()::timestamptz) - max(d.window_end))::float8 as value
from simdrift.dashboard_run as d
where {STREAM}
    and $__timeFilter(d.window_end)
having max(d.window_end) is not null""",
            4,
            4,
            _RUN,
            steps=(Step(None, "green"), Step(2 * 86_400, "orange"), Step(7 * 86_400, "red")),
            until_now=True,
        ),
        Panel(
            "Drifted columns",
            "Share of the judged columns that alert, for whatever reason, in the newest window.",
            "stat",
            "percentunit",
            _newest("drift.dataset"),
            4,
            4,
            _DRIFT,
            ("drift.dataset",),
            (Step(None, "green"), Step(0.25, "yellow"), Step(0.5, "red")),
        ),
        Panel(
            "Alerts",
            "Rules that were crossed, in all windows of the chosen time.",
            "stat",
            "short",
            f"""select count(*)::float8 as value
from simdrift.dashboard_result as d
where {CHOSEN}
    and d.alert""",
            4,
            4,
            _DRIFT,
            ("drift.*",),
            ANY_IS_BAD,
        ),
        Panel(
            "Rows",
            "Rows of the newest window.",
            "stat",
            "short",
            _newest("quality.rows"),
            4,
            4,
            _QUALITY,
            ("quality.rows",),
            NEUTRAL,
        ),
        Panel(
            "Missing cells",
            "Share of missing cells in the newest window: null or NaN.",
            "stat",
            "percentunit",
            _newest("quality.missing_share"),
            4,
            4,
            _QUALITY,
            ("quality.missing_share",),
            (Step(None, "green"), Step(0.05, "yellow"), Step(0.2, "red")),
        ),
        Panel(
            "Performance",
            "The newest error or score over its median in the chosen time: 1 is as usual. "
            "The first performance metric that is there counts.",
            "stat",
            "x",
            f"""select d.ts as time, d.value / nullif(usual.value, 0) as value
from simdrift.dashboard_result as d
inner join (
    select d.metric, percentile_cont(0.5) within group (order by d.value) as value
    from simdrift.dashboard_result as d
    where {CHOSEN}
        and d.metric in {PERFORMANCE_NOW} and {SEGMENT}
    group by d.metric order by d.metric limit 1
) as usual on usual.metric = d.metric
where {CHOSEN}
    and {SEGMENT}
    and d.metric in {PERFORMANCE_NOW}
order by 1, 2""",
            4,
            4,
            _PERFORMANCE,
            ("performance.*",),
        ),
        Panel(
            "Share of drifted columns",
            "Of every window, at its end, with the share at which the whole dataset counts as "
            "drifted.",
            "lines",
            "percentunit",
            f"""select d.ts as time, {MODEL} as metric, d.value, d.threshold
from simdrift.dashboard_result as d
where {CHOSEN}
    and d.metric = 'drift.dataset' and d.column_name = '' and {SEGMENT}
order by 1, 2""",
            12,
            8,
            _DRIFT,
            ("drift.dataset",),
            dashed=("threshold",),
        ),
        Panel(
            "Volume",
            "Rows of every window, at its end.",
            "bars",
            "short",
            series("d.metric = 'quality.rows'", MODEL, extra=f"d.column_name = '' and {SEGMENT}"),
            12,
            8,
            _QUALITY,
            ("quality.rows",),
        ),
        Panel(
            "Worst columns",
            "Columns by how often they alert; the distance is the largest in the chosen time, "
            "1 is the threshold.",
            "table",
            "none",
            f"""select d.column_name as "column", d.metric,
    count(*) filter (where d.alert)::int as alerts, count(*)::int as windows,
    max({DISTANCE}) as distance,
    max(d.ts) filter (where d.alert) as "last alert"
from simdrift.dashboard_result as d
where {CHOSEN}
    and d.column_name <> ''
    and {SEGMENT}
    and d.alert is not null
group by d.column_name, d.metric
order by alerts desc, distance desc nulls last, 1, 2
limit 20""",
            12,
            9,
            _DRIFT,
            ("drift.*",),
            GOOD_TO_BAD,
        ),
        Panel(
            "Alerts by window",
            "How many rules each window crossed; a window stands at its end.",
            "bars",
            "short",
            f"""with alerts as materialized (
    select d.run_id, count(*)::float8 as value from simdrift.dashboard_result as d
    where {CHOSEN}
        and d.alert
    group by d.run_id
)
select d.window_end as time, {MODEL} as metric, coalesce(alerts.value, 0) as value
from simdrift.dashboard_run as d
left join alerts on alerts.run_id = d.run_id
where {STREAM}
    and $__timeFilter(d.window_end)
order by 1, 2""",
            12,
            9,
            _DRIFT,
            ("drift.*",),
        ),
        Panel(
            "Performance against its median",
            "Each performance metric over its median in the chosen time: 1 is as usual. For an "
            "error more is worse, for a score less.",
            "lines",
            "x",
            f"""select d.ts as time, concat_ws(' ', d.metric, {MODEL}) as metric,
    d.value / nullif(usual.value, 0) as value
from simdrift.dashboard_result as d
inner join (
    select d.series_id, percentile_cont(0.5) within group (order by d.value) as value
    from simdrift.dashboard_result as d
    where {CHOSEN}
        and d.metric in {PERFORMANCE_NOW} and {SEGMENT}
    group by d.series_id
) as usual on usual.series_id = d.series_id
where {CHOSEN}
    and d.metric in {PERFORMANCE_NOW}
order by 1, 2""",
            12,
            8,
            _PERFORMANCE,
            ("performance.*",),
        ),
        Panel(
            "Newest alerts",
            "What alerted last: column, segment, metric, value and what it was compared with.",
            "table",
            "none",
            f"""select d.ts as time, d.column_name as "column", d.segment, d.metric, d.value,
    d.threshold, d.q_value as q
from simdrift.dashboard_result as d
where {CHOSEN}
    and d.alert
order by d.ts desc, {DISTANCE} desc nulls last, 2, 3, 4
limit 50""",
            12,
            8,
            _DRIFT,
            ("drift.*",),
        ),
    ),
)
