"""Which database: the argument, else SIMDRIFT_DSN, else the embedded server.

A `Target` never shows its password: not in repr, not in errors, not in the spool. Hosts that
are not local are verified (`sslmode=verify-full`) unless the DSN, PGSSLMODE or a service file
says otherwise.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from simdrift._errors import InputError

from .connection import Connection, bounded, connect
from .embedded import EmbeddedServer

_EXPECTED = "expected postgresql://user@host/database or 'host=... dbname=...'"

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
_SECRETS = ("password", "sslpassword", "oauth_client_secret")
_HIDDEN = "***"
_SYSTEM_ROOTS_SINCE = 160000  # libpq's sslrootcert=system
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, Red Hat
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # macOS, BSD
)


@dataclass(frozen=True)
class Target:
    """A database to write to. `label` names it for people and binds a spool file to it."""

    label: str
    source: str
    server: EmbeddedServer | None = None
    _parameters: Mapping[str, str | int] = field(default_factory=dict, repr=False)

    def connect(self, end: float = math.inf) -> Connection:
        """A new connection in autocommit by `end` (time.monotonic); starts the embedded server
        where it doesn't run.

        psycopg.OperationalError as libpq gives it, for the caller to judge.
        """
        parameters: dict[str, str | int] = {**_LIVENESS, **self._parameters}
        if self.server is not None:
            # Recovery after a crash may take minutes; it goes on while this call gives up.
            parameters |= bounded(self.server.start, end, "the embedded server is still starting")
        return connect(parameters, end)

    def redact(self, text: str) -> str:
        """The text without this target's secrets, however they are spelled in it."""
        for name in _SECRETS:
            secret = str(self._parameters.get(name, ""))
            for spelling in {secret, quote(secret, safe=""), quote_plus(secret)}:
                if spelling:
                    text = text.replace(spelling, _HIDDEN)
        return redact(text)


def resolve(dsn: str | None = None) -> Target:
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


def parse(dsn: str, source: str) -> Target:
    """The target of a DSN: a URI or key=value pairs.

    >>> parse("postgresql://anna:secret@localhost/metrics", "argument")
    Target(label='host=localhost port=5432 dbname=metrics', source='argument', server=None)
    """
    try:
        parameters = conninfo_to_dict(dsn)
    except psycopg.Error:
        # Neither libpq's words nor the DSN are shown: both may hold a part of the password.
        raise InputError(f"{source}: {_EXPECTED}, found what libpq cannot parse") from None
    chosen = {name: value for name, value in parameters.items() if value is not None}
    chosen |= _verification(chosen)
    return Target(_label(chosen), source, None, chosen)


def _label(parameters: Mapping[str, str | int]) -> str:
    """Host, port and database as libpq will take them; neither user nor password."""
    if parameters.get("service"):
        return f"service={parameters['service']} dbname={parameters.get('dbname', '')}"
    host = _given(parameters, "host", "PGHOST") or _given(parameters, "hostaddr", "PGHOSTADDR")
    port = _given(parameters, "port", "PGPORT") or "5432"
    user = _given(parameters, "user", "PGUSER")
    database = _given(parameters, "dbname", "PGDATABASE") or user
    return f"host={host or 'local'} port={port} dbname={database or 'default'}"


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


def redact(text: str) -> str:
    """The text with the passwords of DSNs in it replaced by ***.

    >>> redact("postgresql://anna:se:cr@et@db/metrics and password='a b' host=db")
    'postgresql://anna:***@db/metrics and password=*** host=db'
    """
    # Up to the last @ of the word: a password may hold an unescaped @, : or /.
    text = re.sub(r"(postgres(?:ql)?://[^:/@\s]*):\S*@", rf"\1:{_HIDDEN}@", text)
    return re.sub(
        r"(\w*password|\w*secret)\s*=\s*('(?:[^'\\]|\\.)*'?|[^\s&]+)",
        rf"\1={_HIDDEN}",
        text,
        flags=re.IGNORECASE,
    )
