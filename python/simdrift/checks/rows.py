"""Checks of single rows: which of them fail. Missing rows pass all but `not_null`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import reduce
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simdrift.columns import as_table
from simdrift.columns.objects import label_of
from simdrift.columns.values import Values, repeated, seconds_of

Mask = NDArray[np.bool_]


class NotOfKindError(Exception):
    """A check whose meaning the column's type lacks; the message says what was expected."""


def not_null(values: Sequence[Values], options: Mapping[str, Any]) -> Mask:
    return values[0].missing


def unique(values: Sequence[Values], options: Mapping[str, Any]) -> Mask:
    """Of several columns: rows that agree in all of them; one that lacks any passes."""
    if len(values) == 1:
        return values[0].repeated
    missing = reduce(np.logical_or, (one.missing for one in values))
    known = ~missing
    key = np.zeros(int(known.sum()), np.int64)
    for one in values:
        _, codes = np.unique(one.keys[known], return_inverse=True)
        _, key = np.unique(key * (codes.max(initial=0) + 1) + codes, return_inverse=True)
    found = np.zeros(len(missing), bool)
    found[known] = repeated(key)
    return found


def between(values: Sequence[Values], options: Mapping[str, Any]) -> Mask:
    own = values[0]
    limits = [options.get("min"), options.get("max")]
    _require_order(own, [limit for limit in limits if limit is not None])
    whole = own.column.kind == "integer" and all(isinstance(x, (int, type(None))) for x in limits)
    numbers = own.integers[0] if whole else own.numbers
    low, high = (None if x is None else x if whole else seconds_of(x) for x in limits)
    found = np.zeros(len(own), bool)
    if low is not None:
        found |= numbers < low
    if high is not None:
        found |= numbers > high
    return found & ~own.missing


def _require_order(values: Values, limits: Sequence[Any]) -> None:
    if values.is_text or values.column.kind == "null":
        if values.missing.all():
            return
        raise NotOfKindError(f"expected numbers or times, found {values.column.type}")
    for limit in limits:
        if isinstance(limit, date) != values.is_time:
            expected = "a date or a time" if values.is_time else "a number"
            raise NotOfKindError(
                f"expected {expected} as limit of a column of {values.column.type}, found {limit}"
            )


def in_set(values: Sequence[Values], options: Mapping[str, Any]) -> Mask:
    own = values[0]
    if own.is_time:
        allowed = {seconds_of(one) for one in options["values"] if isinstance(one, date)}
        return ~np.isin(own.numbers, list(allowed)) & ~own.missing
    return _outside(own, {label_of(one) for one in options["values"]})


def _outside(values: Values, allowed: set[str]) -> Mask:
    """Rows whose value is none of these labels."""
    if values.column.kind == "null":
        return np.zeros(len(values), bool)
    others = np.array([label not in allowed for label in values.labels] or [False], bool)
    return others[values.codes] & (values.codes >= 0)


def matches(values: Sequence[Values], options: Mapping[str, Any]) -> Mask:
    """By RE2, in time that is linear in the text; each different text is looked at once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    own = values[0]
    if own.column.kind == "null":
        return np.zeros(len(own), bool)
    if not own.is_text:
        raise NotOfKindError(f"expected texts, found {own.column.type}")
    labels = pa.array(own.labels, pa.large_string())
    hits = pc.match_substring_regex(labels, options["pattern"]).to_numpy(zero_copy_only=False)
    others = np.append(~hits.astype(bool), False)
    return others[own.codes] & (own.codes >= 0)


def increasing(values: Sequence[Values], options: Mapping[str, Any]) -> Mask:
    own = values[0]
    _require_order(own, ())
    places = np.flatnonzero(~own.missing)
    known = own.keys[places]
    falls = known[1:] <= known[:-1] if options.get("strict") else known[1:] < known[:-1]
    found = np.zeros(len(own), bool)
    found[places[1:][falls]] = True
    return found


def foreign_key(values: Sequence[Values], options: Mapping[str, Any]) -> Mask:
    """Values are compared as labels, so that 1 and 1.0 are one key."""
    own, name = values[0], options["key"]
    table = as_table(options["data"], argument="foreign_key", columns=[name])
    other = table.computed.get(name)
    if other is None:
        raise NotOfKindError(f"expected keys that can be read, found {table.types[name]}")
    keys = Values(other)
    if own.is_time and keys.is_time:
        return ~np.isin(own.numbers, keys.numbers[~keys.missing]) & ~own.missing
    return _outside(own, set(keys.labels) if other.kind != "null" else set())


FUNCTIONS: Final[Mapping[str, Callable[[Sequence[Values], Mapping[str, Any]], Mask]]] = {
    "not_null": not_null,
    "unique": unique,
    "between": between,
    "in_set": in_set,
    "matches": matches,
    "increasing": increasing,
    "foreign_key": foreign_key,
}
