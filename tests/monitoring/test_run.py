"""A monitor's windows against SciPy and NumPy on rows chosen by zoneinfo."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pytest
from scipy import stats

from simdrift._errors import InputError, SpecError
from simdrift.monitoring import Columns, Metrics, Reference, ReferenceSpec, Spec, monitor
from simdrift.results import Result, Results

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture(scope="module")
def results(table: pa.Table, spec: Spec) -> Results:
    return monitor(spec, table)


@pytest.fixture(scope="module")
def days(table: pa.Table) -> dict[Any, pd.DataFrame]:
    """Rows by local date; the reference under None."""
    frame = table.to_pandas()
    frame["day"] = frame["t"].dt.tz_convert("America/New_York").dt.date
    found: dict[Any, pd.DataFrame] = dict(list(frame.groupby("day")))
    first = [day for day in found if day.day < 6]
    del found[date(2020, 3, 21)]  # the hour after the end
    found[None] = pd.concat([found.pop(day) for day in first])
    return found


def row(results: Results, day: Any, column: str, metric: str, params: str = "") -> Result:
    start = datetime.combine(day, datetime.min.time(), NEW_YORK).astimezone(UTC)
    (found,) = [
        r
        for r in results
        if (r.window_start, r.column, r.metric) == (start, column, metric)
        and (not params or r.params == params)
    ]
    return found


def test_there_is_a_run_for_every_local_day(results: Results, days: dict[Any, Any]) -> None:
    starts = [run.window_start.astimezone(NEW_YORK) for run in results.runs if run.window_start]
    assert [start.date() for start in starts] == sorted(day for day in days if day)
    assert {start.hour for start in starts} == {0}
    lengths = {run.window_end - run.window_start for run in results.runs}
    assert lengths == {timedelta(hours=23), timedelta(hours=24)}  # clocks change on 8 March
    assert [run.rows for run in results.runs] == [len(days[start.date()]) for start in starts]
    assert {(r.monitor, r.dataset, r.model, r.model_version, r.grain) for r in results.runs} == {
        ("made", "set", "model", "3", "1d")
    }


@pytest.mark.parametrize("column", ["x", "p"])
def test_drift_of_numbers_is_scipys(
    results: Results, days: dict[Any, pd.DataFrame], column: str
) -> None:
    before = days[None][column].dropna().to_numpy()
    for day in filter(None, days):
        now = days[day][column].dropna().to_numpy()
        ks = stats.ks_2samp(before, now)
        found = row(results, day, column, "drift.ks")
        assert found.value == pytest.approx(ks.statistic, rel=1e-12)
        assert found.p_value == pytest.approx(ks.pvalue, rel=1e-6)
        assert (found.n_reference, found.n_current) == (len(before), len(now))
        low, high = np.quantile(before, [0.25, 0.75])
        scale = min(before.std(ddof=1), (high - low) / (2 * stats.norm.ppf(0.75)))
        w1 = stats.wasserstein_distance(before, now) / scale
        assert row(results, day, column, "drift.wasserstein_normed").value == pytest.approx(
            w1, rel=2e-3
        )


@pytest.mark.parametrize("column", ["c", "k"])
def test_drift_of_categories_is_scipys(
    results: Results, days: dict[Any, pd.DataFrame], column: str
) -> None:
    before = days[None][column].value_counts()
    for day in filter(None, days):
        now = days[day][column].value_counts().reindex(before.index, fill_value=0)
        test = stats.chi2_contingency([before, now], correction=False)
        assert row(results, day, column, "drift.chi_square").p_value == pytest.approx(
            test.pvalue, rel=1e-9
        )


def test_quality_and_performance_are_numpys(
    results: Results, days: dict[Any, pd.DataFrame]
) -> None:
    for day in filter(None, days):
        now = days[day]
        x, y, p = now["x"], now["y"], now["p"]
        error = (p - y).dropna()
        expected = {
            ("x", "quality.mean", ""): x.mean(),
            ("x", "quality.std", ""): x.std(),
            ("x", "quality.min", ""): x.min(),
            ("x", "quality.missing_share", ""): x.isna().mean(),
            ("c", "quality.missing_share", ""): now["c"].isna().mean(),
            ("x", "quality.quantile", "q=0.1"): x.quantile(0.1),
            ("x", "quality.quantile", "q=0.5"): x.median(),
            ("y", "quality.quantile", "q=0.9"): y.quantile(0.9),
            ("x ~ y", "quality.correlation", ""): x.corr(y),
            ("", "performance.mae", ""): error.abs().mean(),
            ("", "performance.rmse", ""): (error**2).mean() ** 0.5,
            ("", "performance.mean_error", ""): error.mean(),
            ("", "quality.rows", ""): len(now),
            ("", "quality.missing_share", ""): now[["x", "k", "c", "y", "p"]].isna().mean().mean(),
        }
        for (column, metric, params), value in expected.items():
            found = row(results, day, column, metric, params)
            assert found.value == pytest.approx(value, rel=1e-9), (day, column, metric)


def test_the_target_is_not_compared_but_watched(results: Results) -> None:
    assert {r.metric.split(".")[0] for r in results.filter(column="y")} == {"quality"}


def test_the_family_of_the_correction_is_the_window(results: Results) -> None:
    for run in results.runs:
        rows = [
            r
            for r in results
            if r.run_id == run.run_id
            and r.p_value is not None
            and r.metric != "drift.missing_share"
            and not r.metric.startswith("performance.")
        ]
        expected = stats.false_discovery_control([r.p_value for r in rows])
        assert [r.q_value for r in rows] == pytest.approx(expected.tolist(), rel=1e-12)


def test_every_window_has_histograms_that_count_its_rows(results: Results) -> None:
    assert len(results.histograms) == len(results.runs) * 4
    for run in results.runs:
        (c,) = [h for h in results.histograms if (h.run_id, h.column) == (run.run_id, "c")]
        assert sorted(c.labels or ()) == ["a", "b", "d", "ü"]
        (k,) = [h for h in results.histograms if (h.run_id, h.column) == (run.run_id, "k")]
        assert sum(k.current) == run.rows


def without_clocks(results: Results) -> list[tuple[Any, ...]]:
    moment = datetime(2020, 1, 1, tzinfo=UTC)
    return [
        *results.rows,
        *(run._replace(started_at=moment, finished_at=moment) for run in results.runs),
        *results.histograms,
    ]


def test_the_same_data_give_the_same_runs_from_any_library(
    results: Results, table: pa.Table, spec: Spec
) -> None:
    chunked = pa.concat_tables([table.slice(0, 777), table.slice(777)])
    for data in (chunked, polars.from_arrow(table)):
        assert without_clocks(monitor(spec, data)) == without_clocks(results)


def test_the_same_frame_gives_the_same_runs_as_the_arrow_table_of_it(
    table: pa.Table, spec: Spec
) -> None:
    frame = table.to_pandas()  # null numbers are NaN from here on
    arrow = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
    for name in ("x", "y", "p"):
        at = arrow.schema.get_field_index(name)
        arrow = arrow.set_column(at, name, pa.array(frame[name].to_numpy()))
    assert without_clocks(monitor(spec, frame)) == without_clocks(monitor(spec, arrow))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_change_nothing(
    results: Results, table: pa.Table, spec: Spec, threads: int
) -> None:
    assert without_clocks(monitor(spec, table, threads=threads)) == without_clocks(results)


def test_a_run_has_another_id_when_anything_that_makes_it_changes(
    results: Results, table: pa.Table, spec: Spec
) -> None:
    before = {run.run_id for run in results.runs}
    x = table.column("x").to_numpy()
    late = table.column("t").to_numpy() >= np.datetime64("2020-03-06T05:00")
    for rows, expected in ((late, 1), (~late, 15)):  # a window's, the reference's
        changed = x.copy()
        changed[np.flatnonzero(rows & ~np.isnan(x))[0]] += 1e-9
        other_table = table.set_column(1, "x", pa.array(changed))
        ids = [run.run_id for run in monitor(spec, other_table).runs]
        assert sum(one not in before for one in ids) == expected
    for other in (
        spec.model_copy(update={"monitor": "other"}),
        spec.model_copy(update={"model_version": "4"}),
        spec.model_copy(update={"alpha": 0.01}),
    ):
        assert before.isdisjoint(run.run_id for run in monitor(other, table).runs)


def test_one_bad_column_costs_only_itself(results: Results, table: pa.Table, spec: Spec) -> None:
    nested = table.append_column("bad", pa.array([[1]] * table.num_rows))

    def of_others(rows: Results) -> list[Any]:
        """The family of the missing shares has a test more."""
        kept = [row for row in rows if row.column not in ("", "bad")]
        return [
            row._replace(
                run_id=None, q_value=None if row.metric == "drift.missing_share" else row.q_value
            )
            for row in kept
        ]

    found = monitor(spec, nested)
    assert of_others(found) == of_others(results)
    bad = found.filter(column="bad")
    assert {(r.metric, r.value, r.status) for r in bad if r.n_current} == {
        ("drift.missing_share", 0.0, "ok"),
        ("quality.missing_share", 0.0, "ok"),
    }


def test_a_column_that_is_all_null_is_a_status(table: pa.Table, spec: Spec) -> None:
    empty = table.append_column("e", pa.array([None] * table.num_rows, pa.float64()))
    rows = monitor(spec, empty).filter(column="e")
    assert {r.status for r in rows if r.metric == "drift.ks"} == {"all_null"}
    assert {r.value for r in rows if r.metric == "quality.missing_share"} == {1.0}


def test_columns_of_one_side_only_are_statuses(table: pa.Table, spec: Spec) -> None:
    early = table.drop_columns(["x", "y"]).append_column("old", table.column("k"))
    results = monitor(spec, table.drop_columns(["k"]), early)
    statuses = {(r.column, r.status) for r in results if r.metric.startswith("drift.")}
    assert ("old", "missing_column") in statuses
    assert ("x", "new_column") in statuses
    assert ("p", "ok") in statuses


def test_windows_without_rows_are_runs_with_status_empty(table: pa.Table, spec: Spec) -> None:
    later = spec.model_copy(update={"end": datetime(2020, 3, 24)})
    results = monitor(later, table)
    empty = [run for run in results.runs if run.rows == 0]
    assert len(empty) == 2
    statuses = {r.status for r in results if r.run_id == empty[0].run_id and r.metric == "drift.ks"}
    assert statuses == {"empty"}


def test_thresholds_of_any_metric_alert_above_them(table: pa.Table, spec: Spec) -> None:
    limits = {
        "quality.missing_share": 0.05,
        "c": {"quality.missing_share": 0.9},
        "performance.mae": 0.0,
        "p": {"drift.ks": 1e-30},
    }
    results = monitor(spec.model_copy(update={"thresholds": limits}), table)
    for r in results.filter(metric="quality.missing_share"):
        limit = 0.9 if r.column == "c" else 0.05
        assert (r.threshold, r.alert) == (limit, r.value is not None and r.value > limit)
    assert {r.alert for r in results.filter(metric="performance.mae")} == {True}
    assert {r.threshold for r in results.filter(column="p", metric="drift.ks")} == {1e-30}


def test_a_fitted_reference_gives_the_numbers_of_its_rows(
    results: Results, table: pa.Table, spec: Spec
) -> None:
    begin = pa.scalar(datetime(2020, 3, 6, 5, tzinfo=UTC))
    import pyarrow.compute as compute

    early = table.filter(compute.less(table.column("t"), begin))
    found = monitor(spec, table, Reference.fit(early, spec=spec))
    assert [r[8:] for r in found] == [r[8:] for r in results]


def test_a_reference_of_all_columns_gives_only_those_with_a_role(
    table: pa.Table, spec: Spec
) -> None:
    columns = Columns(timestamp="t", prediction="p", target="y", ignore=["k"])
    changed = spec.model_copy(update={"columns": columns})
    results = monitor(changed, table, Reference.fit(table))
    compared = {row.column for row in results if row.metric.startswith("drift.")} - {""}
    assert compared == {"x", "c", "p"}
    assert "missing_column" not in {row.status for row in results}


def test_a_reference_that_reads_a_column_otherwise_is_told(table: pa.Table, spec: Spec) -> None:
    with pytest.raises(SpecError, match="column 'k' is categorical in the spec, but numeric in"):
        monitor(spec, table, Reference.fit(table))


def test_naive_times_and_dates_are_local_days(table: pa.Table, spec: Spec) -> None:
    frame = table.to_pandas()
    local = frame["t"].dt.tz_convert("America/New_York").dt.tz_localize(None)
    naive = pa.Table.from_pandas(frame.assign(t=local))
    dates = naive.set_column(0, "t", naive.column("t").cast(pa.date32(), safe=False))
    expected = [(run.window_start, run.rows) for run in monitor(spec, table).runs]
    for data in (naive, dates):
        assert [(run.window_start, run.rows) for run in monitor(spec, data).runs] == expected


def test_a_whole_file_is_one_window_where_the_spec_says_when(table: pa.Table) -> None:
    spec = Spec(monitor="m", window="all", columns=Columns(features=["x"]),
                start="2020-03-01", end="2020-04-01")  # fmt: skip
    results = monitor(spec, table, table)
    assert [(run.rows, run.grain) for run in results.runs] == [(table.num_rows, "all")]
    assert results.runs[0].window_end == datetime(2020, 4, 1, tzinfo=UTC)
    assert {r.value for r in results.filter(metric="drift.ks")} == {0.0}


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"start": None, "end": None, "columns": Columns(features=["x"]), "window": "all"},
         SpecError, "window 'all' without 'columns.timestamp' needs 'start' and 'end'"),
        ({"columns": Columns(timestamp="tt")}, SpecError,
         "'columns.timestamp': the data have no column 'tt', did you mean 't'?; found t, x, k"),
        ({"columns": Columns(timestamp="t", features=["x", "z"])}, SpecError,
         "'columns.features': the data have no column 'z'"),
        ({"columns": Columns(timestamp="x")}, InputError,
         "'columns.timestamp': expected a column of times or dates, found 'x' of type"),
        ({"columns": Columns(timestamp="c")}, InputError, "found 'c' of type"),
        ({"reference": None}, SpecError, "'reference' is missing: pass one, or give 'start'"),
        ({"reference": ReferenceSpec(start="2019-01-01", end="2019-02-01")}, InputError,
         "the reference has no rows from 2019-01-01 to 2019-02-01 (America/New_York)"),
        ({"metrics": Metrics(correlations=[["x", "q"]])}, SpecError,
         "'metrics.correlations': the data have no column 'q'"),
        ({"metrics": Metrics(quantiles={"t": [0.5]})}, SpecError,
         "'metrics.quantiles': column 't' has no role in which it is watched: make it a feature"),
        ({"methods": {"z": "ks"}}, SpecError, "methods: expected a column or one of"),
    ],
)  # fmt: skip
def test_what_can_not_be_run_is_told(
    table: pa.Table, spec: Spec, change: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        monitor(spec.model_copy(update=change), table)
    assert message in str(caught.value)


def test_progress_counts_the_columns(table: pa.Table, spec: Spec) -> None:
    seen: list[tuple[int, int]] = []
    monitor(spec, table, progress=lambda done, total: seen.append((done, total)))
    columns = len(seen)
    assert seen == [(done, columns) for done in range(1, columns + 1)]
    assert columns > 1
