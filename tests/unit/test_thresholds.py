"""When a metric alerts: thresholds, overrides, chance."""

import numpy as np
import pytest

from simdrift.metrics.checks import checked_share
from simdrift.metrics.registry import method
from simdrift.metrics.thresholds import (
    alerts_of,
    checked_overrides,
    threshold_of,
)


def alerts(spec, value, threshold, q_value, alpha, null_quantile=None):
    """`alerts_of` one window, None for -1."""
    value, q_value, null_quantile = (
        None if number is None else np.array([number], float)
        for number in (value, q_value, null_quantile)
    )
    value = np.array([np.nan]) if value is None else value
    found = alerts_of(spec, value, threshold, q_value, alpha, null_quantile)
    return {1: True, 0: False, -1: None}[found.item()]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ks", 0.01),
        ("chi_square", 0.01),
        ("psi", 0.2),
        ("jensen_shannon", 0.1),
        ("wasserstein_normed", 0.1),
        ("wasserstein", None),
        ("missing_share", None),  # that of Cohen's h
    ],
)
def test_defaults_are_alpha_for_tests_and_practical_thresholds_for_distances(name, expected):
    assert threshold_of(method(name), "x", {}, 0.01) == expected


def test_a_column_s_own_threshold_goes_before_the_method_s():
    overrides = checked_overrides({"drift.psi": 0.3, ("fare", "psi"): 0.4})
    assert threshold_of(method("psi"), "fare", overrides, 0.05) == 0.4
    assert threshold_of(method("psi"), "tip", overrides, 0.05) == 0.3


def test_the_table_s_threshold_is_named_like_a_method_s():
    assert checked_overrides({"drift.dataset": 0.3}) == {"dataset": 0.3}


@pytest.mark.parametrize(
    ("value", "q_value", "expected"),
    [
        (0.3, 0.01, True),
        (0.3, 0.05, True),
        (0.3, 0.06, False),
        (0.2, 0.01, False),
        (-0.3, 0.01, True),
        (0.3, None, True),
        (None, 0.01, None),
    ],
)
def test_a_distance_alerts_beyond_its_threshold_and_beyond_chance(value, q_value, expected):
    assert alerts(method("psi"), value, 0.2, q_value, 0.05) is expected


@pytest.mark.parametrize(
    ("q_value", "expected"), [(0.049, True), (0.05, True), (0.051, False), (None, None)]
)
def test_a_test_alerts_where_q_is_at_most_alpha_however_large_its_value(q_value, expected):
    assert alerts(method("ks"), 0.9, 0.05, q_value, 0.05) is expected


def test_no_threshold_no_alert():
    assert alerts(method("wasserstein"), 5.0, None, 0.0, 0.05) is None


@pytest.mark.parametrize(
    ("overrides", "error", "message"),
    [
        ({"psy": 0.1}, ValueError, "found 'psy', expected one of psi"),
        ({"psi": "high"}, TypeError, r"thresholds\['psi'\]: expected a number, found 'high'"),
        ({"psi": True}, TypeError, "found True"),
        ({"psi": -0.1}, ValueError, "expected a number >= 0, found -0.1"),
        ({"psi": float("nan")}, ValueError, "found nan"),
    ],
)
def test_thresholds_that_make_no_sense_are_refused(overrides, error, message):
    with pytest.raises(error, match=message):
        checked_overrides(overrides)


def test_a_share_outside_zero_to_one_is_refused():
    with pytest.raises(ValueError, match=r"alpha: expected a number from 0 to 1, found 1\.5"):
        checked_share("alpha", 1.5)
    with pytest.raises(TypeError, match="alpha: expected a number, found str"):
        checked_share("alpha", "0.05")


@pytest.mark.parametrize(
    ("value", "null_quantile", "expected"),
    [(0.3, 0.25, True), (0.3, 0.35, False), (0.15, 0.1, False), (-0.3, 0.25, True)],
)
def test_a_distance_without_a_q_value_must_exceed_what_chance_gives(value, null_quantile, expected):
    assert alerts(method("psi"), value, 0.2, None, 0.05, null_quantile) is expected


def test_windows_with_and_without_q_values_each_have_their_rule():
    value = np.array([0.3, 0.3, 0.3, 0.3, np.nan])
    q_value = np.array([0.01, 0.2, np.nan, np.nan, 0.01])
    chance = np.array([0.1, 0.1, 0.25, 0.35, np.nan])
    found = alerts_of(method("psi"), value, 0.2, q_value, 0.05, chance)
    assert found.tolist() == [1, 0, 1, 0, -1]
    assert alerts_of(method("ks"), value, 0.05, q_value, 0.05).tolist() == [1, 0, -1, -1, -1]
