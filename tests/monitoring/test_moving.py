"""References that move: each window has the values of a fixed reference of the rows before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

import simdrift as sd
from simdrift._errors import SpecError

DAYS, A_DAY = 16, 24
METHODS = ["ks", "wasserstein_normed", "psi", "jensen_shannon", "chi_square", "t_test"]
FIELDS = ("column", "segment", "metric", "params", "value", "p_value", "q_value", "status",
          "effect_size", "alert", "null_quantile", "n_reference", "n_current")  # fmt: skip


def _data(seed: int = 3) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    n = DAYS * A_DAY
    x = rng.normal(size=n) + np.arange(n) / n
    x[rng.integers(0, n, 20)] = np.nan
    return {
        "t": np.datetime64("2024-01-01T00", "s") + np.arange(n).astype("timedelta64[h]"),
        "x": x,
        "c": np.array(list("aab"))[rng.integers(0, 3, n)],
    }


def _spec(**rest: Any) -> sd.Spec:
    return sd.Spec(
        monitor="m", dataset="d", columns=sd.Columns(timestamp="t"), methods=METHODS, **rest
    )


def _rows(frame: dict[str, Any], days: list[int]) -> dict[str, Any]:
    kept = np.isin(np.arange(DAYS * A_DAY) // A_DAY, days)
    return {name: values[kept] for name, values in frame.items()}


def _days_before(kind: str, day: int, windows: int | None) -> list[int]:
    """2024-01-01 is a Monday: day 0, 7, 14, ... are Mondays."""
    before = list(range(day))
    if kind == "previous":
        return before[-1:]
    if kind == "rolling":
        return before[-(windows or 0) :]
    if kind == "same_weekday":
        return [d for d in before if d % 7 == day % 7][-(windows or 0) :]
    return before


def _values(results: Any) -> list[tuple[Any, ...]]:
    return [tuple(getattr(row, name) for name in FIELDS) for row in results]


@pytest.mark.parametrize(
    ("kind", "windows"),
    [("previous", None), ("rolling", 3), ("same_weekday", 1), ("same_weekday", 2),
     ("growing", None)],
)  # fmt: skip
def test_each_window_equals_a_fixed_reference_of_the_rows_before_it(kind, windows):
    data = _data()
    results = sd.monitor(_spec(reference=sd.ReferenceSpec(moving=kind, windows=windows)), data)
    for day in range(DAYS):
        start = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day)
        found = [row for row in results if row.window_start == start]
        before = _days_before(kind, day, windows)
        if not before:
            assert {r.status for r in found if r.metric.startswith("drift.")} == {"no_reference"}
            assert {r.status for r in found if r.metric == "quality.missing_share"} == {"ok"}
            continue
        fixed = sd.monitor(_spec(), _rows(data, [day]), _rows(data, before))
        assert _values(found) == _values(fixed), (kind, day)


def test_segments_have_references_of_their_own():
    data = _data()
    data["k"] = np.array(["u", "v"])[np.arange(DAYS * A_DAY) % 2]
    spec = _spec(reference="growing", segments=["k"])
    results = sd.monitor(spec, data)
    last = max(row.window_start for row in results)
    n = {r.segment: r.n_reference for r in results
         if r.window_start == last and r.metric == "drift.ks" and r.column == "x"}  # fmt: skip
    whole = n.pop("")
    assert whole == int(np.isfinite(data["x"][: (DAYS - 1) * A_DAY]).sum())
    assert set(n) == {"k=u", "k=v"}
    assert sum(n.values()) == whole


def test_a_sliding_window_is_never_compared_with_its_own_rows():
    data = _data()
    spec = _spec(reference="previous", window="3d/1d")
    results = sd.monitor(spec, data)
    assert {run.rows for run in results.runs} == {72}
    first = [r for r in results if r.metric == "drift.psi" and r.column == "x"]
    statuses = [r.status for r in first]
    assert statuses[:3] == ["no_reference"] * 3  # three windows end after the fourth begins
    assert set(statuses[3:]) == {"ok"}


def test_stretches_of_windows_give_what_all_windows_give():
    data = _data()
    spec = _spec(reference=sd.ReferenceSpec(moving="rolling", windows=2))
    every = sd.monitor(spec, data)
    cut = datetime(2024, 1, 9, tzinfo=UTC)
    parts = sd.monitor(spec, data, between=(None, cut)) + sd.monitor(
        spec, data, between=(cut, None)
    )
    assert _values(parts) == _values(every)
    assert [run.run_id for run in parts.runs] == [run.run_id for run in every.runs]


def test_the_reference_is_part_of_a_run_s_identity():
    data = _data()
    changed = {**data, "x": data["x"].copy()}
    changed["x"][A_DAY] = 99.0  # a row of the second day
    spec = _spec(reference="previous")
    before, after = (sd.monitor(spec, one).runs for one in (data, changed))
    differ = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a.run_id != b.run_id]
    assert differ == [1, 2]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"moving": "previous", "start": "2024-01-01"}, "expected 'moving' or 'start', found both"),
        ({"moving": "rolling"}, "'windows' is missing"),
        ({"moving": "growing", "windows": 3}, "expected 'windows' with moving"),
        ({"moving": "last"}, "previous"),
        ({}, "'moving'"),
    ],
)
def test_what_can_not_be_meant_is_refused(values, message):
    with pytest.raises(SpecError, match=message):
        _spec(reference=values)


def test_a_reference_beside_one_that_moves_is_refused():
    data = _data()
    with pytest.raises(SpecError, match="expected no other reference"):
        sd.monitor(_spec(reference="previous"), data, data)


def test_a_moving_reference_is_read_from_toml(tmp_path):
    path = tmp_path / "monitor.toml"
    path.write_text(
        'monitor = "m"\ncolumns = { timestamp = "t" }\n'
        'reference = { moving = "same_weekday", windows = 4 }\n'
    )
    spec = sd.Spec.from_toml(path)
    assert (spec.reference.moving, spec.reference.windows) == ("same_weekday", 4)
    path.write_text('monitor = "m"\ncolumns = { timestamp = "t" }\nreference = "growing"\n')
    assert sd.Spec.from_toml(path).reference.moving == "growing"
    assert 'moving = "growing"' in sd.Spec.from_toml(path).to_toml()
