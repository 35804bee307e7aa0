"""Every type, and the columns nobody wants: a value or a status, never an exception."""

from __future__ import annotations

import datetime
import decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import simdrift as sd
from simdrift.metrics import quality
from simdrift.monitoring import Columns, Metrics, Reference, ReferenceSpec, Spec, monitor
from simdrift.results import Results

N = 96
TIMES = np.datetime64("2024-01-01T00", "s") + np.arange(N).astype("timedelta64[h]")
DAY = datetime.date(2020, 1, 1)
COLUMNS: dict[str, Any] = {
    "bool": pa.array([True, False, None] * 32),
    "float16": pa.array(np.arange(N, dtype=np.float16)),
    "uint64": pa.array([2**64 - 1, 0, None] * 32, pa.uint64()),
    "int64 ends": pa.array([2**63 - 1, -(2**63), 2**53 + 1] * 32),
    "infinities": pa.array([np.inf, -np.inf] * 48),
    "nan": pa.array(np.full(N, np.nan)),
    "squares overflow": pa.array([1e200, -1e200, 5e-324] * 32),
    "constant": pa.array([7.0] * N),
    "null": pa.nulls(N),
    "all null": pa.array([None] * N, pa.float64()),
    "date32": pa.array([DAY, None] * 48),
    "date64": pa.array([DAY] * N, pa.date64()),
    "nanoseconds": pa.array([0, None, 5] * 32, pa.timestamp("ns", "Europe/Berlin")),
    "duration": pa.array([1, 2] * 48, pa.duration("s")),
    "decimal": pa.array([decimal.Decimal("1.5"), decimal.Decimal("2.5"), None] * 32),
    "time of day": pa.array([1, 2] * 48, pa.time32("s")),
    "large text": pa.array(["a", None, "", "b"] * 24, pa.large_string()),
    "text view": pa.array(["a long enough text view", "b"] * 48, pa.string_view()),
    "one text": pa.array(["a"] * N),
    "distinct texts": pa.array([f"t{i}" for i in range(N)]),
    "dictionary": pa.array(["a", "b", None] * 32).dictionary_encode(),
    "dictionary of numbers": pa.array([1, 2, None] * 32).dictionary_encode(),
    "dictionary of nothing": pa.array([None] * N, pa.string()).dictionary_encode(),
    "dictionary that repeats": pa.DictionaryArray.from_arrays(
        pa.array([0, 1] * 48), pa.array(["a", "a"])
    ),
}
REFUSED: dict[str, Any] = {
    "binary": pa.array([b"a"] * N),
    "struct": pa.array([{"a": 1}] * N),
    "list": pa.array([[1], None] * 48),
    "run ends": pa.RunEndEncodedArray.from_arrays([N], ["x"]),
}
SPEC = Spec(
    monitor="hostile",
    columns=Columns(timestamp="t"),
    reference=ReferenceSpec(start="2024-01-01", end="2024-01-03"),
    start="2024-01-03",
    end="2024-01-06",  # its last day has no rows
    metrics=Metrics(
        quality=[name for name in quality.STATISTICS if name != "quantile"],
        quantiles={"*": [0.0, 0.5, 1.0]},
        correlations="numeric",
    ),
)


def table_with(column: Any) -> pa.Table:
    return pa.table({"t": TIMES, "odd": column, "x": np.sin(np.arange(N))})


def whole(results: Results) -> None:
    """A value exactly where the status is 'ok', and no number that is none."""
    for row in results:
        assert (row.value is None) == (row.status != "ok"), row
        assert row.status != "error", row
        assert all(number == number for number in row if isinstance(number, float)), row


def of_x(results: Results) -> list[tuple[Any, ...]]:
    """What does not depend on the family of the correction."""
    return [
        (row.window_start, row.metric, row.value, row.p_value, row.params)
        for row in results
        if row.column == "x"
    ]


@pytest.mark.parametrize("name", [*COLUMNS, *REFUSED])
def test_a_column_of_any_kind_gives_values_or_statuses(name: str, tmp_path: Path) -> None:
    table = table_with({**COLUMNS, **REFUSED}[name])
    results = monitor(SPEC, table)
    whole(results)
    assert len(results.runs) == 3
    assert of_x(results) == of_x(monitor(SPEC, table.drop_columns(["odd"])))
    whole(sd.compare(table, table.slice(10)).results)
    whole(sd.profile(table).results)
    reference = Reference.fit(table)
    reference.save(tmp_path / "a.sdref")
    loaded = Reference.load(tmp_path / "a.sdref")
    whole(loaded.compare(table.slice(0, 0)).results)
    statuses = [row.status for row in Reference.fit(table).compare(table).results]
    assert [row.status for row in loaded.compare(table).results] == statuses


@pytest.mark.parametrize("name", REFUSED)
def test_a_type_that_is_not_computed_on_is_not_applicable(name: str) -> None:
    results = monitor(SPEC, table_with(REFUSED[name])).filter(column="odd")
    of_rows = {"drift.missing_share", "quality.rows", "quality.missing", "quality.missing_share"}
    others = [row for row in results if row.metric not in of_rows]
    assert {row.status for row in others} <= {"not_applicable"}
    assert results.reason("odd").startswith("column 'odd': expected booleans")
    if name != "run ends":  # its nulls are those of its values, which are not read
        missing = results.filter(metric="quality.missing_share")
        assert [row.value for row in missing[:2]] == [0.5 if name == "list" else 0.0] * 2


@pytest.mark.parametrize("name", COLUMNS)
def test_every_pair_of_kinds_can_be_compared(name: str) -> None:
    for other in COLUMNS.values():
        whole(sd.compare({"c": COLUMNS[name]}, {"c": other}).results)
