"""Columns cut into few segments each: numbers between quantiles, categories, missing values."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift._core import Categories, Column
from simdrift._types import Floats
from simdrift.columns.labels import dated, labels_of_times
from simdrift.metrics.names import column_text, segment_text
from simdrift.metrics.segments_search import CodedColumn

MOST_CATEGORIES = 20
"""Categories that are segments of their own, the most frequent ones; others are one together."""
MOST_LABELS = 100_000
DIGITS = 6
"""Of cuts between numbers: what a segment is called says exactly which rows it has."""
MISSING, REST = "(missing)", "(rest)"
ORDERED = frozenset({"integer", "float", "temporal"})


def cutter(
    name: str, column: Column, bins: int, categorical: bool, threads: int | None
) -> Callable[[Column], CodedColumn] | None:
    """What cuts a column as this one's values say: at its quantiles, or by its most frequent
    categories. None where it has one value, or too many categories."""
    if column.value_kind in ORDERED and not categorical:
        return _by_quantiles(name, column, bins, threads)
    return _by_category(name, column, threads)


def _by_quantiles(
    name: str, column: Column, bins: int, threads: int | None
) -> Callable[[Column], CodedColumn] | None:
    if column.null_count == len(column):
        return None
    shares = np.linspace(0.0, 1.0, bins + 1)[1:-1]
    found = _core.quantiles(column, shares, threads=threads)
    cuts = np.unique(np.array([float(f"{cut:.{DIGITS}g}") for cut in np.asarray(found).tolist()]))
    lowest = float(np.nanmin(column.to_float64()))
    cuts = cuts[(cuts > lowest) & np.isfinite(cuts)]
    if not len(cuts):
        cuts = _above(column, lowest)
    labels = _ranges(column_text(name), _shown(column, cuts))

    def cut(own: Column) -> CodedColumn:
        x = own.to_float64()
        codes = np.searchsorted(cuts, x, side="right").astype(np.int32)
        codes[np.isnan(x)] = len(cuts) + 1
        return CodedColumn(name, (*labels, segment_text([name], [MISSING])), codes)

    return cut


def _above(column: Column, lowest: float) -> Floats:
    """One cut above the lowest number, where most rows have it."""
    x = column.to_float64()
    above = x[x > lowest]
    return np.array([above.min()]) if len(above) else np.zeros(0)


def _shown(column: Column, cuts: Floats) -> list[str]:
    """The cuts as text, times in ISO 8601."""
    if column.value_kind == "temporal" and "duration" not in column.type:
        return labels_of_times(cuts.astype(np.int64), column.type, column.unit)
    return [f"{cut:.{DIGITS}g}" if abs(cut) < 1e6 else repr(float(cut)) for cut in cuts]


def _ranges(name: str, shown: list[str]) -> list[str]:
    if not shown:
        return [f"{name} is not missing"]
    inner = [f"{low} <= {name} < {high}" for low, high in pairwise(shown)]
    return [f"{name} < {shown[0]}", *inner, f"{name} >= {shown[-1]}"]


def _by_category(
    name: str, column: Column, threads: int | None
) -> Callable[[Column], CodedColumn] | None:
    table = Categories(maximum=MOST_LABELS)
    counts, _ = table.count(dated(column, threads), threads=threads)
    if table.overflow or not len(table.labels):
        return None
    order = np.argsort(-counts, kind="stable")[:MOST_CATEGORIES].tolist()
    labels = [table.labels[at] for at in order]
    texts = [segment_text([name], [label]) for label in labels]
    more = [segment_text([name], [other]) for other in (REST, MISSING)]

    def cut(own: Column) -> CodedColumn:
        known = Categories(labels, maximum=MOST_LABELS)
        codes = known.encode(dated(own, threads), threads=threads)
        if known.overflow:
            codes = np.full(len(own), len(labels), np.int32)
        return CodedColumn(name, (*texts, *more), _with_rest(codes, len(labels)))

    return cut


def _with_rest(codes: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """Codes of other categories as one, and those of missing rows as another."""
    codes = np.minimum(codes, count)
    codes[codes < 0] = count + 1
    return codes
