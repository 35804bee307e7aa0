"""What small work costs: single calls on two samples of 100 rows against SciPy's and
scikit-learn's of the same, wide frames of few rows, a small day against a prepared reference.

Times are of the process (`time.process_time`), with all of its threads: what a call costs on a
machine that others use, too.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import stats

import simdrift as sd
from markdown import table as markdown_table
from measured import note

SAMPLE = 100
WIDE_ROWS = 500
DAY_ROWS, DAY_COLUMNS, REFERENCE_ROWS = 2_500, 5, 20_000
GOALS = {"ks": 50e-6, "1,000 columns": 25e-3, "day": 0.5e-3}
"""Seconds, on a modern core that does nothing else."""
LEAST_SECONDS = 2e-3
"""Calls are repeated until a round takes so long: the clock counts in microseconds."""

Calls = Mapping[str, Callable[[], Any]]


def table(quick: bool) -> str:
    rounds = 3 if quick else 25
    return "\n\n".join([_single(rounds), _frames(quick, 3 if quick else 9)])


def _single(rounds: int) -> str:
    """Single calls beside those of others."""
    random = np.random.default_rng(1)
    x, y = random.normal(size=SAMPLE), random.normal(size=SAMPLE) + 0.1
    ours, theirs = _ours(x, y), _theirs(x, y)
    check(ours, theirs)
    seconds = _interleaved(
        {**ours, **{f"{name} of others": theirs[name] for name in theirs}}, rounds
    )
    lines = []
    for name in ours:
        own, other = seconds[name], seconds.get(f"{name} of others")
        note(f"latency, {name}", SAMPLE, own, baseline=PEERS.get(name, ""), baseline_seconds=other)
        beside = ["", "", ""]
        if other is not None:
            beside = [PEERS[name], f"{other * 1e6:.0f} us", f"{own / other:.2f}"]
        lines.append([name, f"{own * 1e6:.0f} us", _goal(GOALS.get(name)), *beside])
    head = [f"n = m = {SAMPLE}", "CPU time", "goal", "the same by", "CPU time", "ratio"]
    return markdown_table(head, lines)


PEERS = {
    "ks": "scipy.stats.ks_2samp",
    "t_test": "scipy.stats.ttest_ind",
    "mann_whitney": "scipy.stats.mannwhitneyu",
    "wasserstein": "scipy.stats.wasserstein_distance",
    "mae": "sklearn.metrics.mean_absolute_error",
}


def _ours(x: Any, y: Any) -> dict[str, Callable[[], Any]]:
    return {
        "ks": lambda: sd.drift.ks(x, y),
        "t_test": lambda: sd.drift.t_test(x, y),
        "mann_whitney": lambda: sd.drift.mann_whitney(x, y),
        "wasserstein": lambda: sd.drift.wasserstein(x, y),
        "missing_share": lambda: sd.drift.missing_share(x, y),
        "psi": lambda: sd.drift.psi(x, y),
        "mae": lambda: sd.performance.mae(x, y),
    }


def _theirs(x: Any, y: Any) -> dict[str, Callable[[], Any]]:
    found: dict[str, Callable[[], Any]] = {
        "ks": lambda: stats.ks_2samp(x, y),
        "t_test": lambda: stats.ttest_ind(x, y, equal_var=False),
        "mann_whitney": lambda: stats.mannwhitneyu(x, y),
        "wasserstein": lambda: stats.wasserstein_distance(x, y),
    }
    try:
        from sklearn.metrics import mean_absolute_error
    except ImportError:  # its line is then without another's
        return found
    return {**found, "mae": lambda: mean_absolute_error(x, y)}


def check(ours: Calls, theirs: Calls) -> None:
    """The same values, and the same p-values where the laws are the same."""
    for name, call in theirs.items():
        own, other = ours[name](), call()
        value = getattr(other, "statistic", other)
        np.testing.assert_allclose(own.value, value, rtol=1e-12, err_msg=name)
        if hasattr(other, "pvalue"):
            law = 0.01 if name == "mann_whitney" else 1e-9  # theirs is the normal law
            np.testing.assert_allclose(own.p_value, other.pvalue, rtol=law, err_msg=name)


def _frames(quick: bool, rounds: int) -> str:
    """Frames of many columns and few rows, and a small day."""
    wide = {columns: _pair(WIDE_ROWS, columns) for columns in ((120,) if quick else (120, 1_000))}
    work: dict[str, Callable[[], Any]] = {
        f"{columns:,} columns": lambda sides=sides: sd.compare(*sides)
        for columns, sides in wide.items()
    }
    reference, day = _frame(REFERENCE_ROWS, DAY_COLUMNS, 3), _frame(DAY_ROWS, DAY_COLUMNS, 4)
    prepared = sd.Reference.fit(reference)
    assert _values(prepared.compare(day)) == _values(sd.compare(reference, day))
    work["day"] = lambda: prepared.compare(day)
    seconds = _interleaved(work, rounds)
    names = {
        name: f"compare {WIDE_ROWS} rows of {name}" if name != "day" else _NAME_OF_DAY
        for name in work
    }
    for name in work:
        note(f"latency, {names[name]}", WIDE_ROWS, seconds[name])
    lines = [
        [names[name], f"{seconds[name] * 1e3:.1f} ms", _goal(GOALS.get(name))] for name in work
    ]
    return markdown_table(["frames", "CPU time", "goal"], lines)


_NAME_OF_DAY = (
    f"{DAY_ROWS:,} rows of {DAY_COLUMNS} columns against {REFERENCE_ROWS:,} prepared ones"
)


def _frame(rows: int, columns: int, seed: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    return {f"x{number}": random.normal(size=rows) for number in range(columns)}


def _pair(rows: int, columns: int) -> tuple[dict[str, Any], dict[str, Any]]:
    return _frame(rows, columns, 1), _frame(rows, columns, 2)


def _values(report: sd.Report) -> list[tuple[Any, ...]]:
    return [(row.column, row.metric, row.value, row.p_value, row.alert) for row in report.results]


def _goal(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds * 1e6:.0f} us" if seconds < 1e-4 else f"{seconds * 1e3:g} ms"


def _interleaved(calls: Calls, rounds: int) -> dict[str, float]:
    """Median CPU seconds of a call, the calls in turn."""
    repeats = {name: _repeats(call) for name, call in calls.items()}
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.process_time()
            for _ in range(repeats[name]):
                call()
            seconds[name].append((time.process_time() - start) / repeats[name])
    return {name: statistics.median(own) for name, own in seconds.items()}


def _repeats(call: Callable[[], Any]) -> int:
    call()
    start = time.process_time()
    call()
    return max(1, int(LEAST_SECONDS / max(time.process_time() - start, 1e-9)))
