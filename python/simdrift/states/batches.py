"""Data as batches: a frame is one, files are read by row group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os import PathLike
from typing import Any

from simdrift._types import Progress
from simdrift.columns.paths import files_of
from simdrift.columns.source import Source

MOST_ROWS = 131_072
"""Of a batch: 20 columns of float64 are 20 MB."""
PARQUET = b"PAR1"


def batches_of(data: object, columns: Sequence[str] | None, progress: Progress) -> Iterator[object]:
    """The frame itself, or the parts of files, only with the columns asked for."""
    if not _is_files(data):
        yield data
        return
    found = files_of(data)
    for number, file in enumerate(found):
        if file.partitions or not _is_parquet(file.path):
            yield Source(file.path).table(columns)
        else:
            yield from _parquet_batches(file.path, columns)
        if progress is not None:
            progress(number + 1, len(found))


def _is_files(data: object) -> bool:
    if isinstance(data, (str, PathLike)):
        return True
    return isinstance(data, list) and bool(data) and all(map(_is_files, data))


def _is_parquet(path: Any) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(PARQUET)) == PARQUET
    except OSError:
        return False


def _parquet_batches(path: Any, columns: Sequence[str] | None) -> Iterator[object]:
    import pyarrow.parquet as parquet

    with parquet.ParquetFile(path, page_checksum_verification=True) as file:
        if file.metadata.num_rows == 0:
            yield file.read(columns=None if columns is None else list(columns))
        yield from file.iter_batches(
            batch_size=MOST_ROWS, columns=None if columns is None else list(columns)
        )
