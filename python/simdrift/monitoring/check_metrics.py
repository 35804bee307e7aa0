"""Any metric of the catalogue as a check: its value, and how it varies in a reference."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from simdrift.checks.definition import Check
from simdrift.columns import Table
from simdrift.metrics import custom, quality
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.monitoring.compare import compare
from simdrift.monitoring.evaluate import evaluate

LEAST_WINDOWS: Final = 5
USUAL_WINDOWS: Final = 10
MOST_WINDOWS: Final = 30


class Found(NamedTuple):
    """A metric's value, or why there is none."""

    value: float | None
    status: str
    reason: str = ""


def value_of(check: Check, table: Table, reference: Table | None, roles: Any) -> Found:
    """The metric of all rows of a table; of drift, against the reference."""
    name = check.options["metric"]
    family = name.partition(".")[0]
    if family == "quality":
        return _quality(check, table)
    if family == "drift":
        return _drift(check, table, reference)
    if family in ("performance", "fairness"):
        return _performance(check, table, roles)
    [row] = custom.rows_of(table, Groups.whole(), [name], {}, {})
    found = row.outcomes.at(0)
    return Found(found.value, found.status, found.reason)


def _quality(check: Check, table: Table) -> Found:
    name, q = check.options["metric"], check.options.get("q")
    if check.column is None:
        columns = {n: ColumnGroups(n, c, Groups.whole()) for n, c in table.columns.items()}
        rows = quality.table_statistics(columns, 1)
    else:
        own = ColumnGroups(check.columns[0], table.columns[check.columns[0]], Groups.whole())
        rows = quality.quantile_statistics(own, [q]) if q is not None else []
        rows = rows or quality.column_statistics(own, [name])
    for row in rows:
        if row.metric == name:
            found = row.outcomes.at(0)
            return Found(found.value, found.status, found.reason)
    return Found(None, "not_applicable", f"{name} is not defined for such a column")


def _drift(check: Check, table: Table, reference: Table | None) -> Found:
    if reference is None:
        return Found(
            None,
            "no_reference",
            "drift needs the rows of a reference: sd.check(..., reference=...)",
        )
    name = check.options["metric"]
    names = list(check.columns) or None
    methods = None if name.startswith("drift.dataset") else name
    results = compare(reference, table, columns=names, methods=methods).results
    for row in results.filter(metric=name):
        if row.column == (check.column or ""):
            return Found(row.value, row.status, results.reason(row.column))
    return Found(None, "not_applicable", f"{name} is not defined for such a column")


def _performance(check: Check, table: Table, roles: Any) -> Found:
    if roles is None:
        why = "performance needs the model's columns: sd.check(..., roles=...)"
        return Found(None, "not_applicable", why)
    for row in evaluate(table, roles, metrics="all").results:
        if row.metric == check.options["metric"] and row.column == (check.column or ""):
            return Found(row.value, row.status)
    return Found(None, "not_applicable", "not defined for this model")


def usual_range(
    check: Check, reference: Table, rows: int, roles: Any
) -> tuple[float, float] | None:
    """Mean and `sigmas` standard deviations of the metric over windows of the reference, as wide
    as a new window of so many rows asks for; None where fewer than two have a value.

    The windows are blocks of rows in the reference's order, of as many rows as the current data
    have where there are 5 to 30 of those, else 10. Drift is that of a block from all others.
    """
    wanted = len(reference) // rows if rows else USUAL_WINDOWS
    count = min(wanted, MOST_WINDOWS) if wanted >= LEAST_WINDOWS else USUAL_WINDOWS
    size = rows if wanted >= LEAST_WINDOWS else len(reference) // count
    found = []
    for start in range(0, size * count, max(size, 1)):
        block = reference.slice(start, start + size)
        places = np.concatenate(
            [np.arange(start), np.arange(start + size, len(reference), dtype=np.int64)]
        )
        is_drift = check.options["metric"].startswith("drift.")
        others = reference.take(places) if is_drift else None
        value = value_of(check, block, others, roles).value
        if value is not None:
            found.append(value)
    if len(found) < 2:
        return None
    width = check.options["sigmas"] * float(np.std(found, ddof=1)) * (1 + 1 / len(found)) ** 0.5
    middle = float(np.mean(found))
    return middle - width, middle + width
