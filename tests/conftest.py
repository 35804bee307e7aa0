"""Fixtures of every test folder."""

import os
import sys
from pathlib import Path

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:  # workers share the cores: BLAS threads of each would wait
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

sys.path.append(str(Path(__file__).parent))

from browser import browse  # noqa: F401 - a fixture
from commands import close_forks

TAXI_FILES = ("green_tripdata_2022-01.parquet", "green_tripdata_2022-02.parquet")


@pytest.fixture(autouse=True)
def _metrics_of_ones_own():
    """A test begins without the metrics that doctests registered, and leaves none behind."""
    from simdrift.catalogue.metric import FAMILIES
    from simdrift.metrics import custom, registry

    known, records = custom._CUSTOM, registry._RECORDS
    custom._CUSTOM = {}
    registry._RECORDS = {name: one for name, one in records.items() if one.family in FAMILIES}
    yield
    custom._CUSTOM, registry._RECORDS = known, records


@pytest.fixture(scope="session", autouse=True)
def _no_process_stays():
    """The process of `commands` ends with the tests that used it."""
    yield
    close_forks()


@pytest.fixture(scope="session")
def taxi_data() -> tuple[Path, Path]:
    """January and February of the TLC's green taxis; skips where the files are absent."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SIMDRIFT_TAXI_DATA", beside))
    january, february = (folder / name for name in TAXI_FILES)
    if not (january.is_file() and february.is_file()):
        pytest.skip(f"taxi files {', '.join(TAXI_FILES)} not found: set SIMDRIFT_TAXI_DATA")
    return january, february
