"""Linear and logistic models by penalised least squares: numbers as they are, an effect for each
category.

y = b0 + sum b_j * (x_j - mean_j) / std_j + sum of the effects of the row's categories. The normal
equations are summed block by block, so no one-hot matrix is ever made; a penalty of RIDGE rows on
every weight but b0 pulls rare categories to no effect and makes the equations regular. A category
that the fit never saw has no effect; a row that lacks a number has no prediction. Predictions are
rounded to DECIMALS, so that they don't depend on the last bits of a linear algebra library.

The logistic model's log odds are such a y: it is fitted by iteratively reweighted least squares,
Newton's method on the penalised likelihood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from simdrift._core import Categories
from simdrift._types import Floats
from simdrift.columns import as_column

RIDGE = 1.0
DECIMALS = 3
PROBABILITY_DECIMALS = 6
STEPS = 8
"""Newton steps of a logistic fit; the last ones change no decimal that is kept."""

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class LinearModel:
    """Weights of a fit on the columns `numbers` and `categories` of a table."""

    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    levels: dict[str, dict[str, int]]
    mean: Floats
    scale: Floats
    weights: Floats

    @classmethod
    def fit(
        cls,
        table: Any,
        target: str,
        *,
        rows: NDArray[np.bool_],
        numbers: Sequence[str],
        categories: Sequence[str] = (),
    ) -> Self:
        """Fitted on those of `rows` of an Arrow table that lack neither target nor a number."""
        model, design, y = cls._begun(table, target, rows, numbers, categories)
        return replace(model, weights=_solve(design, y))

    @classmethod
    def _begun(
        cls,
        table: Any,
        target: str,
        rows: NDArray[np.bool_],
        numbers: Sequence[str],
        categories: Sequence[str],
    ) -> tuple[Self, Design, Floats]:
        """The model without its weights, and what they are fitted on."""
        x, y = matrix(table, numbers), column(table, target)
        complete = rows & np.isfinite(x).all(axis=1) & np.isfinite(y)
        x, y = x[complete], y[complete]
        scale = x.std(axis=0)
        levels = {
            name: {text: i for i, text in enumerate(sorted(set(_texts(table, name)[1])))}
            for name in categories
        }
        scale = np.where(scale > 0, scale, 1.0).astype(np.float64)
        model = cls(tuple(numbers), tuple(categories), levels, x.mean(axis=0), scale, np.empty(0))
        dense = np.column_stack([np.ones(len(y)), (x - model.mean) / scale])
        codes = [(model._places(table, name)[complete], len(levels[name])) for name in categories]
        return model, Design(dense, codes), y

    def predict(self, table: Any) -> Floats:
        """(n,) predictions in the target's unit, NaN where a number is missing."""
        return np.round(self._linear(table), DECIMALS)

    def _linear(self, table: Any) -> Floats:
        """(n,) b0 and the sum of all effects."""
        count = len(self.numbers)
        standard = (matrix(table, self.numbers) - self.mean) / self.scale
        found: Floats = self.weights[0] + standard @ self.weights[1 : 1 + count]
        at = 1 + count
        for name in self.categories:
            size = len(self.levels[name])
            effects = np.append(self.weights[at : at + size], 0.0)
            found += effects[self._places(table, name)]
            at += size
        return found

    def _places(self, table: Any, name: str) -> Codes:
        """Each row's level, the one after the last for a category that the fit never saw."""
        levels = self.levels[name]
        codes, texts = _texts(table, name)
        return np.array([levels.get(text, len(levels)) for text in texts] + [len(levels)])[codes]


class LogisticModel(LinearModel):
    """The probability that a target of 0 and 1 is 1."""

    @classmethod
    def fit(
        cls,
        table: Any,
        target: str,
        *,
        rows: NDArray[np.bool_],
        numbers: Sequence[str],
        categories: Sequence[str] = (),
    ) -> Self:
        """Fitted on those of `rows` of an Arrow table that lack neither target nor a number."""
        model, design, y = cls._begun(table, target, rows, numbers, categories)
        odds = np.full(len(y), np.log(y.mean() / (1.0 - y.mean())))
        weights = np.empty(0)
        for _ in range(STEPS):
            p = _probability(odds)
            spread = np.maximum(p * (1.0 - p), 1e-9)
            weights = _solve(design, odds + (y - p) / spread, spread)
            odds = design.times(weights)
        return replace(model, weights=weights)

    def predict(self, table: Any) -> Floats:
        """(n,) probabilities, NaN where a number is missing."""
        return np.round(_probability(self._linear(table)), PROBABILITY_DECIMALS)


def _probability(odds: Floats) -> Floats:
    """Of log odds."""
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * odds))


class Design(NamedTuple):
    """What weights are fitted on: dense columns, and codes with their number of levels."""

    dense: Floats
    codes: list[tuple[Codes, int]]

    def times(self, weights: Floats) -> Floats:
        """(n,) the rows times the weights."""
        at = self.dense.shape[1]
        found: Floats = self.dense @ weights[:at]
        for codes, size in self.codes:
            found += np.append(weights[at : at + size], 0.0)[codes]
            at += size
        return found


def _solve(design: Design, y: Floats, spread: Floats | None = None) -> Floats:
    """Weights of the dense columns, then of the levels of each category; `spread`: how much each
    row counts (default: 1)."""
    dense, codes = design
    counted = np.ones(len(y)) if spread is None else spread
    sizes = [dense.shape[1], *(size for _, size in codes)]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    left, right = np.zeros((starts[-1], starts[-1])), np.zeros(starts[-1])
    width = dense.shape[1]
    scaled = dense * counted[:, np.newaxis]
    left[:width, :width], right[:width] = scaled.T @ dense, scaled.T @ y
    for i, (a, size_a) in enumerate(codes):
        rows = slice(starts[i + 1], starts[i + 2])
        right[rows] = _sums(a, size_a, y * counted)
        for column in range(width):
            left[rows, column] = left[column, rows] = _sums(a, size_a, scaled[:, column])
        for j, (b, size_b) in enumerate(codes[: i + 1]):
            cells = (size_a + 1) * (size_b + 1)
            pairs = np.bincount(a * (size_b + 1) + b, spread, minlength=cells)
            block = pairs.reshape(size_a + 1, size_b + 1)[:size_a, :size_b]
            others = slice(starts[j + 1], starts[j + 2])
            left[rows, others], left[others, rows] = block, block.T
    left[np.arange(1, len(left)), np.arange(1, len(left))] += RIDGE
    return np.linalg.solve(left, right)


def _sums(codes: Codes, size: int, values: Floats) -> Floats:
    """Sum of the values of each level."""
    sums: Floats = np.bincount(codes, values, minlength=size + 1)[:size].astype(np.float64)
    return sums


def with_column(table: Any, name: str, values: Floats) -> Any:
    """The Arrow table with a column of float64 more, NaN where there is no value."""
    import pyarrow as pa

    column = pa.Array.from_buffers(pa.float64(), len(values), [None, pa.py_buffer(values)])
    return table.append_column(name, column)


def matrix(table: Any, names: Sequence[str]) -> Floats:
    return np.stack([column(table, name) for name in names], axis=1)


def column(table: Any, name: str) -> Floats:
    """A column as float64, null as NaN."""
    values: Floats = as_column(table.column(name), name).to_float64()
    return values


def _texts(table: Any, name: str) -> tuple[Codes, list[str]]:
    """Codes (-1: null) and the labels that they stand for."""
    categories = Categories()
    codes = categories.encode(as_column(table.column(name), name))
    return codes.astype(np.int64), categories.labels
