"""Drift of whole distributions of numbers: tests on the ranks of two samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric, Param
from simdrift.metrics.columns import ORDERED
from simdrift.metrics.drift import ks_law
from simdrift.metrics.drift.run import Weights, run
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.nulls import kuiper as kuiper_law
from simdrift.metrics.nulls import mann_whitney as mann_whitney_law
from simdrift.metrics.nulls import quadratic, ties
from simdrift.metrics.nulls.special import exp_p
from simdrift.metrics.numbers import Numbers, as_array, as_floats
from simdrift.metrics.outcomes import (
    OK_CODE,
    Codes,
    Outcomes,
    absent,
    all_ok,
    elementwise,
    known_where,
    status_codes,
)
from simdrift.metrics.over_groups import over_groups
from simdrift.metrics.pair_stack import over_columns
from simdrift.metrics.registry import drift_method
from simdrift.metrics.thresholds import DEFAULT_ALPHA
from simdrift.metrics.values import DEGENERATE, TOO_FEW_ROWS, DriftResult

__all__ = ["anderson_darling", "cramer_von_mises", "ks", "kuiper", "mann_whitney"]


def checked_ks_method(method: str) -> str:
    """The name, where it is one of `ks_law.METHODS`; else ValueError."""
    if method not in ks_law.METHODS:
        raise ValueError(f"method: expected one of {', '.join(ks_law.METHODS)}, found {method!r}")
    return method


@drift_method(
    Metric(
        name="drift.ks",
        title="KS distance",
        group="ranks",
        formula="D = max |F - G|, exact: D n m is a whole number",
        p_value=(
            "exact, given the ties (lattice paths) up to n m = 10,000,000, of few values and of "
            "n = m beyond; else a limit law, see Ties; its logarithm too, to any depth"
        ),
        effect_size="D",
        source="Kolmogorov 1933, Hodges 1958; scipy.stats.ks_2samp",
        better="lower",
        bounds=(0.0, 1.0),
        rule="test",
        kinds=ORDERED,
        params=(
            Param(
                "method",
                "auto",
                "auto, exact (up to n m = 100,000,000) or asymp",
                checked_ks_method,
            ),
        ),
        reads="ks",
        needs_values=False,
    )
)
@over_groups
@over_columns(ks_law.is_of_sizes)
def measure_ks(pair: GroupedPair, *, method: str = "auto") -> Outcomes:
    """D = max |F - G|; two-sided p-value, counted or by a limit law, given the ties."""
    found = pair.two_sample
    status, law = found["status"], ks_law.law_of(pair, found, method)
    value = found["ks"] if all_ok(status) else known_where(status == OK_CODE, found["ks"])
    rows = {"n_reference": found["n"], "n_current": found["m"]}
    reasons: dict[int, str] = {}
    if method == "exact":
        others = (status == OK_CODE) & ~law.counted
        reasons = dict.fromkeys(np.flatnonzero(others).tolist(), ks_law.NOT_EXACT)
    return Outcomes(value, status, law.p_value, value, **rows, log_p=law.log_p, reasons=reasons)


def ks(
    reference: object,
    current: object,
    *,
    method: str = "auto",
    alpha: float = DEFAULT_ALPHA,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Kolmogorov-Smirnov statistic D = max |F - G| in [0, 1] of two numeric samples, with its
    two-sided p-value; effect size D. Infinities are ordered at the ends.

    `method`: 'exact' counts lattice paths given the ties, as R's `ks.test(exact=TRUE)` (up to
    1e8 of n*m, beyond for few values or n = m; else the result's `reason` says that it did not),
    'asymp' is the corrected limit law of different values, as SciPy's; 'auto' is exact up to
    n*m = 1e7 and where that takes little, else the limit law, of tied values where single ones
    hold 0.8 % of the rows (`nulls/kolmogorov_ties.py`). Alerts where p <= alpha. Without ties
    equal to `scipy.stats.ks_2samp`, whose p-values with ties are those of different values: too
    large.

    >>> from simdrift.metrics import drift
    >>> result = drift.ks([1.0, 2.0, 3.0, 4.0], [3.0, 4.0, 5.0, 6.0])
    >>> result.value, round(result.p_value, 6)
    (0.5, 0.771429)
    """
    params = {} if method == "auto" else {"method": method}
    return run("ks", reference, current, params, alpha=alpha, weights=weights, threads=threads)


Law = Callable[[Mapping[str, Numbers], NDArray[np.intp]], tuple[Floats, Floats, Floats]]
"""Value, log of the p-value and effect size of groups, of their rank statistics (as Python's
numbers: sums are exact) and places."""


class _Numbers(dict[str, Numbers]):
    """Rank statistics of these places as Python's numbers, of those names that are read: of one
    place the number."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]], places: NDArray[np.intp]) -> None:
        super().__init__()
        self.arrays, self.places = arrays, places

    def __missing__(self, name: str) -> Numbers:
        own = self.arrays[name]
        own = own if len(own) == len(self.places) else own[self.places]
        self[name] = found = own.item() if len(own) == 1 else own.astype(object)
        return found


def _tested(
    pair: GroupedPair, status: Codes, law: Law, ranks: Mapping[str, NDArray[Any]] | None = None
) -> Outcomes:
    """The outcomes of a rank test whose p-values are known by their logarithms."""
    found = pair.ranks if ranks is None else ranks
    places = np.flatnonzero(status == OK_CODE)
    if len(places) == len(status):
        value, logs, effect = law(_Numbers(found, places), places)
        p = elementwise(exp_p, logs)
    else:
        value, logs, effect, p = (absent(len(status)) for _ in range(4))
        if len(places):
            value[places], logs[places], effect[places] = law(_Numbers(found, places), places)
            p[places] = elementwise(exp_p, logs[places])
    return Outcomes(
        value,
        status,
        p,
        effect,
        n_reference=found["n"],
        n_current=found["m"],
        log_p=lambda: logs,
    )


@drift_method(
    Metric(
        name="drift.kuiper",
        title="Kuiper distance",
        group="ranks",
        formula="V = max (F - G) + max (G - F)",
        p_value="limit law, moved by what n and m rows pass a bound by",
        effect_size="V",
        source="Kuiper 1960, Stephens 1970",
        better="lower",
        bounds=(0.0, 1.0),
        rule="test",
        kinds=ORDERED,
        reads="ranks",
        needs_values=False,
    )
)
@over_groups
def measure_kuiper(pair: GroupedPair) -> Outcomes:
    """V = D+ + D-, the p-value by the corrected limit law."""
    log_p = partial(kuiper_law.log_p, whole=not pair.is_weighted)

    def law(found: Mapping[str, Numbers], _: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
        n, m = found["n"], found["m"]
        value = as_floats((found["plus"] + found["minus"]) / (n * m))
        return value, elementwise(log_p, n, m, value), value

    return _tested(pair, pair.ranks["status"], law)


def kuiper(
    reference: object,
    current: object,
    *,
    alpha: float = DEFAULT_ALPHA,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Kuiper's statistic V = max (F - G) + max (G - F) in [0, 2) of two samples: as sensitive
    in the tails as in the middle; effect size V.

    The p-value is the limit law's, moved by what a walk of n and m rows passes a bound by: near
    0.05 right within a tenth or so from 10 rows a side on, smaller ones too large, and with ties
    an upper bound; with weights at Stephens' corrected size (1970). Alerts where p <= alpha.

    >>> from simdrift.metrics import drift
    >>> drift.kuiper([1.0, 2.0, 3.0, 4.0], [0.0, 2.5, 5.0]).value
    0.6666666666666666
    """
    return run("kuiper", reference, current, {}, alpha=alpha, weights=weights, threads=threads)


@drift_method(
    Metric(
        name="drift.cramer_von_mises",
        title="Cramér-von Mises T",
        group="ranks",
        formula=(
            "T = n m / (n + m) times the mean of (F - G)^2, ties at the middle of their step, "
            "+ 1 / (4 (n + m))"
        ),
        p_value="counted up to 20 rows a side, else the limit law; see Ties",
        effect_size="mean of (F - G)^2",
        source="Anderson 1962; scipy.stats.cramervonmises_2samp where no values tie",
        better="lower",
        bounds=(0.0, None),
        rule="test",
        kinds=ORDERED,
        reads="ranks",
        needs_values=False,
        statuses=("too_few_rows",),
    )
)
@over_groups
def measure_cramer_von_mises(pair: GroupedPair) -> Outcomes:
    """T, ties at the middle of their step; p-value counted up to 20 rows a side, else by the
    limit law."""

    def law(found: Mapping[str, Numbers], at: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
        n, m = (as_array(found[name]).astype(object) for name in ("n", "m"))
        numerators = pair.mises_numerators(at)
        rows = zip(numerators, n.tolist(), m.tolist(), strict=True)
        value = np.array([quadratic.mises_statistic(*row) for row in rows])
        small = np.maximum(n, m) <= quadratic.EXACT_ROWS
        if pair.is_weighted:
            small = np.zeros(len(at), bool)
        logs = np.full(len(at), np.nan)
        for place in np.flatnonzero(small).tolist():
            logs[place] = quadratic.mises_log_exact(numerators[place], n[place], m[place])
        rest = np.flatnonzero(~small.astype(bool))
        logs[rest] = _mises_logs(value[rest], n[rest], m[rest], pair.tied_shares(at[rest]))
        mean = (value - 0.25 / (n + m)) * (n + m) / (n * m)
        return value, logs, np.maximum(mean.astype(float), 0.0)

    found = pair.ranks
    few = np.minimum(found["n"], found["m"]) < 2
    return _tested(pair, status_codes((few, TOO_FEW_ROWS), otherwise=found["status"]), law)


def _mises_logs(
    value: Floats, n: NDArray[Any], m: NDArray[Any], shares: Sequence[Floats | None]
) -> Floats:
    """Logarithms of the p-values by the limit laws: of tied values where shares are given."""
    logs = quadratic.mises_log_limits(value, n, m)
    for place, own in enumerate(shares):
        if own is not None:
            law = ties.mises_weights(own)
            mean = float(law.sum())
            x = quadratic.mises_tied_limit(float(value[place]), n[place], m[place], mean)
            logs[place] = ties.log_sf(x, law)
    return logs


def cramer_von_mises(
    reference: object,
    current: object,
    *,
    alpha: float = DEFAULT_ALPHA,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Cramer-von Mises statistic T = n m / (n + m) times the mean of (F - G)^2 over both samples,
    + 1 / (4 (n + m)); effect size: that mean, in [0, 1/3], 0 of identical samples.

    The p-value counts orders up to 20 rows a side, else it is the limit law's after Anderson
    (1962), right down to 1e-300; with many ties that of the tied values
    (`nulls/ties.py`). Alerts where p <= alpha. Without ties
    equal to `scipy.stats.cramervonmises_2samp`. With them F and G are taken at the middle of
    each step; SciPy's squares of mean ranks grow with the ties alone where n and m differ, until
    p is 0 of samples of one law.

    >>> from simdrift.metrics import drift
    >>> result = drift.cramer_von_mises([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    >>> round(result.value, 6), round(result.p_value, 6)
    (0.527778, 0.1)
    """
    return run(
        "cramer_von_mises", reference, current, {}, alpha=alpha, weights=weights, threads=threads
    )


@drift_method(
    Metric(
        name="drift.anderson_darling",
        title="Anderson-Darling A²",
        group="ranks",
        formula="A2 of two samples, mean ranks, standardised",
        p_value="limit law, any size of p; see Ties",
        effect_size="mean of (F - G)^2 / (H (1 - H)), H of both samples",
        source="Scholz and Stephens 1987; scipy.stats.anderson_ksamp",
        better="lower",
        rule="test",
        kinds=ORDERED,
        reads="ranks",
        needs_values=False,
        statuses=("too_few_rows", "degenerate"),
    )
)
@over_groups
def measure_anderson_darling(pair: GroupedPair) -> Outcomes:
    """A2kN of two samples, mean ranks, standardised; p-value by the limit law."""

    def law(found: Mapping[str, Numbers], at: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
        n, m, total = found["n"], found["m"], found["anderson_darling"]
        value = elementwise(quadratic.darling_statistic, total, n, m)
        limit = quadratic.darling_limit(value)
        logs = quadratic.darling_log_sfs(limit)
        for place, own in enumerate(pair.tied_shares(at)):
            if own is not None:
                logs[place] = ties.log_sf(float(limit[place]), ties.darling_weights(own))
        return value, logs, as_floats(total * ((n + m) / (n * m)) ** 2)

    found = pair.rank_sums
    one_value = (found["distinct"] < 2).astype(bool)
    few = found["n"] + found["m"] < 4
    rules = ((one_value, DEGENERATE), (few, TOO_FEW_ROWS))
    return _tested(pair, status_codes(*rules, otherwise=found["status"]), law, found)


def anderson_darling(
    reference: object,
    current: object,
    *,
    alpha: float = DEFAULT_ALPHA,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Anderson-Darling statistic of two samples, standardised as Scholz and Stephens' (1987),
    ties by mean ranks; the tails weigh more than in Cramer-von Mises'. Effect size: the mean of
    (F - G)^2 / (H (1 - H)) over both samples, H their common distribution function, whatever
    their sizes.

    The p-value is the limit law's, of any size (SciPy's ends at 0.25 and 0.001); with many ties
    that of the tied values (`nulls/ties.py`). One value on
    both sides: status 'degenerate'. The value equals `scipy.stats.anderson_ksamp`'s.

    >>> from simdrift.metrics import drift
    >>> result = drift.anderson_darling([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0])
    >>> round(result.value, 4), round(result.p_value, 4)
    (3.6866, 0.0108)
    """
    return run(
        "anderson_darling", reference, current, {}, alpha=alpha, weights=weights, threads=threads
    )


@drift_method(
    Metric(
        name="drift.mann_whitney",
        title="Mann-Whitney U",
        group="ranks",
        formula="U of the reference: pairs in which its row is larger, ties count half",
        p_value=(
            "without ties counted for n m <= 2,500 and for 10 rows against many, else by the "
            "saddle point; with ties normal, corrected for them and for continuity"
        ),
        effect_size="Cliff's delta (AUC = (1 + delta) / 2)",
        source="Mann and Whitney 1947; scipy.stats.mannwhitneyu",
        bounds=(0.0, None),
        rule="test",
        kinds=ORDERED,
        reads="ranks",
        needs_values=False,
    )
)
@over_groups
def measure_mann_whitney(pair: GroupedPair) -> Outcomes:
    """U of the reference; effect size Cliff's delta of the current over it."""
    log_p = partial(mann_whitney_law.log_p, counted=not pair.is_weighted)

    def law(found: Mapping[str, Numbers], _: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
        n, m, u2 = found["n"], found["m"], found["u2"]
        value = as_floats((2 * n * m - u2) / 2)
        delta = as_floats((u2 - n * m) / (n * m))
        return value, elementwise(log_p, u2, n, m, found["ties"]), delta

    return _tested(pair, pair.ranks["status"], law)


def mann_whitney(
    reference: object,
    current: object,
    *,
    alpha: float = DEFAULT_ALPHA,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Mann-Whitney U of the reference: pairs in which it is larger, and half of those equal.

    Effect size: Cliff's delta in [-1, 1], positive where the current sample is larger; AUC =
    (1 + delta) / 2. Two-sided p-value: without ties counted for n m <= 2,500 and where a side has
    up to 10 rows, else by the saddle point of the counts (to 1e-3, however small); with ties normal
    with their variance and a correction for continuity, as `scipy.stats.mannwhitneyu`'s.

    >>> from simdrift.metrics import drift
    >>> result = drift.mann_whitney([1.0, 2.0, 3.0], [2.5, 4.0, 5.0])
    >>> result.value, round(result.effect_size, 6), round(result.p_value, 6)
    (1.0, 0.777778, 0.2)
    """
    return run(
        "mann_whitney", reference, current, {}, alpha=alpha, weights=weights, threads=threads
    )
