"""Pages and fragments: results as HTML that needs nothing but itself.

No script, no font, no drawing is loaded from anywhere; a content security policy in the page
forbids it. A long page has one script of its own, which finds columns by name; the policy allows
that text alone. Names are data: `visible` writes what can't be seen as escapes, Jinja2 escapes
the rest.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from datetime import tzinfo
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from simdrift.drawing import labels, svg
from simdrift.drawing.text import shorten
from simdrift.drawing.timeline import Timeline
from simdrift.reports import charts
from simdrift.reports.distributions import HistogramChart, histogram_charts, quantile_chart
from simdrift.reports.model import Confusion, confusion_rows
from simdrift.reports.notebook import scoped
from simdrift.reports.ranking import StandOut, stand_out
from simdrift.reports.summary import ColumnLine, Summary
from simdrift.reports.verdict import (
    FARTHEST,
    is_of_table,
    method_words,
    on_p_value,
    p_words,
    ratio,
)
from simdrift.results.collection import Results
from simdrift.results.rows import Result
from simdrift.results.text import visible
from simdrift.results.zones import zone_of

if TYPE_CHECKING:
    from simdrift.reports.profile import ProfileReport
    from simdrift.reports.report import Report

MOST_ROWS = 400
NOTEBOOK_CELLS = 100
MOST_DAYS = 12
MOST_DRIVERS = 6
MOST_OPEN, LEAST_OPEN = 40, 10
MOST_REASONS = 4
MOST_OTHERS = 3
MOST_GAPS = 24


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.filters.update(
        number=labels.number,
        percent=labels.unbroken_percent,
        count=labels.count,
        p=labels.p_text,
        words=labels.metric_words,
        status=labels.status_words,
        breakable=breakable,
        place=place,
        shorten=shorten,
    )
    return made


def breakable(name: str) -> Markup:
    """The escaped name with places where a browser may break it: after underscores and dots."""
    escaped = str(escape(name))
    return Markup(escaped.replace("_", "_<wbr>").replace(".", ".<wbr>"))


def place(share: float) -> str:
    """A share of a width as CSS, kept inside: '12.5%'."""
    return f"{100 * min(max(share, 0.0), 1.0):.1f}%"


def render(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(**values)


class Script(NamedTuple):
    """The script that finds columns, and what the page's policy knows it by."""

    text: Markup
    hash: str


@lru_cache(maxsize=1)
def _find_script() -> Script:
    text = (Path(__file__).parent / "templates" / "find.js").read_text(encoding="utf-8")
    digest = b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Script(Markup(text), f"sha256-{digest}")


def _script_for(columns: int) -> Script | None:
    """Of pages with so many columns that one is hard to find."""
    return _find_script() if columns > MOST_OPEN else None


class Card(NamedTuple):
    """A number with its name; a meter where it is a share with a threshold."""

    label: str
    value: str
    note: str
    tone: str = ""
    share: float | None = None
    threshold: float | None = None


class Row(NamedTuple):
    """A column's line of the page."""

    line: ColumnLine
    name: str
    full: str
    reasons: tuple[str, ...]
    method: str
    statistic: str
    value: str
    limit: str
    chance: str
    aside: str
    missing: str
    tone: str
    bar: float | None
    null_quantile: float | None
    drawing: HistogramChart | None
    trend: Markup | None
    when: str


class Reason(NamedTuple):
    """One metric of a window that stands out, of the table or of the column that leads."""

    words: str
    value: str
    typical: str
    score: str
    others: str


class Day(NamedTuple):
    """A window that stands out and why."""

    label: str
    weekday: str
    score: float
    reasons: tuple[Reason, ...]
    more: int


def report_page(report: Report) -> str:
    """A whole page."""
    return render("report.html.j2", **_report_values(report), whole=True)


def report_fragment(report: Report) -> str:
    """The page's body with its style, for a notebook."""
    table = report.table(width=NOTEBOOK_CELLS)
    return scoped(render("report.html.j2", **_report_values(report), whole=False), table)


def _report_values(report: Report) -> dict[str, Any]:
    results, summary = report.results, report.summary
    explanation = report.explain()
    zone = zone_of(results.timezone)
    time = _timeline(results, summary, zone)
    found = stand_out(results, columns=None) if time else []
    rows = _rows(report, report.features, time, zone)
    fold = _fold(report.features)
    return {
        "title": shorten(report.title, 200) or "Drift report",
        "summary": summary,
        "dataset": _first(head.dataset for head in results.table.in_use("head")),
        "model": _model(results),
        "window": labels.span_label(summary.window_start, summary.window_end, zone)
        if summary.window_start
        else "",
        "zone": results.timezone,
        "verdict": report.verdict,
        "tone": _tone(summary),
        "cards": _cards(summary),
        "days": _days(found, zone),
        "gaps": _gaps(summary, zone),
        "heat": charts.heat_rows(report.columns, time) if time else [],
        "heat_words": charts.HEAT_WORDS,
        "marks": time.marks() if time else [],
        "charts": charts.charts(results, time, report.roles, found) if time else [],
        "names": tuple(shorten(name) for name in report.names),
        "drivers": [driver for driver in explanation.columns if driver.share][:MOST_DRIVERS],
        "prediction": explanation.prediction,
        "find": _script_for(len(rows)),
        "rows": rows[:fold],
        "quiet_rows": rows[fold:],
        "predicted_rows": _rows(report, report.predicted, time, zone),
        "table_rows": _rows(report, report.whole_table_without_model, time, zone),
        "model_lines": report.model,
        "model_window": report.model_window,
        "curves": report.curves,
        "confusion": report.confusion and _confusion(report.confusion),
        "all_rows": results.rows if len(results) <= MOST_ROWS else (),
        "results": results,
        "version": _first(run.library_version for run in results.runs),
    }


def _confusion(table: Confusion) -> dict[str, Any]:
    """Labels, and a row a label of the target: its name, and each cell with its share."""
    cells = [
        (name, list(zip(counts, shares, strict=True)))
        for (name, *counts), shares in zip(confusion_rows(table), table.shares(), strict=True)
    ]
    return {"labels": [shorten(label, 24) for label in table.labels], "rows": cells}


def _timeline(results: Results, summary: Summary, zone: tzinfo) -> Timeline | None:
    if summary.windows < 2 or summary.window_start is None or summary.window_end is None:
        return None
    return Timeline(summary.window_start, summary.window_end, zone)


def _first(texts: Any) -> str:
    return shorten(next((text for text in texts if text), ""), 100)


def _model(results: Results) -> str:
    heads = results.table.in_use("head")
    name, version = _first(h.model for h in heads), _first(h.model_version for h in heads)
    return f"{name} {version}".strip()


def _tone(summary: Summary) -> str:
    if summary.windows > 1:
        return "bad" if summary.windows_drifted else "warn" if summary.alerts else "good"
    if summary.dataset_drift or (summary.model_alerts and not summary.columns):
        return "bad"
    if summary.scores and not summary.columns:
        return "good" if summary.scores_judged else ""
    return "warn" if summary.alerts or not summary.compared else "good"


def _share_tone(summary: Summary) -> str:
    if summary.drifted_share is None:
        return ""
    threshold = summary.drifted_share_threshold
    if threshold is not None and summary.drifted_share >= threshold:
        return "bad"
    return "warn" if summary.drifted_share > 0 and summary.windows == 1 else "good"


def _cards(summary: Summary) -> list[Card]:
    lead = _share_card(summary) if summary.columns or not summary.scores else _scores_card(summary)
    cards = [lead, _rows_card(summary), _alerts_card(summary)]
    if summary.missing_share is not None:
        where = "in the median window" if summary.windows > 1 else "of all cells"
        share = summary.missing_share
        cards.insert(2, Card("Missing values", labels.unbroken_percent(share), where, share=share))
    return [_windows_card(summary), *cards] if summary.windows > 1 else cards


def _windows_card(summary: Summary) -> Card:
    return Card(
        "Drifting windows",
        labels.count(summary.windows_drifted),
        f"of {summary.windows}",
        tone="bad" if summary.windows_drifted else "good",
        share=summary.windows_drifted / summary.windows,
    )


def _share_card(summary: Summary) -> Card:
    where = f"{len(summary.drifted_columns)} of {summary.compared} judged"
    return Card(
        "Drifted columns",
        labels.unbroken_percent(summary.drifted_share),
        "in the median window" if summary.windows > 1 else where,
        tone=_share_tone(summary),
        share=summary.drifted_share,
        threshold=summary.drifted_share_threshold,
    )


def _scores_card(summary: Summary) -> Card:
    """Of a report of nothing but a model."""
    worse = len(summary.model_alerts)
    if not summary.scores_judged:
        return Card("Scores", labels.count(summary.scores), "of the model")
    tone = "bad" if worse else "good"
    return Card("Worse scores", labels.count(worse), f"of {summary.scores_judged} judged", tone)


def _rows_card(summary: Summary) -> Card:
    reference = f"reference {labels.count(summary.rows_reference)}"
    return Card("Current rows", labels.count(summary.rows_current), reference)


def _alerts_card(summary: Summary) -> Card:
    where = f"in {summary.windows_alerting} of {summary.windows} windows"
    return Card(
        "Alerts",
        labels.count(summary.alerts),
        where if summary.windows > 1 else f"of {summary.judged} checks",
        tone="warn" if summary.alerts else "good",
    )


def _days(found: Sequence[StandOut], zone: tzinfo) -> list[Day]:
    """The windows that stand out, each with its reasons by metric, the most extreme first."""
    groups: dict[Any, dict[str, list[StandOut]]] = {}
    for one in found:
        groups.setdefault(one.window_start, {}).setdefault(one.metric, []).append(one)
    days = []
    for start, metrics in groups.items():
        reasons = [_reason(group) for group in metrics.values()]
        score = max(abs(group[0].score) for group in metrics.values())
        day = f"{start.astimezone(zone):%A}"
        more = max(len(reasons) - MOST_REASONS, 0)
        label = labels.time_label(start, zone)
        days.append(Day(label, day, score, tuple(reasons[:MOST_REASONS]), more))
    return sorted(days, key=lambda day: -day.score)[:MOST_DAYS]


def _gaps(summary: Summary, zone: tzinfo) -> list[tuple[str, str]]:
    """Where windows are missing between others: from when to when, and how many."""
    shown = summary.gaps[:MOST_GAPS]
    found = [
        (labels.span_label(gap.start, gap.end, zone), labels.counted(gap.windows, "window"))
        for gap in shown
    ]
    rest = sum(gap.windows for gap in summary.gaps[MOST_GAPS:])
    return [*found, ("later", labels.counted(rest, "window"))] if rest else found


def _reason(group: Sequence[StandOut]) -> Reason:
    """One metric's reason: the table's own value where it stands out, and columns that do."""
    lead = next((one for one in group if not one.column), group[0])
    text = labels.metric_text(lead.metric)
    score = f"{abs(lead.score):,.0f} sd {'above' if lead.score > 0 else 'below'}"
    others = [one for one in group if one is not lead][:MOST_OTHERS]
    others_of = ", ".join(f"{shorten(one.column, 40)} {text(one.value)}" for one in others)
    return Reason(labels.series_words(lead), text(lead.value), text(lead.median), score, others_of)


def _fold(lines: Sequence[ColumnLine]) -> int:
    """How many lines are open: all of a few, else those that alert and some after them."""
    alerting = sum(line.alerts > 0 for line in lines)  # they come first
    return len(lines) if len(lines) <= MOST_OPEN else max(alerting, LEAST_OPEN)


def _rows(
    report: Report, lines: Sequence[ColumnLine], time: Timeline | None, zone: tzinfo
) -> list[Row]:
    drawings = histogram_charts(report.results.histograms, report.types)
    return [_row(line, drawings, time, zone) for line in lines]


def _row(
    line: ColumnLine,
    drawings: dict[tuple[str, str], HistogramChart],
    time: Timeline | None,
    zone: tzinfo,
) -> Row:
    worst = line.worst
    judged = line.unjudged is None and worst.value is not None
    by_test, text = on_p_value(worst), labels.metric_text(worst.metric)
    size = ratio(worst) if judged else None
    return Row(
        line=line,
        name=shorten(line.name, 48),
        full=visible(line.name[:2000]),
        reasons=_reasons(line),
        method=_method(line) if judged else "",
        statistic=f"statistic {labels.number(worst.value)}" if judged and by_test else "",
        value="–" if not judged else p_words(worst) if by_test else text(worst.value),
        limit="" if worst.threshold is None else _limit(worst, by_test),
        chance="" if by_test or worst.null_quantile is None else text(worst.null_quantile),
        aside=_aside(line) if judged else "",
        missing=line.missing_text.replace(" %", "\u00a0%"),
        tone=_row_tone(line),
        bar=None if size is None else on_bar(size),
        null_quantile=_null_quantile(worst),
        drawing=drawings.get((line.column, line.segment)),
        trend=_trend(line, time) if time else None,
        when=labels.window_label(worst, zone) if time else "",
    )


def _reasons(line: ColumnLine) -> tuple[str, ...]:
    """What stands below the verdict: every reason, or why there is no verdict."""
    if line.unjudged is not None:
        return (visible(line.unjudged.why),)
    return tuple(map(visible, line.reasons))


def _method(line: ColumnLine) -> str:
    if is_of_table(line.worst):
        return ""
    return labels.metric_words(line.worst.metric, line.worst.params)


def _limit(row: Result, by_test: bool) -> str:
    return (
        labels.number(row.threshold) if by_test else labels.metric_text(row.metric)(row.threshold)
    )


def _aside(line: ColumnLine) -> str:
    """The effect size, and the test that informs, by its name."""
    worst, test = line.worst, line.p_row
    parts = []
    if test is not None and not on_p_value(worst):
        own = "" if test is worst else f"{method_words(test)} "
        parts.append(f"{own}{p_words(test)}")
    effect = worst if worst.effect_size is not None or test is None else test
    if effect.effect_size is not None:
        parts.append(f"effect {labels.number(effect.effect_size)}")
    return ", ".join(parts)


def on_bar(ratio_to_threshold: float) -> float:
    """Place on a bar whose middle is the threshold and whose end is infinitely far past it.

    >>> on_bar(0.0), on_bar(1.0), on_bar(3.0)
    (0.0, 0.5, 0.75)
    """
    return ratio_to_threshold / (1 + ratio_to_threshold)


def _row_tone(line: ColumnLine) -> str:
    if line.alerts:
        return "bad"
    return "dim" if line.unjudged is not None else "good"


def _null_quantile(row: Result) -> float | None:
    """The null quantile on the bar's scale."""
    if row.null_quantile is None or not row.threshold or on_p_value(row):
        return None
    return on_bar(min(abs(row.null_quantile / row.threshold), FARTHEST))


def _trend(line: ColumnLine, time: Timeline) -> Markup | None:
    """The way to the threshold over the windows."""
    known = [(step.window_start, step.ratio) for step in line.steps if step.window_start]
    values = [value for _, value in known if value is not None]
    if len(values) < 2:
        return None
    top = max(*values, 1.2)
    points = [
        svg.Point(time.share(start), None if value is None else value / top)
        for start, value in known
    ]
    return svg.chart(
        [svg.Line(points, "main")],
        [],
        [(1 / top, "threshold")],
        f"{shorten(line.column, 40)}: value over threshold by window",
        f"largest {max(values):.2g} times the threshold",
    )


class Shown(NamedTuple):
    """A column of the profile's table: a metric, and one below it in small."""

    title: str
    key: str
    below: str
    below_title: str


_PROFILE = (
    Shown("Min", "min", "", ""),
    Shown("5 %", "quantile q=0.05", "quantile q=0.25", "25 %"),
    Shown("Median", "quantile q=0.5", "", ""),
    Shown("95 %", "quantile q=0.95", "quantile q=0.75", "75 %"),
    Shown("Max", "max", "", ""),
    Shown("Mean", "mean", "std", "std"),
)


def profile_page(report: ProfileReport) -> str:
    """A profile's whole page."""
    return render("profile.html.j2", **_profile_values(report), whole=True)


def profile_fragment(report: ProfileReport) -> str:
    """A profile for a notebook."""
    table = report.table(width=NOTEBOOK_CELLS)
    return scoped(render("profile.html.j2", **_profile_values(report), whole=False), table)


def _profile_values(report: ProfileReport) -> dict[str, Any]:
    types = {line.column: line.type for line in report.columns}
    drawings = histogram_charts(report.results.histograms, types)
    rows = [
        {
            "line": line,
            "name": shorten(line.column, 48),
            "full": visible(line.column[:2000]),
            "drawing": drawings.get((line.column, "")) or quantile_chart(line),
            "facts": line.facts(),
            "why": visible(line.why),
        }
        for line in report.columns
    ]
    title = shorten(report.title, 200) or "Profile"
    return {
        "title": title,
        "report": report,
        "find": _script_for(len(rows)),
        "rows": rows,
        "shown": _PROFILE,
        "with_charts": any(row["drawing"] for row in rows),
    }
