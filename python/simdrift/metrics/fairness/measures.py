"""Metrics of fairness: their records, and what each is of a `SensitiveTable`.

A metric of a whole sensitive column compares the rates of its groups, a difference or a ratio; a
metric of each group is a rate, in rows with the parameter 'group'. To add one: a record and a line
in `RATE_OF` here, and the public function in `functions.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric, Param
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.fairness import between
from simdrift.metrics.fairness.between import Spread
from simdrift.metrics.fairness.estimates import LEVEL
from simdrift.metrics.fairness.table import SensitiveTable
from simdrift.metrics.outcomes import OK_CODE, Codes, Outcomes
from simdrift.metrics.registry import measures
from simdrift.metrics.values import ALL_NULL, CONSTANT, DEGENERATE, EMPTY, TOO_FEW_ROWS

MIN_ROWS = 30
"""Rows of a sensitive group with fewer of which it is compared with nothing: a rate of 30 rows has
a standard error of up to 0.09."""
METHODS = ("between_groups", "to_overall")
AGGREGATES = ("worst_case", "mean")
MOST_DIFFERENCE = 0.1
LEAST_RATIO = 0.8
"""The four-fifths rule: Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4 D."""


def one_of(name: str, known: tuple[str, ...]) -> Callable[[Any], str]:
    """What checks a parameter that is one of some names."""

    def check(value: Any) -> str:
        if value not in known:
            text = " or ".join(map(repr, known))
            raise ValueError(f"{name}: expected {text}, found {value!r}")
        return str(value)

    return check


def min_rows_of(value: Any) -> int:
    """A whole number from 1 on."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"min_rows: expected a number of rows (int), found {type(value).__name__}")
    if value < 1:
        raise ValueError(f"min_rows: expected 1 row or more, found {value}")
    return value


_METHOD = Param(
    "method",
    "between_groups",
    "every two groups ('between_groups'), or each against all rows ('to_overall')",
    one_of("method", METHODS),
)
_AGG = Param(
    "agg",
    "worst_case",
    "the worse of both rates ('worst_case'), or their 'mean'",
    one_of("agg", AGGREGATES),
)
_MIN_ROWS = Param("min_rows", MIN_ROWS, "rows that a compared group has at least", min_rows_of)


class Options(NamedTuple):
    """How groups are compared."""

    method: str = "between_groups"
    min_rows: int = MIN_ROWS
    agg: str = "worst_case"
    level: float = LEVEL
    """Of the intervals; of all pairs of groups together."""


def _record(name: str, title: str, formula: str, **rest: Any) -> Metric:
    rest = {"source": "fairlearn.metrics", "unit": "share", "bounds": (0.0, 1.0), **rest}
    return Metric(
        name=f"fairness.{name}",
        title=title,
        group="fairness",
        formula=formula,
        kinds=("pair",),
        needs_values=False,
        statuses=(EMPTY, ALL_NULL, TOO_FEW_ROWS, CONSTANT, DEGENERATE),
        **rest,
    )


def _difference_record(name: str, title: str, of: str, **rest: Any) -> Metric:
    rest = {"unit": "share", "rule": "distance", "threshold": MOST_DIFFERENCE, **rest}
    formula = f"largest difference between sensitive groups of {of}"
    params = (_METHOD, _MIN_ROWS, *rest.pop("params", ()))
    return _record(
        f"{name}_difference",
        f"{title}, difference",
        formula,
        better="lower",
        params=params,
        **rest,
    )


def _ratio_record(name: str, title: str, of: str, **rest: Any) -> Metric:
    formula = f"smallest ratio between sensitive groups of {of}"
    params = (_METHOD, _MIN_ROWS, *rest.pop("params", ()))
    rest = {**rest, "unit": ""}
    return _record(
        f"{name}_ratio", f"{title}, ratio", formula, better="higher", params=params, **rest
    )


# --- whole columns ---


class _Apart(NamedTuple):
    """A metric of a sensitive column: the rates that it compares, and how."""

    rates: tuple[str, ...]
    is_ratio: bool


_APART: dict[str, _Apart] = {}


def _compares(name: str, title: str, of: str, *rates: str, **rest: Any) -> None:
    """Registers the difference and the ratio of what has this name."""
    for is_ratio, record in (
        (False, _difference_record(name, title, of, **rest)),
        (True, _ratio_record(name, title, of, **{k: rest[k] for k in rest if k == "params"})),
    ):
        _APART[record.short] = _Apart(rates, is_ratio)

        def measure(table: SensitiveTable, options: Options, short: str = record.short) -> Outcomes:
            return _apart(table, options, _APART[short])

        measures(record)(measure)


_compares(
    "demographic_parity",
    "demographic parity",
    "P(prediction = 1)",
    "selection_rate",
    leads=True,
    watched=True,
)
_compares(
    "equalized_odds",
    "equalised odds",
    "P(prediction = 1 | target = 1) and P(prediction = 1 | target = 0)",
    "true_positive_rate",
    "false_positive_rate",
    leads=True,
    watched=True,
    params=(_AGG,),
)
_compares(
    "equal_opportunity",
    "equal opportunity",
    "P(prediction = 1 | target = 1)",
    "true_positive_rate",
)
_compares(
    "predictive_parity",
    "predictive parity",
    "precision, P(target = 1 | prediction = 1)",
    "precision",
    source="Chouldechova 2017",
)
_compares(
    "false_positive_rate",
    "false positive rate",
    "P(prediction = 1 | target = 0)",
    "false_positive_rate",
)
_compares(
    "false_negative_rate",
    "false negative rate",
    "P(prediction = 0 | target = 1)",
    "false_negative_rate",
)
_compares("accuracy_score", "accuracy by group", "P(prediction = target)", "accuracy_score")
_compares(
    "mae",
    "MAE by group",
    "the mean of |prediction - target|",
    "mae",
    unit="column",
    bounds=(0.0, None),
    rule="",
    threshold=None,
    source="fairlearn.metrics.MetricFrame",
)


def _apart(table: SensitiveTable, options: Options, what: _Apart) -> Outcomes:
    """Difference or ratio in each group of rows; of several rates the worst one, or the mean."""
    compare = between.ratio if what.is_ratio else between.difference
    is_mean = options.agg == "mean"
    level = options.level if is_mean else between.each_of(len(what.rates), options.level)
    spreads, statuses = [], []
    for rate in what.rates:
        enough = table.rows(rate) >= options.min_rows
        estimates = table.estimates(rate)
        spread = compare(estimates, enough, options.method, level)
        spreads.append(spread)
        statuses.append(_status(table, rate, enough, spread))
    spread = spreads[0]
    if len(spreads) > 1:
        spread = between.mean_of(spreads) if is_mean else between.worst_of(spreads, what.is_ratio)
    status = statuses[0]
    for other in statuses[1:]:
        status = np.where(status == OK_CODE, other, status).astype(np.uint8)
    return _outcomes(spread, status, table.rows(what.rates[0]).sum(axis=1))


def _status(table: SensitiveTable, rate: str, enough: Any, spread: Spread) -> Codes:
    """Why a group of rows has no value: the first reason that holds."""
    present = np.count_nonzero(table.all_rows > 0, axis=1)
    status = np.where(np.isnan(spread.value), CODES[DEGENERATE], OK_CODE)
    status = np.where(np.count_nonzero(enough, axis=1) < 2, CODES[TOO_FEW_ROWS], status)
    status = np.where(present == 1, CODES[CONSTANT], status)
    status = np.where(table.rows(rate).sum(axis=1) == 0, CODES[ALL_NULL], status)
    return np.where(present == 0, CODES[EMPTY], status).astype(np.uint8)


def _outcomes(spread: Spread, status: Any, rows: Floats) -> Outcomes:
    known = status == OK_CODE
    value, low, high = (np.where(known, own, np.nan) for own in spread)
    outcomes = Outcomes(value, status, n_current=rows.astype(np.int64))
    outcomes.ci_low, outcomes.ci_high = low, high
    return outcomes.cleaned()


# --- each group ---

_RATE_TITLES: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "selection_rate": ("selection rate of a group", "P(prediction = 1)", {}),
    "true_positive_rate": ("true positive rate", "P(prediction = 1 | target = 1)", {}),
    "false_positive_rate": ("false positive rate", "P(prediction = 1 | target = 0)", {}),
    "false_negative_rate": ("false negative rate", "P(prediction = 0 | target = 1)", {}),
    "precision": ("precision of a group", "P(target = 1 | prediction = 1)", {}),
    "accuracy_score": ("accuracy of a group", "P(prediction = target)", {}),
    "mae": (
        "MAE of a group",
        "mean of |prediction - target|",
        {"unit": "column", "bounds": (0.0, None)},
    ),
}


def _measures_each(rate: str) -> None:
    title, formula, rest = _RATE_TITLES[rate]
    formula = f"{formula} in a sensitive group, 95 % interval"
    record = _record(rate, title, formula, params=(_MIN_ROWS,), **rest)

    def measure(table: SensitiveTable, options: Options) -> dict[str, Outcomes]:
        return _of_groups(table, rate, options.min_rows)

    measures(record)(measure)


for _rate in _RATE_TITLES:
    _measures_each(_rate)


def _of_groups(table: SensitiveTable, rate: str, min_rows: int) -> dict[str, Outcomes]:
    """The rate of each sensitive group, by its name."""
    estimates, rows, everything = table.estimates(rate), table.rows(rate), table.all_rows
    value, (low, high) = estimates.value, estimates.ends(LEVEL)
    found = {}
    for place, name in enumerate(table.groups.names):
        own, all_ = rows[:, place], everything[:, place]
        status = np.where(np.isnan(value[:, place]), CODES[DEGENERATE], OK_CODE)
        status = np.where(own < min_rows, CODES[TOO_FEW_ROWS], status)
        status = np.where(own == 0, CODES[ALL_NULL], status)
        status = np.where(all_ == 0, CODES[EMPTY], status).astype(np.uint8)
        spread = Spread(value[:, place], low[:, place], high[:, place])
        found[name] = _outcomes(spread, status, own)
    return found


# --- decisions ---


def can_alert(name: str) -> bool:
    """Whether a metric has a threshold: comparisons of rates have one, and ratios of errors, whose
    differences are in the unit of the target."""
    return name in _APART and name != "mae_difference"


def alerts_of(name: str, outcomes: Outcomes) -> tuple[float, Any] | None:
    """Threshold and alerts of a comparison: where the value is beyond the threshold, and its
    interval beyond none; None of a metric without a threshold."""
    if not can_alert(name):
        return None
    what = _APART[name]
    low, high, value = outcomes.ci_low, outcomes.ci_high, outcomes.value
    assert low is not None
    assert high is not None
    with np.errstate(invalid="ignore"):
        if what.is_ratio:
            threshold, beyond = LEAST_RATIO, (value < LEAST_RATIO) & (high < 1.0)
        else:
            threshold, beyond = MOST_DIFFERENCE, (value > MOST_DIFFERENCE) & (low > 0.0)
    return threshold, np.where(outcomes.status == OK_CODE, beyond, -1).astype(np.int8)
