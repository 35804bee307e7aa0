"""`sd.monitor` by day against NannyML's univariate drift by the same chunks: KS and Wasserstein of
the numbers, chi-square and Jensen-Shannon of the texts, of one reference and one current file, in
one run. Values are compared first. Timed is fit and calculation, not the reading.

    python benches/bench_peers_windows.py --nannyml PYTHON [--rows N] [--days N]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import ks_2samp, wasserstein_distance

import bench_compare
import simdrift as sd
from bench_peers import timed
from markdown import table
from measured import note
from simdrift.benchmark.timing import interleaved, median

ROWS, DAYS, REPEATS = 1_000_000, 1_000, 3
SECONDS_A_DAY = 86_400

NANNYML = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import nannyml, pandas as pd
reference, current = (pd.read_parquet(path) for path in sys.argv[1:3])
calculator = nannyml.UnivariateDriftCalculator(
    column_names=[name for name in reference if name != "t"],
    timestamp_column_name="t", chunk_period="D",
    continuous_methods=["kolmogorov_smirnov", "wasserstein"],
    categorical_methods=["chi2", "jensen_shannon"],
)
start = time.perf_counter()
calculator.fit(reference)
fitted = time.perf_counter()
found = calculator.calculate(current)
calculated = time.perf_counter()
frame = found.filter(period="analysis").to_df()
values = {
    f"{column} {method}": frame[column, method, "value"].tolist()
    for column, method, field in frame.columns if field == "value"
}
print(json.dumps({"fit": fitted - start, "calculate": calculated - fitted, "values": values}))
"""

METHODS = {
    "kolmogorov_smirnov": "drift.ks",
    "wasserstein": "drift.wasserstein",
    "chi2": "drift.chi_square",
    "jensen_shannon": "drift.jensen_shannon",
}
METHODS_OF = {"f": ("ks", "wasserstein"), "s": ("chi_square", "jensen_shannon")}
# NannyML takes the distances of a reference above 10,000 rows from bins of it.
TOLERANCES = {"drift.ks": (0.0, 2e-3), "drift.wasserstein": (0.1, 2e-2)}
EXACT = (1e-9, 1e-12)


def frames(rows: int, days: int) -> list[pd.DataFrame]:
    """A reference and the days after it, the first numbers a little shifted."""
    found = []
    for number, shift in enumerate((0.0, 0.05)):
        frame = bench_compare.frame(rows, shift, bench_compare.SEED + number)
        seconds = (np.arange(rows) * (days * SECONDS_A_DAY) // rows).astype("timedelta64[s]")
        start = np.datetime64("2020-01-01", "s") + np.timedelta64(number * days, "D")
        found.append(frame.assign(t=start + seconds))
    return found


def spec_of(frame: pd.DataFrame) -> sd.Spec:
    """The methods that NannyML is asked for."""
    methods = {name: METHODS_OF[name[0]] for name in frame if name != "t"}
    return sd.Spec(monitor="bench", columns=sd.Columns(timestamp="t"), window="1d", methods=methods)


def check(results: sd.Results, theirs: dict[str, list[float]], sides: list[pd.DataFrame]) -> None:
    """Every value beside NannyML's; KS and Wasserstein of two days beside SciPy's."""
    ours: dict[tuple[str, str], list[float]] = {}
    for row in results:
        ours.setdefault((row.column, row.metric), []).append(row.value)
    for name, values in theirs.items():
        column, method = name.split()
        relative, absolute = TOLERANCES.get(METHODS[method], EXACT)
        np.testing.assert_allclose(
            ours[column, METHODS[method]], values, rtol=relative, atol=absolute, err_msg=name
        )
    reference, current = sides
    day_of = current["t"].to_numpy().astype("datetime64[D]")
    for place in (0, -1):
        kept = day_of == day_of[place]
        for name in [one for one in reference if one[0] == "f"]:
            x, y = reference[name], current[name][kept]
            np.testing.assert_allclose(
                [ours[name, "drift.ks"][place], ours[name, "drift.wasserstein"][place]],
                [ks_2samp(x, y, method="asymp").statistic, wasserstein_distance(x, y)],
                rtol=1e-9, err_msg=name,
            )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nannyml", metavar="PYTHON", required=True, help="nannyml==0.13.1")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--days", type=int, default=DAYS)
    arguments = parser.parse_args()
    rows, days = arguments.rows, arguments.days
    sides = frames(rows, days)
    spec = spec_of(sides[0])

    def fit_and_monitor() -> sd.Results:
        return sd.monitor(spec, sides[1], sd.Reference.fit(sides[0], spec=spec))

    results = fit_and_monitor()
    own = interleaved({"simdrift": fit_and_monitor}, REPEATS)["simdrift"]
    os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("reference.parquet", "current.parquet")]
        for side, path in zip(sides, files, strict=True):
            side.to_parquet(path)
        theirs = timed(arguments.nannyml, NANNYML, files)
    own += interleaved({"simdrift": fit_and_monitor}, REPEATS)["simdrift"]
    check(results, theirs["values"], sides)
    base = median({"simdrift": own}, "simdrift")
    fit, taken = theirs["fit"], theirs["fit"] + theirs["calculate"]
    note("monitor, daily windows", 2 * rows, base, baseline="NannyML", baseline_seconds=taken)
    lines = [
        ["simdrift, fit and monitor", f"{base:.2f} s", "1x"],
        ["NannyML 0.13.1, fit", f"{fit:.1f} s", f"{fit / base:.0f}x"],
        ["NannyML 0.13.1, fit and calculate", f"{taken:.1f} s", f"{taken / base:.0f}x"],
    ]
    print(table([f"{rows:,} x 20 by {days:,} days, both sides", "wall", "of simdrift's"], lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
