"""simdrift, pure Python, and NumPy, SciPy, pandas or scikit-learn side by side, family by family.

Results are checked equal first. Loops run over fewer rows and are scaled by the row, which is kind
to those that sort. simdrift is called as users call it, on one thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy.stats
import sklearn.metrics
from scipy.spatial.distance import jensenshannon

import simdrift as sd
from markdown import table as markdown_table
from measured import note
from pure_python import drift, fairness, performance, quality, service
from simdrift import _core
from simdrift.benchmark.timing import interleaved, median, ratio

SEED = 20130208
ROWS, QUICK_ROWS = 1_000_000, 50_000
LOOP_ROWS = 50_000
ROUNDS = 5
LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95]
EDGES = [float(edge) for edge in np.linspace(-4.0, 4.0, 31)]
QUERY_ITEMS, APDEX = 100, 100.0


class Arrays(NamedTuple):
    """The columns, as arrays; `lists` gives their first rows as lists."""

    x: np.ndarray
    y: np.ndarray
    missing: np.ndarray
    a: np.ndarray
    b: np.ndarray
    target: np.ndarray
    probability: np.ndarray
    prediction: np.ndarray
    relevance: np.ndarray
    query: np.ndarray
    status: np.ndarray
    latency: np.ndarray

    def lists(self, rows: int) -> Any:
        return Arrays(*(array[:rows].tolist() for array in self))

    def first(self, rows: int) -> Arrays:
        return Arrays(*(array[:rows] for array in self))


def arrays(rows: int) -> Arrays:
    random = np.random.default_rng(SEED)
    x, y = random.normal(size=rows), random.normal(0.05, 1.1, rows)
    names = np.array([f"category-{k}" for k in range(32)], dtype=object)
    probability = random.random(rows)
    return Arrays(
        x, y, np.where(random.random(rows) < 0.05, np.nan, x),
        names[random.integers(0, 32, rows)], names[np.minimum(random.geometric(0.1, rows), 31)],
        (random.random(rows) < probability).astype(int), probability,
        (probability > 0.6).astype(int), random.integers(0, 5, rows).astype(float),
        np.arange(rows) // QUERY_ITEMS, np.where(random.random(rows) < 0.02, 500, 200),
        random.gamma(2.0, 60.0, rows),
    )  # fmt: skip


class Case(NamedTuple):
    """One row: the same work three times. `loop` takes lists, the others arrays."""

    family: str
    name: str
    ours: Callable[[Arrays], Any]
    loop: Callable[[Any], Any]
    peer_name: str
    peer: Callable[[Arrays], Any]
    goal: float | None = None  # times as fast as the peer; the loop has none


def _numpy_profile(x: np.ndarray) -> list[float]:
    present = x[~np.isnan(x)]
    return [
        len(present), len(x) - len(present), (present == 0).sum(), (present < 0).sum(),
        present.min(), present.max(), present.mean(), present.var(ddof=1),
    ]  # fmt: skip


def _our_profile(x: np.ndarray) -> list[float]:
    found = _core.profile(_core.Column.from_numpy(x), 1)
    names = ("finite", "nan", "zeros", "negatives", "min", "max", "mean", "variance")
    return [found[name] for name in names]  # type: ignore[literal-required]


def _our_histogram(x: np.ndarray) -> Any:
    cells = _core.histogram(_core.Column.from_numpy(x), np.array(EDGES), 1)
    return cells[1:-1]


def _shares(d: Arrays) -> tuple[np.ndarray, np.ndarray]:
    p, q = (pd.Series(side).value_counts(normalize=True) for side in (d.a, d.b))
    labels = p.index.union(q.index)
    return p.reindex(labels, fill_value=0.0).values, q.reindex(labels, fill_value=0.0).values


def _table(d: Arrays) -> np.ndarray:
    p, q = _shares(d)
    return np.rint(np.array([p, q]) * len(d.a))


def _pandas_dp(d: Arrays) -> float:
    rates = pd.Series(d.prediction).groupby(d.a).mean()
    return float(rates.max() - rates.min())


HEALTH = ("latency_p50", "latency_p90", "latency_p95", "latency_p99", "latency_max",
          "error_ratio", "apdex")  # fmt: skip


def _numpy_health(d: Arrays) -> list[float]:
    fine = d.status < 500
    satisfied, tolerating = d.latency <= APDEX, d.latency <= 4 * APDEX
    apdex = ((satisfied & fine).sum() + (tolerating & ~satisfied & fine).sum() / 2) / len(fine)
    quantiles = np.quantile(d.latency, service.LEVELS)
    return [*quantiles, d.latency.max(), (~fine).mean(), apdex]


def _our_health(d: Arrays) -> list[float]:
    times = np.full(len(d.latency), np.datetime64("2026-01-01", "us"))
    log = {"time": times, "latency": d.latency, "status": d.status}
    roles = {"timestamp": "time", "latency": "latency", "status": "status"}
    found = sd.service.health(log, roles, apdex_target=APDEX, threads=1)
    values = {row.metric: row.value for row in found}
    return [values[f"service.{name}"] for name in HEALTH]


P = sd.performance
CASES = (
    Case("quality", "count, extremes, mean, variance", lambda d: _our_profile(d.missing),
         lambda d: list(quality.profile(d.missing).values()), "NumPy",
         lambda d: _numpy_profile(d.missing)),
    Case("quality", "five quantiles",
         lambda d: _core.quantiles(_core.Column.from_numpy(d.x), np.array(LEVELS), 1),
         lambda d: quality.quantiles(d.x, LEVELS), "np.quantile",
         lambda d: np.quantile(d.x, LEVELS)),
    Case("quality", "histogram, 30 bins", lambda d: _our_histogram(d.x),
         lambda d: quality.histogram(d.x, EDGES), "np.histogram",
         lambda d: np.histogram(d.x, EDGES)[0]),
    Case("quality", "Pearson's r",
         lambda d: sd.correlations({"x": d.x, "y": d.y}, threads=1)[0].value,
         lambda d: quality.pearson(d.x, d.y), "np.corrcoef",
         lambda d: np.corrcoef(d.x, d.y)[0, 1]),
    Case("quality", "Spearman's rho",
         lambda d: sd.correlations({"x": d.x, "y": d.y}, "spearman", threads=1)[0].value,
         lambda d: quality.spearman(d.x, d.y), "scipy spearmanr",
         lambda d: scipy.stats.spearmanr(d.x, d.y).statistic),
    Case("drift", "Kolmogorov-Smirnov", lambda d: sd.drift.ks(d.x, d.y, threads=1).value,
         lambda d: drift.ks(d.x, d.y), "scipy ks_2samp",
         lambda d: scipy.stats.ks_2samp(d.x, d.y, method="asymp").statistic),
    Case("drift", "Wasserstein-1", lambda d: sd.drift.wasserstein(d.x, d.y, threads=1).value,
         lambda d: drift.wasserstein(d.x, d.y), "scipy wasserstein_distance",
         lambda d: scipy.stats.wasserstein_distance(d.x, d.y)),
    Case("drift", "Mann-Whitney", lambda d: sd.drift.mann_whitney(d.x, d.y, threads=1).value,
         lambda d: drift.mann_whitney(d.x, d.y), "scipy mannwhitneyu",
         lambda d: scipy.stats.mannwhitneyu(d.x, d.y, method="asymptotic").statistic),
    Case("drift", "Jensen-Shannon, 32 texts",
         lambda d: sd.drift.jensen_shannon(d.a, d.b, threads=1).value,
         lambda d: drift.jensen_shannon(d.a, d.b), "pandas and SciPy",
         lambda d: jensenshannon(*_shares(d), base=2)),
    Case("drift", "chi-squared, 32 texts",
         lambda d: sd.drift.chi_square(d.a, d.b, threads=1).value,
         lambda d: drift.chi_square(d.a, d.b), "pandas and SciPy",
         lambda d: scipy.stats.chi2_contingency(_table(d), correction=False).statistic),
    Case("performance", "MAE", lambda d: P.mae(d.x, d.y, threads=1).value,
         lambda d: performance.mae(d.x, d.y), "sklearn mean_absolute_error",
         lambda d: sklearn.metrics.mean_absolute_error(d.x, d.y)),
    Case("performance", "R²", lambda d: P.r2(d.x, d.y, threads=1).value,
         lambda d: performance.r2(d.x, d.y), "sklearn r2_score",
         lambda d: sklearn.metrics.r2_score(d.x, d.y)),
    Case("performance", "F1", lambda d: P.f1(d.target, d.prediction, threads=1).value,
         lambda d: performance.f1(d.target, d.prediction), "sklearn f1_score",
         lambda d: sklearn.metrics.f1_score(d.target, d.prediction)),
    Case("performance", "log loss", lambda d: P.log_loss(d.target, d.probability, threads=1).value,
         lambda d: performance.log_loss(d.target, d.probability), "sklearn log_loss",
         lambda d: sklearn.metrics.log_loss(d.target, d.probability)),
    Case("performance", "ROC AUC", lambda d: P.roc_auc(d.target, d.probability, threads=1).value,
         lambda d: performance.roc_auc(d.target, d.probability), "sklearn roc_auc_score",
         lambda d: sklearn.metrics.roc_auc_score(d.target, d.probability), 20.0),
    Case("performance", "average precision",
         lambda d: P.average_precision(d.target, d.probability, threads=1).value,
         lambda d: performance.average_precision(d.target, d.probability),
         "sklearn average_precision_score",
         lambda d: sklearn.metrics.average_precision_score(d.target, d.probability)),
    Case("performance", "nDCG@10, queries of 100",
         lambda d: P.ndcg(d.relevance, d.x, d.query, k=10, threads=1).value,
         lambda d: performance.ndcg(d.relevance, d.x, d.query, 10), "sklearn ndcg_score",
         lambda d: sklearn.metrics.ndcg_score(
             d.relevance.reshape(-1, QUERY_ITEMS), d.x.reshape(-1, QUERY_ITEMS), k=10), 20.0),
    Case("fairness", "demographic parity difference, 32 groups",
         lambda d: sd.fairness.demographic_parity_difference(
             d.target, d.prediction, d.a, pos_label=1, threads=1).value,
         lambda d: fairness.demographic_parity_difference(d.prediction, d.a), "pandas groupby",
         _pandas_dp),
    Case("service", "seven metrics of a log", _our_health,
         lambda d: service.health(d.latency, d.status, APDEX), "NumPy", _numpy_health),
)  # fmt: skip


def check(case: Case, data: Arrays, rows: int) -> None:
    """Asserts that the three agree on the first rows."""
    few = data.first(rows)
    ours = case.ours(few)
    for other in (case.loop(few.lists(rows)), case.peer(few)):
        np.testing.assert_allclose(np.ravel(ours), np.ravel(other), rtol=1e-8, err_msg=case.name)


def line(case: Case, data: Arrays, loop_rows: int) -> list[str]:
    rows, lists = len(data.x), data.lists(loop_rows)
    check(case, data, loop_rows)
    seconds = interleaved(
        {"ours": lambda: case.ours(data), "peer": lambda: case.peer(data)}, ROUNDS
    )
    loops = interleaved({"loop": lambda: case.loop(lists)}, 1)
    ours, loop = median(seconds, "ours"), median(loops, "loop") / loop_rows * rows
    faster = ratio(seconds, "peer", "ours")
    note(case.name, rows, ours, baseline="pure Python", baseline_seconds=loop)
    cells = [case.family, case.name, f"{ours / rows * 1e9:.1f}", f"{loop / rows * 1e9:.0f}"]
    cells += [
        f"{median(seconds, 'peer') / rows * 1e9:.1f}",
        f"{loop / ours:.0f}x",
        f"{faster:.1f}x",
    ]
    asked = "-" if case.goal is None else f"{case.goal:.0f}x"
    met = "-" if case.goal is None else "yes" if faster >= case.goal else "no"
    return [*cells, case.peer_name, asked, met]


def table(quick: bool) -> str:
    data, loop_rows = arrays(QUICK_ROWS if quick else ROWS), 5_000 if quick else LOOP_ROWS
    header = ["family", "metric", "simdrift: ns a row", "pure Python", "peer", "than pure Python",
              "than the peer", "peer", "goal", "met"]  # fmt: skip
    return markdown_table(header, [line(case, data, loop_rows) for case in CASES])
