"""Broken pipelines, from when rows came and how many: `sd.pipelines`, and rows of a monitor.

Each function takes one entry a window, oldest first, and judges a window by those before it alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric
from simdrift.metrics.columns import TABLE
from simdrift.metrics.registry import measures

LEAST_BEFORE: Final = 7
MOST_BEFORE: Final = 28
TIMES: Final = 3.0
"""Beyond so many times the longest of k windows before it, an exponential waiting time comes with
probability 6 / ((k + 1)(k + 2)(k + 3)): 0.8 % after 7 windows."""
LEAST_ALIKE: Final = 4
MOST_ALIKE: Final = 8
ALPHA: Final = 0.01
LEAST_CHANGE: Final = 0.2
LEAST_ROWS: Final = 10
"""Of fewer rows, equal windows and constant columns are no sign of anything."""


class Judged(NamedTuple):
    """Values of windows with what they are compared with (NaN: nothing yet) and what alerts."""

    value: Floats
    threshold: Floats
    alert: NDArray[np.bool_]
    p_value: Floats | None = None

    def at(self, places: Any) -> Judged:
        """Those of some windows."""
        p_value = None if self.p_value is None else self.p_value[places]
        return Judged(self.value[places], self.threshold[places], self.alert[places], p_value)


def _record(name: str, title: str, formula: str, **rest: Any) -> Metric:
    fields: dict[str, Any] = {"kinds": (TABLE,), "source": "simdrift", "better": "lower", **rest}
    fields |= {"title": title, "group": "pipelines", "formula": formula, "needs_values": False}
    return Metric(name=f"quality.{name}", bounds=(0.0, None), weights=False, **fields)


RECORDS: Final = (
    _record("freshness", "age of the newest row", "window's end minus newest time", unit="seconds"),
    _record("largest_gap", "largest gap in time", "longest time without a row", unit="seconds"),
    _record("missing_windows", "windows without rows before", "how many", unit="windows"),
    _record(
        "volume",
        "rows against the same weekday",
        "rows; compared with the windows before of the same weekday and hour",
        unit="rows",
        better="",
        p_value="Student's t of Anscombe's roots, of at least Poisson's scale",
    ),
    _record("repeated", "repeated batch", "windows before with the same rows", unit="windows"),
    _record(
        "stuck",
        "column without variation",
        "1 where all rows have one value",
        kinds=(TABLE, "pair"),
    ),
)
NAMES: Final = tuple(record.short for record in RECORDS)


@measures(*RECORDS)
def waits(
    values: Sequence[float], *, least: float = 0.0, usual: Sequence[bool] | None = None
) -> Judged:
    """Waiting times (ages of the newest rows, largest gaps): one alerts beyond 3 times the longest
    of the up to 28 windows before it, of at least 7, and beyond `least`. `usual`: the windows that
    others are compared with (default: all).

    >>> waits([60, 50, 70, 60, 55, 65, 60, 300]).alert.tolist()[-1]
    True
    """
    own = np.asarray(values, float)
    limits = np.full(len(own), np.nan)
    known = own if usual is None else np.where(usual, own, np.nan)
    for place in range(len(own)):
        before = known[max(0, place - MOST_BEFORE) : place]
        before = before[~np.isnan(before)]
        if len(before) >= LEAST_BEFORE:
            limits[place] = max(TIMES * float(before.max()), least)
    return Judged(own, limits, own > limits)


def volume(counts: Sequence[float], alike: Sequence[Hashable]) -> Judged:
    """Rows of windows against those before that are `alike` (of the same weekday and hour): one
    alerts where p <= 0.01 and the rows are a fifth away from their median, of 4 to 8 windows.

    The roots 2 sqrt(n + 3/8) of counts have scale 1 where they are Poisson; the scale is theirs,
    and at least that. In simulations of Poisson and negative binomial counts at most 1.1 % alert.

    >>> volume([1000, 1010, 990, 1005, 995, 400], ["Mon"] * 6).alert.tolist()
    [False, False, False, False, False, True]
    """
    from scipy.special import stdtr

    own = np.asarray(counts, float)
    limits, p_values = np.full(len(own), np.nan), np.full(len(own), np.nan)
    seen: dict[Hashable, list[float]] = {}
    for place, (count, key) in enumerate(zip(own.tolist(), alike, strict=True)):
        before = np.array(seen.get(key, ())[-MOST_ALIKE:])
        seen.setdefault(key, []).append(count)
        if len(before) < LEAST_ALIKE:
            continue
        roots = 2.0 * np.sqrt(before + 0.375)
        scale = max(float(roots.std(ddof=1)), 1.0) * np.sqrt(1.0 + 1.0 / len(before))
        t = (2.0 * np.sqrt(count + 0.375) - float(roots.mean())) / scale
        p_values[place] = 2.0 * float(stdtr(len(before) - 1, -abs(t)))
        limits[place] = float(np.median(before))
    is_far = np.abs(own - limits) >= LEAST_CHANGE * np.maximum(limits, 1.0)
    is_empty = (own == 0) & (limits > 0)
    return Judged(own, limits, is_empty | ((p_values <= ALPHA) & is_far), p_values)


def missing_windows(missing: Sequence[int], alike: Sequence[Hashable]) -> Judged:
    """Windows without rows directly before each: they alert, unless the last window that is
    `alike` had as many before it: a feed without weekends has that every Monday.

    >>> missing_windows([0, 2, 0, 2, 1], ["Fri", "Mon", "Fri", "Mon", "Fri"]).alert.tolist()
    [False, True, False, False, True]
    """
    own = np.asarray(missing, float)
    usual: dict[Hashable, float] = {}
    limits = np.zeros(len(own))
    for place, (count, key) in enumerate(zip(own.tolist(), alike, strict=True)):
        limits[place] = usual.get(key, 0.0)
        usual[key] = count
    return Judged(own, limits, own > limits)


def repeated(digests: Sequence[str], rows: Sequence[int]) -> Judged:
    """How many windows before have the same rows, by their digests; of at least 10 rows.

    >>> repeated(["a", "b", "a"], [100, 100, 100]).value.tolist()
    [0.0, 0.0, 1.0]
    """
    seen: dict[str, int] = {}
    found = np.zeros(len(digests))
    for place, (text, count) in enumerate(zip(digests, rows, strict=True)):
        if count >= LEAST_ROWS:
            found[place] = seen.get(text, 0)
            seen[text] = seen.get(text, 0) + 1
    return Judged(found, np.zeros(len(found)), found > 0)


def stuck(distinct: Sequence[float], rows: Sequence[int], *, varied: bool = False) -> Judged:
    """Where a column has one value in all of at least 10 rows, and had several in a window before,
    or `varied` in the reference.

    >>> stuck([5, 4, 1, 1], [100] * 4).alert.tolist()
    [False, False, True, True]
    """
    own, count = np.asarray(distinct, float), np.asarray(rows)
    is_one = (own == 1) & (count >= LEAST_ROWS)
    before = np.concatenate([[varied], np.logical_or.accumulate(own > 1)[:-1] | varied])[: len(own)]
    return Judged(is_one.astype(float), np.zeros(len(own)), is_one & before)
