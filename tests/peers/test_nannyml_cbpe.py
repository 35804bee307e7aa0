"""Estimated performance against the installed NannyML, on its bundled data sets: `make test-peers`.

NannyML runs in an environment of its own (.venv-nannyml), by nannyml_scores.py."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from simdrift.metrics.estimate.cbpe import Estimate, Estimator
from simdrift.metrics.estimate.expected import Rows
from simdrift.metrics.groups import Groups

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv-nannyml" / "bin" / "python"
CLASSES = ("highstreet_card", "prepaid_card", "upmarket_card")
CHUNK = 5000
TIES = {"roc_auc": 1e-5, "average_precision": 1e-4}
"""Rows with one score are in the order of a sort there, and rounded to five decimals."""
PLACES = {"roc_auc": 0.01, "average_precision": 0.5}
"""Of the sampling error: ties again, and an unseeded bootstrap."""

pytestmark = pytest.mark.skipif(
    not PYTHON.exists(), reason="no .venv-nannyml: make .venv-nannyml/bench.stamp"
)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nannyml")
    path = folder / "scores.npz"
    command = [str(PYTHON), "-B", str(HERE / "nannyml_scores.py"), str(path)]
    subprocess.run(command, check=True, cwd=folder, timeout=300, capture_output=True)
    return dict(np.load(path))


def groups(rows: int) -> Groups:
    starts = np.arange(0, rows, CHUNK)
    return Groups(starts, np.minimum(starts + CHUNK, rows))


def estimates(theirs, case: str) -> list[Estimate]:
    labels = CLASSES if case == "multiclass" else ()

    def rows(side: str) -> Rows:
        scores = theirs[f"{case}/{side}/scores"]
        targets = theirs.get(f"{case}/{side}/targets")
        decided = theirs[f"{case}/{side}/predictions"]
        return Rows(scores, decided, targets, groups(scores.shape[1]), labels)

    return Estimator(rows("reference")).estimates(rows("analysis"))


def their_name(one: Estimate) -> str:
    name = one.metric.removeprefix("estimated.")
    if name == "confusion":
        cell = dict(part.split("=") for part in one.params.split(","))
        return f"true_{cell['target']}_pred_{cell['prediction']}"
    return name.replace("positives", "positive").replace("negatives", "negative")


@pytest.mark.parametrize(("case", "metrics"), [("binary", 11), ("multiclass", 16)])
def test_values_errors_and_thresholds_are_nannymls(theirs, case, metrics):
    found = estimates(theirs, case)
    assert len(found) == metrics
    for one in found:
        name = their_name(one)
        value, error, lower, upper = (
            theirs[f"{case}/{name}/{part}"]
            for part in ("value", "sampling_error", "lower_threshold", "upper_threshold")
        )
        np.testing.assert_allclose(one.value, value, rtol=TIES.get(name, 1e-12), err_msg=name)
        np.testing.assert_allclose(one.error, error, rtol=PLACES.get(name, 1e-12), err_msg=name)
        np.testing.assert_allclose(one.lower, lower[0], rtol=1e-12, err_msg=name)
        np.testing.assert_allclose(one.upper, upper[0], rtol=1e-12, err_msg=name)
        alerts = (value < lower[0]) | (value > upper[0])
        np.testing.assert_array_equal(one.alert, alerts, err_msg=name)
