"""sd.stream.evaluate: delays, missed changes and false alarms, counted by hand."""

import math

import numpy as np
import pytest

import simdrift as sd


class Scripted(sd.stream.ADWIN):
    """A detector that signals where its stream holds a 1."""

    def update(self, values, *, threads=None):
        return np.flatnonzero(np.asarray(values) == 1)


def stream_with(signals, n=100):
    stream = np.zeros(n)
    stream[signals] = 1
    return stream


def test_signals_are_counted_by_the_change_before_them():
    found = sd.stream.evaluate(
        Scripted, [stream_with([5, 20, 25, 90]), stream_with([])], [[20, 40, 80], [50]]
    )
    # 5 lies before every change, 25 follows a change that 20 has found; 40 and 50 are missed.
    assert found == sd.stream.Evaluation(4, 2, 2, (0, 10), 200)
    assert found.mean_delay == 5.0
    assert found.false_alarm_rate == 0.01


def test_nothing_detected_has_no_delay():
    assert math.isnan(sd.stream.evaluate(Scripted, [stream_with([])], [[3]]).mean_delay)


@pytest.mark.parametrize("points", [[100], [-1], [5, 5], [7, 3]])
def test_change_points_outside_the_stream_are_refused(points):
    with pytest.raises(ValueError, match="expected ascending change points from 0 to 99"):
        sd.stream.evaluate(Scripted, [stream_with([])], [points])


def test_an_abrupt_change_of_the_mean_is_found_sooner_than_a_gradual_one():
    rng = np.random.default_rng(2)
    abrupt = [rng.normal(size=2000) + np.repeat([0.0, 1.0], 1000) for _ in range(10)]
    slope = np.concatenate([np.zeros(1000), np.linspace(0, 1, 1000)])
    gradual = [rng.normal(size=2000) + slope for _ in range(10)]
    points = [[1000]] * 10
    one = sd.stream.evaluate(sd.stream.ADWIN, abrupt, points)
    other = sd.stream.evaluate(sd.stream.ADWIN, gradual, points)
    assert (one.missed, other.missed) == (0, 0)
    assert one.mean_delay < 150 < other.mean_delay
