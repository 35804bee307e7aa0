"""A column over groups of its rows, and a pair of a reference and such a column.

Groups are ranges [start, stop) of rows of an ordered table, and may overlap. What a metric reads
of all groups is an array with one entry a group, from one call of the core; `pairs` are the
groups one by one, for what has no such form (resampling, row weights, whole tables).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Floats
from simdrift.catalogue.statuses import CODES
from simdrift.columns import Refused
from simdrift.metrics.columns import (
    CATEGORICAL,
    HIGH_CARDINALITY,
    NULL,
    Bins,
    ColumnState,
    Counts,
    CurrentColumn,
    ReferenceColumn,
)
from simdrift.metrics.nulls import quadratic, ties
from simdrift.metrics.once import once
from simdrift.metrics.outcomes import OK_CODE, Codes, Outcomes, Rows, Sizes
from simdrift.metrics.pair import Cells, ColumnPair
from simdrift.metrics.weights import checked_weights

Arrays = Mapping[str, NDArray[Any]]
"""Arrays by name, one entry a group."""


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
        column: _core.Column | Refused,
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
        """Computes on so many threads meanwhile; the column belongs to one call."""
        usual, self.whole.threads = self.whole.threads, threads
        try:
            yield
        finally:
            self.whole.threads = usual

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
        if self.is_one:  # a restored reference keeps the rows that are not missing
            return column, self.groups.starts, np.array([len(column)], np.int64)
        return column, self.groups.starts, self.stops

    @property
    def is_one(self) -> bool:
        """Whether there is one group, of all rows."""
        return len(self) == 1 and self.stops[0] - self.groups.starts[0] == self.whole.rows

    @once
    def rows(self) -> Rows:
        """(G,) rows; 0 of a column that was refused."""
        if self.whole.refused is not None:
            return np.zeros(len(self), np.int64)
        return np.asarray(self.stops - self.groups.starts)

    @once
    def each(self) -> list[Any]:
        """The groups one by one, with the weights of their rows."""
        return [self._one(place) for place in range(len(self))]

    def _one(self, place: int) -> ColumnState:
        whole, first, stop = self.whole, int(self.groups.starts[place]), int(self.stops[place])
        if whole.refused is not None:
            return whole
        if self.is_one and self.weights is None:
            return whole
        own = None if self.weights is None else self.weights[first:stop]
        weights = None if own is None else checked_weights(own, len(own), "weights")
        kind = None if whole.kind == NULL else whole.kind
        part = whole.column if self.is_one else whole.column.slice(first, stop)
        return CurrentColumn(self.name, part, weights, kind=kind, threads=whole.threads)

    @once
    def missing(self) -> Rows:
        """(G,) rows that are null or NaN."""
        if self.is_one:
            return np.array([self.whole.missing], np.int64)
        if self.whole.refused is not None or self.kind == NULL:
            return self.rows
        return _core.missing_groups(*self.ranges, threads=self.threads)

    @property
    def valid(self) -> Rows:
        """(G,) rows that are neither null nor NaN."""
        return np.asarray(self.rows - self.missing)

    @once
    def profile(self) -> Mapping[str, NDArray[Any]]:
        """`_core.ProfileDict` of each group; statuses as codes."""
        if self.is_one:
            return _stacked([self.whole.profile])
        return cast("Arrays", _core.profile_groups(*self.ranges, threads=self.threads))

    @once
    def text_profile(self) -> Mapping[str, NDArray[Any]]:
        """`_core.TextProfileDict` of each group."""
        if self.is_one:
            return _stacked([self.whole.text_profile])
        return cast("Arrays", _core.text_profile_groups(*self.ranges, threads=self.threads))

    @once
    def distinct(self) -> tuple[Rows, Floats]:
        """Distinct values and the relative standard error of that count (0: exact)."""
        if self.is_one:
            count, error = self.whole.distinct
            return np.array([count], np.int64), np.array([error], float)
        return _core.distinct_groups(*self.ranges, threads=self.threads)

    @once
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

    def quantiles(self, q: Sequence[float]) -> Floats:
        """(G, len(q)) exact quantiles of the rows that are not missing; NaN without any."""
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

    @once
    def top_values(self) -> tuple[Floats, Rows]:
        """The most frequent number of each group and its rows; no rows where there are more
        distinct numbers than are counted."""
        return _core.top_value_groups(*self.ranges, threads=self.threads)

    def sums_with(self, other: ColumnGroups) -> Mapping[str, NDArray[Any]]:
        """`_core.PairDict` of each group: this column against another."""
        column, starts, stops = self.ranges
        sums = _core.pair_profile_groups(
            column, other.whole.column, starts, stops, threads=self.threads
        )
        return cast("Arrays", sums)

    def count_bins(self, cuts: Floats) -> NDArray[np.int64]:
        """(G, len(cuts) + 1) rows in (-inf, c0), [c0, c1), ..., [c_last, inf)."""
        if not len(cuts):
            return self.valid[:, np.newaxis]
        return _core.histogram_groups(*self.ranges, cuts, threads=self.threads)


class CategoryCounts(NamedTuple):
    """Of each group: whether there are too many categories, how many it has, the rows of the
    most frequent, and all rows that have one."""

    overflow: NDArray[np.bool_]
    distinct: Rows
    most: Rows
    total: Rows


class CountTables(NamedTuple):
    """Counts of the groups at these `places` that have as many bins: (tables, bins) of each
    side."""

    places: NDArray[np.intp]
    reference: NDArray[Any]
    current: NDArray[Any]


class GroupCategories(NamedTuple):
    """Labels, the reference's first; rows of the reference (labels,) and of each group (groups,
    labels); `ordered` has the new categories of each group in the order of its rows."""

    labels: tuple[str, ...]
    reference: NDArray[np.int64]
    current: NDArray[np.int64]
    ordered: NDArray[np.int64]


def _tables(reference: NDArray[Any], current: NDArray[Any]) -> list[CountTables]:
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


def _tables_of_pairs(pairs: Sequence[ColumnPair], bins: Bins) -> list[CountTables]:
    """As `_tables`, of counts that were made group by group."""
    own: dict[int, list[tuple[int, Counts, Counts]]] = {}
    for place, pair in enumerate(pairs):
        if pair.status is None and not (pair.kind == CATEGORICAL and pair.high_cardinality):
            c, d = pair.cell_counts(bins)
            own.setdefault(len(c), []).append((place, c, d))
    return [
        CountTables(
            np.array([place for place, *_ in rows]),
            np.stack([c for _, c, _ in rows]),
            np.stack([d for *_, d in rows]),
        )
        for rows in own.values()
    ]


_RANK_ROWS = ("n", "m", "finite_n", "finite_m")
_RANK_SUMS = (
    "distinct",
    "ties",
    "ties_x",
    "ties_y",
    "u2",
    "plus",
    "minus",
    "cramer_von_mises",
    "anderson_darling",
    "energy",
)


def _stacked_ranks(groups: Sequence[Mapping[str, Any]]) -> Arrays:
    """As `_core.rank_statistics_groups` gives them, out of one mapping a group; sums stay the
    numbers that they are, exact integers or floats of weighted rows."""
    found: dict[str, NDArray[Any]] = {
        "status": np.array([CODES[group["status"]] for group in groups], np.uint8)
    }
    for name in _RANK_ROWS:
        found[name] = np.array([group[name] for group in groups])
    for name in _RANK_SUMS:
        sums = [np.nan if (v := group.get(name)) is None else v for group in groups]
        found[name] = np.array(sums, object)
    return found


_WORD = 1 << 64


def _stacked_two_sample(groups: Sequence[Mapping[str, Any]]) -> Arrays:
    """As `_core.two_sample_groups` gives them, out of one mapping a group."""
    numerators = [int(group.get("ks_numerator") or 0) for group in groups]
    return {
        "status": np.array([CODES[group["status"]] for group in groups], np.uint8),
        "wasserstein_status": np.array(
            [CODES[group.get("wasserstein_status", group["status"])] for group in groups], np.uint8
        ),
        "ks_numerator_high": np.array([n // _WORD for n in numerators], np.int64),
        "ks_numerator_low": np.array([n % _WORD for n in numerators], np.uint64),
        **{
            name: np.array([np.nan if (v := group.get(name)) is None else v for group in groups])
            for name in ("n", "m", "ks", "wasserstein_n", "wasserstein_m", "wasserstein")
        },
    }


def _category_counts(counts: NDArray[np.int64], overflow: NDArray[np.bool_]) -> CategoryCounts:
    return CategoryCounts(
        overflow,
        np.count_nonzero(counts, axis=1),
        counts.max(axis=1, initial=0),
        counts.sum(axis=1),
    )


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
        return self.reference.is_weighted

    @once
    def pairs(self) -> list[ColumnPair]:
        """The groups one by one."""
        options: dict[str, Any] = {"reads": self._reads, "threads": self.threads}
        return [ColumnPair(self.reference, one, **options) for one in self.current.each]

    @once
    def _columns(self) -> ColumnPair:
        """The two columns, whatever the groups."""
        return ColumnPair(self.reference, cast("CurrentColumn", self.current.whole), reads=())

    @contextmanager
    def sorted_once(self) -> Iterator[None]:
        """Keeps the rows of one group sorted meanwhile, where ranks will be read; of many groups
        each call of the core sorts what it reads."""
        with ExitStack() as stack:
            if "ranks" in self._reads and self.current.is_one:
                stack.enter_context(self.pairs[0].sorted_once())
            yield

    @property
    def kind(self) -> str:
        """The reference's kind; that of the current column where the reference has none."""
        return self._columns.kind

    @once
    def shape_codes(self) -> Codes:
        """(G,) why the two columns cannot be compared at all: refused, retyped, no rows."""
        status = self._columns.column_status
        if status is not None:
            return np.full(len(self), CODES[status], np.uint8)
        if self.is_weighted:
            own = [CODES[pair.shape_status or "ok"] for pair in self.pairs]
            return np.array(own, np.uint8)
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

    @once
    def two_sample(self) -> Arrays:
        """KS and Wasserstein-1 of each group (`_core.TwoSampleGroupsDict`), with its counts over
        the bins of the reference's histogram where both are numbers."""
        one_pass = self.current.is_one and "picture" in self._reads  # it finds the bins, too
        if self.is_weighted or one_pass:
            return _stacked_two_sample([pair.two_sample for pair in self.pairs])
        found = _core.two_sample_groups(
            self.reference.sample,
            *self.current.ranges,
            ks="ks" in self._reads,
            wasserstein="wasserstein" in self._reads,
            edges=self._edges(),
            threads=self.threads,
        )
        return self._without_values(cast("dict[str, NDArray[Any]]", dict(found)))

    def _without_values(self, arrays: dict[str, NDArray[Any]]) -> Arrays:
        """With 'all_null' for 'empty' where there are rows: a restored reference knows only
        its values."""
        lost = (arrays["status"] == CODES["empty"]) & (self.shape_codes == OK_CODE)
        arrays["status"] = np.where(lost, CODES["all_null"], arrays["status"]).astype(np.uint8)
        return arrays

    @once
    def ranks(self) -> Arrays:
        """Rank statistics of each group (`_core.RankGroupsDict`)."""
        if self.is_weighted or self.current.is_one:
            return _stacked_ranks([pair.ranks for pair in self.pairs])
        found = _core.rank_statistics_groups(
            self.reference.sample, *self.current.ranges, threads=self.threads
        )
        return self._without_values(cast("dict[str, NDArray[Any]]", dict(found)))

    @once
    def reference_profile(self) -> Arrays:
        """`_core.ProfileDict` of the reference, of one entry each."""
        return self._profiles([self.reference.profile])

    @once
    def profile(self) -> Arrays:
        """What measures read of `_core.ProfileDict` in each group; weighted where rows are."""
        if self.is_weighted:
            return self._profiles([one.profile for one in self.current.each])
        if self.current.is_one:
            return self._profiles([self.current.whole.profile])
        return self.current.profile

    @staticmethod
    def _profiles(groups: Sequence[Mapping[str, Any]]) -> Arrays:
        found: dict[str, NDArray[Any]] = {
            name: np.array([group[name] for group in groups], float)
            for name in ("mean", "variance")
        }
        found["finite"] = np.array([group["finite"] for group in groups])
        codes = [CODES[group["variance_status"]] for group in groups]
        return found | {"variance_status": np.array(codes, np.uint8)}

    def deviations(self, known: NDArray[np.bool_]) -> Arrays:
        """Mean and variance of the distances of the finite rows of known groups from their
        medians (`_core.DeviationGroupsDict`)."""
        if self.is_weighted or self.current.is_one:
            none = {"mean": np.nan, "variance": np.nan}
            sides = [
                one.deviations if known[place] else none
                for place, one in enumerate(self.current.each)
            ]
            return {name: np.array([side[name] for side in sides], float) for name in none}
        medians = self.current.finite_medians(known)
        found = _core.deviation_profile_groups(
            *self.current.ranges, medians, threads=self.current.threads
        )
        return cast("Arrays", found)

    def quantiles(self, places: NDArray[np.intp], q: Sequence[float]) -> Floats:
        """(places, len(q)) exact quantiles of the rows of these groups that are not missing."""
        if self.is_weighted or self.current.is_one:
            return np.stack([self.current.each[place].quantiles(q) for place in places.tolist()])
        column, starts, stops = self.current.ranges
        return _core.quantiles_groups(
            column, starts[places], stops[places], np.asarray(q, float), threads=self.threads
        )

    def rows_below(
        self, places: NDArray[np.intp], ends: Floats
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Rows of the reference, and of these groups, below each of their (places, ends); of
        ends that are not finite any number."""
        before, after = np.zeros(ends.shape), np.zeros(ends.shape)
        for row, place in enumerate(places.tolist()):
            known = np.isfinite(ends[row])
            cuts, at = np.unique(ends[row][known], return_inverse=True)
            if not len(cuts):
                continue
            sides = self.reference.count_cells(cuts), self._count_of(place, cuts)
            before[row, known], after[row, known] = (np.cumsum(side)[at] for side in sides)
        return before, after

    def _count_of(self, place: int, cuts: Floats) -> Counts:
        """`ColumnState.count_cells` of one group."""
        if self.is_weighted or self.current.is_one:
            return cast("Counts", self.current.each[place].count_cells(cuts))
        column, starts, stops = self.current.ranges
        own = slice(place, place + 1)
        counts = _core.histogram_groups(
            column, starts[own], stops[own], cuts, threads=self.current.threads
        )
        return np.asarray(counts[0])

    def mises_numerators(self, places: NDArray[np.intp]) -> list[Fraction | float]:
        """`ColumnPair.mises_numerator` of these groups."""
        if self.is_weighted:
            return [self.pairs[place].mises_numerator for place in places.tolist()]
        found = self.ranks
        within = found["ties_x"].astype(object) + found["ties_y"].astype(object)
        names = ("cramer_von_mises", "ties", "n", "m")
        squares, ties_of_both, n, m = (found[name][places].tolist() for name in names)
        rows = zip(squares, within[places].tolist(), ties_of_both, n, m, strict=True)
        return [quadratic.mises_numerator(*row) for row in rows]

    def tied_shares(self, places: NDArray[np.intp]) -> list[Floats | None]:
        """`ColumnPair.tied_shares` of these groups."""
        if self.is_weighted or self.current.is_one:
            return [self.pairs[place].tied_shares for place in places.tolist()]
        found, shares = self.ranks, dict.fromkeys(places.tolist())
        rows = (found["n"] + found["m"])[places].astype(float)
        tied = places[(found["ties"][places] >= ties.MATTER * rows**3).astype(bool)]
        if len(tied):
            for table in self.count_tables(ties.CELLS):
                both = np.asarray(table.reference + table.current, float)
                for place in np.flatnonzero(np.isin(table.places, tied)).tolist():
                    shares[int(table.places[place])] = both[place] / both[place].sum()
        return list(shares.values())

    def _edges(self) -> Floats | None:
        """The bins of the reference's histogram, where they are wanted and numbers are read."""
        if "picture" not in self._reads or not self._has_numbers:
            return None
        cuts = self.reference.display_cuts() if self.reference.valid else np.zeros(0)
        return cuts if len(cuts) else None

    @property
    def _has_numbers(self) -> bool:
        return self.reference.is_number and self.current.whole.is_number

    @property
    def valid(self) -> Sizes:
        """Current rows that are not missing; effective ones where rows have weights."""
        if not self.is_weighted:
            return self.current.valid
        return np.array([one.valid for one in self.current.each])

    @property
    def rows(self) -> Rows:
        """Current rows; those that have a weight where rows have weights."""
        if not self.is_weighted:
            return self.current.rows
        return np.array([one.rows for one in self.current.each], np.int64)

    def missing_of(self) -> tuple[Sizes, Sizes]:
        """Current rows that are missing, of how many, in each group; effective ones where rows
        have weights."""
        if not self.is_weighted:
            return self.current.missing, self.current.rows
        own = [one.missing_of() for one in self.current.each]
        return np.array([missing for missing, _ in own]), np.array([rows for _, rows in own])

    def count_tables(self, bins: Bins) -> list[CountTables]:
        """Counts of both sides over the reference's bins, or its categories and new ones; bins that
        are empty on both sides are left out. Groups with too many categories are in none."""
        if self.is_weighted or self.current.is_one:
            return _tables_of_pairs(self.pairs, bins)
        if self.kind == CATEGORICAL:
            return self._category_tables
        cuts, reference = self.reference.cells(bins)
        current = self.current.count_bins(cuts)
        return _tables(np.broadcast_to(reference, current.shape), current)

    @once
    def categories(self) -> GroupCategories | None:
        """Categories of all groups, counted in one call; None where the groups are counted one
        by one: of weights, of one group, of too many categories in some."""
        if self.is_weighted or self.current.is_one or self.reference.categories.overflow:
            return None
        labels, counts, _ = self.reference.categories
        table = _core.Categories(labels, maximum=len(labels) + HIGH_CARDINALITY)
        current, _, first = table.count_groups(*self.current.ranges, threads=self.threads)
        if table.overflow:  # perhaps not in each group
            return None
        reference = np.concatenate([counts, np.zeros(first.shape[1], np.int64)])
        ordered = current
        if first.shape[1]:  # what is new in a group, in the order of its rows
            ordered = current.copy()
            order = np.argsort(np.where(first < 0, np.iinfo(np.int64).max, first), axis=1)
            new = np.take_along_axis(current[:, len(labels) :], order, axis=1)
            ordered[:, len(labels) :] = new
        return GroupCategories(tuple(table.labels), reference, current, ordered)

    @once
    def _category_tables(self) -> list[CountTables]:
        found = self.categories
        if found is None:
            return [] if self.reference.categories.overflow else _tables_of_pairs(self.pairs, 0)
        return _tables(np.broadcast_to(found.reference, found.ordered.shape), found.ordered)

    def category_rows(self, place: int) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """`ColumnPair.category_rows` of a group without its labels; None of too many."""
        found = self.categories
        if found is None:
            pair = self.pairs[place]
            return None if pair.high_cardinality else pair.category_rows[1:]
        known = len(self.reference.categories.labels)
        rows = found.ordered[place]
        end = known + int(np.count_nonzero(rows[known:]))
        return found.reference[:end], rows[:end]

    def reason(self, kinds: frozenset[str], status: str) -> str:
        """What stands behind a status, in words."""
        return self._columns.reason(kinds, status)

    @property
    def has_counts(self) -> bool:
        """Whether a histogram finds its rows counted."""
        if self.current.is_one:
            return self.pairs[0].is_counted
        return "histogram" in self.__dict__.get("two_sample", {})

    def histograms(self) -> BinCounts | None:
        """Counts of both sides over the same bins in each group that has them."""
        if self.kind == CATEGORICAL or self.is_weighted or self.current.is_one:
            return _bin_counts([pair.histogram() for pair in self.pairs])
        present = self.codes == OK_CODE
        if not self._has_numbers or not present.any():
            return None
        cuts, counts = self.reference.display_cells()
        known = self.__dict__.get("two_sample", {}).get("histogram")
        current = (self.current.count_bins(cuts) if known is None else known)[present]
        return BinCounts(
            present, tuple(cuts.tolist()), None, np.asarray(counts, float), current.astype(float)
        )

    def reported(self, outcomes: Outcomes) -> Outcomes:
        """The outcomes as rows report them: with rows in place of effective sizes."""
        if not self.is_weighted:
            return outcomes
        own = [pair.told(outcomes.at(place)) for place, pair in enumerate(self.pairs)]
        told, refused = Outcomes.stacked(own), self.codes != OK_CODE
        n = np.where(refused, self.reference.rows, told.n_reference)
        return replace(
            outcomes, n_reference=n, n_current=np.where(refused, self.rows, told.n_current)
        )


class BinCounts(NamedTuple):
    """Counts of both sides over the same bins, of the groups that are `present`: `edges` of all,
    or `labels` of each; `reference` (bins,) or (groups, bins), `current` (groups, bins)."""

    present: NDArray[np.bool_]
    edges: Any
    labels: Any
    reference: Floats
    current: Floats


def _bin_counts(cells: Sequence[Cells | None]) -> BinCounts | None:
    """Of histograms that were made group by group."""
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
