"""Rows of every metric that a panel names, made through the library's own Results."""

from __future__ import annotations

import math
from datetime import timedelta

from store_servers import DAY, FIRST_DAY, STARTED, make_row, make_run

from simdrift.dashboards.catalogue import dashboards
from simdrift.results.collection import Results
from simdrift.results.rows import Histogram, Result, Run
from simdrift.store import Benchmark

DATASET = "everything"
STREAMS = (("first model", "1"), ("first model", "2"), ("second model", "1"))
DAYS = 12
GAP = 7  # the day without a window
EMPTY = 9  # the day without rows
COLUMNS = ("amount", "kind")
SEGMENTS = ("", "zone=north", "zone=south")
SAMPLES = {
    "drift.*": ("drift.ks", "drift.wasserstein_normed", "drift.missing_share"),
    "quality.*": ("quality.std", "quality.zeros"),
    "performance.*": (
        "performance.mae",
        "performance.rmse",
        "performance.accuracy",
        "performance.roc_auc",
    ),
    "fairness.*": (
        "fairness.demographic_parity_difference",
        "fairness.equalized_odds_ratio",
    ),
}
OF_THE_TABLE = ("drift.dataset", "quality.rows")


def names() -> list[str]:
    """Every metric that panels name, wildcards by a few of theirs."""
    named = {name for one in dashboards for panel in one.panels for name in panel.metrics}
    spread = [SAMPLES.get(name, (name,)) for name in named]
    return sorted({name for group in spread for name in group})


def every_metric(model: str, version: str) -> Results:
    """Twelve days less one of every metric, of the table, two columns and two segments."""
    rows: list[Result] = []
    runs: list[Run] = []
    pictures: list[Histogram] = []
    for day in range(DAYS):
        if day == GAP:
            continue
        run = make_run(
            day, dataset=DATASET, model=model, model_version=version, monitor=f"{model} {version}",
            rows=0 if day == EMPTY else 900,
        )  # fmt: skip
        runs.append(run)
        for segment in SEGMENTS:
            rows += [row for name in names() for row in _rows(run, name, day, segment)]
        rows.append(make_row(run, "gone", "drift.ks", None, status="missing_column"))
        pictures += [
            Histogram(run.run_id, "", "amount", (0.0, 1.0), None, (1.0, 2.0, 3.0), (3.0, 2.0, 1.0)),
            Histogram(run.run_id, "", "kind", None, ("a", "b"), (4.0, 4.0), (8.0, 0.0)),
        ]
    return Results(rows, runs, pictures)


def _rows(run: Run, name: str, day: int, segment: str) -> list[Result]:
    value = 1.0 + math.sin(day)
    judged = name.startswith(("drift.", "performance.", "fairness."))
    scored = name.startswith(("performance.", "fairness."))
    more = {
        "segment": segment,
        "params": "q=0.5" if name == "quality.quantile" else "",
        "threshold": 0.5 if judged else None,
        "alert": value > 1.5 if judged else None,
        "p_value": 0.01 if name == "drift.ks" else None,
        "q_value": 0.02 if name == "drift.ks" or scored else None,
        "effect_size": 0.1 if scored else None,
        "null_quantile": 0.1 if judged else None,
        "ci_low": value - 0.1,
        "ci_high": value + 0.1,
        "n_current": 900,
    }
    family = name.partition(".")[0]
    table = name in OF_THE_TABLE or family in ("performance", "service")
    if name == "quality.missing_share":
        columns: tuple[str, ...] = ("", *COLUMNS)
    else:
        columns = ("",) if table else COLUMNS
    return [make_row(run, column, name, value, **more) for column in columns]


def measurements() -> list[Benchmark]:
    """Two tasks on two days."""
    return [
        Benchmark(FIRST_DAY + day * DAY + timedelta(hours=1), "machine", "0.1.0", isa, 1, task,
                  1_000_000, 0.5, "NumPy", 2.0)
        for day in range(2)
        for isa in ("avx2", "avx512")
        for task in ("profile", "KS")
    ]  # fmt: skip


__all__ = ["DATASET", "STARTED", "STREAMS", "every_metric", "measurements", "names"]
