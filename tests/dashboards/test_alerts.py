"""Alert rules on a store in which one dataset goes wrong and another does not."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from store_servers import DAY, STARTED, make_row, make_run, new_database, target_of

from simdrift import dashboards as classic_folder
from simdrift.dashboards.catalogue import dashboards, rules
from simdrift.dashboards.macros import expand
from simdrift.monitoring.spec import Spec
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
# Column: the window from which on it alerts where the dataset goes wrong.
LASTING = {"fare": WINDOWS - 3, "tip": WINDOWS - 2, "predicted_fare": WINDOWS - 1}
# Sensitive column: the window from which on its gap is beyond the threshold.
UNEVEN = {"sex": WINDOWS - 3, "region": WINDOWS - 2}
# Score: the window from which on it is worse than the reference's.
WORSE = {"performance.roc_auc": WINDOWS - 3, "performance.rmse": WINDOWS - 2}
GAP = "fairness.demographic_parity_difference"
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
            if metric in WORSE:
                alert = wrong and day >= WORSE[metric]
            rows.append(make_row(run, "", metric, value, alert=alert))
        for column, since in LASTING.items():
            alert = wrong and day >= since
            rows.append(make_row(run, column, "drift.psi", 0.5, threshold=0.2, alert=alert))
        for column, since in UNEVEN.items():
            alert = wrong and day >= since
            value = 0.3 if alert else 0.05
            rows.append(make_row(run, column, GAP, value, threshold=0.1, alert=alert))
    return Results(rows, runs)


OF_COLUMNS = {"simdrift-column-drift", "simdrift-prediction-drift", "simdrift-bias"}


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
                    place = row[5] if rule.uid in OF_COLUMNS else row[4]
                    found.add((rule.uid.removeprefix("simdrift-"), row[0], place))
    return found


def test_every_rule_fires_for_the_dataset_that_goes_wrong(fired):
    assert {rule for rule, dataset, _ in fired if dataset == "wrong"} == {
        rule.uid.removeprefix("simdrift-") for rule in rules
    }


def test_no_rule_fires_for_the_dataset_that_does_not(fired):
    assert not {rule for rule, dataset, _ in fired if dataset == "fine"}


def test_a_performance_drop_is_of_those_metrics_that_fell_by_a_fifth(fired):
    assert {metric for rule, _, metric in fired if rule == "performance-drop"} == FALLEN


def test_a_column_must_alert_in_three_windows_and_a_prediction_in_one(fired):
    assert {column for rule, _, column in fired if rule == "column-drift"} == {"fare"}
    assert {column for rule, _, column in fired if rule == "prediction-drift"} == {"predicted_fare"}


def test_a_gap_between_groups_must_be_beyond_its_threshold_in_three_windows(fired):
    assert {column for rule, _, column in fired if rule == "bias"} == {"sex"}


def test_a_score_must_be_worse_in_three_windows(fired):
    assert {metric for rule, _, metric in fired if rule == "performance-worse"} == {
        "performance.roc_auc"
    }


def test_a_message_has_the_value_a_severity_and_a_panel_to_look_at():
    group = json.loads((Path(classic_folder.__file__).parent / "generated/rules.json").read_text())
    panels = {one.uid: [panel.title for panel in one.panels] for one in dashboards}
    for rule, made in zip(rules, group["rules"], strict=True):
        notes = made["annotations"]
        assert notes["summary"].endswith(" Value: {{ $values.A.Value }}")
        assert made["labels"]["severity"] in ("critical", "warning")
        uid, title = rule.panel
        assert notes["__dashboardUid__"] == uid
        assert panels[uid][int(notes["__panelId__"]) - 1] == title


def hints():
    """(panel, TOML) of each hint that tells what to write into a monitor's file."""
    pattern = re.compile(r"(?:\[[a-z.]+\] )?\w+ = (?:\[[^\]]*\]|\{.*?\})")
    for one in dashboards:
        for panel in one.panels:
            for text in pattern.findall(panel.switch_on):
                yield pytest.param(text, id=f"{one.title}: {panel.title}")


@pytest.mark.parametrize("text", list(hints()))
def test_what_a_panel_says_to_write_is_taken(text):
    toml = text.replace("] ", "]\n", 1) if text.startswith("[") else text
    given = tomllib.loads(toml.replace("[...]", '["x"]'))
    columns = {"timestamp": "t", **given.pop("columns", {})}
    assert Spec(monitor="m", columns=columns, **given)


def test_panels_say_what_to_write():
    assert len(list(hints())) >= 8
