"""Results as OpenLineage data-quality facets: plain dicts for a run event's input dataset.

DataQualityMetricsInputDatasetFacet 1-0-3 and DataQualityAssertionsDatasetFacet 1-0-1 of the
OpenLineage specification (https://openlineage.io/spec).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from simdrift._core import show_config
from simdrift.results.numbers import drawable, quantile_of
from simdrift.results.rows import Result
from simdrift.results.table import ResultTable

_SPEC: Final = "https://openlineage.io/spec/facets"
_METRICS: Final = "DataQualityMetricsInputDatasetFacet"
_ASSERTIONS: Final = "DataQualityAssertionsDatasetFacet"


def facets(results: ResultTable) -> dict[str, dict[str, Any]]:
    """Facets of the newest window: 'dataQualityMetrics', and 'dataQualityAssertions' where rules
    apply. ValueError where the rows are of several datasets."""
    datasets = sorted({head.dataset for head in results.in_use("head")})
    if len(datasets) > 1:
        raise ValueError(
            f"OpenLineage: expected rows of one dataset, found {', '.join(datasets)}: "
            "use results.filter(dataset=...)"
        )
    rows = [row for row in newest_window(results) if not row.segment]
    found = {"dataQualityMetrics": _metrics(rows)}
    judged = [_assertion(row) for row in rows if row.alert is not None]
    if judged:
        found["dataQualityAssertions"] = {**_head(_ASSERTIONS, "1-0-1"), "assertions": judged}
    return found


def newest_window(table: ResultTable) -> list[Result]:
    """The rows of the window that ends last (all rows where none has an end)."""
    ends = [head.window_end for head in table.in_use("head") if head.window_end is not None]
    if not ends:
        return table.rows()
    newest = max(ends)
    last = np.array([head.window_end == newest for head in table.heads], dtype=bool)
    return table.take(last[table.head]).rows()


def _head(name: str, version: str) -> dict[str, Any]:
    return {
        "_producer": f"urn:simdrift:{show_config()['version']}",
        "_schemaURL": f"{_SPEC}/{version}/{name}.json#/$defs/{name}",
    }


def _metrics(rows: Sequence[Result]) -> dict[str, Any]:
    made: dict[str, Any] = _head(_METRICS, "1-0-3")
    columns: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row.value is None or not drawable(row.value) or not row.metric.startswith("quality."):
            continue
        if row.column == "":
            if row.metric == "quality.rows":
                made["rowCount"] = int(row.value)
            continue
        _add(columns.setdefault(row.column, {}), row, row.value)
    for found in columns.values():
        rows_of = found.pop("rows", None)
        if rows_of is not None:
            found["count"] = rows_of - found.get("nullCount", 0)
    made["columnMetrics"] = {name: found for name, found in columns.items() if found}
    return made


def _add(found: dict[str, Any], row: Result, value: float) -> None:
    from simdrift.metrics.registry import record  # loads every metric, and NumPy

    known = record(row.metric)
    if known is not None and known.openlineage:
        counts = known.unit in ("rows", "values")
        found[known.openlineage] = int(value) if counts else value
    elif row.metric == "quality.rows":
        found["rows"] = int(value)
    elif row.metric == "quality.quantile" and (share := quantile_of(row.params)) is not None:
        found.setdefault("quantiles", {})[f"{share:g}"] = value


def _assertion(row: Result) -> dict[str, Any]:
    name = f"{row.metric}({row.params})" if row.params else row.metric
    made: dict[str, Any] = {"assertion": name, "success": not row.alert}
    return {**made, "column": row.column} if row.column else made
