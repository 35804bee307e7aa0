"""Labels of target and prediction in one table, and how often each pair of them occurs.

Labels are of any type: True, 1 and 1.0 are one label, text is compared as text, and categories are
their values. The table has the labels that occur in any group, sorted, or those of
`Settings.labels` in their order and behind them others that occur. Of two labels the positive one
is the larger (True, 1, "yes" before "no") unless `Settings.positive` names it; it can name one of
many as well, against all others. A row without a target or a prediction is left out.

Where a model gives scores and no labels, its decision is the positive label where the score is at
least the threshold, or the label with the largest score, the first of equal ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
from simdrift.metrics.performance.predictions import (
    NUMBERS,
    ONE_SCORE,
    Lacking,
    Predictions,
    Settings,
)
from simdrift.metrics.values import NOT_APPLICABLE

MOST_LABELS = 1_000
"""More different values are no labels."""
MOST_CELLS = 1 << 22
"""Cells of all tables that are counted at once."""
HEAD_ROWS = 4_096
"""Rows that the range of labels is guessed from."""
EXACT = float(1 << 53)
Codes = NDArray[np.int32]


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
        self.names = tuple(_name(label) for label in coded.labels)
        self.positive = _positive(coded.labels, predictions.settings)
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
        for column in predictions.columns.values():
            if column.whole.refused is not None:
                return Lacking.refused(column)
        ranges = _Ranges(target.groups.starts, target.stops, predictions.threads)
        if prediction is None:
            coded = _decided(target, predictions.scores, predictions.settings)
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
        target = self.predictions.target
        assert target is not None
        if not scores or ONE_SCORE in scores:
            return Lacking(NOT_APPLICABLE, "no column has the role 'score', one for each label")
        keys = _matched(scores, self.labels)
        if keys is None:
            return Lacking(NOT_APPLICABLE, "score: expected one for each label of the target")
        codes = _place_codes(_values(scores, keys), self._target_codes(target))
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

    def _target_codes(self, target: ColumnGroups) -> Codes:
        encoded = _encoded([target.whole.column], target.threads)
        assert not isinstance(encoded, Lacking)
        (codes,), found = encoded
        at = {label: place for place, label in enumerate(self.labels)}
        return _mapped(codes, [at[label] for label in found])


# --- one table of labels ---------------------------------------------------------------


def _name(label: Any) -> str:
    """A label as parameters of a row show it."""
    return str(label).lower() if isinstance(label, bool) else str(label)


def _positive(labels: tuple[Any, ...], settings: Settings) -> int | None:
    """The place of the positive label; None where there is none."""
    if settings.positive is not None:
        return labels.index(_plain(settings.positive))
    return 1 if len(labels) == 2 else None


def _plain(label: Any) -> Any:
    """A label as the table has it: whole numbers as int, other objects of NumPy as Python's."""
    label = label.item() if isinstance(label, np.generic) else label
    return int(label) if isinstance(label, float) and label.is_integer() else label


def _asked(settings: Settings) -> list[Any]:
    """The labels that the settings name."""
    asked = [_plain(label) for label in settings.labels or ()]
    if settings.positive is not None and _plain(settings.positive) not in asked:
        asked.append(_plain(settings.positive))
    return asked


def _all_labels(found: Sequence[Any], settings: Settings) -> tuple[Any, ...]:
    """Those of `Settings.labels` in their order and the others sorted, else all sorted; 0 and 1
    where only one of them occurs."""
    asked = _asked(settings)
    if settings.labels is not None:
        return (*asked, *sorted(set(found).difference(asked)))
    both = set(found).union(asked)
    if len(both) == 1 and both <= {0, 1}:
        both = {False, True} if isinstance(next(iter(both)), bool) else {0, 1}
    return tuple(sorted(both))


def _given(labels: tuple[Any, ...], settings: Settings) -> NDArray[np.bool_] | None:
    if settings.labels is None:
        return None
    asked = {_plain(label) for label in settings.labels}
    return np.array([label in asked for label in labels], bool)


def _coded(
    target: ColumnGroups, prediction: ColumnGroups, settings: Settings, ranges: _Ranges
) -> Coded | Lacking:
    """Two columns in one table of labels."""
    lacking = _lacking((target, prediction), settings)
    if lacking is not None:
        return lacking
    kinds = {target.whole.value_kind, prediction.whole.value_kind}
    direct = _direct(target, prediction, settings, ranges) if kinds <= NUMBERS else None
    return direct or _by_table(target, prediction, settings)


def _lacking(columns: Sequence[ColumnGroups], settings: Settings) -> Lacking | None:
    """What keeps the columns from one table: times, or text in one and numbers in the other."""
    families = {}
    for column in columns:
        kind = column.whole.value_kind
        if kind not in (*NUMBERS, "text", "null"):
            found = f"{column.name}: expected labels, found {column.whole.type}"
            return Lacking(NOT_APPLICABLE, found)
        if kind != "null":
            families[column.name] = "text" if kind == "text" else "numbers"
    asked = {"text" if isinstance(one, str) else "numbers" for one in _asked(settings)}
    if len(set(families.values()) | asked) > 1:
        words = [f"{name} holds {family}" for name, family in families.items()]
        words += [f"labels and pos_label are {' and '.join(sorted(asked))}"] if asked else []
        found = f"expected labels of one kind: {', '.join(words)}"
        return Lacking(NOT_APPLICABLE, found)
    return None


def _by_table(
    target: ColumnGroups, prediction: ColumnGroups, settings: Settings
) -> Coded | Lacking:
    """Any labels: each row as the code of its label in a table of those that occur."""
    encoded = _encoded([target.whole.column, prediction.whole.column], target.threads)
    if isinstance(encoded, Lacking):
        return encoded
    codes, found = encoded
    labels = _all_labels([label for label in found if label is not None], settings)
    at = {label: place for place, label in enumerate(labels)}
    to = [-1 if label is None else at[label] for label in found]
    left, right = (_core.Column.from_numpy(_mapped(own, to)) for own in codes)
    return Coded(
        left, right, 0, max(len(labels), 1), labels, _all_of(labels), _given(labels, settings)
    )


def _all_of(labels: tuple[Any, ...]) -> NDArray[np.int64] | None:
    """None but for a table without labels, which is counted with one."""
    return None if labels else np.zeros(0, np.int64)


def _mapped(codes: Codes, to: Sequence[int]) -> Codes:
    """Other codes, by those that they have; -1 stays."""
    return np.asarray(np.array([*to, -1], np.int32)[codes])


def _encoded(
    columns: Sequence[_core.Column], threads: int | None
) -> tuple[list[Codes], list[Any]] | Lacking:
    """The codes of each column, -1 for null, and the labels of all; of numbers None for one that
    is not finite."""
    table = _core.Categories(maximum=MOST_LABELS)
    kinds = {column.value_kind for column in columns}
    if "boolean" in kinds and len(kinds & NUMBERS) > 1:  # true is 1
        columns = [_numbers(c) if c.value_kind == "boolean" else c for c in columns]
    codes: list[Codes] = []
    for column in columns:
        codes.append(table.encode(column, threads))
        if table.overflow:
            found = f"expected at most {MOST_LABELS:,} different labels, found more"
            return Lacking(NOT_APPLICABLE, found)
    if "text" in kinds:
        return codes, list(table.labels)
    try:
        return codes, [_number(text) for text in table.labels]
    except ValueError as error:
        return Lacking(NOT_APPLICABLE, str(error))


def _numbers(column: _core.Column) -> _core.Column:
    return _core.Column.from_numpy(column.to_float64())


def _number(text: str) -> Any:
    """A label of numbers as the core writes it; ValueError where it is not whole."""
    if text in ("true", "false"):
        return text == "true"
    try:
        return int(text)
    except ValueError:
        value = float(text)
    if not np.isfinite(value):
        return None
    if not value.is_integer():
        raise ValueError(f"expected labels, found numbers that are not whole, as {text}")
    return int(value)


# --- numbers of a small range ----------------------------------------------------------


def _direct(
    target: ColumnGroups, prediction: ColumnGroups, settings: Settings, ranges: _Ranges
) -> Coded | None:
    """Whole numbers of a small range, whose codes are the values as they lie: the range is that of
    the first rows, or of all where some rows are not counted so. None: not of that kind."""
    columns = target.whole.column, prediction.whole.column
    asked = _asked(settings)
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
    labels = _all_labels([kind(low + code) for code in np.flatnonzero(occurs)], settings)
    kept = np.array([int(label) - low for label in labels], np.int64)
    if kept.min(initial=0) < 0 or kept.max(initial=0) >= size:
        low, size = min(low, int(min(labels))), size + 1  # 0 or 1 that does not occur
        kept = np.array([int(label) - low for label in labels], np.int64)
        tables = ranges.tables(Coded(*columns, low, size, (), None, None))
    is_all = np.array_equal(kept, np.arange(size))
    counted = tables if is_all else tables[:, kept[:, np.newaxis], kept]
    kept_or_all = None if is_all else kept
    given = _given(labels, settings)
    return Coded(*columns, low, size, labels, kept_or_all, given, counted)


# --- decisions -------------------------------------------------------------------------


def _decided(
    target: ColumnGroups, scores: Mapping[Any, ColumnGroups], settings: Settings
) -> Coded | Lacking:
    """The target's labels, and those that the scores decide for."""
    lacking = _lacking((target,), settings)
    if lacking is not None:
        return lacking
    encoded = _encoded([target.whole.column], target.threads)
    if isinstance(encoded, Lacking):
        return encoded
    (codes,), found = encoded
    keys = [] if ONE_SCORE in scores else [_key(key, found) for key in scores]
    labels = _all_labels([*(label for label in found if label is not None), *keys], settings)
    decisions = _decisions(scores, labels, settings)
    if isinstance(decisions, Lacking):
        return decisions
    at = {label: place for place, label in enumerate(labels)}
    to = [-1 if label is None else at[label] for label in found]
    left = _core.Column.from_numpy(_mapped(codes, to))
    right = _core.Column.from_numpy(decisions)
    return Coded(
        left, right, 0, max(len(labels), 1), labels, _all_of(labels), _given(labels, settings)
    )


def _key(key: Any, found: Sequence[Any]) -> Any:
    """The label of a score: its key, or the label that is written so."""
    by_name = {_name(label): label for label in found}
    key = _plain(key)
    return by_name.get(key, key) if isinstance(key, str) else key


def _matched(scores: Mapping[Any, ColumnGroups], labels: Sequence[Any]) -> list[Any] | None:
    """The keys of the scores in the order of labels; None where one has none."""
    keys = {_key(key, labels): key for key in scores}
    return [keys[label] for label in labels] if set(labels) <= set(keys) else None


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
    if ONE_SCORE not in scores:
        keys = _matched(scores, labels)
        if keys is None:
            return Lacking(NOT_APPLICABLE, "score: expected one for each label of the target")
        values = _values(scores, keys)
        known = ~np.isnan(values[:, 0])
        return np.where(known, np.nan_to_num(values).argmax(axis=1), -1).astype(np.int32)
    positive = _positive(labels, settings)
    if len(labels) != 2 or positive is None:
        found = f"score: expected a target of two labels, or a score for each; found {len(labels)}"
        return Lacking(NOT_APPLICABLE, found)
    values = scores[ONE_SCORE].whole.column.to_float64()
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
