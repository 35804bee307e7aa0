"""The command `simdrift`.

Exit codes (docs/exit-codes.md): 0 done; 1 an alert, with --fail-on-alert or --fail-on; 2 the input,
the spec or the command line can't be used; 3 the store did not take the results (they lie in the
spool: `simdrift flush`); 4 no rows, with those or --require-rows; 130 stopped by Ctrl-C. Messages
go to stderr, one each, without a traceback; results to stdout.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simdrift._errors import InputError, SimdriftError, StoreError
from simdrift._secrets import HIDDEN, Dsn, redact
from simdrift.cli_compare import arguments_of, hint, names_of, with_roles
from simdrift.cli_fails import NAMES as FAILS
from simdrift.cli_fails import failure, with_fails

if TYPE_CHECKING:
    from simdrift.monitoring.progress import Bar
    from simdrift.reports import ProfileReport, Report
    from simdrift.results import Results
    from simdrift.store import Target

DONE, ALERT, BAD_INPUT, NOT_STORED, NO_ROWS, STOPPED = 0, 1, 2, 3, 4, 130
_STDOUT, _STDERR = 1, 2

file_argument = click.Path(path_type=Path)
data_argument = click.Path()
"""Of data: text, as a URL or a pattern is no path."""
dsn_option = click.option(
    "--dsn",
    metavar="DSN",
    help="Postgres to write to [default: SIMDRIFT_DSN, else an embedded server]. Keep a "
    "password in SIMDRIFT_DSN: arguments show in the list of processes.",
)
timestamp = click.DateTime(("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"))
deadline_option = click.option(
    "--deadline",
    type=click.FloatRange(0.0),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to try a server that is away; then the results wait in the spool.",
)
html_option = click.option(
    "--html", type=file_argument, metavar="FILE", help="Write the report as an HTML page."
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Results as JSON to stdout, not as a table."
)
progress_option = click.option(
    "--progress/--no-progress",
    default=None,
    help="Show a progress line [default: on a terminal].",
)
threads_option = click.option(
    "--threads", type=click.IntRange(1), help="Threads [default: see show-config]."
)


class _Commands(click.Group):
    """The group; commands of the store are added when one of its names is asked for."""

    def _with_store(self) -> None:
        if "migrate" not in self.commands:
            from simdrift import cli_bench, cli_check, cli_spec
            from simdrift.dashboards import commands as dashboards
            from simdrift.store import commands as store

            cli_bench.register(self)
            cli_check.register(self)
            cli_spec.register(self)
            store.register(self)
            dashboards.register(self)

    def list_commands(self, context: click.Context) -> list[str]:
        self._with_store()
        return super().list_commands(context)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self.commands:
            self._with_store()
        return super().get_command(context, name)


class _Words(logging.Handler):
    """What the library logs, as one line on stderr and without a traceback."""

    def emit(self, record: logging.LogRecord) -> None:
        say(record.getMessage())


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="simdrift", message="%(prog)s %(version)s")
def cli() -> None:
    """Drift, data quality and performance of columns, into Postgres.

    \b
      simdrift demo                            a year of flights, day by day
      simdrift compare jan.parquet feb.parquet
      simdrift profile jan.parquet
      simdrift check jan.parquet --schema s.toml --checks c.toml
      simdrift init trips.parquet              writes monitor.toml, every option explained
      simdrift spec monitor.toml               checks it, and says what will be computed
      simdrift run monitor.toml                windows of time, into Postgres
      simdrift metrics psi                     what a metric is, and when it alerts
      simdrift bench                           how fast the core is on this machine

    Exit codes: 0 done; 1 an alert, with --fail-on-alert, or a failed check; 2 the input can't be
    used; 3 the store did not take the results: they wait in the spool for `simdrift flush`; 4 no
    window has rows, with --fail-on-alert; 130 stopped by Ctrl-C.
    """
    log = logging.getLogger("simdrift")
    log.setLevel(logging.INFO)
    if not any(isinstance(handler, _Words) for handler in log.handlers):
        log.addHandler(_Words())
    if os.environ.get("SIMDRIFT_ISA"):
        from simdrift._config import show_config as configuration

        if warning := configuration().isa_warning:
            say(f"simdrift: {warning}")


@cli.command()
@click.argument("spec_file", type=file_argument, metavar="MONITOR.TOML")
@dsn_option
@deadline_option
@click.option(
    "--after", type=timestamp, metavar="TIME", help="Only windows that end after this (UTC)."
)
@click.option(
    "--until", type=timestamp, metavar="TIME", help="Only windows that end by then (UTC)."
)
@click.option("--no-store", is_flag=True, help="Compute and show only.")
@with_fails
@click.option(
    "--prometheus",
    "prometheus_file",
    type=file_argument,
    metavar="FILE",
    help="Write the newest window for node_exporter (*.prom).",
)
@click.option("--pushgateway", metavar="URL", help="Push the newest window there.")
@html_option
@json_option
@threads_option
@progress_option
def run(
    spec_file: Path,
    dsn: str | None,
    deadline: float,
    after: datetime | None,
    until: datetime | None,
    no_store: bool,
    prometheus_file: Path | None,
    pushgateway: str | None,
    html: Path | None,
    as_json: bool,
    threads: int | None,
    progress: bool | None,
    **fails: Any,
) -> int:
    """Compute the windows of a monitor and store them.

    MONITOR.TOML names the data (Parquet), the time column, the reference and what to compute;
    `simdrift demo` runs one that can be copied: simdrift/demo/flights.toml in the package. A second
    run of the same data changes nothing. TIME is 2024-01-31 or 2024-01-31T12:00:00.
    """
    from simdrift import cli_spec
    from simdrift.monitoring.files import run_files
    from simdrift.monitoring.roles import named_roles
    from simdrift.monitoring.spec import Spec
    from simdrift.reports import Report

    spec = Spec.from_toml(spec_file)
    _check_folders(html, prometheus_file)
    target = None if no_store else _target(dsn or spec.store.dsn)
    began = time.monotonic()
    with cli_spec.lines_of(spec_file), _bar("columns", progress) as bar:
        between = (_utc(after), _utc(until))
        history = target if spec.metrics.pipelines else None
        results = run_files(spec, between=between, threads=threads, progress=bar, history=history)
    say(f"computed {_extent(results)} in {time.monotonic() - began:.2f} s")
    report = Report(results, title=spec.monitor, roles=named_roles(spec.columns))
    _all(
        lambda: _show(report, as_json),
        lambda: _page(report, html),
        lambda: None if target is None else _store(results, target, deadline),
        lambda: _expose(results, prometheus_file, pushgateway),
    )
    return _exit_code(report, **fails)


@cli.command()
@click.argument("reference", type=data_argument)
@click.argument("current", type=data_argument)
@with_roles
@with_fails
@html_option
@json_option
@threads_option
@progress_option
def compare(
    reference: str,
    current: str,
    html: Path | None,
    as_json: bool,
    threads: int | None,
    progress: bool | None,
    **options: Any,
) -> int:
    """Drift of every column between two files.

    Parquet, Arrow or CSV (also .gz), a folder, a quoted pattern ('data/**/*.parquet') or a pipe
    (/dev/stdin). CURRENT is compared with REFERENCE, which may also be a file that
    `Reference.save` wrote. Nothing is stored.
    """
    from simdrift.monitoring.files import compare_files

    _check_folders(html)
    fails = {name: options.pop(name) for name in FAILS}
    arguments = arguments_of(**options)
    with _bar("columns", progress) as bar:
        report = compare_files(reference, current, threads=threads, progress=bar, **arguments)
    _all(lambda: _show(report, as_json), lambda: _page(report, html))
    if words := hint(reference, report.types, arguments):
        say(words)
    return _exit_code(report, **fails)


@cli.command()
@click.argument("data", type=data_argument)
@click.option("--columns", metavar="A,B,...", help="Only these columns.")
@html_option
@json_option
@threads_option
@progress_option
def profile(
    data: str,
    columns: str | None,
    html: Path | None,
    as_json: bool,
    threads: int | None,
    progress: bool | None,
) -> int:
    """Quality statistics of every column of a file, a folder or a pattern.

    Rows, missing, extremes, moments, quantiles, distinct values and more; --json has them all.
    Nothing is stored.
    """
    from simdrift.monitoring.files import profile_file

    _check_folders(html)
    with _bar("columns", progress) as bar:
        report = profile_file(data, columns=names_of(columns), threads=threads, progress=bar)
    _all(lambda: _show(report, as_json), lambda: _page(report, html))
    return DONE


@cli.command()
@click.option(
    "--taxi",
    nargs=2,
    type=file_argument,
    metavar="REF.parquet CUR.parquet",
    help="TLC trip files instead of the flights: each day of CUR against REF.",
)
@click.option("--out", type=file_argument, metavar="DIR", help="Where the report goes [default: .]")
@dsn_option
@threads_option
@progress_option
def demo(
    taxi: tuple[Path, Path] | None,
    out: Path | None,
    dsn: str | None,
    threads: int | None,
    progress: bool | None,
) -> int:
    """Real data, end to end, into Postgres.

    The 336,776 flights that left New York in 2013, every day compared with January; or the taxi
    trips of a month against those of another. It tells which days stand out and why, writes a
    page, and says how to look at the results in Grafana. A second run changes nothing.
    """
    from simdrift.demo import show

    with _bar("columns", progress) as bar:
        show.run(
            taxi=taxi, out=out or Path(), dsn=dsn, threads=threads, progress=bar, say=click.echo
        )
    return DONE


@cli.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON, with every field.")
def metrics(name: str | None, as_json: bool) -> int:
    """What can be computed: a list, or all about one metric.

    NAME is a metric such as drift.psi, or psi. The list gives name, title, unit, which way is
    better, rule with threshold, and the kinds of column.
    """
    from simdrift.metrics import describe, registry

    found = registry.records() if name is None else describe.matching(name)
    if as_json:
        click.echo(json.dumps([describe.as_dict(one) for one in found], indent=2))
    elif name is None:
        click.echo(describe.listing(found))
    else:
        click.echo("\n\n".join(map(describe.explanation, found)))
    return DONE


@cli.command("show-config")
def show_config() -> int:
    """ISA, threads and build of the C core."""
    from simdrift._config import show_config as configuration

    click.echo(str(configuration()))
    return DONE


def say(text: str) -> None:
    """One line for the person at the terminal, apart from the results; controls in names of columns
    and files are escaped. Where nobody reads it, or its disk is full, the work goes on."""
    from simdrift.results.text import visible

    try:
        click.echo("\n".join(map(visible, redact(text).split("\n"))), err=True)
    except (OSError, ValueError):
        _discard(_STDERR)


def _bar(label: str, progress: bool | None) -> Bar:
    from simdrift.monitoring.progress import Bar

    return Bar(label, shown=sys.stderr.isatty() if progress is None else progress)


def _extent(results: Results) -> str:
    runs = results.runs
    from simdrift.results.text import counted

    rows, values = sum(run.rows for run in runs), len(results)
    parts = ((len(runs), "window"), (rows, "row"), (values, "value"))
    return ", ".join(counted(*part) for part in parts)


def _all(*steps: Callable[[], None]) -> None:
    """Every step, whatever became of those before it: a page that can't be written, or a reader
    that has gone away, must not keep results from the store. At the end the error of the store is
    raised, else the first; others are said."""
    errors: list[Exception] = []
    for step in steps:
        try:
            step()
        except BrokenPipeError as error:
            if error.filename is None:  # of our output, else of a FIFO that was named
                _read_no_more()
            else:
                errors.append(error)
        except Exception as error:
            errors.append(error)
    if not errors:
        return
    last = max(errors, key=lambda one: isinstance(one, StoreError))
    for other in errors:
        if other is not last:
            say(f"simdrift: {_words(other)}")
    raise last


def _read_no_more() -> None:
    """Whoever read our output has gone away (`| head`): what is left goes nowhere."""
    _discard(_STDOUT)


def _discard(descriptor: int) -> None:
    """Lets what is written there go nowhere: it could not be written anyway."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _check_folders(*files: Path | None) -> None:
    """InputError where a file could not be written anyway, before anything is computed."""
    for file in files:
        if file is None:
            continue
        folder = file.parent
        if file.is_dir():
            raise InputError(f"{file}: expected the name of a file to write, found a folder")
        if file.exists() and not file.is_file():  # a device or a FIFO: written to, not replaced
            if not os.access(file, os.W_OK):
                raise InputError(f"{file}: you may not write to it: choose another")
            continue
        if not folder.is_dir():
            found = "a file" if folder.exists() else "none"
            raise InputError(f"{file}: expected a folder {folder}, found {found}: make it first")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise InputError(f"{file}: you may not write into {folder}: choose another folder")


def _show(report: Report | ProfileReport, as_json: bool) -> None:
    """The report on stdout."""
    from simdrift.reports import Report

    if as_json:
        click.echo(report.results.to_json())
    elif isinstance(report, Report):
        click.echo(report.table(colour=sys.stdout.isatty()))
    else:
        click.echo(report.table())


def _page(report: Report | ProfileReport, html: Path | None) -> None:
    """The report as a page, where asked for."""
    if html is not None:
        report.save_html(html)
        say(f"report: {html}")


def _target(dsn: str | Dsn | None) -> Target:
    """The store that is meant; InputError before anything is computed for it."""
    from simdrift.store import resolve

    return resolve(dsn)


def _store(results: Results, target: Target, deadline: float) -> None:
    from simdrift.store import Store

    with Store(target, deadline=deadline) as store:
        began = time.monotonic()
        done = store.write(results)
        seconds = time.monotonic() - began
        say(
            f"{store.target.label}: {done.rows_written:,} values stored, "
            f"{done.rows_unchanged:,} already there ({seconds:.2f} s)"
        )
        for note in done.notes():
            say(f"{store.target.label}: {note}")


def _utc(time: datetime | None) -> datetime | None:
    return None if time is None else time.replace(tzinfo=UTC)


def _expose(results: Results, file: Path | None, gateway: str | None) -> None:
    """The newest window for Prometheus, where asked for."""
    if file is None and gateway is None:
        return
    from simdrift.store import prometheus

    if file is not None:
        say(f"prometheus: {prometheus.write_file(results, file):,} series in {file}")
    if gateway is not None:
        say(f"prometheus: {prometheus.push(results, gateway):,} series pushed")


def _exit_code(report: Report, **asked: Any) -> int:
    """The exit code: of alerts, and of data without rows, where that is asked for."""
    if not report.results.runs:
        say("simdrift: no window has rows: nothing was compared")
    return {None: DONE, "alert": ALERT, "no rows": NO_ROWS}[failure(report, **asked)]


class _Stop:
    """What Ctrl-C does while a command runs: KeyboardInterrupt, and a note of it, for an import
    that it falls into may raise something else instead. A second time: out, at once."""

    asked = False

    def __call__(self, number: int, frame: Any) -> None:
        if self.asked:
            os._exit(STOPPED)
        self.asked = True
        raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and leave with its exit code."""
    _open_standard_streams()
    _hide_passwords()
    stop = _Stop()
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, stop)
    try:
        code = run_command(arguments)
    except BaseException:
        if not stop.asked:
            raise
        code = _stopped()
    if code == STOPPED:
        # At once: taking down the libraries that are loaded can take half a second.
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    with contextlib.suppress(OSError, ValueError):  # else Python changes the code to 120
        sys.stderr.flush()
    sys.exit(code)


def _open_standard_streams() -> None:
    """Standard streams that were closed (`>&-`) lead nowhere: what is opened next would get their
    numbers, and be written to. Names that no encoding holds are escaped, not an error."""
    for descriptor in range(_STDERR + 1):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    sys.stdout = sys.stdout or os.fdopen(_STDOUT, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(_STDERR, "w", closefd=False)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


_ARGUMENTS_FIELD = 48
"""The number of `arg_start` in /proc/self/stat, from 1 (proc(5))."""


def _hide_passwords() -> None:
    """Overwrites the passwords of DSNs in this process's arguments, which everybody can see in the
    list of processes. Until here they could be seen; SIMDRIFT_DSN is better."""
    if all(redact(argument) == argument for argument in sys.argv):
        return
    with contextlib.suppress(OSError, ValueError, IndexError), open("/proc/self/mem", "r+b") as own:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        at = int(fields[_ARGUMENTS_FIELD - 3])  # the first two come before the bracket
        for argument in Path("/proc/self/cmdline").read_bytes().split(b"\0"):
            if redact(os.fsdecode(argument)) != os.fsdecode(argument):
                own.seek(at)
                own.write(HIDDEN.encode().ljust(len(argument), b"*")[: len(argument)])
            at += len(argument) + 1


def run_command(arguments: Sequence[str] | None = None) -> int:
    """Run the command; every error that was foreseen becomes a message and a code."""
    try:
        code = cli.main(args=arguments, prog_name="simdrift", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else DONE
    except (KeyboardInterrupt, click.exceptions.Abort):
        return _stopped()
    except click.ClickException as error:
        _say_usage(error)
        return BAD_INPUT
    except (BrokenPipeError, SystemExit):  # click leaves so where nobody reads the output
        _read_no_more()
        return DONE
    except (SimdriftError, OSError) as error:
        say(f"simdrift: {_words(error)}")
        return NOT_STORED if isinstance(error, StoreError) else BAD_INPUT


def _say_usage(error: click.ClickException) -> None:
    """What was wrong with the command line, as click says it, without the passwords in it."""
    shown = io.StringIO()
    error.show(shown)
    say(shown.getvalue().rstrip())


def _stopped() -> int:
    say("simdrift: stopped by Ctrl-C")
    return STOPPED


def _words(error: Exception) -> str:
    """An error as one line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'the output'}: {error.strerror}"
    return str(error)
