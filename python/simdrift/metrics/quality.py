"""Quality of one column or table: every statistic of the fused profile as a row.

`missing` is null or NaN. Infinities are counted and ordered at the ends (min, max, quantiles),
but take no part in moments. Temporal columns: min, max, mean, std, quantiles, ... in seconds
(points in time since 1970-01-01 UTC). A statistic that does not exist, or is not finite, is
None with a status.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.columns import (
    CATEGORICAL,
    COUNTABLE,
    NULL,
    ORDERED,
    TABLE,
    TEMPORAL,
)
from simdrift.metrics.correlation import Correlations, pearson_groups
from simdrift.metrics.decide import Decided
from simdrift.metrics.evaluate import attempt
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.names import ColumnKey, column_text
from simdrift.metrics.nulls.special import NORMAL_975
from simdrift.metrics.numbers import as_array, number_or_array, quotient
from simdrift.metrics.outcomes import OK_CODE, Codes, Outcomes, Rows, all_ok, all_true, elementwise
from simdrift.metrics.registry import measures, records_of, unknown
from simdrift.metrics.values import (
    ALL_NULL,
    EMPTY,
    ERROR,
    NOT_APPLICABLE,
    OVERFLOW,
    Outcome,
)

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_QUARTERS = (QUANTILES.index(0.25), QUANTILES.index(0.5), QUANTILES.index(0.75))


class Statistic(NamedTuple):
    """One statistic in each group: values, statuses (None: 'ok' where finite), and half the 95 %
    interval of an estimate (None: exact)."""

    name: str
    value: Floats
    status: Codes | None = None
    params: str = ""
    half_width: Floats | None = None


def _codes(column: ColumnGroups, status: str) -> Codes:
    return np.full(len(column), CODES[status], np.uint8)


def _floats(values: object) -> Floats:
    return np.asarray(values, float)


def _statistic(name: str, title: str, group: str, formula: str, **rest: Any) -> Metric:
    """The record of `quality.<name>`, by default of any column with rows and of numbers."""
    rest = {"kinds": COUNTABLE, "source": "textbook", "needs_values": False, **rest}
    return Metric(name=f"quality.{name}", title=title, group=group, formula=formula, **rest)


def _count(name: str, title: str, what: str, **rest: Any) -> Metric:
    """The record of a number of rows that the one fused pass counts."""
    rest = {"unit": "rows", "bounds": (0.0, None), "reads": "profile", **rest}
    return _statistic(name, title, rest.pop("group", "counts"), f"number of {what}", **rest)


_ANY = (*COUNTABLE, NULL)
_ABSENT = ("empty", "all_null")


@measures(
    _count("rows", "rows", "rows", kinds=(*_ANY, TABLE), watched=True),
    _count(
        "missing",
        "missing",
        "rows that are null or NaN",
        kinds=_ANY,
        better="lower",
        openlineage="nullCount",
    ),
    _statistic(
        "missing_share",
        "missing share",
        "counts",
        "missing rows (of a table: cells) over all",
        kinds=(*_ANY, TABLE),
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
        Statistic("rows", _floats(rows)),
        Statistic("missing", _floats(missing)),
        Statistic("missing_share", as_array(share), empty),
    ]


def _absent(column: ColumnGroups) -> Codes:
    """Status of a statistic over rows that are not missing; 'ok' where there are some."""
    if 0 not in column.valid.tolist():
        return np.zeros(len(column), np.uint8)
    lost = np.where(column.valid == 0, CODES[ALL_NULL], OK_CODE)
    return np.where(column.rows == 0, CODES[EMPTY], lost).astype(np.uint8)


_SPECIALS = ("nan", "pos_inf", "neg_inf", "zeros", "negatives")
_MOMENTS = (
    ("variance", 2, "variance_status"),
    ("std", 1, "std_status"),
    ("skewness", 0, "skewness_status"),
    ("kurtosis", 0, "kurtosis_status"),
)


def _moment(name: str, title: str, formula: str, **rest: Any) -> Metric:
    """The record of a statistic of the finite rows that the one fused pass sums."""
    rest = {"unit": "column", "reads": "profile", "statuses": _ABSENT, **rest}
    return _statistic(name, title, rest.pop("group", "moments"), formula, **rest)


_SPREAD = (*_ABSENT, "too_few_rows")


@measures(
    _count("nan", "NaN", "rows that are NaN", better="lower"),
    _count("pos_inf", "+∞", "rows that are +inf", better="lower"),
    _count("neg_inf", "-∞", "rows that are -inf", better="lower"),
    _count("zeros", "zeros", "rows that are 0"),
    _count("negatives", "negatives", "rows below 0"),
    _moment("min", "minimum", "smallest value, -inf counted", group="order", openlineage="min"),
    _moment("max", "maximum", "largest value, +inf counted", group="order", openlineage="max"),
    _moment("sum", "sum", "sum of the finite rows", openlineage="sum"),
    _moment("mean", "mean", "mean of the finite rows", watched=True),
    _moment(
        "variance",
        "variance",
        "variance, ddof 1",
        unit="column^2",
        bounds=(0.0, None),
        statuses=_SPREAD,
    ),
    _moment(
        "std",
        "standard deviation",
        "square root of the variance, ddof 1",
        bounds=(0.0, None),
        statuses=_SPREAD,
    ),
    _moment(
        "skewness",
        "skewness",
        "g1 = m3 / m2^1.5, the population form",
        unit="",
        source="scipy.stats.skew",
        statuses=(*_SPREAD, "constant"),
    ),
    _moment(
        "kurtosis",
        "kurtosis",
        "g2 = m4 / m2^2 - 3, the population form",
        unit="",
        source="scipy.stats.kurtosis",
        statuses=(*_SPREAD, "constant"),
    ),
)
def _profile(column: ColumnGroups) -> list[Statistic]:
    profile, unit = column.profile, column.whole.unit_seconds

    def scaled(name: str, power: int = 1) -> Floats:
        values = _floats(profile[name])
        return values if unit == 1.0 else values * unit**power

    found = [Statistic(name, _floats(profile[name])) for name in _SPECIALS]
    status = _absent(column)
    found += [Statistic(name, scaled(name), status) for name in ("min", "max")]
    if 0 in profile["finite"].tolist():
        infinite = (status == OK_CODE) & (profile["finite"] == 0)
        status = np.where(infinite, CODES[OVERFLOW], status).astype(np.uint8)
    found += [Statistic(name, scaled(name), status) for name in ("sum", "mean")]
    for name, power, key in _MOMENTS:
        found.append(Statistic(name, scaled(name, power), profile[key]))
    return found


@measures(
    _statistic(
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
    if column.kind == CATEGORICAL:
        table = column.category_counts
        if not table.overflow.any():
            return [Statistic("distinct", _floats(table.distinct))]
    count, error = column.distinct
    return [Statistic("distinct", _floats(count), half_width=NORMAL_975 * error * count)]


@measures(
    _statistic(
        "quantile",
        "quantile",
        "order",
        "type 7: NumPy's default; infinities ordered at the ends",
        kinds=ORDERED,
        unit="column",
        source="Hyndman and Fan 1996; numpy.quantile",
        statuses=_ABSENT,
    ),
    _statistic(
        "iqr",
        "interquartile range",
        "order",
        "75 % quantile minus 25 % quantile",
        kinds=ORDERED,
        unit="column",
        bounds=(0.0, None),
        statuses=_ABSENT,
    ),
    _statistic(
        "mad",
        "MAD",
        "order",
        "median of |x - median| over finite rows",
        kinds=ORDERED,
        unit="column",
        bounds=(0.0, None),
        source="scipy.stats.median_abs_deviation",
        statuses=_ABSENT,
    ),
)
def _quantiles(column: ColumnGroups) -> list[Statistic]:
    status, unit, near = _absent(column), column.whole.unit_seconds, column.near
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
    mad = column.median_deviations(np.where(known, center, 0.0), known)
    return np.where(known, mad, np.nan)


def _as_given(near: ColumnGroups, values: Floats) -> Floats:
    """Values of `ColumnGroups.near` as those of the column itself."""
    return values + float(near.whole.offset) if near.whole.offset else values


_TOP_SHARE = _statistic(
    "top_share",
    "share of the most frequent value",
    "frequent values",
    "rows with the most frequent value over rows that are not missing",
    unit="share",
    bounds=(0.0, 1.0),
    statuses=_ABSENT,
)


@measures(
    _statistic(
        "mode",
        "mode",
        "frequent values",
        "the most frequent number, of equally frequent ones the smallest; beyond 4,096 distinct "
        "ones only where it has 1/16 of the rows",
        kinds=ORDERED,
        unit="column",
        statuses=_ABSENT,
    ),
    _TOP_SHARE,
)
def _mode(column: ColumnGroups) -> list[Statistic]:
    """The most frequent number (of equally frequent ones the smallest) and its share."""
    status, near = _absent(column), column.near
    values, counts = near.top_values
    # without any: more distinct values than are counted one by one
    many = (status == OK_CODE) & (counts == 0)
    status = np.where(many, CODES[NOT_APPLICABLE], status).astype(np.uint8)
    share = counts / column.valid
    mode = _as_given(near, values) * column.whole.unit_seconds
    return [Statistic("mode", mode, status), Statistic("top_share", share, status)]


@measures(_TOP_SHARE)
def _categories(column: ColumnGroups) -> list[Statistic]:
    status, table = _absent(column), column.category_counts
    many = (status == OK_CODE) & table.overflow
    status = np.where(many, CODES[NOT_APPLICABLE], status).astype(np.uint8)
    share = table.most / table.total
    return [Statistic("top_share", share, status)]


_TEXT_COUNTS = ("empty", "blank", "invalid_utf8")


_TEXT: dict[str, Any] = {"group": "text", "kinds": ("text",)}
_LENGTH: dict[str, Any] = {**_TEXT, "unit": "code points", "bounds": (0.0, None)}


@measures(
    _count("empty", "empty texts", "texts without a character", **_TEXT),
    _count("blank", "blank texts", "texts of white space alone, empty ones included", **_TEXT),
    _count("invalid_utf8", "invalid UTF-8", "texts that are not UTF-8", better="lower", **_TEXT),
    _moment("length_min", "shortest length", "fewest code points of a text", **_LENGTH),
    _moment("length_mean", "mean length", "mean number of code points", **_LENGTH),
    _moment("length_max", "longest length", "most code points of a text", **_LENGTH),
)
def _text(column: ColumnGroups) -> list[Statistic]:
    profile = column.text_profile
    found = [Statistic(name, _floats(profile[name])) for name in _TEXT_COUNTS]
    rows = column.valid - profile["invalid_utf8"]
    status = _absent(column)
    none = (status == OK_CODE) & (rows == 0)
    status = np.where(none, CODES[NOT_APPLICABLE], status).astype(np.uint8)
    mean = profile["length_sum"] / rows
    return [
        *found,
        Statistic("length_min", _floats(profile["length_min"]), status),
        Statistic("length_mean", mean, status),
        Statistic("length_max", _floats(profile["length_max"]), status),
    ]


_Part = Callable[[ColumnGroups], list[Statistic]]
_NAMES: dict[_Part, tuple[str, ...]] = {
    part: tuple(record.short for record in records_of(part))
    for part in (_counts, _profile, _distinct, _quantiles, _mode, _categories, _text)
}
STATISTICS = tuple(dict.fromkeys(name for names in _NAMES.values() for name in names))
"""Every statistic of a column, in the order of rows."""


def _parts(column: ColumnGroups) -> tuple[_Part, ...]:
    """What is computed of a column of that kind."""
    if column.kind == NULL:
        return (_counts,)
    if column.whole.value_kind == "text":
        return (_counts, _text, _distinct, _categories)
    if column.kind == CATEGORICAL:
        return (_counts, _profile, _distinct, _categories)
    return (_counts, _profile, _distinct, _quantiles, _mode)


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
    values = {"rows": _floats(rows), "missing": _floats(missing), "missing_share": missing / rows}
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
    rows: list[Decided] = []
    for part in _parts(column):
        if wanted is None or not wanted.isdisjoint(_NAMES[part]):
            found = _measured(part, column)
            if wanted is not None:
                found = [statistic for statistic in found if statistic.name in wanted]
            rows += _decided(column.name, found, column.rows)
    return rows


def _of_refused(column: ColumnGroups, why: str, wanted: frozenset[str] | None) -> list[Decided]:
    """Rows and missing ones of a column that is not computed on, where they are known, and a
    statistic of its values that says why there are none."""
    value, rows = np.full(len(column), np.nan), []
    refused = Outcomes(value, _codes(column, NOT_APPLICABLE))
    refused.reasons = dict.fromkeys(range(len(column)), why)
    if column.presence is None:
        return [Decided(column.name, "quality.rows", "", refused)]
    found = _measured(_counts, column)
    kept = [one for one in found if wanted is None or one.name in wanted]
    if kept:
        rows = _decided(column.name, kept, column.rows)
    if wanted is None or "distinct" in wanted:
        refused.n_current = column.rows
        rows.append(Decided(column.name, "quality.distinct", "", refused))
    return rows


def _measured(part: _Part, column: ColumnGroups) -> list[Statistic]:
    statistics = attempt("quality", column.name, lambda: part(column))
    if not isinstance(statistics, Outcome):
        return statistics
    value, code = np.full(len(column), np.nan), _codes(column, ERROR)
    return [Statistic(name, value, code) for name in _NAMES[part] if name != "quantile"]


def _decided(column: ColumnKey, statistics: Sequence[Statistic], rows: Rows) -> list[Decided]:
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


@measures(
    _statistic("columns", "columns", "counts", "number of columns", kinds=(TABLE,), unit="columns")
)
def table_statistics(columns: Mapping[str, ColumnGroups], groups: int) -> list[Decided]:
    """Rows, columns and the share of missing cells of the whole table."""
    known = [
        column
        for column in columns.values()
        if column.whole.refused is None or column.presence is not None
    ]
    none = np.zeros(groups, np.int64)
    n = np.max([column.rows for column in known], axis=0, initial=0) if known else none
    cells = sum((column.rows for column in known), none)
    missing = attempt(
        "quality.missing_share", "", lambda: sum((column.missing for column in known), none)
    )
    failed = isinstance(missing, Outcome)
    missing = none if isinstance(missing, Outcome) else missing
    with np.errstate(invalid="ignore"):
        share = missing / cells
    empty = np.where(cells > 0, OK_CODE, CODES[EMPTY]).astype(np.uint8)
    if failed:
        empty = np.full(groups, CODES[ERROR], np.uint8)
    found = (
        Statistic("rows", _floats(n)),
        Statistic("columns", np.full(groups, float(len(columns)))),
        Statistic("missing_share", share, empty),
    )
    return _decided(None, found, n)


def quantile_statistics(column: ColumnGroups, shares: Sequence[float]) -> list[Decided]:
    """`quality.quantile` at these shares; nothing for a column that has no order."""
    whole = column.whole
    if not shares or whole.refused is not None or whole.kind not in ("numeric", "temporal"):
        return []
    measured = attempt(
        "quality.quantile",
        column.name,
        lambda: (_absent(column), _as_given(column.near, column.near.quantiles(shares))),
    )
    if isinstance(measured, Outcome):
        measured = _codes(column, ERROR), np.full((len(column), len(shares)), np.nan)
    status, values = measured
    values = values * whole.unit_seconds
    found = [
        Statistic("quantile", values[:, place], status, f"q={share:g}")
        for place, share in enumerate(shares)
    ]
    rows = _decided(column.name, found, column.rows)
    return [row._replace(outcomes=column.hidden(row.outcomes)) for row in rows]


@measures(
    _statistic(
        "correlation",
        "correlation",
        "pairs",
        "Pearson's r over the rows in which both are finite, Fisher's 95 % interval",
        kinds=("pair",),
        bounds=(-1.0, 1.0),
        source="scipy.stats.pearsonr",
        statuses=("empty", "too_few_rows", "constant"),
    )
)
def correlation(a: ColumnGroups, b: ColumnGroups) -> Decided:
    """`quality.correlation` of a pair: Pearson's r over the rows in which both are
    finite, with Fisher's 95 % interval; `n_current` counts those rows."""
    name = a.name, b.name
    found = attempt("quality.correlation", column_text(name), lambda: pearson_groups(a, b))
    if isinstance(found, Outcome):
        found = Correlations(np.full(len(a), np.nan), _codes(a, ERROR), a.rows)
    r, status, n = found
    low, high = (elementwise(_fisher, r, n, side) for side in (-1.0, 1.0))
    outcomes = Outcomes(r, status, ci_low=low, ci_high=high, n_current=n)
    return Decided(name, "quality.correlation", "", outcomes)


def _fisher(r: float, n: int, side: float) -> float:
    """An end of Fisher's 95 % interval; NaN where there is none."""
    if math.isnan(r) or n <= 3 or abs(r) >= 1.0:
        return math.nan
    return math.tanh(math.atanh(r) + side * (NORMAL_975 / math.sqrt(n - 3)))


def correlations(columns: Sequence[ColumnGroups]) -> list[Decided]:
    """`quality.correlation` of every pair of the columns that are numbers, dates aside."""
    numbers = [c for c in columns if c.whole.is_number and c.kind != TEMPORAL]
    return [correlation(a, b) for i, a in enumerate(numbers) for b in numbers[i + 1 :]]
