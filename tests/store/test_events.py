"""Changes of schema are events: one where a difference begins, and none of a second run."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd

import simdrift as sd

EVENTS = "select ts, dataset, kind, text from simdrift.event order by ts, text"


def frame():
    """Ten days of hours; a column more from the 6th, another kind on the 8th and 9th, text for
    numbers on the 10th."""
    hours = pd.date_range("2024-01-01", periods=240, freq="h")
    found = pd.DataFrame({"time": hours, "x": np.arange(240.0), "kind": np.tile(["a", "b"], 120)})
    found.loc[(hours >= "2024-01-08") & (hours < "2024-01-10"), "kind"] = "z"
    return found


def spec(tmp_path, **rest):
    sd.Schema.infer(frame()[:120]).save(tmp_path / "s.toml")
    return sd.Spec(
        monitor="m",
        dataset="d",
        schema=str(tmp_path / "s.toml"),
        columns=sd.Columns(timestamp="time"),
        **rest,
    )


def day(number):
    return datetime(2024, 1, number, tzinfo=UTC)


def events(store):
    return store.inspect(lambda connection: connection.execute(EVENTS).fetchall())


def test_a_difference_is_an_event_where_it_begins(store, tmp_path):
    results = sd.monitor(spec(tmp_path), frame(), frame()[:120])
    expected = [(day(9), "d", "schema", "kind has values outside of its domain")]
    store.write(results)
    assert events(store) == expected
    store.write(results)
    store.write(sd.monitor(spec(tmp_path, alpha=0.01), frame(), frame()[:120]))  # other runs
    assert events(store) == expected


def test_night_after_night_it_is_the_same_event(store, tmp_path):
    for last in range(6, 12):
        between = (day(last - 1), day(last))
        store.write(sd.monitor(spec(tmp_path), frame(), frame()[:120], between=between))
    assert events(store) == [(day(9), "d", "schema", "kind has values outside of its domain")]


def test_what_comes_back_is_a_second_event(store, tmp_path):
    again = frame()
    again.loc[again.time >= "2024-01-10", "x"] = np.nan  # no type, but missing
    again.loc[again.time < "2024-01-02", "x"] = np.nan
    again = again.assign(kind=np.tile(["a", "b"], 120), extra=1)
    data = again.rename(columns={"kind": "kinds"})[["x", "time", "kinds", "extra"]]
    store.write(sd.monitor(spec(tmp_path), data, frame()[:120]))
    assert [(ts.day, text) for ts, _, _, text in events(store)] == [
        (2, "columns are in another order"),
        (2, "extra is new"),
        (2, "kind looks renamed: kind → kinds"),
        (2, "x has missing rows"),
        (11, "x has missing rows"),
    ]
