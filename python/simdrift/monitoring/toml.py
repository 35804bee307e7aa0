"""TOML around a spec: the line of a key, and a writer for plain tables.

The standard library reads TOML but keeps no lines and writes none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime

Path = tuple[str | int, ...]
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
KEY_PART = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)\s*""")


def line_of(text: str, path: Path) -> int | None:
    """Number of the line (from 1) that sets `path`, or else its nearest parent that has one.

    >>> line_of('a = 1\\n[b]\\nc = 2', ("b", "c"))
    3
    """
    lines = _lines_by_path(text)
    keys = tuple(str(part) for part in path)
    for length in range(len(keys), 0, -1):
        if keys[:length] in lines:
            return lines[keys[:length]]
    return None


def _lines_by_path(text: str) -> dict[tuple[str, ...], int]:
    """First line of each key; values that go on over lines may add paths that do no harm."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("["):
            header = _key_path(stripped.lstrip("["), "]")
            if header:
                table = header
                found.setdefault(table, number)
        else:
            key = _key_path(stripped, "=")
            if key:
                found.setdefault(table + key, number)
    return found


def _key_path(text: str, end: str) -> tuple[str, ...] | None:
    """The dotted key at the start of `text` up to `end`; None where there is none."""
    parts: list[str] = []
    at = 0
    while match := KEY_PART.match(text, at):
        parts.append(match[1].strip("\"'"))
        at = match.end()
        if text[at : at + 1] == end:
            return tuple(parts)
        if text[at : at + 1] != ".":
            return None
        at += 1
    return None


def write(values: Mapping[str, object]) -> str:
    """TOML of nested mappings of text, numbers, booleans, dates and lists; None is left out.

    >>> print(write({"a": "x", "t": {"q": [0.5]}}), end="")
    a = "x"
    <BLANKLINE>
    [t]
    q = [0.5]
    """
    lines = [f"{_key(k)} = {_value(v)}" for k, v in values.items() if _is_leaf(v)]
    for name, table in values.items():
        if isinstance(table, Mapping):
            lines += ["", f"[{_key(name)}]"]
            lines += [f"{_key(k)} = {_value(v)}" for k, v in table.items() if v is not None]
    return "\n".join(lines) + "\n"


def _is_leaf(value: object) -> bool:
    return value is not None and not isinstance(value, Mapping)


def _key(name: str) -> str:
    return name if BARE_KEY.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return json.dumps(str(value), ensure_ascii=False)
