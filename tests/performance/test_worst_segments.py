"""The search of segments in which a model is worse: brute force, planted ones, none where none."""

from __future__ import annotations

import numpy as np
import pytest

import simdrift as sd
from simdrift.metrics.row_losses import METRICS

sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed")

ROLES = {"target": "y", "prediction": "p"}


def classified(rows: int, seed: int) -> dict[str, np.ndarray]:
    """Two labels; more errors where zone is 'c', more still where hour >= 17 there."""
    rng = np.random.default_rng(seed)
    frame = {
        "zone": rng.choice(list("abcd"), rows, p=[0.4, 0.3, 0.2, 0.1]),
        "hour": rng.integers(0, 24, rows),
        "fare": rng.exponential(10.0, rows),
        "paid": rng.random(rows) < 0.5,
    }
    late = (frame["zone"] == "c") & (frame["hour"] >= 17)
    wrong = rng.random(rows) < np.where(late, 0.45, np.where(frame["zone"] == "c", 0.2, 0.1))
    frame["y"] = rng.integers(0, 2, rows)
    frame["p"] = np.where(wrong, 1 - frame["y"], frame["y"])
    frame["score"] = np.clip(frame["p"] + rng.uniform(-0.4, 0.4, rows), 0.0, 1.0)
    frame["w"] = rng.exponential(size=rows)
    return frame


# --- one segment by hand ---

SKLEARN = {
    "accuracy": sklearn.accuracy_score,
    "error_rate": sklearn.zero_one_loss,
    "precision": sklearn.precision_score,
    "recall": sklearn.recall_score,
    "specificity": lambda y, p: sklearn.recall_score(y, p, pos_label=0),
    "f1": sklearn.f1_score,
    "jaccard": sklearn.jaccard_score,
    "false_positive_rate": lambda y, p: 1.0 - sklearn.recall_score(y, p, pos_label=0),
    "false_negative_rate": lambda y, p: 1.0 - sklearn.recall_score(y, p),
    "log_loss": sklearn.log_loss,
    "brier": sklearn.brier_score_loss,
    "mae": sklearn.mean_absolute_error,
    "mse": sklearn.mean_squared_error,
    "rmse": sklearn.root_mean_squared_error,
    "mape": sklearn.mean_absolute_percentage_error,
}


def test_every_metric_has_its_oracle():
    assert set(SKLEARN) == set(METRICS)


@pytest.mark.parametrize("metric", SKLEARN)
def test_values_of_a_segment_and_of_the_rest_equal_scikit_learns(metric):
    rng = np.random.default_rng(4)
    frame = classified(3000, 4)
    if metric in ("mae", "mse", "rmse", "mape"):
        frame["y"] = rng.normal(50.0, 5.0, 3000)
        frame["p"] = frame["y"] + rng.normal(size=3000) * np.where(frame["zone"] == "c", 9.0, 1.0)
    guess = frame["score" if metric in ("log_loss", "brier") else "p"]
    found = sd.worst_segments(
        frame,
        {**ROLES, "score": "score"},
        metric=metric,
        columns="zone",
        max_columns=1,
        top=None,
    )
    worst = found[0]
    assert (worst.segment, worst.columns) == ("zone=c", ("zone",))
    own = frame["zone"] == "c"
    expected = SKLEARN[metric]
    value, rest = (expected(frame["y"][rows], guess[rows]) for rows in (own, ~own))
    assert worst.value == pytest.approx(value, rel=1e-9)
    assert worst.rest == pytest.approx(rest, rel=1e-9)
    assert worst.difference == pytest.approx(value - rest, rel=1e-9)
    assert found.value == pytest.approx(expected(frame["y"], guess), rel=1e-9)
    assert worst.ci_low < worst.difference < worst.ci_high or (
        worst.ci_high < worst.difference < worst.ci_low
    )
    assert worst.q_value < 1e-6
    assert found.tried == 4


def test_shares_rows_and_p_values_are_those_of_the_rows():
    frame = classified(2000, 9)
    rng = np.random.default_rng(9)
    loss = rng.exponential(size=2000) * np.where(frame["zone"] == "d", 3.0, 1.0)
    found = sd.worst_segments(frame, metric=loss, columns=["zone"], max_columns=1)
    own = frame["zone"] == "d"
    worst = found[0]
    assert (worst.segment, worst.rows) == ("zone=d", np.count_nonzero(own))
    assert worst.share_of_rows == pytest.approx(own.mean(), rel=1e-12)
    assert worst.share_of_error == pytest.approx(loss[own].sum() / loss.sum(), rel=1e-9)
    welch = stats.ttest_ind(loss[own], loss[~own], equal_var=False, alternative="greater")
    assert worst.p_value >= welch.pvalue * (1.0 - 1e-9)
    moments = stats.permutation_test(
        (loss[own], loss[~own]),
        lambda x, y, axis: x.mean(axis) - y.mean(axis),
        vectorized=True,
        n_resamples=200,
        alternative="greater",
        rng=1,
    )
    assert moments.pvalue < 0.01
    assert worst.p_value < 1e-3


def test_the_p_value_of_exchangeable_rows_is_that_of_permutations():
    rng = np.random.default_rng(12)
    loss = rng.exponential(size=600) ** 1.5
    zone = np.repeat(["a", "b"], [120, 480])
    loss[:120] *= 1.25
    found = sd.worst_segments({"zone": zone}, metric=loss, max_columns=1, top=None)
    sums = np.array([rng.permutation(loss)[:120].sum() for _ in range(4000)])
    expected = np.mean(sums >= loss[:120].sum())
    assert found[0].p_value == pytest.approx(expected, abs=0.03)


def test_rare_errors_have_fishers_exact_p_value():
    zone = np.repeat(["a", "b"], [200, 4000])
    y = np.zeros(4200, int)
    p = y.copy()
    p[:6] = 1
    p[-20:] = 1
    found = sd.worst_segments({"zone": zone, "y": y, "p": p}, ROLES, metric="accuracy", top=None)
    _, expected = stats.fisher_exact([[6, 194], [20, 3980]])
    assert found[0].segment == "zone=a"
    assert found[0].p_value == pytest.approx(expected, rel=1e-9)


def test_weights_count_rows_more_than_once():
    frame = classified(1500, 21)
    times = np.random.default_rng(0).integers(1, 4, 1500)
    repeated = {name: np.repeat(own, times) for name, own in frame.items()}
    weighted = sd.worst_segments(
        {**frame, "w": times}, {**ROLES, "weight": "w"}, metric="f1", columns=["zone"], top=None
    )
    plain = sd.worst_segments(repeated, ROLES, metric="f1", columns=["zone"], top=None)
    for one, other in zip(weighted, plain, strict=True):
        assert one.segment == other.segment
        assert one.value == pytest.approx(other.value, rel=1e-9)
        assert one.share_of_error == pytest.approx(other.share_of_error, rel=1e-9)
        assert one.p_value > other.p_value


# --- planted ---


@pytest.mark.parametrize("metric", ["accuracy", "log_loss", "f1"])
def test_a_planted_segment_of_two_columns_comes_first(metric):
    frame = classified(60_000, 1)
    roles = {**ROLES, "score": "score", "ignore": ["w"]}
    found = sd.worst_segments(frame, roles, metric=metric, bins=4)
    assert found[0].segment == "zone=c & hour >= 17"
    assert set(found[0].columns) == {"zone", "hour"}
    singles = [one.segment for one in found if len(one.columns) == 1]
    assert singles[0] == "zone=c"
    named = {name for one in found for name in one.columns}
    assert named == {"zone", "hour"}
    assert all(one.q_value <= 0.05 for one in found)


def test_a_planted_segment_of_one_column_hides_its_own_parts():
    rng = np.random.default_rng(2)
    frame = {name: rng.choice(list("abc"), 20_000) for name in ("x", "y", "z")}
    loss = rng.exponential(size=20_000) * np.where(frame["x"] == "b", 1.5, 1.0)
    found = sd.worst_segments(frame, metric=loss)
    assert [one.segment for one in found] == ["x=b"]
    assert found.tried == 9 + 27


LOSSES = {
    "squared": lambda rng, n: rng.normal(size=n) ** 2,
    "lognormal": lambda rng, n: np.exp(2.0 * rng.normal(size=n)),
    "rare": lambda rng, n: (rng.random(n) < 0.01).astype(float),
    "half": lambda rng, n: (rng.random(n) < 0.4).astype(float),
}


@pytest.mark.parametrize("kind", LOSSES)
def test_without_an_effect_few_runs_list_a_segment(kind):
    rng = np.random.default_rng(77)
    runs, listed, small = 40, 0, []
    for _ in range(runs):
        frame = {f"x{i}": rng.normal(size=2000) for i in range(2)}
        frame |= {f"c{i}": rng.choice(list("abcde"), 2000) for i in range(2)}
        found = sd.worst_segments(frame, metric=LOSSES[kind](rng, 2000), top=None, threads=1)
        listed += any(one.q_value <= 0.05 for one in found)
        small += [one.p_value for one in found if len(one.columns) == 1]
    assert listed <= 5  # more than 5 of 40 at 5 %: probability 0.014
    assert len(small) > 100


# --- columns, arguments, odd data ---


def test_numbers_are_cut_by_the_reference_and_categories_by_their_frequency():
    rng = np.random.default_rng(3)
    rows = 4000
    names = np.array([f"k{i}" for i in range(40)])
    frame = {
        "x": rng.uniform(0.0, 1.0, rows),
        "kind": names[rng.integers(0, 40, rows)],
        "hole": np.where(rng.random(rows) < 0.2, np.nan, rng.normal(size=rows)),
    }
    reference = {
        "x": np.linspace(0.0, 2.0, 2001),
        "kind": np.resize(names, 2001),
        "hole": np.linspace(-1.0, 1.0, 2001),
    }
    loss = rng.random(rows) + (frame["x"] >= 0.5) + np.isnan(frame["hole"])
    found = sd.worst_segments(frame, metric=loss, bins=4, reference=reference, max_columns=1)
    assert {one.segment for one in found} >= {"0.5 <= x < 1", "hole=(missing)"}
    kept = {
        one.segment
        for one in sd.worst_segments(frame, metric=-loss, columns="kind", top=None, min_rows=2)
    }
    kept |= {
        one.segment
        for one in sd.worst_segments(frame, metric=loss, columns="kind", top=None, min_rows=2)
    }
    assert len(kept) == 21
    assert "kind=(rest)" in kept


def test_times_are_cut_and_named_as_times():
    rng = np.random.default_rng(0)
    days = np.datetime64("2024-01-01", "s") + rng.integers(0, 86_400 * 40, 5000)
    loss = rng.random(5000) + (days >= np.datetime64("2024-01-31"))
    found = sd.worst_segments({"day": days}, metric=loss, bins=4)
    assert found[0].segment.startswith("day >= 2024-01-3")


def test_a_result_shows_itself_and_makes_frames():
    found = sd.worst_segments(classified(20_000, 5), ROLES, metric="accuracy", columns=["zone"])
    assert str(found).startswith("accuracy of all rows: 0.8")
    assert "zone=c" in str(found)
    assert "<td>zone=c</td>" in found._repr_html_()
    assert found.to_pandas()["segment"].tolist() == [one.segment for one in found]
    assert found.to_polars().shape == (len(found), 12)
    assert repr(found).startswith("WorstSegments(accuracy of all rows")


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_and_libraries_give_the_same_rows(threads):
    pa = pytest.importorskip("pyarrow")
    frame = classified(70_000, 8)
    first = sd.worst_segments(frame, ROLES, metric="recall", threads=1)
    again = sd.worst_segments(pa.table(frame), ROLES, metric="recall", threads=threads)
    assert list(first) == list(again)
    assert len(first) > 0


@pytest.mark.parametrize(
    ("frame", "status", "reason"),
    [
        ({"c": np.array([], object), "y": [], "p": []}, "empty", ""),
        ({"c": ["a"] * 9, "y": [np.nan] * 9, "p": [1.0] * 9}, "all_null", ""),
        ({"c": ["a"] * 9, "y": list("abcabcabc"), "p": list("abcabcabc")}, "not_applicable", "two"),
    ],
)
def test_why_nothing_is_searched(frame, status, reason):
    found = sd.worst_segments(frame, ROLES, metric="false_positive_rate")
    assert (len(found), found.status, found.value) == (0, status, None)
    assert reason in found.reason


def test_an_infinite_loss_is_overflow_and_a_row_without_a_number_no_part():
    frame = {"c": ["a", "b"] * 200, "y": np.zeros(400), "p": np.arange(400.0)}
    frame["p"][0] = np.inf
    frame["y"][1] = np.nan
    found = sd.worst_segments(frame, ROLES, metric="mae")
    assert found.value == pytest.approx(np.arange(2.0, 400.0).mean(), rel=1e-12)
    large = {**frame, "p": np.full(400, 1e200)}
    assert sd.worst_segments(large, ROLES, metric="mse").status == "overflow"
    assert sd.worst_segments(frame, metric=frame["p"]).status == "overflow"
    assert sd.worst_segments(frame, ROLES, metric="mape").status == "all_null"


def test_a_role_that_is_missing_is_named():
    found = sd.worst_segments({"c": ["a"], "y": [1]}, {"target": "y"}, metric="log_loss")
    assert found.reason == "no column has the role 'score'"


def test_columns_that_cannot_be_searched_are_named():
    frame = {"id": [f"r{i}" for i in range(400)], "same": [None] * 400, "c": ["a", "b"] * 200}
    found = sd.worst_segments(frame, metric=np.arange(400.0), columns=["id", "same", "c"], top=None)
    assert set(found.skipped) == {"same"}
    assert found.tried == 4  # c=a, c=b, and id=(rest) with each of them


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metric": "roc_acu"}, "metric: found 'roc_acu'"),
        ({"metric": [1.0]}, "metric: expected 2 losses, one a row, found 1"),
        ({"metric": ["a", "b"]}, "metric: expected a name or numbers"),
        ({"min_rows": 1}, "min_rows: expected an int >= 2, found 1"),
        ({"bins": 1}, "bins: expected an int >= 2"),
        ({"max_columns": 3}, "max_columns: expected 1 or 2, found 3"),
        ({"top": 0}, "top: expected an int >= 1"),
        ({"columns": "z"}, "no column 'z'"),
        ({"roles": {"target": "q"}}, "roles: target: the data have no column 'q'"),
        ({"roles": {"goal": "y"}}, "roles: expected one of target"),
        ({"roles": {}}, "roles: expected a target, and a prediction or a score"),
    ],
)
def test_bad_arguments_are_refused_by_name(change, message):
    frame = {"c": ["a", "b"], "y": [1, 0], "p": [1, 0]}
    arguments = {"roles": ROLES, "metric": "accuracy", **change}
    with pytest.raises(sd.SpecError, match=message):
        sd.worst_segments(frame, **arguments)


def test_reports_list_the_worst_segments():
    dice = np.random.default_rng(3)
    zone = np.array(["north", "south"])[dice.integers(0, 2, 2_000)]
    truth = dice.integers(0, 2, 2_000)
    wrong = dice.random(2_000) < np.where(zone == "south", 0.4, 0.1)
    words = np.array(["no", "yes"])
    frame = {"zone": zone, "y": words[truth], "p": words[truth ^ wrong]}
    report = sd.compare(frame, frame, roles={"target": "y", "prediction": "p"})
    (line,) = report.worst_segments
    south = wrong[zone == "south"]
    assert (line.segment, line.metric, line.rows) == (
        "zone=south", "error rate", f"{len(south):,}",
    )  # fmt: skip
    assert float(line.value) == pytest.approx(south.mean(), abs=1e-3)
    assert line.share == f"{100 * south.sum() / wrong.sum():.0f} %"
    assert "Worst segments" in report.table()
    assert "Worst segments" in report.to_html()
    even = {**frame, "p": frame["y"]}
    assert not sd.compare(frame, even, roles={"target": "y", "prediction": "p"}).worst_segments
