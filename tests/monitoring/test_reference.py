"""A prepared reference: the same numbers as unprepared, the same bits after a file."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import simdrift as sd
from simdrift._errors import InputError, SpecError
from simdrift.monitoring import Columns, Reference, Spec, state_file


def values(report: sd.Report) -> list[tuple[Any, ...]]:
    """Everything but whose run it is."""
    return [row[8:] for row in report.results]


@pytest.fixture
def batch(table: pa.Table) -> pa.Table:
    return table.slice(5_000, 900)


def test_prepared_and_unprepared_give_the_same_values(table: pa.Table, batch: pa.Table) -> None:
    methods = {"numeric": ["ks", "wasserstein", "psi"], "categorical": ["chi_square"]}
    spec = Spec(monitor="m", window="all", methods=methods)
    prepared = Reference.fit(table, spec=spec).compare(batch)
    assert values(prepared) == values(sd.compare(table, batch, methods=methods))
    assert [h[1:] for h in prepared.results.histograms] == [
        h[1:] for h in sd.compare(table, batch, methods=methods).results.histograms
    ]


def test_a_loaded_reference_gives_the_same_bits(
    table: pa.Table, batch: pa.Table, spec: Spec, tmp_path: Path
) -> None:
    path = tmp_path / "a.sdref"
    for fitted in (Reference.fit(table), Reference.fit(table, spec=spec)):
        fitted.save(path)
        loaded = Reference.load(path)
        assert loaded.digest == fitted.digest
        assert loaded.rows == fitted.rows == table.num_rows
        assert loaded.roles == fitted.roles
        assert loaded.plan.choices == fitted.plan.choices
        before, after = fitted.compare(batch).results, loaded.compare(batch).results
        assert list(before) == list(after)
        assert before.histograms == after.histograms
        loaded.save(tmp_path / "b.sdref")
        assert (tmp_path / "b.sdref").read_bytes() == path.read_bytes()


HOSTILE: dict[str, Any] = {
    "empty": np.empty(0),
    "nan": np.full(50, np.nan),
    "constant": np.ones(50),
    "inf": np.array([np.inf, -np.inf, 1.0, np.nan] * 20),
    "denormal": np.array([5e-324, -5e-324, 0.0, -0.0] * 20),
    "int": np.array([2**63 - 1, -(2**63), 2**53 + 1] * 20),
    "uint": np.array([2**64 - 1, 0, 2**63] * 20, np.uint64),
    "bool": np.array([True, False, True] * 20),
    "time": np.array(["2020-01-01", "NaT", "1677-09-22"] * 20, "datetime64[s]"),
    "text": pa.array(["a", None, "", "ü\x00", "\U0001f600"] * 20),
    "null": pa.nulls(50),
    "nested": pa.array([[1], None] * 20),
    "dictionary": pa.array(["a", "b", None] * 20).dictionary_encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_every_kind_of_column_survives_the_file(name: str, tmp_path: Path) -> None:
    data = {name: HOSTILE[name]}
    fitted = Reference.fit(data)
    fitted.save(tmp_path / "a.sdref")
    loaded = Reference.load(tmp_path / "a.sdref")
    assert loaded.digest == fitted.digest
    assert list(loaded.compare(data).results) == list(fitted.compare(data).results)


def test_the_methods_of_a_reference_do_not_switch_with_the_batch(table: pa.Table) -> None:
    reference = Reference.fit(table)
    for rows in (10, 900, 8000):
        metrics = {
            row.metric
            for row in reference.compare(table.slice(0, rows)).results.filter(column="x")
            if row.alert is not None
        }
        assert metrics == {"drift.wasserstein_normed", "drift.missing_share"}


def test_only_the_batch_and_not_the_reference_is_needed_to_compare(
    table: pa.Table, batch: pa.Table
) -> None:
    data = {"x": table.column("x").to_numpy().copy()}
    reference = Reference.fit(data)
    before = values(reference.compare({"x": batch.column("x").to_numpy()}))
    data["x"][:] = 0.0
    assert values(reference.compare({"x": batch.column("x").to_numpy()})) == before


def test_a_file_that_is_no_reference_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other"
    state_file.write(path, {"what": "profile"}, {})
    with pytest.raises(InputError, match="expected a reference, found 'profile'"):
        Reference.load(path)


def test_a_name_that_the_reference_lacks_is_told(table: pa.Table) -> None:
    with pytest.raises(SpecError, match=r"the data have no column 'xx', did you mean 'x'\?"):
        Reference.fit(table, columns=["xx"])


def test_the_digest_tells_references_apart(table: pa.Table) -> None:
    digests = {
        Reference.fit(table).digest,
        Reference.fit(table.slice(1)).digest,
        Reference.fit(table, columns=["x"]).digest,
        Reference.fit(table.rename_columns(["t", "z", "k", "c", "y", "p"])).digest,
    }
    assert len(digests) == 4


@pytest.mark.parametrize("weight", [None, "w"])
def test_threads_that_share_a_reference_get_the_values_of_one(weight: str | None) -> None:
    rng = np.random.default_rng(20260115)
    x, c = rng.normal(size=3000), rng.integers(0, 9, 3000)

    def table(rows: slice) -> dict[str, Any]:
        return {"x": x[rows], "c": [f"word {k}" for k in c[rows]], "w": np.abs(x[rows]) + 0.1}

    spec = Spec(
        monitor="m",
        window="all",
        columns=Columns(weight=weight),
        methods=["ks", "psi", "wasserstein", "mann_whitney", "chi_square", "jensen_shannon"],
    )
    batches = [table(slice(start, start + 500)) for start in range(1000, 3000, 250)]
    alone = Reference.fit(table(slice(0, 1000)), spec=spec)
    expected = [values(alone.compare(batch)) for batch in batches]
    shared = Reference.fit(table(slice(0, 1000)), spec=spec)
    known = {name: column.threads for name, column in shared.columns.items()}
    together = threading.Barrier(4)

    def compared(place: int) -> list[list[tuple[Any, ...]]]:
        together.wait(60)
        order = [*range(place, len(batches)), *range(place)]
        found = {at: shared.compare(batches[at], threads=1 + place % 2) for at in order}
        return [values(found[at]) for at in range(len(batches))]

    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(compared, range(4)):
            assert found == expected
    assert {name: column.threads for name, column in shared.columns.items()} == known
