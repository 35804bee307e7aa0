"""`sd.compare` on 1,000,000 x 20 (16 float and 4 string columns, both sides) against what one
writes by hand: a bare loop of SciPy and pandas over the columns, with the same statistics."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.stats
from scipy.spatial.distance import jensenshannon

import simdrift as sd
from markdown import table as markdown_table
from measured import note
from simdrift import _core
from simdrift.benchmark.timing import interleaved, median

SEED = 20130208
ROWS, QUICK_ROWS = 1_000_000, 50_000


def frame(rows: int, shift: float, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    columns: dict[str, object] = {
        f"f{i}": random.normal(shift if i < 4 else 0.0, 1.0 + i, rows) for i in range(16)
    }
    names = np.array([f"category-{k}" for k in range(32)])
    for i in range(4):
        weights = random.dirichlet(np.full(8 << i if i < 3 else 32, 5.0))
        columns[f"s{i}"] = names[random.choice(len(weights), rows, p=weights)]
    return pd.DataFrame(columns)


def bare_loop(reference: pd.DataFrame, current: pd.DataFrame) -> dict[tuple[str, str], float]:
    """The values of the automatic choice, by SciPy and pandas alone."""
    values: dict[tuple[str, str], float] = {}
    for name in reference:
        x, y = reference[name], current[name]
        values[name, "quality.missing_share"] = y.isna().mean()
        if x.dtype.kind == "f":
            values[name, "drift.ks"] = scipy.stats.ks_2samp(x, y, method="asymp").statistic
            distance = scipy.stats.wasserstein_distance(x, y)
            values[name, "drift.wasserstein_normed"] = distance / x.std()
        else:
            p, q = x.value_counts(), y.value_counts()
            labels = p.index.union(q.index)
            p, q = p.reindex(labels, fill_value=0), q.reindex(labels, fill_value=0)
            values[name, "drift.jensen_shannon"] = jensenshannon(p, q, base=2)
    return values


def table(quick: bool) -> str:
    rows = QUICK_ROWS if quick else ROWS
    reference, current = frame(rows, 0.0, SEED), frame(rows, 0.05, SEED + 1)
    report = sd.compare(reference, current)
    ours = {(r.column, r.metric): r.value for r in report.results}
    by_hand = bare_loop(reference, current)
    for key, value in by_hand.items():
        if key[1].startswith("drift."):
            np.testing.assert_allclose(ours[key], value, rtol=1e-9, err_msg=str(key))
    seconds = interleaved(
        {
            "compare": lambda: sd.compare(reference, current),
            "compare, one thread": lambda: sd.compare(reference, current, threads=1),
        },
        5,
    )
    peer = interleaved({"bare": lambda: bare_loop(reference, current)}, 1)
    bare = median(peer, "bare")
    lines = [
        [name, f"{median(seconds, name):.3f} s", f"{bare / median(seconds, name):.0f}x"]
        for name in seconds
    ]
    for name, threads in (("compare", _core.show_config()["threads"]), ("compare, one thread", 1)):
        note(
            "compare, 20 columns",
            2 * rows,
            median(seconds, name),
            threads=threads,
            baseline="SciPy and pandas",
            baseline_seconds=bare,
        )
    lines.append(["SciPy and pandas in a bare loop", f"{bare:.2f} s", "1x"])
    return markdown_table([f"{rows:,} x 20, both sides", "wall", "faster"], lines)
