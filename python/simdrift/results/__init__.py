"""What was computed, as data: rows, their collection, identity and exchange. Read rows.py first."""

from simdrift.results.collection import Results
from simdrift.results.rows import Histogram, Result, Run

__all__ = ["Histogram", "Result", "Results", "Run"]


def __dir__() -> list[str]:
    return sorted(__all__)
