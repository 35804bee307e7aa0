"""Labels of target and prediction in one table, and how often each pair of them occurs.

Which labels there are and which is the positive one: `label_table.py`. A row without a target or a
prediction is left out.

Where a model gives scores and no labels, its decision is the positive label where the score is at
least the threshold, or the label with the largest score, the first of equal ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Floats
from simdrift.metrics.cached import cached
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.outcomes import Rows
from simdrift.metrics.performance.counts import MOST_DRAWN_LABELS, Counts, Draws, effective
from simdrift.metrics.performance.label_table import (
    MISSING,
    MOST_LABELS,
    Codes,
    LabelCodes,
    LeftOut,
    all_labels,
    asked_labels,
    averaged_labels,
    coded,
    fixed_labels,
    matched,
    name_of,
    positive_place,
)
from simdrift.metrics.performance.predictions import (
    NUMBERS,
    ONE_SCORE,
    Lacking,
    Predictions,
    Settings,
)
from simdrift.metrics.values import NOT_APPLICABLE

MOST_CELLS = 1 << 22
"""Cells of all tables that are counted at once."""
HEAD_ROWS = 4_096
"""Rows that the range of labels is guessed from."""
EXACT = float(1 << 53)


class Coded(NamedTuple):
    """Two columns of codes over the same rows: code = value - low, below `size`; `labels` of the
    codes `kept`, in order, None for all; `given`: which of the labels were asked for; `counted`:
    the tables of all groups, where finding the labels has counted them."""

    target: _core.Column
    prediction: _core.Column
    low: int
    size: int
    labels: tuple[Any, ...]
    kept: NDArray[np.int64] | None
    given: NDArray[np.bool_] | None
    counted: NDArray[np.int64] | None = None
    left_out: LeftOut | None = None


@dataclass(frozen=True, slots=True)
class _Ranges:
    """Which rows each group has, and what counts them."""

    starts: Rows
    stops: Rows
    threads: int | None

    def tables(
        self, coded: Coded, groups: slice = slice(None), weights: Floats | None = None
    ) -> NDArray[Any]:
        """(g, K, K) counts, or sums of weights, of some of the groups."""
        found = _core.confusion_groups(
            coded.target,
            coded.prediction,
            self.starts[groups],
            self.stops[groups],
            coded.size,
            coded.size,
            weights,
            coded.low,
            self.threads,
        )
        kept = coded.kept
        return found if kept is None else found[:, kept[:, np.newaxis], kept]


class Labels:
    """Target and prediction as labels over the same groups."""

    def __init__(self, coded: Coded, ranges: _Ranges, predictions: Predictions) -> None:
        self.coded, self.ranges, self.predictions = coded, ranges, predictions
        self.labels = coded.labels
        self.names = tuple(name_of(label) for label in coded.labels)
        self.positive = positive_place(coded.labels, _settings_of(predictions))
        self.left_out = coded.left_out
        given = predictions.weights
        self._exponent = 0
        self._weights: Floats | None = None
        if given is not None:
            self._exponent = int(np.frexp(given.values.max(initial=0.0))[1])
            self._weights = np.ldexp(given.values, -self._exponent)

    @classmethod
    def of(cls, predictions: Predictions) -> Self | Lacking:
        """The labels, or what they lack."""
        target, prediction = predictions.target, predictions.prediction
        if target is None:
            return Lacking.role("target")
        if prediction is None and not predictions.scores:
            return Lacking.role("prediction")
        used = predictions.scores.values() if prediction is None else (prediction,)
        for column in (target, *used):
            if column.whole.refused is not None:
                return Lacking.refused(column)
        ranges = _Ranges(target.groups.starts, target.stops, predictions.threads)
        if prediction is None:
            coded = _decided(target, predictions.scores, _settings_of(predictions))
        else:
            coded = _coded(target, prediction, predictions.settings, ranges)
        return coded if isinstance(coded, Lacking) else cls(coded, ranges, predictions)

    @property
    def size(self) -> int:
        """How many labels there are."""
        return len(self.labels)

    @property
    def is_binary(self) -> bool:
        """Whether one label is the positive one."""
        return self.positive is not None

    def _parts(self, weights: Floats | None) -> Iterator[NDArray[Any]]:
        """The tables of some groups after others."""
        if weights is None and self.coded.counted is not None:
            yield self.coded.counted
            return
        groups = len(self.ranges.starts)
        step = max(1, MOST_CELLS // max(self.coded.size**2, 1))
        for first in range(0, groups, step):
            yield self.ranges.tables(self.coded, slice(first, first + step), weights)

    def _counts(self, weights: Floats | None) -> Counts:
        parts = [Counts.of(part, apart=True) for part in self._parts(weights)]
        none = np.zeros((0, self.size, self.size))
        return Counts.joined(parts) if parts else Counts.of(none, apart=True)

    @cached
    def counts(self) -> Counts:
        """Rows by label, (G, K): with weights their sums, over a power of two."""
        return self._counts(self._weights)

    @cached
    def squares(self) -> Counts | None:
        """The same of squares of weights; None without weights."""
        return None if self._weights is None else self._counts(np.square(self._weights))

    @cached
    def n(self) -> NDArray[np.int64]:
        """(G,) rows that take part: with a target, a prediction and a weight above 0."""
        if self._weights is None:
            return self.counts.total.astype(np.int64)
        present = (self._weights > 0.0).astype(float)
        return self._counts(present).total.astype(np.int64)

    @cached
    def effective_rows(self) -> Floats:
        """(G,) Kish's effective number of rows."""
        squares = self.squares
        return effective(self.counts.total, None if squares is None else squares.total)

    @cached
    def tables(self) -> NDArray[Any]:
        """(G, K, K) a row a label of the target: counts of rows, or sums of their weights."""
        none = np.zeros((0, self.size, self.size), np.int64)
        tables = np.concatenate([*self._parts(self._weights), none])
        return tables if self._weights is None else np.ldexp(tables, self._exponent)

    def as_weights(self, sums: Floats) -> Floats:
        """Sums of `counts` in the unit of the weights."""
        return sums if self._weights is None else np.ldexp(sums, self._exponent)

    @cached
    def averaged(self) -> NDArray[np.bool_]:
        """(G, K) the labels that an average is over: those asked for, else those that the group
        has in its target or prediction."""
        if self.coded.given is not None:
            return np.broadcast_to(self.coded.given, self.counts.hits.shape)
        return np.asarray((self.counts.targets > 0.0) | (self.counts.predicted > 0.0))

    @cached
    def draws(self) -> Draws | None:
        """Tables drawn around the groups' own; None of more labels than are drawn."""
        if not 0 < self.size <= MOST_DRAWN_LABELS:
            return None
        return Draws(self._effective_tables, self.size)

    @cached
    def spaced_draws(self) -> Draws | None:
        """The same with the distances of labels."""
        draws = self.draws
        return draws and Draws(draws.tables, draws.size, apart=True)

    def _effective_tables(self) -> Iterator[Floats]:
        """Tables whose rows are the effective ones."""
        first = 0
        for part in self._parts(self._weights):
            own = slice(first, first + len(part))
            first += len(part)
            if self._weights is None:
                yield np.asarray(part, float)
                continue
            total = self.counts.total[own]
            scale = np.divide(self.effective_rows[own], total, out=total * 0.0, where=total > 0.0)
            yield part * scale[:, np.newaxis, np.newaxis]

    @cached
    def places(self) -> tuple[Floats, Floats, NDArray[np.int64]] | Lacking:
        """Where the target's label stands among the scores: (G, K) sums of weights by place, of
        their squares, and (G,) rows."""
        scores = self.predictions.scores
        if not scores or ONE_SCORE in scores:
            return Lacking(NOT_APPLICABLE, "no column has the role 'score', one for each label")
        keys = matched(scores, self.labels)
        if keys is None:
            return Lacking(NOT_APPLICABLE, "score: expected one for each label of the target")
        codes = _place_codes(_values(scores, keys), self.target_codes)
        count = partial(
            _core.confusion_groups,
            _core.Column.from_numpy(codes),
            _core.Column.from_numpy(np.zeros(len(codes), np.int8)),
            self.ranges.starts,
            self.ranges.stops,
            max(self.size, 1),
            1,
            threads=self.ranges.threads,
        )
        if self._weights is None:
            counts = count()[:, :, 0].astype(float)
            return counts, counts, counts.sum(axis=1).astype(np.int64)
        present = (self._weights > 0.0).astype(float)
        sums, squares, rows = (
            count(w)[:, :, 0] for w in (self._weights, np.square(self._weights), present)
        )
        return sums, squares, rows.sum(axis=1).astype(np.int64)

    @property
    def target_codes(self) -> Codes:
        """The place of each row's target among the labels, negative without one."""
        return self._places(self.coded.target)

    @property
    def prediction_codes(self) -> Codes:
        """The place of each row's prediction."""
        return self._places(self.coded.prediction)

    def _places(self, column: _core.Column) -> Codes:
        """Places of labels, of a column of codes."""
        coded = self.coded
        values = column.to_float64()
        with np.errstate(invalid="ignore"):
            inside = (values >= coded.low) & (values < coded.low + coded.size)
        codes = np.where(inside, values - coded.low, coded.size).astype(np.int32)
        to = np.full(coded.size + 1, MISSING, np.int32)
        kept = np.arange(len(coded.labels)) if coded.kept is None else coded.kept
        to[kept] = np.arange(len(kept))
        return np.asarray(to[codes])


def _settings_of(predictions: Predictions) -> Settings:
    """The settings; one score that is of a label names the positive one."""
    scores, settings = predictions.scores, predictions.settings
    if len(scores) != 1 or ONE_SCORE in scores or settings.positive is not None:
        return settings
    return replace(settings, positive=next(iter(scores)))


def _coded(
    target: ColumnGroups, prediction: ColumnGroups, settings: Settings, ranges: _Ranges
) -> Coded | Lacking:
    """Two columns in one table of labels."""
    kinds = {target.whole.value_kind, prediction.whole.value_kind}
    direct = _direct(target, prediction, settings, ranges) if kinds <= NUMBERS else None
    return direct or _by_table(target, prediction, settings)


def _by_table(
    target: ColumnGroups, prediction: ColumnGroups, settings: Settings
) -> Coded | Lacking:
    """Any labels: each row as the code of its label in a table of those that occur."""
    found = coded([target, prediction], settings)
    if isinstance(found, Lacking):
        return found
    left, right = (_core.Column.from_numpy(own) for own in found.codes)
    return _of_table(left, right, found, target, settings)


def _of_table(
    left: _core.Column,
    right: _core.Column,
    found: LabelCodes,
    target: ColumnGroups,
    settings: Settings,
) -> Coded:
    """Codes as places in a table; a table without labels is counted with one."""
    labels = found.labels
    kept = None if labels else np.zeros(0, np.int64)
    given = averaged_labels(labels, settings)
    left_out = found.left_out(target)
    return Coded(left, right, 0, max(len(labels), 1), labels, kept, given, None, left_out)


# --- numbers of a small range ----------------------------------------------------------


def _direct(
    target: ColumnGroups, prediction: ColumnGroups, settings: Settings, ranges: _Ranges
) -> Coded | None:
    """Whole numbers of a small range, whose codes are the values as they lie: the range is that of
    the first rows, or of all where some rows are not counted so. None: not of that kind."""
    columns = target.whole.column, prediction.whole.column
    asked = [*asked_labels(settings), *(fixed_labels(settings) or ())]
    if any(isinstance(label, str) for label in asked):
        return None
    guess = _range([_head(column) for column in columns], asked)
    coded = guess and _counted_all(columns, guess, ranges, settings)
    if coded or guess is None:
        return coded or None
    whole = _range([_extremes(column) for column in (target, prediction)], asked)
    if whole is None or whole == guess:
        return None
    return _counted_all(columns, whole, ranges, settings)


def _head(column: _core.Column) -> tuple[float, float]:
    """Least and largest of the first rows, NaN without any."""
    profile = _core.profile(column.slice(0, min(len(column), HEAD_ROWS)))
    return profile["min"], profile["max"]


def _extremes(column: ColumnGroups) -> tuple[float, float]:
    low, high = column.profile["min"], column.profile["max"]
    known = ~np.isnan(low)
    return (float(low[known].min()), float(high[known].max())) if known.any() else (np.nan, np.nan)


def _range(extremes: Sequence[tuple[float, float]], asked: Sequence[int]) -> tuple[int, int] | None:
    """The least label, and how many codes there are from it on; None where there are too many."""
    ends = [end for pair in extremes for end in pair if not np.isnan(end)]
    ends += [float(label) for label in asked]
    if not ends:
        return None
    low, high = min(ends), max(ends)
    if not -EXACT <= low <= high <= EXACT or high - low >= MOST_LABELS:
        return None
    return int(np.floor(low)), int(high) - int(np.floor(low)) + 1


def _counted_all(
    columns: tuple[_core.Column, _core.Column],
    found: tuple[int, int],
    ranges: _Ranges,
    settings: Settings,
) -> Coded | None:
    """The labels that occur, where each row in which both are finite has codes in the range."""
    low, size = found
    if size * size * len(ranges.starts) > MOST_CELLS:
        return None
    coded = Coded(*columns, low, size, (), None, None)
    tables = ranges.tables(coded)
    counted = tables.sum(axis=(1, 2))
    if not np.array_equal(counted, ranges.stops - ranges.starts):
        pairs = _core.pair_profile_groups(
            *columns, ranges.starts, ranges.stops, threads=ranges.threads
        )
        if not np.array_equal(counted, pairs["n"]):
            return None
    occurs = tables.any(axis=(0, 1)) | tables.any(axis=(0, 2))
    are_bools = {column.value_kind for column in columns} == {"boolean"}
    kind = bool if are_bools else int
    found_labels = [kind(low + code) for code in np.flatnonzero(occurs)]
    labels = fixed_labels(settings) or all_labels(found_labels, settings)
    kept = np.array([int(label) - low for label in labels], np.int64)
    if kept.min(initial=0) < 0 or kept.max(initial=0) >= size:
        low, size = min(low, int(min(labels))), size + 1  # 0 or 1 that does not occur
        kept = np.array([int(label) - low for label in labels], np.int64)
        tables = ranges.tables(Coded(*columns, low, size, (), None, None))
    is_all = np.array_equal(kept, np.arange(size))
    counted = tables if is_all else tables[:, kept[:, np.newaxis], kept]
    kept_or_all = None if is_all else kept
    given = averaged_labels(labels, settings)
    others = tuple(label for label in found_labels if label not in labels)
    rows = tables.sum(axis=(1, 2)) - counted.sum(axis=(1, 2))
    left_out = LeftOut(rows, others, labels) if others else None
    return Coded(*columns, low, size, labels, kept_or_all, given, counted, left_out)


# --- decisions -------------------------------------------------------------------------


def _decided(
    target: ColumnGroups, scores: Mapping[Any, ColumnGroups], settings: Settings
) -> Coded | Lacking:
    """The target's labels, and those that the scores decide for."""
    found = coded([target], settings, [] if len(scores) == 1 else list(scores))
    if isinstance(found, Lacking):
        return found
    decisions = _decisions(scores, found.labels, settings)
    if isinstance(decisions, Lacking):
        return decisions
    left, right = (_core.Column.from_numpy(own) for own in (found.codes[0], decisions))
    return _of_table(left, right, found, target, settings)


def _values(scores: Mapping[Any, ColumnGroups], keys: Sequence[Any]) -> Floats:
    """(rows, K) scores, a row with a missing one all NaN."""
    values = np.stack([scores[key].whole.column.to_float64() for key in keys], axis=1)
    values[np.isnan(values).any(axis=1)] = np.nan
    return values


def _decisions(
    scores: Mapping[Any, ColumnGroups], labels: tuple[Any, ...], settings: Settings
) -> Codes | Lacking:
    """The code of the label that each row's scores decide for, -1 without a score."""
    for column in scores.values():
        if column.whole.value_kind not in (*NUMBERS, "null"):
            found = f"{column.name}: expected numbers, found {column.whole.type}"
            return Lacking(NOT_APPLICABLE, found)
    if len(scores) > 1:
        keys = matched(scores, labels)
        if keys is None:
            return Lacking(NOT_APPLICABLE, "score: expected one for each label of the target")
        values = _values(scores, keys)
        known = ~np.isnan(values[:, 0])
        return np.where(known, np.nan_to_num(values).argmax(axis=1), -1).astype(np.int32)
    positive = positive_place(labels, settings)
    if len(labels) != 2 or positive is None:
        found = f"score: expected a target of two labels, or a score for each; found {len(labels)}"
        return Lacking(NOT_APPLICABLE, found)
    values = next(iter(scores.values())).whole.column.to_float64()
    decided = np.where(values >= settings.threshold, positive, 1 - positive)
    return np.where(np.isnan(values), -1, decided).astype(np.int32)


def _place_codes(values: Floats, targets: Codes) -> Codes:
    """How many scores of a row stand before that of its target, of equal ones the later labels;
    -1 where one is missing."""
    known = (targets >= 0) & ~np.isnan(values[:, 0])
    place = np.where(known, targets, 0)
    own = np.take_along_axis(values, place[:, np.newaxis], axis=1)
    later = np.arange(values.shape[1]) > place[:, np.newaxis]
    before = ((values > own) | ((values == own) & later)).sum(axis=1)
    return np.where(known, before, -1).astype(np.int32)
