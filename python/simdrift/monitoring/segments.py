"""Segments: the rows in which columns have certain values, compared with the reference's own.

The reference decides which segments there are: of each asked-for column, or combination of
columns, the values with the most reference rows. They stay the same in every window; one
without rows there has the status 'empty'.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._core import Categories, Column
from simdrift.columns import Table
from simdrift.columns.labels import dated
from simdrift.metrics.groups import Groups
from simdrift.metrics.names import segment_text

MOST_SEGMENTS = 50
"""Of each column or combination of columns."""
LEAST_ROWS = 100
"""Reference rows of a segment; with fewer there is nothing to compare with."""
MOST_LABELS = 10_000
MOST_SMALL = 32_767
"""Codes that 16 bits hold."""
log = logging.getLogger("simdrift")

Names = tuple[str, ...]
Rows = NDArray[np.int64]


class Segment(NamedTuple):
    """Columns and the value that each of them has.

    >>> Segment(("zone", "kind"), ("7", "street")).text
    'zone=7 & kind=street'
    """

    columns: Names
    values: tuple[str, ...]

    @property
    def text(self) -> str:
        """What result rows call it."""
        return segment_text(self.columns, self.values)


def found_segments(table: Table, wanted: Sequence[Names], threads: int | None) -> list[Segment]:
    """The segments that the reference's rows give, most rows first."""
    segments: list[Segment] = []
    for columns in wanted:
        labels, codes = _coded(table, columns, (), threads)
        if codes is None:
            log.warning("segments of %s: no such categories in the reference", " & ".join(columns))
            continue
        counts = np.bincount(codes[codes >= 0])
        order = np.argsort(-counts, kind="stable")
        enough = [code for code in order.tolist() if counts[code] >= LEAST_ROWS]
        if len(enough) > MOST_SEGMENTS:
            log.warning(
                "segments of %s: the %d with the most reference rows, of %d",
                " & ".join(columns),
                MOST_SEGMENTS,
                len(enough),
            )
        segments += [Segment(columns, labels[code]) for code in enough[:MOST_SEGMENTS]]
    return segments


def rows_by_segment(
    table: Table, segments: Sequence[Segment], threads: int | None
) -> dict[str, Rows]:
    """The rows of each segment, ascending, by its text."""
    found: dict[str, Rows] = {}
    for columns in dict.fromkeys(segment.columns for segment in segments):
        own = [segment for segment in segments if segment.columns == columns]
        labels, codes = _coded(table, columns, own, threads)
        place = {label: code for code, label in enumerate(labels)}
        rows = _grouped(codes, len(labels))
        for segment in own:
            code = place.get(segment.values)
            found[segment.text] = np.zeros(0, np.int64) if code is None else rows[code]
    return found


def _grouped(codes: NDArray[np.int64] | None, count: int) -> list[Rows]:
    """The rows of each code, ascending."""
    if codes is None:
        return []
    small = codes.astype(np.int16) if count <= MOST_SMALL else codes  # NumPy sorts these by digits
    order = np.argsort(small, kind="stable").astype(np.int64, copy=False)
    ends = np.cumsum(np.bincount(codes + 1, minlength=count + 1))
    return np.split(order, ends)[1:-1]


def segment_tables(
    table: Table, segments: Sequence[Segment], names: Sequence[str], threads: int | None
) -> dict[str, Table]:
    """The rows of each segment as a table of these columns."""
    if not segments:
        return {}
    kept = table.among(names)
    rows = rows_by_segment(table, segments, threads)
    return {text: kept.take(order) for text, order in rows.items()}


def segment_groups(
    table: Table, segments: Sequence[Segment], names: Sequence[str], threads: int | None
) -> tuple[Table, Groups]:
    """The rows of each segment as a group of one table of these columns."""
    found = rows_by_segment(table, segments, threads)
    rows = [found[segment.text] for segment in segments]
    stops = np.cumsum([len(own) for own in rows], dtype=np.int64)
    starts = np.concatenate([[0], stops[:-1]])
    return table.among(names).take(np.concatenate(rows)), Groups(starts, stops)


def _coded(
    table: Table, columns: Names, known: Sequence[Segment], threads: int | None
) -> tuple[list[tuple[str, ...]], NDArray[np.int64] | None]:
    """Combinations of labels and each row's place among them, -1 where a column is missing;
    None where a column is absent, refused or has too many values. The labels of known segments
    come first, so that rows of others need not be told apart."""
    tables, total = [], None
    for place, name in enumerate(columns):
        column = table.columns.get(name)
        if not isinstance(column, Column):
            return [], None
        found = Categories(
            list(dict.fromkeys(segment.values[place] for segment in known)), MOST_LABELS
        )
        codes = found.encode(dated(column, threads), threads=threads).astype(np.int64)
        if found.overflow:
            return [], None
        size = len(found.labels)
        together = codes if total is None else total * size + codes
        missing = codes < 0 if total is None else (codes < 0) | (total < 0)
        total = np.where(missing, -1, together)
        tables.append(found.labels)
    if total is None:
        return [], None
    return _compact(tables, total)


def _compact(
    tables: Sequence[Sequence[str]], codes: NDArray[np.int64]
) -> tuple[list[tuple[str, ...]], NDArray[np.int64]]:
    """Only the combinations that have rows: their labels, and the codes counted from 0."""
    if len(tables) == 1:
        return [(label,) for label in tables[0]], codes
    used, place = np.unique(codes, return_inverse=True)
    sizes = [len(table) for table in tables]
    labels = [
        tuple(table[at] for table, at in zip(tables, np.unravel_index(code, sizes), strict=True))
        for code in used.tolist()
        if code >= 0
    ]
    return labels, place.astype(np.int64) - int(bool(len(used)) and used[0] < 0)
