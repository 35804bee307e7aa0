"""Errors of a regression, over the rows in which target and prediction are finite; error =
prediction - target.

Intervals (95 %) where a pass gives them, by Student's law: of mean_error, and of mean losses, whose
logarithms they are of: a loss is never below 0. With weights n is Kish's effective number of rows.
To add a score: a record and its function, and the public function below with its name in `__all__`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simdrift.catalogue.metric import Metric, Param
from simdrift.metrics.checks import checked_share
from simdrift.metrics.nulls.special import special
from simdrift.metrics.numbers import number_or_array, where
from simdrift.metrics.performance.explained import log_errors
from simdrift.metrics.performance.predictions import arrays
from simdrift.metrics.performance.scoring import PerformanceResult, Score, result, scores
from simdrift.metrics.performance.target_pair import (
    FEWEST_SQUARES,
    LEVEL,
    TargetPair,
    error_of_mean,
    half_width,
    kish,
    mean_loss,
    root_of_loss,
    signed_mean,
)
from simdrift.metrics.values import CONSTANT, DEGENERATE, NOT_APPLICABLE, TOO_FEW_ROWS

NO_LOG = "a target or a prediction is -1 or less, and 1 + it has no logarithm"
NO_RATIO = "every target is 0"


def checked_alpha(value: float) -> float:
    """A quantile strictly between 0 and 1, else TypeError or ValueError."""
    alpha = checked_share("alpha", value)
    if alpha in (0.0, 1.0):
        raise ValueError(f"alpha: expected a number between 0 and 1, found {value!r}")
    return alpha


ALPHA = Param("alpha", 0.5, "the quantile that is predicted", checked_alpha)

__all__ = [
    "explained_variance",
    "mae",
    "mape",
    "max_error",
    "mean_error",
    "medae",
    "mse",
    "pinball",
    "r2",
    "rmse",
    "rmsle",
    "smape",
]


def _error(name: str, title: str, formula: str, source: str, **rest: Any) -> Metric:
    """The record of `performance.<name>`, by default an error in the target's unit. Over the rows
    in which target and prediction are finite."""
    rest = {"unit": "column", "better": "lower", "bounds": (0.0, None), "reads": None, **rest}
    rest["statuses"] = ("empty", "all_null", *rest.get("statuses", ()))
    return Metric(
        name=f"performance.{name}",
        title=title,
        group="regression",
        formula=formula,
        source=source,
        kinds=("pair",),
        needs_values=False,
        **rest,
    )


@scores(
    TargetPair,
    _error(
        "mean_error",
        "mean error",
        "mean of prediction - target, 95 % interval",
        "textbook",
        reads="profile",
        better="zero",
        bounds=(None, None),
        watched=True,
    ),
)
def _mean_error(pair: TargetPair) -> Score:
    s = pair.sums
    mean = s["sum_error"] / s["weight"]
    return signed_mean(mean, error_of_mean(s, mean, s["sum_squared_error"]), s["size"])


@scores(
    TargetPair,
    _error(
        "mae",
        "MAE",
        "mean of |prediction - target|, 95 % interval",
        "sklearn.metrics.mean_absolute_error",
        reads="profile",
        leads=True,
        watched=True,
        relative=True,
    ),
)
def _mae(pair: TargetPair) -> Score:
    s = pair.sums
    mean = s["sum_abs_error"] / s["weight"]
    return mean_loss(mean, error_of_mean(s, mean, s["sum_squared_error"]), s["size"])


@scores(
    TargetPair,
    _error(
        "rmse",
        "RMSE",
        "root of the mean of (prediction - target)^2, 95 % interval",
        "sklearn.metrics.root_mean_squared_error",
        reads="profile",
        leads=True,
        watched=True,
        relative=True,
    ),
)
def _rmse(pair: TargetPair) -> Score:
    s = pair.sums
    mean = s["sum_squared_error"] / s["weight"]
    error = error_of_mean(s, mean, s["sum_fourth_power"], FEWEST_SQUARES)
    return root_of_loss(mean, error, s["size"])


@scores(
    TargetPair,
    _error(
        "mse",
        "MSE",
        "mean of (prediction - target)^2, 95 % interval",
        "sklearn.metrics.mean_squared_error",
        reads="profile",
        unit="column^2",
        relative=True,
    ),
)
def _mse(pair: TargetPair) -> Score:
    s = pair.sums
    mean = s["sum_squared_error"] / s["weight"]
    error = error_of_mean(s, mean, s["sum_fourth_power"], FEWEST_SQUARES)
    return mean_loss(mean, error, s["size"])


@scores(
    TargetPair,
    _error(
        "medae",
        "median absolute error",
        "median of |prediction - target|, 95 % interval of ranks",
        "sklearn.metrics.median_absolute_error",
        relative=True,
    ),
)
def _medae(pair: TargetPair) -> Score:
    value, low, high = (number_or_array(own) for own in pair.medians.T)
    return Score(value, (low, high), error=(high - low) / _ends_of_ranks(pair))


@scores(
    TargetPair,
    _error(
        "max_error",
        "largest error",
        "max |prediction - target|",
        "sklearn.metrics.max_error",
        reads="profile",
    ),
)
def _max_error(pair: TargetPair) -> Score:
    return Score(pair.sums["max_abs_error"])


@scores(
    TargetPair,
    _error(
        "mape",
        "MAPE",
        "mean of |(prediction - target) / target| where target is not 0, 95 % interval",
        "sklearn.metrics.mean_absolute_percentage_error",
        unit="",
        relative=True,
        statuses=("degenerate",),
    ),
)
def _mape(pair: TargetPair) -> Score:
    s = pair.losses
    weight, squares = s["relative_weight"], s["relative_weight_squares"]
    sums = {"weight": weight, "size": kish(weight, squares)}
    mean, rows = s["sum_relative"] / weight, s["n"] - s["zero_targets"]
    error = error_of_mean(sums, mean, s["sum_relative_square"])
    none = (rows == 0, DEGENERATE, NO_RATIO)
    return mean_loss(mean, error, sums["size"], (none,), rows)


@scores(
    TargetPair,
    _error(
        "smape",
        "sMAPE",
        "mean of 2 |prediction - target| / (|prediction| + |target|), 0 where both are 0",
        "Makridakis 1993",
        unit="",
        bounds=(0.0, 2.0),
        relative=True,
    ),
)
def _smape(pair: TargetPair) -> Score:
    s, size = pair.losses, pair.sums["size"]
    mean, sums = s["sum_symmetric"] / s["weight"], {"weight": s["weight"], "size": size}
    return mean_loss(mean, error_of_mean(sums, mean, s["sum_symmetric_square"]), size)


@scores(
    TargetPair,
    _error(
        "rmsle",
        "RMSLE",
        "root of the mean of (log(1 + prediction) - log(1 + target))^2",
        "sklearn.metrics.root_mean_squared_log_error",
        unit="",
        relative=True,
    ),
)
def _rmsle(pair: TargetPair) -> Score:
    s, size = pair.logs, pair.sums["size"]
    mean, sums = s["sum_squared_log"] / s["weight"], {"weight": s["weight"], "size": size}
    none = (s["without_log"] > 0, NOT_APPLICABLE, NO_LOG)
    error = error_of_mean(sums, mean, s["sum_fourth_log"], FEWEST_SQUARES)
    return root_of_loss(mean, error, size, (none,))


@scores(
    TargetPair,
    _error(
        "pinball",
        "pinball loss",
        "mean of alpha (target - prediction) where that is above 0, else (alpha - 1) of it",
        "sklearn.metrics.mean_pinball_loss",
        relative=True,
        params=(ALPHA,),
    ),
)
def _pinball(pair: TargetPair, *, alpha: float = 0.5) -> Score:
    s, skew = pair.errors, 2.0 * alpha - 1.0
    mean = 0.5 * (s["sum_abs_error"] / s["weight"] - skew * s["mean_error"])
    squares = (1.0 + skew * skew) * s["sum_squared_error"] - 2.0 * skew * s["sum_signed_square"]
    sums = {"weight": s["weight"], "size": pair.sums["size"]}
    return mean_loss(mean, error_of_mean(sums, mean, 0.25 * squares), sums["size"])


@scores(
    TargetPair,
    _error(
        "r2",
        "R²",
        "1 - sum of squared errors / sum of squares of the target about its mean, 95 % interval",
        "sklearn.metrics.r2_score",
        reads="profile",
        unit="",
        better="higher",
        bounds=(None, 1.0),
        relative=True,
        statuses=("too_few_rows", "constant"),
    ),
)
def _r2(pair: TargetPair) -> Score:
    s = pair.sums
    return _explained(1.0 - s["sum_squared_error"] / s["m2_x"], pair, centred=False)


@scores(
    TargetPair,
    _error(
        "explained_variance",
        "explained variance",
        "1 - variance of the error / variance of the target, 95 % interval",
        "sklearn.metrics.explained_variance_score",
        unit="",
        better="higher",
        bounds=(None, 1.0),
        relative=True,
        statuses=("too_few_rows", "constant"),
    ),
)
def _explained_variance(pair: TargetPair) -> Score:
    s = pair.errors
    return _explained(1.0 - s["m2_error"] / s["m2_target"], pair, centred=True)


def _ends_of_ranks(pair: TargetPair) -> Any:
    """How many standard errors lie between the ends of an interval of ranks (Price and Bonett,
    2001): it holds the median more often than 95 %, as ranks are whole."""
    size, quantile = pair.sums["size"], special().ndtri(LEVEL)
    if pair.weights is not None:
        return 2.0 * quantile
    low = np.floor(0.5 * size - 0.5 * quantile * np.sqrt(size) - 0.5)
    return -2.0 * special().ndtri(special().bdtr(low, pair.sums["n"], 0.5))


def _explained(value: Any, pair: TargetPair, *, centred: bool) -> Score:
    """A share of the target's variance, which a constant target does not have; its interval is of
    the logarithm of what is left."""
    s = pair.sums
    constant, few = s["m2_x"] == 0.0, s["n"] < 2
    error, left = number_or_array(log_errors(pair, centred=centred)), 1.0 - value
    error = where(s["size"] < FEWEST_SQUARES, np.nan, where(left > 0.0, error, 0.0))
    factor = np.exp(half_width(error, s["size"]))
    ends = (1.0 - left * factor, 1.0 - left / factor)
    return Score(value, ends, ((constant, CONSTANT), (few, TOO_FEW_ROWS)), left * error)


def mean_error(
    target: object,
    prediction: object,
    *,
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Mean of prediction - target, in the target's unit.

    >>> from simdrift.metrics import performance
    >>> performance.mean_error([1.0, 2.0, 3.0], [2.0, 2.0, 5.0]).value
    1.0
    """
    pair = arrays(
        target=target, prediction=prediction, sample_weight=sample_weight, threads=threads
    )
    return result("mean_error", pair)


def mae(
    target: object,
    prediction: object,
    *,
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Mean absolute error, in the target's unit, with its interval. Equals
    `sklearn.metrics.mean_absolute_error` on the rows that take part.

    >>> from simdrift.metrics import performance
    >>> performance.mae([1.0, 2.0, 3.0], [2.0, 2.0, 1.0]).value
    1.0
    """
    pair = arrays(
        target=target, prediction=prediction, sample_weight=sample_weight, threads=threads
    )
    return result("mae", pair)


def rmse(
    target: object,
    prediction: object,
    *,
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Root of the mean squared error, in the target's unit, with its interval.

    >>> from simdrift.metrics import performance
    >>> performance.rmse([0.0, 0.0], [3.0, 3.0]).value
    3.0
    """
    pair = arrays(
        target=target, prediction=prediction, sample_weight=sample_weight, threads=threads
    )
    return result("rmse", pair)


def mse(
    target: object,
    prediction: object,
    *,
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Mean squared error, in the square of the target's unit, with its interval. Equals
    `sklearn.metrics.mean_squared_error` on the rows that take part.

    >>> from simdrift.metrics import performance
    >>> performance.mse([0.0, 0.0], [1.0, 3.0]).value
    5.0
    """
    pair = arrays(
        target=target, prediction=prediction, sample_weight=sample_weight, threads=threads
    )
    return result("mse", pair)


def medae(
    target: object,
    prediction: object,
    *,
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Median absolute error, in the target's unit; its interval, of six rows or more, is that of
    ranks. Equals `sklearn.metrics.median_absolute_error` on the rows that take part.

    >>> from simdrift.metrics import performance
    >>> performance.medae([1.0, 2.0, 3.0], [2.0, 2.0, 9.0]).value
    1.0
    """
    pair = arrays(
        target=target, prediction=prediction, sample_weight=sample_weight, threads=threads
    )
    return result("medae", pair)


def max_error(
    target: object,
    prediction: object,
    *,
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Largest absolute error, in the target's unit. Equals `sklearn.metrics.max_error` on the rows
    that take part.

    >>> from simdrift.metrics import performance
    >>> performance.max_error([0.0, 0.0], [1.0, -3.0]).value
    3.0
    """
    pair = arrays(
        target=target, prediction=prediction, sample_weight=sample_weight, threads=threads
    )
    return result("max_error", pair)


def mape(
    target: object,
    prediction: object,
    *,
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Mean of |error / target| over the rows whose target is not 0: `n` is how many. scikit-learn
    divides by 2.2e-16 instead, which makes one such row the whole value. Status 'degenerate' where
    every target is 0.

    >>> from simdrift.metrics import performance
    >>> performance.mape([2.0, 4.0, 0.0], [1.0, 5.0, 7.0]).value
    0.375
    """
    pair = arrays(
        target=target, prediction=prediction, sample_weight=sample_weight, threads=threads
    )
    return result("mape", pair)


def smape(
    target: object,
    prediction: object,
    *,
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Mean of 2 |error| / (|prediction| + |target|), from 0 to 2; 0 of a row in which both are 0.

    >>> from simdrift.metrics import performance
    >>> performance.smape([1.0, 0.0], [3.0, 0.0]).value
    0.5
    """
    pair = arrays(
        target=target, prediction=prediction, sample_weight=sample_weight, threads=threads
    )
    return result("smape", pair)


def rmsle(
    target: object,
    prediction: object,
    *,
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Root mean squared error of log(1 + x); status 'not_applicable' where a target or a prediction
    is -1 or less. Equals `sklearn.metrics.root_mean_squared_log_error`.

    >>> from simdrift.metrics import performance
    >>> performance.rmsle([0.0, 1.0], [0.0, 1.0]).value
    0.0
    """
    pair = arrays(
        target=target, prediction=prediction, sample_weight=sample_weight, threads=threads
    )
    return result("rmsle", pair)


def pinball(
    target: object,
    prediction: object,
    *,
    alpha: float = 0.5,
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Pinball loss of a prediction of the quantile `alpha`, in the target's unit; half the mean
    absolute error at 0.5. Equals `sklearn.metrics.mean_pinball_loss`.

    >>> from simdrift.metrics import performance
    >>> performance.pinball([1.0, 2.0], [0.0, 4.0], alpha=0.9).value
    0.55
    """
    pair = arrays(
        target=target, prediction=prediction, sample_weight=sample_weight, threads=threads
    )
    return result("pinball", pair, alpha=checked_alpha(alpha))


def r2(
    target: object,
    prediction: object,
    *,
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """Coefficient of determination 1 - sum of squared errors / sum of squares of the target
    about its mean; status 'constant' where the target is constant.

    >>> from simdrift.metrics import performance
    >>> performance.r2([1.0, 2.0, 3.0], [1.0, 2.0, 4.0]).value
    0.5
    """
    pair = arrays(
        target=target, prediction=prediction, sample_weight=sample_weight, threads=threads
    )
    return result("r2", pair)


def explained_variance(
    target: object,
    prediction: object,
    *,
    sample_weight: object = None,
    threads: int | None = None,
) -> PerformanceResult:
    """1 - variance of the error / variance of the target: R² without the part of a mean error;
    status 'constant' where the target is constant.

    >>> from simdrift.metrics import performance
    >>> performance.explained_variance([1.0, 2.0, 3.0], [2.0, 3.0, 4.0]).value
    1.0
    """
    pair = arrays(
        target=target, prediction=prediction, sample_weight=sample_weight, threads=threads
    )
    return result("explained_variance", pair)
