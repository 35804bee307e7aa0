"""A batch as COPY takes it: values in binary, runs and histograms as text.

A null has no bytes in binary COPY, so rows of one pattern of nulls, and of one status, have one
fixed layout: each pattern is one array of records, filled column by column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import numpy as np
import numpy.typing as npt

from simdrift.store.batch import ABSENT, COUNTS, ERROR, FLOATS, Batch, Records, StoredRun

# Columns of simdrift.metric_value and simdrift.histogram in the order in which they are copied.
VALUE_COLUMNS: Final = ("ts", "run_id", "series_id", *FLOATS, *COUNTS, "alert", "status")
HISTOGRAM_COLUMNS: Final = (
    "ts",
    "run_id",
    "series_id",
    "edges",
    "labels",
    "reference",
    "current",
)
REASON_COLUMNS: Final = ("ts", "run_id", "series_id", "reason")
RUN_COLUMNS: Final = (*StoredRun._fields, "began_at", "errors")

# https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format" and "Text Format"
_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END: Final = b"\xff\xff"
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_PIECE: Final = 2_000  # rows, some 300 kB; 1,000 to 4,000 are as good

# timestamptz is microseconds since 2000.
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)

_NULLABLE: Final = (*FLOATS, *COUNTS, "alert")
_KINDS: Final = {
    "ts": ">i8",
    "run_id": "V16",
    "series_id": ">i4",
    "alert": "u1",
    **dict.fromkeys(FLOATS, ">f8"),
    **dict.fromkeys(COUNTS, ">i8"),
}


def values_binary(batch: Batch, series_ids: npt.NDArray[np.int32]) -> Iterator[bytes]:
    """The values as rows of simdrift.metric_value; `series_ids` by series number.

    Rows of one pattern come in the order of the table's key, (series, end of the window), whatever
    theirs was: its index grows at few places, and a series lies together in the table. Pieces
    are small, so that the server works on one while the next is made.
    """
    yield _HEAD
    values = batch.values
    patterns = _patterns(values)
    ends = np.array(
        [
            (datetime.fromisoformat(run.window_end) - _EPOCH) // timedelta(microseconds=1)
            for run in batch.runs
        ],
        dtype=np.int64,
    )
    run_ids = np.array([UUID(run.run_id).bytes for run in batch.runs], dtype="V16")
    run_columns = {"ts": ends, "run_id": run_ids}
    keys = series_ids[values["series_no"]] * np.int64(len(ends)) + _ranks(ends)[values["run_no"]]
    for pattern in np.unique(patterns):
        places = np.flatnonzero(patterns == pattern)
        places = places[np.argsort(keys[places])]
        for start in range(0, len(places), _PIECE):
            rows = np.take(values, places[start : start + _PIECE])
            yield _records(rows, batch.statuses, run_columns, series_ids).tobytes()
    yield _END


def _ranks(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The place of each number among all of them in order."""
    return np.unique(numbers, return_inverse=True)[1].astype(np.int64)


def _patterns(values: Records) -> npt.NDArray[np.int64]:
    """A number for each row: which of its fields are null, and its status."""
    patterns = values["status_no"].astype(np.int64)
    for name in _NULLABLE:
        patterns = patterns * 2 + _absent(values[name])
    return patterns


def _absent(column: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    absent: npt.NDArray[np.bool_] = (
        np.isnan(column) if column.dtype.kind == "f" else np.equal(column, ABSENT)
    )
    return absent


def _records(
    rows: Records,
    statuses: Sequence[str],
    run_columns: dict[str, npt.NDArray[Any]],
    series_ids: npt.NDArray[np.int32],
) -> npt.NDArray[np.void]:
    """Rows of one pattern: the number of fields, and for each its length and bytes."""
    first = rows[0]
    status = statuses[first["status_no"]].encode()
    kinds = _KINDS | {"status": f"V{len(status)}"}
    present = [name for name in VALUE_COLUMNS if name not in _NULLABLE or not _absent(first[name])]
    layout = [("fields", ">i2")]
    for name in VALUE_COLUMNS:
        layout.append((f"{name} length", ">i4"))
        if name in present:
            layout.append((name, kinds[name]))
    records = np.empty(len(rows), dtype=layout)
    records["fields"] = len(VALUE_COLUMNS)
    for name in VALUE_COLUMNS:
        size = records.dtype[name].itemsize if name in present else -1
        records[f"{name} length"] = size
    for name in ("ts", "run_id"):
        records[name] = run_columns[name][rows["run_no"]]
    records["series_id"] = series_ids[rows["series_no"]]
    for name in present:
        if name in _NULLABLE:
            records[name] = rows[name]
    if status:
        records["status"] = np.void(status)
    return records


def histograms_text(batch: Batch, series_ids: npt.NDArray[np.int32]) -> Iterator[bytes]:
    """The histograms as rows of simdrift.histogram."""
    return _text(
        (
            batch.runs[cells.run_no].window_end,
            batch.runs[cells.run_no].run_id,
            series_ids[cells.series_no],
            *cells[2:],
        )
        for cells in batch.histograms
    )


def reasons_text(batch: Batch, series_ids: npt.NDArray[np.int32]) -> Iterator[bytes]:
    """The reasons as rows of simdrift.reason."""
    return _text(
        (
            batch.runs[reason.run_no].window_end,
            batch.runs[reason.run_no].run_id,
            series_ids[reason.series_no],
            reason.reason,
        )
        for reason in batch.reasons
    )


def runs_text(batch: Batch) -> Iterator[bytes]:
    """The runs, whose beginnings are known by now, as rows of simdrift.run."""
    columns = zip(batch.runs, batch.began, batch.rows_by_run(ERROR), strict=True)
    return _text((*run, began, errors) for run, began, errors in columns)


def _text(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    lines = []
    for row in rows:
        fields = [r"\N" if field is None else str(field).translate(_ESCAPES) for field in row]
        lines.append("\t".join(fields))
    if lines:
        yield ("\n".join(lines) + "\n").encode()
