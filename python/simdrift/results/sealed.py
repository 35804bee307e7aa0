"""Bytes that are kept: JSON and plain arrays under a kind, a version and a checksum; no pickle.

    8 bytes   the kind, with a line end in it: a transfer as text breaks it visibly
    u32       format version
    u64       bytes of the JSON text that follows
    JSON      {"content": ..., "arrays": [{"name", "dtype", "shape", "offset"}, ...]}
    arrays    C order, little endian, each at a multiple of 64 bytes from the start
    32 bytes  SHA-256 of everything before

Integers of the layout are little endian.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._again import fails_alike
from simdrift._errors import InputError

HEAD = struct.Struct("<8sIQ")
ALIGNMENT = 64
CHECKSUM_BYTES = 32
MOST_ROWS = 2**58  # of an array, as in the core
DTYPES = {"f8": "<f8", "i8": "<i8", "u8": "<u8", "i4": "<i4", "u1": "|u1"}

Arrays = Mapping[str, NDArray[Any]]


class Format(NamedTuple):
    """A kind of bytes: its mark, the newest version, and the words of its refusals."""

    mark: bytes
    version: int
    what: str
    writer: str
    remedy: str


def encode(format: Format, content: Mapping[str, Any], arrays: Arrays) -> bytes:
    """JSON content and arrays of float64, (u)int64, int32 or uint8, sealed."""
    plain = {name: _little(array) for name, array in arrays.items()}
    relative, at = [], 0
    for array in plain.values():
        relative.append(at)
        at += _padded(array.nbytes)
    listed = [
        {"name": name, "dtype": _code(array), "shape": list(array.shape), "offset": offset}
        for (name, array), offset in zip(plain.items(), relative, strict=True)
    ]
    header = {"content": content, "arrays": listed}
    text = json.dumps(header, allow_nan=False, ensure_ascii=False).encode("utf-8", "surrogatepass")
    text += b" " * (_padded(HEAD.size + len(text)) - HEAD.size - len(text))
    parts = [HEAD.pack(format.mark, format.version, len(text)), text]
    for array in plain.values():
        parts += [array.tobytes(), b"\0" * (_padded(array.nbytes) - array.nbytes)]
    body = b"".join(parts)
    return body + hashlib.sha256(body).digest()


def _little(array: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<"))


def _code(array: NDArray[Any]) -> str:
    code = f"{array.dtype.kind}{array.dtype.itemsize}"
    if code not in DTYPES:
        raise TypeError(f"expected an array of {', '.join(DTYPES)}, found {array.dtype}")
    return code


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def decode(
    format: Format, data: bytes, name: str
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Content and arrays (read-only); InputError says what is wrong with the bytes."""
    if len(data) < HEAD.size or data[: len(format.mark)] != format.mark:
        raise InputError(f"{name}: no saved {format.what}; expected {format.writer}")
    _, version, size = HEAD.unpack_from(data)
    if version > format.version:
        raise InputError(
            f"{name}: written by a newer simdrift (format {version}, this one reads up to "
            f"{format.version}): upgrade, or {format.remedy}"
        )
    body = data[:-CHECKSUM_BYTES]
    if hashlib.sha256(body).digest() != data[-CHECKSUM_BYTES:]:
        raise InputError(
            f"{name}: truncated or damaged (its checksum does not match): {format.remedy}"
        )

    def work() -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        return _unsealed(body, size)

    try:
        return work()
    except (Odd, ValueError, RecursionError) as error:
        if not fails_alike(work, error):
            raise
        raise odd(format, name, error) from None


class Odd(ValueError):
    """A part of bytes whose checksum matches that is not what `encode` gives: what was expected of
    it, and what was found."""


def odd(format: Format, name: str, error: Exception) -> InputError:
    """The refusal of bytes whose checksum matches, but not their content."""
    words = str(error) if isinstance(error, Odd) else f"{type(error).__name__}: {error}"
    return InputError(
        f"{name}: its checksum matches, but it is not {format.writer} ({words[:200]}): "
        f"{format.remedy}"
    )


def require(condition: object, what: str, found: object) -> None:
    """Odd where the condition does not hold."""
    if not condition:
        raise Odd(f"expected {what}, found {type(found).__name__} {str(found)[:40]!r}")


def _unsealed(body: bytes, size: int) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    start = HEAD.size + size
    require(start <= len(body), f"JSON of at most {len(body) - HEAD.size} bytes", size)
    # Halves of a surrogate pair in names are bytes of their own, and stay two when side by side.
    header = json.loads(body[HEAD.size : start].decode("utf-8", "surrogatepass"))
    require(isinstance(header, dict), "a JSON object", header)
    content, listed = header.get("content"), header.get("arrays")
    require(isinstance(content, dict), "'content' to be an object", content)
    require(isinstance(listed, list), "'arrays' to be a list", listed)
    arrays: dict[str, NDArray[Any]] = {}
    for entry in listed:
        require(isinstance(entry, dict), "an array to be an object", entry)
        name = entry.get("name")
        require(isinstance(name, str) and name not in arrays, "a name of its own", name)
        arrays[name] = _array(body, entry, start)
    return content, arrays


def _array(body: bytes, entry: Mapping[str, Any], start: int) -> NDArray[Any]:
    code, shape, offset = entry.get("dtype"), entry.get("shape"), entry.get("offset")
    require(isinstance(code, str) and code in DTYPES, f"a dtype of {', '.join(DTYPES)}", code)
    require(isinstance(shape, list) and all(map(is_count, shape)), "a shape of counts", shape)
    require(is_count(offset), "an offset of 0 or more", offset)
    dtype, count = np.dtype(DTYPES[str(code)]), math.prod(shape or ())
    end = start + int(offset or 0) + count * dtype.itemsize
    require(end <= len(body), f"an array that ends by byte {len(body)}", end)
    flat = np.frombuffer(body, dtype, count, start + int(offset or 0))
    return flat.reshape(shape or ())


def is_count(value: object) -> bool:
    """Whether it is a whole number, as JSON has it, of 0 to what an array may have rows."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_ROWS
