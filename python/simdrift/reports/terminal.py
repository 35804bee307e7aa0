"""Plain tables that fit the terminal; colour only where the caller says it is one."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import NamedTuple

from simdrift.drawing.labels import (
    count,
    number,
    p_text,
    percent,
    span_label,
    status_words,
    window_label,
)
from simdrift.drawing.text import clip, width
from simdrift.reports.ranking import StandOut
from simdrift.reports.summary import ColumnLine, Summary
from simdrift.results.collection import Results
from simdrift.results.rows import Result
from simdrift.results.zones import zone_of

MAX_WIDTH = 100
MIN_CELLS = 4
_GAP = "  "
_COLOURS = {"red": "\x1b[31m", "yellow": "\x1b[33m", "green": "\x1b[32m", "dim": "\x1b[2m"}


class Heading(NamedTuple):
    """A column of a table: its title, whether numbers are in it, the cells that it needs at
    least where it may be cut, and how early it is left out where all do not fit (0: never)."""

    title: str
    right: bool = False
    least: int | None = None
    rank: int = 0


def terminal_width() -> int:
    """Cells of the terminal, at most 100 (100 where there is none)."""
    return min(shutil.get_terminal_size((MAX_WIDTH, 24)).columns, MAX_WIDTH)


def wants_colour() -> bool:
    """Whether standard output is a terminal whose user has not set NO_COLOR."""
    return bool(getattr(sys.stdout, "isatty", lambda: False)()) and "NO_COLOR" not in os.environ


def paint(text: str, colour: str) -> str:
    """The text in a colour."""
    return f"{_COLOURS[colour]}{text}\x1b[0m"


def table(
    headings: Sequence[Heading],
    rows: Sequence[Sequence[str]],
    *,
    cells: int | None = None,
    colour: Callable[[int, str, str], str] | None = None,
) -> str:
    """Rows under headings in at most `cells` cells: what may be cut gives way first, then the
    columns of the highest rank, then everything.

    `colour(row, title, text)` may paint a padded cell.
    """
    limit = terminal_width() if cells is None else cells
    widths = _widths(headings, rows, limit)
    shown = [i for i, cell in enumerate(widths) if cell]
    headings = [headings[i] for i in shown]
    rows = [[row[i] for i in shown] for row in rows]
    widths = [widths[i] for i in shown]
    lines = [
        _line([clip(h.title, w) for h, w in zip(headings, widths, strict=True)], headings, widths),
        _GAP.join("─" * w for w in widths),
    ]
    for index, row in enumerate(rows):
        texts = [_pad(clip(t, w), h, w) for t, h, w in zip(row, headings, widths, strict=True)]
        if colour is not None:
            texts = [colour(index, h.title, t) for h, t in zip(headings, texts, strict=True)]
        lines.append(_GAP.join(texts).rstrip())
    return "\n".join(lines)


def _widths(headings: Sequence[Heading], rows: Sequence[Sequence[str]], limit: int) -> list[int]:
    """Cells of each column, 0 for one that is left out."""
    natural = [
        max([width(h.title), *(width(clip(row[i], limit)) for row in rows)])
        for i, h in enumerate(headings)
    ]
    least = [
        n if h.least is None else min(n, h.least) for n, h in zip(natural, headings, strict=True)
    ]
    kept = list(range(len(headings)))
    while _total([least[i] for i in kept]) > limit and any(headings[i].rank for i in kept):
        kept.remove(max(kept, key=lambda i: headings[i].rank))
    if _total([least[i] for i in kept]) > limit:
        least = [min(n, MIN_CELLS) for n in least]
    widths = [natural[i] if i in kept else 0 for i in range(len(headings))]
    _shrink(widths, least, kept, limit)
    return widths


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _shrink(widths: list[int], least: Sequence[int], kept: Sequence[int], limit: int) -> None:
    """Take cells from the widest column that can shrink until all fit."""
    while _total([widths[i] for i in kept]) > limit:
        shrinkable = [i for i in kept if widths[i] > least[i]]
        if not shrinkable:
            return
        widths[max(shrinkable, key=lambda i: widths[i])] -= 1


def _line(texts: Sequence[str], headings: Sequence[Heading], widths: Sequence[int]) -> str:
    padded = [_pad(t, h, w) for t, h, w in zip(texts, headings, widths, strict=True)]
    return _GAP.join(padded).rstrip()


def _pad(text: str, heading: Heading, cells: int) -> str:
    space = " " * max(cells - width(text), 0)
    return space + text if heading.right else text + space


def _report_headings(corrected: bool) -> tuple[Heading, ...]:
    return (
        Heading("column", least=16),
        Heading("type", least=6, rank=2),
        Heading("method", least=18),
        Heading("value", right=True),
        Heading("threshold", right=True),
        Heading("q" if corrected else "p / q", right=True),
        Heading("missing", right=True, rank=1),
        Heading("alert"),
        Heading("status", least=8),
    )


def report_table(
    lines: Sequence[ColumnLine], *, cells: int | None = None, colour: bool = False
) -> str:
    """One line a column, the worst first."""
    corrected = all(line.p_row is None or line.p_row.q_value is not None for line in lines)
    rows = [_report_row(line, corrected) for line in lines]

    def painted(row: int, title: str, text: str) -> str:
        if title == "alert" and lines[row].worst.alert is True:
            return paint(text, "red")
        return paint(text, "yellow") if title == "status" and text.strip() != "ok" else text

    headings = _report_headings(corrected)
    return table(headings, rows, cells=cells, colour=painted if colour else None)


def _report_row(line: ColumnLine, corrected: bool) -> tuple[str, ...]:
    row = line.worst
    name = line.column or "(table)"
    p = p_or_q(line.p_row)
    return (
        f"{name} [{line.segment}]" if line.segment else name,
        line.type or "–",
        row.metric.removeprefix("drift."),
        number(row.value),
        number(row.threshold),
        p.removeprefix("q ") if corrected else p,
        percent(line.missing_share),
        alert_text(line),
        status_words(row.status),
    )


def p_or_q(row: Result | None) -> str:
    """The corrected p-value where there is one, marked q, else the raw one."""
    if row is None:
        return "–"
    return p_text(row.p_value) if row.q_value is None else f"q {p_text(row.q_value)}"


def alert_text(line: ColumnLine) -> str:
    """The verdict in one word; over many windows the count of those that alert."""
    if line.windows > 1:
        return f"{line.alerts}/{line.windows}"
    return {True: "DRIFT", False: "no", None: "–"}[line.worst.alert]


def summary_text(summary: Summary, results: Results) -> str:
    """Two or three lines: verdict, rows, windows."""
    reference, current = count(summary.rows_reference), count(summary.rows_current)
    lines = [verdict(summary), f"reference {reference} rows, current {current} rows"]
    if summary.window_start is not None:
        zone = zone_of(results.timezone)
        window = span_label(summary.window_start, summary.window_end, zone)
        many = f", {summary.windows} windows" if summary.windows > 1 else ""
        lines.append(f"{window}{many} ({results.timezone})")
    return "\n".join(lines)


def verdict(summary: Summary) -> str:
    """The whole in one sentence."""
    if not summary.columns:
        return "No column was compared"
    if summary.windows > 1:
        return (
            f"{summary.windows_drifted} of {summary.windows} windows drift as a whole, "
            f"{summary.windows_alerting} have an alert"
        )
    drifted, rest = len(summary.drifted_columns), summary.columns - summary.compared
    unjudged = f", {rest} could not be compared" if rest else ""
    if summary.compared == 0:
        return f"None of {summary.columns} {_columns(summary.columns)} could be compared"
    if drifted == 0:
        return f"No drift in {summary.compared} {_columns(summary.compared)}{unjudged}"
    return f"{drifted} of {summary.columns} {_columns(summary.columns)} drifted{unjudged}"


def _columns(how_many: int) -> str:
    return "column" if how_many == 1 else "columns"


def stand_out_table(found: Sequence[StandOut], *, cells: int | None = None) -> str:
    """The windows that stand out, one sentence a line."""
    limit = terminal_width() if cells is None else cells
    return "\n".join(clip(one.sentence, limit) for one in found)


_RUN_HEADINGS = (
    Heading("window"),
    Heading("rows", right=True),
    Heading("drifted", right=True),
    Heading("missing", right=True),
    Heading("alerts", right=True),
    Heading("alerting columns", least=16),
)


def runs_table(results: Results, *, cells: int | None = None) -> str:
    """One line a window: rows, share of drifted columns, missing share, alerts."""
    zone = zone_of(results.timezone)
    windows: dict[object, list[Result]] = {}
    for row in results:
        windows.setdefault((row.grain, row.window_start), []).append(row)
    rows = {run.run_id: run.rows for run in results.runs}
    lines = [_run_row(group, rows.get(group[0].run_id), zone) for group in windows.values()]
    return table(_RUN_HEADINGS, sorted(lines), cells=cells)


def _run_row(group: list[Result], rows: int | None, zone: tzinfo) -> tuple[str, ...]:
    values = {row.metric: row.value for row in group if not row.column and not row.segment}
    alerting = dict.fromkeys(row.column or row.metric for row in group if row.alert is True)
    return (
        window_label(group[0], zone),
        count(rows if rows is not None else values.get("quality.rows")),
        percent(values.get("drift.dataset")),
        percent(values.get("quality.missing_share")),
        str(sum(row.alert is True for row in group)),
        ", ".join(alerting),
    )
