"""Classification from labels: values of scikit-learn and by hand, and intervals that cover."""

from __future__ import annotations

import math
import warnings
from functools import partial

import numpy as np
import pytest
import scipy.stats

import simdrift as sd
from simdrift.columns import as_column
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.performance import counts
from simdrift.metrics.performance.predictions import Predictions, Settings
from simdrift.metrics.performance.scoring import performance_rows
from simdrift.metrics.registry import records
from simdrift.metrics.weights import TableWeights

sklearn_metrics = pytest.importorskip("sklearn.metrics", reason="pip install scikit-learn")

NAMES = [one.short for one in records("performance") if one.group == "labels"]
BY_LABEL = {
    "precision": sklearn_metrics.precision_score,
    "recall": sklearn_metrics.recall_score,
    "f1": sklearn_metrics.f1_score,
    "fbeta": partial(sklearn_metrics.fbeta_score, beta=2.0),
    "jaccard": sklearn_metrics.jaccard_score,
}
OF_TABLE = {
    "accuracy": sklearn_metrics.accuracy_score,
    "balanced_accuracy": sklearn_metrics.balanced_accuracy_score,
    "mcc": sklearn_metrics.matthews_corrcoef,
    "cohen_kappa": sklearn_metrics.cohen_kappa_score,
}


def ours(name, *sides, **options):
    return getattr(sd.performance, name)(*sides, **options)


def drawn(labels, rows, seed=0, wrong=0.3):
    """Targets, and predictions that differ in some rows."""
    random = np.random.default_rng(seed)
    labels = np.asarray(labels)
    target = labels[random.integers(0, len(labels), rows)]
    other = labels[random.integers(0, len(labels), rows)]
    return target, np.where(random.random(rows) < wrong, other, target)


CASES = {
    "binary": drawn([0, 1], 500),
    "booleans": drawn([False, True], 300),
    "minus_one": drawn([-1, 1], 300),
    "float32": tuple(side.astype(np.float32) for side in drawn([0, 1], 300)),
    "three": drawn([1, 2, 3], 400),
    "far_apart": drawn([-70_000, 5, 10**9], 400),
    "hundred": drawn(range(100), 3_000),
    "text": drawn(["cat", "dog", "emu", "\u00e9"], 500),
    "two_texts": drawn(["no", "yes"], 200),
    "unseen": (np.array([0, 1, 0, 1, 2]), np.array([0, 1, 3, 3, 2])),
    "few": (np.array([1, 0, 1]), np.array([1, 1, 0])),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_scores_are_those_of_scikit_learn(case, weighted):
    target, prediction = CASES[case]
    weight = np.random.default_rng(3).exponential(size=len(target)) if weighted else None
    two = len({*target.tolist(), *prediction.tolist()}) == 2
    averages = ["macro", "micro", "weighted"]
    positive = sorted(set(target.tolist()))[-1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, peer in OF_TABLE.items():
            expected = peer(target, prediction, sample_weight=weight)
            found = ours(name, target, prediction, sample_weight=weight)
            assert found.value == pytest.approx(expected, abs=1e-12), name
            assert found.n == len(target)
            if math.isfinite(found.ci_low or math.nan):
                assert found.ci_low <= found.value <= found.ci_high
        for name, peer in BY_LABEL.items():
            for average in averages:
                expected = peer(target, prediction, average=average, sample_weight=weight)
                found = ours(name, target, prediction, average=average, sample_weight=weight)
                assert found.value == pytest.approx(expected, abs=1e-12), (name, average)
            if two:
                expected = peer(target, prediction, pos_label=positive, sample_weight=weight)
                found = ours(name, target, prediction, sample_weight=weight)
                assert found.value == pytest.approx(expected, abs=1e-12), name


@pytest.mark.parametrize("case", CASES)
def test_the_confusion_matrix_is_scikit_learns(case):
    target, prediction = CASES[case]
    weight = np.random.default_rng(3).exponential(size=len(target))
    for normalize in (None, "true", "pred", "all"):
        found = sd.performance.confusion_matrix(target, prediction, normalize=normalize)
        expected = sklearn_metrics.confusion_matrix(target, prediction, normalize=normalize)
        np.testing.assert_allclose(found.counts, expected, rtol=1e-15)
    assert list(found.labels) == sorted({*target.tolist(), *prediction.tolist()})
    found = sd.performance.confusion_matrix(target, prediction, sample_weight=weight)
    expected = sklearn_metrics.confusion_matrix(target, prediction, sample_weight=weight)
    np.testing.assert_allclose(found.counts, expected, rtol=1e-12)


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
@pytest.mark.parametrize("case", ["binary", "three", "hundred", "text"])
def test_kappa_with_weights_is_scikit_learns(case, weights):
    target, prediction = CASES[case]
    expected = sklearn_metrics.cohen_kappa_score(target, prediction, weights=weights)
    found = sd.performance.cohen_kappa(target, prediction, weights=weights)
    assert found.value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize("weighted", [False, True])
def test_top_k_accuracy_is_scikit_learns(k, weighted):
    random = np.random.default_rng(5)
    target = random.integers(0, 5, 400)
    scores = random.integers(0, 4, (400, 5)).astype(float)  # ties
    weight = random.exponential(size=400) if weighted else None
    expected = sklearn_metrics.top_k_accuracy_score(
        target, scores, k=k, sample_weight=weight, labels=range(5)
    )
    found = sd.performance.top_k_accuracy(target, scores, k=k, sample_weight=weight)
    assert found.value == pytest.approx(expected, abs=1e-12)
    by_label = {place: scores[:, place] for place in range(5)}
    again = sd.performance.top_k_accuracy(target, by_label, k=k, sample_weight=weight)
    assert again == found


def test_specificity_is_the_recall_of_the_other_label():
    target, prediction = CASES["binary"]
    expected = sklearn_metrics.recall_score(target, prediction, pos_label=0)
    assert sd.performance.specificity(target, prediction).value == pytest.approx(expected)
    target, prediction = CASES["three"]
    tables = sklearn_metrics.multilabel_confusion_matrix(target, prediction)
    expected = np.mean([table[0, 0] / table[0].sum() for table in tables])
    assert sd.performance.specificity(target, prediction).value == pytest.approx(expected)


def test_counts_by_hand():
    target, prediction = [1, 1, 1, 0, 0, 0, 0], [1, 1, 0, 1, 0, 0, 0]
    expected = {"true_positives": 2, "false_negatives": 1, "false_positives": 1}
    for name, count in {**expected, "true_negatives": 3}.items():
        assert ours(name, target, prediction).value == count
    weight = [1e18, 1.0, 0.0, 2.0, 1.0, 1.0, 0.5]
    found = [
        ours(name, target, prediction, sample_weight=weight).value
        for name in ("true_positives", "false_negatives", "false_positives", "true_negatives")
    ]
    assert found == [1e18, 0.0, 2.0, 2.5]  # 1e18 + 1 is 1e18 in float64


def test_scores_by_hand():
    """12 right of 20: of the positive 6 of 10 found, 4 of 10 wrong."""
    target = [1] * 10 + [0] * 10
    prediction = [1] * 6 + [0] * 4 + [1] * 4 + [0] * 6
    found = {name: ours(name, target, prediction) for name in (*BY_LABEL, *OF_TABLE)}
    expected = {
        "precision": 0.6, "recall": 0.6, "f1": 0.6, "fbeta": 0.6, "jaccard": 6 / 14,
        "accuracy": 0.6, "balanced_accuracy": 0.6, "mcc": 0.2, "cohen_kappa": 0.2,
    }  # fmt: skip
    for name, value in expected.items():
        assert found[name].value == pytest.approx(value, abs=1e-15), name
    # Wilson (1927) of 12 of 20
    assert found["accuracy"].ci_low == pytest.approx(0.3865815, abs=1e-7)
    assert found["accuracy"].ci_high == pytest.approx(0.7811935, abs=1e-7)


def test_a_share_of_nothing_has_no_value():
    nothing = ours("precision", [1, 0, 1], [0, 0, 0])
    assert (nothing.value, nothing.status, nothing.n) == (None, "degenerate", 3)
    for zero_division in (0, 1.0):
        found = ours("precision", [1, 0, 1], [0, 0, 0], zero_division=zero_division)
        assert found.value == sklearn_metrics.precision_score(
            [1, 0, 1], [0, 0, 0], zero_division=zero_division
        )
    assert ours("f1", [0, 0], [0, 0]).status == "degenerate"
    assert ours("f1", [0, 1], [0, 0]).value == 0.0
    assert ours("jaccard", [0, 0], [0, 0]).status == "degenerate"
    assert ours("recall", [0, 0], [0, 1]).status == "degenerate"
    assert ours("specificity", [1, 1], [0, 1]).status == "degenerate"


@pytest.mark.parametrize("zero_division", [None, 0, 1])
def test_labels_without_rows_count_in_a_mean_as_scikit_learn_says(zero_division):
    target, prediction = CASES["unseen"]
    options = {} if zero_division is None else {"zero_division": zero_division}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, peer in BY_LABEL.items():
            for average in ("macro", "weighted"):
                expected = peer(target, prediction, average=average, **options)
                found = ours(name, target, prediction, average=average, **options)
                assert found.value == pytest.approx(expected), (name, average)


def test_one_label_only():
    right = [1, 1, 1], [1, 1, 1]
    assert ours("accuracy", *right).value == 1.0
    assert ours("precision", *right).value == ours("recall", *right).value == 1.0
    assert ours("mcc", *right).status == ours("cohen_kappa", *right).status == "degenerate"
    assert ours("balanced_accuracy", *right).value == 1.0
    assert ours("accuracy", ["a"], ["a"]).value == 1.0
    assert ours("f1", ["a", "a"], ["a", "a"]).value == 1.0


def test_no_rows_and_no_known_rows():
    for name in (*BY_LABEL, *OF_TABLE):
        assert ours(name, [], []).status == "empty"
        found = ours(name, [np.nan, 1.0, np.nan], [1.0, np.nan, 0.0])
        assert (found.value, found.status, found.n) == (None, "all_null", 0)


def test_rows_without_a_side_are_left_out_and_counted():
    target = np.array([1.0, np.nan, 0.0, 1.0, 0.0])
    prediction = [1, 1, None, 0, 0]
    found = sd.performance.accuracy(target, prediction)
    assert (found.value, found.n) == (2 / 3, 3)
    found = sd.performance.accuracy(["a", None, "b"], ["a", "b", None])
    assert (found.value, found.n) == (1.0, 1)


def test_labels_and_positive_are_chosen():
    target, prediction = CASES["three"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = sklearn_metrics.f1_score(target, prediction, labels=[3, 1], average="macro")
    found = sd.performance.f1(target, prediction, labels=[3, 1], average="macro")
    assert found.value == pytest.approx(expected, abs=1e-12)
    expected = sklearn_metrics.f1_score(target == 2, prediction == 2)
    assert sd.performance.f1(target, prediction, pos_label=2).value == pytest.approx(expected)
    yes = sklearn_metrics.recall_score(*CASES["two_texts"], pos_label="no")
    assert sd.performance.recall(*CASES["two_texts"], pos_label="no").value == pytest.approx(yes)


def test_what_cannot_be_asked_raises_by_name():
    for options, found in (
        ({"average": "samples"}, "average: expected one of"),
        ({"labels": []}, "labels: expected"),
        ({"labels": "ab"}, "labels: expected"),
    ):
        with pytest.raises(ValueError, match=found):
            sd.performance.f1([1, 0], [1, 1], **options)
    with pytest.raises(TypeError, match="zero_division: expected a number"):
        sd.performance.f1([1, 0], [1, 1], zero_division="warn")
    with pytest.raises(ValueError, match="beta: expected at least 0"):
        sd.performance.fbeta([1, 0], [1, 1], beta=-1.0)
    with pytest.raises(ValueError, match="weights: expected None, 'linear'"):
        sd.performance.cohen_kappa([1, 0], [1, 1], weights="cubic")
    with pytest.raises(ValueError, match="k: expected 1 or more"):
        sd.performance.top_k_accuracy([1, 0], np.ones((2, 2)), k=0)
    with pytest.raises(ValueError, match="score: expected a column for each of 2 labels"):
        sd.performance.top_k_accuracy([1, 0], np.ones((2, 3)))
    with pytest.raises(ValueError, match="equal lengths, found 2 and 1"):
        sd.performance.accuracy([1, 0], [1])
    with pytest.raises(ValueError, match="sample_weight: expected finite"):
        sd.performance.accuracy([1, 0], [1, 0], sample_weight=[1.0, -1.0])
    found = sd.performance.true_positives([1, 2, 3], [1, 2, 3])
    assert (found.status, found.n) == ("not_applicable", 3)
    assert "two labels" in found.reason


# --- weights ---------------------------------------------------------------------------


def test_a_weight_of_zero_is_a_row_that_is_not_there():
    target, prediction = CASES["three"]
    weight = np.random.default_rng(7).integers(0, 2, len(target)).astype(float)
    kept = weight > 0
    for name in (*BY_LABEL, *OF_TABLE):
        weighted = ours(name, target, prediction, sample_weight=weight)
        assert weighted == ours(name, target[kept], prediction[kept]), name


@pytest.mark.parametrize("scale", [1e-300, 2.0, 1e18])
def test_only_ratios_of_weights_matter(scale):
    target, prediction = CASES["binary"]
    for name in ("accuracy", "f1", "mcc", "cohen_kappa", "precision"):
        plain = ours(name, target, prediction)
        found = ours(name, target, prediction, sample_weight=np.full(len(target), scale))
        assert found.value == pytest.approx(plain.value, rel=1e-12)
        assert found.ci_low == pytest.approx(plain.ci_low, rel=1e-9)


def test_unequal_weights_are_less_certain():
    target, prediction = CASES["binary"]
    weight = np.where(np.arange(len(target)) % 10 == 0, 20.0, 1.0)
    for name in ("accuracy", "f1"):
        plain = ours(name, target, prediction)
        found = ours(name, target, prediction, sample_weight=weight)
        assert found.ci_high - found.ci_low > 1.5 * (plain.ci_high - plain.ci_low)


# --- groups ----------------------------------------------------------------------------


def predictions(target, prediction, starts, stops, weight=None, **settings):
    groups = Groups(np.array(starts, np.int64), np.array(stops, np.int64))
    sides = (
        ColumnGroups(name, as_column(data, name=name), groups)
        for name, data in (("target", target), ("prediction", prediction))
    )
    weights = None if weight is None else TableWeights(weight)
    return Predictions(*sides, weights=weights, settings=Settings(**settings))


def bits(rows, group):
    """All numbers of a group."""
    found = {}
    for row in rows:
        o = row.outcomes
        numbers = (o.value, o.ci_low, o.ci_high, o.standard_error)
        own = tuple(None if x is None else float(x[group]).hex() for x in numbers)
        found[row.metric, row.params] = (*own, int(o.status[group]), float(o.n_current[group]))
    return found


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("case", ["binary", "three", "text", "hundred"])
def test_a_group_has_the_bits_that_it_has_alone(case, weighted):
    target, prediction = CASES[case]
    rows = len(target)
    weight = np.random.default_rng(1).exponential(size=rows) if weighted else None
    labels = tuple(sorted({*target.tolist(), *prediction.tolist()}))
    starts, stops = [0, 0, 10, 50, 90, 7], [rows, 0, 60, 51, 190, 190]
    together = performance_rows(
        predictions(target, prediction, starts, stops, weight, labels=labels), NAMES
    )
    for group, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        alone = predictions(target, prediction, [start], [stop], weight, labels=labels)
        assert bits(performance_rows(alone, NAMES), 0) == bits(together, group)


def test_rows_of_labels_and_averages():
    target, prediction = CASES["three"]
    rows = performance_rows(predictions(target, prediction, [0], [400]), NAMES)
    params = {(row.metric, row.params) for row in rows}
    for name in BY_LABEL:
        expected = {"", "average=weighted", "label=1", "label=2", "label=3"}
        assert {p for metric, p in params if metric == f"performance.{name}"} == expected
    values = {(row.metric, row.params): row.outcomes.value[0] for row in rows}
    assert values["performance.recall", "label=2"] == pytest.approx(
        sklearn_metrics.recall_score(target == 2, prediction == 2)
    )
    table = sklearn_metrics.confusion_matrix(target, prediction)
    assert values["performance.confusion", "target=2,prediction=3"] == table[1, 2]
    (row,) = (row for row in rows if row.metric == "performance.true_positives")
    assert row.outcomes.status.tolist() == [6]  # not_applicable


def test_binary_rows_are_of_the_positive_label():
    target, prediction = CASES["two_texts"]
    rows = performance_rows(predictions(target, prediction, [0], [200]), NAMES)
    assert {row.params for row in rows if row.metric != "performance.confusion"} == {""}
    values = {(row.metric, row.params): row.outcomes.value[0] for row in rows}
    both = sum((target == "yes") & (prediction == "yes"))
    assert values["performance.true_positives", ""] == both
    assert values["performance.confusion", "target=yes,prediction=yes"] == both


# --- certainty -------------------------------------------------------------------------


@pytest.mark.parametrize("cells", [(45, 5, 10, 40), (97, 1, 1, 1), (49, 1, 1, 49)])
def test_intervals_cover_the_true_value(cells):
    """95 % intervals of 300 samples of 50 rows: 0.91 is 3.2 standard errors below 0.95."""
    shares = np.array(cells) / sum(cells)
    drawn = np.random.default_rng(11).choice(4, (300, 50), p=shares)
    target, prediction = drawn.ravel() // 2, drawn.ravel() % 2
    ends = np.arange(0, drawn.size + 1, 50)
    tables = predictions(target, prediction, ends[:-1], ends[1:])
    large = np.repeat(np.arange(4), cells)
    for row in performance_rows(tables, ["accuracy", "f1", "mcc", "cohen_kappa", "jaccard"]):
        truth = ours(row.metric.partition(".")[2], large // 2, large % 2).value
        o = row.outcomes
        covered = (o.status != 0) | ((o.ci_low <= truth) & (truth <= o.ci_high))
        assert covered.mean() >= 0.91, (row.metric, covered.mean())


@pytest.mark.parametrize("cells", [(450, 50, 100, 400), (850, 30, 40, 80)])
def test_standard_errors_are_those_of_samples(cells):
    """Against the spread of the values of 400 samples of 200 rows; 15 % are 4 standard errors."""
    shares = np.array(cells) / sum(cells)
    drawn = np.random.default_rng(12).choice(4, (400, 200), p=shares)
    ends = np.arange(0, drawn.size + 1, 200)
    tables = predictions(drawn.ravel() // 2, drawn.ravel() % 2, ends[:-1], ends[1:])
    for row in performance_rows(tables, ["accuracy", "f1", "mcc", "cohen_kappa", "precision"]):
        o = row.outcomes
        assert np.median(o.standard_error) == pytest.approx(np.std(o.value), rel=0.15), row.metric


@pytest.mark.parametrize("rows", [25.0, 400.0])
def test_cells_of_many_rows_are_drawn_with_the_quantiles_of_a_gamma_variable(rows):
    shapes = np.full((1, 4), rows)
    drawn = np.sort(counts._gammas(shapes).ravel())
    normal = np.sort(np.random.default_rng(0).standard_normal((counts.DRAWS, 4)).ravel())
    exact = scipy.stats.gamma.ppf(scipy.stats.norm.cdf(normal), rows)
    inner = slice(20, -20)  # of 800: 2.5 % to 97.5 %
    np.testing.assert_allclose(drawn[inner], exact[inner], rtol=0.0, atol=0.001 * np.sqrt(rows))
