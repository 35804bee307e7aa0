"""Servers shared by a worker's tests, each test on empty tables."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from store_servers import (
    admin,
    drop_database,
    empty,
    folder_of_run,
    new_database,
    shared_server,
    target_of,
)

from simdrift.store.store import Store

ABOVE_THE_SERVER = {"test_commands", "test_prometheus", "test_spool", "test_spool_odd"}
"""Files about what no server does otherwise than another: on the second they are the slow leg's."""


@pytest.hookimpl(tryfirst=True)  # before the tests marked slow are left out
def pytest_collection_modifyitems(items):
    for item in items:
        here = item.path.parent == Path(__file__).parent
        parameters = getattr(item, "callspec", None)
        on = parameters.params.get("server") if parameters is not None else None
        if here and item.path.stem in ABOVE_THE_SERVER and on == "debian":
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", params=["package", "debian"])
def server(request, tmp_path_factory):
    """A running server with a migrated database to clone; all workers' own together."""
    with shared_server(request.param, folder_of_run(tmp_path_factory)) as running:
        yield running


@pytest.fixture(scope="session")
def shared_database(server):
    return new_database(server)


@pytest.fixture
def database(server, shared_database):
    """The name of a migrated database with empty tables."""
    empty(server, shared_database)
    return shared_database


@pytest.fixture
def bare_database(server):
    """The name of a database without a schema of ours."""
    name = new_database(server, "template1")
    yield name
    drop_database(server, name)


@pytest.fixture
def store(server, database, tmp_path):
    """A store on that database with a spool of its own."""
    with Store(target_of(server, database), spool=tmp_path / "spool", deadline=5) as opened:
        yield opened


@pytest.fixture
def sql(server, database):
    """Runs SQL on that database as the superuser; gives all rows."""
    with admin(server, database) as connection:

        def run(statement, values=None):
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

        run.connection = connection
        yield run
