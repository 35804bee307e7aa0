"""The key `checks` of a monitor: a path, or the checks themselves as plain tables."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from simdrift.checks.definition import Check, CheckError
from simdrift.checks.document import Checks, as_checks, refuse_equal
from simdrift.monitoring.spec_errors import found
from simdrift.monitoring.spec_parts import refuse


def checked_checks(value: object) -> str | tuple[dict[str, Any], ...]:
    """What a spec keeps of its checks, so that it can be written as TOML: a path, or tables."""
    if isinstance(value, (str, os.PathLike)):
        return os.fspath(value)
    if isinstance(value, (Check, Mapping)):
        value = [value]
    if not isinstance(value, Iterable):
        raise refuse(f"expected a path or a list of checks, found {found(value)}")
    return tuple(_plain(at, one) for at, one in enumerate(value))


def _plain(at: int, one: object) -> dict[str, Any]:
    try:
        check = one if isinstance(one, Check) else Check(**_table(one))
    except CheckError as error:
        raise refuse(f"check {at}: {error}") from None
    plain = check.plain()
    if not isinstance(plain.get("data", ""), (str, list)):
        raise refuse(f"check {at}: expected a path as 'data', found a frame: save it as a file")
    return plain


def _table(one: object) -> dict[str, Any]:
    if not isinstance(one, Mapping) or not isinstance(one.get("name"), str):
        raise refuse(f"expected sd.Check(...) or a table with a name, found {found(one)}")
    return {str(key): value for key, value in one.items()}


def checks_of(value: str | tuple[dict[str, Any], ...]) -> Checks:
    """The checks that a spec keeps; SpecError where their file can't be used."""
    if isinstance(value, str):
        return refuse_equal(as_checks(value))
    return refuse_equal(Checks([Check(**one) for one in value]))
