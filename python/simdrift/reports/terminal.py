"""Plain tables that fit the terminal; colour only where the caller says it is one."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

from simdrift.drawing.labels import (
    count,
    number,
    percent,
    plain_text,
    span_label,
    time_label,
    window_label,
)
from simdrift.drawing.text import fit, width, wrapped
from simdrift.reports.model import Confusion, ModelLine, confusion_rows
from simdrift.reports.ranking import StandOut
from simdrift.reports.summary import ColumnLine, Summary, headline
from simdrift.reports.verdict import is_of_table, method_words, on_p_value, p_words
from simdrift.results.collection import Results
from simdrift.results.rows import Result
from simdrift.results.text import visible
from simdrift.results.zones import zone_of

MAX_WIDTH = 100
MIN_CELLS = 4
MOST_WHY = 20
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
    columns of the highest rank, then names down to a few cells, then columns of numbers: a number
    is never cut.

    `colour(row, title, text)` may paint a padded cell.
    """
    limit = terminal_width() if cells is None else cells
    widths = _widths(headings, rows, limit)
    shown = [i for i, cell in enumerate(widths) if cell]
    headings = [headings[i] for i in shown]
    rows = [[row[i] for i in shown] for row in rows]
    widths = [widths[i] for i in shown]
    lines = [
        _line([fit(h.title, w) for h, w in zip(headings, widths, strict=True)], headings, widths),
        _GAP.join("─" * w for w in widths),
    ]
    for index, row in enumerate(rows):
        texts = [_pad(fit(t, w), h, w) for t, h, w in zip(row, headings, widths, strict=True)]
        if colour is not None:
            texts = [colour(index, h.title, t) for h, t in zip(headings, texts, strict=True)]
        lines.append(_GAP.join(texts).rstrip())
    return "\n".join(lines)


def _widths(headings: Sequence[Heading], rows: Sequence[Sequence[str]], limit: int) -> list[int]:
    """Cells of each column, 0 for one that is left out."""
    natural = [
        max([width(h.title), *(width(fit(row[i], limit)) for row in rows)])
        for i, h in enumerate(headings)
    ]
    least = [
        n if h.least is None else min(n, h.least) for n, h in zip(natural, headings, strict=True)
    ]
    kept = list(range(len(headings)))
    while _total([least[i] for i in kept]) > limit and any(headings[i].rank for i in kept):
        kept.remove(max(kept, key=lambda i: headings[i].rank))
    if _total([least[i] for i in kept]) > limit:  # names give way further, numbers never
        least = [n if h.right else min(n, MIN_CELLS) for n, h in zip(least, headings, strict=True)]
    while _total([least[i] for i in kept]) > limit and any(headings[i].right for i in kept):
        kept.remove(max(i for i in kept if headings[i].right))
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


_COLUMN, _SEGMENT, _TYPE, _VERDICT = "column", "segment", "type", "verdict"
_NOTE = "  └ "


def report_table(
    lines: Sequence[ColumnLine], *, cells: int | None = None, colour: bool = False
) -> str:
    """One line a column, the worst first; below it what the numbers don't say."""
    headings = _report_headings(lines)
    rows = [_report_row(line, headings) for line in lines]

    def painted(row: int, title: str, text: str) -> str:
        if title != _VERDICT:
            return text
        return paint(text, _colour(lines[row])) if _colour(lines[row]) else text

    limit = terminal_width() if cells is None else cells
    body = table(headings, rows, cells=limit, colour=painted if colour else None).splitlines()
    out = body[:2]
    for line, text in zip(lines, body[2:], strict=True):
        out += [text, *_notes(line, limit)]
    return "\n".join(out)


def _colour(line: ColumnLine) -> str:
    return "red" if line.alerts else "yellow" if line.unjudged is not None else ""


def _notes(line: ColumnLine, cells: int) -> list[str]:
    """The line's note, broken to the width."""
    if not line.note or visible(line.note) == _short_why(line):
        return []
    return wrapped(line.note, cells, first=_NOTE, rest=" " * len(_NOTE))


def _report_headings(lines: Sequence[ColumnLine]) -> tuple[Heading, ...]:
    of_table = all(is_of_table(line.worst) for line in lines)
    headings = (
        Heading(_COLUMN, least=16),
        Heading(_SEGMENT, least=32),
        Heading(_TYPE, rank=3),
        Heading(_VERDICT),
        Heading("decided by", least=10),
        Heading("value", right=True),
        Heading("limit", right=True),
        Heading("chance", right=True, rank=2),
        Heading("missing", right=True, rank=1),
    )
    absent = set() if any(line.segment for line in lines) else {_SEGMENT}
    absent |= {_TYPE, "missing"} if of_table else set()
    return tuple(heading for heading in headings if heading.title not in absent)


def _report_row(line: ColumnLine, headings: Sequence[Heading]) -> tuple[str, ...]:
    row, judged = line.worst, line.unjudged is None and line.worst.value is not None
    by_test = on_p_value(row)
    alert = line.alerts > 0 and line.windows == 1
    values = {
        _COLUMN: line.name,
        _SEGMENT: line.segment,
        _TYPE: line.kind or "–",
        _VERDICT: line.word.upper() if alert else line.word,
        "decided by": decided_by(line) if judged else _short_why(line),
        "value": "–" if not judged else p_words(row) if by_test else metric_value(row, row.value),
        "limit": metric_value(row, row.threshold) if judged else "–",
        "chance": "–" if by_test or not judged else metric_value(row, row.null_quantile),
        "missing": line.missing_text,
    }
    return tuple(values[heading.title] for heading in headings)


def _short_why(line: ColumnLine) -> str:
    """Why there are no numbers, where that is short; else the line's note says it."""
    why = line.unjudged.why if line.unjudged is not None else "; ".join(line.reasons)
    return visible(why) if 0 < len(why) <= MOST_WHY else "–"


def decided_by(line: ColumnLine) -> str:
    """What decided; a test with its statistic, for its q-value is compared with alpha."""
    row = line.worst
    if line.name == method_words(row):
        return number(row.value) if on_p_value(row) else "value"
    name = method_words(row)
    return f"{name} {number(row.value)}" if on_p_value(row) else name


def metric_value(row: Result, value: float | None) -> str:
    """A number in the unit of the row's metric."""
    if on_p_value(row):
        return number(value)
    return plain_text(row.metric)(value)


_MODEL_HEADINGS = (
    Heading("metric", least=12),
    Heading(_SEGMENT, least=12),
    Heading("reference", right=True),
    Heading("current", right=True),
    Heading("95 %", rank=2),
    Heading("change", right=True),
    Heading("chance", right=True),
    Heading(_VERDICT),
)


def model_table(lines: Sequence[ModelLine], *, cells: int | None = None) -> str:
    """One line a score, and below it why it alerts or has no value."""
    limit = terminal_width() if cells is None else cells
    absent = set() if any(line.segment for line in lines) else {_SEGMENT}
    if all(line.change == "–" for line in lines):
        absent |= {"reference", "change"}
    if all(line.chance == "–" for line in lines):
        absent |= {"chance", _VERDICT}
    headings = [heading for heading in _MODEL_HEADINGS if heading.title not in absent]
    rows = [tuple(_model_row(line)[h.title] for h in headings) for line in lines]
    body = table(headings, rows, cells=limit).splitlines()
    out = body[:2]
    seen: set[str] = set()
    for line, text in zip(lines, body[2:], strict=True):
        note = line.note if line.now == "–" else line.said
        note = "" if line.said and line.said in seen else note  # once, however many have it
        seen.add(line.said)
        out += [text, *(wrapped(note, limit, first=_NOTE, rest=" " * 4) if note else ())]
    return "\n".join(out)


def _model_row(line: ModelLine) -> dict[str, str]:
    return {
        "metric": line.name,
        _SEGMENT: line.segment,
        "reference": line.before,
        "current": line.now,
        "95 %": line.interval,
        "change": line.change,
        "chance": line.chance,
        _VERDICT: line.word.upper() if line.alert else line.word,
    }


def confusion_text(found: Confusion, *, cells: int | None = None) -> str:
    """Rows by label of the target (down) and predicted label (across)."""
    across = (Heading(fit(visible(label), 16), right=True) for label in found.labels)
    return table([Heading("target", least=8), *across], confusion_rows(found), cells=cells)


def summary_text(
    summary: Summary,
    results: Results,
    names: tuple[str, str] = ("", ""),
    *,
    cells: int | None = None,
) -> str:
    """A few lines: verdict, rows, windows."""
    limit = terminal_width() if cells is None else cells
    reference, current = count(summary.rows_reference), count(summary.rows_current)
    lines = wrapped(headline(summary), limit)
    before, now = (f" {fit(name, 40)}:" if name else "" for name in names)
    lines += wrapped(f"reference{before} {reference} rows, current{now} {current} rows", limit)
    if summary.window_start is not None:
        zone = zone_of(results.timezone)
        window = span_label(summary.window_start, summary.window_end, zone)
        many = f", {summary.windows} windows" if summary.windows > 1 else ""
        lines.append(f"{window}{many} ({results.timezone})")
        gaps = [span_label(gap.start, gap.end, zone) for gap in summary.gaps]
        lines += wrapped(f"no windows: {_first_few(gaps)}", limit) if gaps else []
    return "\n".join(lines)


def newest_alerts(
    lines: Sequence[ColumnLine], results: Results, *, cells: int | None = None, most: int = 5
) -> str:
    """The newest windows that alert, each with the columns that do and why."""
    limit = terminal_width() if cells is None else cells
    zone = zone_of(results.timezone)
    found: dict[datetime, list[str]] = {}
    for line in lines:
        for step in line.steps:
            if step.alert and step.window_start is not None:
                where = f" [{line.segment}]" if line.segment else ""
                name = "" if is_of_table(line.worst) and step.reason else fit(line.name, 40)
                words = f"{name}{fit(where, 40)} {step.reason}".strip()
                found.setdefault(step.window_start, []).append(words)
    newest = sorted(found, reverse=True)[:most]
    texts = [f"{time_label(start, zone)}: {_first_few(found[start])}" for start in newest]
    return "\n".join(part for text in texts for part in wrapped(text, limit, rest="  "))


def _first_few(texts: Sequence[str], most: int = 3) -> str:
    more = f", {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def stand_out_table(found: Sequence[StandOut], *, cells: int | None = None) -> str:
    """The windows that stand out, one sentence a line."""
    limit = terminal_width() if cells is None else cells
    return "\n".join(fit(one.sentence, limit) for one in found)


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
