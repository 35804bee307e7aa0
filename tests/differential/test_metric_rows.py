"""The same table gives the same rows, bit for bit, through every library, with every thread
count and every ISA; and the rows are what a bare loop over SciPy and pandas gives."""

import metric_rows
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency, ks_2samp, wasserstein_distance

from simdrift import _core
from simdrift.columns import as_table
from simdrift.metrics.columns import CurrentColumn, ReferenceColumn
from simdrift.metrics.plan import DriftPlan

ALL_METHODS = {
    "numeric": ["ks", "wasserstein", "wasserstein_normed", "psi", "jensen_shannon"],
    "categorical": ["chi_square", "psi", "jensen_shannon"],
    "temporal": ["ks", "wasserstein"],
}


def _table(rows: int, shift: float, seed: int) -> dict[str, np.ndarray | list[str | None]]:
    rng = np.random.default_rng(seed)
    gaps = rng.random(rows) < 0.05
    words = rng.choice(["card", "cash", "free", "", "日本"], rows).tolist()
    return {
        "plain": rng.normal(shift, 1, rows),
        "gaps": np.where(gaps, np.nan, rng.gamma(2.0, 3.0, rows)),
        "ties": np.round(rng.exponential(2 + shift, rows), 1),
        "whole": rng.integers(-5, 60, rows),
        "flag": rng.random(rows) < 0.3 + shift / 10,
        "word": [None if gap else word for gap, word in zip(gaps, words, strict=True)],
        "time": np.datetime64("2024-01-01", "us") + rng.integers(0, 10**11, rows),
    }


REFERENCE, CURRENT = _table(9000, 0.0, 1), _table(5500, 0.2, 2)


def _rows(reference, current, threads=None, prepared=False):
    left = as_table(reference).columns
    right = as_table(current).columns
    reference = {n: ReferenceColumn(n, c, threads=threads) for n, c in left.items()}
    if prepared:
        for column in reference.values():
            column.prepare()
    current = {n: CurrentColumn(n, c, threads=threads) for n, c in right.items()}
    plan = DriftPlan.make(reference, methods=ALL_METHODS, threads=threads)
    rows = metric_rows.compare_columns(reference, current, plan)
    return rows + [row for column in current.values() for row in metric_rows.column_rows(column)]


def _arrow(table):
    return pa.table({n: pa.array(v, from_pandas=True) for n, v in table.items()})


LIBRARIES = {
    "arrow": _arrow,
    "arrow in chunks": lambda t: pa.concat_tables(
        [_arrow(t).slice(0, 1234), _arrow(t).slice(1234, 7), _arrow(t).slice(1241)]
    ),
    "arrow dictionaries": lambda t: _arrow(t).set_column(
        5, "word", _arrow(t)["word"].dictionary_encode()
    ),
    "pandas": pd.DataFrame,
    "pandas on arrow": lambda t: _arrow(t).to_pandas(types_mapper=pd.ArrowDtype),
    "polars": lambda t: pl.DataFrame(_arrow(t)),
    "numpy in reverse memory": lambda t: {
        n: v[::-1].copy()[::-1] if isinstance(v, np.ndarray) else v for n, v in t.items()
    },
}


@pytest.fixture(scope="module")
def expected():
    return _rows(REFERENCE, CURRENT)


@pytest.mark.parametrize("library", sorted(LIBRARIES))
def test_rows_are_the_same_bits_through_every_library(library, expected):
    convert = LIBRARIES[library]
    found = _rows(convert(REFERENCE), convert(CURRENT))
    # whether a gap came as null or as NaN is all that a library may change
    counts_nan = "quality.nan"
    assert [r for r in found if r.metric != counts_nan] == [
        r for r in expected if r.metric != counts_nan
    ]


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_rows_are_the_same_bits_with_every_thread_count(threads, expected):
    assert _rows(REFERENCE, CURRENT, threads) == expected


@pytest.mark.parametrize("isa", _core.show_config()["isas"])
def test_rows_are_the_same_bits_with_every_isa(isa, expected):
    active = _core.show_config()["isa"]
    try:
        _core._isa_force(isa)
        assert _rows(REFERENCE, CURRENT) == expected
    finally:
        _core._isa_force(active)


def test_rows_are_the_same_bits_against_a_prepared_reference(expected):
    assert _rows(REFERENCE, CURRENT, prepared=True) == expected


def test_rows_are_those_of_a_bare_loop_over_scipy_and_pandas(expected):
    found = {(r.column, r.metric): r for r in expected}
    for name in ("plain", "gaps", "ties", "whole"):
        x, y = (pd.Series(t[name]).dropna().to_numpy(float) for t in (REFERENCE, CURRENT))
        ks = ks_2samp(x, y, method="asymp")
        row = found[name, "drift.ks"]
        assert row.value == pytest.approx(ks.statistic, rel=1e-14)
        # the limit law is corrected for whole steps; of few values it is another one
        assert row.p_value == pytest.approx(ks.pvalue, rel=5e-3) or row.p_value < ks.pvalue
        w1 = wasserstein_distance(x, y)
        assert found[name, "drift.wasserstein"].value == pytest.approx(w1, rel=1e-11)
        normed = found[name, "drift.wasserstein_normed"].value
        low, middle, high = np.quantile(x, [0.25, 0.5, 0.75])
        robust = (high - low) / 1.3489795003921634 if low < middle < high else np.inf
        assert normed == pytest.approx(w1 / min(x.std(ddof=1), robust), rel=1e-11)
    for name in ("flag", "word"):
        x, y = (pd.Series(t[name]).dropna() for t in (REFERENCE, CURRENT))
        counts = pd.concat([x.value_counts(), y.value_counts()], axis=1).fillna(0).to_numpy().T
        test = chi2_contingency(counts, correction=False)
        assert found[name, "drift.chi_square"].value == pytest.approx(test.statistic, rel=1e-12)
        assert found[name, "drift.chi_square"].p_value == pytest.approx(test.pvalue, rel=1e-10)
        distance = jensenshannon(counts[0], counts[1], base=2)
        assert found[name, "drift.jensen_shannon"].value == pytest.approx(distance, rel=1e-9)
    for name in REFERENCE:
        missing = pd.Series(CURRENT[name]).isna().mean() - pd.Series(REFERENCE[name]).isna().mean()
        assert found[name, "drift.missing_share"].value == pytest.approx(missing, abs=1e-15)
