"""The command `bench`: how fast simdrift is on this machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simdrift._errors import InputError

if TYPE_CHECKING:
    from simdrift.benchmark import Measurement, Task

_file = click.Path(path_type=Path)
DONE, SLOWER = 0, 1
QUICK_ROWS, QUICK_ROUNDS = 100_000, 3


def register(cli: click.Group) -> None:
    """Adds the command to the group."""
    cli.add_command(bench)


@click.command()
@click.option("--only", metavar="FAMILY,...", help="quality, drift, performance [default: all].")
@click.option("--quick", is_flag=True, help="100,000 rows, three rounds: does it run at all.")
@click.option(
    "--threads", type=click.IntRange(1), default=1, show_default=True, metavar="N",
    help="Threads of each call.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Measurements as JSON to stdout, no table.")
@click.option("--history", type=_file, metavar="FILE", help="Append the measurements to FILE.")
@click.option(
    "--compare", "before", metavar="FILE|previous",
    help="What became slower since the newest run in FILE, or in --history. Exits with 1.",
)  # fmt: skip
@click.option("--store", is_flag=True, help="Keep them in the store, for its dashboard.")
@click.option("--dsn", metavar="DSN", help="The store's Postgres; implies --store.")
@click.option(
    "--progress/--no-progress", default=None, help="Show a progress line [default: on a terminal]."
)
def bench(
    only: str | None,
    quick: bool,
    threads: int,
    as_json: bool,
    history: Path | None,
    before: str | None,
    store: bool,
    dsn: str | None,
    progress: bool | None,
) -> int:
    """Measure the core on this machine, in less than a minute.

    Each task is checked against NumPy or SciPy, then timed in turn with a read of the same memory:
    `reads` are multiples of that read bound, and what takes more than `at most` of them is slow
    for any machine. Needs no compiler and no other library. A busy machine is a slow one.
    """
    from simdrift.benchmark import TASKS, compare, run, suite
    from simdrift.benchmark import history as histories
    from simdrift.monitoring.progress import Bar

    chosen = _chosen(only, TASKS)
    older = _older(before, history)
    rows, rounds = (QUICK_ROWS, QUICK_ROUNDS) if quick else (suite.ROWS, suite.ROUNDS)
    with Bar("tasks", shown=sys.stderr.isatty() if progress is None else progress) as bar:
        measured = run(chosen, rows=rows, rounds=rounds, threads=threads, progress=bar)
    if as_json:
        click.echo(json.dumps([one.as_dict() for one in measured], indent=2))
    else:
        click.echo(suite.table(measured))
    if history is not None:
        histories.write_history(measured, history)
    if store or dsn:
        click.echo(_keep(measured, dsn), err=True)
    if older is None:
        return DONE
    found = compare(older, measured)
    click.echo("\n" + histories.comparison(found), err=as_json)
    return SLOWER if any(one.verdict == "slower" for one in found) else DONE


def _chosen(only: str | None, tasks: Sequence[Task]) -> list[Task]:
    families = sorted({task.family for task in tasks})
    if only is None:
        return list(tasks)
    names = [name.strip() for name in only.split(",")]
    for name in names:
        if name not in families:
            raise click.UsageError(
                f"--only: expected some of {', '.join(families)}, found {name!r}"
            )
    return [task for task in tasks if task.family in names]


def _older(before: str | None, history: Path | None) -> list[Measurement] | None:
    from simdrift.benchmark.history import last_run, read_history

    if before is None:
        return None
    if before == "previous":
        if history is None:
            raise click.UsageError("--compare previous: expected --history FILE beside it")
        before = str(history)
    found = last_run(read_history(Path(before)))
    if not found:
        raise InputError(f"{before}: expected measurements, found none")
    return found


def _keep(measured: Sequence[Measurement], dsn: str | None) -> str:
    from simdrift.benchmark.history import benchmarks
    from simdrift.store import Store

    with Store(dsn) as store:
        store.migrate()
        store.write_benchmarks(benchmarks(measured))
        return f"{len(measured)} measurements in {store.target.label}"
