"""Distances and statistics of a reference x and a current sample y."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from pure_python.quality import ranks


def _merged(x: Sequence[float], y: Sequence[float]) -> list[tuple[float, float, float]]:
    """Every distinct value with both distribution functions at it."""
    a, b = sorted(x), sorted(y)
    found, i, j = [], 0, 0
    while i < len(a) or j < len(b):
        value = min(a[i] if i < len(a) else math.inf, b[j] if j < len(b) else math.inf)
        while i < len(a) and a[i] == value:
            i += 1
        while j < len(b) and b[j] == value:
            j += 1
        found.append((value, i / len(a), j / len(b)))
    return found


def ks(x: Sequence[float], y: Sequence[float]) -> float:
    """Kolmogorov-Smirnov: the largest difference of the distribution functions."""
    return max(abs(f - g) for _, f, g in _merged(x, y))


def wasserstein(x: Sequence[float], y: Sequence[float]) -> float:
    """Wasserstein-1: the area between the distribution functions."""
    steps, area = _merged(x, y), 0.0
    for (value, f, g), (following, _, _) in pairwise(steps):
        area += abs(f - g) * (following - value)
    return area


def mann_whitney(x: Sequence[float], y: Sequence[float]) -> float:
    """U of x: pairs where x is the larger, ties counted half."""
    of_all = ranks([*x, *y])
    return sum(of_all[: len(x)]) - len(x) * (len(x) + 1) / 2


def cramer_von_mises(x: Sequence[float], y: Sequence[float]) -> float:
    """The two-sample statistic T of Anderson (1962)."""
    of_all, n, m = ranks([*x, *y]), len(x), len(y)
    u = n * sum((rank - i) ** 2 for i, rank in enumerate(sorted(of_all[:n]), 1))
    u += m * sum((rank - j) ** 2 for j, rank in enumerate(sorted(of_all[n:]), 1))
    return u / (n * m * (n + m)) - (4 * n * m - 1) / (6 * (n + m))


def _shares(x: Sequence[str], y: Sequence[str]) -> list[tuple[float, float]]:
    of_x, of_y = Counter(x), Counter(y)
    return [(of_x[label] / len(x), of_y[label] / len(y)) for label in of_x | of_y]


def jensen_shannon(x: Sequence[str], y: Sequence[str]) -> float:
    """Jensen-Shannon distance of two samples of categories, base 2."""
    total = 0.0
    for p, q in _shares(x, y):
        middle = (p + q) / 2
        total += p * math.log2(p / middle) if p else 0.0
        total += q * math.log2(q / middle) if q else 0.0
    return math.sqrt(total / 2)


def chi_square(x: Sequence[str], y: Sequence[str]) -> float:
    """Pearson's chi-squared statistic of the 2 x k table of counts."""
    of_x, of_y = Counter(x), Counter(y)
    n, m, total = len(x), len(y), 0.0
    for label in of_x | of_y:
        column = of_x[label] + of_y[label]
        for count, rows in ((of_x[label], n), (of_y[label], m)):
            expected = rows * column / (n + m)
            total += (count - expected) ** 2 / expected
    return total
