"""What the statistics of quality share: records, values before they are rows, and the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.columns import COUNTABLE, NULL
from simdrift.metrics.decide import Decided
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.names import ColumnKey
from simdrift.metrics.outcomes import OK_CODE, Codes, Outcomes, Rows, all_ok, all_true
from simdrift.metrics.values import ALL_NULL, EMPTY

ANY_KIND = (*COUNTABLE, NULL)
ABSENT_STATUSES = ("empty", "all_null")
SPREAD_STATUSES = (*ABSENT_STATUSES, "too_few_rows")


class Statistic(NamedTuple):
    """One statistic in each group: values, statuses (None: 'ok' where finite), and half the 95 %
    interval of an estimate (None: exact)."""

    name: str
    value: Floats
    status: Codes | None = None
    params: str = ""
    half_width: Floats | None = None


def codes_of(column: ColumnGroups, status: str) -> Codes:
    return np.full(len(column), CODES[status], np.uint8)


def floats(values: object) -> Floats:
    return np.asarray(values, float)


def statistic_record(name: str, title: str, group: str, formula: str, **rest: Any) -> Metric:
    """The record of `quality.<name>`, by default of any column with rows and of numbers."""
    rest = {"kinds": COUNTABLE, "source": "textbook", "needs_values": False, **rest}
    return Metric(name=f"quality.{name}", title=title, group=group, formula=formula, **rest)


def count_record(name: str, title: str, what: str, **rest: Any) -> Metric:
    """The record of a number of rows that the one fused pass counts."""
    rest = {"unit": "rows", "bounds": (0.0, None), "reads": "profile", **rest}
    return statistic_record(name, title, rest.pop("group", "counts"), f"number of {what}", **rest)


def absent_codes(column: ColumnGroups) -> Codes:
    """Status of a statistic over rows that are not missing; 'ok' where there are some."""
    if 0 not in column.valid.tolist():
        return np.zeros(len(column), np.uint8)
    lost = np.where(column.valid == 0, CODES[ALL_NULL], OK_CODE)
    return np.where(column.rows == 0, CODES[EMPTY], lost).astype(np.uint8)


def moment_record(name: str, title: str, formula: str, **rest: Any) -> Metric:
    """The record of a statistic of the finite rows that the one fused pass sums."""
    rest = {"unit": "column", "reads": "profile", "statuses": ABSENT_STATUSES, **rest}
    return statistic_record(name, title, rest.pop("group", "moments"), formula, **rest)


def decided_rows(column: ColumnKey, statistics: Sequence[Statistic], rows: Rows) -> list[Decided]:
    """The rows of statistics that one pass gave."""
    values = np.array([statistic.value for statistic in statistics], float)
    is_finite, decided = all_true(np.isfinite(values)), []
    fine = np.zeros(values.shape[1:], np.uint8)
    for statistic, value in zip(statistics, values, strict=True):
        status = statistic.status
        if status is None:
            status = fine
        elif not all_ok(status):
            value = np.where(status == OK_CODE, value, np.nan)
        outcomes = Outcomes(value, status, n_current=rows)
        if not is_finite:
            outcomes.cleaned()
        if (half := statistic.half_width) is not None and np.count_nonzero(half):
            half = np.where(half > 0.0, half, np.nan)
            outcomes.ci_low, outcomes.ci_high = outcomes.value - half, outcomes.value + half
        name = f"quality.{statistic.name}"
        decided.append(Decided(column, name, statistic.params, outcomes))
    return decided
