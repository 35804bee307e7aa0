"""Tables of several files as one: a column of one meaning has one type, whatever each file has.

| the files have | the column is |
|---|---|
| integers of any width | int64, uint64 where all are unsigned |
| integers and floats, decimals of different kinds | float64; int64 where integers beyond 2^53 are
  among them and all others are whole |
| null (a file without a value) and any type | that type |
| points in time of different units, dates among them | timestamps: of seconds to microseconds the
  finest, with nanoseconds among others microseconds; in the first zone that one has |
| durations of different units | likewise |
| text, large text, text views, dictionaries of text | large text |

Rows of a file that has the column as anything else, or not at all, are null, and marked: windows
with rows of another type have the status 'type_changed', windows of nothing but rows without the
column 'missing_column'. The type is that of the first file that has one. Integers that float64
does not hold, in a file among others with fractions, are rows of another type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

LARGEST_EXACT = 2**53
ABSENT, RETYPED = 1, 2
"""Marks of rows: the file has no such column; it has it as another type."""


class Gap(NamedTuple):
    """The marks of a column's rows, 0 where it is as it should be, and why, in words."""

    marks: NDArray[np.uint8]
    reason: str

    def rows(self, chosen: Any) -> Gap:
        """The marks of some rows: a slice or places."""
        return Gap(self.marks[chosen], self.reason)

    @property
    def is_retyped(self) -> bool:
        """Whether some row is of another type."""
        return bool((self.marks == RETYPED).any())


def unified(
    tables: Sequence[Any], names: Sequence[str], labels: Sequence[str]
) -> tuple[Any, dict[str, Gap]]:
    """The rows of all tables under these names, and the marks of the columns that have some;
    `labels` name the tables in messages."""
    import pyarrow as pa

    columns, gaps = [], {}
    for name in names:
        own = [table.column(name) if name in table.column_names else None for table in tables]
        kind = _exact(_common([column.type for column in own if column is not None]), own)
        parts, marks = [], np.zeros(len(tables), np.uint8)
        for place, (column, table) in enumerate(zip(own, tables, strict=True)):
            cast = None if column is None else _cast(column, kind)
            marks[place] = ABSENT if column is None else 0 if cast is not None else RETYPED
            parts.append(pa.nulls(table.num_rows, kind) if cast is None else cast)
        columns.append(_joined(parts, kind))
        if marks.any():
            rows = np.repeat(marks, [table.num_rows for table in tables])
            gaps[name] = Gap(rows, _reason(name, own, labels))
    if not names:
        return None, gaps
    return pa.Table.from_arrays(columns, list(names)), gaps


def _joined(parts: Sequence[Any], kind: Any) -> Any:
    import pyarrow as pa

    chunks = [c for part in parts for c in (part.chunks if hasattr(part, "chunks") else [part])]
    return pa.chunked_array(chunks, kind)


def _reason(name: str, columns: Sequence[Any], labels: Sequence[str]) -> str:
    first: dict[str, str] = {}
    for column, label in zip(columns, labels, strict=True):
        kind = "absent" if column is None else str(column.type)
        if column is not None and _is_beyond(column):
            kind += " beyond 2^53"
        first.setdefault(kind, label)
    return f"column {name!r} is " + ", ".join(f"{kind} in {at}" for kind, at in first.items())


def _common(kinds: Sequence[Any]) -> Any:
    """The one type of a column that has these types, in their order."""
    import pyarrow as pa

    known = [kind for kind in dict.fromkeys(kinds) if not pa.types.is_null(kind)]
    if not known:
        return pa.null()
    family = family_of(known[0])
    own = [kind for kind in known if family_of(kind) == family]
    return own[0] if len(own) == 1 else _COMMON[family](own)


def family_of(kind: Any) -> str:
    """What the values of an Arrow type are, whatever their width or unit."""
    from pyarrow import types

    if types.is_dictionary(kind):
        return family_of(kind.value_type)
    for family, tests in _FAMILIES.items():
        if any(getattr(types, test)(kind) for test in tests):
            return family
    return str(kind)


_FAMILIES = {
    "number": ("is_integer", "is_floating", "is_decimal"),
    "text": ("is_string", "is_large_string", "is_string_view"),
    "time": ("is_timestamp", "is_date"),
    "duration": ("is_duration",),
}


def _number(kinds: Sequence[Any]) -> Any:
    import pyarrow as pa

    if all(map(pa.types.is_unsigned_integer, kinds)):
        return pa.uint64()
    whole = all(map(pa.types.is_integer, kinds)) and pa.uint64() not in kinds
    return pa.int64() if whole else pa.float64()


def _exact(kind: Any, columns: Sequence[Any]) -> Any:
    """int64 instead of float64 where that would round integers of the columns and none of them
    has fractions; else the type itself."""
    import pyarrow as pa

    own = [column for column in columns if column is not None]
    if kind != pa.float64() or not any(map(_is_beyond, own)):
        return kind
    return pa.int64() if all(_cast(column, pa.int64()) is not None for column in own) else kind


def _is_beyond(column: Any) -> bool:
    """Whether it has integers that float64 does not hold: beyond 2^53."""
    import pyarrow as pa
    from pyarrow import compute

    if pa.types.is_dictionary(column.type) or not pa.types.is_integer(column.type):
        return False
    ends = compute.min_max(column)
    low, high = ends["min"].as_py(), ends["max"].as_py()
    return low is not None and max(-low, high) > LARGEST_EXACT


def _whole(column: Any) -> Any:
    """A column of numbers as int64, NaN as null; pyarrow.ArrowException where one is no such."""
    import pyarrow as pa
    from pyarrow import compute

    if pa.types.is_floating(column.type):
        column = compute.if_else(compute.is_nan(column), None, column)
    return column.cast(pa.int64())


def _time(kinds: Sequence[Any]) -> Any:
    import pyarrow as pa

    times = [kind for kind in kinds if pa.types.is_timestamp(kind)]
    if not times:
        return pa.date32()
    return pa.timestamp(_unit(times), next((one.tz for one in times if one.tz), None))


def _unit(kinds: Sequence[Any]) -> str:
    units = {kind.unit for kind in kinds}
    if units == {"ns"}:
        return "ns"
    return "us" if "ns" in units else max(units, key=("s", "ms", "us").index)


def _duration(kinds: Sequence[Any]) -> Any:
    import pyarrow as pa

    return pa.duration(_unit(kinds))


def _text(kinds: Sequence[Any]) -> Any:
    import pyarrow as pa

    return pa.large_string()


_COMMON: Mapping[str, Any] = {
    "number": _number,
    "time": _time,
    "duration": _duration,
    "text": _text,
}


def _cast(column: Any, kind: Any) -> Any:
    """The column as this type; None where it is of another meaning."""
    import pyarrow as pa

    if column.type == kind:
        return column
    if not pa.types.is_null(column.type) and family_of(column.type) != family_of(kind):
        return None
    try:
        if pa.types.is_null(column.type):
            return pa.nulls(len(column), kind)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if kind == pa.float64() and _is_beyond(column):
            return None
        if kind == pa.int64() and not pa.types.is_integer(column.type):
            return _whole(column)
        return column.cast(kind, safe=kind == pa.int64())
    except pa.ArrowException:
        return None
