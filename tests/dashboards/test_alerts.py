"""Alert rules on a store in which one dataset goes wrong and another does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from store_servers import DAY, STARTED, make_row, make_run, new_database, target_of

from simdrift.dashboards.catalogue import rules
from simdrift.dashboards.macros import expand
from simdrift.results.collection import Results
from simdrift.store import Store

WINDOWS = 8
# Metric: its value in usual windows, and in the newest one of the dataset that goes wrong.
USUAL_AND_WRONG = {
    "performance.mae": (10.0, 12.5),
    "performance.rmse": (14.0, 14.5),
    "performance.accuracy": (0.9, 0.7),
    "performance.roc_auc": (0.9, 0.85),
    "performance.r2": (0.6, -0.4),
    "quality.rows": (900.0, 400.0),
    "quality.missing_share": (0.01, 0.09),
    "drift.dataset": (0.2, 0.7),
}
FALLEN = {"performance.mae", "performance.accuracy", "performance.r2"}


def windows(dataset: str, newest: datetime, *, wrong: bool) -> Results:
    """Eight days that end at `newest`; the last is wrong where asked for."""
    rows, runs = [], []
    for day in range(WINDOWS):
        end = newest - (WINDOWS - 1 - day) * DAY
        run = make_run(dataset=dataset, window_start=end - DAY, window_end=end, started=STARTED)
        runs.append(run)
        for metric, values in USUAL_AND_WRONG.items():
            value = values[wrong and day == WINDOWS - 1]
            alert = value > 0.5 if metric == "drift.dataset" else None
            rows.append(make_row(run, "", metric, value, alert=alert))
    return Results(rows, runs)


@pytest.fixture(scope="module")
def fired(server, tmp_path_factory):
    """(rule, dataset, metric) of every row of a rule's query that its condition is true of."""
    now = datetime.now(UTC)
    database = new_database(server)
    with Store(target_of(server, database), spool=tmp_path_factory.mktemp("spool")) as store:
        store.write(windows("fine", now - timedelta(hours=2), wrong=False))
        store.write(windows("wrong", now - 4 * DAY, wrong=True))
    found = set()
    with target_of(server, database, user="simdrift_reader").connect() as reader:
        for rule in rules:
            sql = expand(rule.sql, {}, now - rule.days * DAY, now)
            for row in reader.execute(sql.encode()).fetchall():
                low = rule.low is not None and row[-1] < rule.low
                high = rule.high is not None and row[-1] > rule.high
                if low or high:
                    found.add((rule.uid.removeprefix("simdrift-"), row[0], row[4]))
    return found


def test_every_rule_fires_for_the_dataset_that_goes_wrong(fired):
    assert {rule for rule, dataset, _ in fired if dataset == "wrong"} == {
        rule.uid.removeprefix("simdrift-") for rule in rules
    }


def test_no_rule_fires_for_the_dataset_that_does_not(fired):
    assert not {rule for rule, dataset, _ in fired if dataset == "fine"}


def test_a_performance_drop_is_of_those_metrics_that_fell_by_a_fifth(fired):
    assert {metric for rule, _, metric in fired if rule == "performance-drop"} == FALLEN
