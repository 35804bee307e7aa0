"""A linear model by least squares: numbers as they are, categories one column each.

y = b0 + sum b_j * (x_j - mean_j) / std_j + sum of the effects of the row's categories, by
numpy.linalg.lstsq (minimum norm, so redundant columns do no harm). A category that the fit never
saw has no effect; a row that lacks a number has no prediction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LinearModel:
    """Coefficients of a fit on the columns `numbers` and `categories` of a table."""

    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    levels: dict[str, dict[str, int]]
    mean: Floats
    scale: Floats
    weights: Floats

    @classmethod
    def fit(
        cls, table: Any, target: str, *, numbers: Sequence[str], categories: Sequence[str] = ()
    ) -> Self:
        """Fitted on the rows of an Arrow table that lack neither the target nor a number."""
        x, y = _matrix(table, numbers), _column(table, target)
        complete = np.isfinite(x).all(axis=1) & np.isfinite(y)
        mean, scale = x[complete].mean(axis=0), x[complete].std(axis=0)
        levels = {
            name: {text: i for i, text in enumerate(sorted(set(_texts(table, name)[1])))}
            for name in categories
        }
        scale = np.where(scale > 0, scale, 1.0).astype(np.float64)
        model = cls(tuple(numbers), tuple(categories), levels, mean, scale, np.empty(0))
        design = model._design(table)[complete]
        weights = np.linalg.lstsq(design.T @ design, design.T @ y[complete], rcond=1e-10)[0]
        return replace(model, weights=weights.astype(np.float64))

    def predict(self, table: Any) -> Floats:
        """(n,) predictions in the target's unit, NaN where a number is missing."""
        count = len(self.numbers)
        standard = (_matrix(table, self.numbers) - self.mean) / self.scale
        found: Floats = self.weights[0] + standard @ self.weights[1 : 1 + count]
        at = 1 + count
        for name in self.categories:
            effects = np.append(self.weights[at : at + len(self.levels[name])], 0.0)
            found += effects[self._places(table, name)]
            at += len(self.levels[name])
        return found

    def _places(self, table: Any, name: str) -> NDArray[np.int64]:
        """Each row's level, the one after the last for a category that the fit never saw."""
        levels = self.levels[name]
        codes, texts = _texts(table, name)
        return np.array([levels.get(text, len(levels)) for text in texts] + [len(levels)])[codes]

    def _design(self, table: Any) -> Floats:
        standard = (_matrix(table, self.numbers) - self.mean) / self.scale
        blocks = [np.ones((standard.shape[0], 1)), standard]
        for name in self.categories:
            blocks.append(np.eye(len(self.levels[name]) + 1)[self._places(table, name)][:, :-1])
        return np.concatenate(blocks, axis=1)


def with_column(table: Any, name: str, values: Floats) -> Any:
    """The Arrow table with a column of float64 more, NaN as null."""
    import pyarrow as pa

    return table.append_column(name, pa.array(values, from_pandas=True))


def _matrix(table: Any, names: Sequence[str]) -> Floats:
    return np.stack([_column(table, name) for name in names], axis=1)


def _column(table: Any, name: str) -> Floats:
    """A column as float64, null as NaN."""
    import pyarrow as pa

    values = table.column(name).cast(pa.float64()).to_numpy()
    return np.asarray(values, np.float64)


def _texts(table: Any, name: str) -> tuple[NDArray[np.int64], list[str]]:
    """Codes (-1: null) and the texts that they stand for."""
    encoded = table.column(name).combine_chunks().dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, [str(text) for text in encoded.dictionary.to_pylist()]
