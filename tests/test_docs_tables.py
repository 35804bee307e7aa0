"""The tables of the documentation are what the records of the metrics say."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

import simdrift as sd

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
    for page in TABLES.PAGES:
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
