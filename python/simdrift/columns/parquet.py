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
    simdrift._errors.InputError: nowhere.parquet: expected a CSV, Arrow or Parquet file, found ...
    """
    _check(Path(path))
    return interruptible(
        lambda: with_file(
            Path(path), lambda file, threads: _read(file, threads, Path(path), columns)
        )
    )


def parquet_names(path: str | os.PathLike[str]) -> list[str]:
    """The columns of a Parquet file; only its footer is read. InputError as `open_parquet`."""
    _check(Path(path))
    return with_file(Path(path), lambda file, _: list(file.schema_arrow.names))


MOST_BYTES = 1 << 30
"""Of a row group's column that is read for its missing rows: Arrow has no more in one array."""


def missing_rows(file: Any, name: str) -> tuple[Any, int, str]:
    """Which rows of a column are missing, without its values: (mask or None, rows, why not).

    The footer says where none is. Else the smallest leaf of the column is read, a row group at a
    time, and only whether a row is there is kept.
    """
    import numpy as np

    metadata, leaves = file.metadata, _leaves(file, name)
    rows, masks = metadata.num_rows, []
    if not leaves:
        return None, rows, "it has no leaf"
    sizes = {leaf: _bytes_of(metadata, leaf) for leaf in leaves}
    leaf = min(sizes, key=lambda one: sum(sizes[one]))
    for group in range(metadata.num_row_groups):
        column = metadata.row_group(group).column(leaf)
        count = metadata.row_group(group).num_rows
        statistics = column.statistics
        if statistics is not None and statistics.has_null_count and statistics.null_count == 0:
            masks.append(np.zeros(count, bool))
            continue
        if sizes[leaf][group] > MOST_BYTES:
            return None, rows, f"its missing rows were not read: {sizes[leaf][group]:,} bytes"
        table = file.read_row_group(group, columns=[column.path_in_schema])
        masks.append(np.asarray(table.column(0).is_null()))
    return (np.concatenate(masks) if masks else np.zeros(0, bool)), rows, ""


def _leaves(file: Any, name: str) -> list[int]:
    paths = [file.schema.column(place).path for place in range(len(file.schema))]
    return [p for p, path in enumerate(paths) if path == name or path.startswith(f"{name}.")]


def _bytes_of(metadata: Any, leaf: int) -> list[int]:
    groups = range(metadata.num_row_groups)
    return [metadata.row_group(group).column(leaf).total_uncompressed_size for group in groups]


def interruptible(work: Callable[[], Answer]) -> Answer:
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


def with_file(
    path: Path, work: Callable[[Any, bool], Answer], content: bytes | None = None
) -> Answer:
    """Runs work(ParquetFile, threads), with every failure of the file as an InputError. `content`:
    of a pipe, which is read already."""
    import pyarrow as pa

    try:
        try:
            return _opened(path, work, content, threads=True)
        except pa.ArrowException as error:
            if type(error) is not pa.ArrowException:  # those of broken files are classes of it
                raise
            return _opened(
                path, work, content, threads=False
            )  # which the system may refuse to Arrow
    except UnicodeDecodeError as error:
        raise refusal(
            path, "one whose column names are no UTF-8", "write it with other names"
        ) from error
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"{path}: expected a readable Parquet file, found a broken one "
            f"({str(error).splitlines()[0]}): write or copy it again"
        ) from error


def _opened(
    path: Path, work: Callable[[Any, bool], Answer], content: bytes | None, *, threads: bool
) -> Answer:
    import pyarrow.parquet as parquet

    options = {
        "memory_map": False,
        "pre_buffer": threads,
        "page_checksum_verification": True,
        "coerce_int96_timestamp_unit": "us",  # in nanoseconds years beyond 2262 would wrap
    }
    with _source(path, content) as source, parquet.ParquetFile(source, **options) as file:
        return work(file, threads)


@contextmanager
def _source(path: Path, content: bytes | None) -> Iterator[Any]:
    """The path, or the open file where the path is no UTF-8: Arrow takes no other."""
    if content is not None:
        import pyarrow as pa

        yield pa.BufferReader(content)
        return
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
    check_file(path)
    check_ends(path, None)


def check_file(path: Path) -> None:
    """InputError where there is no regular file that can be read."""
    if path.is_dir():
        raise refusal(path, "a folder", "pass one of the files in it")
    if not path.exists():
        raise refusal(path, "no such file", "check the path")
    if not path.is_file():
        raise refusal(path, "a FIFO, a socket or a device", "write its content to a file first")
    try:
        with path.open("rb") as file:
            is_empty = not file.read(1)
    except OSError as error:
        raise refusal(
            path, f"one that can't be read ({error.strerror})", "check its rights"
        ) from error
    if is_empty:
        raise refusal(path, "an empty file", "write or copy it again")


def check_ends(path: Path, content: bytes | None) -> None:
    """InputError where a file does not begin and end as Parquet does."""
    if content is not None:
        head, size, tail = content[: len(_MAGIC)], len(content), content[-len(_MAGIC) :]
    else:
        with path.open("rb") as file:
            head = file.read(len(_MAGIC))
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - len(_MAGIC), 0))
            tail = file.read()
    if head != _MAGIC:
        raise refusal(
            path, f"one that starts with {head!r}", "convert it, or pass a frame instead of a path"
        )
    if size < _SMALLEST or tail != _MAGIC:
        raise refusal(path, f"one cut short after {size} bytes", "write or copy it again")


def refusal(path: Path, found: str, what_to_do: str) -> InputError:
    """The error of a file that can't be read."""
    return InputError(f"{path}: expected a CSV, Arrow or Parquet file, found {found}: {what_to_do}")
