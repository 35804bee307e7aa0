"""Checks of a monitor: rows of every window and segment, which alert, are shown and stored."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import simdrift as sd
from simdrift.cli import run_command
from simdrift.reports import Report

ROWS = 48 * 10
BETWEEN = sd.Check("between", "fare", min=0)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    draw = np.random.default_rng(7)
    found = pd.DataFrame(
        {
            "time": pd.date_range("2024-01-01", periods=ROWS, freq="30min"),
            "fare": draw.normal(10, 1, size=ROWS),
            "kind": np.tile(["a", "b"], ROWS // 2),
            "id": np.arange(ROWS),
        }
    )
    found.loc[400:403, "fare"] = -1.0  # four rows of 9 January, two of each kind
    found.loc[450, "id"] = 449  # 10 January
    return found


def spec_of(checks: Any, **rest: Any) -> sd.Spec:
    reference = {"start": "2024-01-01", "end": "2024-01-06"}
    return sd.Spec(
        **{
            "monitor": "m",
            "columns": sd.Columns(timestamp="time", ignore=["id"]),
            "reference": reference,
            "start": "2024-01-06",
            "checks": checks,
            **rest,
        }
    )


def failed(results: sd.Results) -> list[tuple[int, str, str, str, float | None]]:
    return [
        (row.window_start.day, row.segment, row.column, row.metric, row.value)
        for row in results
        if row.metric.startswith("check.") and row.alert and row.window_start is not None
    ]


@pytest.mark.parametrize("moves", [{}, {"reference": "previous"}, {"reference": "growing"}])
def test_every_window_and_segment_has_them(frame: pd.DataFrame, moves: Any) -> None:
    checks = [BETWEEN, sd.Check("unique", "id"), sd.Check("increasing", "time")]
    results = sd.monitor(spec_of(checks, segments=["kind"], **moves), frame)
    assert sorted(failed(results)) == [
        (9, "", "fare", "check.between", 4.0),
        (9, "kind=a", "fare", "check.between", 2.0),
        (9, "kind=b", "fare", "check.between", 2.0),
        (10, "", "id", "check.unique", 2.0),
    ]
    rows = [row for row in results if row.metric == "check.between" and not row.segment]
    assert [row.n_current for row in rows] == [48] * 5
    assert results.filter(metric="check.between", alert=True)[0].effect_size == 4 / 48
    assert results.reason("fare") == "4 of 48 rows fail: -1.0"


def test_windows_have_what_a_check_of_their_rows_alone_has(frame: pd.DataFrame) -> None:
    checks = [
        BETWEEN,
        sd.Check("between", "fare", max=10.5, at_most=0.2),
        sd.Check("not_null", "gone"),
        sd.Check("in_set", "kind", values=["a"], severity="warn"),
        sd.Check("matches", "kind", pattern="^[ab]$"),
        sd.Check("matches", "fare", pattern="a"),
        sd.Check("unique", ["kind", "id"]),
        sd.Check("increasing", "id", strict=True),
        sd.Check("row_count", min=49),
        sd.Check("max_missing_share", "fare", share=0.0),
        sd.Check("mean_between", "fare", max=9.0),
        sd.Check("quantile_between", "fare", q=0.5, min=10.0),
        sd.Check("column_exists", "gone"),
        sd.Check("of_type", "id", type="string"),
        sd.Check("metric", "fare", metric="quality.std", max=1.5),
    ]
    results = sd.monitor(spec_of(checks, window="2d/1d"), frame)
    runs = {run.window_start: run for run in results.runs}
    assert len(runs) == 4  # windows overlap
    for start, run in runs.items():
        assert start is not None
        assert run.window_end is not None
        first, stop = (pd.Timestamp(time).tz_localize(None) for time in (start, run.window_end))
        own = frame[(frame.time >= first) & (frame.time < stop)]
        alone = sd.check(own, checks=checks).results
        parts = [
            {(r.column, r.metric, r.params): r[10:] for r in rows}
            for rows in (alone, [r for r in results if r.window_start == start])
        ]
        assert {key: parts[1].get(key) for key in parts[0]} == parts[0]


def test_a_metric_is_compared_with_the_reference_s_own_rows(frame: pd.DataFrame) -> None:
    checks = [
        sd.Check("metric", "fare", metric="quality.mean", sigmas=4),
        sd.Check("metric", "fare", metric="drift.ks", max=0.6, severity="fail"),
    ]
    moved = frame.assign(fare=frame.fare + 5 * (frame.time >= "2024-01-10"))
    results = sd.monitor(spec_of(checks), moved)
    assert [(day, value is not None) for day, *_, value in failed(results)] == [
        (9, True), (10, True), (10, True),
    ]  # fmt: skip
    first = sd.monitor(spec_of(checks, reference="previous", start="2024-01-01"), moved)
    day = [row for row in first if row.window_start and row.window_start.day == 1]
    assert {row.alert for row in day if row.metric == "check.metric"} == {None}


def test_ages_are_those_at_a_window_s_end_or_now(frame: pd.DataFrame) -> None:
    late = frame[frame.time < "2024-01-10T12:00"]
    spec = spec_of([sd.Check("max_age", "time", age="2h")])
    assert failed(sd.monitor(spec, late)) == [(10, "", "time", "check.max_age", 45_000.0)]
    noon = datetime(2024, 1, 10, 12, 30, tzinfo=UTC)
    assert failed(sd.monitor(spec, late, now=noon)) == []
    with pytest.raises(ValueError, match=r"now: expected a time with a zone"):
        sd.monitor(spec, late, now=datetime(2024, 1, 10))


def test_windows_without_rows_are_judged_and_segments_without_rows_are_not(
    frame: pd.DataFrame,
) -> None:
    there = frame[(frame.time < "2024-01-08") | (frame.time >= "2024-01-09")]
    there = there[(there.kind == "a") | (there.time < "2024-01-10")]
    checks = [sd.Check("row_count", min=1), sd.Check("mean_between", "fare", max=99)]
    spec = spec_of(checks, segments=["kind"], end="2024-01-11")
    rows = failed(sd.monitor(spec, there))
    found = [(day, segment, metric) for day, segment, _, metric, _ in rows]
    assert found == [(8, "", "check.row_count"), (8, "", "check.mean_between")]


def test_a_report_says_what_failed(frame: pd.DataFrame) -> None:
    report = Report(sd.monitor(spec_of([BETWEEN, sd.Check("row_count", min=49)]), frame))
    assert "between: 4 of 48 rows" in report.table(width=140)
    assert "number of rows" in report.to_html()
    assert "between: 4 of 48 rows" in str(report.explain())


def test_other_checks_make_other_runs(frame: pd.DataFrame) -> None:
    ids = [
        sd.monitor(spec_of(checks), frame).runs[0].run_id
        for checks in ((), [BETWEEN], [BETWEEN], [sd.Check("between", "fare", min=1)])
    ]
    assert ids[1] == ids[2]
    assert len({*ids}) == 3


TOML = """
monitor = "m"
data = "rows.parquet"
start = 2024-01-06
{checks}
[reference]
start = 2024-01-01
end = 2024-01-06
[columns]
timestamp = "time"
ignore = ["id"]
"""


@pytest.mark.parametrize(
    "checks",
    [
        'checks = "c.toml"',
        'checks = [{ name = "between", column = "fare", min = 0 }]',
        '[[checks]]\nname = "between"\ncolumn = "fare"\nmin = 0',
    ],
)
def test_a_file_has_them_by_path_or_in_place(
    checks: str, frame: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame.to_parquet(tmp_path / "rows.parquet")
    sd.Checks([BETWEEN]).save(tmp_path / "c.toml")
    (tmp_path / "m.toml").write_text(TOML.format(checks=checks))
    spec = sd.Spec.from_toml(tmp_path / "m.toml")
    assert failed(sd.monitor(spec)) == [(9, "", "fare", "check.between", 4.0)]
    (tmp_path / "again.toml").write_text(spec.to_toml())
    assert sd.Spec.from_toml(tmp_path / "again.toml") == spec
    monkeypatch.chdir(tmp_path)
    ran = ["run", "m.toml", "--no-store", "--no-progress", "--json"]
    assert run_command([*ran, "--fail-on", "any"]) == 1


@pytest.mark.parametrize(
    ("checks", "message"),
    [
        ('[[checks]]\nname = "betwen"\ncolumn = "fare"', r"line 6: 'checks\.0\.name': unknown"),
        ('[[checks]]\nname = "between"\ncolumn = "fare"\nmin = "a"', r"line 8: 'checks\.0\.min'"),
        ("[[checks]]\ncolumn = 'fare'", r"line 5: 'checks\.0': 'name' is missing"),
        ("checks = 3", r"line 5: 'checks': expected a path or a list of checks, found 3"),
        ('checks = ["a"]', r"line 5: 'checks\.0': expected a table, found 'a'"),
    ],
)
def test_a_mistake_is_refused_with_line_and_key(checks: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(TOML.format(checks=checks))
    with pytest.raises(sd.SpecError, match=message):
        sd.Spec.from_toml(tmp_path / "m.toml")


def test_what_a_monitor_can_not_keep_is_refused(frame: pd.DataFrame, tmp_path: Path) -> None:
    keys = sd.Check("foreign_key", "id", data=frame)
    with pytest.raises(sd.SpecError, match=r"check 0: expected a path as 'data', found a frame"):
        spec_of([keys])
    twice = [sd.Check("not_null", "id"), sd.Check("not_null", "id", at_most=0.1)]
    with pytest.raises(sd.SpecError, match=r"'checks': expected checks that differ in name"):
        sd.monitor(spec_of(twice), frame)
    with pytest.raises(sd.SpecError, match=r"c\.toml: .*found no such file"):
        sd.monitor(spec_of(tmp_path / "c.toml"), frame)
