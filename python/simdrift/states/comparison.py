"""Two states of a column: what is exact, and what lies within an interval for certain."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import scipy.stats
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.columns.times import PER_SECOND
from simdrift.metrics import thresholds as rules
from simdrift.metrics.columns import CATEGORICAL
from simdrift.metrics.count_tables import CountTables, tables_of
from simdrift.metrics.drift.distances import QUARTILES_IN_STD
from simdrift.metrics.nulls import kolmogorov
from simdrift.metrics.outcomes import Outcomes
from simdrift.metrics.registry import method
from simdrift.states.buckets import Buckets, lows_and_highs
from simdrift.states.columns import ColumnState, LabelState, NullState, NumberState
from simdrift.states.powers import Moments

Fields = dict[str, Any]
LABEL_METRICS = ("cohens_w", "jensen_shannon", "chi_square")


def rows_of(
    reference: ColumnState | None, current: ColumnState | None, alpha: float
) -> Iterator[tuple[str, Fields]]:
    """Metrics and the fields of their rows."""
    if reference is None or current is None:
        status = "new_column" if reference is None else "missing_column"
        yield "drift.missing_share", {"status": status, "alert": True}
        return
    yield "drift.missing_share", _missing(reference, current, alpha)
    if isinstance(reference, NullState) or isinstance(current, NullState):
        return
    if isinstance(reference, NumberState) and isinstance(current, NumberState):
        if reference.unit == current.unit:
            yield from _numbers(reference, current, alpha)
            return
    elif isinstance(reference, LabelState) and isinstance(current, LabelState):
        yield from _labels(reference, current, alpha)
        return
    yield "drift.ks", {"status": "type_changed", "alert": True}


def _sizes(reference: ColumnState, current: ColumnState) -> Fields:
    return {
        "n_reference": reference.rows - reference.missing,
        "n_current": current.rows - current.missing,
    }


def _missing(reference: ColumnState, current: ColumnState, alpha: float) -> Fields:
    if not reference.rows or not current.rows:
        return {"status": "empty", **_sizes(reference, current)}
    pair = _MissingPair(_Missing(reference.missing, reference.rows), current)
    return _judged("missing_share", pair, alpha)


class _Missing(NamedTuple):
    """A side where `measure_missing_share` expects a column."""

    missing: int
    rows: int

    def missing_of(self) -> tuple[int, int]:
        return self.missing, self.rows


class _MissingPair(NamedTuple):
    """Both sides where it expects a pair of columns over one group."""

    reference: _Missing
    current: ColumnState

    def missing_of(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return np.array([self.current.missing]), np.array([self.current.rows])


def _judged(name: str, pair: Any, alpha: float) -> Fields:
    """The fields of a method's outcome, held against its own rule; as alone: p is q."""
    spec = method(name)
    with np.errstate(all="ignore"):
        outcomes: Outcomes = spec.function(pair)
    one = outcomes.at(0)
    bound = rules.threshold_of(spec, "", {}, alpha, outcomes.practical)
    bound = bound.item(0) if isinstance(bound, np.ndarray) else bound
    alert = rules.alert_of(spec, one.value, bound, one.p_value, alpha, one.null_quantile)
    return {
        "value": one.value, "status": one.status, "p_value": one.p_value, "q_value": one.p_value,
        "effect_size": one.effect_size, "ci_low": one.ci_low, "ci_high": one.ci_high,
        "threshold": bound, "alert": alert, "null_quantile": one.null_quantile,
        "n_reference": _whole(one.n_reference), "n_current": _whole(one.n_current),
    }  # fmt: skip


def _whole(rows: Any) -> int | None:
    return None if rows is None else int(rows)


# --- labels -------------------------------------------------------------------------


class _Counted(NamedTuple):
    """Counts of labels where the measures of pairs of columns expect a pair."""

    tables: list[CountTables]
    reference: Any
    valid: NDArray[np.int64]
    kind: str = CATEGORICAL
    is_weighted: bool = False
    threads: int | None = None

    def count_tables(self, bins: object) -> list[CountTables]:
        return self.tables


class _Side(NamedTuple):
    valid: int


class _OneGroup(_Counted):
    """`len` of a pair is its number of groups."""

    def __len__(self) -> int:
        return 1


def _labels(
    reference: LabelState, current: LabelState, alpha: float
) -> Iterator[tuple[str, Fields]]:
    sizes = _sizes(reference, current)
    if not sizes["n_reference"] or not sizes["n_current"]:
        status = "all_null" if reference.rows and current.rows else "empty"
        for name in (*LABEL_METRICS, "new_categories"):
            yield f"drift.{name}", {"status": status, **sizes}
        return
    labels = sorted(reference.labels.keys() | current.labels.keys())
    sides = [
        np.array([[side.labels[label] for label in labels]], np.int64)
        for side in (reference, current)
    ]
    pair = _OneGroup(tables_of(*sides), _Side(sizes["n_reference"]), np.array([sizes["n_current"]]))
    for name in LABEL_METRICS:
        yield f"drift.{name}", {**_judged(name, pair, alpha), **sizes}
    new = sum(count for label, count in current.labels.items() if label not in reference.labels)
    share = new / sizes["n_current"]
    threshold = method("new_categories").threshold
    alert = threshold is not None and share > threshold
    yield "drift.new_categories", {"value": share, "threshold": threshold, "alert": alert, **sizes}


# --- numbers ------------------------------------------------------------------------


class Interval(NamedTuple):
    """What surely holds a value that the rows would give."""

    low: float
    high: float

    @property
    def fields(self) -> Fields:
        """The middle as the value."""
        return {"value": (self.low + self.high) / 2, "ci_low": self.low, "ci_high": self.high}


def _numbers(
    reference: NumberState, current: NumberState, alpha: float
) -> Iterator[tuple[str, Fields]]:
    sizes = _sizes(reference, current)
    n, m = reference.counts["finite"], current.counts["finite"]
    names = ("mean_shift", "std_ratio", "ks", "wasserstein", "wasserstein_normed")
    if not n or not m:
        status = "all_null" if reference.rows and current.rows else "empty"
        for name in names:
            yield f"drift.{name}", {"status": status, **sizes}
        return
    scale = 1 / float(PER_SECOND[reference.unit]) if reference.unit else 1.0
    before, now = reference.powers.moments(), current.powers.moments()
    yield "drift.mean_shift", {**_mean_shift(before, now, scale, alpha), **sizes}
    yield "drift.std_ratio", {**_std_ratio(before, now), **sizes}
    distances = Distances.between(reference, current)
    p_value = float(
        kolmogorov.limit_sf(np.array([n]), np.array([m]), np.array([distances.ks.low]))[0]
    )
    chance: Fields = {"p_value": p_value, "q_value": p_value, "params": "buckets", **sizes}
    alert = p_value <= alpha
    yield "drift.ks", {**distances.ks.fields, "threshold": alpha, "alert": alert, **chance}
    scaled = Interval(*(end * scale for end in distances.wasserstein))
    yield "drift.wasserstein", {**scaled.fields, "params": "buckets", **sizes}
    yield (
        "drift.wasserstein_normed",
        _normed(reference, before, distances.wasserstein, chance, alpha),
    )


def _mean_shift(before: Moments, now: Moments, scale: float, alpha: float) -> Fields:
    shift = float(now.total / now.n - before.total / before.n) * scale
    if before.n < 2 or now.n < 2:
        return {"value": shift, "status": "too_few_rows"}
    if before.variance == 0.0 and now.variance == 0.0:
        p_value = 1.0 if shift == 0.0 else 0.0
        return {"value": shift, "p_value": p_value, "ci_low": shift, "ci_high": shift}
    error = math.sqrt(before.variance / before.n + now.variance / now.n)
    shares = (before.variance / before.n, now.variance / now.n)
    freedom = sum(shares) ** 2 / (shares[0] ** 2 / (before.n - 1) + shares[1] ** 2 / (now.n - 1))
    reach = float(scipy.stats.t.ppf(0.975, freedom)) * error * scale
    t = shift / (error * scale)
    p_value = 2.0 * float(scipy.stats.t.sf(abs(t), freedom))
    return {
        "value": shift, "ci_low": shift - reach, "ci_high": shift + reach, "p_value": p_value,
        "q_value": p_value, "threshold": alpha, "alert": p_value <= alpha,
    }  # fmt: skip


def _std_ratio(before: Moments, now: Moments) -> Fields:
    if before.n < 2 or now.n < 2:
        return {"status": "too_few_rows"}
    if before.std == 0.0:
        return {"status": "constant" if now.std == 0.0 else "degenerate"}
    return {"value": now.std / before.std}


class Distances(NamedTuple):
    """KS and Wasserstein-1 of two columns of buckets, the latter in the column's own unit."""

    ks: Interval
    wasserstein: Interval

    @classmethod
    def between(cls, reference: NumberState, current: NumberState) -> Distances:
        """At borders of buckets both distribution functions are known; between two borders each
        lies between its values there."""
        keys = np.union1d(reference.buckets.keys, current.buckets.keys)
        f, g = (_shares(side.buckets, keys) for side in (reference, current))
        ks = _ks(_with_infinite(reference, f), _with_infinite(current, g))
        lows, highs = lows_and_highs(keys)
        ends = (reference.low, reference.high, current.low, current.high)
        least = min(float(end) for end in ends if end is not None and math.isfinite(end))
        most = max(float(end) for end in ends if end is not None and math.isfinite(end))
        lows, highs = np.clip(lows, least, most), np.clip(highs, least, most)
        return cls(ks, _area(f, g, lows, highs))


def _shares(buckets: Buckets, keys: NDArray[np.int64]) -> Floats:
    """The distribution function before the first key, and after each."""
    counts = np.zeros(len(keys) + 1, np.int64)
    counts[1 + np.searchsorted(keys, buckets.keys)] = buckets.counts
    return np.cumsum(counts) / max(buckets.rows, 1)


def _with_infinite(side: NumberState, shares: Floats) -> Floats:
    """The same among all rows that are not missing: infinite ones are the least and the most."""
    counts = side.counts
    rows = counts["finite"] + counts["neg_inf"] + counts["pos_inf"]
    return (counts["neg_inf"] + shares * counts["finite"]) / rows


def _ks(f: Floats, g: Floats) -> Interval:
    known = float(np.abs(f - g).max())
    return Interval(known, max(known, float(_farthest(f, g).max(initial=0.0))))


def _farthest(f: Floats, g: Floats) -> Floats:
    """In each bucket, the most that |F - G| can be."""
    return np.maximum(np.abs(f[1:] - g[:-1]), np.abs(g[1:] - f[:-1]))


def _area(f: Floats, g: Floats, lows: Floats, highs: Floats) -> Interval:
    """Of |F - G| between gaps, where it is known, and within buckets, where it lies between 0 (or
    how far the two ranges are apart) and `_farthest`."""
    gaps = np.sum(np.abs(f - g)[1:-1] * (lows[1:] - highs[:-1]))
    apart = np.maximum(np.maximum(f[:-1] - g[1:], g[:-1] - f[1:]), 0.0)
    widths = highs - lows
    return Interval(
        float(gaps + np.sum(apart * widths)), float(gaps + np.sum(_farthest(f, g) * widths))
    )


def _normed(
    reference: NumberState, before: Moments, distance: Interval, chance: Fields, alpha: float
) -> Fields:
    """Over the robust scale of `drift.wasserstein_normed`, which lies within an interval, too."""
    assert reference.low is not None
    assert reference.high is not None
    if not before.std > 0.0:
        return {"status": "too_few_rows" if before.n < 2 else "constant", **chance}
    threshold = method("wasserstein_normed").threshold
    assert threshold is not None
    ends = float(reference.low), float(reference.high)
    (a, b), (c, d), (e, f) = (reference.buckets.quantile(q, *ends) for q in (0.25, 0.5, 0.75))
    if b < c and d < e:
        scales = (min(before.std, end / QUARTILES_IN_STD) for end in (f - a, e - b))
        found = Interval(*(w / scale for w, scale in zip(distance, scales, strict=True)))
        fields, sure = found.fields, found.low
    else:  # quartiles may be tied: then the scale is the standard deviation
        sure = distance.low / before.std
        fields = {"value": (distance.low + distance.high) / 2 / before.std}
    alert = sure > threshold and chance["p_value"] <= alpha
    return {**fields, "threshold": threshold, "alert": alert, **chance}
