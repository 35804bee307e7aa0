"""The null distribution of a distance: the rows of both samples, exchanged at random.

The samples are counted over cells between quantiles of both, at most MOST_CELLS; fewer
different values have a cell each. Exchanging rows is drawing each cell's reference rows from
the hypergeometric law. Statistics are of the counted samples, before and after: the p-value
(1 + #>=) / (B + 1) is valid whatever the cells.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.metrics.values import NULL_LEVEL

if TYPE_CHECKING:
    from simdrift.metrics.pair import ColumnPair

MOST_CELLS = 512

Statistic = Callable[[Floats, Floats], Floats]
"""Of F - G after each cut point (rows: permutations) and the widths between them."""


class Null(NamedTuple):
    """p-value and 0.95-quantile of the permuted statistic."""

    p_value: float
    null_quantile: float


def null_of(observed: float, null: Floats) -> Null:
    """Of a statistic and what random exchanges of rows gave: p = (1 + #>=) / (B + 1)."""
    p = (1.0 + np.count_nonzero(null >= observed)) / (len(null) + 1.0)
    return Null(float(p), float(np.quantile(null, NULL_LEVEL)))


def wasserstein(difference: Floats, widths: Floats) -> Floats:
    """Integral of |F - G|."""
    return np.asarray(np.abs(difference) @ widths)


def energy(difference: Floats, widths: Floats) -> Floats:
    """Square root of twice the integral of (F - G)^2."""
    return np.asarray(np.sqrt(2.0 * (difference**2 @ widths)))


def permuted(pair: ColumnPair, statistic: Statistic, permutations: int, seed: int) -> Null | None:
    """The statistic of `permutations` random exchanges; None where all rows are one value."""
    cuts = _cuts(pair)
    if len(cuts) < 2:
        return None
    x, y = (
        np.rint(side.count_cells(cuts)).astype(np.int64)  # effective rows are no whole numbers
        for side in (pair.reference, pair.current)
    )
    widths = np.diff(cuts)
    rng = np.random.default_rng(seed)
    drawn = rng.multivariate_hypergeometric(
        x + y, int(x.sum()), size=permutations, method="marginals"
    )
    observed = float(statistic(_difference(x[None, :], x + y), widths)[0])
    null = statistic(_difference(drawn, x + y), widths)
    return null_of(observed * (1.0 - 1e-12), null)


def _cuts(pair: ColumnPair) -> Floats:
    """Finite quantiles of both samples together, ascending; the extremes among them. Those of
    each alone would tell the sides apart."""
    found = pair.pooled_quantiles(np.linspace(0.0, 1.0, MOST_CELLS).tolist())
    return np.unique(found[np.isfinite(found)])


def _difference(x: NDArray[np.int64], pooled: NDArray[np.int64]) -> Floats:
    """F - G on each interval between cut points."""
    y = pooled - x
    f = np.cumsum(x, axis=1)[:, 1:-1] / x.sum(axis=1, keepdims=True)
    g = np.cumsum(y, axis=1)[:, 1:-1] / y.sum(axis=1, keepdims=True)
    return np.asarray(f - g)
