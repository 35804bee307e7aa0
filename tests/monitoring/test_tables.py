"""Methods of whole tables and ways to cut numbers, through compare, references and monitors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import simdrift as sd
from simdrift._errors import SpecError
from simdrift.monitoring import Reference, Spec, monitor

TABLES = ("correlation", "domain_classifier", "mmd", "pca_reconstruction")


def frames() -> tuple[dict[str, Any], dict[str, Any]]:
    rng = np.random.default_rng(4)
    a, b, noise = rng.normal(size=(3, 3000))
    before = {"a": a, "b": a + 0.3 * noise, "c": b}
    return before, {"a": a[:2000], "b": -a[:2000] + 0.3 * noise[:2000], "c": b[1000:]}


def test_compare_takes_methods_of_tables_beside_those_of_columns() -> None:
    before, now = frames()
    report = sd.compare(before, now, methods=["ks", *TABLES])
    for name in TABLES:
        (row,) = report.results.filter(metric=f"drift.{name}")
        alone = getattr(sd.drift, name)(before, now)
        assert (row.column, row.value, row.p_value) == ("", alone.value, alone.p_value)
        assert row.alert
    assert len(report.results.filter(metric="drift.ks")) == 3
    (dataset,) = report.results.filter(metric="drift.dataset")
    assert dataset.value == 0.0  # of columns: none drifted


def test_methods_of_tables_may_be_given_on_their_own() -> None:
    before, now = frames()
    report = sd.compare(before, now, methods={"table": "correlation"})
    assert report.results.filter(metric="drift.correlation")[0].value == pytest.approx(
        sd.drift.correlation(before, now).value
    )


def test_a_saved_reference_keeps_its_sample_of_rows(tmp_path: Path) -> None:
    before, now = frames()
    before["k"] = np.array(["x", "y", "z"])[np.arange(3000) % 3]
    now["k"] = np.array(["x", "y"])[np.arange(2000) % 2]
    spec = Spec(monitor="m", window="all", methods=list(TABLES))
    reference = Reference.fit(before, spec=spec)
    reference.save(tmp_path / "saved.sdref")
    loaded = Reference.load(tmp_path / "saved.sdref")
    assert loaded.digest == reference.digest
    fresh, again = (side.compare(now).results for side in (reference, loaded))
    assert [row[7:] for row in fresh] == [row[7:] for row in again]
    assert {row.metric for row in fresh if not row.column} >= {f"drift.{n}" for n in TABLES}


def test_every_window_has_the_rows_of_tables(table: pa.Table, spec: Spec) -> None:
    methods = {"table": ["correlation"], "numeric": ["ks"]}
    changed = Spec(**{**spec.model_dump(), "methods": methods, "window": "7d"})
    results = monitor(changed, table)
    found = results.filter(metric="drift.correlation")
    assert len(found) == len(results.runs)
    assert {row.status for row in found} == {"ok"}


def test_bins_are_honoured_by_compare_and_by_a_spec() -> None:
    before, now = frames()
    for bins in (5, "fd", (-1.0, 0.0, 1.0)):
        report = sd.compare(before, now, methods="psi", bins=bins)
        (row,) = report.results.filter(metric="drift.psi", column="a")
        assert row.value == sd.drift.psi(before["a"], now["a"], bins=bins).value
        spec = Spec(monitor="m", window="all", methods="psi", bins=bins)
        (again,) = (
            Reference.fit(before, spec=spec)
            .compare(now)
            .results.filter(metric="drift.psi", column="a")
        )
        assert again.value == row.value
    with pytest.raises(SpecError, match="'bins': expected one of equal_width"):
        Spec(monitor="m", window="all", bins="scott")
