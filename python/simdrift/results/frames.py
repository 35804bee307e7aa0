"""Rows as typed columns: Arrow first, pandas and polars from it, both only when asked for."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from simdrift.results.rows import Result
from simdrift.results.text import encodable

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

_TIMES = frozenset({"window_start", "window_end"})
_REALS = frozenset(
    {"value", "ci_low", "ci_high", "p_value", "q_value", "effect_size", "threshold"}
    | {"null_quantile"}
)
_COUNTS = frozenset({"n_reference", "n_current"})


def schema() -> pyarrow.Schema:
    """Arrow schema of the rows: text, timestamp[us, UTC], float64, int64 and bool, all but text
    nullable. `run_id` is text."""
    import pyarrow as pa

    def kind(name: str) -> pyarrow.DataType:
        if name in _TIMES:
            return pa.timestamp("us", "UTC")
        if name in _REALS:
            return pa.float64()
        if name in _COUNTS:
            return pa.int64()
        return pa.bool_() if name == "alert" else pa.string()

    return pa.schema(
        [
            pa.field(name, kind(name), nullable=not pa.types.is_string(kind(name)))
            for name in Result._fields
        ]
    )


def to_arrow(rows: Sequence[Result]) -> pyarrow.Table:
    """One Arrow table, typed also where there are no rows; absent values are null, never NaN."""
    import pyarrow as pa

    columns = list(zip(*rows, strict=True)) or [()] * len(Result._fields)
    fields = schema()
    return pa.Table.from_arrays(
        [_array(values, field) for values, field in zip(columns, fields, strict=True)],
        schema=fields,
    )


def _array(values: Sequence[Any], field: pyarrow.Field) -> pyarrow.Array:
    import pyarrow as pa

    if field.name == "run_id":
        texts = {value: str(value) for value in set(values)}
        values = [texts[value] for value in values]
    try:
        return pa.array(values, field.type)
    except UnicodeEncodeError:
        return pa.array([encodable(value) for value in values], field.type)


def to_pandas(rows: Sequence[Result]) -> pandas.DataFrame:
    """A pandas frame: float64 with NaN, nullable Int64 and boolean, UTC timestamps."""
    import pyarrow as pa

    pd = _library("pandas")
    nullable = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    frame: pandas.DataFrame = to_arrow(rows).to_pandas(types_mapper=nullable.get)
    return frame


def to_polars(rows: Sequence[Result]) -> polars.DataFrame:
    """A polars frame: the Arrow table's types, null where a value is absent."""
    frame: polars.DataFrame = _library("polars").from_arrow(to_arrow(rows))
    return frame


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            f"to_{name} needs {name}, which is not installed: pip install {name}", name=name
        ) from error
