"""Columns whose values are compared by their labels, and dates as labels.

A label is text that says what a value is equal to. Times and dates are labelled in ISO 8601, in
the column's zone, at the precision that they need: midnight is a date, whatever the unit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdrift._core import Categories, Column, columns_from_arrow
from simdrift.columns.dictionary import MOST_LABELS, texts

MIXED = "mixed"
"""The type of a column of labels, as reports show it."""


def are_labels(type_name: str) -> bool:
    """Whether a column of this type holds labels of values of any kinds."""
    return MIXED in type_name


def dated(column: Column, threads: int | None = None) -> Column:
    """A column of times or dates, or a dictionary of them, as a dictionary of their labels; any
    other column, and one of more than MOST_LABELS different times, as it is.

    >>> days = np.array(["2024-01-01", "2024-01-02T10:30", "NaT"], "datetime64[us]")
    >>> dated(Column.from_numpy(days)).to_text()
    ['2024-01-01', '2024-01-02T10:30:00', None]
    """
    if column.value_kind != "temporal" or "duration" in column.type:
        return column
    table = Categories(maximum=MOST_LABELS)
    codes = table.encode(column, threads=threads)
    if table.overflow:
        return column
    labels = labels_of_times(np.array(table.labels, dtype=np.int64), column.type, column.unit)
    return dictionary_column(codes, labels)


def dictionary_column(codes: NDArray[Any], labels: list[str], type: str | None = None) -> Column:
    """Places in the labels, below 0 where a row is missing, as a dictionary; equal labels are one
    category. `type`: the name to show."""
    import pyarrow as pa

    unique = list(dict.fromkeys(labels))
    if len(unique) < len(labels):
        place = {label: code for code, label in enumerate(unique)}
        codes = np.array([*(place[label] for label in labels), -1])[codes]
    valid = pa.py_buffer(np.packbits(codes >= 0, bitorder="little"))
    indices = pa.py_buffer(np.ascontiguousarray(np.maximum(codes, 0), np.int32))
    array = pa.Array.from_buffers(pa.int32(), len(codes), [valid, indices])
    made: Any = columns_from_arrow(pa.DictionaryArray.from_arrays(array, texts(unique)))
    if not isinstance(made[0][2], Column):
        raise made[0][2]
    return made[0][2] if type is None else made[0][2].named(type)


def labels_of_times(values: NDArray[np.int64], type_name: str, unit: str | None) -> list[str]:
    """ISO 8601 of times since 1970 in their unit, of aware ones in their zone."""
    if "date32" in type_name:
        return [str(text) for text in values.astype("datetime64[D]")]
    times = _local(values, unit or "ms", _zone_of(type_name)).view(f"datetime64[{unit or 'ms'}]")
    return [_shortest(str(text)) for text in times]


def _shortest(text: str) -> str:
    """Without a time of midnight, and without zeros behind the seconds."""
    if "." in text:
        text = text.rstrip("0").removesuffix(".")
    return text.removesuffix("T00:00:00")


def _zone_of(type_name: str) -> str | None:
    """The zone of 'timestamp[us, Europe/Berlin]', None without one."""
    _, comma, zone = type_name.partition(", ")
    zone = zone.partition("]")[0]
    return zone if comma and "timestamp[" in type_name and zone else None


def _local(values: NDArray[np.int64], unit: str, zone: str | None) -> NDArray[np.int64]:
    """What the zone's clock shows; UTC where the zone is not known here."""
    if zone is None or zone == "UTC":
        return values
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        aware = pa.array(values).view(pa.timestamp(unit, zone))
        local = pc.call_function("local_timestamp", [aware])
    except pa.ArrowException:
        return values
    return np.asarray(local.view(pa.int64()))
