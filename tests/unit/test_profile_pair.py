"""`sd.profile` of two frames, and keys in a profile."""

import numpy as np
import pytest

import simdrift as sd


def test_two_profiles_stand_side_by_side():
    pair = sd.profile(
        {"x": np.arange(4.0), "old": [1, 2, 3, 4]}, {"x": [9.0, np.nan], "new": [1, 2]}
    )
    assert [one.column for one in pair.columns] == ["x", "old", "new"]
    x, old, new = pair.columns
    assert (x.left.value("mean"), x.right.value("mean")) == (1.5, 9.0)
    assert (old.right, new.left) == (None, None)
    text = repr(pair)
    assert text.startswith("a: 4 rows, 2 columns")
    assert "not there" in text
    assert pair._repr_html_().startswith("<pre>a: 4 rows")


def test_a_profile_counts_keys_that_repeat():
    report = sd.profile({"id": [1, 1, 2, None], "x": np.arange(4.0)}, key="id", columns=["x"])
    found = {row.metric: row.value for row in report.results if not row.column}
    assert (found["quality.key_duplicates"], found["quality.key_missing"]) == (1.0, 1.0)
    assert [line.column for line in report.columns] == ["x"]
    with pytest.raises(sd.SpecError, match="'key'"):
        sd.profile({"x": np.arange(4.0)}, key="key")
