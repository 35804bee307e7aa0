"""Pearson's correlation of two columns, from one fused pass."""

from __future__ import annotations

import math

from simdrift import _core
from simdrift.metrics.columns import ColumnState
from simdrift.metrics.values import CONSTANT, EMPTY, NOT_APPLICABLE, TOO_FEW_ROWS, Outcome, cleaned


def pearson(a: ColumnState, b: ColumnState) -> Outcome:
    """Pearson's r over the rows in which both are finite; `n_current` counts them."""
    for side in (a, b):
        if side.broken is not None or not side.is_number:
            return Outcome(None, NOT_APPLICABLE, n_current=side.rows)
    pair = _core.pair_profile(a.column, b.column, threads=a.threads)
    n = pair["n"]
    if n < 2:
        return Outcome(None, EMPTY if a.rows == 0 else TOO_FEW_ROWS, n_current=n)
    spread = math.sqrt(pair["m2_x"]) * math.sqrt(pair["m2_y"])
    if spread == 0.0:
        return Outcome(None, CONSTANT, n_current=n)
    r = pair["c_xy"] / spread
    inside = max(-1.0, min(1.0, r)) if math.isfinite(r) else math.nan
    return cleaned(Outcome(inside, n_current=n))
