"""TOML that people edit (specs, schemas, checks): a reader that says what such a file can't hold,
the line of a key, and a writer for plain tables.

The standard library reads TOML but keeps no lines and writes none.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from simdrift._errors import SpecError

Path = tuple[str | int, ...]
DEEPEST: Final = 12  # tables and lists in each other; a spec has at most five
_LARGEST: Final = 2**63 - 1  # what TOML asks of a reader (toml.io/en/v1.0.0#integer)
_DIGITS: Final = re.compile(r"[0-9][0-9_]{4000,}")  # int() takes 4,300
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
KEY_PART = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)\s*""")


def read(text: str, name: str) -> dict[str, Any]:
    """The values of a TOML file; SpecError names the file and, where it is known, line and key of
    what is no TOML or no number that can be computed with."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = f"{name}: not TOML: {error}"
    except RecursionError:
        problem = f"{name}: expected tables and lists of at most {DEEPEST} levels, found hundreds"
    except ValueError:  # int() gives up on it
        lines = [n for n, line in enumerate(text.split("\n"), 1) if _DIGITS.search(line)]
        place = f", line {lines[0]}" if lines else ""
        problem = f"{name}{place}: expected a number, found one of thousands of digits"
    else:
        problem = next(_refusals(values, text, name), "")
        if not problem:
            return values
    raise SpecError(problem)  # out here, for the parser's error would go along, and hold the text


def _refusals(values: Mapping[str, Any], text: str, name: str) -> Iterator[str]:
    """What of the values a spec can't hold, each with its key and line."""
    for path, found in _odd(values, ()):
        line = line_of(text, path)
        place = name if line is None else f"{name}, line {line}"
        yield f"{place}: '{'.'.join(str(part) for part in path)}': {found}"


def _odd(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    if len(path) > DEEPEST:
        yield path[:DEEPEST], f"expected at most {DEEPEST} levels of tables and lists, found more"
    elif isinstance(value, Mapping | list):
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, item in items:
            yield from _odd(item, (*path, key))
    elif isinstance(value, float) and not math.isfinite(value):
        yield path, f"expected a finite number, found {value}"
    elif isinstance(value, int) and not -_LARGEST <= value <= _LARGEST:
        yield path, f"expected an integer of at most 64 bits, found one of {value.bit_length()}"


def line_of(text: str, path: Path) -> int | None:
    """Number of the line (from 1) that sets `path`, or else its nearest parent that has one.

    >>> line_of('a = 1\\n[b]\\nc = 2', ("b", "c"))
    3
    >>> line_of('[[check]]\\na = 1\\n[[check]]\\na = 2', ("check", 1, "a"))
    4
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
    entries: Counter[tuple[str, ...]] = Counter()
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped.startswith("["):
            header = _key_path(stripped.lstrip("["), "]")
            if header:
                found.setdefault(header, number)
                table = header
                if stripped.startswith("[["):  # one more entry of a list of tables
                    table = (*header, str(entries[header]))
                    entries[header] += 1
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
    lines = [f"{key_of(k)} = {value_of(v)}" for k, v in values.items() if _is_leaf(v)]
    for name, table in values.items():
        if isinstance(table, Mapping):
            lines += ["", f"[{key_of(name)}]"]
            lines += [f"{key_of(k)} = {value_of(v)}" for k, v in table.items() if v is not None]
    return "\n".join(lines) + "\n"


def _is_leaf(value: object) -> bool:
    return value is not None and not isinstance(value, Mapping)


def key_of(name: str) -> str:
    """A key as TOML, in quotes where it needs them."""
    return name if BARE_KEY.fullmatch(name) else _quoted(name)


def value_of(value: object) -> str:
    """A value as TOML.

    >>> value_of({"psi": [0.5, True]})
    '{ psi = [0.5, true] }'
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        if not value:
            return "{}"
        inner = ", ".join(f"{key_of(k)} = {value_of(v)}" for k, v in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(value_of(item) for item in value) + "]"
    return _quoted(str(value))


def _quoted(text: str) -> str:
    """TOML's basic string is JSON's but for DEL, which TOML has escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
