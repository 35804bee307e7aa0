"""Every way in which a table may differ from a schema is a row; what is no difference is none."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

import simdrift as sd
from simdrift.schema import ColumnSchema, Schema

ROWS = 500


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    draw = np.random.default_rng(19)
    return pd.DataFrame(
        {
            "id": np.arange(ROWS),
            "dep_delay": draw.normal(10, 5, ROWS),
            "carrier": draw.choice(["AA", "UA", "DL"], ROWS),
            "time": pd.date_range("2024-01-01", periods=ROWS, freq="37s"),
            "stops": draw.integers(0, 5, ROWS),
        }
    )


@pytest.fixture(scope="module")
def schema(frame: pd.DataFrame) -> Schema:
    return Schema.infer(frame)


def found(schema: Schema, data: object) -> list[tuple[Any, ...]]:
    rows = schema.check(data).filter(alert=True)
    return [(row.column, row.metric.removeprefix("schema."), row.params) for row in rows]


CHANGES: dict[str, tuple[Any, list[tuple[Any, ...]]]] = {
    "nothing": (lambda f: f, []),
    "rows in another order": (lambda f: f.iloc[::-1], []),
    "categories": (lambda f: f.assign(carrier=f.carrier.astype("category")), []),
    "narrow integers": (lambda f: f.assign(stops=f.stops.astype("int8")), []),
    "whole floats": (lambda f: f.assign(stops=f.stops.astype(float)), []),
    "no rows": (lambda f: f.iloc[:0], []),
    "nanoseconds": (lambda f: f.assign(time=f.time.astype("datetime64[ns]")), []),
    "added": (lambda f: f.assign(z=1.5), [("z", "added", "")]),
    "removed": (lambda f: f.drop(columns="stops"), [("stops", "removed", "")]),
    "renamed": (
        lambda f: f.rename(columns={"dep_delay": "departure_delay"}),
        [("dep_delay", "renamed", "dep_delay -> departure_delay")],
    ),
    "a like name, other values": (
        lambda f: f.assign(departure_delay=f.dep_delay * 60).drop(columns="dep_delay"),
        [("dep_delay", "removed", ""), ("departure_delay", "added", "")],
    ),
    "reordered": (
        lambda f: f[["dep_delay", "id", "carrier", "time", "stops"]],
        [("", "reordered", "")],
    ),
    "text for numbers": (
        lambda f: f.assign(stops=f.stops.astype(str)),
        [("stops", "retyped", "int64 -> string")],
    ),
    "fractions for whole numbers": (
        lambda f: f.assign(stops=f.stops + 0.5),
        [("stops", "retyped", "int64 -> float64")],
    ),
    "lists for numbers": (
        lambda f: f.assign(dep_delay=[[1]] * ROWS),
        [("dep_delay", "retyped", "float64 -> object")],
    ),
    "missing": (
        lambda f: f.assign(stops=f.stops.where(f.stops > 0)),
        [("stops", "nullability", "")],
    ),
    "a new value": (
        lambda f: f.assign(carrier=f.carrier.replace("AA", "ZZ")),
        [("carrier", "domain", "")],
    ),
    "a zone": (
        lambda f: f.assign(time=f.time.dt.tz_localize("UTC")),
        [("time", "time_zone", "none -> UTC")],
    ),
    "whole days": (
        lambda f: f.assign(time=f.time.dt.floor("D")),
        [("time", "precision", "timestamp[s] -> date32")],
    ),
    "microseconds": (
        lambda f: f.assign(time=f.time + pd.Timedelta("1us")),
        [("time", "precision", "timestamp[s] -> timestamp[us]")],
    ),
    "narrow floats": (
        lambda f: f.assign(dep_delay=f.dep_delay.astype("float32")),
        [("dep_delay", "precision", "float64 -> float32")],
    ),
    "a key twice": (lambda f: f.assign(id=f.id // 2), [("id", "uniqueness", "")]),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_the_rows_that_it_is(name: str, frame: pd.DataFrame, schema: Schema) -> None:
    change, expected = CHANGES[name]
    assert found(schema, change(frame.copy())) == expected


def test_rows_count_what_is_wrong_and_say_it(frame: pd.DataFrame, schema: Schema) -> None:
    data = frame.assign(carrier=["ZZ"] * 2 + ["AA"] * (ROWS - 3) + [None])
    results = schema.check(data)
    assert [(row.metric, row.value, row.n_current) for row in results] == [
        ("schema.changes", 2.0, ROWS),
        ("schema.nullability", 1.0, ROWS),
        ("schema.domain", 2.0, ROWS),
    ]
    assert dict(results.reasons) == {
        ("", "carrier", "schema.nullability"): "1 of 500 rows are missing, and none may be",
        ("", "carrier", "schema.domain"): "2 rows have a value that the schema lacks: 'ZZ'",
    }
    assert not results.passed


def test_a_missing_zero_is_no_repeated_value() -> None:
    schema = Schema({"id": ColumnSchema("int64", unique=True)})
    assert found(schema, {"id": pa.array([0, None, None, 1])}) == []
    assert found(schema, {"id": pa.array([0, None, 0, 1])}) == [("id", "uniqueness", "")]
    assert schema.check({"id": pa.array([0, None, 0, 1])})[1].value == 2.0


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("decimal128(10, 2)", pa.array([Decimal("1.5")], pa.decimal128(10, 2)), []),
        ("decimal128(10, 2)", pa.array([Decimal("1.5")], pa.decimal128(38, 2)), []),
        ("decimal128(10, 2)", pa.array([Decimal("1.5")], pa.decimal128(10, 1)), ["precision"]),
        ("decimal128(10, 2)", pa.array([1.5]), ["precision"]),
        ("float64", pa.array([Decimal("1.5")], pa.decimal128(10, 2)), []),
        ("list<int64>", pd.Series([[1]]), []),
        ("binary", pd.Series([b"a"]), []),
        ("string", pa.array([b"a"]), ["retyped"]),
        ("bool", pa.array([1, 0]), ["retyped"]),
        ("null", pa.array(["a"]), []),
        ("timestamp", pd.Series(pd.to_datetime(["2024-01-01T01:00:00.5"])), []),
    ],
)
def test_types_are_compared_by_what_the_values_mean(
    kind: str, values: object, expected: list[str]
) -> None:
    assert [one[1] for one in found(Schema({"x": ColumnSchema(kind)}), {"x": values})] == expected


@pytest.mark.parametrize(
    ("limits", "values", "outside"),
    [
        ({"min": 0}, [0.0, -1.0, np.nan, -np.inf], 2.0),
        ({"max": 2}, [2, 3, 1], 1.0),
        ({"min": 1, "max": 2}, [0, 1, 2, 3], 2.0),
        ({"min": dt.date(2024, 1, 2)}, [dt.date(2024, 1, 1), dt.date(2024, 1, 2)], 1.0),
        ({"max": dt.datetime(2024, 1, 1, 12)}, [dt.datetime(2024, 1, 1, 13), None], 1.0),
    ],
)
def test_values_out_of_range_are_counted(
    limits: dict[str, Any], values: list[Any], outside: float
) -> None:
    kind = Schema.infer({"x": values}).columns["x"].type
    row = Schema({"x": ColumnSchema(kind, **limits)}).check({"x": values})[1]
    assert (row.metric, row.value) == ("schema.range", outside)


def test_order_and_kinds_that_only_warn_do_not_alert(frame: pd.DataFrame, schema: Schema) -> None:
    moved = frame[frame.columns[::-1]].assign(z=1)
    assert [row[1] for row in found(Schema(schema.columns, ordered=False), moved)] == ["added"]
    results = Schema(schema.columns, warn=["added", "reordered"]).check(moved)
    assert results.passed
    assert [(row.metric, row.value, row.alert) for row in results] == [
        ("schema.changes", 2.0, None),
        ("schema.added", 1.0, False),
        ("schema.reordered", 4.0, False),
    ]


def test_a_file_of_several_that_has_another_type_is_a_difference(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"x": [1, 2], "y": [1, 2]}), tmp_path / "a.parquet")
    parquet.write_table(pa.table({"x": ["1"], "y": [3]}), tmp_path / "b.parquet")
    schema = Schema.infer(tmp_path / "a.parquet")
    assert found(schema, tmp_path) == [("x", "retyped", "")]
    assert "is int64 in" in schema.check(tmp_path).reason("x")


def test_invalid_utf8_is_a_value_like_others() -> None:
    buffers = [None, pa.py_buffer(np.array([0, 1, 2, 3, 4], np.int32)), pa.py_buffer(b"a\xffaa")]
    broken = pa.Array.from_buffers(pa.string(), 4, buffers)
    schema = Schema({"x": ColumnSchema("string", values=["a"])})
    row = schema.check({"x": broken})[1]
    assert (row.metric, row.value) == ("schema.domain", 1.0)


def test_a_changed_schema_never_raises(frame: pd.DataFrame, schema: Schema) -> None:
    for data in (pd.DataFrame(), {"carrier": []}, frame.astype(str), frame.astype(object)):
        assert isinstance(schema.check(data), sd.Results)
