"""`Results`: the rows of one or many runs, with the runs and histograms they belong to."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from os import PathLike
from typing import TYPE_CHECKING, Any, Final, overload

from simdrift.results import frames, interchange, notebook
from simdrift.results.files import write_text
from simdrift.results.rows import Histogram, Result, Run
from simdrift.results.zones import zone_of

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

_ANY: Final[Any] = object()
_NUMBERS = slice(Result._fields.index("value"), Result._fields.index("n_reference"))


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

    __slots__ = ("_histograms", "_rows", "_runs", "_timezone")

    def __init__(
        self,
        rows: Iterable[Result] = (),
        runs: Iterable[Run] = (),
        histograms: Iterable[Histogram] = (),
        *,
        timezone: str = "UTC",
    ) -> None:
        self._rows = tuple([_clean(row) for row in rows])
        self._runs = tuple([_run_in_utc(run) for run in runs])
        self._histograms = tuple(histograms)
        zone_of(timezone)
        self._timezone = timezone

    @property
    def rows(self) -> tuple[Result, ...]:
        """The result rows."""
        return self._rows

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs, one a computed window."""
        return self._runs

    @property
    def histograms(self) -> tuple[Histogram, ...]:
        """Reference and current counts, one a column and run."""
        return self._histograms

    @property
    def timezone(self) -> str:
        """IANA name of the zone in which windows are labelled."""
        return self._timezone

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Result]:
        return iter(self._rows)

    @overload
    def __getitem__(self, index: int) -> Result: ...
    @overload
    def __getitem__(self, index: slice) -> Results: ...
    def __getitem__(self, index: int | slice) -> Result | Results:
        if isinstance(index, slice):
            return self._with_rows(self._rows[index])
        return self._rows[index]

    def __add__(self, other: object) -> Results:
        """Both collections' rows; a run or histogram that both have is there once."""
        if not isinstance(other, Results):
            return NotImplemented
        return Results._of(
            self._rows + other._rows,
            tuple(dict.fromkeys(self._runs + other._runs)),
            tuple(dict.fromkeys(self._histograms + other._histograms)),
            self._timezone,
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Results):
            return NotImplemented
        return self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def __repr__(self) -> str:
        windows = len({(row.grain, row.window_start) for row in self._rows})
        columns = len({row.column for row in self._rows if row.column})
        alerts = sum(row.alert is True for row in self._rows)
        return f"Results({len(self)} rows: {columns} columns, {windows} windows, {alerts} alerts)"

    def _repr_html_(self) -> str:
        return notebook.plain_table(self._rows, repr(self))

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

        Runs and histograms of rows that are gone go too. `alert=None` are the rows that no rule
        applies to.
        """
        wanted = {"column": column, "metric": metric, "status": status, "segment": segment}
        rows = self._rows
        for name, texts in wanted.items():
            if texts is not _ANY:
                rows = _matching(rows, Result._fields.index(name), texts)
        if alert is not _ANY:
            rows = tuple(row for row in rows if row.alert is alert or row.alert == alert)
        return self._with_rows(rows)

    def to_arrow(self) -> pyarrow.Table:
        """A pyarrow table: text, timestamp[us, UTC], float64, int64, bool; null where absent."""
        return frames.to_arrow(self._rows)

    def to_pandas(self) -> pandas.DataFrame:
        """A pandas frame: float64 with NaN, nullable Int64 and boolean, UTC timestamps."""
        return frames.to_pandas(self._rows)

    def to_polars(self) -> polars.DataFrame:
        """A polars frame with the types of `to_arrow`."""
        return frames.to_polars(self._rows)

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts and lists that JSON can hold: the shape of `simdrift.results.interchange`."""
        return interchange.encode(self._rows, self._runs, self._histograms, self._timezone)

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

        return facets(self)

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
        return cls(decoded.rows, decoded.runs, decoded.histograms, timezone=decoded.timezone)

    @classmethod
    def _of(
        cls,
        rows: tuple[Result, ...],
        runs: tuple[Run, ...],
        histograms: tuple[Histogram, ...],
        timezone: str,
    ) -> Results:
        made = cls.__new__(cls)
        made._rows, made._runs, made._histograms = rows, runs, histograms
        made._timezone = timezone
        return made

    def _with_rows(self, rows: tuple[Result, ...]) -> Results:
        runs = {row.run_id for row in rows}
        columns = {(row.run_id, row.segment, row.column) for row in rows}
        return Results._of(
            rows,
            tuple(run for run in self._runs if run.run_id in runs),
            tuple(h for h in self._histograms if (h.run_id, h.segment, h.column) in columns),
            self._timezone,
        )

    def _parts(self) -> tuple[object, ...]:
        return self._rows, self._runs, self._histograms


def _matching(
    rows: tuple[Result, ...], field: int, texts: str | Collection[str]
) -> tuple[Result, ...]:
    wanted = {texts} if isinstance(texts, str) else set(texts)
    return tuple(row for row in rows if row[field] in wanted)


def _clean(row: Result) -> Result:
    """The row in UTC and without NaN; nearly always the row itself."""
    start, end = row.window_start, row.window_end
    if (start is not None and start.tzinfo is not UTC) or (
        end is not None and end.tzinfo is not UTC
    ):
        row = row._replace(window_start=in_utc(start), window_end=in_utc(end))
    numbers: Any = row[_NUMBERS]
    return _without_nan(row) if any(number != number for number in numbers) else row


def _without_nan(row: Result) -> Result:
    if row.value != row.value and row.status == "ok":
        row = row._replace(status="degenerate")
    return Result._make(None if value != value else value for value in row)


def in_utc(time: datetime | None) -> datetime | None:
    """The same instant in UTC; a time without a zone is a ValueError."""
    if time is None:
        return None
    if time.tzinfo is None:
        raise ValueError(f"expected a window time with a zone, found {time.isoformat()}")
    return time.astimezone(UTC)


def _run_in_utc(run: Run) -> Run:
    return run._replace(
        window_start=in_utc(run.window_start),
        window_end=in_utc(run.window_end),
        started_at=run.started_at.astimezone(UTC),
        finished_at=run.finished_at.astimezone(UTC),
    )
