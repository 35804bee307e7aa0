"""`correlations`: every pair of columns of one frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Literal, NamedTuple

import numpy as np

from simdrift._errors import SpecError
from simdrift._types import Floats
from simdrift.catalogue.statuses import STATUSES
from simdrift.columns import as_table, opened
from simdrift.metrics.checks import checked_threads
from simdrift.metrics.columns import CATEGORICAL, TEMPORAL
from simdrift.metrics.correlation_table import METHODS, pair_table
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.listing import Listing
from simdrift.metrics.names import column_text
from simdrift.monitoring.roles import column_names, no_column
from simdrift.results.text import counted

Method = Literal["pearson", "spearman", "kendall", "cramers_v"]


class Correlation(NamedTuple):
    """One pair of columns; `value` is None where `status` is not 'ok'. `rows`: those in which
    neither is missing."""

    a: str
    b: str
    value: float | None
    rows: int
    status: str


class Correlations(Listing[Correlation]):
    """The pairs of columns, the strongest first.

    `columns` are their names; `matrix`, (K, K), has their correlations in that order, 1 in the
    diagonal, NaN where there is none.
    """

    def __init__(self, rows: Sequence[Correlation], *, method: str, columns: Sequence[str]) -> None:
        self.method, self.columns = method, tuple(columns)
        super().__init__(Correlation, rows, f"{method}: {counted(len(self.columns), 'column')}")

    @property
    def matrix(self) -> Floats:
        """The correlations as a symmetric matrix."""
        place = {name: at for at, name in enumerate(self.columns)}
        matrix = np.full((len(place), len(place)), np.nan)
        np.fill_diagonal(matrix, 1.0)
        for row in self:
            if row.value is not None:
                i, j = place[row.a], place[row.b]
                matrix[i, j] = matrix[j, i] = row.value
        return matrix

    def __repr__(self) -> str:
        return f"Correlations({self.title}, pairs: {len(self):,})"


def correlations(
    frame: object,
    method: Method = "pearson",
    *,
    columns: str | Sequence[str] | None = None,
    threads: int | None = None,
) -> Correlations:
    """The correlation of every pair of columns of a frame, which may be whatever `compare` takes.

    `method`: 'pearson', 'spearman', 'kendall' (tau-b) of numbers; 'cramers_v' of categories, texts
    and booleans. `columns`: which (default: all of these kinds). A pair is measured over the rows
    in which neither is missing. SpecError for an argument that can't be used; data never raise.

    >>> import numpy as np
    >>> x = np.arange(100.0)
    >>> correlations({"x": x, "y": -x, "z": x**2}, "spearman").matrix
    array([[ 1., -1.,  1.],
           [-1.,  1., -1.],
           [ 1., -1.,  1.]])
    """
    if method not in METHODS:
        raise SpecError(f"method: expected one of {', '.join(METHODS)}, found {method!r}")
    threads = checked_threads(threads)
    source = opened(frame)
    chosen = column_names(columns)
    for name in chosen or ():
        if name not in (*source.names, *source.hidden):
            raise SpecError(f"columns: {no_column(name, source.names)}")
    table = as_table(source, columns=source.names if chosen is None else chosen)
    own = {
        name: ColumnGroups(name, column, Groups.whole(), threads=threads)
        for name, column in table.columns.items()
    }
    return correlations_of(own, method, all_named=chosen is not None)


def correlations_of(
    columns: Mapping[str, ColumnGroups], method: str, *, all_named: bool = False
) -> Correlations:
    """`correlations` of columns of one group; all_named: a column of another kind is listed, with
    a status, else left out."""
    fit = [c for c in columns.values() if is_correlated(c, method)]
    table = pair_table(fit, method)
    place = {column.name: at for at, column in enumerate(fit)}
    listed = list(columns.values()) if all_named else fit
    rows = []
    for a, b in combinations(listed, 2):
        texts = column_text(a.name), column_text(b.name)
        if a.name not in place or b.name not in place:
            rows.append(Correlation(*texts, None, 0, "not_applicable"))
            continue
        at = 0, place[a.name], place[b.name]
        value, status = float(table.value[at]), STATUSES[int(table.status[at])].name
        known = None if np.isnan(value) else value
        rows.append(Correlation(*texts, known, int(table.rows[at]), status))
    rows.sort(key=lambda row: -1.0 if row.value is None else abs(row.value), reverse=True)
    return Correlations(rows, method=method, columns=[column_text(c.name) for c in listed])


def is_correlated(column: ColumnGroups, method: str) -> bool:
    """Whether the method is one for that kind of column."""
    if column.whole.refused is not None:
        return False
    if method == "cramers_v":
        return column.kind == CATEGORICAL
    return column.whole.is_number and column.kind != TEMPORAL
