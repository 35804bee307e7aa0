"""`compare` and `profile`: one call on any two frames, or on one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from simdrift._errors import SpecError
from simdrift.metrics import quality
from simdrift.metrics.drift.multivariate.sample import TableSample
from simdrift.metrics.state import CurrentColumn
from simdrift.metrics.values import MetricValue
from simdrift.monitor import measure
from simdrift.monitor.digests import DataDigest
from simdrift.monitor.frames import Frame, frame_of
from simdrift.monitor.reference import Reference, plan_of
from simdrift.monitor.report import Comparison, Identity, report_of, rows_of
from simdrift.monitor.roles import check_names, no_column, roles_of
from simdrift.monitor.segments import Part, found_segments, segment_frames
from simdrift.monitor.spec import Columns, Spec
from simdrift.results import ProfileReport, Report, Results

Progress = Callable[[int, int], object] | None
Correction = Literal["bh", "by", "holm", "bonferroni", "none"]
QUANTILES = quality.QUANTILES


def compare(
    reference: object,
    current: object,
    *,
    columns: Sequence[str] | None = None,
    roles: Columns | Mapping[str, Any] | None = None,
    methods: Any = "auto",
    convention: Literal["simdrift", "evidently"] | None = None,
    correction: Correction = "bh",
    thresholds: measure.Thresholds | None = None,
    segments: Sequence[str | Sequence[str]] = (),
    bins: int | str | Sequence[float] = 10,
    weights: None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> Report:
    """Compare the columns of two frames: drift of each, and of the whole.

    `reference`, `current`: pandas, polars, Arrow, NumPy dicts, DuckDB, a path of a Parquet file;
    `reference` may be a `Reference`. `columns`: names to compare (default: all of both).
    `roles`: a dict such as {"prediction": "p", "target": "y", "categorical": ["zip"]}.
    `methods`: 'auto', a name, a list, or a dict of them by column or kind. `thresholds`: by
    metric, or by column and metric. `segments`: columns, or lists of columns, the rows of whose
    values are compared on their own, too. `bins`: how psi and its like cut numbers.
    `convention="evidently"`: scores, thresholds and choice of methods of Evidently 0.7.23.
    SpecError for an argument that can't be used; data never raise.

    >>> import numpy as np
    >>> x = np.arange(1000.0)
    >>> report = compare({"x": x}, {"x": x + 500})
    >>> report.results.filter(metric="drift.dataset")[0].value
    1.0
    """
    if weights is not None:
        raise ValueError("weights: row weights are not used in this version; expected None")
    if isinstance(reference, Reference):
        return reference.compare(current, threads=threads, progress=progress)
    spec = _spec(columns, roles, methods, convention, correction, thresholds, segments, bins)
    before, now = frame_of(reference, "reference"), frame_of(current, "current")
    _check_columns(columns, list(dict.fromkeys([*before, *now])))
    return _compared(before, now, spec, threads, progress)


def _check_columns(columns: Sequence[str] | None, names: Sequence[str]) -> None:
    """SpecError for the first of the argument `columns` that no frame has."""
    for name in columns or ():
        if name not in names:
            raise SpecError(f"columns: {no_column(name, names)}")


def _spec(
    columns: Sequence[str] | None,
    roles: Columns | Mapping[str, Any] | None,
    methods: Any,
    convention: Any,
    correction: Any,
    thresholds: measure.Thresholds | None,
    segments: Sequence[str | Sequence[str]],
    bins: int | str | Sequence[float],
) -> Spec:
    """The arguments, checked as a spec's keys are."""
    values = roles.model_dump() if isinstance(roles, Columns) else dict(roles or {})
    if columns is not None:
        named = {values.get("prediction"), values.get("target"), values.get("timestamp")}
        values["features"] = tuple(name for name in columns if name not in named)
    return Spec(
        monitor="compare",
        window="all",
        columns=Columns(**values),
        methods=methods,
        convention=convention,
        correction=correction,
        thresholds=dict(thresholds or {}),
        segments=segments,
        bins=bins,
    )


def _compared(
    reference: Frame, current: Frame, spec: Spec, threads: int | None, progress: Progress
) -> Report:
    started = datetime.now(UTC)
    names = list(dict.fromkeys([*reference, *current]))
    check_names(spec, names)
    roles = roles_of(spec.columns, names)
    left = measure.references(reference, roles, threads)
    right = measure.states(current, roles.watched, roles.kinds, threads)
    rows = max((column.rows for column in right.values()), default=0)
    plan, limits = plan_of(spec, left, rows_current=rows, threads=threads)
    segments = found_segments(reference, spec.segments, threads)
    before = segment_frames(reference, segments, roles.compared, threads)
    now = segment_frames(current, segments, roles.watched, threads)
    sample = TableSample.of(left) if plan.table else None
    parts = [Part("", left, right, sample)]
    for text, rows_before in before.items():
        parts.append(
            Part(
                text,
                measure.references(rows_before, roles, threads),
                measure.states(now[text], roles.watched, roles.kinds, threads),
            )
        )
    values = measure.window_values(parts, roles, spec.metrics, plan, limits, progress)
    report = report_of(left, right, values, Identity.of(spec, spec.digest), roles, started, threads)
    fingerprint = DataDigest(threads)
    return Comparison(report, lambda: (fingerprint(current), fingerprint(reference)))


def profile(
    data: object,
    *,
    columns: Sequence[str] | None = None,
    quantiles: Sequence[float] = QUANTILES,
    threads: int | None = None,
    progress: Progress = None,
) -> ProfileReport:
    """Every quality statistic of every column, or of `columns`: rows `quality.*` as docs/metrics.md
    defines them, in the column's unit (times in seconds since 1970).

    `data` as `compare` takes them; `quantiles`: shares in [0, 1], exact, by linear interpolation
    (type 7). SpecError where a name is no column; data never raise: a column that can't be read
    has a status.

    >>> import numpy as np
    >>> profile({"x": np.array([1.0, 2.0, np.nan])}).columns[0].value("missing_share")
    0.3333333333333333
    """
    started = datetime.now(UTC)
    frame = frame_of(data)
    names = list(frame) if columns is None else list(columns)
    _check_columns(names, list(frame))
    states = measure.states(frame, names, {}, threads)
    values = list(quality.table_rows(states))
    for done, state in enumerate(states.values(), 1):
        values += _statistics(state, quantiles)
        if progress is not None:
            progress(done, len(states))
    rows = max((state.rows for state in states.values()), default=0)
    run = Identity(monitor="profile").run(rows, started)
    results = Results(rows_of(run, {"": values}), [run])
    return ProfileReport(results, types={name: state.type for name, state in states.items()})


def _statistics(state: CurrentColumn, quantiles: Sequence[float]) -> list[MetricValue]:
    """All of a column's rows, the quantiles at the shares that are asked for."""
    if tuple(quantiles) == QUANTILES:
        return quality.column_rows(state)
    rest = [row for row in quality.column_rows(state) if row.metric != "quality.quantile"]
    return rest + measure.quantile_values(state, quantiles)
