"""Histograms of the columns of one table: what a profile's page draws beside its numbers."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import numpy as np

from simdrift.metrics.columns import CATEGORICAL, DISPLAY_BETWEEN, ORDERED, ReferenceColumn
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.names import column_text
from simdrift.metrics.pair import label_cells
from simdrift.results.numbers import drawable
from simdrift.results.rows import Histogram


def histograms_of(columns: Iterable[ColumnGroups], run_id: UUID) -> list[Histogram]:
    """One histogram a column that has values: of numbers and times over cells of equal width
    between the 1 and the 99 % quantile, of categories and texts by their most frequent labels.
    Texts of very many labels have none."""
    made = (_histogram(column, run_id) for column in columns if column.whole.refused is None)
    return [one for one in made if one is not None]


def _histogram(groups: ColumnGroups, run_id: UUID) -> Histogram | None:
    column, name = groups.whole, column_text(groups.name)
    if column.kind in ORDERED:
        own = ReferenceColumn(column.name, column.column, threads=column.threads)
        if groups.known_order is not None:
            known = groups.known_order.quantiles
            own.draw_between(*(float(known[share][0]) for share in DISPLAY_BETWEEN))
        cuts, counts = own.display_cells()
        if not len(cuts) or not all(map(drawable, cuts.tolist())):
            return None
        edges = tuple(cuts.tolist())
        return Histogram(run_id, "", name, edges, None, (), tuple(counts.astype(float).tolist()))
    if column.kind != CATEGORICAL:
        return None
    labels, counts, overflow = column.categories
    if overflow or not len(labels):
        return None
    found = label_cells(labels, np.zeros_like(counts), counts)
    return Histogram(run_id, "", name, None, found.labels, (), found.current)
