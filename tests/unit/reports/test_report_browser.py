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


LAB = """.jp-RenderedHTMLCommon table{table-layout:fixed;margin-left:auto;color:#808080}
.jp-RenderedHTMLCommon td,.jp-RenderedHTMLCommon th,.jp-RenderedHTMLCommon tr{text-align:right;
padding:.5em;max-width:none}.jp-RenderedHTMLCommon tbody tr:nth-child(even){background:#808080}
.jp-RenderedHTMLCommon dl dt{float:left}.jp-RenderedHTMLCommon h2{font-weight:bolder}"""
"""What JupyterLab 4's style sheet has for outputs, as far as it reaches a report."""

THEMES = """<!doctype html><title>none</title>
<iframe id="light" style="width:900px" srcdoc="{light}"></iframe>
<iframe id="dark" style="width:900px" srcdoc="{dark}"></iframe>
<script>
const look = frame => {{
  const of = query => getComputedStyle(frame.contentDocument.querySelector(query));
  return [of(".columns tbody th").color, of(".columns tbody tr").backgroundColor,
    of(".panel").backgroundColor, of(".columns tbody th").textAlign,
    of(".plain").display, of(".rich").display].join("; ")
}};
window.onload = () => document.title = look(light) + " | " + look(dark)
</script>"""


@pytest.mark.parametrize("flags", [(), ("--force-dark-mode",)], ids=["light", "dark"])
def test_a_notebooks_theme_wins_over_the_systems_and_over_its_rules(browse, tmp_path, flags):
    output = f'<div class="jp-RenderedHTMLCommon">{Report(synth.comparison())._repr_html_()}</div>'
    frames = {
        name: escape(
            f'<!doctype html><style>{LAB}</style><body data-jp-theme-light="{told}">{output}'
        )
        for name, told in (("light", "true"), ("dark", "false"))
    }
    page = tmp_path / "themes.html"
    page.write_text(THEMES.format(**frames), encoding="utf-8")
    dom = browse(page, "--dump-dom", "--window-size=1000,900", *flags)
    light, dark = re.search(r"<title>(.*?)</title>", dom).group(1).split(" | ")
    rest = "left; none; block"
    assert light == f"rgb(21, 26, 33); rgba(0, 0, 0, 0); rgb(255, 255, 255); {rest}"
    assert dark == f"rgb(231, 235, 240); rgba(0, 0, 0, 0); rgb(22, 27, 34); {rest}"
