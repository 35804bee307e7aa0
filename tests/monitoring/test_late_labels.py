"""Predictions and labels joined by key; windows wait for their labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import simdrift as sd
from simdrift.columns import as_column
from simdrift.monitoring.late_labels import matched

DAYS, ROWS = 3, 200


def predictions(keys: Any = None) -> pd.DataFrame:
    """Three days of predictions, each with a key."""
    number = np.arange(DAYS * ROWS)
    dice = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "t": pd.Timestamp("2024-01-01") + pd.to_timedelta(number * 432, unit="s"),
            "order": number * 7 if keys is None else keys(number),
            "p": dice.normal(size=len(number)),
        }
    )


def labels(data: pd.DataFrame, days: int, name: str = "order") -> pd.DataFrame:
    """The labels of the first days, in another order, one of them twice: the last one counts."""
    own = data.iloc[: days * ROWS]
    found = pd.DataFrame({name: own["order"], "y": own["p"] + 0.5}).sample(frac=1, random_state=2)
    wrong = found.head(1).assign(y=1e9)
    return pd.concat([wrong, found], ignore_index=True)


def spec(**more: Any) -> sd.Spec:
    return sd.Spec(
        monitor="m",
        dataset="d",
        columns=sd.Columns(timestamp="t", prediction="p", target="y", key="order"),
        reference={"start": "2024-01-01", "end": "2024-01-02"},
        start="2024-01-02",
        metrics=sd.Metrics(performance=["mae"]),
        **more,
    )


def scores(results: sd.Results) -> list[tuple[str, Any, int]]:
    return [
        (row.status, None if row.value is None else round(row.value, 12), row.n_current)
        for row in results.filter(metric="performance.mae")
    ]


@pytest.mark.parametrize(
    "keys", [None, lambda n: [f"order {i}" for i in n], lambda n: n.astype(np.uint64)]
)
def test_labels_are_joined_by_key(keys: Any) -> None:
    data = predictions(keys)
    results = sd.monitor(spec(), data, labels=labels(data, 2))
    assert scores(results) == [("ok", 0.5, ROWS), ("no_labels", None, 0)]
    later = sd.monitor(spec(), data, labels=labels(data, 3))
    assert scores(later) == [("ok", 0.5, ROWS), ("ok", 0.5, ROWS)]
    assert [run.spec_digest for run in later.runs] == [run.spec_digest for run in results.runs]


def test_a_later_run_completes_the_windows_that_waited() -> None:
    """A window whose labels came has other data, so its run is another one; the others stay."""
    data = predictions()
    first = sd.monitor(spec(), data, labels=labels(data, 2))
    second = sd.monitor(spec(), data, labels=labels(data, 3))
    before, after = ([run.run_id for run in results.runs] for results in (first, second))
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_a_file_of_labels_is_named_in_the_spec(tmp_path: Path) -> None:
    data = predictions()
    data.to_parquet(tmp_path / "data.parquet")
    labels(data, 3, "id").to_parquet(tmp_path / "labels.parquet")
    text = spec(labels={"data": "labels.parquet", "key": "id"}, data=["data.parquet"]).to_toml()
    (tmp_path / "m.toml").write_text(text)
    assert scores(sd.monitor(tmp_path / "m.toml")) == [("ok", 0.5, ROWS), ("ok", 0.5, ROWS)]
    assert sd.Spec.from_toml(tmp_path / "m.toml").digest == spec().digest


def test_own_labels_are_kept_where_no_later_one_is_there() -> None:
    data = predictions()
    data["y"] = np.where(np.arange(len(data)) % ROWS < 10, data["p"] + 2.0, np.nan)
    results = sd.monitor(spec(), data, labels=labels(data, 2))
    assert scores(results) == [("ok", 0.5, ROWS), ("ok", 2.0, 10)]


def test_labels_of_text_are_joined_too() -> None:
    data = predictions().assign(p=np.resize(["cat", "dog"], DAYS * ROWS))
    late = pd.DataFrame({"order": data["order"], "y": data["p"]})
    own = spec().model_copy(update={"metrics": sd.Metrics(performance=["accuracy"])})
    rows = sd.monitor(own, data, labels=late.head(2 * ROWS)).filter(metric="performance.accuracy")
    assert [(row.value, row.status) for row in rows] == [(1.0, "ok"), (None, "no_labels")]


@pytest.mark.parametrize("moving", ["previous"])
def test_references_that_move_read_joined_labels(moving: Any) -> None:
    data = predictions()
    own = spec().model_copy(update={"reference": sd.ReferenceSpec(moving=moving), "start": None})
    found = sd.monitor(own, data, labels=labels(data, 2)).filter(metric="performance.mae")
    assert [row.status for row in found] == ["ok", "ok", "no_labels"]
    assert found[1].effect_size == pytest.approx(0.0, abs=1e-12)


def test_what_is_missing_is_said() -> None:
    data = predictions()
    with pytest.raises(sd.SpecError, match=r"labels: the labels have no column 'order'"):
        sd.monitor(spec(), data, labels=labels(data, 2, "id"))
    keyless = spec().model_copy(update={"columns": sd.Columns(timestamp="t", target="y")})
    with pytest.raises(sd.SpecError, match=r"'columns.key' and 'columns.target' are missing"):
        sd.monitor(keyless, data, labels=labels(data, 2))
    waiting = [r for r in sd.monitor(spec(), data) if r.metric.startswith("performance.")]
    assert {(row.status, row.alert) for row in waiting} == {("no_labels", None)}


@pytest.mark.parametrize("kind", [np.int64, np.uint64, np.float64, str])
def test_keys_are_matched_as_pandas_merges_them(kind: Any) -> None:
    dice = np.random.default_rng(3)
    left = dice.integers(0, 300, 1_000).astype(kind)
    right = dice.integers(0, 300, 200).astype(kind)
    place = pd.Series(np.arange(200), index=right)
    place = place[~place.index.duplicated(keep="last")]
    expected = place.reindex(left).fillna(-1).astype(int).tolist()
    sides = (side.tolist() if kind is str else side for side in (left, right))
    assert matched(*map(as_column, sides)).tolist() == expected
