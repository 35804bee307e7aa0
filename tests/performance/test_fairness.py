"""Fairness by sensitive group against Fairlearn; intervals by simulation."""

from __future__ import annotations

import numpy as np
import pytest

import simdrift as sd
from simdrift._core import Column
from simdrift.metrics.fairness import between
from simdrift.metrics.fairness.coding import MISSING
from simdrift.metrics.fairness.estimates import Means, Shares
from simdrift.metrics.fairness.measures import Options
from simdrift.metrics.fairness.rows import fairness_metrics, fairness_rows
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.performance.predictions import Predictions, arrays
from simdrift.metrics.weights import TableWeights

fairlearn = pytest.importorskip("fairlearn.metrics", reason="fairlearn is not installed")
sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")

METHODS = ("between_groups", "to_overall")
SAME_NAME = [
    name
    for name in sd.fairness.__all__
    if name.endswith(("_difference", "_ratio")) and hasattr(fairlearn, name)
]
ROWS = 4000
SHARES = {"a": 0.6, "b": 0.3, "c": 0.1}


def data(seed: int = 7) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    sex = rng.choice(list(SHARES), ROWS, p=list(SHARES.values()))
    age = rng.choice(["old", "young"], ROWS)
    target = (rng.random(ROWS) < np.where(sex == "a", 0.5, 0.3)).astype(int)
    wrong = rng.random(ROWS) < np.where(age == "old", 0.25, 0.1)
    prediction = np.where(wrong, 1 - target, target)
    weight = rng.exponential(size=ROWS)
    return {"t": target, "p": prediction, "sex": sex, "age": age, "w": weight}


def test_fairlearn_has_most_of_the_names():
    assert len(SAME_NAME) == 12
    only_here = {n for n in sd.fairness.__all__ if n.endswith(("_difference", "_ratio"))}
    assert only_here - set(SAME_NAME) == {
        "mae_difference",
        "mae_ratio",
        "predictive_parity_difference",
        "predictive_parity_ratio",
    }


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", SAME_NAME)
def test_values_equal_fairlearns(name, method, weighted):
    d = data()
    w = d["w"] if weighted else None
    expected = getattr(fairlearn, name)(
        d["t"], d["p"], sensitive_features=d["sex"], method=method, sample_weight=w
    )
    found = getattr(sd.fairness, name)(d["t"], d["p"], d["sex"], method=method, sample_weight=w)
    assert found.status == "ok"
    assert found.value == pytest.approx(expected, rel=1e-12)
    assert found.ci_low <= found.value <= found.ci_high
    assert found.n == ROWS


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("agg", ["worst_case", "mean"])
@pytest.mark.parametrize("kind", ["difference", "ratio"])
def test_equalized_odds_by_both_aggregates_equal_fairlearns(kind, agg, method):
    d, name = data(3), f"equalized_odds_{kind}"
    expected = getattr(fairlearn, name)(
        d["t"], d["p"], sensitive_features=d["sex"], method=method, agg=agg
    )
    found = getattr(sd.fairness, name)(d["t"], d["p"], d["sex"], method=method, agg=agg)
    assert found.value == pytest.approx(expected, rel=1e-12)
    assert found.ci_low <= found.value <= found.ci_high


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("name", "metric"),
    [("predictive_parity", "precision_score"), ("mae", "mean_absolute_error")],
)
def test_what_fairlearn_has_no_name_for_equals_its_frames_of_metrics(name, metric, method):
    d = data(5)
    frame = fairlearn.MetricFrame(
        metrics=getattr(sklearn, metric),
        y_true=d["t"],
        y_pred=d["p"],
        sensitive_features=d["sex"],
        sample_params={"sample_weight": d["w"]},
    )
    for kind in ("difference", "ratio"):
        found = getattr(sd.fairness, f"{name}_{kind}")(
            d["t"], d["p"], d["sex"], method=method, sample_weight=d["w"]
        )
        assert found.value == pytest.approx(getattr(frame, kind)(method=method), rel=1e-12)


@pytest.mark.parametrize("given", ["mapping", "frame", "array"])
def test_several_sensitive_columns_are_compared_by_their_combinations(given):
    pd = pytest.importorskip("pandas")
    d = data(2)
    both = {"sex": d["sex"], "age": d["age"]}
    sensitive = {
        "mapping": both,
        "frame": pd.DataFrame(both),
        "array": np.stack([d["sex"], d["age"]], axis=1),
    }[given]
    expected = fairlearn.demographic_parity_difference(
        d["t"], d["p"], sensitive_features=pd.DataFrame(both)
    )
    found = sd.fairness.demographic_parity_difference(d["t"], d["p"], sensitive)
    assert found.value == pytest.approx(expected, rel=1e-12)
    groups = {rate.group for rate in sd.fairness.by_group(d["t"], d["p"], both)}
    assert groups == {f"sex={s} & age={a}" for s in "abc" for a in ("old", "young")}


@pytest.mark.parametrize("weighted", [False, True])
def test_rates_of_groups_equal_fairlearns(weighted):
    d = data(11)
    w = {"sample_weight": d["w"]} if weighted else None
    functions = {
        "selection_rate": fairlearn.selection_rate,
        "true_positive_rate": fairlearn.true_positive_rate,
        "false_positive_rate": fairlearn.false_positive_rate,
        "false_negative_rate": fairlearn.false_negative_rate,
        "precision": sklearn.precision_score,
        "accuracy_score": sklearn.accuracy_score,
        "mae": sklearn.mean_absolute_error,
    }
    frame = fairlearn.MetricFrame(
        metrics=functions,
        y_true=d["t"],
        y_pred=d["p"],
        sensitive_features=d["sex"],
        sample_params=None if w is None else dict.fromkeys(functions, w),
    )
    found = sd.fairness.by_group(
        d["t"], d["p"], d["sex"], metrics=tuple(functions), sample_weight=w and d["w"]
    )
    assert len(found) == 21
    for rate in found:
        expected = frame.by_group.loc[rate.group, rate.metric]
        assert rate.value == pytest.approx(expected, rel=1e-12)
        assert rate.ci_low < rate.value < rate.ci_high
        assert rate.rows == np.count_nonzero(d["sex"] == rate.group)
    assert found.to_pandas().shape == (21, 7)
    assert "<td>selection_rate</td>" in found._repr_html_()


@pytest.mark.parametrize(
    ("labels", "pos_label"),
    [
        ([False, True], None),
        (["no", "yes"], None),
        (["yes", "no"], "no"),
        ([1, 2], None),
        ([2.0, 1.0], 1),
        ([-1, 1], None),
    ],
)
def test_labels_of_any_type_give_what_zero_and_one_give(labels, pos_label):
    d = data()
    target, prediction = (np.array(labels)[d[side]] for side in ("t", "p"))
    found = sd.fairness.equalized_odds_difference(target, prediction, d["sex"], pos_label=pos_label)
    assert found == sd.fairness.equalized_odds_difference(d["t"], d["p"], d["sex"])


def test_several_labels_have_accuracy_and_need_a_positive_one_for_the_rest():
    rng = np.random.default_rng(0)
    target, prediction = rng.choice(["x", "y", "z"], (2, 900))
    sex = rng.choice(["a", "b"], 900)
    found = sd.fairness.demographic_parity_ratio(target, prediction, sex)
    assert (found.value, found.status) == (None, "not_applicable")
    assert "pass pos_label" in found.reason
    of_x = sd.fairness.demographic_parity_ratio(target, prediction, sex, pos_label="x")
    shares = [np.mean(prediction[sex == own] == "x") for own in "ab"]
    assert of_x.value == pytest.approx(min(shares) / max(shares), rel=1e-12)
    right = [np.mean((prediction == target)[sex == own]) for own in "ab"]
    accuracy = sd.fairness.accuracy_score_difference(target, prediction, sex)
    assert accuracy.value == pytest.approx(abs(right[0] - right[1]), rel=1e-12)


def test_demographic_parity_needs_no_target():
    d = data()
    found = sd.fairness.demographic_parity_difference(None, d["p"], d["sex"])
    assert found == sd.fairness.demographic_parity_difference(d["t"], d["p"], d["sex"])
    lacking = sd.fairness.equal_opportunity_difference(None, d["p"], d["sex"])
    assert (lacking.value, lacking.status) == (None, "all_null")


# --- what can't be compared ---


def test_a_group_with_too_few_rows_is_not_compared():
    d = data()
    sex = d["sex"].astype("U3")
    sex[:20] = "few"
    without = sex != "few"
    found = sd.fairness.accuracy_score_difference(d["t"], d["p"], sex)
    alone = sd.fairness.accuracy_score_difference(d["t"][without], d["p"][without], sex[without])
    assert (found.value, found.ci_low) == (alone.value, alone.ci_low)
    with_few = sd.fairness.accuracy_score_difference(d["t"], d["p"], sex, min_rows=20)
    expected = fairlearn.accuracy_score_difference(d["t"], d["p"], sensitive_features=sex)
    assert with_few.value == pytest.approx(expected, rel=1e-12)
    rates = sd.fairness.by_group(d["t"], d["p"], sex, min_rows=30)
    assert {rate.group for rate in rates if rate.status == "too_few_rows"} == {"few"}


@pytest.mark.parametrize(
    ("target", "prediction", "sensitive", "status"),
    [
        ([], [], [], "empty"),
        ([1, 0], [1, 0], ["a", "b"], "too_few_rows"),
        ([1] * 60, [0, 1] * 30, ["a"] * 60, "constant"),
        ([np.nan] * 60, [np.nan] * 60, ["a", "b"] * 30, "all_null"),
        ([1] * 60, [0] * 60, ["a", "b"] * 30, "degenerate"),
    ],
)
def test_why_there_is_no_value(target, prediction, sensitive, status):
    found = sd.fairness.demographic_parity_ratio(target, prediction, sensitive)
    assert (found.value, found.ci_low, found.ci_high) == (None, None, None)
    assert found.status == status


def test_a_group_without_positives_is_left_out_of_true_positive_rates():
    target = np.repeat([1, 1, 0], 100)
    prediction = np.concatenate([np.ones(80), np.zeros(20), np.ones(50), np.zeros(150)])
    sensitive = np.repeat(["a", "b", "none"], 100)
    found = sd.fairness.equal_opportunity_difference(target, prediction, sensitive)
    assert found.value == pytest.approx(0.3, rel=1e-12)
    rate = sd.fairness.by_group(target, prediction, sensitive, metrics=["true_positive_rate"])[2]
    assert (rate.group, rate.value, rate.status, rate.rows) == ("none", None, "degenerate", 100)
    two = sd.fairness.equal_opportunity_ratio(target[100:], prediction[100:], sensitive[100:])
    assert (two.value, two.status) == (None, "degenerate")


def test_missing_sensitive_values_are_a_group_of_their_own():
    d = data()
    sex = np.where(np.arange(ROWS) % 10 == 0, None, d["sex"].astype(object))
    rates = sd.fairness.by_group(d["t"], d["p"], sex)
    assert [rate.group for rate in rates] == ["a", "b", "c", MISSING]
    own = d["p"][np.arange(ROWS) % 10 == 0]
    assert rates[3].value == pytest.approx(own.mean(), rel=1e-12)
    spelled = np.where(np.arange(ROWS) % 10 == 0, None, np.where(d["sex"] == "a", MISSING, "b"))
    names = [rate.group for rate in sd.fairness.by_group(d["t"], d["p"], spelled)]
    assert names == [f'"{MISSING}"', "b", MISSING]


def test_rows_without_a_label_are_left_out_and_counted():
    d = data()
    prediction = np.where(np.arange(ROWS) % 4 == 0, np.nan, d["p"])
    kept = ~np.isnan(prediction)
    found = sd.fairness.accuracy_score_difference(d["t"], prediction, d["sex"])
    alone = sd.fairness.accuracy_score_difference(d["t"][kept], d["p"][kept], d["sex"][kept])
    assert found == alone
    assert found.n == np.count_nonzero(kept)


def test_a_column_of_numbers_with_many_values_is_no_sensitive_column():
    d = data()
    found = sd.fairness.demographic_parity_ratio(d["t"], d["p"], np.arange(ROWS) + 0.5)
    assert (found.value, found.status) == (None, "not_applicable")
    assert "more than 200 values" in found.reason


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"method": "pairs"}, ValueError, "method: expected 'between_groups' or 'to_overall'"),
        ({"agg": "sum"}, ValueError, "agg: expected 'worst_case' or 'mean', found 'sum'"),
        ({"min_rows": 0}, ValueError, "min_rows: expected 1 row or more, found 0"),
        ({"min_rows": 1.5}, TypeError, "min_rows: expected a number of rows"),
        ({"sensitive": ["a"]}, ValueError, "expected 2 values in 'sensitive', as many as rows"),
        ({"sample_weight": [1.0, -1.0]}, ValueError, "sample_weight"),
    ],
)
def test_bad_arguments_are_refused_by_name(change, error, message):
    arguments = {"sensitive": ["a", "b"], **change}
    with pytest.raises(error, match=message):
        sd.fairness.equalized_odds_ratio([1, 0], [1, 0], **arguments)


# --- windows ---


def windows() -> tuple[Predictions, dict[str, ColumnGroups], np.ndarray, np.ndarray]:
    d = data(13)
    starts = np.array([0, 1000, 1500, 3000, 3990, 4000])
    stops = np.array([1000, 2500, 3000, 4000, 4000, 4000])
    groups = Groups(starts, stops)
    columns = {name: Column.from_numpy(d[side]) for name, side in (("t", "t"), ("p", "p"))}
    columns |= {name: Column.from_text(d[name].tolist()) for name in ("sex", "age")}
    of = {name: ColumnGroups(name, column, groups) for name, column in columns.items()}
    predictions = Predictions(target=of["t"], prediction=of["p"])
    return predictions, {"sex": of["sex"], "age": of["age"]}, starts, stops


@pytest.mark.parametrize("weighted", [False, True])
def test_windows_have_the_bits_that_they_have_alone(weighted):
    predictions, sensitive, starts, stops = windows()
    d = data(13)
    if weighted:
        predictions.weights = TableWeights(d["w"])
    options = Options(min_rows=20)
    rows = {
        (row.column, row.metric, row.params): row.outcomes
        for row in fairness_rows(predictions, sensitive, options=options)
    }
    for at, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        own = slice(start, stop)
        alone = sd.fairness.equalized_odds_difference(
            d["t"][own],
            d["p"][own],
            d["sex"][own],
            min_rows=20,
            sample_weight=d["w"][own] if weighted else None,
        )
        found = rows["sex", "fairness.equalized_odds_difference", ""].at(at)
        if weighted and alone.value is not None:
            assert found.value == pytest.approx(alone.value, rel=1e-12)
        else:
            assert (found.value, found.ci_low, found.ci_high) == (
                alone.value,
                alone.ci_low,
                alone.ci_high,
            )
        assert (found.status, found.n_current) == (alone.status, alone.n)
    last = rows["sex", "fairness.selection_rate", "group=a"]
    assert last.at(4).status == "too_few_rows"
    assert last.at(5).status == "empty"


def test_rows_are_of_each_column_and_intersection_with_alerts():
    predictions, sensitive, *_ = windows()
    rows = fairness_rows(predictions, sensitive, intersections=[("sex", "age")])
    of_pair = [row for row in rows if row.column == ("sex", "age")]
    assert {row.params for row in of_pair if row.metric == "fairness.precision"} == {
        f"group=sex={s} & age={a}" for s in "abc" for a in ("old", "young")
    }
    by_name = {(row.column, row.metric): row for row in rows if not row.params}
    parity = by_name["sex", "fairness.demographic_parity_difference"]
    assert parity.threshold == 0.1
    assert parity.alert is not None
    value, low = parity.outcomes.value, parity.outcomes.ci_low
    beyond = (value[:4] > 0.1) & (low[:4] > 0.0)
    assert parity.alert[:4].tolist() == beyond.tolist()
    assert sorted(set(parity.alert.tolist())) == [-1, 0, 1]
    assert parity.alert[5] == -1
    assert by_name["sex", "fairness.demographic_parity_ratio"].threshold == 0.8
    assert not any(row.metric.startswith("fairness.mae") for row in rows)
    assert parity.at(0).column == "sex"


def test_rows_of_numbers_are_of_errors_and_of_an_unknown_name_refused():
    rng = np.random.default_rng(1)
    predictions = arrays(target=rng.normal(size=300), prediction=rng.normal(size=300))
    column = Column.from_text(["a", "b"] * 150)
    sensitive = {"sex": ColumnGroups("sex", column, Groups.whole())}
    names = {row.metric for row in fairness_rows(predictions, sensitive)}
    assert names == {"fairness.mae", "fairness.mae_difference", "fairness.mae_ratio"}
    with pytest.raises(ValueError, match="fairness metric: found 'psi'"):
        fairness_rows(predictions, sensitive, ["psi"])
    assert len(fairness_metrics()) == 23
    (lost,) = fairness_rows(predictions, sensitive, ["demographic_parity_ratio"])
    assert lost.at(0).status == "not_applicable"


# --- intervals ---

REPLICATIONS = 2000
RATES = [(0.3, 0.3), (0.3, 0.5), (0.05, 0.1), (0.9, 0.6), (0.3, 0.3, 0.3, 0.3), (0.2, 0.3, 0.5)]


@pytest.mark.parametrize("rates", RATES)
@pytest.mark.parametrize("size", [60, 400])
def test_intervals_of_rates_hold_as_often_as_they_say(rates, size):
    rng = np.random.default_rng(2024)
    p, n = np.array(rates), size * np.arange(1, len(rates) + 1)
    hits = rng.binomial(n, p, (REPLICATIONS, len(p))).astype(float)
    total = np.broadcast_to(n.astype(float), hits.shape)
    overall = (p * n).sum() / n.sum()
    true = {
        (between.difference, "between_groups"): p.max() - p.min(),
        (between.difference, "to_overall"): np.abs(p - overall).max(),
        (between.ratio, "between_groups"): p.min() / p.max(),
        (between.ratio, "to_overall"): np.minimum(p / overall, overall / p).min(),
    }
    shares, known = Shares(hits, total, total), np.ones(hits.shape, bool)
    for (compare, method), expected in true.items():
        value, low, high = compare(shares, known, method)
        holds = (low <= expected + 1e-12) & (expected - 1e-12 <= high)
        covered = holds[~np.isnan(value)].mean()
        assert covered > 0.935, (compare.__name__, method, covered)
        if len(p) == 2 and min(p) > 0.2:
            assert covered < 0.98, (compare.__name__, method, covered)


def test_intervals_of_mean_errors_hold_as_often_as_they_say():
    rng = np.random.default_rng(5)
    n, scales = 100, np.array([1.0, 1.5, 2.0])
    x = np.abs(rng.normal(size=(REPLICATIONS, 3, n))) * scales[:, np.newaxis]
    rows = np.full((REPLICATIONS, 3), float(n))
    means = Means.unweighted(rows, x.sum(axis=2), (x * x).sum(axis=2))
    known, unit = np.ones(rows.shape, bool), np.sqrt(2.0 / np.pi)
    for compare, expected in ((between.difference, unit), (between.ratio, 0.5)):
        _, low, high = compare(means, known, "between_groups")
        assert np.mean((low <= expected) & (expected <= high)) > 0.94


def test_a_group_without_an_interval_leaves_none_to_the_whole():
    error = np.arange(101.0)
    sex = np.array(["one"] + ["a", "b"] * 50)
    found = sd.fairness.mae_difference(np.zeros(101), error, sex, min_rows=1)
    assert (found.status, found.value, found.ci_low, found.ci_high) == ("ok", 51.0, None, None)


def test_the_mean_of_two_spreads_has_the_interval_of_independent_ones():
    one, other = (
        between.Spread(*(np.array([x]) for x in own)) for own in ((0.2, 0.1, 0.4), (0.4, 0.2, 0.5))
    )
    mean = between.mean_of([one, other])
    assert mean.value[0] == pytest.approx(0.3)
    assert mean.low[0] == pytest.approx(0.3 - 0.5 * np.hypot(0.1, 0.2))
    assert mean.high[0] == pytest.approx(0.3 + 0.5 * np.hypot(0.2, 0.1))


@pytest.mark.parametrize(("no", "yes"), [("no", "yes"), (0, 1), (1, 2), (-1, 1), (False, True)])
def test_a_score_decides_in_the_labels_of_the_target(no, yes):
    """The same rows, whatever their labels are called: the rows are made so that the groups are
    treated as differently as can be."""
    rng = np.random.default_rng(0)
    sex = rng.choice(["F", "M"], 2000)
    p = np.where(sex == "M", 0.8, 0.2)
    came = rng.random(2000) < p
    y = np.where(came, yes, no)
    roles = {"target": "y", "score": "p", "positive": yes, "sensitive": ["sex"]}
    frame = {"y": y.astype(object) if isinstance(yes, str) else y, "p": p, "sex": sex}
    rows = {row.metric: row for row in sd.evaluate(frame, roles).results if not row.params}
    assert rows["fairness.demographic_parity_difference"].value == 1.0
    assert rows["fairness.demographic_parity_difference"].alert
    worst = sd.worst_segments(frame, roles, metric="accuracy", columns=["sex"])
    assert worst.value == pytest.approx(np.mean((p >= 0.5) == came))


def test_groups_drawn_at_random_do_not_alert():
    """Alerts hold together over metrics: each at 95 % let 12 of 60 such frames alert."""
    rng = np.random.default_rng(3)
    roles = {"target": "y", "score": "p", "positive": 1, "sensitive": ["s"]}
    alerts = 0
    for _ in range(20):
        y = rng.integers(0, 2, 1000)
        p = np.clip(rng.normal(0.4 + 0.2 * y, 0.2), 0.01, 0.99)
        frame = {"y": y, "p": p, "s": rng.choice(["a", "b"], 1000)}
        found = sd.evaluate(frame, roles, metrics=["accuracy"]).results
        alerts += any(row.alert for row in found if row.metric.startswith("fairness."))
    assert alerts <= 2
