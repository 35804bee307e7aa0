"""How far sensitive groups lie apart: differences and ratios of their rates, with intervals.

`between_groups` compares every two groups, `to_overall` each with all rows. The value is of the
pair that lies farthest apart; which pair that is the data decide, so the intervals are
simultaneous: every compared pair has one that holds with probability 0.95 ** (1 / pairs) (Sidak
1967), and the largest difference lies between the largest lower and the largest upper end. It
holds at least as often as 95 % says. The interval of a pair comes from those of its two rates
(MOVER: differences Newcombe 1998, method 10, and Zou & Donner 2008; ratios Donner & Zou 2012).

Arrays are (G, S); `known` says which sensitive groups take part.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.metrics.fairness.estimates import LEVEL, Estimates

Known = NDArray[np.bool_]
Ends = tuple[Floats, Floats]


class Spread(NamedTuple):
    """(G,) values and the ends of their intervals; NaN where there is none."""

    value: Floats
    low: Floats
    high: Floats


def difference(estimates: Estimates, known: Known, method: str, level: float = LEVEL) -> Spread:
    """The largest absolute difference; NaN where fewer than two groups are known."""
    return _spread(estimates, known, method, level, _DIFFERENCE)


def ratio(estimates: Estimates, known: Known, method: str, level: float = LEVEL) -> Spread:
    """The smallest ratio, at most 1; NaN where it is 0 / 0, or fewer than two are known."""
    return _spread(estimates, known, method, level, _RATIO)


def worst_of(spreads: list[Spread], is_ratio: bool) -> Spread:
    """The largest of differences, or the smallest of ratios, each at the level of `each_of`."""
    choose = np.minimum if is_ratio else np.maximum
    return Spread(*(choose.reduce(own) for own in zip(*spreads, strict=True)))


def mean_of(spreads: list[Spread]) -> Spread:
    """The mean of two that have no rows in common, each with an interval at the level."""
    values, lows, highs = (np.array(own) for own in zip(*spreads, strict=True))
    mean = values.mean(axis=0)
    below, above = (np.sqrt(((end - values) ** 2).sum(axis=0)) for end in (lows, highs))
    half = 1.0 / len(spreads)
    return Spread(mean, np.clip(mean - half * below, 0.0, 1.0), mean + half * above)


def each_of(count: int, level: float = LEVEL) -> float:
    """The level of each of so many independent intervals that hold together."""
    return float(level ** (1.0 / count))


class _Kind(NamedTuple):
    """What tells differences from ratios."""

    ends: Callable[[Floats, Ends, Floats, Ends], Ends]
    """Interval of the first against the second, signed."""
    to_overall: Callable[[Ends, Floats], Ends]
    """Of a group against all rows, from it against the rest and its share of the rows."""
    folded: Callable[[Floats, Floats], Ends]
    """Of the absolute difference, or of the ratio or its inverse."""
    value: Callable[[Floats, Floats], Floats]
    worst: np.ufunc
    """Of values: a pair that is 0 / 0 says nothing."""
    worst_end: np.ufunc
    """Of ends: where a pair has no interval, the worst of all has none."""
    nothing: float


def _spread(estimates: Estimates, known: Known, method: str, level: float, kind: _Kind) -> Spread:
    known = known & ~np.isnan(estimates.value)
    count = np.count_nonzero(known, axis=1)
    compare = _between if method == "between_groups" else _to_overall
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        found = compare(estimates, known, level, kind)
    has_two = (count > 1) & np.isfinite(found.value)
    return Spread(*(np.where(has_two, own, np.nan) for own in found))


def _levels(pairs: Floats, level: float) -> Floats:
    """(G, 1) levels of each of so many pairs."""
    return np.asarray(level ** (1.0 / np.maximum(pairs, 1.0)))[:, np.newaxis]


def _between(estimates: Estimates, known: Known, level: float, kind: _Kind) -> Spread:
    """Every two groups: those of a place after another, so memory stays (G, S)."""
    count = np.count_nonzero(known, axis=1).astype(float)
    value = np.where(known, estimates.value, np.nan)
    low, high = estimates.ends(_levels(0.5 * count * (count - 1.0), level))
    found = [np.full(len(value), kind.nothing) for _ in range(3)]
    for place in range(value.shape[1] - 1):
        own, others = slice(place, place + 1), slice(place + 1, None)
        ends = kind.ends(
            value[:, own],
            (low[:, own], high[:, own]),
            value[:, others],
            (low[:, others], high[:, others]),
        )
        apart = kind.value(value[:, own], value[:, others])
        for at, sides in enumerate((apart, *kind.folded(*ends))):
            both = known[:, own] & known[:, others]
            worst = kind.worst if at == 0 else kind.worst_end
            own_worst = worst.reduce(np.where(both, sides, kind.nothing), axis=1)
            found[at] = worst(found[at], own_worst)
    return Spread(*found)


def _to_overall(estimates: Estimates, known: Known, level: float, kind: _Kind) -> Spread:
    """Each group against all rows: p - p_all = (1 - w)(p - p_rest), with its share w of them."""
    count = np.count_nonzero(known, axis=1).astype(float)
    levels = _levels(np.where(count > 2, count, 1.0), level)
    everything, rest = estimates.overall(), estimates.rest()
    share = estimates.total / everything.total
    ends = kind.ends(estimates.value, estimates.ends(levels), rest.value, rest.ends(levels))
    value = kind.value(estimates.value, np.broadcast_to(everything.value, known.shape))
    sides = (value, *kind.folded(*kind.to_overall(ends, share)))
    return Spread(*(kind.worst.reduce(np.where(known, own, kind.nothing), axis=1) for own in sides))


# --- differences ---


def _difference_ends(p: Floats, p_ends: Ends, q: Floats, q_ends: Ends) -> Ends:
    """Of p - q."""
    (p_low, p_high), (q_low, q_high) = p_ends, q_ends
    apart = p - q
    below = np.sqrt((p - p_low) ** 2 + (q_high - q) ** 2)
    above = np.sqrt((p_high - p) ** 2 + (q - q_low) ** 2)
    return apart - below, apart + above


def _difference_to_overall(ends: Ends, share: Floats) -> Ends:
    low, high = ends
    return (1.0 - share) * low, (1.0 - share) * high


def _absolute(low: Floats, high: Floats) -> Ends:
    """The interval of the absolute value."""
    return np.maximum(np.maximum(low, -high), 0.0), np.maximum(high, -low)


# --- ratios ---


def _ratio_ends(p: Floats, p_ends: Ends, q: Floats, q_ends: Ends) -> Ends:
    """Of p / q."""
    (p_low, p_high), (q_low, q_high) = p_ends, q_ends
    product = p * q
    low_over, high_over = q_high * (2.0 * q - q_high), q_low * (2.0 * q - q_low)
    inside_low = product**2 - p_low * (2.0 * p - p_low) * low_over
    inside_high = product**2 - p_high * (2.0 * p - p_high) * high_over
    below = product + np.sqrt(np.maximum(inside_low, 0.0))
    low = np.divide(p_low * (2.0 * p - p_low), below, out=np.zeros_like(below), where=below > 0.0)
    high = (product + np.sqrt(np.maximum(inside_high, 0.0))) / high_over
    return low, np.where(high_over > 0.0, high, np.inf)


def _ratio_to_overall(ends: Ends, share: Floats) -> Ends:
    """p / p_all = 1 / (w + (1 - w) / (p / p_rest)), which grows with p / p_rest."""
    low, high = (1.0 / (share + (1.0 - share) / end) for end in ends)
    return np.where(ends[0] > 0.0, low, 0.0), high


def _inverted(low: Floats, high: Floats) -> Ends:
    """The interval of the ratio or its inverse, whichever is smaller."""
    return np.minimum(low, 1.0 / high), np.minimum(np.minimum(high, 1.0 / low), 1.0)


def _smaller_ratio(p: Floats, q: Floats) -> Floats:
    return np.minimum(p, q) / np.maximum(p, q)


def _apart(p: Floats, q: Floats) -> Floats:
    return np.abs(p - q)


_DIFFERENCE = _Kind(
    _difference_ends, _difference_to_overall, _absolute, _apart, np.fmax, np.maximum, -np.inf
)
_RATIO = _Kind(
    _ratio_ends, _ratio_to_overall, _inverted, _smaller_ratio, np.fmin, np.minimum, np.inf
)
