"""Quality of one column or table: every statistic of the fused profile as a row.

`missing` is null or NaN. Infinities are counted and ordered at the ends (min, max, quantiles),
but take no part in moments. Temporal columns: min, max, mean, std, quantiles, ... in seconds
(points in time since 1970-01-01 UTC). A statistic that does not exist, or is not finite, is
None with a status.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from simdrift.catalogue.metric import Metric
from simdrift.metrics.columns import (
    CATEGORICAL,
    COUNTABLE,
    NULL,
    ORDERED,
    TABLE,
    TEMPORAL,
    ColumnState,
)
from simdrift.metrics.correlation import pearson
from simdrift.metrics.evaluate import attempt, evaluated, row_of
from simdrift.metrics.nulls.special import NORMAL_975
from simdrift.metrics.registry import measures, records_of, unknown
from simdrift.metrics.values import (
    ALL_NULL,
    EMPTY,
    NOT_APPLICABLE,
    OK,
    OVERFLOW,
    MetricValue,
    Outcome,
    cleaned,
)

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_QUARTERS = (QUANTILES.index(0.25), QUANTILES.index(0.5), QUANTILES.index(0.75))


class Statistic(NamedTuple):
    """One statistic: its name, its outcome, and the parameters that its row names."""

    name: str
    outcome: Outcome
    params: str = ""


def _found(
    name: str,
    value: float | None,
    status: str = OK,
    params: str = "",
    half_width: float = 0.0,
) -> Statistic:
    """A statistic with a value, or with a status; `half_width` of an estimate's 95 % interval."""
    if status != OK:
        return Statistic(name, Outcome(None, status), params)
    if value is None or not half_width:
        return Statistic(name, Outcome(value), params)
    low, high = value - half_width, value + half_width
    return Statistic(name, Outcome(value, ci_low=low, ci_high=high), params)


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
def _counts(column: ColumnState) -> list[Statistic]:
    rows, missing = float(column.rows), float(column.missing)
    share = missing / rows if rows else None
    found = [_found("rows", rows), _found("missing", missing)]
    return [*found, _found("missing_share", share, OK if rows else EMPTY)]


def _absent(column: ColumnState) -> str:
    """Status of a statistic over rows that are not missing; 'ok' where there are some."""
    if column.rows == 0:
        return EMPTY
    return ALL_NULL if column.valid == 0 else OK


_SPECIALS = ("nan", "pos_inf", "neg_inf", "zeros", "negatives")
_MOMENTS = (
    ("variance", 2, "variance_status"),
    ("std", 1, "variance_status"),
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
def _profile(column: ColumnState) -> list[Statistic]:
    profile, unit = column.profile, column.unit_seconds
    found = [_found(name, float(profile[name])) for name in _SPECIALS]
    status = _absent(column)
    for name in ("min", "max"):
        found.append(_found(name, float(profile[name]) * unit, status))
    if status == OK and profile["finite"] == 0:
        status = OVERFLOW
    for name in ("sum", "mean"):
        found.append(_found(name, float(profile[name]) * unit, status))
    for name, power, key in _MOMENTS:
        found.append(_found(name, profile[name] * unit**power, profile[key]))
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
def _distinct(column: ColumnState) -> list[Statistic]:
    if column.kind == CATEGORICAL and not column.categories.overflow:
        return [_found("distinct", float(np.count_nonzero(column.categories.counts)))]
    count, error = column.distinct
    return [_found("distinct", float(count), half_width=NORMAL_975 * error * count)]


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
def _quantiles(column: ColumnState) -> list[Statistic]:
    status, unit = _absent(column), column.unit_seconds
    values = [0.0] * len(QUANTILES)
    if status == OK:
        values = (column.quantiles(QUANTILES) * unit).tolist()
    found = [
        _found("quantile", value, status, f"q={q:g}")
        for q, value in zip(QUANTILES, values, strict=True)
    ]
    low, middle, high = (values[index] for index in _QUARTERS)
    found.append(_found("iqr", high - low if math.isfinite(high - low) else math.inf, status))
    return [*found, _found("mad", _mad(column, middle / unit, status), status)]


def _mad(column: ColumnState, center: float, status: str) -> float:
    """Median absolute deviation from the median, over finite rows."""
    if status != OK or not math.isfinite(center):
        return math.nan
    return column.median_deviation(center) * column.unit_seconds


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
        "the most frequent number, of equally frequent ones the smallest",
        kinds=ORDERED,
        unit="column",
        statuses=_ABSENT,
    ),
    _TOP_SHARE,
)
def _mode(column: ColumnState) -> list[Statistic]:
    """The most frequent number (of equally frequent ones the smallest) and its share."""
    status = _absent(column)
    if status != OK:
        return [_found("mode", None, status), _found("top_share", None, status)]
    values, counts = column.top_values(1)
    if not len(values):
        reason = NOT_APPLICABLE  # more distinct values than are counted one by one
        return [_found("mode", None, reason), _found("top_share", None, reason)]
    share = int(counts[0]) / column.valid
    return [_found("mode", float(values[0]) * column.unit_seconds), _found("top_share", share)]


@measures(_TOP_SHARE)
def _categories(column: ColumnState) -> list[Statistic]:
    status = _absent(column)
    if status == OK and column.categories.overflow:
        status = NOT_APPLICABLE
    if status != OK:
        return [_found("top_share", None, status)]
    counts = column.categories.counts
    return [_found("top_share", int(counts.max()) / int(counts.sum()))]


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
def _text(column: ColumnState) -> list[Statistic]:
    profile = column.text_profile
    found = [_found(name, float(profile[name])) for name in _TEXT_COUNTS]
    rows = column.valid - profile["invalid_utf8"]
    status = _absent(column)
    if status == OK and rows == 0:
        status = NOT_APPLICABLE
    mean = profile["length_sum"] / rows if rows else None
    return [
        *found,
        _found("length_min", float(profile["length_min"]), status),
        _found("length_mean", mean, status),
        _found("length_max", float(profile["length_max"]), status),
    ]


_Part = Callable[[ColumnState], list[Statistic]]
_NAMES: dict[_Part, tuple[str, ...]] = {
    part: tuple(record.short for record in records_of(part))
    for part in (_counts, _profile, _distinct, _quantiles, _mode, _categories, _text)
}
STATISTICS = tuple(dict.fromkeys(name for names in _NAMES.values() for name in names))
"""Every statistic of a column, in the order of rows."""


def _parts(column: ColumnState) -> tuple[_Part, ...]:
    """What is computed of a column of that kind."""
    if column.kind == NULL:
        return (_counts,)
    if column.value_kind == "text":
        return (_counts, _text, _distinct, _categories)
    if column.kind == CATEGORICAL:
        return (_counts, _profile, _distinct, _categories)
    return (_counts, _profile, _distinct, _quantiles, _mode)


def checked_statistics(statistics: Iterable[str]) -> frozenset[str]:
    """The names without 'quality.'; ValueError where one does not exist."""
    names = frozenset(name.removeprefix("quality.") for name in statistics)
    for name in names:
        if name not in STATISTICS:
            raise ValueError(unknown("quality statistic", name, STATISTICS))
    return names


def column_rows(column: ColumnState, statistics: Iterable[str] | None = None) -> list[MetricValue]:
    """The `quality.*` rows of a column: all that its kind has, or those named. A statistic that
    the kind does not have gives no row."""
    wanted = None if statistics is None else checked_statistics(statistics)
    if column.broken is not None:
        return [MetricValue(column.name, "quality.rows", None, status=NOT_APPLICABLE)]
    rows: list[MetricValue] = []
    for part in _parts(column):
        if wanted is None or not wanted.isdisjoint(_NAMES[part]):
            rows += _part_rows(part, column, wanted)
    return rows


def _part_rows(
    part: _Part, column: ColumnState, wanted: frozenset[str] | None
) -> list[MetricValue]:
    found = attempt(f"quality ({part.__name__[1:]})", column.name, lambda: part(column))
    if isinstance(found, Outcome):  # it failed: quantiles have no row without their parameter
        found = [Statistic(name, found) for name in _NAMES[part] if name != "quantile"]
    return [_row(column.name, f, column.rows) for f in found if wanted is None or f.name in wanted]


def _row(column: str, found: Statistic, n: int) -> MetricValue:
    outcome = cleaned(found.outcome)._replace(n_current=n)
    return row_of(column, f"quality.{found.name}", outcome, found.params)


@measures(
    _statistic("columns", "columns", "counts", "number of columns", kinds=(TABLE,), unit="columns")
)
def table_rows(columns: Mapping[str, ColumnState]) -> list[MetricValue]:
    """Rows, columns and the share of missing cells of the whole table (`column` '')."""
    known = [column for column in columns.values() if column.broken is None]
    n = max((column.rows for column in known), default=0)
    found = (
        _found("rows", float(n)),
        _found("columns", float(len(columns))),
        Statistic("missing_share", evaluated("quality.missing_share", "", lambda: _missing(known))),
    )
    return [_row("", item, n) for item in found]


def _missing(columns: Sequence[ColumnState]) -> Outcome:
    """The share of missing cells of the columns."""
    cells = sum(column.rows for column in columns)
    if not cells:
        return Outcome(None, EMPTY)
    return Outcome(sum(column.missing for column in columns) / cells)


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
def correlation_row(a: ColumnState, b: ColumnState) -> MetricValue:
    """`quality.correlation` of a pair 'a ~ b': Pearson's r over the rows in which both are
    finite, with Fisher's 95 % interval; `n_current` counts those rows."""
    name = f"{a.name} ~ {b.name}"
    outcome = evaluated("quality.correlation", name, lambda: _with_interval(pearson(a, b)))
    if outcome.n_current is None:
        outcome = outcome._replace(n_current=a.rows)
    return row_of(name, "quality.correlation", outcome)


def _with_interval(outcome: Outcome) -> Outcome:
    """The correlation with Fisher's 95 % interval."""
    r, n = outcome.value, outcome.n_current
    if r is None or n is None or n <= 3 or abs(r) >= 1.0:
        return outcome
    half_width = NORMAL_975 / math.sqrt(n - 3)
    low, high = (math.tanh(math.atanh(r) + side) for side in (-half_width, half_width))
    return outcome._replace(ci_low=low, ci_high=high)


def correlation_rows(columns: Sequence[ColumnState]) -> list[MetricValue]:
    """`quality.correlation` of every pair of the columns that are numbers, dates aside."""
    numbers = [c for c in columns if c.is_number and c.kind != TEMPORAL]
    return [correlation_row(a, b) for i, a in enumerate(numbers) for b in numbers[i + 1 :]]
