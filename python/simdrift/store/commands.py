"""Commands of the store: `migrate`, `flush`, `prune`, `prometheus`,
`store status|stop|serve|copy|verify|annotate`.

Results go to stdout. The command line around them (simdrift.cli) turns errors into exit codes:
2 for input that can't be used, 3 where the store did not take or give what was asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simdrift.results.text import counted, visible

if TYPE_CHECKING:
    from simdrift.store.embedded import EmbeddedServer, ServerStatus
    from simdrift.store.read import Inventory, Monitored
    from simdrift.store.store import Store

_DAMAGED = 3

_dsn = click.option(
    "--dsn",
    metavar="DSN",
    help="The store's Postgres [default: SIMDRIFT_DSN, else an embedded server]. Keep a "
    "password in SIMDRIFT_DSN: arguments show in the list of processes.",
)


def register(cli: click.Group) -> None:
    """Adds the commands to the group."""
    for command in (migrate, flush, prune, prometheus, results, store):
        cli.add_command(command)


def _open(dsn: str | None) -> Store:
    # Not at the top: psycopg takes a third of a second, and `simdrift --help` needs none of it.
    from simdrift.store.store import Store

    return Store(dsn)


@click.command()
@_dsn
@click.option(
    "--partition-by-month", is_flag=True, help="Keep the values in monthly partitions, for good."
)
def migrate(dsn: str | None, partition_by_month: bool) -> None:
    """Make or update the schema; twice does nothing."""
    with _open(dsn) as opened:
        done = opened.migrate(partition_by_month=partition_by_month)
        label = opened.target.label
    if done.applied:
        applied = counted(len(done.applied), "migration")
        click.echo(f"{label}: {applied}, now at version {done.version}")
    else:
        click.echo(f"{label}: at version {done.version} already")
    if done.months:
        months = counted(len(done.months), "month")
        click.echo(f"{months}: {done.months[0]} to {done.months[-1]}")
    if done.for_admin:
        click.echo("-- not allowed to this user; an administrator may run:")
        click.echo("\n".join(done.for_admin))


@click.command()
@_dsn
@click.option("--adopt", is_flag=True, help="Batches meant for another store too.")
@click.option(
    "--deadline",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How long to try with each batch [default: 30].",
)
def flush(dsn: str | None, adopt: bool, deadline: float | None) -> int:
    """Write what waits in the spool, oldest first."""
    with _open(dsn) as opened:
        done = opened.flush(adopt=adopt, deadline=deadline)
    written = f"{counted(done.rows_written, 'row')} and {counted(done.runs_written, 'run')}"
    click.echo(f"{batches(done.batches)}: {written} written to {opened.target.label}")
    for window in done.superseded:
        click.echo(f"superseded by a later run, which is shown: {window}")
    for paths, why in (
        (done.set_aside, "cannot be read, set aside"),
        (done.refused, "refused by the server, set aside"),
        (done.elsewhere, "meant for another store (--adopt takes it)"),
    ):
        for path in paths:
            click.echo(f"{why}: {path}", err=True)
    return _DAMAGED if done.set_aside or done.refused or done.elsewhere else 0


@click.command()
@_dsn
@click.option("--keep", required=True, metavar="SPAN", help="What to keep: 400d, 12w, 48h.")
@click.option("--dry-run", is_flag=True, help="Say what would go and what would stay; no more.")
def prune(dsn: str | None, keep: str, dry_run: bool) -> None:
    """Delete results of windows that ended longer ago than SPAN (from today, not from the newest
    window)."""
    from simdrift.store.prune import parse_keep

    try:
        span = parse_keep(keep)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    with _open(dsn) as opened:
        click.echo(str(opened.prune(span, dry_run=dry_run)))


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@_dsn
@click.option("--push", "gateway", metavar="URL", help="Push to this gateway.")
@click.option("--max-series", type=click.IntRange(1), default=10_000, show_default=True)
def prometheus(file: Path | None, dsn: str | None, gateway: str | None, max_series: int) -> None:
    """Export the newest window of everything in the store: to FILE (for node_exporter: *.prom),
    to a push gateway, or to stdout."""
    from simdrift.store.prometheus import push, text, write_file

    with _open(dsn) as opened:
        found = opened.newest()
    if file is not None:
        count = write_file(found, file, max_series=max_series)
        click.echo(f"{count:,} series in {file}", err=True)
    if gateway is not None:
        click.echo(f"{push(found, gateway, max_series=max_series):,} series pushed", err=True)
    if file is None and gateway is None:
        click.echo(text(found, max_series=max_series), nl=False)


_time = click.DateTime(("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"))


@click.command()
@_dsn
@click.option("--monitor", metavar="NAME")
@click.option("--dataset", metavar="NAME")
@click.option("--column", metavar="NAME")
@click.option("--metric", metavar="NAME", help="A metric such as drift.psi, or psi.")
@click.option("--after", type=_time, metavar="TIME", help="Windows that end after this (UTC).")
@click.option("--until", type=_time, metavar="TIME", help="Windows that begin before this (UTC).")
@click.option("--alerts", is_flag=True, help="Only rows that alert.")
@click.option("--csv/--json", "as_csv", default=True, show_default=True)
def results(
    dsn: str | None,
    monitor: str | None,
    dataset: str | None,
    column: str | None,
    metric: str | None,
    after: datetime | None,
    until: datetime | None,
    alerts: bool,
    as_csv: bool,
) -> None:
    """Stored rows that meet every condition, to stdout as CSV or JSON."""
    start, end = (None if time is None else time.replace(tzinfo=UTC) for time in (after, until))
    with _open(dsn) as opened:
        found = opened.read(
            monitor=monitor, dataset=dataset, column=column, metric=metric, start=start, end=end
        )
    kept = found.filter(alert=True) if alerts else found
    click.echo(kept.to_csv() if as_csv else kept.to_json(), nl=not as_csv)


@click.group()
def store() -> None:
    """The store and its embedded server."""


@store.command()
@_dsn
def status(dsn: str | None) -> None:
    """What is in the store, a line a monitor (times in UTC; alerts of its newest window), and what
    waits in the spool."""
    with _open(dsn) as opened:
        click.echo(f"store: {opened.target.label} (by {opened.target.source})")
        server = opened.target.server
        found = None if server is None else server.status()
        if found is not None:
            click.echo(_server_line(found))
        if found is None or found.running:
            click.echo(_inventory_lines(opened.status()))
            click.echo("\n".join(_monitor_lines(opened.monitors())))
        pending = opened.spool.pending()
    wait = "waits" if len(pending) == 1 else "wait"
    click.echo(f"spool: {batches(len(pending))} {wait} in {opened.spool.folder}")


@store.command()
def stop() -> None:
    """End the embedded server; whoever needs it starts it again."""
    server = _embedded()
    click.echo("stopped" if server.stop() else f"no server runs on {server.folder}")


@store.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port to open on 127.0.0.1.")
@click.option("--off", is_flag=True, help="Close the port.")
@click.option("--new-password", is_flag=True, help="Replace the reader's password.")
def serve(port: int | None, off: bool, new_password: bool) -> None:
    """Open the embedded server to Grafana: 127.0.0.1, role simdrift_reader, with a password
    (SIMDRIFT_READER_PASSWORD, else one is made and shown once)."""
    server = _embedded()
    if off == (port is not None):
        raise click.UsageError("expected one of --port PORT and --off")
    if port is None:
        server.close()
        click.echo("closed")
        return
    with _open(None) as opened:
        opened.migrate()
    served = server.serve(port, renew=new_password)
    click.echo(f"postgresql://{served.user}@127.0.0.1:{served.port}/simdrift")
    if served.password is not None:
        click.echo(f"password (not shown again): {served.password}")


@store.command()
@_dsn
@click.option("--to", required=True, metavar="DSN", help="The store to copy into.")
def copy(dsn: str | None, to: str) -> None:
    """Copy every run into another store; twice changes nothing."""
    with _open(dsn) as opened:
        done = opened.copy_to(to)
    click.echo(str(done))


@store.command()
@_dsn
@click.option("--dataset", required=True, help="Whose event it is; '' is everybody's.")
@click.option("--kind", required=True, help="What happened: deployment, outage, schema, ...")
@click.option("--at", type=click.DateTime(), help="When, UTC [default: now].")
@click.argument("text")
def annotate(dsn: str | None, dataset: str, kind: str, at: datetime | None, text: str) -> None:
    """Add an event that dashboards show at its time; the same again is one event."""
    when = datetime.now(UTC) if at is None else at.replace(tzinfo=UTC)
    with _open(dsn) as opened:
        opened.annotate(when, dataset, kind, text)
        click.echo(f"{opened.target.label}: {kind} at {when:%Y-%m-%d %H:%M:%S} UTC")


@store.command()
@_dsn
def verify(dsn: str | None) -> int:
    """Compare the stored values with the checksums of their runs."""
    with _open(dsn) as opened:
        damaged = opened.verify()
    for run_id in damaged:
        click.echo(f"run {run_id}: its values are not those that were written", err=True)
    click.echo("damaged" if damaged else "every current run is as it was written")
    return _DAMAGED if damaged else 0


def _embedded() -> EmbeddedServer:
    from simdrift.store.dsn import resolve

    server = resolve().server
    if server is None:
        raise click.UsageError("SIMDRIFT_DSN names a server of your own: it is yours to run")
    return server


def _server_line(found: ServerStatus) -> str:
    if not found.running:
        return "server: stopped (any command that needs it starts it)"
    port = "" if found.port is None else f", open on 127.0.0.1:{found.port}"
    return f"server: PostgreSQL {found.version}, pid {found.pid}, {found.socket}{port}"


def batches(number: int) -> str:
    """'1 batch', '2 batches'."""
    return "1 batch" if number == 1 else f"{number:,} batches"


def _monitor_lines(found: Sequence[Monitored]) -> Iterator[str]:
    """A table: a line a monitor."""
    if not found:
        return
    head = ("monitor", "dataset", "model", "window", "windows", "newest ends", "last run", "alerts")
    rows = [head, *(tuple(map(visible, _monitor_row(one))) for one in found)]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _monitor_row(one: Monitored) -> tuple[str, ...]:
    newest = "-" if one.newest is None else f"{one.newest.astimezone(UTC):%Y-%m-%d %H:%M}"
    model = " ".join(part for part in (one.model, one.model_version) if part)
    last = f"{one.last_run.astimezone(UTC):%Y-%m-%d %H:%M}"
    names = (one.monitor, one.dataset, model)
    shown = (name or "-" for name in names)
    return (*shown, one.grain, f"{one.windows:,}", newest, last, f"{one.alerts:,}")


def _inventory_lines(found: Inventory) -> str:
    span = "empty" if found.first is None else f"{found.first:%Y-%m-%d} to {found.last:%Y-%m-%d}"
    return "\n".join(
        (
            f"schema: version {found.schema_version} on PostgreSQL {found.server_version}",
            f"runs: {found.runs:,}, {found.current_runs:,} of them current ({span})",
            f"values: {found.values:,} of {found.series:,} series; "
            f"{found.histograms:,} histograms; {found.size / 1e6:,.1f} MB",
            f"datasets: {', '.join(found.datasets) or 'none'}",
        )
    )
