"""Which database is meant, and that its password is never shown."""

import psycopg
import pytest

from simdrift import _errors
from simdrift.store.dsn import is_local, parse, redact, resolve
from simdrift.store.session import DataRefused, Session, is_transient


@pytest.fixture(autouse=True)
def no_environment(monkeypatch, tmp_path):
    for name in ("SIMDRIFT_DSN", "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER"):
        monkeypatch.delenv(name, raising=False)
    for name in ("PGSSLMODE", "PGSSLROOTCERT", "PGSERVICE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def test_the_argument_comes_before_the_environment_before_the_embedded_server(monkeypatch):
    monkeypatch.setenv("SIMDRIFT_STORE_DIR", "/somewhere")
    assert resolve().source == "embedded"
    assert resolve().label == "embedded /somewhere"
    monkeypatch.setenv("SIMDRIFT_DSN", "host=localhost dbname=environment")
    assert resolve().label == "host=localhost port=5432 dbname=environment"
    assert resolve("host=localhost dbname=argument").label.endswith("dbname=argument")


@pytest.mark.parametrize(
    ("dsn", "label"),
    [
        ("postgresql://anna:pw@db.example.com:6432/m", "host=db.example.com port=6432 dbname=m"),
        ("host=/run/postgresql user=anna", "host=/run/postgresql port=5432 dbname=anna"),
        ("postgresql:///m", "host=local port=5432 dbname=m"),
        ("service=prod", "service=prod dbname="),
        ("host=a,b port=1,2 dbname=m", "host=a,b port=1,2 dbname=m"),
    ],
)
def test_a_label_names_host_port_and_database(dsn, label):
    assert parse(dsn, "argument").label == label


@pytest.mark.parametrize(
    "host",
    ["", "localhost", "127.0.0.1", "127.8.8.8", "::1", "/run/postgresql", "@abstract"],
)
def test_these_hosts_are_local(host):
    assert is_local(host)


@pytest.mark.parametrize(
    "host", ["db.example.com", "10.0.0.1", "127.example.com", "localhost.example.com", "1270.0.0.1"]
)
def test_these_hosts_are_not(host):
    assert not is_local(host)


def chosen(dsn):
    return parse(dsn, "argument")._parameters


def test_a_host_that_is_not_local_is_verified():
    assert chosen("host=db.example.com")["sslmode"] == "verify-full"
    assert chosen("host=localhost,db.example.com")["sslmode"] == "verify-full"
    assert chosen("hostaddr=10.0.0.1")["sslmode"] == "verify-full"
    assert "sslmode" not in chosen("host=localhost")


def test_a_host_of_the_environment_is_verified(monkeypatch):
    monkeypatch.setenv("PGHOST", "db.example.com")
    assert chosen("dbname=m")["sslmode"] == "verify-full"


def test_who_says_otherwise_is_heard(monkeypatch):
    assert chosen("host=db.example.com sslmode=require")["sslmode"] == "require"
    assert chosen("postgresql://db.example.com/m?sslmode=disable")["sslmode"] == "disable"
    monkeypatch.setenv("PGSSLMODE", "prefer")
    assert "sslmode" not in chosen("host=db.example.com")


def test_the_systems_certificates_serve_where_no_others_are_given(tmp_path, monkeypatch):
    bundle = tmp_path / "bundle.pem"
    monkeypatch.setattr("simdrift.store.dsn._BUNDLES", ("/not/there", str(bundle)))
    system = "system" if psycopg.pq.version() >= 160000 else None  # older libpqs know none
    assert chosen("host=db.example.com").get("sslrootcert") == system
    bundle.touch()
    assert chosen("host=db.example.com")["sslrootcert"] == str(bundle)
    assert chosen("host=db.example.com sslrootcert=/own.crt")["sslrootcert"] == "/own.crt"
    (tmp_path / "other.pem").touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "other.pem"))
    assert chosen("host=db.example.com")["sslrootcert"] == str(tmp_path / "other.pem")
    (tmp_path / ".postgresql").mkdir()
    (tmp_path / ".postgresql" / "root.crt").touch()
    assert "sslrootcert" not in chosen("host=db.example.com")


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://anna:s3%zzcret@db/m",
        "postgresql://anna:s3cret@db:port/m?nonsense=1",
        "host=db password='s3cret",
        "password=s3cret nonsense",
        "host=db passwort=s3cret",
    ],
)
def test_a_dsn_that_cannot_be_parsed_shows_nothing_of_itself(dsn):
    with pytest.raises(_errors.InputError) as raised:
        parse(dsn, "SIMDRIFT_DSN")
    assert "s3" not in str(raised.value)
    assert "SIMDRIFT_DSN" in str(raised.value)
    assert raised.value.__context__ is None  # which would hold the DSN, or a part of it


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://anna:s3cret@db/m", "postgresql://anna:***@db/m"),
        ("postgres://anna:s3@cr:e/t@db/m", "postgres://anna:***@db/m"),
        ("postgresql://anna@db/m?password=s3cret&x=1", "postgresql://anna@db/m?password=***&x=1"),
        ("host=db password=s3cret dbname=m", "host=db password=*** dbname=m"),
        (r"password='s3 \'cret' host=db", "password=*** host=db"),
        ("PASSWORD = s3cret", "PASSWORD=***"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_redaction(text, shown):
    assert redact(text) == shown


def test_a_target_hides_its_password_in_any_spelling():
    target = parse("postgresql://anna:p%40ss%2Fw@localhost/m", "argument")
    assert "p@ss" not in repr(target)
    shown = target.redact("p@ss/w p%40ss%2Fw")
    assert shown == "*** ***"


def test_every_connection_has_timeouts_and_keepalives(server, database):
    from store_servers import target_of

    with target_of(server, database).connect() as connection:
        given = connection.info.get_parameters()
    assert given["connect_timeout"] == "5"
    assert given["keepalives_idle"] == "30"
    assert given["tcp_user_timeout"] == "30000"
    assert given["application_name"] == "simdrift"


def test_every_transaction_has_timeouts(store):
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    found = store._session.transaction(
        lambda connection: [connection.execute(f"show {name}").fetchone()[0] for name in names]
    )
    # The store's deadline is 5 s: a lock is waited for within it, a statement ends soon after.
    assert found[2] == "1min"
    statement, lock = (int(text.removesuffix("ms")) for text in found[:2])
    assert 5000 < statement <= 6000
    assert 4000 < lock <= 5000
    after = store._session.run(lambda c: c.execute("show statement_timeout").fetchone())
    assert after == ("0",)


@pytest.mark.parametrize(
    ("said", "passes"),
    [
        ("connection refused", True),
        ("server closed the connection unexpectedly", True),
        ("FATAL:  the database system is starting up", True),
        ("FATAL:  sorry, too many clients already", True),
        ('FATAL:  password authentication failed for user "anna"', False),
        ('FATAL:  database "m" does not exist', False),
        ('root certificate file "/x" does not exist', False),
        ("server does not support SSL, but SSL was required", False),
    ],
)
def test_a_refused_connection_is_tried_again_where_that_may_help(said, passes):
    assert is_transient(psycopg.OperationalError(said)) is passes


def test_a_wrong_database_is_an_error_at_once(server, tmp_path):
    from store_servers import target_of

    session = Session(target_of(server, "not_there"), deadline=60)
    with pytest.raises(_errors.StoreError, match=r"not_there.*does not exist"):
        session.transaction(lambda connection: None)


RAISE = """
do $$ begin raise exception 'made up' using errcode = '{code}'; end $$
"""


def failing(code, times):
    """Work that the server refuses so many times with that SQLSTATE; how often it was tried."""
    tried = []

    def work(connection):
        tried.append(code)
        if len(tried) <= times:
            connection.execute(RAISE.format(code=code))
        return connection.execute("select 42").fetchone()[0]

    return work, tried


@pytest.mark.parametrize(
    "code",
    ["08006", "08P01", "25P03", "40001", "40P01", "53300", "55P03", "57P01", "57P02", "57P03"],
)
def test_what_passes_by_itself_is_tried_again(server, database, code):
    from store_servers import target_of

    work, tried = failing(code, times=2)
    assert Session(target_of(server, database), deadline=20).transaction(work) == 42
    assert len(tried) == 3


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("42501", _errors.StoreError),  # not allowed
        ("57014", _errors.StoreError),  # statement timeout
        ("53100", _errors.StoreError),  # disk full
        ("42P01", _errors.StoreNotMigrated),
        ("22P02", DataRefused),
        ("23505", DataRefused),
    ],
)
def test_what_does_not_pass_is_an_error_at_once(server, database, code, kind):
    from store_servers import target_of

    work, tried = failing(code, times=1)
    with pytest.raises(kind) as raised:
        Session(target_of(server, database), deadline=20).transaction(work)
    assert not isinstance(raised.value, _errors.StoreUnreachable)
    assert len(tried) == 1


def test_trying_ends_at_the_deadline(server, database):
    from store_servers import target_of

    work, tried = failing("40001", times=10**6)
    with pytest.raises(_errors.StoreUnreachable, match="made up"):
        Session(target_of(server, database), deadline=0.3).transaction(work)
    assert len(tried) > 1
