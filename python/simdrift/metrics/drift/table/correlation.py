"""Drift of the correlations between numeric columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simdrift.catalogue.metric import Metric, Param
from simdrift.metrics.columns import TABLE
from simdrift.metrics.drift.checks import PERMUTATIONS, SEED
from simdrift.metrics.drift.run import Weights
from simdrift.metrics.drift.table.run import run
from simdrift.metrics.drift.table.sample import Matrix, TablePair
from simdrift.metrics.nulls import permutation
from simdrift.metrics.registry import drift_method
from simdrift.metrics.values import DEGENERATE, NOT_APPLICABLE, TOO_FEW_ROWS, DriftResult, Outcome

__all__ = ["correlation"]

NORMS = ("max", "frobenius")
LEAST_ROWS = 10
PERMUTED_ROWS = 5_000
"""Rows of a side, at most, whose labels are permuted; what is found is scaled to all rows."""


def checked_norm(norm: str) -> str:
    """One of NORMS, else ValueError."""
    if norm not in NORMS:
        raise ValueError(f"norm: expected one of {', '.join(NORMS)}, found {norm!r}")
    return norm


@drift_method(
    Metric(
        name="drift.correlation",
        title="largest change of a correlation",
        group="whole rows",
        formula='largest change of a Pearson correlation, or (`norm="frobenius"`) the norm of all',
        p_value="199 exchanges of rows, seeded",
        effect_size="the largest change",
        source="textbook: permutation test",
        better="lower",
        bounds=(0.0, None),
        rule="distance",
        threshold=0.2,
        kinds=(TABLE,),
        params=(
            Param("norm", "max", "max or frobenius", checked_norm),
            replace(PERMUTATIONS, default=199),
            SEED,
        ),
        statuses=("too_few_rows", "degenerate"),
    )
)
def measure_correlation(
    pair: TablePair, *, norm: str = "max", permutations: int = 199, seed: int = 0
) -> Outcome:
    """The largest |r' - r| of all pairs of columns, or the Frobenius norm of R' - R."""
    (r, n), (s, m) = pair.reference.correlations, pair.current.correlations
    places = np.ix_(pair.columns, pair.columns)
    s, m = s[places], m[places]
    if len(r) < 2:
        return Outcome(None, NOT_APPLICABLE, reason="for tables with two numeric columns or more")
    upper = np.triu_indices(len(r), 1)
    change = (s - r)[upper]
    rows = int(n[upper].min()), int(m[upper].min())
    if min(rows) < LEAST_ROWS:
        return Outcome(None, TOO_FEW_ROWS, n_reference=rows[0], n_current=rows[1])
    if np.isnan(change).all():
        return Outcome(None, DEGENERATE, reason="no pair of columns that vary on both sides")
    value = _norm(change, norm)
    p_value, null_quantile = _permuted(pair, value, norm, rows, permutations, seed)
    return Outcome(
        value,
        p_value=p_value,
        effect_size=float(np.nanmax(np.abs(change))),
        null_quantile=null_quantile,
        n_reference=rows[0],
        n_current=rows[1],
    )


def _norm(change: Matrix, norm: str) -> float:
    """Of the pairs' changes; NaN is a pair without a correlation on one side."""
    found = change[~np.isnan(change)]
    if norm == "max":
        return float(np.abs(found).max())
    return float(np.sqrt(2.0 * np.sum(found**2)))


def _permuted(
    pair: TablePair,
    value: float,
    norm: str,
    rows: tuple[int, int],
    permutations: int,
    seed: int,
) -> tuple[float | None, float | None]:
    """p-value (1 + #>=) / (B + 1) and 0.95-quantile under permuted labels. The rows permuted
    are fewer than all: a difference of correlations shrinks as sqrt(1/n + 1/m)."""
    x, y = (side[:PERMUTED_ROWS] for side in pair.matrices)
    if permutations == 0 or min(len(x), len(y)) < LEAST_ROWS:
        return None, None
    scale = np.sqrt((1.0 / rows[0] + 1.0 / rows[1]) / (1.0 / len(x) + 1.0 / len(y)))
    null = scale * permuted_changes(x, y, norm, permutations, np.random.default_rng(seed))
    return permutation.null_of(value, null)


def permuted_changes(
    x: Matrix, y: Matrix, norm: str, permutations: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """The statistic of the two samples under `permutations` random exchanges of their rows.
    Sums of squares and products of the smaller side are formed, the other's subtracted."""
    pooled = np.concatenate([x, y])
    pooled = pooled - pooled.mean(axis=0)
    scale = pooled.std(axis=0)
    pooled /= np.where(scale > 0.0, scale, 1.0)
    size, least = len(pooled), min(len(x), len(y))
    total, whole = pooled.sum(axis=0), pooled.T @ pooled
    upper = np.triu_indices(pooled.shape[1], 1)
    found = np.empty(permutations)
    for index in range(permutations):
        part = pooled[rng.choice(size, least, replace=False)]
        one, gram = part.sum(axis=0), part.T @ part
        change = _pearson(gram, one, least) - _pearson(whole - gram, total - one, size - least)
        found[index] = _norm(np.nan_to_num(change[upper]), norm)
    return found


def _pearson(gram: Matrix, total: Matrix, rows: int) -> Matrix:
    """Correlations from sums of products and sums; 0 where a column does not vary."""
    covariance = gram - np.outer(total, total) / rows
    scale = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    scale[scale <= 1e-12 * np.sqrt(np.maximum(np.diag(gram), 0.0))] = np.inf
    return np.asarray(np.clip(covariance / np.outer(scale, scale), -1.0, 1.0))


def correlation(
    reference: object,
    current: object,
    *,
    norm: str = "max",
    permutations: int = 199,
    seed: int = 0,
    threshold: float | None = None,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Change of the Pearson correlation matrix of the numeric columns of two frames.

    `norm`: 'max', the largest change of a pair, in [0, 2], or 'frobenius', the norm of the
    difference of both matrices. Correlations are of all rows in which both columns are finite;
    `permutations` random exchanges of rows (seeded; 0: none) give p-value and null quantile: of
    at most 5,000 sampled rows a side, scaled to all rows as a difference of correlations shrinks,
    with sqrt(1/n + 1/m).
    Default threshold 0.2. Effect size: the largest change.

    >>> import numpy as np
    >>> from simdrift.metrics import drift
    >>> x = np.arange(100.0)
    >>> drift.correlation({"a": x, "b": x}, {"a": x, "b": -x}).value
    2.0
    """
    params = {"norm": norm, "permutations": permutations, "seed": seed}
    return run(
        "correlation", reference, current, params, threshold, weights=weights, threads=threads
    )
