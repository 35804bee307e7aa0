"""A reference column: prepared, saved and restored it gives the same numbers."""

import metric_rows
import numpy as np
import pyarrow as pa
import pytest

from simdrift import _core
from simdrift.columns import Refused, as_column
from simdrift.metrics.columns import CurrentColumn, ReferenceColumn
from simdrift.metrics.pair import ColumnPair
from simdrift.metrics.plan import DriftPlan

RNG = np.random.default_rng(13)
N = 2000
COLUMNS = {
    "float": np.where(RNG.random(N) < 0.1, np.nan, RNG.normal(size=N)),
    "infinite": np.where(RNG.random(N) < 0.01, np.inf, RNG.normal(size=N)),
    "int": RNG.integers(-50, 50, N),
    "large": RNG.integers(2**60, 2**62, N),
    "unsigned": RNG.integers(2**63, 2**64 - 1, N, dtype=np.uint64),
    "bool": RNG.random(N) < 0.3,
    "text": [None if i % 17 == 0 else "abcdé\0"[i % 6] * (i % 3) for i in range(N)],
    "ids": [f"id-{i}" for i in range(N)],
    "time": np.datetime64("2024-01-01", "us") + RNG.integers(0, 10**12, N),
    "date32": pa.array(RNG.integers(18_000, 20_000, N), pa.int32()).cast(pa.date32()),
    "date64": pa.array(RNG.integers(18_000, 20_000, N) * 86_400_000, pa.date64()),
    "duration": RNG.integers(-(10**6), 10**6, N).astype("timedelta64[ms]"),
    "null": [None] * N,
}
CURRENT = {
    "float": RNG.normal(0.2, size=700),
    "infinite": RNG.normal(0.2, size=700),
    "int": RNG.integers(-40, 60, 700),
    "large": RNG.integers(2**60, 2**62, 700),
    "unsigned": RNG.integers(2**63, 2**64 - 1, 700, dtype=np.uint64),
    "bool": RNG.random(700) < 0.35,
    "text": ["bcdeé"[i % 5] * (i % 4) for i in range(700)],
    "ids": [f"id-{i}" for i in range(700)],
    "time": np.datetime64("2024-01-02", "us") + RNG.integers(0, 10**12, 700),
    "date32": pa.array(RNG.integers(18_100, 20_000, 700), pa.int32()).cast(pa.date32()),
    "date64": pa.array(RNG.integers(18_100, 20_000, 700) * 86_400_000, pa.date64()),
    "duration": RNG.integers(-(10**6), 10**6, 700).astype("timedelta64[ms]"),
    "null": [None] * 700,
}
METHODS = {
    "numeric": ["ks", "wasserstein_normed", "psi", "jensen_shannon"],
    "categorical": ["chi_square", "psi", "jensen_shannon"],
    "temporal": ["ks", "wasserstein"],
}


def _references() -> dict[str, ReferenceColumn]:
    return {n: ReferenceColumn(n, as_column(v, name=n)) for n, v in COLUMNS.items()}


def _compare(reference):
    current = {n: CurrentColumn(n, as_column(v, name=n)) for n, v in CURRENT.items()}
    return metric_rows.compare_columns(
        reference, current, DriftPlan.make(reference, methods=METHODS)
    )


def _restored() -> dict[str, ReferenceColumn]:
    return {
        name: ReferenceColumn.from_state(column.to_state())
        for name, column in _references().items()
    }


def test_a_prepared_reference_gives_the_same_rows_as_a_raw_one():
    prepared = {name: column.prepare() for name, column in _references().items()}
    assert _compare(prepared) == _compare(_references())


def test_a_restored_reference_gives_the_same_rows_as_the_one_that_was_saved():
    assert _compare(_restored()) == _compare(_references())


def test_a_restored_reference_has_the_same_quality_rows():
    for name, restored in _restored().items():
        expected = metric_rows.column_rows(
            ReferenceColumn(name, as_column(COLUMNS[name], name=name))
        )
        found = metric_rows.column_rows(restored)
        if name in ("large", "unsigned"):  # sum is exact in one and of sorted floats in the other
            expected = [row for row in expected if row.metric != "quality.sum"]
            found = [row for row in found if row.metric != "quality.sum"]
        assert found == expected, name


def test_state_is_arrays_text_and_numbers_only():
    for column in _references().values():
        for key, value in column.to_state().items():
            assert isinstance(key, str)
            assert isinstance(value, (np.ndarray, str, int, float)), key
            if isinstance(value, np.ndarray):
                assert value.dtype.kind in "fiu", key


def test_labels_survive_with_trailing_nuls_and_surrounding_spaces():
    labels = ["a\0", "a", " a ", "", "日本", "\0"]
    column = ReferenceColumn("x", as_column(labels, name="x"))
    restored = ReferenceColumn.from_state(column.to_state())
    assert restored.categories.labels == tuple(labels)


@pytest.mark.parametrize("status", ["not_applicable", "error"])
def test_the_state_of_a_refused_column_keeps_its_status_and_message(status):
    refused = Refused("x", "list<int64>", status, "list<int64> is not computed on")
    restored = ReferenceColumn.from_state(ReferenceColumn("x", refused).to_state())
    assert restored.kind == "unsupported"
    assert restored.refused == refused


def test_preparing_lets_go_of_the_rows():
    column = ReferenceColumn("x", as_column(np.arange(10.0), name="x"))
    column.prepare()
    assert column._column is None
    assert isinstance(column.sample, _core.Prepared)


def test_integers_may_be_categories():
    column = ReferenceColumn("x", as_column([3, 1, 3, 3], name="x"), kind="categorical")
    assert column.prepare().categories.labels == ("3", "1")
    for reference in (column, ReferenceColumn.from_state(column.to_state())):
        assert reference.categories.counts.tolist() == [3, 1]
        current = CurrentColumn("x", as_column([1, 7], name="x"), kind="categorical")
        changes = ColumnPair(reference, current).category_changes
        assert changes.new == (("7", 0.5),)
        assert changes.vanished == (("3", 0.75),)


def test_integers_that_came_as_floats_are_the_same_categories():
    reference = ReferenceColumn("x", as_column([3, 1, 3, 3], name="x"), kind="categorical")
    floats = as_column(np.array([1.0, np.nan, 3.0]), name="x")
    pair = ColumnPair(reference, CurrentColumn("x", floats, kind="categorical"))
    assert pair.category_changes == ((), ())
    assert pair.category_counts[2].tolist() == [1, 1]


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match=r"kind: expected one of numeric, .*, found 'ordinal'"):
        ReferenceColumn("x", as_column([1.0], name="x"), kind="ordinal")


def test_cut_points_are_the_exact_quantiles_of_the_reference_merged_on_ties():
    x = np.repeat([1.0, 2.0, 10.0], [50, 30, 20])
    for column in (ReferenceColumn("x", as_column(x, name="x")),
                   ReferenceColumn("x", as_column(x, name="x")).prepare()):  # fmt: skip
        cuts, counts = column.cells(10)
        # deciles 1 (four times), 1.5, 2 (twice), 3.6, 10: the tied ones are cells of their own
        above = np.nextafter([1.0, 2.0], 9).tolist()
        expected = [1.0, above[0], 1.5, 2.0, above[1], 3.6, 10.0]
        assert cuts.tolist() == pytest.approx(expected, rel=1e-13)
        assert counts.tolist() == [0, 50, 0, 0, 30, 0, 0, 20]


def test_cells_count_the_same_with_and_without_preparing():
    for name in ("float", "infinite", "int", "large", "unsigned"):
        cuts = (-1.0, 0.0, 0.5, 2.0**61, 2.0**63 + 2.0**62)
        raw = ReferenceColumn(name, as_column(COLUMNS[name], name=name))
        prepared = ReferenceColumn(name, as_column(COLUMNS[name], name=name)).prepare()
        assert raw.cells(cuts)[1].tolist() == prepared.cells(cuts)[1].tolist(), name


def test_a_histogram_s_bins_hold_every_row_of_both_sides():
    for name in ("float", "int", "bool", "text", "ids"):
        pair = ColumnPair(
            ReferenceColumn(name, as_column(COLUMNS[name], name=name)),
            CurrentColumn(name, as_column(CURRENT[name], name=name)),
        )
        cells = pair.histogram()
        assert sum(cells.reference) == pair.reference.valid, name
        assert sum(cells.current) == pair.current.valid, name
        names = cells.edges if cells.edges is not None else cells.labels
        assert len(cells.reference) == len(names) + (cells.edges is not None), name


def test_a_column_without_rows_has_no_histogram():
    x = as_column(np.zeros(0), name="x")
    assert ColumnPair(ReferenceColumn("x", x), CurrentColumn("x", x)).histogram() is None


@pytest.mark.parametrize("rows", [N, 25 * N])
@pytest.mark.parametrize("prepared", [False, True])
@pytest.mark.parametrize("name", ["float", "infinite", "int", "large", "unsigned", "time"])
def test_missing_rows_are_counted_by_the_pass_that_reads_both_samples(name, prepared, rows):
    def repeated(columns):
        values = np.asarray(columns[name])
        return as_column(np.tile(values, -(-rows // len(values))), name=name)

    reference = ReferenceColumn(name, repeated(COLUMNS))
    current = CurrentColumn(name, repeated(CURRENT))
    expected = [int(_core.profile(column)["nulls"] + _core.profile(column)["nan"])
                for column in (reference.column, current.column)]  # fmt: skip
    if prepared:
        reference.prepare()
    pair = ColumnPair(reference, current, reads={"ks"})
    assert pair.status is None
    assert [reference.missing, current.missing] == expected
    assert "profile" not in current.__dict__


def test_missing_rows_that_fill_a_side_are_still_told():
    x, nothing = np.arange(5.0), np.full(5, np.nan)
    for reference, current in ((x, nothing), (nothing, x)):
        pair = ColumnPair(
            ReferenceColumn("x", as_column(reference, name="x")),
            CurrentColumn("x", as_column(current, name="x")),
        )
        assert pair.status == "all_null"
        assert (pair.reference.missing, pair.current.missing) == (
            int(np.isnan(reference).sum()),
            int(np.isnan(current).sum()),
        )


def test_a_prepared_column_is_not_read_again():
    for name, values in COLUMNS.items():
        column = ReferenceColumn(name, as_column(values, name=name)).prepare()
        assert not column.is_read, name
    assert ReferenceColumn("x", as_column(np.arange(3.0), name="x")).is_read
