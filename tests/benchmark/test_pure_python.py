"""The pure-Python baselines of `benches/` give what simdrift gives, and what the peers give."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

BENCHES = Path(__file__).resolve().parents[2] / "benches"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    """`benches/bench_pure_python.py`, whose folder is on the path as when it is run."""
    sys.path.insert(0, str(BENCHES))
    try:
        import bench_pure_python
    finally:
        sys.path.remove(str(BENCHES))
    return bench_pure_python


def test_each_loop_gives_what_simdrift_and_the_peer_give(bench: ModuleType) -> None:
    data = bench.arrays(3_000)
    for case in bench.CASES:
        bench.check(case, data, 3_000)


def test_a_loop_that_differs_is_not_timed(bench: ModuleType) -> None:
    wrong = bench.CASES[0]._replace(loop=lambda lists: [0.0] * 8)
    with pytest.raises(AssertionError, match="count, extremes"):
        bench.check(wrong, bench.arrays(1_000), 1_000)


def test_ties_and_ends_by_hand(bench: ModuleType) -> None:
    drift, quality, performance = bench.drift, bench.quality, bench.performance
    assert quality.ranks([2.0, 1.0, 2.0]) == [2.5, 1.0, 2.5]
    assert quality.histogram([0.0, 0.5, 1.0, 1.5], [0.0, 0.5, 1.0]) == [1, 2]
    assert quality.duplicate_rows([(1, "a"), (1, "a"), (2, "a")]) == 1
    assert quality.most_frequent([*"ababa"], 1) == [("a", 3)]
    assert drift.ks([1.0, 1.0], [1.0, 2.0]) == 0.5
    assert drift.wasserstein([0.0, 1.0], [1.0, 2.0]) == 1.0
    assert drift.mann_whitney([1.0, 2.0], [1.0]) == 1.5
    assert performance.roc_auc([0, 1, 1], [0.5, 0.5, 0.9]) == 0.75
    np.testing.assert_allclose(performance.average_precision([0, 1], [0.5, 0.5]), 0.5)
