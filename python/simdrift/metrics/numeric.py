"""Drift of numbers: Kolmogorov-Smirnov and Wasserstein-1, both from one fused pass."""

from __future__ import annotations

from functools import partial
from typing import Any

from simdrift import _core
from simdrift.metrics import ks_law
from simdrift.metrics.registry import drift_method
from simdrift.metrics.state import NUMERIC, TEMPORAL, ColumnPair
from simdrift.metrics.values import (
    CONSTANT,
    DEGENERATE,
    OK,
    TOO_FEW_ROWS,
    Outcome,
)

ORDERED = (NUMERIC, TEMPORAL)

KS_EXACT_AUTO = 10_000_000
"""n*m up to which method='auto' counts lattice paths (20 ms); above, the corrected limit law is
within 1 % of the exact p-value at 0.05 (5 % where n = m), measured."""
KS_EXACT_LIMIT = 100_000_000
"""n*m up to which method='exact' counts lattice paths."""
KS_METHODS = ("auto", "exact", "asymp")


def checked_ks_method(method: str) -> str:
    """The name, where it is one of KS_METHODS; else ValueError."""
    if method not in KS_METHODS:
        raise ValueError(f"method: expected one of {', '.join(KS_METHODS)}, found {method!r}")
    return method


@drift_method(
    "ks", kinds=ORDERED, rule="test", params={"method": checked_ks_method}, needs_values=False
)
def ks(pair: ColumnPair, *, method: str = "auto") -> Outcome:
    """D = max |F - G|; two-sided p-value, exact or by the corrected limit law."""
    found = pair.two_sample
    n, m, d = found["n"], found["m"], found["ks"]
    if found["status"] != OK:
        return Outcome(None, found["status"], n_reference=n, n_current=m)
    exact = n * m <= (KS_EXACT_AUTO if method == "auto" else KS_EXACT_LIMIT)
    if method == "asymp" or not exact:
        p = ks_law.limit_sf(n, m, d)
        log_p = partial(ks_law.log_limit_sf, n, m, d)
    else:
        p = _core.ks_exact_p(n, m, found["ks_numerator"], threads=pair.threads)
        log_p = partial(ks_law.log_exact, p, n, m, d)
    return Outcome(d, p_value=p, effect_size=d, n_reference=n, n_current=m, log_p=log_p)


@drift_method("wasserstein", kinds=ORDERED, rule="distance", needs_values=False)
def wasserstein(pair: ColumnPair) -> Outcome:
    """W1 = integral |F - G|, in the column's unit (temporal: seconds), of the finite rows."""
    found = pair.two_sample
    value, status = _w1(pair, found)
    n, m = found["wasserstein_n"], found["wasserstein_m"]
    return Outcome(value, status, n_reference=n, n_current=m)


@drift_method(
    "wasserstein_normed", kinds=ORDERED, rule="distance", threshold=0.1, needs_values=False
)
def wasserstein_normed(pair: ColumnPair) -> Outcome:
    """W1 in standard deviations (ddof 1) of the reference."""
    found = pair.two_sample
    value, status = _w1(pair, found)
    if status == OK:
        status = pair.reference.profile["variance_status"]
        std = pair.reference.profile["std"] * pair.reference.unit_seconds
        if status in (OK, CONSTANT) and std == 0.0:
            status = DEGENERATE if value == 0.0 else CONSTANT
        value = value / std if status == OK and value is not None else None
    n, m = found["wasserstein_n"], found["wasserstein_m"]
    return Outcome(value, status, n_reference=n, n_current=m)


def _w1(pair: ColumnPair, found: Any) -> tuple[float | None, str]:
    status = found["wasserstein_status"] if found["status"] == OK else found["status"]
    if status == OK and min(found["wasserstein_n"], found["wasserstein_m"]) == 0:
        status = TOO_FEW_ROWS
    if status != OK:
        return None, status
    return found["wasserstein"] * pair.reference.unit_seconds, OK
