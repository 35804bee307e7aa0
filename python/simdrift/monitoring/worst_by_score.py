"""The search of worst segments by a metric that is no mean over rows, as ROC AUC or MCC.

Rows are put in the order of their segments, and that order twice in a row: a segment is one range
of it, and all other rows are the range that follows. So the registered score measures both as it
measures windows, in one call a column or pair of columns. A segment is judged as a change against
the rest is; only one that is worse than all rows together is compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats, Progress
from simdrift.metrics import registry
from simdrift.metrics.correction import correct
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.nulls.special import NORMAL_975, special
from simdrift.metrics.outcomes import Outcomes
from simdrift.metrics.performance.changes import change
from simdrift.metrics.performance.predictions import Predictions
from simdrift.metrics.performance.scoring import performance_rows, score_functions
from simdrift.metrics.segments_search import ALPHA, CodedColumn
from simdrift.metrics.weights import TableWeights

GROUPS = frozenset({"regression", "labels", "probabilities"})
"""The groups of the catalogue that are searched: a ranking's queries are in several segments."""
WITHOUT_ERROR = frozenset({"max_error"})


class Found(NamedTuple):
    """A segment against the rest, before correction; `columns` are places."""

    columns: tuple[int, ...]
    code: int
    rows: int
    value: float
    rest: float
    half: float
    p_value: float
    share_of_rows: float
    is_apart: float
    """The p-value of a pair's being no worse than either column's own segment; 0 of one column."""


class Searched(NamedTuple):
    """What was found of so many that were tried, the metric of all rows, or why there is none."""

    found: list[Found]
    q_values: Floats
    apart: NDArray[np.bool_]
    value: float | None
    tried: int = 0
    status: str = "ok"
    reason: str = ""


def names_of_scores() -> tuple[str, ...]:
    """The short names that can be searched: those of which one way is better."""
    records = {name: registry.record(f"performance.{name}") for name in score_functions()}
    return tuple(
        name
        for name, one in records.items()
        if one is not None
        and one.group in GROUPS
        and one.better in ("lower", "higher")
        and name not in WITHOUT_ERROR
    )


def search_scores(
    name: str,
    predictions: Predictions,
    coded: Sequence[CodedColumn],
    *,
    min_rows: int,
    max_columns: int,
    progress: Progress = None,
) -> Searched:
    """Every segment with so many rows, and as many outside, that is worse than all rows."""
    (whole,) = (row for row in performance_rows(predictions, [name]) if not row.params)
    own = whole.outcomes.at(0)
    if own.value is None:
        return Searched([], np.zeros(0), np.zeros(0, bool), None, 0, own.status, own.reason)
    record = registry.record(f"performance.{name}")
    assert record is not None
    worse = -1.0 if record.better == "higher" else 1.0
    search = _Search(name, predictions, own.value, worse, min_rows)
    singles = [search.of_codes((at,), one.codes) for at, one in enumerate(coded)]
    found = [one for part in singles for one in part]
    values = {(one.columns[0], one.code): one for one in found}
    pairs = list(combinations(range(len(coded)), 2)) if max_columns > 1 else []
    for done, (i, j) in enumerate(pairs, 1):
        left, right, size = coded[i].codes, coded[j].codes, len(coded[j].labels)
        codes = np.where((left < 0) | (right < 0), -1, left.astype(np.int64) * size + right)
        for one in search.of_codes((i, j), codes):
            parents = [values.get((i, one.code // size)), values.get((j, one.code % size))]
            p = [_nested(one, parent, worse) for parent in parents if parent is not None]
            found.append(one._replace(is_apart=max(p, default=0.0)))
        if progress is not None:
            progress(done, len(pairs))
    tried = search.tried
    p_values = np.ones(tried)  # those that are not worse than all rows are tried, too
    p_values[: len(found)] = [one.p_value for one in found]
    q = correct(p_values)[: len(found)] if tried else np.zeros(0)
    of_two = np.array([len(one.columns) > 1 for one in found], bool)
    nested = np.array([one.is_apart for one in found], float)
    apart = ~of_two
    if of_two.any():
        apart = apart | (np.nan_to_num(correct(np.where(of_two, nested, np.nan)), nan=1.0) <= ALPHA)
    return Searched(found, q, apart, own.value, tried)


def _nested(one: Found, parent: Found, worse: float) -> float:
    """The p-value of a segment's being no worse than a larger one it is part of: of nested rows the
    variance of the difference is the difference of the variances (Hausman 1978)."""
    squared = one.half**2 - parent.half**2
    if not squared > 0.0:
        return 1.0
    z = worse * (one.value - parent.value) * NORMAL_975 / squared**0.5
    return float(special().ndtr(-z))


class _Search:
    """One metric over segments; `tried` counts them."""

    def __init__(
        self, name: str, predictions: Predictions, value: float, worse: float, min_rows: int
    ) -> None:
        self.name, self.predictions, self.value, self.worse = name, predictions, value, worse
        self.min_rows, self.tried = min_rows, 0

    def of_codes(self, columns: tuple[int, ...], codes: NDArray[np.integer]) -> list[Found]:
        """The segments of these codes that are worse than all rows."""
        order = np.argsort(codes, kind="stable")
        names, starts, counts = np.unique(codes[order], return_index=True, return_counts=True)
        rows = len(codes)
        fits = (names >= 0) & (counts >= self.min_rows) & (rows - counts >= self.min_rows)
        names, starts, counts = names[fits], starts[fits], counts[fits]
        self.tried += len(names)
        if not len(names):
            return []
        twice = np.concatenate([order, order])
        own = self._measured(twice, starts, starts + counts)
        is_worse = np.nan_to_num(self.worse * (own.value - self.value), nan=-1.0) > 0.0
        places = np.flatnonzero(is_worse)
        if not len(places):
            return []
        own = _at(own, places)
        names, starts, counts = names[places], starts[places], counts[places]
        rest = self._measured(twice, starts + counts, starts + rows)
        return self._compared(columns, names, own, rest, counts / rows)

    def _measured(self, order: NDArray[np.intp], starts: Floats, stops: Floats) -> Outcomes:
        made, groups = self.predictions, Groups(starts.astype(np.int64), stops.astype(np.int64))

        def ordered(column: ColumnGroups | None) -> ColumnGroups | None:
            if column is None:
                return None
            taken = column.whole.column.take(order)
            kind, threads = column.whole.kind, column.threads
            return ColumnGroups(column.name, taken, groups, kind=kind, threads=threads)

        scores = {label: ordered(column) for label, column in made.scores.items()}
        weights = made.weights
        moved = Predictions(
            ordered(made.target),
            ordered(made.prediction),
            {label: column for label, column in scores.items() if column is not None},
            weights=None if weights is None else TableWeights(weights.values[order]),
            settings=made.settings,
        )
        (row,) = (row for row in performance_rows(moved, [self.name]) if not row.params)
        return _with_error(row.outcomes)

    def _compared(
        self,
        columns: tuple[int, ...],
        codes: NDArray[np.integer],
        own: Outcomes,
        rest: Outcomes,
        shares: Floats,
    ) -> list[Found]:
        differs = change(own, rest)
        is_worse = self.worse * differs.effect_size > 0.0
        p = np.where(is_worse, np.nan_to_num(differs.p_value, nan=1.0) / 2.0, 1.0)
        assert own.standard_error is not None
        assert rest.standard_error is not None
        half = NORMAL_975 * np.sqrt(own.standard_error**2 + rest.standard_error**2)
        return [
            Found(
                columns,
                int(codes[at]),
                int(own.n_current[at]),
                float(own.value[at]),
                float(rest.value[at]),
                float(half[at]),
                float(p[at]),
                float(shares[at]),
                0.0,
            )
            for at in np.flatnonzero(~np.isnan(rest.value) & ~np.isnan(half)).tolist()
        ]


def _with_error(own: Outcomes) -> Outcomes:
    """The outcomes with standard errors, of their intervals where the score gives none."""
    if own.standard_error is not None:
        return own
    if own.ci_low is None or own.ci_high is None:
        return replace(own, standard_error=np.full(len(own), np.nan))
    return replace(own, standard_error=(own.ci_high - own.ci_low) / (2.0 * NORMAL_975))


def _at(own: Outcomes, places: NDArray[np.intp]) -> Outcomes:
    """The values of some of the groups, and what a change is judged by."""
    ends = (None if end is None else end[places] for end in (own.ci_low, own.ci_high))
    low, high = ends
    return Outcomes(
        own.value[places],
        own.status[places],
        ci_low=low,
        ci_high=high,
        n_current=np.asarray(np.broadcast_to(own.n_current, (len(own),))[places], np.int64),
        standard_error=None if own.standard_error is None else own.standard_error[places],
    )
