"""`schema.*`: how the columns of a table differ from what a schema says, as rows.

A difference is a row of its column in the windows that have it: it alerts, unless the schema says
that it only warns. `schema.changes` is there in every window.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from simdrift.catalogue.metric import Metric
from simdrift.metrics.columns import TABLE
from simdrift.metrics.decide import Decided
from simdrift.metrics.names import ColumnKey
from simdrift.metrics.outcomes import OK_CODE, Outcomes
from simdrift.metrics.registry import measures

_ANY: Final = ("numeric", "categorical", "temporal", "null", "text")


class Difference(NamedTuple):
    """One way in which a column, or (None) the order of all, is not as the schema says."""

    kind: str
    """'added', 'removed', ...: the metric without its family."""
    column: str | None
    words: str
    value: float = 1.0
    """Rows that are not as they should be, or 1; of 'reordered' columns."""
    params: str = ""
    """From what to what: 'int64 -> utf8'."""
    alerts: bool = True
    rows: int = 0
    """Rows that were looked at."""


def _record(name: str, title: str, formula: str, **rest: Any) -> Metric:
    fields: dict[str, Any] = {
        "unit": "",
        "kinds": _ANY,
        "better": "lower",
        "bounds": (0.0, None),
        "source": "simdrift",
        "needs_values": False,
        "weights": False,
        **rest,
    }
    return Metric(
        name=f"schema.{name}", title=title, group="differences", formula=formula, **fields
    )


RECORDS: Final = (
    _record(
        "changes",
        "differences from the schema",
        "number of differences",
        unit="differences",
        kinds=(TABLE,),
    ),
    _record("added", "column added", "1: the schema has no such column"),
    _record("removed", "column removed", "1: the data have no such column"),
    _record("renamed", "column looks renamed", "1: a new column has a like name, type and values"),
    _record(
        "reordered",
        "columns reordered",
        "columns to move for the schema's order",
        unit="columns",
        kinds=(TABLE,),
    ),
    _record("retyped", "type changed", "1: the values are of another type"),
    _record("precision", "precision changed", "1: fewer digits, or another unit of time"),
    _record("time_zone", "time zone changed", "1: the times are of another zone"),
    _record("nullability", "missing rows", "rows that are missing and may not be", unit="rows"),
    _record("uniqueness", "repeated values", "rows whose value is not theirs alone", unit="rows"),
    _record("domain", "values outside of the domain", "rows with another value", unit="rows"),
    _record("range", "values out of range", "rows below the least or above the most", unit="rows"),
)
KINDS: Final = tuple(record.short for record in RECORDS[1:])
"""What a difference can be."""


@measures(*RECORDS)
def schema_rows(found: Sequence[Sequence[Difference]], rows: Sequence[int]) -> list[Decided]:
    """The rows of windows with these differences, of so many rows each."""
    windows = len(found)
    number = np.array([len(own) for own in found], float)
    changes = _outcomes(windows, number, np.array(rows, np.int64))
    decided = [Decided(None, "schema.changes", "", changes)]
    places: dict[tuple[str, str | None, str], dict[int, Difference]] = {}
    for window, own in enumerate(found):
        for one in own:
            places.setdefault((one.kind, one.column, one.params), {})[window] = one
    for key, of_windows in places.items():
        decided.append(_decided(*key, of_windows, windows))
    return decided


def _decided(
    kind: str,
    column: ColumnKey,
    params: str,
    places: dict[int, Difference],
    windows: int,
) -> Decided:
    value, rows = np.zeros(windows), np.zeros(windows, np.int64)
    alert, present = np.full(windows, -1, np.int8), np.zeros(windows, bool)
    for window, one in places.items():
        value[window], rows[window], present[window] = one.value, one.rows, True
        alert[window] = one.alerts
    outcomes = _outcomes(windows, value, rows)
    outcomes.reasons = {window: one.words for window, one in places.items()}
    return Decided(column, f"schema.{kind}", params, outcomes, None, 0.0, alert, present)


def _outcomes(windows: int, value: Any, rows: Any) -> Outcomes:
    return Outcomes(value, np.full(windows, OK_CODE, np.uint8), n_current=rows)
