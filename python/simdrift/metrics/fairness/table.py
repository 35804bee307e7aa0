"""Rows of each sensitive group by what was decided and what came true: what every metric of
fairness is made of, from one pass over the rows of all groups (windows)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from simdrift import _core
from simdrift._core import Column
from simdrift._types import Floats
from simdrift.metrics.cached import cached
from simdrift.metrics.fairness.coding import (
    Codes,
    Decisions,
    SensitiveGroups,
    decisions_of,
)
from simdrift.metrics.fairness.estimates import Estimates, Means, Shares
from simdrift.metrics.performance.predictions import NUMBERS, Lacking, Predictions
from simdrift.metrics.values import NOT_APPLICABLE

Cells = Sequence[tuple[int, int]]
TARGETS, DECISIONS = 3, 2
"""Target 0, 1 or missing, by prediction 0 or 1."""


class Unavailable(Exception):
    """A metric can't be computed of what is given: `lacking` says why."""

    def __init__(self, lacking: Lacking) -> None:
        super().__init__(lacking.reason)
        self.lacking = lacking


class SensitiveTable:
    """Predictions by sensitive group, over groups of rows."""

    def __init__(self, predictions: Predictions, groups: SensitiveGroups) -> None:
        self.predictions, self.groups = predictions, groups
        self._codes = Column.from_numpy(groups.codes)

    @cached
    def decisions(self) -> Decisions:
        """Codes of target and prediction. Unavailable where a role is missing."""
        found = decisions_of(self.predictions)
        if isinstance(found, Lacking):
            raise Unavailable(found)
        return found

    @cached
    def cells(self) -> tuple[Floats, Floats, Floats]:
        """Rows, weights and squared weights, (G, S, target, prediction). Unavailable where no
        label is the positive one."""
        own = self.decisions
        if not own.binary:
            text = "more than two labels, and none that is positive: pass pos_label"
            raise Unavailable(Lacking(NOT_APPLICABLE, text, None))
        target = np.where(own.target < 0, TARGETS - 1, own.target)
        codes = np.where(own.prediction < 0, -1, target * DECISIONS + own.prediction)
        counted = self._counted(codes.astype(np.int32), TARGETS * DECISIONS)
        shape = (*counted[0].shape[:2], TARGETS, DECISIONS)
        rows, weights, squares = (one.reshape(shape) for one in counted)
        return rows, weights, squares

    @cached
    def all_rows(self) -> Floats:
        """(G, S) rows of each sensitive group, whatever is missing in them."""
        return np.asarray(self._rows(self._alike, 1)[:, :, 0])

    @cached
    def _alike(self) -> Column:
        """One code for all rows."""
        return Column.from_numpy(np.zeros(len(self.groups.codes), np.int32))

    @cached
    def right(self) -> tuple[Floats, Floats, Floats]:
        """Rows, weights and squared weights, (G, S, 2): wrong predictions, and right ones."""
        return self._counted(self.decisions.right, 2)

    def _counted(self, codes: Codes, count: int) -> tuple[Floats, Floats, Floats]:
        """Rows, weights and squared weights of each code, (G, S, count)."""
        column, weights = Column.from_numpy(codes), self.predictions.weights
        if weights is None:
            rows = self._rows(column, count)
            return rows, rows, rows
        return self._sums(Column.from_numpy(weights.values), column, count)

    def _rows(self, codes: Column, count: int) -> Floats:
        """(G, S, count) rows of each code."""
        _, starts, stops = self.predictions.first.ranges
        size = max(1, len(self.groups.names))
        threads = self.predictions.threads
        found = _core.confusion_groups(
            self._codes, codes, starts, stops, size, count, threads=threads
        )
        return found.astype(float)

    def _sums(self, values: Column, codes: Column, count: int) -> tuple[Floats, Floats, Floats]:
        """(G, S, count) rows, sums and sums of squares of the values."""
        _, starts, stops = self.predictions.first.ranges
        size = max(1, len(self.groups.names))
        found = _core.sums_by_code_groups(
            values,
            self._codes,
            codes,
            starts,
            stops,
            size,
            count,
            threads=self.predictions.threads,
        )
        rows, sums, squares = (
            one.astype(float, copy=False).reshape(len(starts), size, count) for one in found
        )
        return rows, sums, squares

    @cached
    def errors(self) -> Means:
        """|prediction - target| of numbers. Unavailable where one is not given."""
        given = {"target": self.predictions.target, "prediction": self.predictions.prediction}
        sides = []
        for role, column in given.items():
            if column is None:
                raise Unavailable(Lacking.role(role))
            if column.whole.refused is not None:
                raise Unavailable(Lacking.refused(column))
            if column.whole.value_kind not in NUMBERS:
                text = f"{role}: expected numbers, found {column.whole.type}"
                raise Unavailable(Lacking(NOT_APPLICABLE, text, None))
            sides.append(column.whole.column.to_float64())
        with np.errstate(invalid="ignore", over="ignore"):
            return self._means(np.abs(sides[1] - sides[0]))

    def _means(self, x: Floats) -> Means:
        sums = [
            tuple(one[:, :, 0] for one in self._sums(Column.from_numpy(values), self._alike, 1))
            for values in self._weighted(x)
        ]
        if len(sums) == 1:
            return Means.unweighted(*sums[0])
        (rows, w, w2), (_, wx, w2x2), (_, w2x, _) = sums
        return Means(rows, w, wx, w2, w2x, w2x2)

    def _weighted(self, x: Floats) -> list[Floats]:
        if self.predictions.weights is None:
            return [x]
        w = np.where(np.isfinite(x), self.predictions.weights.values, np.nan)
        return [w, w * x, w * w * x]

    def estimates(self, rate: str) -> Estimates:
        """The rates of that name, one of `RATES`."""
        return _ESTIMATES[rate](self)

    def rows(self, rate: str) -> Floats:
        """(G, S) rows that take part in rates of that name."""
        if rate == "mae":
            return self.errors.rows
        if rate == "accuracy_score":
            return np.asarray(self.right[0].sum(axis=2))
        cells = self.cells[0] if rate == "selection_rate" else self.cells[0][:, :, : TARGETS - 1]
        return np.asarray(cells.sum(axis=(2, 3)))


def _share(hits: Cells, total: Cells) -> Callable[[SensitiveTable], Shares]:
    """The share of some cells, (target, prediction), in others."""

    def shares(table: SensitiveTable) -> Shares:
        _, weights, squares = table.cells
        own, all_, squared = (
            np.add.reduce([of[:, :, t, p] for t, p in cells])
            for of, cells in ((weights, hits), (weights, total), (squares, total))
        )
        return Shares(own, all_, squared)

    return shares


def _accuracy(table: SensitiveTable) -> Shares:
    _, weights, squares = table.right
    return Shares(weights[:, :, 1], weights.sum(axis=2), squares.sum(axis=2))


_EVERY = [(t, p) for t in range(TARGETS) for p in range(DECISIONS)]
_ESTIMATES: Mapping[str, Callable[[SensitiveTable], Estimates]] = {
    "selection_rate": _share([(t, 1) for t in range(TARGETS)], _EVERY),
    "true_positive_rate": _share([(1, 1)], [(1, 0), (1, 1)]),
    "false_positive_rate": _share([(0, 1)], [(0, 0), (0, 1)]),
    "false_negative_rate": _share([(1, 0)], [(1, 0), (1, 1)]),
    "precision": _share([(1, 1)], [(0, 1), (1, 1)]),
    "accuracy_score": _accuracy,
    "mae": lambda table: table.errors,
}
RATES = tuple(_ESTIMATES)
"""What is computed of each sensitive group."""
