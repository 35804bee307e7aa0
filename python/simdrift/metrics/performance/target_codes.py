"""Codes of a target's labels, as columns of float64: NaN where the target is missing, -1 where it
is none of the labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simdrift import _core
from simdrift._types import Floats
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.performance.predictions import NUMBERS, Lacking, Predictions
from simdrift.metrics.values import NOT_APPLICABLE


def is_number(column: ColumnGroups) -> bool:
    """Whether the column holds numbers or booleans; a column of nulls alone does."""
    return column.whole.value_kind in NUMBERS or column.whole.column.kind == "null"


def scored_target(predictions: Predictions, expected: str) -> ColumnGroups | Lacking:
    """The target of scores that are numbers, or what is lacking: a role, or numbers, which the
    reason calls as `expected` does ("probabilities")."""
    target, given = predictions.target, predictions.scores
    if target is None:
        return Lacking.role("target")
    if not given:
        return Lacking.role("score")
    for column in (target, *given.values()):
        if column.whole.refused is not None:
            return Lacking.refused(column)
    for column in given.values():
        if not is_number(column):
            found = f"{column.name}: expected {expected}, found {column.whole.type}"
            return Lacking(NOT_APPLICABLE, found)
    return target


def distinct_labels(target: ColumnGroups) -> tuple[Any, ...]:
    """The labels that occur, sorted."""
    if is_number(target):
        values = target.whole.column.to_float64()
        return tuple(np.unique(values[~np.isnan(values)]).tolist())
    table = _core.Categories()
    table.count(target.whole.column)
    return tuple(sorted(table.labels))


def class_codes(target: ColumnGroups, labels: Sequence[Any]) -> _core.Column:
    """The place of each row's label among these."""
    if is_number(target):
        codes = _codes_of_numbers(target.whole.column.to_float64(), labels)
    else:
        codes = _codes_of_texts(target.whole.column, labels)
    return _core.Column.from_numpy(codes)


def _codes_of_numbers(values: Floats, labels: Sequence[Any]) -> Floats:
    numbers = np.array([_number(label) for label in labels], float)
    order = np.argsort(numbers, kind="stable")
    if not len(order):
        return np.where(np.isnan(values), np.nan, -1.0)
    places = np.minimum(np.searchsorted(numbers[order], values), len(order) - 1)
    codes = np.where(numbers[order][places] == values, order[places], -1.0)
    return np.where(np.isnan(values), np.nan, codes)


def _number(label: Any) -> float:
    """A label's number; NaN of one that is none: '2' is 2."""
    try:
        return float(label)
    except (TypeError, ValueError):
        return np.nan


def _codes_of_texts(column: _core.Column, labels: Sequence[Any]) -> Floats:
    table = _core.Categories([str(label) for label in labels])
    found = np.asarray(table.encode(column), float)
    return np.where(found < 0.0, np.nan, np.where(found < len(labels), found, -1.0))


def binary_codes(
    target: ColumnGroups, labels: Sequence[Any] | None, positive: Any
) -> _core.Column | Lacking:
    """1 for the positive label (default: the last of the two), 0 for the other one."""
    known = distinct_labels(target) if labels is None else tuple(labels)
    if positive is None:
        positive = known[-1] if known else 1
    others = [label for label in known if not _is_same(label, positive)]
    if len(others) > 1:
        found = f"{len(others) + 1} labels"
        return Lacking(
            NOT_APPLICABLE,
            f"{target.name}: expected two labels with one column of probabilities, found {found}",
        )
    return class_codes(target, [*others, positive] if others else [_NONE, positive])


def _is_same(label: Any, other: Any) -> bool:
    return bool(label == other) or str(label) == str(other)


_NONE = "\0no label"
"""Stands for the negative label where the positive one alone occurs."""
