"""Which files a path, a folder, a pattern or a list of them names, and their hive partitions."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from simdrift._errors import InputError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/{1,2}")
_PARTITION = re.compile(r"([^=/]+)=(.*)")
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
SUFFIXES = (".parquet", ".parq", ".pq", ".arrow", ".feather", ".ipc", ".csv", ".tsv", ".csv.gz")
"""What is read of a folder."""


class DataFile(NamedTuple):
    """A file and the partitions of the folders above it: 'year=2024' gives ('year', '2024')."""

    path: Path
    partitions: tuple[tuple[str, str | None], ...] = ()


def are_paths(data: object) -> bool:
    """Whether it is a path, or a list of them."""
    if isinstance(data, (str, os.PathLike)):
        return True
    is_list = isinstance(data, (list, tuple)) and len(data) > 0
    return is_list and all(isinstance(one, (str, os.PathLike)) for one in data)  # type: ignore[attr-defined]


def files_of(data: Any) -> list[DataFile]:
    """The files, patterns and folders in order of their names; InputError where there is none."""
    given = [data] if isinstance(data, (str, os.PathLike)) else list(data)
    return [file for one in given for file in _files(os.fspath(one))]


def _files(text: str) -> list[DataFile]:
    text = _without_scheme(text)
    path = Path(text)
    if path.is_dir():
        return _of_folder(path)
    if not glob.has_magic(text) or path.exists():
        return [DataFile(path)]
    root = _fixed_part(path)
    found: list[DataFile] = []
    for match in sorted(glob.glob(text, recursive=True)):
        one = Path(match)
        found += _of_folder(one, root) if one.is_dir() else [_partitioned(one, root)]
    if not found:
        raise InputError(f"{text}: no file matches; expected {_EXPECTED} files")
    return list({file.path: file for file in found}.values())


_EXPECTED = "CSV, Arrow or Parquet"


def _without_scheme(text: str) -> str:
    """The path of a file:// URL; InputError for any other."""
    scheme = _SCHEME.match(text)
    if scheme is None or Path(text).exists():
        return text
    if scheme[1].lower() == "file":
        return unquote("/" + text[scheme.end() :].lstrip("/"))
    raise InputError(
        f"{text}: expected a path, found a URL ({scheme[1]}): copy the file here, or pass a frame "
        "that another library reads from there"
    )


def is_url(text: str) -> bool:
    """Whether a text begins as a URL does."""
    return _SCHEME.match(text) is not None


def _fixed_part(pattern: Path) -> Path:
    """The folders above the first part with a wildcard."""
    fixed = Path()
    for part in pattern.parts:
        if glob.has_magic(part):
            return fixed
        fixed = fixed / part
    return fixed


def _of_folder(folder: Path, root: Path | None = None) -> list[DataFile]:
    """The data files below a folder; those that begin with '.' or '_' are not data."""
    found = []
    for directory, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if name[0] not in "._")
        for name in sorted(files):
            if name[0] not in "._" and name.lower().endswith(SUFFIXES):
                found.append(_partitioned(Path(directory) / name, root or folder))
    if not found:
        raise InputError(
            f"{folder}: expected a folder with {_EXPECTED} files, found none "
            f"({', '.join(SUFFIXES)}): pass one of the files in it, or a pattern"
        )
    return found


def _partitioned(path: Path, root: Path) -> DataFile:
    parts = path.relative_to(root).parts[:-1]
    found = [match for part in parts if (match := _PARTITION.fullmatch(part))]
    return DataFile(path, tuple((unquote(m[1]), _value(m[2])) for m in found))


def _value(text: str) -> str | None:
    return None if text == _NO_VALUE else unquote(text)


def partition_values(values: Sequence[str | None]) -> list[Any]:
    """The values of one partition over all files: integers or dates where all are, else text."""
    known = [value for value in values if value is not None]
    read: Any = str
    if known and all(re.fullmatch(r"-?\d{1,18}", value) for value in known):
        read = int
    elif known and all(map(_is_date, known)):
        read = date.fromisoformat
    return [None if value is None else read(value) for value in values]


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len("2024-01-31")


def is_pipe(path: Path) -> bool:
    """Whether it is read once, to its end."""
    try:
        return stat.S_ISFIFO(path.stat().st_mode)
    except OSError:
        return False
