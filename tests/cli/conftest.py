"""Small files, a store of the test's own, and the command as a process."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from commands import command_environment, run_command

Run = Callable[..., "subprocess.CompletedProcess[str]"]

# A port of this machine on which nothing listens (RFC 863's discard).
NOWHERE = "postgresql://nobody:s3cret@127.0.0.1:9/none"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """No server, spool and cache of the test's own."""
    return command_environment(
        SIMDRIFT_DSN=NOWHERE,
        SIMDRIFT_SPOOL=str(tmp_path / "spool"),
        XDG_CACHE_HOME=str(tmp_path / "cache"),
    )


@pytest.fixture
def simdrift(environment: dict[str, str], tmp_path: Path) -> Run:
    """Run the command in a folder of the test's own."""

    def run(*arguments: object, **streams: IO[bytes]) -> subprocess.CompletedProcess[str]:
        done = run_command(arguments, env=environment, cwd=tmp_path, **streams)
        return subprocess.CompletedProcess(
            done.args, done.returncode, (done.stdout or b"").decode(), (done.stderr or b"").decode()
        )

    return run


def days_table(days: int = 6, shift: float = 3.0) -> pa.Table:
    """500 rows a day from 1 January 2020 UTC; the last day of x is shifted, y is all null."""
    rng = np.random.default_rng(20200101)
    start = np.datetime64("2020-01-01", "us")
    times = start + (np.arange(days * 500) * (86_400_000_000 // 500)).astype("timedelta64[us]")
    x = rng.normal(size=days * 500)
    x[-500:] += shift
    return pa.table(
        {
            "t": pa.array(times, pa.timestamp("us", tz="UTC")),
            "x": x,
            "y": pa.array([None] * (days * 500), pa.float64()),
            "c": pa.array(np.array(["a", "b", "c"])[rng.integers(0, 3, days * 500)]),
        }
    )


SPEC = """
monitor = "days"
dataset = "made"
data = "days.parquet"
start = 2020-01-04
end = 2020-01-07

[reference]
start = 2020-01-01
end = 2020-01-04

[columns]
timestamp = "t"
"""


@pytest.fixture
def days(tmp_path: Path) -> Path:
    """A monitor's file beside its data: three days of reference, three windows, the last drifts."""
    parquet.write_table(days_table(), tmp_path / "days.parquet")
    path = tmp_path / "monitor.toml"
    path.write_text(SPEC)
    return path


@pytest.fixture
def two_files(tmp_path: Path) -> tuple[Path, Path]:
    """The same days twice, the second with a shifted last day."""
    left, right = tmp_path / "left.parquet", tmp_path / "right.parquet"
    parquet.write_table(days_table(shift=0.0), left)
    parquet.write_table(days_table(shift=30.0), right)
    return left, right
