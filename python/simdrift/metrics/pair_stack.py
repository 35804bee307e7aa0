"""Pairs of one group each as one pair over groups: a column takes the place of a window.

What a wide frame costs is what a column costs in Python, and the laws of thousands of columns are
as many calls. A measure that is marked `@over_columns` takes a `PairStack`, which gives it the
arrays that a `GroupedPair` gives over windows: its formulas are evaluated once for all columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.metrics.cached import cached
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.outcomes import Outcomes, Rows, all_ok
from simdrift.metrics.registry import DriftMethod
from simdrift.metrics.stacked import Arrays, stacked_two_sample

Measure = TypeVar("Measure", bound=Callable[..., Any])
Fits = Callable[[GroupedPair], bool]


class ReferenceStack:
    """What measures read of the references of a stack: an entry a column."""

    def __init__(self, pairs: Sequence[GroupedPair]) -> None:
        self._columns = [pair.reference for pair in pairs]

    @cached
    def profile(self) -> Mapping[str, Any]:
        """Standard deviations, which are known and above 0."""
        stds = np.array([column.profile["std"] for column in self._columns], float)
        return {"std": stds, "variance_status": "ok"}

    def missing_of(self) -> tuple[Rows, Rows]:
        """Rows that are missing, of how many."""
        found = np.array([column.missing_of() for column in self._columns], np.int64)
        return found[:, 0], found[:, 1]


class PairStack:
    """Pairs of one group each, without weights, that were counted in one pass."""

    is_weighted = False

    def __init__(self, pairs: Sequence[GroupedPair]) -> None:
        self.columns = pairs
        self.threads = pairs[0].threads
        self.reference = ReferenceStack(pairs)

    def __len__(self) -> int:
        return len(self.columns)

    @cached
    def passes(self) -> list[Mapping[str, Any]]:
        """What the pass over both samples of each column has found."""
        return [pair.pairs[0].two_sample for pair in self.columns]

    @cached
    def two_sample(self) -> Arrays:
        """The same as arrays, with an entry a column."""
        return stacked_two_sample(self.passes)

    @cached
    def reference_quantiles(self) -> Floats:
        """(columns, levels) quantiles of the references at `transport.LEVELS`."""
        return np.stack([found["quantiles"][0] for found in self.passes])

    def missing_of(self) -> tuple[Rows, Rows]:
        """Current rows that are missing, of how many."""
        found = [pair.missing_of() for pair in self.columns]
        return _joined([missing for missing, _ in found]), _joined([rows for _, rows in found])


def _joined(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(arrays)


def over_columns(fits: Fits) -> Callable[[Measure], Measure]:
    """Marks a measure that takes a `PairStack`, too, of the pairs that `fits` says are alike."""

    def mark(function: Measure) -> Measure:
        function.over_columns = fits  # type: ignore[attr-defined]
        return function

    return mark


def is_stackable(spec: DriftMethod, pair: GroupedPair) -> bool:
    """Whether the metric of this pair may be evaluated with that of others. It makes the passes
    that the metric reads; where one fails, the pair is evaluated alone, and has a status."""
    fits: Fits | None = getattr(spec.function, "over_columns", None)
    if fits is None or pair.is_weighted or not pair.current.is_one:
        return False
    try:
        codes = pair.codes if spec.needs_values else pair.shape_codes
        return pair.kind in spec.kinds and all_ok(codes) and fits(pair)
    except Exception:
        return False


def apart(outcomes: Outcomes) -> list[Outcomes]:
    """The outcomes of each column of a stack."""
    columns = len(outcomes)
    fields = {
        name: _rows(getattr(outcomes, name), columns)
        for name in Outcomes.__dataclass_fields__
        if name not in ("log_p", "reasons")
    }
    made = [
        Outcomes(**dict(zip(fields, own, strict=True)))
        for own in zip(*fields.values(), strict=True)
    ]
    if (logs := outcomes.log_p) is not None:
        for place, one in enumerate(made):
            one.log_p = _LogOf(logs, place)
    for place, reason in outcomes.reasons.items():
        made[place].reasons = {0: reason}
    return made


class _LogOf:
    """The logarithm of one column's p-value."""

    __slots__ = ("logs", "place")

    def __init__(self, logs: Callable[[], Floats], place: int) -> None:
        self.logs, self.place = logs, place

    def __call__(self) -> Floats:
        return self.logs()[self.place : self.place + 1]


def _rows(array: NDArray[Any] | None, columns: int) -> Sequence[Any]:
    """Views of one entry each; of an array that all share itself."""
    if array is None or len(array) != columns:
        return [array] * columns
    return list(array[:, np.newaxis])
