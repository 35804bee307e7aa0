"""`monitor` as people call it: a spec or its file, with data or with those that the spec names."""

from __future__ import annotations

from datetime import datetime
from os import PathLike
from typing import get_args

from simdrift._errors import SpecError
from simdrift._types import Progress
from simdrift.monitoring import run
from simdrift.monitoring.files import reference_file, run_files
from simdrift.monitoring.run import Between
from simdrift.monitoring.spec import Spec
from simdrift.monitoring.spec_errors import found
from simdrift.monitoring.spec_parts import Moving
from simdrift.results import Results


def monitor(
    spec: Spec | str | PathLike[str],
    data: object | None = None,
    reference: object | None = None,
    *,
    labels: object | None = None,
    between: Between | None = None,
    progress: Progress = None,
    threads: int | None = None,
    history: object | None = None,
    now: datetime | None = None,
) -> Results:
    """Every window of the data against the reference: rows, runs and histograms.

    `spec`: a `Spec`, or the path of its TOML file. `data`: a frame or a path, as `compare` takes
    them, or None for the files that the spec names. `reference`: a `Reference`, a frame, or
    None where the spec's `reference` names a file, says which interval of the data it is, or
    that it moves (`ReferenceSpec.moving`: each window is compared with windows before it).
    `labels`: a frame or a path of labels that came later than the data, joined to their rows by
    `columns.key` (default: the file that the spec's `labels` names); windows without a label
    have the status 'no_labels' until a later run has them.
    `history`: a `Store`, or its DSN: windows of earlier runs, which `metrics.pipelines` compares
    volume, repeated batches and missing windows with.
    `now`: the time, with a zone, that ages are of (default: the clock's).
    `between=(after, until)`, times with zones, computes the windows that end after the one and
    not after the other: windows are cut as without it, so stretches that follow each other give
    every window once. SpecError where a name in the spec is no column of the data; data never
    raise.

    >>> import numpy as np
    >>> from simdrift.monitoring import Columns, ReferenceSpec, Spec
    >>> hours = np.datetime64("2024-01-01T00", "s") + np.arange(96).astype("timedelta64[h]")
    >>> spec = Spec(monitor="m", dataset="d", columns=Columns(timestamp="t"),
    ...             reference=ReferenceSpec(start="2024-01-01", end="2024-01-03"),
    ...             start="2024-01-03")
    >>> results = monitor(spec, {"t": hours, "x": np.arange(96.0) % 24})
    >>> [(row.window_start.day, row.value) for row in results.filter(metric="drift.ks")]
    [(3, 0.0), (4, 0.0)]
    """
    read = _spec(spec)
    if now is not None and now.tzinfo is None:
        raise ValueError(f"now: expected a time with a zone, found {now.isoformat()}")
    if isinstance(reference, str) and reference in get_args(Moving):
        raise SpecError(
            f"reference: {reference!r} is a reference that moves, and no data: write it into the "
            f"spec, as reference=ReferenceSpec(moving={reference!r})"
        )
    if data is not None:
        before = reference_file(read, threads) if reference is None else reference
        return run.monitor(
            read,
            data,
            before,
            labels=labels,
            between=between,
            progress=progress,
            threads=threads,
            history=history,
            now=now,
        )
    if reference is not None:
        raise SpecError("data: expected them beside a reference, found none: pass both, or neither")
    return run_files(
        read, labels=labels, between=between, threads=threads, progress=progress, history=history,
        now=now,
    )  # fmt: skip


def _spec(spec: object) -> Spec:
    """The spec, read where it is a path."""
    if isinstance(spec, Spec):
        return spec
    if isinstance(spec, (str, PathLike)):
        return Spec.from_toml(str(spec))
    raise TypeError(f"spec: expected a Spec or the path of its TOML file, found {found(spec)}")
