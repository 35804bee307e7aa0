"""Whether a column is constant, rises, names its rows; gaps between its days."""

from __future__ import annotations

from typing import Any

import numpy as np

from simdrift._types import Floats
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.columns import COUNTABLE, ORDERED, TEMPORAL
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.outcomes import OK_CODE, Codes, Rows
from simdrift.metrics.quality.base import (
    ABSENT_STATUSES,
    Statistic,
    absent_codes,
    floats,
    statistic_record,
)
from simdrift.metrics.quality.tables import duplicates_of
from simdrift.metrics.registry import measures

ALMOST_CONSTANT = 0.99
"""The share of a column's rows, missing ones aside, from which one value is almost all of it."""
MOST_DAYS = 1 << 24
"""Days of all groups together of which rows are counted."""
DAY_SECONDS = 86400.0
MOST_COUNTED = 4096
"""So many distinct values the core counts exactly; how many more there are, it estimates."""

_FLAG: dict[str, Any] = {
    "group": "frequent values",
    "bounds": (0.0, 1.0),
    "kinds": COUNTABLE,
    "statuses": ABSENT_STATUSES,
}


def _flag(name: str, title: str, formula: str, **rest: Any) -> Any:
    rest = {**_FLAG, **rest}
    return statistic_record(name, title, rest.pop("group"), formula, **rest)


@measures(
    _flag("constant", "constant", "1 where all rows that are not missing have one value, else 0"),
    _flag(
        "almost_constant",
        "almost constant",
        "1 where one value has 99 % or more of the rows that are not missing, else 0",
    ),
    _flag("unique", "unique", "1 where no value occurs twice, missing ones aside, else 0"),
)
def sameness(column: ColumnGroups) -> list[Statistic]:
    """Whether one value is all, or almost all, and whether no value occurs twice."""
    status = absent_codes(column)
    count, _ = distinct_of(column)
    heaviest = top_rows(column)
    almost = heaviest >= ALMOST_CONSTANT * column.valid
    return [
        Statistic("constant", floats(count == 1), status),
        Statistic("almost_constant", floats(almost), status),
        Statistic("unique", _unique(column, status), status),
    ]


def distinct_of(column: ColumnGroups) -> tuple[Rows, Floats]:
    """(G,) distinct values and the relative standard error of that number (0: exact)."""
    if column.kind == "categorical" and not column.category_counts.overflow.any():
        found = column.category_counts.distinct
        return found, np.zeros(len(found))
    order = column.near.known_order
    if order is not None and order.distinct.max(initial=0) <= MOST_COUNTED:
        return order.distinct, np.zeros(len(column))
    return column.distinct


def top_rows(column: ColumnGroups) -> Any:
    """(G,) rows of the most frequent value; 0 where none has 1 % of them."""
    if column.kind == "categorical":
        return column.most_frequent
    return column.near.top_values[1]


def _unique(column: ColumnGroups, status: Codes) -> Any:
    """Whether as many rows as values are there: by their number where that is exact, by an
    estimate where it is far off, else by comparing rows."""
    if column.kind in ORDERED:
        return floats(column.near.order.distinct == column.valid)
    count, error = distinct_of(column)
    valid = column.valid
    unique = floats(count == valid)
    estimated = (status == OK_CODE) & (error > 0.0)
    far = estimated & (np.abs(count - valid) > 6.0 * error * valid)
    unique[far] = 0.0
    if (estimated & ~far).any():
        repeated, _ = duplicates_of([column])
        nameless = np.maximum(column.missing - 1, 0)
        unique = np.where(estimated & ~far, repeated == nameless, unique)
    return unique


@measures(
    _flag(
        "monotone",
        "monotone",
        "1 where no row is below the one before it, -1 where none is above it, else 0",
        group="order",
        bounds=(-1.0, 1.0),
        kinds=("numeric", "temporal"),
        statuses=(*ABSENT_STATUSES, "constant"),
        reads="profile",
    )
)
def order(column: ColumnGroups) -> list[Statistic]:
    """Whether the rows rise or fall."""
    profile, status = column.profile, absent_codes(column)
    up, down = (np.asarray(profile[name], bool) for name in ("increasing", "decreasing"))
    same = up & down & (status == OK_CODE)
    status = np.where(same, CODES["constant"], status).astype(np.uint8)
    return [Statistic("monotone", floats(up) - floats(down), status)]


@measures(
    statistic_record(
        "gaps",
        "days without rows",
        "order",
        "calendar days (UTC) between the first row and the last on which there is none",
        kinds=(TEMPORAL,),
        unit="days",
        bounds=(0.0, None),
        better="lower",
        statuses=ABSENT_STATUSES,
    )
)
def days(column: ColumnGroups) -> list[Statistic]:
    """Days without rows, of a column of times."""
    status, seconds = absent_codes(column), column.whole.unit_seconds
    value = np.full(len(column), np.nan)
    known = (status == OK_CODE) & np.isfinite(floats(column.profile["min"]))
    if known.any() and column.whole.resolution is not None:
        day = DAY_SECONDS / seconds
        first = np.floor(floats(column.profile["min"])[known].min() / day)
        last = np.floor(floats(column.profile["max"])[known].max() / day)
        if last - first >= 0 and (last - first + 1) * len(column) <= MOST_DAYS:
            cuts = np.arange(first, last + 2) * day
            has_rows = column.count_bins(cuts)[:, 1:-1] > 0
            value = np.where(known, _between(has_rows), np.nan)
    lost = np.isnan(value) & (status == OK_CODE)
    status = np.where(lost, CODES["not_applicable"], status).astype(np.uint8)
    return [Statistic("gaps", value, status)]


def _between(has_rows: Any) -> Any:
    """(G,) days without rows behind the first with some and before the last."""
    began = np.logical_or.accumulate(has_rows, axis=1)
    goes_on = np.logical_or.accumulate(has_rows[:, ::-1], axis=1)[:, ::-1]
    return floats(np.count_nonzero(began & goes_on & ~has_rows, axis=1))
