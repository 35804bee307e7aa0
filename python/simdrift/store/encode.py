"""From `Results` to a `Batch`, column by column: Python's part is per run, series and status."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Final, Protocol
from uuid import UUID, uuid5

import numpy as np
import numpy.typing as npt

from simdrift.results.coding import by_first_use, combined, looked_up, renumbered, used
from simdrift.results.collection import ReasonsByRun
from simdrift.results.identity import NAMESPACE, canonical_json, series_key, utc_text
from simdrift.results.rows import Histogram, Result, Run
from simdrift.results.table import ResultTable
from simdrift.store.batch import (
    ABSENT,
    COUNTS,
    FLOATS,
    RECORD,
    Batch,
    Cells,
    Reason,
    Records,
    Series,
    StoredRun,
    run_checksums,
)

HISTOGRAM_METRIC: Final = "histogram"
"""The metric of the series that a histogram belongs to."""

_STREAM: Final = ("monitor", "dataset", "model", "model_version", "grain")
_OF_REASONS: Final = ("segment", "column", "metric")
_KEY: Final = ("segment", "column", "metric", "param")  # codes of a table, in a series' order


class HasResults(Protocol):
    """What `simdrift.results.Results` offers and the store needs; where there is a `table`, the
    rows are read from it."""

    @property
    def rows(self) -> Sequence[Result]: ...
    @property
    def runs(self) -> Sequence[Run]: ...
    @property
    def histograms(self) -> Sequence[Histogram]: ...


def batch_from_results(results: HasResults) -> Batch:
    """The batch of results whose runs have windows in time.

    ValueError for a run without a window, for rows of a run that isn't there, and for two
    different values of one series in one run. Where two runs end together, the values of the
    later one are kept, as they would be if the two were written one after the other.
    """
    runs = _checked_runs(results.runs)
    numbers = _Numbers(runs)
    table = _table(results)
    values = _records(table, numbers)
    reasons = _reasons(getattr(results, "reasons_by_run", {}), table, values)
    cells = _cells(results.histograms, numbers)
    series = numbers.listed_series()
    kept = _once_a_key(values, numbers)
    if len(kept) < len(values):
        places = set(zip(kept["run_no"].tolist(), kept["series_no"].tolist(), strict=True))
        reasons = tuple(own for own in reasons if own[:2] in places)
    values = kept
    statuses = tuple(visible(status) for status in numbers.statuses)
    keys = [key.bytes for key, _ in series]
    sums = run_checksums(values, keys, statuses, len(runs))
    keys_of = [str(stream_key(parts)) for parts in numbers.streams]
    streams = [keys_of[number] for number in numbers.stream_of]
    return Batch(
        tuple(_stored_runs(runs, streams, sums)),
        tuple(Series(str(key), *texts) for key, texts in series),
        statuses,
        values,
        cells,
        reasons=reasons,
    )


class _Numbers:
    """Numbers for runs, streams, series and statuses, in the order of their first use."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = runs
        self.of_run = {run.run_id: number for number, run in enumerate(runs)}
        self.streams: dict[tuple[str, ...], int] = {}
        self.stream_of = [self.streams.setdefault(_stream(r), len(self.streams)) for r in runs]
        self.series: dict[tuple[int, str, str, str, str], int] = {}
        self.statuses: dict[str, int] = {"ok": 0}

    def run(self, run_id: UUID) -> int:
        """A run's number; ValueError where the run is missing."""
        try:
            return self.of_run[run_id]
        except KeyError:
            raise ValueError(
                f"rows belong to run {run_id}, which is not among the runs of these results"
            ) from None

    def listed_series(self) -> list[tuple[UUID, list[str]]]:
        """Key and visible texts of every series, in the order of their numbers."""
        streams = list(self.streams)
        listed = []
        for number, segment, column, metric, params in self.series:
            monitor, dataset, model, version, grain = streams[number]
            texts = (monitor, dataset, model, version, segment, column, metric, params, grain)
            listed.append((series_key(*texts), [visible(text) for text in texts]))
        return listed

    def keys(self) -> npt.NDArray[np.int64]:
        """For each run the number of its (stream, window end): runs that share one collide."""
        seen: dict[tuple[int, datetime | None], int] = {}
        ends = (run.window_end for run in self.runs)
        pairs = zip(self.stream_of, ends, strict=True)
        return np.array([seen.setdefault(pair, len(seen)) for pair in pairs], dtype=np.int64)


def _checked_runs(runs: Iterable[Run]) -> tuple[Run, ...]:
    kept = {run.run_id: run for run in runs}
    for run in kept.values():
        if run.window_start is None or run.window_end is None:
            raise ValueError(
                f"results of {run.dataset or 'a table'!r} have no window in time and cannot be "
                "stored: pass window=(start, end)"
            )
        for time in (run.window_start, run.window_end, run.started_at, run.finished_at):
            if time.tzinfo is None:
                raise ValueError(f"run {run.run_id}: expected times with a zone, found {time}")
            try:
                time.astimezone(UTC)
            except OverflowError:
                raise ValueError(
                    f"run {run.run_id}: expected times in the years 1 to 9999 of UTC, found {time}"
                ) from None
    return tuple(kept.values())


def _stream(run: Run) -> tuple[str, str, str, str, str]:
    """What the runs of one monitor over one model's data share, whatever the window."""
    return run.monitor, run.dataset, run.model, run.model_version, run.grain


def stream_key(parts: tuple[str, ...]) -> UUID:
    """UUIDv5 of a stream; two runs of one stream and window compete for being current."""
    return uuid5(NAMESPACE, canonical_json(dict(zip(_STREAM, parts, strict=True))))


def _stored_runs(
    runs: Sequence[Run], streams: Sequence[str], sums: Sequence[tuple[int, str]]
) -> Iterator[StoredRun]:
    """The runs, each with its stream's key, and the number and checksum of its values."""
    text, time = cache(visible), cache(utc_text)  # nearly all of them repeat from run to run
    for run, stream, (results, checksum) in zip(runs, streams, sums, strict=True):
        yield StoredRun(
            run_id=str(run.run_id),
            stream_key=stream,
            monitor=text(run.monitor),
            dataset=text(run.dataset),
            model=text(run.model),
            model_version=text(run.model_version),
            grain=text(run.grain),
            window_start=str(time(run.window_start)),
            window_end=str(time(run.window_end)),
            started_at=str(time(run.started_at)),
            finished_at=str(time(run.finished_at)),
            rows=run.rows,
            library_version=text(run.library_version),
            spec_digest=text(run.spec_digest),
            data_digest=visible(run.data_digest),
            reference_digest=text(run.reference_digest),
            results=results,
            checksum=checksum,
        )


# -- values


def _table(results: HasResults) -> ResultTable:
    table: ResultTable | None = getattr(results, "table", None)
    return ResultTable.from_rows(results.rows) if table is None else table


def _records(table: ResultTable, numbers: _Numbers) -> Records:
    made: Records = np.zeros(len(table), dtype=RECORD)
    if not len(table):
        return made
    made["run_no"] = run_no = _run_numbers(table, numbers)[table.head]
    made["series_no"] = _series_numbers(table, run_no, numbers)
    made["status_no"] = _status_numbers(table, numbers)
    made["alert"] = table.alert
    for name in COUNTS:
        made[name] = getattr(table, name)
    _guard(made, table.value, numbers.statuses)
    for name in FLOATS:
        made[name] = _stored(getattr(table, name))
    return made


def _stored(column: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """No infinity and one NaN, and no -0.0, for PostgreSQL holds it equal to 0.0."""
    finite = np.isfinite(column)
    if not finite.any():
        return np.full(len(column), np.nan)
    return np.where(finite, column + 0.0, np.nan)


def _run_numbers(table: ResultTable, numbers: _Numbers) -> npt.NDArray[np.int32]:
    """The number of each head's run; ValueError where a head that rows have and its run differ
    in whose and when they are."""
    made = np.full(len(table.heads), ABSENT, dtype=np.int32)
    for code in used(table.head, len(table.heads)):
        head = table.heads[code]
        made[code] = number = numbers.run(head.run_id)
        run = numbers.runs[number]
        of_row = (head.dataset, head.model, head.model_version, head.grain, head.window_end)
        of_run = (run.dataset, run.model, run.model_version, run.grain, run.window_end)
        if of_row != of_run:
            raise ValueError(
                f"a row of run {run.run_id} says {of_row} of its dataset, model, version, grain "
                f"and window end; its run says {of_run}"
            )
    return made


def _series_numbers(
    table: ResultTable, run_no: npt.NDArray[np.int32], numbers: _Numbers
) -> npt.NDArray[np.int32]:
    """The number of each row's series, in the order of their first use."""
    stream = np.array(numbers.stream_of, dtype=np.int32)[run_no]
    names = [(getattr(table, name), len(table.dictionary(name))) for name in _KEY]
    first, series = by_first_use(*combined((stream, len(numbers.streams)), *names))
    texts = [looked_up(table.dictionary(name), getattr(table, name)[first]) for name in _KEY]
    renumbered(zip(stream[first].tolist(), *texts, strict=True), numbers.series)
    return series


def _status_numbers(table: ResultTable, numbers: _Numbers) -> npt.NDArray[np.int32]:
    first, place = by_first_use(*combined((table.status, len(table.statuses))))
    texts = looked_up(table.statuses, table.status[first])
    return renumbered(texts, numbers.statuses)[place]


def _guard(made: Records, value: npt.NDArray[np.float64], statuses: dict[str, int]) -> None:
    """No value that is 'ok' is infinite or absent."""
    ok = made["status_no"] == 0
    for status, wrong in (("overflow", ok & np.isinf(value)), ("degenerate", ok & np.isnan(value))):
        if wrong.any():
            made["status_no"][wrong] = statuses.setdefault(status, len(statuses))


def _once_a_key(values: Records, numbers: _Numbers) -> Records:
    """One record for each series and window end, the later run's: the table's key allows one."""
    series = max(len(numbers.series), 1)
    key = numbers.keys()[values["run_no"]] * series + values["series_no"]
    in_order = np.sort(key)
    if not (in_order[1:] == in_order[:-1]).any():
        return values
    by_order = sorted(range(len(numbers.runs)), key=lambda number: _order(numbers.runs[number]))
    ranks = np.empty(len(by_order), dtype=np.int64)
    ranks[by_order] = np.arange(len(by_order))
    sorted_rows = np.lexsort((ranks[values["run_no"]], key))
    same = key[sorted_rows][1:] == key[sorted_rows][:-1]
    earlier, later = sorted_rows[:-1][same], sorted_rows[1:][same]
    _refuse_contradictions(values[earlier], values[later], numbers)
    return np.delete(values, earlier)


def _order(run: Run) -> tuple[datetime, datetime, str]:
    """The key by which the greater of two runs is current; the views order by it."""
    return run.started_at, run.finished_at, str(run.run_id)


def _refuse_contradictions(earlier: Records, later: Records, numbers: _Numbers) -> None:
    for first, second in zip(earlier, later, strict=True):
        if first["run_no"] == second["run_no"] and first.tobytes() != second.tobytes():
            key = list(numbers.series)[first["series_no"]]
            raise ValueError(
                "one run has two different values of segment, column, metric and params "
                f"{key[1:]}: {first['value']} and {second['value']}"
            )


# -- reasons


def _reasons(by_run: ReasonsByRun, table: ResultTable, values: Records) -> tuple[Reason, ...]:
    """The reason of every row that has one; rows that differ in parameters alone share it."""
    if not by_run:
        return ()
    codes = [(getattr(table, name), len(table.dictionary(name))) for name in _OF_REASONS]
    first, group = by_first_use(*combined(*codes))
    texts = [looked_up(table.dictionary(n), getattr(table, n)[first]) for n in _OF_REASONS]
    own = [by_run.get(key) for key in zip(*texts, strict=True)]
    has = np.array([bool(one) for one in own], dtype=bool)
    made: dict[tuple[int, int], str] = {}
    for row in np.flatnonzero(has[group]).tolist():
        reasons = own[group[row]]
        reason = reasons.get(table.heads[table.head[row]].run_id) if reasons else None
        if reason:
            made[int(values["run_no"][row]), int(values["series_no"][row])] = visible(reason)
    return tuple(Reason(*place, reason) for place, reason in made.items())


# -- histograms


def _cells(histograms: Iterable[Histogram], numbers: _Numbers) -> tuple[Cells, ...]:
    """One histogram for each series and window end; equal arrays are put into text once."""
    kept = list(histograms)
    literals: dict[int, str] = {}

    def literal(array: Sequence[float]) -> str:
        text = literals.get(id(array))
        if text is None:
            text = literals[id(array)] = _numbers_literal(array)
        return text

    keys = numbers.keys()
    made: dict[tuple[int, int], Cells] = {}
    for histogram in sorted(kept, key=lambda h: _order(numbers.runs[numbers.run(h.run_id)])):
        run = numbers.run(histogram.run_id)
        key = (numbers.stream_of[run], histogram.segment, histogram.column)
        series = numbers.series.setdefault((*key, HISTOGRAM_METRIC, ""), len(numbers.series))
        made[int(keys[run]), series] = Cells(
            run,
            series,
            None if histogram.edges is None else literal(histogram.edges),
            None if histogram.labels is None else texts_literal(histogram.labels),
            literal(histogram.reference),
            literal(histogram.current),
        )
    return tuple(made.values())


def _numbers_literal(numbers: Sequence[float]) -> str:
    text = "{" + ",".join([repr(float(number)) for number in numbers]) + "}"
    return re.sub(r"-?inf|nan", "null", text) if "n" in text else text


def texts_literal(texts: Sequence[str]) -> str:
    r"""An array literal of texts.

    >>> print(texts_literal(["a", 'say "b"', "c\\d"]))
    {"a","say \"b\"","c\\d"}
    """
    quoted = (visible(text).replace("\\", r"\\").replace('"', r"\"") for text in texts)
    return "{" + ",".join([f'"{text}"' for text in quoted]) + "}"


def visible(text: str) -> str:
    r"""The text with what PostgreSQL cannot store spelled out: NUL and lone surrogates.

    >>> print(visible("caf\u00e9"), visible("a\x00b"), visible("\udc80"))
    café a\x00b \udc80
    """
    if "\0" in text:
        text = text.replace("\0", r"\x00")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text
