"""A made table whose every window can be recomputed by hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from simdrift.monitoring import Columns, Metrics, ReferenceSpec, Spec

DAYS, PER_DAY = 20, 400


def made_table(seed: int = 20200101) -> pa.Table:
    """20 days of 400 shuffled rows from 1 March 2020 UTC: numbers, texts, missing values."""
    rng = np.random.default_rng(seed)
    n = DAYS * PER_DAY
    start = np.datetime64("2020-03-01T05:00", "us")  # midnight in New York
    seconds = rng.permutation(np.arange(n) * (86_400 // PER_DAY))
    x = rng.normal(size=n) + seconds / 86_400 / 20
    x[rng.random(n) < 0.05] = np.nan
    target = x * 2 + rng.normal(size=n)
    return pa.table(
        {
            "t": pa.array(start + seconds.astype("timedelta64[s]"), pa.timestamp("us", tz="UTC")),
            "x": x,
            "k": rng.integers(0, 5, n),
            "c": pa.array(
                np.array(["a", "b", "ü", "d"])[rng.integers(0, 4, n)], mask=rng.random(n) < 0.02
            ),
            "y": pa.array(target, mask=np.isnan(target) | (rng.random(n) < 0.01)),
            "p": pa.array(target + rng.normal(size=n) / 4, from_pandas=True),
        }
    )


@pytest.fixture(scope="session")
def table() -> pa.Table:
    return made_table()


@pytest.fixture(scope="session")
def spec() -> Spec:
    return Spec(
        monitor="made",
        dataset="set",
        model="model",
        model_version="3",
        timezone="America/New_York",
        reference=ReferenceSpec(start="2020-03-01", end="2020-03-06"),
        start="2020-03-06",
        end="2020-03-21",
        columns=Columns(timestamp="t", prediction="p", target="y", categorical=["k"]),
        methods={"numeric": ["ks", "wasserstein_normed", "psi"],
                 "categorical": ["chi_square", "jensen_shannon"]},
        metrics=Metrics(
            quality=["rows", "missing_share", "mean", "std", "min"],
            quantiles={"x": [0.1, 0.5], "y": [0.9]},
            correlations=[["x", "y"]],
            performance=["mae", "rmse", "mean_error"],
        ),
    )  # fmt: skip
