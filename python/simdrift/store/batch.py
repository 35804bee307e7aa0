"""Results as they travel: one batch is what a spool file holds and a transaction writes.

The values are one array of fixed-width records; absent numbers are NaN, absent integers -1.
What repeats (runs, series, statuses) is listed once and referred to by number.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np

FLOATS: Final = (
    "value",
    "ci_low",
    "ci_high",
    "p_value",
    "q_value",
    "effect_size",
    "null_quantile",
    "threshold",
)
COUNTS: Final = ("n_reference", "n_current")
ABSENT: Final = -1
ERROR: Final = "error"  # the status of what failed for a cause that may pass

RECORD: Final = np.dtype(
    [("run_no", "<i4"), ("series_no", "<i4")]
    + [(name, "<f8") for name in FLOATS]
    + [(name, "<i8") for name in COUNTS]
    + [("alert", "<i2"), ("status_no", "<i2")]
)

Records = np.ndarray[Any, np.dtype[np.void]]


class StoredRun(NamedTuple):
    """A run as its table holds it; times are ISO 8601 in UTC."""

    run_id: str
    stream_key: str
    monitor: str
    dataset: str
    model: str
    model_version: str
    grain: str
    window_start: str
    window_end: str
    started_at: str
    finished_at: str
    rows: int
    library_version: str
    spec_digest: str
    data_digest: str
    reference_digest: str
    results: int
    checksum: str


class Series(NamedTuple):
    """A series as its table holds it: what cannot be stored is escaped visibly, while the key
    is of the names as they came."""

    series_key: str
    monitor: str
    dataset: str
    model: str
    model_version: str
    segment: str
    column_name: str
    metric: str
    params: str
    grain: str


class Cells(NamedTuple):
    """A histogram; arrays are PostgreSQL array literals, one of edges and labels None."""

    run_no: int
    series_no: int
    edges: str | None
    labels: str | None
    reference: str
    current: str


class Reason(NamedTuple):
    """Why a value has its status, in words."""

    run_no: int
    series_no: int
    reason: str


@dataclass(frozen=True)
class Batch:
    """What is written together."""

    runs: tuple[StoredRun, ...]
    series: tuple[Series, ...]
    statuses: tuple[str, ...]
    values: Records
    histograms: tuple[Cells, ...]
    began: tuple[str, ...] = ()
    """Of runs read from a store, when each began by that server's clock; else nothing."""
    reasons: tuple[Reason, ...] = ()

    def only(self, keep: Iterable[int]) -> Batch:
        """The batch with these runs alone, by number; series keep their numbers."""
        numbers = sorted(set(keep))
        if len(numbers) == len(self.runs):
            return self
        moved = np.full(len(self.runs), ABSENT, dtype=np.int32)
        moved[numbers] = np.arange(len(numbers))
        values = self.values[moved[self.values["run_no"]] != ABSENT]
        values["run_no"] = moved[values["run_no"]]
        histograms = (
            cells._replace(run_no=int(moved[cells.run_no]))
            for cells in self.histograms
            if moved[cells.run_no] != ABSENT
        )
        reasons = (
            reason._replace(run_no=int(moved[reason.run_no]))
            for reason in self.reasons
            if moved[reason.run_no] != ABSENT
        )
        runs = tuple(self.runs[number] for number in numbers)
        began = tuple(self.began[number] for number in numbers if self.began)
        return Batch(
            runs, self.series, self.statuses, values, tuple(histograms), began, tuple(reasons)
        )

    def rows_by_run(self, status: str | None = None) -> list[int]:
        """How many values each run has, those of one status where one is given."""
        run_no = self.values["run_no"]
        if status is not None:
            places = [place for place, one in enumerate(self.statuses) if one == status]
            run_no = run_no[np.isin(self.values["status_no"], places)]
        counts: list[int] = np.bincount(run_no, minlength=len(self.runs)).tolist()
        return counts

    def to_bytes(self) -> bytes:
        """A line of JSON, then the records."""
        listed = {
            "runs": self.runs,
            "series": self.series,
            "statuses": self.statuses,
            "histograms": self.histograms,
            "fields": RECORD.descr,
        }
        if self.reasons:
            listed["reasons"] = self.reasons
        text = json.dumps(listed, ensure_ascii=True, separators=(",", ":"))
        return text.encode("ascii") + b"\n" + self.values.tobytes()

    @classmethod
    def from_bytes(cls, content: bytes) -> Batch:
        """What `to_bytes` gave; ValueError where it is anything else."""
        head, _, records = content.partition(b"\n")
        try:
            listed = json.loads(head)
            if [tuple(field) for field in listed["fields"]] != RECORD.descr:
                raise ValueError("records of another layout")
            return cls(
                tuple(StoredRun(*run) for run in listed["runs"]),
                tuple(Series(*series) for series in listed["series"]),
                tuple(listed["statuses"]),
                np.frombuffer(records, dtype=RECORD),
                tuple(Cells(*cells) for cells in listed["histograms"]),
                reasons=tuple(Reason(*reason) for reason in listed.get("reasons", ())),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a batch: {type(error).__name__} {error}") from error


def run_checksums(
    values: Records, series_keys: Sequence[bytes], statuses: Sequence[str], runs: int
) -> list[tuple[int, str]]:
    """How many values each run has, and BLAKE2b (32 hex digits) over its records in the order of
    their series' keys, over the keys and over the statuses; however a batch numbers them."""
    keys = np.frombuffer(b"".join(series_keys), dtype="V16")
    ranks = np.empty(len(keys), dtype=np.int64)
    ranks[sorted(range(len(keys)), key=series_keys.__getitem__)] = np.arange(len(keys))
    order = np.argsort(values["run_no"] * np.int64(len(keys)) + ranks[values["series_no"]])
    ordered = np.take(values, order)  # of records seven times as fast as values[order]
    digests = [hashlib.blake2b(status.encode(), digest_size=8).digest() for status in statuses]
    bounds = np.searchsorted(ordered["run_no"], np.arange(runs + 1)).tolist()
    parts = [keys[ordered["series_no"]], np.array(digests, dtype="V8")[ordered["status_no"]]]
    for name in ("run_no", "series_no", "status_no"):
        ordered[name] = 0
    contents = [(part.view(np.uint8).data, part.itemsize) for part in (ordered, *parts)]
    return [(end - start, _digest(contents, start, end)) for start, end in pairwise(bounds)]


def _digest(contents: Sequence[tuple[memoryview, int]], start: int, end: int) -> str:
    state = hashlib.blake2b(digest_size=16)
    for content, size in contents:
        state.update(content[start * size : end * size])
    return state.hexdigest()
