"""The flights of 2013 from the package to Postgres: what is found, and a second run."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from simdrift._errors import InputError
from simdrift.demo import flights, served, show
from simdrift.monitoring import Spec
from simdrift.results import Results
from simdrift.store import Store

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture(scope="module")
def told() -> list[str]:
    return []


@pytest.fixture
def results(
    told: list[str], tmp_path_factory: pytest.TempPathFactory, own_folders: None
) -> Results:
    """What the demonstration stored; run once for all tests."""
    if not RESULTS:
        out = tmp_path_factory.getbasetemp() / "out"
        RESULTS.append(
            show.run(taxi=None, out=out, dsn=None, threads=None, progress=None, say=told.append)
        )
    return RESULTS[0]


RESULTS: list[Results] = []


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """The flights by pandas alone, with the local day of the scheduled departure."""
    read = pd.read_csv(flights._archive())
    times = pd.to_datetime(read["time_hour"], utc=True).dt.tz_convert("America/New_York")
    return read.assign(local=times.dt.date)


def leaders(results: Results, metric: str, column: str, top: int) -> list[date]:
    found = show.days(results, metric, column, top=top)
    return [
        one.found.window_start.astimezone(NEW_YORK).date()
        for one in found
        if one.found.window_start
    ]


def test_the_snow_storm_leads_the_missing_share(results: Results) -> None:
    storm = {date(2013, 2, 8), date(2013, 2, 9)}
    assert set(leaders(results, "quality.missing_share", "", 2)) == storm


def test_8_march_leads_the_mean_arrival_delay(results: Results) -> None:
    assert leaders(results, "quality.mean", "arr_delay", 1) == [date(2013, 3, 8)]


def test_there_is_a_window_for_every_day_after_january(results: Results) -> None:
    days = [run.window_start.astimezone(NEW_YORK) for run in results.runs if run.window_start]
    assert (len(days), days[0], days[-1]) == (
        334,
        datetime(2013, 2, 1, tzinfo=NEW_YORK),
        datetime(2013, 12, 31, tzinfo=NEW_YORK),
    )
    assert sum(run.rows for run in results.runs) == 309_772


def test_the_numbers_of_the_storm_are_pandas(results: Results, frame: pd.DataFrame) -> None:
    storm = frame[frame["local"] == date(2013, 2, 8)]
    rows = {
        (row.column, row.metric, row.params): row.value
        for row in results
        if row.window_start == datetime(2013, 2, 8, tzinfo=NEW_YORK)
    }
    assert rows["", "quality.rows", ""] == len(storm)
    for column in ("arr_delay", "dep_delay", "air_time"):
        share = storm[column].isna().mean()
        assert rows[column, "quality.missing_share", ""] == pytest.approx(share, rel=1e-12)
    assert rows["arr_delay", "quality.mean", ""] == pytest.approx(
        storm["arr_delay"].mean(), rel=1e-12
    )
    for q in (0.5, 0.9):
        assert rows["arr_delay", "quality.quantile", f"q={q}"] == storm["arr_delay"].quantile(q)


def test_every_feature_and_the_prediction_are_compared_every_day(results: Results) -> None:
    features = flights.spec().columns.features
    for column in (*features, flights.PREDICTION):
        drift = [row for row in results.filter(column=column) if row.metric.startswith("drift.")]
        assert len({row.run_id for row in drift}) == 334
    assert {"year", "month", "day"}.isdisjoint({row.column for row in results})
    for metric in ("performance.mae", "performance.rmse", "drift.dataset"):
        assert len(results.filter(metric=metric, column="")) == 334


def test_it_says_what_it_found_and_where_to_look(results: Results, told: list[str]) -> None:
    text = "\n".join(told)
    for words in (
        "336,776 flights from New York in 2013",
        "334 daily windows, 309,772 rows",
        "Sat 09 Feb 2013",
        "Fri 08 Mar 2013",
        "simdrift store serve --port 54320",
        "simdrift dashboard --html",
        "simdrift grafana export",
        "compute ",
        "store ",
    ):
        assert words in text
    delay, late = [line.split()[-1] for line in told if "Report:" in line]
    assert "arr_delay" in Path(delay).read_text()
    assert "ROC AUC" in Path(late).read_text()


def test_it_says_the_command_as_it_can_be_typed_there(tmp_path: Path) -> None:
    script = tmp_path / "bin" / "simdrift"
    script.parent.mkdir()
    script.write_text(
        f"#!{sys.executable}\nfrom simdrift.demo.show import command\nprint(command())\n"
    )
    script.chmod(0o755)
    package = str(Path(show.__file__).resolve().parents[2])

    def said(path: str, *command: str) -> str:
        environment = {"PATH": path, "PYTHONPATH": package}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
        ).stdout.strip()

    assert said("/nowhere", "bin/simdrift") == "bin/simdrift"  # as `make demo` runs it
    assert said("/nowhere", str(script)) == str(script)
    assert said(str(script.parent), str(script)) == "simdrift"
    assert said("/nowhere", sys.executable, "-c", script.read_text()) == "simdrift"


def test_a_folder_that_can_not_be_made_is_told_first(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"file/x: expected a folder for the page, found not a d"):
        show.run(
            taxi=None, out=tmp_path / "file" / "x", dsn=None, threads=1, progress=None, say=print
        )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told_first(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match=r"you may not write the page into .*: choose another by"):
        show.run(taxi=None, out=tmp_path, dsn=None, threads=1, progress=None, say=print)


def stored(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, and which transaction wrote it."""
    tables = ("series", "run", "metric_value", "histogram")
    return store._session.transaction(
        lambda connection: {
            table: connection.execute(
                f"select xmin::text, ctid::text, * from simdrift.{table} order by ctid"
            ).fetchall()
            for table in tables
        }
    )


def test_predictions_are_served_and_their_service_is_in_the_store(
    results: Results, told: list[str]
) -> None:
    assert any(line.startswith("400 predictions served over HTTP") for line in told)
    with Store() as store:
        rows = store.read(dataset=served.DATASET)
    counted = [row for row in rows if row.metric == "service.request_rate"]
    assert sum(row.n_current or 0 for row in counted) == served.REQUESTS
    latency = [row.value for row in rows if row.metric == "service.latency_p50"]
    assert all(value is None or 0.0 < value < 30_000 for value in latency)
    errors = [row.value for row in rows if row.metric == "service.error_ratio" and row.value]
    assert errors == []


def test_to_store_the_same_again_changes_nothing_in_the_tables(results: Results) -> None:
    with Store() as store:
        before = stored(store)
        said = show.stored_words(store.write(results))
        after = stored(store)
    assert len(before["run"]) > 2 * 334  # both monitors, and the minutes of the service
    assert len(before["metric_value"]) > len(results)
    assert after == before
    assert said == f"nothing changed, all {len(results):,} values were there"


@pytest.mark.slow
def test_a_second_run_changes_nothing_in_the_tables(results: Results, tmp_path: Path) -> None:
    with Store() as store:
        before = stored(store)
        told: list[str] = []
        show.run(taxi=None, out=tmp_path, dsn=None, threads=1, progress=None, say=told.append)
        after = stored(store)
    assert len(before["run"]) > 2 * 334  # both monitors, and the minutes of the service
    assert after == before
    assert f"nothing changed, all {len(results):,} values were there" in "\n".join(told)


def test_the_model_knows_more_than_the_mean(frame: pd.DataFrame) -> None:
    table = flights.flights()
    predicted = table.column(flights.PREDICTION).to_numpy()
    delay = frame["arr_delay"].to_numpy()
    later = (frame["month"] > 1).to_numpy() & ~np.isnan(delay)
    error = np.abs(predicted - delay)[later].mean()
    assert error < 0.5 * np.abs(delay[later] - delay[~later & ~np.isnan(delay)].mean()).mean()
    assert np.isnan(predicted).sum() == frame["dep_delay"].isna().sum()


def test_the_flights_are_pandas(frame: pd.DataFrame) -> None:
    table = flights.raw_flights()
    assert table.num_rows == len(frame)
    for column in ("dep_delay", "arr_delay", "distance"):
        assert np.array_equal(
            table.column(column).to_numpy().astype(float), frame[column].to_numpy(float), True
        )
    assert table.column("tailnum").null_count == frame["tailnum"].isna().sum()


def test_a_torn_cache_file_is_made_again(tmp_path: Path) -> None:
    (tmp_path / flights.CACHE_NAME).write_bytes(b"PAR1 torn")
    assert flights.raw_flights(tmp_path).num_rows == 336_776
    assert flights.raw_flights(tmp_path).num_rows == 336_776


def test_without_the_package_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'simdrift\[demo\]'"):
        flights.raw_flights(tmp_path)


def test_the_spec_that_ships_is_one_that_a_user_can_copy(tmp_path: Path) -> None:
    copy = tmp_path / "mine.toml"
    copy.write_text(flights.SPEC_FILE.read_text())
    spec = Spec.from_toml(copy)
    assert spec.digest == flights.spec().digest
    assert spec.data == (str(tmp_path / "flights.parquet"),)


def test_the_logistic_model_is_scikit_learn_s() -> None:
    """The same penalised likelihood: predictions agree to what the other solver leaves."""
    from sklearn.linear_model import LogisticRegression

    table = flights.flights().to_pandas()
    known = table[table["late"].notna() & table["late_probability"].notna()]
    january = known["month"] == 1
    numbers = known[list(flights.NUMBERS)]
    fitted = numbers[january]
    x = pd.concat(
        [
            (numbers - fitted.mean()) / fitted.std(ddof=0),
            pd.get_dummies(known[list(flights.CATEGORIES)], dtype=float),
        ],
        axis=1,
    ).to_numpy()
    model = LogisticRegression(C=1.0, tol=1e-8, max_iter=1000)
    model.fit(x[january], known["late"][january])
    expected = model.predict_proba(x)[:, 1]
    np.testing.assert_allclose(known["late_probability"], expected, atol=1e-4)
    assert known["late"].eq(known["arr_delay"] >= 15).all()
