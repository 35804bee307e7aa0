"""Metrics that other writers store and simdrift does not compute: dashboards and rules show them.

A metric that gets a record leaves this list (a test says so): its record then says the same.
"""

from __future__ import annotations

from typing import Final

from simdrift.catalogue.metric import Better, Metric
from simdrift.metrics import registry

PERFORMANCE: Final[dict[str, Better]] = {}
"""Which way each is better; a value over the usual one says how good a window is."""
QUALITY: Final = ("quality.out_of_range",)


def relative(better: Better | None = None) -> list[str]:
    """Performance metrics whose value over the usual one says how good a window is: ours, and
    those of other writers. `better`: only those that are better that way."""
    known = {one.name: one.better for one in registry.records("performance") if _is_ratio(one)}
    ways = {**known, **PERFORMANCE}
    return [name for name, way in ways.items() if better in (None, way)]


def _is_ratio(one: Metric) -> bool:
    """Whether a value over the usual one says how good a window is: of an error with a scale, and
    of a share that is better the higher, or a loss."""
    return one.relative or (one.better == "higher" and one.bounds == (0.0, 1.0))
