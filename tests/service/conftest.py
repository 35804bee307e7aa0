"""A Postgres server for recorders that write into a store."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "store"))

from store_servers import folder_of_run, new_database, shared_server, target_of

from simdrift.store.store import Store


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with shared_server("package", folder_of_run(tmp_path_factory)) as running:
        yield running


@pytest.fixture
def store(server, tmp_path):
    target = target_of(server, new_database(server))
    with Store(target, spool=tmp_path / "spool", deadline=20) as opened:
        yield opened
