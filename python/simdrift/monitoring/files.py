"""Files in: what the command line hands to `monitor`, `compare` and `profile`."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simdrift._errors import InputError, SpecError
from simdrift._types import Progress
from simdrift.columns import open_parquet, parquet_names
from simdrift.monitoring import state_file
from simdrift.monitoring.compare import compare, profile
from simdrift.monitoring.reference import Reference
from simdrift.monitoring.roles import check_names, roles_of, segment_columns
from simdrift.monitoring.run import Between, monitor
from simdrift.monitoring.spec import Spec

if TYPE_CHECKING:
    import pyarrow

    from simdrift.reports import ProfileReport, Report
    from simdrift.results import Results


def run_files(
    spec: Spec,
    *,
    between: Between | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> Results:
    """The windows of a spec that names its data (those that end `between` two times); only
    columns with a role are read."""
    threads = threads or spec.threads
    table, reference = read_files(spec, threads)
    return monitor(spec, table, reference, between=between, progress=progress, threads=threads)


def read_files(
    spec: Spec, threads: int | None = None
) -> tuple[pyarrow.Table, Reference | pyarrow.Table | None]:
    """The rows that a spec names, and its reference where that is a file; only columns with a
    role. SpecError where it names no data, or a column that none of them has."""
    if not spec.data:
        raise SpecError("'data' is missing: expected the path of a Parquet file, or a list")
    paths = expanded(spec.data)
    names = parquet_names(paths[0])
    reference = reference_file(spec, threads)
    check_names(spec, list(dict.fromkeys([*names, *_names(reference)])))
    return _read(paths, columns_of(spec, names)), reference


def expanded(patterns: Iterable[str]) -> list[Path]:
    """The files that the paths and patterns ('data/*.parquet') name, patterns in name order."""
    found: list[Path] = []
    for pattern in patterns:
        matches = sorted(glob.glob(pattern)) if glob.has_magic(pattern) else [pattern]
        if not matches:
            raise InputError(f"{pattern}: no file matches; expected Parquet files")
        found += [Path(match) for match in matches]
    return found


def columns_of(spec: Spec, names: Sequence[str]) -> list[str]:
    """The columns of a file that the spec needs, in the file's order."""
    roles = roles_of(spec.columns, names, spec.methods)
    named = {roles.timestamp, spec.columns.key}  # checked to be there with the others
    wanted = {*roles.with_weight(roles.watched), *named, *segment_columns(spec)}
    return [name for name in names if name in wanted]


def reference_file(spec: Spec, threads: int | None) -> Reference | pyarrow.Table | None:
    """The saved reference or the rows of the file that the spec names, None for its own data."""
    if spec.reference is None or spec.reference.data is None:
        return None
    path = spec.reference.data
    if state_file.is_state_file(path):
        return Reference.load(path, threads=threads)
    return open_parquet(path, columns_of(spec, parquet_names(path)))


def _names(reference: Reference | pyarrow.Table | None) -> list[str]:
    if reference is None:
        return []
    if isinstance(reference, Reference):
        return list(reference.columns)
    return list(reference.column_names)


def _read(paths: Sequence[Path], wanted: Sequence[str]) -> pyarrow.Table:
    """One table of all files; each must have the columns of the first, of the same types."""
    tables = [open_parquet(path, wanted) for path in paths]
    if len(tables) == 1:
        return tables[0]
    import pyarrow as pa

    for path, table in zip(paths, tables, strict=True):
        for name in wanted:
            expected, found = tables[0].schema.field(name).type, table.schema.field(name).type
            if expected != found:
                raise InputError(
                    f"{path}: expected column {name!r} of type {expected} as in {paths[0]}, "
                    f"found {found}: convert one of them"
                )
    return pa.concat_tables(tables)


def compare_files(
    reference: Path,
    current: Path,
    *,
    threads: int | None = None,
    progress: Progress = None,
    **arguments: Any,
) -> Report:
    """Two Parquet files, or a saved reference and a Parquet file; `arguments` as `compare`."""
    if state_file.is_state_file(reference):
        prepared = Reference.load(reference, threads=threads)
        return compare(prepared, current, threads=threads, progress=progress, **arguments)
    left, right = parquet_names(reference), parquet_names(current)
    if not set(left) & set(right):
        raise InputError(
            f"{current}: expected columns of {reference} ({', '.join(left)}); "
            f"found only others: {', '.join(right)}"
        )
    return compare(reference, current, threads=threads, progress=progress, **arguments)


def profile_file(
    data: Path,
    *,
    columns: Sequence[str] | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> ProfileReport:
    """One Parquet file."""
    return profile(data, columns=columns, threads=threads, progress=progress)
