"""Formulas of one group or of many: the same text on Python's number and on an array.

A call on two samples has one group, and NumPy takes twenty times as long for an operation on an
array of one entry as Python for one on a number. `number_or_array` reads an array of one entry as
its number, `as_array` makes the array again; the bits are those of the array's operations.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.metrics.outcomes import elementwise

Numbers = Any
"""A Python number, or an array with one entry a group."""


def number_or_array(array: NDArray[Any]) -> Numbers:
    """The number of an array of one entry; a longer array as it is.

    >>> number_or_array(np.array([2.0])), number_or_array(np.array([2, 3]))
    (2.0, array([2, 3]))
    """
    return array.item() if len(array) == 1 else array


def as_array(numbers: Numbers) -> NDArray[Any]:
    """A number as an array of one entry; an array as it is.

    >>> as_array(2.0)
    array([2.])
    """
    return numbers if isinstance(numbers, np.ndarray) else np.array([numbers])


def as_floats(numbers: Numbers) -> Floats:
    """The numbers of `as_array` as float64."""
    if isinstance(numbers, np.ndarray):
        return numbers.astype(float)
    return np.array([numbers], float)


def each(function: Callable[..., float], *numbers: Numbers) -> Numbers:
    """A function of numbers, of each group's where one of them is an array."""
    if any(isinstance(own, np.ndarray) for own in numbers):
        return elementwise(function, *numbers)
    return function(*numbers)


def where(holds: Numbers, then: Numbers, otherwise: Numbers) -> Numbers:
    """`numpy.where`; of one group one of the two."""
    if isinstance(holds, np.ndarray):
        return np.where(holds, then, otherwise)
    return then if holds else otherwise


def quotient(x: Numbers, y: Numbers, otherwise: float) -> Numbers:
    """x / y where y is above 0."""
    if isinstance(y, np.ndarray):
        out = np.full(len(y), otherwise)
        return np.divide(x, y, out=out, where=y > 0)
    return x / y if y > 0 else otherwise


def root(x: Numbers) -> Numbers:
    """The square root, NaN of what is below 0."""
    if isinstance(x, np.ndarray):
        return np.sqrt(x)
    return math.nan if x < 0.0 else math.sqrt(x)


def at_least(bound: float, x: Numbers) -> Numbers:
    """The larger one; NaN stays NaN."""
    if isinstance(x, np.ndarray):
        return np.maximum(bound, x)
    return bound if x <= bound else x


def at_most(bound: float, x: Numbers) -> Numbers:
    """The smaller one; NaN stays NaN."""
    if isinstance(x, np.ndarray):
        return np.minimum(bound, x)
    return bound if x >= bound else x
