"""Whole tables: rows of every column, one family of tests, the table's own drift."""

import math

import metric_rows
import numpy as np
import pytest

from simdrift import _core
from simdrift.columns import Refused
from simdrift.metrics.columns import CurrentColumn, ReferenceColumn
from simdrift.metrics.correction import correct
from simdrift.metrics.decide import Decided, dataset_drift, decide
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.measure import measure_columns
from simdrift.metrics.outcomes import Outcomes
from simdrift.metrics.plan import DriftPlan


def _reference(columns, **options):
    return {
        name: ReferenceColumn(name, _column(values), **options) for name, values in columns.items()
    }


def _current(columns, **options):
    return {
        name: CurrentColumn(name, _column(values), **options) for name, values in columns.items()
    }


def _groups(columns):
    return {name: ColumnGroups.of(column) for name, column in columns.items()}


def _decided(column, metric, alert):
    outcomes = Outcomes(np.array([0.5]), np.zeros(1, np.uint8))
    return Decided(column, metric, "", outcomes, alert=np.array([alert], np.int8))


def _dataset(rows):
    return [row.at(0) for row in dataset_drift(rows, 0.5, 10, np.array([10]))]


def _column(values):
    if isinstance(values, Refused):
        return values
    return _core.Column.from_numpy(np.asarray(values))


def _compare(reference, current, **options):
    columns = _reference(reference)
    plan = DriftPlan.make(columns, **options)
    return metric_rows.compare_columns(columns, _current(current), plan)


def _of(rows, column, metric):
    found = [row for row in rows if (row.column, row.metric) == (column, metric)]
    assert len(found) == 1
    return found[0]


@pytest.fixture
def sides():
    rng = np.random.default_rng(7)
    reference = {f"c{i}": rng.normal(size=3000) for i in range(4)}
    current = {f"c{i}": rng.normal(i / 2, size=1500) for i in range(4)}
    return reference, current


def test_large_numeric_columns_get_a_distance_with_the_ks_test_beside_it(sides):
    rows = _compare(*sides)
    distance, test = _of(rows, "c1", "drift.wasserstein_normed"), _of(rows, "c1", "drift.ks")
    assert distance.value == pytest.approx(0.5, abs=0.1)
    assert (distance.alert, distance.threshold) == (True, 0.1)
    assert max(distance.p_value, distance.q_value) < 1e-6
    assert test.alert is None
    assert test.q_value >= test.p_value


def test_a_distance_alerts_only_where_the_test_beside_it_agrees():
    rng = np.random.default_rng(0)
    reference = {"x": rng.normal(size=100_000)}
    current = {"x": rng.normal(0.15, size=30)}  # W1 above 0.1 by chance alone
    rows = _compare(reference, current)  # reference rows decide: distance
    assert _of(rows, "x", "drift.wasserstein_normed").value > 0.1
    assert _of(rows, "x", "drift.ks").q_value > 0.05
    assert _of(rows, "x", "drift.wasserstein_normed").alert is False


def test_q_values_are_the_correction_of_one_family_over_the_columns(sides):
    rows = _compare(*sides, correction="by")
    tests = [row for row in rows if row.metric == "drift.ks"]
    expected = correct([row.p_value for row in tests], "by")
    assert [row.q_value for row in tests] == expected.tolist()


def test_missing_shares_are_a_family_of_their_own(sides):
    rows = _compare(*sides)
    shares = [row for row in rows if row.metric == "drift.missing_share"]
    assert [row.q_value for row in shares] == [1.0] * 4


def test_segments_of_a_window_share_one_family():
    rng = np.random.default_rng(3)
    reference = _reference({"a": rng.normal(size=500), "b": rng.normal(size=500)})
    segments = [
        _current({"a": rng.normal(s, size=80), "b": rng.normal(size=80)}) for s in (0.0, 0.3, 0.5)
    ]
    plan = DriftPlan.make(reference)
    measured = [measure_columns(reference, _groups(s), plan, 1)[0] for s in segments]
    rows = [row.at(0) for segment in decide(measured, plan) for row in segment]
    tests = [row for row in rows if row.metric == "drift.ks"]
    assert len(tests) == 6
    expected = correct([row.p_value for row in tests], "bh")
    assert [row.q_value for row in tests] == expected.tolist()


def test_drift_of_the_table_is_the_share_of_drifted_columns(sides):
    rows = _compare(*sides)
    share, count = _of(rows, "", "drift.dataset"), _of(rows, "", "drift.dataset_count")
    assert (share.value, share.threshold, share.alert) == (0.75, 0.5, True)
    assert (count.value, count.n_reference, count.n_current) == (3.0, 3000, 1500)


@pytest.mark.parametrize(("drifted", "alert"), [(1, False), (2, True), (3, True)])
def test_the_table_drifts_from_the_threshold_on(drifted, alert):
    rows = [_decided(f"c{i}", "drift.ks", int(i < drifted)) for i in range(4)]
    assert _dataset(rows)[0].alert is alert


def test_a_missing_share_counts_where_it_alerts_and_undecided_rows_never():
    rows = [
        _decided("a", "drift.missing_share", 1),
        _decided("a", "drift.ks", 0),
        _decided("b", "drift.ks", -1),
        _decided("c", "drift.missing_share", 0),
        _decided("d", "drift.ks", 0),
    ]
    share, count = _dataset(rows)
    assert (share.value, count.value) == (0.5, 1.0)


def test_a_window_without_rows_alerts():
    rows = dataset_drift([_decided("a", "drift.ks", -1)], 0.5, 10, np.array([0]))
    share, count = (row.at(0) for row in rows)
    assert (share.value, share.status, share.alert) == (None, "empty", True)
    assert (count.value, count.alert) == (None, None)
    (share, _) = (row.at(0) for row in dataset_drift([], 0.5, 0, np.array([0])))
    assert share.alert is None


def test_a_table_without_compared_columns_has_no_share():
    share, count = _dataset([])
    assert (share.value, share.status, share.alert) == (None, "not_applicable", None)
    assert (count.value, count.status) == (None, "not_applicable")


def test_a_column_that_is_gone_new_or_retyped_is_told_by_status():
    rng = np.random.default_rng(5)
    stamps = np.arange("2024-01-01", "2024-02-10", dtype="datetime64[D]").astype("datetime64[s]")
    reference = {"gone": rng.normal(size=40), "flag": rng.normal(size=40), "same": stamps}
    current = {"flag": rng.normal(size=40) > 0, "same": stamps, "new": rng.normal(size=40)}
    rows = _compare(reference, current, methods={"same": "ks"})
    assert _of(rows, "gone", "drift.wasserstein_normed").status == "missing_column"
    assert _of(rows, "flag", "drift.wasserstein_normed").status == "type_changed"
    assert _of(rows, "new", "drift.missing_share").status == "new_column"
    assert _of(rows, "same", "drift.ks").value == 0.0


def test_integers_against_floats_are_no_type_change():
    rows = _compare({"x": np.arange(100)}, {"x": np.arange(100.0)})
    assert _of(rows, "x", "drift.ks").value == 0.0


def test_times_of_another_unit_are_the_same_times():
    stamps = np.array(["2024-01-01", "2024-01-02"], "datetime64[s]")
    rows = _compare({"t": stamps}, {"t": stamps.astype("datetime64[us]")}, methods={"t": "ks"})
    assert (_of(rows, "t", "drift.ks").status, _of(rows, "t", "drift.ks").value) == ("ok", 0.0)


def test_a_refused_column_costs_only_its_own_rows():
    rng = np.random.default_rng(5)
    good = rng.normal(size=200)
    bad = Refused("bad", "utf8", "error", "offsets fall")
    nested = Refused("list", "list<int64>", "not_applicable", "lists are not computed on")
    reference = {"bad": bad, "list": good, "good": good}
    current = {"bad": good, "list": nested, "good": good}
    rows = _compare(reference, current)
    assert _of(rows, "bad", "drift.missing_share").status == "error"
    assert _of(rows, "list", "drift.wasserstein_normed").status == "type_changed"
    assert _of(rows, "good", "drift.ks").value == 0.0


def test_a_method_that_fails_on_one_column_leaves_the_others(monkeypatch):
    rng = np.random.default_rng(5)
    columns = {"a": rng.normal(size=200), "b": rng.normal(size=200)}
    original = _core.two_sample

    def fails_once(reference, current, **options):
        if len(current) == 7:
            raise RuntimeError("broken kernel")
        return original(reference, current, **options)

    monkeypatch.setattr(_core, "two_sample", fails_once)
    rows = _compare(columns, {"a": np.arange(7.0), "b": columns["b"]})
    assert _of(rows, "a", "drift.ks").status == "error"
    assert _of(rows, "a", "drift.missing_share").status == "ok"
    assert _of(rows, "b", "drift.ks").value == 0.0


def test_a_constant_reference_that_changed_is_decided_by_the_test_beside_the_distance():
    rows = _compare({"x": np.full(2000, 3.0)}, {"x": np.full(1500, 4.0)})
    assert _of(rows, "x", "drift.wasserstein_normed").status == "constant"
    assert _of(rows, "x", "drift.ks").alert is True
    assert _of(rows, "", "drift.dataset").value == 1.0


def test_named_methods_share_cells_and_tell_their_parameters():
    rng = np.random.default_rng(5)
    reference, current = {"x": rng.normal(size=500)}, {"x": rng.normal(size=300)}
    rows = _compare(reference, current, methods=["psi", ("psi", {"bins": 4}), "ks"], bins=20)
    assert [row.params for row in rows if row.metric == "drift.psi"] == ["bins=20", "bins=4"]
    assert _of(rows, "x", "drift.ks").params == ""


def test_no_row_holds_nan_or_infinity_and_none_goes_with_a_status(sides):
    reference, current = sides
    reference |= {"inf": np.full(3000, np.inf), "nan": np.full(3000, np.nan)}
    current |= {"inf": np.full(1500, -np.inf), "nan": np.full(1500, 1.0)}
    for row in _compare(reference, current, methods=["ks", "wasserstein", "psi", "jensen_shannon"]):
        numbers = [field for field in row if isinstance(field, float)]
        assert all(math.isfinite(number) for number in numbers), row
        assert (row.value is None) == (row.status != "ok"), row


def test_without_drift_alerts_stay_within_the_false_alarm_budget():
    rng = np.random.default_rng(19)
    windows, alarmed = 250, 0
    for _ in range(windows):
        rows = _compare(
            {f"c{i}": rng.normal(size=400) for i in range(5)},
            {f"c{i}": rng.normal(size=150) for i in range(5)},
        )
        alarmed += any(row.alert for row in rows)
    # 5 % of windows, and three standard errors of that share: sqrt(0.05 * 0.95 / 250) = 0.0138
    assert alarmed / windows <= 0.05 + 3 * 0.0138


def test_progress_is_told_after_every_column(sides):
    reference, current = _reference(sides[0]), _current(sides[1])
    told = []
    plan = DriftPlan.make(reference)
    metric_rows.compare_columns(
        reference, current, plan, lambda done, total: told.append((done, total))
    )
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_table_rows_of_a_segment_use_the_segment_s_rows(sides):
    reference, current = _reference(sides[0]), _current(sides[1])
    plan = DriftPlan.make(reference, thresholds={"dataset": 0.9})
    share = _of(metric_rows.compare_columns(reference, current, plan), "", "drift.dataset")
    assert (share.threshold, share.alert) == (0.9, False)
