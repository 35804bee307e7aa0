"""`simdrift.drift` on arrays: what it takes, what it refuses, what a result says."""

import dataclasses
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from simdrift.metrics import drift

X, Y = [1.0, 2.0, 2.0, 4.0, None], [2.0, 3.0, 5.0, 5.0, 9.0, 9.5]
KINDS = {
    "list": list,
    "tuple": tuple,
    "numpy": lambda v: np.array(v, float),
    "pandas": pd.Series,
    "nullable pandas": lambda v: pd.Series(v, dtype="Float64"),
    "pandas on arrow": lambda v: pd.Series(v, dtype="double[pyarrow]"),
    "polars": pl.Series,
    "arrow": pa.array,
    "chunked arrow": lambda v: pa.chunked_array([v[:2], v[2:]], pa.float64()),
}


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("name", ["ks", "wasserstein", "psi", "jensen_shannon", "missing_share"])
def test_every_library_s_arrays_give_the_same_result(kind, name):
    function = getattr(drift, name)
    assert function(KINDS[kind](X), KINDS[kind](Y)) == function(np.array(X, float), np.array(Y))


def test_a_result_is_frozen_and_says_what_it_was_held_against():
    found = drift.psi(np.arange(100.0), np.arange(100.0) + 90, threshold=0.5)
    assert (found.metric, found.threshold, found.alert, found.params) == (
        "drift.psi", 0.5, True, "bins=10",
    )  # fmt: skip
    assert (found.n_reference, found.n_current) == (100, 100)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.value = 0.0


def test_cut_points_stand_in_params_short():
    assert drift.psi([1.0, 2.0], [2.0], bins=[1.5, 2.5]).params == "bins=[1.5 2.5]"
    many = drift.psi([1.0, 2.0], [2.0], bins=list(range(50))).params
    assert many.startswith("bins=50:")
    assert len(many) == len("bins=50:") + 8


def test_smoothing_stands_in_params_where_it_is_not_the_default():
    assert drift.psi(["a"], ["b"]).params == ""
    assert drift.psi(["a"], ["b"], smoothing=1).params == "smoothing=1"


def test_a_column_of_a_type_that_is_not_computed_on_says_so():
    nested = pa.array([[1], [2, 3]])
    found = drift.ks(nested, [1.0, 2.0])
    assert (found.value, found.status, found.alert) == (None, "type_changed", None)
    assert "list" in found.reason


@pytest.mark.parametrize("name", ["ks", "wasserstein", "wasserstein_normed"])
def test_text_has_no_numeric_drift_and_the_reason_says_so(name):
    found = getattr(drift, name)(["a", "b"], ["b", "c"])
    assert (found.value, found.status) == (None, "not_applicable")
    assert found.reason == "for numeric and temporal columns; this one is categorical"


def test_text_against_numbers_is_a_type_change_and_the_reason_names_both():
    found = drift.psi(["a", "b"], [1.0, 2.0])
    assert found.status == "type_changed"
    assert found.reason == "reference is large_utf8, current is float64"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: drift.ks(5, [1.0]), TypeError, "reference: expected an array"),
        (lambda: drift.ks([1.0], "abc"), TypeError, "current: expected an array"),
        (lambda: drift.ks(np.zeros((2, 2)), [1.0]), ValueError, "reference"),
        (lambda: drift.psi(pd.DataFrame({"x": [1]}), [1]), TypeError, "found a frame"),
        (lambda: drift.ks([1.0], [2.0], alpha=2), ValueError, "alpha: expected a number from 0"),
        (lambda: drift.psi([1.0], [2.0], threshold="0.1"), TypeError, "expected a number"),
        (lambda: drift.psi([1.0], [2.0], threshold=-1), ValueError, "expected a number >= 0"),
        (lambda: drift.psi([1.0], [2.0], smoothing="x"), TypeError, "smoothing: expected"),
        (lambda: drift.chi_square(["a"], ["b"], yates=1), TypeError, "yates: expected True"),
        (lambda: drift.ks([1.0], [2.0], threads="many"), TypeError, "threads: .* found 'many'"),
        (lambda: drift.ks([1.0], [2.0], threads=-1), ValueError, "threads: .* found -1"),
    ],
)
def test_misuse_is_refused_with_what_was_expected_and_found(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_importing_the_functions_imports_neither_scipy_nor_pandas():
    code = (
        "import sys, simdrift as sd; sd.drift.energy, sd.drift.ks;"
        "print([m for m in ('scipy', 'pandas', 'psycopg', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
