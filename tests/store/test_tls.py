"""A server across a network proves who it is: right and wrong authority, wrong name, no TLS."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from store_servers import admin, expected_rows, make_results, running_server, visible_rows

from simdrift import _errors
from simdrift.store.embedded import EmbeddedServer
from simdrift.store.store import Store

NAME = "db.simdrift.test"
PASSWORD = "s3cret-word"
RESULTS = make_results()

if shutil.which("openssl") is None:
    pytest.skip("openssl is not installed", allow_module_level=True)


def openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=60)


def authority(folder: Path) -> Path:
    """A certificate authority's certificate; its key lies beside it."""
    folder.mkdir()
    made = folder / "ca.pem"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/CN=An authority", "-days", "2", "-keyout", folder / "ca.key",
            "-out", made)  # fmt: skip
    return made


def certificate(ca: Path, name: str) -> tuple[Path, Path]:
    """A key and a certificate of a host, signed by the authority."""
    folder = ca.parent
    key, asked, made = (folder / f"server.{end}" for end in ("key", "csr", "pem"))
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", f"/CN={name}", "-keyout", key, "-out", asked)  # fmt: skip
    (folder / "names").write_text(f"subjectAltName=DNS:{name}\n")
    openssl("x509", "-req", "-in", asked, "-CA", ca, "-CAkey", folder / "ca.key", "-days", "2",
            "-CAcreateserial", "-extfile", folder / "names", "-out", made)  # fmt: skip
    return key, made


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    return authority(tmp_path_factory.mktemp("tls") / "right")


def switch_tls(server: EmbeddedServer, value: str) -> None:
    """Turns it on or off, and waits until new connections see it so."""
    with admin(server) as connection:
        connection.execute(f"alter system set ssl = '{value}'")
        connection.execute("select pg_reload_conf()")
    for _ in range(1000):
        with admin(server) as connection:
            if connection.execute("show ssl").fetchone() == (value,):
                return
        time.sleep(0.01)
    raise AssertionError(f"the server did not turn TLS {value}")


@pytest.fixture(scope="module")
def server(ca):
    """Debian's server (the package's is built without TLS) on 127.0.0.1, that lets
    simdrift_writer in over TLS alone, with a password."""
    with running_server("debian") as server:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server.serve(port)
        owner = server.data.stat()
        for path in certificate(ca, NAME):
            there = server.data / path.name
            shutil.copy(path, there)
            os.chown(there, owner.st_uid, owner.st_gid)
            there.chmod(0o600)
        with (server.data / "pg_hba.conf").open("a") as rules:
            rules.write("hostssl all simdrift_writer 127.0.0.1/32 scram-sha-256\n")
        with admin(server) as connection:
            connection.execute(f"alter role simdrift_writer password '{PASSWORD}'")
            for name, value in (("ssl_key_file", "server.key"), ("ssl_cert_file", "server.pem")):
                connection.execute(f"alter system set {name} = '{value}'")
        switch_tls(server, "on")
        yield server, port


@pytest.fixture
def open_store(server, tmp_path, monkeypatch):
    """Opens the store as a host across a network: its name is not a local one's."""
    for name in ("PGSSLMODE", "PGSSLROOTCERT", "PGSERVICE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    def opened(more: str = "", name: str = NAME) -> Store:
        dsn = (
            f"host={name} hostaddr=127.0.0.1 port={server[1]} dbname=migrated"
            f" user=simdrift_writer password={PASSWORD} {more}"
        )
        return Store(dsn, spool=tmp_path / "spool", deadline=5)

    return opened


def test_a_server_of_the_right_authority_and_name_gets_the_results(server, open_store, ca):
    with open_store(f"sslrootcert={ca}") as store:
        store.write(RESULTS)
        used = store._session.run(
            lambda c: c.execute("select ssl from pg_stat_ssl where pid = pg_backend_pid()")
        )
        assert used.fetchone() == (True,)
    with admin(server[0], "migrated") as connection:
        assert visible_rows(connection) == expected_rows(RESULTS)


def test_the_systems_authorities_serve_where_none_is_named(open_store, ca, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    with open_store() as store:
        store.write(RESULTS)


def refused(store: Store) -> str:
    """What a write says that fails at once; the results wait, the password is nowhere."""
    with store, pytest.raises(_errors.StoreError) as raised:
        store.write(RESULTS)
    assert not isinstance(raised.value, _errors.StoreUnreachable)
    assert PASSWORD not in str(raised.value) + repr(store)
    (waiting,) = store.spool.pending()
    assert PASSWORD.encode() not in waiting.read_bytes()
    waiting.unlink()
    return str(raised.value)


def test_another_authority_is_refused_and_told_how_to_go_on(open_store, tmp_path):
    wrong = authority(tmp_path / "wrong")
    said = refused(open_store(f"sslrootcert={wrong}"))
    assert "certificate verify failed" in said
    assert "sslmode=require" in said


def test_a_private_authority_is_not_among_the_systems(open_store):
    assert "certificate" in refused(open_store())


def test_another_name_is_refused(open_store, ca):
    said = refused(open_store(f"sslrootcert={ca}", name="other.simdrift.test"))
    assert f'"{NAME}"' in said
    assert "other.simdrift.test" in said


def test_who_asks_for_no_verification_gets_none(open_store):
    with open_store("sslmode=require") as store:
        store.write(RESULTS)


def test_a_server_without_tls_is_refused(server, open_store):
    switch_tls(server[0], "off")
    try:
        assert "does not support SSL" in refused(open_store())
    finally:
        switch_tls(server[0], "on")
