"""Expected confusion counts of groups of rows, and what follows from them.

A row that is predicted as j and is of label i with probability p_i adds p_i to the cell (i, j).
With probabilities of 0 and 1, which are targets, these are the counts themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Floats
from simdrift.metrics.cached import cached
from simdrift.metrics.estimate.ranking import Ranked, ranked
from simdrift.metrics.groups import Groups


@dataclass(eq=False)
class Rows:
    """What is known of rows, over groups: (K, n) scores, one of the positive label or one a label;
    the code of the prediction, and of the target where it is known; NaN is missing."""

    scores: Floats
    predictions: Floats
    targets: Floats | None
    groups: Groups
    labels: tuple[Any, ...] = ()
    threads: int | None = None

    @property
    def codes(self) -> range:
        """The codes that have a score."""
        return range(1, 2) if len(self.scores) == 1 else range(len(self.scores))

    @cached
    def takes_part(self) -> NDArray[np.bool_]:
        """(n,) rows with all scores and a prediction."""
        return ~np.isnan(self.scores).any(axis=0) & ~np.isnan(self.predictions)

    @cached
    def has_target(self) -> NDArray[np.bool_]:
        """(n,) of them, rows with a target."""
        assert self.targets is not None
        return self.takes_part & ~np.isnan(self.targets)

    @cached
    def realized(self) -> Expected:
        """With the targets as probabilities of 0 and 1."""
        assert self.targets is not None
        one = np.stack([(self.targets == code).astype(float) for code in self.codes])
        return Expected(self, one, self.has_target)


class Expected:
    """Rows that come true with these probabilities (K, n), over groups."""

    def __init__(self, rows: Rows, p: Floats, takes_part: NDArray[np.bool_]) -> None:
        self.rows, self.p, self.takes_part = rows, p, takes_part
        length = len(takes_part)
        self.starts, self.stops = rows.groups.starts, rows.groups.ends(length)

    def sums(self, values: Floats) -> Floats:
        """(G,) sums over the rows that take part, with the bits of each group alone."""
        column = _core.Column.from_numpy(np.where(self.takes_part, values, np.nan))
        found = _core.profile_groups(column, self.starts, self.stops, self.rows.threads)
        return found["sum"]

    def _each(self, values: Callable[[int], Floats]) -> Floats:
        """(G, K) sums of what each label has."""
        return np.stack([self.sums(values(k)) for k in range(len(self.p))], axis=1)

    @cached
    def n(self) -> Floats:
        """(G,) rows that take part."""
        return self.sums(np.ones(len(self.takes_part)))

    @cached
    def predicted(self) -> Floats:
        """(G, K) rows that are predicted as each label."""
        codes = self.rows.codes
        return self._each(lambda k: (self.rows.predictions == codes[k]).astype(float))

    @cached
    def expected(self) -> Floats:
        """(G, K) rows that are expected to be of each label."""
        return self._each(lambda k: self.p[k])

    @cached
    def true_positives(self) -> Floats:
        """(G, K)"""
        codes = self.rows.codes
        return self._each(lambda k: np.where(self.rows.predictions == codes[k], self.p[k], 0.0))

    @cached
    def false_positives(self) -> Floats:
        """(G, K)"""
        return np.maximum(self.predicted - self.true_positives, 0.0)

    @cached
    def false_negatives(self) -> Floats:
        """(G, K)"""
        return np.maximum(self.expected - self.true_positives, 0.0)

    @cached
    def true_negatives(self) -> Floats:
        """(G, K)"""
        return np.maximum(self.n[:, np.newaxis] - self.predicted - self.false_negatives, 0.0)

    def cell(self, target: int, prediction: int) -> Floats:
        """(G,) rows of one label that are predicted as another one."""
        return self.sums(np.where(self.rows.predictions == prediction, self.p[target], 0.0))

    @cached
    def ranked(self) -> list[list[Ranked]]:
        """Of each group, each label's ranking: a loop over groups."""
        return [
            [self._ranked(k, int(start), int(stop)) for k in range(len(self.p))]
            for start, stop in zip(self.starts, self.stops, strict=True)
        ]

    def _ranked(self, k: int, start: int, stop: int) -> Ranked:
        used = self.takes_part[start:stop]
        return ranked(self.p[k, start:stop][used], self.rows.scores[k, start:stop][used])

    @cached
    def has_one_label(self) -> NDArray[np.bool_]:
        """(G,) groups whose rows are all of one label."""
        expected = self.expected
        if expected.shape[1] == 1:
            return np.asarray((expected[:, 0] == 0.0) | (expected[:, 0] == self.n))
        return np.asarray((expected > 0.0).sum(axis=1) <= 1)

    @cached
    def has_one_prediction(self) -> NDArray[np.bool_]:
        """(G,) groups whose rows are all predicted alike."""
        predicted = self.predicted
        if predicted.shape[1] == 1:
            return np.asarray((predicted[:, 0] == 0.0) | (predicted[:, 0] == self.n))
        return np.asarray((predicted > 0.0).sum(axis=1) <= 1)


def mean_of_labels(values: Floats) -> Floats:
    """(G,) mean over the labels (G, K), each group's in order."""
    total = np.zeros(len(values))
    for k in range(values.shape[1]):
        total += values[:, k]
    return np.asarray(total / values.shape[1])


def share(part: Floats, whole: Floats) -> Floats:
    """part / whole, 0 of nothing."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0.0)


def roc_auc(e: Expected) -> Floats:
    """(G,) of the positive label, or the mean of each label against the rest."""
    return mean_of_labels(np.array([[one.roc_auc for one in own] for own in e.ranked], float))


def average_precision(e: Expected) -> Floats:
    """(G,) likewise."""
    return mean_of_labels(
        np.array([[one.average_precision for one in own] for own in e.ranked], float)
    )


def stepwise_precision(e: Expected) -> Floats:
    """(G,) average precision as scikit-learn has it: rows with one score are one step."""
    return mean_of_labels(np.array([[one.stepwise for one in own] for own in e.ranked], float))


def precision(e: Expected) -> Floats:
    """(G,)"""
    return mean_of_labels(share(e.true_positives, e.predicted))


def recall(e: Expected) -> Floats:
    """(G,)"""
    return mean_of_labels(share(e.true_positives, e.expected))


def specificity(e: Expected) -> Floats:
    """(G,)"""
    return mean_of_labels(share(e.true_negatives, e.true_negatives + e.false_positives))


def f1(e: Expected) -> Floats:
    """(G,)"""
    wrong = e.false_positives + e.false_negatives
    return mean_of_labels(share(e.true_positives, e.true_positives + 0.5 * wrong))


def accuracy(e: Expected) -> Floats:
    """(G,) share of rows whose prediction is expected to be right."""
    right = mean_of_labels(e.true_positives) * e.true_positives.shape[1]
    if e.true_positives.shape[1] == 1:
        right = right + e.true_negatives[:, 0]
    with np.errstate(all="ignore"):
        return np.asarray(right / e.n)
