"""The model's performance on both sides, and how it changed: for the report of a comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from simdrift.drawing.labels import metric_words, number, p_text
from simdrift.metrics import registry
from simdrift.results.rows import Result


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
    params: str = ""
    p_value: float | None = None
    q_value: float | None = None
    alert: bool | None = None
    """Whether it is for the worse beyond chance and by more than matters; None: not judged."""

    @property
    def name(self) -> str:
        """What a page calls the metric."""
        return metric_words(self.metric, self.params)

    def __str__(self) -> str:
        words = f"{self.name} {number(self.reference)} -> {number(self.current)}"
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


def change_words(row: Result) -> str:
    """How a row of the model's performance became worse: 'accuracy fell from 0.91 to 0.88, q
    0.003'; '' where it did not.

    >>> from uuid import UUID
    >>> row = Result(UUID(int=1), "", "", "", None, None, "all", "", "", "performance.mae", 3.0,
    ...              effect_size=1.0, q_value=0.003)
    >>> change_words(row)
    'MAE rose from 2 to 3, q 0.003'
    """
    change, value = row.effect_size, row.value
    if value is None or not change or not row.metric.startswith("performance."):
        return ""
    if not is_worse(row):
        return ""
    digits = 3
    before, now = number(value - change, digits), number(value, digits)
    while before == now and digits < 9:
        digits += 1
        before, now = number(value - change, digits), number(value, digits)
    verb = "rose" if change > 0 else "fell"
    chance = f", q {p_text(row.q_value)}" if row.q_value is not None else ""
    return f"{metric_words(row.metric, row.params)} {verb} from {before} to {now}{chance}"


def is_worse(row: Result) -> bool:
    """Whether the row's change from the reference is for the worse."""
    record = registry.record(row.metric)
    if record is None or not row.effect_size:
        return False
    if record.better == "zero":
        return row.value is not None and abs(row.value) > abs(row.value - row.effect_size)
    return row.effect_size < 0 if record.better == "higher" else row.effect_size > 0


def changes_in(rows: Sequence[Result]) -> tuple[PerformanceChange, ...]:
    """The changes that result rows of one window hold, without their intervals."""
    return tuple(
        PerformanceChange(
            row.metric,
            row.value - row.effect_size,
            row.value,
            row.effect_size,
            None,
            None,
            row.params,
            row.p_value,
            row.q_value,
            row.alert,
        )
        for row in rows
        if row.metric.startswith("performance.") and not row.segment
        and row.value is not None and row.effect_size is not None
    )  # fmt: skip
