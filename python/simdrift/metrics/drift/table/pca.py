"""Drift of what the reference's principal components leave of a row.

Columns are standardised by the reference; its first components that hold `variance` of its
variance are kept. A row's error is the Euclidean length of what they leave of it. Rows that
break the reference's relations have larger errors, whatever their single columns look like
(NannyML: "Multivariate drift by data reconstruction").
"""

from __future__ import annotations

from functools import partial

import numpy as np

from simdrift.catalogue.metric import Metric, Param
from simdrift.metrics.columns import TABLE
from simdrift.metrics.drift.checks import checked_positive_share
from simdrift.metrics.drift.run import Weights
from simdrift.metrics.drift.table.run import run
from simdrift.metrics.drift.table.sample import Matrix, TablePair
from simdrift.metrics.nulls.special import (
    NORMAL_975,
    normal_two_sided_log_p,
    normal_two_sided_p,
)
from simdrift.metrics.registry import drift_method
from simdrift.metrics.values import DEGENERATE, NOT_APPLICABLE, TOO_FEW_ROWS, DriftResult, Outcome

__all__ = ["pca_reconstruction"]

DEFAULT_VARIANCE = 0.65
LEAST_ROWS = 10


def checked_variance(variance: float) -> float:
    """The share of the variance that components are to hold: above 0, at most 1."""
    return checked_positive_share("variance", variance)


@drift_method(
    Metric(
        name="drift.pca_reconstruction",
        title="PCA reconstruction error",
        group="whole rows",
        formula=(
            "relative change of the mean error left by the reference's components that "
            "hold 0.65 of its variance, standardised"
        ),
        p_value="z-test against rows not fitted to",
        effect_size="change of the mean error in standard deviations of the errors",
        source='NannyML, "Multivariate drift by data reconstruction"',
        better="zero",
        rule="distance",
        threshold=0.1,
        kinds=(TABLE,),
        params=(
            Param(
                "variance",
                DEFAULT_VARIANCE,
                "share of variance that components hold",
                checked_variance,
            ),
        ),
        statuses=("too_few_rows", "degenerate"),
    )
)
def measure_pca_reconstruction(pair: TablePair, *, variance: float = DEFAULT_VARIANCE) -> Outcome:
    """Relative change of the mean error; z-test of both means on rows that the components
    were not fitted to: the reference's second half."""
    x, y = pair.standardised
    n, m, width = len(x), len(y), x.shape[1]
    if width < 2:
        return Outcome(None, NOT_APPLICABLE, reason="for tables with two numeric columns or more")
    if min(n, m) < max(LEAST_ROWS, 2 * width):
        return Outcome(None, TOO_FEW_ROWS, n_reference=n, n_current=m)
    fit, held = x[0::2], x[1::2]
    components = principal_components(fit, variance)
    before = reconstruction_errors(held, components)
    after = reconstruction_errors(y, components)
    base = float(before.mean())
    if base <= 1e-12:
        return Outcome(
            None, DEGENERATE, n_reference=n, n_current=m, reason="the components leave nothing"
        )
    value = float(after.mean()) / base - 1.0
    standard_error = float(np.hypot(_standard_error(before), _standard_error(after)))
    z = (float(after.mean()) - base) / standard_error if standard_error > 0.0 else 0.0
    half_width = NORMAL_975 * standard_error / base
    return Outcome(
        value,
        p_value=normal_two_sided_p(z),
        effect_size=(float(after.mean()) - base) / max(float(before.std(ddof=1)), 1e-300),
        ci_low=value - half_width,
        ci_high=value + half_width,
        null_quantile=half_width,
        n_reference=n,
        n_current=m,
        log_p=partial(normal_two_sided_log_p, z),
    )


def principal_components(x: Matrix, variance: float) -> Matrix:
    """The fewest first components (columns) that hold that share of the variance of x."""
    centred = x - x.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    total = float(values.sum())
    if total <= 0.0:
        return np.asarray(vectors[:, :0])
    kept = 1 + int(np.searchsorted(np.cumsum(values) / total, variance * (1.0 - 1e-12)))
    return np.asarray(vectors[:, :kept])


def reconstruction_errors(rows: Matrix, components: Matrix) -> Matrix:
    """Of each row the length of what lies outside of the components."""
    rest = rows - (rows @ components) @ components.T
    return np.asarray(np.sqrt(np.sum(rest**2, axis=1)))


def _standard_error(errors: Matrix) -> float:
    return float(errors.std(ddof=1)) / float(np.sqrt(len(errors)))


def pca_reconstruction(
    reference: object,
    current: object,
    *,
    variance: float = DEFAULT_VARIANCE,
    threshold: float | None = None,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Relative change of the mean error of reconstruction by the reference's principal
    components: 0 where both tables' rows fit them equally, 0.1 where the current rows' errors
    are 10 % larger. With 95 % interval; effect size in standard deviations of the errors.

    Frames with two numeric columns or more; at most 10,000 complete rows a side take part
    (drawn by a fixed seed), half of the reference's to fit, half to compare with. `variance`:
    the share that the components hold. Default threshold 0.1.

    >>> import numpy as np
    >>> from simdrift.metrics import drift
    >>> rng = np.random.default_rng(0)
    >>> a, noise = rng.normal(size=(2, 1000))
    >>> b = a + 0.1 * noise
    >>> drift.pca_reconstruction({"a": a, "b": b}, {"a": a, "b": -b}).alert
    True
    """
    params = {"variance": variance}
    return run(
        "pca_reconstruction",
        reference,
        current,
        params,
        threshold,
        weights=weights,
        threads=threads,
    )
