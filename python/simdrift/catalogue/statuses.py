"""Why a row has no value: the names that C, Python, SQL and pages share.

A status is 'ok' exactly where a row has a value. The order is that of `sdr_status` in C, so a
status travels as its number where rows are arrays.
"""

from __future__ import annotations

from typing import NamedTuple


class Status(NamedTuple):
    """A status of a result row: its name, what a page calls it, and what it means."""

    name: str
    title: str
    meaning: str


STATUSES = (
    Status("ok", "ok", "The row has a value."),
    Status("empty", "no rows", "One side has no rows."),
    Status("all_null", "all missing", "One side has only missing rows."),
    Status("too_few_rows", "too few rows", "The metric needs more rows."),
    Status("constant", "constant", "A scale is zero: all rows have one value."),
    Status("degenerate", "degenerate", "Both sides are the same constant, or zero over zero."),
    Status("not_applicable", "not applicable", "The metric is not defined for such a column."),
    Status("missing_column", "column is missing", "The current data lack the column."),
    Status("new_column", "new column", "The reference lacks the column."),
    Status("type_changed", "type changed", "Both sides have the column, with different types."),
    Status("overflow", "overflow", "The value is not finite in float64."),
    Status("no_reference", "no reference", "There are no reference rows to compare with yet."),
    Status("error", "error", "An unexpected failure; the log has it."),
    Status("no_labels", "no labels yet", "No row of the window has a label yet."),
)
"""Every status, by its number."""

CODES = {status.name: code for code, status in enumerate(STATUSES)}
"""A status's number by its name."""

TITLES = {status.name: status.title for status in STATUSES}
"""What a page calls a status."""
