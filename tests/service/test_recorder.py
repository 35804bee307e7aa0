"""The recorder: threads, forks, servers, files and a store."""

import asyncio
import os
import threading
import urllib.error
import urllib.request
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pyarrow.parquet as parquet
import pytest

from simdrift import service
from simdrift.service import Recorder, health


def logged(folder):
    """The rows of a folder's files."""
    return [row for file in sorted(folder.glob("*.parquet"))
            for row in parquet.read_table(file).to_pylist()]  # fmt: skip


def test_a_request_is_a_row(tmp_path):
    with Recorder(tmp_path, every=None) as recorder:
        with recorder.request("/predict") as request:
            request.status = 201
        recorder.record(12.5, 503, "/slow")
        recorder.heartbeat()
    rows = logged(tmp_path)
    assert [(r["path"], r["status"], r["heartbeat"]) for r in rows] == [
        ("/predict", 201, False),
        ("/slow", 503, False),
        ("", None, True),
    ]
    assert rows[1]["latency_ms"] == 12.5
    assert 0.0 <= rows[0]["latency_ms"] < 10_000
    assert rows[0]["memory"] > 10_000_000


def test_an_exception_is_a_failed_request_and_goes_on(tmp_path):
    recorder = Recorder(tmp_path, every=None)
    with pytest.raises(ZeroDivisionError), recorder.request("/"):
        raise ZeroDivisionError
    recorder.close()
    assert [row["status"] for row in logged(tmp_path)] == [500]


def test_requests_of_many_threads_are_all_there(tmp_path):
    def serve(recorder, name):
        for _ in range(500):
            with recorder.request(name):
                pass

    with Recorder(tmp_path, every=0.01) as recorder:  # flushed meanwhile
        threads = [threading.Thread(target=serve, args=(recorder, str(n))) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    paths = [row["path"] for row in logged(tmp_path)]
    assert sorted(set(paths)) == [str(n) for n in range(8)]
    assert len(paths) == 4_000
    assert recorder.lost == 0


def test_what_does_not_fit_is_counted(tmp_path):
    with Recorder(tmp_path, every=None, capacity=10) as recorder:
        for place in range(25):
            recorder.record(float(place))
        assert recorder.lost == 15
    assert [row["latency_ms"] for row in logged(tmp_path)] == [float(n) for n in range(15, 25)]


def test_what_can_not_be_written_is_kept(tmp_path):
    folder = tmp_path / "logs"
    with Recorder(folder, every=None) as recorder:
        recorder.record(1.0)
        folder.rmdir()
        with pytest.raises(OSError, match="No such file"):
            recorder.flush()
        recorder.record(2.0)
        folder.mkdir()
        assert recorder.flush() == 2
    assert [row["latency_ms"] for row in logged(folder)] == [1.0, 2.0]


def test_a_forked_child_writes_its_own_requests(tmp_path):
    with Recorder(tmp_path, every=None) as recorder:
        recorder.record(1.0, path="parent")
        child = os.fork()
        if child == 0:
            recorder.record(2.0, path="child")
            recorder.close()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    assert sorted(row["path"] for row in logged(tmp_path)) == ["child", "parent"]


def test_a_wsgi_application_over_http(tmp_path):
    def app(environ, start_response):
        if environ["PATH_INFO"] == "/broken":
            raise ValueError("broken")
        status = "404 Not Found" if environ["PATH_INFO"] == "/none" else "200 OK"
        start_response(status, [("Content-Type", "text/plain")])
        return iter([b"a", b"b"])

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_):
            pass

    recorder = Recorder(tmp_path, every=None)
    with recorder, make_server("127.0.0.1", 0, recorder.wsgi(app), handler_class=Quiet) as server:
        server.base_environ["wsgi.errors"] = None
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        assert urllib.request.urlopen(f"{url}/fine").read() == b"ab"
        for path, code in (("/none", 404), ("/broken", 500)):
            with pytest.raises(urllib.error.HTTPError) as failed:
                urllib.request.urlopen(url + path)
            with failed.value as answer:
                assert answer.code == code
        server.shutdown()
    found = {row["path"]: row["status"] for row in logged(tmp_path)}
    assert found == {"/fine": 200, "/none": 404, "/broken": 500}


def test_an_answer_that_breaks_while_it_is_sent_has_failed(tmp_path):
    def app(environ, start_response):
        start_response("200 OK", [])
        yield b"a"
        raise ValueError("broken")

    with Recorder(tmp_path, every=None) as recorder:
        answer = recorder.wsgi(app)({"PATH_INFO": "/"}, lambda *_: None)
        with pytest.raises(ValueError, match="broken"):
            list(answer)
        answer.close()
    assert [row["status"] for row in logged(tmp_path)] == [500]


async def served(app, scope):
    """What an ASGI application sends for one request."""
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    await app(scope, receive, send)
    return sent


def test_an_asgi_application(tmp_path):
    class Route:
        path = "/users/{id}"

    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        scope["route"] = Route
        await send({"type": "http.response.start", "status": 202, "headers": []})
        await send({"type": "http.response.body", "body": b"x"})

    async def gone(scope, receive, send):
        raise asyncio.CancelledError

    with Recorder(tmp_path, every=None) as recorder:
        sent = asyncio.run(served(recorder.asgi(app), {"type": "http", "path": "/users/7"}))
        assert [message["type"] for message in sent] == [
            "http.response.start",
            "http.response.body",
        ]
        asyncio.run(served(recorder.asgi(app), {"type": "lifespan"}))
        named = recorder.asgi(app, path=lambda scope: "mine")
        asyncio.run(served(named, {"type": "http", "path": "/users/8"}))

        async def cancelled():
            with pytest.raises(asyncio.CancelledError):
                await served(recorder.asgi(gone), {"type": "http", "path": "/gone"})

        asyncio.run(cancelled())
    found = [(row["path"], row["status"]) for row in logged(tmp_path)]
    assert found == [("/users/{id}", 202), ("mine", 202), ("/gone", 499)]


def test_its_folder_is_a_log_that_health_reads(tmp_path):
    with Recorder(tmp_path, every=None) as recorder:
        for status in (200, 200, 500, 200):
            recorder.record(100.0, status, "/predict")
        recorder.flush()
        recorder.record(300.0)
    results = health(tmp_path, window="1d")
    assert sum(run.rows for run in results.runs) == 5
    assert max(r.value for r in results.filter(metric="service.latency_max")) == 300.0


def test_its_store_has_the_windows_when_it_is_closed(store):
    with Recorder(store, every=None, window="1m", dataset="served") as recorder:
        for _ in range(20):
            recorder.record(50.0, 200, "/predict")
        recorder.record(50.0, 500, "/predict")
    rows = store.read(dataset="served", metric="service.latency_max")
    assert {row.value for row in rows} == {50.0}
    rates = store.read(dataset="served", metric="service.request_rate")
    assert sum(row.n_current for row in rates) == 21


WRONG = {
    "capacity": ({"capacity": 0}, "capacity"),
    "every": ({"every": 0}, "every"),
    "a window that overlaps": ({"window": "7d/1d"}, "window"),
    "no window": ({"window": "soon"}, "window"),
}


@pytest.mark.parametrize(("more", "said"), WRONG.values(), ids=WRONG)
def test_a_recorder_refuses_what_it_can_not_do(tmp_path, more, said):
    with pytest.raises(ValueError, match=said):
        Recorder(tmp_path, **more)


def test_the_module_shows_what_it_offers():
    assert dir(service) == ["ROLES", "Recorder", "Request", "health"]
