"""Trip files of the NYC Taxi and Limousine Commission: `simdrift demo --taxi REF CUR`.

A linear model, fitted on the reference month, predicts how many minutes a trip takes; each day of
the current month is compared with the reference. The files also hold trips of other years (their
clocks were wrong), so both are cut to the month that most of their trips are in.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._errors import InputError
from simdrift.columns import as_column, open_parquet, parquet_names
from simdrift.demo.linear import LinearModel, column, with_column
from simdrift.monitoring.spec import Columns, Metrics, ReferenceSpec, Spec
from simdrift.monitoring.windows import PER_SECOND

if TYPE_CHECKING:
    import pyarrow

COLOURS = {"lpep": "green taxis", "tpep": "yellow taxis"}
NUMBERS = ("passenger_count", "trip_distance", "fare_amount", "total_amount")
PLACES = ("PULocationID", "DOLocationID")
TARGET = "duration_minutes"
PREDICTION = "predicted_minutes"
# Trips the model learns from: longer ones are forgotten meters, shorter ones no trips.
SHORTEST, LONGEST = 1.0, 60.0


class Trips(NamedTuple):
    """What the monitor needs: both tables with prediction and target, and the spec."""

    reference: pyarrow.Table
    current: pyarrow.Table
    spec: Spec


def trips(reference: Path, current: Path) -> Trips:
    """Both months, the model fitted on the first, and the monitor of the second."""
    first, second = _read(reference), _read(current)
    prefix = _prefix(first.column_names)
    if _prefix(second.column_names) != prefix:
        raise InputError(f"{reference} and {current} are not of the same colour of taxis")
    pickup = f"{prefix}_pickup_datetime"
    months = _month(first, pickup), _month(second, pickup)
    model = _model(first)
    tables = [with_column(table, PREDICTION, model.predict(table)) for table in (first, second)]
    return Trips(tables[0], tables[1], _spec(COLOURS[prefix], pickup, *months))


def _prefix(names: list[str]) -> str:
    """'lpep' or 'tpep', whichever the pickup column has; 'lpep' where there is none."""
    return next((prefix for prefix in COLOURS if f"{prefix}_pickup_datetime" in names), "lpep")


def _read(path: Path) -> pyarrow.Table:
    """The columns of the monitor, and the duration of each trip."""
    names = parquet_names(path)
    prefix = _prefix(names)
    times = [f"{prefix}_pickup_datetime", f"{prefix}_dropoff_datetime"]
    wanted = [*times, *NUMBERS, *PLACES]
    missing = [name for name in wanted if name not in names]
    if missing:
        raise InputError(
            f"{path}: expected a trip file of the TLC with the columns {', '.join(wanted)}; "
            f"found none named {', '.join(missing)}"
        )
    table = open_parquet(path, wanted)
    begin, end = (_microseconds(table, name) for name in times)
    return with_column(table, TARGET, (end - begin) / 60e6)


def _microseconds(table: pyarrow.Table, name: str) -> NDArray[np.float64]:
    """The times of a column since 1970, NaN where one is null."""
    found = as_column(table.column(name), name)
    times, valid = found.to_int64()
    return np.where(valid, times / PER_SECOND[found.unit or "us"] * 1e6, np.nan)


def _model(table: pyarrow.Table) -> LinearModel:
    """Fitted on trips of a believable duration."""
    minutes = column(table, TARGET)
    believable = (minutes >= SHORTEST) & (minutes <= LONGEST)
    return LinearModel.fit(table, TARGET, rows=believable, numbers=NUMBERS, categories=PLACES)


def _month(table: pyarrow.Table, pickup: str) -> tuple[date, date]:
    """First day of the month that most trips began in, and of the month after it."""
    times = _microseconds(table, pickup)
    months = times[~np.isnan(times)].astype("datetime64[us]").astype("datetime64[M]")
    values, counts = np.unique(months.astype(np.int64), return_counts=True)
    month = int(values[counts.argmax()])
    first, after = (date(1970 + number // 12, number % 12 + 1, 1) for number in (month, month + 1))
    return first, after


def _spec(
    dataset: str, pickup: str, reference: tuple[date, date], current: tuple[date, date]
) -> Spec:
    return Spec(
        monitor="taxi",
        dataset=dataset,
        model="trip duration",
        model_version="1",
        reference=ReferenceSpec(start=reference[0], end=reference[1]),
        columns=Columns(
            timestamp=pickup,
            prediction=PREDICTION,
            target=TARGET,
            features=[*NUMBERS, *PLACES],
            categorical=PLACES,
        ),
        window="1d",
        timezone="America/New_York",
        start=current[0],
        end=current[1],
        metrics=Metrics(
            quality=("rows", "missing_share"),
            quantiles={"fare_amount": (0.5,)},
            correlations=[("trip_distance", TARGET), ("fare_amount", TARGET), (PREDICTION, TARGET)],
            performance=("mae", "rmse"),
        ),
    )
