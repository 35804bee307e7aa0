"""When a metric alerts: beyond the practical threshold and beyond chance.

A test ('ks', 'chi_square') alerts where its corrected p-value, the q-value, is at most alpha;
its threshold is alpha. A distance ('psi', ...) alerts where its absolute value is above the
practical threshold and chance does not explain it: q <= alpha of its own p-value, or of the
test beside it where it has none; without either, it is above its null quantile.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
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
    spec: DriftMethod, column: str, overrides: Overrides, alpha: float
) -> float | None:
    """The column's own threshold, the method's, else the default; alpha for a test."""
    found = overrides.get((column, spec.name))
    if found is None:
        found = overrides.get(spec.name)
    if found is not None:
        return found
    return alpha if spec.rule == "test" else spec.threshold


def alerts(
    spec: DriftMethod,
    value: float | None,
    threshold: float | None,
    q_value: float | None,
    alpha: float,
    null_quantile: float | None = None,
) -> bool | None:
    """Whether the rule says so; None where it has no value or no threshold. A distance
    without a q-value (no null law, no test beside it) must exceed its null quantile, where it
    has one."""
    if value is None or threshold is None:
        return None
    if spec.rule == "test":
        return None if q_value is None else q_value <= threshold
    if q_value is not None:
        return abs(value) > threshold and q_value <= alpha
    return abs(value) > max(threshold, null_quantile or 0.0)


def alerts_of(
    spec: DriftMethod,
    value: Floats,
    threshold: float | None,
    q_value: Floats | None,
    alpha: float,
    null_quantile: Floats | None = None,
) -> NDArray[np.int8]:
    """`alerts` of each window: 1, 0, or -1 where no rule applies."""
    none = np.full(len(value), -1, np.int8)
    if threshold is None:
        return none
    q = np.full(len(value), np.nan) if q_value is None else q_value
    tested, known = ~np.isnan(q), ~np.isnan(value)
    with np.errstate(invalid="ignore"):
        if spec.rule == "test":
            return np.where(known & tested, q <= threshold, none).astype(np.int8)
        chance = 0.0 if null_quantile is None else np.where(null_quantile > 0, null_quantile, 0.0)
        size = np.abs(value)
        beyond = np.where(
            tested, (size > threshold) & (q <= alpha), size > np.maximum(threshold, chance)
        )
    return np.where(known, beyond, none).astype(np.int8)
