"""What a reference suggests holds of it, and mostly of other rows like it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import simdrift as sd
from simdrift.checks import Checks


def frame(seed: int, rows: int = 1000) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "id": np.arange(rows),
            "time": pd.date_range("2024-01-01", periods=rows, freq="min"),
            "fare": draw.lognormal(size=rows),
            "kind": draw.choice(["a", "b", "c"], rows, p=[0.7, 0.2, 0.1]),
            "tip": np.where(draw.random(rows) < 0.2, np.nan, draw.normal(size=rows)),
            "note": draw.integers(0, 10**9, rows).astype(str),
            "lists": [[1]] * rows,
            "none": [None] * rows,
        }
    )


@pytest.mark.parametrize("rows", [1, 2, 19, 20, 1000])
def test_the_reference_passes_its_own(rows: int) -> None:
    report = sd.check(frame(1, rows), checks=sd.suggest_checks(frame(1, rows)))
    assert report.counts["pass"] == len(report.lines)


def test_rows_like_it_do_not_fail() -> None:
    checks = sd.suggest_checks(frame(1))
    assert all(sd.check(frame(seed), checks=checks).passed for seed in range(2, 12))


def test_what_is_suggested_of_each_column() -> None:
    found: dict[str, list[str]] = {}
    for check in sd.suggest_checks(frame(1)):
        found.setdefault(", ".join(check.columns), []).append(check.name)
    assert found == {
        "": ["row_count"],
        "id": ["not_null", "unique", "between"],
        "time": ["not_null", "increasing"],
        "fare": ["not_null", "between", "mean_between"],
        "kind": ["not_null", "in_set"],
        "tip": ["max_missing_share", "between", "mean_between"],
        "note": ["not_null"] if frame(1).note.duplicated().any() else ["not_null", "unique"],
        "lists": ["column_exists"],
        "none": ["column_exists"],
    }


def test_they_are_saved_with_what_they_come_from(tmp_path: Path) -> None:
    checks = sd.suggest_checks(frame(1))
    checks.save(tmp_path / "c.toml")
    assert Checks.load(tmp_path / "c.toml") == checks
    assert "# no row is earlier than the one before\n[[check]]" in checks.to_toml()


def test_a_reference_without_rows_suggests_columns_alone() -> None:
    assert [one.name for one in sd.suggest_checks(frame(1).iloc[:0])] == ["column_exists"] * 8
    assert list(sd.suggest_checks(pd.DataFrame())) == []
