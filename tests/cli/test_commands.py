"""The command as people run it: what it prints, where, and the code it leaves with."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from click.testing import CliRunner

from simdrift.cli import cli
from simdrift.results import Results


def test_help_names_every_command() -> None:
    shown = CliRunner().invoke(cli, ["--help"]).output
    for command in (
        "run", "compare", "profile", "metrics", "demo", "show-config", "migrate", "flush", "prune",
        "store",
    ):  # fmt: skip
        assert f"\n  {command} " in shown


def test_a_month_is_computed_shown_and_left_out_of_the_store(simdrift, days: Path) -> None:
    done = simdrift("run", days, "--no-store", "--html", "out.html")
    assert done.returncode == 0
    assert "computed 3 windows, 1,500 rows, " in done.stderr
    assert "x" in done.stdout
    assert "<html" in (days.parent / "out.html").read_text()
    assert "report: out.html" in done.stderr


def test_json_is_the_results_and_nothing_else(simdrift, days: Path) -> None:
    done = simdrift("run", days, "--no-store", "--json")
    results = Results.from_json(done.stdout)
    assert [run.rows for run in results.runs] == [500, 500, 500]
    alerts = {row.window_start.day for row in results.filter(column="x", alert=True)}
    assert alerts == {6}


def test_an_all_null_column_is_a_status_and_no_error(simdrift, days: Path) -> None:
    results = Results.from_json(simdrift("run", days, "--no-store", "--json").stdout)
    statuses = {row.status for row in results.filter(column="y") if row.metric == "drift.ks"}
    assert statuses <= {"all_null"}
    assert {row.value for row in results.filter(column="y", metric="quality.missing_share")} == {
        1.0
    }


def test_an_alert_is_an_exit_code_where_asked_for(simdrift, days: Path) -> None:
    assert simdrift("run", days, "--no-store").returncode == 0
    assert simdrift("run", days, "--no-store", "--fail-on-alert").returncode == 1


def test_two_files_are_compared(simdrift, two_files: tuple[Path, Path]) -> None:
    done = simdrift("compare", *two_files, "--columns", "x,c", "--json")
    assert done.returncode == 0
    columns = {row.column for row in Results.from_json(done.stdout) if row.column}
    assert columns == {"x", "c"}
    shown = simdrift("compare", *two_files, "--html", "out.html")
    assert "wasserstein_normed" in shown.stdout
    assert "<html" in (two_files[0].parent / "out.html").read_text()
    assert simdrift("compare", *two_files, "--fail-on-alert").returncode == 1
    assert simdrift("compare", two_files[0], two_files[0], "--fail-on-alert").returncode == 0


def test_a_file_is_profiled(simdrift, two_files: tuple[Path, Path]) -> None:
    done = simdrift("profile", two_files[0], "--json")
    rows = Results.from_json(done.stdout).filter(column="x", metric="quality.rows")
    assert [row.value for row in rows] == [3000.0]
    shown = simdrift("profile", two_files[0], "--columns", "x,c", "--html", "profile.html")
    assert (shown.returncode, shown.stdout.splitlines()[0][:21]) == (0, "3,000 rows, 2 columns")
    assert "<html" in (two_files[0].parent / "profile.html").read_text()


def test_the_configuration_is_shown(simdrift) -> None:
    done = simdrift("show-config")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()][:3] == [
        "simdrift",
        "isa",
        "threads",
    ]


def test_an_isa_that_can_not_be_had_is_told_and_the_work_is_done(
    simdrift, environment: dict[str, str], two_files: tuple[Path, Path]
) -> None:
    environment["SIMDRIFT_ISA"] = "sse9"
    done = simdrift("compare", *two_files)
    assert done.returncode == 0
    assert done.stderr.startswith("simdrift: SIMDRIFT_ISA: expected scalar, avx2, avx512 or neon, ")
    assert "found 'sse9'; using " in done.stderr
    environment["SIMDRIFT_ISA"] = "scalar"
    again = simdrift("compare", *two_files)
    assert (again.stderr, again.stdout) == ("", done.stdout)


def test_a_file_that_does_not_exist_is_named(simdrift, two_files: tuple[Path, Path]) -> None:
    done = simdrift("compare", "gone.parquet", two_files[0])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "simdrift: gone.parquet: expected a CSV, Arrow or Parquet file, found no such file: "
        "check the path\n"
    )


def test_a_file_that_is_no_parquet_is_told(simdrift, days: Path) -> None:
    done = simdrift("profile", days)
    assert done.returncode == 2
    assert (
        f"simdrift: {days}: expected a CSV, Arrow or Parquet file, found one that starts with"
        in done.stderr
    )
    assert "Traceback" not in done.stderr


def test_files_without_a_common_column_are_told(simdrift, two_files: tuple[Path, Path]) -> None:
    other = two_files[0].parent / "other.parquet"
    parquet.write_table(pa.table({"z": [1]}), other)
    done = simdrift("compare", two_files[0], other)
    assert done.returncode == 2
    assert done.stderr == (
        f"simdrift: {other}: expected columns of {two_files[0]} (t, x, y, c); found only others: "
        "z\n"
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('timestamp = "t"', 'timestmap = "t"', "unknown key 'columns.timestmap', did you mean "),
        (
            'timestamp = "t"',
            'timestamp = "tt"',
            "'columns.timestamp': the data have no column 'tt', did you mean 't'?; found t, x, y",
        ),
        (
            'timestamp = "t"',
            'timestamp = "x"',
            "'columns.timestamp': expected a column of times or dates, found 'x' of type ",
        ),
        (
            "days.parquet",
            "nights.parquet",
            "nights.parquet: expected a CSV, Arrow or Parquet file, found no",
        ),
        (
            "2020-01-04\n\n[col",
            "2019-01-04\n\n[col",
            "'reference.start' (2020-01-01) is not before",
        ),
        ("2020-01-01", "2021-01-01", "'reference.start' (2021-01-01) is not"),
        ("days.parquet", "*.arrow", "*.arrow: no file matches; expected CSV, Arrow or Parquet"),
    ],
)
def test_a_spec_that_can_not_be_used_is_told(
    simdrift, days: Path, old: str, new: str, message: str
) -> None:
    assert old in days.read_text()
    days.write_text(days.read_text().replace(old, new, 1))
    done = simdrift("run", days)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("simdrift: ")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_rows_that_no_window_holds_are_counted(simdrift, days: Path) -> None:
    path = days.parent / "days.parquet"
    table = parquet.read_table(path)
    times = table.column("t").to_pylist()
    times[-3:] = [None] * 3
    parquet.write_table(table.set_column(0, "t", pa.array(times, table.schema.types[0])), path)
    done = simdrift("run", days, "--no-store")
    assert "outside" not in done.stderr  # what no window holds is the reference's
    assert "3 rows have no time\n" in done.stderr
    assert "computed 3 windows, 1,497 rows" in done.stderr


@pytest.mark.parametrize(
    ("reference", "start", "rows"),
    [
        (("2020-01-01", "2020-01-03"), "2020-01-05", "1,000"),  # 3 and 4 January
        (("2020-01-01", "2020-01-05"), "2020-01-04", None),  # overlap, and nothing between
        (("2020-01-02", "2020-01-03"), "2020-01-04", "1,000"),  # 1 and 3 January
    ],
)
def test_rows_that_are_neither_in_a_window_nor_the_references_are_counted(
    simdrift, days: Path, reference: tuple[str, str], start: str, rows: str | None
) -> None:
    text = days.read_text().replace("start = 2020-01-04", f"start = {start}")
    text = text.replace(
        "start = 2020-01-01\nend = 2020-01-04", "start = {}\nend = {}".format(*reference)
    )
    days.write_text(text)
    done = simdrift("run", days, "--no-store")
    assert done.returncode == 0
    expected = f"{rows} rows lie outside of {start} to 2020-01-07 and of the reference\n"
    assert expected in done.stderr if rows else "outside" not in done.stderr


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("no/such/out.html", "expected a folder no/such, found none: make it first"),
        ("left.parquet/out.html", "expected a folder left.parquet, found a file: make it first"),
        (".", "expected the name of a file to write, found a folder"),
    ],
)
def test_a_page_that_can_not_be_written_is_told_before_anything_is_computed(
    simdrift, two_files: tuple[Path, Path], page: str, words: str
) -> None:
    for command in (["compare", *two_files], ["profile", two_files[0]]):
        done = simdrift(*command, "--html", page)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == f"simdrift: {page}: {words}\n"


def test_results_go_to_the_store_though_their_page_can_not_be_written(simdrift, days: Path) -> None:
    done = simdrift("run", days, "--deadline", 0.5, "--html", "/proc/x.html")
    assert done.returncode == 3
    page, store = done.stderr.splitlines()[-2:]
    assert page == "simdrift: /proc/x.html: No such file or directory"
    assert "the results are in the spool at" in store
    assert len(list((days.parent / "spool").iterdir())) == 1


def test_a_reader_that_goes_away_harms_nothing(simdrift, days: Path) -> None:
    """As `simdrift run monitor.toml | head -1` does, at its worst."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as stdout:
        done = simdrift("run", days, "--deadline", "0.5", stdout=stdout)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
    assert len(list((days.parent / "spool").iterdir())) == 1


def test_output_that_can_not_be_written_is_told(simdrift, two_files: tuple[Path, Path]) -> None:
    with Path("/dev/full").open("wb") as stdout:
        done = simdrift("compare", *two_files, stdout=stdout)
    assert (done.returncode, done.stderr) == (
        2, "simdrift: the output: No space left on device\n",
    )  # fmt: skip


def test_a_wrong_option_is_told(simdrift) -> None:
    done = simdrift("run", "--nonsense")
    assert done.returncode == 2
    assert "No such option" in done.stderr


def test_what_a_server_that_is_down_did_not_take_is_in_the_spool(simdrift, days: Path) -> None:
    done = simdrift("run", days, "--deadline", 0.5)
    assert done.returncode == 3
    assert "s3cret" not in done.stderr
    assert "simdrift flush" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(list((days.parent / "spool").iterdir())) == 1
    assert "x" in done.stdout  # the report is there all the same


def test_json_of_a_profile_is_json(simdrift, two_files: tuple[Path, Path]) -> None:
    assert json.loads(simdrift("profile", two_files[0], "--json").stdout)


def test_controls_of_names_do_not_reach_the_terminal(simdrift, tmp_path: Path) -> None:
    name = "\u202egnp.exe\u2066\x1b]0;title\x07"
    for file in ("a.parquet", "b.parquet"):
        parquet.write_table(pa.table({name: [1.0, 2.0]}), tmp_path / file)
    done = simdrift("compare", tmp_path / "a.parquet", tmp_path / "b.parquet", "--columns", "no")
    assert done.returncode == 2
    assert r"found \u202egnp.exe\u2066\x1b]0;title\x07" in done.stderr
    assert done.stderr.rstrip("\n").isprintable()
    done = simdrift("profile", tmp_path / "a\u202eb.parquet")
    assert r"a\u202eb.parquet: " in done.stderr
    assert done.stderr.rstrip("\n").isprintable()
