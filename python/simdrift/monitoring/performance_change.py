"""A model's performance in windows against that of the reference: changes, q-values, alerts.

A change alerts where it is for the worse beyond chance (its q-value is at most alpha) and by more
than matters: `SHARE` of a metric that is bounded above, `RELATIVE` of the reference's value of any
other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric
from simdrift.metrics import registry
from simdrift.metrics.correction import correct
from simdrift.metrics.decide import Decided
from simdrift.metrics.nulls.special import special
from simdrift.metrics.outcomes import Outcomes
from simdrift.metrics.plan import DriftPlan
from simdrift.metrics.values import Outcome
from simdrift.reports.performance import PerformanceChange, Score, change_of

SHARE: Final = 0.02
RELATIVE: Final = 0.1
_WIDTH: Final = 1.959963984540054
"""Standard errors from a value to the end of its 95 % interval."""


def with_changes(
    segments: Sequence[Sequence[Decided]],
    before: Sequence[Sequence[Decided]],
    plan: DriftPlan,
) -> list[list[Decided]]:
    """The rows of each segment, each with its change from the reference's row of that name. The
    tests of all metrics and segments of a window are one family."""
    found = [
        [_changed(row, known.get((row.metric, row.params))) for row in rows]
        for rows, known in zip(segments, map(_by_name, before), strict=True)
    ]
    tested = [row for rows in found for row in rows if row.outcomes.p_value is not None]
    if not tested:
        return found
    p_values = np.stack([np.asarray(row.outcomes.p_value, float) for row in tested], axis=1)
    q_values = iter(np.ascontiguousarray(correct(p_values, plan.correction).T))
    return [
        [
            row if row.outcomes.p_value is None else _decided(row, next(q_values), plan.alpha)
            for row in rows
        ]
        for rows in found
    ]


def _by_name(rows: Sequence[Decided]) -> dict[tuple[str, str], Outcomes]:
    return {(row.metric, row.params): row.outcomes for row in rows}


def _changed(row: Decided, before: Outcomes | None) -> Decided:
    """The row with effect size and p-value of its change, where both sides have a value that a
    change is better or worse of."""
    record = registry.record(row.metric)
    if before is None or record is None or not record.better:
        return row
    own = row.outcomes
    own.effect_size = own.value - before.value
    own.n_reference = before.n_current
    own.p_value = _p_of_change(own, before)
    return row


def _p_of_change(now: Outcomes, before: Outcomes) -> Floats | None:
    """Two-sided, of independent sides by the normal law; None where no side has an error."""
    change = now.value - before.value
    errors = [_error(side, towards) for side, towards in ((now, -change), (before, change))]
    if errors[0] is None or errors[1] is None:
        return None
    both = np.hypot(errors[0], errors[1])
    with np.errstate(all="ignore"):
        z = np.where(both > 0.0, np.abs(change) / both, np.where(change == 0.0, 0.0, np.nan))
    return np.asarray(2.0 * special().ndtr(-z))


def _error(side: Outcomes, towards: Floats) -> Floats | None:
    """The standard error of a side; where it is not known, from the end of the interval that
    looks towards the other side."""
    known = side.standard_error
    if known is None and side.ci_low is not None and side.ci_high is not None:
        up, down = side.ci_high - side.value, side.value - side.ci_low
        return np.asarray(np.where(towards > 0.0, up, down) / _WIDTH)
    return known


def _decided(row: Decided, q_value: Floats, alpha: float) -> Decided:
    """The row with the value from which on its change matters, and whether it alerts."""
    record, own = registry.record(row.metric), row.outcomes
    if record is None or own.effect_size is None:
        return row
    before = own.value - own.effect_size
    size = practical(record, before)
    if size is None:
        return row._replace(q_value=q_value)
    limit = before + (-size if record.better == "higher" else size)
    past = own.value < limit if record.better == "higher" else own.value > limit
    alert = np.where(np.isnan(q_value), -1, past & (q_value <= alpha)).astype(np.int8)
    threshold = np.where(np.isnan(q_value), np.nan, limit)
    return row._replace(q_value=q_value, threshold=threshold, alert=alert)


def practical(record: Metric, before: Floats) -> Floats | None:
    """By how much a metric may be worse than before; None of one whose best value is 0 from both
    sides.

    >>> from simdrift.metrics.registry import record
    >>> float(practical(record("performance.mae"), np.float64(3.0)))
    0.30000000000000004
    """
    if record.better == "zero":
        return None
    if record.bounds[1] is not None:
        return np.full(np.shape(before), SHARE)
    return RELATIVE * np.abs(before)


def changes_of(
    rows: Sequence[Decided], before: Sequence[Decided], place: int = 0
) -> tuple[PerformanceChange, ...]:
    """What a report says of one window's rows: each metric that has a value on both sides."""
    known = _by_name(before)
    found = []
    for row in rows:
        other = known.get((row.metric, row.params))
        if other is None or np.isnan(other.value[0]) or np.isnan(row.outcomes.value[place]):
            continue
        value = row.at(place)
        change = change_of(row.metric, _score(other, 0), _score(row.outcomes, place))
        found.append(
            change._replace(
                params=row.params,
                p_value=value.p_value,
                q_value=value.q_value,
                alert=value.alert,
            )
        )
    return tuple(found)


def _score(own: Outcomes, place: int) -> Score:
    low, high = (None if end is None else float(end[place]) for end in (own.ci_low, own.ci_high))
    return Score(float(own.value[place]), low, high)


# -- the reference's rows in a file

_NUMBERS: Final = ("value", "standard_error", "ci_low", "ci_high")


def to_state(rows: Sequence[Decided]) -> list[list[Any]]:
    """The rows of one group that have a value, as JSON: metric, parameters, numbers, rows."""
    return [
        [row.metric, row.params, *_numbers(row.outcomes), int(row.outcomes.n_current[0])]
        for row in rows
        if not np.isnan(row.outcomes.value[0])
    ]


def _numbers(own: Outcomes) -> list[float | None]:
    arrays = [getattr(own, name) for name in _NUMBERS]
    found = [None if array is None else float(array[0]) for array in arrays]
    return [None if number is None or number != number else number for number in found]


def from_state(state: Sequence[Sequence[Any]]) -> list[Decided]:
    """The rows that `to_state` wrote."""
    rows = []
    for metric, params, value, error, low, high, count in state:
        own = Outcomes.stacked([Outcome(value, ci_low=low, ci_high=high, n_current=count)])
        own.standard_error = None if error is None else np.array([error])
        rows.append(Decided(None, metric, params, own))
    return rows


References = Mapping[str, Sequence[Decided]]
"""Rows of the reference by segment."""
