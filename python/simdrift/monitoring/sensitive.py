"""Bias by the columns whose role is 'sensitive': which rows of a monitor there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Floats
from simdrift.catalogue.statuses import CODES
from simdrift.columns import Table
from simdrift.metrics.decide import Decided
from simdrift.metrics.fairness.rows import fairness_metrics, fairness_rows
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.names import ColumnKey
from simdrift.metrics.nulls.special import NORMAL_975
from simdrift.metrics.outcomes import Outcomes
from simdrift.metrics.performance.changes import change, corrected, with_loss
from simdrift.metrics.performance.predictions import Predictions

MOST_PAIRS: Final = 3
"""Pairs of sensitive columns whose combinations are compared: the first ones."""
_LOST: Final = CODES["all_null"]
_NO_LABELS: Final = CODES["no_labels"]


def sensitive_rows(
    predictions: Predictions, table: Table, groups: Groups, names: Sequence[str], task: str
) -> list[Decided]:
    """The `fairness.*` rows of each of these columns, and of the first pairs of them; none of a
    ranking."""
    if task == "ranking":
        return []
    columns = {
        name: ColumnGroups(name, table.columns[name], groups, threads=predictions.threads)
        for name in names
    }
    pairs = list(combinations(names, 2))[:MOST_PAIRS]
    metrics = None
    if any(_is_lost(column) for column in predictions.columns.values()):
        of_numbers = task == "regression"
        metrics = [name for name in fairness_metrics() if name.startswith("mae") == of_numbers]
    return fairness_rows(predictions, columns, metrics, intersections=pairs)


def _is_lost(column: ColumnGroups) -> bool:
    refused = column.whole.refused
    return refused is not None and refused.status == "missing_column"


def gaps_changed(
    segments: Sequence[Sequence[Decided]],
    references: Sequence[Sequence[Decided]],
    correction: str = "bh",
) -> list[list[Decided]]:
    """The rows of each segment with what they are more than the reference's as the effect size, and
    of differences and ratios the p-value of no change, and the q-value over those of all segments.
    `references`: of one group, or as many, or of none that matches.

    The law: a gap is about normal with the larger half of its interval, which holds for all pairs
    of groups together, so that the p-values of more than two groups are rather too large."""
    found = [
        [_changed_gap(row, _known(before).get(_key(row))) for row in rows]
        for rows, before in zip(segments, references, strict=True)
    ]
    q_values = iter(corrected([row.outcomes.p_value for rows in found for row in rows], correction))
    return [[row._replace(q_value=next(q_values)) for row in rows] for rows in found]


_Key = tuple[ColumnKey, str, str]


def _key(row: Decided) -> _Key:
    return row.column, row.metric, row.params


def _known(rows: Sequence[Decided]) -> dict[_Key, Outcomes]:
    return {_key(row): row.outcomes for row in rows}


def _changed_gap(row: Decided, old: Outcomes | None) -> Decided:
    own = row.outcomes
    if old is None or len(old) not in (1, len(own)):
        return row
    p = None
    if not row.params and own.ci_low is not None and old.ci_low is not None:
        p = change(*(replace(side, standard_error=_error(side)) for side in (own, old))).p_value
    effect = own.value - old.value
    own = replace(own, effect_size=effect, p_value=p, n_reference=old.n_current)
    return with_loss(row._replace(outcomes=own), old)


def _error(gap: Outcomes) -> Floats:
    """The larger half of the interval, as a standard error."""
    assert gap.ci_low is not None
    assert gap.ci_high is not None
    return np.fmax(gap.value - gap.ci_low, gap.ci_high - gap.value) / NORMAL_975


def without_labels(row: Decided, without: NDArray[np.bool_]) -> Decided:
    """The row with the status 'no_labels' where its rows only lack their labels."""
    own = row.outcomes
    lost = without & (own.status == _LOST)
    own.status = np.where(lost, _NO_LABELS, own.status).astype(np.uint8)
    return row
