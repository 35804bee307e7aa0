"""A real browser shows the pages: no error, every row, pictures with colour in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from pathlib import Path

import pytest
import synth
from browser import NEEDED, colours
from page import parsed

from simdrift.reports import ProfileReport, Report

pytestmark = NEEDED


@pytest.fixture
def saved(tmp_path) -> Callable[[Report | ProfileReport], Path]:
    def save(report: Report | ProfileReport) -> Path:
        path = tmp_path / "page.html"
        report.save_html(path)
        return path

    return save


def test_a_comparison_is_shown_with_all_its_rows(browse, saved):
    report = Report(synth.comparison(), title="January and February")
    page = parsed(browse(saved(report), "--dump-dom"))
    (table,) = page.all("table", "columns")
    assert len(table.all("tbody")[0].all("tr")) == len(report.columns)
    (everything,) = page.all("table", "all")
    assert len(everything.all("tbody")[0].all("tr")) == len(report.results)
    assert page.all("h1")[0].text == "January and February"


def test_a_monitor_is_shown_with_its_heat_map_and_charts(browse, saved):
    page = parsed(browse(saved(Report(synth.monitor(60))), "--dump-dom"))
    assert len(page.all("svg", "heat")) == 14
    assert len(page.all("figure")) >= 6


def test_hostile_names_do_nothing_in_a_browser(browse, saved, hostile_names):
    report = Report(synth.comparison(hostile_names))
    page = parsed(browse(saved(report), "--dump-dom"))
    assert not page.all("script")
    assert not page.all("img")
    (table,) = page.all("table", "columns")
    assert len(table.all("tbody")[0].all("tr")) == len(hostile_names)


@pytest.mark.parametrize(
    ("flags", "background"),
    [((), b"\xf5\xf6\xf8"), (("--force-dark-mode",), b"\x0e\x11\x16")],
    ids=["light", "dark"],
)
def test_a_picture_of_the_page_has_its_colours(browse, saved, tmp_path, flags, background):
    picture = tmp_path / "page.png"
    browse(
        saved(Report(synth.monitor(40))),
        f"--screenshot={picture}",
        "--window-size=600,700",
        "--force-color-profile=srgb",
        *flags,
    )
    width, height, found = colours(picture.read_bytes())
    assert (width, height) == (600, 700)
    assert background in found
    assert len(found) > 20


PROBE = """<!doctype html><title>none</title>
<iframe id="phone" style="width:360px;height:800px;border:0" srcdoc="{page}"></iframe>
<script>
phone.onload = () => {{ document.title = phone.contentDocument.documentElement.scrollWidth }}
</script>"""


def test_no_page_is_wider_than_a_phone(browse, tmp_path, hostile_names):
    frame = tmp_path / "frame.html"
    for report in (
        Report(synth.comparison()),
        Report(synth.monitor(40)),
        Report(synth.comparison(hostile_names)),
        ProfileReport(synth.profile()),
    ):
        frame.write_text(PROBE.format(page=escape(report.to_html())), encoding="utf-8")
        dom = browse(frame, "--dump-dom", "--window-size=800,900")
        assert re.search(r"<title>(\w+)</title>", dom).group(1) == "360"


PAPER = 700  # CSS pixels: A4 with the browsers' own margins has 718, Letter 740


def printed(page: str) -> str:
    """The page as the rules for paper show it, on a screen that can be measured."""
    assert "@media print" in page
    return page.replace("@media print", "@media all").replace("@media screen", "@media not all")


MEASURE = """<!doctype html><title>none</title>
<iframe id="paper" style="width:{paper}px;height:900px;border:0" srcdoc="{page}"></iframe>
<script>
paper.onload = () => {{
  const cells = paper.contentDocument.querySelectorAll("td, th, h2, li, figure, .card, .heatmap");
  const shown = [...cells].filter(one => one.getClientRects().length);
  document.title = shown.length + " " + Math.ceil(Math.max(
    ...shown.map(one => one.getBoundingClientRect().right)))
}}
</script>"""


def test_on_paper_nothing_is_cut_off_on_the_right(browse, tmp_path, hostile_names):
    frame = tmp_path / "frame.html"
    for report in (
        Report(synth.comparison()),
        Report(synth.monitor(40)),
        Report(synth.comparison(hostile_names)),
        ProfileReport(synth.profile()),
    ):
        page = escape(printed(report.to_html()))
        frame.write_text(MEASURE.format(page=page, paper=PAPER), encoding="utf-8")
        dom = browse(frame, "--dump-dom", "--window-size=900,1000")
        shown, right = map(int, re.search(r"<title>(\d+) (\d+)</title>", dom).groups())
        assert shown > 30
        assert right <= PAPER
