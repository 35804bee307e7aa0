"""Model performance: errors and scores with their intervals, by segment, and between groups."""

from __future__ import annotations

from simdrift.dashboards.panels import Dashboard, Panel
from simdrift.dashboards.sql import (
    CHOSEN,
    DATASET,
    EVENTS,
    GRAIN,
    MODEL,
    MODELS,
    PERFORMANCE_METRIC,
    SEGMENT,
    SEGMENTS,
    listed,
)

_PERFORMANCE = (
    'Switch it on with [metrics] performance = ["mae"], and target and prediction in [columns].'
)
_CELL_METRICS = (
    "performance.confusion",
    "performance.true_positives",
    "performance.false_positives",
    "performance.false_negatives",
    "performance.true_negatives",
)
_CELLS = listed(_CELL_METRICS)
_METRIC = "d.metric = ${metric:sqlstring}"

dashboard = Dashboard(
    uid="simdrift-performance",
    title="simdrift / Model performance",
    description="Errors and scores with intervals, by segment and by group.",
    variables=(DATASET, MODELS, GRAIN, SEGMENTS, PERFORMANCE_METRIC),
    annotations=EVENTS,
    panels=(
        Panel(
            "The chosen metric with its interval",
            "By window; the band is the 95 % interval where the metric has one.",
            "lines",
            "none",
            f"""select d.ts as time, {MODEL} as metric, d.value, d.ci_low, d.ci_high
from simdrift.dashboard_result as d
where {CHOSEN}
    and {_METRIC} and {SEGMENT}
order by 1, 2""",
            14,
            9,
            _PERFORMANCE,
            ("performance.*",),
            dashed=("ci_low", "ci_high"),
            band=("ci_low", "ci_high"),
        ),
        Panel(
            "Newest window",
            "Every performance metric with its interval.",
            "table",
            "none",
            f"""select distinct on (d.series_id)
    d.metric, d.value, d.ci_low, d.ci_high, d.n_current as rows, {MODEL} as model, d.params,
    d.status, d.ts as time
from simdrift.dashboard_result as d
where {CHOSEN}
    and d.metric like 'performance.%' and {SEGMENT}
order by d.series_id, d.ts desc
limit 100""",
            10,
            9,
            _PERFORMANCE,
            ("performance.*",),
        ),
        Panel(
            "Against the reference",
            "Every score of the newest window, before and now; an alert is a change for the worse "
            "beyond chance (q) and large enough to matter.",
            "table",
            "none",
            f"""select newest.metric, newest.params, newest.before, newest.value, newest.change,
    newest.q_value, newest.alert, newest.model, newest.time
from (
    select distinct on (d.series_id)
        d.metric, d.params, d.value - d.effect_size as before, d.value, d.effect_size as change,
        d.q_value, d.alert, {MODEL} as model, d.ts as time
    from simdrift.dashboard_result as d
    where {CHOSEN}
        and d.metric like 'performance.%' and {SEGMENT} and d.effect_size is not null
    order by d.series_id, d.ts desc
) as newest
order by newest.alert desc nulls last, newest.q_value nulls last, newest.metric, newest.params
limit 100""",
            14,
            9,
            _PERFORMANCE,
            ("performance.*",),
        ),
        Panel(
            "Confusion in the newest window",
            "Rows by label of the target and predicted label.",
            "table",
            "none",
            f"""select distinct on (d.series_id)
    split_part(d.metric, '.', 2) as cell, d.params as labels, d.value as rows, {MODEL} as model,
    d.ts as time
from simdrift.dashboard_result as d
where {CHOSEN}
    and d.metric in {_CELLS} and {SEGMENT}
order by d.series_id, d.ts desc
limit 400""",
            10,
            9,
            'Of classifications: [columns] task = "classification".',
            _CELL_METRICS,
        ),
        Panel(
            "Change from the reference",
            "The chosen metric less the reference's value, by window.",
            "lines",
            "none",
            f"""select d.ts as time, {MODEL} as metric, d.effect_size as value
from simdrift.dashboard_result as d
where {CHOSEN}
    and {_METRIC} and {SEGMENT}
order by 1, 2""",
            12,
            8,
            _PERFORMANCE,
            ("performance.*",),
        ),
        Panel(
            "Scores that alert",
            "How many scores alert in each window, and how many wait for labels.",
            "bars",
            "short",
            f"""select d.ts as time,
    concat_ws(' ', case when d.status = 'no_labels' then 'no labels yet' else 'worse' end, {MODEL})
        as metric,
    count(*)::float8 as value
from simdrift.dashboard_result as d
where {CHOSEN}
    and d.metric like 'performance.%' and {SEGMENT} and (d.alert or d.status = 'no_labels')
group by 1, 2
order by 1, 2""",
            12,
            8,
            _PERFORMANCE,
            ("performance.*",),
        ),
        Panel(
            "The chosen metric by segment",
            "One line a segment and model.",
            "lines",
            "none",
            f"""select d.ts as time, concat_ws(' ', d.segment, {MODEL}) as metric, d.value
from simdrift.dashboard_result as d
where {CHOSEN}
    and {_METRIC} and d.segment <> ''
order by 1, 2""",
            12,
            9,
            'Switch it on with segments = ["column"] in the spec.',
            ("performance.*",),
        ),
        Panel(
            "Worst segments",
            "The chosen metric in the newest window of each segment, and its number of rows.",
            "table",
            "none",
            f"""select newest.segment, newest.model, newest.value, newest.rows, newest.time
from (
    select distinct on (d.series_id)
        d.segment, {MODEL} as model, d.value, d.n_current as rows, d.ts as time
    from simdrift.dashboard_result as d
    where {CHOSEN}
        and {_METRIC} and d.segment <> ''
    order by d.series_id, d.ts desc
) as newest
order by newest.value desc nulls last, newest.segment, newest.model
limit 50""",
            12,
            9,
            'Switch it on with segments = ["column"] in the spec.',
            ("performance.*",),
        ),
        Panel(
            "Gaps between groups",
            "Fairness by a sensitive column: differences near 0 and ratios near 1 are even.",
            "lines",
            "none",
            f"""select d.ts as time,
    concat_ws(' ', split_part(d.metric, '.', 2), d.column_name, {MODEL}) as metric, d.value
from simdrift.dashboard_result as d
where {CHOSEN}
    and d.metric ~ '^fairness[.].*_(difference|ratio)$' and {SEGMENT}
order by 1, 2""",
            12,
            8,
            'Switch it on with [columns] sensitive = ["column"] in the spec.',
            ("fairness.*",),
        ),
        Panel(
            "Gaps that are judged",
            "Every difference and ratio of the newest window; it alerts where the "
            "value is beyond the threshold, and its interval beyond no difference.",
            "table",
            "none",
            f"""select newest.metric, newest.sensitive, newest.value, newest.ci_low, newest.ci_high,
    newest.threshold, newest.change, newest.q_value, newest.alert, newest.model, newest.time
from (
    select distinct on (d.series_id)
        d.metric, d.column_name as sensitive, d.value, d.ci_low, d.ci_high, d.threshold,
        d.effect_size as change, d.q_value, d.alert, {MODEL} as model, d.ts as time
    from simdrift.dashboard_result as d
    where {CHOSEN}
        and d.metric ~ '^fairness[.].*_(difference|ratio)$' and {SEGMENT}
        and d.alert is not null
    order by d.series_id, d.ts desc
) as newest
order by newest.alert desc, newest.metric, newest.sensitive
limit 100""",
            24,
            8,
            'Switch it on with [columns] sensitive = ["column"] in the spec.',
            ("fairness.*",),
        ),
        Panel(
            "Rows with a label",
            "Rows in which target and prediction are known: what the metrics rest on.",
            "bars",
            "short",
            f"""select d.ts as time, {MODEL} as metric, max(d.n_current)::float8 as value
from simdrift.dashboard_result as d
where {CHOSEN}
    and d.metric like 'performance.%' and {SEGMENT}
group by d.ts, {MODEL}
order by 1, 2""",
            12,
            8,
            _PERFORMANCE,
            ("performance.*",),
        ),
    ),
)
