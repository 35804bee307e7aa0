"""Data quality of one column, and correlation of two."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence


def profile(values: Sequence[float]) -> dict[str, float]:
    """Count, missing (NaN), zeros, negatives, extremes, mean and sample variance."""
    count = missing = zeros = negatives = 0
    low, high, total = math.inf, -math.inf, 0.0
    for value in values:
        if value != value:
            missing += 1
            continue
        count += 1
        zeros += value == 0
        negatives += value < 0
        low, high = min(low, value), max(high, value)
        total += value
    mean = total / count
    squares = sum((value - mean) ** 2 for value in values if value == value)
    return {
        "count": count,
        "missing": missing,
        "zeros": zeros,
        "negatives": negatives,
        "min": low,
        "max": high,
        "mean": mean,
        "variance": squares / (count - 1),
    }


def quantiles(values: Sequence[float], levels: Sequence[float]) -> list[float]:
    """By linear interpolation between the two nearest order statistics."""
    ordered = sorted(values)
    found = []
    for level in levels:
        place = level * (len(ordered) - 1)
        below = math.floor(place)
        above = min(below + 1, len(ordered) - 1)
        found.append(ordered[below] + (place - below) * (ordered[above] - ordered[below]))
    return found


def histogram(values: Sequence[float], edges: Sequence[float]) -> list[int]:
    """Counts of equally wide bins; the last includes its right edge."""
    low, high, bins = edges[0], edges[-1], len(edges) - 1
    counts = [0] * bins
    for value in values:
        if low <= value <= high:
            counts[min(int((value - low) / (high - low) * bins), bins - 1)] += 1
    return counts


def most_frequent(values: Sequence[str], k: int) -> list[tuple[str, int]]:
    """The k most frequent texts with their counts."""
    return Counter(values).most_common(k)


def duplicate_rows(rows: Sequence[tuple[object, ...]]) -> int:
    """Rows that occurred before."""
    return len(rows) - len(set(rows))


def pearson(x: Sequence[float], y: Sequence[float]) -> float:
    """Pearson's correlation coefficient."""
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    xy = xx = yy = 0.0
    for a, b in zip(x, y, strict=True):
        xy += (a - mean_x) * (b - mean_y)
        xx += (a - mean_x) ** 2
        yy += (b - mean_y) ** 2
    return xy / math.sqrt(xx * yy)


def ranks(values: Sequence[float]) -> list[float]:
    """From 1; equal values share the mean of their ranks."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found, start = [0.0] * len(values), 0
    while start < len(order):
        stop = start
        while stop < len(order) and values[order[stop]] == values[order[start]]:
            stop += 1
        for place in range(start, stop):
            found[order[place]] = (start + 1 + stop) / 2
        start = stop
    return found


def spearman(x: Sequence[float], y: Sequence[float]) -> float:
    """Pearson's correlation of the ranks."""
    return pearson(ranks(x), ranks(y))
