"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from os import PathLike
from pathlib import Path


def write_text(path: str | PathLike[str], text: str) -> None:
    """Write UTF-8 text to `path`: a temporary file beside it, flushed to disk, renamed over it.

    A reader sees the old file or the new one; after an error the old one is as it was. The
    folder must exist. OSError as `open` raises it, with `path` as its file name.
    """
    target = Path(os.path.realpath(path))
    part = target.with_name(f".simdrift-{secrets.token_hex(8)}.part")
    try:
        _write_part(part, target, text)
        os.replace(part, target)
    except OSError as error:
        _remove(part)
        raise OSError(error.errno, error.strerror, os.fspath(path)) from None
    except BaseException:
        _remove(part)
        raise


def _write_part(part: Path, target: Path, text: str) -> None:
    """The temporary file, on the disk and with the rights of the one that it will replace."""
    handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    with suppress(OSError):
        os.chmod(part, target.stat().st_mode & 0o777)


def _remove(part: Path) -> None:
    with suppress(OSError):
        os.unlink(part)
