"""Under no drift: p-values are uniform, alerts stay within the budget. Seeded simulations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import simdrift as sd
from simdrift.metrics import drift

REPLICATIONS = 2_000
LEVELS = (0.01, 0.05, 0.2, 0.5)

CONTINUOUS = (
    "anderson_darling",
    "cramer_von_mises",
    "epps_singleton",
    "levene",
    "mann_whitney",
    "mean_shift",
    "std_ratio",
    "t_test",
)
"""Their p-values are uniform; those of the others are discrete, or bounds: at most so."""
LIMITS = ("epps_singleton", "ks", "kuiper", "quantile_shift")
"""Their p-values are those of a limit law: within some percent at these sizes."""
CONSERVATIVE = ("ks", "kuiper", "quantile_shift")
COUNTED = ("chi_square", "g_test", "jensen_shannon", "psi", "kl", "hellinger", "total_variation")
TWO = ("fisher_exact", "z_test")


def no_more_than(p, level, slack=1.0):
    low = int(np.count_nonzero(p <= level))
    return (
        stats.binomtest(low, len(p), min(1.0, slack * level), alternative="greater").pvalue > 1e-4
    )


@pytest.mark.parametrize("name", [*CONTINUOUS, *CONSERVATIVE])
def test_p_values_of_numeric_methods_are_uniform_where_nothing_drifts(name):
    rng, method = np.random.default_rng([31, len(name)]), getattr(drift, name)
    p = np.array(
        [
            method(rng.normal(size=90), rng.normal(size=70)).p_value
            for _ in range(REPLICATIONS if name in CONTINUOUS else REPLICATIONS // 2)
        ]
    )
    if name == "epps_singleton":  # its chi-square law is a limit: at 90 and 70 rows within 0.08
        assert stats.kstest(p, "uniform").statistic < 0.08
    elif name in CONTINUOUS:
        assert stats.kstest(p, "uniform").pvalue > 1e-3
    for level in LEVELS:
        assert no_more_than(p, level, slack=1.2 if name in LIMITS else 1.0), level


@pytest.mark.parametrize("name", COUNTED)
def test_p_values_of_counts_are_about_uniform_where_nothing_drifts(name):
    rng, method = np.random.default_rng([32, len(name)]), getattr(drift, name)
    labels, shares = np.array(["a", "b", "c", "d", "e"]), [0.4, 0.3, 0.15, 0.1, 0.05]
    p = np.array(
        [
            method(
                labels[rng.choice(5, 500, p=shares)], labels[rng.choice(5, 400, p=shares)]
            ).p_value
            for _ in range(REPLICATIONS // 2)
        ]
    )
    assert stats.kstest(p, "uniform").statistic < 0.08
    for level in LEVELS:
        assert no_more_than(p, level, slack=1.3), level


@pytest.mark.parametrize("name", TWO)
def test_p_values_of_two_categories_are_at_most_uniform(name):
    rng, method = np.random.default_rng([33, len(name)]), getattr(drift, name)
    p = np.array(
        [
            method(rng.random(80) < 0.3, rng.random(60) < 0.3).p_value
            for _ in range(REPLICATIONS // 2)
        ]
    )
    for level in LEVELS:
        assert no_more_than(p, level, slack=1.0 if name == "fisher_exact" else 1.5), level


@pytest.mark.parametrize("correction", ["bh", "by", "holm", "bonferroni"])
@pytest.mark.parametrize("rows", [300, 1500])
def test_a_window_alerts_no_more_often_than_its_budget(rows, correction):
    rng, windows = np.random.default_rng([34, rows]), 60
    names = np.array(["u", "v", "w"])
    reference = {f"x{i}": rng.normal(size=rows) for i in range(8)}
    reference |= {f"k{i}": names[rng.integers(0, 3, rows)] for i in range(3)}
    held = sd.Reference.fit(
        reference, spec=sd.Spec(monitor="m", window="all", correction=correction)
    )
    alerting = 0
    for _ in range(windows):
        now = {f"x{i}": rng.normal(size=rows) for i in range(8)}
        now |= {f"k{i}": names[rng.integers(0, 3, rows)] for i in range(3)}
        rows_now = held.compare(now).results
        alerting += any(row.alert for row in rows_now if row.metric != "drift.dataset")
    # one reference for all windows: they are not independent, twice the budget is let pass
    assert stats.binomtest(alerting, windows, 0.10, alternative="greater").pvalue > 1e-3
