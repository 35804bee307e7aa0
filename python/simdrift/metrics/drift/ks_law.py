"""The null law of Kolmogorov and Smirnov's D in each group: counted, or a limit; with ties that of
the tied values."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Floats
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.nulls import kolmogorov, kolmogorov_ties
from simdrift.metrics.nulls.special import TINY, exp_p
from simdrift.metrics.outcomes import OK_CODE, all_true, any_true, at_places, elementwise
from simdrift.metrics.stacked import Arrays

EXACT_AUTO = 10_000_000
"""n*m up to which method='auto' counts lattice paths (1 to 20 ms; 10 to 300 ms at 1e8)."""
EXACT_LIMIT = 100_000_000
"""n*m up to which method='exact' counts lattice paths."""
COST_AUTO, COST_EXACT = 5e6, 5e8
"""Nanoseconds or so that counting with ties may take beyond these limits: few values are few
steps, whatever n and m."""
METHODS = ("auto", "exact", "asymp")
NOT_EXACT = "n m is above 100,000,000: p-value of the limit law"

Places = NDArray[np.bool_]


class Law(NamedTuple):
    """P-values of D in each group; `log_p` computes their logarithms."""

    p_value: Floats
    log_p: Callable[[], Floats]
    counted: Places
    """Where the p-value is exact."""


def law_of(pair: GroupedPair, found: Arrays, method: str) -> Law:
    """The law by one of METHODS."""
    limit = EXACT_AUTO if method == "auto" else EXACT_LIMIT
    if method != "asymp" and _is_one_of_paths(pair, found, limit):
        return _one_of_paths(found)
    known = found["status"] == OK_CODE
    if method == "asymp":
        return _as_scipy(pair, found, known)
    few = np.zeros(len(known), bool)
    if not pair.is_weighted:
        few = known & (found["n"] * found["m"].astype(float) <= limit)
    tied = few & (found["most_tied"] > 1)
    counted = _Counted(pair, found, few & ~tied, tied)
    if all_true(few):
        return Law(counted.p_value, counted.log_p, few)
    cost = COST_AUTO if method == "auto" else COST_EXACT
    rest = _Beyond(pair, found, known & ~few, cost)
    p = counted.p_value
    p[rest.places] = rest.p_value

    def log_p() -> Floats:
        logs = counted.log_p()
        logs[rest.places] = rest.log_p()
        return logs

    exact = few.copy()
    exact[rest.places] = rest.exact
    return Law(p, log_p, exact)


def is_of_sizes(pair: GroupedPair) -> bool:
    """Whether the law of the only group is one of the numbers of rows and of D: no value holds so
    many rows that the law asks for the columns."""
    found = pair.pairs[0].two_sample
    n, m, most = found["n"], found["m"], found["most_tied"]
    if n * m <= EXACT_AUTO:
        return bool(most <= 1)
    return bool(most <= kolmogorov_ties.MATTER * (n + m))


def _is_one_of_paths(pair: GroupedPair, found: Arrays, limit: int) -> bool:
    """Whether there is one group, of few rows without ties: two samples, as a rule."""
    if len(pair) != 1 or pair.is_weighted or found["status"].item() != OK_CODE:
        return False
    pairs: int = found["n"].item() * found["m"].item()
    return pairs <= limit and int(found["most_tied"].item()) <= 1


def _one_of_paths(found: Arrays) -> Law:
    """As `_Counted`, of one group."""
    n, m, numerator = found["n"].item(), found["m"].item(), numerator_of(found, 0)
    p = _core.ks_exact_p(n, m, numerator, threads=1)

    def log_p() -> Floats:
        return np.array([_log_of(p, lambda: _log_counted(found, 0, None))])

    return Law(np.array([p]), log_p, _ONE)


_ONE = np.ones(1, bool)


def _as_scipy(pair: GroupedPair, found: Arrays, known: Places) -> Law:
    """The corrected limit law of different values."""
    own = found["n"], found["m"], found["ks"]
    sf = partial(kolmogorov.limit_sf, threads=pair.threads)
    log_sf = partial(kolmogorov.limit_log_sf, threads=pair.threads)
    logs = partial(at_places, known, log_sf, *own)
    return Law(at_places(known, sf, *own), logs, np.zeros(len(known), bool))


class _Counted:
    """P-values by lattice paths: where no value is tied, and where some are."""

    def __init__(self, pair: GroupedPair, found: Arrays, plain: Places, tied: Places) -> None:
        self._pair, self._found, self._tied = pair, found, tied
        high, low = found["ks_numerator_high"], found["ks_numerator_low"]
        counted = partial(_core.ks_exact_p_groups, threads=pair.threads)
        self.p_value = at_places(plain, counted, found["n"], found["m"], high, low)
        if any_true(tied):
            self.p_value[tied] = self._of_ties(tied, logarithm=False)

    def _of_ties(self, places: Places, *, logarithm: bool) -> Floats:
        column, starts, stops = self._pair.current.ranges
        high, low = self._found["ks_numerator_high"], self._found["ks_numerator_low"]
        return _core.ks_ties_p_groups(
            self._pair.reference.sample,
            column,
            starts[places],
            stops[places],
            high[places],
            low[places],
            math.inf,
            logarithm,
            threads=self._pair.threads,
        )

    def log_p(self) -> Floats:
        """Of a p-value below float64's range, too."""
        p = self.p_value
        deep = p <= TINY
        logs = np.log(np.where(deep, 1.0, p))
        if any_true(tied := deep & self._tied):
            logs[tied] = self._of_ties(tied, logarithm=True)
        for place in np.flatnonzero(deep & ~self._tied).tolist():
            logs[place] = _log_counted(self._found, place, None)
        return logs


def numerator_of(found: Arrays, place: int) -> int:
    """D n m, a whole number."""
    high, low = found["ks_numerator_high"], found["ks_numerator_low"]
    return int(high[place]) * 2**64 + int(low[place])


def _log_counted(found: Arrays, place: int, ends: NDArray[np.int64] | None) -> float:
    n, m = int(found["n"][place]), int(found["m"][place])
    return _core.ks_ties_p(n, m, numerator_of(found, place), ends, 0.0, True)


class _Beyond:
    """P-values of groups with so many pairs of rows, or with weights: by paths where these are few
    or have a closed form, else by a limit law."""

    def __init__(self, pair: GroupedPair, found: Arrays, places: Places, cost: float) -> None:
        self.places = np.flatnonzero(places)
        self._pair, self._found, self._cost = pair, found, cost
        self.p_value = np.zeros(len(self.places))
        self.exact = np.zeros(len(self.places), bool)
        self._logs = np.full(len(self.places), math.nan)
        self._deep: dict[int, Callable[[], float]] = {}
        plain = self._without_ties()
        if pair.is_weighted:
            self._set_logs(plain, kolmogorov.limit_log_sf)
            return
        n, m, d = self._own("n", "m", "ks")
        closed = plain & ((n == m) | (d >= 1.0))
        for at in np.flatnonzero(closed).tolist():
            self._logs[at] = _log_counted(found, int(self.places[at]), None)
        self.exact |= closed
        self.p_value[closed] = elementwise(exp_p, self._logs[closed])
        self._set_logs(plain & ~closed, kolmogorov.log_limits)

    def log_p(self) -> Floats:
        """The logarithms, of p-values below float64's range, too."""
        logs = self._logs.copy()
        for at in np.flatnonzero(np.isnan(logs)).tolist():
            logs[at] = _log_of(float(self.p_value[at]), self._deep[at])
        return logs

    def _own(self, *names: str) -> list[Any]:
        return [self._found[name][self.places] for name in names]

    def _set_logs(self, at: Places, law: Callable[..., Floats]) -> None:
        if any_true(at):
            self._logs[at] = law(*(own[at] for own in self._own("n", "m", "ks")))
            self.p_value[at] = elementwise(exp_p, self._logs[at])

    def _without_ties(self) -> Places:
        """Where no value holds much of the rows; the others have got their law."""
        plain = np.ones(len(self.places), bool)
        n, m = self._own("n", "m")
        share = kolmogorov_ties.LARGE if self._pair.is_weighted else kolmogorov_ties.MATTER
        suspects = plain
        if not self._pair.is_weighted:
            suspects = self._found["most_tied"][self.places] > share * (n + m)
        at = np.flatnonzero(suspects)
        if len(at) == 0:
            return plain
        counts = self._pair.value_counts(self.places[at])
        tied = counts[:, 1::2].max(axis=1, initial=0) > share * counts.sum(axis=1)
        if any_true(tied):
            plain[at[tied]] = False
            self._set_tied(at[tied], counts[tied])
        return plain

    def _set_tied(self, at: NDArray[np.intp], counts: NDArray[Any]) -> None:
        """With ties: counted where that takes little, else the limit law of the tied values."""
        n, m, d = (own[at] for own in self._own("n", "m", "ks"))
        shares = counts / counts.sum(axis=1)[:, np.newaxis]
        threads = self._pair.threads
        if self._pair.is_weighted:
            self._logs[at] = kolmogorov_ties.log_sf(d, n, m, shares, threads)
            self.p_value[at] = elementwise(exp_p, self._logs[at])
            return
        self.p_value[at] = math.nan
        few = counts[:, ::2].sum(axis=1) <= kolmogorov_ties.NEGLIGIBLE * (n + m)
        for row, place in enumerate(at.tolist()):
            ends = np.cumsum(counts[row][counts[row] > 0])
            case = self._found, int(self.places[place])
            self._deep[place] = partial(_log_counted, *case, ends)
            if few[row]:
                self.p_value[place] = _counted(*case, ends, self._cost)
        self.exact[at] = ~np.isnan(self.p_value[at])
        rest = np.isnan(self.p_value[at])
        if any_true(rest):
            law = kolmogorov_ties.sf(d[rest], n[rest], m[rest], shares[rest], threads)
            self.p_value[at[rest]] = law


def _counted(found: Arrays, place: int, ends: NDArray[np.int64], cost: float) -> float:
    """By paths; NaN where they cost more than that."""
    n, m = int(found["n"][place]), int(found["m"][place])
    return _core.ks_ties_p(n, m, numerator_of(found, place), ends, cost, False)


def _log_of(p: float, deep: Callable[[], float]) -> float:
    """log p; below float64's range that of `deep`."""
    return math.log(p) if p > TINY else deep()
