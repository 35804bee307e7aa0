"""Exact sums of powers, and the moments that follow from them, rounded once."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from simdrift import _core

UNIT = 1074
"""A row is m 2^(exponent - UNIT)."""
_WORDS = ((0, 2, True), (2, 5, False), (5, 9, True), (9, 14, False))


@dataclass
class Powers:
    """Sums of the first four powers of `n` finite rows: integers by exponent, never rounded."""

    n: int = 0
    sums: dict[int, tuple[int, int, int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, column: _core.Column, n: int, threads: int | None = None) -> Powers:
        """The sums of a column with `n` finite rows."""
        exponents, words = _core.power_sums(column, threads)
        made = cls(n)
        for exponent, row in zip(exponents.tolist(), words, strict=True):
            data = row.astype("<u8").tobytes()
            made.sums[exponent] = _four(
                int.from_bytes(data[8 * start : 8 * stop], "little", signed=signed)
                for start, stop, signed in _WORDS
            )
        return made

    def add(self, other: Powers) -> None:
        """Takes the rows of another in."""
        self.n += other.n
        for exponent, theirs in other.sums.items():
            own = self.sums.get(exponent)
            self.sums[exponent] = theirs if own is None else _four(map(int.__add__, own, theirs))

    def moments(self) -> Moments:
        """Mean, variance and shape; the same bits for the same rows, however they were merged."""
        if self.n == 0:
            return Moments(0)
        lowest = min(self.sums, default=UNIT)
        totals = [0, 0, 0, 0]
        for exponent, sums in self.sums.items():
            for power, value in enumerate(sums, 1):
                totals[power - 1] += value << power * (exponent - lowest)
        return _moments(self.n, totals, Fraction(2) ** (lowest - UNIT))


def _four(values: Iterable[int]) -> tuple[int, int, int, int]:
    first, second, third, fourth = values
    return first, second, third, fourth


@dataclass(frozen=True)
class Moments:
    """NaN where a moment is not defined: no rows, one row, or all rows equal. `total` is exact."""

    n: int
    total: Fraction = Fraction(0)
    mean: float = math.nan
    variance: float = math.nan
    std: float = math.nan
    skewness: float = math.nan
    kurtosis: float = math.nan


def _moments(n: int, totals: list[int], unit: Fraction) -> Moments:
    """From sums of powers of rows in `unit`: central moments by the binomial theorem."""
    s1, s2, s3, s4 = totals
    m2 = n * s2 - s1 * s1  # n^2 times the second central moment
    variance = Fraction(m2, n * (n - 1)) * unit**2 if n > 1 else None
    skewness = kurtosis = math.nan
    if m2 > 0:
        m3 = n * n * s3 - 3 * n * s1 * s2 + 2 * s1**3
        m4 = n**3 * s4 - 4 * n * n * s1 * s3 + 6 * n * s1 * s1 * s2 - 3 * s1**4
        square = rounded(Fraction(m3 * m3, m2**3))
        skewness = math.sqrt(square) if m3 > 0 else -math.sqrt(square)
        kurtosis = rounded(Fraction(m4, m2 * m2)) - 3.0
    spread = math.nan if variance is None else rounded(variance)
    total = s1 * unit
    mean = rounded(Fraction(s1, n) * unit)
    std = math.nan if variance is None else _root(variance)
    return Moments(n, total, mean, spread, std, skewness, kurtosis)


def rounded(value: Fraction) -> float:
    """Rounded to nearest, ties to even; infinite beyond float64."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _root(value: Fraction) -> float:
    """The square root, also where the square is beyond float64's range."""
    half = (value.numerator.bit_length() - value.denominator.bit_length()) // 2
    return math.ldexp(math.sqrt(float(value / Fraction(4) ** half)), half)
