"""Reports to the embedded store: `Report.write` of a comparison and of a reference."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

import simdrift as sd
from simdrift.store import Store

WINDOW = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC))
X = np.random.default_rng(8).normal(size=2_000)


@pytest.fixture(params=["compare", "reference"])
def report(request: pytest.FixtureRequest) -> sd.Report:
    current = {"x": X + 0.5, "c": ["a", "b"] * 1000}
    reference = {"x": X, "c": ["a", "a", "b", "b"] * 500}
    if request.param == "compare":
        return sd.compare(reference, current)
    return sd.Reference.fit(reference).compare(current)


def test_a_report_is_stored_once_and_read_back(report: sd.Report) -> None:
    name = f"set {id(report)}"
    first = report.write(dataset=name, window=WINDOW)
    second = report.write(dataset=name, window=WINDOW)
    assert (first.runs_written, second.runs_written, second.rows_written) == (1, 0, 0)
    with Store() as store:
        found = store.read(dataset=name)
    values = {(row.column, row.metric): row.value for row in found}
    assert values == {(row.column, row.metric): row.value for row in report.results}
    assert {h.column for h in found.histograms} == {"x", "c"}
    (run,) = found.runs
    assert (run.window_start, run.window_end) == WINDOW
    assert len(run.data_digest) == len(run.reference_digest) == 64


def test_a_report_without_a_window_says_what_to_pass(report: sd.Report) -> None:
    with pytest.raises(ValueError, match=r"pass window=\(start, end\)"):
        report.write(dataset="set")


def test_other_data_are_another_run() -> None:
    for shift in (0.0, 1e-12):
        sd.compare({"x": X}, {"x": X + shift}).write(dataset="two", window=WINDOW)
    with Store() as store:
        runs = store._session.transaction(
            lambda connection: connection.execute(
                "select count(distinct run_id) from simdrift.run where dataset = 'two'"
            ).fetchone()
        )
    assert runs == (2,)
