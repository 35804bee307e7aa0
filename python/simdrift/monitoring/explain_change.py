"""`explain_change`: which columns and segments stand behind a change of performance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from simdrift._core import Column
from simdrift._errors import SpecError
from simdrift.columns import Table, as_table
from simdrift.metrics.attribution.change import Change, decomposed
from simdrift.metrics.checks import checked_threads
from simdrift.metrics.listing import Listing
from simdrift.metrics.performance.predictions import Lacking
from simdrift.metrics.row_losses import RowLosses
from simdrift.metrics.segment_codes import cutter
from simdrift.metrics.segments_search import CodedColumn, Values
from simdrift.monitoring.model_columns import ModelColumns
from simdrift.monitoring.roles import column_names, no_column
from simdrift.monitoring.spec import Columns
from simdrift.monitoring.worst_segments import BINS, row_losses, row_weights


class ColumnChange(NamedTuple):
    """How much of a change one column accounts for: `mix`, that its values became more or less
    frequent; `rate`, what is left within its values. The segment with the largest part, and that
    part."""

    column: str
    mix: float
    rate: float
    segment: str
    part: float


class ExplainedChange(Listing[ColumnChange]):
    """Columns, the largest |mix| first: a change of the mix says that the data changed there, and
    not the model. `total` is the metric now less before, and mix + rate of every column.
    `segments[column]` has the segments of one column; `skipped` why one was left out."""

    def __init__(
        self,
        metric: str,
        segments: Mapping[str, Change],
        skipped: Mapping[str, str],
        status: str = "ok",
        reason: str = "",
    ) -> None:
        self.metric, self.segments, self.skipped = metric, dict(segments), dict(skipped)
        self.status, self.reason = status, reason
        first = next(iter(segments.values()), None)
        self.total = None if first is None else first.total
        self.reference = None if first is None else first.reference
        self.current = None if first is None else first.current
        self.p_value = None if first is None else first.p_value
        self.ci_low = None if first is None else first.ci_low
        self.ci_high = None if first is None else first.ci_high
        rows = [_row(name, found) for name, found in segments.items() if len(found)]
        rows.sort(key=lambda one: -abs(one.mix))
        super().__init__(ColumnChange, rows, self._head())

    def _head(self) -> str:
        if self.total is None:
            return f"{self.metric}: {self.reason or self.status}"
        return f"{self.metric}: {self.reference:.4g} -> {self.current:.4g} ({self.total:+.4g})"

    def __repr__(self) -> str:
        return f"ExplainedChange({self.title}, columns: {len(self)})"


def _row(name: str, found: Change) -> ColumnChange:
    worst = found[0]
    mix, rate = float(found.mix or 0.0), float(found.rate or 0.0)
    return ColumnChange(name, mix, rate, worst.segment, worst.mix + worst.rate)


def explain_change(
    reference: object,
    current: object,
    roles: Columns | Mapping[str, Any] | None = None,
    *,
    metric: str,
    columns: str | Sequence[str] | None = None,
    bins: int = BINS,
    threads: int | None = None,
) -> ExplainedChange:
    """A change of performance between two frames in mix and rate, by the values of each column.

    `metric`: one that is a mean over rows, as in `worst_segments`, but not 'rmse' ('mse' is one).
    `roles`, `columns`, `bins` as there; numbers are cut at the reference's quantiles. For every
    column, and over its segments, mix + rate is the whole change.
    SpecError for an argument that can't be used; data never raise.

    >>> import numpy as np
    >>> y = np.zeros(1000)
    >>> def frame(a, b):
    ...     zone, p = np.repeat(["a", "b"], [a, b]), np.repeat([1.0, 5.0], [a, b])
    ...     return {"zone": zone, "y": y, "p": p}
    >>> before, now = frame(900, 100), frame(500, 500)
    >>> found = explain_change(before, now, {"target": "y", "prediction": "p"}, metric="mae")
    >>> round(found.total, 3), found[0].column, round(found[0].mix, 3)
    (1.6, 'zone', 1.6)
    """
    checked_threads(threads)
    if isinstance(bins, bool) or not isinstance(bins, int) or bins < 2:
        raise SpecError(f"bins: expected an int >= 2, found {bins!r}")
    if metric.removeprefix("performance.") == "rmse":
        raise SpecError("metric: expected a mean over rows, found 'rmse': take 'mse'")
    tables = as_table(reference, argument="reference"), as_table(current, argument="current")
    asked = column_names(columns)
    for one in asked or ():
        for table in tables:
            if one not in table.names:
                raise SpecError(f"columns: {no_column(one, table.names)}")
    sides = []
    for table in tables:
        own = ModelColumns.of(roles, table.names)
        name, losses = row_losses(metric, table, own, threads)
        if isinstance(losses, Lacking):
            return ExplainedChange(name, {}, {}, losses.status, losses.reason)
        sides.append((own, losses, table))
    before, now = (_values(*side) for side in sides)
    features = [one for one in sides[0][0].features if one in sides[1][0].features]
    coded, skipped = _coded(tables, asked or features, bins, sides[0][0].categorical, threads)
    found = {name: decomposed(before, now, *own, threads) for name, own in coded.items()}
    lost = next((one.status for one in found.values() if one.status != "ok"), "ok")
    return ExplainedChange(metric, found, skipped, lost)


def _values(own: ModelColumns, losses: RowLosses, table: Table) -> Values:
    return Values.of(losses.values, row_weights(losses, table, own))


def _coded(
    tables: tuple[Table, Table],
    names: Sequence[str],
    bins: int,
    categorical: frozenset[str],
    threads: int | None,
) -> tuple[dict[str, tuple[CodedColumn, CodedColumn]], dict[str, str]]:
    """Both sides of each column in the same codes, and why others are not."""
    coded: dict[str, tuple[CodedColumn, CodedColumn]] = {}
    skipped: dict[str, str] = {}
    for name in names:
        before, now = (table.columns[name] for table in tables)
        if not isinstance(before, Column) or not isinstance(now, Column):
            skipped[name] = "it can't be read"
        elif before.value_kind != now.value_kind:
            skipped[name] = f"its type is {now.type}, and {before.type} in the reference"
        else:
            cut = cutter(name, before, bins, name in categorical, threads)
            if cut is None:
                skipped[name] = "it has no value, or too many categories"
            else:
                coded[name] = cut(before), cut(now)
    return coded, skipped
