"""Where the system starts no more threads, a call goes on with those it has: same results."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from simdrift import InputError
from simdrift.columns.parquet import open_parquet

PROGRAM = """
import json, os, resource, sys
import numpy as np
import simdrift as sd

def measured(rows, columns):
    if rows == 0:  # a file is read
        results = sd.profile(sys.argv[5], threads=threads).results
        return [(r.metric, r.column, r.status, r.value) for r in results]
    rng = np.random.default_rng(5)
    reference = {f"x{i}": rng.normal(size=rows) for i in range(columns)}
    current = {f"x{i}": rng.normal(0.1, size=rows) for i in range(columns)}
    results = sd.compare(reference, current, threads=threads).results
    values = [None if r.value is None else r.value.hex() for r in results]
    return [(r.metric, r.column, r.status, v) for r, v in zip(results, values, strict=True)]

threads = int(sys.argv[1])
rows, columns = int(sys.argv[3]), int(sys.argv[4])
measured(1000, 2)  # what is imported late is imported
import pyarrow.parquet
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


def run(threads: int, mode: str, rows: int, columns: int, file: str = "") -> list[object]:
    arguments = [str(threads), mode, str(rows), str(columns), file]
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


@pytest.fixture
def file():
    """A Parquet file of several row groups, where another user can read it."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = Path(folder) / "x.parquet"
        table = pa.table({f"x{i}": range(i, 50_000 + i) for i in range(4)})
        parquet.write_table(table, path, row_group_size=5_000)
        yield path


def test_a_file_is_read_without_the_threads_that_arrow_asks_for(file):
    limited = run(4, "limited", 0, 0, str(file))
    assert limited == run(4, "free", 0, 0, str(file))
    assert [row[2] for row in limited].count("ok") >= 20


def test_a_broken_file_is_told_from_refused_threads(file):
    data = bytearray(file.read_bytes())
    data[100:60_000] = bytes(59_900)
    file.write_bytes(data)
    with pytest.raises(InputError, match="found a broken one"):
        open_parquet(file)
