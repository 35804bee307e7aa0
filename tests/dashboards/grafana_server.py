"""A server on loopback that keeps Grafana's HTTP API as far as `push` uses it: the paths, the
statuses and the shapes of its documentation, authentication included. It refuses what Grafana
refuses, remembers what it was given and answers with it."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "glsa_secret-token"
PASSWORD = "pass:word/@"


class State:
    """What the server holds, and every request it got."""

    def __init__(self) -> None:
        self.folders: dict[str, dict] = {}
        self.sources: dict[str, dict] = {}
        self.dashboards: dict[str, dict] = {}
        self.groups: dict[str, dict] = {}
        self.requests: list[tuple[str, str]] = []
        self.denied: tuple[int, str] | None = None


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def _answer(self, method: str) -> None:
        state: State = self.server.state
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        state.requests.append((method, self.path))
        status, said = self._judge(state, method, body)
        text = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _judge(self, state: State, method: str, body: dict | None) -> tuple[int, dict]:
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "Unauthorized"}
        if state.denied is not None:
            return state.denied[0], {"message": state.denied[1]}
        for pattern, verb, act in _ROUTES:
            found = re.fullmatch(pattern, self.path)
            if found and verb == method:
                return act(state, body, self.headers, *found.groups())
        return 404, {"message": "Not found"}


def _source(state, _, __, uid):
    return (200, state.sources[uid]) if uid in state.sources else (404, {"message": "not found"})


def _shown(body):
    return {k: v for k, v in body.items() if k != "secureJsonData"}


def _add_source(state, body, _):
    if body["uid"] in state.sources:
        return 409, {"message": "data source with the same name already exists"}
    for name in ("name", "type", "access", "url", "user"):
        if not body.get(name):
            return 400, {"message": f"bad request data: {name}"}
    if not body["secureJsonData"]["password"]:
        return 400, {"message": "no password"}
    state.sources[body["uid"]] = body
    return 200, {"datasource": _shown(body), "id": 1, "message": "Datasource added"}


def _put_source(state, body, _, uid):
    if uid not in state.sources:
        return 404, {"message": "Data source not found"}
    state.sources[uid] = body
    return 200, {"datasource": _shown(body), "id": 1, "message": "Datasource updated"}


def _folder(state, _, __, uid):
    return (200, state.folders[uid]) if uid in state.folders else (404, {"message": "not found"})


def _add_folder(state, body, _):
    if body["uid"] in state.folders:
        return 412, {"message": "folder with same name already exists", "status": "name-exists"}
    state.folders[body["uid"]] = body
    return 200, {**body, "url": f"/dashboards/f/{body['uid']}", "version": 1}


def _add_dashboard(state, body, _):
    model = body["dashboard"]
    if body["folderUid"] not in state.folders:
        return 400, {"message": "folder not found"}
    if model["id"] is not None or not model["uid"] or not model["title"]:
        return 400, {"message": "Dashboard id, uid or title"}
    version = 1
    if model["uid"] in state.dashboards:
        if not body.get("overwrite"):
            return 412, {"message": "version mismatch", "status": "version-mismatch"}
        version = state.dashboards[model["uid"]]["version"] + 1
    state.dashboards[model["uid"]] = {**model, "version": version}
    url = f"/d/{model['uid']}/{re.sub('[^a-z]+', '-', model['title'].lower())}"
    return 200, {"id": 1, "uid": model["uid"], "url": url, "status": "success", "version": version}


def _put_group(state, body, headers, folder, group):
    if folder not in state.folders:
        return 400, {"message": "folder not found"}
    if headers.get("X-Disable-Provenance") != "true":
        return 400, {"message": "rules would be locked"}
    if body["interval"] % 10 or not body["rules"]:
        return 400, {"message": "interval (10 s) and rules"}
    for rule in body["rules"]:
        refs = {query["refId"] for query in rule["data"]}
        if rule["condition"] not in refs or rule["folderUID"] != folder or not rule["title"]:
            return 400, {"message": "invalid alert rule"}
    state.groups[group] = body
    return 200, body


_ROUTES = (
    (r"/api/datasources/uid/([\w-]+)", "GET", _source),
    (r"/api/datasources", "POST", _add_source),
    (r"/api/datasources/uid/([\w-]+)", "PUT", _put_source),
    (r"/api/folders/([\w-]+)", "GET", _folder),
    (r"/api/folders", "POST", _add_folder),
    (r"/api/dashboards/db", "POST", _add_dashboard),
    (r"/api/v1/provisioning/folder/([\w-]+)/rule-groups/([\w-]+)", "PUT", _put_group),
)


class GrafanaServer:
    """The server in a thread of its own."""

    def __enter__(self):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.state = self.state = State()
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
