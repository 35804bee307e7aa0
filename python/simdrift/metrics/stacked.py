"""Arrays with one entry a group out of what was computed group by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdrift.catalogue.statuses import CODES

Arrays = Mapping[str, NDArray[Any]]
"""Arrays by name, one entry a group."""

_RANK_ROWS = ("n", "m", "finite_n", "finite_m")
_RANK_SUMS = (
    "distinct",
    "ties",
    "ties_x",
    "ties_y",
    "u2",
    "plus",
    "minus",
    "cramer_von_mises",
    "anderson_darling",
    "energy",
)


def stacked_ranks(groups: Sequence[Mapping[str, Any]]) -> Arrays:
    """As `_core.rank_statistics_groups` gives them, out of one mapping a group; sums stay the
    numbers that they are, exact integers or floats of weighted rows."""
    found: dict[str, NDArray[Any]] = {
        "status": np.array([CODES[group["status"]] for group in groups], np.uint8)
    }
    for name in _RANK_ROWS:
        found[name] = np.array([group[name] for group in groups])
    for name in _RANK_SUMS:
        sums = [np.nan if (v := group.get(name)) is None else v for group in groups]
        found[name] = np.array(sums, object)
    return found


_WORD = 1 << 64


class _TwoSamples(dict[str, NDArray[Any]]):
    """The arrays of those names that are read."""

    def __init__(self, groups: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self.groups = groups

    def __missing__(self, name: str) -> NDArray[Any]:
        self[name] = found = self._array(name)
        return found

    def _array(self, name: str) -> NDArray[Any]:
        groups = self.groups
        if name == "status":
            return np.array([CODES[group[name]] for group in groups], np.uint8)
        if name == "wasserstein_status":
            codes = [CODES[group.get(name, group["status"])] for group in groups]
            return np.array(codes, np.uint8)
        if name == "ks_numerator_high":
            return np.array([int(g.get("ks_numerator") or 0) // _WORD for g in groups], np.int64)
        if name == "ks_numerator_low":
            return np.array([int(g.get("ks_numerator") or 0) % _WORD for g in groups], np.uint64)
        return np.array([np.nan if (v := group.get(name)) is None else v for group in groups])


def stacked_two_sample(groups: Sequence[Mapping[str, Any]]) -> Arrays:
    """The arrays of `_core.two_sample_groups` out of one mapping a group."""
    return _TwoSamples(groups)


def stacked(groups: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[Any]]:
    """Arrays by key out of one mapping a group; statuses become codes."""
    return {
        key: np.array([CODES[g[key]] for g in groups], np.uint8)
        if isinstance(value, str)
        else np.array([g[key] for g in groups], float if isinstance(value, int | float) else None)
        for key, value in groups[0].items()
    }
