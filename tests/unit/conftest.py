"""Helpers of `results` for the folders beside it, and names that try to break pages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

for folder in (Path(__file__).parents[1], Path(__file__).parent / "results"):
    sys.path.insert(0, str(folder))

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    'it\'s "quoted" & <b>bold</b>',
    "{{ 7 * 7 }}{% raw %}",
    "\u202eright to left\u202c",
    "עברית",
    "nul\x00inside",
    "lone\ud800surrogate",
    "\x1b[31mred\x1b[0m",
    "x" * 10_000,
    "new\nline\ttab",
    "\U0001f600\U0001f469‍\U0001f680",
    "列の名前",
    "</style></svg></table>",
    " ",
)


@pytest.fixture(scope="session")
def hostile_names() -> tuple[str, ...]:
    """Column names from people who mean no good."""
    return HOSTILE
