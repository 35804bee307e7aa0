"""`evaluate`: a model's performance on one frame, and how it changed from another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from simdrift._errors import SpecError
from simdrift.columns import Source, Table, as_table, opened
from simdrift.metrics.decide import Decided
from simdrift.metrics.groups import Groups
from simdrift.metrics.names import by_text
from simdrift.metrics.performance.changes import PValues, changed
from simdrift.metrics.performance.scoring import checked_metrics
from simdrift.metrics.plan import DriftPlan
from simdrift.monitoring import spec_errors
from simdrift.monitoring.constants import kept
from simdrift.monitoring.curves import curves_of
from simdrift.monitoring.identity import Identity
from simdrift.monitoring.model import NOTHING_KNOWN, Known, Model
from simdrift.monitoring.paired import paired_changes
from simdrift.monitoring.performance_change import changes_of
from simdrift.monitoring.reference import Reference, plan_of, scores_of
from simdrift.monitoring.report import results_of
from simdrift.monitoring.roles import Roles, check_names, roles_of, segment_columns
from simdrift.monitoring.segments import (
    Segment,
    found_segments,
    segment_groups,
    segment_tables,
)
from simdrift.monitoring.sensitive import gaps_changed
from simdrift.monitoring.spec import Columns, Metrics, Spec
from simdrift.monitoring.window import WHOLE, Limits, WindowValues, judged
from simdrift.reports import Report

Segments = str | Sequence[str | Sequence[str]]


def evaluate(
    current: object,
    roles: Columns | Mapping[str, Any] | Spec,
    reference: object | None = None,
    *,
    metrics: str | Sequence[str] | None = None,
    segments: Segments | None = None,
    thresholds: Mapping[str, float] | None = None,
    correction: Literal["bh", "by", "holm", "bonferroni", "none"] | None = None,
    alpha: float | None = None,
    names: tuple[str, str] | None = None,
    threads: int | None = None,
) -> Report:
    """A model's performance on the rows of a frame: rows `performance.*`, each with its interval
    where it has one; with a `reference`, each with its change.

    `current`, `reference`: anything that `compare` takes; `reference` may be a `Reference` that
    was fitted with these roles. `roles`: a dict such as {"target": "y", "prediction": "p",
    "score": "probability", "positive": "yes"}, `Columns`, or a `Spec` whose roles and metrics
    count. `metrics`: names, 'auto' (the usual ones of the task), or all of the task (default).
    `segments`: columns, or lists of columns, the rows of whose values are measured on their own,
    too. `thresholds`: by metric, from which value on it alerts.

    With a reference, `effect_size` is the difference, `p_value` that of no change, `q_value` the
    same over all metrics and segments; a row alerts where it is worse beyond chance and by more
    than matters (docs/performance.md). SpecError for an argument that can't be used, and where no
    role names the target, or what the model gave; data never raise.

    >>> report = evaluate({"y": [1.0, 2.0, 4.0], "p": [1.0, 3.0, 3.0]},
    ...                   {"target": "y", "prediction": "p"}, metrics=["mae", "r2"])
    >>> [(row.metric, round(row.value, 3)) for row in report.results]
    [('performance.mae', 0.667), ('performance.r2', 0.571)]
    """
    started = datetime.now(UTC)
    spec = _spec(roles, metrics, segments, thresholds, correction, alpha)
    now, before = _tables(spec, current, reference)
    others = before.columns if isinstance(before, Reference) else () if before is None else before
    own = roles_of(spec.columns, list(dict.fromkeys([*now.names, *_names(others)])))
    plan, limits = plan_of(spec, {}, threads=threads)
    keys = _segments(spec, now, before, threads)
    known, scored = _before(spec, own, keys, before, threads)
    rows = _rows(spec, own, keys, now, known, threads)
    paired = _paired(spec, own, keys, now, before, known, threads)
    values = _decided(rows, scored, plan, limits, paired)
    run = Identity.of(spec, spec.digest).run(now.length, started)
    results = results_of([run], WindowValues(values, {}), threads=threads)
    return Report(
        results,
        title="Model performance",
        types=by_text(now.types),
        roles=by_text(own.by_column),
        performance=changes_of(values[WHOLE], scored[WHOLE]) if scored else None,
        curves=lambda: curves_of(now, before if isinstance(before, Table) else None, own, threads),
        names=names or ("", ""),
        every_segment=True,
    )


def _spec(
    roles: object,
    metrics: str | Sequence[str] | None,
    segments: Segments | None,
    thresholds: Mapping[str, float] | None,
    correction: str | None,
    alpha: float | None,
) -> Spec:
    """The arguments, checked as a spec's keys are; SpecError where a role is missing."""
    given: dict[str, Any] = {"segments": segments, "correction": correction, "alpha": alpha}
    given["thresholds"] = None if thresholds is None else _whole_names(thresholds)
    given = {name: value for name, value in given.items() if value is not None}
    if isinstance(roles, Spec):
        spec = roles if not given else Spec(**{**roles.model_dump(exclude_defaults=True), **given})
        spec = spec if metrics is None else spec.model_copy(update={"metrics": _metrics(metrics)})
    elif isinstance(roles, Columns | Mapping):
        columns = roles if isinstance(roles, Columns) else Columns(**roles)
        spec = Spec(
            monitor="evaluate",
            window="all",
            columns=columns,
            metrics=_metrics("all" if metrics is None else metrics),
            **given,
        )
    else:
        raise SpecError(
            "roles: expected a dict such as {'target': 'y', 'prediction': 'p'}, found "
            f"{spec_errors.found(roles)}"
        )
    _check_roles(spec.columns)
    return spec


def _whole_names(thresholds: object) -> dict[str, float]:
    if not isinstance(thresholds, Mapping):
        raise SpecError(
            f"thresholds: expected a dict of metric = number, found {spec_errors.found(thresholds)}"
        )
    return {name if "." in name else f"performance.{name}": n for name, n in thresholds.items()}


def _metrics(wanted: str | Sequence[str]) -> Metrics:
    if isinstance(wanted, str) and wanted in ("auto", "all"):
        return Metrics(performance=wanted)
    listed = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    try:
        return Metrics(performance=checked_metrics(listed))
    except ValueError as error:
        raise SpecError(f"metrics: {error}") from None


def _check_roles(columns: Columns) -> None:
    """SpecError where a model's performance can't be measured for want of a role."""
    if columns.target is None:
        raise SpecError(
            "roles: 'target' is missing: expected the column of what was true in the end, as "
            "{'target': 'y'}"
        )
    if columns.prediction is None and columns.score is None:
        raise SpecError(
            "roles: 'prediction' or 'score' is missing: expected the column of what the model "
            "said, as {'prediction': 'p'}, or of its probabilities"
        )


def _tables(
    spec: Spec, current: object, reference: object | None
) -> tuple[Table, Table | Reference | None]:
    """The columns that are read of both sides."""
    if isinstance(reference, Reference) and not _is_of(reference, spec):
        raise SpecError(
            "reference: expected one that was fitted with these roles, found one that keeps no "
            "performance of them: fit it with Spec(columns=...), or pass its frame"
        )
    right = opened(current, argument="current")
    there = [*right.names, *right.hidden]
    if reference is None or isinstance(reference, Reference):
        known = () if reference is None else _model(spec).with_weight(_model(spec).watched)
        check_names(spec, list(dict.fromkeys([*there, *known])))
        return as_table(right, argument="current", columns=_read(spec, right)), reference
    left = opened(reference, argument="reference")
    check_names(spec, list(dict.fromkeys([*there, *left.names, *left.hidden])))
    before = as_table(left, argument="reference", columns=_read(spec, left))
    return as_table(right, argument="current", columns=_read(spec, right)), before


def _is_of(reference: Reference, spec: Spec) -> bool:
    """Whether a reference keeps the performance of this spec's model."""
    own, other = _model(spec), reference.roles
    same = (own.target, own.prediction, own.model) == (other.target, other.prediction, other.model)
    return same and bool(reference.performance)


def _read(spec: Spec, source: Source | Any) -> list[str]:
    """The columns of a side that are read: those of the model, of weights and of segments."""
    there = [*source.names, *sorted(source.hidden)]
    wanted = {*_model(spec).with_weight(_model(spec).watched), *segment_columns(spec)}
    wanted.add(str(spec.columns.key))
    return [name for name in there if name in wanted]


def _model(spec: Spec) -> Roles:
    """The roles without features."""
    return roles_of(spec.columns.model_copy(update={"features": ()}), ())


def _names(columns: Any) -> list[str]:
    return list(columns.names if isinstance(columns, Table) else columns)


def _segments(
    spec: Spec, now: Table, before: Table | Reference | None, threads: int | None
) -> list[Segment]:
    """The segments of the reference; without one, of the rows themselves."""
    if isinstance(before, Reference):
        return [key for key in before.segments if key.columns in spec.segments]
    return found_segments(now if before is None else before, spec.segments, threads)


Rows = dict[str, Sequence[Decided]]
"""Of each segment, WHOLE the first."""


def _before(
    spec: Spec,
    roles: Roles,
    keys: Sequence[Segment],
    before: Table | Reference | None,
    threads: int | None,
) -> tuple[Known, Rows]:
    """What the reference says of the model, and its rows."""
    if before is None:
        return NOTHING_KNOWN, {}
    if isinstance(before, Reference):
        return before.known, {name: before.performance_of(name) for name in _texts(keys)}
    whole, known = scores_of(before, roles, spec, threads, NOTHING_KNOWN)
    return known, {WHOLE: whole, **_of_segments(spec, roles, keys, before, known, threads)}


def _rows(
    spec: Spec,
    roles: Roles,
    keys: Sequence[Segment],
    now: Table,
    known: Known,
    threads: int | None,
) -> Rows:
    """The current rows: scores, then gaps between sensitive groups."""
    model = Model(now, Groups.whole(), roles, threads, known)
    whole = model.performance(spec.metrics.performance) + model.fairness()
    return {WHOLE: whole, **_of_segments(spec, roles, keys, now, known, threads)}


def _of_segments(
    spec: Spec,
    roles: Roles,
    keys: Sequence[Segment],
    table: Table,
    known: Known,
    threads: int | None,
) -> Rows:
    """The rows of each segment: they are groups of one table."""
    if not keys:
        return {}
    model = _model(spec)
    own, groups = segment_groups(table, keys, model.with_weight(model.watched), threads)
    of_groups = Model(own, groups, roles, threads, known)
    found = of_groups.performance(spec.metrics.performance) + of_groups.fairness()
    return {
        key.text: [row.alone(place) for row in found if row.present is None or row.present[place]]
        for place, key in enumerate(keys)
    }


def _paired(
    spec: Spec,
    roles: Roles,
    keys: Sequence[Segment],
    now: Table,
    before: Table | Reference | None,
    known: Known,
    threads: int | None,
) -> list[PValues]:
    """p-values of each segment where both frames have the same rows, by what names a row."""
    key = spec.columns.key
    if key is None or not isinstance(before, Table):
        return []
    left, right = (_parts(side, roles, keys, threads, key) for side in (now, before))
    return [
        paired_changes(own, right[name], key, roles, known, threads) for name, own in left.items()
    ]


def _texts(keys: Sequence[Segment]) -> list[str]:
    return [WHOLE, *(key.text for key in keys)]


def _parts(
    table: Table, roles: Roles, keys: Sequence[Segment], threads: int | None, *more: str
) -> dict[str, Table]:
    """The rows of each segment."""
    names = (*roles.with_weight(roles.watched), *more)
    return {WHOLE: table, **segment_tables(table, keys, names, threads)}


def _decided(
    rows: Rows, before: Rows, plan: DriftPlan, limits: Limits, paired: Sequence[PValues]
) -> dict[str, list[Decided]]:
    """The rows with their changes, q-values, thresholds and alerts."""
    scores = {name: [row for row in own if row.column is None] for name, own in rows.items()}
    gaps = {name: [row for row in own if row.column is not None] for name, own in rows.items()}
    references = [before.get(name, ()) for name in rows]
    found = changed(
        list(scores.values()),
        references,
        alpha=plan.alpha,
        correction=plan.correction,
        paired=paired,
    )
    changes = gaps_changed(list(gaps.values()), references, plan.correction)
    return {
        name: [judged(row, limits) for row in (*kept(scores[name], own), *of_groups)]
        for name, own, of_groups in zip(rows, found, changes, strict=True)
    }
