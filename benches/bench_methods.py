"""Every numeric method on one column in one call, against the dearest of them alone: how much of
their passes and sorts they share."""

from __future__ import annotations

import numpy as np

import simdrift as sd
from markdown import table as markdown_table
from simdrift.benchmark.timing import interleaved, median, ratio
from simdrift.metrics.registry import methods

SEED = 20130208
ROWS, QUICK_ROWS = (1_000_000, 10_000_000), (100_000,)


def values(
    sides: tuple[dict[str, np.ndarray], dict[str, np.ndarray]], names: list[str]
) -> dict[tuple[str, str], float | None]:
    """The values of these methods, by metric and parameters."""
    results = sd.compare(*sides, methods=names).results
    return {(row.metric, row.params): row.value for row in results if row.column}


def line(rows: int, rounds: int) -> list[str]:
    random = np.random.default_rng(SEED)
    sides = {"x": random.normal(size=rows)}, {"x": random.normal(0.05, 1.1, rows)}
    names = list(methods("numeric"))
    together = values(sides, names)
    for name in names:
        alone = values(sides, [name])
        if any(together[key] != value for key, value in alone.items()):
            raise SystemExit(f"{name}: {alone} alone, other values in one call with all")
    once = interleaved({name: lambda name=name: values(sides, [name]) for name in names}, 1)
    dearest = max(names, key=lambda name: median(once, name))
    seconds = interleaved(
        {"all": lambda: values(sides, names), "dearest": lambda: values(sides, [dearest])}, rounds
    )
    return [
        f"{rows:,}",
        str(len(names)),
        f"{1e3 * median(seconds, 'all'):.0f} ms",
        f"{dearest}, {1e3 * median(seconds, 'dearest'):.0f} ms",
        f"{ratio(seconds, 'all', 'dearest'):.2f}x",
    ]


def table(quick: bool) -> str:
    rows = QUICK_ROWS if quick else ROWS
    return markdown_table(
        ["rows a side", "methods", "in one call", "the dearest alone", "all of it"],
        [line(n, 3 if quick else 7) for n in rows],
    )
