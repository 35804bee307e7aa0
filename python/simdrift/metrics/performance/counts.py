"""What scores of labels read of confusion tables, and how certain it is.

Shares (accuracy, precision, recall, specificity) have Wilson's interval (Wilson 1927), with Kish's
effective number of rows where rows have weights. Everything else is drawn: the shares of the cells
of a table are a Dirichlet variable with the counts and Perks' prior, one row spread evenly over
all cells (Perks 1947), and the interval of a score is between the 2.5 % and 97.5 % quantiles of
its values on these draws, widened to the score itself. A resampling of the counts, which is the
same without the one row, covers the true F1 of an almost perfect model with 30 rows in 44 of 100
samples instead of 95: a cell without rows is never drawn. With the prior it is 94 or more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.metrics.nulls.special import NORMAL_975

QUANTILES = (0.025, 0.975)
DRAWS = 200
"""Tables that are drawn of each."""
MANY_ROWS = 25
"""Rows of every cell from which on a cell is drawn as the cube of a normal variable: its quantiles
are then within 0.001 of a standard deviation, where 200 draws miss them by 0.1."""
MOST_DRAWN_LABELS = 10
"""Above that many labels a table is not drawn from, as it would cost more than its rows."""
KEPT = 1 << 23
"""Numbers that are kept of all draws; more are drawn again for each score."""

Formula = Callable[["Counts", slice], Floats]
"""A score of counts of some groups, the slice: (...,) of (..., K)."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Sums of confusion tables (..., K, K), which have a row a label of the target and a column a
    label of the prediction. By label, (..., K): rows that are right, of the label but predicted
    to have another (`missed`), and predicted to have it but of another (`wrong`). And, (...,), the
    sums of |i - j| and (i - j)^2 over all rows, i and j their labels' places."""

    hits: Floats
    missed: Floats
    wrong: Floats
    linear: Floats | None = None
    quadratic: Floats | None = None

    @classmethod
    def of(cls, tables: NDArray[Any], *, apart: bool) -> Self:
        """Of tables (..., K, K); `apart`: with the distances of labels."""
        tables = np.ascontiguousarray(tables, float)
        size = tables.shape[-1]
        places = np.arange(size, dtype=float)
        distances = np.abs(places[:, np.newaxis] - places)
        off = np.where(distances > 0.0, tables, 0.0)  # 1e18 on the diagonal hides no 1 off it
        counts = (
            np.ascontiguousarray(np.diagonal(tables, axis1=-2, axis2=-1)),
            sum_of_labels(off),
            sum_of_labels(np.swapaxes(off, -1, -2)),
        )
        if not apart:
            return cls(*counts)
        flat, steps = off.reshape(*off.shape[:-2], size * size), distances.ravel()
        sums = ((flat * step).sum(axis=-1) for step in (steps, steps**2))
        return cls(*counts, *sums)

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        """Parts of the first axis as one."""
        if len(parts) == 1:
            return parts[0]
        columns: Any = zip(*(part.fields for part in parts), strict=True)
        joined: Any = (None if one[0] is None else np.concatenate(one) for one in columns)
        return cls(*joined)

    @property
    def fields(self) -> tuple[Any, ...]:
        """Its arrays."""
        return self.hits, self.missed, self.wrong, self.linear, self.quadratic

    @property
    def targets(self) -> Floats:
        """(..., K) rows of the label."""
        return self.hits + self.missed

    @property
    def predicted(self) -> Floats:
        """(..., K) rows that are predicted to have the label."""
        return self.hits + self.wrong

    @property
    def right(self) -> Floats:
        """(...,) rows whose label is right."""
        return sum_of_labels(self.hits)

    @property
    def total(self) -> Floats:
        """(...,) all rows."""
        return self.right + sum_of_labels(self.missed)

    @property
    def others(self) -> Floats:
        """(..., K) rows that neither have the label nor are predicted to."""
        if self.hits.shape[-1] == 2:
            return self.hits[..., ::-1]
        return self.total[..., np.newaxis] - (self.targets + self.wrong)


SHORT = 16
"""Labels up to which adding one after another is faster than NumPy's reduction of a short axis."""


def sum_of_labels(counts: NDArray[Any]) -> Floats:
    """The sum over the last axis, in an order that other axes have nothing to do with."""
    size = counts.shape[-1]
    if not 0 < size <= SHORT:
        return np.asarray(np.ascontiguousarray(counts).sum(axis=-1))
    total = counts[..., 0]
    for place in range(1, size):
        total = total + counts[..., place]
    return np.array(total, float)


def ratio(part: Floats, whole: Floats) -> Floats:
    """part / whole, NaN of nothing."""
    out = np.full(np.shape(whole), np.nan)
    np.divide(part, whole, out=out, where=whole > 0.0)
    return out


def effective(total: Floats, squares: Floats | None) -> Floats:
    """Kish's effective rows of sums of weights and of their squares; None: rows count alike."""
    return total if squares is None else np.nan_to_num(ratio(np.square(total), squares))


def wilson(share: Floats, rows: Floats) -> tuple[Floats, Floats]:
    """Ends of Wilson's interval of a share of so many rows; NaN of none.

    >>> low, high = wilson(np.array([0.5]), np.array([10.0]))
    >>> float(low[0].round(4)), float(high[0].round(4))
    (0.2366, 0.7634)
    """
    with np.errstate(all="ignore"):
        squared = NORMAL_975 * NORMAL_975 / rows
        middle = (share + squared / 2.0) / (1.0 + squared)
        half = (
            NORMAL_975
            * np.sqrt(share * (1.0 - share) / rows + squared / (4.0 * rows))
            / (1.0 + squared)
        )
    low, high = np.minimum(middle - half, share), np.maximum(middle + half, share)
    return np.maximum(low, 0.0), np.minimum(high, 1.0)


def _gammas(shapes: Floats) -> Floats:
    """(g, DRAWS, cells) gamma variables of large shapes (g, cells), from the same normal ones for
    each group: the cube root of one is about normal (Wilson and Hilferty 1931)."""
    normal = np.random.default_rng(0).standard_normal((DRAWS, shapes.shape[1]))
    own = shapes[:, np.newaxis, :]
    root = normal / (3.0 * np.sqrt(own)) + (1.0 - 1.0 / (9.0 * own))
    root = np.maximum(root, 0.0)  # six standard deviations below the mean
    return np.asarray(root * root * root * own)


class Draws:
    """Tables drawn around those of all groups (see the head of this file), seed 0 for each: a
    group has the draws that it would have alone."""

    def __init__(
        self, tables: Callable[[], Iterator[Floats]], size: int, *, apart: bool = False
    ) -> None:
        self.tables, self.size, self.apart = tables, size, apart
        self._kept: list[Counts] | None = None

    def each(self) -> Iterator[Counts]:
        """The sums of the draws, (groups, draws, K), of some groups after others."""
        if self._kept is not None:
            yield from self._kept
            return
        kept, numbers = [], 0
        for part in self.tables():
            for first in range(0, len(part), self._step):
                counts = self._of(part[first : first + self._step])
                numbers += 3 * counts.hits.size
                if numbers <= KEPT:
                    kept.append(counts)
                yield counts
        if numbers <= KEPT:
            self._kept = kept

    @property
    def _step(self) -> int:
        """Groups that are drawn together."""
        return max(1, KEPT // (DRAWS * self.size * self.size))

    def _of(self, tables: Floats) -> Counts:
        cells = self.size * self.size
        shapes = tables.reshape(len(tables), cells) + 1.0 / cells
        many = shapes.min(axis=1, initial=np.inf) >= MANY_ROWS
        drawn = np.empty((len(tables), DRAWS, cells))
        if many.any():
            drawn[many] = _gammas(shapes[many])
        random = np.random.default_rng(0)
        start = random.bit_generator.state
        for place in np.flatnonzero(~many):
            random.bit_generator.state = start
            drawn[place] = random.standard_gamma(shapes[place], (DRAWS, cells))
        shape = len(tables), DRAWS, self.size, self.size
        return Counts.of(drawn.reshape(shape), apart=self.apart)

    def spread(self, formula: Formula, value: Floats) -> tuple[Floats, Floats, Floats]:
        """Of a formula with these values, (G,) or (G, K): the ends of their intervals, and standard
        errors."""
        lows, highs, errors, first = [], [], [], 0
        for counts in self.each():
            groups = slice(first, first + len(counts.hits))
            own, first = value[groups], groups.stop
            with np.errstate(all="ignore"):
                drawn = formula(counts, groups)
            drawn = np.where(np.isnan(drawn), own[:, np.newaxis], drawn)
            low, high = np.quantile(drawn, QUANTILES, axis=1)
            lows.append(np.minimum(low, own))
            highs.append(np.maximum(high, own))
            errors.append(drawn.std(axis=1, ddof=1))
        joined = (np.concatenate(part) if part else np.empty(0) for part in (lows, highs, errors))
        low, high, error = joined
        return low, high, error
