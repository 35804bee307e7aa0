"""The hostile columns of the accuracy page x every method and statistic: a value, or None with
a documented status; never an exception, never 'error', never NaN or infinity in a row."""

import math

import metric_rows
import numpy as np
import pyarrow as pa
import pytest

import simdrift as sd
from simdrift import _core
from simdrift.columns import as_column
from simdrift.metrics import drift, registry
from simdrift.metrics.columns import CurrentColumn, ReferenceColumn
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.performance.predictions import Predictions
from simdrift.metrics.performance.scoring import performance_rows, score_functions
from simdrift.metrics.plan import DriftPlan

STATUSES = {
    "ok", "empty", "all_null", "too_few_rows", "constant", "degenerate", "not_applicable",
    "missing_column", "new_column", "type_changed", "overflow", "no_reference",
}  # fmt: skip
RNG = np.random.default_rng(1)
BASE = RNG.normal(size=64)


def _strided(step: int) -> np.ndarray:
    return RNG.normal(size=200)[::step]


def _stride_zero() -> np.ndarray:
    return np.lib.stride_tricks.as_strided(np.array([2.5]), shape=(40,), strides=(0,))


def _misaligned() -> np.ndarray:
    return np.frombuffer(b"\0" + BASE.tobytes(), np.uint8)[1:].view(np.float64)


def _read_only() -> np.ndarray:
    values = BASE.copy()
    values.setflags(write=False)
    return values


HOSTILE = {
    "empty": np.zeros(0),
    "one row": np.array([3.0]),
    "two equal rows": np.array([3.0, 3.0]),
    "all null": pa.array([None] * 5, pa.float64()),
    "all of type null": pa.nulls(5),
    "all nan": np.full(5, np.nan),
    "all +inf": np.full(5, np.inf),
    "mixed inf": np.array([np.inf, -np.inf, 1.0, np.nan, np.inf]),
    "constant": np.full(50, 7.0),
    "two values": np.repeat([1.0, 2.0], 30),
    "99.9 % one value": np.append(np.zeros(999), 1.0),
    "denormals": np.array([5e-324, -5e-324, 1e-310, 0.0]),
    "minus zero": np.array([-0.0, 0.0, -0.0]),
    "squares overflow": np.array([1e200, -1e200, 1e200, 3.0]),
    "largest": np.array([1.7976931348623157e308, -1.7976931348623157e308]),
    "1e16 + 1": np.array([1e16, 1e16 + 2, 1e16 + 4]),
    "int64 ends": np.array([-(2**63), 2**63 - 1, 0], np.int64),
    "uint64 above 2^63": np.array([2**63, 2**64 - 1, 2**63 + 1], np.uint64),
    "int8": np.array([-128, 127, 0], np.int8),
    "negative stride": _strided(-3),
    "stride 0": _stride_zero(),
    "odd stride": _strided(7),
    "byte-swapped": BASE.astype(">f8"),
    "misaligned": _misaligned(),
    "read-only": _read_only(),
    "float16": BASE.astype(np.float16),
    "boolean": np.array([True, False, True]),
    "one boolean": np.array([True]),
    "text": ["a", "b", "a", "", " ", "\0", "日本", "a" * 1000],
    "one category": ["a"] * 20,
    "all null text": pa.array([None, None], pa.utf8()),
    "empty text": pa.array([], pa.large_utf8()),
    "many categories": [f"id-{i}" for i in range(10_050)],
    "dictionary": pa.array(["x", None, "y", "x"]).dictionary_encode(),
    "dictionary of numbers": pa.array([3, 1, 3]).dictionary_encode(),
    "dictionary of booleans": pa.array([True, None, False]).dictionary_encode(),
    "dictionary of times": pa.array([1, 5, 1], pa.timestamp("us")).dictionary_encode(),
    "dictionary of nulls": pa.DictionaryArray.from_arrays(pa.array([0, 0]), pa.nulls(1)),
    "dictionary of nothing": pa.DictionaryArray.from_arrays(
        pa.array([None, None], pa.int8()), pa.array([], pa.utf8())
    ),
    "chunks, one empty": pa.chunked_array([[1.0, 2.0], [], [None, 3.0]], pa.float64()),
    "no chunks": pa.chunked_array([], pa.float64()),
    "masked": np.ma.masked_array([1.0, 2.0, 3.0], [True, False, True]),
    "times": np.array(["2024-01-01", "NaT", "1900-01-01"], "datetime64[s]"),
    "dates": pa.array([0, 19000, None], pa.date32()),
    "durations": np.array([5, -5, 0], "timedelta64[ns]"),
    "plain": BASE,
}  # fmt: skip
METHODS = {name: getattr(drift, name) for name in registry.methods()}


def _check(metric, value, status, numbers, what):
    record = registry.record(metric)
    assert status in STATUSES, what
    assert status in record.possible_statuses, what
    low, high = record.bounds
    if value is not None:  # a sum of shares may end a rounding above 1
        assert low is None or value >= low, what
        assert high is None or value <= high + 4 * math.ulp(high), what
    assert (value is None) == (status != "ok"), what
    assert all(n is None or math.isfinite(n) for n in numbers), what


def _given(method, name):
    """The data; for a method of tables a frame of them and a second column."""
    if "table" not in registry.method(method).kinds:
        return HOSTILE[name]
    return {"x": HOSTILE[name], "again": HOSTILE[name]}


def _columns(name):
    return as_column(HOSTILE[name], name="x")


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("method", sorted(METHODS))
@pytest.mark.parametrize("current", sorted(HOSTILE))
def test_every_method_on_every_pair_gives_a_value_or_a_status(method, current, every):
    """Each method meets a third of the pairs, and all methods together each pair many times."""
    names = list(HOSTILE)
    first = (names.index(current) + sorted(METHODS).index(method)) % every
    for reference in names[first::every]:
        found = METHODS[method](_given(method, reference), _given(method, current))
        numbers = (
            found.value, found.p_value, found.log_p_value, found.effect_size, found.ci_low,
            found.ci_high, found.null_quantile, found.threshold,
        )  # fmt: skip
        _check(
            found.metric, found.value, found.status, numbers, (method, reference, current, found)
        )
        if found.p_value is not None:
            assert 0.0 <= found.p_value <= 1.0, (method, reference, current, found)


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_every_statistic_of_every_column_gives_a_value_or_a_status(name):
    column = CurrentColumn("x", _columns(name))
    rows = metric_rows.column_rows(column) + metric_rows.table_rows({"x": column})
    rows += [
        metric_rows.correlation_row(column, CurrentColumn("y", _columns(other)))
        for other in HOSTILE
        if len(_columns(other)) == column.rows
    ]
    for row in rows:
        numbers = [field for field in row if isinstance(field, float)]
        _check(row.metric, row.value, row.status, numbers, (name, row))


@pytest.mark.parametrize("metric", tuple(score_functions()))
def test_every_performance_metric_gives_a_value_or_a_status(metric):
    for target in HOSTILE:
        for prediction in HOSTILE:
            x, y = (
                ColumnGroups.of(CurrentColumn(name, _columns(name)))
                for name in (target, prediction)
            )
            if x.whole.rows == y.whole.rows:
                row = performance_rows(Predictions(x, y), [metric])[0].at(0)
                numbers = [field for field in row if isinstance(field, float)]
                _check(
                    row.metric, row.value, row.status, numbers, (metric, target, prediction, row)
                )


def _references() -> dict[str, ReferenceColumn]:
    return {str(i): ReferenceColumn(str(i), _columns(n)) for i, n in enumerate(sorted(HOSTILE))}


def _prepared() -> dict[str, ReferenceColumn]:
    return {name: column.prepare() for name, column in _references().items()}


def _restored() -> dict[str, ReferenceColumn]:
    return {n: ReferenceColumn.from_state(c.to_state()) for n, c in _references().items()}


def _table_rows(reference, methods, shift):
    names = sorted(HOSTILE)
    current = {
        str(i): CurrentColumn(str(i), _columns(names[(i + shift) % len(names)]))
        for i in range(len(names))
    }
    return metric_rows.compare_columns(
        reference, current, DriftPlan.make(reference, methods=methods)
    )


@pytest.mark.parametrize("methods", ["auto", sorted(registry.methods())])
@pytest.mark.parametrize(
    "shift",
    [0, pytest.param(1, marks=pytest.mark.slow), 5, pytest.param(30, marks=pytest.mark.slow)],
)
def test_a_table_of_hostile_columns_gives_every_row_whatever_was_done_to_its_reference(
    methods, shift
):
    expected = _table_rows(_references(), methods, shift)
    for row in expected:
        numbers = [field for field in row if isinstance(field, float)]
        _check(row.metric, row.value, row.status, numbers, row)
    for reference in (_prepared(), _restored()):
        found = _table_rows(reference, methods, shift)
        for left, right in zip(found, expected, strict=True):
            assert left == right


@pytest.mark.parametrize("name", [n for n, v in HOSTILE.items() if isinstance(v, np.ndarray)])
def test_inputs_are_never_modified(name):
    before = HOSTILE[name].tobytes()
    for method in METHODS.values():
        method(HOSTILE[name], HOSTILE[name])
    column = ReferenceColumn("x", _core.Column.from_numpy(HOSTILE[name])).prepare()
    metric_rows.column_rows(column)
    assert HOSTILE[name].tobytes() == before


@pytest.mark.slow
def test_more_than_two_to_the_31_rows_are_counted_right():
    rows = 2**31 + 10
    many = np.lib.stride_tricks.as_strided(np.array([1], np.int8), shape=(rows,), strides=(0,))
    column = CurrentColumn("x", as_column(many, name="x"))
    found = {r.metric: r.value for r in metric_rows.column_rows(column, ["rows", "sum", "mean"])}
    assert found == {"quality.rows": rows, "quality.sum": rows, "quality.mean": 1.0}
    assert drift.missing_share(many, many).n_current == rows


def test_text_that_is_said_to_be_numeric_costs_only_itself():
    """Beside methods that share a sort of both samples."""
    frame = {"text": np.array(["a", "b", "c"]), "number": np.arange(3.0)}
    roles, methods = {"numeric": ["text"]}, ["energy", "psi", "mann_whitney"]
    rows = sd.compare(frame, frame, roles=roles, methods=methods).results
    found = {(row.column, row.metric): row.status for row in rows}
    for name in methods:
        assert found["number", f"drift.{name}"] == "ok"
        assert found["text", f"drift.{name}"] != "ok"
