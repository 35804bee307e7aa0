"""What multivariate drift reads of a table: rows drawn at random, and all pairs of columns.

A method whose cost grows with the square of the rows, or that needs whole rows together, works
on at most SAMPLE_ROWS rows of a table, drawn without replacement by a fixed seed, in their
order. Correlations are of all rows.

Where rows have weights they are drawn in proportion to them, none twice: so many that the
heaviest is drawn for certain. The sample is then one of equal rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Progress
from simdrift.metrics.columns import CATEGORICAL, NUMERIC, TABLE, ColumnState
from simdrift.metrics.correlation import pearson
from simdrift.metrics.evaluate import attempt
from simdrift.metrics.values import (
    ALL_NULL,
    EMPTY,
    ERROR,
    MISSING_COLUMN,
    NOT_APPLICABLE,
    TYPE_CHANGED,
    Outcome,
)
from simdrift.metrics.weights import effective_size

SAMPLE_ROWS = 10_000
SAMPLE_SEED = 20_240_501
MOST_LABELS = 20
"""Categories of a column that are told apart in a sample; the others are one more."""

Matrix = NDArray[np.float64]


class CategorySample:
    """A sampled column of categories: the most frequent labels, and each row's place among
    them; -1 is missing, `len(labels)` any other label."""

    def __init__(self, labels: Sequence[str], codes: NDArray[np.int32]) -> None:
        self.labels = tuple(labels)
        self.codes = codes

    @classmethod
    def of(cls, column: _core.Column, threads: int | None) -> CategorySample:
        """The sample's own most frequent labels, ties in order of first row."""
        table = _core.Categories()
        codes = table.encode(column, threads=threads)
        if table.overflow:
            return cls((), np.where(codes < 0, -1, 0).astype(np.int32))
        counts = np.bincount(codes[codes >= 0], minlength=len(table.labels))
        top = np.argsort(-counts, kind="stable")[:MOST_LABELS]
        place = np.full(len(counts) + 1, len(top), np.int32)
        place[top] = np.arange(len(top), dtype=np.int32)
        place[-1] = -1
        return cls([table.labels[code] for code in top], place[codes])

    def among(self, labels: Sequence[str]) -> NDArray[np.int32]:
        """Each row's place among other labels."""
        known = {label: code for code, label in enumerate(labels)}
        place = [known.get(label, len(labels)) for label in self.labels]
        return np.array([*place, len(labels), -1], np.int32)[self.codes]


class TableSample:
    """Sampled rows of a table: `numbers` (rows x numeric columns, NaN where missing or
    infinite) and `categories`; `rows` counts the whole table."""

    def __init__(
        self,
        rows: int,
        names: Sequence[str],
        numbers: Matrix,
        categories: Mapping[str, CategorySample],
        correlations: tuple[Matrix, Matrix],
        refused: str = "",
    ) -> None:
        self.rows = rows
        self.names = tuple(names)
        self.numbers = numbers
        self.categories = dict(categories)
        self.correlations = correlations
        self.refused = refused

    @classmethod
    def of(cls, columns: Mapping[str, ColumnState]) -> TableSample:
        """The sample of a table's columns; those that were refused or are times stay out. Where it
        fails, a refused one: methods of tables have the status 'error'."""
        sample = attempt("table sample", "", lambda: cls._of(columns))
        if not isinstance(sample, Outcome):
            return sample
        rows = max((column.rows for column in columns.values()), default=0)
        none = np.empty((0, 0))
        return cls(rows, [], none, {}, (none, none), sample.reason)

    @classmethod
    def _of(cls, columns: Mapping[str, ColumnState]) -> TableSample:
        numeric = [c for c in columns.values() if c.kind == NUMERIC and c.refused is None]
        named = [c for c in columns.values() if c.kind == CATEGORICAL and c.refused is None]
        rows = max((column.rows for column in columns.values()), default=0)
        weights = next((c.weighted.weights for c in columns.values() if c.weighted), None)
        chosen = _chosen(rows) if weights is None else drawn_by_weight(weights)
        numbers = np.empty((len(chosen), len(numeric)))
        for place, column in enumerate(numeric):
            numbers[:, place] = column.column.take(chosen).to_float64()
        numbers[~np.isfinite(numbers)] = np.nan
        categories = {
            column.name: CategorySample.of(column.column.take(chosen), column.threads)
            for column in named
        }
        refused = [c.name for c in columns.values() if c.refused and c.refused.status == ERROR]
        return cls(
            rows,
            [column.name for column in numeric],
            numbers,
            categories,
            _correlations(numeric),
            f"refused: {', '.join(refused)}" if refused else "",
        )

    @cached_property
    def complete(self) -> Matrix:
        """The sampled rows in which every number is there."""
        return self.numbers[~np.isnan(self.numbers).any(axis=1)]

    def to_state(self) -> dict[str, Any]:
        """Arrays, text and numbers."""
        r, n = self.correlations
        state: dict[str, Any] = {
            "rows": self.rows,
            "names": list(self.names),
            "broken": self.refused,
            "numbers": self.numbers,
            "r": np.nan_to_num(r, nan=2.0),
            "n": n,
            "categories": [[name, list(c.labels)] for name, c in self.categories.items()],
        }
        for place, column in enumerate(self.categories.values()):
            state[f"codes{place}"] = column.codes
        return state

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> TableSample:
        """The sample that `to_state` wrote."""
        categories = {
            name: CategorySample(labels, np.asarray(state[f"codes{place}"], np.int32))
            for place, (name, labels) in enumerate(state["categories"])
        }
        r = np.array(state["r"], float)
        r[r > 1.5] = np.nan
        return cls(
            int(state["rows"]),
            state["names"],
            np.asarray(state["numbers"], float),
            categories,
            (r, np.asarray(state["n"], float)),
            str(state["broken"]),
        )


def _chosen(rows: int) -> NDArray[np.int64]:
    """Indices of at most SAMPLE_ROWS rows, ascending."""
    if rows <= SAMPLE_ROWS:
        return np.arange(rows, dtype=np.int64)
    drawn = np.random.default_rng(SAMPLE_SEED).choice(rows, SAMPLE_ROWS, replace=False)
    return np.sort(drawn).astype(np.int64)


def drawn_by_weight(weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows, each at most once, with probabilities in proportion to weights above 0: those in
    which every size-th part of the total lies, from a random start (systematic sampling)."""
    if len(weights) == 0:
        return np.zeros(0, np.int64)
    ends = np.cumsum(weights)
    size = max(1, min(SAMPLE_ROWS, int(ends[-1] / weights.max() * (1.0 + 1e-9))))
    start = np.random.default_rng(SAMPLE_SEED).random()
    places = (np.arange(size) + start) * (ends[-1] / size)
    found = np.searchsorted(ends, places, side="right")
    return np.unique(np.minimum(found, len(weights) - 1)).astype(np.int64)


def _correlations(columns: Sequence[ColumnState]) -> tuple[Matrix, Matrix]:
    """Pearson's r of each pair over the rows in which both are finite (NaN where there is
    none), and the number of those rows."""
    size = len(columns)
    r, n = np.eye(size), np.zeros((size, size))
    weights = next((c.weighted.weights for c in columns if c.weighted), None)
    if weights is not None:
        return _weighted_correlations(columns, weights)
    for i in range(size):
        for j in range(i):
            value, _, rows = pearson(columns[i], columns[j])
            r[i, j] = r[j, i] = np.nan if value is None else value
            n[i, j] = n[j, i] = rows
    return r, n


def _weighted_correlations(
    columns: Sequence[ColumnState], weights: NDArray[np.float64]
) -> tuple[Matrix, Matrix]:
    """The same of weighted rows; the number of rows is the effective one."""
    size = len(columns)
    r, n = np.eye(size), np.zeros((size, size))
    rows = [column.column.to_float64() for column in columns]
    for i in range(size):
        for j in range(i):
            known = np.isfinite(rows[i]) & np.isfinite(rows[j])
            w, x, y = weights[known], rows[i][known], rows[j][known]
            total = float(w.sum())
            n[i, j] = n[j, i] = effective_size(total, float(np.square(w).sum()))
            r[i, j] = r[j, i] = _pearson(w / total, x, y) if total > 0.0 else np.nan
    return r, n


def _pearson(shares: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """NaN where one of them does not vary."""
    x, y = x - x[0], y - y[0]
    x, y = x - shares @ x, y - shares @ y
    scale = float(np.sqrt((shares @ x**2) * (shares @ y**2)))
    return float(np.clip((shares @ (x * y)) / scale, -1.0, 1.0)) if scale > 0.0 else np.nan


class TablePair:
    """A reference table's sample and a current one's, as table methods take them; to
    `registry.evaluate` what a `ColumnPair` is of columns."""

    name = ""
    kind = TABLE

    def __init__(
        self,
        reference: TableSample,
        current: TableSample,
        *,
        threads: int | None = None,
        progress: Progress = None,
    ) -> None:
        self.reference = reference
        self.current = current
        self.threads = threads
        self.progress = progress

    @cached_property
    def shape_status(self) -> str | None:
        """Why the two cannot be compared at all."""
        if self.reference.refused or self.current.refused:
            return ERROR
        if min(self.reference.rows, self.current.rows) == 0:
            return EMPTY
        if not self.reference.names and not self.reference.categories:
            return NOT_APPLICABLE
        if not self._absent:
            return None
        retyped = set(self._absent) & set(self.current.categories)
        return TYPE_CHANGED if retyped else MISSING_COLUMN

    @cached_property
    def _absent(self) -> list[str]:
        """The reference's columns that the current table does not have as what they were."""
        numbers = [name for name in self.reference.names if name not in self.current.names]
        named = [name for name in self.reference.categories if name not in self.current.categories]
        return numbers + named

    @property
    def status(self) -> str | None:
        """`shape_status`, or why there are no numbers to compare."""
        if self.shape_status is not None:
            return self.shape_status
        if not self.reference.names:
            return NOT_APPLICABLE
        x, y = self.matrices
        return ALL_NULL if min(len(x), len(y)) == 0 else None

    def with_row_counts(self, outcome: Outcome) -> Outcome:
        """The outcome as a result reports it."""
        return outcome

    def reason(self, kinds: frozenset[str], status: str) -> str:
        """What stands behind a status, in words."""
        if status == NOT_APPLICABLE:
            return "for tables with numeric columns"
        if status == ALL_NULL:
            return "no row in which every numeric column has a finite value"
        if status in (MISSING_COLUMN, TYPE_CHANGED):
            absent = ", ".join(self._absent)
            return f"not in the current table as it is in the reference: {absent}"
        return self.reference.refused or self.current.refused

    @cached_property
    def columns(self) -> list[int]:
        """Where the reference's numeric columns lie in the current sample."""
        return [self.current.names.index(name) for name in self.reference.names]

    @cached_property
    def numbers(self) -> tuple[Matrix, Matrix]:
        """Sampled rows of both, the same columns in the same order, NaN where missing."""
        return self.reference.numbers, self.current.numbers[:, self.columns]

    @cached_property
    def matrices(self) -> tuple[Matrix, Matrix]:
        """The complete rows of both."""
        _, y = self.numbers
        return self.reference.complete, y[~np.isnan(y).any(axis=1)]

    @cached_property
    def standardised(self) -> tuple[Matrix, Matrix]:
        """The complete rows in standard deviations (ddof 1) of the reference's, about its
        means; columns that are constant there are only centred."""
        x, y = self.matrices
        mean = x.mean(axis=0)
        scale = x.std(axis=0, ddof=1) if len(x) > 1 else np.zeros(x.shape[1])
        scale[~(scale > 0.0)] = 1.0
        return (x - mean) / scale, (y - mean) / scale
