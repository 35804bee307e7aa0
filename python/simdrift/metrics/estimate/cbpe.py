"""Confidence-based performance estimation (CBPE): what a model's scores, calibrated on a reference
whose targets are known, let expect of its performance on rows whose targets are not.

Definitions as in NannyML. It holds where the scores stay calibrated: a change of the relation of
features and target (concept drift) is not seen.

The steps: calibrators of the reference's scores (`calibrator.py`), expected confusion counts and
rankings of each group (`expected.py`), sampling errors (`sampling.py`), and thresholds: mean and
three standard deviations of the realized performance of the reference's groups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.cached import cached
from simdrift.metrics.decide import Decided
from simdrift.metrics.estimate import expected, sampling
from simdrift.metrics.estimate.calibrator import Calibrator, calibrator_of
from simdrift.metrics.estimate.expected import Expected, Rows
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.outcomes import Outcomes, known_where
from simdrift.metrics.performance.label_table import TargetLabels, is_number, labels_of
from simdrift.metrics.performance.predictions import Lacking, Predictions
from simdrift.metrics.registry import functions, measures, unknown
from simdrift.metrics.values import ALL_NULL, DEGENERATE, EMPTY, NOT_APPLICABLE

FEWEST = 2
"""Groups of the reference that have a standard deviation; with fewer nothing alerts."""
BAND, DEVIATIONS = 3.0, 3.0
"""Sampling errors of the band; standard deviations of the thresholds."""
MOST_LABELS = 20
"""Of more labels no confusion counts are given."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One metric over groups: the expected value, the ends of its band (three sampling errors), the
    sampling error, and what the reference lets expect: values outside [lower, upper] alert, where
    a group is `like` those of the reference: of half as many rows or more, and for counts, which
    grow with the rows, of as many within a tenth."""

    metric: str
    params: str
    value: Floats
    low: Floats
    high: Floats
    error: Floats
    lower: float
    upper: float
    n: Floats
    like: NDArray[np.bool_]

    @property
    def alert(self) -> NDArray[np.bool_]:
        """(G,) values outside the thresholds."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.like & ((self.value < self.lower) | (self.value > self.upper)))


class Kind(NamedTuple):
    """How a metric is computed: of expected rows, of the reference's rows with their targets where
    that differs, and its sampling error."""

    value: Callable[[Expected], Floats]
    realized: Callable[[Expected], Floats]
    error: Callable[[Expected], sampling.Error]
    needs_predictions: bool = True


def _counts_of(name: str) -> Kind:
    def value(e: Expected) -> Floats:
        return np.asarray(getattr(e, name)[:, 0])

    def error(e: Expected) -> sampling.Error:
        return sampling.count(float(getattr(e, name)[0, 0]), float(e.n[0]))

    return Kind(value, value, error)


def _cell_of(target: int, prediction: int) -> Kind:
    def value(e: Expected) -> Floats:
        return e.cell(target, prediction)

    def error(e: Expected) -> sampling.Error:
        return sampling.count(float(value(e)[0]), float(e.n[0]))

    return Kind(value, value, error)


_KINDS: dict[str, Kind] = {}


def _estimates(record: Metric, kind: Kind) -> None:
    """Registers the record with its function."""
    measures(record)(kind.value)
    _KINDS[record.short] = kind


def _record(name: str, title: str, formula: str, **rest: Any) -> Metric:
    rest = {"better": "higher", "bounds": (0.0, 1.0), **rest}
    return Metric(
        name=f"estimated.{name}",
        title=f"estimated {title}",
        group="estimates",
        formula=formula,
        source="NannyML's CBPE",
        kinds=("pair",),
        needs_values=False,
        weights=False,
        statuses=("empty", "all_null", "degenerate"),
        **rest,
    )


_estimates(
    _record("roc_auc", "ROC AUC", "area under the expected ROC curve; of labels their mean"),
    Kind(expected.roc_auc, expected.roc_auc, sampling.roc_auc, needs_predictions=False),
)
_estimates(
    _record("average_precision", "average precision", "mean over expected hits of the precision"),
    Kind(
        expected.average_precision,
        expected.stepwise_precision,
        sampling.average_precision,
        needs_predictions=False,
    ),
)
_estimates(
    _record("f1", "F1", "TP / (TP + (FP + FN) / 2) of expected counts; of labels their mean"),
    Kind(expected.f1, expected.f1, sampling.f1),
)
_estimates(
    _record("precision", "precision", "TP / (TP + FP) of expected counts; of labels their mean"),
    Kind(expected.precision, expected.precision, sampling.precision),
)
_estimates(
    _record("recall", "recall", "TP / (TP + FN) of expected counts; of labels their mean"),
    Kind(expected.recall, expected.recall, sampling.recall),
)
_estimates(
    _record("specificity", "specificity", "TN / (TN + FP) of expected counts; of labels the mean"),
    Kind(expected.specificity, expected.specificity, sampling.specificity),
)
_estimates(
    _record("accuracy", "accuracy", "mean probability that the prediction is right"),
    Kind(expected.accuracy, expected.accuracy, sampling.accuracy),
)
for _name, _what in (
    ("true_positives", "predicted positive: sum of p"),
    ("false_positives", "predicted positive: sum of 1 - p"),
    ("false_negatives", "predicted negative: sum of p"),
    ("true_negatives", "predicted negative: sum of 1 - p"),
):
    _estimates(
        _record(_name, _name.replace("_", " "), f"rows {_what}", better="", bounds=(0.0, None)),
        _counts_of(_name),
    )


def _confusion(e: Expected) -> Floats:
    """(G,) rows of the first label that are predicted as it."""
    return e.cell(0, 0)


_estimates(
    _record(
        "confusion",
        "confusion count",
        "rows of a label that are predicted as another: sum of its probability",
        better="",
        bounds=(0.0, None),
    ),
    Kind(_confusion, _confusion, lambda e: sampling.count(float(e.cell(0, 0)[0]), float(e.n[0]))),
)
COUNTS = ("true_positives", "false_positives", "false_negatives", "true_negatives")


def estimated_metrics() -> tuple[str, ...]:
    """The short names of all that can be estimated."""
    return tuple(record.short for (record,) in functions("estimated").values())


def checked_estimates(metrics: Iterable[str]) -> tuple[str, ...]:
    """The names without 'estimated.'; ValueError where one does not exist."""
    names = tuple(name.removeprefix("estimated.") for name in metrics)
    for name in names:
        if name not in _KINDS:
            raise ValueError(unknown("estimated metric", name, _KINDS))
    return names


# --- rows ---------------------------------------------------------------------------------


def rows_of(predictions: Predictions, *, labels: Sequence[Any] | None = None) -> Rows | Lacking:
    """The arrays of predictions: scores, decisions (by the threshold or the largest score where no
    prediction is given) and targets as codes."""
    scores = predictions.scores
    if not scores:
        return Lacking.role("score")
    for column in predictions.columns.values():
        if column.whole.refused is not None:
            return Lacking.refused(column)
    for column in scores.values():
        if not is_number(column):
            found = f"{column.name}: expected probabilities, found {column.whole.type}"
            return Lacking(NOT_APPLICABLE, found)
    values = np.stack([column.whole.column.to_float64() for column in scores.values()])
    if np.any((values < 0.0) | (values > 1.0)):
        bad = int(np.count_nonzero(((values < 0.0) | (values > 1.0)).any(axis=0)))
        return Lacking(NOT_APPLICABLE, f"{bad:,} rows have scores outside [0, 1]")
    coded = partial(_codes, predictions, labels)
    targets, decided = coded(predictions.target), coded(predictions.prediction)
    for one in (targets, decided):
        if isinstance(one, Lacking):
            return one
    if decided is None:
        decided = _decisions(values, predictions.settings.threshold)
    first = predictions.first
    names = () if len(scores) == 1 else tuple(scores)
    return Rows(values, decided, targets, _groups_of(first), names, first.threads)  # type: ignore[arg-type]


def _groups_of(column: ColumnGroups) -> Groups:
    return Groups(column.groups.starts, column.stops)


def _codes(
    predictions: Predictions, labels: Sequence[Any] | None, column: ColumnGroups | None
) -> Floats | Lacking | None:
    """The codes of a column's labels; NaN of one that is none of them."""
    if column is None:
        return None
    settings = predictions.settings
    if labels is not None and len(predictions.scores) == 1:
        settings = replace(settings, known=tuple(labels))
    found = TargetLabels.of(
        Predictions(target=column, scores=predictions.scores, settings=settings)
    )
    if isinstance(found, Lacking):
        return found
    codes = found.column.to_float64()
    return np.where(codes < 0.0, np.nan, codes)


def _decisions(scores: Floats, threshold: float) -> Floats:
    missing = np.isnan(scores).any(axis=0)
    if len(scores) == 1:
        decided = (scores[0] >= threshold).astype(float)
    else:
        decided = np.argmax(scores, axis=0).astype(float)
    return np.where(missing, np.nan, decided)


# --- the estimator ------------------------------------------------------------------------


class Estimator:
    """What a reference with targets says: calibrators, sampling errors and thresholds. ValueError
    where it has no rows with scores, a prediction and a target."""

    def __init__(self, reference: Rows) -> None:
        if reference.targets is None:
            raise ValueError("reference: expected targets, found none")
        self.reference = reference
        used = reference.has_target
        if not used.any():
            raise ValueError("reference: expected rows with scores and a target, found none")
        self.calibrators = tuple(
            calibrator_of(scores[used], (reference.targets[used] == code).astype(float))
            for scores, code in zip(reference.scores, reference.codes, strict=True)
        )

    @cached
    def whole(self) -> Expected:
        """The reference's rows with their targets, as one group."""
        own = self.reference
        all_rows = Groups(np.zeros(1, np.int64), np.array([own.scores.shape[1]], np.int64))
        one = Rows(own.scores, own.predictions, own.targets, all_rows, own.labels, own.threads)
        return one.realized

    def expected(self, rows: Rows) -> Expected:
        """Rows with their calibrated probabilities; of several labels they sum to 1."""
        pairs = zip(self.calibrators, rows.scores, strict=True)
        p = np.stack([calibrate(scores) for calibrate, scores in pairs])
        if len(p) > 1:
            total = np.sum(p, axis=0)
            p = np.divide(p, total, out=np.full_like(p, 1.0 / len(p)), where=total != 0.0)
        return Expected(rows, p, rows.takes_part)

    def thresholds(self, kind: Kind, most: float) -> tuple[float, float]:
        """Mean and three standard deviations of the realized values of the reference's groups."""
        realized = self.reference.realized
        values = np.asarray(kind.realized(realized), float)
        without = (realized.n == 0.0) | realized.has_one_label
        if kind.needs_predictions:
            without |= realized.has_one_prediction
        values = values[~without & np.isfinite(values)]
        if len(values) < FEWEST:
            return -np.inf, np.inf
        middle, spread = float(np.mean(values)), DEVIATIONS * float(np.std(values))
        return max(middle - spread, 0.0), min(middle + spread, most)

    def estimate(self, name: str, params: str, kind: Kind, rows: Expected) -> Estimate:
        """One metric of groups."""
        most = np.inf if name in (*COUNTS, "confusion") else 1.0
        value = np.where(rows.n > 0.0, np.asarray(kind.value(rows), float), np.nan)
        error = kind.error(self.whole)(rows.n)
        lower, upper = self.thresholds(kind, most)
        low = np.maximum(value - BAND * error, 0.0)
        high = np.minimum(value + BAND * error, most)
        like = self._like(rows.n, is_count=name in (*COUNTS, "confusion"))
        metric = f"estimated.{name}"
        return Estimate(metric, params, value, low, high, error, lower, upper, rows.n, like)

    def _like(self, n: Floats, *, is_count: bool) -> NDArray[np.bool_]:
        """Groups with about as many rows as those of the reference."""
        usual = float(np.median(self.reference.realized.n))
        return np.asarray(np.abs(n - usual) <= 0.1 * usual if is_count else n >= 0.5 * usual)

    def estimates(self, rows: Rows, metrics: Iterable[str] | None = None) -> list[Estimate]:
        """The metrics of the groups of rows; None: all of the task."""
        found = self.expected(rows)
        binary = len(rows.scores) == 1
        names = estimated_metrics() if metrics is None else checked_estimates(metrics)
        made = []
        for name in names:
            if name == "confusion":
                cells = [] if binary else self._cells(rows.labels, found)
                made.extend(cells)
            elif binary or name not in COUNTS:
                made.append(self.estimate(name, "", _KINDS[name], found))
        return made

    def _cells(self, labels: Sequence[Any], found: Expected) -> list[Estimate]:
        if len(labels) > MOST_LABELS:
            return []
        return [
            self.estimate(
                "confusion", f"prediction={prediction},target={target}", _cell_of(i, j), found
            )
            for i, target in enumerate(labels)
            for j, prediction in enumerate(labels)
        ]


class Estimated(NamedTuple):
    """Estimates of groups, and which of the scores were calibrated."""

    estimates: list[Estimate]
    calibrated: tuple[bool, ...]


def estimated(
    reference: Predictions, current: Predictions, metrics: Iterable[str] | None = None
) -> Estimated | Lacking:
    """The estimates of each group of the current predictions, whose targets are not read; or what
    is missing. `reference`: predictions with targets, whose groups say what values are usual.
    ValueError for a name that is not known."""
    names = None if metrics is None else checked_estimates(metrics)
    before = Lacking.role("target") if reference.target is None else rows_of(reference)
    blind = _without_targets(current)
    now = Lacking.role("score") if blind is None else rows_of(blind, labels=_labels_of(reference))
    for side, found in (("reference", before), ("current", now)):
        if isinstance(found, Lacking):
            return found._replace(reason=f"{side}: {found.reason}")
    assert isinstance(before, Rows)
    assert isinstance(now, Rows)
    if before.labels != now.labels:
        return Lacking(NOT_APPLICABLE, "reference and current: expected scores of the same labels")
    try:
        estimator = Estimator(before)
    except ValueError as error:
        return Lacking(NOT_APPLICABLE, str(error))
    calibrated = tuple(one.scores is not None for one in estimator.calibrators)
    return Estimated(estimator.estimates(now, names), calibrated)


def _without_targets(current: Predictions) -> Predictions | None:
    if not current.scores:
        return None
    return Predictions(
        prediction=current.prediction, scores=current.scores, settings=current.settings
    )


def estimated_rows(
    reference: Predictions, current: Predictions, metrics: Iterable[str] | None = None
) -> list[Decided]:
    """The `estimated.*` rows of each group, as `estimated` has them. Where a role is missing, rows
    without a value say so."""
    found = estimated(reference, current, metrics)
    if isinstance(found, Lacking):
        names = estimated_metrics() if metrics is None else checked_estimates(metrics)
        return _lost(names, len(current), found.status, found.reason)
    return [_decided(one, current.first.rows) for one in found.estimates]


def _labels_of(reference: Predictions) -> Sequence[Any] | None:
    """The labels that the reference knows, for decisions of the current rows."""
    settings = reference.settings
    known = settings.labels if settings.known is None else settings.known
    if known is not None or reference.target is None:
        return known
    if reference.target.whole.refused is not None:
        return None
    return labels_of(reference.target)


def _lost(names: Iterable[str], groups: int, status: str, reason: str) -> list[Decided]:
    codes = np.full(groups, CODES[status], np.uint8)
    none = np.zeros(groups, np.int64)
    return [
        Decided(None, f"estimated.{name}", "", Outcomes.refused(codes, none, none, reason))
        for name in names
    ]


def _decided(one: Estimate, rows: NDArray[np.int64]) -> Decided:
    status = np.zeros(len(one.value), np.uint8)
    status[~np.isfinite(one.value)] = CODES[DEGENERATE]
    status[one.n == 0] = CODES[ALL_NULL]
    status[rows == 0] = CODES[EMPTY]
    known = status == 0
    outcomes = Outcomes(
        np.where(known, one.value, np.nan),
        status,
        ci_low=known_where(known, one.low),
        ci_high=known_where(known, one.high),
        n_current=one.n.astype(np.int64),
        standard_error=known_where(known, one.error),
    )
    nearer = np.where(one.value - one.lower <= one.upper - one.value, one.lower, one.upper)
    alert = np.where(known & one.like, one.alert, -1).astype(np.int8)
    return Decided(None, one.metric, one.params, outcomes, threshold=nearer, alert=alert)


__all__ = ["Calibrator", "Estimate", "Estimator", "estimated_rows", "rows_of"]
