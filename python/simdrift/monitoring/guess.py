"""Which column is what, guessed from names, types and values: what `simdrift init` begins with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from simdrift._core import Column
from simdrift.columns import Table
from simdrift.monitoring.compare import profile

_TIMES: Final = ("timestamp", "time", "datetime", "date", "ts", "created", "pickup", "day", "at")
_PREDICTIONS: Final = ("prediction", "predictions", "predicted", "pred", "yhat", "forecast")
_SCORES: Final = ("probability", "probabilities", "proba", "prob", "score", "scores")
_TARGETS: Final = ("target", "label", "actual", "outcome", "truth", "y")
_OUTCOMES: Final = frozenset({
    "approved", "bought", "cancelled", "canceled", "churn", "churned", "click", "clicked",
    "conversion", "converted", "default", "defaulted", "died", "failed", "failure", "fraud",
    "fraudulent", "late", "purchased", "readmitted", "repaid", "responded", "returned", "spam",
    "survived",
})  # fmt: skip
"""What a column of two values is called that says what came true."""
_ASKED: Final = frozenset({"is", "has", "was", "did", "will"})
_IDENTIFIERS: Final = frozenset({"id", "ids", "uuid", "guid", "key", "index", "number", "nr", "no"})
_CODES: Final = frozenset({
    "category", "class", "code", "flag", "group", "id", "key", "kind", "postcode", "region",
    "status", "type", "zip", "zipcode", "zone",
})  # fmt: skip
TWO: Final = 2
_FEW: Final = 5
"""Whole numbers of so few values are categories, whatever they are called."""
_MOST_CODES: Final = 1_000
_UNIQUE: Final = 0.95
"""Share of distinct values, of those that are there, from which on a column names its rows."""
_ENOUGH_ROWS: Final = 100
_TOO_MANY: Final = 10_000
"""Categories above which a text is no distribution."""


@dataclass(frozen=True)
class Guess:
    """The roles of a table's columns."""

    timestamp: str | None = None
    prediction: str | None = None
    target: str | None = None
    score: str | None = None
    key: str | None = None
    categorical: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    distinct: dict[str, float] = field(default_factory=dict)
    """How many different values each column has."""


def guess_roles(table: Table) -> Guess:
    """The roles that names, types and values speak for.

    >>> import numpy as np
    >>> from simdrift.columns import as_table
    >>> hours = np.datetime64("2024-01-01T00", "s") + np.arange(200).astype("timedelta64[h]")
    >>> guess_roles(as_table({"time": hours, "order_id": np.arange(200), "zone": np.arange(200) % 9,
    ...                       "predicted_fare": np.ones(200), "fare": np.ones(200)})).target
    'fare'
    """
    columns = table.computed
    times = [n for n, c in columns.items() if c.kind == "temporal" and "duration" not in c.type]
    timestamp = _named(times, _TIMES) or next(iter(times), None)
    plain = [n for n, c in columns.items() if c.kind not in ("temporal", "null")]
    prediction = _named(plain, _PREDICTIONS)
    rest = [name for name in plain if name != prediction]
    words = _TARGETS if prediction else _TARGETS[:-1]  # x and y may be a place
    target = _predicted(prediction, rest) or _named(rest, words, whole=True)
    distinct = distinct_values(table, plain)
    target = target or next((name for name in rest if _is_outcome(name, distinct[name])), None)
    score = None
    if target is None:
        score = _score_of(columns, None, rest)
    elif distinct[target] == TWO:
        score = _score_of(columns, prediction, [name for name in rest if name != target])
        prediction = None if score == prediction else prediction
    rest = [name for name in rest if name not in (target, score)]
    unique = [name for name in rest if _names_rows(name, columns[name], distinct[name])]
    many = [n for n in rest if _is_text(columns[n]) and distinct[n] > _TOO_MANY and n not in unique]
    codes = [n for n in rest if n not in unique and looks_like_codes(n, columns[n], distinct[n])]
    return Guess(
        timestamp,
        prediction,
        target,
        score,
        unique[0] if unique else None,
        tuple(codes),
        (*unique[1:], *many),
        distinct,
    )


def distinct_values(table: Table, names: Iterable[str]) -> dict[str, float]:
    """How many different values each of the columns has, by estimate where they are many."""
    rows = profile(table, columns=list(names)).results.filter(metric="quality.distinct")
    return {row.column: row.value or 0.0 for row in rows}


def looks_like_codes(name: str, column: Column, distinct: float) -> bool:
    """Whether a column of numbers may be one of categories, which its type does not say.

    >>> from simdrift.columns import as_table
    >>> looks_like_codes("zone_id", as_table({"zone_id": [1, 2, 3] * 9}).computed["zone_id"], 3)
    True
    """
    if column.kind not in ("integer", "float") or not _is_whole(column):
        return False
    return distinct <= _FEW or (distinct <= _MOST_CODES and _speaks_of(name, _CODES))


def words_of(name: str) -> list[str]:
    """The words of a name in small letters.

    >>> words_of("PULocationID"), words_of("y_pred")
    (['pu', 'location', 'id'], ['y', 'pred'])
    """
    parts = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+", name)
    return [part.lower() for part in parts]


def _named(names: Iterable[str], words: tuple[str, ...], whole: bool = False) -> str | None:
    """The name with the earliest of the words; `whole`: those in which each word is one of the
    list or 'true'."""
    found = [
        (words.index(word), name)
        for name in names
        for word in words_of(name)
        if word in words and (not whole or set(words_of(name)) <= {*words, "true"})
    ]
    return min(found, key=lambda one: one[0])[1] if found else None


def _predicted(prediction: str | None, names: list[str]) -> str | None:
    """The column of which the prediction's name speaks: 'fare' of 'predicted_fare'."""
    if prediction is None:
        return None
    rest = [word for word in words_of(prediction) if word not in _PREDICTIONS]
    return next((name for name in names if rest and words_of(name) == rest), None)


def _is_outcome(name: str, distinct: float) -> bool:
    """Whether it is called as something that comes true or not: 'churned', 'is_fraud'."""
    words = set(words_of(name)) - _ASKED
    return distinct == TWO and bool(words) and words <= _OUTCOMES


def _score_of(
    columns: Mapping[str, Column], prediction: str | None, names: list[str]
) -> str | None:
    """The column of probabilities: one that is called so, or the prediction, whatever its name."""
    shares = [name for name in names if _is_share(columns[name])]
    called = _named(shares, _SCORES)
    if called is None and prediction is not None and _is_share(columns[prediction]):
        return prediction
    return called


def _is_share(column: Column) -> bool:
    """Whether it has numbers from 0 to 1, and some between."""
    if column.kind != "float":
        return False
    values = column.to_float64()
    values = values[np.isfinite(values)]
    return bool(((values >= 0.0) & (values <= 1.0)).all() and (values != np.floor(values)).any())


def _is_text(column: Column) -> bool:
    return column.kind in ("text", "category")


def _names_rows(name: str, column: Column, distinct: float) -> bool:
    """Whether the column names its rows: a text or a number of which hardly any repeats."""
    present = len(column) - column.null_count
    if present < _ENOUGH_ROWS or distinct < _UNIQUE * present:
        return False
    if _is_text(column):
        return True
    return column.kind == "integer" and (_speaks_of(name, _IDENTIFIERS) or _rises(column))


def _speaks_of(name: str, words: frozenset[str]) -> bool:
    return bool(words.intersection(words_of(name)[-1:]))


def _rises(column: Column) -> bool:
    """Whether every number is above the one before."""
    if column.null_count:
        return False
    return bool((np.diff(column.to_float64()) > 0).all())


def _is_whole(column: Column) -> bool:
    if column.kind == "integer":
        return True
    values = column.to_float64()
    values = values[np.isfinite(values)]
    return len(values) > 0 and bool((values == np.floor(values)).all())
