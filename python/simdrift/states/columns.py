"""The state of one column: numbers, or labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from simdrift import _core
from simdrift._errors import InputError, UnsupportedColumn
from simdrift.columns import Refused
from simdrift.states.buckets import Buckets, truncated
from simdrift.states.powers import Powers

NUMBERS, LABELS, NULL = "numbers", "labels", "null"
COUNTS = ("rows", "nulls", "nan", "pos_inf", "neg_inf", "zeros", "negatives", "finite")
MOST_LABELS = 1_000_000
_NUMERIC = ("boolean", "integer", "float", "temporal")


@dataclass
class NullState:
    """Rows without a value of any type, which go together with those of any other."""

    kind: ClassVar[str] = NULL
    rows: int = 0

    @property
    def missing(self) -> int:
        """Rows without a value."""
        return self.rows

    def merged(self, others: Sequence[NullState]) -> NullState:
        """The rows of all."""
        return NullState(self.rows + sum(other.rows for other in others))


@dataclass
class NumberState:
    """Counts, extremes, exact sums of powers, and counts by bucket. `unit`: of times, else ''."""

    kind: ClassVar[str] = NUMBERS
    unit: str = ""
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    low: float | int | None = None
    high: float | int | None = None
    powers: Powers = field(default_factory=Powers)
    buckets: Buckets = field(default_factory=lambda: Buckets.of(np.zeros(0)))

    @classmethod
    def of(cls, column: _core.Column, threads: int | None = None) -> NumberState:
        """The state of a column of numbers, booleans or times."""
        found: dict[str, Any] = dict(_core.profile(column, threads))
        finite = int(found["finite"])
        made = cls(column.unit or "", {name: int(found[name]) for name in COUNTS})
        if finite + found["pos_inf"] + found["neg_inf"]:
            made.low, made.high = found["min"], found["max"]
        made.powers = Powers.of(column, finite, threads)
        made.buckets = Buckets.of(_finite(column))
        return made

    @property
    def rows(self) -> int:
        """All rows, missing ones too."""
        return self.counts["rows"]

    @property
    def missing(self) -> int:
        """Rows that are null or NaN."""
        return self.counts["nulls"] + self.counts["nan"]

    def merged(self, others: Sequence[NumberState]) -> NumberState:
        """The rows of all."""
        made = NumberState(self.unit)
        for other in (self, *others):
            for name in COUNTS:
                made.counts[name] += other.counts[name]
            made.powers.add(other.powers)
        made.buckets = Buckets.merged([self.buckets, *(other.buckets for other in others)])
        made.low = min((o.low for o in (self, *others) if o.low is not None), default=None)
        made.high = max((o.high for o in (self, *others) if o.high is not None), default=None)
        return made


@dataclass
class LabelState:
    """Counts by label."""

    kind: ClassVar[str] = LABELS
    nulls: int = 0
    labels: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, column: _core.Column, threads: int | None = None) -> LabelState:
        """The state of a column of texts or categories."""
        categories = _core.Categories(maximum=MOST_LABELS)
        counts, nulls = categories.count(column, threads)
        if categories.overflow:
            raise UnsupportedColumn(f"more than {MOST_LABELS:,} labels")
        labels = dict(zip(categories.labels, counts.tolist(), strict=True))
        return cls(int(nulls), Counter(labels))

    @property
    def rows(self) -> int:
        """All rows, missing ones too."""
        return self.nulls + sum(self.labels.values())

    @property
    def missing(self) -> int:
        """Rows without a label."""
        return self.nulls

    def merged(self, others: Sequence[LabelState]) -> LabelState:
        """The rows of all."""
        made = LabelState(self.nulls, Counter(self.labels))
        for other in others:
            made.nulls += other.nulls
            made.labels.update(other.labels)
        return made


ColumnState = NumberState | LabelState | NullState


def state_of(name: str, column: _core.Column | Refused, threads: int | None) -> ColumnState:
    """The state of a column; InputError names one that has none."""
    if isinstance(column, Refused):
        raise InputError(f"column {name!r}: {column.message}: leave it out by columns=[...]")
    if column.kind == "null" or column.null_count == len(column):
        return NullState(len(column))
    if column.kind in _NUMERIC:
        return NumberState.of(column, threads)
    try:
        return LabelState.of(column, threads)
    except UnsupportedColumn as error:
        raise InputError(f"column {name!r}: {error}: leave it out by columns=[...]") from None


def merged(name: str, parts: Sequence[ColumnState]) -> ColumnState:
    """The rows of all; InputError where they are of two types."""
    typed = [part for part in parts if not isinstance(part, NullState)]
    nulls = sum(part.rows for part in parts if isinstance(part, NullState))
    if not typed:
        return NullState(nulls)
    kinds = sorted({_spelled(part) for part in typed})
    if len(kinds) > 1:
        raise InputError(
            f"column {name!r}: expected one type in all batches, found {' and '.join(kinds)}: "
            "convert the batches before"
        )
    first, *others = typed
    made: NumberState | LabelState = first.merged(others)  # type: ignore[arg-type]
    if isinstance(made, NumberState):
        made.counts["rows"] += nulls
        made.counts["nulls"] += nulls
    else:
        made.nulls += nulls
    return made


def _spelled(part: ColumnState) -> str:
    unit = part.unit if isinstance(part, NumberState) else ""
    return f"times in {unit}" if unit else part.kind


def _finite(column: _core.Column) -> np.ndarray[Any, np.dtype[np.float64]]:
    if column.kind in ("integer", "temporal"):
        values, valid = column.to_int64()
        return truncated(values[valid])
    values = column.to_float64()
    return np.asarray(values[np.isfinite(values)])
