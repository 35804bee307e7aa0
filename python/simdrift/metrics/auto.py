"""Which methods a column gets: what the user named, else by its kind.

| kind | decides | for information |
|---|---|---|
| numeric | wasserstein_normed | ks |
| categorical | cohens_w | jensen_shannon |
| temporal, null, not supported | | |

Rows do not count: small samples show in the p-value. The choice can be recorded, and stands then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from simdrift._suggest import KINDS as OTHER_KINDS
from simdrift._suggest import did_you_mean
from simdrift.metrics.columns import CATEGORICAL, KINDS, NUMERIC, TABLE
from simdrift.metrics.registry import checked_params, method

Call = tuple[str, dict[str, Any]]
Named = str | tuple[str, Mapping[str, Any]] | Mapping[str, Mapping[str, Any]]
"""A name, (name, parameters) or {name: parameters}."""
Methods = str | Sequence[Named] | Mapping[str, Named | Sequence[Named]]


class MethodChoice(NamedTuple):
    """The methods of one column: (name, parameters) of those that decide, and of those that
    are shown with them and decide only where the others have no value."""

    deciding: tuple[Call, ...] = ()
    informational: tuple[Call, ...] = ()

    def record(self) -> str:
        """As text, for a saved reference."""
        return json.dumps([self.deciding, self.informational], sort_keys=True)

    @classmethod
    def restore(cls, text: str) -> MethodChoice:
        """From `record`'s text."""
        deciding, informational = json.loads(text)
        return cls(_calls(map(tuple, deciding)), _calls(map(tuple, informational)))

    def of_first(self) -> MethodChoice:
        """The same methods with the parameters that were the defaults of version 1."""
        return MethodChoice(*(tuple(map(_of_first, calls)) for calls in self))


def _of_first(call: Call) -> Call:
    name, params = call
    return (name, {"scale": "std", **params}) if name == "wasserstein_normed" else call


def _calls(named: Any) -> tuple[Call, ...]:
    calls: list[Call] = []
    for item in named:
        calls += map(_call, item.items()) if isinstance(item, Mapping) else [_call(item)]
    return tuple(calls)


def calls_of(given: Any) -> tuple[Call, ...]:
    """One method or several, each a name, (name, parameters) or {name: parameters}; TypeError or
    ValueError for anything else.

    >>> calls_of(["ks", {"psi": {"smoothing": 0}}])
    (('ks', {}), ('psi', {'smoothing': 0.0}))
    """
    if not isinstance(given, (str, Sequence, Mapping)):
        raise TypeError(f"methods: expected a name or a list of names, found {given!r}")
    return _calls([given] if isinstance(given, (str, Mapping)) or _is_call(given) else given)


def _call(named: str | tuple[str, Mapping[str, Any]]) -> Call:
    """(name, parameters), both checked."""
    if isinstance(named, str):
        return method(named).name, {}
    if not _is_call(named):
        expected = "a name or (name, {parameter: value})"
        raise TypeError(f"methods: expected {expected}, found {named!r}")
    spec = method(named[0])
    return spec.name, checked_params(spec, named[1])


def _is_call(named: object) -> bool:
    """Whether it is (name, parameters), and not two methods, the second with its parameters."""
    if not isinstance(named, tuple) or len(named) != 2 or not isinstance(named[0], str):
        return False
    parameters = named[1]
    return isinstance(parameters, Mapping) and not any(
        isinstance(value, Mapping) for value in parameters.values()
    )


_CHOICES = {
    NUMERIC: MethodChoice((("wasserstein_normed", {}),), (("ks", {}),)),
    CATEGORICAL: MethodChoice((("cohens_w", {}),), (("jensen_shannon", {}),)),
}


def choose(kind: str) -> MethodChoice:
    """The automatic choice for a column of that kind.

    >>> choose("numeric")
    MethodChoice(deciding=(('wasserstein_normed', {}),), informational=(('ks', {}),))
    """
    return _CHOICES.get(kind, MethodChoice())


def resolve(methods: Methods, column: str, kind: str) -> MethodChoice:
    """The choice for one column out of what the user gave: 'auto', a name, a list of names,
    (name, parameters) or {name: parameters}, or a mapping from column or kind to those. A method
    from a plain list is taken where it applies to the column's kind; one given for a column is
    always taken."""
    if isinstance(methods, Mapping):
        given = methods.get(column, methods.get(kind, "auto"))
        return _named(given, column in methods, kind)
    return _named(methods, False, kind)


def is_auto(methods: Methods, column: str, kind: str) -> bool:
    """Whether nobody named methods for the column."""
    if isinstance(methods, Mapping):
        return bool(methods.get(column, methods.get(kind, "auto")) == "auto")
    return methods == "auto"


def _named(given: Any, always: bool, kind: str) -> MethodChoice:
    if given == "auto":
        return choose(kind)
    calls = calls_of(given)
    if not always:
        calls = tuple(call for call in calls if kind in method(call[0]).kinds)
    return MethodChoice(calls)


def table_calls(methods: Methods) -> tuple[Call, ...]:
    """The methods of whole tables among those given: of a plain list, or under 'table'."""
    given = methods.get(TABLE, "auto") if isinstance(methods, Mapping) else methods
    return () if given == "auto" else _named(given, False, TABLE).deciding


def checked_methods(methods: Methods, columns: Sequence[str]) -> None:
    """ValueError where a method, parameter, column or kind does not exist; whatever the data
    are, so that a mistake is reported before anything is read."""
    if not isinstance(methods, Mapping):
        _named(methods, True, NUMERIC)
        return
    for key, given in methods.items():
        if key not in columns and key not in (*KINDS, TABLE):
            known = ", ".join((*KINDS, TABLE))
            meant = did_you_mean(key, (*KINDS, TABLE, *columns), OTHER_KINDS)
            raise ValueError(f"methods: expected a column or one of {known}, found {key!r}{meant}")
        _named(given, True, NUMERIC)
