"""Drift of whole distributions of numbers: tests on the ranks of two samples."""

from __future__ import annotations

from functools import partial

from simdrift import _core
from simdrift.metrics.drift.run import run
from simdrift.metrics.laws import kolmogorov
from simdrift.metrics.registry import drift_method
from simdrift.metrics.state import ORDERED, ColumnPair
from simdrift.metrics.thresholds import DEFAULT_ALPHA
from simdrift.metrics.values import OK, DriftResult, Outcome

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
def measure_ks(pair: ColumnPair, *, method: str = "auto") -> Outcome:
    """D = max |F - G|; two-sided p-value, exact or by the corrected limit law."""
    found = pair.two_sample
    n, m, d = found["n"], found["m"], found["ks"]
    if found["status"] != OK:
        return Outcome(None, found["status"], n_reference=n, n_current=m)
    exact = n * m <= (KS_EXACT_AUTO if method == "auto" else KS_EXACT_LIMIT)
    if method == "asymp" or not exact:
        p = kolmogorov.limit_sf(n, m, d)
        log_p = partial(kolmogorov.log_limit_sf, n, m, d)
    else:
        p = _core.ks_exact_p(n, m, found["ks_numerator"], threads=pair.threads)
        log_p = partial(kolmogorov.log_exact, p, n, m, d)
    return Outcome(d, p_value=p, effect_size=d, n_reference=n, n_current=m, log_p=log_p)


def ks(
    reference: object,
    current: object,
    *,
    method: str = "auto",
    alpha: float = DEFAULT_ALPHA,
    threads: int | None = None,
) -> DriftResult:
    """Kolmogorov-Smirnov statistic D = max |F - G| in [0, 1] of two numeric samples, with its
    two-sided p-value; effect size D. Infinities are ordered at the ends.

    `method`: 'exact' counts lattice paths (up to 1e8 of n*m), 'asymp' is the corrected limit
    law, 'auto' is exact up to n*m = 1e7. Alerts where p <= alpha. Equals
    `scipy.stats.ks_2samp`.

    >>> from simdrift.metrics import drift
    >>> result = drift.ks([1.0, 2.0, 3.0, 4.0], [3.0, 4.0, 5.0, 6.0])
    >>> result.value, round(result.p_value, 6)
    (0.5, 0.771429)
    """
    params = {} if method == "auto" else {"method": method}
    return run("ks", reference, current, params, alpha=alpha, threads=threads)
