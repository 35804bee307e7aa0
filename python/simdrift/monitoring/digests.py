"""What a window's rows are, as SHA-256: the same for any library, chunking and memory layout.

A number is its float64 (integers and times: int64) and whether it is null; a text, and a value of
a dictionary, is the 64-bit BLAKE2 of its label, taken once for each distinct one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdrift._core import Categories, Column
from simdrift.results.identity import digest

MOST_TEXTS = 2**31 - 2  # codes are int32
EXACT = ("integer", "temporal")
ROWS_AT_ONCE = 1 << 20  # a copy of 8 MB at most, however long the column

Part = bytes | memoryview | str | int


class TextHashes:
    """64-bit hashes of a text column's rows; texts are hashed once, however many windows ask."""

    def __init__(self) -> None:
        self._categories = Categories(maximum=MOST_TEXTS)
        self._hashes = np.empty(0, np.uint64)

    def of(self, column: Column, threads: int | None = None) -> NDArray[np.uint64]:
        """(n,) hashes, 0 for a null row."""
        codes = self._categories.encode(column, threads=threads)
        if len(self._categories) > self._hashes.size:
            known = self._hashes.size
            new = [_hash(label) for label in self._categories.labels[known:]]
            self._hashes = np.concatenate([self._hashes, np.array(new, np.uint64)])
        return np.where(codes < 0, np.uint64(0), np.append(self._hashes, np.uint64(0))[codes])


def _hash(label: str) -> int:
    raw = label.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "little")


class DataDigest:
    """Digests of stretches of the same table; keeps the hashes of its texts."""

    def __init__(self, threads: int | None = None) -> None:
        self._texts: dict[str, TextHashes] = {}
        self._threads = threads

    def __call__(self, columns: Mapping[str, Any]) -> str:
        """SHA-256 of names, types and rows; a refused column counts by its name and error."""
        return digest(
            part for name, column in columns.items() for part in self._parts(name, column)
        )

    def _parts(self, name: str, column: Any) -> Iterator[Part]:
        yield name
        if not isinstance(column, Column):
            yield type(column).__name__
            return
        yield column.value_kind
        yield len(column)
        for first in range(0, len(column), ROWS_AT_ONCE):
            piece = column.slice(first, min(len(column), first + ROWS_AT_ONCE))
            yield from self._rows(name, piece)

    def _rows(self, name: str, column: Column) -> Iterator[Part]:
        if column.value_kind == "null":
            return
        if column.value_kind == "text" or column.kind == "category":
            yield self._texts.setdefault(name, TextHashes()).of(column, self._threads).data
        elif column.value_kind in EXACT:
            values, valid = column.to_int64()
            yield values.data
            yield np.packbits(valid).data
        else:
            yield column.null_count
            yield column.to_float64().data
