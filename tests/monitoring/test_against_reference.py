"""Quality against a reference in compare, of a prepared reference, and in windows."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats

import simdrift as sd
from simdrift.metrics.quality.against import AGAINST

RNG = np.random.default_rng(9)
BEFORE = {"x": RNG.normal(20.0, 5.0, 4000)}


def _rows(now, before=None, **options):
    report = sd.compare(before or BEFORE, now, quality=AGAINST, **options)
    found = {row.metric.removeprefix("quality."): row for row in report.results if row.column}
    return found, report


def test_out_of_range_is_a_share_with_the_law_of_exceedances():
    now = np.append(RNG.normal(20.0, 1.0, 990), np.full(10, 1e3))
    row = _rows({"x": now})[0]["out_of_range"]
    assert row.value == 0.01
    # all of the ten beyond 4,000 rows: hypergeometric
    expected = 2 * scipy.stats.hypergeom(5000, 10, 1000).sf(9)
    assert row.p_value == pytest.approx(expected, rel=1e-9)
    assert row.alert is True


def test_a_sample_of_the_same_law_raises_no_alert():
    alerts = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        found, _ = _rows({"x": rng.normal(20.0, 5.0, 300)}, {"x": rng.normal(20.0, 5.0, 300)})
        alerts += sum(bool(found[name].alert) for name in AGAINST)
        assert found["unit_factor"].value == 1.0
    assert alerts <= 1


@pytest.mark.parametrize(
    ("convert", "factor", "what"),
    [
        (lambda x: x * 1000, 1000.0, "x 1000: a decimal unit"),
        (lambda x: x * 0.01, 0.01, "x 0.01: a decimal unit"),
        (lambda x: x * 1.8 + 32, 1.8, r"x 1.8 \+ 32: Celsius as Fahrenheit"),
        (lambda x: x / 3600, 1 / 3600, "a unit of time"),
        (lambda x: -x, -1.0, "the other sign"),
    ],
)
def test_a_changed_unit_is_suspected_with_its_factor(convert, factor, what):
    found, report = _rows({"x": convert(RNG.normal(20.0, 5.0, 500))})
    row = found["unit_factor"]
    assert (row.value, row.alert) == (factor, True)
    reason = report.results.reasons["", "x", "quality.unit_factor"]
    assert reason.startswith("values look like x ")
    assert pd.Series([reason]).str.contains(what).all()


def test_a_change_that_is_no_unit_is_not_called_one():
    assert _rows({"x": RNG.normal(60.0, 15.0, 500)})[0]["unit_factor"].value == 1.0
    assert _rows({"x": RNG.normal(20.0, 50.0, 500)})[0]["unit_factor"].value == 1.0


def test_shares_of_zeros_negatives_and_outliers_are_compared():
    now = RNG.normal(20.0, 5.0, 1000)
    now[:100], now[100:200], now[200:300] = 0.0, -5.0, 1e4
    found, _ = _rows({"x": now})
    before = BEFORE["x"]
    low, high = np.quantile(before, [0.25, 0.75])
    beyond = [
        (v < low - 1.5 * (high - low)) | (v > high + 1.5 * (high - low)) for v in (before, now)
    ]
    expected = {
        "zero_change": 0.1 - (before == 0).mean(),
        "negative_change": (now < 0).mean() - (before < 0).mean(),
        "outlier_change": beyond[1].mean() - beyond[0].mean(),
    }
    for name, value in expected.items():
        assert found[name].value == pytest.approx(value, abs=1e-12), name
        assert found[name].alert is True


@pytest.mark.parametrize(
    ("now", "status"),
    [
        (np.zeros(0), "empty"),
        (np.full(3, np.nan), "all_null"),
        (np.array(["a", "b"]), "type_changed"),
    ],
)
def test_data_without_values_have_a_status(now, status):
    found, _ = _rows({"x": now})
    for name in AGAINST:
        assert (found[name].value, found[name].status, found[name].alert) == (None, status, None)


def test_integers_beyond_2_to_the_53_and_times_are_in_range_of_themselves():
    big = 2**62 + np.arange(1000)
    times = np.arange(1000).astype("datetime64[s]")
    found, _ = _rows({"x": big[10:900]}, {"x": big})
    assert found["out_of_range"].value == 0.0
    found, _ = _rows({"x": big + 10}, {"x": big})
    assert found["out_of_range"].value == 0.01
    found, _ = _rows({"x": times + 100}, {"x": times})
    assert found["out_of_range"].value == 0.1
    assert "zero_change" not in found


def test_a_prepared_and_a_saved_reference_give_the_same_rows(tmp_path):
    spec = sd.Spec(monitor="m", window="all", metrics=sd.Metrics(quality=AGAINST))
    now = {"x": np.append(RNG.normal(20.0, 5.0, 300), [500.0] * 9)}
    reference = sd.Reference.fit(BEFORE, spec=spec)
    reference.save(tmp_path / "reference")
    saved = sd.Reference.load(tmp_path / "reference")
    plain = _rows(now)[0]
    for one in (reference, saved):
        rows = {r.metric.removeprefix("quality."): r for r in one.compare(now).results if r.column}
        for name in AGAINST:
            assert rows[name].value == pytest.approx(plain[name].value, abs=1e-15), name
            assert rows[name].alert == plain[name].alert


@pytest.mark.parametrize("moving", [False, True])
def test_windows_are_each_compared(moving):
    days = np.repeat(np.arange(6), 500)
    x = RNG.normal(20.0, 5.0, 3000)
    x[days == 4] *= 1000
    frame = pd.DataFrame({"t": pd.Timestamp("2024-03-01") + pd.to_timedelta(days, "D"), "x": x})
    reference = {"moving": "previous"} if moving else {"start": "2024-03-01", "end": "2024-03-03"}
    spec = sd.Spec(
        monitor="m",
        columns={"timestamp": "t"}, window="1d", metrics={"quality": ["unit_factor"]},
        reference=reference,
    )  # fmt: skip
    results = sd.monitor(spec, frame)
    rows = results.filter(metric="quality.unit_factor")
    found = {row.window_start.day: row.value for row in rows}
    assert found[5] == 1000.0
    assert found[4] == 1.0
