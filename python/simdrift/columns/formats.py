"""The formats of data files: what columns a file has, and some of them as an Arrow table.

Told by a file's first bytes: Parquet, Arrow (Feather and IPC, files and streams), CSV and what is
separated by ';', '|' or tabs, all of them also compressed by gzip. A pipe is read once, into
memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from simdrift._errors import InputError
from simdrift.columns import parquet
from simdrift.columns.paths import is_pipe

if TYPE_CHECKING:
    import pyarrow as pa

_TEXTS = (".csv", ".tsv", ".txt")
_HEADS = {b"PAR1": "parquet", b"ARROW1": "arrow", b"FEA1": "feather", b"\xff\xff\xff\xff": "stream"}
_GZIP = b"\x1f\x8b"
_HEAD = 4096


class Unread(NamedTuple):
    """A column of a type that is not computed on: which rows are missing, where that is known."""

    type: Any
    missing: Any  # (n,) bool; None: not known
    rows: int
    why: str = ""


class Content(NamedTuple):
    """Columns of a file, and those of which no value was read."""

    table: pa.Table
    unread: dict[str, Unread]


class Opened:
    """A data file: its columns, and some of them. A pipe is read when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._bytes: bytes | None = None
        if is_pipe(path):
            self._bytes = _whole(path)
        else:
            parquet.check_file(path)
        head = self._head()
        if head.startswith(_GZIP):
            self._bytes = _unzipped(path, self._bytes)
            head = self._bytes[:_HEAD]
        self.format = self._format_of(head)
        self.schema = self._schema()

    def _head(self) -> bytes:
        if self._bytes is not None:
            return self._bytes[:_HEAD]
        with self.path.open("rb") as file:
            return file.read(_HEAD)

    def _format_of(self, head: bytes) -> str:
        for magic, name in _HEADS.items():
            if head.startswith(magic):
                return name
        is_text = self.path.name.lower().removesuffix(".gz").endswith(_TEXTS)
        if is_text or (self._bytes is not None and head and b"\0" not in head):
            return "csv"
        raise parquet.refusal(
            self.path,
            f"one that starts with {head[:4]!r}" if head else "an empty file",
            "convert it, or pass a frame instead of a path" if head else "write or copy it again",
        )

    def _schema(self) -> pa.Schema:
        if self.format == "parquet":
            parquet.check_ends(self.path, self._bytes)
            return parquet.with_file(self.path, lambda file, _: file.schema_arrow, self._bytes)
        if self.format == "csv":
            return self._with_arrow(self._csv_schema)
        return self._with_arrow(self._ipc_schema)

    def read(self, names: Sequence[str]) -> Content:
        """These columns, all of which it has."""
        if self.format == "parquet":
            return parquet.interruptible(lambda: self._parquet(names))
        if self.format == "csv":
            return Content(self._with_arrow(lambda source: self._csv(source, names)), {})
        return Content(self._with_arrow(lambda source: self._ipc(source, names)), {})

    def _parquet(self, names: Sequence[str]) -> Content:
        nested = [name for name in names if is_unread(self.schema.field(name).type)]
        flat = [name for name in names if name not in nested]

        def work(file: Any, threads: bool) -> Content:
            table = file.read(columns=flat, use_threads=threads).select(flat)
            unread = {
                name: Unread(self.schema.field(name).type, *parquet.missing_rows(file, name))
                for name in nested
            }
            return Content(table, unread)

        return parquet.with_file(self.path, work, self._bytes)

    def _ipc_schema(self, source: Any) -> pa.Schema:
        if self.format == "feather":
            from pyarrow import feather

            return feather.read_table(source).schema
        return self._ipc_reader()(source).schema

    def _ipc_reader(self) -> Any:
        import pyarrow as pa

        return pa.ipc.open_file if self.format == "arrow" else pa.ipc.open_stream

    def _ipc(self, source: Any, names: Sequence[str]) -> pa.Table:
        import pyarrow as pa

        if self.format == "feather":
            from pyarrow import feather

            return feather.read_table(source, columns=list(names)).select(names)
        chosen = sorted(self.schema.get_field_index(name) for name in names)
        options = pa.ipc.IpcReadOptions(included_fields=chosen)
        return self._ipc_reader()(source, options=options).read_all().select(names)

    def _csv_options(self) -> dict[str, Any]:
        import pyarrow.csv as csv

        first = self._head().split(b"\n", 1)[0]
        counts = {mark: first.count(mark) for mark in (b",", b";", b"\t", b"|")}
        delimiter = max(counts, key=lambda mark: counts[mark]).decode()
        return {"parse_options": csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)}

    def _csv_schema(self, source: Any) -> pa.Schema:
        import pyarrow.csv as csv

        with csv.open_csv(source, **self._csv_options()) as reader:
            return reader.schema

    def _csv(self, source: Any, names: Sequence[str]) -> pa.Table:
        import pyarrow.csv as csv

        options = self._csv_options()
        if not names:  # Arrow takes none for all
            return csv.read_csv(source, **options).select([])
        convert = csv.ConvertOptions(include_columns=list(names), strings_can_be_null=True)
        return csv.read_csv(source, convert_options=convert, **options)

    def _with_arrow(self, work: Callable[[Any], Any]) -> Any:
        """work(what Arrow reads), whatever goes wrong with the file as an InputError."""
        import pyarrow as pa

        try:
            if self._bytes is not None:
                return work(pa.BufferReader(self._bytes))
            with self.path.open("rb") as file:  # whatever bytes its name has
                return work(pa.PythonFile(file, mode="r"))
        except (pa.ArrowException, OSError, UnicodeError, KeyError) as error:
            raise InputError(
                f"{self.path}: expected a readable {_FORMATS[self.format]} file, found a broken "
                f"one ({str(error).splitlines()[0]}): write or copy it again"
            ) from error


_FORMATS = {"csv": "CSV", "arrow": "Arrow", "stream": "Arrow", "feather": "Feather"}


def is_unread(kind: Any) -> bool:
    """Whether no value of this Arrow type is ever computed on."""
    import pyarrow as pa

    if isinstance(kind, pa.BaseExtensionType):
        return True
    if pa.types.is_dictionary(kind):
        return is_unread(kind.value_type)
    binary = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    return pa.types.is_nested(kind) or any(test(kind) for test in binary)


def _whole(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise parquet.refusal(
            path, f"one that can't be read ({error.strerror})", "check its rights"
        ) from error


def _unzipped(path: Path, content: bytes | None) -> bytes:
    import gzip
    import zlib

    try:
        return gzip.decompress(path.read_bytes() if content is None else content)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{path}: expected a file that gzip can read, found a broken one ({error}): write or "
            "copy it again"
        ) from error
