"""The `fairness.*` rows of predictions over groups of rows: what monitoring asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from simdrift.metrics.decide import Decided
from simdrift.metrics.evaluate import attempt
from simdrift.metrics.fairness.coding import sensitive_groups
from simdrift.metrics.fairness.measures import Options, alerts_of, can_alert
from simdrift.metrics.fairness.table import SensitiveTable, Unavailable
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.names import ColumnKey, column_text
from simdrift.metrics.outcomes import Outcomes
from simdrift.metrics.performance.predictions import Lacking, Predictions
from simdrift.metrics.registry import function_of, functions, unknown
from simdrift.metrics.values import Outcome

GROUP = "group"
"""Parameter of a row of one sensitive group."""
Measured = Outcomes | Mapping[str, Outcomes]


def fairness_metrics() -> tuple[str, ...]:
    """Short names of all metrics of fairness, in the order in which they are written."""
    return tuple(record.short for (record,) in functions("fairness").values())


def checked_fairness(metrics: Iterable[str]) -> tuple[str, ...]:
    """The names without 'fairness.'; ValueError where one does not exist."""
    known = fairness_metrics()
    names = tuple(name.removeprefix("fairness.") for name in metrics)
    for name in names:
        if name not in known:
            raise ValueError(unknown("fairness metric", name, known))
    return names


def fairness_rows(
    predictions: Predictions,
    sensitive: Mapping[str, ColumnGroups],
    metrics: Iterable[str] | None = None,
    *,
    intersections: Sequence[tuple[str, str]] = (),
    options: Options | None = None,
) -> list[Decided]:
    """The rows of each sensitive column, and of each pair in `intersections`, over the groups of
    the predictions. `metrics` None: those of the kind of the predictions, two labels, several, or
    numbers. Rows of one sensitive group have the parameter 'group=...'. Intervals are of 95 % each;
    alerts look at wider ones, which hold together for all columns and metrics that may alert.
    ValueError for a name that is not known."""
    asked = None if metrics is None else checked_fairness(metrics)
    keys: list[ColumnKey] = [*sensitive, *intersections]
    own = options or Options()
    tables = {key: _table(predictions, key, sensitive) for key in keys}
    calls = [(name, key) for key in keys for name in asked or _usual(tables[key])]
    alerting = sum(can_alert(name) for name, _ in calls)
    together = own._replace(level=own.level ** (1.0 / max(alerting, 1)))
    rows: list[Decided] = []
    for name, key in calls:
        found = _measured(name, key, tables[key], own)
        wide = found
        if can_alert(name) and isinstance(found, Outcomes):
            wide = _measured(name, key, tables[key], together)
        rows += _rows(name, key, found, wide, len(predictions))
    return rows


def _table(
    predictions: Predictions, key: ColumnKey, sensitive: Mapping[str, ColumnGroups]
) -> SensitiveTable | Lacking:
    columns = (key,) if isinstance(key, str) else key or ()
    groups = sensitive_groups({name: sensitive[name] for name in columns}, predictions.threads)
    return groups if isinstance(groups, Lacking) else SensitiveTable(predictions, groups)


def _usual(table: SensitiveTable | Lacking) -> tuple[str, ...]:
    """The metrics that have a meaning for such predictions."""
    names = fairness_metrics()
    if isinstance(table, Lacking):
        return names
    of_numbers = tuple(name for name in names if name.startswith("mae"))
    try:
        if table.decisions.binary:
            return tuple(name for name in names if name not in of_numbers)
    except Unavailable:
        return of_numbers
    prediction = table.predictions.prediction
    if prediction is not None and prediction.whole.value_kind == "float":
        return of_numbers
    return tuple(name for name in names if name.startswith("accuracy_score"))


def _measured(
    name: str, key: ColumnKey, table: SensitiveTable | Lacking, options: Options
) -> Measured | Lacking | Outcome:
    """One metric of one sensitive column, or why there is none."""
    if isinstance(table, Lacking):
        return table

    def compute() -> Measured | Lacking:
        try:
            found: Measured = function_of(f"fairness.{name}")(table, options)
        except Unavailable as error:
            return error.lacking
        return found

    return attempt(f"fairness.{name}", column_text(key), compute)


def _rows(
    name: str,
    key: ColumnKey,
    found: Measured | Lacking | Outcome,
    wide: Measured | Lacking | Outcome,
    groups: int,
) -> list[Decided]:
    metric = f"fairness.{name}"
    if isinstance(found, Lacking):
        found = Outcome(None, found.status, n_current=found.rows, reason=found.reason)
    if isinstance(found, Outcome):
        return [Decided(key, metric, "", Outcomes.uniform(found, groups))]
    if isinstance(found, Mapping):
        return [Decided(key, metric, f"{GROUP}={own}", out) for own, out in found.items()]
    judged = wide if isinstance(wide, Outcomes) else found
    threshold, alert = alerts_of(name, judged) or (None, None)
    return [Decided(key, metric, "", found, None, threshold, alert)]
