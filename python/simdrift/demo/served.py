"""The flights' predictions, served over HTTP on this machine and recorded.

A WSGI server on a loopback port answers `POST /predict` with the predicted arrival delay of one
flight; clients in threads ask it for flights of the year, and a `Recorder` writes how that went
into the store: the metrics `service.*`, minute by minute.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, NamedTuple
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import numpy as np

from simdrift.demo.linear import LinearModel
from simdrift.service import Recorder

if TYPE_CHECKING:
    from simdrift.store import Store

DATASET = "nyc flights 2013, served"
MODEL = "arrival delay"
PATH = "/predict"
REQUESTS = 400
CLIENTS = 4


class Served(NamedTuple):
    """How the requests went: how many of each HTTP status."""

    statuses: Mapping[int, int]

    @property
    def requests(self) -> int:
        """All of them."""
        return sum(self.statuses.values())


class _Server(ThreadingMixIn, WSGIServer):
    """A thread a connection."""

    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Nothing is printed of a request."""


def application(model: LinearModel) -> Callable[..., Iterable[bytes]]:
    """The WSGI application: 200 with a prediction, 422 where a number of the flight is missing,
    404 for any other path."""

    def app(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        if environ["PATH_INFO"] != PATH:
            return _answer(start_response, "404 Not Found", {"error": "POST /predict"})
        flight = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        predicted = float(model.predict(_row(model, flight))[0])
        if np.isnan(predicted):
            return _answer(start_response, "422 Unprocessable Content", {"error": "a number lacks"})
        return _answer(start_response, "200 OK", {"arrival_delay": predicted})

    return app


def _row(model: LinearModel, flight: Mapping[str, Any]) -> Any:
    import pyarrow as pa

    numbers = {name: pa.array([flight.get(name)], pa.float64()) for name in model.numbers}
    texts = {name: pa.array([flight.get(name)], pa.string()) for name in model.categories}
    return pa.table({**numbers, **texts})


def _answer(start_response: Callable[..., Any], status: str, body: object) -> list[bytes]:
    said = json.dumps(body).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(said)))]
    start_response(status, headers)
    return [said]


def serve(
    model: LinearModel,
    flights: Sequence[Mapping[str, Any]],
    store: Store,
    *,
    clients: int = CLIENTS,
) -> Served:
    """Answers a request a flight over HTTP, and writes the service's health into the store."""
    recorder = Recorder(store, every=None, window="1m", dataset=DATASET, model=MODEL)
    app = recorder.wsgi(application(model))
    with (
        recorder,
        make_server("127.0.0.1", 0, app, server_class=_Server, handler_class=_Quiet) as server,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            return _asked(server.server_port, flights, clients)
        finally:
            server.shutdown()


def _asked(port: int, flights: Sequence[Mapping[str, Any]], clients: int) -> Served:
    found: list[int] = []

    def ask(own: Sequence[Mapping[str, Any]]) -> None:
        for flight in own:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
                connection.request("POST", PATH, json.dumps(flight))
                answer = connection.getresponse()
                answer.read()
                found.append(answer.status)

    threads = [threading.Thread(target=ask, args=(flights[n::clients],)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Served({status: found.count(status) for status in sorted(set(found))})
