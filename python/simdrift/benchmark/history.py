"""Measurements as JSON lines, and what became slower between two runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import scipy.stats

from simdrift._errors import InputError
from simdrift.benchmark.suite import Measurement
from simdrift.store import Benchmark

ALPHA, LEAST = 0.01, 1.05
"""A change counts where it is beyond chance and above 5 %."""


@dataclass(frozen=True)
class Regression:
    """A task of two runs: the ratio of the medians of `reads` (above 1: the newer is slower), and
    the p-value of Mann-Whitney over the rounds."""

    task: str
    ratio: float
    p_value: float

    @property
    def verdict(self) -> str:
        """'slower', 'faster' or 'same'."""
        if self.p_value >= ALPHA or 1 / LEAST <= self.ratio <= LEAST:
            return "same"
        return "slower" if self.ratio > 1.0 else "faster"


def write_history(measured: Sequence[Measurement], path: Path) -> None:
    """Appends one line of JSON a measurement."""
    text = "".join(json.dumps(one.as_dict()) + "\n" for one in measured)
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def read_history(path: Path) -> list[Measurement]:
    """The measurements of a file; InputError names the line that is none."""
    found = []
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected a file of measurements, found: {error}") from None
    for number, line in enumerate(text.splitlines(), 1):
        try:
            found.append(Measurement.from_dict(json.loads(line)))
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(
                f"{path}, line {number}: expected a measurement that `simdrift bench --history` "
                f"wrote, found: {error!r}"
            ) from None
    return found


def last_run(measured: Iterable[Measurement]) -> list[Measurement]:
    """The measurements of the newest run among them."""
    found = list(measured)
    newest = max((one.ts for one in found), default="")
    return [one for one in found if one.ts == newest]


def compare(before: Sequence[Measurement], after: Sequence[Measurement]) -> list[Regression]:
    """Tasks that both runs measured on the same machine with the same ISA, threads and rows.

    Rounds are compared in read bounds, so that a machine that was slower as a whole does not
    count. Mann-Whitney's exact p-value, two-sided.
    """
    older = {_key(one): one for one in before}
    found = []
    for one in after:
        if (other := older.get(_key(one))) is None:
            continue
        ratio = one.median_reads / other.median_reads
        p_value = scipy.stats.mannwhitneyu(other.reads, one.reads, method="auto").pvalue
        found.append(Regression(one.task, ratio, float(p_value)))
    return found


def _key(one: Measurement) -> tuple[object, ...]:
    return one.machine, one.isa, one.threads, one.task, one.rows


def comparison(found: Sequence[Regression]) -> str:
    """Lines for a terminal, the slowest first."""
    if not found:
        return "no task was measured before on this machine with this ISA, threads and rows"
    width = max(len(one.task) for one in found)
    order = sorted(found, key=lambda one: -one.ratio)
    text = [
        f"{one.task:{width}}  {one.ratio:5.2f} times the time  p {one.p_value:.2g}  {one.verdict}"
        for one in order
    ]
    slower = sum(one.verdict == "slower" for one in found)
    return "\n".join([*text, "", f"{slower} of {len(found)} tasks became slower"])


def benchmarks(measured: Sequence[Measurement]) -> list[Benchmark]:
    """Rows for the store: each task against its baseline, and against the read bound."""
    found = []
    for one in measured:
        made = Benchmark(
            datetime.fromisoformat(one.ts), one.machine, one.version, one.isa, one.threads,
            one.task, one.rows, one.seconds, one.baseline, one.baseline_seconds,
        )  # fmt: skip
        bound = one.seconds / one.median_reads
        found += [
            made,
            made._replace(
                task=f"{one.task}, of memory", baseline="read bound", baseline_seconds=bound
            ),
        ]
    return found
