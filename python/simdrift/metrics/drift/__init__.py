"""Drift of one column, on arrays: `simdrift.drift`.

Each function takes a reference and a current array-like (NumPy, list, pandas or Polars series,
Arrow array) and gives a `DriftResult`. Null and NaN rows do not take part; data never raise: a
value that does not exist is None with a status. TypeError and ValueError are for arguments that
can't be used: no array, a wrong option. `threads`: None takes the library's rule. `weights`: of
the rows, array-likes for reference and current, either of them None (n or m finite numbers >= 0);
values are then of the weighted rows, p-values at effective sizes. Definitions, with the papers
that they come from: docs/metrics.md.

>>> from simdrift.metrics import drift
>>> drift.wasserstein([0.0, 1.0], [2.0, 3.0], weights=([3.0, 1.0], None)).value
2.25
"""

from simdrift.metrics.drift.binned import (
    hellinger,
    jensen_shannon,
    kl,
    l_infinity,
    psi,
    total_variation,
)
from simdrift.metrics.drift.categorical import (
    chi_square,
    fisher_exact,
    g_test,
    new_categories,
    vanished_categories,
    z_test,
)
from simdrift.metrics.drift.distances import energy, wasserstein, wasserstein_normed
from simdrift.metrics.drift.missing import missing_share
from simdrift.metrics.drift.moment_tests import (
    epps_singleton,
    levene,
    mean_shift,
    quantile_shift,
    std_ratio,
    t_test,
)
from simdrift.metrics.drift.rank_tests import (
    anderson_darling,
    cramer_von_mises,
    ks,
    kuiper,
    mann_whitney,
)
from simdrift.metrics.drift.table.correlation import correlation
from simdrift.metrics.drift.table.domain import domain_classifier
from simdrift.metrics.drift.table.mmd import mmd
from simdrift.metrics.drift.table.pca import pca_reconstruction
from simdrift.metrics.values import DriftResult

__all__ = [
    "DriftResult",
    "anderson_darling",
    "chi_square",
    "correlation",
    "cramer_von_mises",
    "domain_classifier",
    "energy",
    "epps_singleton",
    "fisher_exact",
    "g_test",
    "hellinger",
    "jensen_shannon",
    "kl",
    "ks",
    "kuiper",
    "l_infinity",
    "levene",
    "mann_whitney",
    "mean_shift",
    "missing_share",
    "mmd",
    "new_categories",
    "pca_reconstruction",
    "psi",
    "quantile_shift",
    "std_ratio",
    "t_test",
    "total_variation",
    "vanished_categories",
    "wasserstein",
    "wasserstein_normed",
    "z_test",
]
