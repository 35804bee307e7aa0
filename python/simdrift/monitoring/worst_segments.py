"""`worst_segments`: where a model is worse than elsewhere, by the values of one column or two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._core import Column
from simdrift._errors import InputError, SpecError
from simdrift._types import Floats, Progress
from simdrift.columns import Table, as_column, as_table
from simdrift.metrics.checks import checked_threads
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.listing import Listing
from simdrift.metrics.performance.predictions import ONE_SCORE, Lacking, Predictions, Settings
from simdrift.metrics.registry import unknown
from simdrift.metrics.row_losses import METRICS, RowLosses, losses_of
from simdrift.metrics.segment_codes import cutter
from simdrift.metrics.segments_search import ALPHA, CodedColumn, Sums, Tried, Values, search
from simdrift.metrics.weights import TableWeights, checked_weights
from simdrift.monitoring.model import label_of
from simdrift.monitoring.model_columns import ModelColumns
from simdrift.monitoring.roles import column_names, no_column
from simdrift.monitoring.spec import Columns
from simdrift.monitoring.worst_by_score import Searched, names_of_scores, search_scores

MIN_ROWS = 100
BINS = 8
Z = 1.96
"""Of the 95 % intervals of differences."""


class WorstSegment(NamedTuple):
    """A segment in which the model is worse than in the rest of the rows. `difference` is value -
    rest, with its 95 % interval; q-values are over all segments that were tried."""

    segment: str
    columns: tuple[str, ...]
    rows: int
    value: float
    rest: float
    difference: float
    ci_low: float
    ci_high: float
    p_value: float
    q_value: float
    share_of_rows: float
    share_of_error: float
    """Of the sum of losses; of what is wrong where higher is better; NaN of a metric that is no
    mean over rows."""


class WorstSegments(Listing[WorstSegment]):
    """The worst segments, first the one that is worst at the near end of its interval. `value` is
    the metric of all rows, `tried` the number of segments that q-values are over, `skipped` why a
    column was not searched, `status` why nothing could be."""

    def __init__(
        self,
        rows: Sequence[WorstSegment],
        *,
        metric: str,
        value: float | None = None,
        tried: int = 0,
        skipped: Mapping[str, str] | None = None,
        status: str = "ok",
        reason: str = "",
    ) -> None:
        self.metric, self.value, self.tried = metric, value, tried
        self.skipped, self.status, self.reason = dict(skipped or {}), status, reason
        super().__init__(WorstSegment, rows, self._head())

    def _head(self) -> str:
        if self.value is None:
            return f"{self.metric}: {self.reason or self.status}"
        return f"{self.metric} of all rows: {self.value:.4g}; segments tried: {self.tried:,}"

    def __repr__(self) -> str:
        return f"WorstSegments({self.title}, listed: {len(self):,})"


def worst_segments(
    current: object,
    roles: Columns | Mapping[str, Any] | None = None,
    *,
    metric: str | object,
    columns: str | Sequence[str] | None = None,
    min_rows: int = MIN_ROWS,
    max_columns: int = 2,
    bins: int = BINS,
    reference: object = None,
    top: int | None = 20,
    threads: int | None = None,
    progress: Progress = None,
) -> WorstSegments:
    """The segments in which a model is worse than in the rest of the rows, by the values of each
    column and of each two columns.

    `metric`: a performance metric of which one way is better ('mae', 'r2', 'accuracy', 'f1', 'mcc',
    'roc_auc', 'log_loss', ...), 'error_rate', 'false_positive_rate' or 'false_negative_rate'; or an
    array-like of a loss by row, of which more is worse. Metrics that are no means over rows take
    longer: each segment that is worse than all rows is measured, and the rest of the rows. `roles`
    as in `compare`: target, prediction, score, positive, weight, ...
    `columns`: what is searched (default: every column without another role). Numbers and times are
    cut at `bins` quantiles of `reference`, or of the data without one; of categories the 20 most
    frequent are taken, others together; missing values are a segment.
    A segment has `min_rows` rows or more, and as many outside. The p-value is of being worse than
    all other rows, one-sided; q-values (Benjamini and Hochberg) are over every segment tried. Of
    two columns a segment is listed only where it is also worse than the rest of either column's
    own segment.
    `top`: how many are listed; None for all that are worse, certain or not.
    SpecError for an argument that can't be used; data never raise.

    >>> import numpy as np
    >>> zone = np.repeat(["north", "south"], 500)
    >>> target = np.arange(1000.0) % 7
    >>> frame = {"zone": zone, "y": target, "p": target + np.where(zone == "south", 2.0, 1.0)}
    >>> found = worst_segments(frame, {"target": "y", "prediction": "p"}, metric="mae")
    >>> [(one.segment, one.value, one.rest, one.rows) for one in found]
    [('zone=south', 2.0, 1.0, 500)]
    """
    _check(min_rows, max_columns, bins, top)
    checked_threads(threads)
    table = as_table(current, argument="current")
    own = ModelColumns.of(roles, table.names)
    score = _score_of(metric)
    name, losses = ("", None) if score else row_losses(metric, table, own, threads)
    if isinstance(losses, Lacking):
        score = _is_of_several(name, losses)
        if score is None:
            return WorstSegments([], metric=name, status=losses.status, reason=losses.reason)
    before = table if reference is None else as_table(reference, argument="reference")
    asked = column_names(columns)
    for one in asked or ():
        if one not in table.names:
            raise SpecError(f"columns: {no_column(one, table.names)}")
    searched = own.features if asked is None else asked
    coded, skipped = _coded(table, before, searched, bins, own.categorical, threads)
    if score is not None or losses is None or isinstance(losses, Lacking):
        predictions = predictions_of(table, own, threads)
        if own.weight is not None:
            predictions.weights = TableWeights(_weights(table, own.weight))
        by_score = search_scores(
            str(score),
            predictions,
            coded,
            min_rows=min_rows,
            max_columns=max_columns,
            progress=progress,
        )
        return _worst_by_score(str(score), by_score, coded, top, skipped)
    values = Values.of(losses.values, row_weights(losses, table, own), losses.higher)
    if values.all.rows[0] == 0.0:
        status = "all_null" if table.length else "empty"
        return WorstSegments([], metric=name, skipped=skipped, status=status)
    if not coded:
        value = _metric(np.array([values.mean]), losses)
        return WorstSegments([], metric=name, value=value, skipped=skipped)
    tried = search(
        coded,
        values,
        min_rows=min_rows,
        max_columns=max_columns,
        threads=threads,
        progress=progress,
    )
    return _worst(tried, coded, values, losses, name, top, skipped)


def _check(min_rows: int, max_columns: int, bins: int, top: int | None) -> None:
    least = {"min_rows": (min_rows, 2), "bins": (bins, 2), "top": (top, 1)}
    for name, (value, bound) in least.items():
        if name == "top" and value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < bound:
            raise SpecError(f"{name}: expected an int >= {bound}, found {value!r}")
    if max_columns not in (1, 2):
        raise SpecError(f"max_columns: expected 1 or 2, found {max_columns!r}")


# --- what is searched ---


def _score_of(metric: object) -> str | None:
    """The name of a metric that is no mean over rows; None of another. SpecError for a name that
    is neither."""
    if not isinstance(metric, str):
        return None
    name, scores = metric.removeprefix("performance."), names_of_scores()
    if name in METRICS:
        return None
    if name not in scores:
        raise SpecError(unknown("metric", name, tuple(dict.fromkeys((*METRICS, *scores)))))
    return name


def _is_of_several(name: str, lacking: Lacking) -> str | None:
    """The name where a mean over rows is not known of several labels, and the score is."""
    short = name.removeprefix("performance.")
    several = "more than two labels" in lacking.reason or "'score'" in lacking.reason
    return short if several and short in names_of_scores() else None


def row_losses(
    metric: object, table: Table, own: ModelColumns, threads: int | None
) -> tuple[str, RowLosses | Lacking]:
    """The metric's name and its values by row."""
    if not isinstance(metric, str):
        column = as_column(metric, name="metric")
        if len(column) != table.length:
            raise SpecError(
                f"metric: expected {table.length:,} losses, one a row, found {len(column):,}"
            )
        if column.value_kind not in ("integer", "float", "boolean"):
            raise SpecError(f"metric: expected a name or numbers, found {column.type}")
        return "loss", _within_range(RowLosses(column.to_float64()))
    predictions = predictions_of(table, own, threads)
    try:
        return metric, _within_range(losses_of(predictions, metric))
    except ValueError as error:
        raise SpecError(str(error)) from None


def _within_range(losses: RowLosses | Lacking) -> RowLosses | Lacking:
    """The losses; 'overflow' where one of them is infinite."""
    if isinstance(losses, Lacking) or not np.isinf(losses.values).any():
        return losses
    return Lacking("overflow", "a loss is not finite in float64")


def predictions_of(table: Table, own: ModelColumns, threads: int | None) -> Predictions:
    """The model's columns of a frame, as one group. SpecError where none is named."""

    def column(name: str | None) -> ColumnGroups | None:
        if name is None:
            return None
        return ColumnGroups(name, table.columns[name], Groups.whole(), threads=threads)

    score, target = column(own.score), column(own.target)
    kind = "" if target is None else target.whole.value_kind
    scores: dict[Any, Any] = {label_of(label, kind): column(name) for label, name in own.scores}
    if score is not None:
        scores = {ONE_SCORE: score}
    if target is None and own.prediction is None and not scores:
        raise SpecError("roles: expected a target, and a prediction or a score, found none")
    return Predictions(
        target=target,
        prediction=column(own.prediction),
        scores=scores,
        settings=Settings(positive=label_of(own.positive, kind), threshold=own.threshold),
    )


def row_weights(losses: RowLosses, table: Table, own: ModelColumns) -> Floats | None:
    """How much each row counts: in the metric, times the role of weights."""
    if own.weight is None:
        return losses.counts
    weights = _weights(table, own.weight)
    return weights if losses.counts is None else weights * losses.counts


def _weights(table: Table, name: str) -> Floats:
    """The weights of the rows. InputError where they are none."""
    column = table.computed.get(name)
    if column is None or column.value_kind not in ("integer", "float", "boolean"):
        raise InputError(f"weight: expected numbers in {name!r}")
    try:
        weights = column.to_float64()
        checked_weights(weights, len(column), f"the weights in {name!r}")
    except ValueError as error:
        raise InputError(str(error)) from None
    return weights


def _coded(
    table: Table,
    before: Table,
    names: Sequence[str],
    bins: int,
    categorical: frozenset[str],
    threads: int | None,
) -> tuple[list[CodedColumn], dict[str, str]]:
    """The columns in codes, and why others are not."""
    coded: list[CodedColumn] = []
    skipped: dict[str, str] = {}
    for name in names:
        own, theirs = table.columns[name], before.columns.get(name)
        if not isinstance(own, Column) or not isinstance(theirs, Column):
            skipped[name] = "it can't be read, or the reference lacks it"
            continue
        if own.value_kind != theirs.value_kind:
            skipped[name] = f"its type is {own.type}, and {theirs.type} in the reference"
            continue
        cut = cutter(name, theirs, bins, name in categorical, threads)
        if cut is None:
            skipped[name] = "it has no value, or too many categories"
            continue
        coded.append(cut(own))
    return coded, skipped


# --- what is listed ---


def _worst_by_score(
    name: str,
    searched: Searched,
    coded: Sequence[CodedColumn],
    top: int | None,
    skipped: Mapping[str, str],
) -> WorstSegments:
    """The list of segments that a score was measured in; errors of a score do not add up, so that
    no segment has a share of them."""
    listed = []
    for one, q, is_apart in zip(
        searched.found, searched.q_values.tolist(), searched.apart.tolist(), strict=True
    ):
        if not is_apart or one.p_value >= 1.0 or (top is not None and q > ALPHA):
            continue
        columns, text = _segment(one.columns[0], (*one.columns, -1)[1], one.code, coded)
        difference = one.value - one.rest
        ends = (difference - one.half, difference + one.half)
        row = (text, columns, one.rows, one.value, one.rest, difference, *ends, one.p_value, q)
        listed.append((one.half - abs(difference), WorstSegment(*row, one.share_of_rows, np.nan)))
    listed.sort(key=lambda pair: pair[0])
    rows = [row for _, row in listed[:top]]
    return WorstSegments(
        rows,
        metric=name,
        value=searched.value,
        tried=searched.tried,
        skipped=skipped,
        status=searched.status,
        reason=searched.reason,
    )


def _worst(
    tried: Tried,
    coded: Sequence[CodedColumn],
    values: Values,
    losses: RowLosses,
    name: str,
    top: int | None,
    skipped: Mapping[str, str],
) -> WorstSegments:
    worse = tried.sums.mean - tried.rest.mean
    half = Z * np.sqrt(np.nan_to_num(tried.sums.error) ** 2 + np.nan_to_num(tried.rest.error) ** 2)
    near = worse - half
    listed = np.flatnonzero((worse > 0.0) & tried.apart)
    order = listed[np.lexsort((tried.p[listed], -near[listed]))]
    if top is not None:
        order = order[tried.q[order] <= ALPHA][:top]
    everything = _metric(np.array([values.mean]), losses)
    rows = [_row(at, tried, coded, values, losses, float(half[at])) for at in order.tolist()]
    return WorstSegments(rows, metric=name, value=everything, tried=len(tried.p), skipped=skipped)


def _row(
    at: int,
    tried: Tried,
    coded: Sequence[CodedColumn],
    values: Values,
    losses: RowLosses,
    half: float,
) -> WorstSegment:
    sums, rest = tried.sums.at([at]), tried.rest.at([at])
    columns, text = _segment(
        int(tried.first[at]), int(tried.second[at]), int(tried.code[at]), coded
    )
    mean, beside = values.value(sums), values.value(rest)
    value, other = _metric(mean, losses), _metric(beside, losses)
    low, high = (_metric(mean + end, losses) - other for end in (-half, half))
    own, total = (_lacking(one, values, losses) for one in (sums, values.all))
    return WorstSegment(
        text,
        columns,
        int(sums.rows[0]),
        value,
        other,
        value - other,
        low,
        high,
        float(tried.p[at]),
        float(tried.q[at]),
        float(sums.w[0] / values.all.w[0]),
        own / total if total > 0.0 else 0.0,
    )


def _metric(mean: NDArray[Any], losses: RowLosses) -> float:
    return float(losses.of(np.maximum(mean, 0.0) if losses.of is np.sqrt else mean)[0])


def _lacking(sums: Sums, values: Values, losses: RowLosses) -> float:
    """What is lost in some rows."""
    return float(losses.lacking(values.value(sums) * sums.w, sums.w)[0])


def _segment(
    first: int, second: int, code: int, coded: Sequence[CodedColumn]
) -> tuple[tuple[str, ...], str]:
    """The columns of a segment, and what it is called."""
    if second < 0:
        return (coded[first].name,), coded[first].labels[code]
    left, right = divmod(code, len(coded[second].labels))
    names = coded[first].name, coded[second].name
    return names, f"{coded[first].labels[left]} & {coded[second].labels[right]}"
