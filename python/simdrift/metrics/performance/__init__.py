"""Performance of a model against its targets, on arrays: `simdrift.performance`.

Each function takes a target and a prediction of equal length, array-likes of numbers or labels
(n,), and gives a `PerformanceResult`. ValueError where the lengths differ, TypeError where one is
no array; data never raise: a value that does not exist is None with a status.

A function is public where the `__all__` of its file names it: nothing is listed here.

>>> from simdrift.metrics import performance
>>> performance.mae([1.0, 2.0, 3.0], [2.0, 2.0, 1.0]).value
1.0
"""

from simdrift.metrics.performance import (
    classification,
    curves,
    probabilities,
    ranking,
    regression,
    roc,
)
from simdrift.metrics.performance.classification import *
from simdrift.metrics.performance.curves import *
from simdrift.metrics.performance.probabilities import *
from simdrift.metrics.performance.ranking import *
from simdrift.metrics.performance.regression import *
from simdrift.metrics.performance.roc import *
from simdrift.metrics.performance.scoring import PerformanceResult

__all__ = ["PerformanceResult"]
__all__ += regression.__all__
__all__ += classification.__all__
__all__ += probabilities.__all__
__all__ += curves.__all__
__all__ += roc.__all__
__all__ += ranking.__all__


def __dir__() -> list[str]:
    return sorted(__all__)
