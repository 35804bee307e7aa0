"""convention="evidently" against the scores that Evidently 0.7.23 gave (tests/peers stores them,
and holds the convention against the installed package)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import simdrift as sd
from simdrift._errors import SpecError
from simdrift.metrics.conventions.evidently import COUNTERPARTS, checked

sys.path.append(str(Path(__file__).parents[1] / "peers"))

from evidently_cases import THEY_RAISE, UNSTABLE, cases, columns

STORED = json.loads((Path(__file__).parent / "data" / "evidently.json").read_text("utf-8"))
CASES = list(cases())
NUMPY = tuple(map(int, np.__version__.split(".")[:2]))


def ours(case, **options):
    sides = ({"c": case.reference}, {"c": case.current})
    report = sd.compare(*sides, methods=case.method, convention="evidently", **options)
    (row,) = [row for row in report.results if row.column == "c" and row.metric[:6] == "drift."]
    return row


def test_every_one_of_the_17_methods_is_held_against_stored_scores():
    assert len(COUNTERPARTS) == 17
    assert {one["asked"] for one in STORED} == {*COUNTERPARTS, "auto"}
    assert [(one["column"], one["asked"]) for one in STORED] == [
        (case.name, case.method) for case in CASES
    ]


@pytest.mark.parametrize(
    ("case", "stored"),
    list(zip(CASES, STORED, strict=False)),
    ids=[f"{case.name}-{case.method}" for case in CASES],
)
def test_score_and_flag_are_evidentlys(case, stored):
    if (case.name, case.method) in UNSTABLE:
        pytest.skip("Evidently's own score hangs on the order of the rows")
    if (case.name, case.method) == ("two_numbers", "hellinger") and NUMPY < (2, 1):
        pytest.skip("their bins are NumPy's 'auto', which makes others of integers before 2.1")
    row = ours(case)
    assert row.metric == f"drift.{stored['method']}"
    assert row.params == "convention=evidently"
    if stored["score"] is None:
        if (case.name, case.method) not in THEY_RAISE:
            assert (row.value, row.alert) == (None, None)
            assert row.status != "ok"
        return
    assert row.value == pytest.approx(stored["score"], rel=1e-9, abs=1e-300)
    assert row.alert == stored["drifted"]


def test_a_saved_reference_gives_the_same_but_for_the_order_of_exchanges(tmp_path):
    _, reference, current = columns()["new_and_gone"]
    spec = sd.Spec(monitor="m", window="all", convention="evidently", start="2024-01-01",
                   end="2024-01-02")  # fmt: skip
    sd.Reference.fit({"c": reference}, spec=spec).save(tmp_path / "r.npz")
    loaded = sd.Reference.load(tmp_path / "r.npz").compare({"c": current})
    direct = sd.compare({"c": reference}, {"c": current}, convention="evidently")
    rows = [
        next(r for r in one.results if r.column == "c" and r.metric == "drift.jensen_shannon")
        for one in (loaded, direct)
    ]
    assert rows[0].value == rows[1].value
    assert rows[0].alert is rows[1].alert is True


def test_dataset_drift_is_the_share_of_flags():
    found = columns()
    names = ["normal", "big", "integers", "skewed"]
    sides = [{name: found[name][side][:500] for name in names} for side in (1, 2)]
    results = sd.compare(*sides, convention="evidently").results
    flags = [r.alert for r in results if r.column in names and r.metric.startswith("drift.")]
    (dataset,) = results.filter(metric="drift.dataset")
    assert dataset.value == np.mean(flags)
    assert dataset.alert == (np.mean(flags) >= 0.5)


def test_a_threshold_of_the_users_counts():
    case = next(c for c in CASES if (c.name, c.method) == ("big", "wasserstein_normed"))
    assert ours(case).alert is True
    row = ours(case, thresholds={"drift.wasserstein_normed": 0.9})
    assert (row.threshold, row.alert) == (0.9, False)


def test_a_method_without_a_counterpart_is_refused_by_name():
    x = {"c": np.arange(100.0)}
    with pytest.raises(SpecError, match="found 'kuiper'"):
        sd.compare(x, x, methods="kuiper", convention="evidently")
    with pytest.raises(ValueError, match="without parameters"):
        checked([("psi", {"bins": 5})])


def test_what_evidently_raises_on_is_a_status():
    nothing = {"c": np.full(20, np.nan)}
    (row,) = [
        row
        for row in sd.compare({"c": np.arange(20.0)}, nothing, convention="evidently").results
        if row.column == "c" and row.metric == "drift.ks"
    ]
    assert (row.value, row.status) == (None, "all_null")
    assert row.alert is True  # a column without values is no column without drift
