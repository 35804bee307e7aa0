"""Checks that a reference suggests: what holds of it, with room for what is usual."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from simdrift.checks.definition import Check
from simdrift.checks.document import Checks
from simdrift.columns import Refused, as_table
from simdrift.columns.values import Values
from simdrift.schema.infer import of_column
from simdrift.schema.types import Type

ROOM: Final = 0.1
"""Of the range, beyond which a number is no usual new extreme."""
ROWS: Final = 0.5
RARE: Final = 0.01
"""Share of rows that may have a new value of a category."""
LEAST_ROWS: Final = 20
"""Fewer rows say too little of means and ranges."""


def suggest_checks(reference: object) -> Checks:
    """Checks that the rows of a reference pass, with slack: to be saved, read and edited.

    Failures are suggested for what is exact in the reference (no row missing, every key once,
    times that never fall), warnings for what new rows may stretch (ranges, values, means, rows).

    >>> checks = suggest_checks({"id": range(500), "kind": ["a", "b"] * 250})
    >>> [one.name for one in checks if one.severity == "fail"]
    ['not_null', 'unique', 'not_null']
    """
    table = as_table(reference, argument="reference")
    rows = len(table)
    found = [] if rows < LEAST_ROWS else [_of_rows(rows)]
    for name, column in table.whole.items():
        if isinstance(column, Refused):
            found.append(Check("column_exists", name, note=f"a column of {column.type}"))
        else:
            found += _of_column(name, Values(column), rows)
    return Checks(found)


def _of_rows(rows: int) -> Check:
    low, high = math.floor(rows * ROWS), math.ceil(rows / ROWS)
    return Check(
        "row_count", min=low, max=high, severity="warn", note=f"the reference has {rows:,}"
    )


def _of_column(name: str, values: Values, rows: int) -> Iterator[Check]:
    schema = of_column(values.column)
    missing = int(values.missing.sum())
    if not rows or missing == rows:
        yield Check("column_exists", name, note="no row of the reference has a value")
        return
    if missing:
        share = missing / rows
        most = min(1.0, share + 3 * math.sqrt(share * (1 - share) / rows) + RARE)
        note = f"{missing:,} of {rows:,} rows are missing"
        yield Check("max_missing_share", name, share=math.ceil(most * 100) / 100, note=note)
    else:
        yield Check("not_null", name, note="no row is missing")
    if schema.unique:
        yield Check("unique", name, note="every row has a value of its own")
    if schema.values is not None and len(values) >= LEAST_ROWS:
        note = f"{len(schema.values)} values; {RARE:.0%} of the rows may have another"
        own = list(schema.values)
        yield Check("in_set", name, values=own, at_most=RARE, severity="warn", note=note)
    if schema.type.family == "number" and rows - missing >= LEAST_ROWS:
        yield from _of_numbers(name, values, schema.type, is_key=schema.unique)
    if schema.type.family == "time" and rows - missing >= LEAST_ROWS:
        known = values.keys[~values.missing]
        if bool((known[1:] >= known[:-1]).all()) and values.distinct > 1:
            yield Check("increasing", name, note="no row is earlier than the one before")


def _of_numbers(name: str, values: Values, kind: Type, *, is_key: bool) -> Iterator[Check]:
    known = values.numbers[np.isfinite(values.numbers)]
    if not len(known):
        return
    low, high = float(known.min()), float(known.max())
    if is_key:  # keys grow
        if low >= 0:
            yield Check("between", name, min=0, severity="warn", note=f"{low:g} to {high:g}")
        return
    room = ROOM * (high - low)
    least, most = low - room, high + room
    least = max(least, 0.0) if low >= 0 else least
    most = min(most, 0.0) if high <= 0 else most
    limits = {"min": _rounded(least, math.floor, kind), "max": _rounded(most, math.ceil, kind)}
    note = f"{low:g} to {high:g}, with a tenth more on both sides"
    yield Check("between", name, **limits, severity="warn", note=note)
    mean, scale = float(known.mean()), float(known.std())
    if 0 < scale < math.inf:
        limits = {
            "min": _rounded(mean - scale / 2, math.floor),
            "max": _rounded(mean + scale / 2, math.ceil),
        }
        note = f"the mean is {mean:g}, with half a standard deviation on both sides"
        yield Check("mean_between", name, **limits, severity="warn", note=note)


def _rounded(value: float, outwards: Any, kind: Type | None = None) -> float | int:
    """To three digits, outwards; of whole numbers to a whole one."""
    if value == 0.0:
        return 0
    if kind is not None and kind.name == "int64":
        return int(outwards(value))
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 2)
    rounded = float(f"{outwards(value / step) * step:.3g}")
    return rounded if math.isfinite(rounded) else value
