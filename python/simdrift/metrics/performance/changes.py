"""How a model's performance changed against a reference: the difference, whether chance explains
it, and whether it is worse by more than matters.

The law: both values are about normal with the standard errors of their rows, and independent, so
the difference over the root of the summed squares follows Student's t with Welch's degrees of
freedom (Welch 1947). Where a value has an interval that is wider on the side of the other value, as
that of a share near 1, its half there counts (Newcombe 1998).

A score whose column is lost, or whose labels are others, alerts as well. Any other one alerts where
its change is for the worse, beyond chance (q-value at most alpha, corrected
over the scores of the window) and at least `Metric.least_change`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.correction import correct
from simdrift.metrics.decide import Alerts, Decided
from simdrift.metrics.nulls.special import NORMAL_975, special
from simdrift.metrics.outcomes import Outcomes
from simdrift.metrics.registry import record

Segment = Sequence[Decided]
PValues = Mapping[tuple[str, str], Floats]
"""By metric and parameters, of each group."""
OF_DEVIATION = 0.1
"""The least change of a mean error that matters, in standard deviations of the error."""
LARGEST = "performance.max_error"
_MISSING, _CHANGED = CODES["missing_column"], CODES["type_changed"]


class Change(NamedTuple):
    """Of each group: value less the reference's, and the p-value of no change, NaN where that is
    not known."""

    effect_size: Floats
    p_value: Floats


def change(now: Outcomes, before: Outcomes) -> Change:
    """The change of one score; `before` has one group, or as many."""
    effect = now.value - before.value
    errors = now.standard_error, before.standard_error
    if errors[0] is None or errors[1] is None:
        return Change(effect, np.full(len(effect), np.nan))
    with np.errstate(all="ignore"):
        left = np.square(np.fmax(errors[0], _half(now, effect > 0.0)))
        right = np.square(np.fmax(errors[1], _half(before, effect < 0.0)))
        squared = np.asarray(left + right)
        freedom = squared**2 / (left**2 / _free(now) + right**2 / _free(before))
        p = 2.0 * special().stdtr(freedom, -np.abs(effect) / np.sqrt(squared))
    certain = squared == 0.0  # as of a score that no row can change
    p = np.where(certain, np.where(effect == 0.0, 1.0, np.nan), p)
    return Change(effect, np.where(np.isnan(effect), np.nan, np.minimum(p, 1.0)))


def _change(metric: str, now: Outcomes, before: Outcomes, p_value: Floats | None) -> Change:
    found = change(now, before)
    if p_value is not None:
        return found._replace(p_value=p_value)
    if metric == LARGEST:
        return found._replace(p_value=_p_of_largest(found.effect_size, now, before))
    return found


def _p_of_largest(effect: Floats, now: Outcomes, before: Outcomes) -> Floats:
    """Of exchangeable rows the largest error of both sides is on either as often as its share of
    the rows says. No interval of a maximum holds it: its bootstrap does not converge (Bickel and
    Freedman 1981)."""
    rows, others = (np.asarray(side.n_current, float) for side in (now, before))
    with np.errstate(all="ignore"):
        p = 2.0 * np.where(effect > 0.0, rows, others) / (rows + others)
    p = np.where(effect == 0.0, 1.0, np.minimum(p, 1.0))
    return np.asarray(np.where(np.isnan(effect), np.nan, p))


def _half(side: Outcomes, down: NDArray[np.bool_]) -> Floats:
    """The half of the interval below the value, or above it, as a standard error; NaN without."""
    low, high = side.ci_low, side.ci_high
    if low is None or high is None:
        return np.full(len(side), np.nan)
    return np.asarray(np.where(down, side.value - low, high - side.value) / NORMAL_975)


def _free(side: Outcomes) -> Floats:
    """Degrees of freedom of the rows that took part."""
    return np.maximum(np.asarray(side.n_current, float) - 1.0, 1.0)


def changed(
    segments: Sequence[Segment],
    references: Sequence[Segment],
    *,
    alpha: float = 0.05,
    correction: str = "bh",
    paired: Sequence[PValues] = (),
) -> list[list[Decided]]:
    """The rows of each segment with effect size, p- and q-value, threshold and alert against the
    reference's row of the same metric and parameters; one without such a row stays as it is. The
    q-values of a window are over all its scores and segments. `paired`: of each segment p-values
    that take the place of these, where both sides have the same rows."""
    pairs = [
        (row, _found(row, reference))
        for segment, reference in zip(segments, references, strict=True)
        for row in segment
    ]
    own: list[PValues] = [*paired, *({} for _ in segments[len(paired) :])]
    known = [
        of_segment.get((row.metric, row.params))
        for segment, of_segment in zip(segments, own, strict=True)
        for row in segment
    ]
    changes = [
        None if old is None else _change(row.metric, row.outcomes, old.outcomes, p)
        for (row, old), p in zip(pairs, known, strict=True)
    ]
    q_values = corrected([None if one is None else one.p_value for one in changes], correction)
    rows = iter(
        row if one is None or old is None else _judged(row, old, one, q, alpha)
        for (row, old), one, q in zip(pairs, changes, q_values, strict=True)
    )
    return [[next(rows) for _ in segment] for segment in segments]


def _found(row: Decided, reference: Segment) -> Decided | None:
    key = row.metric, row.params, row.column
    return next((one for one in reference if (one.metric, one.params, one.column) == key), None)


def corrected(p_values: Sequence[Floats | None], correction: str) -> list[Floats | None]:
    """q-values over the scores that have a p-value."""
    known = [p for p in p_values if p is not None and not np.isnan(p).all()]
    if not known:
        return [None] * len(p_values)
    corrected = iter(np.ascontiguousarray(correct(np.stack(known, axis=1), correction).T))
    return [None if p is None or np.isnan(p).all() else next(corrected) for p in p_values]


def is_lost(row: Decided) -> NDArray[np.bool_]:
    """Where the current rows lack a column, or have other labels in it."""
    status = row.outcomes.status
    return np.asarray((status == _MISSING) | (status == _CHANGED))


def with_loss(row: Decided, old: Outcomes) -> Decided:
    """The row with an alert where the reference has a value, and the current rows lack the column,
    or have other labels in it."""
    metric = record(row.metric)
    can_alert = metric is not None and (metric.least_change is not None or metric.threshold)
    lost = is_lost(row) & ~np.isnan(old.value)
    if not can_alert or not lost.any():
        return row
    known = np.full(len(lost), -1, np.int8) if row.alert is None else row.alert
    return row._replace(alert=np.where(lost, np.int8(1), known))


def _judged(row: Decided, old: Decided, one: Change, q: Floats | None, alpha: float) -> Decided:
    """The row with its change and, where a change can alert, threshold and alert."""
    outcomes = replace(
        row.outcomes,
        effect_size=one.effect_size,
        p_value=None if q is None else one.p_value,
        n_reference=old.outcomes.n_current,
    )
    row = row._replace(outcomes=outcomes, q_value=q)
    metric = record(row.metric)
    if q is None or metric is None:
        return with_loss(row, old.outcomes)
    limit = _limit(metric, old.outcomes)
    if limit is None:
        return with_loss(row, old.outcomes)
    row = row._replace(
        threshold=float(limit[0]) if len(limit) == 1 else limit,
        alert=alerts_of(metric, outcomes.value, limit, q, alpha),
    )
    return with_loss(row, old.outcomes)


def _limit(metric: Metric, old: Outcomes) -> Floats | None:
    """The value from which on a change matters; None where none does."""
    if metric.better == "zero" and old.standard_error is not None:
        deviation = old.standard_error * np.sqrt(np.asarray(old.n_current, float))
        return np.asarray(np.abs(old.value) + OF_DEVIATION * deviation)
    least = metric.least_change
    return None if least is None else limit_of(metric, old.value, least)


def limit_of(metric: Metric, before: Floats, least: float) -> Floats:
    """The value from which on a change for the worse is as large as matters.

    >>> from simdrift.metrics.registry import record
    >>> float(limit_of(record("performance.mae"), np.array([2.0]), 0.05)[0])
    2.1
    """
    sign = -1.0 if metric.better == "higher" else 1.0
    return np.asarray(before + sign * least * (np.abs(before) if metric.relative else 1.0))


def alerts_of(metric: Metric, value: Floats, limit: Floats, q: Floats, alpha: float) -> Alerts:
    """1 where the value is at the limit or worse and q is at most alpha, -1 where either is not
    known, else 0."""
    value = np.abs(value) if metric.better == "zero" else value
    worse = value <= limit if metric.better == "higher" else value >= limit
    known: NDArray[np.bool_] = ~(np.isnan(value) | np.isnan(q) | np.isnan(limit))
    return np.where(known, worse & (q <= alpha), -1).astype(np.int8)
