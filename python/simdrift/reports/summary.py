"""What a person wants to know first: columns with their verdicts, windows, counts of alerts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import NamedTuple

import numpy as np

from simdrift.drawing import labels
from simdrift.metrics import registry
from simdrift.reports import verdict
from simdrift.reports.verdict import (
    FARTHEST,
    MISSING,
    MISSING_SHARE,
    Sides,
    Unjudged,
    deciding_of,
    is_column_drift,
    is_judged,
    is_of_table,
    on_p_value,
    ratio,
    severity,
)
from simdrift.results.collection import Reasons, Results
from simdrift.results.histograms import Histograms
from simdrift.results.numbers import drawable
from simdrift.results.rows import Result
from simdrift.results.table import ABSENT, Head, ResultTable

__all__ = [
    "FARTHEST",
    "ColumnLine",
    "Step",
    "Summary",
    "column_lines",
    "guess_types",
    "headline",
    "is_column_drift",
    "on_p_value",
    "ratio",
    "summarise",
    "table_lines",
]

DATASET = "drift.dataset"

_Place = tuple[str, str]  # column and segment


class Step(NamedTuple):
    """One window of a line: how far to the threshold, whether anything alerts, and why."""

    window_start: datetime | None
    ratio: float | None
    alert: bool | None
    reason: str = ""


class ColumnLine(NamedTuple):
    """One column (in one segment) over the windows at hand, or one metric of the whole table;
    with one window `worst` is its row."""

    column: str
    segment: str
    type: str
    worst: Result  # the row that decides, of the window where it is largest
    p_row: Result | None  # the row of the test that has the p-value
    missing_share: float | None
    missing: Result | None  # the largest row of drift.missing_share
    windows: int
    alerts: int  # windows in which anything of the column alerts
    steps: tuple[Step, ...]
    reasons: tuple[str, ...] = ()
    """All that alerts in the window of `worst`, in words."""
    unjudged: Unjudged | None = None
    """Why the column was not judged; None where it was."""
    kind: str = ""
    """Its type in a plain word."""
    rows: tuple[Result, ...] = ()
    """Its drift rows in the window of `worst`, the deciding one first."""

    @property
    def missing_text(self) -> str:
        """The missing share, before and now where it changed: '2 % → 51 %'."""
        row = self.missing
        if self.windows > 1 or row is None or not row.value:
            return labels.percent(self.missing_share)
        return verdict.missing_words(row, self.missing_share)

    @property
    def name(self) -> str:
        """What people call it: the column, or the metric of the whole table."""
        return verdict.method_words(self.worst) if is_of_table(self.worst) else self.column

    @property
    def word(self) -> str:
        """The verdict in a word; over many windows the count of those that alert."""
        if self.windows > 1:
            return f"{self.alerts} of {self.windows}"
        if self.unjudged is not None:
            return "not judged"
        return verdict.word(self.worst)

    @property
    def note(self) -> str:
        """What the deciding numbers don't say: all reasons of an alert, or why there is none."""
        if self.unjudged is not None:
            return self.unjudged.why
        if not self.alerts:
            return ""
        says_itself = len(self.reasons) == 1 and self.worst.value is not None
        return self.other_test if says_itself else "; ".join(self.reasons)

    @property
    def other_test(self) -> str:
        """Which other test the deciding row was judged with, where its own would not do."""
        return verdict.other_test(self.worst, self.rows)

    @property
    def why(self) -> str:
        """All that alerts in the window of `worst`, or why the column was not judged, in words."""
        return "; ".join(self.reasons) if self.unjudged is None else self.unjudged.why


class Gap(NamedTuple):
    """A time without windows between others, as long as `windows` of them."""

    start: datetime
    end: datetime
    windows: int


class Summary(NamedTuple):
    """The whole in numbers. Shares are of judged columns; over many windows they are those of
    the median window."""

    columns: int
    compared: int  # columns that were judged; `unjudged` says why others were not
    drifted_columns: tuple[str, ...]
    drifted_share: float | None
    drifted_share_threshold: float | None
    dataset_drift: bool | None
    rows_reference: int | None
    rows_current: int | None
    missing_share: float | None
    windows: int
    windows_drifted: int
    windows_alerting: int
    alerts: int
    judged: int  # rows that a rule applies to
    window_start: datetime | None
    window_end: datetime | None
    unjudged: tuple[Unjudged, ...] = ()
    """Why columns were not judged, one a column."""
    table_alerts: tuple[str, ...] = ()
    """What alerts of the whole table, the share of drifted columns aside, in words."""
    target_alerts: tuple[str, ...] = ()
    """Targets that alert, and why; they are not among the drifted columns."""
    segment_alerts: tuple[tuple[str, str], ...] = ()
    """Segments and columns that alert in them."""
    model_alerts: tuple[str, ...] = ()
    """What alerts of the model's performance, in words."""
    fairness_alerts: tuple[str, ...] = ()
    """What alerts of the model's fairness, in words."""
    scores: int = 0
    """Values of the model's performance, of all rows."""
    scores_judged: int = 0
    """Those of them that a rule applies to."""
    without_rows: int = 0
    """Windows that have no rows, though the reference has."""
    gaps: tuple[Gap, ...] = ()
    """Where windows are missing between others: nobody ran the monitor for them."""


def column_lines(
    results: Results, types: Mapping[str, str], before: Mapping[str, str] | None = None
) -> list[ColumnLine]:
    """One line a column and segment, the worst first. `types`, `before`: of the current columns
    and of the reference's, as Arrow spells them."""
    drawn = guess_types(results.histograms)
    names = {**drawn, **types}
    kinds = verdict.types_in_words(names, drawn), verdict.types_in_words(before or {}, {})
    lines = [
        _line(
            rows,
            names.get(column, ""),
            kinds[0].get(column, ""),
            kinds[1].get(column, ""),
            results.reasons,
        )
        for (column, _), rows in _by_column(results).items()
    ]
    return sorted((line for line in lines if line is not None), key=_by_severity)


def table_lines(results: Results) -> list[ColumnLine]:
    """One line a metric of the whole table, or of a pair of columns, that a rule applies to."""
    table = results.table
    kept = (table.alert != ABSENT) | table.having("metric", _is_method_of_table)
    series: dict[tuple[str, ...], list[Result]] = defaultdict(list)
    for row in results.rows_of(kept):
        if is_of_table(row):
            series[row.metric, row.params, row.column, row.segment].append(row)
    return sorted(map(_table_line, series.values()), key=_by_severity)


def _is_method_of_table(metric: str) -> bool:
    """Whether it is a drift method of whole tables that decides."""
    record = registry.record(metric)
    return (
        metric.startswith("drift.")
        and record is not None
        and (record.kinds == ("table",) and record.rule in ("test", "distance"))
    )


def _table_line(rows: Sequence[Result]) -> ColumnLine:
    worst = max(rows, key=severity)
    return ColumnLine(
        column=worst.column,
        segment=worst.segment,
        type="",
        worst=worst,
        p_row=worst if worst.p_value is not None else None,
        missing_share=None,
        missing=None,
        windows=len(rows),
        alerts=sum(row.alert is True for row in rows),
        steps=tuple(map(_table_step, rows)),
        reasons=verdict.reasons([worst]),
        unjudged=None if any(r.alert is not None for r in rows) else verdict.unjudged(rows, ""),
        rows=(worst,),
    )


def _table_step(row: Result) -> Step:
    why = verdict.reason(row) if row.alert and row.status != "ok" else ""
    return Step(row.window_start, ratio(row), row.alert, why)


def _by_column(results: Results) -> dict[_Place, list[Result]]:
    """The rows that a line needs, of each column and segment: drift, missing shares, alerts."""
    table = results.table
    kept = table.having("metric", _tells_of_drift) | (table.alert == 1)
    found: dict[_Place, list[Result]] = defaultdict(list)
    for row in results.rows_of(kept):
        if not is_of_table(row):
            found[row.column, row.segment].append(row)
    return found


def _tells_of_drift(metric: str) -> bool:
    return metric.startswith("drift.") or metric == MISSING_SHARE


def _by_severity(line: ColumnLine) -> tuple[float, float, bool, str, str]:
    far = -severity(line.worst)[1]
    return -line.alerts, far, line.unjudged is not None, line.column, line.segment


def _line(
    rows: Sequence[Result], type_name: str, kind: str, before: str, said: Reasons
) -> ColumnLine | None:
    """The line of a column; None where there is nothing but its missing share."""
    windows: dict[object, list[Result]] = defaultdict(list)
    shares: dict[object, float] = {}
    for row in rows:
        if row.metric != MISSING_SHARE or row.alert:
            windows[row.run_id].append(row)
        if row.metric == MISSING_SHARE and row.value is not None and drawable(row.value):
            shares[row.run_id] = row.value
    if not windows:
        return None
    deciding = {run: deciding_of(own) for run, own in windows.items()}
    run = max(deciding, key=lambda run: severity(deciding[run]))
    worst, own = deciding[run], windows[run]
    sides = {key: Sides(shares.get(key), before, kind) for key in windows}
    tested = [row for row in own if row.p_value is not None and row.metric != MISSING]
    judged = any(map(is_judged, windows.values()))
    return ColumnLine(
        column=worst.column,
        segment=worst.segment,
        type=type_name,
        worst=worst,
        p_row=worst if worst.p_value is not None else (tested[0] if tested else None),
        missing_share=shares.get(run) if len(windows) == 1 else _median(shares.values()),
        missing=max((r for r in rows if r.metric == MISSING), key=severity, default=None),
        windows=len(windows),
        alerts=sum(any(row.alert for row in group) for group in windows.values()),
        steps=tuple(_step(deciding[key], windows[key], sides[key]) for key in windows),
        reasons=verdict.reasons(own, sides[run]),
        unjudged=None if judged else verdict.unjudged(own, kind, _said(own, said)),
        kind=kind,
        rows=(worst, *(row for row in own if row is not worst)),
    )


def _said(rows: Sequence[Result], reasons: Reasons) -> str:
    """The reason of a column's rows: of its distribution before others, else ''."""
    ordered = sorted(rows, key=lambda row: not is_column_drift(row))
    known = (reasons.get((row.segment, row.column, row.metric), "") for row in ordered)
    return next(filter(None, known), "")


def _step(deciding: Result, rows: Sequence[Result], sides: Sides) -> Step:
    alerts = [row.alert for row in rows if row.alert is not None]
    alert = any(alerts) if alerts else None
    distance = FARTHEST if alert and deciding.value is None else ratio(deciding)
    why = "; ".join(verdict.reasons(rows, sides)) if alert else ""
    return Step(deciding.window_start, distance, alert, why)


def _median(values: Iterable[float]) -> float | None:
    known = list(values)
    return median(known) if known else None


def guess_types(histograms: Histograms) -> dict[str, str]:
    """'number' or 'category' by what the column's histogram has."""
    return {
        column: "number" if histogram.edges is not None else "category"
        for (_, column), histogram in histograms.newest().items()
    }


def summarise(
    results: Results, lines: list[ColumnLine] | None = None, targets: Collection[str] = ()
) -> Summary:
    """The whole in numbers; targets are told apart from the columns of the model."""
    lines = column_lines(results, {}) if lines is None else lines
    table = results.table
    whole_table = table.having("segment", {""}) & table.having("metric", {DATASET})
    dataset = results.rows_of(whole_table)
    whole = [line for line in lines if line.segment == ""] or lines
    of_targets = [line for line in whole if line.column in targets]
    whole = [line for line in whole if line.column not in targets]
    heads = table.in_use("head")
    alerting = _windows(table.take(table.alert == 1).in_use("head"))
    windows = len(_windows(heads))
    drifted = tuple(dict.fromkeys(line.column for line in whole if line.alerts))
    compared = sum(line.unjudged is None for line in whole)
    of_lines = len(drifted) / compared if compared else None
    of_windows = _drifted_share(dataset) if windows > 1 else None
    return Summary(
        columns=len(whole),
        compared=compared,
        drifted_columns=drifted,
        drifted_share=of_lines if of_windows is None else of_windows,
        drifted_share_threshold=next((r.threshold for r in dataset if r.threshold), None),
        dataset_drift=_any_alert(dataset),
        rows_reference=max(table.n_reference[table.n_reference >= 0].tolist(), default=None),
        rows_current=_rows_current(results),
        missing_share=_median_missing(table),
        windows=windows,
        windows_drifted=len(
            {row.window_start for row in dataset if row.alert is True and row.status != "empty"}
        ),
        windows_alerting=len(alerting),
        alerts=int(np.count_nonzero(table.alert == 1)),
        judged=int(np.count_nonzero(table.alert != ABSENT)),
        window_start=min((h.window_start for h in heads if h.window_start), default=None),
        window_end=max((h.window_end for h in heads if h.window_end), default=None),
        unjudged=tuple(line.unjudged for line in whole if line.unjudged is not None),
        table_alerts=_table_alerts(results, ""),
        model_alerts=_table_alerts(results, "performance"),
        fairness_alerts=_table_alerts(results, "fairness"),
        **_scores(results),
        target_alerts=tuple(f"{line.name}: {line.why}" for line in of_targets if line.alerts),
        segment_alerts=tuple(
            (line.segment, line.column) for line in lines if line.segment and line.alerts
        ),
        without_rows=sum(row.status == "empty" for row in dataset),
        gaps=_gaps(heads),
    )


def headline(summary: Summary) -> str:
    """The verdict on the whole in one sentence."""
    if not summary.columns:
        alone = _of_model(summary) if summary.scores else "No column was compared"
        return alone + _and_fairness(summary)
    whole = f"; target {', '.join(summary.target_alerts)}" if summary.target_alerts else ""
    whole += f"; whole table: {', '.join(summary.table_alerts)}" if summary.table_alerts else ""
    if summary.model_alerts:
        whole += f"; model: {_first_few(summary.model_alerts)}"
    whole += _and_fairness(summary)
    if summary.windows > 1:
        empty = f", {summary.without_rows} without rows" if summary.without_rows else ""
        missing = sum(gap.windows for gap in summary.gaps)
        empty += f", {missing} missing between them" if missing else ""
        return (
            f"{summary.windows_drifted} of {summary.windows} windows drift as a whole, "
            f"{summary.windows_alerting} have an alert{empty}{_and_unjudged(summary)}"
        )
    if summary.without_rows:
        return f"No current rows: none of {_columns(summary.columns)} could be judged{whole}"
    segments = len(summary.segment_alerts)
    where = f"; {segments} alert{'s' if segments != 1 else ''} in segments" if segments else ""
    return f"{_of_columns(summary)}{_and_unjudged(summary)}{whole}{where}"


def _and_fairness(summary: Summary) -> str:
    found = summary.fairness_alerts
    return f"; fairness: {_first_few(found)}" if found else ""


MOST_WORDS = 2


def _first_few(words: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(words) - MOST_WORDS} more" if len(words) > MOST_WORDS else ""
    return ", ".join(words[:MOST_WORDS]) + more


def _of_model(summary: Summary) -> str:
    """The verdict where nothing but the model's performance was measured."""
    many = f"{summary.scores} score{'' if summary.scores == 1 else 's'}"
    if summary.model_alerts:
        return f"The model is worse: {_first_few(summary.model_alerts)}"
    if summary.scores_judged:
        return f"The model is not worse than before, by {many}"
    return f"{many} of the model"


def _of_columns(summary: Summary) -> str:
    drifted = len(summary.drifted_columns)
    if not summary.compared:
        return f"None of {_columns(summary.columns)} could be judged"
    if not drifted:
        return f"No drift in {_columns(summary.compared)}"
    return f"{drifted} of {_columns(summary.compared)} drifted"


def _and_unjudged(summary: Summary) -> str:
    return f"; {verdict.counted(summary.unjudged)}" if summary.unjudged else ""


def _columns(how_many: int) -> str:
    return f"{how_many} column{'' if how_many == 1 else 's'}"


def _scores(results: Results) -> dict[str, int]:
    """How many values of the model's performance there are, and how many a rule applies to."""
    table = results.table
    own = table.having("segment", {""}) & table.having("metric", _has_direction)
    own &= ~np.isnan(table.value)
    judged = own & (table.alert != ABSENT)
    return {"scores": int(own.sum()), "scores_judged": int(judged.sum())}


def _has_direction(metric: str) -> bool:
    """Whether it is a score that is better one way, as no count is."""
    record = registry.record(metric)
    return is_score(metric) and record is not None and record.better != ""


def is_score(metric: str) -> bool:
    """Whether it is a metric of the model's performance."""
    return metric.startswith("performance.")


_OF_MODEL = ("performance", "fairness")


def _table_alerts(results: Results, family: str) -> tuple[str, ...]:
    """What alerts of the model's performance or its fairness, or ('') of whole tables and pairs,
    in words: of the worst window of each."""
    lines = table_lines(results)
    if family:  # in the order of the metrics, all rows first
        order = {metric: place for place, metric in enumerate(results.table.metrics)}
        lines.sort(key=lambda line: (line.segment, order[line.worst.metric]))
    return tuple(
        f"{words} [{line.segment}]" if line.segment else words
        for line in lines
        for words in _alert_words(line)
        if (line.worst.metric != DATASET or line.segment) and _family(line.worst.metric) == family
    )


def _alert_words(line: ColumnLine) -> Iterator[str]:
    """Why a line alerts; without a value, of which metric it is as well."""
    without = line.worst.status != "ok" and _family(line.worst.metric) != ""
    for words in line.reasons:
        yield f"{verdict.method_words(line.worst)}: {words}" if without else words


def _family(metric: str) -> str:
    """The family of a model's metric; '' of any other."""
    family = metric.partition(".")[0]
    return family if family in _OF_MODEL else ""


def _windows(heads: Iterable[Head]) -> set[tuple[str, datetime | None]]:
    return {(head.grain, head.window_start) for head in heads}


def _gaps(heads: Iterable[Head]) -> tuple[Gap, ...]:
    """Where a window begins more than one and a half times later after the one before it than is
    common among the windows of its length."""
    found: dict[str, dict[datetime, datetime]] = defaultdict(dict)
    for head in heads:
        if head.window_start is not None and head.window_end is not None:
            found[head.grain][head.window_start] = head.window_end
    return tuple(gap for ends in found.values() for gap in _gaps_between(ends))


def _gaps_between(ends: Mapping[datetime, datetime]) -> Iterable[Gap]:
    """Of windows of one length, by their starts."""
    starts = sorted(ends)
    if len(starts) < 3:  # of two windows nobody knows which distance is common
        return
    steps = sorted(after - before for before, after in pairwise(starts))
    step = steps[(len(steps) - 1) // 2]
    for before, after in pairwise(starts):
        missing = round((after - before) / step) - 1
        if missing > 0 and (after - before) / step > 1.5:
            yield Gap(before + step, after, missing)


def _drifted_share(dataset: list[Result]) -> float | None:
    """The share of drifted columns in the median window."""
    return _median(row.value for row in dataset if row.value is not None and drawable(row.value))


def _any_alert(rows: list[Result]) -> bool | None:
    judged = [row.alert for row in rows if row.alert is not None]
    return any(judged) if judged else None


def _median_missing(table: ResultTable) -> float | None:
    """The missing share of the whole table, that of the median window."""
    whole = table.having("metric", {MISSING_SHARE})
    whole &= table.having("column", {""}) & table.having("segment", {""})
    values = [value for value in table.value[whole].tolist() if drawable(value) and value == value]
    return median(values) if values else None


def _rows_current(results: Results) -> int | None:
    """Rows of all windows: from the runs, else the largest n of each window."""
    if results.runs:
        return sum(run.rows for run in results.runs)
    largest: dict[object, int] = {}
    for row in results:
        if row.n_current is not None:
            window = (row.grain, row.window_start)
            largest[window] = max(largest.get(window, 0), row.n_current)
    return sum(largest.values()) if largest else None
