"""A panel's rows as a drawing: the same kinds that Grafana draws."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Final, NamedTuple

from markupsafe import Markup

from simdrift.dashboards.panels import Panel, Step, Unit
from simdrift.drawing import svg
from simdrift.drawing.labels import number, time_label, unbroken_percent
from simdrift.drawing.text import shorten
from simdrift.drawing.timeline import Mark, Timeline
from simdrift.results.numbers import drawable
from simdrift.results.text import visible

MOST_LINES: Final = 8
MOST_HEAT_ROWS: Final = 40
MOST_TABLE_ROWS: Final = 50
_DIGITS: Final = 2  # of the range of an axis that its ends are rounded to
_YEAR: Final = 365.25 * 86_400  # seconds
_GRID: Final = ((0.25, "grid"), (0.5, "grid"), (0.75, "grid"))
_COLOURS: Final = ("green", "yellow", "orange", "red", "blue")
Rows = Sequence[tuple[Any, ...]]


class Key(NamedTuple):
    """A line in the legend."""

    name: str
    style: str


class HeatRow(NamedTuple):
    """One line of a heat map."""

    name: str
    drawing: Markup


class Drawing(NamedTuple):
    """What a template needs to show a panel; only what its kind has is filled."""

    kind: str
    image: Markup | None = None
    big: str = ""
    tone: str = ""
    top: str = ""
    middle: str = ""
    bottom: str = ""
    legend: tuple[Key, ...] = ()
    marks: tuple[Mark, ...] = ()
    heat: tuple[HeatRow, ...] = ()
    headings: tuple[str, ...] = ()
    figures: tuple[bool, ...] = ()
    """Which columns of a table hold numbers."""
    cells: tuple[tuple[str, ...], ...] = ()
    more: int = 0


def draw(panel: Panel, names: Sequence[str], rows: Rows, time: Timeline) -> Drawing | None:
    """The drawing; None where there is nothing in the rows to draw."""
    if not rows:
        return None
    return _BY_KIND[panel.kind](panel, names, rows, time)


def text_of(unit: Unit, value: float | None) -> str:
    """A number with its unit.

    >>> text_of("percentunit", 0.25), text_of("s", 7200.0), text_of("x", 1.5)
    ('25\\xa0%', '2\\xa0h', '1.5×')
    """
    if value is None or not drawable(value):
        return number(value)
    if unit == "percentunit":
        return unbroken_percent(value)
    if unit == "s":
        return _duration(value)
    suffix = {"x": "×", "ms": "\u00a0ms", "reqps": "\u00a0/s", "rowsps": "\u00a0rows/s"}
    if unit == "bytes":
        return f"{number(value / 2**20)}\u00a0MiB"
    if unit == "rowsps":
        return _short(value) + suffix[unit]
    return number(value) + suffix.get(unit, "")


def _short(value: float) -> str:
    """A large number in thousands, millions or billions."""
    for size, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{number(value / size)}\u00a0{name}"
    return number(value)


def _duration(seconds: float) -> str:
    for size, name in ((_YEAR, "y"), (86_400, "d"), (3_600, "h"), (60, "min")):
        if abs(seconds) >= size:
            return f"{number(seconds / size)}\u00a0{name}"
    return f"{number(seconds)}\u00a0s"


def _tone(steps: Sequence[Step], value: float) -> str:
    """The colour of a value."""
    reached = [step.colour for step in steps if step.value is None or value >= step.value]
    return reached[-1] if reached else _COLOURS[-1]


class _Line(NamedTuple):
    name: str
    style: str
    points: list[tuple[datetime, float]]


def _lines_of(panel: Panel, names: Sequence[str], rows: Rows) -> list[_Line]:
    """Lines by the `metric` column and value columns, as Grafana's Postgres source makes them."""
    has_names = "metric" in names
    first = 1 + has_names
    found: dict[tuple[str, str], list[tuple[datetime, float]]] = {}
    for row in rows:
        for name, value in zip(names[first:], row[first:], strict=True):
            if value is not None and drawable(value):
                key = (str(row[1]) if has_names else "", name)
                found.setdefault(key, []).append((row[0], float(value)))
    several = len(names) - first > 1
    made, place = [], 0
    for (prefix, name), points in found.items():
        if name in panel.dashed:
            made.append(_Line(name, f"dashed {name}", points))
            continue
        label = f"{prefix} {name}".strip() if several and name != "value" else prefix or name
        made.append(_Line(shorten(visible(label)), f"s{place % MOST_LINES}", points))
        place += 1
    return made


def _lines(panel: Panel, names: Sequence[str], rows: Rows, time: Timeline) -> Drawing | None:
    found = _lines_of(panel, names, rows)
    data = [line for line in found if not line.style.startswith("dashed")]
    if not data:
        return None
    kept = sorted(data, key=lambda line: -max(value for _, value in line.points))[:MOST_LINES]
    levels = [line for line in found if line.style.startswith("dashed")]
    low, high = _scale(value for line in (*kept, *levels) for _, value in line.points)
    step = _step(sorted({when for line in kept for when, _ in line.points}))

    def drawn(line: _Line) -> list[svg.Point]:
        return _points(line.points, time, low, high, step)

    band = None
    if panel.band is not None:
        edges = {line.name: line for line in levels}
        if set(panel.band) <= edges.keys() and len(kept) == 1:
            lower, upper = (edges[name] for name in panel.band)
            if len(lower.points) == len(upper.points):
                band = (drawn(lower), drawn(upper))
                levels = [line for line in levels if line.name not in panel.band]
    lines = [svg.Line(drawn(line), line.style) for line in (*levels, *kept)]
    note = f"{text_of(panel.unit, low)} to {text_of(panel.unit, high)}"
    return Drawing(
        "lines",
        svg.chart(lines, [], _GRID, panel.title, note, band),
        top=text_of(panel.unit, high),
        middle=text_of(panel.unit, (low + high) / 2),
        bottom=text_of(panel.unit, low),
        legend=_legend((*kept, *levels)),
        marks=tuple(time.marks()),
        more=len(data) - len(kept),
    )


def _legend(lines: Iterable[_Line]) -> tuple[Key, ...]:
    return tuple(dict.fromkeys(Key(line.name, line.style) for line in lines))


def _scale(values: Iterable[float]) -> tuple[float, float]:
    """The ends of an axis: with 0 where the values come near it, else around them; round."""
    known = list(values)
    low, high = min(known), max(known)
    low = min(low, 0.0) if low < 0 or low < 0.5 * high else low
    room = (high - low) * 0.05 or abs(high) * 0.1 or 1.0
    digits = _DIGITS - 1 - math.floor(math.log10(high + room - low))
    return _rounded(low, digits, math.floor), _rounded(high + room, digits, math.ceil)


def _rounded(value: float, digits: int, towards: Callable[[float], int]) -> float:
    """The value to so many digits after the point (before it: negative), down or up.

    >>> _rounded(13.65, 0, math.ceil), _rounded(259_818.0, -4, math.ceil)
    (14.0, 260000.0)
    """
    if not -300 < digits < 300:
        return value
    found = towards(value * 10.0**digits) / 10.0**digits
    return round(found, max(digits, 0))


def _step(times: Sequence[datetime]) -> float:
    """The usual distance of windows in seconds."""
    steps = sorted((after - before).total_seconds() for before, after in pairwise(times))
    return steps[len(steps) // 2] if steps else float("inf")


def _points(
    points: Sequence[tuple[datetime, float]], time: Timeline, low: float, high: float, step: float
) -> list[svg.Point]:
    """Points of a line; the pen is lifted where windows are missing."""
    made: list[svg.Point] = []
    before: datetime | None = None
    for when, value in points:
        if before is not None and (when - before).total_seconds() > 1.5 * step:
            made.append(svg.Point(0.0, None))
        made.append(svg.Point(time.share(when), (value - low) / (high - low)))
        before = when
    return made


def _bars(panel: Panel, names: Sequence[str], rows: Rows, time: Timeline) -> Drawing | None:
    found = _lines_of(panel, names, rows)[:MOST_LINES]
    if not found:
        return None
    _, high = _scale([0.0, *(value for line in found for _, value in line.points)])
    step = _step(sorted({when for line in found for when, _ in line.points}))
    width = min(step / ((time.end - time.start).total_seconds() or 1.0), 0.2) * 0.8
    bars = [
        svg.Column(
            max(time.share(when) - width, 0.0),
            time.share(when),
            max(value, 0.0) / high,
            line.style,
            f"{time_label(when, time.zone)}: {text_of(panel.unit, value)}",
        )
        for line in found
        for when, value in line.points
    ]
    return Drawing(
        "bars",
        svg.columns(bars, panel.title, f"0 to {text_of(panel.unit, high)}"),
        top=text_of(panel.unit, high),
        middle=text_of(panel.unit, high / 2),
        bottom=text_of(panel.unit, 0.0),
        legend=_legend(found) if len(found) > 1 else (),
        marks=tuple(time.marks()),
    )


def _stat(panel: Panel, names: Sequence[str], rows: Rows, time: Timeline) -> Drawing | None:
    known = [row for row in rows if row[-1] is not None and drawable(row[-1])]
    if not known:
        return None
    value = float(known[-1][-1])
    trend = None
    if names[0] == "time" and len(known) > 1:
        low, high = _scale(float(row[-1]) for row in known)
        points = _points([(row[0], float(row[-1])) for row in known], time, low, high, 1e12)
        trend = svg.chart([svg.Line(points, "main")], [], [], panel.title, "trend")
    return Drawing("stat", trend, big=text_of(panel.unit, value), tone=_tone(panel.steps, value))


def _heat(panel: Panel, names: Sequence[str], rows: Rows, time: Timeline) -> Drawing | None:
    lines = sorted(
        _lines_of(panel, names, rows),
        key=lambda line: -sum(value for _, value in line.points) / len(line.points),
    )
    if not lines:
        return None
    step = _step(sorted({when for line in lines for when, _ in line.points}))
    width = min(step / ((time.end - time.start).total_seconds() or 1.0), 1.0) * 1.02

    def row(line: _Line) -> HeatRow:
        cells = [
            svg.Cell(
                max(time.share(when) - width, 0.0),
                time.share(when),
                "c-" + _tone(panel.steps, value),
                f"{time_label(when, time.zone)}: {text_of(panel.unit, value)}",
            )
            for when, value in line.points
        ]
        return HeatRow(line.name, svg.heat_row(cells, line.name, panel.description))

    legend = [
        Key(
            "less" if one.value is None else f"from {text_of(panel.unit, one.value)}",
            "c-" + one.colour,
        )
        for one in panel.steps
    ]
    return Drawing(
        "heat",
        heat=tuple(row(line) for line in lines[:MOST_HEAT_ROWS]),
        legend=tuple(legend),
        marks=tuple(time.marks()),
        more=max(len(lines) - MOST_HEAT_ROWS, 0),
    )


def _histogram(panel: Panel, _: Sequence[str], rows: Rows, __: Timeline) -> Drawing | None:
    bars = [
        svg.Bar(
            row[1],
            row[2] or 0.0,
            f"{visible(str(row[0]))}: {unbroken_percent(row[2])}, "
            f"reference {unbroken_percent(row[1])}",
        )
        for row in rows
    ]
    return Drawing(
        "histogram",
        svg.histogram(bars, panel.title, panel.description),
        legend=(Key("reference", "ref"), Key("newest window", "cur")),
        bottom=shorten(visible(str(rows[0][0])), 20),
        top=shorten(visible(str(rows[-1][0])), 20),
    )


def _table(_: Panel, names: Sequence[str], rows: Rows, time: Timeline) -> Drawing | None:
    shown = rows[:MOST_TABLE_ROWS]
    return Drawing(
        "table",
        headings=tuple(name.replace("_", " ") for name in names),
        figures=tuple(any(map(_is_figure, column)) for column in zip(*shown, strict=True)),
        cells=tuple(tuple(_cell(value, time) for value in row) for row in shown),
        more=len(rows) - len(shown),
    )


def _is_figure(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(value: object, time: Timeline) -> str:
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return time_label(value, time.zone)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(float(value))
    return shorten(visible(str(value)))


_BY_KIND: Final[dict[str, Callable[..., Drawing | None]]] = {
    "stat": _stat,
    "lines": _lines,
    "bars": _bars,
    "heat": _heat,
    "histogram": _histogram,
    "table": _table,
}
