"""`simdrift run` with a store: once, again, with the server away, and flushed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from commands import command_environment, run_command

from simdrift.store import Store

Command = Callable[..., CompletedProcess[bytes]]
AWAY = "postgresql://nobody@127.0.0.1:9/none"  # nothing listens there (RFC 863's discard)

SPEC = """
monitor = "command"
dataset = "made"
data = "made.parquet"
start = 2020-01-03
end = 2020-01-06

[reference]
start = 2020-01-01
end = 2020-01-03

[columns]
timestamp = "t"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A monitor and its data: five days, two of them the reference."""
    rng = np.random.default_rng(4)
    times = np.datetime64("2020-01-01", "us") + np.arange(1_200).astype("timedelta64[h]") // 10
    table = pa.table({"t": times, "x": rng.normal(size=1_200)})
    parquet.write_table(table, tmp_path / "made.parquet")
    (tmp_path / "monitor.toml").write_text(SPEC)
    return tmp_path


@pytest.fixture
def command(folder: Path, own_folders: None) -> Command:
    """Run `simdrift` there, on the tests' own store."""

    def run(*arguments: str) -> CompletedProcess[bytes]:
        return run_command(arguments, cwd=folder, env=command_environment(), timeout=120)

    return run


def stored_runs() -> int:
    with Store() as store:
        store.migrate()
        return len(store.read(monitor="command").runs)


def test_nothing_is_lost_while_the_server_is_away_and_nothing_is_there_twice(
    command: Command,
) -> None:
    assert stored_runs() == 0
    away = command("run", "monitor.toml", "--dsn", AWAY, "--deadline", "0.3")
    assert away.returncode == 3
    assert b"simdrift flush" in away.stderr
    waiting = list(Path(os.environ["SIMDRIFT_SPOOL"]).iterdir())
    assert len(waiting) == 1

    flushed = command("flush", "--adopt")
    assert (flushed.returncode, b"1 batch:" in flushed.stdout) == (0, True)
    assert stored_runs() == 3
    assert list(Path(os.environ["SIMDRIFT_SPOOL"]).glob("*.spool")) == []

    again = command("run", "monitor.toml")
    assert again.returncode == 0
    assert b" 0 values stored, " in again.stderr
    assert stored_runs() == 3
