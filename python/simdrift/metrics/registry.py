"""The table of metrics: a record (`simdrift.catalogue.metric.Metric`) in the decorator of the
function that measures it. One decorated function on a `ColumnPair` adds one drift method, to
`compare`, `monitor` and, with its typed function in the same file, to `simdrift.drift`."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

from simdrift.catalogue.metric import Metric, Reads, Rule
from simdrift.metrics.evaluate import evaluated
from simdrift.metrics.values import ALL_NULL, NOT_APPLICABLE, Outcome

if TYPE_CHECKING:
    from simdrift.metrics.drift.table.sample import TablePair
    from simdrift.metrics.pair import ColumnPair

F = TypeVar("F", bound=Callable[..., Any])
Function = Callable[..., Any]
Check = Callable[[Any], Any]


class DriftMethod(NamedTuple):
    """One drift method: what is known of it, and the function `(pair, **params) -> Outcome`."""

    record: Metric
    function: Function
    name: str
    """Within the family: 'psi'."""
    kinds: frozenset[str]
    params: Mapping[str, Check]
    """What checks each parameter, by its name."""

    @classmethod
    def of(cls, record: Metric, function: Function) -> Self:
        """With what is read of the record at each call."""
        return cls(record, function, record.short, frozenset(record.kinds), record.checks)

    @property
    def metric(self) -> str:
        """Whole name: 'drift.psi'."""
        return self.record.name

    @property
    def rule(self) -> Rule:
        return self.record.rule

    @property
    def threshold(self) -> float | None:
        return self.record.threshold

    @property
    def needs_values(self) -> bool:
        return self.record.needs_values

    @property
    def reads(self) -> Reads | None:
        return self.record.reads

    @property
    def weights(self) -> bool:
        return self.record.weights


_RECORDS: dict[str, Metric] = {}
_FUNCTIONS: dict[Function, tuple[Metric, ...]] = {}
_BY_NAME: dict[str, Function] = {}
_TABLE: dict[str, DriftMethod] = {}


def measures(*records: Metric) -> Callable[[F], F]:
    """Registers a function with the records of what it measures. Several metrics that come from
    one pass have one function, and one metric has several where kinds of column differ.
    ValueError where a name has two records."""

    def register(function: F) -> F:
        for record in records:
            if _RECORDS.setdefault(record.name, record) is not record:
                raise ValueError(f"{record.name}: expected one record, found a second")
            _BY_NAME[record.name] = function
        _FUNCTIONS[function] = records
        return function

    return register


def replace(record: Metric) -> None:
    """Takes a user's record; a second one of the same name, of a notebook's cell that was run
    again, replaces the first."""
    _RECORDS[record.name] = record


def records(family: str | None = None) -> tuple[Metric, ...]:
    """Every record, or those of a family, in the order of lists.

    >>> [record.short for record in records("performance")][:3]
    ['mean_error', 'mae', 'rmse']
    """
    found = (one for one in _RECORDS.values() if family in (None, one.family))
    return tuple(sorted(found, key=lambda one: one.place))


def record(name: str) -> Metric | None:
    """The record of that whole name; None for a metric that another writer stored.

    >>> record("drift.psi").title
    'PSI'
    """
    return _RECORDS.get(name)


def records_of(function: Function) -> tuple[Metric, ...]:
    """The records of what a registered function measures."""
    return _FUNCTIONS[function]


def function_of(name: str) -> Function:
    """The registered function of a metric that has a single one, by its whole name."""
    return _BY_NAME[name]


def functions(family: str) -> dict[Function, tuple[Metric, ...]]:
    """The registered functions of a family with the records of what they measure, in the order
    in which they are written."""
    prefix = f"{family}."
    return {f: found for f, found in _FUNCTIONS.items() if found[0].name.startswith(prefix)}


def drift_method(record: Metric) -> Callable[[F], F]:
    """Registers a function `(pair, **params) -> Outcome` as a drift method. ValueError where the
    method has a function, or the function's parameters are not the record's."""

    def register(function: F) -> F:
        if record.short in _TABLE:
            raise ValueError(f"{record.name}: expected one function, found a second")
        _check_signature(record, function)
        _TABLE[record.short] = DriftMethod.of(record, function)
        return measures(record)(function)

    return register


def _check_signature(record: Metric, function: Function) -> None:
    """ValueError where the function's keywords are not the record's parameters and defaults."""
    keywords = {
        p.name: p.default
        for p in inspect.signature(function).parameters.values()
        if p.kind is p.KEYWORD_ONLY
    }
    if keywords != dict(record.defaults):
        raise ValueError(
            f"{record.name}: expected a function with the record's parameters "
            f"{dict(record.defaults)}, found {keywords}"
        )


def methods(kind: str | None = None) -> tuple[str, ...]:
    """Names of the methods that apply to a kind of column; all without one.

    >>> methods("table")
    ('correlation', 'domain_classifier', 'mmd', 'pca_reconstruction')
    """
    return tuple(sorted(n for n, m in _TABLE.items() if kind is None or kind in m.kinds))


def method(name: str) -> DriftMethod:
    """The method of that name ('ks' or 'drift.ks'); ValueError lists what exists."""
    if not isinstance(name, str):
        raise TypeError(f"method: expected a name (str), found {type(name).__name__}")
    found = _TABLE.get(name.removeprefix("drift."))
    if found is None:
        raise ValueError(unknown("drift method", name, _TABLE))
    return found


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Message for a name that does not exist: what does, close matches first."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    rest = [n for n in names if n not in close]
    return f"{what}: found {name!r}, expected one of {', '.join(close + rest)}"


def checked_params(spec: DriftMethod, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters, each checked; ValueError for one that the method does not have."""
    if not params:
        return {}
    for name in params:
        if name not in spec.params:
            known = spec.params or {"(none)"}
            raise ValueError(unknown(f"parameter of {spec.metric}", name, known))
    return {name: spec.params[name](value) for name, value in params.items()}


def check_weighted(spec: DriftMethod, params: Mapping[str, Any]) -> None:
    """ValueError where the method, or what is asked of it, has no meaning for weighted rows."""
    if not spec.weights:
        same = [m for m in _TABLE.values() if set(spec.kinds) & set(m.kinds)]
        known = ", ".join(sorted(m.name for m in same if m.weights))
        raise ValueError(f"weights: {spec.metric} counts rows and takes none; these do: {known}")
    if params.get("method") == "exact":
        raise ValueError(
            f"weights: {spec.metric} has no exact p-value of weighted rows: expected method "
            "'auto' or 'asymp'"
        )


def evaluate(spec: DriftMethod, pair: ColumnPair | TablePair, params: dict[str, Any]) -> Outcome:
    """The method on the pair: a value or a status, whatever the data."""
    return evaluated(spec.metric, pair.name, lambda: _outcome(spec, pair, params))


def _outcome(spec: DriftMethod, pair: ColumnPair | TablePair, params: dict[str, Any]) -> Outcome:
    status = pair.status if spec.needs_values else pair.shape_status
    if status is None and pair.kind not in spec.kinds:
        status = ALL_NULL if pair.kind == "null" else NOT_APPLICABLE
    if status is None:
        return pair.with_row_counts(spec.function(pair, **params))
    return Outcome(
        None,
        status,
        n_reference=pair.reference.rows,
        n_current=pair.current.rows,
        reason=pair.reason(spec.kinds, status),
    )
