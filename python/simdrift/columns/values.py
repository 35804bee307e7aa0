"""The rows of one column as NumPy arrays: which are missing, and what the others are.

For what looks at single rows (schemas, checks); a metric is computed by the core instead.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdrift._core import Categories, Column
from simdrift.columns.times import PER_SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400
_WHOLE = 2.0**53
"""Up to here every whole float64 is one integer."""


class Values:
    """A column's rows. Missing is null or NaN.

    >>> import numpy as np
    >>> from simdrift.columns import as_column
    >>> values = Values(as_column(np.array([1.5, np.nan, 1.5])))
    >>> values.missing, values.repeated
    (array([False,  True, False]), array([ True, False,  True]))
    """

    def __init__(self, column: Column) -> None:
        self.column = column
        self.is_text = column.value_kind == "text"
        self.is_time = column.value_kind == "temporal"

    def __len__(self) -> int:
        return len(self.column)

    @cached_property
    def numbers(self) -> NDArray[np.float64]:
        """(n,) float64, NaN where missing; points in time as seconds since 1970, to 2**-22 s."""
        if not self.is_time:
            return self.column.to_float64()
        values, valid = self.integers
        return np.where(valid, values / self.per_second, np.nan)

    @cached_property
    def integers(self) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """(n,) whole numbers and which of them are there, of integers and points in time."""
        if self.column.kind in ("integer", "temporal"):
            return self.column.to_int64()
        numbers = self.column.to_float64()
        valid = ~np.isnan(numbers)
        return np.where(valid, numbers, 0).astype(np.int64), valid

    @property
    def per_second(self) -> float:
        """Units of a point in time in a second."""
        if "date32" in self.column.type:
            return 1 / _DAY
        return float(PER_SECOND[self.column.unit or "ms"])

    @cached_property
    def codes(self) -> NDArray[np.int32]:
        """(n,) the number of each row's value in `labels`, -1 where missing."""
        return self._coded[0]

    @property
    def labels(self) -> list[str]:
        """Each value once, as text, in the order of first rows."""
        return self._coded[1]

    @cached_property
    def _coded(self) -> tuple[NDArray[np.int32], list[str]]:
        table = Categories(maximum=max(len(self.column), 1))
        codes = table.encode(self.column)
        return codes, table.labels

    @cached_property
    def missing(self) -> NDArray[np.bool_]:
        """(n,) where a row is null or NaN."""
        if self.column.kind == "null":
            return np.ones(len(self.column), bool)
        if self.is_text:
            return np.asarray(self.codes < 0)
        if self.column.kind in ("integer", "temporal"):
            return ~self.integers[1]
        return np.isnan(self.column.to_float64())

    @cached_property
    def keys(self) -> NDArray[Any]:
        """(n,) numbers that are equal exactly where the values are; of missing rows any."""
        if self.column.kind == "null":
            return np.zeros(len(self.column), np.int64)
        if self.is_text:
            return self.codes
        if self.column.kind in ("integer", "temporal"):
            return self.integers[0]
        return self.column.to_float64()

    @cached_property
    def repeated(self) -> NDArray[np.bool_]:
        """(n,) where another row has the same value; missing rows have none."""
        known = ~self.missing
        found = np.zeros(len(self), bool)
        found[known] = repeated(self.keys[known])
        return found

    @cached_property
    def distinct(self) -> int:
        """How many different values there are."""
        return len(np.unique(self.keys[~self.missing]))

    @property
    def all_whole(self) -> bool:
        """Whether every number that is there is a whole one of at most 2**53, and there is one."""
        known = self.numbers[~self.missing]
        return bool(len(known)) and bool((np.abs(known) <= _WHOLE).all() and (known % 1 == 0).all())

    @cached_property
    def resolution(self) -> str | None:
        """The coarsest of 'D', 's', 'ms', 'us' and 'ns' that every point in time is a whole number
        of; None without one."""
        if "date32" in self.column.type:
            return "D" if (~self.missing).any() else None
        values, valid = self.integers
        known = values[valid]
        if not len(known):
            return None
        own = self.column.unit or "ms"
        for unit in ("D", "s", "ms", "us"):
            step = PER_SECOND[own] * _DAY if unit == "D" else PER_SECOND[own] // PER_SECOND[unit]
            if step <= 1 or not (known % step).any():
                return unit
        return own

    def value(self, row: int) -> Any:
        """The value of one row as Python has it; None where it is missing."""
        if self.missing[row]:
            return None
        if self.is_text:
            return self.labels[self.codes[row]]
        if self.is_time:
            return self._time(int(self.integers[0][row]))
        if self.column.value_kind == "boolean":
            return bool(self.numbers[row])
        if self.column.kind == "integer":
            return int(self.integers[0][row])
        number = float(self.numbers[row])
        return int(number) if self.column.value_kind == "integer" else number

    def _time(self, value: int) -> datetime | date | str:
        try:
            if "date32" in self.column.type:
                return _EPOCH.date() + timedelta(days=value)
            micros = value * 1_000_000 // int(self.per_second)
            found = _EPOCH + timedelta(microseconds=micros)
        except OverflowError:  # beyond Python's calendar
            return f"{value} {self.column.unit or 'days'} since 1970"
        return found if "," in self.column.type else found.replace(tzinfo=None)


def repeated(keys: NDArray[Any]) -> NDArray[np.bool_]:
    """(n,) where another entry is equal."""
    if not len(keys):
        return np.zeros(0, bool)
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    same = ordered[1:] == ordered[:-1]
    marked = np.concatenate([[False], same]) | np.concatenate([same, [False]])
    found = np.zeros(len(keys), bool)
    found[order] = marked
    return found


def seconds_of(limit: datetime | date | float) -> float:
    """A point in time as seconds since 1970 (without a zone: UTC); a number as it is.

    >>> seconds_of(date(1970, 1, 2)), seconds_of(1.5)
    (86400.0, 1.5)
    """
    if isinstance(limit, datetime):
        aware = limit if limit.tzinfo is not None else limit.replace(tzinfo=UTC)
        return (aware - _EPOCH).total_seconds()
    if isinstance(limit, date):
        return float((limit - _EPOCH.date()).days * _DAY)
    return float(limit)
