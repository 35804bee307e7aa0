"""Types in Arrow's terms, one for each meaning, whatever library the values came from.

Integers of any width are 'int64', text of any layout and categories of text 'string', midnights
without a zone 'date32'; a point in time has the coarsest unit that its values need.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple, Self
from zoneinfo import ZoneInfo

from simdrift.columns.labels import MIXED
from simdrift.columns.values import Values

_TIMESTAMP: Final = re.compile(r"timestamp(?:\[(s|ms|us|ns)?(?:,? ?(?:tz=)?([^\],]+))?\])?")
_DECIMAL: Final = re.compile(r"decimal(?:32|64|128|256)?(?:\((\d+), ?(-?\d+)\))?")
_DICTIONARY: Final = re.compile(r"dictionary<(?:values=)?(.+), ?(.+?)(?:, ordered=\d)?>")
_INTEGER: Final = re.compile(r"u?int(?:8|16|32|64)?|integer", re.IGNORECASE)
_FLOATS: Final = {
    "float16": 16, "halffloat": 16, "float32": 32, "float": 32, "float64": 64, "double": 64,
}  # fmt: skip
_NAMES: Final = {
    **dict.fromkeys(("utf8", "large_utf8", "string_view", "utf8_view", "large_string"), "string"),
    **dict.fromkeys(("string", "str", "text"), "string"),
    **dict.fromkeys(("bool", "boolean"), "bool"),
    **dict.fromkeys(("date", "date32", "date64", "date32[day]", "date64[ms]"), "date32"),
    **dict.fromkeys(("binary", "large_binary", "binary_view"), "binary"),
    MIXED: MIXED,
    "null": "null",
    "object": "object",
}
_OFFSET: Final = re.compile(r"[+-]\d\d:?\d\d")
_UTC: Final = ("+00:00", "Etc/UTC", "GMT", "Z", "Etc/GMT", "UTC")
_FAMILIES: Final = {"date32": "time", "timestamp": "time"}
_READ: Final = ("int64", "float64", "decimal128", "timestamp", "duration", "time64")
_NESTED: Final = ("list", "struct", "map", "fixed_size", "extension", "interval", "month")
UNITS: Final = ("D", "s", "ms", "us", "ns")
"""From coarse to fine."""


class Type(NamedTuple):
    """What the values of a column are. `bits`: of a float; `precision`, `scale`: of a decimal;
    `unit` and `zone`: of a point in time, None where they are not said.

    >>> str(Type.parse("large_utf8")), str(Type.parse("int8")), Type.parse("double").family
    ('string', 'int64', 'number')
    >>> str(Type.parse("timestamp[us, tz=Europe/Berlin]")), str(Type.parse("decimal128(10, 2)"))
    ('timestamp[us, Europe/Berlin]', 'decimal128(10, 2)')
    """

    name: str
    unit: str | None = None
    zone: str | None = None
    bits: int = 64
    precision: int | None = None
    scale: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """The type that a library or a person spells so; a type that is not known is itself."""
        text = text.strip()
        if found := _DICTIONARY.fullmatch(text):
            is_first = text.startswith("dictionary<values=")  # as pyarrow spells it
            return cls.parse(found[1] if is_first else found[2])
        if _INTEGER.fullmatch(text):
            return cls("int64")
        if bits := _FLOATS.get(text.lower()):
            return cls("float64", bits=bits)
        if found := _DECIMAL.fullmatch(text):
            precision, scale = (None if part is None else int(part) for part in found.groups())
            return cls("decimal128", precision=precision, scale=scale)
        if found := _TIMESTAMP.fullmatch(text):
            zone = "UTC" if found[2] in _UTC else found[2]
            return cls("timestamp", unit=found[1], zone=zone)
        if text.startswith("duration"):
            return cls("duration")
        if text.startswith(("time32", "time64")):
            return cls("time64")
        return cls(_NAMES.get(text, text.replace("large_list", "list").replace("large_", "")))

    def __str__(self) -> str:
        if self.name == "float64":
            return f"float{self.bits}"
        if self.name == "decimal128" and self.precision is not None:
            return f"decimal128({self.precision}, {self.scale})"
        if self.name == "timestamp":
            parts = [part for part in (self.unit, self.zone) if part is not None]
            return f"timestamp[{', '.join(parts)}]" if parts else "timestamp"
        return self.name

    @property
    def family(self) -> str:
        """What the values mean: types of one family are compared by their values."""
        if self.name in ("int64", "float64", "decimal128"):
            return "number"
        return _FAMILIES.get(self.name, self.name)

    @property
    def is_read(self) -> bool:
        """Whether values of the type are ever read: not those of lists, bytes and the like."""
        return self.name in {*_READ, "bool", "string", "date32", "null", MIXED}

    @property
    def is_known(self) -> bool:
        """Whether it is a type that a schema may name."""
        if self.zone is not None and not _is_zone(self.zone):
            return False
        return self.name in {*_READ, *_NAMES.values()} or self.name.startswith(_NESTED)


def _is_zone(name: str) -> bool:
    if _OFFSET.fullmatch(name):
        return True
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True


def type_of(values: Values) -> Type:
    """The type that a column's values show; 'null' where there are none and its own type says
    nothing."""
    own = Type.parse(values.column.type)
    if own.name == "float64":
        if len(values) and values.missing.all():
            return Type("null")
        # integers with missing ones are floats to pandas
        return Type("int64") if values.missing.any() and values.all_whole else own
    if own.family == "time" and values.resolution is not None:
        if values.resolution == "D" and own.zone is None:
            return Type("date32")
        finest = "s" if values.resolution == "D" else values.resolution
        return Type("timestamp", unit=finest, zone=own.zone)
    return own
