"""Results made by hand for tests of what shows them: seeded, of the shape a monitor gives."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from simdrift.results.collection import Results
from simdrift.results.identity import identified
from simdrift.results.rows import Histogram, Result, Run

NUMERIC = ("dep_delay", "air_time", "distance", "hour", "minute", "sched_dep_time", "temp")
CATEGORIES = ("carrier", "origin", "dest", "tailnum")
NEW_YORK = ZoneInfo("America/New_York")


def run_of(**fields: object) -> Run:
    """A run with its id, fields as given."""
    time = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    values: dict[str, object] = {
        "run_id": None,
        "monitor": "",
        "dataset": "flights",
        "model": "",
        "model_version": "",
        "grain": "all",
        "window_start": None,
        "window_end": None,
        "started_at": time,
        "finished_at": time,
        "rows": 100,
        "library_version": "0.1.0",
        "spec_digest": "s",
        "data_digest": "d",
        "reference_digest": "r",
    }
    return identified(Run(**{**values, **fields}))  # type: ignore[arg-type]


def row_of(run: Run, column: str, metric: str, value: float | None, **more: object) -> Result:
    """A row of a run."""
    return Result(
        run_id=run.run_id,
        dataset=run.dataset,
        model=run.model,
        model_version=run.model_version,
        window_start=run.window_start,
        window_end=run.window_end,
        grain=run.grain,
        segment="",
        column=column,
        metric=metric,
        value=value,
        **more,  # type: ignore[arg-type]
    )


def comparison(names: tuple[str, ...] | None = None, seed: int = 1) -> Results:
    """One comparison without a window: numeric and categorical columns, some drifted."""
    dice = random.Random(seed)
    run = run_of(rows=2_500, dataset="")
    numeric = NUMERIC if names is None else names
    rows, histograms = _table_rows(run, dice, numeric, () if names else CATEGORIES, 1.0)
    return Results(rows, [run], histograms)


def monitor(
    windows: int = 60, seed: int = 2, storm: tuple[int, ...] = (38, 39), features: int = 14
) -> Results:
    """Daily windows in New York with a storm: missing shares far above the others."""
    dice = random.Random(seed)
    more = features - len(NUMERIC) - 1 - len(CATEGORIES)
    numeric = (*NUMERIC, "prediction", *(f"feature_{i}" for i in range(more)))
    rows: list[Result] = []
    runs: list[Run] = []
    histograms: list[Histogram] = []
    for day in range(windows):
        start = datetime(2013, 1, 1, tzinfo=NEW_YORK) + timedelta(days=day)
        run = run_of(
            grain="1d",
            model="delay",
            monitor="flights-daily",
            window_start=start,
            window_end=start + timedelta(days=1),
            rows=dice.randint(800, 1000),
        )
        strength = 3.0 if day in storm else dice.uniform(0.2, 0.8)
        made, pictures = _table_rows(run, dice, numeric, CATEGORIES, strength)
        missing = 0.38 + 0.01 * day / windows if day in storm else dice.uniform(0.005, 0.02)
        made += [
            row_of(run, "", "quality.missing_share", missing),
            row_of(run, "", "performance.mae", dice.gauss(20, 2) * (1 + (day in storm))),
            row_of(run, "", "performance.rmse", dice.gauss(30, 3)),
            row_of(run, "", "quality.rows", float(run.rows)),
            row_of(run, "arr_delay", "quality.mean", dice.gauss(7, 4)),
        ]
        made += [
            row_of(run, "arr_delay", "quality.quantile", 20 * q + dice.gauss(0, 1), params=f"q={q}")
            for q in (0.05, 0.5, 0.95)
        ]
        rows += made
        runs.append(run)
        histograms += pictures
    return Results(rows, runs, histograms, timezone="America/New_York")


def _table_rows(
    run: Run,
    dice: random.Random,
    numeric: tuple[str, ...],
    categories: tuple[str, ...],
    strength: float,
) -> tuple[list[Result], list[Histogram]]:
    sizes = {"n_reference": 27_004, "n_current": run.rows}
    rows, histograms, drifted = [], [], 0
    for column in numeric:
        value = strength * dice.expovariate(14)
        alert = value > 0.1
        drifted += alert
        p = min(1.0, 10 ** (-40 * value))
        rows += [
            row_of(run, column, "drift.wasserstein_normed", value, threshold=0.1, alert=alert,
                   null_quantile=0.031, effect_size=value, **sizes),
            row_of(run, column, "drift.ks", value / 2, p_value=p, q_value=min(1.0, 2 * p), **sizes),
            row_of(run, column, "quality.missing_share", dice.uniform(0, 0.05)),
            row_of(run, column, "drift.missing_share", dice.uniform(0, 0.02), threshold=0.05,
                   alert=False, p_value=0.4, q_value=0.6, **sizes),
        ]  # fmt: skip
        histograms.append(_numeric_histogram(run, column, dice, value))
    for column in categories:
        value = strength * dice.expovariate(14)
        alert = value > 0.1
        drifted += alert
        rows.append(
            row_of(run, column, "drift.jensen_shannon", value, threshold=0.1, alert=alert,
                   null_quantile=0.02, effect_size=value / 3, **sizes)
        )  # fmt: skip
        labels = ("UA", "B6", "EV", "DL", "AA", "MQ", "US")
        reference = tuple(float(6000 // (i + 1)) for i in range(7))
        current = tuple(count * dice.uniform(1 - value, 1 + value) // 10 for count in reference)
        histograms.append(Histogram(run.run_id, "", column, None, labels, reference, current))
    total = len(numeric) + len(categories)
    rows.append(
        row_of(run, "", "drift.dataset", drifted / total, threshold=0.5,
               alert=drifted / total >= 0.5, n_current=run.rows)
    )  # fmt: skip
    return rows, histograms


def _numeric_histogram(run: Run, column: str, dice: random.Random, shift: float) -> Histogram:
    edges = tuple(-10.0 + 4 * i for i in range(14))
    bell = [2.718 ** (-(((i - 6) / 3) ** 2)) for i in range(15)]
    moved = [
        2.718 ** (-(((i - 6 - 8 * shift) / 3) ** 2)) * dice.uniform(0.9, 1.1) for i in range(15)
    ]
    reference = tuple(float(int(5000 * x)) for x in bell)
    current = tuple(float(int(500 * x)) for x in moved)
    return Histogram(run.run_id, "", column, edges, None, reference, current)


def profile() -> Results:
    """A profile of three columns: numbers, text, all missing."""
    run = run_of(rows=1000)
    rows = [row_of(run, "", "quality.rows", 1000.0), row_of(run, "", "quality.missing_share", 0.1)]
    for column in ("dep_delay", "carrier", "nothing"):
        numeric = column == "dep_delay"
        known: dict[str, float | None] = {"rows": 1e3, "missing_share": 0.02, "distinct": 120.0}
        known |= dict.fromkeys(("min", "max", "mean", "std"), 3.25 if numeric else None)
        if column == "nothing":
            known |= {"missing_share": 1.0, "distinct": 0.0}
        rows += [
            row_of(run, column, f"quality.{name}", value, status=status)
            for name, value in known.items()
            for status in ("ok" if value is not None else "all_null",)
        ]
        if numeric:
            rows += [
                row_of(run, column, "quality.quantile", 30 * q, params=f"q={q}")
                for q in (0.05, 0.25, 0.5, 0.75, 0.95)
            ]
    picture = _numeric_histogram(run, "dep_delay", random.Random(3), 0.0)
    pictures = [picture._replace(reference=())]
    return Results(rows, [run], pictures)
