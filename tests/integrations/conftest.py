"""A monitor on real files, a real server, and a store that is counted by SQL."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from simdrift.store import EmbeddedServer, Store

sys.path.append(str(Path(__file__).parent))

from trips import DAYS, FIRST, ROWS_A_DAY

SPEC = """
monitor = "Nightly trips"
dataset = "trips"
model = "duration"
data = "trips.parquet"
window = "1d"
start = 2024-01-11

[reference]
start = 2024-01-01
end = 2024-01-11

[columns]
timestamp = "time"
features = ["distance", "kind"]

[metrics]
quality = ["rows", "missing_share"]
"""


@pytest.fixture(scope="session")
def embedded() -> Iterator[EmbeddedServer]:
    """A server of this session, where `nobody` can enter."""
    folder = Path(tempfile.mkdtemp(prefix="sdr-int-"))
    folder.chmod(0o711)
    server = EmbeddedServer(folder / "store")
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(embedded, monkeypatch, tmp_path) -> Iterator[str]:
    """The DSN of an empty migrated database, which is the default store, too."""
    name = f"d{abs(hash(tmp_path)) % 10**12}"
    base = embedded.start()
    with psycopg.connect(**base, autocommit=True) as admin:
        admin.execute(f"create database {name}")
    dsn = " ".join(f"{key}={value}" for key, value in {**base, "dbname": name}.items())
    with Store(dsn) as store:
        store.migrate()
    monkeypatch.setenv("SIMDRIFT_DSN", dsn)
    monkeypatch.setenv("SIMDRIFT_SPOOL", str(tmp_path / "spool"))
    yield dsn
    with psycopg.connect(**base, autocommit=True) as admin:
        admin.execute(f"drop database {name} with (force)")


@pytest.fixture
def spec(tmp_path) -> str:
    """A monitor's file beside 8,000 trips, whose distances grow in the last ten days."""
    rng = np.random.default_rng(7)
    rows = DAYS * ROWS_A_DAY
    days = np.repeat(np.arange(DAYS), ROWS_A_DAY)
    seconds = days * 86_400 + rng.integers(0, 86_400, rows)
    distance = rng.gamma(2.0, 1.0, rows) * np.where(days >= DAYS - 10, 1.8, 1.0)
    table = pa.table(
        {
            "time": pa.array(seconds + int(FIRST.timestamp()), pa.timestamp("s", "UTC")),
            "distance": distance,
            "kind": rng.choice(["day", "night"], rows),
        }
    )
    parquet.write_table(table, tmp_path / "trips.parquet")
    path = tmp_path / "monitor.toml"
    path.write_text(SPEC, "utf-8")
    return str(path)


@pytest.fixture
def stored(database):
    """What dashboards see: {(window_end, column, metric): value}."""

    def read():
        with psycopg.connect(database) as connection:
            rows = connection.execute(
                "select ts, column_name, metric, value from simdrift.dashboard_result"
            ).fetchall()
        return {tuple(row[:3]): row[3] for row in rows}

    return read


@pytest.fixture
def dead() -> str:
    """The DSN of a port on which nothing listens, with a password."""
    return "postgresql://writer:s3cret-word@127.0.0.1:9/none"
