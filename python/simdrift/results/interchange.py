"""Results as JSON and back, exactly.

    {"format": "simdrift.results", "version": 1, "timezone": "UTC",
     "rows":       [{"run_id": "...", "dataset": "...", ..., "params": ""}, ...],
     "runs":       [{"run_id": "...", "monitor": "...", ..., "reference_digest": "..."}, ...],
     "histograms": [{"run_id": "...", "segment": "", "column": "...", "edges": [...] or null,
                     "labels": [...] or null, "reference": [...], "current": [...]}, ...]}

The objects carry the fields of `Result`, `Run` and `Histogram` under their names. Times are
ISO 8601 in UTC ('2013-02-08T05:00:00Z'), identifiers are UUID texts, what is absent is null.
There is no NaN; the infinities, which JSON has no numbers for, are "Infinity" and "-Infinity".
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from simdrift._errors import InputError
from simdrift.results.identity import utc_text
from simdrift.results.rows import Histogram, Result, Run
from simdrift.results.zones import zone_of

FORMAT = "simdrift.results"
VERSION = 1
_INFINITIES = {"Infinity": math.inf, "-Infinity": -math.inf}

_Row = TypeVar("_Row", bound=tuple[Any, ...])


def encode(
    rows: Iterable[Result], runs: Iterable[Run], histograms: Iterable[Histogram], timezone: str
) -> dict[str, Any]:
    """The plain dict that `json.dumps` takes as it is."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "timezone": timezone,
        "rows": [_record(row) for row in rows],
        "runs": [_record(run) for run in runs],
        "histograms": [_record(histogram) for histogram in histograms],
    }


def _record(row: Any) -> dict[str, Any]:
    return {name: _value(value) for name, value in zip(row._fields, row, strict=True)}


def _value(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
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

    rows: list[Result]
    runs: list[Run]
    histograms: list[Histogram]
    timezone: str


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
        _rows(Result, data, "rows"),
        _rows(Run, data, "runs"),
        _rows(Histogram, data, "histograms"),
        _timezone(data.get("timezone", "UTC")),
    )


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
    raise ValueError(f"expected text, found {value!r}")


def _real(value: Any) -> float:
    if isinstance(value, str) and value in _INFINITIES:
        return _INFINITIES[value]
    if isinstance(value, int | float) and not isinstance(value, bool) and value == value:
        return value
    raise ValueError(f"expected a number, found {value!r}")


def _count(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
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
    return time.astimezone(UTC)


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
