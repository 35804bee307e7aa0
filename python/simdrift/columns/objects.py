"""Python objects as columns: what a column is, is decided by all of its values, never by the first.

None, NaN, pandas' NA and NaT are missing, whatever stands next to them. Text, booleans, numbers
(decimals too) and times are columns of that type; durations and times of day are numbers of
seconds. Scalars of several kinds (text and integers), and those that are only equal or not
(intervals, periods, UUIDs), are compared by their labels. Whatever else (lists, dicts, bytes) is
refused, but which rows are missing is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from itertools import compress
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from simdrift._core import Column, columns_from_arrow, missing_items
from simdrift._errors import InvalidColumn, UnsupportedColumn
from simdrift.columns.labels import MIXED

_BOOLEANS = (bool, np.bool_)
_NUMBERS = (int, float, np.number, np.bool_, Decimal)
_FLOATS = (float, np.floating)
_TIMES = (date, np.datetime64)
_DURATIONS = (timedelta, np.timedelta64)
_LABELLED = (str, *_NUMBERS, *_TIMES, *_DURATIONS, time, UUID, Enum)
_LABELLED_NAMES = frozenset({"Interval", "Period"})
"""Of pandas."""


def column_of_objects(values: Any, name: str, mask: NDArray[np.bool_] | None = None) -> Column:
    """A column of Python objects. UnsupportedColumn: of a kind that is not computed on;
    InvalidColumn: text that can't be UTF-8."""
    items = values.tolist() if isinstance(values, np.ndarray) else list(values)
    if mask is not None:
        items = [None if hidden else item for item, hidden in zip(items, mask, strict=True)]
    try:
        if isinstance(next(iter(items), None), str):
            return Column.from_text(items)  # the commonest, in one pass of the core
    except UnsupportedColumn:  # a mixture
        pass
    except UnicodeEncodeError as error:
        raise InvalidColumn(f"column {name!r}: expected text, found {error}") from None
    return _column_of_kinds(items, name)


def _column_of_kinds(items: list[Any], name: str) -> Column:
    missing = missing_items(items)
    kinds = set(map(type, _known(items, missing)))
    if not kinds:
        return _column_by_arrow([None] * len(items), missing, name)
    if _are(kinds, str):
        return _column_of_text(items, name)
    if _are(kinds, _NUMBERS):
        return _column_of_numbers(items, missing, kinds, name)
    if _are(kinds, _TIMES):
        return _column_of_times(items, missing, kinds, name)
    if _are(kinds, _DURATIONS) or kinds == {time}:
        return _column_by_arrow(items, missing, name)
    if all(issubclass(k, _LABELLED) or k.__name__ in _LABELLED_NAMES for k in kinds):
        return column_of_labels(items, missing)
    return _column_by_arrow(items, missing, name)


def _are(kinds: set[type], expected: Any) -> bool:
    return all(issubclass(kind, expected) for kind in kinds)


def _column_of_text(items: list[Any], name: str) -> Column:
    try:
        return Column.from_text(items)
    except UnicodeEncodeError as error:
        raise InvalidColumn(f"column {name!r}: expected text, found {error}") from None


def _column_of_numbers(
    items: list[Any], missing: NDArray[np.bool_], kinds: set[type], name: str
) -> Column:
    if _are(kinds, Decimal) and all(one.is_finite() for one in _known(items, missing)):
        return _column_by_arrow(items, missing, name)
    gone = missing.tolist()
    if any(issubclass(kind, Decimal) for kind in kinds):
        items = [0.0 if lost else float(one) for one, lost in zip(items, gone, strict=True)]
    elif missing.any():
        fill: Any = False if _are(kinds, _BOOLEANS) else 0
        if any(issubclass(kind, _FLOATS) for kind in kinds):  # NaN stays NaN
            fill = np.nan
            places = np.flatnonzero(missing)
            missing[places] = [not isinstance(items[place], _FLOATS) for place in places.tolist()]
        items = [fill if lost else one for one, lost in zip(items, gone, strict=True)]
    try:
        array = np.array(items)
    except OverflowError:
        array = np.array(items, object)
    if array.dtype.kind not in "iufb":
        raise UnsupportedColumn(f"column {name!r}: expected integers of at most 64 bits")
    return Column.from_numpy(array, missing)


def _known(items: list[Any], missing: NDArray[np.bool_]) -> Iterable[Any]:
    """The items that are not missing."""
    return compress(items, (~missing).tolist())


def _column_of_times(
    items: list[Any], missing: NDArray[np.bool_], kinds: set[type], name: str
) -> Column:
    """Dates alone are dates; with times among them, midnights."""
    if len(kinds) > 1 and date in kinds:
        items = [
            datetime(item.year, item.month, item.day) if type(item) is date else item
            for item in items
        ]
    return _column_by_arrow(items, missing, name)


def _column_by_arrow(items: list[Any], missing: NDArray[np.bool_], name: str) -> Column:
    """Times, durations, and whatever Arrow has a type for, which is then refused by name."""
    import pyarrow as pa

    values = [None if gone else item for item, gone in zip(items, missing.tolist(), strict=True)]
    try:
        array: Any = pa.array(values, from_pandas=True) if values else pa.nulls(0)
        [(_, _, column)] = columns_from_arrow(pa.table({"": array}))  # a struct is one column, too
        column = named(column, name)
    except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
        kinds = sorted({type(item).__name__ for item in values} - {"NoneType"})
        column = UnsupportedColumn(
            f"column {name!r}: expected values of one kind (numbers, text, booleans or "
            f"times), found a mixture of {', '.join(kinds)}: {str(error).splitlines()[0]}"
        )
    if isinstance(column, Column):
        return column
    if getattr(column, "present", None) is None:
        column.present = Column.from_numpy(np.ones(len(items), bool), missing)
    raise column from None


def named(column: Any, name: str) -> Any:
    """A column; or what refused it, with the column's name in the message."""
    if isinstance(column, Column):
        return column
    problem = type(column)(str(column).replace("column ''", f"column {name!r}", 1))
    problem.present = getattr(column, "present", None)
    return problem


def column_of_labels(items: Sequence[Any], missing: NDArray[np.bool_] | None = None) -> Column:
    """Scalars of any kinds as their labels: text that says what they are equal to."""
    gone = missing_items(list(items)) if missing is None else missing
    texts: list[Any] = [
        None if lost else label_of(item) for item, lost in zip(items, gone.tolist(), strict=True)
    ]
    return Column.from_text(texts, type=MIXED)


def label_of(value: Any) -> str:
    """The label of a value: of numbers and booleans the core's own, dates in ISO 8601.

    >>> [label_of(one) for one in ("a", 1, 1.0, 0.5, True, date(2024, 1, 1))]
    ['a', '1', '1', '0.5', 'true', '2024-01-01']
    """
    if isinstance(value, str):
        return str(value)
    label = next((of for kinds, of in _LABELS if isinstance(value, kinds)), str)
    return label(value)


def _label_of_number(value: Any) -> str:
    number = float(value)
    if number.is_integer() and abs(number) <= 2**53:
        return str(int(number))
    return repr(number)


def _label_of_time(value: datetime) -> str:
    midnight = value.time() == time(0)
    return (value.date() if midnight else value).isoformat()


_LABELS: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (_BOOLEANS, lambda value: "true" if value else "false"),
    ((int, np.integer), lambda value: str(int(value))),
    ((float, np.floating, Decimal), _label_of_number),
    (datetime, _label_of_time),
    ((date, time), lambda value: value.isoformat()),
    (np.datetime64, lambda value: str(value).removesuffix("T00:00:00")),
    (Enum, lambda value: label_of(value.value)),
)
