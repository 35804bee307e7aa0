"""Log loss, Brier score and calibration against scikit-learn, mpmath and numbers by hand."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import sklearn.calibration
import sklearn.metrics

import simdrift as sd
from simdrift import _core
from simdrift.columns import as_column
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.performance.predictions import Predictions
from simdrift.metrics.performance.scoring import performance_rows
from simdrift.metrics.weights import TableWeights

METRICS = ("log_loss", "brier", "ece", "mce")
EPSILON = 2.0**-52


def binary(rows: int = 5000, seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    p = random.beta(0.7, 1.3, rows)
    p[:4] = 0.0, 1.0, 0.0, 1.0
    target = (random.random(rows) < p**1.2).astype(int)
    target[:4] = 0, 1, 1, 0
    return target, p, random.exponential(size=rows)


def many(rows: int = 4000, k: int = 5, seed: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    p = random.dirichlet(np.full(k, 0.6), rows)
    target = (p.cumsum(axis=1) < random.random(rows)[:, np.newaxis]).sum(axis=1).clip(0, k - 1)
    return target, p, random.exponential(size=rows)


# --- scikit-learn's values ----------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("weighted", [False, True])
def test_losses_of_two_labels_are_scikit_learns(dtype, weighted):
    target, p, weights = binary()
    p, weight = p.astype(dtype), weights if weighted else None
    ours = sd.performance.log_loss(target, p, sample_weight=weight)
    theirs = sklearn.metrics.log_loss(target, p, sample_weight=weight)
    assert ours.value == pytest.approx(theirs, rel=1e-12 if dtype is np.float64 else 1e-6)
    assert (ours.status, ours.n) == ("ok", len(p))
    ours = sd.performance.brier(target, p, sample_weight=weight)
    theirs = sklearn.metrics.brier_score_loss(target, p, sample_weight=weight)
    assert ours.value == pytest.approx(theirs, rel=1e-12 if dtype is np.float64 else 1e-6)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("k", [3, 5, 100])
def test_losses_of_many_labels_are_scikit_learns(k, weighted):
    target, p, weights = many(k=k)
    labels, weight = list(range(k)), weights if weighted else None
    ours = sd.performance.log_loss(target, p, labels=labels, sample_weight=weight)
    theirs = sklearn.metrics.log_loss(target, p, labels=labels, sample_weight=weight)
    assert ours.value == pytest.approx(theirs, rel=1e-12)
    ours = sd.performance.brier(target, p, labels=labels, sample_weight=weight)
    theirs = sklearn.metrics.brier_score_loss(target, p, labels=labels, sample_weight=weight)
    assert ours.value == pytest.approx(theirs, rel=1e-12)


def test_two_columns_are_a_probability_of_each_label():
    target, p, _ = binary()
    both = np.column_stack([1.0 - p, p])
    for name in METRICS:
        measure = getattr(sd.performance, name)
        assert measure(target, both).value == pytest.approx(measure(target, p).value, rel=1e-13)


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
@pytest.mark.parametrize("bins", [1, 2, 5, 37])
def test_the_calibration_curve_is_scikit_learns(strategy, bins):
    target, p, _ = binary()
    p[100:200] = p[100:200].round(1)  # on the edges of bins
    theirs = sklearn.calibration.calibration_curve(target, p, n_bins=bins, strategy=strategy)
    ours = sd.performance.calibration_curve(target, p, n_bins=bins, strategy=strategy)
    np.testing.assert_allclose(ours.prob_true, theirs[0], rtol=1e-13)
    np.testing.assert_allclose(ours.prob_pred, theirs[1], rtol=1e-13, atol=1e-15)
    assert ours.n.sum() == len(p)


def test_calibration_errors_are_those_of_the_bins_by_hand():
    target, p, weights = binary()
    edges = np.linspace(0.0, 1.0, 16)
    place = np.searchsorted(edges[1:-1], p)
    for weight in (np.ones(len(p)), weights):
        gaps, share = [], []
        for k in np.unique(place):
            rows = place == k
            mean_p = np.average(p[rows], weights=weight[rows])
            mean_y = np.average(target[rows], weights=weight[rows])
            gaps.append(abs(mean_p - mean_y))
            share.append(weight[rows].sum() / weight.sum())
        of = {"sample_weight": weight}
        assert sd.performance.ece(target, p, **of).value == pytest.approx(
            np.dot(gaps, share), rel=1e-11
        )
        assert sd.performance.mce(target, p, **of).value == pytest.approx(max(gaps), rel=1e-11)


def test_the_calibration_of_many_labels_is_of_the_likeliest():
    target, p, _ = many()
    correct = (p.argmax(axis=1) == target).astype(int)
    for name in ("ece", "mce"):
        measure = getattr(sd.performance, name)
        assert measure(target, p).value == measure(correct, p.max(axis=1)).value


def test_literals():
    assert sd.performance.log_loss([1, 0], [0.5, 0.5]).value == pytest.approx(0.6931471805599453)
    assert sd.performance.brier([1, 0], [0.75, 0.5]).value == 0.15625
    assert sd.performance.ece([1, 1, 0, 0], [0.9, 0.9, 0.2, 0.2], bins=2).value == pytest.approx(
        0.15, rel=1e-14
    )
    assert sd.performance.mce([1, 1, 0, 0], [0.9, 0.9, 0.2, 0.2], bins=(0.5,)).value == (
        pytest.approx(0.2, rel=1e-14)
    )
    three = [[0.5, 0.25, 0.25], [0.2, 0.7, 0.1]]
    assert sd.performance.brier([0, 2], three, labels=[0, 1, 2]).value == pytest.approx(
        (0.375 + 1.34) / 2
    )


# --- accuracy -----------------------------------------------------------------------------


def test_a_loss_is_within_one_ulp_of_mpmath():
    random = np.random.default_rng(6)
    q = np.concatenate([random.random(1500), np.exp(-36 * random.random(500)), 0.7071 + 1e-5
                        * random.random(500), 1.0 - np.exp(-30 * random.random(500))])  # fmt: skip
    q = q[(q > EPSILON) & (q < 1.0 - EPSILON)]
    rows = np.arange(len(q))
    columns = [_core.Column.from_numpy(np.ones(len(q))), _core.Column.from_numpy(q)]
    found = _core.log_loss_groups(columns[0], columns[1:], rows, rows + 1, EPSILON, 0.0)["loss"]
    with mpmath.workprec(120):
        for x, loss in zip(q.tolist(), found.tolist(), strict=True):
            exact = -mpmath.log(mpmath.mpf(x))
            assert abs(mpmath.mpf(loss) - exact) <= mpmath.mpf(float(np.spacing(float(exact))))


def test_probabilities_of_zero_and_one_are_held_away_as_scikit_learn_does():
    found = sd.performance.log_loss([1], [1.0]).value
    assert found == pytest.approx(2.2204460492503133e-16, rel=2.3e-16, abs=0.0)
    assert sd.performance.log_loss([1], [0.0]).value == pytest.approx(36.04365338911715)
    assert sd.performance.log_loss([1], np.zeros(1, np.float32)).value == pytest.approx(
        15.942385152878742
    )


def test_intervals_hold_the_mean_loss_in_nineteen_of_twenty_samples():
    random = np.random.default_rng(8)
    rows, samples = 300, 400
    p = random.beta(2.0, 2.0, rows * samples)
    target = (random.random(len(p)) < p).astype(float)
    exact = float(mpmath.quad(lambda x: -12 * x * x * (1 - x) * mpmath.log(x), [0, 1]))
    starts = np.arange(samples, dtype=np.int64) * rows
    found = rows_of(target, p, starts, starts + rows)
    for name, truth in (("log_loss", exact), ("brier", 0.2)):
        low, high = found[name].ci_low, found[name].ci_high
        held = np.mean((low <= truth) & (truth <= high))
        assert 0.91 <= held <= 0.985, (name, held)


# --- groups -------------------------------------------------------------------------------


def rows_of(target, p, starts, stops, weights=None):
    """Outcomes of each metric over groups; p: a column, or a mapping of them."""
    groups = Groups(np.asarray(starts, np.int64), np.asarray(stops, np.int64))
    given = p if isinstance(p, dict) else {"": p}
    predictions = Predictions(
        target=ColumnGroups("target", as_column(target, name="target"), groups),
        scores={
            label: ColumnGroups("score", as_column(column, name="score"), groups)
            for label, column in given.items()
        },
        weights=None if weights is None else TableWeights(weights),
    )
    return {
        row.metric.removeprefix("performance."): row.outcomes
        for row in performance_rows(predictions, METRICS)
    }


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("labels", [2, 4])
def test_groups_equal_each_group_alone(labels, weighted):
    target, p, weights = binary(20000) if labels == 2 else many(20000, 4)
    given = p if labels == 2 else {k: np.ascontiguousarray(p[:, k]) for k in range(4)}
    w = weights if weighted else None
    starts, stops = [0, 5, 5000, 100, 900], [20000, 5, 19000, 101, 950]
    together = rows_of(target, given, starts, stops, w)
    for place, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        own = slice(start, stop)
        part = p[own] if labels == 2 else {k: given[k][own] for k in range(4)}
        alone = rows_of(target[own], part, [0], [stop - start], w[own] if weighted else None)
        for name in METRICS:
            np.testing.assert_array_equal(together[name].value[place], alone[name].value[0])
            assert together[name].status[place] == alone[name].status[0]
            if together[name].ci_low is not None:
                np.testing.assert_array_equal(together[name].ci_high[place], alone[name].ci_high[0])


def test_a_permutation_of_the_rows_changes_no_bit_of_a_calibration_and_an_ulp_of_a_loss():
    target, p, _ = binary()
    order = np.random.default_rng(5).permutation(len(p))
    for name in ("ece", "mce"):
        measure = getattr(sd.performance, name)
        assert measure(target, p).value == measure(target[order], p[order]).value
    for name in ("log_loss", "brier"):
        measure = getattr(sd.performance, name)
        expected = measure(target, p).value
        assert measure(target[order], p[order]).value == pytest.approx(expected, rel=4e-16)


# --- labels -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("negative", "positive"),
    [(False, True), (-1, 1), (1, 2), (0.0, 1.0), ("no", "yes"), ("ham", "spam")],
)
def test_labels_of_any_type_the_larger_is_the_positive_one(negative, positive):
    target, p, _ = binary()
    labels = np.where(target == 1, positive, negative)
    labels = labels.astype(object) if isinstance(positive, str) else labels
    expected = sd.performance.log_loss(target, p).value
    assert sd.performance.log_loss(labels, p).value == expected
    flipped = sd.performance.log_loss(labels, 1.0 - p, pos_label=negative).value
    assert flipped == pytest.approx(expected, rel=1e-12)


def test_labels_as_a_mapping_in_any_order():
    target, p, _ = many(k=3)
    names = np.array(["a", "b", "c"], object)
    expected = sklearn.metrics.log_loss(target, p)
    given = {"c": p[:, 2], "a": p[:, 0], "b": p[:, 1]}
    assert sd.performance.log_loss(names[target], given).value == pytest.approx(expected, rel=1e-12)


def test_a_mapping_of_one_label_names_the_positive_one():
    target, p, _ = binary()
    words = np.array(["no", "yes"], object)[target]
    expected = sd.performance.log_loss(target, p).value
    assert sd.performance.log_loss(words, {"yes": p}).value == expected
    flipped = sd.performance.log_loss(words, {"no": 1.0 - p}).value
    assert flipped == pytest.approx(expected, rel=1e-12)


def test_one_label_alone_has_a_loss():
    assert sd.performance.log_loss([0, 0], [0.5, 0.5]).value == pytest.approx(0.6931471805599453)
    assert sd.performance.brier(["a", "a"], [0.5, 0.5]).value == 0.25


def test_three_labels_with_one_column_of_probabilities_have_no_value():
    found = sd.performance.log_loss([0, 1, 2], [0.1, 0.2, 0.3])
    assert (found.value, found.status) == (None, "not_applicable")
    assert "expected two labels" in found.reason


def test_columns_and_labels_of_different_number_are_refused():
    with pytest.raises(ValueError, match="a column for each of 2 labels, found 3 columns"):
        sd.performance.log_loss([0, 1], np.full((2, 3), 1 / 3))


# --- what the data may hold ---------------------------------------------------------------


def test_rows_without_target_or_probability_are_left_out():
    target, p = [1.0, np.nan, 0.0, 1.0], [0.5, 0.5, np.nan, 0.25]
    found = sd.performance.log_loss(target, p)
    assert found.n == 2
    assert found.value == pytest.approx(np.log(8.0) / 2)
    assert sd.performance.ece(target, p).n == 2


def test_probabilities_outside_the_unit_interval_are_counted():
    for name in METRICS:
        found = getattr(sd.performance, name)([1, 0, 1, 0], [0.5, 1.5, -0.25, np.nan])
        assert (found.value, found.status) == (None, "not_applicable")
        assert found.reason == "2 rows have probabilities outside [0, 1]"
    found = sd.performance.log_loss([1, 0], [2.0, 2.0])
    assert found.reason == "2 rows have probabilities outside [0, 1]"


def test_rows_that_do_not_sum_to_one_are_reported_beside_the_value():
    found = sd.performance.log_loss([0, 1, 2], [[0.5, 0.4, 0.2], [0.2, 0.6, 0.2], [0.2, 0.2, 0.2]])
    assert found.status == "ok"
    assert found.value == pytest.approx(-(np.log(0.5) + np.log(0.6) + np.log(0.2)) / 3)
    assert found.reason == "2 rows do not sum to 1 over the labels"


def test_no_rows_and_no_values():
    assert sd.performance.log_loss([], []).status == "empty"
    assert sd.performance.ece([np.nan], [0.5]).status == "all_null"
    assert sd.performance.log_loss([None, None], [0.5, 0.25]).status == "all_null"
    assert sd.performance.log_loss([1, 0], ["a", "b"]).status == "not_applicable"
    one = sd.performance.log_loss([1], [0.5])
    assert (one.status, one.ci_low) == ("ok", None)


def test_weights_of_zero_and_of_any_size():
    target, p, _ = binary(100)
    weights = np.zeros(100)
    weights[[7, 9]] = 1e18, 3e18
    expected = sklearn.metrics.log_loss(
        target[[7, 9]], p[[7, 9]], sample_weight=[1, 3], labels=[0, 1]
    )
    found = sd.performance.log_loss(target, p, sample_weight=weights)
    assert (found.value, found.n) == (pytest.approx(expected, rel=1e-12), 2)
    tiny = sd.performance.log_loss(target, p, sample_weight=np.full(100, 1e-300))
    assert tiny.value == pytest.approx(sd.performance.log_loss(target, p).value, rel=1e-12)
    assert sd.performance.log_loss(target, p, sample_weight=np.zeros(100)).status == "all_null"


def test_constant_probabilities_and_ties():
    target, p = [0, 1, 1, 1], np.full(4, 0.75)
    assert sd.performance.ece(target, p).value == 0.0
    assert sd.performance.ece(target, p, strategy="quantile").value == 0.0


@pytest.mark.parametrize("bins", [0, 1001, (), (0.5, 0.25), (0.0, 0.5), True, "ten"])
def test_bad_bins_are_refused_by_name(bins):
    with pytest.raises((ValueError, TypeError), match=r"^bins: expected"):
        sd.performance.ece([0, 1], [0.5, 0.5], bins=bins)


def test_a_bad_strategy_is_refused_by_name():
    with pytest.raises(ValueError, match=r"^strategy: expected 'uniform' or 'quantile', found 'x'"):
        sd.performance.mce([0, 1], [0.5, 0.5], strategy="x")
