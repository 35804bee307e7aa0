"""Streams and detectors that simdrift and its peers are compared on: (peer, peer's name and
parameters, simdrift's detector, what it reads)."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import simdrift as sd

Case = tuple[str, str, dict[str, Any], Callable[[], sd.stream.Detector], str]


def reals(seed: int) -> NDArray[np.float64]:
    """Return normal values whose mean and deviation change several times."""
    rng = np.random.default_rng(seed)
    pieces = ((0, 1, 700), (2, 1, 500), (2, 4, 400), (-1, 1, 300), (-1, 1, 600), (0, 0.1, 500))
    return np.concatenate([rng.normal(mean, std, n) for mean, std, n in pieces])


def errors(seed: int) -> NDArray[np.float64]:
    """Return errors, 0 or 1, whose rate changes several times, at last slowly."""
    rng = np.random.default_rng(seed)
    pieces = ((0.1, 700), (0.4, 500), (0.05, 600), (0.3, 300))
    rates = np.concatenate([np.full(n, rate) for rate, n in pieces] + [np.linspace(0.1, 0.6, 900)])
    return (rng.random(len(rates)) < rates).astype(float)


def few_values(seed: int) -> NDArray[np.float64]:
    """Return whole numbers with many ties, which change once."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.integers(0, 4, 800), rng.integers(1, 6, 800)]).astype(float)


STREAMS = {"reals": reals, "errors": errors, "few_values": few_values}
s = sd.stream
CASES: list[Case] = [
    ("river", "ADWIN", {}, lambda: s.ADWIN(), "reals"),
    ("river", "ADWIN", {}, lambda: s.ADWIN(), "errors"),
    ("river", "ADWIN", {"delta": 0.2, "clock": 1}, lambda: s.ADWIN(0.2, 1), "few_values"),
    (
        "river",
        "ADWIN",
        {"max_buckets": 2, "min_window_length": 1, "grace_period": 3, "clock": 4},
        lambda: s.ADWIN(clock=4, max_buckets=2, min_window_length=1, grace_period=3),
        "reals",
    ),
    ("river", "KSWIN", {"seed": 7}, lambda: s.KSWIN(seed=7), "few_values"),
    (
        "river",
        "KSWIN",
        {"alpha": 0.02, "window_size": 300, "stat_size": 20, "seed": 2**40 + 3},
        lambda: s.KSWIN(0.02, 300, 20, 2**40 + 3),
        "few_values",
    ),
    ("river", "PageHinkley", {}, lambda: s.PageHinkley(), "reals"),
    (
        "river",
        "PageHinkley",
        {"threshold": 5.0, "mode": "down", "min_instances": 3},
        lambda: s.PageHinkley(3, threshold=5.0, mode="down"),
        "errors",
    ),
    ("river", "DDM", {}, lambda: s.DDM(), "errors"),
    ("river", "EDDM", {}, lambda: s.EDDM(), "errors"),
    ("river", "EDDM", {"alpha": 0.8, "beta": 0.7}, lambda: s.EDDM(30, 0.8, 0.7), "errors"),
    ("river", "HDDMA", {}, lambda: s.HDDM_A(), "errors"),
    (
        "river",
        "HDDMA",
        {"two_sided_test": True},
        lambda: s.HDDM_A(two_sided_test=True),
        "errors",
    ),
    ("river", "HDDMW", {}, lambda: s.HDDM_W(), "errors"),
    (
        "river",
        "HDDMW",
        {"two_sided_test": True, "lambda_val": 0.1},
        lambda: s.HDDM_W(lambda_val=0.1, two_sided_test=True),
        "errors",
    ),
    ("river", "FHDDM", {}, lambda: s.FHDDM(), "errors"),
    (
        "river",
        "FHDDM",
        {"short_window_size": 20, "confidence_level": 0.001},
        lambda: s.FHDDM(confidence_level=0.001, short_window_size=20),
        "errors",
    ),
    ("frouros", "ADWIN", {}, lambda: s.ADWIN(convention="frouros"), "errors"),
    ("frouros", "PageHinkley", {}, lambda: s.PageHinkley(convention="frouros"), "reals"),
    ("frouros", "CUSUM", {}, lambda: s.CUSUM(mode="up"), "reals"),
    ("frouros", "CUSUM", {"lambda_": 5.0}, lambda: s.CUSUM(threshold=5, mode="up"), "errors"),
    ("frouros", "DDM", {}, lambda: s.DDM(convention="frouros"), "errors"),
    ("frouros", "EDDM", {}, lambda: s.EDDM(convention="frouros"), "errors"),
    ("frouros", "RDDM", {}, lambda: s.RDDM(convention="frouros"), "errors"),
    (
        "frouros",
        "RDDM",
        {"max_concept_size": 400, "min_concept_size": 150, "max_num_instances_warning": 30},
        lambda: s.RDDM(
            max_concept_size=400, min_concept_size=150, warning_limit=30, convention="frouros"
        ),
        "errors",
    ),
    ("frouros", "STEPD", {}, lambda: s.STEPD(convention="frouros"), "errors"),
    ("frouros", "BOCD", {}, lambda: s.BOCD(), "reals"),
]
SEEDS = (1, 2, 3)


def values_of(case: Case, seed: int) -> NDArray[np.float64]:
    """Return the stream that a case reads."""
    return STREAMS[case[4]](seed)
