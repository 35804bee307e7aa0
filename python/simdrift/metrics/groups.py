"""Groups of rows, and a column over them.

Groups are ranges [start, stop) of rows of an ordered table, and may overlap. What a metric reads
of all groups is an array with one entry a group, from one call of the core.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Floats
from simdrift.catalogue.statuses import CODES
from simdrift.columns import Refused
from simdrift.columns.unify import ABSENT, RETYPED, Gap
from simdrift.metrics.cached import cached
from simdrift.metrics.columns import (
    CATEGORICAL,
    HIGH_CARDINALITY,
    NULL,
    ColumnState,
    CurrentColumn,
)
from simdrift.metrics.outcomes import OK_CODE, Codes, Outcomes, Rows, all_ok
from simdrift.metrics.row_codes import missing_rows, row_codes
from simdrift.metrics.stacked import Arrays, stacked
from simdrift.metrics.weights import TableWeights


@dataclass(frozen=True, slots=True)
class Groups:
    """Ranges of rows, one a group. `stops` is None for one group of all rows, however many a
    column has."""

    starts: Rows
    stops: Rows | None

    @classmethod
    def whole(cls) -> Groups:
        """One group of all rows."""
        return _WHOLE

    def __len__(self) -> int:
        return len(self.starts)

    def ends(self, rows: int) -> Rows:
        """The stops in a column of so many rows."""
        return np.array([rows], np.int64) if self.stops is None else self.stops

    def alone(self, place: int) -> Groups:
        """One of the groups."""
        own = slice(place, place + 1)
        return Groups(self.starts[own], None if self.stops is None else self.stops[own])


_WHOLE = Groups(np.zeros(1, np.int64), None)
_WHOLE.starts.flags.writeable = False


QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
"""The shares at which quantiles are reported where no others are asked for."""


class Order(NamedTuple):
    """Of each group of numbers: the median distance from the median, the most frequent value and
    its rows (NaN and 0 beyond 4,096 distinct ones where none has 1 % of the rows), how many
    distinct ones there are, and the `QUANTILES` by their shares."""

    deviation: Floats
    top: Floats
    top_rows: Rows
    distinct: Rows
    quantiles: Mapping[float, Floats]


class OnThreads:
    """A context in which a column computes on so many threads."""

    __slots__ = ("column", "threads", "usual")

    def __init__(self, column: ColumnState, threads: int | None) -> None:
        self.column, self.threads, self.usual = column, threads, column.threads

    def __enter__(self) -> None:
        self.column.threads = self.threads

    def __exit__(self, *_: object) -> None:
        self.column.threads = self.usual


class ColumnGroups:
    """A current column over groups."""

    def __init__(
        self,
        name: str,
        column: _core.Column | Refused,
        groups: Groups,
        *,
        kind: str | None = None,
        threads: int | None = None,
        weights: TableWeights | None = None,
        gap: Gap | None = None,
    ) -> None:
        self.name = name
        self.gap = gap
        self.whole: ColumnState = CurrentColumn(name, column, kind=kind, threads=threads)
        self.groups = groups
        self.stops = groups.ends(self.whole.rows)
        self.is_one = self._is_whole()
        self.weights = weights

    @classmethod
    def of(cls, column: ColumnState) -> ColumnGroups:
        """One group of all rows of a column."""
        new = cls.__new__(cls)
        new.name, new.whole, new.groups, new.gap = column.name, column, _WHOLE, None
        new.stops = np.array([column.rows], np.int64)
        new.is_one = True
        new.weights = None
        return new

    def __len__(self) -> int:
        return len(self.groups.starts)

    @cached
    def gap_codes(self) -> Codes | None:
        """(G,) 'type_changed' where a row is of a file that has the column as another type,
        'missing_column' where all are of files without it, else 'ok'; None without such rows."""
        if self.gap is None:
            return None
        rows = self.stops - self.groups.starts
        absent, retyped = (self._marked(mark) for mark in (ABSENT, RETYPED))
        lost = (rows > 0) & (absent == rows)
        codes = np.where(lost, CODES["missing_column"], OK_CODE)
        return np.where(retyped > 0, CODES["type_changed"], codes).astype(np.uint8)

    def _marked(self, mark: int) -> Rows:
        """(G,) rows with this mark."""
        assert self.gap is not None
        before = np.concatenate([[0], np.cumsum(self.gap.marks == mark)])
        return np.asarray(before[self.stops] - before[self.groups.starts], np.int64)

    def hidden(self, outcomes: Outcomes) -> Outcomes:
        """The outcomes, without those of groups that the column's gap is in."""
        codes = self.gap_codes
        if codes is None or self.gap is None or all_ok(codes):
            return outcomes
        refused = Outcomes.refused(codes, outcomes.n_reference, self.rows, self.gap.reason)
        return outcomes.where(codes == OK_CODE, refused)

    @cached
    def presence(self) -> ColumnGroups | None:
        """Of a column that is not computed on: whether its rows are there, as booleans; None where
        that is not known."""
        refused = self.whole.refused
        if refused is None or refused.present is None or self.weights is not None:
            return None
        rows, threads = refused.present, self.threads
        return ColumnGroups(self.name, rows, self.groups, kind=CATEGORICAL, threads=threads)

    def counted_in(self, unit: str) -> ColumnGroups:
        """The same points in time in another unit."""
        new = ColumnGroups.__new__(ColumnGroups)
        new.__dict__.update(name=self.name, groups=self.groups, stops=self.stops)
        new.__dict__.update(is_one=self.is_one, weights=self.weights, gap=self.gap)
        new.whole = cast("CurrentColumn", self.whole).counted_in(unit)
        return new

    def alone(self, place: int) -> ColumnGroups:
        """One of the groups, of the same column."""
        new = ColumnGroups.__new__(ColumnGroups)
        new.name, new.whole, new.weights, new.gap = self.name, self.whole, self.weights, self.gap
        new.groups = self.groups.alone(place)
        new.stops = new.groups.ends(self.whole.rows)
        new.is_one = new._is_whole()
        return new

    def on(self, threads: int | None) -> OnThreads:
        """Computes on so many threads meanwhile; the column belongs to one call."""
        return OnThreads(self.whole, threads)

    @property
    def kind(self) -> str:
        return self.whole.kind

    @property
    def threads(self) -> int | None:
        return self.whole.threads

    @property
    def ranges(self) -> tuple[_core.Column, Rows, Rows]:
        """What the core's calls over groups take."""
        column = self.whole.column
        if self.is_one and len(column) != self.whole.rows:
            # a restored reference keeps the rows that are not missing
            return column, self.groups.starts, np.array([len(column)], np.int64)
        return column, self.groups.starts, self.stops

    def _is_whole(self) -> bool:
        """Whether there is one group, of all rows."""
        starts, stops = self.groups.starts, self.stops
        return len(starts) == 1 and bool(stops[0] - starts[0] == self.whole.rows)

    @cached
    def rows(self) -> Rows:
        """(G,) rows; 0 of a column that was refused and whose rows are not known."""
        if self.whole.refused is not None and self.whole.refused.present is None:
            return np.zeros(len(self), np.int64)
        return self.stops if self.groups is _WHOLE else self.stops - self.groups.starts

    @cached
    def each(self) -> list[Any]:
        """The groups one by one, with the weights of their rows."""
        return [self._one(place) for place in range(len(self))]

    def _one(self, place: int) -> ColumnState:
        whole, first, stop = self.whole, int(self.groups.starts[place]), int(self.stops[place])
        if whole.refused is not None:
            return whole
        if self.is_one and self.weights is None:
            return whole
        weights = None if self.weights is None else self.weights.between(first, stop)
        kind = None if whole.kind == NULL else whole.kind
        part = whole.column if self.is_one else whole.column.slice(first, stop)
        return CurrentColumn(self.name, part, weights, kind=kind, threads=whole.threads)

    @property
    def near(self) -> ColumnGroups:
        """The column less its `base`, over the same groups."""
        return self if self.whole.base == 0 else self._near

    @cached
    def _near(self) -> ColumnGroups:
        return self.less(self.whole.base)

    def less(self, base: int) -> ColumnGroups:
        """The column less an integer, as float64, over the same groups: itself less 0."""
        if base == 0:
            return self
        new = ColumnGroups.__new__(ColumnGroups)
        new.name, new.groups, new.weights, new.gap = self.name, self.groups, self.weights, self.gap
        new.whole, new.stops, new.is_one = self.whole.less(base), self.stops, self.is_one
        return new

    @cached
    def missing(self) -> Rows:
        """(G,) rows that are null or NaN."""
        if self.is_one:
            return np.array([self.whole.missing], np.int64)
        if self.whole.refused is not None and self.presence is not None:
            return self.presence.missing
        if self.whole.refused is not None or self.kind == NULL:
            return self.rows
        return _core.missing_groups(*self.ranges, threads=self.threads)

    def keep_valid(self, rows: Rows) -> None:
        """Keeps for `missing` what a pass has counted: rows that are neither null nor NaN."""
        self.__dict__.setdefault("missing", self.rows - rows)

    @cached
    def valid(self) -> Rows:
        """(G,) rows that are neither null nor NaN."""
        return np.asarray(self.rows - self.missing)

    @cached
    def profile(self) -> Mapping[str, NDArray[Any]]:
        """`_core.ProfileDict` of each group; statuses as codes."""
        if self.is_one:
            return stacked([self.whole.profile])
        return cast("Arrays", _core.profile_groups(*self.ranges, threads=self.threads))

    @cached
    def text_profile(self) -> Mapping[str, NDArray[Any]]:
        """`_core.TextProfileDict` of each group."""
        if self.is_one:
            return stacked([self.whole.text_profile])
        return cast("Arrays", _core.text_profile_groups(*self.ranges, threads=self.threads))

    @cached
    def distinct(self) -> tuple[Rows, Floats]:
        """Distinct values and the relative standard error of that count (0: exact)."""
        if self.is_one:
            count, error = self.whole.distinct
            return np.array([count], np.int64), np.array([error], float)
        return _core.distinct_groups(*self.ranges, threads=self.threads)

    @cached
    def category_counts(self) -> CategoryCounts:
        """How many categories each group has, the rows of the most frequent, and of all."""
        if self.is_one:
            _, counts, overflow = self.whole.categories
            return _category_counts(counts[np.newaxis, :], np.array([overflow]))
        table = _core.Categories(maximum=HIGH_CARDINALITY)
        counts, _, _ = table.count_groups(*self.ranges, threads=self.threads)
        if table.overflow:  # perhaps not in each group
            return self._category_counts_by_group()
        return _category_counts(counts, np.zeros(len(self), bool))

    def _category_counts_by_group(self) -> CategoryCounts:
        own = [_category_counts(t.counts[np.newaxis, :], np.array([t.overflow]))
               for t in (one.categories for one in self.each)]  # fmt: skip
        return CategoryCounts(*(np.concatenate(parts) for parts in zip(*own, strict=True)))

    @cached
    def order(self) -> Order:
        """What one ordering of the numbers of each group tells; `quantiles` and `top_values` read
        it once it is there."""
        found = _core.order_groups(*self.ranges, np.array(QUANTILES), threads=self.threads)
        deviation, top, rows, distinct, *quantiles = found.T
        return Order(
            deviation,
            top,
            rows.astype(np.int64),
            distinct.astype(np.int64),
            dict(zip(QUANTILES, quantiles, strict=True)),
        )

    @property
    def known_order(self) -> Order | None:
        """`order`, if it has been read."""
        return self.__dict__.get("order")

    def quantiles(self, q: Sequence[float]) -> Floats:
        """(G, len(q)) exact quantiles of the rows that are not missing; NaN without any."""
        order = self.known_order
        if order is not None and order.quantiles.keys() >= set(q):
            return np.stack([order.quantiles[share] for share in q], axis=1)
        if self.is_one:
            if not self.valid[0]:
                return np.full((1, len(q)), np.nan)
            return np.asarray(self.whole.quantiles(q))[np.newaxis, :]
        return _core.quantiles_groups(*self.ranges, np.asarray(q, float), threads=self.threads)

    def finite_medians(self, known: NDArray[np.bool_]) -> Floats:
        """(G,) medians of the finite rows of the known groups."""
        medians = self.quantiles([0.5])[:, 0]
        infinite = known & (self.profile["finite"] != self.valid)
        for place in np.flatnonzero(infinite).tolist():
            medians[place] = self.each[place].finite_median
        return np.where(known, medians, 0.0)

    def median_deviations(self, centers: Floats, known: NDArray[np.bool_]) -> Floats:
        """(G,) medians of |x - center| over the finite rows of the known groups."""
        if not known.any():
            return np.full(len(self), np.nan)
        return _core.median_deviation_groups(*self.ranges, centers, threads=self.threads)

    @property
    def top_values(self) -> tuple[Floats, Rows]:
        """The most frequent number of each group and its rows; no rows where there are more
        distinct numbers than are counted, and none has 1 % of the rows."""
        return self.order.top, self.order.top_rows

    @cached
    def most_frequent(self) -> Rows:
        """(G,) rows of each group's most frequent category; 0 where there are more categories
        than are counted, and none has 1 % of the rows."""
        table = self.category_counts
        most = np.where(table.overflow, 0, table.most)
        for place in np.flatnonzero(table.overflow).tolist():
            most[place] = _heaviest_category(self, place)
        return np.asarray(most, np.int64)

    def sums_with(self, other: ColumnGroups) -> Mapping[str, NDArray[Any]]:
        """`_core.PairDict` of each group: this column against another."""
        base = self.whole.base or other.whole.base
        column, starts, stops = self.less(base).ranges
        sums = _core.pair_profile_groups(
            column, other.whole.less(base).column, starts, stops, threads=self.threads
        )
        return cast("Arrays", sums)

    def count_bins(self, cuts: Floats) -> NDArray[np.int64]:
        """(G, len(cuts) + 1) rows in (-inf, c0), [c0, c1), ..., [c_last, inf)."""
        if not len(cuts):
            return self.valid[:, np.newaxis]
        return _core.histogram_groups(*self.ranges, cuts, threads=self.threads)


def _heaviest_category(column: ColumnGroups, place: int) -> int:
    """Rows of a group's most frequent category, if it has 1 % of them, else 0: numbers that stand
    for texts are looked through as numbers are, then the texts themselves are counted."""
    whole, starts, stops = column.ranges
    rows = whole.slice(int(starts[place]), int(stops[place]))
    rows = rows.take(np.flatnonzero(~missing_rows(rows)))
    codes = row_codes(rows)
    numbers = ColumnGroups(column.name, _core.Column.from_numpy(codes), Groups.whole()).top_values
    if numbers[1][0] == 0:
        return 0
    own = rows.take(np.flatnonzero(codes == np.uint64(numbers[0][0])))
    return int(_core.Categories(maximum=HIGH_CARDINALITY).count(own)[0].max(initial=0))


class CategoryCounts(NamedTuple):
    """Of each group: whether there are too many categories, how many it has, the rows of the
    most frequent, and all rows that have one."""

    overflow: NDArray[np.bool_]
    distinct: Rows
    most: Rows
    total: Rows


def _category_counts(counts: NDArray[np.int64], overflow: NDArray[np.bool_]) -> CategoryCounts:
    return CategoryCounts(
        overflow,
        np.count_nonzero(counts, axis=1),
        counts.max(axis=1, initial=0),
        counts.sum(axis=1),
    )
