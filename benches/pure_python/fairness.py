"""Gaps between the groups of a sensitive column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence


def demographic_parity_difference(prediction: Sequence[int], sensitive: Sequence[str]) -> float:
    """The largest difference of the groups' shares of predictions 1."""
    rows: defaultdict[str, int] = defaultdict(int)
    chosen: defaultdict[str, int] = defaultdict(int)
    for p, group in zip(prediction, sensitive, strict=True):
        rows[group] += 1
        chosen[group] += p
    shares = [chosen[group] / rows[group] for group in rows]
    return max(shares) - min(shares)
