"""Kernels over float64 columns: against the read bound (the same buffer summed with prefetch),
and against NumPy and SciPy. One thread, every ISA of the machine forced in turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import scipy.stats

from markdown import table as markdown_table
from measured import note
from simdrift import _core
from simdrift.benchmark.timing import interleaved, median, ratio

SEED = 20130208
ROWS, QUICK_ROWS = 10_000_000, 1_000_000
ROUNDS = 7
FEW, MANY = 16, 4_096


class Data(NamedTuple):
    x: np.ndarray
    y: np.ndarray
    cx: _core.Column
    cy: _core.Column
    prepared: _core.Prepared
    edges: np.ndarray
    codes: np.ndarray
    cc: _core.Column
    many: np.ndarray
    cm: _core.Column


def codes(values: np.ndarray, k: int) -> np.ndarray:
    """int32 codes below k, one for each value, about equally frequent."""
    return (np.abs(values) * 1e3 % 1.0 * k).astype(np.int32).clip(0, k - 1)


class Kernel(NamedTuple):
    name: str
    sides: int  # how many columns of `rows` are read
    run: Callable[[Data, int], Any]
    peer_name: str
    peer: Callable[[Data], Any]
    check: Callable[[Data], None]
    decimals: int | None = None  # what the rows are rounded to: ties


def make(rows: int, decimals: int | None = None) -> Data:
    random = np.random.default_rng(SEED)
    x, y = random.normal(size=rows), random.normal(0.01, 1.0, size=rows)
    if decimals is not None:
        x, y = x.round(decimals), y.round(decimals)
    edges = np.linspace(-3.0, 3.0, 30)
    few, many = codes(x, FEW), codes(x, MANY)
    cx, cy = _core.Column.from_numpy(x), _core.Column.from_numpy(y)
    coded = few, dictionary(few, FEW), many, dictionary(many, MANY)
    return Data(x, y, cx, cy, _core.Prepared(cx), edges, *coded)


def dictionary(rows: np.ndarray, k: int) -> _core.Column:
    """A column of categories over codes."""
    labels = pa.array([f"label {code}" for code in range(k)])
    return _core.columns_from_arrow(pa.DictionaryArray.from_arrays(pa.array(rows), labels))[0][2]


def numpy_histogram(data: Data) -> np.ndarray:
    return np.histogram(data.x, np.concatenate([[-np.inf], data.edges, [np.inf]]))[0]


def numpy_bundle(data: Data) -> tuple[float, ...]:
    x = data.x
    mean = x.mean()
    d = x - mean
    d2 = d * d
    return (
        np.isnan(x).sum(), np.isinf(x).sum(), (x == 0).sum(), (x < 0).sum(), x.min(), x.max(),
        mean, d2.sum(), (d2 * d).sum(), (d2 * d2).sum(),
    )  # fmt: skip


def check_profile(data: Data) -> None:
    ours, bundle = _core.profile(data.cx), numpy_bundle(data)
    assert (ours["min"], ours["max"], ours["negatives"]) == (bundle[4], bundle[5], bundle[3])
    np.testing.assert_allclose(ours["mean"], bundle[6], rtol=1e-9)
    np.testing.assert_allclose(ours["variance"], bundle[7] / (len(data.x) - 1), rtol=1e-12)


def check_histogram(data: Data) -> None:
    np.testing.assert_array_equal(_core.histogram(data.cx, data.edges), numpy_histogram(data))


def scipy_ks(data: Data) -> float:
    return scipy.stats.ks_2samp(data.x, data.y, method="asymp").statistic


def check_ks(data: Data) -> None:
    peer = scipy_ks(data)
    for reference in (data.cx, data.prepared):
        ours = _core.two_sample(reference, data.cy, wasserstein=False)
        np.testing.assert_allclose(ours["ks"], peer, rtol=1e-12)


def check_wasserstein(data: Data) -> None:
    ours = _core.two_sample(data.cx, data.cy, ks=False)
    np.testing.assert_allclose(
        ours["wasserstein"], scipy.stats.wasserstein_distance(data.x, data.y), rtol=1e-9
    )


def check_quantiles(data: Data) -> None:
    np.testing.assert_array_equal(_core.quantiles(data.cx, NINE), np.quantile(data.x, NINE))


def check_codes(data: Data) -> None:
    for rows, column in ((data.codes, data.cc), (data.many, data.cm)):
        counts, nulls = _core.Categories().count(column)
        assert nulls == 0
        np.testing.assert_array_equal(np.sort(counts), np.sort(counts_of(rows)))


def counts_of(rows: np.ndarray) -> np.ndarray:
    counts = np.bincount(rows)
    return counts[counts > 0]


def check_sort(data: Data) -> None:
    np.testing.assert_array_equal(_core.sort(data.x), np.sort(data.x))


def scipy_cvm(data: Data) -> float:
    return scipy.stats.cramervonmises_2samp(data.x, data.y, method="asymptotic").statistic


def check_ranks(data: Data) -> None:
    n = m = len(data.x)
    ours = _core.rank_statistics(data.cx, data.cy)["cramer_von_mises"] / 4 / (n * m * (n + m))
    ours -= (4 * n * m - 1) / (6 * (n + m))
    np.testing.assert_allclose(ours, scipy_cvm(data), rtol=1e-6)


NINE = np.array([0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99])

KERNELS = (
    Kernel(
        "profile, 12 statistics and 4 moments", 1, lambda d, t: _core.profile(d.cx, t),
        "NumPy bundle", numpy_bundle, check_profile,
    ),
    Kernel(
        "histogram, 30 edges", 1, lambda d, t: _core.histogram(d.cx, d.edges, t),
        "np.histogram", numpy_histogram, check_histogram,
    ),
    Kernel(
        "KS, nothing sorted", 2, lambda d, t: _core.two_sample(d.cx, d.cy, True, False, t),
        "scipy ks_2samp", scipy_ks, check_ks,
    ),
    Kernel(
        "KS of two decimals", 2, lambda d, t: _core.two_sample(d.cx, d.cy, True, False, t),
        "scipy ks_2samp", scipy_ks, check_ks, 2,
    ),
    Kernel(
        "KS against a prepared reference", 1,
        lambda d, t: _core.two_sample(d.prepared, d.cy, True, False, t),
        "scipy ks_2samp", scipy_ks, check_ks,
    ),
    Kernel(
        "Wasserstein-1, nothing sorted", 2,
        lambda d, t: _core.two_sample(d.cx, d.cy, False, True, t),
        "scipy wasserstein_distance", lambda d: scipy.stats.wasserstein_distance(d.x, d.y),
        check_wasserstein,
    ),
    Kernel(
        "KS and Wasserstein-1 together", 2,
        lambda d, t: _core.two_sample(d.cx, d.cy, True, True, t),
        "both of SciPy",
        lambda d: (
            scipy.stats.ks_2samp(d.x, d.y, method="asymp"),
            scipy.stats.wasserstein_distance(d.x, d.y),
        ),
        check_wasserstein,
    ),
    Kernel(
        "nine exact quantiles", 1, lambda d, t: _core.quantiles(d.cx, NINE, t),
        "np.quantile", lambda d: np.quantile(d.x, NINE), check_quantiles,
    ),
    Kernel(
        f"category counts on codes, {FEW} values", 1,
        lambda d, t: _core.Categories().count(d.cc, t)[0].tolist(),
        "np.bincount", lambda d: np.bincount(d.codes), check_codes,
    ),
    Kernel(
        f"category counts on codes, {MANY:,} values", 1,
        lambda d, t: _core.Categories().count(d.cm, t)[0].tolist(),
        "np.bincount", lambda d: np.bincount(d.many), check_codes,
    ),
    Kernel(
        "sort, into a copy", 1, lambda d, t: _core.sort(d.x, t),
        "np.sort", lambda d: np.sort(d.x), check_sort,
    ),
    Kernel(
        "rank statistics: five tests", 2, lambda d, t: _core.rank_statistics(d.cx, d.cy, t),
        "scipy cramervonmises_2samp", scipy_cvm, check_ranks,
    ),
)  # fmt: skip


def isas() -> list[str]:
    return [name for name in ("avx512", "avx2", "neon") if name in _core.show_config()["isas"]]


def table(quick: bool) -> str:
    """Reads per element and times faster than the peer, one thread, each ISA."""
    active, rows, made = _core.show_config()["isa"], [], {}
    for kernel in KERNELS:
        if kernel.decimals not in made:
            made[kernel.decimals] = make(QUICK_ROWS if quick else ROWS, kernel.decimals)
        data = made[kernel.decimals]
        kernel.check(data)
        cells = [kernel.name]
        peer_seconds = interleaved({"peer": lambda k=kernel, d=data: k.peer(d)}, 1)
        for isa in isas():
            cells += one(kernel, data, isa, median(peer_seconds, "peer"))
        rows.append([*cells, kernel.peer_name])
    _core._isa_force(active)
    header = ["kernel"]
    for isa in isas():
        header += [f"{isa}: ns", "reads", "faster"]
    return markdown_table([*header, "than"], rows)


def one(kernel: Kernel, data: Data, isa: str, peer: float) -> list[str]:
    _core._isa_force(isa)
    seconds = interleaved(
        {"read": lambda: _core.read_bound(data.x), "ours": lambda: kernel.run(data, 1)}, ROUNDS
    )
    elements = kernel.sides * len(data.x)
    reads = ratio(seconds, "ours", "read") / kernel.sides
    nanoseconds = median(seconds, "ours") / elements * 1e9
    note(
        kernel.name,
        elements,
        median(seconds, "ours"),
        baseline=kernel.peer_name,
        baseline_seconds=peer,
    )
    return [f"{nanoseconds:.2f}", f"{reads:.1f}", f"{peer / median(seconds, 'ours'):.0f}x"]


def thread_table(quick: bool) -> str:
    """Two threads against one, results equal bit for bit."""
    data = make(QUICK_ROWS if quick else ROWS)
    rows = []
    for kernel in KERNELS:
        if kernel.decimals is not None:
            continue
        assert repr(kernel.run(data, 1)) == repr(kernel.run(data, 2)), kernel.name
        seconds = interleaved(
            {"one": lambda k=kernel: k.run(data, 1), "two": lambda k=kernel: k.run(data, 2)}, ROUNDS
        )
        rows.append([kernel.name, f"{ratio(seconds, 'one', 'two'):.2f}x"])
    return markdown_table(["kernel", "two threads against one"], rows)
