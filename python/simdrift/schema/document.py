"""A schema as TOML that people read and edit: `[columns.<name>]` with what is expected of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from os import PathLike
from typing import Any, Final

from simdrift import _toml as toml
from simdrift._errors import SpecError
from simdrift._suggest import did_you_mean
from simdrift.columns.values import seconds_of
from simdrift.metrics.structure import KINDS
from simdrift.results.files import read_bytes
from simdrift.schema.types import Type

Limit = float | int | date | datetime


@dataclass(frozen=True)
class ColumnSchema:
    """What is expected of one column. `type`: in Arrow's terms, 'int64' or 'timestamp[us, UTC]';
    `values`: the only ones that it may have; `min`, `max`: the least and the most; `quartiles`:
    by which it is known again under another name. SpecError where it can't be so.

    >>> ColumnSchema("large_utf8", nullable=False).type.name
    'string'
    """

    type: Type
    nullable: bool = True
    unique: bool = False
    values: Sequence[str | int | float | bool] | None = None
    min: Any = None
    max: Any = None
    quartiles: tuple[float, float, float] | None = None

    def __post_init__(self) -> None:
        for name, value in vars(self).copy().items():
            checked = _KEYS[name](value)
            object.__setattr__(self, name, checked)
        if None not in (self.min, self.max) and seconds_of(self.min) > seconds_of(self.max):
            raise _Wrong("min", f"expected at most 'max' ({self.max}), found {self.min}")

    def plain(self) -> dict[str, Any]:
        """What is not the default, as TOML and JSON have it."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        values["type"] = str(self.type)
        defaults = {one.name: one.default for one in fields(self)}
        always = ("type", "nullable")
        return {k: v for k, v in values.items() if k in always or v != defaults[k]}


class _Wrong(SpecError):
    """A key that can't be so."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"'{key}': {message}")
        self.key, self.message = key, message


def _type(value: object) -> Type:
    found = Type.parse(value) if isinstance(value, str) else value
    if not isinstance(found, Type) or not found.is_known:
        raise _Wrong(
            "type",
            "expected a type in Arrow's terms such as 'int64', 'string', 'timestamp[us, UTC]' or "
            f"'decimal128(10, 2)', found {value!r}",
        )
    return found


def _boolean(key: str) -> Callable[[object], bool]:
    def check(value: object) -> bool:
        if not isinstance(value, bool):
            raise _Wrong(key, f"expected true or false, found {value!r}")
        return value

    return check


def _values(value: Any) -> Any:
    if value is None:
        return None
    items = list(value) if isinstance(value, (list, tuple)) else None
    if not items or not all(isinstance(one, (str, int, float, bool)) for one in items):
        raise _Wrong("values", f"expected a list of texts or numbers, found {value!r}")
    return tuple(items)


def _limit(key: str) -> Callable[[object], Any]:
    def check(value: Any) -> Any:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if value is not None and not is_number and not isinstance(value, date):
            raise _Wrong(key, f"expected a number, a date or a time, found {value!r}")
        return value

    return check


def _quartiles(value: Any) -> Any:
    if value is None:
        return None
    items = list(value) if isinstance(value, (list, tuple)) else []
    if len(items) != 3 or not all(isinstance(x, (int, float)) for x in items):
        raise _Wrong("quartiles", f"expected three numbers, found {value!r}")
    if sorted(items) != items:
        raise _Wrong("quartiles", f"expected three rising numbers, found {value!r}")
    return tuple(map(float, items))


_KEYS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "type": _type,
    "nullable": _boolean("nullable"),
    "unique": _boolean("unique"),
    "values": _values,
    "min": _limit("min"),
    "max": _limit("max"),
    "quartiles": _quartiles,
}
_HEAD: Final = """\
# The schema of a table: docs/schema.md says what each key means.
# A key that is left out is not checked; 'quartiles' are what a renamed column is known again by.
"""


def text_of(columns: Mapping[str, ColumnSchema], *, ordered: bool, warn: Sequence[str]) -> str:
    """The file's text."""
    lines = [_HEAD, f"ordered = {toml.value_of(ordered)}", f"warn = {toml.value_of(list(warn))}"]
    if not columns:
        lines += ["", "[columns]"]
    for name, column in columns.items():
        lines += ["", f"[columns.{toml.key_of(name)}]"]
        lines += [f"{key} = {toml.value_of(value)}" for key, value in column.plain().items()]
    return "\n".join(lines) + "\n"


def read_text(path: str | PathLike[str], what: str) -> str:
    """The text of a TOML file; SpecError where there is none that can be read."""
    expected = f"{path}: expected {what}, found"
    try:
        return read_bytes(path).decode("utf-8-sig")
    except FileNotFoundError:
        raise SpecError(f"{expected} no such file: check the path") from None
    except UnicodeDecodeError:
        raise SpecError(f"{expected} no text in UTF-8") from None
    except OSError as error:
        raise SpecError(f"{expected} one that can't be read ({error.strerror})") from None


def place(name: str, text: str, path: toml.Path) -> str:
    """Where a message says that a key is: file, line and key."""
    line = toml.line_of(text, path)
    at = name if line is None else f"{name}, line {line}"
    return f"{at}: '{'.'.join(str(part) for part in path)}'"


def read(path: str | PathLike[str]) -> dict[str, Any]:
    """What a schema's file says, as the arguments of `Schema`."""
    name, text = str(path), read_text(path, "a schema's TOML file")
    values = toml.read(text, name)
    for key in values:
        if key not in ("columns", "ordered", "warn"):
            close = did_you_mean(key, ("columns", "ordered", "warn"))
            raise SpecError(
                f"{place(name, text, (key,))}: unknown key{close}; known: columns, ordered, warn"
            )
    tables = values.get("columns")
    if not isinstance(tables, dict):
        raise SpecError(f"{name}: expected a table [columns.NAME] for each column, found none")
    ordered, warn = values.get("ordered", True), values.get("warn", [])
    if not isinstance(ordered, bool):
        raise SpecError(
            f"{place(name, text, ('ordered',))}: expected true or false, found {ordered!r}"
        )
    if not isinstance(warn, list) or any(kind not in KINDS for kind in warn):
        raise SpecError(
            f"{place(name, text, ('warn',))}: expected a list of {', '.join(KINDS)}, found {warn!r}"
        )
    columns = {own: _column(own, table, name, text) for own, table in tables.items()}
    return {"columns": columns, "ordered": ordered, "warn": tuple(warn)}


def _column(own: str, table: object, name: str, text: str) -> ColumnSchema:
    path: toml.Path = ("columns", own)
    if not isinstance(table, dict):
        raise SpecError(f"{place(name, text, path)}: expected a table of keys, found {table!r}")
    for key in table:
        if key not in _KEYS:
            raise SpecError(
                f"{place(name, text, (*path, key))}: unknown key{did_you_mean(key, _KEYS)}; "
                f"known: {', '.join(_KEYS)}"
            )
    if "type" not in table:
        raise SpecError(f"{place(name, text, path)}: 'type' is missing, as in type = 'int64'")
    try:
        return ColumnSchema(**table)
    except _Wrong as error:
        problem = f"{place(name, text, (*path, error.key))}: {error.message}"
    raise SpecError(problem)
