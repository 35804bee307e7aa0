"""Errors of a regression, over the rows in which target and prediction are finite; error =
prediction - target.

Intervals (95 %, by Student's law) where one pass gives them: of mean_error, and of mae, whose
logarithm they are of: an amount is never below 0. To add a score: a record and its function, and
the public function below with its name in `__all__`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from simdrift.catalogue.metric import Metric
from simdrift.metrics.cached import cached
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.nulls.special import special
from simdrift.metrics.numbers import Numbers, as_array, at_least, where
from simdrift.metrics.performance.predictions import Lacking, Predictions, arrays
from simdrift.metrics.performance.scoring import PerformanceResult, Score, result, scores
from simdrift.metrics.values import CONSTANT, NOT_APPLICABLE, TOO_FEW_ROWS

Sums = Mapping[str, Numbers]
"""`_core.PairDict` of each group of rows."""
NUMBERS = frozenset({"integer", "float", "boolean"})
LEVEL = 0.975
"""Upper end of the intervals: 95 %."""

__all__ = ["mae", "max_error", "mean_error", "mse", "r2", "rmse"]


class TargetPair:
    """Target and prediction as numbers over the same groups."""

    def __init__(self, target: ColumnGroups, prediction: ColumnGroups) -> None:
        self.target, self.prediction = target, prediction

    @classmethod
    def of(cls, predictions: Predictions) -> Self | Lacking:
        """The pair, or what it lacks: a role, or numbers."""
        target, prediction = predictions.target, predictions.prediction
        if target is None:
            return Lacking.role("target")
        if prediction is None:
            return Lacking.role("prediction")
        for column in (target, prediction):
            if column.whole.refused is not None:
                return Lacking.refused(column)
        for column in (target, prediction):
            if column.whole.value_kind not in NUMBERS:
                found = f"{column.name}: expected numbers, found {column.whole.type}"
                return Lacking(NOT_APPLICABLE, found)
        return cls(target, prediction)

    @cached
    def sums(self) -> Sums:
        """Sums of the rows in which both are finite, as `_core.pair_profile` has them; of one
        group NumPy's numbers."""
        sums = self.target.sums_with(self.prediction)
        return {name: own[0] for name, own in sums.items()} if len(self.target) == 1 else sums

    @cached
    def n(self) -> NDArray[np.int64]:
        """The rows in which both are finite."""
        return as_array(self.sums["n"]).astype(np.int64, copy=False)


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


@scores(
    TargetPair,
    _error(
        "mean_error",
        "mean error",
        "mean of prediction - target, 95 % interval",
        "textbook",
        better="zero",
        bounds=(None, None),
        watched=True,
    ),
)
def _mean_error(pair: TargetPair) -> Score:
    s = pair.sums
    mean = s["sum_error"] / s["n"]
    half_width = _half_width(s, mean)
    return Score(mean, (mean - half_width, mean + half_width))


@scores(
    TargetPair,
    _error(
        "mae",
        "MAE",
        "mean of |prediction - target|, 95 % interval",
        "sklearn.metrics.mean_absolute_error",
        leads=True,
        watched=True,
        relative=True,
    ),
)
def _mae(pair: TargetPair) -> Score:
    s = pair.sums
    mean = s["sum_abs_error"] / s["n"]
    factor = np.exp(where(mean > 0.0, _half_width(s, mean) / mean, 0.0))
    factor = where(s["n"] < 2, np.nan, factor)
    return Score(mean, (mean / factor, mean * factor))


@scores(
    TargetPair,
    _error(
        "rmse",
        "RMSE",
        "root of the mean of (prediction - target)^2",
        "sklearn.metrics.root_mean_squared_error",
        leads=True,
        watched=True,
        relative=True,
    ),
)
def _rmse(pair: TargetPair) -> Score:
    s = pair.sums
    return Score(np.sqrt(s["sum_squared_error"] / s["n"]))


@scores(
    TargetPair,
    _error(
        "mse",
        "MSE",
        "mean of (prediction - target)^2",
        "sklearn.metrics.mean_squared_error",
        unit="column^2",
        relative=True,
    ),
)
def _mse(pair: TargetPair) -> Score:
    s = pair.sums
    return Score(s["sum_squared_error"] / s["n"])


@scores(
    TargetPair,
    _error("max_error", "largest error", "max |prediction - target|", "sklearn.metrics.max_error"),
)
def _max_error(pair: TargetPair) -> Score:
    s = pair.sums
    return Score(s["max_abs_error"])


@scores(
    TargetPair,
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
    ),
)
def _r2(pair: TargetPair) -> Score:
    s = pair.sums
    constant, few = s["m2_x"] == 0.0, s["n"] < 2
    value = 1.0 - s["sum_squared_error"] / s["m2_x"]
    return Score(value, None, ((constant, CONSTANT), (few, TOO_FEW_ROWS)))


def _half_width(s: Sums, mean: Numbers) -> Numbers:
    """Half the interval of a mean of errors, or of their absolute values."""
    n = s["n"]
    variance = at_least(0.0, (s["sum_squared_error"] - n * mean * mean) / (n - 1))
    quantile = special().stdtrit(n - 1.0, LEVEL)
    return where(n < 2, np.nan, quantile * np.sqrt(variance / n))


def mean_error(
    target: object, prediction: object, *, threads: int | None = None
) -> PerformanceResult:
    """Mean of prediction - target, in the target's unit.

    >>> from simdrift.metrics import performance
    >>> performance.mean_error([1.0, 2.0, 3.0], [2.0, 2.0, 5.0]).value
    1.0
    """
    return result("mean_error", arrays(target=target, prediction=prediction, threads=threads))


def mae(target: object, prediction: object, *, threads: int | None = None) -> PerformanceResult:
    """Mean absolute error, in the target's unit, with its interval. Equals
    `sklearn.metrics.mean_absolute_error` on the rows that take part.

    >>> from simdrift.metrics import performance
    >>> performance.mae([1.0, 2.0, 3.0], [2.0, 2.0, 1.0]).value
    1.0
    """
    return result("mae", arrays(target=target, prediction=prediction, threads=threads))


def rmse(target: object, prediction: object, *, threads: int | None = None) -> PerformanceResult:
    """Root of the mean squared error, in the target's unit.

    >>> from simdrift.metrics import performance
    >>> performance.rmse([0.0, 0.0], [3.0, 3.0]).value
    3.0
    """
    return result("rmse", arrays(target=target, prediction=prediction, threads=threads))


def mse(target: object, prediction: object, *, threads: int | None = None) -> PerformanceResult:
    """Mean squared error, in the square of the target's unit. Equals
    `sklearn.metrics.mean_squared_error` on the rows that take part.

    >>> from simdrift.metrics import performance
    >>> performance.mse([0.0, 0.0], [1.0, 3.0]).value
    5.0
    """
    return result("mse", arrays(target=target, prediction=prediction, threads=threads))


def max_error(
    target: object, prediction: object, *, threads: int | None = None
) -> PerformanceResult:
    """Largest absolute error, in the target's unit. Equals `sklearn.metrics.max_error` on the rows
    that take part.

    >>> from simdrift.metrics import performance
    >>> performance.max_error([0.0, 0.0], [1.0, -3.0]).value
    3.0
    """
    return result("max_error", arrays(target=target, prediction=prediction, threads=threads))


def r2(target: object, prediction: object, *, threads: int | None = None) -> PerformanceResult:
    """Coefficient of determination 1 - sum of squared errors / sum of squares of the target
    about its mean; status 'constant' where the target is constant.

    >>> from simdrift.metrics import performance
    >>> performance.r2([1.0, 2.0, 3.0], [1.0, 2.0, 4.0]).value
    0.5
    """
    return result("r2", arrays(target=target, prediction=prediction, threads=threads))
