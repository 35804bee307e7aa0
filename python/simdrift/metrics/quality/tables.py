"""Quality of a whole table: missing cells, and rows and columns that are empty or occur twice.

Missing values, null or NaN, equal each other here, as they do for pandas' `duplicated`. A row's
hash only says where to look: rows are compared before they count as equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift.catalogue.metric import Metric
from simdrift.catalogue.statuses import CODES
from simdrift.metrics.columns import NULL, ORDERED, TABLE
from simdrift.metrics.decide import Decided
from simdrift.metrics.evaluate import attempt
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.outcomes import OK_CODE, Rows
from simdrift.metrics.quality.base import Statistic, decided_rows, floats, statistic_record
from simdrift.metrics.registry import measures, records_of
from simdrift.metrics.row_codes import missing_rows
from simdrift.metrics.values import EMPTY, ERROR, Outcome

ALMOST = 0.99
"""Columns of which so many rows are equal are almost duplicates."""
_SAMPLE, _LIKELY = 1024, 0.9
"""Rows that are compared of every pair of columns, and the share of them that must be equal for
all rows to be compared."""
_NOTHING_COUNTED = "not_applicable"


def _record(name: str, title: str, formula: str, unit: str) -> Metric:
    bounds = (0.0, 1.0) if unit == "share" else (0.0, None)
    return statistic_record(
        name,
        title,
        "rows and columns",
        formula,
        kinds=(TABLE,),
        unit=unit,
        bounds=bounds,
        better="lower",
        statuses=("empty",),
    )


@measures(
    statistic_record(
        "columns",
        "columns",
        "rows and columns",
        "number of columns",
        kinds=(TABLE,),
        unit="columns",
    )
)
def _cells(columns: Mapping[str, ColumnGroups], groups: int) -> list[Statistic]:
    """Rows, columns and the share of missing cells."""
    known = _known(columns)
    none = np.zeros(groups, np.int64)
    rows = _rows(columns, groups)
    cells = sum((column.rows for column in known), none)
    missing = sum((column.missing for column in known), none)
    with np.errstate(invalid="ignore"):
        share = missing / cells
    empty = np.where(cells > 0, OK_CODE, CODES[EMPTY]).astype(np.uint8)
    return [
        Statistic("rows", floats(rows)),
        Statistic("columns", np.full(groups, float(len(columns)))),
        Statistic("missing_share", share, empty),
    ]


def _known(columns: Mapping[str, ColumnGroups]) -> list[ColumnGroups]:
    """The columns of which at least the missing rows are known."""
    return [c for c in columns.values() if c.whole.refused is None or c.presence is not None]


def _rows(columns: Mapping[str, ColumnGroups], groups: int) -> Rows:
    """(G,) rows of the table."""
    none = np.zeros(groups, np.int64)
    rows: Rows = np.max([none, *(column.rows for column in _known(columns))], axis=0)
    return rows


def _readable(columns: Mapping[str, ColumnGroups]) -> list[ColumnGroups]:
    """The columns whose values can be compared; of others it is known at most what is missing."""
    return [column for column in columns.values() if column.whole.refused is None]


@measures(
    _record(
        "duplicate_rows",
        "duplicate rows",
        "rows that equal one before them in every column",
        "rows",
    ),
    _record("duplicate_share", "share of duplicate rows", "duplicate rows over all", "share"),
    _record("empty_rows", "empty rows", "rows that are missing in every column", "rows"),
)
def _whole_rows(columns: Mapping[str, ColumnGroups], groups: int) -> list[Statistic]:
    """Duplicate and empty rows, over the columns that can be read."""
    readable = _readable(columns)
    rows = floats(_rows(columns, groups))
    if not readable:
        none = np.full(groups, np.nan)
        code = np.full(groups, CODES[_NOTHING_COUNTED], np.uint8)
        names = ("duplicate_rows", "duplicate_share", "empty_rows")
        return [Statistic(name, none, code) for name in names]
    duplicates, empty_rows = duplicates_of(readable)
    with np.errstate(invalid="ignore"):
        share = duplicates / rows
    empty = np.where(rows > 0, OK_CODE, CODES[EMPTY]).astype(np.uint8)
    return [
        Statistic("duplicate_rows", floats(duplicates)),
        Statistic("duplicate_share", share, empty),
        Statistic("empty_rows", floats(empty_rows)),
    ]


def _names_rows(column: ColumnGroups) -> NDArray[np.bool_]:
    """(G,) whether it is known that no row is missing and no value occurs twice."""
    order = None if column.kind not in ORDERED else column.near.known_order
    if order is None:
        return np.zeros(len(column), bool)
    return np.asarray((column.missing == 0) & (order.distinct == column.rows))


def duplicates_of(columns: Sequence[ColumnGroups]) -> tuple[Rows, Rows]:
    """(G,) rows that equal one before them in all of these columns, and rows that are missing in
    all of them. None where a column is known to name its rows."""
    named = np.logical_or.reduce([_names_rows(column) for column in columns])
    if named.all():
        return np.zeros(len(named), np.int64), np.zeros(len(named), np.int64)
    ranges = [column.ranges for column in columns]
    _, starts, stops = ranges[0]
    own = [column for column, _, _ in ranges]
    found = _core.row_counts_groups(own, starts, stops, threads=columns[0].threads)
    return found["duplicates"], found["empty"]


@measures(
    _record(
        "key_duplicates", "repeated keys", "rows whose key is that of a row before them", "rows"
    ),
    _record("key_missing", "missing keys", "rows in which a part of the key is missing", "rows"),
)
def key_statistics(key: Sequence[ColumnGroups]) -> list[Decided]:
    """Whether a key, of one column or several, names one row each. Rows without a key are counted
    on their own."""

    def counted() -> list[Statistic]:
        repeated, without = duplicates_of(key)
        nameless = np.maximum(without - 1, 0)  # they repeat each other
        missing = without if len(key) == 1 else _missing_in_any(key)
        return [
            Statistic("key_duplicates", floats(repeated - nameless)),
            Statistic("key_missing", floats(missing)),
        ]

    found = attempt("quality.key_duplicates", "", counted)
    if isinstance(found, Outcome):
        found = _failed(("key_duplicates", "key_missing"), len(key[0]))
    return decided_rows(None, found, key[0].rows)


def _missing_in_any(key: Sequence[ColumnGroups]) -> Rows:
    """(G,) rows in which one of the columns is missing."""
    absent = np.logical_or.reduce([missing_rows(column.ranges[0]) for column in key])
    before = np.concatenate([[0], np.cumsum(absent)])
    _, starts, stops = key[0].ranges
    return np.asarray(before[stops] - before[starts], np.int64)


_OF_COLUMNS = (
    "empty_columns",
    "constant_columns",
    "duplicate_columns",
    "almost_duplicate_columns",
)


@measures(
    _record(
        "empty_columns", "empty columns", "columns without a row that is not missing", "columns"
    ),
    _record("constant_columns", "constant columns", "columns that have one value alone", "columns"),
    _record(
        "duplicate_columns",
        "duplicate columns",
        "columns that equal one before them in every row, empty ones aside",
        "columns",
    ),
    _record(
        "almost_duplicate_columns",
        "almost duplicate columns",
        "columns that equal one before them in 99 % of the rows or more, but not in all",
        "columns",
    ),
)
def _whole_columns(columns: Mapping[str, ColumnGroups], groups: int) -> list[Statistic]:
    """How many columns are empty, constant, duplicates or almost so."""
    known, rows = _known(columns), _rows(columns, groups)
    empty = sum((column.missing == column.rows for column in known), np.zeros(groups, np.int64))
    status = np.where(rows > 0, OK_CODE, CODES[EMPTY]).astype(np.uint8)
    readable = [column for column in _readable(columns) if column.kind != NULL]
    constant = sum((column.distinct[0] == 1 for column in readable), np.zeros(groups, np.int64))
    equal, almost = duplicate_columns(readable, rows)
    counts = (empty, constant, equal.sum(axis=0), almost.sum(axis=0))
    return [
        Statistic(name, floats(count), status)
        for name, count in zip(_OF_COLUMNS, counts, strict=True)
    ]


def duplicate_columns(
    columns: Sequence[ColumnGroups], rows: Rows
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(K, G): whether a column equals one before it in every row, and whether it only almost
    does. Numbers are compared with numbers of their own type, text with categories, too."""
    equal = np.zeros((len(columns), len(rows)), bool)
    almost = np.zeros_like(equal)
    has_values = [np.asarray(column.valid > 0) for column in columns]
    for one, other in _likely_pairs(columns):
        a, b = columns[one], columns[other]
        own, starts, stops = a.ranges
        same = _core.equal_rows_groups(own, b.ranges[0], starts, stops, threads=a.threads)
        both = has_values[one] & has_values[other]
        equal[other] |= both & (same == rows)
        almost[other] |= both & (same >= ALMOST * rows)
    return equal, almost & ~equal


def _likely_pairs(columns: Sequence[ColumnGroups]) -> list[tuple[int, int]]:
    """Pairs of columns of one kind that agree in most rows of a sample, of some group."""
    by_kind: dict[tuple[str, str | None], list[int]] = {}
    for place, column in enumerate(columns):
        by_kind.setdefault((column.whole.value_kind, column.whole.unit), []).append(place)
    return [
        pair
        for places in by_kind.values()
        if len(places) > 1
        for pair in _alike([columns[place] for place in places], places)
    ]


def _alike(columns: Sequence[ColumnGroups], places: Sequence[int]) -> list[tuple[int, int]]:
    _, starts, stops = columns[0].ranges
    each = max(8, _SAMPLE // max(len(starts), 1))
    rows = [_evenly(a, b, each) for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]
    taken = np.concatenate([*rows, np.zeros(0, np.int64)])
    if not len(taken):
        return []
    firsts = np.concatenate([[0], np.cumsum([len(own) for own in rows if len(own)])])[:-1]
    hashes = [_core.row_hashes([column.ranges[0].take(taken)])[:, 0] for column in columns]
    sizes = np.diff(np.append(firsts, len(taken)))
    found = []
    for i, j in combinations(range(len(columns)), 2):
        same = np.add.reduceat((hashes[i] == hashes[j]).astype(np.int64), firsts)
        if (same >= _LIKELY * sizes).any():
            found.append((places[i], places[j]))
    return found


def _evenly(start: int, stop: int, most: int) -> NDArray[np.int64]:
    """At most so many of the rows, evenly apart."""
    count = min(stop - start, most)
    return start + np.arange(count, dtype=np.int64) * (stop - start) // max(count, 1)


_Part = Callable[[Mapping[str, ColumnGroups], int], list[Statistic]]
_PARTS: dict[_Part, tuple[str, ...]] = {
    _cells: ("rows", "columns", "missing_share"),
    **{
        part: tuple(one.short for one in records_of(part)) for part in (_whole_rows, _whole_columns)
    },
}
STATISTICS = tuple(name for names in _PARTS.values() for name in names)
"""Every statistic of a table, in the order of rows."""


def table_statistics(
    columns: Mapping[str, ColumnGroups], groups: int, statistics: Iterable[str] | None = None
) -> list[Decided]:
    """The `quality.*` rows of the table itself: all, or those named."""
    wanted = None
    if statistics is not None:
        wanted = frozenset(name.removeprefix("quality.") for name in statistics)
    rows: list[Decided] = []
    for part, names in _PARTS.items():
        if wanted is not None and wanted.isdisjoint(names):
            continue
        found = attempt("quality", "", lambda part=part: part(columns, groups))  # type: ignore[misc]
        if isinstance(found, Outcome):
            found = _failed(names, groups)
        kept = [one for one in found if wanted is None or one.name in wanted]
        rows += decided_rows(None, kept, _rows(columns, groups)) if kept else []
    return rows


def _failed(names: Iterable[str], groups: int) -> list[Statistic]:
    """The statistics of a part that raised."""
    value, code = np.full(groups, np.nan), np.full(groups, CODES[ERROR], np.uint8)
    return [Statistic(name, value, code) for name in names]
