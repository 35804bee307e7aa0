"""Files in: what the command line hands to `monitor`, `compare` and `profile`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simdrift._errors import InputError
from simdrift._types import Progress
from simdrift.columns import opened
from simdrift.monitoring import state_file
from simdrift.monitoring.compare import compare, profile
from simdrift.monitoring.reference import Reference
from simdrift.monitoring.run import Between, monitor
from simdrift.monitoring.spec import Spec

if TYPE_CHECKING:
    from simdrift.reports import ProfileReport, Report
    from simdrift.results import Results


def run_files(
    spec: Spec,
    *,
    between: Between | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> Results:
    """The windows of a spec that names its data (those that end `between` two times)."""
    return monitor(spec, between=between, progress=progress, threads=threads or spec.threads)


def compare_files(
    reference: str | Path,
    current: str | Path,
    *,
    columns: Sequence[str] | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> Report:
    """Files of two sides (paths, folders or patterns), or a saved reference and files."""
    if state_file.is_state_file(reference):
        prepared = Reference.load(reference, threads=threads)
        return prepared.compare(current, threads=threads, progress=progress)
    left, right = opened(reference), opened(current)
    if not set(left.names) & set(right.names):
        raise InputError(
            f"{current}: expected columns of {reference} ({', '.join(left.names)}); "
            f"found none of them but {', '.join(right.names)}"
        )
    return compare(left, right, columns=columns, threads=threads, progress=progress)


def profile_file(
    data: str | Path,
    *,
    columns: Sequence[str] | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> ProfileReport:
    """A file, a folder or a pattern."""
    return profile(data, columns=columns, threads=threads, progress=progress)
