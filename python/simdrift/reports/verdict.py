"""The verdict on a column: all that alerts, in words, or why it was not judged.

Whatever shows or acts on a comparison reads this: tables, pages, `explain`, tasks and exit codes.
It knows no method: a row says by its fields whether it alerts and what it was compared with.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from simdrift.drawing.labels import metric_words, number, p_text, percent, plain_text, status_words
from simdrift.metrics import registry
from simdrift.reports.performance import change_words
from simdrift.results.rows import Result

MISSING: Final = "drift.missing_share"
MISSING_SHARE: Final = "quality.missing_share"
SMALLEST_P: Final = 1e-300
SMALL_P: Final = 0.05
"""A p-value that is larger shows no drift by itself."""
FARTHEST: Final = 1e6
"""Of the distances to a threshold that are told apart."""
MOST_DIGITS: Final = 12
_OF_TABLE: Final = (("table",), ("pair",))
SAME_SHARE: Final = 1e-12
"""Shares of rows that differ by less are the same."""


class Unjudged(NamedTuple):
    """Why a column was not judged: what one and several of its kind are called, and a sentence."""

    one: str
    many: str
    why: str


_AMOUNTS: Final = {
    kind: Unjudged(kind, f"{kind}s", f"{kind}s are compared where a method is named for them")
    for kind in ("date", "duration", "time")
}
_EMPTY: Final = Unjudged("empty", "empty", "no row has a value on either side")
_NO_METHOD: Final = Unjudged("without a method", "without a method", "no method is named for it")
_NOT_READ: Final = Unjudged(*["of a type that is not compared"] * 3)
_BEFORE: Final = re.compile(r"^column '.*?': ", re.DOTALL)
"""Where a reason names the column that it is shown with."""
_METRIC_OF_CHECK: Final = re.compile(r"\bmetric=([\w.]+)")
_STATUSES: Final = {
    "empty": "without rows",
    "new_column": "new",
    "not_applicable": "of a type that is not compared",
    "too_few_rows": "with too few rows",
    "constant": "constant",
    "degenerate": "constant",
    "overflow": "not finite",
    "no_reference": "without a reference",
    "error": "failed",
}
"""What a column is called that has no value for that status."""


def on_p_value(row: Result) -> bool:
    """Whether the threshold is compared with the (corrected) p-value and not the value."""
    record = registry.record(row.metric)
    return record is not None and record.rule == "test"


def is_of_table(row: Result) -> bool:
    """Whether the row is of the whole table or of a pair of columns, not of one column."""
    record = registry.record(row.metric)
    return row.column == "" or (record is not None and record.kinds in _OF_TABLE)


def is_column_drift(row: Result) -> bool:
    """Whether it is a drift metric of one column's distribution: missing share aside."""
    return row.metric.startswith("drift.") and row.metric != MISSING and not is_of_table(row)


def ratio(row: Result) -> float | None:
    """How far the row is on its way to its threshold: 1 is the threshold, more is past it.

    value / threshold, or log(p) / log(threshold) where the threshold is compared with a p-value.
    """
    if row.value is None or not row.threshold:
        return None
    if not on_p_value(row):
        return _bounded(abs(_worse_of(row, row.value, row.threshold)))
    p_value = row.q_value if row.q_value is not None else row.p_value
    if p_value is None or not 0 < row.threshold < 1:
        return None
    return _bounded(math.log(min(max(p_value, SMALLEST_P), 1.0)) / math.log(row.threshold))


def _worse_of(row: Result, value: float, threshold: float) -> float:
    """The value over its threshold; the other way round where a higher value is better."""
    record = registry.record(row.metric)
    if record is None or record.better != "higher" or value <= 0.0 or threshold <= 0.0:
        return value / threshold
    return threshold / value


def _bounded(distance: float) -> float | None:
    return min(distance, FARTHEST) if distance == distance else None


def severity(row: Result) -> tuple[bool, float]:
    """Sort key: alerts first, then by distance to the threshold; what is lost is farthest."""
    distance = ratio(row)
    if distance is None:
        if row.alert and row.value is None:
            return True, FARTHEST
        distance = min(row.value, 0.0) if row.value is not None and row.status == "ok" else -1.0
    return row.alert is True, distance


def deciding_of(rows: Sequence[Result]) -> Result:
    """The row of one column and window that decides: of its distribution before others."""
    groups = (
        [row for row in rows if row.alert and is_column_drift(row)],
        [row for row in rows if row.alert],
        [row for row in rows if row.alert is not None and is_column_drift(row)],
        [row for row in rows if is_column_drift(row)],
        rows,
    )
    return max(next(group for group in groups if group), key=severity)


def is_judged(rows: Sequence[Result]) -> bool:
    """Whether a rule was applied to the column's distribution, or anything of it alerts."""
    return any(row.alert or (row.alert is not None and is_column_drift(row)) for row in rows)


def unjudged(rows: Sequence[Result], kind: str, said: str = "") -> Unjudged:
    """Why a column was not judged; `kind` is its type in words, `said` what the metrics gave as
    their reason."""
    row = next((row for row in rows if is_column_drift(row)), rows[0])
    said = _BEFORE.sub("", said)
    if row.status == "all_null":
        return _EMPTY
    if row.status == "ok":
        if said:
            return _NOT_READ._replace(why=said)
        return _EMPTY if kind == "empty" else _AMOUNTS.get(kind, _NO_METHOD)
    word = _STATUSES.get(row.status) or status_words(row.status)
    why = status_words(row.status)
    return Unjudged(word, word, f"{why}: {said}" if said and said != why else why)


def counted(ones: Sequence[Unjudged]) -> str:
    """How many were not judged, by their kind, the most first.

    >>> counted([_AMOUNTS["date"], _EMPTY, _AMOUNTS["date"]])
    '3 not judged: 2 dates, 1 empty'
    """
    kinds: dict[tuple[str, str], int] = {}
    for one in ones:
        kinds[one[:2]] = kinds.get(one[:2], 0) + 1
    ordered = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    parts = (f"{n} {one if n == 1 else many}" for (one, many), n in ordered)
    return f"{len(ones)} not judged: {', '.join(parts)}" if ones else ""


class Sides(NamedTuple):
    """What is known of a column beside its rows: the share of missing current rows, and its type
    in words before and now ('' and None where nobody says)."""

    missing: float | None = None
    before: str = ""
    now: str = ""


def missing_before(row: Result, missing: float | None) -> float | None:
    """The reference's missing share, from its change and the current one; None where they don't
    fit, as those of weighted rows."""
    if row.value is None or missing is None or not 0.0 <= missing <= 1.0:
        return None
    before = missing - row.value
    if not -SAME_SHARE <= before <= 1.0 + SAME_SHARE:
        return None
    return min(max(before, 0.0), 1.0) if abs(before) > SAME_SHARE else 0.0


def missing_words(row: Result, missing: float | None) -> str:
    """The change of a missing share: '2 % → 51 %', or '+49 %' where its ends are not known."""
    if row.value is None:
        return percent(missing)
    before = missing_before(row, missing)
    if before is None:
        return f"{'+' if row.value > 0 else ''}{percent(row.value)}"
    return f"{percent(before)} → {percent(missing)}"


def reason(row: Result, sides: Sides = Sides()) -> str:  # noqa: B008 (immutable)
    """Why a row alerts, in words.

    >>> from uuid import UUID
    >>> row = Result(UUID(int=1), "", "", "", None, None, "all", "", "delay", "drift.psi", 0.5,
    ...              threshold=0.2, alert=True)
    >>> reason(row), reason(row._replace(metric="drift.missing_share"), Sides(missing=0.75))
    ('psi 0.5 > 0.2', 'missing 25 % → 75 %')
    """
    if row.metric.startswith("schema."):
        return schema_words(row)
    if row.status == "missing_column":
        return "column lost"
    if row.status == "type_changed":
        words = f"{sides.before} → {sides.now}" if sides.before != sides.now else ""
        return f"type changed: {words}" if sides.before and words else "type changed"
    if row.status == "all_null":
        return "all rows missing"
    if row.status != "ok":
        return status_words(row.status)
    if row.metric.startswith("check."):
        return check_words(row)
    if row.metric == MISSING:
        gone = sides.missing == 1.0 and row.value is not None and row.value > 0
        return "all rows missing" if gone else f"missing {missing_words(row, sides.missing)}"
    if words := change_words(row):
        return words
    name = method_words(row)
    if on_p_value(row):
        return f"{name} {p_words(row)}"
    return f"{name} {against(row)}"


def schema_words(row: Result) -> str:
    """A difference from the schema: 'type changed: int64 → string'."""
    words = metric_words(row.metric, "")
    if row.params:
        return f"{words}: {row.params.replace(' -> ', ' → ')}"
    record = registry.record(row.metric)
    counts = record is not None and record.unit == "rows" and row.value is not None
    return f"{words}: {number(row.value)} rows" if counts else words


def check_words(row: Result) -> str:
    """A check that failed: 'unique: 2 of 24 rows', 'check: quality.mean 8.3 < 8.9'."""
    words, record = metric_words(row.metric, ""), registry.record(row.metric)
    if row.effect_size is not None and record is not None and record.unit == "rows":
        return f"{words}: {number(row.value)} of {row.n_current:,} rows"
    name = _METRIC_OF_CHECK.search(row.params) if row.metric == "check.metric" else None
    if row.value is None or row.threshold is None or row.value == row.threshold:
        return words
    sign = "<" if row.value < row.threshold else ">"
    words = f"check: {name[1]}" if name else words
    return f"{words} {number(row.value)} {sign} {number(row.threshold)}"


def method_words(row: Result) -> str:
    """What decided: a drift method as it is called in code, any other metric by its title."""
    if row.metric.startswith("drift.") and not is_of_table(row):
        return row.metric.removeprefix("drift.")
    words = metric_words(row.metric, row.params)
    return f"{words} of {row.column}" if row.column and is_of_table(row) else words


def p_words(row: Result) -> str:
    """The corrected p-value, marked q, else the raw one, marked p."""
    if row.q_value is not None:
        return f"q {p_text(row.q_value)}"
    return "–" if row.p_value is None else f"p {p_text(row.p_value)}"


def against(row: Result) -> str:
    """Value and threshold with as many digits as tell them apart: '0.35 > 0.1'."""
    text = plain_text(row.metric)
    if row.value is None or row.threshold is None:
        return text(row.value)
    value, limit = text(row.value), text(row.threshold)
    is_drift = row.metric.startswith("drift.")
    sizes = abs(row.value) if is_drift else row.value, row.threshold
    if is_drift and sizes[0] < sizes[1]:
        return value  # another number of the row is past its threshold
    sign = ">" if sizes[0] > sizes[1] else "<" if sizes[0] < sizes[1] else "≥"
    for digits in range(4, MOST_DIGITS):
        if value != limit or sign == "≥":
            break
        value, limit = number(row.value, digits), number(row.threshold, digits)
    return f"{value} {sign} {limit}"


_WORDS: Final = {"missing_column": "lost", "type_changed": "retyped", "all_null": "missing"}


def word(row: Result) -> str:
    """The verdict on a column in a word, from the row that decides."""
    if row.alert is not True:
        past = row.alert is False and (ratio(row) or 0.0) > 1.0
        if row.metric.startswith("performance."):
            return "as before"
        if row.metric.startswith("fairness."):
            return "even"
        return "chance" if past else "no drift"  # past the threshold, as it may be without drift
    if row.status != "ok":
        return _WORDS.get(row.status) or status_words(row.status)
    if row.metric == MISSING:
        return "missing"
    if row.metric.startswith("schema."):
        return "changed"
    return "drift" if row.metric.startswith("drift.") else "alert"


def reasons(rows: Sequence[Result], sides: Sides = Sides()) -> tuple[str, ...]:  # noqa: B008
    """Why the rows of a column alert: what decides first; that all rows are missing or that the
    column is lost says all."""
    alerting = [row for row in rows if row.alert]
    alerting.sort(key=lambda row: (not is_column_drift(row), row.metric == MISSING))
    found = (reason_among(row, rows, sides) for row in alerting)
    return tuple(dict.fromkeys(found))


def reason_among(row: Result, rows: Sequence[Result], sides: Sides = Sides()) -> str:  # noqa: B008
    """Why a row alerts, and by which other test of the column, where its own would not do."""
    by_test = other_test(row, rows)
    return f"{reason(row, sides)} ({by_test})" if by_test else reason(row, sides)


def other_test(row: Result, rows: Sequence[Result]) -> str:
    """By which other test of the column a distance is beyond chance, where its own p-value is
    no small one: q is of both p-values. Else ''."""
    if on_p_value(row) or row.q_value is None or row.p_value is None:
        return ""
    if not row.q_value < row.p_value or row.p_value <= SMALL_P:
        return ""
    tests = [
        one
        for one in rows
        if one is not row and one.p_value is not None and on_p_value(one) and is_column_drift(one)
    ]
    by_test = min(tests, key=lambda one: one.p_value or 0.0, default=None)
    name = "another test" if by_test is None else method_words(by_test)
    return f"beyond chance by {name}: q {p_text(row.q_value)}, own p {p_text(row.p_value)}"


def types_in_words(types: Mapping[str, str], drawn: Mapping[str, str]) -> dict[str, str]:
    """Types by column in plain words; what is drawn by labels is a category."""
    return {
        column: "category" if drawn.get(column) == "category" and kind == "number" else kind
        for column, kind in ((name, type_words(text)) for name, text in types.items())
    }


_TYPES: Final = (
    (("int", "uint", "float", "double", "half", "decimal", "number"), "number"),
    (("utf8", "large_utf8", "string", "large_string", "str", "text"), "text"),
    (("dictionary", "category"), "category"),
    (("bool",), "boolean"),
    (("timestamp", "date"), "date"),
    (("duration", "month_interval", "interval"), "duration"),
    (("time",), "time"),
    (("null",), "empty"),
    (("object",), "mixed"),
    (("list", "large_list", "fixed_size_list"), "list"),
)


def type_words(text: str) -> str:
    """An Arrow type in a plain word; a type that has none is itself.

    >>> type_words("timestamp[us]"), type_words("large_utf8"), type_words("int64")
    ('date', 'text', 'number')
    """
    for starts, word in _TYPES:
        if text.startswith(starts):
            return word
    return text
