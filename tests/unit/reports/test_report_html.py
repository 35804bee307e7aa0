"""The pages hold what they should, nothing they should not, and load nothing."""

from __future__ import annotations

import base64
import hashlib
import os
import re

import pytest
import synth
from page import Node, parsed

from simdrift.drawing.labels import number
from simdrift.drawing.text import shorten
from simdrift.reports import ProfileReport, Report
from simdrift.results import Histogram, Results
from simdrift.results.text import visible

NAMES = """
    root html head meta link title style body main header div p h1 h2 h3 span b i bdi dl dt dd
    section ul li table thead tbody tr th td small svg desc rect path g details summary footer pre
    figure figcaption br wbr
"""
ELEMENTS = set(NAMES.split())
LOADING = ("src", "srcset", "background", "action", "data", "poster", "xlink:href", "ping")


def hostile_report(names: tuple[str, ...]) -> Report:
    """Hostile text in every field that has text, and in labels of a histogram."""
    results = synth.comparison(names)
    run = results.runs[0]
    rows = [
        row._replace(dataset=names[0], model=names[1], segment=names[2], params=names[3])
        for row in results
    ]
    rows.append(synth.row_of(run, names[4], names[5], None, status=names[6]))
    labels = Histogram(run.run_id, names[2], names[0], None, names, *[(1.0,) * len(names)] * 2)
    return Report(
        Results(rows, results.runs, [*results.histograms, labels]),
        title=names[1],
        types=dict.fromkeys(names, names[0]),
    )


PAGES = {
    "comparison": lambda: Report(synth.comparison(), title="January").to_html(),
    "monitor": lambda: Report(synth.monitor(40)).to_html(),
    "profile": lambda: ProfileReport(synth.profile()).to_html(),
    "nothing": lambda: Report(Results()).to_html(),
    "no profile": lambda: ProfileReport(Results()).to_html(),
}


@pytest.fixture(scope="module", params=PAGES)
def html(request) -> str:
    return PAGES[request.param]()


def test_page_loads_nothing_and_runs_nothing(html):
    page = parsed(html)
    assert not page.all("script")
    assert not page.all("img")
    assert not page.all("iframe")
    for node in page.walk():
        assert not set(node.attributes) & set(LOADING)
        assert not any(name.startswith("on") for name in node.attributes)
        if "href" in node.attributes:
            assert (node.name, node.attributes["href"]) == ("link", "data:,")
    assert "http://" not in html
    assert "https://" not in html
    assert "@import" not in html
    assert "url(" not in html


def test_page_forbids_loading_anything(html):
    policies = [
        node.attributes["content"]
        for node in parsed(html).all("meta")
        if node.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def test_page_is_whole_and_named(html):
    page = parsed(html)
    assert html.startswith("<!doctype html>")
    assert [node.attributes["lang"] for node in page.all("html")] == ["en"]
    assert len(page.all("title")[0].text) > len(" - simdrift")
    assert len(page.all("main")) == len(page.all("h1")) == 1


def test_pictures_are_described_and_tables_have_heads(html):
    page = parsed(html)
    for picture in page.all("svg"):
        assert picture.attributes["role"] == "img"
        assert [node.name for node in picture.children[:2]] == ["title", "desc"]
    for table in page.all("table"):
        heads = table.all("thead")[0].all("th")
        assert heads
        assert all(head.attributes.get("scope") == "col" for head in heads)
        for row in table.all("tbody")[0].all("tr"):
            assert len([c for c in row.children if isinstance(c, Node)]) == len(heads)


def column_rows(html: str) -> list[Node]:
    """The lines of the page's table of columns."""
    page = parsed(html)
    (table,) = page.all("table", "columns")
    return table.all("tbody")[0].all("tr")


def test_every_value_of_a_comparison_is_shown():
    report = Report(synth.comparison())
    rows = column_rows(report.to_html())
    assert len(rows) == len(report.columns) == 11
    for row, line in zip(rows, report.columns, strict=True):
        assert line.column in row.text
        assert number(line.worst.value) in row.text
        assert f"of {number(line.worst.threshold)}" in row.text
        assert f"chance {number(line.worst.null_quantile)}" in row.text
        verdict = "drift" if line.worst.alert else "no drift"
        assert row.all("span", "pill")[0].text == verdict
        assert len(row.all("svg", "hist")) == 1
    (everything,) = parsed(report.to_html()).all("table", "all")
    assert len(everything.all("tbody")[0].all("tr")) == len(report.results)


def test_bars_have_the_threshold_in_the_middle():
    run = synth.run_of()
    values = {"at": 0.2, "thrice": 0.6, "far": 2000.0, "none": 0.0}
    rows = [
        synth.row_of(run, c, "drift.psi", v, threshold=0.2, alert=v > 0.2)
        for c, v in values.items()
    ]
    shares = {
        row.all("th")[0].text: row.all("i")[0].attributes["style"]
        for row in column_rows(Report(Results(rows, [run])).to_html())
    }
    assert shares == {
        "far": "width:100.0%",
        "thrice": "width:75.0%",
        "at": "width:50.0%",
        "none": "width:0.0%",
    }


def test_past_the_threshold_without_an_alert_is_chance():
    run = synth.run_of()
    row = synth.row_of(run, "a", "drift.psi", 0.5, threshold=0.2, alert=False)
    (line,) = column_rows(Report(Results([row], [run])).to_html())
    assert line.all("span", "pill")[0].text == "chance"


@pytest.mark.parametrize(
    ("status", "alert", "words"),
    [
        ("missing_column", True, ["lost", "column lost"]),
        ("missing_column", None, ["not judged", "column is missing"]),
        ("too_few_rows", None, ["not judged", "too few rows"]),
    ],
)
def test_a_status_is_said_in_words(status, alert, words):
    run = synth.run_of()
    row = synth.row_of(run, "a", "drift.psi", None, status=status, alert=alert)
    (line,) = column_rows(Report(Results([row], [run])).to_html())
    (verdict,) = line.all("td", "say")
    assert [verdict.all(name)[0].text for name in ("span", "small")] == words


def test_a_monitor_has_days_heat_map_and_charts():
    page = parsed(Report(synth.monitor(60), roles={"prediction": "prediction"}).to_html())
    days = page.all("ul", "days")[0].all("li")
    assert [day.all("b")[0].text for day in days[:2]] == [
        "2013-02-09 Saturday",
        "2013-02-08 Friday",
    ]
    assert "missing share 39 %" in days[0].text
    heat = page.all("svg", "heat")
    assert len(heat) == 14
    assert {len(row.all("rect")) for row in heat} == {60}
    titles = [figure.all("h3")[0].text for figure in page.all("figure")]
    assert (
        titles[:5]
        == [
            "share of drifted columns",
            "missing share",
            "MAE",
            "RMSE",
            "Wasserstein / sd of prediction",
        ][: len(titles[:5])]
        or titles[2] == "MAE"
    )
    assert "quantiles of arr_delay" in titles
    drifted = next(f for f in page.all("figure") if "share of drifted" in f.text)
    assert len(drifted.all("path", "threshold")) == 1
    assert len(drifted.all("path", "dot")) >= 1


def test_heat_cells_are_coloured_by_the_way_to_the_threshold():
    report = Report(synth.monitor(60))
    line = report.columns[0]
    page = parsed(report.to_html())
    (row,) = [r for r in page.all("svg", "heat") if r.all("title")[0].text.startswith(line.column)]
    styles = [cell.classes[0] for cell in row.all("rect")]
    for step, style in zip(line.steps, styles, strict=True):
        assert (style in ("h4", "h5", "h6", "h7")) == bool(step.alert)
        assert (style == "h0") == (step.ratio < 0.25)


def test_hostile_names_are_text_and_nothing_else(hostile_names):
    report = hostile_report(hostile_names)
    html = report.to_html()
    html.encode("utf-8")
    page = parsed(html)
    assert not page.all("script")
    assert not page.all("img")
    assert "\x00" not in html
    assert "\u202e" not in html
    assert "49" not in page.all("h1")[0].text
    shown = {row.all("th")[0].all("bdi")[0].text for row in column_rows(html)}
    for name in hostile_names:
        assert " ".join(shorten(name, 48).split()) in shown
    assert {node.name for node in page.walk()} <= ELEMENTS


def test_fragment_for_a_notebook_is_scoped_and_escaped(hostile_names):
    html = hostile_report(hostile_names)._repr_html_()
    page = parsed(html)
    assert not page.all("script")
    assert not page.all("html")
    (root,) = (node for node in page.children if isinstance(node, Node))
    style = re.sub(r"/\*.*?\*/", "", page.all("style")[0].children[0])
    selectors = re.findall(r"([^{}]+)\{", re.sub(r"@(media|container)[^{]*\{", "", style))
    assert selectors
    for selector in selectors:
        assert f"#{root.attributes['id']}" in selector
        assert ".sd" not in selector
        parts = re.sub(r"\([^()]*(\([^()]*\)[^()]*)*\)", "", selector).split(",")
        assert all(f"#{root.attributes['id']}" in part for part in parts), selector


def test_what_a_viewer_without_style_and_drawings_shows_is_a_plain_table():
    report = Report(synth.comparison())
    page = parsed(report._repr_html_())
    rich, plain = page.all("div", "rich")[0], page.all("pre")[0]
    assert rich.attributes["hidden"] == "hidden"  # Lab drops an attribute without a value
    assert rich.attributes["style"] == "display: none"
    assert " ".join(report.table(width=100).split()) == " ".join(plain.text.split())
    assert not [node for svg in page.all("svg") for node in svg.all("title") + svg.all("desc")]
    assert all(svg.attributes["aria-label"] for svg in page.all("svg"))


def test_results_and_profiles_of_hostile_names_are_escaped(hostile_names):
    report = hostile_report(hostile_names)
    run = report.results.runs[0]
    rows = [synth.row_of(run, name, "quality.mean", 1.0) for name in hostile_names]
    for html in (
        report.results._repr_html_(),
        ProfileReport(Results(rows, [run]), types=dict.fromkeys(hostile_names, "x")).to_html(),
        ProfileReport(Results(rows, [run]))._repr_html_(),
    ):
        page = parsed(html)
        html.encode("utf-8")
        assert not page.all("script")
        assert not page.all("img")
        assert {node.name for node in page.walk()} <= ELEMENTS


def test_long_names_do_not_make_long_pages():
    results = synth.comparison(("x" * 10_000, "y" * 10_000))
    assert len(Report(results).to_html()) < 120_000


def test_ragged_histograms_are_left_out():
    results = synth.comparison()
    run = results.runs[0]
    ragged = [
        Histogram(run.run_id, "", "dep_delay", (1.0, 2.0), None, (1.0,), (1.0, 2.0)),
        Histogram(run.run_id, "", "hour", None, ("a", "b"), (1.0, 2.0, 3.0), (1.0, 2.0)),
        Histogram(run.run_id, "", "temp", None, None, (), ()),
        Histogram(run.run_id, "", "carrier", None, ("a",), (0.0,), (0.0,)),
    ]
    rows = column_rows(Report(Results(results.rows, [run], ragged)).to_html())
    assert sum(len(row.all("svg", "hist")) for row in rows) == 1


def test_profile_page_has_a_row_per_column_with_its_numbers():
    page = parsed(ProfileReport(synth.profile(), types={"dep_delay": "int64"}).to_html())
    (table,) = page.all("table", "profile")
    rows = table.all("tbody")[0].all("tr")
    assert [row.all("th")[0].text for row in rows] == ["dep_delay int64", "carrier", "nothing"]
    assert [cell.text for cell in rows[0].all("td")][1:8] == [
        "120", "3.25", "1.5 25 %: 7.5", "15", "28.5 75 %: 22.5", "3.25", "3.25 std: 3.25",
    ]  # fmt: skip
    assert not rows[0].all("rect", "ref")
    assert len(rows[0].all("rect", "cur")) == 15
    assert "100 %" in rows[2].text


def test_a_profile_without_histograms_has_boxes_of_its_quantiles():
    results = synth.profile()
    page = parsed(ProfileReport(Results(results.rows, results.runs)).to_html())
    (box,) = page.all("table", "profile")[0].all("path", "box")
    left, right = re.findall(r"M([\d.]+) 15H([\d.]+)V", box.attributes["d"])[0]
    assert float(left) == pytest.approx(1000 * (7.5 - 1.5) / (28.5 - 1.5), abs=0.1)
    assert float(right) == pytest.approx(1000 * (22.5 - 1.5) / (28.5 - 1.5), abs=0.1)


def test_a_constant_column_has_no_box():
    run = synth.run_of()
    rows = [
        synth.row_of(run, "a", "quality.quantile", 3.0, params=f"q={q:g}")
        for q in (0.05, 0.25, 0.5, 0.75, 0.95)
    ]
    assert not parsed(ProfileReport(Results(rows, [run])).to_html()).all("svg")


def test_save_html_writes_the_page_and_nothing_else(tmp_path):
    report = Report(synth.comparison())
    report.save_html(tmp_path / "drift.html")
    assert (tmp_path / "drift.html").read_text(encoding="utf-8") == report.to_html()
    assert os.listdir(tmp_path) == ["drift.html"]


def test_a_year_of_days_is_a_small_page():
    html = Report(synth.monitor(333, features=15)).to_html()
    assert len(html.encode()) < 3_000_000


@pytest.mark.parametrize(
    ("features", "size"), [(60, 3_000_000), pytest.param(180, 6_000_000, marks=pytest.mark.slow)]
)
def test_many_columns_and_windows_are_put_together(features, size):
    results = synth.monitor(150, features=features)
    html = Report(results).to_html()
    assert len(html.encode()) < size
    assert len(parsed(html).all("svg", "heat")) == 40


def test_visible_is_what_the_page_shows_of_a_name():
    assert visible("nul\x00") == "nul\\x00"
    (row,) = column_rows(Report(synth.comparison(("nul\x00",))).to_html())
    assert row.all("th")[0].all("bdi")[0].text == "nul\\x00"


def wide(columns: int) -> Report:
    """A comparison of so many quiet columns."""
    run = synth.run_of()
    rows = [
        synth.row_of(run, f"c{i:02}", "drift.psi", 0.01, threshold=0.2, alert=False)
        for i in range(columns)
    ]
    return Report(Results(rows, [run]))


def test_only_a_long_page_has_a_script_and_its_policy_allows_that_text_alone():
    assert not parsed(wide(40).to_html()).all("script")
    assert not parsed(wide(41)._repr_html_()).all("script")
    html = wide(41).to_html()
    text = re.search(r"<script>(.*?)</script>", html, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    allowed = f"script-src 'sha256-{digest}'"
    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; {allowed}"
    assert len(text) < 2_000
