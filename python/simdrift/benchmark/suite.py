"""Runs the tasks: medians over interleaved rounds, each checked against its baseline first."""

from __future__ import annotations

import math
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from simdrift import _core
from simdrift._config import show_config
from simdrift.benchmark.tasks import TASKS, Data, Task
from simdrift.benchmark.timing import interleaved, median

ROWS, ROUNDS = 4_000_000, 7
"""Columns of 32 MB, which no cache holds: in a cache the read bound is another."""


@dataclass(frozen=True)
class Measurement:
    """One task on one machine and build.

    `seconds` is the median of the rounds, `reads` the rounds' multiples of the read bound (of
    `values` float64 a row), `most_reads` the figure beyond which the task is slow.
    """

    ts: str
    machine: str
    version: str
    isa: str
    threads: int
    task: str
    family: str
    rows: int
    seconds: float
    values: int
    most_reads: float
    baseline: str
    baseline_seconds: float
    reads: tuple[float, ...] = field(default=())

    @property
    def median_reads(self) -> float:
        """The median of the rounds' multiples of the read bound."""
        return float(np.median(self.reads))

    @property
    def nanoseconds(self) -> float:
        """Of one row."""
        return self.seconds / self.rows * 1e9

    @property
    def times_as_fast(self) -> float:
        """The baseline's time over ours."""
        return self.baseline_seconds / self.seconds

    @property
    def verdict(self) -> str:
        """'as expected', or 'slow': half as many reads again as on any machine that was measured.
        '-' for several threads, which share one memory, and for columns that a cache may hold."""
        if self.threads > 1 or self.rows < ROWS:
            return "-"
        return "as expected" if self.median_reads <= self.most_reads else "slow"

    def as_dict(self) -> dict[str, Any]:
        """The fields as JSON takes them."""
        return {**asdict(self), "reads": list(self.reads)}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Measurement:
        """The inverse of `as_dict`; TypeError where fields are missing or unknown."""
        return cls(**{**fields, "reads": tuple(map(float, fields["reads"]))})


def machine() -> str:
    """The processor's name, else its architecture: never the host's name.

    >>> bool(machine())
    True
    """
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = (line.partition(":")[2].strip() for line in lines if "model name" in line)
            return next(names, platform.machine())
    except OSError:
        return platform.machine()


def run(
    tasks: Sequence[Task] = TASKS,
    *,
    rows: int = ROWS,
    rounds: int = ROUNDS,
    threads: int = 1,
    progress: Callable[[int, int], object] | None = None,
) -> list[Measurement]:
    """Measures each task with the ISA that is active.

    `rows` are rounded up to hundreds. RuntimeError where a task and its baseline do not agree:
    then a figure would mean nothing.

    >>> from simdrift.benchmark import TASKS, run
    >>> [one.task for one in run(TASKS[:1], rows=1000, rounds=1)]
    ['profile']
    """
    data = Data(math.ceil(rows / 100) * 100)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    measured = []
    for number, task in enumerate(tasks):
        measured.append(_measured(task, data, rounds, threads, started))
        if progress is not None:
            progress(number + 1, len(tasks))
    return measured


def _measured(task: Task, data: Data, rounds: int, threads: int, started: str) -> Measurement:
    _check(task, data, threads)
    seconds = interleaved(
        {"read": lambda: _core.read_bound(data.x), "ours": lambda: task.run(data, threads)}, rounds
    )
    baseline = interleaved({"baseline": lambda: task.baseline(data)}, 1)
    pairs = zip(seconds["ours"], seconds["read"], strict=True)
    config = show_config()
    return Measurement(
        started,
        machine(),
        config.version,
        config.isa,
        threads,
        task.name,
        task.family,
        data.rows,
        median(seconds, "ours"),
        task.values,
        task.reads,
        task.baseline_name,
        median(baseline, "baseline"),
        tuple(ours / read / task.values for ours, read in pairs),
    )


def _check(task: Task, data: Data, threads: int) -> None:
    ours, theirs = task.run(data, threads), task.baseline(data)
    if not np.allclose(ours, theirs, rtol=task.rtol, atol=0.0):
        raise RuntimeError(
            f"{task.name}: expected {task.baseline_name}'s {theirs}, found {ours}: this build or "
            "this machine computes wrongly; please report it with `simdrift show-config`"
        )


HEADER = ("task", "ns a row", "reads", "at most", "times as fast", "as", "verdict")


def lines(measured: Sequence[Measurement]) -> Iterator[tuple[str, ...]]:
    """The cells of the table, HEADER first."""
    yield HEADER
    for one in measured:
        yield (
            one.task, f"{one.nanoseconds:.2f}", f"{one.median_reads:.1f}", f"{one.most_reads:g}",
            f"{one.times_as_fast:.1f}", one.baseline, one.verdict,
        )  # fmt: skip


def table(measured: Sequence[Measurement]) -> str:
    """The table and its verdict, for a terminal."""
    cells = list(lines(measured))
    widths = [max(len(row[i]) for row in cells) for i in range(len(HEADER))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in cells]  # fmt: skip
    return "\n".join([*text, "", conclusion(measured)])


def conclusion(measured: Sequence[Measurement]) -> str:
    """One sentence: whether this machine runs simdrift as fast as its memory lets it."""
    if not measured:
        return "nothing was measured"
    first = measured[0]
    where = f"{first.machine}, {first.isa}, {first.threads} thread" + "s" * (first.threads > 1)
    slow = [one.task for one in measured if one.verdict == "slow"]
    if first.verdict == "-":
        return f"{where}: verdicts are of one thread and {ROWS:,} rows"
    if not slow:
        return f"{where}: as fast as expected of this machine's memory"
    return (
        f"{where}: {len(slow)} of {len(measured)} slower than this machine's memory lets expect "
        f"({', '.join(slow)}): is it busy, and is the ISA its best (simdrift show-config)?"
    )
