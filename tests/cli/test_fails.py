"""What makes a command fail: alerts of a scope, of the newest window, and rows that are missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from simdrift.cli import run_command
from simdrift.cli_fails import failure
from simdrift.monitoring.files import run_files
from simdrift.monitoring.spec import Spec
from simdrift.reports import Report

PER_DAY, DAYS = 300, 6
SPEC = """
monitor = "m"
data = "rows.parquet"
end = {end}
[reference]
start = 2024-01-01
end = 2024-01-03
[columns]
timestamp = "t"
"""


def write(shifts: dict[int, tuple[str, ...]], end: str = "2024-01-07") -> None:
    """Days of rows; `shifts` are the columns that are moved on a day."""
    rng = np.random.default_rng(5)
    day = np.repeat(np.arange(DAYS), PER_DAY)
    start = np.datetime64("2024-01-01", "us")
    second = np.tile(np.arange(PER_DAY), DAYS) * 200 + day * 86_400
    table = {"t": start + second.astype("timedelta64[s]")}
    for name in "abc":
        values = rng.normal(size=len(day))
        for moved, names in shifts.items():
            values[day == moved] += 5.0 * (name in names)
        table[name] = values
    parquet.write_table(pa.table(table), "rows.parquet")
    Path("m.toml").write_text(SPEC.format(end=end))


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def code(*options: str) -> int:
    return run_command(["run", "m.toml", "--no-store", "--no-progress", "--json", *options])


ALL = ("a", "b", "c")


@pytest.mark.parametrize(
    ("shifts", "options", "expected"),
    [
        ({5: ("a",)}, (), 0),
        ({5: ("a",)}, ("--fail-on-alert",), 1),
        ({5: ("a",)}, ("--fail-on", "any"), 1),
        ({5: ("a",)}, ("--fail-on", "column"), 1),
        ({5: ("a",)}, ("--fail-on", "dataset"), 0),
        ({5: ALL}, ("--fail-on", "dataset"), 1),
        ({4: ALL}, ("--fail-on", "dataset", "--newest"), 0),
        ({4: ALL}, ("--fail-on", "any", "--newest"), 0),
        ({4: ALL, 5: ("b",)}, ("--fail-on", "column", "--newest"), 1),
        ({}, ("--fail-on", "any"), 0),
        ({}, ("--require-rows",), 0),
        ({5: ("a",)}, ("--newest",), 0),
    ],
)
def test_a_scope_of_alerts_is_an_exit_code(
    shifts: dict[int, tuple[str, ...]], options: tuple[str, ...], expected: int
) -> None:
    write(shifts)
    assert code(*options) == expected


def test_each_family_is_a_scope_of_its_own() -> None:
    """Each kind of alert alone fails its own scope, 'any', and no other family's."""
    families = ("drift", "quality", "pipelines", "performance", "service", "schema", "check")
    made = {
        "check": "checks = [{ name = 'row_count', max = 299 }]",
        "schema": "schema = 's.toml'",
        "pipelines": "metrics = { pipelines = ['missing_windows'] }",
        "quality": "metrics = { quality = ['rows'] }\nthresholds = { 'quality.rows' = 10 }",
    }
    Path("s.toml").write_text("ordered = false\n[columns.a]\ntype = 'string'\n")
    write({})
    whole = parquet.read_table("rows.parquet")
    for family, key in made.items():
        kept = [i for i in range(len(whole)) if family != "pipelines" or i // PER_DAY != 4]
        parquet.write_table(whole.take(kept), "rows.parquet")
        Path("m.toml").write_text(key + SPEC.replace("end = {end}\n", ""))
        report = Report(run_files(Spec.from_toml("m.toml")))
        asked = {"fail_on_alert": False, "newest": False, "require_rows": False}
        scopes = ("any", "dataset", "column", *families)
        found = {one for one in scopes if failure(report, fail_on=[one], **asked) == "alert"}
        assert found == {family, "any", "column" if family == "schema" else "dataset"}
        assert failure(report, fail_on=["drift", family], **asked) == "alert"
        assert failure(report, fail_on=["drift"], **asked) is None


@pytest.mark.parametrize(
    ("end", "options", "expected"),
    [
        ("2024-01-09", (), 0),
        ("2024-01-09", ("--require-rows",), 4),
        ("2024-01-09", ("--require-rows", "--newest"), 4),
        ("2024-01-07", ("--require-rows", "--after", "2024-02-01"), 4),
        ("2024-01-07", ("--fail-on", "any", "--after", "2024-02-01"), 4),
        ("2024-01-07", ("--after", "2024-02-01"), 0),
    ],
)
def test_rows_that_are_missing_are_an_exit_code(
    end: str, options: tuple[str, ...], expected: int
) -> None:
    write({}, end)
    assert code(*options) == expected


def test_compare_has_the_same_options() -> None:
    write({5: ALL})
    parquet.write_table(parquet.read_table("rows.parquet").slice(0, 0), "empty.parquet")
    compare = ["compare", "rows.parquet", "rows.parquet", "--json", "--no-progress"]
    assert run_command([*compare, "--fail-on", "any"]) == 0
    assert run_command([*compare, "--require-rows"]) == 0
    compare[2] = "empty.parquet"
    assert run_command([*compare, "--require-rows"]) == 4
