"""`simdrift init` and `simdrift spec`: a file that runs as it is, and what it will compute."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from simdrift.cli import run_command
from simdrift.columns import as_table
from simdrift.monitoring.guess import guess_roles
from simdrift.monitoring.spec import Spec
from simdrift.monitoring.spec_keys import all_keys

ROWS = 2_400


def trips(zone: str | None = "Europe/Berlin", days: int = 12) -> pa.Table:
    """Trips of some days, with a prediction, codes and identifiers, and two stray times."""
    rng = np.random.default_rng(0)
    start = np.datetime64("2024-03-01T00:00", "us")
    step = days * 86_400_000_000 // ROWS
    times = start + (np.arange(ROWS) * step).astype("timedelta64[us]")
    times[0], times[-1] = np.datetime64("2009-01-01", "us"), np.datetime64("2031-01-01", "us")
    return pa.table(
        {
            "order_id": np.arange(ROWS) + 10**9,
            "pickup_time": pa.array(times, pa.timestamp("us", zone)),
            "booked_date": pa.array(times, pa.timestamp("us", zone)),
            "PULocationID": rng.integers(1, 60, ROWS),
            "vendor": rng.integers(1, 3, ROWS),
            "passengers": rng.integers(1, 9, ROWS),
            "RatecodeID": rng.integers(1, 7, ROWS).astype(float),
            "note": [f"note {n}" for n in range(ROWS)],
            "fare": rng.gamma(2.0, 5.0, ROWS),
            "predicted_fare": rng.gamma(2.0, 5.0, ROWS),
        }
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIMDRIFT_DSN", "postgresql://nobody@127.0.0.1:9/none")
    return tmp_path


def test_roles_are_guessed_from_names_types_and_values() -> None:
    guess = guess_roles(as_table(trips()))
    assert (guess.timestamp, guess.prediction, guess.target) == (
        "pickup_time", "predicted_fare", "fare",
    )  # fmt: skip
    assert guess.key == "order_id"
    assert guess.categorical == ("PULocationID", "vendor", "RatecodeID")
    assert guess.ignore == ("note",)


def test_a_column_called_y_is_a_target_only_beside_a_prediction() -> None:
    place = {"x": np.arange(50.0) % 7, "y": np.arange(50.0) % 9}
    assert guess_roles(as_table(place)).target is None
    assert guess_roles(as_table({**place, "y_pred": np.ones(50)})).target == "y"


@pytest.mark.parametrize(
    ("table", "window", "reference", "start", "end"),
    [
        (trips(), "1d", ("2024-03-01", "2024-03-05"), "2024-03-05", "2024-03-14"),
        (trips(None), "1d", ("2024-03-01", "2024-03-05"), "2024-03-05", "2024-03-13"),
        (trips(None, days=1), "1h", ("2024-03-01 00", "2024-03-01 08"), "2024-03-01 08",
         "2024-03-02 00"),
    ],
    ids=["zone", "no zone", "hours"],
)  # fmt: skip
def test_windows_are_cut_so_that_strays_do_not_count(
    folder: Path, table: pa.Table, window: str, reference: tuple[str, str], start: str, end: str
) -> None:
    parquet.write_table(table, "trips.parquet")
    assert run_command(["init", "trips.parquet"]) == 0
    spec = Spec.from_toml("monitor.toml")
    assert spec.reference is not None
    assert spec.window == window
    assert (
        str(spec.reference.start)[: len(reference[0])],
        str(spec.reference.end)[: len(start)],
    ) == (reference)
    assert (str(spec.start)[: len(start)], str(spec.end)[: len(end)]) == (start, end)
    assert spec.timezone == ("Europe/Berlin" if "Berlin" in str(table.schema) else "UTC")


def test_the_file_runs_as_it_is_and_is_explained(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parquet.write_table(trips(), "trips.parquet")
    assert run_command(["init", "trips.parquet", "-o", "m.toml"]) == 0
    assert run_command(["spec", "m.toml"]) == 0
    said = capsys.readouterr().out
    assert "windows: 9 of '1d' with rows, 2024-03-05 00:00 to 2024-03-14 00:00 (Europe/Berlin)" in (
        said
    )
    assert re.search(r"^PULocationID +categorical +\w+", said, re.MULTILINE)
    assert "key: order_id\nignored: note\n" in said
    assert "performance: mae, rmse" in said
    assert said.endswith("store: host=127.0.0.1 port=9 dbname=none (by SIMDRIFT_DSN)\n")
    assert run_command(["run", "m.toml", "--no-store", "--no-progress"]) == 0
    assert "computed 9 windows" in capsys.readouterr().err


def test_every_key_is_there_and_a_default_may_be_uncommented(folder: Path) -> None:
    parquet.write_table(trips(), "trips.parquet")
    run_command(["init", "trips.parquet"])
    text = Path("monitor.toml").read_text()
    for key in all_keys(Spec):
        if key.path != "reference":
            assert re.search(rf"^(# )?{key.name} = ", text, re.MULTILINE), key
    uncommented = re.sub(r"^# (\w+ = [^#\n]+|\[\w+\])$", r"\1", text, flags=re.MULTILINE)
    assert uncommented.count("\n# ") < text.count("\n# ") - 10
    Path("all.toml").write_text(uncommented)
    assert Spec.from_toml("all.toml") == Spec.from_toml("monitor.toml")


def test_rows_without_a_time_are_one_window(folder: Path) -> None:
    parquet.write_table(trips().select(["vendor", "fare"]), "trips.parquet")
    run_command(["init", "trips.parquet", "-o", "sub.toml"])
    values = tomllib.loads(Path("sub.toml").read_text())
    assert (values["window"], values["reference"]) == ("all", "trips.parquet")
    assert run_command(["run", "sub.toml", "--no-store", "--no-progress"]) == 0


def test_a_reference_may_be_a_file_and_paths_are_from_the_new_files_folder(folder: Path) -> None:
    parquet.write_table(trips(), "trips.parquet")
    parquet.write_table(trips(), "january.parquet")
    Path("monitors").mkdir()
    arguments = ["init", "trips.parquet", "--reference", "january.parquet", "-o", "monitors/m.toml"]
    assert run_command(arguments) == 0
    values = tomllib.loads(Path("monitors/m.toml").read_text())
    assert (values["data"], values["reference"]) == ("../trips.parquet", "../january.parquet")
    assert str(values["start"]) == "2024-03-01"
    assert run_command(["spec", "monitors/m.toml"]) == 0


def test_a_file_that_is_there_is_not_replaced_unasked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parquet.write_table(trips(), "trips.parquet")
    Path("monitor.toml").write_text("mine")
    assert run_command(["init", "trips.parquet"]) == 2
    assert capsys.readouterr().err == (
        "simdrift: monitor.toml: expected no such file, found one: choose another with -o, or "
        "--force\n"
    )
    assert Path("monitor.toml").read_text() == "mine"
    assert run_command(["init", "trips.parquet", "--force"]) == 0
    assert Path("monitor.toml").read_text() != "mine"
    assert run_command(["init", "trips.parquet", "-o", "-"]) == 0
    assert tomllib.loads(capsys.readouterr().out.partition("\n")[2])["monitor"] == "trips"


@pytest.mark.parametrize("command", ["spec", "run"])
def test_a_name_that_the_data_lack_is_refused_with_its_line(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    parquet.write_table(trips(), "trips.parquet")
    Path("m.toml").write_text(
        'monitor = "m"\ndata = "trips.parquet"\nreference = "previous"\n\n[columns]\n'
        'timestamp = "pickup_tim"\n'
    )
    assert run_command([command, "m.toml"]) == 2
    assert capsys.readouterr().err.startswith(
        "simdrift: m.toml, line 6: 'columns.timestamp': the data have no column 'pickup_tim', did "
        "you mean 'pickup_time'?"
    )


def test_a_moving_reference_is_explained(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parquet.write_table(trips(), "trips.parquet")
    Path("m.toml").write_text(
        'monitor = "m"\ndata = "trips.parquet"\nmethods = {vendor = ["chi_square", "psi"]}\n'
        '[reference]\nmoving = "rolling"\nwindows = 7\n[columns]\n'
        'timestamp = "pickup_time"\ncategorical = ["vendor"]\n[thresholds]\npsi = 0.5\n'
    )
    assert run_command(["spec", "m.toml"]) == 0
    said = capsys.readouterr().out
    assert "reference: each window is compared with the 7 windows before it\n" in said
    assert re.search(r"^vendor +categorical +chi_square q <= 0.05, psi > 0.5$", said, re.MULTILINE)


@pytest.mark.parametrize("target", ["churned", "is_fraud", "hasDefaulted", "label", None])
@pytest.mark.parametrize("score", ["probability", "proba", "score", "churn_probability", None])
def test_what_comes_true_and_its_probability_are_guessed(
    target: str | None, score: str | None
) -> None:
    rng = np.random.default_rng(0)
    columns = {"amount": rng.gamma(2.0, 5.0, 300), "is_weekend": rng.integers(0, 2, 300)}
    if target is not None:
        columns[target] = rng.integers(0, 2, 300)
    if score is not None:
        columns[score] = rng.random(300)
    guess = guess_roles(as_table(columns))
    assert (guess.target, guess.score, guess.prediction) == (target, score, None)


def test_an_outcome_of_many_values_is_none() -> None:
    late = {"late": np.arange(50.0), "score": np.arange(50.0), "x": np.arange(50.0)}
    guess = guess_roles(as_table(late))
    assert (guess.target, guess.score) == (None, None)
