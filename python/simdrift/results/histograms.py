"""Histograms as blocks: the counts of one column over many windows are one array, and
`Histogram` rows are made only for who iterates."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast, overload
from uuid import UUID

import numpy as np
import numpy.typing as npt

from simdrift.results.rows import Histogram

Key = tuple[str, str]
"""Segment and column."""

Places = npt.NDArray[np.int64]
NO_PLACES: Final = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class HistogramBlock:
    """The histograms of one segment's column, one a window.

    `edges` or `labels` are one tuple for all windows, or a tuple of one tuple a window; the
    other is None. `reference` is (bins,) where all windows have the same, else (windows, bins);
    `current` is (windows, bins). Where windows have bins of their own, counts past a window's
    last bin are ignored. ValueError where the shapes don't fit.

    >>> from uuid import UUID
    >>> runs = (UUID(int=1), UUID(int=2))
    >>> block = HistogramBlock(runs, "", "x", (0.5,), None, np.array([4.0, 4.0]),
    ...                        np.array([[1.0, 3.0], [2.0, 2.0]]))
    >>> block.histogram(1).current
    (2.0, 2.0)
    """

    run_ids: tuple[UUID, ...]
    segment: str
    column: str
    edges: tuple[float, ...] | tuple[tuple[float, ...], ...] | None
    labels: tuple[str, ...] | tuple[tuple[str, ...], ...] | None
    reference: npt.NDArray[np.float64]
    current: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        windows, current = len(self.run_ids), self.current.shape
        if len(current) != 2 or current[0] != windows:
            raise ValueError(
                f"{self.column!r}: expected current counts of {windows} windows, found {current}"
            )
        if self.reference.ndim not in (1, 2) or (
            self.reference.ndim == 2 and len(self.reference) != windows
        ):
            raise ValueError(
                f"{self.column!r}: expected reference counts of one or {windows} windows, found "
                f"{self.reference.shape}"
            )
        for name in ("edges", "labels"):
            bins = getattr(self, name)
            if bins and isinstance(bins[0], tuple) and len(bins) != windows:
                raise ValueError(
                    f"{self.column!r}: expected {name} of {windows} windows, found {len(bins)}"
                )

    def __len__(self) -> int:
        return len(self.run_ids)

    @property
    def shares_bins(self) -> bool:
        """Whether all windows have the same edges or labels."""
        return not any(bins and isinstance(bins[0], tuple) for bins in (self.edges, self.labels))

    def histogram(self, window: int) -> Histogram:
        """The histogram of one window."""
        return self.maker()(window)

    def maker(self) -> Callable[[int], Histogram]:
        """What makes the windows' histograms; those that share a tuple share the object."""
        edges, labels = _each(self.edges), _each(self.labels)
        shared = tuple(self.reference.tolist()) if self.reference.ndim == 1 else None

        def made(window: int) -> Histogram:
            own_edges, own_labels = edges(window), labels(window)
            bins = self._bins(own_edges, own_labels)
            reference = shared
            if reference is None:
                reference = tuple(self.reference[window, :bins].tolist())
            return Histogram(
                self.run_ids[window],
                self.segment,
                self.column,
                own_edges,
                own_labels,
                reference if bins is None or len(reference) <= bins else reference[:bins],
                tuple(self.current[window, :bins].tolist()),
            )

        return made

    def _bins(self, edges: tuple[Any, ...] | None, labels: tuple[Any, ...] | None) -> int | None:
        """How many counts of a window are its own; None: all of them."""
        if edges is not None and edges is not self.edges:
            return len(edges) + 1
        if labels is not None and labels is not self.labels:
            return len(labels)
        return None


def _each(bins: tuple[Any, ...] | None) -> Callable[[int], tuple[Any, ...] | None]:
    """The tuple of a window."""
    if bins and isinstance(bins[0], tuple):
        return cast("Callable[[int], tuple[Any, ...]]", bins.__getitem__)
    return lambda window: bins


class Histograms(Sequence[Histogram]):
    """An immutable sequence of histograms, equal to a tuple or list of the same ones.

    It is made of `Histogram` rows and of blocks. Rows come first, as they were given; then the
    histograms of the blocks, window by window in the order of `run_ids` (runs that it doesn't
    name: in that of the blocks), and within a window in the order of the blocks.
    """

    __slots__ = ("_blocks", "_made", "_places", "_rows")

    def __init__(
        self,
        histograms: Iterable[Histogram | HistogramBlock] = (),
        run_ids: Iterable[UUID] = (),
    ) -> None:
        items = list(histograms)
        blocks = tuple([one for one in items if isinstance(one, HistogramBlock)])
        self._rows = tuple([one for one in items if isinstance(one, Histogram)])
        self._blocks = blocks
        self._places = _in_order(blocks, run_ids)
        self._made: tuple[Histogram, ...] | None = None if blocks else self._rows

    @classmethod
    def _of(
        cls,
        rows: tuple[Histogram, ...],
        blocks: tuple[HistogramBlock, ...] = (),
        places: Places = NO_PLACES,
    ) -> Histograms:
        """`places`: which windows of the blocks are there, numbered as if the blocks were one."""
        made = cls.__new__(cls)
        made._rows, made._blocks, made._places = rows, blocks, places
        made._made = None if blocks else rows
        return made

    def parts(self) -> Iterator[Histogram | tuple[HistogramBlock, Places]]:
        """The histograms that came as rows, then each block with the windows of it that are
        there."""
        yield from self._rows
        block_of, window_of = self._found()
        for number, block in enumerate(self._blocks):
            windows = window_of[block_of == number]
            if len(windows):
                yield block, windows

    def _found(self) -> tuple[Places, Places]:
        """Block and window of each place."""
        offsets = _offsets(self._blocks)
        block_of = np.searchsorted(offsets, self._places, side="right") - 1
        return block_of, self._places - offsets[block_of]

    def newest(self) -> dict[Key, Histogram]:
        """The last histogram of each segment's column."""
        found = {(row.segment, row.column): row for row in self._rows}
        block_of, window_of = self._found()
        last = np.full(len(self._blocks), -1, dtype=np.int64)
        np.maximum.at(last, block_of, np.arange(len(block_of), dtype=np.int64))
        for number in np.argsort(last, kind="stable").tolist():
            if last[number] >= 0:
                block, window = self._blocks[number], int(window_of[last[number]])
                found[block.segment, block.column] = block.histogram(window)
        return found

    def rows(self) -> tuple[Histogram, ...]:
        """All of them as rows, made once."""
        if self._made is None:
            makers = [block.maker() for block in self._blocks]
            found = zip(*(places.tolist() for places in self._found()), strict=True)
            self._made = (*self._rows, *[makers[block](window) for block, window in found])
        return self._made

    def __len__(self) -> int:
        return len(self._rows) + len(self._places)

    def __iter__(self) -> Iterator[Histogram]:
        return iter(self.rows())

    @overload
    def __getitem__(self, index: int) -> Histogram: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Histogram]: ...
    def __getitem__(self, index: int | slice) -> Histogram | Sequence[Histogram]:
        return self.rows()[index]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Histograms | tuple | list):
            return len(self) == len(other) and self.rows() == tuple(other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.rows())

    def __repr__(self) -> str:
        return f"Histograms({len(self)})"

    def __add__(self, other: Histograms) -> Histograms:
        """Those of both; one that both have is there once."""
        if not self or not other:
            return self or other
        if other._rows or not self._run_ids().isdisjoint(other._run_ids()):
            return Histograms._of(tuple(dict.fromkeys((*self.rows(), *other.rows()))))
        after = other._places + sum(map(len, self._blocks))
        places = np.concatenate([self._places, after])
        return Histograms._of(self._rows, (*self._blocks, *other._blocks), places)

    def _run_ids(self) -> set[UUID]:
        of_rows = {row.run_id for row in self._rows}
        return of_rows.union(*{block.run_ids for block in self._blocks})

    def of(self, runs_of: Mapping[Key, Collection[UUID]]) -> Histograms:
        """Those of the runs that are named for their segment and column, in their order."""
        rows = [h for h in self._rows if h.run_id in runs_of.get((h.segment, h.column), ())]
        wanted = [runs_of.get((block.segment, block.column), ()) for block in self._blocks]
        there = np.array(
            [
                run_id in runs
                for block, runs in zip(self._blocks, wanted, strict=True)
                for run_id in block.run_ids
            ],
            dtype=bool,
        )
        return Histograms._of(tuple(rows), self._blocks, self._places[there[self._places]])

    def with_run_ids(self, new: Mapping[UUID, UUID]) -> Histograms:
        """The same histograms of other runs, by the run that each is of."""
        rows = tuple([row._replace(run_id=new[row.run_id]) for row in self._rows])
        blocks = [replace(b, run_ids=tuple([new[i] for i in b.run_ids])) for b in self._blocks]
        return Histograms._of(rows, tuple(blocks), self._places)


def _offsets(blocks: Sequence[HistogramBlock]) -> Places:
    """The number of each block's first window, as if the blocks were one."""
    return np.cumsum([0, *map(len, blocks[:-1])], dtype=np.int64)


def _in_order(blocks: Sequence[HistogramBlock], run_ids: Iterable[UUID]) -> Places:
    """The places of all windows, runs in the order of `run_ids`."""
    ranks: dict[UUID, int] = {run_id: rank for rank, run_id in enumerate(run_ids)}
    of_windows: dict[int, Places] = {}  # blocks of one call share their tuple of windows
    for block in blocks:
        if id(block.run_ids) not in of_windows:
            found = [ranks.setdefault(run_id, len(ranks)) for run_id in block.run_ids]
            of_windows[id(block.run_ids)] = np.array(found, dtype=np.int64)
    parts = [of_windows[id(block.run_ids)] for block in blocks]
    return np.argsort(np.concatenate([NO_PLACES, *parts]), kind="stable").astype(np.int64)
