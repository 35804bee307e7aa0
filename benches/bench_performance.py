"""Scores of a model against its peers: one thread, every ISA of the machine forced in turn, results
checked equal before anything is timed.

A family adds a function that gives its `Case`s and names it in FAMILIES.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import sklearn.calibration
import sklearn.metrics

import simdrift as sd
from bench_kernels import isas
from markdown import table as markdown_table
from measured import note
from simdrift import _core
from simdrift.benchmark.timing import interleaved, median, ratio

SEED = 20130208
ROWS, QUICK_ROWS = 4_000_000, 200_000
ROUNDS, PEER_ROUNDS = 7, 1


class Goal(NamedTuple):
    """Reads of one float64 a row with AVX-512 and with AVX2, and times faster than the peer."""

    wide: float
    avx2: float
    faster: float = 0.0


GOALS = {
    "confusion counts, 2 labels": Goal(0.3 / 0.21, 0.5 / 0.21, 200.0),
    "ROC AUC and average precision, float64": Goal(38.0, 52.0, 20.0),
    "log loss and Brier score, float64": Goal(2.6, 5.0, 150.0),
    "MAE, RMSE and R²": Goal(2.0 / 0.9, 2.0 / 0.8),
    "nDCG@10, queries": Goal(6.0 / 0.21, 9.0 / 0.21, 20.0),
}
"""By how a case's name begins. Nanoseconds were asked of a machine that reads a float64 in 0.21."""


class Case(NamedTuple):
    """One row of the table: our call on one thread, the peer's, and what compares their results
    (an AssertionError where they differ). `rows`: what nanoseconds are of."""

    name: str
    rows: int
    ours: Callable[[], Any]
    peer_name: str
    peer: Callable[[], Any]
    check: Callable[[Any, Any], None]


def confusion_cases(rows: int) -> Iterable[Case]:
    """Confusion counts of labels as they come: bytes, 64-bit integers, and of 10 and 100 labels."""
    random = np.random.default_rng(SEED)
    for labels, dtype in ((2, np.int8), (2, np.int64), (10, np.int64), (100, np.int64)):
        target = random.integers(0, labels, rows).astype(dtype)
        missed = random.random(rows) < 0.2
        prediction = np.where(missed, random.integers(0, labels, rows), target).astype(dtype)
        columns = _core.Column.from_numpy(target), _core.Column.from_numpy(prediction)
        yield Case(
            f"confusion counts, {labels} labels as {np.dtype(dtype)}",
            rows,
            lambda c=columns, k=labels: _core.confusion_groups(*c, [0], [rows], k, k, threads=1)[0],
            "sklearn confusion_matrix",
            lambda t=target, p=prediction: sklearn.metrics.confusion_matrix(t, p),
            np.testing.assert_array_equal,
        )
        if dtype == np.int64 and labels == 2:
            yield Case(
                "confusion_matrix of two arrays of int64, labels found",
                rows,
                lambda t=target, p=prediction: sd.performance.confusion_matrix(t, p, threads=1),
                "sklearn confusion_matrix",
                lambda t=target, p=prediction: sklearn.metrics.confusion_matrix(t, p),
                lambda a, b: np.testing.assert_array_equal(a.counts, b),
            )


def ranks_of(target: Any, score: Any, rows: int) -> tuple[float, float]:
    """ROC AUC and average precision, with both variances."""
    found = _core.roc_groups(target, score, [0], [rows], threads=1)
    return found["auc"][0], found["average_precision"][0]


def rank_cases(rows: int) -> Iterable[Case]:
    """ROC AUC with average precision of logits, of float32 probabilities, and of scores of two
    decimals."""
    random = np.random.default_rng(SEED)
    target = random.random(rows) < 0.3
    logit = random.normal(size=rows) + target
    probability = (1.0 / (1.0 + np.exp(-logit))).astype(np.float32)
    for name, score in (
        ("float64", logit),
        ("float32", probability),
        ("two decimals", np.round(probability.astype(float), 2)),
    ):
        columns = _core.Column.from_numpy(target), _core.Column.from_numpy(score)
        yield Case(
            f"ROC AUC and average precision, {name}",
            rows,
            lambda c=columns: ranks_of(*c, rows),
            "sklearn roc_auc_score, average_precision_score",
            lambda s=score: (
                sklearn.metrics.roc_auc_score(target, s),
                sklearn.metrics.average_precision_score(target, s),
            ),
            lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12),
        )


def probability_cases(rows: int) -> Iterable[Case]:
    """Log loss with its Brier sums of one probability and of four, and 15 bins of calibration."""
    random = np.random.default_rng(SEED)
    p = random.random(rows)
    target = (random.random(rows) < p).astype(np.int8)
    of_class = random.dirichlet(np.ones(4), rows)
    classes = random.integers(0, 4, rows).astype(np.int32)
    columns = [_core.Column.from_numpy(np.ascontiguousarray(of_class[:, k])) for k in range(4)]
    given = (
        ("float64 targets", target.astype(float), [_core.Column.from_numpy(p)], p),
        ("int8 targets", target, [_core.Column.from_numpy(p)], p),
        ("4 labels", classes, columns, of_class),
    )
    epsilon = float(np.finfo(float).eps)
    for name, labels, probabilities, theirs in given:
        codes = _core.Column.from_numpy(labels)
        yield Case(
            f"log loss and Brier score, {name}",
            rows,
            lambda c=codes, p=probabilities: (
                _core.log_loss_groups(c, p, [0], [rows], epsilon, 1e-8, threads=1)["loss"][0] / rows
            ),
            "sklearn log_loss",
            lambda t=labels, p=theirs: sklearn.metrics.log_loss(t, p),
            lambda ours, peer: np.testing.assert_allclose(ours, peer, rtol=1e-12),
        )
    edges, codes = np.linspace(0.0, 1.0, 16)[1:-1], _core.Column.from_numpy(target)
    one = [_core.Column.from_numpy(p)]

    def curve() -> np.ndarray:
        found = _core.calibration_groups(codes, one, [0], [rows], edges, 15, threads=1)
        return found[3][0] / found[1][0]

    yield Case(
        "calibration, 15 bins",
        rows,
        curve,
        "sklearn calibration_curve",
        lambda: sklearn.calibration.calibration_curve(target, p, n_bins=15)[0],
        lambda ours, peer: np.testing.assert_allclose(ours, peer, rtol=1e-12),
    )


def error_cases(rows: int) -> Iterable[Case]:
    """MAE, RMSE and R² from their one pass, and the pass of further losses with weights."""
    random = np.random.default_rng(SEED)
    target = random.normal(100.0, 20.0, rows)
    prediction, weight = target + random.normal(1.0, 5.0, rows), random.random(rows)
    columns = _core.Column.from_numpy(target), _core.Column.from_numpy(prediction)
    names = ("mean_absolute_error", "root_mean_squared_error", "r2_score")
    peers = [getattr(sklearn.metrics, name) for name in names]

    def fused() -> tuple[float, float, float]:
        s = _core.pair_profile(*columns, threads=1)
        n, squares = s["n"], s["sum_squared_error"]
        return s["sum_abs_error"] / n, (squares / n) ** 0.5, 1.0 - squares / s["m2_x"]

    def weighted() -> tuple[float, float, float]:
        found = _core.losses_groups(*columns, [0], [rows], weight, threads=1)
        w, squares = found["weight"][0], found["sum_squared_error"][0]
        mae, r2 = found["sum_abs_error"][0] / w, 1.0 - squares / found["m2_target"][0]
        return mae, (squares / w) ** 0.5, r2

    for name, ours, weights in (
        ("MAE, RMSE and R²", fused, None),
        ("all errors of numbers, with weights", weighted, weight),
    ):
        yield Case(
            name,
            rows,
            ours,
            f"sklearn {', '.join(names)}",
            lambda w=weights: [peer(target, prediction, sample_weight=w) for peer in peers],
            lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12),
        )


def ndcg_of(relevance: Any, score: Any, query: Any, rows: int, k: int | None) -> float:
    """Mean nDCG, with the codes of the queries."""
    codes = _core.query_codes(query, threads=1)
    options = {"k": k or 0, "threads": 1}
    return _core.ranking_groups(relevance, score, codes, [0], [rows], **options)["ndcg"][0]


def ranking_cases(rows: int) -> Iterable[Case]:
    """nDCG of queries of 100 items: the first 10 ranks, all, and with scores that tie."""
    random = np.random.default_rng(SEED)
    rows = rows // 400 * 100  # 1 million
    relevance = random.integers(0, 5, (rows // 100, 100)).astype(float)
    score = random.normal(size=relevance.shape)
    query = _core.Column.from_numpy(np.repeat(np.arange(len(relevance)), 100))
    target = _core.Column.from_numpy(relevance.ravel())
    for name, own, k in (
        ("nDCG@10", score, 10),
        ("nDCG", score, None),
        ("nDCG@10, one decimal", np.round(score, 1), 10),
    ):
        column = _core.Column.from_numpy(own.ravel())
        yield Case(
            f"{name}, queries of 100 items",
            rows,
            lambda c=column, k=k: ndcg_of(target, c, query, rows, k),
            "sklearn ndcg_score",
            lambda s=own, k=k: sklearn.metrics.ndcg_score(relevance, s, k=k),
            lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12),
        )


FAMILIES: tuple[Callable[[int], Iterable[Case]], ...] = (
    confusion_cases,
    rank_cases,
    probability_cases,
    error_cases,
    ranking_cases,
)


def judged(name: str, isa: str, reads: float, faster: float) -> list[str]:
    """What was asked of a case, and whether it is met; dashes where nothing was."""
    goal = next((goal for start, goal in GOALS.items() if name.startswith(start)), None)
    if goal is None or isa not in ("avx2", "avx512"):
        return ["-", "-"]
    most = goal.avx2 if isa == "avx2" else goal.wide
    missed = [what for what, is_met in (("reads", reads <= most), ("x", faster >= goal.faster))
              if not is_met]  # fmt: skip
    asked = f"{most:.1f} reads" + (f", {goal.faster:.0f}x" if goal.faster else "")
    return [asked, f"not {', '.join(missed)}" if missed else "yes"]


def line(case: Case, read: np.ndarray) -> list[str]:
    """Nanoseconds a row, multiples of a read of one float64 a row, and times faster."""
    case.check(case.ours(), case.peer())
    peer = median(interleaved({"peer": case.peer}, PEER_ROUNDS), "peer")
    cells = [case.name]
    for isa in isas():
        _core._isa_force(isa)
        seconds = interleaved({"read": lambda: _core.read_bound(read), "ours": case.ours}, ROUNDS)
        own = median(seconds, "ours")
        reads = ratio(seconds, "ours", "read") * len(read) / case.rows
        note(case.name, case.rows, own, baseline=case.peer_name, baseline_seconds=peer)
        cells += [f"{own / case.rows * 1e9:.2f}", f"{reads:.1f}", f"{peer / own:.0f}x"]
        cells += judged(case.name, isa, reads, peer / own)
    return [*cells, case.peer_name]


def table(quick: bool) -> str:
    active, rows = _core.show_config()["isa"], QUICK_ROWS if quick else ROWS
    read = np.random.default_rng(SEED).random(rows)
    header = ["score"]
    for isa in isas():
        header += [f"{isa}: ns", "reads", "faster", "asked", "met"]
    lines = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of peers
        for family in FAMILIES:
            for case in family(rows):
                lines.append(line(case, read))
                _core._isa_force(active)
    return markdown_table([*header, "than"], lines)
