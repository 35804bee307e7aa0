"""A number is one category, whatever the type that holds it."""

from __future__ import annotations

import numpy as np
import pytest

from simdrift import _core
from simdrift.columns import as_column
from simdrift.metrics import drift

TYPES = [np.float64, np.float32, np.float16]


def labels_of(values):
    table = _core.Categories((), maximum=100_000)
    table.count(as_column(np.asarray(values), name="x"))
    return list(table.labels)


@pytest.mark.parametrize("before", [*TYPES, np.int16])
@pytest.mark.parametrize("now", TYPES)
def test_whole_numbers_are_the_same_category_in_every_type(before, now):
    values = [0, 1, -3, 10, 20, 100, 1000] * 20
    found = drift.chi_square(np.array(values, before), np.array(values, now))
    assert (found.value, found.p_value) == (0.0, 1.0)


@pytest.mark.parametrize("before", TYPES)
@pytest.mark.parametrize("now", TYPES)
def test_decimals_are_the_same_category_in_every_type(before, now):
    values = [0.1, 0.2, 0.25, -0.7, 1.5, 19.5, 1e-4] * 20
    assert drift.chi_square(np.array(values, before), np.array(values, now)).value == 0.0


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([10.0, 1e5, -2e10, 0.1], ["10", "100000", "-20000000000", "0.1"]),
        (np.array([0.1, 16777216, 3.4e38], np.float32), ["0.1", "16777216", "3.4e+38"]),
        (np.array([0.1, 65504.0, 6e-8], np.float16), ["0.1", "65504", "6e-08"]),
        ([0.1, float(np.float32(0.1))], ["0.1", "0.10000000149011612"]),
        ([np.inf, -np.inf, 1e22], ["inf", "-inf", "1e+22"]),
    ],
)  # fmt: skip
def test_labels_are_the_shortest_text_of_the_type(values, labels):
    assert labels_of(values) == labels


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_different_numbers_have_different_labels(kind):
    bits = np.uint16 if kind is np.float16 else np.uint32
    start = np.array([1.0 if kind is np.float16 else 0.999], kind).view(bits)[0]
    edges = [np.arange(start - 3_000, start + 3_000, dtype=bits), np.arange(1, 3_000, dtype=bits)]
    values = np.concatenate(edges).view(kind)
    found = labels_of(values)
    assert len(found) == len(values)
    assert [kind(label) for label in found] == values.tolist()
