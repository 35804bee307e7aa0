"""Which rows of a column, or of several together, lie far from the others or from a reference.

Of one column a rule gives a lower and an upper fence, by the reference's values or the column's
own; what lies beyond either is an outlier. Of several columns it is the squared Mahalanobis
distance from the reference's mean in units of its covariance: chi-squared with as many degrees of
freedom as columns, where the rows are normal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Floats
from simdrift.metrics.columns import ColumnState
from simdrift.metrics.nulls.special import special

RULES = ("iqr", "zscore", "mad", "percentile")
MAD_SD = 1.4826022185056018
"""The standard deviation of a normal law whose median absolute deviation is 1."""
DEFAULTS = {"iqr": 1.5, "zscore": 3.0, "mad": 3.5, "percentile": 0.01}
"""The limit of each rule: quartile ranges beyond the quartiles (Tukey 1977), standard deviations,
scaled MADs (Iglewicz and Hoaglin 1993), the share beyond either percentile."""
P_VALUE = 0.001
"""From which p-value of its distance on a row of several columns is an outlier."""
BLOCK = 1 << 16
SINGULAR = 1e-10
"""A pivot of the correlation matrix below this is a column that follows from those before it."""


class Fences(NamedTuple):
    """Values below `low` or above `high` are outliers. How far away one is: its distance from
    `center` over `scale`. status: why there are none."""

    low: float
    high: float
    center: float
    scale: float
    status: str = "ok"


_NONE = Fences(np.nan, np.nan, np.nan, np.nan)


def fences_of(column: ColumnState, rule: str, limit: float) -> Fences:
    """The fences of a column of numbers, less its `base`."""
    near = column.near
    if not near.rows:
        return _NONE._replace(status="empty")
    if not near.valid:
        return _NONE._replace(status="all_null")
    found = _FENCES[rule](near, limit)
    if not np.isfinite(found.scale):
        return _NONE._replace(status="overflow")
    return found if found.scale > 0.0 else _NONE._replace(status="constant")


def _by_quartiles(column: ColumnState, limit: float) -> Fences:
    low, middle, high = np.asarray(column.quantiles([0.25, 0.5, 0.75])).tolist()
    width = high - low
    return Fences(low - limit * width, high + limit * width, middle, width)


def _by_sd(column: ColumnState, limit: float) -> Fences:
    mean, sd = column.profile["mean"], column.profile["std"]
    if mean is None or sd is None:
        return _NONE
    return Fences(mean - limit * sd, mean + limit * sd, mean, sd)


def _by_mad(column: ColumnState, limit: float) -> Fences:
    center = float(column.finite_median)
    scale = MAD_SD * float(_core.median_deviation(column.column, center))
    return Fences(center - limit * scale, center + limit * scale, center, scale)


def _by_percentiles(column: ColumnState, limit: float) -> Fences:
    ends = [limit, 0.25, 0.5, 0.75, 1.0 - limit]
    low, first, middle, third, high = np.asarray(column.quantiles(ends)).tolist()
    width = third - first if third > first else high - low
    return Fences(low, high, middle, width)


_FENCES: dict[str, Callable[[ColumnState, float], Fences]] = {
    "iqr": _by_quartiles,
    "zscore": _by_sd,
    "mad": _by_mad,
    "percentile": _by_percentiles,
}


class Far(NamedTuple):
    """The rows that lie beyond: how many do and take part, and of the farthest the row numbers,
    values and distances."""

    outliers: int
    rows: int
    places: NDArray[np.int64]
    values: Floats
    distances: Floats


def beyond(column: ColumnState, fences: Fences, base: int, most: int) -> Far:
    """The rows of a column that lie beyond fences, which are of values less a base; infinities
    do."""
    values = column.less(base).column.to_float64()
    known = ~np.isnan(values)
    out = np.flatnonzero((values < fences.low) | (values > fences.high))
    with np.errstate(all="ignore"):
        far = np.abs(values[out] - fences.center) / fences.scale
    worst = np.lexsort((out, -far))[:most]
    return Far(len(out), int(known.sum()), out[worst], values[out[worst]] + base, far[worst])


# --- several columns together -------------------------------------------------------------


class Ellipsoid(NamedTuple):
    """The mean of rows, the scale of each column, and the lower triangle of their correlations'
    Cholesky factor. dependent: the first column that follows from those before it, or -1."""

    mean: Floats
    scale: Floats
    factor: Floats
    dependent: int = -1


def ellipsoid_of(columns: Sequence[ColumnState]) -> Ellipsoid | str:
    """That of the rows in which all columns are finite; a status where there is none."""
    values = np.stack([column.near.column.to_float64() for column in columns], axis=1)
    values = values[np.isfinite(values).all(axis=1)]
    if len(values) <= len(columns):
        return "too_few_rows"
    mean = values.mean(axis=0)
    with np.errstate(all="ignore"):
        centered = values - mean
        scale = np.sqrt((centered**2).sum(axis=0) / (len(values) - 1))
    if not np.isfinite(scale).all():
        return "overflow"
    if (scale == 0.0).any():
        return Ellipsoid(mean, scale, np.zeros(0), int(np.argmin(scale)))
    centered /= scale
    factor, dependent = cholesky(centered.T @ centered / (len(values) - 1))
    return Ellipsoid(mean, scale, factor, dependent)


def cholesky(matrix: Floats) -> tuple[Floats, int]:
    """The lower triangle L with L L' = matrix, and the first row whose pivot is next to nothing,
    or -1.

    >>> cholesky(np.array([[1.0, 1.0], [1.0, 1.0]]))[1]
    1
    """
    size = len(matrix)
    lower = np.zeros((size, size))
    for i in range(size):
        pivot = matrix[i, i] - lower[i, :i] @ lower[i, :i]
        if not pivot > SINGULAR:
            return lower, i
        lower[i, i] = np.sqrt(pivot)
        lower[i + 1 :, i] = (matrix[i + 1 :, i] - lower[i + 1 :, :i] @ lower[i, :i]) / lower[i, i]
    return lower, -1


def squared_distances(columns: Sequence[ColumnState], bases: Sequence[int], e: Ellipsoid) -> Floats:
    """The squared Mahalanobis distance of each row; NaN where a column is missing or infinite."""
    values = [c.less(base).column.to_float64() for c, base in zip(columns, bases, strict=True)]
    found = np.empty(len(values[0]))
    for start in range(0, len(found), BLOCK):
        rows = slice(start, start + BLOCK)
        with np.errstate(all="ignore"):
            block = np.stack([own[rows] for own in values]) - e.mean[:, np.newaxis]
            block /= e.scale[:, np.newaxis]
            for i in range(len(block)):  # forward substitution
                block[i] = (block[i] - e.factor[i, :i] @ block[:i]) / e.factor[i, i]
            found[rows] = (block * block).sum(axis=0)
    found[~np.isfinite(found)] = np.nan
    return found


def distance_ps(squared: Floats, columns: int) -> Floats:
    """p-values of squared distances under a normal law."""
    return np.asarray(special().chdtrc(float(columns), squared))
