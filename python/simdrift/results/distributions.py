"""A column's distribution as a small picture: reference and current over the same cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from markupsafe import Markup

from . import svg
from .labels import number, percent
from .rows import Histogram
from .text import shorten

MOST_BARS = 12


class HistogramPicture(NamedTuple):
    """A histogram with its axis and the cell that changed most."""

    picture: Markup
    left: str
    right: str
    change: str


def histogram_pictures(
    histograms: Iterable[Histogram],
) -> dict[tuple[str, str], HistogramPicture]:
    """One picture a column and segment; the windows' counts are added up where the cells are
    the same."""
    groups: dict[tuple[str, str], list[Histogram]] = {}
    for histogram in histograms:
        groups.setdefault((histogram.column, histogram.segment), []).append(histogram)
    return {
        key: made
        for key, group in groups.items()
        if (made := _histogram_picture(_pooled(group))) is not None
    }


def _pooled(group: Sequence[Histogram]) -> Histogram:
    """One histogram of all: cells of edges must agree (else the last one), labels are united."""
    last = group[-1]
    if last.edges is not None:
        same = [h for h in group if h.edges == last.edges]
        current = tuple(map(sum, zip(*(h.current for h in same), strict=True)))
        return last._replace(current=current)
    reference: dict[str, float] = {}
    total: dict[str, float] = {}
    for histogram in group:
        for place, label in enumerate(histogram.labels or ()):
            reference[label] = histogram.reference[place]
            total[label] = total.get(label, 0.0) + histogram.current[place]
    return last._replace(
        labels=tuple(total),
        reference=tuple(reference[label] for label in total),
        current=tuple(total.values()),
    )


def _histogram_picture(histogram: Histogram) -> HistogramPicture | None:
    labels = _cell_labels(histogram)
    reference, current = _shares(histogram.reference), _shares(histogram.current)
    cells = list(zip(labels, reference, current, strict=False))
    if not cells:
        return None
    if histogram.labels is not None:
        cells = _largest(cells)
    bars = [svg.Bar(r, c, f"{label}: {percent(r)} → {percent(c)}") for label, r, c in cells]
    most = max(bars, key=lambda bar: abs(bar.current - bar.reference))
    name = shorten(histogram.column, 40)
    left, right = _ends(histogram, cells)
    return HistogramPicture(
        svg.histogram(bars, f"{name}: reference and current", f"largest change {most.label}"),
        left,
        right,
        most.label if most.current != most.reference else "",
    )


def _largest(cells: list[tuple[str, float, float]]) -> list[tuple[str, float, float]]:
    """The largest categories, the rest together."""
    ordered = sorted(cells, key=lambda cell: -max(cell[1], cell[2]))
    if len(ordered) <= MOST_BARS:
        return ordered
    kept, rest = ordered[: MOST_BARS - 1], ordered[MOST_BARS - 1 :]
    words = f"{len(rest)} others"
    return [*kept, (words, sum(c[1] for c in rest), sum(c[2] for c in rest))]


def _shares(counts: Sequence[float]) -> list[float]:
    total = sum(counts)
    return [value / total if total else 0.0 for value in counts]


def _cell_labels(histogram: Histogram) -> list[str]:
    if histogram.labels is not None:
        return [shorten(label, 30) for label in histogram.labels]
    edges = [number(edge, 4) for edge in histogram.edges or ()]
    if not edges:
        return ["all"]
    inner = [f"{a} to {b}" for a, b in pairwise(edges)]
    return [f"below {edges[0]}", *inner, f"from {edges[-1]}"]


def _ends(histogram: Histogram, cells: Sequence[tuple[str, float, float]]) -> tuple[str, str]:
    if histogram.edges:
        return number(histogram.edges[0]), number(histogram.edges[-1])
    return cells[0][0], cells[-1][0] if len(cells) > 1 else ""
