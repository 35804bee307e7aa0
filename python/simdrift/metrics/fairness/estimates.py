"""Rates and means of each sensitive group, with intervals at any level.

Arrays are (G, S): groups of rows by sensitive groups. An estimate is NaN where its denominator is
0. With weights values are of the weights, and intervals of Kish's effective number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from simdrift._types import Floats
from simdrift.metrics.nulls.special import special

LEVEL = 0.95
"""Of the intervals."""


class Estimates(Protocol):
    """A rate or a mean of each sensitive group."""

    @property
    def value(self) -> Floats:
        """(G, S); NaN without a denominator."""
        ...

    @property
    def total(self) -> Floats:
        """(G, S) rows of the denominator, or their weight."""
        ...

    def ends(self, level: Floats | float) -> tuple[Floats, Floats]:
        """(G, S) ends of intervals that hold with this probability, one for all or (G, 1)."""
        ...

    def rest(self) -> Self:
        """Of all other sensitive groups together, at each one's place."""
        ...

    def overall(self) -> Self:
        """(G, 1) of all sensitive groups together."""
        ...


def _over(x: Floats, y: Floats) -> Floats:
    """x / y, NaN where y is 0."""
    out = np.full(np.broadcast(x, y).shape, np.nan)
    return np.asarray(np.divide(x, y, out=out, where=y > 0))


def _together(x: Floats) -> Floats:
    return np.asarray(x.sum(axis=1, keepdims=True))


def _others(x: Floats) -> Floats:
    """What is left of the sum without each one; whole numbers stay exact."""
    return np.asarray(np.maximum(_together(x) - x, 0.0))


@dataclass(frozen=True)
class Shares:
    """Shares hits / total; `squares`: the sum of squared weights of the denominator's rows."""

    hits: Floats
    total: Floats
    squares: Floats

    @property
    def value(self) -> Floats:
        return _over(self.hits, self.total)

    def ends(self, level: Floats | float) -> tuple[Floats, Floats]:
        """Wilson's intervals (Wilson 1927)."""
        n = np.nan_to_num(_over(self.total * self.total, self.squares))
        p = self.value
        z = special().ndtri(0.5 + 0.5 * np.asarray(level))
        with np.errstate(invalid="ignore", divide="ignore"):
            scale = 1.0 / (1.0 + z * z / n)
            middle = (p + z * z / (2.0 * n)) * scale
            half = z * np.sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n)) * scale
        return np.clip(middle - half, 0.0, p), np.clip(middle + half, p, 1.0)

    def rest(self) -> Shares:
        return Shares(_others(self.hits), _others(self.total), _others(self.squares))

    def overall(self) -> Shares:
        return Shares(_together(self.hits), _together(self.total), _together(self.squares))


@dataclass(frozen=True)
class Means:
    """Means of an amount x >= 0: rows, and sums over them of w, w x, w^2, w^2 x and w^2 x^2."""

    rows: Floats
    w: Floats
    wx: Floats
    w2: Floats
    w2x: Floats
    w2x2: Floats

    @classmethod
    def unweighted(cls, rows: Floats, x: Floats, x2: Floats) -> Means:
        """Of rows that count alike."""
        return cls(rows, rows, x, rows, x, x2)

    @property
    def value(self) -> Floats:
        return _over(self.wx, self.w)

    @property
    def total(self) -> Floats:
        return self.w

    def ends(self, level: Floats | float) -> tuple[Floats, Floats]:
        """Student's intervals of the logarithm, as those of `performance.mae`; NaN of one row."""
        m = self.value
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = np.maximum(self.w2x2 - 2.0 * m * self.w2x + m * m * self.w2, 0.0)
            n = self.w * self.w / self.w2
            error = np.sqrt(spread * (n / (n - 1.0))) / self.w
            quantile = special().stdtrit(n - 1.0, 0.5 + 0.5 * np.asarray(level))
            factor = np.exp(np.where(m > 0.0, quantile * error / m, 0.0))
        factor = np.where(n > 1.0, factor, np.nan)
        return m / factor, m * factor

    def rest(self) -> Means:
        return Means(*map(_others, self._sums))

    def overall(self) -> Means:
        return Means(*map(_together, self._sums))

    @property
    def _sums(self) -> tuple[Floats, ...]:
        return self.rows, self.w, self.wx, self.w2, self.w2x, self.w2x2
