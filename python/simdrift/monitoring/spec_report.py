"""What a monitor will compute, in words: for `simdrift spec`, before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from simdrift.columns import Table
from simdrift.metrics.auto import Call
from simdrift.metrics.columns import ReferenceColumn
from simdrift.metrics.conventions import evidently
from simdrift.metrics.groups import Groups
from simdrift.metrics.plan import DriftPlan
from simdrift.metrics.registry import method
from simdrift.metrics.thresholds import threshold_of
from simdrift.metrics.values import params_text
from simdrift.monitoring.files import expanded, read_files
from simdrift.monitoring.model import is_model, metrics_of, predictions_of, task_of
from simdrift.monitoring.reference import Reference, plan_of, references
from simdrift.monitoring.roles import Roles, roles_of
from simdrift.monitoring.run import outline
from simdrift.monitoring.spec import Spec
from simdrift.monitoring.spec_parts import NAMED, names_of
from simdrift.monitoring.windows import Windows
from simdrift.results.text import counted, visible
from simdrift.results.zones import in_zone

_MOVING = {
    "previous": "the window before it",
    "rolling": "the {} windows before it",
    "same_weekday": "the {} windows before it that begin on its weekday",
    "growing": "all windows before it",
}


def explained(spec: Spec) -> str:
    """The monitor in words: data, windows, reference, what is compared by which methods and when
    it alerts. SpecError or InputError where data, reference or names are not as the spec says."""
    table, given = read_files(spec)
    found, before = outline(spec, table, given)
    own = before.columns if isinstance(before, Reference) else _columns(spec, before)
    recorded = before.plan.record() if isinstance(before, Reference) else None
    plan, limits = plan_of(spec, own, recorded=recorded if spec.methods == "auto" else None)
    roles = roles_of(spec.columns, list(dict.fromkeys([*table.names, *own])), spec.methods)
    rows = before.rows if isinstance(before, Reference) else len(before)
    lines = [
        *_data_lines(spec, table.length, found),
        f"reference: {_reference_line(spec, rows)}",
        *_role_lines(spec, roles),
        "",
        *_column_lines(own, roles, plan),
        "",
        *_other_lines(spec, plan, [*limits], _model_words(spec, table, roles)),
    ]
    return "\n".join(map(visible, lines))


def _columns(spec: Spec, rows: object) -> dict[str, ReferenceColumn]:
    from simdrift.columns import as_table

    table = as_table(rows)
    return references(table, roles_of(spec.columns, table.names, spec.methods), spec.threads)


def _data_lines(spec: Spec, rows: int, found: Windows) -> Iterator[str]:
    of = f" of {spec.dataset!r}" if spec.dataset else ""
    model = " ".join(part for part in (spec.model, spec.model_version) if part)
    yield f"monitor: {spec.monitor!r}{of}" + (f", model {model!r}" if model else "")
    files = list(expanded(spec.data))
    yield f"data: {rows:,} rows of {counted(len(files), 'file')}"
    windows = [window for window in found.windows if window.rows]
    if not windows:
        yield "windows: none has rows; check 'start', 'end' and 'columns.timestamp'"
        return
    first, last = (in_zone(t, ZoneInfo(spec.timezone)) for t in (windows[0].start, windows[-1].end))
    outside = f"; {counted(found.outside, 'row')} before or after them" if found.outside else ""
    untimed = f"; {counted(found.untimed, 'row')} without a time" if found.untimed else ""
    yield (
        f"windows: {len(windows):,} of {spec.window!r} with rows, {first:%Y-%m-%d %H:%M} to "
        f"{last:%Y-%m-%d %H:%M} ({spec.timezone}){outside}{untimed}"
    )


def _reference_line(spec: Spec, rows: int) -> str:
    reference = spec.reference
    if reference is None:
        return f"{rows:,} rows"
    if reference.moving is not None:
        return "each window is compared with " + _MOVING[reference.moving].format(reference.windows)
    of = f" of {reference.data}" if reference.data is not None else " of the data"
    start, end = reference.start, reference.end
    begin = f", from {start}" if start is not None else ""
    until = f" to {end}" if end is not None else ""
    return f"{rows:,} rows{of}{begin}{until}"


def _role_lines(spec: Spec, roles: Roles) -> Iterator[str]:
    columns = spec.columns
    for role in NAMED:
        names = names_of(getattr(columns, role))
        if names:
            yield f"{role}: {', '.join(names)}"
    for role in ("positive", "task"):
        if getattr(columns, role) is not None:
            yield f"{role}: {getattr(columns, role)}"
    if columns.ignore:
        yield f"ignored: {', '.join(columns.ignore)}"
    if spec.segments:
        yield "segments: " + ", ".join(" & ".join(names) for names in spec.segments)


def _column_lines(
    columns: dict[str, ReferenceColumn], roles: Roles, plan: DriftPlan
) -> Iterator[str]:
    """A table: each compared column, what it is compared as, and by which methods."""
    rows = [("column", "as", "decides, with what alerts", "for information")]
    for name in roles.compared:
        column = columns.get(name)
        if column is None:
            rows.append((name, "-", "not in the reference", ""))
            continue
        choice = plan.choices[name]
        deciding = _calls(name, choice.deciding, plan) or "not compared (only missing values)"
        if plan.convention == evidently.NAME and name in plan.automatic:
            rows.append((name, column.kind, "as Evidently chooses", ""))
        else:
            rows.append((name, column.kind, deciding, _names(choice.informational)))
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True))
        yield "  ".join(cells).rstrip()


def _calls(column: str, calls: Sequence[Call], plan: DriftPlan) -> str:
    """The methods with what alerts: 'psi > 0.2'."""
    return ", ".join(_rule(column, call, plan) for call in calls)


def _rule(column: str, call: Call, plan: DriftPlan) -> str:
    spec = method(call[0])
    limit = threshold_of(spec, column, plan.thresholds, plan.alpha)
    shown = f"{call[0]}({params_text(call[1])})" if call[1] else call[0]
    if limit is None:
        return f"{shown} (never alerts)"
    return f"{shown} {'q <=' if spec.rule == 'test' else '>'} {limit:g}"


def _names(calls: Iterable[Call]) -> str:
    return ", ".join(name for name, _ in calls)


def _model_words(spec: Spec, table: Table, roles: Roles) -> str | None:
    """The metrics of the model's performance; None where no model is named."""
    predictions = predictions_of(table, Groups.whole(), roles) if is_model(roles) else None
    if predictions is None:
        return None
    wanted = spec.metrics.performance
    return ", ".join(metrics_of(predictions, task_of(table, roles), wanted) if wanted else ())


def _other_lines(
    spec: Spec, plan: DriftPlan, limits: Sequence[object], model: str | None
) -> Iterator[str]:
    metrics = spec.metrics
    yield "of every column: missing_share; quality: " + (", ".join(metrics.quality) or "none")
    if metrics.quantiles:
        yield f"quantiles: {', '.join(metrics.quantiles)}"
    if model is not None:
        yield f"performance: {model or 'none'}"
    if plan.table:
        yield f"of whole rows: {_names(plan.table)}"
    if metrics.custom:
        yield f"of your own: {', '.join(metrics.custom)}"
    yield (
        f"p-values: corrected over the columns of a window ({plan.correction}), alpha "
        f"{plan.alpha:g}; a window drifts where {100 * plan.drift_share:g} % of its columns do"
    )
    if limits:
        yield f"limits of other metrics: {len(limits)}"
