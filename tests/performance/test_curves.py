"""Curves: scikit-learn's points, to the last one; gain and lift by counting rows."""

import numpy as np
import pytest
from sklearn import metrics as peer

from simdrift import performance


def made(n=400, digits=1, dtype=float):
    rng = np.random.default_rng(n)
    target = rng.integers(0, 2, n)
    score = np.round(rng.normal(size=n) + target, digits).astype(dtype)
    weights = rng.random(n)
    weights[:9] = 0.0
    return target, score, weights


@pytest.mark.parametrize("dtype", [float, np.float32])
@pytest.mark.parametrize("digits", [0, 1, 9])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("drop", [False, True])
def test_points_are_those_of_scikit_learn(dtype, digits, weighted, drop):
    target, score, weights = made(digits=digits, dtype=dtype)
    options = {"sample_weight": weights if weighted else None, "drop_intermediate": drop}
    roc = performance.roc_curve(target, score, **options)
    fpr, tpr, thresholds = peer.roc_curve(target, score, **options)
    np.testing.assert_array_equal(roc.thresholds, thresholds)
    np.testing.assert_allclose(roc.fpr, fpr, rtol=1e-13)
    np.testing.assert_allclose(roc.tpr, tpr, rtol=1e-13)
    curve = performance.precision_recall_curve(target, score, **options)
    precision, recall, thresholds = peer.precision_recall_curve(target, score, **options)
    np.testing.assert_array_equal(curve.thresholds, thresholds)
    np.testing.assert_allclose(curve.precision, precision, rtol=1e-13)
    np.testing.assert_allclose(curve.recall, recall, rtol=1e-13)


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("drop", [False, True])
def test_short_curves_are_those_of_scikit_learn(n, drop):
    target, score = np.array([1, 0, 1])[:n], np.array([0.3, 0.2, 0.2])[:n]
    roc = performance.roc_curve(target, score, drop_intermediate=drop)
    fpr, tpr, thresholds = peer.roc_curve(target, score, drop_intermediate=drop)
    assert roc.fpr.tolist() == fpr.tolist()
    assert roc.tpr.tolist() == tpr.tolist()
    assert roc.thresholds.tolist() == thresholds.tolist()


def test_the_area_under_the_curve_is_the_auc():
    target, score, weights = made(3000, digits=2)
    curve = performance.roc_curve(target, score, sample_weight=weights)
    found = performance.roc_auc(target, score, sample_weight=weights)
    assert np.trapezoid(curve.tpr, curve.fpr) == pytest.approx(found.value, abs=1e-13)


def test_gain_and_lift_count_the_rows_that_score_highest():
    target, score, _ = made(200, digits=1)
    gain = performance.gain_curve(target, score)
    lift = performance.lift_curve(target, score)
    assert (gain.share[0], gain.gain[0], gain.thresholds[0]) == (0.0, 0.0, np.inf)
    assert (gain.share[-1], gain.gain[-1], lift.lift[-1]) == (1.0, 1.0, 1.0)
    np.testing.assert_array_equal(gain.thresholds[1:], lift.thresholds)
    for place, threshold in enumerate(lift.thresholds):
        taken = score >= threshold
        assert lift.share[place] == gain.share[place + 1] == taken.mean()
        assert gain.gain[place + 1] == pytest.approx(target[taken].sum() / target.sum())
        assert lift.lift[place] == pytest.approx(target[taken].mean() / target.mean())


def test_labels_of_any_type_and_either_of_them():
    curve = performance.roc_curve(["no", "yes", "no", "yes"], [0.1, 0.2, 0.3, 0.4])
    assert curve.tpr.tolist() == [0.0, 0.5, 0.5, 1.0, 1.0]
    other = performance.roc_curve(["no", "yes", "no", "yes"], [0.1, 0.2, 0.3, 0.4], pos_label="no")
    assert other.tpr.tolist() == [0.0, 0.0, 0.5, 0.5, 1.0]


def test_missing_rows_are_left_out_and_infinities_are_thresholds():
    curve = performance.roc_curve([1, 0, None, 1], [np.inf, 0.0, 5.0, np.nan])
    assert curve.thresholds.tolist() == [np.inf, np.inf, 0.0]
    assert curve.tpr.tolist() == [0.0, 1.0, 1.0]


def test_a_curve_without_rows_is_empty_and_a_label_without_rows_has_no_rate():
    for function in (
        performance.roc_curve,
        performance.precision_recall_curve,
        performance.gain_curve,
        performance.lift_curve,
    ):
        for target, score in (([], []), ([1, 2, 3], [1, 2, 3]), ([0, 1], ["a", "b"])):
            assert len(function(target, score).thresholds) == 0
    one = performance.roc_curve([1, 1], [0.1, 0.2])
    assert np.isnan(one.fpr).all()
    assert one.tpr.tolist() == [0.0, 0.5, 1.0]
    assert np.isnan(performance.gain_curve([0, 0], [0.1, 0.2]).gain).all()


def test_scores_of_several_labels_have_no_single_curve():
    with pytest.raises(ValueError, match="score: expected those of one label of two, found scores"):
        performance.roc_curve([0, 1, 2], np.eye(3))


def test_integers_beyond_2_53_have_points_of_their_own():
    score = np.array([2**60, 2**60 + 1, 2**60 + 2], np.int64)
    assert performance.roc_curve([0, 1, 0], score).tpr.tolist() == [0.0, 0.0, 1.0, 1.0]
