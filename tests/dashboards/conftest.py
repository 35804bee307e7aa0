"""A store with the flights' year, and with a dataset that has every metric a panel names."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

for folder in (Path(__file__).parents[1] / "store", Path(__file__).parents[1]):
    sys.path.append(str(folder))
sys.path.append(str(Path(__file__).parent))

from everything import STREAMS, every_metric, measurements  # noqa: E402
from store_servers import (  # noqa: E402
    DAY,
    FIRST_DAY,
    folder_of_run,
    made_once,
    new_database,
    shared_server,
    target_of,
)

from simdrift.demo import flights  # noqa: E402
from simdrift.monitoring import monitor  # noqa: E402
from simdrift.store import Store  # noqa: E402


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A running server; all workers' own together."""
    with shared_server("package", folder_of_run(tmp_path_factory)) as running:
        yield running


@pytest.fixture(scope="session")
def filled(server, tmp_path_factory) -> Iterator[Store]:
    """Flights of 2013 as the demo stores them, and the dataset `everything`; one for all workers,
    whose tests only read."""
    spool = tmp_path_factory.mktemp("spool")

    def opened(name: str) -> Store:
        return Store(target_of(server, name), spool=spool, deadline=10)

    def fill(path: Path) -> None:
        name = new_database(server)
        with opened(name) as store:
            store.write(monitor(flights.spec(), flights.flights()))
            for model, version in STREAMS:
                store.write(every_metric(model, version))
            store.annotate(FIRST_DAY + 2 * DAY, "everything", "schema", "a column came")
            store.annotate(FIRST_DAY + 39 * DAY, "nyc flights 2013", "outage", "snow")
            store.write_benchmarks(measurements())
        path.write_text(name)

    with opened(made_once(server, "filled", fill).read_text()) as store:
        yield store


@pytest.fixture(scope="session")
def empty_store(server, tmp_path_factory) -> Iterator[Store]:
    """A migrated store without a row."""
    spool = tmp_path_factory.mktemp("spool")
    with Store(target_of(server, new_database(server)), spool=spool, deadline=10) as store:
        yield store


@pytest.fixture(scope="session")
def reader(server, filled) -> Iterator[psycopg.Connection]:
    """What Grafana is: a connection of the role simdrift_reader."""
    target = target_of(server, filled.target._parameters["dbname"], user="simdrift_reader")
    connection = target.connect()
    yield connection
    connection.close()
