"""Names with controls that turn or hide the text around them, on the dashboards' pages."""

import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "store"))

from store_servers import drop_database, make_results, make_row, make_run, new_database, target_of

from simdrift.dashboards.page import write_pages
from simdrift.results.collection import Results
from simdrift.store import Store

TURNING = "\u202egnp.exe\u2066 \u200b\x1b[31m \x7f"
UNSEEN = ("\u202e", "\u2066", "\u200b", "\x1b", "\x7f")


def test_no_control_of_a_name_reaches_a_page(server, tmp_path):
    name = new_database(server)
    try:
        run = make_run(monitor=TURNING, dataset=TURNING, model=TURNING, model_version=TURNING)
        row = make_row(run, TURNING, segment=f"{TURNING}=1", alert=True)
        whole = make_row(run, TURNING, alert=True)
        results = make_results(days=1, monitor=TURNING, dataset=TURNING)
        with Store(target_of(server, name), spool=tmp_path / "spool") as store:
            store.write(Results([row, whole], [run], []))
            store.write(results)
            store.annotate(run.window_end, TURNING, TURNING, TURNING)
            pages = write_pages(store, tmp_path / "pages", dataset=TURNING)
    finally:
        drop_database(server, name)
    assert len(os.listdir(tmp_path / "pages")) == 6
    for page in pages:
        text = page.read_text("utf-8")
        assert "\\u202egnp.exe" in text
        assert not [control for control in UNSEEN if control in text]
