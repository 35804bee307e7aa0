"""Metrics of your own: a function of a window's rows, run by window and segment like ours.

The function gets the rows of one group as arrays by column name (numbers as float64 with NaN where
missing, times as datetime64, texts as objects with None) and returns a number, or None where
there is none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from simdrift._core import Column
from simdrift.catalogue.metric import FAMILIES, Better, Bounds, Metric
from simdrift.columns import Table
from simdrift.metrics import registry
from simdrift.metrics.decide import Decided
from simdrift.metrics.evaluate import attempt
from simdrift.metrics.groups import Groups
from simdrift.metrics.names import ColumnKey
from simdrift.metrics.outcomes import Outcomes
from simdrift.metrics.values import (
    DEGENERATE,
    EMPTY,
    ERROR,
    MISSING_COLUMN,
    NOT_APPLICABLE,
    Outcome,
    cleaned,
)

Function = TypeVar("Function", bound=Callable[..., Any])


class Custom(NamedTuple):
    """A registered metric: its record, its function, and when it alerts."""

    record: Metric
    function: Callable[[Mapping[str, NDArray[Any]]], float | None]
    limit: float | None
    change: float | None


_CUSTOM: dict[str, Custom] = {}
_NAME = re.compile(r"[A-Za-z]\w*\.[A-Za-z]\w*")


def metric(
    name: str,
    *,
    title: str = "",
    unit: str = "",
    better: Better = "",
    bounds: Bounds = (None, None),
    formula: str = "",
    limit: float | None = None,
    change: float | None = None,
) -> Callable[[Function], Function]:
    """Register a function `(rows) -> float | None` as a metric: a spec that names it in
    `metrics.custom` computes it for every window and segment, and it is stored and shown as ours
    are.

    `name`: a family of your own, a dot, a name: 'custom.margin'. `better`: 'higher', 'lower',
    'zero' or ''. It alerts where the value is worse than `limit` (or the spec's threshold of that
    name), or worse than the reference's value by more than `change`, in the metric's unit; without
    a direction, where its size, or the size of its change, is larger. ValueError for a name that
    can't be used. Registering a name again replaces it.

    >>> import numpy as np
    >>> @metric("custom.margin", unit="EUR", better="higher", limit=1.0)
    ... def margin(rows):
    ...     return float(np.mean(rows["price"] - rows["cost"]))
    >>> from simdrift import Columns, Metrics, ReferenceSpec, Spec, monitor
    >>> t = np.datetime64("2024-01-01T00", "s") + np.arange(48).astype("timedelta64[h]")
    >>> spec = Spec(monitor="shop", columns=Columns(timestamp="t"), reference="previous",
    ...             metrics=Metrics(custom=["custom.margin"]))
    >>> price = np.repeat([5.0, 3.5], 24)
    >>> data = {"t": t, "price": price, "cost": np.full(48, 3.0)}
    >>> [(r.value, r.alert) for r in monitor(spec, data).filter(metric="custom.margin")]
    [(2.0, False), (0.5, True)]
    """
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise ValueError(
            f"metric: expected a name like 'custom.margin' of letters, digits and _, found {name!r}"
        )
    family = name.partition(".")[0]
    if family in FAMILIES:
        raise ValueError(f"metric: expected a family of your own, found {family!r} in {name!r}")
    _check_number("limit", limit)
    _check_number("change", change, least=0.0)
    record = Metric(
        name=name,
        title=title or name.partition(".")[2].replace("_", " "),
        group="custom",
        formula=formula or "as its function says",
        unit=unit,
        better=better,
        bounds=bounds,
        kinds=("table",),
        needs_values=False,
        weights=False,
        watched=True,
    )

    def register(function: Function) -> Function:
        if not callable(function):
            raise TypeError(f"{name}: expected a function of the rows, found {function!r}")
        registry.replace(record)
        _CUSTOM[name] = Custom(record, function, limit, change)
        return function

    return register


def _check_number(argument: str, value: object, least: float = -math.inf) -> None:
    """TypeError or ValueError for what is neither None nor a finite number of at least `least`."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{argument}: expected a number, found {value!r}")
    if not math.isfinite(value) or value < least:
        bound = f" of at least {least:g}" if least > -math.inf else ""
        raise ValueError(f"{argument}: expected a finite number{bound}, found {value!r}")


def names() -> tuple[str, ...]:
    """The metrics that are registered."""
    return tuple(_CUSTOM)


class Rows(Mapping[str, NDArray[Any]]):
    """The rows of one group by column; a column becomes an array when it is asked for."""

    def __init__(self, table: Table, first: int, stop: int | None) -> None:
        self._columns, self._length = table.computed, table.length
        self._first, self._stop = first, stop

    def __getitem__(self, name: str) -> NDArray[Any]:
        column = self._columns[name]
        stop = len(column) if self._stop is None else self._stop
        return _array(column.slice(self._first, stop))

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    @property
    def rows(self) -> int:
        """How many rows the group has."""
        if self._stop is not None:
            return self._stop - self._first
        return self._length


def _array(column: Column) -> NDArray[Any]:
    if column.value_kind == "text":
        return np.array(column.to_text(), object)
    if column.value_kind == "temporal":
        values, valid = column.to_int64()
        kind = "timedelta64" if column.type.startswith("duration") else "datetime64"
        unit = "D" if "date32" in column.type else column.unit or "ms"
        times = values.astype(np.int64).view(f"{kind}[{unit}]").copy()
        times[~valid] = np.array("NaT", times.dtype)
        return times
    return column.to_float64()


def value_of(name: str, rows: Rows, *, logged: bool = True) -> Outcome:
    """One registered metric of one group: a finite value or a status. An exception is logged
    unless not `logged`."""
    if rows.rows == 0:
        return Outcome(None, EMPTY)

    def compute() -> Outcome:
        try:
            value = _CUSTOM[name].function(rows)
        except KeyError as error:
            if error.args and error.args[0] not in rows:
                return Outcome(None, MISSING_COLUMN, reason=f"no column {error.args[0]!r}")
            raise
        if value is None:
            return Outcome(None, NOT_APPLICABLE)
        value = float(value)
        return Outcome(None, DEGENERATE) if value != value else cleaned(Outcome(value))

    return attempt(name, "", compute, logged=logged)


def values_of(table: Table, wanted: Sequence[str]) -> dict[str, float]:
    """The values of a whole table, of those that have one: what windows are compared with."""
    found = {name: value_of(name, Rows(table, 0, None)).value for name in wanted}
    return {name: value for name, value in found.items() if value is not None}


def rows_of(
    table: Table,
    groups: Groups,
    wanted: Sequence[str],
    reference: Mapping[str, float],
    limits: Mapping[tuple[ColumnKey, str], float],
) -> list[Decided]:
    """The wanted metrics of each group, compared with limits and the reference's values."""
    if not wanted:
        return []
    stops = [None] if groups.stops is None else groups.stops.tolist()
    parts = [Rows(table, *bounds) for bounds in zip(groups.starts.tolist(), stops, strict=True)]
    sizes = np.array([part.rows for part in parts], np.int64)
    decided = []
    for name in wanted:
        outcomes = Outcomes.stacked(_values(name, parts))
        outcomes.n_current = sizes
        decided.append(_decided(_CUSTOM[name], outcomes, reference.get(name), limits))
    return decided


def _values(name: str, parts: Sequence[Rows]) -> list[Outcome]:
    """One metric of each group; of exceptions, the first is logged."""
    found: list[Outcome] = []
    failed = False
    for part in parts:
        found.append(value_of(name, part, logged=not failed))
        failed = failed or found[-1].status == ERROR
    return found


def _decided(
    custom: Custom,
    outcomes: Outcomes,
    reference: float | None,
    limits: Mapping[tuple[ColumnKey, str], float],
) -> Decided:
    name, better = custom.record.name, custom.record.better
    limit = limits.get((None, name), custom.limit)
    worse = np.zeros(len(outcomes), bool)
    if limit is not None:
        worse |= beyond(outcomes.value, limit, better)
    if reference is not None:
        outcomes.effect_size = outcomes.value - reference
        if custom.change is not None:
            allowed = -custom.change if better == "higher" else custom.change
            worse |= beyond(outcomes.effect_size, allowed, better)
            if limit is None:
                limit = reference + allowed
    if limit is None:
        return Decided(None, name, "", outcomes)
    alert = np.where(np.isnan(outcomes.value), -1, worse).astype(np.int8)
    return Decided(None, name, "", outcomes, threshold=limit, alert=alert)


def beyond(values: NDArray[np.float64], limit: float, better: str) -> NDArray[np.bool_]:
    """Where values are worse than a limit: below it where higher is better, above it where lower
    is, of a larger size where 0 is best."""
    if better == "higher":
        return np.asarray(values < limit)
    if better == "zero":
        return np.asarray(np.abs(values) > limit)
    return np.asarray(values > limit)
