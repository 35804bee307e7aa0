"""What `simdrift bench` measures: one task a family of the core, on data made from a fixed seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy.stats
from numpy.typing import NDArray

from simdrift import _core

SEED = 20130208
QUANTILES = np.array([0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99])
EDGES = np.linspace(-3.0, 3.0, 30)
LABELS, QUERY_ITEMS = 16, 100


class Data:
    """Columns of `rows` rows; each array is made once, by the task that first reads it."""

    def __init__(self, rows: int) -> None:
        random = np.random.default_rng(SEED)
        self.rows = rows
        self.x = random.normal(size=rows)
        self.y = random.normal(0.01, 1.0, size=rows)
        self.missing = np.where(random.random(rows) < 0.05, np.nan, self.x)
        self.labels = random.integers(0, LABELS, rows).astype(np.int64)
        self.probability = random.random(rows)
        self.target = (random.random(rows) < self.probability).astype(np.int8)
        self.prediction = (self.probability > 0.5).astype(np.int8)
        self.relevance = random.integers(0, 5, rows).astype(float)
        self.query = np.arange(rows) // QUERY_ITEMS
        self.starts, self.stops = np.array([0]), np.array([rows])
        self._columns: dict[str, _core.Column] = {}

    def column(self, name: str) -> _core.Column:
        """The array of that name as a column of the core, without a copy."""
        if name not in self._columns:
            self._columns[name] = _core.Column.from_numpy(getattr(self, name))
        return self._columns[name]


class Task(NamedTuple):
    """One measured call of the core.

    `values`: how many float64's time a read of one row is compared with; `reads`: more read bounds
    than that are slow. `baseline` does the same by NumPy or SciPy, and `run` is checked against it.
    """

    name: str
    family: str
    values: int
    reads: float
    run: Callable[[Data, int], Any]
    baseline_name: str
    baseline: Callable[[Data], Any]
    rtol: float = 1e-9


def _moments(data: Data, threads: int) -> tuple[float, float, float, float]:
    found = _core.profile(data.column("x"), threads)
    return float(found["min"]), float(found["max"]), found["mean"], found["variance"]


def _present(data: Data, threads: int) -> tuple[float, float, float]:
    found = _core.profile(data.column("missing"), threads)
    return float(found["nan"]), found["mean"], found["variance"]


def _histogram(data: Data) -> NDArray[np.int64]:
    return np.histogram(data.x, np.concatenate([[-np.inf], EDGES, [np.inf]]))[0]


def _two_sample(ks: bool, wasserstein: bool) -> Callable[[Data, int], float]:
    def run(data: Data, threads: int) -> float:
        found = _core.two_sample(data.column("x"), data.column("y"), ks, wasserstein, threads)
        return found["ks"] if ks else found["wasserstein"]

    return run


def _counts(data: Data, threads: int) -> NDArray[Any]:
    counts, _ = _core.Categories().count(data.column("labels"), threads)
    return np.sort(counts)


def _mann_whitney(data: Data, threads: int) -> float:
    found = _core.rank_statistics(data.column("x"), data.column("y"), threads)
    return float(found["u2"]) / 2


def _errors(data: Data, threads: int) -> tuple[float, float]:
    sums = _core.pair_profile(data.column("x"), data.column("y"), threads=threads)
    return sums["sum_abs_error"] / sums["n"], float((sums["sum_squared_error"] / sums["n"]) ** 0.5)


def _numpy_errors(data: Data) -> tuple[float, float]:
    errors = data.x - data.y
    return float(np.abs(errors).mean()), float(np.sqrt((errors * errors).mean()))


def _confusion(data: Data, threads: int) -> NDArray[Any]:
    columns = data.column("target"), data.column("prediction")
    counts = _core.confusion_groups(*columns, data.starts, data.stops, 2, 2, threads=threads)
    return np.asarray(counts[0])


def _numpy_confusion(data: Data) -> NDArray[Any]:
    return np.bincount(data.target * 2 + data.prediction, minlength=4).reshape(2, 2)


def _log_loss(data: Data, threads: int) -> float:
    found = _core.log_loss_groups(
        data.column("target"), [data.column("probability")], data.starts, data.stops,
        float(np.finfo(float).eps), 1e-8, threads=threads,
    )  # fmt: skip
    return float(found["loss"][0]) / data.rows


def _numpy_log_loss(data: Data) -> float:
    p = np.where(data.target == 1, data.probability, 1.0 - data.probability)
    return float(-np.log(np.clip(p, np.finfo(float).eps, 1.0)).mean())


def _auc(data: Data, threads: int) -> float:
    columns = data.column("target"), data.column("probability")
    return float(_core.roc_groups(*columns, data.starts, data.stops, threads=threads)["auc"][0])


def _numpy_auc(data: Data) -> float:
    ranks = np.empty(data.rows)
    ranks[np.argsort(data.probability)] = np.arange(1, data.rows + 1)  # no two are equal
    positives = int(data.target.sum())
    above = float(ranks[data.target == 1].sum()) - positives * (positives + 1) / 2
    return above / (positives * (data.rows - positives))


def _ndcg(data: Data, threads: int) -> float:
    codes = _core.query_codes(data.column("query"), threads=threads)
    found = _core.ranking_groups(
        data.column("relevance"),
        data.column("x"),
        codes,
        data.starts,
        data.stops,
        k=10,
        threads=threads,
    )
    return float(found["ndcg"][0])


def _numpy_ndcg(data: Data) -> float:
    relevance = data.relevance.reshape(-1, QUERY_ITEMS)
    order = np.argsort(-data.x.reshape(relevance.shape), axis=1)[:, :10]
    discount = 1.0 / np.log2(np.arange(2, 12))
    best = (-np.sort(-relevance, axis=1))[:, :10] @ discount
    return float((np.take_along_axis(relevance, order, axis=1) @ discount / best).mean())


TASKS = (
    Task("profile", "quality", 1, 2.0, _moments, "NumPy",
         lambda d: (d.x.min(), d.x.max(), d.x.mean(), d.x.var(ddof=1))),
    Task("profile, 5 % NaN", "quality", 1, 3.0, _present, "NumPy",
         lambda d: (np.isnan(d.missing).sum(), np.nanmean(d.missing),
                    np.nanvar(d.missing, ddof=1))),
    Task("nine exact quantiles", "quality", 1, 8.0,
         lambda d, t: _core.quantiles(d.column("x"), QUANTILES, t), "np.quantile",
         lambda d: np.quantile(d.x, QUANTILES)),
    Task("counts of 16 integers", "quality", 1, 4.0, _counts, "np.bincount",
         lambda d: np.sort(np.bincount(d.labels))),
    Task("sort, into a copy", "quality", 1, 40.0, lambda d, t: _core.sort(d.x, t), "np.sort",
         lambda d: np.sort(d.x)),
    Task("histogram of 31 bins", "drift", 1, 4.5,
         lambda d, t: _core.histogram(d.column("x"), EDGES, t), "np.histogram", _histogram),
    Task("Kolmogorov-Smirnov", "drift", 2, 6.5, _two_sample(True, False), "scipy ks_2samp",
         lambda d: scipy.stats.ks_2samp(d.x, d.y, method="asymp").statistic),
    Task("Wasserstein-1", "drift", 2, 11.0, _two_sample(False, True),
         "scipy wasserstein_distance", lambda d: scipy.stats.wasserstein_distance(d.x, d.y)),
    Task("Mann-Whitney and four rank tests", "drift", 2, 60.0, _mann_whitney,
         "scipy mannwhitneyu",
         lambda d: scipy.stats.mannwhitneyu(d.y, d.x, method="asymptotic").statistic),
    Task("MAE and RMSE", "performance", 2, 2.0, _errors, "NumPy", _numpy_errors),
    Task("confusion counts", "performance", 1, 3.5, _confusion, "np.bincount", _numpy_confusion),
    Task("log loss", "performance", 1, 8.0, _log_loss, "NumPy", _numpy_log_loss),
    Task("ROC AUC", "performance", 1, 80.0, _auc, "NumPy", _numpy_auc),
    Task("nDCG@10", "performance", 1, 80.0, _ndcg, "NumPy", _numpy_ndcg),
)  # fmt: skip
"""`reads`: about 1.5 times the figure of the slowest machine of docs/benchmarks.md."""
