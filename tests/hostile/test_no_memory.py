"""Python's own allocations failing in every entry point of the extension, once and from there
on: MemoryError, and the next call is right. In a process of its own, which a crash would end."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import pickle
import _testcapi
import numpy as np
import pyarrow as pa
from simdrift import _core

FAILURES = 60
rng = np.random.default_rng(3)
x, y = rng.normal(size=500), rng.normal(size=500)
whole = rng.integers(0, 5, 500)
texts = ["a", "b", None, "cc"] * 50
table = pa.table({"t": texts, "n": list(range(200))})
a, b, i = (_core.Column.from_numpy(v) for v in (x, y, whole))
t = _core.Column.from_text(texts)
prepared = _core.Prepared(a)
weights, labels = np.full(500, 2.0), np.tile([0, 1], 250).astype(np.uint8)
cuts, centers = ([0, 50], [50, 170]), [0.0, 0.1]
edges, q, rows = np.array([-1.0, 0.0, 1.0]), [0.1, 0.5], np.array([3, 1, 2])
ordered = np.sort(x)
prepared_i, ends, items = _core.Prepared(i), np.array([30, 60, 110]), [None, 1.5, "a"] * 50
codes = whole.astype(np.int32)
sorted_x = _core.weighted_sort(x, weights)
STREAM = (30, 2, 3, 0)
states = _core.stream_open(5, STREAM, 1).reshape(-1)

CALLS = {
    "from_numpy": lambda: len(_core.Column.from_numpy(x)),
    "from_text": lambda: _core.Column.from_text(texts).null_count,
    "type": lambda: (t.type, t.kind, t.value_kind, t.unit, t.n_chunks),
    "pointers": lambda: len(a._data_pointers),
    "slice": lambda: len(a.slice(1, 9)),
    "take": lambda: a.take(rows).to_float64(),
    "to_float64": lambda: a.to_float64(),
    "to_int64": lambda: i.to_int64(),
    "to_text": lambda: t.to_text(),
    "columns_from_arrow": lambda: [(n, k, len(c)) for n, k, c in _core.columns_from_arrow(table)],
    "profile": lambda: _core.profile(a),
    "profile_text": lambda: _core.profile_text(t),
    "distinct": lambda: _core.distinct(a),
    "quantiles": lambda: _core.quantiles(a, q),
    "pooled_quantiles": lambda: _core.pooled_quantiles(a, b, np.array(q)),
    "median_deviation": lambda: _core.median_deviation(a, 0.0),
    "top_values": lambda: _core.top_values(i, 3),
    "histogram": lambda: _core.histogram(a, edges),
    "pair_profile": lambda: _core.pair_profile(a, b),
    "Prepared": lambda: _core.Prepared(a).values,
    "from_sorted": lambda: _core.Prepared.from_sorted(ordered).quantiles(q),
    "two_sample": lambda: _core.two_sample(a, b, histogram=(9, 0.1, 0.9)),
    "two_sample_order": lambda: _core.two_sample(a, b, quantiles=q, tied=q, share=0.0),
    "two_sample_prepared": lambda: _core.two_sample(prepared, b),
    "sort_both": lambda: [p.values for p in _core.sort_both(a, b)],
    "rank_statistics": lambda: _core.rank_statistics(a, b),
    "deviation_profile": lambda: _core.deviation_profile(a, 0.1),
    "characteristic": lambda: _core.characteristic(a, 0.4, 1.5),
    "mmd_quadratic": lambda: _core.mmd_quadratic(x, 1, labels, 0.5),
    "weighted_sort": lambda: _core.weighted_sort(x, weights),
    "weighted_statistics": lambda: _core.weighted_statistics(
        sorted_x[0], sorted_x[1], 100.0, sorted_x[0], sorted_x[1], 100.0
    ),
    "ks_exact_p": lambda: _core.ks_exact_p(50, 60, 700),
    "ks_limit_p": lambda: _core.ks_limit_p(np.array([40.0, 900.0]), np.array([0.2, 0.1]), True),
    "Categories": lambda: _core.Categories(["a", "b"]).labels,
    "count": lambda: _core.Categories().count(t),
    "encode": lambda: _core.Categories().encode(t),
    "count_groups": lambda: _core.Categories().count_groups(t, *cuts),
    "profile_groups": lambda: _core.profile_groups(a, *cuts),
    "text_profile_groups": lambda: _core.text_profile_groups(t, *cuts),
    "missing_groups": lambda: _core.missing_groups(a, *cuts),
    "digest_groups": lambda: _core.digest_groups(a, *cuts),
    "distinct_groups": lambda: _core.distinct_groups(a, *cuts),
    "quantiles_groups": lambda: _core.quantiles_groups(a, *cuts, q),
    "median_deviation_groups": lambda: _core.median_deviation_groups(a, *cuts, centers),
    "deviation_profile_groups": lambda: _core.deviation_profile_groups(a, *cuts, centers),
    "order_groups": lambda: _core.order_groups(a, *cuts, q),
    "order_groups_few_values": lambda: _core.order_groups(i, *cuts, q),
    "histogram_groups": lambda: _core.histogram_groups(a, *cuts, edges),
    "pair_profile_groups": lambda: _core.pair_profile_groups(a, b, *cuts),
    "two_sample_groups": lambda: _core.two_sample_groups(a, b, *cuts, edges=edges, ends=True),
    "confusion_groups": lambda: _core.confusion_groups(i, i, *cuts, 3, 3),
    "weighted_confusion_groups": lambda: _core.confusion_groups(i, i, *cuts, 3, 3, weights),
    "log_loss_groups": lambda: _core.log_loss_groups(i, [a, b], *cuts, 1e-9, 1e-8, weights),
    "calibration_groups": lambda: _core.calibration_groups(i, [a], *cuts, edges, 4, weights),
    "isotonic": lambda: _core.isotonic(x, weights),
    "losses_groups": lambda: _core.losses_groups(a, b, *cuts, weights),
    "median_error_groups": lambda: _core.median_error_groups(a, b, *cuts, weights),
    "query_codes": lambda: _core.query_codes(i),
    "ranking_groups": lambda: _core.ranking_groups(i, a, codes, *cuts, weights, 5),
    "two_sample_groups_prepared": lambda: _core.two_sample_groups(prepared, b, *cuts),
    "rank_statistics_groups": lambda: _core.rank_statistics_groups(prepared, b, *cuts),
    "ks_ties_p": lambda: _core.ks_ties_p(50, 60, 700, ends, 1e9, True),
    "ks_ties_p_groups": lambda: _core.ks_ties_p_groups(
        prepared_i, i, *cuts, np.array([0, 0]), np.array([2000, 5000], np.uint64), 1e9, False
    ),
    "count_laws": lambda: _core.count_laws(
        np.array([5, 7, 3, 15]), np.array([15]), np.array([2.0]), 0, 0.5, 50, 50
    ),
    "fisher_log_p": lambda: _core.fisher_log_p(*np.array([[3, 4], [10, 12], [5, 6], [30, 30]])),
    "sums_by_code_groups": lambda: _core.sums_by_code_groups(a, i, i, *cuts, 5, 5),
    "extremes_groups": lambda: _core.extremes_groups(a, *cuts),
    "exchange_laws": lambda: _core.exchange_laws(
        np.array([-2.0, 2.0]), np.array([-1.0, 1.5]), np.full(3, 0.5), [50.0], [60.0], 1, True
    ),
    "ks_steps_p": lambda: _core.ks_steps_p(np.array([0.2, 0.5, 0.3]), [0.9], [1.0], 3),
    "roc_groups": lambda: _core.roc_groups(i, a, *cuts, weights=weights),
    "roc_pair_groups": lambda: _core.roc_pair_groups(i, a, b, *cuts),
    "rank_curve": lambda: _core.rank_curve(i, a),
    "roc_bootstrap_groups": lambda: _core.roc_bootstrap_groups(i, a, *cuts, 5, 1),
    "mean_bootstrap_groups": lambda: _core.mean_bootstrap_groups(a, *cuts, 5, 1),
    "row_counts_groups": lambda: _core.row_counts_groups([i, a, i], *cuts),
    "power_sums": lambda: _core.power_sums(a),
    "row_hashes": lambda: _core.row_hashes([t, t]),
    "equal_rows_groups": lambda: _core.equal_rows_groups(i, i, *cuts),
    "product_sums": lambda: _core.product_sums([a, b], [0.0, 1.0], [1.0, 0.5], 0, 500),
    "dense_ranks": lambda: _core.dense_ranks(a, 0, 500),
    "rank_pair": lambda: _core.rank_pair(codes, codes, True),
    "missing_items": lambda: _core.missing_items(items),
    "ks_exact_p_groups": lambda: _core.ks_exact_p_groups([50], [60], [0], [700]),
    "stream_kinds": lambda: _core.stream_kinds(),
    "stream_open": lambda: _core.stream_open(5, STREAM, 1),
    "stream_check": lambda: _core.stream_check(5, STREAM, states, 1),
    "stream_update": lambda: _core.stream_update(5, STREAM, states, 1, labels.astype(float)),
    "sort": lambda: _core.sort(x),
    "read_bound": lambda: _core.read_bound(x),
    "show_config": lambda: sorted(_core.show_config()),
}
public = {name for name in dir(_core) if callable(getattr(_core, name)) and name[0] != "_"}
missing = public - {"Column"} - set(CALLS)
assert not missing, missing


def shown(answer):
    return pickle.dumps(answer)


def attempt(call, start, stop):  # short: CPython allocates to enter a handler far down
    set_nomemory(start, stop)
    try:
        call()
    except BaseException as error:
        remove_mem_hooks()
        return error
    remove_mem_hooks()


set_nomemory, remove_mem_hooks = _testcapi.set_nomemory, _testcapi.remove_mem_hooks
for name, call in CALLS.items():
    expected, errors = shown(call()), 0
    for last in (1, 0):
        for k in range(FAILURES):
            failed = attempt(call, k, k + 1 if last else 0)
            if failed is not None:
                assert type(failed) is MemoryError, (name, k, last, failed)
                errors += 1
                failed = None
                assert shown(call()) == expected, (name, k, last)
    print(name, errors, flush=True)
"""


def test_python_may_fail_to_allocate_anywhere():
    testcapi = pytest.importorskip("_testcapi", reason="this Python has no _testcapi")
    if not hasattr(testcapi, "set_nomemory"):
        pytest.skip("this Python has no _testcapi.set_nomemory")
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", PROGRAM],
        capture_output=True,
        text=True,
        env={**os.environ, "SIMDRIFT_NUM_THREADS": "1"},
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-3000:]
    errors = dict(line.split() for line in done.stdout.splitlines())
    assert len(errors) == 90
    floats = {
        "type",
        "median_deviation",
        "ks_exact_p",
        "ks_ties_p",
        "read_bound",
    }  # nothing to allocate
    assert all(int(n) > 0 for name, n in errors.items() if name not in floats)
