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
from simdrift.metrics.performance.labels import Labels
from simdrift.metrics.performance.predictions import NUMBERS, ONE_SCORE, Lacking, Predictions
from simdrift.metrics.values import NOT_APPLICABLE

Codes = NDArray[np.int32]
MOST_GROUPS = 200
"""Sensitive groups: with more, a column is no category, and its numbers are to be cut first."""
MOST_LABELS = 10_000
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
    """What was decided and what came true; without a prediction a score that reaches the threshold
    decides."""
    if _is_of_labels(predictions):
        return _by_score(predictions)
    target, decided = predictions.target, _decided(predictions)
    if isinstance(decided, Lacking):
        return decided
    if target is not None and target.whole.refused is not None:
        return Lacking.refused(target)
    columns = [decided] if target is None else [target.whole.column, decided]
    found = _shared_codes(columns, predictions.threads)
    if found is None:
        return Lacking(NOT_APPLICABLE, f"more than {MOST_LABELS} labels", None)
    labels, codes = found
    mine = codes[-1]
    theirs = codes[0] if target is not None else np.full(len(mine), -1, np.int32)
    known = (theirs >= 0) & (mine >= 0)
    right = np.where(known, theirs == mine, -1).astype(np.int32)
    positive = _positive(labels, predictions.settings.positive)
    if positive is None:
        return Decisions(theirs, mine, right, False)
    one, other = (np.where(own < 0, -1, own == positive).astype(np.int32) for own in (theirs, mine))
    return Decisions(one, other, right, True)


def _is_of_labels(predictions: Predictions) -> bool:
    """Whether a score decides between labels other than 0 and 1."""
    target = predictions.target
    if predictions.prediction is not None or not predictions.scores or target is None:
        return False
    if target.whole.refused is not None or not target.valid.any():
        return False
    asked = predictions.settings.positive
    if ONE_SCORE not in predictions.scores or asked not in (None, 1):
        return True
    column = target.whole.column
    if column.value_kind not in NUMBERS:
        return True
    values = column.to_float64()
    return not bool(np.all((values == 0.0) | (values == 1.0) | np.isnan(values)))


def _by_score(predictions: Predictions) -> Decisions | Lacking:
    """What scores decide, in the labels of the target."""
    labels = predictions.subject(Labels)
    if isinstance(labels, Lacking):
        return labels
    theirs, mine = (_codes(side) for side in (labels.coded.target, labels.coded.prediction))
    known = (theirs >= 0) & (mine >= 0)
    right = np.where(known, theirs == mine, -1).astype(np.int32)
    if labels.positive is None:
        return Decisions(theirs, mine, right, False)
    one, other = (
        np.where(own < 0, -1, own == labels.positive).astype(np.int32) for own in (theirs, mine)
    )
    return Decisions(one, other, right, True)


def _codes(column: Column) -> Codes:
    values, valid = column.to_int64()
    return np.where(valid, values, -1).astype(np.int32)


def _decided(predictions: Predictions) -> Column | Lacking:
    """The column of decisions."""
    prediction, score = predictions.prediction, predictions.scores.get(ONE_SCORE)
    if prediction is not None:
        refused = prediction.whole.refused is not None
        return Lacking.refused(prediction) if refused else prediction.whole.column
    if score is None:
        return Lacking.role("prediction")
    if score.whole.refused is not None or score.whole.value_kind not in NUMBERS:
        return Lacking.refused(score)
    values = score.whole.column.to_float64()
    decided = np.where(np.isnan(values), np.nan, values >= predictions.settings.threshold)
    return Column.from_numpy(decided)


def _shared_codes(
    columns: Sequence[Column], threads: int | None
) -> tuple[list[Any], list[Codes]] | None:
    """Sorted labels of all columns and the place of each row's; None where there are too many."""
    if all(column.value_kind in NUMBERS for column in columns):
        return _codes_of_numbers([column.to_float64() for column in columns])
    table = Categories(maximum=MOST_LABELS)
    codes = [table.encode(dated(column, threads), threads=threads) for column in columns]
    if table.overflow:
        return None
    order = np.argsort(np.array(table.labels, object), kind="stable")
    place = np.full(len(order) + 1, -1, np.int32)
    place[order] = np.arange(len(order))
    return [table.labels[at] for at in order.tolist()], [place[own] for own in codes]


def _codes_of_numbers(columns: Sequence[Any]) -> tuple[list[Any], list[Codes]] | None:
    if all(bool(np.all((own == 0.0) | (own == 1.0))) for own in columns):
        return [0.0, 1.0], [own.astype(np.int32) for own in columns]
    labels = np.unique(np.concatenate([np.unique(own[~np.isnan(own)]) for own in columns]))
    if len(labels) > MOST_LABELS:
        return None
    return labels.tolist(), [
        np.where(np.isnan(own), -1, np.searchsorted(labels, own)).astype(np.int32)
        for own in columns
    ]


def _positive(labels: Sequence[Any], asked: Any) -> int | None:
    """The place of the positive label: the one that is asked for (-2 where no row has it), else
    1 of 0 and 1, else the larger of two; None of more."""
    if asked is not None:
        numbers = bool(labels) and isinstance(labels[0], float)
        wanted = _number(str(float(asked))) if numbers else str(asked)
        return list(labels).index(wanted) if wanted in labels else -2
    if set(labels) <= {0.0, 1.0}:
        return list(labels).index(1.0) if 1.0 in labels else -2
    return len(labels) - 1 if len(labels) <= 2 else None
