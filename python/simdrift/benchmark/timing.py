"""Paired, interleaved timing: every round runs each candidate once, in turn; medians over
rounds, and ratios as medians of the rounds' own ratios, so that a machine that slows down for a
while slows both sides."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any


def interleaved(candidates: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each candidate in each round, after one round that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for number in range(rounds + 1):
        for name, run in candidates.items():
            start = time.perf_counter()
            run()
            if number:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def median(seconds: Mapping[str, list[float]], name: str) -> float:
    return statistics.median(seconds[name])


def ratio(seconds: Mapping[str, list[float]], of: str, to: str) -> float:
    """How many times `to` fits into `of`, paired by round."""
    pairs = zip(seconds[of], seconds[to], strict=True)
    return statistics.median(a / b for a, b in pairs)
