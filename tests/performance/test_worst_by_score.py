"""The search of worst segments by scores that are no means over rows."""

from __future__ import annotations

import numpy as np
import pytest

import simdrift as sd

sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")

ROLES = {"target": "y", "score": "s"}


def scored(rows: int, seed: int, noise: float) -> dict[str, np.ndarray]:
    """Two labels; scores rank worse in zone c."""
    rng = np.random.default_rng(seed)
    zone = rng.choice(list("abc"), rows)
    y = rng.integers(0, 2, rows)
    x = y - 0.5 + rng.normal(size=rows) * np.where(zone == "c", noise, 1.0)
    s = 1.0 / (1.0 + np.exp(-x))
    return {"zone": zone, "half": rng.integers(0, 2, rows).astype(bool), "y": y, "s": s}


ORACLES = {
    "roc_auc": lambda y, s: sklearn.roc_auc_score(y, s),
    "average_precision": lambda y, s: sklearn.average_precision_score(y, s),
    "mcc": lambda y, s: sklearn.matthews_corrcoef(y, s >= 0.5),
    "balanced_accuracy": lambda y, s: sklearn.balanced_accuracy_score(y, s >= 0.5),
}


@pytest.mark.parametrize("metric", ORACLES)
def test_a_segment_and_the_rest_have_the_values_of_scikit_learn(metric: str) -> None:
    frame = scored(3000, 1, 4.0)
    found = sd.worst_segments(frame, ROLES, metric=metric)
    first, inside = found[0], frame["zone"] == "c"
    value, rest = (ORACLES[metric](frame["y"][k], frame["s"][k]) for k in (inside, ~inside))
    assert (first.segment, first.rows) == ("zone=c", int(inside.sum()))
    assert first.value == pytest.approx(value, abs=1e-12)
    assert first.rest == pytest.approx(rest, abs=1e-12)
    assert found.value == pytest.approx(ORACLES[metric](frame["y"], frame["s"]), abs=1e-12)
    assert first.ci_low < first.difference < first.ci_high < 0.0
    assert first.q_value < 1e-6
    assert found.tried == 11
    assert np.isnan(first.share_of_error)


def test_segments_of_equal_scores_are_rarely_listed() -> None:
    listed = [
        len(sd.worst_segments(scored(1500, seed, 1.0), ROLES, metric="roc_auc"))
        for seed in range(40)
    ]
    assert np.count_nonzero(listed) <= 5


def test_a_label_s_own_scores_and_labels_of_three_are_searched() -> None:
    rng = np.random.default_rng(2)
    zone, y = rng.choice(list("ab"), 2000), rng.integers(0, 3, 2000)
    p = np.where(rng.random(2000) < np.where(zone == "a", 0.1, 0.4), rng.integers(0, 3, 2000), y)
    q = np.eye(3)[p] * 0.6 + 0.4 / 3
    frame = {"zone": zone, "y": y, "p": p, **{f"q{k}": q[:, k] for k in range(3)}}
    roles = {"target": "y", "prediction": "p", "score": {k: f"q{k}" for k in range(3)}}
    inside = zone == "b"
    expected = {
        "f1": sklearn.f1_score(y[inside], p[inside], average="macro"),
        "roc_auc": sklearn.roc_auc_score(y[inside], q[inside], multi_class="ovr"),
        "log_loss": sklearn.log_loss(y[inside], q[inside]),
    }
    for metric, value in expected.items():
        found = sd.worst_segments(frame, roles, metric=metric)
        assert [one.segment for one in found] == ["zone=b"]
        assert found[0].value == pytest.approx(value, rel=1e-9)


def test_weights_count_rows_of_a_score_more_than_once() -> None:
    frame = scored(1000, 3, 4.0) | {"w": np.random.default_rng(4).integers(1, 4, 1000) * 1.0}
    found = sd.worst_segments(frame, ROLES | {"weight": "w"}, metric="roc_auc")
    inside = frame["zone"] == "c"
    y, s, w = (frame[name][inside] for name in "ysw")
    assert found[0].segment == "zone=c"
    assert found[0].value == pytest.approx(sklearn.roc_auc_score(y, s, sample_weight=w), abs=1e-12)


def test_regressions_are_searched_by_shares_of_variance() -> None:
    rng = np.random.default_rng(5)
    zone, y = rng.choice(list("ab"), 2000), rng.normal(size=2000)
    p = y + rng.normal(size=2000) * np.where(zone == "b", 0.9, 0.3)
    found = sd.worst_segments(
        {"zone": zone, "y": y, "p": p}, {"target": "y", "prediction": "p"}, metric="r2"
    )
    inside = zone == "b"
    assert found[0].segment == "zone=b"
    assert found[0].value == pytest.approx(sklearn.r2_score(y[inside], p[inside]), rel=1e-9)


def test_what_a_score_lacks_is_said() -> None:
    frame = scored(300, 6, 1.0)
    without = sd.worst_segments(
        frame | {"p": frame["y"]}, {"target": "y", "prediction": "p"}, metric="roc_auc"
    )
    assert (without.status, len(without)) == ("not_applicable", 0)
    assert "'score'" in without.reason
    with pytest.raises(sd.SpecError, match="max_error"):
        sd.worst_segments(frame, ROLES, metric="max_error")
