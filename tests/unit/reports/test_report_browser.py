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
from simdrift.results import Results

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


def pages(names: tuple[str, ...]) -> list[str]:
    """A page of each kind, one of them with hostile names."""
    return [
        Report(synth.comparison()).to_html(),
        Report(synth.monitor(40)).to_html(),
        Report(synth.comparison(names)).to_html(),
        ProfileReport(synth.profile()).to_html(),
    ]


FRAMES = """<!doctype html><title>none</title>{frames}
<script>
const measured = frame => {{ const page = frame.contentDocument; return {measure} }};
window.onload = () => document.title = [...document.querySelectorAll("iframe")].map(measured)
</script>"""


def measured(browse, path: Path, widths: dict[int, list[str]], measure: str) -> list[int]:
    """What an expression of JavaScript says of each page in a frame of each width, in one start
    of the browser; `page` is its document."""
    frames = "".join(
        f'<iframe style="width:{width}px;height:900px;border:0" srcdoc="{escape(page)}"></iframe>'
        for width, own in widths.items()
        for page in own
    )
    path.write_text(FRAMES.format(frames=frames, measure=measure), encoding="utf-8")
    dom = browse(path, "--dump-dom", "--window-size=1400,1000")
    return [*map(int, re.search(r"<title>([\d,]+)</title>", dom).group(1).split(","))]


PHONE, TABLET, LAPTOP = 360, 800, 1280


def test_no_page_is_wider_than_the_screen(browse, tmp_path, hostile_names):
    widths = dict.fromkeys((PHONE, TABLET, LAPTOP), pages(hostile_names))
    found = measured(browse, tmp_path / "frames.html", widths, "page.documentElement.scrollWidth")
    assert found == [PHONE] * 4 + [TABLET] * 4 + [LAPTOP] * 4


PAPER = 700  # CSS pixels: A4 with the browsers' own margins has 718, Letter 740


def printed(page: str) -> str:
    """The page as the rules for paper show it, on a screen that can be measured."""
    assert "@media print" in page
    return page.replace("@media print", "@media all").replace("@media screen", "@media not all")


SHOWN = """[...page.querySelectorAll("td, th, h2, li, figure, .card, .heatmap")]
    .filter(one => one.getClientRects().length)"""
RIGHT = f"Math.ceil(Math.max(...{SHOWN}.map(one => one.getBoundingClientRect().right)))"


def test_on_paper_nothing_is_cut_off_on_the_right(browse, tmp_path, hostile_names):
    widths = {PAPER: [printed(page) for page in pages(hostile_names)]}
    path = tmp_path / "frames.html"
    found = measured(browse, path, widths, f"[{SHOWN}.length, {RIGHT}]")
    shown, right = found[::2], found[1::2]
    assert len(found) == 8
    assert min(shown) > 30
    assert max(right) <= PAPER


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


FIND = """(field => {{
    field.value = "{wanted}"; field.dispatchEvent(new frame.contentWindow.Event("input"));
    return [...page.querySelectorAll("table.columns tbody tr")]
        .filter(row => row.checkVisibility()).length
}})(page.querySelector(".find input"))"""


@pytest.mark.parametrize(("wanted", "shown"), [("C07", 1), ("c0", 10), ("nobody", 0), ("", 10)])
def test_a_column_of_a_long_page_is_found_by_its_name(browse, tmp_path, wanted, shown):
    run = synth.run_of()
    rows = [
        synth.row_of(run, f"c{i:02}", "drift.psi", 0.01, threshold=0.2, alert=False)
        for i in range(60)
    ]
    widths = {LAPTOP: [Report(Results(rows, [run])).to_html()]}
    found = measured(browse, tmp_path / "frames.html", widths, FIND.format(wanted=wanted))
    assert found == [shown]  # of an empty field those that are not folded
