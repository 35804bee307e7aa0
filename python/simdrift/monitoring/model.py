"""A model's columns over windows: what its performance is measured of, and by which metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._core import Column
from simdrift.catalogue.statuses import CODES
from simdrift.columns import Refused, Table
from simdrift.metrics import registry
from simdrift.metrics.cached import cached
from simdrift.metrics.decide import Decided
from simdrift.metrics.evaluate import attempt
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.nulls.special import NORMAL_975
from simdrift.metrics.outcomes import all_ok
from simdrift.metrics.performance.labels import Labels
from simdrift.metrics.performance.predictions import ONE_SCORE, Lacking, Predictions, Settings
from simdrift.metrics.performance.scoring import performance_rows, score_functions
from simdrift.metrics.values import Outcome
from simdrift.monitoring.constants import against_constants
from simdrift.monitoring.roles import Roles, Task
from simdrift.monitoring.sensitive import sensitive_rows, without_labels

Wanted = Literal["auto", "all"] | Sequence[str]
"""Names of metrics; 'auto': the usual ones of the task, 'all': every one of it."""

_USUAL: Final[Mapping[Task, tuple[str, ...]]] = {
    "regression": ("mae", "rmse"),
    "classification": (
        "accuracy",
        "balanced_accuracy",
        "precision",
        "recall",
        "f1",
        "mcc",
        "roc_auc",
        "average_precision",
        "log_loss",
        "brier",
        "ece",
        "true_positives",
        "false_positives",
        "false_negatives",
        "true_negatives",
        "confusion",
    ),
    "ranking": ("ndcg", "map", "mrr", "precision_at_k", "recall_at_k", "hit_rate"),
}
_GROUPS: Final[Mapping[Task, tuple[str, ...]]] = {
    "regression": ("regression",),
    "classification": ("labels", "probabilities"),
    "ranking": ("ranking",),
}
"""The groups of the catalogue whose metrics are of a task."""
_OF_SCORES_BY_LABEL: Final = frozenset({"top_k_accuracy"})
_LABELS: Final = frozenset({"text", "category", "boolean"})
_NO_LABELS: Final = CODES["no_labels"]
_LOST: Final = CODES["missing_column"]
_ALL_NULL: Final = CODES["all_null"]
BINARY: Final = 2
"""So many labels of a reference are all that there are."""
Places = NDArray[np.bool_]


def is_model(roles: Roles) -> bool:
    """Whether a target is named, and what the model gave."""
    return roles.target is not None and (roles.prediction is not None or bool(roles.model.scores))


class Known(NamedTuple):
    """What a reference says of a model: its task, and the labels, where they are two."""

    task: Task | None = None
    labels: tuple[Any, ...] | None = None


NOTHING_KNOWN: Final = Known()


class Model:
    """A model's columns over groups, read once. `known`: what the reference says; `waits`: whether
    a target that is not there yet comes later, else it is lost."""

    def __init__(
        self,
        table: Table,
        groups: Groups,
        roles: Roles,
        threads: int | None = None,
        known: Known = NOTHING_KNOWN,
        *,
        waits: bool = False,
    ) -> None:
        self.table, self.groups, self.roles, self.threads = table, groups, roles, threads
        self.task: Task = known.task or task_of(table, roles)
        lost = () if waits else (roles.target,)
        self.predictions = predictions_of(
            table, groups, roles, threads, labels=known.labels, lost=lost
        )

    def performance(self, wanted: Wanted) -> list[Decided]:
        """The `performance.*` rows of each group; none where no target or nothing of the model is
        named. A group without a single label has the status 'no_labels', one without a column of
        the model 'missing_column'."""
        if self.predictions is None or not is_model(self.roles) or not wanted:
            return []
        names = metrics_of(self.predictions, self.task, wanted)
        rows = [_with_error(row) for row in performance_rows(self.predictions, names)]
        rows = against_constants(rows, self.predictions)
        if all(all_ok(row.outcomes.status) for row in rows):
            return rows
        rows = [_without_column(row, self._gone) for row in rows]
        without = self._without
        return rows if without is None else [_without_value(row, without) for row in rows]

    def fairness(self) -> list[Decided]:
        """The `fairness.*` rows of each group, by sensitive column and by pairs of them; none where
        no column is named as sensitive, or nothing of the model."""
        roles, table = self.roles, self.table
        names = [name for name in roles.model.sensitive if name in table.columns]
        if not names or not (is_model(roles) or roles.prediction or roles.model.scores):
            return []
        if self.predictions is None:
            return []
        rows = sensitive_rows(self.predictions, table, self.groups, names, self.task)
        without = self._without
        return rows if without is None else [without_labels(row, without) for row in rows]

    @property
    def known(self) -> Known:
        """What it says as a reference."""
        made = self.predictions
        if made is None or self.task != "classification" or made.target is None:
            return Known(self.task)
        labels = made.subject(Labels)
        if isinstance(labels, Lacking) or labels.size != BINARY:
            return Known(self.task)
        return Known(self.task, labels.labels)

    @cached
    def _without(self) -> Places | None:
        """The groups whose rows have no label yet; None where there are none."""
        made = self.predictions
        assert made is not None
        found = attempt("labels", str(self.roles.target), lambda: _without_labels(made))
        return None if isinstance(found, Outcome) or not found.any() else found

    @cached
    def _gone(self) -> dict[str, Places]:
        """The groups of files that lack a column of the model, by the reason."""
        made = self.predictions
        assert made is not None
        found = {}
        for role, column in made.columns.items():
            codes = column.gap_codes
            if codes is not None and role != "target":
                gone = codes == CODES["missing_column"]
                found[_lost_words(column.name)] = np.asarray(gone)
        return found


def predictions_of(
    table: Table,
    groups: Groups,
    roles: Roles,
    threads: int | None = None,
    *,
    labels: tuple[Any, ...] | None = None,
    lost: Sequence[str | None] = (),
) -> Predictions | None:
    """The model's columns over the groups; None where the table has none of them. `labels`: those
    beside which there are no others. A column that is named and not there is refused, a target
    only where it is among `lost`."""

    def column(name: str | None) -> ColumnGroups | None:
        if name is None:
            return None
        own: Any = table.columns.get(name)
        if own is None:
            if name == roles.target and name not in lost:
                return None
            own = lost_column(name, table.length)
        kind = roles.kinds.get(name) if name in table.columns else None
        gap = table.gaps.get(name)
        return ColumnGroups(name, own, groups, kind=kind, threads=threads, gap=gap)

    model, target = roles.model, column(roles.target)
    kind = "" if target is None else target.whole.value_kind
    scores: dict[Any, Any] = {
        label_of(label, kind): own
        for label, name in model.scores.items()
        if (own := column(name)) is not None
    }
    prediction = column(roles.prediction)
    if not scores and kind == "boolean" and _is_probability(prediction):
        scores, prediction = {ONE_SCORE: prediction}, None
    query = column(model.query)
    named = {roles.target, roles.prediction, model.query, *model.scores.values()}
    if not named.intersection(table.columns):
        return None
    positive = label_of(model.positive, kind)
    settings = Settings(positive=positive, threshold=model.threshold, known=labels)
    found = Predictions(target, prediction, scores, query, settings=settings)
    if roles.weight is not None:
        found.weights = roles.table_weights(table)
    return found


def _lost_words(name: str) -> str:
    return f"the rows have no column {name!r}"


def lost_column(name: str, rows: int) -> Refused:
    """A column that a role names and the rows lack."""
    nothing = Column.from_numpy(np.zeros(rows, bool), np.ones(rows, bool))
    return Refused(name, "", "missing_column", _lost_words(name), nothing)


def _is_probability(prediction: ColumnGroups | None) -> bool:
    """Whether what is called a prediction of true and false is a number between."""
    return prediction is not None and prediction.whole.value_kind == "float"


def label_of(label: Any, kind: str) -> Any:
    """A label that a file names by its text, as one of a target of this kind.

    >>> label_of("1", "integer"), label_of("true", "boolean"), label_of("1", "text")
    (1, True, '1')
    """
    if not isinstance(label, str) or label == ONE_SCORE:
        return label
    if kind == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(label.lower(), label)
    if kind not in ("integer", "float"):
        return label
    try:
        return int(label) if kind == "integer" else float(label)
    except ValueError:
        return label


def task_of(table: Table, roles: Roles) -> Task:
    """What the model does: as the roles say, else by its columns."""
    model = roles.model
    if model.task is not None:
        return model.task
    if model.query is not None:
        return "ranking"
    if model.scores:
        return "classification"
    labels = (_are_labels(table, name, roles) for name in (roles.target, roles.prediction))
    return "classification" if any(labels) else "regression"


def _are_labels(table: Table, name: str | None, roles: Roles) -> bool:
    if name is None:
        return False
    if roles.kinds.get(name) == "categorical":
        return True
    column = table.computed.get(name)
    return column is not None and column.value_kind in _LABELS


def metrics_of(predictions: Predictions, task: Task, wanted: Wanted) -> tuple[str, ...]:
    """The short names of what is wanted; of 'auto' and 'all' those that the given roles allow."""
    if not isinstance(wanted, str):
        return tuple(wanted)
    known = score_functions()
    names: Iterable[str] = known if wanted == "all" else _USUAL[task]
    groups = _GROUPS[task]
    found = [name for name in names if name in known and _group(name) in groups]
    if task == "classification" and not predictions.scores:
        found = [name for name in found if _group(name) == "labels"]
    if task == "classification" and predictions.prediction is None and not predictions.scores:
        return ()
    if set(predictions.scores) <= {ONE_SCORE}:
        found = [name for name in found if name not in _OF_SCORES_BY_LABEL]
    return tuple(found)


def _group(name: str) -> str:
    record = registry.record(f"performance.{name}")
    return "" if record is None else record.group


def _with_error(row: Decided) -> Decided:
    """The row with a standard error: where its score gives none, from its interval."""
    own = row.outcomes
    if own.standard_error is None and own.ci_low is not None and own.ci_high is not None:
        own.standard_error = (own.ci_high - own.ci_low) / (2.0 * NORMAL_975)
    return row


def _without_labels(predictions: Predictions) -> Places:
    """The groups whose rows have no label yet."""
    rows = predictions.first.rows
    target = predictions.target
    if target is None:
        return np.asarray(rows > 0)
    if target.whole.refused is not None:
        return np.zeros(len(predictions), bool)
    return np.asarray((rows > 0) & (target.missing >= rows))


def _without_column(row: Decided, gone: Mapping[str, Places]) -> Decided:
    """The row with the status 'missing_column' where it has no value for want of a column."""
    own = row.outcomes
    for reason, places in gone.items():
        lost = places & (own.status == _ALL_NULL)
        own.status = np.where(lost, _LOST, own.status).astype(np.uint8)
        own.reasons = {**own.reasons, **dict.fromkeys(np.flatnonzero(lost).tolist(), reason)}
    return row


def _without_value(row: Decided, without: Places) -> Decided:
    """The row with the status 'no_labels' in these groups."""
    own = row.outcomes
    lost = without & (own.status != CODES["error"]) & (own.status != _LOST)
    own.status = np.where(lost, _NO_LABELS, own.status).astype(np.uint8)
    own.value = np.where(lost, np.nan, own.value)
    known = {place: why for place, why in own.reasons.items() if not lost[place]}
    own.reasons = known | dict.fromkeys(np.flatnonzero(lost).tolist(), NO_LABELS_YET)
    own.n_current = np.where(lost, 0, own.n_current)
    return row


NO_LABELS_YET: Final = "the target has no value in any of the rows yet"
