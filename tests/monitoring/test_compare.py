"""`compare` and `profile`: one call on any two frames, or on one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

import simdrift as sd
from simdrift._errors import InputError, SpecError


@pytest.fixture(scope="module")
def sides(table: pa.Table) -> tuple[pa.Table, pa.Table]:
    columns = ["x", "k", "c"]
    return table.select(columns).slice(0, 3000), table.select(columns).slice(5000)


def by_metric(report: sd.Report, column: str) -> dict[str, Any]:
    return {row.metric: row for row in report.results if row.column == column}


def test_numbers_are_scipys(sides: tuple[pa.Table, pa.Table]) -> None:
    before, now = (side.column("x").to_numpy() for side in sides)
    before, now = before[~np.isnan(before)], now[~np.isnan(now)]
    rows = by_metric(sd.compare(*sides), "x")
    test = stats.ks_2samp(before, now)
    assert rows["drift.ks"].value == pytest.approx(test.statistic, rel=1e-12)
    assert rows["drift.ks"].p_value == pytest.approx(test.pvalue, rel=1e-8)
    assert rows["drift.wasserstein_normed"].value == pytest.approx(
        stats.wasserstein_distance(before, now) / before.std(ddof=1), rel=2e-3
    )


def test_categories_are_scipys(sides: tuple[pa.Table, pa.Table]) -> None:
    before, now = (side.column("c").to_pandas().value_counts().sort_index() for side in sides)
    rows = by_metric(sd.compare(*sides), "c")
    expected = jensenshannon(before.to_numpy(), now.to_numpy(), base=2)
    assert rows["drift.jensen_shannon"].value == pytest.approx(expected, rel=1e-9)


def test_every_library_gives_the_same_rows(
    sides: tuple[pa.Table, pa.Table], tmp_path: Path
) -> None:
    expected = [row[8:] for row in sd.compare(*sides).results]
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for side, path in zip(sides, paths, strict=True):
        parquet.write_table(side, path)
    connection = duckdb.connect()
    for pair in (
        [side.to_pandas() for side in sides],
        [polars.from_arrow(side) for side in sides],
        [connection.from_arrow(side) for side in sides],
        paths,
        [str(path) for path in paths],
        [sides[0], sides[1].to_pandas()],
    ):
        assert [row[8:] for row in sd.compare(*pair).results] == expected


def test_named_columns_only(sides: tuple[pa.Table, pa.Table]) -> None:
    report = sd.compare(*sides, columns=["x"])
    assert {row.column for row in report.results} == {"x", ""}


def test_roles_give_performance_and_categories(table: pa.Table) -> None:
    roles = {"prediction": "p", "target": "y", "categorical": ["k"], "ignore": ["t"]}
    report = sd.compare(table, table, roles=roles)
    assert report.roles["p"] == "prediction"
    rows = {row.metric: row for row in report.results if row.column == ""}
    error = (table.to_pandas()["p"] - table.to_pandas()["y"]).dropna()
    assert rows["performance.mae"].value == pytest.approx(error.abs().mean(), rel=1e-12)
    assert "drift.jensen_shannon" in by_metric(report, "k")


def test_small_samples_are_tested_exactly() -> None:
    x, y = np.arange(30.0), np.arange(30.0) + 10.5
    (row,) = [r for r in sd.compare({"x": x}, {"x": y}).results if r.metric == "drift.ks"]
    assert row.p_value == pytest.approx(stats.ks_2samp(x, y, method="exact").pvalue, rel=1e-10)
    assert row.alert is True


def test_identical_frames_do_not_drift(table: pa.Table) -> None:
    report = sd.compare(table, table)
    assert [row for row in report.results if row.alert] == []
    assert {row.value for row in report.results.filter(metric="drift.dataset")} == {0.0}


def test_one_mixed_column_costs_only_itself(sides: tuple[pa.Table, pa.Table]) -> None:
    left, right = (side.to_pandas() for side in sides)
    expected = [r[8:] for r in sd.compare(left, right).results if r.column]
    left["mixed"] = pd.Series([1, "a", None, 2.5] * 1000, dtype=object)
    right["mixed"] = pd.Series([{}, []] * 2000, dtype=object)
    rows = sd.compare(left, right).results
    assert [r[8:] for r in rows if r.column not in ("", "mixed")] == expected
    of_mixed = [r for r in rows if r.column == "mixed" and r.metric.startswith("drift.")]
    assert {r.status for r in of_mixed} == {"type_changed"}


def test_the_report_has_a_histogram_of_each_column(sides: tuple[pa.Table, pa.Table]) -> None:
    found = {h.column: h for h in sd.compare(*sides).results.histograms}
    assert set(found) == {"x", "k", "c"}
    values = sides[1].column("x").to_numpy()
    edges = np.array([-np.inf, *found["x"].edges, np.inf])
    expected = np.histogram(values[~np.isnan(values)], edges)[0]
    assert found["x"].current == tuple(expected.tolist())


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"columns": ["z"]}, SpecError, "columns: the data have no column 'z'; found "),
        ({"methods": "kss"}, SpecError, "'methods': unknown method 'kss', did you mean 'ks'?"),
        ({"correction": "fdr"}, SpecError, "'correction': expected 'bh', 'by', 'holm'"),
        (
            {"convention": "nannyml"},
            SpecError,
            "expected 'simdrift' or 'evidently', found 'nannyml'",
        ),
        ({"roles": {"targt": "y"}}, SpecError, "unknown key 'targt', did you mean 'target'?"),
        ({"thresholds": {"drift.psy": 1.0}}, SpecError, "unknown metric 'drift.psy'"),
        ({"weights": [1.0]}, SpecError, "weights: expected two array-likes"),
    ],
)
def test_wrong_arguments_are_told(
    sides: tuple[pa.Table, pa.Table], options: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        sd.compare(*sides, **options)
    assert message in str(caught.value)


def test_what_is_no_frame_is_told(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="expected a DataFrame"):
        sd.compare(3, 4)
    with pytest.raises(
        InputError, match="expected a CSV, Arrow or Parquet file, found no such file"
    ):
        sd.compare(tmp_path / "a.parquet", tmp_path / "b.parquet")


def test_thresholds_may_be_short_names(sides: tuple[pa.Table, pa.Table]) -> None:
    report = sd.compare(*sides, thresholds={"wasserstein_normed": 0.001})
    assert by_metric(report, "x")["drift.wasserstein_normed"].threshold == 0.001


def test_a_profile_is_pandas_describe(table: pa.Table) -> None:
    frame = table.to_pandas()
    lines = {line.column: line for line in sd.profile(table).columns}
    expected = frame["x"].describe()
    for name, key in (("mean", "mean"), ("std", "std"), ("min", "min"), ("max", "max"),
                      ("25%", "quantile q=0.25"), ("50%", "quantile q=0.5")):  # fmt: skip
        assert lines["x"].value(key) == pytest.approx(expected[name], rel=1e-12)
    assert lines["x"].value("missing") == frame["x"].isna().sum()
    assert lines["c"].value("distinct") == frame["c"].nunique()


def test_a_profile_has_the_quantiles_that_are_asked_for(table: pa.Table) -> None:
    (line,) = sd.profile(table, columns=["x"], quantiles=[0.2, 0.999]).columns
    frame = table.to_pandas()
    assert line.value("quantile q=0.2") == pytest.approx(frame["x"].quantile(0.2), rel=1e-12)
    assert line.value("quantile q=0.999") == pytest.approx(frame["x"].quantile(0.999), rel=1e-12)
    assert line.value("quantile q=0.5") is None


def test_a_profile_of_a_column_that_is_not_there_is_told(table: pa.Table) -> None:
    with pytest.raises(ValueError, match=r"the data have no column 'xx', did you mean 'x'"):
        sd.profile(table, columns=["xx"])


def test_an_argument_that_is_no_frame_is_named() -> None:
    frame = {"x": [1.0, 2.0]}
    unequal = {"x": [1.0], "y": [1.0, 2.0]}
    for call, name in (
        (lambda: sd.compare(3, frame), "reference"),
        (lambda: sd.compare(frame, [3]), "current"),
        (lambda: sd.Reference.fit(frame).compare(None), "batch"),
        (lambda: sd.profile(3), "data"),
    ):
        with pytest.raises(TypeError, match=rf"^{name}: expected a DataFrame .*; found "):
            call()
    with pytest.raises(InputError, match=r"^current: expected columns of equal length, found 1 "):
        sd.compare(frame, unequal)
    arrays = sd.compare(np.arange(9.0), np.arange(9.0))
    assert {row.column for row in arrays.results} == {"", "data"}


@pytest.mark.parametrize(
    "kind",
    [
        pa.timestamp("s"),
        pa.timestamp("ms", "UTC"),
        pa.timestamp("us"),
        pa.timestamp("ns", "Europe/Berlin"),
        pa.date32(),
        pa.date64(),
    ],
    ids=str,
)
def test_the_page_shows_times_as_dates(kind: pa.DataType) -> None:
    days = np.datetime64("2013-01-01", "s") + np.arange(40) * np.timedelta64(86_400, "s")
    column = pa.array(days).cast(kind)
    page = sd.compare(pa.table({"t": column}), pa.table({"t": column[20:]})).to_html()
    assert "<bdi>2013-01-01</bdi>" in page
    assert "<bdi>2013-02-08</bdi>" in page
    assert "2013-01-09 to 2013-01-12: 7.5" in page


def test_the_page_shows_times_of_one_day_with_their_minutes() -> None:
    column = pa.array(np.datetime64("2013-01-01", "ms") + np.arange(40) * np.timedelta64(36, "m"))
    page = sd.compare(pa.table({"t": column}), pa.table({"t": column[20:]})).to_html()
    assert "<bdi>2013-01-01 00:14</bdi>" in page
    assert "<bdi>2013-01-01 23:09</bdi>" in page
