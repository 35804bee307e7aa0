"""Drift of categories as an effect size: how much shares changed, whatever the rows."""

from __future__ import annotations

import numpy as np

from simdrift import _core
from simdrift._types import Floats
from simdrift.catalogue.metric import Metric
from simdrift.metrics import effects
from simdrift.metrics.columns import CATEGORICAL
from simdrift.metrics.drift.categorical import measure_chi_square
from simdrift.metrics.drift.cells import DEFAULT_BINS, Tables, by_table
from simdrift.metrics.drift.run import Weights, run
from simdrift.metrics.drift.table_laws import sparse_cells
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.nulls.special import exp_p
from simdrift.metrics.outcomes import OK_CODE, Outcomes, absent, any_true
from simdrift.metrics.over_groups import over_groups
from simdrift.metrics.registry import drift_method
from simdrift.metrics.values import DriftResult

__all__ = ["cohens_w"]


@drift_method(
    Metric(
        name="drift.cohens_w",
        title="Cohen's w",
        group="categories",
        formula="sqrt(sum (q - p)^2 / (0.95 p + 0.05 q)) over the shares of categories",
        p_value="of chi-square; Fisher's of two categories with few rows in one",
        effect_size="Cramer's V",
        source="Cohen 1988",
        better="lower",
        bounds=(0.0, None),
        rule="distance",
        threshold=0.1,
        kinds=(CATEGORICAL,),
        statuses=("degenerate",),
        decides=True,
    )
)
@over_groups
def measure_cohens_w(pair: GroupedPair) -> Outcomes:
    """Cohen's w of the shares of categories; p-value of their chi-square test."""

    def measured(tables: Tables) -> Outcomes:
        value = effects.cohens_w(tables.c, tables.d)
        outcomes = Outcomes(value, np.zeros(len(value), np.uint8))
        if tables.bins == 2 and not pair.is_weighted:
            logs = _fisher_log_ps(tables)
            outcomes.p_value, outcomes.log_p = _exp_ps(logs), lambda: logs
        return outcomes

    sizes, outcomes = by_table(pair, DEFAULT_BINS, measured), measure_chi_square(pair)
    outcomes.value = np.where(outcomes.status == OK_CODE, sizes.value, np.nan)
    return _with_exact(outcomes, sizes)


def _exp_ps(logs: Floats) -> Floats:
    """p-values of their logarithms, NaN where there is none."""
    return np.array([log if log != log else exp_p(log) for log in logs.tolist()])


def _with_exact(outcomes: Outcomes, exact: Outcomes) -> Outcomes:
    """With the exact p-values where there are any."""
    p, log_p, exact_log_p = outcomes.p_value, outcomes.log_p, exact.log_p
    if p is None or exact.p_value is None:
        return outcomes
    known = ~np.isnan(exact.p_value)
    outcomes.p_value = np.where(known, exact.p_value, p)
    if log_p is not None and exact_log_p is not None:
        outcomes.log_p = lambda: np.where(known, exact_log_p(), log_p())
    return outcomes


def _fisher_log_ps(tables: Tables) -> Floats:
    """log p of Fisher's exact test of 2 x 2 tables with a cell that few rows are expected in."""
    found = absent(len(tables))
    a, n = tables.c[:, 0], tables.n
    k, total = tables.both[:, 0], tables.n + tables.m
    few = sparse_cells(tables)[:, 0]
    if any_true(few):
        a, n, k, total = (side[few].astype(np.int64) for side in (a, n, k, total))
        found[few] = _core.fisher_log_p(a, n, k, total)
    return found


def cohens_w(
    reference: object,
    current: object,
    *,
    threshold: float | None = None,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Cohen's w: the root of the sum of (q - p)^2 / e over the categories, of their shares p in the
    reference and q in the current sample, e = 0.95 p + 0.05 q, so that a new category counts, too.
    It does not grow with the rows; default threshold 0.1. P-value of the chi-square test, of
    Fisher's where one of two categories has few rows; effect size Cramer's V. One category in both
    samples: status 'degenerate', p = 1.

    >>> from simdrift.metrics import drift
    >>> round(drift.cohens_w(["a"] * 50 + ["b"] * 50, ["a"] * 40 + ["b"] * 60).value, 4)
    0.2
    """
    return run(
        "cohens_w",
        reference,
        current,
        {},
        threshold,
        kind=CATEGORICAL,
        weights=weights,
        threads=threads,
    )
