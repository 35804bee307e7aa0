"""Files in: several of them, patterns, saved references, and what is said of the others."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.parquet as parquet
import pytest

from simdrift._errors import InputError, SpecError
from simdrift.monitoring import Reference, ReferenceSpec, Spec, monitor
from simdrift.monitoring.files import compare_files, run_files
from simdrift.results import Results


def without_clocks(results: Results) -> list[tuple[Any, ...]]:
    moment = datetime(2020, 1, 1, tzinfo=UTC)
    runs = [run._replace(started_at=moment, finished_at=moment) for run in results.runs]
    return [*results.rows, *runs, *results.histograms]


@pytest.fixture
def folder(table: pa.Table, tmp_path: Path) -> Path:
    """The table in two files, and its first five days in a third."""
    wide = table.append_column("ignored", table.column("x"))
    parquet.write_table(wide.slice(0, 3_000), tmp_path / "part-1.parquet")
    parquet.write_table(wide.slice(3_000), tmp_path / "part-2.parquet")
    begin, end = (pa.scalar(datetime(2020, 3, day, 5, tzinfo=UTC)) for day in (1, 6))
    times = wide.column("t")
    early = compute.and_(compute.greater_equal(times, begin), compute.less(times, end))
    parquet.write_table(wide.filter(early), tmp_path / "early.parquet")
    return tmp_path


def with_data(spec: Spec, **change: object) -> Spec:
    columns = spec.columns.model_copy(update={"ignore": ("ignored",)})
    return spec.model_copy(update={"columns": columns, **change})


def test_several_files_are_one_table(folder: Path, table: pa.Table, spec: Spec) -> None:
    expected = without_clocks(monitor(with_data(spec), table))
    listed = tuple(str(folder / f"part-{number}.parquet") for number in (1, 2))
    for data in (listed, (str(folder / "part-*.parquet"),)):
        assert without_clocks(run_files(with_data(spec, data=data))) == expected


def test_a_reference_may_be_a_file_or_a_saved_reference(
    folder: Path, table: pa.Table, spec: Spec
) -> None:
    expected = [row[8:] for row in monitor(with_data(spec), table)]
    data = (str(folder / "part-*.parquet"),)
    Reference.fit(folder / "early.parquet", spec=with_data(spec)).save(folder / "a.sdref")
    for name in ("early.parquet", "a.sdref"):
        reference = ReferenceSpec(data=str(folder / name))
        found = run_files(with_data(spec, data=data, reference=reference))
        assert [row[8:] for row in found] == expected


def test_a_saved_reference_is_compared_with_a_file(folder: Path) -> None:
    early, part = folder / "early.parquet", folder / "part-2.parquet"
    Reference.fit(early).save(folder / "a.sdref")
    found = compare_files(folder / "a.sdref", part).results
    assert [row[8:] for row in found] == [row[8:] for row in compare_files(early, part).results]


def test_a_spec_without_data_is_told(spec: Spec) -> None:
    with pytest.raises(SpecError, match="'data' is missing: expected the path of a Parquet, Arrow"):
        run_files(spec)


def test_a_damaged_reference_is_told(folder: Path, spec: Spec) -> None:
    path = folder / "a.sdref"
    Reference.fit(folder / "early.parquet").save(path)
    path.write_bytes(path.read_bytes()[:-100])
    reference = ReferenceSpec(data=str(path))
    with pytest.raises(InputError, match=r"a\.sdref: truncated or damaged"):
        run_files(with_data(spec, data=(str(folder / "part-1.parquet"),), reference=reference))
