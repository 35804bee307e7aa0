"""Metrics of one's own: computed by window and segment, held against a limit or the reference."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import simdrift as sd
from simdrift._errors import SpecError
from simdrift.metrics import registry


def _data() -> dict[str, Any]:
    hours = np.datetime64("2024-01-01T00", "s") + np.arange(96).astype("timedelta64[h]")
    day = np.arange(96) // 24
    return {
        "t": hours,
        "price": np.array([10.0, 11.0, 9.0, 5.0])[day],
        "cost": np.full(96, 4.0),
        "shop": np.array(["a", "b"])[np.arange(96) % 2],
    }


def _spec(**rest: Any) -> sd.Spec:
    rest.setdefault("reference", sd.ReferenceSpec(end="2024-01-02"))
    return sd.Spec(
        monitor="m", dataset="d", columns=sd.Columns(timestamp="t"),
        metrics=sd.Metrics(custom=["custom.margin"]), **rest,
    )  # fmt: skip


def margin(rows: Any) -> float:
    return float(np.mean(rows["price"] - rows["cost"]))


def _rows(results: Any, segment: str = "") -> list[Any]:
    return [r for r in results if r.metric == "custom.margin" and r.segment == segment]


def test_a_value_a_window_and_a_limit_in_its_direction():
    sd.metric("custom.margin", unit="EUR", better="higher", limit=2.0)(margin)
    found = _rows(sd.monitor(_spec(), _data()))
    assert [(r.value, r.threshold, r.alert, r.effect_size, r.n_current) for r in found] == [
        (6.0, 2.0, False, 0.0, 24), (7.0, 2.0, False, 1.0, 24),
        (5.0, 2.0, False, -1.0, 24), (1.0, 2.0, True, -5.0, 24),
    ]  # fmt: skip


def test_a_threshold_of_the_spec_goes_before_the_limit():
    sd.metric("custom.margin", better="lower", limit=100.0)(margin)
    found = _rows(sd.monitor(_spec(thresholds={"custom.margin": 5.5}), _data()))
    assert [r.alert for r in found] == [True, True, False, False]


def test_a_change_against_the_reference_alerts_where_it_is_worse():
    sd.metric("custom.margin", better="higher", change=0.5)(margin)
    found = _rows(sd.monitor(_spec(), _data()))
    assert [(r.threshold, r.alert) for r in found] == [
        (5.5, False), (5.5, False), (5.5, True), (5.5, True),
    ]  # fmt: skip


def test_segments_have_values_and_references_of_their_own():
    sd.metric("custom.margin", better="higher", change=0.5)(margin)
    data = {name: np.repeat(values, 10) for name, values in _data().items()}
    data["price"] = data["price"] + (data["shop"] == "b")
    results = sd.monitor(_spec(segments=["shop"]), data)
    assert [r.value for r in _rows(results, "shop=b")] == [7.0, 8.0, 6.0, 2.0]
    assert [r.threshold for r in _rows(results, "shop=b")] == [6.5] * 4


def test_a_moving_reference_is_the_windows_before():
    sd.metric("custom.margin", better="higher", change=1.5)(margin)
    found = _rows(sd.monitor(_spec(reference="previous"), _data()))
    assert [(r.effect_size, r.alert) for r in found] == [
        (None, None), (1.0, False), (-2.0, True), (-4.0, True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "status"), [(None, "not_applicable"), (np.nan, "degenerate"), (np.inf, "overflow")]
)
def test_what_is_no_value_is_a_status(value, status):
    sd.metric("custom.margin")(lambda rows: value)
    assert {(r.value, r.status) for r in _rows(sd.monitor(_spec(), _data()))} == {(None, status)}


def test_an_exception_costs_its_own_rows_only(caplog):
    def broken(rows: Any) -> float:
        raise RuntimeError("no idea")

    sd.metric("custom.margin")(broken)
    results = sd.monitor(_spec(), _data())
    assert {r.status for r in _rows(results)} == {"error"}
    assert {r.status for r in results.filter(metric="drift.ks", column="cost")} == {"ok"}
    assert "no idea" in caplog.text


def test_a_column_that_is_not_there_is_a_status():
    sd.metric("custom.margin")(lambda rows: float(rows["profit"].sum()))
    assert {r.status for r in _rows(sd.monitor(_spec(), _data()))} == {"missing_column"}


def test_rows_are_arrays_of_their_kind():
    seen: dict[str, Any] = {}

    def look(rows: Any) -> float:
        seen.update({name: rows[name].dtype.kind for name in ("price", "shop")})
        return 0.0

    sd.metric("custom.margin")(look)
    sd.monitor(_spec(), _data())
    assert seen == {"price": "f", "shop": "O"}


def test_a_saved_reference_keeps_its_values(tmp_path):
    sd.metric("custom.margin", better="higher", change=0.5)(margin)
    data = _data()
    first = {name: values[:24] for name, values in data.items()}
    reference = sd.Reference.fit(first, spec=_spec())
    reference.save(tmp_path / "r")
    restored = sd.Reference.load(tmp_path / "r")
    expected = _rows(sd.monitor(_spec(), data, reference))
    assert _rows(sd.monitor(_spec(), data, restored)) == expected
    assert [r.effect_size for r in expected] == [0.0, 1.0, -1.0, -5.0]


def test_it_is_labelled_like_ours_and_stands_out_when_unusual():
    from simdrift.drawing.labels import metric_words

    sd.metric("custom.margin", title="gross margin")(margin)
    assert metric_words("custom.margin") == "gross margin"
    assert registry.record("custom.margin").watched


def test_a_metric_that_is_not_registered_is_refused_by_name():
    with pytest.raises(SpecError, match="which is not registered"):
        sd.Spec(monitor="m", columns=sd.Columns(timestamp="t"),
                metrics=sd.Metrics(custom=["custom.nothing"]))  # fmt: skip


def test_a_name_in_a_family_of_ours_is_refused():
    with pytest.raises(ValueError, match="expected a family of your own, found 'drift'"):
        sd.metric("drift.margin")


def test_a_second_function_of_a_name_replaces_the_first():
    sd.metric("custom.margin")(lambda rows: 1.0)
    sd.metric("custom.margin")(lambda rows: 2.0)
    assert {r.value for r in _rows(sd.monitor(_spec(), _data()))} == {2.0}


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"limit": "1"}, TypeError, "limit: expected a number, found '1'"),
        ({"limit": float("nan")}, ValueError, "limit: expected a finite number, found nan"),
        (
            {"change": -1.0},
            ValueError,
            "change: expected a finite number of at least 0, found -1.0",
        ),
        ({"name": "custom.x y"}, ValueError, "expected a name like 'custom.margin'"),
        ({"name": "custom.<b>"}, ValueError, "expected a name like 'custom.margin'"),
    ],
)
def test_what_cannot_be_a_metric_is_refused(options, error, says):
    with pytest.raises(error, match=re.escape(says)):
        sd.metric(**{"name": "custom.margin", **options})(margin)


def test_what_is_no_function_is_refused():
    with pytest.raises(
        TypeError, match=r"custom\.margin: expected a function of the rows, found 3"
    ):
        sd.metric("custom.margin")(3)  # type: ignore[type-var]


def test_a_failing_metric_is_not_logged_for_each_window(caplog):
    def broken(rows: Any) -> float:
        raise RuntimeError("no")

    sd.metric("custom.margin")(broken)
    found = _rows(sd.monitor(_spec(), _data()))
    assert [row.status for row in found] == ["error"] * 4
    said = [record for record in caplog.records if "custom.margin" in record.getMessage()]
    assert len(said) == 2  # of the reference, and of the first of four windows
