"""What is known of a column: counted once, kept, and, for a reference, saved.

`ReferenceColumn` and `CurrentColumn` compute their parts (profile, sorted values, categories,
cells) when first asked and keep them; `pair.ColumnPair` keeps what two of them share. Where rows
have weights, `weighted.WeightedRows` computes the parts that depend on them. A reference's state
goes to plain arrays and numbers and back (`to_state`, `from_state`), never through pickle.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple, Self, cast

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift.columns import Refused
from simdrift.columns.labels import are_labels, dated
from simdrift.columns.times import PER_SECOND, coarser, column_of_dates, counted_in, resolution
from simdrift.metrics.cached import cached
from simdrift.metrics.near import check_exact, column_less, is_beyond, less, may_be_beyond
from simdrift.metrics.nulls.kolmogorov_ties import LEVELS
from simdrift.metrics.values import Size
from simdrift.metrics.weighted import WeightedRows
from simdrift.metrics.weights import RowWeights

NUMERIC = "numeric"
CATEGORICAL = "categorical"
TEMPORAL = "temporal"
NULL = "null"
UNSUPPORTED = "unsupported"
ORDERED = (NUMERIC, TEMPORAL)
COUNTABLE = (NUMERIC, CATEGORICAL, TEMPORAL)
TABLE = "table"
"""What methods of whole tables are for, beside the kinds of columns."""
KINDS = (NUMERIC, CATEGORICAL, TEMPORAL, NULL, UNSUPPORTED)

HIGH_CARDINALITY = 10_000
"""Above that many categories a column is no distribution over categories: not_applicable."""

_KIND = {
    "integer": NUMERIC,
    "float": NUMERIC,
    "boolean": CATEGORICAL,
    "text": CATEGORICAL,
    "category": CATEGORICAL,
    "temporal": TEMPORAL,
    "null": NULL,
}
LABEL = "label"
"""The family of columns that hold labels of values of several kinds."""
_FAMILY = {"integer": "number", "float": "number"}
_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_DISPLAY_POINTS, DISPLAY_BETWEEN = 19, (0.01, 0.99)

Bins = int | str | tuple[float, ...]
WIDTH_RULES = ("equal_width", "sturges", "doane", "fd")
"""Rules that cut the reference's range into cells of equal width; NumPy's names."""
DEFAULT_WIDTHS, MOST_WIDTHS = 10, 1000
Counts = NDArray[np.int64] | NDArray[np.float64]
"""Rows; effective ones, which are no whole numbers, where rows have weights."""


class CategoryTable(NamedTuple):
    """Labels in order of first row, the count of each, and whether there were too many."""

    labels: tuple[str, ...]
    counts: NDArray[np.int64]
    overflow: bool


class ColumnState:
    """A column and what was computed of it. `kind` overrides the kind its type gives: a
    column of integers may be 'categorical'."""

    def __init__(
        self,
        name: str,
        column: _core.Column | Refused,
        weights: RowWeights | None = None,
        *,
        kind: str | None = None,
        threads: int | None = None,
    ) -> None:
        if kind is not None and kind not in KINDS:
            raise ValueError(f"kind: expected one of {', '.join(KINDS)}, found {kind!r}")
        self.name = name
        self.threads = threads
        self.ordered: _core.Prepared | None = None
        """The rows that are not missing, sorted: where they are at hand for a while."""
        self._column: _core.Column | None = None
        self.refused: Refused | None = None
        """Why there is no column."""
        self.is_weighted = weights is not None
        self.weighted: WeightedRows | None = None
        """The rows with their weights; None where they count alike, or of a refused column."""
        self.unit: str | None = None
        self.value_kind: str = UNSUPPORTED
        self.kind: str = UNSUPPORTED
        self.rows = 0
        self.offset = 0
        """What the values are less than the given ones (`near`)."""
        self.type = column.type
        if isinstance(column, Refused):
            self.refused = column
            self.rows = 0 if column.present is None else len(column.present)
            return
        if kind == CATEGORICAL or column.kind == "category":
            column = dated(column, threads)
        self._column = column
        self.value_kind = column.value_kind
        self.unit = column.unit
        self.rows = len(column)
        empty = column.value_kind == "null"  # dictionaries of nothing but nulls, too
        self.kind = NULL if empty else kind or _KIND[column.kind]
        if weights is not None:
            self._weigh(column, weights)

    def _weigh(self, column: _core.Column, weights: RowWeights) -> None:
        """Keeps the rows that have a weight; `rows` counts those."""
        self._column = column if weights.kept is None else column.take(weights.kept)
        self.rows = len(self._column)
        self.weighted = WeightedRows(
            self._column,
            weights,
            are_numbers=self.is_number,
            are_null=self.kind == NULL,
            threads=self.threads,
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.type}, rows={self.rows})"

    @property
    def column(self) -> _core.Column:
        """The column itself; a restored reference gives its sorted values as one."""
        if self._column is None:
            why = "the rows were not kept" if self.refused is None else self.refused.message
            raise ValueError(f"column {self.name!r}: {why}")
        return self._column

    @property
    def family(self) -> str:
        """What its values are, whatever their width and unit: 'number', 'text', 'boolean', ..."""
        if self.type.startswith(("duration", "time32", "time64")):
            return self.type.partition("[")[0].rstrip("3264")
        if self.value_kind == "text" and are_labels(self.type):
            return LABEL
        return _FAMILY.get(self.value_kind, self.value_kind)

    @property
    def has_labels(self) -> bool:
        """Whether it is compared by its labels whatever they are of: categories that are no plain
        text, and numbers that somebody calls categorical."""
        if self.kind != CATEGORICAL or self.value_kind == "boolean":
            return False
        return self.value_kind != "text" or "dictionary" in self.type or self.family == LABEL

    @property
    def is_number(self) -> bool:
        return self.value_kind in ("integer", "float", "boolean", TEMPORAL)

    @cached
    def base(self) -> int:
        """The integer that values are read less where float64 does not hold them (`near`): about
        the median of a column of integers or times beyond 2^53, else 0."""
        is_restored = self.weighted is not None and self._column is None
        if self.value_kind not in ("integer", TEMPORAL) or self.kind not in ORDERED:
            return 0
        if is_restored or not may_be_beyond(self.type):
            return 0
        found = self.profile if self.weighted is None else _core.profile(self.column)
        if not found["finite"] or not is_beyond(found["min"], found["max"]):
            return 0
        return int(self.quantiles([0.5])[0])

    @property
    def near(self) -> Self:
        """The column less its `base`."""
        return self.less(self.base)

    def less(self, base: int) -> Self:
        """The column less an integer, as float64: itself less 0."""
        if base == 0:
            return self
        kept = self.__dict__.setdefault("_less", {})
        if base not in kept:
            kept[base] = self._made_less(base)
        return cast("Self", kept[base])

    def _made_less(self, base: int) -> Self:
        new = self.__new__(type(self))
        new.__dict__.update(self.__dict__)
        for name in ("_less", "profile", "deviations", "finite_median", "distinct", "categories"):
            new.__dict__.pop(name, None)
        known = new.__dict__
        known["base"], new.offset, new.ordered = 0, self.offset + base, None
        new.value_kind, new.type, new.unit = "float", "double", None
        if self._column is not None:
            new._column = column_less(self._column, base)
        if self.weighted is not None:
            new.weighted = self.weighted.less(base)
        return new

    @cached
    def unit_seconds(self) -> float:
        """Seconds per unit of a temporal column (a date32 counts days), else 1."""
        if self.value_kind != TEMPORAL:
            return 1.0
        if "date32" in self.type:
            return 86400.0
        return _SECONDS[self.unit or "ms"]

    @property
    def resolution(self) -> str | None:
        """What its points in time count: 'D', 's', ...; None where it has no such."""
        if self.value_kind != TEMPORAL or self.kind == CATEGORICAL:
            return None
        return resolution(self.type, self.unit)

    @cached
    def profile(self) -> Mapping[str, Any]:
        """The fused profile of a column of numbers (`_core.ProfileDict`)."""
        if self.weighted is not None:
            return self.weighted.profile
        return cast("Mapping[str, Any]", _core.profile(self.column, threads=self.threads))

    @cached
    def text_profile(self) -> Mapping[str, Any]:
        """Lengths and counts of a text column (`_core.TextProfileDict`)."""
        found = _core.profile_text(self.column, threads=self.threads)
        return cast("Mapping[str, Any]", found)

    @cached
    def missing(self) -> int:
        """Rows that are null or NaN; of a refused column, as far as they are known."""
        if self.refused is not None:
            present = self.refused.present
            return 0 if present is None else int(present.null_count)
        if self.weighted is not None:
            return self.rows - self.weighted.present[0]
        if self.is_number:
            return int(self.profile["nulls"] + self.profile["nan"])
        return self.rows if self.kind == NULL else int(self.column.null_count)

    def keep_valid(self, rows: int) -> None:
        """Keeps for `missing` what a pass has counted: rows that are neither null nor NaN."""
        self.__dict__.setdefault("missing", self.rows - rows)

    @property
    def valid(self) -> Size:
        """Rows that are neither null nor NaN; of weighted ones the effective size."""
        return self.rows - self.missing if self.weighted is None else self.weighted.valid

    def missing_of(self) -> tuple[Size, Size]:
        """Rows that are missing, of how many; effective ones where rows have weights."""
        if self.weighted is not None:
            return self.weighted.missing_of(self.missing)
        return self.missing, self.rows

    @cached
    def categories(self) -> CategoryTable:
        """Label and count of each category, up to HIGH_CARDINALITY of them."""
        table = _core.Categories(maximum=HIGH_CARDINALITY)
        counts, _ = table.count(self.column, threads=self.threads)
        if table.overflow:
            return CategoryTable((), np.zeros(0, np.int64), True)
        return CategoryTable(tuple(table.labels), counts, False)

    @cached
    def category_sizes(self) -> NDArray[np.float64]:
        """Effective rows of each of `categories`."""
        labels, counts, overflow = self.categories
        if overflow or self.weighted is None:
            return counts.astype(float)
        return self.weighted.counted(_core.Categories(labels, maximum=HIGH_CARDINALITY))[1]

    @cached
    def distinct(self) -> tuple[int, float]:
        """Distinct values and the relative standard error of that count (0: exact)."""
        return _core.distinct(self.column, threads=self.threads)

    def quantiles(self, q: Sequence[float]) -> NDArray[np.float64]:
        """Exact quantiles (linear interpolation) of the rows that are not missing."""
        if self.weighted is not None:
            return self.weighted.values.quantiles(q)
        if self.ordered is not None:
            return self.ordered.quantiles(np.asarray(q, float))
        return _core.quantiles(self.column, np.asarray(q, float), threads=self.threads)

    def quantiles_at(self, levels: NDArray[np.float64]) -> NDArray[np.float64]:
        """As `quantiles`, of so many that sorting pays."""
        if self.weighted is not None:
            return self.weighted.values.quantiles(levels.tolist())
        return _core.Prepared(self.column, self.threads).quantiles(levels)

    def characteristic(
        self, t: float, scale: float
    ) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
        """`_core.characteristic` of the finite rows."""
        if self.weighted is not None:
            return self.weighted.characteristic(t, scale)
        return _core.characteristic(self.column, t, scale, threads=self.threads)

    @cached
    def finite_median(self) -> float:
        """The median of the rows that are finite."""
        if self.weighted is not None:
            return self.weighted.finite_median
        finite = int(self.profile["finite"])
        if finite == 0:
            return 0.0
        if finite == self.valid:
            return float(self.quantiles([0.5])[0])
        below, above = self._finite_rows([(finite - 1) // 2, finite // 2])
        return 0.5 * below + 0.5 * above

    def _finite_rows(self, places: Sequence[int]) -> list[float]:
        """The values at these places among the finite rows in ascending order."""
        if self.weighted is not None:
            return self.weighted.finite_rows(places)
        first, last = int(self.profile["neg_inf"]), max(self.valid - 1, 1)
        found = self.quantiles([(first + place) / last for place in places])
        return [float(value) for value in found]

    @cached
    def deviations(self) -> Mapping[str, Any]:
        """Mean and variance of the distances of the finite rows from their median."""
        if self.base:
            return self.near.deviations
        if self.weighted is not None:
            return self.weighted.deviations
        found = _core.deviation_profile(self.column, self.finite_median, threads=self.threads)
        return {**found, "center": self.finite_median}

    def top_values(self, k: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        return _core.top_values(self.column, k, threads=self.threads)

    def median_deviation(self, center: float) -> float:
        return _core.median_deviation(self.column, center, threads=self.threads)

    def count_cells(self, cuts: NDArray[np.float64]) -> Counts:
        """Rows in (-inf, c0), [c0, c1), ..., [c_last, inf)."""
        if self.weighted is not None:
            return self.weighted.values.counts(cuts)
        if not len(cuts):
            return np.array([self.rows - self.missing], np.int64)
        if self.ordered is not None:
            return _count_sorted(self.ordered.values, cuts)
        return _core.histogram(self.column, cuts, threads=self.threads)


def _evenly_spaced(low: float, high: float, points: int) -> NDArray[np.float64]:
    """`numpy.linspace` without equal neighbours, bit for bit."""
    step = (high - low) / (points - 1)
    if step == 0.0:
        return np.unique(np.linspace(low, high, points))
    cuts = np.arange(points, dtype=float) * step + low
    cuts[-1] = high
    is_strict = np.count_nonzero(cuts[1:] > cuts[:-1]) == points - 1
    return np.asarray(cuts if is_strict else np.unique(cuts), float)


def are_apart(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of ascending values have a cell of their own: finite ones, and none that is the next
    number after another."""
    finite = np.isfinite(values)
    follows = (values[1:] == np.nextafter(values[:-1], np.inf)) & finite[:-1]
    return np.asarray(finite & ~np.append(False, follows)[: len(values)])


def _count_sorted(values: NDArray[Any], cuts: NDArray[np.float64]) -> NDArray[np.int64]:
    below = np.searchsorted(values, cuts, side="left")
    return np.diff(below, prepend=0, append=len(values)).astype(np.int64)


class CurrentColumn(ColumnState):
    """A column that is compared with a reference."""

    def counted_in(self, unit: str) -> CurrentColumn:
        """The same points in time in another unit."""
        if unit == self.resolution and "date64" not in self.type:
            return self
        column = counted_in(self.column, unit)
        return CurrentColumn(self.name, column, kind=self.kind, threads=self.threads)


def common_unit(reference: ColumnState, current: ColumnState) -> str | None:
    """The unit in which two columns of points in time are compared: the coarser of theirs, but
    that of a reference whose rows have weights. None where they have the same, or no such."""
    before, now = reference.resolution, current.resolution
    if before is None or now is None:
        return None
    if before == now and ("date64" in reference.type) == ("date64" in current.type):
        return None
    return before if reference.is_weighted else coarser(before, now)


class ReferenceColumn(ColumnState):
    """A column that others are compared with, by several calls at once perhaps: each works with
    its own `on(threads)`."""

    def __init__(
        self,
        name: str,
        column: _core.Column | Refused,
        weights: RowWeights | None = None,
        *,
        kind: str | None = None,
        threads: int | None = None,
    ) -> None:
        super().__init__(name, column, weights, kind=kind, threads=threads)
        self.prepared: _core.Prepared | None = None
        self._cells: dict[str, tuple[NDArray[np.float64], Counts]] = {}
        self.null_parts: dict[str, Any] = {}
        """What null distributions keep of these rows, by name."""
        self._in_units: dict[str, ReferenceColumn] = {}

    def on(self, threads: int | None) -> Self:
        """The same column for one call, on so many threads: what is known, and the bins that
        either of them finds, are shared."""
        new = self.__new__(type(self))
        new.__dict__.update(self.__dict__)
        new.threads = threads
        if self.weighted is not None:
            new.weighted = self.weighted.on(threads)
        return new

    @property
    def column(self) -> _core.Column:
        if self._column is None and self.prepared is not None:
            self._column = self._column_of(self.prepared.values)
        return super().column

    def _column_of(self, values: NDArray[Any]) -> _core.Column:
        """Values as a column of this column's type; times have a unit that numbers lack."""
        if self.value_kind != TEMPORAL:
            return _core.Column.from_numpy(values)
        if "date" in self.type:
            return column_of_dates(values, days="date32" in self.type)
        return _core.Column.from_numpy(values.astype(np.int64).view(f"datetime64[{self.unit}]"))

    def _in_seconds(self, values: NDArray[Any]) -> NDArray[Any]:
        """The values; durations of earlier files, which counted units, become numbers."""
        if self.value_kind != TEMPORAL or not self.type.startswith("duration"):
            return values
        for part in ("profile", "deviations"):
            self.__dict__.pop(part, None)
        values = values / PER_SECOND[self.unit or "s"]
        self.value_kind, self.unit = "float", None
        self.kind = NUMERIC if self.kind == TEMPORAL else self.kind
        return np.asarray(values, float)

    def _restore_values(self, values: NDArray[Any]) -> None:
        if self.value_kind == TEMPORAL:
            self.prepared = _core.Prepared(self._column_of(values), threads=self.threads)
        else:
            self.prepared = _core.Prepared.from_sorted(values)

    def counted_in(self, unit: str) -> ReferenceColumn:
        """The same points in time in another unit, as far as they are kept."""
        if unit == self.resolution and "date64" not in self.type:
            return self
        found = self._in_units.get(unit)
        if found is None:
            column = counted_in(self.column, unit)
            found = ReferenceColumn(self.name, column, kind=self.kind, threads=self.threads)
            found.rows = self.rows
            found.__dict__["missing"] = self.missing
            found = self._in_units.setdefault(unit, found.prepare() if self.prepared else found)
        return found.on(self.threads)

    @property
    def presence(self) -> ReferenceColumn | None:
        """Of a column that is not computed on: whether its rows are there, as booleans; None where
        that is not known."""
        if self.refused is None or self.refused.status != "not_applicable" or self.is_weighted:
            return None
        if self.refused.present is None and "missing" not in self.__dict__:
            return None
        new = ReferenceColumn(self.name, replace(self.refused, present=None), threads=self.threads)
        new.refused, new.kind, new.value_kind = None, CATEGORICAL, "boolean"
        new.rows, new.type = self.rows, "bool"
        new.__dict__["missing"] = self.missing
        return new

    @property
    def sample(self) -> _core.Column | _core.Prepared:
        """What two-sample statistics read: the sorted values where there are any."""
        return self.column if self.prepared is None else self.prepared

    @property
    def is_read(self) -> bool:
        """Whether a comparison reads its rows: they are neither sorted nor counted yet."""
        if self.kind == NULL or self.prepared is not None:
            return False
        return self._column is not None and "categories" not in self.__dict__

    def _made_less(self, base: int) -> Self:
        new = super()._made_less(base)
        new._cells, new.null_parts = {}, {}
        if self.prepared is not None:
            new.prepared = _core.Prepared.from_sorted(less(self.prepared.values, base))
            new._column = None
        return new

    def prepare(self) -> ReferenceColumn:
        """Computes what comparing needs and lets go of the rows; returns itself."""
        if self.weighted is not None:
            return self._prepare_weighted(self.weighted)
        if self.refused is not None or self.kind == NULL:
            return self
        _ = self.missing
        if self.kind == CATEGORICAL:
            _ = self.categories
        if self.is_number and self.value_kind != "boolean":
            if self.prepared is None:  # an empty one is falsy
                self.prepared = _core.Prepared(self.column, threads=self.threads)
            if self.kind == NUMERIC:  # of the rows in their order; the median is at hand now
                _ = self.deviations
            self._column = None
        elif self.value_kind == "text":
            _ = (self.text_profile, self.distinct)
            self._column = None
        return self

    def _prepare_weighted(self, weighted: WeightedRows) -> ReferenceColumn:
        if self._column is None:
            return self
        _ = (self.missing, weighted.total, weighted.size)
        if self.kind == CATEGORICAL:
            _ = self.category_sizes
        if self.is_number and self.kind != NULL:
            _ = (self.profile, self.deviations if len(weighted.values.finite.values) else None)
        elif self.value_kind == "text":
            _ = (self.text_profile, self.distinct)
        if self.kind != NULL:
            self._column = None
            weighted.let_go()
        return self

    def quantiles(self, q: Sequence[float]) -> NDArray[np.float64]:
        if self.prepared is None:
            return super().quantiles(q)
        return self.prepared.quantiles(np.asarray(q, float))

    def count_cells(self, cuts: NDArray[np.float64]) -> Counts:
        if self.prepared is None:
            return super().count_cells(cuts)
        return _count_sorted(self.prepared.values, cuts)

    def cells(self, bins: Bins) -> tuple[NDArray[np.float64], Counts]:
        """Cut points and the reference's counts. `bins` many cells of equal count (cut points
        are exact quantiles, equal ones merged), or the cut points themselves. A value that
        ties cut points fills more than a cell of equal count: it is a cell of its own, else
        a column of mostly zeros would have all it can change in one cell."""
        key = str(bins)
        found = self._cells.get(key)
        if found is None:
            cuts = self._cuts(bins)
            found = self._cells.setdefault(key, (cuts, self.count_cells(cuts)))
        return found

    def _cuts(self, bins: Bins) -> NDArray[np.float64]:
        if isinstance(bins, tuple):
            return np.asarray(bins, float) - float(self.offset)
        if isinstance(bins, str):
            return self._equal_widths(bins)
        cuts = self.quantiles([i / bins for i in range(1, bins)])
        check_exact(cuts, self.offset)
        cuts, ties = np.unique(cuts[~np.isnan(cuts)], return_counts=True)
        constant = self.profile["min"] == self.profile["max"]
        tied = cuts if constant else cuts[ties > 1]
        return np.union1d(cuts, np.nextafter(tied, np.inf))

    def value_cells(self) -> tuple[NDArray[np.float64], Counts]:
        """Cut points that make a cell of every quantile's value (`kolmogorov_ties.LEVELS`) and of
        what lies between them, and the reference's counts."""
        if "values" not in self._cells:
            values = np.unique(self.quantiles(LEVELS))
            values = values[are_apart(values)]
            cuts = np.stack([values, np.nextafter(values, np.inf)], axis=1).ravel()
            self._cells.setdefault("values", (cuts, self.count_cells(cuts)))
        return self._cells["values"]

    def _equal_widths(self, rule: str) -> NDArray[np.float64]:
        """Cut points of cells of equal width from the smallest to the largest finite value, and
        what lies outside in cells of its own; nothing where there is no range."""
        finite = int(self.profile["finite"])
        if finite < 2:
            return np.zeros(0)
        low, high = self._finite_rows([0, finite - 1])
        if not 0.0 < high - low < np.inf:
            return np.array([low, np.nextafter(low, np.inf)])
        edges = np.linspace(low, high, self._width_count(rule, finite, high - low) + 1)
        return np.unique(np.append(edges[:-1], np.nextafter(high, np.inf)))

    def _width_count(self, rule: str, n: int, width: float) -> int:
        """Cells by the rule, as `numpy.histogram_bin_edges` defines it."""
        size = 0.0
        if rule == "sturges":
            size = width / (math.log2(n) + 1.0)
        elif rule == "fd":
            low, high = self.quantiles([0.25, 0.75])
            size = 2.0 * float(high - low) * n ** (-1.0 / 3.0)
        elif rule == "doane" and n > 2:
            standard_error = math.sqrt(6.0 * (n - 2.0) / ((n + 1.0) * (n + 3.0)))
            skewness = abs(float(self.profile["skewness"]))
            skewness = skewness if math.isfinite(skewness) else 0.0
            size = width / (1.0 + math.log2(n) + math.log2(1.0 + skewness / standard_error))
        if not 0.0 < size < math.inf:
            return DEFAULT_WIDTHS
        return max(1, math.ceil(min(float(MOST_WIDTHS), width / size)))

    def display_cuts(self) -> NDArray[np.float64]:
        """Cut points of equal width between the 1 % and 99 % quantiles, for histograms."""
        if "display" not in self._cells:
            self.draw_between(*(float(value) for value in self.quantiles(DISPLAY_BETWEEN)))
        return self._cells["display"][0]

    def draw_between(self, low: float, high: float) -> None:
        """Keeps `display_cells` between these values: the quantiles, where they are known."""
        cuts = np.zeros(0)
        if math.isfinite(high - low):
            cuts = _evenly_spaced(low, high, _DISPLAY_POINTS)
        self._cells.setdefault("display", (cuts, self.count_cells(cuts)))

    def histogram_request(self) -> tuple[int, float, float] | NDArray[np.float64] | None:
        """What `_core.two_sample` may draw while it reads both samples: over cut points that
        are known or, of sorted rows, soon found; else it finds them, too."""
        if self.prepared is None and self.ordered is None and "display" not in self._cells:
            return (_DISPLAY_POINTS, *DISPLAY_BETWEEN)
        cuts = self.display_cuts()
        return cuts if len(cuts) else None

    def keep_histogram(self, cuts: NDArray[np.float64], counts: Counts) -> NDArray[np.float64]:
        """Keeps what was drawn, unless these cells are known; the cut points that stand."""
        return self._cells.setdefault("display", (cuts, counts))[0]

    def display_cells(self) -> tuple[NDArray[np.float64], Counts]:
        """These cut points and the reference's counts."""
        self.display_cuts()
        return self._cells["display"]

    def to_state(self) -> dict[str, NDArray[Any] | str | int | float]:
        """Everything a comparison needs, as plain arrays, text and numbers."""
        self.prepare()
        state: dict[str, NDArray[Any] | str | int | float] = {
            "name": self.name,
            "type": self.type,
            "kind": self.kind,
            "value_kind": self.value_kind,
            "rows": self.rows,
            "unit": self.unit or "",
        }
        if self.refused is not None:
            state["broken"] = self.refused.message
            if self.refused.status != "not_applicable":
                state["status"] = self.refused.status
            elif self.presence is not None:
                state["missing"] = self.missing
            return state | {"weighted": 1} if self.is_weighted else state
        state["missing"] = self.missing
        if self.is_number:
            state["profile"] = json.dumps(dict(self.profile))
        if "deviations" in self.__dict__:
            state["deviations"] = json.dumps(dict(self.deviations))
        if self.value_kind == "text":
            state["text_profile"] = json.dumps(dict(self.text_profile))
            state["distinct"] = json.dumps([int(self.distinct[0]), float(self.distinct[1])])
        if self.prepared is not None:
            state["values"] = self.prepared.values
        if self.kind == CATEGORICAL:
            state |= _pack_categories(self.categories)
        if self.weighted is not None:
            state |= {"weighted": 1, **self.weighted.to_state()}
            if self.kind == CATEGORICAL:
                state["category_sizes"] = self.category_sizes
        return state

    @classmethod
    def from_state(cls, state: Mapping[str, Any], *, threads: int | None = None) -> ReferenceColumn:
        """The reference column that `to_state` wrote."""
        name, type_name = str(state["name"]), str(state["type"])
        status = state.get("status", "not_applicable")
        refused = Refused(name, type_name, status, str(state.get("broken", "")))
        new = cls(name, refused, threads=threads)
        new.kind, new.value_kind = str(state["kind"]), str(state["value_kind"])
        new.rows, new.is_weighted = int(state["rows"]), "weighted" in state
        if "broken" in state:
            if "missing" in state:
                new.__dict__["missing"] = int(state["missing"])
            return new
        new.refused, new.unit = None, str(state["unit"]) or None
        known = new.__dict__
        known["missing"] = int(state["missing"])
        for part in ("profile", "deviations", "text_profile"):
            if part in state:
                known[part] = json.loads(str(state[part]))
        if "distinct" in state:
            known["distinct"] = tuple(json.loads(str(state["distinct"])))
        if new.is_weighted:
            new.weighted = WeightedRows.from_state(
                state, are_numbers=new.is_number, are_null=new.kind == NULL, threads=threads
            )
        elif "values" in state:
            new._restore_values(np.ascontiguousarray(new._in_seconds(state["values"])))
        if "counts" in state:
            known["categories"] = _unpack_categories(state)
        if "category_sizes" in state:
            known["category_sizes"] = np.asarray(state["category_sizes"], float)
        return new


def _pack_categories(table: CategoryTable) -> dict[str, Any]:
    """Labels as bytes and ends: a NumPy text array would lose trailing NULs."""
    encoded = [label.encode("utf-8", "surrogatepass") for label in table.labels]
    return {
        "labels": np.frombuffer(b"".join(encoded), np.uint8),
        "label_ends": np.cumsum([len(e) for e in encoded], dtype=np.int64),
        "counts": table.counts,
        "overflow": int(table.overflow),
    }


def _unpack_categories(state: Mapping[str, Any]) -> CategoryTable:
    data = np.asarray(state["labels"], np.uint8).tobytes()
    ends = [0, *np.asarray(state["label_ends"]).tolist()]
    labels = tuple(data[a:b].decode("utf-8", "surrogatepass") for a, b in pairwise(ends))
    counts = np.array(state["counts"], np.int64)
    return CategoryTable(labels, counts, bool(state["overflow"]))
