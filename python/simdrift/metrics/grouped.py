"""A pair of a reference column and a current one over groups of its rows.

What a metric reads of all groups is an array with one entry a group, from one call of the core;
`pairs` are the groups one by one, for what has no such form (resampling, row weights, whole
tables).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from fractions import Fraction
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Floats
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.cached import cached
from simdrift.metrics.columns import (
    CATEGORICAL,
    HIGH_CARDINALITY,
    NULL,
    Bins,
    Counts,
    CurrentColumn,
    ReferenceColumn,
    common_unit,
)
from simdrift.metrics.count_tables import (
    BinCounts,
    CountTables,
    GroupCategories,
    bin_counts,
    tables_of,
    tables_of_pairs,
)
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.nulls import quadratic, ties
from simdrift.metrics.outcomes import OK_CODE, Codes, Outcomes, Rows, Sizes, all_ok
from simdrift.metrics.pair import ColumnPair, column_status
from simdrift.metrics.stacked import Arrays, stacked_ranks, stacked_two_sample

_FINDS_TIES = 4096
"""Rows from which on ties may change the law of D, where it is not counted."""


class GroupedPair:
    """A reference column and a current one over groups. `reads`: the passes over both samples
    that its methods want, and 'histogram' where histograms are going to be asked for."""

    def __init__(
        self,
        reference: ReferenceColumn,
        current: ColumnGroups,
        *,
        reads: Collection[str | None] = ("ks", "wasserstein"),
        threads: int | None = None,
    ) -> None:
        unit = common_unit(reference, current.whole)
        if unit is not None:
            reference, current = reference.counted_in(unit), current.counted_in(unit)
        self.name = reference.name
        self.reference = reference
        self.current = current
        self.threads = threads
        self.is_weighted = reference.is_weighted
        if self.is_weighted:  # all of it is read as float64
            self.reference, self.current = _near(reference, current)
        self._reads = reads

    def __len__(self) -> int:
        return len(self.current)

    @cached
    def near(self) -> tuple[ReferenceColumn, ColumnGroups]:
        """`ColumnPair.near` of all groups."""
        return _near(self.reference, self.current)

    @cached
    def pairs(self) -> list[ColumnPair]:
        """The groups one by one."""
        options: dict[str, Any] = {"reads": self._reads, "threads": self.threads}
        return [ColumnPair(self.reference, one, **options) for one in self.current.each]

    @cached
    def _columns(self) -> ColumnPair:
        """The two columns, whatever the groups."""
        return ColumnPair(self.reference, cast("CurrentColumn", self.current.whole), reads=())

    def sorted_once(self) -> AbstractContextManager[None]:
        """Keeps the rows of one group sorted meanwhile, where ranks will be read; of many groups
        each call of the core sorts what it reads."""
        if "ranks" in self._reads and self.current.is_one:
            return self.pairs[0].sorted_once()
        return nullcontext()

    @cached
    def kind(self) -> str:
        """The reference's kind; that of the current column where the reference has none."""
        reference = self.reference.kind
        return self.current.kind if reference == NULL else reference

    @cached
    def shape_codes(self) -> Codes:
        """(G,) why the two columns cannot be compared at all: refused, retyped, no rows."""
        status = column_status(self.reference, self.current.whole)
        if status is not None:
            return np.full(len(self), CODES[status], np.uint8)
        if self.is_weighted:
            own = [CODES[pair.shape_status or "ok"] for pair in self.pairs]
            return np.array(own, np.uint8)
        return self._without_rows(self.reference.rows, self.current.rows, CODES["empty"])

    @staticmethod
    def _without_rows(reference: int, current: Rows, code: int) -> Codes:
        """The code where a side has none of these rows, 'ok' elsewhere."""
        if reference and 0 not in current.tolist():
            return np.zeros(len(current), np.uint8)
        return np.where(np.minimum(reference, current) == 0, code, OK_CODE).astype(np.uint8)

    @cached
    def codes(self) -> Codes:
        """`shape_codes`, or 'all_null' where a side has only missing rows."""
        shape = self.shape_codes
        if 0 not in shape.tobytes():  # none is 'ok'
            return shape
        if self.is_weighted:
            own = [CODES[pair.status or "ok"] for pair in self.pairs]
            return np.array(own, np.uint8)
        lost = self._without_rows(self.reference.valid, self.current.valid, CODES["all_null"])
        return lost if all_ok(shape) else np.where(shape == OK_CODE, lost, shape)

    @cached
    def two_sample(self) -> Arrays:
        """KS and Wasserstein-1 of each group (`_core.TwoSampleGroupsDict`), with its counts over
        the bins of the reference's histogram where both are numbers."""
        if self.is_weighted or (self.current.is_one and self._is_one_pass):
            return stacked_two_sample([pair.two_sample for pair in self.pairs])
        found = _core.two_sample_groups(
            self.reference.sample,
            *self.current.ranges,
            ks="ks" in self._reads,
            wasserstein="wasserstein" in self._reads,
            edges=self._edges(),
            ends="wasserstein" in self._reads and self._has_numbers and self._is_near,
            threads=self.threads,
        )
        arrays = cast("dict[str, NDArray[Any]]", found)
        if all_ok(status := found["status"]):
            self.current.keep_valid(found["m"])
            return arrays
        if max(status.tobytes()) <= CODES["all_null"]:  # the types agree
            self.current.keep_valid(found["m"])
        return self._without_values(arrays)

    @property
    def _is_one_pass(self) -> bool:
        """Whether the pass over the only group finds more: bins, quantiles, values with ties."""
        if {"wasserstein", "histogram"}.intersection(self._reads):
            return True
        return "ks" in self._reads and self.current.whole.rows >= _FINDS_TIES

    def _without_values(self, arrays: dict[str, NDArray[Any]]) -> Arrays:
        """The arrays with 'all_null' for 'empty' where there are rows: a restored reference knows
        only its values."""
        status = arrays["status"]
        lost = (status == CODES["empty"]) & (self.shape_codes == OK_CODE)
        arrays["status"] = np.where(lost, CODES["all_null"], status).astype(np.uint8)
        return arrays

    @cached
    def ranks(self) -> Arrays:
        """Rank statistics of each group (`_core.RankGroupsDict`) that are whole numbers."""
        return self.rank_sums if self._is_ranked_alone else self._rank_statistics(sums=False)

    @cached
    def rank_sums(self) -> Arrays:
        """All rank statistics of each group: those of Anderson-Darling and energy, too."""
        if self._is_ranked_alone:
            return stacked_ranks([pair.ranks for pair in self.pairs])
        return self._rank_statistics(sums=True)

    @property
    def _is_ranked_alone(self) -> bool:
        return self.is_weighted or self.reference.ordered is not None

    def _rank_statistics(self, *, sums: bool) -> Arrays:
        found = _core.rank_statistics_groups(
            self.reference.sample, *self.current.ranges, sums=sums, threads=self.threads
        )
        arrays = cast("dict[str, NDArray[Any]]", found)
        return arrays if all_ok(arrays["status"]) else self._without_values(arrays)

    @cached
    def reference_profile(self) -> Arrays:
        """`_core.ProfileDict` of the reference, of one entry each."""
        return self._profiles([self.reference.profile])

    @cached
    def profile(self) -> Arrays:
        """What measures read of `_core.ProfileDict` in each group; weighted where rows are."""
        if self.is_weighted:
            return self._profiles([one.profile for one in self.current.each])
        if self.current.is_one:
            return self._profiles([self.current.whole.profile])
        return self.current.profile

    @staticmethod
    def _profiles(groups: Sequence[Mapping[str, Any]]) -> Arrays:
        numbers = np.array(
            [[g["mean"], g.get("mean_low", 0.0), g["variance"], g["std"]] for g in groups], float
        )
        spread = [g.get("std_status", g["variance_status"]) for g in groups]
        return {
            "mean": numbers[:, 0],
            "mean_low": numbers[:, 1],
            "variance": numbers[:, 2],
            "std": numbers[:, 3],
            "finite": np.array([group["finite"] for group in groups]),
            "std_status": np.array([CODES[status] for status in spread], np.uint8),
        }

    def deviations(self, known: NDArray[np.bool_]) -> Arrays:
        """Mean and variance of the distances of the finite rows of known groups from their
        medians (`_core.DeviationGroupsDict`)."""
        if self.is_weighted or self.current.is_one:
            none = dict.fromkeys(("mean", "variance", "std", "center"), np.nan)
            sides = [
                one.deviations if known[place] else none
                for place, one in enumerate(self.current.each)
            ]
            return {name: np.array([side[name] for side in sides], float) for name in none}
        current = self.current.near
        medians = current.finite_medians(known)
        found = _core.deviation_profile_groups(*current.ranges, medians, threads=current.threads)
        return {**cast("Arrays", found), "center": medians}

    def quantiles(self, places: NDArray[np.intp], q: Sequence[float]) -> Floats:
        """(places, len(q)) exact quantiles of the rows of these groups that are not missing."""
        current = self.near[1]
        if self.is_weighted or current.is_one:
            return np.stack([current.each[place].quantiles(q) for place in places.tolist()])
        column, starts, stops = current.ranges
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
            sides = self.near[0].count_cells(cuts), self.count_cells(np.array([place]), cuts)[0]
            before[row, known], after[row, known] = (np.cumsum(side)[at] for side in sides)
        return before, after

    def count_cells(self, places: NDArray[np.intp], cuts: Floats) -> Counts:
        """(places, cells) rows of these groups between the cuts."""
        current = self.near[1]
        if self.is_weighted or current.is_one:
            return np.stack([current.each[place].count_cells(cuts) for place in places.tolist()])
        column, starts, stops = current.ranges
        return _core.histogram_groups(
            column, starts[places], stops[places], cuts, threads=self.threads
        )

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
        if self.is_weighted:
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

    def value_counts(self, places: NDArray[np.intp]) -> NDArray[Any]:
        """Rows of both sides (places, cells), the odd cells of one value each: those of the
        reference's quantiles (`kolmogorov_ties.LEVELS`), and what lies between them."""
        if self.current.is_one and not self.is_weighted:
            found = self.pairs[0].tied_rows()
            if found is not None:
                return found[np.newaxis]
        cuts, reference = self.reference.value_cells()
        if self.is_weighted or self.current.is_one:
            each = [self.pairs[place].current.count_cells(cuts) for place in places.tolist()]
            return np.asarray(reference + np.stack(each))
        return np.asarray(reference + self._value_counts[places])

    @cached
    def _value_counts(self) -> NDArray[np.int64]:
        return self.current.count_bins(self.reference.value_cells()[0])

    def _edges(self) -> Floats | None:
        """The bins of the reference's histogram, where they are wanted and numbers are read."""
        if "histogram" not in self._reads or not self._has_numbers:
            return None
        cuts = self.reference.display_cuts() if self.reference.valid else np.zeros(0)
        return cuts if len(cuts) else None

    @property
    def _is_near(self) -> bool:
        """Whether the columns themselves are what `near` gives."""
        before, now = self.near
        return before is self.reference and now is self.current

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
            return tables_of_pairs(self.pairs, bins)
        if self.kind == CATEGORICAL:
            return self._category_tables
        before, now = self.near
        cuts, reference = before.cells(bins)
        current = now.count_bins(cuts)
        return tables_of(np.broadcast_to(reference, current.shape), current)

    @cached
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
        ordered, order = current, np.zeros(first.shape, np.intp)
        if first.shape[1]:  # what is new in a group, in the order of its rows
            ordered = current.copy()
            order = np.argsort(np.where(first < 0, np.iinfo(np.int64).max, first), axis=1)
            ordered[:, len(labels) :] = np.take_along_axis(current[:, len(labels) :], order, axis=1)
        new = order + len(labels)
        return GroupCategories(tuple(table.labels), reference, current, ordered, new)

    @cached
    def _category_tables(self) -> list[CountTables]:
        found = self.categories
        if found is None:
            return [] if self.reference.categories.overflow else tables_of_pairs(self.pairs, 0)
        return tables_of(np.broadcast_to(found.reference, found.ordered.shape), found.ordered)

    def category_rows(self, place: int) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """`ColumnPair.category_rows` of a group without its labels; None of too many."""
        found = self.categories
        if found is None:
            pair = self.pairs[place]
            return None if pair.high_cardinality else pair.category_rows[1:]
        rows = found.rows(place)
        return found.reference[: len(rows)], rows

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
        present = self.codes == OK_CODE
        if self.kind == CATEGORICAL or self.is_weighted:
            found = self.categories if self.kind == CATEGORICAL and present.any() else None
            if found is None:
                return bin_counts([pair.histogram() for pair in self.pairs])
            own = enumerate(present.tolist())
            return bin_counts([found.histogram(place) if ok else None for place, ok in own])
        if self.current.is_one:
            return self._histogram_of_one()
        if not self._has_numbers or not present.any():
            return None
        cuts, counts = self.reference.display_cells()
        known = self.__dict__.get("two_sample", {}).get("histogram")
        current = (self.current.count_bins(cuts) if known is None else known)[present]
        return BinCounts(
            present, tuple(cuts.tolist()), None, np.asarray(counts, float), current.astype(float)
        )

    def _histogram_of_one(self) -> BinCounts | None:
        """Counts of numbers of the only group."""
        counted = self.pairs[0].counts_of_bins()
        if counted is None:
            return None
        cuts, reference, current = counted
        edges = tuple(cuts.tolist())
        present = np.ones(1, bool)
        return BinCounts(present, edges, None, reference.astype(float), current.astype(float)[None])

    def reported(self, outcomes: Outcomes) -> Outcomes:
        """The outcomes as rows report them: with rows in place of effective sizes."""
        if not self.is_weighted:
            return outcomes
        own = [pair.with_row_counts(outcomes.at(place)) for place, pair in enumerate(self.pairs)]
        shown, refused = Outcomes.stacked(own), self.codes != OK_CODE
        n = np.where(refused, self.reference.rows, shown.n_reference)
        return replace(
            outcomes, n_reference=n, n_current=np.where(refused, self.rows, shown.n_current)
        )


def _near(
    reference: ReferenceColumn, current: ColumnGroups
) -> tuple[ReferenceColumn, ColumnGroups]:
    """Both columns less the reference's `base`, where both are of one kind."""
    base = reference.base if current.whole.value_kind == reference.value_kind else 0
    return reference.less(base), current.less(base)
