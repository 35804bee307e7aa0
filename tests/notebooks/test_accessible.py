"""axe-core finds nothing serious in the pages: of a comparison, a monitor, a profile, and the
dashboards, on a telephone, in half a window and on a desk, light and dark."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import axe_playwright_python
import pytest
import synth
from frames_of_alerts import frames
from store_servers import folder_of_run, new_database, shared_server, target_of

import simdrift as sd
from simdrift.dashboards.page import write_pages
from simdrift.reports import Report
from simdrift.reports.relabel import Owner, relabelled
from simdrift.store import Store

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
WINDOW = (datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 3, 2, tzinfo=UTC))
SERIOUS = """async () => {
  for (const one of document.querySelectorAll("details")) one.open = true;
  const result = await axe.run();
  return result.violations.filter(one => ["serious", "critical"].includes(one.impact))
    .map(one => one.id + ": " + one.nodes.map(node => node.html.slice(0, 160)).join(" | "));
}"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, Path]:
    """A file of each kind of page."""
    folder = tmp_path_factory.mktemp("pages")
    before, now = frames()
    report = sd.compare(before, now)
    many = {f"c{i}": [1.0, 2.0] for i in range(50)}
    made = {
        "comparison": report,
        "monitor": Report(synth.monitor(40)),
        "profile": sd.profile(before),
        "long": sd.compare(many, many),
    }
    files = {}
    for name, one in made.items():
        files[name] = folder / f"{name}.html"
        one.save_html(files[name])
    with shared_server("package", folder_of_run(tmp_path_factory)) as server:
        target = target_of(server, new_database(server))
        with Store(target, spool=folder / "spool", deadline=10) as store:
            store.write(relabelled(report.results, Owner("daily", "frames", "", ""), WINDOW))
            for path in write_pages(store, folder / "dashboards", dataset="frames"):
                files[path.stem] = path
    return files


NAMES = ("comparison", "monitor", "profile", "long", "index", "column-drift", "data-quality")


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1280])
def test_nothing_is_seriously_wrong(browser, pages, width, system):
    context = browser.new_context(
        color_scheme=system, viewport={"width": width, "height": 900}, bypass_csp=True
    )
    page, found = context.new_page(), {}
    for name in NAMES:
        page.goto(pages[name].as_uri())
        page.evaluate(AXE)
        found[name] = page.evaluate(SERIOUS)
    context.close()
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
