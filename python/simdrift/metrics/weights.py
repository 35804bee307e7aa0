"""Row weights: what they may be, and what they make of a number of rows.

A weight says how much a row counts, as a survey's or an importance weight does. Only their
ratios matter: shares, means, quantiles and distribution functions are of the weights. Tests ask
for a number of rows; they get Kish's effective size (sum w)^2 / sum w^2 (Kish, Survey Sampling,
1965), which is the number of rows where all weights are equal, and right where weights have
nothing to do with the values. Equal weights are no weights; a weight of 0 is a row that is not
there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simdrift._types import Floats
from simdrift.metrics.dependence import Codes, blocks

if TYPE_CHECKING:
    from simdrift._core import Column

SIDES = ("reference", "current")


def effective_size(total: float, squares: float) -> float:
    """Kish's, of the sums of weights and of their squares; 0 of no rows.

    >>> effective_size(4.0, 8.0)
    2.0
    """
    return total * total / squares if squares > 0.0 else 0.0


class RowWeights:
    """Checked weights of a table's rows: `values` are those above 0, scaled by a power of two
    (so that no square is out of range), `kept` the rows that have them, None for all."""

    def __init__(self, given: Floats, clusters: Codes | None = None) -> None:
        self.rows = len(given)
        used = given > 0.0
        self.kept = None if used.all() else np.flatnonzero(used).astype(np.int64)
        values = given if self.kept is None else given[self.kept]
        most = float(values.max(initial=0.0))
        self.values: Floats = np.ldexp(values, -math.frexp(most)[1])
        self.clusters = clusters if clusters is None or self.kept is None else clusters[self.kept]
        """Which rows hang together; None where all are independent."""
        self.total, self.squares = float(self.values.sum()), float(np.square(self.values).sum())

    @classmethod
    def ones(cls, rows: int) -> RowWeights:
        """Of rows that count alike."""
        return cls(np.ones(rows))

    @property
    def size(self) -> float:
        """The effective number of rows."""
        return effective_size(self.total, self.squares)

    @property
    def are_equal(self) -> bool:
        """Whether all rows are kept, count alike and are independent."""
        return (
            self.clusters is None
            and self.kept is None
            and (self.rows == 0 or bool(self.values.min() == self.values.max()))
        )


def checked_weights(
    values: Floats, rows: int, name: str, clusters: Codes | None = None
) -> RowWeights:
    """One finite weight >= 0 a row, else ValueError that names the first that is not."""
    if len(values) != rows:
        raise ValueError(f"{name}: expected {rows:,} weights, one a row, found {len(values):,}")
    refused = np.flatnonzero(~((values >= 0.0) & (values < np.inf)))
    if len(refused):
        row = int(refused[0])
        found = "none" if np.isnan(values[row]) else repr(float(values[row]))
        raise ValueError(f"{name}: expected finite numbers >= 0, found {found} in row {row:,}")
    return RowWeights(values, clusters)


@dataclass(frozen=True, slots=True)
class TableWeights:
    """Weights of a table's rows, and which rows hang together: those of a cluster, or so many
    after one another."""

    values: Floats
    clusters: Codes | None = None
    block: int | None = None

    def between(self, first: int, stop: int) -> RowWeights:
        """Those of a range of rows."""
        own = self.values[first:stop]
        clusters = None if self.clusters is None else self.clusters[first:stop]
        if self.block is not None:
            clusters = blocks(len(own), self.block)
        return checked_weights(own, len(own), "weights", clusters)


@dataclass(frozen=True, slots=True)
class Rows:
    """What is known of a side's rows, in the place of its weights: `weights` (array-like),
    `cluster` (array-like: rows with one value hang together) or `block` (so many rows after one
    another do). Effective sizes are then smaller: see docs/metrics.md, Rows that hang together.

    >>> import numpy as np
    >>> from simdrift.metrics import drift
    >>> users, x = np.repeat(np.arange(30), 10), np.repeat(np.arange(30.0), 10)
    >>> alone = drift.ks(x, x + 5)
    >>> of_users = drift.ks(x, x + 5, weights=(drift.Rows(cluster=users),) * 2)
    >>> round(alone.value, 3), round(of_users.value, 3), alone.alert, of_users.alert
    (0.167, 0.167, True, False)
    """

    weights: object = None
    cluster: object = None
    block: int | None = None

    def __post_init__(self) -> None:
        if self.cluster is not None and self.block is not None:
            raise ValueError("Rows: expected cluster or block, found both")
        checked_block(self.block)


def checked_block(block: int | None) -> int | None:
    """None, or a whole number of rows from 1 on; else TypeError or ValueError."""
    if block is None:
        return None
    if isinstance(block, bool) or not isinstance(block, int):
        raise TypeError(f"block: expected a number of rows (int), found {type(block).__name__}")
    if block < 1:
        raise ValueError(f"block: expected 1 row or more, found {block}")
    return block


def both_sides(
    weights: object, rows: tuple[int | None, int | None]
) -> tuple[RowWeights, RowWeights] | None:
    """The argument `weights`: None, or array-likes for reference and current, either of them
    None for rows that count alike; None where they are equal on both sides. `rows`: of each
    side, None for one that can't be read. TypeError or ValueError for anything else."""
    if weights is None:
        return None
    if not isinstance(weights, (tuple, list)) or len(weights) != 2:
        raise TypeError(
            f"weights: expected two array-likes, (reference, current), either of them None; found "
            f"{_described(weights)}"
        )
    sides = [
        _one_side(given, count, f"weights of the {side}")
        for given, count, side in zip(weights, rows, SIDES, strict=True)
    ]
    if all(side.are_equal for side in sides):
        return None
    return sides[0], sides[1]


def _described(weights: object) -> str:
    if isinstance(weights, Sequence) and not isinstance(weights, str):
        return f"{len(weights)} of them"
    return type(weights).__name__


def _one_side(given: object, rows: int | None, name: str) -> RowWeights:
    if given is None:
        return RowWeights.ones(rows or 0)
    if isinstance(given, Rows):
        return _linked(given, rows, name)
    values = _numbers(given, name)
    return checked_weights(values, len(values) if rows is None else rows, name)


def _linked(given: Rows, rows: int | None, name: str) -> RowWeights:
    clusters = None if given.cluster is None else _clusters(given.cluster, name)
    length = rows if clusters is None else len(clusters)
    values = np.ones(length or 0) if given.weights is None else _numbers(given.weights, name)
    if clusters is not None and len(clusters) != len(values):
        found = f"{len(clusters):,} clusters for {len(values):,} weights"
        raise ValueError(f"{name}: expected one cluster a row, found {found}")
    if given.block is not None:
        clusters = blocks(len(values), given.block)
    return checked_weights(values, len(values) if rows is None else rows, name, clusters)


def _clusters(given: object, name: str) -> Codes:
    from simdrift.columns import as_column

    return cluster_codes(as_column(given, name=name))


def cluster_codes(column: Column) -> Codes:
    """The cluster of each row; one without a value is its own."""
    from simdrift import _core

    table = _core.Categories(maximum=len(column) + 1)
    codes = np.asarray(table.encode(column), np.int64)
    alone = codes < 0
    codes[alone] = len(table) + np.arange(np.count_nonzero(alone))
    return codes


def _numbers(given: object, name: str) -> Floats:
    """Any array-like of numbers as float64, NaN where one is missing."""
    from simdrift._errors import InvalidColumn, UnsupportedColumn
    from simdrift.columns import as_column

    try:
        column = as_column(given, name=name)
    except (InvalidColumn, UnsupportedColumn) as error:
        raise TypeError(f"{name}: expected numbers: {error}") from None
    if column.value_kind not in ("integer", "float", "boolean"):
        raise TypeError(f"{name}: expected numbers, found {column.type}")
    return column.to_float64()
