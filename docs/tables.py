"""Writes the tables of the documentation: of metrics in README.md and docs/metrics.md from their
records, of a monitor's keys in docs/monitor.md from the fields of the spec.

`make docs` runs it; tests/test_docs_tables.py says when it is due. A table stands between
`<!-- table: NAME -->` and `<!-- end of table -->`; everything else is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path

from simdrift.catalogue.metric import FAMILIES, GROUPS, Metric
from simdrift.catalogue.statuses import STATUSES
from simdrift.metrics import registry
from simdrift.monitoring.spec import Spec
from simdrift.monitoring.spec_keys import REQUIRED, keys_of, tables_of

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", ROOT / "docs" / "metrics.md", ROOT / "docs" / "monitor.md")
METRIC_PAGES = PAGES[:2]
MARKED = re.compile(r"(<!-- table: ([a-z ]+) -->\n).*?(<!-- end of table -->)", re.DOTALL)

Cells = Iterable[str]


def table(head: Cells, rows: Iterable[Cells]) -> str:
    """A table of Markdown."""
    head = list(head)
    lines = [head, ["---"] * len(head), *(list(map(escaped, row)) for row in rows)]
    return "".join(f"| {' | '.join(cells)} |\n".replace("  ", " ") for cells in lines)


def escaped(cell: str) -> str:
    """The cell's text; a bar would end the cell."""
    return cell.replace("|", "\\|")


def code(names: Iterable[str]) -> str:
    """Names in the type of code."""
    return ", ".join(f"`{name}`" for name in names)


def built_in() -> list[Metric]:
    """The records of simdrift's own metrics, without those that a user registered."""
    return [one for one in registry.records() if one.family in FAMILIES]


def drift(groups: set[str]) -> list[Metric]:
    """The drift metrics of those groups."""
    return [one for one in registry.records("drift") if one.group in groups]


def parameters(one: Metric) -> str:
    """Names of the parameters with their defaults."""
    return ", ".join(f"`{p.name}` {p.default}" for p in one.params)


def statuses() -> str:
    rows = [(f"`{status.name}`", status.meaning) for status in STATUSES if status.name != "ok"]
    return table(("status", "why there is no value"), rows)


def tests_and_distances(groups: set[str]) -> str:
    rows = [
        (
            f"`{one.name}`",
            one.formula,
            one.p_value,
            one.effect_size,
            threshold(one),
            parameters(one),
        )
        for one in drift(groups)
    ]
    return table(("metric", "value", "p-value", "effect size", "alerts", "parameters"), rows)


def threshold(one: Metric) -> str:
    """When it alerts, in short."""
    if one.rule == "test":
        return "q <= alpha"
    if one.rule == "share":
        return f">= {one.threshold:g}"
    if one.effect_threshold is not None:
        return f"effect size ±{one.effect_threshold:g}, q <= alpha"
    if one.threshold is None:
        return "on request" if one.rule else ""
    sign = "±" if one.bounds[0] != 0.0 else "> "
    return f"{sign}{one.threshold:g}, q <= alpha"


def definitions(family: str) -> str:
    rows = [
        (f"`{one.short}`", one.formula, one.unit, one.better, one.source)
        for one in registry.records(family)
    ]
    return table(("metric", "value", "unit", "better", "as"), rows)


def summary() -> str:
    """Every metric's name, a row a group."""
    rows = [
        (f"{FAMILIES[family].lower()}: {GROUPS[group]}", code(one.short for one in found))
        for (family, group), found in groupby(built_in(), key=lambda one: (one.family, one.group))
    ]
    return table(("family", "metrics"), rows)


def keys(name: str) -> str:
    """The keys of one table of a monitor's file."""
    rows = [
        (f"`{key.name}`", key.about, key.expected, default_of(key.default), f"`{key.example}`")
        for key in keys_of(tables_of(Spec)[name], name)
    ]
    return table(("key", "what it is for", "expected", "default", "example"), rows)


def default_of(text: str) -> str:
    """A default as a cell shows it."""
    return text if text in ("", REQUIRED) else f"`{text}`"


TABLES: dict[str, Callable[[], str]] = {
    "summary": summary,
    "statuses": statuses,
    "drift of numbers": lambda: tests_and_distances(
        {"ranks", "distances", "location and scale", "bins"}
    ),
    "drift of categories": lambda: tests_and_distances({"categories"}),
    "drift of any column": lambda: tests_and_distances({"any column", "whole table"}),
    "drift of whole rows": lambda: tests_and_distances({"whole rows"}),
    "quality": lambda: definitions("quality"),
    "performance": lambda: definitions("performance"),
    "estimated": lambda: definitions("estimated"),
    "fairness": lambda: definitions("fairness"),
    "service": lambda: definitions("service"),
    "schema": lambda: definitions("schema"),
    "checks": lambda: definitions("check"),
    "keys of the monitor": lambda: keys(""),
    "keys of reference": lambda: keys("reference"),
    "keys of columns": lambda: keys("columns"),
    "keys of metrics": lambda: keys("metrics"),
    "keys of labels": lambda: keys("labels"),
    "keys of service": lambda: keys("service"),
    "keys of store": lambda: keys("store"),
}


def rendered(text: str) -> str:
    """The page with its tables as the records have them."""
    return MARKED.sub(lambda found: f"{found[1]}{TABLES[found[2]]()}{found[3]}", text)


def main() -> None:
    """Rewrites the pages."""
    for page in PAGES:
        page.write_text(rendered(page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
