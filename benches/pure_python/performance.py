"""Scores of a model's predictions: numbers, labels, probabilities, rankings."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from pure_python.quality import ranks


def mae(target: Sequence[float], prediction: Sequence[float]) -> float:
    """Mean absolute error."""
    return sum(abs(t - p) for t, p in zip(target, prediction, strict=True)) / len(target)


def rmse(target: Sequence[float], prediction: Sequence[float]) -> float:
    """Root of the mean squared error."""
    squares = sum((t - p) ** 2 for t, p in zip(target, prediction, strict=True))
    return math.sqrt(squares / len(target))


def r2(target: Sequence[float], prediction: Sequence[float]) -> float:
    """The coefficient of determination."""
    mean = sum(target) / len(target)
    residual = sum((t - p) ** 2 for t, p in zip(target, prediction, strict=True))
    return 1.0 - residual / sum((t - mean) ** 2 for t in target)


def confusion(target: Sequence[int], prediction: Sequence[int]) -> list[list[int]]:
    """Counts of two labels: rows are targets, columns predictions."""
    counts = [[0, 0], [0, 0]]
    for t, p in zip(target, prediction, strict=True):
        counts[t][p] += 1
    return counts


def f1(target: Sequence[int], prediction: Sequence[int]) -> float:
    """The harmonic mean of precision and recall of label 1."""
    (_, false_positives), (false_negatives, true_positives) = confusion(target, prediction)
    return 2 * true_positives / (2 * true_positives + false_positives + false_negatives)


def log_loss(target: Sequence[int], probability: Sequence[float]) -> float:
    """The mean negative logarithm of the probability of what happened."""
    total = 0.0
    for t, p in zip(target, probability, strict=True):
        total -= math.log(p if t else 1.0 - p)
    return total / len(target)


def brier(target: Sequence[int], probability: Sequence[float]) -> float:
    """The mean squared difference of probability and outcome."""
    return sum((p - t) ** 2 for t, p in zip(target, probability, strict=True)) / len(target)


def roc_auc(target: Sequence[int], score: Sequence[float]) -> float:
    """The share of pairs of a positive and a negative that the score orders, ties half."""
    of_all = ranks(score)
    positives = sum(target)
    above = sum(rank for t, rank in zip(target, of_all, strict=True) if t)
    return (above - positives * (positives + 1) / 2) / (positives * (len(target) - positives))


def average_precision(target: Sequence[int], score: Sequence[float]) -> float:
    """Precision at every score, weighted by the recall that it adds."""
    order = sorted(range(len(score)), key=score.__getitem__, reverse=True)
    positives, hits, before, total = sum(target), 0, 0, 0.0
    for seen, row in enumerate(order, 1):
        hits += target[row]
        if seen == len(order) or score[order[seen]] != score[row]:
            total += (hits - before) / positives * hits / seen
            before = hits
    return total


def ndcg(relevance: Sequence[float], score: Sequence[float], query: Sequence[int], k: int) -> float:
    """The mean over queries of DCG at k over the best that was possible."""
    items: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
    for gain, place, name in zip(relevance, score, query, strict=True):
        items[name].append((place, gain))
    total = 0.0
    for found in items.values():
        by_score = [gain for _, gain in sorted(found, reverse=True)]
        best = sorted(by_score, reverse=True)
        total += _dcg(by_score[:k]) / _dcg(best[:k])
    return total / len(items)


def _dcg(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(place + 1) for place, gain in enumerate(gains, 1))
