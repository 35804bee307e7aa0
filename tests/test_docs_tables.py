"""The tables of the documentation are what the records of the metrics, and the fields of the spec,
say."""

from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import simdrift as sd
from simdrift.monitoring.spec import Spec
from simdrift.monitoring.spec_keys import all_keys

ROOT = Path(__file__).parents[1]


def tables_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_tables", ROOT / "docs" / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TABLES = tables_module()


@pytest.mark.parametrize("page", TABLES.PAGES, ids=lambda page: page.name)
def test_the_tables_are_as_the_records_have_them(page: Path) -> None:
    """Else run: make docs"""
    text = page.read_text("utf-8")
    assert TABLES.rendered(text) == text


def test_every_metric_is_in_both_pages() -> None:
    for page in TABLES.METRIC_PAGES:
        text = page.read_text("utf-8")
        for record in TABLES.built_in():
            assert f"`{record.short}`" in text or f"`{record.name}`" in text, record.name


def test_a_users_metric_is_in_no_table() -> None:
    sd.metric("custom.margin")(lambda rows: 1.0)
    assert "margin" not in TABLES.summary()


def test_every_table_is_somewhere() -> None:
    shown = {
        name for page in TABLES.PAGES for _, name, _ in TABLES.MARKED.findall(page.read_text())
    }
    assert shown == set(TABLES.TABLES)


def test_a_bar_in_a_definition_does_not_end_its_cell() -> None:
    assert TABLES.table(("a",), [("|p - q|",)]) == "| a |\n| --- |\n| \\|p - q\\| |\n"


def test_every_key_of_a_monitor_is_explained_with_an_example_that_is_taken() -> None:
    """The examples are TOML, and the spec that has one of them is sound."""
    for key in all_keys(Spec):
        assert key.about.endswith("."), key
        assert key.expected, key
        table = f"[{key.table}]\n" if key.table else ""
        text = f"{table}{key.name} = {key.example}\n"
        value = tomllib.loads(text)
        assert sd.Spec(**with_what_it_needs(key.path, value)), key


def with_what_it_needs(path: str, value: dict[str, Any]) -> dict[str, Any]:
    """The key in the smallest spec that may have it."""
    spec: dict[str, Any] = {"monitor": "m", "columns": {"timestamp": "t"}}
    if path == "columns.timestamp":
        del spec["columns"]
    elif path == "reference.moving":
        value["reference"]["windows"] = 7
    elif path == "reference.windows":
        value["reference"]["moving"] = "rolling"
    elif path.startswith("labels."):
        spec["columns"] |= {"key": "order", "target": "paid"}
    elif path == "metrics.custom":
        sd.metric("custom.margin")(lambda rows: 1.0)
    for name, own in value.items():
        spec[name] = {**spec.get(name, {}), **own} if isinstance(own, dict) else own
    return spec
