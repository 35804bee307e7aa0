"""The model's block of a report: its scores before and now, what alerts, the confusion table and
curves. Text, page and notebook read the same lines, which are made of result rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from markupsafe import Markup

from simdrift.drawing import svg
from simdrift.drawing.labels import count, metric_words, number, p_text, status_words
from simdrift.metrics import registry
from simdrift.reports.performance import PerformanceChange, is_worse, signed
from simdrift.reports.verdict import reason
from simdrift.results.rows import Result
from simdrift.results.text import visible

MOST_LABELS: Final = 20
MOST_POINTS: Final = 300
"""Of a curve that are drawn."""
SURE: Final = 0.05
_LOST: Final = {"missing_column": "lost", "type_changed": "other labels"}
_PAIR: Final = re.compile(r"target=(?P<target>.*),prediction=(?P<prediction>.*)", re.DOTALL)
_BINARY: Final = ("true_positives", "false_negatives", "false_positives", "true_negatives")
_COUNTS: Final = frozenset({"confusion", *_BINARY})


class ModelLine(NamedTuple):
    """One score, all as text: 'accuracy', its value before and now with its interval, the change
    with its interval, q, the verdict in a word, and why there is an alert or no value."""

    name: str
    segment: str
    before: str
    now: str
    interval: str
    change: str
    change_interval: str
    chance: str
    word: str
    note: str
    alert: bool | None
    said: str = ""
    """What the metric said: why it has no value, or which rows were left out."""


class Confusion(NamedTuple):
    """Rows by label of the target (down) and predicted label (across)."""

    labels: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]

    def shares(self) -> tuple[tuple[float, ...], ...]:
        """Of the rows of each label of the target."""
        return tuple(tuple(n / (sum(row) or 1.0) for n in row) for row in self.rows)


class CurveLine(NamedTuple):
    """One side's line, 'before' or 'now': points from 0 to 1."""

    style: str
    x: tuple[float, ...]
    y: tuple[float, ...]


class Curve(NamedTuple):
    """A curve of the model: what is across and up, whether its diagonal means something, and the
    lines of both sides."""

    title: str
    across: str
    up: str
    diagonal: bool
    lines: tuple[CurveLine, ...]

    def drawing(self) -> Markup:
        """The lines in a box from 0 to 1."""
        lines = [svg.Line([svg.Point(0.0, 0.0), svg.Point(1.0, 1.0)], "even")]
        lines = lines if self.diagonal else []
        for line in self.lines:
            points = [
                svg.Point(x, min(max(y, 0.0), 1.0)) for x, y in zip(line.x, line.y, strict=True)
            ]
            lines.append(svg.Line(points, line.style))
        return svg.chart(lines, [], [], self.title, f"{self.up} by {self.across}")


def is_of_model(row: Result) -> bool:
    """Whether it is a row of the model's performance."""
    return row.metric.startswith("performance.")


def model_lines(
    rows: Sequence[Result],
    changes: Sequence[PerformanceChange] = (),
    reasons: Mapping[tuple[str, str, str], str] | None = None,
    *,
    every_segment: bool = False,
) -> list[ModelLine]:
    """The scores of one window: those of all rows in their order, then segments that alert, or
    every one. `changes` have the intervals of changes, where somebody knows them; `reasons`: what
    the metrics said, by segment, column and metric."""
    known = {(change.metric, change.params): change for change in changes}
    said = reasons or {}
    scores = [row for row in rows if is_of_model(row) and _is_shown(row)]
    whole = [row for row in scores if not row.segment]
    parts = [row for row in scores if row.segment and (row.alert or every_segment)]
    return [
        _line(
            row,
            None if row.segment else known.get((row.metric, row.params)),
            said.get((row.segment, row.column, row.metric), ""),
        )
        for row in (*whole, *parts)
    ]


def _is_shown(row: Result) -> bool:
    """Not the cells of a confusion table, which is shown as one."""
    return row.metric.removeprefix("performance.") not in _COUNTS


def _line(row: Result, change: PerformanceChange | None, said: str = "") -> ModelLine:
    before = None
    if row.value is not None and row.effect_size is not None:
        before = row.value - row.effect_size
    note = ""
    if row.value is None:
        note = reason(row) if row.alert else status_words(row.status)
    elif row.alert:
        note = reason(row)
    note = ": ".join(filter(None, (note, said)))
    return ModelLine(
        visible(metric_words(row.metric, row.params)),
        visible(row.segment),
        number(before),
        number(row.value),
        _interval(row.ci_low, row.ci_high),
        "–" if row.effect_size is None else signed(row.effect_size),
        "" if change is None else _interval(change.ci_low, change.ci_high, signed),
        "–" if row.q_value is None else f"q {p_text(row.q_value)}",
        word(row),
        visible(note),
        row.alert,
        visible(said),
    )


def _interval(low: float | None, high: float | None, text: Callable[[float], str] = number) -> str:
    if low is None or high is None or low != low or high != high:
        return ""
    return f"{text(low)} to {text(high)}"


def word(row: Result) -> str:
    """The verdict on a score: 'worse' alerts, as 'lost' does, 'as before' is within chance or too
    little to matter, '' is not judged."""
    if row.value is None:
        return _LOST.get(row.status, "alert") if row.alert else "not judged"
    if row.alert:
        return "worse" if is_worse(row) else "alert"
    if row.alert is None:
        return ""
    record = registry.record(row.metric)
    better = record is not None and bool(row.effect_size) and not is_worse(row)
    sure = row.q_value is not None and row.q_value <= SURE
    return "better" if better and sure else "as before"


def confusion_of(rows: Sequence[Result]) -> Confusion | None:
    """The confusion table that the rows of one window hold; None where they hold none."""
    own = [row for row in rows if is_of_model(row) and not row.segment and row.value is not None]
    values = {row.metric.removeprefix("performance."): row.value or 0.0 for row in own}
    if all(name in values for name in _BINARY):
        cells = [values[name] for name in _BINARY]
        return Confusion(("positive", "negative"), ((cells[0], cells[1]), (cells[2], cells[3])))
    pairs = {
        (match["target"], match["prediction"]): row.value or 0.0
        for row in own
        if row.metric == "performance.confusion" and (match := _PAIR.fullmatch(row.params))
    }
    labels = tuple(dict.fromkeys(target for target, _ in pairs))
    if not labels or len(labels) > MOST_LABELS:
        return None
    return Confusion(
        labels,
        tuple(tuple(pairs.get((target, other), 0.0) for other in labels) for target in labels),
    )


def confusion_rows(table: Confusion) -> list[tuple[str, ...]]:
    """The table as text: a row a label of the target."""
    return [
        (visible(label), *(count(round(n)) if n == round(n) else number(n) for n in row))
        for label, row in zip(table.labels, table.rows, strict=True)
    ]
