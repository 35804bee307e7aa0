"""`outliers`: rows of one frame that lie far from the others, or from a reference's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from simdrift._errors import SpecError
from simdrift.columns import Table, as_table, opened
from simdrift.metrics import outliers as rules
from simdrift.metrics.checks import checked_threads
from simdrift.metrics.columns import TEMPORAL, CurrentColumn
from simdrift.metrics.listing import Listing
from simdrift.metrics.names import column_text
from simdrift.monitoring.roles import column_names, no_column

Rule = Literal["iqr", "zscore", "mad", "percentile", "mahalanobis"]
TOP = 10


class Outlier(NamedTuple):
    """A row that lies far away: its number from 0, its id where a column of ids was named, the
    value (None of several columns), its distance, and, of several columns, the p-value of that."""

    column: str
    row: int
    id: object
    value: float | None
    distance: float
    p_value: float | None


class OutlierShare(NamedTuple):
    """How many rows of a column are outliers. `share` is of the rows that take part, None where
    `status` says why there are none; `low`, `high`: the fences."""

    column: str
    outliers: int
    rows: int
    share: float | None
    low: float | None
    high: float | None
    status: str
    reason: str


class Outliers(Listing[OutlierShare]):
    """The share of outliers of each column, or of all columns together under the name ''; `worst`
    are the rows farthest away, of each column at most so many as were asked for."""

    def __init__(
        self, rows: Sequence[OutlierShare], worst: Sequence[Outlier], *, method: str
    ) -> None:
        self.method = method
        self.worst = Listing(Outlier, worst, f"{method}: the farthest rows")
        super().__init__(OutlierShare, rows, f"outliers by {method}")

    def __repr__(self) -> str:
        return f"Outliers({self.method}, columns: {len(self)}, worst: {len(self.worst)})"


class _Keys:
    """The id of a row; None without a column of them."""

    def __init__(self, table: Table, name: str | None) -> None:
        self._column = None if name is None else table.columns[name]

    def __call__(self, row: int) -> object:
        column = self._column
        if column is None or not hasattr(column, "take"):
            return None
        own = column.take(np.array([row], np.int64))
        if own.value_kind == "text":
            return own.to_text()[0]
        if own.null_count:
            return None
        if own.value_kind in ("integer", "temporal"):
            return int(own.to_int64()[0][0])
        return float(own.to_float64()[0])


def outliers(
    current: object,
    reference: object = None,
    *,
    method: Rule = "iqr",
    limit: float | None = None,
    columns: str | Sequence[str] | None = None,
    top: int = TOP,
    ids: str | None = None,
    threads: int | None = None,
) -> Outliers:
    """The rows of each column of numbers that lie far from the reference's, or, without one, from
    the column's own.

    `method`: 'iqr', beyond `limit` quartile ranges (1.5) from the quartiles; 'zscore', beyond
    `limit` standard deviations (3) from the mean; 'mad', beyond `limit` scaled median absolute
    deviations (3.5) from the median; 'percentile', below the share `limit` (0.01) of values or
    above 1 less it; 'mahalanobis', all columns together: a squared Mahalanobis distance whose
    p-value (chi-squared) is below `limit` (0.001). Both frames as `compare` takes them. `columns`:
    which (default: all numbers but `ids`). `top`: how many of the farthest rows of each column are
    listed, by row number and, where `ids` names a column, by its value. Rows that are missing take
    no part. SpecError for an argument that can't be used; data never raise.

    >>> import numpy as np
    >>> found = outliers({"x": np.append(np.arange(99.0), 1e6)})
    >>> found[0].outliers, found.worst[0].row
    (1, 99)
    """
    checked = _checked_limit(method, limit)
    threads = checked_threads(threads)
    if isinstance(top, bool) or not isinstance(top, int) or top < 0:
        raise SpecError(f"top: expected a number of rows, 0 or more, found {top!r}")
    table = _table(current, "current", columns, ids)
    before = table if reference is None else _table(reference, "reference", columns, None)
    names = [
        name
        for name in (table.columns if columns is None else column_names(columns) or ())
        if name != ids
    ]
    sides = _sides(table, before, names, threads, named=columns is not None)
    keys = _Keys(table, ids)
    if method == "mahalanobis":
        return _together(sides, checked, top, keys)
    shares, worst = [], []
    for name, now, then in sides:
        share, far = _alone(name, now, then, method, checked, top)
        shares.append(share)
        if far is not None:
            found = zip(far.places.tolist(), far.values, far.distances, strict=True)
            worst += [
                Outlier(share.column, row, keys(row), float(value), float(distance), None)
                for row, value, distance in found
            ]
    return Outliers(shares, worst, method=method)


def _checked_limit(method: str, limit: float | None) -> float:
    known = {**rules.DEFAULTS, "mahalanobis": rules.P_VALUE}
    if method not in known:
        raise SpecError(f"method: expected one of {', '.join(known)}, found {method!r}")
    if limit is None:
        return known[method]
    most = {"percentile": 0.5, "mahalanobis": 1.0}.get(method, np.inf)
    if isinstance(limit, bool) or not isinstance(limit, (int, float)) or not 0.0 < limit < most:
        raise SpecError(f"limit: expected a number above 0 and below {most:g}, found {limit!r}")
    return float(limit)


def _table(
    data: object, argument: str, columns: str | Sequence[str] | None, ids: str | None
) -> Table:
    source = opened(data, argument=argument)
    wanted = source.names if columns is None else column_names(columns) or ()
    for name in (*wanted, *([] if ids is None else [ids])):
        if name not in (*source.names, *source.hidden):
            key = "ids" if name == ids else "columns"
            raise SpecError(f"{key}: {no_column(name, source.names)}")
    chosen = [*wanted, *([] if ids is None or ids in wanted else [ids])]
    return as_table(source, argument=argument, columns=chosen)


_Side = tuple[str, CurrentColumn, CurrentColumn | None]


def _sides(
    table: Table, before: Table, names: Sequence[str], threads: int | None, *, named: bool
) -> list[_Side]:
    """Each column with the reference's of that name, None where that has no such column. Columns
    that are no numbers are left out, unless they were named."""
    sides: list[_Side] = []
    for name in names:
        now = CurrentColumn(name, table.columns[name], threads=threads)
        then = None
        if name in before.columns:
            then = CurrentColumn(name, before.columns[name], threads=threads)
        if named or _is_fit(now):
            sides.append((name, now, then))
    return sides


def _is_fit(column: CurrentColumn) -> bool:
    numbers = column.value_kind in ("integer", "float")
    return column.refused is None and numbers and column.kind != TEMPORAL


def _lacking(name: str, now: CurrentColumn, then: CurrentColumn | None) -> OutlierShare | None:
    """Why a column has no outliers, before any is looked for."""
    status = "ok"
    if not _is_fit(now):
        status = "not_applicable"
    elif then is None:
        status = "new_column"
    elif not _is_fit(then):
        status = "type_changed"
    if status == "ok":
        return None
    return OutlierShare(column_text(name), 0, 0, None, None, None, status, "")


def _alone(
    name: str, now: CurrentColumn, then: CurrentColumn | None, method: str, limit: float, top: int
) -> tuple[OutlierShare, rules.Far | None]:
    lacking = _lacking(name, now, then)
    if lacking is not None or then is None:
        return lacking or OutlierShare(name, 0, 0, None, None, None, "error", ""), None
    fences = rules.fences_of(then, method, limit)
    status = fences.status if now.rows else "empty"
    if status != "ok":
        return OutlierShare(column_text(name), 0, 0, None, None, None, status, ""), None
    far = rules.beyond(now, fences, then.base, top)
    if not far.rows:
        return OutlierShare(column_text(name), 0, 0, None, None, None, "all_null", ""), None
    ends = float(fences.low + then.base), float(fences.high + then.base)
    share = far.outliers / far.rows
    return OutlierShare(column_text(name), far.outliers, far.rows, share, *ends, "ok", ""), far


def _together(sides: Sequence[_Side], limit: float, top: int, keys: _Keys) -> Outliers:
    """All columns that both sides have, as one."""
    usable = [(name, now, then) for name, now, then in sides if _lacking(name, now, then) is None]
    before = [then for _, _, then in usable if then is not None]
    now = [own for _, own, _ in usable]

    def without(status: str, reason: str = "") -> Outliers:
        row = OutlierShare("", 0, 0, None, None, None, status, reason)
        return Outliers([row], [], method="mahalanobis")

    if not usable:
        return without("not_applicable", "no column of numbers is in both")
    found = rules.ellipsoid_of(before)
    if isinstance(found, str):
        return without(found)
    if found.dependent >= 0:
        column = usable[found.dependent][0]
        return without(
            "constant",
            f"the covariance is singular: column {column_text(column)!r} is constant or follows "
            "from the columns before it; leave it out by columns=[...]",
        )
    squared = rules.squared_distances(now, [own.base for own in before], found)
    p_values = rules.distance_ps(squared, len(usable))
    known, out = int(np.count_nonzero(~np.isnan(squared))), np.flatnonzero(p_values < limit)
    if not known:
        return without("all_null" if len(squared) else "empty")
    share = OutlierShare("", len(out), known, len(out) / known, None, None, "ok", "")
    worst = out[np.lexsort((out, -squared[out]))[:top]].tolist()
    rows = [
        Outlier("", row, keys(row), None, float(squared[row]), float(p_values[row]))
        for row in worst
    ]
    return Outliers([share], rows, method="mahalanobis")
