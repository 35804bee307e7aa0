"""Which database: the argument, else SIMDRIFT_DSN, else the embedded server.

A `Target` never shows its password: not in repr, not in errors, not in the spool, not in a pickle.
A DSN in which the password cannot be told from host or database is refused before anybody is
asked for that host. Hosts that are not local are verified (`sslmode=verify-full`) unless the DSN,
PGSSLMODE or a service file says otherwise.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, quote_plus

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from simdrift._errors import InputError
from simdrift._secrets import HIDDEN, SECRETS, Dsn, redact
from simdrift.store.connection import Connection, bounded, connect
from simdrift.store.embedded import EmbeddedServer

__all__ = ["Dsn", "Target", "embedded", "is_local", "parse", "redact", "resolve"]

_EXPECTED = "expected postgresql://user@host/database or 'host=... dbname=...'"
_ESCAPES: Final = "write @ as %40, / as %2F, : as %3A, ? as %3F"
_SCHEME: Final = re.compile(r"([a-z][a-z0-9.-]{0,20})(\+\w+)?://", re.I)  # with SQLAlchemy's driver

# A server that is gone is noticed within a minute, in every state of a connection.
_LIVENESS: dict[str, str | int] = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "application_name": "simdrift",
}
_SYSTEM_ROOTS_SINCE = 160000  # libpq's sslrootcert=system
_SHORTEST: Final = 4  # characters of a password that is looked for: an "e" is in every message
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, Red Hat
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # macOS, BSD
)


class Parameters(dict[str, str | int]):
    """Parameters of libpq, whose repr and pickle lack the secrets."""

    def __repr__(self) -> str:
        return repr({n: HIDDEN if n in SECRETS else _clean(self[n]) for n in self})

    def __reduce__(self) -> tuple[Any, ...]:
        return Parameters, ({name: _clean(self[name]) for name in self if name not in SECRETS},)

    def __deepcopy__(self, memo: Any) -> Parameters:
        return Parameters(self)


def _clean(value: str | int) -> str | int:
    """What other drivers take for a password may be in any value: `dbname=m;password=...`."""
    return redact(value) if isinstance(value, str) else value


@dataclass(frozen=True)
class Target:
    """A database to write to. `label` names it for people and binds a spool file to it."""

    label: str
    source: str
    server: EmbeddedServer | None = None
    _parameters: Parameters = field(default_factory=Parameters, repr=False)

    def connect(self, end: float = math.inf) -> Connection:
        """A new connection in autocommit by `end` (time.monotonic); starts the embedded server
        where it doesn't run.

        psycopg.OperationalError as libpq gives it, for the caller to judge.
        """
        parameters = Parameters({**_LIVENESS, **self._parameters})
        if self.server is not None:
            # Recovery after a crash may take minutes; it goes on while this call gives up.
            starting = "the embedded server is still starting"
            parameters.update(bounded(self.server.start, end, starting))
        return connect(parameters, end)

    def redact(self, text: str) -> str:
        """The text without this target's secrets, however they are spelled in it."""
        for name in SECRETS:
            secret = str(self._parameters.get(name, ""))
            spellings = {secret, quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]}
            for spelling in spellings if len(secret) >= _SHORTEST else ():
                text = re.sub(re.escape(spelling), HIDDEN, text, flags=re.IGNORECASE)
        return redact(text)


def resolve(dsn: str | Dsn | None = None) -> Target:
    """The target of a DSN, of SIMDRIFT_DSN, or the embedded server; connects to nothing.

    InputError for a DSN that libpq can't parse.
    """
    if dsn:
        return parse(dsn, "argument")
    from_environment = os.environ.get("SIMDRIFT_DSN")
    if from_environment:
        return parse(from_environment, "SIMDRIFT_DSN")
    return embedded()


def embedded(server: EmbeddedServer | None = None) -> Target:
    """The target of an embedded server."""
    server = server or EmbeddedServer()
    return Target(f"embedded {server.folder}", "embedded", server)


def parse(dsn: str | Dsn, source: str) -> Target:
    """The target of a DSN: a URI or key=value pairs. SQLAlchemy's spelling, with a driver in the
    scheme, is taken.

    InputError, before anything is connected to, where the DSN has no reading or more than one.

    >>> parse("postgresql+psycopg://anna:secret@localhost/metrics", "argument")
    Target(label='host=localhost port=5432 dbname=metrics', source='argument', server=None)
    """
    text = dsn.reveal() if isinstance(dsn, Dsn) else dsn
    parameters, problem = _parsed(text)
    if problem:
        # Neither libpq's words nor the DSN are shown: both may hold a part of the password.
        raise InputError(f"{source}: {_EXPECTED}, found {problem}")
    return Target(_label(parameters), source, None, parameters)


def _parsed(text: object) -> tuple[Parameters, str]:
    """The parameters of a DSN, and what is wrong with it in words that show nothing of it."""
    none = Parameters()
    if not isinstance(text, str):
        return none, f"a {type(text).__name__}"
    if scheme := _SCHEME.match(text):
        if scheme[1].lower() not in ("postgres", "postgresql"):
            return none, f"a URL of {scheme[1]}"
        text = f"postgresql://{text[scheme.end() :]}"
        if not _has_one_reading(text.partition("://")[2]):
            return none, f"a URL with an @ too many, or a password that is not escaped: {_ESCAPES}"
    try:
        given = conninfo_to_dict(text) if "\0" not in text else None
    except (psycopg.Error, ValueError):
        given = None
    if given is None:
        return none, "what libpq cannot parse"
    chosen = Parameters({name: value for name, value in given.items() if value is not None})
    chosen.update(_verification(chosen))
    return chosen, _misread(chosen)


def _has_one_reading(rest: str) -> bool:
    """Whether a URL (after its scheme) has its only @ after user and password: libpq takes the
    first @ before any slash for it, and what a password holds beyond for host and database."""
    head, _, path = rest.partition("/")
    path = path.partition("?")[0]
    before, at, _ = head.partition("@")
    user = before.partition(":")[0] if at else ""
    odd = re.search(r"[?#\s]", user) or (at and re.search(r"\?\w+=", before))
    return head.count("@") <= 1 and "@" not in path and not odd


def _misread(parameters: Mapping[str, str | int]) -> str:
    """What shows that a part of a password was taken for something else."""
    hosts = _given(parameters, "host", "PGHOST").split(",")
    ports = _given(parameters, "port", "PGPORT").split(",")
    names = [str(parameters.get(name, "")) for name in ("host", "hostaddr", "dbname", "user")]
    if any("@" in host[1:] for host in hosts):  # at its start it is an abstract socket
        return f"a host with an @ in it; if it is of the password, {_ESCAPES}"
    if not all(re.fullmatch(r"[0-9]{0,5}", port) for port in ports):
        return f"a port that is no number; if it is of the password, {_ESCAPES}"
    if ":" in names[3]:
        return "a user with a : in it: give the password as such, not as a part of the user"
    if any("://" in name for name in names):
        return "a URL in the place of a name"
    return ""


def _label(parameters: Mapping[str, str | int]) -> str:
    """Host, port and database as libpq will take them; neither user nor password."""
    if parameters.get("service"):
        return redact(f"service={parameters['service']} dbname={parameters.get('dbname', '')}")
    host = _given(parameters, "host", "PGHOST") or _given(parameters, "hostaddr", "PGHOSTADDR")
    port = _given(parameters, "port", "PGPORT") or "5432"
    user = _given(parameters, "user", "PGUSER")
    database = _given(parameters, "dbname", "PGDATABASE") or user
    return redact(f"host={host or 'local'} port={port} dbname={database or 'default'}")


def _given(parameters: Mapping[str, str | int], name: str, variable: str) -> str:
    return str(parameters.get(name) or os.environ.get(variable) or "")


def _verification(parameters: Mapping[str, str | int]) -> dict[str, str | int]:
    """sslmode and root certificates for a host that isn't local and of which nothing is said."""
    if _given(parameters, "sslmode", "PGSSLMODE") or _given(parameters, "service", "PGSERVICE"):
        return {}
    hosts = _given(parameters, "host", "PGHOST") or _given(parameters, "hostaddr", "PGHOSTADDR")
    if all(is_local(host) for host in hosts.split(",")):
        return {}
    added: dict[str, str | int] = {"sslmode": "verify-full"}
    own_roots = Path("~/.postgresql/root.crt").expanduser()
    if not _given(parameters, "sslrootcert", "PGSSLROOTCERT") and not own_roots.exists():
        roots = _system_roots()
        if roots is not None:
            added["sslrootcert"] = roots
    return added


def _system_roots() -> str | None:
    """SSL_CERT_FILE, else the file in which the system keeps its certificate authorities, else what
    libpq calls 'system'; None where it doesn't know that.

    The file comes first because the OpenSSL in psycopg's wheels looks for 'system' in a folder of
    its builders, which no other machine has: it would trust nobody.
    """
    for path in (os.environ.get("SSL_CERT_FILE", ""), *_BUNDLES):
        if path and Path(path).is_file():
            return path
    return "system" if pq.version() >= _SYSTEM_ROOTS_SINCE else None


def is_local(host: str) -> bool:
    """Whether a host of a DSN is this machine: none, a socket folder, a loopback address.

    >>> [is_local(host) for host in ("", "/run/postgresql", "127.0.0.1", "db.example.com")]
    [True, True, True, False]
    """
    return (
        host in ("", "localhost", "::1")
        or host[0] in "/@"
        or (re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None)
    )
