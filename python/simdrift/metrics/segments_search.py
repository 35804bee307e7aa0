"""The rows of each value of a column, and of each pair of values of two, against all others.

A segment is compared with the rest of the rows in one pass of the core a pair of columns. Its
p-value, of being worse, is the larger of two, so that it holds for values of any shape and for
unequal scales: Welch's, and that of exchangeable rows, whose mean over a random part of all rows
has the first three moments of a Pearson III law (Mielke & Berry 2007, chapter 2); of rare rights
or wrongs Fisher's exact one, two-sided. A segment that is not worse has the p-value 1: a large
loss makes all segments without it look better than they are. q-values are over all that were
tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._core import Column
from simdrift._types import Floats, Progress
from simdrift.metrics.correction import correct
from simdrift.metrics.nulls.special import special

ALPHA = 0.05
RARE = 200.0
"""Expected rights or wrongs below which their exact law is taken: its sums grow with them."""
FLAT = 1e-3
"""Skewness below which the Pearson III law is the normal one."""


class CodedColumn(NamedTuple):
    """A column as codes, -1 for rows of no segment: what each code is called in words."""

    name: str
    labels: tuple[str, ...]
    codes: NDArray[np.int32]


class Sums(NamedTuple):
    """Of some rows: how many, and sums of w, w^2, w x, w^2 x, w^2 x^2, where x says how much worse
    the value is than the mean of all rows."""

    rows: Floats
    w: Floats
    w2: Floats
    wx: Floats
    w2x: Floats
    w2x2: Floats

    def at(self, places: Any) -> Sums:
        """Some of them."""
        return Sums(*(own[places] for own in self))

    def less(self, other: Sums) -> Sums:
        """What is left of these without others of them."""
        return Sums(*(own - theirs for own, theirs in zip(self, other, strict=True)))

    @property
    def mean(self) -> Floats:
        return _over(self.wx, self.w)

    @property
    def size(self) -> Floats:
        """Kish's effective number of rows."""
        return np.nan_to_num(_over(self.w * self.w, self.w2))

    @property
    def error(self) -> Floats:
        """The standard error of the mean; NaN of one row."""
        m, n = self.mean, self.size
        spread = np.maximum(self.w2x2 - 2.0 * m * self.w2x + m * m * self.w2, 0.0)
        found = np.sqrt(spread * _over(n, n - 1.0)) / np.where(self.w > 0.0, self.w, np.nan)
        return np.asarray(found)


def _over(x: Floats, y: Floats) -> Floats:
    x, y = np.broadcast_arrays(x, y)
    return np.asarray(np.divide(x, y, out=np.full(x.shape, np.nan), where=y > 0.0))


class Values(NamedTuple):
    """What is searched: finite values of the rows that take part, how they count, their law."""

    columns: tuple[Column, ...]
    """x, or w, w x and w^2 x."""
    mean: float
    """Of the values."""
    sign: float
    """1 where more is worse, -1 where less is: x = sign (value - mean)."""
    all: Sums
    skewness: float
    is_binary: bool
    """0 or 1, without weights: `mean` is then the share of ones."""

    @classmethod
    def of(cls, values: Floats, weights: Floats | None, higher: bool = False) -> Values:
        """Of values by row, NaN where a row takes no part; `higher` ones are better or worse."""
        sign = -1.0 if higher else 1.0
        known = np.isfinite(values)
        if weights is not None:
            known &= weights > 0.0
        own, w = values[known], None if weights is None else weights[known]
        total = float(len(own)) if w is None else float(w.sum())
        mean = float((own if w is None else own * w).sum()) / total if total else 0.0
        x = sign * (own - mean)
        skewness = _skewness(x)
        binary = w is None and bool(np.all((own == 0.0) | (own == 1.0)))
        shifted = np.where(known, sign * (values - mean), np.nan)
        if weights is None or w is None:
            all_ = Sums(*(np.array([v]) for v in _moments(x, np.ones_like(x))))
            return cls((Column.from_numpy(shifted),), mean, sign, all_, skewness, binary)
        counted = np.where(known, weights, np.nan)
        columns = (counted, counted * shifted, counted * counted * shifted)
        all_ = Sums(*(np.array([v]) for v in _moments(x, w)))
        return cls(tuple(map(Column.from_numpy, columns)), mean, sign, all_, skewness, binary)

    def value(self, sums: Sums) -> Floats:
        """Means of the values in some rows."""
        return self.mean + self.sign * sums.mean


def _moments(x: Floats, w: Floats) -> list[float]:
    wx = w * x
    sums = (w, w * w, wx, w * wx, wx * wx)
    return [float(len(x)), *(float(own.sum()) for own in sums)]


def _skewness(x: Floats) -> float:
    """Of values about their mean; 0 of constants."""
    square = float(np.mean(x * x)) if len(x) else 0.0
    return float(np.mean(x**3)) / square**1.5 if square > 0.0 else 0.0


class Tried(NamedTuple):
    """Every segment that was compared, as columns."""

    first: NDArray[np.intp]
    """Place of its column."""
    second: NDArray[np.intp]
    """Of the other one; -1 of a single column."""
    code: NDArray[np.intp]
    """Of a pair: code in the first times the codes of the second, plus that."""
    sums: Sums
    rest: Sums
    p: Floats
    q: Floats
    apart: NDArray[np.bool_]
    """Whether a pair is worse than what is left of each column's own segment: else the column alone
    says as much."""


def search(
    columns: Sequence[CodedColumn],
    values: Values,
    *,
    min_rows: int,
    max_columns: int,
    threads: int | None = None,
    progress: Progress = None,
) -> Tried:
    """Every segment with so many rows, and as many outside, against the rest."""
    codes = [Column.from_numpy(column.codes) for column in columns]
    sizes = [len(column.labels) for column in columns]
    alone = Column.from_numpy(np.zeros(len(columns[0].codes) if columns else 0, np.int32))
    singles = [_sums(values, codes[at], alone, sizes[at], 1, threads) for at in range(len(columns))]
    parts = [_part(at, -1, own, own) for at, own in enumerate(singles)]
    pairs = list(combinations(range(len(columns)), 2)) if max_columns > 1 else []
    for done, (i, j) in enumerate(pairs, 1):
        own = _sums(values, codes[i], codes[j], sizes[i], sizes[j], threads)
        parents = [_repeated(singles[i], sizes[j], False), _repeated(singles[j], sizes[i], True)]
        parts.append(_part(i, j, own, *parents))
        if progress is not None:
            progress(done, len(pairs))
    return _tried(parts, values, min_rows)


def segment_sums(values: Values, column: CodedColumn, threads: int | None) -> Sums:
    """Sums of the segments of one column."""
    alone = Column.from_numpy(np.zeros(len(column.codes), np.int32))
    codes = Column.from_numpy(column.codes)
    return _sums(values, codes, alone, len(column.labels), 1, threads)


class _Part(NamedTuple):
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    code: NDArray[np.intp]
    sums: Sums
    parents: tuple[Sums, ...]


def _sums(
    values: Values, rows: Column, columns: Column, n_rows: int, n_columns: int, threads: int | None
) -> Sums:
    """Sums of each pair of codes, (n_rows * n_columns,)."""
    starts, stops = np.array([0]), np.array([len(rows)])
    found = [
        tuple(
            one[0].astype(float, copy=False)
            for one in _core.sums_by_code_groups(
                own, rows, columns, starts, stops, n_rows, n_columns, threads=threads
            )
        )
        for own in values.columns
    ]
    if len(found) == 1:
        n, x, x2 = found[0]
        return Sums(n, n, n, x, x, x2)
    (n, w, w2), (_, wx, w2x2), (_, w2x, _) = found
    return Sums(n, w, w2, wx, w2x, w2x2)


def _repeated(sums: Sums, times: int, tiled: bool) -> Sums:
    """A column's own segments at the places of its pairs."""
    repeat = np.tile if tiled else np.repeat
    return Sums(*(repeat(own, times) for own in sums))


def _part(first: int, second: int, sums: Sums, *parents: Sums) -> _Part:
    count = len(sums.rows)
    one, other = (np.full(count, place, np.intp) for place in (first, second))
    return _Part(one, other, np.arange(count), sums, parents)


def _tried(parts: Sequence[_Part], values: Values, min_rows: int) -> Tried:
    joined = [np.concatenate(own) for own in zip(*(part[:3] for part in parts), strict=True)]
    sums, *parents = (
        _joined([own[at] for own in ((part.sums, *_two(part.parents)) for part in parts)])
        for at in range(3)
    )
    everything = values.all
    enough = (sums.rows >= min_rows) & (everything.rows - sums.rows >= min_rows)
    first, second, code = (own[enough] for own in joined)
    sums, *parents = (one.at(enough) for one in (sums, *parents))
    rest = everything.less(sums)
    p = _p_values(sums, rest, values)
    q = correct(p) if len(p) else p
    apart = (second < 0) | (_nested(sums, parents, second >= 0) <= ALPHA)
    return Tried(first, second, code, sums, rest, p, q, apart)


def _two(parents: tuple[Sums, ...]) -> tuple[Sums, Sums]:
    return (parents[0], parents[-1])


def _joined(sums: Sequence[Sums]) -> Sums:
    return Sums(*(np.concatenate(own) for own in zip(*sums, strict=True)))


def _nested(sums: Sums, parents: Sequence[Sums], of_two: NDArray[np.bool_]) -> Floats:
    """q-values of pairs of being worse than what is left of either column's own segment."""
    p = np.zeros(len(of_two))
    for parent in parents:
        p = np.maximum(p, np.nan_to_num(_welch(sums, parent.less(sums)), nan=1.0))
    return correct(np.where(of_two, p, np.nan)) if len(p) else p


# --- p-values ---


def _p_values(sums: Sums, rest: Sums, values: Values) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        p = np.fmax(_welch(sums, rest), _exchangeable(sums, values))
        is_worse = sums.mean > rest.mean
    if values.is_binary:
        ones = np.rint(values.sign * sums.wx + sums.rows * values.mean)
        share = min(values.mean, 1.0 - values.mean)
        rare = sums.rows * share < RARE
        p[rare] = _fisher(ones[rare], sums.rows[rare], values)
    return np.where(is_worse, np.nan_to_num(p, nan=1.0), 1.0)


def _fisher(ones: Floats, rows: Floats, values: Values) -> Floats:
    """Fisher's exact p-values of ones among rows."""
    total = int(values.all.rows[0])
    margins = np.broadcast_to(np.int64(round(values.mean * total)), ones.shape)
    log_p = _core.fisher_log_p(
        np.ascontiguousarray(ones.astype(np.int64)),
        np.ascontiguousarray(rows.astype(np.int64)),
        np.ascontiguousarray(margins),
        np.full(ones.shape, total, np.int64),
    )
    return np.asarray(np.exp(log_p))


def _welch(sums: Sums, rest: Sums) -> Floats:
    """Welch's p-values of a larger mean than that of the rest; NaN where both are constants."""
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = np.nan_to_num(sums.error) ** 2, np.nan_to_num(rest.error) ** 2
        t = (sums.mean - rest.mean) / np.sqrt(a + b)
        least = np.maximum(sums.size - 1.0, 1.0), np.maximum(rest.size - 1.0, 1.0)
        df = (a + b) ** 2 / (a * a / least[0] + b * b / least[1])
        return np.asarray(special().stdtr(df, -t))


def _exchangeable(sums: Sums, values: Values) -> Floats:
    """p-values of so large a mean over a random part of all rows."""
    everything = values.all
    n, total = sums.size, float(everything.size[0])
    variance = everything.w2x2 / np.maximum(everything.w2, 1e-300)
    error = np.sqrt(variance * (total - n) / (n * max(total - 1.0, 1.0)))
    skewness = values.skewness * (total - 2.0 * n) * np.sqrt(max(total - 1.0, 1.0))
    skewness /= max(total - 2.0, 1.0) * np.sqrt(n * (total - n))
    return _pearson_iii(sums.mean / error, skewness)


def _pearson_iii(z: Floats, skewness: Floats) -> Floats:
    """P(Z >= z) of standardised Z of the law with that skewness."""
    g = np.abs(skewness)
    is_flat = g < FLAT
    shape = 4.0 / np.where(is_flat, 1.0, g) ** 2
    is_left = skewness < 0.0
    at = np.maximum(shape + np.where(is_left, -z, z) * np.sqrt(shape), 0.0)
    tail = np.where(is_left, special().gammainc(shape, at), special().gammaincc(shape, at))
    return np.asarray(np.where(is_flat, special().ndtr(-z), tail))
