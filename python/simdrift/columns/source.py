"""Data before it is read: its columns, and those asked for as a Table. One reader for files, frames
and streams, of Python and of the command line alike."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from simdrift._core import Column, columns_from_arrow
from simdrift._errors import InputError, UnsupportedColumn
from simdrift.columns.formats import Content, Opened, Unread
from simdrift.columns.paths import files_of, partition_values
from simdrift.columns.table import Refused, Table, refuse_repeated, table_of
from simdrift.columns.unify import ABSENT, RETYPED, Gap, unified

if TYPE_CHECKING:
    import pyarrow as pa


class Source:
    """Files as one table: `names` are the columns that it has, `hidden` those that nobody means by
    'all of them'. A file is opened once; values are read by `table`."""

    def __init__(self, data: Any) -> None:
        self._files = files_of(data)
        self._opened = [Opened(file.path) for file in self._files]
        for one in self._opened:
            refuse_repeated(one.schema.names, str(one.path))

    @property
    def label(self) -> str:
        """The first file."""
        return str(self._files[0].path)

    @cached_property
    def hidden(self) -> frozenset[str]:
        """The unnamed levels of the index that pandas wrote along."""
        return frozenset().union(*(unnamed_levels(one.schema) for one in self._opened))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns of all files, those of partitions last."""
        own = dict.fromkeys(name for one in self._opened for name in one.schema.names)
        return tuple(name for name in own | self._partitions if name not in self.hidden)

    @cached_property
    def _partitions(self) -> dict[str, list[Any]]:
        """The value of each file, by the name of a partition that is no column of a file."""
        names = dict.fromkeys(name for file in self._files for name, _ in file.partitions)
        own = {name for one in self._opened for name in one.schema.names}
        return {
            name: partition_values([dict(file.partitions).get(name) for file in self._files])
            for name in names
            if name not in own
        }

    def table(self, columns: Iterable[str] | None = None) -> Table:
        """These columns, by default all but the hidden ones. InputError names those that are not
        there."""
        wanted = self.names if columns is None else tuple(columns)
        missing = [name for name in wanted if name not in (*self.names, *self.hidden)]
        if missing:
            raise InputError(
                f"{self.label}: expected columns {', '.join(missing)}, found "
                f"{', '.join(self.names)}: correct the names, or pass another file"
            )
        contents = [
            one.read([name for name in wanted if name in one.schema.names]) for one in self._opened
        ]
        rows = [_rows_of(content) for content in contents]
        tables = [
            _with_partitions(content.table, self._partitions, place, wanted, count)
            for place, (content, count) in enumerate(zip(contents, rows, strict=True))
        ]
        return _together(
            wanted, tables, [content.unread for content in contents], rows, self._labels
        )

    @property
    def _labels(self) -> list[str]:
        return [str(file.path) for file in self._files]


def unnamed_levels(schema: Any) -> frozenset[str]:
    """The columns of a schema that pandas' metadata name as index levels without a name."""
    metadata = getattr(schema, "metadata", None) or {}
    try:
        written = json.loads(metadata.get(b"pandas", b"{}"))
        levels = [level for level in written.get("index_columns", ()) if isinstance(level, str)]
        named = {
            c.get("field_name") for c in written.get("columns", ()) if c.get("name") is not None
        }
    except (ValueError, AttributeError, TypeError):
        return frozenset()
    return frozenset(level for level in levels if level not in named)


def _rows_of(content: Content) -> int:
    first = next(iter(content.unread.values()), None)
    return int(content.table.num_rows) if first is None else first.rows


def _with_partitions(
    table: pa.Table, partitions: dict[str, list[Any]], place: int, wanted: Sequence[str], rows: int
) -> pa.Table:
    import pyarrow as pa

    for name in wanted:
        if name in partitions:
            kind = pa.infer_type(partitions[name])
            value = pa.scalar(partitions[name][place], kind)
            table = (
                table.append_column(name, pa.repeat(value, rows))
                if table.num_columns
                else pa.table({name: pa.repeat(value, rows)})
            )
    return table


def _together(
    wanted: Sequence[str],
    tables: Sequence[pa.Table],
    unread: Sequence[dict[str, Unread]],
    rows: Sequence[int],
    labels: Sequence[str],
) -> Table:
    """The columns of all files, row after row."""
    refused = dict.fromkeys(name for own in unread for name in own)
    names = [name for name in wanted if name not in refused]
    gaps: dict[str, Gap] = {}
    table = tables[0].select(names) if len(tables) == 1 else None
    if table is None:
        padded = [_padded(own, count) for own, count in zip(tables, rows, strict=True)]
        table, gaps = unified(padded, names, labels)
    columns: dict[str, Column | Refused] = {}
    if names:
        for name, type_name, column in columns_from_arrow(table):
            if isinstance(column, Column):
                columns[name] = column
            else:
                columns[name] = Refused.by(column, name, type_name)
    for name in refused:
        columns[name], gap = _unread(name, tables, unread, rows, labels)
        if gap is not None:
            gaps[name] = gap
    whole = table_of([(name, columns[name]) for name in wanted], labels[0], sum(rows))
    return Table(whole.columns, whole.length, gaps)


def _padded(table: pa.Table, rows: int) -> pa.Table:
    """A table without columns has no rows to Arrow."""
    import pyarrow as pa

    return table if table.num_columns else pa.table({"": pa.nulls(rows)})


def _unread(
    name: str,
    tables: Sequence[pa.Table],
    unread: Sequence[dict[str, Unread]],
    rows: Sequence[int],
    labels: Sequence[str],
) -> tuple[Refused, Gap | None]:
    """A column of which no value was read in some file."""
    first = next(own[name] for own in unread if name in own)
    masks, marks = [], np.zeros(len(rows), np.uint8)
    for place, (own, count) in enumerate(zip(unread, rows, strict=True)):
        there = own.get(name)
        if there is None:
            marks[place] = RETYPED if name in tables[place].column_names else ABSENT
            masks.append(np.ones(count, bool))
        else:
            masks.append(there.missing)
    why = next((own[name].why for own in unread if name in own and own[name].why), "")
    present = None
    if all(mask is not None for mask in masks):
        present = Column.from_numpy(np.ones(sum(rows), bool), np.concatenate(masks))
    import pyarrow as pa

    [(_, type_name, problem)] = columns_from_arrow(pa.table({name: pa.array([], first.type)}))
    message = f"{problem}; {why}" if why else str(problem)
    refusal = UnsupportedColumn(message)
    refusal.present = present
    gap = None
    if marks.any():
        gap = Gap(np.repeat(marks, list(rows)), f"column {name!r} is not {type_name} in all files")
    return Refused.by(refusal, name, type_name), gap
