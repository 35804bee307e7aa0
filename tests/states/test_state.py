"""States against the rows themselves: exact where they say so, an interval that holds elsewhere."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simdrift as sd
from simdrift import State
from simdrift.states.buckets import keys_of, lows_and_highs, truncated

SHAPES = {
    "normal": lambda r, n: r.normal(size=n),
    "lognormal": lambda r, n: r.lognormal(sigma=2.0, size=n),
    "cauchy": lambda r, n: r.standard_cauchy(n),
    "rounded": lambda r, n: r.normal(size=n).round(1),
    "of all sizes": lambda r, n: r.normal(size=n) * 10.0 ** r.integers(-290, 290, n),
    "zeros": lambda r, n: np.where(r.random(n) < 0.7, 0.0, r.normal(size=n)),
    "with gaps": lambda r, n: np.where(r.random(n) < 0.2, np.nan, r.normal(size=n)),
    "infinite": lambda r, n: np.where(r.random(n) < 0.1, np.inf, r.normal(size=n)),
    "integers": lambda r, n: r.integers(-50, 50, n),
    "beyond 2^53": lambda r, n: r.integers(-(2**62), 2**62, n),
    "unsigned": lambda r, n: r.integers(0, 2**64 - 1, n, dtype=np.uint64),
    "float32": lambda r, n: r.normal(size=n).astype(np.float32),
    "booleans": lambda r, n: r.random(n) < 0.3,
    "far from zero": lambda r, n: 1e8 + r.normal(size=n),
}


def value_of(results: sd.Results, metric: str, column: str = "x") -> Any:
    (row,) = results.filter(metric=metric, column=column)
    return row


def exact_moments(values: list[Any]) -> tuple[Fraction, Fraction]:
    rows = [Fraction(v) for v in values]
    mean = sum(rows, Fraction(0)) / len(rows)
    return mean, sum(((v - mean) ** 2 for v in rows), Fraction(0)) / (len(rows) - 1)


@pytest.mark.parametrize("shape", SHAPES)
def test_moments_are_the_exact_ones_rounded_once(shape: str) -> None:
    x = SHAPES[shape](np.random.default_rng(1), 700)
    rows = State.of({"x": x}).profile()
    mean, variance = exact_moments([v for v in x.tolist() if math.isfinite(v)])
    assert value_of(rows, "quality.mean").value == float(mean)
    if shape == "of all sizes":
        assert value_of(rows, "quality.variance").status == "overflow"
    else:
        assert value_of(rows, "quality.variance").value == float(variance)


@pytest.mark.parametrize("shape", SHAPES)
def test_counts_extremes_and_shape_are_the_profiles(shape: str) -> None:
    x = SHAPES[shape](np.random.default_rng(2), 5_000)
    ours, profile = State.of({"x": x}).profile(), sd.profile({"x": x}).results
    for name in ("missing", "missing_share", "nan", "pos_inf", "neg_inf", "zeros", "negatives",
                 "min", "max"):  # fmt: skip
        metric = f"quality.{name}"
        assert value_of(ours, metric).value == value_of(profile, metric).value, name
    for name in ("mean", "std", "skewness", "kurtosis", "sum"):
        a, b = (value_of(rows, f"quality.{name}") for rows in (ours, profile))
        if b.status == "ok" and (name, shape) != ("kurtosis", "of all sizes"):
            assert a.value == pytest.approx(b.value, rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("shape", SHAPES)
def test_every_split_and_order_of_merges_gives_the_same_bytes(shape: str) -> None:
    x = SHAPES[shape](np.random.default_rng(3), 3_000)
    labels = np.array(["a", "b", None, "\u00e9"], dtype=object)[np.arange(3_000) % 4]
    whole = State.of({"x": x, "c": labels})
    choose = random.Random(4)
    for _ in range(3):
        cuts = sorted(choose.sample(range(3_001), 6))
        parts = [
            State.of({"x": x[a:b], "c": labels[a:b]})
            for a, b in zip([0, *cuts], [*cuts, 3_000], strict=True)
        ]
        while len(parts) > 1:
            left, right = (parts.pop(choose.randrange(len(parts))) for _ in range(2))
            parts.append(left.merge(right))
        assert parts[0].to_bytes() == whole.to_bytes()
        assert parts[0].profile().rows[3:] == parts[0].profile().rows[3:]
    stepwise = State.of({"x": x[:1], "c": labels[:1]})
    stepwise.update({"x": x[1:2_000], "c": labels[1:2_000]}).update(
        {"c": labels[2_000:], "x": x[2_000:]}
    )
    assert stepwise == whole
    many = whole.merge(*[State.of({"x": x[:10], "c": labels[:10]})] * 3)
    assert many.rows == 3_030


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=60))
@settings(max_examples=40, deadline=None)
def test_any_floats_lie_in_their_buckets_in_order(values: list[float]) -> None:
    x = np.sort(np.array(values))
    keys = keys_of(x)
    lows, highs = lows_and_highs(keys)
    assert (np.diff(keys) >= 0).all()
    assert (lows <= x).all()
    assert (x <= highs).all()
    assert ((highs - lows) <= np.maximum(np.abs(x) * 2.0**-6, 1e-300)).all()


def test_wide_integers_cross_no_border() -> None:
    values = np.array([2**53 - 1, 2**53 + 1, 2**60 - 1, -(2**60) + 1, 2**62 - 1, -(2**63)])
    floats = truncated(values)
    assert [abs(int(v)) <= abs(int(w)) for v, w in zip(floats, values, strict=True)] == [True] * 6
    assert int(floats[2]) == 2**60 - 2**11 + 0 or int(floats[2]) < 2**60
    assert (np.diff(keys_of(np.sort(floats))) >= 0).all()


@pytest.mark.parametrize("shape", sorted(set(SHAPES) - {"infinite"}))
def test_ks_and_wasserstein_lie_in_their_intervals(shape: str) -> None:
    r = np.random.default_rng(5)
    x, y = SHAPES[shape](r, 4_000), SHAPES[shape](r, 1_500)
    if x.dtype.kind == "f":
        y = (y * 1.3 + np.abs(np.nanmedian(x)) * 0.2).astype(x.dtype)
    rows = State.of({"x": x}).compare(State.of({"x": y}))
    for name in ("ks", "wasserstein", "wasserstein_normed"):
        ours, exact = value_of(rows, f"drift.{name}"), getattr(sd.drift, name)(x, y)
        if exact.status == "ok" and ours.ci_low is not None:
            slack = 1e-9 * max(abs(exact.value), 1e-300)
            assert ours.ci_low - slack <= exact.value <= ours.ci_high + slack, (name, ours, exact)
    ks = value_of(rows, "drift.ks")
    assert ks.ci_high - ks.ci_low < 0.75
    assert (ks.n_reference, ks.n_current) == (
        np.count_nonzero(x == x), np.count_nonzero(y == y)
    )  # fmt: skip


def test_infinite_rows_take_part_in_ks_as_in_the_function() -> None:
    x, y = np.array([-np.inf, 1.0, 2.0, np.inf]), np.array([1.0, 2.0, np.inf, np.inf, np.inf])
    row = value_of(State.of({"x": x}).compare(State.of({"x": y})), "drift.ks")
    assert row.ci_low <= sd.drift.ks(x, y).value <= row.ci_high


def test_intervals_of_large_smooth_columns_are_narrow() -> None:
    r = np.random.default_rng(6)
    x, y = r.normal(size=200_000), r.normal(0.08, 1.0, 200_000)
    rows = State.of({"x": x}).compare(State.of({"x": y}))
    ks, w = (value_of(rows, f"drift.{name}") for name in ("ks", "wasserstein"))
    assert ks.ci_high - ks.ci_low < 0.01
    assert (w.ci_high - w.ci_low) / w.value < 0.15
    assert value_of(rows, "drift.wasserstein_normed").alert is False  # 0.1, not surely above
    assert ks.alert is True


def test_quantiles_lie_in_their_intervals() -> None:
    x = np.random.default_rng(7).lognormal(size=3_001)
    for row in State.of({"x": x}).profile().filter(metric="quality.quantile"):
        exact = np.quantile(x, float(row.params.removeprefix("q=")))
        assert row.ci_low <= exact <= row.ci_high
        assert row.ci_high / row.ci_low < 1.02


def test_labels_are_compared_as_the_rows_are() -> None:
    r = np.random.default_rng(8)
    names = np.array([*"abcdefgh"], dtype=object)
    x, y = names[r.integers(0, 7, 3_000)], names[np.minimum(r.geometric(0.3, 900), 8) - 1]
    y[:50] = None
    rows = State.of({"x": x}).compare(State.of({"x": y}))
    for name in ("cohens_w", "jensen_shannon", "chi_square", "missing_share"):
        ours, exact = value_of(rows, f"drift.{name}"), getattr(sd.drift, name)(x, y)
        assert ours.value == pytest.approx(exact.value, rel=1e-12), name
        assert ours.p_value == pytest.approx(exact.p_value, rel=1e-9), name
        assert ours.alert == exact.alert, name
    new = value_of(rows, "drift.new_categories")
    assert new.value == pytest.approx(sd.drift.new_categories(x, y).value, rel=1e-12)


def test_means_are_compared_as_the_rows_are() -> None:
    r = np.random.default_rng(9)
    x, y = r.normal(1e6, 1.0, 2_000), r.normal(1e6 + 0.05, 1.2, 3_000)
    rows = State.of({"x": x}).compare(State.of({"x": y}))
    for name in ("mean_shift", "std_ratio"):
        ours, exact = value_of(rows, f"drift.{name}"), getattr(sd.drift, name)(x, y)
        assert ours.value == pytest.approx(exact.value, rel=1e-9), name
    shift = value_of(rows, "drift.mean_shift")
    exact = sd.drift.mean_shift(x, y)
    assert (shift.p_value, shift.ci_low) == pytest.approx((exact.p_value, exact.ci_low), rel=1e-6)


def test_times_are_seconds_and_units_are_not_mixed() -> None:
    days = np.array(["2024-01-01", "2024-01-03"], "datetime64[us]")
    state = State.of({"t": days})
    assert value_of(state.profile(), "quality.mean", "t").value == 1_704_153_600.0
    with pytest.raises(sd.InputError, match="'t': expected one type in all batches, found times"):
        state.update({"t": days.astype("datetime64[ns]")})
    assert state.rows == 2


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"y": [1.0]}, "expected a column 'x', found y"),
        ({"x": ["text"]}, "'x': expected one type in all batches, found labels and numbers"),
        ({"x": [[1], [2, 3]]}, "column 'x'"),
    ],
)
def test_a_batch_that_does_not_fit_changes_nothing(other: Any, words: str) -> None:
    state = State.of({"x": np.array([1.0, 2.0])})
    before = state.to_bytes()
    with pytest.raises(sd.InputError, match=words):
        state.update(other)
    assert state.to_bytes() == before


def test_rows_without_a_value_go_with_any_type() -> None:
    nulls = pa.table({"x": pa.nulls(3), "c": pa.nulls(3)})
    some = pa.table({"x": [1.0, None], "c": ["a", None]})
    state = State.of(nulls).merge(State.of(some), State.of(nulls))
    rows = state.profile()
    assert value_of(rows, "quality.missing").value == 7.0
    assert value_of(rows, "quality.missing", "c").value == 7.0
    assert value_of(rows, "quality.mean").value == 1.0
    assert State.from_bytes(state.to_bytes()) == state
    (lost,) = State.of(some).compare(State.of(nulls)).filter(column="x")
    assert (lost.metric, lost.value, lost.alert) == ("drift.missing_share", 0.5, False)


def test_a_lost_a_new_and_a_retyped_column_alert() -> None:
    left = State.of({"a": [1.0, 2.0], "b": [1.0, 2.0], "d": [1.0, 2.0]})
    right = State.of({"b": [1.0, 2.0], "c": [1.0, 2.0], "d": ["x", "y"]})
    rows = left.compare(right)
    found = {row.column: row.status for row in rows if row.alert}
    assert found == {"a": "missing_column", "c": "new_column", "d": "type_changed"}
    with pytest.raises(sd.InputError, match="expected a state of the columns a, b, d, found one"):
        left.merge(right)


def test_columns_and_a_spec_choose(tmp_path: Path) -> None:
    data = {"x": [1.0], "y": [2.0], "z": [3.0]}
    assert State.of(data, columns="y").columns == ("y",)
    spec = sd.Spec(monitor="m", window="all", columns=sd.Columns(features=["x", "z"]))
    assert State.of(data, spec).columns == ("x", "z")
    with pytest.raises(sd.InputError, match="expected a column 'w', found x, y, z"):
        State.of(data, columns=["w"])


def test_files_are_read_part_by_part(tmp_path: Path) -> None:
    r = np.random.default_rng(10)
    table = pa.table(
        {"x": r.normal(size=300_000), "c": r.choice(["a", "b"], 300_000), "z": r.random(300_000)}
    )
    parquet.write_table(table.slice(0, 200_000), tmp_path / "a.parquet", row_group_size=50_000)
    parquet.write_table(table.slice(200_000), tmp_path / "b.parquet")
    seen: list[tuple[int, int]] = []
    columns = ["x", "c"]
    state = State.of(tmp_path, columns=columns, progress=lambda *at: seen.append(at))
    assert state == State.of(table.select(columns))
    assert seen == [(1, 2), (2, 2)]
    assert State.of(str(tmp_path / "*.parquet"), columns=columns) == state
    pandas = State.of(table.select(columns).to_pandas())
    assert pandas == State.of(polars.from_arrow(table.select(columns))) == state
    table.select(["x"]).slice(0, 100).to_pandas().to_csv(tmp_path / "c.csv", index=False)
    assert State.of(tmp_path / "c.csv").rows == 100


def test_saved_states_come_back(tmp_path: Path) -> None:
    state = State.of(pd.DataFrame({"x": [1.5, np.nan, np.inf], "c": ["a", None, "\ud800"[:0]]}))
    state.save(tmp_path / "s.state")
    assert State.load(tmp_path / "s.state") == state
    assert State.from_bytes(state.to_bytes()).profile().rows[1:] is not None
    with pytest.raises(sd.InputError, match=r"gone\.state: expected a saved state"):
        State.load(tmp_path / "gone.state")


def test_bytes_that_are_no_state_are_refused() -> None:
    state = State.of({"x": np.arange(10.0), "c": list("abcdefghij")})
    data = state.to_bytes()
    for length in (0, 5, 30, len(data) - 1):
        with pytest.raises(sd.InputError, match=r"the state: (no saved state|truncated)"):
            State.from_bytes(data[:length])
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 0x40
        with pytest.raises(sd.InputError):
            State.from_bytes(bytes(changed))
    newer = data[:8] + (2).to_bytes(4, "little") + data[12:]
    with pytest.raises(sd.InputError, match="written by a newer simdrift"):
        State.from_bytes(newer)
    with pytest.raises(TypeError, match="expected bytes, found str"):
        State.from_bytes("state")  # type: ignore[arg-type]


def test_a_reference_is_no_state(tmp_path: Path) -> None:
    sd.Reference.fit({"x": [1.0, 2.0]}).save(tmp_path / "x.sdref")
    with pytest.raises(sd.InputError, match="no saved state"):
        State.load(tmp_path / "x.sdref")


def test_no_rows_have_statuses() -> None:
    empty = State.of({"x": np.zeros(0), "c": np.zeros(0, "U1")})
    assert {row.status for row in empty.profile()} == {"ok", "empty"}
    some = State.of({"x": np.ones(3), "c": ["a"] * 3})
    found = {
        row.status
        for row in empty.merge(State.of({"x": np.zeros(0), "c": np.zeros(0, "U1")})).compare(some)
    }
    assert "empty" in found
    assert State.from_bytes(empty.to_bytes()) == empty


def test_what_is_no_state_is_not_merged() -> None:
    with pytest.raises(TypeError, match="expected a State, found dict"):
        State.of({"x": [1.0]}).merge({"x": [1.0]})  # type: ignore[arg-type]
