"""The labels of a model in one table: which there are, which is the positive one, and each row as
a code of its label. Every score, and fairness, reads labels by this rule:

- True, 1 and 1.0 are one label; text is compared as text, and where another column holds numbers,
  or the labels are known to be numbers, as the numbers that it spells.
- The labels are fixed by `Settings.known`, as a reference gives them, or by scores of which each is
  of a label. A row with another label in target or prediction is left out and counted.
- Else they are those that occur, sorted (0 and 1 where only one of them does), behind those of
  `Settings.labels`.
- Of two labels the positive one is the second (True, 1, "yes" behind "no") unless
  `Settings.positive` names it; it can name one of many as well, against all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.outcomes import Rows
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
MOST_REASONS = 20
"""More different counts of rows are not given one by one."""
SHOWN = 3
"""Labels that a reason names."""
MISSING, LEFT_OUT = -1, -2
"""Codes of a row without a label, and of one whose label is not known."""
TWO = 2
Codes = NDArray[np.int32]


class LeftOut(NamedTuple):
    """Rows whose labels are not among those that are known."""

    rows: NDArray[np.int64]
    """(G,) of each group."""
    labels: tuple[Any, ...]
    known: tuple[Any, ...]

    @property
    def words(self) -> str:
        """What was expected and what was found.

        >>> LeftOut(np.array([1]), ("maybe",), ("no", "yes")).words
        "labels other than 'no' and 'yes': 'maybe'"
        """
        return f"labels other than {shown(self.known, ' and ')}: {shown(self.labels)}"

    def notes(self) -> Iterator[tuple[NDArray[np.bool_], str]]:
        """The groups that have such rows, with how many: without numbers where they differ much."""
        yield from counted_notes(self.rows, f"left out, {self.words}")


def counted_notes(
    rows: NDArray[Any], what: str, singular: str = ""
) -> Iterator[tuple[NDArray[np.bool_], str]]:
    """The groups that have such rows, and how many they are, in words."""
    different = np.unique(rows[rows > 0]).tolist()
    if len(different) > MOST_REASONS:
        yield rows > 0, f"rows {what}"
        return
    for count in different:
        noun = "row" if count == 1 else "rows"
        yield rows == count, f"{count:,} {noun} {singular if singular and count == 1 else what}"


def shown(labels: Sequence[Any], last: str = ", ") -> str:
    """Some labels in words, as Python writes them."""
    texts = [repr(label) for label in labels[:SHOWN]]
    if len(labels) > SHOWN:
        return f"{', '.join(texts)} and {len(labels) - SHOWN} more"
    return last.join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else "".join(texts)


class LabelCodes(NamedTuple):
    """Columns over the same rows as places in one table of labels, `MISSING` or `LEFT_OUT`."""

    codes: tuple[Codes, ...]
    labels: tuple[Any, ...]
    others: tuple[Any, ...] = ()
    """Labels that occur and are not known."""

    def left_out(self, groups: ColumnGroups) -> LeftOut | None:
        """The rows that are left out of each group; None where there are none."""
        if not self.others:
            return None
        found = np.logical_or.reduce([own == LEFT_OUT for own in self.codes])
        before = np.concatenate([[0], np.cumsum(found)])
        rows = before[groups.stops] - before[groups.groups.starts]
        return LeftOut(rows.astype(np.int64), self.others, self.labels)


# --- which labels there are --------------------------------------------------------------------


def name_of(label: Any) -> str:
    """A label as parameters of a row show it."""
    return str(label).lower() if isinstance(label, bool) else str(label)


def plain(label: Any) -> Any:
    """A label as the table has it: whole numbers as int, other objects of NumPy as Python's."""
    label = label.item() if isinstance(label, np.generic) else label
    return int(label) if isinstance(label, float) and label.is_integer() else label


def asked_labels(settings: Settings) -> list[Any]:
    """The labels that the settings name."""
    asked = [plain(label) for label in settings.labels or ()]
    if settings.positive is not None and plain(settings.positive) not in asked:
        asked.append(plain(settings.positive))
    return asked


def fixed_labels(settings: Settings, keys: Sequence[Any] = ()) -> tuple[Any, ...] | None:
    """The labels beside which there are no others, in order; `keys` are those of scores by label.
    None where the labels are those that occur."""
    if settings.known is not None:
        return tuple(plain(label) for label in settings.known)
    return all_labels(map(plain, keys), settings) if len(keys) > 1 else None


def all_labels(found: Iterable[Any], settings: Settings) -> tuple[Any, ...]:
    """The labels that occur and those that are asked for, in the order of the table."""
    asked = asked_labels(settings)
    if settings.labels is not None:
        return (*asked, *in_order(set(found).difference(asked)))
    both = set(found).union(asked)
    if len(both) == 1 and both <= {0, 1}:
        both = {False, True} if isinstance(next(iter(both)), bool) else {0, 1}
    return tuple(in_order(both))


def in_order(labels: Iterable[Any]) -> list[Any]:
    """Sorted labels; of texts that are numbers, as files name them, by number."""
    return sorted(labels, key=lambda label: (isinstance(_spelled(label), str), _spelled(label)))


def averaged_labels(labels: tuple[Any, ...], settings: Settings) -> NDArray[np.bool_] | None:
    """Which of the labels `Settings.labels` asks for; None where it asks for none."""
    if settings.labels is None:
        return None
    asked = {plain(label) for label in settings.labels}
    return np.array([label in asked for label in labels], bool)


def positive_place(labels: Sequence[Any], settings: Settings) -> int | None:
    """The place of the positive label; None where there is none."""
    if settings.positive is None:
        return 1 if len(labels) == TWO else None
    wanted = plain(settings.positive)
    names = [name_of(label) for label in labels]
    if wanted in labels:
        return list(labels).index(wanted)
    return names.index(name_of(wanted)) if name_of(wanted) in names else None


# --- rows as codes -----------------------------------------------------------------------------


def coded(
    columns: Sequence[ColumnGroups], settings: Settings, keys: Iterable[Any] = ()
) -> LabelCodes | Lacking:
    """The rows of columns as codes of one table of labels; what keeps them from one. `keys` are the
    labels that have scores of their own."""
    fixed = fixed_labels(settings, list(keys))
    kinds = _families(columns, (*asked_labels(settings), *(fixed or ())))
    if isinstance(kinds, Lacking):
        return kinds
    are_mixed = len(set(kinds.values())) > 1
    encoded = _encoded([column.whole.column for column in columns], columns[0].threads, are_mixed)
    if isinstance(encoded, Lacking):
        return encoded
    codes, found = encoded
    if are_mixed:
        if fixed is None and any(isinstance(label, str) for label in found):
            return _of_two_kinds(kinds)
        fixed = None if fixed is None else tuple(_spelled(label) for label in fixed)
        settings = _spelled_settings(settings)
    present = [label for label in found if label is not None]
    broken = [label for label in present if isinstance(label, float)]
    if broken and fixed is None:
        text = f"expected labels, found numbers that are not whole, as {broken[0]:g}"
        return Lacking(NOT_APPLICABLE, text)
    labels = all_labels(present, settings) if fixed is None else _as_found(fixed, found)
    places = {label: place for place, label in enumerate(labels)}
    to = [MISSING if label is None else places.get(label, LEFT_OUT) for label in found]
    others = tuple(dict.fromkeys(label for label in present if label not in places))
    return LabelCodes(tuple(_mapped(own, to) for own in codes), labels, others)


def _as_found(fixed: Sequence[Any], found: Sequence[Any]) -> tuple[Any, ...]:
    """Labels, those that a file names by their text as they occur."""
    by_name = {name_of(label): label for label in found if label is not None}
    return tuple(by_name.get(name_of(label), label) for label in fixed)


def _families(columns: Sequence[ColumnGroups], asked: Sequence[Any]) -> dict[str, str] | Lacking:
    """'text' or 'numbers' by column, and by what is asked for; what is neither."""
    found = {}
    for column in columns:
        kind = column.whole.value_kind
        if kind not in (*NUMBERS, "text", "null"):
            text = f"{column.name}: expected labels, found {column.whole.type}"
            return Lacking(NOT_APPLICABLE, text)
        if kind != "null":
            found[column.name] = "text" if kind == "text" else "numbers"
    for label in asked:
        own = "text" if isinstance(label, str) else "numbers"
        if own not in found.values():
            found["labels"] = own
    return found


def _of_two_kinds(kinds: Mapping[str, str]) -> Lacking:
    words = ", ".join(f"{name} holds {family}" for name, family in kinds.items())
    return Lacking(NOT_APPLICABLE, f"expected labels of one kind: {words}")


def _mapped(codes: Codes, to: Sequence[int]) -> Codes:
    """Other codes, by those that they have; -1 stays."""
    return np.asarray(np.array([*to, MISSING], np.int32)[codes])


def _encoded(
    columns: Sequence[_core.Column], threads: int | None, are_mixed: bool
) -> tuple[list[Codes], list[Any]] | Lacking:
    """The codes of each column, -1 for null, and the labels of all; of numbers None for one that
    is not finite, and a float for one that is not whole."""
    table = _core.Categories(maximum=MOST_LABELS)
    kinds = {column.value_kind for column in columns}
    if "boolean" in kinds and (are_mixed or len(kinds & NUMBERS) > 1):  # true is 1
        columns = [_numbers(c) if c.value_kind == "boolean" else c for c in columns]
    codes: list[Codes] = []
    for column in columns:
        codes.append(table.encode(column, threads))
        if table.overflow:
            found = f"expected at most {MOST_LABELS:,} different labels, found more"
            return Lacking(NOT_APPLICABLE, found)
    if "text" in kinds and not are_mixed:
        return codes, list(table.labels)
    return codes, [_spelled(text) for text in table.labels]


def _numbers(column: _core.Column) -> _core.Column:
    return _core.Column.from_numpy(column.to_float64())


def _spelled(label: Any) -> Any:
    """The number that a text spells: an int where it is whole, None where it is not finite; the
    text itself where it spells none."""
    if not isinstance(label, str):
        return label
    if label in ("true", "false"):
        return label == "true"
    try:
        return int(label)
    except ValueError:
        pass
    try:
        value = float(label)
    except ValueError:
        return label
    if not np.isfinite(value):
        return None
    return int(value) if value.is_integer() else value


def _spelled_settings(settings: Settings) -> Settings:
    """The settings with labels as the numbers that they spell."""
    labels = settings.labels
    spelled = None if labels is None else tuple(_spelled(label) for label in labels)
    return replace(settings, labels=spelled, positive=_spelled(settings.positive))


# --- scores by label ---------------------------------------------------------------------------


def key_of(key: Any, labels: Iterable[Any]) -> Any:
    """The label of a score: its key, or the label that is written so."""
    by_name = {name_of(label): label for label in labels if label is not None}
    key = plain(key)
    return by_name.get(key, key) if isinstance(key, str) else key


def matched(scores: Mapping[Any, ColumnGroups], labels: Sequence[Any]) -> list[Any] | None:
    """The keys of the scores in the order of labels; None where one has none."""
    keys = {key_of(key, labels): key for key in scores}
    return [keys[label] for label in labels] if set(labels) <= set(keys) else None


def positive_key(keys: Sequence[Any], settings: Settings) -> int:
    """The place of the positive one among the labels of scores: the one that is named, else the
    last in order."""
    place = None if settings.positive is None else positive_place(keys, settings)
    return list(keys).index(in_order(keys)[-1]) if place is None else place


# --- the target of scores ----------------------------------------------------------------------


def is_number(column: ColumnGroups) -> bool:
    """Whether the column holds numbers or booleans; a column of nulls alone does."""
    return column.whole.value_kind in NUMBERS or column.whole.column.kind == "null"


def has_plain_labels(settings: Settings) -> bool:
    """Whether 1 is positive and 0 is not, where there are no other labels."""
    known = settings.known is None or tuple(settings.known) == (0, 1)
    return settings.labels is None and settings.positive is None and known


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


def labels_of(column: ColumnGroups) -> tuple[Any, ...]:
    """The labels that occur, sorted; none of a column that holds none."""
    found = coded([column], Settings())
    if isinstance(found, Lacking):
        return ()
    used = np.unique(found.codes[0]).tolist()
    return tuple(label for place, label in enumerate(found.labels) if place in used)


class TargetLabels:
    """The target's rows as codes of the labels that scores are of, as float64: NaN where it is
    missing, -1 where it is none of the labels. One score: 1 for the positive label, 0 for others;
    several: the place of each label's score."""

    def __init__(self, codes: Codes, labels: tuple[Any, ...], left_out: LeftOut | None) -> None:
        values = np.where(codes == MISSING, np.nan, np.where(codes == LEFT_OUT, -1.0, codes))
        self.column = _core.Column.from_numpy(values)
        self.labels, self.left_out = labels, left_out
        self._codes = codes

    @classmethod
    def of(cls, predictions: Predictions) -> Self | Lacking:
        """The codes, or what is lacking: two labels where there is one score."""
        target, scores = predictions.target, predictions.scores
        if target is None:
            return Lacking.role("target")
        if len(scores) == 1:
            (key,) = scores
            return cls.of_one(target, predictions.settings, key)
        found = coded([target], predictions.settings, scores)
        if isinstance(found, Lacking):
            return found
        keys = _as_found([plain(key) for key in scores], found.labels)
        places = {label: place for place, label in enumerate(keys)}
        to = [places.get(label, LEFT_OUT) for label in found.labels]
        codes = np.asarray(np.array([*to, LEFT_OUT, MISSING], np.int32)[found.codes[0]])
        return cls(codes, tuple(scores), found.left_out(target))

    @classmethod
    def of_one(
        cls, target: ColumnGroups, settings: Settings, key: Any = ONE_SCORE
    ) -> Self | Lacking:
        """Of one score: of the label `key` against all others, or of the positive of two."""
        if key != ONE_SCORE:
            settings = replace(settings, positive=key)
        if settings.known is None and settings.labels is not None:
            settings = replace(settings, known=settings.labels)
        found = coded([target], settings)
        if isinstance(found, Lacking):
            return found
        if len(found.labels) > TWO and key == ONE_SCORE:
            text = f"{target.name}: expected two labels with one score, found {len(found.labels)}"
            return Lacking(NOT_APPLICABLE, f"{text}: {shown(found.labels, ' and ')}")
        positive = positive_place(found.labels, settings)
        if positive is None:
            positive = len(found.labels) - 1  # one label alone: all rows are of it
        codes = np.where(found.codes[0] < 0, found.codes[0], found.codes[0] == positive)
        return cls(codes.astype(np.int32), found.labels, found.left_out(target))

    @property
    def n(self) -> Rows:
        """Rows that have a label that is known, as one group."""
        return np.array([np.count_nonzero(self._codes >= 0)], np.int64)
