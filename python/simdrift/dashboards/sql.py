"""SQL that several panels share: what the variables choose, names of lines, variables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from simdrift.dashboards.panels import ALL_ROWS, NONE, Variable
from simdrift.metrics import registry

STREAM: Final = f"""d.dataset = ${{dataset:sqlstring}}
    and coalesce(nullif(d.model, ''), '{NONE}') = any(array[${{model:sqlstring}}]::text[])
    and d.grain = ${{grain:sqlstring}}"""
"""The dataset, models and grain that are chosen."""

CHOSEN: Final = f"{STREAM}\n    and $__timeFilter(d.ts)"
SEGMENT: Final = f"d.segment = replace(${{segment:sqlstring}}, '{ALL_ROWS}', '')"
WHOLE: Final = "d.segment = '' and d.column_name = ''"
COLUMN: Final = "d.column_name = ${column:sqlstring}"

MODEL: Final = "concat_ws(' ', nullif(d.model, ''), nullif(d.model_version, ''))"
"""Which model and version a line is of: several stand side by side."""


def listed(names: Iterable[str]) -> str:
    """Names of metrics as a list for `in`, in alphabetical order."""
    return "(" + ", ".join(f"'{name}'" for name in sorted(names)) + ")"


_TESTS: Final = listed(one.name for one in registry.records("drift") if one.rule == "test")
_DECIDING: Final = listed(one.name for one in registry.records("drift") if one.decides)
DISTANCE: Final = f"""case
        when d.metric in {_TESTS} then
            ln(least(greatest(coalesce(d.q_value, d.p_value), 1e-300), 1.0))
            / nullif(ln(nullif(d.threshold, 0)), 0)
        else abs(d.value) / nullif(d.threshold, 0)
    end"""
"""How far on the way to the threshold: 1 is the threshold. Of tests log p over log alpha."""

COLUMN_DRIFT: Final = """d.metric like 'drift.%'
    and d.metric not in ('drift.missing_share', 'drift.dataset', 'drift.dataset_count')
    and d.column_name <> ''"""


def series(metric: str, name: str, *, of: str = "dashboard_result", extra: str = WHOLE) -> str:
    """Time, line and value of one condition on `metric`, oldest first."""
    return f"""select d.ts as time, {name} as metric, d.value
from simdrift.{of} as d
where {CHOSEN}
    and {metric}
    and {extra}
order by 1, 2"""


DATASET: Final = Variable(
    "dataset",
    "Dataset",
    "Whose results; the one with the newest run is chosen first.",
    """select dataset from simdrift.dashboard_series
group by dataset order by max(series_id) desc""",
)
MODELS: Final = Variable(
    "model",
    "Model",
    "One or several models; versions are lines of their own.",
    f"""select distinct coalesce(nullif(model, ''), '{NONE}') as model
from simdrift.dashboard_series
where dataset = ${{dataset:sqlstring}} order by 1""",
    multi=True,
)
GRAIN: Final = Variable(
    "grain",
    "Window",
    "The rule of the windows: 1d, 7d/1d, ...",
    """select grain from simdrift.dashboard_series
where dataset = ${dataset:sqlstring} group by grain order by count(*) desc, grain""",
)
SEGMENTS: Final = Variable(
    "segment",
    "Segment",
    "All rows, or those of one segment.",
    f"""select coalesce(nullif(segment, ''), '{ALL_ROWS}') as segment
from simdrift.dashboard_series
where dataset = ${{dataset:sqlstring}} group by segment order by segment""",
)
COLUMNS: Final = Variable(
    "column",
    "Column",
    "One column of the dataset.",
    """select distinct column_name from simdrift.dashboard_series
where dataset = ${dataset:sqlstring} and column_name <> ''
    and metric <> 'quality.correlation'
order by 1""",
)
DRIFT_METRIC: Final = Variable(
    "metric",
    "Metric",
    "A drift metric that the chosen column has; the one that decides comes first.",
    f"""select metric from simdrift.dashboard_series
where dataset = ${{dataset:sqlstring}} and column_name = ${{column:sqlstring}}
    and metric like 'drift.%' and metric <> 'drift.missing_share'
group by metric
order by metric in {_DECIDING} desc, metric""",
)
PERFORMANCE_METRIC: Final = Variable(
    "metric",
    "Metric",
    "A performance metric that the dataset has.",
    """select metric from simdrift.dashboard_series
where dataset = ${dataset:sqlstring} and metric like 'performance.%'
group by metric order by metric""",
)

EVENTS: Final = """select e.ts as time, e.text, e.kind as tags
from simdrift.dashboard_event as e
where $__timeFilter(e.ts) and e.dataset in ('', ${dataset:sqlstring})
order by e.ts, e.text, e.kind"""
"""Deployments, outages, changes of schema, as annotations."""
