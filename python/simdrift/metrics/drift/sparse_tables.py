"""The null law of a statistic of tables in which cells expect few rows.

The mean and the variance of the statistic under random exchanges of rows (hypergeometric,
seeded) give the chi-square law its scale and its degrees of freedom.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.metrics.drift.cells import Tables, whole_rows
from simdrift.metrics.outcomes import any_true

EXPECTED_ROWS = 5
"""Rows that each cell of the smaller side expects, for the expansions to serve."""
MOST_CELLS = 2_000
"""Of more cells no rows are exchanged: they cost a draw each."""
EXCHANGES, EXCHANGE_SEED = 100, 7

Statistic = Callable[[Tables], Floats]
"""The statistic of each table."""


def within_1(value: Floats) -> Floats:
    """Without what rounding leaves outside of [0, 1]."""
    return np.asarray(np.minimum(np.maximum(value, 0.0), 1.0))


def sparse_bins(tables: Tables) -> NDArray[np.bool_]:
    """The bins of (tables, bins) that expect less than EXPECTED_ROWS of the smaller side, or all
    others together do: of two bins both are sparse, or none is."""
    n, m = tables.n.astype(float), tables.m.astype(float)
    total, smaller = (n + m)[:, np.newaxis], np.minimum(n, m)[:, np.newaxis]
    rows = np.minimum(tables.both, total - tables.both)
    return np.asarray(rows * smaller < EXPECTED_ROWS * total)


def sparse_places(tables: Tables) -> list[int]:
    """The tables in which a bin expects few rows (`_sparse`)."""
    if tables.bins > MOST_CELLS:
        return []
    sparse = sparse_bins(tables)
    return np.flatnonzero(sparse.any(axis=1)).tolist() if any_true(sparse) else []


def exchanged(
    statistic: Statistic, scale: float, df: float, tables: Tables, place: int
) -> tuple[float, float]:
    """Scale and degrees of freedom of the chi-square law with the mean and the variance of
    the statistic under EXCHANGES random exchanges of rows (Satterthwaite)."""
    rng = np.random.default_rng(EXCHANGE_SEED)
    c, d = whole_rows(tables.c[place]), whole_rows(tables.d[place])
    drawn = rng.multivariate_hypergeometric(c + d, int(c.sum()), EXCHANGES, method="marginals")
    null = statistic(Tables(drawn, (c + d) - drawn))
    mean, variance = float(null.mean()), float(null.var(ddof=1))
    if not (0.0 < mean < math.inf and 0.0 < variance < math.inf):
        return scale, df
    return variance / (2.0 * mean), 2.0 * mean * mean / variance
