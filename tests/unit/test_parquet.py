"""Parquet files: read, or refused with what was expected, found, and what to do."""

import os

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from simdrift import InputError
from simdrift.columns import as_table, open_parquet, parquet_names


@pytest.fixture
def path(tmp_path):
    data = pa.table(
        {"x": list(range(1000)), "s": [f"row {i}" for i in range(1000)], "y": [0.5] * 1000}
    )
    parquet.write_table(data, tmp_path / "fares.parquet", row_group_size=100)
    return tmp_path / "fares.parquet"


def test_a_file_is_a_table(path):
    for form in (path, str(path)):
        table = as_table(form)
        assert table.names == ("x", "s", "y")
        assert table.length == 1000
        assert table.columns["s"].to_text()[999] == "row 999"


def test_only_the_columns_asked_for_are_read_in_that_order(path):
    assert open_parquet(path, ["y", "x"]).column_names == ["y", "x"]
    assert as_table(path, columns=["s"]).names == ("s",)
    assert as_table(path, columns=[]).names == ()


def test_names_are_read_from_the_footer_alone(path):
    assert parquet_names(path) == ["x", "s", "y"]


def test_columns_that_are_not_there_are_named(path):
    with pytest.raises(
        InputError, match=r"fares.parquet: expected columns z, found x, s, y: correct"
    ):
        open_parquet(path, ["x", "z"])


def damaged(path, how):
    whole = path.read_bytes()
    path.write_bytes(how(whole))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (lambda b: b"", "found an empty file: write or copy it again"),
        (lambda b: b"PAR1", "found one cut short after 4 bytes"),
        (lambda b: b[: len(b) // 2], r"found one cut short after \d+ bytes"),
        (lambda b: b"a,b\n1,2\n" * 9, r"found one that starts with b'a,b\\n': convert it"),
        (lambda b: b[:-8] + b"\xff\xff\xff\x7fPAR1", "found a broken one"),
        (lambda b: b[:-300] + b"\x00" * 200 + b[-100:], "found a broken one"),
        (lambda b: b"PAR1" + b"\xee" * 2000 + b[2004:], "found a broken one"),
    ],
)
def test_files_that_are_no_parquet_say_what_was_found_and_what_to_do(path, how, message):
    damaged(path, how)
    with pytest.raises(InputError, match=r"fares.parquet: expected a .*Parquet file, " + message):
        as_table(path)


def test_a_file_that_does_not_exist_says_so(tmp_path):
    with pytest.raises(InputError, match=r"no\.parquet: .* found no such file: check the path"):
        as_table(tmp_path / "no.parquet")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="found a folder: pass one of the files in it"):
        open_parquet(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_says_so(path):
    path.chmod(0)
    with pytest.raises(InputError, match="found one that can't be read"):
        open_parquet(path)


def test_taxi_files_are_read_whole(taxi_data):
    january, _ = taxi_data
    table = as_table(january)
    assert (table.length, len(table.names)) == (62_495, 20)
    assert table.columns["ehail_fee"].null_count == 62_495
