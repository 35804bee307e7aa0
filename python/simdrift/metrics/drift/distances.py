"""Drift of numbers as a distance between their distributions, in their own unit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric, Param
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.columns import ORDERED
from simdrift.metrics.drift.checks import PERMUTATIONS, SEED
from simdrift.metrics.drift.exchanges import (
    energy_quantile,
    found_in_the_pass,
    reference_quantiles,
    wasserstein_null,
)
from simdrift.metrics.drift.run import Weights, run
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.nulls import permutation, transport
from simdrift.metrics.numbers import Numbers
from simdrift.metrics.outcomes import (
    OK_CODE,
    Codes,
    Outcomes,
    all_ok,
    all_true,
    any_true,
    known_where,
    status_codes,
)
from simdrift.metrics.over_groups import over_groups
from simdrift.metrics.pair import ColumnPair
from simdrift.metrics.pair_stack import PairStack, over_columns
from simdrift.metrics.registry import drift_method
from simdrift.metrics.values import (
    CONSTANT,
    DEGENERATE,
    OK,
    OVERFLOW,
    TOO_FEW_ROWS,
    DriftResult,
    Outcome,
)

__all__ = ["energy", "wasserstein", "wasserstein_normed"]

PERMUTED = (PERMUTATIONS, SEED)
ROBUST, STD = "robust", "std"
QUARTILES_IN_STD = 1.3489795003921634
"""The quartile range of a normal law of standard deviation 1."""


def checked_scale(scale: str) -> str:
    """'robust' or 'std', else TypeError or ValueError."""
    if not isinstance(scale, str):
        raise TypeError(f"scale: expected a str, found {scale!r}")
    if scale not in (ROBUST, STD):
        raise ValueError(f"scale: expected '{ROBUST}' or '{STD}', found {scale!r}")
    return scale


SCALE = Param("scale", ROBUST, "what W1 is divided by: 'robust' or 'std'", checked_scale)


@drift_method(
    Metric(
        name="drift.wasserstein",
        title="Wasserstein distance",
        group="distances",
        formula="W1 = integral |F - G|, of the float64 values as real numbers, rounded once",
        p_value="of exchanged rows, from their moments; or permutations on request",
        effect_size="W1 in std(x)",
        source="Vallender 1974; scipy.stats.wasserstein_distance",
        unit="column",
        better="lower",
        bounds=(0.0, None),
        rule="distance",
        kinds=ORDERED,
        params=PERMUTED,
        reads="wasserstein",
        needs_values=False,
        statuses=("too_few_rows",),
    )
)
@over_groups
def measure_wasserstein(pair: GroupedPair, *, permutations: int = 0, seed: int = 0) -> Outcomes:
    """W1 = integral |F - G|, in the column's unit (temporal: seconds), of the finite rows."""
    value, status = _w1(pair)
    scale = pair.reference.unit_seconds
    outcomes = _distances(pair, value * scale, status)
    if permutations:
        return _permuted_groups(pair, outcomes, scale, permutations, seed)
    return _with_law(pair, outcomes, value, scale)


def _distances(pair: GroupedPair | PairStack, value: Floats, status: Codes) -> Outcomes:
    """With the finite rows of both sides."""
    found = pair.two_sample
    n, m = found["wasserstein_n"], found["wasserstein_m"]
    return Outcomes(value, status, n_reference=n, n_current=m)


def _w1(pair: GroupedPair | PairStack) -> tuple[Floats, Codes]:
    """W1 of each group in the column's unit, and its status."""
    found = pair.two_sample
    status, of_rows = found["status"], found["wasserstein_status"]
    few = np.minimum(found["wasserstein_n"], found["wasserstein_m"]) == 0
    if all_ok(status) and all_ok(of_rows) and not any_true(few):
        return found["wasserstein"], status
    status = np.where(status == OK_CODE, of_rows, status)
    status = np.where((status == OK_CODE) & few, CODES[TOO_FEW_ROWS], status).astype(np.uint8)
    return np.where(status == OK_CODE, found["wasserstein"], np.nan), status


def _with_law(
    pair: GroupedPair | PairStack, outcomes: Outcomes, w1: Floats, scale: Numbers
) -> Outcomes:
    """With the p-value and the null quantile of exchanged rows. `w1`: in the column's unit;
    `scale`: of the value against that."""
    known = outcomes.status == OK_CODE
    if any_true(known):
        null = wasserstein_null(pair, w1, known)
        outcomes.p_value, outcomes.log_p = null.p_value, null.log_p
        outcomes.null_quantile = null.null_quantile * scale
        std = pair.reference.profile["std"]
        if isinstance(std, np.ndarray) or 0.0 < std < math.inf:
            outcomes.effect_size = known_where(known, w1 / std)
    return outcomes


def _permuted_groups(
    pair: GroupedPair,
    outcomes: Outcomes,
    scale: float,
    permutations: int,
    seed: int,
    *,
    squared: bool = False,
) -> Outcomes:
    """With the p-value and the null quantile of permutations. `squared`: of the energy distance."""
    own = [
        _permuted(outcomes.at(place), one, scale, permutations, seed, squared=squared)
        for place, one in enumerate(pair.pairs)
    ]
    return Outcomes.stacked(own)


def _with_energy_law(pair: GroupedPair, outcomes: Outcomes, scale: float) -> Outcomes:
    """The energy distance with the null quantile of exchanged rows."""
    n, m = outcomes.n_reference, outcomes.n_current
    valued = (outcomes.status == OK_CODE) & (np.minimum(n, m) > 0)
    if any_true(valued):
        outcomes.null_quantile = scale * np.sqrt(energy_quantile(pair, n, m, valued))
    return outcomes


def _permuted(
    outcome: Outcome,
    pair: ColumnPair,
    scale: float,
    permutations: int,
    seed: int,
    *,
    squared: bool,
) -> Outcome:
    """With the p-value and the null quantile of permutations."""
    if outcome.status != OK:
        return outcome
    statistic = permutation.energy if squared else permutation.wasserstein
    found = permutation.permuted(pair, statistic, permutations, seed)
    effect = _in_deviations(outcome.value, pair, scale, squared)
    outcome = outcome._replace(effect_size=effect)
    if found is None:
        return outcome._replace(p_value=1.0, null_quantile=0.0)
    return outcome._replace(p_value=found.p_value, null_quantile=scale * found.null_quantile)


def _in_deviations(
    value: float | None, pair: ColumnPair, scale: float, squared: bool
) -> float | None:
    """The distance in standard deviations of the reference (the energy distance in their
    roots); None where it has none. `scale`: of the value, against the column's unit."""
    std = pair.reference.profile["std"]
    if value is None or not 0.0 < std < math.inf:
        return None
    return value / scale / (math.sqrt(std) if squared else std)


def wasserstein(
    reference: object,
    current: object,
    *,
    permutations: int = 0,
    seed: int = 0,
    threshold: float | None = None,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Wasserstein-1 (earth mover's) distance of two numeric samples, in their unit; temporal
    columns in seconds. Only finite rows take part. Equals
    `scipy.stats.wasserstein_distance`.

    The p-value is that of exchanging rows between the samples, from the moments of W1 under all
    exchanges; `null_quantile` is what stays below it without drift in 95 of 100 samples.
    `permutations` random exchanges of rows (seeded, over 512 cells at most) give both by counting.
    Effect size: the distance in standard deviations of the reference.

    >>> from simdrift.metrics import drift
    >>> drift.wasserstein([0.0, 1.0, 3.0], [5.0, 6.0, 8.0]).value
    5.0
    """
    params = _permuted_params(permutations, seed)
    return run(
        "wasserstein", reference, current, params, threshold, weights=weights, threads=threads
    )


def _permuted_params(permutations: int, seed: int) -> dict[str, Any]:
    """Shown only where they are asked for."""
    given = {"permutations": permutations, "seed": seed}
    return given if permutations or seed else {}


def has_law_of_pass(pair: GroupedPair) -> bool:
    """Whether the pass has found all that the value of the only group and its law are made of."""
    found = found_in_the_pass(pair)
    if found is None:
        return False
    n, m = found["wasserstein_n"], found["wasserstein_m"]
    if found["current_quantiles"] is None and m > n:
        return False
    if {found["status"], found.get("wasserstein_status", OK)} != {OK} or min(n, m) == 0:
        return False
    profile = pair.reference.profile
    spread = profile.get("std_status", profile["variance_status"])
    return bool(spread == OK and 0.0 < profile["std"] < math.inf)


@drift_method(
    Metric(
        name="drift.wasserstein_normed",
        title="Wasserstein / sd",
        group="distances",
        formula="W1 over a robust standard deviation of x, or std(x), ddof 1",
        p_value="that of W1",
        effect_size="W1 in std(x)",
        source="Vallender 1974",
        unit="sd",
        better="lower",
        bounds=(0.0, None),
        rule="distance",
        threshold=0.1,
        kinds=ORDERED,
        params=(*PERMUTED, SCALE),
        reads="wasserstein",
        needs_values=False,
        statuses=("too_few_rows", "constant", "degenerate"),
        decides=True,
    )
)
@over_groups
@over_columns(has_law_of_pass)
def measure_wasserstein_normed(
    pair: GroupedPair | PairStack, *, permutations: int = 0, seed: int = 0, scale: str = ROBUST
) -> Outcomes:
    """W1 in robust standard deviations of the reference, or (`scale="std"`) its own ones."""
    w1, status = _w1(pair)
    if not any_true(status == OK_CODE):  # the reference may be no column of numbers
        return _distances(pair, w1, status)
    profile = pair.reference.profile
    spread = profile.get("std_status", profile["variance_status"])
    code = CODES[spread]
    is_one = isinstance(pair, GroupedPair)
    if is_one and spread in (OK, CONSTANT) and profile["std"] == 0.0:
        constant = np.where(w1 == 0.0, CODES[DEGENERATE], CODES[CONSTANT])
        status = np.where(status == OK_CODE, constant, status).astype(np.uint8)
    elif code != OK_CODE:
        status = np.where(status == OK_CODE, code, status).astype(np.uint8)
    if isinstance(pair, PairStack):
        units = _spreads(pair)
        return _with_law(pair, _distances(pair, w1 / units, status), w1, 1.0 / units)
    unit = _spread(pair, scale) or 1.0
    outcomes = _distances(pair, known_where(status == OK_CODE, w1 / unit), status)
    if permutations:
        return _permuted_groups(pair, outcomes, 1.0 / unit, permutations, seed)
    return _with_law(pair, outcomes, w1, 1.0 / unit)


def _spreads(pair: PairStack) -> Floats:
    """`_spread` of each column, robust."""
    std = pair.reference.profile["std"]
    low, median, high = transport.quartiles(pair.reference_quantiles)
    robust = np.minimum(std, (high - low) / QUARTILES_IN_STD)
    return np.asarray(np.where((low < median) & (median < high), robust, std))


def _spread(pair: GroupedPair, scale: str) -> float:
    """What `wasserstein_normed` divides by, in the column's unit."""
    std = float(pair.reference.profile["std"])
    if scale == STD or not 0.0 < std < math.inf:
        return std
    low, median, high = transport.quartiles(reference_quantiles(pair)).tolist()
    if not low < median < high:  # one value holds the middle: no spread of the others
        return std
    return min(std, float(high - low) / QUARTILES_IN_STD)


def wasserstein_normed(
    reference: object,
    current: object,
    *,
    scale: str = ROBUST,
    permutations: int = 0,
    seed: int = 0,
    threshold: float | None = None,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Wasserstein-1 distance in standard deviations of the reference; default threshold 0.1.
    `scale="robust"`: the smaller of std(x), ddof 1, and IQR(x) / 1.349, which heavy tails and
    sentinels leave alone; std(x) where a quartile is the median, as of mostly equal rows.
    `scale="std"`: std(x) always. A constant reference has none: status 'constant', or 'degenerate'
    where the current sample is the same constant. P-value, `null_quantile` and `permutations` as in
    `wasserstein`.

    >>> from simdrift.metrics import drift
    >>> drift.wasserstein_normed([0.0, 1.0, 2.0], [0.5, 1.5, 2.5], scale="std").value
    0.5
    """
    params = _permuted_params(permutations, seed)
    if scale != ROBUST:
        params["scale"] = scale
    return run(
        "wasserstein_normed",
        reference,
        current,
        params,
        threshold,
        weights=weights,
        threads=threads,
    )


@drift_method(
    Metric(
        name="drift.energy",
        title="energy distance",
        group="distances",
        formula="sqrt(2 integral (F - G)^2)",
        p_value="permutations on request",
        effect_size="with a p-value: in roots of std(x)",
        source="Szekely and Rizzo 2013; scipy.stats.energy_distance",
        unit="sqrt(column)",
        better="lower",
        bounds=(0.0, None),
        rule="distance",
        kinds=ORDERED,
        params=PERMUTED,
        reads="ranks",
        needs_values=False,
        statuses=("too_few_rows",),
    )
)
@over_groups
def measure_energy(pair: GroupedPair, *, permutations: int = 0, seed: int = 0) -> Outcomes:
    """sqrt(2 integral (F - G)^2), in roots of the column's unit (temporal: seconds)."""
    found = pair.rank_sums
    ranked = found["status"] == OK_CODE
    n, m = (
        np.where(ranked, found[f"finite_{side}"], found[side])
        if not all_true(ranked)
        else found[f"finite_{side}"]
        for side in ("n", "m")
    )
    scale = math.sqrt(pair.reference.unit_seconds)
    value = scale * np.sqrt(2.0 * found["energy"].astype(float))
    rules = ((np.minimum(n, m) == 0, TOO_FEW_ROWS), (~np.isfinite(value), OVERFLOW))
    status = status_codes(*rules, otherwise=found["status"])
    value = known_where(status == OK_CODE, value)
    outcomes = Outcomes(value, status, n_reference=n, n_current=m)
    if permutations:
        return _permuted_groups(pair, outcomes, scale, permutations, seed, squared=True)
    return _with_energy_law(pair, outcomes, scale)


def energy(
    reference: object,
    current: object,
    *,
    permutations: int = 0,
    seed: int = 0,
    threshold: float | None = None,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Energy distance sqrt(2 integral (F - G)^2) of two numeric samples, in roots of their
    unit; temporal columns in roots of seconds. Only finite rows take part. Equals
    `scipy.stats.energy_distance`. `permutations` as in `wasserstein`.

    >>> from simdrift.metrics import drift
    >>> round(drift.energy([0.0, 8.0], [0.0, 3.0, 8.0]).value, 6)
    0.666667
    """
    params = _permuted_params(permutations, seed)
    return run("energy", reference, current, params, threshold, weights=weights, threads=threads)
