"""A server with empty tables, and a proxy before it."""

import sys
from pathlib import Path

import pytest

for folder in (Path(__file__).parents[1] / "store", Path(__file__).parent):
    sys.path.append(str(folder))

from proxy import Proxy  # noqa: E402
from store_servers import (  # noqa: E402
    PATIENT,
    admin,
    empty,
    folder_of_run,
    new_database,
    shared_server,
    target_of,
)

from simdrift.store.store import Store  # noqa: E402


# The same faults on the other installation's server are the slow leg's; tests/store runs on both.
@pytest.fixture(scope="session", params=["package", pytest.param("debian", marks=pytest.mark.slow)])
def server_and_database(request, tmp_path_factory):
    """The test run's server, and a database of this worker's own."""
    with shared_server(request.param, folder_of_run(tmp_path_factory)) as server:
        yield server, new_database(server)


@pytest.fixture
def server(server_and_database):
    server, database = server_and_database
    empty(server, database)
    return server


@pytest.fixture
def database(server_and_database):
    return server_and_database[1]


@pytest.fixture
def store(server, database, tmp_path):
    """A store that reaches the server by its socket."""
    with Store(target_of(server, database), spool=tmp_path / "spool", deadline=PATIENT) as opened:
        yield opened


@pytest.fixture
def proxy(server):
    with Proxy(str(server.status().socket)) as proxy:
        yield proxy


@pytest.fixture
def proxied(proxy, server, database, tmp_path):
    """Opens stores that reach the server through the proxy."""
    more = {"sslmode": "disable", "gssencmode": "disable"}

    def connect(deadline=PATIENT):
        target = target_of(server, database, host="127.0.0.1", port=str(proxy.port), **more)
        return Store(target, spool=tmp_path / "proxied", deadline=deadline)

    with admin(server) as connection:  # the embedded server lets TCP in for the reader alone
        assert connection.execute("select 1").fetchone() == (1,)
    return connect
