"""Rows over several columns in the core: duplicates against pandas, hashes, equal rows."""

import numpy as np
import pandas as pd
import pytest

from simdrift import _core
from simdrift.columns import as_column, as_table


def _columns(frame):
    return list(as_table(frame).columns.values())


def _frame(rng, n):
    frame = pd.DataFrame({
        "float": rng.choice([0.0, -0.0, 1.5, np.inf], n),
        "integer": pd.array(rng.integers(0, 3, n)),
        "text": rng.choice(["x", "yy", "a text that is longer than sixteen bytes", ""], n),
        "category": pd.Categorical(rng.choice(["u", "v"], n)),
        "time": rng.choice(np.array(["2020-01-01", "NaT"], "datetime64[s]"), n),
    })  # fmt: skip
    frame.loc[rng.random(n) < 0.2] = np.nan
    return frame


@pytest.mark.parametrize("seed", range(20))
def test_duplicates_and_empty_rows_are_those_of_pandas(seed):
    rng = np.random.default_rng(seed)
    frame = _frame(rng, int(rng.integers(1, 400)))
    starts = np.array([0, len(frame) // 3, len(frame)])
    stops = np.array([len(frame), len(frame) // 2 + 1, len(frame)])
    found = _core.row_counts_groups(_columns(frame), starts, stops)
    parts = [frame.iloc[a:b] for a, b in zip(starts, stops, strict=True)]
    assert found["duplicates"].tolist() == [part.duplicated().sum() for part in parts]
    assert found["empty"].tolist() == [part.isna().all(axis=1).sum() for part in parts]
    assert found["rows"].tolist() == [len(part) for part in parts]


def test_many_rows_are_counted_alike_on_any_number_of_threads():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"a": rng.integers(0, 400, 300_000), "b": rng.integers(0, 400, 300_000)})
    ends = [0], [len(frame)]
    one, two = (_core.row_counts_groups(_columns(frame), *ends, threads=n) for n in (1, 2))
    expected = len(frame) - len(np.unique(frame["a"] * 400 + frame["b"]))
    assert one["duplicates"].tolist() == two["duplicates"].tolist() == [expected]


def test_integers_beyond_2_to_the_53_are_told_apart():
    x = np.array([2**53, 2**53 + 1, 2**63 - 1, 2**63 - 2, 2**53 + 1])
    assert _core.row_counts_groups([as_column(x, name="x")], [0], [5])["duplicates"][0] == 1


def test_null_and_nan_are_one_value_and_no_other():
    x = _core.Column.from_numpy(
        np.array([0.0, np.nan, 5.0, 0.0]), mask=np.array([False, False, True, False])
    )
    assert _core.row_counts_groups([x], [0], [4])["duplicates"][0] == 2


def test_hashes_of_text_and_of_categories_are_equal_where_the_text_is():
    words = ["a", "bb", None, "a", "seventeen bytes!!"]
    text, category = as_column(words, name="t"), as_column(pd.Categorical(words), name="c")
    one, other = _core.row_hashes([text]), _core.row_hashes([category])
    assert one.tolist() == other.tolist()
    assert len({tuple(row) for row in one.tolist()}) == 4


def test_equal_rows_are_counted_by_group():
    a = as_column(np.array([1.0, np.nan, 3.0, -0.0, 5.0]), name="a")
    b = as_column(np.array([1.0, np.nan, np.nan, 0.0, 4.0]), name="b")
    assert _core.equal_rows_groups(a, b, [0, 2], [5, 5]).tolist() == [3, 1]
    text = as_column(["x", None, "y", "", "z"], name="t")
    assert _core.equal_rows_groups(text, text, [0], [5]).tolist() == [5]
    with pytest.raises(ValueError, match="text in both or in neither"):
        _core.equal_rows_groups(a, text, [0], [5])


def test_columns_of_other_lengths_and_no_columns_are_refused():
    a, b = (as_column(np.arange(n), name="x") for n in (3, 4))
    with pytest.raises(ValueError, match="expected 3 rows in each, found 4"):
        _core.row_counts_groups([a, b], [0], [3])
    with pytest.raises(ValueError, match="expected one at least, found none"):
        _core.row_counts_groups([], [0], [0])
    with pytest.raises(ValueError, match="0 <= start <= stop <= 3"):
        _core.row_counts_groups([a], [0], [4])
