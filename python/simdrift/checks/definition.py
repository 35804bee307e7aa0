"""`Check`: one thing that is to hold of a table, in Python and as `[[check]]` of a TOML file."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final, Literal

from simdrift._errors import SpecError
from simdrift._suggest import did_you_mean
from simdrift.catalogue.metric import FAMILIES
from simdrift.columns.values import seconds_of
from simdrift.metrics import registry
from simdrift.schema.types import Type

Severity = Literal["fail", "warn"]
_AGE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
SIGMAS: Final = 3.0


class CheckError(SpecError):
    """A key of a check that can't be so."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"'{key}': {message}")
        self.key, self.message = key, message


class Check:
    """One check. `name` says which, `column` of what (of 'unique' also several); the options are
    those of docs/checks.md. `severity`: 'warn' is reported and does not fail; `at_most`: the share
    of rows that may fail. Missing rows pass every check but 'not_null' and 'max_missing_share'.
    SpecError where it can't be one.

    >>> Check("between", "fare", min=0, max=500, at_most=0.01)
    Check('between', 'fare', min=0, max=500, at_most=0.01)
    """

    def __init__(
        self,
        name: str,
        column: str | tuple[str, ...] | list[str] | None = None,
        *,
        severity: Severity = "fail",
        at_most: float = 0.0,
        note: str = "",
        **options: Any,
    ) -> None:
        if name not in OPTIONS:
            close = did_you_mean(str(name), OPTIONS)
            raise CheckError("name", f"unknown check {name!r}{close}; known: {', '.join(OPTIONS)}")
        self.name = name
        self.column = tuple(column) if isinstance(column, list) else column
        self.severity, self.at_most, self.note = severity, at_most, note
        known = OPTIONS[name]
        for key, value in options.items():
            if key not in known:
                close = did_you_mean(key, known)
                keys = ", ".join((*known, "column", "severity", "at_most"))
                raise CheckError(key, f"unknown key of {name!r}{close}; known: {keys}")
            options[key] = _OPTIONS[key](key, value)
        self._check_common()
        self.options: Mapping[str, Any] = MappingProxyType(options)
        self._check_whole()

    def _check_common(self) -> None:
        if self.severity not in ("fail", "warn"):
            raise CheckError("severity", f"expected 'fail' or 'warn', found {self.severity!r}")
        share = self.at_most
        if not _is_number(share) or not 0.0 <= share <= 1.0:
            raise CheckError("at_most", f"expected a share from 0 to 1, found {share!r}")
        if share and self.name not in OF_ROWS:
            raise CheckError("at_most", f"{self.name!r} is of no single rows: leave it out")
        names = self.column if isinstance(self.column, tuple) else (self.column,)
        if self.name in ("row_count", "metric") and self.column is None:
            return
        if self.name == "row_count":
            raise CheckError("column", "'row_count' is of the whole table: leave it out")
        if not names or not all(isinstance(one, str) for one in names):
            raise CheckError("column", f"expected a column's name, found {self.column!r}")
        if isinstance(self.column, tuple) and self.name != "unique":
            raise CheckError("column", f"{self.name!r} is of one column, found {self.column!r}")

    def _check_whole(self) -> None:
        own = self.options
        for key in _REQUIRED.get(self.name, ()):
            if own.get(key) is None:
                raise CheckError(key, f"is missing: {self.name!r} needs it")
        one_of = _ONE_OF.get(self.name, ())
        if one_of and all(own.get(key) is None for key in one_of):
            raise CheckError(one_of[0], f"is missing: {self.name!r} needs {' or '.join(one_of)}")
        least, most = own.get("min"), own.get("max")
        if None not in (least, most) and _is_number(least) != _is_number(most):
            raise CheckError("min", f"expected two numbers or two times, found {least} and {most}")
        if least is not None and most is not None and seconds_of(least) > seconds_of(most):
            raise CheckError("min", f"expected at most 'max' ({most}), found {least}")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it is of."""
        if self.column is None:
            return ()
        return self.column if isinstance(self.column, tuple) else (self.column,)

    def plain(self) -> dict[str, Any]:
        """What is set, as TOML has it."""
        found: dict[str, Any] = {"name": self.name}
        if self.column is not None:
            found["column"] = list(self.column) if isinstance(self.column, tuple) else self.column
        found |= {key: value for key, value in self.options.items() if value is not None}
        if self.severity != "fail":
            found["severity"] = self.severity
        if self.at_most:
            found["at_most"] = self.at_most
        return found

    @property
    def label(self) -> str:
        """What a report calls it: 'between(min=0, max=500)'."""
        own = ", ".join(f"{k}={_shown(v)}" for k, v in self.options.items() if v is not None)
        return f"{self.name}({own})" if own else self.name

    def __repr__(self) -> str:
        parts = [repr(self.name), *([] if self.column is None else [repr(self.column)])]
        rest = {k: v for k, v in self.plain().items() if k not in ("name", "column")}
        return f"Check({', '.join([*parts, *(f'{k}={v!r}' for k, v in rest.items())])})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Check) and self.plain() == other.plain()

    def __hash__(self) -> int:
        return hash((self.name, self.column))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _shown(value: Any) -> str:
    text = repr(value) if not isinstance(value, date) else value.isoformat()
    return text if len(text) <= 60 else f"{text[:57]}..."


def _limit(key: str, value: Any) -> Any:
    if value is not None and not _is_number(value) and not isinstance(value, date):
        raise CheckError(key, f"expected a number, a date or a time, found {value!r}")
    return value


def _number(key: str, value: Any) -> Any:
    if not _is_number(value):
        raise CheckError(key, f"expected a number, found {value!r}")
    return value


def _share(key: str, value: Any) -> Any:
    if not _is_number(value) or not 0.0 <= value <= 1.0:
        raise CheckError(key, f"expected a number from 0 to 1, found {value!r}")
    return value


def _values(key: str, value: Any) -> Any:
    items = list(value) if isinstance(value, (list, tuple, set, frozenset)) else []
    if not items or not all(isinstance(one, (str, int, float, date)) for one in items):
        raise CheckError(key, f"expected a list of texts, numbers or dates, found {value!r}")
    return items


def _pattern(key: str, value: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not isinstance(value, str):
        raise CheckError(key, f"expected a regular expression, found {value!r}")
    try:
        pc.match_substring_regex(pa.array([""]), value)
    except (pa.ArrowException, UnicodeError) as error:
        why = str(error).splitlines()[0].removeprefix("Invalid regular expression: ")
        raise CheckError(
            key, f"expected a regular expression of RE2 (re2's syntax page), found {value!r}: {why}"
        ) from None
    return value


def _boolean(key: str, value: Any) -> Any:
    if not isinstance(value, bool):
        raise CheckError(key, f"expected true or false, found {value!r}")
    return value


def _type(key: str, value: Any) -> Any:
    if not isinstance(value, str) or not Type.parse(value).is_known:
        raise CheckError(key, f"expected a type such as 'int64' or 'string', found {value!r}")
    return value


def _metric(key: str, value: Any) -> Any:
    known = [one.name for one in registry.records() if one.family not in ("schema", "check")]
    if not isinstance(value, str) or value not in known:
        close = did_you_mean(str(value), known)
        raise CheckError(key, f"unknown metric {value!r}{close}: `simdrift metrics` lists them")
    if value.partition(".")[0] == "estimated" and value.partition(".")[0] in FAMILIES:
        raise CheckError(key, f"{value!r} is an estimate over chunks: check sd.estimate's rows")
    return value


def _data(key: str, value: Any) -> Any:
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _name(key: str, value: Any) -> Any:
    if not isinstance(value, str):
        raise CheckError(key, f"expected a column's name, found {value!r}")
    return value


def seconds_in(age: str | float) -> float:
    """An age in seconds: '2h', '30m', '1d', or a number of seconds.

    >>> seconds_in("2h"), seconds_in(90)
    (7200.0, 90.0)
    """
    if _is_number(age):
        return float(age)
    found = _AGE.fullmatch(age) if isinstance(age, str) else None
    if found is None:
        raise CheckError("age", f"expected '2h', '30m', '1d' or seconds, found {age!r}")
    return float(found[1]) * _SECONDS[found[2]]


def _age(key: str, value: Any) -> Any:
    seconds_in(value)
    return value


_LIMITS: Final = ("min", "max")
OF_ROWS: Final = (
    *("not_null", "unique", "between", "in_set", "matches", "increasing", "foreign_key"),
)
"""Checks of single rows."""
OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "not_null": (),
    "unique": (),
    "between": _LIMITS,
    "in_set": ("values",),
    "matches": ("pattern",),
    "increasing": ("strict",),
    "foreign_key": ("data", "key"),
    "row_count": _LIMITS,
    "max_missing_share": ("share",),
    "mean_between": _LIMITS,
    "quantile_between": ("q", *_LIMITS),
    "column_exists": (),
    "of_type": ("type",),
    "max_age": ("age",),
    "metric": ("metric", *_LIMITS, "sigmas", "q"),
}
"""The keys of each check, `column`, `severity`, `at_most` and `note` aside."""
_REQUIRED: Final = {
    "in_set": ("values",),
    "matches": ("pattern",),
    "foreign_key": ("data",),
    "max_missing_share": ("share",),
    "quantile_between": ("q",),
    "of_type": ("type",),
    "max_age": ("age",),
    "metric": ("metric",),
}
_ONE_OF: Final = {
    **dict.fromkeys(("between", "row_count", "mean_between", "quantile_between"), _LIMITS),
    "metric": (*_LIMITS, "sigmas"),
}
_OPTIONS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "min": _limit,
    "max": _limit,
    "values": _values,
    "pattern": _pattern,
    "strict": _boolean,
    "data": _data,
    "key": _name,
    "share": _share,
    "q": _share,
    "type": _type,
    "age": _age,
    "metric": _metric,
    "sigmas": _number,
}
