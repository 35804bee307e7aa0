"""What the pages for users show runs as it is written: Python blocks in their order, commands in a
folder with the files that they name, and TOML as a part of a monitor's file."""

from __future__ import annotations

import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

import simdrift as sd
from simdrift.cli import run_command

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests/store"))

from store_servers import folder_of_run, shared_server  # noqa: E402

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ELSEWHERE = ("grafana push", "prometheus --push", "store copy", "store serve", "run /srv", "demo")
"""Commands that need a server of others, another machine's folder, or minutes (tests/demo)."""


class Block(NamedTuple):
    """One fenced block of a page."""

    language: str
    text: str


def blocks(page: str) -> list[Block]:
    found = FENCE.findall((ROOT / page).read_text("utf-8"))
    return [Block(language, text) for language, text in found]


def commands(block: Block) -> Iterator[list[str]]:
    """The words of each line that is one of our commands, as a shell would pass them."""
    for line in block.text.splitlines():
        text = re.split(r"\s#\s", line)[0].strip()
        if text.startswith("simdrift ") and not any(name in text for name in ELSEWHERE):
            text = re.sub(r'"\$\(date[^)]*\)"', "2024-02-20", text)
            yield shlex.split(text)[1:]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with shared_server("package", folder_of_run(tmp_path_factory)) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Any) -> Path:
    """A folder with the files that the pages name, and a store of its own."""
    from store_servers import new_database, target_of

    target = target_of(server, new_database(server))
    dsn = " ".join(f"{name}={value}" for name, value in target._parameters.items())
    monkeypatch.setenv("SIMDRIFT_DSN", dsn)
    monkeypatch.setenv("SIMDRIFT_SPOOL", str(tmp_path / "spool"))
    monkeypatch.chdir(tmp_path)
    for name in ("january", "february", "a", "b", "trips", "reference", "candidate"):
        parquet.write_table(trips(), f"{name}.parquet")
    Path("monitor.toml").write_text(MONITOR)
    Path("requests").mkdir()
    parquet.write_table(requests(), "requests/1.parquet")
    return tmp_path


MONITOR = """
monitor = "trips"
data = "trips.parquet"
reference = "january.parquet"
[columns]
timestamp = "pickup"
"""


def trips() -> pa.Table:
    """Three days of trips."""
    rng = np.random.default_rng(0)
    pickup = np.datetime64("2024-02-27", "s") + (np.arange(300) * 864).astype("timedelta64[s]")
    return pa.table(
        {"pickup": pickup, "fare": rng.gamma(4.0, 4.0, 300), "minutes": rng.gamma(4.0, 4.0, 300),
         "duration": rng.gamma(4.0, 4.0, 300), "zone": rng.integers(1, 9, 300)}
    )  # fmt: skip


def requests() -> pa.Table:
    """An hour of a service."""
    time = np.datetime64("2024-02-27T08", "s") + np.arange(3600).astype("timedelta64[s]")
    return pa.table({"time": time, "ms": np.full(3600, 20.0), "code": np.full(3600, 200)})


def run_page(page: str, names: dict[str, Any]) -> int:
    """Every block of the page, in order; how many commands and Python blocks ran."""
    ran = 0
    for block in blocks(page):
        if block.language == "python":
            exec(compile(block.text, page, "exec"), names)
            ran += 1
        for words in commands(block) if not block.language else ():
            run_words(words)
            ran += 1
    return ran


def run_words(words: list[str]) -> None:
    """A command, which does what it says, whether something alerts or not."""
    if words[0] == "init":
        Path("monitor.toml").unlink(missing_ok=True)
    assert run_command([*words]) in (0, 1), words


@pytest.mark.parametrize(
    ("page", "least"),
    [
        ("docs/tutorial.md", 10),
        ("docs/how-to.md", 6),
        ("README.md", 6),
        ("docs/monitor.md", 5),
        ("docs/service.md", 2),
        ("docs/store.md", 7),
    ],
)
def test_a_page_runs_as_it_is_written(folder: Path, page: str, least: int) -> None:
    batch = trips()
    assert run_page(page, {"batch": batch, "data": batch}) >= least


def test_commands_in_the_text_of_the_readme_run(folder: Path) -> None:
    text = FENCE.sub("", (ROOT / "README.md").read_text("utf-8"))
    found = re.findall(r"`(simdrift [a-z][^`|]*)`", text)
    ran = [words for line in found for words in commands(Block("", line.replace("\n", " ")))]
    for words in ran:
        run_words(words)
    assert len(ran) >= 7


def test_the_tutorial_s_monitor_sees_the_last_three_days(folder: Path) -> None:
    run_page("docs/tutorial.md", {})
    with sd.store.Store() as store:
        found = store.read(column="fare", metric="drift.wasserstein_normed").filter(alert=True)
    assert {row.window_start.day for row in found if row.window_start} >= {27, 28, 29}
    assert len(found) <= 5  # a window in twenty may be a false alarm


TOML = [
    pytest.param(block.text, id=f"{page} {number}")
    for page in ("docs/how-to.md", "docs/monitor.md", "docs/faq.md", "README.md")
    for number, block in enumerate(blocks(page))
    if block.language == "toml"
]


@pytest.mark.parametrize("text", TOML)
def test_toml_is_a_part_of_a_sound_spec(text: str) -> None:
    given = tomllib.loads(text)
    assert sd.Spec(**{"monitor": "m", "columns": {"timestamp": "t"}, **given})


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_keys_in_a_text_are_toml_that_a_spec_takes(page: Path) -> None:
    """What stands in backticks as a key with its value."""
    keys = "|".join(sd.Spec.model_fields)
    for text in re.findall(rf"`((?:{keys}) = [^`]+)`", page.read_text("utf-8")):
        if "..." not in text:
            given = tomllib.loads(text)
            assert sd.Spec(**{"monitor": "m", "columns": {"timestamp": "t"}, **given}), text


API = (ROOT / "docs/api.md").read_text("utf-8")


@pytest.mark.parametrize("thing", [sd.Report, sd.Results, sd.Result, sd.store.Store])
def test_every_public_name_is_in_the_tables_of_the_api(thing: type) -> None:
    fields = getattr(thing, "_fields", None)
    aside = {"count", "index", "rows", "rows_of", "from_table", "table"}  # of a sequence; inside
    names = set(fields or (name for name in dir(thing) if not name.startswith("_"))) - aside
    assert {name for name in names if not re.search(rf"`[^`]*\b{name}\b[^`]*`", API)} == set()


def test_every_field_of_a_drift_result_is_in_the_tables_of_the_api() -> None:
    for name in sd.drift.DriftResult.__dataclass_fields__:
        assert f"`{name}`" in API, name
