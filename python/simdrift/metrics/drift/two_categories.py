"""Drift of two categories: tests on the 2 x 2 table of their counts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from simdrift.catalogue.metric import Metric, Param
from simdrift.metrics.columns import CATEGORICAL
from simdrift.metrics.drift.categorical import (
    CORRECTED,
    checked_corrected,
    corrected_v,
    cramers_v,
    one_category,
)
from simdrift.metrics.drift.cells import (
    Tables,
    too_many_categories,
)
from simdrift.metrics.drift.missing import share_differences
from simdrift.metrics.drift.run import Weights, run
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.nulls import hypergeometric
from simdrift.metrics.nulls.special import exp_p
from simdrift.metrics.outcomes import OK_CODE, Outcomes
from simdrift.metrics.over_groups import over_groups
from simdrift.metrics.pair import ColumnPair
from simdrift.metrics.registry import drift_method
from simdrift.metrics.thresholds import DEFAULT_ALPHA
from simdrift.metrics.values import NOT_APPLICABLE, DriftResult, Outcome, Size

__all__ = ["fisher_exact", "z_test"]

Two = tuple[Size, Size, Size, Size]
"""(a, n, b, m): rows of the category that sorts last, and all rows, of the reference and of the
current sample."""


def _two_categories(pair: GroupedPair, measure: Callable[[Two], Outcome]) -> Outcomes:
    """What `measure` gives of each group whose table is 2 x 2."""
    found = pair.categories
    if found is None:
        own = [
            _two_of(one, measure) if code == OK_CODE else Outcome(None, NOT_APPLICABLE)
            for one, code in zip(pair.pairs, pair.codes, strict=True)
        ]
        return Outcomes.stacked(own)
    ranks = np.empty(len(found.labels), np.int64)
    ranks[sorted(range(len(ranks)), key=found.labels.__getitem__)] = np.arange(len(ranks))
    used = (found.reference + found.current) > 0
    last = np.argmax(np.where(used, ranks, -1), axis=1).tolist()
    n, rows, counts = int(found.reference.sum()), found.current.sum(axis=1).tolist(), used.sum(1)
    outcomes = []
    for place, (at, m, count) in enumerate(zip(last, rows, counts.tolist(), strict=True)):
        two = found.reference[at].item(), n, found.current[place, at].item(), m
        outcomes.append(_measured_two(count, two, measure) if m else Outcome(None, NOT_APPLICABLE))
    return Outcomes.stacked(outcomes)


def _two_of(pair: ColumnPair, measure: Callable[[Two], Outcome]) -> Outcome:
    """Of one group."""
    if (refused := too_many_categories(pair)) is not None:
        return refused
    labels, c, d = pair.category_counts
    used = [place for place in range(len(labels)) if c[place] + d[place] > 0]
    last = max(used, key=lambda place: labels[place])
    two = c[last].item(), c.sum().item(), d[last].item(), d.sum().item()
    return _measured_two(len(used), two, measure)


def _measured_two(count: int, two: Two, measure: Callable[[Two], Outcome]) -> Outcome:
    """Where there are two categories; else why not."""
    _, n, _, m = two
    if count == 1:
        return one_category(n, m)
    if count != 2:
        reason = f"for two categories; there are {count}"
        return Outcome(None, NOT_APPLICABLE, n_reference=n, n_current=m, reason=reason)
    return measure(two)


@drift_method(
    Metric(
        name="drift.fisher_exact",
        title="odds ratio",
        group="categories",
        formula=(
            "odds ratio of the category that sorts last (half a row more a cell where one is empty)"
        ),
        p_value="all tables no likelier",
        effect_size="Cramer's V, `corrected` on request",
        source="Fisher 1935; scipy.stats.fisher_exact",
        bounds=(0.0, None),
        rule="test",
        kinds=(CATEGORICAL,),
        params=(Param("corrected", False, CORRECTED, checked_corrected),),
        weights=False,
        statuses=("degenerate",),
    )
)
@over_groups
def measure_fisher_exact(pair: GroupedPair, *, corrected: bool = False) -> Outcomes:
    """Odds ratio of the 2 x 2 table; two-sided p-value of all tables no likelier."""
    return _two_categories(pair, partial(_fisher, corrected))


def _fisher(corrected: bool, two: Two) -> Outcome:
    a, n, b, m = two
    odds = b * (n - a), a * (m - b)
    if 0 in odds:  # Haldane and Anscombe: half a row more in each cell
        value = (b + 0.5) * (n - a + 0.5) / ((a + 0.5) * (m - b + 0.5))
    else:
        value = odds[0] / odds[1]
    log_p = hypergeometric.two_sided_log_p(a, n, a + b, n + m)
    tables = Tables(np.array([[a, n - a]]), np.array([[b, m - b]]))
    effect = corrected_v(tables) if corrected else cramers_v(tables)
    assert effect is not None
    return Outcome(
        value,
        p_value=exp_p(log_p),
        effect_size=float(effect[0]),
        n_reference=n,
        n_current=m,
        log_p=lambda: log_p,
    )


def fisher_exact(
    reference: object,
    current: object,
    *,
    corrected: bool = False,
    alpha: float = DEFAULT_ALPHA,
    threads: int | None = None,
) -> DriftResult:
    """Fisher's exact test of two categories: the odds of the one that sorts last in the current
    sample over those in the reference (with half a row more in each cell where one is empty);
    effect size Cramer's V, `corrected` on request. The p-value equals
    `scipy.stats.fisher_exact`'s, two-sided.

    One category in both samples: status 'degenerate'; more than two: 'not_applicable'.

    >>> from simdrift.metrics import drift
    >>> result = drift.fisher_exact([0] * 8 + [1] * 2, [0] * 1 + [1] * 5)
    >>> result.value, round(result.p_value, 6)
    (20.0, 0.034965)
    """
    params = {"corrected": corrected} if corrected is not False else {}
    return run(
        "fisher_exact", reference, current, params, alpha=alpha, kind=CATEGORICAL, threads=threads
    )


@drift_method(
    Metric(
        name="drift.z_test",
        title="change of a share",
        group="categories",
        formula="change of the share of the category that sorts last, Newcombe's 95 % interval",
        p_value="pooled z; Fisher's where fewer than 5 rows are expected",
        effect_size="Cohen's h",
        source="Newcombe 1998; Cohen 1988",
        unit="share change",
        better="zero",
        bounds=(-1.0, 1.0),
        rule="test",
        kinds=(CATEGORICAL,),
        statuses=("degenerate",),
    )
)
@over_groups
def measure_z_test(pair: GroupedPair) -> Outcomes:
    """Difference of the shares of the category that sorts last; pooled z-test."""
    return _two_categories(pair, _share_change)


def _share_change(two: Two) -> Outcome:
    a, n, b, m = two
    return share_differences(a, n, np.array([b]), np.array([m])).at(0)


def z_test(
    reference: object,
    current: object,
    *,
    alpha: float = DEFAULT_ALPHA,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Current share less reference share of the category that sorts last (True, 1, 'yes'), in
    [-1, 1], with Newcombe's 95 % interval; p-value of the pooled two-proportion z-test (of
    Fisher's where fewer than 5 rows are expected), effect size Cohen's h. Alerts where p <= alpha.

    One category in both samples: status 'degenerate'; more than two: 'not_applicable'.

    >>> from simdrift.metrics import drift
    >>> result = drift.z_test([False] * 30 + [True] * 10, [False] * 20 + [True] * 20)
    >>> result.value, round(result.p_value, 6)
    (0.25, 0.020921)
    """
    return run(
        "z_test",
        reference,
        current,
        {},
        alpha=alpha,
        kind=CATEGORICAL,
        weights=weights,
        threads=threads,
    )
