"""Rows of fairness in evaluate, compare and monitor, from the role 'sensitive'."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import simdrift as sd
from simdrift.metrics.decide import Decided
from simdrift.metrics.fairness import between
from simdrift.metrics.fairness.estimates import Shares
from simdrift.metrics.outcomes import Outcomes
from simdrift.monitoring.sensitive import gaps_changed

ROLES = {
    "target": "y",
    "prediction": "p",
    "sensitive": ["sex", "race"],
    "categorical": ["y", "p"],
}
PARITY = "fairness.demographic_parity_difference"
RATIO = "fairness.demographic_parity_ratio"


def frame(rows: int, bias: float, seed: int) -> dict[str, np.ndarray]:
    """Two labels; of the sex F fewer are predicted positive."""
    rng = np.random.default_rng(seed)
    found = {
        "sex": rng.choice(["F", "M"], rows),
        "race": rng.choice(["x", "y", "z"], rows),
        "y": rng.integers(0, 2, rows),
    }
    score = 0.4 * found["y"] + 0.3 + 0.2 * rng.normal(size=rows) - bias * (found["sex"] == "F")
    return found | {"p": (score > 0.5).astype(int)}


BEFORE, NOW = frame(3000, 0.05, 0), frame(2000, 0.3, 1)


def only(results: sd.Results, metric: str, column: str, params: str = "") -> sd.Result:
    (row,) = (r for r in results.filter(metric=metric, column=column) if r.params == params)
    return row


def test_evaluate_has_the_rows_of_each_sensitive_column_and_of_both():
    results = sd.evaluate(NOW, ROLES).results
    for column, given in (
        ("sex", NOW["sex"]),
        ("race", NOW["race"]),
        ("sex ~ race", {"sex": NOW["sex"], "race": NOW["race"]}),
    ):
        row = only(results, PARITY, column)
        expected = sd.fairness.demographic_parity_difference(NOW["y"], NOW["p"], given)
        assert (row.value, row.ci_low, row.ci_high) == (
            expected.value,
            expected.ci_low,
            expected.ci_high,
        )
    of_women = only(results, "fairness.selection_rate", "sex", "group=F")
    assert of_women.value == pytest.approx(NOW["p"][NOW["sex"] == "F"].mean(), rel=1e-12)
    assert not len(results.filter(metric="fairness.mae"))


def test_a_reference_gives_the_change_of_the_gap():
    results = sd.evaluate(NOW, ROLES, BEFORE).results
    row = only(results, PARITY, "sex")
    gaps = [
        abs(side["p"][side["sex"] == "F"].mean() - side["p"][side["sex"] == "M"].mean())
        for side in (BEFORE, NOW)
    ]
    assert row.effect_size == pytest.approx(gaps[1] - gaps[0], rel=1e-9)
    assert (row.threshold, row.alert) == (0.1, True)
    ratio = only(results, RATIO, "sex")
    assert (ratio.threshold, ratio.alert) == (0.8, True)
    assert only(results, PARITY, "race").alert is False


def test_an_unfair_model_is_no_drift_of_the_sensitive_column():
    results = sd.compare(BEFORE, NOW, columns=["sex", "race"], roles=ROLES).results
    assert only(results, PARITY, "sex").alert is True
    (count,) = results.filter(metric="drift.dataset_count")
    drifted = {row.column for row in results.filter(alert=True) if row.metric.startswith("drift.")}
    assert "sex" not in drifted
    assert count.value == len(drifted - {""})


def test_a_threshold_of_the_user_counts_alone():
    limits = {PARITY: 0.9, RATIO: 0.99}
    results = sd.evaluate(NOW, ROLES, thresholds=limits).results
    assert (only(results, PARITY, "sex").threshold, only(results, PARITY, "sex").alert) == (
        0.9,
        False,
    )
    assert only(results, RATIO, "race").alert is True


def test_windows_have_rows_and_those_without_labels_say_so():
    days = np.datetime64("2024-01-01", "s") + np.repeat([0, 1], 1000) * np.timedelta64(86_400, "s")
    current = {**NOW, "t": days, "y": np.where(np.arange(2000) < 1000, NOW["y"], np.nan)}
    spec = sd.Spec(
        monitor="m",
        dataset="d",
        window="1d",
        columns={**ROLES, "timestamp": "t"},
        reference={"start": "2024-01-01", "end": "2024-01-02"},
    )
    results = sd.monitor(spec, current)
    second = [row for row in results if row.window_start.day == 2 and row.column == "sex"]
    by_metric = {row.metric: row for row in second if not row.params}
    later = {name: NOW[name][1000:] for name in NOW}
    expected = sd.fairness.demographic_parity_difference(None, later["p"], later["sex"])
    assert by_metric[PARITY].value == expected.value
    assert by_metric["fairness.equalized_odds_ratio"].status == "no_labels"


def test_a_saved_reference_keeps_the_gaps(tmp_path):
    spec = sd.Spec(monitor="m", window="all", columns={**ROLES})
    reference = sd.Reference.fit(BEFORE, spec=spec)
    path = tmp_path / "reference.json"
    reference.save(path)
    rows = [
        only(one.compare(NOW).results, PARITY, "sex")
        for one in (reference, sd.Reference.load(path))
    ]
    assert rows[0].effect_size > 0.1
    assert [(row.value, row.effect_size, row.alert) for row in rows] == [
        (rows[0].value, rows[0].effect_size, True)
    ] * 2


def test_a_regression_has_errors_by_group():
    rng = np.random.default_rng(3)
    data = {"sex": rng.choice(["F", "M"], 800), "y": rng.normal(size=800)}
    data["p"] = data["y"] + rng.normal(size=800) * np.where(data["sex"] == "F", 2.0, 1.0)
    roles = {"target": "y", "prediction": "p", "sensitive": ["sex"]}
    results = sd.evaluate(data, roles, metrics="auto").results
    found = {row.metric for row in results if row.metric.startswith("fairness.")}
    assert found == {"fairness.mae", "fairness.mae_difference", "fairness.mae_ratio"}
    assert only(results, "fairness.mae_ratio", "sex").value == pytest.approx(0.5, abs=0.08)


def test_a_gap_s_change_has_p_and_q():
    """By hand: the difference over the root of both intervals' larger halves, squared and added."""
    results = sd.evaluate(NOW, ROLES, BEFORE, segments=["race"]).results
    row = only(results.filter(segment=""), PARITY, "sex")
    before = only(sd.evaluate(BEFORE, ROLES).results, PARITY, "sex")
    halves = [
        max(own.value - own.ci_low, own.ci_high - own.value) / stats.norm.ppf(0.975)
        for own in (row, before)
    ]
    z = (row.value - before.value) / np.hypot(*halves)
    assert row.p_value == pytest.approx(2 * stats.norm.sf(abs(z)), rel=0.05)
    judged = [r for r in results if r.metric.startswith("fairness.") and r.p_value is not None]
    expected = stats.false_discovery_control([r.p_value for r in judged])
    np.testing.assert_allclose([r.q_value for r in judged], expected, rtol=1e-9)
    assert {r.segment for r in judged} == {"", "race=x", "race=y", "race=z"}
    rates = results.filter(metric="fairness.selection_rate")
    assert all(r.p_value is None and r.effect_size is not None for r in rates)


@pytest.mark.parametrize("rates", [(0.3, 0.3), (0.3, 0.45), (0.3, 0.3, 0.3, 0.3), (0.05, 0.1)])
def test_the_same_gap_seldom_changes(rates):
    """p-values of at most 0.05 in at most 5 % of windows (of 1,000: 7 % by chance)."""
    rng = np.random.default_rng(1)
    sides = []
    for rows in (200, 2_000):
        hits = rng.binomial(rows, rates, (1_000, len(rates))).astype(float)
        total = np.full_like(hits, rows)
        for compare in (between.difference, between.ratio):
            known = np.ones(hits.shape, bool)
            spread = compare(Shares(hits, total, total), known, "between_groups")
            outcomes = Outcomes(spread.value, np.zeros(1_000, np.uint8))
            outcomes.ci_low, outcomes.ci_high = spread.low, spread.high
            outcomes.n_current = np.full(1_000, rows * len(rates))
            sides.append(Decided("sex", PARITY, "", outcomes))
    for now, before in ((sides[0], sides[2]), (sides[1], sides[3])):
        ((row,),) = gaps_changed([[now]], [[before]])
        assert np.mean(row.outcomes.p_value <= 0.05) <= 0.07


def test_a_ratio_of_errors_alerts_and_their_difference_has_no_limit():
    rng = np.random.default_rng(2)
    sex = rng.choice(["F", "M"], 2_000)
    y = rng.normal(size=2_000)
    p = y + rng.normal(size=2_000) * np.where(sex == "F", 2.0, 1.0)
    roles = {"target": "y", "prediction": "p", "sensitive": ["sex"]}
    results = sd.evaluate({"sex": sex, "y": y, "p": p}, roles).results
    ratio = only(results, "fairness.mae_ratio", "sex")
    assert (ratio.threshold, ratio.alert) == (0.8, True)
    assert only(results, "fairness.mae_difference", "sex").alert is None
    even = {"sex": sex, "y": y, "p": y + rng.normal(size=2_000)}
    assert only(sd.evaluate(even, roles).results, "fairness.mae_ratio", "sex").alert is False
