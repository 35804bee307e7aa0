"""What is watched, how its time is cut, and the run: read spec.py first, then run.py."""

from simdrift.monitor.compare import compare, profile
from simdrift.monitor.reference import Reference
from simdrift.monitor.run import monitor
from simdrift.monitor.spec import Columns, Metrics, ReferenceSpec, Spec, StoreSpec

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
