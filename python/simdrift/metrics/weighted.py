"""Columns and pairs whose rows have weights: to the drift methods, what `state` and `pair` are.

A weighted sample acts as so many equal rows as its effective size (`weights.py`) of the weighted
distribution: counts of cells are shares times that size, and what tests call n and m are
effective sizes; the rows that a result names are rows. Values are read as float64.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Floats
from simdrift.columns import Refused
from simdrift.metrics.columns import (
    CATEGORICAL,
    HIGH_CARDINALITY,
    NULL,
    ColumnState,
    CurrentColumn,
    ReferenceColumn,
)
from simdrift.metrics.once import once
from simdrift.metrics.pair import ColumnPair
from simdrift.metrics.values import CONSTANT, OK, TOO_FEW_ROWS, Outcome, Size
from simdrift.metrics.weights import RowWeights, effective_size


class Mass(NamedTuple):
    """Different values, ascending, the weight of each, its rows' squared weights; the sum of
    all cubed weights; how many rows (`_core.weighted_sort`)."""

    values: Floats
    weights: Floats
    squares: Floats
    cubes: float
    rows: int

    @property
    def total(self) -> float:
        return float(self.weights.sum())

    @property
    def size(self) -> float:
        """The effective number of rows."""
        return effective_size(self.total, float(self.squares.sum()))

    @property
    def finite(self) -> Mass:
        """Without the infinities, which are at the ends."""
        known = np.isfinite(self.values)
        if known.all():
            return self
        return Mass(
            self.values[known], self.weights[known], self.squares[known], self.cubes, self.rows
        )

    @property
    def shares(self) -> Floats:
        return np.asarray(self.weights / self.total)

    def quantiles(self, q: Sequence[float]) -> Floats:
        """By linear interpolation (type 7), as Akinshin (Weighted quantile estimators, 2023)
        has it for weights: the mean of the quantile function over a stretch of 1 / n from
        (n - 1) q / n on, n the effective size. NaN of no rows."""
        wanted = np.asarray(q, float)
        if len(self.values) == 0:
            return np.full(len(wanted), np.nan)
        n = max(self.size, 1.0)
        ends = np.cumsum(self.shares)
        ends[-1] = 1.0
        return np.array([self._stretch(ends, n, level) for level in wanted.tolist()])

    def _stretch(self, ends: Floats, n: float, q: float) -> float:
        low = (n - 1.0) * q / n
        first = min(int(np.searchsorted(ends, low, side="right")), len(ends) - 1)
        last = min(int(np.searchsorted(ends, low + 1.0 / n, side="left")), len(ends) - 1)
        if first >= last:
            return float(self.values[first])
        borders = np.clip(np.concatenate([[low], ends[first:last], [low + 1.0 / n]]), low, None)
        parts = np.diff(borders) * n
        used = parts > 1e-12  # an infinity that is only touched is none
        return float(np.sum(self.values[first : last + 1][used] * parts[used]) / parts[used].sum())

    def counts(self, cuts: Floats) -> Floats:
        """Effective rows in (-inf, c0), [c0, c1), ..., [c_last, inf)."""
        ends = np.concatenate([[0.0], np.cumsum(self.weights)])
        below = ends[np.searchsorted(self.values, cuts, side="left")]
        steps = np.diff(below, prepend=0.0, append=ends[-1])
        return np.asarray(np.maximum(steps, 0.0) * (self.size / self.total))

    def moments(self) -> tuple[float, float, float]:
        """Mean, variance (ddof 1 in effective rows) and skewness."""
        shares, n = self.shares, self.size
        base = float(self.values[len(self.values) // 2])
        mean = base + float(shares @ (self.values - base))
        centred = self.values - mean
        second = float(shares @ centred**2)
        if not second > 0.0 or n <= 1.0:
            return mean, 0.0 if n > 1.0 else math.nan, math.nan
        return mean, second * n / (n - 1.0), float(shares @ centred**3) / second**1.5


class _Weighted(ColumnState):
    """A column whose rows have weights. `rows` counts those that do."""

    _weights: Floats | None = None
    rows_size = 0.0

    def _weigh(self, weights: RowWeights) -> None:
        """Keeps the rows that have a weight, each with its own."""
        self.rows_size = weights.size
        if self._column is None:
            return
        if weights.kept is not None:
            self._column = self._column.take(weights.kept)
        self.rows = len(self._column)
        self._weights = weights.values

    @property
    def row_weights(self) -> Floats:
        """Of the rows, in their order."""
        if self._weights is None:
            raise ValueError(f"column {self.name!r}: the rows were not kept")
        return self._weights

    @once
    def mass(self) -> Mass:
        """Of the rows that are not missing."""
        values = self.column.to_float64()
        return Mass(*_core.weighted_sort(values, self.row_weights, threads=self.threads))

    @once
    def present(self) -> tuple[int, float, float]:
        """Of the rows that are not missing: how many, their weights, the squares of those."""
        if self.kind == NULL:
            return 0, 0.0, 0.0
        if self.is_number:
            mass = self.mass
            return mass.rows, mass.total, float(mass.squares.sum())
        weights = self.row_weights
        if self.column.null_count:
            table = _core.Categories(maximum=self.rows + 1)
            weights = weights[table.encode(self.column, threads=self.threads) >= 0]
        return len(weights), float(weights.sum()), float(np.square(weights).sum())

    @property
    def valid(self) -> Size:
        """The effective number of rows that are not missing."""
        return effective_size(*self.present[1:])

    @once
    def missing(self) -> int:
        return self.rows - self.present[0]

    def missing_of(self) -> tuple[Size, Size]:
        """Effective rows that are missing, of how many."""
        size = self.rows_size
        if self.missing == 0:
            return 0.0, size
        total = self._total
        return max(0.0, 1.0 - self.present[1] / total) * size, size

    @once
    def _total(self) -> float:
        return float(self.row_weights.sum())

    @once
    def profile(self) -> Mapping[str, Any]:
        """What drift methods read of `_core.ProfileDict`, weighted, of the finite rows."""
        mass = self.mass.finite
        found: dict[str, Any] = {
            "finite": mass.size,
            "neg_inf": 0,
            "min": float(mass.values[0]) if len(mass.values) else math.nan,
            "max": float(mass.values[-1]) if len(mass.values) else math.nan,
        }
        mean, variance, skewness = mass.moments() if len(mass.values) else (math.nan,) * 3
        status = OK if mass.size > 1.0 else TOO_FEW_ROWS
        if status == OK and len(mass.values) == 1:
            status = CONSTANT
        return found | {
            "mean": mean,
            "variance": variance,
            "std": math.sqrt(variance),
            "skewness": skewness,
            "variance_status": status,
        }

    def quantiles(self, q: Sequence[float]) -> Floats:
        return self.mass.quantiles(q)

    def quantiles_at(self, levels: Floats) -> Floats:
        return self.mass.quantiles(levels.tolist())

    @once
    def finite_median(self) -> float:
        finite = self.mass.finite
        return float(finite.quantiles([0.5])[0]) if len(finite.values) else 0.0

    def _finite_rows(self, places: Sequence[int]) -> list[float]:
        """Only the first and the last are asked for."""
        values = self.mass.finite.values
        return [float(values[0] if place == 0 else values[-1]) for place in places]

    @once
    def deviations(self) -> Mapping[str, Any]:
        finite = self.mass.finite
        distances = finite._replace(values=np.abs(finite.values - self.finite_median))
        mean, variance, _ = distances.moments()
        return {"n": distances.size, "mean": mean, "variance": variance}

    def count_cells(self, cuts: Floats) -> Floats:
        return self.mass.counts(cuts)

    def characteristic(self, t: float, scale: float) -> tuple[float, Floats, Floats]:
        finite = self.mass.finite
        z = t * finite.values / scale
        waves = np.stack([np.cos(z), np.cos(2.0 * z), np.sin(z), np.sin(2.0 * z)])
        shares = finite.shares
        means = waves @ shares
        centred = waves - means[:, None]
        return finite.size, means, ((centred * shares) @ centred.T).ravel()

    @once
    def category_sizes(self) -> Floats:
        """Effective rows of each of `categories`."""
        labels, _, overflow = self.categories
        if overflow:
            return np.zeros(0)
        _, sizes = self.counted(_core.Categories(labels, maximum=HIGH_CARDINALITY))
        return sizes

    def counted(self, table: _core.Categories) -> tuple[NDArray[np.int64], Floats]:
        """Rows and effective rows by code of the table, which grows."""
        codes = table.encode(self.column, threads=self.threads)
        if table.overflow:
            return np.zeros(0, np.int64), np.zeros(0)
        known = codes >= 0
        codes, count = codes[known], len(table)
        weights = np.bincount(codes, self.row_weights[known], minlength=count).astype(float)
        scale = self.valid / self.present[1] if self.present[1] > 0.0 else 0.0
        return np.bincount(codes, minlength=count).astype(np.int64), weights * scale


class WeightedCurrent(_Weighted, CurrentColumn):
    """A current column with weights."""

    def __init__(
        self,
        name: str,
        column: _core.Column | Refused,
        weights: RowWeights,
        *,
        kind: str | None = None,
        threads: int | None = None,
    ) -> None:
        super().__init__(name, column, kind=kind, threads=threads)
        self._weigh(weights)

    @classmethod
    def of(cls, column: ColumnState, weights: RowWeights) -> WeightedCurrent:
        """The column with weights beside its rows."""
        kind = None if column.refused is not None or column.kind == NULL else column.kind
        given = column.refused or column.column
        found = cls(column.name, given, weights, kind=kind, threads=column.threads)
        found.type = column.type
        return found


class WeightedReference(_Weighted, ReferenceColumn):
    """A reference column with weights."""

    def __init__(
        self,
        name: str,
        column: _core.Column | Refused,
        weights: RowWeights | None = None,
        *,
        kind: str | None = None,
        threads: int | None = None,
    ) -> None:
        super().__init__(name, column, kind=kind, threads=threads)
        if weights is not None:
            self._weigh(weights)

    def prepare(self) -> WeightedReference:
        if self.refused is not None or self._column is None:
            return self
        _ = (self.missing, self._total)
        if self.kind == CATEGORICAL:
            _ = self.category_sizes
        if self.is_number and self.kind != NULL:
            _ = (self.profile, self.deviations if len(self.mass.finite.values) else None)
        elif self.value_kind == "text":
            _ = (self.text_profile, self.distinct)
        if self.kind != NULL:
            self._column = self._weights = None
        return self

    def to_state(self) -> dict[str, NDArray[Any] | str | int | float]:
        state = super().to_state()
        state["weighted"] = 1
        if self.refused is not None:
            return state
        rows, total, squares = self.present
        state |= {
            "present_rows": rows,
            "present": total,
            "present_squares": squares,
            "rows_size": self.rows_size,
            "total": self._total,
        }
        if self.is_number and self.kind != NULL:
            mass = self.mass
            state |= {
                "values": mass.values,
                "weights": mass.weights,
                "squares": mass.squares,
                "cubes": mass.cubes,
            }
        if self.kind == CATEGORICAL:
            state["category_sizes"] = self.category_sizes
        return state

    @classmethod
    def from_state(
        cls, state: Mapping[str, Any], *, threads: int | None = None
    ) -> WeightedReference:
        own = ("values", "weights", "squares")
        new = super().from_state(
            {key: part for key, part in state.items() if key != "values"}, threads=threads
        )
        assert isinstance(new, WeightedReference)
        if new.refused is not None:
            return new
        known = new.__dict__
        rows = int(state["present_rows"])
        known["present"] = rows, float(state["present"]), float(state["present_squares"])
        known["rows_size"], known["_total"] = float(state["rows_size"]), float(state["total"])
        if "values" in state:
            values, weights, squares = (np.asarray(state[key], float) for key in own)
            known["mass"] = Mass(values, weights, squares, float(state["cubes"]), rows)
        if "category_sizes" in state:
            known["category_sizes"] = np.asarray(state["category_sizes"], float)
        return new


class WeightedPair(ColumnPair):
    """A pair of columns with weights."""

    is_weighted = True
    reference: WeightedReference
    current: WeightedCurrent

    def told(self, outcome: Outcome) -> Outcome:
        """The outcome with rows in place of effective sizes."""
        return outcome._replace(
            n_reference=_rows(self.reference, outcome.n_reference),
            n_current=_rows(self.current, outcome.n_current),
        )

    @contextmanager
    def sorted_once(self) -> Iterator[None]:
        """They are."""
        yield

    @once
    def _walk(self) -> Mapping[str, Any]:
        return _statistics(self.reference.mass, self.current.mass, self.threads)

    @once
    def _finite_walk(self) -> Mapping[str, Any]:
        x, y = self.reference.mass, self.current.mass
        known = x.finite, y.finite
        if known[0] is x and known[1] is y:
            return self._walk
        return _statistics(*known, self.threads)

    @once
    def two_sample(self) -> Mapping[str, Any]:
        if (status := self.status) is not None:
            return {"status": status, "n": self.reference.rows, "m": self.current.rows,
                    "ks": None, "wasserstein_n": self.reference.rows,
                    "wasserstein_m": self.current.rows}  # fmt: skip
        x, y = self.reference.mass, self.current.mass
        n, m = x.finite.size, y.finite.size
        return {
            "status": OK,
            "n": x.size,
            "m": y.size,
            "ks": max(self._walk["plus"], self._walk["minus"]),
            "wasserstein_n": n,
            "wasserstein_m": m,
            "wasserstein_status": OK,
            "wasserstein": self._finite_walk["wasserstein"] if min(n, m) > 0.0 else None,
        }

    @once
    def ranks(self) -> Mapping[str, Any]:
        if (status := self.status) is not None:
            return {"status": status, "n": self.reference.rows, "m": self.current.rows,
                    "finite_n": self.reference.rows, "finite_m": self.current.rows}  # fmt: skip
        x, y, found = self.reference.mass, self.current.mass, self._walk
        n, m = x.size, y.size
        pairs, rows = n * m, n + m
        single = x.cubes * (n / x.total) ** 3 + y.cubes * (m / y.total) ** 3
        finite_n, finite_m = x.finite.size, y.finite.size
        return {
            "status": OK,
            "n": n,
            "m": m,
            "distinct": found["distinct"],
            "ties": max(0.0, found["ties"] * rows**3 - single),
            "u2": 2.0 * found["auc"] * pairs,
            "plus": found["plus"] * pairs,
            "minus": found["minus"] * pairs,
            "anderson_darling": found["anderson_darling"] * 4.0 * (pairs / rows) ** 2,
            "finite_n": finite_n,
            "finite_m": finite_m,
            "energy": self._finite_walk["energy"] if min(finite_n, finite_m) > 0.0 else None,
        }

    @once
    def mises_numerator(self) -> float:
        n, m = self.ranks["n"], self.ranks["m"]
        pairs, rows = n * m, n + m
        t = pairs / rows * self._walk["cramer_von_mises"] + 0.25 / rows
        return float(4.0 * pairs * rows * t + 2.0 * (4.0 * pairs - 1.0) * pairs / 3.0)

    def pooled_quantiles(self, q: Sequence[float]) -> Floats:
        x, y = self.reference.mass.finite, self.current.mass.finite
        sides = [(side.values, side.weights * (side.size / side.total)) for side in (x, y)]
        squares = [side.squares * (side.size / side.total) ** 2 for side in (x, y)]
        values, weights = (np.concatenate(part) for part in zip(*sides, strict=True))
        order = np.argsort(values, kind="stable")
        pooled = Mass(
            values[order], weights[order], np.concatenate(squares)[order], 0.0, x.rows + y.rows
        )
        return pooled.quantiles(q)

    @once
    def _categories(self) -> tuple[tuple[str, ...], list[NDArray[np.int64]], list[Floats]]:
        """Labels, rows and effective rows of both sides."""
        labels, rows, overflow = self.reference.categories
        if not overflow:
            table = _core.Categories(labels, maximum=len(labels) + HIGH_CARDINALITY)
            counts, sizes = self.current.counted(table)
        if overflow or table.overflow:
            return (), [rows[:0], rows[:0]], [np.zeros(0), np.zeros(0)]
        new = len(counts) - len(labels)
        before = np.concatenate([rows, np.zeros(new, np.int64)])
        own = np.concatenate([self.reference.category_sizes, np.zeros(new)])
        return tuple(table.labels), [before, counts], [own, sizes]

    @property
    def category_rows(self) -> tuple[tuple[str, ...], NDArray[np.int64], NDArray[np.int64]]:
        labels, (reference, current), _ = self._categories
        return labels, reference, current

    @property
    def category_counts(self) -> tuple[tuple[str, ...], Any, Any]:
        labels, _, (reference, current) = self._categories
        return labels, reference, current


def _rows(side: _Weighted, size: float | None) -> int | None:
    """The rows whose effective size that is."""
    if size is None or isinstance(size, int):
        return size
    return side.rows if size == side.rows_size != side.valid else side.present[0]


def _statistics(x: Mass, y: Mass, threads: int | None) -> Mapping[str, Any]:
    found = _core.weighted_statistics(
        x.values, x.weights, x.size, y.values, y.weights, y.size, threads=threads
    )
    return dict(found)


def weights_of(column: ColumnState) -> Floats | None:
    """The weights of a column's rows; None where they count alike."""
    return column.row_weights if isinstance(column, _Weighted) and column.refused is None else None


def pair_of(reference: ReferenceColumn, current: CurrentColumn, **options: Any) -> ColumnPair:
    """The pair of two columns, weighted where they are."""
    if isinstance(reference, WeightedReference):
        return WeightedPair(reference, current, **options)
    return ColumnPair(reference, current, **options)
