"""A password is nowhere, however it is written: 300 spellings, and every way out of the process."""

from __future__ import annotations

import copy
import json
import logging
import os
import pickle
import subprocess
import sys
import time
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from commands import command_environment, run_command
from psycopg import pq

import simdrift as sd
from simdrift import _errors
from simdrift._secrets import SECRETS, Dsn, redact
from simdrift.monitoring.spec import Spec
from simdrift.results.collection import Results
from simdrift.results.identity import identified
from simdrift.results.rows import Run
from simdrift.store import Store, StoreError, resolve, session

CANARY = "c4n4ry"
# Nothing listens there (RFC 863's discard), and no name has to be looked up.
SERVER = "127.0.0.1:9"
MARKS = ["", "@", "/", "#", ":", "?", "%", "&", "=", "'", '"', " ", "\\", "+", "[", ",", "é", "%40",
         "://", "''", "@/", "/@", "?/@", "\t", "\n", "$1", "*"]  # fmt: skip
PASSWORDS = [f"{CANARY}{mark}{CANARY}" for mark in MARKS]
SOUND: dict[str, Any] = {"monitor": "m", "window": "all"}


def percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def spellings(password: str) -> dict[str, str]:
    """Ways in which people write a DSN with this password, the wrong ones among them."""
    escaped = password.replace("\\", "\\\\").replace("'", "\\'")
    # With an @ in the password this is a DSN whose password ends there.
    without_host = {} if "@" in password else {"no host": f"postgresql://anna:{password}"}
    return without_host | {
        "as it is": f"postgresql://anna:{password}@{SERVER}/m",
        "short scheme": f"postgres://anna:{password}@{SERVER}/m?sslmode=disable",
        "driver": f"postgresql+psycopg2://anna:{password}@{SERVER}/m",
        "capitals": f"POSTGRESQL://anna:{password}@{SERVER}/m",
        "another scheme": f"mysql://anna:{password}@{SERVER}/m",
        "without user": f"postgresql://:{password}@{SERVER}/m",
        "without host": f"postgresql://anna:{password}@/m",
        "quoted": f"postgresql://anna:{quote(password, safe='')}@{SERVER}/m",
        "all escaped": f"postgresql://anna:{percent(password)}@{SERVER}/m",
        "colon escaped": f"postgresql://anna%3A{quote(password, safe='')}@{SERVER}/m",
        "in the query": f"postgresql://anna@{SERVER}/m?password={password}",
        "in the query, no database": f"postgresql://{SERVER}?password={password}",
        "sslpassword": f"postgresql://anna@{SERVER}/m?sslpassword={quote(password, safe='')}",
        "keywords": f"host=127.0.0.1 port=9 password={password} dbname=m",
        "keywords, quoted": f"host=127.0.0.1 port=9 password='{escaped}' dbname=m",
        "keywords, quoted as in SQL": f"host=127.0.0.1 port=9 password='{password}'",
        "keywords, double quotes": f'host=127.0.0.1 port=9 password="{password}"',
        "keywords with blanks": f"password = '{escaped}' host = 127.0.0.1 port = 9",
        "keywords, sslpassword": f"host=127.0.0.1 port=9 sslpassword='{escaped}'",
        "a URL as a database": f"dbname=postgresql://anna:{quote(password)}@{SERVER}/m",
    }


SPELLINGS = {
    f"{name}, {password[len(CANARY) : -len(CANARY)]!r}": dsn
    for password in PASSWORDS
    for name, dsn in spellings(password).items()
}
HIDDEN_FORMS = {CANARY, percent(CANARY), repr(CANARY)[1:-1], CANARY.upper()}


def assert_clean(*texts: str | bytes) -> None:
    for text in texts:
        plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        assert not any(form in plain for form in HIDDEN_FORMS), plain[:500]


def outlets(error: BaseException) -> list[str | bytes]:
    """Everything in which an error comes to people and files."""
    return [str(error), repr(error), "".join(traceback.format_exception(error)),
            pickle.dumps(error), str(error.__context__ or ""), repr(error.__cause__)]  # fmt: skip


def small_results() -> Results:
    day = datetime(2024, 1, 1, tzinfo=UTC)
    run = Run(None, "m", "d", "", "", "1d", day, day + timedelta(days=1), day, day, 1, "0", "s",
              "d", "r")  # fmt: skip
    return Results([], [identified(run)], [])


@pytest.fixture(autouse=True)
def no_environment(monkeypatch, tmp_path, caplog):
    for name in list(os.environ):
        if name.startswith("PG") or name == "SIMDRIFT_DSN":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    caplog.set_level(logging.DEBUG)


def test_there_are_at_least_two_hundred_spellings_and_some_are_taken():
    assert len(SPELLINGS) >= 200
    taken = 0
    for dsn in SPELLINGS.values():
        try:
            resolve(dsn)
            taken += 1
        except sd.InputError:
            pass
    assert 100 < taken < len(SPELLINGS)


FOLD = 5
"""A store writes to disk and asks for names: of each mark's spellings every fifth is tried here, so
that every mark and every spelling is; the slow leg tries them all."""


@pytest.mark.parametrize("password", PASSWORDS, ids=[repr(mark) for mark in MARKS])
@pytest.mark.parametrize("every", [FOLD, pytest.param(1, marks=pytest.mark.slow)])
def test_no_outlet_of_a_store_shows_a_password(password, every, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(session, "_LEAST", 0.02)  # nobody comes while a Store tries again
    first = PASSWORDS.index(password) % every
    for number, dsn in enumerate(list(spellings(password).values())[first::every]):
        check_outlets_of_a_store(dsn, tmp_path / str(number))
    assert_clean(caplog.text)


def check_outlets_of_a_store(dsn: str, folder: Path) -> None:
    try:
        target = resolve(dsn)
    except sd.InputError as error:
        assert_clean(*outlets(error))
        return
    # What libpq would look up in the DNS, or send in the clear:
    assert_clean(*(str(target._parameters.get(name, "")) for name in ("host", "hostaddr", "port")))
    assert_clean(*(str(target._parameters.get(name, "")) for name in ("user", "dbname")))
    assert_clean(repr(target), str(target), target.label, pickle.dumps(target))
    assert_clean(repr(vars(target)), repr(target._parameters), json.dumps(target.label))
    with Store(target, spool=folder, deadline=0.0) as store:
        assert_clean(repr(store), pickle.dumps(store))
        with pytest.raises(StoreError) as raised:
            store.write(small_results())
    assert_clean(*outlets(raised.value))
    spooled = [path.name.encode() + path.read_bytes() for path in folder.iterdir()]
    assert spooled
    assert_clean(*spooled)


@pytest.mark.parametrize("password", PASSWORDS, ids=[repr(mark) for mark in MARKS])
def test_no_outlet_of_a_spec_shows_a_password(password, tmp_path, caplog):
    for dsn in spellings(password).values():
        check_outlets_of_a_spec(dsn, tmp_path / "monitor.toml")
    assert_clean(caplog.text)


def check_outlets_of_a_spec(dsn: str, path: Path) -> None:
    spec = Spec(**SOUND, store={"dsn": dsn})
    assert spec.store.dsn is not None
    assert spec.store.dsn.reveal() == dsn
    assert copy.deepcopy(spec).store.dsn == dsn
    assert_clean(repr(spec), str(spec), spec.to_toml(), spec.model_dump_json())
    assert_clean(repr(spec.model_dump()), repr(spec.store.dsn), f"{spec.store.dsn:>5}")
    try:
        assert_clean(pickle.dumps(spec))
    except TypeError as error:
        assert_clean(*outlets(error))
    wrong = [
        {"store": dsn}, {"store": [dsn]}, {"store": {"dsn": [dsn]}}, {"store": {"url": dsn}},
        {"store": {"dsn": {"url": dsn}}}, {"dns": dsn}, {"window": dsn}, {"convention": dsn},
        {"correction": dsn}, {"methods": [dsn]}, {"bins": dsn}, {"monitor": [dsn]},
    ]  # fmt: skip
    for change in wrong:
        with pytest.raises(sd.SpecError) as raised:
            Spec(**{**SOUND, **change})
        assert_clean(*outlets(raised.value))
    written = json.dumps(dsn, ensure_ascii=False)
    for text in (f"store = {written}", f"[store]\ndsn = [{written}]", f"store = {dsn}"):
        path.write_text(f'monitor = "m"\n{text}\n')
        with pytest.raises(sd.SpecError) as raised:
            Spec.from_toml(path)
        assert_clean(*outlets(raised.value))


def test_every_error_of_the_library_redacts_its_message():
    names = vars(_errors).values()
    kinds = [kind for kind in names if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(kinds) == 8
    for kind in kinds:
        assert_clean(*outlets(kind(f"postgresql://anna:{CANARY}@db/m and password='{CANARY} x'")))


def test_a_passfile_is_a_path_and_no_secret():
    dsn = "host=db passfile=/home/anna/.pgpass user=anna"
    assert redact(dsn) == dsn
    assert str(Dsn(dsn)) == dsn


@pytest.mark.parametrize(
    ("dsn", "found"),
    [
        (f"postgresql://anna:p@{CANARY}@db/m", "an @ too many"),
        (f"postgresql://anna:p/{CANARY}@db/m", "an @ too many"),
        (f"postgresql://anna:{CANARY}#", "a port that is no number"),
        (f"host=db@{CANARY}", "a host with an @ in it"),
        (f"mysql://anna:{CANARY}@db/m", "a URL of mysql"),
        ([f"postgresql://anna:{CANARY}@db/m"], "a list"),
        (f"host=db password=x\0{CANARY}", "what libpq cannot parse"),
    ],
)
def test_a_dsn_that_is_refused_is_refused_by_name(dsn, found):
    with pytest.raises(sd.InputError, match=found) as raised:
        resolve(dsn)
    assert_clean(*outlets(raised.value))


def test_every_secret_that_libpq_knows_is_one_here():
    """Its own list hides the keys of SCRAM from people in another way."""
    secret = {o.keyword.decode() for o in pq.Conninfo.get_defaults() if o.dispchar == b"*"}
    assert len(secret) >= 2
    assert secret | {"scram_client_key", "scram_server_key"} <= set(SECRETS)


@pytest.mark.parametrize("name", [*SECRETS, "dbname=m;passwd"])
@pytest.mark.parametrize("form", ["host=127.0.0.1 port=9 {}={}", "postgresql://127.0.0.1:9?{}={}"])
def test_a_secret_of_any_name_has_no_outlet(name, form, tmp_path):
    dsn = form.format(name, CANARY)
    assert_clean(redact(f"cannot reach {dsn}"), repr(Dsn(dsn)))
    check_outlets_of_a_spec(dsn, tmp_path / "monitor.toml")
    try:
        target = resolve(dsn)
    except sd.InputError as error:  # a libpq that does not know it
        assert_clean(*outlets(error))
        return
    store = Store(target, spool=tmp_path)
    assert_clean(repr(target), target.label, pickle.dumps(target), pickle.dumps(store))
    assert_clean(target.redact(dsn), repr(target._parameters))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql+psycopg2", "postgresql+asyncpg"])
def test_the_spellings_of_sqlalchemy_are_taken(scheme):
    target = resolve(f"{scheme}://anna:{CANARY}@db.example.com/m")
    assert target.label == "host=db.example.com port=5432 dbname=m"
    assert target._parameters["password"] == CANARY


# -- the command line


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    return command_environment(SIMDRIFT_SPOOL=str(tmp_path / "spool"), **more)


@pytest.fixture
def monitor(tmp_path: Path) -> Path:
    """The file of a monitor whose results go to a server that is not there."""
    parquet.write_table(pa.table({"x": [float(i % 7) for i in range(400)]}), tmp_path / "x.parquet")
    path = tmp_path / "monitor.toml"
    path.write_text(
        'monitor = "m"\ndata = "x.parquet"\nwindow = "all"\nreference = "x.parquet"\n'
        "start = 2024-01-01\nend = 2024-01-02\n"
        f'[store]\ndsn = "postgresql://anna:{CANARY}@{SERVER}/m"\n'
    )
    return path


def run(tmp_path: Path, *arguments: object, **more: str) -> subprocess.CompletedProcess[bytes]:
    return run_command(arguments, cwd=tmp_path, env=environment(tmp_path, **more))


def test_a_run_shows_no_password_on_its_page_and_streams_and_in_the_spool(tmp_path, monitor):
    done = run(tmp_path, "run", monitor, "--deadline", "0", "--html", "page.html", "--json")
    assert done.returncode == 3
    assert b"simdrift flush" in done.stderr
    spooled = [path.read_bytes() for path in (tmp_path / "spool").iterdir()]
    assert len(spooled) == 1
    assert_clean(done.stdout, done.stderr, (tmp_path / "page.html").read_bytes(), *spooled)


@pytest.mark.parametrize(
    "arguments",
    [
        ("migrate", f"postgresql://anna:{CANARY}@{SERVER}/m"),
        ("run", f"postgresql://anna:{CANARY}@{SERVER}/m"),
        ("profile", f"postgresql://anna:{CANARY}@{SERVER}/m"),
        ("compare", f"password={CANARY}", "b"),
        ("prune", "--keep", f"postgresql://anna:{CANARY}@{SERVER}/m"),
        ("migrate", "--dns", f"postgresql://anna:{CANARY}@{SERVER}/m"),
        (f"postgresql://anna:{CANARY}@{SERVER}/m",),
    ],
)
def test_a_dsn_in_the_wrong_place_of_the_command_line_is_not_repeated(tmp_path, arguments):
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert_clean(done.stdout, done.stderr)


def test_a_dsn_that_cannot_be_parsed_is_refused_before_anything_is_computed(tmp_path, monitor):
    done = run(tmp_path, "run", monitor, "--dsn", f"postgresql://anna:{CANARY}")
    assert done.returncode == 2
    assert b"argument: expected postgresql://" in done.stderr
    assert b"computed" not in done.stderr
    assert not (tmp_path / "spool").exists()
    assert run(tmp_path, "run", monitor, "--dsn", "nonsense", "--no-store").returncode == 0


@pytest.mark.skipif(not os.path.exists("/proc/self/cmdline"), reason="needs /proc")
@pytest.mark.parametrize("way", ["argument", "environment"])
def test_the_list_of_processes_shows_no_password(tmp_path, monitor, way):
    dsn = f"postgresql://anna:{CANARY}@{SERVER}/m"
    more = {"SIMDRIFT_DSN": dsn} if way == "environment" else {}
    given = ["--dsn", dsn] if way == "argument" else []
    command = [sys.executable, "-m", "simdrift", "run", monitor, "--deadline", "60", *given]
    with subprocess.Popen(
        [str(part) for part in command],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        env=environment(tmp_path, **more),
    ) as child:  # fmt: skip
        try:
            assert child.stderr is not None
            line = child.stderr.readline()  # it has computed, and tries the server now
            assert b"computed" in line
            time.sleep(0.1)
            for folder in Path("/proc").iterdir():
                if folder.name.isdecimal() and int(folder.name) not in (os.getpid(), 1):
                    try:
                        found = (folder / "cmdline").read_bytes()
                        parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                    except OSError:
                        continue
                    if child.pid in (int(folder.name), parent):
                        assert_clean(found)
            own = Path(f"/proc/{child.pid}/cmdline").read_bytes().split(b"\0")
            assert b"--deadline" in own
        finally:
            child.kill()
