"""Rankings by query: how well scores order the items of each, by their relevance.

The items of a query are its rows, which need not lie together; they are ranked by their scores,
highest first. A value is the mean over the queries, each of which weighs the mean of its rows'
weights; n is the number of queries. A row takes part where it has a query, a finite relevance and a
score. A query without a relevant item counts as 0, as in scikit-learn. Items of one score: a value
is its mean over all their orders (McSherry and Najork, ECIR 2008), as scikit-learn takes it for
DCG, so no value depends on the order of rows; `ties="ignore"` ranks them in that order.

Intervals (95 %) are Student's of a mean over queries, from 30 queries on; Wilson's for hit_rate.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simdrift.catalogue.metric import Metric
from simdrift.metrics.numbers import as_array, at_least, at_most, number_or_array, where
from simdrift.metrics.performance.counts import wilson
from simdrift.metrics.performance.predictions import ONE_SCORE, arrays
from simdrift.metrics.performance.queries import (
    ALL_RANKS,
    BETA,
    EQUAL_SCORES,
    FIRST_RANKS,
    GAIN,
    RELEVANT,
    Queries,
)
from simdrift.metrics.performance.scoring import (
    PerformanceResult,
    Score,
    result,
    score_function,
    scores,
)
from simdrift.metrics.performance.target_pair import Sums, half_width, kish
from simdrift.metrics.registry import records_of
from simdrift.metrics.values import NOT_APPLICABLE

FEWEST_QUERIES = 30
"""Queries from which on the mean over them is about normal."""
NEGATIVE = "a relevance is below 0: there is no ideal ranking to compare with"

__all__ = [
    "dcg",
    "fbeta_at_k",
    "hit_rate",
    "map",
    "mrr",
    "ndcg",
    "precision_at_k",
    "recall_at_k",
]


# --- scores ----------------------------------------------------------------------------


def _record(name: str, title: str, formula: str, source: str, **rest: Any) -> Metric:
    """The record of `performance.<name>`, by default a share that is better the higher. A mean
    over queries."""
    rest = {"unit": "share", "bounds": (0.0, 1.0), **rest}
    return Metric(
        name=f"performance.{name}",
        title=title,
        group="ranking",
        formula=formula,
        source=source,
        kinds=("pair",),
        needs_values=False,
        better="higher",
        statuses=("empty", "all_null"),
        **rest,
    )


def _mean(sums: Sums, name: str, bounds: tuple[float, float] = (0.0, 1.0)) -> Score:
    """A mean over queries, with the interval and the error of one."""
    value, weight = sums[name], sums["weight"]
    size = kish(weight, sums["weight_squares"])
    error = np.sqrt(at_least(0.0, sums[f"{name}_m2"]) / weight / (size - 1.0))
    error = where(size < FEWEST_QUERIES, np.nan, error)
    width = half_width(error, size)
    ends = at_least(bounds[0], value - width), at_most(bounds[1], value + width)
    return Score(value, ends, error=error)


@scores(
    Queries,
    _record(
        "ndcg",
        "nDCG",
        "DCG / DCG of the items by relevance, 0 where that is 0",
        "sklearn.metrics.ndcg_score",
        params=(ALL_RANKS, GAIN, EQUAL_SCORES),
        leads=True,
        watched=True,
    ),
)
def _ndcg(
    queries: Queries,
    *,
    k: int | None = None,
    gain: str = "linear",
    ties: str = "average",
) -> Score:
    sums = queries.values(k, gain=gain, ties=ties)
    none = (sums["negative"] > 0, NOT_APPLICABLE, NEGATIVE)
    return _mean(sums, "ndcg")._replace(without=(none,))


@scores(
    Queries,
    _record(
        "dcg",
        "DCG",
        "sum of gain / log2(1 + rank) over the first k ranks",
        "sklearn.metrics.dcg_score",
        unit="",
        bounds=(None, None),
        params=(ALL_RANKS, GAIN, EQUAL_SCORES),
    ),
)
def _dcg(
    queries: Queries,
    *,
    k: int | None = None,
    gain: str = "linear",
    ties: str = "average",
) -> Score:
    sums = queries.values(k, gain=gain, ties=ties)
    return _mean(sums, "dcg", (-np.inf, np.inf))


@scores(
    Queries,
    _record(
        "map",
        "MAP",
        "sum of precision at the ranks of relevant items among the first k / relevant items",
        "ranx map",
        params=(ALL_RANKS, RELEVANT, EQUAL_SCORES),
    ),
)
def _map(
    queries: Queries,
    *,
    k: int | None = None,
    threshold: float = 0.0,
    ties: str = "average",
) -> Score:
    return _mean(queries.values(k, threshold=threshold, ties=ties), "average_precision")


@scores(
    Queries,
    _record(
        "mrr",
        "MRR",
        "1 / rank of the first relevant item among the first k, 0 without one",
        "ranx mrr",
        params=(ALL_RANKS, RELEVANT, EQUAL_SCORES),
    ),
)
def _mrr(
    queries: Queries,
    *,
    k: int | None = None,
    threshold: float = 0.0,
    ties: str = "average",
) -> Score:
    return _mean(queries.values(k, threshold=threshold, ties=ties), "reciprocal_rank")


@scores(
    Queries,
    _record(
        "precision_at_k",
        "precision at k",
        "relevant items among the first k / k",
        "ranx precision",
        params=(FIRST_RANKS, RELEVANT, EQUAL_SCORES),
    ),
)
def _precision_at_k(
    queries: Queries,
    *,
    k: int | None = 10,
    threshold: float = 0.0,
    ties: str = "average",
) -> Score:
    return _mean(queries.values(k, threshold=threshold, ties=ties), "precision")


@scores(
    Queries,
    _record(
        "recall_at_k",
        "recall at k",
        "relevant items among the first k / relevant items",
        "ranx recall",
        params=(FIRST_RANKS, RELEVANT, EQUAL_SCORES),
    ),
)
def _recall_at_k(
    queries: Queries,
    *,
    k: int | None = 10,
    threshold: float = 0.0,
    ties: str = "average",
) -> Score:
    return _mean(queries.values(k, threshold=threshold, ties=ties), "recall")


@scores(
    Queries,
    _record(
        "hit_rate",
        "hit rate",
        "share of queries with a relevant item among the first k",
        "ranx hit_rate",
        params=(FIRST_RANKS, RELEVANT, EQUAL_SCORES),
    ),
)
def _hit_rate(
    queries: Queries,
    *,
    k: int | None = 10,
    threshold: float = 0.0,
    ties: str = "average",
) -> Score:
    sums = queries.values(k, threshold=threshold, ties=ties)
    value, size = sums["hit"], kish(sums["weight"], sums["weight_squares"])
    low, high = wilson(as_array(value), as_array(size))
    ends = (number_or_array(low), number_or_array(high))
    return Score(value, ends, error=_mean(sums, "hit").error)


@scores(
    Queries,
    _record(
        "fbeta_at_k",
        "F-beta at k",
        "(1 + beta^2) relevant items among the first k / (beta^2 relevant items + k)",
        "ranx f1",
        params=(FIRST_RANKS, BETA, RELEVANT, EQUAL_SCORES),
    ),
)
def _fbeta_at_k(
    queries: Queries,
    *,
    k: int | None = 10,
    beta: float = 1.0,
    threshold: float = 0.0,
    ties: str = "average",
) -> Score:
    return _mean(queries.values(k, threshold=threshold, beta=beta, ties=ties), "fbeta")


def _result(
    name: str,
    columns: tuple[object, object, object],
    sample_weight: object,
    threads: int | None,
    **params: Any,
) -> PerformanceResult:
    relevance, score, query = columns
    predictions = arrays(
        target=relevance,
        query=query,
        scores={ONE_SCORE: score},
        sample_weight=sample_weight,
        threads=threads,
    )
    (known,) = records_of(score_function(name))
    checked = {param: known.checks[param](value) for param, value in params.items()}
    return result(name, predictions, **checked)


def ndcg(
    relevance: object,
    score: object,
    query: object,
    *,
    k: int | None = None,
    gain: str = "linear",
    ties: str = "average",
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Normalised discounted cumulative gain of the first `k` ranks (None: all), the mean over
    queries. `gain`: 'linear', the relevance, or 'exponential', 2^relevance - 1. Equals
    `sklearn.metrics.ndcg_score`, with `ties="ignore"` as its `ignore_ties=True` where no scores
    tie. Status 'not_applicable' where a relevance is below 0.

    >>> from simdrift.metrics import performance
    >>> performance.ndcg([1, 0, 0, 1], [0.9, 0.2, 0.4, 0.3], ["a", "a", "b", "b"], k=1).value
    0.5
    """
    columns = relevance, score, query
    return _result("ndcg", columns, sample_weight, threads, k=k, gain=gain, ties=ties)


def dcg(
    relevance: object,
    score: object,
    query: object,
    *,
    k: int | None = None,
    gain: str = "linear",
    ties: str = "average",
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Discounted cumulative gain, sum of gain / log2(1 + rank) over the first `k` ranks (None:
    all), the mean over queries; options as of `ndcg`. Equals `sklearn.metrics.dcg_score`.

    >>> from simdrift.metrics import performance
    >>> performance.dcg([3, 1, 2], [0.9, 0.2, 0.4], [7, 7, 7], k=1).value
    3.0
    """
    columns = relevance, score, query
    return _result("dcg", columns, sample_weight, threads, k=k, gain=gain, ties=ties)


def map(
    relevance: object,
    score: object,
    query: object,
    *,
    k: int | None = None,
    threshold: float = 0.0,
    ties: str = "average",
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Mean average precision: over the relevant items of a query, those whose relevance is above
    `threshold`, the mean of the precision up to the rank of each; 0 for one behind rank `k`.

    >>> from simdrift.metrics import performance
    >>> performance.map([1, 0, 1, 0], [4, 3, 2, 1], [1, 1, 1, 1]).value
    0.8333333333333333
    """
    columns = relevance, score, query
    return _result("map", columns, sample_weight, threads, k=k, threshold=threshold, ties=ties)


def mrr(
    relevance: object,
    score: object,
    query: object,
    *,
    k: int | None = None,
    threshold: float = 0.0,
    ties: str = "average",
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Mean reciprocal rank: 1 / rank of the first relevant item, 0 where none is among the first
    `k`.

    >>> from simdrift.metrics import performance
    >>> performance.mrr([0, 1, 1, 0], [4, 3, 2, 1], [1, 1, 1, 1]).value
    0.5
    """
    columns = relevance, score, query
    return _result("mrr", columns, sample_weight, threads, k=k, threshold=threshold, ties=ties)


def precision_at_k(
    relevance: object,
    score: object,
    query: object,
    *,
    k: int | None = 10,
    threshold: float = 0.0,
    ties: str = "average",
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Relevant items among the first `k`, over k, also of a query with fewer items; None: over
    all its items.

    >>> from simdrift.metrics import performance
    >>> performance.precision_at_k([1, 0, 1, 0], [4, 3, 2, 1], [1, 1, 1, 1], k=3).value
    0.6666666666666666
    """
    columns = relevance, score, query
    return _result(
        "precision_at_k", columns, sample_weight, threads, k=k, threshold=threshold, ties=ties
    )


def recall_at_k(
    relevance: object,
    score: object,
    query: object,
    *,
    k: int | None = 10,
    threshold: float = 0.0,
    ties: str = "average",
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Relevant items among the first `k`, over all relevant items of the query; 0 without any.

    >>> from simdrift.metrics import performance
    >>> performance.recall_at_k([1, 0, 1, 0], [4, 3, 2, 1], [1, 1, 1, 1], k=1).value
    0.5
    """
    columns = relevance, score, query
    return _result(
        "recall_at_k", columns, sample_weight, threads, k=k, threshold=threshold, ties=ties
    )


def hit_rate(
    relevance: object,
    score: object,
    query: object,
    *,
    k: int | None = 10,
    threshold: float = 0.0,
    ties: str = "average",
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Share of queries that have a relevant item among the first `k`.

    >>> from simdrift.metrics import performance
    >>> performance.hit_rate([0, 1, 0, 0], [4, 3, 2, 1], [1, 1, 2, 2], k=2).value
    0.5
    """
    columns = relevance, score, query
    return _result("hit_rate", columns, sample_weight, threads, k=k, threshold=threshold, ties=ties)


def fbeta_at_k(
    relevance: object,
    score: object,
    query: object,
    *,
    k: int | None = 10,
    beta: float = 1.0,
    threshold: float = 0.0,
    ties: str = "average",
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """F-beta of precision and recall among the first `k`: recall counts `beta` times as much as
    precision; 0 of a query without a relevant item.

    >>> from simdrift.metrics import performance
    >>> performance.fbeta_at_k([1, 0, 1, 0], [4, 3, 2, 1], [1, 1, 1, 1], k=2).value
    0.5
    """
    columns = relevance, score, query
    return _result(
        "fbeta_at_k",
        columns,
        sample_weight,
        threads,
        k=k,
        beta=beta,
        threshold=threshold,
        ties=ties,
    )
