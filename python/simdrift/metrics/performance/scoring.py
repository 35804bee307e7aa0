"""Scores of a prediction against its target over groups of rows: what a family of performance
metrics is written with.

A score is a registered function of a `TargetPair`: it asks the pair for the passes it needs, which
the core makes over all groups in one call, and gives arrays with one entry a group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift.catalogue.statuses import CODES
from simdrift.columns import as_column
from simdrift.metrics.cached import cached
from simdrift.metrics.columns import CurrentColumn
from simdrift.metrics.decide import Decided
from simdrift.metrics.evaluate import attempt, evaluated
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.numbers import Numbers, as_array
from simdrift.metrics.outcomes import ABSENT_ROWS, OK_CODE, Outcomes, all_ok, known_where
from simdrift.metrics.registry import function_of, functions, unknown
from simdrift.metrics.values import ALL_NULL, EMPTY, NOT_APPLICABLE, OK, Outcome

Sums = Mapping[str, Numbers]
"""`_core.PairDict` of each group of rows."""
NUMBERS = frozenset({"integer", "float", "boolean"})


@dataclass(frozen=True)
class PerformanceResult:
    """What a performance function found: a value, or None with a status; `n` rows took part."""

    metric: str
    value: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    status: str = OK
    n: int = 0


class TargetPair:
    """Target and prediction over the same groups. A pass is made when a score first reads it, over
    all groups at once. ValueError where the lengths differ."""

    def __init__(self, target: ColumnGroups, prediction: ColumnGroups) -> None:
        if target.whole.rows != prediction.whole.rows:
            raise ValueError(
                f"target and prediction: expected equal lengths, found {target.whole.rows} and "
                f"{prediction.whole.rows}"
            )
        self.target, self.prediction = target, prediction

    @cached
    def sums(self) -> Sums:
        """Sums of the rows in which both are finite, as `_core.pair_profile` has them; of one
        group NumPy's numbers."""
        sums = self.target.sums_with(self.prediction)
        return {name: own[0] for name, own in sums.items()} if len(self.target) == 1 else sums

    @cached
    def n(self) -> NDArray[np.int64]:
        """The rows in which both are finite."""
        return as_array(self.sums["n"]).astype(np.int64, copy=False)


class Score(NamedTuple):
    """Values, the ends of their intervals (None: none), and where a value cannot be: a mask and
    the status there."""

    value: Numbers
    ends: tuple[Numbers, Numbers] | None = None
    without: tuple[tuple[Numbers, str], ...] = ()


def score_functions() -> dict[str, Callable[[TargetPair], Score]]:
    """The registered scores by their short names, in the order in which they are written."""
    return {record.short: score for score, (record,) in functions("performance").items()}


def score_function(name: str) -> Callable[[TargetPair], Score]:
    """The registered score of that short name."""
    return function_of(f"performance.{name}")


def checked_metrics(metrics: Iterable[str]) -> tuple[str, ...]:
    """The names without 'performance.'; ValueError where one does not exist."""
    known = score_functions()
    names = tuple(name.removeprefix("performance.") for name in metrics)
    for name in names:
        if name not in known:
            raise ValueError(unknown("performance metric", name, known))
    return names


def performance_rows(
    target: ColumnGroups, prediction: ColumnGroups, metrics: Iterable[str] | None = None
) -> list[Decided]:
    """The `performance.*` rows of each group; None: every metric. A refused column gives
    'not_applicable'. ValueError for a name that is not known, and where the lengths differ."""
    known = score_functions()
    refused = target.whole.refused is not None or prediction.whole.refused is not None
    pair = None if refused else _pair_of_numbers(target, prediction)
    rows = []
    for name in known if metrics is None else checked_metrics(metrics):
        outcomes = _outcomes(name, known[name], target, pair)
        if refused:
            outcomes.n_current = np.array([ABSENT_ROWS])
        rows.append(Decided(None, f"performance.{name}", "", outcomes))
    return rows


def _pair_of_numbers(target: ColumnGroups, prediction: ColumnGroups) -> TargetPair | None:
    """None where a side is no column of numbers."""
    if not {target.whole.value_kind, prediction.whole.value_kind} <= NUMBERS:
        return None
    return TargetPair(target, prediction)


def _outcomes(
    name: str,
    function: Callable[[TargetPair], Score],
    column: ColumnGroups,
    pair: TargetPair | None,
) -> Outcomes:
    """One metric in each group; an unexpected exception costs this metric alone."""
    if pair is None:
        status = np.full(len(column), CODES[NOT_APPLICABLE], np.uint8)
        rows = np.zeros(len(column), np.int64)
        return Outcomes.refused(status, np.array([ABSENT_ROWS]), rows)
    found = attempt(f"performance.{name}", "", lambda: (pair.n, function(pair)))
    if isinstance(found, Outcome):
        return Outcomes.uniform(found, len(column))
    rows, score = found
    status = np.zeros(len(rows), np.uint8)
    for mask, reason in score.without:
        status[mask] = CODES[reason]
    if 0 in rows.tolist():
        lost = np.where(column.rows == 0, CODES[EMPTY], CODES[ALL_NULL])
        status = np.where(rows == 0, lost, status).astype(np.uint8)
    value = as_array(score.value)
    value = value if all_ok(status) else np.where(status == OK_CODE, value, np.nan)
    outcomes = Outcomes(value, status, n_current=rows)
    if score.ends is not None:
        known = status == OK_CODE
        low, high = (known_where(known, as_array(end)) for end in score.ends)
        outcomes.ci_low, outcomes.ci_high = low, high
    return outcomes.cleaned()


def _outcome(function: Callable[[TargetPair], Score], pair: TargetPair) -> Outcome:
    """The outcome of a single group: `_outcomes` on numbers, without arrays."""
    rows, score = int(pair.sums["n"]), function(pair)
    status = next((reason for holds, reason in reversed(score.without) if holds), OK)
    if rows == 0:
        status = ALL_NULL if pair.target.whole.rows else EMPTY
    if status != OK:
        return Outcome(None, status, n_current=rows)
    value = float(score.value)
    if score.ends is None:
        return Outcome(value, n_current=rows)
    low, high = score.ends
    return Outcome(value, ci_low=float(low), ci_high=float(high), n_current=rows)


def result(name: str, target: object, prediction: object, threads: int | None) -> PerformanceResult:
    """One metric of two array-likes: what the public functions return."""
    left, right = (
        ColumnGroups.of(CurrentColumn(side, as_column(data, name=side), threads=threads))
        for side, data in (("target", target), ("prediction", prediction))
    )
    pair = _pair_of_numbers(left, right)
    if pair is None:
        return PerformanceResult(f"performance.{name}", None, status=NOT_APPLICABLE)
    found = evaluated(f"performance.{name}", "", lambda: _outcome(score_function(name), pair))
    return PerformanceResult(
        f"performance.{name}",
        found.value,
        found.ci_low,
        found.ci_high,
        found.status,
        found.n_current or 0,
    )
