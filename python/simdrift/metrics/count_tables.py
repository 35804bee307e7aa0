"""Counts of a reference and of each group over the same bins or categories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.metrics.columns import CATEGORICAL, Bins, Counts
from simdrift.metrics.pair import Cells, ColumnPair, label_cells


class CountTables(NamedTuple):
    """Counts of the groups at these `places` that have as many bins: (tables, bins) of each
    side."""

    places: NDArray[np.intp]
    reference: NDArray[Any]
    current: NDArray[Any]


class GroupCategories(NamedTuple):
    """Labels, the reference's first; rows of the reference (labels,) and of each group (groups,
    labels); `ordered` has the new categories of each group in the order of its rows, and `new`
    says which these are, by their place in `labels`."""

    labels: tuple[str, ...]
    reference: NDArray[np.int64]
    current: NDArray[np.int64]
    ordered: NDArray[np.int64]
    new: NDArray[np.intp]

    def rows(self, place: int) -> NDArray[np.int64]:
        """A group's rows of each category of the reference and of those that are new in it."""
        known = len(self.labels) - self.new.shape[1]
        own: NDArray[np.int64] = self.ordered[place]
        return own[: known + int(np.count_nonzero(own[known:]))]

    def histogram(self, place: int) -> Cells:
        """`ColumnPair.histogram` of a group."""
        rows = self.rows(place)
        known = len(self.labels) - self.new.shape[1]
        new = (self.labels[code] for code in self.new[place, : len(rows) - known].tolist())
        return label_cells((*self.labels[:known], *new), self.reference[: len(rows)], rows)


def tables_of(reference: NDArray[Any], current: NDArray[Any]) -> list[CountTables]:
    """The tables of (groups, bins) counts, by how many of their bins are used."""
    used = (reference + current) > 0
    bins = used.sum(axis=1)
    tables = []
    for width in np.unique(bins).tolist():
        places = np.flatnonzero(bins == width)
        own, shape = used[places], (len(places), width)
        c, d = (side[places][own].reshape(shape) for side in (reference, current))
        tables.append(CountTables(places, c, d))
    return tables


def tables_of_pairs(pairs: Sequence[ColumnPair], bins: Bins) -> list[CountTables]:
    """The tables of `tables_of`, of counts that were made group by group."""
    own: dict[int, list[tuple[int, Counts, Counts]]] = {}
    for place, pair in enumerate(pairs):
        if pair.status is None and not (pair.kind == CATEGORICAL and pair.high_cardinality):
            c, d = pair.cell_counts(bins)
            own.setdefault(len(c), []).append((place, c, d))
    return [
        CountTables(
            np.array([place for place, *_ in rows]),
            *(side[np.newaxis] for side in rows[0][1:]),
        )
        if len(rows) == 1
        else CountTables(
            np.array([place for place, *_ in rows]),
            np.stack([c for _, c, _ in rows]),
            np.stack([d for *_, d in rows]),
        )
        for rows in own.values()
    ]


class BinCounts(NamedTuple):
    """Counts of both sides over the same bins, of the groups that are `present`: `edges` of all,
    or `labels` of each; `reference` (bins,) or (groups, bins), `current` (groups, bins)."""

    present: NDArray[np.bool_]
    edges: Any
    labels: Any
    reference: Floats
    current: Floats


def joined_counts(parts: Sequence[BinCounts | None]) -> BinCounts | None:
    """The counts of single groups, each of which has bins of its own."""
    return bin_counts([None if part is None else _cells(part) for part in parts])


def _cells(counts: BinCounts) -> Cells | None:
    """The histogram of one group."""
    if not counts.present[0]:
        return None
    edges, labels = (
        bins[0] if bins and isinstance(bins[0], tuple) else bins
        for bins in (counts.edges, counts.labels)
    )
    reference = counts.reference if counts.reference.ndim == 1 else counts.reference[0]
    return Cells(edges, labels, tuple(reference.tolist()), tuple(counts.current[0].tolist()))


def bin_counts(cells: Sequence[Cells | None]) -> BinCounts | None:
    """The counts of histograms that were made group by group."""
    own = [one for one in cells if one is not None]
    if not own:
        return None
    bins = max(len(one.current) for one in own)
    reference, current = np.zeros((len(own), bins)), np.zeros((len(own), bins))
    for place, one in enumerate(own):
        reference[place, : len(one.reference)] = one.reference
        current[place, : len(one.current)] = one.current
    edges, labels = (
        None if getattr(own[0], name) is None else tuple(getattr(one, name) for one in own)
        for name in ("edges", "labels")
    )
    return BinCounts(
        np.array([one is not None for one in cells]), edges, labels, reference, current
    )
