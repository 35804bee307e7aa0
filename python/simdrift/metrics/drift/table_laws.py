"""Null laws of statistics of tables: chi-square where cells expect many rows, else by moments.

Under exchanges of rows, with the rows of every cell and side given, the mean of a sum over cells is
exact and its variance and third moment are nearly so (csrc/metrics/counts/moments.c). The gamma law
with these three moments is the statistic's: it becomes the chi-square law where cells expect
many rows, so nothing jumps where one takes the other's place. Where few cells with few rows carry
the statistic its law is lumpy: there random exchanges say more than a smooth law. Of two
cells all tables are counted.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Floats
from simdrift.metrics.drift.cells import Tables
from simdrift.metrics.nulls.special import chi2_log_sf, chi2_quantile, special
from simdrift.metrics.outcomes import any_true, elementwise
from simdrift.metrics.values import NULL_LEVEL

FEW_ROWS = 5
"""Rows that a cell of the smaller side expects at least where chi-square laws are used."""
SOME_CELLS = 4
LUMPY_SKEWNESS = 1.0
"""Of a law that is looked at by exchanges, where cells expect FEW_ROWS: that of chi2(8)."""
LEAST_SKEWNESS = 0.01
SAME = LEAST_VARIATION = 1e-12
"""Variance over squared mean, below which the statistic is the same in every table."""
MOST_EXCHANGES, ENOUGH_EXCHANGES = 1_999, 100
LIKELY, UNLIKELY = 0.2, 1e-9
"""p-values of the smooth law that exchanges would not turn into an alert, or out of one."""
_NOWHERE = np.zeros(0, np.intp)


class Statistic(NamedTuple):
    """A sum over cells: its number in counts.h, how far from chi-square cells may be for its
    chi-square law (`rough_places`), the rows that each of SOME_CELLS must expect for a smooth law
    (a sum of few terms has large steps), and the rows that are added to each cell."""

    code: int
    most_rough: float
    few_rows: float
    smoothing: float = 0.0


CHI_SQUARE = Statistic(0, 0.25, FEW_ROWS)
G = Statistic(1, 0.15, 20.0)
JENSEN_SHANNON = Statistic(2, 0.1, 30.0)
HELLINGER = Statistic(3, 0.1, 30.0)
VARIATION = Statistic(6, 0.1, 30.0)


def psi_of(smoothing: float) -> Statistic:
    """PSI after `smoothing` rows more a cell."""
    return Statistic(4, 0.1, 30.0, smoothing)


def kl_of(smoothing: float) -> Statistic:
    """KL divergence after `smoothing` rows more a cell."""
    return Statistic(5, 0.1, 30.0, smoothing)


class NullLaw:
    """The law of a statistic of each table: (x - shift) / scale follows chi2(df); `counted` are
    p-values from exchanges, NaN where there are none."""

    def __init__(
        self, tables: Tables, statistic: Statistic, scale: Floats, *, is_usual: bool = False
    ) -> None:
        df = np.full(len(tables), float(tables.bins - 1))
        self.shift, self.scale, self.df = np.zeros(len(tables)), scale, df
        self.quantile = scale * _usual_quantile(tables.bins)
        self.counted = np.full(len(tables), np.nan)
        self.threads = tables.threads
        self.places = _NOWHERE if is_usual else rough_places(tables, statistic)
        if len(self.places):
            self.scale = scale.copy()
            self._margins = _margins(tables, self.places)
            self._statistic = statistic
            self._few = few_rows(tables, statistic)[self.places]
            self._set_moments()

    def _set_moments(self) -> None:
        none = np.full(len(self.places), np.nan)
        found = _laws(self._margins, none, self._statistic, 0, self.threads)
        mean, variance = found["mean"], found["variance"]
        known = np.isfinite(mean) & (variance > LEAST_VARIATION * mean * mean)
        places, mean, variance = self.places[known], mean[known], variance[known]
        skewness = np.maximum(LEAST_SKEWNESS, found["third"][known] / variance**1.5)
        df = elementwise(_degrees, skewness)
        scale = np.sqrt(variance) * skewness / 4.0
        self.df[places], self.scale[places] = df, scale
        self.shift[places] = mean - df * scale
        self.quantile[places] = self.shift[places] + scale * special().chdtri(df, 1.0 - NULL_LEVEL)
        self._set_constant(np.isfinite(found["mean"]) & ~known, found["mean"])
        self._is_lumpy = self._few.copy()
        self._is_lumpy[known] &= skewness > LUMPY_SKEWNESS

    def _set_constant(self, constant: NDArray[np.bool_], mean: Floats) -> None:
        """All tables with these margins have one value: p is 1."""
        places = self.places[constant]
        self.quantile[places] = mean[constant]
        self.shift[places] = np.inf

    def p_values(self, value: Floats) -> Floats:
        """P(a table without drift has as large a value); NaN of NaN."""
        x = np.maximum(0.0, (value - self.shift) / self.scale)
        p = np.asarray(special().chdtrc(self.df, x))
        if len(self.places):
            self._count(value, p)
            least = value <= SAME * self.quantile  # no table has less
            self.counted[least] = 1.0
            p = np.where(np.isnan(self.counted), p, self.counted)
        return p

    def _count(self, value: Floats, p: Floats) -> None:
        smooth, own = p[self.places], value[self.places]
        two = np.count_nonzero(self._margins.rows, axis=1) == 2
        wanted = self._is_lumpy & (two | ((smooth > UNLIKELY) & (smooth < LIKELY)))
        if not any_true(wanted):
            return
        margins = Margins(self._margins.rows[wanted], self._margins.current[wanted])
        found = _laws(margins, own[wanted], self._statistic, MOST_EXCHANGES, self.threads)
        counted, least = found["p_value"], 1.0 / (MOST_EXCHANGES + 1.0)
        beyond = (found["exchanges"] > 0) & (counted <= least) | (counted <= 0.0)
        self.counted[self.places[wanted]] = np.where(
            beyond, np.minimum(smooth[wanted], np.maximum(counted, least)), counted
        )

    def log_p_values(self, value: Floats) -> Floats:
        """Logarithms of `p_values`, of any size; after these."""
        x = np.maximum(0.0, (value - self.shift) / self.scale)
        logs = elementwise(chi2_log_sf, x, self.df)
        with np.errstate(invalid="ignore"):
            return np.where(np.isnan(self.counted), logs, np.log(self.counted))


def _degrees(skewness: float) -> float:
    """Of the chi-square law with this skewness."""
    return 8.0 / (skewness * skewness)


@lru_cache(maxsize=256)
def _usual_quantile(bins: int) -> float:
    """What chi2(bins - 1) stays below in 95 of 100 cases."""
    return chi2_quantile(NULL_LEVEL, float(bins - 1))


class Margins(NamedTuple):
    """(tables, bins) rows of both sides in each cell, (tables,) rows of the current side."""

    rows: NDArray[np.int64]
    current: NDArray[np.int64]


def _margins(tables: Tables, places: NDArray[np.intp]) -> Margins:
    """Whole rows: effective ones to the nearest number, one at least in a cell that is used."""
    rows = np.maximum(1, np.rint(tables.both[places])).astype(np.int64)
    current = np.rint(tables.m[places]).astype(np.int64)
    return Margins(rows, np.clip(current, 1, np.add.reduce(rows, axis=1) - 1))


def _laws(
    margins: Margins, observed: Floats, statistic: Statistic, most: int, threads: int | None
) -> _core.CountLawsDict:
    return _core.count_laws(
        margins.rows.reshape(-1),
        margins.current,
        observed,
        statistic.code,
        statistic.smoothing,
        most,
        ENOUGH_EXCHANGES,
        threads=threads,
    )


def few_rows(tables: Tables, statistic: Statistic) -> NDArray[np.bool_]:
    """(tables,) whether a cell of the smaller side expects fewer rows than FEW_ROWS; of SOME_CELLS,
    than the statistic's."""
    least = statistic.few_rows if tables.bins <= SOME_CELLS else FEW_ROWS
    return np.asarray(tables.least_expected < least)


def rough_places(tables: Tables, statistic: Statistic) -> NDArray[np.intp]:
    """The tables whose statistic is off its chi-square law: one with a cell of few rows, or with
    a sum of 1 / expected rows that is large against the deviation of the law, sqrt(bins - 1):
    each cell adds as much to mean and variance."""
    rough = (
        np.add.reduce(1.0 / tables.expected, axis=1)
        > statistic.most_rough * (tables.bins - 1) ** 0.5
    )
    return np.flatnonzero(rough | few_rows(tables, statistic))


EXPECTED_ROWS = 20
"""Rows that a bin of the smaller side expects, for the z-test of its share to serve."""


def sparse_cells(tables: Tables) -> NDArray[np.bool_]:
    """The cells of (tables, bins) that expect less than EXPECTED_ROWS of the smaller side, or all
    others together do: of two bins both are sparse, or none is."""
    n, m = tables.n.astype(float), tables.m.astype(float)
    total, smaller = (n + m)[:, np.newaxis], np.minimum(n, m)[:, np.newaxis]
    rows = np.minimum(tables.both, total - tables.both)
    return np.asarray(rows * smaller < EXPECTED_ROWS * total)


def within_1(value: Floats) -> Floats:
    """Without what rounding leaves outside of [0, 1]."""
    return np.asarray(np.minimum(np.maximum(value, 0.0), 1.0))
