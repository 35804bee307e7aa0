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
from simdrift.metrics.outcomes import OK_CODE, all_true, any_true, at_places
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
    rest = _beyond(pair, found, known & ~few, cost)
    p = counted.p_value
    for place, own in rest.items():
        p[place] = own.p

    def log_p() -> Floats:
        logs = counted.log_p()
        for place, own in rest.items():
            logs[place] = own.log_p()
        return logs

    exact = few.copy()
    exact[[place for place, own in rest.items() if own.is_exact]] = True
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


class _One(NamedTuple):
    """The p-value of one group beyond the limit."""

    p: float
    log_p: Callable[[], float]
    is_exact: bool = False


def numerator_of(found: Arrays, place: int) -> int:
    """D n m, a whole number."""
    high, low = found["ks_numerator_high"], found["ks_numerator_low"]
    return int(high[place]) * 2**64 + int(low[place])


def _log_counted(found: Arrays, place: int, ends: NDArray[np.int64] | None) -> float:
    n, m = int(found["n"][place]), int(found["m"][place])
    return _core.ks_ties_p(n, m, numerator_of(found, place), ends, 0.0, True)


def _beyond(pair: GroupedPair, found: Arrays, places: Places, cost: float) -> dict[int, _One]:
    """Those of so many pairs of rows, or with weights."""
    rest: dict[int, _One] = {}
    plain: list[int] = []
    for place in np.flatnonzero(places).tolist():
        own = _tied(pair, found, place, cost) or _in_closed_form(pair, found, place)
        if own is None:
            plain.append(place)
        else:
            rest[place] = own
    if plain:
        law = kolmogorov.limit_log_sf if pair.is_weighted else kolmogorov.log_limits
        logs = law(*(found[name][plain] for name in ("n", "m", "ks"))).tolist()
        rest |= {
            place: _One(exp_p(log), partial(float, log))
            for place, log in zip(plain, logs, strict=True)
        }
    return rest


def _in_closed_form(pair: GroupedPair, found: Arrays, place: int) -> _One | None:
    """Of sides of one length, and where all of one side lies below the other."""
    if pair.is_weighted or (found["n"][place] != found["m"][place] and found["ks"][place] < 1.0):
        return None
    log_p = _log_counted(found, place, None)
    return _One(exp_p(log_p), lambda: log_p, is_exact=True)


def _tied(pair: GroupedPair, found: Arrays, place: int, cost: float) -> _One | None:
    """Where a value holds much of the rows."""
    rows = float(found["n"][place] + found["m"][place])
    share = kolmogorov_ties.LARGE if pair.is_weighted else kolmogorov_ties.MATTER
    if not pair.is_weighted and found["most_tied"][place] <= share * rows:
        return None
    counts = pair.value_counts(place)
    if counts[1::2].max(initial=0) <= share * counts.sum():
        return None
    return _of_ties(pair, found, place, counts, cost)


def _of_ties(
    pair: GroupedPair, found: Arrays, place: int, counts: NDArray[Any], cost: float
) -> _One:
    """With ties: counted where that takes little, else the limit law of the tied values."""
    n, m, d = (found[name][place].item() for name in ("n", "m", "ks"))
    if pair.is_weighted:
        log_sf = kolmogorov_ties.log_sf(d, n, m, counts / counts.sum())
        return _One(exp_p(log_sf), lambda: log_sf)
    ends = np.cumsum(counts[counts > 0])
    log_p = partial(_log_counted, found, place, ends)
    if counts[::2].sum() <= kolmogorov_ties.NEGLIGIBLE * (n + m):
        p = _core.ks_ties_p(n, m, numerator_of(found, place), ends, cost, False)
        if not math.isnan(p):
            return _One(p, lambda: _log_of(p, log_p), is_exact=True)
    p = kolmogorov_ties.sf(d, n, m, counts / counts.sum())
    return _One(p, lambda: _log_of(p, log_p))


def _log_of(p: float, deep: Callable[[], float]) -> float:
    """log p; below float64's range that of `deep`."""
    return math.log(p) if p > TINY else deep()
