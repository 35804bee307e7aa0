"""What the tables measured, for the store: `python benches/run.py --store` keeps it there."""

from __future__ import annotations

import platform
from datetime import UTC, datetime

from simdrift import __version__, _core
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
            _machine(),
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


def _machine() -> str:
    """The processor's name, else its architecture: never the host's name."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = (line.partition(":")[2].strip() for line in lines if "model name" in line)
            return next(names, platform.machine())
    except OSError:
        return platform.machine()


def keep(dsn: str | None) -> str:
    """Writes all of it into the store; a line that says so."""
    with Store(dsn) as store:
        store.migrate()
        store.write_benchmarks(_MEASURED)
        return f"{len(_MEASURED)} measurements in {store.target.label}"
