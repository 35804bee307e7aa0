"""`check`: a table against a schema and checks. One that can't be made fails, and ends nothing."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from os import PathLike
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._errors import SimdriftError
from simdrift.checks.definition import OF_ROWS, Check, seconds_in
from simdrift.checks.document import as_checks, params_of
from simdrift.checks.report import CheckReport, Line, lines_of_schema
from simdrift.checks.rows import FUNCTIONS, NotOfKindError
from simdrift.columns import Refused, Table, as_table
from simdrift.columns.values import Values, seconds_of
from simdrift.metrics.checked import check_row
from simdrift.metrics.names import column_text
from simdrift.metrics.structure import schema_rows
from simdrift.metrics.values import MetricValue
from simdrift.monitoring.check_metrics import usual_range, value_of
from simdrift.monitoring.structure import schema_of
from simdrift.schema import ColumnSchema, Schema
from simdrift.schema.compare import differences
from simdrift.schema.rows import results_of_values, words_of

MOST_EXAMPLES: Final = 5
log = logging.getLogger("simdrift")


class CheckData(NamedTuple):
    """What checks are made of. `usual_rows`: how many rows such data usually have; `shared`: what
    is computed once for all windows of a reference."""

    table: Table
    reference: Table | None
    roles: Any
    now: datetime
    values: dict[str, Values]
    usual_rows: int
    shared: dict[Any, Any]

    @classmethod
    def of(cls, table: Table, reference: Table | None, roles: Any, now: datetime) -> CheckData:
        """Those of one table."""
        return cls(table, reference, roles, now, {}, len(table), {})

    def values_of(self, name: str) -> Values:
        """A column's rows, read once."""
        if name not in self.values:
            column = self.table.columns[name]
            if isinstance(column, Refused):
                raise NotOfKindError(f"the column can't be read: {column.message}")
            self.values[name] = Values(column)
        return self.values[name]


def check(
    data: object,
    schema: Schema | str | PathLike[str] | None = None,
    checks: object = None,
    *,
    reference: object | None = None,
    roles: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> CheckReport:
    """A frame or files against a `Schema` and checks: a line and a result row each.

    `schema`: a `Schema`, its file, or 'reference'. `checks`: a list of `Check`, or their file.
    `reference`: rows that metrics are compared with; `roles`: the model's columns, for its
    performance; `now`: the time that ages are of (default: the clock's). SpecError where schema or
    checks can't be used; data never raise: a check that can't be made has failed.

    >>> report = check({"id": [1, 2, 2]}, checks=[Check("unique", "id")])
    >>> report.passed, report.lines[0].examples
    (False, ((1, 2), (2, 2)))
    """
    table, own = as_table(data), as_checks(checks)
    before = None if reference is None else as_table(reference, argument="reference")
    expected = schema_of(schema, before)
    made = CheckData.of(table, before, roles, now or datetime.now(UTC))
    lines: list[Line] = []
    rows: list[MetricValue] = []
    reasons: dict[tuple[str, str, str], str] = {}
    if expected is not None:
        found = differences(expected.columns, table, ordered=expected.ordered, warn=expected.warn)
        lines += lines_of_schema(expected, found)
        decided = schema_rows([found], [len(table)])
        rows += [row.at(0) for row in decided]
        reasons |= words_of(decided)
    for one in own:
        line, row = _made(one, made)
        lines.append(line)
        rows.append(row)
        reasons.setdefault(("", row.column, row.metric), line.message)
    digest = "" if expected is None else expected.digest
    reasons = {key: text for key, text in reasons.items() if text}
    results = results_of_values("check", rows, reasons, len(table), digest)
    return CheckReport(lines, results, rows=len(table))


class CheckOutcome(NamedTuple):
    """What became of a check."""

    passed: bool
    value: float | None
    message: str = ""
    threshold: float | None = None
    failing: int | None = None
    share: float | None = None
    examples: tuple[tuple[int, Any], ...] = ()
    status: str = "ok"


def _made(check: Check, data: CheckData) -> tuple[Line, MetricValue]:
    """One check's line and row."""
    outcome = outcome_of(check, data)
    state = "pass" if outcome.passed else check.severity
    names = ", ".join(map(column_text, check.columns))
    line = Line(
        check.label,
        names,
        state,
        outcome.value,
        outcome.failing,
        outcome.share,
        outcome.examples,
        outcome.message,
    )
    row = check_row(
        check.name,
        names,
        outcome.value,
        share=outcome.share,
        threshold=outcome.threshold,
        alert=state == "fail",
        status=outcome.status,
        rows=len(data.table),
        params=params_of(check),
    )
    return line, row


def outcome_of(check: Check, data: CheckData) -> CheckOutcome:
    """What became of a check; data never raise."""
    lost = [name for name in check.columns if name not in data.table.whole]
    if check.name == "column_exists":
        return CheckOutcome(not lost, float(not lost), "" if not lost else _lost(lost), 1.0)
    if lost:
        return CheckOutcome(False, None, _lost(lost), status="missing_column")
    try:
        if check.name in OF_ROWS:
            return outcome_of_rows(check, data, failing_rows(check, data))
        return _VALUES[check.name](check, data)
    except Exception as error:
        return outcome_of_error(check, error)


def outcome_of_error(check: Check, error: Exception) -> CheckOutcome:
    """A check that can't be made has failed."""
    if isinstance(error, NotOfKindError):
        return CheckOutcome(False, None, str(error), status="not_applicable")
    if isinstance(error, SimdriftError):
        return CheckOutcome(False, None, str(error), status="error")
    log.error("check %s of column %r failed", check.name, check.column, exc_info=error)
    return CheckOutcome(False, None, f"{type(error).__name__}: {error}", status="error")


def _lost(names: list[str]) -> str:
    shown = ", ".join(map(repr, names))
    return f"expected the column{'s' if len(names) > 1 else ''} {shown}, found none"


def failing_rows(check: Check, data: CheckData) -> NDArray[np.bool_]:
    """(n,) the rows that fail a check of single rows."""
    options = dict(check.options)
    if check.name == "foreign_key":
        options["key"] = options.get("key") or check.columns[0]
    return FUNCTIONS[check.name]([data.values_of(name) for name in check.columns], options)


def outcome_of_rows(
    check: Check, data: CheckData, mask: NDArray[np.bool_], first: int = 0
) -> CheckOutcome:
    """What becomes of a check by its failing rows; `mask` is of the rows from `first` on."""
    own = [data.values_of(name) for name in check.columns]
    failing, rows = int(mask.sum()), len(mask)
    places = np.flatnonzero(mask)[:MOST_EXAMPLES].tolist()
    examples = tuple((row, _value_at(own, first + row)) for row in places)
    allowed = math.floor(check.at_most * rows + 1e-9)
    share = failing / rows if rows else 0.0
    message = f"{failing:,} of {rows:,} rows fail" if failing else ""
    return CheckOutcome(
        failing <= allowed, float(failing), message, float(allowed), failing, share, examples
    )


def _value_at(values: Sequence[Values], row: int) -> Any:
    return values[0].value(row) if len(values) == 1 else tuple(one.value(row) for one in values)


def _within(check: Check, value: float | None, what: str, status: str = "ok") -> CheckOutcome:
    """A number between the limits; without one, the check has failed."""
    if value is None or not math.isfinite(value):
        return CheckOutcome(False, None, f"{what} has no value", status=_why(status))
    limits = [check.options.get("min"), check.options.get("max")]
    low, high = (None if one is None else seconds_of(one) for one in limits)
    return _in_limits(value, low, high, what)


def _why(status: str) -> str:
    return "all_null" if status == "ok" else status


def _in_limits(value: float, low: float | None, high: float | None, what: str) -> CheckOutcome:
    if low is not None and value < low:
        return CheckOutcome(False, value, f"{what} is {value:g}, below {low:g}", low)
    if high is not None and value > high:
        return CheckOutcome(False, value, f"{what} is {value:g}, above {high:g}", high)
    return CheckOutcome(True, value, "", low if high is None else high)


def _row_count(check: Check, data: CheckData) -> CheckOutcome:
    return _within(check, float(len(data.table)), "the number of rows")


def _missing_share(check: Check, data: CheckData) -> CheckOutcome:
    name = check.columns[0]
    column = data.table.columns[name]
    if isinstance(column, Refused):  # which rows are there is known of most
        if column.present is None:
            raise NotOfKindError(f"the column can't be read: {column.message}")
        missing = column.present.null_count
    else:
        missing = int(data.values_of(name).missing.sum())
    share = missing / len(data.table) if len(data.table) else 0.0
    return _in_limits(share, None, check.options["share"], "the missing share")


def _known(check: Check, data: CheckData) -> Any:
    own = data.values_of(check.columns[0])
    if own.is_text:
        raise NotOfKindError(f"expected numbers or times, found {own.column.type}")
    if own.column.kind == "null":
        return np.zeros(0)
    return own.numbers[np.isfinite(own.numbers)]


def _mean(check: Check, data: CheckData) -> CheckOutcome:
    known = _known(check, data)
    return _within(check, float(np.mean(known)) if len(known) else None, "the mean")


def _quantile(check: Check, data: CheckData) -> CheckOutcome:
    known, q = _known(check, data), check.options["q"]
    value = float(np.quantile(known, q)) if len(known) else None
    return _within(check, value, f"the quantile {q:g}")


def _of_type(check: Check, data: CheckData) -> CheckOutcome:
    name = check.columns[0]
    schema = {name: ColumnSchema(check.options["type"])}
    found = [
        one.words
        for one in differences(schema, data.table.among([name]))
        if one.kind in ("retyped", "precision", "time_zone")
    ]
    return CheckOutcome(not found, float(not found), "; ".join(found), 1.0)


def _max_age(check: Check, data: CheckData) -> CheckOutcome:
    own = data.values_of(check.columns[0])
    if not own.is_time:
        raise NotOfKindError(f"expected points in time, found {own.column.type}")
    most = seconds_in(check.options["age"])
    if own.missing.all():
        return CheckOutcome(False, None, "no row has a time", most, status="empty")
    age = seconds_of(data.now) - float(np.nanmax(own.numbers))
    return _in_limits(age, None, most, "the age of the newest row in seconds")


def _metric(check: Check, data: CheckData) -> CheckOutcome:
    found = value_of(check, data.table, data.reference, data.roles)
    name = check.options["metric"]
    if found.value is None:
        why = found.reason or found.status
        return CheckOutcome(False, None, f"{name} has no value: {why}", status=found.status)
    if check.options.get("sigmas") is None:
        return _within(check, found.value, name)
    if data.reference is None:
        why = f"{name}: its usual range needs a reference: sd.check(..., reference=...)"
        return CheckOutcome(False, found.value, why)
    usual = _usual(check, data)
    if usual is None:
        return CheckOutcome(False, found.value, f"{name}: the reference has too few windows of it")
    outcome = _in_limits(found.value, *usual, name)
    return outcome if not outcome.passed else _within(check, found.value, name)


def _usual(check: Check, data: CheckData) -> tuple[float, float] | None:
    """The usual range of a metric, computed once for a reference."""
    assert data.reference is not None
    key = check, id(data.reference)
    if key not in data.shared:
        rows = data.usual_rows
        data.shared[key] = usual_range(check, data.reference, rows, data.roles), data.reference
    found: tuple[float, float] | None = data.shared[key][0]
    return found


_VALUES: Final[Mapping[str, Callable[[Check, CheckData], CheckOutcome]]] = {
    "row_count": _row_count,
    "max_missing_share": _missing_share,
    "mean_between": _mean,
    "quantile_between": _quantile,
    "of_type": _of_type,
    "max_age": _max_age,
    "metric": _metric,
}
