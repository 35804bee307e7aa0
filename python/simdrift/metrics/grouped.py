"""A column over groups of its rows, and a pair of a reference and such a column.

Groups are ranges [start, stop) of rows of an ordered table, and may overlap. What a metric reads
of all groups is an array with one entry a group, from one call of the core; `pairs` are the
groups one by one, for what has no such form (resampling, row weights, whole tables).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.columns import (
    NULL,
    ColumnState,
    CurrentColumn,
    Given,
    ReferenceColumn,
)
from simdrift.metrics.once import once
from simdrift.metrics.outcomes import OK_CODE, Codes, Floats, Outcomes, Rows
from simdrift.metrics.pair import Cells, ColumnPair
from simdrift.metrics.weighted import WeightedCurrent, pair_of
from simdrift.metrics.weights import checked_weights


@dataclass(frozen=True, slots=True)
class Groups:
    """Ranges of rows, one a group. `stops` is None for one group of all rows, however many a
    column has."""

    starts: Rows
    stops: Rows | None

    @classmethod
    def whole(cls) -> Groups:
        """One group of all rows."""
        return cls(np.zeros(1, np.int64), None)

    def __len__(self) -> int:
        return len(self.starts)

    def ends(self, rows: int) -> Rows:
        """The stops in a column of so many rows."""
        return np.array([rows], np.int64) if self.stops is None else self.stops


class ColumnGroups:
    """A current column over groups."""

    def __init__(
        self,
        name: str,
        column: Given,
        groups: Groups,
        *,
        kind: str | None = None,
        threads: int | None = None,
        weights: Floats | None = None,
    ) -> None:
        self.name = name
        self.whole: ColumnState = CurrentColumn(name, column, kind=kind, threads=threads)
        self.groups = groups
        self.stops = groups.ends(self.whole.rows)
        self.weights = weights

    @classmethod
    def of(cls, column: ColumnState) -> ColumnGroups:
        """One group of all rows of a column."""
        new = cls.__new__(cls)
        new.name, new.whole, new.groups = column.name, column, Groups.whole()
        new.stops = new.groups.ends(column.rows)
        new.weights = None
        return new

    def __len__(self) -> int:
        return len(self.groups.starts)

    @contextmanager
    def on(self, threads: int | None) -> Iterator[None]:
        """Computes on so many threads meanwhile."""
        with self.whole.on(threads):
            yield

    @property
    def kind(self) -> str:
        return self.whole.kind

    @property
    def column(self) -> _core.Column:
        return self.whole.column

    @property
    def ranges(self) -> tuple[_core.Column, Rows, Rows]:
        """What the core's calls over groups take."""
        return self.column, self.groups.starts, self.stops

    @property
    def is_one(self) -> bool:
        """Whether there is one group, of all rows."""
        return len(self) == 1 and self.stops[0] - self.groups.starts[0] == self.whole.rows

    @once
    def rows(self) -> Rows:
        """(G,) rows; 0 of a column that was refused."""
        if self.whole.broken is not None:
            return np.zeros(len(self), np.int64)
        return np.asarray(self.stops - self.groups.starts)

    @once
    def each(self) -> list[Any]:
        """The groups one by one, with the weights of their rows."""
        return [self._one(place) for place in range(len(self))]

    def _one(self, place: int) -> ColumnState:
        whole, first, stop = self.whole, int(self.groups.starts[place]), int(self.stops[place])
        if whole.broken is not None:
            return whole
        one = whole
        if not self.is_one:
            kind = None if whole.kind == NULL else whole.kind
            part = whole.column.slice(first, stop)
            one = CurrentColumn(self.name, part, kind=kind, threads=whole.threads)
        if self.weights is None:
            return one
        own = self.weights[first:stop]
        return WeightedCurrent.of(one, checked_weights(own, len(own), "weights"))

    @once
    def missing(self) -> Rows:
        """(G,) rows that are null or NaN."""
        if self.is_one and "profile" in self.whole.__dict__:
            return np.array([self.whole.missing], np.int64)
        if self.kind == NULL and self.whole.broken is None:
            return self.rows
        return np.array([one.missing for one in self.each], np.int64)

    @property
    def valid(self) -> Rows:
        """(G,) rows that are neither null nor NaN."""
        return np.asarray(self.rows - self.missing)

    @once
    def profile(self) -> Mapping[str, NDArray[Any]]:
        """`_core.ProfileDict` of each group; statuses as codes."""
        return _stacked([one.profile for one in self.each])

    @once
    def text_profile(self) -> Mapping[str, NDArray[Any]]:
        """`_core.TextProfileDict` of each group."""
        return _stacked([one.text_profile for one in self.each])

    @once
    def distinct(self) -> tuple[Rows, Floats]:
        """Distinct values and the relative standard error of that count (0: exact)."""
        found = [one.distinct for one in self.each]
        return np.array([one[0] for one in found], np.int64), np.array([one[1] for one in found])

    @once
    def category_counts(self) -> CategoryCounts:
        """How many categories each group has, the rows of the most frequent, and of all."""
        tables = [one.categories for one in self.each]
        counts = [table.counts for table in tables]
        return CategoryCounts(
            np.array([table.overflow for table in tables]),
            np.array([np.count_nonzero(own) for own in counts], np.int64),
            np.array([own.max(initial=0) for own in counts], np.int64),
            np.array([own.sum() for own in counts], np.int64),
        )

    def quantiles(self, q: Sequence[float]) -> Floats:
        """(G, len(q)) exact quantiles of the rows that are not missing; NaN without any."""
        return np.stack([one.quantiles(q) for one in self.each])

    def median_deviations(self, centers: Floats, known: NDArray[np.bool_]) -> Floats:
        """(G,) medians of |x - center| over the finite rows of the known groups."""
        rows = zip(self.each, centers.tolist(), known.tolist(), strict=True)
        return np.array([one.median_deviation(c) if ok else np.nan for one, c, ok in rows], float)

    @once
    def top_values(self) -> tuple[Floats, Rows]:
        """The most frequent number of each group and its rows; no rows where there are more
        distinct numbers than are counted."""
        values, counts = np.full(len(self), np.nan), np.zeros(len(self), np.int64)
        for place, one in enumerate(self.each):
            top, rows = one.top_values(1) if one.valid else (values[:0], counts[:0])
            if len(top):
                values[place], counts[place] = top[0], rows[0]
        return values, counts

    def sums_with(self, other: ColumnGroups) -> Mapping[str, NDArray[Any]]:
        """`_core.PairDict` of each group: this column against another."""
        threads = self.whole.threads
        pairs = zip(self.each, other.each, strict=True)
        return _stacked([_core.pair_profile(a.column, b.column, threads=threads) for a, b in pairs])


class CategoryCounts(NamedTuple):
    """Of each group: whether there are too many categories, how many it has, the rows of the
    most frequent, and all rows that have one."""

    overflow: NDArray[np.bool_]
    distinct: Rows
    most: Rows
    total: Rows


def _stacked(groups: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[Any]]:
    """Arrays by key out of one mapping a group; statuses become codes."""
    return {
        key: np.array([CODES[g[key]] for g in groups], np.uint8)
        if isinstance(value, str)
        else np.array([float(g[key]) if isinstance(value, int | float) else g[key] for g in groups])
        for key, value in groups[0].items()
    }


class GroupedPair:
    """A reference column and a current one over groups. `reads`: the passes over both samples
    that its methods want, and 'picture' where histograms are going to be asked for."""

    def __init__(
        self,
        reference: ReferenceColumn,
        current: ColumnGroups,
        *,
        reads: Collection[str | None] = ("ks", "wasserstein"),
        threads: int | None = None,
    ) -> None:
        self.name = reference.name
        self.reference = reference
        self.current = current
        self.threads = threads
        self._reads = reads

    def __len__(self) -> int:
        return len(self.current)

    @property
    def is_weighted(self) -> bool:
        return self.current.weights is not None

    @once
    def pairs(self) -> list[ColumnPair]:
        """The groups one by one."""
        options: dict[str, Any] = {"reads": self._reads, "threads": self.threads}
        return [pair_of(self.reference, one, **options) for one in self.current.each]

    @once
    def _columns(self) -> ColumnPair:
        """The two columns, whatever the groups."""
        return ColumnPair(self.reference, cast("CurrentColumn", self.current.whole), reads=())

    @contextmanager
    def sorted_once(self) -> Iterator[None]:
        """Keeps the rows of each group sorted meanwhile, where ranks will be read."""
        if "ranks" not in self._reads:
            yield
            return
        with ExitStack() as stack:
            for pair in self.pairs:
                stack.enter_context(pair.sorted_once())
            yield

    @property
    def kind(self) -> str:
        """The reference's kind; that of the current column where the reference has none."""
        return self._columns.kind

    @once
    def shape_codes(self) -> Codes:
        """(G,) why the two columns cannot be compared at all: refused, retyped, no rows."""
        columns = self._columns
        status = columns.column_status
        if status is not None:
            return np.full(len(self), CODES[status], np.uint8)
        empty = np.minimum(self.reference.rows, self.current.rows) == 0
        return np.where(empty, CODES["empty"], OK_CODE).astype(np.uint8)

    @once
    def codes(self) -> Codes:
        """`shape_codes`, or 'all_null' where a side has only missing rows."""
        shape = self.shape_codes
        if (shape != OK_CODE).all():
            return shape
        if self.is_weighted:
            own = [CODES[pair.status or "ok"] for pair in self.pairs]
            return np.array(own, np.uint8)
        lost = np.minimum(self.reference.valid, self.current.valid) == 0
        return np.where((shape == OK_CODE) & lost, CODES["all_null"], shape).astype(np.uint8)

    def reason(self, kinds: frozenset[str], status: str) -> str:
        """What stands behind a status, in words."""
        return self._columns.reason(kinds, status)

    @property
    def has_counts(self) -> bool:
        """Whether a histogram finds its rows counted."""
        return all(one.is_counted for one in self.current.each)

    def histograms(self) -> list[Cells | None]:
        """Counts of both sides over the same bins in each group; None where there are none."""
        return [pair.histogram() for pair in self.pairs]

    def reported(self, outcomes: Outcomes) -> Outcomes:
        """The outcomes as rows report them: with rows in place of effective sizes."""
        if not self.is_weighted:
            return outcomes
        own = [pair.told(outcomes.at(place)) for place, pair in enumerate(self.pairs)]
        told = Outcomes.stacked(own)
        return replace(outcomes, n_reference=told.n_reference, n_current=told.n_current)
