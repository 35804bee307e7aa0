"""A monitor's TOML file for data that nobody has described yet: roles and windows are guessed,
every other key stands in it as a comment with its default."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from simdrift import _toml as toml
from simdrift._errors import InputError
from simdrift.columns import Table, as_table
from simdrift.monitoring.guess import Guess, guess_roles
from simdrift.monitoring.spec import Spec
from simdrift.monitoring.spec_keys import REQUIRED, Key, keys_of, tables_of
from simdrift.results.text import counted, visible

_FEWEST: Final = 4
"""Windows for which a length of window is taken."""
_LONGEST_REFERENCE: Final = 31
_STRAY: Final = 0.001
"""Share of rows at either end whose times may be far from the others, as a broken clock's are."""
_WIDTH: Final = 100
_PER_SECOND: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}

Values = Mapping[str, Mapping[str, Any]]
"""What is set, by table of the file and key."""


class Cut(NamedTuple):
    """How time is cut: the window, and where reference and windows begin and end."""

    window: str
    reference: tuple[Any, Any] | None
    start: Any
    end: Any


def initial(data: Path, target: Path, reference: Path | None = None) -> str:
    """The text of a monitor's file for the rows of `data`, as it is written to `target`: paths in
    it are relative to the folder of that. `reference`: a file to compare with; without it the
    first third of the time is the reference, or, without times, the data themselves."""
    table = as_table(data)
    if not table.computed or not len(table):
        raise InputError(f"{data}: expected rows of columns to watch, found {len(table)} rows")
    guess = guess_roles(table)
    values = _values(table, guess, data, target, reference)
    return "\n".join((*_head(data, table), "", *_lines(values))).rstrip() + "\n"


def _values(
    table: Table, guess: Guess, data: Path, target: Path, reference: Path | None
) -> dict[str, dict[str, Any]]:
    """What is set in the file."""
    zone = _zone(table, guess)
    cut = _cut(table, guess, zone, fixed=reference is not None)
    name = data.stem or "monitor"
    top: dict[str, Any] = {"monitor": name, "dataset": name, "data": _relative(data, target)}
    top["window"] = cut.window
    if zone != "UTC":
        top["timezone"] = zone
    values = {"": top}
    if cut.reference is None:
        top["reference"] = _relative(reference or data, target)
    else:
        values["reference"] = dict(zip(("start", "end"), cut.reference, strict=True))
    if guess.timestamp is None:
        day = datetime.fromtimestamp(data.stat().st_mtime, UTC).date()
        top |= {"start": day, "end": day + timedelta(days=1)}
    elif cut.start is not None:
        top |= {"start": cut.start, "end": cut.end}
    single = ("timestamp", "prediction", "score", "target", "key")
    roles = {role: getattr(guess, role) for role in single}
    roles |= {"categorical": guess.categorical, "ignore": guess.ignore}
    values["columns"] = {role: found for role, found in roles.items() if found}
    values["metrics"] = {"quality": ["rows", "missing_share"]}
    return values


def _relative(path: Path, target: Path) -> str:
    """The path from the folder of the file that names it."""
    return os.path.relpath(path, target.parent)


def _zone(table: Table, guess: Guess) -> str:
    """The zone of the time column, UTC where it has none that is known."""
    if guess.timestamp is None:
        return "UTC"
    _, comma, name = table.types[guess.timestamp].partition(",")
    try:
        return ZoneInfo(name.strip(" ]")).key if comma else "UTC"
    except (ValueError, OSError, KeyError):
        return "UTC"


def _cut(table: Table, guess: Guess, zone: str, *, fixed: bool) -> Cut:
    """Days where there are enough of them, else hours, else everything at once. `fixed`: the
    reference is a file, and every window may be watched."""
    bounds = None if guess.timestamp is None else _bounds(table, guess.timestamp, zone)
    for window, step in (("1d", timedelta(days=1)), ("1h", timedelta(hours=1))):
        if bounds is None or (bounds[1] - bounds[0]) / step < _FEWEST - 1:
            continue
        first, last = _floor(bounds[0], window), _floor(bounds[1], window) + step
        count = (last - first) // step
        border = first + step * min(count // 3, _LONGEST_REFERENCE)
        start = first if fixed else border
        reference = None if fixed else (_shown(first, window), _shown(border, window))
        return Cut(window, reference, _shown(start, window), _shown(last, window))
    return Cut("all", None, None, None)


def _bounds(table: Table, name: str, zone: str) -> tuple[datetime, datetime] | None:
    """Local times of the first and the last row, strays aside."""
    column = table.computed[name]
    times, valid = column.to_int64()
    if not valid.any():
        return None
    per_second = 1 / 86_400 if column.type.startswith("date32") else _PER_SECOND[column.unit or "s"]
    bounds = np.quantile(times[valid] / per_second, [_STRAY, 1 - _STRAY])
    first, last = (datetime.fromtimestamp(time, UTC) for time in bounds.tolist())
    if "," in column.type:
        first, last = (time.astimezone(ZoneInfo(zone)) for time in (first, last))
    return first.replace(tzinfo=None), last.replace(tzinfo=None)


def _floor(time: datetime, window: str) -> datetime:
    day = time.replace(hour=0, minute=0, second=0, microsecond=0)
    return day if window == "1d" else day.replace(hour=time.hour)


def _shown(time: datetime, window: str) -> date | datetime:
    return time.date() if window == "1d" else time


def _head(data: Path, table: Table) -> Iterator[str]:
    """What the file is, for whoever opens it first."""
    rows, columns = len(table), len(table.names)
    size = f"{counted(rows, 'row')}, {counted(columns, 'column')}"
    yield f"# A monitor of {visible(data.name)} ({size})."
    yield "# Written by `simdrift init`: roles and times are guessed from names and values."
    yield "# `simdrift spec FILE` explains what will be computed, `simdrift run FILE` computes it."
    yield "# A key that begins with # has its default, or shows an example where there is none."


def _lines(values: Values) -> Iterator[str]:
    """Every key of every table, in the order of the documentation."""
    for table, model in tables_of(Spec).items():
        own = values.get(table, {})
        if table == "reference" and "reference" in values[""]:
            continue
        if table:
            yield f"[{table}]" if own else f"# [{table}]"
        for key in keys_of(model, table):
            if key.path != "reference" or "reference" not in values:
                yield from _key_lines(key, own)
        yield from [""] if table else []


def _key_lines(key: Key, own: Mapping[str, Any]) -> Iterator[str]:
    """What the key is for, and the key."""
    yield f"# {key.about}"
    if key.name in own:
        yield _assignment(key.name, own[key.name])
    elif key.default in ("", REQUIRED):
        yield f"# {key.name} = {key.example}  # an example: not set by default"
    else:
        yield f"# {key.name} = {key.default}"
    if not key.table:
        yield ""


def _assignment(name: str, value: Any) -> str:
    """The key and its value, over several lines where it is a long list."""
    line = f"{name} = {toml.value_of(value)}"
    if len(line) <= _WIDTH or isinstance(value, str) or not isinstance(value, (list, tuple)):
        return line
    return "\n".join((f"{name} = [", *(f"    {toml.value_of(item)}," for item in value), "]"))
