"""The table of drift methods: one decorated function on a `ColumnPair` adds one method, to
`compare`, `monitor` and, with its typed face beside it, to `simdrift.drift`."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from simdrift.metrics.values import ALL_NULL, ERROR, NOT_APPLICABLE, Outcome, cleaned

if TYPE_CHECKING:
    from simdrift.metrics.drift.table.sample import TablePair
    from simdrift.metrics.pair import ColumnPair

Rule = Literal["test", "distance"]
Reads = Literal["ks", "wasserstein", "ranks"]
Function = Callable[..., Outcome]
Check = Callable[[Any], Any]
log = logging.getLogger("simdrift")


class DriftMethod(NamedTuple):
    """One drift method. Rule 'test': alert where the q-value is at most alpha; 'distance':
    where the absolute value exceeds the practical threshold and chance."""

    name: str
    function: Function
    kinds: frozenset[str]
    rule: Rule
    threshold: float | None
    params: Mapping[str, Check]
    needs_values: bool
    reads: Reads | None
    weights: bool = True

    @property
    def metric(self) -> str:
        return f"drift.{self.name}"


_TABLE: dict[str, DriftMethod] = {}


def drift_method(
    name: str,
    *,
    kinds: Iterable[str],
    rule: Rule,
    threshold: float | None = None,
    params: Mapping[str, Check] | None = None,
    needs_values: bool = True,
    reads: Reads | None = None,
    weights: bool = True,
) -> Callable[[Function], Function]:
    """Registers a function `(pair, **params) -> Outcome`. `params` maps a name to what checks
    its value: returns it as the function takes it, or raises TypeError or ValueError. With
    `needs_values` the function is called only where both sides have a row that is not missing
    (which costs a pass that a function with a status of its own can spare). `reads`: the pass
    over both samples that it shares with others. `weights`: whether it has a meaning for rows
    with weights."""

    def register(function: Function) -> Function:
        _TABLE[name] = DriftMethod(
            name,
            function,
            frozenset(kinds),
            rule,
            threshold,
            params or {},
            needs_values,
            reads,
            weights,
        )
        return function

    return register


@cache
def _load() -> dict[str, DriftMethod]:
    """The table, filled: importing the modules of methods registers them."""
    import simdrift.metrics.drift  # noqa: F401

    return _TABLE


def methods(kind: str | None = None) -> tuple[str, ...]:
    """Names of the methods that apply to a kind of column; all without one.

    >>> methods("table")
    ('correlation', 'domain_classifier', 'mmd', 'pca_reconstruction')
    """
    table = _load()
    return tuple(sorted(n for n, m in table.items() if kind is None or kind in m.kinds))


def method(name: str) -> DriftMethod:
    """The method of that name ('ks' or 'drift.ks'); ValueError lists what exists."""
    if not isinstance(name, str):
        raise TypeError(f"method: expected a name (str), found {type(name).__name__}")
    table = _load()
    found = table.get(name.removeprefix("drift."))
    if found is None:
        raise ValueError(unknown("drift method", name, table))
    return found


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Message for a name that does not exist: what does, close matches first."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    rest = [n for n in names if n not in close]
    return f"{what}: found {name!r}, expected one of {', '.join(close + rest)}"


def checked_params(spec: DriftMethod, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters, each checked; ValueError for one that the method does not have."""
    for name in params:
        if name not in spec.params:
            known = spec.params or {"(none)"}
            raise ValueError(unknown(f"parameter of {spec.metric}", name, known))
    return {name: spec.params[name](value) for name, value in params.items()}


def check_weighted(spec: DriftMethod, params: Mapping[str, Any]) -> None:
    """ValueError where the method, or what is asked of it, has no meaning for weighted rows."""
    if not spec.weights:
        known = ", ".join(
            sorted(n for n, m in _load().items() if m.weights and spec.kinds & m.kinds)
        )
        raise ValueError(f"weights: {spec.metric} counts rows and takes none; these do: {known}")
    if params.get("method") == "exact":
        raise ValueError(
            f"weights: {spec.metric} has no exact p-value of weighted rows: expected method "
            "'auto' or 'asymp'"
        )


def evaluate(spec: DriftMethod, pair: ColumnPair | TablePair, params: dict[str, Any]) -> Outcome:
    """The method on the pair: a value or a status, whatever the data."""
    try:
        with np.errstate(all="ignore"):  # what is not finite becomes a status
            return _evaluated(spec, pair, params)
    except Exception as error:
        log.exception("%s of column %r failed", spec.metric, pair.name)
        return Outcome(None, ERROR, reason=f"{type(error).__name__}: {error}")


def _evaluated(spec: DriftMethod, pair: ColumnPair | TablePair, params: dict[str, Any]) -> Outcome:
    status = pair.status if spec.needs_values else pair.shape_status
    if status is None and pair.kind not in spec.kinds:
        status = ALL_NULL if pair.kind == "null" else NOT_APPLICABLE
    if status is None:
        return cleaned(pair.told(spec.function(pair, **params)))
    return Outcome(
        None,
        status,
        n_reference=pair.reference.rows,
        n_current=pair.current.rows,
        reason=pair.reason(spec.kinds, status),
    )
