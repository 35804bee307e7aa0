"""Scores of models against ranx and torchmetrics: `make test-peers`.

Both run in an environment of their own (.venv-scores), by scores_of_models.py."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

import simdrift as sd

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv-scores" / "bin" / "python"

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="no .venv-scores: make test-peers")


@pytest.fixture(scope="module")
def given():
    random = np.random.default_rng(17)
    relevance = random.integers(0, 4, (60, 12)) * (random.random((60, 12)) < 0.4)
    relevance[np.arange(60), random.integers(0, 12, 60)] = 1  # ranx has no query without any
    p = random.random(3000)
    of_class = random.dirichlet(np.ones(4), 3000)
    likely = of_class.argmax(axis=1)
    label = np.where(random.random(3000) < 0.6, likely, random.integers(0, 4, 3000))
    return {
        "relevance": relevance.ravel(),
        "score": random.permutation(720).astype(float),
        "query": np.repeat(np.arange(60), 12),
        "target": (random.random(3000) < p**1.3).astype(np.int64),
        "p": p,
        "label": label.astype(np.int64),
        "of_class": of_class,
    }


@pytest.fixture(scope="module")
def theirs(given, tmp_path_factory):
    folder = tmp_path_factory.mktemp("scores")
    np.savez(folder / "given.npz", **given)
    command = [str(PYTHON), "-B", str(HERE / "scores_of_models.py"), "given.npz", "found.json"]
    done = subprocess.run(command, cwd=folder, timeout=300, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "found.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("name", "function", "options"),
    [
        ("ndcg", "ndcg", {}),
        ("ndcg@5", "ndcg", {"k": 5}),
        ("ndcg_burges@5", "ndcg", {"k": 5, "gain": "exponential"}),
        ("map", "map", {}),
        ("map@5", "map", {"k": 5}),
        ("mrr", "mrr", {}),
        ("mrr@5", "mrr", {"k": 5}),
        ("precision@5", "precision_at_k", {"k": 5}),
        ("recall@5", "recall_at_k", {"k": 5}),
        ("hit_rate@5", "hit_rate", {"k": 5}),
        ("f1@5", "fbeta_at_k", {"k": 5, "beta": 1.0}),
    ],
)
def test_rankings_score_as_in_ranx(given, theirs, name, function, options):
    found = getattr(sd.performance, function)(
        given["relevance"], given["score"], given["query"], **options
    )
    assert found.value == pytest.approx(theirs["ranking"][name], rel=1e-12)


@pytest.mark.parametrize("bins", [10, 15])
@pytest.mark.parametrize("name", ["ece", "mce"])
def test_calibration_errors_are_torchmetrics(given, theirs, name, bins):
    found = getattr(sd.performance, name)(given["target"], given["p"], bins=bins)
    assert found.value == pytest.approx(theirs["calibration"][f"{name},{bins}"], rel=1e-5)


@pytest.mark.parametrize("average", ["micro", "macro", "weighted"])
@pytest.mark.parametrize("name", ["precision", "recall", "specificity", "f1", "jaccard"])
def test_scores_of_classes_are_torchmetrics(given, theirs, name, average):
    decided = given["of_class"].argmax(axis=1)
    found = getattr(sd.performance, name)(given["label"], decided, average=average)
    assert found.value == pytest.approx(theirs["classes"][f"{name},{average}"], rel=1e-5)


@pytest.mark.parametrize(
    ("name", "theirs_is"),
    [
        ("accuracy", "accuracy,micro"),
        ("balanced_accuracy", "accuracy,macro"),
        ("mcc", "mcc"),
        ("cohen_kappa", "cohen_kappa"),
    ],
)
def test_whole_tables_score_as_in_torchmetrics(given, theirs, name, theirs_is):
    decided = given["of_class"].argmax(axis=1)
    found = getattr(sd.performance, name)(given["label"], decided)
    assert found.value == pytest.approx(theirs["classes"][theirs_is], rel=1e-5)


@pytest.mark.parametrize(
    ("name", "options"),
    [("roc_auc", {"multi_class": "ovr"}), ("average_precision", {}), ("ece", {})],
)
def test_probabilities_of_classes_score_as_in_torchmetrics(given, theirs, name, options):
    found = getattr(sd.performance, name)(given["label"], given["of_class"], **options)
    assert found.value == pytest.approx(theirs["classes"][name], rel=1e-5)
