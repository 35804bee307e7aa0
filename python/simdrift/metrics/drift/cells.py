"""Counts over cells: how numbers are cut into cells, and the parameters that say so."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simdrift.catalogue.metric import Param
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.columns import CATEGORICAL, HIGH_CARDINALITY, WIDTH_RULES, Bins, Counts
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.outcomes import Outcomes
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


def whole_rows(counts: Counts) -> NDArray[np.int64]:
    """Counts as rows that can be exchanged: effective ones to the nearest whole number."""
    return np.rint(counts).astype(np.int64)


def crowded(pair: ColumnPair) -> Outcome | None:
    """The outcome where there are too many categories to count; else None."""
    if pair.kind == CATEGORICAL and pair.high_cardinality:
        n, m = pair.reference.valid, pair.current.valid
        return Outcome(None, NOT_APPLICABLE, n_reference=n, n_current=m, reason=TOO_MANY)
    return None


def by_table(
    pair: GroupedPair, bins: Bins, measure: Callable[[Counts, Counts], Outcomes]
) -> Outcomes:
    """What `measure` gives of (tables, bins) counts of both sides, in each group; too many
    categories are 'not_applicable'."""
    groups = len(pair)
    valid = np.broadcast_to(np.array([pair.reference.valid]), (groups,))
    crowd = dict.fromkeys(range(groups), TOO_MANY)
    code = np.full(groups, CODES[NOT_APPLICABLE], np.uint8)
    whole = Outcomes(np.full(groups, np.nan), code, n_reference=valid, n_current=pair.valid)
    measured = [(places, measure(c, d)) for places, c, d in pair.count_tables(bins)]
    whole.reasons = crowd if pair.kind == CATEGORICAL else {}
    return whole.filled(measured)
