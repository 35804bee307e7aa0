"""What rows are, as a digest: the same for the same rows, another for any others."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars
import pyarrow as pa

from simdrift.columns import as_table
from simdrift.metrics.groups import Groups
from simdrift.monitoring.digests import DataDigest

X = np.arange(10.0)


def digest_of(data: Any) -> str:
    return DataDigest()(as_table(data))


def test_the_same_rows_have_the_same_digest_in_any_layout() -> None:
    for other in (
        np.repeat(X, 2)[::2],
        X[::-1].copy()[::-1],
        X.astype(">f8"),
        pa.chunked_array([X[:3], X[3:]]),
        polars.Series(X),
        X.astype(np.float32),
    ):
        assert digest_of({"x": other}) == digest_of({"x": X})


def test_texts_have_the_same_digest_in_any_form_and_any_order_of_asking() -> None:
    texts = ["b", None, "", "ü", "b"]
    expected = digest_of({"c": pa.array(texts)})
    for form in (
        pa.array(texts, pa.large_string()),
        pa.array(texts, pa.string_view()),
        pa.array(texts).dictionary_encode(),
        polars.Series(texts),
    ):
        assert digest_of({"c": form}) == expected
    assert DataDigest()(as_table({"c": pa.array(texts)}).encoded()) == expected
    asked_before = DataDigest()
    asked_before(as_table({"c": pa.array(["z", "ü"])}))
    assert asked_before(as_table({"c": pa.array(texts)})) == expected


def test_any_other_rows_have_another_digest() -> None:
    tables = [
        {"x": X},
        {"y": X},
        {"x": X + 1e-9 * (X == 3)},
        {"x": X[::-1]},
        {"x": X[:-1]},
        {"x": np.where(X == 3, np.nan, X)},
        {"x": pa.array([None if v == 3 else v for v in X])},
        {"x": X.astype(np.int64)},
        {"x": pa.array([str(v) for v in X])},
        {"x": pa.nulls(10)},
        {"x": pa.nulls(9)},
        {"x": [[1]] * 10},
        {"x": X, "y": X},
        {"y": X, "x": X},
        {},
    ]
    assert len({digest_of(table) for table in tables}) == len(tables)


def test_a_null_integer_is_not_a_zero() -> None:
    assert digest_of({"i": pa.array([0, None])}) != digest_of({"i": pa.array([0, 0])})


def test_long_columns_are_read_piece_by_piece() -> None:
    values = np.arange((1 << 20) + 5) % 251
    whole = digest_of({"i": values})
    assert digest_of({"i": pa.chunked_array([values[:7], values[7:]])}) == whole
    values[-1] += 1
    assert digest_of({"i": values}) != whole


def test_a_digest_is_the_same_in_every_version() -> None:
    data = {"x": np.array([1.0, np.nan]), "i": np.array([1, 2]), "c": ["a", None]}
    assert digest_of(data) == LITERAL


def test_each_group_has_the_digest_of_its_rows_alone() -> None:
    rng = np.random.default_rng(5)
    data = {"x": rng.normal(size=60), "c": pa.array(list("abc") * 20)}
    starts, stops = np.array([0, 10, 10, 59]), np.array([10, 10, 60, 60])
    found = DataDigest().of_groups(as_table(data), Groups(starts, stops))
    assert found == [
        digest_of({name: values[a:b] for name, values in data.items()})
        for a, b in zip(starts, stops, strict=True)
    ]


LITERAL = "51df4b9fd01d3375b26dc367a6bba9b8f0f24e720284c42fc880c09a6bfc1d3f"
