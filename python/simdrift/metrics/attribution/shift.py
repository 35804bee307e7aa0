"""Drift of attributions: whether a model rests on other columns than it did.

Attributions are any numbers of what each column contributed to each output, such as SHAP values:
(rows, columns). A column's weight is its mean |attribution|. The order of the current weights is
held against the reference's by nDCG: sum of the reference's weights in the current order, each
divided by log2(place + 1), over the same in the reference's own order (Jarvelin & Kekalainen 2002).
Columns that are tied share the mean of their places' discounts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from simdrift import _core
from simdrift._core import Column
from simdrift._types import Floats
from simdrift.columns import as_table
from simdrift.metrics.checks import checked_share, checked_threads
from simdrift.metrics.correction import correct
from simdrift.metrics.listing import Listing
from simdrift.metrics.nulls.special import special
from simdrift.metrics.performance.predictions import NUMBERS
from simdrift.metrics.values import ALL_NULL, DEGENERATE, EMPTY, OK

LEAST_NDCG = 0.90
LEVEL = 0.975
"""Upper end of the intervals: 95 %."""


class ColumnShift(NamedTuple):
    """The mean |attribution| of one column before and now; None where one side lacks it. p and q
    are Welch's, over the columns."""

    column: str
    reference: float | None
    current: float | None
    difference: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    q_value: float | None
    reference_rank: int | None
    rank: int | None


class AttributionDrift(Listing[ColumnShift]):
    """Columns by the reference's mean |attribution|, the largest first. `ndcg` is None where
    `status` is not 'ok'; `alert`: whether it is below the threshold."""

    def __init__(
        self,
        rows: Sequence[ColumnShift],
        ndcg: float | None,
        threshold: float,
        status: str,
        rows_of: tuple[int, int],
    ) -> None:
        self.ndcg, self.threshold, self.status = ndcg, threshold, status
        self.n_reference, self.n_current = rows_of
        self.alert = None if ndcg is None else ndcg < threshold
        shown = status if ndcg is None else f"{ndcg:.4f}"
        super().__init__(ColumnShift, rows, f"nDCG of the ranking of columns: {shown}")

    def __repr__(self) -> str:
        return f"AttributionDrift({self.title}, columns: {len(self)})"


class _Weight(NamedTuple):
    """Of |attribution|: rows, mean, and the square of the mean's standard error."""

    rows: int
    mean: float
    error2: float


def drift(
    reference: object,
    current: object,
    *,
    columns: Sequence[str] | None = None,
    threshold: float = LEAST_NDCG,
    threads: int | None = None,
) -> AttributionDrift:
    """Whether the columns that a model rests on have changed.

    `reference`, `current`: attributions by row and column: arrays (n, columns), frames whose
    columns are attributions, or SHAP's explanations. `columns`: names, of arrays those of their
    columns. nDCG alerts below `threshold`. A row without a finite number of a column is left out
    of that column. A column that one side lacks counts as 0 there.
    ValueError where names and columns are not as many; data never raise.

    >>> import simdrift as sd
    >>> before, now = [[2.0, 1.0, 0.1]] * 50, [[2.0, 0.1, 1.5]] * 50
    >>> found = sd.attribution.drift(before, now, columns=["a", "b", "c"])
    >>> round(found.ndcg, 3), found.alert, [(one.column, one.rank) for one in found]
    (0.956, False, [('a', 1), ('b', 3), ('c', 2)])
    """
    checked_share("threshold", threshold)
    checked_threads(threads)
    sides = [
        {name: _weight(own, threads) for name, own in _columns(side, columns, argument).items()}
        for side, argument in ((reference, "reference"), (current, "current"))
    ]
    before, now = sides
    names = list(dict.fromkeys([*before, *now]))
    rows_of = _most(before), _most(now)
    ndcg, status = _ndcg_of(before, now, names)
    return AttributionDrift(_shifts(before, now, names), ndcg, threshold, status, rows_of)


def ndcg(relevance: Floats, weights: Floats) -> float:
    """nDCG of the order of `weights` with linear gain; NaN where no relevance is above 0.

    >>> ndcg(np.array([3.0, 2.0, 1.0]), np.array([5.0, 6.0, 1.0])).__round__(4)
    0.9225
    """
    best = float((np.sort(relevance)[::-1] * _discounts(len(relevance))).sum())
    if not best > 0.0:
        return float("nan")
    return float((relevance * _mean_discounts(weights)).sum()) / best


def _discounts(count: int) -> Floats:
    return np.asarray(1.0 / np.log2(np.arange(count) + 2.0))


def _mean_discounts(weights: Floats) -> Floats:
    """The discount of each one's place, tied ones sharing their mean."""
    _, place, times = np.unique(-weights, return_inverse=True, return_counts=True)
    sums = np.add.reduceat(_discounts(len(weights)), np.cumsum(times) - times)
    return np.asarray((sums / times)[place])


def _ndcg_of(
    before: Mapping[str, _Weight], now: Mapping[str, _Weight], names: Sequence[str]
) -> tuple[float | None, str]:
    for side in (before, now):
        if not any(own.rows for own in side.values()):
            return None, ALL_NULL if side else EMPTY
    sides = [
        np.array([side[name].mean if name in side else 0.0 for name in names])
        for side in (before, now)
    ]
    found = ndcg(*(np.nan_to_num(side) for side in sides))
    return (None, DEGENERATE) if np.isnan(found) else (found, OK)


# --- columns ---


def _columns(data: Any, names: Sequence[str] | None, argument: str) -> dict[str, Column]:
    """Columns of attributions by name."""
    named = getattr(data, "feature_names", None)
    if named is not None and hasattr(data, "values"):  # as shap.Explanation
        data, names = np.asarray(data.values), names or list(named)
    if isinstance(data, (list, tuple)):
        data = np.asarray(data)
    if isinstance(data, np.ndarray):
        return _columns_of_array(data, names, argument)
    table = as_table(data, argument=argument, columns=names)
    return {
        name: own
        for name, own in table.computed.items()
        if own.value_kind in NUMBERS or own.value_kind == "null"
    }


def _columns_of_array(
    data: np.ndarray[Any, Any], names: Sequence[str] | None, argument: str
) -> dict[str, Column]:
    if data.ndim != 2:
        raise ValueError(
            f"{argument}: expected attributions (rows, columns), found {data.ndim} dimensions: of "
            "several classes choose one"
        )
    chosen = [str(at) for at in range(data.shape[1])] if names is None else list(names)
    if len(chosen) != data.shape[1]:
        raise ValueError(
            f"columns: expected {data.shape[1]} names, one a column of {argument}, found "
            f"{len(chosen)}"
        )
    return {
        name: Column.from_numpy(np.ascontiguousarray(own))
        for name, own in zip(chosen, data.T, strict=True)
    }


def _weight(column: Column, threads: int | None) -> _Weight:
    if column.value_kind == "null":
        return _Weight(0, np.nan, np.nan)
    x = np.abs(column.to_float64())
    x[np.isinf(x)] = np.nan
    found = _core.profile(Column.from_numpy(x), threads=threads)
    rows = int(found["finite"])
    variance = found["variance"] if rows > 1 else np.nan
    return _Weight(rows, found["mean"] if rows else np.nan, variance / rows if rows else np.nan)


def _most(side: Mapping[str, _Weight]) -> int:
    return max((own.rows for own in side.values()), default=0)


# --- shifts ---


def _shifts(
    before: Mapping[str, _Weight], now: Mapping[str, _Weight], names: Sequence[str]
) -> list[ColumnShift]:
    ranks = [_ranks(side) for side in (before, now)]
    absent = _Weight(0, np.nan, np.nan)
    pairs = [(before.get(name, absent), now.get(name, absent)) for name in names]
    tests = [_welch(*pair) for pair in pairs]
    q = correct([p for p, _ in tests]) if tests else np.zeros(0)
    rows = []
    for name, (old, new), (p, half), own_q in zip(names, pairs, tests, q, strict=True):
        difference = new.mean - old.mean
        low, high = difference - half, difference + half
        rows.append(
            ColumnShift(
                name,
                _number(old.mean),
                _number(new.mean),
                _number(difference),
                _number(low),
                _number(high),
                _number(p),
                _number(float(own_q)),
                ranks[0].get(name),
                ranks[1].get(name),
            )
        )
    return sorted(rows, key=lambda one: (one.reference is None, -(one.reference or 0.0)))


def _ranks(side: Mapping[str, _Weight]) -> dict[str, int]:
    """Places from 1 on, by mean |attribution|."""
    known = [name for name, own in side.items() if own.rows]
    order = sorted(known, key=lambda name: -side[name].mean)
    return {name: place for place, name in enumerate(order, 1)}


def _welch(old: _Weight, new: _Weight) -> tuple[float, float]:
    """p-value of a difference of means, and half its interval; NaN where there is none."""
    total = old.error2 + new.error2
    if not (total > 0.0 and min(old.rows, new.rows) > 1):
        same = old.mean == new.mean
        return (1.0 if same else 0.0, 0.0) if total == 0.0 else (np.nan, np.nan)
    parts = old.error2**2 / (old.rows - 1) + new.error2**2 / (new.rows - 1)
    df, error = total * total / parts, float(np.sqrt(total))
    t = abs(new.mean - old.mean) / error
    return float(2.0 * special().stdtr(df, -t)), float(special().stdtrit(df, LEVEL)) * error


def _number(value: float) -> float | None:
    return None if value != value else float(value)
