"""What a table's columns are, read off its values."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import numpy as np

from simdrift._core import Column
from simdrift.columns import Refused, Table
from simdrift.columns.values import Values
from simdrift.schema.document import ColumnSchema
from simdrift.schema.types import Type, type_of

MOST_CATEGORIES: Final = 50
"""A text of more different values is no category."""
LEAST_ROWS_OF_A_KEY: Final = 100
"""Of fewer rows, different values are no sign of a key."""
_LARGEST: Final = 2**63 - 1
QUARTERS: Final = (0.25, 0.5, 0.75)


def columns_of(table: Table, *, ranges: bool = False) -> dict[str, ColumnSchema]:
    """The schema of each column, in order."""
    return {name: of_column(column, ranges=ranges) for name, column in table.whole.items()}


def of_column(column: Column | Refused, *, ranges: bool = False) -> ColumnSchema:
    """The schema of one column; of one that is not read its type, and whether rows are missing."""
    if isinstance(column, Refused):
        present = column.present
        nullable = present is None or present.null_count > 0
        return ColumnSchema(Type.parse(column.type), nullable=nullable)
    values = Values(column)
    kind = type_of(values)
    least, most = _ends(values, kind) if ranges else (None, None)
    return ColumnSchema(
        kind,
        nullable=bool(values.missing.any()) or not len(values),
        unique=_is_key(values, kind),
        values=domain_of(values, kind),
        min=least,
        max=most,
        quartiles=quartiles_of(values, kind),
    )


def _is_key(values: Values, kind: Type) -> bool:
    """Whether every row has a value of its own: of text and integers alone."""
    if kind.name not in ("int64", "string") or len(values) < LEAST_ROWS_OF_A_KEY:
        return False
    return not values.missing.any() and values.distinct == len(values)


def domain_of(values: Values, kind: Type) -> tuple[str, ...] | None:
    """The values of a category, sorted: a text of few, each of them there twice; of one that was
    met once others are to be expected. None of anything else."""
    if kind.name != "string":
        return None
    counts = np.bincount(values.codes[values.codes >= 0], minlength=len(values.labels))
    there = counts > 0
    if not 0 < there.sum() <= MOST_CATEGORIES or (counts[there] < 2).any():
        return None
    return tuple(sorted(np.array(values.labels, object)[there]))


def _ends(values: Values, kind: Type) -> tuple[Any, Any]:
    """The least and the most of finite numbers and of times."""
    if kind.family not in ("number", "time"):
        return None, None
    finite = np.isfinite(values.numbers)
    if not finite.any():
        return None, None
    least = int(np.argmin(np.where(finite, values.numbers, np.inf)))
    most = int(np.argmax(np.where(finite, values.numbers, -np.inf)))
    return _plain(values.value(least), kind), _plain(values.value(most), kind)


def _plain(value: Any, kind: Type) -> Any:
    """A value as a person writes it: whole numbers without a point, midnights as dates; None of
    what TOML can't hold."""
    if isinstance(value, datetime):
        return value.date() if kind.name == "date32" else value
    if isinstance(value, float) and kind.name == "int64":
        value = int(value)
    if isinstance(value, int) and not -_LARGEST <= value <= _LARGEST:
        return float(value)
    return None if isinstance(value, str) else value


def quartiles_of(values: Values, kind: Type) -> tuple[float, float, float] | None:
    """Of finite numbers, to 6 digits: what a renamed column is known again by."""
    if kind.family != "number":
        return None
    known = values.numbers[np.isfinite(values.numbers)]
    if not len(known):
        return None
    low, middle, high = (float(f"{one:.6g}") for one in np.quantile(known, QUARTERS))
    return low, middle, high
