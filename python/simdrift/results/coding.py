"""Columns of texts as dictionaries and codes, and what is computed from codes alone."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.int64]

_LARGEST: Final = 2**31  # combinations; times as many codes they still are an int64
_DENSE: Final = 8  # combinations a row, up to which a table of them is faster than sorting

_Value = TypeVar("_Value", bound=Hashable)


def coded(values: Sequence[_Value]) -> tuple[tuple[_Value, ...], Codes]:
    """The distinct values in the order of their first use, and each value's place among them.

    >>> coded(["b", "a", "b"])
    (('b', 'a'), array([0, 1, 0], dtype=int32))
    """
    distinct = dict.fromkeys(values)
    if len(distinct) <= 1:
        return tuple(distinct), np.zeros(len(values), dtype=np.int32)
    code = {value: number for number, value in enumerate(distinct)}
    return tuple(distinct), np.fromiter(map(code.__getitem__, values), np.int32, len(values))


def looked_up(dictionary: Sequence[Any], codes: npt.NDArray[np.integer[Any]]) -> list[Any]:
    """The values of the codes."""
    values = np.empty(len(dictionary), dtype=object)
    values[:] = dictionary
    found: list[Any] = values[codes].tolist()
    return found


def used(codes: Codes, size: int) -> list[int]:
    """The codes, of `size` possible ones, that are there at all, in their order."""
    found: list[int] = np.flatnonzero(np.bincount(codes, minlength=size)).tolist()
    return found


def renumbered(dictionary: Iterable[_Value], numbers: dict[_Value, int]) -> Codes:
    """For each code of a dictionary its number among `numbers`; new values get the next ones."""
    return np.array([numbers.setdefault(v, len(numbers)) for v in dictionary], dtype=np.int32)


def combined(*columns: tuple[Codes, int]) -> tuple[Numbers, int]:
    """One number for each row's combination of codes, and above how many none lies. A column
    is its codes and the size of its dictionary."""
    (first, size), *others = columns
    whole = first.astype(np.int64)
    for codes, count in others:
        if size >= _LARGEST:
            distinct, whole = np.unique(whole, return_inverse=True)
            size = len(distinct)
        whole = whole * count + codes
        size *= count
    return whole, size


def by_first_use(whole: Numbers, size: int) -> tuple[Numbers, Codes]:
    """The row of each number's first use, in their order, and for each row the place of its
    number among them.

    >>> by_first_use(np.array([7, 3, 7, 5]), 8)
    (array([0, 1, 3]), array([0, 1, 0, 2], dtype=int32))
    """
    rows = len(whole)
    if size > _DENSE * rows:
        distinct, whole = np.unique(whole, return_inverse=True)
        size = len(distinct)
    first = np.full(size, rows, dtype=np.int64)
    np.minimum.at(first, whole, np.arange(rows, dtype=np.int64))
    starts = np.sort(first[first < rows])
    place = np.zeros(size, dtype=np.int32)
    place[whole[starts]] = np.arange(len(starts), dtype=np.int32)
    return starts, place[whole]
