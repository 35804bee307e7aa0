"""The files by which a server is known: postmaster.pid and its socket's lock.

After a kill -9 both stay, and PostgreSQL believes them for as long as that pid is taken, be it
by a zombie or by another program. So we look at what the process is; where it isn't this
server, the pid in the file is replaced by one that no process can have. The file itself stays:
its shared-memory line lets PostgreSQL see orphans of the killed server that still run.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

# One above the largest pid that Linux gives (PID_MAX_LIMIT = 2**22, include/linux/threads.h).
_NO_PID = 2**22 + 1


class Postmaster(NamedTuple):
    """What a running server says of itself in postmaster.pid."""

    pid: int
    port: int
    socket_folder: Path
    listens: str
    ready: bool

    @property
    def socket(self) -> Path:
        return socket_path(self.socket_folder, self.port)


def socket_path(folder: Path, port: int) -> Path:
    """The Unix socket that PostgreSQL makes for a port."""
    return folder / f".s.PGSQL.{port}"


def running(data: Path) -> Postmaster | None:
    """The server that runs on this data folder, ready or still starting; None without one."""
    try:
        lines = _read(data / "postmaster.pid").splitlines()
        pid = int(lines[0])
    except (OSError, ValueError, IndexError):
        return None
    if not is_server(pid, data):
        return None
    lines += [""] * (8 - len(lines))
    return Postmaster(
        pid=pid,
        port=int(lines[3] or 0),
        socket_folder=Path(lines[4]),
        listens=lines[5].strip(),
        ready=lines[7].strip() == "ready",
    )


def _read(path: Path) -> str:
    """A file of the server's, whose folder may be another user's than ours: a FIFO of theirs would
    keep us waiting, and a link lead anywhere. OSError for both."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, encoding="utf-8", errors="replace") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(f"{path}: expected a file, found something else")
        return file.read()


def is_server(pid: int, data: Path) -> bool:
    """Whether the process is a live postgres on this data folder.

    The command line decides, for everybody may read it; /proc/PID/cwd, which a root without
    CAP_SYS_PTRACE (Docker's) may not read, is asked as well.
    """
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    if os.path.basename(words[0]) != b"postgres":  # a zombie's command line is empty
        return False
    folder = os.path.realpath(data)
    named = [after for word, after in pairwise(words) if word == b"-D"]
    if any(os.path.realpath(os.fsdecode(name)) == folder for name in named):
        return True
    with suppress(OSError):
        return os.readlink(f"/proc/{pid}/cwd") == folder
    return False


def clear_stale(data: Path, socket: Path) -> None:
    """Disarms pid files that point at something else than a server on this data folder."""
    for path in (data / "postmaster.pid", socket.with_name(socket.name + ".lock")):
        try:
            lines = _read(path).splitlines(keepends=True)
        except FileNotFoundError:
            continue
        with suppress(ValueError, IndexError):
            if is_server(int(lines[0]), data):
                continue
        lines[:1] = [f"{_NO_PID}\n"]
        # The folder may be another user's than ours: never through a link of theirs.
        handle = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW)
        with os.fdopen(handle, "w") as file:
            file.writelines(lines)
