"""The file of a reference (`results/sealed.py` has its layout). It is written whole or not at
all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from simdrift._errors import InputError
from simdrift.results import files, sealed

FORMAT = sealed.Format(
    b"sdrift\r\n",
    2,
    "reference",
    "a file that Reference.save wrote",
    "fit the reference again",
)


def write(path: str | os.PathLike[str], content: Mapping[str, Any], arrays: sealed.Arrays) -> None:
    """Write JSON content and arrays of float64, (u)int64, int32 or uint8."""
    data = sealed.encode(FORMAT, content, arrays)
    try:
        files.write_bytes(path, data)
    except OSError as error:
        if error.errno is None:
            raise  # of a timer, not of the file
        raise InputError(f"{path}: the reference can't be written: {error.strerror}") from None


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Content and arrays (read-only) of a file; InputError says what is wrong with it."""
    try:
        data = files.read_bytes(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; expected a saved reference") from None
    except OSError as error:
        if error.errno is None:
            raise  # of a timer, not of the file
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    return sealed.decode(FORMAT, data, str(path))


def is_state_file(path: str | os.PathLike[str]) -> bool:
    """Whether the file starts as a saved reference does."""
    try:
        with files.open_regular(path) as file:
            return file.read(len(FORMAT.mark)) == FORMAT.mark
    except OSError:
        return False
