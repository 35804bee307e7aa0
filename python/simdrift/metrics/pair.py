"""A reference column and a current one: what several methods on them share is computed once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift.metrics.cached import cached
from simdrift.metrics.columns import (
    CATEGORICAL,
    HIGH_CARDINALITY,
    LABEL,
    NULL,
    ORDERED,
    Bins,
    ColumnState,
    Counts,
    CurrentColumn,
    ReferenceColumn,
    are_apart,
)
from simdrift.metrics.nulls import kolmogorov_ties, quadratic, ties, transport
from simdrift.metrics.values import (
    ALL_NULL,
    EMPTY,
    ERROR,
    NOT_APPLICABLE,
    OK,
    TYPE_CHANGED,
    Outcome,
)
from simdrift.metrics.weighted import WeightedSides, refused_sides

_DISPLAY_LABELS = 30
_TIED_LEVELS = np.array(kolmogorov_ties.LEVELS)
Counted = tuple[NDArray[np.int64], NDArray[np.int64]]


class CategoryChanges(NamedTuple):
    """Categories of one side only, with their share of that side's rows, largest first."""

    new: tuple[tuple[str, float], ...]
    vanished: tuple[tuple[str, float], ...]


class Cells(NamedTuple):
    """Counts of both sides over the same cells; `edges` or `labels` says which."""

    edges: tuple[float, ...] | None
    labels: tuple[str, ...] | None
    reference: tuple[float, ...]
    current: tuple[float, ...]


def column_status(reference: ColumnState, current: ColumnState) -> str | None:
    """Why two columns cannot be compared, whatever their rows: refused, retyped."""
    if reference.refused is None and current.refused is None:
        return TYPE_CHANGED if _retyped(reference, current) else None
    refused = [side.refused.status for side in (reference, current) if side.refused is not None]
    if ERROR in refused:
        return ERROR
    is_one = len(refused) == 1 and NULL not in (reference.family, current.family)
    return TYPE_CHANGED if is_one else NOT_APPLICABLE


def _retyped(reference: ColumnState, current: ColumnState) -> bool:
    if reference.type == current.type and reference.value_kind == current.value_kind:
        return False
    before, now = reference.family, current.family
    if before == now or NULL in (before, now):
        return False
    if LABEL in (before, now):
        other = current if before == LABEL else reference
        is_alike = other.value_kind == "text" or other.has_labels
        return not (is_alike or (before == LABEL and other.value_kind in ("integer", "float")))
    if reference.kind != CATEGORICAL or current.kind != CATEGORICAL:
        return True
    return "boolean" in (before, now) or not (reference.has_labels or current.has_labels)


class ColumnPair:
    """A reference column and a current one, with the pieces that several methods share.
    `reads`: the passes over both samples that its methods want (`DriftMethod.reads`), and
    'histogram' where `histogram` is going to be asked for."""

    def __init__(
        self,
        reference: ReferenceColumn,
        current: CurrentColumn,
        *,
        reads: Collection[str | None] = ("ks", "wasserstein"),
        threads: int | None = None,
    ) -> None:
        self.name = reference.name
        self.reference = reference
        self.current = current
        self.threads = threads
        self._reads = reads
        self.is_weighted = reference.is_weighted
        self._counts_of_bins: tuple[NDArray[np.float64], Counts] | None = None
        """Bins of the histogram and the current rows in them, where a pass has counted them."""

    @property
    def kind(self) -> str:
        """The reference's kind; that of the current column where the reference has none."""
        return self.current.kind if self.reference.kind == NULL else self.reference.kind

    @cached
    def shape_status(self) -> str | None:
        """Why the two columns cannot be compared at all: refused, retyped, no rows."""
        status = column_status(self.reference, self.current)
        if status is not None:
            return status
        return EMPTY if min(self.reference.rows, self.current.rows) == 0 else None

    @cached
    def status(self) -> str | None:
        """`shape_status`, or 'all_null' where a side has only missing rows."""
        if self.shape_status is not None:
            return self.shape_status
        self._count_missing()
        return ALL_NULL if min(self.reference.valid, self.current.valid) == 0 else None

    def _count_missing(self) -> None:
        """Where both samples are going to be read anyway, by that pass: a profile is one more."""
        wanted = {"ks", "wasserstein"}.intersection(self._reads) and not self.is_weighted
        if "missing" in self.current.__dict__ or not wanted or not self._are_sortable:
            return
        with suppress(MemoryError):  # then each method does without, or fails, on its own
            _ = self.two_sample

    def with_row_counts(self, outcome: Outcome) -> Outcome:
        """The outcome as rows report it: with rows in place of effective sizes."""
        if not self.is_weighted:
            return outcome
        sides = self._weighted
        return outcome._replace(
            n_reference=sides.reference.rows_of(outcome.n_reference, self.reference.rows),
            n_current=sides.current.rows_of(outcome.n_current, self.current.rows),
        )

    @cached
    def _weighted(self) -> WeightedSides:
        """The rows of both sides with their weights."""
        before, now = self.reference.weighted, self.current.weighted
        if before is None or now is None:
            raise ValueError(f"column {self.name!r}: expected weights on both sides, found one")
        return WeightedSides(before, now, self.threads)

    def reason(self, kinds: frozenset[str], status: str) -> str:
        """What stands behind a status, in words."""
        if status == TYPE_CHANGED:
            return f"reference is {self.reference.type}, current is {self.current.type}"
        for side in (self.reference, self.current):
            if side.refused is not None:
                return side.refused.message
        if status == NOT_APPLICABLE:
            return f"for {' and '.join(sorted(kinds))} columns; this one is {self.kind}"
        return ""

    @contextmanager
    def sorted_once(self) -> Iterator[None]:
        """Keeps both samples sorted meanwhile, where ranks will be read: quantiles and cells
        of other methods are then read from them, too."""
        reference, current = self.reference, self.current
        wanted = "ranks" in self._reads and reference.prepared is None and not self.is_weighted
        if wanted and self._are_sortable:
            with suppress(Exception):  # then each method does without, or fails, on its own
                reference.ordered, current.ordered = _core.sort_both(
                    reference.column, current.column, threads=self.threads
                )
        try:
            yield
        finally:
            reference.ordered = current.ordered = None

    @property
    def _are_sortable(self) -> bool:
        ordered = {self.reference.kind, self.current.kind}.issubset(ORDERED)
        return ordered and self.shape_status is None and self._are_numbers

    @property
    def _are_numbers(self) -> bool:
        """Whatever somebody says that their kind is."""
        return self.reference.is_number and self.current.is_number

    @cached
    def two_sample(self) -> Mapping[str, Any]:
        """KS and Wasserstein-1 of one fused pass (`_core.TwoSampleDict`)."""
        if self.is_weighted:
            refused = self._refused()
            return self._weighted.two_sample() if refused is None else refused
        found = _core.two_sample(
            self.reference.sample,
            self.current.column,
            ks="ks" in self._reads,
            wasserstein="wasserstein" in self._reads,
            threads=self.threads,
            histogram=self._histogram_request(),
            quantiles=transport.LEVELS if "wasserstein" in self._reads else None,
            tied=_TIED_LEVELS if "ks" in self._reads else None,
            share=kolmogorov_ties.MATTER,
        )
        if found["status"] == EMPTY and self.shape_status is None:
            found["status"] = ALL_NULL  # a restored reference knows only its values
        if found["status"] == OK:
            self.reference.keep_valid(found["n"])
            self.current.keep_valid(found["m"])
        if found["histogram"] is not None:
            cuts, counts, current = found["histogram"]
            self._counts_of_bins = self.reference.keep_histogram(cuts, counts), current
        return cast("Mapping[str, Any]", found)

    def tied_rows(self) -> NDArray[np.int64] | None:
        """Rows of both samples in `ReferenceColumn.value_cells`, where the pass has found them."""
        found = self.two_sample
        if found["tied"] is None:
            return None
        values, below, upto = found["tied"]
        values, first = np.unique(values, return_index=True)
        at = first[are_apart(values)]
        ends = np.stack([below.sum(axis=0)[at], upto.sum(axis=0)[at]], axis=1).ravel()
        return np.diff(ends, prepend=0, append=found["n"] + found["m"])

    def _histogram_request(self) -> Any:
        """Wasserstein's law reads the reference's cells, too."""
        drawn = {"wasserstein", "histogram"}.intersection(self._reads)
        return self.reference.histogram_request() if drawn and self.shape_status is None else None

    @cached
    def ranks(self) -> Mapping[str, Any]:
        """Rank statistics of one sort a side and one walk (`_core.RankDict`)."""
        if self.is_weighted:
            refused = self._refused()
            return self._weighted.ranks if refused is None else refused
        reference, current = self.reference, self.current
        found = _core.rank_statistics(
            reference.sample if reference.ordered is None else reference.ordered,
            current.column if current.ordered is None else current.ordered,
            threads=self.threads,
        )
        if found["status"] == EMPTY and self.shape_status is None:
            found["status"] = ALL_NULL  # a restored reference knows only its values
        return cast("Mapping[str, Any]", found)

    def _refused(self) -> Mapping[str, Any] | None:
        """What weighted sides that can't be compared have in place of statistics."""
        if self.status is None:
            return None
        return refused_sides(self.status, self.reference.rows, self.current.rows)

    @cached
    def near(self) -> tuple[ReferenceColumn, ColumnState]:
        """Both columns as float64 holds them: less the reference's `base`, where both are integers
        or times beyond 2^53."""
        base = self.reference.base if self.current.value_kind == self.reference.value_kind else 0
        return self.reference.less(base), self.current.less(base)

    @property
    def mises_numerator(self) -> Fraction | float:
        """What Cramer and von Mises' T is made of (`quadratic`)."""
        if self.is_weighted:
            return self._weighted.mises_numerator()
        found = self.ranks
        within = found["ties_x"] + found["ties_y"]
        return quadratic.mises_numerator(
            found["cramer_von_mises"], within, found["ties"], found["n"], found["m"]
        )

    @cached
    def tied_shares(self) -> NDArray[np.float64] | None:
        """Shares of both samples' rows in steps, where ties hold so many rows that they change
        the law of a rank statistic; else None."""
        rows = self.ranks["n"] + self.ranks["m"]
        if self.ranks["ties"] < ties.MATTER * float(rows) ** 3:
            return None
        reference, current = self.cell_counts(ties.CELLS)
        counts = np.asarray(reference + current, float)
        return np.asarray(counts / counts.sum())

    def pooled_quantiles(self, q: Sequence[float]) -> NDArray[np.float64]:
        """Exact quantiles of the finite rows of both sides together."""
        if self.is_weighted:
            return self._weighted.pooled_quantiles(q)
        (reference, current), wanted = self.near, np.asarray(q, float)
        if reference.ordered is not None and current.ordered is not None:
            return _core.pooled_quantiles(reference.ordered, current.ordered, wanted)
        return _core.pooled_quantiles(
            reference.column, current.column, wanted, threads=self.threads
        )

    def cell_counts(self, bins: Bins) -> tuple[Counts, Counts]:
        """Counts of both sides over the reference's cells; over its categories for a
        categorical column. Cells that are empty on both sides are left out."""
        reference: Counts
        current: Counts
        if self.kind == CATEGORICAL:
            reference, current = self.category_counts[1:3]
        else:
            before, now = self.near
            cuts, reference = before.cells(bins)
            current = now.count_cells(cuts)
        used = (reference + current) > 0
        return (reference, current) if used.all() else (reference[used], current[used])

    @property
    def category_counts(self) -> tuple[tuple[str, ...], Counts, Counts]:
        """Labels (the reference's, then new ones), counts of the reference, of the current."""
        labels, rows, sizes = self._categories
        reference, current = sizes if self.is_weighted else rows
        return labels, reference, current

    @property
    def category_rows(
        self,
    ) -> tuple[tuple[str, ...], NDArray[np.int64], NDArray[np.int64]]:
        """As `category_counts`, whatever weights the rows have."""
        labels, (reference, current), _ = self._categories
        return labels, reference, current

    @cached
    def _categories(self) -> tuple[tuple[str, ...], Counted, tuple[Counts, Counts]]:
        """Labels, the rows of both sides, and the effective rows of both."""
        labels, rows, overflow = self.reference.categories
        none = (), (rows[:0], rows[:0]), (rows[:0], rows[:0])
        if overflow:
            return none
        table = _core.Categories(labels, maximum=len(labels) + HIGH_CARDINALITY)
        current, sizes = self._counted(table)
        if table.overflow:
            return none
        every = labels if len(table) == len(labels) else tuple(table.labels)
        new = np.zeros(len(every) - len(labels), np.int64)
        before = np.concatenate([rows, new])
        own = np.concatenate([self.reference.category_sizes, new]) if self.is_weighted else before
        return every, (before, current), (own, sizes)

    def _counted(self, table: _core.Categories) -> tuple[NDArray[np.int64], Counts]:
        """Rows and effective rows of the current column by code of the table, which grows."""
        if self.is_weighted:
            return self._weighted.current.counted(table)
        counts, _ = table.count(self.current.column, threads=self.threads)
        return counts, counts

    @property
    def high_cardinality(self) -> bool:
        """More than HIGH_CARDINALITY categories in the reference, or new in the current."""
        return not self.category_counts[0]

    @property
    def category_changes(self) -> CategoryChanges:
        """Categories that are new in the current rows, and those that vanished from them."""
        labels, reference, current = self.category_counts
        return CategoryChanges(
            _one_sided(labels, current, reference), _one_sided(labels, reference, current)
        )

    @property
    def is_counted(self) -> bool:
        """Whether a histogram finds its rows counted."""
        return self._counts_of_bins is not None or "_categories" in self.__dict__

    def histogram(self) -> Cells | None:
        """Counts of both sides for a histogram; None where there is nothing to draw."""
        if self.status is not None:
            return None
        if self.kind == CATEGORICAL:
            return None if self.high_cardinality else label_cells(*self.category_counts)
        counted = self.counts_of_bins()
        if counted is None:
            return None
        cuts, counts, current = counted
        return Cells(tuple(cuts.tolist()), None, _floats(counts), _floats(current))

    def counts_of_bins(self) -> tuple[NDArray[np.float64], Counts, Counts] | None:
        """Cut points of the histogram of numbers, and the rows of both sides between them."""
        if self.status is not None or not self._are_numbers:
            return None
        cuts, counts = self.reference.display_cells()
        known = self._counts_of_bins
        if known is not None and known[0] is cuts:
            return cuts, counts, known[1]
        return cuts, counts, self.current.count_cells(cuts)


def _one_sided(
    labels: tuple[str, ...], here: Counts, there: Counts
) -> tuple[tuple[str, float], ...]:
    rows = float(here.sum()) or 1.0
    codes = np.flatnonzero((here > 0) & (there == 0))
    codes = codes[np.argsort(-here[codes], kind="stable")]
    return tuple((labels[code], float(here[code]) / rows) for code in codes)


def _floats(counts: Counts) -> tuple[float, ...]:
    return tuple(np.asarray(counts, float).tolist())


def label_cells(labels: tuple[str, ...], reference: Counts, current: Counts) -> Cells:
    """The most frequent labels of both sides together, the rest as one cell."""
    order = np.argsort(-(reference + current), kind="stable")
    top, rest = order[:_DISPLAY_LABELS], order[_DISPLAY_LABELS:]
    names = [labels[code] for code in top]
    left, right = _floats(reference[top]), _floats(current[top])
    if len(rest):
        names.append(f"({len(rest)} others)")
        left = (*left, float(reference[rest].sum()))
        right = (*right, float(current[rest].sum()))
    return Cells(None, tuple(names), left, right)
