"""`Reference`: what current data are compared with, counted and sorted once, kept in a file."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple, Self

import numpy as np

from simdrift._again import fails_alike
from simdrift._errors import InputError, SpecError
from simdrift._types import Progress
from simdrift.columns import Frame, Refused, Source, Table, as_table, opened
from simdrift.metrics.auto import MethodChoice, table_calls
from simdrift.metrics.columns import ReferenceColumn
from simdrift.metrics.custom import values_of
from simdrift.metrics.decide import Decided
from simdrift.metrics.drift.table.sample import TableSample
from simdrift.metrics.groups import Groups
from simdrift.metrics.plan import DriftPlan
from simdrift.monitoring import state_file
from simdrift.monitoring.curves import curves_of
from simdrift.monitoring.digests import DataDigest
from simdrift.monitoring.identity import Identity
from simdrift.monitoring.model import NOTHING_KNOWN, Known, Model
from simdrift.monitoring.performance_change import changes_of, from_state, to_state
from simdrift.monitoring.report import report_of
from simdrift.monitoring.roles import Roles, check_names, column_names, roles_of, segment_columns
from simdrift.monitoring.segments import Segment, found_segments, segment_tables
from simdrift.monitoring.spec import DEFAULTS_VERSION, Columns, Metrics, Spec
from simdrift.monitoring.state_checks import check_content
from simdrift.monitoring.structure import differences_of, digest_with, schema_of
from simdrift.monitoring.window import (
    WHOLE,
    Limits,
    SegmentData,
    measure_windows,
    split_thresholds,
)
from simdrift.monitoring.worst_in_report import worst_of
from simdrift.reports import Report
from simdrift.results import sealed
from simdrift.results.identity import canonical_json, digest
from simdrift.results.text import counted
from simdrift.schema import Schema

log = logging.getLogger("simdrift")
_SHOWN = 8
"""Names of columns in a repr."""


class Reference:
    """Columns prepared once (sorted, counted), with the methods chosen for each; windows never
    switch. Make one by `fit` or `load`. It keeps the sorted values of every numeric column and
    the counts of every category, not the data.

    >>> import numpy as np
    >>> reference = Reference.fit({"x": np.arange(100.0)})
    >>> reference.compare({"x": np.arange(100.0)}).results.filter(metric="drift.ks")[0].value
    0.0
    """

    def __init__(
        self,
        columns: Mapping[str, ReferenceColumn],
        spec: Spec,
        roles: Roles,
        *,
        segments: Mapping[Segment, Mapping[str, ReferenceColumn]] | None = None,
        sample: TableSample | None = None,
        recorded: Mapping[str, str] | None = None,
        custom: Mapping[str, Mapping[str, float]] | None = None,
        performance: Mapping[str, Sequence[Decided]] | None = None,
        known: Known = NOTHING_KNOWN,
        threads: int | None = None,
    ) -> None:
        self.known = known
        self.performance = {segment: list(own) for segment, own in (performance or {}).items()}
        self.custom = {segment: dict(own) for segment, own in (custom or {}).items()}
        self.columns = dict(columns)
        self.segments = {key: dict(own) for key, own in (segments or {}).items()}
        self.sample = sample
        self.spec = spec
        self.roles = roles
        self.plan, self.limits = plan_of(spec, self.columns, recorded=recorded, threads=threads)
        self._digest: str | None = None
        self._spec_digest = spec.digest

    @classmethod
    def fit(
        cls,
        data: object,
        *,
        spec: Spec | None = None,
        columns: str | Sequence[str] | None = None,
        threads: int | None = None,
    ) -> Self:
        """Prepare a frame (anything that `compare` takes). `spec` gives roles, methods and
        thresholds; without it every column, or those of `columns`, is a feature. SpecError where
        a name is no column, or where both are given; data never raise.

        >>> Reference.fit({"x": [1.0, 2.0, None], "c": ["a", "b", "a"]}, columns=["x"]).rows
        3
        """
        if spec is not None and columns is not None:
            raise SpecError("columns: expected them or a spec, found both: name them in the spec")
        spec = spec or spec_without_time(columns)
        later = () if spec.columns.target is None else (spec.columns.target,)
        source = opened(data)
        check_names(spec, [*source.names, *source.hidden, *later])
        table = as_table(source, columns=needed(spec, source))
        return cls.of_table(table, spec, threads=threads)

    @classmethod
    def of_table(cls, table: Table, spec: Spec, *, threads: int | None = None) -> Self:
        """Prepare the columns of a table."""
        roles = roles_of(spec.columns, table.names, spec.methods)
        found = found_segments(table, spec.segments, threads)
        tables = segment_tables(table, found, roles.with_weight(roles.watched), threads)
        segments = {key: prepared(tables[key.text], roles, threads) for key in found}
        sample = None
        if table_calls(spec.methods):
            sample = TableSample.of(references(table, roles, threads))
        columns = prepared(table, roles, threads)
        wanted = spec.metrics.custom
        custom = {WHOLE: values_of(table, wanted)} if wanted else {}
        custom |= {key.text: values_of(tables[key.text], wanted) for key in found if wanted}
        parts = {WHOLE: table, **{key.text: tables[key.text] for key in found}}
        scores, known = {}, NOTHING_KNOWN
        for name, part in parts.items():
            scores[name], known = scores_of(part, roles, spec, threads, known)
        return cls(
            columns,
            spec,
            roles,
            segments=segments,
            sample=sample,
            custom=custom,
            performance={name: own for name, own in scores.items() if own},
            known=known,
            threads=threads,
        )

    def __repr__(self) -> str:
        shown = ", ".join(list(self.columns)[:_SHOWN])
        more = f" and {len(self.columns) - _SHOWN} more" if len(self.columns) > _SHOWN else ""
        return (
            f"Reference({counted(self.rows, 'row')}, {counted(len(self.columns), 'column')}: "
            f"{shown}{more})"
        )

    @property
    def rows(self) -> int:
        """Rows of the reference."""
        return max((column.rows for column in self.columns.values()), default=0)

    @property
    def digest(self) -> str:
        """SHA-256 of everything a comparison depends on: the same after `load`, and for the same
        rows in another library (so without the names of its types)."""
        if self._digest is None:
            content, arrays = self._state()
            content.pop("model", None)  # which the columns and the scores say
            for entry in content["columns"]:
                del entry["type"]
            parts: list[Any] = [canonical_json(content)]
            for name, array in arrays.items():
                parts += [name, array.dtype.str, array.tobytes()]
            self._digest = digest(parts)
        return self._digest

    def compare(
        self,
        batch: object,
        *,
        schema: Schema | str | os.PathLike[str] | None = None,
        threads: int | None = None,
        progress: Progress = None,
    ) -> Report:
        """The batch (as `compare` takes one) against this reference; only the batch is read.
        A column that it lacks, or has as another type, is a status. `schema`: a `Schema` or its
        file (default: that of the spec); each difference of the batch alerts.

        >>> reference = Reference.fit({"x": [1.0, 2.0, 3.0]})
        >>> reference.compare({"y": [1.0]}).results.filter(column="x")[0].status
        'missing_column'
        """
        started = datetime.now(UTC)
        source = opened(batch, argument="batch")
        watched = [*self.roles.with_weight(self.roles.watched), *segment_columns(self.spec)]
        there = [*source.names, *source.hidden]
        wanted = source.names if self.spec.metrics.custom else dict.fromkeys(watched)
        table = as_table(source, argument="batch", columns=[n for n in wanted if n in there])
        self.roles.row_weights(table)  # refused before anything is computed
        expected = schema_of(self.spec.schema if schema is None else schema, None)
        structure = differences_of(expected, as_table(source) if expected is not None else table)
        plan = replace(self.plan, threads=threads)
        values = measure_windows(
            [
                SegmentData(
                    WHOLE,
                    self.columns,
                    table,
                    Groups.whole(),
                    self.sample,
                    self.custom_of(WHOLE),
                    performance=self.performance_of(WHOLE),
                    known=self.known,
                ),
                *self.segment_data(table, threads),
            ],
            self.roles,
            self.spec.metrics,
            plan,
            self.limits,
            progress,
        )
        values.rows[WHOLE] += structure
        identity = Identity.of(
            self.spec,
            digest_with(self._spec_digest, expected),
            DataDigest(threads)(table),
            self.digest,
        )
        types = types_of(self.columns, table, self.roles)
        return report_of(
            values,
            identity,
            self.roles,
            types,
            rows_of(table, self.roles),
            started,
            threads,
            performance=changes_of(values.rows[WHOLE], self.performance_of(WHOLE)),
            curves=lambda: curves_of(table, None, self.roles, threads),
            worst=lambda: worst_of(table, self.spec.columns, self.roles, threads),
            reference_types={name: column.type for name, column in self.columns.items()},
        )

    def segment_data(self, table: Table, threads: int | None) -> list[SegmentData]:
        """The segments of a batch's rows, each with the reference's own."""
        names = self.roles.with_weight(self.roles.watched)
        tables = segment_tables(table, list(self.segments), names, threads)
        return [
            SegmentData(
                key.text,
                own,
                tables[key.text],
                Groups.whole(),
                custom=self.custom_of(key.text),
                own=key.columns,
                performance=self.performance_of(key.text),
                known=self.known,
            )
            for key, own in self.segments.items()
        ]

    def custom_of(self, segment: str) -> Mapping[str, float]:
        """The reference's values of the user's own metrics."""
        return self.custom.get(segment, {})

    def performance_of(self, segment: str) -> Sequence[Decided]:
        """The model's performance on the reference's rows."""
        return self.performance.get(segment, ())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to a file that `load` reads: versioned, with a checksum, whole or not at all.
        InputError names the path where it can't be written.

        >>> Reference.fit({"x": [1.0, 2.0]}).save("x.reference")
        >>> Reference.load("x.reference").rows
        2
        """
        content, arrays = self._state()
        state_file.write(path, content, arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, threads: int | None = None) -> Self:
        """The reference that `save` wrote; InputError where the file is anything else."""
        content, arrays = state_file.read(path)
        if content.get("what") != "reference":
            raise InputError(f"{path}: expected a reference, found {content.get('what')!r}")
        work = partial(cls._of_content, content, arrays, threads)
        try:
            return work()
        except MemoryError:
            raise
        except Exception as error:  # whatever a content breaks that no check has foreseen
            if not fails_alike(work, error):
                raise  # it came from a timer or another thread, not from the file
            raise sealed.odd(state_file.FORMAT, str(path), error) from error

    @classmethod
    def _of_content(
        cls, content: Mapping[str, Any], arrays: Mapping[str, Any], threads: int | None
    ) -> Self:
        check_content(content, arrays)
        columns: dict[str, ReferenceColumn] = {}
        listed = content.get("segments", ())
        segments = {_segment(pairs): dict[str, ReferenceColumn]() for pairs in listed}
        groups = [columns, *segments.values()]
        for number, entry in enumerate(content["columns"]):
            column = ReferenceColumn.from_state(_whole(entry, str(number), arrays), threads=threads)
            groups[entry.get("group", 0)][column.name] = column
        spec = Spec(**json.loads(content["spec"]))
        roles = roles_of(spec.columns, content["names"], spec.methods)
        recorded = _recorded(content["methods"], content.get("defaults", 1))
        sample = None
        if "sample" in content:
            sample = TableSample.from_state(_whole(content["sample"], "sample", arrays))
        return cls(
            columns,
            spec,
            roles,
            segments=segments,
            sample=sample,
            recorded=recorded,
            custom=content.get("custom"),
            performance={
                segment: from_state(rows) for segment, rows in content.get("scores", {}).items()
            },
            known=_known(content.get("model")),
            threads=threads,
        )

    def _state(self) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
        """Content and arrays of the file."""
        arrays: dict[str, np.ndarray[Any, Any]] = {}
        columns = []
        groups = [self.columns, *self.segments.values()]
        held = [(group, column) for group, own in enumerate(groups) for column in own.values()]
        for number, (group, column) in enumerate(held):
            columns.append({**_parted(column.to_state(), str(number), arrays), "group": group})
        content: dict[str, Any] = {
            "what": "reference",
            "columns": columns,
            "segments": [list(map(list, key)) for key in self.segments],
            "names": list(self._names()),
            "methods": self.plan.record(),
            "defaults": DEFAULTS_VERSION,
            "spec": self.spec.model_dump_json(exclude=_NOT_KEPT),
        }
        if self.custom:
            content["custom"] = self.custom
        if self.performance:
            content["scores"] = {name: to_state(own) for name, own in self.performance.items()}
            content["model"] = {"task": self.known.task, "labels": self.known.labels}
        if self.sample is not None:
            content["sample"] = _parted(self.sample.to_state(), "sample", arrays)
        return content, arrays

    def _names(self) -> Iterable[str]:
        """Names from which the roles come out the same again."""
        return dict.fromkeys([*self.columns, *self.roles.watched])


def _known(state: Mapping[str, Any] | None) -> Known:
    """What a file says of the model; nothing of one that is older."""
    labels = None if state is None else state["labels"]
    return Known(None if state is None else state["task"], labels and tuple(labels))


_NOT_KEPT: Any = {
    **dict.fromkeys(("store", "threads", "data", "schema"), True),
    "metrics": {"pipelines"},
}
"""Of a spec, what a reference does not depend on."""


def _is_weighted(spec: Spec) -> bool:
    columns = spec.columns
    return (columns.weight, columns.cluster, columns.block) != (None, None, None)


def references(table: Table, roles: Roles, threads: int | None) -> dict[str, ReferenceColumn]:
    """The compared columns of a reference that are there, with the rows' weights."""
    weights = roles.row_weights(table)
    return {
        name: ReferenceColumn(name, column, weights, kind=roles.kinds.get(name), threads=threads)
        for name, column in table.among(roles.compared).whole.items()
    }


def needed(spec: Spec, source: Source | Table | Frame, *more: str) -> list[str]:
    """Those of the source's columns that a spec reads, and `more`; a metric of the user's own may
    read any."""
    if spec.metrics.custom or spec.schema or spec.checks:
        return list(source.names)
    roles = roles_of(spec.columns, [*dict.fromkeys([*source.names, *more])], spec.methods)
    wanted = {*roles.with_weight(roles.watched), roles.timestamp, *segment_columns(spec), *more}
    wanted |= {spec.columns.key, spec.columns.cluster}
    return [name for name in (*source.names, *sorted(source.hidden)) if name in wanted]


class Scored(NamedTuple):
    """The model's performance and gaps on a reference's rows, and what it says of the model."""

    rows: list[Decided]
    known: Known


def scores_of(
    table: Table, roles: Roles, spec: Spec, threads: int | None, known: Known = NOTHING_KNOWN
) -> Scored:
    """The model's performance on a reference's rows; `known` of a segment: what all rows say."""
    model = Model(table, Groups.whole(), roles, threads, known)
    rows = model.performance(spec.metrics.performance) + model.fairness()
    return Scored(rows, known if known != NOTHING_KNOWN else model.known)


def types_of(
    reference: Mapping[str, ReferenceColumn], table: Table, roles: Roles
) -> dict[str, str]:
    """The type of each column, as reports name it: the current one's where both have it."""
    types = {name: column.type for name, column in reference.items()}
    return types | table.among(roles.watched).types


def rows_of(table: Table, roles: Roles) -> int:
    """The table's rows; 0 where it has none of the watched columns."""
    return table.length if table.among(roles.watched).columns else 0


def _parted(state: Mapping[str, Any], name: str, arrays: dict[str, Any]) -> dict[str, Any]:
    """What of a state is no array, with the names of its arrays, which go to `arrays`."""
    own = {key: value for key, value in state.items() if isinstance(value, np.ndarray)}
    arrays |= {f"{name}.{key}": array for key, array in own.items()}
    return {**{k: v for k, v in state.items() if k not in own}, "arrays": list(own)}


def _whole(entry: Mapping[str, Any], name: str, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """The state that `_parted` took apart."""
    return {**entry, **{key: arrays[f"{name}.{key}"] for key in entry["arrays"]}}


def _segment(pairs: Sequence[Sequence[str]]) -> Segment:
    columns, values = pairs
    return Segment(tuple(columns), tuple(values))


def spec_without_time(columns: str | Sequence[str] | None) -> Spec:
    """Every column (or these) as a feature of one window."""
    names = column_names(columns)
    features = "auto" if names is None else names
    return Spec(
        monitor="compare", window="all", columns=Columns(features=features), metrics=Metrics()
    )


def prepared(table: Table, roles: Roles, threads: int | None) -> dict[str, ReferenceColumn]:
    """The compared columns that are there, sorted and counted."""
    columns = references(table, roles, threads)
    return {name: _prepared(column) for name, column in columns.items()}


def _prepared(column: ReferenceColumn) -> ReferenceColumn:
    """The column, prepared; where that fails unexpectedly, one refused with the status 'error'.
    MemoryError is raised: a reference may be saved, and another try may succeed."""
    try:
        return column.prepare()
    except MemoryError:
        raise
    except Exception as error:
        log.exception("reference column %r failed", column.name)
        why = f"{type(error).__name__}: {error}"
        return ReferenceColumn(column.name, Refused(column.name, column.type, "error", why))


def _recorded(methods: Mapping[str, str], defaults: int) -> dict[str, str]:
    """The methods of a file, by today's defaults: version 1 divided W1 by std(x)."""
    if defaults > 1:
        return dict(methods)
    return {name: MethodChoice.restore(text).of_first().record() for name, text in methods.items()}


def plan_of(
    spec: Spec,
    columns: Mapping[str, ReferenceColumn],
    *,
    recorded: Mapping[str, str] | None = None,
    threads: int | None = None,
    weighted: bool | None = None,
) -> tuple[DriftPlan, Limits]:
    """The drift plan of a spec, and the limits that other metrics are compared with. `weighted`:
    whether rows have weights, where the spec alone doesn't say."""
    drift, limits = split_thresholds(spec.thresholds)
    try:
        plan = DriftPlan.make(
            columns,
            methods=spec.methods,
            recorded=recorded,
            thresholds=drift,
            correction=spec.correction,
            alpha=spec.alpha,
            bins=spec.bins,
            drift_share=spec.drift_share,
            threads=threads or spec.threads,
            convention=spec.convention,
            weighted=_is_weighted(spec) if weighted is None else weighted,
        )
    except ValueError as error:  # a column or kind that does not exist
        raise SpecError(str(error)) from None
    return plan, limits
