"""A change of performance against a reference: its p-value, and when it alerts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import simdrift as sd
from simdrift.metrics.decide import Decided
from simdrift.metrics.outcomes import Outcomes
from simdrift.metrics.performance.changes import change, changed

MAE, R2, MEAN_ERROR = "performance.mae", "performance.r2", "performance.mean_error"


def outcomes(value: object, error: object, n: object) -> Outcomes:
    value, error, n = (np.atleast_1d(np.asarray(one, float)) for one in (value, error, n))
    return Outcomes(
        value, np.zeros(len(value), np.uint8), n_current=n.astype(np.int64), standard_error=error
    )


def of_rows(losses: np.ndarray) -> Outcomes:
    return outcomes(losses.mean(), losses.std(ddof=1) / np.sqrt(len(losses)), len(losses))


def test_a_mean_loss_changes_as_welch_s_test_says() -> None:
    rng = np.random.default_rng(0)
    before, now = rng.gamma(2.0, 1.0, 40), rng.gamma(2.0, 1.3, 25)
    found = change(of_rows(now), of_rows(before))
    expected = stats.ttest_ind(now, before, equal_var=False)
    assert found.p_value[0] == pytest.approx(expected.pvalue, rel=1e-12)
    assert found.effect_size[0] == now.mean() - before.mean()


def test_windows_are_each_compared_with_the_one_reference() -> None:
    now = outcomes([2.0, 2.5, np.nan], [0.1, 0.1, np.nan], [100, 100, 0])
    found = change(now, outcomes(2.0, 0.05, 1000))
    alone = change(outcomes(2.5, 0.1, 100), outcomes(2.0, 0.05, 1000))
    assert found.p_value[0] == 1.0
    assert found.p_value[1] == alone.p_value[0]
    assert np.isnan(found.p_value[2])
    assert np.isnan(found.effect_size[2])


def test_without_a_standard_error_there_is_a_difference_and_no_test() -> None:
    now = Outcomes(np.array([3.0]), np.zeros(1, np.uint8))
    found = change(now, outcomes(2.0, 0.1, 10))
    assert found.effect_size[0] == 1.0
    assert np.isnan(found.p_value[0])


def test_values_without_error_bars_are_equal_or_not_judged() -> None:
    same = change(outcomes(1.0, 0.0, 10), outcomes(1.0, 0.0, 10))
    other = change(outcomes(0.5, 0.0, 10), outcomes(1.0, 0.0, 10))
    assert same.p_value[0] == 1.0
    assert np.isnan(other.p_value[0])


def judged(metric: str, now: Outcomes, before: Outcomes) -> Decided:
    [[row]] = changed([[Decided(None, metric, "", now)]], [[Decided(None, metric, "", before)]])
    return row


@pytest.mark.parametrize(
    ("metric", "before", "now", "error", "alert"),
    [
        (MAE, 2.0, 2.2, 0.01, 1),  # worse by a tenth, far beyond chance
        (MAE, 2.0, 1.0, 0.01, 0),  # better
        (MAE, 2.0, 2.05, 0.001, 0),  # beyond chance, and less than 5 %
        (MAE, 2.0, 2.2, 0.2, 0),  # not beyond chance
        (R2, 0.8, 0.7, 0.01, 1),  # higher is better
        (R2, 0.7, 0.8, 0.01, 0),
        (R2, -0.5, -0.8, 0.01, 1),
        (MEAN_ERROR, 0.1, 5.0, 0.01, 1),  # away from 0
        (MEAN_ERROR, -0.5, -0.1, 0.01, 0),
        (MEAN_ERROR, 0.1, -0.11, 0.01, 0),  # less than a tenth of a deviation farther
    ],
)
def test_a_change_alerts_where_it_is_worse_beyond_chance_and_large(
    metric: str, before: float, now: float, error: float, alert: int
) -> None:
    row = judged(metric, outcomes(now, error, 500), outcomes(before, error, 500))
    assert (-1 if row.alert is None else row.alert[0]) == alert
    assert row.outcomes.effect_size is not None
    assert row.outcomes.effect_size[0] == now - before
    assert row.outcomes.n_reference == np.array([500])


def test_q_values_are_of_all_scores_of_a_window() -> None:
    """Two scores with p and 1: Benjamini-Hochberg doubles the smaller one."""
    before, now = outcomes(2.0, 0.1, 500), outcomes(2.4, 0.1, 500)
    rows = [Decided(None, MAE, "", now), Decided(None, R2, "", outcomes(0.5, 0.1, 500))]
    old = [Decided(None, MAE, "", before), Decided(None, R2, "", outcomes(0.5, 0.1, 500))]
    [[first, second]] = changed([rows], [old])
    assert first.q_value is not None
    assert first.outcomes.p_value is not None
    assert first.q_value[0] == pytest.approx(2.0 * first.outcomes.p_value[0])
    assert second.q_value is not None
    assert second.q_value[0] == 1.0


def test_a_score_that_the_reference_lacks_stays_as_it_is() -> None:
    row = Decided(None, MAE, "", outcomes(2.0, 0.1, 10))
    assert changed([[row]], [[]]) == [[row]]


def test_no_change_alerts_in_five_percent_of_windows_at_most() -> None:
    """Accuracy of windows of 200 rows against 2,000, without any change: 0.9, and its interval
    from Wilson's."""
    rng = np.random.default_rng(1)

    def share(n: int, windows: int) -> Outcomes:
        hits = rng.binomial(n, 0.9, windows)
        p, z = hits / n, 1.959963984540054
        width = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        return outcomes(p, width / z, np.full(windows, n))

    found = change(share(200, 1000), share(2000, 1000))
    assert 0.025 < (found.p_value < 0.05).mean() < 0.075


def scored(rng: np.random.Generator, rows: int, share: float) -> dict[str, np.ndarray]:
    """A calibrated classifier of a label of this share."""
    y = rng.random(rows) < share
    z = rng.normal(size=rows) + 1.5 * y
    p = 1 / (1 + np.exp(-(1.5 * z - 1.125 + np.log(share / (1 - share)))))
    return {"y": y.astype(int), "p": p}


@pytest.mark.parametrize(("share", "rows"), [(0.02, 100), (0.13, 30)])
def test_few_positives_are_no_change(share: float, rows: int) -> None:
    """The intervals of such shares are wide on one side: p-values that did not know it let 14 and
    22 of 100 such windows alert."""
    rng = np.random.default_rng(0)
    before, roles = scored(rng, 4000, share), {"target": "y", "score": "p", "positive": 1}
    alerts = sum(
        any(row.alert for row in sd.evaluate(now, roles, before, metrics="auto").results)
        for now in (scored(rng, rows, share) for _ in range(25))
    )
    assert alerts <= 3


def test_where_all_targets_are_equal_no_constant_is_better() -> None:
    now = {"y": np.zeros(50, int), "p": np.full(50, 0.01)}
    report = sd.evaluate(now, {"target": "y", "score": "p", "positive": 1})
    assert not any(row.alert for row in report.results)


def test_a_largest_error_changes_as_exchangeable_rows_say() -> None:
    rng, largest = np.random.default_rng(8), "performance.max_error"
    errors = np.abs(rng.normal(size=(2000, 410)))

    def row(part: np.ndarray) -> Decided:
        value = part.max(axis=1)
        return Decided(None, largest, "", outcomes(value, np.nan, np.full(2000, part.shape[1])))

    ((found,),) = changed([[row(errors[:, :10])]], [[row(errors[:, 10:])]])
    p = found.outcomes.p_value
    assert sorted(set(p.tolist())) == [20 / 410, 1.0]
    # the largest of 410 rows is among 10 of them in 1 of 41 draws: 49 of 2,000
    assert 30 <= np.sum(p < 0.05) <= 70
