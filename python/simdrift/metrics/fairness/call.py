"""One metric of fairness of array-likes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from simdrift.columns import as_column, as_table
from simdrift.metrics.columns import CurrentColumn
from simdrift.metrics.evaluate import attempt
from simdrift.metrics.fairness.coding import sensitive_groups
from simdrift.metrics.fairness.measures import (
    AGGREGATES,
    METHODS,
    Options,
    min_rows_of,
    one_of,
)
from simdrift.metrics.fairness.table import SensitiveTable, Unavailable
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.outcomes import Outcomes
from simdrift.metrics.performance.predictions import Lacking, Settings, arrays
from simdrift.metrics.performance.scoring import PerformanceResult
from simdrift.metrics.registry import function_of
from simdrift.metrics.values import Outcome


def options_of(method: str, min_rows: int, agg: str = "worst_case") -> Options:
    """How groups are compared; ValueError or TypeError by name."""
    return Options(
        one_of("method", METHODS)(method), min_rows_of(min_rows), one_of("agg", AGGREGATES)(agg)
    )


def table_of(
    target: object,
    prediction: object,
    sensitive: object,
    sample_weight: object,
    pos_label: Any,
    threads: int | None,
) -> SensitiveTable | Lacking:
    """Array-likes as a table of one group of rows; ValueError where lengths differ."""
    predictions = arrays(
        target=target,
        prediction=prediction,
        sample_weight=sample_weight,
        threads=threads,
        settings=Settings(positive=pos_label),
    )
    columns = {
        name: ColumnGroups.of(CurrentColumn(name, column, threads=threads))
        for name, column in _sensitive_columns(sensitive).items()
    }
    rows = predictions.first.whole.rows
    for name, column in columns.items():
        if column.whole.rows != rows:
            raise ValueError(
                f"sensitive: expected {rows} values in {name!r}, as many as rows, found "
                f"{column.whole.rows}"
            )
    groups = sensitive_groups(columns, threads)
    return groups if isinstance(groups, Lacking) else SensitiveTable(predictions, groups)


def _sensitive_columns(sensitive: object) -> dict[str, Any]:
    """Columns by name, of an array, of several, or of a frame."""
    if isinstance(sensitive, Mapping):
        return {
            str(name): as_column(own, name=f"sensitive[{name!r}]")
            for name, own in sensitive.items()
        }
    if isinstance(sensitive, np.ndarray) and sensitive.ndim == 2:
        columns = enumerate(sensitive.T)
        return {str(at): as_column(own, name=f"sensitive[:, {at}]") for at, own in columns}
    if hasattr(sensitive, "columns") or hasattr(sensitive, "column_names"):
        return dict(as_table(sensitive, argument="sensitive").columns)
    return {"sensitive": as_column(sensitive, name="sensitive")}


def measured(
    name: str, table: SensitiveTable | Lacking, options: Options
) -> Outcome | Mapping[str, Outcomes]:
    """One metric of one group of rows: its outcome, or those of the sensitive groups."""
    if isinstance(table, Lacking):
        return Outcome(None, table.status, reason=table.reason)

    def compute() -> Any:
        try:
            return function_of(f"fairness.{name}")(table, options)
        except Unavailable as error:
            return Outcome(None, error.lacking.status, reason=error.lacking.reason)

    found: Any = attempt(f"fairness.{name}", "", compute)
    return found.at(0) if isinstance(found, Outcomes) else found


def result(
    name: str,
    target: object,
    prediction: object,
    sensitive: object,
    options: Options,
    sample_weight: object,
    pos_label: Any,
    threads: int | None,
) -> PerformanceResult:
    """One metric of array-likes: what the public functions return."""
    table = table_of(target, prediction, sensitive, sample_weight, pos_label, threads)
    found = measured(name, table, options)
    assert isinstance(found, Outcome)
    return PerformanceResult(
        f"fairness.{name}",
        found.value,
        found.ci_low,
        found.ci_high,
        found.status,
        int(found.n_current or 0),
        found.reason,
    )
