"""Which rows fail a check, with their values and numbers; missing rows pass all but `not_null`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

import simdrift as sd
from simdrift.checks import Check

DAY = dt.date(2024, 1, 1)
NOON = dt.datetime(2024, 1, 1, 12)
LARGE = 2**60
CASES: list[tuple[str, list[Any], dict[str, Any], list[tuple[int, Any]]]] = [
    ("not_null", [1.0, None, float("nan")], {}, [(1, None), (2, None)]),
    ("not_null", ["a", "", None], {}, [(2, None)]),
    ("unique", [1, 2, 1, None, None], {}, [(0, 1), (2, 1)]),
    ("unique", [0, None, 1], {}, []),
    ("unique", ["a", "b", "a"], {}, [(0, "a"), (2, "a")]),
    ("between", [1, 5, None, -1], {"min": 0, "max": 4}, [(1, 5), (3, -1)]),
    ("between", [0.5, float("inf"), float("nan")], {"max": 1}, [(1, float("inf"))]),
    ("between", [LARGE, LARGE + 1], {"max": LARGE}, [(1, LARGE + 1)]),
    ("between", [DAY, DAY - dt.timedelta(1)], {"min": DAY}, [(1, DAY - dt.timedelta(1))]),
    ("between", [NOON, None], {"max": dt.datetime(2024, 1, 1, 11)}, [(0, NOON)]),
    ("in_set", ["a", "z", None], {"values": ["a", "b"]}, [(1, "z")]),
    ("in_set", [1.0, 2.0, 2.5], {"values": [1, 2]}, [(2, 2.5)]),
    ("in_set", [True, False], {"values": [True]}, [(1, False)]),
    ("in_set", [DAY, DAY + dt.timedelta(1)], {"values": [DAY]}, [(1, DAY + dt.timedelta(1))]),
    ("matches", ["A1", "b", None, ""], {"pattern": "^[A-Z][0-9]$"}, [(1, "b"), (3, "")]),
    ("matches", ["xA1x"], {"pattern": "[A-Z][0-9]"}, []),
    ("increasing", [1, 1, None, 3, 2], {}, [(4, 2)]),
    ("increasing", [1, 1, None, 3, 2], {"strict": True}, [(1, 1), (4, 2)]),
    ("increasing", [NOON, DAY and NOON - dt.timedelta(1)], {}, [(1, NOON - dt.timedelta(1))]),
    ("foreign_key", [1, 2, 9, None], {"data": {"x": [1.0, 2.0]}}, [(2, 9)]),
    ("foreign_key", ["a", "z"], {"data": {"k": ["a"]}, "key": "k"}, [(1, "z")]),
]


@pytest.mark.parametrize(("name", "values", "options", "expected"), CASES)
@pytest.mark.parametrize("library", ["lists", "arrow", "pandas", "polars"])
def test_the_rows_that_fail_are_those(
    name: str,
    values: list[Any],
    options: dict[str, Any],
    expected: list[tuple[int, Any]],
    library: str,
) -> None:
    frame = {
        "lists": lambda: {"x": values},
        "arrow": lambda: pa.table({"x": values}),
        "pandas": lambda: pd.DataFrame({"x": values}),
        "polars": lambda: pl.DataFrame({"x": values}),
    }[library]()
    report = sd.check(frame, checks=[Check(name, "x", **options)])
    (line,) = report.lines
    assert line.examples == tuple(expected)
    assert (line.state, line.failing) == ("fail" if expected else "pass", len(expected))
    (row,) = report.results
    assert (row.metric, row.column, row.alert) == (f"check.{name}", "x", bool(expected))
    assert (row.value, row.effect_size) == (len(expected), len(expected) / len(values))


def test_several_columns_are_unique_together() -> None:
    data = {"a": [1, 1, 2, 2, None], "b": ["x", "y", "x", "x", "x"]}
    (line,) = sd.check(data, checks=Check("unique", ["a", "b"])).lines
    assert (line.column, line.examples) == ("a, b", ((2, (2, "x")), (3, (2, "x"))))


def test_examples_are_the_first_five() -> None:
    (line,) = sd.check({"x": np.arange(100)}, checks=Check("between", "x", max=9)).lines
    assert [row for row, _ in line.examples] == [10, 11, 12, 13, 14]
    assert (line.failing, line.share) == (90, 0.9)


@pytest.mark.parametrize(("at_most", "state"), [(0.0, "fail"), (0.09, "fail"), (0.1, "pass")])
def test_a_share_of_rows_may_fail(at_most: float, state: str) -> None:
    check = Check("between", "x", max=89, at_most=at_most)
    report = sd.check({"x": np.arange(100)}, checks=check)
    assert (report.lines[0].state, report.results[0].threshold) == (
        state,
        float(round(at_most * 100)),
    )


def test_a_pattern_that_backtracks_elsewhere_takes_linear_time() -> None:
    text = "a" * 50_000 + "!"
    (line,) = sd.check({"x": [text]}, checks=Check("matches", "x", pattern="^(a+)+$")).lines
    assert line.failing == 1


def test_invalid_utf8_is_a_text_that_does_not_match() -> None:
    buffers = [None, pa.py_buffer(np.array([0, 1, 2], np.int32)), pa.py_buffer(b"a\xff")]
    broken = pa.Array.from_buffers(pa.string(), 2, buffers)
    (line,) = sd.check({"x": broken}, checks=Check("matches", "x", pattern="^[a-z]$")).lines
    assert line.examples == ((1, "\ufffd"),)


@pytest.mark.parametrize(
    ("values", "check", "message"),
    [
        (["a"], Check("between", "x", min=0), "expected numbers or times, found "),
        ([1.0], Check("matches", "x", pattern="a"), "expected texts, found float64"),
        ([1.0], Check("between", "x", min=DAY), "expected a number as limit of a column of"),
        ([DAY], Check("between", "x", min=1), "expected a date or a time as limit"),
        ([[1]], Check("unique", "x"), "the column can't be read: "),
        ([1], Check("foreign_key", "x", data={"y": [1]}), "x"),
    ],
)  # fmt: skip
def test_a_check_that_can_not_be_made_has_failed(
    values: list[Any], check: Check, message: str
) -> None:
    report = sd.check({"x": values, "y": values}, checks=[check, Check("column_exists", "y")])
    assert [line.state for line in report.lines] == ["fail", "pass"]
    assert message in report.lines[0].message
    assert report.results[0].value is None


@pytest.mark.parametrize("name", ["not_null", "unique", "between", "max_age", "of_type", "metric"])
def test_a_check_of_a_column_that_is_not_there_has_failed(name: str) -> None:
    options = {
        "between": {"min": 0},
        "max_age": {"age": "1d"},
        "of_type": {"type": "bool"},
        "metric": {"metric": "quality.mean", "max": 1},
    }
    report = sd.check({"y": [1]}, checks=Check(name, "x", **options.get(name, {})))
    assert report.lines[0].message == "expected the column 'x', found none"
    assert report.results[0].status == "missing_column"
    assert not report.passed


def test_keys_may_be_those_of_a_file(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"zone": [1, 2]}), tmp_path / "zones.parquet")
    check = Check("foreign_key", "zone", data=tmp_path / "zones.parquet")
    assert sd.check({"zone": [1, 2, 3]}, checks=check).lines[0].examples == ((2, 3),)
    lost = Check("foreign_key", "zone", data=tmp_path / "none.parquet")
    report = sd.check({"zone": [1]}, checks=lost)
    assert "no such file" in report.lines[0].message
    assert report.results[0].status == "error"


def test_no_rows_pass_what_is_of_single_rows() -> None:
    empty = pd.DataFrame({"x": np.zeros(0)})
    checks = [Check("not_null", "x"), Check("unique", "x"), Check("increasing", "x")]
    assert sd.check(empty, checks=checks).passed
