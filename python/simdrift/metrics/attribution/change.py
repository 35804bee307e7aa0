"""A change of a mean, of losses or of what is right, in mix and rate by segment.

With shares p of the rows and means m of each segment before (0) and now (1), and M the mean of
both whole means:

    mix  = (p1 - p0) ((m0 + m1) / 2 - M)      the segment's rows became more or fewer
    rate = (m1 - m0) (p0 + p1) / 2            the segment itself became better or worse

Their sum over the segments is the change (Kitagawa 1955, Oaxaca 1973; M takes nothing off, as
shares add up to 1). A segment that one side lacks has the other's mean there: it is all mix.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from simdrift._core import Categories, Column
from simdrift._types import Floats
from simdrift.columns import as_column
from simdrift.columns.labels import dated
from simdrift.metrics.checks import checked_threads
from simdrift.metrics.correction import correct
from simdrift.metrics.listing import Listing
from simdrift.metrics.nulls.special import special
from simdrift.metrics.performance.predictions import NUMBERS
from simdrift.metrics.segments_search import CodedColumn, Sums, Values, segment_sums
from simdrift.metrics.values import ALL_NULL, EMPTY, OK
from simdrift.metrics.weights import checked_weights

MOST_SEGMENTS = 10_000
MISSING = "(missing)"
LEVEL = 0.975
"""Upper end of the intervals: 95 %."""


class SegmentChange(NamedTuple):
    """What a segment has to do with a change. `mix` + `rate` of all segments are the change; p and
    q are of the change of its own mean, Welch's."""

    segment: str
    mix: float
    rate: float
    reference_share: float
    current_share: float
    reference: float | None
    current: float | None
    p_value: float | None
    q_value: float | None


class Change(Listing[SegmentChange]):
    """Segments, the largest |mix + rate| first. `total` is the mean now less the mean before, with
    its 95 % interval and p-value, and `mix` + `rate`."""

    def __init__(
        self,
        rows: Sequence[SegmentChange],
        reference: float | None,
        current: float | None,
        law: tuple[float | None, float | None, float | None] = (None, None, None),
        status: str = OK,
    ) -> None:
        self.reference, self.current, self.status = reference, current, status
        known = reference is not None and current is not None
        self.total = None if reference is None or current is None else current - reference
        self.p_value, self.ci_low, self.ci_high = law
        self.mix = sum(one.mix for one in rows) if known else None
        self.rate = sum(one.rate for one in rows) if known else None
        super().__init__(SegmentChange, rows, self._head())

    def _head(self) -> str:
        if self.total is None:
            return f"change: {self.status}"
        parts = f"mix {self.mix:+.4g}, rate {self.rate:+.4g}"
        return f"{self.reference:.4g} -> {self.current:.4g}: {self.total:+.4g} = {parts}"

    def __repr__(self) -> str:
        return f"Change({self.title}, segments: {len(self)})"


def change(
    reference: object,
    current: object,
    reference_segment: object,
    current_segment: object,
    *,
    reference_weight: object = None,
    current_weight: object = None,
    threads: int | None = None,
) -> Change:
    """The change of a mean in mix and rate by segment.

    `reference`, `current`: a value by row, of which the mean is the metric: a loss (|error|, log
    loss), or 1 and 0 of what is right. `..._segment`: the segment of each row, of any type; a
    missing one is '(missing)'. Rows without a finite value are left out.
    ValueError where lengths differ; data never raise.

    >>> import simdrift as sd
    >>> before, now = [1.0] * 8 + [3.0] * 2, [1.0] * 5 + [4.0] * 5
    >>> found = sd.attribution.change(before, now, ["a"] * 8 + ["b"] * 2, ["a"] * 5 + ["b"] * 5)
    >>> [round(x, 3) for x in (found.total, found.mix, found.rate)]
    [1.1, 0.75, 0.35]
    """
    checked_threads(threads)
    table = Categories(maximum=MOST_SEGMENTS)
    sides = []
    for argument, x, segment, weight in (
        ("reference", reference, reference_segment, reference_weight),
        ("current", current, current_segment, current_weight),
    ):
        values = _numbers(x, argument)
        column = as_column(segment, name=f"{argument}_segment")
        if len(column) != len(values):
            raise ValueError(
                f"{argument}_segment: expected {len(values):,} segments, one a value, found "
                f"{len(column):,}"
            )
        weights = None if weight is None else _weights(weight, len(values), f"{argument}_weight")
        codes = table.encode(dated(column, threads), threads=threads)
        if table.overflow:
            raise ValueError(f"{argument}_segment: expected at most {MOST_SEGMENTS:,} segments")
        sides.append((values, weights, codes))
    labels = (*table.labels, MISSING)
    coded = [
        CodedColumn("segment", labels, np.where(codes < 0, len(labels) - 1, codes).astype(np.int32))
        for *_, codes in sides
    ]
    before, now = (Values.of(values, weights) for values, weights, _ in sides)
    return decomposed(before, now, coded[0], coded[1], threads)


def decomposed(
    before: Values,
    now: Values,
    reference: CodedColumn,
    current: CodedColumn,
    threads: int | None,
) -> Change:
    """The change of the mean of values by the same segments on both sides."""
    for side, column in ((before, reference), (now, current)):
        if not side.all.rows[0]:
            status = ALL_NULL if len(column.codes) else EMPTY
            return Change([], None, None, status=status)
    sums = [segment_sums(side, own, threads) for side, own in ((before, reference), (now, current))]
    shares = [own.w / own.w.sum() for own in sums]
    means = [side.value(own) for side, own in zip((before, now), sums, strict=True)]
    mix, rate = _mix_and_rate(shares, means, (before.mean + now.mean) / 2.0)
    p, _ = _welch(sums[0], sums[1], means[1] - means[0])
    q = correct(p)
    order = np.argsort(-np.abs(mix + rate), kind="stable")
    rows = [
        SegmentChange(
            reference.labels[at],
            float(mix[at]),
            float(rate[at]),
            *(float(own[at]) for own in shares),
            *(_number(own[at]) for own in (*means, p, q)),
        )
        for at in order.tolist()
        if sums[0].rows[at] or sums[1].rows[at]
    ]
    return Change(rows, before.mean, now.mean, _law(before, now))


def _mix_and_rate(
    shares: Sequence[Floats], means: Sequence[Floats], middle: float
) -> tuple[Floats, Floats]:
    """(S,) of each segment."""
    old, new = (
        np.where(np.isnan(own), other, own) for own, other in (tuple(means), tuple(means[::-1]))
    )
    mix = (shares[1] - shares[0]) * ((old + new) / 2.0 - middle)
    rate = (new - old) * (shares[0] + shares[1]) / 2.0
    return np.nan_to_num(mix), np.nan_to_num(rate)


def _welch(old: Sums, new: Sums, difference: Floats) -> tuple[Floats, Floats]:
    """Two-sided p-values of differences of means, and half their intervals."""
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = old.error**2, new.error**2
        error = np.sqrt(a + b)
        df = (a + b) ** 2 / (a * a / (old.size - 1.0) + b * b / (new.size - 1.0))
        p = 2.0 * special().stdtr(df, -np.abs(difference) / error)
        half = special().stdtrit(df, LEVEL) * error
    constant = (error == 0.0) & ~np.isnan(difference)
    p = np.where(constant, np.where(difference == 0.0, 1.0, 0.0), p)
    return p, np.where(constant, 0.0, half)


def _law(before: Values, now: Values) -> tuple[float | None, float | None, float | None]:
    """p-value and interval of the whole change."""
    total = now.mean - before.mean
    p, half = _welch(before.all, now.all, np.array([total]))
    return _number(p[0]), _number(total - half[0]), _number(total + half[0])


def _number(value: float) -> float | None:
    return None if value != value else float(value)


def _numbers(data: object, argument: str) -> Floats:
    column = as_column(data, name=argument)
    if column.value_kind == "null":
        return np.full(len(column), np.nan)
    if column.value_kind not in NUMBERS:
        raise TypeError(f"{argument}: expected numbers, found {column.type}")
    return np.array(column.to_float64())


def _weights(data: object, rows: int, argument: str) -> Floats:
    column: Column = as_column(data, name=argument)
    if column.value_kind not in NUMBERS:
        raise TypeError(f"{argument}: expected numbers, found {column.type}")
    values = column.to_float64()
    checked_weights(values, rows, argument)
    return values
