"""Bias of a model by sensitive group, on arrays: `simdrift.fairness`.

A function is public where the `__all__` of `functions.py` names it.

>>> from simdrift.metrics import fairness
>>> target, prediction, sex = [1, 1, 0, 0], [1, 0, 1, 0], list("abab")
>>> fairness.demographic_parity_difference(target, prediction, sex, min_rows=1).value
1.0
"""

from simdrift.metrics.fairness import functions
from simdrift.metrics.fairness.by_group import GroupRate, by_group
from simdrift.metrics.fairness.functions import *
from simdrift.metrics.performance.scoring import PerformanceResult

__all__ = ["GroupRate", "PerformanceResult", "by_group"]
__all__ += functions.__all__


def __dir__() -> list[str]:
    return sorted(__all__)
