"""The model's performance on both sides, and how it changed: for the report of a comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from simdrift.drawing.labels import metric_words, number


class Score(NamedTuple):
    """One score of one side, with its 95 % interval where it has one."""

    value: float
    ci_low: float | None = None
    ci_high: float | None = None


class PerformanceChange(NamedTuple):
    """One performance metric of the reference and of the current rows."""

    metric: str
    reference: float
    current: float
    change: float
    ci_low: float | None
    ci_high: float | None
    """The 95 % interval of the change; None where a side has none."""

    def __str__(self) -> str:
        words = f"{metric_words(self.metric)} {number(self.reference)} -> {number(self.current)}"
        if self.ci_low is None or self.ci_high is None:
            return f"{words} ({signed(self.change)})"
        interval = f"{signed(self.ci_low)} to {signed(self.ci_high)}"
        return f"{words} ({signed(self.change)}, 95 % {interval})"


def change_of(metric: str, before: Score, now: Score) -> PerformanceChange:
    """The change from one side to the other. Its interval is made of those of the sides, which are
    independent: Newcombe's way (the distances to their ends, squared and added).

    >>> change = change_of("performance.mae", Score(2.0, 1.7, 2.3), Score(3.0, 2.6, 3.4))
    >>> round(change.ci_low, 6), round(change.ci_high, 6)
    (0.5, 1.5)
    """
    change = now.value - before.value
    ends = (before.ci_low, before.ci_high, now.ci_low, now.ci_high)
    if any(end is None or math.isnan(end) for end in ends):
        return PerformanceChange(metric, before.value, now.value, change, None, None)
    before_low, before_high, now_low, now_high = (float(end or 0.0) for end in ends)
    low = change - math.hypot(now.value - now_low, before_high - before.value)
    high = change + math.hypot(now_high - now.value, before.value - before_low)
    return PerformanceChange(metric, before.value, now.value, change, low, high)


def signed(value: float) -> str:
    """A number with its sign: '+0.5'."""
    return f"+{number(value)}" if value > 0 else number(value)


def performance_text(changes: Sequence[PerformanceChange]) -> str:
    """The changes in a line; '' where there are none."""
    return f"performance: {'; '.join(map(str, changes))}" if changes else ""
