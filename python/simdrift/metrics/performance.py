"""Performance of a regression, from one fused pass over target and prediction:
`simdrift.performance`.

Each function takes a target and a prediction of equal length, array-likes of numbers (n,), and
gives a `PerformanceResult`. ValueError where the lengths differ, TypeError where one is no array;
data never raise: a value that does not exist is None with a status.

Error = prediction - target, over the rows in which both are finite; `n` counts them.
Intervals (95 %, normal approximation) where one pass gives them: mae and mean_error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from simdrift import _core
from simdrift.catalogue.metric import Metric
from simdrift.metrics.evaluate import attempt, evaluated, row_of
from simdrift.metrics.nulls.special import NORMAL_975
from simdrift.metrics.registry import functions, measures, unknown
from simdrift.metrics.values import (
    ALL_NULL,
    CONSTANT,
    EMPTY,
    NOT_APPLICABLE,
    OK,
    OVERFLOW,
    TOO_FEW_ROWS,
    MetricValue,
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


Sums = Mapping[str, Any]


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
def _mean_error(s: Sums) -> Outcome:
    mean = s["sum_error"] / s["n"]
    return _with_interval(s, mean)


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
def _mae(s: Sums) -> Outcome:
    mean = s["sum_abs_error"] / s["n"]
    return _with_interval(s, mean)


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
def _rmse(s: Sums) -> Outcome:
    return Outcome(math.sqrt(s["sum_squared_error"] / s["n"]))


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
def _mse(s: Sums) -> Outcome:
    return Outcome(s["sum_squared_error"] / s["n"])


@measures(
    _error("max_error", "largest error", "max |prediction - target|", "sklearn.metrics.max_error")
)
def _max_error(s: Sums) -> Outcome:
    return Outcome(s["max_abs_error"])


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
def _r2(s: Sums) -> Outcome:
    if s["n"] < 2:
        return Outcome(None, TOO_FEW_ROWS)
    if s["m2_x"] == 0.0:
        return Outcome(None, CONSTANT)
    return Outcome(1.0 - s["sum_squared_error"] / s["m2_x"])


def _with_interval(s: Sums, mean: float) -> Outcome:
    """A mean of errors, or of their absolute values, with its 95 % interval."""
    n = s["n"]
    if n < 2:
        return Outcome(mean)
    variance = max(0.0, (s["sum_squared_error"] - n * mean * mean) / (n - 1))
    half_width = NORMAL_975 * math.sqrt(variance / n)
    return Outcome(mean, ci_low=mean - half_width, ci_high=mean + half_width)


_SCORES: dict[str, Callable[[Sums], Outcome]] = {
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


def _sums(target: _core.Column, prediction: _core.Column, threads: int | None) -> Sums | Outcome:
    """The sums of one pass over the pair; where there are none, the outcome of every metric.
    ValueError where the lengths differ."""
    numbers = ("integer", "float", "boolean")
    if target.value_kind not in numbers or prediction.value_kind not in numbers:
        return Outcome(None, NOT_APPLICABLE, n_current=0)
    if len(target) != len(prediction):
        raise ValueError(
            f"target and prediction: expected equal lengths, found {len(target)} and "
            f"{len(prediction)}"
        )
    sums = attempt(
        "performance", "", lambda: _core.pair_profile(target, prediction, threads=threads)
    )
    if isinstance(sums, Outcome) or sums["n"] > 0:
        return sums
    return Outcome(None, EMPTY if len(target) == 0 else ALL_NULL, n_current=0)


def _outcome(name: str, sums: Sums | Outcome) -> Outcome:
    """One metric from the sums: a value or a status."""
    if isinstance(sums, Outcome):
        return sums
    return evaluated(f"performance.{name}", "", lambda: _scored(name, sums))


def _scored(name: str, sums: Sums) -> Outcome:
    try:
        outcome = _SCORES[name](sums)
    except OverflowError:
        outcome = Outcome(None, OVERFLOW)
    return outcome._replace(n_current=sums["n"])


def rows(
    target: _core.Column,
    prediction: _core.Column,
    metrics: Iterable[str] = METRICS,
    *,
    column: str = "",
    threads: int | None = None,
) -> list[MetricValue]:
    """The `performance.*` rows of one window, all from one pass."""
    names = checked_metrics(metrics)
    sums = _sums(target, prediction, threads)
    return [row_of(column, f"performance.{name}", _outcome(name, sums)) for name in names]


def _run(name: str, target: object, prediction: object, threads: int | None) -> PerformanceResult:
    from simdrift.columns import as_column

    x, y = as_column(target, name="target"), as_column(prediction, name="prediction")
    found = _outcome(name, _sums(x, y, threads))
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
