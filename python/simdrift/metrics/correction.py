"""Corrections for many tests at once: adjusted p-values (q-values).

A family is one window: the distribution tests of all its columns and segments; the tests of
missing shares are a family of their own. The functions take (families, tests) p-values, infinite
where there is none, and the number of tests of each family as a column.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simdrift._types import Floats


def _step_up(p: Floats, factors: Floats) -> Floats:
    """min over j >= i of factor_j p_(j), in the order given."""
    order = np.argsort(p, axis=1, kind="stable")
    ordered = np.take_along_axis(p, order, axis=1) * factors
    raised = np.minimum.accumulate(ordered[:, ::-1], axis=1)[:, ::-1]
    return _unsorted(raised, order)


def _unsorted(values: Floats, order: NDArray[np.intp]) -> Floats:
    result = np.empty_like(values)
    np.put_along_axis(result, order, values, axis=1)
    return result


def _ranks(p: Floats) -> Floats:
    return np.arange(1.0, p.shape[1] + 1.0)


def bh(p: Floats, tests: Floats) -> Floats:
    """Benjamini and Hochberg 1995: false discovery rate, independent or positively dependent."""
    return _step_up(p, tests / _ranks(p))


def by(p: Floats, tests: Floats) -> Floats:
    """Benjamini and Yekutieli 2001: false discovery rate under any dependence."""
    sizes, place = np.unique(tests, return_inverse=True)
    inverse = 1.0 / _ranks(p)
    sums = np.array([np.sum(inverse[: int(size)]) for size in sizes])
    return _step_up(p, tests / _ranks(p) * sums[place].reshape(tests.shape))


def holm(p: Floats, tests: Floats) -> Floats:
    """Holm 1979: family-wise error rate, any dependence."""
    order = np.argsort(p, axis=1, kind="stable")
    factors = np.maximum(tests + 1.0 - _ranks(p), 1.0)  # absent ones come last
    raised = np.take_along_axis(p, order, axis=1) * factors
    return _unsorted(np.maximum.accumulate(raised, axis=1), order)


def bonferroni(p: Floats, tests: Floats) -> Floats:
    """Family-wise error rate: p times the number of tests."""
    return p * tests


def none(p: Floats, tests: Floats) -> Floats:
    """The p-values themselves."""
    return p


CORRECTIONS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "bh": bh,
    "by": by,
    "holm": holm,
    "bonferroni": bonferroni,
    "none": none,
}


def checked_correction(name: str) -> str:
    """The name, where it is one of CORRECTIONS; else ValueError."""
    if name not in CORRECTIONS:
        known = ", ".join(sorted(CORRECTIONS))
        raise ValueError(f"correction: expected one of {known}, found {name!r}")
    return name


def correct(p_values: ArrayLike | Sequence[float | None], correction: str = "bh") -> Floats:
    """q-values of one family of p-values, in order; of (families, tests) each family's. NaN (or
    None) stays and counts for nothing.

    >>> correct([0.01, 0.04, 0.03, None]).tolist()
    [0.03, 0.04, 0.04, nan]
    """
    function = CORRECTIONS[checked_correction(correction)]
    given = np.array(p_values, dtype=float)
    p = given if given.ndim == 2 else given[np.newaxis, :]
    if not p.shape[1]:
        return given
    absent = np.isnan(p)
    tests = np.maximum(1.0, np.count_nonzero(~absent, axis=1))[:, np.newaxis]
    q = np.minimum(function(np.where(absent, np.inf, p), tests), 1.0)
    return np.where(absent, np.nan, q).reshape(given.shape)
