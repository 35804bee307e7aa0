"""What a model said and what came true, over the same groups of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from simdrift.columns import as_column
from simdrift.metrics.columns import CurrentColumn
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.values import MISSING_COLUMN, NOT_APPLICABLE
from simdrift.metrics.weights import TableWeights, checked_weights

NUMBERS = frozenset({"integer", "float", "boolean"})
"""Kinds of values that are computed with."""
ONE_SCORE = ""
"""Key of the score of a model that gives one: of the positive label, or of an item's rank."""


class Lacking(NamedTuple):
    """Why a kind of metric can't be computed: the status of its rows, the reason in words, and
    how many rows take part, None where that is not known."""

    status: str
    reason: str
    rows: int | None = 0

    @classmethod
    def role(cls, name: str) -> Self:
        """No column has this role."""
        return cls(NOT_APPLICABLE, f"no column has the role {name!r}", None)

    @classmethod
    def refused(cls, column: ColumnGroups) -> Self:
        """A column that can't be read."""
        refused = column.whole.refused
        if refused is not None and refused.status == MISSING_COLUMN:
            return cls(MISSING_COLUMN, refused.message, 0)
        return cls(NOT_APPLICABLE, "" if refused is None else refused.message, None)


class Subject(Protocol):
    """The passes that a kind of metric shares, each made when it is first read, over all groups.
    A list of kinds is docs/internals/performance.md."""

    @classmethod
    def of(cls, predictions: Predictions, /) -> Self | Lacking:
        """The subject, or what it lacks."""
        ...

    @property
    def n(self) -> NDArray[np.int64]:
        """(G,) rows that take part."""
        ...


S = TypeVar("S", bound=Subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How predictions are read. `labels`: all of them, in order (default: those that occur,
    sorted); `positive`: of two labels, the one that scores and precision are of (default: the
    larger); `threshold`: the least score that decides for it; `known`: the labels beside which
    there are no others, as those of a reference: a row with another is left out."""

    labels: tuple[Any, ...] | None = None
    positive: Any = None
    threshold: float = 0.5
    known: tuple[Any, ...] | None = None


@dataclass(eq=False)
class Predictions:
    """Columns by role, over the same groups; None, or empty: not given. `scores` has one entry,
    under `ONE_SCORE`, or one a label. Of a ranking `target` is the relevance. ValueError where
    lengths differ."""

    target: ColumnGroups | None = None
    prediction: ColumnGroups | None = None
    scores: Mapping[Any, ColumnGroups] = field(default_factory=dict)
    query: ColumnGroups | None = None
    weights: TableWeights | None = None
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        self._subjects: dict[type, Any] = {}
        columns = self.columns
        lengths = {name: column.whole.rows for name, column in columns.items()}
        if len(set(lengths.values())) > 1:
            names, rows = " and ".join(lengths), " and ".join(map(str, lengths.values()))
            raise ValueError(f"{names}: expected equal lengths, found {rows}")
        if not columns:
            raise ValueError("predictions: expected a column of some role, found none")

    @property
    def columns(self) -> dict[str, ColumnGroups]:
        """Every column, by its role."""
        named = {"target": self.target, "prediction": self.prediction, "query": self.query}
        found = {role: column for role, column in named.items() if column is not None}
        for label, column in self.scores.items():
            found["score" if label == ONE_SCORE else f"score of {label!r}"] = column
        return found

    @property
    def first(self) -> ColumnGroups:
        """One of the columns: all have the same groups."""
        return next(iter(self.columns.values()))

    def __len__(self) -> int:
        return len(self.first)

    @property
    def threads(self) -> int | None:
        """How many threads compute; None: as many as there are."""
        return self.first.threads

    def subject(self, kind: type[S]) -> S | Lacking:
        """What metrics of this kind read, made once."""
        found: S | Lacking | None = self._subjects.get(kind)
        if found is None:
            found = self._subjects[kind] = kind.of(self)
        return found


def arrays(
    *,
    threads: int | None = None,
    scores: Mapping[Any, object] | None = None,
    sample_weight: object = None,
    settings: Settings | None = None,
    **columns: object,
) -> Predictions:
    """Predictions of one group, of array-likes by role: `target`, `prediction`, `query`; None is
    not given. `scores` by label. TypeError where one is no array, ValueError where lengths
    differ or a weight is no finite number >= 0.

    >>> len(arrays(target=[1, 0], prediction=[1, 1]).columns)
    2
    """

    def grouped(data: object, name: str) -> ColumnGroups:
        return ColumnGroups.of(CurrentColumn(name, as_column(data, name=name), threads=threads))

    given: dict[str, Any] = {
        role: grouped(data, role) for role, data in columns.items() if data is not None
    }
    if scores:
        given["scores"] = {
            label: grouped(data, "score" if label == ONE_SCORE else f"score of {label!r}")
            for label, data in scores.items()
        }
    predictions = Predictions(**given, settings=settings or Settings())
    if sample_weight is not None:
        predictions.weights = _weights(sample_weight, predictions.first.whole.rows)
    return predictions


def _weights(given: object, rows: int) -> TableWeights:
    name = "sample_weight"
    column = as_column(given, name=name)
    if column.value_kind not in ("integer", "float", "boolean"):
        raise TypeError(f"{name}: expected numbers, found {column.type}")
    values = column.to_float64()
    checked_weights(values, rows, name)
    return TableWeights(values)
