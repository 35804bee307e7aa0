"""An exception that nobody foresaw costs one metric of one column, in every family."""

from __future__ import annotations

import logging

import metric_rows
import numpy as np
import pytest

import simdrift as sd
from simdrift import _core
from simdrift.columns import as_column
from simdrift.metrics import performance, registry
from simdrift.metrics.columns import CurrentColumn
from simdrift.metrics.evaluate import attempt, evaluated
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.performance import scoring
from simdrift.metrics.performance.predictions import Predictions
from simdrift.metrics.performance.scoring import performance_rows
from simdrift.metrics.values import Outcome


def broken(*_: object, **__: object) -> None:
    raise RuntimeError("broken kernel")


def column(name: str = "x", rows: int = 50) -> CurrentColumn:
    values = np.random.default_rng(rows).normal(size=rows)
    return CurrentColumn(name, as_column(values, name=name), threads=None)


def test_a_value_comes_through_and_what_is_not_finite_is_overflow():
    assert evaluated("drift.x", "a", lambda: Outcome(2.0)).value == 2.0
    assert evaluated("drift.x", "a", lambda: Outcome(float("inf"))).status == "overflow"


def test_an_exception_is_a_status_and_is_logged_with_metric_and_column(caplog):
    with caplog.at_level(logging.ERROR, logger="simdrift"):
        found = evaluated("drift.x", "fare", broken)
    assert (found.value, found.status) == (None, "error")
    assert found.reason == "RuntimeError: broken kernel"
    assert "drift.x of column 'fare' failed" in caplog.text


def test_an_interrupt_is_raised():
    def interrupted() -> Outcome:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt("drift.x", "a", interrupted)


def test_a_failing_pass_over_target_and_prediction_costs_its_metrics_only(monkeypatch):
    monkeypatch.setattr(_core, "pair_profile_groups", broken)
    y, p = (ColumnGroups.of(column(name, 9)) for name in ("y", "p"))
    rows = performance_rows(Predictions(y, p), ("mae", "rmse", "r2"))
    assert {row.at(0).status for row in rows} == {"error"}
    assert performance.mae(np.arange(9.0), np.arange(9.0)).status == "error"


def test_a_failing_score_costs_one_metric(monkeypatch):
    known = scoring.score_functions()
    monkeypatch.setattr(scoring, "score_functions", lambda: {**known, "rmse": broken})
    y, p = (ColumnGroups.of(column(name, 9)) for name in ("y", "p"))
    rows = [row.at(0) for row in performance_rows(Predictions(y, p), ("mae", "rmse"))]
    found = {row.metric: row.status for row in rows}
    assert found == {"performance.mae": "ok", "performance.rmse": "error"}


def test_a_failing_correlation_costs_its_pair_only(monkeypatch):
    monkeypatch.setattr(_core, "pair_profile_groups", broken)
    row = metric_rows.correlation_row(column("a"), column("b"))
    assert (row.value, row.status, row.n_current) == (None, "error", 50)


def test_a_comparison_goes_on_where_the_pair_pass_fails(monkeypatch):
    monkeypatch.setattr(_core, "pair_profile_groups", broken)
    start = np.datetime64("2024-01-01", "s") + np.arange(200) * np.timedelta64(1, "h")
    data = {"t": start, "y": np.arange(200.0), "p": np.arange(200.0)}
    spec = sd.Spec(
        monitor="m",
        reference=sd.ReferenceSpec(end="2024-01-03"),
        columns=sd.Columns(timestamp="t", target="y", prediction="p"),
        metrics=sd.Metrics(performance=("mae",), quality=("mean",)),
        window="1d",
    )
    results = sd.monitor(spec, data)
    statuses = {row.status for row in results if row.metric == "performance.mae"}
    assert statuses == {"error"}
    assert {row.status for row in results if row.metric == "quality.mean"} == {"ok"}


def test_failing_quantiles_of_a_monitor_cost_their_rows_only(monkeypatch):
    monkeypatch.setattr(_core, "quantiles_groups", broken)
    start = np.datetime64("2024-01-01", "s") + np.arange(200) * np.timedelta64(1, "h")
    spec = sd.Spec(
        monitor="m",
        reference=sd.ReferenceSpec(end="2024-01-03"),
        columns=sd.Columns(timestamp="t"),
        metrics=sd.Metrics(quantiles={"x": (0.5, 0.9)}, quality=("mean",)),
        window="1d",
    )
    results = sd.monitor(spec, {"t": start, "x": np.arange(200.0)})
    found = {(row.params, row.status) for row in results if row.metric == "quality.quantile"}
    assert found == {("q=0.5", "error"), ("q=0.9", "error")}
    assert {row.status for row in results if row.metric == "quality.mean"} == {"ok"}


CALLS = [
    *(name for name in dir(_core) if name.endswith("_groups") and name != "digest_groups"),
    "sort_both", "two_sample", "rank_statistics", "pair_profile", "quantiles", "histogram",
    "characteristic", "deviation_profile", "median_deviation", "top_values", "ks_limit_p",
    "pooled_quantiles", "mmd_quadratic",
]  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_a_failing_call_of_the_core_ends_no_comparison_and_no_run(monkeypatch, name):
    hours = np.datetime64("2024-01-01", "s") + np.arange(120) * np.timedelta64(1, "h")
    rng = np.random.default_rng(5)
    data = {
        "t": hours, "x": rng.normal(size=120), "y": rng.normal(size=120),
        "p": rng.normal(size=120), "c": np.array(list("abcd") * 30),
    }  # fmt: skip
    slow = ("domain_classifier", "pca_reconstruction")
    methods = [one for one in registry.methods() if one not in slow]
    spec = sd.Spec(
        monitor="m",
        columns=sd.Columns(timestamp="t", target="y", prediction="p"),
        reference=sd.ReferenceSpec(end="2024-01-04"),
        methods=methods,
        metrics=sd.Metrics(quantiles={"x": [0.1, 0.5]}, correlations=[("x", "y")]),
    )
    monkeypatch.setattr(_core, name, broken)
    assert len(sd.monitor(spec, data)) > 100
    sides = ({key: values[:99] for key, values in data.items()}, data)
    assert len(sd.compare(*sides, methods=methods).results) > 40
