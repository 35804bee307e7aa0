"""Bias of a model's decisions, on arrays: `simdrift.fairness`.

Names, and the order of target and prediction, are those of Fairlearn; sensitive values come third.
`sensitive` is an array-like (n,), or several of them: a mapping by name, a frame or an array
(n, columns), whose combinations are then the groups. A missing value is the group '(missing)'.

`method`: 'between_groups' compares every two groups, 'to_overall' each with all rows.
`min_rows`: groups of fewer rows are not compared; with fewer than two left the status is
'too_few_rows'. A group without the rows that a rate divides by is left out, where Fairlearn takes
its rate for 0. `pos_label`: the positive label (default: 1 of 0 and 1, else the larger of two).
With `sample_weight` rates are of the weights, and intervals of Kish's effective number of rows.

Each gives a `PerformanceResult`: value, 95 % interval, status, rows. Bad arguments are TypeError or
ValueError by name; data never raise.
"""

from __future__ import annotations

from typing import Any, Literal

from simdrift.metrics.fairness.call import options_of, result
from simdrift.metrics.fairness.measures import MIN_ROWS
from simdrift.metrics.performance.scoring import PerformanceResult

Method = Literal["between_groups", "to_overall"]
Agg = Literal["worst_case", "mean"]

__all__ = [
    "accuracy_score_difference",
    "accuracy_score_ratio",
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equal_opportunity_difference",
    "equal_opportunity_ratio",
    "equalized_odds_difference",
    "equalized_odds_ratio",
    "false_negative_rate_difference",
    "false_negative_rate_ratio",
    "false_positive_rate_difference",
    "false_positive_rate_ratio",
    "mae_difference",
    "mae_ratio",
    "predictive_parity_difference",
    "predictive_parity_ratio",
]


def demographic_parity_difference(
    target: object,
    prediction: object,
    sensitive: object,
    *,
    method: Method = "between_groups",
    sample_weight: object = None,
    pos_label: Any = None,
    min_rows: int = MIN_ROWS,
    threads: int | None = None,
) -> PerformanceResult:
    """Largest difference between groups of the share of positive predictions. The target is not
    read, and may be None.

    >>> import simdrift as sd
    >>> target, prediction, sex = [1, 1, 0, 0, 1, 0], [1, 0, 1, 0, 1, 1], list("ababbb")
    >>> sd.fairness.demographic_parity_difference(target, prediction, sex, min_rows=1).value
    0.5
    """
    options = options_of(method, min_rows)
    return result(
        "demographic_parity_difference",
        target,
        prediction,
        sensitive,
        options,
        sample_weight,
        pos_label,
        threads,
    )


def demographic_parity_ratio(
    target: object,
    prediction: object,
    sensitive: object,
    *,
    method: Method = "between_groups",
    sample_weight: object = None,
    pos_label: Any = None,
    min_rows: int = MIN_ROWS,
    threads: int | None = None,
) -> PerformanceResult:
    """Smallest ratio between groups of the share of positive predictions: disparate impact, which
    the four-fifths rule wants at 0.8 or more. The target is not read, and may be None.

    >>> import simdrift as sd
    >>> target, prediction, sex = [1, 1, 0, 0, 1, 0], [1, 0, 1, 0, 1, 1], list("ababbb")
    >>> sd.fairness.demographic_parity_ratio(target, prediction, sex, min_rows=1).value
    0.5
    """
    options = options_of(method, min_rows)
    return result(
        "demographic_parity_ratio",
        target,
        prediction,
        sensitive,
        options,
        sample_weight,
        pos_label,
        threads,
    )


def equalized_odds_difference(
    target: object,
    prediction: object,
    sensitive: object,
    *,
    method: Method = "between_groups",
    agg: Agg = "worst_case",
    sample_weight: object = None,
    pos_label: Any = None,
    min_rows: int = MIN_ROWS,
    threads: int | None = None,
) -> PerformanceResult:
    """Largest difference between groups of the true and of the false positive rate: the larger of
    both ('worst_case'), or their 'mean'.

    >>> import simdrift as sd
    >>> target, prediction, sex = [1, 1, 0, 0, 1, 0], [1, 0, 1, 0, 1, 1], list("ababbb")
    >>> sd.fairness.equalized_odds_difference(target, prediction, sex, min_rows=1).value
    0.5
    """
    options = options_of(method, min_rows, agg)
    return result(
        "equalized_odds_difference",
        target,
        prediction,
        sensitive,
        options,
        sample_weight,
        pos_label,
        threads,
    )


def equalized_odds_ratio(
    target: object,
    prediction: object,
    sensitive: object,
    *,
    method: Method = "between_groups",
    agg: Agg = "worst_case",
    sample_weight: object = None,
    pos_label: Any = None,
    min_rows: int = MIN_ROWS,
    threads: int | None = None,
) -> PerformanceResult:
    """Smallest ratio between groups of the true and of the false positive rate: the smaller of
    both ('worst_case'), or their 'mean'.

    >>> import simdrift as sd
    >>> target, prediction, sex = [1, 1, 0, 0, 1, 0], [1, 0, 1, 0, 1, 1], list("ababbb")
    >>> sd.fairness.equalized_odds_ratio(target, prediction, sex, min_rows=1).value
    0.5
    """
    options = options_of(method, min_rows, agg)
    return result(
        "equalized_odds_ratio",
        target,
        prediction,
        sensitive,
        options,
        sample_weight,
        pos_label,
        threads,
    )


def equal_opportunity_difference(
    target: object,
    prediction: object,
    sensitive: object,
    *,
    method: Method = "between_groups",
    sample_weight: object = None,
    pos_label: Any = None,
    min_rows: int = MIN_ROWS,
    threads: int | None = None,
) -> PerformanceResult:
    """Largest difference between groups of the true positive rate.

    >>> import simdrift as sd
    >>> target, prediction, sex = [1, 1, 0, 0, 1, 0], [1, 0, 1, 0, 1, 1], list("ababbb")
    >>> sd.fairness.equal_opportunity_difference(target, prediction, sex, min_rows=1).value
    0.5
    """
    options = options_of(method, min_rows)
    return result(
        "equal_opportunity_difference",
        target,
        prediction,
        sensitive,
        options,
        sample_weight,
        pos_label,
        threads,
    )


def equal_opportunity_ratio(
    target: object,
    prediction: object,
    sensitive: object,
    *,
    method: Method = "between_groups",
    sample_weight: object = None,
    pos_label: Any = None,
    min_rows: int = MIN_ROWS,
    threads: int | None = None,
) -> PerformanceResult:
    """Smallest ratio between groups of the true positive rate.

    >>> import simdrift as sd
    >>> target, prediction, sex = [1, 1, 0, 0, 1, 0], [1, 0, 1, 0, 1, 1], list("ababbb")
    >>> sd.fairness.equal_opportunity_ratio(target, prediction, sex, min_rows=1).value
    0.5
    """
    options = options_of(method, min_rows)
    return result(
        "equal_opportunity_ratio",
        target,
        prediction,
        sensitive,
        options,
        sample_weight,
        pos_label,
        threads,
    )


def predictive_parity_difference(
    target: object,
    prediction: object,
    sensitive: object,
    *,
    method: Method = "between_groups",
    sample_weight: object = None,
    pos_label: Any = None,
    min_rows: int = MIN_ROWS,
    threads: int | None = None,
) -> PerformanceResult:
    """Largest difference between groups of precision, the share of positive predictions that came
    true (Chouldechova 2017).

    >>> import simdrift as sd
    >>> target, prediction, sex = [1, 1, 0, 0, 1, 0], [1, 0, 1, 0, 1, 1], list("ababbb")
    >>> sd.fairness.predictive_parity_difference(target, prediction, sex, min_rows=1).value
    0.0
    """
    options = options_of(method, min_rows)
    return result(
        "predictive_parity_difference",
        target,
        prediction,
        sensitive,
        options,
        sample_weight,
        pos_label,
        threads,
    )


def predictive_parity_ratio(
    target: object,
    prediction: object,
    sensitive: object,
    *,
    method: Method = "between_groups",
    sample_weight: object = None,
    pos_label: Any = None,
    min_rows: int = MIN_ROWS,
    threads: int | None = None,
) -> PerformanceResult:
    """Smallest ratio between groups of precision.

    >>> import simdrift as sd
    >>> target, prediction, sex = [1, 1, 0, 0, 1, 0], [1, 0, 1, 0, 1, 1], list("ababbb")
    >>> sd.fairness.predictive_parity_ratio(target, prediction, sex, min_rows=1).value
    1.0
    """
    options = options_of(method, min_rows)
    return result(
        "predictive_parity_ratio",
        target,
        prediction,
        sensitive,
        options,
        sample_weight,
        pos_label,
        threads,
    )


def false_positive_rate_difference(
    target: object,
    prediction: object,
    sensitive: object,
    *,
    method: Method = "between_groups",
    sample_weight: object = None,
    pos_label: Any = None,
    min_rows: int = MIN_ROWS,
    threads: int | None = None,
) -> PerformanceResult:
    """Largest difference between groups of the false positive rate.

    >>> import simdrift as sd
    >>> target, prediction, sex = [1, 1, 0, 0, 1, 0], [1, 0, 1, 0, 1, 1], list("ababbb")
    >>> sd.fairness.false_positive_rate_difference(target, prediction, sex, min_rows=1).value
    0.5
    """
    options = options_of(method, min_rows)
    return result(
        "false_positive_rate_difference",
        target,
        prediction,
        sensitive,
        options,
        sample_weight,
        pos_label,
        threads,
    )


def false_positive_rate_ratio(
    target: object,
    prediction: object,
    sensitive: object,
    *,
    method: Method = "between_groups",
    sample_weight: object = None,
    pos_label: Any = None,
    min_rows: int = MIN_ROWS,
    threads: int | None = None,
) -> PerformanceResult:
    """Smallest ratio between groups of the false positive rate.

    >>> import simdrift as sd
    >>> target, prediction, sex = [1, 1, 0, 0, 1, 0], [1, 0, 1, 0, 1, 1], list("ababbb")
    >>> sd.fairness.false_positive_rate_ratio(target, prediction, sex, min_rows=1).value
    0.5
    """
    options = options_of(method, min_rows)
    return result(
        "false_positive_rate_ratio",
        target,
        prediction,
        sensitive,
        options,
        sample_weight,
        pos_label,
        threads,
    )


def false_negative_rate_difference(
    target: object,
    prediction: object,
    sensitive: object,
    *,
    method: Method = "between_groups",
    sample_weight: object = None,
    pos_label: Any = None,
    min_rows: int = MIN_ROWS,
    threads: int | None = None,
) -> PerformanceResult:
    """Largest difference between groups of the false negative rate.

    >>> import simdrift as sd
    >>> target, prediction, sex = [1, 1, 0, 0, 1, 0], [1, 0, 1, 0, 1, 1], list("ababbb")
    >>> sd.fairness.false_negative_rate_difference(target, prediction, sex, min_rows=1).value
    0.5
    """
    options = options_of(method, min_rows)
    return result(
        "false_negative_rate_difference",
        target,
        prediction,
        sensitive,
        options,
        sample_weight,
        pos_label,
        threads,
    )


def false_negative_rate_ratio(
    target: object,
    prediction: object,
    sensitive: object,
    *,
    method: Method = "between_groups",
    sample_weight: object = None,
    pos_label: Any = None,
    min_rows: int = MIN_ROWS,
    threads: int | None = None,
) -> PerformanceResult:
    """Smallest ratio between groups of the false negative rate.

    >>> import simdrift as sd
    >>> target, prediction, sex = [1, 1, 0, 0, 1, 0], [1, 0, 1, 0, 1, 1], list("ababbb")
    >>> sd.fairness.false_negative_rate_ratio(target, prediction, sex, min_rows=1).value
    0.0
    """
    options = options_of(method, min_rows)
    return result(
        "false_negative_rate_ratio",
        target,
        prediction,
        sensitive,
        options,
        sample_weight,
        pos_label,
        threads,
    )


def accuracy_score_difference(
    target: object,
    prediction: object,
    sensitive: object,
    *,
    method: Method = "between_groups",
    sample_weight: object = None,
    pos_label: Any = None,
    min_rows: int = MIN_ROWS,
    threads: int | None = None,
) -> PerformanceResult:
    """Largest difference between groups of accuracy, of any number of labels.

    >>> import simdrift as sd
    >>> target, prediction, sex = [1, 1, 0, 0, 1, 0], [1, 0, 1, 0, 1, 1], list("ababbb")
    >>> sd.fairness.accuracy_score_difference(target, prediction, sex, min_rows=1).value
    0.0
    """
    options = options_of(method, min_rows)
    return result(
        "accuracy_score_difference",
        target,
        prediction,
        sensitive,
        options,
        sample_weight,
        pos_label,
        threads,
    )


def accuracy_score_ratio(
    target: object,
    prediction: object,
    sensitive: object,
    *,
    method: Method = "between_groups",
    sample_weight: object = None,
    pos_label: Any = None,
    min_rows: int = MIN_ROWS,
    threads: int | None = None,
) -> PerformanceResult:
    """Smallest ratio between groups of accuracy, of any number of labels.

    >>> import simdrift as sd
    >>> target, prediction, sex = [1, 1, 0, 0, 1, 0], [1, 0, 1, 0, 1, 1], list("ababbb")
    >>> sd.fairness.accuracy_score_ratio(target, prediction, sex, min_rows=1).value
    1.0
    """
    options = options_of(method, min_rows)
    return result(
        "accuracy_score_ratio",
        target,
        prediction,
        sensitive,
        options,
        sample_weight,
        pos_label,
        threads,
    )


def mae_difference(
    target: object,
    prediction: object,
    sensitive: object,
    *,
    method: Method = "between_groups",
    sample_weight: object = None,
    min_rows: int = MIN_ROWS,
    threads: int | None = None,
) -> PerformanceResult:
    """Largest difference between groups of the mean absolute error of a regression, in the target's
    unit.

    >>> import simdrift as sd
    >>> target, prediction, sex = [1.0, 2.0, 3.0, 4.0], [1.5, 2.0, 3.5, 5.0], list("abab")
    >>> sd.fairness.mae_difference(target, prediction, sex, min_rows=1).value
    0.0
    """
    options = options_of(method, min_rows)
    return result(
        "mae_difference", target, prediction, sensitive, options, sample_weight, None, threads
    )


def mae_ratio(
    target: object,
    prediction: object,
    sensitive: object,
    *,
    method: Method = "between_groups",
    sample_weight: object = None,
    min_rows: int = MIN_ROWS,
    threads: int | None = None,
) -> PerformanceResult:
    """Smallest ratio between groups of the mean absolute error of a regression.

    >>> import simdrift as sd
    >>> target, prediction, sex = [1.0, 2.0, 3.0, 4.0], [1.5, 2.0, 3.5, 5.0], list("abab")
    >>> sd.fairness.mae_ratio(target, prediction, sex, min_rows=1).value
    1.0
    """
    options = options_of(method, min_rows)
    return result("mae_ratio", target, prediction, sensitive, options, sample_weight, None, threads)
