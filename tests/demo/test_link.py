"""The link that the demo prints opens the overview at the data's time."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

sys.path.append(str(Path(__file__).parents[1] / "store"))

from store_servers import make_run

from simdrift.demo.show import link


def test_the_link_chooses_dataset_and_time_range() -> None:
    start, end = datetime(2013, 2, 1, tzinfo=UTC), datetime(2014, 1, 1, tzinfo=UTC)
    run = make_run(dataset="nyc flights & more", window_start=start, window_end=end)
    parts = urlsplit(link(run, end))
    assert (parts.netloc, parts.path) == ("127.0.0.1:3000", "/d/simdrift-overview")
    assert parse_qs(parts.query) == {
        "from": ["1359676800000"],  # date -u -d 2013-02-01 +%s
        "to": ["1388534400000"],  # date -u -d 2014-01-01 +%s
        "var-dataset": ["nyc flights & more"],
    }
