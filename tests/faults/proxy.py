"""A TCP proxy before a server's socket that breaks or freezes a connection at a chosen message."""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, Self

Side = Literal["before", "after"]
Fault = Literal["reset", "frozen", "half-open"]


class Proxy:
    """Forwards whole messages of the PostgreSQL protocol from client to server.

    The connections named in `hurt` (0 is the first) break at the client's message number `at`,
    or at the first that contains the bytes `at`: 'before' it is forwarded, or 'after' it was,
    when the server's answer, if there is one, has been thrown away. What breaks it is `kill`, if
    given, and the fault: a reset; 'frozen', when neither side hears of the other any more;
    'half-open', when the server's side is closed and the client is not told.
    """

    def __init__(self, socket_path: str) -> None:
        self._socket_path = socket_path
        self.at: int | bytes | None = None
        self.side: Side = "before"
        self.hurt: frozenset[int] = frozenset()
        self.kill: Callable[[], None] | None = None
        self.fault: Fault = "reset"
        self.messages = 0
        self._over = threading.Event()
        self._connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=10)

    def plan(
        self,
        at: int | bytes | None,
        side: Side = "before",
        *,
        times: int = 1,
        kill: Callable[[], None] | None = None,
        fault: Fault = "reset",
    ) -> None:
        """Breaks the next `times` connections at a message; None breaks none."""
        self._over.set()  # connections that an earlier plan froze end
        self._over = threading.Event()
        self.at, self.side, self.kill, self.fault = at, side, kill, fault
        self.hurt = frozenset(range(times))
        self._connections = 0
        self.messages = 0

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            number = self._connections
            self._connections += 1
            threading.Thread(target=self._serve, args=(client, number), daemon=True).start()

    def _serve(self, client: socket.socket, number: int) -> None:
        server = socket.socket(socket.AF_UNIX)
        server.connect(self._socket_path)
        breaks = self.at if number in self.hurt else None
        fault, over = self.fault, self._over
        answered = threading.Event()
        silent = threading.Event()
        back = threading.Thread(
            target=_backward, args=(server, client, answered, silent), daemon=True
        )
        back.start()
        broken = False
        with suppress(OSError), client.makefile("rb") as reader:
            broken = self._forward(reader, server, breaks, answered, silent)
        if broken and fault != "reset":
            silent.set()
            if fault == "half-open":
                with suppress(OSError):
                    server.shutdown(socket.SHUT_RDWR)
            over.wait(timeout=60)
        elif breaks is not None:
            _reset(client)
        for end in (server, client):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        back.join(timeout=10)
        server.close()
        client.close()

    def _forward(self, reader, server, breaks, answered, silent) -> bool:
        """Whether it broke off."""
        count = 0
        while message := _message(reader, first=count == 0):
            broken = count == breaks or (isinstance(breaks, bytes) and breaks in message)
            if broken and self.side == "after":
                silent.set()
                answered.clear()
                server.sendall(message)
                answered.wait(timeout=1 if isinstance(breaks, bytes) else 0.03)
            if broken:
                if self.kill is not None:
                    self.kill()
                return True
            server.sendall(message)
            count += 1
            self.messages = count
        return False


def _message(reader, *, first: bool) -> bytes:
    head = reader.read(4 if first else 5)
    if len(head) < (4 if first else 5):
        return b""
    (length,) = struct.unpack("!I", head[-4:])
    return head + reader.read(length - 4)


def _backward(server, client, answered, silent) -> None:
    with suppress(OSError):
        while content := server.recv(65536):
            answered.set()
            if not silent.is_set():
                client.sendall(content)
    answered.set()
    if not silent.is_set():
        with suppress(OSError):
            client.shutdown(socket.SHUT_WR)


def _reset(client: socket.socket) -> None:
    """Closing sends RST, not FIN."""
    with suppress(OSError):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
