"""A report of checks as a page, by itself or in a notebook."""

from __future__ import annotations

from typing import Any

from simdrift.reports.html import render
from simdrift.reports.notebook import scoped


def page(report: Any) -> str:
    """The page."""
    return render("checks.html.j2", **_values(report), whole=True)


def fragment(report: Any) -> str:
    """The same below an id of its own."""
    return scoped(render("checks.html.j2", **_values(report), whole=False), report.table())


def _values(report: Any) -> dict[str, Any]:
    return {"report": report, "title": "Checks"}
