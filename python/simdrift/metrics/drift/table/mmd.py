"""Maximum mean discrepancy: a distance of whole rows (Gretton et al., A kernel two-sample test,
J. Mach. Learn. Res. 13, 2012).

Rows are standardised by the reference; k(a, b) = exp(-gamma |a - b|^2), by default gamma = 1 / (2
median distance^2) of the pooled rows. The unbiased estimate of

    MMD^2 = E k(x, x') + E k(y, y') - 2 E k(x, y)

may be below 0. 'quadratic': all pairs of at most 2,000 rows a side, in C, the kernel matrix a tile
at a time, p-value by exchanging rows at random; 'linear': disjoint pairs of all sampled rows,
p-value by the normal law of their mean.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Progress
from simdrift.catalogue.metric import Metric, Param
from simdrift.metrics.columns import TABLE
from simdrift.metrics.drift.checks import PERMUTATIONS, SEED
from simdrift.metrics.drift.run import Weights
from simdrift.metrics.drift.table.run import run
from simdrift.metrics.drift.table.sample import Matrix, TablePair
from simdrift.metrics.nulls.permutation import null_of
from simdrift.metrics.nulls.special import NORMAL_95, normal_log_sf, normal_sf
from simdrift.metrics.registry import drift_method
from simdrift.metrics.thresholds import DEFAULT_ALPHA
from simdrift.metrics.values import DEGENERATE, TOO_FEW_ROWS, DriftResult, Outcome

__all__ = ["mmd"]

ESTIMATORS = ("quadratic", "linear")
ROWS_A_SIDE = 2_000
MEDIAN_ROWS = 500
LEAST_ROWS = 10


def checked_estimator(estimator: str) -> str:
    """One of ESTIMATORS, else ValueError."""
    if estimator not in ESTIMATORS:
        raise ValueError(f"estimator: expected one of {', '.join(ESTIMATORS)}, found {estimator!r}")
    return estimator


@drift_method(
    Metric(
        name="drift.mmd",
        title="MMD²",
        group="whole rows",
        formula=(
            "unbiased MMD^2, Gaussian kernel at the median distance; all pairs of 2,000 "
            'rows a side, or (`estimator="linear"`) disjoint pairs'
        ),
        p_value="199 exchanges of rows, seeded; normal",
        effect_size="MMD, the root (0 where the value is below)",
        source="Gretton et al. 2012",
        better="lower",
        rule="test",
        kinds=(TABLE,),
        params=(
            Param("estimator", "quadratic", "quadratic or linear", checked_estimator),
            replace(PERMUTATIONS, default=199),
            SEED,
        ),
        statuses=("too_few_rows", "degenerate"),
    )
)
def measure_mmd(
    pair: TablePair, *, estimator: str = "quadratic", permutations: int = 199, seed: int = 0
) -> Outcome:
    """MMD^2, unbiased, of the complete standardised rows."""
    x, y = pair.standardised
    n, m = len(x), len(y)
    if min(n, m) < LEAST_ROWS:
        return Outcome(None, TOO_FEW_ROWS, n_reference=n, n_current=m)
    gamma = median_gamma(x, y)
    if gamma is None:
        return Outcome(None, DEGENERATE, n_reference=n, n_current=m, reason="no row differs")
    if estimator == "linear":
        return _linear(x, y, gamma)
    x, y = x[:ROWS_A_SIDE], y[:ROWS_A_SIDE]
    rng = np.random.default_rng(seed)
    value, null = quadratic(x, y, gamma, permutations, rng, pair)
    outcome = Outcome(value, effect_size=_distance(value), n_reference=len(x), n_current=len(y))
    if not permutations:
        return outcome
    return outcome._replace(**null_of(value, null)._asdict())


def _distance(square: float) -> float:
    """MMD itself, 0 where the unbiased estimate of its square is below."""
    return math.sqrt(max(square, 0.0))


def median_gamma(x: Matrix, y: Matrix) -> float | None:
    """1 / (2 median distance^2) of the first rows of both; None where that is 0."""
    rows = np.concatenate([x[:MEDIAN_ROWS], y[:MEDIAN_ROWS]])
    size = len(rows)
    # without the diagonal; each pair is there twice, which leaves the median where it is
    squares = _squares(rows, rows).ravel()[1:].reshape(size - 1, size + 1)[:, :-1]
    middle = float(_core.quantiles(_core.Column.from_numpy(squares.ravel()), [0.5])[0])
    return 0.5 / middle if 0.0 < middle < math.inf else None


def _squares(a: Matrix, b: Matrix) -> Matrix:
    """Squared distances of all rows of a from all of b."""
    norms = np.sum(a * a, axis=1)[:, None] + np.sum(b * b, axis=1)
    return np.asarray(np.maximum(norms - 2.0 * (a @ b.T), 0.0))


def quadratic(
    x: Matrix,
    y: Matrix,
    gamma: float,
    permutations: int,
    rng: np.random.Generator,
    pair: TablePair | None = None,
) -> tuple[float, NDArray[np.float64]]:
    """MMD^2 of all pairs, and of as many random exchanges of rows."""
    rows, n = np.concatenate([x, y]), len(x)
    labels = np.zeros((permutations + 1, len(rows)), np.uint8)
    labels[0, :n] = 1
    for labeling in labels[1:]:
        labeling[rng.permutation(len(rows))[:n]] = 1
    options = {} if pair is None else {"threads": pair.threads, "progress": pair.progress}
    found = _core.mmd_quadratic(
        rows.ravel(),
        rows.shape[1],
        labels.ravel(),
        gamma,
        **options,  # type: ignore[arg-type]
    )
    return float(found[0]), found[1:]


def _linear(x: Matrix, y: Matrix, gamma: float) -> Outcome:
    """The mean of k(x, x') + k(y, y') - k(x, y') - k(x', y) over disjoint pairs."""
    pairs = min(len(x), len(y)) // 2
    a, b, c, d = (side[first : 2 * pairs : 2] for side in (x, y) for first in (0, 1))

    def kernel(left: Matrix, right: Matrix) -> Matrix:
        return np.asarray(np.exp(-gamma * np.sum((left - right) ** 2, axis=1)))

    terms = kernel(a, b) + kernel(c, d) - kernel(a, d) - kernel(b, c)
    value, standard_error = float(terms.mean()), float(terms.std(ddof=1)) / math.sqrt(pairs)
    outcome = Outcome(
        value, effect_size=_distance(value), n_reference=2 * pairs, n_current=2 * pairs
    )
    if standard_error == 0.0:
        return outcome._replace(p_value=1.0 if value <= 0.0 else 0.0, null_quantile=0.0)
    z = value / standard_error
    return outcome._replace(
        p_value=normal_sf(z),
        null_quantile=NORMAL_95 * standard_error,
        log_p=partial(normal_log_sf, z),
    )


def mmd(
    reference: object,
    current: object,
    *,
    estimator: str = "quadratic",
    permutations: int = 199,
    seed: int = 0,
    alpha: float = DEFAULT_ALPHA,
    weights: Weights = None,
    threads: int | None = None,
    progress: Progress = None,
) -> DriftResult:
    """Maximum mean discrepancy MMD^2 of the complete rows of two frames' numeric columns,
    standardised by the reference; unbiased, so it may be below 0. Gaussian kernel at the median
    distance.

    `estimator`: 'quadratic' reads all pairs of at most 2,000 rows a side, with a p-value from
    `permutations` seeded exchanges of rows, (1 + #>=) / (B + 1); 'linear' reads disjoint pairs of
    at most 10,000 rows, with a normal p-value. Effect size: MMD, in [0, sqrt 2]. Alerts where
    p <= alpha. `progress(done, total)` is called with the blocks of rows that are done.

    >>> import numpy as np
    >>> from simdrift.metrics import drift
    >>> x = np.arange(200.0)
    >>> drift.mmd({"x": x}, {"x": x + 100.0}).p_value
    0.005
    """
    params = {"estimator": estimator, "permutations": permutations, "seed": seed}
    return run(
        "mmd",
        reference,
        current,
        params,
        alpha=alpha,
        weights=weights,
        threads=threads,
        progress=progress,
    )
