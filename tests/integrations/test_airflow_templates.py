"""The templates of the example DAG, as Jinja renders them where a name that is not there is an
error: with an interval, and in a run that has none."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest

import simdrift
from simdrift.integrations.work import timestamp

DAG = Path(simdrift.__file__).parent / "integrations/airflow/example_dags/simdrift_daily.py"
MACROS = SimpleNamespace(timedelta=timedelta)


def templates() -> dict[str, str]:
    """The texts that the module keeps under a name."""
    tree = ast.parse(DAG.read_text("utf-8"))
    return {
        target.id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


@pytest.mark.parametrize("name", ["END", "SEVEN_DAYS_BEFORE"])
def test_a_template_is_the_interval_s_end_or_nothing(name: str) -> None:
    template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(templates()[name])
    end = datetime(2024, 3, 8, tzinfo=UTC)
    found = timestamp(template.render(data_interval_end=end, macros=MACROS))
    assert found == end - (timedelta(days=7) if name == "SEVEN_DAYS_BEFORE" else timedelta())
    assert timestamp(template.render(macros=MACROS)) is None
    assert timestamp(template.render(data_interval_end=None, macros=MACROS)) is None
