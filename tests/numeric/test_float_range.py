"""Values of any size that float64 holds: statistics without a unit do not depend on it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import simdrift as sd
from simdrift.metrics import drift

RNG = np.random.default_rng(9)
X, Y = RNG.normal(3, 1, 120), RNG.normal(3.3, 1.3, 90)
SCALES = (2.0**-1000, 1e-200, 1e-160, 1e-80, 1e80, 1e155, 1e200, 2.0**1000)
FREE = (
    "epps_singleton",
    "levene",
    "psi",
    "quantile_shift",
    "std_ratio",
    "t_test",
    "wasserstein_normed",
)


@pytest.mark.parametrize("name", FREE)
@pytest.mark.parametrize("scale", SCALES)
def test_statistics_without_a_unit_keep_their_digits(name, scale):
    method = getattr(drift, name)
    found, expected = method(X * scale, Y * scale), method(X, Y)
    assert (found.status, found.alert) == ("ok", expected.alert)
    assert found.value == pytest.approx(expected.value, rel=1e-12)
    assert (found.p_value or 0) == pytest.approx(expected.p_value or 0, rel=1e-11)
    weights = (np.abs(X), np.abs(Y))
    weighted = method(X * scale, Y * scale, weights=weights)
    assert weighted.value == pytest.approx(method(X, Y, weights=weights).value, rel=1e-11)


@pytest.mark.parametrize("scale", SCALES)
def test_shifts_and_spreads_are_in_the_columns_unit(scale):
    shift, plain = drift.mean_shift(X * scale, Y * scale), drift.mean_shift(X, Y)
    for name in ("value", "ci_low", "ci_high"):
        assert getattr(shift, name) == pytest.approx(getattr(plain, name) * scale, rel=1e-10)
    found = {r.metric: r for r in sd.profile({"x": X * scale}).results}
    assert found["quality.std"].value == pytest.approx(X.std(ddof=1) * scale, rel=1e-12)
    assert found["quality.skewness"].value == pytest.approx(stats.skew(X), rel=1e-9)
    assert found["quality.kurtosis"].value == pytest.approx(stats.kurtosis(X), rel=1e-9)
    is_held = 1e-150 < scale < 1e150
    assert found["quality.variance"].status == ("ok" if is_held else "overflow")


def test_windows_of_any_size_are_measured_alike():
    """One column, each of whose windows lies elsewhere than the reference."""
    names = ("t_test", "levene", "std_ratio")
    spec = sd.Spec(monitor="m", dataset="d", columns=sd.Columns(timestamp="t"),
                   methods={"numeric": list(names)})  # fmt: skip
    scales = (1e-3, 1.0, 1e3)
    t = np.array(["2024-01-01", "2024-01-02", "2024-01-03"], "datetime64[s]")
    for size in (1.0, 1e-200, 1e200):
        reference = sd.Reference.fit({"t": t[:1].repeat(len(X)), "x": X * size}, spec=spec)
        rows = np.concatenate([Y * (size * scale) for scale in scales])
        found = sd.monitor(spec, {"t": t.repeat(len(Y)), "x": rows}, reference=reference)
        for name in names:
            values = [r.value for r in found if r.metric == f"drift.{name}"]
            expected = [getattr(drift, name)(X, Y * scale).value for scale in scales]
            assert values == pytest.approx(expected, rel=1e-11), (name, size)
