"""A model's performance in windows against that of the reference: what reports say of the change,
and how a saved reference keeps its own. The law is metrics/performance/changes.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from simdrift.metrics.decide import Decided
from simdrift.metrics.outcomes import Outcomes
from simdrift.metrics.values import Outcome
from simdrift.reports.performance import PerformanceChange, Score, change_of


def changes_of(
    rows: Sequence[Decided], before: Sequence[Decided], place: int = 0
) -> tuple[PerformanceChange, ...]:
    """What a report says of one window's rows: each metric that has a value on both sides."""
    known = {(row.metric, row.params): row.outcomes for row in before if row.column is None}
    found = []
    for row in rows:
        if row.column is not None:
            continue
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
    """The rows of one group that have a value, as JSON: metric, parameters, numbers, rows, and
    the column, or two, of a row that is not the table's."""
    return [
        [
            row.metric,
            row.params,
            *_numbers(row.outcomes),
            int(row.outcomes.n_current[0]),
            *([] if row.column is None else [row.column]),
        ]
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
    for metric, params, value, error, low, high, count, *column in state:
        own = Outcomes.stacked([Outcome(value, ci_low=low, ci_high=high, n_current=count)])
        own.standard_error = None if error is None else np.array([error])
        key = tuple(column[0]) if column and isinstance(column[0], list) else (column or [None])[0]
        rows.append(Decided(key, metric, params, own))
    return rows
