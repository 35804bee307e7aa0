"""Records of metrics: complete, free of contradictions, and what the code does."""

from __future__ import annotations

import inspect
import subprocess
import sys

import numpy as np
import pytest

import simdrift as sd
from simdrift.catalogue.metric import FAMILIES, GROUPS, Metric, Param
from simdrift.catalogue.statuses import CODES
from simdrift.metrics import auto, drift, performance, quality, registry
from simdrift.metrics.performance.scoring import score_functions

RECORDS = registry.records()
COMPLETE = {
    "name": "drift.made",
    "title": "made",
    "group": "ranks",
    "formula": "x",
    "kinds": ("numeric",),
}


def same(value: int) -> int:
    return value


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_a_record_is_complete(record):
    assert record.family in FAMILIES
    assert record.group in GROUPS
    assert record.title
    assert record.formula
    assert record.source
    assert record.kinds
    assert {*record.possible_statuses} <= {*CODES}
    if record.rule == "test":
        assert record.p_value


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "psi"}, "expected a name like 'drift.psi', found 'psi'"),
        ({"name": "drift.psi.x"}, "found 'drift.psi.x'"),
        ({"better": "smaller"}, "drift.made: better: .*found 'smaller'"),
        ({"rule": "limit"}, "drift.made: rule: .*found 'limit'"),
        ({"kinds": ("number",)}, "drift.made: kinds: .*found 'number'"),
        ({"statuses": ("bad",)}, "drift.made: statuses: .*found 'bad'"),
        ({"rule": "test", "threshold": 0.1}, "no threshold with rule 'test', found 0.1"),
        (
            {"rule": "share", "effect_threshold": 0.1},
            r"no effect threshold with rule 'share', found 0.1",
        ),
    ],
)
def test_a_record_that_contradicts_itself_is_refused_by_name(fields, message):
    assert Metric(**COMPLETE).short == "made"
    with pytest.raises(ValueError, match=message):
        Metric(**{**COMPLETE, **fields})


def test_a_name_has_one_record():
    with pytest.raises(ValueError, match=r"drift.psi: expected one record, found a second"):
        registry.measures(Metric(**{**COMPLETE, "name": "drift.psi"}))(lambda: None)


def test_a_drift_method_has_one_function():
    with pytest.raises(ValueError, match=r"drift.psi: expected one function, found a second"):
        registry.drift_method(registry.method("psi").record)(lambda pair: None)


def test_a_function_takes_the_parameters_of_its_record():
    record = Metric(**COMPLETE, params=(Param("depth", 3, "how deep", same),))
    with pytest.raises(ValueError, match=r"drift.made: .*'depth': 3.*found \{'depth': 4\}"):
        registry.drift_method(record)(lambda pair, *, depth=4: None)
    assert registry.record("drift.made") is None


@pytest.mark.parametrize("name", registry.methods())
def test_the_public_function_has_the_record_s_parameters_and_defaults(name):
    public = inspect.signature(getattr(drift, name)).parameters
    for param in registry.method(name).record.params:
        assert public[param.name].default == param.default
        assert param.check(param.default) == param.default


ARRAYS = {
    "calibration_curve",
    "confusion_matrix",
    "delong",
    "gain_curve",
    "lift_curve",
    "precision_recall_curve",
    "roc_curve",
}
"""What gives arrays or several numbers, and is no metric of a window."""


def test_every_metric_on_arrays_is_public():
    assert set(drift.__all__) == {"DriftResult", "Rows", *registry.methods()}
    public = {name for name in performance.__all__ if not name[0].isupper()}
    assert {*score_functions()} - public == {"confusion"}  # of which confusion_matrix is the array
    assert public - {*score_functions()} <= ARRAYS


def test_the_automatic_choice_is_the_one_that_is_recorded():
    chosen = {name for kind in ("numeric", "categorical") for name, _ in auto.choose(kind).deciding}
    assert chosen == {one.short for one in RECORDS if one.decides}


def test_default_thresholds_are_those_of_the_records():
    x = np.arange(40.0)
    assert sd.drift.psi(x, x).threshold == registry.record("drift.psi").threshold == 0.2
    report = sd.compare({"x": x}, {"x": x})
    (row,) = report.results.filter(metric="drift.dataset")
    assert row.threshold == registry.record("drift.dataset").threshold == 0.5


def test_rows_have_the_metrics_of_the_records_of_their_kind():
    columns = {
        "numeric": np.arange(50.0),
        "categorical": np.arange(50) % 2 == 0,
        "temporal": np.arange(50).astype("datetime64[s]"),
        "text": np.array(["a", "b"] * 25),
    }
    for kind, values in columns.items():
        found = {row.metric for row in sd.profile({"x": values}).results if row.column == "x"}
        expected = {
            one.name
            for one in RECORDS
            if one.family == "quality" and kind in one.kinds and one.group != "against a reference"
        }
        if kind == "text":  # a category too, counted as one
            counted = {"rows", "missing", "missing_share", "distinct", "top_share"}
            counted |= {"constant", "almost_constant", "unique"}
            expected |= {f"quality.{name}" for name in counted}
        assert found == expected, kind


def test_names_of_statistics_are_in_the_order_of_rows():
    assert quality.STATISTICS[:4] == ("rows", "missing", "missing_share", "nan")
    assert tuple(score_functions())[:3] == ("mean_error", "mae", "rmse")


def test_records_of_metrics_load_no_numpy():
    code = (
        "import sys, simdrift.catalogue.metric, simdrift.catalogue.statuses, "
        "simdrift.drawing.labels; print('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
