"""Metrics that other writers store and simdrift does not compute: dashboards and rules show them.

A metric that gets a record leaves this list (a test says so): its record then says the same.
"""

from __future__ import annotations

from typing import Final

from simdrift.catalogue.metric import Better
from simdrift.metrics import registry

PERFORMANCE: Final[dict[str, Better]] = {
    "performance.accuracy": "higher",
    "performance.average_precision": "higher",
    "performance.brier": "lower",
    "performance.f1": "higher",
    "performance.log_loss": "lower",
    "performance.mape": "lower",
    "performance.roc_auc": "higher",
}
"""Which way each is better; a value over the usual one says how good a window is."""
PREFIXES: Final = ("service.",)
"""Families of which nothing is computed."""
QUALITY: Final = ("quality.out_of_range",)


def relative(better: Better | None = None) -> list[str]:
    """Performance metrics whose value over the usual one says how good a window is: ours, and
    those of other writers. `better`: only those that are better that way."""
    known = {one.name: one.better for one in registry.records("performance") if one.relative}
    ways = {**known, **PERFORMANCE}
    return [name for name, way in ways.items() if better in (None, way)]
