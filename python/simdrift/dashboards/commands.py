"""Commands of the dashboards: `grafana export|push`, `dashboard --html`."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import click

from simdrift._errors import InputError

_file = click.Path(path_type=Path)


def register(cli: click.Group) -> None:
    """Adds the commands to the group."""
    for command in (grafana, dashboard):
        cli.add_command(command)


@click.group()
def grafana() -> None:
    """The dashboards in Grafana."""


@grafana.command()
@click.argument("folder", type=_file, metavar="DIR")
def export(folder: Path) -> None:
    """Write a folder for `docker compose up`: Postgres, Adminer, Grafana, all provisioned."""
    from simdrift.dashboards.export import export as write

    written = write(folder)
    made = ".env with new passwords" if folder / ".env" in written else "the .env that was there"
    click.echo(f"{len(written)} files in {folder}, {made}")
    click.echo(f"next: cd {folder} && docker compose up -d, then http://127.0.0.1:3000")


@grafana.command()
@click.argument("url")
@click.option("--postgres", metavar="HOST:PORT", help="The store as Grafana sees it.")
@click.option("--database", default="simdrift", show_default=True)
@click.option(
    "--sslmode",
    type=click.Choice(["disable", "require", "verify-ca", "verify-full"]),
    default="require",
    show_default=True,
)
@click.option("--rules/--no-rules", default=True, help="Alert rules too [default: yes].")
def push(url: str, postgres: str | None, database: str, sslmode: str, rules: bool) -> None:
    """Upload dashboards, rules and (with --postgres) the data source to a Grafana that runs.

    GRAFANA_TOKEN, or GRAFANA_USER and GRAFANA_PASSWORD, say who; SIMDRIFT_READER_PASSWORD is
    what the data source logs in with.
    """
    from simdrift.dashboards.push import Credentials, Grafana, Source

    given = {
        name: os.environ.get(name, "")
        for name in (
            "GRAFANA_TOKEN",
            "GRAFANA_USER",
            "GRAFANA_PASSWORD",
            "SIMDRIFT_READER_PASSWORD",
        )
    }
    if not given["GRAFANA_TOKEN"] and not given["GRAFANA_USER"]:
        raise InputError("expected GRAFANA_TOKEN, or GRAFANA_USER and GRAFANA_PASSWORD; found none")
    source = None
    if postgres is not None:
        password = given["SIMDRIFT_READER_PASSWORD"]
        if not password:
            raise InputError("--postgres: expected SIMDRIFT_READER_PASSWORD to be set, found none")
        source = Source(postgres, database, password=password, sslmode=sslmode)
    credentials = Credentials(
        given["GRAFANA_TOKEN"], given["GRAFANA_USER"], given["GRAFANA_PASSWORD"]
    )
    done = Grafana(url, credentials).push(source=source, rules=rules)
    for path in done.dashboards:
        click.echo(f"{url.rstrip('/')}{path}")
    click.echo(f"{done.rules} alert rules; data source {done.source}")


@click.command()
@click.option("--html", "folder", type=_file, required=True, metavar="DIR", help="Where to.")
@click.option(
    "--dsn",
    metavar="DSN",
    help="The store's Postgres [default: SIMDRIFT_DSN, else an embedded server]. Keep a "
    "password in SIMDRIFT_DSN: arguments show in the list of processes.",
)
@click.option("--dataset", help="[default: that of the newest series]")
@click.option("--segment", help="[default: all rows]")
@click.option("--column", "columns", multiple=True, help="[default: those that alert most]")
@click.option("--from", "start", type=click.DateTime(), help="[default: 400 days before --to]")
@click.option("--to", "end", type=click.DateTime(), help="[default: the newest window]")
def dashboard(
    folder: Path,
    dsn: str | None,
    dataset: str | None,
    segment: str | None,
    columns: tuple[str, ...],
    start: datetime | None,
    end: datetime | None,
) -> None:
    """The dashboards as pages that need no Grafana and no network."""
    from simdrift.dashboards.page import write_pages
    from simdrift.store import Store

    with Store(dsn) as store:
        pages = write_pages(
            store,
            folder,
            dataset=dataset,
            segment=segment,
            columns=columns,
            start=start,
            end=end,
        )
    click.echo(f"{len(pages)} pages: {pages[0]}")
