"""Columns that are measured together have the numbers that they have alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import simdrift as sd
from simdrift.columns import as_column
from simdrift.metrics.columns import CurrentColumn, ReferenceColumn
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.over_groups import evaluate
from simdrift.metrics.pair_stack import PairStack, apart, is_stackable
from simdrift.metrics.registry import method
from simdrift.results import Result

SIZES = ((40, 60), (300, 2000), (5000, 4000))
STACKED = ("wasserstein_normed", "ks", "missing_share")


def columns(rows: int, seed: int) -> dict[str, NDArray[Any]]:
    """Columns of many shapes: ties, tails, blanks, constants, text, times."""
    rng = np.random.default_rng([seed, rows])
    normal = rng.normal(size=rows)
    return {
        "normal": normal,
        "shifted": normal + 0.3 * seed,
        "heavy": rng.standard_cauchy(rows),
        "rounded": np.round(normal),
        "zeros": np.where(rng.random(rows) < 0.4, 0.0, normal),
        "half missing": np.where(rng.random(rows) < 0.5, np.nan, normal),
        "few missing": np.where(rng.random(rows) < 0.02, np.nan, normal),
        "infinite": np.where(rng.random(rows) < 0.1, np.inf, normal),
        "constant": np.full(rows, 3.0),
        "gone": np.full(rows, np.nan if seed else 1.0),
        "huge": normal * 1e200,
        "large integers": rng.integers(2**60, 2**60 + 100, rows),
        "integers": rng.integers(0, 1000, rows),
        "days": rng.integers(0, 300, rows).astype("M8[D]"),
        "flag": rng.random(rows) < 0.3,
        "text": rng.choice(np.array(["a", "b", "c"][: 2 + seed]), rows),
        "retyped": normal.astype(str) if seed else normal,
    }


def numbers(row: Result) -> tuple[Any, ...]:
    return (
        row.metric, row.params, row.status, row.value, row.p_value, row.effect_size, row.ci_low,
        row.ci_high, row.null_quantile, row.threshold, row.alert, row.n_reference, row.n_current,
    )  # fmt: skip


def by_column(report: sd.Report) -> Mapping[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for row in report.results:
        if row.column:
            found.setdefault(row.column, []).append(numbers(row))
    return found


@pytest.mark.parametrize(("n", "m"), SIZES)
@pytest.mark.parametrize("prepared", [False, True], ids=["frames", "prepared"])
def test_a_column_has_the_same_rows_alone_and_among_others(n, m, prepared):
    before, now = columns(n, 0), columns(m, 1)
    spec = {"correction": "none"}
    if prepared:
        together = sd.Reference.fit(before).compare(now)
    else:
        together = sd.compare(before, now, **spec)
    for name, rows in by_column(together).items():
        one, other = {name: before[name]}, {name: now[name]}
        alone = sd.Reference.fit(one).compare(other) if prepared else sd.compare(one, other, **spec)
        left, right = rows, by_column(alone)[name]
        if prepared:  # q-values, and so alerts, depend on the other columns
            left, right = ([row[:10] + row[11:] for row in own] for own in (left, right))
        assert left == right, name


@pytest.mark.parametrize(("n", "m"), SIZES)
@pytest.mark.parametrize("name", STACKED)
def test_one_call_measures_the_columns_that_are_alike(n, m, name):
    before, now, spec = columns(n, 0), columns(m, 1), method(name)
    pairs = [
        GroupedPair(
            ReferenceColumn(column, as_column(before[column])),
            ColumnGroups.of(CurrentColumn(column, as_column(now[column]))),
            reads=("ks", "wasserstein", "histogram"),
        )
        for column in before
    ]
    stackable = [pair for pair in pairs if is_stackable(spec, pair)]
    assert {"normal", "shifted", "heavy"} <= {pair.name for pair in stackable}
    found = apart(spec.function(PairStack(stackable)).cleaned())
    for pair, own in zip(stackable, found, strict=True):
        assert own.at(0)[:9] == evaluate(spec, pair, {}).at(0)[:9], pair.name
        logs = evaluate(spec, pair, {}).log_p
        assert own.log_p is not None
        assert logs is not None
        np.testing.assert_array_equal(own.log_p(), logs(), pair.name)
