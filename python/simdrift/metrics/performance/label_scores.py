"""Scores of a classification from labels: what was predicted against what came true.

A score of two labels is of the positive one (`labels.py`); of more it is the mean over labels,
with rows of its own for each label and for the mean weighted by their rows. A share of nothing has
the status 'degenerate' where scikit-learn warns and gives 0; in a mean over labels it counts as 0,
as there. `zero_division` of the functions gives another value for both. Intervals: `counts.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.catalogue.metric import CHANGE_OF_SHARE, Metric
from simdrift.metrics.nulls.special import NORMAL_975
from simdrift.metrics.numbers import number_or_array
from simdrift.metrics.performance.counts import (
    Counts,
    Draws,
    Formula,
    effective,
    ratio,
    sum_of_labels,
    wilson,
)
from simdrift.metrics.performance.labels import Labels
from simdrift.metrics.performance.predictions import Lacking
from simdrift.metrics.performance.scoring import Score, Scored, scores
from simdrift.metrics.values import DEGENERATE, NOT_APPLICABLE

MOST_ROWS = 20
"""Labels that have rows of their own; above, only means over labels are kept."""
NO_POSITIVE = "expected two labels, or one that is named as positive"
Parts = Callable[[Counts], tuple[Floats, Floats]]
"""By label, (..., K): what a share is of, and of how much."""
ONLY = "only"
"""The average of the functions on arrays: the row of the whole alone."""


def _record(name: str, title: str, formula: str, source: str, **rest: Any) -> Metric:
    """The record of `performance.<name>`, by default a share that is better the higher. Over the
    rows that have a target and a prediction."""
    rest = {"unit": "share", "better": "higher", "bounds": (0.0, 1.0), **rest}
    rest["statuses"] = ("empty", "all_null", *rest.get("statuses", ("degenerate",)))
    return Metric(
        name=f"performance.{name}",
        title=title,
        group="labels",
        formula=formula,
        source=source,
        kinds=("pair",),
        needs_values=False,
        **rest,
    )


# --- scores from formulas --------------------------------------------------------------


def _score(
    value: Floats,
    ends: tuple[Floats, Floats] | None,
    undefined: NDArray[np.bool_] | None = None,
    error: Floats | None = None,
    zero_division: float | None = None,
) -> Score:
    """A score of all groups; of one, its numbers. Where it is not defined it has the status
    'degenerate', or the value of `zero_division`."""
    without: tuple[Any, ...] = ()
    if undefined is not None and zero_division is not None:
        value = np.where(undefined, zero_division, value)
    elif undefined is not None:
        without = ((number_or_array(undefined), DEGENERATE),)
    both = None if ends is None else (number_or_array(ends[0]), number_or_array(ends[1]))
    wrong = None if error is None else number_or_array(error)
    return Score(number_or_array(value), both, without, wrong)


def _of_share(
    part: Floats, whole: Floats, squares: Floats | None, zero_division: float | None = None
) -> Score:
    """A share with Wilson's interval, and half of that over its quantile as standard error."""
    share = ratio(part, whole)
    low, high = wilson(share, effective(whole, squares))
    return _score(
        share, (low, high), whole <= 0.0, (high - low) / (2.0 * NORMAL_975), zero_division
    )


def _of_formula(
    labels: Labels,
    formula: Formula,
    undefined: NDArray[np.bool_] | None = None,
    zero_division: float | None = None,
    draws: Draws | None = None,
) -> Score:
    """A formula of the counts, with an interval and a standard error of drawn tables."""
    with np.errstate(all="ignore"):
        value = formula(labels.counts, slice(None))
    draws = draws or labels.draws
    if draws is None:
        return _score(value, None, undefined, None, zero_division)
    low, high, error = draws.spread(formula, value)
    return _score(value, (low, high), undefined, error, zero_division)


def _without(status: str, reason: str) -> Score:
    """No score in any group."""
    return Score(np.nan, None, ((True, status, reason),))


def _not_binary() -> Score:
    """The score of one label, where none is the positive one."""
    return _without(NOT_APPLICABLE, NO_POSITIVE)


def _beside(groups: NDArray[Any], counts: Counts) -> NDArray[Any]:
    """(g, K) of groups, for counts (g, K) or drawn ones (g, draws, K)."""
    return groups[:, np.newaxis, :] if counts.hits.ndim > groups.ndim else groups


def _of_label(
    labels: Labels, parts: Parts, place: int, is_share: bool, zero_division: float | None
) -> Score:
    """The score of one label against all others."""
    part, whole = (side[:, place] for side in parts(labels.counts))
    if is_share:
        squares = None if labels.squares is None else parts(labels.squares)[1][:, place]
        return _of_share(part, whole, squares, zero_division)

    def formula(counts: Counts, _: slice) -> Floats:
        return ratio(*(side[..., place] for side in parts(counts)))

    return _of_formula(labels, formula, whole <= 0.0, zero_division)


def _by_label(
    labels: Labels, parts: Parts, is_share: bool, zero_division: float | None
) -> dict[str, Score]:
    """The score of each label against all others: drawn once for all."""
    if is_share:
        return {
            f"label={name}": _of_label(labels, parts, place, True, zero_division)
            for place, name in enumerate(labels.names)
        }
    value = ratio(*parts(labels.counts))
    draws = labels.draws
    found = None if draws is None else draws.spread(lambda c, _: ratio(*parts(c)), value)
    rows = {}
    for place, name in enumerate(labels.names):
        own = value[:, place]
        ends = None if found is None else (found[0][:, place], found[1][:, place])
        error = None if found is None else found[2][:, place]
        rows[f"label={name}"] = _score(own, ends, np.isnan(own), error, zero_division)
    return rows


def _of_average(labels: Labels, parts: Parts, average: str, zero_division: float | None) -> Score:
    """The mean of a score over labels."""
    nothing = 0.0 if zero_division is None else zero_division

    def formula(counts: Counts, groups: slice) -> Floats:
        part, whole = parts(counts)
        averaged = _beside(labels.averaged[groups], counts)
        if average == "micro":
            return ratio(sum_of_labels(part * averaged), sum_of_labels(whole * averaged))
        share = ratio(part, whole)
        share = np.where(np.isnan(share), nothing, share)
        weight = counts.targets * averaged if average == "weighted" else averaged * 1.0
        weight = np.broadcast_to(weight, share.shape)
        return ratio(
            sum_of_labels(np.where(weight > 0.0, share * weight, 0.0)), sum_of_labels(weight)
        )

    with np.errstate(all="ignore"):
        undefined = np.isnan(formula(labels.counts, slice(None)))
    return _of_formula(labels, formula, undefined, zero_division)


def _averages(
    labels: Labels,
    parts: Parts,
    is_share: bool,
    average: str | None,
    zero_division: float | None,
) -> Scored:
    """The rows of a score that each label has: of the positive one, or of means and labels."""
    one = partial(_of_label, labels, parts, is_share=is_share, zero_division=zero_division)
    mean = partial(_of_average, labels, parts, zero_division=zero_division)
    if average == "binary" or (average in (None, ONLY) and labels.is_binary):
        return _not_binary() if labels.positive is None else one(labels.positive)
    if average is not None:
        return mean("macro" if average == ONLY else average)
    rows = {"": mean("macro"), "average=weighted": mean("weighted")}
    if labels.size <= MOST_ROWS:
        rows.update(_by_label(labels, parts, is_share, zero_division))
    return rows


# --- counts ----------------------------------------------------------------------------


def _of_count(labels: Labels, cell: Callable[[Counts], Floats]) -> Score:
    """One cell of the positive label's table."""
    if labels.positive is None:
        return _not_binary()
    count = labels.as_weights(cell(labels.counts)[:, labels.positive])
    return _score(count, None)


def _count_record(name: str, title: str, formula: str) -> Metric:
    return _record(
        name,
        title,
        formula,
        "sklearn.metrics.confusion_matrix",
        unit="",
        better="",
        bounds=(0.0, None),
        statuses=(),
    )


@scores(
    Labels,
    _record(
        "accuracy",
        "accuracy",
        "share of rows whose predicted label is the target's, 95 % interval (Wilson)",
        "sklearn.metrics.accuracy_score",
        leads=True,
        watched=True,
        statuses=(),
    ),
)
def _accuracy(labels: Labels) -> Score:
    squares = None if labels.squares is None else labels.squares.total
    return _of_share(labels.counts.right, labels.counts.total, squares)


@scores(
    Labels,
    _record(
        "balanced_accuracy",
        "balanced accuracy",
        "mean of the recall of the labels that the target has",
        "sklearn.metrics.balanced_accuracy_score",
    ),
)
def _balanced_accuracy(labels: Labels) -> Score:
    has = labels.counts.targets > 0.0

    def formula(counts: Counts, groups: slice) -> Floats:
        own = _beside(has[groups], counts)
        recalls = np.where(own, ratio(counts.hits, counts.targets), 0.0)
        return ratio(
            sum_of_labels(recalls), sum_of_labels(np.broadcast_to(own, recalls.shape) * 1.0)
        )

    return _of_formula(labels, formula)


def _precision_parts(counts: Counts) -> tuple[Floats, Floats]:
    return counts.hits, counts.predicted


@scores(
    Labels,
    _record(
        "precision",
        "precision",
        "right ones among the rows that are predicted to have the label",
        "sklearn.metrics.precision_score",
    ),
)
def _precision(
    labels: Labels, *, average: str | None = None, zero_division: float | None = None
) -> Scored:
    return _averages(labels, _precision_parts, True, average, zero_division)


def _recall_parts(counts: Counts) -> tuple[Floats, Floats]:
    return counts.hits, counts.targets


@scores(
    Labels,
    _record(
        "recall",
        "recall",
        "right ones among the rows of the label",
        "sklearn.metrics.recall_score",
    ),
)
def _recall(
    labels: Labels, *, average: str | None = None, zero_division: float | None = None
) -> Scored:
    return _averages(labels, _recall_parts, True, average, zero_division)


def _specificity_parts(counts: Counts) -> tuple[Floats, Floats]:
    return counts.others, counts.others + counts.wrong


@scores(
    Labels,
    _record(
        "specificity",
        "specificity",
        "rows that are not predicted to have the label among those that do not have it",
        "sklearn.metrics.recall_score",
    ),
)
def _specificity(
    labels: Labels, *, average: str | None = None, zero_division: float | None = None
) -> Scored:
    return _averages(labels, _specificity_parts, True, average, zero_division)


def _fbeta_parts(counts: Counts, beta: float) -> tuple[Floats, Floats]:
    squared = beta * beta
    return (1.0 + squared) * counts.hits, squared * counts.targets + counts.predicted


@scores(
    Labels,
    _record(
        "f1",
        "F1",
        "2 right / (rows of the label + rows that are predicted to have it)",
        "sklearn.metrics.f1_score",
        leads=True,
        watched=True,
    ),
)
def _f1(
    labels: Labels, *, average: str | None = None, zero_division: float | None = None
) -> Scored:
    return _averages(labels, partial(_fbeta_parts, beta=1.0), False, average, zero_division)


@scores(
    Labels,
    _record(
        "fbeta",
        "F2",
        "(1 + b^2) right / (b^2 rows of the label + rows that are predicted to have it), b = 2",
        "sklearn.metrics.fbeta_score",
    ),
)
def _fbeta(
    labels: Labels,
    *,
    beta: float = 2.0,
    average: str | None = None,
    zero_division: float | None = None,
) -> Scored:
    return _averages(labels, partial(_fbeta_parts, beta=beta), False, average, zero_division)


def _jaccard_parts(counts: Counts) -> tuple[Floats, Floats]:
    return counts.hits, counts.targets + counts.wrong


@scores(
    Labels,
    _record(
        "jaccard",
        "Jaccard index",
        "right ones among the rows that have the label or are predicted to",
        "sklearn.metrics.jaccard_score",
    ),
)
def _jaccard(
    labels: Labels, *, average: str | None = None, zero_division: float | None = None
) -> Scored:
    return _averages(labels, _jaccard_parts, False, average, zero_division)


def _several(sums: Floats) -> NDArray[np.bool_]:
    """Whether more than one label has rows."""
    return np.asarray((sums > 0.0).sum(axis=-1) > 1)


@scores(
    Labels,
    _record(
        "mcc",
        "Matthews correlation",
        "correlation of target and prediction as indicators of labels (Gorodkin's R_K)",
        "sklearn.metrics.matthews_corrcoef",
        unit="",
        bounds=(-1.0, 1.0),
        practical=CHANGE_OF_SHARE,
    ),
)
def _mcc(labels: Labels) -> Score:
    def formula(counts: Counts, _: slice) -> Floats:
        total = counts.total
        t, p = (side / total[..., np.newaxis] for side in (counts.targets, counts.predicted))
        both = counts.right / total - sum_of_labels(t * p)
        spread = (1.0 - sum_of_labels(t * t)) * (1.0 - sum_of_labels(p * p))
        return np.asarray(np.clip(both / np.sqrt(spread), -1.0, 1.0))

    own = labels.counts
    return _of_formula(labels, formula, ~(_several(own.targets) & _several(own.predicted)))


def _disagreement(counts: Counts, weights: str | None) -> tuple[Floats, Floats]:
    """(...,) mean distance of the labels of a row, and the mean that it would have if they were
    independent: 1 for labels that differ, or how far their places are apart, or its square."""
    total = counts.total
    t, p = (side / total[..., np.newaxis] for side in (counts.targets, counts.predicted))
    if weights is None:
        return 1.0 - counts.right / total, 1.0 - sum_of_labels(t * p)
    assert counts.linear is not None
    assert counts.quadratic is not None
    if weights == "linear":
        below, under = t.cumsum(axis=-1)[..., :-1], p.cumsum(axis=-1)[..., :-1]
        apart = below * (1.0 - under) + under * (1.0 - below)
        return counts.linear / total, sum_of_labels(apart)
    places = np.arange(t.shape[-1], dtype=float)
    means = sum_of_labels(t * places) * sum_of_labels(p * places)
    squares = sum_of_labels(t * places**2) + sum_of_labels(p * places**2)
    return counts.quadratic / total, squares - 2.0 * means


@scores(
    Labels,
    _record(
        "cohen_kappa",
        "Cohen's kappa",
        "1 - rows that disagree / rows that would if target and prediction were independent",
        "sklearn.metrics.cohen_kappa_score",
        unit="",
        bounds=(None, 1.0),
        practical=CHANGE_OF_SHARE,
    ),
)
def _cohen_kappa(labels: Labels, *, weights: str | None = None) -> Score:
    def formula(counts: Counts, _: slice) -> Floats:
        observed, expected = _disagreement(counts, weights)
        return 1.0 - observed / expected

    own = labels.counts
    same = (own.targets > 0.0) & (own.predicted > 0.0)
    one = ~_several(own.targets) & ~_several(own.predicted) & same.any(axis=-1)
    draws = None if weights is None else labels.spaced_draws
    return _of_formula(labels, formula, one, draws=draws)


@scores(
    Labels,
    _record(
        "top_k_accuracy",
        "top-2 accuracy",
        "share of rows whose target is among the k labels with the largest scores, k = 2",
        "sklearn.metrics.top_k_accuracy_score",
        statuses=(),
    ),
)
def _top_k_accuracy(labels: Labels, *, k: int = 2) -> Score:
    places = labels.places
    if isinstance(places, Lacking):
        return _without(places.status, places.reason)
    sums, squares, rows = places
    whole = sums.sum(axis=1)
    score = _of_share(
        sums[:, :k].sum(axis=1), whole, squares.sum(axis=1) if labels.squares else None
    )
    return score._replace(n=number_or_array(rows))


@scores(Labels, _count_record("true_positives", "true positives", "positive rows predicted so"))
def _true_positives(labels: Labels) -> Score:
    return _of_count(labels, lambda counts: counts.hits)


@scores(
    Labels, _count_record("false_positives", "false positives", "negative rows predicted positive")
)
def _false_positives(labels: Labels) -> Score:
    return _of_count(labels, lambda counts: counts.wrong)


@scores(
    Labels, _count_record("false_negatives", "false negatives", "positive rows predicted negative")
)
def _false_negatives(labels: Labels) -> Score:
    return _of_count(labels, lambda counts: counts.missed)


@scores(Labels, _count_record("true_negatives", "true negatives", "negative rows predicted so"))
def _true_negatives(labels: Labels) -> Score:
    return _of_count(labels, lambda counts: counts.others)


@scores(
    Labels,
    _count_record(
        "confusion", "confusion", "rows of each target and prediction, of up to 20 labels"
    ),
)
def _confusion(labels: Labels) -> Scored:
    if not 0 < labels.size <= MOST_ROWS:
        return _without(NOT_APPLICABLE, f"expected at most {MOST_ROWS} labels, found {labels.size}")
    return {
        f"target={target},prediction={prediction}": _score(labels.tables[:, i, j], None)
        for i, target in enumerate(labels.names)
        for j, prediction in enumerate(labels.names)
    }
