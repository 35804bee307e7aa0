"""Rows as typed columns: Arrow first, pandas and polars from it, both only when asked for."""

from __future__ import annotations

import csv
import importlib
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from simdrift.results.rows import Result
from simdrift.results.table import ABSENT, COUNTS, REALS, TEXTS, Head, ResultTable
from simdrift.results.text import encodable

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

_TIMES = frozenset({"window_start", "window_end"})


def schema() -> pyarrow.Schema:
    """Arrow schema of the rows: text, timestamp[us, UTC], float64, int64 and bool, all but text
    nullable. `run_id` is text."""
    import pyarrow as pa

    def kind(name: str) -> pyarrow.DataType:
        if name in _TIMES:
            return pa.timestamp("us", "UTC")
        if name in REALS:
            return pa.float64()
        if name in COUNTS:
            return pa.int64()
        return pa.bool_() if name == "alert" else pa.string()

    return pa.schema(
        [
            pa.field(name, kind(name), nullable=not pa.types.is_string(kind(name)))
            for name in Result._fields
        ]
    )


def to_arrow(table: ResultTable) -> pyarrow.Table:
    """One Arrow table, typed also where there are no rows; absent values are null, never NaN."""
    import pyarrow as pa

    fields = schema()
    head = pa.array(table.head)
    return pa.Table.from_arrays([_array(table, field, head) for field in fields], schema=fields)


def _array(table: ResultTable, field: pyarrow.Field, head: pyarrow.Array) -> pyarrow.Array:
    import pyarrow as pa

    name = field.name
    if name in Head._fields:
        found = [getattr(one, name) for one in table.heads]
        if name == "run_id":
            found = [str(run_id) for run_id in found]
        return _dictionary(found, field.type).take(head)
    if name in REALS:
        return pa.array(getattr(table, name), from_pandas=True)  # NaN becomes null
    if name in COUNTS:
        counts = getattr(table, name)
        return pa.array(counts, mask=counts == ABSENT)
    if name == "alert":
        return pa.array(table.alert == 1, mask=table.alert == ABSENT)
    codes = TEXTS[name]
    return _dictionary(table.dictionary(codes), field.type).take(pa.array(getattr(table, codes)))


def _dictionary(values: Sequence[Any], kind: pyarrow.DataType) -> pyarrow.Array:
    import pyarrow as pa

    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:
        return pa.array([encodable(value) for value in values], kind)


def to_pandas(table: ResultTable) -> pandas.DataFrame:
    """A pandas frame: float64 with NaN, nullable Int64 and boolean, UTC timestamps."""
    import pyarrow as pa

    pd = _library("pandas")
    nullable = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    frame: pandas.DataFrame = to_arrow(table).to_pandas(types_mapper=nullable.get)
    return frame


def to_polars(table: ResultTable) -> polars.DataFrame:
    """A polars frame: the Arrow table's types, null where a value is absent."""
    frame: polars.DataFrame = _library("polars").from_arrow(to_arrow(table))
    return frame


def to_csv(rows: Iterable[tuple[Result, str]]) -> str:
    """A line a row and its reason below the names of the fields; empty where a value is absent."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*Result._fields, "reason"))
    writer.writerows([*map(_csv_cell, row), reason] for row, reason in rows)
    return encodable(out.getvalue())


def _csv_cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return "true" if value is True else "false" if value is False else value


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            f"to_{name} needs {name}, which is not installed: pip install {name}", name=name
        ) from error
