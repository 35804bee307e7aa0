"""What a batch from a file has to be before it is trusted: a checksum tells that a file was not
changed, not who wrote it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import numpy as np

from simdrift.store.batch import Batch, Cells, Reason, StoredRun

_WHOLE_NUMBERS: Final = ("rows", "results")
_RUN_TIMES: Final = ("window_start", "window_end", "started_at", "finished_at")
_LARGEST: Final = 2**63 - 1  # bigint


def checked(batch: Batch) -> Batch:
    """The batch; ValueError for one that `batch_from_results` would never make."""
    for run in batch.runs:
        _check_run(run)
    for series in batch.series:
        _check_texts("series", series)
        UUID(series.series_key)
    _check_texts("statuses", batch.statuses)
    for cells in batch.histograms:
        _check_cells(cells, batch)
    for reason in batch.reasons:
        _check_places("a reason", reason, batch)
        _check_texts("a reason", (reason.reason,))
    _check_distinct("run", (UUID(run.run_id) for run in batch.runs))
    _check_distinct("series", (UUID(series.series_key) for series in batch.series))
    _check_numbers(batch)
    return batch


def _check_run(run: StoredRun) -> None:
    for name in _WHOLE_NUMBERS:
        number = getattr(run, name)
        if type(number) is not int or not 0 <= number <= _LARGEST:
            raise ValueError(f"{name} of a run: expected a whole number, found {number!r:.80}")
    texts = [text for name, text in run._asdict().items() if name not in _WHOLE_NUMBERS]
    _check_texts("a run", texts)
    for key in (run.run_id, run.stream_key):
        UUID(key)
    for name in _RUN_TIMES:
        if datetime.fromisoformat(getattr(run, name)).tzinfo is None:
            raise ValueError(f"{name} of a run: expected a time with a zone")


def _check_texts(whose: str, texts: Iterable[object]) -> None:
    for text in texts:
        if not isinstance(text, str) or "\0" in text:
            raise ValueError(f"{whose}: expected a text without NUL, found {text!r:.80}")
        text.encode()  # a lone surrogate is a UnicodeEncodeError, which is a ValueError


def _check_places(whose: str, listed: Cells | Reason, batch: Batch) -> None:
    for name, count in (("run_no", len(batch.runs)), ("series_no", len(batch.series))):
        number = getattr(listed, name)
        if type(number) is not int or not 0 <= number < count:
            raise ValueError(f"{name} of {whose}: expected 0 to {count - 1}, found {number!r}")


def _check_cells(cells: Cells, batch: Batch) -> None:
    _check_places("a histogram", cells, batch)
    given = [text for text in (cells.edges, cells.labels) if text is not None]
    _check_texts("a histogram", (*given, cells.reference, cells.current))


def _check_numbers(batch: Batch) -> None:
    """Every value refers to what is listed, and no two lie at one series and window end."""
    lists = {"run_no": batch.runs, "series_no": batch.series, "status_no": batch.statuses}
    for name, listed in lists.items():
        column = batch.values[name]
        if len(column) and not (column.min() >= 0 and column.max() < len(listed)):
            raise ValueError(f"{name} of a value: expected 0 to {len(listed) - 1}")
    ends = _ends(batch.runs)
    places = ends[batch.values["run_no"]] * max(len(batch.series), 1) + batch.values["series_no"]
    _check_distinct("value at a series and window end", places.tolist())
    _check_distinct(
        "histogram at a series and window end",
        ((int(ends[cells.run_no]), cells.series_no) for cells in batch.histograms),
    )
    _check_distinct(
        "reason at a series and window end",
        ((int(ends[reason.run_no]), reason.series_no) for reason in batch.reasons),
    )


def _ends(runs: Sequence[StoredRun]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """A number for each run's window end."""
    seen: dict[datetime, int] = {}
    times = (datetime.fromisoformat(run.window_end) for run in runs)
    return np.array([seen.setdefault(time, len(seen)) for time in times], dtype=np.int64)


def _check_distinct(what: str, keys: Iterable[object]) -> None:
    listed = list(keys)
    if len(set(listed)) != len(listed):
        raise ValueError(f"expected each {what} once, found one twice")
