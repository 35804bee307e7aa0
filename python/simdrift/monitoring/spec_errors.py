"""What is wrong with a spec, in words: key, expected, found, and the key that was meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from simdrift import _toml as toml
from simdrift._errors import SpecError
from simdrift._secrets import redact
from simdrift._suggest import did_you_mean

ELSEWHERE = {
    "weights": "row weights are a column's role: columns.weight = 'its name'",
}
LONGEST_FOUND = 60


def spec_error(
    error: ValidationError, model: type[BaseModel], *, name: str = "", text: str = ""
) -> SpecError:
    """One SpecError for everything that pydantic refused; `name` and `text` of a TOML file."""
    seen: dict[toml.Path, str] = {}
    for detail in error.errors():
        path, fields = _resolve(detail["loc"], model)
        if path not in seen:
            seen[path] = _place(name, text, detail["loc"]) + _message(detail, path, fields)
    messages = list(seen.values())
    if len(messages) == 1:
        return SpecError(messages[0])
    return SpecError(f"the spec has {len(messages)} mistakes:\n" + "\n".join(messages))


def with_line(error: SpecError, name: str, text: str) -> SpecError:
    """An error of a key that only the data refused, with the file and the line of the key."""
    keys = re.match(r"'([\w.]+)'", str(error))
    path = tuple(keys[1].split(".")) if keys else ()
    line = toml.line_of(text, path) if path else None
    return error if line is None else SpecError(f"{name}, line {line}: {error}")


def _place(name: str, text: str, path: toml.Path) -> str:
    if not name:
        return ""
    line = toml.line_of(text, path)
    return f"{name}: " if line is None else f"{name}, line {line}: "


def _resolve(loc: toml.Path, model: type[BaseModel]) -> tuple[toml.Path, type[BaseModel] | None]:
    """The part of a location that is keys (unions add their own), and the model it is in."""
    parent: type[BaseModel] | None = model
    for depth, part in enumerate(loc, 1):
        field = parent.model_fields.get(str(part)) if parent else None
        child = None if field is None else _model_of(field.annotation)
        if child is None or depth == len(loc):
            return loc[:depth], parent
        parent = child
    return loc, parent


def _model_of(annotation: Any) -> type[BaseModel] | None:
    for candidate in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def _message(detail: ErrorDetails, path: toml.Path, parent: type[BaseModel] | None) -> str:
    key = ".".join(str(part) for part in path)
    fields = parent.model_fields if parent else {}
    if detail["type"] == "extra_forbidden":
        return _unknown(key, str(path[-1]), list(fields))
    field = fields.get(str(path[-1])) if path else None
    expected = field.description if field and field.description else detail["msg"]
    if detail["type"] == "missing":
        return f"'{key}' is missing: expected {expected}"
    if detail["type"] == "simdrift":
        return f"'{key}': {detail['msg']}" if key else detail["msg"]
    return f"'{key}': expected {expected}, found {found(detail['input'], key)}"


def _unknown(key: str, name: str, known: list[str]) -> str:
    if key in ELSEWHERE:
        return f"'{key}': {ELSEWHERE[key]}"
    return f"unknown key '{key}'{did_you_mean(name, known)}; known here: {', '.join(known)}"


def found(value: object, key: str = "") -> str:
    """A value as text, short, and never a password: nothing is shown of what stands in the place
    of a store or of its DSN, and no DSN in the place of anything else."""
    if "dsn" in key or key.partition(".")[0] == "store":
        return "something else (not shown: it may hold a password)"
    if isinstance(value, Mapping):
        return "a table"
    try:
        text = repr(value)
    except (RecursionError, ValueError):  # too deep, or an integer of too many digits
        return f"a {type(value).__name__}"
    text = redact(text)  # before it is cut: a password is found by what comes after it
    return text if len(text) <= LONGEST_FOUND else text[: LONGEST_FOUND - 3] + "..."
