"""Correlations of every pair of many columns, over groups: Pearson's r from one pass over all
columns, Spearman's rho and Kendall's tau-b from ranks, Cramer's V from codes.

A pair is measured over the rows in which neither side is missing; for Pearson's r those in which
both are finite.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Floats
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.columns import CATEGORICAL, HIGH_CARDINALITY
from simdrift.metrics.correlation import pearson_groups
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.outcomes import OK_CODE, Codes, Rows

Ranks = NDArray[np.int32]
_CANCELLED = 1e-10
"""A variance below so much of the mean square is rounding: the pair is summed on its own."""
_FAR = 512
"""A power of two that squares of which, times any float64, do not overflow."""
_MOST_CELLS = 1 << 24


class PairTable(NamedTuple):
    """Of each group and pair of columns, (G, K, K) each: value, status, rows that took part. Only
    the upper half, i < j, is filled."""

    value: Floats
    status: Codes
    rows: Rows

    @classmethod
    def empty(cls, groups: int, columns: int) -> PairTable:
        shape = groups, columns, columns
        code = CODES["not_applicable"]
        return cls(np.full(shape, np.nan), np.full(shape, code, np.uint8), np.zeros(shape, int))


def pair_table(columns: Sequence[ColumnGroups], method: str) -> PairTable:
    """The correlations of these columns, whose groups are the same."""
    groups = len(columns[0]) if columns else 0
    table = PairTable.empty(groups, len(columns))
    for place in range(groups):
        METHODS[method](table, columns, place)
    return table


def _bounds(column: ColumnGroups, place: int) -> tuple[_core.Column, int, int]:
    own, starts, stops = column.ranges
    return own, int(starts[place]), int(stops[place])


def _few(rows: int) -> int:
    return CODES["empty"] if rows == 0 else CODES["too_few_rows"]


# --- Pearson ------------------------------------------------------------------------------


def _pearson(table: PairTable, columns: Sequence[ColumnGroups], place: int) -> None:
    near = [column.near for column in columns]
    first = near[0]
    _, start, stop = _bounds(first, place)
    centers, scales = (np.array(own) for own in zip(*(_frame(c, place) for c in near), strict=True))
    own = [column.ranges[0] for column in near]
    n, sums, squares, products = _core.product_sums(
        own, centers, scales, start, stop, threads=first.threads
    )
    with np.errstate(all="ignore"):
        spread = squares - sums**2 / n
        scale = np.sqrt(spread) * np.sqrt(spread.T)
        r = np.clip((products - sums * sums.T / n) / scale, -1.0, 1.0)
        kept = spread / squares
    certain = np.minimum(kept, kept.T) > _CANCELLED
    for i, j in combinations(range(len(columns)), 2):
        table.rows[place, i, j] = n[i, j]
        if n[i, j] < 2:
            table.status[place, i, j] = _few(stop - start)
        elif certain[i, j] and np.isfinite(r[i, j]):
            table.value[place, i, j], table.status[place, i, j] = r[i, j], OK_CODE
        else:
            alone = pearson_groups(columns[i].alone(place), columns[j].alone(place))
            table.value[place, i, j], table.status[place, i, j] = alone.r[0], alone.status[0]


def _frame(column: ColumnGroups, place: int) -> tuple[float, float]:
    """What is taken from a group's values, and a power of two that they are multiplied by: about
    their mean, and one over their standard deviation."""
    mean = float(column.profile["mean"][place])
    std = float(column.profile["std"][place])
    center = mean if np.isfinite(mean) else 0.0
    if not np.isfinite(std):
        return center, float(np.ldexp(1.0, -_FAR))
    return center, 1.0 if std == 0.0 else float(np.ldexp(1.0, -int(np.frexp(std)[1])))


# --- ranks --------------------------------------------------------------------------------


def _ranks(columns: Sequence[ColumnGroups], place: int) -> list[Ranks]:
    found = []
    for column in columns:
        own, start, stop = _bounds(column, place)
        found.append(_core.dense_ranks(own, start, stop, threads=column.threads)[0])
    return found


def _spearman(table: PairTable, columns: Sequence[ColumnGroups], place: int) -> None:
    """Pairs without gaps from one pass over the average ranks, others one by one."""
    ranks = _ranks(columns, place)
    whole = [k for k, own in enumerate(ranks) if len(own) > 1 and own.min() >= 0]
    averages = [_average(ranks[k]) for k in whole]
    if len(whole) > 1:
        part = PairTable.empty(1, len(whole))
        made = [ColumnGroups.of(_state(average)) for average in averages]
        _pearson(part, made, 0)
        for (a, i), (b, j) in combinations(enumerate(whole), 2):
            table.value[place, i, j] = part.value[0, a, b]
            table.status[place, i, j] = part.status[0, a, b]
            table.rows[place, i, j] = part.rows[0, a, b]
    for i, j in combinations(range(len(columns)), 2):
        if i not in whole or j not in whole:
            _rank_pair(table, ranks, (place, i, j), "spearman")


def _state(values: Floats) -> Any:
    from simdrift.metrics.columns import CurrentColumn

    return CurrentColumn("rank", _core.Column.from_numpy(values))


def _average(dense: Ranks) -> Floats:
    """Average ranks of dense ones, from 0."""
    counts = np.bincount(dense)
    return (np.cumsum(counts) - (counts + 1) / 2)[dense]


def _kendall(table: PairTable, columns: Sequence[ColumnGroups], place: int) -> None:
    ranks = _ranks(columns, place)
    for i, j in combinations(range(len(columns)), 2):
        _rank_pair(table, ranks, (place, i, j), "kendall")


def _rank_pair(
    table: PairTable, ranks: Sequence[Ranks], at: tuple[int, int, int], method: str
) -> None:
    found: Any = _core.rank_pair(ranks[at[1]], ranks[at[2]], kendall=method == "kendall")
    status = found[f"{method}_status"]
    table.rows[at] = found["n"]
    table.value[at] = found[method]
    table.status[at] = CODES[status] if len(ranks[at[1]]) else CODES["empty"]


# --- categories ---------------------------------------------------------------------------


def _cramers_v(table: PairTable, columns: Sequence[ColumnGroups], place: int) -> None:
    coded = [_codes(column, place) for column in columns]
    for i, j in combinations(range(len(columns)), 2):
        a, b = coded[i], coded[j]
        if a is not None and b is not None:
            value, status, rows = cramers_v(a, b)
            at = place, i, j
            table.value[at], table.status[at], table.rows[at] = value, CODES[status], rows


def _codes(column: ColumnGroups, place: int) -> NDArray[np.int32] | None:
    """A code of each row's category, -1 where it is missing; None of too many categories."""
    own, start, stop = _bounds(column, place)
    if column.kind != CATEGORICAL or column.whole.value_kind == "boolean":
        codes, levels = _core.dense_ranks(own, start, stop, threads=column.threads)
        return codes if levels <= HIGH_CARDINALITY else None
    categories = _core.Categories(maximum=HIGH_CARDINALITY)
    rows = own if stop - start == len(own) else own.slice(start, stop)
    codes = categories.encode(rows, threads=column.threads)
    return None if categories.overflow else codes


def cramers_v(a: NDArray[np.int32], b: NDArray[np.int32]) -> tuple[float, str, int]:
    """Cramer's V of two columns of codes, its status, and the rows in which both have one.

    >>> x = np.array([0, 0, 1, 1], np.int32)
    >>> cramers_v(x, x)
    (1.0, 'ok', 4)
    """
    known = (a >= 0) & (b >= 0)
    rows = int(np.count_nonzero(known))
    if rows == 0:
        return np.nan, "too_few_rows" if len(a) else "empty", 0
    left, right = int(a.max()) + 1, int(b.max()) + 1
    if left * right > _MOST_CELLS:
        return np.nan, "not_applicable", rows
    cells = np.bincount(
        a[known].astype(np.int64) * right + b[known], minlength=left * right
    ).reshape(left, right)
    counts = cells[np.ix_(cells.any(axis=1), cells.any(axis=0))].astype(float)
    least = min(counts.shape) - 1
    if least == 0:
        return np.nan, "constant", rows
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / rows
    square = float(((counts - expected) ** 2 / expected).sum()) / rows
    return min(1.0, float(np.sqrt(square / least))), "ok", rows


METHODS: dict[str, Callable[[PairTable, Sequence[ColumnGroups], int], None]] = {
    "pearson": _pearson,
    "spearman": _spearman,
    "kendall": _kendall,
    "cramers_v": _cramers_v,
}
