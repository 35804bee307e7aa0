"""The store's commands, as a person types them."""

import csv
import io
import socket

import click
import pytest
from click.testing import CliRunner
from store_servers import DAY, STARTED, binaries, make_results, server_folder

from simdrift import _errors
from simdrift.results import Result, Results
from simdrift.store.commands import register
from simdrift.store.embedded import EmbeddedServer
from simdrift.store.migrate import latest_version
from simdrift.store.statements import sql_files
from simdrift.store.store import Store


@click.group()
def cli():
    pass


register(cli)


def say(*words, **options):
    """What a command prints; its exceptions come through."""
    return CliRunner().invoke(
        cli, list(words), catch_exceptions=False, standalone_mode=False, **options
    )


def dsn_of(store):
    return " ".join(f"{key}={value}" for key, value in store.target._parameters.items())


@pytest.fixture
def dsn(store, monkeypatch):
    """The store's DSN as an option; the spool as the environment has it."""
    monkeypatch.setenv("SIMDRIFT_SPOOL", str(store.spool.folder))
    return f"--dsn={dsn_of(store)}"


def test_migrate_says_what_it_did(dsn):
    assert f"at version {latest_version()} already" in say("migrate", dsn).output


def test_flush_says_what_it_wrote_and_leaves_with_zero(store, dsn):
    from simdrift.store.encode import batch_from_results

    with store.spool.kept(batch_from_results(make_results()), store.target.label):
        pass
    done = say("flush", dsn)
    assert "1 batch: 18 rows and 2 runs written" in done.output
    assert done.return_value == 0


def test_flush_names_the_windows_of_which_a_later_run_is_shown(store, dsn):
    from simdrift.store.encode import batch_from_results

    store.write(make_results(days=1, started=STARTED + DAY, digest="newer"))
    with store.spool.kept(batch_from_results(make_results(days=1)), store.target.label):
        pass
    done = say("flush", dsn, "--deadline=20")
    window = "nightly flights linear 1 1d 2013-01-01 to 2013-01-02"
    assert f"superseded by a later run, which is shown: {window}" in done.output
    assert done.return_value == 0


def test_flush_of_a_damaged_file_names_it_and_leaves_with_three(store, dsn):
    store.spool.folder.mkdir()
    (store.spool.folder / "1.spool").write_text("nonsense")
    done = say("flush", dsn)
    assert "1.spool.corrupt" in done.output
    assert done.return_value == 3


def test_flush_without_a_server_keeps_the_batches(tmp_path, monkeypatch):
    store = Store("host=127.0.0.1 port=1 dbname=m", spool=tmp_path, deadline=0)
    with pytest.raises(_errors.StoreUnreachable):
        store.write(make_results())
    monkeypatch.setattr("simdrift.store.commands._open", lambda dsn: store)
    with pytest.raises(_errors.StoreUnreachable):
        say("flush")
    assert len(store.spool.pending()) == 1


def test_prune_refuses_what_is_no_span(dsn):
    with pytest.raises(click.BadParameter, match="400d"):
        say("prune", dsn, "--keep=sometime")
    for endless in ("999999d", f"{10**20}d", "9" * 5000 + "w"):  # longer than any calendar
        assert "0 values" in say("prune", dsn, f"--keep={endless}").output


def test_prune_says_what_it_deleted(store, dsn):
    store.write(make_results())
    assert "18 values, 6 histograms, 2 runs" in say("prune", dsn, "--keep=48h").output


def test_status_tells_what_is_in_the_store(store, dsn):
    store.write(make_results(days=3))
    said = say("store", "status", dsn).output
    assert "runs: 3, 3 of them current (2013-01-01 to 2013-01-04)" in said
    assert "values: 27 of 12 series; 9 histograms" in said
    assert "datasets: flights" in said
    assert f"spool: 0 batches wait in {store.spool.folder}" in said


def test_verify_leaves_with_three_where_something_was_changed(store, dsn, sql):
    store.write(make_results(days=1))
    assert say("store", "verify", dsn).return_value == 0
    sql("update simdrift.metric_value set value = 1 where value is not null")
    assert say("store", "verify", dsn).return_value == 3


def test_a_servers_own_commands_refuse_a_server_that_is_not_ours(monkeypatch):
    monkeypatch.setenv("SIMDRIFT_DSN", "host=localhost dbname=m")
    for words in (["stop"], ["serve", "--port", "5433"]):
        with pytest.raises(click.UsageError, match="server of your own"):
            say("store", *words)


def test_the_embedded_servers_life(monkeypatch, tmp_path):
    for name in ("SIMDRIFT_DSN", "SIMDRIFT_READER_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SIMDRIFT_SPOOL", str(tmp_path / "spool"))
    monkeypatch.setenv("SIMDRIFT_POSTGRES", str(binaries("package")))
    with server_folder() as folder:
        monkeypatch.setenv("SIMDRIFT_STORE_DIR", str(folder / "s"))
        try:
            assert "server: stopped" in say("store", "status").output
            assert "no server runs" in say("store", "stop").output
            assert f"{len(sql_files('0'))} migrations" in say("migrate").output
            assert "server: PostgreSQL 18" in say("store", "status").output
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            with pytest.raises(click.UsageError):
                say("store", "serve")
            first = say("store", "serve", "--port", str(port)).output
            assert f"postgresql://simdrift_reader@127.0.0.1:{port}/simdrift" in first
            assert "password (not shown again): " in first
            assert "password" not in say("store", "serve", "--port", str(port)).output
            assert f"open on 127.0.0.1:{port}" in say("store", "status").output
            assert say("store", "serve", "--off").output == "closed\n"
            assert say("store", "stop").output == "stopped\n"
        finally:
            EmbeddedServer(folder / "s").stop()


def test_status_has_a_line_a_monitor(store, dsn):
    store.write(make_results())
    lines = say("store", "status", dsn).output.splitlines()
    [head] = [n for n, line in enumerate(lines) if line.startswith("monitor")]
    assert lines[head].split("  ")[0] == "monitor"
    [one] = store.monitors()
    assert (one.monitor, one.windows) == (make_results().runs[0].monitor, 2)
    assert lines[head + 1].split()[0] == one.monitor
    assert lines[head + 1].split()[-1] == str(one.alerts)
    newest = max(run.window_end for run in make_results().runs)
    assert one.newest == newest
    rows = store.read().filter(alert=True)
    assert one.alerts == sum(row.window_end == newest for row in rows)


def test_stored_rows_come_out_as_csv_and_json(store, dsn):
    store.write(make_results())
    text = say("results", dsn, "--metric", "ks").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["metric"] for row in rows} == {"drift.ks"}
    assert len(rows) == len(store.read(metric="drift.ks")) > 0
    assert {row["run_id"] for row in rows} <= {str(run.run_id) for run in make_results().runs}
    assert Results.from_json(say("results", dsn, "--json").stdout).runs == store.read().runs
    empty = say("results", dsn, "--monitor", "nobody").stdout
    assert empty.splitlines() == [",".join((*Result._fields, "reason"))]


def test_a_metric_that_does_not_exist_is_refused(store, dsn):
    with pytest.raises(_errors.InputError, match="metric: found no 'kss', did you mean 'ks'"):
        store.read(metric="kss")
    assert len(store.read(metric="other.thing")) == 0
