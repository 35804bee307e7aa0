"""Files in: what the command line hands to `monitor`, `compare` and `profile`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simdrift._errors import InputError, SpecError
from simdrift._types import Progress
from simdrift.columns import Source, Table, as_table, opened
from simdrift.columns.paths import files_of
from simdrift.monitoring.compare import compare, profile
from simdrift.monitoring.late_labels import names_with_labels
from simdrift.monitoring.reference import Reference, needed
from simdrift.monitoring.roles import check_names
from simdrift.monitoring.run import Between, monitor
from simdrift.monitoring.spec import Spec
from simdrift.monitoring.state_file import is_state_file

if TYPE_CHECKING:
    from simdrift.reports import ProfileReport, Report
    from simdrift.results import Results


def run_files(
    spec: Spec,
    *,
    labels: object | None = None,
    between: Between | None = None,
    threads: int | None = None,
    progress: Progress = None,
    history: object | None = None,
    now: datetime | None = None,
) -> Results:
    """The windows of a spec that names its data (those that end `between` two times); only
    columns with a role are read."""
    threads = threads or spec.threads
    source, reference = data_files(spec), reference_file(spec, threads)
    return monitor(
        spec,
        source,
        reference,
        labels=labels,
        between=between,
        progress=progress,
        threads=threads,
        history=history,
        now=now,
    )


def data_files(spec: Spec) -> Source:
    """The files that a spec names, opened; SpecError where it names none."""
    if not spec.data:
        raise SpecError(
            "'data' is missing: expected the path of a Parquet, Arrow or CSV file, a folder or a "
            "pattern, or a list of them"
        )
    return Source(list(spec.data))


def read_files(spec: Spec, threads: int | None = None) -> tuple[Table, Reference | Source | None]:
    """The rows that a spec names, and its reference where that is a file; only columns with a
    role. SpecError where it names no data, or a column that none of them has."""
    source, reference = data_files(spec), reference_file(spec, threads)
    late = names_with_labels(spec, spec.labels)
    known = [*source.names, *source.hidden, *_names(reference), *late]
    check_names(spec, list(dict.fromkeys(known)))
    return as_table(source, columns=needed(spec, source)), reference


def expanded(patterns: Iterable[str]) -> list[Path]:
    """The files that the paths, folders and patterns ('data/*.parquet') name, in name order."""
    return [file.path for file in files_of(list(patterns))]


def reference_file(spec: Spec, threads: int | None) -> Reference | Source | None:
    """The saved reference or the file that the spec names, None for its own data."""
    if spec.reference is None or spec.reference.data is None:
        return None
    path = spec.reference.data
    return Reference.load(path, threads=threads) if is_state_file(path) else Source(path)


def _names(reference: Reference | Source | None) -> list[str]:
    if reference is None:
        return []
    return list(reference.columns if isinstance(reference, Reference) else reference.names)


def compare_files(
    reference: str | Path,
    current: str | Path,
    *,
    threads: int | None = None,
    progress: Progress = None,
    **arguments: Any,
) -> Report:
    """Files of two sides (paths, folders or patterns), or a saved reference and files;
    `arguments` as `compare`."""
    if is_state_file(reference):
        prepared = Reference.load(reference, threads=threads)
        return compare(prepared, current, threads=threads, progress=progress, **arguments)
    left, right = opened(reference), opened(current)
    if not set(left.names) & set(right.names):
        raise InputError(
            f"{current}: expected columns of {reference} ({', '.join(left.names)}); "
            f"found only others: {', '.join(right.names)}"
        )
    return compare(left, right, threads=threads, progress=progress, **arguments)


def profile_file(
    data: str | Path,
    *,
    columns: Sequence[str] | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> ProfileReport:
    """A file, a folder or a pattern."""
    return profile(data, columns=columns, threads=threads, progress=progress)
