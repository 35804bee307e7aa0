"""Scores of predictions over groups of rows: what a family of performance metrics is written with.

A score is a registered function of one `Subject` (`predictions.py`): it asks that for the passes
it needs, which the core makes over all groups in one call, and gives arrays with one entry a
group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np

from simdrift.catalogue.metric import Metric
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.decide import Decided
from simdrift.metrics.evaluate import attempt, evaluated
from simdrift.metrics.numbers import Numbers, as_array, as_floats
from simdrift.metrics.outcomes import (
    OK_CODE,
    Outcomes,
    all_ok,
    any_true,
    known_where,
    reasons_at,
)
from simdrift.metrics.performance.label_table import LeftOut
from simdrift.metrics.performance.predictions import Lacking, Predictions, Subject
from simdrift.metrics.registry import function_of, functions, measures, unknown
from simdrift.metrics.values import ALL_NULL, EMPTY, OK, TYPE_CHANGED, Outcome

F = TypeVar("F", bound=Callable[..., Any])
Reason = tuple[Numbers, str] | tuple[Numbers, str, str]


@dataclass(frozen=True)
class PerformanceResult:
    """What a performance function gives: a value, or None with a status; `n` rows took part."""

    metric: str
    value: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    status: str = OK
    n: int = 0
    reason: str = ""


class Score(NamedTuple):
    """Values, the ends of their intervals (None: none), and where a value cannot be: a mask, the
    status there, and the reason in words. `error`: the standard error, which a change is judged
    by; `n`: the rows that take part, where they are not the subject's; `notes`: a mask and what is
    to be said of the values there. Everything is a number of one group, or an array."""

    value: Numbers
    ends: tuple[Numbers, Numbers] | None = None
    without: tuple[Reason, ...] = ()
    error: Numbers | None = None
    n: Numbers | None = None
    notes: tuple[tuple[Numbers, str], ...] = ()


Scored = Score | Mapping[str, Score]
"""One score, or one a text of parameters ('label=cat'); the plain one is under ''."""
ScoreFunction = Callable[..., Scored]
_SUBJECTS: dict[ScoreFunction, type[Any]] = {}


def scores(kind: type[Subject], record: Metric) -> Callable[[F], F]:
    """Registers a function of a subject of this kind as the metric of the record; the record's
    parameters are its keywords."""

    def register(function: F) -> F:
        _SUBJECTS[function] = kind
        return measures(record)(function)

    return register


def score_functions() -> dict[str, ScoreFunction]:
    """The registered scores by their short names, by group and in the order in which they are
    written."""
    found = sorted(functions("performance").items(), key=lambda item: item[1][0].place)
    return {record.short: score for score, (record,) in found}


def score_function(name: str) -> ScoreFunction:
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
    predictions: Predictions, metrics: Iterable[str] | None = None
) -> list[Decided]:
    """The `performance.*` rows of each group; None: every metric. A role that is not given, or a
    column that was refused, costs the metrics that need it, with the reason. ValueError for a
    name that is not known."""
    known = score_functions()
    names = known if metrics is None else checked_metrics(metrics)
    return [row for name in names for row in _rows(name, known[name], predictions)]


def _rows(name: str, function: ScoreFunction, predictions: Predictions) -> list[Decided]:
    """The rows of one metric; an unexpected exception costs this metric alone."""
    metric, groups = f"performance.{name}", len(predictions)
    kind = _SUBJECTS.get(function) or _SUBJECTS[score_function(name)]

    def compute() -> tuple[Subject | Lacking, Scored | None]:
        subject = predictions.subject(kind)
        return subject, None if isinstance(subject, Lacking) else function(subject)

    found = attempt(metric, "", compute)
    if isinstance(found, Outcome):
        return [Decided(None, metric, "", Outcomes.uniform(found, groups))]
    subject, scored = found
    if isinstance(subject, Lacking):
        lost = Outcome(None, subject.status, n_current=subject.rows, reason=subject.reason)
        return [Decided(None, metric, "", Outcomes.uniform(lost, groups))]
    by_params = {"": scored} if isinstance(scored, Score) else scored or {}
    return [
        Decided(None, metric, params, _outcomes(score, subject, predictions))
        for params, score in by_params.items()
    ]


def _outcomes(score: Score, subject: Subject, predictions: Predictions) -> Outcomes:
    """A score in each group."""
    rows = subject.n if score.n is None else as_array(score.n)
    status = np.zeros(len(rows), np.uint8)
    reasons: dict[int, str] = {}
    left_out: LeftOut | None = getattr(subject, "left_out", None)
    for mask, note in (*score.notes, *(left_out.notes() if left_out else ())):
        for place, text in reasons_at(np.broadcast_to(as_array(mask), status.shape), note).items():
            reasons[place] = "; ".join(dict.fromkeys((*filter(None, [reasons.get(place)]), text)))
    for mask, code, *words in score.without:
        holds = np.broadcast_to(as_array(mask), status.shape)
        status[holds] = CODES[code]
        reasons.update(reasons_at(holds, words[0] if words else ""))
    none = subject.n == 0
    if any_true(none):
        lost = np.where(predictions.first.rows == 0, CODES[EMPTY], CODES[ALL_NULL])
        status = np.where(none, lost, status).astype(np.uint8)
        if left_out is not None:
            changed = none & (left_out.rows > 0)
            status[changed] = CODES[TYPE_CHANGED]
            reasons.update(reasons_at(changed, f"all rows have {left_out.words}"))
    value = as_floats(score.value)
    value = value if all_ok(status) else np.where(status == OK_CODE, value, np.nan)
    outcomes = Outcomes(value, status, n_current=np.asarray(rows), reasons=reasons)
    known = status == OK_CODE
    if score.ends is not None:
        low, high = (known_where(known, as_floats(end)) for end in score.ends)
        outcomes.ci_low, outcomes.ci_high = low, high
    if score.error is not None:
        outcomes.standard_error = known_where(known, as_floats(score.error))
    return outcomes.cleaned()


def _outcome(scored: Scored, subject: Subject, predictions: Predictions) -> Outcome:
    """The outcome of a single group: `_outcomes` on numbers, without arrays."""
    score = scored if isinstance(scored, Score) else scored[""]
    rows = int(subject.n[0] if score.n is None else score.n)
    status, reason = OK, ""
    for holds, code, *words in score.without:
        if holds:
            status, reason = code, words[0] if words else ""
    left_out: LeftOut | None = getattr(subject, "left_out", None)
    if not subject.n[0]:
        status, reason = ALL_NULL if predictions.first.whole.rows else EMPTY, ""
        if left_out is not None and left_out.rows[0]:
            status, reason = TYPE_CHANGED, f"all rows have {left_out.words}"
    if status != OK:
        return Outcome(None, status, n_current=rows, reason=reason)
    low, high = (None, None) if score.ends is None else map(float, score.ends)
    notes = (*score.notes, *(left_out.notes() if left_out else ()))
    reason = "; ".join(note for holds, note in notes if holds)
    return Outcome(float(score.value), ci_low=low, ci_high=high, n_current=rows, reason=reason)


def result(name: str, predictions: Predictions, **params: Any) -> PerformanceResult:
    """One metric of predictions of one group: what the public functions return."""
    metric, function = f"performance.{name}", score_function(name)

    def compute() -> Outcome:
        subject = predictions.subject(_SUBJECTS[function])
        if isinstance(subject, Lacking):
            return Outcome(None, subject.status, reason=subject.reason)
        return _outcome(function(subject, **params), subject, predictions)

    found = evaluated(metric, "", compute)
    return PerformanceResult(
        metric,
        found.value,
        found.ci_low,
        found.ci_high,
        found.status,
        int(found.n_current or 0),
        found.reason,
    )
