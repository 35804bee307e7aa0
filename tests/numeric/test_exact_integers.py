"""Integers and times beyond 2^53, which float64 does not hold: every metric has the value of the
same rows less a common integer, which it does."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import simdrift as sd
from simdrift.metrics import drift

OFFSETS = (2**60, -(2**62), 1_700_000_000_000_000_000)
TESTS = (
    "epps_singleton",
    "hellinger",
    "jensen_shannon",
    "kl",
    "ks",
    "l_infinity",
    "levene",
    "mann_whitney",
    "mean_shift",
    "psi",
    "quantile_shift",
    "std_ratio",
    "t_test",
    "total_variation",
    "wasserstein_normed",
)
SMALL = np.random.default_rng(1).integers(0, 400, 300)
OTHER = np.random.default_rng(2).integers(30, 500, 250)


def close(found, expected):
    assert found.status == expected.status == "ok"
    for name in ("value", "p_value", "effect_size", "ci_low", "ci_high"):
        one, other = getattr(found, name), getattr(expected, name)
        assert (one is None) == (other is None), name
        assert one is None or one == pytest.approx(other, rel=1e-11), name


@pytest.mark.parametrize("name", TESTS)
@pytest.mark.parametrize("offset", OFFSETS)
def test_drift_does_not_depend_on_a_common_integer(name, offset):
    method = getattr(drift, name)
    close(method(SMALL + offset, OTHER + offset), method(SMALL, OTHER))


@pytest.mark.parametrize("name", TESTS)
def test_of_unsigned_integers_and_weighted_rows(name):
    method, weights = getattr(drift, name), (SMALL + 1.0, OTHER + 1.0)
    high = np.uint64(2**64 - 1000)
    close(method(SMALL.astype(np.uint64) + high, OTHER.astype(np.uint64) + high),
          method(SMALL, OTHER))  # fmt: skip
    close(method(SMALL + 2**60, OTHER + 2**60, weights=weights),
          method(SMALL, OTHER, weights=weights))  # fmt: skip


def windows(reference, current, saved):
    """Two windows of the same rows against a prepared reference, that was saved perhaps."""
    spec = sd.Spec(monitor="m", dataset="d", columns=sd.Columns(timestamp="t"),
                   methods={"numeric": list(TESTS)})  # fmt: skip
    t = np.repeat(np.array(["2024-01-01", "2024-01-02"], "datetime64[s]"), len(current))
    fitted = sd.Reference.fit({"t": t[:1].repeat(len(reference)), "x": reference}, spec=spec)
    if saved is not None:
        fitted.save(saved)
        fitted = sd.Reference.load(saved)
    found = sd.monitor(spec, {"t": t, "x": np.tile(current, 2)}, reference=fitted)
    return {(r.metric, r.window_start): r for r in found if r.column == "x"}


@pytest.mark.parametrize("is_saved", [False, True])
def test_of_windows_against_a_prepared_reference(is_saved, tmp_path):
    saved = tmp_path / "reference.npz" if is_saved else None
    plain = windows(SMALL, OTHER, saved)
    beyond = windows(SMALL + 2**60, OTHER + 2**60, saved)
    assert {f"drift.{name}" for name in TESTS} <= {metric for metric, _ in plain}
    for key, expected in plain.items():
        found = beyond[key]
        assert found.status == expected.status == "ok", key
        if key[0].startswith("drift."):
            assert found.value == pytest.approx(expected.value, rel=1e-11), key
            assert (found.q_value or 0) == pytest.approx(expected.q_value or 0, rel=1e-8), key


def test_means_are_exact():
    """Of rational arithmetic: t of nanoseconds since 1970 with a spread of a microsecond."""
    rng = np.random.default_rng(5)
    x = 1_700_000_000_000_000_000 + rng.normal(0, 1000, 200).astype(np.int64)
    y = 1_700_000_000_000_000_000 + rng.normal(300, 1000, 150).astype(np.int64)

    def moments(rows):
        mean = Fraction(int(sum(map(int, rows))), len(rows))
        square = sum((int(row) - mean) ** 2 for row in rows)
        return mean, square / (len(rows) - 1) / len(rows)

    (mean_x, error_x), (mean_y, error_y) = moments(x), moments(y)
    expected = float(mean_x - mean_y) / float(error_x + error_y) ** 0.5
    assert drift.t_test(x, y).value == pytest.approx(expected, rel=1e-13)
    assert drift.mean_shift(x, y).value == float(mean_y - mean_x)


def test_literal_values():
    a = np.arange(100) + 2**60
    assert drift.mean_shift(a, a + 7).value == 7.0
    assert drift.t_test(a, a + 50).p_value == pytest.approx(7.44e-26, rel=1e-3)
    four = 2**60 + np.arange(4).repeat(25)
    assert drift.t_test(four, four + 4).value == pytest.approx(-4 / (5 / 198) ** 0.5, rel=1e-13)


def test_means_of_floats_far_from_zero_are_exact():
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=300), rng.normal(0.2, 1, 200)
    for offset in (1e9, 1e12, 1e15):
        a, b = x + offset, y + offset
        t = drift.t_test(a, b)
        assert t.value == pytest.approx(drift.t_test(a - offset, b - offset).value, rel=1e-12)


def test_quality_of_integers_beyond_float64():
    rows = np.concatenate([np.arange(999), [7]]) + 2**60
    found = {(r.metric, r.params): r.value for r in sd.profile({"id": rows}).results}
    assert found["quality.distinct", ""] == 999
    assert found["quality.top_share", ""] == 0.002
    assert found["quality.mode", ""] == float(2**60 + 7)
    own = {(r.metric, r.params): r.value for r in sd.profile({"id": rows - 2**60}).results}
    for name in ("iqr", "mad", "std", "variance"):
        assert found[f"quality.{name}", ""] == own[f"quality.{name}", ""], name
    assert found["quality.quantile", "q=0.5"] == float(2**60 + own["quality.quantile", "q=0.5"])


def test_performance_of_integers_beyond_float64():
    target = np.arange(100) + 2**60
    prediction = target + np.tile([3, -1], 50)
    for offset in (0, 2**60):
        y, p = target - 2**60 + offset, prediction - 2**60 + offset
        assert sd.performance.mae(y, p).value == 2.0
        assert sd.performance.mean_error(y, p).value == 1.0
        assert sd.performance.max_error(y, p).value == 3.0
        assert sd.performance.r2(y, p).value == pytest.approx(1 - 500 / 83_325, rel=1e-13)


def test_integers_too_far_apart_have_a_status_by_name():
    """Bins cannot tell rows apart that float64 holds as one, wherever it starts to count."""
    low, high = np.arange(100), np.arange(100) + 2**62
    x = np.concatenate([low, high])
    for name in ("psi", "quantile_shift"):
        found = getattr(drift, name)(x, x + 1)
        assert found.status == "overflow"
        assert "2^53" in found.reason
    assert drift.ks(x, x + 1).status == "ok"


def test_a_sentinel_far_away_costs_nothing():
    """NaT as an integer, among nanoseconds: bins, quantiles and ranks lie elsewhere."""
    nat = np.full(4, np.iinfo(np.int64).min)
    x, y = np.concatenate([SMALL, nat]) + 0, np.concatenate([OTHER, nat])
    x[:300] += 2**60
    y[:250] += 2**60
    near = [np.concatenate([rows, np.full(4, -(2.0**62))]) for rows in (SMALL, OTHER)]
    for name in ("psi", "quantile_shift"):
        method = getattr(drift, name)
        close(method(x, y), method(*near))
