"""`Results`: the rows of one or many runs, with the runs and histograms they belong to."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from os import PathLike
from typing import TYPE_CHECKING, Any, Final, overload
from uuid import UUID

import numpy as np
import numpy.typing as npt

from simdrift.results import frames, interchange, notebook
from simdrift.results.coding import by_first_use, combined
from simdrift.results.conditions import check_statuses, whole_metrics
from simdrift.results.files import write_text
from simdrift.results.histograms import HistogramBlock, Histograms, Key
from simdrift.results.rows import Histogram, Result, Run
from simdrift.results.table import ABSENT, Head, ResultTable
from simdrift.results.zones import in_utc, in_zone, zone_of

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

_ANY: Final[Any] = object()
_Reasons = dict[tuple[str, str, str], Mapping[UUID, str]]
_OF_HISTOGRAMS: Final = ("segment", "column", "head")
Reasons = Mapping[tuple[str, str, str], str]
"""What stands behind a status, in words, by (segment, column, metric)."""
ReasonsByRun = Mapping[tuple[str, str, str], Mapping[UUID, str]]
"""The same of every run that has one, oldest first."""


class Results(Sequence[Result]):
    """An immutable sequence of result rows, with their runs and histograms.

    Window times are kept in UTC and must carry a zone (else ValueError); `timezone` is the IANA
    name in which people read them (ValueError where there is none such). A NaN among the
    numbers becomes None.

    >>> from uuid import UUID
    >>> row = Result(UUID(int=1), "flights", "", "", None, None, "all", "", "dep_delay",
    ...              "drift.ks", 0.25, alert=True)
    >>> results = Results([row])
    >>> results.filter(alert=True)[0].column
    'dep_delay'
    """

    __slots__ = ("_histograms", "_reasons", "_rows", "_runs", "_table", "_timezone", "_types")

    def __init__(
        self,
        rows: Iterable[Result] = (),
        runs: Iterable[Run] = (),
        histograms: Iterable[Histogram | HistogramBlock] = (),
        *,
        timezone: str = "UTC",
        reasons: Reasons | ReasonsByRun | None = None,
        types: Mapping[str, str] | None = None,
    ) -> None:
        if isinstance(rows, Results):
            reasons, types = reasons or rows.reasons_by_run, types or rows.types
            self._set(rows.table, runs, histograms, timezone, reasons, types)
        else:
            self._set(ResultTable.from_rows(rows), runs, histograms, timezone, reasons, types)

    @classmethod
    def from_table(
        cls,
        table: ResultTable,
        runs: Iterable[Run] = (),
        histograms: Iterable[Histogram | HistogramBlock] = (),
        *,
        timezone: str = "UTC",
        reasons: Reasons | ReasonsByRun | None = None,
        types: Mapping[str, str] | None = None,
    ) -> Results:
        """Results of rows that are columns already; no row is made until somebody iterates.

        The same holds of window times and of `timezone`; an 'ok' value that is NaN becomes
        'degenerate'.
        """
        made = cls.__new__(cls)
        made._set(table.cleaned(), runs, histograms, timezone, reasons, types)
        return made

    def _set(
        self,
        table: ResultTable,
        runs: Iterable[Run],
        histograms: Iterable[Histogram | HistogramBlock],
        timezone: str,
        reasons: Reasons | ReasonsByRun | None,
        types: Mapping[str, str] | None,
    ) -> None:
        self._table = table
        self._reasons = _by_run(reasons or {}, table)
        self._types: Mapping[str, str] = dict(types or {})
        self._rows: tuple[Result, ...] | None = None
        self._runs = tuple([_run_in_utc(run) for run in runs])
        if not isinstance(histograms, Histograms):
            histograms = Histograms(histograms, [run.run_id for run in self._runs])
        self._histograms = histograms
        zone_of(timezone)
        self._timezone = timezone

    @property
    def table(self) -> ResultTable:
        """The result rows as columns."""
        return self._table

    @property
    def rows(self) -> tuple[Result, ...]:
        """The result rows, made at the first call."""
        if self._rows is None:
            self._rows = tuple(self._table.rows())
        return self._rows

    def rows_of(self, kept: npt.NDArray[np.bool_]) -> list[Result]:
        """The rows of a mask; of the others none is made."""
        if self._rows is None:
            return self._table.take(kept).rows()
        return [self._rows[place] for place in np.flatnonzero(kept).tolist()]

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs, one a computed window."""
        return self._runs

    @property
    def histograms(self) -> Histograms:
        """Reference and current counts, one a column and run."""
        return self._histograms

    @property
    def timezone(self) -> str:
        """IANA name of the zone in which windows are labelled."""
        return self._timezone

    @property
    def reasons(self) -> Reasons:
        """What stands behind a status other than 'ok', in words, by (segment, column, metric); of
        several windows the newest that has one."""
        return {key: list(own.values())[-1] for key, own in self._reasons.items()}

    @property
    def reasons_by_run(self) -> ReasonsByRun:
        """The reasons of every window, by (segment, column, metric) and then by run."""
        return self._reasons

    @property
    def types(self) -> Mapping[str, str]:
        """Types by column, as Arrow spells them, of the rows that were measured; for showing only,
        and empty of results that a store was read for."""
        return self._types

    @property
    def passed(self) -> bool:
        """Whether nothing alerts."""
        return not bool((self._table.alert == 1).any())

    def reason(self, column: str, segment: str = "") -> str:
        """Why a column was not computed on, in words: of its first metric that has a reason; ''
        where none has."""
        own = (
            text for (of, name, _), text in self.reasons.items() if (of, name) == (segment, column)
        )
        return next(own, "")

    def __len__(self) -> int:
        return len(self._table)

    def __iter__(self) -> Iterator[Result]:
        return iter(self.rows)

    @overload
    def __getitem__(self, index: int) -> Result: ...
    @overload
    def __getitem__(self, index: slice) -> Results: ...
    def __getitem__(self, index: int | slice) -> Result | Results:
        if isinstance(index, slice):
            return self._with_rows(index)
        return self._table.row(index) if self._rows is None else self._rows[index]

    def __add__(self, other: object) -> Results:
        """Both collections' rows; a run or histogram that both have is there once."""
        if not isinstance(other, Results):
            return NotImplemented
        return Results._of(
            ResultTable.concat([self._table, other._table]),
            tuple(dict.fromkeys(self._runs + other._runs)),
            self._histograms + other._histograms,
            self._timezone,
            _joined(self._reasons, other._reasons),
            {**self._types, **other._types},
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Results):
            return NotImplemented
        return self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash((self._table, self._runs))

    def __repr__(self) -> str:
        table = self._table
        windows = len({(head.grain, head.window_start) for head in table.in_use("head")})
        columns = sum(name != "" for name in table.in_use("column"))
        alerts = np.count_nonzero(table.alert == 1)
        parts = ((columns, "column"), (windows, "window"), (int(alerts), "alert"))
        words = ", ".join(f"{many} {noun}{'' if many == 1 else 's'}" for many, noun in parts)
        return f"Results({len(self)} row{'' if len(self) == 1 else 's'}: {words})"

    def _repr_html_(self) -> str:
        first = self._table.take(slice(notebook.MOST_ROWS)).rows()
        return notebook.plain_table(first, repr(self), len(self))

    def filter(
        self,
        *,
        column: str | Collection[str] = _ANY,
        metric: str | Collection[str] = _ANY,
        alert: bool | None = _ANY,
        status: str | Collection[str] = _ANY,
        segment: str | Collection[str] = _ANY,
    ) -> Results:
        """The rows that match every condition given; a text condition is one text or several.
        A metric is named whole ('drift.ks') or short ('ks', of any family).

        Runs and histograms of rows that are gone go too. `alert=None` are the rows that no rule
        applies to. InputError for a metric or a status that does not exist.
        """
        if metric is not _ANY:
            metric = whole_metrics(metric, self._table.metrics)
        if status is not _ANY:
            check_statuses(status, self._table.statuses)
        wanted = {"column": column, "metric": metric, "status": status, "segment": segment}
        kept = np.ones(len(self), dtype=bool)
        for name, texts in wanted.items():
            if texts is not _ANY:
                kept &= self._table.having(name, {texts} if isinstance(texts, str) else set(texts))
        if alert is not _ANY:
            kept &= np.isin(self._table.alert, _alert_codes(alert))
        return self._with_rows(kept)

    def to_arrow(self) -> pyarrow.Table:
        """A pyarrow table: text, timestamp[us, UTC], float64, int64, bool; null where absent."""
        return frames.to_arrow(self._table)

    def to_pandas(self) -> pandas.DataFrame:
        """A pandas frame: float64 with NaN, nullable Int64 and boolean, UTC timestamps."""
        return frames.to_pandas(self._table)

    def to_polars(self) -> polars.DataFrame:
        """A polars frame with the types of `to_arrow`."""
        return frames.to_polars(self._table)

    def to_csv(self) -> str:
        """CSV with a line a row and a head of the fields' names and 'reason', which says what
        stands behind a status; empty where a value is absent, times in UTC (ISO 8601)."""
        return frames.to_csv((row, self._reason_of(row)) for row in self)

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts and lists that JSON can hold: the shape of `simdrift.results.interchange`."""
        return interchange.encode(
            self._table,
            self._runs,
            self._histograms,
            self._timezone,
            self.reasons,
            self._types,
        )

    def to_openlineage(self) -> dict[str, dict[str, Any]]:
        """The newest window as OpenLineage facets of an input dataset, plain dicts.

        'dataQualityMetrics' has the statistics that are there (rows, nulls, distinct, sum, min,
        max, quantiles), 'dataQualityAssertions' every rule and whether it held. ValueError where
        the rows are of several datasets.

        >>> from uuid import UUID
        >>> row = Result(UUID(int=1), "flights", "", "", None, None, "all", "", "dep_delay",
        ...              "drift.ks", 0.25, alert=True)
        >>> Results([row]).to_openlineage()["dataQualityAssertions"]["assertions"]
        [{'assertion': 'drift.ks', 'success': False, 'column': 'dep_delay'}]
        """
        from simdrift.results.openlineage import facets

        return facets(self.table)

    def to_json(self, *, indent: int | None = None) -> str:
        """An ASCII JSON document; `Results.from_json` gives equal results back."""
        return json.dumps(self.to_dict(), allow_nan=False, indent=indent)

    def save_json(self, path: str | PathLike[str]) -> None:
        """Write `to_json` to a file, whole or not at all."""
        write_text(path, self.to_json() + "\n")

    @classmethod
    def from_json(cls, document: str | bytes | Mapping[str, Any]) -> Results:
        """Results from `to_json`'s text or `to_dict`'s dict; InputError says what is wrong.

        >>> Results.from_json(Results().to_json()) == Results()
        True
        """
        decoded = interchange.decode(document)
        return cls.from_table(
            decoded.table,
            decoded.runs,
            decoded.histograms,
            timezone=decoded.timezone,
            reasons=decoded.reasons,
            types=decoded.types,
        )

    @classmethod
    def _of(
        cls,
        table: ResultTable,
        runs: tuple[Run, ...],
        histograms: Histograms,
        timezone: str,
        reasons: _Reasons,
        types: Mapping[str, str],
    ) -> Results:
        made = cls.__new__(cls)
        made._table, made._rows, made._runs, made._histograms = table, None, runs, histograms
        made._timezone, made._reasons, made._types = timezone, reasons, types
        return made

    def _reason_of(self, row: Result) -> str:
        own = self._reasons.get((row.segment, row.column, row.metric))
        return own.get(row.run_id, "") if own else ""

    def _with_rows(self, rows: slice | npt.NDArray[np.bool_]) -> Results:
        table = self._table.take(rows)
        runs = {head.run_id for head in table.in_use("head")}
        return Results._of(
            table,
            tuple(run for run in self._runs if run.run_id in runs),
            self._histograms.of(_runs_of_columns(table) if self._histograms else {}),
            self._timezone,
            _reasons_in(table, self._reasons),
            _types_in(table, self._types),
        )

    def _parts(self) -> tuple[object, ...]:
        return self._table, self._runs, self._histograms


def _alert_codes(alert: bool | None) -> list[int]:
    if alert is None:
        return [ABSENT]
    return [code for code, known in enumerate((False, True)) if known == alert]


def _runs_of_columns(table: ResultTable) -> dict[Key, set[UUID]]:
    """The runs that each segment's columns have rows of."""
    codes = [(getattr(table, name), len(table.dictionary(name))) for name in _OF_HISTOGRAMS]
    first, _ = by_first_use(*combined(*codes))
    found: dict[Key, set[UUID]] = defaultdict(set)
    places = [getattr(table, name)[first].tolist() for name in _OF_HISTOGRAMS]
    for segment, column, head in zip(*places, strict=True):
        found[table.segments[segment], table.columns[column]].add(table.heads[head].run_id)
    return found


def _by_run(reasons: Reasons | ReasonsByRun, table: ResultTable) -> _Reasons:
    """The reasons by run; one that names no run is the newest run's."""
    newest = max(table.in_use("head"), key=_end, default=None) if reasons else None
    if newest is None:
        return {}
    return {
        key: {newest.run_id: own} if isinstance(own, str) else dict(own)
        for key, own in reasons.items()
    }


def _end(head: Head) -> datetime:
    """When the window of rows ends; rows without one are of a single window."""
    return head.window_end or datetime.min.replace(tzinfo=UTC)


def _joined(first: ReasonsByRun, second: ReasonsByRun) -> _Reasons:
    """Both collections' reasons, the second's later."""
    return {key: {**first.get(key, {}), **second.get(key, {})} for key in {**first, **second}}


def _reasons_in(table: ResultTable, reasons: _Reasons) -> _Reasons:
    """Those of rows that the table has."""
    if not reasons:
        return reasons
    names = ("segment", "column", "metric")
    codes = [(getattr(table, name), len(table.dictionary(name))) for name in names]
    first, _ = by_first_use(*combined(*codes))
    named = table.take(first)
    texts = [[named.dictionary(n)[code] for code in getattr(named, n).tolist()] for n in names]
    held = set(zip(*texts, strict=True))
    runs = {head.run_id for head in table.in_use("head")}
    kept = {
        key: {run: reason for run, reason in own.items() if run in runs}
        for key, own in reasons.items()
        if key in held
    }
    return {key: own for key, own in kept.items() if own}


def _types_in(table: ResultTable, types: Mapping[str, str]) -> Mapping[str, str]:
    """Those of columns that the table has rows of."""
    names = set(table.in_use("column")) if types else set()
    return {name: kind for name, kind in types.items() if name in names}


def _run_in_utc(run: Run) -> Run:
    times = (run.window_start, run.window_end, run.started_at, run.finished_at)
    if all(time is None or time.tzinfo is UTC for time in times):
        return run
    return run._replace(
        window_start=in_utc(run.window_start),
        window_end=in_utc(run.window_end),
        started_at=in_zone(run.started_at),
        finished_at=in_zone(run.finished_at),
    )
