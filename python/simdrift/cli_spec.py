"""The commands `init` and `spec`: a monitor's file written, checked and explained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from simdrift._errors import InputError, SpecError

_file = click.Path(path_type=Path)


def register(cli: click.Group) -> None:
    """Adds the commands to the group."""
    for command in (init, spec):
        cli.add_command(command)


@click.command()
@click.argument("data", type=_file)
@click.option(
    "-o", "--output", type=_file, default=Path("monitor.toml"), show_default=True,
    metavar="FILE", help="The file to write; - is stdout.",
)  # fmt: skip
@click.option("--reference", type=_file, metavar="FILE", help="Rows to compare with, of a file.")
@click.option("--force", is_flag=True, help="Replace the file where there is one.")
def init(data: Path, output: Path, reference: Path | None, force: bool) -> None:
    """Write a monitor's TOML file for DATA.

    Roles of columns (time, prediction, target, key, categories) and windows are guessed from names
    and values; every other option stands in the file as a comment, with its default. The file runs
    as it is.
    """
    from simdrift.monitoring.init_file import initial
    from simdrift.results.files import write_text

    to_stdout = str(output) == "-"
    if not to_stdout and not force and (output.is_file() or output.is_dir()):
        raise InputError(
            f"{output}: expected no such file, found one: choose another with -o, or --force"
        )
    text = initial(data, output, reference)
    if to_stdout:
        click.echo(text, nl=False)
        return
    write_text(output, text)
    click.echo(f"{output}: written; next: simdrift spec {output}, then simdrift run {output}")


@click.command("spec")
@click.argument("spec_file", type=_file, metavar="MONITOR.TOML")
def spec(spec_file: Path) -> None:
    """Check a monitor's file, and say what it will compute.

    The data are read, and nothing is computed or stored: windows, reference, roles, and each
    column's methods with the values from which on they alert. A mistake is shown with its line.
    """
    from simdrift.monitoring.spec import Spec
    from simdrift.monitoring.spec_report import explained
    from simdrift.store import resolve

    read = Spec.from_toml(spec_file)
    with lines_of(spec_file):
        click.echo(explained(read))
    target = resolve(read.store.dsn)
    source = "store.dsn" if read.store.dsn else target.source
    click.echo(f"store: {target.label}" + ("" if target.server else f" (by {source})"))


@contextmanager
def lines_of(path: Path) -> Iterator[None]:
    """Gives a SpecError about a key of this file the key's line."""
    from simdrift.monitoring.spec_errors import with_line

    try:
        yield
    except SpecError as error:
        problem = with_line(error, str(path), path.read_text("utf-8-sig"))
    else:
        return
    raise problem
