"""What a spec may have under `methods`: a method, several, or either by column or kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simdrift.monitoring.names import known_metrics
from simdrift.monitoring.spec_errors import found
from simdrift.monitoring.spec_parts import known_name, refuse

Call = str | dict[str, dict[str, Any]]
"""A method's name, or that with its parameters."""


def checked_methods(value: object) -> Call | tuple[Call, ...] | dict[str, Any]:
    """A method, several, or either by column name or type; 'auto' chooses by type and rows."""
    if _is_pair(value) or _are_calls(value):
        return _called(value)
    if isinstance(value, Mapping):
        return {str(key): _some_methods(item) for key, item in value.items()}
    return _some_methods(value)


def _some_methods(value: object) -> Call | tuple[Call, ...]:
    if isinstance(value, str):
        known = ("auto", *known_metrics("methods"))
        return known_name(value.removeprefix("drift."), "method", known)
    if isinstance(value, Mapping) or _is_pair(value):
        calls = _called(value)
        return calls[0] if len(calls) == 1 else calls
    if isinstance(value, list | tuple):
        return tuple(call for item in value for call in _called(item))
    raise refuse(f"expected 'auto', a method, a list, or a table of them, found {found(value)}")


def _is_pair(value: object) -> bool:
    """(name, parameters)."""
    if not isinstance(value, list | tuple) or len(value) != 2 or not isinstance(value[0], str):
        return False
    parameters = value[1]
    return isinstance(parameters, Mapping) and not any(
        isinstance(part, Mapping) for part in parameters.values()
    )


def _are_calls(value: object) -> bool:
    """{name: parameters}, and no table by column: a column has methods, a method parameters."""
    if not isinstance(value, Mapping) or not value:
        return False
    known = known_metrics("methods")
    return all(
        str(name).removeprefix("drift.") in known
        and isinstance(parameters, Mapping)
        and not any(parameter in known for parameter in parameters)
        for name, parameters in value.items()
    )


def _called(value: object) -> tuple[Call, ...]:
    """A name, (name, parameters) or {name: parameters}, all checked."""
    from simdrift.metrics.auto import calls_of

    if isinstance(value, str):
        known = known_metrics("methods")
        return (known_name(value.removeprefix("drift."), "method", known),)
    items: Any = value.items() if isinstance(value, Mapping) else [value]
    if not isinstance(value, Mapping) and not _is_pair(value):
        raise refuse(f"expected a method, or one with its parameters, found {found(value)}")
    calls: list[Call] = []
    for name, parameters in items:
        _called(name)
        try:
            [(plain, _)] = calls_of((name, parameters))
        except (TypeError, ValueError) as error:
            raise refuse(str(error)) from None
        calls.append({plain: dict(parameters)} if parameters else plain)
    return tuple(calls)
