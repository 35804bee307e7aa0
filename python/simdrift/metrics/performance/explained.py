"""How certain a share of explained variance is: the error of its logarithm.

ln(1 - share) = ln(loss) - ln(variance of the target), and each row moves it by its influence, e^2 /
loss - d^2 / variance, where d is the target less its mean. The sum of the squared influences is
what a bootstrap of the rows comes to as its resamples grow (Efron 1982, infinitesimal jackknife),
without their noise and in one pass. Rows are read group by group: windows may share some.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from simdrift._types import Floats
from simdrift.metrics.performance.target_pair import TargetPair

BLOCK = 16_384


def log_errors(pair: TargetPair, *, centred: bool) -> Floats:
    """(G,) standard errors of ln(1 - share); `centred`: of the error less its mean. NaN of fewer
    than two rows, or where loss or variance is 0."""
    target, prediction, weights = pair.rows
    _, starts, stops = pair.target.ranges
    found = np.full(len(starts), np.nan)
    for place, (start, stop) in enumerate(zip(starts.tolist(), stops.tolist(), strict=True)):
        own = slice(start, stop)
        w = None if weights is None else weights[own]
        found[place] = _log_error(_Rows(target[own], prediction[own], w), centred)
    return found


@dataclass(frozen=True)
class _Rows:
    """The rows of one group, read in blocks that a cache holds."""

    target: Floats
    prediction: Floats
    weights: Floats | None

    def __iter__(self) -> Iterator[tuple[Floats, Floats, Floats | None]]:
        """Targets, errors and weights (None: all 1); rows without both are 0 and weigh nothing."""
        for at in range(0, len(self.target), BLOCK):
            own = slice(at, at + BLOCK)
            d = self.target[own]
            e = self.prediction[own] - d
            w = None if self.weights is None else self.weights[own]
            finite = np.isfinite(e)
            if not finite.all():
                weights = finite.astype(float) if w is None else w
                w, d, e = (np.where(finite, column, 0.0) for column in (weights, d, e))
            yield d, e, w


def _log_error(rows: _Rows, centred: bool) -> float:
    total, squares, sum_d, sum_e = _summed(
        ((len(d), len(d), d, e) if w is None else (w, w * w, w * d, w * e) for d, e, w in rows), 4
    )
    if total * total <= squares:
        return np.nan
    mean_d, mean_e = sum_d / total, sum_e / total if centred else 0.0
    variance, loss = (
        moved / total
        for moved in _summed(
            (
                (_weighed(w, _squared(d, mean_d)), _weighed(w, _squared(e, mean_e)))
                for d, e, w in rows
            ),
            2,
        )
    )
    if variance == 0.0 or loss == 0.0:
        return np.nan
    (influences,) = _summed(
        (
            (_weighed(w, _squared(e, mean_e) / loss - _squared(d, mean_d) / variance) ** 2,)
            for d, e, w in rows
        ),
        1,
    )
    size = total * total / squares
    return float(np.sqrt(influences * size / (size - 1.0))) / total


def _squared(values: Floats, mean: float) -> Floats:
    left = values - mean if mean else values
    return left * left


def _weighed(weights: Floats | None, values: Floats) -> Floats:
    return values if weights is None else weights * values


def _summed(blocks: Iterable[tuple[Floats | int, ...]], columns: int) -> list[float]:
    """The sum of each column of all blocks."""
    sums = [[float(np.sum(column)) for column in block] for block in blocks]
    return [math.fsum(own[column] for own in sums) for column in range(columns)]
