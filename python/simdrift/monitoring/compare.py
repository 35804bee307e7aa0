"""`compare` and `profile`: one call on any two frames, or on one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np

from simdrift._errors import SpecError
from simdrift._types import Progress
from simdrift.columns import Table, as_column, as_table, opened
from simdrift.metrics import quality as of_quality
from simdrift.metrics.decide import Decided
from simdrift.metrics.drift.table.sample import TableSample
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.names import column_text
from simdrift.metrics.weights import both_sides
from simdrift.monitoring.arguments import Arguments
from simdrift.monitoring.curves import curves_of
from simdrift.monitoring.digests import DataDigest
from simdrift.monitoring.identity import Identity
from simdrift.monitoring.performance_change import changes_of
from simdrift.monitoring.profile_histograms import histograms_of
from simdrift.monitoring.reference import (
    Reference,
    needed,
    plan_of,
    references,
    rows_of,
    scores_of,
    types_of,
)
from simdrift.monitoring.report import report_of, results_of
from simdrift.monitoring.roles import Roles, check_names, column_names, no_column, roles_of
from simdrift.monitoring.segments import found_segments, segment_tables
from simdrift.monitoring.spec import Columns, Spec
from simdrift.monitoring.structure import (
    OF_REFERENCE,
    DataChecks,
    differences_of,
    digest_with,
    schema_of,
)
from simdrift.monitoring.window import (
    WHOLE,
    SegmentData,
    Thresholds,
    WindowValues,
    measure_windows,
)
from simdrift.monitoring.worst_in_report import worst_of
from simdrift.reports import ProfilePair, ProfileReport, Report
from simdrift.results import Results
from simdrift.schema import Schema

Correction = Literal["bh", "by", "holm", "bonferroni", "none"]
QUANTILES = of_quality.QUANTILES
WEIGHTS = "row_weights"


def compare(
    reference: object,
    current: object,
    *,
    columns: str | Sequence[str] | None = None,
    roles: Columns | Mapping[str, Any] | None = None,
    methods: Any = None,
    convention: Literal["simdrift", "evidently"] | None = None,
    correction: Correction | None = None,
    thresholds: Thresholds | None = None,
    segments: str | Sequence[str | Sequence[str]] | None = None,
    bins: int | str | Sequence[float] | None = None,
    weights: str | tuple[object, object] | None = None,
    quality: str | Sequence[str] | None = None,
    names: tuple[str, str] | None = None,
    cluster: str | None = None,
    block: int | None = None,
    schema: Schema | str | PathLike[str] | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> Report:
    """Compare the columns of two frames: drift of each, and of the whole.

    `reference`, `current`: pandas, polars, Arrow, NumPy dicts, DuckDB, or files: a path, a folder,
    a pattern or a list of them (docs/data.md);
    `reference` may be a `Reference`, whose own roles, methods and rules count where an argument
    is left out; what it was not prepared for is refused. `columns`: names to compare (default:
    all of both); of files no other column is read.
    `roles`: a dict such as {"prediction": "p", "target": "y", "categorical": ["zip"]}; a target
    that both sides have is compared, too.
    `methods`: 'auto' (default), a name, a list, or a dict of them by column or kind; with
    parameters as (name, {parameter: value}) or {name: {parameter: value}}. `correction` over the
    columns: 'bh' (default), 'by', 'holm', 'bonferroni', 'none'. `thresholds`: by
    metric, or by column and metric. `segments`: columns, or lists of columns, the rows of whose
    values are compared on their own, too. `bins`: how psi and its like cut numbers (default: 10).
    `weights`: the name of a column of row weights in both, or array-likes for reference and
    current (either of them None): drift is then of the weighted rows, tests take effective sizes.
    `quality`: statistics of each column and of the table beside the missing share: 'mean', 'zeros',
    'duplicate_rows', and against the reference 'out_of_range', 'zero_change', 'negative_change',
    'outlier_change', 'unit_factor' (docs/metrics.md).
    `cluster`: the name of a column; rows with one value of it (of one user, say) hang together.
    `block`: so many rows after one another do, in the order of the frames. Tests then count
    fewer rows: docs/metrics.md, Rows that hang together.
    `schema`: a `Schema`, its file, or 'reference' (that of its rows): each difference of the
    current data alerts, and what remains is compared.
    `convention="evidently"`: scores, thresholds and choice of methods of Evidently 0.7.23.
    `names`: what the report calls reference and current (default: the names of files).
    SpecError for an argument that can't be used; data never raise.

    >>> import numpy as np
    >>> x = np.arange(1000.0)
    >>> report = compare({"x": x}, {"x": x + 500})
    >>> report.results.filter(metric="drift.dataset")[0].value
    1.0
    """
    roles = _with_links(roles, cluster, block)
    arguments = Arguments(
        columns, roles, methods, convention, correction, thresholds, segments, bins, quality
    )
    if isinstance(reference, Reference):
        _check_reference_weights(reference, weights)
        _check_reference_links(reference, cluster, block)
        asked = arguments.of_reference(reference)
        report = asked.compare(current, schema=schema, threads=threads, progress=progress)
        report.names = names or ("", _name_of(current))
        return report
    left, right = opened(reference, argument="reference"), opened(current, argument="current")
    known = [*dict.fromkeys([*left.names, *right.names, *left.hidden, *right.hidden])]
    weight = weights if weights is None or isinstance(weights, str) else _weights_name(known)
    spec = arguments.spec(weight)
    _check_columns(arguments.names, known)
    wanted = schema_of(schema, as_table(left) if schema == OF_REFERENCE else None)
    before, now = (
        as_table(side, argument=argument, columns=needed(spec, side))
        for side, argument in ((left, "reference"), (right, "current"))
    )
    checks = DataChecks(wanted, now if wanted is None else as_table(right))
    if weight is not None and not isinstance(weights, str):
        before, now = _with_weights(weights, before, now, weight)
    report = _compared(before, now, spec, checks, threads, progress)
    report.names = names or (_name_of(reference), _name_of(current))
    return report


def _name_of(data: object) -> str:
    """The name of a file; '' of a frame."""
    return Path(data).name if isinstance(data, (str, PathLike)) else ""


def _with_links(
    roles: Columns | Mapping[str, Any] | None, cluster: str | None, block: int | None
) -> Columns | Mapping[str, Any] | None:
    """The roles, with the arguments that say which rows hang together."""
    asked = {"cluster": cluster, "block": block}
    asked = {name: value for name, value in asked.items() if value is not None}
    if not asked:
        return roles
    values = roles.model_dump() if isinstance(roles, Columns) else dict(roles or {})
    for name, value in asked.items():
        if values.get(name) not in (None, value):
            raise SpecError(f"{name}: expected it as an argument or as a role, found both")
    return {**values, **asked}


def _check_reference_links(reference: Reference, cluster: str | None, block: int | None) -> None:
    """SpecError for clusters or blocks that a `Reference` was not prepared with."""
    asked = {"cluster": cluster, "block": block}
    for name, value in asked.items():
        known = getattr(reference.roles, name)
        if value is not None and value != known:
            raise SpecError(
                f"{name}: the reference has {_or_none(known)}: fit it with 'columns.{name}', and "
                "leave the argument out"
            )


def _check_reference_weights(reference: Reference, weights: object) -> None:
    """SpecError for weights with a `Reference`, which has its own."""
    if weights is not None and weights != reference.roles.weight:
        raise SpecError(
            f"weights: the reference has {_or_none(reference.roles.weight)}: fit it with "
            "'columns.weight', and leave the argument out"
        )


def _or_none(known: object) -> str:
    return "none" if known is None else repr(known)


def _weights_name(names: Sequence[str]) -> str:
    """A name that no column has."""
    name = WEIGHTS
    while name in names:
        name += "_"
    return name


def _with_weights(weights: object, before: Table, now: Table, name: str) -> tuple[Table, Table]:
    """Both tables with their weights, which are arrays, as a column of that name."""
    try:
        both_sides(weights, (before.length, now.length))
    except (TypeError, ValueError) as error:
        raise SpecError(str(error)) from None
    sides: Any = weights
    left, right = (
        table.with_column(name, as_column(np.ones(len(table)) if own is None else own, name=name))
        for table, own in zip((before, now), sides, strict=True)
    )
    return left, right


def _without_equal_weights(roles: Roles, reference: Table, current: Table) -> Roles:
    """Rows that count alike on both sides have no weights."""
    if roles.cluster is not None or roles.block is not None:
        return roles
    sides = [roles.row_weights(table) for table in (reference, current)]
    if all(side is None or side.are_equal for side in sides):
        return replace(roles, weight=None)
    return roles


def _check_columns(columns: Sequence[str] | None, names: Sequence[str]) -> None:
    """SpecError for the first of the argument `columns` that no frame has."""
    for name in columns or ():
        if name not in names:
            raise SpecError(f"columns: {no_column(name, names)}")


def _compared(
    reference: Table,
    current: Table,
    spec: Spec,
    checks: DataChecks,
    threads: int | None,
    progress: Progress,
) -> Report:
    started = datetime.now(UTC)
    names = list(dict.fromkeys([*reference.names, *current.names]))
    check_names(spec, names)
    roles = _without_equal_weights(roles_of(spec.columns, names, spec.methods), reference, current)
    if roles.target in reference.columns and roles.target in current.columns:
        roles = roles.with_target()
    left = references(reference, roles, threads)
    rows = rows_of(current, roles)
    weighted = roles.is_weighted
    plan, limits = plan_of(spec, left, threads=threads, weighted=weighted)
    sample = TableSample.of(left) if plan.table else None
    scored, known = scores_of(reference, roles, spec, threads)
    whole = SegmentData(WHOLE, left, current, Groups.whole(), sample, performance=scored)
    data = [whole._replace(known=known)]
    segments = found_segments(reference, spec.segments, threads)
    before = segment_tables(reference, segments, roles.with_weight(roles.watched), threads)
    now = segment_tables(current, segments, roles.with_weight(roles.watched), threads)
    for key in segments:
        own, groups = references(before[key.text], roles, threads), Groups.whole()
        part = SegmentData(key.text, own, now[key.text], groups, own=key.columns)
        of_part = scores_of(before[key.text], roles, spec, threads, known).rows
        data.append(part._replace(performance=of_part, known=known))
    values = measure_windows(data, roles, spec.metrics, plan, limits, progress)
    values.rows[WHOLE] += differences_of(checks.schema, checks.table)
    fingerprint = DataDigest(threads)
    return report_of(
        values,
        Identity.of(spec, digest_with(spec.digest, checks.schema)),
        roles,
        types_of(left, current, roles),
        rows,
        started,
        threads,
        digests=lambda: (fingerprint(current), fingerprint(reference)),
        performance=changes_of(values.rows[WHOLE], scored),
        curves=lambda: curves_of(current, reference, roles, threads),
        worst=lambda: worst_of(current, spec.columns, roles, threads),
        reference_types={name: column.type for name, column in left.items()},
    )


@overload
def profile(
    data: object,
    other: None = None,
    *,
    columns: str | Sequence[str] | None = None,
    key: str | Sequence[str] | None = None,
    quantiles: Sequence[float] = QUANTILES,
    threads: int | None = None,
    progress: Progress = None,
) -> ProfileReport: ...
@overload
def profile(
    data: object,
    other: object,
    *,
    columns: str | Sequence[str] | None = None,
    key: str | Sequence[str] | None = None,
    quantiles: Sequence[float] = QUANTILES,
    threads: int | None = None,
    progress: Progress = None,
) -> ProfilePair: ...
def profile(
    data: object,
    other: object = None,
    *,
    columns: str | Sequence[str] | None = None,
    key: str | Sequence[str] | None = None,
    quantiles: Sequence[float] = QUANTILES,
    threads: int | None = None,
    progress: Progress = None,
) -> ProfileReport | ProfilePair:
    """Every quality statistic of every column, or of `columns`: rows `quality.*` as docs/metrics.md
    defines them, in the column's unit (times in seconds since 1970). Of two frames both profiles,
    side by side.

    `data` as `compare` takes them; `key`: the column or columns that name a row, whose repetitions
    are counted; `quantiles`: shares in [0, 1], exact, by linear interpolation (type 7). SpecError
    where a name is no column; data never raise: a column that can't be read has a status.

    >>> import numpy as np
    >>> profile({"x": np.array([1.0, 2.0, np.nan])}).columns[0].value("missing_share")
    0.3333333333333333
    """
    if other is not None:
        left, right = (
            _profile(side, columns, key, quantiles, threads, progress) for side in (data, other)
        )
        return ProfilePair(left, right)
    return _profile(data, columns, key, quantiles, threads, progress)


def _profile(
    data: object,
    columns: str | Sequence[str] | None,
    key: str | Sequence[str] | None,
    quantiles: Sequence[float],
    threads: int | None,
    progress: Progress,
) -> ProfileReport:
    """The profile of one frame."""
    started = datetime.now(UTC)
    source = opened(data)
    chosen = column_names(columns)
    names = source.names if chosen is None else chosen
    keys = column_names(key) or ()
    _check_columns([*names, *keys], [*source.names, *source.hidden])
    table = as_table(source, columns=list(dict.fromkeys([*names, *keys])))
    every = {
        name: ColumnGroups(name, column, Groups.whole(), threads=threads, gap=table.gaps.get(name))
        for name, column in table.columns.items()
    }
    columns_of = {name: every[name] for name in names if name in every}
    of_columns: list[Decided] = []
    for done, column in enumerate(columns_of.values(), 1):
        of_columns += _statistics(column, quantiles)
        if progress is not None:
            progress(done, len(columns_of))
    values = list(of_quality.table_statistics(columns_of, 1))  # reads what columns have found
    if keys and all(every[name].whole.refused is None for name in keys):
        values += of_quality.key_statistics([every[name] for name in keys])
    values += of_columns
    rows = max((column.whole.rows for column in columns_of.values()), default=0)
    run = Identity(monitor="profile").run(rows, started)
    types = {column_text(name): column.whole.type for name, column in columns_of.items()}
    results = results_of([run], WindowValues({WHOLE: values}, {}), threads=threads, types=types)
    drawn = histograms_of(columns_of.values(), run.run_id)
    return ProfileReport(Results(results, results.runs, drawn), types=types)


def _statistics(column: ColumnGroups, quantiles: Sequence[float]) -> list[Decided]:
    """All of a column's rows, the quantiles at the shares that are asked for."""
    rows = of_quality.column_statistics(column)
    if tuple(quantiles) == QUANTILES:
        return rows
    rest = [row for row in rows if row.metric != "quality.quantile"]
    return rest + of_quality.quantile_statistics(column, quantiles)
