"""The command `simdrift` as a process of its own, forked from one that has imported everything.

Nine tenths of a short command's time go into imports. The forked process has the streams, the
folder and the environment that it is given, and ends as an interpreter does, its exit code
included. An environment that imports read (`SIMDRIFT_ISA`, `PYTHON...`), or another interpreter's
start (descriptors that are closed before it), needs `python -m simdrift`: `run_command` sees to
the first, tests of the second start it themselves.
"""

import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

import simdrift

PACKAGE = Path(simdrift.__file__).resolve().parents[1]
LATE = ("SIMDRIFT_DSN", "SIMDRIFT_SPOOL", "XDG_", "PG", "HOME", "PYTEST_")  # read by the command
IMPORTED = (
    "pyarrow.parquet", "scipy.special", "simdrift.__main__", "simdrift.checks", "simdrift.cli",
    "simdrift.monitoring.files", "simdrift.reports", "simdrift.store",
)  # fmt: skip
Streams = tuple[IO[bytes], IO[bytes]]


def command_environment(**more: str) -> dict[str, str]:
    """The tests' environment, in which a child imports the package that the tests import."""
    paths = os.pathsep.join(filter(None, [str(PACKAGE), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": paths, **more}


class Forks:
    """A process that forks one for each command that it is sent."""

    def __init__(self) -> None:
        self._environment = command_environment()
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()], env=self._environment, cwd="/",
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip

    def serves(self, environment: dict[str, str]) -> bool:
        """Whether nothing differs from this process's environment that imports read."""
        changed = environment.items() ^ self._environment.items()
        return all(name.startswith(LATE) for name, _ in changed)

    def run(
        self, arguments: list[str], streams: Streams, env: dict[str, str], cwd: str, timeout: float
    ) -> int:
        asked = json.dumps([arguments, env, cwd]).encode()
        self._ours.settimeout(timeout)
        socket.send_fds(self._ours, [asked], [stream.fileno() for stream in streams])
        return int(self._ours.recv(100))

    def close(self) -> None:
        self._ours.close()
        self._process.kill()
        self._process.communicate()


_FORKS: list[Forks] = []


def close_forks() -> None:
    while _FORKS:
        _FORKS.pop().close()


def run_command(
    arguments: tuple[object, ...], *, env: dict[str, str], cwd: Path, timeout: float = 60.0,
    stdout: IO[bytes] | None = None, stderr: IO[bytes] | None = None,
) -> "subprocess.CompletedProcess[bytes]":  # fmt: skip
    """`simdrift ARGUMENTS`; what it wrote to the streams that are not given is in the result."""
    words = [str(argument) for argument in arguments]
    if not _FORKS:
        _FORKS.append(Forks())
    if not _FORKS[0].serves(env):
        return subprocess.run(
            [sys.executable, "-m", "simdrift", *words], env=env, cwd=cwd, timeout=timeout,
            stdout=stdout or subprocess.PIPE, stderr=stderr or subprocess.PIPE, check=False,
        )  # fmt: skip
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        streams = stdout or out, stderr or err
        try:
            code = _FORKS[0].run(words, streams, env, str(cwd), timeout)
        except OSError:
            close_forks()
            raise
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(words, code, out.read(), err.read())


# -- the process that forks


def main(descriptor: int) -> None:
    """Forks until nobody asks any more; returns in each forked process only."""
    for module in IMPORTED:
        importlib.import_module(module)
    gc.freeze()
    asking = socket.socket(fileno=descriptor)
    while True:
        asked, streams, _, _ = socket.recv_fds(asking, 1 << 20, 2)
        if not asked:
            os._exit(0)
        child = os.fork()
        if child == 0:
            asking.close()
            return _become(json.loads(asked), streams)
        for stream in streams:
            os.close(stream)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        asking.send(str(code).encode())


def _become(asked: tuple[list[str], dict[str, str], str], streams: list[int]) -> None:
    arguments, environment, folder = asked
    for number, stream in enumerate(streams, start=1):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["simdrift", *arguments]
    sys.path[0] = folder
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.modules["simdrift.__main__"].main()


if __name__ == "__main__":
    main(int(sys.argv[1]))
