"""convention="evidently" against the installed Evidently: `make test-peers`."""

from __future__ import annotations

import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("evidently", reason="Evidently is not installed: make test-peers")

for folder in (Path(__file__).parent, Path(__file__).parents[1] / "numeric"):
    sys.path.append(str(folder))

import json  # noqa: E402

import pandas as pd  # noqa: E402
from evidently_cases import THEY_RAISE, UNSTABLE, cases  # noqa: E402
from evidently_scores import STORED, theirs  # noqa: E402

import simdrift as sd  # noqa: E402
from simdrift.metrics.conventions.evidently import COUNTERPARTS  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")
CASES = list(cases())


@pytest.mark.parametrize("case", CASES, ids=[f"{case.name}-{case.method}" for case in CASES])
def test_score_and_flag_are_evidentlys(case):
    if (case.name, case.method) in UNSTABLE:
        pytest.skip("Evidently's own score hangs on the order of the rows")
    expected = theirs(case)
    sides = ({"c": case.reference}, {"c": case.current})
    report = sd.compare(*sides, methods=case.method, convention="evidently")
    (row,) = [row for row in report.results if row.column == "c" and row.metric[:6] == "drift."]
    assert row.metric == f"drift.{expected.method}"
    if expected.score is None:
        assert row.value is None or (case.name, case.method) in THEY_RAISE
        return
    assert row.value == pytest.approx(expected.score, rel=1e-9, abs=1e-300)
    assert row.alert == expected.drifted


def test_the_stored_scores_are_those_of_this_evidently():
    for case, stored in zip(CASES, json.loads(STORED.read_text("utf-8")), strict=True):
        found = theirs(case)
        assert stored["method"] == found.method
        if (case.name, case.method) in UNSTABLE:
            continue
        assert stored["drifted"] == found.drifted
        if found.score is None:
            assert stored["score"] is None
        else:
            assert stored["score"] == pytest.approx(found.score, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("rows", [900, 1500])
def test_its_preset_on_a_mixed_frame_is_ours(rows):
    from evidently import Report
    from evidently.presets import DataDriftPreset

    r = np.random.RandomState(1)

    def frame(n, shift, letters):
        return pd.DataFrame(
            {
                "x": r.normal(shift, 1, n),
                "same": r.normal(size=n),
                "few": r.randint(0, 4, n) * 1.0,
                "whole": r.randint(0, 100, n),
                "gaps": np.where(r.rand(n) < 0.1, np.nan, r.normal(size=n)),
                "word": r.choice(list(letters), n),
                "two": r.choice(["n", "y"], n),
            }
        )

    reference, current = frame(rows, 0.0, "abc"), frame(800, 0.5, "abd")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        metrics = Report([DataDriftPreset()]).run(current, reference).dict()["metrics"]
    whole = metrics[0]["value"]
    drift = [metric for metric in metrics if "ValueDrift" in metric["metric_name"]]
    results = sd.compare(reference, current, convention="evidently").results
    assert len(drift) == reference.shape[1]
    for metric in drift:
        column = metric["config"]["column"]
        (row,) = [
            r for r in results if r.column == column and r.params == "convention=evidently"
        ]  # fmt: skip
        assert row.value == pytest.approx(metric["value"], rel=1e-9, abs=1e-300), column
        assert row.threshold == metric["config"]["threshold"]
        words = re.sub(r"[^a-z]", "", metric["config"]["method"].lower())
        assert words.startswith(
            {"ks": "ks", "chi_square": "chisquare", "z_test": "ztest",
             "jensen_shannon": "jensenshannon", "wasserstein_normed": "wasserstein"}[row.metric[6:]]
        )  # fmt: skip
    (share,) = results.filter(metric="drift.dataset")
    (count,) = results.filter(metric="drift.dataset_count")
    assert (share.value, count.value) == (whole["share"], whole["count"])


def test_the_names_are_those_of_its_registry():
    from evidently.legacy.calculations.stattests.registry import _registered_stat_tests

    assert {peer.name for peer in COUNTERPARTS.values()} <= set(_registered_stat_tests)
