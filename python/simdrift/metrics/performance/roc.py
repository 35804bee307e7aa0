"""How well scores rank: ROC AUC, average precision, and two scores of the same rows.

Scores are numbers of any scale, of one label (the positive one) or one a label; a larger score says
that the label is likelier. Over the rows whose target is one of the labels and whose scores are
there; infinities are scores.

Intervals (95 %) are on the logit scale, so that they stay between 0 and 1: of ROC AUC with DeLong's
variance (DeLong et al. 1988), of average precision with the sum of the rows' squared influences,
which is what a bootstrap of rows comes to (Efron 1982, infinitesimal jackknife); both by Student's
law with the rows of the smaller side, of average precision the positives, less one degree of
freedom. Where a score ranks without an error, the inner end is Wilson's, of as many rows. With
weights rows are as many as Kish's effective size says. An average over labels has the average
standard error, which is the most that it can have: its interval is rather too wide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Floats
from simdrift.catalogue.metric import Metric, Param
from simdrift.metrics.cached import cached
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.nulls.special import NORMAL_975, special
from simdrift.metrics.numbers import as_floats
from simdrift.metrics.performance.label_table import (
    LeftOut,
    TargetLabels,
    has_plain_labels,
    is_number,
    positive_key,
    scored_target,
)
from simdrift.metrics.performance.predictions import ONE_SCORE, Lacking, Predictions
from simdrift.metrics.performance.resamples import (
    BOOTSTRAP,
    SEED,
    resamples_asked,
    with_resamples,
)
from simdrift.metrics.performance.score_arrays import score_predictions
from simdrift.metrics.performance.scoring import PerformanceResult, Score, Scored, result, scores
from simdrift.metrics.values import ALL_NULL, CONSTANT, EMPTY, OK, TOO_FEW_ROWS

__all__ = ["DeLongResult", "average_precision", "delong", "roc_auc"]

LEVEL = 0.975
"""Upper end of the intervals: 95 %."""
TRUTH = (1.0, 0.0, 0.0)
"""Labels of a target of 0 and 1: the positive one, and the negatives' range."""
TWO = 2
"""So many labels are positive and negative: scores of one of them say all."""
MOST_LABELS = 20
"""So many labels have a row of their own."""
AVERAGES = ("macro", "weighted", "micro")
SCHEMES = ("ovr", "ovo")

Ends = tuple[Floats, Floats]
Ranks = Mapping[str, NDArray[Any]]
"""`_core.RocGroupsDict`: one label against others in each group."""


class ScoreRanks:
    """Codes of the target and columns of scores over the same groups: one column, of the positive
    code, or one a code."""

    def __init__(
        self,
        target: _core.Column,
        columns: Sequence[ColumnGroups],
        labels: Sequence[Any] = (),
        binary: tuple[float, float, float] = TRUTH,
        weights: Floats | None = None,
    ) -> None:
        self.target, self.columns, self.labels = target, tuple(columns), tuple(labels)
        self.binary, self.weights = binary, weights
        self.left_out: LeftOut | None = None

    @classmethod
    def of(cls, predictions: Predictions) -> Self | Lacking:
        """The subject, or what it lacks: a role, numbers, or two labels."""
        target = scored_target(predictions, "numbers")
        if isinstance(target, Lacking):
            return target
        given = predictions.scores
        weights = None if predictions.weights is None else predictions.weights.values
        if (
            list(given) == [ONE_SCORE]
            and has_plain_labels(predictions.settings)
            and _is_truth(target)
        ):
            return cls(target.whole.column, [given[ONE_SCORE]], weights=weights)
        found = predictions.subject(TargetLabels)
        if isinstance(found, Lacking):
            return found
        codes, keys = found.column, tuple(given)
        if len(given) == 1:
            made = cls(codes, list(given.values()), weights=weights)
        elif len(given) == TWO:
            positive = positive_key(keys, predictions.settings)
            other = 1.0 - positive
            column = given[keys[positive]]
            made = cls(codes, [column], binary=(float(positive), other, other), weights=weights)
        else:
            made = cls(
                _without_missing(codes, list(given.values())),
                list(given.values()),
                keys,
                weights=weights,
            )
        made.left_out = found.left_out
        return made

    @property
    def first(self) -> ColumnGroups:
        """One of the columns: all have the same groups."""
        return self.columns[0]

    @property
    def is_binary(self) -> bool:
        """Whether there is one column of scores."""
        return len(self.columns) == 1

    def ranks(self, column: ColumnGroups, binary: tuple[float, float, float]) -> Ranks:
        """A column's ranks of one label against others."""
        _, starts, stops = self.first.ranges
        found = _core.roc_groups(
            self.target,
            column.whole.column,
            starts,
            stops,
            binary,
            self.weights,
            threads=self.first.threads,
        )
        return cast("Ranks", found)

    @cached
    def against_rest(self) -> tuple[Ranks, ...]:
        """Of each label against all others; of a single column the positive label's."""
        if self.is_binary:
            return (self.ranks(self.first, self.binary),)
        return tuple(
            self.ranks(column, (float(code), 0.0, np.inf))
            for code, column in enumerate(self.columns)
        )

    @cached
    def one_against_one(self) -> tuple[tuple[Ranks, Ranks], ...]:
        """Of each two labels: the first against the second by the first's scores, and the second
        against the first by its own."""
        return tuple(
            (
                self.ranks(self.columns[a], (float(a), float(b), float(b))),
                self.ranks(self.columns[b], (float(b), float(a), float(a))),
            )
            for a, b in combinations(range(len(self.columns)), 2)
        )

    @cached
    def pooled(self) -> Ranks:
        """Every label's scores in one column, positive where the row has that label. The entries of
        a row hang together: all of them are as certain as one, at most."""
        size = len(self.columns)
        rows = np.stack([column.whole.column.to_float64() for column in self.columns], axis=1)
        codes = self.target.to_float64()
        truth = np.equal(codes[:, np.newaxis], np.arange(size)).astype(float)
        truth[~(codes >= 0.0)] = np.nan
        _, starts, stops = self.first.ranges
        found = _core.roc_groups(
            _core.Column.from_numpy(truth.ravel()),
            _core.Column.from_numpy(rows.ravel()),
            starts * size,
            stops * size,
            TRUTH,
            None if self.weights is None else np.repeat(self.weights, size),
            threads=self.first.threads,
        )
        ranks = dict(cast("Ranks", found))
        for name in ("auc_variance", "average_precision_variance"):
            ranks[name] = ranks[name] * size
        for name in ("positive_size", "negative_size"):
            ranks[name] = ranks[name] / size
        return ranks

    @cached
    def n(self) -> NDArray[np.int64]:
        """The rows that take part."""
        ranks = self.against_rest[0]
        return np.asarray(ranks["positives"] + ranks["negatives"], np.int64)


def _is_truth(target: ColumnGroups) -> bool:
    """Whether all rows of the groups are 0, 1 or missing."""
    if not is_number(target):
        return False
    if target.whole.value_kind == "boolean" or target.whole.column.kind == "null":
        return True
    p = target.profile
    has_rows = p["finite"] > 0
    ones = p["finite"] - p["zeros"]
    fits = (p["min"] >= 0.0) & (p["max"] <= 1.0) & (p["sum"] == ones)
    infinite = p["pos_inf"] + p["neg_inf"]
    return bool(np.all(np.where(has_rows, fits, True) & (infinite == 0)))


def _without_missing(codes: _core.Column, columns: Sequence[ColumnGroups]) -> _core.Column:
    """The codes, NaN where a score is missing."""
    values = codes.to_float64()
    missing = np.zeros(len(values), bool)
    for column in columns:
        missing |= np.isnan(column.whole.column.to_float64())
    return _core.Column.from_numpy(np.where(missing, np.nan, values)) if missing.any() else codes


# --- scores -------------------------------------------------------------------------------


def _checked_average(average: str) -> str:
    """'macro', 'weighted' or 'micro'."""
    if average not in AVERAGES:
        raise ValueError(f"average: expected one of {', '.join(AVERAGES)}, found {average!r}")
    return average


def _checked_scheme(multi_class: str) -> str:
    """'ovr' or 'ovo'."""
    if multi_class not in SCHEMES:
        raise ValueError(
            f"multi_class: expected 'ovr' or 'ovo' of scores of several labels, "
            f"found {multi_class!r}"
        )
    return multi_class


AVERAGE = Param(
    "average",
    "macro",
    "of several labels: 'macro' all alike, 'weighted' by their rows, 'micro' all in one",
    _checked_average,
)
SCHEME = Param(
    "multi_class",
    "ovr",
    "of several labels: 'ovr' each against the rest, 'ovo' each against each",
    _checked_scheme,
)


def _ranking(name: str, title: str, formula: str, source: str, **rest: Any) -> Metric:
    """The record of `performance.<name>`."""
    return Metric(
        name=f"performance.{name}",
        title=title,
        group="probabilities",
        formula=formula,
        source=source,
        better="higher",
        bounds=(0.0, 1.0),
        kinds=("pair",),
        needs_values=False,
        statuses=("empty", "all_null", "constant", "too_few_rows"),
        watched=True,
        **rest,
    )


@scores(
    ScoreRanks,
    _ranking(
        "roc_auc",
        "ROC AUC",
        "share of pairs of a positive and a negative in which the positive scores higher, ties "
        "half; of several labels averaged; DeLong's 95 % interval on the logit scale",
        "sklearn.metrics.roc_auc_score",
        leads=True,
        params=(AVERAGE, SCHEME, BOOTSTRAP, SEED),
    ),
)
def _roc_auc(
    subject: ScoreRanks,
    *,
    average: str = "macro",
    multi_class: str = "ovr",
    bootstrap: int = 0,
    seed: int = 0,
) -> Scored:
    if subject.is_binary:
        score = _auc_of(subject.against_rest[0])
        return with_resamples(score, subject, 0, bootstrap, seed)
    if multi_class == "ovo":
        return {"": _one_against_one(subject, average)}
    return _over_labels(subject, average, _auc_of)


@scores(
    ScoreRanks,
    _ranking(
        "average_precision",
        "average precision",
        "sum over the scores, descending, of the precision from there on times the step of recall; "
        "of several labels averaged; 95 % interval on the logit scale",
        "sklearn.metrics.average_precision_score",
        params=(AVERAGE, BOOTSTRAP, SEED),
    ),
)
def _average_precision(
    subject: ScoreRanks, *, average: str = "macro", bootstrap: int = 0, seed: int = 0
) -> Scored:
    if subject.is_binary:
        score = _precision_of(subject.against_rest[0])
        return with_resamples(score, subject, 1, bootstrap, seed)
    return _over_labels(subject, average, _precision_of)


def _auc_of(ranks: Ranks) -> Score:
    """Of one label against others."""
    size = np.minimum(ranks["positive_size"], ranks["negative_size"])
    return _scored(
        ranks["auc"],
        np.sqrt(ranks["auc_variance"]),
        size,
        (
            (ranks["negatives"] == 0, CONSTANT, "the target has one label, the positive one"),
            (ranks["positives"] == 0, CONSTANT, "no target has the positive label"),
        ),
    )


def _precision_of(ranks: Ranks) -> Score:
    """Of one label against others."""
    return _scored(
        ranks["average_precision"],
        np.sqrt(ranks["average_precision_variance"]),
        ranks["positive_size"],
        ((ranks["positives"] == 0, CONSTANT, "no target has the positive label"),),
    )


def _scored(
    value: Floats,
    error: Floats,
    size: Floats,
    without: tuple[tuple[NDArray[np.bool_], str, str], ...],
) -> Score:
    """A value between 0 and 1 with its error; `size`: the rows of the smaller side."""
    ends = _interval(value, error, size)
    error = np.where(
        (value == 0.0) | (value == 1.0), (ends[1] - ends[0]) / (2.0 * NORMAL_975), error
    )
    if len(value) > 1:
        return Score(value, ends, without, error)
    first = tuple((mask[0], status, reason) for mask, status, reason in without)
    return Score(value[0], (ends[0][0], ends[1][0]), first, error[0])


def _interval(value: Floats, error: Floats, size: Floats) -> Ends:
    """On the logit scale, by Student's law; the value itself where it has no error, as of a
    constant score; of 1 and 0 Wilson's inner end of a share."""
    with np.errstate(all="ignore"):
        quantile = special().stdtrit(np.maximum(size - 1.0, 1.0), LEVEL)
        middle, half = special().logit(value), quantile * error / (value * (1.0 - value))
        inside = size / (size + NORMAL_975 * NORMAL_975)
        low, high = special().expit(middle - half), special().expit(middle + half)
    certain = error == 0.0
    low = np.where(certain, value, low)
    high = np.where(certain, value, high)
    low = np.where(value == 1.0, inside, low)
    high = np.where(value == 0.0, 1.0 - inside, high)
    return np.where(value == 0.0, 0.0, low), np.where(value == 1.0, 1.0, high)


# --- averages -----------------------------------------------------------------------------


def _over_labels(
    subject: ScoreRanks, average: str, score_of: Callable[[Ranks], Score]
) -> Mapping[str, Score]:
    """The average of each label against the rest, and the labels."""
    labels = [score_of(ranks) for ranks in subject.against_rest]
    if average == "micro":
        whole = score_of(subject.pooled)
    else:
        shares = [ranks["prevalence"] for ranks in subject.against_rest]
        whole = _averaged(labels, shares, average, _least_size(subject.against_rest))
    named = zip(subject.labels, labels, strict=True) if len(labels) <= MOST_LABELS else ()
    return {"": whole, **{f"label={label}": score for label, score in named}}


def _one_against_one(subject: ScoreRanks, average: str) -> Score:
    """Hand and Till's (2001): the average of all pairs of labels, each both ways."""
    pairs, shares = [], []
    known = np.maximum(subject.n, 1)
    sizes = _least_size(subject.against_rest)
    for one, other in subject.one_against_one:
        both = [_auc_of(one), _auc_of(other)]
        share = (one["positives"] + one["negatives"]) / known
        pairs.append(_averaged(both, [share, share], "macro", _least_size([one])))
        shares.append(share)
    return _averaged(pairs, shares, average, sizes)


def _least_size(ranks: Sequence[Ranks]) -> Floats:
    """The rows of the smallest side of any of them that has rows, else 1."""
    sizes = [one[side] for one in ranks for side in ("positive_size", "negative_size")]
    return np.asarray(np.min([np.where(size > 0.0, size, np.inf) for size in sizes], axis=0))


def _averaged(
    labels: Sequence[Score], shares: Sequence[Floats], average: str, sizes: Floats
) -> Score:
    """The mean of scores, all alike or by shares of the rows; a label without a share counts for
    nothing there. `sizes`: the rows of the smallest side. Added label by label: the bits of a group
    alone."""
    total, value, error = (np.zeros(len(shares[0])) for _ in range(3))
    for score, share in zip(labels, shares, strict=True):
        weight = share if average == "weighted" else np.ones(len(share))
        total += weight
        value += np.where(weight > 0.0, weight * as_floats(score.value), 0.0)
        error += np.where(weight > 0.0, weight * as_floats(score.error), 0.0)
    with np.errstate(all="ignore"):
        value, error = value / total, error / total
    lacking, reason = np.isnan(value), "a label has no rows, or all of them"
    return _scored(value, error, sizes, ((lacking, TOO_FEW_ROWS, reason),))


# --- on arrays ----------------------------------------------------------------------------


def roc_auc(
    target: object,
    score: object,
    *,
    average: str = "macro",
    multi_class: str = "raise",
    labels: Sequence[Any] | None = None,
    pos_label: Any = None,
    sample_weight: object = None,
    bootstrap: int = 0,
    seed: int = 0,
    threads: int | None = None,
) -> PerformanceResult:
    """Area under the ROC curve: how often a positive scores higher than a negative, ties half, with
    DeLong's interval. Status 'constant' where the target has one label. `score`: (n,) of the
    positive label (default: the larger), (n, K) of the K labels in sorted order, or a mapping from
    label to (n,). Of three labels or more `multi_class` says what is averaged: "ovr" each label
    against the rest, "ovo" each against each (Hand and Till 2001). `bootstrap`: so many Poisson
    resamples of the rows (seeded) give the interval, of two labels without weights. Equals
    `sklearn.metrics.roc_auc_score`.

    >>> from simdrift.metrics import performance
    >>> performance.roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).value
    0.75
    """
    made = score_predictions(target, score, sample_weight, labels, pos_label, threads)
    params: dict[str, Any] = {"average": _checked_average(average)}
    params |= resamples_asked(bootstrap, seed, made)
    if len(made.scores) > TWO:
        params["multi_class"] = _checked_scheme(multi_class)
        if multi_class == "ovo" and average == "micro":
            raise ValueError("average: expected 'macro' or 'weighted' with 'ovo', found 'micro'")
    return result("roc_auc", made, **params)


def average_precision(
    target: object,
    score: object,
    *,
    average: str = "macro",
    labels: Sequence[Any] | None = None,
    pos_label: Any = None,
    sample_weight: object = None,
    bootstrap: int = 0,
    seed: int = 0,
    threads: int | None = None,
) -> PerformanceResult:
    """Average precision: the sum of the precision at each score, descending, times the step of
    recall there, with its interval. Status 'constant' without a positive. `score` as in `roc_auc`;
    of three labels or more it is averaged. `bootstrap` as there. Equals
    `sklearn.metrics.average_precision_score`.

    >>> from simdrift.metrics import performance
    >>> round(performance.average_precision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).value, 6)
    0.833333
    """
    made = score_predictions(target, score, sample_weight, labels, pos_label, threads)
    params = resamples_asked(bootstrap, seed, made)
    return result("average_precision", made, average=_checked_average(average), **params)


@dataclass(frozen=True)
class DeLongResult:
    """Two scores of the same rows: their AUCs, the difference of the first and the second, its 95 %
    interval, and the p-value of no difference; None with a status. `n` rows took part."""

    auc_a: float | None
    auc_b: float | None
    difference: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None
    status: str = OK
    n: int = 0
    reason: str = ""


def delong(
    target: object,
    score_a: object,
    score_b: object,
    *,
    pos_label: Any = None,
    threads: int | None = None,
) -> DeLongResult:
    """Whether two scores of the same rows rank alike: DeLong's test for two correlated ROC curves
    (DeLong et al. 1988), over the rows in which target and both scores are there. Equals
    `pROC::roc.test(method = "delong", paired = TRUE)`.

    >>> from simdrift.metrics import performance
    >>> found = performance.delong([0, 0, 1, 1], [1, 3, 2, 4], [1, 2, 3, 4])
    >>> found.auc_a, found.auc_b, found.difference
    (0.75, 1.0, -0.25)
    """
    subjects = [
        score_predictions(target, score, None, None, pos_label, threads).subject(ScoreRanks)
        for score in (score_a, score_b)
    ]
    for subject in subjects:
        if isinstance(subject, Lacking):
            return DeLongResult(None, None, None, status=subject.status, reason=subject.reason)
    a, b = cast("list[ScoreRanks]", subjects)
    _, starts, stops = a.first.ranges
    found = _core.roc_pair_groups(
        a.target, a.first.whole.column, b.first.whole.column, starts, stops, a.binary, threads
    )
    pair = {name: own.item() for name, own in cast("Ranks", found).items()}
    return _compared(pair, int(stops[0] - starts[0]))


def _compared(pair: Mapping[str, Any], rows: int) -> DeLongResult:
    """The test of the placements' sums."""
    n = pair["positives"] + pair["negatives"]
    if n == 0:
        return DeLongResult(None, None, None, status=ALL_NULL if rows else EMPTY)
    if 0 in (pair["positives"], pair["negatives"]):
        reason = "the target has one label"
        return DeLongResult(None, None, None, status=CONSTANT, n=n, reason=reason)
    a, b = pair["auc"], pair["other_auc"]
    difference = a - b
    if 1 in (pair["positives"], pair["negatives"]):
        return DeLongResult(a, b, difference, n=n, reason="a label has one row: no interval")
    error = max(pair["variance"] + pair["other_variance"] - 2.0 * pair["covariance"], 0.0) ** 0.5
    p = 1.0 if difference == 0.0 else 0.0
    if error > 0.0:
        p = float(2.0 * special().ndtr(-abs(difference) / error))
    low, high = difference - NORMAL_975 * error, difference + NORMAL_975 * error
    return DeLongResult(a, b, difference, max(low, -1.0), min(high, 1.0), p, n=n)
