"""What a model's performance says where a column of the model is lost, or has labels that the
reference does not know: in evaluate, compare, a prepared reference and monitor."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simdrift as sd
from simdrift.cli import run_command
from simdrift.reports import Report

ROLES: dict[str, Any] = {"target": "y", "prediction": "p", "score": "s", "sensitive": ["sex"]}
LABELS = {"numbers": (0, 1), "text": ("no", "yes"), "booleans": (False, True)}


def frame(labels: tuple[Any, Any] = ("no", "yes"), rows: int = 900, seed: int = 0) -> Any:
    dice = np.random.default_rng(seed)
    truth = dice.integers(0, 2, rows)
    score = np.clip(0.3 + 0.4 * truth + dice.normal(0, 0.2, rows), 0, 1)
    kinds = np.array(labels)
    return {
        "y": kinds[truth],
        "p": kinds[(score > 0.5).astype(int)],
        "s": score,
        "sex": np.array(["F", "M"])[dice.integers(0, 2, rows)],
    }


BEFORE, NOW = frame(), frame(seed=1)


def days(data: Any) -> Any:
    """The rows as three days of equal length."""
    day = np.repeat(np.arange(3), len(data["sex"]) // 3)
    return {"t": np.datetime64("2024-01-01", "s") + day.astype("timedelta64[D]"), **data}


def spec(**columns: Any) -> sd.Spec:
    return sd.Spec(monitor="m", columns=sd.Columns(timestamp="t", **{**ROLES, **columns}))


def everywhere(now: Any, before: Any = BEFORE, **columns: Any) -> dict[str, sd.Results]:
    """The same two frames by every way to compare them; a monitor has three windows."""
    roles = {**ROLES, **columns}
    fitted = sd.Spec(monitor="m", window="all", columns=sd.Columns(**roles))
    prepared = sd.Reference.fit(before, spec=fitted)
    ways = {
        "evaluate": sd.evaluate(now, roles, before).results,
        "evaluate, prepared": sd.evaluate(now, fitted, prepared).results,
        "compare": sd.compare(before, now, roles=roles).results,
        "compare, prepared": prepared.compare(now).results,
    }
    ways["monitor"] = sd.monitor(spec(**columns), days(now), before)
    return ways


def rows(results: sd.Results, metric: str, params: str = "") -> list[sd.Result]:
    return [row for row in results if (row.metric, row.params) == (metric, params)]


# --- columns that are lost ---


@pytest.mark.parametrize(
    ("name", "lost", "kept"),
    [
        ("s", ["performance.roc_auc", "performance.log_loss"], ["performance.accuracy"]),
        ("p", ["performance.accuracy", "performance.f1"], ["performance.roc_auc"]),
    ],
)
def test_a_column_that_is_lost_alerts_everywhere(name: str, lost: Any, kept: Any) -> None:
    now = {key: column for key, column in NOW.items() if key != name}
    for way, results in everywhere(now).items():
        for metric in lost:
            found = rows(results, metric)
            assert found, (way, metric)
            for row in found:
                assert (row.value, row.status, row.alert) == (None, "missing_column", True), way
            assert repr(name) in results.reasons["", "", metric]
        for metric in kept:
            assert {row.status for row in rows(results, metric)} == {"ok"}, (way, metric)


def test_a_lost_prediction_costs_the_gaps_that_it_is_needed_for() -> None:
    now = {key: column for key, column in NOW.items() if key != "p"}
    for way, results in everywhere(now).items():
        found = rows(results, "fairness.demographic_parity_difference")
        assert found, way
        assert {(row.status, row.alert) for row in found} == {("missing_column", True)}, way


def test_a_lost_target_is_lost_in_a_comparison_and_awaited_by_a_monitor() -> None:
    now = {key: column for key, column in NOW.items() if key != "y"}
    for way, results in everywhere(now).items():
        found = rows(results, "performance.roc_auc")
        expected = ("no_labels", None) if way == "monitor" else ("missing_column", True)
        assert {(row.status, row.alert) for row in found} == {expected}, way


def test_a_monitor_waits_for_a_target_that_nobody_has_yet() -> None:
    data = {key: column for key, column in days(frame()).items() if key != "y"}
    between = sd.ReferenceSpec(start="2024-01-01", end="2024-01-02")
    fixed = spec().model_copy(update={"reference": between})
    moving = spec().model_copy(update={"reference": sd.ReferenceSpec(moving="previous")})
    for one in (fixed, moving):
        found = rows(sd.monitor(one, data), "performance.accuracy")
        assert len(found) == 3
        assert {(row.status, row.alert) for row in found} == {("no_labels", None)}


def test_a_lost_column_is_said_and_ends_a_command_with_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import pandas as pd

    report = sd.evaluate({k: v for k, v in NOW.items() if k != "s"}, ROLES, BEFORE)
    assert "The model is worse: ROC AUC: column lost" in report.table()
    why = "column lost: the rows have no column 's'"
    assert report.table().count(why) == 1
    assert {line.word for line in report.model if line.alert} == {"lost"}
    assert why in report.to_html().replace("&#39;", "'")
    pd.DataFrame(BEFORE).to_parquet(tmp_path / "before.parquet")
    pd.DataFrame(NOW).drop(columns="s").to_parquet(tmp_path / "now.parquet")
    files = [str(tmp_path / "before.parquet"), str(tmp_path / "now.parquet")]
    options = ["--target", "y", "--score", "s", "--no-progress", "--fail-on-alert"]
    assert run_command(["compare", *files, *options]) == 1
    assert "column lost" in capsys.readouterr().out


def test_a_file_without_the_column_costs_its_windows(tmp_path: Path) -> None:
    import pandas as pd

    data = pd.DataFrame(days(frame(rows=600)))
    for place, (day, own) in enumerate(data.groupby("t")):
        own = own.drop(columns="s") if place == 1 else own
        own.to_parquet(tmp_path / f"{day:%d}.parquet")
    found = rows(sd.monitor(spec(), str(tmp_path), BEFORE), "performance.roc_auc")
    assert [row.status for row in found] == ["ok", "missing_column", "ok"]
    assert found[1].alert is True


# --- labels that are not known ---


def with_label(data: Any, label: str, count: int = 1) -> Any:
    """The rows with another label in the first ones."""
    y = np.array([str(one).lower() if isinstance(one, np.bool_) else one for one in data["y"]])
    y = y.astype(object)
    y[:count] = label
    return {**data, "y": np.array([str(one) for one in y])}


@pytest.mark.parametrize("labels", LABELS)
def test_one_strange_label_costs_its_row(labels: str) -> None:
    before, now = frame(LABELS[labels]), frame(LABELS[labels], seed=1)
    strange = with_label(now, "maybe")
    least = {key: column[1:] for key, column in now.items()}
    expected = sd.evaluate(least, ROLES, before)
    for way, results in everywhere(strange, before).items():
        for metric in ("performance.accuracy", "performance.roc_auc", "performance.recall"):
            first = rows(results, metric)[0]
            assert first.status == "ok", (way, metric, first)
            assert "1 row left out, labels other than" in results.reasons["", "", metric]
            assert "'maybe'" in results.reasons["", "", metric]
            if way != "monitor":
                (row,) = rows(expected.results, metric)
                assert first.value == pytest.approx(row.value, rel=1e-12), (way, metric)
                assert first.n_current == 899


def test_three_labels_without_a_reference_are_three() -> None:
    results = sd.evaluate(with_label(NOW, "maybe"), ROLES).results
    (row,) = rows(results, "performance.accuracy")
    assert row.n_current == 900
    (lost,) = rows(results, "performance.roc_auc")
    assert lost.status == "not_applicable"
    assert "found 3: 'maybe', 'no' and 'yes'" in results.reasons["", "", "performance.roc_auc"]


def test_a_score_that_is_not_applicable_says_why_in_text_page_and_json() -> None:
    report = sd.evaluate(with_label(NOW, "maybe"), ROLES)
    why = "y: expected two labels with one score, found 3: 'maybe', 'no' and 'yes'"
    assert why in " ".join(report.table(width=200).split())
    assert why in report.to_html().replace("&#39;", "'")
    assert why in sd.Results.from_json(report.results.to_json()).reasons.values()


def test_segments_that_are_asked_for_are_all_listed() -> None:
    report = sd.evaluate(NOW, ROLES, BEFORE, segments=["sex"], metrics=["f1", "roc_auc"])
    shown = [(line.name, line.segment) for line in report.model]
    assert shown == [
        (name, segment) for segment in ("", *report.results.table.segments[1:]) for name in
        ("F1", "ROC AUC")
    ]  # fmt: skip
    gaps = report.results.filter(metric="fairness.selection_rate")
    assert {row.segment for row in gaps} >= {"", "sex=F", "sex=M"}


def test_a_monitors_report_shows_the_model_in_its_newest_window_with_labels() -> None:
    data = days(NOW)
    data["y"] = np.array(
        [
            None if day == 2 else y
            for day, y in zip(np.repeat([0, 1, 2], 300), data["y"], strict=True)
        ],
        object,
    )
    results = sd.monitor(spec(), data, BEFORE)
    report = Report(results)
    assert report.model_window == "2024-01-02"
    assert "Model performance of 2024-01-02" in report.table()
    (auc,) = (
        row
        for row in results.filter(metric="performance.roc_auc")
        if row.window_start == datetime(2024, 1, 2, tzinfo=UTC)
    )
    (line,) = (line for line in report.model if line.name == "ROC AUC")
    assert auc.value is not None
    assert float(line.now) == pytest.approx(auc.value, abs=1e-3)
    chosen = Report(results, model_window=datetime(2024, 1, 1, tzinfo=UTC))
    assert chosen.model_window == "2024-01-01"
    assert chosen.confusion is not None
    assert sum(map(sum, chosen.confusion.rows)) == 300
    assert "2024-01-02" in report.to_html()


def test_other_labels_are_not_paired_with_the_references() -> None:
    before = frame(("ja", "nein"))
    for way, results in everywhere(NOW, before).items():
        for metric in ("performance.accuracy", "performance.roc_auc"):
            for row in rows(results, metric):
                assert (row.value, row.status, row.alert) == (None, "type_changed", True), way
            assert "'ja' and 'nein'" in results.reasons["", "", metric]


def test_a_saved_reference_keeps_its_labels(tmp_path: Path) -> None:
    fitted = sd.Spec(monitor="m", window="all", columns=sd.Columns(**ROLES))
    reference = sd.Reference.fit(BEFORE, spec=fitted)
    reference.save(tmp_path / "it")
    loaded = sd.Reference.load(tmp_path / "it")
    assert loaded.known == reference.known == ("classification", ("no", "yes"))
    assert loaded.digest == reference.digest
    strange = with_label(NOW, "maybe", 9)
    (row,) = rows(loaded.compare(strange).results, "performance.f1")
    assert (row.status, row.n_current) == ("ok", 891)


def test_the_model_s_columns_are_read_once_a_segment(monkeypatch: pytest.MonkeyPatch) -> None:
    from simdrift.metrics.performance import predictions

    made = []
    real = predictions.Predictions.__post_init__

    def counted(self: Any) -> None:
        made.append(self)
        real(self)

    monkeypatch.setattr(predictions.Predictions, "__post_init__", counted)
    sd.monitor(spec(), days(NOW), sd.Reference.fit(days(BEFORE), spec=spec()))
    assert len(made) == 2  # the reference's, and all windows'
