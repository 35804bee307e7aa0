"""Prometheus: Debian's promtool reads the file, Debian's push gateway takes the push, and both
give back what the results hold."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families
from store_servers import DAY, forked, make_results, make_row, make_run

from simdrift import _errors
from simdrift.cli import cli
from simdrift.results.collection import Results
from simdrift.store.prometheus import FAMILIES, LONGEST_LABEL, push, text, write_file

DEPS = Path(__file__).parents[2] / "build" / "deps" / "usr" / "bin"


def program(name):
    found = shutil.which(name) or shutil.which(name, path=str(DEPS))
    if found is None:
        pytest.skip(f"{name} is not installed (.ci/system-deps fetches it)")
    return found


def samples(exposition):
    """{family: {labels: value}} of a text."""
    return {
        family.name: {tuple(sorted(s.labels.items())): s.value for s in family.samples}
        for family in text_string_to_metric_families(exposition)
    }


def expected(results, field):
    """The same for one field, straight from the rows of the newest window."""
    newest = max(row.window_end for row in results)
    return {
        tuple(
            sorted(
                {
                    "monitor": "nightly", "dataset": row.dataset, "model": row.model,
                    "model_version": row.model_version, "grain": row.grain,
                    "segment": row.segment, "column": row.column, "metric": row.metric,
                    "params": row.params,
                }.items()
            )
        ): float(getattr(row, field))
        for row in results
        if row.window_end == newest and getattr(row, field) is not None
    }  # fmt: skip


@pytest.fixture
def gateway(tmp_path):
    """A push gateway of the test's own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [program("prometheus-pushgateway"), f"--web.listen-address={address}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://{address}/-/ready", timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"http://{address}"
    finally:
        process.terminate()
        process.communicate(timeout=10)


def scraped(gateway):
    with urllib.request.urlopen(f"{gateway}/metrics", timeout=5) as answer:
        return samples(answer.read().decode())


def test_promtool_finds_nothing_to_say(tmp_path):
    write_file(make_results(days=3), tmp_path / "simdrift.prom")
    with (tmp_path / "simdrift.prom").open() as file:
        done = subprocess.run(
            [program("promtool"), "check", "metrics"],
            stdin=file, capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("field", FAMILIES)
def test_the_file_holds_the_newest_window_exactly(tmp_path, field):
    results = make_results(days=3)
    assert write_file(results, tmp_path / "a.prom") == len(expected(results, "value")) + 3
    found = samples((tmp_path / "a.prom").read_text())
    assert found[FAMILIES[field][0]] == expected(results, field)


def test_runs_say_when_the_newest_window_ended():
    found = samples(text(make_results(days=3)))
    (ended,) = found["simdrift_window_end_timestamp_seconds"].values()
    assert ended == (make_run(2).window_end).timestamp()
    assert list(found["simdrift_run_rows"].values()) == [900.0]
    assert list(found["simdrift_run_duration_seconds"].values()) == [1.0]


def test_a_push_arrives_whole_and_a_second_changes_nothing(gateway):
    results = make_results(days=2)
    assert push(results, gateway) == 9
    first = scraped(gateway)
    got = {
        tuple(item for item in labels if item[0] not in ("job", "instance")): value
        for labels, value in first["simdrift_value"].items()
    }
    assert got == expected(results, "value")
    push(results, gateway)
    again = scraped(gateway)
    assert again["simdrift_value"] == first["simdrift_value"]


def test_a_push_replaces_its_monitors_group_and_no_other(gateway):
    run = make_run(monitor="other")
    push(Results([make_row(run)], [run]), gateway)
    push(make_results(columns=3), gateway)
    push(make_results(columns=1), gateway)
    monitors = [dict(labels)["monitor"] for labels in scraped(gateway)["simdrift_value"]]
    assert sorted(monitors) == ["nightly", "nightly", "other"]


def test_hostile_names_survive_promtool_and_the_gateway(gateway, tmp_path):
    run = make_run(monitor="a/b c\"'é")
    odd = ['"quoted"', "back\\slash", "new\nline", "nul\0", "lone\ud800", "{}=,", "列"]
    names = [*odd, "x" * 1000, "x" * 999 + "y"]
    results = Results([make_row(run, name) for name in names], [run])
    write_file(results, tmp_path / "a.prom")
    with (tmp_path / "a.prom").open() as file:
        command = [program("promtool"), "check", "metrics"]
        done = subprocess.run(command, stdin=file, capture_output=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    assert push(results, gateway) == len(names)
    found = {dict(labels)["column"] for labels in scraped(gateway)["simdrift_value"]}
    assert {'"quoted"', "back\\slash", "new\nline", "nul\\x00", "lone\\ud800", "列"} < found
    assert len(found) == len(names)
    assert max(map(len, found)) == LONGEST_LABEL


def test_too_many_series_are_cut_by_importance_and_said(caplog):
    run = make_run()
    rows = [make_row(run, f"column {n}", alert=n == 7 or None) for n in range(10)]
    found = samples(text(Results(rows, [run]), max_series=3))["simdrift_value"]
    assert len(found) == 3
    assert "column 7" in {dict(labels)["column"] for labels in found}
    assert "7 of 10 series are left out" in caplog.text


def test_a_reader_never_sees_half_a_file(tmp_path):
    path, stop = tmp_path / "a.prom", threading.Event()
    many, few = make_results(days=1, columns=60), make_results(days=1, columns=1)
    whole = {text(many), text(few)}
    write_file(many, path)
    seen = []

    def read():
        while not stop.is_set():
            seen.append(path.read_text())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(30):
        write_file(few, path)
        write_file(many, path)
    stop.set()
    reader.join()
    assert len(seen) > 10
    assert set(seen) <= whole


def test_a_killed_writer_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.prom"
    old, new = make_results(days=1), make_results(days=2, columns=40)
    write_file(old, path)

    def write(_):
        while True:
            write_file(new, path)

    for delay in (0.01, 0.03, 0.05):
        child, pipe = forked(write)
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(pipe)
        assert path.read_text() in (text(old), text(new))


def test_a_gateway_that_is_away_is_one_message():
    with pytest.raises(_errors.StoreError, match=r"push gateway http://127.0.0.1:9: expected"):
        push(make_results(), "http://127.0.0.1:9")


def test_a_url_with_a_password_is_refused_without_showing_it():
    with pytest.raises(_errors.InputError) as error:
        push(make_results(), "http://anna:hunter2@localhost:9091")
    assert "hunter2" not in str(error.value)


def test_the_store_gives_its_newest_windows(store):
    newer, other = make_results(days=3, seed=1), make_results(days=1, model="b", seed=2)
    store.write(newer)
    store.write(other)
    found = store.newest()
    last = newer.runs[-1].window_end
    rows = {row for row in newer if row.window_end == last} | set(other)
    assert set(found.rows) == rows
    assert set(found.runs) == {newer.runs[-1], *other.runs}


def test_the_command_exports_the_store(store, tmp_path, monkeypatch):
    store.write(make_results(days=3))
    dsn = " ".join(f"{key}={value}" for key, value in store.target._parameters.items())
    monkeypatch.setenv("SIMDRIFT_DSN", dsn)
    done = CliRunner().invoke(cli, ["prometheus", str(tmp_path / "a.prom")])
    assert done.exit_code == 0
    assert "9 series in" in done.output
    shown = CliRunner().invoke(cli, ["prometheus"])
    assert samples(shown.output) == samples((tmp_path / "a.prom").read_text())


def test_an_event_is_added_once_by_command(store, sql, monkeypatch):
    dsn = " ".join(f"{key}={value}" for key, value in store.target._parameters.items())
    command = ["store", "annotate", f"--dsn={dsn}", "--dataset=flights", "--kind=outage"]
    for _ in range(2):
        done = CliRunner().invoke(cli, [*command, "--at=2013-02-08T12:00:00", "snow"])
        assert done.exit_code == 0, done.output
    assert sql("select dataset, kind, text from simdrift.event") == [("flights", "outage", "snow")]
    assert make_run().window_start + 38 * DAY < sql("select ts from simdrift.event")[0][0]
