"""Times of one meaning in one unit: durations are numbers of seconds, and two columns of points in
time are read in the coarser of their units."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from simdrift._core import Column, columns_from_arrow

PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
DAY = "D"
_PER_DAY = {DAY: 1} | {unit: 86_400 * count for unit, count in PER_SECOND.items()}
_ORDER = tuple(_PER_DAY)
_LEAST = -(2**63)
Other = TypeVar("Other")


def in_seconds(column: Column | Other) -> Column | Other:
    """A column of durations as numbers of seconds, of the same type's name; others as they are.

    >>> in_seconds(Column.from_numpy(np.array([1500, "NaT"], "timedelta64[ms]"))).to_float64()
    array([1.5, nan])
    """
    if not isinstance(column, Column) or column.kind != "temporal":
        return column
    if not column.type.startswith("duration"):
        return column
    values, valid = column.to_int64()
    seconds = values / PER_SECOND[column.unit or "s"]
    return Column.from_numpy(seconds, None if valid.all() else ~valid, type=column.type)


def resolution(type_name: str, unit: str | None) -> str:
    """What the points in time of a type say: 'D' (date32, date64), 's', 'ms', 'us' or 'ns'."""
    return DAY if "date" in type_name else unit or "ms"


def coarser(one: str, other: str) -> str:
    """Of two resolutions the one that both can say.

    >>> coarser("us", "ns"), coarser("s", "D")
    ('us', 'D')
    """
    return min(one, other, key=_ORDER.index)


def counted_in(column: Column, unit: str) -> Column:
    """Points in time as whole units since 1970, rounded down: a timestamp, in days a date32. In a
    finer unit, the ends of int64 stand for what lies beyond."""
    values, valid = column.to_int64()
    own = DAY if "date32" in column.type else column.unit or "ms"
    before, after = (_PER_DAY[one] for one in (own, unit))
    if after <= before:
        values = values // (before // after)
    else:
        step = after // before
        values = np.clip(values, _LEAST // step + 1, -(_LEAST // step + 1)) * step
    values = np.where(valid, values, 0)
    missing = None if valid.all() else ~valid
    if unit == DAY:
        return column_of_dates(values, missing)
    return Column.from_numpy(
        values.view(f"datetime64[{unit}]"), missing, type=_renamed(column, unit)
    )


def column_of_dates(
    values: NDArray[Any], missing: NDArray[np.bool_] | None = None, *, days: bool = True
) -> Column:
    """Days since 1970 as date32, or milliseconds as date64: NumPy has dates of days only as a type
    that is converted."""
    import pyarrow as pa

    width, dates = (np.int32, pa.date32()) if days else (np.int64, pa.date64())
    array = pa.array(values.astype(width), mask=missing).view(dates)
    [(_, _, column)] = columns_from_arrow(array)
    if not isinstance(column, Column):
        raise column
    return column


def _renamed(column: Column, unit: str) -> str:
    """The type's name with another unit, its zone kept."""
    _, comma, zone = column.type.partition(", ")
    return f"timestamp[{unit}{comma}{zone}" if comma else f"timestamp[{unit}]"
