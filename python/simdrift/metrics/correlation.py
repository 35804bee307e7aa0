"""Pearson's correlation of two columns, over the rows in which both are finite."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simdrift._types import Floats
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.columns import ColumnState
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.outcomes import OK_CODE, Codes, Rows
from simdrift.metrics.values import EMPTY, NOT_APPLICABLE, OVERFLOW, TOO_FEW_ROWS


class Correlations(NamedTuple):
    """Pearson's r in each group, its status, and the rows that took part."""

    r: Floats
    status: Codes
    rows: Rows


def pearson(a: ColumnState, b: ColumnState) -> tuple[float | None, str, int]:
    """Pearson's r over the rows in which both are finite, its status, and how many they are."""
    found = pearson_groups(ColumnGroups.of(a), ColumnGroups.of(b))
    r = float(found.r[0])
    return None if r != r else r, _NAMES[int(found.status[0])], int(found.rows[0])


_NAMES = {code: name for name, code in CODES.items()}


def pearson_groups(a: ColumnGroups, b: ColumnGroups) -> Correlations:
    """`pearson` in each group of rows."""
    for side in (a, b):
        if side.whole.refused is not None or not side.whole.is_number:
            absent = np.full(len(a), np.nan)
            code = np.full(len(a), CODES[NOT_APPLICABLE], np.uint8)
            return Correlations(absent, code, side.rows)
    sums = a.sums_with(b)
    n = sums["n"]
    with np.errstate(all="ignore"):
        scale = np.sqrt(sums["m2_x"]) * np.sqrt(sums["m2_y"])
        r = np.clip(sums["c_xy"] / scale, -1.0, 1.0)
    status = np.where(np.isfinite(r), OK_CODE, CODES[OVERFLOW])
    status = np.where(scale == 0.0, CODES["constant"], status)
    few = np.where(a.rows == 0, CODES[EMPTY], CODES[TOO_FEW_ROWS])
    status = np.where(n < 2, few, status).astype(np.uint8)
    return Correlations(np.where(status == OK_CODE, r, np.nan), status, n)
