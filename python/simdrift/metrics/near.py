"""Integers and times beyond 2^53, which float64 does not hold: read less a common integer.

What reads a column as float64 (quantiles, bins, trig sums, weights) would round them to multiples
of 2 and more, and p-values of what is left are of another column. Less an integer near their
median they are exact as far as 2^53 reaches; what lies further away is rounded by less than
2^-53 of its distance. No drift of numbers depends on the integer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Floats
from simdrift.metrics.values import OVERFLOW

EXACT = 2.0**53
"""Every integer up to here is a float64."""
_FAR = 2.0**62
_WIDE = ("int64", "uint64", "date64", "timestamp", "duration")


class NoValueError(Exception):
    """There is no value, with a status that says why."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def may_be_beyond(type_name: str) -> bool:
    """Whether a type holds integers beyond 2^53.

    >>> may_be_beyond("timestamp[ns, UTC]"), may_be_beyond("int32")
    (True, False)
    """
    return type_name.startswith(_WIDE)


def is_beyond(low: float | int, high: float | int) -> bool:
    """Whether float64 does not hold all integers from low to high."""
    return not -EXACT <= low <= high <= EXACT


def less(values: NDArray[Any], base: int) -> Floats:
    """Values less the base as float64: exact within 2^53 of it, else rounded.

    >>> less(np.array([2**60 + 3, -(2**63)]), 2**60).tolist()
    [3.0, -1.0376293541461623e+19]
    """
    rounded = values.astype(float) - float(base)
    if values.dtype.kind not in "iu":
        return rounded
    wrapped = values.astype(np.uint64) - np.uint64(base % 2**64)
    return np.where(np.abs(rounded) < _FAR, wrapped.view(np.int64).astype(float), rounded)


def column_less(column: _core.Column, base: int) -> _core.Column:
    """The column less the base, of float64; rows that are null are NaN."""
    if column.kind not in ("integer", "temporal"):
        return _core.Column.from_numpy(less(column.to_float64(), base))
    values, valid = column.to_int64()
    return _core.Column.from_numpy(np.where(valid, less(values, base), np.nan))


def check_exact(ends: Floats, base: int) -> None:
    """NoValueError where an end, less the base, is an integer that was rounded."""
    known = np.abs(ends[np.isfinite(ends)])
    if base and known.max(initial=0.0) > EXACT:
        raise NoValueError(
            OVERFLOW,
            "integers that lie further apart than 2^53: expected values that float64 holds less a "
            "common one; `ks`, `mann_whitney` and `wasserstein` compare these exactly",
        )
