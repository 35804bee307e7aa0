"""Dashboards, data source and alert rules into a Grafana that runs, through its HTTP API.

https://grafana.com/docs/grafana/latest/developers/http_api/ : folders, data sources,
dashboards, alerting provisioning. Pushing again changes nothing but what changed here.
"""

from __future__ import annotations

import base64
import http.client
import json
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from simdrift._errors import InputError, SimdriftError
from simdrift.dashboards.export import dashboard_files, rule_group

SOURCE_UID: Final = "simdrift"
FOLDER_UID: Final = "simdrift"
_TIMEOUT: Final = 30.0  # seconds for one answer
_SAID: Final = 300  # characters of an answer that an error shows


class GrafanaError(SimdriftError):
    """Grafana did not take what was sent; the message says what it answered and what to do."""


@dataclass(frozen=True)
class Credentials:
    """A service account's token, or a user's name and password; never shown."""

    token: str = field(default="", repr=False)
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def header(self) -> str:
        """The Authorization header."""
        if self.token:
            return f"Bearer {self.token}"
        pair = f"{self.user}:{self.password}".encode()
        return "Basic " + base64.b64encode(pair).decode("ascii")

    def redact(self, text: str) -> str:
        """The text without the secrets."""
        for secret in (self.token, self.password):
            text = text.replace(secret, "***") if secret else text
        return text


@dataclass(frozen=True)
class Source:
    """The Postgres that Grafana shall read, as Grafana sees it."""

    url: str
    database: str = "simdrift"
    user: str = "simdrift_reader"
    password: str = field(default="", repr=False)
    sslmode: str = "require"


@dataclass(frozen=True)
class Pushed:
    """What was sent."""

    dashboards: tuple[str, ...]
    rules: int
    source: str
    """'made', 'updated', or 'kept' where none was given."""


class _NoRedirects(HTTPRedirectHandler):
    """A redirect would carry the token elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Grafana:
    """A Grafana at a URL."""

    def __init__(self, url: str, credentials: Credentials) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError("Grafana: expected http(s)://host[:port][/path], found another text")
        if parts.username or parts.password:
            raise InputError(
                "Grafana: expected a URL without user and password; set GRAFANA_TOKEN, or "
                "GRAFANA_USER and GRAFANA_PASSWORD"
            )
        self.url = url.rstrip("/")
        self._credentials = credentials
        self._opener = build_opener(_NoRedirects())

    def __repr__(self) -> str:
        return f"Grafana({self.url!r})"

    def push(self, *, source: Source | None = None, rules: bool = True) -> Pushed:
        """Folder, data source (where given), dashboards, alert rules.

        GrafanaError where Grafana is away, or refuses; what was sent before stays.
        """
        done = self._push_source(source)
        self._make_folder()
        names = tuple(self._push_dashboard(text) for text in dashboard_files().values())
        return Pushed(names, self._push_rules() if rules else 0, done)

    def _push_source(self, source: Source | None) -> str:
        there = self._call("GET", f"/api/datasources/uid/{SOURCE_UID}", absent=True)
        if source is None:
            if there is None:
                raise GrafanaError(
                    f"{self.url} has no data source with uid {SOURCE_UID!r}: give --postgres "
                    "HOST:PORT as Grafana sees it, and SIMDRIFT_READER_PASSWORD"
                )
            return "kept"
        body = _source_body(source)
        if there is None:
            self._call("POST", "/api/datasources", body)
            return "made"
        self._call("PUT", f"/api/datasources/uid/{SOURCE_UID}", body)
        return "updated"

    def _make_folder(self) -> None:
        if self._call("GET", f"/api/folders/{FOLDER_UID}", absent=True) is None:
            self._call("POST", "/api/folders", {"uid": FOLDER_UID, "title": "simdrift"})

    def _push_dashboard(self, text: str) -> str:
        model = json.loads(text)
        body = {
            "dashboard": model | {"id": None},
            "folderUid": FOLDER_UID,
            "overwrite": True,
            "message": "simdrift grafana push",
        }
        answer = self._call("POST", "/api/dashboards/db", body)
        return str((answer or {}).get("url") or model["uid"])

    def _push_rules(self) -> int:
        group = rule_group() | {"folderUid": FOLDER_UID, "title": "simdrift"}
        path = f"/api/v1/provisioning/folder/{FOLDER_UID}/rule-groups/simdrift"
        # Without provenance, people may edit the rules in Grafana.
        self._call("PUT", path, group, {"X-Disable-Provenance": "true"})
        return len(group["rules"])

    def _call(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
        *,
        absent: bool = False,
    ) -> dict[str, Any] | None:
        """The answer's JSON; None for 404 where `absent` allows it."""
        request = Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": self._credentials.header,
                "Content-Type": "application/json",
                "Accept": "application/json",
                **(headers or {}),
            },
        )
        try:
            with self._opener.open(request, timeout=_TIMEOUT) as answer:
                found = json.loads(answer.read() or b"{}")
                return found if isinstance(found, dict) else {}
        except HTTPError as error:
            if absent and error.code == 404:
                return None
            raise GrafanaError(self._refusal(method, path, error)) from None
        except (URLError, http.client.HTTPException, OSError) as error:
            reason = self._credentials.redact(str(getattr(error, "reason", error)))
            raise GrafanaError(f"no answer from Grafana at {self.url}: {reason}") from None
        except ValueError:
            raise GrafanaError(
                f"{method} {path}: expected JSON from Grafana at {self.url}, found another text; "
                "is the URL that of Grafana itself?"
            ) from None

    def _refusal(self, method: str, path: str, error: HTTPError) -> str:
        said = self._credentials.redact(error.read(_SAID).decode("utf-8", "replace"))
        advice = {
            401: "; set GRAFANA_TOKEN to a service account's token",
            403: "; the service account needs the role Admin (data source, folder, rules)",
            404: "; is the URL that of Grafana itself, and is it version 10 or newer?",
        }.get(error.code, "")
        return f"{method} {path}: Grafana at {self.url} answered {error.code}: {said}{advice}"


def _source_body(source: Source) -> dict[str, object]:
    return {
        "uid": SOURCE_UID,
        "name": "simdrift",
        "type": "grafana-postgresql-datasource",
        "access": "proxy",
        "url": source.url,
        "user": source.user,
        "jsonData": {
            "database": source.database,
            "sslmode": source.sslmode,
            "maxOpenConns": 10,
        },
        "secureJsonData": {"password": source.password},
    }
