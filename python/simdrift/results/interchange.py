"""Results as JSON and back, exactly.

    {"format": "simdrift.results", "version": 1, "timezone": "UTC",
     "rows":       [{"run_id": "...", "dataset": "...", ..., "params": ""}, ...],
     "runs":       [{"run_id": "...", "monitor": "...", ..., "reference_digest": "..."}, ...],
     "histograms": [{"run_id": "...", "segment": "", "column": "...", "edges": [...] or null,
                     "labels": [...] or null, "reference": [...], "current": [...]}, ...],
     "reasons":    [["segment", "column", "metric", "why its status is not ok"], ...],
     "types":      [["column", "type of the rows that were measured, as Arrow spells it"], ...]}

"reasons" and "types" are absent where there are none. The objects carry the fields of `Result`,
`Run` and `Histogram` under their names. Times are ISO 8601 in UTC ('2013-02-08T05:00:00Z'),
identifiers are UUID texts, what is absent is null. There is no NaN; the infinities, which JSON has
no numbers for, are "Infinity" and "-Infinity".
A text in which two halves of a surrogate pair lie side by side is a list of its parts, for JSON
would read them as one character.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import NoneType
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import numpy as np

from simdrift._errors import InputError
from simdrift.results.coding import looked_up
from simdrift.results.identity import utc_text
from simdrift.results.rows import Histogram, Result, Run
from simdrift.results.table import COUNTS, REALS, Head, ResultTable
from simdrift.results.text import apart
from simdrift.results.zones import in_zone, zone_of

FORMAT = "simdrift.results"
VERSION = 1
LARGEST_COUNT = 2**63 - 1
_INFINITIES = {"Infinity": math.inf, "-Infinity": -math.inf}

_Row = TypeVar("_Row", bound=tuple[Any, ...])


def encode(
    table: ResultTable,
    runs: Iterable[Run],
    histograms: Iterable[Histogram],
    timezone: str,
    reasons: Mapping[tuple[str, str, str], str] | None = None,
    types: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The plain dict that `json.dumps` takes as it is."""
    document: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "timezone": timezone,
        "rows": _records(table),
        "runs": [_record(run) for run in runs],
        "histograms": [_record(histogram) for histogram in histograms],
    }
    if reasons:
        document["reasons"] = [_value((*key, text)) for key, text in reasons.items()]
    if types:
        document["types"] = [_value(pair) for pair in types.items()]
    return document


def _records(table: ResultTable) -> list[dict[str, Any]]:
    """The rows as plain dicts; what repeats is encoded once."""
    columns = table.values()
    for place, name in enumerate(Head._fields):
        if name not in _TEXTS:
            columns[name] = looked_up([_value(head[place]) for head in table.heads], table.head)
    for name in REALS:
        if np.isinf(getattr(table, name)).any():
            columns[name] = [_value(value) for value in columns[name]]
    for name in _TEXTS:
        known = {text: apart(text) for text in dict.fromkeys(columns[name])}
        if any(isinstance(parts, list) for parts in known.values()):
            columns[name] = [known[text] for text in columns[name]]
    names = tuple(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _record(row: Any) -> dict[str, Any]:
    return {name: _value(value) for name, value in zip(row._fields, row, strict=True)}


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return apart(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return float(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, tuple | list):
        return [_value(item) for item in value]
    return value.item()  # NumPy scalars


class Decoded(NamedTuple):
    """What a document holds."""

    table: ResultTable
    runs: list[Run]
    histograms: list[Histogram]
    timezone: str
    reasons: dict[tuple[str, str, str], str]
    types: dict[str, str]


def decode(document: str | bytes | Mapping[str, Any]) -> Decoded:
    """Rows, runs and histograms of a document; InputError names what is wrong and where."""
    data = _parsed(document)
    if data.get("format") != FORMAT:
        raise InputError(f"expected a document of format {FORMAT!r}, found {data.get('format')!r}")
    if data.get("version") != VERSION:
        raise InputError(
            f"expected version {VERSION} of {FORMAT}, found {data.get('version')!r}: "
            "read it with the simdrift that wrote it"
        )
    return Decoded(
        _table(data),
        _rows(Run, data, "runs"),
        _rows(Histogram, data, "histograms"),
        _timezone(data.get("timezone", "UTC")),
        {(own[0], own[1], own[2]): own[3] for own in _texts(data, "reasons", 4, "four")},
        {own[0]: own[1] for own in _texts(data, "types", 2, "two")},
    )


def _texts(data: Mapping[str, Any], name: str, count: int, word: str) -> list[list[str]]:
    """The entries of an optional part whose every entry is so many texts."""
    entries = data.get(name, [])
    if not isinstance(entries, list):
        raise InputError(f"{name}: expected a list, found {type(entries).__name__}")
    found = []
    for place, entry in enumerate(entries):
        if not isinstance(entry, list) or len(entry) != count:
            raise InputError(f"{name}[{place}]: expected {word} texts, found {entry!r}")
        try:
            found.append([*map(_text, entry)])
        except ValueError as error:
            raise InputError(f"{name}[{place}]: {error}") from None
    return found


def _timezone(value: Any) -> str:
    try:
        zone_of(_text(value))
    except ValueError as error:
        raise InputError(f"timezone: {error}") from None
    return str(value)


def _parsed(document: str | bytes | Mapping[str, Any]) -> Mapping[str, Any]:
    data: Any = document
    if isinstance(document, str | bytes):
        try:
            data = json.loads(document)
        except (ValueError, RecursionError) as error:
            raise InputError(f"expected a JSON document of results: {error}") from None
    if not isinstance(data, Mapping):
        raise InputError(f"expected a JSON object, found {type(data).__name__}")
    return data


def _table(data: Mapping[str, Any]) -> ResultTable:
    """The rows as columns: all at once where every field is as it should be, else row by row,
    which says what is wrong and where."""
    records = data.get("rows", [])
    columns = _columns(records) if isinstance(records, list) else None
    if columns is None:
        return ResultTable.from_rows(_rows(Result, data, "rows"))
    return ResultTable.from_values(columns)


def _columns(records: list[Any]) -> dict[str, list[Any]] | None:
    """The decoded fields of records that have them all; None where one needs a closer look."""
    try:
        columns = {name: [record[name] for record in records] for name in Result._fields}
        return {name: _decoded(name, column) for name, column in columns.items()}
    except (LookupError, TypeError, ValueError):
        return None


def _decoded(name: str, column: list[Any]) -> list[Any]:
    """A field's values; each distinct text is decoded once. ValueError or TypeError where one
    is not as it should be."""
    decoder = _DECODERS[Result][name]
    kinds = set(map(type, column))
    if name in REALS and kinds <= {float, NoneType}:
        if any(value != value for value in column):
            raise ValueError("NaN")
        return column
    if name in COUNTS or name in REALS or kinds <= {bool, NoneType}:
        return [decoder(value) for value in column]
    known = {value: decoder(value) for value in dict.fromkeys(column)}
    return [known[value] for value in column]


def _rows(kind: type[_Row], data: Mapping[str, Any], key: str) -> list[_Row]:
    records = data.get(key, [])
    if not isinstance(records, list):
        raise InputError(f"{key}: expected a list, found {type(records).__name__}")
    return [_row(kind, record, f"{key}[{index}]") for index, record in enumerate(records)]


def _row(kind: type[_Row], record: Any, where: str) -> _Row:
    if not isinstance(record, Mapping):
        raise InputError(f"{where}: expected an object, found {type(record).__name__}")
    values: dict[str, Any] = {}
    for name, decoder in _DECODERS[kind].items():
        if name in record:
            try:
                values[name] = decoder(record[name])
            except (ValueError, TypeError) as error:
                raise InputError(f"{where}.{name}: {error}") from None
    try:
        return kind(**values)
    except TypeError as error:
        raise InputError(f"{where}: {error}") from None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "".join(value)  # text.apart
    raise ValueError(f"expected text, found {value!r}")


def _real(value: Any) -> float:
    if isinstance(value, str) and value in _INFINITIES:
        return _INFINITIES[value]
    if isinstance(value, int | float) and not isinstance(value, bool) and value == value:
        try:
            return float(value)
        except OverflowError:
            raise ValueError(f"expected a number of 64 bits, found {value!r}") from None
    raise ValueError(f"expected a number, found {value!r}")


def _count(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_COUNT:
        return value
    raise ValueError(f"expected an integer, found {value!r}")


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"expected true or false, found {value!r}")


def _uuid(value: Any) -> UUID:
    return UUID(_text(value))


def _time(value: Any) -> datetime:
    time = datetime.fromisoformat(_text(value))
    if time.tzinfo is None:
        raise ValueError(f"expected a time with a zone, found {value!r}")
    return in_zone(time)


def _tuple_of(item: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    def decoder(value: Any) -> tuple[Any, ...]:
        if isinstance(value, list):
            return tuple(item(one) for one in value)
        raise ValueError(f"expected a list, found {value!r}")

    return decoder


def _or_null(item: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else item(value)


_TYPES: dict[str, Callable[[Any], Any]] = {
    "str": _text,
    "UUID": _uuid,
    "int": _count,
    "float | None": _or_null(_real),
    "bool | None": _or_null(_flag),
    "int | None": _or_null(_count),
    "datetime": _time,
    "datetime | None": _or_null(_time),
    "tuple[float, ...]": _tuple_of(_real),
    "tuple[float, ...] | None": _or_null(_tuple_of(_real)),
    "tuple[str, ...] | None": _or_null(_tuple_of(_text)),
}


def _decoders(kind: type) -> dict[str, Callable[[Any], Any]]:
    fields = kind.__annotations__
    return {name: _TYPES[_annotation(hint)] for name, hint in fields.items()}


def _annotation(hint: Any) -> str:
    return hint if isinstance(hint, str) else str(getattr(hint, "__forward_arg__", hint))


_DECODERS: dict[type, dict[str, Callable[[Any], Any]]] = {
    kind: _decoders(kind) for kind in (Result, Run, Histogram)
}
_TEXTS = tuple(name for name, decoder in _DECODERS[Result].items() if decoder is _text)
