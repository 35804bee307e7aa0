"""A report as JupyterLab shows it: whatever the theme of Lab and of the system, trusted or not."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
import frames_of_alerts
import pytest
from playwright.sync_api import Browser, Page

import simdrift as sd

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
WAIT_MS = 90_000
COLOURS = """() => {
  const report = document.querySelector('.jp-OutputArea [id^="sd-"]');
  const of = query => getComputedStyle(report.querySelector(query));
  return {
    ink: of(".columns tbody th").color, panel: of(".panel").backgroundColor,
    row: of(".columns tbody tr").backgroundColor, align: of(".columns tbody th").textAlign,
    plain: of(".plain").display, rich: of(".rich").display,
    lab: document.body.dataset.jpThemeLight,
    wide: report.scrollWidth > report.clientWidth,
  };
}"""
SERIOUS = """async () => {
  const result = await axe.run(document.querySelector('.jp-OutputArea [id^="sd-"]'));
  return result.violations.filter(one => ["serious", "critical"].includes(one.impact))
    .map(one => one.id + ": " + one.nodes.map(node => node.html.slice(0, 120)).join(" | "));
}"""
INK = {"light": "rgb(21, 26, 33)", "dark": "rgb(231, 235, 240)"}
PANEL = {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 27, 34)"}


@pytest.fixture(scope="module")
def report() -> sd.Report:
    return sd.compare(*frames_of_alerts.frames())


def opened(browser: Browser, address: str, system: str) -> Page:
    page = browser.new_page(color_scheme=system, viewport={"width": 1280, "height": 900})
    page.goto(address)
    page.wait_for_selector('.jp-OutputArea [id^="sd-"]', timeout=WAIT_MS, state="attached")
    return page


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_trusted_report_has_the_theme_of_lab(lab, browser, report, theme, system):
    lab.choose_theme(f"JupyterLab {theme.title()}")
    address = lab.save("trusted.ipynb", report._repr_html_(), repr(report), trusted=True)
    page = opened(browser, address, system)
    page.wait_for_function(
        f"document.body.dataset.jpThemeLight === '{str(theme == 'light').lower()}'"
    )
    found = page.evaluate(COLOURS)
    assert (found["ink"], found["panel"]) == (INK[theme], PANEL[theme])
    assert (found["row"], found["align"]) == ("rgba(0, 0, 0, 0)", "left")
    assert (found["plain"], found["rich"]) == ("none", "block")
    assert not found["wide"]
    page.evaluate(AXE)
    assert page.evaluate(SERIOUS) == []
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_untrusted_report_is_a_plain_table(lab, browser, report, theme):
    lab.choose_theme(f"JupyterLab {theme.title()}")
    address = lab.save("untrusted.ipynb", report._repr_html_(), repr(report), trusted=False)
    page = browser.new_page(color_scheme="dark", viewport={"width": 1280, "height": 900})
    page.goto(address)
    page.wait_for_selector(".jp-OutputArea pre", timeout=WAIT_MS)
    assert not page.is_visible(".jp-OutputArea .rich")  # Lab would show it without its style
    text = page.inner_text(".jp-OutputArea pre")
    assert text.startswith(report.verdict)
    for line in report.columns:
        assert line.name in text
    page.close()
