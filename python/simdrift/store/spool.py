"""The spool: a batch lies on disk before a server sees it and until the server has confirmed it.

One file a batch, readable at its head:

    simdrift-spool 1 SHA256 BYTES       of everything after this line
    {"target": ..., "written_at": ...}  where it belongs, never a password, and its stamp
    {"runs": ...}                       the batch: a line of JSON and the records (batch.py)

The name starts with the time, so names in order are batches in order. A file is written under
another name, flushed to disk and renamed; it is locked (flock) while somebody works on it.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from simdrift._again import fails_alike
from simdrift._errors import InputError
from simdrift.store.batch import Batch
from simdrift.store.checks import checked
from simdrift.store.stamp import CLOCKS_END, Stamp

SUFFIX: Final = ".spool"
SET_ASIDE: Final = ".corrupt"
REFUSED: Final = ".refused"

_MAGIC: Final = "simdrift-spool"
_VERSION: Final = "1"
_WORDS: Final = 200  # characters of a decoder's complaint
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_UPTIME: Final = 3e9  # seconds, some 95 years
_OUT_OF_FILES: Final = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)  # of this process, not the file


class CorruptSpool(InputError):
    """A spool file that is cut off, changed, of a version this library doesn't know, or that
    holds what no writer of ours has written."""


@dataclass(frozen=True)
class Spooled:
    """What a spool file holds, the label of the target it was meant for, and when it was made."""

    target: str
    batch: Batch
    stamp: Stamp


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
    def kept(self, batch: Batch, target: str, stamp: Stamp | None = None) -> Iterator[Path]:
        """The path of a new file with the batch, made at `stamp` (else now), on disk and locked
        against others' flush.

        OSError where it can't be written. The file stays until `confirm`.
        """
        stamp = stamp or Stamp.now()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        nanoseconds = (stamp.clock - _EPOCH) // timedelta(microseconds=1) * 1000
        name = f"{nanoseconds:020d}-{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}"
        path = self.folder / name
        part = path.with_suffix(".part")
        with io.FileIO(part, "xb", opener=_private) as file, _unlocking(file):
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                for piece in _encoded(batch, target, stamp):
                    _write_all(file, piece)
                os.fsync(file.fileno())
                part.rename(path)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
            _sync_folder(self.folder)
            yield path

    def pending(self) -> list[Path]:
        """The files that wait, oldest first."""
        return sorted(self.folder.glob(f"*{SUFFIX}"))

    @contextmanager
    def claimed(self, path: Path) -> Iterator[bool]:
        """Whether it is still there and nobody else works on it; locked until the end. What is no
        file, or cannot be opened, is nobody's work."""
        try:
            file = io.FileIO(path, "rb", opener=_without_waiting)
        except FileNotFoundError:
            yield False
            return
        except OSError as error:
            if error.filename is None or error.errno in _OUT_OF_FILES:
                raise  # of a timer, or of this process
            yield True
            return
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            with _unlocking(file):
                yield path.exists()

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
    """What a spool file holds; CorruptSpool says what is wrong with it. An exception that does not
    come from its content (of a timer, another thread, a lack of memory) is passed on."""

    def work() -> Spooled:
        return _decoded(path)

    try:
        return work()
    except (CorruptSpool, MemoryError):
        raise
    except Exception as error:
        # Whatever odd content makes of the decoder: it is the file that is wrong.
        if getattr(error, "errno", None) in _OUT_OF_FILES or not fails_alike(work, error):
            raise
        raise CorruptSpool(f"{path.name}: expected {_wanted(error)}") from error


def _wanted(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"a file that can be read ({error})"
    return f"a batch, found otherwise ({f'{type(error).__name__} {error}'[:_WORDS]})"


def _decoded(path: Path) -> Spooled:
    with open(path, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise CorruptSpool(f"{path.name}: expected a regular file")
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
    target, stamp = _envelope(json.loads(envelope))
    return Spooled(target, checked(Batch.from_bytes(body)), stamp)


def _envelope(found: dict[str, Any]) -> tuple[str, Stamp]:
    """Target and stamp. Files of earlier versions say when they were written, and no more."""
    target, boot = found["target"], found.get("boot", "")
    clock, uptime = datetime.fromisoformat(found["written_at"]), float(found.get("uptime", 0.0))
    if not isinstance(target, str) or not isinstance(boot, str):
        raise ValueError("target and boot: expected texts")
    if clock.tzinfo is None or not 0.0 <= uptime <= _LONGEST_UPTIME:
        raise ValueError("written_at and uptime: expected a time with a zone, and seconds")
    clock = clock.astimezone(UTC)
    if clock >= CLOCKS_END:
        raise ValueError("written_at: expected a time up to 2262")
    return target, Stamp(clock, uptime, boot)


def _encoded(batch: Batch, target: str, stamp: Stamp) -> Iterator[bytes]:
    envelope = {
        "target": target,
        "written_at": stamp.clock.isoformat(),
        "uptime": stamp.uptime,
        "boot": stamp.boot,
    }
    content = json.dumps(envelope).encode("ascii") + b"\n" + batch.to_bytes()
    checksum = hashlib.sha256(content).hexdigest()
    yield f"{_MAGIC} {_VERSION} {checksum} {len(content)}\n".encode("ascii")
    yield content


@contextmanager
def _unlocking(file: io.FileIO) -> Iterator[None]:
    """Ends a flock: a child that was forked meanwhile shares it, so closing the file here is not
    enough."""
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _without_waiting(path: str, flags: int) -> int:
    """Opening a FIFO would wait for its writer."""
    return os.open(path, flags | os.O_NONBLOCK)


def _write_all(file: io.FileIO, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # some file systems cannot sync a folder
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
