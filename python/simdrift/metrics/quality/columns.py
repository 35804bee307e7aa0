"""Quality of one column or table: every statistic of the fused profile as a row.

`missing` is null or NaN. Infinities are counted and ordered at the ends (min, max, quantiles),
but take no part in moments. Temporal columns: min, max, mean, std, quantiles, ... in seconds
(points in time since 1970-01-01 UTC). A statistic that does not exist, or is not finite, is
None with a status.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np

from simdrift._types import Floats
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.columns import CATEGORICAL, NULL, ORDERED, TABLE, TEMPORAL
from simdrift.metrics.decide import Decided
from simdrift.metrics.evaluate import attempt
from simdrift.metrics.groups import QUANTILES, ColumnGroups
from simdrift.metrics.nulls.special import NORMAL_975
from simdrift.metrics.numbers import as_array, number_or_array, quotient
from simdrift.metrics.outcomes import OK_CODE, Codes, Outcomes
from simdrift.metrics.quality import shape, tables
from simdrift.metrics.quality.base import (
    ABSENT_STATUSES,
    ANY_KIND,
    SPREAD_STATUSES,
    Statistic,
    absent_codes,
    codes_of,
    count_record,
    decided_rows,
    floats,
    moment_record,
    statistic_record,
)
from simdrift.metrics.quality.shape import distinct_of
from simdrift.metrics.registry import measures, records_of, unknown
from simdrift.metrics.values import EMPTY, ERROR, NOT_APPLICABLE, OVERFLOW, Outcome

_QUARTERS = (QUANTILES.index(0.25), QUANTILES.index(0.5), QUANTILES.index(0.75))


@measures(
    count_record("rows", "rows", "rows", kinds=(*ANY_KIND, TABLE), watched=True),
    count_record(
        "missing",
        "missing",
        "rows that are null or NaN",
        kinds=ANY_KIND,
        better="lower",
        openlineage="nullCount",
    ),
    statistic_record(
        "missing_share",
        "missing share",
        "counts",
        "missing rows (of a table: cells) over all",
        kinds=(*ANY_KIND, TABLE),
        unit="share",
        better="lower",
        bounds=(0.0, 1.0),
        reads="profile",
        statuses=("empty",),
        leads=True,
        watched=True,
    ),
)
def _counts(column: ColumnGroups) -> list[Statistic]:
    rows, missing = column.rows, column.missing
    share = quotient(number_or_array(missing), number_or_array(rows), np.nan)
    empty = None
    if 0 in rows.tolist():
        empty = np.where(rows > 0, OK_CODE, CODES[EMPTY]).astype(np.uint8)
    return [
        Statistic("rows", floats(rows)),
        Statistic("missing", floats(missing)),
        Statistic("missing_share", as_array(share), empty),
    ]


_SPECIALS = ("nan", "pos_inf", "neg_inf", "zeros", "negatives")
_MOMENTS = (
    ("variance", 2, "variance_status"),
    ("std", 1, "std_status"),
    ("skewness", 0, "skewness_status"),
    ("kurtosis", 0, "kurtosis_status"),
)


@measures(
    count_record("nan", "NaN", "rows that are NaN", better="lower"),
    count_record("pos_inf", "+∞", "rows that are +inf", better="lower"),
    count_record("neg_inf", "-∞", "rows that are -inf", better="lower"),
    count_record("zeros", "zeros", "rows that are 0"),
    count_record("negatives", "negatives", "rows below 0"),
    moment_record(
        "min", "minimum", "smallest value, -inf counted", group="order", openlineage="min"
    ),
    moment_record(
        "max", "maximum", "largest value, +inf counted", group="order", openlineage="max"
    ),
    moment_record("sum", "sum", "sum of the finite rows", openlineage="sum"),
    moment_record("mean", "mean", "mean of the finite rows", watched=True),
    moment_record(
        "variance",
        "variance",
        "variance, ddof 1",
        unit="column^2",
        bounds=(0.0, None),
        statuses=SPREAD_STATUSES,
    ),
    moment_record(
        "std",
        "standard deviation",
        "square root of the variance, ddof 1",
        bounds=(0.0, None),
        statuses=SPREAD_STATUSES,
    ),
    moment_record(
        "skewness",
        "skewness",
        "g1 = m3 / m2^1.5, the population form",
        unit="",
        source="scipy.stats.skew",
        statuses=(*SPREAD_STATUSES, "constant"),
    ),
    moment_record(
        "kurtosis",
        "kurtosis",
        "g2 = m4 / m2^2 - 3, the population form",
        unit="",
        source="scipy.stats.kurtosis",
        statuses=(*SPREAD_STATUSES, "constant"),
    ),
)
def _profile(column: ColumnGroups) -> list[Statistic]:
    profile, unit = column.profile, column.whole.unit_seconds

    def scaled(name: str, power: int = 1) -> Floats:
        values = floats(profile[name])
        return values if unit == 1.0 else values * unit**power

    found = [Statistic(name, floats(profile[name])) for name in _SPECIALS]
    status = absent_codes(column)
    found += [Statistic(name, scaled(name), status) for name in ("min", "max")]
    if 0 in profile["finite"].tolist():
        infinite = (status == OK_CODE) & (profile["finite"] == 0)
        status = np.where(infinite, CODES[OVERFLOW], status).astype(np.uint8)
    found += [Statistic(name, scaled(name), status) for name in ("sum", "mean")]
    for name, power, key in _MOMENTS:
        found.append(Statistic(name, scaled(name, power), profile[key]))
    return found


@measures(
    statistic_record(
        "distinct",
        "distinct values",
        "frequent values",
        "number of distinct values: exact to 4,096 (categories: 10,000), then HyperLogLog, p = 14",
        unit="values",
        bounds=(0.0, None),
        source="Flajolet et al. 2007, Ertl 2017",
        openlineage="distinctCount",
    )
)
def _distinct(column: ColumnGroups) -> list[Statistic]:
    count, error = distinct_of(column)
    return [Statistic("distinct", floats(count), half_width=NORMAL_975 * error * count)]


@measures(
    statistic_record(
        "quantile",
        "quantile",
        "order",
        "type 7: NumPy's default; infinities ordered at the ends",
        kinds=ORDERED,
        unit="column",
        source="Hyndman and Fan 1996; numpy.quantile",
        statuses=ABSENT_STATUSES,
    ),
    statistic_record(
        "iqr",
        "interquartile range",
        "order",
        "75 % quantile minus 25 % quantile",
        kinds=ORDERED,
        unit="column",
        bounds=(0.0, None),
        statuses=ABSENT_STATUSES,
    ),
    statistic_record(
        "mad",
        "MAD",
        "order",
        "median of |x - median| over finite rows",
        kinds=ORDERED,
        unit="column",
        bounds=(0.0, None),
        source="scipy.stats.median_abs_deviation",
        statuses=ABSENT_STATUSES,
    ),
)
def _quantiles(column: ColumnGroups) -> list[Statistic]:
    status, unit, near = absent_codes(column), column.whole.unit_seconds, column.near
    own = near.quantiles(QUANTILES)
    low, middle, high = (own[:, place] for place in _QUARTERS)
    iqr = (high - low) * unit
    values = _as_given(near, own) * unit
    found = [
        Statistic("quantile", values[:, place], status, f"q={q:g}")
        for place, q in enumerate(QUANTILES)
    ]
    found.append(Statistic("iqr", np.where(np.isfinite(iqr), iqr, np.inf), status))
    return [*found, Statistic("mad", _mad(near, middle, status) * unit, status)]


def _mad(column: ColumnGroups, center: Floats, status: Codes) -> Floats:
    """Median absolute deviation from the median, over finite rows."""
    known = (status == OK_CODE) & np.isfinite(center)
    if column.known_order is not None:
        return np.where(known, column.known_order.deviation, np.nan)
    mad = column.median_deviations(np.where(known, center, 0.0), known)
    return np.where(known, mad, np.nan)


def _as_given(near: ColumnGroups, values: Floats) -> Floats:
    """Values of `ColumnGroups.near` as those of the column itself."""
    return values + float(near.whole.offset) if near.whole.offset else values


_TOP_SHARE = statistic_record(
    "top_share",
    "share of the most frequent value",
    "frequent values",
    "rows with the most frequent value over rows that are not missing",
    unit="share",
    bounds=(0.0, 1.0),
    statuses=ABSENT_STATUSES,
)


@measures(
    statistic_record(
        "mode",
        "mode",
        "frequent values",
        "the most frequent number, of equally frequent ones the smallest; beyond 4,096 distinct "
        "ones only where it has 1 % of the rows",
        kinds=ORDERED,
        unit="column",
        statuses=ABSENT_STATUSES,
    ),
    _TOP_SHARE,
)
def _mode(column: ColumnGroups) -> list[Statistic]:
    """The most frequent number (of equally frequent ones the smallest) and its share."""
    status, near = absent_codes(column), column.near
    values, counts = near.top_values
    # without any: more distinct values than are counted one by one
    many = (status == OK_CODE) & (counts == 0)
    status = np.where(many, CODES[NOT_APPLICABLE], status).astype(np.uint8)
    share = counts / column.valid
    mode = _as_given(near, values) * column.whole.unit_seconds
    return [Statistic("mode", mode, status), Statistic("top_share", share, status)]


@measures(_TOP_SHARE)
def _categories(column: ColumnGroups) -> list[Statistic]:
    status, most = absent_codes(column), column.most_frequent
    many = (status == OK_CODE) & (most == 0)
    status = np.where(many, CODES[NOT_APPLICABLE], status).astype(np.uint8)
    return [Statistic("top_share", most / column.valid, status)]


_TEXT_COUNTS = ("empty", "blank", "invalid_utf8")


_TEXT: dict[str, Any] = {"group": "text", "kinds": ("text",)}
_LENGTH: dict[str, Any] = {**_TEXT, "unit": "code points", "bounds": (0.0, None)}


@measures(
    count_record("empty", "empty texts", "texts without a character", **_TEXT),
    count_record(
        "blank", "blank texts", "texts of white space alone, empty ones included", **_TEXT
    ),
    count_record(
        "invalid_utf8", "invalid UTF-8", "texts that are not UTF-8", better="lower", **_TEXT
    ),
    moment_record("length_min", "shortest length", "fewest code points of a text", **_LENGTH),
    moment_record("length_mean", "mean length", "mean number of code points", **_LENGTH),
    moment_record("length_max", "longest length", "most code points of a text", **_LENGTH),
)
def _text(column: ColumnGroups) -> list[Statistic]:
    profile = column.text_profile
    found = [Statistic(name, floats(profile[name])) for name in _TEXT_COUNTS]
    rows = column.valid - profile["invalid_utf8"]
    status = absent_codes(column)
    none = (status == OK_CODE) & (rows == 0)
    status = np.where(none, CODES[NOT_APPLICABLE], status).astype(np.uint8)
    mean = profile["length_sum"] / rows
    return [
        *found,
        Statistic("length_min", floats(profile["length_min"]), status),
        Statistic("length_mean", mean, status),
        Statistic("length_max", floats(profile["length_max"]), status),
    ]


_Part = Callable[[ColumnGroups], list[Statistic]]
_NAMES: dict[_Part, tuple[str, ...]] = {
    part: tuple(record.short for record in records_of(part))
    for part in (
        _counts,
        _profile,
        _distinct,
        _quantiles,
        _mode,
        _categories,
        _text,
        shape.sameness,
        shape.order,
        shape.days,
    )
}
_READ_ORDER = frozenset({_mode, shape.sameness})
"""Parts that read `ColumnGroups.order`, of columns that have one."""
_OF_COLUMNS = tuple(dict.fromkeys(name for names in _NAMES.values() for name in names))
STATISTICS = tuple(dict.fromkeys([*_OF_COLUMNS, *tables.STATISTICS]))
"""Every statistic of a column, then of a table, in the order of rows."""


def checked_statistics(statistics: Iterable[str]) -> frozenset[str]:
    """The names without 'quality.'; ValueError where one does not exist."""
    return _checked(tuple(statistics))


@cache
def _checked(statistics: tuple[str, ...]) -> frozenset[str]:
    names = frozenset(name.removeprefix("quality.") for name in statistics)
    for name in names:
        if name not in STATISTICS:
            raise ValueError(unknown("quality statistic", name, STATISTICS))
    return names


def _parts(column: ColumnGroups) -> tuple[_Part, ...]:
    """What is computed of a column of that kind."""
    if column.kind == NULL:
        return (_counts,)
    if column.whole.value_kind == "text":
        return (_counts, _text, _distinct, _categories, shape.sameness)
    if column.kind == CATEGORICAL:
        return (_counts, _profile, _distinct, _categories, shape.sameness)
    numbers = (_counts, _profile, _distinct, _quantiles, _mode, shape.sameness, shape.order)
    return (*numbers, shape.days) if column.kind == TEMPORAL else numbers


def column_statistics(
    column: ColumnGroups, statistics: Iterable[str] | None = None
) -> list[Decided]:
    """`all_statistics`, without the groups that the column's gap is in."""
    rows = all_statistics(column, statistics)
    if column.gap is None:
        return rows
    return [row._replace(outcomes=column.hidden(row.outcomes)) for row in rows]


def statistics_of(
    columns: Iterable[ColumnGroups], statistics: Iterable[str]
) -> dict[str, list[Decided]]:
    """`column_statistics` of each column by its name; those that are counts of rows in one
    computation for all columns that have rows in every group."""
    wanted, listed = checked_statistics(statistics), list(columns)
    if not wanted.issubset(_NAMES[_counts]):
        return {column.name: column_statistics(column, wanted) for column in listed}
    counted = {column.name: column for column in listed if _has_counts(column)}
    found = _counts_of(list(counted.values()), wanted) if counted else {}
    return {
        column.name: found[column.name]
        if column.name in found
        else column_statistics(column, wanted)
        for column in listed
    }


def _has_counts(column: ColumnGroups) -> bool:
    """Whether its rows and missing ones are known, and there are rows in every group."""
    if column.whole.refused is not None or column.gap is not None:
        return False
    found = attempt("quality", column.name, lambda: column.missing, logged=False)
    return not isinstance(found, Outcome) and 0 not in column.rows.tolist()


def _counts_of(columns: Sequence[ColumnGroups], wanted: frozenset[str]) -> dict[str, list[Decided]]:
    """`_counts` of columns that have rows in every group."""
    rows = np.stack([column.rows for column in columns])
    missing = np.stack([column.missing for column in columns])
    values = {"rows": floats(rows), "missing": floats(missing), "missing_share": missing / rows}
    fine = np.zeros(rows.shape[1], np.uint8)
    named = [(f"quality.{name}", values[name]) for name in _NAMES[_counts] if name in wanted]
    return {
        column.name: [
            Decided(column.name, name, "", Outcomes(own[place], fine, n_current=rows[place]))
            for name, own in named
        ]
        for place, column in enumerate(columns)
    }


def all_statistics(column: ColumnGroups, statistics: Iterable[str] | None = None) -> list[Decided]:
    """The `quality.*` rows of a column in each group: all that its kind has, or those named. A
    statistic that the kind does not have gives no row."""
    wanted = None if statistics is None else checked_statistics(statistics)
    if column.whole.refused is not None:
        return _of_refused(column, column.whole.refused.message, wanted)
    parts = [p for p in _parts(column) if wanted is None or not wanted.isdisjoint(_NAMES[p])]
    if column.kind in ORDERED and not _READ_ORDER.isdisjoint(parts):
        attempt("quality", column.name, lambda: column.near.order, logged=False)  # for all parts
    rows: list[Decided] = []
    for part in parts:
        found = _measured(part, column)
        if wanted is not None:
            found = [statistic for statistic in found if statistic.name in wanted]
        rows += decided_rows(column.name, found, column.rows)
    return rows


def _of_refused(column: ColumnGroups, why: str, wanted: frozenset[str] | None) -> list[Decided]:
    """Rows and missing ones of a column that is not computed on, where they are known, and a
    statistic of its values that says why there are none."""
    value, rows = np.full(len(column), np.nan), []
    refused = Outcomes(value, codes_of(column, NOT_APPLICABLE))
    refused.reasons = dict.fromkeys(range(len(column)), why)
    if column.presence is None:
        return [Decided(column.name, "quality.rows", "", refused)]
    found = _measured(_counts, column)
    kept = [one for one in found if wanted is None or one.name in wanted]
    if kept:
        rows = decided_rows(column.name, kept, column.rows)
    if wanted is None or "distinct" in wanted:
        refused.n_current = column.rows
        rows.append(Decided(column.name, "quality.distinct", "", refused))
    return rows


def _measured(part: _Part, column: ColumnGroups) -> list[Statistic]:
    statistics = attempt("quality", column.name, lambda: part(column))
    if not isinstance(statistics, Outcome):
        return statistics
    value, code = np.full(len(column), np.nan), codes_of(column, ERROR)
    return [Statistic(name, value, code) for name in _NAMES[part] if name != "quantile"]


def quantile_statistics(column: ColumnGroups, shares: Sequence[float]) -> list[Decided]:
    """`quality.quantile` at these shares; nothing for a column that has no order."""
    whole = column.whole
    if not shares or whole.refused is not None or whole.kind not in ("numeric", "temporal"):
        return []
    measured = attempt(
        "quality.quantile",
        column.name,
        lambda: (absent_codes(column), _as_given(column.near, column.near.quantiles(shares))),
    )
    if isinstance(measured, Outcome):
        measured = codes_of(column, ERROR), np.full((len(column), len(shares)), np.nan)
    status, values = measured
    values = values * whole.unit_seconds
    found = [
        Statistic("quantile", values[:, place], status, f"q={share:g}")
        for place, share in enumerate(shares)
    ]
    rows = decided_rows(column.name, found, column.rows)
    return [row._replace(outcomes=column.hidden(row.outcomes)) for row in rows]
