"""convention="evidently": the scores and flags of Evidently 0.7.23 for the 17 methods that it
shares with simdrift, and its choice of a method.

A row's `value` is Evidently's drift score (the p-value of a test), `threshold` and `alert` are by
its rules: each test its own threshold and comparison, no correction over columns. Rows that are
missing or infinite are left out before anything is computed, as it does. What it raises on is a
status here. Its definitions were read in its source, `evidently.legacy.calculations.stattests`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._types import Floats
from simdrift.metrics.auto import Call
from simdrift.metrics.columns import (
    CATEGORICAL,
    NUMERIC,
    ColumnState,
    CurrentColumn,
    ReferenceColumn,
)
from simdrift.metrics.values import (
    ALL_NULL,
    CONSTANT,
    DEGENERATE,
    NOT_APPLICABLE,
    TYPE_CHANGED,
    Outcome,
)

NAME: Final = "evidently"
PARAMS: Final = "convention=evidently"
SMALL_ROWS: Final = 1000
FEW_VALUES: Final = 5  # a numeric column of so few distinct values is compared as categories
MOST_KEYS: Final = 20  # up to so many distinct reference values are cells of their own
FLOOR: Final = 0.001  # of the standard deviation that a distance is divided by
EMPTY_CELL, SMALL_CELL, TINY = 1e-4, 1e-4, 1e-6
PERMUTATIONS: Final = 1000


class NoScore(Exception):
    """Evidently raises on such data; the status and what it says."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Sides:
    """A column's rows on both sides, without what is missing or infinite."""

    kind: str
    reference: ReferenceColumn
    current: CurrentColumn

    @cached_property
    def x(self) -> Floats:
        """Reference values in ascending order."""
        return _finite(self.reference)

    @cached_property
    def y(self) -> Floats:
        """Current values in ascending order."""
        return _finite(self.current)

    @cached_property
    def keys(self) -> tuple[tuple[Any, ...], Floats, Floats]:
        """Every distinct value in order, with its counts on both sides."""
        if self.kind == NUMERIC:
            keys = np.union1d(self.x, self.y)
            return tuple(keys), _counts(self.x, keys), _counts(self.y, keys)
        left, right = (
            dict(zip(side.categories.labels, side.categories.counts, strict=False))
            for side in (self.reference, self.current)
        )
        labels = [
            label for label in dict.fromkeys([*left, *right])
            if left.get(label, 0) or right.get(label, 0)
        ]  # fmt: skip
        numbers = self.reference.value_kind in ("integer", "float")
        labels.sort(key=float if numbers else str)
        p, q = (np.array([side.get(k, 0) for k in labels], float) for side in (left, right))
        return tuple(labels), p, q

    @cached_property
    def rows(self) -> tuple[int, int]:
        """How many rows take part."""
        if self.kind == NUMERIC:
            return int(self.reference.profile["finite"]), int(self.current.profile["finite"])
        _, p, q = self.keys
        return int(p.sum()), int(q.sum())

    @property
    def few(self) -> bool:
        """Whether the values are compared as categories where nobody names a method."""
        if self.kind == CATEGORICAL:
            return True
        column = self.reference.column
        some = column.slice(0, min(len(column), SMALL_ROWS)).to_float64()
        if len(np.unique(some[np.isfinite(some)])) > FEW_VALUES:
            return False
        return len(self.keys[0]) <= FEW_VALUES

    @property
    def integers(self) -> bool:
        """Whether both sides are whole numbers without a missing row: NumPy bins them so."""
        return all(
            side.value_kind == "integer" and not side.missing
            for side in (self.reference, self.current)
        )

    def binned(self) -> tuple[Floats, Floats]:
        """Shares over cells: Sturges' on both sides together, or a cell a value."""
        n, m = self.rows
        if self.kind == NUMERIC and len(np.unique(self.x)) > MOST_KEYS:
            edges = self._edges(np.concatenate([self.x, self.y]))
            return _histogram(self.x, edges) / n, _histogram(self.y, edges) / m
        _, p, q = self.keys
        return p / n, q / m

    def _edges(self, values: Floats) -> Floats:
        exact: NDArray[Any] = values.astype(np.int64) if self.integers else values
        return np.asarray(np.histogram_bin_edges(exact, bins="sturges"), float)


def _finite(side: ColumnState) -> Floats:
    if isinstance(side, ReferenceColumn) and side.prepared is not None:
        known: Floats = np.asarray(side.prepared.values, float)
        kept: Floats = known[np.isfinite(known)]
        return kept
    values = side.column.to_float64()
    return _core.sort(values[np.isfinite(values)])


def _counts(values: Floats, keys: Floats) -> Floats:
    """How often each key is among sorted values."""
    ends = np.searchsorted(values, keys, "right") - np.searchsorted(values, keys, "left")
    return np.asarray(ends, float)


def _histogram(values: Floats, edges: Floats) -> Floats:
    """np.histogram of sorted values: the last cell has both its ends."""
    places = np.searchsorted(values, edges, "left")
    places[-1] = np.searchsorted(values, edges[-1], "right")
    return np.asarray(np.diff(places), float)


def _filled(shares: Floats) -> Floats:
    """Empty cells filled: 1e-4, or a millionth of the smallest share where that is small."""
    smallest = shares[shares != 0].min()
    return np.where(shares == 0, smallest * TINY if smallest <= SMALL_CELL else EMPTY_CELL, shares)


# -- scores


def _ks(s: Sides) -> float:
    import scipy.stats

    return float(scipy.stats.ks_2samp(s.x, s.y).pvalue)


def _wasserstein(s: Sides) -> float:
    found = _core.two_sample(
        s.reference.sample, s.current.column, ks=False, threads=s.current.threads
    )
    n = s.rows[0]
    std = math.sqrt(s.reference.profile["variance"] * (n - 1) / n) if n > 1 else 0.0
    return float(found["wasserstein"]) / max(std, FLOOR)


def _jensen_shannon(s: Sides) -> float:
    from scipy.spatial import distance

    return float(distance.jensenshannon(*s.binned()))


def _psi(s: Sides) -> float:
    p, q = (_filled(shares) for shares in s.binned())
    return float(np.sum((p - q) * np.log(p / q)))


def _kl(s: Sides) -> float:
    import scipy.stats

    p, q = (_filled(shares) for shares in s.binned())
    return float(scipy.stats.entropy(p, q))


def _hellinger(s: Sides) -> float:
    n, m = s.rows
    if s.kind == CATEGORICAL:
        _, p, q = s.keys
        overlap = float(np.sum(np.sqrt(p / n * (q / m))))
    else:
        keys = np.union1d(s.x, s.y)
        edges = s._edges(keys)
        p, q = _histogram(s.x, edges), _histogram(s.y, edges)
        overlap = float(np.sum(np.sqrt(p / p.sum() * (q / q.sum()))))
    return math.sqrt(1.0 - min(max(overlap, 0.0), 1.0))


def _chi_square(s: Sides) -> float:
    import scipy.stats

    _, p, q = s.keys
    n, m = s.rows
    return float(scipy.stats.chisquare(q, p * (m / n)).pvalue)


def _z_test(s: Sides) -> float:
    import scipy.stats

    keys, p, q = s.keys
    if len(keys) == 1:
        return 1.0
    n, m = s.rows
    first, second = (n - p[0]) / n, (m - q[0]) / m
    pooled = (first * n + second * m) / (n + m)
    z = (first - second) / math.sqrt(pooled * (1 - pooled) * (1.0 / n + 1.0 / m))
    return float(2 * (1 - scipy.stats.norm.cdf(abs(z))))


def _g_test(s: Sides) -> float:
    import scipy.stats

    _, p, q = s.keys
    n, m = s.rows
    if n != m:
        raise NoScore(NOT_APPLICABLE, f"Evidently's g_test needs sides of one length: {n}, {m}")
    return float(scipy.stats.power_divergence(q, p, lambda_="log-likelihood").pvalue)


def _fisher_exact(s: Sides) -> float:
    import scipy.stats

    keys, p, q = s.keys
    n, m = s.rows
    if n != m:
        raise NoScore(NOT_APPLICABLE, f"Evidently's Fisher test needs one length: {n}, {m}")
    if len(keys) > 2:
        raise NoScore(NOT_APPLICABLE, "Evidently's Fisher test needs two categories")
    rest = (p[1], q[1]) if len(keys) == 2 else (0.0, 0.0)
    table = np.array([[rest[1], q[0]], [rest[0], p[0]]])
    return float(scipy.stats.fisher_exact(table).pvalue)


def _total_variation(s: Sides) -> float:
    """The share of 1,000 seeded exchanges of rows whose distance is no smaller. Its draws are of
    the rows in their order; where a reference has let go of them, of its categories in order."""
    _, p, q = s.keys
    n, m = s.rows
    codes = _codes(s)
    total = p + q
    observed = 0.5 * np.abs(p / n - q / m).sum()
    random = np.random.RandomState(0)
    reached = 0
    for _ in range(PERMUTATIONS):
        drawn = np.bincount(codes[random.permutation(n + m)[:n]], minlength=len(p))
        reached += observed <= 0.5 * np.abs(drawn / n - (total - drawn) / m).sum()
    return reached / PERMUTATIONS


def _codes(s: Sides) -> NDArray[np.int64]:
    labels, p, q = s.keys
    try:
        sides = [
            _core.Categories(list(labels)).encode(side.column) for side in (s.reference, s.current)
        ]
    except (ValueError, TypeError):
        sides = [np.repeat(np.arange(len(labels)), counts.astype(int)) for counts in (p, q)]
    codes = np.concatenate(sides).astype(np.int64)
    return codes[codes >= 0]


def _anderson_darling(s: Sides) -> float:
    import scipy.stats

    return float(scipy.stats.anderson_ksamp([s.x, s.y]).pvalue)


def _cramer_von_mises(s: Sides) -> float:
    import scipy.stats

    return float(scipy.stats.cramervonmises_2samp(s.x, s.y).pvalue)


def _mann_whitney(s: Sides) -> float:
    import scipy.stats

    return float(scipy.stats.mannwhitneyu(s.x, s.y, alternative="less").pvalue)


def _t_test(s: Sides) -> float:
    import scipy.stats

    return float(scipy.stats.ttest_ind(s.x, s.y).pvalue)


def _energy(s: Sides) -> float:
    import scipy.stats

    return float(scipy.stats.energy_distance(s.x, s.y))


def _epps_singleton(s: Sides) -> float:
    import scipy.stats

    if scipy.stats.iqr(np.concatenate([s.x, s.y])) == 0:
        raise NoScore(CONSTANT, "the interquartile range of both sides together is zero")
    return float(scipy.stats.epps_singleton_2samp(s.x, s.y).pvalue)


# -- the table


class Counterpart(NamedTuple):
    """Evidently's name, score, default threshold, comparison, kinds of columns."""

    name: str
    score: Callable[[Sides], float]
    threshold: float
    drifts: Callable[[float, float], bool]
    kinds: tuple[str, ...]
    is_test: bool


def _below(score: float, threshold: float) -> bool:
    return score < threshold


def _at_most(score: float, threshold: float) -> bool:
    return score <= threshold


def _above(score: float, threshold: float) -> bool:
    return score > threshold


def _at_least(score: float, threshold: float) -> bool:
    return score >= threshold


_N, _C, _ANY = (NUMERIC,), (CATEGORICAL,), (NUMERIC, CATEGORICAL)
COUNTERPARTS: Final = {
    "ks": Counterpart("ks", _ks, 0.05, _at_most, _N, True),
    "wasserstein_normed": Counterpart("wasserstein", _wasserstein, 0.1, _at_least, _N, False),
    "psi": Counterpart("psi", _psi, 0.1, _at_least, _ANY, False),
    "jensen_shannon": Counterpart("jensenshannon", _jensen_shannon, 0.1, _at_least, _ANY, False),
    "kl": Counterpart("kl_div", _kl, 0.1, _at_least, _ANY, False),
    "hellinger": Counterpart("hellinger", _hellinger, 0.1, _at_least, _ANY, False),
    "chi_square": Counterpart("chisquare", _chi_square, 0.05, _below, _ANY, True),
    "z_test": Counterpart("z", _z_test, 0.05, _below, _ANY, True),
    "g_test": Counterpart("g_test", _g_test, 0.1, _below, _C, True),
    "fisher_exact": Counterpart("fisher_exact", _fisher_exact, 0.1, _below, _C, True),
    "total_variation": Counterpart("TVD", _total_variation, 0.1, _below, _C, True),
    "anderson_darling": Counterpart("anderson", _anderson_darling, 0.1, _below, _N, True),
    "cramer_von_mises": Counterpart("cramer_von_mises", _cramer_von_mises, 0.1, _at_most, _N, True),
    "mann_whitney": Counterpart("mannw", _mann_whitney, 0.05, _below, _N, True),
    "t_test": Counterpart("t_test", _t_test, 0.05, _below, _N, True),
    "energy": Counterpart("ed", _energy, 0.1, _above, _N, False),
    "epps_singleton": Counterpart("es", _epps_singleton, 0.05, _below, _N, True),
}
"""The 17 methods, by simdrift's names."""


def chosen(sides: Sides) -> str:
    """The method that Evidently takes where none is named."""
    n, _ = sides.rows
    if n > SMALL_ROWS:
        return "jensen_shannon" if sides.few else "wasserstein_normed"
    if sides.few:
        return "chi_square" if len(sides.keys[0]) > 2 else "z_test"
    return "ks"


def checked(calls: Sequence[Call]) -> None:
    """ValueError for a method that Evidently has no counterpart of, or parameters."""
    for name, params in calls:
        if name not in COUNTERPARTS:
            raise ValueError(
                f"convention {NAME!r}: expected methods among {', '.join(COUNTERPARTS)}; "
                f"found {name!r}"
            )
        if params:
            raise ValueError(
                f"convention {NAME!r}: expected methods without parameters, found {name!r} with "
                f"{', '.join(params)}"
            )


class Judged(NamedTuple):
    """One method's score by the convention, its threshold and its flag."""

    method: str
    outcome: Outcome
    threshold: float
    alert: bool | None


def judge(
    reference: ReferenceColumn,
    current: CurrentColumn,
    names: Sequence[str] | None,
    threshold_of: Callable[[str, float], float],
) -> list[Judged]:
    """The methods (None: the one Evidently takes) of one column; `threshold_of(method, default)`
    is the user's threshold or the default."""
    if reference.kind not in (NUMERIC, CATEGORICAL):
        return []
    sides = Sides(reference.kind, reference, current)
    refused = _unusable(sides)
    if names is None:
        default = "ks" if reference.kind == NUMERIC else "chi_square"
        names = [default if refused else chosen(sides)]
    applicable = [name for name in names if reference.kind in COUNTERPARTS[name].kinds]
    return [_judged(name, sides, refused, threshold_of) for name in applicable]


def _unusable(sides: Sides) -> NoScore | None:
    if sides.current.kind != sides.kind or sides.current.refused is not None:
        return NoScore(TYPE_CHANGED, f"{sides.kind} in the reference, {sides.current.type} now")
    if any(
        sides.kind == CATEGORICAL and side.categories.overflow
        for side in (sides.reference, sides.current)
    ):
        return NoScore(NOT_APPLICABLE, "too many categories")
    if not all(sides.rows):
        return NoScore(ALL_NULL, "no finite row on one side: Evidently raises")
    return None


def _judged(
    name: str,
    sides: Sides,
    refused: NoScore | None,
    threshold_of: Callable[[str, float], float],
) -> Judged:
    peer = COUNTERPARTS[name]
    threshold = threshold_of(name, peer.threshold)
    if refused is None:
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # SciPy's, of data such as these
                score = peer.score(sides)
            if math.isfinite(score):
                n, m = sides.rows
                outcome = Outcome(
                    score, p_value=score if peer.is_test else None, n_reference=n, n_current=m
                )
                return Judged(name, outcome, threshold, peer.drifts(score, threshold))
            refused = NoScore(DEGENERATE, f"Evidently's score is {score}")
        except NoScore as error:
            refused = error
        except (ValueError, ZeroDivisionError) as error:  # SciPy: too few rows, one value
            refused = NoScore(DEGENERATE, str(error))
    outcome = Outcome(
        None,
        refused.status,
        n_reference=sides.reference.rows,
        n_current=sides.current.rows,
        reason=str(refused),
    )
    return Judged(name, outcome, threshold, None)
