"""Labels that come later, in data of their own: joined to the predictions by what names a row.

A row gets the label of the last row of the labels with its key; one whose key is not there, or is
missing, keeps what its own data say, which is nothing until the labels come.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._errors import InputError, SpecError
from simdrift.columns import Source, Table, as_column, as_table, opened
from simdrift.monitoring.roles import no_column
from simdrift.monitoring.spec import Spec

log = logging.getLogger("simdrift")
_NUMBERS = ("integer", "float", "boolean")
Rows = NDArray[np.int64]


def label_source(spec: Spec, labels: object | None) -> Source | Table | Any | None:
    """The labels' data, opened: the argument, or the file that the spec names; None where there
    are none. SpecError where they lack key or target."""
    named = None if spec.labels is None else spec.labels.data
    if labels is None and named is None:
        return None
    source = opened(named if labels is None else labels, argument="labels")
    if spec.columns.key is None or spec.columns.target is None:
        raise SpecError(
            "'columns.key' and 'columns.target' are missing: labels are joined to rows by what "
            "names a row"
        )
    there = [*source.names, *source.hidden]
    for name in (_key(spec), spec.columns.target):
        if name not in there:
            raise SpecError(f"labels: {no_column(name, there, 'the labels have')}")
    return source


def _key(spec: Spec) -> str:
    """What the labels call the key."""
    own = None if spec.labels is None else spec.labels.key
    return own or str(spec.columns.key)


def names_with_labels(spec: Spec, source: object | None) -> list[str]:
    """The names that the labels add to those of the data."""
    return [] if source is None else [str(spec.columns.target)]


def with_labels(spec: Spec, table: Table, source: Any) -> Table:
    """The table with the labels of its rows as its target; as it is where there are none."""
    if source is None:
        return table
    target, name = str(spec.columns.target), _key(spec)
    labels = as_table(source, argument="labels", columns=[name, target])
    keys = _column(table, str(spec.columns.key), "the data"), _column(labels, name, "the labels")
    rows = matched(*keys)
    values = _column(labels, target, "the labels")
    joined = _joined(values, rows, table.computed.get(target))
    found = int(np.count_nonzero(rows >= 0))
    log.info("labels: %s of %s rows have one", f"{found:,}", f"{len(rows):,}")
    return table.with_column(target, as_column(joined, name=target))


def _column(table: Table, name: str, whose: str) -> _core.Column:
    column = table.computed.get(name)
    if column is None:
        kind = table.types.get(name, "no such column")
        raise InputError(f"labels: expected {whose} to have a column {name!r}, found {kind}")
    return column


def matched(keys: _core.Column, others: _core.Column) -> Rows:
    """Of each key its row among the others, the last of several; -1 where there is none.

    >>> from simdrift.columns import as_column
    >>> matched(as_column([7, 5, 9]), as_column([9, 7, 7])).tolist()
    [2, -1, 0]
    """
    if keys.value_kind == others.value_kind == "integer":
        (left, own), (right, known) = keys.to_int64(), others.to_int64()
        if left.dtype == right.dtype:
            return _by_number(left, own, right, known)
    table = _core.Categories(maximum=len(keys) + len(others) + 1)
    codes = table.encode(others)
    places = np.full(len(table.labels) + 1, -1, np.int64)
    present = codes >= 0
    places[codes[present]] = np.flatnonzero(present)
    wanted = table.encode(keys)
    unknown = (wanted < 0) | (wanted >= len(places) - 1)
    return np.asarray(places[np.where(unknown, len(places) - 1, wanted)])


def _by_number(
    left: NDArray[Any], own: NDArray[np.bool_], right: NDArray[Any], known: NDArray[np.bool_]
) -> Rows:
    rows = np.flatnonzero(known)
    order = rows[np.argsort(right[rows], kind="stable")]
    if not len(order):
        return np.full(len(left), -1, np.int64)
    at = np.searchsorted(right[order], left, side="right") - 1
    place = order[np.maximum(at, 0)]
    same = own & (at >= 0) & (right[place] == left)
    return np.where(same, place, -1).astype(np.int64)


def _joined(labels: _core.Column, rows: Rows, before: _core.Column | None) -> NDArray[Any]:
    """The label of each row; where there is none, what its own data say."""
    present = rows >= 0
    kinds = {labels.value_kind, *(() if before is None else (before.value_kind,))}
    if kinds <= {*_NUMBERS, "null"}:
        values = np.full(len(rows), np.nan) if before is None else before.to_float64()
        values[present] = labels.to_float64()[rows[present]]
        return values
    if not kinds <= {"text", "category", "null"}:
        found = " and ".join(sorted(kinds))
        raise InputError(f"labels: expected a target of numbers or of text, found {found}")
    texts = _texts(before, len(rows))
    own = _texts(labels, len(labels))
    texts[present] = own[rows[present]]
    return texts


def _texts(column: _core.Column | None, length: int) -> NDArray[Any]:
    if column is None or column.value_kind == "null":
        return np.full(length, None, object)
    return np.array(column.to_text(), object)
