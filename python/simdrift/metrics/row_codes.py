"""Numbers that stand for the values of rows: equal values have equal ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simdrift import _core

BITS = 53
"""Of a code: float64 holds them exactly."""


def row_codes(column: _core.Column) -> NDArray[np.uint64]:
    """A code of each row's value; those of different values differ, but for about one pair in
    2^53."""
    return np.asarray(_core.row_hashes([column])[:, 0] >> np.uint64(64 - BITS), np.uint64)


def missing_rows(column: _core.Column) -> NDArray[np.bool_]:
    """Which rows are null or NaN: those with the code of a column that is nothing else."""
    nothing = (
        _core.Column.from_text([None])
        if column.value_kind == "text"
        else _core.Column.from_numpy(np.array([np.nan]))
    )
    hashes, missing = _core.row_hashes([column]), _core.row_hashes([nothing])
    return np.asarray((hashes == missing).all(axis=1))
