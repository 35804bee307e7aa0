"""The commands `check` and `schema`: a file against what is to hold of it."""

from __future__ import annotations

from pathlib import Path

import click

from simdrift._errors import InputError

_file = click.Path(path_type=Path)
PASSED, FAILED = 0, 1


def register(cli: click.Group) -> None:
    """Adds the commands to the group."""
    for command in (check, schema):
        cli.add_command(command)


@click.command()
@click.argument("data")
@click.option("--schema", "schema_file", type=_file, metavar="S.toml", help="The columns to have.")
@click.option("--checks", "checks_file", type=_file, metavar="C.toml", help="What is to hold.")
@click.option("--reference", metavar="FILE", help="Rows that metrics are compared with.")
@click.option("--suggest", is_flag=True, help="Write checks that DATA pass, as TOML, to stdout.")
@click.option("--junit", type=_file, metavar="FILE", help="Write JUnit XML, for a pipeline.")
@click.option("--json", "json_file", type=_file, metavar="FILE", help="Write counts and rows.")
@click.option("--html", type=_file, metavar="FILE", help="Write the report as an HTML page.")
def check(
    data: str,
    schema_file: Path | None,
    checks_file: Path | None,
    reference: str | None,
    suggest: bool,
    junit: Path | None,
    json_file: Path | None,
    html: Path | None,
) -> int:
    """Check a file against a schema and checks.

    DATA is Parquet, Arrow or CSV, a folder or a quoted pattern. Exits with 1 where a check fails;
    one that only warns does not. `simdrift schema infer` and --suggest write the files to begin
    with.
    """
    from simdrift.checks import suggest_checks
    from simdrift.monitoring.check import check as checked

    if suggest:
        click.echo(suggest_checks(data).to_toml(), nl=False)
        return PASSED
    if schema_file is None and checks_file is None:
        raise click.UsageError("expected --schema or --checks (or --suggest), found neither")
    for file in (junit, json_file, html):
        if file is not None and not file.parent.is_dir():
            raise InputError(f"{file}: expected a folder {file.parent}, found none: make it first")
    report = checked(data, schema_file, checks_file, reference=reference)
    click.echo(report.table())
    if junit is not None:
        report.save_junit(junit)
    if json_file is not None:
        report.save_json(json_file)
    if html is not None:
        report.save_html(html)
    return PASSED if report.passed else FAILED


@click.group()
def schema() -> None:
    """Infer a schema."""


@schema.command()
@click.argument("data")
@click.option(
    "-o", "--output", type=_file, default=Path("schema.toml"), show_default=True,
    metavar="FILE", help="The file to write; - is stdout.",
)  # fmt: skip
@click.option("--ranges", is_flag=True, help="With the least and the most of numbers and times.")
@click.option("--force", is_flag=True, help="Replace the file where there is one.")
def infer(data: str, output: Path, ranges: bool, force: bool) -> int:
    """Write the schema of DATA as TOML, to be read and edited."""
    from simdrift.schema import Schema

    to_stdout = str(output) == "-"
    if not to_stdout and not force and (output.is_file() or output.is_dir()):
        raise InputError(
            f"{output}: expected no such file, found one: choose another with -o, or --force"
        )
    found = Schema.infer(data, ranges=ranges)
    if to_stdout:
        click.echo(found.to_toml(), nl=False)
        return PASSED
    found.save(output)
    click.echo(f"{output}: written; next: simdrift check DATA --schema {output}")
    return PASSED
