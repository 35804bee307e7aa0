"""Alert rules: drift of datasets, predictions and columns, performance, bias, freshness, missing
values and volume."""

from __future__ import annotations

from typing import Final

from simdrift.dashboards.panels import Rule
from simdrift.dashboards.scores import relative
from simdrift.dashboards.sql import listed


def _newest(metric: str, value: str, *, extra: str = "true") -> str:
    """The newest window of every series of a metric, and `value` of it and of its history
    (`usual`: the median of the windows before)."""
    return f"""select newest.dataset, newest.model, newest.model_version, newest.grain,
    newest.metric, {value} as value
from (
    select distinct on (d.series_id) d.*
    from simdrift.dashboard_result as d
    where {metric}
        and d.column_name = '' and d.segment = '' and {extra}
        and (d.value is not null or d.alert) and $__timeFilter(d.ts)
    order by d.series_id, d.ts desc
) as newest
cross join lateral (
    select percentile_cont(0.5) within group (order by d.value) as usual, count(*) as windows
    from simdrift.dashboard_result as d
    where d.series_id = newest.series_id and d.ts < newest.ts and $__timeFilter(d.ts)
) as history"""


IN_A_ROW: Final = 3
"""Windows that a column must alert in, one after the other, before a message is sent."""
_JUDGED_COLUMN: Final = "d.metric like 'drift.%' and d.column_name <> ''"
_JUDGED_GAP: Final = "d.metric like 'fairness.%' and d.column_name <> ''"
_JUDGED_SCORE: Final = "d.metric like 'performance.%' and d.column_name = ''"


def _last_windows(windows: int, judged: str, *, extra: str = "true") -> str:
    """In how many of its newest windows each judged series of a column alerts."""
    return _alerting(windows, f"{judged} and {extra}", 'd.metric, d.column_name as "column"')


def _alerting(windows: int, judged: str, names: str) -> str:
    """In how many of its newest windows each judged series alerts, with these labels."""
    return f"""select d.dataset, d.model, d.model_version, d.grain, {names},
    count(*) filter (where d.alert)::float8 as value
from (
    select d.*, row_number() over (partition by d.series_id order by d.ts desc) as place
    from simdrift.dashboard_result as d
    where {judged} and d.segment = '' and d.alert is not null and $__timeFilter(d.ts)
) as d
where d.place <= {windows}
group by d.dataset, d.model, d.model_version, d.grain, d.metric, d.column_name, d.params"""


rules: Final = (
    Rule(
        "simdrift-column-drift",
        "Column drift",
        "{{ $labels.column }} of {{ $labels.dataset }} alerts in each of its newest "
        f"{IN_A_ROW} windows ({{{{ $labels.metric }}}}).",
        _last_windows(IN_A_ROW, _JUDGED_COLUMN),
        None,
        IN_A_ROW - 0.5,
        60,
        panel=("simdrift-overview", "Worst columns"),
    ),
    Rule(
        "simdrift-prediction-drift",
        "Prediction drift",
        "{{ $labels.column }} of {{ $labels.dataset }}, a column whose name begins with "
        "'predict', alerts in its newest window ({{ $labels.metric }}).",
        _last_windows(1, _JUDGED_COLUMN, extra="d.column_name ilike 'predict%'"),
        None,
        0.5,
        60,
        severity="critical",
    ),
    Rule(
        "simdrift-drift-share",
        "Dataset drift",
        "In the newest window of {{ $labels.dataset }} as many columns drifted as the spec "
        "calls dataset drift.",
        _newest("d.metric = 'drift.dataset'", "(newest.alert)::int::float8"),
        None,
        0.5,
        400,
        severity="critical",
        panel=("simdrift-overview", "Share of drifted columns"),
    ),
    Rule(
        "simdrift-performance-drop",
        "Performance drop",
        "{{ $labels.metric }} of {{ $labels.dataset }} is more than a fifth worse than its "
        "median in the windows before.",
        _newest(
            f"d.metric in {listed(relative('lower'))}",
            "newest.value / nullif(history.usual, 0)",
        )
        + "\nwhere history.windows >= 5\nunion all\n"
        + _newest(
            f"d.metric in {listed(relative('higher'))}",
            # a score at or below zero has dropped from any that was above it
            "history.usual / greatest(newest.value, 1e-9)",
        )
        + "\nwhere history.windows >= 5",
        None,
        1.2,
        400,
        severity="critical",
        panel=("simdrift-overview", "Performance against its median"),
    ),
    Rule(
        "simdrift-performance-worse",
        "Performance worse than the reference",
        "{{ $labels.metric }} of {{ $labels.dataset }} is worse than the "
        f"reference's in each of its newest {IN_A_ROW} windows.",
        _alerting(IN_A_ROW, _JUDGED_SCORE, "rtrim(concat(d.metric, ' ', d.params)) as metric"),
        None,
        IN_A_ROW - 0.5,
        400,
        severity="critical",
        panel=("simdrift-performance", "Against the reference"),
    ),
    Rule(
        "simdrift-bias",
        "Bias between groups",
        "{{ $labels.metric }} between the groups of {{ $labels.column }} in {{ $labels.dataset }} "
        f"is beyond its threshold in each of its newest {IN_A_ROW} windows.",
        _last_windows(IN_A_ROW, _JUDGED_GAP),
        None,
        IN_A_ROW - 0.5,
        400,
        severity="critical",
        panel=("simdrift-performance", "Gaps that are judged"),
    ),
    Rule(
        "simdrift-freshness",
        "Stale results",
        "The newest window of {{ $labels.dataset }} ended more than two windows ago.",
        """select d.dataset, d.model, d.model_version, d.grain, 'freshness' as metric,
    (extract(epoch from now() - max(d.window_end))
        / extract(epoch from max(d.window_end - d.window_start)))::float8 as value
from simdrift.dashboard_run as d
where $__timeFilter(d.window_end) and d.window_end > d.window_start
group by d.dataset, d.model, d.model_version, d.grain""",
        None,
        2.0,
        400,
        panel=("simdrift-overview", "Freshness"),
    ),
    Rule(
        "simdrift-missing-share",
        "More is missing",
        "The share of missing cells of {{ $labels.dataset }} rose by more than 0.05 over its "
        "median in the windows before.",
        _newest("d.metric = 'quality.missing_share'", "newest.value - history.usual")
        + "\nwhere history.windows >= 5",
        None,
        0.05,
        400,
        panel=("simdrift-overview", "Missing cells"),
    ),
    Rule(
        "simdrift-volume",
        "Unusual volume",
        "The newest window of {{ $labels.dataset }} has less than half or more than twice its "
        "usual rows.",
        _newest("d.metric = 'quality.rows'", "newest.value / nullif(history.usual, 0)")
        + "\nwhere history.windows >= 5",
        0.5,
        2.0,
        400,
        panel=("simdrift-overview", "Volume"),
    ),
)
