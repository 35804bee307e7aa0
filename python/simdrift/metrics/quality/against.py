"""Quality against a reference: values outside its range, shares of zeros and negatives that
changed, a unit that looks like another one.

Shares have p-values, which are corrected over all of these tests of a window, and alert where the
change is beyond chance and large enough to matter. A unit is judged by quantiles: it alerts where
one known conversion of the reference fits and the reference itself does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from simdrift._types import Floats
from simdrift.catalogue.metric import Metric
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.columns import NUMERIC, ORDERED
from simdrift.metrics.correction import correct
from simdrift.metrics.decide import Decided
from simdrift.metrics.drift.missing import share_differences
from simdrift.metrics.evaluate import attempt
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.nulls.special import special
from simdrift.metrics.outcomes import OK_CODE, Codes, Outcomes
from simdrift.metrics.quality.base import statistic_record
from simdrift.metrics.registry import measures, record
from simdrift.metrics.values import Outcome

OUT_OF_RANGE = 0.01
"""The share of values outside the reference's range that alerts, where it is beyond chance."""
LEAST_H = 0.2
"""Cohen's h of a share of zeros or negatives that alerts, where it is beyond chance."""
FENCE = 1.5
"""Quartile ranges of the reference beyond its quartiles from which on a value is an outlier."""
UNIT_ROWS = 30
"""Rows of either side from which on a unit is judged."""
UNIT_LEVELS = (0.05, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.95)
_FITS, _FAR, _TIMES = 0.1, 0.5, 5.0
"""Distances of quantiles, in quartile ranges: a conversion fits up to the first, with what chance
adds at so few rows; the reference itself is beyond the second, and so many times as far away."""

Measure = Callable[[GroupedPair], Outcomes]


class Conversion(NamedTuple):
    """A unit that is taken for another: value * factor + shift."""

    factor: float
    shift: float
    what: str


CONVERSIONS = (
    *(Conversion(10.0**k, 0.0, "a decimal unit") for k in (1, 2, 3, 4, 6, 9)),
    *(Conversion(10.0**-k, 0.0, "a decimal unit") for k in (1, 2, 3, 4, 6, 9)),
    *(Conversion(f, 0.0, "a unit of time") for f in (60.0, 1 / 60, 3600.0, 1 / 3600)),
    *(Conversion(f, 0.0, "days as seconds") for f in (86400.0, 1 / 86400)),
    Conversion(1.8, 32.0, "Celsius as Fahrenheit"),
    Conversion(1 / 1.8, -32 / 1.8, "Fahrenheit as Celsius"),
    Conversion(1.0, 273.15, "Celsius as Kelvin"),
    Conversion(1.0, -273.15, "Kelvin as Celsius"),
    Conversion(1.609344, 0.0, "miles as kilometres"),
    Conversion(1 / 1.609344, 0.0, "kilometres as miles"),
    Conversion(1 / 0.45359237, 0.0, "kilograms as pounds"),
    Conversion(0.45359237, 0.0, "pounds as kilograms"),
    Conversion(1 / 0.3048, 0.0, "metres as feet"),
    Conversion(0.3048, 0.0, "feet as metres"),
    Conversion(2.54, 0.0, "inches as centimetres"),
    Conversion(1 / 2.54, 0.0, "centimetres as inches"),
    Conversion(-1.0, 0.0, "the other sign"),
)


def _record(name: str, title: str, formula: str, **rest: object) -> Metric:
    options = {"kinds": (NUMERIC,), "statuses": ("empty", "all_null"), **rest}
    return statistic_record(name, title, "against a reference", formula, **options)


_SHARE_TEST = "pooled two-proportion z-test, Fisher's where a cell expects few rows"


def _left_out(pair: GroupedPair) -> Codes:
    """(G,) why nothing is compared, 'ok' where something is."""
    if pair.is_weighted:
        return np.full(len(pair), CODES["not_applicable"], np.uint8)
    codes = np.asarray(pair.shape_codes)
    lost = (codes == OK_CODE) & (
        (np.asarray(pair.current.valid) == 0) | (float(pair.reference.valid) == 0.0)
    )
    return np.where(lost, CODES["all_null"], codes).astype(np.uint8)


@measures(
    _record(
        "out_of_range",
        "outside the reference's range",
        "share of the rows that are not missing below the reference's minimum or above its maximum",
        kinds=ORDERED,
        unit="share",
        better="lower",
        bounds=(0.0, 1.0),
        p_value="rows beyond the largest or smallest of n + m rows that are exchanged",
        source="Wilks 1942, exceedances",
    )
)
def out_of_range(pair: GroupedPair) -> Outcomes:
    """The share of values that the reference has never seen on either side of its own."""
    base = pair.reference.base
    profile = pair.reference.profile
    low, high = float(profile["min"] - base), float(profile["max"] - base)
    cuts = np.array([low, np.nextafter(high, np.inf)])
    cuts = cuts[np.isfinite(cuts)]
    counts = pair.current.less(base).count_bins(cuts)
    none = np.zeros(len(pair), np.int64)
    below = counts[:, 0] if np.isfinite(low) else none
    above = counts[:, -1] if np.isfinite(high) else none
    n, m = float(pair.reference.valid), np.asarray(pair.current.valid, float)
    p = np.minimum(1.0, 2.0 * np.minimum(_exceedance(below, n, m), _exceedance(above, n, m)))
    with np.errstate(invalid="ignore"):
        share = (below + above) / m
    return Outcomes(share, np.zeros(len(pair), np.uint8), p_value=p)


def _exceedance(k: np.typing.NDArray[np.int64], n: float, m: Floats) -> Floats:
    """The probability that k or more of m rows lie beyond all of n others: the product of
    (m - i) / (n + m - i), i < k."""
    log = special().gammaln
    part = log(m + 1.0) - log(m - k + 1.0) - log(n + m + 1.0) + log(n + m - k + 1.0)
    return np.asarray(np.exp(np.minimum(part, 0.0)))


def _share(pair: GroupedPair, name: str) -> Outcomes:
    """How the share of zeros, or of negatives, changed."""
    before, now = pair.reference.profile[name], np.asarray(pair.current.profile[name], float)
    n, m = float(pair.reference.valid), np.asarray(pair.current.valid, float)
    with np.errstate(all="ignore"):
        return share_differences(float(before), n, now, m)


@measures(
    _record(
        "zero_change",
        "change of the share of zeros",
        "current share of zeros less the reference's",
        better="zero",
        bounds=(-1.0, 1.0),
        p_value=_SHARE_TEST,
        effect_size="Cohen's h",
    )
)
def zero_change(pair: GroupedPair) -> Outcomes:
    """How the share of zeros changed."""
    return _share(pair, "zeros")


@measures(
    _record(
        "negative_change",
        "change of the share of negatives",
        "current share of values below 0 less the reference's",
        better="zero",
        bounds=(-1.0, 1.0),
        p_value=_SHARE_TEST,
        effect_size="Cohen's h",
    )
)
def negative_change(pair: GroupedPair) -> Outcomes:
    """How the share of negative values changed."""
    return _share(pair, "negatives")


@measures(
    _record(
        "outlier_change",
        "change of the share of outliers",
        "current share of values more than 1.5 quartile ranges of the reference beyond its "
        "quartiles, less the reference's own share of them",
        better="zero",
        bounds=(-1.0, 1.0),
        p_value=_SHARE_TEST,
        effect_size="Cohen's h",
        source="Tukey 1977",
    )
)
def outlier_change(pair: GroupedPair) -> Outcomes:
    """How the share of values beyond the reference's fences changed."""
    low, high = np.asarray(pair.reference.near.quantiles([0.25, 0.75])).tolist()
    reach = FENCE * (high - low)
    cuts = np.array([low - reach, np.nextafter(high + reach, np.inf)])
    if not (np.isfinite(cuts).all() and cuts[0] < cuts[1]):
        none = np.zeros(len(pair), np.int64)
        return Outcomes.refused(np.full(len(pair), CODES["constant"], np.uint8), none, none)
    before = np.asarray(pair.reference.near.count_cells(cuts))
    now = pair.current.less(pair.reference.base).count_bins(cuts)
    n, m = float(pair.reference.valid), np.asarray(pair.current.valid, float)
    beyond = np.asarray(now[:, 0] + now[:, 2], float)
    with np.errstate(all="ignore"):
        return share_differences(float(before[0] + before[2]), n, beyond, m)


@measures(
    _record(
        "unit_factor",
        "factor of a suspected unit change",
        "the factor of the known conversion that takes the reference's quantiles to the current "
        "ones, where only one fits; else 1",
        statuses=("empty", "all_null", "too_few_rows", "constant"),
    )
)
def unit_factor(pair: GroupedPair) -> Outcomes:
    """Whether the current values look like the reference's in another unit."""
    before = np.asarray(pair.reference.quantiles(list(UNIT_LEVELS)), float)
    now = np.asarray(pair.current.quantiles(UNIT_LEVELS), float)
    rows = np.minimum(float(pair.reference.valid), np.asarray(pair.current.valid, float))
    value, status = np.ones(len(pair)), np.zeros(len(pair), np.uint8)
    reasons = {}
    low, high = UNIT_LEVELS.index(0.25), UNIT_LEVELS.index(0.75)
    for place, own in enumerate(now):
        width = own[high] - own[low]
        if rows[place] < UNIT_ROWS:
            status[place] = CODES["too_few_rows"]
        elif not (width > 0.0 and before[high] > before[low] and np.isfinite(own).all()):
            status[place] = CODES["constant"]
        elif (found := conversion(before, own, width, rows[place])) is not None:
            value[place] = found.factor
            shift = f" {'+' if found.shift > 0 else '-'} {abs(found.shift):g}" * bool(found.shift)
            reasons[place] = f"values look like x {found.factor:g}{shift}: {found.what}"
    value = np.where(status == OK_CODE, value, np.nan)
    return Outcomes(value, status, reasons=reasons)


def conversion(before: Floats, now: Floats, width: float, rows: float) -> Conversion | None:
    """The conversion that takes the quantiles `before` to those of `now`, whose quartiles are so
    far apart; None where none fits, or where the quantiles hardly changed.

    >>> q = np.linspace(1.0, 2.0, 9)
    >>> conversion(q, 1000 * q, 500.0, 1e6).factor
    1000.0
    >>> conversion(q, 3 * q, 1.5, 1e6)
    """
    as_it_was = float(np.abs(now - before).max()) / width
    distances = [float(np.abs(now - _converted(before, one)).max()) / width for one in CONVERSIONS]
    best = int(np.argmin(distances))
    limit = _FITS + 1.0 / np.sqrt(rows)
    if as_it_was <= _FAR or distances[best] > min(limit, as_it_was / _TIMES):
        return None
    return CONVERSIONS[best]


def _converted(quantiles: Floats, one: Conversion) -> Floats:
    """Quantiles of converted values, in order: the levels are symmetric."""
    found = quantiles * one.factor + one.shift
    return found if one.factor > 0.0 else found[::-1]


MEASURES: Mapping[str, Measure] = {
    "out_of_range": out_of_range,
    "zero_change": zero_change,
    "negative_change": negative_change,
    "outlier_change": outlier_change,
    "unit_factor": unit_factor,
}
AGAINST = tuple(MEASURES)
"""What is measured against a reference, in the order of rows."""


def rows_against(pairs: Mapping[str, GroupedPair], names: Sequence[str]) -> list[Decided]:
    """Those named, of every pair of a kind that they are for; before anything is decided."""
    rows = []
    for pair in pairs.values():
        for name in (name for name in AGAINST if name in names):
            metric = record(f"quality.{name}")
            if metric is not None and pair.kind in metric.kinds:
                rows.append(Decided(pair.name, metric.name, "", _measured(pair, name)))
    return rows


def _measured(pair: GroupedPair, name: str) -> Outcomes:
    codes = _left_out(pair)
    n, m = np.array([pair.reference.rows]), np.asarray(pair.current.rows)
    if (codes != OK_CODE).all():
        return Outcomes.refused(codes, n, m)
    found = attempt(f"quality.{name}", pair.name, lambda: MEASURES[name](pair))
    if isinstance(found, Outcome):
        return Outcomes.refused(np.full(len(pair), CODES["error"], np.uint8), n, m)
    found.n_reference, found.n_current = n, m
    active = codes == OK_CODE
    return pair.current.hidden(found.where(active, Outcomes.refused(codes, n, m)).cleaned())


def decided_against(
    segments: Sequence[Sequence[Decided]], *, alpha: float, correction: str
) -> list[list[Decided]]:
    """The rows of each segment with q-values over all of them in each window, thresholds and
    alerts."""
    flat = [row for segment in segments for row in segment]
    tested = [row for row in flat if row.outcomes.p_value is not None]
    q_values: dict[int, Floats] = {}
    if tested:
        stacked = np.stack([np.asarray(row.outcomes.p_value) for row in tested], axis=1)
        corrected = np.ascontiguousarray(correct(stacked, correction).T)
        q_values = {id(row): q for row, q in zip(tested, corrected, strict=True)}
    return [[_judged(row, q_values.get(id(row)), alpha) for row in segment] for segment in segments]


def _judged(row: Decided, q: Floats | None, alpha: float) -> Decided:
    value, effect = row.outcomes.value, row.outcomes.effect_size
    if q is None:
        alert = np.where(np.isnan(value), -1, value != 1.0).astype(np.int8)
        return row._replace(alert=alert) if row.metric == "quality.unit_factor" else row
    large = value >= OUT_OF_RANGE if effect is None else np.abs(effect) >= LEAST_H
    alert = np.where(np.isnan(value), -1, large & (q <= alpha)).astype(np.int8)
    return row._replace(q_value=q, alert=alert, threshold=OUT_OF_RANGE if effect is None else None)
