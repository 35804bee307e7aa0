"""Rates of each sensitive group, on arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from simdrift.metrics.fairness.call import measured, options_of, table_of
from simdrift.metrics.fairness.measures import one_of
from simdrift.metrics.fairness.table import RATES
from simdrift.metrics.listing import Listing

__all__ = ["GroupRate", "by_group"]


class GroupRate(NamedTuple):
    """A rate of one sensitive group."""

    group: str
    metric: str
    value: float | None
    ci_low: float | None
    ci_high: float | None
    status: str
    rows: int


def by_group(
    target: object,
    prediction: object,
    sensitive: object,
    *,
    metrics: Sequence[str] = ("selection_rate",),
    sample_weight: object = None,
    pos_label: Any = None,
    min_rows: int = 1,
    threads: int | None = None,
) -> Listing[GroupRate]:
    """Rates of each sensitive group with their 95 % intervals, of shares Wilson's:
    'selection_rate', 'true_positive_rate', 'false_positive_rate', 'false_negative_rate',
    'precision', 'accuracy_score', 'mae'. `to_pandas`, `to_polars` and `to_arrow` make a frame of
    the rows.

    >>> import simdrift as sd
    >>> rates = sd.fairness.by_group([1, 1, 0, 0], [1, 0, 1, 0], list("abab"))
    >>> [(rate.group, rate.value, rate.rows) for rate in rates]
    [('a', 1.0, 2), ('b', 0.0, 2)]
    """
    options = options_of("between_groups", min_rows)
    for name in metrics:
        one_of("metrics", RATES)(name)
    table = table_of(target, prediction, sensitive, sample_weight, pos_label, threads)
    rows: list[GroupRate] = []
    for name in metrics:
        found = measured(name, table, options)
        if not isinstance(found, Mapping):
            rows.append(GroupRate("", name, None, None, None, found.status, 0))
            continue
        for group, outcomes in found.items():
            own = outcomes.at(0)
            rates = own.value, own.ci_low, own.ci_high, own.status
            rows.append(GroupRate(group, name, *rates, int(own.n_current or 0)))
    return Listing(GroupRate, rows)
