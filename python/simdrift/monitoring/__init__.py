"""What is watched, how its time is cut, and the run: read spec.py first, then run.py."""

from simdrift.monitoring.compare import compare, profile
from simdrift.monitoring.entry import monitor
from simdrift.monitoring.reference import Reference
from simdrift.monitoring.spec import Columns, Metrics, ReferenceSpec, Spec, StoreSpec

__all__ = [
    "Columns",
    "Metrics",
    "Reference",
    "ReferenceSpec",
    "Spec",
    "StoreSpec",
    "compare",
    "monitor",
    "profile",
]


def __dir__() -> list[str]:
    return sorted(__all__)
