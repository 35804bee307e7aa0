"""Quality of pairs of columns: correlations as rows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from simdrift.metrics.columns import TEMPORAL
from simdrift.metrics.correlation import Correlations, pearson_groups
from simdrift.metrics.decide import Decided
from simdrift.metrics.evaluate import attempt
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.names import column_text
from simdrift.metrics.nulls.special import NORMAL_975
from simdrift.metrics.outcomes import Outcomes, elementwise
from simdrift.metrics.quality.base import codes_of, statistic_record
from simdrift.metrics.registry import measures
from simdrift.metrics.values import ERROR, Outcome


@measures(
    statistic_record(
        "correlation",
        "correlation",
        "pairs",
        "Pearson's r over the rows in which both are finite, Fisher's 95 % interval",
        kinds=("pair",),
        bounds=(-1.0, 1.0),
        source="scipy.stats.pearsonr",
        statuses=("empty", "too_few_rows", "constant"),
    )
)
def correlation(a: ColumnGroups, b: ColumnGroups) -> Decided:
    """`quality.correlation` of a pair: Pearson's r over the rows in which both are
    finite, with Fisher's 95 % interval; `n_current` counts those rows."""
    name = a.name, b.name
    found = attempt("quality.correlation", column_text(name), lambda: pearson_groups(a, b))
    if isinstance(found, Outcome):
        found = Correlations(np.full(len(a), np.nan), codes_of(a, ERROR), a.rows)
    r, status, n = found
    low, high = (elementwise(_fisher, r, n, side) for side in (-1.0, 1.0))
    outcomes = Outcomes(r, status, ci_low=low, ci_high=high, n_current=n)
    return Decided(name, "quality.correlation", "", outcomes)


def _fisher(r: float, n: int, side: float) -> float:
    """An end of Fisher's 95 % interval; NaN where there is none."""
    if math.isnan(r) or n <= 3 or abs(r) >= 1.0:
        return math.nan
    return math.tanh(math.atanh(r) + side * (NORMAL_975 / math.sqrt(n - 3)))


def correlations(columns: Sequence[ColumnGroups]) -> list[Decided]:
    """`quality.correlation` of every pair of the columns that are numbers, dates aside."""
    numbers = [c for c in columns if c.whole.is_number and c.kind != TEMPORAL]
    return [correlation(a, b) for i, a in enumerate(numbers) for b in numbers[i + 1 :]]
