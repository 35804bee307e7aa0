"""A model's performance on a frame, against a reference, and where compare and monitor show it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import simdrift as sd

ROLES = {"target": "y", "prediction": "p"}


def frame(rows: int, scale: float, seed: int) -> dict[str, Any]:
    """A target, a prediction that misses it by so much, and two zones."""
    dice = np.random.default_rng(seed)
    y = dice.normal(scale=4.0, size=rows)
    zones = np.array(["a", "b"])[dice.integers(0, 2, rows)]
    return {"y": y, "p": y + dice.normal(scale=scale, size=rows), "zone": zones}


def changes(results: Any) -> list[tuple[Any, ...]]:
    """Everything that a row of performance says of its change."""
    return [
        (r.segment, r.metric, r.value, r.effect_size, r.p_value, r.q_value, r.threshold, r.alert)
        for r in results
        if r.metric.startswith("performance.")
    ]


BEFORE, NOW = frame(800, 1.0, 1), frame(900, 1.5, 2)


def test_every_metric_of_the_task_is_computed_on_one_frame() -> None:
    report = sd.evaluate(NOW, ROLES)
    error = NOW["p"] - NOW["y"]
    values = {row.metric: row.value for row in report.results}
    assert values["performance.mae"] == pytest.approx(np.abs(error).mean(), rel=1e-12)
    assert values["performance.rmse"] == pytest.approx((error**2).mean() ** 0.5, rel=1e-12)
    assert values["performance.max_error"] == np.abs(error).max()
    assert all(row.effect_size is None for row in report.results)
    alerts = {row.metric for row in report.results if row.alert}
    assert not alerts


def test_a_change_is_welchs_with_a_practical_limit() -> None:
    (row,) = sd.evaluate(NOW, ROLES, BEFORE, metrics="mae").results
    before, now = (np.abs(side["p"] - side["y"]) for side in (BEFORE, NOW))
    welch = stats.ttest_ind(now, before, equal_var=False)
    assert row.effect_size == pytest.approx(now.mean() - before.mean(), rel=1e-12)
    assert row.threshold == pytest.approx(1.05 * before.mean(), rel=1e-12)
    assert np.log10(row.p_value or 1.0) == pytest.approx(np.log10(welch.pvalue), abs=1.5)
    assert (row.alert, row.n_reference, row.n_current) == (True, 800, 900)


@pytest.mark.parametrize(("now", "alert"), [(0.0, False), (1.03, False), (1.3, True)])
def test_a_change_alerts_where_it_is_worse_and_matters(now: float, alert: bool) -> None:
    """A better model, and one that is worse by too little, have no alert."""
    dice = np.random.default_rng(5)
    error = dice.normal(size=40_000)
    zero = np.zeros(len(error))
    before, after = {"y": zero, "p": error}, {"y": zero, "p": (now or 0.5) * error}
    (row,) = sd.evaluate(after, ROLES, before, metrics=["mae"]).results
    assert row.q_value is not None
    assert row.q_value < 0.01
    assert row.alert is alert


def test_chance_alone_seldom_alerts() -> None:
    """Of pairs of small samples of one model about 5 % have a p-value of 5 %."""
    alerts = 0
    for seed in range(200):
        before, now = frame(60, 1.0, 2 * seed), frame(60, 1.0, 2 * seed + 1)
        (row,) = sd.evaluate(now, ROLES, before, metrics="mae").results
        alerts += row.alert is True
    assert alerts <= stats.binom(200, 0.05).ppf(0.999)


def test_segments_are_one_family_with_the_whole() -> None:
    report = sd.evaluate(NOW, ROLES, BEFORE, metrics="mae", segments="zone")
    rows = list(report.results)
    assert [row.segment for row in rows] == ["", "zone=b", "zone=a"]
    expected = stats.false_discovery_control([row.p_value for row in rows])
    assert [row.q_value for row in rows] == pytest.approx(expected.tolist(), rel=1e-12)
    zone = NOW["zone"] == "b"
    assert rows[1].value == pytest.approx(np.abs(NOW["p"] - NOW["y"])[zone].mean(), rel=1e-12)


def test_a_prepared_reference_gives_what_its_frame_gives(tmp_path: Path) -> None:
    spec = sd.Spec(monitor="m", window="all", columns=sd.Columns(**ROLES), segments=["zone"])
    fitted = sd.Reference.fit(BEFORE, spec=spec)
    fitted.save(tmp_path / "a.reference")
    loaded = sd.Reference.load(tmp_path / "a.reference")
    assert loaded.digest == fitted.digest
    found = changes(sd.compare(BEFORE, NOW, roles=ROLES, segments="zone").results)
    assert len(found) == 6
    for reference in (fitted, loaded):
        assert changes(reference.compare(NOW).results) == found
        assert changes(sd.evaluate(NOW, spec, reference).results) == found


def test_a_report_says_what_changed_from_rows_alone() -> None:
    report = sd.compare(BEFORE, NOW, roles=ROLES)
    of_rows = sd.Report(report.results)
    assert [change.metric for change in of_rows.performance] == [
        "performance.mae",
        "performance.rmse",
    ]
    for ours, theirs in zip(of_rows.performance, report.performance, strict=True):
        assert ours.reference == pytest.approx(theirs.reference, rel=1e-12)
        assert (ours.current, ours.alert) == (theirs.current, theirs.alert)


def days(scales: list[float]) -> dict[str, Any]:
    """A day for each scale of errors, 300 rows each."""
    parts = [frame(300, scale, place) for place, scale in enumerate(scales)]
    hours = np.arange(300 * len(scales)) * 288
    time = np.datetime64("2024-01-01", "s") + hours.astype("timedelta64[s]")
    return {"t": time, **{k: np.concatenate([part[k] for part in parts]) for k in parts[0]}}


def monitored(reference: Any, data: dict[str, Any], start: str | None = None) -> Any:
    spec = sd.Spec(
        monitor="m",
        columns=sd.Columns(timestamp="t", **ROLES),
        reference=reference,
        start=start,
        segments=["zone"],
    )
    return sd.monitor(spec, data)


def test_windows_are_compared_with_the_references_performance() -> None:
    data = days([1.0, 1.0, 2.0])
    results = monitored({"start": "2024-01-01", "end": "2024-01-02"}, data, "2024-01-02")
    for day, alert in ((1, False), (2, True)):
        rows = slice(300 * day, 300 * (day + 1))
        now = {name: values[rows] for name, values in data.items()}
        before = {name: values[:300] for name, values in data.items()}
        roles = {**ROLES, "timestamp": "t"}
        expected = changes(sd.compare(before, now, roles=roles, segments="zone").results)
        own = [row for row in results if row.window_start.day == day + 1]
        assert changes(own) == expected
        assert {row.alert for row in own if row.metric == "performance.mae"} == {alert}


@pytest.mark.parametrize("moving", ["previous", {"moving": "rolling", "windows": 2}])
def test_a_reference_that_moves_has_the_performance_of_its_windows(moving: Any) -> None:
    data = days([1.0, 1.0, 2.0, 1.0])
    rows = [
        row
        for row in monitored(moving, data)
        if row.metric == "performance.mae" and not row.segment
    ]
    error = np.abs(data["p"] - data["y"]).reshape(4, 300).mean(axis=1)
    assert rows[0].effect_size is None
    assert rows[0].alert is None
    count = 1 if moving == "previous" else 2
    for day in (1, 2, 3):
        before = error[max(0, day - count) : day].mean()
        assert rows[day].effect_size == pytest.approx(error[day] - before, rel=1e-9)
    assert [row.alert for row in rows[1:]] == [False, True, False]


@pytest.mark.parametrize("labels", ["nan", "without a column"])
def test_windows_without_labels_are_so_marked_and_completed_by_a_later_run(labels: str) -> None:
    data = days([1.0, 1.0, 1.0])
    late = {**data, "y": np.where(np.arange(900) < 600, data["y"], np.nan)}
    before = {name: values[:300] for name, values in data.items()}
    now = {name: values[600:] for name, values in late.items()}
    if labels == "without a column":
        del now["y"]
    spec = sd.Spec(monitor="m", columns=sd.Columns(timestamp="t", **ROLES), segments=["zone"])
    rows = [r for r in sd.monitor(spec, now, before) if r.metric.startswith("performance.")]
    assert len(rows) == 6
    for row in rows:
        assert (row.value, row.status, row.n_current) == (None, "no_labels", 0)
        assert row.alert is None
    whole = {name: values[600:] for name, values in data.items()}
    first, second = (sd.monitor(spec, side, before) for side in (now, whole))
    done = [r for r in second if r.metric.startswith("performance.")]
    assert {r.status for r in done} == {"ok"}
    assert first.runs[0].spec_digest == second.runs[0].spec_digest
    assert first.runs[0].reference_digest == second.runs[0].reference_digest


def test_a_window_with_some_labels_counts_those() -> None:
    now = {**NOW, "y": np.where(np.arange(900) < 10, NOW["y"], np.nan)}
    (row,) = sd.evaluate(now, ROLES, metrics="mae").results
    assert (row.status, row.n_current) == ("ok", 10)


def test_a_limit_of_the_users_own_decides_alone() -> None:
    report = sd.evaluate(NOW, ROLES, BEFORE, metrics="mae", thresholds={"mae": 5.0})
    (row,) = report.results
    assert (row.threshold, row.alert) == (5.0, False)
    assert row.q_value is not None
    assert row.q_value < 1e-6


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ({"prediction": "p"}, "'target' is missing"),
        ({"target": "y"}, "'prediction' or 'score' is missing"),
        ({"target": "y", "prediction": "q"}, "no column 'q'"),
        ({"target": "y", "relevance": "z", "prediction": "p"}, "which are one, found both"),
        (["y"], "expected a dict such as"),
    ],
)
def test_a_missing_role_is_named(roles: Any, message: str) -> None:
    with pytest.raises(sd.SpecError, match=message):
        sd.evaluate(NOW, roles)


def test_arguments_are_refused_by_name() -> None:
    with pytest.raises(sd.SpecError, match=r"metrics: .*'rsme'"):
        sd.evaluate(NOW, ROLES, metrics="rsme")
    with pytest.raises(sd.SpecError, match="keeps no performance"):
        sd.evaluate(NOW, ROLES, sd.Reference.fit(BEFORE))
    thresholds: Any = 3.0
    with pytest.raises(sd.SpecError, match="thresholds: expected a dict"):
        sd.evaluate(NOW, ROLES, thresholds=thresholds)


def test_roles_have_other_names() -> None:
    columns = sd.Columns(relevance="y", id="order", score=["a", "b"])
    assert (columns.target, columns.key) == ("y", "order")
    assert columns.score == {"a": "a", "b": "b"}
    scores: Any = {True: "p", 0: "q"}
    assert sd.Columns(score=scores).score == {"true": "p", "0": "q"}


def test_roles_that_are_not_set_leave_identities_as_they_were() -> None:
    """The digest of a spec without a model is that of simdrift before these roles."""
    spec = sd.Spec(monitor="m", columns=sd.Columns(timestamp="t"))
    explicit = sd.Spec(
        monitor="m",
        columns=sd.Columns(timestamp="t"),
        metrics=sd.Metrics(performance=["mae", "rmse"]),
    )
    digest = "3e3ac5d45827009d7d2fc06fb4e4e0a2f24102343aa3391f885ceff21ac2eabe"
    assert spec.digest == explicit.digest == digest


def test_sensitive_columns_have_rows_of_fairness_and_drift_as_before() -> None:
    """A gap between groups is no drift of the column, and its alert is not counted as one."""

    def people(seed: int) -> dict[str, Any]:
        dice = np.random.default_rng(seed)
        sex, y = dice.integers(0, 2, 2_000), dice.integers(0, 2, 2_000)
        p = np.where((sex == 1) & (dice.random(2_000) < 0.4), 1, y)
        return {
            "sex": np.array(["f", "m"])[sex],
            "y": y == 1,
            "p": p == 1,
            "x": dice.normal(size=2_000),
        }

    before, now = people(1), people(2)
    roles = {"target": "y", "prediction": "p", "sensitive": ["sex"]}
    report = sd.compare(before, now, roles=roles)
    (gap,) = report.results.filter(metric="fairness.demographic_parity_difference")
    share = [now["p"][now["sex"] == sex].mean() for sex in ("f", "m")]
    assert gap.column == "sex"
    assert gap.value == pytest.approx(abs(share[1] - share[0]), rel=1e-12)
    assert gap.alert is True
    assert report.results.filter(metric="drift.dataset")[0].value == 0.0
    assert "No drift in" in report.verdict
    assert "fairness: demographic parity" in report.verdict
    (alone,) = sd.evaluate(now, roles).results.filter(
        metric="fairness.demographic_parity_difference"
    )
    assert alone.value == gap.value


def labelled(right: float, seed: int, share: float = 0.5) -> dict[str, Any]:
    dice = np.random.default_rng(seed)
    y = dice.random(3_000) < share
    return {"y": y, "p": np.where(dice.random(3_000) < right, y, ~y)}


@pytest.mark.parametrize(
    ("now", "share", "worse"),
    [
        (0.9, 0.5, set()),
        (0.4, 0.5, {"accuracy", "mcc"}),
        (0.8, 0.95, {"accuracy"}),
    ],
)
def test_worse_than_a_constant_is_an_alert(now: float, share: float, worse: set[str]) -> None:
    """A constant says the most frequent label: 95 % right where 95 % have it."""
    names = ["accuracy", "mcc"]
    data = labelled(now, 3, share)
    for reference in (None, labelled(now, 4, share)):
        rows = sd.evaluate(data, ROLES, reference, metrics=names).results
        alerts = {row.metric.removeprefix("performance.") for row in rows if row.alert}
        assert alerts == worse
    if "accuracy" in worse:
        (row,) = sd.evaluate(data, ROLES, metrics="accuracy").results
        assert row.threshold == max(data["y"].mean(), 1 - data["y"].mean())


def test_errors_beyond_those_of_the_mean_are_an_alert() -> None:
    dice = np.random.default_rng(2)
    y = dice.normal(size=2_000)
    (row,) = sd.evaluate({"y": y, "p": -y}, ROLES, metrics="rmse").results
    assert row.threshold == pytest.approx(y.std(), rel=1e-12)
    assert row.alert is True
    (row,) = sd.evaluate({"y": y, "p": 0.5 * y}, ROLES, metrics="rmse").results
    assert row.alert is None


def test_a_mean_error_alerts_where_it_moves_away_from_zero() -> None:
    """By a tenth of the error's standard deviation, and beyond chance."""
    for shift, alert in ((0.0, False), (0.05, False), (0.4, True), (-0.4, True)):
        now = {**NOW, "p": frame(900, 1.0, 2)["p"] - frame(900, 1.0, 2)["y"] + NOW["y"] + shift}
        (row,) = sd.evaluate(now, ROLES, BEFORE, metrics="mean_error").results
        assert row.alert is alert, shift
    error = BEFORE["p"] - BEFORE["y"]
    limit = abs(error.mean()) + 0.1 * error.std(ddof=1)
    assert row.threshold == pytest.approx(limit, rel=1e-3)
    (line,) = sd.evaluate(now, ROLES, BEFORE, metrics="mean_error").model
    assert line.word == "worse"


@pytest.mark.parametrize("weighted", [False, True])
def test_an_mae_beyond_that_of_the_median_is_an_alert(weighted: bool) -> None:
    dice = np.random.default_rng(5)
    y, weight = dice.exponential(size=2_000), dice.integers(1, 4, 2_000).astype(float)
    roles = {**ROLES, "weight": "w"} if weighted else ROLES
    repeats = weight.astype(int) if weighted else np.ones(2_000, int)
    repeated = np.repeat(y, repeats)
    expected = np.abs(repeated - np.median(repeated)).mean()
    for scale, alert in ((0.3, None), (2.0, True)):
        now = {"y": y, "p": y + dice.normal(scale=scale, size=2_000), "w": weight}
        (row,) = sd.evaluate(now, roles, metrics="mae").results
        assert row.alert is alert
        if alert:
            assert row.threshold == pytest.approx(expected, rel=1e-9)


def two_models(rows: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same rows in another order, scored by two models."""
    dice = np.random.default_rng(7)
    truth, hard = dice.integers(0, 2, rows), dice.normal(size=rows)
    sides = []
    for noise in (0.5, 0.6):
        logit = 1.5 * truth - 0.75 + hard + dice.normal(scale=noise, size=rows)
        order = dice.permutation(rows)
        own = {"id": np.arange(rows), "y": truth, "s": 1 / (1 + np.exp(-logit))}
        sides.append({name: column[order] for name, column in own.items()})
    return sides[0], sides[1]


def test_the_same_rows_are_compared_in_pairs() -> None:
    before, now = two_models(700)
    roles = {"target": "y", "score": "s", "key": "id"}
    results = sd.evaluate(now, roles, before).results
    left, right = (np.argsort(side["id"]) for side in (before, now))
    found = sd.performance.delong(now["y"][right], now["s"][right], before["s"][left])
    (auc,) = (row for row in results if row.metric == "performance.roc_auc")
    assert auc.effect_size == pytest.approx(found.difference, rel=1e-9)
    assert auc.p_value == pytest.approx(found.p_value, rel=1e-9)
    (brier,) = (row for row in results if row.metric == "performance.brier")
    squares = [(side["s"] - side["y"]) ** 2 for side in (now, before)]
    student = stats.ttest_rel(squares[0][right], squares[1][left])
    assert brier.p_value == pytest.approx(student.pvalue, rel=1e-6)
    apart = sd.evaluate(now, {"target": "y", "score": "s"}, before).results
    (other,) = (row for row in apart if row.metric == "performance.roc_auc")
    assert other.p_value is not None
    assert auc.p_value is not None
    assert other.p_value > 1.5 * auc.p_value
    others = {**before, "id": before["id"] + 1}
    (unpaired,) = sd.evaluate(now, roles, others, metrics="roc_auc").results
    assert unpaired.p_value == pytest.approx(other.p_value, rel=1e-9)
