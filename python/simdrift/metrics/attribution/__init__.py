"""What stands behind a model's outputs and behind a change of its performance, on arrays:
`simdrift.attribution`.

>>> from simdrift.metrics import attribution
>>> attribution.drift([[2.0, 1.0]] * 50, [[1.0, 2.0]] * 50, columns=["a", "b"]).ndcg
0.859...
"""

from simdrift.metrics.attribution.change import Change, SegmentChange, change
from simdrift.metrics.attribution.shift import AttributionDrift, ColumnShift, drift

__all__ = ["AttributionDrift", "Change", "ColumnShift", "SegmentChange", "change", "drift"]


def __dir__() -> list[str]:
    return sorted(__all__)
