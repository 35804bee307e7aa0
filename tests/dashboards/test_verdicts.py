"""What alerts in a comparison is what the dashboards' pages name: columns that are lost, retyped or
without values, too."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from frames_of_alerts import frames
from store_servers import new_database, target_of

sys.path.append(str(Path(__file__).parents[1] / "unit" / "results"))

from page import parsed

import simdrift as sd
from simdrift.dashboards.page import write_pages
from simdrift.reports.relabel import Owner, relabelled
from simdrift.store import Store

WINDOW = (datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 3, 2, tzinfo=UTC))
LIMITS = {"limited": {"quality.missing_share": 0.01}}


@pytest.fixture(scope="module")
def index(server, tmp_path_factory):
    """The first page of a store that holds one comparison, and the columns that alert in it."""
    report = sd.compare(*frames(), thresholds=LIMITS)
    target = target_of(server, new_database(server))
    with Store(target, spool=tmp_path_factory.mktemp("spool"), deadline=10) as store:
        store.write(relabelled(report.results, Owner("daily", "frames", "", ""), WINDOW))
        now = WINDOW[1] + timedelta(hours=1)
        pages = write_pages(store, tmp_path_factory.mktemp("pages"), dataset="frames", now=now)
    return parsed(pages[0].read_text("utf-8")), {line.column for line in report.alerting}


def panel(page, title):
    return next(one for one in page.all("section", "panel") if one.all("h3")[0].text == title)


def test_worst_columns_are_all_that_alert(index):
    page, alerting = index
    cells = {cell.text for cell in panel(page, "Worst columns").all("td")}
    assert {name for name in alerting if name} <= cells


def test_columns_that_are_calm_come_after_them(index):
    page, alerting = index
    rows = panel(page, "Worst columns").all("tbody")[0].all("tr")
    names = [*dict.fromkeys(row.all("td")[0].text for row in rows)]
    assert set(names[: len(alerting - {""})]) == alerting - {""}
    assert "quiet" in names
