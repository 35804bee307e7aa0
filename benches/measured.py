"""What the tables measured, for the store: `python benches/run.py --store` keeps it there."""

from __future__ import annotations

from datetime import UTC, datetime

from simdrift import __version__, _core
from simdrift.benchmark.suite import machine
from simdrift.store import Benchmark, Store

_STARTED = datetime.now(UTC)
_MEASURED: list[Benchmark] = []


def note(
    task: str,
    rows: int,
    seconds: float,
    *,
    threads: int = 1,
    baseline: str = "",
    baseline_seconds: float | None = None,
) -> None:
    """Remembers one measurement, made with the ISA that is active now."""
    _MEASURED.append(
        Benchmark(
            _STARTED,
            machine(),
            __version__,
            _core.show_config()["isa"],
            threads,
            task,
            rows,
            seconds,
            baseline,
            baseline_seconds,
        )
    )


def keep(dsn: str | None) -> str:
    """Writes all of it into the store; a line that says so."""
    with Store(dsn) as store:
        store.migrate()
        store.write_benchmarks(_MEASURED)
        return f"{len(_MEASURED)} measurements in {store.target.label}"
