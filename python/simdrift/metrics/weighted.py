"""Weighted rows: what a column and a pair of columns read of them in place of plain rows.

A weighted sample acts as so many equal rows as its effective size (`weights.py`) of the weighted
distribution: counts of cells are shares times that size, and what tests call n and m are
effective sizes; the rows that a result names are rows. Values are read as float64.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Floats
from simdrift.metrics.cached import cached
from simdrift.metrics.dependence import of_categories, of_numbers
from simdrift.metrics.near import column_less
from simdrift.metrics.values import CONSTANT, OK, TOO_FEW_ROWS, Size
from simdrift.metrics.weights import RowWeights, effective_size


class WeightedValues(NamedTuple):
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
    def finite(self) -> WeightedValues:
        """Without the infinities, which are at the ends."""
        known = np.isfinite(self.values)
        if known.all():
            return self
        return WeightedValues(
            self.values[known], self.weights[known], self.squares[known], self.cubes, self.rows
        )

    @property
    def shares(self) -> Floats:
        return np.asarray(self.weights / self.total)

    def quantiles(self, q: Sequence[float]) -> Floats:
        """By linear interpolation (type 7), as Akinshin (Weighted quantile estimators, 2023)
        has it for weights: the mean of the quantile function over a interval of 1 / n from
        (n - 1) q / n on, n the effective size. NaN of no rows."""
        wanted = np.asarray(q, float)
        if len(self.values) == 0:
            return np.full(len(wanted), np.nan)
        n = max(self.size, 1.0)
        ends = np.cumsum(self.shares)
        ends[-1] = 1.0
        return np.array([self._interval(ends, n, level) for level in wanted.tolist()])

    def _interval(self, ends: Floats, n: float, q: float) -> float:
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

    def moments(self) -> WeightedMoments:
        """Mean, variance (ddof 1 in effective rows), their root and skewness."""
        shares, n = self.shares, self.size
        base = float(self.values[len(self.values) // 2])
        rest = float(shares @ (self.values - base))
        mean = base + rest
        low = (base - (mean - rest)) + (rest - (mean - (mean - rest)))
        centred = self.values - mean
        exponent = math.frexp(float(np.abs(centred).max(initial=0.0)))[1]
        centred = np.ldexp(np.ldexp(centred, -(exponent // 2)), exponent // 2 - exponent)
        second = float(shares @ centred**2)
        if not second > 0.0 or n <= 1.0:
            none = 0.0 if n > 1.0 else math.nan
            return WeightedMoments(mean, low, none, none, math.nan)
        variance = second * n / (n - 1.0)
        return WeightedMoments(
            mean,
            low,
            float(np.ldexp(variance, 2 * exponent)),
            float(np.ldexp(math.sqrt(variance), exponent)),
            float(shares @ centred**3) / second**1.5,
        )


class WeightedMoments(NamedTuple):
    """Mean + mean_low is the mean in twice the precision; the variance may be out of float64's
    range where std is not."""

    mean: float
    mean_low: float
    variance: float
    std: float
    skewness: float


class WeightedRows:
    """The rows of a column that have a weight. `size`: the effective number of all of them, the
    missing ones too. Of a reference that was prepared only what was computed is left."""

    def __init__(
        self,
        column: _core.Column | None,
        weights: RowWeights,
        *,
        are_numbers: bool,
        are_null: bool,
        threads: int | None,
    ) -> None:
        self._all = weights.size
        self._clusters = weights.clusters
        self.threads = threads
        self._column = column
        self._weights: Floats | None = weights.values
        self._are_numbers, self._are_null = are_numbers, are_null

    def on(self, threads: int | None) -> Self:
        """The same rows, read on so many threads."""
        new = copy(self)
        new.threads = threads
        return new

    def less(self, base: int) -> Self:
        """The rows' values less an integer, with the same weights."""
        new = copy(self)
        for name in ("values", "profile", "finite_median", "deviations"):
            new.__dict__.pop(name, None)
        new._column = column_less(self.column, base)
        return new

    def let_go(self) -> None:
        """Lets go of the rows; what was computed stays."""
        self._column = self._weights = self._clusters = None

    @property
    def column(self) -> _core.Column:
        """The rows' values."""
        if self._column is None:
            raise ValueError("weighted column: the rows were not kept")
        return self._column

    @property
    def weights(self) -> Floats:
        """Of the rows, in their order."""
        if self._weights is None:
            raise ValueError("weighted column: the rows were not kept")
        return self._weights

    @cached
    def size(self) -> float:
        """The effective number of all rows, the missing ones too."""
        if self._clusters is None:
            return self._all
        is_missing = np.asarray(self._codes() < 0, np.int64)
        return self._all / of_categories(is_missing, self.weights, self._clusters)

    @cached
    def design_effect(self) -> float:
        """How many rows that are not missing are worth one independent one."""
        if self._clusters is None or self._are_null:
            return 1.0
        codes = self._codes()
        known = codes >= 0
        weights, clusters = self.weights[known], self._clusters[known]
        if self._are_numbers:
            return of_numbers(self.column.to_float64()[known], weights, clusters)
        return of_categories(codes[known], weights, clusters)

    def _codes(self) -> NDArray[np.int64]:
        """A code of each row's category, -1 where it is missing; of numbers 0."""
        if self._are_null:
            return np.full(len(self.column), -1)
        if self._are_numbers:
            return -np.isnan(self.column.to_float64()).astype(np.int64)
        table = _core.Categories(maximum=len(self.column) + 1)
        return np.asarray(table.encode(self.column, threads=self.threads), np.int64)

    @cached
    def values(self) -> WeightedValues:
        """Of the rows that are not missing; squares and cubes of weights are those of as few rows
        as they are worth."""
        values, weights, squares, cubes, rows = _core.weighted_sort(
            self.column.to_float64(), self.weights, threads=self.threads
        )
        effect = self.design_effect
        return WeightedValues(values, weights, squares * effect, cubes * effect**2, rows)

    @cached
    def present(self) -> tuple[int, float, float]:
        """Of the rows that are not missing: how many, their weights, the squares of those."""
        if self._are_null:
            return 0, 0.0, 0.0
        if self._are_numbers:
            values = self.values
            return values.rows, values.total, float(values.squares.sum())
        weights = self.weights
        if self.column.null_count:
            table = _core.Categories(maximum=len(self.column) + 1)
            weights = weights[table.encode(self.column, threads=self.threads) >= 0]
        squares = self.design_effect * float(np.square(weights).sum())
        return len(weights), float(weights.sum()), squares

    @property
    def valid(self) -> Size:
        """The effective number of rows that are not missing."""
        return effective_size(*self.present[1:])

    @cached
    def total(self) -> float:
        """The weights of all rows."""
        return float(self.weights.sum())

    def missing_of(self, missing: int) -> tuple[Size, Size]:
        """Effective rows that are missing, of how many; `missing`: as rows are counted."""
        if missing == 0:
            return 0.0, self.size
        return max(0.0, 1.0 - self.present[1] / self.total) * self.size, self.size

    def rows_of(self, size: float | None, rows: int) -> int | None:
        """The rows whose effective size that is; `rows`: of the column."""
        if size is None or isinstance(size, int):
            return size
        return rows if size == self.size != self.valid else self.present[0]

    @cached
    def profile(self) -> Mapping[str, Any]:
        """What drift methods read of `_core.ProfileDict`, weighted, of the finite rows."""
        values = self.values.finite
        found: dict[str, Any] = {
            "finite": values.size,
            "neg_inf": 0,
            "min": float(values.values[0]) if len(values.values) else math.nan,
            "max": float(values.values[-1]) if len(values.values) else math.nan,
        }
        none = WeightedMoments(*(math.nan,) * 5)
        moments = values.moments() if len(values.values) else none
        status = OK if values.size > 1.0 else TOO_FEW_ROWS
        if status == OK and len(values.values) == 1:
            status = CONSTANT
        return found | moments._asdict() | {"variance_status": status, "std_status": status}

    @cached
    def finite_median(self) -> float:
        finite = self.values.finite
        return float(finite.quantiles([0.5])[0]) if len(finite.values) else 0.0

    def finite_rows(self, places: Sequence[int]) -> list[float]:
        """The smallest finite value for place 0, the largest for any other."""
        values = self.values.finite.values
        return [float(values[0] if place == 0 else values[-1]) for place in places]

    @cached
    def deviations(self) -> Mapping[str, Any]:
        finite = self.values.finite
        distances = finite._replace(values=np.abs(finite.values - self.finite_median))
        found = distances.moments()._asdict()
        return found | {"n": distances.size, "center": self.finite_median}

    def characteristic(self, t: float, scale: float) -> tuple[float, Floats, Floats]:
        finite = self.values.finite
        z = t * finite.values / scale
        harmonics = np.stack([np.cos(z), np.cos(2.0 * z), np.sin(z), np.sin(2.0 * z)])
        shares = finite.shares
        means = harmonics @ shares
        centred = harmonics - means[:, None]
        return finite.size, means, ((centred * shares) @ centred.T).ravel()

    def counted(self, table: _core.Categories) -> tuple[NDArray[np.int64], Floats]:
        """Rows and effective rows by code of the table, which grows."""
        codes = table.encode(self.column, threads=self.threads)
        if table.overflow:
            return np.zeros(0, np.int64), np.zeros(0)
        known = codes >= 0
        codes, count = codes[known], len(table)
        weights = np.bincount(codes, self.weights[known], minlength=count).astype(float)
        scale = self.valid / self.present[1] if self.present[1] > 0.0 else 0.0
        return np.bincount(codes, minlength=count).astype(np.int64), weights * scale

    def to_state(self) -> dict[str, NDArray[Any] | str | int | float]:
        """What a comparison needs, as plain arrays and numbers."""
        rows, total, squares = self.present
        state: dict[str, NDArray[Any] | str | int | float] = {
            "present_rows": rows,
            "present": total,
            "present_squares": squares,
            "rows_size": self.size,
            "total": self.total,
        }
        if self._are_numbers and not self._are_null:
            state |= {
                "values": self.values.values,
                "weights": self.values.weights,
                "squares": self.values.squares,
                "cubes": self.values.cubes,
            }
        return state

    @classmethod
    def from_state(
        cls,
        state: Mapping[str, Any],
        *,
        are_numbers: bool,
        are_null: bool,
        threads: int | None = None,
    ) -> Self:
        """The rows that `to_state` wrote."""
        new = cls(
            None, RowWeights.ones(0), are_numbers=are_numbers, are_null=are_null, threads=threads
        )
        new.let_go()
        rows = int(state["present_rows"])
        known = new.__dict__
        known["size"] = float(state["rows_size"])
        known["present"] = rows, float(state["present"]), float(state["present_squares"])
        known["total"] = float(state["total"])
        if "values" in state:
            values, weights, squares = (
                np.asarray(state[key], float) for key in ("values", "weights", "squares")
            )
            known["values"] = WeightedValues(values, weights, squares, float(state["cubes"]), rows)
        return new


class WeightedSides:
    """The weighted rows of a reference column and of a current one: what pairs read of both."""

    def __init__(
        self, reference: WeightedRows, current: WeightedRows, threads: int | None = None
    ) -> None:
        self.reference, self.current = reference, current
        self.threads = threads

    @cached
    def _walk(self) -> Mapping[str, Any]:
        return _statistics(self.reference.values, self.current.values, self.threads)

    @cached
    def _finite_walk(self) -> Mapping[str, Any]:
        x, y = self.reference.values, self.current.values
        known = x.finite, y.finite
        if known[0] is x and known[1] is y:
            return self._walk
        return _statistics(*known, self.threads)

    def two_sample(self) -> Mapping[str, Any]:
        """What measures read of `_core.TwoSampleDict`."""
        x, y = self.reference.values, self.current.values
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

    @cached
    def ranks(self) -> Mapping[str, Any]:
        """What measures read of `_core.RankDict`."""
        x, y, found = self.reference.values, self.current.values, self._walk
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

    def mises_numerator(self) -> float:
        """What Cramer and von Mises' T is made of (`quadratic`)."""
        n, m = self.ranks["n"], self.ranks["m"]
        pairs, rows = n * m, n + m
        t = pairs / rows * self._walk["cramer_von_mises"] + 0.25 / rows
        return float(4.0 * pairs * rows * t + 2.0 * (4.0 * pairs - 1.0) * pairs / 3.0)

    def pooled_quantiles(self, q: Sequence[float]) -> Floats:
        """Quantiles of the finite rows of both sides together."""
        x, y = self.reference.values.finite, self.current.values.finite
        sides = [(side.values, side.weights * (side.size / side.total)) for side in (x, y)]
        squares = [side.squares * (side.size / side.total) ** 2 for side in (x, y)]
        values, weights = (np.concatenate(part) for part in zip(*sides, strict=True))
        order = np.argsort(values, kind="stable")
        pooled = WeightedValues(
            values[order], weights[order], np.concatenate(squares)[order], 0.0, x.rows + y.rows
        )
        return pooled.quantiles(q)


def refused_sides(status: str, n: int, m: int) -> dict[str, Any]:
    """What `two_sample` and `ranks` are where the sides can't be compared."""
    return {
        "status": status,
        "n": n,
        "m": m,
        "ks": None,
        "wasserstein_n": n,
        "wasserstein_m": m,
        "finite_n": n,
        "finite_m": m,
    }


def _statistics(x: WeightedValues, y: WeightedValues, threads: int | None) -> Mapping[str, Any]:
    found = _core.weighted_statistics(
        x.values, x.weights, x.size, y.values, y.weights, y.size, threads=threads
    )
    return dict(found)
