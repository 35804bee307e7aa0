"""Where the system starts no more threads, a call goes on with those it has: same results."""

import json
import os
import subprocess
import sys

import pytest

PROGRAM = """
import json, os, resource, sys
import numpy as np
import simdrift as sd

def measured(rows, columns):
    rng = np.random.default_rng(5)
    reference = {f"x{i}": rng.normal(size=rows) for i in range(columns)}
    current = {f"x{i}": rng.normal(0.1, size=rows) for i in range(columns)}
    results = sd.compare(reference, current, threads=threads).results
    values = [None if r.value is None else r.value.hex() for r in results]
    return [(r.metric, r.column, r.status, v) for r, v in zip(results, values, strict=True)]

threads = int(sys.argv[1])
rows, columns = int(sys.argv[3]), int(sys.argv[4])
measured(1000, 2)  # what is imported late is imported
if sys.argv[2] == "limited":
    if os.geteuid() == 0:
        os.setuid(54321)
    resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
    try:
        import threading
        threading.Thread(target=print).start()
    except RuntimeError:
        pass
    else:
        sys.exit(77)
print(json.dumps(measured(rows, columns)))
"""


def run(threads: int, mode: str, rows: int, columns: int) -> list[object]:
    arguments = [str(threads), mode, str(rows), str(columns)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    if done.returncode == 77:
        pytest.skip("RLIMIT_NPROC limits nothing here")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("rows", "columns"), [(3_000_000, 1), (60_000, 3)])
def test_without_a_further_thread_compare_gives_the_same(rows, columns):
    limited = run(4, "limited", rows, columns)
    assert limited == run(1, "free", rows, columns)
    assert [row[2] for row in limited].count("ok") >= 4 * columns
