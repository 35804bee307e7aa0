"""What alerts: q-values over the family of a window, thresholds, and the table's own drift.

A family is one window: the deciding tests of the distributions of all its columns and segments.
The tests of missing shares are a family of their own, and so are those that inform. Everything is
an array with one entry a window.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric
from simdrift.catalogue.statuses import CODES
from simdrift.metrics import thresholds as rules
from simdrift.metrics.columns import TABLE
from simdrift.metrics.correction import correct
from simdrift.metrics.measure import Measured
from simdrift.metrics.names import ColumnKey, column_text
from simdrift.metrics.outcomes import OK_CODE, Outcomes, all_ok, any_true
from simdrift.metrics.plan import DriftPlan
from simdrift.metrics.registry import measures
from simdrift.metrics.values import MetricValue

Alerts = NDArray[np.int8]
"""1: the rule alerts, 0: it does not, -1: no rule applies."""
MISSING_SHARE = "missing_share"


class Decided(NamedTuple):
    """One metric of one column, of a pair or of the table (None), over windows."""

    column: ColumnKey
    metric: str
    params: str
    outcomes: Outcomes
    q_value: Floats | None = None
    threshold: float | Floats | None = None
    alert: Alerts | None = None
    present: NDArray[np.bool_] | None = None

    def alone(self, group: int) -> Decided:
        """One window's; a threshold goes with an alert."""
        outcomes = self.outcomes.alone(group)
        one = Decided(self.column, self.metric, self.params, outcomes)
        if self.alert is None or self.alert[group] < 0:
            return one
        limit = self.threshold
        return one._replace(
            alert=self.alert[group : group + 1],
            threshold=float(limit[group]) if isinstance(limit, np.ndarray) else limit,
        )

    def at(self, group: int) -> MetricValue:
        """One window's row."""
        outcome = self.outcomes.at(group)
        q = None if self.q_value is None else float(self.q_value[group])
        alert = -1 if self.alert is None else int(self.alert[group])
        return MetricValue(
            column_text(self.column),
            self.metric,
            outcome.value,
            outcome.ci_low,
            outcome.ci_high,
            outcome.p_value,
            None if q is None or q != q else q,
            outcome.effect_size,
            float(self.threshold[group])
            if isinstance(self.threshold, np.ndarray)
            else self.threshold,
            None if alert < 0 else bool(alert),
            outcome.status,
            outcome.null_quantile,
            outcome.n_reference,
            outcome.n_current,
            self.params,
        )


def decide(segments: Sequence[Sequence[Measured]], plan: DriftPlan) -> list[list[Decided]]:
    """The rows of each segment: q-values over all of them, thresholds, alerts."""
    flat = [item for segment in segments for item in segment]
    p_values = [p for segment in segments for p in _evidence(segment)]
    q_values = _corrected(flat, p_values, plan.correction)
    decided, start = [], 0
    for segment in segments:
        end = start + len(segment)
        decided.append(_decided(segment, q_values[start:end], plan))
        start = end
    return decided


def _is_distribution(item: Measured) -> bool:
    return item.spec.name != MISSING_SHARE


def _evidence(segment: Sequence[Measured]) -> list[Floats | None]:
    """What speaks against no drift: each metric's p-value. That of a distance which a test informs
    is twice the smaller of both: each sees what the other is blind to."""
    tests = {
        item.column: item.outcomes.p_value
        for item in segment
        if item.informational and item.spec.rule == "test"
    }
    evidence = [item.outcomes.p_value for item in segment]
    informed = [
        (place, p, other)
        for place, (item, p) in enumerate(zip(segment, evidence, strict=True))
        if item.spec.rule == "distance" and _is_distribution(item) and not item.informational
        if p is not None and (other := tests.get(item.column)) is not None
    ]
    if informed:
        places, own, others = zip(*informed, strict=True)
        for place, both in zip(places, _of_both(np.stack(own), np.stack(others)), strict=True):
            evidence[place] = both
    return evidence


def _of_both(p: Floats, other: Floats) -> Floats:
    both = np.minimum(1.0, 2.0 * np.minimum(p, other))
    return np.where(np.isnan(both), p, both)


def _corrected(
    flat: Sequence[Measured], of_items: Sequence[Floats | None], correction: str
) -> list[Floats | None]:
    """q-values of the three families: distributions, missing shares, and what informs."""
    q_values: list[Floats | None] = [None] * len(flat)
    families: dict[tuple[bool, bool], list[int]] = {}
    for index, item in enumerate(flat):
        if of_items[index] is not None and item.verdict is None:
            key = _is_distribution(item), item.informational
            families.setdefault(key, []).append(index)
    for family in families.values():
        p_values = np.stack([p for index in family if (p := of_items[index]) is not None], axis=1)
        q_of_tests = np.ascontiguousarray(correct(p_values, correction).T)
        for index, q in zip(family, q_of_tests, strict=True):
            q_values[index] = q
    return q_values


def _decided(
    segment: Sequence[Measured], q_values: Sequence[Floats | None], plan: DriftPlan
) -> list[Decided]:
    tested: dict[ColumnKey, Floats] = {}
    valued: dict[ColumnKey, NDArray[np.bool_]] = {}
    informed = {item.column for item in segment if item.informational}
    for item, q in zip(segment, q_values, strict=True):
        if item.informational and q is not None:
            before = tested.get(item.column)
            tested[item.column] = q if before is None else _with_others(q, before)
        if not item.informational and item.column in informed and _is_distribution(item):
            has_value = ~np.isnan(item.outcomes.value)
            before_it = valued.get(item.column)
            valued[item.column] = has_value if before_it is None else before_it | has_value
    evidence = [_p_or_q(item, q, tested) for item, q in zip(segment, q_values, strict=True)]
    thresholds, alerts = _alerts(segment, evidence, plan)
    rows = []
    for item, q, threshold, alert in zip(segment, q_values, thresholds, alerts, strict=True):
        if item.informational and item.column in valued:
            alert = np.where(valued[item.column], np.int8(-1), alert)
        if item.verdict is not None:
            threshold, alert = item.verdict
        own = item.outcomes, q, threshold, alert, item.present
        rows.append(Decided(item.column, item.spec.metric, item.params, *own))
    return _with_losses(segment, rows)


_GONE, _RETYPED = CODES["missing_column"], CODES["type_changed"]


def _with_losses(segment: Sequence[Measured], rows: Sequence[Decided]) -> list[Decided]:
    """The rows; a column that is lost, or has become one of another type, alerts in its first
    row."""
    decided, seen = [], set()
    for item, row in zip(segment, rows, strict=True):
        status = row.outcomes.status
        if item.column not in seen and TABLE not in item.spec.kinds and not all_ok(status):
            lost = (status == _GONE) | (status == _RETYPED)
            if any_true(lost):
                row = row._replace(alert=np.where(lost, 1, _alert_of(row)).astype(np.int8))
        seen.add(item.column)
        decided.append(row)
    return decided


def _alert_of(row: Decided) -> Alerts:
    return np.full(len(row.outcomes.status), -1, np.int8) if row.alert is None else row.alert


def _p_or_q(
    item: Measured, q_value: Floats | None, tested: Mapping[ColumnKey, Floats]
) -> Floats | None:
    """What the rule of a row compares with alpha: its own q-value, or that of the test that
    informs."""
    if item.informational or not _is_distribution(item) or item.column not in tested:
        return q_value
    other = tested[item.column]
    return other if q_value is None else _with_others(q_value, other)


def _with_others(numbers: Floats, others: Floats) -> Floats:
    """The numbers, with the others' where there are none."""
    lost = np.isnan(numbers)
    return np.where(lost, others, numbers) if any_true(lost) else numbers


def _alerts(
    segment: Sequence[Measured], evidence: Sequence[Floats | None], plan: DriftPlan
) -> tuple[list[float | Floats | None], list[Alerts]]:
    """Threshold and alerts of each row by its rule; rows of one metric are judged together."""
    thresholds = [
        rules.threshold_of(
            item.spec, item.column, plan.thresholds, plan.alpha, item.outcomes.practical
        )
        for item in segment
    ]
    alike: dict[tuple[object, ...], list[int]] = {}
    for place, (item, limit, q) in enumerate(zip(segment, thresholds, evidence, strict=True)):
        kinds = type(limit), q is None, item.outcomes.null_quantile is None
        alike.setdefault((item.spec.name, *kinds), []).append(place)
    alerts: list[Alerts] = [_NO_ALERT] * len(segment)
    for places in alike.values():
        spec, limits = segment[places[0]].spec, [thresholds[place] for place in places]
        outcomes = [segment[place].outcomes for place in places]
        found = rules.alerts_of(
            spec,
            _joined([own.value for own in outcomes]),
            _limits(limits, len(outcomes[0])),
            _joined([evidence[place] for place in places]),
            plan.alpha,
            _joined([own.null_quantile for own in outcomes]),
        )
        for place, own in zip(places, found.reshape(len(places), -1), strict=True):
            alerts[place] = own
    return thresholds, alerts


_NO_ALERT = np.zeros(0, np.int8)


def _joined(arrays: Sequence[Any]) -> Any:
    """Rows after rows; None where they have none."""
    return arrays[0] if len(arrays) == 1 or arrays[0] is None else np.concatenate(arrays)


def _limits(limits: Sequence[Any], windows: int) -> Any:
    """Thresholds of rows after rows: of one kind, numbers, arrays or None."""
    if limits[0] is None or len(limits) == 1:
        return limits[0]
    if isinstance(limits[0], np.ndarray):
        return np.concatenate(limits)
    return np.repeat(np.array(limits, float), windows)


_TABLE: dict[str, Any] = {
    "group": "whole table",
    "source": "Evidently: dataset drift",
    "better": "lower",
    "kinds": (TABLE,),
    "needs_values": False,
}


@measures(
    Metric(
        name="drift.dataset",
        title="share of drifted columns",
        formula="share of the judged columns that alert",
        unit="share",
        bounds=(0.0, 1.0),
        rule="share",
        threshold=0.5,
        leads=True,
        watched=True,
        **_TABLE,
    ),
    Metric(
        name="drift.dataset_count",
        title="drifted columns",
        formula="number of the columns that alert",
        unit="columns",
        bounds=(0.0, None),
        **_TABLE,
    ),
)
def dataset_drift(
    rows: Sequence[Decided],
    threshold: float,
    n_reference: int | NDArray[np.int64],
    n_current: NDArray[np.int64],
) -> list[Decided]:
    """`drift.dataset`, the share of the judged columns that alert, alerting from the threshold
    on, and `drift.dataset_count`, their number. A column is judged where a metric of its
    distribution is decided, or where anything of it alerts: that more is missing, that it is
    lost, that a statistic is beyond its limit. A window without rows alerts. `n_reference`: of
    each window, or one for all."""
    alerts: dict[ColumnKey, Alerts] = {}
    for row in rows:
        if row.alert is None or not isinstance(row.column, str):
            continue
        own = row.alert
        if not _is_of_distribution(row):
            own = np.where(own == 1, own, np.int8(-1))
        other = alerts.get(row.column)
        alerts[row.column] = own if other is None else np.maximum(other, own)
    of_columns = np.array([*alerts.values()], np.int8).reshape(len(alerts), len(n_current))
    known, count = (np.sum(holds, axis=0) for holds in (of_columns >= 0, of_columns > 0))
    decided = known > 0
    before = np.atleast_1d(n_reference)
    empty = (n_current == 0) & (before > 0)
    decided &= ~empty
    status = np.where(decided, OK_CODE, np.where(empty, CODES["empty"], CODES["not_applicable"]))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(decided, count / known, np.nan)
    alert = np.where(empty, 1, np.where(decided, share >= threshold, -1)).astype(np.int8)
    counted = np.where(decided, count, np.nan)
    status = status.astype(np.uint8)
    whole = Outcomes(share, status, n_reference=before, n_current=n_current)
    number = Outcomes(counted, status, n_reference=before, n_current=n_current)
    return [
        Decided(None, "drift.dataset", "", whole, None, threshold, alert),
        Decided(None, "drift.dataset_count", "", number),
    ]


def _is_of_distribution(row: Decided) -> bool:
    return row.metric.startswith("drift.") and row.metric != f"drift.{MISSING_SHARE}"
