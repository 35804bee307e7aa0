"""Parquet files: opened with messages that say what was expected, found, and what to do.

Read, not memory-mapped: mapping gains nothing measurable here, and a file that is overwritten
while it is mapped ends the process.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from simdrift._errors import InputError

if TYPE_CHECKING:
    import pyarrow

Answer = TypeVar("Answer")

_MAGIC = b"PAR1"
_SMALLEST = 12
"""Bytes: magic, length of the footer, magic."""


def open_parquet(
    path: str | os.PathLike[str], columns: Iterable[str] | None = None
) -> pyarrow.Table:
    """A Parquet file as an Arrow table; `columns` reads only these, in that order.

    InputError where the file is absent, no Parquet, cut short, or lacks one of the columns.

    >>> open_parquet("nowhere.parquet")
    Traceback (most recent call last):
    simdrift._errors.InputError: nowhere.parquet: expected a Parquet file, found no such file: ...
    """
    return _interruptible(
        lambda: _with_file(
            Path(path), lambda file, threads: _read(file, threads, Path(path), columns)
        )
    )


def parquet_names(path: str | os.PathLike[str]) -> list[str]:
    """The columns of a Parquet file; only its footer is read. InputError as `open_parquet`."""
    return _with_file(Path(path), lambda file, _: list(file.schema_arrow.names))


def _interruptible(work: Callable[[], Answer]) -> Answer:
    """work() on a thread of its own while the main thread waits: Ctrl-C ends the wait at once,
    where pyarrow would first read the file to its end. Whoever is in another thread just works."""
    if threading.current_thread() is not threading.main_thread():
        return work()
    done: Future[Answer] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    try:
        threading.Thread(target=run, name="simdrift-parquet", daemon=True).start()
    except RuntimeError:  # the system refuses a thread
        return work()
    return done.result()


def _with_file(path: Path, work: Callable[[Any, bool], Answer]) -> Answer:
    """Runs work(ParquetFile, threads), with every failure of the file as an InputError."""
    _check(path)
    import pyarrow as pa

    try:
        try:
            return _opened(path, work, threads=True)
        except pa.ArrowException as error:
            if type(error) is not pa.ArrowException:  # those of broken files are classes of it
                raise
            return _opened(path, work, threads=False)  # which the system may refuse to Arrow
    except UnicodeDecodeError as error:
        raise _refusal(
            path, "one whose column names are no UTF-8", "write it with other names"
        ) from error
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"{path}: expected a readable Parquet file, found a broken one "
            f"({str(error).splitlines()[0]}): write or copy it again"
        ) from error


def _opened(path: Path, work: Callable[[Any, bool], Answer], *, threads: bool) -> Answer:
    import pyarrow.parquet as parquet

    options = {"memory_map": False, "pre_buffer": threads}
    with _source(path) as source, parquet.ParquetFile(source, **options) as file:
        return work(file, threads)


@contextmanager
def _source(path: Path) -> Iterator[Any]:
    """The path, or the open file where the path is no UTF-8: Arrow takes no other."""
    try:
        os.fspath(path).encode("utf-8")
    except UnicodeEncodeError:
        with path.open("rb") as file:
            yield file
    else:
        yield path


def _read(file: Any, threads: bool, path: Path, columns: Iterable[str] | None) -> pyarrow.Table:
    if columns is None:
        return file.read(use_threads=threads)
    wanted = list(columns)
    found = file.schema_arrow.names
    missing = [name for name in wanted if name not in found]
    if missing:
        raise InputError(
            f"{path}: expected columns {', '.join(missing)}, found {', '.join(found)}: "
            "correct the names, or choose another file"
        )
    return file.read(columns=wanted, use_threads=threads).select(wanted)


def _check(path: Path) -> None:
    """What can be told without Arrow, and better."""
    if path.is_dir():
        raise _refusal(path, "a folder", "pass one of the files in it")
    if not path.exists():
        raise _refusal(path, "no such file", "check the path")
    if not path.is_file():  # a Parquet file is read from its end
        raise _refusal(path, "a FIFO, a socket or a device", "write its content to a file first")
    try:
        with path.open("rb") as file:
            head = file.read(len(_MAGIC))
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - len(_MAGIC), 0))
            tail = file.read()
    except OSError as error:
        raise _refusal(
            path, f"one that can't be read ({error.strerror})", "check its rights"
        ) from error
    if size == 0:
        raise _refusal(path, "an empty file", "write or copy it again")
    if head != _MAGIC:
        raise _refusal(
            path, f"one that starts with {head!r}", "convert it, or pass a frame instead of a path"
        )
    if size < _SMALLEST or tail != _MAGIC:
        raise _refusal(path, f"one cut short after {size} bytes", "write or copy it again")


def _refusal(path: Path, found: str, what_to_do: str) -> InputError:
    return InputError(f"{path}: expected a Parquet file, found {found}: {what_to_do}")
