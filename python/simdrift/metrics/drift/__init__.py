"""Drift of one column, on arrays: `simdrift.drift`.

Each function takes a reference and a current array-like (NumPy, list, pandas or Polars series,
Arrow array) and gives a `DriftResult`. Null and NaN rows do not take part; data never raise: a
value that does not exist is None with a status. TypeError and ValueError are for arguments that
can't be used: no array, a wrong option. `threads`: None takes the library's rule. `weights`: of
the rows, array-likes for reference and current, either of them None (n or m finite numbers >= 0),
or `Rows`, which say which rows hang together, too; values are then of the weighted rows, p-values
at effective sizes. Definitions, with the papers that they come from: docs/metrics.md.

A function is public where the `__all__` of its file names it: nothing is listed here.

>>> from simdrift.metrics import drift
>>> drift.wasserstein([0.0, 1.0], [2.0, 3.0], weights=([3.0, 1.0], None)).value
2.25
"""

from simdrift.metrics.drift import (
    binned,
    categorical,
    characteristic,
    distances,
    missing,
    moment_tests,
    quantiles,
    rank_tests,
    share_distances,
    two_categories,
    unseen_categories,
)
from simdrift.metrics.drift.binned import *
from simdrift.metrics.drift.categorical import *
from simdrift.metrics.drift.characteristic import *
from simdrift.metrics.drift.distances import *
from simdrift.metrics.drift.missing import *
from simdrift.metrics.drift.moment_tests import *
from simdrift.metrics.drift.quantiles import *
from simdrift.metrics.drift.rank_tests import *
from simdrift.metrics.drift.share_distances import *
from simdrift.metrics.drift.table import correlation as table_correlation
from simdrift.metrics.drift.table import domain as table_domain
from simdrift.metrics.drift.table import mmd as table_mmd
from simdrift.metrics.drift.table import pca as table_pca
from simdrift.metrics.drift.table.correlation import *
from simdrift.metrics.drift.table.domain import *
from simdrift.metrics.drift.table.mmd import *
from simdrift.metrics.drift.table.pca import *
from simdrift.metrics.drift.two_categories import *
from simdrift.metrics.drift.unseen_categories import *
from simdrift.metrics.values import DriftResult
from simdrift.metrics.weights import Rows

__all__ = ["DriftResult", "Rows"]
__all__ += binned.__all__
__all__ += categorical.__all__
__all__ += characteristic.__all__
__all__ += distances.__all__
__all__ += missing.__all__
__all__ += moment_tests.__all__
__all__ += quantiles.__all__
__all__ += rank_tests.__all__
__all__ += share_distances.__all__
__all__ += table_correlation.__all__
__all__ += table_domain.__all__
__all__ += table_mmd.__all__
__all__ += table_pca.__all__
__all__ += two_categories.__all__
__all__ += unseen_categories.__all__


def __dir__() -> list[str]:
    return sorted(__all__)
