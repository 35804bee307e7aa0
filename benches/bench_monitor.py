"""The monitor on real taxi trips: a prepared reference against one day, and a whole month from
opening the files to the confirmed commit. Files: SIMDRIFT_TAXI_DATA, else beside the checkout."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import scipy.stats

import simdrift as sd
from markdown import table as markdown_table
from simdrift.benchmark.timing import interleaved, median
from simdrift.columns import as_table
from simdrift.demo.taxi import trips
from simdrift.store import Store

FOLDER = Path(
    os.environ.get("SIMDRIFT_TAXI_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)
MONTHS = ("green_tripdata_2022-01.parquet", "green_tripdata_2022-02.parquet")
SEVEN = (
    "trip_distance", "fare_amount", "total_amount", "tip_amount", "passenger_count",
    "PULocationID", "DOLocationID",
)  # fmt: skip
DAY_ROWS = 2_500


def table(quick: bool) -> str:
    files = [FOLDER / name for name in MONTHS]
    if not all(path.is_file() for path in files):
        return "skipped: the taxi files are not there (SIMDRIFT_TAXI_DATA)"
    lines = [day(files, 3 if quick else 30), month(files, 2 if quick else 5)]
    return markdown_table(["monitor", "median", "against"], lines)


def day(files: list[Path], rounds: int) -> list[str]:
    """A prepared January against 2,500 rows x 7 columns, read from Arrow each time."""
    january = pq.read_table(files[0], columns=list(SEVEN))
    batch = pq.read_table(files[1], columns=list(SEVEN)).slice(20_000, DAY_ROWS).combine_chunks()
    reference = sd.Reference.fit(january)
    check(reference.compare(batch), january, batch)
    seconds = interleaved(
        {
            "compare": lambda: reference.compare(batch),
            "SciPy": lambda: by_scipy(january, batch),
            "views only": lambda: as_table(batch),
        },
        rounds,
    )
    ours, peer = median(seconds, "compare"), median(seconds, "SciPy")
    text = f"{peer / ours:.0f}x SciPy's KS and Wasserstein alone"
    return [f"prepared reference against {DAY_ROWS:,} x {len(SEVEN)}", f"{ours * 1e3:.2f} ms", text]


def by_scipy(january: pa.Table, batch: pa.Table) -> dict[str, float]:
    values = {}
    for name in SEVEN:
        x, y = (np.asarray(pc.drop_null(t[name]), np.float64) for t in (january, batch))
        values[name] = scipy.stats.ks_2samp(x, y, method="asymp").statistic
        scipy.stats.wasserstein_distance(x, y)
    return values


def check(report: sd.Report, january: pa.Table, batch: pa.Table) -> None:
    for name, expected in by_scipy(january, batch).items():
        (row,) = report.results.filter(column=name, metric="drift.ks")
        assert abs(row.value - expected) <= 1e-12, (name, row.value, expected)


def month(files: list[Path], rounds: int) -> list[str]:
    """Files to confirmed commit; a fresh dataset name each round, so that every row is new."""
    with tempfile.TemporaryDirectory() as spool, Store(spool=spool) as store:
        store.migrate()
        number = iter(range(10_000))

        def whole() -> None:
            data = trips(*files)
            spec = data.spec.model_copy(update={"dataset": f"bench {os.getpid()} {next(number)}"})
            results = sd.monitor(spec, data.current, reference=data.reference)
            assert store.write(results).rows_written == len(results)

        seconds = interleaved({"month": whole}, rounds)
    return ["a month of 28 days, files to commit", f"{median(seconds, 'month'):.2f} s", "1 s"]
