"""When a metric alerts: beyond the practical threshold and beyond chance.

A test ('ks', 'chi_square') alerts where its corrected p-value, the q-value, is at most alpha;
its threshold is alpha. A distance ('psi', ...) alerts where its absolute value is above the
practical threshold and chance does not explain it: q <= alpha of its own p-value, or of the
test that informs where it has none; without either, it is above its null quantile.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.metrics.names import ColumnKey
from simdrift.metrics.numbers import Numbers, as_array, number_or_array, where
from simdrift.metrics.registry import DriftMethod, method

Overrides = Mapping[str | tuple[str, str], float]

DEFAULT_ALPHA = 0.05
DEFAULT_DRIFT_SHARE = 0.5


def checked_overrides(overrides: Overrides) -> dict[str | tuple[str, str], float]:
    """Thresholds by method name or by (column, method name); names without 'drift.'."""
    checked: dict[str | tuple[str, str], float] = {}
    for key, value in overrides.items():
        name = key[1] if isinstance(key, tuple) else key
        plain = name.removeprefix("drift.") if isinstance(name, str) else name
        short = plain if plain == "dataset" else method(plain).name
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"thresholds[{key!r}]: expected a number, found {value!r}")
        if not value >= 0.0:
            raise ValueError(f"thresholds[{key!r}]: expected a number >= 0, found {value!r}")
        checked[(key[0], short) if isinstance(key, tuple) else short] = float(value)
    return checked


def threshold_of(
    spec: DriftMethod,
    column: ColumnKey,
    overrides: Mapping[Any, float],
    alpha: float,
    practical: Floats | None = None,
) -> float | Floats | None:
    """The column's own threshold, the method's, else the default, which `practical` is in each
    window where it depends on the data; alpha for a test."""
    if overrides:
        found = overrides.get((column, spec.name), overrides.get(spec.name))
        if found is not None:
            return found
    if practical is not None:
        return practical
    return alpha if spec.rule == "test" else spec.threshold


def alerts_of(
    spec: DriftMethod,
    value: Floats,
    threshold: float | Floats | None,
    q_value: Floats | None,
    alpha: float,
    null_quantile: Floats | None = None,
) -> NDArray[np.int8]:
    """Whether the rule says so in each window: 1, 0, or -1 where it has no value or no threshold.
    A distance without a q-value (no null law, no test that informs) must exceed its null quantile,
    where it has one."""
    if threshold is None:
        return np.full(len(value), -1, np.int8)
    number, q, quantile = (
        math.nan if array is None else number_or_array(array)
        for array in (value, q_value, null_quantile)
    )
    if isinstance(threshold, np.ndarray):
        threshold = number_or_array(threshold)
    return as_array(_alerts(spec, number, threshold, q, alpha, quantile)).astype(np.int8)


def alert_of(
    spec: DriftMethod,
    value: float | None,
    threshold: float | None,
    p_value: float | None,
    alpha: float,
    null_quantile: float | None,
) -> bool | None:
    """`alerts_of` of one window, of numbers; None where the rule has no value or threshold."""
    if threshold is None:
        return None
    number, q, quantile = (
        math.nan if own is None else own for own in (value, p_value, null_quantile)
    )
    alert = _alerts(spec, number, threshold, q, alpha, quantile)
    return None if alert == -1 else bool(alert)


def _alerts(
    spec: DriftMethod, number: Numbers, threshold: Numbers, q: Numbers, alpha: float, quantile: Any
) -> Numbers:
    known, tested = number == number, q == q
    if spec.record.rule == "test":
        return where(known & tested, q <= threshold, -1)
    size = abs(number)
    by_chance = where(tested, q > alpha, size <= quantile)
    return where(known, where(by_chance, False, size > threshold), -1)
