"""The speed tables of the README: ratios against the read bound and against named peers, taken
in one run on equal work, results checked for equality before anything is timed.

    python benches/run.py                   every table, some five minutes
    python benches/run.py --only kernels    one of them
    python benches/run.py --quick           a tenth of the rows: does it run at all
    python benches/run.py --store           keep the measurements in the store, for the dashboards
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import bench_compare
import bench_kernels
import bench_latency
import bench_methods
import bench_monitor
import bench_performance
import bench_process
import bench_pure_python
import bench_quality
import bench_results
import bench_service
import bench_store
import bench_windows
import measured

TABLES: dict[str, Callable[[bool], str]] = {
    "kernels": bench_kernels.table,
    "threads": bench_kernels.thread_table,
    "compare": bench_compare.table,
    "latency": bench_latency.table,
    "methods": bench_methods.table,
    "monitor": bench_monitor.table,
    "windows": bench_windows.table,
    "performance": bench_performance.table,
    "quality": bench_quality.table,
    "process": bench_process.table,
    "pure-python": bench_pure_python.table,
    "results": bench_results.table,
    "service": bench_service.table,
    "store": bench_store.table,
    "panels": bench_store.panel_table,
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", choices=TABLES, action="append", help="a table, repeatable")
    parser.add_argument("--quick", action="store_true", help="small inputs, few rounds")
    parser.add_argument("--store", action="store_true", help="SIMDRIFT_DSN, else embedded")
    parser.add_argument("--dsn", help="the store's Postgres; implies --store")
    arguments = parser.parse_args()
    for name in arguments.only or TABLES:
        print(f"\n## {name}\n", flush=True)
        print(TABLES[name](arguments.quick), flush=True)
    if arguments.store or arguments.dsn:
        print(measured.keep(arguments.dsn))
    return 0


if __name__ == "__main__":
    sys.exit(main())
