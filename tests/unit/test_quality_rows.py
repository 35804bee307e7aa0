"""Quality rows: every statistic against NumPy, SciPy and counting by hand; its statuses."""

import math

import metric_rows
import numpy as np
import pytest
import scipy.stats

import simdrift as sd
from simdrift import _core
from simdrift.columns import Refused, as_column
from simdrift.metrics import quality
from simdrift.metrics.columns import CurrentColumn
from simdrift.metrics.groups import ColumnGroups


def _state(values, name="x", **options) -> CurrentColumn:
    return CurrentColumn(name, as_column(values, name=name), **options)


def _rows(values, statistics=None, **options):
    found = metric_rows.column_rows(_state(values, **options), statistics)
    return {row.metric.removeprefix("quality.") + (row.params and f" {row.params}"): row
            for row in found}  # fmt: skip


def _values(values, **options):
    return {name: row.value for name, row in _rows(values, **options).items()}


def test_statistics_of_a_numeric_column_match_numpy_and_scipy():
    x = np.random.default_rng(2).gamma(2.0, 3.0, size=5001)
    found = _values(x)
    assert found["rows"] == 5001.0
    for name, expected in {
        "mean": np.mean(x),
        "std": np.std(x, ddof=1),
        "variance": np.var(x, ddof=1),
        "skewness": scipy.stats.skew(x),
        "kurtosis": scipy.stats.kurtosis(x),
        "sum": math.fsum(x),
        "iqr": scipy.stats.iqr(x),
        "mad": scipy.stats.median_abs_deviation(x),
    }.items():
        assert found[name] == pytest.approx(expected, rel=1e-12), name
    assert (found["min"], found["max"], found["distinct"]) == (x.min(), x.max(), pytest.approx(
        5001, rel=0.04))  # fmt: skip


@pytest.mark.parametrize("q", quality.QUANTILES)
def test_quantiles_match_numpy(q):
    x = np.random.default_rng(2).normal(size=777)
    assert _values(x)[f"quantile q={q:g}"] == pytest.approx(np.quantile(x, q), rel=1e-14)


def test_counts_of_special_values_match_counting_by_hand():
    x = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, -np.inf, -3.0, 5.0])
    found = _values(x)
    names = ("rows", "missing", "missing_share", "nan", "pos_inf", "neg_inf", "zeros", "negatives")
    assert [found[name] for name in names] == [8, 1, 0.125, 1, 1, 2, 2, 3]


def test_missing_is_null_or_nan_and_nan_counts_those_seen_as_such():
    column = _core.Column.from_numpy(
        np.array([1.0, np.nan, 3.0]), mask=np.array([False, False, True])
    )
    found = {r.metric: r.value for r in metric_rows.column_rows(CurrentColumn("x", column))}
    assert (found["quality.missing"], found["quality.nan"]) == (2.0, 1.0)


def test_infinities_are_counted_but_never_stored():
    rows = _rows([1.0, 2.0, np.inf])
    assert (rows["max"].value, rows["max"].status) == (None, "overflow")
    assert (rows["mean"].value, rows["mean"].status) == (1.5, "ok")
    assert rows["quantile q=0.5"].value == 2.0
    assert (rows["quantile q=0.99"].value, rows["quantile q=0.99"].status) == (None, "overflow")


def test_an_estimated_distinct_count_has_an_interval_and_an_exact_one_has_none():
    few, many = _rows(np.arange(4000.0))["distinct"], _rows(np.arange(50_000.0))["distinct"]
    assert (few.value, few.ci_low, few.ci_high) == (4000.0, None, None)
    assert many.ci_low < many.value < many.ci_high
    # 1.96 standard errors of 1.04 / sqrt(2^14) each
    assert many.ci_high / many.value - 1 == pytest.approx(1.96 * 1.04 / 128, rel=1e-3)
    assert many.params == few.params == ""  # one series, whatever the data


def test_mode_is_the_smallest_of_the_most_frequent_numbers():
    found = _values([3, 1, 3, 1, 2, None])
    assert (found["mode"], found["top_share"]) == (1.0, 0.4)


def test_mode_of_too_many_distinct_numbers_is_not_applicable():
    rows = _rows(np.arange(10_000.0))
    assert (rows["mode"].status, rows["top_share"].status) == ("not_applicable", "not_applicable")


def test_text_statistics_match_counting_by_hand():
    found = _values(["a", "äöü", "", "  ", None, "a"])
    expected = {
        "rows": 6, "missing": 1, "missing_share": 1 / 6, "empty": 1, "blank": 2,
        "invalid_utf8": 0, "length_min": 0, "length_mean": 7 / 5, "length_max": 3,
        "distinct": 4, "top_share": 0.4, "constant": 0, "almost_constant": 0, "unique": 0,
    }  # fmt: skip
    assert found == expected


def test_booleans_are_counted_as_zero_and_one():
    found = _values(np.array([True, False, True, True]))
    assert (found["mean"], found["distinct"], found["top_share"]) == (0.75, 2.0, 0.75)


def test_times_are_in_seconds_since_1970():
    x = np.array(["1970-01-01T00:01:00.5", "1970-01-02"], "datetime64[ms]")
    found = _values(x)
    assert (found["min"], found["max"]) == (60.5, 86400.0)
    assert found["quantile q=0.5"] == pytest.approx(43230.25)
    assert found["std"] == pytest.approx(np.std([60.5, 86400.0], ddof=1), rel=1e-14)


@pytest.mark.parametrize(
    ("values", "metric", "status"),
    [
        (np.zeros(0), "mean", "empty"),
        (np.zeros(0), "missing_share", "empty"),
        (np.zeros(0), "quantile q=0.5", "empty"),
        ([math.nan, math.nan], "mean", "all_null"),
        ([math.nan, math.nan], "min", "all_null"),
        ([math.nan, math.nan], "iqr", "all_null"),
        ([math.nan, math.nan], "mode", "all_null"),
        ([5.0], "std", "too_few_rows"),
        ([5.0, 5.0, 5.0], "skewness", "constant"),
        ([5.0, 5.0, 5.0], "kurtosis", "constant"),
        ([1e200, -1e200, 1e200], "variance", "overflow"),
        ([math.inf, math.inf], "mean", "overflow"),
        (["", None], "length_max", "ok"),
        ([None, "x"], "top_share", "ok"),
    ],
)
def test_a_statistic_that_does_not_exist_says_why(values, metric, status):
    row = _rows(values)[metric]
    assert row.status == status
    assert (row.value is None) == (status != "ok")


def test_variance_and_std_of_a_constant_column_are_zero():
    found = _rows([5.0, 5.0, 5.0])
    assert (found["std"].value, found["variance"].value) == (0.0, 0.0)


def test_a_refused_column_has_one_row_that_says_so():
    rows = metric_rows.column_rows(
        CurrentColumn(
            "x", Refused("x", "list<int64>", "not_applicable", "lists are not computed on")
        )
    )
    assert [(r.metric, r.value, r.status) for r in rows] == [
        ("quality.rows", None, "not_applicable")
    ]


def test_named_statistics_give_their_rows_only():
    rows = metric_rows.column_rows(_state([1.0, 2.0]), ["quality.mean", "quantile"])
    assert {row.metric for row in rows} == {"quality.mean", "quality.quantile"}
    assert len(rows) == 1 + len(quality.QUANTILES)


def test_an_unknown_statistic_is_told_what_exists():
    with pytest.raises(ValueError, match="found 'meen', expected one of mean"):
        metric_rows.column_rows(_state([1.0]), ["meen"])


def test_a_failing_kernel_costs_its_statistics_only(monkeypatch):
    def broken(*args, **options):
        raise RuntimeError("broken kernel")

    monkeypatch.setattr(_core, "order_groups", broken)
    rows = _rows([1.0, 2.0])
    assert (rows["mode"].status, rows["mode"].value) == ("error", None)
    assert rows["mean"].value == 1.5


def test_table_rows_count_rows_columns_and_missing_cells():
    columns = {"a": _state([1.0, None]), "b": _state(["x", "y"]), "c": _state([None, None])}
    found = {row.metric: row.value for row in metric_rows.table_rows(columns)}
    assert found == {
        "quality.rows": 2.0, "quality.columns": 3.0, "quality.missing_share": 0.5,
        "quality.duplicate_rows": 0.0, "quality.duplicate_share": 0.0, "quality.empty_rows": 0.0,
        "quality.empty_columns": 1.0, "quality.constant_columns": 1.0,
        "quality.duplicate_columns": 0.0, "quality.almost_duplicate_columns": 0.0,
    }  # fmt: skip
    assert metric_rows.table_rows({})[2].status == "empty"


def test_correlation_matches_scipy_with_its_interval():
    rng = np.random.default_rng(3)
    x = rng.normal(size=200)
    y = 0.5 * x + rng.normal(size=200)
    row = metric_rows.correlation_row(_state(x, "x"), _state(y, "y"))
    expected = scipy.stats.pearsonr(x, y)
    interval = expected.confidence_interval(0.95)
    assert row.column == "x ~ y"
    assert row.value == pytest.approx(expected.statistic, rel=1e-12)
    assert (row.ci_low, row.ci_high) == (
        pytest.approx(interval.low, rel=1e-12),
        pytest.approx(interval.high, rel=1e-12),
    )


def test_correlation_takes_only_rows_in_which_both_are_finite():
    x = [1.0, 2.0, math.nan, 4.0, math.inf, 6.0]
    y = [2.0, None, 3.0, 8.0, 1.0, 12.0]
    row = metric_rows.correlation_row(_state(x), _state(y))
    assert (row.value, row.n_current) == (pytest.approx(1.0), 3)


@pytest.mark.parametrize(
    ("x", "y", "status"),
    [
        ([1.0, 1.0, 1.0], [1.0, 2.0, 3.0], "constant"),
        ([1.0], [2.0], "too_few_rows"),
        (np.zeros(0), np.zeros(0), "empty"),
        (["a", "b"], [1.0, 2.0], "not_applicable"),
    ],
)
def test_a_correlation_that_does_not_exist_says_why(x, y, status):
    row = metric_rows.correlation_row(_state(x), _state(y))
    assert (row.value, row.status) == (None, status)


def test_correlations_are_of_every_pair_of_numbers():
    columns = [_state([1.0, 2.0], "a"), _state(["u", "v"], "t"), _state([3, 5], "b")]
    columns += [_state(np.array([True, False]), "c"), _state(np.array([0, 1], "M8[s]"), "d")]
    groups = [ColumnGroups.of(column) for column in columns]
    found = [row.column for row in quality.correlations(groups)]
    assert found == [("a", "b"), ("a", "c"), ("b", "c")]


@pytest.mark.parametrize("rows", [9_000, 80_000])
def test_the_mode_of_many_distinct_numbers_is_found_where_it_holds_a_sixteenth(rows):
    rng = np.random.default_rng([27, rows])
    common = rng.random(rows) < 0.08
    values = np.where(common, 3.0, rng.normal(size=rows))
    for offset in (0.0, 1e6):
        found = {r.metric: r for r in sd.profile({"x": values + offset}).results}
        assert found["quality.mode"].value == 3.0 + offset
        assert found["quality.top_share"].value == np.count_nonzero(common) / rows
    found = {r.metric: r for r in sd.profile({"x": rng.normal(size=rows)}).results}
    assert found["quality.mode"].status == "not_applicable"
