"""The TLC's green taxis: a month in one go, against pandas and SciPy."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from scipy import stats

from simdrift._errors import InputError
from simdrift.demo import show, taxi
from simdrift.results import Results
from simdrift.store import Store

NEW_YORK = ZoneInfo("America/New_York")
RESULTS: list[Results] = []


@pytest.fixture
def results(taxi_data: tuple[Path, Path], tmp_path: Path, own_folders: None) -> Results:
    """What the demonstration stored; run once for all tests."""
    if not RESULTS:
        RESULTS.append(
            show.run(taxi=taxi_data, out=tmp_path, dsn=None, threads=None, progress=None, say=print)
        )
    return RESULTS[0]


@pytest.fixture
def months(taxi_data: tuple[Path, Path]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """January's rows of the first file, February's of the second."""
    january, february = (pd.read_parquet(path) for path in taxi_data)
    time = "lpep_pickup_datetime"
    return (
        january[january[time].dt.to_period("M") == "2022-01"],
        february[february[time].dt.to_period("M") == "2022-02"],
    )


def test_there_is_a_window_for_every_day_of_february(
    results: Results, months: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    starts = [run.window_start.astimezone(NEW_YORK) for run in results.runs if run.window_start]
    assert starts == [datetime(2022, 2, day, tzinfo=NEW_YORK) for day in range(1, 29)]
    expected = months[1].groupby(months[1]["lpep_pickup_datetime"].dt.day).size()
    assert [run.rows for run in results.runs] == expected.tolist()


def test_the_median_fare_is_pandas(
    results: Results, months: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    february = months[1]
    expected = february.groupby(february["lpep_pickup_datetime"].dt.day)["fare_amount"].median()
    found = results.filter(column="fare_amount", metric="quality.quantile")
    assert [row.value for row in found] == expected.tolist()


def test_drift_of_the_fare_is_scipys(
    results: Results, months: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    january, february = (month["fare_amount"].to_numpy() for month in months)
    days = months[1]["lpep_pickup_datetime"].dt.day.to_numpy()
    found = results.filter(column="fare_amount", metric="drift.ks")
    for day, row in enumerate(found, 1):
        today = february[days == day]
        assert row.value == pytest.approx(stats.ks_2samp(january, today).statistic, rel=1e-12)
        assert row.n_reference == len(january)


def test_correlations_are_pandas(
    results: Results, months: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    february = months[1]
    minutes = february["lpep_dropoff_datetime"] - february["lpep_pickup_datetime"]
    frame = february.assign(minutes=minutes.dt.total_seconds() / 60)
    found = results.filter(column="fare_amount ~ duration_minutes")
    assert len(found) == 28
    for day, row in enumerate(found, 1):
        today = frame[frame["lpep_pickup_datetime"].dt.day == day]
        assert row.value == pytest.approx(today["fare_amount"].corr(today["minutes"]), rel=1e-9)


def test_prediction_drift_drifted_columns_and_missing_share_are_there(results: Results) -> None:
    for metric, column in (
        ("drift.dataset", ""),
        ("quality.missing_share", ""),
        ("performance.mae", ""),
        ("drift.wasserstein_normed", taxi.PREDICTION),
        ("drift.jensen_shannon", "PULocationID"),
    ):
        found = results.filter(metric=metric, column=column)
        assert [row.status for row in found] == ["ok"] * 28


def test_days_with_the_most_drifted_columns_are_told_not_those_with_the_fewest(
    results: Results,
) -> None:
    shares = sorted(
        (row.value for row in results.filter(metric="drift.dataset") if row.value is not None),
        reverse=True,
    )
    told = [day.found.value for day in show.days(results, "drift.dataset", "")]
    usual = pd.Series(shares).median()
    assert told == [share for share in shares[:3] if share > usual]
    assert shares[0] > usual > shares[-1] == 0.0


def test_the_store_holds_the_month(results: Results) -> None:
    with Store() as store:
        kept = store.read(monitor="taxi")
    assert len(kept) == len(results)
    assert {run.run_id for run in kept.runs} == {run.run_id for run in results.runs}


def test_a_file_of_something_else_is_told(tmp_path: Path) -> None:
    path = tmp_path / "other.parquet"
    parquet.write_table(pa.table({"lpep_pickup_datetime": [1], "x": [2]}), path)
    with pytest.raises(InputError) as caught:
        taxi.trips(path, path)
    assert str(caught.value) == (
        f"{path}: expected a trip file of the TLC with the columns lpep_pickup_datetime, "
        "lpep_dropoff_datetime, passenger_count, trip_distance, fare_amount, total_amount, "
        "PULocationID, DOLocationID; found none named lpep_dropoff_datetime, passenger_count, "
        "trip_distance, fare_amount, total_amount, PULocationID, DOLocationID"
    )
    with pytest.raises(InputError, match="Arrow or Parquet file, found no such file"):
        taxi.trips(tmp_path / "gone.parquet", path)


def test_months_of_different_taxis_are_told(taxi_data: tuple[Path, Path], tmp_path: Path) -> None:
    yellow = parquet.read_table(taxi_data[1])
    names = [name.replace("lpep", "tpep") for name in yellow.column_names]
    path = tmp_path / "yellow.parquet"
    parquet.write_table(yellow.rename_columns(names), path)
    with pytest.raises(InputError, match="are not of the same colour of taxis"):
        taxi.trips(taxi_data[0], path)
