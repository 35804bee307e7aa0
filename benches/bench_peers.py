"""`sd.compare` with its defaults on 1,000,000 x 20 against Evidently's DataDriftPreset, NannyML's
univariate drift and SciPy in a bare loop, each in its own environment, on the same files, in one
run; what can be compared is compared first. Timed is the computation alone, not the reading.

    python benches/bench_peers.py --evidently PYTHON --nannyml PYTHON [--rows N]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROWS, REPEATS = 1_000_000, 9
PEER_REPEATS = 3  # of a quarter of a minute each; Evidently takes two minutes: once

EVIDENTLY = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset
reference, current = (pd.read_parquet(path) for path in sys.argv[1:3])
report = Report([DataDriftPreset()])
start = time.perf_counter()
metrics = report.run(current, reference).dict()["metrics"]
seconds = time.perf_counter() - start
values = {m["config"]["column"]: m["value"] for m in metrics if "column" in m["config"]}
print(json.dumps({"seconds": seconds, "values": values}))
"""

NANNYML = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import nannyml, pandas as pd
reference, current = (pd.read_parquet(path) for path in sys.argv[1:3])
columns = list(reference)
calculator = nannyml.UnivariateDriftCalculator(
    column_names=columns, chunk_number=1,
    continuous_methods=["kolmogorov_smirnov", "wasserstein"],
    categorical_methods=["chi2", "jensen_shannon"],
)
start = time.perf_counter()
calculator.fit(reference)
found = calculator.calculate(current)
seconds = time.perf_counter() - start
print(json.dumps({"seconds": seconds, "values": {}}))
"""


def timed(python: str, program: str, files: list[Path]) -> dict:
    """What a program prints, run in its own environment."""
    command = [python, "-c", program, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{python}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def check_evidently(theirs: dict[str, float], sides: list) -> None:
    """The values of `convention="evidently"` are Evidently's."""
    import numpy as np

    import simdrift as sd

    values = {
        row.column: row.value
        for row in sd.compare(*sides, convention="evidently").results
        if row.params == "convention=evidently"
    }
    for column, value in theirs.items():
        np.testing.assert_allclose(values[column], value, rtol=1e-9, err_msg=column)


def main() -> int:
    from timing import interleaved, median

    import bench_compare
    import simdrift as sd
    from markdown import table
    from measured import note

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evidently", metavar="PYTHON", help="that has evidently==0.7.23")
    parser.add_argument("--nannyml", metavar="PYTHON", help="that has nannyml==0.13.1")
    parser.add_argument("--rows", type=int, default=ROWS)
    arguments = parser.parse_args()
    sides = [
        bench_compare.frame(arguments.rows, shift, bench_compare.SEED + number)
        for number, shift in enumerate((0.0, 0.05))
    ]
    ours = {
        "simdrift": lambda: sd.compare(*sides),
        "simdrift, convention evidently": lambda: sd.compare(*sides, convention="evidently"),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ours}

    def time_ours() -> None:
        """One after the other, as the peers: memory that one lets go of is not the other's first
        touch. Before, between and after the peers, so that all see the machine's good and bad
        minutes."""
        for name, call in ours.items():
            seconds[name] += interleaved({name: call}, REPEATS)[name]

    time_ours()
    peers: dict[str, float] = {}
    bare = interleaved({"bare": lambda: bench_compare.bare_loop(*sides)}, 1)
    peers["SciPy and pandas in a bare loop"] = median(bare, "bare")
    time_ours()
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("reference.parquet", "current.parquet")]
        for side, path in zip(sides, files, strict=True):
            side.to_parquet(path)
        if arguments.nannyml:
            name = "NannyML 0.13.1, univariate drift"
            rounds = []
            for _ in range(PEER_REPEATS):
                rounds.append(timed(arguments.nannyml, NANNYML, files)["seconds"])
                time_ours()
            peers[name] = statistics.median(rounds)
        if arguments.evidently:
            theirs = timed(arguments.evidently, EVIDENTLY, files)
            peers["Evidently 0.7.23, DataDriftPreset"] = theirs["seconds"]
            time_ours()
            check_evidently(theirs["values"], sides)
    found = {name: median(seconds, name) for name in seconds} | peers
    base = found["simdrift"]
    for name, taken in found.items():
        if name != "simdrift":
            note("compare, defaults", 2 * arguments.rows, base, baseline=name,
                 baseline_seconds=taken)  # fmt: skip
    lines = [[name, f"{taken:.2f} s", f"{taken / base:.0f}x"] for name, taken in found.items()]
    print(table([f"{arguments.rows:,} x 20, both sides", "wall", "of simdrift's"], lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
