"""`simdrift check` and `simdrift schema infer` as people and pipelines run them."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from simdrift.cli import run_command


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    parquet.write_table(pa.table({"id": np.arange(200), "kind": ["a", "b"] * 100}), "a.parquet")
    parquet.write_table(pa.table({"id": np.zeros(9, int), "kind": ["z"] * 9}), "b.parquet")
    return tmp_path


def test_a_file_passes_its_own_schema_and_checks_and_another_does_not(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["schema", "infer", "a.parquet", "-o", "s.toml"]) == 0
    assert "s.toml: written" in capsys.readouterr().out
    assert run_command(["check", "a.parquet", "--suggest"]) == 0
    (folder / "c.toml").write_text(capsys.readouterr().out)
    both = ["--schema", "s.toml", "--checks", "c.toml"]
    assert run_command(["check", "a.parquet", *both]) == 0
    assert "9 checks of 200 rows: 9 passed" in capsys.readouterr().out
    files = ["--junit", "j.xml", "--json", "j.json", "--html", "h.html"]
    assert run_command(["check", "b.parquet", *both, *files]) == 1
    assert "fail  id" in capsys.readouterr().out
    failures = ElementTree.parse("j.xml").getroot()[0].get("failures")
    assert int(str(failures)) == json.loads(Path("j.json").read_text())["counts"]["fail"] == 3
    assert Path("h.html").read_text().startswith("<!doctype html>")


def test_a_check_that_only_warns_exits_with_0(folder: Path) -> None:
    text = "[[check]]\nname = 'row_count'\nmin = 1000\nseverity = 'warn'\n"
    (folder / "c.toml").write_text(text)
    assert run_command(["check", "a.parquet", "--checks", "c.toml"]) == 0
    (folder / "c.toml").write_text(text.replace("warn", "fail"))
    assert run_command(["check", "a.parquet", "--checks", "c.toml"]) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "a.parquet"], "expected --schema or --checks"),
        (["check", "none.parquet", "--checks", "c.toml"], "no such file"),
        (["check", "a.parquet", "--checks", "none.toml"], "found no such file: check the path"),
        (["check", "a.parquet", "--checks", "c.toml"], "line 2: 'check.0.name': unknown check"),
        (["check", "a.parquet", "--schema", "c.toml"], "'check': unknown key"),
        (["schema", "infer", "a.parquet", "-o", "c.toml"], "expected no such file, found one"),
    ],
)
def test_what_can_not_be_used_exits_with_2(
    arguments: list[str], message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "c.toml").write_text("[[check]]\nname = 'odd'\n")
    assert run_command(arguments) == 2
    assert message in capsys.readouterr().err
