"""Probabilities against what came true: log loss, Brier score and calibration.

Scores are the probability of one label (the positive one), or a probability a label. Over the rows
whose target is one of the labels and whose probabilities are there; a probability outside [0, 1]
leaves the group without a value. Probabilities of 0 and 1 count as the dtype's epsilon away from
them, as in scikit-learn: a loss is finite.

Intervals (95 %): of the logarithm of the mean loss, by Student's law; with weights rows are as many
as Kish's effective size says. Those of calibration errors are in `calibration_ends.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Floats
from simdrift.catalogue.metric import Metric, Param
from simdrift.metrics.cached import cached
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.nulls.special import special
from simdrift.metrics.numbers import Numbers, as_array, as_floats, at_least, at_most, where
from simdrift.metrics.performance.calibration_ends import (
    ends_of_largest,
    ends_of_mean,
    gap_errors,
)
from simdrift.metrics.performance.label_table import (
    LeftOut,
    TargetLabels,
    has_plain_labels,
    is_number,
    scored_target,
)
from simdrift.metrics.performance.predictions import ONE_SCORE, Lacking, Predictions
from simdrift.metrics.performance.score_arrays import score_predictions
from simdrift.metrics.performance.scoring import PerformanceResult, Reason, Score, result, scores
from simdrift.metrics.values import NOT_APPLICABLE

__all__ = ["CalibrationCurve", "brier", "calibration_curve", "ece", "log_loss", "mce"]

LEVEL = 0.975
"""Upper end of the intervals: 95 %."""
BINS = 15
"""Bins of the calibration errors, as torchmetrics has them."""
MOST_BINS = 1000
STRATEGIES = ("uniform", "quantile")
EPSILONS = {"float16": 2.0**-10, "float32": 2.0**-23}
"""The distance of a type's 1 from the next number; 2^-52 of any other."""
MOST_REASONS = 20
"""More different counts of rows are not given one by one."""

Sums = Mapping[str, Numbers]
"""`_core.LogLossGroupsDict` of each group of rows."""
Bins = int | Sequence[float]
"""How many bins, or their inner edges, ascending."""


@dataclass(frozen=True)
class CalibrationBins:
    """(G, B) of each group and bin: rows, and sums of weights, probabilities and targets."""

    rows: NDArray[np.int64]
    weight: Floats
    sum_p: Floats
    sum_y: Floats

    @property
    def gaps(self) -> Floats:
        """(G, B) |mean probability - share of the target|; 0 of an empty bin."""
        empty = self.weight == 0.0
        difference = np.abs(self.sum_y - self.sum_p)
        return np.divide(difference, self.weight, out=np.zeros_like(difference), where=~empty)

    def errors(self, per_row: Floats) -> Floats:
        """(G, B) standard errors of the gaps; `per_row`: the weight of one effective row."""
        with np.errstate(all="ignore"):
            share = np.nan_to_num(self.sum_y / self.weight)
            size = np.nan_to_num(self.weight / per_row[:, np.newaxis])
        return gap_errors(size, share)


class Probabilities:
    """Codes of the target and columns of probabilities over the same groups: one column, of the
    code 1, or one a code."""

    def __init__(
        self,
        target: _core.Column,
        probabilities: Sequence[ColumnGroups],
        weights: Floats | None = None,
    ) -> None:
        self.target, self.probabilities, self.weights = target, tuple(probabilities), weights
        self._bins: dict[tuple[Bins, str], CalibrationBins] = {}
        self.left_out: LeftOut | None = None

    @classmethod
    def of(cls, predictions: Predictions) -> Self | Lacking:
        """The subject, or what it lacks: a role, numbers, or two labels."""
        target = scored_target(predictions, "probabilities")
        if isinstance(target, Lacking):
            return target
        given = predictions.scores
        weights = predictions.weights
        values = None if weights is None else _scaled(weights.values)
        if (
            list(given) == [ONE_SCORE]
            and has_plain_labels(predictions.settings)
            and is_number(target)
        ):
            # targets of 0 and 1 are their own codes; others are seen while losses are summed
            made = cls(target.whole.column, tuple(given.values()), values)
            if not np.any(made.sums["other"]):
                return made
        found = predictions.subject(TargetLabels)
        if isinstance(found, Lacking):
            return found
        made = cls(found.column, tuple(given.values()), values)
        made.left_out = found.left_out
        return made

    @property
    def first(self) -> ColumnGroups:
        """One of the columns: all have the same groups."""
        return self.probabilities[0]

    @cached
    def sums(self) -> Sums:
        """Sums of losses and Brier scores; of one group NumPy's numbers."""
        _, starts, stops = self.first.ranges
        least = max(EPSILONS.get(p.whole.type, 2.0**-52) for p in self.probabilities)
        sums = _core.log_loss_groups(
            self.target,
            [p.whole.column for p in self.probabilities],
            starts,
            stops,
            least,
            1e-8 + float(np.sqrt(least)),
            self.weights,
            threads=self.first.threads,
        )
        named = cast("Mapping[str, NDArray[Any]]", sums)
        return {name: own[0] for name, own in named.items()} if len(self.first) == 1 else named

    @cached
    def per_row(self) -> Floats:
        """(G,) what one row of Kish's effective number weighs."""
        with np.errstate(all="ignore"):
            return as_floats(self.sums["weight_squares"] / self.sums["weight"])

    @cached
    def n(self) -> NDArray[np.int64]:
        """The rows that have a target and probabilities, those outside [0, 1] too."""
        rows = as_array(self.sums["n"] + self.sums["outside"])
        return rows.astype(np.int64, copy=False)

    @cached
    def refusals(self) -> tuple[Reason, ...]:
        """Where rows have probabilities outside [0, 1]."""
        found = _counted(self.sums["outside"], "rows have probabilities outside [0, 1]")
        return tuple((mask, NOT_APPLICABLE, words) for mask, words in found)

    @cached
    def notes(self) -> tuple[tuple[Numbers, str], ...]:
        """Where a value is to be read with care: rows whose probabilities do not sum to 1."""
        if len(self.probabilities) == 1:
            return ()
        return tuple(_counted(self.sums["not_one"], "rows do not sum to 1 over the labels"))

    @cached
    def calibrated(self) -> tuple[_core.Column, ColumnGroups]:
        """What a calibration is of: 0 or 1 and the probability of 1; of several labels whether the
        likeliest came true, and its probability."""
        if len(self.probabilities) == 1:
            return self.target, self.first
        rows = [p.whole.column.to_float64() for p in self.probabilities]
        if len(rows) == 2:
            return self.target, self.probabilities[1]
        most, best = rows[0], np.zeros(len(rows[0]))
        for code, p in enumerate(rows[1:], 1):
            best = np.where(p > most, float(code), best)
            most = np.maximum(p, most)
        codes = self.target.to_float64()
        known = (codes >= 0.0) & (codes < len(rows))
        correct = np.where(known, codes == best, np.nan)
        confidence = ColumnGroups(
            "confidence", _core.Column.from_numpy(most), self._groups, threads=self.first.threads
        )
        return _core.Column.from_numpy(correct), confidence

    @property
    def _groups(self) -> Any:
        return self.first.groups

    def bins(self, bins: Bins, strategy: str) -> CalibrationBins:
        """The rows by bins (a, b] of their probability, as many of equal width or at the group's
        quantiles, or between inner edges."""
        target, p = self.calibrated
        key = (bins if isinstance(bins, int) else tuple(bins), strategy)
        if key in self._bins:
            return self._bins[key]
        count, edges = _edges(bins, strategy, p)
        _, starts, stops = p.ranges
        found = _core.calibration_groups(
            target,
            [p.whole.column],
            starts,
            stops,
            edges,
            count,
            self.weights,
            threads=p.threads,
        )
        self._bins[key] = CalibrationBins(*found)
        return self._bins[key]


def _counted(rows: Numbers, what: str) -> Iterator[tuple[Numbers, str]]:
    """The groups that have such rows, with how many: without numbers where they differ much."""
    counts = as_array(rows)
    different = np.unique(counts[counts > 0]).tolist()
    if len(different) > MOST_REASONS:
        yield counts > 0, what
        return
    for count in different:
        yield counts == count, f"{count:,} {what}"


def _scaled(weights: Floats) -> Floats:
    """Weights less a power of two, so that no square is out of range."""
    most = float(weights.max(initial=0.0))
    return np.ldexp(weights, -int(np.frexp(most)[1]))


def _edges(bins: Bins, strategy: str, p: ColumnGroups) -> tuple[int, Floats]:
    """How many bins, and their inner edges: of all groups, or of each."""
    if not isinstance(bins, int):
        return len(bins) + 1, np.asarray(bins, float)
    inner = np.linspace(0.0, 1.0, bins + 1)[1:-1]
    if strategy == "uniform":
        return bins, inner
    if not len(inner):
        return bins, inner
    return bins, np.ascontiguousarray(p.quantiles(inner.tolist())).ravel()


def _checked_bins(bins: Bins) -> Bins:
    """A number of bins, or inner edges between 0 and 1 in ascending order."""
    if isinstance(bins, (bool, str)) or not isinstance(bins, (int, Sequence, np.ndarray)):
        raise TypeError(f"bins: expected an int or inner edges, found {bins!r}")
    if isinstance(bins, int):
        if not 1 <= bins <= MOST_BINS:
            raise ValueError(f"bins: expected 1 to {MOST_BINS:,}, found {bins}")
        return bins
    edges = tuple(float(edge) for edge in bins)
    ascending = all(a < b for a, b in zip((0.0, *edges), (*edges, 1.0), strict=True))
    if not edges or not ascending or len(edges) >= MOST_BINS:
        raise ValueError(
            f"bins: expected at most {MOST_BINS - 1} edges between 0 and 1, ascending, "
            f"found {list(edges)}"
        )
    return edges


def _checked_strategy(strategy: str) -> str:
    """'uniform' or 'quantile'."""
    if strategy not in STRATEGIES:
        raise ValueError(f"strategy: expected 'uniform' or 'quantile', found {strategy!r}")
    return strategy


PARAMS = (
    Param("bins", BINS, "how many bins, or their inner edges", _checked_bins),
    Param("strategy", "uniform", "bins of equal width, or at quantiles", _checked_strategy),
)


def _loss(name: str, title: str, formula: str, source: str, **rest: Any) -> Metric:
    """The record of `performance.<name>`."""
    rest = {"better": "lower", "bounds": (0.0, 1.0), **rest}
    return Metric(
        name=f"performance.{name}",
        title=title,
        group="probabilities",
        formula=formula,
        source=source,
        kinds=("pair",),
        needs_values=False,
        statuses=("empty", "all_null"),
        **rest,
    )


@scores(
    Probabilities,
    _loss(
        "log_loss",
        "log loss",
        "mean of -ln(probability of what came true), held between the type's epsilon and 1 less "
        "it, 95 % interval",
        "sklearn.metrics.log_loss",
        bounds=(0.0, None),
        watched=True,
        relative=True,
    ),
)
def _log_loss(subject: Probabilities) -> Score:
    return _mean_of(subject, "loss", np.inf)


@scores(
    Probabilities,
    _loss(
        "brier",
        "Brier score",
        "mean of (probability - 1 where it came true, else - 0)^2; of three labels or more summed "
        "over them, 95 % interval",
        "sklearn.metrics.brier_score_loss",
        bounds=(0.0, 2.0),
        watched=True,
        relative=True,
    ),
)
def _brier(subject: Probabilities) -> Score:
    classes = len(subject.probabilities)
    score = _mean_of(subject, "brier", 1.0 if classes == 1 else 2.0)
    return _halved(score) if classes == 2 else score


def _halved(score: Score) -> Score:
    """Two labels: both errors are the same one."""
    low, high = cast("tuple[Numbers, Numbers]", score.ends)
    error = cast("Numbers", score.error)
    return score._replace(value=score.value / 2, ends=(low / 2, high / 2), error=error / 2)


def _mean_of(subject: Probabilities, name: str, most: float) -> Score:
    """The mean of a loss, with the interval of its logarithm."""
    s = subject.sums
    weight = s["weight"]
    with np.errstate(all="ignore"):
        mean = s[name] / weight
        size = weight * (weight / s["weight_squares"])
        variance = at_least(0.0, s[f"{name}_squares"] / weight - mean * mean)
        few = size <= 1.0
        error = where(few, np.nan, np.sqrt(variance / (size - 1.0)))
        half = where(few, np.nan, special().stdtrit(at_least(1e-9, size - 1.0), LEVEL) * error)
        factor = np.exp(where(mean > 0.0, half / mean, half))
        ends = mean / factor, at_most(most, mean * factor)
    return Score(mean, ends, subject.refusals, error=error, notes=subject.notes)


@scores(
    Probabilities,
    _loss(
        "ece",
        "expected calibration error",
        "mean over the rows of |mean probability - share that came true| of their bin (a, b]; of "
        "three labels or more of the likeliest one",
        "torchmetrics.classification.BinaryCalibrationError, norm l1",
        params=PARAMS,
    ),
)
def _ece(subject: Probabilities, *, bins: Bins = BINS, strategy: str = "uniform") -> Score:
    found = subject.bins(bins, strategy)
    total, weight = np.zeros(len(found.rows)), np.zeros(len(found.rows))
    for place in range(found.rows.shape[1]):  # in order: the bits of a group alone
        total += np.abs(found.sum_y[:, place] - found.sum_p[:, place])
        weight += found.weight[:, place]
    with np.errstate(all="ignore"):
        shares = found.weight / weight[:, np.newaxis]
        value = total / weight
    ends = ends_of_mean(found.gaps, found.errors(subject.per_row), np.nan_to_num(shares))
    return _of_bins(subject, value, ends)


@scores(
    Probabilities,
    _loss(
        "mce",
        "largest calibration error",
        "max over the bins (a, b] of |mean probability - share that came true|",
        "torchmetrics.classification.BinaryCalibrationError, norm max",
        params=PARAMS,
    ),
)
def _mce(subject: Probabilities, *, bins: Bins = BINS, strategy: str = "uniform") -> Score:
    found = subject.bins(bins, strategy)
    most = np.max(found.gaps, axis=1, initial=0.0)
    return _of_bins(subject, most, ends_of_largest(found.gaps, found.errors(subject.per_row)))


def _of_bins(subject: Probabilities, value: Floats, ends: tuple[Floats, Floats, Floats]) -> Score:
    low, high, error = ends if len(value) > 1 else (own[0] for own in ends)
    value = value if len(value) > 1 else value[0]
    ends_ = (at_most(1.0, low), at_most(1.0, high))
    return Score(value, ends_, subject.refusals, error=error, notes=subject.notes)


# --- on arrays ----------------------------------------------------------------------------


def log_loss(
    target: object,
    score: object,
    *,
    sample_weight: object = None,
    labels: Sequence[Any] | None = None,
    pos_label: Any = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Mean of -ln(probability of what came true), with its interval. `score`: (n,) probabilities of
    the positive label (default: the larger), (n, K) of the K labels in sorted order, or a mapping
    from label to (n,). Equals `sklearn.metrics.log_loss`.

    >>> from simdrift.metrics import performance
    >>> round(performance.log_loss([1, 0, 1], [0.9, 0.1, 0.9]).value, 6)
    0.105361
    """
    made = score_predictions(target, score, sample_weight, labels, pos_label, threads)
    return result("log_loss", made)


def brier(
    target: object,
    score: object,
    *,
    sample_weight: object = None,
    labels: Sequence[Any] | None = None,
    pos_label: Any = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Mean squared distance of the probability from 1 where it came true and from 0 elsewhere, with
    its interval; of three labels or more summed over them. `score` as in `log_loss`. Equals
    `sklearn.metrics.brier_score_loss`.

    >>> from simdrift.metrics import performance
    >>> round(performance.brier(["y", "n"], [0.5, 0.25]).value, 6)
    0.15625
    """
    made = score_predictions(target, score, sample_weight, labels, pos_label, threads)
    return result("brier", made)


def ece(
    target: object,
    score: object,
    *,
    bins: Bins = BINS,
    strategy: str = "uniform",
    sample_weight: object = None,
    labels: Sequence[Any] | None = None,
    pos_label: Any = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Expected calibration error (Guo et al. 2017): the mean over the rows of the distance between
    mean probability and share that came true in their bin. `bins`: how many, of equal width or with
    strategy="quantile" of equal numbers of rows; or inner edges. Of three labels or more it is of
    the likeliest label. `score` as in `log_loss`.

    >>> from simdrift.metrics import performance
    >>> round(performance.ece([1, 0, 1, 1], [0.75, 0.75, 0.75, 0.75]).value, 6)
    0.0
    """
    made = score_predictions(target, score, sample_weight, labels, pos_label, threads)
    params = {"bins": _checked_bins(bins), "strategy": _checked_strategy(strategy)}
    return result("ece", made, **params)


def mce(
    target: object,
    score: object,
    *,
    bins: Bins = BINS,
    strategy: str = "uniform",
    sample_weight: object = None,
    labels: Sequence[Any] | None = None,
    pos_label: Any = None,
    threads: int | None = None,
) -> PerformanceResult:
    """The largest distance between mean probability and share that came true over the bins of
    `ece`, whose parameters it has.

    >>> from simdrift.metrics import performance
    >>> round(performance.mce([1, 0, 1, 0], [0.75, 0.75, 0.1, 0.1], bins=2).value, 6)
    0.4
    """
    made = score_predictions(target, score, sample_weight, labels, pos_label, threads)
    params = {"bins": _checked_bins(bins), "strategy": _checked_strategy(strategy)}
    return result("mce", made, **params)


@dataclass(frozen=True)
class CalibrationCurve:
    """Of each bin that has rows: the share that came true, the mean probability, and the rows."""

    prob_true: Floats
    prob_pred: Floats
    n: NDArray[np.int64]


def calibration_curve(
    target: object,
    score: object,
    *,
    pos_label: Any = None,
    n_bins: Bins = 5,
    strategy: str = "uniform",
    sample_weight: object = None,
    threads: int | None = None,
) -> CalibrationCurve:
    """Share that came true against mean probability, of the bins that have rows; probabilities (n,)
    of the positive label. Equals `sklearn.calibration.calibration_curve`. Empty where the columns
    hold no labels or probabilities.

    >>> from simdrift.metrics import performance
    >>> curve = performance.calibration_curve([0, 1, 1, 1], [0.25, 0.25, 0.75, 0.75], n_bins=2)
    >>> curve.prob_true.tolist(), curve.prob_pred.tolist(), curve.n.tolist()
    ([0.5, 1.0], [0.25, 0.75], [2, 2])
    """
    made = score_predictions(target, score, sample_weight, None, pos_label, threads)
    subject = made.subject(Probabilities)
    bins, strategy = _checked_bins(n_bins), _checked_strategy(strategy)
    if isinstance(subject, Lacking):
        none = np.zeros(0)
        return CalibrationCurve(none, none, none.astype(np.int64))
    found = subject.bins(bins, strategy)
    has_rows = found.rows[0] > 0
    of_bin = partial(np.compress, has_rows)
    weight = of_bin(found.weight[0])
    return CalibrationCurve(
        of_bin(found.sum_y[0]) / weight, of_bin(found.sum_p[0]) / weight, of_bin(found.rows[0])
    )
