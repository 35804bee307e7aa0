"""Counts over cells: how numbers are cut into cells, and the parameters that say so."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from simdrift._types import Floats
from simdrift.catalogue.metric import Param
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.cached import cached
from simdrift.metrics.columns import CATEGORICAL, HIGH_CARDINALITY, WIDTH_RULES, Bins, Counts
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.outcomes import Outcomes, Sizes
from simdrift.metrics.pair import ColumnPair
from simdrift.metrics.values import NOT_APPLICABLE, Outcome

DEFAULT_BINS = 10
DEFAULT_SMOOTHING = 0.5
"""Rows added to each cell (Jeffreys), so that an empty one does not make PSI infinite."""
TOO_MANY = f"more than {HIGH_CARDINALITY} categories"

Cut = int | str | Sequence[float]
"""How numbers are cut: a number of cells of equal count, a rule, or cut points."""


def checked_bins(bins: Cut) -> Bins:
    """A number of cells >= 2, the name of a rule, or cut points that ascend; else TypeError or
    ValueError."""
    if isinstance(bins, str):
        if bins not in WIDTH_RULES:
            raise ValueError(f"bins: expected one of {', '.join(WIDTH_RULES)}, found {bins!r}")
        return bins
    if isinstance(bins, bool) or not isinstance(bins, (int, Sequence, np.ndarray)):
        raise TypeError(f"bins: expected an int, a rule or ascending cut points, found {bins!r}")
    if isinstance(bins, int):
        if not 2 <= bins <= 10_000:
            raise ValueError(f"bins: expected 2 to 10000, found {bins}")
        return bins
    cuts = tuple(float(edge) for edge in bins)
    if not cuts or not all(a < b for a, b in pairwise(cuts)):
        raise ValueError(f"bins: expected at least one cut point, ascending, found {cuts!r}")
    return cuts


def checked_smoothing(smoothing: float) -> float:
    """A number of rows >= 0, else TypeError or ValueError."""
    if isinstance(smoothing, bool) or not isinstance(smoothing, (int, float)):
        raise TypeError(f"smoothing: expected a number, found {smoothing!r}")
    if not 0.0 <= smoothing < math.inf:
        raise ValueError(f"smoothing: expected a number >= 0, found {smoothing!r}")
    return float(smoothing)


BINS = Param(
    "bins",
    DEFAULT_BINS,
    "bins of equal count in the reference, a rule of equal widths, or cut points",
    checked_bins,
)
SMOOTHING = Param("smoothing", DEFAULT_SMOOTHING, "rows added to each bin", checked_smoothing)


def too_many_categories(pair: ColumnPair) -> Outcome | None:
    """The outcome where there are too many categories to count; else None."""
    if pair.kind == CATEGORICAL and pair.high_cardinality:
        n, m = pair.reference.valid, pair.current.valid
        return Outcome(None, NOT_APPLICABLE, n_reference=n, n_current=m, reason=TOO_MANY)
    return None


class Tables:
    """Counts of the reference `c` and of the current sample `d` over the same bins, (tables,
    bins); the rows of each table are summed once."""

    def __init__(self, c: Counts, d: Counts, threads: int | None = None) -> None:
        self.c, self.d, self.threads = c, d, threads

    def __len__(self) -> int:
        return len(self.c)

    @property
    def bins(self) -> int:
        return int(self.c.shape[1])

    @cached
    def n(self) -> Sizes:
        """(tables,) rows of the reference."""
        return np.asarray(np.add.reduce(self.c, axis=1))

    @cached
    def m(self) -> Sizes:
        """(tables,) rows of the current sample."""
        return np.asarray(np.add.reduce(self.d, axis=1))

    @cached
    def both(self) -> Counts:
        """(tables, bins) rows of the two together."""
        return self.c + self.d

    @cached
    def expected(self) -> Floats:
        """(tables, bins) rows that the smaller side expects."""
        n, m = self.n.astype(float), self.m.astype(float)
        return np.asarray(self.both * (np.minimum(n, m) / (n + m))[:, np.newaxis])

    @cached
    def least_expected(self) -> Floats:
        """(tables,) of these the least."""
        return np.asarray(np.minimum.reduce(self.expected, axis=1))

    @cached
    def shares(self) -> tuple[Floats, Floats]:
        """(tables, bins) of both sides."""
        return self.c / self.n[:, np.newaxis], self.d / self.m[:, np.newaxis]

    @cached
    def inverse_sizes(self) -> Floats:
        """(tables,) 1/n + 1/m."""
        return np.asarray(1.0 / self.n + 1.0 / self.m)


def by_table(pair: GroupedPair, bins: Bins, measure: Callable[[Tables], Outcomes]) -> Outcomes:
    """What `measure` gives of the counts of both sides in each group; too many categories are
    'not_applicable'."""
    groups = len(pair)
    measured = [
        (own.places, measure(Tables(own.reference, own.current, pair.threads)))
        for own in pair.count_tables(bins)
    ]
    if len(measured) == 1 and len(measured[0][0]) == groups:
        return measured[0][1]
    valid = np.full(groups, pair.reference.valid)
    whole = Outcomes.refused(
        np.full(groups, CODES[NOT_APPLICABLE], np.uint8),
        valid,
        pair.valid,
        TOO_MANY if pair.kind == CATEGORICAL else "",
    )
    return whole.filled(measured)
