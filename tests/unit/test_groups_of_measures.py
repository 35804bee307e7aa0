"""Every drift method over many groups of rows gives what it gives of each group alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from simdrift.columns import as_column
from simdrift.metrics import drift, registry
from simdrift.metrics.columns import TABLE, CurrentColumn, ReferenceColumn
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.over_groups import evaluate
from simdrift.metrics.values import Outcome

SEED = 20261201
BEFORE, AFTER = 120, 160
METHODS = [name for name in registry.methods() if TABLE not in registry.method(name).kinds]
assert drift.ks  # the methods are registered


def with_nulls(values: Any, rng: np.random.Generator) -> pa.Array:
    return pa.array(values, mask=rng.random(len(values)) < 0.1)


def broken_floats(rng: np.random.Generator, n: int) -> np.ndarray:
    """NaN, infinities, and stretches of one value and of none."""
    values = rng.normal(size=n)
    values[rng.random(n) < 0.05] = np.inf
    values[rng.random(n) < 0.05] = -np.inf
    values[20:40], values[40:50] = 7.0, np.nan
    return values


COLUMNS: dict[str, Callable[[np.random.Generator, int], Any]] = {
    "floats": lambda rng, n: rng.normal(size=n),
    "broken floats": broken_floats,
    "floats with nulls": lambda rng, n: with_nulls(rng.normal(size=n), rng),
    "ties": lambda rng, n: rng.integers(0, 5, n),
    "constant": lambda rng, n: np.full(n, 3.0),
    "times": lambda rng, n: (1_700_000_000 + rng.integers(0, 10**6, n)).astype("M8[s]"),
    "booleans": lambda rng, n: rng.random(n) < 0.3,
    "text": lambda rng, n: with_nulls(rng.choice(["a", "b", "c", f"only of {n}"], n), rng),
    "two labels": lambda rng, n: with_nulls(rng.choice(["no", "yes"], n, p=[0.9, 0.1]), rng),
    "many labels": lambda rng, n: rng.integers(0, n, n).astype(str),
}


def groups_of(rows: int) -> Groups:
    """Windows side by side, overlapping ones, empty ones, single rows, and the whole."""
    starts = [0, 30, 90, 30, 0, rows, 3, 20, 41, 5, 0]
    stops = [30, 90, rows, 120, 0, rows, 4, 35, 49, 7, rows]
    return Groups(np.array(starts, np.int64), np.array(stops, np.int64))


def bits(outcome: Outcome) -> tuple[Any, ...]:
    numbers = [None if x is None else float(x).hex() for x in outcome[:1] + outcome[2:7]]
    sizes = outcome.n_reference, outcome.n_current
    log_p = math.nan if outcome.log_p is None else outcome.log_p()
    return *numbers, outcome.status, sizes, float(log_p).hex(), outcome.reason


def evaluated(name: str, reference: ReferenceColumn, current: ColumnGroups) -> list[Any]:
    spec = registry.method(name)
    pair = GroupedPair(reference, current, reads={spec.reads})
    with pair.sorted_once():
        outcomes = evaluate(spec, pair, registry.checked_params(spec, {}))
    return [bits(outcomes.at(place)) for place in range(len(current))]


@pytest.mark.parametrize("prepared", [False, True], ids=["rows", "prepared"])
@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("name", METHODS)
def test_each_group_has_the_outcome_of_its_rows_alone(name, column, prepared):
    rng = np.random.default_rng(SEED)
    before, after = (as_column(COLUMNS[column](rng, n), name="x") for n in (BEFORE, AFTER))
    reference = ReferenceColumn("x", before)
    if prepared:
        reference = reference.prepare()
    groups = groups_of(AFTER)
    assert groups.stops is not None
    found = evaluated(name, reference, ColumnGroups("x", after, groups))
    for place, (start, stop) in enumerate(zip(groups.starts, groups.stops, strict=True)):
        alone = CurrentColumn("x", after.slice(int(start), int(stop)))
        [expected] = evaluated(name, reference, ColumnGroups.of(alone))
        assert found[place] == expected, (place, int(start), int(stop))


@pytest.mark.parametrize("column", ["text", "two labels", "many labels", "booleans", "ties"])
def test_each_group_has_the_histogram_of_its_rows_alone(column):
    rng = np.random.default_rng(SEED)
    before, after = (as_column(COLUMNS[column](rng, n), name="x") for n in (BEFORE, AFTER))
    reference, groups = ReferenceColumn("x", before), groups_of(AFTER)
    assert groups.stops is not None
    together = GroupedPair(reference, ColumnGroups("x", after, groups)).histograms()
    slices = (after.slice(int(a), int(b)) for a, b in zip(groups.starts, groups.stops, strict=True))
    alone = [
        GroupedPair(reference, ColumnGroups.of(CurrentColumn("x", own))).histograms()
        for own in slices
    ]
    assert together is not None
    assert together.present.tolist() == [one is not None for one in alone]
    for place, one in enumerate(one for one in alone if one is not None):
        bins = one.current.shape[1]
        assert together.current[place, :bins].tolist() == one.current[0].tolist()
        assert not together.current[place, bins:].any()
        if one.labels is not None:
            assert together.labels[place] == one.labels[0]
            assert together.reference[place, :bins].tolist() == one.reference[0].tolist()
