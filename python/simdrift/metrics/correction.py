"""Corrections for many tests at once: adjusted p-values (q-values).

A family is one window: the distribution tests of all its columns and segments; the tests of
missing shares are a family of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from simdrift._types import Floats


def _step_up(p: Floats, factors: Floats) -> Floats:
    """min over j >= i of factor_j p_(j), capped at 1, in the order given."""
    order = np.argsort(p, kind="stable")
    raised = np.minimum.accumulate((p[order] * factors)[::-1])[::-1]
    result = np.empty_like(p)
    result[order] = np.minimum(raised, 1.0)
    return result


def bh(p: Floats) -> Floats:
    """Benjamini and Hochberg 1995: false discovery rate, independent or positively dependent."""
    return _step_up(p, len(p) / np.arange(1.0, len(p) + 1.0))


def by(p: Floats) -> Floats:
    """Benjamini and Yekutieli 2001: false discovery rate under any dependence."""
    ranks = np.arange(1.0, len(p) + 1.0)
    return _step_up(p, len(p) / ranks * float(np.sum(1.0 / ranks)))


def holm(p: Floats) -> Floats:
    """Holm 1979: family-wise error rate, any dependence."""
    order = np.argsort(p, kind="stable")
    factors = np.arange(len(p), 0.0, -1.0)
    result = np.empty_like(p)
    result[order] = np.minimum(np.maximum.accumulate(p[order] * factors), 1.0)
    return result


def bonferroni(p: Floats) -> Floats:
    """Family-wise error rate: p times the number of tests."""
    return np.minimum(p * len(p), 1.0)


def none(p: Floats) -> Floats:
    """The p-values themselves."""
    return p.copy()


CORRECTIONS: dict[str, Callable[[Floats], Floats]] = {
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
    """q-values of one family of p-values, in order; NaN (or None) stays and counts for nothing.

    >>> correct([0.01, 0.04, 0.03, None]).tolist()
    [0.03, 0.04, 0.04, nan]
    """
    function = CORRECTIONS[checked_correction(correction)]
    p = np.array(p_values, dtype=float)
    present = ~np.isnan(p)
    p[present] = function(p[present])
    return p
