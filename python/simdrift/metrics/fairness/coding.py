"""Rows as codes: the sensitive group that a row belongs to, and how a prediction came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._core import Categories, Column
from simdrift.columns.labels import dated
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.names import segment_text
from simdrift.metrics.performance.label_table import coded, positive_place
from simdrift.metrics.performance.labels import Labels
from simdrift.metrics.performance.predictions import NUMBERS, Lacking, Predictions
from simdrift.metrics.values import NOT_APPLICABLE

Codes = NDArray[np.int32]
MOST_GROUPS = 200
"""Sensitive groups: with more, a column is no category, and its numbers are to be cut first."""
MISSING = "(missing)"
"""The group of rows whose sensitive value is missing."""


class SensitiveGroups(NamedTuple):
    """The groups of one sensitive column, or of the combinations of several: what they are called,
    and each row's place among them."""

    names: tuple[str, ...]
    codes: Codes


def sensitive_groups(
    columns: Mapping[str, ColumnGroups], threads: int | None
) -> SensitiveGroups | Lacking:
    """The groups that have rows, ordered by their values; missing ones make a group of their own.
    Several columns: their combinations, named 'sex=F & race=B'."""
    tables: list[list[str]] = []
    total: NDArray[Any] | None = None
    for name, column in columns.items():
        if column.whole.refused is not None:
            return Lacking.refused(column)
        found = _ordered(column.whole.column, threads)
        if found is None:
            return Lacking(
                NOT_APPLICABLE,
                f"{name!r} has more than {MOST_GROUPS} values: cut its numbers into ranges first",
                None,
            )
        labels, codes = found
        total = codes if total is None else total.astype(np.int64) * len(labels) + codes
        tables.append(labels)
    if total is None:
        raise ValueError("sensitive: expected one column or more, found none")
    groups = _combined(tuple(columns), tables, total)
    if len(groups.names) > MOST_GROUPS:
        text = f"expected at most {MOST_GROUPS} groups, found {len(groups.names)}"
        return Lacking(NOT_APPLICABLE, text, None)
    return groups


def _ordered(column: Column, threads: int | None) -> tuple[list[str], Codes] | None:
    """Labels in order, and each row's place; None where there are too many."""
    table = Categories(maximum=MOST_GROUPS)
    codes = table.encode(dated(column, threads), threads=threads)
    if table.overflow:
        return None
    labels, numbers = table.labels, column.value_kind in NUMBERS - {"boolean"}
    order = sorted(range(len(labels)), key=lambda at: _number(labels[at]) if numbers else at)
    if not numbers:
        order.sort(key=labels.__getitem__)
    place = np.empty(len(labels) + 1, np.int32)
    place[order] = np.arange(len(labels))
    place[-1] = len(labels)  # of code -1: missing
    named = [f'"{text}"' if text == MISSING else text for text in (labels[at] for at in order)]
    return [*named, MISSING], place[codes]


def _number(label: str) -> float:
    try:
        return float(label)
    except ValueError:
        return np.inf


def _combined(
    columns: tuple[str, ...], tables: Sequence[Sequence[str]], codes: NDArray[Any]
) -> SensitiveGroups:
    """Only the combinations that have rows."""
    sizes = [len(table) for table in tables]
    used, place = np.unique(codes, return_inverse=True)
    values = [
        tuple(
            table[int(at)] for table, at in zip(tables, np.unravel_index(code, sizes), strict=True)
        )
        for code in used.tolist()
    ]
    one = len(columns) == 1
    names = tuple(own[0] if one else segment_text(columns, own) for own in values)
    return SensitiveGroups(names, place.astype(np.int32))


# --- labels ---


class Decisions(NamedTuple):
    """Codes of target and prediction: 1 is the positive label, 0 any other, -1 missing; a target
    that is not given is missing in every row. `binary`: whether there is a positive label."""

    target: Codes
    prediction: Codes
    right: Codes
    """1 where both are the same label, 0 where not, -1 where one is missing."""
    binary: bool


def decisions_of(predictions: Predictions) -> Decisions | Lacking:
    """What was decided and what came true, by the labels' one rule (`label_table.py`); without a
    prediction a score that reaches the threshold decides."""
    target = predictions.target
    if target is None or (target.whole.refused is None and not target.valid.any()):
        return _without_target(predictions)
    labels = predictions.subject(Labels)
    if isinstance(labels, Lacking):
        return labels
    theirs, mine = labels.target_codes, labels.prediction_codes
    known = (theirs >= 0) & (mine >= 0)
    right = np.where(known, theirs == mine, -1).astype(np.int32)
    if labels.positive is None:
        return Decisions(theirs, mine, right, False)
    one, other = (_is_positive(own, labels.positive) for own in (theirs, mine))
    return Decisions(one, other, right, True)


def _is_positive(codes: Codes, positive: int) -> Codes:
    return np.where(codes < 0, -1, codes == positive).astype(np.int32)


def _without_target(predictions: Predictions) -> Decisions | Lacking:
    """What was decided, where nothing has come true yet."""
    prediction, scores = predictions.prediction, tuple(predictions.scores.values())
    if prediction is not None:
        if prediction.whole.refused is not None:
            return Lacking.refused(prediction)
        found = coded([prediction], predictions.settings)
        if isinstance(found, Lacking):
            return found
        mine, positive = found.codes[0], positive_place(found.labels, predictions.settings)
        if positive is None and len(found.labels) <= 1:
            positive = 0
    elif len(scores) == 1:
        (score,) = scores
        if score.whole.refused is not None or score.whole.value_kind not in NUMBERS:
            return Lacking.refused(score)
        values = score.whole.column.to_float64()
        decided = np.where(np.isnan(values), -1, values >= predictions.settings.threshold)
        mine, positive = decided.astype(np.int32), 1
    else:
        return Lacking.role("prediction")
    none = np.full(len(mine), -1, np.int32)
    if positive is None:
        return Decisions(none, mine, none, False)
    return Decisions(none, _is_positive(mine, positive), none, True)
