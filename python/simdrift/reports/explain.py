"""Which columns, and which segments, stand behind the drift: `Report.explain`.

A column's effect is its drift beyond chance in units of what matters: of a distance
(|value| - null quantile) / threshold, of a test that alerts its effect size in tenths, of a column
that is lost or has another type that of one whose rows all went missing, else 0.
Times the column's importance, where importances are given, and divided by the sum over all
columns, that is its share of the prediction's drift. A segment's effect is that of the
prediction in it (without one: the mean of its columns), times its share of the current rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from simdrift.reports.summary import ColumnLine
from simdrift.reports.verdict import is_column_drift, on_p_value, reason_among
from simdrift.results.collection import Results
from simdrift.results.histograms import Histograms
from simdrift.results.numbers import drawable
from simdrift.results.rows import Result
from simdrift.results.text import visible

TEST_SCALE = 0.1
"""An effect size of a test that counts as much as a distance at its threshold."""
LOST = 20.0
"""Effect of a column that is lost or has another type: as of one that all rows miss."""
OUTCOMES = ("prediction", "target")
STEADY = 0.005
"""Quartile ranges (and shares) that count as no change."""

Direction = Callable[[str], str]


class Driver(NamedTuple):
    """A column or a segment and its part in the drift. `share` is of the sum of effects times
    importances; None where nothing drifted beyond chance."""

    name: str
    share: float | None
    effect: float
    importance: float
    metric: str
    value: float | None
    direction: str


class Explanation:
    """Columns and segments, the largest share first; `prediction` says how that moved, `unjudged`
    names the columns that were not judged, each with why.

    >>> import numpy as np
    >>> import simdrift as sd
    >>> x = np.arange(2000.0)
    >>> before, now = {"fare": x, "tip": x % 7}, {"fare": x + 300.0, "tip": x % 7}
    >>> sd.compare(before, now).explain().columns[0].direction
    'up by 0.3 IQR'
    """

    def __init__(
        self,
        columns: list[Driver],
        segments: list[Driver],
        prediction: Driver | None,
        unjudged: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.columns = columns
        self.segments = segments
        self.prediction = prediction
        self.unjudged = tuple(unjudged)

    def __iter__(self) -> Iterator[Driver]:
        return iter(self.columns)

    def __repr__(self) -> str:
        lines = []
        if self.prediction is not None:
            name = visible(self.prediction.name)
            lines.append(f"{name} (prediction): {self.prediction.direction}")
        for what, drivers in (("column", self.columns), ("segment", self.segments)):
            shown = [driver for driver in drivers if driver.share]
            if shown:
                lines.append(f"share of the drift by {what}")
            lines += [_line(driver) for driver in shown]
            if drivers and not shown:
                named = " with an importance" if any(d.effect for d in drivers) else ""
                lines.append(f"no {what}{named} drifted beyond chance")
        if self.unjudged:
            lines.append("not judged")
        lines += [f"         {visible(name)}: {visible(why)}" for name, why in self.unjudged]
        return "\n".join(lines) or "nothing was compared"


def _line(driver: Driver) -> str:
    said = f": {driver.direction}" if driver.direction else ""
    return f"{100.0 * (driver.share or 0.0):5.1f} %  {visible(driver.name)}{said}"


def explain(
    results: Results,
    lines: list[ColumnLine],
    roles: Mapping[str, str],
    importances: Mapping[str, float] | None,
    direction: Direction,
) -> Explanation:
    """The explanation of lines over the results' last run; ValueError for importances of
    columns that were not compared."""
    whole = [line for line in lines if line.segment == ""]
    weights = _weights(whole, roles, importances)
    columns = [
        _driver(line, line.column, weights[line.column], direction)
        for line in whole
        if line.column in weights
    ]
    outcome = next((line for line in whole if roles.get(line.column) == "prediction"), None)
    prediction = None if outcome is None else _driver(outcome, outcome.column, 1.0, direction)
    unjudged = [(line.column, line.unjudged.why) for line in whole if line.unjudged is not None]
    segments = _shared(_segments(results, lines, outcome))
    return Explanation(_shared(columns), segments, prediction, unjudged)


def _weights(
    lines: list[ColumnLine], roles: Mapping[str, str], importances: Mapping[str, float] | None
) -> dict[str, float]:
    features = [line.column for line in lines if roles.get(line.column) not in OUTCOMES]
    if importances is None:
        return dict.fromkeys(features, 1.0)
    unknown = sorted(set(importances) - set(features))
    if unknown:
        raise ValueError(
            f"importances: expected columns that were compared ({', '.join(features)}), found "
            f"{', '.join(unknown)}"
        )
    for name, weight in importances.items():
        if not math.isfinite(weight):
            raise ValueError(f"importances[{name!r}]: expected a finite number, found {weight!r}")
    return {name: abs(float(importances.get(name, 0.0))) for name in features}


def effect_of(row: Result) -> float:
    """Drift beyond chance in units of what matters; 0 where there is none or no threshold."""
    if row.value is None:
        return LOST if row.alert else 0.0
    if not row.threshold:
        return 0.0
    if not on_p_value(row):
        return max(0.0, abs(row.value) - (row.null_quantile or 0.0)) / row.threshold
    p_value = row.q_value if row.q_value is not None else row.p_value
    if p_value is None or p_value > row.threshold:
        return 0.0
    size = row.effect_size if row.effect_size is not None else row.value
    return abs(size) / TEST_SCALE


def _driver(line: ColumnLine, name: str, importance: float, direction: Direction) -> Driver:
    row = line.worst
    effect = effect_of(row)
    words = ""
    if effect > 0.0 and not line.segment:
        words = direction(line.column) if is_column_drift(row) and row.value is not None else ""
        own = reason_among(row, line.rows) if words else ""
        others = [one for one in line.reasons if one != own]
        words = "; ".join(filter(None, (words, words and line.other_test, *others)))
    return Driver(name, None, effect, importance, row.metric, row.value, words)


def _segments(
    results: Results, lines: list[ColumnLine], prediction: ColumnLine | None
) -> list[Driver]:
    """One driver a segment, its importance its share of the current rows."""
    found: dict[str, list[ColumnLine]] = {}
    for line in lines:
        if line.segment and (prediction is None or line.column == prediction.column):
            found.setdefault(line.segment, []).append(line)
    table = results.table
    total = int(table.n_current[table.having("segment", {""})].max(initial=0))
    drivers = []
    for segment, own in found.items():
        worst = max(own, key=lambda line: effect_of(line.worst)).worst
        effect = sum(effect_of(line.worst) for line in own) / len(own)
        rows = max((line.worst.n_current or 0 for line in own), default=0)
        share = rows / total if total else 0.0
        drivers.append(Driver(segment, None, effect, share, worst.metric, worst.value, ""))
    return drivers


def _shared(drivers: list[Driver]) -> list[Driver]:
    """With shares, the largest first; names decide between equals."""
    total = sum(driver.effect * driver.importance for driver in drivers)
    if total > 0.0:
        drivers = [d._replace(share=d.effect * d.importance / total) for d in drivers]
    return sorted(drivers, key=lambda d: (-(d.share or 0.0), -d.effect, d.name))


def shift_text(shift: float, spread: float, about: str = "") -> str:
    """In words: the change of the median in quartile ranges, else that of the quartile range;
    `about` stands before the amount.

    >>> shift_text(0.312, 1.0), shift_text(-0.5, 3.0), shift_text(0.0, 1.4)
    ('up by 0.31 IQR', 'down by 0.5 IQR', 'spread up by 40 %')
    """
    if math.isfinite(shift) and abs(shift) >= STEADY:
        return f"{'up' if shift > 0 else 'down'} by {about}{abs(shift):.2g} IQR"
    change = spread - 1.0
    if math.isfinite(change) and abs(change) >= STEADY:
        return f"spread {'up' if change > 0 else 'down'} by {about}{100.0 * abs(change):.2g} %"
    return "shape changed"


def label_text(labels: tuple[str, ...], before: list[float], now: list[float]) -> str:
    """In words: the category whose share changed most.

    >>> label_text(("a", "b"), [0.5, 0.5], [0.25, 0.75])
    "share of 'a' down from 50 % to 25 %"
    """
    at = max(range(len(labels)), key=lambda place: abs(now[place] - before[place]))
    way = "up" if now[at] > before[at] else "down"
    return f"share of {labels[at]!r} {way} from {100 * before[at]:.3g} % to {100 * now[at]:.3g} %"


def drawn_direction(histograms: Histograms) -> Direction:
    """Directions as the last histogram of a column shows them; quartiles are interpolated."""
    last = {
        column: drawn for (segment, column), drawn in histograms.newest().items() if not segment
    }

    def direction(column: str) -> str:
        histogram = last.get(column)
        if histogram is None or not sum(histogram.reference) or not sum(histogram.current):
            return ""
        before, now = list(histogram.reference), list(histogram.current)
        labels, edges = histogram.labels, list(histogram.edges or ())
        bins = len(edges) + 1 if labels is None else len(labels)
        if not len(before) == len(now) == bins or not all(map(drawable, (*before, *now))):
            return ""
        if labels is not None:
            return label_text(labels, _shares(before), _shares(now))
        if len(edges) < 2:
            return ""
        x, y = _quartiles(edges, before), _quartiles(edges, now)
        width = x[2] - x[0]
        if width <= 0.0:
            return ""
        return shift_text((y[1] - x[1]) / width, (y[2] - y[0]) / width, "about ")

    return direction


def _shares(counts: list[float]) -> list[float]:
    total = sum(counts)
    return [count / total for count in counts]


def _quartiles(edges: list[float], counts: list[float]) -> list[float]:
    """By straight lines within cells; the open outer cells are as their one border."""
    borders, total, found = [edges[0], *edges, edges[-1]], sum(counts), []
    for share in (0.25, 0.5, 0.75):
        wanted, below = share * total, 0.0
        for low, high, count in zip(borders, borders[1:], counts, strict=True):
            if below + count >= wanted and count > 0:
                found.append(low + (high - low) * (wanted - below) / count)
                break
            below += count
        else:
            found.append(edges[-1])
    return found
