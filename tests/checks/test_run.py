"""Checks of values over all rows, of types and ages, and of any metric of the catalogue."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

import simdrift as sd
from simdrift.checks import Check

NOON = dt.datetime(2024, 1, 1, 12)
VALUES: list[tuple[list[Any], dict[str, Any], float | None, str]] = [
    ([1, 2, 3], {"name": "row_count", "column": None, "min": 3}, 3.0, "pass"),
    ([1, 2, 3], {"name": "row_count", "column": None, "max": 2}, 3.0, "fail"),
    ([1, None, None, 4], {"name": "max_missing_share", "share": 0.5}, 0.5, "pass"),
    ([1, None, None, 4], {"name": "max_missing_share", "share": 0.4}, 0.5, "fail"),
    ([[1], None], {"name": "max_missing_share", "share": 0.4}, 0.5, "fail"),
    ([1.0, 2.0, None, float("inf")], {"name": "mean_between", "min": 1, "max": 2}, 1.5, "pass"),
    ([1.0, 2.0], {"name": "mean_between", "min": 1.6}, 1.5, "fail"),
    ([None, None], {"name": "mean_between", "min": 0}, None, "fail"),
    ([1, 2, 3, 4], {"name": "quantile_between", "q": 0.5, "max": 2.5}, 2.5, "pass"),
    ([1, 2, 3, 4], {"name": "quantile_between", "q": 0.75, "max": 3}, 3.25, "fail"),
    ([1, 2], {"name": "column_exists"}, 1.0, "pass"),
    ([1, 2], {"name": "of_type", "type": "int8"}, 1.0, "pass"),
    ([1, 2], {"name": "of_type", "type": "double"}, 1.0, "pass"),
    ([1, 2], {"name": "of_type", "type": "string"}, 0.0, "fail"),
    ([NOON], {"name": "max_age", "age": "2h"}, 3600.0, "pass"),
    ([NOON], {"name": "max_age", "age": 3599}, 3600.0, "fail"),
    ([NOON + dt.timedelta(days=1)], {"name": "max_age", "age": "1h"}, -82800.0, "pass"),
    ([1.0, 2.0, 3.0], {"name": "metric", "metric": "quality.mean", "max": 2}, 2.0, "pass"),
    ([1.0, 2.0, 3.0], {"name": "metric", "metric": "quality.mean", "min": 2.5}, 2.0, "fail"),
    ([1.0, 2.0], {"name": "metric", "metric": "quality.quantile", "q": 0.5, "max": 1}, 1.5, "fail"),
    ([1.0, 2.0], {"name": "metric", "metric": "drift.psi", "max": 0.1}, None, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "options", "value", "state"), VALUES)
def test_a_value_is_between_its_limits_or_the_check_has_failed(
    values: list[Any], options: dict[str, Any], value: float | None, state: str
) -> None:
    check = Check(**{"column": "x", **options})
    now = dt.datetime(2024, 1, 1, 13, tzinfo=dt.UTC)
    report = sd.check({"x": values}, checks=check, now=now)
    assert (report.lines[0].value, report.lines[0].state) == (value, state)
    assert report.results[0].alert == (state == "fail")


def test_a_check_that_warns_does_not_fail() -> None:
    report = sd.check({"x": [1, None]}, checks=Check("not_null", "x", severity="warn"))
    assert report.passed
    assert report.results.passed
    assert report.counts == {"pass": 0, "warn": 1, "fail": 0}
    assert report.results[0].params == "severity=warn"


def test_drift_is_of_the_reference() -> None:
    reference, current = {"x": np.arange(1000.0)}, {"x": np.arange(1000.0) + 500}
    check = Check("metric", "x", metric="drift.ks", max=0.1)
    (line,) = sd.check(current, checks=check, reference=reference).lines
    assert (line.value, line.state) == (0.5, "fail")
    assert line.message == "drift.ks is 0.5, above 0.1"
    assert sd.check(reference, checks=check, reference=reference).passed


def test_performance_is_of_the_model_s_columns() -> None:
    data = {"y": [1.0, 2.0, 4.0], "p": [1.0, 3.0, 3.0]}
    check = Check("metric", metric="performance.mae", max=0.5)
    report = sd.check(data, checks=check, roles={"target": "y", "prediction": "p"})
    assert report.lines[0].value == pytest.approx(2 / 3)
    assert report.lines[0].state == "fail"
    assert "sd.check(..., roles=...)" in sd.check(data, checks=check).lines[0].message


def test_a_metric_of_one_s_own_is_checked() -> None:
    sd.metric("custom.total", better="lower")(lambda rows: float(rows["x"].sum()))
    check = Check("metric", metric="custom.total", max=5)
    assert sd.check({"x": [1.0, 2.0]}, checks=check).lines[0].value == 3.0


def test_three_sigmas_are_those_of_the_reference_s_windows() -> None:
    draw = np.random.default_rng(5)
    reference = draw.normal(size=(20, 100))
    means = reference.mean(axis=1)
    width = 3 * means.std(ddof=1) * np.sqrt(1 + 1 / 20)
    check = Check("metric", "x", metric="quality.mean", sigmas=3)

    def state(mean: float) -> str:
        current = draw.normal(size=100)
        data = {"x": current - current.mean() + mean}
        return sd.check(data, checks=check, reference={"x": reference.ravel()}).lines[0].state

    inside, outside = means.mean() + 0.99 * width, means.mean() - 1.01 * width
    assert (state(inside), state(outside)) == ("pass", "fail")
    (line,) = sd.check({"x": [1.0]}, checks=check).lines
    assert "its usual range needs a reference" in line.message


def test_three_sigmas_hold_in_all_but_a_few_of_a_hundred() -> None:
    draw = np.random.default_rng(11)
    check = Check("metric", "x", metric="quality.mean", sigmas=3)
    failed = 0
    for _ in range(60):
        reference, current = {"x": draw.normal(size=2000)}, {"x": draw.normal(size=200)}
        failed += not sd.check(current, checks=check, reference=reference).passed
    assert failed <= 5  # expected 60 times 0.015 (Student's t of 9 degrees of freedom)


def test_a_schema_and_checks_are_one_report() -> None:
    schema = sd.Schema.infer({"x": [1, 2], "y": ["a", "b"]})
    report = sd.check({"x": [1, None], "z": [1, 2]}, schema, [Check("not_null", "x")])
    assert [(line.check, line.column, line.state) for line in report.lines] == [
        ("schema", "x", "fail"),
        ("schema", "y", "fail"),
        ("schema", "z", "fail"),
        ("schema: order", "", "pass"),
        ("not_null", "x", "fail"),
    ]
    assert {row.metric for row in report.results.filter(alert=True)} == {
        "schema.nullability",
        "schema.removed",
        "schema.added",
        "check.not_null",
    }


def test_an_unexpected_failure_costs_one_check(monkeypatch: pytest.MonkeyPatch) -> None:
    from simdrift.monitoring import check as run

    def broken(*_: object) -> None:
        raise ZeroDivisionError("odd")

    monkeypatch.setitem(run._VALUES, "row_count", broken)  # type: ignore[arg-type]
    checks = [Check("row_count", min=1), Check("not_null", "x")]
    report = sd.check({"x": [1]}, checks=checks)
    assert [line.state for line in report.lines] == ["fail", "pass"]
    assert report.lines[0].message == "ZeroDivisionError: odd"
