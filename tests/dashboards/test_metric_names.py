"""Every metric that a dashboard or a rule names is computed."""

from __future__ import annotations

import re

import pytest

from simdrift.dashboards.catalogue import dashboards, rules
from simdrift.metrics import registry

PANELS = [(board.title, panel) for board in dashboards for panel in board.panels]
NAMED = re.compile(r"'((?:drift|quality|performance|service|fairness)\.[a-z_0-9]+)'")


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=lambda one: getattr(one, "title", one))
def test_a_panel_names_only_known_metrics(board, panel):
    named = {*NAMED.findall(panel.sql), *(n for n in panel.metrics if not n.endswith("*"))}
    assert {name for name in named if registry.record(name) is None} == set()


@pytest.mark.parametrize("rule", rules, ids=lambda rule: rule.uid)
def test_an_alert_rule_names_only_known_metrics(rule):
    assert {name for name in NAMED.findall(rule.sql) if registry.record(name) is None} == set()


def test_the_names_are_found_in_the_queries():
    found = {name for _, panel in PANELS for name in NAMED.findall(panel.sql)}
    assert {"drift.dataset", "quality.missing_share", "performance.mae", "service.apdex"} <= found
