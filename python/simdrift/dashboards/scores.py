"""The performance metrics that dashboards and rules hold against their usual value."""

from __future__ import annotations

from simdrift.catalogue.metric import Better, Metric
from simdrift.metrics import registry


def relative(better: Better | None = None) -> list[str]:
    """Performance metrics whose value over the usual one says how good a window is. `better`: only
    those that are better that way."""
    known = [one for one in registry.records("performance") if _is_ratio(one)]
    return [one.name for one in known if better in (None, one.better)]


def _is_ratio(one: Metric) -> bool:
    """Whether a value over the usual one says how good a window is: of an error with a scale, and
    of a share that is better the higher, or a loss."""
    return one.relative or (one.better == "higher" and one.bounds == (0.0, 1.0))
