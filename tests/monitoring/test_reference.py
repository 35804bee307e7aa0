"""A prepared reference: the same numbers as unprepared, the same bits after a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import simdrift as sd
from simdrift._errors import InputError, SpecError
from simdrift.monitoring import Reference, Spec, state_file


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
