"""Scores of a regression: definitions in NumPy, scikit-learn with weights, intervals, statuses."""

import math

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics as sk

from simdrift.columns import as_column
from simdrift.metrics import performance
from simdrift.metrics.columns import CurrentColumn
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.performance.predictions import Predictions
from simdrift.metrics.performance.scoring import performance_rows, score_function
from simdrift.metrics.performance.target_pair import TargetPair
from simdrift.metrics.weights import TableWeights


@pytest.fixture
def pair():
    rng = np.random.default_rng(5)
    target = rng.normal(100, 20, 4000)
    return target, target + rng.normal(1, 5, 4000)


def test_metrics_match_their_definitions_in_numpy(pair):
    y, p = pair
    e = p - y
    for name, expected in {
        "mean_error": e.mean(),
        "mae": np.abs(e).mean(),
        "mse": (e**2).mean(),
        "rmse": math.sqrt((e**2).mean()),
        "max_error": np.abs(e).max(),
        "r2": 1 - (e**2).sum() / ((y - y.mean()) ** 2).sum(),
    }.items():
        found = getattr(performance, name)(y, p)
        assert found.metric == f"performance.{name}"
        assert found.value == pytest.approx(expected, rel=1e-12), name
        assert found.n == 4000


@pytest.mark.parametrize("rows", [2, 3, 10, 4000])
def test_intervals_are_those_of_a_mean_and_of_its_logarithm(pair, rows):
    y, p = (side[:rows] for side in pair)
    quantile, error = scipy.stats.t.ppf(0.975, rows - 1), p - y
    reach = quantile * scipy.stats.sem(error)
    found = performance.mean_error(y, p)
    assert (found.ci_low, found.ci_high) == pytest.approx(
        (error.mean() - reach, error.mean() + reach), rel=1e-9
    )
    size = np.abs(error)
    factor = math.exp(quantile * scipy.stats.sem(size) / size.mean())
    found = performance.mae(y, p)
    assert (found.ci_low, found.ci_high) == pytest.approx(
        (size.mean() / factor, size.mean() * factor), rel=1e-9
    )


def test_an_interval_of_an_amount_holds_it_as_often_as_it_says_and_is_not_below_zero():
    assert performance.mae([1.0, 2.0, 3.0], [2.0, 2.0, 5.0]).ci_low > 0.0
    rng = np.random.default_rng(31)
    for rows in (3, 10):
        errors = rng.normal(size=(400, rows))
        found = [performance.mae(np.zeros(rows), e) for e in errors]
        held = sum(f.ci_low <= math.sqrt(2.0 / math.pi) <= f.ci_high for f in found)
        assert 364 <= held <= 394  # 380, and three standard deviations
    assert performance.mae([1.0], [3.0]).ci_low is None
    none = performance.mae([1.0, 2.0], [1.0, 2.0])
    assert (none.ci_low, none.value, none.ci_high) == (0.0, 0.0, 0.0)


def test_a_perfect_prediction_has_no_error_and_r2_one():
    y = [1.0, 2.0, 4.0]
    assert performance.mae(y, y).value == 0.0
    assert performance.rmse(y, y).value == 0.0
    assert performance.r2(y, y).value == 1.0


def test_rows_that_are_not_finite_on_both_sides_take_no_part():
    y = [1.0, math.nan, 3.0, math.inf, 5.0]
    p = [2.0, 2.0, None, 4.0, 5.0]
    found = performance.mae(y, p)
    assert (found.value, found.n) == (0.5, 2)


def test_integers_and_booleans_are_numbers():
    assert performance.mae(np.array([1, 2], np.int8), np.array([True, False])).value == 1.0


@pytest.mark.parametrize(
    ("name", "y", "p", "status"),
    [
        ("mae", np.zeros(0), np.zeros(0), "empty"),
        ("mae", [math.nan], [1.0], "all_null"),
        ("r2", [1.0], [1.0], "too_few_rows"),
        ("r2", [2.0, 2.0], [1.0, 3.0], "constant"),
        ("rmse", [1e200, -1e200], [-1e200, 1e200], "overflow"),
        ("mae", ["a"], [1.0], "not_applicable"),
    ],
)
def test_a_metric_that_does_not_exist_says_why(name, y, p, status):
    found = getattr(performance, name)(y, p)
    assert (found.value, found.ci_low, found.status) == (None, None, status)


def test_unequal_lengths_are_refused_with_both():
    with pytest.raises(ValueError, match="expected equal lengths, found 3 and 2"):
        performance.mae([1.0, 2.0, 3.0], [1.0, 2.0])


def _groups(side):
    return ColumnGroups.of(CurrentColumn("x", as_column(side, name="x")))


def test_rows_of_a_window_come_in_the_order_named(pair):
    y, p = (_groups(side) for side in pair)
    found = [row.at(0) for row in performance_rows(Predictions(y, p), ["rmse", "performance.mae"])]
    assert [row.metric for row in found] == ["performance.rmse", "performance.mae"]
    assert {(row.column, row.n_current, row.n_reference) for row in found} == {("", 4000, None)}


def test_an_unknown_metric_is_told_what_exists(pair):
    y, p = (_groups(side) for side in pair)
    with pytest.raises(ValueError, match="found 'rsme', expected one of rmse"):
        performance_rows(Predictions(y, p), ["rsme"])


# --- scikit-learn --------------------------------------------------------------------------

PEERS = {
    "mae": sk.mean_absolute_error,
    "rmse": sk.root_mean_squared_error,
    "mse": sk.mean_squared_error,
    "medae": sk.median_absolute_error,
    "mape": sk.mean_absolute_percentage_error,
    "rmsle": sk.root_mean_squared_log_error,
    "pinball": sk.mean_pinball_loss,
    "r2": sk.r2_score,
    "explained_variance": sk.explained_variance_score,
}


def _weights(kind, rows):
    rng = np.random.default_rng(3)
    if kind == "none":
        return None
    weights = rng.integers(0, 4, rows).astype(float)
    if kind == "huge":
        weights[: rows // 2] *= 1e18
    return weights


@pytest.mark.parametrize("kind", ["none", "counts", "huge"])
@pytest.mark.parametrize("rows", [2, 7, 4096, 20_000])
def test_scores_are_those_of_scikit_learn(rows, kind):
    rng = np.random.default_rng(rows)
    y = rng.gamma(2.0, 3.0, rows) + 0.1
    p = np.abs(y + rng.normal(0.4, 1.0, rows))
    w = _weights(kind, rows)
    if w is not None and np.count_nonzero(w) < 2:
        w[:2] = 1.0
    for name, peer in PEERS.items():
        found = getattr(performance, name)(y, p, sample_weight=w)
        expected = peer(y, p, sample_weight=w)
        assert found.value == pytest.approx(expected, rel=1e-11), name
        assert found.n == (rows if w is None else np.count_nonzero(w))
    for alpha in (0.05, 0.9):
        found = performance.pinball(y, p, alpha=alpha, sample_weight=w).value
        assert found == pytest.approx(sk.mean_pinball_loss(y, p, alpha=alpha, sample_weight=w))


def test_smape_by_hand():
    y, p = [1.0, 0.0, -2.0, 0.0], [3.0, 0.0, 2.0, 5.0]
    assert performance.smape(y, p).value == pytest.approx((1.0 + 0.0 + 2.0 + 2.0) / 4)
    weighted = performance.smape(y, p, sample_weight=[1, 2, 0, 1]).value
    assert weighted == pytest.approx((1.0 + 0.0 + 2.0) / 4)


def test_a_target_of_zero_takes_no_part_in_mape():
    found = performance.mape([2.0, 0.0, -4.0], [1.0, 9.0, -3.0])
    assert (found.value, found.n) == (0.375, 2)
    none = performance.mape([0.0, 0.0], [1.0, 0.0])
    assert (none.value, none.status, none.reason) == (None, "degenerate", "every target is 0")


@pytest.mark.parametrize(("y", "p"), [([-1.0, 2.0], [1.0, 2.0]), ([1.0, 2.0], [-7.0, 2.0])])
def test_rmsle_needs_values_above_minus_one(y, p):
    found = performance.rmsle(y, p)
    assert (found.value, found.status) == (None, "not_applicable")
    assert "no logarithm" in found.reason
    assert performance.rmsle([-0.5, 2.0], [-0.5, 2.0]).value == 0.0


@pytest.mark.parametrize("ratio", [1.0 + 1e-15, 1.0 + 1e-9, 1.001, 2.0**0.5, 3.0, 1e200, 1e-300])
def test_rmsle_keeps_small_and_large_ratios(ratio):
    y = 0.75
    p = (1.0 + y) * ratio - 1.0 if ratio > 1e-9 else -1.0 + 2.0**-53
    expected = abs(math.log1p(p) - math.log1p(y))
    found = performance.rmsle([y], [p]).value
    assert found == pytest.approx(expected, rel=1e-12, abs=3e-16)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.5, 2])
def test_pinball_needs_a_quantile_between_0_and_1(alpha):
    with pytest.raises(ValueError, match="alpha: expected a number"):
        performance.pinball([1.0], [1.0], alpha=alpha)


def test_integers_beyond_float64_keep_their_errors():
    y = np.array([2**60, 2**60 + 1, 2**60 + 3])
    p = y + np.array([1, -2, 5])
    assert performance.medae(y, p).value == 2.0
    weighted = performance.mae(y, p, sample_weight=[1.0, 2.0, 0.0]).value
    assert weighted == pytest.approx(5.0 / 3.0)
    assert performance.explained_variance(y, y + 7).value == 1.0


# --- weights -------------------------------------------------------------------------------


def test_whole_weights_count_rows():
    rng = np.random.default_rng(9)
    y, p = rng.normal(5, 1, (2, 300))
    counts = rng.integers(0, 4, 300)
    for name in [*PEERS, "smape", "mean_error", "max_error"]:
        weighted = getattr(performance, name)(y, p, sample_weight=counts).value
        repeated = getattr(performance, name)(np.repeat(y, counts), np.repeat(p, counts)).value
        assert weighted == pytest.approx(repeated, rel=1e-12), name


@pytest.mark.parametrize("weight", [1.0, 1e18, 1e-300, 1e300])
def test_equal_weights_are_none(pair, weight):
    y, p = pair
    for name in [*PEERS, "mean_error", "max_error", "smape"]:
        score = getattr(performance, name)
        assert score(y, p, sample_weight=np.full(len(y), weight)) == score(y, p)


def test_a_weighted_interval_has_kishs_size(pair):
    y, p = (side[:200] for side in pair)
    w = np.random.default_rng(2).exponential(size=200)
    size, error = w.sum() ** 2 / (w * w).sum(), p - y
    mean = np.average(error, weights=w)
    variance = np.average((error - mean) ** 2, weights=w) * size / (size - 1)
    reach = scipy.stats.t.ppf(0.975, size - 1) * math.sqrt(variance / size)
    found = performance.mean_error(y, p, sample_weight=w)
    assert (found.ci_low, found.ci_high) == pytest.approx((mean - reach, mean + reach), rel=1e-9)


def test_rows_of_weight_zero_are_not_there():
    found = performance.max_error([1.0, 2.0], [1.5, 90.0], sample_weight=[2.0, 0.0])
    assert (found.value, found.n) == (0.5, 1)
    none = performance.mae([1.0, 2.0], [1.5, 90.0], sample_weight=[0.0, 0.0])
    assert (none.value, none.status) == (None, "all_null")


# --- certainty -----------------------------------------------------------------------------


def _held(name, truth, rows, target, **options):
    """Of 1,000 samples: how many intervals hold the truth, and the mean standard error over the
    spread of the values."""
    rng = np.random.default_rng(77)
    starts = np.arange(0, 1000 * rows, rows, dtype=np.int64)
    groups = Groups(starts, starts + rows)
    error = rng.normal(size=1000 * rows)
    y = np.full(1000 * rows, target)
    columns = (ColumnGroups("x", as_column(side, name="x"), groups) for side in (y, y + error))
    score = score_function(name)(TargetPair(*columns), **options)
    low, high = score.ends
    held = int(np.count_nonzero((low <= truth) & (truth <= high)))
    return held, float(score.error.mean() / score.value.std())


MEAN = math.sqrt(2.0 / math.pi)


@pytest.mark.parametrize(
    ("name", "truth", "rows", "options"),
    [
        ("mae", MEAN, 20, {}),
        ("rmse", 1.0, 100, {}),
        ("mse", 1.0, 100, {}),
        ("mape", MEAN / 4.0, 20, {}),
        ("pinball", MEAN / 2.0, 50, {"alpha": 0.8}),
        ("medae", 0.6744897501960817, 40, {}),
        ("mean_error", 0.0, 20, {}),
    ],
)
def test_intervals_hold_the_truth_as_often_as_they_say(name, truth, rows, options):
    held, spread = _held(name, truth, rows, 4.0, **options)
    assert 925 <= held <= 971  # 950, and three standard deviations
    assert 0.9 < spread < 1.1


def test_means_of_squares_have_no_interval_below_fifty_rows(pair):
    y, p = (side[:49] for side in pair)
    for name in ("rmse", "mse"):
        assert getattr(performance, name)(y, p).ci_low is None
        assert getattr(performance, name)(*(side[:50] for side in pair)).ci_low > 0.0


def test_an_interval_of_a_median_is_of_ranks():
    sizes = np.arange(1.0, 31.0)
    found = performance.medae(np.zeros(30), sizes)
    assert (found.ci_low, found.value, found.ci_high) == (10.0, 15.5, 21.0)
    assert scipy.stats.binom.cdf(9, 30, 0.5) < 0.025 < scipy.stats.binom.cdf(10, 30, 0.5)
    assert performance.medae(np.zeros(5), sizes[:5]).ci_low is None


@pytest.mark.parametrize("weighted", [False, True])
def test_groups_have_the_bits_that_they_have_alone(pair, weighted):
    y, p = pair
    w = np.random.default_rng(1).integers(0, 3, 4000).astype(float) if weighted else None
    starts = np.array([0, 500, 3999, 100], np.int64)
    stops = np.array([4000, 1700, 4000, 100], np.int64)
    columns = [ColumnGroups("x", as_column(side, name="x"), Groups(starts, stops)) for side in pair]
    weights = None if w is None else TableWeights(w)
    for row in performance_rows(Predictions(*columns, weights=weights), [*PEERS, "smape"]):
        score = getattr(performance, row.metric.removeprefix("performance."))
        for place, (start, stop) in enumerate(zip(starts, stops, strict=True)):
            own = slice(start, stop)
            alone = score(y[own], p[own], sample_weight=None if w is None else w[own])
            found = row.outcomes.at(place)
            assert (found.value, found.status) == (alone.value, alone.status)
            assert (found.ci_low, found.ci_high) == (alone.ci_low, alone.ci_high)
