"""Files as they come: what is read of them, and several of them as one table."""

from __future__ import annotations

import datetime as dt
import gzip
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.feather as feather
import pyarrow.parquet as parquet
import pytest

import simdrift as sd
from simdrift._errors import InputError
from simdrift.columns import as_table
from simdrift.monitoring import Columns, Reference, ReferenceSpec, Spec, monitor
from simdrift.results import Results

N = 240
HOURS = np.datetime64("2024-01-01T00", "us") + np.arange(N).astype("m8[h]")
TABLE = pa.table(
    {
        "t": HOURS,
        "x": np.sin(np.arange(N)),
        "n": np.arange(N) % 7,
        "s": [f"k{i % 3}" for i in range(N)],
        "w": pd.date_range("2024-01-01", periods=N, freq="D"),
    }
)
SPEC = Spec(
    monitor="m",
    dataset="d",
    columns=Columns(timestamp="t"),
    reference=ReferenceSpec(start="2024-01-01", end="2024-01-03"),
    start="2024-01-03",
    end="2024-01-11",
    methods={"w": "ks"},
)


def values(results: Results, column: str) -> list[tuple[Any, ...]]:
    rows = results.filter(column=column)
    return [(r.window_start, r.metric, r.value, r.status) for r in rows]


def write(path: Path, table: pa.Table) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if ".csv" in path.name:
        csv.write_csv(table, path)
    elif path.suffix in (".feather", ".arrow"):
        feather.write_feather(table, path)
    else:
        parquet.write_table(table, path)
    if path.suffix == ".gz" and not path.read_bytes().startswith(b"\x1f\x8b"):
        path.write_bytes(gzip.compress(path.read_bytes()))
    return path


FORMATS = ["a.parquet", "a.feather", "a.arrow", "a.csv", "a.csv.gz"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_of_any_format_is_read_everywhere(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / name, TABLE)
    expected = sd.compare(TABLE, TABLE.slice(100)).results
    for data in (path, str(path), [path], tmp_path, str(tmp_path / "**" / "*")):
        assert as_table(data).names == tuple(TABLE.column_names)
        assert values(sd.compare(data, TABLE.slice(100)).results, "x") == values(expected, "x")
    assert sd.profile(path, columns=["n"]).columns[0].value("mean") == np.mean(np.arange(N) % 7)
    assert Reference.fit([path], columns=["x"]).rows == N
    spec = SPEC.model_copy(update={"data": (str(path),)})
    assert values(monitor(spec), "x") == values(monitor(SPEC, TABLE), "x")


def test_text_of_a_csv_file_has_blanks_and_other_separators(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a;b;c\n1;x;true\n;;\n3;y;false\n")
    table = as_table(path)
    assert table.types == {"a": "int64", "b": "utf8", "c": "bool"}
    assert [column.null_count for column in table.computed.values()] == [1, 1, 1]


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    content = write(tmp_path / "a.parquet", TABLE).read_bytes()
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(content), daemon=True)
    writer.start()
    assert sd.profile(pipe, columns=["x"]).columns[0].value("rows") == N
    writer.join(timeout=20)
    done = subprocess.run(
        [sys.executable, "-m", "simdrift", "profile", "/dev/stdin", "--json"],
        input=b"a,b\n1,2\n3,4\n",
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert b'"quality.rows"' in done.stdout


def test_partitions_of_folders_are_columns(tmp_path: Path) -> None:
    for year, month in ((2023, "01"), (2024, "02")):
        write(tmp_path / f"year={year}/month={month}/a.parquet", TABLE.select(["x"]))
    write(tmp_path / "year=2024/_temporary/b.parquet", TABLE.select(["x"]))
    (tmp_path / "_SUCCESS").write_text("")
    for data in (tmp_path, str(tmp_path / "year=*" / "month=*" / "*.parquet")):
        table = as_table(data)
        assert (table.types["year"], table.types["month"]) == ("int64", "int64")
        assert table.computed["year"].to_int64()[0].tolist() == [2023] * N + [2024] * N
    assert as_table(tmp_path, columns=["year"]).length == 2 * N
    assert as_table(tmp_path / "year=2024/month=02/a.parquet").names == ("x",)


@pytest.mark.parametrize("url", ["s3://bucket/x.parquet", "gs://b/x", "https://h/x.csv", "S3:/b/x"])
def test_urls_are_refused_by_name(url: str) -> None:
    for call in (sd.profile, Reference.fit, lambda data: sd.compare(data, TABLE)):
        with pytest.raises(InputError, match=r"expected a path, found a URL"):
            call(url)


def test_the_unnamed_levels_of_pandas_index_are_left_out(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": np.arange(50.0), "y": np.arange(50.0)})[::2]
    path = tmp_path / "a.parquet"
    frame.to_parquet(path)
    table = parquet.read_table(path)
    if "__index_level_0__" not in table.column_names:  # a range with a step is metadata alone
        frame.index = frame.index.to_numpy() ** 2
        frame.to_parquet(path)
        table = parquet.read_table(path)
    assert "__index_level_0__" in table.column_names
    for data in (path, table):
        assert as_table(data).names == ("x", "y")
        assert {r.column for r in sd.compare(data, data).results} == {"", "x", "y"}
    assert as_table(path, columns=["__index_level_0__"]).length == 25
    frame.set_index("y").to_parquet(path)
    assert as_table(path).names == ("x", "y")


def test_only_the_columns_asked_for_are_read(tmp_path: Path) -> None:
    path = tmp_path / "c.parquet"
    noise = np.random.default_rng(0).normal(size=5000)
    table = pa.table({"x": np.arange(5000.0), "y": noise})
    parquet.write_table(table, path, use_dictionary=False, compression="none")
    at = parquet.ParquetFile(path).metadata.row_group(0).column(1).data_page_offset
    raw = bytearray(path.read_bytes())
    raw[at : at + 60] = b"\xff" * 60
    path.write_bytes(raw)
    assert sd.profile(path, columns=["x"]).columns[0].value("rows") == 5000
    assert not sd.compare(path, table, columns=["x"]).results.filter(column="y")
    assert Reference.fit(path, columns=["x"]).compare(path).results[0].column == "x"
    with pytest.raises(InputError, match="found a broken one"):
        sd.profile(path)


def test_a_page_whose_checksum_is_wrong_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.parquet"
    table = pa.table({"x": np.arange(5000.0)})
    options = {"use_dictionary": False, "compression": "none", "write_page_checksum": True}
    parquet.write_table(table, path, **options)
    raw = bytearray(path.read_bytes())
    raw[20_000] ^= 1  # a bit of a value
    path.write_bytes(raw)
    with pytest.raises(InputError, match="found a broken one"):
        sd.profile(path)


def test_int96_beyond_2262_is_the_time_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    times = pa.array([dt.datetime(2024, 1, 1), dt.datetime(9999, 12, 31)], pa.timestamp("us"))
    parquet.write_table(pa.table({"v": times}), path, use_deprecated_int96_timestamps=True)
    line = sd.profile(path).columns[0]
    seconds = dt.datetime(9999, 12, 31, tzinfo=dt.UTC).timestamp()
    assert (line.value("min"), line.value("max")) == (1_704_067_200.0, seconds)


def test_values_that_are_not_computed_on_are_not_read(tmp_path: Path) -> None:
    nested = {
        "l": pa.array([[1.0], None, [], [2.0]] * 50),
        "s": pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": None}, {"a": 2, "b": "y"}] * 50),
        "m": pa.array([[("k", 1)], None, [], []] * 50, pa.map_(pa.string(), pa.int8())),
        "b": pa.array([b"a", None, b"", b"b"] * 50),
        "e": pa.array([[1.0, 2.0]] * 200),
    }
    table = pa.table({"x": np.arange(200.0), **nested})
    parquet.write_table(table, tmp_path / "a.parquet", row_group_size=64)
    for data in (table, tmp_path / "a.parquet", [tmp_path / "a.parquet"] * 2):
        report = sd.profile(data)
        shares = {line.column: line.value("missing_share") for line in report.columns}
        assert shares == {"x": 0.0, "l": 0.25, "s": 0.25, "m": 0.25, "b": 0.25, "e": 0.0}
        assert report.results.reason("l").startswith("column 'l': expected booleans")


CHANGES: dict[str, tuple[str, pa.DataType]] = {
    "int64 and double": ("n", pa.float64()),
    "int64 and int32": ("n", pa.int32()),
    "double and float": ("x", pa.float32()),
    "text and large text": ("s", pa.large_string()),
    "text and dictionary": ("s", pa.dictionary(pa.int32(), pa.string())),
    "nanoseconds and microseconds": ("w", pa.timestamp("us")),
    "timestamps and dates": ("w", pa.date32()),
    "zones": ("w", pa.timestamp("us", "UTC")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_files_of_one_monitor_may_spell_a_type_as_they_like(change: str, tmp_path: Path) -> None:
    name, kind = CHANGES[change]
    at = TABLE.column_names.index(name)
    table = TABLE
    if kind == pa.float32():
        table = TABLE.set_column(at, name, TABLE.column(name).cast(kind).cast(pa.float64()))
    late = table.slice(120)
    write(tmp_path / "1.parquet", table.slice(0, 120))
    late = late.set_column(at, name, late.column(name).cast(kind, safe=False))
    write(tmp_path / "2.parquet", late)
    for data in (str(tmp_path / "*.parquet"), [tmp_path / "2.parquet", tmp_path / "1.parquet"]):
        assert values(monitor(SPEC, data), name) == values(monitor(SPEC, table), name)
    Reference.fit(table.slice(0, 48), spec=SPEC).save(tmp_path / "r")
    reference = Reference.load(tmp_path / "r")
    found = monitor(SPEC, tmp_path / "2.parquet", reference).filter(column=name)
    assert {row.status for row in found if row.n_current} <= {"ok", "not_applicable"}


def test_a_file_without_a_value_has_the_type_of_the_others(tmp_path: Path) -> None:
    nulls = TABLE.slice(120).set_column(1, "x", pa.nulls(120))
    write(tmp_path / "1.parquet", TABLE.slice(0, 120))
    write(tmp_path / "2.parquet", nulls)
    found = monitor(SPEC, tmp_path).filter(column="x", metric="drift.missing_share")
    assert [(row.value, row.status) for row in found] == [(0.0, "ok")] * 3 + [(1.0, "ok")] * 5


def test_what_cannot_be_one_type_costs_its_own_windows(tmp_path: Path) -> None:
    late = TABLE.slice(120).set_column(1, "x", pa.array(["odd"] * 120)).drop_columns(["n"])
    write(tmp_path / "1.parquet", TABLE.slice(0, 120))
    write(tmp_path / "2.parquet", late.append_column("later", pa.array(np.arange(120.0))))
    whole, found = monitor(SPEC, TABLE), monitor(SPEC, tmp_path)
    for name, status in (("x", "type_changed"), ("n", "missing_column")):
        kept = [row for row in values(found, name) if row[0].day < 6]
        assert kept == [row for row in values(whole, name) if row[0].day < 6]
        lost = [row for row in values(found, name) if row[0].day >= 6]
        assert len(lost) >= 10
        assert {row[2:] for row in lost} == {(None, status)}
    assert found.reason("x") == (
        f"column 'x' is double in {tmp_path / '1.parquet'}, string in {tmp_path / '2.parquet'}"
    )
    assert "absent in" in found.reason("n")
    assert values(found, "s") == values(whole, "s")
    later = found.filter(column="later", metric="drift.missing_share")
    assert {row.status for row in later if row.window_start.day >= 6} == {"new_column"}
    both = sd.compare(TABLE.slice(0, 120), tmp_path).results
    assert both.filter(column="x", metric="drift.ks")[0].status == "type_changed"
    assert both.filter(column="s", metric="drift.missing_share")[0].status == "ok"
