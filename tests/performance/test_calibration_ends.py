"""Intervals of calibration errors and of explained variance: what they hold, and how often a change
that is none looks like one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import simdrift as sd
from simdrift.columns import as_column
from simdrift.metrics.decide import Decided
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.performance.changes import change
from simdrift.metrics.performance.predictions import Predictions
from simdrift.metrics.performance.scoring import performance_rows

Array = NDArray[np.float64]


def rows_of(names: list[str], groups: int, target: Array, other: Array, role: str) -> list[Decided]:
    """The rows of so many groups of equal size."""
    stops = np.linspace(0, len(target), groups + 1).astype(np.int64)
    own = Groups(stops[:-1], stops[1:])
    y, x = (ColumnGroups("c", as_column(a, name="c"), own) for a in (target, other))
    made = Predictions(y, scores={"": x}) if role == "score" else Predictions(y, x)
    return performance_rows(made, names)


def calibrated(rng: np.random.Generator, rows: int, off: float) -> tuple[Array, Array]:
    """Targets of probabilities that are too bold by this share of their distance from 1/2."""
    p = rng.random(rows)
    return (rng.random(rows) < p - off * (p - 0.5)).astype(float), p


@pytest.mark.parametrize("off", [0.0, 0.3])
def test_calibration_errors_lie_in_their_intervals_and_rarely_change(off: float) -> None:
    rng, groups, names = np.random.default_rng(3), 400, ["ece", "mce"]
    now = rows_of(names, groups, *calibrated(rng, 500 * groups, off), "score")
    before = rows_of(names, groups, *calibrated(rng, 2000 * groups, off), "score")
    # of 15 bins of uniform probabilities: |p - 1/2| at the middles of the bins, times `off`
    middles = np.abs((np.arange(15) + 0.5) / 15 - 0.5)
    for row, old, true in zip(now, before, off * np.array([middles.mean(), 7 / 15]), strict=True):
        low, high = row.outcomes.ci_low, row.outcomes.ci_high
        assert low is not None
        assert high is not None
        assert np.mean((low <= true) & (true <= high)) >= 0.92
        assert np.mean(change(row.outcomes, old.outcomes).p_value <= 0.05) <= 0.06


def test_a_calibration_that_is_lost_is_seen_beside_the_noise_of_a_small_window() -> None:
    rng = np.random.default_rng(4)
    (before,) = rows_of(["ece"], 1, *calibrated(rng, 50_000, 0.0), "score")
    (same,) = rows_of(["ece"], 1, *calibrated(rng, 500, 0.0), "score")
    (lost,) = rows_of(["ece"], 1, *calibrated(rng, 500, 0.6), "score")
    assert same.outcomes.value[0] > 4 * before.outcomes.value[0]
    assert change(same.outcomes, before.outcomes).p_value[0] > 0.05
    assert change(lost.outcomes, before.outcomes).p_value[0] < 0.001


def test_one_row_leaves_a_calibration_open() -> None:
    found = sd.performance.mce([1], [1.0])
    assert (found.value, found.ci_low) == (0.0, 0.0)
    assert found.ci_high == pytest.approx(1.959964 * 0.25**0.5 * 3**0.5 / 2, rel=1e-6)


@pytest.mark.parametrize("name", ["r2", "explained_variance"])
def test_explained_variance_lies_in_its_interval_and_rarely_changes(name: str) -> None:
    rng, groups = np.random.default_rng(5), 1000

    def drawn(rows: int) -> tuple[Array, Array]:
        y = rng.normal(size=rows)
        return y, y + 0.5 * rng.normal(size=rows)

    (now,) = rows_of([name], groups, *drawn(100 * groups), "prediction")
    (before,) = rows_of([name], groups, *drawn(300 * groups), "prediction")
    low, high = now.outcomes.ci_low, now.outcomes.ci_high
    assert low is not None
    assert high is not None
    assert 0.92 <= np.mean((low <= 0.75) & (high >= 0.75)) <= 0.98
    assert 0.01 <= np.mean(change(now.outcomes, before.outcomes).p_value <= 0.05) <= 0.06


@pytest.mark.parametrize("name", ["r2", "explained_variance"])
def test_the_error_of_explained_variance_is_that_of_a_bootstrap(name: str) -> None:
    rng = np.random.default_rng(6)
    y, w = rng.gamma(2.0, 1.0, 400), rng.integers(0, 3, 400).astype(float)
    p = y + rng.normal(0.2, 0.5, 400)
    for weights in (None, w):
        found = getattr(sd.performance, name)(y, p, sample_weight=weights)
        own = np.ones(400) if weights is None else weights
        drawn = own * rng.poisson(1.0, (4000, 400))

        def spread(x: Array, drawn: Array = drawn) -> Array:
            total = drawn.sum(axis=1)
            return drawn @ (x * x) / total - (drawn @ x / total) ** 2

        error = spread(p - y)
        if name == "r2":
            error = drawn @ (p - y) ** 2 / drawn.sum(axis=1)
        resampled = np.log(error / spread(y)).std()
        half = np.log((1.0 - found.ci_low) / (1.0 - found.ci_high)) / 2
        assert half / 1.97 == pytest.approx(resampled, rel=0.07)


@pytest.mark.parametrize(
    ("names", "role"), [(["ece", "mce"], "score"), (["r2", "explained_variance"], "prediction")]
)
def test_a_group_has_the_interval_that_it_has_alone(names: list[str], role: str) -> None:
    target, p = calibrated(np.random.default_rng(7), 700, 0.2)
    many = rows_of(names, 7, target, p, role)
    alone = rows_of(names, 1, target[300:400], p[300:400], role)
    for row, own in zip(many, alone, strict=True):
        assert row.outcomes.alone(3) == own.outcomes.alone(0)
