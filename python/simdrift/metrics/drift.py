"""Drift of one column, on arrays: `simdrift.drift`.

Each function takes a reference and a current array-like (NumPy, list, pandas or Polars series,
Arrow array) and gives a `DriftResult`. Null and NaN rows do not take part; data never raise: a
value that does not exist is None with a status. `threads`: None takes the library's rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simdrift._errors import UnsupportedColumn
from simdrift.metrics import thresholds as rules
from simdrift.metrics.categorical import DEFAULT_BINS, DEFAULT_SMOOTHING
from simdrift.metrics.registry import checked_params, evaluate
from simdrift.metrics.registry import method as registered
from simdrift.metrics.state import (
    CATEGORICAL,
    ColumnPair,
    CurrentColumn,
    Given,
    ReferenceColumn,
)
from simdrift.metrics.values import DriftResult, finite, params_text

__all__ = [
    "DriftResult",
    "chi_square",
    "jensen_shannon",
    "ks",
    "missing_share",
    "psi",
    "wasserstein",
    "wasserstein_normed",
]


def ks(
    reference: object,
    current: object,
    *,
    method: str = "auto",
    alpha: float = rules.DEFAULT_ALPHA,
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
    return _run("ks", reference, current, params, alpha=alpha, threads=threads)


def wasserstein(
    reference: object,
    current: object,
    *,
    threshold: float | None = None,
    threads: int | None = None,
) -> DriftResult:
    """Wasserstein-1 (earth mover's) distance of two numeric samples, in their unit; temporal
    columns in seconds. Only finite rows take part. Equals
    `scipy.stats.wasserstein_distance`.

    >>> from simdrift.metrics import drift
    >>> drift.wasserstein([0.0, 1.0, 3.0], [5.0, 6.0, 8.0]).value
    5.0
    """
    return _run("wasserstein", reference, current, {}, threshold, threads=threads)


def wasserstein_normed(
    reference: object,
    current: object,
    *,
    threshold: float | None = None,
    threads: int | None = None,
) -> DriftResult:
    """Wasserstein-1 distance in standard deviations (ddof 1) of the reference; default
    threshold 0.1. A constant reference has none: status 'constant', or 'degenerate' where the
    current sample is the same constant.

    >>> from simdrift.metrics import drift
    >>> drift.wasserstein_normed([0.0, 1.0, 2.0], [0.5, 1.5, 2.5]).value
    0.5
    """
    return _run("wasserstein_normed", reference, current, {}, threshold, threads=threads)


def psi(
    reference: object,
    current: object,
    *,
    bins: int | Sequence[float] = DEFAULT_BINS,
    smoothing: float = DEFAULT_SMOOTHING,
    threshold: float | None = None,
    threads: int | None = None,
) -> DriftResult:
    """Population stability index sum (p-q) ln(p/q) >= 0, of numbers over `bins` cells of equal
    count in the reference (or given cut points; the outer cells are open), of categories over
    themselves; default threshold 0.2.

    `smoothing` rows are added to each cell before shares are taken. `null_quantile` is what
    chance alone stays below in 95 of 100 samples of these sizes.

    >>> from simdrift.metrics import drift
    >>> round(drift.psi(["a"] * 50 + ["b"] * 50, ["a"] * 80 + ["b"] * 20, smoothing=0).value, 6)
    0.415888
    """
    params: dict[str, Any] = {"bins": bins}
    if smoothing != DEFAULT_SMOOTHING:
        params["smoothing"] = smoothing
    return _run("psi", reference, current, params, threshold, threads=threads)


def jensen_shannon(
    reference: object,
    current: object,
    *,
    bins: int | Sequence[float] = DEFAULT_BINS,
    threshold: float | None = None,
    threads: int | None = None,
) -> DriftResult:
    """Jensen-Shannon distance (base 2, in [0, 1]) over the cells of `psi`, unsmoothed; default
    threshold 0.1. Effect size of categories: Cramer's V. Equals
    `scipy.spatial.distance.jensenshannon(..., base=2)` on the shares.

    >>> from simdrift.metrics import drift
    >>> drift.jensen_shannon(["a", "a", "b"], ["c", "c", "d"]).value
    1.0
    """
    return _run("jensen_shannon", reference, current, {"bins": bins}, threshold, threads=threads)


def chi_square(
    reference: object,
    current: object,
    *,
    yates: bool = False,
    alpha: float = rules.DEFAULT_ALPHA,
    threads: int | None = None,
) -> DriftResult:
    """Pearson's chi-square of the 2 x K table of category counts, df = K - 1; effect size
    Cramer's V. `yates` takes Yates' correction where K = 2. One category in both samples:
    status 'degenerate', p = 1. Equals `scipy.stats.chi2_contingency`.

    >>> from simdrift.metrics import drift
    >>> result = drift.chi_square(["a"] * 10 + ["b"] * 20, ["a"] * 20 + ["b"] * 10)
    >>> round(result.value, 6), round(result.p_value, 6)
    (6.666667, 0.009823)
    """
    params = {"yates": yates} if yates is not False else {}
    return _run(
        "chi_square", reference, current, params, alpha=alpha, kind=CATEGORICAL, threads=threads
    )


def missing_share(
    reference: object,
    current: object,
    *,
    threshold: float | None = None,
    threads: int | None = None,
) -> DriftResult:
    """Current share minus reference share of missing rows (null or NaN), in [-1, 1], with
    Newcombe's 95 % interval; p-value of the pooled two-proportion z-test, effect size Cohen's
    h; default threshold 0.05.

    >>> from simdrift.metrics import drift
    >>> drift.missing_share([1.0, None, 3.0, 4.0], [None, None, 3.0, None]).value
    0.5
    """
    return _run("missing_share", reference, current, {}, threshold, threads=threads)


def _run(
    name: str,
    reference: object,
    current: object,
    params: dict[str, Any],
    threshold: float | None = None,
    *,
    alpha: float = rules.DEFAULT_ALPHA,
    kind: str | None = None,
    threads: int | None = None,
) -> DriftResult:
    spec = registered(name)
    params = checked_params(spec, params)
    alpha = rules.checked_share("alpha", alpha)
    threads = rules.checked_threads(threads)
    overrides = {} if threshold is None else rules.checked_overrides({name: threshold})
    pair = ColumnPair(
        ReferenceColumn("reference", _given(reference, "reference"), kind=kind, threads=threads),
        CurrentColumn("current", _given(current, "current"), kind=kind, threads=threads),
        ks=name == "ks",
        wasserstein=name != "ks",
        threads=threads,
    )
    outcome = evaluate(spec, pair, params)
    bound = rules.threshold_of(spec, "", overrides, alpha)
    p_value = outcome.p_value
    told = {k: v for k, v in params.items() if k != "bins" or pair.kind != CATEGORICAL}
    return DriftResult(
        metric=spec.metric,
        value=outcome.value,
        p_value=p_value,
        log_p_value=None if outcome.log_p is None else finite(outcome.log_p()),
        effect_size=outcome.effect_size,
        ci_low=outcome.ci_low,
        ci_high=outcome.ci_high,
        null_quantile=outcome.null_quantile,
        threshold=bound,
        alert=rules.alerts(spec, outcome.value, bound, p_value, alpha),
        status=outcome.status,
        n_reference=outcome.n_reference,
        n_current=outcome.n_current,
        params=params_text(told),
        reason=outcome.reason,
    )


def _given(data: object, name: str) -> Given:
    """The array as a column; one of a type that is not computed on as its exception."""
    from simdrift.columns import as_column

    try:
        return as_column(data, name=name)
    except UnsupportedColumn as error:
        return error
