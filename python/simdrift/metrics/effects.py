"""Effect sizes of counts and of shares that do not grow with the rows, over groups.

Cohen (1988, chapters 6 and 7) calls 0.1 small for h and w alike, 0.3 medium, 0.5 large.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simdrift._types import Floats

CURRENT_PART = 0.05
"""The current sample's part in the share that a change is divided by: with less, a new category
of a few rows would be a large change, with more, a rare one that grows tenfold a small one."""


def cohens_h(p: ArrayLike, q: ArrayLike) -> Floats:
    """2 asin(sqrt(q)) - 2 asin(sqrt(p)) of shares p of the reference and q of the current
    sample, in [-pi, pi]: above 0 where the share grew. Either may have one entry a group.

    A share that goes from 0.02 % to 0.2 % has 0.06, from 0 to 2 % 0.28, from 1 % to 5 % 0.25.

    >>> cohens_h(0.5, [0.5, 0.6]).round(4)
    array([0.    , 0.2014])
    """
    before, now = (np.sqrt(np.clip(np.asarray(side, float), 0.0, 1.0)) for side in (p, q))
    return np.asarray(2.0 * (np.arcsin(now) - np.arcsin(before)))


def cohens_w(reference_counts: NDArray[Any], current_counts: NDArray[Any]) -> Floats:
    """w of each group: sqrt(sum (q_i - p_i)^2 / e_i) over the categories, of the shares p_i of
    the reference and q_i of the current sample, with e_i = 0.95 p_i + 0.05 q_i.

    Cohen divides by p_i, the share without drift. The twentieth of q_i keeps a category that the
    reference lacks finite: w of a new one of 2 % is 0.63, of 0.1 % 0.14; of a flag that goes from
    0.02 % to 0.2 % 0.11; of one of two that goes from 50 % to 60 % 0.20, as Cohen's. It lies
    within [0, 4.59]: 0 for equal shares, most where the samples share no category. It does not
    grow with the rows, but chance adds about sqrt(categories (1/n + 1/m)) to it.

    Counts are (categories,) of one group or (groups, categories), effective ones where rows have
    weights; one side of (categories,) belongs to every group of the other. Categories without rows
    count nothing; of a side without rows w is NaN.

    >>> cohens_w(np.array([50, 50, 0]), np.array([[50, 50, 0], [49, 49, 2]])).round(3)
    array([0.   , 0.633])
    """
    c, d = (np.atleast_2d(np.asarray(side, float)) for side in (reference_counts, current_counts))
    with np.errstate(invalid="ignore", divide="ignore"):
        p, q = (side / np.add.reduce(side, axis=1, keepdims=True) for side in (c, d))
    expected = (1.0 - CURRENT_PART) * p + CURRENT_PART * q
    terms = np.divide((q - p) ** 2, expected, out=np.zeros(expected.shape), where=expected != 0.0)
    return np.asarray(np.sqrt(np.add.reduce(terms, axis=1)))
