"""Passwords are never shown: the one place that finds them in text, and a type for a DSN.

Every error of this library passes through `redact` when it is made (_errors.py), and so does what
the command line prints. A text that is known to be a DSN is kept as a `Dsn`, whose `repr`, `str`,
JSON and pickle lack its secrets.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import unquote

HIDDEN: Final = "***"
SECRETS: Final = (
    "password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key",
)  # fmt: skip
"""libpq's parameters whose values are secret. A passfile is a path, and no secret."""
_SECRET: Final = r"(?:passw(?:or)?d|passphrase|secret|scram_\w+_key)"

# libpq's parameters that may be shown; anything else of a DSN is hidden.
_SHOWN: Final = frozenset(
    re.findall(
        r"\w+",
        """
        host hostaddr port dbname user service passfile options application_name connect_timeout
        fallback_application_name client_encoding target_session_attrs load_balance_hosts
        sslmode sslrootcert sslcert sslkey sslcrl sslcrldir sslnegotiation sslcertmode gssencmode
        channel_binding require_auth tcp_user_timeout
        keepalives keepalives_idle keepalives_interval keepalives_count
        """,
    )
)

_SCHEME: Final = r"postgres(?:ql)?(?:\+\w+)?:/+"
_ANY_SCHEME: Final = r"\b(?!https?:|file:)[a-z][a-z0-9+.-]*:/+"
# A password may hold an unescaped @, /, :, blank or line end: from the user's name to the last @
# before the next DSN. pathlib makes one slash of two.
_URI: Final = re.compile(
    rf"({_ANY_SCHEME}(?:(?!%3a)[^:@/?#\n])*(?::|%3a))(?:(?!{_SCHEME}).)*@", re.I | re.S
)
_QUERY: Final = re.compile(rf"([?&]\w*{_SECRET}=)(?:(?!&\w+=).)+", re.I | re.S)
# User and password without a host, which libpq takes for a host and a port that is no number.
_PORT: Final = re.compile(
    rf"({_SCHEME}[^:@/?#\s]*:)(?!\*\*\*|\d*(?![^/?,;\s'\")])|\d*,).+", re.I | re.S
)
_WEB: Final = re.compile(r"(\bhttps?:/+[^:@/?#\s]*:)[^\s/@]+@", re.I)
# A quoted value, and what follows up to the next parameter: a password may hold quotes and blanks
# that are not escaped.
_NAMED: Final = re.compile(
    rf"""(\b\w*{_SECRET}|\bpwd)\s*=\s*
    (?: '(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.)*" )?
    (?: (?!\s+\w+\s*= | &\w+=) . )*""",
    re.I | re.S | re.X,
)


def redact(text: str) -> str:
    """The text with the passwords of DSNs in it, however they are written, replaced by ***.

    >>> redact("postgresql://anna:se:cr@et@db/metrics and password='a b' host=db")
    'postgresql://anna:***@db/metrics and password=*** host=db'
    """
    if ":/" in text:
        text = _URI.sub(rf"\1{HIDDEN}@", _QUERY.sub(rf"\1{HIDDEN}", text))
        text = _WEB.sub(rf"\1{HIDDEN}@", _PORT.sub(rf"\1{HIDDEN}", text))
    return _NAMED.sub(rf"\1={HIDDEN}", text) if "=" in text else text


class Dsn:
    """The text by which a database is reached, as it was given; only `reveal` shows all of it.

    A copy in this process is whole. A pickle lacks the secrets: libpq then looks for the password
    where it does without one in the DSN, in PGPASSWORD and ~/.pgpass.

    >>> dsn = Dsn("postgresql://anna:secret@db/metrics")
    >>> dsn, f"{dsn}"
    (Dsn('postgresql://anna:***@db/metrics'), 'postgresql://anna:***@db/metrics')
    """

    __slots__ = ("_reveal",)

    def __init__(self, text: str) -> None:
        self._reveal: Callable[[], str] = lambda: text

    def reveal(self) -> str:
        """The text with its password."""
        return self._reveal()

    def __repr__(self) -> str:
        return f"Dsn({str(self)!r})"

    def __str__(self) -> str:
        return shown(self.reveal())

    def __format__(self, form: str) -> str:
        return format(str(self), form)

    def __bool__(self) -> bool:
        return bool(self.reveal())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Dsn):
            other = other.reveal()
        return self.reveal() == other if isinstance(other, str) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.reveal())

    def __copy__(self) -> Dsn:
        return self

    def __deepcopy__(self, memo: Any) -> Dsn:
        return self

    def __reduce__(self) -> tuple[type[Dsn], tuple[str]]:
        text = _parts(self.reveal(), "")
        if text is None or redact(text) != text:
            raise TypeError(
                "this DSN cannot be pickled: its password cannot be told from the rest of it"
            )
        return Dsn, (text,)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> Any:
        from pydantic_core import core_schema

        to_text = core_schema.plain_serializer_function_ser_schema(str, when_used="json")
        return core_schema.no_info_plain_validator_function(cls._of, serialization=to_text)

    @classmethod
    def _of(cls, value: object) -> Dsn:
        if isinstance(value, str | Dsn):
            return value if isinstance(value, Dsn) else cls(value)
        raise ValueError("expected text")


def shown(dsn: str) -> str:
    """A DSN without its secrets; *** alone where they cannot be told from the rest.

    >>> shown("host=db user=anna password='a b'")
    'host=db user=anna password=***'
    """
    text = _parts(dsn, HIDDEN)
    return HIDDEN if text is None else redact(text)


_HOST: Final = r"(?:\[[\w:.%]*\]|[\w.%-]*)(?::\d*)?"
_WHOLE_URI: Final = re.compile(
    rf"""(?P<scheme>postgres(?:ql)?(?:\+\w+)?://)
    (?: (?P<user>(?:(?!%3a)[^:@/?\#\s])*) (?P<password>:(?:(?!\?\w+=)[^@/])*)? @ )?
    (?P<rest> {_HOST} (?:,{_HOST})* (?:/[^?@]*)? )
    (?: \? (?P<query>.*) )?""",
    re.I | re.S | re.X,
)
_PAIR: Final = re.compile(r"\s*(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s'\"\\]|\\.)*)(?=\s|$)", re.S)


def _parts(dsn: str, hidden: str) -> str | None:
    """The DSN with `hidden` in place of each secret ('' leaves them out); None where it is not of
    a form that has one reading."""
    if ":/" in dsn.partition("=")[0]:
        return _uri_parts(dsn, hidden)
    pairs, at = [], 0
    while dsn[at:].strip():
        match = _PAIR.match(dsn, at)
        if match is None:
            return None
        pairs.append(_pair(match[1], match[0].strip(), hidden))
        at = match.end()
    return " ".join(pair for pair in pairs if pair)


def _pair(name: str, whole: str, hidden: str) -> str:
    return whole if name in _SHOWN else hidden and f"{name}={hidden}"


def _uri_parts(dsn: str, hidden: str) -> str | None:
    match = _WHOLE_URI.fullmatch(dsn)
    if match is None:
        return None
    text: str = match["scheme"]
    if match["user"] is not None:
        password = hidden and match["password"] and f":{hidden}"
        text += f"{match['user']}{password or ''}@"
    text += match["rest"]
    if match["query"] is None:
        return text
    given = match["query"].split("&")
    if not all("=" in pair for pair in given):
        return None
    pairs = [_pair(unquote(pair.partition("=")[0]), pair, hidden) for pair in given]
    query = "&".join(pair for pair in pairs if pair)
    return f"{text}?{query}" if query else text
