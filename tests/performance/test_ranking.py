"""Rankings by query against scikit-learn, all orders of ties in fractions, and literals; statuses,
weights, queries of any type, groups."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.metrics import dcg_score, ndcg_score

from simdrift.columns import as_column
from simdrift.metrics import performance
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.performance.predictions import ONE_SCORE, Predictions
from simdrift.metrics.performance.scoring import performance_rows
from simdrift.metrics.weights import TableWeights

SCORES = (
    "ndcg",
    "dcg",
    "map",
    "mrr",
    "precision_at_k",
    "recall_at_k",
    "hit_rate",
    "fbeta_at_k",
)


def dense(queries, items, *, ties):
    """(queries, items) of relevances and scores."""
    rng = np.random.default_rng(queries * items)
    relevance = rng.integers(0, 4, (queries, items)).astype(float)
    levels = max(items // 4, 2)
    score = rng.integers(0, levels, (queries, items)) if ties else rng.normal(size=relevance.shape)
    return relevance, score.astype(float)


def shuffled(relevance, score, *more):
    """The same as columns, rows of a query apart."""
    order = np.random.default_rng(8).permutation(relevance.size)
    query = np.repeat(np.arange(len(relevance)), relevance.shape[1])
    return (relevance.ravel()[order], score.ravel()[order], query[order], *more)


# --- against others ------------------------------------------------------------------------


@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize(("queries", "items"), [(300, 2), (60, 9), (40, 100), (3, 3000)])
def test_ndcg_and_dcg_are_those_of_scikit_learn(queries, items, ties):
    relevance, score = dense(queries, items, ties=ties)
    columns = shuffled(relevance, score)
    for k in (None, 1, 10, 70):
        expected = ndcg_score(relevance, score, k=k)
        assert performance.ndcg(*columns, k=k).value == pytest.approx(expected, rel=1e-13)
        expected = dcg_score(relevance, score, k=k)
        assert performance.dcg(*columns, k=k).value == pytest.approx(expected, rel=1e-13)
        gains = np.exp2(relevance) - 1
        found = performance.ndcg(*columns, k=k, gain="exponential").value
        assert found == pytest.approx(ndcg_score(gains, score, k=k), rel=1e-13)
        if not ties:
            alone = performance.ndcg(*columns, k=k, ties="ignore").value
            expected = ndcg_score(relevance, score, k=k, ignore_ties=True)
            assert alone == pytest.approx(expected, rel=1e-13)


def test_gains_of_relevances_that_are_not_whole():
    relevance, score = np.array([[0.5, 2.25, -0.75, 1e-9]]), np.array([[4.0, 3.0, 2.0, 1.0]])
    found = performance.dcg(*shuffled(relevance, score), gain="exponential").value
    gains = np.expm1(relevance[0] * math.log(2.0))
    assert found == pytest.approx((gains / np.log2(np.arange(4) + 2)).sum(), rel=1e-14)


def test_weights_of_queries_are_those_of_scikit_learn():
    relevance, score = dense(50, 12, ties=True)
    weights = np.random.default_rng(2).integers(0, 3, 50).astype(float)
    weights[7] = 1e18
    relevance_column, score_column, query = shuffled(relevance, score)
    for scale in (1.0, 1e18, 1e-300):
        own = (weights * (1.0 if scale == 1e18 else scale))[query]
        found = performance.ndcg(relevance_column, score_column, query, k=5, sample_weight=own)
        expected = ndcg_score(relevance, score, k=5, sample_weight=weights)
        assert found.value == pytest.approx(expected, rel=1e-12)
        assert found.n == np.count_nonzero(weights)


def test_a_query_weighs_the_mean_of_its_rows_and_a_row_of_weight_zero_is_not_there():
    relevance, score, query = [1, 0, 0, 1], [4, 3, 2, 1], [0, 0, 1, 1]
    alone = performance.mrr(relevance, score, query, sample_weight=[1, 3, 1, 0]).value
    assert alone == pytest.approx((2.0 * 1.0 + 1.0 * 0.0) / 3.0)


# --- all orders ----------------------------------------------------------------------------


def in_fractions(relevance, order, k, beta):
    """The values of one query whose items are ranked in that order."""
    total = sum(r > 0 for r in relevance)
    k_or_all = len(order) if k is None else k
    hits, precisions, reciprocal = 0, Fraction(0), Fraction(0)
    for rank, item in enumerate(order[:k_or_all], 1):
        if relevance[item] > 0:
            hits += 1
            precisions += Fraction(hits, rank)
            reciprocal = reciprocal or Fraction(1, rank)
    precision, recall = Fraction(hits, k_or_all), Fraction(hits, total or 1)
    divisor = beta**2 * precision + recall
    return {
        "map": precisions / (total or 1),
        "mrr": reciprocal,
        "precision_at_k": precision,
        "recall_at_k": recall,
        "hit_rate": Fraction(hits > 0),
        "fbeta_at_k": (1 + beta**2) * precision * recall / divisor if divisor else Fraction(0),
    }


def over_all_orders(relevance, score, k, beta):
    """Their means over all orders of items whose scores tie."""
    runs = [
        [i for i in range(len(score)) if score[i] == value]
        for value in sorted(set(score), reverse=True)
    ]
    orders = [sum(parts, ()) for parts in itertools.product(*map(itertools.permutations, runs))]
    values = [in_fractions(relevance, order, k, beta) for order in orders]
    return {name: sum(own[name] for own in values) / len(values) for name in values[0]}


@pytest.mark.parametrize("k", [None, 1, 2, 3, 5, 8])
def test_ties_are_averaged_over_all_orders(k):
    rng = np.random.default_rng(k or 0)
    cases = [(rng.integers(0, 2, n).tolist(), rng.integers(0, 3, n).tolist())
             for n in (1, 2, 3, 4, 5, 6) for _ in range(4)]  # fmt: skip
    cases.append(([1, 1, 0, 0, 1, 0], [2, 2, 2, 2, 2, 2]))
    for relevance, score in cases:
        expected = over_all_orders(relevance, score, k, 2)
        query = [5] * len(score)
        for name, value in expected.items():
            options = {"k": k, "beta": 2} if name == "fbeta_at_k" else {"k": k}
            found = getattr(performance, name)(relevance, score, query, **options).value
            assert found == pytest.approx(float(value), rel=1e-14, abs=1e-15), (name, relevance)


def test_ties_that_are_ignored_are_ranked_in_the_order_of_rows():
    relevance, score, query = [0, 1, 1], [1, 1, 2], [3, 3, 3]
    assert performance.mrr(relevance, score, query, ties="ignore", threshold=0.5).value == 1.0
    assert performance.map(relevance, score, query, ties="ignore").value == pytest.approx(
        (1 + 2 / 3) / 2
    )
    assert performance.map(relevance[::-1], score[::-1], query, ties="ignore").value == 1.0


# --- literals ------------------------------------------------------------------------------


def test_values_by_hand():
    relevance, score, query = [1, 0, 1, 0, 0, 0], [6, 5, 4, 3, 2, 1], list("aaaabb")
    for name, options, expected in [
        ("ndcg", {"k": 2}, (1 / (1 + 1 / math.log2(3)) + 0) / 2),
        ("dcg", {}, (1 + 0.5) / 2),
        ("map", {}, (1 + 2 / 3) / 2 / 2),
        ("mrr", {}, 0.5),
        ("precision_at_k", {"k": 5}, 2 / 5 / 2),
        ("recall_at_k", {"k": 2}, 0.5 / 2),
        ("hit_rate", {"k": 1}, 0.5),
        ("fbeta_at_k", {"k": 2}, 0.5 / 2),
    ]:
        found = getattr(performance, name)(relevance, score, query, **options)
        assert found.value == pytest.approx(expected, rel=1e-15), name
        assert (found.n, found.status) == (2, "ok")


def test_an_item_is_relevant_above_the_threshold():
    columns = [1, 2, 3], [3, 2, 1], [0, 0, 0]
    assert performance.mrr(*columns, threshold=2).value == pytest.approx(1 / 3)
    assert performance.mrr(*columns, threshold=3).value == 0.0


@pytest.mark.parametrize("relevance", [0, 2])
def test_one_item_is_ranked_perfectly_or_is_irrelevant(relevance):
    expected = 1.0 if relevance else 0.0
    assert performance.ndcg([relevance], [0.3], ["q"]).value == expected
    assert performance.map([relevance], [0.3], ["q"]).value == expected


def test_scores_that_differ_in_their_last_bit_do_not_tie():
    score = 1.0 + np.arange(200) * 2.0**-52
    relevance = np.zeros(200)
    relevance[-2:] = 1
    assert performance.mrr(relevance, score, np.zeros(200)).value == 1.0
    assert performance.map(relevance, score, np.zeros(200)).value == 1.0


def test_infinite_scores_order_items():
    columns = [0, 1, 0], [-math.inf, math.inf, 1e308], [1, 1, 1]
    assert performance.mrr(*columns).value == 1.0


# --- statuses ------------------------------------------------------------------------------


def test_rows_without_relevance_score_or_query_are_left_out():
    nan = math.nan
    relevance = [1, nan, 0, 1, math.inf, 1]
    score = [2, 5, 4, nan, 9, 1]
    query = pd.array(["a", "a", "a", "a", "a", None], dtype="string")
    found = performance.mrr(relevance, score, query)
    assert (found.value, found.n) == (0.5, 1)
    gone = performance.mrr([1, nan], [2.0, 1.0], ["a", "b"])
    assert (gone.value, gone.n) == (1.0, 1)


@pytest.mark.parametrize(
    ("relevance", "score", "query", "status"),
    [
        ([], [], [], "empty"),
        ([math.nan], [1.0], [1], "all_null"),
        ([1.0], [1.0], [math.nan], "all_null"),
        (["a"], [1.0], [1], "not_applicable"),
        ([1.0], ["a"], [1], "not_applicable"),
    ],
)
def test_a_ranking_that_does_not_exist_says_why(relevance, score, query, status):
    for name in SCORES:
        columns = np.array(relevance), np.array(score), np.array(query)
        found = getattr(performance, name)(*columns)
        assert (found.value, found.status) == (None, status), name


def test_negative_relevance_has_a_dcg_and_no_ndcg():
    columns = [-1, 2], [2.0, 1.0], [1, 1]
    found = performance.ndcg(*columns)
    assert (found.value, found.status) == (None, "not_applicable")
    assert found.reason == "a relevance is below 0: there is no ideal ranking to compare with"
    assert performance.dcg(*columns).value == pytest.approx(-1 + 2 / math.log2(3))


def test_a_gain_beyond_float64_is_an_overflow():
    found = performance.dcg([2000.0, 1.0], [1.0, 2.0], [1, 1], gain="exponential")
    assert (found.value, found.status) == (None, "overflow")


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        ("ndcg", {"k": 0}, ValueError, "k: expected 1 rank or more, found 0"),
        ("ndcg", {"k": 2.0}, TypeError, "k: expected a number of ranks"),
        ("ndcg", {"gain": "square"}, ValueError, "gain: expected 'linear' or 'exponential'"),
        ("map", {"ties": "max"}, ValueError, "ties: expected 'average' or 'ignore'"),
        ("fbeta_at_k", {"beta": 0.0}, ValueError, "beta: expected a number above 0"),
        ("mrr", {"threshold": math.nan}, ValueError, "threshold: expected a finite number"),
        ("mrr", {"threshold": "1"}, TypeError, "threshold: expected a number, found str"),
    ],
)
def test_arguments_that_cannot_be_are_refused_by_name(name, options, error, message):
    with pytest.raises(error, match=message):
        getattr(performance, name)([1, 0], [2, 1], [1, 1], **options)
    with pytest.raises(ValueError, match="expected equal lengths"):
        getattr(performance, name)([1, 0], [2, 1], [1])


# --- queries of any type -------------------------------------------------------------------


def test_queries_may_be_of_any_type():
    relevance, score = dense(40, 7, ties=True)
    relevance, score, query = shuffled(relevance, score)
    expected = performance.ndcg(relevance, score, query, k=3)
    for own in (
        query.astype(float),
        query.astype(np.uint8),
        query + 2**62,
        query.astype("datetime64[s]"),
        query.astype(str),
        pa.array(query.astype(str)).dictionary_encode(),
        pd.Categorical(query.astype(str)),
    ):
        assert performance.ndcg(relevance, score, own, k=3) == expected
    halves = np.where(query < 20, 1, 0)
    two = performance.ndcg(relevance, score, halves == 1, k=3)
    assert (two.value, two.n) == (performance.ndcg(relevance, score, halves, k=3).value, 2)


def test_many_queries_of_two_items():
    queries = 50_000
    rng = np.random.default_rng(1)
    query = rng.permutation(np.repeat(np.arange(queries), 2))
    order = np.argsort(query, kind="stable")
    relevance, score = rng.integers(0, 2, 2 * queries), rng.normal(size=2 * queries)
    r, s = relevance[order].reshape(-1, 2), score[order].reshape(-1, 2)
    first = np.where(s[:, 0] > s[:, 1], r[:, 0], r[:, 1])
    found = performance.precision_at_k(relevance, score, query, k=1)
    assert (found.value, found.n) == (pytest.approx(first.mean(), rel=1e-14), queries)


# --- certainty and groups ------------------------------------------------------------------


def test_intervals_hold_the_mean_as_often_as_they_say():
    rng = np.random.default_rng(5)
    queries, items, runs = 40, 8, 300
    rows = queries * items
    relevance = rng.integers(0, 2, rows * runs).astype(float)
    score = relevance + rng.normal(size=rows * runs)
    query = np.repeat(np.arange(queries * runs), items)
    truth = performance.ndcg(relevance, score, query).value
    predictions = over_groups(relevance, score, query, np.arange(0, rows * runs, rows), rows)
    (row,) = performance_rows(predictions, ["ndcg"])
    outcomes = row.outcomes
    held = np.count_nonzero((outcomes.ci_low <= truth) & (truth <= outcomes.ci_high))
    assert 273 <= held <= 297  # 285, and three standard deviations
    spread = outcomes.standard_error.mean() / outcomes.value.std()
    assert 0.85 < spread < 1.15


def test_an_interval_needs_thirty_queries_and_stays_within_the_values():
    few = performance.ndcg([1, 0] * 29, np.arange(58), np.repeat(np.arange(29), 2))
    assert (few.ci_low, few.ci_high) == (None, None)
    relevance = [1, 0] * 39 + [0, 1]
    many = performance.ndcg(relevance, [2, 1] * 40, np.repeat(np.arange(40), 2))
    assert 0.9 < many.ci_low < many.value < many.ci_high == 1.0
    sure = performance.hit_rate(relevance, [2, 1] * 40, np.repeat(np.arange(40), 2))
    assert (sure.ci_low, sure.ci_high) == pytest.approx((0.91238, 1.0), abs=1e-5)


def over_groups(relevance, score, query, starts, rows, weights=None):
    starts = np.asarray(starts, np.int64)
    groups = Groups(starts, starts + rows)
    target, scores, queries = (
        ColumnGroups(name, as_column(data, name=name), groups)
        for name, data in (("target", relevance), ("score", score), ("query", query))
    )
    own = None if weights is None else TableWeights(weights)
    return Predictions(target=target, scores={ONE_SCORE: scores}, query=queries, weights=own)


@pytest.mark.parametrize("weighted", [False, True])
def test_groups_have_the_bits_that_they_have_alone(weighted):
    rng = np.random.default_rng(12)
    relevance, score = rng.integers(0, 3, 3000).astype(float), rng.integers(0, 50, 3000) / 8
    relevance[rng.random(3000) < 0.02] = math.nan
    query = rng.integers(0, 300, 3000)
    weights = rng.integers(0, 3, 3000).astype(float) if weighted else None
    starts, length = [0, 100, 1500, 2000], 1000
    found = performance_rows(over_groups(relevance, score, query, starts, length, weights), SCORES)
    for place, start in enumerate(starts):
        own = slice(start, start + length)
        for row in found:
            name = row.metric.removeprefix("performance.")
            alone = getattr(performance, name)(
                relevance[own],
                score[own],
                query[own],
                sample_weight=None if weights is None else weights[own],
            )
            outcome = row.outcomes.at(place)
            assert (outcome.value, outcome.ci_low, outcome.n_current) == (
                alone.value,
                alone.ci_low,
                alone.n,
            )


def test_a_role_that_is_missing_is_named():
    whole = over_groups([1.0], [1.0], ["a"], [0], 1)
    without = Predictions(target=whole.target, query=whole.query)
    (row,) = performance_rows(without, ["ndcg"])
    assert row.outcomes.at(0).status == "not_applicable"
    assert row.outcomes.at(0).reason == "no column has the role 'score'"
