"""Performance estimated without targets (CBPE): against scikit-learn where the targets are the
probabilities, against numbers by hand, and against what comes true. NannyML: tests/peers."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics
from sklearn.isotonic import IsotonicRegression

import simdrift as sd
from simdrift.columns import as_column
from simdrift.metrics.estimate import expected
from simdrift.metrics.estimate.calibrator import Calibrator, calibration_error, needs_calibration
from simdrift.metrics.estimate.cbpe import Estimator, estimated_metrics, estimated_rows
from simdrift.metrics.estimate.expected import Rows
from simdrift.metrics.estimate.ranking import ranked
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.performance.predictions import Predictions

SCORES = ("roc_auc", "average_precision", "f1", "precision", "recall", "specificity", "accuracy")
COUNTS = ("true_positives", "false_positives", "false_negatives", "true_negatives")


def chunks(rows: int, size: int) -> Groups:
    starts = np.arange(0, rows, size, dtype=np.int64)
    return Groups(starts, np.minimum(starts + size, rows))


def simulated(rows: int, seed: int, *, squeeze: float = 1.0, decimals: int = 3):
    """Scores and targets; with squeeze 1 the scores are the probabilities."""
    random = np.random.default_rng(seed)
    p = random.beta(1.2, 1.8, rows).round(decimals)
    return p, (random.random(rows) < p**squeeze).astype(float)


def predictions(scores, target=None, prediction=None, groups=None) -> Predictions:
    scores = scores if isinstance(scores, dict) else {"": scores}
    groups = chunks(len(next(iter(scores.values()))), 500) if groups is None else groups

    def column(name, values):
        return None if values is None else ColumnGroups(name, as_column(values, name=name), groups)

    return Predictions(
        target=column("target", target),
        prediction=column("prediction", prediction),
        scores={label: column("score", values) for label, values in scores.items()},
    )


# --- calibration --------------------------------------------------------------------------


@pytest.mark.parametrize("decimals", [2, 12])
def test_the_calibrator_is_scikit_learns_isotonic_regression(decimals):
    p, y = simulated(3000, 1, squeeze=1.7, decimals=decimals)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(p, y)
    asked = np.linspace(-0.1, 1.1, 500)
    np.testing.assert_allclose(Calibrator.fitted(p, y)(asked), theirs.predict(asked), atol=1e-13)


def test_scores_are_calibrated_only_where_that_helps():
    p, _ = simulated(4000, 2)
    assert all(needs_calibration(*simulated(2000, seed, squeeze=2.0)) for seed in range(5))
    as_they_are = [not needs_calibration(*simulated(2000, seed)) for seed in range(10)]
    assert 2 <= sum(as_they_are) <= 9  # by chance alone: a calibration that is not needed is small
    assert not needs_calibration(p, np.ones(4000))  # one label
    assert not needs_calibration(p, (p > 0.5).astype(float))  # a perfect ranking
    assert not needs_calibration(np.array([0.2, 0.9]), np.array([1.0, 0.0]))  # too few to tell


def test_the_calibration_error_is_over_bins_of_equally_many_rows():
    scores, targets = np.array([0.1, 0.2, 0.7, 0.9]), np.array([0.0, 1.0, 1.0, 1.0])
    assert calibration_error(scores, targets, bins=2) == pytest.approx((0.7 + 0.4) / 4)


# --- rankings -----------------------------------------------------------------------------


@pytest.mark.parametrize("decimals", [1, 2, 12])
def test_a_ranking_of_targets_is_scikit_learns(decimals):
    p, y = simulated(2000, 3, decimals=decimals)
    found = ranked(y, p)
    assert found.roc_auc == pytest.approx(sklearn.metrics.roc_auc_score(y, p), rel=1e-12)
    theirs = sklearn.metrics.average_precision_score(y, p)
    assert found.stepwise == pytest.approx(theirs, rel=1e-12)


def test_an_expected_ranking_is_that_of_pairs():
    p, scores = np.array([0.9, 0.6, 0.3, 0.2]), np.array([4.0, 3.0, 3.0, 1.0])
    hits = misses = 0.0
    for i in range(4):
        for j in range(4):
            weight = p[i] * (1.0 - p[j])
            misses += weight
            hits += weight * ((scores[i] > scores[j]) + 0.5 * (scores[i] == scores[j]))
    assert ranked(p, scores).roc_auc == pytest.approx(hits / misses, rel=1e-14)


def test_the_order_of_rows_with_one_score_does_not_matter():
    p, scores = np.array([0.9, 0.1, 0.5, 0.2]), np.array([1.0, 1.0, 1.0, 0.5])
    first = ranked(p, scores)
    order = [2, 0, 1, 3]
    assert ranked(p[order], scores[order]) == pytest.approx(first, rel=1e-15)


def test_nothing_that_comes_true_has_no_ranking():
    assert np.isnan(ranked(np.zeros(3), np.arange(3.0)).roc_auc)
    assert np.isnan(ranked(np.zeros(0), np.zeros(0)).average_precision)


# --- expected counts ----------------------------------------------------------------------


def test_counts_of_targets_are_scikit_learns():
    p, y = simulated(3000, 4)
    decided = (p >= 0.5).astype(float)
    rows = Rows(p[np.newaxis], decided, y, chunks(3000, 1000))
    for place in range(3):
        own = slice(1000 * place, 1000 * (place + 1))
        for name in ("precision", "recall", "f1", "accuracy"):
            theirs = getattr(sklearn.metrics, f"{name}_score")(y[own], decided[own])
            assert getattr(expected, name)(rows.realized)[place] == pytest.approx(theirs, rel=1e-13)
        tn, fp, fn, tp = sklearn.metrics.confusion_matrix(y[own], decided[own]).ravel()
        found = [getattr(rows.realized, name)[place, 0] for name in COUNTS]
        assert found == [tp, fp, fn, tn]
        assert expected.specificity(rows.realized)[place] == pytest.approx(tn / (tn + fp))


def test_expected_counts_by_hand():
    rows = Rows(
        np.array([[0.75, 0.25, 0.5, np.nan]]),
        np.array([1.0, 0.0, 1.0, 1.0]),
        None,
        Groups(np.zeros(1, np.int64), np.array([4])),
    )
    e = Estimator(
        Rows(np.array([[0.5, 0.5]]), np.array([1.0, 0.0]), np.array([1.0, 0.0]), rows.groups)
    ).expected(rows)
    assert [getattr(e, name)[0, 0] for name in COUNTS] == [1.25, 0.75, 0.25, 0.75]
    assert expected.accuracy(e)[0] == 2.0 / 3.0
    assert expected.f1(e)[0] == 1.25 / 1.75


# --- estimates ----------------------------------------------------------------------------


@pytest.mark.parametrize("squeeze", [1.0, 2.0])
def test_estimates_are_near_what_comes_true_and_say_how_near(squeeze):
    p, y = simulated(20000, 5, squeeze=squeeze)
    q, later = simulated(40000, 6, squeeze=squeeze)
    own = chunks(40000, 1000)
    estimator = Estimator(Rows(p[np.newaxis], (p >= 0.5) * 1.0, y, chunks(20000, 1000)))
    found = estimator.estimates(Rows(q[np.newaxis], (q >= 0.5) * 1.0, None, own))
    truth = Rows(q[np.newaxis], (q >= 0.5) * 1.0, later, own).realized
    assert [one.metric.partition(".")[2] for one in found] == [*SCORES, *COUNTS]
    for one in found[:7]:
        name = one.metric.removeprefix("estimated.")
        realized = getattr(expected, name)(truth)
        distance = (realized - one.value) / one.error
        assert np.mean(np.abs(distance) <= 3.0) >= 0.95, name
        assert 0.4 <= np.std(distance) <= 1.4, (name, np.std(distance))
        assert not one.alert.all()


def test_a_fall_of_the_scores_quality_alerts():
    p, y = simulated(20000, 7)
    unsure = 0.5 + (p - 0.5) * 0.3
    rows = estimated_rows(
        predictions(p, y, groups=chunks(20000, 1000)),
        predictions(unsure, groups=chunks(20000, 1000)),
        ["accuracy", "estimated.roc_auc"],
    )
    assert [row.metric for row in rows] == ["estimated.accuracy", "estimated.roc_auc"]
    assert all((row.alert == 1).all() for row in rows)
    assert (rows[0].outcomes.value < rows[0].threshold).all()


def test_several_labels():
    random = np.random.default_rng(8)
    p = random.dirichlet([1.0, 1.0, 2.0], 12000)
    target = (p.cumsum(axis=1) < random.random(12000)[:, np.newaxis]).sum(axis=1)
    names = np.array(["a", "b", "c"], object)
    half = slice(0, 6000), slice(6000, 12000)
    before, now = (
        {label: np.ascontiguousarray(p[own, k]) for k, label in enumerate("abc")} for own in half
    )
    rows = estimated_rows(
        predictions(before, names[target[half[0]]], groups=chunks(6000, 600)),
        predictions(now, groups=chunks(6000, 6000)),
    )
    found = {(row.metric.removeprefix("estimated."), row.params): row.outcomes for row in rows}
    assert len(found) == len(SCORES) + 9
    y, decided = target[half[1]], p[half[1]].argmax(axis=1)
    truth = {
        "accuracy": sklearn.metrics.accuracy_score(y, decided),
        "f1": sklearn.metrics.f1_score(y, decided, average="macro"),
        "roc_auc": sklearn.metrics.roc_auc_score(y, p[half[1]], multi_class="ovr"),
    }
    for name, value in truth.items():
        own = found[name, ""]
        assert own.ci_low[0] <= value <= own.ci_high[0]
        assert abs(own.value[0] - value) < 0.02
    cells = sum(own.value[0] for (name, _), own in found.items() if name == "confusion")
    assert cells == pytest.approx(6000)
    assert ("confusion", "prediction=a,target=b") in found


def test_groups_equal_each_group_alone():
    p, y = simulated(3000, 9)
    q, _ = simulated(2000, 10)
    starts, stops = [0, 100, 500, 7], [2000, 900, 501, 7]
    reference = predictions(p, y)
    together = estimated_rows(
        reference, predictions(q, groups=Groups(np.array(starts), np.array(stops)))
    )
    for place, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        own = Groups(np.zeros(1, np.int64), np.array([stop - start]))
        alone = estimated_rows(reference, predictions(q[start:stop], groups=own))
        for one, other in zip(together, alone, strict=True):
            np.testing.assert_array_equal(one.outcomes.value[place], other.outcomes.value[0])
            np.testing.assert_array_equal(one.outcomes.ci_low[place], other.outcomes.ci_low[0])
            assert one.outcomes.status[place] == other.outcomes.status[0]


# --- what may be missing ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "current", "reason"),
    [
        ({"scores": [0.5, 0.6]}, {"scores": [0.5]}, "reference: no column has the role 'target'"),
        (
            {"scores": [0.5, 0.6], "target": [1, 0]},
            {"scores": [1.5]},
            "current: 1 rows have scores outside [0, 1]",
        ),
        (
            {"scores": [0.5, 0.6, 0.7], "target": [1, 0, 2]},
            {"scores": [0.5]},
            "reference: target: expected two labels with one score, found 3: 0, 1 and 2",
        ),
        (
            {"scores": [0.5, 0.6], "target": [np.nan, np.nan]},
            {"scores": [0.5]},
            "reference: expected rows with scores and a target, found none",
        ),
    ],
)
def test_what_is_missing_is_said_in_every_row(reference, current, reason):
    rows = estimated_rows(predictions(**reference), predictions(**current))
    assert [row.metric.partition(".")[2] for row in rows] == list(estimated_metrics())
    for row in rows:
        assert row.outcomes.at(0).status == "not_applicable"
        assert row.outcomes.at(0).reason == reason


def test_rows_without_a_score_are_left_out_and_groups_without_any_say_so():
    p, y = simulated(2000, 11)
    q = np.concatenate([p[:500], np.full(500, np.nan), p[:500], [np.nan]])
    groups = Groups(np.array([0, 500, 999, 3]), np.array([500, 1000, 1501, 3]))
    rows = estimated_rows(predictions(p, y), predictions(q, groups=groups), ["f1"])
    outcomes = rows[0].outcomes
    assert [outcomes.at(k).status for k in range(4)] == ["ok", "all_null", "ok", "empty"]
    assert outcomes.value[0] == outcomes.value[2]
    assert outcomes.n_current.tolist() == [500, 0, 500, 0]


def test_labels_of_text_and_a_prediction_of_the_models_own():
    p, y = simulated(3000, 12)
    words = np.array(["bad", "good"], object)
    own = (p >= 0.3).astype(int)
    numbers = estimated_rows(predictions(p, y, own), predictions(p[:500], prediction=own[:500]))
    texts = estimated_rows(
        predictions(p, words[y.astype(int)], words[own]),
        predictions(p[:500], prediction=words[own[:500]]),
    )
    for one, other in zip(numbers, texts, strict=True):
        assert one.outcomes.value[0] == other.outcomes.value[0]


def test_a_metric_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match=r"estimated metric 'f2'|f2"):
        estimated_rows(predictions([0.5], [1]), predictions([0.5]), ["f2"])


# --- frames -------------------------------------------------------------------------------


def frame(rows: int, seed: int) -> dict[str, np.ndarray]:
    p, y = simulated(rows, seed)
    return {"p": p, "y": y.astype(int), "t": np.arange(rows).astype("datetime64[s]")}


def test_frames_in_groups_of_rows():
    before, now = frame(5000, 13), frame(1250, 14)
    found = sd.estimate.cbpe(before, {"p": now["p"]}, {"target": "y", "score": "p"})
    assert list(found) == [*SCORES, *COUNTS]
    assert (found.starts.tolist(), found.stops.tolist()) == ([0, 500, 1000], [500, 1000, 1250])
    own = found["f1"]
    assert own.n.tolist() == [500.0, 500.0, 250.0]
    groups = chunks(1250, 500)
    rows = estimated_rows(
        predictions(before["p"], before["y"], groups=chunks(5000, 500)),
        predictions(now["p"], groups=groups),
        ["f1"],
    )
    np.testing.assert_array_equal(own.value, rows[0].outcomes.value)
    assert len(found.calibrated) == 1


def test_estimates_are_a_table_for_people_and_frames():
    before, now = frame(2000, 15), frame(400, 16)
    found = sd.estimate.cbpe(before, now, {"target": "y", "score": "p"}, metrics="f1", rows=200)
    table = found.to_pandas()
    assert table[["metric", "start", "stop"]].to_numpy().tolist() == [
        ["f1", 0, 200],
        ["f1", 200, 400],
    ]
    np.testing.assert_array_equal(table["value"], found["f1"].value)
    first, *rest = str(found).splitlines()
    assert first.split() == [*table.columns]
    assert [line.split()[0] for line in rest] == ["f1", "f1"]
    assert repr(found) == "Estimates of f1"
    assert found._repr_html_().count("<tr>") == 3


def test_rows_are_taken_in_the_order_of_their_timestamp():
    before, now = frame(2000, 15), frame(1000, 16)
    roles = {"target": "y", "score": "p", "timestamp": "t"}
    order = np.random.default_rng(17).permutation(1000)
    shuffled = {name: values[order] for name, values in now.items()}
    first = sd.estimate.cbpe(before, now, roles, metrics="accuracy", rows=200)["accuracy"]
    other = sd.estimate.cbpe(before, shuffled, roles, metrics="accuracy", rows=200)["accuracy"]
    np.testing.assert_array_equal(first.value, other.value)


def test_frames_with_a_score_a_label():
    random = np.random.default_rng(18)
    p = random.dirichlet([1.0, 2.0, 1.0], 3000)
    y = (p.cumsum(axis=1) < random.random(3000)[:, np.newaxis]).sum(axis=1)
    table = {"y": np.array(["a", "b", "c"])[y], **{f"p{k}": p[:, k].copy() for k in range(3)}}
    roles = {"target": "y", "score": {"a": "p0", "b": "p1", "c": "p2"}}
    found = sd.estimate.cbpe(table, table, roles, rows=1000)
    truth = np.mean((p.argmax(axis=1) == y).reshape(3, 1000), axis=1)
    np.testing.assert_allclose(found["accuracy"].value, truth, atol=0.05)
    assert "confusion: prediction=a,target=b" in found


@pytest.mark.parametrize(
    ("roles", "options", "message"),
    [
        ({"target": "y"}, {}, "'score' is missing"),
        ({"score": "p"}, {}, "'target' is missing"),
        (["y", "p"], {}, "roles: expected a dict"),
        ({"target": "y", "score": "p"}, {"rows": 0}, "rows: expected a number of rows"),
        ({"target": "y", "score": "p"}, {"metrics": "mae"}, "metrics: "),
    ],
)
def test_arguments_that_cannot_be_used_are_refused(roles, options, message):
    with pytest.raises(sd.SpecError, match=message):
        sd.estimate.cbpe(frame(100, 1), frame(100, 2), roles, **options)


def test_data_never_raise():
    roles = {"target": "y", "score": "p"}
    good = frame(200, 19)
    for bad in (
        {"p": np.array(["a", "b"])},
        {"p": np.array([2.0, 0.5])},
        {"x": np.zeros(2)},
        {"p": np.zeros(0)},
        {"p": np.array([np.nan, np.nan])},
    ):
        found = sd.estimate.cbpe(good, bad, roles)
        assert found.reason or all(np.isnan(found["roc_auc"].value))
    assert sd.estimate.cbpe({"p": good["p"]}, good, roles).reason.startswith("reference: ")


def test_a_group_of_another_size_does_not_alert_by_its_counts():
    before, now = frame(5000, 30), frame(1050, 31)
    roles = {"target": "y", "score": "p"}
    found = sd.estimate.cbpe(before, now, roles, rows=500)
    assert found.stops.tolist() == [500, 1000, 1050]
    assert not any(one.alert.any() for one in found.values())
    nothing = sd.estimate.cbpe(before, {"p": np.zeros(0)}, roles)
    assert not any(one.alert.any() for one in nothing.values())
    alone = sd.estimate.cbpe(before, before, roles, rows=5000)
    assert not any(one.alert.any() for one in alone.values())
