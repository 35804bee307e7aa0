"""Applications of ASGI and WSGI whose requests are recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from simdrift.service.ring import Request

Begin = Callable[[str], Request]
"""`Recorder.request`."""
Named = Callable[[Any], str] | None
"""How a request is named; None: by its path."""


def asgi(begin: Begin, app: Any, path: Named) -> Any:
    """The ASGI application with its HTTP requests recorded."""

    async def recorded(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        with begin("") as request:

            async def noted(message: Any) -> None:
                if message["type"] == "http.response.start":
                    request.status = int(message["status"])
                await send(message)

            try:
                await app(scope, receive, noted)
            finally:  # a framework finds its route while it answers
                request.path = route(scope) if path is None else path(scope)

    return recorded


def route(scope: Any) -> str:
    """The route's pattern where the framework says it, else the path."""
    pattern = getattr(scope.get("route"), "path", None)
    return pattern if isinstance(pattern, str) else str(scope.get("path", ""))


def wsgi(begin: Begin, app: Any, path: Named) -> Any:
    """The WSGI application with its requests recorded."""

    def recorded(environ: Any, start_response: Any) -> Any:
        name = environ.get("PATH_INFO", "") if path is None else path(environ)
        request = begin(name)

        def noted(status: str, headers: Any, *error: Any) -> Any:
            request.status = int(status[:3])
            return start_response(status, headers, *error)

        request.__enter__()
        try:
            body = app(environ, noted)
        except BaseException as error:
            request.__exit__(type(error), error, error.__traceback__)
            raise
        return _Answer(body, request)

    return recorded


class _Answer:
    """The parts of an answer; the request ends with the last, or when the server closes it."""

    def __init__(self, body: Any, request: Request) -> None:
        self._body, self._request = body, request
        self._is_over = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._body
        except BaseException as error:
            self._end(type(error), error)
            raise

    def close(self) -> None:
        """Closes the application's answer, and ends the request."""
        try:
            if hasattr(self._body, "close"):
                self._body.close()
        finally:
            self._end(None, None)

    def _end(self, kind: type[BaseException] | None, error: BaseException | None) -> None:
        if not self._is_over:
            self._is_over = True
            self._request.__exit__(kind, error, None)
