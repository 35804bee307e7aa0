"""The model's block of a report: text, page and verdict read the same rows."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import numpy as np
import pytest

import simdrift as sd
from simdrift.reports.model import Confusion, confusion_of, model_lines, word
from simdrift.reports.performance import change_words
from simdrift.reports.verdict import ratio, reason
from simdrift.results import Result

ROW = Result(
    UUID(int=1), "", "", "", None, None, "all", "", "", "performance.mae", 3.0, effect_size=1.0
)
WORSE = ROW._replace(q_value=0.003, threshold=2.1, alert=True)


def labelled(rows: int, right: float, seed: int, kinds: int = 2) -> dict[str, Any]:
    """Labels, and predictions of which this share is right."""
    dice = np.random.default_rng(seed)
    y = dice.integers(0, kinds, rows)
    wrong = dice.random(rows) >= right
    names = np.array(["cat", "dog", "eel"])
    return {"y": names[y], "p": names[np.where(wrong, (y + 1) % kinds, y)]}


ROLES = {"target": "y", "prediction": "p"}


def test_an_alert_is_told_in_words() -> None:
    assert reason(WORSE) == "MAE rose from 2 to 3, q 0.003"
    close = WORSE._replace(metric="performance.r2", value=0.8801, effect_size=-0.0001)
    assert change_words(close) == "R² fell from 0.8802 to 0.8801, q 0.003"
    better = WORSE._replace(metric="performance.r2")
    assert change_words(better) == ""


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "worse"),
        ({"alert": False}, "as before"),
        ({"alert": False, "effect_size": -1.0}, "better"),
        ({"alert": False, "effect_size": -1.0, "q_value": 0.3}, "as before"),
        ({"alert": None}, ""),
        ({"value": None, "status": "no_labels", "alert": None}, "not judged"),
    ],
)
def test_the_verdict_on_a_score_is_a_word(change: dict[str, Any], expected: str) -> None:
    assert word(WORSE._replace(**change)) == expected


def test_a_score_that_is_better_high_is_past_its_limit_where_it_is_below() -> None:
    row = WORSE._replace(metric="performance.r2", value=0.5, threshold=0.75)
    assert ratio(row) == 1.5


def test_segments_have_a_line_where_they_alert() -> None:
    rows = [ROW, WORSE._replace(segment="zone=a"), ROW._replace(segment="zone=b")]
    lines = model_lines(rows)
    assert [(line.segment, line.word) for line in lines] == [("", ""), ("zone=a", "worse")]


def test_a_confusion_table_is_read_off_rows() -> None:
    names = ("true_positives", "false_negatives", "false_positives", "true_negatives")
    rows = [
        ROW._replace(metric=f"performance.{n}", value=v)
        for n, v in zip(names, (5, 1, 2, 9), strict=True)
    ]
    assert confusion_of(rows) == Confusion(("positive", "negative"), ((5, 1), (2, 9)))
    assert confusion_of(rows[:3]) is None
    many = [
        ROW._replace(metric="performance.confusion", params=f"target={a},prediction={b}", value=n)
        for a, b, n in (("x,y", "x,y", 3.0), ("x,y", "z", 1.0), ("z", "z", 4.0))
    ]
    assert confusion_of(many) == Confusion(("x,y", "z"), ((3.0, 1.0), (0.0, 4.0)))


def test_text_page_and_notebook_have_one_verdict() -> None:
    report = sd.compare(labelled(3_000, 0.91, 1), labelled(3_000, 0.85, 2), roles=ROLES)
    (row,) = report.results.filter(metric="performance.accuracy")
    words = reason(row)
    assert re.fullmatch(r"accuracy fell from 0\.9\d* to 0\.8\d*, q .*", words)
    assert words in report.verdict
    assert words in report.to_html()
    assert words in report._repr_html_()
    (line,) = [line for line in report.model if line.name == "accuracy"]
    assert (line.word, line.alert) == ("worse", True)
    text = report.table()
    assert re.search(r"^accuracy .* WORSE$", text, re.MULTILINE)
    assert "Confusion" in text
    assert "accuracy" not in text.partition("Whole table")[2]


def test_an_evaluation_has_a_verdict_of_its_own() -> None:
    first, same, worse = labelled(900, 0.9, 1), labelled(900, 0.9, 2), labelled(900, 0.7, 3)
    alone = sd.evaluate(first, ROLES, metrics=["accuracy", "f1"])
    assert alone.verdict == "2 scores of the model"
    calm = sd.evaluate(same, ROLES, first, metrics=["accuracy", "f1"])
    assert calm.verdict == "The model is not worse than before, by 2 scores"
    bad = sd.evaluate(worse, ROLES, first, metrics=["accuracy", "f1"])
    assert bad.verdict.startswith("The model is worse: accuracy fell from 0.884 to 0.691")
    assert "No column was compared" not in bad.to_html()


def test_three_labels_have_a_table_and_lines_of_their_own() -> None:
    report = sd.evaluate(labelled(600, 0.8, 1, kinds=3), ROLES, metrics="auto")
    assert report.confusion is not None
    assert report.confusion.labels == ("cat", "dog", "eel")
    assert sum(map(sum, report.confusion.rows)) == 600
    names = [line.name for line in report.model]
    assert "precision (label=cat)" in names
    assert not any("confusion" in name for name in names)


def scored(rows: int, noise: float, seed: int) -> dict[str, Any]:
    """Probabilities, and labels that follow them but for this noise."""
    dice = np.random.default_rng(seed)
    score = dice.beta(1, 2, rows)
    truth = dice.random(rows) < np.clip(score + dice.normal(0, noise, rows), 0, 1)
    return {"y": np.where(truth, "yes", "no"), "score": score}


def test_curves_of_a_model_with_one_score_are_drawn_for_both_sides() -> None:
    before, now = scored(4_000, 0.0, 1), scored(4_000, 0.5, 2)
    roles = {"target": "y", "score": "score"}
    report = sd.evaluate(now, roles, before)
    assert [curve.title for curve in report.curves] == ["ROC", "Precision by recall", "Calibration"]
    for curve in report.curves:
        assert [line.style for line in curve.lines] == ["before", "now"]
        assert all(len(line.x) <= 300 for line in curve.lines)
    roc = report.curves[0].lines[1]
    x, y = np.array(roc.x), np.array(roc.y)
    area = float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2.0))
    (auc,) = report.results.filter(metric="performance.roc_auc")
    assert auc.value == pytest.approx(area, abs=0.005)
    assert report.to_html().count("<h3>ROC</h3>") == 1
    assert sd.compare(before, now, roles=roles).curves[2] == report.curves[2]
    assert sd.evaluate(labelled(100, 0.9, 1), ROLES).curves == ()


def test_target_drift_stands_beside_prediction_drift() -> None:
    dice = np.random.default_rng(4)
    before = {"x": dice.normal(size=900), "y": dice.normal(size=900), "p": dice.normal(size=900)}
    now = {"x": dice.normal(size=900), "y": dice.normal(2, 1, 900), "p": dice.normal(size=900)}
    report = sd.compare(before, now, roles=ROLES)
    assert [line.column for line in report.predicted] == ["y", "p"]
    assert [line.column for line in report.features] == ["x"]
    assert [line.alerts for line in report.predicted] == [1, 0]
    columns, _, rest = report.table().partition("Prediction and target")
    assert re.search("^y ", rest, re.MULTILINE)
    assert not re.search("^y ", columns, re.MULTILINE)
    assert report.to_html().count(">Prediction and target</h2>") == 1
    alone = sd.compare(before, now, roles={"prediction": "p"})
    assert alone.predicted == []
