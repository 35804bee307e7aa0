"""A changed schema alerts in comparisons, monitors and reports, and ends none of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import simdrift as sd
from simdrift.schema import Schema

HOURS = 24 * 10


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    draw = np.random.default_rng(7)
    return pd.DataFrame(
        {
            "time": pd.date_range("2024-01-01", periods=HOURS, freq="h"),
            "fare": draw.normal(size=HOURS),
            "kind": np.tile(["a", "b"], HOURS // 2),
        }
    )


def changed(frame: pd.DataFrame) -> pd.DataFrame:
    """From 9 January on another kind; all days have a column more."""
    late = frame.time >= "2024-01-09"
    return frame.assign(kind=frame.kind.where(~late, "z"), extra=1)


def schema_rows(results: sd.Results) -> list[tuple[str, str, float | None]]:
    found = (row for row in results if row.metric.startswith("schema.") and row.alert)
    return [(row.column, row.metric, row.value) for row in found]


def test_a_comparison_has_the_differences_and_compares_what_remains(frame: pd.DataFrame) -> None:
    current = frame.rename(columns={"fare": "fare_amount"}).drop(columns="kind")
    report = sd.compare(frame, current, schema="reference")
    assert schema_rows(report.results) == [
        ("fare", "schema.renamed", 1.0),
        ("kind", "schema.removed", 1.0),
    ]
    assert report.results.filter(metric="drift.dataset")[0].status == "ok"
    assert "looks renamed: fare → fare_amount" in report.table(width=120)
    assert "column looks renamed" in report.to_html()
    same = sd.compare(frame, frame, schema=Schema.infer(frame))
    assert same.results.filter(metric="schema.changes")[0].value == 0.0
    assert not [row for row in sd.compare(frame, frame).results if "schema" in row.metric]


def spec_of(path: Path | str, **rest: object) -> sd.Spec:
    reference = {"start": "2024-01-01", "end": "2024-01-08"}
    return sd.Spec(
        monitor="m",
        columns=sd.Columns(timestamp="time", ignore=["extra"]),
        **{"reference": reference, "start": "2024-01-08", "schema": str(path), **rest},
    )


def test_a_monitor_has_the_differences_of_each_window(frame: pd.DataFrame, tmp_path: Path) -> None:
    Schema.infer(frame).save(tmp_path / "s.toml")
    results = sd.monitor(spec_of(tmp_path / "s.toml"), changed(frame))
    found = [
        (row.window_start.day, row.column, row.metric, row.value)
        for row in results
        if row.metric.startswith("schema.") and row.window_start is not None
    ]
    assert found == [
        (8, "", "schema.changes", 1.0),
        (8, "extra", "schema.added", 1.0),
        (9, "", "schema.changes", 2.0),
        (9, "extra", "schema.added", 1.0),
        (9, "kind", "schema.domain", 24.0),
        (10, "", "schema.changes", 2.0),
        (10, "extra", "schema.added", 1.0),
        (10, "kind", "schema.domain", 24.0),
    ]


@pytest.mark.parametrize("reference", ["previous", "growing"])
def test_a_reference_that_moves_has_them_too(
    reference: str, frame: pd.DataFrame, tmp_path: Path
) -> None:
    Schema.infer(frame).save(tmp_path / "s.toml")
    spec = spec_of(tmp_path / "s.toml", reference=reference)
    rows = sd.monitor(spec, changed(frame)).filter(metric="schema.domain")
    assert [row.value for row in rows] == [24.0, 24.0]


def test_the_reference_s_own_schema_is_one(frame: pd.DataFrame) -> None:
    results = sd.monitor(spec_of("reference"), changed(frame).drop(columns="extra"))
    assert schema_rows(results) == [("kind", "schema.domain", 24.0)] * 2
    prepared = sd.Reference.fit(frame)
    with pytest.raises(sd.SpecError, match=r"save its schema with Schema\.infer"):
        prepared.compare(frame, schema="reference")
    differ = prepared.compare(changed(frame), schema=Schema.infer(frame)).results
    assert schema_rows(differ) == [("kind", "schema.domain", 48.0), ("extra", "schema.added", 1.0)]


def test_another_schema_makes_other_runs(frame: pd.DataFrame, tmp_path: Path) -> None:
    schema = Schema.infer(frame)
    schema.save(tmp_path / "s.toml")
    first = sd.monitor(spec_of(tmp_path / "s.toml"), frame).runs[0].run_id
    (tmp_path / "moved").mkdir()
    schema.save(tmp_path / "moved" / "s.toml")
    assert sd.monitor(spec_of(tmp_path / "moved" / "s.toml"), frame).runs[0].run_id == first
    Schema(schema.columns, warn=["added"]).save(tmp_path / "s.toml")
    assert sd.monitor(spec_of(tmp_path / "s.toml"), frame).runs[0].run_id != first


def test_the_schema_of_a_file_is_found_next_to_it(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text("monitor = 'm'\nwindow = 'all'\nschema = 's.toml'\n")
    assert sd.Spec.from_toml(tmp_path / "m.toml").schema == str(tmp_path / "s.toml")
    (tmp_path / "m.toml").write_text("monitor = 'm'\nwindow = 'all'\nschema = 'reference'\n")
    assert sd.Spec.from_toml(tmp_path / "m.toml").schema == "reference"
