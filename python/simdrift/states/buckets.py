"""Counts of numbers by bucket: 128 buckets an octave, the same for every column and batch, so that
counts of any rows can be added. What follows from them is certain up to a bucket's width, less
than 0.8 % of its values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats

MANTISSA_BITS = 7
_SHIFT = 52 - MANTISSA_BITS
_MAGNITUDE = np.int64(2**63 - 1)
_EXACT = 2**53

Ints = NDArray[np.int64]


def keys_of(values: Floats) -> Ints:
    """The bucket of each finite number: an integer that never falls while the number rises."""
    bits = (values + 0.0).view(np.int64)  # -0.0 becomes 0.0
    magnitude = (bits & _MAGNITUDE) >> _SHIFT
    return np.where(bits < 0, -1 - magnitude, magnitude)


def truncated(values: NDArray[np.integer]) -> Floats:
    """Integers as float64, those beyond 2^53 towards zero: no bucket's border is crossed."""
    wide = np.abs(values.astype(np.float64)) >= _EXACT
    if not wide.any():
        return values.astype(np.float64)
    low = np.where(values < 0, (-values) & 2047, values & 2047)
    kept = np.where(values < 0, values + low, values - low)
    return np.where(wide, kept, values).astype(np.float64)


def lows_and_highs(keys: Ints) -> tuple[Floats, Floats]:
    """The numbers between which a bucket's lie."""
    magnitude = np.where(keys < 0, -1 - keys, keys)
    near = (magnitude << _SHIFT).view(np.float64)
    far = ((magnitude + 1) << _SHIFT).view(np.float64)
    far = np.where(np.isfinite(far), far, np.finfo(np.float64).max)
    return np.where(keys < 0, -far, near), np.where(keys < 0, -near, far)


@dataclass
class Buckets:
    """Buckets with rows, ascending, and how many each has."""

    keys: Ints
    counts: Ints

    @classmethod
    def of(cls, values: Floats) -> Buckets:
        """The buckets of finite numbers."""
        if not len(values):
            return cls(np.zeros(0, np.int64), np.zeros(0, np.int64))
        keys = keys_of(values)
        first = int(keys.min())
        return cls._of_dense(first, np.bincount(keys - first))

    @classmethod
    def _of_dense(cls, first: int, counts: Ints) -> Buckets:
        used = np.flatnonzero(counts)
        return cls(used + first, counts[used].astype(np.int64))

    @classmethod
    def merged(cls, parts: Iterable[Buckets]) -> Buckets:
        """The counts of all."""
        own = [part for part in parts if len(part.keys)]
        if not own:
            return cls(np.zeros(0, np.int64), np.zeros(0, np.int64))
        if len(own) == 1:
            return own[0]
        first = min(int(part.keys[0]) for part in own)
        last = max(int(part.keys[-1]) for part in own)
        counts = np.zeros(last - first + 1, np.int64)
        for part in own:
            counts[part.keys - first] += part.counts
        return cls._of_dense(first, counts)

    @property
    def rows(self) -> int:
        """All rows."""
        return int(self.counts.sum())

    def quantile(self, q: float, low: float, high: float) -> tuple[float, float]:
        """Between which numbers the quantile (type 7) lies, given the least and the greatest."""
        place = q * (self.rows - 1)
        ends = np.cumsum(self.counts) - 1
        lows, highs = lows_and_highs(self.keys)
        first, last = (int(np.searchsorted(ends, spot)) for spot in (int(place), -int(-place // 1)))
        return max(float(lows[first]), low), min(float(highs[last]), high)
