"""The dashboards as static pages: every panel is there, drawn or with what to do; no network."""

from __future__ import annotations

import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from browser import NEEDED, colours
from everything import DATASET, STREAMS

sys.path.append(str(Path(__file__).parents[1] / "unit" / "results"))

from page import parsed

from simdrift._errors import InputError
from simdrift.dashboards.catalogue import dashboards
from simdrift.dashboards.page import write_pages
from simdrift.store import Store

FLIGHTS = "nyc flights 2013"
NOW = datetime(2014, 1, 3, 5, tzinfo=UTC)  # two days after the end of the newest window
FILES = (
    "index.html", "column-drift.html", "data-quality.html", "performance.html",
    "service-health.html", "throughput.html",
)  # fmt: skip


@pytest.fixture(scope="session")
def flights_pages(filled, tmp_path_factory):
    return write_pages(filled, tmp_path_factory.mktemp("flights"), dataset=FLIGHTS, now=NOW)


@pytest.fixture(scope="session")
def full_pages(filled, tmp_path_factory):
    return write_pages(filled, tmp_path_factory.mktemp("everything"), dataset=DATASET)


def sections(path):
    return parsed(path.read_text("utf-8")).all("section", "panel")


def test_there_is_a_page_a_dashboard(flights_pages):
    assert tuple(path.name for path in flights_pages) == FILES


def test_every_panel_is_drawn_where_every_metric_is_there(full_pages):
    for path, one in zip(full_pages, dashboards, strict=True):
        found = sections(path)
        titles = [section.all("h3")[0].text for section in found]
        named = [title.replace("Accuracy", "The chosen metric") for title in titles]
        assert set(named) == {panel.title for panel in one.panels}
        assert not [s.all("h3")[0].text for s in found if s.all("p", "nothing")]


def test_a_panel_without_data_says_so_and_what_to_do(flights_pages):
    health = sections(flights_pages[4])
    assert len(health) == 6
    for section in health:
        (said,) = section.all("p", "nothing")
        assert said.text.startswith("Not computed. ")


def test_column_panels_are_repeated_for_the_columns_that_alert_most(flights_pages):
    page = parsed(flights_pages[1].read_text("utf-8"))
    headings = [one.text for one in page.all("h2")]
    assert headings[:3] == ["dep_delay", "predicted_arr_delay", "dest"]


def test_columns_are_those_asked_for(filled, tmp_path):
    paths = write_pages(filled, tmp_path, dataset=FLIGHTS, columns=["carrier"])
    page = parsed(paths[1].read_text("utf-8"))
    assert [one.text for one in page.all("h2")][:1] == ["carrier"]


def test_the_pages_need_nothing_but_themselves(flights_pages):
    for path in flights_pages:
        text = path.read_text("utf-8")
        assert not re.findall(r"https?://", text)
        assert "<script" not in text
        linked = set(re.findall(r'href="([^"]+)"', text)) - {"data:,"}
        assert linked == set(FILES)


def test_models_stand_side_by_side(full_pages):
    for model, version in STREAMS:
        assert f"{model} {version}" in full_pages[0].read_text("utf-8")


def freshness(page):
    (found,) = [s for s in sections(page) if s.all("h3")[0].text == "Freshness"]
    return found.all("p", "big")[0].text.replace("\xa0", " ")


def test_freshness_is_told_when_the_page_is_made_unless_an_end_is_given(
    filled, flights_pages, tmp_path
):
    assert freshness(flights_pages[0]) == "2 d"
    end = datetime(2013, 7, 1, 16)  # twelve hours after a window's end
    paths = write_pages(filled, tmp_path, dataset=FLIGHTS, end=end, now=NOW)
    assert freshness(paths[0]) == "12 h"


def test_what_is_told_of_no_data_is_no_metric_where_none_is_missing(flights_pages):
    texts = {s.all("h3")[0].text: s.all("p", "nothing") for s in sections(flights_pages[2])}
    (said,) = texts["Outages"]
    assert said.text.startswith("None in the chosen time")


def test_numbers_of_tables_stand_under_each_other(flights_pages):
    (table,) = [
        s.all("table")[0] for s in sections(flights_pages[0])
        if s.all("h3")[0].text == "Worst columns"
    ]  # fmt: skip
    heads = {one.text: "figure" in one.classes for one in table.all("th")}
    assert heads == {
        "column": False, "metric": False, "alerts": True, "windows": True, "distance": True,
        "last alert": False,
    }  # fmt: skip


def test_events_are_listed(flights_pages):
    assert "snow" in flights_pages[0].read_text("utf-8")


def test_a_stretch_of_time_is_honoured(filled, tmp_path):
    paths = write_pages(
        filled, tmp_path, dataset=FLIGHTS, start=datetime(2013, 3, 1), end=datetime(2013, 4, 1)
    )
    assert "2013-03-01 to 2013-04-01" in paths[0].read_text("utf-8")


def test_the_same_store_gives_the_same_pages(filled, flights_pages, tmp_path):
    again = write_pages(filled, tmp_path, dataset=FLIGHTS, now=NOW)
    for one, other in zip(flights_pages, again, strict=True):
        assert one.read_text("utf-8") == other.read_text("utf-8")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"dataset": "nowhere"}, r"dataset: expected one .*'nowhere'"),
        ({"segment": "zone=none"}, r"segment: expected one of .*'zone=none'"),
        ({"columns": ["none"]}, r"column: expected one of .*'none'"),
    ],
)
def test_what_is_not_in_the_store_is_refused_by_name(filled, tmp_path, wrong, message):
    with pytest.raises(InputError, match=message):
        write_pages(filled, tmp_path, **({"dataset": FLIGHTS} | wrong))
    assert not list(tmp_path.iterdir())


def test_an_empty_store_is_refused_with_what_to_do(empty_store: Store, tmp_path):
    with pytest.raises(InputError, match="simdrift demo"):
        write_pages(empty_store, tmp_path)


@NEEDED
@pytest.mark.parametrize("place", [0, 1])
def test_a_browser_shows_the_page_in_colour(browse, flights_pages, tmp_path, place):
    """The pictures of the README: with SIMDRIFT_SCREENSHOTS they are kept in docs/images."""
    name = FILES[place].replace("index", "overview").replace(".html", ".png")
    kept = Path(__file__).parents[2] / "docs" / "images"
    wanted = "SIMDRIFT_SCREENSHOTS" in os.environ
    picture = (kept if wanted else tmp_path) / name
    size = (1500, 1000) if wanted else (800, 500)  # its filters are undone in Python
    browse(flights_pages[place], f"--screenshot={picture}", "--window-size={},{}".format(*size))
    width, height, found = colours(picture.read_bytes())
    assert (width, height) == size
    assert len(found) > 20
