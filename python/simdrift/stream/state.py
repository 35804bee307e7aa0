"""The bytes of a detector: a header, its parameters, its words, a checksum.

    8 bytes   b"sdstrm\\r\\n": a transfer as text breaks it visibly
    u32       format version
    u32       bytes of the name that follows, then the name of the detector in ASCII
    u32       parameters that follow, then the parameters as float64
    u32       dimensions of the values read: 0 (none yet), 1 (one stream), 2 (a matrix)
    u64, u64  series, words of each
    words     u64, series behind series
    32 bytes  SHA-256 of everything before

Everything is little endian.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simdrift._errors import InputError

MAGIC = b"sdstrm\r\n"
VERSION = 1
CHECKSUM_BYTES = 32
MOST_PARAMETERS = 8
MOST_NAME_BYTES = 64


@dataclass(frozen=True)
class State:
    """What the bytes of a detector hold."""

    name: str
    parameters: tuple[float, ...]
    dimensions: int
    words: NDArray[np.uint64]  # n_series x words


def encode(state: State) -> bytes:
    """Return the bytes of a state."""
    name = state.name.encode("ascii")
    body = b"".join(
        (
            MAGIC,
            struct.pack("<II", VERSION, len(name)),
            name,
            struct.pack(f"<I{len(state.parameters)}d", len(state.parameters), *state.parameters),
            struct.pack("<IQQ", state.dimensions, *state.words.shape),
            np.ascontiguousarray(state.words, dtype="<u8").tobytes(),
        )
    )
    return body + hashlib.sha256(body).digest()


def decode(data: bytes) -> State:
    """Return the state of some bytes; InputError says why they are none."""
    if not isinstance(data, bytes | bytearray | memoryview):
        raise InputError(f"from_bytes: expected bytes, found {type(data).__name__}")
    data = bytes(data)
    if not data.startswith(MAGIC):
        raise InputError("from_bytes: these bytes are not the state of a detector of streams")
    if len(data) < len(MAGIC) + 8 + CHECKSUM_BYTES:
        raise _cut(len(data))
    (version,) = struct.unpack_from("<I", data, len(MAGIC))
    if version != VERSION:
        raise InputError(
            f"from_bytes: expected format version {VERSION}, found {version}: "
            "read it with the simdrift that wrote it, or make the detector anew"
        )
    body = data[:-CHECKSUM_BYTES]
    if hashlib.sha256(body).digest() != data[-CHECKSUM_BYTES:]:
        raise InputError("from_bytes: the checksum does not fit: the bytes were cut or changed")
    return _Reader(body, len(MAGIC) + 4).state()


def _cut(found: int) -> InputError:
    return InputError(f"from_bytes: the state ends after {found} bytes: it was cut")


class _Reader:
    """Reads fields of a body one after the other."""

    def __init__(self, body: bytes, at: int) -> None:
        self._body = body
        self._at = at

    def _take(self, n: int) -> bytes:
        if n > len(self._body) - self._at:
            raise _cut(len(self._body))
        self._at += n
        return self._body[self._at - n : self._at]

    def _count(self, most: int, what: str) -> int:
        (count,) = struct.unpack("<I", self._take(4))
        if count > most:
            raise InputError(f"from_bytes: expected at most {most} {what}, found {count}")
        return int(count)

    def state(self) -> State:
        name = self._take(self._count(MOST_NAME_BYTES, "bytes of a name"))
        n = self._count(MOST_PARAMETERS, "parameters")
        parameters = struct.unpack(f"<{n}d", self._take(8 * n))
        dimensions = self._count(2, "dimensions")
        series, words = struct.unpack("<QQ", self._take(16))
        if dimensions < 2 and series != 1:
            raise InputError(f"from_bytes: expected 1 series, found {series}")
        if series * words * 8 != len(self._body) - self._at:
            raise InputError(
                f"from_bytes: expected {series} series of {words} words, "
                f"found {len(self._body) - self._at} bytes"
            )
        found = np.frombuffer(self._body, "<u8", offset=self._at).reshape(series, words)
        return State(
            name.decode("ascii", "replace"), parameters, dimensions, found.astype(np.uint64)
        )
