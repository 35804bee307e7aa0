"""Names are keys: no column, pair or segment is taken for another whose joined text is alike."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simdrift as sd
from simdrift.metrics.names import column_text, segment_text
from simdrift.results import Results

ROWS = 240
HOURS = np.datetime64("2024-03-01T00", "s") + np.arange(ROWS).astype("timedelta64[h]")


def rows_of(results: Results) -> list[tuple[str, str, str]]:
    return [(row.segment, row.column, row.metric) for row in results]


def moved(names: Sequence[str], which: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns of equal values, and the same with one of them far away."""
    before = {name: np.arange(100.0) for name in names}
    return before, {**before, which: before[which] + 300.0}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", "(no name)"),
        ("(no name)", '"(no name)"'),
        ("a ~ b", "a ~ b"),
        ("c=1 & b=2", "c=1 & b=2"),
        ("(table)", "(table)"),
        (" ", " "),
    ],
)
def test_the_drift_of_a_column_counts_whatever_its_name(name: str, shown: str) -> None:
    before, now = moved(["", "(no name)", "a ~ b", "c=1 & b=2", "(table)", " "], name)
    prepared = sd.Reference.fit(before)
    for report in (sd.compare(before, now), prepared.compare(now)):
        assert report.summary.drifted_columns == (shown,)
        assert [row.value for row in report.results.filter(metric="drift.dataset_count")] == [1.0]
        assert report.roles == {column_text(column): "feature" for column in before}
        assert report.types[shown] == "float64"
        own = report.results.filter(column=shown, metric="drift.ks")
        assert [row.value for row in own] == [1.0]
        assert {row.column for row in report.results.histograms} == set(report.types)
        assert not report.results.filter(metric="performance.mae")
        assert report.explain().columns[0].name == shown


def test_a_prepared_reference_with_an_empty_name_comes_back_from_its_file(tmp_path: Path) -> None:
    before, now = moved(["", "x"], "")
    prepared = sd.Reference.fit(before)
    prepared.save(tmp_path / "reference")
    loaded = sd.Reference.load(tmp_path / "reference")
    assert list(loaded.columns) == ["", "x"]
    assert list(loaded.compare(now).results) == list(prepared.compare(now).results)


def test_the_empty_name_takes_roles_limits_and_weights() -> None:
    before, now = moved(["", "x", "w"], "")
    before["w"] = now["w"] = np.arange(100.0) % 3
    report = sd.compare(
        before,
        now,
        columns=["", "x"],
        roles={"prediction": "", "target": "x"},
        thresholds={"": {"quality.missing_share": 0.5}, "quality.missing_share": 0.25},
    )
    results = report.results
    assert report.roles["(no name)"] == "prediction"
    assert [row.value for row in results.filter(metric="performance.mae")] == [300.0]
    limits = {row.column: row.threshold for row in results.filter(metric="quality.missing_share")}
    assert limits == {"": 0.25, "(no name)": 0.5, "x": 0.25}
    weighted = sd.compare(
        {"": before["w"], "x": before["x"]}, {"": now["w"], "x": now["x"]}, weights=""
    )
    assert "(no name)" not in weighted.types
    plain = sd.compare(before, now).results.filter(column="x", metric="drift.ks")
    assert [row.n_current for row in plain] == [100]


def test_a_profile_has_the_column_without_a_name() -> None:
    report = sd.profile({"": np.array([1.0, np.nan, 3.0]), "(no name)": np.arange(3.0)})
    assert [line.column for line in report.columns] == ["(no name)", '"(no name)"']
    assert report.columns[0].value("missing_share") == pytest.approx(1 / 3)
    assert report.columns[0].type == "float64"


def test_windows_keep_a_column_without_a_name_apart_from_the_table() -> None:
    x = np.arange(float(ROWS)) % 24
    spec = sd.Spec(
        monitor="names",
        columns=sd.Columns(timestamp="t"),
        reference=sd.ReferenceSpec(start="2024-03-01", end="2024-03-05"),
        start="2024-03-05",
    )
    hidden = np.where(np.arange(ROWS) % 2 == 0, x, np.nan)
    results = sd.monitor(spec, {"t": HOURS, "x": x, "": hidden})
    assert set(results.table.columns) == {"x", "(no name)", ""}
    assert len(set(rows_of(results))) * 6 == len(results)
    assert {one.column for one in results.histograms} == {"x", "(no name)"}
    assert not [row for row in results if row.metric.startswith("performance.")]
    back = Results.from_json(results.to_json())
    assert list(back) == list(results)


def test_pairs_are_apart_from_columns_and_from_each_other() -> None:
    names = ["a", "a ~ b", "b", "b ~ c", "c"]
    rng = np.random.default_rng(3)
    data = {name: rng.normal(size=100) for name in names}
    spec = sd.Spec(
        monitor="pairs",
        columns=sd.Columns(timestamp="t"),
        reference="previous",
        metrics=sd.Metrics(correlations="numeric"),
    )
    results = sd.monitor(spec, {"t": HOURS[:48], **{n: v[:48] for n, v in data.items()}})
    pairs = [row for row in results if row.metric == "quality.correlation"]
    assert len({row.column for row in pairs}) == 10
    assert {'"a ~ b" ~ c', 'a ~ "b ~ c"', "a ~ b"} < {row.column for row in pairs}


def test_segments_whose_values_look_joined_stay_apart() -> None:
    c = np.array(["1", "1 & b=2"] * 200)
    b = np.repeat(["2", "3"], 200)
    before = {"c": c, "b": b, "c=1 & b": b, "x": np.arange(400.0)}
    now = {**before, "x": np.where(c == "1", before["x"] + 900.0, before["x"])}
    cuts = ["c", "b", ("c", "b"), "c=1 & b"]
    compared = sd.compare(before, now, columns=["x"], segments=cuts, methods="ks").results
    spec = sd.Spec(
        monitor="compare",
        window="all",
        columns=sd.Columns(features=("x",)),
        segments=cuts,
        methods="ks",
    )
    prepared = sd.Reference.fit(before, spec=spec).compare(now).results
    for results in (compared, prepared):
        found = {row.segment: row.value for row in results.filter(column="x", metric="drift.ks")}
        assert found == {
            "": 0.5,
            "c=1": 1.0,
            'c="1 & b=2"': 0.0,
            "b=2": 0.5,
            "b=3": 0.5,
            "c=1 & b=2": 1.0,
            "c=1 & b=3": 1.0,
            'c="1 & b=2" & b=2': 0.0,
            'c="1 & b=2" & b=3': 0.0,
            '"c=1 & b"=2': 0.5,
            '"c=1 & b"=3': 0.5,
        }


PARTS = [
    "",
    "a",
    "~",
    " ~ ",
    "a ~ b",
    "=",
    "&",
    " & ",
    " &",
    "& ",
    '"',
    '"a"',
    "(no name)",
    '"(no name)"',
]


def test_no_two_keys_have_one_text() -> None:
    keys = [None, *PARTS, *product(PARTS, PARTS)]
    columns = [column_text(key) for key in keys if not isinstance(key, tuple)]
    pairs = [column_text(key) for key in keys if isinstance(key, tuple)]
    assert len(set(columns)) == len(columns)
    assert len(set(pairs)) == len(pairs)
    assert "" not in columns[1:]
    assert "" not in pairs
    few = [*PARTS[:4], *PARTS[5:12]]
    ones = [segment_text((c,), (v,)) for c, v in product(PARTS, PARTS)]
    twos = [segment_text(p[:2], p[2:]) for p in product(few, few, few, few)]
    assert len(set(ones + twos)) == len(ones) + len(twos)
