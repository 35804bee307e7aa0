"""What `Report.explain` says, on samples whose drift is known."""

from __future__ import annotations

import numpy as np
import pytest

import simdrift as sd
from simdrift.metrics import registry
from simdrift.reports import Report
from simdrift.reports.explain import explain, label_text, shift_text
from simdrift.reports.summary import on_p_value


def frames():
    rng = np.random.default_rng(8)
    rows = 6000
    before = {
        "fare": rng.normal(10.0, 2.0, rows),
        "tip": rng.normal(size=rows),
        "still": rng.normal(size=rows),
        "wide": rng.normal(size=rows),
        "zone": np.array(["a", "b"])[(rng.random(rows) < 0.5).astype(int)],
        "prediction": rng.normal(size=rows),
    }
    now = {
        "fare": rng.normal(10.0, 2.0, rows) + 2.0,
        "tip": rng.normal(size=rows) - 0.2,
        "still": rng.normal(size=rows),
        "wide": rng.normal(0.0, 1.5, rows),
        "zone": np.array(["a", "b"])[(rng.random(rows) < 0.8).astype(int)],
        "prediction": rng.normal(0.4, 1.0, rows),
    }
    return before, now


@pytest.fixture(scope="module")
def report():
    return sd.compare(*frames(), roles={"prediction": "prediction"})


def test_the_column_that_drifted_most_comes_first_and_shares_are_one(report):
    found = report.explain()
    names = [driver.name for driver in found]
    assert names[0] == "fare"
    assert set(names) == {"fare", "tip", "still", "wide", "zone"}
    assert sum(driver.share for driver in found) == pytest.approx(1.0)
    assert {d.name: d.share for d in found}["still"] == 0.0


def test_effects_are_what_lies_beyond_chance_in_thresholds(report):
    (row,) = report.results.filter(column="fare", metric="drift.wasserstein_normed")
    effect = (row.value - (row.null_quantile or 0.0)) / row.threshold
    assert report.explain().columns[0].effect == pytest.approx(effect)


def test_importances_weigh_columns(report):
    found = report.explain({"tip": 1.0, "fare": 0.0})
    assert [d.name for d in found if d.share] == ["tip"]
    half = {d.name: d for d in report.explain({"tip": 2.0, "fare": -1.0})}
    ratio = half["tip"].share / half["fare"].share
    assert ratio == pytest.approx(2 * half["tip"].effect / half["fare"].effect)


def test_directions_are_those_of_quartiles(report):
    before, now = frames()
    low, middle, high = np.quantile(before["fare"], [0.25, 0.5, 0.75])
    shift = (np.median(now["fare"]) - middle) / (high - low)
    said = {driver.name: driver.direction for driver in report.explain()}
    assert said["fare"] == f"up by {shift:.2g} IQR"
    assert said["tip"].startswith("down by")
    assert said["zone"].startswith("share of 'a' down from 5") or said["zone"].startswith(
        "share of 'b' up from"
    )
    assert report.explain().prediction.direction.startswith("up by")


def test_a_report_without_data_reads_its_histograms(report):
    bare = Report(report.results, roles=report.roles)
    exact, drawn = report.explain(), bare.explain()
    assert [d.name for d in exact] == [d.name for d in drawn]
    assert drawn.columns[0].direction.startswith("up by about")
    number = float(drawn.columns[0].direction.split()[3])
    assert number == pytest.approx(float(exact.columns[0].direction.split()[2]), abs=0.05)
    said = {d.name: d.direction for d in drawn}
    assert said["zone"] == {d.name: d.direction for d in exact}["zone"]


def test_segments_are_ranked_by_the_predictions_drift_in_them():
    rng = np.random.default_rng(9)
    place = np.repeat(["calm", "moved"], 3000)
    before = {"p": rng.normal(size=6000), "place": place}
    now = {"p": rng.normal(size=6000) + 1.0 * (place == "moved"), "place": place}
    report = sd.compare(before, now, roles={"prediction": "p"}, segments=["place"])
    first, second = report.explain().segments
    assert (first.name, second.name) == ("place=moved", "place=calm")
    assert first.share > 0.95
    assert first.importance == 0.5


def test_nothing_is_explained_where_nothing_drifted():
    x = np.random.default_rng(3).normal(size=3000)
    found = sd.compare({"x": x}, {"x": x}).explain()
    assert [(d.name, d.share, d.direction) for d in found] == [("x", None, "")]
    assert repr(found) == "no column drifted beyond chance"


def test_the_explanation_reads_well(report):
    lines = repr(report.explain()).splitlines()
    assert lines[0].startswith("prediction (prediction): up by")
    assert lines[1] == "share of the drift by column"
    assert "%  fare: up by" in lines[2]


@pytest.mark.parametrize(
    ("importances", "message"),
    [
        ({"fair": 1.0}, "expected columns that were compared .*found fair"),
        ({"fare": float("nan")}, "importances\\['fare'\\]: expected a finite number"),
    ],
)
def test_wrong_importances_are_refused_by_name(report, importances, message):
    with pytest.raises(ValueError, match=message):
        report.explain(importances)


def test_words_for_changes():
    assert shift_text(0.001, 1.2) == "spread up by 20 %"
    assert shift_text(0.001, 1.001) == "shape changed"
    assert label_text(("a",), [0.25], [0.125]) == "share of 'a' down from 25 % to 12.5 %"
    assert explain(sd.Results([]), [], {}, None, lambda _: "").columns == []


def test_every_test_of_the_registry_is_held_against_its_p_value(report):
    row = report.results[0]
    for spec in map(registry.method, registry.methods()):
        assert on_p_value(row._replace(metric=spec.metric)) == (spec.rule == "test"), spec.metric
    assert not on_p_value(row._replace(metric="drift.of_another_writer"))


def test_controls_of_a_name_are_escaped_in_the_text():
    name = "\u202egnp.exe\u2066\x1b[31m"
    before, now = frames()
    found = sd.compare(
        {name: before["fare"], "p\u202e": before["prediction"]},
        {name: now["fare"], "p\u202e": now["prediction"]},
        roles={"prediction": "p\u202e"},
    ).explain()
    assert found.columns[0].name == name
    assert r"\u202egnp.exe\u2066\x1b[31m: " in repr(found)
    assert r"p\u202e (prediction)" in repr(found)
    assert repr(found).replace("\n", "").isprintable()
