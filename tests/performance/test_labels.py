"""Labels of any type in one table, and decisions from scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import simdrift as sd
from simdrift.columns import as_column
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.performance.labels import MOST_LABELS, Labels
from simdrift.metrics.performance.predictions import Lacking, Predictions, Settings, arrays
from simdrift.metrics.performance.scoring import performance_rows


def labels_of(target, prediction=None, scores=None, **settings):
    predictions = arrays(
        target=target, prediction=prediction, scores=scores, settings=Settings(**settings)
    )
    return predictions.subject(Labels)


def table_of(target, prediction, **settings):
    found = labels_of(target, prediction, **settings)
    assert isinstance(found, Labels), found
    return found.labels, found.tables[0].tolist()


ONES = [1, 0, 1, 1, 0]
SAME = {
    "list": ONES,
    "bool": np.array(ONES, bool),
    "int8": np.array(ONES, np.int8),
    "uint64": np.array(ONES, np.uint64),
    "float32": np.array(ONES, np.float32),
    "float64": np.array(ONES, float),
    "nullable": pd.array([bool(x) for x in ONES], "boolean"),
    "pandas_category": pd.Series(ONES).astype("category"),
    "arrow_bools": pa.array([bool(x) for x in ONES]),
    "arrow_dictionary": pa.array(ONES).dictionary_encode(),
    "polars": pl.Series(ONES),
    "chunks": pa.chunked_array([ONES[:2], ONES[2:]]),
    "strided": np.repeat(np.array(ONES, np.int16), 2)[::2],
    "big_endian": np.array(ONES, ">i4"),
}


@pytest.mark.parametrize("prediction", SAME)
@pytest.mark.parametrize("target", ["bool", "int8", "float64", "pandas_category", "arrow_bools"])
def test_true_and_one_are_one_label(target, prediction):
    labels, table = table_of(SAME[target], SAME[prediction])
    assert labels == (0, 1)
    assert table == [[2, 0], [0, 3]]


def test_booleans_keep_their_names():
    found = labels_of([True, False], [True, True])
    assert (found.labels, found.names, found.positive) == ((False, True), ("false", "true"), 1)


TEXTS = {
    "list": ["b", "a", "b", None],
    "object": np.array(["b", "a", "b", None], object),
    "category": pd.Series(["b", "a", "b", None]).astype("category"),
    "arrow": pa.array(["b", "a", "b", None]),
    "dictionary": pa.array(["b", "a", "b", None]).dictionary_encode(),
    "view": pa.array(["b", "a", "b", None], pa.string_view()),
    "polars": pl.Series(["b", "a", "b", None], dtype=pl.Categorical),
}


@pytest.mark.parametrize("prediction", TEXTS)
@pytest.mark.parametrize("target", ["list", "category", "view"])
def test_text_is_one_label_whatever_holds_it(target, prediction):
    labels, table = table_of(TEXTS[target], TEXTS[prediction])
    assert (labels, table) == (("a", "b"), [[1, 0], [0, 2]])


def test_labels_are_sorted_and_may_be_on_one_side_only():
    labels, table = table_of(["dog", "cat", "dog"], ["emu", "cat", "dog"])
    assert labels == ("cat", "dog", "emu")
    assert table == [[1, 0, 0], [0, 1, 1], [0, 0, 0]]
    labels, table = table_of([3, -2, 3], [10, -2, 3])
    assert labels == (-2, 3, 10)
    assert table == [[1, 0, 0], [0, 1, 1], [0, 0, 0]]
    labels, _ = table_of([2**60, 1], [1, 2**60 + 1])
    assert labels == (1, 2**60, 2**60 + 1)


def test_the_table_of_zero_and_one_has_both():
    assert table_of([0, 0], [0, 0]) == ((0, 1), [[2, 0], [0, 0]])
    assert table_of([1.0, 1.0], [1, 1]) == ((0, 1), [[0, 0], [0, 2]])
    assert table_of([True], [True]) == ((False, True), [[0, 0], [0, 1]])
    assert table_of([5], [5]) == ((5,), [[1]])


def test_labels_that_are_asked_for_come_first_and_others_behind():
    labels, table = table_of([1, 2, 3, 4], [1, 2, 3, 1], labels=(3, 1))
    assert labels == (3, 1, 2, 4)
    assert table == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0]]
    labels, table = table_of(["a"], ["b"], labels=("c", "b"))
    assert (labels, table) == (("c", "b", "a"), [[0, 0, 0], [0, 0, 0], [0, 1, 0]])


@pytest.mark.parametrize(
    ("sides", "positive", "expected"),
    [
        (([0, 1], [1, 1]), None, 1),
        ((["yes", "no"], ["no", "no"]), None, "yes"),
        ((["yes", "no"], ["no", "no"]), "no", "no"),
        (([-1, 1], [1, 1]), None, 1),
        (([1, 2, 3], [1, 1, 1]), None, None),
        (([1, 2, 3], [1, 1, 1]), 2, 2),
        (([0.0, 1.0], [True, True]), True, 1),
        ((["a", "a"], ["a", "a"]), "b", "b"),
        ((["a", "a"], ["a", "a"]), None, None),
    ],
)
def test_the_positive_label(sides, positive, expected):
    found = labels_of(*sides, positive=positive)
    assert (None if found.positive is None else found.labels[found.positive]) == expected


def test_missing_rows_are_left_out():
    found = labels_of([1.0, np.nan, 0.0, np.inf], [1, 1, 0, 0])
    assert (found.n[0], found.tables[0].tolist()) == (2, [[1, 0], [0, 1]])
    found = labels_of(pd.array([1, None, 0], "Int64"), [1, 1, None])
    assert found.n[0] == 1
    found = labels_of([None, None], [1, 0])
    assert found.n[0] == 0


@pytest.mark.parametrize(
    ("sides", "words"),
    [
        (([0.5, 1.0], [0.25, 1.0]), "not whole"),
        ((["1", "no"], [1, 0]), "target holds text, prediction holds numbers"),
        ((np.array(["2020-01-01"], "M8[s]"), [1]), "target: expected labels"),
        ((np.arange(MOST_LABELS + 1), np.arange(MOST_LABELS + 1)), "at most 1,000"),
        (([str(x) for x in range(1_001)],) * 2, "at most 1,000"),
    ],
)
def test_what_is_no_label_says_so(sides, words):
    found = labels_of(*sides)
    assert isinstance(found, Lacking)
    assert found.status == "not_applicable"
    assert words in found.reason
    assert sd.performance.accuracy(*sides).status == "not_applicable"


def test_roles_that_are_missing_are_named():
    assert "'target'" in labels_of(None, [1, 0]).reason
    assert "'prediction'" in labels_of([1, 0]).reason


def test_a_thousand_labels_are_counted():
    codes = np.arange(MOST_LABELS)
    found = labels_of(codes, codes[::-1])
    assert found.size == MOST_LABELS
    assert found.counts.right[0] == 0
    wide = codes * 1_000_003
    assert labels_of(wide, wide).counts.right[0] == MOST_LABELS


def test_labels_behind_the_first_rows_are_found():
    """The range of labels is guessed from the first rows."""
    target = np.zeros(20_000, np.int64)
    target[-1] = 7
    assert labels_of(target, target).labels == (0, 7)
    assert labels_of(target, target * 1000).labels == (0, 7, 7_000)
    assert labels_of(target.astype(float), target).labels == (0, 7)
    half = target.astype(float)
    half[-2] = 0.5
    assert "not whole" in labels_of(half, target).reason


# --- decisions -------------------------------------------------------------------------


def test_a_score_decides_from_the_threshold_on():
    target, score = [1, 0, 1, 0, 1], [0.5, 0.49, 0.9, 0.8, np.nan]
    found = labels_of(target, scores={"": score})
    assert (found.n[0], found.tables[0].tolist()) == (4, [[1, 1], [0, 2]])
    found = labels_of(target, scores={"": score}, threshold=0.85)
    assert found.tables[0].tolist() == [[2, 0], [1, 1]]
    found = labels_of(["no", "yes"], scores={"": [0.1, 0.2]}, threshold=0.2, positive="no")
    assert (found.labels, found.tables[0].tolist()) == (("no", "yes"), [[0, 1], [1, 0]])


def test_the_largest_score_decides_and_the_first_of_equal_ones():
    scores = {"b": [0.5, 0.4, 0.0], "a": [0.5, 0.6, np.nan], "c": [0.0, 0.0, 1.0]}
    found = labels_of(["a", "b", "c"], scores=scores)
    assert found.labels == ("a", "b", "c")
    assert found.tables[0].tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]
    by_text = labels_of([0, 1, 1], scores={"0": [0.9, 0.1, 0.4], "1": [0.1, 0.9, 0.6]})
    assert by_text.tables[0].tolist() == [[1, 0], [0, 2]]


def test_scores_that_decide_nothing_say_why():
    found = labels_of([0, 1, 2], scores={"": [0.1, 0.2, 0.3]})
    assert "two labels" in found.reason
    found = labels_of([0, 1], scores={"": ["x", "y"]})
    assert "score: expected numbers" in found.reason


def test_text_beside_numbers_is_the_numbers_that_it_spells():
    assert table_of(["1", "0", "1.0"], [1, 0, 0.0]) == ((0, 1), [[1, 0], [1, 1]])
    assert table_of(["true", "false"], [True, False]) == ((0, 1), [[1, 0], [0, 1]])


KNOWN = [
    (["no", "yes", "maybe", "yes"], ["no", "no", "yes", "yes"], ("no", "yes")),
    ([0, 1, 9, 1], [0, 0, 1, 1], (0, 1)),
    ([0.0, 1.0, 0.5, 1.0], [0, 0, 1, 1], (0, 1)),
    ([0, 1, 2**40, 1], [0, 0, 1, 1], (0, 1)),
    (["0", "1", "maybe", "1"], [0, 0, 1, 1], (0, 1)),
    (["0", "1", "maybe", "1"], [False, False, True, True], (False, True)),
    ([0, 1, 7, 1], [0, 0, 1, 1], ("0", "1")),
]


@pytest.mark.parametrize(("target", "prediction", "known"), KNOWN)
def test_a_label_that_is_not_known_costs_its_row(target, prediction, known):
    """What the other three rows give, whatever the labels are and whichever side has it."""
    for sides in ((target, prediction), (prediction, target)):
        found = labels_of(*sides, known=known)
        assert isinstance(found, Labels), found
        assert found.n[0] == 3
        assert found.left_out.rows.tolist() == [1]
        assert found.tables[0].sum() == 3
        assert found.positive == 1
        codes = found.target_codes if sides[0] is target else found.prediction_codes
        assert codes[[0, 1, 3]].tolist() == [0, 1, 1]
        assert codes[2] < 0
    (row,) = performance_rows(
        arrays(target=target, prediction=prediction, settings=Settings(known=known)), ["accuracy"]
    )
    assert row.outcomes.value[0] == pytest.approx(2 / 3)
    assert row.outcomes.n_current[0] == 3
    assert "1 row left out, labels other than" in row.outcomes.reasons[0]


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision", "log_loss", "brier", "ece"])
@pytest.mark.parametrize(("target", "prediction", "known"), KNOWN)
def test_scores_leave_the_same_row_out(metric, target, prediction, known):
    score = np.array([0.1, 0.4, 0.2, 0.9])
    keep = [0, 1, 3]
    settings = Settings(known=known)
    made = arrays(target=target, scores={"": score}, settings=settings)
    (row,) = performance_rows(made, [metric])
    alone = getattr(sd.performance, metric)(np.array([0, 1, 1]), score[keep])
    assert row.outcomes.value[0] == pytest.approx(alone.value, rel=1e-12)
    assert row.outcomes.n_current[0] == 3
    assert "1 row left out" in row.outcomes.reasons[0]


def test_labels_that_are_all_others_are_no_labels_of_this_model():
    """'ja' and 'nein' are not paired with 'yes' and 'no' by their order."""
    made = arrays(
        target=["yes", "no"] * 4,
        prediction=["yes", "no"] * 4,
        scores={"": np.linspace(0, 1, 8)},
        settings=Settings(known=("ja", "nein")),
    )
    for row in performance_rows(made, ["accuracy", "recall", "roc_auc", "log_loss"]):
        one = row.outcomes.at(0)
        assert (one.value, one.status, one.n_current) == (None, "type_changed", 0)
        assert one.reason == "all rows have labels other than 'ja' and 'nein': 'yes', 'no'"


def test_groups_count_their_own_rows_left_out():
    target = np.array([0, 1, 5, 1, 5, 5, 0, 1])
    groups = Groups(np.array([0, 4, 6]), np.array([4, 6, 8]))
    column = ColumnGroups("target", as_column(target, name="target"), groups)
    made = Predictions(column, column, settings=Settings(known=(0, 1)))
    (row,) = performance_rows(made, ["accuracy"])
    assert row.outcomes.n_current.tolist() == [3, 0, 2]
    assert row.outcomes.at(1).status == "type_changed"
    assert sorted(row.outcomes.reasons) == [0, 1]


def test_scores_by_label_fix_the_labels():
    scores = {"b": [0.1, 0.9, 0.3, 0.2], "a": [0.9, 0.1, 0.7, 0.8]}
    made = arrays(target=["a", "b", "c", "a"], scores=scores)
    found = made.subject(Labels)
    assert (found.labels, found.n[0], found.positive) == (("a", "b"), 3, 1)
    for name in ("accuracy", "roc_auc", "log_loss"):
        (row,) = (r for r in performance_rows(made, [name]) if not r.params)
        assert (row.outcomes.at(0).status, row.outcomes.n_current[0]) == ("ok", 3)
        assert "'c'" in row.outcomes.reasons[0]


# --- groups ----------------------------------------------------------------------------


def test_groups_share_one_table_of_labels():
    target = np.array([0, 1, 0, 1, 2, 2, 0, 1])
    groups = Groups(np.array([0, 4, 8, 2]), np.array([4, 8, 8, 5]))
    column = ColumnGroups("target", as_column(target, name="target"), groups)
    predictions = Predictions(column, column)
    found = predictions.subject(Labels)
    assert found.labels == (0, 1, 2)
    assert found.n.tolist() == [4, 4, 0, 3]
    assert found.averaged.tolist()[0] == [True, True, False]
    (row,) = (r for r in performance_rows(predictions, ["recall"]) if r.params == "")
    assert row.outcomes.value[[0, 1, 3]].tolist() == [1.0, 1.0, 1.0]
    assert row.outcomes.status.tolist() == [0, 0, 1, 0]  # 1: empty


def test_many_labels_over_many_groups_are_counted_in_parts():
    """150 tables of 300 x 300 cells are not in memory at once."""
    random = np.random.default_rng(0)
    target = random.integers(0, 300, 3_000)
    prediction = random.integers(0, 300, 3_000)
    ends = np.arange(0, 3_001, 20)
    groups = Groups(ends[:-1], ends[1:])
    sides = (
        ColumnGroups(name, as_column(data, name=name), groups)
        for name, data in (("target", target), ("prediction", prediction))
    )
    found = Predictions(*sides).subject(Labels)
    expected = (target == prediction).reshape(150, 20).sum(axis=1)
    assert found.counts.right.tolist() == expected.tolist()


def test_columns_of_any_kind_never_raise():
    odd = [
        np.array([], float),
        [np.nan, np.nan],
        [1, "a"],
        [b"x", b"y"],
        np.array(["2020-01-01", "NaT"], "M8[D]"),
        pa.array([[1], [2]]),
        [2**63, 1],
        [1e300, -1e300],
    ]
    for data in odd:
        try:
            found = sd.performance.f1(data, data)
        except TypeError:  # no array of one type
            continue
        assert found.status in ("ok", "empty", "all_null", "not_applicable", "degenerate")
