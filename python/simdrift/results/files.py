"""Files that are written whole or not at all, and files that are read only where they are files.

A regular file is replaced: a new one is written in the same folder under a name that nobody can
guess, flushed to disk and renamed over it. What is no regular file (a device, a FIFO, a descriptor
of ours such as /dev/stdout) is written to and never replaced.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from typing import BinaryIO, Final

Name = str | PathLike[str]

_MOST_LINKS: Final = 40  # as Linux follows (MAXSYMLINKS, include/linux/namei.h)
_NEW: Final = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC


def write_text(path: Name, text: str, *, mode: int | None = None) -> None:
    """Write UTF-8 text to `path`, as `replacing` does."""
    write_bytes(path, text.encode("utf-8"), mode=mode)


def write_bytes(path: Name, data: bytes, *, mode: int | None = None) -> None:
    """Write bytes to `path`, as `replacing` does."""
    with replacing(path, mode=mode) as file:
        file.write(data)


@contextmanager
def replacing(path: Name, *, mode: int | None = None) -> Iterator[BinaryIO]:
    """A binary file whose content becomes that of `path` when the block ends without an error.

    A reader sees the old file or the new one; after an error the old one is as it was. `mode` sets
    the rights; else they are those of the replaced file, or what the umask leaves. The folder must
    exist. A link is followed, unless another user put it into a folder that everybody can write to.
    OSError as `open` raises it, with `path` as its file name.
    """
    try:
        target, descriptor = _end_of_links(_checked(path))
        if descriptor is not None:
            with _to_descriptor(descriptor) as file:
                yield file
        elif _is_regular_or_absent(target):
            with _renamed(target, mode) as file:
                yield file
        else:
            with _to_device(target) as file:
                yield file
    except OSError as error:
        if error.errno is None:
            raise  # of a timer, not of the file
        raise OSError(error.errno, error.strerror or str(error), os.fspath(path)) from None


def read_bytes(path: Name) -> bytes:
    """The content of a regular file; OSError for anything else, a FIFO among it, which might keep
    its reader waiting for ever."""
    with open_regular(path) as file:
        return file.read()


def open_regular(path: Name) -> BinaryIO:
    """A regular file, open to be read; OSError for a folder, a FIFO, a socket or a device."""
    name = _checked(path)
    _require_regular(os.stat(name), path)
    handle = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _require_regular(os.fstat(handle), path)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def _require_regular(found: os.stat_result, path: Name) -> None:
    if not stat.S_ISREG(found.st_mode):
        what = kind_of(found.st_mode)
        raise OSError(errno.EINVAL, f"expected a file, found {what}", os.fspath(path))


def kind_of(mode: int) -> str:
    """What an `st_mode` that is no regular file stands for, in words."""
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a FIFO: write what comes out of it to a file first",
        stat.S_IFSOCK: "a socket",
    }
    return kinds.get(stat.S_IFMT(mode), "a device")


def _checked(path: Name) -> str:
    """The name as text; OSError for one that no file can have."""
    name = os.fspath(path)
    try:
        if b"\0" not in os.fsencode(name):
            return name
        reason = "a zero byte"
    except UnicodeEncodeError:
        reason = "half a surrogate pair"
    raise OSError(errno.EINVAL, f"expected the name of a file, found {reason} in it", name)


def _end_of_links(path: str) -> tuple[str, int | None]:
    """The place that a chain of links leads to, and the descriptor of this process behind it."""
    for _ in range(_MOST_LINKS):
        descriptor = _own_descriptor(path)
        if descriptor is not None or not os.path.islink(path):
            return path, descriptor
        _check_link(path)
        path = os.path.join(os.path.dirname(path), os.readlink(path))
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)


def _own_descriptor(path: str) -> int | None:
    """The number N of /proc/self/fd/N, /dev/fd/N and what links there, such as /dev/stdout.

    Such a link is no path that could be opened anew: the content would start at the file's
    beginning and not where others, who write through the same descriptor, have got to.
    """
    folder, name = os.path.split(path)
    own = os.path.realpath("/proc/self/fd")
    return int(name) if name.isdecimal() and os.path.realpath(folder) == own else None


def _check_link(path: str) -> None:
    """Refuse what `fs.protected_symlinks` refuses, and where that is switched off: as root one
    would write to whatever file the link's owner likes."""
    link, folder = os.lstat(path), os.stat(os.path.dirname(path) or ".")
    if folder.st_mode & stat.S_IWOTH and link.st_uid not in (os.geteuid(), folder.st_uid):
        raise OSError(errno.EACCES, "found a link that another user has put there", path)


def _is_regular_or_absent(target: str) -> bool:
    try:
        found = os.lstat(target)
    except FileNotFoundError:
        return True
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), target)
    return stat.S_ISREG(found.st_mode)


@contextmanager
def _to_descriptor(descriptor: int) -> Iterator[BinaryIO]:
    with suppress(AttributeError, OSError, ValueError):  # absent, or closed
        if sys.stdout.fileno() == descriptor:
            sys.stdout.flush()
    with os.fdopen(descriptor, "wb", closefd=False) as file:
        yield file


@contextmanager
def _to_device(target: str) -> Iterator[BinaryIO]:
    handle = os.open(target, os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(handle, "wb") as file:
        yield file


@contextmanager
def _renamed(target: str, mode: int | None) -> Iterator[BinaryIO]:
    """A new file of a random name, renamed over the target when it is on the disk."""
    part = os.path.join(os.path.dirname(target), f".simdrift-{secrets.token_hex(8)}.part")
    handle = os.open(part, _NEW, 0o666 if mode is None else mode)
    try:
        with os.fdopen(handle, "wb") as file:
            _set_rights(handle, target, mode)
            yield file
            file.flush()
            os.fsync(handle)
        os.replace(part, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise


def _set_rights(handle: int, target: str, mode: int | None) -> None:
    if mode is not None:
        os.fchmod(handle, mode)
        return
    with suppress(OSError):  # absent, or a file system without rights
        os.fchmod(handle, os.lstat(target).st_mode & 0o777)
