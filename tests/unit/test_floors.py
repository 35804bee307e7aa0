"""The floors of the Python package: a module imports its own floor's folder, or what lies below.

Read from the source, so that imports inside functions and under TYPE_CHECKING count too. The
import of a parent package that comes with every import of a submodule is not counted.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import simdrift

ROOT = Path(simdrift.__file__).parent

FLOORS = (
    ("_again", "_secrets"),
    ("catalogue", "_types", "_errors", "_core", "_suggest"),
    ("_config", "_toml", "columns"),
    ("metrics",),
    ("results",),
    ("store", "drawing", "schema", "stream"),
    ("reports",),
    ("dashboards",),
    ("checks",),
    ("monitoring",),
    ("service",),
    ("integrations", "demo", "benchmark", "states"),
    ("cli_bench", "cli_check", "cli_spec", "cli_compare", "cli_fails"),
    ("cli",),
    ("", "__main__"),
)
"""Folders and files under python/simdrift, from the ground; '' is simdrift/__init__.py, which
names what everything else offers."""

UPWARDS: frozenset[tuple[str, str]] = frozenset()
"""(module, what it imports from above): only ever fewer."""
TYPE_CIRCLES = {
    frozenset(f"simdrift.reports.{name}" for name in ("distributions", "html", "profile", "report"))
}
"""Modules that name each other's classes in signatures, and import them under TYPE_CHECKING: only
ever fewer."""


class Import(NamedTuple):
    """One import: who, of what, and whether it is for types alone."""

    module: str
    target: str
    for_types: bool


def module_name(path: Path) -> str:
    parts = ("simdrift", *path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}


def imports_of(name: str, path: Path) -> Iterator[Import]:
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    for_types = {
        id(node)
        for block in nodes
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for statement in block.body
        for node in ast.walk(statement)
    }
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in nodes:
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            targets = [whole(base, alias.name) for alias in node.names]
        else:
            continue
        for target in targets:
            if target.split(".")[0] == "simdrift" and target != name:
                yield Import(name, target, id(node) in for_types)


def whole(base: str, name: str) -> str:
    """The module that `from base import name` loads."""
    inner = f"{base}.{name}"
    return inner if inner in FILES or inner == "simdrift._core" else base


@cache
def all_imports() -> list[Import]:
    """Those of every file; read when a test runs, not in every worker that collects it."""
    return [found for name, path in FILES.items() for found in imports_of(name, path)]


def room(module: str) -> str:
    """The folder or file under simdrift/: 'metrics' of simdrift.metrics.drift.ks."""
    return [*module.split("."), ""][1]


def floor(module: str) -> int:
    (found,) = (i for i, rooms in enumerate(FLOORS) if room(module) in rooms)
    return found


def circles(imports: list[Import]) -> list[frozenset[str]]:
    """Sets of modules each of which reaches every other by imports."""
    direct: dict[str, set[str]] = {name: set() for name in FILES}
    for one in imports:
        if one.target in FILES:
            direct[one.module].add(one.target)
    reached = {name: reachable(name, direct) for name in FILES}
    sets = {
        frozenset(other for other in reached[name] if name in reached[other])
        for name in FILES
        if name in reached[name]
    }
    return sorted(sets, key=sorted)


def reachable(start: str, direct: dict[str, set[str]]) -> set[str]:
    """What a module imports, what that imports, and so on."""
    found: set[str] = set()
    todo = list(direct[start])
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += direct[name]
    return found


def test_every_folder_and_file_has_a_floor() -> None:
    listed = [name for rooms in FLOORS for name in rooms]
    assert {room(name) for name in FILES} <= set(listed)
    assert len(set(listed)) == len(listed)


@pytest.mark.parametrize("name", FILES)
def test_a_module_imports_no_floor_above_and_no_other_room_of_its_own(name: str) -> None:
    wrong = {
        (one.module, one.target)
        for one in all_imports()
        if one.module == name
        and (
            floor(one.target) > floor(name)
            or (floor(one.target) == floor(name) and room(one.target) != room(name))
        )
    }
    assert wrong - UPWARDS == set()


def test_an_exception_that_is_no_more_leaves_the_list() -> None:
    assert {(one.module, one.target) for one in all_imports()} >= UPWARDS


def test_no_circle_of_imports_not_even_inside_functions() -> None:
    assert circles([one for one in all_imports() if not one.for_types]) == []


def test_circles_of_imports_for_types_alone_are_those_that_are_known() -> None:
    assert set(circles(all_imports())) == TYPE_CIRCLES


def test_the_ground_floor_imports_nothing_of_ours_but_itself() -> None:
    above = {one.target for one in all_imports() if room(one.module) == "catalogue"}
    assert {room(target) for target in above} <= {"catalogue"}


def test_imports_are_found_where_they_hide() -> None:
    inside = Import("simdrift.metrics.performance.predictions", "simdrift.columns", False)
    for_types = Import("simdrift.metrics.registry", "simdrift.metrics.pair", True)
    relative = Import("simdrift.dashboards.overview", "simdrift.dashboards.sql", False)
    assert {inside, for_types, relative} <= set(all_imports())
