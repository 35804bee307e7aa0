"""Rows in categories that the other sample does not have."""

from __future__ import annotations

import numpy as np

from simdrift.catalogue.metric import Metric
from simdrift.metrics.columns import CATEGORICAL, Counts
from simdrift.metrics.drift.cells import TOO_MANY
from simdrift.metrics.drift.run import Weights, run
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.nulls.new_categories import unseen_log_p, unseen_quantile
from simdrift.metrics.nulls.special import exp_p
from simdrift.metrics.outcomes import OK_CODE, Outcomes
from simdrift.metrics.over_groups import over_groups
from simdrift.metrics.registry import drift_method
from simdrift.metrics.values import NOT_APPLICABLE, DriftResult, Outcome

__all__ = ["new_categories", "vanished_categories"]


def _one_sided(pair: GroupedPair, *, new: bool) -> Outcomes:
    """The share of rows in categories that the other sample has none of: `new` ones, or vanished;
    p-value and null quantile of random exchanges of rows; effect size: how many categories."""
    return Outcomes.stacked([_one_sided_of(pair, place, new=new) for place in range(len(pair))])


def _one_sided_of(pair: GroupedPair, place: int, *, new: bool) -> Outcome:
    if pair.codes[place] != OK_CODE:
        return Outcome(None, NOT_APPLICABLE)
    sides = pair.category_rows(place)  # chance is of rows, whatever they weigh
    if sides is None:
        sizes = pair.reference.valid, np.asarray(pair.valid)[place].item()
        return Outcome(None, NOT_APPLICABLE, None, None, None, None, None, *sizes, reason=TOO_MANY)
    c, d = sides
    there, gone = (d, c) if new else (c, d)
    weighed: Counts = there
    if pair.is_weighted:
        _, before, after = pair.pairs[place].category_counts
        weighed = after if new else before
    rows, others, share = int(there.sum()), int(gone.sum()), _share_alone(weighed, gone)
    alone = (gone == 0) & (there > 0)
    found, sizes_of_both = int(there[alone].sum()), there + gone
    log_p = unseen_log_p(sizes_of_both, others, rows + others, found)
    return Outcome(
        share,
        p_value=exp_p(log_p),
        effect_size=float(alone.sum()),
        null_quantile=unseen_quantile(sizes_of_both, others, rows + others) / rows,
        n_reference=int(c.sum()),
        n_current=int(d.sum()),
        log_p=lambda: log_p,
    )


def _share_alone(there: Counts, gone: Counts) -> float:
    """The share of `there` in categories that `gone` has none of."""
    return float(there[gone == 0].sum()) / float(there.sum())


@drift_method(
    Metric(
        name="drift.new_categories",
        title="share of new categories",
        group="categories",
        formula="share of current rows in categories that the reference lacks",
        p_value="of exchanges of rows: rare categories are missed by chance",
        effect_size="how many categories",
        source="textbook: permutation test",
        unit="share",
        better="lower",
        bounds=(0.0, 1.0),
        rule="distance",
        threshold=0.01,
        kinds=(CATEGORICAL,),
    )
)
@over_groups
def measure_new_categories(pair: GroupedPair) -> Outcomes:
    """Share of current rows in categories that the reference does not have."""
    return _one_sided(pair, new=True)


def new_categories(
    reference: object,
    current: object,
    *,
    threshold: float | None = None,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Share of current rows in categories that the reference does not have; effect size: how
    many there are. Default threshold 0.01.

    Rare categories are missed by chance: p-value and `null_quantile` say how much of that
    random exchanges of rows between the samples give.

    >>> from simdrift.metrics import drift
    >>> drift.new_categories(["a", "b", "b"], ["a", "b", "c", "d"]).value
    0.5
    """
    return run(
        "new_categories",
        reference,
        current,
        {},
        threshold,
        kind=CATEGORICAL,
        weights=weights,
        threads=threads,
    )


@drift_method(
    Metric(
        name="drift.vanished_categories",
        title="share of vanished categories",
        group="categories",
        formula="share of reference rows in categories that the current data lack",
        p_value="of exchanges of rows: rare categories are missed by chance",
        effect_size="how many categories",
        source="textbook: permutation test",
        unit="share",
        better="lower",
        bounds=(0.0, 1.0),
        rule="distance",
        threshold=0.01,
        kinds=(CATEGORICAL,),
    )
)
@over_groups
def measure_vanished_categories(pair: GroupedPair) -> Outcomes:
    """Share of reference rows in categories that the current sample does not have."""
    return _one_sided(pair, new=False)


def vanished_categories(
    reference: object,
    current: object,
    *,
    threshold: float | None = None,
    weights: Weights = None,
    threads: int | None = None,
) -> DriftResult:
    """Share of reference rows in categories that the current sample does not have; effect
    size: how many there are. Default threshold 0.01; p-value and `null_quantile` as in
    `new_categories`.

    >>> from simdrift.metrics import drift
    >>> drift.vanished_categories(["a", "b", "b", "e"], ["a", "a", "b"]).value
    0.25
    """
    return run(
        "vanished_categories",
        reference,
        current,
        {},
        threshold,
        kind=CATEGORICAL,
        weights=weights,
        threads=threads,
    )
