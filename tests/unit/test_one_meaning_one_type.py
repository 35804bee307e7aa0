"""One meaning is one type: units, widths, blanks and libraries don't change what a column is."""

from __future__ import annotations

import datetime as dt
import decimal
import itertools
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

import simdrift as sd
from simdrift.columns import as_column, as_table

D = decimal.Decimal
HOURS = pd.date_range("2024-01-01", periods=500, freq="h")
DAYS = pa.array([dt.date(2024, 1, 1) + dt.timedelta(days) for days in range(200)])
KS = sd.Spec(monitor="m", window="all", methods={"t": "ks"})


def drift(reference: object, current: object, **options: Any) -> dict[str, tuple[Any, str]]:
    """(value, status) by method of the column 't'."""
    report = sd.compare({"t": reference}, {"t": current}, **options)
    rows = report.results.filter(column="t")
    return {r.metric[6:]: (r.value, r.status) for r in rows if r.metric.startswith("drift.")}


def prepared(reference: object, current: object, tmp_path: Path) -> list[tuple[Any, str]]:
    """(value, status) of KS against a reference that was prepared, and one that was saved."""
    fitted = sd.Reference.fit({"t": reference}, spec=KS)
    fitted.save(tmp_path / "t.sdref")
    rows = []
    for one in (fitted, sd.Reference.load(tmp_path / "t.sdref")):
        rows += one.compare({"t": current}).results.filter(metric="drift.ks")
    return [(row.value, row.status) for row in rows]


@pytest.mark.parametrize(
    ("before", "now"), list(itertools.permutations(("s", "ms", "us", "ns"), 2))
)
def test_times_of_two_units_are_the_same_times(before: str, now: str, tmp_path: Path) -> None:
    times = [HOURS.astype(f"datetime64[{unit}]") for unit in (before, now)]
    assert drift(*times, methods={"t": "ks"})["ks"] == (0.0, "ok")
    assert prepared(*times, tmp_path) == [(0.0, "ok")] * 2
    later = times[1] + pd.Timedelta("250h")
    assert drift(times[0], later, methods={"t": "ks"})["ks"] == (0.5, "ok")
    assert sd.drift.ks(times[0], later).value == 0.5


SPELLINGS = {
    "date32": DAYS,
    "date64": DAYS.cast(pa.date64()),
    "seconds": DAYS.cast(pa.timestamp("s")),
    "nanoseconds": DAYS.cast(pa.timestamp("ns")),
    "aware": DAYS.cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC")),
    "pandas": pd.Series(pd.to_datetime(DAYS.to_pylist())),
    "polars": pl.Series(DAYS.to_pylist()),
    "objects": pd.Series(DAYS.to_pylist(), dtype=object),
}


@pytest.mark.parametrize(("before", "now"), list(itertools.permutations(SPELLINGS, 2)))
def test_dates_and_midnights_are_the_same(before: str, now: str) -> None:
    found = drift(SPELLINGS[before], SPELLINGS[now], methods={"t": ["ks", "wasserstein"]})
    assert [found[name] for name in ("ks", "wasserstein", "missing_share")] == [(0.0, "ok")] * 3


def test_times_beyond_the_nanoseconds_are_compared_in_the_coarser_unit() -> None:
    far = np.array(["2024-01-01", "9999-12-31"], "datetime64[us]").repeat(50)
    near = np.array(["2024-01-01", "2100-12-31"], "datetime64[ns]").repeat(50)
    assert drift(far, near, methods={"t": "ks"})["ks"] == (0.5, "ok")
    assert drift(near, far, methods={"t": "ks"})["ks"] == (0.5, "ok")


def test_durations_and_times_of_day_are_numbers_of_seconds(tmp_path: Path) -> None:
    minutes = pd.to_timedelta(np.arange(500), unit="min")
    for other in (minutes.astype("timedelta64[us]"), pa.array(minutes), pl.Series(minutes)):
        assert drift(minutes.astype("timedelta64[s]"), other, methods="ks")["ks"] == (0.0, "ok")
    report = sd.compare({"t": minutes}, {"t": minutes * 60}, methods="wasserstein")
    row = report.results.filter(metric="drift.wasserstein")[0]
    assert row.value == pytest.approx(249.5 * 59 * 60)
    assert sd.profile({"t": minutes}).columns[0].value("max") == 499 * 60
    clock = pa.array([0, None, 3_600_000_000], pa.time64("us"))
    assert as_column(clock).to_float64().tolist() == pytest.approx([0, np.nan, 3600], nan_ok=True)
    assert drift(minutes, np.arange(500.0), methods="ks")["ks"] == (None, "type_changed")
    assert prepared(minutes, minutes.astype("timedelta64[ms]"), tmp_path) == [(0.0, "ok")] * 2


DECIMALS = [D("1.10"), None, D("-2.35"), D("0.1"), D("12345678901234567890.12")]


@pytest.mark.parametrize("kind", [pa.decimal128(24, 2), pa.decimal256(60, 20)])
def test_decimals_are_the_numbers_next_to_them(kind: pa.DataType) -> None:
    column = as_column(pa.array(DECIMALS, kind).slice(1))
    expected = [np.nan, -2.35, 0.1, 12345678901234567890.12]
    assert column.to_float64().tolist() == pytest.approx(expected, rel=0, abs=0, nan_ok=True)
    assert (column.null_count, column.kind) == (1, "float")


def test_whole_decimals_are_integers_to_the_last_digit() -> None:
    large = [2**62 + 1, None, -(2**62) - 3]
    column = as_column(pa.array([None if x is None else D(x) for x in large], pa.decimal128(38, 0)))
    assert column.to_int64()[0].tolist() == [2**62 + 1, 0, -(2**62) - 3]
    beyond = as_column(pa.array([D(2**63), D(1)], pa.decimal128(38, 0)))
    assert (beyond.kind, beyond.to_float64().tolist()) == ("float", [2.0**63, 1.0])


NA = pd.NA
OBJECTS: dict[str, tuple[list[Any], str, int]] = {
    "booleans": ([True, np.nan, False, None, NA], "boolean", 3),
    "text": (["a", NA, pd.NaT, float("nan"), None], "text", 4),
    "integers": ([1, NA, 2**60, None, np.nan], "integer", 3),
    "numbers": ([1.5, None, 2, D("2.5"), NA], "float", 2),
    "decimals": ([D("1.5"), None, D("NaN"), D("2"), NA], "float", 3),
    "dates": ([dt.date(2024, 1, 1), None, NA, np.nan, pd.NaT], "temporal", 4),
    "times": ([dt.date(2024, 1, 1), dt.datetime(2024, 1, 2), pd.NaT, NA, None], "temporal", 3),
    "durations": ([dt.timedelta(1), pd.Timedelta("1s"), pd.NaT, NA, None], "float", 3),
    "mixture": (["a", 1, 2.0, None, NA], "text", 2),
    "uuids": ([uuid.UUID(int=1), None, uuid.UUID(int=2), NA, np.nan], "text", 3),
    "nothing": ([None, NA, pd.NaT, np.nan, float("nan")], "null", 5),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_objects_are_what_all_of_them_are_in_any_order(name: str) -> None:
    values, kind, nulls = OBJECTS[name]
    for order in itertools.islice(itertools.permutations(range(5)), 0, 120, 7):
        column = as_column(pd.Series([values[place] for place in order], dtype=object))
        missing = sum(value != value for value in column.to_float64()) if kind == "float" else None
        assert (column.kind, column.null_count if missing is None else missing) == (kind, nulls)


@pytest.mark.parametrize("values", [[[1], None, [2]], [b"a", NA, b""], [{"a": 1}, np.nan, {}]])
def test_what_is_not_computed_on_has_rows_and_missing_ones(values: list[Any]) -> None:
    frame = pd.DataFrame({"odd": pd.Series(values, dtype=object), "x": [1.0, 2.0, 3.0]})
    for data in (frame, frame.iloc[::-1]):
        report = sd.profile(data)
        odd = next(line for line in report.columns if line.column == "odd")
        assert (odd.value("rows"), odd.value("missing")) == (3.0, 1.0)
        assert report.results.filter(column="", metric="quality.missing_share")[0].value == 1 / 6
        assert report.results.reason("odd").startswith("column 'odd': expected")


def test_a_boolean_column_with_a_blank_is_boolean() -> None:
    found = drift(pd.Series([True, False] * 50), pd.Series([True, np.nan] * 50, dtype=object))
    assert found["missing_share"] == (0.5, "ok")
    assert all(status == "ok" for _, status in found.values())


def test_labels_of_mixtures_are_compared(tmp_path: Path) -> None:
    mixed = pd.Series(["a", 1, 2.0, dt.date(2024, 1, 1)] * 25, dtype=object)
    same = pd.Series(["a", "1", "2", "2024-01-01"] * 25)
    for reference, current in ((mixed, same), (same, mixed), (mixed, pd.Categorical(mixed))):
        assert drift(reference, current, methods="psi")["psi"] == (0.0, "ok")
    spec = sd.Spec(monitor="m", window="all", methods="psi")
    sd.Reference.fit({"t": mixed}, spec=spec).save(tmp_path / "m")
    report = sd.Reference.load(tmp_path / "m").compare({"t": same})
    assert report.results.filter(metric="drift.psi")[0].value == 0.0
    assert drift(pd.Series([1, 2] * 50), mixed, methods="psi")["psi"] == (None, "type_changed")


def test_categories_of_numbers_have_one_label_whatever_their_type() -> None:
    codes = np.array([7, 100_000, 2_000_000] * 40)
    roles = {"categorical": ["t"]}
    for other in (codes.astype(float), codes.astype("int32"), pd.Series(codes).astype(str)):
        assert drift(codes, other, roles=roles, methods="psi")["psi"] == (0.0, "ok")


def test_dates_as_categories_have_dates_as_labels() -> None:
    report = sd.compare({"t": DAYS}, {"t": SPELLINGS["nanoseconds"]}, roles={"categorical": ["t"]})
    labels = report.results.histograms[0].labels
    assert labels is not None
    assert labels[0] == "2024-01-01"
    assert report.results.filter(column="t", status="type_changed").rows == ()


def test_a_list_that_goes_missing_is_seen_by_saved_references_too(tmp_path: Path) -> None:
    before = pa.table({"odd": [[1], [2]] * 500})
    now = pa.table({"odd": [[1], None] * 500})
    sd.Reference.fit(before).save(tmp_path / "odd")
    for report in (
        sd.compare(before, now),
        sd.Reference.load(tmp_path / "odd").compare(now),
        sd.compare(pl.DataFrame(before), pl.DataFrame(now)),
    ):
        row = report.results.filter(column="odd", metric="drift.missing_share")[0]
        assert (row.value, row.alert, row.status) == (0.5, True, "ok")
    changed = sd.compare(before, {"odd": np.arange(1000.0)}).results.filter(column="odd")
    assert changed.filter(metric="drift.missing_share")[0].status == "type_changed"


def test_a_null_column_of_polars_is_all_null() -> None:
    reference = pl.DataFrame({"x": ["a", "b"] * 100, "y": np.arange(200.0)})
    report = sd.compare(reference, reference.with_columns(pl.lit(None).alias("x")))
    row = report.results.filter(column="x", metric="drift.missing_share")[0]
    assert (row.value, row.status) == (1.0, "ok")
    assert report.results.filter(column="", metric="quality.missing_share")[0].value == 0.5
    assert as_table(reference).types["x"] == "string_view"


BIG = 2**60


def files_of(folder: Path, *arrays: pa.Array) -> str:
    """The arrays as the column 't' of a file each; a pattern of them."""
    for place, array in enumerate(arrays):
        parquet.write_table(pa.table({"t": array}), folder / f"{place}.parquet")
    return str(folder / "*.parquet")


def ids(*, first: int, kind: pa.DataType) -> pa.Array:
    return pa.array(range(first, first + 100)).cast(kind, safe=False)


@pytest.mark.parametrize("kind", [pa.float64(), pa.uint64(), pa.decimal128(20, 0)])
def test_files_of_large_integers_are_exact_whatever_type_the_others_have(tmp_path, kind) -> None:
    other = pa.array([None, *range(99)]).cast(kind)
    data = files_of(tmp_path, ids(first=BIG, kind=pa.int64()), other)
    read = as_table(data).columns["t"]
    assert read.type == "int64"
    assert max(read.to_int64()[0].tolist()) == BIG + 99


def test_large_integers_among_fractions_are_another_type_and_not_rounded(tmp_path) -> None:
    data = files_of(tmp_path, pa.array([0.5] * 100), ids(first=BIG, kind=pa.int64()))
    table = as_table(data)
    assert table.columns["t"].type == "float64"
    gap = table.gaps["t"]
    assert gap.marks.tolist() == [0] * 100 + [2] * 100
    assert gap.reason.startswith("column 't' is double in ")
    assert "int64 beyond 2^53 in " in gap.reason


def test_small_integers_among_fractions_stay_numbers(tmp_path) -> None:
    data = files_of(tmp_path, pa.array([0.5] * 100), ids(first=2**53 - 99, kind=pa.int64()))
    assert not as_table(data).gaps
