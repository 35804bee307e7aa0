"""Performance of a regression, from one fused pass over target and prediction:
`simdrift.performance`.

Each function takes a target and a prediction of equal length, array-likes of numbers (n,), and
gives a `PerformanceResult`. ValueError where the lengths differ, TypeError where one is no array;
data never raise: a value that does not exist is None with a status.

Error = prediction - target, over the rows in which both are finite; `n` counts them.
Intervals (95 %, normal approximation) where one pass gives them: mae and mean_error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.columns import CurrentColumn
from simdrift.metrics.decide import Decided
from simdrift.metrics.evaluate import attempt
from simdrift.metrics.grouped import ColumnGroups
from simdrift.metrics.nulls.special import NORMAL_975
from simdrift.metrics.outcomes import ABSENT_ROWS, Outcomes
from simdrift.metrics.registry import functions, measures, unknown
from simdrift.metrics.values import (
    ALL_NULL,
    CONSTANT,
    EMPTY,
    ERROR,
    NOT_APPLICABLE,
    OK,
    TOO_FEW_ROWS,
    Outcome,
)

__all__ = ["PerformanceResult", "mae", "max_error", "mean_error", "mse", "r2", "rmse"]


@dataclass(frozen=True)
class PerformanceResult:
    """What a performance function found: a value, or None with a status; `n` rows took part."""

    metric: str
    value: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    status: str = OK
    n: int = 0


class _Score(NamedTuple):
    """Values, half the width of their intervals (None: none), and where a value cannot be: a
    mask and the status there."""

    value: Floats
    half_width: Floats | None = None
    without: tuple[tuple[NDArray[np.bool_], str], ...] = ()


Sums = Mapping[str, NDArray[Any]]
"""`_core.PairDict` of each group of rows."""


def _error(name: str, title: str, formula: str, source: str, **rest: Any) -> Metric:
    """The record of `performance.<name>`, by default an error in the target's unit. Over the rows
    in which target and prediction are finite."""
    rest = {"unit": "column", "better": "lower", "bounds": (0.0, None), **rest}
    rest["statuses"] = ("empty", "all_null", *rest.get("statuses", ()))
    return Metric(
        name=f"performance.{name}",
        title=title,
        group="regression",
        formula=formula,
        source=source,
        kinds=("pair",),
        reads="profile",
        needs_values=False,
        weights=False,
        **rest,
    )


@measures(
    _error(
        "mean_error",
        "mean error",
        "mean of prediction - target, 95 % interval",
        "textbook",
        better="zero",
        bounds=(None, None),
        watched=True,
    )
)
def _mean_error(s: Sums) -> _Score:
    mean = s["sum_error"] / s["n"]
    return _Score(mean, _half_width(s, mean))


@measures(
    _error(
        "mae",
        "MAE",
        "mean of |prediction - target|, 95 % interval",
        "sklearn.metrics.mean_absolute_error",
        leads=True,
        watched=True,
        relative=True,
    )
)
def _mae(s: Sums) -> _Score:
    mean = s["sum_abs_error"] / s["n"]
    return _Score(mean, _half_width(s, mean))


@measures(
    _error(
        "rmse",
        "RMSE",
        "root of the mean of (prediction - target)^2",
        "sklearn.metrics.root_mean_squared_error",
        leads=True,
        watched=True,
        relative=True,
    )
)
def _rmse(s: Sums) -> _Score:
    return _Score(np.sqrt(s["sum_squared_error"] / s["n"]))


@measures(
    _error(
        "mse",
        "MSE",
        "mean of (prediction - target)^2",
        "sklearn.metrics.mean_squared_error",
        unit="column^2",
        relative=True,
    )
)
def _mse(s: Sums) -> _Score:
    return _Score(s["sum_squared_error"] / s["n"])


@measures(
    _error("max_error", "largest error", "max |prediction - target|", "sklearn.metrics.max_error")
)
def _max_error(s: Sums) -> _Score:
    return _Score(s["max_abs_error"])


@measures(
    _error(
        "r2",
        "R²",
        "1 - sum of squared errors / sum of squares of the target about its mean",
        "sklearn.metrics.r2_score",
        unit="",
        better="higher",
        bounds=(None, 1.0),
        relative=True,
        statuses=("too_few_rows", "constant"),
    )
)
def _r2(s: Sums) -> _Score:
    constant, few = s["m2_x"] == 0.0, s["n"] < 2
    value = 1.0 - s["sum_squared_error"] / s["m2_x"]
    return _Score(value, None, ((constant, CONSTANT), (few, TOO_FEW_ROWS)))


def _half_width(s: Sums, mean: Floats) -> Floats:
    """Half the interval of a mean of errors, or of their absolute values."""
    n = s["n"]
    variance = np.maximum(0.0, (s["sum_squared_error"] - n * mean * mean) / (n - 1))
    return np.where(n < 2, np.nan, NORMAL_975 * np.sqrt(variance / n))


_SCORES: dict[str, Callable[[Sums], _Score]] = {
    record.short: score for score, (record,) in functions("performance").items()
}
METRICS = tuple(_SCORES)


def checked_metrics(metrics: Iterable[str]) -> tuple[str, ...]:
    """The names without 'performance.'; ValueError where one does not exist."""
    names = tuple(name.removeprefix("performance.") for name in metrics)
    for name in names:
        if name not in _SCORES:
            raise ValueError(unknown("performance metric", name, _SCORES))
    return names


def _outcomes(name: str, column: ColumnGroups, sums: Sums | Outcome | None) -> Outcomes:
    """One metric in each group; an unexpected exception costs this metric alone."""
    none = np.full(len(column), np.nan)
    if sums is None:
        status = np.full(len(column), CODES[NOT_APPLICABLE], np.uint8)
        return Outcomes(none, status, n_current=np.zeros(len(column), np.int64))
    if isinstance(sums, Outcome):
        return Outcomes.uniform(sums, len(column))
    rows = sums["n"].astype(np.int64)
    score = attempt(f"performance.{name}", "", lambda: _SCORES[name](sums))
    if isinstance(score, Outcome):
        return Outcomes(none, np.full(len(column), CODES[ERROR], np.uint8), n_current=rows)
    status = np.full(len(column), CODES[OK], np.uint8)
    for mask, reason in score.without:
        status[mask] = CODES[reason]
    lost = np.where(column.rows == 0, CODES[EMPTY], CODES[ALL_NULL])
    status = np.where(rows == 0, lost, status).astype(np.uint8)
    known = status == CODES[OK]
    outcomes = Outcomes(np.where(known, score.value, np.nan), status, n_current=rows).cleaned()
    if score.half_width is not None:
        low, high = outcomes.value - score.half_width, outcomes.value + score.half_width
        outcomes.ci_low, outcomes.ci_high = low, high
    return outcomes.cleaned()


def _sums(target: ColumnGroups, prediction: ColumnGroups) -> Sums | Outcome | None:
    """The pair kernel's sums of each group; None where a side is no column of numbers, an outcome
    where the pass failed."""
    numbers = ("integer", "float", "boolean")
    kinds = (target.whole.value_kind, prediction.whole.value_kind)
    if not set(kinds).issubset(numbers):
        return None
    if target.whole.rows != prediction.whole.rows:
        raise ValueError(
            f"target and prediction: expected equal lengths, found {target.whole.rows} and "
            f"{prediction.whole.rows}"
        )
    return attempt("performance", "", lambda: target.sums_with(prediction))


def scores(
    target: ColumnGroups, prediction: ColumnGroups, metrics: Iterable[str] = METRICS
) -> list[Decided]:
    """The `performance.*` rows of each group, all from one pass. A refused column gives
    'not_applicable'."""
    names = checked_metrics(metrics)
    refused = target.whole.refused is not None or prediction.whole.refused is not None
    sums = None if refused else _sums(target, prediction)
    rows = []
    for name in names:
        outcomes = _outcomes(name, target, sums)
        if refused:
            outcomes.n_current = np.array([ABSENT_ROWS])
        rows.append(Decided("", f"performance.{name}", "", outcomes))
    return rows


def _run(name: str, target: object, prediction: object, threads: int | None) -> PerformanceResult:
    from simdrift.columns import as_column

    x, y = as_column(target, name="target"), as_column(prediction, name="prediction")
    left, right = (
        ColumnGroups.of(CurrentColumn(side, column, threads=threads))
        for side, column in (("target", x), ("prediction", y))
    )
    found = _outcomes(name, left, _sums(left, right)).at(0)
    return PerformanceResult(
        f"performance.{name}",
        found.value,
        found.ci_low,
        found.ci_high,
        found.status,
        found.n_current or 0,
    )


def mean_error(
    target: object, prediction: object, *, threads: int | None = None
) -> PerformanceResult:
    """Mean of prediction - target, in the target's unit.

    >>> from simdrift.metrics import performance
    >>> performance.mean_error([1.0, 2.0, 3.0], [2.0, 2.0, 5.0]).value
    1.0
    """
    return _run("mean_error", target, prediction, threads)


def mae(target: object, prediction: object, *, threads: int | None = None) -> PerformanceResult:
    """Mean absolute error, in the target's unit, with its interval. Equals
    `sklearn.metrics.mean_absolute_error` on the rows that take part.

    >>> from simdrift.metrics import performance
    >>> performance.mae([1.0, 2.0, 3.0], [2.0, 2.0, 1.0]).value
    1.0
    """
    return _run("mae", target, prediction, threads)


def rmse(target: object, prediction: object, *, threads: int | None = None) -> PerformanceResult:
    """Root of the mean squared error, in the target's unit.

    >>> from simdrift.metrics import performance
    >>> performance.rmse([0.0, 0.0], [3.0, 3.0]).value
    3.0
    """
    return _run("rmse", target, prediction, threads)


def mse(target: object, prediction: object, *, threads: int | None = None) -> PerformanceResult:
    """Mean squared error, in the square of the target's unit. Equals
    `sklearn.metrics.mean_squared_error` on the rows that take part.

    >>> from simdrift.metrics import performance
    >>> performance.mse([0.0, 0.0], [1.0, 3.0]).value
    5.0
    """
    return _run("mse", target, prediction, threads)


def max_error(
    target: object, prediction: object, *, threads: int | None = None
) -> PerformanceResult:
    """Largest absolute error, in the target's unit. Equals `sklearn.metrics.max_error` on the rows
    that take part.

    >>> from simdrift.metrics import performance
    >>> performance.max_error([0.0, 0.0], [1.0, -3.0]).value
    3.0
    """
    return _run("max_error", target, prediction, threads)


def r2(target: object, prediction: object, *, threads: int | None = None) -> PerformanceResult:
    """Coefficient of determination 1 - sum of squared errors / sum of squares of the target
    about its mean; status 'constant' where the target has no spread.

    >>> from simdrift.metrics import performance
    >>> performance.r2([1.0, 2.0, 3.0], [1.0, 2.0, 4.0]).value
    0.5
    """
    return _run("r2", target, prediction, threads)


def __dir__() -> list[str]:
    return sorted(__all__)
