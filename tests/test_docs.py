"""Commands that the documentation shows are there, with the options that it shows; so are the files
that it links to."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from simdrift.cli import cli

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "python/simdrift/dashboards/compose/README.md",
]
LINKED = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *(
        page
        for folder in ("docs", "csrc", "python", "tests", "benches", "notebooks")
        for page in sorted((ROOT / folder).rglob("*.md"))
        if ".venv" not in page.parts
    ),
]


def shown(page: Path) -> list[str]:
    """Lines that begin with `simdrift`, without what a # says of them, and commands in a text."""
    text = page.read_text("utf-8")
    lines = [line.strip() for line in text.splitlines() if re.match(r"\s*simdrift [a-z]", line)]
    inline = re.findall(r"`(simdrift [a-z-]+[^`|]*)`", text)
    return list(dict.fromkeys(line.partition(" # ")[0].strip() for line in [*lines, *inline]))


COMMANDS = [pytest.param(line, id=f"{page.name}: {line}") for page in PAGES for line in shown(page)]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_documentation_is_there(line: str) -> None:
    words = shlex.split(line)[1:]
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group):
        found = command.get_command(context, words.pop(0))
        assert found is not None, line
        command = found
    known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    assert {word.partition("=")[0] for word in words if word.startswith("-")} <= known


def test_the_documentation_shows_commands() -> None:
    assert len(COMMANDS) > 25


@pytest.mark.parametrize("page", LINKED, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_links_to_is_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    files = [link.partition("#")[0] for link in links if "://" not in link]
    assert [name for name in files if name and not (page.parent / name).exists()] == []


def test_pages_link_to_files() -> None:
    assert sum("](" in page.read_text("utf-8") for page in LINKED) > 5


@pytest.mark.parametrize("page", LINKED, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_readme_of_a_folder_has_forty_lines_at_most(page: Path) -> None:
    """And CONTRIBUTING and the pages on internals in 150."""
    lines = len(page.read_text("utf-8").splitlines())
    if page.name == "README.md" and page.parent != ROOT:
        assert lines <= 40
    if page.name == "CONTRIBUTING.md" or page.parent.name == "internals":
        assert lines <= 150


WALKS = (ROOT / "docs/internals/walks.md").read_text("utf-8")
STAYS = [
    (path, name)
    for path, names in re.findall(r"^\| \d+ \| `([\w/]+\.py)`: (.*?) \|", WALKS, re.M)
    for name in re.findall(r"`([\w.]+)`", names)
]


def test_the_walks_pass_through_functions_that_are_there() -> None:
    assert len(STAYS) > 25
    for path, name in STAYS:
        text = (ROOT / "python/simdrift" / path).read_text("utf-8")
        for part in name.split("."):
            assert re.search(rf"^\s*(def|class) {part}\b", text, re.M), (path, name)
