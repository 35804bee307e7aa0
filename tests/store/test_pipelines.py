"""A monitor is compared with the windows that earlier runs left in the store."""

import numpy as np
import pandas as pd

import simdrift as sd


def days(first, count, rows, seed=0):
    """So many rows a day."""
    draw = np.random.default_rng(seed)
    start = pd.Timestamp(first)
    return pd.DataFrame(
        {
            "time": start + pd.to_timedelta(np.repeat(np.arange(count), rows), unit="D"),
            "x": draw.normal(size=count * rows),
        }
    )


def spec():
    return sd.Spec(
        monitor="m",
        dataset="d",
        columns=sd.Columns(timestamp="time"),
        metrics=sd.Metrics(pipelines=["volume", "repeated", "missing_windows"]),
    )


def test_a_single_day_is_compared_with_the_days_in_the_store(store):
    reference = days("2023-01-01", 5, 100, seed=9)
    before = days("2024-01-01", 36, 100)
    store.write(sd.monitor(spec(), before, reference))
    last = before[before.time == "2024-02-05"]
    again = last.iloc[:60].assign(time=pd.Timestamp("2024-02-12"))

    def alerting(data, history):
        found = sd.monitor(spec(), data, reference, history=history).filter(alert=True)
        return sorted(row.metric for row in found if row.metric.startswith("quality."))

    assert alerting(again, None) == []
    assert alerting(again, store) == ["quality.missing_windows", "quality.volume"]
    same = last.assign(time=pd.Timestamp("2024-02-06"))
    assert alerting(same, store) == ["quality.repeated"]
