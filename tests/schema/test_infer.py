"""A schema is what the values mean, whatever library or file they came from."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as parquet
import pytest

import simdrift as sd

ROWS = 200
COLUMNS = {
    "count": [None if k % 7 == 0 else k for k in range(ROWS)],
    "id": list(range(ROWS)),
    "share": [k + 0.5 for k in range(ROWS)],
    "city": [["Rome", "Bonn", None][k % 3] for k in range(ROWS)],
    "paid": [k % 2 == 0 for k in range(ROWS)],
    "day": [dt.date(2024, 1, 1) + dt.timedelta(k) for k in range(ROWS)],
    "time": [dt.datetime(2024, 1, 1, 1) + dt.timedelta(seconds=k) for k in range(ROWS)],
    "fine": [dt.datetime(2024, 1, 1, 1) + dt.timedelta(microseconds=k) for k in range(ROWS)],
}
TEXT = """\
[columns.count]
type = "int64"
nullable = true
quartiles = [50.5, 100.0, 149.5]

[columns.id]
type = "int64"
nullable = false
unique = true
quartiles = [49.75, 99.5, 149.25]

[columns.share]
type = "float64"
nullable = false
quartiles = [50.25, 100.0, 149.75]

[columns.city]
type = "string"
nullable = true
values = ["Bonn", "Rome"]

[columns.paid]
type = "bool"
nullable = false

[columns.day]
type = "date32"
nullable = false

[columns.time]
type = "timestamp[s]"
nullable = false

[columns.fine]
type = "timestamp[us]"
nullable = false
"""


def frame_of(library: str, folder: Path) -> object:
    table = pa.table(COLUMNS)
    frame = table.to_pandas()
    if library == "parquet":
        parquet.write_table(table, folder / "data.parquet")
        return folder / "data.parquet"
    if library == "csv":
        csv.write_csv(table, folder / "data.csv")
        return folder / "data.csv"
    return {
        "arrow": lambda: table,
        "pandas": lambda: frame,
        "categories": lambda: frame.assign(city=frame.city.astype("category")),
        "nullable": lambda: frame.assign(count=frame["count"].astype("Int16")),
        "polars": lambda: pl.DataFrame(COLUMNS),
        "numpy": lambda: {name: frame[name].to_numpy() for name in frame},
        "nanoseconds": lambda: frame.assign(time=frame.time.astype("datetime64[ns]")),
        "dates of pandas": lambda: frame.assign(day=pd.to_datetime(frame.day)),
    }[library]()


@pytest.mark.parametrize(
    "library",
    ["arrow", "pandas", "categories", "nullable", "polars", "numpy", "nanoseconds",
     "dates of pandas", "parquet", "csv"],
)  # fmt: skip
def test_every_library_and_file_gives_the_same_schema(library: str, tmp_path: Path) -> None:
    schema = sd.Schema.infer(frame_of(library, tmp_path))
    assert schema.to_toml().partition("[columns")[1:] == TEXT.partition("[columns")[1:]
    assert schema.check(frame_of(library, tmp_path)).passed


def test_types_that_only_some_libraries_have() -> None:
    utc = dt.datetime(2024, 1, 1, 1, tzinfo=dt.UTC)
    table = pa.table(
        {
            "price": pa.array([Decimal("1.50"), None], pa.decimal128(10, 2)),
            "utc": [utc, utc],
            "took": [dt.timedelta(1)] * 2,
            "half": pa.array([1.5, 2.5], pa.float32()),
            "tags": [["a"], None],
            "nothing": pa.nulls(2),
        }
    )
    columns = sd.Schema.infer(table).columns
    assert {name: str(one.type) for name, one in columns.items()} == {
        "price": "decimal128(10, 2)",
        "utc": "timestamp[s, UTC]",
        "took": "duration",
        "half": "float32",
        "tags": "list<utf8>",
        "nothing": "null",
    }
    assert [name for name, one in columns.items() if one.nullable] == ["price", "tags", "nothing"]


def test_a_domain_is_of_texts_that_are_all_met_twice() -> None:
    columns = sd.Schema.infer({"kind": ["a", "a", "b", "b"], "name": ["a", "a", "b", "c"]}).columns
    assert (columns["kind"].values, columns["name"].values) == (("a", "b"), None)


def test_a_key_has_a_hundred_rows_and_is_no_float() -> None:
    number = np.arange(100)
    infer = sd.Schema.infer
    assert infer({"x": number}).columns["x"].unique
    assert infer({"x": number.astype(str)}).columns["x"].unique
    assert not infer({"x": number[:99]}).columns["x"].unique
    assert not infer({"x": number.astype(float)}).columns["x"].unique


def test_ranges_are_inferred_where_they_are_asked_for() -> None:
    data = {
        "x": [1.5, np.inf, -2.0],
        "n": [3, None, 1],
        "day": [dt.date(2024, 1, 2), dt.date(2024, 1, 1), None],
        "none": [None, None, None],
    }
    plain, ranged = sd.Schema.infer(data).columns, sd.Schema.infer(data, ranges=True).columns
    assert {(one.min, one.max) for one in plain.values()} == {(None, None)}
    assert [(one.min, one.max) for one in ranged.values()] == [
        (-2.0, 1.5),
        (1, 3),
        (dt.date(2024, 1, 1), dt.date(2024, 1, 2)),
        (None, None),
    ]


def test_a_frame_without_rows_or_columns_has_a_schema() -> None:
    empty = sd.Schema.infer(pa.table({"x": pa.array([], pa.int32())}))
    assert empty.columns["x"].nullable
    assert sd.Schema.infer(pd.DataFrame()).check(pd.DataFrame()).passed
