"""What a process pays: the import, and memory above the inputs of an unprepared compare."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from markdown import table as markdown_table

MEMORY = """
import re, sys
import numpy as np
import simdrift as sd
rows = int(sys.argv[1])
# not ru_maxrss: it starts at what the parent process once had
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
random = np.random.default_rng(1)
a = {"x": random.normal(size=rows), "z": random.normal(size=rows)}
b = {"x": random.normal(size=rows), "z": random.normal(size=rows)}
small = {k: v[:20_000] for k, v in a.items()}
sd.compare(small, small)  # imports, pools
before = peak()
sd.compare(a, b)
print(peak() - before)
"""


def table(quick: bool) -> str:
    rows = 1_000_000 if quick else 10_000_000
    output = subprocess.run(
        [sys.executable, "-c", MEMORY, str(rows)], check=True, capture_output=True, text=True
    )
    return markdown_table(
        ["process", "measured"],
        [
            ["import simdrift, above a bare interpreter", f"{import_seconds():.3f} s"],
            [
                f"memory above the inputs, compare of 2 x {rows:,} rows, 2 columns",
                f"{int(output.stdout) / 1024:.0f} MiB",
            ],
        ],
    )


def import_seconds(rounds: int = 9) -> float:
    """Median of the paired differences between `import simdrift` and an empty program."""
    return statistics.median(run("import simdrift") - run("pass") for _ in range(rounds))


def run(program: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True)
    return time.perf_counter() - start
