"""`check`: a table against a schema and checks. One that can't be made fails, and ends nothing."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from os import PathLike
from typing import Any, Final, NamedTuple

import numpy as np

from simdrift._errors import SimdriftError
from simdrift.checks.definition import OF_ROWS, Check, seconds_in
from simdrift.checks.document import as_checks
from simdrift.checks.metrics import usual_range, value_of
from simdrift.checks.report import CheckReport, Line, lines_of_schema
from simdrift.checks.rows import FUNCTIONS, NotOfKindError
from simdrift.columns import Refused, Table, as_table
from simdrift.columns.values import Values, seconds_of
from simdrift.metrics.checked import check_row
from simdrift.metrics.names import column_text
from simdrift.metrics.structure import schema_rows
from simdrift.metrics.values import MetricValue, params_text
from simdrift.monitoring.structure import schema_of
from simdrift.schema import ColumnSchema, Schema
from simdrift.schema.compare import differences
from simdrift.schema.rows import results_of_values, words_of

MOST_EXAMPLES: Final = 5
log = logging.getLogger("simdrift")


class _Data(NamedTuple):
    """What checks are made of."""

    table: Table
    reference: Table | None
    roles: Any
    now: datetime
    values: dict[str, Values]

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
    made = _Data(table, before, roles, now or datetime.now(UTC), {})
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


class _Outcome(NamedTuple):
    """What became of a check."""

    passed: bool
    value: float | None
    message: str = ""
    threshold: float | None = None
    failing: int | None = None
    share: float | None = None
    examples: tuple[tuple[int, Any], ...] = ()
    status: str = "ok"


def _made(check: Check, data: _Data) -> tuple[Line, MetricValue]:
    """One check's line and row."""
    outcome = _outcome(check, data)
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
    params = {k: v for k, v in check.options.items() if v is not None and k != "data"}
    if check.severity == "warn":
        params["severity"] = "warn"
    row = check_row(
        check.name,
        names,
        outcome.value,
        share=outcome.share,
        threshold=outcome.threshold,
        alert=state == "fail",
        status=outcome.status,
        rows=len(data.table),
        params=params_text(params),
    )
    return line, row


def _outcome(check: Check, data: _Data) -> _Outcome:
    lost = [name for name in check.columns if name not in data.table.whole]
    if check.name == "column_exists":
        return _Outcome(not lost, float(not lost), "" if not lost else _lost(lost), 1.0)
    if lost:
        return _Outcome(False, None, _lost(lost), status="missing_column")
    try:
        if check.name in OF_ROWS:
            return _of_rows(check, data)
        return _VALUES[check.name](check, data)
    except NotOfKindError as error:
        return _Outcome(False, None, str(error), status="not_applicable")
    except SimdriftError as error:
        return _Outcome(False, None, str(error), status="error")
    except Exception as error:
        log.exception("check %s of column %r failed", check.name, check.column)
        return _Outcome(False, None, f"{type(error).__name__}: {error}", status="error")


def _lost(names: list[str]) -> str:
    shown = ", ".join(map(repr, names))
    return f"expected the column{'s' if len(names) > 1 else ''} {shown}, found none"


def _of_rows(check: Check, data: _Data) -> _Outcome:
    own = [data.values_of(name) for name in check.columns]
    options = dict(check.options)
    if check.name == "foreign_key":
        options["key"] = options.get("key") or check.columns[0]
    mask = FUNCTIONS[check.name](own, options)
    failing, rows = int(mask.sum()), len(mask)
    places = np.flatnonzero(mask)[:MOST_EXAMPLES].tolist()
    examples = tuple(
        (row, own[0].value(row) if len(own) == 1 else tuple(one.value(row) for one in own))
        for row in places
    )
    allowed = math.floor(check.at_most * rows + 1e-9)
    share = failing / rows if rows else 0.0
    message = f"{failing:,} of {rows:,} rows fail" if failing else ""
    return _Outcome(
        failing <= allowed, float(failing), message, float(allowed), failing, share, examples
    )


def _within(check: Check, value: float | None, what: str, status: str = "ok") -> _Outcome:
    """A number between the limits; without one, the check has failed."""
    if value is None or not math.isfinite(value):
        return _Outcome(False, None, f"{what} has no value", status=_why(status))
    limits = [check.options.get("min"), check.options.get("max")]
    low, high = (None if one is None else seconds_of(one) for one in limits)
    return _in_limits(value, low, high, what)


def _why(status: str) -> str:
    return "all_null" if status == "ok" else status


def _in_limits(value: float, low: float | None, high: float | None, what: str) -> _Outcome:
    if low is not None and value < low:
        return _Outcome(False, value, f"{what} is {value:g}, below {low:g}", low)
    if high is not None and value > high:
        return _Outcome(False, value, f"{what} is {value:g}, above {high:g}", high)
    return _Outcome(True, value, "", low if high is None else high)


def _row_count(check: Check, data: _Data) -> _Outcome:
    return _within(check, float(len(data.table)), "the number of rows")


def _missing_share(check: Check, data: _Data) -> _Outcome:
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


def _known(check: Check, data: _Data) -> Any:
    own = data.values_of(check.columns[0])
    if own.is_text:
        raise NotOfKindError(f"expected numbers or times, found {own.column.type}")
    if own.column.kind == "null":
        return np.zeros(0)
    return own.numbers[np.isfinite(own.numbers)]


def _mean(check: Check, data: _Data) -> _Outcome:
    known = _known(check, data)
    return _within(check, float(np.mean(known)) if len(known) else None, "the mean")


def _quantile(check: Check, data: _Data) -> _Outcome:
    known, q = _known(check, data), check.options["q"]
    value = float(np.quantile(known, q)) if len(known) else None
    return _within(check, value, f"the quantile {q:g}")


def _of_type(check: Check, data: _Data) -> _Outcome:
    name = check.columns[0]
    schema = {name: ColumnSchema(check.options["type"])}
    found = [
        one.words
        for one in differences(schema, data.table.among([name]))
        if one.kind in ("retyped", "precision", "time_zone")
    ]
    return _Outcome(not found, float(not found), "; ".join(found), 1.0)


def _max_age(check: Check, data: _Data) -> _Outcome:
    own = data.values_of(check.columns[0])
    if not own.is_time:
        raise NotOfKindError(f"expected points in time, found {own.column.type}")
    most = seconds_in(check.options["age"])
    if own.missing.all():
        return _Outcome(False, None, "no row has a time", most, status="empty")
    age = seconds_of(data.now) - float(np.nanmax(own.numbers))
    return _in_limits(age, None, most, "the age of the newest row in seconds")


def _metric(check: Check, data: _Data) -> _Outcome:
    found = value_of(check, data.table, data.reference, data.roles)
    name = check.options["metric"]
    if found.value is None:
        why = found.reason or found.status
        return _Outcome(False, None, f"{name} has no value: {why}", status=found.status)
    if check.options.get("sigmas") is None:
        return _within(check, found.value, name)
    if data.reference is None:
        why = f"{name}: its usual range needs a reference: sd.check(..., reference=...)"
        return _Outcome(False, found.value, why)
    usual = usual_range(check, data.reference, len(data.table), data.roles)
    if usual is None:
        return _Outcome(False, found.value, f"{name}: the reference has too few windows of it")
    outcome = _in_limits(found.value, *usual, name)
    return outcome if not outcome.passed else _within(check, found.value, name)


_VALUES: Final[Mapping[str, Callable[[Check, _Data], _Outcome]]] = {
    "row_count": _row_count,
    "max_missing_share": _missing_share,
    "mean_between": _mean,
    "quantile_between": _quantile,
    "of_type": _of_type,
    "max_age": _max_age,
    "metric": _metric,
}
