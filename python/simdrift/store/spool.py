"""The spool: a batch lies on disk before a server sees it and until the server has confirmed it.

One file a batch, readable at its head:

    simdrift-spool 1 SHA256 BYTES       of everything after this line
    {"target": ..., "written_at": ...}  where it belongs, never a password
    {"runs": ...}                       the batch: a line of JSON and the records (batch.py)

The name starts with the time, so names in order are batches in order. A file is written under
another name, flushed to disk and renamed; it is locked (flock) while somebody works on it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from .batch import Batch

SUFFIX: Final = ".spool"
SET_ASIDE: Final = ".corrupt"
REFUSED: Final = ".refused"

_MAGIC: Final = "simdrift-spool"
_VERSION: Final = "1"


class CorruptSpool(ValueError):
    """A spool file that is cut off, changed, or of a version this library doesn't know."""


@dataclass(frozen=True)
class Spooled:
    """What a spool file holds, and the label of the target it was meant for."""

    target: str
    batch: Batch


def default_folder() -> Path:
    """SIMDRIFT_SPOOL, else simdrift/spool in the XDG state folder."""
    chosen = os.environ.get("SIMDRIFT_SPOOL")
    if chosen:
        return Path(chosen).absolute()
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(state).absolute() / "simdrift" / "spool"


class Spool:
    """A folder of batches that no server has confirmed yet."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()

    @contextmanager
    def kept(self, batch: Batch, target: str) -> Iterator[Path]:
        """The path of a new file with the batch, on disk and locked against others' flush.

        OSError where it can't be written. The file stays until `confirm`.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{time.time_ns():020d}-{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}"
        part = path.with_suffix(".part")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                for piece in _encoded(batch, target):
                    _write_all(handle, piece)
                os.fsync(handle)
                part.rename(path)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
            _sync_folder(self.folder)
            yield path
        finally:
            os.close(handle)

    def pending(self) -> list[Path]:
        """The files that wait, oldest first."""
        return sorted(self.folder.glob(f"*{SUFFIX}"))

    @contextmanager
    def claimed(self, path: Path) -> Iterator[bool]:
        """Whether the file is still there and nobody else works on it; locked until the end."""
        try:
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            yield False
            return
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield path.exists()
        finally:
            os.close(handle)

    def confirm(self, path: Path) -> None:
        """The server has it: the file goes. A crash before the folder is synced replays it."""
        path.unlink(missing_ok=True)

    def set_aside(self, path: Path, suffix: str = SET_ASIDE) -> Path:
        """Renames a file that can't be replayed, so that the others can."""
        aside = path.with_name(path.name + suffix)
        path.rename(aside)
        return aside

    def remove_leftovers(self) -> None:
        """Removes what a writer killed before its rename has left: it was never a batch."""
        for part in self.folder.glob("*.part"):
            with self.claimed(part) as ours:
                if ours:
                    part.unlink(missing_ok=True)


def read(path: Path) -> Spooled:
    """What a spool file holds; CorruptSpool says what is wrong with it."""
    with path.open("rb") as file:
        head = file.readline(200).decode("latin-1").split()
        content = file.read()
    if len(head) != 4 or head[0] != _MAGIC:
        raise CorruptSpool(f"{path.name}: not a spool file")
    if head[1] != _VERSION:
        raise CorruptSpool(f"{path.name}: expected format {_VERSION}, found {head[1]}")
    if str(len(content)) != head[3]:
        raise CorruptSpool(f"{path.name}: expected {head[3]} bytes, found {len(content)}")
    if hashlib.sha256(content).hexdigest() != head[2]:
        raise CorruptSpool(f"{path.name}: its checksum differs, the file was changed")
    envelope, _, body = content.partition(b"\n")
    try:
        return Spooled(json.loads(envelope)["target"], Batch.from_bytes(body))
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptSpool(f"{path.name}: {error}") from error


def _encoded(batch: Batch, target: str) -> Iterator[bytes]:
    envelope = {"target": target, "written_at": datetime.now(UTC).isoformat()}
    content = json.dumps(envelope).encode("ascii") + b"\n" + batch.to_bytes()
    checksum = hashlib.sha256(content).hexdigest()
    yield f"{_MAGIC} {_VERSION} {checksum} {len(content)}\n".encode("ascii")
    yield content


def _write_all(handle: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # some file systems cannot sync a folder
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
