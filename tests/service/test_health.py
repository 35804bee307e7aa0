"""Service health of a log: against hand-computed values, brute force, and logs as they come."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy.stats import binomtest, chi2

import simdrift as sd
from simdrift.service import health

T0 = np.datetime64("2024-01-01T08:00:00", "us")
SECOND = np.timedelta64(1, "s")
ROLES = {"timestamp": "t", "latency": "ms", "status": "code", "memory": "rss"}


def values(results, segment="", place=0):
    """Value by short name of one window."""
    start = sorted({r.window_start for r in results})[place]
    return {
        r.metric.partition(".")[2]: r.value
        for r in results
        if r.segment == segment and r.window_start == start
    }


def row(results, name):
    [found] = results.filter(metric=f"service.{name}")
    return found


def test_ten_requests_by_hand():
    log = {
        "t": T0 + np.arange(10) * 12 * SECOND,  # 08:00:00 to 08:01:48: two minutes
        "ms": [100, 200, 300, 400, 500, 600, 2000, 2001, 3000, 50],
        "code": [200, 200, 200, 404, 200, 200, 200, 200, 200, 503],
        "rss": [1.0, 2.0, 3.0, 4.0, np.nan, 6.0, 7.0, 8.0, 9.0, 10.0],
    }
    found = values(health(log, ROLES))
    assert found == {
        "latency_p50": 450.0,
        "latency_p90": pytest.approx(2100.9),
        "latency_p95": pytest.approx(2550.45),
        "latency_p99": pytest.approx(2910.09),
        "latency_max": 3000.0,
        "latency_invalid_share": 0.0,
        "request_rate": pytest.approx(10 / 120),
        "error_ratio": 0.1,
        "uptime_ratio": 1.0,
        "memory_mean": pytest.approx(50 / 9),
        "memory_max": 10.0,
        # 5 within 500 ms, 2 more within 2,000; the failed one is neither
        "apdex": pytest.approx((5 + 2 / 2) / 10),
    }


def test_intervals_are_those_of_a_poisson_count_and_wilsons():
    log = {"t": T0 + np.arange(60) * SECOND, "code": np.repeat([200, 500], [57, 3])}
    results = health(log, {"timestamp": "t", "status": "code"})
    rate, errors = row(results, "request_rate"), row(results, "error_ratio")
    assert rate.ci_low == pytest.approx(chi2.ppf(0.025, 120) / 2 / 60, rel=1e-12)
    assert rate.ci_high == pytest.approx(chi2.ppf(0.975, 122) / 2 / 60, rel=1e-12)
    wilson = binomtest(3, 60).proportion_ci(method="wilson")
    assert (errors.ci_low, errors.ci_high) == pytest.approx((wilson.low, wilson.high), rel=1e-9)


def test_windows_equal_the_brute_force_of_their_rows():
    rng = np.random.default_rng(3)
    n = 4_000
    t = T0 + np.sort(rng.integers(0, 6 * 3600, n)) * SECOND
    log = {
        "t": t,
        "ms": rng.lognormal(5, 1, n),
        "code": rng.choice([200, 301, 404, 500, 503], n),
        "path": rng.choice(["/a", "/b"], n),
    }
    results = health(log, {"timestamp": "t", "latency": "ms", "status": "code"}, segments="path")
    frame = pd.DataFrame(log)
    for segment, rows in (("", frame), ("path=/a", frame[frame.path == "/a"])):
        for place in range(6):
            hour = T0 + np.timedelta64(place, "h")
            own = rows[(rows.t >= hour) & (rows.t < hour + np.timedelta64(1, "h"))]
            found = values(results, segment, place)
            assert found["latency_p95"] == pytest.approx(np.quantile(own.ms, 0.95), rel=1e-12)
            assert found["latency_max"] == own.ms.max()
            assert found["error_ratio"] == pytest.approx((own.code >= 500).mean(), rel=1e-12)
            minutes = own[own.code < 500].t.dt.floor("min").nunique()
            assert found["uptime_ratio"] == pytest.approx(minutes / 60, abs=1 / 60)
            good = own.code < 500
            satisfied = (good & (own.ms <= 500)).sum()
            tolerated = (good & (own.ms > 500) & (own.ms <= 2000)).sum()
            assert found["apdex"] == pytest.approx((satisfied + tolerated / 2) / len(own))


def test_an_hour_without_a_request_is_there_and_down():
    t = np.concatenate([T0 + np.arange(60) * 60 * SECOND, T0 + (180 + np.arange(60)) * 60 * SECOND])
    results = health(
        {"t": t, "code": np.full(120, 200)},
        {"timestamp": "t", "status": "code"},
        thresholds={"service.uptime_ratio": 0.9},
    )
    up = results.filter(metric="service.uptime_ratio")
    assert [r.value for r in up] == [1.0, 0.0, 0.0, 1.0]
    assert [r.alert for r in up] == [False, True, True, False]
    rate = results.filter(metric="service.request_rate")
    assert [r.value for r in rate] == [1 / 60, 0.0, 0.0, 1 / 60]
    assert {r.status for r in results.filter(metric="service.error_ratio")} == {"ok", "empty"}


def test_the_log_begins_and_ends_where_start_and_end_say():
    log = {"t": T0 + np.array([30, 31]) * 60 * SECOND, "code": [200, 200]}
    roles = {"timestamp": "t", "status": "code"}
    alone = values(health(log, roles))
    whole = values(health(log, roles, start="2024-01-01T08:00:00Z", end="2024-01-01T09:00:00Z"))
    assert (alone["uptime_ratio"], alone["request_rate"]) == (1.0, pytest.approx(2 / 120))
    assert (whole["uptime_ratio"], whole["request_rate"]) == (2 / 60, pytest.approx(2 / 3600))


def test_latencies_that_can_not_be_are_left_out_and_counted():
    log = {
        "t": T0 + np.arange(6) * SECOND,
        "ms": [10.0, -5.0, np.nan, np.inf, 30.0, 20.0],
        "code": [200] * 6,
    }
    found = values(health(log, {"timestamp": "t", "latency": "ms", "status": "code"}))
    assert found["latency_p50"] == 20.0
    assert found["latency_max"] == 30.0
    assert found["latency_invalid_share"] == 0.5
    assert found["apdex"] == 1.0


def test_a_clock_that_goes_backwards_changes_nothing():
    rng = np.random.default_rng(0)
    log = {
        "t": T0 + np.arange(600) * SECOND,
        "ms": rng.exponential(100, 600),
        "code": rng.choice([200, 500], 600),
    }
    shuffled = {name: np.asarray(v)[rng.permutation(600)] for name, v in log.items()}
    order = rng.permutation(600)
    shuffled = {name: np.asarray(own)[order] for name, own in log.items()}
    roles = {"timestamp": "t", "latency": "ms", "status": "code"}
    assert values(health(shuffled, roles)) == values(health(log, roles))


STATUSES = {
    "http": [200, 503, None, 404],
    "http as text": ["200", "503", None, "404"],
    "true and false": [True, False, None, True],
    "words": ["ok", "Timeout", None, "answered"],
}


@pytest.mark.parametrize("given", STATUSES.values(), ids=STATUSES)
def test_a_status_is_read_in_any_form(given):
    log = pa.table({"t": pa.array(T0 + np.arange(4) * SECOND), "code": pa.array(given)})
    found = row(health(log, {"timestamp": "t", "status": "code"}), "error_ratio")
    assert (found.value, found.n_current) == (1 / 3, 3)


def test_what_counts_as_failed_can_be_said():
    log = {"t": T0 + np.arange(4) * SECOND, "code": [200, 404, 503, 200]}
    roles = {"timestamp": "t", "status": "code"}
    assert row(health(log, roles, failed_from=400), "error_ratio").value == 0.5
    words = {"t": T0 + np.arange(2) * SECOND, "code": ["ko", "ok"]}
    assert row(health(words, roles, failed=["ko"]), "error_ratio").value == 0.5


LATENCIES = {
    "seconds": ([0.1, 0.2, 0.3], {"latency_unit": "s"}),
    "milliseconds": ([100, 200, 300], {}),
    "microseconds": ([100_000, 200_000, 300_000], {"latency_unit": "us"}),
    "a duration": (np.array([100, 200, 300], "timedelta64[ms]"), {}),
    "a duration in ns": (np.array([100, 200, 300], "timedelta64[ms]").astype("m8[ns]"), {}),
}


@pytest.mark.parametrize(("given", "unit"), LATENCIES.values(), ids=LATENCIES)
def test_a_latency_is_in_milliseconds_whatever_it_was(given, unit):
    log = {"t": T0 + np.arange(3) * SECOND, "ms": given}
    found = values(health(log, {"timestamp": "t", "latency": "ms"}, **unit))
    assert found["latency_p50"] == pytest.approx(200.0)


def test_heartbeats_are_no_requests_and_show_that_it_is_up():
    log = {
        "t": T0 + np.arange(10) * 60 * SECOND,
        "ms": [100.0] + [np.nan] * 9,
        "code": pa.array([200] + [None] * 9),
        "beat": [False] + [True] * 9,
    }
    roles = {"timestamp": "t", "latency": "ms", "status": "code", "heartbeat": "beat"}
    found = health(log, roles)
    assert row(found, "uptime_ratio").value == 1.0
    assert row(found, "request_rate").n_current == 1
    assert row(found, "latency_invalid_share").value == 0.0


LIBRARIES = {
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "arrow": pa.table,
    "numpy": dict,
}


@pytest.mark.parametrize("frame", LIBRARIES.values(), ids=LIBRARIES)
def test_every_library_gives_the_same(frame):
    log = {"t": T0 + np.arange(50) * SECOND, "ms": np.arange(50.0), "code": np.full(50, 200)}
    roles = {"timestamp": "t", "latency": "ms", "status": "code"}
    assert values(health(frame(log), roles))["latency_p90"] == pytest.approx(44.1)


def test_local_times_are_of_the_zone():
    """02:30 to 03:30 of the night in which Berlin's clock jumps is one minute, not sixty-one."""
    local = np.array(["2024-03-31T01:59:30", "2024-03-31T03:00:30"], "datetime64[s]")
    log = {"t": local, "code": [200, 200]}
    found = health(log, {"timestamp": "t", "status": "code"}, timezone="Europe/Berlin", window="1d")
    assert row(found, "uptime_ratio").value == 1.0
    assert row(found, "request_rate").value == pytest.approx(2 / 120)


def test_a_column_that_can_not_be_used_costs_its_own_metrics():
    log = {"t": T0 + np.arange(2) * SECOND, "ms": ["fast", "slow"], "code": [200, 200]}
    found = health(log, {"timestamp": "t", "latency": "ms", "status": "code"})
    assert row(found, "latency_p50").status == "not_applicable"
    assert "expected durations or numbers" in found.reasons["", "", "service.latency_p50"]
    assert row(found, "error_ratio").value == 0.0


def test_a_monitor_has_health_beside_drift():
    rng = np.random.default_rng(1)
    log = {
        "t": T0 + np.arange(2000) * 30 * SECOND,
        "ms": rng.exponential(50, 2000),
        "code": np.full(2000, 200),
        "x": rng.normal(size=2000),
    }
    spec = sd.Spec(
        monitor="served",
        columns=sd.Columns(timestamp="t", latency="ms", status="code"),
        reference="previous",
        window="6h",
    )
    results = sd.monitor(spec, log)
    assert {r.column for r in results if r.metric == "drift.ks"} == {"x"}
    assert len(results.filter(metric="service.error_ratio")) == len(results.runs) == 4


WRONG = {
    "no time": ({"latency": "ms"}, {}, "'timestamp' is missing"),
    "an unknown role": ({"timestamp": "t", "lat": "ms"}, {}, "found 'lat'"),
    "nothing to measure": ({"timestamp": "t"}, {}, "beside 'timestamp'"),
    "no such column": ({"timestamp": "t", "latency": "mss"}, {}, "no column 'mss'"),
    "no dict": ("t", {}, "expected a dict"),
    "a window": ({"timestamp": "t", "latency": "ms"}, {"window": "7m"}, "minutes that divide"),
    "a unit": ({"timestamp": "t", "latency": "ms"}, {"latency_unit": "h"}, "latency_unit"),
}


@pytest.mark.parametrize(("roles", "more", "said"), WRONG.values(), ids=WRONG)
def test_what_can_not_be_used_is_refused_by_name(roles, more, said):
    log = {"t": T0 + np.arange(2) * SECOND, "ms": [1.0, 2.0]}
    with pytest.raises(sd.SpecError, match=said):
        health(log, roles, **more)
