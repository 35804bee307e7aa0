"""The calls of the extension: arguments, errors, threads, progress, references."""

import inspect
import math
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest
import scipy.stats

from simdrift import UnsupportedColumn, _core
from simdrift._core import Categories, Column, Prepared

SEED = 20130208


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    return np.random.default_rng(SEED).normal(10, 3, 20_000)


@pytest.fixture(scope="module")
def column(values) -> Column:
    return Column.from_numpy(values)


def text_column(*texts: str | None) -> Column:
    return _core.columns_from_arrow(pa.array(texts, pa.large_string()))[0][2]


# --- results ------------------------------------------------------------------------------


def test_profile_gives_the_keys_of_the_stub(column):
    assert set(_core.profile(column)) == set(_core_stub("ProfileDict"))


def test_the_other_dicts_give_the_keys_of_the_stub(column):
    assert set(_core.profile_text(text_column("a"))) == set(_core_stub("TextProfileDict"))
    assert set(_core.two_sample(column, column)) == set(_core_stub("TwoSampleDict"))
    assert set(_core.pair_profile(column, column)) == set(_core_stub("PairDict"))
    losses = _core.log_loss_groups(column, [column], [0], [1], 1e-9, 0.0)
    assert set(losses) == set(_core_stub("LogLossGroupsDict"))
    pair = column, column
    assert set(_core.losses_groups(*pair, [0], [9])) == set(_core_stub("LossGroupsDict"))
    codes = np.zeros(len(column), np.int32)
    found = _core.ranking_groups(*pair, codes, [0], [9])
    assert set(found) == set(_core_stub("RankingGroupsDict"))


def _core_stub(name: str) -> list[str]:
    """The keys of a TypedDict, read from the stub itself."""
    import ast
    from pathlib import Path

    tree = ast.parse(Path(_core.__file__).with_name("_core.pyi").read_text())
    found = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name)
    return [part.target.id for part in found.body if isinstance(part, ast.AnnAssign)]


def test_every_public_function_of_the_module_is_in_the_stub():
    from pathlib import Path

    stub = Path(_core.__file__).with_name("_core.pyi").read_text()
    functions = [n for n, f in vars(_core).items() if inspect.isbuiltin(f)]
    assert [n for n in functions if f"def {n}(" not in stub] == []
    for kind in (Column, Prepared, Categories):
        members = [n for n in vars(kind) if n == "_data_pointers" or not n.startswith("_")]
        assert [n for n in members if f"def {n}(" not in stub] == []


def test_profile_counts_and_moments_are_those_of_numpy(column, values):
    found = _core.profile(column)
    assert (found["rows"], found["finite"], found["nulls"]) == (20_000, 20_000, 0)
    assert (found["min"], found["max"]) == (values.min(), values.max())
    assert found["mean"] == pytest.approx(math.fsum(values) / len(values), rel=1e-15)
    assert found["variance"] == pytest.approx(values.var(ddof=1), rel=1e-13)
    assert found["skewness"] == pytest.approx(scipy.stats.skew(values), rel=1e-9)
    assert found["kurtosis"] == pytest.approx(scipy.stats.kurtosis(values), rel=1e-9)
    assert found["variance_status"] == "ok"


def test_profile_of_integers_is_exact_integers():
    big = np.array([2**63 - 1, 2**63 - 2, -5], np.int64)
    found = _core.profile(Column.from_numpy(big))
    assert (found["min"], found["max"], found["sum"]) == (-5, 2**63 - 1, 2**64 - 8)
    assert isinstance(found["sum"], int)


def test_profile_of_uint64_reads_all_bits():
    big = np.array([2**64 - 1, 2**64 - 2, 1], np.uint64)
    found = _core.profile(Column.from_numpy(big))
    assert (found["min"], found["max"], found["sum"]) == (1, 2**64 - 1, 2**65 - 2)


def test_profile_of_integers_that_are_all_null_has_no_extremes():
    found = _core.profile(Column.from_numpy(np.array([3, 4]), np.array([True, True])))
    assert math.isnan(found["min"])
    assert math.isnan(found["max"])
    assert found["sum"] == 0
    assert found["variance_status"] == "all_null"


def test_two_sample_agrees_with_scipy(column, values):
    other = values[:7_001] * 1.1
    found = _core.two_sample(column, Column.from_numpy(other))
    expected = scipy.stats.ks_2samp(values, other)
    assert found["ks"] == pytest.approx(expected.statistic, rel=1e-15)
    assert found["ks_numerator"] == round(found["ks"] * found["n"] * found["m"])
    assert found["ks_sign"] == expected.statistic_sign
    distance = scipy.stats.wasserstein_distance(values, other)
    assert found["wasserstein"] == pytest.approx(distance, rel=1e-12)


def test_a_prepared_reference_gives_the_same_dict(column, values):
    current = Column.from_numpy(values[:5_000] + 0.2)
    assert _core.two_sample(Prepared(column), current) == _core.two_sample(column, current)


def test_two_sample_computes_only_what_is_asked_for(column):
    only_ks = _core.two_sample(column, column.slice(0, 100), wasserstein=False)
    assert only_ks["ks"] == _core.two_sample(column, column.slice(0, 100))["ks"]


def test_prepared_values_are_sorted_and_read_only(column, values):
    prepared = Prepared(column)
    np.testing.assert_array_equal(prepared.values, np.sort(values))
    assert len(prepared) == len(values)
    with pytest.raises(ValueError, match="read-only"):
        prepared.values[0] = 1.0


def test_prepared_values_outlive_their_reference(column, values):
    sorted_values = Prepared(column).values
    np.testing.assert_array_equal(sorted_values, np.sort(values))


@pytest.mark.parametrize(
    "array",
    [
        np.array([-1.5, 0.0, 2.0, np.inf]),
        np.array([-(2**63), 0, 2**60, 2**63 - 1], np.int64),
        np.array([0, 5, 2**63, 2**64 - 1], np.uint64),
    ],
)
def test_prepared_goes_through_its_values_and_back(array):
    again = Prepared.from_sorted(Prepared(Column.from_numpy(array)).values)
    np.testing.assert_array_equal(again.values, array)
    assert again.values.dtype == array.dtype
    assert again.quantiles([0.0, 1.0]).tolist() == [float(array[0]), float(array[-1])]


@pytest.mark.parametrize("array", [[2.0, 1.0], [1.0, np.nan]])
def test_prepared_refuses_values_out_of_order(array):
    with pytest.raises(ValueError, match="expected ascending values"):
        Prepared.from_sorted(np.array(array))


def test_ks_exact_p_takes_a_numerator_beyond_64_bits():
    with pytest.raises(ValueError, match="expected"):
        _core.ks_exact_p(2**40, 2**40, 2**80)


def test_ks_exact_p_is_scipys(values):
    x, y = values[:60], values[60:107] + 1
    found = _core.two_sample(Column.from_numpy(x), Column.from_numpy(y))
    p = _core.ks_exact_p(60, 47, found["ks_numerator"])
    assert p == pytest.approx(scipy.stats.ks_2samp(x, y, method="exact").pvalue, rel=1e-12)


def test_quantiles_are_numpys(column, values):
    q = [0.0, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0]
    np.testing.assert_allclose(_core.quantiles(column, q), np.quantile(values, q), rtol=1e-15)


@pytest.mark.parametrize("q", [[1.5], [-0.1], [np.nan], 0.5, [[0.5]]])
def test_quantiles_outside_of_0_and_1_are_refused(column, q):
    with pytest.raises(ValueError, match=r"q|quantile|dimension"):
        _core.quantiles(column, q)


def test_histogram_counts_are_numpys(column, values):
    edges = np.array([5.0, 8.0, 10.0, 12.5])
    expected = np.bincount(np.searchsorted(edges, values, side="right"), minlength=5)
    np.testing.assert_array_equal(_core.histogram(column, edges), expected)


def test_edges_that_do_not_increase_are_refused(column):
    with pytest.raises(ValueError, match="increas"):
        _core.histogram(column, np.array([1.0, 1.0]))


def test_sort_puts_nan_last_and_leaves_its_input_alone():
    array = np.array([3.0, np.nan, -np.inf, -0.0, 1.0, np.nan])
    before = array.tobytes()
    np.testing.assert_array_equal(_core.sort(array), [-np.inf, 0.0, 1.0, 3.0, np.nan, np.nan])
    assert array.tobytes() == before


def test_read_bound_is_the_sum():
    assert _core.read_bound(np.arange(1001.0)) == 500_500.0


def test_top_values_are_the_most_frequent():
    column = Column.from_numpy(np.array([3, 1, 1, 2, 2, 9]))
    top, counts = _core.top_values(column, 2)
    assert (top.tolist(), counts.tolist()) == ([1.0, 2.0], [2, 2])


def test_mmd_is_its_definition_under_each_labeling():
    rng = np.random.default_rng(4)
    rows, labels = rng.normal(size=(70, 3)), rng.random((5, 70)) < 0.4
    kernel = np.exp(-0.2 * ((rows[:, None, :] - rows) ** 2).sum(axis=2))
    np.fill_diagonal(kernel, 0.0)
    found = _core.mmd_quadratic(rows.ravel(), 3, labels.astype(np.uint8).ravel(), 0.2)
    for label, value in zip(labels, found, strict=True):
        n, m = label.sum(), (~label).sum()
        expected = kernel[label][:, label].sum() / (n * (n - 1))
        expected += kernel[~label][:, ~label].sum() / (m * (m - 1))
        expected -= 2.0 * kernel[label][:, ~label].sum() / (n * m)
        assert value == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize(
    ("features", "labels", "gamma", "message"),
    [
        (0, 4, 1.0, "features: expected a divisor of the 8 values, found 0"),
        (3, 4, 1.0, "features: expected a divisor"),
        (2, 5, 1.0, "labels: expected a multiple of 4 rows, found 5"),
        (2, 4, -1.0, "gamma: expected a positive number"),
    ],
)
def test_mmd_refuses_rows_that_are_none(features, labels, gamma, message):
    with pytest.raises(ValueError, match=message):
        _core.mmd_quadratic(np.zeros(8), features, np.zeros(labels, np.uint8), gamma)


def test_show_config_names_an_available_isa():
    found = _core.show_config()
    assert found["isa"] in found["isas"]
    assert found["threads"] >= 1
    assert found["openmp"] in ("yes", "no")


def test_an_unknown_isa_is_refused():
    with pytest.raises(ValueError, match="expected 'scalar', 'avx2', 'avx512' or 'neon'"):
        _core._isa_force("sse2")


# --- categories ---------------------------------------------------------------------------


def test_categories_count_in_order_of_first_row():
    table = Categories()
    counts, nulls = table.count(text_column("b", "a", None, "b"))
    assert (table.labels, counts.tolist(), nulls) == (["b", "a"], [2, 1], 1)
    counts, _ = table.count(text_column("c", "a"))
    assert (table.labels, counts.tolist()) == (["b", "a", "c"], [0, 1, 1])
    assert len(table) == 3


def test_categories_start_from_labels():
    table = Categories(["x", "é", ""])
    assert table.labels == ["x", "é", ""]
    assert table.encode(text_column("é", None, "new", "")).tolist() == [1, -1, 3, 2]


@pytest.mark.parametrize("labels", [["a", "a"], ["a", "b", "c"]])
def test_labels_that_repeat_or_are_too_many_are_refused(labels):
    with pytest.raises(ValueError, match="expected distinct texts, at most 2"):
        Categories(labels, maximum=2)


def test_labels_must_be_text():
    with pytest.raises(UnsupportedColumn, match="expected text, found a mixture: 3 in row 1"):
        Categories(["a", 3])


def test_too_many_categories_overflow():
    table = Categories(maximum=2)
    assert not table.overflow
    table.count(text_column("a", "b", "c"))
    assert table.overflow


def test_one_table_counts_for_many_threads_at_once():
    table = Categories()
    column = text_column(*[f"label {i % 50}" for i in range(20_000)])
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: table.count(column)[0].sum(), range(40)))
    assert found == [20_000] * 40
    assert len(table) == 50


# --- arguments ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "keywords", "message"),
    [
        ((), {}, "profile: missing argument 'column'"),
        ((1, 2, 3, 4), {}, "profile: expected at most 3 arguments, found 4"),
        ((1,), {"column": 2}, "profile: argument 'column' given twice"),
        ((1,), {"colum": 2}, "profile: unexpected argument 'colum'"),
        (([1.0],), {}, "column: expected Column, found <class 'list'>"),
    ],
)
def test_wrong_arguments_say_what_is_expected(arguments, keywords, message):
    with pytest.raises(TypeError, match=message):
        _core.profile(*arguments, **keywords)


@pytest.mark.parametrize("threads", [-1, 2**40])
def test_a_thread_count_below_zero_or_beyond_reason_is_refused(column, threads):
    with pytest.raises(ValueError, match="threads: expected None or an integer >= 0"):
        _core.profile(column, threads=threads)


def test_a_thread_count_must_be_an_integer(column):
    with pytest.raises(TypeError, match=r"threads: expected an integer, found 1.5"):
        _core.profile(column, threads=1.5)


def test_progress_must_be_callable(column):
    with pytest.raises(TypeError, match=r"progress: expected a callable \(done, total\)"):
        _core.profile(column, progress=3)


@pytest.mark.parametrize("threads", [None, 0, 1, 2, 3, 7])
def test_any_number_of_threads_gives_the_same_bits(column, threads):
    assert _core.profile(column, threads) == _core.profile(column, 1)


def test_columns_can_only_be_made_by_their_constructors():
    with pytest.raises(TypeError, match="cannot create"):
        Column()
    with pytest.raises(TypeError, match="immutable type"):
        Column.length = 3
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Sub", (Column,), {})


def test_text_is_not_read_as_numbers_nor_numbers_as_text(column):
    with pytest.raises(TypeError, match=r"to_float64: expected numbers, found .* large_utf8"):
        text_column("a").to_float64()
    with pytest.raises(TypeError, match=r"to_text: expected text, found .* float64"):
        column.to_text()


def test_the_repr_tells_type_rows_and_nulls():
    column = Column.from_numpy(np.zeros(3), np.array([True, False, False]))
    assert repr(column) == "<Column float64, 3 rows, 1 null>"


# --- progress, cancellation, threads ------------------------------------------------------


def endless() -> Column:
    """Rows without memory: a stride of zero."""
    return Column.from_numpy(np.broadcast_to(1.5, 10**12))


def test_progress_tells_blocks_of_the_pass_and_its_exception_cancels():
    seen: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        seen.append((done, total))
        if len(seen) == 3:
            raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        _core.profile(endless(), progress=progress)
    assert len(seen) == 3
    assert seen[0][0] <= seen[1][0] <= seen[2][0] <= seen[2][1]


def test_progress_runs_in_the_calling_thread():
    threads: set[int] = set()

    def progress(done: int, total: int) -> None:
        threads.add(threading.get_ident())
        raise LookupError

    with pytest.raises(LookupError):
        _core.profile(endless(), 2, progress)
    assert threads == {threading.get_ident()}


def test_other_threads_run_while_a_kernel_does():
    ticks = []
    stop = threading.Event()

    def tick() -> None:
        while not stop.wait(0.001):
            ticks.append(None)

    ticker = threading.Thread(target=tick)
    ticker.start()
    try:
        count = len(ticks)
        with pytest.raises(LookupError):
            _core.profile(endless(), 1, _raise_after(4))
        assert len(ticks) > count
    finally:
        stop.set()
        ticker.join()


def _raise_after(calls: int):
    left = iter(range(calls))

    def progress(done: int, total: int) -> None:
        if next(left, None) is None:
            raise LookupError

    return progress


def test_many_threads_calling_at_once_get_the_same_bits(column, values):
    prepared = Prepared(column)
    current = Column.from_numpy(values[::3] * 1.01)
    expected = _core.profile(column), _core.two_sample(prepared, current)

    def work(_: int) -> tuple[object, object]:
        return _core.profile(column), _core.two_sample(prepared, current)

    with ThreadPoolExecutor(8) as pool:
        assert all(found == expected for found in pool.map(work, range(100)))


# --- references ---------------------------------------------------------------------------


def test_calls_leave_no_references(column):
    progress = _raise_after(10**9)
    edges = np.array([1.0, 2.0])
    watched = [column, progress, edges, Column, np.dtype("f8"), "rows"]
    _core.profile(column, None, progress)
    before = [sys.getrefcount(thing) for thing in watched]
    for _ in range(200):
        _core.profile(column, None, progress)
        _core.two_sample(column, column, progress=progress)
        _core.histogram(column, edges)
        _core.quantiles(column, [0.5])
        _core.top_values(column, 3)
        _core.sort(edges)
        _core.distinct(column)
        Prepared(column).quantiles([0.5])
        column.slice(0, 1).take([0])
    after = [sys.getrefcount(thing) for thing in watched]
    assert all(abs(b - a) < 20 for a, b in zip(before, after, strict=True)), (before, after)


def test_the_core_gives_its_memory_back():
    column = Column.from_numpy(np.random.default_rng(SEED).normal(size=300_000))
    text = text_column(*[f"label {i}" for i in range(20_000)])

    def work() -> None:
        Prepared(column).quantiles([0.5])
        column.take(np.arange(len(column)))
        _core.two_sample(column, column.slice(0, 200_000))
        Categories().count(text)
        with pytest.raises(ValueError, match="expected"):
            _core.histogram(column, np.array([2.0, 1.0]))

    for _ in range(5):
        work()
    before = resident_bytes()
    for _ in range(40):
        work()
    assert resident_bytes() - before < 20_000_000  # the least of the leaks would be 40 x 2.4 MB


def resident_bytes() -> int:
    from pathlib import Path

    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_calls_leave_no_memory_behind(column):
    import tracemalloc

    def work() -> None:
        for _ in range(300):
            _core.profile(column.slice(0, 50))
            _core.two_sample(column.slice(0, 50), column.slice(50, 99))
            Categories(["a", "b"]).encode(text_column("a", "b", "c"))
            Prepared(column.slice(0, 50)).values.sum()

    work()
    tracemalloc.start()
    work()
    before = tracemalloc.get_traced_memory()[0]
    work()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 50_000


@pytest.mark.parametrize("rows", [(1, 1), (2, 3), (300, 40), (5000, 5000)])
@pytest.mark.parametrize("digits", [None, 1])
def test_a_small_comparison_counts_its_histogram(rows, digits):
    rng = np.random.default_rng(sum(rows))
    x, y = (rng.normal(size=n) if digits is None else rng.normal(size=n).round(1) for n in rows)
    y[0] = np.inf
    columns = [_core.Column.from_numpy(side) for side in (x, y)]
    cuts = np.unique(np.linspace(*np.quantile(x, [0.01, 0.99]), 19))
    before, now = (
        np.diff(np.searchsorted(np.sort(side), cuts), prepend=0, append=len(side))
        for side in (x, y)
    )
    found = _core.two_sample(*columns, ks=True, wasserstein=True, histogram=(19, 0.01, 0.99))
    assert [part.tolist() for part in found["histogram"]] == [
        cuts.tolist(),
        before.tolist(),
        now.tolist(),
    ]
    prepared = _core.Prepared(columns[0])
    known = _core.two_sample(prepared, columns[1], ks=True, wasserstein=True, histogram=cuts)
    assert known["histogram"][2].tolist() == now.tolist()
    assert known["ks"] == found["ks"]
