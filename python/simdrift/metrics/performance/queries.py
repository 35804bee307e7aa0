"""Items of queries over groups: the subject of rankings, and what its parameters may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift.catalogue.metric import Param
from simdrift.metrics.cached import cached
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.numbers import as_array
from simdrift.metrics.performance.predictions import NUMBERS, ONE_SCORE, Lacking, Predictions
from simdrift.metrics.performance.target_pair import Sums, row_weights
from simdrift.metrics.stacked import Arrays
from simdrift.metrics.values import NOT_APPLICABLE
from simdrift.metrics.weights import TableWeights

GAINS = ("linear", "exponential")
TIES = ("average", "ignore")


class Queries:
    """Relevance, score and query of the same rows."""

    def __init__(
        self,
        relevance: ColumnGroups,
        score: ColumnGroups,
        query: ColumnGroups,
        weights: TableWeights | None = None,
    ) -> None:
        self.relevance, self.score, self.query = relevance, score, query
        self.weights = row_weights(weights)
        self._values: dict[tuple[Any, ...], Sums] = {}

    @classmethod
    def of(cls, predictions: Predictions) -> Self | Lacking:
        """The queries, or what they lack: a role, or numbers."""
        relevance, query = predictions.target, predictions.query
        score = predictions.scores.get(ONE_SCORE)
        if relevance is None or query is None or score is None:
            given = {"target": relevance, "score": score, "query": query}
            return Lacking.role(next(role for role, column in given.items() if column is None))
        for column in (relevance, score, query):
            if column.whole.refused is not None:
                return Lacking.refused(column)
        for column in (relevance, score):
            if column.whole.value_kind not in NUMBERS:
                found = f"{column.name}: expected numbers, found {column.whole.type}"
                return Lacking(NOT_APPLICABLE, found)
        return cls(relevance, score, query, predictions.weights)

    @cached
    def codes(self) -> NDArray[np.int32]:
        """The query of each row."""
        return _core.query_codes(self.query.whole.column, threads=self.relevance.threads)

    def values(
        self,
        k: int | None = None,
        *,
        threshold: float = 0.0,
        beta: float = 1.0,
        gain: str = "linear",
        ties: str = "average",
    ) -> Sums:
        """Means over the queries of each group, as `_core.ranking_groups` has them; scores with
        the same options share a pass."""
        key = k, threshold, beta, gain, ties
        if key not in self._values:
            column, starts, stops = self.relevance.ranges
            found = _core.ranking_groups(
                column,
                self.score.whole.column,
                self.codes,
                starts,
                stops,
                self.weights,
                k or 0,
                threshold,
                beta,
                gain == GAINS[1],
                ties == TIES[1],
                threads=self.relevance.threads,
            )
            self._values[key] = self._numbers(cast("Arrays", found))
        return self._values[key]

    @property
    def n(self) -> NDArray[np.int64]:
        """The queries that have a row that takes part."""
        sums = next(iter(self._values.values())) if self._values else self.values()
        return as_array(sums["queries"]).astype(np.int64, copy=False)

    def _numbers(self, sums: Mapping[str, NDArray[Any]]) -> Sums:
        return {name: own[0] for name, own in sums.items()} if len(self.relevance) == 1 else sums


# --- parameters ------------------------------------------------------------------------


def checked_k(value: int | None) -> int | None:
    """None (all ranks), or a number of ranks from 1 on; else TypeError or ValueError."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"k: expected a number of ranks (int) or None, found {value!r}")
    if value < 1:
        raise ValueError(f"k: expected 1 rank or more, found {value}")
    return int(value)


def checked_gain(value: str) -> str:
    """One of `GAINS`, else ValueError."""
    return _one_of("gain", value, GAINS)


def checked_ties(value: str) -> str:
    """One of `TIES`, else ValueError."""
    return _one_of("ties", value, TIES)


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        names = " or ".join(repr(one) for one in known)
        raise ValueError(f"{name}: expected {names}, found {value!r}")
    return value


def _checked_number(name: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name}: expected a number, found {type(value).__name__}")
    if not np.isfinite(value):
        raise ValueError(f"{name}: expected a finite number, found {value!r}")
    return float(value)


def checked_relevant(value: float) -> float:
    """A finite number, else TypeError or ValueError."""
    return _checked_number("threshold", value)


def checked_beta(value: float) -> float:
    """A finite number above 0, else TypeError or ValueError."""
    beta = _checked_number("beta", value)
    if beta <= 0.0:
        raise ValueError(f"beta: expected a number above 0, found {value!r}")
    return beta


ALL_RANKS = Param("k", None, "ranks that count; None: all", checked_k)
FIRST_RANKS = Param("k", 10, "ranks that count; None: all", checked_k)
RELEVANT = Param("threshold", 0.0, "an item is relevant where it is above", checked_relevant)
BETA = Param("beta", 1.0, "how many times recall counts as much as precision", checked_beta)
GAIN = Param("gain", GAINS[0], "'linear', or 'exponential': 2^relevance - 1", checked_gain)
EQUAL_SCORES = Param("ties", TIES[0], "'average', or 'ignore': in the order of rows", checked_ties)
