"""The drawings of a monitor's page: which series are drawn over the windows, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from markupsafe import Markup

from simdrift.drawing import svg
from simdrift.drawing.labels import (
    metric_text,
    metric_words,
    number,
    quantile_words,
    time_label,
    window_label,
)
from simdrift.drawing.text import shorten
from simdrift.drawing.timeline import Timeline
from simdrift.metrics import registry
from simdrift.reports.ranking import Key, StandOut, series_of
from simdrift.reports.summary import ColumnLine, is_column_drift, on_p_value
from simdrift.results.collection import Results
from simdrift.results.numbers import drawable, quantile_of
from simdrift.results.rows import Result
from simdrift.results.text import visible

MOST_CHARTS = 12
CROWD = 40  # as many dots and more are drawn small
MOST_HEAT_COLUMNS = 40
MOST_HEAT_CELLS = 24_000
HEAT_LIMITS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
HEAT_WORDS = ("0", "¼", "½", "¾", "1×", "1.5×", "2×", "3×")

_FIRST = tuple(record.name for record in registry.records() if record.leads)


_OF_PAIRS = "quality.correlation"
_CHARTED = frozenset({*_FIRST, "quality.rows", "quality.mean", "quality.quantile", _OF_PAIRS})


class Chart(NamedTuple):
    """A line chart with the axis labels around it in HTML."""

    title: str
    note: str
    drawing: Markup
    top: str
    bottom: str
    flags: tuple[Flag, ...]


class Flag(NamedTuple):
    """The label of a point: where it is (shares from the lower left), its text, the sides of
    the point on which it stands ('left', 'low')."""

    x: float
    y: float
    text: str
    sides: str


class HeatRow(NamedTuple):
    """One column of the heat map."""

    name: str
    full: str
    alerts: int
    windows: int
    drawing: Markup


def heat_rows(lines: Sequence[ColumnLine], time: Timeline) -> list[HeatRow]:
    """The columns that alert most, over all windows."""
    shown = sorted(lines, key=lambda line: -line.alerts)[:MOST_HEAT_COLUMNS]
    shown = sorted(shown, key=lambda line: line.segment)  # those of a segment side by side
    shown = [line for line in shown if any(step.ratio is not None for step in line.steps)]
    step = max(1, -(-sum(len(line.steps) for line in shown) // MOST_HEAT_CELLS))
    return [_heat_row(line, time, step) for line in shown]


def _heat_row(line: ColumnLine, time: Timeline, together: int) -> HeatRow:
    known = sorted(
        (step.window_start, step.ratio, heat_class(step.ratio, step.alert))
        for step in line.steps
        if step.window_start is not None and step.ratio is not None
    )
    starts = [start for start, _, _ in known]
    width = _typical_step(starts) / _length(time) * 1.02
    reasons = {step.window_start: step.reason for step in line.steps}
    cells = []
    for place in range(0, len(known), together):
        group = known[place : place + together]
        after = place + together
        end = starts[after] if after < len(starts) else time.end
        x0 = time.share(group[0][0])
        x1 = min(time.share(end), time.share(group[-1][0]) + width, 1.0)
        day, largest, style = max(group, key=itemgetter(1))
        why = reasons.get(day) or f"{largest:.2g}×"
        cells.append(svg.Cell(x0, x1, style, f"{time_label(day, time.zone)}: {visible(why)}"))
    name = _row_name(line)
    description = f"{line.alerts} of {line.windows} windows alert"
    return HeatRow(
        name,
        _full(line),
        line.alerts,
        line.windows,
        svg.heat_row(cells, f"{name}: value over threshold by window", description),
    )


def _row_name(line: ColumnLine) -> str:
    """The column, and the segment that it is of."""
    if not line.segment:
        return shorten(line.column, 32)
    return f"{shorten(line.column, 24)} [{shorten(line.segment, 24)}]"


def _full(line: ColumnLine) -> str:
    segment = f" [{visible(line.segment[:300])}]" if line.segment else ""
    return visible(line.column[:300]) + segment


def _length(time: Timeline) -> float:
    return (time.end - time.start).total_seconds() or 1.0


def _typical_step(starts: Sequence[datetime]) -> float:
    """The commonest distance of windows in seconds: a longer one is a gap."""
    steps = sorted((after - before).total_seconds() for before, after in pairwise(starts))
    return float(steps[len(steps) // 2]) if steps else float("inf")


def heat_class(ratio: float, alert: bool | None) -> str:
    """'h0' to 'h7': how far on the way to the threshold, and past it from 'h4' on; 'hc' where
    it is past but chance explains it.

    >>> heat_class(0.1, False), heat_class(1.0, True), heat_class(9.0, True)
    ('h0', 'h4', 'h7')
    >>> heat_class(1.2, False)
    'hc'
    """
    if ratio > 1.0 and alert is False:
        return "hc"
    return f"h{sum(ratio >= limit for limit in HEAT_LIMITS)}"


def charts(
    results: Results, time: Timeline, roles: Mapping[str, str], found: Sequence[StandOut]
) -> list[Chart]:
    """The key series over the windows, the most telling first."""
    table = results.table
    kept = table.having("metric", _may_have_a_chart)
    series = series_of(results.rows_of(kept & table.having("segment", {""})))
    series = {key: rows for key, rows in series.items() if sum(drawable(r.value) for r in rows) > 1}
    marked: dict[tuple[str, str, str], list[StandOut]] = {}
    for one in found:
        marked.setdefault((one.metric, one.column, one.params), []).append(one)
    chosen = sorted(
        (key for key in series if _rank(key, series[key], roles) is not None),
        key=lambda key: _rank(key, series[key], roles) or (0, 0, ""),
    )
    made = [
        _chart(key, series[key], time, marked.get((key.metric, key.column, key.params), []))
        for key in chosen[:MOST_CHARTS]
    ]
    return made + _quantile_charts(series, time, roles)[: max(2, MOST_CHARTS - len(made))]


def _may_have_a_chart(metric: str) -> bool:
    """Whether a chart may be drawn of the metric, whatever its column (see `_rank`)."""
    return metric in _CHARTED or metric.startswith(("performance.", "drift."))


def _rank(
    key: Key, rows: Sequence[Result], roles: Mapping[str, str]
) -> tuple[int, int, str] | None:
    """Place of a series among the charts, None where it gets none."""
    alerts = sum(row.alert is True for row in rows)
    role = roles.get(key.column, "")
    if key.column == "" and key.metric in _FIRST:
        return _FIRST.index(key.metric), -alerts, key.metric
    if key.metric.startswith("performance."):
        return (10, -alerts, key.metric) if key.metric in _FIRST else (30, -alerts, key.metric)
    if role == "prediction" and is_column_drift(rows[0]) and rows[0].alert is not None:
        return 5, -alerts, key.metric
    if key.column == "" and key.metric == "quality.rows":
        return 20, -alerts, key.metric
    if role in ("target", "prediction") and key.metric == "quality.mean":
        return 21, -alerts, key.column
    if key.metric == _OF_PAIRS:
        return 40, -alerts, key.column
    return None


class _Scale(NamedTuple):
    """From values to shares of the box's height."""

    low: float
    high: float

    def share(self, value: float) -> float:
        return (value - self.low) / (self.high - self.low)


def _scale(values: Iterable[float], *, from_zero: bool) -> _Scale:
    known = list(values)
    low, high = min(known), max(known)
    if from_zero and low >= 0:
        low = 0.0
    room = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return _Scale(low if low == 0 and from_zero else low - room, high + room)


def _chart(key: Key, rows: list[Result], time: Timeline, marked: Sequence[StandOut]) -> Chart:
    text = metric_text(key.metric)
    on_value = not on_p_value(rows[0])
    threshold = next((r.threshold for r in rows if on_value and drawable(r.threshold)), None)
    kept = [row.value for row in rows if row.value is not None and drawable(row.value)]
    scale = _scale(
        kept + ([threshold] if threshold is not None else []), from_zero=_from_zero(key.metric)
    )
    points = _with_gaps([(row, row.value) for row in rows], time, scale)
    alerts = [row for row in rows if row.alert is True and drawable(row.value)]
    style = "alert" if len(alerts) < CROWD else "alert small"
    dots = [_dot(row, time, scale, text, style) for row in alerts]
    levels = [] if threshold is None else [(scale.share(threshold), "threshold")]
    middle = sorted(kept)[len(kept) // 2]
    title = _title(key)
    note = f"median {text(middle)}"
    if threshold is not None:
        note += f", threshold {text(threshold)}"
    if dots:
        note += f", {len(dots)} alert{'s' if len(dots) > 1 else ''}"
    drawing = svg.chart([svg.Line(points, "main")], dots, levels, title, note)
    return Chart(
        title, note, drawing, text(scale.high), text(scale.low), _flags(marked, time, scale, text)
    )


def _title(key: Key) -> str:
    words = metric_words(key.metric, key.params)
    return f"{words} of {shorten(key.column, 40)}" if key.column else words


def _from_zero(metric: str) -> bool:
    """Whether the axis starts at 0: the metric has no values below."""
    record = registry.record(metric)
    return record is None or record.bounds[0] == 0.0


def _dot(
    row: Result,
    time: Timeline,
    scale: _Scale,
    text: Callable[[float | None], str],
    style: str,
) -> svg.Dot:
    label = f"{window_label(row, time.zone)}: {text(row.value)}"
    return svg.Dot(_place(row, time), scale.share(row.value or 0.0), style, label)


def _place(row: Result | StandOut, time: Timeline) -> float:
    """The middle of the window."""
    if row.window_start is None or row.window_end is None:
        return 0.0
    return time.share(row.window_start + (row.window_end - row.window_start) / 2)


def _with_gaps(
    rows: Sequence[tuple[Result, float | None]], time: Timeline, scale: _Scale
) -> list[svg.Point]:
    """Points of a line, the pen lifted where windows are missing."""
    starts = [row.window_start for row, _ in rows if row.window_start is not None]
    step = _typical_step(starts)
    points: list[svg.Point] = []
    before = None
    for row, value in rows:
        start = row.window_start
        if before and start and (start - before).total_seconds() > 1.5 * step:
            points.append(svg.Point(0.0, None))
        before = start
        y = scale.share(value or 0.0) if drawable(value) else None
        points.append(svg.Point(_place(row, time), y))
    return points


def _flags(
    marked: Sequence[StandOut],
    time: Timeline,
    scale: _Scale,
    text: Callable[[float | None], str],
) -> tuple[Flag, ...]:
    """Labels of at most two points that stand out, apart from each other."""
    flags: list[Flag] = []
    for one in marked:
        x, y = _place(one, time), scale.share(one.value)
        if len(flags) < 2 and all(abs(x - flag.x) > 0.2 for flag in flags):
            sides = [name for name, here in (("left", x > 0.55), ("low", one.score < 0)) if here]
            label = f"{window_label(one, time.zone)}: {text(one.value)}"
            flags.append(Flag(x, min(max(y, 0.17), 0.95), label, " ".join(sides)))
    return tuple(flags)


def _quantile_charts(
    series: Mapping[Key, list[Result]], time: Timeline, roles: Mapping[str, str]
) -> list[Chart]:
    """One chart a column: the median as a line in the band of the outermost quantiles."""
    groups: dict[str, dict[float, list[Result]]] = {}
    for key, rows in series.items():
        q = quantile_of(key.params)
        if key.metric == "quality.quantile" and q is not None:
            groups.setdefault(key.column, {})[q] = rows
    order = sorted(groups, key=lambda column: (column not in roles, column))
    return [_quantile_chart(column, groups[column], time) for column in order]


def _quantile_chart(column: str, lines: Mapping[float, list[Result]], time: Timeline) -> Chart:
    probabilities = sorted(lines)
    middle = min(probabilities, key=lambda q: abs(q - 0.5))
    values = [
        row.value
        for rows in lines.values()
        for row in rows
        if row.value is not None and drawable(row.value)
    ]
    scale = _scale(values, from_zero=False)
    points = {
        q: _with_gaps([(row, row.value) for row in lines[q]], time, scale) for q in probabilities
    }
    low, high = points[probabilities[0]], points[probabilities[-1]]
    band = (low, high) if len(probabilities) > 1 and len(low) == len(high) else None
    words = ", ".join(quantile_words(f"q={q:g}") for q in probabilities)
    title = f"quantiles of {shorten(column, 40)}"
    drawing = svg.chart([svg.Line(points[middle], "main")], [], [], title, words, band)
    return Chart(title, words, drawing, number(scale.high), number(scale.low), ())
