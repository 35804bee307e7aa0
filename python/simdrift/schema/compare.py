"""The differences of a table from a schema.

Types are compared by what the values mean: an integer is no difference where numbers are expected,
and whole numbers in floats (integers with missing ones, to pandas) none where integers are.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Final

import numpy as np

from simdrift._core import Column
from simdrift.columns import Refused, Table
from simdrift.columns.objects import label_of
from simdrift.columns.values import Values, seconds_of
from simdrift.metrics.structure import Difference
from simdrift.schema.document import ColumnSchema
from simdrift.schema.infer import of_column
from simdrift.schema.types import UNITS, Type, type_of

SIMILAR_NAME: Final = 0.5
SIMILAR_DOMAIN: Final = 0.5
NEAR_QUARTILES: Final = 0.5
"""Of an interquartile range, that quartiles of a renamed column may be apart."""
SAME_NAME: Final = 0.8
"""So like that the name alone says it, where nothing is known of the values."""
SAME_WORDS: Final = 0.75
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W_A-Z]+")
ROWS_OF_A_UNIT: Final = 20
"""By chance, no so many times in a finer unit are whole numbers of a coarser one."""
MOST_EXAMPLES: Final = 3


def differences(
    schema: Mapping[str, ColumnSchema],
    table: Table,
    *,
    ordered: bool = True,
    warn: Collection[str] = (),
) -> list[Difference]:
    """All differences, the columns in the schema's order, then added ones, then the order."""
    there = table.whole
    renamed = _renamed(schema, there)
    found: list[Difference] = []
    for name, expected in schema.items():
        if name in renamed:
            other = renamed[name]
            words = f"column {name!r} is not there; {other!r} looks like it"
            found.append(Difference("renamed", name, words, params=f"{name} -> {other}"))
        elif name not in there:
            found.append(Difference("removed", name, f"column {name!r} is not there"))
        elif name in table.gaps and table.gaps[name].is_retyped:
            found.append(Difference("retyped", name, table.gaps[name].reason))
        else:
            found += _of_column(name, expected, there[name])
    for name, column in there.items():
        if name not in schema and name not in renamed.values():
            kind = Type.parse(column.type)
            found.append(Difference("added", name, f"column {name!r} ({kind}) is new"))
    if ordered:
        found += _order(list(schema), list(there))
    found = [one._replace(rows=len(table)) for one in found]
    return [one._replace(alerts=one.kind not in warn) for one in found]


def _order(expected: Sequence[str], found: Sequence[str]) -> list[Difference]:
    """How many of the columns that both have would have to move."""
    place = {name: at for at, name in enumerate(expected)}
    places = [place[name] for name in found if name in place]
    moved = len(places) - _longest_rise(places)
    if not moved:
        return []
    words = f"{moved} of {len(places)} columns would have to move for the schema's order"
    return [Difference("reordered", None, words, float(moved))]


def _longest_rise(places: Sequence[int]) -> int:
    """The length of the longest rising subsequence."""
    ends: list[int] = []
    for place in places:
        at = bisect_left(ends, place)
        ends[at : at + 1] = [place]
    return len(ends)


def _of_column(name: str, expected: ColumnSchema, column: Column | Refused) -> Iterator[Difference]:
    if isinstance(column, Refused):
        yield from _of_refused(name, expected, column)
        return
    values = Values(column)
    kind = type_of(values)
    missing = int(values.missing.sum())
    if missing and not expected.nullable:
        words = f"{missing:,} of {len(values):,} rows are missing, and none may be"
        yield Difference("nullability", name, words, float(missing))
    if missing == len(values):
        return  # no value shows a type
    retyped = list(_of_type(name, expected.type, kind, values))
    yield from retyped
    if any(one.kind == "retyped" for one in retyped):
        return
    if expected.unique and values.repeated.any():
        repeated = int(values.repeated.sum())
        words = f"{repeated:,} rows have a value that another row has, too"
        yield Difference("uniqueness", name, words, float(repeated))
    yield from _of_domain(name, expected, values)
    yield from _of_range(name, expected, values)


def _of_refused(name: str, expected: ColumnSchema, column: Refused) -> Iterator[Difference]:
    kind = Type.parse(column.type)
    unread = "object" in (kind.name, expected.type.name) and not expected.type.is_read
    if kind.family != expected.type.family and not unread:
        yield _retyped(name, expected.type, kind)
    missing = 0 if column.present is None else column.present.null_count
    if missing and not expected.nullable:
        words = f"{missing:,} of {len(column.present or ()):,} rows are missing, and none may be"
        yield Difference("nullability", name, words, float(missing))


def _retyped(name: str, expected: Type, found: Type, kind: str = "retyped") -> Difference:
    words = f"expected {expected}, found {found}"
    return Difference(kind, name, words, params=f"{expected} -> {found}")


def _of_type(name: str, expected: Type, found: Type, values: Values) -> Iterator[Difference]:
    if expected.name == "null":
        return
    if found.family != expected.family:
        yield _retyped(name, expected, found)
    elif expected.family == "number":
        if expected.name == "int64" and found.name != "int64" and not values.all_whole:
            yield _retyped(name, expected, found)
        elif _is_coarser_number(expected, found):
            yield _retyped(name, expected, found, "precision")
    elif expected.family == "time":
        if found.zone != expected.zone and "date32" not in (found.name, expected.name):
            shown = [one.zone or "none" for one in (expected, found)]
            words = "expected times of zone {}, found {}".format(*shown)
            yield Difference("time_zone", name, words, params=" -> ".join(shown))
        if _has_other_unit(expected, found, values):
            yield _retyped(name, expected, found._replace(zone=expected.zone), "precision")


def _is_coarser_number(expected: Type, found: Type) -> bool:
    """Whether numbers lost digits: narrower floats, floats for decimals, fewer or other digits
    after the point."""
    if expected.name == "float64":
        return found.name == "float64" and found.bits < expected.bits
    if expected.name == "decimal128" and expected.precision is not None:
        return found.name == "float64" or (
            found.name == "decimal128" and found.scale != expected.scale
        )
    return False


def _has_other_unit(expected: Type, found: Type, values: Values) -> bool:
    """Whether times need a finer unit, or are all whole numbers of a coarser one."""
    before = "D" if expected.name == "date32" else expected.unit
    now = "D" if found.name == "date32" else values.resolution
    if before is None or now is None or before == now:
        return False
    if UNITS.index(now) > UNITS.index(before):
        return True
    known = len(values) - int(values.missing.sum())
    is_midnight = (before, now) == ("s", "D") and expected.zone is not None
    return known >= ROWS_OF_A_UNIT and not is_midnight


def _of_domain(name: str, expected: ColumnSchema, values: Values) -> Iterator[Difference]:
    if expected.values is None:
        return
    allowed = {label_of(one) for one in expected.values}
    others = np.array([label not in allowed for label in values.labels], bool)
    outside = others[values.codes] & (values.codes >= 0) if len(others) else np.zeros(0, bool)
    rows = int(outside.sum())
    if rows:
        labels = [label for label, is_other in zip(values.labels, others, strict=True) if is_other]
        more = ", ..." if len(labels) > MOST_EXAMPLES else ""
        shown = ", ".join(repr(label) for label in labels[:MOST_EXAMPLES])
        words = f"{rows:,} rows have a value that the schema lacks: {shown}{more}"
        yield Difference("domain", name, words, float(rows))


def _of_range(name: str, expected: ColumnSchema, values: Values) -> Iterator[Difference]:
    if (expected.min is None and expected.max is None) or values.is_text:
        return
    numbers, outside = values.numbers, np.zeros(len(values), bool)
    if expected.min is not None:
        outside |= numbers < seconds_of(expected.min)
    if expected.max is not None:
        outside |= numbers > seconds_of(expected.max)
    rows = int(outside.sum())
    if rows:
        ends = [
            str(values.value(int(at(np.where(outside, numbers, empty)))))
            for at, empty in ((np.argmin, np.inf), (np.argmax, -np.inf))
        ]
        shown = ends[0] if ends[0] == ends[1] else " to ".join(ends)
        limits = f"{_shown(expected.min, 'below')}{_shown(expected.max, 'above')}"
        words = f"{rows:,} rows are{limits}: {shown}"
        yield Difference("range", name, words, float(rows))


def _shown(limit: Any, word: str) -> str:
    return "" if limit is None else f"{' or' if word == 'above' else ''} {word} {limit}"


def _renamed(
    schema: Mapping[str, ColumnSchema], there: Mapping[str, Column | Refused]
) -> dict[str, str]:
    """Lost columns with the new ones that look like them: the likeliest pairs, each name once."""
    lost = [name for name in schema if name not in there]
    new = [name for name in there if name not in schema]
    if not lost or not new:
        return {}
    shapes = {name: of_column(there[name]) for name in new}
    scores = [
        (like_names(name, other), name, other)
        for name in lost
        for other in new
        if _look_alike(name, schema[name], other, shapes[other])
    ]
    found: dict[str, str] = {}
    for _, name, other in sorted(scores, key=lambda one: -one[0]):
        if name not in found and other not in found.values():
            found[name] = other
    return found


def like_names(one: str, other: str) -> float:
    """How like two names are, from 0 to 1; all words of one among the other's are like, too.

    >>> like_names("dep_delay", "DepDelay"), like_names("fare", "fare_amount")
    (1.0, 0.75)
    >>> like_names("fare", "zone") < SIMILAR_NAME
    True
    """
    left, right = _WORD.findall(one), _WORD.findall(other)
    words = {word.lower() for word in left}, {word.lower() for word in right}
    within = SAME_WORDS if words[0] <= words[1] or words[1] <= words[0] else 0.0
    plain = "".join(left).lower(), "".join(right).lower()
    return max(within, float(SequenceMatcher(None, *plain).ratio()))


def _look_alike(name: str, lost: ColumnSchema, other: str, new: ColumnSchema) -> bool:
    likeness = like_names(name, other)
    if likeness < SIMILAR_NAME or lost.type.family != new.type.family:
        return False
    if lost.values is not None and new.values is not None:
        both, every = {*lost.values} & {*new.values}, {*lost.values} | {*new.values}
        return len(both) >= SIMILAR_DOMAIN * len(every)
    if lost.quartiles is not None and new.quartiles is not None:
        width = lost.quartiles[2] - lost.quartiles[0]
        pairs = zip(lost.quartiles, new.quartiles, strict=True)
        return all(abs(a - b) <= NEAR_QUARTILES * width for a, b in pairs)
    return likeness >= SAME_NAME
