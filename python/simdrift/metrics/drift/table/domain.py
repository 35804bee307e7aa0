"""Drift as what a classifier can learn: how well it tells current rows from the reference's.

A logistic model with a ridge, on a basis that sees more than means: each number as the share of
the reference below it at its deciles (one column a cell, one for missing), products of the
standardised numbers in pairs, each category's most frequent labels. Scores are out of fold:
no row is scored by a model that has seen it. AUC 0.5: nothing to learn.

Under no drift the labels of a fold are exchangeable given its scores, so each fold's AUC has
the mean 1/2 and the variance (n + m + 1) / (12 n m) of the Mann-Whitney statistic. Folds are
dependent, their models share rows: the p-value is twice the folds' median p-value, which holds
under any dependence (Rueger 1978), and intervals take the folds as one.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift.catalogue.metric import Metric, Param
from simdrift.metrics.checks import checked_count
from simdrift.metrics.columns import TABLE
from simdrift.metrics.drift.checks import SEED
from simdrift.metrics.drift.run import Weights
from simdrift.metrics.drift.table.run import run
from simdrift.metrics.drift.table.sample import MOST_LABELS, Matrix, TablePair
from simdrift.metrics.nulls.special import (
    NORMAL_95,
    NORMAL_975,
    normal_log_sf,
    normal_sf,
    special,
)
from simdrift.metrics.registry import drift_method
from simdrift.metrics.values import TOO_FEW_ROWS, DriftResult, Outcome

__all__ = ["domain_classifier"]

DEFAULT_FOLDS = 5
ROWS_A_SIDE = 5_000
CELLS = 10
MOST_PRODUCTS = 100
"""Pairs of columns whose products are in the basis, at most; of the first columns."""
RIDGE = 1.0
NEWTON_STEPS = 6
CLIP = 5.0
"""Standardised numbers beyond are this in products: one outlier would be all of them."""


def checked_folds(folds: int) -> int:
    """2 to 20 folds."""
    return checked_count("folds", folds, 2, 20)


@drift_method(
    Metric(
        name="drift.domain_classifier",
        title="AUC of a classifier of the two sides",
        group="whole rows",
        formula="out-of-fold AUC of a logistic model on bins, products of pairs, categories",
        p_value="twice the folds' median p",
        effect_size="Gini's 2 AUC - 1",
        source="Rueger 1978 (p-values of dependent folds)",
        better="lower",
        bounds=(0.0, 1.0),
        rule="distance",
        threshold=0.65,
        kinds=(TABLE,),
        params=(
            Param("folds", DEFAULT_FOLDS, "folds of the cross-validation", checked_folds),
            SEED,
        ),
        needs_values=False,
        statuses=("too_few_rows",),
    )
)
def measure_domain_classifier(
    pair: TablePair, *, folds: int = DEFAULT_FOLDS, seed: int = 0
) -> Outcome:
    """Out-of-fold AUC of reference against current rows."""
    x, y = basis(pair)
    n, m = len(x), len(y)
    if min(n, m) < 5 * folds:
        return Outcome(None, TOO_FEW_ROWS, n_reference=n, n_current=m)
    rng = np.random.default_rng(seed)
    label = np.repeat([0.0, 1.0], [n, m])
    fold = np.concatenate([rng.permutation(n) % folds, rng.permutation(m) % folds])
    rows = np.concatenate([x, y])
    areas, deviations = [], []
    for number in range(folds):
        held = fold == number
        weights = fit_logistic(rows[~held], label[~held])
        area, deviation = auc(label[held] > 0.5, rows[held] @ weights)
        areas.append(area)
        deviations.append(deviation)
    value, standard_error = float(np.mean(areas)), float(np.mean(deviations))
    z = float(np.median((np.array(areas) - 0.5) / np.array(deviations)))
    return Outcome(
        value,
        p_value=min(1.0, 2.0 * normal_sf(z)),
        effect_size=2.0 * value - 1.0,
        ci_low=max(0.0, value - NORMAL_975 * standard_error),
        ci_high=min(1.0, value + NORMAL_975 * standard_error),
        null_quantile=0.5 + NORMAL_95 * standard_error,
        n_reference=n,
        n_current=m,
        log_p=partial(_log_p, z),
    )


def _log_p(z: float) -> float:
    return min(0.0, math.log(2.0) + normal_log_sf(z))


def basis(pair: TablePair) -> tuple[Matrix, Matrix]:
    """Rows of both sides in the basis of the model, a constant last."""
    x, y = (side[:ROWS_A_SIDE] for side in pair.numbers)
    parts = [
        _in_cells(x[:, place], y[:, place], np.concatenate([x[:, place], y[:, place]]))
        for place in range(x.shape[1])
    ]
    if x.shape[1]:
        parts.append(_products(x, y))
    for name, before in pair.reference.categories.items():
        now = pair.current.categories[name].among(before.labels)
        parts.append((_told_apart(before.codes[: len(x)]), _told_apart(now[: len(y)])))
    ones = np.ones((len(x), 1)), np.ones((len(y), 1))
    left, right = zip(*parts, ones, strict=True)
    return np.concatenate(left, axis=1), np.concatenate(right, axis=1)


def _in_cells(x: Matrix, y: Matrix, pooled: Matrix) -> tuple[Matrix, Matrix]:
    """One column a cell between the pooled rows' deciles, one for missing."""
    there = pooled[~np.isnan(pooled)]
    shares = np.arange(1, CELLS) / CELLS
    cuts = np.unique(np.quantile(there, shares)) if len(there) else np.zeros(0)
    left, right = (
        np.where(np.isnan(side), len(cuts) + 1, np.searchsorted(cuts, side, side="right"))
        for side in (x, y)
    )
    eye = np.eye(len(cuts) + 2)
    return eye[left], eye[right]


def _products(x: Matrix, y: Matrix) -> tuple[Matrix, Matrix]:
    """Products of pairs of standardised columns, missing as their mean."""
    pooled = np.concatenate([x, y])
    there = ~np.isnan(pooled)
    count = np.maximum(there.sum(axis=0), 1)
    mean = np.where(there, pooled, 0.0).sum(axis=0) / count
    centred = np.where(there, pooled - mean, 0.0)
    scale = np.sqrt((centred**2).sum(axis=0) / count)
    scaled = np.clip(centred / np.where(scale > 0.0, scale, 1.0), -CLIP, CLIP)
    left, right = (places[:MOST_PRODUCTS] for places in np.triu_indices(x.shape[1], 1))
    products = scaled[:, left] * scaled[:, right]
    return products[: len(x)], products[len(x) :]


def _told_apart(codes: NDArray[np.int32]) -> Matrix:
    """One column a label, one for any other, one for missing (-1)."""
    return np.asarray(np.eye(MOST_LABELS + 2)[codes])


def fit_logistic(rows: Matrix, label: Matrix) -> Matrix:
    """Weights of the logistic model with a ridge, by Newton's steps from 0."""
    weights = np.zeros(rows.shape[1])
    ridge = RIDGE * np.eye(rows.shape[1])
    for _ in range(NEWTON_STEPS):
        share = special().expit(rows @ weights)
        variance = np.maximum(share * (1.0 - share), 1e-6)
        gradient = rows.T @ (label - share) - RIDGE * weights
        step = np.linalg.solve((rows * variance[:, None]).T @ rows + ridge, gradient)
        weights = weights + step
        if np.abs(step).max() < 1e-6:
            break
    return weights


def auc(positive: NDArray[np.bool_], scores: Matrix) -> tuple[float, float]:
    """P(score of a positive > that of a negative) + 1/2 P(equal), and its standard deviation
    where the scores tell nothing."""
    negatives, positives = (
        _core.Column.from_numpy(scores[chosen]) for chosen in (~positive, positive)
    )
    n, m = len(negatives), len(positives)
    u2 = _core.rank_statistics(negatives, positives)["u2"]
    return u2 / (2 * n * m), math.sqrt((n + m + 1.0) / (12.0 * n * m))


def domain_classifier(
    reference: object,
    current: object,
    *,
    folds: int = DEFAULT_FOLDS,
    seed: int = 0,
    threshold: float | None = None,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Out-of-fold ROC AUC of a logistic model that tells current rows from the reference's:
    0.5 where there is nothing to tell, 1 where the tables have no row in common.

    Frames with numeric and categorical columns; at most 5,000 rows a side take part (drawn by
    a fixed seed), missing values as a category of their own. The p-value is one-sided and
    conservative; effect size is Gini's 2 AUC - 1. Default threshold 0.65.

    >>> import numpy as np
    >>> from simdrift.metrics import drift
    >>> x = np.arange(1000.0)
    >>> drift.domain_classifier({"x": x}, {"x": x + 500.0}).alert
    True
    """
    params = {"folds": folds, "seed": seed}
    return run(
        "domain_classifier", reference, current, params, threshold, weights=weights, threads=threads
    )
