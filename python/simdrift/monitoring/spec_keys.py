"""The keys of a monitor's TOML file, from the fields of the models: for docs, help and `init`."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import Parameter, Signature
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from simdrift import _toml as toml
from simdrift.monitoring.spec_parts import Part

REQUIRED = "required"


class Key(NamedTuple):
    """One key: the table it is in ('' is the top of the file), what it is for, what is expected,
    its default and an example, both as TOML; the default '' is nothing, or `REQUIRED`."""

    table: str
    name: str
    about: str
    expected: str
    default: str
    example: str

    @property
    def path(self) -> str:
        """The key with its table: 'columns.timestamp'."""
        return f"{self.table}.{self.name}" if self.table else self.name


def tables_of(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """The model of each table of the file, by the table's name.

    >>> from simdrift.monitoring.spec import Spec
    >>> list(tables_of(Spec))
    ['', 'reference', 'columns', 'metrics', 'labels', 'service', 'store']
    """
    parts = {name: _part(field) for name, field in model.model_fields.items()}
    return {"": model} | {name: part for name, part in parts.items() if part is not None}


def keys_of(model: type[BaseModel], table: str = "") -> tuple[Key, ...]:
    """The keys of a model; of those that are tables only what may also be a text.

    >>> from simdrift.monitoring.spec import StoreSpec
    >>> [key.path for key in keys_of(StoreSpec, "store")]
    ['store.dsn']
    """
    return tuple(
        _key(table, name, field)
        for name, field in model.model_fields.items()
        if _part(field) is None or field.examples
    )


def all_keys(model: type[BaseModel]) -> Iterator[Key]:
    """Every key of every table."""
    for table, part in tables_of(model).items():
        yield from keys_of(part, table)


def document(model: type[BaseModel]) -> None:
    """Gives the model a docstring with a line a field, and a signature that fits on a screen."""
    lines = [f"    {_default_of(key)}: {key.about or key.expected}" for key in keys_of(model)]
    lines += [
        f"    {table}: a {part.__name__}, with {', '.join(part.model_fields)}"
        for table, part in tables_of(model).items()
        if table
    ]
    head = (model.__doc__ or "").rstrip()
    model.__doc__ = head + "\n\n    Fields:\n\n" + "\n".join(lines) + "\n    "
    shown: Any = model
    shown.__signature__ = Signature([_parameter(*one) for one in model.model_fields.items()])


def _parameter(name: str, field: FieldInfo) -> Parameter:
    """The keyword of a field, without what pydantic knows of its type."""
    if field.is_required():
        return Parameter(name, Parameter.KEYWORD_ONLY)
    default = field.get_default(call_default_factory=True)
    return Parameter(name, Parameter.KEYWORD_ONLY, default=None if _part(field) else default)


def _default_of(key: Key) -> str:
    return key.name if key.default in ("", REQUIRED) else f"{key.name} = {key.default}"


def _part(field: FieldInfo) -> type[BaseModel] | None:
    for candidate in (field.annotation, *get_args(field.annotation)):
        if isinstance(candidate, type) and issubclass(candidate, Part):
            return candidate
    return None


def _key(table: str, name: str, field: FieldInfo) -> Key:
    default = REQUIRED if field.is_required() else _default(field.default)
    example = toml.value_of((field.examples or [""])[0])
    return Key(table, name, field.title or "", field.description or "", default, example)


def _default(value: Any) -> str:
    return "" if value is None else toml.value_of(value)
