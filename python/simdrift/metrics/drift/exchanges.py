"""Wasserstein-1 of a pair over groups against exchanges of its rows: what `nulls.transport` reads
of both columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Floats
from simdrift.metrics.columns import ColumnState, Counts, ReferenceColumn
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.nulls import energy, transport
from simdrift.metrics.nulls.transport import Law, Middle
from simdrift.metrics.outcomes import absent, any_true
from simdrift.metrics.pair_stack import PairStack

if TYPE_CHECKING:
    from simdrift._core import LevelsTuple

ENDS = 16
"""Rows at each end of a side that are known one by one (`SDR_EXTREMES`)."""


class Null(NamedTuple):
    """Of each group: the p-value, what makes its logarithm on demand, and the null quantile."""

    p_value: Floats
    log_p: Callable[[], Floats]
    null_quantile: Floats


def wasserstein_null(
    pair: GroupedPair | PairStack, value: Floats, known: NDArray[np.bool_]
) -> Null:
    """The law of W1 (`value`, in the column's unit) in the groups where that is known."""
    found = pair.two_sample
    n, m = found["wasserstein_n"], found["wasserstein_m"]
    if isinstance(pair, PairStack):
        laws = [(places, _law_of_columns(pair, places, n, m)) for places in _of_levels(n, m)]
    else:
        laws = [(places, _law(pair, places, n, m)) for places in _alike(known, n, m)]
    p, quantile = absent(len(pair)), absent(len(pair))
    for places, law in laws:
        p[places] = law.p_values(value[places])
        quantile[places] = law.null_quantile()

    def log_p() -> Floats:
        logs = absent(len(pair))
        for places, law in laws:
            logs[places] = law.log_p_values(value[places], p[places])
        return logs

    return Null(p, log_p, quantile)


def energy_quantile(
    pair: GroupedPair, n: NDArray[Any], m: NDArray[Any], known: NDArray[np.bool_]
) -> Floats:
    """The null quantile of the squared energy distance, in the column's unit, in the groups where
    that is known."""
    found = absent(len(pair))
    for places in _alike(known, n, m):
        if m[places[0]] > n[places[0]]:
            middle = _middle_of_current(pair, places, float(m[places].min()))
        else:
            middle = _middle_of_reference(pair, places)
        ends = _ends_of_reference(pair.near[0]), _extremes(pair, places)
        sides = n[places].astype(float), m[places].astype(float)
        found[places] = energy.null_quantiles(*ends, middle, *sides)
    return found


def _alike(
    known: NDArray[np.bool_], n: NDArray[np.number], m: NDArray[np.number]
) -> list[NDArray[np.intp]]:
    """The known groups: those whose larger side is the reference, and the others by how many
    quantiles are read of the current rows."""
    if len(known) == 1:
        return [np.flatnonzero(known)]
    is_current = m > n
    parts = [np.flatnonzero(known & ~is_current)]
    others = np.flatnonzero(known & is_current)
    sizes = np.array([len(transport.levels(rows)) for rows in m[others].tolist()])
    parts += [others[sizes == size] for size in np.unique(sizes)]
    return [places for places in parts if len(places)]


def _law(
    pair: GroupedPair, places: NDArray[np.intp], n: NDArray[np.number], m: NDArray[np.number]
) -> Law:
    is_current = bool(m[places[0]] > n[places[0]])
    found = found_in_the_pass(pair)
    if found is not None and (not is_current or found["current_quantiles"] is not None):
        side = _keep_of_pass(pair.reference, found)
        if is_current:
            side = Found.of(found["current_quantiles"], transport.levels(float(m[places[0]])))
        middle = side.middle(int(found["n"] + found["m"]))
        ends = found["ends"][:1], found["ends"][1:]
        return transport.law_of(*ends, middle, n[places], m[places], pair.threads)
    if is_current:
        middle = _middle_of_current(pair, places, float(m[places].min()))
    else:
        middle = _middle_of_reference(pair, places)
    ends = _ends_of_reference(pair.near[0]), _ends_of_current(pair, places)
    return transport.law_of(*ends, middle, n[places], m[places], pair.threads)


# -- many columns of one group each


def _of_levels(n: NDArray[np.number], m: NDArray[np.number]) -> list[NDArray[np.intp]]:
    """The columns by their larger side and how many quantiles are read of it."""
    kinds = 2 * transport.levels_beyond(np.maximum(n, m)) + (m > n)
    return [np.flatnonzero(kinds == kind) for kind in np.unique(kinds).tolist()]


def _law_of_columns(
    stack: PairStack, places: NDArray[np.intp], n: NDArray[np.number], m: NDArray[np.number]
) -> Law:
    """`_law` of columns whose larger sides have the same levels."""
    first = places[0]
    side = "current_quantiles" if m[first] > n[first] else "quantiles"
    levels = transport.levels(float(max(m[first], n[first])))
    founds = [stack.passes[place] for place in places.tolist()]
    beyond = (len(transport.LEVELS) - len(levels)) // 2
    values = np.stack([found[side][0] for found in founds])[:, beyond : beyond + len(levels)]
    below, upto = (np.tile(levels, (len(places), 1)) for _ in range(2))
    same = np.any(values[:, 1:] == values[:, :-1], axis=1)
    for row in np.flatnonzero(same).tolist():
        found = founds[row]
        middle = Found.of(found[side], levels).middle(int(found["n"] + found["m"]))
        below[row], upto[row] = middle.below[0], middle.upto[0]
    ends = np.stack([found["ends"] for found in founds])
    sides = ends[:, 0], ends[:, 1]
    return transport.law_of(
        *sides, Middle(values, below, upto), n[places], m[places], stack.threads
    )


# -- what the pass over both samples has found


class Found(NamedTuple):
    """Quantiles of a side, and (2, L) rows of both sides below them and up to them."""

    levels: Levels
    below: NDArray[np.int64]
    upto: NDArray[np.int64]

    @classmethod
    def of(cls, found: LevelsTuple, levels: Floats) -> Found:
        """Of these levels, a run of all that were looked for."""
        first = (len(transport.LEVELS) - len(levels)) // 2
        own = slice(first, first + len(levels))
        values, below, upto = found
        return cls(Levels.of(levels, values[own]), below[:, own], upto[:, own])

    def middle(self, rows: int) -> Middle:
        own = self.levels
        values, levels = own.values[np.newaxis, :], own.levels[np.newaxis, :]
        if not len(own.cuts):
            return Middle(values, levels, levels)
        shares = (counts.sum(axis=0) / rows for counts in (self.below, self.upto))
        return Middle(values, *(np.where(own.tied, share, levels) for share in shares))


def found_in_the_pass(pair: GroupedPair) -> Mapping[str, Any] | None:
    """What the pass over the only group has found, where it has."""
    if not pair.current.is_one or pair.is_weighted or pair.near[0] is not pair.reference:
        return None
    found = pair.pairs[0].two_sample
    return None if found["quantiles"] is None or found["ends"] is None else found


def _keep_of_pass(column: ReferenceColumn, found: Mapping[str, Any]) -> Found:
    """Keeps of the reference what does not depend on the current rows."""
    side = Found.of(found["quantiles"], transport.levels(found["n"]))
    column.null_parts.setdefault("levels", side.levels)
    column.null_parts.setdefault("ends", found["ends"][:1])
    return side


# -- the ends


def _ends_of_reference(column: ReferenceColumn) -> Floats:
    ends = column.null_parts.get("ends")
    if ends is None:
        ends = column.null_parts.setdefault("ends", _ends(column))
    return np.asarray(ends)


def _ends(column: ColumnState) -> Floats:
    """(1, 2 ENDS) extremes of a column; of weighted rows the smallest and the largest alone."""
    if column.weighted is not None:
        return column.weighted.values.finite.values[[0, -1]][np.newaxis, :]
    ordered = column.prepared if isinstance(column, ReferenceColumn) else None
    if ordered is not None:
        return _ends_of_sorted(np.asarray(ordered.values))
    rows = np.zeros(1, np.int64), np.array([len(column.column)], np.int64)
    return _core.extremes_groups(column.column, *rows, threads=column.threads)


def _ends_of_sorted(values: NDArray[np.number]) -> Floats:
    first, last = 0, len(values)
    if values.dtype.kind == "f":
        first = int(np.searchsorted(values, -np.inf, side="right"))
        last = int(np.searchsorted(values, np.inf, side="left"))
    ends = np.full((1, 2 * ENDS), np.inf)
    ends[0, ENDS:] = -np.inf
    low, high = values[first : min(first + ENDS, last)], values[max(last - ENDS, first) : last]
    ends[0, : len(low)] = low
    ends[0, 2 * ENDS - len(high) :] = high
    return ends


def _ends_of_current(pair: GroupedPair, places: NDArray[np.intp]) -> Floats:
    if pair.is_weighted:
        return np.concatenate([_ends(pair.near[1].each[place]) for place in places.tolist()])
    found = pair.two_sample.get("ends")
    if found is not None and found.ndim == 2:
        return np.asarray(found[places])
    return _extremes(pair, places)


def _extremes(pair: GroupedPair, places: NDArray[np.intp]) -> Floats:
    """The ends of the current rows of these groups, which no pass has found."""
    if pair.is_weighted:
        return np.concatenate([_ends(pair.near[1].each[place]) for place in places.tolist()])
    column, starts, stops = pair.near[1].ranges
    return _core.extremes_groups(column, starts[places], stops[places], threads=pair.threads)


# -- the middle


class Levels(NamedTuple):
    """Quantiles of a side at these levels, which of them are tied, and where to count."""

    levels: Floats
    values: Floats
    tied: NDArray[np.bool_]
    cuts: Floats

    @classmethod
    def of(cls, levels: Floats, values: Floats) -> Levels:
        tied = transport.tied(values)
        if not any_true(tied):
            return cls(levels, values, tied, np.zeros(0))
        tied &= np.isfinite(values)
        single = np.unique(values[tied])
        return cls(levels, values, tied, np.union1d(single, np.nextafter(single, np.inf)))

    def middle(self, reference: Counts, current: Counts) -> Middle:
        """With the rows of both sides between the cuts, (C,) and (groups, C)."""
        below, upto = self.levels[np.newaxis, :], self.levels[np.newaxis, :]
        if len(self.cuts):
            rows = np.cumsum(reference + current, axis=1)
            shares = rows[:, :-1] / rows[:, -1:]
            at = np.searchsorted(self.cuts, self.values[self.tied])
            groups = (len(shares), len(self.levels))
            below, upto = (np.broadcast_to(below, groups).copy() for _ in range(2))
            below[:, self.tied] = shares[:, at]
            upto[:, self.tied] = shares[:, at + 1]
        return Middle(self.values[np.newaxis, :], below, upto)


def reference_levels(column: ReferenceColumn) -> Levels:
    """The reference's quantiles: those of its null law, the quartiles among them."""
    found = column.null_parts.get("levels")
    if found is None:
        levels = transport.levels(column.valid)
        made = Levels.of(levels, np.asarray(column.quantiles(levels.tolist())))
        found = column.null_parts.setdefault("levels", made)
    assert isinstance(found, Levels)
    return found


def reference_quantiles(pair: GroupedPair) -> Floats:
    """The reference's quantiles at its `transport.levels`, from the pass where that has them."""
    column = pair.near[0]
    if "levels" not in column.null_parts:
        found = found_in_the_pass(pair)
        if found is not None:
            _keep_of_pass(column, found)
    return reference_levels(column).values


def _middle_of_reference(pair: GroupedPair, places: NDArray[np.intp]) -> Middle:
    column = pair.near[0]
    own = reference_levels(column)
    if not len(own.cuts):
        return own.middle(np.zeros(0), np.zeros((0, 0)))
    reference = column.null_parts.get("counts")
    if reference is None:
        reference = column.null_parts.setdefault("counts", column.count_cells(own.cuts))
    return own.middle(reference, pair.count_cells(places, own.cuts))


def _middle_of_current(pair: GroupedPair, places: NDArray[np.intp], rows: float) -> Middle:
    """Of groups that are larger than the reference."""
    levels = transport.levels(rows)
    values = pair.quantiles(places, levels.tolist())
    parts = []
    for place, own_values in zip(places.tolist(), values, strict=True):
        own = Levels.of(levels, own_values)
        reference: Counts = np.zeros(0)
        current: Counts = np.zeros((0, 0))
        if len(own.cuts):
            reference = pair.near[0].count_cells(own.cuts)
            current = pair.count_cells(np.array([place]), own.cuts)
        parts.append(own.middle(reference, current))
    return Middle(*(np.concatenate(own) for own in zip(*parts, strict=True)))
