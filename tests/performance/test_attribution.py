"""Drift of attributions, and a change of performance in mix and rate."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import simdrift as sd
from simdrift.metrics.attribution.shift import ndcg

sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed")

NAMES = ["a", "b", "c", "d", "e"]


def attributions(scales: list[float], rows: int = 400, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, len(scales))) * np.array(scales)


# --- attributions ---


@pytest.mark.parametrize("seed", range(6))
def test_ndcg_equals_scikit_learns_with_ties_too(seed):
    rng = np.random.default_rng(seed)
    relevance = rng.exponential(size=12)
    weights = rng.integers(0, 5, 12).astype(float) if seed % 2 else rng.random(12)
    expected = sklearn.ndcg_score([relevance], [weights])
    assert ndcg(relevance, weights) == pytest.approx(expected, rel=1e-12)


def test_the_same_order_has_an_ndcg_of_one_and_another_one_alerts():
    before = attributions([5.0, 4.0, 3.0, 2.0, 1.0])
    same = sd.attribution.drift(before, attributions([9.0, 4.0, 3.0, 2.0, 1.0], seed=1))
    assert (same.ndcg, same.alert, same.status) == (1.0, False, "ok")
    other = sd.attribution.drift(before, attributions([0.1, 0.2, 0.3, 4.0, 5.0], seed=1))
    means = [np.abs(side).mean(axis=0) for side in (before, before[:, ::-1])]
    assert other.ndcg == pytest.approx(sklearn.ndcg_score([means[0]], [[1, 2, 3, 4, 5]]), rel=1e-12)
    assert (other.alert, other.threshold) == (True, 0.9)
    assert sd.attribution.drift(before, before[:, ::-1], threshold=0.5).alert is False


def test_shifts_of_columns_equal_welchs_test():
    before = attributions([3.0, 2.0, 1.0])
    now = attributions([3.0, 1.0, 1.5], 300, 1)
    found = sd.attribution.drift(before, now, columns=NAMES[:3])
    assert [one.column for one in found] == ["a", "b", "c"]
    sides = np.abs(before), np.abs(now)
    for at, one in enumerate(found):
        expected = stats.ttest_ind(sides[1][:, at], sides[0][:, at], equal_var=False)
        interval = expected.confidence_interval()
        assert one.reference == pytest.approx(sides[0][:, at].mean(), rel=1e-12)
        assert one.difference == pytest.approx(one.current - one.reference, rel=1e-12)
        assert one.p_value == pytest.approx(expected.pvalue, rel=1e-9)
        assert (one.ci_low, one.ci_high) == pytest.approx((interval.low, interval.high), rel=1e-9)
    assert [(one.reference_rank, one.rank) for one in found] == [(1, 1), (2, 3), (3, 2)]
    p = [one.p_value for one in found]
    assert [one.q_value for one in found] == pytest.approx(
        stats.false_discovery_control(p), rel=1e-9
    )


@pytest.mark.parametrize("given", ["frame", "dict", "shap", "list"])
def test_attributions_come_as_frames_arrays_and_explanations(given):
    pd = pytest.importorskip("pandas")
    before, now = (attributions([3.0, 2.0, 1.0], 100, seed) for seed in (0, 1))
    make = {
        "frame": lambda x: pd.DataFrame(x, columns=NAMES[:3]),
        "dict": lambda x: dict(zip(NAMES, x.T, strict=False)),
        "shap": lambda x: SimpleNamespace(values=x, feature_names=NAMES[:3]),
        "list": lambda x: x.tolist(),
    }[given]
    names = NAMES[:3] if given == "list" else None
    found = sd.attribution.drift(make(before), make(now), columns=names)
    expected = sd.attribution.drift(before, now, columns=NAMES[:3])
    assert list(found) == list(expected)
    assert found.ndcg == expected.ndcg


def test_rows_without_a_number_are_left_out_and_lacking_columns_count_as_zero():
    before, now = attributions([3.0, 2.0, 1.0]), attributions([3.0, 2.0, 1.0], seed=1)
    holed = now.copy()
    holed[:50, 1] = np.nan
    holed[50, 1] = np.inf
    found = sd.attribution.drift(before, holed, columns=NAMES[:3])
    assert found[1].current == pytest.approx(np.abs(now[51:, 1]).mean(), rel=1e-12)
    sides = [dict(zip(NAMES, side.T, strict=False)) for side in (before, now)]
    del sides[1]["a"]
    sides[1]["new"] = np.full(400, 9.0)
    lost = sd.attribution.drift(*sides)
    by_name = {one.column: one for one in lost}
    assert (by_name["a"].current, by_name["a"].p_value, by_name["a"].rank) == (None, None, None)
    assert (by_name["new"].reference, by_name["new"].rank) == (None, 1)
    relevance = [np.abs(before[:, at]).mean() for at in range(3)] + [0.0]
    assert lost.ndcg == pytest.approx(sklearn.ndcg_score([relevance], [[0, 2, 1, 9]]), rel=1e-12)


@pytest.mark.parametrize(
    ("before", "now", "status"),
    [
        (np.zeros((5, 2)), np.ones((5, 2)), "degenerate"),
        (np.full((5, 2), np.nan), np.ones((5, 2)), "all_null"),
        (np.ones((5, 2)), np.empty((0, 2)), "all_null"),
        ({}, {"a": [1.0]}, "empty"),
    ],
)
def test_why_there_is_no_ndcg(before, now, status):
    found = sd.attribution.drift(before, now)
    assert (found.ndcg, found.alert, found.status) == (None, None, status)


def test_constant_attributions_have_a_p_value():
    found = sd.attribution.drift(np.ones((9, 2)), np.array([[1.0, 2.0]] * 9))
    assert [one.p_value for one in found] == [1.0, 0.0]


def test_bad_attributions_are_refused_by_name():
    with pytest.raises(ValueError, match="reference: expected attributions"):
        sd.attribution.drift(np.zeros((3, 2, 2)), np.zeros((3, 2)))
    with pytest.raises(ValueError, match="columns: expected 2 names, one a column of reference"):
        sd.attribution.drift(np.zeros((3, 2)), np.zeros((3, 2)), columns=["a"])
    with pytest.raises(ValueError, match="threshold: expected a number from 0 to 1"):
        sd.attribution.drift(np.zeros((3, 2)), np.zeros((3, 2)), threshold=2.0)


# --- mix and rate ---


def two_sides(seed: int = 3) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    before = rng.choice(list("abc"), 3000, p=[0.6, 0.3, 0.1])
    now = rng.choice(list("abc"), 2000, p=[0.3, 0.3, 0.4])
    level = {"a": 1.0, "b": 2.0, "c": 4.0}
    old = np.array([level[one] for one in before]) * rng.exponential(size=3000)
    new = np.array([level[one] for one in now]) * rng.exponential(size=2000)
    return old, new * np.where(now == "b", 1.5, 1.0), before, now


def by_hand(old, new, before, now, w=None, v=None):
    """Kitagawa's decomposition, written out."""
    w, v = (np.ones(len(x)) if u is None else u for x, u in ((old, w), (new, v)))
    m0, m1 = np.average(old, weights=w), np.average(new, weights=v)
    found = {}
    for one in "abc":
        in0, in1 = before == one, now == one
        p0, p1 = w[in0].sum() / w.sum(), v[in1].sum() / v.sum()
        r0, r1 = np.average(old[in0], weights=w[in0]), np.average(new[in1], weights=v[in1])
        mix = (p1 - p0) * ((r0 + r1) / 2 - (m0 + m1) / 2)
        found[one] = mix, (r1 - r0) * (p0 + p1) / 2, p0, p1, r0, r1
    return m1 - m0, found


@pytest.mark.parametrize("weighted", [False, True])
def test_mix_and_rate_are_kitagawas_and_sum_to_the_change(weighted):
    old, new, before, now = two_sides()
    rng = np.random.default_rng(1)
    weights = [rng.exponential(size=len(x)) for x in (old, new)] if weighted else [None, None]
    found = sd.attribution.change(
        old, new, before, now, reference_weight=weights[0], current_weight=weights[1]
    )
    total, expected = by_hand(old, new, before, now, *weights)
    assert found.total == pytest.approx(total, rel=1e-12)
    assert found.mix + found.rate == pytest.approx(total, rel=1e-12)
    for one in found:
        assert one[1:7] == pytest.approx(expected[one.segment], rel=1e-9)
    assert abs(found[0].mix + found[0].rate) == max(abs(one.mix + one.rate) for one in found)
    assert found.ci_low < found.total < found.ci_high


def test_p_values_of_rates_and_of_the_whole_are_welchs():
    old, new, before, now = two_sides()
    found = sd.attribution.change(old, new, before, now)
    for one in found:
        own = stats.ttest_ind(old[before == one.segment], new[now == one.segment], equal_var=False)
        assert one.p_value == pytest.approx(own.pvalue, rel=1e-6)
    whole = stats.ttest_ind(new, old, equal_var=False)
    assert found.p_value == pytest.approx(whole.pvalue, rel=1e-6)
    interval = whole.confidence_interval()
    assert (found.ci_low, found.ci_high) == pytest.approx((interval.low, interval.high), rel=1e-6)


def test_a_change_of_shares_alone_is_all_mix_and_of_means_alone_all_rate():
    segment = np.repeat(["a", "b"], [80, 20])
    later = np.repeat(["a", "b"], [40, 60])
    loss = {"a": 1.0, "b": 3.0}
    old, moved = (np.array([loss[one] for one in side]) for side in (segment, later))
    mix = sd.attribution.change(old, moved, segment, later)
    assert (mix.total, mix.mix, mix.rate) == pytest.approx((0.8, 0.8, 0.0), abs=1e-12)
    rate = sd.attribution.change(old, old + (segment == "b"), segment, segment)
    assert (rate.total, rate.mix, rate.rate) == pytest.approx((0.2, 0.0, 0.2), abs=1e-12)
    assert rate[0].segment == "b"


def test_a_segment_of_one_side_only_is_mix_and_missing_ones_are_a_segment():
    old, new = np.ones(100), np.repeat([1.0, 5.0], [60, 40])
    before, now = np.repeat("a", 100), np.array(["a"] * 60 + [None] * 40, object)
    found = sd.attribution.change(old, new, before, now)
    assert (found.total, found.mix, found.rate) == pytest.approx((1.6, 1.6, 0.0), abs=1e-12)
    by_name = {one.segment: one for one in found}
    assert by_name["(missing)"].reference is None
    assert by_name["(missing)"].p_value is None


def test_what_is_lacking_has_a_status_and_what_is_wrong_an_error():
    assert sd.attribution.change([], [1.0], [], ["a"]).status == "empty"
    assert sd.attribution.change([np.nan], [1.0], ["a"], ["a"]).status == "all_null"
    with pytest.raises(ValueError, match="current_segment: expected 2 segments, one a value"):
        sd.attribution.change([1.0], [1.0, 2.0], ["a"], ["a"])
    with pytest.raises(TypeError, match="reference: expected numbers"):
        sd.attribution.change(["x"], [1.0], ["a"], ["a"])
    with pytest.raises(ValueError, match="current_weight: expected finite numbers >= 0"):
        sd.attribution.change([1.0], [1.0], ["a"], ["a"], current_weight=[-1.0])


# --- frames ---


def frames() -> tuple[dict, dict]:
    rng = np.random.default_rng(6)

    def frame(rows: int, night: float) -> dict[str, np.ndarray]:
        found = {
            "shift": rng.choice(["day", "night"], rows, p=[1.0 - night, night]),
            "x": rng.normal(size=rows),
            "y": rng.integers(0, 2, rows),
        }
        wrong = rng.random(rows) < np.where(found["shift"] == "night", 0.4, 0.1)
        return found | {"p": np.where(wrong, 1 - found["y"], found["y"])}

    return frame(8000, 0.1), frame(6000, 0.5)


@pytest.mark.parametrize("metric", ["accuracy", "recall", "f1"])
def test_the_column_whose_mix_changed_comes_first_and_each_sums_to_the_change(metric):
    before, now = frames()
    found = sd.explain_change(before, now, {"target": "y", "prediction": "p"}, metric=metric)
    score = {
        "accuracy": sklearn.accuracy_score,
        "recall": sklearn.recall_score,
        "f1": sklearn.f1_score,
    }[metric]
    total = score(now["y"], now["p"]) - score(before["y"], before["p"])
    assert found.total == pytest.approx(total, rel=1e-9)
    assert [one.column for one in found] == ["shift", "x"]
    for one in found:
        assert one.mix + one.rate == pytest.approx(total, rel=1e-9)
    assert found[0].mix / total == pytest.approx(1.0, abs=0.15)
    assert found[1].rate / total == pytest.approx(1.0, abs=0.05)
    assert {one.segment for one in found.segments["shift"]} == {"shift=day", "shift=night"}
    assert found.p_value < 1e-6
    assert str(found).startswith(f"{metric}: 0.")


def test_arguments_of_explain_change_are_refused_by_name():
    before, now = frames()
    roles = {"target": "y", "prediction": "p"}
    for change, message in (
        ({"metric": "rmse"}, "metric: expected a mean over rows, found 'rmse'"),
        ({"metric": "roc_auc"}, "metric that is a mean over rows: found 'roc_auc'"),
        ({"columns": "z"}, "columns: the data have no column 'z'"),
        ({"bins": 1}, "bins: expected an int >= 2, found 1"),
    ):
        with pytest.raises(sd.SpecError, match=message):
            sd.explain_change(before, now, roles, **{"metric": "accuracy", **change})
    lacking = sd.explain_change(before, now, {"target": "y"}, metric="accuracy")
    assert (lacking.status, lacking.total) == ("not_applicable", None)
